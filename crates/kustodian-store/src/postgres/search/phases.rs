//! The order of results, and its parts that an index gives.

use kustodian_core::search::{Query, Sort};
use kustomer_api::search::Attribute;

use super::condition::{Condition, Given, Piece};
use crate::search::{Index, column_of};

/// The attributes whose index holds the rows without a value, too: nearly every row has one.
const WHOLE: [Attribute; 4] = [Attribute::Name, Attribute::CreatedAt, Attribute::UpdatedAt, Attribute::ModifiedAt];

/// A part of an order: all of it is before the next.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    /// The rows among which it is, as a condition that an index gives in order.
    rows: Piece,
    /// What of them is in this part; nothing else, when empty.
    pub(super) only: String,
    /// The order within.
    order: String,
}

impl Phase {
    /// Its first `limit` rows, as a table `s`.
    pub(super) fn rows(&self, what: &str, limit: u64) -> Piece {
        let mut piece = Piece::new(format!("SELECT {what} FROM customer_search s WHERE "), Vec::new());
        piece.push(self.rows.clone());
        piece.push(Piece::new(format!(" ORDER BY {} LIMIT ?", self.order), vec![number(limit)]));
        piece
    }

    /// The ids of those of its first `tries` rows that meet a condition, in order, at most `limit`.
    pub(super) fn ids(&self, condition: &Condition, tries: u64, limit: u64) -> Piece {
        let mut piece = Piece::new("SELECT s.id FROM (", Vec::new());
        piece.push(self.rows("*", tries));
        piece = piece.then(") s WHERE ");
        piece.push(condition.all.clone());
        let tail = format!("{} ORDER BY {} LIMIT ?", self.only, self.order);
        piece.push(Piece::new(tail, vec![number(limit)]));
        piece
    }
}

fn number(number: u64) -> Given {
    Given::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

const fn direction(descending: bool) -> &'static str {
    if descending { "DESC" } else { "ASC" }
}

fn name(sort: &Sort) -> &'static str {
    column_of(sort.by).map_or("deleted", |column| column.name)
}

/// The direction of records that are equal in all keys.
fn by_id(sort: &[Sort]) -> String {
    format!("s.id {}", direction(sort.first().is_some_and(|first| first.descending)))
}

/// The whole order, of any rows `s`.
pub(super) fn order(sort: &[Sort]) -> String {
    let keys = sort.iter().map(|key| format!("s.{} {} NULLS LAST", name(key), direction(key.descending)));
    keys.chain([by_id(sort)]).collect::<Vec<_>>().join(", ")
}

/// The columns that [`order`] needs.
pub(super) fn columns(sort: &[Sort]) -> String {
    let mut names: Vec<&str> = sort.iter().map(name).collect();
    names.sort_unstable();
    names.dedup();
    std::iter::once("s.id".to_owned())
        .chain(names.into_iter().map(|name| format!("s.{name}")))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The parts of an order, the first one first; `None` when no index gives it.
pub(super) fn phases(query: &Query, condition: &Condition, org: i64) -> Option<Vec<Phase>> {
    let of_org = Piece::new("s.org = ?", vec![Given::Number(org)]);
    let part = |rows: Piece, only: &str, order: String| Phase { rows, only: only.to_owned(), order };
    let Some((first, others)) = query.sort.split_first() else {
        return Some(vec![part(of_org, "", "s.id ASC".to_owned())]);
    };
    let others = order_of_rest(others, &query.sort);
    if first.by == Attribute::Deleted {
        let live = part(of_org.clone(), " AND NOT s.deleted", others.clone());
        let deleted = part(of_org, " AND s.deleted", others);
        return Some(match (query.include_deleted, first.descending) {
            (false, _) => vec![live],
            (true, false) => vec![live, deleted],
            (true, true) => vec![deleted, live],
        });
    }
    let column = column_of(first.by)?;
    let name = column.name;
    let by_value = format!("s.{name} {}, {others}", direction(first.descending));
    let mut within = of_org.clone();
    let bounds = condition.of_columns.iter().filter(|(attribute, _)| *attribute == first.by);
    let mut is_bound = false;
    for (_, bound) in bounds {
        within = within.then(" AND ");
        within.push(bound.clone());
        is_bound = true;
    }
    let mut phases = match column.index {
        Index::Ordered | Index::OfCustomers => {
            vec![part(within.then(&format!(" AND s.{name} IS NOT NULL")), "", by_value)]
        }
        // These are counts: nothing is below 0.
        Index::OrderedRare => {
            let rare = part(within.then(&format!(" AND s.{name} <> 0")), "", by_value);
            let common = part(of_org.clone(), &format!(" AND s.{name} = 0"), others.clone());
            if first.descending { vec![rare, common] } else { vec![common, rare] }
        }
        Index::ByValue | Index::ByRareValue => return None,
    };
    // A record without a value is within no bound.
    if !is_bound {
        let none = format!(" AND s.{name} IS NULL");
        phases.push(match WHOLE.contains(&first.by) {
            true => part(of_org.then(&none), "", others),
            false => part(of_org, &none, others),
        });
    }
    Some(phases)
}

fn order_of_rest(others: &[Sort], sort: &[Sort]) -> String {
    let keys = others.iter().map(|key| format!("s.{} {} NULLS LAST", name(key), direction(key.descending)));
    keys.chain([by_id(sort)]).collect::<Vec<_>>().join(", ")
}
