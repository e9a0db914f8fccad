//! Reading pages of a feed.
//!
//! A page is found among the narrow rows of `positions`, in the order of positions or by the moments that the query
//! bounds; only then are its events read. As lists are, it is planned for its own values.

use kustodian_core::feed::{Feed, FeedQuery};
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::Timestamp;
use tokio_postgres::Error;

use super::connection::{Answer, Step, statement};
use super::events::{self, SAME, columns, recorded};
use super::sql::HEAD;
use super::values::{Count, Value};

/// Page and total see the same moment.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What reads a page, and the total if asked, both as of the same moment. Where tables are spread, `end` is a position that
/// every machine shows all events up to: behind it one may show a later event than another.
pub(super) fn steps<'a>(org: OrgKey, query: &FeedQuery, end: Option<u64>) -> Vec<Step<'a>> {
    let mut steps = vec![Step::Command(BEGIN)];
    if query.count {
        steps.push(count(org, query, end));
    }
    if query.limit > 0 {
        steps.push(page(org, query, end));
    }
    steps.push(Step::Command("COMMIT"));
    steps
}

/// The rows read.
pub(super) fn read(query: &FeedQuery, answers: Vec<Answer>) -> Result<Feed, Error> {
    let mut answers = answers.into_iter().skip(1);
    let total = match query.count.then(|| answers.next()).flatten() {
        // Without a row nothing has happened in the org yet.
        Some(answer) => Some(answer.rows.first().map(|row| row.try_get::<_, Count>(0)).transpose()?.map_or(0, |c| c.0)),
        None => None,
    };
    let events = match (query.limit > 0).then(|| answers.next()).flatten() {
        Some(answer) => answer.rows.iter().map(recorded).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    Ok(Feed { events, total })
}

/// The condition on a position, with the values it binds in order.
struct Condition<'a> {
    sql: String,
    values: Vec<Value<'a>>,
}

impl<'a> Condition<'a> {
    fn new(org: OrgKey, query: &FeedQuery) -> Self {
        let mut condition = Self { sql: "org = $1".to_owned(), values: vec![Value::Number(org.0)] };
        if !query.is_of_all_kinds() {
            let kinds = condition.bind(Value::Texts(query.kinds.iter().map(|kind| kind.as_str()).collect()));
            condition.sql.push_str(&format!(" AND kind = ANY({kinds})"));
            if !query.kinds.contains(&Kind::Customer) {
                // As the index of the other kinds has it.
                condition.sql.push_str(" AND kind <> 'customer'");
            }
        }
        let conditions = [
            ("record =", query.record.map(Value::Id)),
            ("actor =", query.actor.map(Value::Id)),
            ("at >=", query.from.map(Timestamp::as_millis).map(Value::Number)),
            ("at <=", query.to.map(Timestamp::as_millis).map(Value::Number)),
        ];
        conditions.into_iter().for_each(|(what, value)| condition.and(what, value));
        condition
    }

    fn and(&mut self, what: &str, value: Option<Value<'a>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.sql.push_str(&format!(" AND {what} {place}"));
        }
    }

    /// Adds a value; how it is written in the statement.
    fn bind(&mut self, value: Value<'a>) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

fn count<'a>(org: OrgKey, query: &FeedQuery, end: Option<u64>) -> Step<'a> {
    let mut condition = Condition::new(org, query);
    if condition.values.len() == 1 {
        return statement(HEAD, condition.values);
    }
    condition.and("position <=", end.map(Value::count));
    Step::Statement(format!("SELECT count(*) FROM positions WHERE {}", condition.sql).into(), condition.values)
}

fn page<'a>(org: OrgKey, query: &FeedQuery, end: Option<u64>) -> Step<'a> {
    let mut condition = Condition::new(org, query);
    condition.and("position <=", end.map(Value::count));
    condition.and("position >", query.after.map(Value::count));
    condition.and("position <", query.before.map(Value::count));
    let (columns, direction) = (columns(query.payload), if query.descending { "DESC" } else { "ASC" });
    let limit = condition.bind(Value::Number(query.limit.into()));
    let sql = format!(
        "SELECT {columns} FROM (SELECT record, org, kind, rev, position, link FROM positions WHERE {} \
         ORDER BY position {direction} LIMIT {limit}) p JOIN events e ON {SAME} ORDER BY p.position {direction}",
        condition.sql
    );
    events::page(sql, &format!("r.position {direction}"), condition.values, query.bytes, end.is_some())
}
