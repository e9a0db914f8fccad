//! Finding ids.
//!
//! PostgreSQL says how many records it expects to match. When it expects few they are all read and sorted, unless there
//! are more after all. Otherwise records are read in the order asked for until the page is full, which is soon when many
//! match; and when it is not full after some thousands, matches are looked up by the indexes of the criteria, and
//! sorted. Left to itself, the planner reads a million records in order where it expects one in a hundred to match and
//! none does.
//!
//! Where any matches will do, nothing is sorted. Some of the records that meet one criterion are read, which are often
//! enough. Otherwise the planner chooses as if all matches were asked for, and reading ends with the last one wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use kustodian_core::search::{Query, SearchRow, Sort, Subject, matches, matches_among};
use kustodian_core::search_store::{Count, Total};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;

use super::super::sql::LIVE;
use super::super::values::Id;
use super::absent::absent;
use super::condition::{Condition, Given, LookedUp, Piece};
use super::entries::Entries;
use super::listed::listed;
use super::phases::{columns, order, phases};
use super::session::{Halt, Session, Trouble};
use super::shares::Shares;
use crate::options::SearchEffort;
use crate::search::Slots;

/// How many documents are read at a time, to be checked.
const DOCUMENTS: usize = 250;

/// How many times fewer records than PostgreSQL expects may have a token. When it is wrong the other way round, some
/// thousand are read in vain.
const TOKENS_OFF_BY: u64 = 10;

/// How many ids are read at a time, where there may be any number.
const IDS: usize = 10_000;

/// The resources of a search, beside its query.
pub(in crate::postgres) struct Means {
    /// Which custom attributes have a column.
    pub(in crate::postgres) slots: Arc<Slots>,
    /// How common terms are.
    pub(in crate::postgres) shares: Arc<Shares>,
    /// How far it reads before it changes its method.
    pub(in crate::postgres) effort: SearchEffort,
    /// Whether tables are, or may be, spread over several machines.
    pub(in crate::postgres) is_spread: bool,
}

/// A search under way.
pub(super) struct Finding<'s, 'c> {
    pub(super) session: &'s mut Session<'c>,
    query: &'s Query,
    means: &'s Means,
    pub(super) condition: Condition,
    effort: SearchEffort,
    pub(super) is_spread: bool,
    /// The first ids found, in order.
    pub(super) found: Vec<ObjectId>,
    /// Whether that is all.
    pub(super) is_all: bool,
    /// How many records PostgreSQL expects to meet the condition.
    expected: Option<u64>,
}

impl<'s, 'c> Finding<'s, 'c> {
    pub(super) async fn begin(
        session: &'s mut Session<'c>,
        query: &'s Query,
        means: &'s Means,
    ) -> Result<Self, Trouble> {
        let Means { effort, is_spread, .. } = means;
        let looked_up = match look_up(session, query, means).await {
            Err(Halt::Failed(trouble)) => return Err(trouble),
            // Out of time, the search will say so itself.
            Err(Halt::Time) => LookedUp::default(),
            Ok(looked_up) => looked_up,
        };
        let condition = Condition::of(session.org, query, means, &looked_up);
        let (effort, is_spread, found) = (*effort, *is_spread, Vec::new());
        Ok(Self { session, query, means, condition, effort, is_spread, found, is_all: false, expected: None })
    }

    fn sort(&self) -> &[Sort] {
        &self.query.sort
    }

    pub(super) fn org(&self) -> OrgKey {
        self.session.org
    }

    /// Finds the first `wanted` records in order, or more.
    pub(super) async fn find(&mut self, wanted: u64) -> Result<(), Halt> {
        let few = u64::try_from(self.effort.few).unwrap_or(u64::MAX);
        // Of a rare token it is assumed that one in 200 has it, or somewhat fewer.
        let told_as_few = if self.condition.asks_tokens() { few.saturating_mul(TOKENS_OFF_BY) } else { few };
        let expected = self.expected().await?;
        if expected <= told_as_few && self.find_few(few).await? {
            return Ok(());
        }
        if self.is_read_sooner(expected, wanted).await? {
            self.found.clear();
            return self.find_sorted(wanted).await;
        }
        if wanted == 0 || !self.is_spread && self.read_along(wanted).await? {
            return Ok(());
        }
        self.found.clear();
        self.find_sorted(wanted).await
    }

