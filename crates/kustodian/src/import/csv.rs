//! Rows out of CSV (RFC 4180), as spreadsheets write it: any line end, line breaks within quotes, a comma, a semicolon, a
//! tab or a bar between the columns.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::rows::{Content, MAX_FIELD, ReadRow, Row, RowFault};
use super::source::Input;
use crate::csv_line;
use crate::failure::Failure;

/// The most columns of a file.
const MAX_COLUMNS: usize = 1_000;

/// What may be between two columns.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// The rows of a CSV file behind its header.
pub(crate) struct CsvRows {
    input: Input,
    reader: Reader,
    columns: Vec<String>,
    /// Where a field is put before its bytes are known to be text.
    buffer: Box<[u8]>,
    /// The line that the next row begins in.
    line: u64,
    /// Whether the last byte was a carriage return, with which a line feed ends the same line.
    is_after_return: bool,
    delimiter: u8,
}

/// A field of a row.
struct Field {
    text: Result<String, Unread>,
    is_last: bool,
}

/// A field that is no text: why, and as much of it as can be read.
struct Unread {
    reason: String,
    text: String,
}

impl CsvRows {
    /// Reads the header. `delimiter` is found out when it is not given.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, or its header cannot be one.
    pub(crate) fn new(mut input: Input, delimiter: Option<u8>) -> Result<Self, Failure> {
        let start = input.fill_buf().map_err(|error| input_failed(&error, 1, 1))?;
        let said = declared(start);
        let delimiter = delimiter.or(said).unwrap_or_else(|| sniffed(start));
        if said.is_some() {
            input.consume(DECLARATION.len() + 1);
        }
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        let buffer = vec![0; MAX_FIELD].into_boxed_slice();
        let mut rows = Self { input, reader, columns: Vec::new(), buffer, line: 1, is_after_return: false, delimiter };
        let Some((line, cells)) = rows.record()? else {
            return Err(Failure::new("the file is empty: its first line must name the columns"));
        };
        let mut columns = Vec::new();
        for (at, cell) in cells.into_iter().enumerate() {
            let name =
                cell.map_err(|unread| Failure::new(format!("line {line}, column {}: {}", at + 1, unread.reason)))?;
            columns.push(name.trim().to_owned());
        }
        while columns.last().is_some_and(String::is_empty) && columns.len() > 1 {
            // Spreadsheets write columns that were emptied.
            columns.pop();
        }
        rows.columns = columns;
        Ok(rows)
    }

    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The separator of columns.
    pub(crate) fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// Whether numbers are written with a decimal comma: where a semicolon is between columns.
    pub(crate) fn has_decimal_commas(&self) -> bool {
        self.delimiter == b';'
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<ReadRow>, Failure> {
        loop {
            let Some((line, cells)) = self.record()? else { return Ok(None) };
            let is_blank = cells.iter().all(|cell| cell.as_ref().is_ok_and(|cell| cell.trim().is_empty()));
            if is_blank {
                continue;
            }
            return Ok(Some(self.row(line, cells)));
        }
    }

    fn row(&self, line: u64, cells: Vec<Result<String, Unread>>) -> ReadRow {
        let (mut texts, mut first) = (Vec::with_capacity(cells.len()), None);
        for (at, cell) in cells.into_iter().enumerate() {
            texts.push(cell.unwrap_or_else(|Unread { reason, text }| {
                first.get_or_insert((at, reason));
                text
            }));
        }
        if let Some((at, reason)) = first {
            let column = Some((at + 1, self.columns.get(at).cloned().unwrap_or_default()));
            return Err(RowFault { line, column, reason, raw: texts });
        }
        let beyond = texts.iter().skip(self.columns.len()).position(|cell| !cell.trim().is_empty());
        if let Some(at) = beyond.map(|at| at + self.columns.len()) {
            let reason = format!(
                "the row has more columns than the first line, which has {}: a value that holds {:?} must be within quotes",
                self.columns.len(),
                char::from(self.delimiter)
            );
            return Err(RowFault { line, column: Some((at + 1, String::new())), reason, raw: texts });
        }
        // Spreadsheets leave out empty cells at the end of a row.
        texts.resize(self.columns.len(), String::new());
        Ok(Row { line, content: Content::Cells(texts), text: String::new() })
    }

    /// The fields of the next record and the line it begins in.
    #[expect(clippy::type_complexity, reason = "a field is its text or its fault")]
    fn record(&mut self) -> Result<Option<(u64, Vec<Result<String, Unread>>)>, Failure> {
        self.skip_line_ends()?;
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            let Some(field) = self.field(line, cells.len() + 1)? else {
                return Ok((!cells.is_empty()).then_some((line, cells)));
            };
            if cells.len() < MAX_COLUMNS {
                cells.push(field.text);
            } else {
                let reason = format!("the row has more than {MAX_COLUMNS} columns");
                cells[MAX_COLUMNS - 1] = Err(Unread { reason, text: String::new() });
            }
            if field.is_last {
                return Ok(Some((line, cells)));
            }
        }
    }

