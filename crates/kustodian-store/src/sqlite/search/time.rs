//! How long a search may take: SQLite asks now and then whether the thread's time has run out, the task that waited for it
//! has left, or the log has to start over, and stops then.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::super::log_gate::is_in_the_way;
use super::super::long_read::is_abandoned;

/// How many steps of SQLite's machine pass between two readings of the clock: some tens of microseconds.
const STEPS: i32 = 4_000;

thread_local! {
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Makes a connection check its thread's time, and whether anybody waits for the thread's results.
pub(in crate::sqlite) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    let is_over = || is_abandoned() || END.get().is_some_and(|end| Instant::now() >= end || is_in_the_way());
    connection.progress_handler(STEPS, Some(is_over))
}

/// The time of the thread's present task. Ends when dropped.
pub(super) struct Time {
    end: Instant,
}

impl Time {
    /// Begins now.
    pub(super) fn start(time: Duration) -> Self {
        let end = Instant::now() + time;
        END.set(Some(end));
        Self { end }
    }

    /// Whether it is over, or the log is in the way, for what SQLite does not see.
    pub(super) fn check(&self) -> Result<(), Halt> {
        if Instant::now() >= self.end || is_abandoned() || is_in_the_way() { Err(Halt::Time) } else { Ok(()) }
    }

    /// Lifts the limit: for reading the few records that were found.
    pub(super) fn lift(&self) {
        END.set(None);
    }
}

impl Drop for Time {
    fn drop(&mut self) {
        END.set(None);
    }
}

/// Why a search stopped before its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Its time is over.
    Time,
    /// The database failed.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Halt {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Time,
            _ => Self::Failed(error),
        }
    }
}

/// Whether it ended in time.
pub(super) fn in_time(result: Result<(), Halt>) -> rusqlite::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Halt::Time) => Ok(false),
        Err(Halt::Failed(error)) => Err(error),
    }
}
