//! The rows of a file, whatever its format.

use std::fmt;

use serde_json::{Map, Value};

use super::csv::CsvRows;
use super::jsonl::JsonRows;
use crate::failure::Failure;

/// The longest value that is read, in bytes: a record has at most as much.
pub(crate) const MAX_FIELD: usize = 1024 * 1024;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The line of the file that it begins in, from 1.
    pub(crate) line: u64,
    /// Its content.
    pub(crate) content: Content,
    /// The line as it was written, where columns are places of a line: of JSON.
    pub(crate) text: String,
}

/// The content of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// A cell for each column.
    Cells(Vec<String>),
    /// A JSON object.
    Object(Map<String, Value>),
}

/// Why a row cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowFault {
    /// The line that the row begins in.
    pub(crate) line: u64,
    /// Which column is wrong, from 1, and its name.
    pub(crate) column: Option<(usize, String)>,
    /// The fault of the row.
    pub(crate) reason: String,
    /// What the file has there, of a row that cannot be read: its cells, or its line.
    pub(crate) raw: Vec<String>,
}

impl RowFault {
    /// A fault of a whole row.
    pub(crate) fn of_row(line: u64, reason: impl Into<String>) -> Self {
        Self { line, column: None, reason: reason.into(), raw: Vec::new() }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        match &self.column {
            Some((at, name)) if name.is_empty() => write!(formatter, ", column {at}")?,
            Some((0, name)) => write!(formatter, ", {name}")?,
            Some((at, name)) => write!(formatter, ", column {at} ({name})")?,
            None => {}
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// A row that was read, or one that could not be.
pub(crate) type ReadRow = Result<Row, RowFault>;

/// The rows of a file, one at a time.
pub(crate) enum Rows {
    /// Of a CSV file.
    Csv(Box<CsvRows>),
    /// Of a file with a JSON object in each line.
    Json(JsonRows),
}

impl Rows {
    /// The columns; empty where each row names its own.
    pub(crate) fn columns(&self) -> &[String] {
        match self {
            Self::Csv(rows) => rows.columns(),
            Self::Json(_) => &[],
        }
    }

    /// The separator of columns.
    pub(crate) fn delimiter(&self) -> char {
        match self {
            Self::Csv(rows) => rows.delimiter(),
            Self::Json(_) => ',',
        }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub(crate) fn next(&mut self) -> Result<Option<ReadRow>, Failure> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::Json(rows) => rows.next(),
        }
    }
}
