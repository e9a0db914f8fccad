//! Notes of work that is left to do, among the settings of the database.

use kustodian_core::store::{Note, StoreError};
use rusqlite::{Connection, OptionalExtension as _};
use tokio::sync::oneshot;

use super::Sqlite;
use super::job::Job;

/// What to write about a note, and who waits for it.
pub(super) struct NoteChange {
    pub(super) name: String,
    /// The value that it must have, unless any will do.
    pub(super) read: Option<Vec<u8>>,
    /// The value that it gets; without one it is removed.
    pub(super) value: Option<Vec<u8>>,
    pub(super) reply: oneshot::Sender<Result<bool, StoreError>>,
    /// Whether the note was as it was read.
    pub(super) outcome: bool,
}

impl NoteChange {
    pub(super) fn run(&self, connection: &Connection) -> rusqlite::Result<bool> {
        if let Some(read) = &self.read {
            let found: Option<Vec<u8>> = connection
                .prepare_cached("SELECT value FROM settings WHERE name = ?1")?
                .query_row([&self.name], |row| row.get(0))
                .optional()?;
            if found.as_ref() != Some(read) {
                return Ok(false);
            }
        }
        match &self.value {
            Some(value) => connection
                .prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?
                .execute((&self.name, value))?,
            None => connection.prepare_cached("DELETE FROM settings WHERE name = ?1")?.execute([&self.name])?,
        };
        Ok(true)
    }
}

/// ?1 what their names begin with, ?2 the name after which they are, ?3 how many.
const LIST: &str = "SELECT name, value FROM settings WHERE name >= ?1 AND name > ?2 AND substr(name, 1, length(?1)) = ?1 \
                    ORDER BY name LIMIT ?3";

pub(super) fn list(connection: &Connection, prefix: &str, after: &str, limit: usize) -> rusqlite::Result<Vec<Note>> {
    let mut statement = connection.prepare_cached(LIST)?;
    let notes = statement.query_map((prefix, after, i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
        Ok(Note { name: row.get(0)?, value: row.get(1)? })
    })?;
    notes.collect()
}

impl Sqlite {
    pub(super) async fn change_note(
        &self,
        name: String,
        read: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Note(Box::new(NoteChange { name, read, value, reply, outcome: false })))?;
        self.wait(answer).await?
    }
}
