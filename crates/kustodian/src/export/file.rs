//! A file of an export. It gets its name when it is whole.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::Format;
use super::snapshot::Sink;
use super::table::Columns;
use crate::failure::Failure;

/// A file that is being written.
pub(super) struct Target<'a> {
    folder: &'a Path,
    name: String,
    format: Format,
    tags: &'a HashMap<String, String>,
    file: BufWriter<NamedTempFile>,
    /// The columns of the table that the records become once all of them are known.
    columns: Columns,
    rows: u64,
}

impl<'a> Target<'a> {
    /// Begins a file in a folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn begin(
        folder: &'a Path,
        name: &str,
        format: Format,
        tags: &'a HashMap<String, String>,
    ) -> Result<Self, Failure> {
        let file = NamedTempFile::new_in(folder).map_err(|error| failed(folder, &error))?;
        let (file, columns) = (BufWriter::new(file), Columns::default());
        Ok(Self { folder, name: name.to_owned(), format, tags, file, columns, rows: 0 })
    }

    /// Gives the file its name: that, and how many records it has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(self) -> Result<(String, u64), Failure> {
        let name = match self.format {
            Format::Jsonl => format!("{}.jsonl", self.name),
            Format::Csv => format!("{}.csv", self.name),
            #[cfg(feature = "parquet")]
            Format::Parquet => format!("{}.parquet", self.name),
        };
        let (path, rows) = (self.folder.join(&name), self.rows);
        self.persist(&path).map_err(|error| failed(&path, &error))?;
        Ok((name, rows))
    }

    fn persist(mut self, path: &PathBuf) -> std::io::Result<()> {
        self.file.flush()?;
        let mut file = self.file.into_inner().map_err(|error| error.into_error())?;
        match self.format {
            Format::Jsonl => {}
            Format::Csv => {
                file.rewind()?;
                let mut table = BufWriter::new(NamedTempFile::new_in(self.folder)?);
                table.write_all(self.columns.header().as_bytes())?;
                for line in BufReader::new(&mut file).lines() {
                    let record: Value = serde_json::from_str(&line?)?;
                    table.write_all(self.columns.row(&record).as_bytes())?;
                }
                file = table.into_inner().map_err(|error| error.into_error())?;
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                let table = NamedTempFile::new_in(self.folder)?;
                super::parquet::write(file.as_file_mut(), &self.columns, table.as_file())?;
                file = table;
            }
        }
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

impl Sink for Target<'_> {
    fn take(&mut self, mut record: Value) -> Result<(), Failure> {
        if let Some(Value::Array(tags)) = record.pointer_mut("/attributes/tags") {
            for tag in tags {
                if let Some(name) = tag.as_str().and_then(|id| self.tags.get(id)) {
                    *tag = Value::from(name.as_str());
                }
            }
        }
        if self.format != Format::Jsonl {
            self.columns.add(&record);
        }
        self.rows += 1;
        writeln!(self.file, "{record}").map_err(|error| failed(self.folder, &error))
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {error}", path.display()))
}