    /// Passes over line ends between records, so that the line of the next one is known.
    fn skip_line_ends(&mut self) -> Result<(), Failure> {
        loop {
            let line = self.line;
            let bytes = self.input.fill_buf().map_err(|error| input_failed(&error, line, 1))?;
            let ends = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if ends == 0 {
                return Ok(());
            }
            (self.line, self.is_after_return) = counted(&bytes[..ends], self.line, self.is_after_return);
            self.input.consume(ends);
        }
    }

    /// One field; `None` at the end of the file.
    fn field(&mut self, line: u64, column: usize) -> Result<Option<Field>, Failure> {
        let (mut length, mut quotes, mut is_too_long) = (0, 0_usize, false);
        let mut first = None;
        loop {
            let bytes = self.input.fill_buf().map_err(|error| input_failed(&error, line, column))?;
            let is_end = bytes.is_empty();
            let (outcome, read, written) = self.reader.read_field(bytes, &mut self.buffer[length..]);
            let taken = &bytes[..read];
            first = first.or(taken.first().copied());
            quotes += taken.iter().filter(|byte| **byte == b'"').count();
            (self.line, self.is_after_return) = counted(taken, self.line, self.is_after_return);
            self.input.consume(read);
            length += written;
            match outcome {
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => (length, is_too_long) = (0, true),
                ReadFieldResult::End => return Ok(None),
                ReadFieldResult::Field { record_end } => {
                    if is_end && first == Some(b'"') && quotes % 2 == 1 {
                        return Err(Failure::new(format!(
                            "line {line}: a quote that is opened in this row is never closed, so that the rest of the file \
                             is one value: close it, or double each quote that a value holds"
                        )));
                    }
                    let text = if is_too_long {
                        let reason = format!("the value is longer than {MAX_FIELD} bytes, which no record may hold");
                        Err(Unread { reason, text: String::new() })
                    } else {
                        let bytes = &self.buffer[..length];
                        std::str::from_utf8(bytes).map(without_mark).map_err(|_| Unread {
                            reason: "the value is not UTF-8 text: save the file as UTF-8".to_owned(),
                            text: String::from_utf8_lossy(bytes).into_owned(),
                        })
                    };
                    return Ok(Some(Field { text, is_last: record_end }));
                }
            }
        }
    }
}

