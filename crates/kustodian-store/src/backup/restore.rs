//! A backup made a database again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::failure::BackupError;
use super::partial::{Partial, failed, with_ending};
use super::{BackupOptions, compare, copy_pages, is_same, look_through, pages, url_of};
use crate::address::Address;
use crate::check::{self, Checked};
use crate::copy::{CopyOptions, CopyProgress, copy};
use crate::options::Options;

/// A database made out of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many rows each table has.
    pub tables: Vec<(&'static str, u64)>,
    /// The findings about its content.
    pub checked: Checked,
    /// Whether the search index of customers was rebuilt from their documents, as that of the backup did not agree with
    /// them.
    pub is_index_rebuilt: bool,
    /// Where the file is now that was there before.
    pub aside: Option<PathBuf>,
}

/// Restores the backup `file` into the database at `url`, which must be empty or, on SQLite, not there; brings it to the
/// schema of this version. On SQLite the database is there whole or not at all; an empty one on PostgreSQL is filled row
/// by row.
///
/// # Errors
/// When the file is no backup, or damaged, or of a newer version; when the database holds something, or a server works
/// on it.
pub async fn restore(
    file: &Path,
    url: &str,
    options: BackupOptions,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Restored, BackupError> {
    let address = Address::parse(url)?;
    let is_outdated = inspect(file)?;
    match address {
        Address::Memory => Err(BackupError::Temporary),
        Address::File(target) => restore_file(file, &target, options, tell).await,
        Address::Postgres(_) => {
            if !is_outdated {
                return restore_rows(file, url, options, tell).await;
            }
            // Rows are carried between databases of the same schema: it is brought to it in a copy.
            let folder = tempfile::tempdir().map_err(|error| failed(&std::env::temp_dir(), &error))?;
            let partial = Partial::begin(&folder.path().join("backup.db"))?;
            copy_pages(file, partial.path(), tell).await?;
            crate::migrate(&url_of(partial.path())?).await?;
            restore_rows(partial.path(), url, options, tell).await
        }
    }
}

/// Refuses a file that is not a backup; returns whether it is of an older schema.
fn inspect(file: &Path) -> Result<bool, BackupError> {
    match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::NoBackup { path: file.to_owned() });
        }
        Err(error) => return Err(failed(file, &error)),
        Ok(there) if !there.is_file() => return Err(BackupError::NotAFile { path: file.to_owned() }),
        Ok(_) => {}
    }
    if let Some(finding) = check::file::unreadable(file) {
        return Err(BackupError::Damaged { path: file.to_owned(), finding });
    }
    let pending = crate::sqlite::pending_migrations(file)?;
    let connection = pages::open(file).map_err(|error| pages::failed(file, &error))?;
    if !pages::holds_orgs(&connection).map_err(|error| pages::failed(file, &error))? {
        return Err(BackupError::NotABackup { path: file.to_owned() });
    }
    Ok(!pending.is_empty())
}

