//! A walk through the whole file, some rows at a time, beside all else.
//!
//! Documents have checksums; the pages of tables and indexes have none, and a bit that flips there takes a record out of a
//! list, or an identity out of the look-ups, without any error. So every row is compared with what leads to it: each of its
//! table's indexes must have it, each entry of an index must be in its place and lead to a row, each document must be as it
//! was written, and what it claims must be held. Events are read with their payloads, and each must be the next one of the chain of
//! its org. Then the search index is compared with the documents, words included ([`search::compare_some`]). What disagrees is
//! damage, as if a read had met it.
//!
//! Each step is one statement, so it sees one state however many write; none takes longer than some milliseconds, and the walk
//! rests much longer than it works.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use kustodian_core::chain::{Link, genesis, leaf, link};
use kustodian_core::feed::Payload;
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use serde::de::IgnoredAny;

use super::connection;
use super::events;
use super::failure::{brief, is_damage};
use super::health::Health;
use super::records::{find_owner, stored};
use super::search::{self, Agreement};
use super::sql::statements;
use crate::failure::OpenError;
use crate::metrics::Counters;
use crate::options::Options;

/// How many rows a step compares.
const ROWS: usize = 128;

/// How long the walk rests after a step, in times of that: it takes a twentieth of a processor.
const RESTS: u32 = 19;

/// How long after a start the first walk begins at the latest: a server that is started every day walks, too.
const FIRST_WITHIN: Duration = Duration::from_secs(600);

/// How much of the database the walk keeps in memory, in bytes.
const CACHE: u64 = 2 * 1024 * 1024;

/// The thread that walks. Stopped, it ends after the step that it is in.
pub(super) struct Patrol {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Patrol {
    /// Starts the thread, which walks once in every such time.
    pub(super) fn start(
        path: &Path,
        options: &Options,
        every: Duration,
        (health, counters): (Arc<Health>, Arc<Counters>),
    ) -> Result<Self, OpenError> {
        let (stop, stopped) = bounded(0);
        let options = Options { reader_cache_bytes: CACHE, ..options.clone() };
        let walker = Walker { path: path.to_owned(), options, health, counters, stopped };
        let thread = thread::Builder::new()
            .name("store-patrol".to_owned())
            .spawn(move || walker.walk_every(every))
            .map_err(|error| OpenError::Failed { what: path.display().to_string(), reason: error.to_string() })?;
        Ok(Self { stop, thread })
    }

