//! Finding a page, and counting.
//!
//! SQLite's planner is not asked which index to use: it has no statistics, and a wrong guess reads a million rows. A
//! short look at each criterion's index tells which are met by few records. If one is, its records are read one by one,
//! tested and sorted. Otherwise records are read in the order asked for until the page is full, which is soon when many
//! match. When it is not, the criteria's indexes are read further, and what is in all of them is known before anything
//! is tested.

use kustodian_core::search::{Aggregation, Counter, Node, SearchRow, Sort, Subject, matches};
use kustodian_core::search_store::{Count, Found, Records, SearchQuery, Total};
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use kustomer_api::search::Aggregated;
use rusqlite::types::{Type, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params_from_iter};

use super::super::packed::Unpacked;
use super::super::records::stored;
use super::super::values::Id;
use super::access::{Access, Sqlite, Statement, Within, access, values};
use super::stream::{Phase, by_id, phases};
use super::time::{Halt, Time, in_time};
use super::write::read_slots;
use crate::options::SearchEffort;
use crate::search::{Candidate, Cell, Compiled, Slots, column_of, compile, order, value_of};

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
    let mut finding = Finding::new(&snapshot, org, &query.query, &slots, &time, effort);
    let wanted = query.offset.saturating_add(u64::from(query.limit));
    let mut in_page_time = in_time(finding.find(usize::try_from(wanted).unwrap_or(usize::MAX)))?;
    let mut total = None;
    if in_page_time {
        in_page_time = in_time(finding.count(query.total, &mut total))?;
    }
    if total.is_none() && query.total != Count::None {
        total = Some(Total { count: finding.seen(), is_estimate: true });
    }
    let (aggregations, counted_in_time) = finding.aggregate(&query.query.aggregations, in_page_time)?;
    time.lift();
    let page = finding.page(query.offset, query.limit);
    let records = records(&snapshot, &page, query.ids_only)?;
    drop(finding);
    drop(time);
    snapshot.commit()?;
    Ok(Found { records, total, timed_out: !(in_page_time && counted_in_time), aggregations })
}

/// The records with these keys.
pub(super) fn records(connection: &Connection, keys: &[i64], ids_only: bool) -> rusqlite::Result<Records> {
    if ids_only {
        let mut statement = connection.prepare_cached("SELECT id FROM customer_search WHERE key = ?1")?;
        let ids = keys.iter().map(|key| statement.query_row([key], |row| row.get(0)).map(ObjectId::from_bytes));
        return Ok(Records::Ids(ids.collect::<rusqlite::Result<_>>()?));
    }
    let sql = "SELECT id, rev, deleted, created_at, updated_at, document FROM customers WHERE key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let whole: rusqlite::Result<Vec<Stored>> = keys.iter().map(|key| statement.query_row([key], stored)).collect();
    Ok(Records::Whole(whole?))
}

/// One of the conditions that must all hold.
struct Conjunct<'q> {
    node: &'q Node,
    test: Compiled,
    access: Option<Access>,
    /// The keys that the access gives, once all are known.
    keys: Option<Vec<i64>>,
    /// The place of the condition whose access gives only what meets this one too.
    joined: Option<usize>,
}

impl Conjunct<'_> {
    /// Whether nothing need be checked behind its condition and its keys.
    fn is_settled(&self) -> bool {
        self.test.exact || (self.keys.is_some() && self.access.as_ref().is_some_and(|access| access.exact))
    }
}

