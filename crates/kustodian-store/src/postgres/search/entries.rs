//! The index of the kinds beside customers, on PostgreSQL.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Criterion, Node, Query, SearchRow};
use kustodian_core::search_store::WalkQuery;
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use tokio_postgres::Row as Returned;

use super::super::connection::{Connection, Step, statement};
use super::super::failure::words;
use super::super::records::stored;
use super::super::sql::statements;
use super::super::values::{Id, Value};
use super::condition::{Given, Piece, form, of_customers};
use super::finding::{Finding, Means, count_tracked};
use super::page;
use super::session::{self, Session, Trouble};
use super::walks;
use crate::options::SearchEffort;
use crate::search::entries::progress::{self, Progress};
use crate::search::entries::{self, Found, Halt, Kept, Place, Reader, Row, Sql};
use crate::search::{Compiled, of_lost, with_lost};

/// The kind that is searched for, when it is another than customers.
pub(super) fn other_kind(query: &Query) -> Option<Kind> {
    Kind::searched_as(query.context).filter(|kind| *kind != Kind::Customer)
}

/// The query with customers that have lost values beside the criteria that these meet, and with its criteria about other records
/// replaced by their ids, if they are few. Once time is over it stays as it is: the search will find out.
pub(super) async fn resolved<'q>(
    session: &mut Session<'_>,
    query: &'q Query,
    means: &Means,
) -> Result<Cow<'q, Query>, Trouble> {
    let mut resolved = Cow::Borrowed(query);
    if session.may_have_lost {
        put_root(&mut resolved, with_lost(&mut Entries::new(session, means), query).await)?;
    }
    let mut is_about_others = false;
    query.root.each_has(&mut |_, _| is_about_others = true);
    if is_about_others && query.context == Context::Customer {
        let root = entries::resolve(&mut Entries::new(session, means), query.context, &resolved.root).await;
        put_root(&mut resolved, root)?;
    }
    Ok(resolved)
}

fn put_root(query: &mut Cow<'_, Query>, root: Result<Node, Halt<Trouble>>) -> Result<(), Trouble> {
    match root {
        Ok(root) => query.to_mut().root = root,
        Err(Halt::Time) => {}
        Err(Halt::Failed(trouble)) => return Err(trouble),
    }
    Ok(())
}

/// Reads the index within a snapshot.
pub(super) struct Entries<'s, 'c> {
    session: &'s mut Session<'c>,
    means: &'s Means,
}

impl<'s, 'c> Entries<'s, 'c> {
    pub(super) fn new(session: &'s mut Session<'c>, means: &'s Means) -> Self {
        Self { session, means }
    }

    /// The records of these contexts beside a record.
    pub(super) async fn around(
        &mut self,
        row: &SearchRow,
        contexts: &BTreeSet<Context>,
    ) -> Result<Vec<SearchRow>, session::Halt> {
        entries::around(self, row, contexts).await.map_err(|halt| match halt {
            Halt::Time => session::Halt::Time,
            Halt::Failed(trouble) => session::Halt::Failed(trouble),
        })
    }
}

fn halt(halt: session::Halt) -> Halt<Trouble> {
    match halt {
        session::Halt::Time => Halt::Time,
        session::Halt::Failed(trouble) => Halt::Failed(trouble),
    }
}

fn piece(sql: &Sql) -> Piece {
    Piece::new(sql.text.clone(), sql.binds.iter().cloned().map(Given::Bind).collect())
}

impl Reader for Entries<'_, '_> {
    type Failure = Trouble;

    fn place(&self) -> Place {
        Place { form: form(self.means.is_spread), org: self.session.org }
    }

    fn effort(&self) -> SearchEffort {
        self.means.effort
    }

    fn check_time(&self) -> Result<(), Halt<Trouble>> {
        self.session.check_time().map_err(halt)
    }

    async fn rows(&mut self, sql: &Sql) -> Result<Vec<Found>, Halt<Trouble>> {
        let rows = self.session.ask(&piece(sql)).await.map_err(halt)?;
        let read = |row: &Returned| Ok((row.try_get::<_, Id>(0)?.0, row.try_get(1)?));
        rows.iter().map(read).collect::<Result<_, tokio_postgres::Error>>().map_err(|error| halt(error.into()))
    }

    async fn number(&mut self, sql: &Sql) -> Result<u64, Halt<Trouble>> {
        self.session.number(&piece(sql)).await.map_err(halt)
    }

