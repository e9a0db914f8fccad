//! Reading single events, a record's history, and the end of a feed.

use kustodian_core::chain::{Digest, Link, Salt, genesis};
use kustodian_core::feed::{Head, HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::event_columns::{ShortId, WholeRequestId, whole_name};
use super::packed::Unpacked;
use super::sql::HEAD;
use super::values::{Fixed, Moment, Named};
use crate::page::take_bytes;

/// What [`recorded`] reads.
pub(super) fn columns(payload: Payload) -> String {
    let payload = match payload {
        Payload::None => "NULL, NULL",
        Payload::Changes => "changes, NULL",
        Payload::Whole => "changes, snapshot",
    };
    format!("position, id, name, kind, record, rev, at, actor, client, request_id, {payload}, salt, digest, link")
}

/// An event out of [`columns`].
pub(super) fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let kind = row.get::<_, Named>(3)?.0;
    Ok(Recorded {
        position: row.get(0)?,
        id: row.get::<_, ShortId>(1)?.0,
        name: whole_name(kind, row.get(2)?),
        kind,
        record: row.get::<_, ShortId>(4)?.0,
        rev: row.get(5)?,
        at: row.get::<_, Moment>(6)?.0,
        actor: row.get::<_, Option<ShortId>>(7)?.map(|id| id.0),
        client: row.get(8)?,
        request_id: row.get::<_, WholeRequestId>(9)?.0,
        changes: row.get::<_, Option<Unpacked>>(10)?.map(|text| text.0),
        snapshot: row.get::<_, Option<Unpacked>>(11)?.map(|text| text.0),
        salt: row.get::<_, Option<Fixed<Salt>>>(12)?.map(|salt| salt.0),
        digest: row.get::<_, Fixed<Digest>>(13)?.0,
        link: row.get::<_, Option<Fixed<Link>>>(14)?.map(|link| link.0),
    })
}

pub(super) fn find_head(connection: &Connection, org: OrgKey) -> rusqlite::Result<Head> {
    let head = |row: &Row<'_>| Ok(Head { position: row.get(0)?, link: row.get::<_, Fixed<Link>>(1)?.0 });
    let found = connection.prepare_cached(HEAD)?.query_row([org.0], head).optional()?;
    Ok(found.unwrap_or_else(|| Head { position: 0, link: genesis(org) }))
}

pub(super) fn find_event(connection: &Connection, org: OrgKey, id: ObjectId) -> rusqlite::Result<Option<Recorded>> {
    let columns = columns(Payload::Whole);
    let sql = format!("SELECT {columns} FROM events INDEXED BY events_by_id WHERE org = ?1 AND id = ?2 LIMIT 1");
    connection.prepare_cached(&sql)?.query_row((org.0, ShortId(id)), recorded).optional()
}

pub(super) fn find_rev_at(
    connection: &Connection,
    org: OrgKey,
    kind: Kind,
    id: ObjectId,
    at: Timestamp,
) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached(
            "SELECT rev FROM events INDEXED BY events_by_record \
             WHERE org = ?1 AND kind = ?2 AND record = ?3 AND at <= ?4 ORDER BY rev DESC LIMIT 1",
        )?
        .query_row(params![org.0, kind.as_str(), ShortId(id), at.as_millis()], |row| row.get(0))
        .optional()
}

pub(super) fn history(connection: &Connection, org: OrgKey, query: &HistoryQuery) -> rusqlite::Result<Vec<Recorded>> {
    let (columns, direction) = (columns(query.payload), if query.descending { "DESC" } else { "ASC" });
    let sql = format!(
        "SELECT {columns} FROM events INDEXED BY events_by_record WHERE org = ?1 AND kind = ?2 AND record = ?3 \
         AND rev >= ?4 AND rev <= ?5 ORDER BY rev {direction} LIMIT ?6"
    );
    let number = |rev: u64| i64::try_from(rev).unwrap_or(i64::MAX);
    let (from, to) = (number(query.from), number(query.to));
    let mut found = connection.prepare_cached(&sql)?;
    let values = params![org.0, query.kind.as_str(), ShortId(query.record), from, to, query.limit];
    take_bytes(found.query_map(values, recorded)?, query.bytes, Recorded::payload_len)
}
