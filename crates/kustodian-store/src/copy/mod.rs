//! Carries a whole database to another engine: every org, key, record, identity and event.
//!
//! One pass reads one snapshot, so it may run while a server works on the source; a further pass copies the changes
//! since, as the events say. When nobody writes the source any more, the last pass is final. Each pass ends with a
//! count and a checksum over both sides.

pub(crate) mod state;
pub(crate) mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use async_trait::async_trait;
use kustodian_core::kind::{Kind, empties_the_past};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

use self::state::State;
use self::table::{CLAIMS, Cell, EVENTS, RECEIPTS, Row, TABLES, TRACKING, Table, Tally, table_of};
use crate::address::Address;
use crate::failure::OpenError;
use crate::options::Options;

/// How many rows are carried at a time; with them the target notes how far it is.
pub(crate) const ROWS: usize = 500;

/// How to copy.
#[derive(Debug, Clone, Copy, Default)]
pub struct CopyOptions {
    /// Continue an interrupted copy, or carry the changes since a complete one.
    pub resume: bool,
}

/// The progress of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyProgress {
    /// The action on the table.
    pub step: CopyStep,
    /// The table.
    pub table: &'static str,
    /// Rows done.
    pub done: u64,
    /// Rows there are, about.
    pub total: u64,
}

/// An action on a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyStep {
    /// Its rows are carried.
    Carry,
    /// The changes since the former pass are carried.
    CatchUp,
    /// Both sides are counted and summed.
    Verify,
}

/// A table after the copy: the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The sum of its rows' hashes.
    pub checksum: String,
}

/// Why a copy stopped. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Both URLs name a temporary database, or one does.
    #[error("a temporary database cannot be copied from or to: name a file or a postgres:// URL")]
    Temporary,
    /// The source's file is not there.
    #[error("there is no database {} to copy from: name another", path.display())]
    NoSource {
        /// The file.
        path: PathBuf,
    },
    /// The source was made by an older version.
    #[error("the source lacks migrations: run kustodian migrate on it first")]
    Outdated,
    /// There is no org in the source.
    #[error("the source is empty: there is nothing to copy")]
    Empty,
    /// The target holds something that is no copy.
    #[error("the target holds records that no copy put there: name an empty database")]
    NotEmpty,
    /// The target holds a copy, and going on was not asked for.
    #[error("the target holds a copy already: continue with --resume, or name an empty database")]
    Begun,
    /// Nothing was begun that could be resumed.
    #[error("there is no copy in the target to resume: leave --resume away")]
    NotBegun,
    /// The target holds a copy of another database.
    #[error("the target holds a copy of another database: name an empty one")]
    OtherSource,
    /// Somebody wrote the target after the last pass.
    #[error("the target was written after the last pass, which another pass would undo: name an empty database")]
    TargetWritten,
    /// Another copy is under way.
    #[error("another copy writes the target: wait until it has ended, or stop it")]
    Busy,
    /// The two sides differ after a pass.
    #[error(
        "the table {table} differs after the copy ({source_rows} rows in the source, {target_rows} in the target): copy again into an empty database"
    )]
    Differs {
        /// The table.
        table: &'static str,
        /// Rows in the source.
        source_rows: u64,
        /// Rows in the target.
        target_rows: u64,
    },
    /// A database failed.
    #[error("{what} failed: {reason}; continue with --resume")]
    Failed {
        /// Which one.
        what: &'static str,
        /// The error.
        reason: String,
    },
}

