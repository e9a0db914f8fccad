//! Noting what is sent, so that a plan can be made of it: off while serving.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::distribution::HAS_CITUS;
use super::reach::{self, Touch};
use super::values::Value;

/// What was sent together: one flush that waits for its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// Over which connection; a transaction stays on one.
    pub connection: u64,
    /// Whether no request waits for it.
    pub is_background: bool,
    /// The statements, in order.
    pub statements: Vec<Sent>,
}

/// A statement that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its SQL, with `$1` and so on where values go.
    pub sql: String,
    /// Which tables it reads and writes, and where their rows are.
    pub touches: Vec<Touch>,
}

/// Who waits for what a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A request.
    Request,
    /// Nobody.
    Background,
}

/// Notes what is sent over several connections.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    connections: AtomicU64,
    trips: Mutex<Vec<Trip>>,
}

/// Notes what is sent over one connection.
pub(super) struct Tap {
    tracer: Arc<Tracer>,
    connection: u64,
    side: Side,
}

impl Tracer {
    /// For a new connection.
    pub(super) fn tap(self: &Arc<Self>, side: Side) -> Tap {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        Tap { tracer: Arc::clone(self), connection, side }
    }

    /// All that was sent since the last time this was asked.
    pub(super) fn take(&self) -> Vec<Trip> {
        std::mem::take(&mut *self.trips.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tap {
    /// Notes one trip.
    pub(super) fn note<'a>(&self, sent: impl IntoIterator<Item = (&'a str, &'a [Value<'a>])>) {
        let read = |(sql, values): (&str, &[Value<'_>])| Sent { sql: sql.to_owned(), touches: reach::of(sql, values) };
        let statements: Vec<Sent> = sent.into_iter().map(read).collect();
        // Asked now and then, whatever the request.
        let is_watch = statements.iter().all(|sent| sent.sql == HAS_CITUS);
        let is_background = is_watch || self.side == Side::Background;
        let trip = Trip { connection: self.connection, is_background, statements };
        self.tracer.trips.lock().unwrap_or_else(PoisonError::into_inner).push(trip);
    }
}
