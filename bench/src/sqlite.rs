//! Bare SQLite: the same kind of schema and as many rows for a customer (a record, four claims, an event), nothing
//! decided, nothing parsed, one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -131072;
    CREATE TABLE customers (
        id TEXT NOT NULL, org INTEGER NOT NULL, rev INTEGER NOT NULL, deleted INTEGER NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, document TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX customers_by_id ON customers (org, id, deleted);
    CREATE INDEX customers_by_created_at ON customers (org, created_at, id) WHERE deleted = 0;
    CREATE INDEX customers_by_updated_at ON customers (org, updated_at, id) WHERE deleted = 0;
    CREATE TABLE claims (
        key BLOB NOT NULL PRIMARY KEY, org INTEGER NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE events (
        org INTEGER NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL,
        rev INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT, PRIMARY KEY (org, position)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX events_by_record ON events (org, kind, record, rev);
";

/// What was done, with how many customers a transaction, and customers per second.
pub(crate) type Rate = (&'static str, usize, f64);

/// Measures durable inserts one by one and 64 at a time, and prepared reads by id.
pub(crate) fn measure(path: &Path, document: &[u8], time: Duration) -> Result<Vec<Rate>> {
    let document = std::str::from_utf8(document).context("the document is not text")?;
    let mut database = Connection::open(path).context("cannot open a database to measure")?;
    database.execute_batch(SCHEMA)?;
    let mut written = 0;
    let mut rates = Vec::new();
    for rows in [1, 64] {
        let rate = per_second(time, || {
            insert(&mut database, document, written, rows)?;
            written += rows;
            Ok(rows)
        })?;
        rates.push(("create", usize::try_from(rows)?, rate));
    }
    let mut place = 0;
    let rate = per_second(time, || {
        place = (place + 7_919) % written;
        read(&database, place)?;
        Ok(1)
    })?;
    rates.push(("read by id", 1, rate));
    Ok(rates)
}

/// How much `step` does in a second, by what it says it did.
fn per_second(time: Duration, mut step: impl FnMut() -> Result<u64>) -> Result<f64> {
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < time {
        done += step()?;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

fn insert(database: &mut Connection, document: &str, first: u64, rows: u64) -> Result<()> {
    let transaction = database.transaction()?;
    {
        let mut record = transaction.prepare_cached("INSERT INTO customers VALUES (?1, 1, 1, 0, ?2, ?2, ?3)")?;
        let mut claim = transaction.prepare_cached("INSERT INTO claims VALUES (?1, 1, 'email', ?2)")?;
        let mut event = transaction.prepare_cached(
            "INSERT INTO events VALUES (1, ?1, ?2, 'customer', ?2, 1, 'kustomer.customer.create', ?1, ?2)",
        )?;
        for number in first..first + rows {
            let id = id(number);
            let at = i64::try_from(number)?;
            record.execute(params![id, at, document])?;
            for identity in 0..4 {
                // A claim's key is a hash, so it falls on a random page.
                let (high, low) = (scatter(number * 4 + identity), scatter(!(number * 4 + identity)));
                claim.execute(params![(u128::from(high) << 64 | u128::from(low)).to_be_bytes(), id])?;
            }
            event.execute(params![at, id])?;
        }
    }
    Ok(transaction.commit()?)
}

fn read(database: &Connection, number: u64) -> Result<String> {
    database
        .prepare_cached("SELECT document FROM customers WHERE org = 1 AND id = ?1 AND deleted = 0")?
        .query_row([id(number)], |row| row.get(0))
        .optional()?
        .context("a row that was written is not there")
}

fn id(number: u64) -> String {
    format!("{number:024x}")
}

/// SplitMix64: the same number always gives the same, and neighbours have nothing in common.
pub(crate) const fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_above_zero_on_a_real_file() {
        let folder = tempfile::tempdir().unwrap();
        let rates = measure(&folder.path().join("bare.db"), b"{}", Duration::from_millis(20)).unwrap();
        assert_eq!(rates.len(), 3);
        assert!(rates.iter().all(|(_, _, rate)| *rate > 0.0), "{rates:?}");
    }
}
