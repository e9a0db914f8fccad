//! The index of the kinds beside customers, on SQLite.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::task::{Context as TaskContext, Poll, Waker};

use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Criterion, Node, Query, SearchRow};
use kustodian_core::search_store::{Chosen, WalkQuery};
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params, params_from_iter};

use super::super::packed::Unpacked;
use super::super::records::stored;
use super::super::values::{Hex, Id};
use super::access::{SYNTAX, Sqlite, values};
use super::candidate::count_tracked;
use super::entry_words::EntryWords;
use super::pages::{Finding, ids};
use super::time::{self, Time};
use super::walks;
use crate::options::SearchEffort;
use crate::page::take_bytes;
use crate::search::entries::progress::{self, Progress};
use crate::search::entries::{
    self, CODE_BITS, Form, Found, Halt, Kept, Place, Reader, Row, Sql, WordsForm, code, letter,
};
use crate::search::{Compiled, Slots, compile_side, may_ask_lost, of_lost, with_lost};

/// The planner has no statistics: statements say which index to use, and which table is first.
pub(super) const FORM: Form = Form {
    names_indexes: true,
    join: "CROSS JOIN",
    has_homes: false,
    is_for_each: true,
    name_of: letter,
    text_of: |column| format!("lower(hex({column}))"),
    words: &WORDS,
};

static WORDS: WordsForm = WordsForm { syntax: SYNTAX, among: words_among, ids: ids_of_words };

/// The number of a record's row in the index of words, `key` being its key in the table of its kind.
fn number_of(kind: Kind, key: &str) -> String {
    format!("({key} << {CODE_BITS} | {})", kind.search_context().map(code).unwrap_or_default())
}

fn words_among(Row { name, .. }: Row<'_>, kind: Kind) -> String {
    let number = number_of(kind, "k.key");
    format!(
        "EXISTS (SELECT 1 FROM {} k WHERE k.org = {name}.org AND k.id = lower(hex({name}.id)) \
         AND {number} IN (SELECT rowid FROM search_words WHERE search_words MATCH ?))",
        kind.spec().table
    )
}

fn ids_of_words(kind: Kind) -> String {
    format!(
        "SELECT unhex(k.id), NULL FROM search_words CROSS JOIN {} k ON k.key = search_words.rowid >> {CODE_BITS} \
         WHERE search_words MATCH ?",
        kind.spec().table
    )
}

/// The kind that is searched for, when it is another than customers.
pub(super) fn other_kind(query: &Query) -> Option<Kind> {
    Kind::searched_as(query.context).filter(|kind| *kind != Kind::Customer)
}

/// Waits for what SQLite answers at once.
pub(super) fn now<T>(work: impl Future<Output = rusqlite::Result<T>>) -> rusqlite::Result<T> {
    match std::pin::pin!(work).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        // Nothing in it waits.
        Poll::Pending => Err(rusqlite::Error::UnwindingPanic),
    }
}

/// The query with customers that have lost values beside the criteria that these meet, and with its criteria about other records
/// replaced by their ids, if they are few. Once time is over it stays as it is: the search will find out.
pub(super) fn resolved<'q>(
    connection: &Connection,
    (org, query): (OrgKey, &'q Query),
    slots: &Slots,
    time: &Time,
    effort: SearchEffort,
) -> rusqlite::Result<Cow<'q, Query>> {
    let mut reader = Entries::new(connection, org, slots, time, effort);
    let mut resolved = Cow::Borrowed(query);
    if slots.may_have_lost() && may_ask_lost(query) {
        put_root(&mut resolved, now(async { Ok(with_lost(&mut reader, query).await) })?)?;
    }
    let mut is_about_others = false;
    query.root.each_has(&mut |_, _| is_about_others = true);
    if is_about_others && query.context == Context::Customer {
        let root = now(async { Ok(entries::resolve(&mut reader, query.context, &resolved.root).await) })?;
        put_root(&mut resolved, root)?;
    }
    Ok(resolved)
}

fn put_root(query: &mut Cow<'_, Query>, root: Result<Node, Halt<rusqlite::Error>>) -> rusqlite::Result<()> {
    match root {
        Ok(root) => query.to_mut().root = root,
        Err(Halt::Time) => {}
        Err(Halt::Failed(error)) => return Err(error),
    }
    Ok(())
}

/// Reads the index within a snapshot.
pub(super) struct Entries<'a> {
    connection: &'a Connection,
    org: OrgKey,
    slots: &'a Slots,
    time: &'a Time,
    effort: SearchEffort,
}

