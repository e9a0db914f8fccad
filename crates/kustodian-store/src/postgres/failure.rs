//! What errors of PostgreSQL mean to the ports.

use std::error::Error as _;
use std::time::Duration;

use kustodian_core::store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::catalogue::TABLES;

/// When a caller may try again: about the time a connection takes to come back.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// When a caller may try again after the disk was full: somebody has to make room first.
const RETRY_WHEN_FULL: Duration = Duration::from_secs(10);

/// Not now.
pub(super) fn unavailable(reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER, is_full: false }
}

/// An error of a statement or of connecting, as the ports report it.
pub(super) fn store_error(error: &Error) -> StoreError {
    let reason = words(error);
    if error.code() == Some(&SqlState::DISK_FULL) {
        StoreError::Unavailable { reason, retry_after: RETRY_WHEN_FULL, is_full: true }
    } else if is_of_surroundings(error) {
        unavailable(reason)
    } else {
        StoreError::Failed { reason }
    }
}

/// The whole error in one line. PostgreSQL's messages name tables and constraints; values are in the detail, which is
/// left out, and in some messages, which are left out, too. Passwords are in neither.
pub(super) fn words(error: &Error) -> String {
    match error.as_db_error() {
        Some(told) if quotes_values(told.code()) => {
            format!("a value was refused, which its message may quote; see the server's log ({})", told.code().code())
        }
        Some(told) => format!("{} ({})", told.message(), told.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// Whether a message may hold values of the statement or of rows, as `syntax error in tsquery: "…"` does: data
/// exceptions, but for wrong settings, and syntax errors.
fn quotes_values(code: &SqlState) -> bool {
    let is_of_data = code.code().starts_with("22") && *code != SqlState::INVALID_PARAMETER_VALUE;
    is_of_data || *code == SqlState::SYNTAX_ERROR
}

/// Whether the cause of an error is around the statement (the server, the network, a lock, the disk) and not in it:
/// then a later retry may succeed.
fn is_of_surroundings(error: &Error) -> bool {
    match error.code() {
        // 08 connection, 53 resources, 57 operator's intervention and time-outs, 58 system.
        Some(code) => {
            matches!(code.code().get(..2), Some("08" | "53" | "57" | "58"))
                || is_momentary(error)
                || has_lost_machine(error)
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

/// Whether citus lost a machine amid a statement: it reports that without a code of its own.
fn has_lost_machine(error: &Error) -> bool {
    let of_citus = error.as_db_error().filter(|told| *told.code() == SqlState::INTERNAL_ERROR);
    of_citus.is_some_and(|told| is_of_connection(told.message()))
}

fn is_of_connection(message: &str) -> bool {
    const LOST: [&str; 5] = [
        "server closed the connection unexpectedly",
        "failure on connection marked as essential",
        "connection to the remote node",
        "connection not open",
        "could not receive data from server",
    ];
    LOST.iter().any(|lost| message.contains(lost))
}

/// Whether the connection is of no more use: it is gone, is one to a server that cannot write (any more), or lost its
/// prepared statements to a pooler that was not declared.
pub(super) fn spoils_connection(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            matches!(code.code().get(..2), Some("08" | "57" | "58")) && *code != SqlState::QUERY_CANCELED
                || has_lost_machine(error)
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

/// The table whose unique index refused a row; empty when the error does not name it.
pub(super) fn violated(error: &Error) -> Option<&'static str> {
    let told = error.as_db_error().filter(|told| *told.code() == SqlState::UNIQUE_VIOLATION)?;
    Some(told.table().and_then(table_of).or_else(|| table_in(told.message())).unwrap_or_default())
}

/// The table that something is named after: itself, its indexes (`table_pkey`), and where tables are spread their parts
/// and the indexes of those (`table_102008`, `table_pkey_102008`).
fn table_of(name: &str) -> Option<&'static str> {
    let is_of = |table: &str| name.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    TABLES.iter().map(|table| table.name).find(|table| is_of(table))
}

/// The table of the constraint that a message quotes: an error of a citus worker has no other fields.
fn table_in(message: &str) -> Option<&'static str> {
    message.split('"').skip(1).step_by(2).find_map(table_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_may_quote_values_are_kept_back() {
        let quotes = |code: &str| quotes_values(&SqlState::from_code(code));
        // Invalid text, a syntax error in a search, an untranslatable character.
        assert!(["22P02", "42601", "22P05"].into_iter().all(quotes));
        assert!(!["22023", "23505", "42P01", "57014"].into_iter().any(quotes));
    }

    #[test]
    fn a_lost_machine_is_known_by_its_message() {
        assert!(is_of_connection(
            "connection to the remote node postgres@10.0.0.2:5432 failed with the following error"
        ));
        assert!(!is_of_connection("duplicate key value violates unique constraint \"claims_pkey_102178\""));
    }

    #[test]
    fn a_table_is_known_by_its_parts_and_by_its_indexes() {
        assert_eq!(table_of("claims"), Some("claims"));
        assert_eq!(table_of("customer_search_102008"), Some("customer_search"));
        assert_eq!(table_of("claimants"), None);
        let of_a_worker = "duplicate key value violates unique constraint \"tokens_hash_key_102031\"";
        assert_eq!(table_in(of_a_worker), Some("tokens"));
        assert_eq!(table_in("something else"), None);
    }
}
