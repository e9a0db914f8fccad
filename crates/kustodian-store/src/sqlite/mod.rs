//! The SQLite engine: one thread that writes, connections that read, and a thread that moves the log into the file.

mod archive;
mod audited;
mod batch;
mod checkpoint;
mod connection;
mod credentials;
mod directory;
mod event_columns;
mod events;
mod failure;
mod feed;
mod health;
mod job;
mod listing;
mod log;
mod log_gate;
mod long_read;
mod notes;
mod packed;
mod patrol;
mod place;
mod prepared;
mod readers;
mod receipts;
mod records;
mod schema;
mod scrub;
mod search;
mod shortened;
mod sql;
mod store;
mod temporary;
mod timers;
mod tracking;
mod values;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kustodian_core::store::{OrgKey, StoreError};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::time::timeout;

pub(crate) use self::archive::Archive;
use self::checkpoint::{LogKeeper, checkpoint};
use self::connection::Durability;
pub(crate) use self::connection::connect;
use self::failure::unavailable;
use self::health::Health;
pub(crate) use self::log::damage as log_damage;
use self::log_gate::LogGate;
pub(crate) use self::packed::text as packed_text;
use self::patrol::Patrol;
use self::place::Place;
pub(crate) use self::place::{
    missing, refuse_log_elsewhere, refuse_lone_log, refuse_lost, refuse_other_name, refuse_special,
};
use self::readers::{Opener, Readers};
use self::temporary::TemporaryFolder;
use self::writer::Queue;
use crate::failure::OpenError;
use crate::lane::{Lane, Limits, SearchLanes, SearchTurns, Who};
use crate::metrics::{Counters, Metrics};
use crate::options::{KeptWalks, Options, SearchEffort, Template};

/// An open SQLite database.
pub(crate) struct Sqlite {
    path: PathBuf,
    is_temporary: bool,
    queue: Queue,
    /// For single records.
    readers: Readers,
    /// For lists, which must not keep single records waiting.
    list_readers: Arc<Readers>,
    lists: Lane,
    /// For searches, which must not keep lists waiting.
    search_readers: Arc<Readers>,
    /// Which they pass.
    log_gate: Arc<LogGate>,
    searches: SearchLanes,
    kept_walks: KeptWalks,
    commit_timeout: Duration,
    search_effort: SearchEffort,
    health: Arc<Health>,
    counters: Arc<Counters>,
    /// Until shut down.
    running: Mutex<Option<Running>>,
}

/// What ends with a database.
struct Running {
    writer: JoinHandle<Connection>,
    checkpoints: JoinHandle<()>,
    patrol: Option<Patrol>,
    /// Where a temporary database is; deleted last.
    folder: Option<TemporaryFolder>,
}

impl Sqlite {
    /// Opens a file, and makes it when there is none.
    pub(crate) fn open_file(path: &Path, options: &Options) -> Result<Self, OpenError> {
        Self::open(path, options, Durability::Full, None)
    }

    /// Opens a new database in a private temporary folder: a file all the same, so that nothing behaves differently.
    pub(crate) fn open_temporary(options: &Options) -> Result<Self, OpenError> {
        let (folder, path) = temporary()?;
        if let Some(Template(bytes)) = &options.template {
            connection::make_file(&path)?;
            std::fs::write(&path, bytes).map_err(|error| no_access(&path, &error))?;
        }
        Self::open(&path, options, Durability::None, Some(folder))
    }

    /// An empty database that is closed, as bytes.
    pub(crate) fn template() -> Result<Template, OpenError> {
        let (_folder, path) = temporary()?;
        connection::make_file(&path)?;
        // Closed, the connection has moved its log into the file.
        drop(connection::writer(&path, &Options::default(), Durability::None)?);
        let bytes = std::fs::read(&path).map_err(|error| no_access(&path, &error))?;
        Ok(Template(bytes.into()))
    }

