//! A post to an inbound webhook, as JSON, whatever it was written in.

use std::collections::BTreeMap;

use kustomer_api::error::code;
use kustomer_api::inbound_webhook::MAX_RECEIVED;
use kustomer_api::validation::MAX_FAULTS;
use serde_json::{Map, Value};

use super::xml;
use crate::input;
use crate::number::lossy_numbers;
use crate::refusal::Refusal;

/// How deep a post may be nested.
pub(super) const MAX_DEPTH: usize = 64;

/// How many values a post may have, objects, lists and their members counted.
pub(super) const MAX_VALUES: usize = 10_000;

/// The format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// JSON; also what names no type.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// XML.
    Xml,
}

impl Encoding {
    /// That of a body with this `Content-Type`.
    ///
    /// # Errors
    /// 415 when it is none of these, or not in UTF-8.
    pub fn of(content_type: Option<&str>) -> Result<Self, Refusal> {
        let Some(sent) = content_type.map(str::trim).filter(|sent| !sent.is_empty()) else { return Ok(Self::Json) };
        let mut parts = sent.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        if charset.is_some_and(|charset| !is_utf8(&charset)) {
            return Err(unsupported("The body must be in UTF-8: send it with charset=utf-8, or without a charset"));
        }
        match essence.as_str() {
            "application/json" | "text/json" => Ok(Self::Json),
            "application/xml" | "text/xml" => Ok(Self::Xml),
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            "multipart/form-data" => Ok(Self::Multipart),
            json if json.ends_with("+json") => Ok(Self::Json),
            xml if xml.ends_with("+xml") => Ok(Self::Xml),
            _ => Err(unsupported("The body must be JSON, XML or a form: name that as the Content-Type")),
        }
    }
}

/// Whether a charset is UTF-8, or a part of it.
pub(super) fn is_utf8(charset: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
}

pub(super) fn unsupported(title: &str) -> Refusal {
    Refusal::new(415, code::BAD_PARAM, "Content-Type", title)
}

pub(super) fn malformed(title: impl Into<String>) -> Refusal {
    Refusal::new(400, code::BAD_PARAM, "body", title)
}

/// Reads a body that is no multipart form. An empty one is null.
///
/// # Errors
/// 413 when it is too large, 415 when its text is in no encoding that is read, 400 when it cannot be read.
pub fn read(encoding: Encoding, body: &[u8]) -> Result<Value, Refusal> {
    if body.len() > MAX_RECEIVED {
        let title = format!("The body is larger than {MAX_RECEIVED} bytes");
        return Err(Refusal::new(413, code::TOO_LARGE, "body", title));
    }
    if body.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    match encoding {
        Encoding::Json => read_json(body),
        Encoding::Form | Encoding::Multipart => read_form(body),
        Encoding::Xml => xml::read(text(body)?),
    }
}

fn read_json(body: &[u8]) -> Result<Value, Refusal> {
    let text = input::text(body)?;
    let value: Value = serde_json::from_str(text).map_err(|error| input::not_read(text, &error))?;
    let mut left = MAX_VALUES;
    check(&value, 0, &mut left)?;
    let faults = lossy_numbers(text, MAX_FAULTS);
    if faults.is_empty() { Ok(value) } else { Err(Refusal::bad_input(faults)) }
}

/// Reads a text in UTF-8.
fn text(body: &[u8]) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(format!("The body is not UTF-8 at byte {}", error.valid_up_to())))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Holds a value to the limits. The reader has held its depth to 128 before.
fn check(value: &Value, depth: usize, left: &mut usize) -> Result<(), Refusal> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    *left = left.checked_sub(1).ok_or_else(too_many)?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check(item, depth + 1, left)),
        Value::Object(members) => members.values().try_for_each(|member| check(member, depth + 1, left)),
        _ => Ok(()),
    }
}

pub(super) fn too_deep() -> Refusal {
    malformed(format!("The body is nested deeper than {MAX_DEPTH} levels"))
}

