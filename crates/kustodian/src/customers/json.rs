//! A JSON object that a command line gives: the text itself, a file, or standard input.

use std::fs;
use std::io::{self, Read};

use serde_json::Value;

use crate::failure::Failure;

/// The text of the object behind `--json`: JSON text, `@FILE` (or `FILE`), or `-` for standard input. It is sent as
/// given: the server says which members it does not know.
///
/// # Errors
/// When nothing can be read, or the input is not a JSON object.
pub(crate) fn read_object(given: &str) -> Result<String, Failure> {
    let (place, bytes) = bytes_of(given)?;
    object(&place, bytes)
}

/// The same, or a list.
///
/// # Errors
/// When nothing can be read, or the input is neither.
pub(crate) fn read_object_or_list(given: &str) -> Result<String, Failure> {
    let (place, bytes) = bytes_of(given)?;
    match serde_json::from_slice::<Vec<Value>>(&bytes) {
        Ok(list) => Ok(Value::Array(list).to_string()),
        Err(_) => object(&place, bytes),
    }
}

/// The bytes that an argument gives, and the place to name in errors.
fn bytes_of(given: &str) -> Result<(String, Vec<u8>), Failure> {
    let (place, text) = match given {
        "-" => {
            let mut bytes = Vec::new();
            ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        }
        text if text.trim_start().starts_with(['{', '[', '"']) => ("--json".to_owned(), Ok(text.as_bytes().to_vec())),
        path => {
            let path = path.strip_prefix('@').unwrap_or(path);
            (path.to_owned(), fs::read(path))
        }
    };
    let bytes = text.map_err(|error| {
        let forms = "--json takes a JSON object, @FILE, or - for standard input";
        Failure::new(format!("{place} cannot be read: {error}; {forms}"))
    })?;
    Ok((place, bytes))
}

fn object(place: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::new(format!("{place} is not UTF-8 text: {}", error.utf8_error())))?;
    // Some editors begin a file with a byte order mark, which no JSON begins with.
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Failure::new(format!("{place} is empty: a JSON object is expected, such as {{}}")));
    }
    let value: Value =
        serde_json::from_str(&text).map_err(|error| Failure::new(format!("{place} holds no JSON: {error}")))?;
    let found = match value {
        Value::Object(_) => return Ok(text),
        Value::Array(_) => "a list",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) | Value::Null => "a single word",
    };
    Err(Failure::new(format!("{place} holds {found}: a JSON object is expected, such as {{}}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_no_object_is_refused_with_its_source_and_kind() {
        for (text, words) in [
            (&b""[..], "x.json is empty"),
            (b"  \n", "x.json is empty"),
            (b"{\"name\":", "x.json holds no JSON: EOF while parsing a value at line 1 column 8"),
            (b"[{}]", "x.json holds a list"),
            (b"12", "x.json holds a number"),
            (b"{}{}", "trailing characters"),
            (b"\xff\xfe{\0", "x.json is not UTF-8 text"),
        ] {
            let refused = object("x.json", text.to_vec()).unwrap_err().to_string();
            assert!(refused.contains(words), "{words:?}: {refused}");
        }
        assert_eq!(object("x.json", b"\xef\xbb\xbf{ }".to_vec()).unwrap(), "{ }");
    }
}
