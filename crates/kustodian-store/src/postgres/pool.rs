//! Who uses which connection: some are shared by everybody who reads a record, with many requests in flight on each;
//! the others are lent to one at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kustodian_core::store::StoreError;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Answer, Connection};
use super::connector::Connector;
use super::failure::{spoils_connection, store_error, unavailable, words};
use super::values::Value;
use crate::lane::Turn;

/// Connections lent to one at a time.
pub(super) struct Pool {
    connector: Arc<Connector>,
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
    size: usize,
    waiting: AtomicUsize,
    patience: Duration,
}

/// A connection on loan. Dropped, it is closed; [`Lease::give_back`] keeps it for the next.
pub(super) struct Lease {
    connection: Connection,
    idle: Arc<Mutex<Vec<Connection>>>,
    _turn: OwnedSemaphorePermit,
}

/// A connection on loan for something that may take long. Dropped, its statement is stopped and it is closed: PostgreSQL
/// by itself continues with a statement that nobody waits for. Only then are its turns another's.
pub(super) struct LongLease {
    lent: Option<(Lease, Turn)>,
    connector: Arc<Connector>,
}

/// How long stopping a statement may take.
const CANCEL_WITHIN: Duration = Duration::from_secs(5);

impl LongLease {
    /// The connection.
    pub(super) fn connection(&self) -> Result<&Connection, StoreError> {
        self.lent.as_ref().map(|(lease, _)| &lease.connection).ok_or_else(closed)
    }

    /// Keeps the connection for the next. It must be outside a transaction.
    pub(super) fn give_back(mut self) {
        if let Some((lease, _turn)) = self.lent.take() {
            lease.give_back();
        }
    }
}

impl Drop for LongLease {
    fn drop(&mut self) {
        let Some((lease, turn)) = self.lent.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        if lease.connection.is_closed() {
            return;
        }
        let connector = Arc::clone(&self.connector);
        runtime.spawn(async move {
            match timeout(CANCEL_WITHIN, connector.cancel(&lease.connection)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!("a statement could not be stopped: {}", words(&error)),
                Err(_) => tracing::debug!("stopping a statement took too long"),
            }
            drop((lease, turn));
        });
    }
}

impl Pool {
    pub(super) fn new(connector: Arc<Connector>, size: usize, patience: Duration) -> Self {
        let turns = Arc::new(Semaphore::new(size));
        Self { connector, idle: Arc::default(), turns, size, waiting: AtomicUsize::new(0), patience }
    }

    /// Lends a connection, waiting for a while if all are on loan.
    pub(super) async fn take(&self) -> Result<Lease, StoreError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let turn = match turn {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) => return Err(closed()),
            Err(_) => return Err(unavailable("all connections to PostgreSQL are in use")),
        };
        let idle = loop {
            match locked(&self.idle).pop() {
                Some(connection) if connection.is_closed() => {}
                other => break other,
            }
        };
        let connection = match idle {
            Some(connection) => connection,
            None => self.connector.connect_for_requests().await?,
        };
        Ok(Lease { connection, idle: Arc::clone(&self.idle), _turn: turn })
    }

    /// Lends a connection for a long task to the holder of a turn.
    pub(super) async fn take_long(&self, turn: Turn) -> Result<LongLease, StoreError> {
        let lease = self.take().await?;
        Ok(LongLease { lent: Some((lease, turn)), connector: Arc::clone(&self.connector) })
    }

    /// How many wait for a connection.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many connections there are at most.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Lends no more, and waits for those on loan.
    pub(super) async fn close(&self, patience: Duration) {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        // When they do not come back in time, their holder closes them.
        let returned = timeout(patience, self.turns.acquire_many(all)).await;
        self.turns.close();
        drop(returned);
        locked(&self.idle).clear();
    }
}

impl Lease {
    /// The connection.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Keeps the connection for the next. It must be outside a transaction.
    pub(super) fn give_back(self) {
        let Self { connection, idle, _turn } = self;
        if !connection.is_closed() {
            locked(&idle).push(connection);
        }
    }
}

/// Reads through shared connections are look-ups by key, in any table.
const BY_INDEX: &str = "SET SESSION enable_seqscan = off";

/// Connections that everybody reads through.
pub(super) struct Shared {
    connector: Arc<Connector>,
    slots: Vec<Slot>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Slot {
    connection: Mutex<Option<Arc<Connection>>>,
    /// Held by the task that connects, so that there is one.
    connecting: tokio::sync::Mutex<()>,
    is_closed: Mutex<bool>,
}

impl Shared {
    pub(super) fn new(connector: Arc<Connector>, size: usize) -> Self {
        Self { connector, slots: (0..size.max(1)).map(|_| Slot::default()).collect(), next: AtomicUsize::new(0) }
    }

    /// Reads with one statement. When the connection turns out to be gone, another is tried, once: reading twice does
    /// no harm.
    pub(super) async fn read(&self, sql: &str, values: &[Value<'_>]) -> Result<Answer, StoreError> {
        let first = self.attempt(sql, values).await;
        match first {
            Err(Attempt::Lost(_)) => self.attempt(sql, values).await.map_err(Attempt::into_error),
            other => other.map_err(Attempt::into_error),
        }
    }

    async fn attempt(&self, sql: &str, values: &[Value<'_>]) -> Result<Answer, Attempt> {
        let number = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let Some(slot) = self.slots.get(number) else { return Err(Attempt::Failed(closed())) };
        let connection = slot.connection(&self.connector).await.map_err(Attempt::Failed)?;
        match timeout(self.connector.statement_timeout(), connection.query(sql, values)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if spoils_connection(&error) => {
                slot.discard(&connection);
                Err(Attempt::Lost(store_error(&error)))
            }
            Ok(Err(error)) => Err(Attempt::Failed(store_error(&error))),
            Err(_) => {
                slot.discard(&connection);
                Err(Attempt::Failed(unavailable("PostgreSQL did not answer in time")))
            }
        }
    }

    /// Closes the connections.
    pub(super) fn close(&self) {
        for slot in &self.slots {
            *locked(&slot.is_closed) = true;
            *locked(&slot.connection) = None;
        }
    }
}

enum Attempt {
    Lost(StoreError),
    Failed(StoreError),
}

impl Attempt {
    fn into_error(self) -> StoreError {
        match self {
            Self::Lost(error) | Self::Failed(error) => error,
        }
    }
}

impl Slot {
    async fn connection(&self, connector: &Connector) -> Result<Arc<Connection>, StoreError> {
        if let Some(connection) = self.open()? {
            return Ok(connection);
        }
        let _alone = self.connecting.lock().await;
        if let Some(connection) = self.open()? {
            return Ok(connection);
        }
        let connection = connector.connect_for_requests().await?;
        if !connector.shares_sessions() {
            // A statement that is planned while a table is small is kept: it must not read all of it when it is large.
            connection.command(BY_INDEX).await.map_err(|error| store_error(&error))?;
        }
        let connection = Arc::new(connection);
        *locked(&self.connection) = Some(Arc::clone(&connection));
        Ok(connection)
    }

    fn open(&self) -> Result<Option<Arc<Connection>>, StoreError> {
        if *locked(&self.is_closed) {
            return Err(closed());
        }
        Ok(locked(&self.connection).as_ref().filter(|connection| !connection.is_closed()).cloned())
    }

    fn discard(&self, connection: &Arc<Connection>) {
        let mut current = locked(&self.connection);
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, connection)) {
            *current = None;
        }
    }
}

/// For those who come too late.
pub(super) fn closed() -> StoreError {
    unavailable("the database is closed")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
