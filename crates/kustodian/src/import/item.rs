//! A row as the item of a bulk job.

use kustodian_core::imported::{kept, users};
use kustomer_api::Timestamp;
use kustomer_api::bulk::CLIENT_REF;
use kustomer_api::custom::Suffix;
use kustomer_api::customer::MAX_IMPORTED_ITEMS;
use kustomer_api::schema::{Kind, Property};
use kustomer_api::validation::{Fault, check_with_room};
use serde_json::{Map, Value, json};

use super::cell;
use super::headers::bare;
use super::jsonl::column_of;
use super::kinds::{Imported, properties};
use super::mapping::{Mapping, text_of};
use super::names::{ItemTarget, Target};
use super::reject::ADDED;
use super::rows::{Content, Row, RowFault};
use crate::failure::Failure;

/// The body that creates a record.
pub(crate) type Item = Map<String, Value>;

/// The item of a row, checked as the server checks it.
///
/// # Errors
/// The outer one when the file cannot be imported at all, the inner one when this row cannot.
pub(crate) fn item(mapping: &mut Mapping, row: &Row) -> Result<Result<Item, RowFault>, Failure> {
    let mut building =
        Building { row, item: Item::new(), custom: Map::new(), items: Vec::new(), names: [const { None }; 2] };
    if let Some(fault) = refusal(mapping, row) {
        return Ok(Err(fault));
    }
    match &row.content {
        Content::Cells(cells) => {
            for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()) {
                if let Err(fault) = building.add(mapping, at, Given::Text(cell)) {
                    return Ok(Err(fault));
                }
            }
        }
        Content::Object(object) => {
            // A conversation without a name has null; absent, it would get that of its first message.
            let kind = mapping.kind;
            let is_said = |name: &str, value: &Value| {
                let is_nameless = kind == Imported::Conversations && name == "name" && is_record(object);
                !value.is_null() || is_nameless
            };
            let flat = flat(kind, object);
            let said: Vec<_> = flat.iter().filter(|(name, value)| is_said(name, value)).collect();
            for (name, value) in said {
                let at = mapping.place(name, value)?;
                if let Err(fault) = building.add(mapping, at, Given::Json(value)) {
                    return Ok(Err(fault));
                }
            }
        }
    }
    Ok(building.finish(mapping))
}

/// Why a row is no record to create, whatever its values are.
fn refusal(mapping: &Mapping, row: &Row) -> Option<RowFault> {
    const DELETED: &str = "deleted";
    let said: Vec<(&str, bool)> = match &row.content {
        Content::Cells(cells) => {
            let columns = mapping.columns().iter().map(|column| column.name.as_str()).enumerate();
            let filled = columns.zip(cells).filter(|(_, cell)| !cell.trim().is_empty());
            // A column that --map gives another meaning, or none, is not about the record.
            filled.map(|((at, name), cell)| (name, cell::is_true(cell) && mapping.given(at, name).is_none())).collect()
        }
        Content::Object(object) => {
            let attributes = object.get("attributes").and_then(Value::as_object).filter(|_| is_record(object));
            let members = attributes.unwrap_or(object).iter();
            members.map(|(name, value)| (name.as_str(), *value == Value::Bool(true))).collect()
        }
    };
    if said.iter().all(|(name, _)| ADDED.contains(name)) {
        let reason = "it has no values, or they could not be read: correct it";
        return (!said.is_empty()).then(|| RowFault::of_row(row.line, reason));
    }
    let is_deleted = said.iter().any(|(name, is_true)| *is_true && bare(name) == DELETED);
    let reason = "the record is deleted, and an import deletes none: delete it by its id";
    is_deleted.then(|| RowFault::of_row(row.line, reason))
}

