//! Gives out the bytes of a file, piece by piece as the client takes them.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use kustodian_core::file::File;
use kustodian_core::files::FileName;
use kustodian_core::refusal::Refusal;
use kustomer_api::error::code;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::range::{self, Part};
use super::{Opened, not_kept, plain};
use crate::answer::{try_again, unavailable};
use crate::app::App;
use crate::places::Held;

/// Answers with the bytes, or a part of them.
pub(super) async fn send(app: &Arc<App>, opened: &Opened, parts: &Parts) -> Result<Response, Refusal> {
    let stored = app.services.store.find(opened.org.key, opened.kind, opened.id).await.map_err(unavailable)?;
    let file = stored.filter(|stored| !stored.deleted).map(|stored| File::of(&stored.document)).transpose()?;
    let file = file.ok_or_else(|| Refusal::not_found("id"))?;
    if file.is_redacted {
        return Err(Refusal::new(404, code::NOT_FOUND, "id", "Not Found: the file was redacted"));
    }
    let sum = file.sum.ok_or_else(|| {
        let title = "Not Found: the bytes of the file were not uploaded yet";
        Refusal::new(404, code::NOT_FOUND, "id", title)
    })?;
    let name = FileName { org: opened.org.id, sum };
    let etag = format!("\"{sum}\"");
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if text(IF_NONE_MATCH).is_some_and(|held| kustodian_core::resource::names_etag(held, &etag)) {
        return Ok(described(plain(StatusCode::NOT_MODIFIED, Body::empty()), &file, &etag));
    }
    let place = app.files.downloads.take(opened.org.key);
    let place = place.ok_or_else(|| try_again("Too many files are sent at the same time", 1))?;
    let length = app.files.files.length(name).await.map_err(|error| not_kept(&error))?;
    // A file with another length was damaged, and is not sent as if it were whole.
    if length != Some(file.content_length) {
        let place = app.files.files.place();
        tracing::error!(%sum, place, ?length, expected = file.content_length, "a file is missing or damaged");
        let title = "The bytes of the file are not on this server: its log says where they were looked for";
        return Err(Refusal::new(503, code::UNAVAILABLE, "", title));
    }
    let length = file.content_length;
    let is_asked_for_it = text(IF_RANGE).is_none_or(|state| state == etag);
    let part = range::read(text(RANGE).filter(|_| is_asked_for_it), length);
    let (status, first, count) = match part {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Between(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Nowhere => {
            let title = format!("The file has {length} bytes, and the range has none of them");
            let refusal = Refusal::new(416, code::RANGE_NOT_SATISFIABLE, "Range", title);
            let mut response = crate::answer::refuse(refusal).map(Body::from);
            set(&mut response, CONTENT_RANGE, &format!("bytes */{length}"));
            return Ok(response);
        }
    };
    let mut response = described(plain(status, pieces(app, name, first, count, place)), &file, &etag);
    response.headers_mut().insert(CONTENT_LENGTH, count.into());
    if let Part::Between(first, last) = part {
        set(&mut response, CONTENT_RANGE, &format!("bytes {first}-{last}/{length}"));
    }
    Ok(response)
}

/// The headers that every answer about the bytes has.
fn described(mut response: Response, file: &File, etag: &str) -> Response {
    set(&mut response, CONTENT_TYPE, &file.content_type);
    set(&mut response, CONTENT_DISPOSITION, &disposition(&file.name));
    set(&mut response, ETAG, etag);
    set(&mut response, ACCEPT_RANGES, "bytes");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A browser saves it under this name and shows nothing of it (RFC 6266): in plain characters, and as it is.
fn disposition(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '/') || letter == ' ';
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

/// Reads a piece when the client has taken the one before. No file is held open meanwhile: one that is removed is sent
/// no longer.
fn pieces(app: &Arc<App>, name: FileName, first: u64, count: u64, place: Held) -> Body {
    let app = Arc::clone(app);
    let state = (first, count);
    let pieces = stream::try_unfold((state, app, place), move |((from, left), app, place)| async move {
        if left == 0 {
            return Ok(None);
        }
        let piece = app.files.files.piece();
        let most = piece.min(usize::try_from(left).unwrap_or(piece));
        let read = app.files.files.read(name, from, most).await;
        let piece = match read {
            Ok(Some(piece)) if !piece.is_empty() => piece,
            Ok(_) => return Err(std::io::Error::other("the file was removed while it was sent")),
            Err(error) => {
                tracing::error!(%error, "a file could not be read while it was sent");
                return Err(std::io::Error::other(error));
            }
        };
        let read = piece.len() as u64;
        Ok(Some((Bytes::from(piece), ((from + read, left.saturating_sub(read)), app, place))))
    });
    Body::from_stream(pieces.boxed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_no_header_and_no_text_in_it() {
        let told = disposition("a\"b\\c/d\r\nX: 1 \u{fc}.pdf");
        let expected = "attachment; filename=\"a_b_c_d__X: 1 _.pdf\"; \
                        filename*=UTF-8''a%22b%5Cc%2Fd%0D%0AX%3A%201%20%C3%BC%2Epdf";
        assert_eq!(told, expected);
    }
}
