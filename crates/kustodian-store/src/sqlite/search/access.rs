//! By which index the records that may pass a condition are found.

use kustodian_core::search::{Context, Criterion, Node, Subject, Test, parent_attribute, plan, plan_of_lost};
use kustodian_core::store::OrgKey;
use kustomer_api::search::Attribute;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::entries::FORM;
use super::time::{Halt, Time};
use super::write::value;
use crate::search::entries::{Place, Row, of_rows};
use crate::search::{
    Bind, Column, Compiled, Counted, Dialect, Holds, Index, Known, Match, Slots, Syntax, column_of, compile,
    expression, needs_of_texts,
};

/// The language of FTS5.
pub(super) const SYNTAX: Syntax = Syntax { quote: '"', beginning: "*", and: " AND ", or: " OR " };

/// The parts that are read by the indexes of the two tables.
const OF_SEARCH: &str = " FROM customer_search s ";
const OF_CUSTOMERS: &str = " FROM customers c ";

/// Where to look.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    pub(super) org: OrgKey,
    pub(super) include_deleted: bool,
    pub(super) slots: &'a Slots,
}

/// SQLite's words in conditions. Terms of the inverted index are never part of one: they would be looked up again for
/// each row.
pub(super) struct Sqlite(pub(super) OrgKey);

impl Dialect for Sqlite {
    fn beside(&self, context: Context, node: &Node, over: bool) -> Compiled {
        let place = Place { form: FORM, org: self.0 };
        // Of a customer's other records no criterion is about customers again.
        let of_customers = |_: &Node, _: Row<'_>, over: bool| Compiled::unknown(over);
        let inner = of_rows(place, &of_customers, node, Row { name: "r", context }, over);
        match parent_attribute(Context::Customer, context) {
            Some(_) => place.is_in("unhex(s.company_id)", ("r", "id"), context, inner),
            None => place.is_in("s.id", ("r", "customer"), context, inner),
        }
    }

    fn slot(&self, slot: usize, _: Holds) -> String {
        format!("s.c{slot}")
    }

    fn words(&self, _: &kustodian_core::search::Needs) -> Option<Compiled> {
        None
    }

    fn holds_part(&self, column: &str) -> String {
        format!("instr({column}, ?) > 0")
    }

    fn tracked(&self, test: &Counted, _: bool) -> Compiled {
        let count = "(SELECT ifnull(sum(v.count), 0) FROM visits v INDEXED BY visits_by_customer \
                     WHERE v.org = s.org AND v.customer = lower(hex(s.id)))";
        let Compiled { sql, binds, exact } = test.condition(count);
        Compiled { sql: format!("({sql})"), binds, exact }
    }
}

/// A statement, and its bound values.
pub(super) type Statement = (String, Vec<Value>);

/// Statements that give the keys of all records that pass a condition, among others perhaps.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) statements: Vec<Statement>,
    /// Whether they give those of no others, deleted ones aside.
    pub(super) exact: bool,
    /// Whether they leave out deleted ones where those are left out.
    pub(super) is_live: bool,
}

