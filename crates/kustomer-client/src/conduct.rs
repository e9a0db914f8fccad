//! What all clones of a client know together of their server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use kustomer_api::header::IDEMPOTENCY_LIFETIME;

use crate::exchange::ReceivedResponse;
use crate::observe::Observer;
use crate::pace::{Pace, Pacing};
use crate::retry::RetryBudget;

pub(crate) struct Conduct {
    pub(crate) pace: Pace,
    pub(crate) retries: RetryBudget,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    keys: AtomicU8,
}

/// Whether the server does a write once however often it is sent with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Nothing was answered yet.
    Unknown,
    /// It says so.
    Kept,
    /// It says nothing of keys.
    Ignored,
}

impl Conduct {
    pub(crate) fn new(pacing: Pacing, observer: Option<Arc<dyn Observer>>) -> Self {
        Self {
            pace: Pace::new(pacing),
            retries: RetryBudget::new(),
            observer,
            keys: AtomicU8::new(Keys::Unknown as u8),
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        match self.keys.load(Ordering::Relaxed) {
            1 => Keys::Kept,
            2 => Keys::Ignored,
            _ => Keys::Unknown,
        }
    }

    /// Learns from an answer. A gateway that answers in the server's place says nothing of keys; only a success shows that the
    /// server does not either.
    pub(crate) fn learn(&self, response: &ReceivedResponse) {
        let keys = match response.header(IDEMPOTENCY_LIFETIME) {
            Some(_) => Keys::Kept,
            None if response.status.is_success() => Keys::Ignored,
            None => return,
        };
        self.keys.store(keys as u8, Ordering::Relaxed);
    }
}