impl<'a> Entries<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        org: OrgKey,
        slots: &'a Slots,
        time: &'a Time,
        effort: SearchEffort,
    ) -> Self {
        Self { connection, org, slots, time, effort }
    }

    /// The records of these contexts beside a record.
    pub(super) fn around(
        &mut self,
        row: &SearchRow,
        contexts: &BTreeSet<Context>,
    ) -> Result<Vec<SearchRow>, time::Halt> {
        let found = now(async { Ok(entries::around(self, row, contexts).await) })?;
        found.map_err(|halt| match halt {
            Halt::Time => time::Halt::Time,
            Halt::Failed(error) => time::Halt::Failed(error),
        })
    }
}

fn halt(halt: time::Halt) -> Halt<rusqlite::Error> {
    match halt {
        time::Halt::Time => Halt::Time,
        time::Halt::Failed(error) => Halt::Failed(error),
    }
}

fn failed(error: rusqlite::Error) -> Halt<rusqlite::Error> {
    halt(error.into())
}

impl Reader for Entries<'_> {
    type Failure = rusqlite::Error;

    fn place(&self) -> Place {
        Place { form: FORM, org: self.org }
    }

    fn effort(&self) -> SearchEffort {
        self.effort
    }

    fn check_time(&self) -> Result<(), Halt<rusqlite::Error>> {
        self.time.check().map_err(halt)
    }

    async fn rows(&mut self, sql: &Sql) -> Result<Vec<Found>, Halt<rusqlite::Error>> {
        let read = || -> rusqlite::Result<Vec<Found>> {
            let mut statement = self.connection.prepare_cached(&sql.text)?;
            let read = |row: &rusqlite::Row<'_>| Ok((ObjectId::from_bytes(row.get(0)?), row.get(1)?));
            statement.query_map(params_from_iter(values(sql.binds.clone())), read)?.collect()
        };
        self.check_time()?;
        read().map_err(failed)
    }

    async fn number(&mut self, sql: &Sql) -> Result<u64, Halt<rusqlite::Error>> {
        self.check_time()?;
        let mut statement = self.connection.prepare_cached(&sql.text).map_err(failed)?;
        statement.query_row(params_from_iter(values(sql.binds.clone())), |row| row.get(0)).map_err(failed)
    }

    async fn search_rows(&mut self, kind: Kind, ids: &[ObjectId]) -> Result<Vec<SearchRow>, Halt<rusqlite::Error>> {
        let sql = format!("SELECT document FROM {} WHERE org = ?1 AND id = ?2", kind.spec().table);
        let mut statement = self.connection.prepare_cached(&sql).map_err(failed)?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            self.check_time()?;
            let document = statement.query_row(params![self.org.0, Hex::of(*id)], |row| row.get::<_, Unpacked>(0));
            if let Some(Unpacked(document)) = document.optional().map_err(failed)? {
                rows.extend(search_row(kind, &document).map_err(failed)?);
            }
        }
        Ok(rows)
    }

    async fn customers(&mut self, node: &Node, limit: usize) -> Result<Option<Vec<ObjectId>>, Halt<rusqlite::Error>> {
        let query = Query {
            context: Context::Customer,
            root: node.clone(),
            sort: Vec::new(),
            include_deleted: false,
            aggregations: Vec::new(),
        };
        let mut finding = Finding::new(self.connection, self.org, &query, self.slots, self.time, self.effort);
        finding.find(limit.saturating_add(1)).map_err(halt)?;
        if finding.all().len() > limit {
            return Ok(None);
        }
        ids(self.connection, finding.all()).map(Some).map_err(failed)
    }

    async fn customers_by_lost(
        &mut self,
        criterion: &Criterion,
        include_deleted: bool,
        limit: usize,
    ) -> Result<Option<Vec<ObjectId>>, Halt<rusqlite::Error>> {
        let query = of_lost(criterion, include_deleted);
        let mut finding = Finding::new(self.connection, self.org, &query, self.slots, self.time, self.effort);
        if !finding.probe(limit, true).map_err(halt)? {
            return Ok(None);
        }
        finding.find_among_candidates(usize::MAX, Chosen::Any).map_err(halt)?;
        ids(self.connection, finding.all()).map(Some).map_err(failed)
    }

    async fn count_tracked(&mut self, customer: ObjectId) -> Result<u64, Halt<rusqlite::Error>> {
        count_tracked(self.connection, self.org, customer).map_err(failed)
    }

    async fn customers_of(&mut self, company: ObjectId) -> Result<Vec<ObjectId>, Halt<rusqlite::Error>> {
        const SQL: &str = "SELECT id FROM customer_search WHERE org = ?1 AND deleted = 0 AND company_id = ?2";
        let read = || -> rusqlite::Result<Vec<ObjectId>> {
            let mut statement = self.connection.prepare_cached(SQL)?;
            let read = |row: &rusqlite::Row<'_>| Ok(ObjectId::from_bytes(row.get(0)?));
            statement.query_map(params![self.org.0, Hex::of(company)], read)?.collect()
        };
        read().map_err(failed)
    }

    fn of_customers(&self, node: &Node, row: Row<'_>, over: bool) -> Compiled {
        let condition = compile_side(node, self.slots, &Sqlite(self.org), over);
        let (name, sql) = (row.name, &condition.sql);
        let sql = match row.context {
            Context::Company => format!(
                "EXISTS (SELECT 1 FROM customer_search s WHERE s.org = {name}.org AND s.deleted = 0 \
                 AND s.company_id = lower(hex({name}.id)) AND {sql})"
            ),
            Context::KObject
            | Context::Customer
            | Context::Conversation
            | Context::Message
            | Context::Note
            | Context::ConversationTime => format!(
                "EXISTS (SELECT 1 FROM customers c CROSS JOIN customer_search s ON s.key = c.key \
                 WHERE c.org = {name}.org AND c.id = lower(hex({name}.customer)) AND s.deleted = 0 AND {sql})"
            ),
        };
        Compiled { sql, ..condition }
    }

    async fn records(&mut self, kind: Kind, ids: &[ObjectId], bytes: usize) -> rusqlite::Result<Vec<Stored>> {
        self.time.lift();
        let table = kind.spec().table;
        let sql = format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = ?1 AND id = ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let read = ids.iter().map(|id| statement.query_row(params![self.org.0, Hex::of(*id)], stored));
        take_bytes(read, bytes, |record| record.document.len())
    }
}

