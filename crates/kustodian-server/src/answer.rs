//! From the decision of a handler to bytes and headers (`docs/contract/behaviour.md` §2, §3, §5).

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use kustodian_core::kind::Kind;
use kustodian_core::rate_limit::Standing;
use kustodian_core::receipt::LIFETIME;
use kustodian_core::refusal::Refusal;
use kustodian_core::repeats::Repeats;
use kustodian_core::resource;
use kustodian_core::store::{CommitError, StoreError};
use kustomer_api::error::code;
use kustomer_api::header::IDEMPOTENCY_LIFETIME;

use crate::long::Payload;
use crate::parts::Pieces;

/// An answer of the API whose body is there whole.
pub(crate) type Response = http::Response<Bytes>;

/// The answer of a handler.
pub(crate) enum Answer {
    /// One resource, as stored: spliced into its envelope, never parsed.
    Document {
        /// 200 or 201.
        status: StatusCode,
        document: String,
    },
    /// One resource with links that are valid for a while, and its included records. Its tag is that of the state that
    /// is stored.
    Linked { status: StatusCode, document: String, meta: Option<String>, etag: String },
    /// Nothing (204), of a resource that was deleted: its state has a tag, which `If-Match` of a restore names.
    Deleted { document: String },
    /// Any other body of JSON, with 200.
    Json(String),
    /// One that is read while it is sent, with 200. What its `ETag` would be is not known when its headers are sent.
    Long { first: String, rest: Pieces },
    /// Nothing (204).
    Empty,
}

impl Answer {
    pub(crate) fn ok(document: String) -> Self {
        Self::Document { status: StatusCode::OK, document }
    }

    pub(crate) fn created(document: String) -> Self {
        Self::Document { status: StatusCode::CREATED, document }
    }

    pub(crate) fn deleted(document: String) -> Self {
        Self::Deleted { document }
    }

