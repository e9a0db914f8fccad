//! Reading single records and claims.

use kustodian_core::change::Kind;
use kustodian_core::claim::ClaimKey;
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use rusqlite::{Connection, OptionalExtension, Row};

use super::packed::Unpacked;
use super::sql::{FIND_OWNER, statements};
use super::values::{Hex, Id, Moment};

/// A record out of `id, rev, deleted, created_at, updated_at, document`.
pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: row.get::<_, Id>(0)?.0,
        rev: row.get(1)?,
        deleted: row.get(2)?,
        created_at: row.get::<_, Moment>(3)?.0,
        updated_at: row.get::<_, Moment>(4)?.0,
        document: row.get::<_, Unpacked>(5)?.0,
    })
}

pub(super) fn find(connection: &Connection, org: OrgKey, kind: Kind, id: ObjectId) -> rusqlite::Result<Option<Stored>> {
    connection.prepare_cached(statements(kind).find)?.query_row((org.0, Hex::of(id)), stored).optional()
}

pub(super) fn find_by_claim(
    connection: &Connection,
    org: OrgKey,
    kind: Kind,
    key: ClaimKey,
) -> rusqlite::Result<Option<Stored>> {
    connection.prepare_cached(statements(kind).find_by_claim)?.query_row((key.as_bytes(), org.0), stored).optional()
}

pub(super) fn find_owner(connection: &Connection, org: OrgKey, key: ClaimKey) -> rusqlite::Result<Option<ObjectId>> {
    connection
        .prepare_cached(FIND_OWNER)?
        .query_row((key.as_bytes(), org.0), |row| row.get::<_, Id>(0))
        .optional()
        .map(|owner| owner.map(|id| id.0))
}