/// A value without the apostrophe by which spreadsheets keep it from being a formula, and which exports write.
fn without_mark(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if csv_line::is_formula(rest) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// The line behind these bytes, and whether the last of them is a carriage return. Any of `\n`, `\r\n` and `\r` ends a line.
fn counted(bytes: &[u8], mut line: u64, mut is_after_return: bool) -> (u64, bool) {
    for byte in bytes {
        if *byte == b'\r' || *byte == b'\n' && !is_after_return {
            line += 1;
        }
        is_after_return = *byte == b'\r';
    }
    (line, is_after_return)
}

/// The beginning of a first line that names the separator of columns for spreadsheets.
const DECLARATION: &[u8] = b"sep=";

/// The separator that such a line names.
fn declared(start: &[u8]) -> Option<u8> {
    match start.strip_prefix(DECLARATION)? {
        [delimiter, b'\r' | b'\n', ..] if DELIMITERS.contains(delimiter) => Some(*delimiter),
        _ => None,
    }
}

/// The separator of columns: the usual one that is most often in the first line, outside of quotes.
fn sniffed(start: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in start {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            byte if !is_quoted => {
                if let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == byte) {
                    counts[at] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let at = counts.iter().position(|count| *count == most).unwrap_or_default();
    DELIMITERS[at]
}

pub(super) fn input_failed(error: &std::io::Error, line: u64, column: usize) -> Failure {
    Failure::new(format!("line {line}, column {column}: the file cannot be read on: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<ReadRow>), String> {
        let input = Input::of_bytes(bytes.to_vec());
        let mut rows = CsvRows::new(input, None).map_err(|failure| failure.to_string())?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(|failure| failure.to_string())? {
            all.push(row);
        }
        Ok((rows.columns().to_vec(), all))
    }

    fn cells(row: &ReadRow) -> (u64, Vec<&str>) {
        match row.as_ref().unwrap() {
            Row { line, content: Content::Cells(cells), .. } => (*line, cells.iter().map(String::as_str).collect()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_have_the_lines_they_begin_in_whatever_ends_lines() {
        let text = "\u{feff}Name;\"E-mail\"\r\n\"Ada\r\nLovelace\";a@x\r\n\r\n;\r\n\"say \"\"hi\"\"\";\r\nAlan";
        for text in [text.to_owned(), text.replace('\r', ""), text.replace('\n', "")] {
            let (columns, rows) = read(text.as_bytes()).unwrap();
            assert_eq!(columns, ["Name", "E-mail"]);
            let name = ["Ada\r\nLovelace", "Ada\nLovelace", "Ada\rLovelace"];
            let name = name.into_iter().find(|name| text.contains(name)).unwrap();
            let rows: Vec<_> = rows.iter().map(cells).collect();
            assert_eq!(rows, [(2, vec![name, "a@x"]), (6, vec!["say \"hi\"", ""]), (7, vec!["Alan", ""])]);
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_by_line_and_column_and_the_next_one_is_read() {
        let long = "x".repeat(10 * 1024 * 1024);
        let text = format!("a,b,,\n1,{long}\n2,\"3,4\"\n5,6,7\n8,9,,\n");
        let (columns, rows) = read(text.as_bytes()).unwrap();
        assert_eq!(columns, ["a", "b"]);
        let said: Vec<String> = rows.iter().filter_map(|row| row.as_ref().err().map(ToString::to_string)).collect();
        assert!(said[0].starts_with("line 2, column 2 (b): the value is longer than 1048576 bytes"), "{said:?}");
        assert!(said[1].starts_with("line 4, column 3: the row has more columns than the first line"), "{said:?}");
        assert_eq!((cells(&rows[1]), cells(&rows[3])), ((3, vec!["2", "3,4"]), (5, vec!["8", "9"])));
        let raw: Vec<_> = rows.iter().filter_map(|row| Some(row.as_ref().err()?.raw.clone())).collect();
        assert_eq!(raw, [["1", ""].as_slice(), &["5", "6", "7"]]);
        let (_, rows) = read(b"a,b\n1,\xff\xfe\n2,3\n").unwrap();
        assert!(rows[0].as_ref().unwrap_err().to_string().starts_with("line 2, column 2 (b): the value is not UTF-8"));
        assert_eq!(cells(&rows[1]), (3, vec!["2", "3"]));
    }

    #[test]
    fn a_file_that_is_no_table_is_refused() {
        for (text, words) in [
            (&b""[..], "the file is empty"),
            (b"\xef\xbb\xbf\r\n", "the file is empty"),
            (b"a,b\n1,2\n3,\"4\n5,6\n", "line 3: a quote that is opened"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
        assert!(read(b"a,b\n1,5\" nail").is_ok(), "a quote within a value is its own");
    }

    #[test]
    fn the_separator_of_columns_is_detected() {
        for (text, delimiter) in
            [("a,b;c,d\n1;2;3;4;5", b','), ("\"a,b,c\";d", b';'), ("a\tb", b'\t'), ("a|b", b'|'), ("name", b',')]
        {
            assert_eq!(sniffed(text.as_bytes()), delimiter, "{text:?}");
        }
        let (columns, rows) = read(b"sep=;\r\na,b;c\r\n1;2\r\n").unwrap();
        assert_eq!((columns, cells(&rows[0])), (vec!["a,b".to_owned(), "c".to_owned()], (3, vec!["1", "2"])));
        assert_eq!(read(b"sep=x\n1\n").unwrap().0, ["sep=x"]);
    }
}
