//! Reading single records and claims.

use kustodian_core::claim::ClaimKey;
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, StoreError, Stored};
use kustomer_api::ObjectId;
use tokio_postgres::{Error, Row};

use super::failure::store_error;
use super::pool::Shared;
use super::reading::Wanted;
use super::sql::{FIND_OWNERS, statements};
use super::values::{Count, Id, Moment, Value};

/// What [`stored`] reads, out of a table `r`.
pub(super) const RECORD: &str = "r.id, r.rev, r.deleted, r.created_at, r.updated_at, r.document";

/// A record out of [`RECORD`].
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

/// The number of bytes of a record's document. PostgreSQL has it without reading the document.
pub(super) const DOCUMENT_LENGTH: &str = "octet_length(r.document)";

/// How many bytes the document of such a record has.
pub(super) fn document_len(row: &Row) -> usize {
    row.try_get::<_, &str>(5).map_or(0, str::len)
}

/// A claim's key and owner.
pub(super) fn owner(row: &Row) -> Result<(Vec<u8>, ObjectId), Error> {
    Ok((row.try_get(0)?, row.try_get::<_, Id>(1)?.0))
}

/// Reads one record.
pub(super) async fn find(
    readers: &Shared,
    org: OrgKey,
    kind: Kind,
    wanted: Wanted,
) -> Result<Option<Stored>, StoreError> {
    let statements = statements(kind);
    let (sql, value) = match &wanted {
        Wanted::Id(id) => (statements.find, Value::Id(*id)),
        Wanted::Claim(key) => (statements.find_by_claim, Value::Bytes(key.as_bytes())),
    };
    let answer = readers.read(sql, &[Value::Number(org.0), value]).await?;
    answer.rows.first().map(stored).transpose().map_err(|error| store_error(&error))
}

/// Reads several records, wanted in the same way; in the order in which they are wanted.
pub(super) async fn find_all(
    readers: &Shared,
    org: OrgKey,
    kind: Kind,
    wanted: &[Wanted],
) -> Result<Vec<Option<Stored>>, StoreError> {
    if let [wanted] = wanted {
        return Ok(vec![find(readers, org, kind, *wanted).await?]);
    }
    let unreadable = |error: Error| store_error(&error);
    let ids = wanted.iter().filter_map(|wanted| if let Wanted::Id(id) = wanted { Some(*id) } else { None });
    let keys = wanted.iter().filter_map(|wanted| if let Wanted::Claim(key) = wanted { Some(key) } else { None });
    let ids: Vec<ObjectId> = ids.collect();
    let mut found: Vec<(Wanted, Stored)> = Vec::with_capacity(wanted.len());
    if !ids.is_empty() {
        let answer = readers.read(statements(kind).find_all, &[Value::Number(org.0), Value::Ids(ids)]).await?;
        for row in &answer.rows {
            let stored = stored(row).map_err(unreadable)?;
            found.push((Wanted::Id(stored.id), stored));
        }
    }
    let keys: Vec<&ClaimKey> = keys.collect();
    if !keys.is_empty() {
        let values = Value::ByteStrings(keys.iter().map(|key| key.as_bytes().as_slice()).collect());
        let answer = readers.read(statements(kind).find_all_by_claim, &[Value::Number(org.0), values]).await?;
        for row in &answer.rows {
            let held: &[u8] = row.try_get(6).map_err(unreadable)?;
            if let Some(key) = keys.iter().find(|key| key.as_bytes() == held) {
                found.push((Wanted::Claim(**key), stored(row).map_err(unreadable)?));
            }
        }
    }
    let of = |wanted: &Wanted| found.iter().find(|(known, _)| known == wanted).map(|(_, stored)| stored.clone());
    Ok(wanted.iter().map(of).collect())
}

/// Records that have this home, by id and after `after`.
pub(super) async fn list_at_home(
    readers: &Shared,
    org: OrgKey,
    kind: Kind,
    home: ObjectId,
    after: Option<ObjectId>,
    limit: u32,
) -> Result<Vec<Stored>, StoreError> {
    let statements = statements(kind);
    if statements.at_home.is_empty() {
        return Ok(Vec::new());
    }
    let after = after.map_or_else(String::new, |id| id.to_string());
    let values = [Value::Number(org.0), Value::Id(home), Value::Text(&after), Value::Number(limit.into())];
    let answer = readers.read(statements.at_home, &values).await?;
    answer.rows.iter().map(stored).collect::<Result<_, _>>().map_err(|error| store_error(&error))
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
