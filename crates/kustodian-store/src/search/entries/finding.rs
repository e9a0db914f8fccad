//! Finding ids.
//!
//! Where few records meet the criteria they are all read and sorted (`candidates.rs`). Otherwise records are read in the order
//! asked for, which an index gives, and tested until the page is full.

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Node, Query, SearchRow, Sort, Subject, compare, id_attribute, matches_among};
use kustodian_core::search_store::{Count, Total};
use kustomer_api::ObjectId;

use super::super::column::{Cell, successor};
use super::super::compile::{Bind, Compiled};
use super::condition::{Row, Span, in_spans, of_rows};
use super::reader::{Found, Halt, Reader, Sql};
use super::related::around;
use super::term::{beginning, column_of};

/// How many documents are read at a time.
pub(super) const DOCUMENTS: usize = 250;

/// How many records are drawn for an estimate.
const DRAWN: u64 = 4_000;

/// A search under way, for records of another kind than customers.
pub(crate) struct Finding<'q> {
    pub(super) kind: Kind,
    pub(super) query: &'q Query,
    pub(super) condition: Compiled,
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
        let mut condition = of_rows(reader.place(), &of_customers, &query.root, row, true);
        if !query.include_deleted {
            let live = Compiled::new("r.deleted = ?", vec![Bind::Cell(Cell::Boolean(false))]);
            condition = Compiled::join(vec![live, condition], true);
        }
        let mut beside = BTreeSet::new();
        query.root.each_has(&mut |context, _| {
            beside.insert(context);
        });
        let is_about_tracking = query.is_about_tracking();
        Self { kind, query, condition, beside, is_about_tracking, found: Vec::new(), is_all: false }
    }

    /// Finds the first `wanted` records in order, or more.
    pub(crate) async fn find<R: Reader>(&mut self, reader: &mut R, wanted: usize) -> Result<(), Halt<R::Failure>> {
        if wanted == 0 || self.find_few(reader).await? {
            return Ok(());
        }
        self.read_along(reader, wanted).await
    }

    /// Finds everything, unless no criterion leads to few records.
    pub(super) async fn find_few<R: Reader>(&mut self, reader: &mut R) -> Result<bool, Halt<R::Failure>> {
        let Some(candidates) = self.candidates(reader).await? else { return Ok(false) };
        let mut rows = self.matching(reader, &candidates).await?;
        rows.sort_by(|one, other| compare(&self.query.sort, one, other));
        self.found = rows.into_iter().map(|row| row.id).collect();
        self.is_all = true;
        Ok(true)
    }

    /// What of these matches.
    async fn matching<R: Reader>(&self, reader: &mut R, ids: &[ObjectId]) -> Result<Vec<SearchRow>, Halt<R::Failure>> {
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
    async fn settled<R: Reader>(&self, reader: &mut R, ids: Vec<ObjectId>) -> Result<Vec<ObjectId>, Halt<R::Failure>> {
        if self.condition.exact {
            return Ok(ids);
        }
        let matching: BTreeSet<ObjectId> = self.matching(reader, &ids).await?.into_iter().map(|row| row.id).collect();
        Ok(ids.into_iter().filter(|id| matching.contains(id)).collect())
    }

    /// Reads records in order until `wanted` are found.
    async fn read_along<R: Reader>(&mut self, reader: &mut R, wanted: usize) -> Result<(), Halt<R::Failure>> {
        if let Some(first) = self.query.sort.first().copied() {
            if first.by == id_attribute(self.query.context) {
                return self.read_by_id(reader, &mut None, wanted, first.descending).await;
            }
            if !self.read_values(reader, first, wanted).await? {
                return Ok(());
            }
            return self.read_rest(reader, first, wanted).await;
        }
        self.read_by_id(reader, &mut None, wanted, false).await
    }

    /// In the order of ids, behind one, which is moved to the last that is done with.
    async fn read_by_id<R: Reader>(
        &mut self,
        reader: &mut R,
        behind: &mut Option<ObjectId>,
        wanted: usize,
        descending: bool,
    ) -> Result<(), Halt<R::Failure>> {
        let chunk = chunk(reader);
        let (sign, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        loop {
            let mut sql = self.rows(reader, "r.id, NULL");
            if let Some(behind) = behind {
                sql = sql.then(&format!(" AND r.id {sign} ?"), [Bind::Id(*behind)]);
            }
            let order = format!(" ORDER BY r.id {direction} LIMIT ?");
            let ids = ids(reader.rows(&sql.then(&order, [limit(chunk)])).await?);
            let (is_end, last) = ((ids.len() as u64) < chunk, ids.last().copied());
            let settled = self.settled(reader, ids).await?;
            let missing = wanted.saturating_sub(self.found.len());
            self.found.extend(settled.iter().take(missing));
            if settled.len() > missing || (self.found.len() >= wanted && !is_end) {
                *behind = self.found.last().copied();
                return Ok(());
            }
            *behind = last.or(*behind);
            if is_end {
                self.is_all = true;
                return Ok(());
            }
        }
    }

    /// Those that have a value of the first key, in its order; whether they were read to the end.
    async fn read_values<R: Reader>(
        &mut self,
        reader: &mut R,
        first: Sort,
        wanted: usize,
    ) -> Result<bool, Halt<R::Failure>> {
        let (sign, direction) = if first.descending { ("<", "DESC") } else { (">", "ASC") };
        let mut behind: Option<Found> = None;
        // Records alike in the first key, until all of them are there to be sorted by the others.
        let mut group: Vec<ObjectId> = Vec::new();
        let mut of_group: Option<String> = None;
        let chunk = chunk(reader);
        loop {
            let mut sql = match column_of(first.by) {
                Some(column) => self.of_column(reader, column),
                None => self.values(reader, first, behind.as_ref().and_then(|(_, term)| term.as_deref())),
            };
            let (value, id) = match column_of(first.by) {
                Some(column) => (format!("r.{column}"), "r.id"),
                None => ("t.term".to_owned(), "t.record"),
            };
            if let Some((last, Some(term))) = &behind {
                let bound = match column_of(first.by) {
                    Some(_) => Bind::Id(term.parse().unwrap_or(*last)),
                    None => Bind::text(term),
                };
                sql = sql.then(&format!(" AND ({value}, {id}) {sign} (?, ?)"), [bound, Bind::Id(*last)]);
            }
            let order = format!(" ORDER BY {value} {direction}, {id} {direction} LIMIT ?");
            let rows = reader.rows(&sql.then(&order, [limit(chunk)])).await?;
            let is_end = (rows.len() as u64) < chunk;
            behind = rows.last().cloned().or(behind);
            let settled: BTreeSet<ObjectId> =
                self.settled(reader, rows.iter().map(|(id, _)| *id).collect()).await?.into_iter().collect();
            for (id, term) in rows.into_iter().filter(|(id, _)| settled.contains(id)) {
                if self.query.sort.len() > 1 {
                    if of_group != term {
                        self.end_group(reader, &mut group).await?;
                        of_group = term;
                    }
                    group.push(id);
                } else {
                    self.found.push(id);
                }
                if self.found.len() >= wanted {
                    return Ok(false);
                }
            }
            if is_end {
                self.end_group(reader, &mut group).await?;
                return Ok(self.found.len() < wanted);
            }
        }
    }

    /// Those that have no value of the first key.
    async fn read_rest<R: Reader>(
        &mut self,
        reader: &mut R,
        first: Sort,
        wanted: usize,
    ) -> Result<(), Halt<R::Failure>> {
        let direction = if first.descending { "DESC" } else { "ASC" };
        let sign = if first.descending { "<" } else { ">" };
        let (none, binds) = match column_of(first.by) {
            Some(column) => (format!(" AND r.{column} IS NULL"), Vec::new()),
            None => {
                let (least, greatest) = terms_of(first);
                let (in_range, binds) = in_spans("t", &[Span::Between(least, Some(greatest))]);
                let together = reader.form().together("t", "r");
                let (by_record, is_in_it) = reader.form().by_record();
                let none = format!(
                    " AND NOT EXISTS (SELECT 1 FROM search_terms t{by_record} WHERE t.org = r.org \
                     AND t.kind = r.kind AND t.record = r.id{together}{is_in_it} AND {in_range})"
                );
                (none, binds)
            }
        };
        let mut behind: Option<ObjectId> = None;
        let mut group = Vec::new();
        let chunk = chunk(reader);
        loop {
            let mut sql = self.rows(reader, "r.id, NULL").then(&none, binds.clone());
            if let Some(behind) = behind {
                sql = sql.then(&format!(" AND r.id {sign} ?"), [Bind::Id(behind)]);
            }
            let ids =
                ids(reader.rows(&sql.then(&format!(" ORDER BY r.id {direction} LIMIT ?"), [limit(chunk)])).await?);
            let is_end = (ids.len() as u64) < chunk;
            behind = ids.last().copied().or(behind);
            let settled = self.settled(reader, ids).await?;
            if self.query.sort.len() > 1 {
                group.extend(settled);
            } else {
                self.found.extend(settled);
                if self.found.len() >= wanted && !is_end {
                    return Ok(());
                }
            }
            if is_end {
                self.end_group(reader, &mut group).await?;
                self.is_all = true;
                return Ok(());
            }
        }
    }

    async fn end_group<R: Reader>(
        &mut self,
        reader: &mut R,
        group: &mut Vec<ObjectId>,
    ) -> Result<(), Halt<R::Failure>> {
        if group.len() <= 1 {
            self.found.append(group);
            return Ok(());
        }
        let mut rows = Vec::with_capacity(group.len());
        for ids in group.chunks(DOCUMENTS) {
            reader.check_time()?;
            rows.extend(reader.search_rows(self.kind, ids).await?);
        }
        rows.sort_by(|one, other| compare(&self.query.sort, one, other));
        self.found.extend(rows.iter().map(|row| row.id));
        group.clear();
        Ok(())
    }

    /// The rows that pass the condition.
    fn rows<R: Reader>(&self, reader: &R, what: &str) -> Sql {
        let sql = format!("SELECT {what} FROM search_records r WHERE r.org = ? AND r.kind = ?");
        Sql::new(sql, reader.place().of_kind(self.kind)).and(&self.condition)
    }

    /// Those of which a column has an id.
    fn of_column<R: Reader>(&self, reader: &R, column: &str) -> Sql {
        let (form, name) = (reader.form(), format!("r.{column}"));
        let (index, text) = (form.by_column(column), (form.text_of)(&name));
        let sql = format!(
            "SELECT r.id, {text} FROM search_records r{index} WHERE r.org = ? AND r.kind = ? AND {name} IS NOT NULL"
        );
        Sql::new(sql, reader.place().of_kind(self.kind)).and(&self.condition)
    }

    /// Those with a value of a key of the order, from the term `behind` on where there is one: an index is then read from there.
    fn values<R: Reader>(&self, reader: &R, key: Sort, behind: Option<&str>) -> Sql {
        let form = reader.form();
        let (least, greatest) = terms_of(key);
        let (least, sign, greatest) = match (behind, key.descending) {
            (None, _) => (least, "<", greatest),
            (Some(term), false) => (term.to_owned(), "<", greatest),
            (Some(term), true) => (least, "<=", term.to_owned()),
        };
        let sql = format!(
            "SELECT t.record, t.term FROM search_terms t {} search_records r ON r.org = t.org AND r.kind = t.kind \
             AND r.id = t.record{} WHERE t.org = ? AND t.kind = ? AND t.term >= ? AND t.term {sign} ?",
            form.join,
            form.together("r", "t")
        );
        let bounds = [Bind::text(&least), Bind::text(&greatest)];
        Sql::new(sql, reader.place().of_kind(self.kind)).then("", bounds).and(&self.condition)
    }

    /// Finds the first `limit` records behind an id, in the order of ids. `behind` is moved to the last id that is done
    /// with, whatever stops it.
    pub(super) async fn find_by_id<R: Reader>(
        &mut self,
        reader: &mut R,
        behind: &mut Option<ObjectId>,
        limit: usize,
    ) -> Result<(), Halt<R::Failure>> {
        let Some(mut candidates) = self.candidates(reader).await? else {
            return self.read_by_id(reader, behind, limit, false).await;
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

    /// Counts the matches.
    pub(super) async fn count<R: Reader>(
        &self,
        reader: &mut R,
        count: Count,
    ) -> Result<Option<Total>, Halt<R::Failure>> {
        let up_to = match count {
            Count::None => return Ok(None),
            Count::UpTo(up_to) => up_to,
            Count::Exact => u64::MAX,
        };
        if self.is_all {
            return Ok(Some(Total { count: self.found.len() as u64, is_estimate: false }));
        }
        let counted = if self.condition.exact {
            let limit = Bind::Cell(Cell::Integer(i64::try_from(up_to).unwrap_or(i64::MAX).saturating_add(1)));
            let rows = self.rows(reader, "1").then(" LIMIT ?", [limit]);
            reader.number(&Sql::new(format!("SELECT count(*) FROM ({}) s", rows.text), rows.binds)).await?
        } else {
            let mut counted = 0;
            self.each_match(reader, &mut |_| {
                counted += 1;
                counted <= up_to
            })
            .await?;
            counted
        };
        if counted <= up_to {
            return Ok(Some(Total { count: counted, is_estimate: false }));
        }
        let estimate = self.estimate(reader).await?;
        Ok(Some(Total { count: estimate.max(counted), is_estimate: true }))
    }

    /// As many of all as of the first few.
    async fn estimate<R: Reader>(&self, reader: &mut R) -> Result<u64, Halt<R::Failure>> {
        let all = Sql::new(
            "SELECT count(*) FROM search_records r WHERE r.org = ? AND r.kind = ?",
            reader.place().of_kind(self.kind),
        );
        let all = reader.number(&all).await?;
        let first =
            format!("SELECT * FROM search_records r WHERE r.org = ? AND r.kind = ? ORDER BY r.id LIMIT {DRAWN}");
        let drawn = Sql::new(format!("SELECT count(*) FROM ({first}) r WHERE TRUE"), reader.place().of_kind(self.kind));
        let passed = reader.number(&drawn.and(&self.condition)).await?;
        Ok(all.saturating_mul(passed) / all.clamp(1, DRAWN))
    }

    /// Visits what every match offers, in no order, until `visit` says that it is enough.
    pub(super) async fn each_match<R: Reader>(
        &self,
        reader: &mut R,
        visit: &mut (dyn FnMut(&SearchRow) -> bool + Send),
    ) -> Result<(), Halt<R::Failure>> {
        let mut behind: Option<ObjectId> = None;
        let chunk = chunk(reader);
        loop {
            let mut sql = self.rows(reader, "r.id, NULL");
            if let Some(behind) = behind {
                sql = sql.then(" AND r.id > ?", [Bind::Id(behind)]);
            }
            let ids = if self.is_all && self.query.sort.is_empty() {
                self.found.clone()
            } else {
                ids(reader.rows(&sql.then(" ORDER BY r.id LIMIT ?", [limit(chunk)])).await?)
            };
            let is_end = (ids.len() as u64) < chunk || self.is_all && self.query.sort.is_empty();
            behind = ids.last().copied().or(behind);
            for row in self.matching(reader, &ids).await? {
                if !visit(&row) {
                    return Ok(());
                }
            }
            if is_end {
                return Ok(());
            }
        }
    }
}

pub(super) fn ids(found: Vec<Found>) -> Vec<ObjectId> {
    found.into_iter().map(|(id, _)| id).collect()
}

/// How many ids are read at a time, in order.
fn chunk<R: Reader>(reader: &R) -> u64 {
    (reader.effort().tries / 4).max(1)
}

pub(super) fn limit(rows: u64) -> Bind {
    Bind::Cell(Cell::Integer(i64::try_from(rows).unwrap_or(i64::MAX)))
}

/// The least term of a key of the order, and the first one behind all of its terms.
fn terms_of(key: Sort) -> (String, String) {
    let beginning = beginning(&Subject::Standard(key.by));
    // It ends in a sign that has one behind it.
    let end = successor(&beginning).unwrap_or_default();
    (beginning, end)
}