    /// Finds any `wanted` records, or all if there are fewer.
    pub(super) async fn find_any(&mut self, wanted: u64) -> Result<(), Halt> {
        if !self.condition.is_exact {
            return self.find_checked(&self.unsorted(), wanted, &mut None).await;
        }
        let limit = Given::Number(i64::try_from(wanted).unwrap_or(i64::MAX));
        if let Some(some) = self.some("*") {
            let mut piece = Piece::new("SELECT s.id FROM (", Vec::new());
            piece.push(some);
            piece = piece.then(") s WHERE ");
            piece.push(self.condition.all.clone());
            piece.push(Piece::new(" LIMIT ?", vec![limit.clone()]));
            self.found = self.session.ids(&piece).await?;
            if self.found.len() as u64 >= wanted || self.are_some_all().await? {
                self.is_all = (self.found.len() as u64) < wanted;
                return Ok(());
            }
        }
        let mut piece = self.unsorted();
        if !self.is_spread {
            // With a limit the planner would rather read the whole table, where it expects more matches than there are.
            piece.sql = format!("WITH met AS MATERIALIZED ({}) SELECT met.id FROM met", piece.sql);
        }
        piece.push(Piece::new(" LIMIT ?", vec![limit]));
        self.found = self.session.ids(&piece).await?;
        self.is_all = (self.found.len() as u64) < wanted;
        Ok(())
    }

    /// Some of the records that meet a criterion about one column.
    fn some(&self, what: &str) -> Option<Piece> {
        let (_, column) = self.condition.of_columns.first().filter(|_| !self.is_spread)?;
        let sql = format!("SELECT {what} FROM customer_search s WHERE s.org = ? AND ");
        let mut piece = Piece::new(sql, vec![Given::Number(self.org().0)]);
        piece.push(column.clone());
        let few = Given::Number(i64::try_from(self.effort.few).unwrap_or(i64::MAX));
        piece.push(Piece::new(" LIMIT ?", vec![few]));
        Some(piece)
    }

    /// Whether these are all that meet it.
    async fn are_some_all(&mut self) -> Result<bool, Halt> {
        let Some(some) = self.some("1") else { return Ok(false) };
        let mut piece = Piece::new("SELECT count(*) FROM (", Vec::new());
        piece.push(some);
        let few = u64::try_from(self.effort.few).unwrap_or(u64::MAX);
        Ok(self.session.number(&piece.then(") s")).await? < few)
    }

    /// What meets the condition, in no order.
    fn unsorted(&self) -> Piece {
        let mut piece = Piece::new("SELECT s.id FROM customer_search s WHERE ", Vec::new());
        piece.push(self.condition.all.clone());
        piece
    }

    /// Whether it is expected that all matches are read sooner than a page is met in order: one after the other, both
    /// read rows here and there.
    async fn is_read_sooner(&mut self, expected: u64, wanted: u64) -> Result<bool, Halt> {
        let sortable = u64::try_from(self.effort.sortable).unwrap_or(u64::MAX);
        if expected > sortable || !self.condition.is_exact || self.condition.asks_tokens() || wanted == 0 {
            return Ok(false);
        }
        let met_after = self.live().await?.saturating_mul(wanted) / expected.max(1);
        Ok(expected < met_after)
    }

    /// How many records the org has, deleted ones aside.
    async fn live(&mut self) -> Result<u64, Halt> {
        let text = |text: &str| Given::Bind(crate::search::Bind::Cell(crate::search::Cell::Text(text.to_owned())));
        let [org, kind] = [Given::Number(self.org().0), text("customer")];
        let sql = LIVE.replace("$1", "?").replace("$2", "?");
        self.session.number(&Piece::new(sql, vec![org.clone(), kind.clone(), org, kind])).await
    }

    /// How many records PostgreSQL expects to meet the condition; where tables are spread it does not say.
    pub(super) async fn expected(&mut self) -> Result<u64, Halt> {
        if let Some(expected) = self.expected {
            return Ok(expected);
        }
        let mut piece = Piece::new("EXPLAIN SELECT 1 FROM customer_search s WHERE ", Vec::new());
        piece.push(self.condition.all.clone());
        let rows = if self.is_spread { Vec::new() } else { self.session.ask(&piece).await? };
        let line: &str = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
        let expected = line.split_once("rows=").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        Ok(*self.expected.insert(expected.unwrap_or(u64::MAX)))
    }

