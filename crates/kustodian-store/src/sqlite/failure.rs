//! What errors of SQLite mean to the ports.

use std::path::Path;
use std::time::Duration;

use kustodian_core::store::StoreError;
use rusqlite::ErrorCode;

use super::free_bytes;
use crate::failure::OpenError;

/// When a caller may try again: about the time another process's write takes, or a log takes to be moved.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// When a caller may try again after what only its operator ends: a full disk, a damaged file, or one that is gone.
const RETRY_AFTER_REPAIR: Duration = Duration::from_secs(10);

/// Not now.
pub(super) fn unavailable(reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER, is_full: false }
}

/// Not until its operator has put the file in order.
pub(super) fn out_of_order(reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER_REPAIR, is_full: false }
}

/// Not until there is room on the disk.
pub(super) fn full(reason: impl Into<String>) -> StoreError {
    StoreError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER_REPAIR, is_full: true }
}

/// Whether the cause of an error is around the database (a lock, the disk, its rights) and not in the statement: then
/// asking the same again now meets the same error, and later may not.
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

/// Whether an error says that the file does not hold the written bytes: pages that cannot be, or values that were never
/// stored so.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
        )
}

/// An error of a statement, as the ports report it.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    let reason = brief(error);
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
        full(reason)
    } else if is_of_surroundings(error) {
        unavailable(reason)
    } else {
        StoreError::Failed { reason }
    }
}

/// With less room than this on its disk a database cannot be opened: SQLite's index of the log alone takes 32 KiB.
const ROOM: u64 = 128 * 1024;

/// An error of opening, as the person who starts the server needs it.
pub(super) fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || is_of_surroundings(error) && free_bytes(path).is_some_and(|room| room < ROOM);
    let path = path.to_owned();
    match error.sqlite_error_code() {
        _ if is_full => OpenError::DiskFull { path },
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, finding: brief(error) },
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Busy { path },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            OpenError::NoAccess { path, reason: brief(error) }
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rusqlite::ffi;

    use super::*;

    /// As SQLite reports a log whose index finds no room.
    fn no_shared_memory() -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_SHMSIZE), Some("disk I/O error".to_owned()))
    }

    #[test]
    fn a_file_that_cannot_be_opened_on_a_full_disk_is_reported_as_such() {
        // This file system has no room for anything, ever.
        let full = Path::new("/proc/version");
        for error in [no_shared_memory(), rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None)] {
            let refused = open_error(full, &error);
            assert!(matches!(refused, OpenError::DiskFull { .. }), "{refused:?}");
            assert!(refused.to_string().contains("is full"), "{refused}");
        }
        let folder = tempfile::tempdir().unwrap();
        let refused = open_error(folder.path(), &no_shared_memory());
        assert!(matches!(refused, OpenError::Failed { .. }), "{refused:?}");
    }
}
