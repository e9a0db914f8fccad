//! gzip, both ways: every client speaks it, and one coding is enough for answers that are JSON.

use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue};
use kustodian_core::refusal::Refusal;
use kustomer_api::error::code;

use crate::long::Payload;

/// Smaller answers are sent as they are: compressing them costs more time than a few packets do.
const FROM: usize = 8 * 1024;

/// Larger answers are compressed on a thread of their own, so that nobody else waits for it.
const INLINE: usize = 64 * 1024;

/// Whether the client takes gzip (RFC 9110 §12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut named, mut any) = (None, None);
    for line in headers.get_all(ACCEPT_ENCODING) {
        for item in line.to_str().unwrap_or_default().split(',') {
            let mut parts = item.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let is_accepted = quality.is_none_or(|quality| quality.parse::<f32>().is_ok_and(|quality| quality > 0.0));
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                named = Some(is_accepted);
            } else if coding == "*" {
                any = Some(is_accepted);
            }
        }
    }
    named.or(any).unwrap_or(false)
}

/// The same answer with its body compressed, when that makes it smaller.
///
/// # Errors
/// When there is no thread for it.
pub(crate) async fn compress(response: http::Response<Payload>) -> io::Result<http::Response<Payload>> {
    if response.body().at_hand().len() < FROM || response.headers().contains_key(CONTENT_ENCODING) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let body = match body {
        Payload::Whole(body) => body,
        Payload::Pieces { first, rest } => {
            parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return Ok(http::Response::from_parts(parts, Payload::packed(first, rest).await?));
        }
    };
    let packed = if body.len() <= INLINE {
        gzip(&body)
    } else {
        let body = body.clone();
        tokio::task::spawn_blocking(move || gzip(&body)).await.ok().flatten()
    };
    let body = match packed.filter(|packed| packed.len() < body.len()) {
        Some(packed) => {
            parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            packed
        }
        None => body,
    };
    Ok(http::Response::from_parts(parts, Payload::Whole(body)))
}

/// These bytes as gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether the body of a request is compressed.
///
/// # Errors
/// 400 for any other coding than gzip, once.
pub(crate) fn check_coding(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(false) };
    let coding = coding.to_str().unwrap_or("something unknown").trim();
    if coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
        return Ok(false);
    }
    if codings.next().is_none() && (coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip")) {
        return Ok(true);
    }
    let title =
        format!("The body is encoded with {coding}: send it without Content-Encoding, or compressed once with gzip");
    Err(Refusal::new(400, code::BAD_PARAM, "Content-Encoding", title))
}

/// The body of a request as it was before it was compressed.
///
/// # Errors
/// 400 for another coding or a broken body, 413 when it unpacks to more than `max` bytes.
pub(crate) fn unpack(headers: &HeaderMap, body: Bytes, max: usize) -> Result<Bytes, Refusal> {
    if !check_coding(headers)? {
        return Ok(body);
    }
    let mut unpacked = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    if MultiGzDecoder::new(&*body).take(limit).read_to_end(&mut unpacked).is_err() {
        let title = "The body is not gzip, or not all of it, as Content-Encoding says";
        return Err(Refusal::new(400, code::BAD_PARAM, "body", title));
    }
    if unpacked.len() > max {
        return Err(Refusal::new(413, code::TOO_LARGE, "body", format!("The body unpacks to more than {max} bytes")));
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_accepted_when_it_is_named_and_not_refused() {
        for (accepted, lines) in [
            (true, &["gzip"][..]),
            (true, &["deflate, GZIP;q=0.5"]),
            (true, &["br", "gzip"]),
            (true, &["*"]),
            (true, &["identity;q=0, *;q=0.1"]),
            (false, &[]),
            (false, &[""]),
            (false, &["br, zstd"]),
            (false, &["gzip;q=0"]),
            (false, &["*, gzip; q=0.000"]),
            (false, &["gzip;q=x"]),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
            }
            assert_eq!(accepts_gzip(&headers), accepted, "{lines:?}");
        }
    }
}