    /// Reads and sorts all matches, unless there are more than `few`: then nothing is found.
    async fn find_few(&mut self, few: u64) -> Result<bool, Halt> {
        let limit = Given::Number(i64::try_from(few).unwrap_or(i64::MAX).saturating_add(1));
        let ids = self.session.ids(&self.sorted(Piece::new(" LIMIT ?", vec![limit]), Piece::default())).await?;
        if ids.len() as u64 > few {
            return Ok(false);
        }
        let count = ids.len();
        self.check(ids, count).await?;
        self.is_all = true;
        Ok(true)
    }

    /// What meets the condition, whatever index leads there, and then sorted.
    fn sorted(&self, among: Piece, limit: Piece) -> Piece {
        let what = format!("SELECT s.id FROM (SELECT {} FROM customer_search s WHERE ", columns(self.sort()));
        let mut piece = Piece::new(what, Vec::new());
        piece.push(self.condition.all.clone());
        piece.push(among);
        piece = piece.then(" OFFSET 0) s ORDER BY ").then(&order(self.sort()));
        piece.push(limit);
        piece
    }

    /// Reads records in order until `wanted` are found; whether they are, or there are no more. Gives up when that takes
    /// more than some tries.
    async fn read_along(&mut self, wanted: u64) -> Result<bool, Halt> {
        let Some(phases) = phases(self.query, &self.condition, self.org().0) else { return Ok(false) };
        let tries = self.effort.tries.max(wanted.saturating_mul(2));
        for phase in &phases {
            let missing = wanted.saturating_sub(self.found.len() as u64);
            let limit = if self.condition.is_exact { missing } else { tries };
            let ids = self.session.ids(&phase.ids(&self.condition, tries, limit)).await?;
            self.check(ids, usize::try_from(missing).unwrap_or(usize::MAX)).await?;
            if self.found.len() as u64 >= wanted {
                return Ok(true);
            }
            let mut rows = Piece::new("SELECT count(*) FROM (", Vec::new());
            rows.push(phase.rows("1", tries));
            if self.session.number(&rows.then(") s")).await? >= tries {
                return Ok(false);
            }
        }
        self.is_all = true;
        Ok(true)
    }

    /// Sorts everything that meets the condition.
    async fn find_sorted(&mut self, wanted: u64) -> Result<(), Halt> {
        if self.condition.is_exact {
            let limit = Given::Number(i64::try_from(wanted).unwrap_or(i64::MAX));
            let limit = Piece::new(" LIMIT ?", vec![limit]);
            let piece = if self.is_spread { self.plain(limit) } else { self.sorted(Piece::default(), limit) };
            self.found = self.session.ids(&piece).await?;
            self.is_all = (self.found.len() as u64) < wanted;
            return Ok(());
        }
        self.find_checked(&self.sorted(Piece::default(), Piece::default()), wanted, &mut None).await
    }

    /// In order, as the planner sees fit: each of several machines then gives no more than is wanted.
    fn plain(&self, limit: Piece) -> Piece {
        let mut piece = self.unsorted().then(" ORDER BY ").then(&order(self.sort()));
        piece.push(limit);
        piece
    }

    /// Reads ids and checks them until `wanted` are found. `behind` is moved to the last that is done with.
    async fn find_checked(&mut self, ids: &Piece, wanted: u64, behind: &mut Option<ObjectId>) -> Result<(), Halt> {
        self.session.open(ids).await?;
        loop {
            let rows = self.session.fetch(DOCUMENTS).await?;
            if rows.is_empty() {
                self.is_all = true;
                return self.session.close().await;
            }
            let ids = super::session::read_ids(&rows)?;
            let missing = usize::try_from(wanted.saturating_sub(self.found.len() as u64)).unwrap_or(usize::MAX);
            let last = ids.last().copied();
            self.check(ids, missing).await?;
            if self.found.len() as u64 >= wanted {
                *behind = self.found.last().copied();
                return self.session.close().await;
            }
            *behind = last;
        }
    }

