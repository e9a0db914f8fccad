//! Sweeps erased data from the disk, as far as PostgreSQL can do that while it serves.
//!
//! VACUUM lets go of the former versions of erased rows once no transaction can see them any more. Indexes keep the
//! values of deleted entries: a GIN index never deletes a key, and a page of a B-tree is not cleared. So every index that
//! holds such values is rebuilt beside the old one and without a lock that a read or a write would wait for. The names
//! of custom attributes that nobody has any more go too (`search::forget`).
//!
//! What VACUUM lets go stays, as bytes, in the free space of its table's pages until something is written over it, and in
//! the write-ahead log until its segments are recycled, in backups and in archived logs. Only `VACUUM FULL` writes the pages
//! again at once. It locks a table against everybody, so the operator asks for it ([`rewrite`], `kustodian scrub --rewrite`).
//!
//! That it is wanted is among the settings from before the erasing commit until it is done, so that a server that
//! ended in between leaves it to the next. It is noted outside of that commit, which so writes one customer's rows only.

use std::time::Duration;

use kustodian_core::store::StoreError;
use tokio::time::sleep;
use tokio_postgres::Error;

use super::archive::{Archive, failed};
use super::catalogue::{TABLES, Traces};
use super::connection::Connection;
use super::connector::Connector;
use super::distribution::HAS_CITUS;
use super::failure::{store_error, unavailable};
use super::pool::Shared;
use super::search;
use super::values::Value;
use crate::copy::CopyError;

/// The tables with traces of records, each vacuumed on its own. VACUUM cleans the indexes of a table, including the index
/// of words and its pending list, and ANALYZE replaces the planner's statistics, which hold values of columns.
fn tables_with(has: impl Fn(Traces) -> bool) -> Vec<&'static str> {
    TABLES.iter().filter(|table| has(table.traces)).map(|table| table.name).collect()
}

/// What holds the planner's statistics, with frequent values of columns: small, and written again whole, since a plain
/// VACUUM leaves the bytes of former statistics in the free space of its pages. Its lock is held for milliseconds, and
/// nobody holds a lock on it for longer. A user who does not own the database gets a warning that it is passed over.
const STATISTICS: &str = "VACUUM (FULL) pg_catalog.pg_statistic";

/// The same on every other machine of a cluster, whose shards have statistics of their own → what did not go.
const STATISTICS_OF_WORKERS: &str = "SELECT result FROM \
     run_command_on_workers('VACUUM (FULL) pg_catalog.pg_statistic') WHERE NOT success";

/// Tables that an erasure may leave empty, each with a row that is there while it is analyzed: ANALYZE keeps the former
/// statistics of a table without rows, and its most common values with them. No org has the key 0.
const MAY_BE_EMPTY: [(&str, &str); 8] = [
    ("customer_search", "INSERT INTO customer_search (org, id, deleted, tokens) VALUES (0, '', false, '')"),
    ("search_records", "INSERT INTO search_records (home, org, kind, id, deleted) VALUES ('', 0, '', '', false)"),
    ("search_terms", "INSERT INTO search_terms (home, org, kind, term, record) VALUES ('', 0, '', '', '')"),
    ("claims", "INSERT INTO claims (key, org, kind, owner) VALUES ('', 0, '', '')"),
    ("visitors", "INSERT INTO visitors (org, id, epoch, unidentified, seen_at) VALUES (0, '', 0, 0, 0)"),
    ("visits", "INSERT INTO visits (org, id, visitor, name, first_at, last_at, count) VALUES (0, '', '', '', 0, 0, 0)"),
    ("tracked", "INSERT INTO tracked (org, visit, id, at, name, details) VALUES (0, '', '', 0, '', '')"),
    ("search_slots", "INSERT INTO search_slots (org, attribute, slot) VALUES (0, '', 0)"),
];

/// $1 tables → their indexes that hold anything: a B-tree without a single entry is one page. $2 whether they are spread,
/// when none holds anything here.
const INDEXES: &str = "SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
     JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname = ANY($1) AND pg_table_is_visible(t.oid) AND i.indisvalid \
     AND ($2 OR pg_relation_size(c.oid) > current_setting('block_size')::bigint) ORDER BY 1";