impl Kept for Entries<'_> {
    async fn length(&mut self, walk: ObjectId, query: &WalkQuery) -> rusqlite::Result<Option<u64>> {
        walks::length(self.connection, self.org, walk, query.now)
    }

    async fn ids(&mut self, walk: ObjectId, from: u64, limit: u64) -> Result<Vec<ObjectId>, Halt<rusqlite::Error>> {
        let ids = walks::ids(self.connection, self.org, walk, from, limit).map_err(failed)?;
        Ok(ids.into_iter().map(ObjectId::from_bytes).collect())
    }
}

fn search_row(kind: Kind, document: &str) -> rusqlite::Result<Option<SearchRow>> {
    kind.search_row_of(document)
        .map_err(|refusal| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(refusal)))
}

const WRITE: &str = "INSERT INTO search_records (org, kind, id, deleted, customer, company, conversation, words) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
     ON CONFLICT (org, kind, id) \
     DO UPDATE SET (deleted, customer, company, conversation, words) = (?4, ?5, ?6, ?7, ?8)";
const CHANGE: &str = "UPDATE search_records SET (deleted, customer, company, conversation) = (?4, ?5, ?6, ?7) \
     WHERE org = ?1 AND kind = ?2 AND id = ?3";
const CHANGE_WORDS: &str = "UPDATE search_records SET words = ?4 WHERE org = ?1 AND kind = ?2 AND id = ?3";
const FORGET: &str = "DELETE FROM search_records WHERE org = ?1 AND kind = ?2 AND id = ?3";
const FORGET_TERMS: &str = "DELETE FROM search_terms WHERE org = ?1 AND kind = ?2 AND record = ?3";
const ADD: &str = "INSERT INTO search_terms (org, kind, record, term) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
const REMOVE: &str = "DELETE FROM search_terms WHERE org = ?1 AND kind = ?2 AND record = ?3 AND term = ?4";

/// What the index is to hold of a record from now on.
pub(in crate::sqlite) enum Offer {
    /// Nothing.
    Nothing,
    /// This.
    Whole(entries::Entries),
    /// What it holds of the revision that is replaced, but for this.
    Difference(entries::Difference),
}

impl Offer {
    /// All of these entries, or nothing.
    pub(in crate::sqlite) fn of(entries: Option<entries::Entries>) -> Self {
        entries.map_or(Self::Nothing, Self::Whole)
    }
}