    async fn search_rows(&mut self, kind: Kind, ids: &[ObjectId]) -> Result<Vec<SearchRow>, Halt<Trouble>> {
        let sql = format!("SELECT document FROM {} WHERE org = ? AND id = ANY(?)", kind.spec().table);
        let values = vec![Given::Number(self.session.org.0), Given::Ids(ids.to_vec())];
        let answered = self.session.ask(&Piece::new(sql, values)).await.map_err(halt)?;
        let mut rows = Vec::with_capacity(answered.len());
        for row in &answered {
            let document = row.try_get(0).map_err(|error| halt(error.into()))?;
            rows.extend(kind.search_row_of(document).map_err(|refusal| halt(refusal.into()))?);
            // Reading a document takes a while of this thread, which has other requests to answer.
            tokio::task::yield_now().await;
        }
        Ok(rows)
    }

    async fn customers(&mut self, node: &Node, limit: usize) -> Result<Option<Vec<ObjectId>>, Halt<Trouble>> {
        let query = Query {
            context: Context::Customer,
            root: node.clone(),
            sort: Vec::new(),
            include_deleted: false,
            aggregations: Vec::new(),
        };
        let mut finding = Finding::begin(self.session, &query, self.means).await?;
        finding.find(limit as u64 + 1).await.map_err(halt)?;
        Ok((finding.found.len() <= limit).then_some(finding.found))
    }

    async fn customers_by_lost(
        &mut self,
        criterion: &Criterion,
        include_deleted: bool,
        limit: usize,
    ) -> Result<Option<Vec<ObjectId>>, Halt<Trouble>> {
        let query = of_lost(criterion, include_deleted);
        let mut finding = Finding::begin(self.session, &query, self.means).await?;
        finding.find_any(limit as u64 + 1).await.map_err(halt)?;
        Ok((finding.found.len() <= limit).then_some(finding.found))
    }

    async fn count_tracked(&mut self, customer: ObjectId) -> Result<u64, Halt<Trouble>> {
        count_tracked(self.session, customer).await.map_err(halt)
    }

    async fn customers_of(&mut self, company: ObjectId) -> Result<Vec<ObjectId>, Halt<Trouble>> {
        const SQL: &str = "SELECT s.id FROM customer_search s WHERE s.org = ? AND s.company_id = ? AND NOT s.deleted";
        let values = vec![Given::Number(self.session.org.0), Given::Bind(crate::search::Bind::Id(company))];
        self.session.ids(&Piece::new(SQL, values)).await.map_err(halt)
    }

    fn of_customers(&self, node: &Node, row: Row<'_>, over: bool) -> Compiled {
        let condition = of_customers(self.session.org, node, self.means, over);
        let (id, column) = match row.context {
            Context::Company => ("id", "company_id"),
            Context::KObject
            | Context::Customer
            | Context::Conversation
            | Context::Message
            | Context::Note
            | Context::ConversationTime => ("customer", "id"),
        };
        let (name, sql) = (row.name, &condition.sql);
        let sql = format!(
            "({name}.{id} IS NOT NULL AND {name}.{id} IN (SELECT s.{column} FROM customer_search s \
             WHERE s.org = ? AND NOT s.deleted AND s.{column} IS NOT NULL AND {sql}))"
        );
        let org = crate::search::Bind::Cell(crate::search::Cell::Integer(self.session.org.0));
        Compiled { sql, binds: std::iter::once(org).chain(condition.binds).collect(), exact: condition.exact }
    }

    async fn records(&mut self, kind: Kind, ids: &[ObjectId], bytes: usize) -> Result<Vec<Stored>, Trouble> {
        page::records(self.session, kind, ids.to_vec(), (bytes, self.means.is_spread)).await
    }
}

impl Kept for Entries<'_, '_> {
    async fn length(&mut self, walk: ObjectId, query: &WalkQuery) -> Result<Option<u64>, Trouble> {
        session::anyway(walks::length(self.session, walk, query.now).await)
    }

    async fn ids(&mut self, walk: ObjectId, from: u64, limit: u64) -> Result<Vec<ObjectId>, Halt<Trouble>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        walks::ids(self.session, walk, from, limit).await.map_err(halt)
    }
}

/// $1 home, $2 org, $3 kind, $4 id, $5 deleted, $6 customer, $7 company, $8 conversation, $9 words, and with it, where tables
/// are on one machine, $10 terms.
static ADD_WITH_TERMS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH r AS ({ADD} RETURNING home, org, kind, id) INSERT INTO search_terms (home, org, kind, term, record) \
         SELECT r.home, r.org, r.kind, w.term, r.id FROM r CROSS JOIN unnest($10) AS w (term) ON CONFLICT DO NOTHING"
    )
});

