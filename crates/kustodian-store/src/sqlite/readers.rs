//! A pool of connections that read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use kustodian_core::store::StoreError;
use rusqlite::Connection;

use super::failure::{store_error, unavailable};
use super::health::Health;

/// Connections that read, as many as may read at the same time. Every thread has one it tries first, so that threads
/// meet only when there are more of them than connections.
pub(super) struct Readers {
    /// Empty once closed.
    slots: Vec<Mutex<Option<Connection>>>,
    health: Arc<Health>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>, health: Arc<Health>) -> Self {
        Self { slots: connections.into_iter().map(|connection| Mutex::new(Some(connection))).collect(), health }
    }

    /// Reads on the calling thread.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        match self.free_slot().as_deref() {
            Some(Some(connection)) => read(connection).map_err(|error| {
                self.health.note(&error);
                store_error(&error)
            }),
            Some(None) | None => Err(unavailable("the database is closed")),
        }
    }

    /// Closes the connections, each as soon as its reader is done.
    pub(super) fn close(&self) {
        for slot in &self.slots {
            drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// The thread's own connection, or another free one, or else the thread's own when it is free again.
    fn free_slot(&self) -> Option<MutexGuard<'_, Option<Connection>>> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        if self.slots.is_empty() {
            return None;
        }
        let own = THREAD.with(|number| number % self.slots.len());
        let from_own = self.slots[own..].iter().chain(&self.slots[..own]);
        for slot in from_own {
            match slot.try_lock() {
                Ok(guard) => return Some(guard),
                // A read that panicked leaves a connection that can still read.
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        Some(self.slots[own].lock().unwrap_or_else(PoisonError::into_inner))
    }
}
