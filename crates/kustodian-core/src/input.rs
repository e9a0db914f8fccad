//! Reads a request's body: JSON, then its schema, then its type. Everything wrong is reported, not just the first thing.

use kustomer_api::canonical::canonicalize;
use kustomer_api::error::code;
use kustomer_api::schema::Schema;
use kustomer_api::validation::{self, MAX_FAULTS, Room};
use serde::de::DeserializeOwned;
use serde_json_borrow::Value;

use crate::number::{lossy_numbers, out_of_range_numbers};
use crate::refusal::Refusal;
use crate::resource;

/// Reads a body that `schema` describes. An empty body reads as `{}`: every body of the contract is optional.
///
/// # Errors
/// 400 that names each offending attribute.
pub fn read<T: DeserializeOwned>(schema: &Schema, body: &[u8]) -> Result<T, Refusal> {
    parse(schema, body, false, &|_| 0)
}

/// Reads a body whose values are to be stored: a number that would lose digits is refused, too.
///
/// # Errors
/// 400 that names each offending attribute.
pub fn read_to_store<T: DeserializeOwned>(schema: &Schema, body: &[u8]) -> Result<T, Refusal> {
    parse(schema, body, true, &|_| 0)
}

/// The same of a write whose lists may be longer than its schema says.
///
/// # Errors
/// 400 that names each offending attribute.
pub fn read_to_store_with_room<T: DeserializeOwned>(
    schema: &Schema,
    body: &[u8],
    room: Room<'_>,
) -> Result<T, Refusal> {
    parse(schema, body, true, room)
}

/// 400 for a write without a body, which may have been lost on the way.
pub fn missing() -> Refusal {
    malformed("The body is missing: send {} at least".to_owned())
}

fn parse<T: DeserializeOwned>(schema: &Schema, body: &[u8], is_stored: bool, room: Room<'_>) -> Result<T, Refusal> {
    let text = text(body)?;
    let text = if text.trim().is_empty() { "{}" } else { text };
    let value: Value<'_> = serde_json::from_str(text).map_err(|error| not_read(text, &error))?;
    let mut faults = validation::check_with_room(schema, &value, room);
    if is_stored {
        faults.extend(lossy_numbers(text, MAX_FAULTS - faults.len().min(MAX_FAULTS)));
    }
    if !faults.is_empty() {
        return Err(Refusal::bad_input(faults));
    }
    // The schema is at least as strict as the type, which a test holds for every endpoint; this cannot fail.
    match canonicalize(schema, &value) {
        None => T::deserialize(&value).map_err(|_| ()),
        Some(canonical) => T::deserialize(canonical).map_err(|_| ()),
    }
    .map_err(|()| resource::fault("The body could not be read"))
}

/// A body as text.
///
/// # Errors
/// 400 when it is not UTF-8, or was encoded on the way.
pub(crate) fn text(body: &[u8]) -> Result<&str, Refusal> {
    if let Some(encoding) = foreign_encoding(body) {
        return Err(malformed(format!("The body is {encoding}: send JSON in UTF-8")));
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(format!("The body is not UTF-8 at byte {}", error.valid_up_to())))?;
    // A byte order mark is legal nowhere in JSON, yet some clients send one.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Why a body was not read: it is no JSON, or it is and has a number that nothing here can hold.
pub(crate) fn not_read(text: &str, error: &serde_json::Error) -> Refusal {
    let reason = error.to_string();
    if reason.starts_with("number out of range") {
        let faults = out_of_range_numbers(text, MAX_FAULTS);
        if !faults.is_empty() {
            return Refusal::bad_input(faults);
        }
    }
    malformed(format!("The body is not JSON: {reason}"))
}

/// The encoding of a body, by its first bytes: no JSON begins so.
fn foreign_encoding(body: &[u8]) -> Option<&'static str> {
    match body {
        // Before UTF-16, whose mark it begins with: no text in UTF-16 begins with a zero.
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [b'{' | b'[', 0, 0, 0, ..] | [0, 0, 0, b'{' | b'[', ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        // A brace or a bracket in UTF-16 without a mark.
        [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..] => Some("UTF-16"),
        [0x1F, 0x8B, ..] => Some("compressed with gzip, and no Content-Encoding says so"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some("compressed with zstd, and no Content-Encoding says so"),
        _ if is_form(body) => Some("form-encoded"),
        _ => None,
    }
}

/// Whether a body is like `name=Ada&gender=f`: a name, an equals sign, and nothing JSON would begin with.
fn is_form(body: &[u8]) -> bool {
    let name = body.iter().position(|byte| *byte == b'=').unwrap_or_default();
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%[]+".contains(byte);
    name > 0 && body[0].is_ascii_alphabetic() && body[..name].iter().all(is_of_name)
}

fn malformed(title: String) -> Refusal {
    Refusal::new(400, code::BAD_PARAM, "body", title)
}