impl Access {
    /// The keys, in order and each once, unless there are more than `limit`.
    pub(super) fn keys(&self, connection: &Connection, time: &Time, limit: usize) -> Result<Option<Vec<i64>>, Halt> {
        let mut keys = Vec::new();
        for (sql, values) in &self.statements {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                if keys.len() >= limit {
                    return Ok(None);
                }
                keys.push(row.get(0)?);
                if keys.len().is_multiple_of(4_096) {
                    time.check()?;
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(Some(keys))
    }

    /// Whether it reads the index of one column.
    pub(super) fn is_of_column(&self) -> bool {
        let is_column = |(sql, _): &Statement| sql.contains(OF_SEARCH) || sql.contains(OF_CUSTOMERS);
        self.is_live && !self.statements.is_empty() && self.statements.iter().all(is_column)
    }

    /// Whether it looks words or parts up.
    pub(super) fn is_of_words(&self) -> bool {
        self.statements.iter().any(|(sql, _)| sql.contains(" MATCH "))
    }

    /// Leaves out what does not meet a further condition on the same attribute: what lies between two bounds is few where
    /// what lies beyond each is much.
    pub(super) fn narrow(&mut self, condition: &Compiled) {
        for (sql, bound) in &mut self.statements {
            let of_customers = sql.contains(OF_CUSTOMERS);
            sql.push_str(" AND ");
            sql.push_str(&if of_customers { condition.sql.replace("s.", "c.") } else { condition.sql.clone() });
            bound.extend(values(condition.binds.clone()));
        }
    }

    fn none() -> Self {
        Self { statements: Vec::new(), exact: true, is_live: true }
    }
}

/// The access to a node; `None` when every record has to be tested.
pub(super) fn access(node: &Node, within: Within<'_>) -> Option<Access> {
    match node {
        // Any of them leads to all matches; the others are tested.
        Node::All(nodes) => {
            let access = nodes.iter().find_map(|node| access(node, within))?;
            Some(Access { exact: access.exact && nodes.len() == 1, ..access })
        }
        Node::Any(nodes) => {
            let mut all = Access::none();
            for node in nodes {
                let Access { statements, exact, is_live } = access(node, within)?;
                all.statements.extend(statements);
                all.exact &= exact;
                all.is_live &= is_live;
            }
            Some(all)
        }
        Node::Not(_) | Node::Has(..) => None,
        Node::Test(criterion) => match plan(criterion) {
            Some(plan) => in_words(&plan.needs, plan.exact, within),
            None => in_columns(criterion, within),
        },
        Node::Lost(criterion) => {
            let plan = plan_of_lost(criterion);
            in_words(&plan.needs, plan.exact, within)
        }
    }
}

fn in_words(needs: &kustodian_core::search::Needs, exact: bool, within: Within<'_>) -> Option<Access> {
    match expression(&SYNTAX, Known::NOTHING, within.org, needs) {
        (Match::Everything, _) => None,
        (Match::Nothing, _) => Some(Access::none()),
        (Match::Expression(found), is_exact) => {
            let sql = "SELECT rowid AS key FROM customer_words WHERE customer_words MATCH ?".to_owned();
            Some(Access { statements: vec![(sql, vec![Value::Text(found)])], exact: exact && is_exact, is_live: false })
        }
    }
}

fn in_columns(criterion: &Criterion, within: Within<'_>) -> Option<Access> {
    let name = match &criterion.subject {
        Subject::Standard(Attribute::Id) => return of_ids(&criterion.test, within),
        Subject::Standard(Attribute::Deleted) => return of_deleted(&criterion.test, within),
        Subject::Standard(Attribute::TrackingEvents) => return of_tracked(&criterion.test, within),
        Subject::Standard(attribute) => {
            let Column { name, index, .. } = column_of(*attribute).filter(|_| !attribute.is_many())?;
            match index {
                Index::OfCustomers => return of_customers(name, criterion, within),
                Index::ByRareValue | Index::OrderedRare if !excludes_zero(&criterion.test) => return None,
                _ => (*name).to_owned(),
            }
        }
        Subject::Custom(attribute) => match (within.slots.of(attribute), needs_of_texts(criterion)) {
            (_, Some(needs)) if attribute.suffix == kustomer_api::custom::Suffix::Id => {
                return in_words(&needs, false, within);
            }
            (Some(slot), _) => format!("c{slot}"),
            (None, Some(needs)) => return in_words(&needs, false, within),
            (None, None) => return None,
        },
    };
    let Compiled { sql, binds, exact } = compile(&Node::Test(criterion.clone()), within.slots, &Sqlite(within.org));
    match sql.as_str() {
        "FALSE" if exact => return Some(Access::none()),
        "TRUE" | "FALSE" => return None,
        _ => {}
    }
    let is_rare = match &criterion.subject {
        Subject::Standard(attribute) => {
            column_of(*attribute).is_some_and(|column| matches!(column.index, Index::ByRareValue | Index::OrderedRare))
        }
        Subject::Custom(_) => false,
    };
    let rare = if is_rare { format!(" AND s.{name} <> 0") } else { String::new() };
    let sql = format!(
        "SELECT s.key FROM customer_search s INDEXED BY customer_search_by_{name} WHERE s.org = ? AND {} AND {sql}{rare}",
        deleted("s", within.include_deleted)
    );
    let values = std::iter::once(Value::Integer(within.org.0)).chain(values(binds)).collect();
    Some(Access { statements: vec![(sql, values)], exact, is_live: true })
}

/// Whether nothing with the value 0, or false, passes.
fn excludes_zero(test: &Test) -> bool {
    use std::ops::Bound::{Excluded, Included};
    match test {
        Test::NumberIn(numbers) => numbers.iter().all(|number| *number != 0.0),
        Test::Numbers(from, to) => {
            matches!(from, Included(from) if *from > 0.0)
                || matches!(from, Excluded(from) if *from >= 0.0)
                || matches!(to, Included(to) if *to < 0.0)
                || matches!(to, Excluded(to) if *to <= 0.0)
        }
        Test::Boolean(wanted) => *wanted,
        _ => false,
    }
}

fn of_ids(test: &Test, within: Within<'_>) -> Option<Access> {
    let Test::TextIn(ids) = test else { return None };
    let places = vec!["?"; ids.len()].join(", ");
    let sql = format!("SELECT key FROM customers INDEXED BY customers_by_id WHERE org = ? AND id IN ({places})");
    let ids = ids.iter().cloned().map(Value::Text);
    let values = std::iter::once(Value::Integer(within.org.0)).chain(ids).collect();
    Some(Access { statements: vec![(sql, values)], exact: false, is_live: false })
}

/// Those of whom enough was tracked, unless nothing is enough.
fn of_tracked(test: &Test, within: Within<'_>) -> Option<Access> {
    let (counted, _) = Counted::of(test).ok().filter(|(_, takes_none)| !takes_none)?;
    let Compiled { sql, binds, .. } = counted.condition("sum(v.count)");
    let sql = format!(
        "SELECT key FROM customers INDEXED BY customers_by_id WHERE org = ? AND id IN (SELECT v.customer \
         FROM visits v INDEXED BY visits_by_customer WHERE v.org = ? AND v.customer IS NOT NULL \
         GROUP BY v.customer HAVING {sql})"
    );
    let org = Value::Integer(within.org.0);
    let values = [org.clone(), org].into_iter().chain(values(binds)).collect();
    Some(Access { statements: vec![(sql, values)], exact: true, is_live: false })
}

fn of_deleted(test: &Test, within: Within<'_>) -> Option<Access> {
    let Test::Boolean(true) = test else { return None };
    let sql = "SELECT key FROM customers INDEXED BY customers_deleted_by_created_at WHERE org = ? AND deleted = 1";
    Some(Access {
        statements: vec![(sql.to_owned(), vec![Value::Integer(within.org.0)])],
        exact: false,
        is_live: false,
    })
}

/// The moments of making and changing, by the indexes of the table of customers.
fn of_customers(name: &str, criterion: &Criterion, within: Within<'_>) -> Option<Access> {
    let Test::Moments(_) = criterion.test else { return None };
    let Compiled { sql, binds, exact } = compile(&Node::Test(criterion.clone()), within.slots, &Sqlite(within.org));
    let condition = sql.replace("s.", "c.");
    let statement = |(infix, deleted): (&str, i64)| {
        let sql = format!(
            "SELECT c.key FROM customers c INDEXED BY customers_{infix}by_{name} WHERE c.org = ? AND c.deleted = {deleted} AND {condition}"
        );
        (sql, std::iter::once(Value::Integer(within.org.0)).chain(values(binds.clone())).collect())
    };
    let parts = [("", 0), ("deleted_", 1)];
    let statements = parts.into_iter().take(1 + usize::from(within.include_deleted)).map(statement).collect();
    // An erased record counts as deleted: it has a row, but no search finds it.
    Some(Access { statements, exact: exact && !within.include_deleted, is_live: true })
}

/// The condition on `deleted` that lets the indexes be used which begin with it.
pub(super) fn deleted(table: &str, include: bool) -> String {
    if include { format!("{table}.deleted IN (0, 1)") } else { format!("{table}.deleted = 0") }
}

/// The bound value for a condition.
pub(super) fn values(binds: Vec<Bind>) -> impl Iterator<Item = Value> {
    binds.into_iter().map(|bind| match bind {
        Bind::Cell(cell) => value(cell),
        Bind::Id(id) => Value::Blob(id.as_bytes().to_vec()),
    })
}
