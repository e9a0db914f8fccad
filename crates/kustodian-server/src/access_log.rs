//! The access log: one event for each answered request. The program that starts the server decides where events are written;
//! without a subscriber for [`TARGET`] they cost nothing.
//!
//! A path is logged as its template, without the query: ids, e-mail addresses and search terms are personal data.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::HttpBody as _;
use axum::extract::{Extension, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use kustodian_core::directory::Token;

/// The target of the events of the access log.
pub const TARGET: &str = "kustodian_access";

/// The facts about an answered request.
pub(crate) struct Answered {
    pub(crate) method: Method,
    /// `/v1` or `/v2`; empty for a path outside the API.
    pub(crate) version: &'static str,
    /// The path's template after that; empty when no route matched.
    pub(crate) path: Cow<'static, str>,
    pub(crate) status: u16,
    pub(crate) began: Instant,
    /// The API key.
    pub(crate) key: Option<Arc<Token>>,
    pub(crate) from: SocketAddr,
    pub(crate) request_id: Arc<str>,
}

/// Logs one request; `bytes` is the length of the answer's body before it was compressed.
pub(crate) fn write(answered: &Answered, bytes: u64) {
    let Answered { method, version, path, status, began, key, from, request_id } = answered;
    let key = key.as_ref().map_or("", |key| key.name.as_str());
    tracing::info!(
        target: TARGET,
        method = %shown(method),
        path = format_args!("{version}{path}"),
        status = *status,
        duration_ms = began.elapsed().as_secs_f64() * 1_000.0,
        bytes,
        key,
        client = %from.ip(),
        request_id = &**request_id,
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

/// Logs requests outside the API, such as `/metrics`.
pub(crate) async fn log_page(Extension(from): Extension<SocketAddr>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let answered = Answered {
        method,
        version: "",
        path: path.map_or(Cow::Borrowed(""), |path| path.as_str().to_owned().into()),
        status: response.status().as_u16(),
        began,
        key: None,
        from,
        request_id: "".into(),
    };
    write(&answered, response.body().size_hint().exact().unwrap_or_default());
    response
}
