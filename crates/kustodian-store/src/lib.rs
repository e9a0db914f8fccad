//! The storage of Kustodian: engines behind the ports [`Store`] and [`Directory`], opened by URL.
//!
//! This is the only crate that knows SQL. The engine-neutral parts (the URL, the options, the counters, the errors of
//! opening) is at the top; each engine has a folder of its own.
//!
//! ```
//! # async fn example() -> Result<(), kustodian_store::OpenError> {
//! use kustodian_store::{Options, open};
//!
//! let database = open("sqlite::memory:", Options::default()).await?;
//! let store = database.store();
//! database.close().await;
//! # drop(store);
//! # Ok(())
//! # }
//! ```

mod added;
mod address;
mod apart;
mod backup;
mod bounds;
mod check;
mod copy;
mod ddl;
mod document;
mod failure;
mod files;
mod lane;
mod metrics;
mod options;
mod page;
mod postgres;
mod search;
mod sqlite;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use kustodian_core::directory::Directory;
use kustodian_core::store::{Store, StoreError};

pub use crate::address::check_url;
pub use crate::backup::{Backup, BackupError, BackupOptions, Restored, back_up, restore};
pub use crate::check::{CheckError, Checked, Finding, check};
pub use crate::copy::{CopiedTable, CopyError, CopyOptions, CopyProgress, CopyStep, copy};
pub use crate::ddl::{Ddl, ddl};
pub use crate::failure::OpenError;
pub use crate::files::{
    Carried, FileFinding, FileFolder, KeptFile, carry_files, check_files, kept_files, kept_files_of_backup,
};
pub use crate::metrics::Metrics;
pub use crate::options::{KeptWalks, Options, SearchEffort, Template};
#[cfg(feature = "trace")]
pub use crate::postgres::{Reach, Sent, Touch, Traced, Trip};
pub use crate::verify::{
    Discrepancy, Problem, Verification, VerifiedOrg, VerifyError, VerifyProgress, VerifyStep, Where, verify,
};

use crate::address::Address;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

/// An open database. Dropped without [`Database::close`] it still finishes its queued writes, on the dropping thread,
/// once the last handle on its ports is gone too; on PostgreSQL as long as the runtime lives.
pub struct Database {
    engine: Engine,
}

enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