/// $1 home, $2 org, $3 kind, $4 id, $5 deleted, $6 customer, $7 company, $8 conversation,
/// $9 words.
const ADD: &str = "INSERT INTO search_records (home, org, kind, id, deleted, customer, company, conversation, words) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, array_to_tsvector($9)) ON CONFLICT (org, kind, id, home) \
     DO UPDATE SET deleted = excluded.deleted, customer = excluded.customer, company = excluded.company, \
     conversation = excluded.conversation, words = excluded.words";

/// $1 org, $2 kind, $3 id, $4 deleted, $5 customer, $6 company, $7 conversation, $8 words. The home is that of the record,
/// which is there.
fn change(kind: Kind) -> &'static str {
    static OF_KINDS: LazyLock<[String; Kind::ALL.len()]> = LazyLock::new(|| {
        Kind::ALL.map(|kind| {
            let (table, home) = (kind.spec().table, home_of(kind));
            format!(
                "INSERT INTO search_records (home, org, kind, id, deleted, customer, company, conversation, words) \
                 SELECT t.{home}, t.org, $2, t.id, $4, $5, $6, $7, array_to_tsvector($8) FROM {table} t WHERE t.org = $1 AND t.id = $3 \
                 ON CONFLICT (org, kind, id, home) \
                 DO UPDATE SET deleted = excluded.deleted, customer = excluded.customer, company = excluded.company, \
                 conversation = excluded.conversation, words = excluded.words \
                 WHERE (search_records.deleted, search_records.customer, search_records.company, \
                 search_records.conversation, search_records.words) IS DISTINCT FROM \
                 (excluded.deleted, excluded.customer, excluded.company, excluded.conversation, excluded.words)"
            )
        })
    });
    &OF_KINDS[kind as usize]
}

/// The column that holds the home of a kind's records.
fn home_of(kind: Kind) -> &'static str {
    if kind.spec().has_home() { "home" } else { "id" }
}

/// $1 org, $2 kind, $3 id.
const FORGET: &str = "DELETE FROM search_records WHERE org = $1 AND kind = $2 AND id = $3";

/// $1 org, $2 kind, $3 id, $4 the terms that stay.
const REMOVE_TERMS: &str =
    "DELETE FROM search_terms WHERE org = $1 AND kind = $2 AND record = $3 AND NOT term = ANY($4)";

/// $1 org, $2 kind, $3 id, $4 the terms that go.
const REMOVE_THESE: &str = "DELETE FROM search_terms WHERE org = $1 AND kind = $2 AND record = $3 AND term = ANY($4)";

/// $1 org, $2 kind, $3 id, $4 terms. The home is that of the record's row.
const ADD_TERMS: &str = "INSERT INTO search_terms (home, org, kind, term, record) \
     SELECT r.home, r.org, r.kind, w.term, r.id FROM search_records r CROSS JOIN unnest($4) AS w (term) \
     WHERE r.org = $1 AND r.kind = $2 AND r.id = $3 ON CONFLICT DO NOTHING";

/// Both, where tables are on one machine: $1 org, $2 kind, $3 id, $4 the terms that go, $5 other terms.
const EXCHANGE_TERMS: &str = "WITH gone AS (DELETE FROM search_terms WHERE org = $1 AND kind = $2 AND record = $3 \
     AND term = ANY($4)) INSERT INTO search_terms (home, org, kind, term, record) \
     SELECT r.home, r.org, r.kind, w.term, r.id FROM search_records r CROSS JOIN unnest($5) AS w (term) \
     WHERE r.org = $1 AND r.kind = $2 AND r.id = $3 ON CONFLICT DO NOTHING";

/// Puts what a record offers in the place of what the index held of it; nothing when it is found no longer. `home` is where
/// a new record is.
pub(in crate::postgres) fn index<'a>(
    (org, kind, id): (OrgKey, Kind, ObjectId),
    home: Option<ObjectId>,
    row: Option<&SearchRow>,
    is_spread: bool,
) -> Vec<Step<'a>> {
    let name = || vec![Value::Number(org.0), Value::Text(kind.as_str()), Value::Id(id)];
    let with = |more: Vec<Value<'a>>| name().into_iter().chain(more).collect::<Vec<_>>();
    let Some(row) = row else {
        return vec![statement(FORGET, name()), statement(REMOVE_TERMS, with(vec![Value::Texts(Vec::new())]))];
    };
    let entries::Entries { deleted, customer, company, conversation, terms, words, .. } =
        entries::Entries::of(org, row);
    let parents = [customer, company, conversation].map(Value::MaybeId);
    let words = Value::OwnedTexts(words.into_iter().collect());
    let held: Vec<Value<'a>> = std::iter::once(Value::Flag(deleted)).chain(parents).chain([words]).collect();
    let terms: Vec<String> = terms.into_iter().collect();
    let add_terms = |terms: Vec<String>| statement(ADD_TERMS, with(vec![Value::OwnedTexts(terms)]));
    match home {
        Some(home) => {
            let mut values: Vec<Value<'a>> = std::iter::once(Value::Id(home)).chain(with(held)).collect();
            if is_spread {
                return vec![statement(ADD, values), add_terms(terms)];
            }
            values.push(Value::OwnedTexts(terms));
            vec![statement(&ADD_WITH_TERMS, values)]
        }
        None => {
            let add_terms = add_terms(terms.clone());
            let remove = statement(REMOVE_TERMS, with(vec![Value::OwnedTexts(terms)]));
            vec![statement(change(kind), with(held)), remove, add_terms]
        }
    }
}