async fn restore_rows(
    file: &Path,
    url: &str,
    options: BackupOptions,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Restored, BackupError> {
    let checked = agreeing(file, options, tell).await?;
    let tables = copy(&url_of(file)?, url, CopyOptions::default(), tell).await?;
    let tables = tables.into_iter().map(|table| (table.name, table.rows)).collect();
    // The search entries of customers are not carried: the target works them out of their documents.
    Ok(Restored { tables, checked, is_index_rebuilt: false, aside: None })
}

async fn restore_file(
    file: &Path,
    target: &Path,
    options: BackupOptions,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Restored, BackupError> {
    if is_same(file, target) {
        return Err(BackupError::Itself { path: target.to_owned() });
    }
    crate::sqlite::refuse_lone_log(target)?;
    let former = Former::seize(target, options.replace)?;
    let partial = Partial::begin(target)?;
    let tables = copy_pages(file, partial.path(), tell).await?;
    compare(&tables, partial.path())?;
    if !crate::sqlite::pending_migrations(partial.path())?.is_empty() {
        crate::migrate(&url_of(partial.path())?).await?;
    }
    let checked = match agreeing(partial.path(), options, tell).await {
        Err(BackupError::Damaged { finding, .. }) => {
            return Err(BackupError::Damaged { path: file.to_owned(), finding });
        }
        Err(BackupError::Disagrees { finding, .. }) => {
            return Err(BackupError::Disagrees { path: file.to_owned(), finding });
        }
        looked => looked?,
    };
    let is_index_rebuilt = mend_index(partial.path(), tell).await?;
    let (is_there, aside) = match former {
        None => (false, None),
        Some(former) => (true, former.move_aside(target)?),
    };
    partial.keep(is_there)?;
    Ok(Restored { tables, checked, is_index_rebuilt, aside })
}

/// Compares the search index of customers with their documents, and rebuilds it where it does not agree or cannot be read;
/// whether that was so.
async fn mend_index(path: &Path, tell: &mut (dyn FnMut(CopyProgress) + Send)) -> Result<bool, BackupError> {
    if check::index::agrees(path.to_owned(), tell).await.unwrap_or_default() {
        return Ok(false);
    }
    crate::reindex(&url_of(path)?, Options::default(), |_| ()).await?;
    match check::index::agrees(path.to_owned(), tell).await? {
        true => Ok(true),
        false => Err(BackupError::Failed {
            what: path.display().to_string(),
            reason: "its search index does not agree with its customers after it was rebuilt".to_owned(),
        }),
    }
}

/// The findings in a file that may be restored all the same.
async fn agreeing(
    file: &Path,
    options: BackupOptions,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Checked, BackupError> {
    let checked = look_through(file, tell).await?;
    match checked.findings.first() {
        Some(first) if !options.despite_findings => {
            Err(BackupError::Disagrees { path: file.to_owned(), finding: first.to_string() })
        }
        _ => Ok(checked),
    }
}

/// A database that is in the place of the one to restore.
struct Former {
    /// Holds the file locked: no server starts on it meanwhile.
    _lock: Connection,
    holds_orgs: bool,
}

/// How long a lock is waited for: a command beside a server is done sooner, a server never.
const PATIENCE: Duration = Duration::from_secs(2);

impl Former {
    /// Locks the database at `path`, when there is one.
    fn seize(path: &Path, replace: bool) -> Result<Option<Self>, BackupError> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(there) if !there.is_file() => return Err(BackupError::NotAFile { path: path.to_owned() }),
            _ => {}
        }
        crate::sqlite::pending_migrations(path)?;
        let fail = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                BackupError::InUse { path: path.to_owned() }
            }
            _ => pages::failed(path, &error),
        };
        let connection = pages::open(path).map_err(fail)?;
        connection.busy_timeout(PATIENCE).map_err(fail)?;
        let holds_orgs = pages::holds_orgs(&connection).map_err(fail)?;
        if holds_orgs && !replace {
            let hint = ", or move this one aside with --force";
            return Err(BackupError::NotEmpty { what: path.display().to_string(), hint });
        }
        // Leaving the log behind takes that nobody else has the file open, and makes it whole without one.
        pages::stand_alone(&connection).map_err(fail)?;
        connection.execute_batch("BEGIN EXCLUSIVE").map_err(fail)?;
        Ok(Some(Self { _lock: connection, holds_orgs }))
    }

    /// Gives it a name of its own beside the old one, and it keeps the old one until that is replaced; `None` when
    /// it held nothing. The lock ends.
    fn move_aside(self, path: &Path) -> Result<Option<PathBuf>, BackupError> {
        if !self.holds_orgs {
            return Ok(None);
        }
        let mut number = 1;
        loop {
            let aside = with_ending(path, &format!(".replaced-{number}"));
            match fs::hard_link(path, &aside) {
                Ok(()) => return Ok(Some(aside)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                // Not every file system gives a file two names.
                Err(_) => {
                    return fs::rename(path, &aside).map(|()| Some(aside)).map_err(|error| failed(path, &error));
                }
            }
        }
    }
}
