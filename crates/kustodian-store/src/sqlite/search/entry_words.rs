//! The words of one transaction of the kinds beside customers, written at its end in the order of their rows: FTS5 gathers
//! its rows, and writes a segment when a row precedes the one before it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::values::Hex;
use crate::search::entries::{CODE_BITS, code};

const REMOVE: &str = "DELETE FROM search_words WHERE rowid = ?1";
const ADD: &str = "INSERT INTO search_words (rowid, words) VALUES (?1, ?2)";

/// The pending changes of records' words.
#[derive(Default)]
pub(in crate::sqlite) struct EntryWords {
    changes: HashMap<(OrgKey, Kind, ObjectId), Change>,
}

/// The pending changes of one record's words.
struct Change {
    /// Whether it had words before.
    had: bool,
    /// Its words from now on, a line each; none when it is found no longer.
    words: Option<String>,
}

impl EntryWords {
    /// Notes the words that a record is to have; `had` says that it had some before.
    pub(super) fn note(&mut self, name: (OrgKey, Kind, ObjectId), had: bool, words: Option<&BTreeSet<String>>) {
        let words = words.map(|words| {
            let mut lines = String::with_capacity(words.iter().map(|word| word.len() + 1).sum());
            for word in words {
                lines.push_str(word);
                lines.push('\n');
            }
            lines
        });
        let change = self.changes.entry(name).or_insert(Change { had, words: None });
        change.words = words;
    }

    /// Writes them, once the records are there.
    pub(super) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut rows = BTreeMap::new();
        for ((org, kind, id), change) in std::mem::take(&mut self.changes) {
            let sql = format!("SELECT key FROM {} WHERE org = ?1 AND id = ?2", kind.spec().table);
            let key: Option<i64> =
                connection.prepare_cached(&sql)?.query_row(params![org.0, Hex::of(id)], |row| row.get(0)).optional()?;
            if let (Some(key), Some(context)) = (key, kind.search_context()) {
                rows.insert(key << CODE_BITS | i64::from(code(context)), change);
            }
        }
        let mut remove = connection.prepare_cached(REMOVE)?;
        let mut add = connection.prepare_cached(ADD)?;
        for (row, Change { had, words }) in rows {
            if had {
                remove.execute([row])?;
            }
            if let Some(words) = words {
                add.execute(params![row, words])?;
            }
        }
        Ok(())
    }
}
