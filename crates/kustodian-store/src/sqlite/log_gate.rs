//! Long searches make way for the log. A log starts over only once no reader needs it, and while one search follows the
//! other there is always such a reader: the log would grow to its limit, where each further step of it makes writing wait.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

thread_local! {
    /// The gate of the database that this thread searches.
    static GATE: RefCell<Option<Arc<LogGate>>> = const { RefCell::new(None) };
    /// Whether the search was stopped for the log.
    static STOPPED: Cell<bool> = const { Cell::new(false) };
}

/// Shut while the log starts over: searches under way stop, and begin again afterwards.
#[derive(Default)]
pub(super) struct LogGate {
    is_shut: AtomicBool,
    /// Held while it is shut.
    moving: Mutex<()>,
}

impl LogGate {
    /// Moves the log while no search is in the way.
    pub(super) fn shut_while<T>(&self, move_log: impl FnOnce() -> T) -> T {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_shut.store(true, Ordering::Relaxed);
        let moved = move_log();
        self.is_shut.store(false, Ordering::Relaxed);
        moved
    }

    /// Searches for at most `time`, from the beginning each time the log was in the way.
    pub(super) fn search<T>(self: &Arc<Self>, time: Duration, attempt: impl Fn(Duration) -> T) -> T {
        let mut left = time;
        loop {
            if self.is_shut.load(Ordering::Relaxed) {
                drop(self.moving.lock().unwrap_or_else(PoisonError::into_inner));
            }
            let begun = Instant::now();
            let watched = Watched::start(Arc::clone(self));
            let found = attempt(left);
            drop(watched);
            left = left.saturating_sub(begun.elapsed());
            if !STOPPED.take() || left.is_zero() {
                return found;
            }
        }
    }
}

/// Whether this thread's search has to stop for the log.
pub(super) fn is_in_the_way() -> bool {
    let is_shut = GATE.with_borrow(|gate| gate.as_ref().is_some_and(|gate| gate.is_shut.load(Ordering::Relaxed)));
    if is_shut {
        STOPPED.set(true);
    }
    is_shut
}

/// Lets a thread know the gate, until dropped.
struct Watched;

impl Watched {
    fn start(gate: Arc<LogGate>) -> Self {
        STOPPED.set(false);
        GATE.set(Some(gate));
        Self
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        GATE.set(None);
    }
}
