//! Customers that were made and that no index knows yet.
//!
//! The search entries of a customer are in some twenty trees and as many as 170 words, and a transaction writes every page
//! that it touches into the log whole: a create alone wrote one of each for it, and a hundred together write each page
//! once for all of them. So a create writes its record alone, and is acknowledged; its search entries follow in a later
//! transaction, with those of the creates around it. A search that finds the index behind has it brought up
//! first, and sees all that was acknowledged before it came.
//!
//! The file records how far the index is, as a key of `customers`: keys ascend, so what lies behind has no row in
//! `customer_search` and no words. A server that was killed leaves at most that much to the next one, which works it out
//! of the documents. Writes of a customer that no index knows leave the index alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::{Connection, params};

use super::super::packed::Unpacked;
use super::super::values::Id;
use super::write::{FoundBy, Writing};

/// How many customers are indexed in one transaction at most.
const RECORDS: usize = 1_000;

/// The maximum that is kept ready; later ones are computed from their documents again.
const READY: usize = 4_000;

const WAITING: &str = "SELECT key, org, id, rev FROM customers WHERE key > ?1 AND key <= ?3 ORDER BY key LIMIT ?2";
const DOCUMENT: &str = "SELECT document FROM customers WHERE key = ?1";

/// The last key that the index knows.
pub(in crate::sqlite) fn mark(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT indexed FROM search_progress")?.query_row([], |row| row.get(0))
}

/// Whether customers wait for the index.
pub(in crate::sqlite) fn is_behind(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT ifnull((SELECT max(key) FROM customers) > indexed, 0) FROM search_progress")?
        .query_row([], |row| row.get(0))
}

/// The position of the first event of an org's customer that waits for the index.
pub(super) fn first_unindexed(connection: &Connection, org: OrgKey) -> rusqlite::Result<Option<u64>> {
    const FIRST: &str = "SELECT min(e.position) FROM customers c CROSS JOIN events e INDEXED BY events_by_record \
         ON e.org = c.org AND e.kind = 'customer' AND e.record = unhex(c.id) \
         WHERE c.key > (SELECT indexed FROM search_progress) AND c.org = ?1";
    connection.prepare_cached(FIRST)?.query_row([org.0], |row| row.get(0))
}

/// Notes that everything is indexed, as it was within the caller's transaction.
pub(in crate::sqlite) fn nothing_waits(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "UPDATE search_progress SET indexed = ifnull((SELECT max(key) FROM customers), 0)";
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// Indexes all that waits, in the transaction of the caller. At most `limit` custom attributes of an org get a column.
pub(in crate::sqlite) fn finish(connection: &Connection, limit: usize) -> rusqlite::Result<()> {
    let backlog = Backlog::default();
    while !backlog.index(connection, limit)?.is_all {}
    Ok(())
}

/// A customer that waits, as a transaction left it.
pub(in crate::sqlite) struct Made {
    pub(in crate::sqlite) key: i64,
    pub(in crate::sqlite) rev: u64,
    /// Its search entries, unless it was erased.
    pub(in crate::sqlite) by: Option<Arc<FoundBy>>,
}

/// The writer's memory of waiting customers, so that their documents need not be read again.
#[derive(Default)]
pub(in crate::sqlite) struct Backlog {
    ready: BTreeMap<i64, (u64, Option<Arc<FoundBy>>)>,
}

/// How far the index was brought.
#[derive(Debug, Clone, Copy)]
pub(in crate::sqlite) struct Progress {
    /// The last key it knows now.
    mark: i64,
    /// Whether nothing waits any longer.
    pub(in crate::sqlite) is_all: bool,
}

impl Backlog {
    /// Remembers the rows of a transaction, now that it is committed.
    pub(in crate::sqlite) fn remember(&mut self, made: Vec<Made>) {
        for Made { key, rev, by } in made {
            if self.ready.len() < READY || self.ready.contains_key(&key) {
                self.ready.insert(key, (rev, by));
            }
        }
    }

    /// How many are known to wait.
    pub(in crate::sqlite) fn len(&self) -> usize {
        self.ready.len()
    }

    /// Indexes the first of those that wait, in the transaction of the caller.
    pub(in crate::sqlite) fn index(&self, connection: &Connection, limit: usize) -> rusqlite::Result<Progress> {
        self.index_until(connection, limit, i64::MAX)
    }

    /// The same, but for those that the transaction of the caller itself has made: they are not remembered yet.
    pub(in crate::sqlite) fn index_ready(&self, connection: &Connection, limit: usize) -> rusqlite::Result<Progress> {
        self.index_until(connection, limit, self.ready.last_key_value().map_or(0, |(last, _)| *last))
    }

    fn index_until(&self, connection: &Connection, limit: usize, until: i64) -> rusqlite::Result<Progress> {
        let before = mark(connection)?;
        let waiting: Vec<(i64, OrgKey, ObjectId, u64)> = connection
            .prepare_cached(WAITING)?
            .query_map(params![before, RECORDS, until], |row| {
                Ok((row.get(0)?, OrgKey(row.get(1)?), row.get::<_, Id>(2)?.0, row.get(3)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let Some((last, ..)) = waiting.last() else { return Ok(Progress { mark: before, is_all: true }) };
        let progress = Progress { mark: *last, is_all: waiting.len() < RECORDS };
        let mut writing = Writing::default();
        for (key, org, id, rev) in waiting {
            // Another process may have written the record meanwhile.
            match self.ready.get(&key).filter(|(of, _)| *of == rev) {
                Some((_, None)) => {}
                Some((_, Some(found))) => writing.add(connection, (org, key, id), found, limit)?,
                None => {
                    let document: Unpacked = connection.prepare_cached(DOCUMENT)?.query_row([key], |row| row.get(0))?;
                    match FoundBy::of_document(org, &document.0) {
                        Ok(Some(found)) => writing.add(connection, (org, key, id), &found, limit)?,
                        Ok(None) => {}
                        // A damaged record must not hide those after it.
                        Err(error) => tracing::error!(%id, %error, "a customer is left out of searches"),
                    }
                }
            }
        }
        writing.write_gathered(connection, limit)?;
        connection.prepare_cached("UPDATE search_progress SET indexed = ?1")?.execute([progress.mark])?;
        Ok(progress)
    }

    /// Forgets indexed customers, now that they are committed.
    pub(in crate::sqlite) fn forget(&mut self, progress: Progress) {
        self.ready = self.ready.split_off(&(progress.mark + 1));
    }
}
