//! Receipts for writes that were sent with an idempotency key.

use kustodian_core::receipt::{Receipt, ReceiptKey};
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::Timestamp;
use tokio_postgres::{Error, Row};

use super::connection::{Connection, Failed, Step, statement};
use super::failure::store_error;
use super::pool::Shared;
use super::sql::{EXPIRED_RECEIPTS, FIND_RECEIPTS, FORGET_RECEIPT, LEAVE_RECEIPT, SWEEP_RECEIPTS};
use super::values::{Count, Id, Moment, Named, StoredFingerprint, StoredReceiptKey, Value};

/// The receipt with this key that still counts at `now`.
pub(super) async fn find(
    readers: &Shared,
    org: OrgKey,
    key: ReceiptKey,
    now: Timestamp,
) -> Result<Option<Receipt>, StoreError> {
    let keys = Value::ByteStrings(vec![key.as_bytes()]);
    let answer = readers.read(FIND_RECEIPTS, &[keys, Value::Number(org.0)]).await?;
    let found = answer.rows.first().map(receipt).transpose().map_err(|error| store_error(&error))?;
    Ok(found.filter(|receipt| receipt.is_valid_at(now)))
}

/// What looks up those of `wanted` that are there.
pub(super) fn look_up(org: OrgKey, wanted: &[Receipt]) -> Step<'_> {
    let keys = wanted.iter().map(|receipt| receipt.key.as_bytes().as_slice()).collect();
    statement(FIND_RECEIPTS, vec![Value::ByteStrings(keys), Value::Number(org.0)])
}

/// A receipt out of a row.
pub(super) fn receipt(row: &Row) -> Result<Receipt, Error> {
    Ok(Receipt {
        key: row.try_get::<_, StoredReceiptKey>(0)?.0,
        fingerprint: row.try_get::<_, StoredFingerprint>(1)?.0,
        kind: row.try_get::<_, Named>(2)?.0,
        record: row.try_get::<_, Id>(3)?.0,
        rev: row.try_get::<_, Count>(4)?.0,
        status: u16::try_from(row.try_get::<_, i64>(5)?).unwrap_or_default(),
        expires_at: row.try_get::<_, Moment>(6)?.0,
    })
}

/// What leaves a receipt; in the place of `expired`, one that does not count any longer. Somebody who left one meanwhile
/// makes it fail.
pub(super) fn leave<'a>(org: OrgKey, receipt: &'a Receipt, expired: bool) -> impl Iterator<Item = Step<'a>> {
    let Receipt { key, fingerprint, kind, record, rev, status, expires_at } = receipt;
    let forget = || {
        let made_at = Value::Number(receipt.made_at().as_millis());
        statement(FORGET_RECEIPT, vec![Value::Bytes(key.as_bytes()), Value::Number(org.0), made_at])
    };
    let values = vec![
        Value::Bytes(key.as_bytes()),
        Value::Number(org.0),
        Value::Bytes(&fingerprint.0),
        Value::Text(kind.as_str()),
        Value::Id(*record),
        Value::count(*rev),
        Value::Number(i64::from(*status)),
        Value::Number(expires_at.as_millis()),
    ];
    expired.then(forget).into_iter().chain([statement(LEAVE_RECEIPT, values)])
}

/// Forgets some of those that have not counted for a while.
pub(super) async fn sweep(connection: &Connection) -> Result<(), Failed> {
    let unreadable = |error| Failed { error, is_complete: true };
    let found = connection.run(&[statement(EXPIRED_RECEIPTS, Vec::new())]).await?;
    let rows = found.iter().flat_map(|answer| &answer.rows);
    let keys = rows.map(|row| row.try_get(0)).collect::<Result<Vec<Vec<u8>>, _>>().map_err(unreadable)?;
    if !keys.is_empty() {
        let keys = Value::ByteStrings(keys.iter().map(Vec::as_slice).collect());
        connection.run(&[statement(SWEEP_RECEIPTS, vec![keys])]).await?;
    }
    Ok(())
}
