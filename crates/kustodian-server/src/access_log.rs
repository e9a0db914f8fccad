//! The access log: one event for each request answered. Whoever starts the server decides what becomes of the events;
//! without a subscriber for [`TARGET`] they cost nothing.
//!
//! A path is logged as its template, without the query: ids, e-mail addresses and search terms are personal data.

use std::net::SocketAddr;
use std::time::Instant;

use axum::body::HttpBody as _;
use axum::extract::{Extension, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::Method;

/// The target of the events of the access log.
pub const TARGET: &str = "kustodian_access";

/// What is known about a request once it was answered.
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a Method,
    /// `/v1` or `/v2`; empty for what is not of the API.
    pub(crate) version: &'a str,
    /// The path's template after that; empty when no route matched.
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) began: Instant,
    /// The length of the answer's body before it was compressed.
    pub(crate) bytes: u64,
    /// The name of the API key; empty without one.
    pub(crate) key: &'a str,
    pub(crate) from: SocketAddr,
    pub(crate) request_id: &'a str,
}

/// Logs one request.
pub(crate) fn write(answered: &Answered<'_>) {
    let Answered { method, version, path, status, began, bytes, key, from, request_id } = *answered;
    tracing::info!(
        target: TARGET,
        method = %shown(method),
        path = format_args!("{version}{path}"),
        status,
        duration_ms = began.elapsed().as_secs_f64() * 1_000.0,
        bytes,
        key,
        client = %from.ip(),
        request_id,
        "request"
    );
}

/// The longest method that is shown whole; the longest registered one has 17 bytes.
const LONGEST_METHOD: usize = 32;

/// A method as it is logged and answered: anybody may send one of any length.
pub(crate) fn shown(method: &Method) -> String {
    // A method is ASCII.
    match method.as_str().get(..LONGEST_METHOD) {
        Some(beginning) if method.as_str().len() > LONGEST_METHOD => format!("{beginning}…"),
        _ => method.to_string(),
    }
}

/// Logs requests for what is not of the API, such as `/metrics`.
pub(crate) async fn log_page(Extension(from): Extension<SocketAddr>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    write(&Answered {
        method: &method,
        version: "",
        path: path.as_ref().map_or("", MatchedPath::as_str),
        status: response.status().as_u16(),
        began,
        bytes: response.body().size_hint().exact().unwrap_or_default(),
        key: "",
        from,
        request_id: "",
    });
    response
}

/// The length of a body of the API.
pub(crate) fn length(body: &Bytes) -> u64 {
    u64::try_from(body.len()).unwrap_or(u64::MAX)
}