/// Changes what the index holds of a record as far as its revisions differ.
pub(in crate::postgres) fn change_entries<'a>(
    (org, kind, id): (OrgKey, Kind, ObjectId),
    former: &SearchRow,
    row: &SearchRow,
    is_spread: bool,
) -> Vec<Step<'a>> {
    let with = |more: Vec<Value<'a>>| {
        let name = vec![Value::Number(org.0), Value::Text(kind.as_str()), Value::Id(id)];
        name.into_iter().chain(more).collect::<Vec<_>>()
    };
    let entries::Difference { head, removed, added, words } = entries::Difference::between(org, former, row);
    let mut steps = Vec::new();
    if head.is_some() || words.is_some() {
        let parents = [Context::Customer, Context::Company, Context::Conversation].map(|context| row.parent(context));
        let words = words.map_or_else(|| entries::Entries::of(org, row).words, |(words, _)| words);
        let words = Value::OwnedTexts(words.into_iter().collect());
        let held =
            std::iter::once(Value::Flag(row.deleted)).chain(parents.map(Value::MaybeId)).chain([words]).collect();
        steps.push(statement(change(kind), with(held)));
    }
    let (removes, adds) = (!removed.is_empty(), !added.is_empty());
    let [removed, added] = [removed, added].map(Value::OwnedTexts);
    if removes && adds && !is_spread {
        steps.push(statement(EXCHANGE_TERMS, with(vec![removed, added])));
        return steps;
    }
    if removes {
        steps.push(statement(REMOVE_THESE, with(vec![removed])));
    }
    if adds {
        steps.push(statement(ADD_TERMS, with(vec![added])));
    }
    steps
}

/// A record whose entries are made out of its document.
pub(in crate::postgres) struct Written<'d> {
    pub(in crate::postgres) org: OrgKey,
    pub(in crate::postgres) kind: Kind,
    pub(in crate::postgres) id: ObjectId,
    pub(in crate::postgres) home: ObjectId,
    pub(in crate::postgres) document: &'d str,
}

