//! What depends on nothing but the build: prepared once, and sent to clients that do not have it yet. It asks for no
//! key, so it must cost the server nothing.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use kustodian_core::resource;

use crate::compression;

/// A text in both codings, with its tag.
pub(crate) struct Built {
    content_type: &'static str,
    plain: Bytes,
    packed: Option<Bytes>,
    etag: String,
}

impl Built {
    pub(crate) fn new(content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let plain = text.into();
        let packed = compression::gzip(&plain);
        // One for both codings, so weak.
        let etag = format!("W/\"{:016x}\"", fingerprint(&plain));
        Self { content_type, plain, packed, etag }
    }

    /// The answer to a request with these headers.
    pub(crate) fn answer(&self, asked: &HeaderMap) -> Response {
        let held = asked.get(IF_NONE_MATCH).and_then(|held| held.to_str().ok());
        let is_held = held.is_some_and(|held| resource::names_etag(held, &self.etag));
        let packed = self.packed.as_ref().filter(|_| compression::accepts_gzip(asked));
        let mut response = Response::new(match is_held {
            true => Body::empty(),
            false => Body::from(packed.unwrap_or(&self.plain).clone()),
        });
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(ETAG, etag);
        }
        if is_held {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if packed.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// FNV-1a: it distinguishes builds, and nobody gains by a collision.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
