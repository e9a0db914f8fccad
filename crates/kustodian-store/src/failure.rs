//! Why a database cannot be opened, in the words of the person who can do something about it.

use std::path::PathBuf;

/// Why a database cannot be opened. Each message is one line that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The URL has another scheme, or none.
    #[error("\"{scheme}\" is not a database this version knows: write sqlite:PATH, sqlite::memory: or postgres://…")]
    UnknownScheme {
        /// The part before the first colon; never more of the URL, which may hold a password.
        scheme: String,
    },
    /// A PostgreSQL URL with something in it that does not do.
    #[error("the PostgreSQL URL does not do: {reason}")]
    PostgresUrl {
        /// What does not do; no password.
        reason: String,
    },
    /// The PostgreSQL server cannot be reached, or does not let this user in.
    #[error("no connection to the {what}: {reason}")]
    NoConnection {
        /// Host, port and database; no password.
        what: String,
        /// The error of the server or the network.
        reason: String,
    },
    /// The PostgreSQL database was made or upgraded by a newer version.
    #[error(
        "the {what} has schema version {found}, this version knows {known}: use the newer version, or restore a backup"
    )]
    NewerPostgres {
        /// Host, port and database.
        what: String,
        /// Its schema version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The tables were to be spread over several machines.
    #[error("PostgreSQL here has no citus extension: install it and run CREATE EXTENSION citus in the {what} first")]
    NoCitus {
        /// Host, port and database.
        what: String,
    },
    /// The tables of a SQLite database were to be spread over several machines.
    #[error("a SQLite database stays on one machine: give a postgres:// URL")]
    NotDistributable,
    /// `sqlite:` without a path.
    #[error("the database URL names no file: write sqlite:PATH or sqlite::memory:")]
    NoPath,
    /// A path with parameters, which SQLite's own URIs have.
    #[error(
        "the database URL takes a path without parameters: write sqlite:{path}, without what follows the question mark; a file \
         with a question mark in its name needs another name"
    )]
    Parameters {
        /// The path before the question mark.
        path: String,
    },
    /// `sqlite:` with a URI of SQLite's own.
    #[error("the database URL takes a path, no file: URI: write sqlite:PATH, such as sqlite:kustodian.db")]
    FileUri,
    /// The path names a folder, a device, a pipe or a socket, or something in `/dev`.
    #[error("{} is not a regular file: name a file on a disk", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder of the file is not there.
    #[error("the folder of {} does not exist: make it first, or name another file", path.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// The file, or a new one in its folder, cannot be read and written.
    #[error(
        "{} cannot be read and written ({reason}): give this user the right to the file and its folder; a file on a read-only \
         file system must be copied to another",
        path.display()
    )]
    NoAccess {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// A server has the file open by another of its names.
    #[error("{} is served by another process, by another name of the same file: use that name, or stop it first", path.display())]
    Served {
        /// The file.
        path: PathBuf,
    },
    /// The disk has no room for what opening takes.
    #[error("the disk that {} is on is full: make room there, then start again", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file is not whole.
    #[error(
        "{} is damaged ({finding}): kustodian check --database sqlite:FILE lists the faults, and kustodian restore puts a \
         backup in its place",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The findings.
        finding: String,
    },
    /// The log beside the file is not whole.
    #[error(
        "the log {}-wal is damaged ({finding}): copy both files away, then put a backup in their place with kustodian restore; \
         or go on without what was written last with kustodian serve --accept-damaged-log, which keeps the log beside it",
        path.display()
    )]
    DamagedLog {
        /// The file.
        path: PathBuf,
        /// The findings.
        finding: String,
    },
    /// The file has another name, and a log is left beside that.
    #[error(
        "{} is the same file as the one that {} belongs to, which may hold its last writes: open the database by that name, or \
         move that log away",
        path.display(), left.display()
    )]
    LogElsewhere {
        /// The file.
        path: PathBuf,
        /// The log.
        left: PathBuf,
    },
    /// The file is missing or empty, and what SQLite kept beside it is left.
    #[error(
        "{} {state}, but {} is left of an earlier database and may hold its last writes: put the database file back; or move \
         {} away, then restore a backup with kustodian restore, or start with an empty database",
        path.display(), left.display(), left.display()
    )]
    Leftover {
        /// The file.
        path: PathBuf,
        /// Whether it is missing or empty, in words.
        state: &'static str,
        /// The file that was left.
        left: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a SQLite database: name another file, or move this one away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a SQLite database of some other program.
    #[error("{} is a database of another program: name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The database was made or upgraded by a newer version.
    #[error(
        "{} has schema version {found}, this version knows {known}: use the newer version, or restore a backup",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The schema version in the file is not the version of its tables.
    #[error(
        "{} claims schema version {found}, but its tables do not match that version ({reason}): restore a backup, or \
         correct the file's user_version",
        path.display()
    )]
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// What does not match.
        reason: String,
    },
    /// Another process holds the database.
    #[error("{} is locked by another process: stop it, or try again when it is done", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
    #[error("{what} cannot be opened: {reason}")]
    Failed {
        /// The database.
        what: String,
        /// What SQLite or the operating system says.
        reason: String,
    },
}
