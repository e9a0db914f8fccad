//! Receipts for writes that were sent with an idempotency key.

use kustodian_core::receipt::{Receipt, ReceiptKey};
use kustodian_core::store::OrgKey;
use kustomer_api::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::sql::{FIND_RECEIPT, LEAVE_RECEIPT, SWEEP_RECEIPTS};
use super::values::{Fixed, Hex, Id, Moment, Named};

/// The receipt with this key that still counts at `now`.
pub(super) fn find(
    connection: &Connection,
    org: OrgKey,
    key: ReceiptKey,
    now: Timestamp,
) -> rusqlite::Result<Option<Receipt>> {
    connection
        .prepare_cached(FIND_RECEIPT)?
        .query_row((key.as_bytes(), org.0, now.as_millis()), |row| {
            Ok(Receipt {
                key,
                fingerprint: row.get::<_, Fixed<_>>(0)?.0,
                kind: row.get::<_, Named>(1)?.0,
                record: row.get::<_, Id>(2)?.0,
                rev: row.get(3)?,
                status: row.get(4)?,
                expires_at: row.get::<_, Moment>(5)?.0,
            })
        })
        .optional()
}

/// Leaves a receipt where none counts.
pub(super) fn leave(connection: &Connection, org: OrgKey, receipt: &Receipt) -> rusqlite::Result<()> {
    let Receipt { key, fingerprint, kind, record, rev, status, expires_at } = receipt;
    connection.prepare_cached(LEAVE_RECEIPT)?.execute(params![
        key.as_bytes(),
        org.0,
        fingerprint.0,
        kind.as_str(),
        Hex::of(*record),
        rev,
        status,
        expires_at.as_millis()
    ])?;
    Ok(())
}

/// Forgets some of those that do not count any longer at `now`.
pub(super) fn sweep(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.prepare_cached(SWEEP_RECEIPTS)?.execute([now.as_millis()])?;
    Ok(())
}
