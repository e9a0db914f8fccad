//! The ids that records have here, by those that they had where they were exported: what refers to them follows.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use kustodian_core::kind::Kind;
use kustomer_api::ObjectId;
use serde_json::Value;

use super::item::Item;
use super::rows::{Content, Row};
use crate::failure::Failure;

/// The new ids by the old ones, and the file that keeps them for further imports.
pub(crate) struct Ids {
    new: HashMap<ObjectId, ObjectId>,
    file: Option<(PathBuf, File)>,
}

impl Ids {
    /// Those in this file, which is made when it is not there; without a file none are kept.
    ///
    /// # Errors
    /// When it cannot be read or written, or holds something else.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self { new: HashMap::new(), file: None }) };
        let failed = |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", path.display()));
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut new = HashMap::new();
        for (at, line) in BufReader::new(&file).lines().enumerate() {
            let line = line.map_err(failed)?;
            let pair = line.split_once(' ').and_then(|(old, new)| Some((old.parse().ok()?, new.parse().ok()?)));
            let (old, id): (ObjectId, ObjectId) = pair.ok_or_else(|| {
                Failure::new(format!("{}, line {}: an old and a new id are expected", path.display(), at + 1))
            })?;
            new.insert(old, id);
        }
        Ok(Self { new, file: Some((path.to_owned(), file)) })
    }

    /// Whether ids are kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Gives an item the new ids of the records that it refers to.
    pub(crate) fn follow(&self, item: &mut Item) {
        for kind in Kind::ALL {
            let Some(value) = item.get_mut(kind.spec().name) else { continue };
            let old: Option<ObjectId> = value.as_str().and_then(|id| id.parse().ok());
            if let Some(new) = old.and_then(|old| self.new.get(&old)) {
                *value = Value::from(new.to_string());
            }
        }
    }

    /// Keeps the new ids of rows. Handed to the operating system when this returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep<'a>(
        &mut self,
        columns: &[String],
        made: impl Iterator<Item = (&'a Row, &'a str)>,
    ) -> Result<(), Failure> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let mut lines = String::new();
        for (row, new) in made {
            let pair = old_id(row, columns).zip(new.parse().ok()).filter(|(old, new)| old != new);
            if let Some((old, new)) = pair {
                lines.push_str(&format!("{old} {new}\n"));
                self.new.insert(old, new);
            }
        }
        let written = file.write_all(lines.as_bytes());
        written.map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
    }
}

/// The id that the record of a row had.
fn old_id(row: &Row, columns: &[String]) -> Option<ObjectId> {
    match &row.content {
        Content::Object(object) => object.get("id")?.as_str()?.parse().ok(),
        Content::Cells(cells) => cells.get(columns.iter().position(|name| name == "id")?)?.parse().ok(),
    }
}
