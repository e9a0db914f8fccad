//! Comparing the index of the kinds beside customers with their documents.

use std::collections::{BTreeMap, BTreeSet};

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::{Connection, OptionalExtension};

use super::super::packed::Unpacked;
use super::super::values::Id;
use super::compare::hash;
use crate::check::index::{EVERYTHING, Misfounds, WORDS};
use crate::search::entries::{CODE_BITS, Entries, code, differing, letter};

const HEAD: &str = "SELECT deleted, customer, company, conversation, words FROM search_records \
     WHERE org = ?1 AND kind = ?2 AND id = ?3";
const HAS_TERM: &str =
    "SELECT EXISTS (SELECT 1 FROM search_terms WHERE org = ?1 AND kind = ?2 AND record = ?3 AND term = ?4)";
const TERMS: &str = "SELECT count(*) FROM search_terms WHERE kind = ?1";
const TERMS_OF_EACH: &str = "SELECT org, record, count(*) FROM search_terms WHERE kind = ?1 GROUP BY org, record";

const VOCABULARY: &str = "CREATE VIRTUAL TABLE temp.search_vocabulary USING fts5vocab(main, search_words, instance)";
const FORGET_VOCABULARY: &str = "DROP TABLE temp.search_vocabulary";
const WORDS_HELD: &str = "SELECT term, doc FROM temp.search_vocabulary";

/// For each row of the index of words, the hashes of the words that its record should have, summed up.
type Sums = BTreeMap<i64, u64>;

/// Compares every record of these kinds, and index entries without a record.
pub(super) fn compare_entries(connection: &Connection, misfounds: &mut Misfounds) -> rusqlite::Result<()> {
    let mut sums = Sums::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_in_entries()) {
        let table = kind.spec().table;
        let mut terms = 0;
        let mut page = connection.prepare(&format!("SELECT org, id, document, key FROM {table}"))?;
        let mut rows = page.query([])?;
        while let Some(row) = rows.next()? {
            let (org, id) = (OrgKey(row.get(0)?), row.get::<_, Id>(1)?.0);
            // What cannot be read is reported by others.
            let Ok(Unpacked(document)) = row.get(2) else { continue };
            let Ok(should) = kind.search_row_of(&document) else { continue };
            let should = should.map(|row| Entries::of(org, &row));
            let held_terms = held_terms(connection, (org, kind, id), should.as_ref())?;
            terms += held_terms.len() as u64;
            let is = held(connection, (org, kind, id), &held_terms)?;
            if is.is_none() && !held_terms.is_empty() {
                misfounds.note_of(kind, org.0, id, WORDS);
            }
            if let (Some(should), Some(context)) = (&should, kind.search_context()) {
                let sum = should.words.iter().map(hash).fold(0, u64::wrapping_add);
                sums.insert(row.get::<_, i64>(3)? << CODE_BITS | i64::from(code(context)), sum);
            }
            for part in differing(should.as_ref(), is.as_ref()) {
                misfounds.note_of(kind, org.0, id, part);
            }
        }
        let stray = format!(
            "SELECT r.org, r.id FROM search_records r WHERE r.kind = ?1 AND NOT EXISTS (SELECT 1 FROM {table} t \
             WHERE t.org = r.org AND t.id = lower(hex(r.id))) LIMIT 1000"
        );
        let mut stray = connection.prepare(&stray)?;
        let mut rows = stray.query([letter(kind)])?;
        while let Some(row) = rows.next()? {
            misfounds.note_of(kind, row.get(0)?, ObjectId::from_bytes(row.get(1)?), EVERYTHING);
        }
        if connection.query_row(TERMS, [letter(kind)], |row| row.get::<_, u64>(0))? != terms {
            note_others(connection, kind, misfounds)?;
        }
    }
    compare_words(connection, sums, misfounds)
}

