//! Reads that may take long: on threads that may wait, and stopped as soon as nobody waits for their answer.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kustodian_core::store::StoreError;
use rusqlite::Connection;

use super::failure::unavailable;
use super::readers::Readers;
use crate::apart::run_apart;
use crate::lane::Turn;

thread_local! {
    /// Whether the waiter for this thread's results has left.
    static LEFT: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Whether nobody waits for what this thread reads. Asked by SQLite's progress handler, and between rows.
pub(super) fn is_abandoned() -> bool {
    LEFT.with_borrow(|left| left.as_ref().is_some_and(|left| left.load(Ordering::Relaxed)))
}

/// Reads on another thread. The turn is kept until the reading ends; it is stopped when the future is dropped.
pub(super) async fn read<T: Send + 'static>(
    readers: &Arc<Readers>,
    turn: Turn,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let waiting = Waiting::default();
    let (left, readers) = (Arc::clone(&waiting.left), Arc::clone(readers));
    let reading = move || {
        let _turn = turn;
        let _watched = Watched::start(left);
        if is_abandoned() {
            return Err(unavailable("nobody waits for the answer"));
        }
        readers.read(read)
    };
    match run_apart(reading).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Failed { reason: error.to_string() }),
    }
}

/// The waiter for an answer.
#[derive(Default)]
struct Waiting {
    left: Arc<AtomicBool>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.left.store(true, Ordering::Relaxed);
    }
}

/// Lets a thread know whether somebody waits for its results, until dropped.
struct Watched;

impl Watched {
    fn start(left: Arc<AtomicBool>) -> Self {
        LEFT.set(Some(left));
        Self
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        LEFT.set(None);
    }
}
