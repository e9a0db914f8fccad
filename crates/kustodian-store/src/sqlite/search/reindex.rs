//! Rebuilding the search index from the stored documents.

use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::{Connection, params};

use super::super::packed::Unpacked;
use super::super::values::Id;
use super::backlog;
use super::entries::index_kinds;
use super::write::{FoundBy, Writing};

/// How many records are read at a time.
const RECORDS: usize = 1_000;

const PAGE: &str = "SELECT key, org, id, document FROM customers WHERE key > ?1 ORDER BY key LIMIT ?2";

/// Rebuilds the whole index in the transaction of the caller; reports after each thousand records
/// how many are done. How many there were.
pub(in crate::sqlite) fn reindex(
    connection: &Connection,
    limit: usize,
    tell: &mut dyn FnMut(u64),
) -> rusqlite::Result<u64> {
    connection.execute_batch(
        "DELETE FROM customer_search; DELETE FROM search_slots; \
         INSERT INTO customer_words (customer_words) VALUES ('delete-all')",
    )?;
    let mut writing = Writing::default();
    let (mut last, mut done) = (0, 0);
    loop {
        let page: Vec<(i64, i64, ObjectId, String)> = connection
            .prepare_cached(PAGE)?
            .query_map(params![last, RECORDS], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, Id>(2)?.0, row.get::<_, Unpacked>(3)?.0))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let Some((key, ..)) = page.last() else {
            backlog::nothing_waits(connection)?;
            let others = index_kinds(connection, &mut |others| tell(done + others))?;
            return Ok(done + others);
        };
        last = *key;
        done += page.len() as u64;
        for (key, org, id, document) in page {
            let org = OrgKey(org);
            if let Some(found) = FoundBy::of_document(org, &document)? {
                writing.add(connection, (org, key, id), &found, limit)?;
            }
        }
        writing.write_gathered(connection, limit)?;
        tell(done);
    }
}