/// Puts what a record offers in the place of what the index held of it, before the record itself is written: `is_new` says
/// that nothing was there.
pub(in crate::sqlite) fn index(
    connection: &Connection,
    words: &mut EntryWords,
    name: (OrgKey, Kind, ObjectId),
    is_new: bool,
    offer: &Offer,
) -> rusqlite::Result<()> {
    let entries = match offer {
        Offer::Difference(difference) => return change(connection, words, name, difference),
        Offer::Whole(entries) => Some(entries),
        Offer::Nothing => None,
    };
    let former = if is_new { None } else { former(connection, words, name)? };
    write(connection, words, name, former.as_ref(), entries)
}

/// What the index holds of a record as it is stored. Of one that cannot be read all is taken away, as nobody knows what that is.
fn former(
    connection: &Connection,
    words: &mut EntryWords,
    name @ (org, kind, id): (OrgKey, Kind, ObjectId),
) -> rusqlite::Result<Option<entries::Entries>> {
    let sql = format!("SELECT document FROM {} WHERE org = ?1 AND id = ?2", kind.spec().table);
    let read = |row: &rusqlite::Row<'_>| row.get::<_, Unpacked>(0);
    let stored = connection.prepare_cached(&sql)?.query_row(params![org.0, Hex::of(id)], read).optional();
    match stored.and_then(|stored| stored.map(|stored| search_row(kind, &stored.0)).transpose()) {
        Ok(row) => Ok(row.flatten().map(|row| entries::Entries::of(org, &row))),
        Err(rusqlite::Error::FromSqlConversionFailure(..)) => {
            let key = (org.0, letter(kind), id.as_bytes());
            connection.prepare_cached(FORGET_TERMS)?.execute(key)?;
            connection.prepare_cached(FORGET)?.execute(key)?;
            words.note(name, true, None);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Writes what a record is to have in the place of what it has.
fn write(
    connection: &Connection,
    words: &mut EntryWords,
    name @ (org, kind, id): (OrgKey, Kind, ObjectId),
    former: Option<&entries::Entries>,
    entries: Option<&entries::Entries>,
) -> rusqlite::Result<()> {
    let key = (org.0, letter(kind), id.as_bytes());
    if former.map(|former| former.digest) != entries.map(|entries| entries.digest) {
        words.note(name, former.is_some(), entries.map(|entries| &entries.words));
    }
    match entries {
        Some(entries::Entries { deleted, customer, company, conversation, digest, .. }) => {
            let [customer, company, conversation] = [customer, company, conversation].map(bytes_of);
            let values = params![key.0, key.1, key.2, deleted, customer, company, conversation, digest];
            connection.prepare_cached(WRITE)?.execute(values)?
        }
        None => connection.prepare_cached(FORGET)?.execute(key)?,
    };
    let nothing = BTreeSet::new();
    let held = former.map_or(&nothing, |former| &former.terms);
    let terms = entries.map_or(&nothing, |entries| &entries.terms);
    move_terms(connection, key, held.difference(terms), terms.difference(held))
}

fn change(
    connection: &Connection,
    words: &mut EntryWords,
    name @ (org, kind, id): (OrgKey, Kind, ObjectId),
    difference: &entries::Difference,
) -> rusqlite::Result<()> {
    let key = (org.0, letter(kind), id.as_bytes());
    if let Some((deleted, parents)) = &difference.head {
        let [customer, company, conversation] = parents.each_ref().map(bytes_of);
        let values = params![key.0, key.1, key.2, deleted, customer, company, conversation];
        connection.prepare_cached(CHANGE)?.execute(values)?;
    }
    if let Some((all, digest)) = &difference.words {
        connection.prepare_cached(CHANGE_WORDS)?.execute(params![key.0, key.1, key.2, digest])?;
        words.note(name, true, Some(all));
    }
    move_terms(connection, key, difference.removed.iter(), difference.added.iter())
}

fn move_terms<'t>(
    connection: &Connection,
    (org, kind, id): (i64, &str, &[u8; 12]),
    removed: impl Iterator<Item = &'t String>,
    added: impl Iterator<Item = &'t String>,
) -> rusqlite::Result<()> {
    let mut remove = connection.prepare_cached(REMOVE)?;
    for term in removed {
        remove.execute(params![org, kind, id, term])?;
    }
    let mut add = connection.prepare_cached(ADD)?;
    for term in added {
        add.execute(params![org, kind, id, term])?;
    }
    Ok(())
}

fn bytes_of(id: &Option<ObjectId>) -> Option<[u8; 12]> {
    id.map(|id| *id.as_bytes())
}

/// How many records are read at a time.
const RECORDS: usize = 1_000;

const EMPTY: &str = "DELETE FROM search_terms; DELETE FROM search_records; \
     INSERT INTO search_words (search_words) VALUES ('delete-all')";

/// Indexes all records of every searched kind but customers in the transaction of the caller; `report` gets the number done.
pub(in crate::sqlite) fn index_kinds(connection: &Connection, report: &mut dyn FnMut(u64)) -> rusqlite::Result<u64> {
    connection.execute_batch(EMPTY)?;
    let (mut at, mut done) = (Progress::start(), 0);
    while let Some(progress) = at {
        let (next, indexed) = index_page(connection, progress)?;
        at = next;
        done += indexed;
        report(done);
    }
    Ok(done)
}

/// Indexes the records after a place, whatever the index held of them; the place after them, and how many there were.
fn index_page(connection: &Connection, at: Progress) -> rusqlite::Result<(Option<Progress>, u64)> {
    let Some(kind) = at.kind() else { return Ok((None, 0)) };
    let sql = format!(
        "SELECT org, id, document FROM {} WHERE (org, id) > (?1, ?2) ORDER BY org, id LIMIT ?3",
        kind.spec().table
    );
    let page: Vec<(i64, ObjectId, String)> = connection
        .prepare_cached(&sql)?
        .query_map(params![at.org, at.id, RECORDS], |row| {
            Ok((row.get(0)?, row.get::<_, Id>(1)?.0, row.get::<_, Unpacked>(2)?.0))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut words = EntryWords::default();
    for (org, id, document) in &page {
        // A damaged record must not hide the others.
        let row = kind.search_row_of(document).unwrap_or_else(|error| {
            tracing::error!(%id, %error, "a {} is left out of searches", kind.as_str());
            None
        });
        let org = OrgKey(*org);
        let entries = row.map(|row| entries::Entries::of(org, &row));
        match entries {
            Some(entries) if at.is_of_terms => {
                let key = (org.0, letter(kind), id.as_bytes());
                move_terms(connection, key, std::iter::empty(), entries.terms.iter())?;
            }
            entries => write(connection, &mut words, (org, kind, *id), None, entries.as_ref())?,
        }
    }
    words.write(connection)?;
    Ok((at.after(page.last().map(|(org, id, _)| (*org, id.to_string()))), page.len() as u64))
}

/// Notes that all records are to be indexed, in the transaction of a migration that leaves none in the index.
pub(in crate::sqlite) fn want_entries(connection: &Connection) -> rusqlite::Result<()> {
    Progress::start().map_or(Ok(()), |start| note(connection, Some(&start)))
}

/// Notes that the records of a kind lack terms, in the transaction of a migration. If an earlier migration is not done yet, all
/// records are indexed from the first one on.
pub(in crate::sqlite) fn want_terms_of(connection: &Connection, kind: Kind) -> rusqlite::Result<()> {
    if connection.prepare_cached(NOTED)?.exists([progress::NAME])? {
        connection.execute_batch(EMPTY)?;
        return want_entries(connection);
    }
    note(connection, Some(&Progress::of_terms(kind)))
}

fn note(connection: &Connection, progress: Option<&Progress>) -> rusqlite::Result<()> {
    match progress {
        Some(progress) => connection
            .prepare_cached("REPLACE INTO settings (name, value) VALUES (?1, ?2)")?
            .execute(params![progress::NAME, progress.note()])?,
        None => connection.prepare_cached("DELETE FROM settings WHERE name = ?1")?.execute([progress::NAME])?,
    };
    Ok(())
}

/// ?1 name → the note of how far a migration has indexed.
const NOTED: &str = "SELECT value FROM settings WHERE name = ?1";

/// Indexes the next records that a migration left, in a transaction of its own; whether there may be more. Another process
/// may do the same.
pub(in crate::sqlite) fn index_some(connection: &mut Connection) -> rusqlite::Result<bool> {
    let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
    if connection.query_row(NOTED, [progress::NAME], read).optional()?.is_none() {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let noted = transaction.query_row(NOTED, [progress::NAME], read).optional()?;
    if let Some(at) = noted.and_then(|noted| Progress::read(&noted)) {
        note(&transaction, index_page(&transaction, at)?.0.as_ref())?;
    }
    transaction.commit()?;
    Ok(true)
}
