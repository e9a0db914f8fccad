//! Reading pages of records.
//!
//! Which index a page is read along is written into the statement rather than left to the planner: without statistics
//! it guesses, and a wrong guess reads a million documents. The rows of the page are found in the index alone, however
//! far down it is; only then are their documents read, one by one, until the page has as many bytes as it may.

use kustodian_core::change::Narrowed;
use kustodian_core::kind::{Kind, Spec};
use kustodian_core::store::{ListQuery, Listing, OrgKey, SortKey, Start, Stored};
use kustomer_api::ObjectId;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::records::stored;
use super::sql::LIVE;
use crate::bounds::{Bounds, column};
use crate::page::take_bytes;

/// A page, and the total if asked, both as of the same moment.
pub(super) fn list(connection: &Connection, org: OrgKey, query: &ListQuery) -> rusqlite::Result<Listing> {
    let bounds = Bounds::of(query);
    let snapshot = connection.unchecked_transaction()?;
    let total = if query.count { Some(count(&snapshot, org, query, &bounds)?) } else { None };
    let records = if query.limit == 0 { Vec::new() } else { page(&snapshot, org, query, &bounds)? };
    snapshot.commit()?;
    Ok(Listing { records, total })
}

/// Whether a list has a record that is not deleted.
pub(super) fn has_any(connection: &Connection, org: OrgKey, list: &Narrowed) -> rusqlite::Result<bool> {
    let spec = list.kind.spec();
    let (table, index, column) = (spec.table, spec.index_of(&[list.column]), list.column);
    connection
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM {table} INDEXED BY {index} WHERE org = ?1 AND {column} = ?2 AND deleted = 0)"
        ))?
        .query_row((org.0, &list.value), |row| row.get(0))
}

/// Records that have this home, by id and after `after`.
pub(super) fn at_home(
    connection: &Connection,
    org: OrgKey,
    kind: Kind,
    home: ObjectId,
    after: Option<ObjectId>,
    limit: u32,
) -> rusqlite::Result<Vec<Stored>> {
    let spec = kind.spec();
    if !spec.has_home() {
        return Ok(Vec::new());
    }
    let (table, index) = (spec.table, spec.index_of(&["home"]));
    let after = after.map_or_else(String::new, |id| id.to_string());
    connection
        .prepare_cached(&format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} INDEXED BY {index} \
             WHERE org = ?1 AND home = ?2 AND home <> id AND id > ?3 ORDER BY id LIMIT ?4"
        ))?
        .query_map((org.0, home.to_string(), after, limit), stored)?
        .collect()
}

/// The condition on a row, with the values it binds in order.
struct Condition {
    from: String,
    values: Vec<Value>,
}

impl Condition {
    fn new(org: OrgKey, query: &ListQuery, bounds: &Bounds) -> Self {
        let spec @ Spec { table, is_listed_by_time, .. } = query.kind.spec();
        // The indexes hold live records or deleted ones only, but that by id and those of owners, which hold `deleted`.
        let listed: Vec<&str> = query.of.iter().map(|(column, _)| *column).collect();
        let index = match query.of.as_slice() {
            [] if query.deleted && spec.is_listed_when_deleted() => {
                spec.index_of_deleted(column(bounds.column_to_read(query.sort)))
            }
            _ if query.deleted && !spec.lists_deleted(&listed) => spec.index_of(&[column(SortKey::Id)]),
            [] if *is_listed_by_time => spec.index_of(&[column(bounds.column_to_read(query.sort))]),
            [] => spec.index_of(&[column(SortKey::Id)]),
            // Bounded by moments, it is read along them, and the rows of others are passed over.
            _ if query.sort != SortKey::Id && *is_listed_by_time => {
                spec.index_of(&[column(bounds.column_to_read(query.sort))])
            }
            _ => spec.index_of(&listed),
        };
        let deleted = u8::from(query.deleted);
        let mut condition = Self {
            from: format!("{table} INDEXED BY {index} WHERE org = ? AND deleted = {deleted}"),
            values: vec![Value::Integer(org.0)],
        };
        for (column, value) in &query.of {
            condition.from.push_str(&format!(" AND {column} = ?"));
            condition.values.push(Value::Text(value.clone()));
        }
        for (name, bound) in [("created_at", bounds.created_at), ("updated_at", bounds.updated_at)] {
            if let Some((from, to)) = bound {
                condition.from.push_str(&format!(" AND {name} >= ? AND {name} <= ?"));
                condition.values.extend([Value::Integer(from), Value::Integer(to)]);
            }
        }
        condition
    }
}

