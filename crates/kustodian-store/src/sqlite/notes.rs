//! Notes of work that is left to do, among the settings of the database.

use kustodian_core::store::{MAX_NOTES, Note, StoreError};
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

pub(super) fn list(connection: &Connection, prefix: &str) -> rusqlite::Result<Vec<Note>> {
    let sql = format!(
        "SELECT name, value FROM settings WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT {MAX_NOTES}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let notes = statement.query_map([prefix], |row| Ok(Note { name: row.get(0)?, value: row.get(1)? }))?;
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