/// Notes the records of a kind, and the ids of none, that have terms which they should not have.
fn note_others(connection: &Connection, kind: Kind, misfounds: &mut Misfounds) -> rusqlite::Result<()> {
    let mut each = connection.prepare(TERMS_OF_EACH)?;
    let mut rows = each.query([letter(kind)])?;
    let mut document = connection
        .prepare(&format!("SELECT document FROM {} WHERE org = ?1 AND id = lower(hex(?2))", kind.spec().table))?;
    while let Some(row) = rows.next()? {
        let (org, id) = (OrgKey(row.get(0)?), ObjectId::from_bytes(row.get(1)?));
        let stored = document.query_row((org.0, id.as_bytes()), |row| Ok(row.get::<_, Unpacked>(0).ok())).optional()?;
        let should = match stored {
            // What cannot be read is reported by others.
            Some(None) => continue,
            Some(Some(Unpacked(document))) => match kind.search_row_of(&document) {
                Ok(row) => row.map(|row| Entries::of(org, &row)),
                Err(_) => continue,
            },
            None => None,
        };
        if held_terms(connection, (org, kind, id), should.as_ref())?.len() as u64 != row.get::<_, u64>(2)? {
            misfounds.note_of(kind, org.0, id, WORDS);
        }
    }
    Ok(())
}

/// Those of the terms that a record should have that it has.
pub(super) fn held_terms(
    connection: &Connection,
    (org, kind, id): (OrgKey, Kind, ObjectId),
    should: Option<&Entries>,
) -> rusqlite::Result<BTreeSet<String>> {
    let mut has = connection.prepare_cached(HAS_TERM)?;
    let mut held = BTreeSet::new();
    for term in should.iter().flat_map(|should| &should.terms) {
        if has.query_row((org.0, letter(kind), id.as_bytes(), term), |row| row.get(0))? {
            held.insert(term.clone());
        }
    }
    Ok(held)
}

/// Compares all words with those that records should have.
fn compare_words(connection: &Connection, mut sums: Sums, misfounds: &mut Misfounds) -> rusqlite::Result<()> {
    connection.execute_batch(VOCABULARY)?;
    let mut held = connection.prepare(WORDS_HELD)?;
    let mut rows = held.query([])?;
    while let Some(row) = rows.next()? {
        let word = row.get_ref(0)?.as_bytes().unwrap_or_default();
        let sum = sums.entry(row.get(1)?).or_default();
        *sum = sum.wrapping_sub(hash(word));
    }
    drop(rows);
    drop(held);
    connection.execute_batch(FORGET_VOCABULARY)?;
    for (row, _) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        let (key, number) = (row >> CODE_BITS, row & ((1 << CODE_BITS) - 1));
        let is_of = |kind: &Kind| kind.search_context().is_some_and(|context| i64::from(code(context)) == number);
        let Some(kind) = Kind::ALL.into_iter().find(is_of) else { continue };
        let sql = format!("SELECT org, id FROM {} WHERE key = ?1", kind.spec().table);
        let found = connection.query_row(&sql, [key], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Id>(1)?.0)));
        match found.optional()? {
            Some((org, id)) => misfounds.note_of(kind, org, id, WORDS),
            None => misfounds.note_of(kind, 0, format_args!("of row {row}"), WORDS),
        }
    }
    Ok(())
}

/// What the index holds of a record, with these terms.
pub(super) fn held(
    connection: &Connection,
    (org, kind, id): (OrgKey, Kind, ObjectId),
    terms: &BTreeSet<String>,
) -> rusqlite::Result<Option<Entries>> {
    let id_of = |bytes: Option<[u8; 12]>| bytes.map(ObjectId::from_bytes);
    let head = connection.prepare_cached(HEAD)?.query_row((org.0, letter(kind), id.as_bytes()), |row| {
        Ok(Entries {
            deleted: row.get(0)?,
            customer: id_of(row.get(1)?),
            company: id_of(row.get(2)?),
            conversation: id_of(row.get(3)?),
            terms: terms.clone(),
            words: BTreeSet::new(),
            digest: row.get::<_, Option<i64>>(4)?.unwrap_or_default(),
        })
    });
    head.optional()
}