fn count(connection: &Connection, org: OrgKey, query: &ListQuery, bounds: &Bounds) -> rusqlite::Result<u64> {
    if bounds.is_unbounded() && !query.deleted && query.of.is_empty() {
        return live(connection, org, query.kind);
    }
    let condition = Condition::new(org, query, bounds);
    connection
        .prepare_cached(&format!("SELECT count(*) FROM {}", condition.from))?
        .query_row(params_from_iter(condition.values), |row| row.get(0))
}

fn live(connection: &Connection, org: OrgKey, kind: Kind) -> rusqlite::Result<u64> {
    Ok(connection.prepare_cached(LIVE)?.query_row((org.0, kind.as_str()), |row| row.get(0)).optional()?.unwrap_or(0))
}

fn page(connection: &Connection, org: OrgKey, query: &ListQuery, bounds: &Bounds) -> rusqlite::Result<Vec<Stored>> {
    let (sql, values) = page_statement(org, query, bounds);
    let mut found = connection.prepare_cached(&sql)?;
    let places = found.query_map(params_from_iter(values), |row| row.get::<_, i64>(0))?;
    let places: Vec<i64> = places.collect::<rusqlite::Result<_>>()?;
    let mut record = connection.prepare_cached(&format!(
        "SELECT id, rev, deleted, created_at, updated_at, document FROM {} WHERE rowid = ?1",
        query.kind.spec().table
    ))?;
    let records = places.into_iter().map(|place| record.query_row([place], stored));
    take_bytes(records, query.bytes, |record| record.document.len())
}

/// What finds the rows of a page, in order.
fn page_statement(org: OrgKey, query: &ListQuery, bounds: &Bounds) -> (String, Vec<Value>) {
    let mut condition = Condition::new(org, query, bounds);
    let (direction, beyond) = if query.descending { ("DESC", "<") } else { ("ASC", ">") };
    let key = column(query.sort);
    let order = match query.sort {
        SortKey::Id => format!("id {direction}"),
        SortKey::CreatedAt | SortKey::UpdatedAt => format!("{key} {direction}, id {direction}"),
    };
    let offset = match query.start {
        Start::Offset(offset) => i64::try_from(offset).unwrap_or(i64::MAX),
        Start::After { value, id } => {
            if query.sort == SortKey::Id {
                condition.from.push_str(&format!(" AND id {beyond} ?"));
            } else {
                condition.from.push_str(&format!(" AND ({key}, id) {beyond} (?, ?)"));
                condition.values.push(Value::Integer(value));
            }
            condition.values.push(Value::Text(id.to_string()));
            0
        }
    };
    condition.values.extend([Value::Integer(i64::from(query.limit)), Value::Integer(offset)]);
    (format!("SELECT rowid FROM {} ORDER BY {order} LIMIT ? OFFSET ?", condition.from), condition.values)
}

#[cfg(test)]
mod tests {
    use kustodian_core::store::Within;

    use super::*;
    use crate::options::Options;
    use crate::sqlite::connection::{self, Durability};

    /// What SQLite does for a page of customers.
    fn plan(connection: &Connection, sort: SortKey, within: Option<SortKey>, deleted: bool) -> String {
        let within = within.map(|of| Within { of, from: 0, to: 9 }).into_iter().collect();
        let start = Start::Offset(1_000);
        let (bytes, count) = (usize::MAX, false);
        let query = ListQuery {
            deleted,
            sort,
            descending: true,
            within,
            start,
            count,
            ..ListQuery::of(Kind::Customer, 9, bytes)
        };
        let (sql, values) = page_statement(OrgKey(1), &query, &Bounds::of(&query));
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = explain.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_page_is_found_in_its_index_alone_and_every_index_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.db");
        connection::make_file(&path).unwrap();
        let connection = connection::writer(&path, &Options::default(), Durability::None).unwrap();
        for (deleted, index) in [(false, "customers_by"), (true, "customers_deleted_by")] {
            for key in [SortKey::Id, SortKey::CreatedAt, SortKey::UpdatedAt] {
                let plan = plan(&connection, key, None, deleted);
                let index = format!("USING COVERING INDEX {index}_{}", column(key));
                assert!(plan.contains(&index) && !plan.contains("TEMP B-TREE"), "{plan}");
            }
            let plan = plan(&connection, SortKey::Id, Some(SortKey::CreatedAt), deleted);
            let range = format!("COVERING INDEX {index}_created_at (org=? AND created_at>? AND created_at<?)");
            assert!(plan.contains(&range), "{plan}");
        }
    }
}
