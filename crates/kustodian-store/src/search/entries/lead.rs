//! Reading the records that meet one criterion, and of them those that meet the others too.
//!
//! The index leads from a value to its records, and from a record to its value of a key of the order. Whether a record has a
//! value takes one look. So the open conversations of a user are read among those of the user, and sorted without a document.

use kustodian_core::search::{Node, Sort, Subject, compare};
use kustomer_api::ObjectId;

use super::super::column::successor;
use super::super::compile::Bind;
use super::condition::{Any, InColumn, Ranges, Span, in_spans, ranges};
use super::finding::{DOCUMENTS, Finding, ids, limit};
use super::reader::{Halt, Reader, Sql};
use super::term::{beginning, column_of};

/// What leads to all matches, among other records perhaps.
#[derive(Debug, Clone)]
pub(super) struct Way {
    by: By,
    /// The place of these values among those of the search.
    value: Option<usize>,
    /// How many entries it has, once that is known.
    entries: Option<u64>,
    /// More than these.
    more_than: Option<u64>,
}

#[derive(Debug, Clone)]
enum By {
    /// One of these terms.
    Terms(Span),
    /// One of these ids.
    Column(InColumn),
}

/// The way by which the fewest records are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead {
    place: usize,
    pub(super) records: u64,
}

impl Way {
    /// The one by these entries, if they are together in one index.
    pub(super) fn of(any: Any, value: Option<usize>) -> Option<Self> {
        let Any { mut terms, words, mut columns } = any;
        let by = match (terms.len(), words.len(), columns.len()) {
            (0, 0, 1) => By::Column(columns.pop()?),
            (1, 0, 0) => By::Terms(terms.pop()?),
            (2.., 0, 0) => By::Terms(united(&terms)?),
            _ => return None,
        };
        Some(Self { by, value, entries: None, more_than: None })
    }

    /// Whether it leads to each record once, in the order of ids.
    fn is_single(&self) -> bool {
        match &self.by {
            By::Terms(Span::In(terms)) => terms.len() == 1,
            By::Terms(Span::Between(..)) => false,
            By::Column(InColumn { ids, .. }) => ids.as_ref().is_some_and(|ids| ids.len() == 1),
        }
    }

    /// How a record is named in a statement along it, and the table that is read first.
    fn id(&self) -> (&'static str, &'static str) {
        match &self.by {
            By::Terms(_) => ("l.record", "l"),
            By::Column(_) => ("r.id", "r"),
        }
    }
}

/// All values of several lists.
fn united(spans: &[Span]) -> Option<Span> {
    let mut all = Vec::new();
    for span in spans {
        match span {
            Span::In(terms) => all.extend(terms.iter().cloned()),
            Span::Between(..) => return None,
        }
    }
    all.sort_unstable();
    all.dedup();
    Some(Span::In(all))
}

/// The values that a node asks for, if those are all that it asks for: a match has one of each.
pub(super) fn values_of(node: &Node) -> Option<Vec<Any>> {
    let Node::Test(criterion) = node else { return None };
    match ranges(criterion) {
        Ranges::Those { all, .. } if !all.is_empty() && all.iter().all(Any::is_of_values) => Some(all),
        Ranges::Those { .. } | Ranges::Every => None,
    }
}