/// $1 tables → what a rebuild that was interrupted has left of their indexes.
const LEFTOVERS: &str = "SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
     JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname = ANY($1) AND pg_table_is_visible(t.oid) \
     AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'";

/// One server scrubs at a time: two that build indexes would wait for each other. "Scru", as a number.
const ALONE: &str = "SELECT pg_try_advisory_lock(1399026293)";

/// Each time another value: a scrub forgets only what it has seen.
pub(super) const WANT: &str = "INSERT INTO settings (name, value) VALUES ('scrub', uuid_send(gen_random_uuid())) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const WANTED: &str = "SELECT value FROM settings WHERE name = 'scrub'";

/// $1 the note that was seen.
const DONE: &str = "DELETE FROM settings WHERE name = 'scrub' AND value = $1";

/// What every erasure that was noted is older than.
const NOW: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";

/// $1 of [`NOW`] → whether a transaction was open then and still is, or sees the rows of then: VACUUM would leave the
/// rows that it can see, and say nothing. A write in another database of the server counts, too: as long as it is open,
/// every snapshot that is taken here is as old as it.
const IS_SEEN: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
     AND pid <> pg_backend_pid() AND greatest(age(backend_xid), age(backend_xmin)) > age($1::text::xid8::xid)) \
     OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database() \
     AND age(transaction) > age($1::text::xid8::xid)) \
     OR pg_snapshot_xmin(pg_current_snapshot()) < $1::text::xid8";

/// How often to check whether the transactions that see erased data have ended, and how many times.
const LOOKING: Duration = Duration::from_millis(100);
const LOOKS: u32 = 50;

/// How long another VACUUM of a table is waited for.
const PATIENCE: &str = "SET lock_timeout = '30s'";

/// Notes that a scrub is needed for data that is about to be erased.
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

/// Vacuums the tables and rebuilds their indexes, on a connection of its own; nothing when nothing was erased since the
/// last time. A write takes `limit` at most.
///
/// # Errors
/// When the server is away, another one scrubs, or a transaction that sees erased data stays open: the next one tries
/// again.
pub(super) async fn scrub(connector: &Connector, limit: Duration) -> Result<(), StoreError> {
    let connection: Connection = connector.connect().await?;
    let failed = |error: Error| store_error(&error);
    let Some(mark) = first::<Vec<u8>>(&connection, WANTED, &[]).await.map_err(failed)? else { return Ok(()) };
    let shares_sessions = connector.shares_sessions();
    if !shares_sessions {
        if first(&connection, ALONE, &[]).await.map_err(failed)? != Some(true) {
            return Err(unavailable("another server is taking erased values off the disk"));
        }
        // It takes as long as the tables are large.
        connection.command("SET statement_timeout = 0").await.map_err(failed)?;
        connection.command(PATIENCE).await.map_err(failed)?;
    }
    wait_for_readers(&connection).await?;
    search::retire(&connection).await.map_err(failed)?;
    let vacuum = Vacuum { connection: &connection, shares_sessions };
    vacuum.tables(&tables_with(|traces| traces != Traces::None)).await.map_err(failed)?;
    vacuum.indexes_of(&tables_with(|traces| traces == Traces::Indexes)).await.map_err(failed)?;
    if search::forget(&connection, limit).await.map_err(failed)? {
        wait_for_readers(&connection).await?;
        // It has some rows an org, and is written when an attribute is first used.
        connection.command("VACUUM (FULL, ANALYZE) search_slots").await.map_err(failed)?;
    }
    replace_statistics(&connection).await?;
    connection.unnamed(DONE, &[Value::Bytes(&mark)]).await.map(|_| ()).map_err(failed)
}

