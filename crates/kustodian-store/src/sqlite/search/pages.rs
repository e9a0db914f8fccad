//! Finding a page.
//!
//! SQLite's planner is not asked which index to use: it has no statistics, and a wrong guess reads a million rows. A
//! short read of each criterion's index shows which are met by few records; where many match, the page is soon full when
//! records are read in the order asked for. In turns both are tried, and longer each time. Once the keys of what meets a
//! criterion are known, so is the quicker way: to read all of those records and sort them, or to go along the order
//! until enough of them were met, which reads no record at all.

use std::collections::BTreeSet;

use kustodian_core::search::{Node, SearchRow, Sort, Subject};
use kustodian_core::search_store::{Chosen, Count, Found, Records, SearchQuery, Total};
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::super::records::stored;
use super::super::values::Id;
use super::access::{Access, Sqlite, Within, access, values};
use super::candidate::Tests;
use super::entries::{Entries, now, other_kind, resolved};
use super::stream::{Phase, by_id, phases};
use super::time::{Halt, Time, in_time};
use super::write::read_slots;
use crate::options::SearchEffort;
use crate::page::take_bytes;
use crate::search::{Candidate, Compiled, Slots, compile, entries, order};

/// What it takes to go to the next entry of an index, to test a record, and to check a document, beside one another. A
/// record in memory is tested in 20, one read from the disk in 400; entries are together and are read quickly.
const ENTRY: u64 = 1;
const TEST: u64 = 80;
const DOCUMENT: u64 = 150;

/// How many times as much is tried in the second turn of a search.
const TURN: usize = 16;

/// Where so few records are left, no words are looked up: their documents are read sooner.
const FEWEST: usize = 100;

/// Finds a page, all as of one moment.
pub(in crate::sqlite) fn search(
    connection: &Connection,
    org: OrgKey,
    query: &SearchQuery,
    effort: SearchEffort,
) -> rusqlite::Result<Found> {
    let snapshot = connection.unchecked_transaction()?;
    let time = Time::start(query.time);
    let slots = read_slots(&snapshot, org)?;
    let searched = resolved(&snapshot, (org, &query.query), &slots, &time, effort)?;
    if let Some(kind) = other_kind(&searched) {
        let mut reader = Entries::new(&snapshot, org, &slots, &time, effort);
        let found =
            now(entries::search(&mut reader, kind, &SearchQuery { query: searched.into_owned(), ..query.clone() }))?;
        drop(time);
        snapshot.commit()?;
        return Ok(found);
    }
    let mut finding = Finding::new(&snapshot, org, &searched, &slots, &time, effort);
    let wanted = query.offset.saturating_add(u64::from(query.limit));
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let mut in_page_time = in_time(finding.find_chosen(wanted, query.chosen))?;
    let mut total = None;
    if in_page_time {
        in_page_time = in_time(finding.count(query.total, &mut total))?;
    }
    if total.is_none() && query.total != Count::None {
        total = Some(Total { count: finding.found.len() as u64, is_estimate: true });
    }
    let (aggregations, counted_in_time) = finding.aggregate(&query.query.aggregations, in_page_time)?;
    time.lift();
    let page = finding.page(query.offset, query.limit);
    let records = if query.ids_only {
        Records::Ids(ids(&snapshot, &page)?)
    } else {
        Records::Whole(records(&snapshot, &page, query.bytes)?)
    };
    drop(finding);
    drop(time);
    snapshot.commit()?;
    Ok(Found { records, total, timed_out: !(in_page_time && counted_in_time), aggregations })
}

/// The records with these keys: the last one is that which exceeds the bytes.
pub(super) fn records(connection: &Connection, keys: &[i64], bytes: usize) -> rusqlite::Result<Vec<Stored>> {
    let sql = "SELECT id, rev, deleted, created_at, updated_at, document FROM customers WHERE key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    take_bytes(keys.iter().map(|key| statement.query_row([key], stored)), bytes, |record| record.document.len())
}

/// The ids of the records with these keys.
pub(super) fn ids(connection: &Connection, keys: &[i64]) -> rusqlite::Result<Vec<ObjectId>> {
    let mut indexed = connection.prepare_cached("SELECT id FROM customer_search WHERE key = ?1")?;
    // Made since the index was brought up, and indexed by the moment of that alone.
    let mut waiting = connection.prepare_cached("SELECT id FROM customers WHERE key = ?1")?;
    let id = |key: &i64| match indexed.query_row([key], |row| row.get(0)).optional()? {
        Some(id) => Ok(ObjectId::from_bytes(id)),
        None => waiting.query_row([key], |row| row.get::<_, Id>(0)).map(|id| id.0),
    };
    keys.iter().map(id).collect()
}

