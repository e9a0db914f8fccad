//! Comparing the search entries of customers with their documents.
//!
//! Rows are compared one by one. Words are in the index by themselves, with the records that have them: for each record
//! the hashes of its words are summed up, once as its document has them and once as the index does. So a million records
//! take some fifty megabytes, and each word is read once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params};

use super::super::Archive;
use super::super::packed::Unpacked;
use super::super::values::Id;
use super::backlog::mark;
use super::compare_entries::compare_entries;
use super::write::{FoundBy, column, read_slots};
use crate::check::index::{EVERYTHING, Misfounds, WORDS};
use crate::copy::{CopyError, CopyProgress, CopyStep};
use crate::search::Slots;

/// How many customers are read at a time.
const CUSTOMERS: usize = 1_000;

/// The customers that the index knows, and where their rows of it begin.
const PAGE: &str = "SELECT c.key, c.org, c.id, c.document, s.* FROM customers c LEFT JOIN customer_search s ON s.key = c.key \
     WHERE c.key > ?1 AND c.key <= ?2 ORDER BY c.key LIMIT ?3";
const ROW_BEGINS: usize = 4;

const COUNT: &str = "SELECT count(*) FROM customers WHERE key <= (SELECT indexed FROM search_progress)";
const STRAY: &str = "SELECT org, key FROM customer_search s WHERE key > ?1 \
     OR NOT EXISTS (SELECT 1 FROM customers c WHERE c.key = s.key) LIMIT ?2";
const VOCABULARY: &str = "CREATE VIRTUAL TABLE temp.customer_terms USING fts5vocab(main, customer_words, instance)";
const FORGET_VOCABULARY: &str = "DROP TABLE temp.customer_terms";
const TERMS: &str = "SELECT term, doc FROM temp.customer_terms";
const FIND_ID: &str = "SELECT org, id FROM customers WHERE key = ?1";

impl Archive {
    /// Compares the search entries of customers with their documents.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) async fn compare_index(
        &mut self,
        tell: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> Result<Misfounds, CopyError> {
        let total = self.work(|connection| connection.query_row(COUNT, [], |row| row.get(0))).await?;
        let progress = |table, done, total| CopyProgress { step: CopyStep::Verify, table, done, total };
        let mut comparison = Comparison::default();
        loop {
            let done;
            let is_all;
            (comparison, done, is_all) = self
                .work(|connection| {
                    let (done, is_all) = comparison.rows(connection)?;
                    Ok((comparison, done, is_all))
                })
                .await?;
            tell(progress("customer_search", done, total));
            if is_all {
                break;
            }
        }
        tell(progress("customer_words", 0, 1));
        let mut misfounds = self.work(|connection| comparison.words(connection)).await?;
        tell(progress("customer_words", 1, 1));
        tell(progress("search_records", 0, 1));
        let misfounds = self
            .work(move |connection| {
                compare_entries(connection, &mut misfounds)?;
                Ok(misfounds)
            })
            .await?;
        tell(progress("search_records", 1, 1));
        Ok(misfounds)
    }
}

/// A comparison under way, all within one snapshot of the caller's.
#[derive(Default)]
struct Comparison {
    last: i64,
    slots: HashMap<OrgKey, Slots>,
    /// For each record what its words come to, less those that the index has; `None` where the document cannot be read,
    /// which others report.
    sums: HashMap<i64, Option<u64>>,
    misfounds: Misfounds,
}

impl Comparison {
    /// Compares the next rows; how many records are done, and whether these were the last.
    fn rows(&mut self, connection: &Connection) -> rusqlite::Result<(u64, bool)> {
        let before = self.sums.len();
        let indexed = mark(connection)?;
        let mut page = connection.prepare_cached(PAGE)?;
        let mut rows = page.query(params![self.last, indexed, CUSTOMERS])?;
        while let Some(row) = rows.next()? {
            self.row(connection, row)?;
        }
        let is_all = self.sums.len() - before < CUSTOMERS;
        if is_all {
            let mut stray = connection.prepare_cached(STRAY)?;
            let mut rows = stray.query(params![indexed, CUSTOMERS])?;
            while let Some(row) = rows.next()? {
                self.misfounds.note(row.get(0)?, format_args!("of row {}", row.get::<_, i64>(1)?), EVERYTHING);
            }
        }
        Ok((self.sums.len() as u64, is_all))
    }

