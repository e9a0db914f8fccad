//! Comparing the search index with the documents some records at a time, for the walk through a file that is served.
//!
//! [`super::compare`] sums up the words of all records and reads each word once, in one snapshot. A walk beside the work
//! of a server may hold a snapshot for a moment only. So each step asks the index for every word of some records, and each
//! word of the index for its records. Both ways are needed: a flipped bit loses a word, or brings back one that was
//! taken away.

use std::collections::{BTreeSet, HashMap};

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::packed::Unpacked;
use super::super::values::Id;
use super::access::SYNTAX;
use super::backlog::mark;
use super::compare::{differing_columns, is_in_row};
use super::compare_entries::{held, held_terms};
use super::write::{FoundBy, read_slots};
use crate::search::Slots;
use crate::search::entries::{CODE_BITS, Entries, code, differing, letter, progress};

/// How many records a step compares.
const RECORDS: usize = 16;

/// How many entries of words a step compares at least, unless there are fewer.
const ENTRIES: usize = 64;

/// The index of words of customers, and that of the other kinds; and the names of their vocabularies.
const INDEXES: [(&str, &str); 2] = [("customer_words", "customer_vocabulary"), ("search_words", "search_vocabulary")];

/// The index by record has all terms of the kinds before this letter.
const PARTLY_LISTED: &str = "e";

/// It names the letter once more, for the condition of the index.
const COUNT_TERMS: &str = "SELECT count(*) FROM search_terms INDEXED BY search_terms_by_record \
     WHERE org = ?1 AND kind = ?2 AND kind < 'e' AND record = ?3";

/// How far a comparison is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sqlite) struct Place {
    /// First the kinds with their records, then the indexes of words.
    part: usize,
    /// The last record, or the last row that has the word.
    key: i64,
    /// The word of which entries are compared, once there is one.
    word: Option<String>,
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sqlite) enum Agreement {
    /// All agrees so far.
    Continues,
    /// All agrees, to the end. The place is the beginning again.
    Ends,
    /// Something does not, in words.
    Differs(String),
}

/// Prepares a connection for [`compare_some`].
pub(in crate::sqlite) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // SQLite counts tables of the connection's own as writes.
    connection.pragma_update(None, "query_only", false)?;
    for (index, vocabulary) in INDEXES {
        let sql = format!("CREATE VIRTUAL TABLE temp.{vocabulary} USING fts5vocab(main, {index}, instance)");
        connection.execute_batch(&sql)?;
    }
    connection.pragma_update(None, "query_only", true)
}

/// Compares what follows a place, in a snapshot of its own, and moves the place.
pub(in crate::sqlite) fn compare_some(connection: &Connection, place: &mut Place) -> rusqlite::Result<Agreement> {
    let snapshot = connection.unchecked_transaction()?;
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.search_context().is_some()).collect();
    let is_done = match kinds.get(place.part) {
        // Records that a migration left wait for the index, with or without their words.
        Some(kind) if kind.is_in_entries() && waits(&snapshot)? => Ok(true),
        Some(kind) => records(&snapshot, *kind, &mut place.key)?,
        None => match INDEXES.get(place.part - kinds.len()) {
            Some(index) if index.0 == "search_words" && waits(&snapshot)? => Ok(true),
            Some(index) => entries(&snapshot, index, &kinds, place)?,
            None => {
                *place = Place::default();
                return Ok(Agreement::Ends);
            }
        },
    };
    Ok(match is_done {
        Ok(true) => {
            *place = Place { part: place.part + 1, ..Place::default() };
            Agreement::Continues
        }
        Ok(false) => Agreement::Continues,
        Err(differs) => Agreement::Differs(differs),
    })
}

/// Whether it is done, or what differs.
type Step = Result<bool, String>;

fn waits(connection: &Connection) -> rusqlite::Result<bool> {
    const NOTED: &str = "SELECT EXISTS (SELECT 1 FROM settings WHERE name = ?1)";
    connection.prepare_cached(NOTED)?.query_row([progress::NAME], |row| row.get(0))
}

