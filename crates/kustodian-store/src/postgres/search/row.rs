//! Writing the search entries of a customer, with the statement or in the transaction that writes the customer.

use std::sync::LazyLock;

use kustodian_core::search::SearchRow;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use serde_json::{Map, Value as Json};

use super::super::connection::{Step, statement};
use super::super::sql::{CREATE_CUSTOMERS, statements};
use super::super::values::Value;
use super::condition::clean;
use crate::search::{COLUMNS, Cell, Holds, PARTS, SLOTS, Slots, cells, ordered, slot_cells, terms};
use kustodian_core::kind::Kind;

/// How many bytes of tokens a row holds: a `tsvector` has room for a megabyte. Of a customer with more the last ones, by
/// their order, are not found.
const MAX_TOKENS: usize = 1_000_000;

/// $1 id, $2 org.
const FORGET_ROW: &str = "DELETE FROM customer_search WHERE id = $1 AND org = $2";

/// The separator of tokens on the way to the server.
const READ_TOKENS: &str = "array_to_tsvector(string_to_array";

/// Every column but the last, which is `tokens`, with its type.
fn columns() -> impl Iterator<Item = (String, &'static str)> {
    let head = [("id", "text"), ("org", "bigint"), ("deleted", "boolean")];
    let values = COLUMNS.iter().map(|column| (column.name.to_owned(), sql_type(column.holds)));
    let parts = PARTS.iter().map(|(_, name)| ((*name).to_owned(), "text"));
    let slots = (1..=SLOTS).map(|slot| (format!("c{slot}"), "text"));
    head.into_iter().map(|(name, of)| (name.to_owned(), of)).chain(values).chain(parts).chain(slots)
}

const fn sql_type(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "text",
        Holds::Number => "double precision",
        Holds::Moment => "bigint",
        Holds::Boolean => "boolean",
    }
}

fn names() -> Vec<String> {
    columns().map(|(name, _)| name).collect()
}

/// The columns that are written over a row that is there, but for `tokens`. No key is written: the table may be
/// distributed by it.
fn others() -> impl Iterator<Item = String> {
    names().into_iter().filter(|name| name != "id" && name != "org")
}

/// Puts a row in the place of the former one: a value for each column, in their order.
static WRITE: LazyLock<String> = LazyLock::new(|| {
    let names = names();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let last = names.len() + 1;
    format!(
        "INSERT INTO customer_search ({names}, tokens) VALUES ({places}, {READ_TOKENS}(${last}, chr(10)))) {replace}",
        names = names.join(", "),
        places = places.join(", "),
        replace = replace(),
    )
});

/// Writes over a row that is there.
fn replace() -> String {
    let sets: Vec<String> =
        others().chain(["tokens".to_owned()]).map(|name| format!("{name} = excluded.{name}")).collect();
    format!("ON CONFLICT (org, id) DO UPDATE SET {}", sets.join(", "))
}

/// Adds the rows of an array of JSON objects, which is parameter `place`.
fn insert_all(place: usize) -> String {
    let names = names().join(", ");
    let typed: Vec<String> = columns().map(|(name, of)| format!("{name} {of}")).collect();
    format!(
        "INSERT INTO customer_search ({names}, tokens) SELECT {names}, {READ_TOKENS}(tokens, chr(10))) \
         FROM json_to_recordset(${place}::text::json) AS sent ({}, tokens text)",
        typed.join(", ")
    )
}

/// Of the table itself, not of a subquery: where several shards are asked, citus loses the names of a subquery's columns.
const READ: &str = "SELECT row_to_json(s)::text, array_to_string(tsvector_to_array(s.tokens), chr(10)) \
     FROM customer_search s WHERE s.id = ANY($1)";

static CREATE_ONE: LazyLock<String> = LazyLock::new(|| with(statements(Kind::Customer).create, 23));
static CREATE_ALL: LazyLock<String> = LazyLock::new(|| with(CREATE_CUSTOMERS, 21));
static CREATE_ALL_PLACED: LazyLock<String> = LazyLock::new(|| {
    let rows = CREATE_CUSTOMERS.split_once(" INSERT INTO outbox").map_or(CREATE_CUSTOMERS, |(rows, _)| rows);
    // The leaves are sent all the same, and every parameter needs a type.
    with(&format!("{rows} SELECT 1 WHERE cardinality($19::bytea[]) < 0"), 21)
});
static WRITE_ALL: LazyLock<String> = LazyLock::new(|| format!("{} {}", insert_all(1), replace()));

/// A statement that begins with `WITH`, and adds rows besides.
fn with(create: &str, place: usize) -> String {
    format!("WITH found_by AS ({}), {}", insert_all(place), create.trim_start_matches("WITH "))
}

/// A new customer with all its rows, and an array of its search entries as parameter 23.
pub(in crate::postgres) fn create_one() -> &'static str {
    &CREATE_ONE
}

/// New customers with all their rows, and an array of their search entries as parameter 21. Without the outbox where their
/// events are given positions at once.
pub(in crate::postgres) fn create_all(are_placed: bool) -> &'static str {
    if are_placed { &CREATE_ALL_PLACED } else { &CREATE_ALL }
}