    fn open(
        path: &Path,
        options: &Options,
        durability: Durability,
        folder: Option<TemporaryFolder>,
    ) -> Result<Self, OpenError> {
        connection::make_file(path)?;
        let held = if options.is_server && folder.is_none() { place::hold(path)? } else { None };
        if held.is_none() {
            place::refuse_other_name(path)?;
        }
        if let Some(finding) = place::missing(path) {
            return Err(OpenError::Damaged { path: path.to_owned(), finding });
        }
        place::refuse_log_elsewhere(path)?;
        let is_log_cut = look_at_log(path, options)?;
        let writer = connection::writer(path, options, durability)?;
        if is_log_cut {
            // Old frames of it would follow the next writes.
            checkpoint(&writer, CheckpointMode::TRUNCATE);
        }
        let place = folder.is_none().then(|| Place::new(path, held));
        let file = path.to_owned();
        let health = Arc::new(Health::new(place, Box::new(move || free_bytes(&file))));
        let opener: Arc<Opener> = {
            let (path, options) = (path.to_owned(), options.clone());
            Arc::new(move || connection::reader(&path, &options))
        };
        // Nobody but this process knows the name of a temporary file, so that it need not be opened at once: a test that
        // neither lists nor searches starts sooner.
        let is_waiting = folder.is_some();
        let readers = |count| Readers::new(count, Arc::clone(&opener), is_waiting, Arc::clone(&health));
        let (single, lists) = (readers(options.readers)?, readers(options.list_readers)?);
        let turns = SearchTurns { quick: options.quick_searches.max(1), slow: options.slow_searches.max(1) };
        let searches = readers(turns.quick + turns.slow)?;
        if let Err(error) = health::sample(&writer, health::AT_THE_START) {
            health.note(&error);
            // Faults of single values are reported when they are read.
            if failure::is_damage(&error) && error.sqlite_error_code().is_some() {
                return Err(failure::open_error(path, &error));
            }
        }
        let counters = Arc::new(Counters::default());
        // A temporary file does not last as long as a walk is worth.
        let patrol_every = options.patrol_every.filter(|_| options.is_server && folder.is_none());
        let patrol = patrol_every
            .map(|every| Patrol::start(path, options, every, (Arc::clone(&health), Arc::clone(&counters))))
            .transpose()?;
        let log_gate = Arc::new(LogGate::default());
        let (keeper, checkpoints) =
            LogKeeper::start(path, options, durability, Arc::clone(&log_gate), Arc::clone(&counters))?;
        let (queue, writer) = Queue::start(
            writer,
            options.queue_length,
            options.group_length,
            options.indexed_custom_attributes,
            keeper,
            Arc::clone(&health),
            Arc::clone(&counters),
        )
        .map_err(|error| OpenError::Failed { what: path.display().to_string(), reason: error.to_string() })?;
        Ok(Self {
            path: path.to_owned(),
            is_temporary: folder.is_some(),
            queue,
            readers: single,
            list_readers: Arc::new(lists),
            lists: Lane::new(Limits::of_lists(options.list_readers, options.list_timeout)),
            search_readers: Arc::new(searches),
            log_gate,
            searches: SearchLanes::new(turns, options.search_slice, options.list_timeout),
            kept_walks: options.kept_walks,
            commit_timeout: options.commit_timeout,
            search_effort: options.search_effort,
            health,
            counters,
            running: Mutex::new(Some(Running { writer, checkpoints, patrol, folder })),
        })
    }

    /// Where the database is, for the operator.
    /// The folder of a temporary database.
    pub(crate) fn temporary_folder(&self) -> Option<std::path::PathBuf> {
        self.path.parent().filter(|_| self.is_temporary).map(Path::to_owned)
    }

    pub(crate) fn name(&self) -> String {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let temporary = if self.is_temporary { " (temporary)" } else { "" };
        format!("{}{temporary}", path.display())
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let counted = self.counters.snapshot(self.queue.len(), self.queue.capacity());
        let database_bytes = self.path.metadata().ok().map(|file| file.len());
        Metrics { database_bytes, free_bytes: free_bytes(&self.path), ..counted }
    }

