//! Connections to a database file, and the file itself.

use std::fs::OpenOptions;
#[cfg(unix)]
use std::fs::Permissions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::failure::open_error;
use super::{log, place, schema, search};
use crate::failure::OpenError;
use crate::options::Options;

/// Whether acknowledged data survives a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// It does: every commit waits for the disk.
    Full,
    /// The database is gone on exit anyway.
    None,
}

/// Bytes in a page of a new database. Every touched page is written whole into the log, and a create touches four at random
/// for its claims: 50,000 creates of 3 kB documents, 64 at a time, wrote 38 kB each with pages of 4 KiB, 55 kB with
/// 8 KiB and 81 kB with 16 KiB. Creates a second did not differ beyond what the machine's other work made of them.
pub(super) const PAGE_SIZE: i64 = 4096;

/// How many statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 128;

/// How long a reader waits: only while a log is being recovered or restarted is there anything to wait for.
const READER_BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Makes the file when there is none, readable by nobody else; SQLite gives the files beside it the same mode. Takes
/// the rights of others away from files that exist, such as one that was copied here.
///
/// # Errors
/// When the path is no regular file or its folder cannot be used.
pub(super) fn make_file(path: &Path) -> Result<(), OpenError> {
    place::refuse_special(path)?;
    place::refuse_lost(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let error = match options.open(path) {
        Ok(_) => {
            #[cfg(unix)]
            make_private(path);
            return Ok(());
        }
        Err(error) => error,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::NotFound if folder.is_some_and(|folder| !folder.exists()) => Err(OpenError::NoFolder { path }),
        _ => Err(OpenError::NoAccess { path, reason: error.to_string() }),
    }
}

/// Leaves a database and the files beside it to their owner alone. By path: opening and closing the file would
/// release the locks that this process may hold on it already.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    const PRIVATE: u32 = 0o600;
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let file = Path::new(&file);
        let Ok(metadata) = file.metadata() else { continue };
        if metadata.permissions().mode() & 0o777 == PRIVATE {
            continue;
        }
        if let Err(error) = std::fs::set_permissions(file, Permissions::from_mode(PRIVATE)) {
            tracing::warn!(%error, file = %file.display(), "other users may be able to read this file: chmod it to 0600");
        }
    }
}

/// The connection that writes, on a database that has the newest schema.
pub(super) fn writer(path: &Path, options: &Options, durability: Durability) -> Result<Connection, OpenError> {
    let fail = |error: rusqlite::Error| open_error(path, &error);
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
    connection.busy_timeout(options.busy_timeout).map_err(fail)?;
    // Counts only while the database has no page yet, which is also how a foreign file is kept as it is.
    connection.pragma_update(None, "page_size", PAGE_SIZE).map_err(fail)?;
    schema::refuse_others(&connection, path)?;
    // First: the change of the mode waits for the disk four times, unless the database is gone on exit anyway.
    set_up(&connection, options.writer_cache_bytes, durability).map_err(fail)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(fail)?;
    if !mode.eq_ignore_ascii_case("wal") {
        let reason = format!("its file system has no shared memory (journal mode {mode}); use a local disk");
        return Err(OpenError::Failed { what: path.display().to_string(), reason });
    }
    // Checkpoints are run beside the writer: within it they make the slowest commits.
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(fail)?;
    // A log that had to grow is cut when it starts over.
    let limit = i64::try_from(options.checkpoint_bytes).unwrap_or(i64::MAX);
    connection.pragma_update_and_check(None, "journal_size_limit", limit, |_| Ok(())).map_err(fail)?;
    schema::upgrade(&mut connection, path)?;
    open_log(&connection).map_err(fail)?;
    Ok(connection)
}

/// A connection that moves the log into the database.
pub(super) fn checkpointer(path: &Path, durability: Durability) -> Result<Connection, OpenError> {
    let fail = |error: rusqlite::Error| open_error(path, &error);
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
    set_up(&connection, 1024 * 1024, durability).map_err(fail)?;
    open_log(&connection).map_err(fail)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn reader(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    let fail = |error: rusqlite::Error| open_error(path, &error);
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(fail)?;
    search::watch(&mut connection).map_err(fail)?;
    connection.busy_timeout(READER_BUSY_TIMEOUT).map_err(fail)?;
    set_up(&connection, options.reader_cache_bytes, Durability::Full).map_err(fail)?;
    connection.pragma_update(None, "query_only", true).map_err(fail)?;
    open_log(&connection).map_err(fail)?;
    Ok(connection)
}

/// Has SQLite open the files beside the database, which it does with the first read: from now on none of them is opened
/// by its name.
fn open_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// A connection that only looks, at a file that need not be ours.
pub(super) fn any_reader(path: &Path) -> Result<Connection, OpenError> {
    place::refuse_special(path)?;
    place::refuse_other_name(path)?;
    place::refuse_lone_log(path)?;
    if let Some(finding) = place::missing(path) {
        return Err(OpenError::Damaged { path: path.to_owned(), finding });
    }
    place::refuse_log_elsewhere(path)?;
    if let Some(finding) = log::damage(path) {
        return Err(OpenError::DamagedLog { path: path.to_owned(), finding });
    }
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| open_error(path, &error))
}

/// Opens a file by its path, whatever that looks like: SQLite itself takes `file:…` for a URI and `:memory:` for no file.
pub(crate) fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    if place::refuse_special(path).is_err() {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        return Err(rusqlite::Error::SqliteFailure(code, Some("it is not a file".to_owned())));
    }
    let path = if path.is_relative() { &Path::new(".").join(path) } else { path };
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Every connection stays with one thread at a time, so SQLite's own lock per connection is left out.
fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = connect(path, access)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn set_up(connection: &Connection, cache_bytes: u64, durability: Durability) -> rusqlite::Result<()> {
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::None => "OFF",
    };
    // Without it SQLite plans a statement again whenever a bound value might change the plan: reads by a claim, a join
    // into a table with partial indexes, were parsed each time, which halved their rate.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Negative: in KiB.
    connection.pragma_update(None, "cache_size", -i64::try_from(cache_bytes / 1024).unwrap_or(i64::MAX))?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}
