//! Records in the order of results, read along an index.

use kustodian_core::search::Sort;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;
use rusqlite::types::Value;

use crate::search::{Index, column_of};

/// A part of an order: the rows of a statement, in its order.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    /// Gives keys.
    pub(super) sql: String,
    /// Its bound values.
    pub(super) values: Vec<Value>,
    /// What else must hold for a row `s` of `customer_search`, or its place is in another phase.
    pub(super) condition: Option<String>,
    /// Whether the rows of one value of the first sort key are in the order of their ids, and values change: else all
    /// of the phase has the same.
    pub(super) has_values: bool,
}

/// The phases of an order, one after the other; `None` when there is no index for it. `bounds` are conditions on the
/// first sort key's column that every match meets.
pub(super) fn phases(
    org: OrgKey,
    include_deleted: bool,
    sort: Option<Sort>,
    bounds: &[(String, Vec<Value>)],
) -> Option<Vec<Phase>> {
    let org = Org { key: org, include_deleted };
    let Some(Sort { by, descending }) = sort else { return Some(vec![org.by_id(None, false, None)]) };
    if by == Attribute::Deleted {
        let mut parts = vec![org.of_deleted(false, descending), org.of_deleted(true, descending)];
        if descending {
            parts.reverse();
        }
        return Some(if include_deleted { parts } else { vec![org.of_deleted(false, descending)] });
    }
    let column = column_of(by)?;
    let name = column.name;
    let has = |condition: String| org.by_id(None, descending, Some(condition));
    // A record without a value is within no bound.
    let rest = bounds.is_empty().then(|| has(format!("s.{name} IS NULL")));
    let mut phases = match column.index {
        Index::OfCustomers => return Some(vec![org.by_moment(name, descending, bounds)]),
        Index::Ordered => vec![org.by_value(name, &format!("s.{name} IS NOT NULL"), descending, bounds)],
        // These are counts: nothing is below 0.
        Index::OrderedRare => {
            let rare = org.by_value(name, &format!("s.{name} <> 0"), descending, bounds);
            let common = has(format!("s.{name} = 0"));
            if descending { vec![rare, common] } else { vec![common, rare] }
        }
        Index::ByValue | Index::ByRareValue => return None,
    };
    phases.extend(rest);
    Some(phases)
}

/// The order of ids, behind one.
pub(super) fn by_id(org: OrgKey, include_deleted: bool, after: Option<ObjectId>) -> Phase {
    Org { key: org, include_deleted }.by_id(after, false, None)
}

struct Org {
    key: OrgKey,
    include_deleted: bool,
}

const fn direction(descending: bool) -> &'static str {
    if descending { "DESC" } else { "ASC" }
}

impl Org {
    fn by_id(&self, after: Option<ObjectId>, descending: bool, condition: Option<String>) -> Phase {
        let live = if self.include_deleted { "" } else { " AND deleted = 0" };
        let behind = if after.is_some() { " AND id > ?" } else { "" };
        let sql = format!(
            "SELECT key, NULL, id FROM customers INDEXED BY customers_by_id WHERE org = ?{live}{behind} ORDER BY id {}",
            direction(descending)
        );
        let after = after.map(|id| Value::Text(String::from_utf8_lossy(&id.to_hex()).into_owned()));
        let values = std::iter::once(Value::Integer(self.key.0)).chain(after).collect();
        Phase { sql, values, condition, has_values: false }
    }

    fn of_deleted(&self, deleted: bool, descending: bool) -> Phase {
        let condition = format!("s.deleted = {}", i32::from(deleted));
        self.by_id(None, descending, Some(condition))
    }

    /// Along the index of a column. Deleted records are apart in it, so there are two parts to merge.
    fn by_value(&self, name: &str, condition: &str, descending: bool, bounds: &[(String, Vec<Value>)]) -> Phase {
        let from = |deleted: i32| {
            format!(
                "SELECT s.key, s.{name}, s.id FROM customer_search s INDEXED BY customer_search_by_{name} \
                 WHERE s.org = ? AND s.deleted = {deleted} AND {condition}"
            )
        };
        self.merged(from, "s.", descending, bounds)
    }

    fn by_moment(&self, name: &str, descending: bool, bounds: &[(String, Vec<Value>)]) -> Phase {
        let from = |deleted: i32| {
            let infix = if deleted == 1 { "deleted_" } else { "" };
            format!(
                "SELECT c.key, c.{name}, c.id FROM customers c INDEXED BY customers_{infix}by_{name} \
                 WHERE c.org = ? AND c.deleted = {deleted}"
            )
        };
        self.merged(from, "c.", descending, bounds)
    }

    fn merged(
        &self,
        from: impl Fn(i32) -> String,
        table: &str,
        descending: bool,
        bounds: &[(String, Vec<Value>)],
    ) -> Phase {
        let part = |deleted: i32| {
            let bounds = bounds.iter().map(|(sql, _)| format!(" AND {}", sql.replace("s.", table)));
            from(deleted) + &bounds.collect::<String>()
        };
        let direction = direction(descending);
        let parts = if self.include_deleted { vec![part(0), part(1)] } else { vec![part(0)] };
        let mut values = Vec::new();
        for _ in &parts {
            values.push(Value::Integer(self.key.0));
            values.extend(bounds.iter().flat_map(|(_, values)| values.iter().cloned()));
        }
        let sql = format!("{} ORDER BY 2 {direction}, 3 {direction}", parts.join(" UNION ALL "));
        Phase { sql, values, condition: None, has_values: true }
    }
}
