//! Finding ids.
//!
//! Where few records meet one criterion they are all read and sorted. Where many meet each, records are first read in the order
//! asked for, which an index gives, and tested (`along.rs`). If that does not fill the page soon, those that meet the rarest
//! criterion are tested and sorted, by the index alone (`lead.rs`). Where terms do not settle a criterion, documents are read
//! (`candidates.rs`).

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Node, Query, SearchRow, compare, matches_among};
use kustomer_api::ObjectId;

use super::super::column::Cell;
use super::super::compile::{Bind, Compiled};
use super::access;
use super::along::Along;
use super::candidates::{TESTED, flatten};
use super::condition::{Any, Row, of_rows};
use super::lead::{Way, values_of};
use super::pairs::paired;
use super::reader::{Found, Halt, Reader};
use super::related::around;

/// How many documents are read at a time.
pub(super) const DOCUMENTS: usize = 250;

/// A search under way, for records of another kind than customers.
pub(crate) struct Finding<'q> {
    pub(super) kind: Kind,
    pub(super) query: &'q Query,
    pub(super) condition: Compiled,
    /// The values that every match has one of, for each of the criteria that ask for values.
    pub(super) values: Vec<Any>,
    /// The condition but for those.
    pub(super) rest: Compiled,
    /// What leads to all matches.
    pub(super) ways: Vec<Way>,
    pub(super) along: Along,
    beside: BTreeSet<Context>,
    is_about_tracking: bool,
    /// The first ids found, in order.
    pub(crate) found: Vec<ObjectId>,
    /// Whether that is all.
    pub(crate) is_all: bool,
}

impl<'q> Finding<'q> {
    pub(crate) fn new<R: Reader>(reader: &R, kind: Kind, query: &'q Query) -> Self {
        let of_customers = |node: &Node, row: Row<'_>, over: bool| reader.of_customers(node, row, over);
        let row = Row { name: "r", context: query.context };
        let condition_of = |node: &Node| of_rows(reader.place(), &of_customers, node, row, true);
        let live = Compiled::new("r.deleted = ?", vec![Bind::Cell(Cell::Boolean(false))]);
        let live = (!query.include_deleted).then_some(live);
        let condition = Compiled::join(live.clone().into_iter().chain([condition_of(&query.root)]).collect(), true);
        let mut nodes = Vec::new();
        flatten(&query.root, &mut nodes);
        let (mut values, mut ways_of_rest): (Vec<Any>, Vec<Way>) = (Vec::new(), Vec::new());
        let mut rest: Vec<Compiled> = live.into_iter().collect();
        for node in nodes {
            match values_of(node) {
                Some(all) => values.extend(all),
                None => {
                    rest.push(condition_of(node));
                    ways_of_rest.extend(access::ways(node).into_iter().filter_map(|any| Way::of(any, None)));
                }
            }
        }
        let values = paired(values);
        let of_values = values.iter().enumerate().filter_map(|(place, any)| Way::of(any.clone(), Some(place)));
        let ways = of_values.chain(ways_of_rest).collect();
        let rest = Compiled::join(rest, true);
        let mut beside = BTreeSet::new();
        query.root.each_has(&mut |context, _| {
            beside.insert(context);
        });
        let is_about_tracking = query.is_about_tracking();
        Self {
            kind,
            query,
            condition,
            values,
            rest,
            ways,
            along: Along::default(),
            beside,
            is_about_tracking,
            found: Vec::new(),
            is_all: false,
        }
    }

    /// Finds the first `wanted` records in order, or more.
    pub(crate) async fn find<R: Reader>(&mut self, reader: &mut R, wanted: usize) -> Result<(), Halt<R::Failure>> {
        if wanted == 0 || self.find_few(reader).await? {
            return Ok(());
        }
        if self.ways.is_empty() {
            return self.read_along(reader, wanted, None).await.map(drop);
        }
        let effort = reader.effort();
        let tries = (effort.tries / 4).max(1);
        if self.read_along(reader, wanted, Some(tries)).await? {
            return Ok(());
        }
        // As many as that takes if the next matches are as close together as the first.
        let expected = tries.saturating_mul(wanted as u64).checked_div(self.found.len() as u64).unwrap_or(u64::MAX);
        let lead = self.lead(reader, effort.few.saturating_mul(TESTED) as u64).await?;
        let records = lead.map_or(effort.many as u64, |lead| lead.records);
        if expected <= records && self.read_along(reader, wanted, Some(expected.saturating_mul(2))).await? {
            return Ok(());
        }
        let lead = match lead {
            Some(lead) => Some(lead),
            None => self.lead(reader, effort.many as u64).await?,
        };
        if let Some(lead) = lead {
            if self.find_led(reader, lead, wanted).await? {
                return Ok(());
            }
            self.found.clear();
            self.along = Along::default();
        }
        self.read_along(reader, wanted, None).await.map(drop)
    }

