//! Reading pages of records.
//!
//! Lists with conditions are sent unnamed, so that each is planned for its own values: a plan for any values would read
//! the index by one moment where the other's bounds leave three rows. Without conditions there is one way to read a list,
//! which is planned once: planning it took as long as reading a hundred records. Its limit is in the statement, as the
//! planner takes one that it does not know for a tenth of the table.
//!
//! A page is cut where its documents have more bytes than it may: their lengths are known without reading them. Where
//! tables are spread over machines that sum would bring all documents to the coordinator first, so there the rows are
//! dropped as they arrive.

use kustodian_core::change::Narrowed;
use kustodian_core::kind::Kind;
use kustodian_core::store::{ListQuery, Listing, OrgKey, SortKey, Start};
use tokio_postgres::Error;

use super::connection::{Answer, Connection, Failed, Limit, Step};
use super::page::cut;
use super::records::{DOCUMENT_LENGTH, RECORD, document_len, stored};
use super::sql::{LIVE, statements};
use super::values::Value;
use crate::bounds::{Bounds, column};

/// Page and total see the same moment.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Where tables are spread each statement has a moment of its own.
const BEGIN_OF_SHARDS: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

/// $1 org, $2 kind → where the feed ends, and how many were live there: on one machine, so of one moment.
const COUNTED: &str = "SELECT f.position, coalesce(l.live, 0) FROM feeds f LEFT JOIN live_counts l ON l.org = f.org \
     AND l.kind = $2 WHERE f.org = $1";

/// $1 org, $2 kind, $3 where the feed ends → how many more are by what happened behind it.
const WAITING: &str = "SELECT coalesce(sum(o.delta), 0)::bigint FROM outbox o LEFT JOIN positions p \
     ON p.record = o.record AND p.org = o.org AND p.kind = o.kind AND p.rev = o.rev AND p.id = o.id \
     WHERE o.org = $1 AND o.kind = $2 AND (p.position IS NULL OR p.position > $3)";

/// How often the two are read until the feed has not moved between them.
const ATTEMPTS: u32 = 5;

/// A page, and the total if asked, both as of the same moment.
pub(super) async fn list(
    connection: &Connection,
    org: OrgKey,
    query: &ListQuery,
    is_spread: bool,
) -> Result<Listing, Failed> {
    let bounds = Bounds::of(query);
    let mut steps = Vec::with_capacity(5);
    let is_of_all = bounds.is_unbounded() && !query.deleted && query.of.is_empty();
    let mut total = match query.count && is_of_all && is_spread {
        true => count_live(connection, org, query.kind).await?,
        false => 0,
    };
    steps.push(Step::Command(if is_spread { BEGIN_OF_SHARDS } else { BEGIN }));
    if query.count && !(is_of_all && is_spread) {
        steps.push(count(org, query, &bounds, is_of_all));
    }
    let counts = steps.len() - 1;
    if query.limit > 0 {
        steps.push(page(org, query, &bounds, is_spread));
    }
    steps.push(Step::Command("COMMIT"));
    let answers = match is_plain(query, &bounds) {
        true => connection.run(&steps).await?,
        false => connection.run_unnamed(&steps).await?,
    };
    let mut answers = answers.into_iter().skip(1);
    let unreadable = |error: Error| Failed { error, is_complete: true };
    for row in answers.by_ref().take(counts).flat_map(|answer| answer.rows) {
        total += row.try_get::<_, i64>(0).map_err(unreadable)?;
    }
    let records = match (query.limit > 0).then(|| answers.next()).flatten() {
        Some(answer) => answer.rows.iter().map(stored).collect::<Result<_, _>>().map_err(unreadable)?,
        None => Vec::new(),
    };
    // Spread over machines, page and total need not be of the same moment.
    let total = query.count.then(|| u64::try_from(total).unwrap_or_default());
    Ok(Listing { records, total })
}

/// Whether there is one way to read it, whatever the values.
fn is_plain(query: &ListQuery, bounds: &Bounds) -> bool {
    bounds.is_unbounded() && query.of.is_empty() && query.start == Start::Offset(0)
}

/// A condition in the making, with the values it binds in order.
struct Condition<'a> {
    sql: String,
    values: Vec<Value<'a>>,
}

impl<'a> Condition<'a> {
    fn new(org: OrgKey, query: &'a ListQuery, bounds: &Bounds) -> Self {
        let deleted = if query.deleted { "deleted" } else { "NOT deleted" };
        let mut condition = Self { sql: format!("org = $1 AND {deleted}"), values: vec![Value::Number(org.0)] };
        for (column, value) in &query.of {
            let value = condition.bind(Value::Text(value));
            condition.sql.push_str(&format!(" AND {column} = {value}"));
        }
        for (name, bound) in [("created_at", bounds.created_at), ("updated_at", bounds.updated_at)] {
            if let Some((from, to)) = bound {
                let (from, to) = (condition.bind(Value::Number(from)), condition.bind(Value::Number(to)));
                condition.sql.push_str(&format!(" AND {name} >= {from} AND {name} <= {to}"));
            }
        }
        condition
    }

