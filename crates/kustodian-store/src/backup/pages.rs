//! Copies a SQLite file page by page, and checks it.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::failure::BackupError;
use crate::copy::table::TABLES;
use crate::copy::{CopyProgress, CopyStep};
use crate::sqlite::connect;

/// How many pages are copied between two words on how far it is: 4 MiB.
const PAGES: i32 = 1024;

/// How long a lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many rows each table has.
pub(super) type Rows = Vec<(&'static str, u64)>;

/// Copies one snapshot of the database at `from` into the empty file at `to`, also while a server writes it; writes
/// acknowledged before the start are in it. The new file needs no log beside it.
pub(super) fn copy(from: &Path, to: &Path, tell: &dyn Fn(CopyProgress)) -> Result<Rows, BackupError> {
    let reading = |error: rusqlite::Error| failed(from, &error);
    let writing = |error: rusqlite::Error| failed(to, &error);
    let source = open(from).map_err(reading)?;
    // Without a transaction around it the copy would start over with each commit of the server.
    source.execute_batch("BEGIN").map_err(reading)?;
    let rows = rows(&source).map_err(reading)?;
    let mut target = open(to).map_err(writing)?;
    // Until it is whole it is worth nothing: it is synced at the end.
    target.pragma_update(None, "synchronous", "OFF").map_err(writing)?;
    target.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(())).map_err(writing)?;
    carry(&source, &mut target, tell).map_err(writing)?;
    drop(source);
    stand_alone(&target).map_err(writing)?;
    Ok(rows)
}

fn carry(source: &Connection, target: &mut Connection, tell: &dyn Fn(CopyProgress)) -> rusqlite::Result<()> {
    let backup = Backup::new(source, target)?;
    loop {
        let step = backup.step(PAGES)?;
        let pages = |number: i32| u64::try_from(number).unwrap_or_default();
        let (total, left) = (pages(backup.progress().pagecount), pages(backup.progress().remaining));
        tell(CopyProgress { step: CopyStep::Carry, table: "pages", done: total.saturating_sub(left), total });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => {
                let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(busy, None));
            }
            _ => {}
        }
    }
}

/// Makes one file of a database and its log.
pub(super) fn stand_alone(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0)).map(|_| ())
}

/// Takes out what says that a file was filled by a copy, which would keep it from being one's own.
pub(super) fn forget_copy(path: &Path) -> Result<(), BackupError> {
    let forget = || -> rusqlite::Result<()> {
        let connection = open(path)?;
        connection.execute("DELETE FROM settings WHERE name = ?", [crate::copy::state::NAME])?;
        stand_alone(&connection)
    };
    forget().map_err(|error| failed(path, &error))
}

/// How many rows each table of a file has.
pub(super) fn count(path: &Path) -> Result<Rows, BackupError> {
    open(path).and_then(|connection| rows(&connection)).map_err(|error| failed(path, &error))
}

/// Whether a database holds anything.
pub(super) fn holds_orgs(connection: &Connection) -> rusqlite::Result<bool> {
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'orgs')";
    if !connection.query_row(there, [], |row| row.get(0))? {
        return Ok(false);
    }
    connection.query_row("SELECT EXISTS (SELECT 1 FROM orgs)", [], |row| row.get(0))
}

/// Opens a file to read and, where this user may, to write it.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

fn rows(connection: &Connection) -> rusqlite::Result<Rows> {
    let mut rows = Vec::new();
    for table in TABLES.iter() {
        let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)";
        if connection.query_row(there, [table.name], |row| row.get(0))? {
            let count = format!("SELECT count(*) FROM {}", table.name);
            rows.push((table.name, connection.query_row(&count, [], |row| row.get(0))?));
        }
    }
    Ok(rows)
}

/// The failure of the database at `path`.
pub(super) fn failed(path: &Path, error: &rusqlite::Error) -> BackupError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            BackupError::Damaged { path: path.to_owned(), finding: error.to_string() }
        }
        _ => BackupError::Failed { what: path.display().to_string(), reason: error.to_string() },
    }
}