pub(super) fn too_many() -> Refusal {
    malformed(format!("The body has more than {MAX_VALUES} values"))
}

fn read_form(body: &[u8]) -> Result<Value, Refusal> {
    let body = text(body)?;
    if body.split('&').take(MAX_VALUES + 1).count() > MAX_VALUES {
        return Err(too_many());
    }
    Ok(fields(url::form_urlencoded::parse(body.as_bytes()).into_owned()))
}

/// Fields as an object: a field that is there several times is a list.
///
/// ```
/// use kustodian_core::inbound_webhook::fields;
///
/// let sent = [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
/// assert_eq!(fields(sent), serde_json::json!({ "a": ["1", "3"], "b": "2" }));
/// ```
pub fn fields(fields: impl IntoIterator<Item = (String, String)>) -> Value {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, value) in fields {
        found.entry(name).or_default().push(Value::String(value));
    }
    Value::Object(found.into_iter().map(|(name, values)| (name, one_or_several(values))).collect::<Map<_, _>>())
}

/// A value that is there once as it is, several as a list.
pub(super) fn one_or_several(mut values: Vec<Value>) -> Value {
    match (values.pop(), values.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            values.push(last);
            Value::Array(values)
        }
        (None, _) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(encoding: Encoding, body: &str) -> u16 {
        read(encoding, body.as_bytes()).map_or_else(|refusal| refusal.status, |_| 200)
    }

    #[test]
    fn json_and_forms_become_json() {
        assert_eq!(read(Encoding::Json, b" [1, {\"a\": null}] ").unwrap(), json!([1, { "a": null }]));
        assert_eq!(read(Encoding::Json, b" \n").unwrap(), Value::Null);
        let form = read(Encoding::Form, b"name=Ada+L&tag=a&tag=%C3%BC&empty").unwrap();
        assert_eq!(form, json!({ "name": "Ada L", "tag": ["a", "\u{fc}"], "empty": "" }));
    }

    #[test]
    fn a_body_that_is_too_large_too_deep_or_no_text_is_refused() {
        assert_eq!(status(Encoding::Json, &format!("\"{}\"", "x".repeat(MAX_RECEIVED))), 413);
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(status(Encoding::Json, &nested(MAX_DEPTH)), 200);
            assert_eq!(status(Encoding::Json, &nested(MAX_DEPTH + 1)), 400);
            assert_eq!(status(Encoding::Json, &nested(60_000)), 400);
        }
        let many = vec!["1"; MAX_VALUES + 1].join(",");
        assert_eq!(status(Encoding::Json, &format!("[{many}]")), 400);
        assert_eq!(status(Encoding::Form, &many.replace(',', "&")), 400);
        for body in ["{", "1e999", "12345678901234567890123", "a=b"] {
            assert_eq!(status(Encoding::Json, body), 400, "{body}");
        }
        assert_eq!(read(Encoding::Form, b"a=\xff").unwrap_err().status, 400);
    }

    #[test]
    fn the_type_of_a_body_is_named_and_in_utf_8() {
        for (sent, expected) in [
            (None, Encoding::Json),
            (Some(""), Encoding::Json),
            (Some("application/vnd.api+json; charset=UTF-8"), Encoding::Json),
            (Some("TEXT/XML; charset=\"utf-8\""), Encoding::Xml),
            (Some("application/soap+xml"), Encoding::Xml),
            (Some("application/x-www-form-urlencoded"), Encoding::Form),
            (Some("multipart/form-data; boundary=a"), Encoding::Multipart),
        ] {
            assert_eq!(Encoding::of(sent).unwrap(), expected, "{sent:?}");
        }
        for sent in [
            "text/plain",
            "application/json; charset=latin1",
            "application/octet-stream",
            ";",
            "text/xml;charset=utf-16",
        ] {
            assert_eq!(Encoding::of(Some(sent)).unwrap_err().status, 415, "{sent}");
        }
    }
}
