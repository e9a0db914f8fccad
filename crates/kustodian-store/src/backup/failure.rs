//! Why there is no backup, or nothing was restored.

use std::path::PathBuf;

use crate::copy::CopyError;
use crate::failure::OpenError;

/// Why there is no backup, or nothing was restored. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database is gone when closed.
    #[error("a temporary database has no backup: name a file or a postgres:// URL")]
    Temporary,
    /// The database to back up is not there.
    #[error("there is no database {} to back up: name another", path.display())]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// The PostgreSQL database to back up has an older schema.
    #[error("the database lacks migrations: back it up with the version it is served by, or run kustodian migrate")]
    Outdated,
    /// There is no org in the database to back up.
    #[error("the database is empty: there is nothing to back up")]
    Empty,
    /// There is something under the backup's name.
    #[error("{} is there already: name another file, or replace it with --force", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The path is not a file.
    #[error("{} is not a file: name another", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Backup and database are the same file.
    #[error("{} is the database itself: name another file", path.display())]
    Itself {
        /// The file.
        path: PathBuf,
    },
    /// A database's log is beside the place of the new file, and would be taken for its own.
    #[error("{} belongs to a database: name another file, or move it away if that is gone", path.display())]
    Log {
        /// The log.
        path: PathBuf,
    },
    /// Another backup or restore writes the same file.
    #[error("{} is being written by another backup or restore: wait until it is done, or name another file", path.display())]
    Underway {
        /// The file under its name for the time being.
        path: PathBuf,
    },
    /// The backup is not there.
    #[error("there is no backup {}: name another file", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database without an org.
    #[error("{} holds no org, so it is no backup: name another file", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read whole.
    #[error("{} is damaged ({finding}): restore another backup; kustodian check --database sqlite:FILE lists all", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first thing found.
        finding: String,
    },
    /// The database to back up cannot be read whole.
    #[error("the database is damaged ({finding}), so no backup was made: kustodian check lists all")]
    DamagedDatabase {
        /// The first thing found.
        finding: String,
    },
    /// The file is whole, but its content is inconsistent.
    #[error(
        "{} does not agree with itself ({finding}): kustodian check --database sqlite:FILE lists all; restore it all the \
         same with --despite-findings",
        path.display()
    )]
    Disagrees {
        /// The file.
        path: PathBuf,
        /// The first thing found.
        finding: String,
    },
    /// The file read is not the file written.
    #[error("the table {table} has {there} rows in {} and {here} in the database: the disk may be failing", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// Rows in the database.
        here: u64,
        /// Rows in the file.
        there: u64,
    },
    /// The database to restore into holds something.
    #[error("{what} holds records: name a database that is empty or not there{hint}")]
    NotEmpty {
        /// The database.
        what: String,
        /// What else can be done about it.
        hint: &'static str,
    },
    /// An earlier copy into the database did not come to its end, or did.
    #[error(
        "the database has records of an earlier restore or copy: continue with kustodian copy --from sqlite:FILE --to \
         URL --resume, or name an empty one"
    )]
    Begun,
    /// A server works on the file to restore into.
    #[error("{} is open in another process: stop the server first", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be written or read ({reason}): make room for it, or give this user the right to it and its folder", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// A database failed.
    #[error("{what} failed: {reason}; nothing was put in place, try again")]
    Failed {
        /// Which one.
        what: String,
        /// The error.
        reason: String,
    },
}

impl From<CopyError> for BackupError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Open(error) => Self::Open(error),
            CopyError::Temporary => Self::Temporary,
            CopyError::NoSource { path } => Self::NoDatabase { path },
            CopyError::Outdated => Self::Outdated,
            CopyError::Empty => Self::Empty,
            CopyError::NotEmpty => Self::NotEmpty { what: "the database".to_owned(), hint: "" },
            CopyError::Begun | CopyError::NotBegun | CopyError::OtherSource | CopyError::TargetWritten => Self::Begun,
            CopyError::Failed { what, reason } => Self::Failed { what: what.to_owned(), reason },
            differs @ CopyError::Differs { .. } => {
                Self::Failed { what: "the comparison".to_owned(), reason: differs.to_string() }
            }
            CopyError::Busy => Self::Failed { what: "the database".to_owned(), reason: CopyError::Busy.to_string() },
        }
    }
}