/// One of the conditions that must all hold.
pub(super) struct Conjunct<'q> {
    pub(super) node: &'q Node,
    pub(super) test: Compiled,
    pub(super) access: Option<Access>,
    /// The keys that the access gives, in order, once all are known.
    pub(super) keys: Option<Vec<i64>>,
    /// More keys than this there are, as far as it is known.
    more_than: usize,
    /// The place of the condition whose access gives only what meets this one too.
    pub(super) joined: Option<usize>,
}

impl Conjunct<'_> {
    /// Whether nothing need be checked behind its condition and its keys.
    pub(super) fn is_settled(&self) -> bool {
        self.test.exact || (self.keys.is_some() && self.access.as_ref().is_some_and(|access| access.exact))
    }
}

/// A search under way.
pub(super) struct Finding<'a> {
    pub(super) connection: &'a Connection,
    pub(super) time: &'a Time,
    pub(super) effort: SearchEffort,
    pub(super) within: Within<'a>,
    pub(super) sort: &'a [Sort],
    pub(super) conjuncts: Vec<Conjunct<'a>>,
    /// Keys of the records found so far, in order.
    pub(super) found: Vec<i64>,
    /// Whether that is all.
    pub(super) is_all: bool,
}

impl<'a> Finding<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        org: OrgKey,
        query: &'a kustodian_core::search::Query,
        slots: &'a Slots,
        time: &'a Time,
        effort: SearchEffort,
    ) -> Self {
        let within = Within { org, include_deleted: query.include_deleted, slots };
        let mut nodes = Vec::new();
        flatten(&query.root, &mut nodes);
        let conjunct = |node: &'a Node| Conjunct {
            node,
            test: compile(node, slots, &Sqlite(org)),
            access: access(node, within),
            keys: None,
            more_than: 0,
            joined: None,
        };
        let mut conjuncts: Vec<Conjunct<'a>> = nodes.into_iter().map(conjunct).collect();
        join_bounds(&mut conjuncts);
        Self { connection, time, effort, within, sort: &query.sort, conjuncts, found: Vec::new(), is_all: false }
    }

    /// Finds the first `wanted` records in order, or more.
    pub(super) fn find(&mut self, wanted: usize) -> Result<(), Halt> {
        self.find_chosen(wanted, Chosen::First)
    }

    /// The same, or any `wanted` records.
    fn find_chosen(&mut self, wanted: usize, chosen: Chosen) -> Result<(), Halt> {
        let SearchEffort { few, tries, many, .. } = self.effort;
        if wanted == 0 {
            return Ok(());
        }
        // Documents take so much longer to check that fewer are, before words are looked up.
        let first = if self.checks_documents() { tries / (4 * TURN as u64) } else { tries / TURN as u64 };
        let turns =
            [(few, first.max(tries.min(wanted as u64))), (few.saturating_mul(TURN).min(many), tries), (many, u64::MAX)];
        for (turn, (keys, tries)) in turns.into_iter().enumerate() {
            if self.probe(keys, turn > 0)? {
                return self.find_among_candidates(wanted, chosen);
            }
            if self.read_along(wanted, tries, None)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the keys of each criterion that up to `limit` records meet, `with_words` those that ask for words, too;
    /// whether there is any.
    pub(super) fn probe(&mut self, limit: usize, with_words: bool) -> Result<bool, Halt> {
        for are_words in [false, true] {
            if are_words && (!with_words || self.fewest().is_some_and(|keys| keys <= FEWEST)) {
                break;
            }
            for conjunct in &mut self.conjuncts {
                if let (None, Some(access)) = (&conjunct.keys, &conjunct.access)
                    && access.is_of_words() == are_words
                    && conjunct.more_than < limit
                {
                    conjunct.keys = access.keys(self.connection, self.time, limit)?;
                    conjunct.more_than = limit;
                }
            }
        }
        Ok(self.fewest().is_some())
    }

    /// How many records meet the criterion that the fewest meet, of those whose keys are known.
    fn fewest(&self) -> Option<usize> {
        self.conjuncts.iter().filter_map(|conjunct| Some(conjunct.keys.as_ref()?.len())).min()
    }

    /// The keys of all records that meet every criterion whose keys are known.
    pub(super) fn candidates(&self) -> Option<Vec<i64>> {
        let mut sets: Vec<&Vec<i64>> = self.conjuncts.iter().filter_map(|conjunct| conjunct.keys.as_ref()).collect();
        sets.sort_by_key(|keys| keys.len());
        let (first, others) = sets.split_first()?;
        let in_others = |key: &&i64| others.iter().all(|keys| keys.binary_search(key).is_ok());
        Some(first.iter().filter(in_others).copied().collect())
    }

    /// Finds the first `wanted` of the candidates, or any.
    pub(super) fn find_among_candidates(&mut self, wanted: usize, chosen: Chosen) -> Result<(), Halt> {
        let candidates = self.candidates().unwrap_or_default();
        if chosen == Chosen::Any {
            return self.sort_candidates(candidates, wanted);
        }
        let tries = self.worthwhile_tries(candidates.len(), wanted)?;
        if tries > 0 && self.read_along(wanted, tries, Some(&candidates))? {
            return Ok(());
        }
        self.sort_candidates(candidates, usize::MAX)
    }

    /// How many entries are read in order, before all of so many candidates are tested instead: 0 where that is sooner in any
    /// case. If hardly any of them passes, reading in order takes no longer than testing all.
    fn worthwhile_tries(&self, candidates: usize, wanted: usize) -> rusqlite::Result<u64> {
        if self.phases().is_none() {
            return Ok(0);
        }
        if self.sort.len() > 1 {
            // Of all that are alike in the first key none is in its place before the last of them was met.
            return Ok(if candidates > self.effort.sortable { u64::MAX } else { 0 });
        }
        let (candidates, wanted, live) = (candidates as u64, wanted as u64, self.live()?);
        let entries = live.saturating_mul(wanted) / candidates.max(1);
        let test = TEST + if self.checks_documents() { DOCUMENT } else { 0 };
        let are_met_soon = entries.min(live) * ENTRY + candidates.min(wanted) * test < candidates * test;
        Ok(if are_met_soon { candidates * test / ENTRY } else { 0 })
    }

    /// Whether what passes the conditions must be checked against the criteria themselves.
    pub(super) fn checks_documents(&self) -> bool {
        !self.conjuncts.iter().all(Conjunct::is_settled)
    }

    /// Tests candidates until `wanted` pass, and sorts those that do.
    fn sort_candidates(&mut self, candidates: Vec<i64>, wanted: usize) -> Result<(), Halt> {
        let mut passed = Vec::new();
        let mut tests = Tests::prepare(self, None)?;
        let mut untested = candidates.into_iter();
        let mut result = Ok(());
        while result.is_ok() && passed.len() < wanted {
            let Some(key) = untested.next() else { break };
            result = tests.candidate(self, key).and_then(|candidate| {
                passed.extend(candidate);
                self.time.check()
            });
        }
        passed.sort_by(|one, other| order(self.sort, one, other));
        drop(tests);
        self.found = passed.into_iter().map(|candidate| candidate.key).collect();
        self.is_all = result.is_ok() && untested.len() == 0;
        result
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        phases(self.within.org, self.within.include_deleted, self.sort.first().copied(), &self.bounds())
    }

    /// Reads records in order until `wanted` are found; whether they are, or there are no more. Gives up when that takes
    /// more than `tries`. Where there are `candidates`, no others are found.
    fn read_along(&mut self, wanted: usize, tries: u64, candidates: Option<&[i64]>) -> Result<bool, Halt> {
        let Some(phases) = self.phases() else {
            // Where no index gives the order, all there is must be sorted.
            return if tries == u64::MAX { self.sort_everything().map(|()| true) } else { Ok(false) };
        };
        self.found.clear();
        let mut left = tries;
        for phase in &phases {
            match self.read_phase(phase, candidates, wanted, &mut left)? {
                Read::ToItsEnd => {}
                Read::Enough => return Ok(true),
                Read::TooLong => return Ok(false),
            }
        }
        self.is_all = true;
        Ok(true)
    }

    fn read_phase(
        &mut self,
        phase: &Phase,
        candidates: Option<&[i64]>,
        wanted: usize,
        left: &mut u64,
    ) -> Result<Read, Halt> {
        let is_settled =
            candidates.is_some() && self.sort.len() <= 1 && phase.condition.is_none() && self.is_settled_by_keys();
        let mut tests = Tests::prepare(self, phase.condition.as_deref())?;
        let mut statement = self.connection.prepare_cached(&phase.sql)?;
        let mut rows = statement.query(params_from_iter(&phase.values))?;
        // Records alike in the first sort key, until all of them are there to be sorted by the others.
        let mut group: Vec<Candidate> = Vec::new();
        let mut value = Value::Null;
        let mut outcome = Ok(Read::ToItsEnd);
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(error) => {
                    outcome = Err(error.into());
                    break;
                }
            };
            if self.sort.len() > 1 && phase.has_values && row.get_ref(1)? != ValueRef::from(&value) {
                self.settle_group(&mut group);
                if self.found.len() >= wanted {
                    outcome = Ok(Read::Enough);
                    break;
                }
                value = row.get(1)?;
            }
            if *left == 0 {
                outcome = Ok(Read::TooLong);
                break;
            }
            *left -= 1;
            let key: i64 = row.get(0)?;
            if candidates.is_some_and(|candidates| candidates.binary_search(&key).is_err()) {
                continue;
            }
            let tested = match is_settled {
                true => Ok(Some(Candidate { key, id: [0; 12], values: Vec::new() })),
                false => self.time.check().and_then(|()| tests.candidate(self, key)),
            };
            match tested {
                Ok(None) => {}
                Ok(Some(_)) if self.sort.len() <= 1 => {
                    self.found.push(key);
                    if self.found.len() >= wanted {
                        outcome = Ok(Read::Enough);
                        break;
                    }
                }
                Ok(Some(candidate)) => group.push(candidate),
                Err(halt) => {
                    outcome = Err(halt);
                    break;
                }
            }
        }
        self.settle_group(&mut group);
        outcome
    }

    fn settle_group(&mut self, group: &mut Vec<Candidate>) {
        group.sort_by(|one, other| order(self.sort, one, other));
        self.found.extend(group.drain(..).map(|candidate| candidate.key));
    }

    /// Conditions on the column of the first sort key: its index need not be read beyond them.
    fn bounds(&self) -> Vec<(String, Vec<Value>)> {
        let Some(Sort { by, .. }) = self.sort.first() else { return Vec::new() };
        let of_column = |conjunct: &&Conjunct<'_>| match conjunct.node {
            Node::Test(criterion) => criterion.subject == Subject::Standard(*by) && !by.is_many(),
            _ => false,
        };
        let told = self.conjuncts.iter().filter(of_column).filter(|conjunct| conjunct.test.sql.contains("IS NOT NULL"));
        told.map(|conjunct| (conjunct.test.sql.clone(), values(conjunct.test.binds.clone()).collect())).collect()
    }

    /// Where no index gives the order, everything that matches is sorted.
    fn sort_everything(&mut self) -> Result<(), Halt> {
        let mut statement = self.connection.prepare_cached("SELECT key FROM customers WHERE org = ?1")?;
        let keys = statement.query_map([self.within.org.0], |row| row.get(0))?;
        let mut passed = Vec::new();
        let mut tests = Tests::prepare(self, None)?;
        for key in keys {
            self.time.check()?;
            passed.extend(tests.candidate(self, key?)?);
        }
        drop(tests);
        passed.sort_by(|one, other| order(self.sort, one, other));
        self.found = passed.into_iter().map(|candidate| candidate.key).collect();
        self.is_all = true;
        Ok(())
    }

    fn page(&self, offset: u64, limit: u32) -> Vec<i64> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.found.iter().skip(offset).take(limit).copied().collect()
    }

    /// Finds the first `limit` records behind an id, in the order of ids. `behind` is moved to the last id that is done
    /// with, whatever stops it.
    pub(super) fn find_by_id(
        &mut self,
        after: Option<ObjectId>,
        limit: usize,
        behind: &mut Option<ObjectId>,
    ) -> Result<(), Halt> {
        if self.probe(self.effort.few, true)? {
            let candidates = self.candidates().unwrap_or_default();
            let sorted = self.sort_candidates(candidates, usize::MAX);
            // In no order of ids yet: nothing of it may be given before it is.
            let candidates = std::mem::take(&mut self.found);
            self.is_all = false;
            sorted?;
            let mut id = self.connection.prepare_cached("SELECT id FROM customer_search WHERE key = ?1")?;
            let mut found = Vec::new();
            for key in &candidates {
                let id = ObjectId::from_bytes(id.query_row([key], |row| row.get(0))?);
                if after.is_none_or(|after| id > after) {
                    found.push((*key, id));
                }
            }
            self.is_all = found.len() <= limit;
            found.truncate(limit);
            *behind = found.last().map(|(_, id)| *id).or(*behind);
            self.found = found.into_iter().map(|(key, _)| key).collect();
            return Ok(());
        }
        let phase = by_id(self.within.org, self.within.include_deleted, after);
        let mut tests = Tests::prepare(self, None)?;
        let mut statement = self.connection.prepare_cached(&phase.sql)?;
        let mut rows = statement.query(params_from_iter(&phase.values))?;
        while let Some(row) = rows.next()? {
            if self.found.len() >= limit {
                return Ok(());
            }
            let (key, id): (i64, Id) = (row.get(0)?, row.get(2)?);
            self.time.check()?;
            if tests.candidate(self, key)?.is_some() {
                self.found.push(key);
            }
            *behind = Some(id.0);
        }
        self.is_all = true;
        Ok(())
    }

    /// The records beside a customer that criteria are about which are still to be checked.
    pub(super) fn around(&self, row: &SearchRow) -> Result<Vec<SearchRow>, Halt> {
        let mut contexts = BTreeSet::new();
        for conjunct in self.conjuncts.iter().filter(|conjunct| !conjunct.is_settled()) {
            conjunct.node.each_has(&mut |context, _| {
                contexts.insert(context);
            });
        }
        if contexts.is_empty() {
            return Ok(Vec::new());
        }
        Entries::new(self.connection, self.within.org, self.within.slots, self.time, self.effort).around(row, &contexts)
    }

    /// Whether these are all matches.
    pub(super) const fn is_all(&self) -> bool {
        self.is_all
    }

    pub(super) fn check_time(&self) -> Result<(), Halt> {
        self.time.check()
    }

    pub(super) fn lift_time(&self) {
        self.time.lift();
    }

    /// Everything found, in order.
    pub(super) fn all(&self) -> &[i64] {
        &self.found
    }

    /// The condition on a row `s`, and its bound values.
    pub(super) fn condition(&self, more: Option<&str>) -> (String, Vec<Value>) {
        let mut sql = "s.org = ?".to_owned();
        let mut bound = vec![Value::Integer(self.within.org.0)];
        if !self.within.include_deleted {
            sql.push_str(" AND s.deleted = 0");
        }
        for Conjunct { test, .. } in self.conjuncts.iter().filter(|conjunct| conjunct.test.sql != "TRUE") {
            sql.push_str(" AND ");
            sql.push_str(&test.sql);
            bound.extend(values(test.binds.clone()));
        }
        if let Some(more) = more {
            sql.push_str(" AND ");
            sql.push_str(more);
        }
        (sql, bound)
    }
}

