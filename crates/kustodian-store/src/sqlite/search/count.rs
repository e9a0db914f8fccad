//! Counting what matches, and what else is counted of it.

use kustodian_core::search::{Aggregation, Counter, Subject};
use kustodian_core::search_store::{Count, Total};
use kustomer_api::search::{Aggregated, Attribute};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::super::sql::LIVE;
use super::access::{Access, Statement};
use super::candidate::{Check, Tests, count_tracked, read_row};
use super::pages::{Conjunct, Finding};
use super::time::{Halt, in_time};

/// How many records are drawn to see whether there are more matches than are counted; fewer where documents are read.
const TRIES: u64 = 3_000;
const TRIES_OF_DOCUMENTS: u64 = 400;

/// Fewer than this are counted one by one.
const SAMPLED: u64 = 20_000;

/// The counts of a sample of records.
struct Sample {
    /// How many they were drawn from.
    all: u64,
    tried: u64,
    passed: u64,
}

impl Sample {
    /// So many of all as of those drawn.
    fn estimate(&self) -> u64 {
        self.share(self.passed as f64)
    }

    fn share(&self, passed: f64) -> u64 {
        if self.tried == 0 { 0 } else { (passed / self.tried as f64 * self.all as f64) as u64 }
    }

    /// Whether there are more than that beyond doubt.
    fn is_surely_beyond(&self, up_to: u64) -> bool {
        self.share(at_least(self.passed as f64)) > up_to
    }

    /// Whether it may come to that within so many tries.
    fn may_get_beyond(&self, up_to: u64, tries: u64) -> bool {
        let passed = (self.passed as f64 + 3.0) * tries as f64 / self.tried.max(1) as f64;
        at_least(passed) / tries as f64 * self.all as f64 > up_to as f64
    }
}

/// How many had to be expected at least, where so many passed: were they fewer, it would come to that many less than
/// once in a million million times, and to it at one of some thousand looks less than once in a thousand million. By
/// Chernoff's bound: of an expected `m`, `x` or more come up with a probability of at most exp(x - m - x ln(x / m)).
fn at_least(passed: f64) -> f64 {
    const DOUBT: f64 = 30.0;
    let (mut low, mut high) = (0.0, passed);
    for _ in 0..32 {
        let middle = f64::midpoint(low, high);
        let is_doubted = middle == 0.0 || passed * (passed / middle).ln() - passed + middle > DOUBT;
        (low, high) = if is_doubted { (middle, high) } else { (low, middle) };
    }
    low
}