/// Writes every table that holds values of records again, and its indexes with it, so that the free space of its pages keeps
/// nothing. Each table is locked against everybody meanwhile; `report` gets its name before.
///
/// # Errors
/// When the server is away, another one scrubs, a transaction that sees erased data stays open, or a table is in use for too
/// long: tables that were named before are done.
pub(super) async fn rewrite(connector: &Connector, mut report: impl FnMut(&str)) -> Result<(), StoreError> {
    let connection: Connection = connector.connect().await?;
    let failed = |error: Error| store_error(&error);
    if !connector.shares_sessions() {
        if first(&connection, ALONE, &[]).await.map_err(failed)? != Some(true) {
            return Err(unavailable("a server is taking erased values off the disk: try again in a minute"));
        }
        connection.command("SET statement_timeout = 0").await.map_err(failed)?;
        connection.command(PATIENCE).await.map_err(failed)?;
    }
    // Rows that a transaction still sees would be written into the new pages, too.
    wait_for_readers(&connection).await?;
    for table in tables_with(|traces| traces != Traces::None) {
        report(table);
        connection.command(&format!("VACUUM (FULL, ANALYZE) {table}")).await.map_err(failed)?;
    }
    replace_statistics(&connection).await
}

/// Has no statistics left of rows that are gone.
async fn replace_statistics(connection: &Connection) -> Result<(), StoreError> {
    let failed = |error: Error| store_error(&error);
    for (table, insert) in MAY_BE_EMPTY {
        forget_statistics(connection, table, insert).await.map_err(failed)?;
    }
    // Last: each ANALYZE leaves the former statistics behind.
    wait_for_readers(connection).await?;
    connection.command(STATISTICS).await.map_err(failed)?;
    let is_spread = !connection.unnamed(HAS_CITUS, &[]).await.map_err(failed)?.rows.is_empty();
    if is_spread && let Some(refusal) = first::<String>(connection, STATISTICS_OF_WORKERS, &[]).await.map_err(failed)? {
        return Err(unavailable(format!("a machine did not write its statistics again: {refusal}")));
    }
    Ok(())
}

struct Vacuum<'c> {
    connection: &'c Connection,
    shares_sessions: bool,
}

impl Vacuum<'_> {
    async fn tables(&self, tables: &[&str]) -> Result<(), Error> {
        // Behind a pooler nobody can say how long to wait.
        let options = if self.shares_sessions { "SKIP_LOCKED, ANALYZE" } else { "ANALYZE" };
        for table in tables {
            self.connection.command(&format!("VACUUM ({options}) {table}")).await?;
        }
        Ok(())
    }

    /// Rebuilds the indexes of these tables.
    async fn indexes_of(&self, tables: &[&str]) -> Result<(), Error> {
        for leftover in self.names(LEFTOVERS, &[Value::Texts(tables.to_vec())]).await? {
            self.connection.command(&format!("DROP INDEX CONCURRENTLY IF EXISTS {leftover}")).await?;
        }
        let is_spread = !self.connection.unnamed(HAS_CITUS, &[]).await?.rows.is_empty();
        for index in self.names(INDEXES, &[Value::Texts(tables.to_vec()), Value::Flag(is_spread)]).await? {
            self.connection.command(&format!("REINDEX INDEX CONCURRENTLY {index}")).await?;
        }
        Ok(())
    }

    async fn names(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<String>, Error> {
        self.connection.unnamed(sql, values).await?.rows.iter().map(|row| row.try_get(0)).collect()
    }
}

/// Replaces the statistics of a table that is empty. Not where it is spread: citus analyzes no such table within a
/// transaction.
async fn forget_statistics(connection: &Connection, table: &str, insert: &str) -> Result<(), Error> {
    let is_spread = !connection.unnamed(HAS_CITUS, &[]).await?.rows.is_empty();
    let is_empty = format!("SELECT NOT EXISTS (SELECT FROM {table})");
    if is_spread || first(connection, &is_empty, &[]).await? != Some(true) {
        return Ok(());
    }
    // One message is one transaction, so that nobody else ever sees the row.
    let sql = format!("BEGIN; {insert}; ANALYZE {table}; DELETE FROM {table} WHERE org = 0; COMMIT");
    connection.command(&sql).await
}

/// Waits until no transaction sees data that was erased before now.
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