/// A record as an export writes it (or as the API answers it), flat: its attributes, its id, and the ids of the records it
/// is related to under the names that a create takes. Other objects stay as they are.
pub(crate) fn flat(kind: Imported, object: &Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Object(attributes)) = object.get("attributes").filter(|_| is_record(object)) else {
        return object.clone();
    };
    let mut flat = attributes.clone();
    flat.extend(object.get("id").map(|id| ("id".to_owned(), id.clone())));
    for property in kind.attributes() {
        let data = object.get("relationships").and_then(|all| all.get(property.name)?.get("data"));
        match (&property.schema.kind, data) {
            (Kind::Text(_), Some(Value::Object(one))) => {
                flat.extend(one.get("id").map(|id| (property.name.to_owned(), id.clone())));
            }
            (Kind::Object(_), Some(Value::Object(one))) if property.name == "queue" => {
                flat.extend(one.get("id").map(|id| (property.name.to_owned(), json!({ "id": id }))));
            }
            (Kind::List { items, .. }, Some(Value::Array(many))) => {
                let named = |one: &Value| {
                    let (id, of) = (one.get("id")?, one.get("type")?.as_str()?);
                    let is_object = !properties(items).is_empty();
                    Some(if is_object {
                        Value::Object(Map::from_iter([(of.to_owned(), id.clone())]))
                    } else {
                        id.clone()
                    })
                };
                flat.insert(property.name.to_owned(), many.iter().filter_map(named).collect());
            }
            _ => {}
        }
    }
    flat
}

/// Whether an object is a record as an export writes it.
pub(crate) fn is_record(object: &Map<String, Value>) -> bool {
    object.contains_key("type") && object.get("attributes").is_some_and(Value::is_object)
}

/// A value as the file gives it.
#[derive(Clone, Copy)]
enum Given<'a> {
    Text(&'a str),
    Json(&'a Value),
}

impl Given<'_> {
    fn read(self, of_text: impl FnOnce(&str) -> Result<Value, String>) -> Result<Value, String> {
        match self {
            Self::Text(text) => of_text(text),
            Self::Json(Value::String(text)) => of_text(text),
            Self::Json(value) => Ok(value.clone()),
        }
    }
}

struct Building<'r> {
    row: &'r Row,
    item: Item,
    custom: Map<String, Value>,
    /// The items of lists, by the list, the type and the number that columns say.
    items: Vec<(ItemTarget, Map<String, Value>)>,
    /// The first and the last part of a name.
    names: [Option<String>; 2],
}

impl Building<'_> {
    fn add(&mut self, mapping: &Mapping, at: usize, given: Given<'_>) -> Result<(), RowFault> {
        let Some(column) = mapping.columns().get(at) else { return Ok(()) };
        let style = mapping.style;
        let row = self.row;
        let fault =
            |reason| RowFault { line: row.line, column: Some(place(mapping, at, row, "")), reason, raw: Vec::new() };
        match &column.target {
            Target::Attribute(property) => {
                // Text of a JSON file is used as it is, also an empty one.
                let value = given.read(|text| match property.schema.kind {
                    Kind::Text(of) if matches!(given, Given::Json(_)) && of.format.is_none() => Ok(Value::from(text)),
                    _ if text.is_empty() => Ok(Value::from(text)),
                    _ => cell::value(&property.schema, text, style),
                });
                self.item.insert(property.name.to_owned(), value.map_err(fault)?);
            }
            Target::Item(target) => {
                let value = given.read(|text| cell::value(&target.member.schema, text, style)).map_err(fault)?;
                let is_same = |(other, _): &&mut (ItemTarget, Map<String, Value>)| {
                    other.list.name == target.list.name
                        && other.of_type == target.of_type
                        && other.number == target.number
                };
                let member = target.member.name.to_owned();
                match self.items.iter_mut().find(is_same) {
                    Some((_, item)) => drop(item.insert(member, value)),
                    None => self.items.push((target.clone(), Map::from_iter([(member, value)]))),
                }
            }
            Target::NamePart { is_first } => {
                let text = match given {
                    Given::Text(text) => text.to_owned(),
                    Given::Json(value) => text_of(value),
                };
                self.names[usize::from(!is_first)] = Some(text.trim().to_owned()).filter(|part| !part.is_empty());
            }
            Target::Custom { key, .. } if key.is_empty() => {
                let value = given.read(|text| serde_json::from_str(text).map_err(|error| error.to_string()));
                match value.map_err(fault)? {
                    Value::Object(custom) => self.custom.extend(custom),
                    _ => return Err(fault("custom must be a JSON object".to_owned())),
                }
            }
            Target::Custom { key, .. } => {
                let suffix = Suffix::of(key).unwrap_or(Suffix::Str);
                let value = given.read(|text| cell::custom(suffix, text, style)).map_err(fault)?;
                self.custom.insert(key.clone(), value);
            }
            Target::LeftOut(_) => {}
        }
        Ok(())
    }

    fn finish(mut self, mapping: &Mapping) -> Result<Item, RowFault> {
        let parts: Vec<String> = self.names.into_iter().flatten().collect();
        if !parts.is_empty() {
            self.item.entry("name").or_insert_with(|| Value::from(parts.join(" ")));
        }
        for (target, mut item) in self.items {
            if let Some(of_type) = target.of_type {
                item.entry("type").or_insert_with(|| Value::from(of_type));
            }
            if let Value::Array(list) = self.item.entry(target.list.name).or_insert_with(|| Value::Array(Vec::new())) {
                list.push(Value::Object(item));
            }
        }
        if !self.custom.is_empty() {
            self.item.insert("custom".to_owned(), Value::Object(self.custom));
        }
        let (created, mut later) = parted(mapping.kind, &self.item);
        let mut wrong = faults(mapping.kind.item(), &created);
        if !later.is_empty() {
            // A change names its record, which is not there yet.
            later.insert("id".to_owned(), Value::from("0".repeat(24)));
            wrong.extend(faults(mapping.kind.changes(), &later));
        }
        match wrong.into_iter().next() {
            None => Ok(self.item),
            Some(fault) => Err(named(mapping, self.row, fault)),
        }
    }
}

