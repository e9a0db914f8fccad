//! Spreading the tables over several machines, where the extension citus is there to do so.

use tokio_postgres::Error;

use super::catalogue::{TABLES, Table};
use super::connection::Connection;
use super::failure::words;
use super::values::Value;
use crate::failure::OpenError;

const HAS_CITUS: &str = "SELECT 1 FROM pg_extension WHERE extname = 'citus'";

/// $1 table: whether it is spread already.
const IS_SPREAD: &str = "SELECT 1 FROM pg_dist_partition WHERE logicalrel = to_regclass($1)";

/// All that [`distribute`] would run in a database where nothing is spread yet.
pub(super) fn statements() -> Vec<String> {
    TABLES.iter().map(Table::statement).collect()
}

/// Whether tables are, or may be, spread.
///
/// # Errors
/// When the server does not answer.
pub(super) async fn has_citus(connection: &Connection, what: &str) -> Result<bool, OpenError> {
    let failed = |error: Error| OpenError::Failed { what: format!("the {what}"), reason: words(&error) };
    Ok(!connection.unnamed(HAS_CITUS, &[]).await.map_err(failed)?.rows.is_empty())
}

/// Spreads every table of the catalogue that is not spread yet; the statements that took. Each stands for itself:
/// after an error, the same again goes on where it ended.
///
/// # Errors
/// When there is no citus, or it does not do it.
pub(super) async fn distribute(connection: &Connection, what: &str) -> Result<Vec<String>, OpenError> {
    let failed = |error: Error| OpenError::Failed { what: format!("the {what}"), reason: words(&error) };
    if !has_citus(connection, what).await? {
        return Err(OpenError::NoCitus { what: what.to_owned() });
    }
    let mut run = Vec::new();
    for table in TABLES {
        let is_spread = connection.unnamed(IS_SPREAD, &[Value::Text(table.name)]).await.map_err(failed)?;
        if is_spread.rows.is_empty() {
            let statement = table.statement();
            connection.command(&statement).await.map_err(failed)?;
            run.push(statement);
        }
    }
    Ok(run)
}
