//! Reading records in the order asked for, and testing them, until the page is full.

use std::collections::BTreeSet;

use kustodian_core::search::{Sort, compare, id_attribute};
use kustomer_api::ObjectId;

use super::super::column::Cell;
use super::super::compile::Bind;
use super::condition::in_spans;
use super::finding::{DOCUMENTS, Finding, ids, limit};
use super::lead::{direction, span_of, terms_of};
use super::reader::{Found, Halt, Reader, Sql};
use super::term::{DELETED, column_of};

/// How far records were read in their order.
#[derive(Debug, Default)]
pub(crate) struct Along {
    /// The last one, with its value.
    behind: Option<Found>,
    /// Matches alike in the first key, until all of them are there to be sorted by the others.
    group: Vec<ObjectId>,
    of_group: Option<String>,
    /// Whether all that have a value were read.
    has_read_values: bool,
}

/// How a reading ended.
enum Read {
    Enough,
    ToItsEnd,
    /// So many records were tried as were to be.
    TooLong,
}

impl Finding<'_> {
    /// Reads records in order, from where it stopped before, until `wanted` are found or there are no more; whether that was
    /// so. With `tries` it stops after so many records.
    pub(super) async fn read_along<R: Reader>(
        &mut self,
        reader: &mut R,
        wanted: usize,
        tries: Option<u64>,
    ) -> Result<bool, Halt<R::Failure>> {
        let first = self.query.sort.first().copied();
        let Some(first) = first.filter(|first| first.by != id_attribute(self.query.context)) else {
            let mut behind = self.along.behind.take().map(|(id, _)| id);
            let descending = first.is_some_and(|first| first.descending);
            let read = self.read_by_id(reader, &mut behind, (wanted, tries), descending).await;
            self.along.behind = behind.map(|id| (id, None));
            return read;
        };
        if tries.is_some() && column_of(first.by).is_some() {
            return Ok(false);
        }
        if !self.along.has_read_values {
            match self.read_values(reader, first, wanted, tries).await? {
                Read::Enough => return Ok(true),
                Read::TooLong => return Ok(false),
                Read::ToItsEnd => self.along.has_read_values = true,
            }
        }
        // There may be as many without a value as there are records.
        if tries.is_some() {
            return Ok(false);
        }
        self.read_rest(reader, first, wanted).await.map(|()| true)
    }

    /// In the order of ids, behind one, which is moved to the last that is done with.
    pub(super) async fn read_by_id<R: Reader>(
        &mut self,
        reader: &mut R,
        behind: &mut Option<ObjectId>,
        (wanted, mut tries): (usize, Option<u64>),
        descending: bool,
    ) -> Result<bool, Halt<R::Failure>> {
        let (sign, direction) = (sign(descending), direction(descending));
        let mut asked = 0;
        loop {
            asked = self.chunk(reader, wanted, asked);
            let part = step(reader, &mut tries);
            let until = match part {
                Some(part) => {
                    let all = "SELECT r.id, NULL FROM search_records r WHERE r.org = ? AND r.kind = ?";
                    let mut sql = Sql::new(all, reader.place().of_kind(self.kind));
                    if let Some(behind) = behind {
                        sql = sql.then(&format!(" AND r.id {sign} ?"), [Bind::Id(*behind)]);
                    }
                    let order = format!(" ORDER BY r.id {direction} LIMIT 1 OFFSET ?");
                    ids(reader.rows(&sql.then(&order, [limit(part)])).await?).pop()
                }
                None => None,
            };
            let mut sql = self.rows(reader, "r.id, NULL");
            if let Some(behind) = behind {
                sql = sql.then(&format!(" AND r.id {sign} ?"), [Bind::Id(*behind)]);
            }
            if let Some(until) = until {
                let sign = opposite(descending);
                sql = sql.then(&format!(" AND r.id {sign} ?"), [Bind::Id(until)]);
            }
            let order = format!(" ORDER BY r.id {direction} LIMIT ?");
            let ids = ids(reader.rows(&sql.then(&order, [limit(asked)])).await?);
            let is_cut = ids.len() as u64 >= asked;
            let is_end = !is_cut && until.is_none();
            let last = if is_cut { ids.last().copied() } else { until.or(ids.last().copied()) };
            let settled = self.settled(reader, ids).await?;
            let missing = wanted.saturating_sub(self.found.len());
            self.found.extend(settled.iter().take(missing));
            if settled.len() > missing || (self.found.len() >= wanted && !is_end) {
                *behind = self.found.last().copied();
                return Ok(true);
            }
            *behind = last.or(*behind);
            if is_end {
                self.is_all = true;
                return Ok(true);
            }
            if tries == Some(0) {
                return Ok(false);
            }
        }
    }

    /// Those that have a value of the first key, in its order.
    async fn read_values<R: Reader>(
        &mut self,
        reader: &mut R,
        first: Sort,
        wanted: usize,
        mut tries: Option<u64>,
    ) -> Result<Read, Halt<R::Failure>> {
        let (sign, direction) = (sign(first.descending), direction(first.descending));
        let mut asked = 0;
        loop {
            asked = self.chunk(reader, wanted, asked);
            let behind = self.along.behind.clone();
            let until = match step(reader, &mut tries) {
                Some(part) => self.value_after(reader, first, behind.as_ref(), part).await?,
                None => None,
            };
            let term_of = |found: &Option<Found>| found.as_ref().and_then(|(_, term)| term.clone());
            let mut sql = match column_of(first.by) {
                Some(column) => self.of_column(reader, column),
                None => self.values(reader, first, term_of(&behind), term_of(&until)),
            };
            let (value, id) = match column_of(first.by) {
                Some(column) => (format!("r.{column}"), "r.id"),
                None => ("t.term".to_owned(), "t.record"),
            };
            for (place, sign) in [(&behind, sign), (&until, opposite(first.descending))] {
                if let Some((last, Some(term))) = place {
                    let bound = match column_of(first.by) {
                        Some(DELETED) => Bind::Cell(Cell::Boolean(["1", "true"].contains(&term.as_str()))),
                        Some(_) => Bind::Id(term.parse().unwrap_or(*last)),
                        None => Bind::text(term),
                    };
                    sql = sql.then(&format!(" AND ({value}, {id}) {sign} (?, ?)"), [bound, Bind::Id(*last)]);
                }
            }
            let order = format!(" ORDER BY {value} {direction}, {id} {direction} LIMIT ?");
            let rows = reader.rows(&sql.then(&order, [limit(asked)])).await?;
            let is_cut = rows.len() as u64 >= asked;
            let is_end = !is_cut && until.is_none();
            let last = if is_cut { rows.last().cloned() } else { until.or_else(|| rows.last().cloned()) };
            self.along.behind = last.or(behind);
            let settled: BTreeSet<ObjectId> =
                self.settled(reader, rows.iter().map(|(id, _)| *id).collect()).await?.into_iter().collect();
            for (id, term) in rows.into_iter().filter(|(id, _)| settled.contains(id)) {
                if self.query.sort.len() > 1 {
                    if self.along.of_group != term {
                        self.end_group(reader).await?;
                        self.along.of_group = term;
                    }
                    self.along.group.push(id);
                } else {
                    self.found.push(id);
                }
                if self.found.len() >= wanted {
                    return Ok(Read::Enough);
                }
            }
            if is_end {
                self.end_group(reader).await?;
                return Ok(if self.found.len() < wanted { Read::ToItsEnd } else { Read::Enough });
            }
            if tries == Some(0) {
                return Ok(Read::TooLong);
            }
        }
    }

    /// The record so many after a place, in the order of a key.
    async fn value_after<R: Reader>(
        &self,
        reader: &mut R,
        key: Sort,
        behind: Option<&Found>,
        after: u64,
    ) -> Result<Option<Found>, Halt<R::Failure>> {
        let (least, greatest) = terms_of(key);
        let all =
            "SELECT t.record, t.term FROM search_terms t WHERE t.org = ? AND t.kind = ? AND t.term >= ? AND t.term < ?";
        let bounds = [Bind::text(&least), Bind::text(&greatest)];
        let mut sql = Sql::new(all, reader.place().of_kind(self.kind)).then("", bounds);
        let direction = direction(key.descending);
        if let Some((last, Some(term))) = behind {
            let behind = format!(" AND (t.term, t.record) {} (?, ?)", sign(key.descending));
            sql = sql.then(&behind, [Bind::text(term), Bind::Id(*last)]);
        }
        let order = format!(" ORDER BY t.term {direction}, t.record {direction} LIMIT 1 OFFSET ?");
        Ok(reader.rows(&sql.then(&order, [limit(after)])).await?.pop())
    }

    /// Those that have no value of the first key.
    async fn read_rest<R: Reader>(
        &mut self,
        reader: &mut R,
        first: Sort,
        wanted: usize,
    ) -> Result<(), Halt<R::Failure>> {
        let (sign, direction) = (sign(first.descending), direction(first.descending));
        let (none, binds) = match column_of(first.by) {
            Some(column) => (format!(" AND r.{column} IS NULL"), Vec::new()),
            None => {
                let (in_range, binds) = in_spans("t", &[span_of(first)]);
                let together = reader.form().together("t", "r");
                let (by_record, is_in_it) = reader.form().by_record("t");
                let none = format!(
                    " AND NOT EXISTS (SELECT 1 FROM search_terms t{by_record} WHERE t.org = r.org \
                     AND t.kind = r.kind AND t.record = r.id{together}{is_in_it} AND {in_range})"
                );
                (none, binds)
            }
        };
        let mut behind: Option<ObjectId> = None;
        let mut asked = 0;
        loop {
            asked = self.chunk(reader, wanted, asked);
            let mut sql = self.rows(reader, "r.id, NULL").then(&none, binds.clone());
            if let Some(behind) = behind {
                sql = sql.then(&format!(" AND r.id {sign} ?"), [Bind::Id(behind)]);
            }
            let order = format!(" ORDER BY r.id {direction} LIMIT ?");
            let ids = ids(reader.rows(&sql.then(&order, [limit(asked)])).await?);
            let is_end = (ids.len() as u64) < asked;
            behind = ids.last().copied().or(behind);
            let settled = self.settled(reader, ids).await?;
            if self.query.sort.len() > 1 {
                self.along.group.extend(settled);
            } else {
                self.found.extend(settled);
                if self.found.len() >= wanted && !is_end {
                    return Ok(());
                }
            }
            if is_end {
                self.end_group(reader).await?;
                self.is_all = true;
                return Ok(());
            }
        }
    }

    async fn end_group<R: Reader>(&mut self, reader: &mut R) -> Result<(), Halt<R::Failure>> {
        let group = std::mem::take(&mut self.along.group);
        if group.len() <= 1 {
            self.found.extend(group);
            return Ok(());
        }
        let mut rows = Vec::with_capacity(group.len());
        for ids in group.chunks(DOCUMENTS) {
            reader.check_time()?;
            rows.extend(reader.search_rows(self.kind, ids).await?);
        }
        rows.sort_by(|one, other| compare(&self.query.sort, one, other));
        self.found.extend(rows.iter().map(|row| row.id));
        Ok(())
    }

    /// How many matches are asked for together: as many as are missing, then twice as many each time.
    fn chunk<R: Reader>(&self, reader: &R, wanted: usize, before: u64) -> u64 {
        let missing = wanted.saturating_sub(self.found.len()) as u64;
        missing.max(before.saturating_mul(2)).clamp(1, chunk(reader))
    }

    /// The rows that pass the condition.
    pub(super) fn rows<R: Reader>(&self, reader: &R, what: &str) -> Sql {
        let sql = format!("SELECT {what} FROM search_records r WHERE r.org = ? AND r.kind = ?");
        Sql::new(sql, reader.place().of_kind(self.kind)).and(&self.condition)
    }

    /// Those of which a column has a value.
    fn of_column<R: Reader>(&self, reader: &R, column: &str) -> Sql {
        let (form, name) = (reader.form(), format!("r.{column}"));
        let text = if column == DELETED { format!("CAST({name} AS TEXT)") } else { (form.text_of)(&name) };
        let index = form.by_column(column);
        let sql = format!(
            "SELECT r.id, {text} FROM search_records r{index} WHERE r.org = ? AND r.kind = ? AND {name} IS NOT NULL"
        );
        Sql::new(sql, reader.place().of_kind(self.kind)).and(&self.condition)
    }

    /// Those with a value of a key of the order, from the term `behind` on where there is one, and up to `until`: an index is
    /// then read from there.
    fn values<R: Reader>(&self, reader: &R, key: Sort, behind: Option<String>, until: Option<String>) -> Sql {
        let form = reader.form();
        let (least, greatest) = terms_of(key);
        let (from, to) = if key.descending { (until, behind) } else { (behind, until) };
        let (sign, to) = to.map_or(("<", greatest), |to| ("<=", to));
        let sql = format!(
            "SELECT t.record, t.term FROM search_terms t {} search_records r ON r.org = t.org AND r.kind = t.kind \
             AND r.id = t.record{} WHERE t.org = ? AND t.kind = ? AND t.term >= ? AND t.term {sign} ?",
            form.join,
            form.together("r", "t")
        );
        let bounds = [Bind::text(&from.unwrap_or(least)), Bind::text(&to)];
        let sql = Sql::new(sql, reader.place().of_kind(self.kind)).then("", bounds);
        // Values are looked for before the row of the record.
        self.with_values(reader, sql, ("t.record", "t"), None).and(&self.rest)
    }
}

/// How many records are tried next, of those that are left.
fn step<R: Reader>(reader: &R, tries: &mut Option<u64>) -> Option<u64> {
    let left = tries.as_mut()?;
    let step = (*left).min(chunk(reader)).max(1);
    *left = left.saturating_sub(step);
    Some(step)
}

/// How many are read at a time, in order.
pub(super) fn chunk<R: Reader>(reader: &R) -> u64 {
    (reader.effort().tries / 4).max(1)
}

/// Behind a record, in an order.
const fn sign(descending: bool) -> &'static str {
    if descending { "<" } else { ">" }
}

/// Up to a record, in an order.
const fn opposite(descending: bool) -> &'static str {
    if descending { ">=" } else { "<=" }
}