    /// Ends the walk, and waits for that.
    pub(super) fn stop(self) {
        drop(self.stop);
        // Fails only when the thread panicked, which has been reported.
        drop(self.thread.join());
    }
}

/// Why a walk ended.
enum Ended {
    /// The database is closed.
    Stopped,
    /// Something does not agree, in words.
    Damage(String),
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Ended {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

struct Walker {
    path: PathBuf,
    options: Options,
    health: Arc<Health>,
    counters: Arc<Counters>,
    stopped: Receiver<()>,
}

impl Walker {
    fn walk_every(&self, every: Duration) {
        let mut rest = every.min(FIRST_WITHIN);
        let mut indexed = search::Place::default();
        while self.rest(rest).is_ok() {
            let began = Instant::now();
            match self.walk(every, &mut indexed) {
                Ok(()) => {}
                Err(Ended::Stopped) => return,
                Err(Ended::Damage(found)) => self.health.note_damage(found),
                Err(Ended::Failed(error)) if is_damage(&error) => self.health.note(&error),
                Err(Ended::Failed(error)) => {
                    tracing::warn!(error = brief(&error), "the walk through the file was broken off");
                }
            }
            rest = every.saturating_sub(began.elapsed());
        }
    }

    fn rest(&self, length: Duration) -> Result<(), Ended> {
        match self.stopped.recv_timeout(length) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            _ => Err(Ended::Stopped),
        }
    }

    /// Walks once. The connection is opened for it: between two walks nothing is held.
    fn walk(&self, every: Duration, indexed: &mut search::Place) -> Result<(), Ended> {
        let began = Instant::now();
        if self.health.must_be_in_place().is_err() {
            // Known, and reported by `/readyz`.
            return Ok(());
        }
        let connection = match connection::reader(&self.path, &self.options) {
            Ok(connection) => connection,
            Err(OpenError::Damaged { finding, .. }) => return Err(Ended::Damage(finding)),
            Err(error) => {
                tracing::warn!(%error, "the file could not be opened to be walked through");
                return Ok(());
            }
        };
        for table in tables(&connection)? {
            self.compare(&connection, &table)?;
        }
        for kind in Kind::ALL {
            self.read_records(&connection, kind)?;
        }
        self.read_events(&connection)?;
        let end = began + every.max(2 * began.elapsed());
        self.read_index(&connection, end, indexed)?;
        self.counters.patrol();
        Ok(())
    }

    /// Compares the search index with the documents, until the end or until the time is over: then the next walk continues
    /// there. A word takes longer than a record, and there are many; all else is read as often as it should be.
    fn read_index(&self, connection: &Connection, end: Instant, indexed: &mut search::Place) -> Result<(), Ended> {
        search::prepare(connection)?;
        loop {
            let began = Instant::now();
            let agreement = search::compare_some(connection, indexed)?;
            self.rest(began.elapsed() * RESTS)?;
            match agreement {
                Agreement::Differs(found) => return Err(Ended::Damage(found)),
                Agreement::Continues if Instant::now() < end => {}
                Agreement::Continues => return Ok(()),
                Agreement::Ends => {
                    self.counters.index_patrol();
                    return Ok(());
                }
            }
        }
    }

    /// Compares a table with its indexes, in both directions.
    fn compare(&self, connection: &Connection, table: &Table) -> Result<(), Ended> {
        let flags: Vec<String> = table.indexes.iter().map(|index| table.is_in(index)).collect();
        let all_rows = Walk::new(&table.key, &flags, format!("{} AS a NOT INDEXED", quoted(&table.name)), None);
        let has_all = |key: &[Value], row: &Row<'_>| {
            for (at, index) in table.indexes.iter().enumerate() {
                if !row.get::<_, bool>(key.len() + at)? {
                    return Err(Ended::Damage(format!("the index {} lacks a row of {}", index.name, table.name)));
                }
            }
            Ok(())
        };
        self.follow(connection, &table.name, &all_rows, has_all)?;
        for index in &table.indexes {
            let from = format!("{} AS a INDEXED BY {}", quoted(&table.name), quoted(&index.name));
            let entries = Walk::new(&table.entry_of(index), &[table.has()], from, index.condition.as_deref());
            let leads = |key: &[Value], row: &Row<'_>| match row.get::<_, bool>(key.len())? {
                true => Ok(()),
                false => Err(Ended::Damage(format!("the index {} leads to no row of {}", index.name, table.name))),
            };
            self.follow(connection, &index.name, &entries, leads)?;
        }
        Ok(())
    }

    /// Takes all steps of a walk in the order of its keys.
    fn follow(
        &self,
        connection: &Connection,
        name: &str,
        walk: &Walk,
        look: impl Fn(&[Value], &Row<'_>) -> Result<(), Ended>,
    ) -> Result<(), Ended> {
        let mut last: Option<Vec<Value>> = None;
        loop {
            let began = Instant::now();
            let sql = if last.is_none() { &walk.first } else { &walk.next };
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(last.clone().unwrap_or_default()))?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                let key = (0..walk.key).map(|at| row.get(at)).collect::<rusqlite::Result<Vec<Value>>>()?;
                if last.as_deref().and_then(|last| order(last, &key)).is_some_and(Ordering::is_ge) {
                    return Err(Ended::Damage(format!("{name} is out of order")));
                }
                look(&key, row)?;
                (last, count) = (Some(key), count + 1);
            }
            drop(rows);
            drop(statement);
            self.rest(began.elapsed() * RESTS)?;
            // Nothing compares as greater than a key without a value.
            if count < ROWS || last.iter().flatten().any(|value| *value == Value::Null) {
                return Ok(());
            }
        }
    }

    /// Reads the records of a kind with their checksums, and looks whether they hold what they claim.
    fn read_records(&self, connection: &Connection, kind: Kind) -> Result<(), Ended> {
        let sql = format!(
            "SELECT id, rev, deleted, created_at, updated_at, document, org, key FROM {} WHERE key > ?1 ORDER BY key \
             LIMIT {ROWS}",
            statements(kind).table
        );
        let mut last = i64::MIN;
        loop {
            let began = Instant::now();
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([last])?;
            let mut count = 0;
            // The claims are read while the statement is open, so in the state that it sees.
            while let Some(row) = rows.next()? {
                let (record, org) = (stored(row)?, OrgKey(row.get(6)?));
                (last, count) = (row.get(7)?, count + 1);
                let claims = match record.deleted {
                    true => Vec::new(),
                    // What cannot be read is as it was written: an earlier version's.
                    false => kind.claims_of(org, record.id, &record.document).unwrap_or_default(),
                };
                for claim in claims {
                    if find_owner(connection, org, claim.key)? != Some(record.id) {
                        let (kind, of) = (kind.as_str(), claim.kind.as_str());
                        return Err(Ended::Damage(format!("a {kind} does not hold the {of} that its document names")));
                    }
                }
            }
            drop(rows);
            drop(statement);
            self.rest(began.elapsed() * RESTS)?;
            if count < ROWS {
                return Ok(());
            }
        }
    }
}