/// A search under way.
pub(super) struct Finding<'a> {
    connection: &'a Connection,
    time: &'a Time,
    effort: SearchEffort,
    within: Within<'a>,
    sort: &'a [Sort],
    conjuncts: Vec<Conjunct<'a>>,
    /// Keys of the records found so far, in order.
    found: Vec<i64>,
    /// Whether that is all.
    is_all: bool,
    /// Records looked at and found among them, along the order.
    examined: u64,
    passed: u64,
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
            test: compile(node, slots, &Sqlite),
            access: access(node, within),
            keys: None,
            joined: None,
        };
        let mut conjuncts: Vec<Conjunct<'a>> = nodes.into_iter().map(conjunct).collect();
        join_bounds(&mut conjuncts);
        Self {
            connection,
            time,
            effort,
            within,
            sort: &query.sort,
            conjuncts,
            found: Vec::new(),
            is_all: false,
            examined: 0,
            passed: 0,
        }
    }

    /// Finds the first `wanted` records in order, or more.
    pub(super) fn find(&mut self, wanted: usize) -> Result<(), Halt> {
        if self.probe(self.effort.few)? {
            return self.sort_candidates();
        }
        if wanted == 0 {
            return Ok(());
        }
        if self.read_along(wanted, self.effort.tries)? {
            return Ok(());
        }
        if self.probe(self.effort.many)?
            && self.candidates().is_some_and(|candidates| candidates.len() <= self.effort.sortable)
        {
            return self.sort_candidates();
        }
        self.read_along(wanted, u64::MAX).map(|_| ())
    }

    /// Reads the keys of each criterion that up to `limit` records meet; whether there is any.
    pub(super) fn probe(&mut self, limit: usize) -> Result<bool, Halt> {
        for conjunct in &mut self.conjuncts {
            if let (None, Some(access)) = (&conjunct.keys, &conjunct.access) {
                conjunct.keys = access.keys(self.connection, self.time, limit)?;
            }
        }
        Ok(self.conjuncts.iter().any(|conjunct| conjunct.keys.is_some()))
    }

    /// The keys of all records that meet every criterion whose keys are known.
    pub(super) fn candidates(&self) -> Option<Vec<i64>> {
        let mut sets: Vec<&Vec<i64>> = self.conjuncts.iter().filter_map(|conjunct| conjunct.keys.as_ref()).collect();
        sets.sort_by_key(|keys| keys.len());
        let (first, others) = sets.split_first()?;
        let in_others = |key: &&i64| others.iter().all(|keys| keys.binary_search(key).is_ok());
        Some(first.iter().filter(in_others).copied().collect())
    }

    /// Tests every candidate, and sorts those that pass.
    fn sort_candidates(&mut self) -> Result<(), Halt> {
        let candidates = self.candidates().unwrap_or_default();
        let mut passed = Vec::new();
        let mut tests = Tests::prepare(self, None)?;
        let result = candidates.into_iter().try_for_each(|key| {
            passed.extend(tests.candidate(self, key)?);
            self.time.check()
        });
        passed.sort_by(|one, other| order(self.sort, one, other));
        drop(tests);
        self.found = passed.into_iter().map(|candidate| candidate.key).collect();
        self.is_all = result.is_ok();
        result
    }

    /// Reads records in order until `wanted` are found; whether they are, or there are no more. Gives up when that takes
    /// more than `tries`.
    fn read_along(&mut self, wanted: usize, tries: u64) -> Result<bool, Halt> {
        let bounds = self.bounds();
        let Some(phases) = phases(self.within.org, self.within.include_deleted, self.sort.first().copied(), &bounds)
        else {
            return self.sort_everything().map(|()| true);
        };
        self.found.clear();
        (self.examined, self.passed) = (0, 0);
        let candidates = self.candidates();
        for phase in &phases {
            match self.read_phase(phase, candidates.as_deref(), wanted, tries) {
                Ok(Read::ToItsEnd) => {}
                Ok(Read::Enough) => return Ok(true),
                Ok(Read::TooLong) => return Ok(false),
                Err(halt) => return Err(halt),
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
        tries: u64,
    ) -> Result<Read, Halt> {
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
            if self.examined >= tries {
                outcome = Ok(Read::TooLong);
                break;
            }
            self.examined += 1;
            let key: i64 = row.get(0)?;
            if candidates.is_some_and(|candidates| candidates.binary_search(&key).is_err()) {
                continue;
            }
            let tested = self.time.check().and_then(|()| tests.candidate(self, key));
            match tested {
                Ok(None) => {}
                Ok(Some(_)) if self.sort.len() <= 1 => {
                    self.passed += 1;
                    self.found.push(key);
                    if self.found.len() >= wanted {
                        outcome = Ok(Read::Enough);
                        break;
                    }
                }
                Ok(Some(candidate)) => {
                    self.passed += 1;
                    group.push(candidate);
                }
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

    /// How many have been found, at least.
    fn seen(&self) -> u64 {
        self.found.len() as u64
    }

    /// Counts the matches.
    pub(super) fn count(&mut self, count: Count, total: &mut Option<Total>) -> Result<(), Halt> {
        let up_to = match count {
            Count::None => return Ok(()),
            Count::UpTo(up_to) => up_to,
            Count::Exact => u64::MAX,
        };
        let counted = match (self.is_all, self.conjuncts.is_empty(), self.within.include_deleted) {
            (true, ..) => self.seen(),
            (false, true, false) => self.live()?,
            _ => {
                // Of several criteria, what is in all their indexes is known before anything is tested.
                if self.conjuncts.len() > 1 {
                    self.probe(self.effort.many)?;
                }
                self.count_matches(up_to)?
            }
        };
        *total = Some(if counted > up_to && !self.is_all && !self.conjuncts.is_empty() {
            Total { count: self.estimate().max(counted), is_estimate: true }
        } else {
            Total { count: counted, is_estimate: false }
        });
        Ok(())
    }

    /// Counts matches until there are more than `up_to`.
    fn count_matches(&self, up_to: u64) -> Result<u64, Halt> {
        let mut counted = 0;
        self.each_match(&mut |_, _| {
            counted += 1;
            Ok(counted <= up_to)
        })?;
        Ok(counted)
    }

    /// Shows every match, in no order, as long as `see` wants more.
    fn each_match(&self, see: &mut dyn FnMut(&Connection, i64) -> Result<bool, Halt>) -> Result<(), Halt> {
        if self.is_all {
            for key in &self.found {
                self.time.check()?;
                if !see(self.connection, *key)? {
                    break;
                }
            }
            return Ok(());
        }
        if let Some(candidates) = self.candidates() {
            let mut tests = Tests::prepare(self, None)?;
            let is_settled = self.is_settled_by_keys();
            for key in candidates {
                self.time.check()?;
                if (is_settled || tests.candidate(self, key)?.is_some()) && !see(self.connection, key)? {
                    break;
                }
            }
            return Ok(());
        }
        let (statements, is_settled) = self.sweep()?;
        let mut check = Check::prepare(self)?;
        for (sql, values) in statements {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let key = row.get(0)?;
                self.time.check()?;
                if (is_settled || check.holds(self, key)?) && !see(self.connection, key)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether being in every set of keys is all that is asked for.
    fn is_settled_by_keys(&self) -> bool {
        let includes = |access: &Access| access.exact && (access.is_live || self.within.include_deleted);
        let mut joined = self.conjuncts.iter().filter(|conjunct| conjunct.joined.is_none());
        joined.all(|conjunct| conjunct.keys.is_some() && conjunct.access.as_ref().is_some_and(includes))
    }

    /// Statements that give the keys of all records that pass every condition, and whether those match without a check.
    fn sweep(&self) -> rusqlite::Result<(Vec<Statement>, bool)> {
        let (condition, values) = self.condition(None);
        let mut leading = self.conjuncts.iter().filter(|conjunct| conjunct.joined.is_none());
        if let (Some(Conjunct { access: Some(access), .. }), None) = (leading.next(), leading.next())
            && let [(sql, of_access)] = &access.statements[..]
        {
            if access.exact && (access.is_live || self.within.include_deleted) {
                return Ok((access.statements.clone(), true));
            }
            let sql =
                format!("SELECT s.key FROM ({sql}) f CROSS JOIN customer_search s ON s.key = f.key WHERE {condition}");
            let values = of_access.iter().cloned().chain(values).collect();
            return Ok((vec![(sql, values)], access.exact));
        }
        // Many records meet each criterion: the table is read in its own order, or that part of it which is the org's.
        let last: i64 =
            self.connection.query_row("SELECT ifnull(max(key), 0) FROM customer_search", [], |row| row.get(0))?;
        if self.live()?.saturating_mul(4) > u64::try_from(last).unwrap_or_default() {
            let sql = format!("SELECT s.key FROM customer_search s NOT INDEXED WHERE {condition}");
            return Ok((vec![(sql, values)], false));
        }
        let sql = format!(
            "SELECT s.key FROM customers c INDEXED BY customers_by_id CROSS JOIN customer_search s ON s.key = c.key \
             WHERE c.org = ? AND {condition}"
        );
        let values = std::iter::once(Value::Integer(self.within.org.0)).chain(values).collect();
        Ok((vec![(sql, values)], false))
    }

    /// How many records there may be: as many of all as of those looked at.
    fn estimate(&self) -> u64 {
        let live = self.live().unwrap_or_default();
        let share = if self.examined == 0 { 0.0 } else { self.passed as f64 / self.examined as f64 };
        (share * live as f64) as u64
    }

    fn live(&self) -> rusqlite::Result<u64> {
        let mut statement = self.connection.prepare_cached(super::super::sql::LIVE)?;
        let live = statement.query_row((self.within.org.0, "customer"), |row| row.get(0)).optional()?;
        Ok(live.unwrap_or_default())
    }

    /// Counts beside, and whether that was in time.
    fn aggregate(
        &self,
        aggregations: &[Aggregation],
        mut in_page_time: bool,
    ) -> rusqlite::Result<(Vec<(String, Aggregated)>, bool)> {
        if aggregations.is_empty() {
            return Ok((Vec::new(), true));
        }
        let mut counters: Vec<Counter<'_>> = aggregations.iter().map(Counter::new).collect();
        if in_page_time {
            let counted = self.each_match(&mut |connection, key| {
                let row = read_row(connection, key)?;
                counters.iter_mut().for_each(|counter| counter.count(&row));
                Ok(true)
            });
            in_page_time = in_time(counted)?;
        }
        let answers = aggregations.iter().zip(counters).map(|(of, counter)| (of.name().to_owned(), counter.answer()));
        Ok((answers.collect(), in_page_time))
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
        if self.probe(self.effort.few)? {
            let sorted = self.sort_candidates();
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

    /// Counts every match, whatever was found before.
    pub(super) fn count_all(&mut self, count: Count, total: &mut Option<Total>) -> Result<(), Halt> {
        let was_all = std::mem::replace(&mut self.is_all, false);
        let counted = self.count(count, total);
        self.is_all = was_all;
        counted
    }

    /// Whether what was found is everything there is.
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

    /// The condition on a row `s`, and what it binds.
    fn condition(&self, more: Option<&str>) -> (String, Vec<Value>) {
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

/// Tests records one by one.
pub(super) struct Tests<'c> {
    row: CachedStatement<'c>,
    values: Vec<Value>,
    check: Check<'c>,
}

impl<'c> Tests<'c> {
    /// `more`: what else must hold.
    pub(super) fn prepare(finding: &Finding<'c>, more: Option<&str>) -> rusqlite::Result<Self> {
        let (condition, mut bound) = finding.condition(more);
        let columns: String = finding.sort.iter().map(|key| format!(", {}", sort_column(key))).collect();
        let sql = format!("SELECT s.id{columns} FROM customer_search s WHERE s.key = ? AND {condition}");
        bound.insert(0, Value::Null);
        Ok(Self { row: finding.connection.prepare_cached(&sql)?, values: bound, check: Check::prepare(finding)? })
    }

    /// The record with this key, when it matches.
    pub(super) fn candidate(&mut self, finding: &Finding<'_>, key: i64) -> Result<Option<Candidate>, Halt> {
        if let Some(place) = self.values.first_mut() {
            *place = Value::Integer(key);
        }
        let read = |row: &rusqlite::Row<'_>| {
            let values = finding.sort.iter().enumerate().map(|(at, key)| sort_value(row.get_ref(at + 1)?, key));
            Ok(Candidate { key, id: row.get(0)?, values: values.collect::<rusqlite::Result<_>>()? })
        };
        let candidate = self.row.query_row(params_from_iter(&self.values), read).optional()?;
        match candidate {
            Some(candidate) if self.check.holds(finding, key)? => Ok(Some(candidate)),
            _ => Ok(None),
        }
    }
}

fn sort_column(key: &Sort) -> String {
    column_of(key.by).map_or_else(|| "s.deleted".to_owned(), |column| format!("s.{}", column.name))
}

fn sort_value(value: ValueRef<'_>, key: &Sort) -> rusqlite::Result<Option<kustodian_core::search::Value>> {
    use crate::search::Holds;
    let holds = column_of(key.by).map_or(Holds::Boolean, |column| column.holds);
    let cell = match value {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(integer) => Some(Cell::Integer(integer)),
        ValueRef::Real(number) => Some(Cell::Number(number)),
        ValueRef::Text(text) => Some(Cell::Text(String::from_utf8_lossy(text).into_owned())),
    };
    Ok(cell.map(|cell| value_of(cell, holds)))
}

/// Checks records against the criteria that no index and no condition settles.
struct Check<'c> {
    document: CachedStatement<'c>,
}

const DOCUMENT: &str = "SELECT document FROM customers WHERE key = ?1";

impl<'c> Check<'c> {
    fn prepare(finding: &Finding<'c>) -> rusqlite::Result<Self> {
        Ok(Self { document: finding.connection.prepare_cached(DOCUMENT)? })
    }

    fn holds(&mut self, finding: &Finding<'_>, key: i64) -> Result<bool, Halt> {
        let mut open = finding.conjuncts.iter().filter(|conjunct| !conjunct.is_settled()).peekable();
        if open.peek().is_none() {
            return Ok(true);
        }
        let row = self.document.query_row([key], |row| parse(&row.get::<_, Unpacked>(0)?.0))?;
        Ok(open.all(|conjunct| matches(conjunct.node, &row)))
    }
}

fn read_row(connection: &Connection, key: i64) -> rusqlite::Result<SearchRow> {
    connection.prepare_cached(DOCUMENT)?.query_row([key], |row| parse(&row.get::<_, Unpacked>(0)?.0))
}

fn parse(document: &str) -> rusqlite::Result<SearchRow> {
    SearchRow::read(document)
        .map_err(|refusal| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(refusal)))
}
