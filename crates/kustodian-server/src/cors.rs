//! Browsers that ask from pages of other origins (CORS). Off unless origins are named.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ETAG, ORIGIN, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use tower_http::cors::{AllowCredentials, AllowHeaders, AllowOrigin, CorsLayer};
use url::Url;

use crate::answer::{REPLAYED, REQUEST_ID};

/// An origin whose pages may ask the server, such as `https://crm.example`; `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CorsOrigin(HeaderValue);

/// Why an origin is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an origin is written like https://crm.example or http://localhost:5173, without a path; * allows all")]
pub struct NotAnOrigin;

impl FromStr for CorsOrigin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        // A browser compares nothing else: scheme, host and port, as it writes them itself.
        let is_origin = || Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        if text == ANY || is_origin() {
            return HeaderValue::from_str(text).map(Self).map_err(|_| NotAnOrigin);
        }
        Err(NotAnOrigin)
    }
}

impl TryFrom<String> for CorsOrigin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, NotAnOrigin> {
        text.parse()
    }
}

impl fmt::Display for CorsOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.to_str().unwrap_or_default())
    }
}

const ANY: &str = "*";

/// The headers of an answer that a page may read, beside content type and length.
pub(crate) const EXPOSED: [HeaderName; 7] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    ETAG,
    RETRY_AFTER,
    REQUEST_ID,
    REPLAYED,
];

/// How long a browser may remember that it may ask.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// Where a browser may send the cookie of a visitor.
pub(crate) const TRACKING: &str = "/v1/tracking/";

/// The headers for browsers; none without origins. Credentials that a browser adds by itself, such as cookies, are not
/// allowed but to track: a page sends its key in `Authorization`.
pub(crate) fn layer(origins: &[CorsOrigin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let is_any = origins.iter().any(|origin| origin.0 == ANY);
    let allowed = match is_any {
        true => AllowOrigin::any(),
        false => AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())),
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(REMEMBERED);
    if is_any {
        return Some(layer);
    }
    // The cookie names a visitor and is no credential: tracking needs a key, too.
    let is_tracking = |_: &HeaderValue, parts: &Parts| parts.uri.path().starts_with(TRACKING);
    Some(layer.allow_credentials(AllowCredentials::predicate(is_tracking)))
}

/// Whether a browser asks for a page of another origin, or whether it may.
pub(crate) fn is_asked(method: &Method, headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) && (method != Method::OPTIONS || headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_as_a_browser_writes_them() {
        for text in ["*", "https://crm.example", "http://localhost:5173", "http://[::1]:8080"] {
            assert_eq!(text.parse::<CorsOrigin>().unwrap().to_string(), text);
        }
        for text in
            ["", "crm.example", "https://crm.example/", "https://CRM.example", "https://crm.example:443", "null"]
        {
            assert_eq!(text.parse::<CorsOrigin>(), Err(NotAnOrigin), "{text}");
        }
    }
}