/// The faults of an item. Lists may be as long as those of a merged customer, which the server takes from some keys.
pub(crate) fn faults(schema: &kustomer_api::schema::Schema, item: &Item) -> Vec<Fault> {
    let text = serde_json::to_string(item).unwrap_or_default();
    match serde_json::from_str::<serde_json_borrow::Value<'_>>(&text) {
        Ok(value) => check_with_room(schema, &value, &|_| MAX_IMPORTED_ITEMS),
        Err(error) => vec![Fault::of_parameter("", error.to_string())],
    }
}

/// The number and the name of a column. Where each row names its own, it is that of the line; `below` is the pointer to a value
/// within the one that is named.
fn place(mapping: &Mapping, at: usize, row: &Row, below: &str) -> (usize, String) {
    let name = mapping.columns().get(at).map(|column| column.name.clone()).unwrap_or_default();
    if mapping.is_table() {
        return (at + 1, name);
    }
    let steps: Vec<String> = below.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let path = std::iter::once(name.as_str()).chain(steps.iter().map(String::as_str));
    let column = column_of(&row.text, path).unwrap_or_default();
    // Of many custom attributes the name of all says little.
    let target = mapping.columns().get(at).map(|column| &column.target);
    let is_custom = matches!(target, Some(Target::Custom { key, .. }) if key.is_empty());
    match steps.first().filter(|_| is_custom) {
        Some(key) => (column, format!("{name}.{key}")),
        None => (column, name),
    }
}

/// A fault of an item with its column.
fn named(mapping: &Mapping, row: &Row, fault: Fault) -> RowFault {
    let mut steps = fault.pointer.split('/').skip(1);
    let (first, second) = (steps.next().unwrap_or_default(), steps.next().unwrap_or_default());
    let is_of = |target: &Target| match target {
        Target::Attribute(property) => property.name == first,
        Target::Item(item) => item.list.name == first,
        Target::NamePart { .. } => first == "name",
        Target::Custom { key, .. } => first == "custom" && (key.is_empty() || key == second),
        Target::LeftOut(_) => false,
    };
    let column = mapping.columns().iter().position(|column| is_of(&column.target));
    let advice = if fault.advice.is_empty() { String::new() } else { format!(": {}", fault.advice) };
    let below = fault.pointer.get(1 + first.len()..).unwrap_or_default();
    let column = column.map(|at| place(mapping, at, row, below));
    RowFault { line: row.line, column, reason: format!("{}{advice}", fault.title), raw: Vec::new() }
}

/// Whether an item has a list that only an import may bring.
pub(crate) fn is_united(kind: Imported, item: &Item) -> bool {
    kind.attributes().any(|property| match (property.schema.kind, item.get(property.name)) {
        (Kind::List { max: Some(max), .. }, Some(Value::Array(list))) => property.schema.united && list.len() > max,
        _ => false,
    })
}

