//! `/openapi.json`: written once, and sent to clients that do not have it yet. It costs nobody a key, so it must cost the
//! server nothing.

use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use kustodian_core::resource;

use crate::{compression, openapi};

struct Page {
    plain: Bytes,
    packed: Option<Bytes>,
    etag: String,
}

static PAGE: OnceLock<Page> = OnceLock::new();

fn page() -> &'static Page {
    PAGE.get_or_init(|| {
        let plain = Bytes::from(openapi::document().to_string());
        let packed = compression::gzip(&plain);
        // One for both codings, so weak; the document depends on nothing but the build.
        let etag = format!("W/\"{:016x}\"", fingerprint(&plain));
        Page { plain, packed, etag }
    })
}

/// FNV-1a: it distinguishes builds, and nobody gains by a collision.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(crate) async fn get(headers: HeaderMap) -> Response {
    let page = page();
    let held = headers.get(IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    let is_held = held.is_some_and(|held| resource::names_etag(held, &page.etag));
    let packed = page.packed.as_ref().filter(|_| compression::accepts_gzip(&headers));
    let mut response = Response::new(match is_held {
        true => Body::empty(),
        false => Body::from(packed.unwrap_or(&page.plain).clone()),
    });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::from_str(&page.etag) {
        headers.insert(ETAG, etag);
    }
    if is_held {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if packed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