/// Opens the database at `url`, and makes it when there is none: `sqlite:PATH` or `sqlite://PATH` is a file (mode
/// 0600), `sqlite::memory:` a private temporary database that is gone when closed.
///
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE` is a database on PostgreSQL 15 or later, which must be there; its
/// tables are made in the first schema of the user's search path. Several servers may open it at the same time. After
/// `?` the URL takes libpq's parameters (`sslmode`, `sslrootcert`, `host`, `target_session_attrs`, `connect_timeout`,
/// `options`, …) and `pool_size` (connections held at most), `statement_timeout` (milliseconds) and `pooler`
/// (`transaction` behind a pooler that assigns sessions for a transaction each, as PgBouncer does).
///
/// # Errors
/// When the URL, the folder, the file or the server does not do, or the database was made by a newer version: see
/// [`OpenError`].
pub async fn open(url: &str, options: Options) -> Result<Database, OpenError> {
    let address = Address::parse(url)?;
    let opened = match address {
        Address::Postgres(url) => {
            let engine = Postgres::open(&url, &options).await?;
            return Ok(Database { engine: Engine::Postgres(Arc::new(engine)) });
        }
        Address::File(path) => tokio::task::spawn_blocking(move || Sqlite::open_file(&path, &options)),
        Address::Memory => tokio::task::spawn_blocking(move || Sqlite::open_temporary(&options)),
    };
    match opened.await {
        Ok(engine) => Ok(Database { engine: Engine::Sqlite(Arc::new(engine?)) }),
        Err(error) => Err(OpenError::Failed { what: url.to_owned(), reason: error.to_string() }),
    }
}

/// An empty SQLite database of the newest schema, for [`Options::template`]: a program that opens many temporary ones opens
/// them faster.
///
/// # Errors
/// When the system's folder for temporary files cannot be written.
pub async fn template() -> Result<Template, OpenError> {
    match tokio::task::spawn_blocking(Sqlite::template).await {
        Ok(template) => template,
        Err(error) => Err(OpenError::Failed { what: "sqlite::memory:".to_owned(), reason: error.to_string() }),
    }
}

/// The names of the migrations that [`open`] or [`migrate`] would apply to the database at `url`, in order; none when
/// it is up to date. Changes nothing.
///
/// # Errors
/// As [`open`].
pub async fn pending_migrations(url: &str) -> Result<Vec<String>, OpenError> {
    match Address::parse(url)? {
        Address::Postgres(url) => postgres::pending_migrations(&url).await,
        Address::File(path) => {
            sqlite::refuse_lost(&path)?;
            sqlite::pending_migrations(&path)
        }
        Address::Memory => Ok(Vec::new()),
    }
}

/// Refuses the URL of a SQLite file that is missing or empty while the log of an earlier database is beside it, and any URL
/// that cannot be read.
///
/// # Errors
/// [`OpenError::Leftover`], and the fault of the URL.
pub fn refuse_lone_log(url: &str) -> Result<(), OpenError> {
    match Address::parse(url)? {
        Address::File(path) => sqlite::refuse_lone_log(&path),
        Address::Postgres(_) | Address::Memory => Ok(()),
    }
}

/// Brings the schema of the database at `url` to the newest version, as [`open`] does; the names of the migrations
/// that took.
///
/// # Errors
/// As [`open`].
pub async fn migrate(url: &str) -> Result<Vec<String>, OpenError> {
    match Address::parse(url)? {
        Address::Postgres(url) => postgres::migrate(&url).await,
        Address::File(_) | Address::Memory => {
            let pending = pending_migrations(url).await?;
            open(url, Options::default()).await?.close().await;
            Ok(pending)
        }
    }
}

/// Rebuilds the search index of the database at `url` from the stored documents; reports now and then how many
/// are done. How many there are. It is one transaction, and what a server writes meanwhile waits or learns that the
/// database is not available: stop it first.
///
/// # Errors
/// As [`open`].
pub async fn reindex(url: &str, options: Options, tell: impl FnMut(u64) + Send + 'static) -> Result<u64, OpenError> {
    match Address::parse(url)? {
        Address::Memory => Ok(0),
        Address::File(path) => {
            let what = path.display().to_string();
            let work = tokio::task::spawn_blocking(move || sqlite::reindex(&path, &options, tell));
            work.await.unwrap_or_else(|error| Err(OpenError::Failed { what, reason: error.to_string() }))
        }
        Address::Postgres(url) => postgres::reindex(&url, &options, tell).await,
    }
}

/// Spreads the tables of the PostgreSQL database at `url` over the machines that its extension citus knows: those of
/// a customer by the customer, claims by their key, positions and counts by the org, and copies of all others
/// everywhere; each in this many `shards`, a number that cannot be changed without rewriting all. Tables that are
/// spread already are left as they are. The statements that took.
///
/// # Errors
/// As [`open`]; [`OpenError::NoCitus`] when the extension is not installed in that database.
pub async fn distribute(url: &str, shards: u32) -> Result<Vec<String>, OpenError> {
    match Address::parse(url)? {
        Address::Postgres(url) => postgres::distribute(&url, shards).await,
        Address::File(_) | Address::Memory => Err(OpenError::NotDistributable),
    }
}

/// The statements that [`distribute`] runs in a database where nothing is spread yet, in order.
pub fn distribution_statements(shards: u32) -> Vec<String> {
    postgres::distribution_statements(shards)
}

/// The text that a SQLite file keeps as a BLOB, compressed, in `document`, `changes` or `snapshot`: for programs that read
/// a file from outside. `None` when the bytes are not what this version writes.
pub fn packed_text(bytes: &[u8]) -> Option<String> {
    sqlite::packed_text(bytes)
}

impl Database {
    /// The port to the records.
    pub fn store(&self) -> Arc<dyn Store> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.clone(),
            Engine::Postgres(engine) => engine.clone(),
        }
    }

    /// The port to orgs and credentials.
    pub fn directory(&self) -> Arc<dyn Directory> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.clone(),
            Engine::Postgres(engine) => engine.clone(),
        }
    }

    /// The engine: `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// Where the database is, for people: the path of its file, or database, host and port. Never a user or a password.
    pub fn name(&self) -> String {
        match &self.engine {
            Engine::Sqlite(engine) => engine.name(),
            Engine::Postgres(engine) => engine.name().to_owned(),
        }
    }

    /// The folder of a temporary database. Its files are deleted with it.
    pub fn temporary_folder(&self) -> Option<PathBuf> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.temporary_folder(),
            Engine::Postgres(_) => None,
        }
    }

    /// The counters as they are; cheap.
    pub fn metrics(&self) -> Metrics {
        match &self.engine {
            Engine::Sqlite(engine) => engine.metrics(),
            Engine::Postgres(engine) => engine.metrics(),
        }
    }

    /// Reports the counters as they are, also even while somebody closes the database.
    pub fn meter(&self) -> impl Fn() -> Metrics + Send + Sync + 'static {
        let engine = match &self.engine {
            Engine::Sqlite(engine) => Engine::Sqlite(Arc::clone(engine)),
            Engine::Postgres(engine) => Engine::Postgres(Arc::clone(engine)),
        };
        let database = Self { engine };
        move || database.metrics()
    }

    /// Writes the tables that hold values of records again, so that the free space of their pages keeps nothing of deleted
    /// rows; `report` gets the name of each before. Each is locked against everybody meanwhile. A SQLite file is written again
    /// whole after each erasure, so there is nothing to do.
    ///
    /// # Errors
    /// When the database is away, or a table is in use for too long.
    pub async fn rewrite(&self, report: impl FnMut(&str)) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(engine) => engine.rewrite(report).await,
        }
    }

    /// Finishes the queued writes and closes the database: the log of a file is moved into it. A caller that still
    /// holds a port gets the error that the database is not available.
    pub async fn close(self) {
        match self.engine {
            // A panic in there has been reported by its thread; there is nothing left to close.
            Engine::Sqlite(engine) => drop(tokio::task::spawn_blocking(move || engine.shut_down()).await),
            Engine::Postgres(engine) => engine.shut_down().await,
        }
    }
}
