//! `/docs`: a page that renders `/openapi.json`. Everything on it is built in (`assets/docs/README.md`); its policy
//! lets it ask nobody but this server.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::app::App;

const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/docs", get(page))
        .route("/docs/", get(page))
        .route("/docs/docs.js", get(script))
        .route("/docs/swagger-ui-bundle.js", get(bundle))
        .route("/docs/swagger-ui.css", get(style))
}

async fn page() -> Response {
    plain("text/html; charset=utf-8", include_bytes!("../assets/docs/index.html"))
}

async fn script() -> Response {
    plain("text/javascript; charset=utf-8", include_bytes!("../assets/docs/docs.js"))
}

async fn bundle() -> Response {
    compressed("text/javascript; charset=utf-8", include_bytes!("../assets/docs/swagger-ui-bundle.js.gz"))
}

async fn style() -> Response {
    compressed("text/css; charset=utf-8", include_bytes!("../assets/docs/swagger-ui.css.gz"))
}

fn plain(content_type: &'static str, bytes: &'static [u8]) -> Response {
    let headers =
        [(CONTENT_TYPE, content_type), (CONTENT_SECURITY_POLICY, POLICY), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, bytes).into_response()
}

/// Stored compressed and sent so: every browser takes gzip.
fn compressed(content_type: &'static str, bytes: &'static [u8]) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, "gzip"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, bytes).into_response()
}
