//! Taking off the disk what was erased from the tables, as far as PostgreSQL does that.
//!
//! VACUUM lets go of the former versions of erased rows once no transaction can see them any more. Their bytes stay in
//! the free space of their pages until something is written over them, in the write-ahead log until its segments are
//! recycled, and in backups and archived logs: only `VACUUM FULL`, which locks a table against everybody, rewrites the
//! pages at once, and is left to the operator.

use super::connection::Connection;
use super::connector::Connector;
use super::failure::store_error;
use kustodian_core::store::StoreError;

/// What holds personal values, each vacuumed on its own. VACUUM cleans the indexes of a table, that of words and
/// its list of what waits too, and ANALYZE gathers the planner's statistics anew, which hold values of columns.
const TABLES: &[&str] = &["customers", "events", "claims", "users", "tags", "teams", "shortcuts", "customer_search"];

/// Vacuums the tables, on a connection of its own.
///
/// # Errors
/// When the server is away.
pub(super) async fn scrub(connector: &Connector) -> Result<(), StoreError> {
    let connection: Connection = connector.connect().await?;
    if !connector.shares_sessions() {
        // It takes as long as the tables are large.
        connection.command("SET statement_timeout = 0").await.map_err(|error| store_error(&error))?;
    }
    for table in TABLES {
        let sql = format!("VACUUM (SKIP_LOCKED, ANALYZE) {table}");
        connection.command(&sql).await.map_err(|error| store_error(&error))?;
    }
    Ok(())
}