impl Walker {
    /// Reads the events with their payloads, and follows the chain of each org.
    fn read_events(&self, connection: &Connection) -> Result<(), Ended> {
        let columns = events::columns(Payload::Whole);
        let sql = format!(
            "SELECT {columns}, org FROM events WHERE (org, position) > (?1, ?2) ORDER BY org, position LIMIT {ROWS}"
        );
        let mut last: Option<(OrgKey, u64, Link)> = None;
        loop {
            let began = Instant::now();
            let (org, position) = last.map_or((i64::MIN, 0), |(org, position, _)| (org.0, position));
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((org, position))?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                let event = events::recorded(row)?;
                let org = OrgKey(row.get(row.as_ref().column_count() - 1)?);
                let (before, previous) = match last {
                    Some((of, position, link)) if of == org => (position, link),
                    _ => (0, genesis(org)),
                };
                let position = event.position.unwrap_or_default();
                let link = link(previous, position, leaf(event.metadata(), event.digest));
                if position != before + 1 || event.link != Some(link) {
                    return Err(Ended::Damage(format!("the event {position} is not the next one of its chain")));
                }
                let is_json = |text: &String| serde_json::from_str::<IgnoredAny>(text).is_ok();
                if ![&event.changes, &event.snapshot].into_iter().flatten().all(is_json) {
                    return Err(Ended::Damage(format!("the payload of the event {position} cannot be read")));
                }
                (last, count) = (Some((org, position, link)), count + 1);
            }
            drop(rows);
            drop(statement);
            self.rest(began.elapsed() * RESTS)?;
            if count < ROWS {
                return Ok(());
            }
        }
    }
}

/// A table and what leads to its rows.
struct Table {
    name: String,
    /// The columns that name a row.
    key: Vec<String>,
    indexes: Vec<Index>,
}

struct Index {
    name: String,
    columns: Vec<String>,
    /// Which rows it has; `None` when it has all.
    condition: Option<String>,
}

/// What names a row of a table that has no key of its own.
const ROWID: &str = "rowid";

impl Table {
    /// What an entry of an index holds: its columns, and what names the row.
    fn entry_of(&self, index: &Index) -> Vec<String> {
        let names_row = self.key.iter().filter(|column| !index.columns.contains(column));
        index.columns.iter().chain(names_row).cloned().collect()
    }

    /// Whether an index has the row `a`.
    fn is_in(&self, index: &Index) -> String {
        let is_there = format!(
            "EXISTS (SELECT 1 FROM {} AS b INDEXED BY {} WHERE {}{})",
            quoted(&self.name),
            quoted(&index.name),
            same(&self.entry_of(index)),
            index.condition.iter().map(|condition| format!(" AND {condition}")).collect::<String>()
        );
        match &index.condition {
            None => is_there,
            Some(condition) => format!("CASE WHEN {condition} THEN {is_there} ELSE 1 END"),
        }
    }

    /// Whether the table has the row that `a` is said to be.
    fn has(&self) -> String {
        format!("EXISTS (SELECT 1 FROM {} AS b NOT INDEXED WHERE {})", quoted(&self.name), same(&self.key))
    }
}

/// That the rows `a` and `b` have the same in these columns.
fn same(columns: &[String]) -> String {
    let one = |column: &String| format!("b.{0} IS a.{0}", of_column(column));
    columns.iter().map(one).collect::<Vec<_>>().join(" AND ")
}

