//! Reading single records and claims.

use std::sync::LazyLock;

use kustodian_core::claim::{ClaimKey, ClaimKind};
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use memchr::memmem::Finder;
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};

use super::packed::Unpacked;
use super::sql::{FIND_OWNER, statements};
use super::values::{Hex, Id, Moment};

/// A record out of `id, rev, deleted, created_at, updated_at, document`.
///
/// # Errors
/// Also when the document is another record's, or another revision's: then the row or an index is damaged.
pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let stored = Stored {
        id: row.get::<_, Id>(0)?.0,
        rev: row.get(1)?,
        deleted: row.get(2)?,
        created_at: row.get::<_, Moment>(3)?.0,
        updated_at: row.get::<_, Moment>(4)?.0,
        document: row.get::<_, Unpacked>(5)?.0,
    };
    match agrees(&stored) {
        true => Ok(stored),
        false => Err(disagreeing(stored.id)),
    }
}

/// A record that an index led to and that is not the one looked for.
#[derive(Debug, thiserror::Error)]
#[error("the record {0} does not agree with what leads to it")]
struct Disagreeing(ObjectId);

fn disagreeing(id: ObjectId) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(Disagreeing(id)))
}

/// Whether a document names the id and the revision of its columns. A missing name agrees.
fn agrees(stored: &Stored) -> bool {
    let document = &stored.document;
    let rest = document.find("\"id\":\"").filter(|place| *place < 64).and_then(|place| document.get(place + 6..));
    let is_of_it = |rest: &str| {
        // Records of few kinds are shown by another name than their id.
        rest.as_bytes().starts_with(&stored.id.to_hex())
            || rest
                .split('"')
                .next()
                .is_some_and(|shown| Kind::ALL.into_iter().any(|kind| kind.is_shown_as(stored.id, shown)))
    };
    if !rest.is_none_or(is_of_it) {
        return false;
    }
    let mut revs = REV.find_iter(document.as_bytes()).map(|place| rev_at(document, place + 6)).peekable();
    revs.peek().is_none() || revs.any(|rev| rev == Some(stored.rev))
}

/// What precedes a revision. A quote within a string is escaped, so this occurs nowhere else.
static REV: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"rev\":"));

/// The number that is at a place.
fn rev_at(document: &str, place: usize) -> Option<u64> {
    let rest = document.get(place..)?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
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
    let of_claim = |row: &Row<'_>| {
        let of = row.get_ref(7)?.as_str().ok().and_then(ClaimKind::named);
        if of.is_none_or(|of| of.kind() != kind) {
            return Err(rusqlite::Error::QueryReturnedNoRows);
        }
        // A record holds no claim once it is gone.
        if row.get_ref(0)? == ValueRef::Null {
            return Err(disagreeing(row.get::<_, Id>(6)?.0));
        }
        stored(row)
    };
    let found = connection
        .prepare_cached(statements(kind).find_by_claim)?
        .query_row((key.as_bytes(), org.0), of_claim)
        .optional()?;
    match found {
        Some(found) if !claims(org, kind, &found, key) => Err(disagreeing(found.id)),
        found => Ok(found),
    }
}

/// Whether a record has the claim that it was looked up by. It takes a third of the time of the read, and a flipped bit
/// in the row of a claim would answer with another person.
fn claims(org: OrgKey, kind: Kind, stored: &Stored, key: ClaimKey) -> bool {
    // A text that is no record still has its checksum; its reader refuses it.
    kind.claims_of(org, stored.id, &stored.document).map_or(true, |claims| claims.iter().any(|claim| claim.key == key))
}

pub(super) fn find_owner(connection: &Connection, org: OrgKey, key: ClaimKey) -> rusqlite::Result<Option<ObjectId>> {
    connection
        .prepare_cached(FIND_OWNER)?
        .query_row((key.as_bytes(), org.0), |row| row.get::<_, Id>(0))
        .optional()
        .map(|owner| owner.map(|id| id.0))
}
