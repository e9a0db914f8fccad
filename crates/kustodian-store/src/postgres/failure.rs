//! What errors of PostgreSQL mean to the ports.

use std::error::Error as _;
use std::time::Duration;

use kustodian_core::store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// When a caller may try again: about the time a connection takes to come back.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Not now.
pub(super) fn unavailable(reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER }
}

/// An error of a statement or of connecting, as the ports tell it.
pub(super) fn store_error(error: &Error) -> StoreError {
    if is_of_surroundings(error) { unavailable(words(error)) } else { StoreError::Failed { reason: words(error) } }
}

/// The whole error in one line. PostgreSQL's messages name tables and constraints, but neither values (those are in
/// the detail, which is left out) nor passwords.
pub(super) fn words(error: &Error) -> String {
    match error.as_db_error() {
        Some(told) => format!("{} ({})", told.message(), told.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// Whether an error comes from around the statement (the server, the network, a lock, the disk) and not from what was
/// asked: then later may do.
fn is_of_surroundings(error: &Error) -> bool {
    match error.code() {
        // 08 connection, 53 resources, 57 operator's intervention and time-outs, 58 system.
        Some(code) => {
            matches!(code.code().get(..2), Some("08" | "53" | "57" | "58"))
                || is_momentary(error)
                || [
                    &SqlState::LOCK_NOT_AVAILABLE,
                    &SqlState::READ_ONLY_SQL_TRANSACTION,
                    &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                    &SqlState::INVALID_SQL_STATEMENT_NAME,
                ]
                .contains(&code)
        }
        None => {
            error.is_closed() || error.source().is_none_or(|source| source.downcast_ref::<std::io::Error>().is_some())
        }
    }
}

/// Whether two transactions were in each other's way, so that the same again may go through at once.
pub(super) fn is_momentary(error: &Error) -> bool {
    [&SqlState::T_R_DEADLOCK_DETECTED, &SqlState::T_R_SERIALIZATION_FAILURE]
        .into_iter()
        .any(|code| error.code() == Some(code))
}

/// Whether the connection is of no more use: it is gone, is one to a server that cannot write (any more), or lost its
/// prepared statements to a pooler that it was not told about.
pub(super) fn spoils_connection(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            matches!(code.code().get(..2), Some("08" | "57" | "58")) && *code != SqlState::QUERY_CANCELED
                || [
                    &SqlState::READ_ONLY_SQL_TRANSACTION,
                    &SqlState::INVALID_SQL_STATEMENT_NAME,
                    &SqlState::FEATURE_NOT_SUPPORTED,
                    &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                ]
                .contains(&code)
        }
        None => true,
    }
}

/// The table whose unique index refused a row. Where tables are spread, their parts are named `table_number`.
pub(super) fn violated(error: &Error) -> Option<&str> {
    let told = error.as_db_error()?;
    let table = told.table().unwrap_or_default();
    let part = table.rsplit_once('_').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    (*told.code() == SqlState::UNIQUE_VIOLATION).then(|| part.map_or(table, |(table, _)| table))
}
