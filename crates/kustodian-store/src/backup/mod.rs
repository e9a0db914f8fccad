//! Backups: a whole database as one SQLite file that needs no other, whichever engine it is from and for.
//!
//! A SQLite database is copied page by page out of one snapshot, while a server writes it. One on PostgreSQL is copied the
//! way of [`crate::copy`], row by row, so that its backup is the same kind of file and may be restored into either
//! engine. Each is written under another name, opened and looked through, synced, and only then given its own.

mod failure;
mod pages;
mod partial;
mod restore;

use std::fs;
use std::path::Path;

pub use self::failure::BackupError;
use self::partial::Partial;
pub use self::restore::{Restored, restore};
use crate::address::Address;
use crate::apart::work_apart;
use crate::check::{self, CheckError, Checked};
use crate::copy::{CopyOptions, CopyProgress, copy};

/// How to back up or restore.
#[derive(Debug, Clone, Copy, Default)]
pub struct BackupOptions {
    /// A file that is there may be replaced: by a backup for good; by a restore it is kept under another name.
    pub replace: bool,
    /// To restore: also a file whose records, identities or events do not agree with each other. One that cannot be
    /// read whole is refused all the same.
    pub despite_findings: bool,
}

/// A backup that was made, and opened to see that it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its length in bytes.
    pub bytes: u64,
    /// How many rows each table has, in it as in the database.
    pub tables: Vec<(&'static str, u64)>,
    /// What it holds was found to be: what does not agree in it does not in the database, and the copy is true all the
    /// same. Of an older schema only that it is whole.
    pub checked: Checked,
    /// Whether it is of an older schema, whose records are not checked.
    pub is_outdated: bool,
}

/// Backs up the database at `url` into a new file (mode 0600), also while servers work on it: acknowledged data
/// before this began is in it. Under `file` there is never anything but a whole backup.
///
/// # Errors
/// When the database cannot be read, or is damaged; when the file is there, or cannot be written.
pub async fn back_up(
    url: &str,
    file: &Path,
    options: BackupOptions,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Backup, BackupError> {
    let address = Address::parse(url)?;
    if let Address::File(path) = &address {
        crate::sqlite::refuse_lone_log(path)?;
        if !path.exists() {
            return Err(BackupError::NoDatabase { path: path.clone() });
        }
        if let Some(finding) = check::file::unreadable(path) {
            return Err(BackupError::DamagedDatabase { finding });
        }
        // A file that is not a database of ours, or a newer one, is refused in the words of the engine.
        crate::sqlite::pending_migrations(path)?;
        if is_same(path, file) {
            return Err(BackupError::Itself { path: path.clone() });
        }
    }
    match fs::symlink_metadata(file) {
        Ok(_) if crate::sqlite::refuse_special(file).is_err() => {
            return Err(BackupError::NotAFile { path: file.to_owned() });
        }
        Ok(_) if !options.replace => return Err(BackupError::Exists { path: file.to_owned() }),
        _ => {}
    }
    let partial = Partial::begin(file)?;
    let tables = match address {
        Address::Memory => return Err(BackupError::Temporary),
        Address::File(path) => copy_pages(&path, partial.path(), tell).await?,
        Address::Postgres(url) => {
            let tables = copy(&url, &url_of(partial.path())?, CopyOptions::default(), tell).await?;
            pages::forget_copy(partial.path())?;
            tables.into_iter().map(|table| (table.name, table.rows)).collect()
        }
    };
    let checked = match look_through(partial.path(), tell).await {
        Err(BackupError::Damaged { finding, .. }) => return Err(BackupError::DamagedDatabase { finding }),
        looked => looked?,
    };
    compare(&tables, partial.path())?;
    let is_outdated = !crate::sqlite::pending_migrations(partial.path())?.is_empty();
    let bytes = partial.keep(options.replace)?;
    Ok(Backup { bytes, tables, checked, is_outdated })
}

async fn copy_pages(
    from: &Path,
    to: &Path,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<pages::Rows, BackupError> {
    let (from, to) = (from.to_owned(), to.to_owned());
    apart(move |tell| pages::copy(&from, &to, tell), tell).await
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn(CopyProgress)) -> Result<T, BackupError> + Send + 'static,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<T, BackupError> {
    let stopped = |reason: String| BackupError::Failed { what: "the work on the file".to_owned(), reason };
    work_apart(work, tell).await.map_err(|error| stopped(error.to_string()))?
}

/// Opens a file and reads all of it; what in it does not agree. Of an older schema only that it is whole.
async fn look_through(path: &Path, tell: &mut (dyn FnMut(CopyProgress) + Send)) -> Result<Checked, BackupError> {
    let is_current = crate::sqlite::pending_migrations(path)?.is_empty();
    let checked = if is_current {
        check::look_through(&url_of(path)?, false, tell).await
    } else {
        check::read_whole(path, tell).await
    };
    let checked = checked.map_err(|error| match error {
        CheckError::Open(error) => BackupError::Open(error),
        error => BackupError::Failed { what: path.display().to_string(), reason: error.to_string() },
    })?;
    match checked.findings.iter().find(|finding| finding.is_damage()) {
        Some(damage) => Err(BackupError::Damaged { path: path.to_owned(), finding: damage.to_string() }),
        None => Ok(checked),
    }
}

/// That a file has as many rows as it should.
fn compare(tables: &[(&'static str, u64)], path: &Path) -> Result<(), BackupError> {
    for ((table, here), (_, there)) in tables.iter().zip(pages::count(path)?) {
        if *here != there {
            return Err(BackupError::Differs { path: path.to_owned(), table, here: *here, there });
        }
    }
    Ok(())
}

/// Whether both names are of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn url_of(path: &Path) -> Result<String, BackupError> {
    let unfit = |reason: &str| BackupError::File { path: path.to_owned(), reason: reason.to_owned() };
    let text = path.to_str().ok_or_else(|| unfit("its name is not UTF-8"))?;
    if text.contains('?') {
        return Err(unfit("its name has a question mark, which a database URL does not take: rename it"));
    }
    Ok(format!("sqlite:{text}"))
}
