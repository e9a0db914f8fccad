//! Sweeps erased data from the file.
//!
//! An erasure overwrites what it deletes, but earlier writes of the same record may have left copies behind: in pages
//! that are free now, in the gaps of pages that were reordered, and in the log. So the file is rewritten from its
//! tables, and the log is cut. Readers continue meanwhile; writes wait, for about a second per gigabyte on a fast disk.
//! That it is wanted is among the settings from the erasing transaction on until it is done, so that a file whose
//! server ended in between is scrubbed when it is opened again.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::archive::Archive;
use super::checkpoint::LogKeeper;
use crate::copy::CopyError;
use crate::search::SLOTS;

/// How often the log is tried to be cut: a reader of an older state may be in the way, each time for as long as the
/// busy timeout.
const TRIES: usize = 5;

/// How long another attempt waits for a reader that was in the way of the last one: all writes wait with it.
const PATIENCE: Duration = Duration::from_millis(100);

/// What takes erased words out of indexes that keep them apart from their rows, run before the file is rewritten:
/// those of words merge all their segments into one, which holds only present words.
const INDEXES: &[&str] = &[
    "INSERT INTO customer_words (customer_words) VALUES ('optimize')",
    "INSERT INTO search_words (search_words) VALUES ('optimize')",
];

/// The custom attributes that have a column: ?1 the last column.
const GIVEN: &str = "SELECT org, attribute, slot FROM search_slots WHERE slot BETWEEN 1 AND ?1";

/// ?1 org, ?2 attribute.
const FORGET: &str = "DELETE FROM search_slots WHERE org = ?1 AND attribute = ?2";

/// What names an erasure that is still to be taken out of the file.
type Mark = Vec<u8>;

/// The mark of the last erasure that was not followed by a scrub.
pub(super) fn wanted(connection: &Connection) -> rusqlite::Result<Option<Mark>> {
    connection.query_row("SELECT value FROM settings WHERE name = 'scrub'", [], |row| row.get(0)).optional()
}

impl Archive {
    /// Whether something was erased that may still be in the file.
    pub(crate) async fn is_scrub_wanted(&mut self) -> Result<bool, CopyError> {
        self.work(|connection| Ok(wanted(connection)?.is_some())).await
    }
}

/// The scrubs of one file, and how far the last one came: another attempt does not start over.
#[derive(Default)]
pub(super) struct Scrubs {
    /// The erasure whose scrub was tried last.
    tried: Option<Mark>,
    /// The erasure after which the file was last rewritten.
    rewritten: Option<Mark>,
}

impl Scrubs {
    /// Scrubs the file, on the writer's connection and outside of a transaction; nothing when nothing was erased since
    /// the last time.
    ///
    /// # Errors
    /// When there is no room for the file's new form beside it, or a reader stayed in the way: the next one tries again.
    pub(super) fn run(&mut self, connection: &Connection, keeper: &mut LogKeeper) -> rusqlite::Result<()> {
        let Some(mark) = wanted(connection)? else { return Ok(()) };
        let is_again = self.tried.replace(mark.clone()).is_some_and(|tried| tried == mark);
        // While a reader holds the log, each new form of the file would only make it longer.
        if is_again && !cut_at_once(connection, keeper)? {
            return Err(busy());
        }
        if self.rewritten.as_ref() != Some(&mark) {
            forget_attributes(connection)?;
            rewrite(connection)?;
            self.rewritten = Some(mark.clone());
        }
        if !(0..TRIES).any(|_| keeper.empty(connection)) {
            return Err(busy());
        }
        connection.pragma_update_and_check(None, "secure_delete", false, |_| Ok(()))?;
        connection.execute("DELETE FROM settings WHERE name = 'scrub' AND value = ?1", [mark])?;
        Ok(())
    }
}

/// Deletes the names of custom attributes that no customer has any more. Their columns are given to others from then on:
/// every transaction reads again which attribute has which.
fn forget_attributes(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let given: Vec<(i64, String, usize)> = transaction
        .prepare_cached(GIVEN)?
        .query_map([SLOTS], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (org, attribute, slot) in given {
        let is_used = format!(
            "SELECT 1 FROM customer_search INDEXED BY customer_search_by_c{slot} \
             WHERE org = ?1 AND c{slot} IS NOT NULL LIMIT 1"
        );
        if transaction.query_row(&is_used, [org], |_| Ok(())).optional()?.is_none() {
            transaction.prepare_cached(FORGET)?.execute((org, attribute))?;
        }
    }
    transaction.commit()
}

/// Rewrites the file through the log.
fn rewrite(connection: &Connection) -> rusqlite::Result<()> {
    for sql in INDEXES {
        connection.execute_batch(sql)?;
    }
    // In memory it would need as much as the file is large.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let vacuumed = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    vacuumed
}

/// Cuts the log if nobody is in the way; whether that was possible.
fn cut_at_once(connection: &Connection, keeper: &mut LogKeeper) -> rusqlite::Result<bool> {
    let usual: u64 = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    connection.busy_timeout(PATIENCE)?;
    let is_cut = keeper.empty(connection);
    connection.busy_timeout(Duration::from_millis(usual))?;
    Ok(is_cut)
}

/// As SQLite says that somebody is in the way.
fn busy() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    rusqlite::Error::SqliteFailure(code, Some("a reader keeps the log from being cut".to_owned()))
}