/// Compares the index entries of the next records.
fn records(connection: &Connection, kind: Kind, last: &mut i64) -> rusqlite::Result<Step> {
    let (to, row_of_search) = match kind {
        Kind::Customer => (mark(connection)?, ", s.*"),
        _ => (i64::MAX, ""),
    };
    let beside = if row_of_search.is_empty() { "" } else { "LEFT JOIN customer_search s ON s.key = t.key" };
    let sql = format!(
        "SELECT t.key, t.org, t.id, t.document{row_of_search} FROM {} t {beside} WHERE t.key > ?1 AND t.key <= ?2 \
         ORDER BY t.key LIMIT {RECORDS}",
        kind.spec().table
    );
    let mut page = connection.prepare_cached(&sql)?;
    let mut rows = page.query(params![*last, to])?;
    let (mut slots, mut count) = (HashMap::new(), 0);
    while let Some(row) = rows.next()? {
        (*last, count) = (row.get(0)?, count + 1);
        let org = OrgKey(row.get(1)?);
        // What cannot be read is reported by others.
        let Ok(Unpacked(document)) = row.get(3) else { continue };
        let part = match kind {
            Kind::Customer => {
                let slots = match slots.entry(org) {
                    std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::hash_map::Entry::Vacant(place) => place.insert(read_slots(connection, org)?),
                };
                customer(row, &document, slots)?
            }
            _ => other(connection, (org, kind, row.get::<_, Id>(2)?.0), &document)?,
        };
        let lacks_word =
            part.is_none() && lacks(connection, kind, *last, &words_of(kind, org, &document).unwrap_or_default())?;
        if let Some(part) = part.or_else(|| lacks_word.then(|| "words".to_owned())) {
            return Ok(Err(format!("searches know other {part} of a {} than its document", kind.as_str())));
        }
    }
    Ok(Ok(count < RECORDS))
}

/// What the row of a customer has otherwise than its document.
fn customer(row: &Row<'_>, document: &str, slots: &Slots) -> rusqlite::Result<Option<String>> {
    let (key, org, id) = (row.get(0)?, OrgKey(row.get(1)?), row.get::<_, Id>(2)?.0);
    let Ok(found) = FoundBy::of_document(org, document) else { return Ok(None) };
    let is_there = is_in_row(row)?;
    Ok(match found {
        Some(found) if is_there => differing_columns(row, &found.values((org, key, id), slots))?.into_iter().next(),
        None if !is_there => None,
        _ => Some("row".to_owned()),
    })
}

/// What the entries of a record of another kind have otherwise than its document, words aside.
fn other(
    connection: &Connection,
    name @ (org, kind, id): (OrgKey, Kind, ObjectId),
    document: &str,
) -> rusqlite::Result<Option<String>> {
    let Ok(should) = kind.search_row_of(document) else { return Ok(None) };
    let should = should.map(|row| Entries::of(org, &row));
    let terms = held_terms(connection, name, should.as_ref())?;
    let is = held(connection, name, &terms)?;
    if let Some(part) = differing(should.as_ref(), is.as_ref()).first() {
        return Ok(Some((*part).to_owned()));
    }
    if letter(kind) >= PARTLY_LISTED {
        return Ok(None);
    }
    let key = (org.0, letter(kind), id.as_bytes());
    let all: usize = connection.prepare_cached(COUNT_TERMS)?.query_row(key, |row| row.get(0))?;
    Ok((all != terms.len()).then(|| "value".to_owned()))
}

/// The words that a record should have; `None` when its document cannot be read.
fn words_of(kind: Kind, org: OrgKey, document: &str) -> Option<BTreeSet<String>> {
    if kind == Kind::Customer {
        let found = FoundBy::of_document(org, document).ok()?;
        return Some(found.map(|found| found.terms().into_iter().map(str::to_owned).collect()).unwrap_or_default());
    }
    let row = kind.search_row_of(document).ok()?;
    Some(row.map(|row| Entries::of(org, &row).words).unwrap_or_default())
}