    /// Adds the first `wanted` of `ids` that match.
    pub(super) async fn check(&mut self, ids: Vec<ObjectId>, wanted: usize) -> Result<(), Halt> {
        if self.condition.is_exact {
            self.found.extend(ids.into_iter().take(wanted));
            return Ok(());
        }
        let mut missing = wanted;
        for ids in ids.chunks(DOCUMENTS) {
            let rows = self.documents(ids).await?;
            for id in ids {
                if missing == 0 {
                    return Ok(());
                }
                let is_match = match rows.iter().find(|row| row.id == *id) {
                    Some(row) => self.matches(row).await?,
                    None => false,
                };
                // Testing takes long for this thread, which has other requests to answer.
                self.session.check_time()?;
                tokio::task::yield_now().await;
                if is_match {
                    self.found.push(*id);
                    missing -= 1;
                }
            }
        }
        Ok(())
    }

    async fn matches(&mut self, row: &SearchRow) -> Result<bool, Halt> {
        let counted = if self.query.root.is_about(Attribute::TrackingEvents) {
            let mut row = row.clone();
            row.count_tracked(count_tracked(self.session, row.id).await?);
            Some(row)
        } else {
            None
        };
        let row = counted.as_ref().unwrap_or(row);
        let mut beside = BTreeSet::new();
        self.query.root.each_has(&mut |context, _| {
            beside.insert(context);
        });
        if beside.is_empty() {
            return Ok(matches(&self.query.root, row));
        }
        let others = Entries::new(self.session, self.means).around(row, &beside).await?;
        Ok(matches_among(&self.query.root, row, others.as_slice()))
    }

    /// The searchable values of the records with these ids; deleted ones are missing.
    pub(super) async fn documents(&mut self, ids: &[ObjectId]) -> Result<Vec<SearchRow>, Halt> {
        let values = vec![Given::Number(self.org().0), Given::Ids(ids.to_vec())];
        let piece = Piece::new("SELECT document FROM customers WHERE org = ? AND id = ANY(?)", values);
        self.session.ask(&piece).await?.iter().map(|row| Ok(SearchRow::read(row.try_get(0)?)?)).collect()
    }

    /// Everything that matches, in order.
    pub(super) async fn find_all(&mut self) -> Result<(), Halt> {
        let piece =
            if self.is_spread { self.plain(Piece::default()) } else { self.sorted(Piece::default(), Piece::default()) };
        if !self.condition.is_exact {
            return self.find_checked(&piece, u64::MAX, &mut None).await;
        }
        self.session.open(&piece).await?;
        loop {
            let rows = self.session.fetch(IDS).await?;
            if rows.is_empty() {
                self.is_all = true;
                return self.session.close().await;
            }
            self.found.extend(super::session::read_ids(&rows)?);
        }
    }

    /// Finds the first `wanted` records behind an id, in the order of ids. `behind` is moved to the last id that is done
    /// with, whatever stops it.
    pub(super) async fn find_by_id(&mut self, wanted: u64, behind: &mut Option<ObjectId>) -> Result<(), Halt> {
        let is_rare = self.expected().await? <= u64::try_from(self.effort.sortable).unwrap_or(u64::MAX);
        if is_rare || self.is_spread {
            let after = behind_id(*behind);
            if !self.condition.is_exact {
                return self.find_checked(&self.sorted(after, Piece::default()), wanted, behind).await;
            }
            let limit = Given::Number(i64::try_from(wanted).unwrap_or(i64::MAX));
            let ids = self.session.ids(&self.sorted(after, Piece::new(" LIMIT ?", vec![limit]))).await?;
            self.is_all = (ids.len() as u64) < wanted;
            *behind = ids.last().copied().or(*behind);
            self.found = ids;
            return Ok(());
        }
        let rows = self.effort.tries.max(wanted.saturating_mul(2));
        loop {
            let missing = wanted.saturating_sub(self.found.len() as u64);
            let examined = self.session.ask(&self.stretch(*behind, rows)).await?;
            let mut met = Vec::new();
            for row in &examined {
                if row.try_get(1)? {
                    met.push(row.try_get::<_, Id>(0)?.0);
                }
            }
            self.check(met, usize::try_from(missing).unwrap_or(usize::MAX)).await?;
            if self.found.len() as u64 >= wanted {
                *behind = self.found.last().copied();
                return Ok(());
            }
            *behind = examined.last().map(|row| row.try_get::<_, Id>(0)).transpose()?.map(|id| id.0).or(*behind);
            if (examined.len() as u64) < rows {
                self.is_all = true;
                return Ok(());
            }
        }
    }

