//! What errors of SQLite mean to the ports.

use std::path::Path;
use std::time::Duration;

use kustodian_core::store::StoreError;
use rusqlite::ErrorCode;

use crate::failure::OpenError;

/// When a caller may try again: about the time another process's write takes, or a log takes to be moved.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Not now.
pub(super) fn unavailable(reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER }
}

/// Whether an error comes from around the database (a lock, the disk, its rights) and not from what was asked of it:
/// then asking the same again now meets the same error, and later may not.
pub(super) fn is_of_surroundings(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
        )
    )
}

/// An error of a statement, as the ports tell it.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    if is_of_surroundings(error) {
        unavailable(error.to_string())
    } else {
        StoreError::Failed { reason: error.to_string() }
    }
}

/// An error of opening, as the person who starts the server needs it.
pub(super) fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Busy { path },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            OpenError::NoAccess { path, reason: error.to_string() }
        }
        _ => OpenError::Failed { what: path.display().to_string(), reason: brief(error) },
    }
}

/// The message of an error without the statement that caused it: a statement may be a whole migration, and hold values.
pub(super) fn brief(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}