/// Several conditions on one attribute with a single value are read off its index together.
fn join_bounds(conjuncts: &mut [Conjunct<'_>]) {
    fn subject<'q>(conjunct: &Conjunct<'q>) -> Option<&'q Subject> {
        match conjunct.node {
            Node::Test(criterion) => Some(&criterion.subject),
            _ => None,
        }
    }
    for first in 0..conjuncts.len() {
        let of = subject(&conjuncts[first]);
        for next in first + 1..conjuncts.len() {
            let (before, behind) = conjuncts.split_at_mut(next);
            let (one, other) = (&mut before[first], &mut behind[0]);
            let is_column = |conjunct: &Conjunct<'_>| conjunct.access.as_ref().is_some_and(Access::is_of_column);
            if of.is_some() && of == subject(other) && is_column(one) && is_column(other) && other.test.exact {
                if let Some(access) = &mut one.access {
                    access.narrow(&other.test);
                }
                // Its condition is still tested; its index need not be read once more.
                other.access = None;
                other.joined = Some(first);
            }
        }
    }
}

/// How far a phase was read.
enum Read {
    ToItsEnd,
    Enough,
    TooLong,
}

fn flatten<'q>(node: &'q Node, into: &mut Vec<&'q Node>) {
    match node {
        Node::All(nodes) => nodes.iter().for_each(|node| flatten(node, into)),
        node => into.push(node),
    }
}