    fn row(&mut self, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<()> {
        let (key, org, id) = (row.get(0)?, OrgKey(row.get(1)?), row.get::<_, Id>(2)?.0);
        self.last = key;
        let found = row.get::<_, Unpacked>(3).and_then(|Unpacked(document)| FoundBy::of_document(org, &document));
        let Ok(found) = found else {
            self.sums.insert(key, None);
            return Ok(());
        };
        let sum = found.as_ref().map_or(0, |found| found.terms().into_iter().map(hash).fold(0, u64::wrapping_add));
        self.sums.insert(key, Some(sum));
        let is_there = is_in_row(row)?;
        match found {
            Some(found) if is_there => self.columns(connection, row, (org, key, id), &found)?,
            None if !is_there => {}
            _ => self.misfounds.note(org.0, id, EVERYTHING),
        }
        Ok(())
    }

    fn columns(
        &mut self,
        connection: &Connection,
        row: &Row<'_>,
        (org, key, id): (OrgKey, i64, ObjectId),
        found: &FoundBy,
    ) -> rusqlite::Result<()> {
        let slots = match self.slots.entry(org) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(read_slots(connection, org)?),
        };
        for column in differing_columns(row, &found.values((org, key, id), slots))? {
            self.misfounds.note(org.0, id, column);
        }
        Ok(())
    }

    /// Compares all words, once all rows are done; returns the findings.
    fn words(mut self, connection: &Connection) -> rusqlite::Result<Misfounds> {
        connection.execute_batch(VOCABULARY)?;
        let mut terms = connection.prepare(TERMS)?;
        let mut rows = terms.query([])?;
        while let Some(row) = rows.next()? {
            let term = row.get_ref(0)?.as_bytes().unwrap_or_default();
            if let Some(sum) = self.sums.entry(row.get(1)?).or_insert(Some(0)) {
                *sum = sum.wrapping_sub(hash(term));
            }
        }
        drop(rows);
        drop(terms);
        connection.execute_batch(FORGET_VOCABULARY)?;
        let mut differing: Vec<i64> =
            self.sums.iter().filter(|(_, sum)| sum.is_some_and(|sum| sum != 0)).map(|(key, _)| *key).collect();
        differing.sort_unstable();
        for key in differing {
            let mut find = connection.prepare_cached(FIND_ID)?;
            let mut rows = find.query([key])?;
            match rows.next()? {
                Some(row) => self.misfounds.note(row.get(0)?, row.get::<_, Id>(1)?.0, WORDS),
                None => self.misfounds.note(0, format_args!("of row {key}"), WORDS),
            }
        }
        Ok(self.misfounds)
    }
}

/// Whether the index has the customer of a row, whose columns in the index follow four of its own.
pub(super) fn is_in_row(row: &Row<'_>) -> rusqlite::Result<bool> {
    Ok(row.get_ref(ROW_BEGINS)? != ValueRef::Null)
}

/// The columns of the index that have other values than these.
pub(super) fn differing_columns(row: &Row<'_>, values: &[Value]) -> rusqlite::Result<Vec<String>> {
    let mut differing = Vec::new();
    for (place, value) in values.iter().enumerate() {
        if row.get_ref(ROW_BEGINS + place)? != ValueRef::from(value) {
            differing.push(column(place));
        }
    }
    Ok(differing)
}

/// The same for the same bytes, in this process.
pub(super) fn hash(term: impl AsRef<[u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.as_ref().hash(&mut hasher);
    hasher.finish()
}
