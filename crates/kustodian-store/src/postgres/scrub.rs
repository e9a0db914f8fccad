//! Taking off the disk what was erased from the tables, as far as PostgreSQL does that.
//!
//! VACUUM lets go of the former versions of erased rows once no transaction can see them any more. Their bytes stay in
//! the free space of their pages until something is written over them, in the write-ahead log until its segments are
//! recycled, and in backups and archived logs: only `VACUUM FULL`, which locks a table against everybody, rewrites the
//! pages at once, and is left to the operator.
//!
//! That it is wanted stands among the settings from before the erasing commit until it is done, so that a server that
//! ended in between leaves it to the next. It is noted outside of that commit, which so writes one customer's rows only.

use std::time::Duration;

use kustodian_core::store::StoreError;
use tokio::time::sleep;
use tokio_postgres::Error;

use super::archive::{Archive, failed};
use super::connection::Connection;
use super::connector::Connector;
use super::failure::{store_error, unavailable};
use super::pool::Shared;
use super::values::Value;
use crate::copy::CopyError;

/// What holds personal values, each vacuumed on its own. VACUUM cleans the indexes of a table, that of words and
/// its list of what waits too, and ANALYZE gathers the planner's statistics anew, which hold values of columns.
const TABLES: &[&str] = &["customers", "events", "claims", "users", "tags", "teams", "shortcuts", "customer_search"];

/// Each time another value: a scrub forgets only what it has seen.
pub(super) const WANT: &str = "INSERT INTO settings (name, value) VALUES ('scrub', uuid_send(gen_random_uuid())) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const WANTED: &str = "SELECT value FROM settings WHERE name = 'scrub'";

/// $1 what was seen.
const DONE: &str = "DELETE FROM settings WHERE name = 'scrub' AND value = $1";

/// What every erasure that was noted is older than.
const NOW: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";

/// $1 of [`NOW`] → whether a transaction was open then and still is, or sees what was there then: VACUUM would leave
/// what it can see, and say nothing.
const IS_SEEN: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
     AND pid <> pg_backend_pid() AND greatest(age(backend_xid), age(backend_xmin)) > age($1::text::xid8::xid)) \
     OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database() \
     AND age(transaction) > age($1::text::xid8::xid))";

/// How often to look whether the transactions have ended that see what was erased, and how many times.
const LOOKING: Duration = Duration::from_millis(100);
const LOOKS: u32 = 50;

/// How long another VACUUM of a table is waited for.
const PATIENCE: &str = "SET lock_timeout = '30s'";

/// Notes that a scrub is wanted for what is about to be erased.
pub(super) async fn want(readers: &Shared) -> Result<(), StoreError> {
    readers.read(WANT, &[]).await.map(|_| ())
}

/// Whether one is.
pub(super) async fn is_wanted(readers: &Shared) -> Result<bool, StoreError> {
    Ok(!readers.read(WANTED, &[]).await?.rows.is_empty())
}

impl Archive {
    /// Whether something was erased that may still be on the disk.
    pub(crate) async fn is_scrub_wanted(&mut self) -> Result<bool, CopyError> {
        let mark = first::<Vec<u8>>(&self.connection, WANTED, &[]).await.map_err(failed)?;
        Ok(mark.is_some())
    }
}

/// Vacuums the tables, on a connection of its own; nothing when nothing was erased since the last time.
///
/// # Errors
/// When the server is away, or a transaction that sees what was erased stays open: the next one tries again.
pub(super) async fn scrub(connector: &Connector) -> Result<(), StoreError> {
    let connection: Connection = connector.connect().await?;
    let failed = |error: Error| store_error(&error);
    let Some(mark) = first::<Vec<u8>>(&connection, WANTED, &[]).await.map_err(failed)? else { return Ok(()) };
    wait_for_readers(&connection).await?;
    let shares_sessions = connector.shares_sessions();
    if !shares_sessions {
        // It takes as long as the tables are large.
        connection.command("SET statement_timeout = 0").await.map_err(failed)?;
        connection.command(PATIENCE).await.map_err(failed)?;
    }
    // Behind a pooler nobody can say how long to wait.
    let options = if shares_sessions { "SKIP_LOCKED, ANALYZE" } else { "ANALYZE" };
    for table in TABLES {
        connection.command(&format!("VACUUM ({options}) {table}")).await.map_err(failed)?;
    }
    connection.unnamed(DONE, &[Value::Bytes(&mark)]).await.map(|_| ()).map_err(failed)
}

/// Waits until nobody sees what was erased before now.
async fn wait_for_readers(connection: &Connection) -> Result<(), StoreError> {
    let failed = |error: Error| store_error(&error);
    let now: String = first(connection, NOW, &[]).await.map_err(failed)?.unwrap_or_default();
    for _ in 0..LOOKS {
        if first(connection, IS_SEEN, &[Value::Text(&now)]).await.map_err(failed)? == Some(false) {
            return Ok(());
        }
        sleep(LOOKING).await;
    }
    Err(unavailable("a transaction that was open at the erasure still is: VACUUM would leave what it sees"))
}

/// The first column of the first row.
async fn first<T>(connection: &Connection, sql: &str, values: &[Value<'_>]) -> Result<Option<T>, Error>
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    connection.unnamed(sql, values).await?.rows.first().map(|row| row.try_get(0)).transpose()
}
