//! A database that records every statement it is sent, for tests of what an operation costs. Only with the feature
//! `trace`: `untraced.rs` takes the place of this module without it.

mod reach;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use self::reach::{Reach, Touch};
use super::distribution::HAS_CITUS;
use super::url::Place;
use super::values::Value;
use super::{Postgres, connector, first};
use crate::failure::OpenError;
use crate::options::Options;
use crate::{Database, Engine};

/// An open PostgreSQL database, with all that was sent to it.
pub struct Traced {
    database: Database,
    tracer: Arc<Tracer>,
}

/// Statements sent together: one flush that waits for its answers.
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

impl Traced {
    /// Opens the database at this `postgres://` URL. `as_spread` sends the statements that would be sent if the tables were
    /// spread over several machines; they run on one, too.
    ///
    /// # Errors
    /// As [`crate::open`].
    pub async fn open(url: &str, as_spread: bool) -> Result<Self, OpenError> {
        let options = Options::default();
        let tracer = Arc::<Tracer>::default();
        let traced = connector(Place::parse(url, &options)?, &options)?.traced(Arc::clone(&tracer));
        let (connector, connection) = first(traced).await?;
        let engine = Postgres::start(connector, connection, &options, as_spread).await?;
        Ok(Self { database: Database { engine: Engine::Postgres(Arc::new(engine)) }, tracer })
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// All that was sent since this was called last, in order.
    pub fn take_trips(&self) -> Vec<Trip> {
        std::mem::take(&mut *self.tracer.trips.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes the database.
    pub async fn close(self) {
        self.database.close().await;
    }
}

/// The waiter of a connection's action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A request.
    Request,
    /// Nobody.
    Background,
}

/// Records the statements of several connections.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    connections: AtomicU64,
    trips: Mutex<Vec<Trip>>,
}

/// Records the statements of one connection.
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