    /// Adds a value; how it is written in the statement.
    fn bind(&mut self, value: Value<'a>) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// How many records of a kind are live, where tables are spread: counted up to the end of the feed, and what
/// happened behind it. If the feed has moved meanwhile, some are in neither or in both.
async fn count_live(connection: &Connection, org: OrgKey, kind: Kind) -> Result<i64, Failed> {
    let unreadable = |error: Error| Failed { error, is_complete: true };
    let counted = || Step::Statement(COUNTED.into(), vec![Value::Number(org.0), Value::Text(kind.as_str())]);
    let read = |answer: Option<&Answer>| match answer.and_then(|answer| answer.rows.first()) {
        Some(row) => Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, i64>(1)?)),
        None => Ok((0, 0)),
    };
    let (mut end, mut live) = read(connection.run(&[counted()]).await?.first()).map_err(unreadable)?;
    for attempt in 1.. {
        let values = vec![Value::Number(org.0), Value::Text(kind.as_str()), Value::Number(end)];
        let answers = connection.run(&[Step::Statement(WAITING.into(), values), counted()]).await?;
        let waiting = answers.first().and_then(|answer| answer.rows.first());
        let waiting: i64 = waiting.map_or(Ok(0), |row| row.try_get(0)).map_err(unreadable)?;
        let total = live + waiting;
        let is_over = attempt >= ATTEMPTS;
        let now = read(answers.get(1)).map_err(unreadable)?;
        if now.0 == end || is_over {
            return Ok(total);
        }
        (end, live) = now;
    }
    Ok(live)
}

/// What to count.
fn count<'a>(org: OrgKey, query: &'a ListQuery, bounds: &Bounds, is_of_all: bool) -> Step<'a> {
    if is_of_all {
        return Step::Statement(LIVE.into(), vec![Value::Number(org.0), Value::Text(query.kind.as_str())]);
    }
    let condition = Condition::new(org, query, bounds);
    let sql = format!("SELECT count(*) FROM {} WHERE {}", statements(query.kind).table, condition.sql);
    Step::Statement(sql.into(), condition.values)
}

/// The first record of a list that is not deleted, if there is any.
pub(super) fn has_any(org: OrgKey, list: &Narrowed) -> Step<'_> {
    let (table, column) = (statements(list.kind).table, list.column);
    let sql = format!("SELECT 1 FROM {table} WHERE org = $1 AND {column} = $2 AND NOT deleted LIMIT 1");
    Step::Statement(sql.into(), vec![Value::Number(org.0), Value::Text(&list.value)])
}

fn page<'a>(org: OrgKey, query: &'a ListQuery, bounds: &Bounds, is_spread: bool) -> Step<'a> {
    let table = statements(query.kind).table;
    let mut condition = Condition::new(org, query, bounds);
    let (direction, beyond) = if query.descending { ("DESC", "<") } else { ("ASC", ">") };
    let key = column(query.sort);
    let offset = match query.start {
        Start::Offset(offset) => i64::try_from(offset).unwrap_or(i64::MAX),
        Start::After { value, id } => {
            if query.sort == SortKey::Id {
                let id = condition.bind(Value::Id(id));
                condition.sql.push_str(&format!(" AND id {beyond} {id}"));
            } else {
                let (value, id) = (condition.bind(Value::Number(value)), condition.bind(Value::Id(id)));
                condition.sql.push_str(&format!(" AND ({key}, id) {beyond} ({value}, {id})"));
            }
            0
        }
    };
    let order = |of: &str| match query.sort {
        SortKey::Id => format!("{of}id {direction}"),
        SortKey::CreatedAt | SortKey::UpdatedAt => format!("{of}{key} {direction}, {of}id {direction}"),
    };
    let limit = match is_plain(query, bounds) {
        true => query.limit.to_string(),
        false => condition.bind(Value::Number(query.limit.into())),
    };
    let rows = if offset == 0 && !is_spread {
        format!("SELECT {RECORD} FROM {table} r WHERE {} ORDER BY {} LIMIT {limit}", condition.sql, order("r."))
    } else {
        // However far down the page is, only its own documents are read: the rows before it are passed over in the
        // index alone. Spread over machines, each shard names as many ids as the page has; the documents of all of
        // them would be hundreds of times the page.
        let offset = condition.bind(Value::Number(offset));
        format!(
            "SELECT {RECORD} FROM (SELECT id FROM {table} WHERE {} ORDER BY {} LIMIT {limit} OFFSET {offset}) page \
             JOIN {table} r ON r.org = $1 AND r.id = page.id ORDER BY {}",
            condition.sql,
            order(""),
            order("r.")
        )
    };
    let sql = if is_spread {
        rows
    } else {
        let bytes = condition.bind(Value::count(query.bytes as u64));
        cut(&rows, DOCUMENT_LENGTH, &order("r."), &bytes)
    };
    Step::Page(sql, condition.values, Limit { bytes: query.bytes, length: document_len })
}
