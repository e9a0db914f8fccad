//! Reading pages of a feed.
//!
//! As with lists, the index to read along is written into the statement. A page with conditions on who and when is found
//! in a narrow index alone, in which its positions are sorted; only then are its events read. Any other is read in the
//! order of positions, where the next event is mostly one that is wanted.

use kustodian_core::feed::{Feed, FeedQuery, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::event_columns::ShortId;
use super::events::{columns, find_head, recorded};
use crate::page::take_bytes;

/// A page, and the total if asked, both as of the same moment.
pub(super) fn feed(connection: &Connection, org: OrgKey, query: &FeedQuery) -> rusqlite::Result<Feed> {
    let snapshot = connection.unchecked_transaction()?;
    let total = if query.count { Some(count(&snapshot, org, query)?) } else { None };
    let events = if query.limit == 0 { Vec::new() } else { page(&snapshot, org, query)? };
    snapshot.commit()?;
    Ok(Feed { events, total })
}

/// The condition on an event, with the values it binds in order.
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    fn new(org: OrgKey, query: &FeedQuery) -> Self {
        let mut condition = Self { sql: "org = ?".to_owned(), values: vec![Value::Integer(org.0)] };
        // The index by record begins with the kind.
        if query.record.is_some() || !query.is_of_all_kinds() {
            condition.kinds(&query.kinds);
        }
        if let Some(record) = query.record {
            condition.and("record =", ShortId(record).into_value());
        }
        if let Some(actor) = query.actor {
            condition.and("actor =", ShortId(actor).into_value());
        }
        if let Some(from) = query.from.map(Timestamp::as_millis) {
            condition.and("at >=", Value::Integer(from));
        }
        if let Some(to) = query.to.map(Timestamp::as_millis) {
            condition.and("at <=", Value::Integer(to));
        }
        condition
    }

    /// With the bounds of the page, too.
    fn of_page(org: OrgKey, query: &FeedQuery) -> Self {
        let mut condition = Self::new(org, query);
        if let Some(after) = query.after {
            condition.and("position >", Value::Integer(i64::try_from(after).unwrap_or(i64::MAX)));
        }
        if let Some(before) = query.before {
            condition.and("position <", Value::Integer(i64::try_from(before).unwrap_or(i64::MAX)));
        }
        condition
    }

    fn and(&mut self, what: &str, value: Value) {
        self.sql.push_str(&format!(" AND {what} ?"));
        self.values.push(value);
    }

    fn kinds(&mut self, kinds: &[Kind]) {
        self.sql.push_str(&format!(" AND kind IN ({})", vec!["?"; kinds.len()].join(", ")));
        self.values.extend(kinds.iter().map(|kind| Value::Text(kind.as_str().to_owned())));
    }
}

/// The index that holds what a query asks of single records, people, moments, and kinds of which there are few records;
/// `None` when it asks nothing of them.
fn narrow_index(query: &FeedQuery) -> Option<&'static str> {
    match (query.record, query.actor, query.from.or(query.to)) {
        (Some(_), ..) => Some("events_by_record"),
        // A reader who may not read customers must not have all of their events read for it.
        (None, None, None) => (!query.kinds.contains(&Kind::Customer)).then_some("events_by_record"),
        (None, ..) => Some("events_by_moment"),
    }
}

fn count(connection: &Connection, org: OrgKey, query: &FeedQuery) -> rusqlite::Result<u64> {
    let index = narrow_index(query);
    if index.is_none() && query.is_of_all_kinds() {
        return find_head(connection, org).map(|head| head.position);
    }
    let condition = Condition::new(org, query);
    let index = index.unwrap_or("events_by_moment");
    connection
        .prepare_cached(&format!("SELECT count(*) FROM events INDEXED BY {index} WHERE {}", condition.sql))?
        .query_row(params_from_iter(condition.values), |row| row.get(0))
}

fn page(connection: &Connection, org: OrgKey, query: &FeedQuery) -> rusqlite::Result<Vec<Recorded>> {
    let (sql, values) = page_statement(org, query);
    let mut found = connection.prepare_cached(&sql)?;
    take_bytes(found.query_map(params_from_iter(values), recorded)?, query.bytes, Recorded::payload_len)
}

fn page_statement(org: OrgKey, query: &FeedQuery) -> (String, Vec<Value>) {
    let Condition { sql: condition, mut values } = Condition::of_page(org, query);
    let direction = if query.descending { "DESC" } else { "ASC" };
    let (columns, limit) = (columns(query.payload), Value::Integer(i64::from(query.limit)));
    let sql = match narrow_index(query) {
        None => {
            format!("SELECT {columns} FROM events NOT INDEXED WHERE {condition} ORDER BY position {direction} LIMIT ?")
        }
        Some(index) => {
            values.insert(0, Value::Integer(org.0));
            format!(
                "SELECT {columns} FROM events NOT INDEXED WHERE org = ? AND position IN (SELECT position FROM events \
                 INDEXED BY {index} WHERE {condition} ORDER BY position {direction} LIMIT ?) \
                 ORDER BY position {direction}"
            )
        }
    };
    values.push(limit);
    (sql, values)
}

#[cfg(test)]
mod tests {
    use kustomer_api::ObjectId;

    use super::*;
    use crate::options::Options;
    use crate::sqlite::connection::{self, Durability};

    /// What SQLite does for a page of a feed.
    fn plan(connection: &Connection, query: &FeedQuery) -> String {
        let (sql, values) = page_statement(OrgKey(1), query);
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = explain.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn events_are_read_only_once_their_page_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.db");
        connection::make_file(&path).unwrap();
        let connection = connection::writer(&path, &Options::default(), Durability::None).unwrap();
        let page = FeedQuery { after: Some(7), limit: 9, ..FeedQuery::default() };
        let all = plan(&connection, &page);
        assert!(all.contains("PRIMARY KEY (org=? AND position>?)") && !all.contains("TEMP B-TREE"), "{all}");
        let id = Some(ObjectId::from_bytes([1; 12]));
        let at = Some(Timestamp::from_millis(0));
        for narrow in [
            FeedQuery { from: at, to: at, ..page.clone() },
            FeedQuery { actor: id, kinds: vec![Kind::Tag], descending: true, ..page.clone() },
        ] {
            let plan = plan(&connection, &narrow);
            assert!(plan.contains("COVERING INDEX events_by_moment (org=?"), "{plan}");
            assert!(plan.contains("PRIMARY KEY (org=? AND position=?)"), "{plan}");
            // Positions are sorted: events are read one by one, until the page is full.
            assert!(
                plan.starts_with("SEARCH events USING PRIMARY KEY") && plan.matches("TEMP B-TREE").count() <= 1,
                "{plan}"
            );
        }
        let of_tags = plan(&connection, &FeedQuery { kinds: vec![Kind::Tag, Kind::Team], ..page.clone() });
        assert!(of_tags.contains("COVERING INDEX events_by_record (org=? AND kind=?"), "{of_tags}");
        let of_record = plan(&connection, &FeedQuery { record: id, ..page });
        assert!(of_record.contains("COVERING INDEX events_by_record (org=? AND kind=? AND record=?"), "{of_record}");
    }
}
