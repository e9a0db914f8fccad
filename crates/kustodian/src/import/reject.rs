//! The file that gets the rows which were refused: it can be corrected and imported.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::rows::{Content, Row, RowFault, Rows};
use crate::csv_line;
use crate::failure::Failure;

/// The columns added to a refused row: its line, and why it was refused. An import leaves them out.
const COLUMNS: [&str; 2] = ["import_line", "import_reason"];

/// What takes the place of a line of JSON that could not be read: the line. It must be corrected before it is imported.
const TEXT: &str = "import_text";

/// The names that an import leaves out, as an earlier one has added them.
pub(crate) const ADDED: [&str; 3] = [COLUMNS[0], COLUMNS[1], TEXT];

/// The most refusals that are printed where no file takes them.
pub(crate) const MOST_PRINTED: u64 = 20;

/// Where refused rows go.
pub(crate) struct Rejects {
    file: Option<(PathBuf, BufWriter<File>)>,
    columns: Vec<String>,
    /// The separator of columns: that of the file, which also decides how its numbers are read.
    delimiter: char,
    printed: u64,
}

impl Rejects {
    /// Begins the file, or continues with the first `kept` bytes of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(path: Option<&Path>, rows: &Rows, kept: Option<u64>) -> Result<Self, Failure> {
        let columns = rows.columns();
        let mut rejects = Self { file: None, columns: columns.to_vec(), delimiter: rows.delimiter(), printed: 0 };
        let Some(path) = path else { return Ok(rejects) };
        let opened = OpenOptions::new().write(true).create(true).truncate(kept.is_none()).open(path);
        let opened = opened.and_then(|mut file| {
            if let Some(kept) = kept {
                file.set_len(kept)?;
                file.seek(SeekFrom::End(0))?;
            }
            Ok(file)
        });
        let file = opened.map_err(|error| failed(path, &error))?;
        rejects.file = Some((path.to_owned(), BufWriter::new(file)));
        if kept.is_none_or(|kept| kept == 0) && !columns.is_empty() {
            let header = csv_line::line_by(rejects.delimiter, columns.iter().map(String::as_str).chain(COLUMNS));
            rejects.write(&header)?;
        }
        Ok(rejects)
    }

    /// Takes a row; `row` is absent when it could not be read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn take(&mut self, row: Option<&Row>, fault: &RowFault) -> Result<(), Failure> {
        if self.file.is_none() {
            self.printed += 1;
            match self.printed {
                ..=MOST_PRINTED => crate::output::note(&fault.to_string()),
                at if at == MOST_PRINTED + 1 => {
                    crate::output::note("further rows are refused: --reject FILE takes them all")
                }
                _ => {}
            }
            return Ok(());
        }
        let (line, reason) = (fault.line.to_string(), fault.to_string());
        if self.columns.is_empty() {
            let mut object = match row.map(|row| &row.content) {
                Some(Content::Object(object)) => object.clone(),
                _ => fault.raw.iter().map(|line| (TEXT.to_owned(), line.as_str().into())).collect(),
            };
            let [line_name, reason_name] = COLUMNS;
            object.insert(line_name.to_owned(), fault.line.into());
            object.insert(reason_name.to_owned(), reason.into());
            return self.write(&format!("{}\n", Value::Object(object)));
        }
        let mut cells: Vec<&str> = match row.map(|row| &row.content) {
            Some(Content::Cells(cells)) => cells.iter().map(String::as_str).collect(),
            _ => fault.raw.iter().map(String::as_str).collect(),
        };
        // More of them than columns are refused again, until somebody has seen to it.
        cells.resize(cells.len().max(self.columns.len()), "");
        let text = csv_line::line_by(self.delimiter, cells.into_iter().chain([line.as_str(), reason.as_str()]));
        self.write(&text)
    }

    /// Hands all of it to the operating system; how many bytes the file has then.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn flush(&mut self) -> Result<u64, Failure> {
        let Some((path, file)) = &mut self.file else { return Ok(0) };
        file.flush().and_then(|()| file.stream_position()).map_err(|error| failed(path, &error))
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        file.write_all(text.as_bytes()).map_err(|error| failed(path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {error}", path.display()))
}
