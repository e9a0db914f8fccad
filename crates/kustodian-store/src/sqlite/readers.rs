//! A pool of connections that read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use kustodian_core::store::StoreError;
use rusqlite::Connection;

use super::failure::{store_error, unavailable};
use super::health::Health;
use crate::failure::OpenError;

/// Connections that read, as many as may read at the same time. Every thread has one it tries first, so that threads
/// meet only when there are more of them than connections.
pub(super) struct Readers {
    slots: Vec<Mutex<Slot>>,
    health: Arc<Health>,
}

/// The place of a connection.
enum Slot {
    Open(Connection),
    /// It is opened by the first read.
    Waiting(Arc<Opener>),
    Closed,
}

/// Opens a connection.
pub(super) type Opener = dyn Fn() -> Result<Connection, OpenError> + Send + Sync;

impl Slot {
    fn open(&mut self) -> Result<&Connection, StoreError> {
        if let Self::Waiting(opener) = self {
            *self = Self::Open(opener().map_err(|error| unavailable(error.to_string()))?);
        }
        match self {
            Self::Open(connection) => Ok(connection),
            Self::Waiting(_) | Self::Closed => Err(closed()),
        }
    }
}

fn closed() -> StoreError {
    unavailable("the database is closed")
}

impl Readers {
    /// Opens so many connections; none yet when they are `waiting`. One that is opened reads the whole schema.
    pub(super) fn new(
        count: usize,
        opener: Arc<Opener>,
        is_waiting: bool,
        health: Arc<Health>,
    ) -> Result<Self, OpenError> {
        let slot = || Ok(if is_waiting { Slot::Waiting(Arc::clone(&opener)) } else { Slot::Open(opener()?) });
        let slots: Result<_, OpenError> = (0..count.max(1)).map(|_| slot().map(Mutex::new)).collect();
        Ok(Self { slots: slots?, health })
    }

    /// Reads on the calling thread.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut slot = self.free_slot().ok_or_else(closed)?;
        read(slot.open()?).map_err(|error| {
            self.health.note(&error);
            store_error(&error)
        })
    }

    /// Closes the connections, each as soon as its reader is done.
    pub(super) fn close(&self) {
        for slot in &self.slots {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Slot::Closed;
        }
    }

    /// The thread's own connection, or another free one, or else the thread's own when it is free again.
    fn free_slot(&self) -> Option<MutexGuard<'_, Slot>> {
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