/// One snapshot of a database.
#[async_trait]
pub(crate) trait Source: Send {
    /// The oldest org's id.
    async fn oldest_org(&mut self) -> Result<Option<String>, CopyError>;
    /// About how many rows a table has.
    async fn count(&mut self, table: &'static Table) -> Result<u64, CopyError>;
    /// Rows in the order of their keys.
    async fn rows(&mut self, table: &'static Table, after: Option<Vec<Cell>>) -> Result<Vec<Row>, CopyError>;
    /// A record.
    async fn record(&mut self, table: &'static Table, org: i64, id: &str) -> Result<Option<Row>, CopyError>;
    /// The last revision before an erasing event that still has its payload, with the record if the event keeps it whole.
    async fn kept_before(&mut self, org: i64, erased: &Erased) -> Result<Option<(i64, Option<String>)>, CopyError>;
    /// The last position that is given for good, per org.
    async fn positions(&mut self) -> Result<BTreeMap<i64, i64>, CopyError>;
}

/// A database that is written. Every read of it is a transaction of its own, so it sees all earlier writes.
#[async_trait]
pub(crate) trait Target: Source {
    /// How far a copy into it has come; `None` when none was begun.
    async fn state(&mut self) -> Result<Option<State>, CopyError>;
    /// Writes rows over those with the same keys, and the state, in one transaction.
    async fn write(&mut self, table: &'static Table, rows: Vec<Row>, state: &State) -> Result<(), CopyError>;
    /// Frees claims, each only when held by this record: (key, record).
    async fn free(&mut self, claims: Vec<(Vec<u8>, String)>) -> Result<(), CopyError>;
    /// Erases the payloads of a record's events before a revision, as the source has done: (org, kind, record, rev).
    async fn erase(&mut self, org: i64, erased: &Erased) -> Result<(), CopyError>;
    /// Removes all rows of a table.
    async fn empty(&mut self, table: &'static Table) -> Result<(), CopyError>;
    /// Removes the events of an org behind a position.
    async fn forget_events(&mut self, org: i64, behind: i64) -> Result<(), CopyError>;
    /// Brings everything that is worked out from the rows up to date: counts, next keys, next positions.
    async fn finish(&mut self, state: &State) -> Result<(), CopyError>;
}

/// An event that erased the content of a record's earlier events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) kind: String,
    pub(crate) record: String,
    /// The revision it led to.
    pub(crate) rev: i64,
    /// The last revision before whose event still has its payload in the source, with the record as it is kept there. What lies
    /// between was erased.
    pub(crate) kept: Option<(i64, Option<String>)>,
}

/// Copies the database at `from` into the one at `to`, which must be empty or, to resume, hold a copy of it. Reports
/// what it does, and gives the tables when both sides were found equal.
///
/// # Errors
/// When a database cannot be opened, the target is not suitable, or the sides differ in the end.
pub async fn copy(
    from: &str,
    to: &str,
    options: CopyOptions,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Vec<CopiedTable>, CopyError> {
    let mut source = open_source(from).await?;
    let oldest = source.oldest_org().await?.ok_or(CopyError::Empty)?;
    let mut target = open_target(to).await?;
    let mut state = begin(oldest, &mut *source, &mut *target, options).await?;
    // From the first write of this pass to its end the target's positions are those of no finished pass.
    state.ended = None;
    state.is_of_several |= options.resume && state.done.len() < TABLES.len();
    first_pass(&mut *source, &mut *target, &mut state, tell).await?;
    if options.resume {
        catch_up(&mut *source, &mut *target, &mut state, tell).await?;
    }
    if state.is_of_several {
        free_strays(&mut *source, &mut *target).await?;
        state.is_of_several = false;
    }
    carry_receipts(&mut *source, &mut *target, &state).await?;
    state.since = source.positions().await?;
    state.ended = Some(target.positions().await?);
    target.finish(&state).await?;
    verify(&mut *source, &mut *target, tell).await
}

async fn open_source(url: &str) -> Result<Box<dyn Source>, CopyError> {
    crate::refuse_lone_log(url)?;
    match Address::parse(url)? {
        Address::Memory => Err(CopyError::Temporary),
        Address::File(path) if !path.exists() => Err(CopyError::NoSource { path }),
        Address::File(path) if !crate::sqlite::pending_migrations(&path)?.is_empty() => Err(CopyError::Outdated),
        Address::File(path) => Ok(Box::new(crate::sqlite::Archive::read(path).await?)),
        Address::Postgres(url) => Ok(Box::new(crate::postgres::Archive::read(&url).await?)),
    }
}

async fn open_target(url: &str) -> Result<Box<dyn Target>, CopyError> {
    let address = Address::parse(url)?;
    if matches!(address, Address::Memory) {
        return Err(CopyError::Temporary);
    }
    // Opening it as a server would makes it when it is not there, with the newest schema.
    crate::open(url, Options::default()).await?.close().await;
    match address {
        Address::Memory => Err(CopyError::Temporary),
        Address::File(path) => Ok(Box::new(crate::sqlite::Archive::write(path).await?)),
        Address::Postgres(url) => Ok(Box::new(crate::postgres::Archive::write(&url).await?)),
    }
}

async fn begin(
    oldest: String,
    source: &mut dyn Source,
    target: &mut dyn Target,
    options: CopyOptions,
) -> Result<State, CopyError> {
    match target.state().await? {
        None if target.oldest_org().await?.is_some() => Err(CopyError::NotEmpty),
        None if options.resume => Err(CopyError::NotBegun),
        None => Ok(State { source: oldest, since: source.positions().await?, ..State::default() }),
        Some(_) if !options.resume => Err(CopyError::Begun),
        Some(state) if state.source != oldest => Err(CopyError::OtherSource),
        Some(state) => match &state.ended {
            Some(ended) if *ended != target.positions().await? => Err(CopyError::TargetWritten),
            _ => Ok(state),
        },
    }
}

/// Carries the tables that are not carried yet.
async fn first_pass(
    source: &mut dyn Source,
    target: &mut dyn Target,
    state: &mut State,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CopyError> {
    for table in TABLES.iter().copied() {
        if state.done.iter().any(|done| done == table.name) {
            continue;
        }
        let total = source.count(table).await?;
        let mut done = 0;
        let mut after = state.stands_at();
        loop {
            tell(CopyProgress { step: CopyStep::Carry, table: table.name, done, total: total.max(done) });
            let rows = source.rows(table, after.take()).await?;
            done += rows.len() as u64;
            let Some(last) = rows.last() else { break };
            let key = table.key_of(last);
            state.stand_at(&key);
            after = Some(key);
            target.write(table, rows, state).await?;
        }
        state.done.push(table.name.to_owned());
        state.at = None;
        target.write(table, Vec::new(), state).await?;
    }
    Ok(())
}

/// Carries the changes since the first pass began: the small tables whole, of the others the records named by events.
async fn catch_up(
    source: &mut dyn Source,
    target: &mut dyn Target,
    state: &mut State,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CopyError> {
    for table in &TRACKING {
        target.empty(table).await?;
    }
    for table in TABLES.iter().copied().filter(|table| table.is_small) {
        let mut after = None;
        loop {
            let rows = source.rows(table, after.take()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(table.key_of(last));
            target.write(table, rows, state).await?;
        }
    }
    // Positions behind the mark may have been given for the time of a snapshot only: they are given again.
    let orgs: BTreeSet<i64> = source.positions().await?.into_keys().chain(state.since.keys().copied()).collect();
    for org in orgs {
        let since = state.since.get(&org).copied().unwrap_or_default();
        target.forget_events(org, since).await?;
        let mut after = Some(vec![Cell::Integer(org), Cell::Integer(since)]);
        let mut done = 0;
        loop {
            let mut rows = source.rows(&EVENTS, after.take()).await?;
            rows.retain(|row| row.first() == Some(&Cell::Integer(org)));
            let Some(last) = rows.last() else { break };
            after = Some(EVENTS.key_of(last));
            done += rows.len() as u64;
            tell(CopyProgress { step: CopyStep::CatchUp, table: EVENTS.name, done, total: done });
            let changed: BTreeSet<(String, String)> = rows.iter().filter_map(record_of_event).collect();
            for kind in Kind::ALL {
                let ids = changed.iter().filter(|(name, _)| name == kind.as_str()).map(|(_, id)| id.as_str());
                carry_records(source, target, state, org, kind, ids.collect()).await?;
            }
            for mut erased in rows.iter().filter_map(erased) {
                erased.kept = source.kept_before(org, &erased).await?;
                target.erase(org, &erased).await?;
            }
            target.write(&EVENTS, rows, state).await?;
        }
    }
    Ok(())
}

/// What an event erased, if it is about an erasure.
fn erased(row: &Row) -> Option<Erased> {
    let (kind, record) = record_of_event(row)?;
    match (row.get(EVENTS.place("name")?)?, row.get(EVENTS.place("rev")?)?) {
        (Cell::Text(name), Cell::Integer(rev)) if empties_the_past(name) => {
            Some(Erased { kind, record, rev: *rev, kept: None })
        }
        _ => None,
    }
}

fn record_of_event(row: &Row) -> Option<(String, String)> {
    match (row.get(EVENTS.place("kind")?)?, row.get(EVENTS.place("record")?)?) {
        (Cell::Text(kind), Cell::Text(record)) => Some((kind.clone(), record.clone())),
        _ => None,
    }
}

/// Carries records as they are now, and their claims instead of those their former states held. Interrupted between
/// two of its writes it can be done again: claims are freed before the state they are known from is gone.
async fn carry_records(
    source: &mut dyn Source,
    target: &mut dyn Target,
    state: &State,
    org: i64,
    kind: Kind,
    ids: Vec<&str>,
) -> Result<(), CopyError> {
    let table = table_of(kind);
    let (mut rows, mut freed, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        let Some(row) = source.record(table, org, id).await? else { continue };
        if let Some(former) = target.record(table, org, id).await? {
            let held = claims(org, kind, id, &former, table)?;
            freed.extend(held.into_iter().map(|claim| (claim.key, id.to_owned())));
        }
        for HeldClaim { key, kind } in claims(org, kind, id, &row, table)? {
            let (kind, owner) = (kind.to_owned(), id.to_owned());
            taken.push(vec![Cell::Bytes(key), Cell::Integer(org), Cell::Text(kind), Cell::Text(owner)]);
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Ok(());
    }
    target.free(freed).await?;
    target.write(table, rows, state).await?;
    target.write(&CLAIMS, taken, state).await
}

/// Carries what writes with an idempotency key led to, so that one that is sent again after the move is answered as
/// before. Neither counted nor summed: they expire after a day, on one side sooner than on the other.
async fn carry_receipts(source: &mut dyn Source, target: &mut dyn Target, state: &State) -> Result<(), CopyError> {
    let mut after = None;
    loop {
        let rows = source.rows(&RECEIPTS, after.take()).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(RECEIPTS.key_of(last));
        target.write(&RECEIPTS, rows, state).await?;
    }
}

/// Frees what the target holds and the source does not: a claim of a snapshot between that of its record and this one,
/// which no state of the record that the target has seen is about.
async fn free_strays(source: &mut dyn Source, target: &mut dyn Target) -> Result<(), CopyError> {
    let table = &CLAIMS;
    let mut after: Option<Vec<Cell>> = None;
    loop {
        let page = target.rows(table, after.clone()).await?;
        let Some(end) = page.last().and_then(|row| claim_of(table, row)).map(|(key, _)| key) else { return Ok(()) };
        let mut held: BTreeSet<(Vec<u8>, String)> = BTreeSet::new();
        while held.last().is_none_or(|(key, _)| *key < end) {
            let rows = source.rows(table, after.take()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(table.key_of(last));
            held.extend(rows.iter().filter_map(|row| claim_of(table, row)));
        }
        let strays = page.iter().filter_map(|row| claim_of(table, row)).filter(|claim| !held.contains(claim));
        target.free(strays.collect()).await?;
        after = Some(vec![Cell::Bytes(end)]);
    }
}

/// Key and owner.
fn claim_of(table: &Table, row: &Row) -> Option<(Vec<u8>, String)> {
    match (row.get(table.place("key")?)?, row.get(table.place("owner")?)?) {
        (Cell::Bytes(key), Cell::Text(owner)) => Some((key.clone(), owner.clone())),
        _ => None,
    }
}

struct HeldClaim {
    key: Vec<u8>,
    kind: &'static str,
}

fn claims(org: i64, kind: Kind, id: &str, row: &Row, table: &Table) -> Result<Vec<HeldClaim>, CopyError> {
    let cell = |column: &str| table.place(column).and_then(|place| row.get(place));
    let (Some(Cell::Boolean(deleted)), Some(Cell::Text(document))) = (cell("deleted"), cell("document")) else {
        return Ok(Vec::new());
    };
    let Ok(id) = id.parse::<ObjectId>() else { return Ok(Vec::new()) };
    if *deleted {
        return Ok(Vec::new());
    }
    let held = kind
        .claims_of(OrgKey(org), id, document)
        .map_err(|refusal| CopyError::Failed { what: "reading a record", reason: refusal.to_string() })?;
    Ok(held
        .into_iter()
        .map(|claim| HeldClaim { key: claim.key.as_bytes().to_vec(), kind: claim.kind.as_str() })
        .collect())
}

/// Counts and sums both sides.
async fn verify(
    source: &mut dyn Source,
    target: &mut dyn Target,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Vec<CopiedTable>, CopyError> {
    let mut tables = Vec::new();
    for table in TABLES.iter().copied() {
        let total = source.count(table).await?;
        let mut done = 0;
        let mut count = |rows: u64| {
            done += rows;
            tell(CopyProgress {
                step: CopyStep::Verify,
                table: table.name,
                done: done / 2,
                total: total.max(done / 2),
            });
        };
        let here = tally(source, table, &mut count).await?;
        let there = tally(target, table, &mut count).await?;
        if here != there {
            let (source_rows, target_rows) = (here.rows, there.rows);
            return Err(CopyError::Differs { table: table.name, source_rows, target_rows });
        }
        tables.push(CopiedTable { name: table.name, rows: here.rows, checksum: here.checksum() });
    }
    Ok(tables)
}

async fn tally(
    archive: &mut (impl Source + ?Sized),
    table: &'static Table,
    count: &mut (dyn FnMut(u64) + Send),
) -> Result<Tally, CopyError> {
    let (mut tally, mut after) = (Tally::default(), None);
    loop {
        let rows = archive.rows(table, after.take()).await?;
        count(rows.len() as u64);
        rows.iter().for_each(|row| tally.add(row));
        match rows.last() {
            Some(last) => after = Some(table.key_of(last)),
            None => return Ok(tally),
        }
    }
}