/// Indexes records, whatever the index held of them. Within a transaction of the caller's or without.
///
/// # Errors
/// In one line, when the database fails.
pub(in crate::postgres) async fn index_documents(
    connection: &Connection,
    records: &[Written<'_>],
) -> Result<(), String> {
    let mut steps = Vec::new();
    for Written { org, kind, id, home, document } in records {
        // A damaged record must not hide the others.
        let row = kind.search_row_of(document).unwrap_or_else(|error| {
            tracing::error!(%id, %error, "a {} is left out of searches", kind.as_str());
            None
        });
        let name = (*org, *kind, *id);
        // An entry that exists may have another form.
        if row.is_some() {
            steps.extend(index(name, None, None, true));
        }
        // Wherever the tables are.
        steps.extend(index(name, Some(*home), row.as_ref(), true));
    }
    connection.run_unnamed(&steps).await.map(|_| ()).map_err(|failed| words(&failed.error))
}

/// How many records are read at a time.
const RECORDS: i64 = 200;

/// Indexes all records of every searched kind but customers, some hundreds at a time, each in a transaction. How many there were.
///
/// # Errors
/// As of [`index_documents`].
pub(in crate::postgres) async fn index_all(
    connection: &Connection,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, String> {
    let told = |error: tokio_postgres::Error| words(&error);
    let (mut at, mut done) = (Progress::start(), 0);
    while let Some(progress) = at {
        connection.command("BEGIN").await.map_err(told)?;
        let (next, indexed) = index_page(connection, progress).await?;
        connection.command("COMMIT").await.map_err(told)?;
        at = next;
        done += indexed;
        tell(done);
    }
    Ok(done)
}

/// Indexes the records after a place, in the transaction of the caller; the place after them, and how many there were.
async fn index_page(connection: &Connection, at: Progress) -> Result<(Option<Progress>, u64), String> {
    let told = |error: tokio_postgres::Error| words(&error);
    let Some(kind) = at.kind() else { return Ok((None, 0)) };
    let (table, home) = (kind.spec().table, home_of(kind));
    let page = format!("SELECT org, id, {home} FROM {table} WHERE (org, id) > ($1, $2) ORDER BY org, id LIMIT $3");
    let values = [Value::Number(at.org), Value::Text(&at.id), Value::Number(RECORDS)];
    let rows = connection.unnamed(&page, &values).await.map_err(told)?.rows;
    let read = |row: &Returned| Ok((OrgKey(row.try_get(0)?), row.try_get::<_, Id>(1)?.0, row.try_get::<_, Id>(2)?.0));
    let names = rows.iter().map(read).collect::<Result<Vec<_>, tokio_postgres::Error>>().map_err(told)?;
    // Locked, so that nobody writes a record between its reading and its indexing. Each by a statement of its own:
    // where tables are spread, one that locks may concern one shard only.
    let lock = |(org, id, _): &(OrgKey, ObjectId, ObjectId)| {
        statement(statements(kind).lock, vec![Value::Number(org.0), Value::Id(*id)])
    };
    let locks: Vec<Step<'_>> = names.iter().map(lock).collect();
    let answers = connection.run(&locks).await.map_err(|failed| words(&failed.error))?;
    let mut documents = Vec::with_capacity(names.len());
    for ((org, id, home), answer) in names.iter().zip(answers) {
        if let Some(row) = answer.rows.first() {
            documents.push((*org, *id, *home, stored(row).map_err(told)?.document));
        }
    }
    let records: Vec<Written<'_>> = documents
        .iter()
        .map(|(org, id, home, document)| Written { org: *org, kind, id: *id, home: *home, document })
        .collect();
    index_documents(connection, &records).await?;
    let last = names.last().map(|(org, id, _)| (org.0, id.to_string()));
    Ok((at.after(last), names.len() as u64))
}

/// $1 name → the note of how far a migration has indexed.
const NOTED: &str = "SELECT value FROM settings WHERE name = $1";
const NOTE: &str =
    "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const FORGET_NOTE: &str = "DELETE FROM settings WHERE name = $1";

/// Notes that all records are to be indexed, in the transaction of a migration.
///
/// # Errors
/// In one line, when the database fails.
pub(in crate::postgres) async fn want_entries(connection: &Connection) -> Result<(), String> {
    note(connection, Progress::start()).await
}

/// Notes that the records of a kind lack terms, in the transaction of a migration. If an earlier migration is not done yet, all
/// records are indexed from the first one on.
///
/// # Errors
/// In one line, when the database fails.
pub(in crate::postgres) async fn want_terms_of(connection: &Connection, kind: Kind) -> Result<(), String> {
    match are_entries_wanted(connection).await? {
        true => want_entries(connection).await,
        false => note(connection, Some(Progress::of_terms(kind))).await,
    }
}

async fn note(connection: &Connection, progress: Option<Progress>) -> Result<(), String> {
    let note = progress.map(|progress| progress.note());
    let name = Value::Text(progress::NAME);
    let noted = match &note {
        Some(note) => connection.unnamed(NOTE, &[name, Value::Bytes(note)]).await,
        None => connection.unnamed(FORGET_NOTE, &[name]).await,
    };
    noted.map(drop).map_err(|error| words(&error))
}

/// Whether a migration left records without entries.
///
/// # Errors
/// In one line, when the database fails.
pub(in crate::postgres) async fn are_entries_wanted(connection: &Connection) -> Result<bool, String> {
    let noted = connection.unnamed(NOTED, &[Value::Text(progress::NAME)]).await;
    Ok(!noted.map_err(|error| words(&error))?.rows.is_empty())
}

/// Indexes the next records that a migration left, in the transaction of the caller, which holds the lock of migrations; how
/// many they were.
///
/// # Errors
/// As of [`index_documents`].
pub(in crate::postgres) async fn index_some(connection: &Connection) -> Result<u64, String> {
    let told = |error: tokio_postgres::Error| words(&error);
    let noted = connection.unnamed(NOTED, &[Value::Text(progress::NAME)]).await.map_err(told)?;
    let noted = noted.rows.first().map(|row| row.try_get::<_, Vec<u8>>(0)).transpose().map_err(told)?;
    let Some(at) = noted.and_then(|noted| Progress::read(&noted)) else { return Ok(0) };
    let (next, indexed) = index_page(connection, at).await?;
    note(connection, next).await?;
    Ok(indexed)
}