    /// The next records behind an id, each with whether it meets the condition.
    fn stretch(&self, behind: Option<ObjectId>, rows: u64) -> Piece {
        let mut piece = Piece::new("SELECT s.id, ", Vec::new());
        piece.push(self.condition.all.clone());
        piece.push(Piece::new(
            " FROM (SELECT * FROM customer_search s WHERE s.org = ?",
            vec![Given::Number(self.org().0)],
        ));
        piece.push(behind_id(behind));
        let limit = Given::Number(i64::try_from(rows).unwrap_or(i64::MAX));
        piece.push(Piece::new(" ORDER BY s.id LIMIT ?) s ORDER BY s.id", vec![limit]));
        piece
    }

    /// Counts the matches.
    pub(super) async fn count(&mut self, count: Count) -> Result<Option<Total>, Halt> {
        let up_to = match count {
            Count::None => return Ok(None),
            Count::UpTo(up_to) => up_to,
            Count::Exact => i64::MAX.cast_unsigned() - 1,
        };
        let exactly = |count| Ok(Some(Total { count, is_estimate: false }));
        if self.is_all {
            return exactly(self.found.len() as u64);
        }
        if self.condition.is_everything && !self.is_spread {
            return exactly(self.live().await?);
        }
        let counted = if self.condition.is_exact {
            let mut piece = Piece::new("SELECT count(*) FROM (SELECT 1 FROM customer_search s WHERE ", Vec::new());
            piece.push(self.condition.all.clone());
            let limit = Given::Number(i64::try_from(up_to.saturating_add(1)).unwrap_or(i64::MAX));
            piece.push(Piece::new(" LIMIT ?) s", vec![limit]));
            self.session.number(&piece).await?
        } else {
            let mut counted = 0;
            self.each_match(&mut |_| {
                counted += 1;
                counted <= up_to
            })
            .await?;
            counted
        };
        if counted <= up_to {
            return exactly(counted);
        }
        let expected = self.expected().await?;
        let expected = if expected == u64::MAX { 0 } else { expected };
        Ok(Some(Total { count: expected.max(counted), is_estimate: true }))
    }

    /// Shows every match, in no order, as long as `see` wants more.
    pub(super) async fn each_match(&mut self, see: &mut (dyn FnMut(&SearchRow) -> bool + Send)) -> Result<(), Halt> {
        let mut piece = Piece::new(
            "SELECT c.document FROM customer_search s JOIN customers c ON c.org = s.org AND c.id = s.id WHERE ",
            Vec::new(),
        );
        piece.push(self.condition.all.clone());
        let of_tracking = Subject::Standard(Attribute::TrackingEvents);
        let is_counted = self.query.aggregations.iter().any(|of| *of.subject() == of_tracking);
        self.session.open(&piece).await?;
        loop {
            let rows = self.session.fetch(DOCUMENTS).await?;
            for row in &rows {
                let mut row = SearchRow::read(row.try_get(0)?)?;
                if is_counted {
                    row.count_tracked(count_tracked(self.session, row.id).await?);
                }
                if (self.condition.is_exact || self.matches(&row).await?) && !see(&row) {
                    return self.session.close().await;
                }
                // A hundred criteria take a while on each document: other requests use this thread, too.
                self.session.check_time()?;
                tokio::task::yield_now().await;
            }
            if rows.is_empty() {
                return self.session.close().await;
            }
        }
    }
}

/// How many events were tracked of a customer.
pub(super) async fn count_tracked(session: &mut Session<'_>, customer: ObjectId) -> Result<u64, Halt> {
    const SQL: &str = "SELECT coalesce(sum(v.count), 0)::bigint FROM visits v WHERE v.org = ? AND v.customer = ?";
    let values = vec![Given::Number(session.org.0), Given::Bind(crate::search::Bind::Id(customer))];
    session.number(&Piece::new(SQL, values)).await
}

/// The look-ups before the search itself, for conditions that the planner would estimate wrongly.
async fn look_up(session: &mut Session<'_>, query: &Query, means: &Means) -> Result<LookedUp, Halt> {
    let absent = absent(session, query, &means.shares).await?;
    let listed = listed(session, query, &means.slots, means.effort.sortable, means.is_spread).await?;
    Ok(LookedUp { absent, listed })
}

fn behind_id(behind: Option<ObjectId>) -> Piece {
    match behind {
        Some(id) => Piece::new(" AND s.id > ?", vec![Given::Bind(crate::search::Bind::Id(id))]),
        None => Piece::default(),
    }
}