/// The same item with its reference: its line.
pub(crate) fn with_reference(item: &Item, line: u64) -> Item {
    let mut item = item.clone();
    item.insert(CLIENT_REF.to_owned(), Value::from(line.to_string()));
    item
}

/// The part of an item that creates a record, and the part that only an update takes.
pub(crate) fn parted(kind: Imported, item: &Item) -> (Item, Item) {
    let takes = |taken: &[Property], name: &str, value: &Value| {
        let property = taken.iter().find(|property| property.name == name)?;
        Some(match (property.schema.kind, value) {
            (Kind::Text(text), Value::String(value)) if !text.one_of.is_empty() => {
                text.one_of.contains(&value.as_str())
            }
            _ => true,
        })
    };
    let is_later = |name: &str, value: &Value| match takes(properties(kind.item()), name, value) {
        Some(is_taken) => !is_taken && takes(properties(kind.changes()), name, value) == Some(true),
        None => true,
    };
    item.clone().into_iter().partition(|(name, value)| !is_later(name, value))
}

/// Adds what an import by an administrator keeps of a record that was exported: its id, its times, and what follows from its
/// past. What the record gets with them needs no change later.
pub(crate) fn keep_past(kind: Imported, record: &Map<String, Value>, item: &mut Item, later: &mut Item) {
    item.extend(record.get("id").map(|id| ("id".to_owned(), id.clone())));
    let attributes = record.get("attributes").and_then(Value::as_object);
    for name in kept(kind.kind()) {
        let value = attributes.and_then(|all| all.get(name)).filter(|value| !value.is_null());
        if let Some(value) = value {
            later.remove(name);
            item.insert(name.to_owned(), value.clone());
        }
    }
    for name in users(kind.kind()) {
        let data = record.get("relationships").and_then(|all| all.get(*name)?.get("data")?.get("id"));
        item.extend(data.map(|id| ((*name).to_owned(), id.clone())));
    }
}

/// As much of the part that only an update takes as differs from a record that was just created. A snooze that has ended
/// meanwhile has opened its conversation.
pub(crate) fn lasting(mut later: Item, now: Timestamp) -> Item {
    let is_over = later.get("snooze").is_some_and(|snooze| {
        let ends: Option<Timestamp> = snooze.get("time").and_then(|time| serde_json::from_value(time.clone()).ok());
        snooze.get("status").and_then(Value::as_str) == Some("scheduled") && ends.is_none_or(|ends| ends <= now)
    });
    if is_over {
        later.retain(|name, _| !["snooze", "status"].contains(&name.as_str()));
    }
    later.retain(|name, value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && (name != "status" || text != "open"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) => true,
    });
    later
}

