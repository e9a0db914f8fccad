//! `/openapi.json`.

use std::sync::LazyLock;

use axum::response::Response;
use http::HeaderMap;

use crate::built::Built;
use crate::openapi;

static PAGE: LazyLock<Built> =
    LazyLock::new(|| Built::new("application/json; charset=utf-8", openapi::document().to_string()));

pub(crate) async fn get(headers: HeaderMap) -> Response {
    PAGE.answer(&headers)
}
