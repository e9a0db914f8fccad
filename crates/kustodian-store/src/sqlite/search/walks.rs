//! Walks that are kept: the ids found at the beginning, in order.

use kustodian_core::search_store::WALK_IDLE;
use kustodian_core::store::OrgKey;
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::values::Hex;
use crate::options::KeptWalks;

/// How many ids are in a part.
const PART: usize = 10_000;

/// How many bytes an id has.
const ID: usize = 12;

/// ?1 org, ?2 walks, ?3 ids: forgets the walks that were used least recently, so that no more than that are left.
const FORGET_OLDEST: &str = "DELETE FROM walks WHERE org = ?1 AND id IN (SELECT id FROM \
     (SELECT id, row_number() OVER newest AS walks, sum(length) OVER newest AS ids FROM walks WHERE org = ?1 \
     WINDOW newest AS (ORDER BY used_at DESC, id)) WHERE walks > ?2 OR ids > ?3)";

/// A walk to keep.
pub(in crate::sqlite) struct Walk {
    pub(in crate::sqlite) org: OrgKey,
    pub(in crate::sqlite) id: ObjectId,
    pub(in crate::sqlite) ids: Vec<[u8; 12]>,
    pub(in crate::sqlite) now: Timestamp,
    /// How much its org may keep, this walk included.
    pub(in crate::sqlite) beside: KeptWalks,
}

fn idle_since(now: Timestamp) -> i64 {
    now.as_millis().saturating_sub(i64::try_from(WALK_IDLE.as_millis()).unwrap_or(i64::MAX))
}

/// Keeps a walk, and forgets those that nobody went on with, and those of the org for which there is no place beside it.
pub(in crate::sqlite) fn keep(connection: &Connection, walk: &Walk) -> rusqlite::Result<()> {
    let Walk { org, id, ids, now, beside } = walk;
    connection.prepare_cached("DELETE FROM walks WHERE used_at < ?1")?.execute([idle_since(*now)])?;
    let (walks, left) = (beside.walks.saturating_sub(1), beside.ids.saturating_sub(ids.len()));
    connection.prepare_cached(FORGET_OLDEST)?.execute(params![org.0, walks, left])?;
    connection
        .prepare_cached(
            "DELETE FROM walk_parts WHERE NOT EXISTS \
             (SELECT 1 FROM walks w WHERE w.org = walk_parts.org AND w.id = walk_parts.walk)",
        )?
        .execute([])?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO walks (org, id, length, used_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![org.0, Hex::of(*id), ids.len(), now.as_millis()])?;
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO walk_parts (org, walk, part, ids) VALUES (?1, ?2, ?3, ?4)")?;
    for (part, ids) in ids.chunks(PART).enumerate() {
        insert.execute(params![org.0, Hex::of(*id), part, ids.concat()])?;
    }
    Ok(())
}

/// Notes that a walk was gone on with.
pub(in crate::sqlite) fn touch(
    connection: &Connection,
    org: OrgKey,
    walk: ObjectId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE walks SET used_at = max(used_at, ?3) WHERE org = ?1 AND id = ?2")?
        .execute(params![org.0, Hex::of(walk), now.as_millis()])?;
    Ok(())
}

/// How many ids a walk has, unless it is not kept any longer.
pub(super) fn length(
    connection: &Connection,
    org: OrgKey,
    walk: ObjectId,
    now: Timestamp,
) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT length FROM walks WHERE org = ?1 AND id = ?2 AND used_at >= ?3")?
        .query_row(params![org.0, Hex::of(walk), idle_since(now)], |row| row.get(0))
        .optional()
}

/// Some of the ids from a place on, at most `limit`; none at the end.
pub(super) fn ids(
    connection: &Connection,
    org: OrgKey,
    walk: ObjectId,
    from: u64,
    limit: u64,
) -> rusqlite::Result<Vec<[u8; 12]>> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let part: Option<Vec<u8>> = connection
        .prepare_cached("SELECT ids FROM walk_parts WHERE org = ?1 AND walk = ?2 AND part = ?3")?
        .query_row(params![org.0, Hex::of(walk), from / PART], |row| row.get(0))
        .optional()?;
    // A part that is not there was removed with its walk, which was there a moment ago in the same snapshot.
    let part = part.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let (ids, _) = part.as_chunks::<ID>();
    Ok(ids.iter().skip(from % PART).take(usize::try_from(limit).unwrap_or(usize::MAX)).copied().collect())
}