    /// Writes the queued jobs, moves the log into the file, closes every connection and waits for the threads. The
    /// writer's connection closes last, which is what removes the files beside the database. Done again, does nothing.
    pub(crate) fn shut_down(&self) {
        let taken = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { writer, checkpoints, patrol, folder }) = taken else { return };
        self.queue.stop();
        if writer.thread().id() == thread::current().id() {
            // The last handle was dropped by a decision on the writer's thread, which cannot wait for itself.
            return;
        }
        let connection = writer.join();
        // Fails only when the thread panicked, which has been reported.
        drop(checkpoints.join());
        patrol.into_iter().for_each(Patrol::stop);
        self.lists.close();
        self.searches.close();
        self.readers.close();
        self.list_readers.close();
        self.search_readers.close();
        if let Ok(connection) = connection {
            checkpoint(&connection, CheckpointMode::TRUNCATE);
        }
        drop(folder);
    }

    /// Waits for the writer's answer, within the time a commit may take.
    async fn wait<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, StoreError> {
        match timeout(self.commit_timeout, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(unavailable("the database was closed; it is unknown whether the write was committed")),
            Err(_) => Err(unavailable(format!(
                "no answer within {} ms; it is unknown whether the write will be committed",
                self.commit_timeout.as_millis()
            ))),
        }
    }

    /// Reads something that may take long, away from the threads that answer requests.
    async fn read_long<T: Send + 'static>(
        &self,
        org: OrgKey,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.lists.turn(Who { org, key: None }).await?;
        long_read::read(&self.list_readers, turn, read).await
    }
}

/// A folder for a temporary database, and the path of that.
fn temporary() -> Result<(TemporaryFolder, PathBuf), OpenError> {
    let folder =
        TemporaryFolder::make().map_err(|error| no_access(&std::env::temp_dir().join("kustodian.db"), &error))?;
    let path = folder.path().join("kustodian.db");
    Ok((folder, path))
}

fn no_access(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::NoAccess { path: path.to_owned(), reason: error.to_string() }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Refuses a log of which SQLite would drop acknowledged data; returns whether that was accepted.
fn look_at_log(path: &Path, options: &Options) -> Result<bool, OpenError> {
    let Some(found) = log::wrong(path) else { return Ok(false) };
    match found {
        log::Wrong::End { .. } => {
            tracing::warn!(
                %found,
                "the log ends with a transaction that is not whole, as the power going off leaves it; it is passed over"
            );
            Ok(false)
        }
        log::Wrong::Header | log::Wrong::Middle { .. } if options.accept_damaged_log => {
            let no_access =
                |error: std::io::Error| OpenError::NoAccess { path: path.to_owned(), reason: error.to_string() };
            let copy = log::keep_copy(path).map_err(no_access)?;
            tracing::warn!(%found, copy = %copy.display(), "the log is damaged: what it held from there on is dropped");
            Ok(true)
        }
        log::Wrong::Header | log::Wrong::Middle { .. } => {
            Err(OpenError::DamagedLog { path: path.to_owned(), finding: found.to_string() })
        }
    }
}

/// What this user may still write where a file is.
fn free_bytes(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let system = rustix::fs::statvfs(path).ok()?;
        Some(system.f_bavail.saturating_mul(system.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// The migrations that the file lacks; all of them when there is no file.
pub(crate) fn pending_migrations(path: &Path) -> Result<Vec<String>, OpenError> {
    let reader = if path.exists() { Some(connection::any_reader(path)?) } else { None };
    schema::pending(reader.as_ref(), path)
}

/// Rebuilds the search index; returns how many records it has.
pub(crate) fn reindex(path: &Path, options: &Options, mut tell: impl FnMut(u64)) -> Result<u64, OpenError> {
    drop(connection::any_reader(path)?);
    let mut connection = connection::writer(path, options, Durability::Full)?;
    let mut work = || {
        let transaction = Transaction::new(&mut connection, TransactionBehavior::Immediate)?;
        let done = search::reindex(&transaction, options.indexed_custom_attributes, &mut tell)?;
        transaction.commit()?;
        Ok(done)
    };
    let done = work().map_err(|error: rusqlite::Error| failure::open_error(path, &error))?;
    checkpoint(&connection, CheckpointMode::TRUNCATE);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary() -> (Sqlite, std::path::PathBuf) {
        let database = Sqlite::open_temporary(&Options::default()).unwrap();
        let running = database.running.lock().unwrap();
        let folder = running.as_ref().and_then(|running| running.folder.as_ref()).unwrap().path().to_owned();
        drop(running);
        (database, folder)
    }

    #[test]
    fn a_memory_database_leaves_no_file_whether_it_is_closed_or_dropped() {
        let (closed, folder) = temporary();
        assert!(folder.join("kustodian.db").exists());
        closed.shut_down();
        assert!(!folder.exists());

        let (dropped, folder) = temporary();
        drop(dropped);
        assert!(!folder.exists());
    }
}