impl Finding<'_> {
    /// The way with the fewest entries, if one has at most `most`.
    pub(super) async fn lead<R: Reader>(
        &mut self,
        reader: &mut R,
        most: u64,
    ) -> Result<Option<Lead>, Halt<R::Failure>> {
        let mut least: Option<Lead> = None;
        for place in 0..self.ways.len() {
            let most = least.map_or(most, |least| least.records);
            let way = &self.ways[place];
            if way.entries.is_none() && way.more_than.is_none_or(|more_than| more_than < most) {
                let count = reader.number(&self.entries_up_to(reader, way, most.saturating_add(1))).await?;
                let way = &mut self.ways[place];
                if count <= most { way.entries = Some(count) } else { way.more_than = Some(most) }
            }
            if let Some(records) = self.ways[place].entries.filter(|entries| *entries <= most) {
                least = Some(Lead { place, records });
            }
        }
        Ok(least)
    }

    /// Counts the entries of a way, at most so many.
    fn entries_up_to<R: Reader>(&self, reader: &R, way: &Way, most: u64) -> Sql {
        let Sql { text, binds } = self.entries(reader, way, "1").then(" LIMIT ?", [limit(most)]);
        Sql::new(format!("SELECT count(*) FROM ({text}) s"), binds)
    }

    /// The rows of the table that is read first along a way.
    fn entries<R: Reader>(&self, reader: &R, way: &Way, what: &str) -> Sql {
        let kind = reader.place().of_kind(self.kind);
        match &way.by {
            By::Terms(span) => {
                let (condition, binds) = in_spans("l", std::slice::from_ref(span));
                let sql = format!("SELECT {what} FROM search_terms l WHERE l.org = ? AND l.kind = ? AND {condition}");
                Sql::new(sql, kind).then("", binds)
            }
            By::Column(held) => {
                let index = reader.form().by_column(held.column);
                Sql::new(format!("SELECT {what} FROM search_records r{index} WHERE r.org = ? AND r.kind = ?"), kind)
                    .and(&held.condition("r"))
            }
        }
    }

    /// How many entries a way has, and the statement that counts the matches among the first of them.
    pub(super) async fn drawn<R: Reader>(
        &self,
        reader: &mut R,
        place: usize,
        draw: u64,
    ) -> Result<Option<(u64, Sql)>, Halt<R::Failure>> {
        let Some(way) = self.ways.get(place) else { return Ok(None) };
        let entries = match way.entries {
            Some(entries) => entries,
            None => reader.number(&self.entries(reader, way, "count(*)")).await?,
        };
        let Sql { text, binds } = self.entries(reader, way, "*").then(" LIMIT ?", [limit(draw)]);
        let form = reader.form();
        let from = match way.by {
            By::Terms(_) => format!(
                "FROM ({text}) l {} search_records r ON r.org = l.org AND r.kind = l.kind AND r.id = l.record{}",
                form.join,
                form.together("r", "l")
            ),
            By::Column(_) => format!("FROM ({text}) r"),
        };
        let (id, first) = way.id();
        let sql = Sql::new(format!("SELECT count(*) {from} WHERE TRUE"), binds);
        Ok(Some((entries, self.with_values(reader, sql, (id, first), way.value).and(&self.rest))))
    }

    /// The matches along a way, as far as the index settles that; with the terms of these keys beside them.
    fn along_way<R: Reader>(&self, reader: &R, way: &Way, what: &str, keys: &[Sort]) -> Sql {
        let form = reader.form();
        let (id, first) = way.id();
        let mut sql = match &way.by {
            By::Terms(_) => Sql::new(
                format!(
                    "SELECT {what} FROM search_terms l {} search_records r ON r.org = l.org AND r.kind = l.kind \
                     AND r.id = l.record{}",
                    form.join,
                    form.together("r", "l")
                ),
                Vec::new(),
            ),
            By::Column(held) => {
                Sql::new(format!("SELECT {what} FROM search_records r{}", form.by_column(held.column)), Vec::new())
            }
        };
        for (place, key) in keys.iter().enumerate().filter(|(_, key)| column_of(key.by).is_none()) {
            let name = format!("k{place}");
            let (by_record, is_in_it) = form.by_record(&name);
            let (is_of_key, binds) = in_spans(&name, &[span_of(*key)]);
            let join = format!(
                " LEFT JOIN search_terms {name}{by_record} ON {name}.org = r.org AND {name}.kind = r.kind \
                 AND {name}.record = r.id{}{is_in_it} AND {is_of_key}",
                form.together(&name, "r")
            );
            sql = sql.then(&join, binds);
        }
        let of_kind = format!(" WHERE {first}.org = ? AND {first}.kind = ?");
        sql = sql.then(&of_kind, reader.place().of_kind(self.kind));
        sql = match &way.by {
            By::Terms(span) => {
                let (condition, binds) = in_spans("l", std::slice::from_ref(span));
                sql.then(" AND ", []).then(&condition, binds)
            }
            By::Column(held) => sql.and(&held.condition("r")),
        };
        self.with_values(reader, sql, (id, first), way.value).and(&self.rest)
    }

    /// A statement with the conditions that a record has the values asked for, but for those at a place; `id` is its id in a row
    /// of `table`.
    pub(super) fn with_values<R: Reader>(
        &self,
        reader: &R,
        mut sql: Sql,
        (id, table): (&str, &str),
        except: Option<usize>,
    ) -> Sql {
        for (_, any) in self.values.iter().enumerate().filter(|(place, _)| Some(*place) != except) {
            let (condition, binds) = in_spans("u", &any.terms);
            // By the term and the record: rows of one value are close to each other.
            let has_it = format!(
                " AND EXISTS (SELECT 1 FROM search_terms u WHERE u.org = {table}.org AND u.kind = {table}.kind \
                 AND u.record = {id}{} AND {condition})",
                reader.form().together("u", table)
            );
            sql = sql.then(&has_it, binds);
        }
        sql
    }

    /// Whether the index leads from a record to its values of every key of the order.
    pub(super) fn is_ordered_by_terms<R: Reader>(&self, reader: &R) -> bool {
        let is_there = |key: &Sort| {
            column_of(key.by).is_some() || reader.form().is_by_record(self.query.context, &[span_of(*key)])
        };
        self.query.sort.iter().all(is_there)
    }

    /// Finds the first `wanted` matches in order along a way, or more; whether it did.
    pub(super) async fn find_led<R: Reader>(
        &mut self,
        reader: &mut R,
        Lead { place, .. }: Lead,
        wanted: usize,
    ) -> Result<bool, Halt<R::Failure>> {
        let way = &self.ways[place];
        let effort = reader.effort();
        if !self.is_ordered_by_terms(reader) {
            return self.find_few_led(reader, place).await;
        }
        let (id, _) = way.id();
        let mut order = String::new();
        for (place, key) in self.query.sort.iter().enumerate() {
            let value = column_of(key.by).map_or_else(|| format!("k{place}.term"), |column| format!("r.{column}"));
            order.push_str(&format!("{value} {} NULLS LAST, ", direction(key.descending)));
        }
        order.push_str(&format!("{id} {}", direction(self.query.sort.first().is_some_and(|first| first.descending))));
        // All of them, if that is possible: then they are counted too.
        let most = wanted.saturating_add(1).max(effort.sortable).max(effort.few.saturating_add(1));
        let sql = self.along_way(reader, way, &format!("{id}, NULL"), &self.query.sort);
        let order = format!(" ORDER BY {order} LIMIT ?");
        let mut ids = ids(reader.rows(&sql.then(&order, [limit(most as u64)])).await?);
        let is_cut = ids.len() >= most;
        // A record may have several of the values.
        ids.dedup();
        self.found.clear();
        if self.condition.exact {
            self.found = ids;
        } else {
            for ids in ids.chunks(wanted.clamp(1, DOCUMENTS)) {
                let settled = self.settled(reader, ids.to_vec()).await?;
                self.found.extend(settled);
                if self.found.len() >= wanted {
                    return Ok(true);
                }
            }
        }
        self.is_all = !is_cut;
        Ok(!is_cut || self.found.len() >= wanted)
    }

    /// The same where documents give the order: all matches, if they are few.
    async fn find_few_led<R: Reader>(&mut self, reader: &mut R, place: usize) -> Result<bool, Halt<R::Failure>> {
        let few = reader.effort().few;
        let way = &self.ways[place];
        // A record may have several of the values.
        let most = few.saturating_add(1).saturating_mul(2);
        let sql = self.along_way(reader, way, &format!("{}, NULL", way.id().0), &[]);
        let mut ids = ids(reader.rows(&sql.then(" LIMIT ?", [limit(most as u64)])).await?);
        let is_cut = ids.len() >= most;
        ids.sort_unstable();
        ids.dedup();
        if is_cut || ids.len() > few {
            return Ok(false);
        }
        let mut rows = self.matching(reader, &ids).await?;
        rows.sort_by(|one, other| compare(&self.query.sort, one, other));
        self.found = rows.into_iter().map(|row| row.id).collect();
        self.is_all = true;
        Ok(true)
    }

    /// Finds the first `wanted` matches behind an id along a way, in the order of ids.
    pub(super) async fn find_led_by_id<R: Reader>(
        &mut self,
        reader: &mut R,
        Lead { place, .. }: Lead,
        behind: &mut Option<ObjectId>,
        wanted: usize,
    ) -> Result<(), Halt<R::Failure>> {
        let way = &self.ways[place];
        let (id, _) = way.id();
        let mut sql = self.along_way(reader, way, &format!("{id}, NULL"), &[]);
        if let Some(behind) = behind {
            sql = sql.then(&format!(" AND {id} > ?"), [Bind::Id(*behind)]);
        }
        let most = wanted.saturating_add(1);
        let sql = sql.then(&format!(" ORDER BY {id} LIMIT ?"), [limit(most as u64)]);
        let mut ids = ids(reader.rows(&sql).await?);
        self.is_all = ids.len() < most;
        ids.dedup();
        ids.truncate(wanted);
        *behind = ids.last().copied().or(*behind);
        self.found.extend(ids);
        Ok(())
    }

    /// The ids of all that may match along a way, in their order, each once.
    pub(super) async fn all_led<R: Reader>(
        &self,
        reader: &mut R,
        Lead { place, .. }: Lead,
    ) -> Result<Vec<ObjectId>, Halt<R::Failure>> {
        let way = &self.ways[place];
        let sql = self.along_way(reader, way, &format!("{}, NULL", way.id().0), &[]);
        let mut ids = ids(reader.rows(&sql).await?);
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Counts the matches along a way, at most so many.
    pub(super) fn counted_led<R: Reader>(&self, reader: &R, place: usize, most: u64) -> Option<Sql> {
        let way = self.ways.get(place)?;
        let distinct = if way.is_single() { "" } else { "DISTINCT " };
        let all = self.along_way(reader, way, &format!("{distinct}{}", way.id().0), &[]);
        let Sql { text, binds } = all.then(" LIMIT ?", [limit(most)]);
        Some(Sql::new(format!("SELECT count(*) FROM ({text}) s"), binds))
    }
}

impl Lead {
    /// Its place among the ways.
    pub(super) const fn place(self) -> usize {
        self.place
    }
}

/// The direction of a key.
pub(super) const fn direction(descending: bool) -> &'static str {
    if descending { "DESC" } else { "ASC" }
}

/// The least term of a key of the order, and the first one behind all of its terms.
pub(super) fn terms_of(key: Sort) -> (String, String) {
    let beginning = beginning(&Subject::Standard(key.by));
    // It ends in a sign that has one behind it.
    let end = successor(&beginning).unwrap_or_default();
    (beginning, end)
}

/// All terms of a key.
pub(super) fn span_of(key: Sort) -> Span {
    let (least, greatest) = terms_of(key);
    Span::Between(least, Some(greatest))
}
