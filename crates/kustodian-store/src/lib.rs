//! The storage of Kustodian: engines behind the ports [`Store`] and [`Directory`], opened by URL.
//!
//! This is the only crate that knows SQL. What is engine-neutral (the URL, the options, the counters, the errors of
//! opening) stands at the top; each engine has a folder of its own.
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

mod address;
mod failure;
mod metrics;
mod options;
mod sqlite;

use std::sync::Arc;

use kustodian_core::directory::Directory;
use kustodian_core::store::Store;

pub use crate::failure::OpenError;
pub use crate::metrics::Metrics;
pub use crate::options::Options;

use crate::address::Address;
use crate::sqlite::Sqlite;

/// An open database. Dropped without [`Database::close`] it still finishes what it was given, on the dropping thread,
/// once the last handle on its ports is gone too.
pub struct Database {
    engine: Arc<Sqlite>,
}

/// Opens the database at `url`, and makes it when there is none: `sqlite:PATH` or `sqlite://PATH` is a file (mode
/// 0600), `sqlite::memory:` a private temporary database that is gone when closed.
///
/// # Errors
/// When the URL, the folder or the file does not do, or the file was made by a newer version: see [`OpenError`].
pub async fn open(url: &str, options: Options) -> Result<Database, OpenError> {
    let address = Address::parse(url)?;
    let opened = tokio::task::spawn_blocking(move || match address {
        Address::File(path) => Sqlite::open_file(&path, &options),
        Address::Memory => Sqlite::open_temporary(&options),
    });
    match opened.await {
        Ok(engine) => Ok(Database { engine: Arc::new(engine?) }),
        Err(error) => Err(OpenError::Failed { what: url.to_owned(), reason: error.to_string() }),
    }
}

impl Database {
    /// The port to the records.
    pub fn store(&self) -> Arc<dyn Store> {
        self.engine.clone()
    }

    /// The port to orgs and credentials.
    pub fn directory(&self) -> Arc<dyn Directory> {
        self.engine.clone()
    }

    /// The counters as they stand; cheap.
    pub fn metrics(&self) -> Metrics {
        self.engine.metrics()
    }

    /// Finishes what waits to be written, moves the log into the database file and closes it. Whoever still holds a
    /// port is told from now on that the database is not available.
    pub async fn close(self) {
        let engine = self.engine;
        // A panic in there has been reported by its thread; there is nothing left to close.
        drop(tokio::task::spawn_blocking(move || engine.shut_down()).await);
    }
}
