//! The body of an answer that is not a success (`docs/contract/behaviour.md` §3).

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::macros::open_enum;

/// Every error answer: a list of faults.
///
/// Kustomer has two shapes in service; this is the JSON:API one with `message` added, so that readers of either find
/// what they look for (§3.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ErrorBody {
    /// At least one.
    pub errors: Vec<ErrorItem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ErrorItem {
    /// The HTTP status; a number as recorded, although some documents print a string.
    #[serde(default, deserialize_with = "lenient_status", skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Where: the bare name of the attribute or parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ErrorSource>,
    /// What kind, for programs: `badparam`, `notfound`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What, for people; never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// More about it; for invalid input the path of the schema rule that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The same for readers of the other shape: the fault, its place and what to do, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Facts beside it, such as the JSON pointer to the offending value.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub meta: Map<String, Value>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The place of an error in the request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ErrorSource {
    /// The bare name of the attribute, parameter or header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// A JSON pointer into the request's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_enum! {
    /// What kind of error, for programs. Only `badparam` and `notfound` are recorded (§3.2); the others are chosen.
    ErrorCode {
        /// 400: input that is wrong.
        BadParam = "badparam",
        /// 401: no valid credential.
        Unauthorized = "unauthorized",
        /// 403: a valid credential without the role.
        Forbidden = "forbidden",
        /// 404: no such record or route.
        NotFound = "notfound",
        /// 405: the path is known, the method is not.
        MethodNotAllowed = "methodnotallowed",
        /// 408: the request's body did not arrive in time.
        Timeout = "timeout",
        /// 409: another record holds the value, or the revision is stale.
        Conflict = "conflict",
        /// 412: `If-Match` named another revision.
        PreconditionFailed = "preconditionfailed",
        /// 413: the body is too large.
        TooLarge = "toolarge",
        /// 416: the file has nothing of the range that was asked for.
        RangeNotSatisfiable = "rangenotsatisfiable",
        /// 429: the rate limit is used up.
        RateLimited = "ratelimited",
        /// 500: a fault of the server.
        Internal = "internal",
        /// 501: a known operation that is not built yet.
        NotImplemented = "notimplemented",
        /// 503: the server cannot answer now; try again.
        Unavailable = "unavailable",
        /// 507: there is no room for a file.
        InsufficientStorage = "insufficientstorage",
    }
}

impl Deref for ErrorCode {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// The codes this project answers with, as texts.
pub mod code {
    use super::ErrorCode;

    macro_rules! texts {
        ($($(#[$doc:meta])* $name:ident = $code:ident;)+) => { $(
            $(#[$doc])*
            pub const $name: &str = {
                const CODE: &ErrorCode = &ErrorCode::$code;
                CODE.as_str()
            };
        )+ };
    }

    texts! {
        /// 400: input that is wrong.
        BAD_PARAM = BadParam;
        /// 401: no valid credential.
        UNAUTHORIZED = Unauthorized;
        /// 403: a valid credential without the role.
        FORBIDDEN = Forbidden;
        /// 404: no such record or route.
        NOT_FOUND = NotFound;
        /// 405: the path is known, the method is not.
        METHOD_NOT_ALLOWED = MethodNotAllowed;
        /// 408: the request's body did not arrive in time.
        TIMEOUT = Timeout;
        /// 409: another record holds the value, or the revision is stale.
        CONFLICT = Conflict;
        /// 412: `If-Match` named another revision.
        PRECONDITION_FAILED = PreconditionFailed;
        /// 413: the body is too large.
        TOO_LARGE = TooLarge;
        /// 416: the file has nothing of the range that was asked for.
        RANGE_NOT_SATISFIABLE = RangeNotSatisfiable;
        /// 429: the rate limit is used up.
        RATE_LIMITED = RateLimited;
        /// 500: a fault of the server.
        INTERNAL = Internal;
        /// 501: a known operation that is not built yet.
        NOT_IMPLEMENTED = NotImplemented;
        /// 503: the server cannot answer now; try again.
        UNAVAILABLE = Unavailable;
        /// 507: there is no room for a file.
        INSUFFICIENT_STORAGE = InsufficientStorage;
    }
}

/// Some documents print `status` as a string (§3.1); both are read, anything else is dropped rather than refused.
fn lenient_status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().and_then(|status| status.try_into().ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}
