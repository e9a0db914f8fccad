//! Reading single records and claims.

use kustodian_core::change::Kind;
use kustodian_core::claim::ClaimKey;
use kustodian_core::store::{OrgKey, StoreError, Stored};
use kustomer_api::ObjectId;
use tokio_postgres::{Error, Row};

use super::failure::store_error;
use super::pool::Shared;
use super::sql::{FIND_OWNERS, statements};
use super::values::{Count, Id, Moment, Value};

/// A record out of `id, rev, deleted, created_at, updated_at, document`.
pub(super) fn stored(row: &Row) -> Result<Stored, Error> {
    Ok(Stored {
        id: row.try_get::<_, Id>(0)?.0,
        rev: row.try_get::<_, Count>(1)?.0,
        deleted: row.try_get(2)?,
        created_at: row.try_get::<_, Moment>(3)?.0,
        updated_at: row.try_get::<_, Moment>(4)?.0,
        document: row.try_get(5)?,
    })
}

/// A claim's key and owner.
pub(super) fn owner(row: &Row) -> Result<(Vec<u8>, ObjectId), Error> {
    Ok((row.try_get(0)?, row.try_get::<_, Id>(1)?.0))
}

pub(super) async fn find(
    readers: &Shared,
    org: OrgKey,
    kind: Kind,
    id: ObjectId,
) -> Result<Option<Stored>, StoreError> {
    first(readers, statements(kind).find, &[Value::Number(org.0), Value::Id(id)]).await
}

pub(super) async fn find_by_claim(
    readers: &Shared,
    org: OrgKey,
    kind: Kind,
    key: ClaimKey,
) -> Result<Option<Stored>, StoreError> {
    first(readers, statements(kind).find_by_claim, &[Value::Number(org.0), Value::Bytes(key.as_bytes())]).await
}

async fn first(readers: &Shared, sql: &str, values: &[Value<'_>]) -> Result<Option<Stored>, StoreError> {
    let answer = readers.read(sql, values).await?;
    answer.rows.first().map(stored).transpose().map_err(|error| store_error(&error))
}

pub(super) async fn find_owners(
    readers: &Shared,
    org: OrgKey,
    keys: &[ClaimKey],
) -> Result<Vec<Option<ObjectId>>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
    let answer = readers.read(FIND_OWNERS, &[Value::ByteStrings(wanted), Value::Number(org.0)]).await?;
    let held: Result<Vec<_>, _> = answer.rows.iter().map(owner).collect();
    let held = held.map_err(|error| store_error(&error))?;
    let owner_of = |key: &ClaimKey| held.iter().find(|(held, _)| held == key.as_bytes()).map(|(_, owner)| *owner);
    Ok(keys.iter().map(owner_of).collect())
}