/// $1 ids → the search entries of these customers, of whatever org: as [`json_row`] has it but for nulls and the words,
/// and the words, a line each.
pub(super) fn read_rows() -> &'static str {
    READ
}

/// Writes the search entries of many customers, over the present ones: $1 an array of [`json_row`].
pub(super) fn write_all() -> &'static str {
    &WRITE_ALL
}

/// What an update sets of a row that is there, from parameter `first` on; with the tokens or without: where they stay as
/// they are PostgreSQL keeps them where they are, too.
pub(in crate::postgres) fn assignments(first: usize, with_tokens: bool) -> String {
    let mut sets: Vec<String> = others().zip(first..).map(|(name, place)| format!("{name} = ${place}")).collect();
    if with_tokens {
        sets.push(format!("tokens = {READ_TOKENS}(${}, chr(10)))", first + sets.len()));
    }
    sets.join(", ")
}

/// The values of [`assignments`], and whether the tokens are among them.
pub(in crate::postgres) fn assigned<'a>(
    org: OrgKey,
    former: &SearchRow,
    row: &SearchRow,
    slots: &Slots,
) -> (Vec<Value<'a>>, bool) {
    let mut values = values(row, slots);
    let (removed, added) = row.token_difference(former);
    let with_tokens = !(removed.is_empty() && added.is_empty());
    values.extend(with_tokens.then(|| Value::Owned(Some(tokens(org, row)))));
    (values, with_tokens)
}

/// The values of a row but for its keys and its tokens.
fn values<'a>(row: &SearchRow, slots: &Slots) -> Vec<Value<'a>> {
    let mut values = vec![Value::Flag(row.deleted)];
    let holds = COLUMNS.iter().map(|column| column.holds).chain(PARTS.iter().map(|_| Holds::Text));
    values.extend(cells(row).zip(holds).map(|(cell, holds)| value(cell, holds)));
    values.extend(slot_cells(row, slots).into_iter().map(|cell| Value::Owned(cell.map(|cell| clean(ordered(cell))))));
    values
}

/// Writes the search entries of a customer, or that it is found no longer.
pub(in crate::postgres) fn write_row<'a>(
    org: OrgKey,
    id: ObjectId,
    row: Option<&SearchRow>,
    slots: &Slots,
) -> Step<'a> {
    let Some(row) = row else {
        return statement(FORGET_ROW, vec![Value::Id(id), Value::Number(org.0)]);
    };
    let mut values: Vec<Value<'a>> =
        [Value::Id(id), Value::Number(org.0)].into_iter().chain(self::values(row, slots)).collect();
    values.push(Value::Owned(Some(tokens(org, row))));
    statement(&WRITE, values)
}

fn value<'a>(cell: Option<Cell>, holds: Holds) -> Value<'a> {
    match (cell, holds) {
        (Some(Cell::Text(text)), _) => Value::Owned(Some(clean(text))),
        (Some(Cell::Number(number)), _) => Value::MaybeFloat(Some(number)),
        (Some(Cell::Integer(integer)), _) => Value::MaybeNumber(Some(integer)),
        (Some(Cell::Boolean(boolean)), _) => Value::MaybeFlag(Some(boolean)),
        (None, Holds::Text) => Value::Owned(None),
        (None, Holds::Number) => Value::MaybeFloat(None),
        (None, Holds::Moment) => Value::MaybeNumber(None),
        (None, Holds::Boolean) => Value::MaybeFlag(None),
    }
}

/// The search entries of a customer, as a JSON object without nulls.
pub(in crate::postgres) fn json_row(org: OrgKey, row: &SearchRow, slots: &Slots) -> String {
    let head = [Json::String(row.id.to_string()), org.0.into(), row.deleted.into()];
    let of_slot = |cell: Option<Cell>| cell.map(|cell| Json::String(clean(ordered(cell))));
    let values = head.into_iter().map(Some).chain(cells(row).map(|cell| cell.map(json)));
    let values = values.chain(slot_cells(row, slots).map(of_slot)).chain([Some(Json::String(tokens(org, row)))]);
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| [names(), vec!["tokens".to_owned()]].concat());
    let members = NAMES.iter().zip(values).filter_map(|(name, value)| Some((name.clone(), value?)));
    Json::Object(members.collect::<Map<_, _>>()).to_string()
}

fn json(cell: Cell) -> Json {
    match cell {
        Cell::Text(text) => Json::String(clean(text)),
        Cell::Number(number) => number.into(),
        Cell::Integer(integer) => integer.into(),
        Cell::Boolean(boolean) => boolean.into(),
    }
}

/// A line each.
fn tokens(org: OrgKey, row: &SearchRow) -> String {
    let mut tokens = terms(org, row);
    if tokens.len() > MAX_TOKENS {
        let end = tokens.as_bytes()[..MAX_TOKENS].iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
        tokens.truncate(end);
    }
    if tokens.ends_with('\n') {
        tokens.pop();
    }
    tokens
}