/// The item that changes an existing record as this row says: without what only a create takes. A conversation stays with its
/// customer: a change of that moves it, and brings nothing else.
pub(crate) fn change(kind: Imported, item: &Item, id: &str) -> Item {
    let taken = properties(kind.changes());
    let is_moved = |name: &str| kind == Imported::Conversations && name == "customer";
    let is_taken = |name: &str| !is_moved(name) && taken.iter().any(|property| property.name == name);
    let mut change: Item =
        item.iter().filter(|(name, _)| is_taken(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    change.insert("id".to_owned(), Value::from(id));
    change
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::cell::Style;
    use super::super::rows::ReadRow;
    use super::*;

    fn built(columns: &[&str], cells: &[&str]) -> Result<Value, String> {
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let row = Row {
            line: 7,
            content: Content::Cells(cells.iter().map(ToString::to_string).collect()),
            text: String::new(),
        };
        let first: Vec<ReadRow> = vec![Ok(row.clone())];
        let mut mapping = Mapping::new(Imported::Customers, &columns, &first, Vec::new(), Style::default()).unwrap();
        let item = item(&mut mapping, &row).map_err(|failure| failure.to_string())?;
        item.map(Value::Object).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_row_of_a_table_becomes_an_item() {
        let columns = [
            "First name",
            "Last name",
            "E-mail",
            "Work email",
            "city name",
            "zip_code",
            "tier",
            "score",
            "tags",
            "birthday",
        ];
        let cells =
            ["Ada", "Lovelace", "a@x.example", "b@x.example", "London", "W1", "gold", "7", "vip; new", "10.12.1815"];
        let item = built(&columns, &cells).unwrap();
        assert_eq!(
            item,
            json!({
                "name": "Ada Lovelace",
                "emails": [{ "email": "a@x.example" }, { "email": "b@x.example", "type": "work" }],
                "locations": [{ "cityName": "London", "zipCode": "W1" }],
                "tags": ["vip", "new"],
                "birthdayAt": "1815-12-10T00:00:00.000Z",
                "custom": { "tierStr": "gold", "scoreNum": 7 },
            })
        );
        let mut cells = cells;
        cells[2] = "";
        assert_eq!(built(&columns, &cells).unwrap()["emails"], json!([{ "email": "b@x.example", "type": "work" }]));
    }

    #[test]
    fn a_value_that_the_server_would_refuse_is_reported_with_line_and_column() {
        for (columns, cells, words) in [
            (&["name", "e-mail"][..], &["Ada", "nobody"][..], "line 7, column 2 (e-mail): "),
            (&["birthday"], &["soon"], "line 7, column 1 (birthday): \"soon\" is no date"),
            (&["scoreNum", "locale"], &["1", "xxxxxxxxxxxxxxxxx"], "line 7, column 2 (locale): "),
            (&["scoreNum"], &["many"], "line 7, column 1 (scoreNum): \"many\" is no number"),
        ] {
            let refused = built(columns, cells).unwrap_err();
            assert!(refused.starts_with(words), "{refused}");
        }
    }

    #[test]
    fn what_only_an_update_takes_is_written_later_unless_it_is_over_or_says_nothing() {
        let snooze = json!({ "status": "scheduled", "time": "2030-01-01T00:00:00.000Z" });
        let item = json!({
            "name": "A parcel", "status": "snoozed", "snooze": snooze, "sentiment": {}, "satisfaction": 0, "priority": 3,
        });
        let (created, later) = parted(Imported::Conversations, item.as_object().unwrap());
        assert_eq!(Value::Object(created), json!({ "name": "A parcel", "priority": 3 }));
        let moment = |text: &str| serde_json::from_value(Value::from(text)).unwrap();
        let before = lasting(later.clone(), moment("2029-12-31T00:00:00.000Z"));
        assert_eq!(Value::Object(before), json!({ "status": "snoozed", "snooze": snooze }));
        assert!(lasting(later, moment("2030-01-01T00:00:00.000Z")).is_empty(), "it is open again");
        let done = json!({ "status": "done" });
        let (created, later) = parted(Imported::Conversations, done.as_object().unwrap());
        assert!(created.contains_key("status") && later.is_empty(), "a create takes it");
        let (created, later) = parted(Imported::Kobjects, done.as_object().unwrap());
        assert!(created.is_empty() && later.contains_key("status"), "a task is created open");
    }

    #[test]
    fn an_exported_record_becomes_a_body_that_can_create_it() {
        let record = json!({
            "type": "message", "id": "5c7d1a1f9a1b2c0010a1b2c3",
            "attributes": { "app": "a", "channel": "email", "directionType": "initial-in", "rev": 1, "custom": { "aStr": "x" }, "preview": "" },
            "relationships": {
                "conversation": { "data": { "type": "conversation", "id": "5c7d1a1f9a1b2c0010a1b2c4" } },
                "org": { "data": { "type": "org", "id": "5c7d1a1f9a1b2c0010a1b2c5" } },
            },
            "links": { "self": "/v1/messages/5c7d1a1f9a1b2c0010a1b2c3" },
        });
        let Value::Object(object) = record else { panic!() };
        let row = Row { line: 1, content: Content::Object(object), text: String::new() };
        let mut mapping = Mapping::new(Imported::Messages, &[], &[], Vec::new(), Style::default()).unwrap();
        let item = item(&mut mapping, &row).unwrap().unwrap();
        assert_eq!(
            Value::Object(item),
            json!({
                "id": "5c7d1a1f9a1b2c0010a1b2c3", "conversation": "5c7d1a1f9a1b2c0010a1b2c4",
                "app": "a", "channel": "email", "preview": "", "custom": { "aStr": "x" },
            })
        );
    }
}
