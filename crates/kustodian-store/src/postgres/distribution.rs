//! Spreading the tables over several machines, where the extension citus is there to do so; and noticing that it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};
use tokio_postgres::Error;

use super::catalogue::TABLES;
use super::connection::Connection;
use super::failure::words;
use super::pool::Shared;
use super::values::Value;
use crate::failure::OpenError;

pub(super) const HAS_CITUS: &str = "SELECT 1 FROM pg_extension WHERE extname = 'citus'";

/// $1 table: whether it is spread already.
const IS_SPREAD: &str = "SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass($1)";

/// $1 table, which is spread: its former rows are deleted from the coordinator.
const DROP_LOCAL_ROWS: &str = "SELECT truncate_local_data_after_distributing_table(to_regclass($1))";

/// Whether anybody else works on the database.
const HAS_OTHERS: &str = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
     AND pid <> pg_backend_pid() AND backend_type = 'client backend' LIMIT 1";

/// Moving the rows of a large table takes longer than any request may; and it waits for the writes under way.
const PATIENCE: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

/// All that [`distribute`] would run in a database where nothing is spread yet.
pub(super) fn statements(shards: u32) -> Vec<String> {
    TABLES.iter().map(|table| table.statement(shards)).collect()
}

/// Whether tables are, or may be, spread.
///
/// # Errors
/// When the server does not answer.
pub(super) async fn has_citus(connection: &Connection, what: &str) -> Result<bool, OpenError> {
    let failed = |error: Error| OpenError::Failed { what: format!("the {what}"), reason: words(&error) };
    Ok(!connection.unnamed(HAS_CITUS, &[]).await.map_err(failed)?.rows.is_empty())
}

/// Spreads every table of the catalogue that is not spread yet, in this many shards; the statements that took. Each
/// is complete by itself: after an error, the same again continues where it ended.
///
/// # Errors
/// When there is no citus, or it does not do it.
pub(super) async fn distribute(connection: &Connection, what: &str, shards: u32) -> Result<Vec<String>, OpenError> {
    let failed = |error: Error| OpenError::Failed { what: format!("the {what}"), reason: words(&error) };
    if !has_citus(connection, what).await? {
        return Err(OpenError::NoCitus { what: what.to_owned() });
    }
    connection.command(PATIENCE).await.map_err(failed)?;
    let mut statements = Vec::new();
    for table in TABLES.iter() {
        let is_spread = connection.unnamed(IS_SPREAD, &[Value::Text(table.name)]).await.map_err(failed)?;
        if is_spread.rows.is_empty() {
            statements.push(table.statement(shards));
        }
    }
    let has_others = !connection.unnamed(HAS_OTHERS, &[]).await.map_err(failed)?.rows.is_empty();
    if !statements.is_empty() && has_others {
        // By then every server that runs on the database has noticed the extension, and sends what suits it.
        sleep(2 * (BELIEVED + PATIENT)).await;
    }
    for statement in &statements {
        connection.command(statement).await.map_err(failed)?;
    }
    // Spreading copies rows: those it copied stay in the coordinator's own files, where no erasure reaches them. Only now,
    // as a table is emptied together with those that refer to it. Of tables that were spread earlier, too: the version
    // that did so left theirs.
    for table in TABLES.iter() {
        connection.unnamed(DROP_LOCAL_ROWS, &[Value::Text(table.name)]).await.map_err(failed)?;
    }
    Ok(statements)
}

/// How long an answer to the question whether tables are spread is trusted.
const BELIEVED: Duration = Duration::from_secs(2);

/// How long a request waits for that answer.
const PATIENT: Duration = Duration::from_secs(1);

/// Knows whether tables are, or may be, spread: a server that runs while the extension is made must send other
/// statements from then on. Once it is there it stays.
pub(super) struct Watch {
    spread: AtomicBool,
    looked_at: Mutex<Instant>,
}

impl Watch {
    pub(super) fn new(is_spread: bool) -> Self {
        Self { spread: AtomicBool::new(is_spread), looked_at: Mutex::new(Instant::now()) }
    }

    /// Whether they are; read again when that was some seconds ago. When the server does not answer, the value that was
    /// known before counts: the caller is about to find out the same.
    pub(super) async fn is_spread(&self, readers: &Shared) -> bool {
        if self.must_ask() {
            let asked = timeout(PATIENT, readers.read(HAS_CITUS, &[])).await;
            self.note(matches!(asked, Ok(Ok(answer)) if !answer.rows.is_empty()));
        }
        self.spread.load(Ordering::Relaxed)
    }

    /// The same, asked over a connection of the caller.
    pub(super) async fn is_spread_for(&self, connection: &Connection) -> bool {
        if self.must_ask() {
            let asked = timeout(PATIENT, connection.unnamed(HAS_CITUS, &[])).await;
            self.note(matches!(asked, Ok(Ok(answer)) if !answer.rows.is_empty()));
        }
        self.spread.load(Ordering::Relaxed)
    }

    fn must_ask(&self) -> bool {
        !self.spread.load(Ordering::Relaxed) && self.is_outdated()
    }

    fn note(&self, is_there: bool) {
        if is_there {
            tracing::info!("the extension citus is there: statements keep to its rules from now on");
            self.spread.store(true, Ordering::Relaxed);
        }
    }

    /// For one caller every few seconds.
    fn is_outdated(&self) -> bool {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_outdated = looked_at.elapsed() > BELIEVED;
        if is_outdated {
            *looked_at = Instant::now();
        }
        is_outdated
    }
}