impl Finding<'_> {
    /// Counts the matches.
    pub(super) fn count(&mut self, count: Count, total: &mut Option<Total>) -> Result<(), Halt> {
        let up_to = match count {
            Count::None => return Ok(()),
            Count::UpTo(up_to) => up_to,
            Count::Exact => u64::MAX,
        };
        let exactly = |count| Some(Total { count, is_estimate: false });
        if self.is_all {
            *total = exactly(self.found.len() as u64);
            return Ok(());
        }
        if self.conjuncts.is_empty() && !self.within.include_deleted {
            *total = exactly(self.live()?);
            return Ok(());
        }
        let sample = if self.is_counted_by_one_index() { None } else { self.sample(up_to)? };
        if let Some(sample) = sample.filter(|sample| sample.is_surely_beyond(up_to)) {
            *total = Some(Total { count: sample.estimate(), is_estimate: true });
            return Ok(());
        }
        // Of several criteria, records in all their indexes are known before anything is tested.
        if self.conjuncts.len() > 1 {
            self.probe(self.effort.many, true)?;
        }
        let counted = self.count_matches(up_to)?;
        *total = if counted > up_to {
            let estimate = self.sample(0)?.map_or(0, |sample| sample.estimate());
            Some(Total { count: estimate.max(counted), is_estimate: true })
        } else {
            exactly(counted)
        };
        Ok(())
    }

    /// Whether there is one criterion, and its index alone answers it.
    fn is_counted_by_one_index(&self) -> bool {
        let mut leading = self.conjuncts.iter().filter(|conjunct| conjunct.joined.is_none());
        let first = leading.next().and_then(|conjunct| conjunct.access.as_ref());
        first.is_some_and(|access| access.exact) && leading.next().is_none()
    }

    /// Tests records drawn from all there are, or from the candidates: until there are surely more than `up_to`, or that
    /// cannot be counted this way.
    fn sample(&self, up_to: u64) -> Result<Option<Sample>, Halt> {
        let candidates = self.candidates();
        let all = match &candidates {
            Some(candidates) => candidates.len() as u64,
            None => self.last_key()?,
        };
        if all < SAMPLED || all / 2 < up_to {
            return Ok(None);
        }
        let tries = if self.checks_documents() { TRIES_OF_DOCUMENTS } else { TRIES };
        let mut tests = Tests::prepare(self, None)?;
        let mut sample = Sample { all, tried: 0, passed: 0 };
        // Which they are does not matter, only that nothing about them decides it.
        let mut draw = fastrand::Rng::with_seed(all);
        while sample.tried < tries && !sample.is_surely_beyond(up_to) {
            self.time.check()?;
            let at = draw.u64(..all);
            let key = match &candidates {
                Some(candidates) => usize::try_from(at).ok().and_then(|at| candidates.get(at)).copied(),
                None => i64::try_from(at + 1).ok(),
            };
            sample.tried += 1;
            sample.passed += u64::from(key.map(|key| tests.candidate(self, key)).transpose()?.flatten().is_some());
            if sample.tried == tries / 8 && !sample.may_get_beyond(up_to, tries) {
                break;
            }
        }
        Ok(Some(sample))
    }

    /// No record of any org has a greater key.
    fn last_key(&self) -> rusqlite::Result<u64> {
        let mut statement = self.connection.prepare_cached("SELECT ifnull(max(key), 0) FROM customer_search")?;
        statement.query_row([], |row| row.get(0)).map(|last: i64| u64::try_from(last).unwrap_or_default())
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
    pub(super) fn is_settled_by_keys(&self) -> bool {
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
        if self.live()?.saturating_mul(4) > self.last_key()? {
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

    /// How many records the org has, deleted ones aside.
    pub(super) fn live(&self) -> rusqlite::Result<u64> {
        let mut statement = self.connection.prepare_cached(LIVE)?;
        let live = statement.query_row((self.within.org.0, "customer"), |row| row.get(0)).optional()?;
        Ok(live.unwrap_or_default())
    }

    /// Counts beside, and whether that was in time.
    pub(super) fn aggregate(
        &self,
        aggregations: &[Aggregation],
        mut in_page_time: bool,
    ) -> rusqlite::Result<(Vec<(String, Aggregated)>, bool)> {
        if aggregations.is_empty() {
            return Ok((Vec::new(), true));
        }
        let mut counters: Vec<Counter<'_>> = aggregations.iter().map(Counter::new).collect();
        let of_tracking = Subject::Standard(Attribute::TrackingEvents);
        let counts_tracked = aggregations.iter().any(|of| *of.subject() == of_tracking);
        if in_page_time {
            let counted = self.each_match(&mut |connection, key| {
                let mut row = read_row(connection, key)?;
                if counts_tracked {
                    row.count_tracked(count_tracked(connection, self.within.org, row.id)?);
                }
                counters.iter_mut().for_each(|counter| counter.count(&row));
                Ok(true)
            });
            in_page_time = in_time(counted)?;
        }
        let answers = aggregations.iter().zip(counters).map(|(of, counter)| (of.name().to_owned(), counter.answer()));
        Ok((answers.collect(), in_page_time))
    }

    /// Counts every match, whatever was found before.
    pub(super) fn count_all(&mut self, count: Count, total: &mut Option<Total>) -> Result<(), Halt> {
        let was_all = std::mem::replace(&mut self.is_all, false);
        let counted = self.count(count, total);
        self.is_all = was_all;
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_that_passed_leave_doubt_and_many_leave_little() {
        assert!(at_least(0.0) == 0.0);
        assert!(at_least(5.0) < 0.1);
        assert!((20.0..21.0).contains(&at_least(64.0)));
        assert!((9245.0..9246.0).contains(&at_least(10_000.0)));
    }

    #[test]
    fn a_sample_tells_more_than_it_counted_only_beyond_doubt() {
        let sample = |passed| Sample { all: 1_000_000, tried: 1_000, passed };
        assert!(sample(100).is_surely_beyond(10_000));
        assert!(!sample(20).is_surely_beyond(10_000));
        assert_eq!(sample(100).estimate(), 100_000);
        assert!(!sample(1).may_get_beyond(10_000, 3_000));
    }
}
