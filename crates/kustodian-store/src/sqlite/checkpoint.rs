//! Moving the log into the database file.
//!
//! A checkpoint inside the writer makes its slowest commits, so a thread beside it copies the gathered pages while
//! commits continue. That alone never catches up with a busy writer, and a log starts over only when all of it has been
//! copied: so once little is left the writer copies that rest itself, between two transactions.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use super::connection::{self, Durability, PAGE_SIZE};
use super::log_gate::LogGate;
use crate::failure::OpenError;
use crate::metrics::Counters;
use crate::options::Options;

/// Watches the log's length from within the writer. Dropped, it lets the thread end.
pub(super) struct LogKeeper {
    wake: Sender<()>,
    /// Held by the thread while it copies, so that the writer can wait for it.
    copying: Arc<Mutex<()>>,
    gate: Arc<LogGate>,
    counters: Arc<Counters>,
    page_bytes: u64,
    /// Frames from which the thread is woken.
    threshold: u64,
    /// Frames from which writing stops until the log is moved.
    limit: u64,
    /// The log's length at the writer's last copy that did not let the log start over, as a reader was in the way.
    tried_at: u64,
}

impl LogKeeper {
    /// Starts the thread.
    pub(super) fn start(
        path: &Path,
        options: &Options,
        durability: Durability,
        gate: Arc<LogGate>,
        counters: Arc<Counters>,
    ) -> Result<(Self, JoinHandle<()>), OpenError> {
        let connection = connection::checkpointer(path, durability)?;
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap_or(PAGE_SIZE);
        let page_bytes = u64::try_from(page).unwrap_or(1).max(1);
        let (wake, woken) = bounded(1);
        let counting = Arc::clone(&counters);
        let copying = Arc::new(Mutex::new(()));
        let held = Arc::clone(&copying);
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || copy_when_woken(&connection, &woken, &held, &counting))
            .map_err(|error| OpenError::Failed { what: path.display().to_string(), reason: error.to_string() })?;
        let keeper = Self {
            wake,
            copying,
            gate,
            counters,
            page_bytes,
            threshold: (options.checkpoint_bytes / page_bytes).max(1),
            limit: (options.log_limit_bytes / page_bytes).max(1),
            tried_at: 0,
        };
        Ok((keeper, thread))
    }

    /// Sees to the log between two transactions.
    pub(super) fn after_commit(&mut self, writer: &Connection) {
        let Some((length, copied)) = checkpoint(writer, CheckpointMode::NOOP) else { return };
        self.counters.log_bytes(length * self.page_bytes);
        if length < self.threshold {
            self.tried_at = 0;
            return;
        }
        // So little is copied about as fast as two groups are committed: 1 MiB of 64.
        let step = (self.threshold / 64).max(1);
        if length >= self.limit {
            if self.tried_at == 0 || length >= self.tried_at + step {
                self.tried_at = length;
                tracing::warn!(frames = length, "the log has reached its limit: writing waits until it is moved");
                let _alone = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
                self.gate.shut_while(|| self.copy(writer, CheckpointMode::RESTART));
            }
        } else if length - copied <= step {
            if self.tried_at == 0 || length >= self.tried_at + step {
                self.tried_at = length;
                self.copy(writer, CheckpointMode::PASSIVE);
            }
        } else {
            // Full means that it has been woken already.
            let _ = self.wake.try_send(());
        }
    }

    /// Moves the whole log into the database and cuts it to nothing; whether that was possible. Searches make
    /// way; another reader of an older state is in the way, for as long as the writer's busy timeout says.
    pub(super) fn empty(&mut self, writer: &Connection) -> bool {
        let _alone = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        self.tried_at = 0;
        self.gate.shut_while(|| checkpoint(writer, CheckpointMode::TRUNCATE)).is_some()
    }

    fn copy(&self, writer: &Connection, mode: CheckpointMode) {
        if checkpoint(writer, mode).is_some() {
            self.counters.checkpoint();
        }
    }
}

fn copy_when_woken(connection: &Connection, woken: &Receiver<()>, copying: &Mutex<()>, counters: &Counters) {
    for () in woken {
        let _alone = copying.lock().unwrap_or_else(PoisonError::into_inner);
        if checkpoint(connection, CheckpointMode::PASSIVE).is_some() {
            counters.checkpoint();
        }
    }
}

/// The log's length and how much of it is copied, in frames, after a checkpoint. None when that was not possible: a
/// checkpoint of somebody else is under way, or the disk is full; the log keeps everything until the next one.
pub(super) fn checkpoint(connection: &Connection, mode: CheckpointMode) -> Option<(u64, u64)> {
    match connection.wal_checkpoint_v2(Some(MAIN_DB), mode) {
        Ok((length, copied)) => Some((u64::try_from(length).unwrap_or(0), u64::try_from(copied).unwrap_or(0))),
        Err(error) => {
            tracing::debug!(%error, "no checkpoint now");
            None
        }
    }
}