    /// Finds everything, unless no criterion leads to few records.
    pub(super) async fn find_few<R: Reader>(&mut self, reader: &mut R) -> Result<bool, Halt<R::Failure>> {
        if self.condition.sql == "FALSE" {
            self.is_all = true;
            return Ok(true);
        }
        if self.condition.exact && self.is_ordered_by_terms(reader) {
            let few = reader.effort().few;
            return match self.lead(reader, few as u64).await? {
                Some(lead) => self.find_led(reader, lead, few).await,
                None => Ok(false),
            };
        }
        let Some(candidates) = self.candidates(reader).await? else { return Ok(false) };
        let mut rows = self.matching(reader, &candidates).await?;
        rows.sort_by(|one, other| compare(&self.query.sort, one, other));
        self.found = rows.into_iter().map(|row| row.id).collect();
        self.is_all = true;
        Ok(true)
    }

    /// What of these matches.
    pub(super) async fn matching<R: Reader>(
        &self,
        reader: &mut R,
        ids: &[ObjectId],
    ) -> Result<Vec<SearchRow>, Halt<R::Failure>> {
        let mut matching = Vec::new();
        for ids in ids.chunks(DOCUMENTS) {
            reader.check_time()?;
            for row in reader.search_rows(self.kind, ids).await? {
                if self.matches(reader, &row).await? {
                    matching.push(row);
                }
            }
        }
        Ok(matching)
    }

    async fn matches<R: Reader>(&self, reader: &mut R, row: &SearchRow) -> Result<bool, Halt<R::Failure>> {
        if row.deleted && !self.query.include_deleted {
            return Ok(false);
        }
        let mut related = if self.beside.is_empty() { Vec::new() } else { around(reader, row, &self.beside).await? };
        if self.is_about_tracking {
            for customer in related.iter_mut().filter(|other| other.context == Context::Customer) {
                let count = reader.count_tracked(customer.id).await?;
                customer.count_tracked(count);
            }
        }
        Ok(matches_among(&self.query.root, row, related.as_slice()))
    }

    /// Those of these ids that match, in their order, once they passed the condition.
    pub(super) async fn settled<R: Reader>(
        &self,
        reader: &mut R,
        ids: Vec<ObjectId>,
    ) -> Result<Vec<ObjectId>, Halt<R::Failure>> {
        if self.condition.exact {
            return Ok(ids);
        }
        let matching: BTreeSet<ObjectId> = self.matching(reader, &ids).await?.into_iter().map(|row| row.id).collect();
        Ok(ids.into_iter().filter(|id| matching.contains(id)).collect())
    }

    /// Finds the first `limit` records behind an id, in the order of ids. `behind` is moved to the last id that is done
    /// with, whatever stops it.
    pub(super) async fn find_by_id<R: Reader>(
        &mut self,
        reader: &mut R,
        behind: &mut Option<ObjectId>,
        limit: usize,
    ) -> Result<(), Halt<R::Failure>> {
        if self.condition.exact {
            let records = reader.effort().few.saturating_mul(TESTED) as u64;
            if let Some(lead) = self.lead(reader, records).await? {
                return self.find_led_by_id(reader, lead, behind, limit).await;
            }
            return self.read_by_id(reader, behind, (limit, None), false).await.map(drop);
        }
        let Some(mut candidates) = self.candidates(reader).await? else {
            return self.read_by_id(reader, behind, (limit, None), false).await.map(drop);
        };
        candidates.retain(|id| behind.is_none_or(|behind| *id > behind));
        candidates.sort_unstable();
        for ids in candidates.chunks(DOCUMENTS) {
            let matching: BTreeSet<ObjectId> =
                self.matching(reader, ids).await?.into_iter().map(|row| row.id).collect();
            for id in ids.iter().filter(|id| matching.contains(*id)) {
                if self.found.len() >= limit {
                    return Ok(());
                }
                self.found.push(*id);
                *behind = Some(*id);
            }
            *behind = ids.last().copied().or(*behind);
        }
        self.is_all = true;
        Ok(())
    }

    /// Those of these ids that match, in their order.
    pub(super) async fn still<R: Reader>(
        &self,
        reader: &mut R,
        ids: &[ObjectId],
    ) -> Result<Vec<ObjectId>, Halt<R::Failure>> {
        let matching: BTreeSet<ObjectId> = self.matching(reader, ids).await?.into_iter().map(|row| row.id).collect();
        Ok(ids.iter().filter(|id| matching.contains(*id)).copied().collect())
    }
}

pub(super) fn ids(found: Vec<Found>) -> Vec<ObjectId> {
    found.into_iter().map(|(id, _)| id).collect()
}

pub(super) fn limit(rows: u64) -> Bind {
    Bind::Cell(Cell::Integer(i64::try_from(rows).unwrap_or(i64::MAX)))
}
