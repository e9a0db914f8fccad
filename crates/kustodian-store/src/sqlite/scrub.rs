//! Taking out of the file what was erased from the tables.
//!
//! An erasure overwrites what it deletes, but earlier writes of the same record may have left copies behind: in pages
//! that are free now, in the gaps of pages that were reordered, and in the log. So the file is written anew from what is
//! in the tables, and the log is cut. Readers go on meanwhile; writes wait, for about a second per gigabyte on a fast
//! disk. That it is wanted stands among the settings from the erasing transaction on until it is done, so that a file
//! whose server ended in between is scrubbed when it is opened again.

use rusqlite::{Connection, OptionalExtension};

use super::checkpoint::LogKeeper;

/// How often the log is tried to be cut: a reader of an older state may be in the way, each time for as long as the
/// busy timeout.
const TRIES: usize = 5;

/// What takes erased words out of indexes that keep them apart from their rows, run before the file is written anew:
/// that of words merges all its segments into one, which holds only what is.
const INDEXES: &[&str] = &["INSERT INTO customer_words (customer_words) VALUES ('optimize')"];

/// The mark of the last erasure that was not followed by a scrub.
fn wanted(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.query_row("SELECT value FROM settings WHERE name = 'scrub'", [], |row| row.get(0)).optional()
}

/// Scrubs the file, on the writer's connection and outside of a transaction; nothing when nothing was erased since the
/// last time.
///
/// # Errors
/// When there is no room for the file's new form beside it, or a reader stayed in the way: the next one tries again.
pub(super) fn scrub(connection: &Connection, keeper: &mut LogKeeper) -> rusqlite::Result<()> {
    let Some(mark) = wanted(connection)? else { return Ok(()) };
    for sql in INDEXES {
        connection.execute_batch(sql)?;
    }
    // In memory it would need as much as the file is large.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let vacuumed = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    vacuumed?;
    if !(0..TRIES).any(|_| keeper.empty(connection)) {
        return Err(busy());
    }
    connection.pragma_update_and_check(None, "secure_delete", false, |_| Ok(()))?;
    connection.execute("DELETE FROM settings WHERE name = 'scrub' AND value = ?1", [mark])?;
    Ok(())
}

/// As SQLite tells that somebody is in the way.
fn busy() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    rusqlite::Error::SqliteFailure(code, Some("a reader keeps the log from being cut".to_owned()))
}