fn of_column(column: &str) -> String {
    if column == ROWID { ROWID.to_owned() } else { quoted(column) }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The statements of a walk: from the beginning, and behind a key.
struct Walk {
    first: String,
    next: String,
    /// How many columns of its rows are the key.
    key: usize,
}

impl Walk {
    fn new(key: &[String], looks: &[String], from: String, condition: Option<&str>) -> Self {
        let columns = key.iter().map(|column| format!("a.{}", of_column(column))).collect::<Vec<_>>().join(", ");
        let looks: String = looks.iter().map(|look| format!(", {look}")).collect();
        let places = vec!["?"; key.len()].join(", ");
        let behind = format!("({columns}) > ({places})");
        let select = |conditions: Vec<&str>| {
            let all =
                if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
            format!("SELECT {columns}{looks} FROM {from}{all} ORDER BY {columns} LIMIT {ROWS}")
        };
        let first = select(condition.into_iter().collect());
        let next = select([behind.as_str()].into_iter().chain(condition).collect());
        Self { first, next, key: key.len() }
    }
}

/// The tables of the file, as it says itself. Those of the words of searches are left out: SQLite has a form of its own for
/// them, and their words are compared with the documents.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let sql = "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite~_%' \
         ESCAPE '~' ORDER BY name";
    let named = connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, bool)>>>()?;
    named.into_iter().map(|(name, is_its_own_index)| table(connection, name, is_its_own_index)).collect()
}

fn table(connection: &Connection, name: String, is_its_own_index: bool) -> rusqlite::Result<Table> {
    let key = match is_its_own_index {
        false => vec![ROWID.to_owned()],
        true => connection
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?
            .query_map([&name], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    let listed = connection
        .prepare("SELECT name, origin FROM pragma_index_list(?1)")?
        .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let mut indexes = Vec::new();
    for (index, origin) in listed {
        if !(is_its_own_index && origin == "pk") {
            indexes.extend(self::index(connection, index)?);
        }
    }
    Ok(Table { name, key, indexes })
}

/// `None` for an index of another form than those of the schema.
fn index(connection: &Connection, name: String) -> rusqlite::Result<Option<Index>> {
    let sql = "SELECT name, \"desc\" = 0 AND coll = 'BINARY' FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno";
    let columns = connection
        .prepare(sql)?
        .query_map([&name], |row| Ok(row.get::<_, Option<String>>(0)?.filter(|_| matches!(row.get(1), Ok(true)))))?
        .collect::<rusqlite::Result<Option<Vec<String>>>>()?;
    let declared: Option<String> =
        connection
            .query_row("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1", [&name], |row| row.get(0))?;
    let declared = declared.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let condition = declared.split_once(" WHERE ").map(|(_, condition)| format!("({condition})"));
    Ok(columns.map(|columns| Index { name, columns, condition }))
}

/// How two keys are ordered; `None` where that takes more than comparing values of one type.
fn order(one: &[Value], other: &[Value]) -> Option<Ordering> {
    for pair in one.iter().zip(other) {
        let ordering = match pair {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
            (Value::Real(one), Value::Real(other)) => one.partial_cmp(other)?,
            (Value::Text(one), Value::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
            (Value::Blob(one), Value::Blob(other)) => one.cmp(other),
            _ => return None,
        };
        if ordering.is_ne() {
            return Some(ordering);
        }
    }
    Some(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_walk_follows_an_index_and_none_sorts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        connection::make_file(&path).unwrap();
        drop(connection::writer(&path, &Options::default(), connection::Durability::None).unwrap());
        let connection = connection::reader(&path, &Options::default()).unwrap();
        let plan = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let count = statement.parameter_count();
            let rows = statement.query_map(params_from_iter(vec![1; count]), |row| row.get(3)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let tables = tables(&connection).unwrap();
        let walked: Vec<&str> =
            tables.iter().flat_map(|table| &table.indexes).map(|index| index.name.as_str()).collect();
        // The last has a condition of two parts.
        let some = [
            "customers_by_id",
            "events_by_record",
            "kobjects_by_klass",
            "customer_search_by_c30",
            "search_terms_by_record",
        ];
        for index in some {
            assert!(walked.contains(&index), "{walked:?}");
        }
        let declared = "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
        let all: usize = connection.query_row(declared, [], |row| row.get(0)).unwrap();
        assert!(walked.len() >= all, "{} of {all}", walked.len());
        for table in &tables {
            let flags: Vec<String> = table.indexes.iter().map(|index| table.is_in(index)).collect();
            let rows = Walk::new(&table.key, &flags, format!("{} AS a NOT INDEXED", quoted(&table.name)), None);
            let entries = table.indexes.iter().map(|index| {
                let from = format!("{} AS a INDEXED BY {}", quoted(&table.name), quoted(&index.name));
                Walk::new(&table.entry_of(index), &[table.has()], from, index.condition.as_deref())
            });
            for Walk { next, .. } in std::iter::once(rows).chain(entries) {
                for step in plan(&next) {
                    assert!(!step.contains("TEMP") && !step.starts_with("SCAN"), "{step} in {next}");
                }
            }
        }
    }
}
