//! The body of an answer that is not a success (`docs/contract/behaviour.md` §3).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every error answer: a list of what is wrong.
///
/// Kustomer has two shapes in service; this is the JSON:API one with `message` added, so that readers of either find
/// what they look for (§3.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// At least one.
    pub errors: Vec<ErrorItem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// The same for readers of the other shape: what is wrong, where and what to do, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Facts beside it, such as the JSON pointer to the offending value.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub meta: Map<String, Value>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Where an error comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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

/// The codes this project answers with. Only `badparam` and `notfound` are recorded (§3.2); the others are chosen.
pub mod code {
    /// 400: input that is wrong.
    pub const BAD_PARAM: &str = "badparam";
    /// 401: no valid credential.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// 403: a valid credential without the role.
    pub const FORBIDDEN: &str = "forbidden";
    /// 404: no such record or route.
    pub const NOT_FOUND: &str = "notfound";
    /// 405: the path is known, the method is not.
    pub const METHOD_NOT_ALLOWED: &str = "methodnotallowed";
    /// 408: the request's body did not arrive in time.
    pub const TIMEOUT: &str = "timeout";
    /// 409: another record holds the value, or the revision is stale.
    pub const CONFLICT: &str = "conflict";
    /// 412: `If-Match` named another revision.
    pub const PRECONDITION_FAILED: &str = "preconditionfailed";
    /// 413: the body is too large.
    pub const TOO_LARGE: &str = "toolarge";
    /// 416: the file has nothing of the range that was asked for.
    pub const RANGE_NOT_SATISFIABLE: &str = "rangenotsatisfiable";
    /// 429: the rate limit is used up.
    pub const RATE_LIMITED: &str = "ratelimited";
    /// 500: a fault of the server.
    pub const INTERNAL: &str = "internal";
    /// 501: a known operation that is not built yet.
    pub const NOT_IMPLEMENTED: &str = "notimplemented";
    /// 503: the server cannot answer now; try again.
    pub const UNAVAILABLE: &str = "unavailable";
    /// 507: there is no room for a file.
    pub const INSUFFICIENT_STORAGE: &str = "insufficientstorage";
}

/// Some documents print `status` as a string (§3.1); both are read, anything else is dropped rather than refused.
fn lenient_status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().and_then(|status| status.try_into().ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}
