//! Rows out of JSON Lines: an object in each line.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::csv::input_failed;
use super::rows::{Content, MAX_FIELD, ReadRow, Row, RowFault};
use super::source::Input;
use crate::failure::Failure;

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4 * MAX_FIELD;

/// The rows of a file with a JSON object in each line.
pub(crate) struct JsonRows {
    input: Input,
    line: u64,
    buffer: Vec<u8>,
}

impl JsonRows {
    /// Nothing is read yet.
    pub(crate) fn new(input: Input) -> Self {
        Self { input, line: 0, buffer: Vec::new() }
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<ReadRow>, Failure> {
        loop {
            let Some(is_too_long) = self.read_line()? else { return Ok(None) };
            self.line += 1;
            if is_too_long {
                let reason = format!("the line is longer than {MAX_LINE} bytes, which no record may hold");
                let column = Some((MAX_LINE + 1, String::new()));
                return Ok(Some(Err(RowFault { line: self.line, column, reason, raw: Vec::new() })));
            }
            // Without the line's end, so that columns are those of the line.
            let text = self.buffer.trim_ascii_end();
            if text.is_empty() {
                continue;
            }
            let read: Result<Map<String, Value>, _> = serde_json::from_slice(text);
            return Ok(Some(match read {
                Ok(object) => {
                    let text = String::from_utf8_lossy(text).into_owned();
                    Ok(Row { line: self.line, content: Content::Object(object), text })
                }
                Err(error) => {
                    // It names no column of a text, a number or a list.
                    let place = Some((error.column().max(1), String::new()));
                    // What serde says ends in its own place, whose line is always the first.
                    let said = error.to_string();
                    let what = said.split(" at line ").next().unwrap_or_default();
                    let reason = format!("the line is no JSON object: {what}");
                    Err(RowFault {
                        line: self.line,
                        column: place,
                        reason,
                        raw: vec![String::from_utf8_lossy(text).into_owned()],
                    })
                }
            }));
        }
    }

    /// Reads a line into the buffer: whether it is too long; `None` at the end.
    fn read_line(&mut self) -> Result<Option<bool>, Failure> {
        self.buffer.clear();
        let (mut any, mut is_too_long) = (false, false);
        loop {
            let (line, column) = (self.line + 1, self.buffer.len() + 1);
            let bytes = self.input.fill_buf().map_err(|error| input_failed(&error, line, column))?;
            if bytes.is_empty() {
                return Ok(any.then_some(is_too_long));
            }
            any = true;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |at| at + 1);
            if is_too_long || self.buffer.len() + taken > MAX_LINE {
                is_too_long = true;
                self.buffer.clear();
            } else {
                self.buffer.extend_from_slice(&bytes[..taken]);
            }
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(is_too_long));
            }
        }
    }
}

/// The column of the value at a path of a line, or of the last value on the way to it. What a record has under `attributes`
/// is found without that.
pub(crate) fn column_of<'a>(text: &str, path: impl Iterator<Item = &'a str> + Clone) -> Option<usize> {
    let within = |part| walk(text, 2, std::iter::once(part).chain(path.clone()));
    let found = walk(text, 1, path.clone()).or_else(|| within("attributes")).or_else(|| within("relationships"))?;
    Some(found.as_ptr() as usize - text.as_ptr() as usize + 1)
}

/// `None` when the first `least` steps lead to no value.
fn walk<'t, 'a>(text: &'t str, least: usize, path: impl Iterator<Item = &'a str>) -> Option<&'t str> {
    let mut at = text;
    for (depth, step) in path.enumerate() {
        let next = match step.parse::<usize>() {
            Ok(index) if at.starts_with('[') => {
                serde_json::from_str::<Vec<&RawValue>>(at).ok().and_then(|items| Some(items.get(index)?.get()))
            }
            _ => serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(at)
                .ok()
                .and_then(|members| Some(members.get(step)?.get())),
        };
        match next {
            Some(next) => at = next,
            None if depth < least => return None,
            None => break,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_value_is_found_in_its_line() {
        let flat = r#"{"name": "Ada", "emails": [{"email": "a"}, {"email": 5}], "custom": {"a\u0042Num": "x"}}"#;
        let record = format!(r#"{{"type":"customer","attributes":{flat}}}"#);
        for (path, value) in [
            ("name", "\"Ada\""),
            ("emails/1/email", "5}"),
            ("emails/1/type", "{\"email\": 5}"),
            ("custom/aBNum", "\"x\""),
        ] {
            for line in [flat, &record] {
                let column = column_of(line, path.split('/')).unwrap();
                assert!(line[column - 1..].starts_with(value), "{path}: {}", &line[column - 1..]);
            }
        }
        assert_eq!(column_of(flat, ["missing"].into_iter()), None);
    }

    #[test]
    fn each_line_is_an_object_or_said_to_be_none() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_LINE));
        let text = format!("\u{feff}{{\"a\":1}}\r\n\n[1]\n{{\"a\":\n{long}\n{{\"a\":2}}");
        let mut rows = JsonRows::new(Input::of_bytes(text.into_bytes()));
        let mut said = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            said.push(match row {
                Ok(row) => format!("{}", row.line),
                Err(fault) => fault.to_string(),
            });
        }
        assert_eq!((said[0].as_str(), said[4].as_str()), ("1", "6"));
        assert!(said[1].starts_with("line 3, column 1: the line is no JSON object: invalid type"), "{said:?}");
        assert!(said[2].starts_with("line 4, column ") && said[2].contains("EOF"), "{said:?}");
        assert!(said[3].starts_with("line 5, column 4194305: the line is longer than"), "{said:?}");
    }
}
