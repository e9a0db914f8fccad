//! Connections that say nothing for too long: before a request's head is there whole, between two requests, or while
//! they do not take their answer.
//!
//! One timer a connection, looked at when it runs out: a timer for each request, as the library below would set,
//! goes through a lock that all connections share.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// What a connection was last seen doing.
#[derive(Debug)]
pub(crate) struct Pulse {
    opened: Instant,
    /// Milliseconds after that, of the last answer.
    answered: AtomicU64,
    /// Whether an answer is being worked out; its own limits bound that.
    is_working: AtomicBool,
}

impl Pulse {
    /// Of a connection opened now.
    pub(crate) fn new() -> Self {
        Self { opened: Instant::now(), answered: AtomicU64::new(0), is_working: AtomicBool::new(false) }
    }

    /// The head of a request is there.
    pub(crate) fn asked(&self) {
        self.is_working.store(true, Ordering::Relaxed);
    }

    /// Its answer is.
    pub(crate) fn answered(&self) {
        let after = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.answered.store(after, Ordering::Relaxed);
        self.is_working.store(false, Ordering::Relaxed);
    }

    /// When the connection has been silent for `patience`, unless it says something before.
    fn silent_at(&self, patience: Duration) -> Instant {
        let since = match self.is_working.load(Ordering::Relaxed) {
            true => Instant::now(),
            false => self.opened + Duration::from_millis(self.answered.load(Ordering::Relaxed)),
        };
        since + patience
    }
}

/// Goes on with `connection` until it ends, or has been silent for `patience`: then there is no result, and dropping
/// it closes it.
pub(crate) async fn unless_silent<F: Future>(connection: F, pulse: &Pulse, patience: Duration) -> Option<F::Output> {
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep_until(pulse.silent_at(patience)));
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => return Some(ended),
            () = &mut timer => {
                let silent_at = pulse.silent_at(patience);
                if silent_at <= Instant::now() {
                    return None;
                }
                timer.as_mut().reset(silent_at);
            }
        }
    }
}