/// The row of a record in its index of words.
fn row_of(kind: Kind, key: i64) -> i64 {
    match kind.search_context() {
        Some(context) if kind != Kind::Customer => key << CODE_BITS | i64::from(code(context)),
        _ => key,
    }
}

/// Whether the index lacks one of the words of a record.
fn lacks(connection: &Connection, kind: Kind, key: i64, words: &BTreeSet<String>) -> rusqlite::Result<bool> {
    let index = if kind == Kind::Customer { "customer_words" } else { "search_words" };
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {index} WHERE {index} MATCH ?1 AND rowid = ?2)");
    let mut has = connection.prepare_cached(&sql)?;
    for word in words {
        if !has.query_row(params![quoted(word), row_of(kind, key)], |row| row.get::<_, bool>(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn quoted(word: &str) -> String {
    format!("{0}{word}{0}", SYNTAX.quote)
}

/// Compares the next entries of an index of words with the documents.
fn entries(
    connection: &Connection,
    (index, vocabulary): &(&str, &str),
    kinds: &[Kind],
    place: &mut Place,
) -> rusqlite::Result<Step> {
    let next = format!("SELECT term FROM temp.{vocabulary} WHERE term >= ?1 LIMIT 1");
    let of_word =
        format!("SELECT rowid FROM {index} WHERE {index} MATCH ?1 AND rowid > ?2 ORDER BY rowid LIMIT {ENTRIES}");
    let mut done = 0;
    while done < ENTRIES {
        let Some(word) = place.word.clone() else {
            let Some(word) = next_word(connection, &next, "")? else { return Ok(Ok(true)) };
            (place.word, place.key) = (Some(word), i64::MIN);
            continue;
        };
        let mut statement = connection.prepare_cached(&of_word)?;
        let mut rows = statement.query(params![quoted(&word), place.key])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            (place.key, count) = (row.get(0)?, count + 1);
            if !has(connection, *index == "customer_words", kinds, place.key, &word)? {
                return Ok(Err("searches know a word of a record that its document does not have".to_owned()));
            }
        }
        done += count.max(1);
        if count < ENTRIES {
            // The next one in the order of bytes.
            let Some(word) = next_word(connection, &next, &format!("{word}\0"))? else { return Ok(Ok(true)) };
            (place.word, place.key) = (Some(word), i64::MIN);
        }
    }
    Ok(Ok(false))
}

/// The first word of an index that is not before another one.
fn next_word(connection: &Connection, next: &str, from: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached(next)?;
    let bytes = |row: &Row<'_>| match row.get_ref(0)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        _ => Ok(String::new()),
    };
    statement.query_row([from], bytes).optional()
}

/// Whether the record of a row has a word.
fn has(connection: &Connection, is_of_customers: bool, kinds: &[Kind], row: i64, word: &str) -> rusqlite::Result<bool> {
    let number = row & ((1 << CODE_BITS) - 1);
    let is_of = |kind: &Kind| kind.search_context().is_some_and(|context| i64::from(code(context)) == number);
    let (kind, key) = match is_of_customers {
        true => (Some(Kind::Customer), row),
        false => (kinds.iter().copied().find(is_of), row >> CODE_BITS),
    };
    let Some(kind) = kind else { return Ok(false) };
    let sql = format!("SELECT org, document FROM {} WHERE key = ?1", kind.spec().table);
    let read = |row: &Row<'_>| Ok((OrgKey(row.get(0)?), row.get::<_, Unpacked>(1).ok()));
    Ok(match connection.prepare_cached(&sql)?.query_row([key], read).optional()? {
        Some((org, Some(Unpacked(document)))) => {
            words_of(kind, org, &document).is_none_or(|words| words.contains(word))
        }
        // What cannot be read is reported by others.
        Some((_, None)) => true,
        None => false,
    })
}