    /// The answer with its `ETag`, or 304 when the client holds the state with that tag already. The tag of a resource
    /// is its document's, so that `If-Match` can be decided on the stored data.
    pub(crate) fn into_response(self, holds: impl Fn(&str) -> bool) -> http::Response<Payload> {
        let response = match self {
            Self::Long { first, rest } => {
                return json(StatusCode::OK, String::new()).map(|_| Payload::pieces(first, rest));
            }
            Self::Document { status, document } => {
                let etag = resource::etag(document.as_bytes());
                if holds(&etag) {
                    not_modified(&etag)
                } else {
                    tagged(json(status, ["{\"data\":", &document, "}"].concat()), &etag)
                }
            }
            Self::Linked { status, document, meta, etag } => {
                let meta = meta.map_or_else(String::new, |meta| format!(",\"meta\":{meta}"));
                let body = ["{\"data\":", &document, &meta, "}"].concat();
                let mut response = if holds(&etag) { not_modified(&etag) } else { tagged(json(status, body), &etag) };
                // A client that keeps it would use expired links.
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
            Self::Deleted { document } => {
                tagged(with_status(StatusCode::NO_CONTENT, Bytes::new()), &resource::etag(document.as_bytes()))
            }
            Self::Json(body) => {
                let etag = resource::etag(body.as_bytes());
                if holds(&etag) { not_modified(&etag) } else { tagged(json(StatusCode::OK, body), &etag) }
            }
            Self::Empty => with_status(StatusCode::NO_CONTENT, Bytes::new()),
        };
        response.map(Payload::Whole)
    }
}

fn not_modified(etag: &str) -> Response {
    tagged(with_status(StatusCode::NOT_MODIFIED, Bytes::new()), etag)
}

fn tagged(mut response: Response, etag: &str) -> Response {
    set(&mut response, ETAG, etag);
    response
}

fn with_status(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    // Room for all that an answer has, so that it need not grow.
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response
}

/// More than the headers that an answer has at most, those added on its way out included.
const HEADERS: usize = 20;

fn json(status: StatusCode, body: String) -> Response {
    let mut response = with_status(status, Bytes::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The answer to a refusal. A wait the refusal knows of becomes `Retry-After`.
pub(crate) fn refuse(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let meta = refusal.errors.first().map(|item| item.meta.clone()).unwrap_or_default();
    let body = serde_json::to_string(&refusal.into_body()).unwrap_or_else(|_| r#"{"errors":[]}"#.to_owned());
    let etag = resource::etag(body.as_bytes());
    let mut response = tagged(json(status, body), &etag);
    if let Some(seconds) = meta.get(RETRY_SECONDS).and_then(serde_json::Value::as_u64) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(methods) = meta.get("allow").and_then(serde_json::Value::as_str) {
        set(&mut response, ALLOW, methods);
    }
    response
}

/// The member of an error's `meta` that becomes `Retry-After`.
const RETRY_SECONDS: &str = "retryAfter";

/// Why the database was last away: every request that meets it has the same reason.
static WHY_UNAVAILABLE: LazyLock<Mutex<Repeats>> = LazyLock::new(Mutex::default);

/// 503 when the database is away, 500 when it failed. The reason is only logged.
pub(crate) fn unavailable(error: StoreError) -> Refusal {
    match error {
        StoreError::Unavailable { reason, retry_after, is_full } => {
            if WHY_UNAVAILABLE.lock().unwrap_or_else(PoisonError::into_inner).is_due(&reason, Instant::now()) {
                tracing::warn!(%reason, "the database is not available");
            }
            let title = if is_full {
                "The disk of the database is full: nothing can be stored until its operator makes room"
            } else {
                "The database is not available now: try again"
            };
            try_again(title, retry_after.as_secs().max(1))
        }
        StoreError::Failed { reason } => {
            tracing::error!(%reason, "the database failed");
            resource::fault("The server failed: its log knows more under this request id")
        }
    }
}

/// 503 with a wait in seconds.
pub(crate) fn try_again(title: &str, seconds: u64) -> Refusal {
    Refusal::new(503, code::UNAVAILABLE, "", title).with_meta(RETRY_SECONDS, seconds)
}

/// 429 with a wait in seconds: the client asks for more at a time than it may.
pub(crate) fn wait(title: &str, seconds: u64) -> Refusal {
    Refusal::new(429, code::RATE_LIMITED, "", title).with_meta(RETRY_SECONDS, seconds)
}

/// 429 with a wait in seconds.
pub(crate) fn wait_for_reset(refusal: Refusal, seconds: i64) -> Refusal {
    refusal.with_meta(RETRY_SECONDS, seconds.max(1))
}

/// The answer to a failed commit, if the handler has no better one.
pub(crate) fn not_committed(error: CommitError, may_read: impl FnOnce(Kind) -> bool) -> Refusal {
    match error {
        CommitError::Refused(refusal) => refusal,
        CommitError::Store(error) => unavailable(error),
        CommitError::Claimed { claim, holder } => {
            let is_named = may_read(claim.kind.kind());
            claim.conflict(is_named.then_some(holder))
        }
        CommitError::NotEmpty { kind } => {
            let title = format!("There are records of the kind {} that belong to it: delete them first", kind.as_str());
            Refusal::new(409, code::CONFLICT, "id", title)
        }
        // The pipeline sends the former answer instead.
        CommitError::Replayed(_) => try_again("The same request was done at the same time: send it again", 1),
        // This cannot happen under the record's lock, so many others have written it meanwhile.
        CommitError::Stale { .. } => try_again("Others write the same record all the time: try again", 1),
    }
}

/// What an answer depends on beside its path. A credential may come as a cookie, and only a POST can take the place of
/// another method.
fn vary(method: &Method) -> HeaderValue {
    HeaderValue::from_static(match *method {
        Method::POST => "Accept-Encoding, Authorization, Cookie, X-HTTP-Method-Override",
        _ => "Accept-Encoding, Authorization, Cookie",
    })
}

/// The headers of every answer, as recorded in real traffic (§2), and the rate-limit headers (§5). `x-ratelimit-reset`
/// belongs to 429 alone: clients wait when they see it.
pub(crate) fn finish<B>(response: &mut http::Response<B>, method: &Method, request_id: &str, standing: Standing) {
    const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
    const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
    const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
    const POD: HeaderName = HeaderName::from_static("x-kustomer-pod");
    const TIMING: HeaderName = HeaderName::from_static("timing-allow-origin");
    const REMEMBERED: HeaderName = HeaderName::from_static(IDEMPOTENCY_LIFETIME);
    let is_exceeded = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(LIMIT, standing.limit.into());
    headers.insert(REMAINING, standing.remaining.into());
    if is_exceeded {
        headers.insert(RESET, standing.reset.into());
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache,private"));
    headers.insert(VARY, vary(method));
    headers.insert(POD, HeaderValue::from_static("prod1"));
    headers.insert(TIMING, HeaderValue::from_static("*"));
    headers.insert(REMEMBERED, (LIFETIME / 1_000).into());
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// The headers that every answer has for browsers, unless it set them itself: take it for what it says it is, run and
/// frame nothing of it, send nobody the address it came from, and with `hsts` come back over TLS alone.
pub(crate) fn protect(headers: &mut HeaderMap, hsts: bool) {
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ] {
        headers.entry(name).or_insert(value);
    }
    // A browser ignores it on plain HTTP (RFC 6797 §8.1), and the operator of a proxy decides there.
    if hsts {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
}

/// The header that says that this was answered before, and was not done again.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The header that names a request, taken from the client or made.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_full_disk_is_named_and_other_outages_give_no_reason() {
        let told = |is_full: bool| {
            let reason = "an internal reason".to_owned();
            let refusal =
                unavailable(StoreError::Unavailable { reason, retry_after: Duration::from_secs(10), is_full });
            let retry_after = refuse(refusal.clone()).headers()[RETRY_AFTER].clone();
            (refusal.status, refusal.to_string(), retry_after)
        };
        let (status, title, retry_after) = told(true);
        assert_eq!((status, retry_after), (503, HeaderValue::from(10)));
        assert!(title.contains("disk") && title.contains("full"), "{title}");
        let (status, title, _) = told(false);
        assert_eq!(status, 503);
        assert!(!title.contains("full") && !title.contains("internal"), "{title}");
    }
}
