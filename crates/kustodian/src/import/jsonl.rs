//! Rows out of JSON Lines: an object in each line.

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
                return Ok(Some(Err(RowFault::of_row(self.line, reason))));
            }
            // Without the line's end, so that columns are those of the line.
            let text = self.buffer.trim_ascii_end();
            if text.is_empty() {
                continue;
            }
            let read: Result<Map<String, Value>, _> = serde_json::from_slice(text);
            return Ok(Some(match read {
                Ok(object) => Ok(Row { line: self.line, content: Content::Object(object) }),
                Err(error) => {
                    let place = Some((error.column(), String::new())).filter(|(column, _)| *column > 0);
                    // What serde says ends in its own place, whose line is always the first.
                    let text = error.to_string();
                    let what = text.split(" at line ").next().unwrap_or_default();
                    let reason = format!("the line is no JSON object: {what}");
                    Err(RowFault { line: self.line, column: place, reason })
                }
            }));
        }
    }

    /// Reads a line into the buffer: whether it is too long; `None` at the end.
    fn read_line(&mut self) -> Result<Option<bool>, Failure> {
        self.buffer.clear();
        let (mut any, mut is_too_long) = (false, false);
        loop {
            let bytes = self.input.fill_buf().map_err(|error| input_failed(&error))?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(said[1].starts_with("line 3: the line is no JSON object: invalid type"), "{said:?}");
        assert!(said[2].starts_with("line 4, column ") && said[2].contains("EOF"), "{said:?}");
        assert!(said[3].starts_with("line 5: the line is longer than"), "{said:?}");
    }
}
