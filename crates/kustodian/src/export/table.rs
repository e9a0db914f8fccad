//! Records as a table.

use std::borrow::Cow;
use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use serde_json::{Map, Value};

use crate::csv_line::{harmless, line};

/// The relationship of a note to the users and teams that it mentions.
const MENTIONS: &str = "userMentions";

/// The columns of a table: those that a record has a value of.
#[derive(Debug, Default)]
pub(super) struct Columns {
    relations: BTreeSet<&'static str>,
    attributes: BTreeSet<String>,
    custom: BTreeSet<String>,
}

impl Columns {
    /// Adds the columns that a record has a value of.
    pub(super) fn add(&mut self, record: &Value) {
        let filled = |object: &Map<String, Value>| -> Vec<String> {
            object.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.clone()).collect()
        };
        let to_one = Kind::ALL.into_iter().map(|kind| kind.spec().name);
        for name in to_one.chain([MENTIONS]) {
            if related(record, name).is_some() {
                self.relations.insert(name);
            }
        }
        if let Some(attributes) = record.get("attributes").and_then(Value::as_object) {
            self.attributes.extend(filled(attributes).into_iter().filter(|name| name != "custom"));
            if let Some(custom) = attributes.get("custom").and_then(Value::as_object) {
                self.custom.extend(filled(custom));
            }
        }
    }

    /// The first line.
    pub(super) fn header(&self) -> String {
        line(self.names().iter().map(String::as_str))
    }

    /// The line of a record.
    pub(super) fn row(&self, record: &Value) -> String {
        let values = self.values(record);
        let own = values.len() - self.custom.len();
        let text = |(at, value): (usize, Option<Cow<'_, Value>>)| {
            if at < own { cell(value.as_deref()) } else { custom_cell(value.as_deref()) }
        };
        let cells: Vec<String> = values.into_iter().enumerate().map(text).collect();
        line(cells.iter().map(String::as_str))
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> Vec<String> {
        let custom = self.custom.iter().map(|key| format!("custom.{key}"));
        let own = ["id"].into_iter().chain(self.relations()).map(str::to_owned);
        own.chain(self.attributes.iter().cloned()).chain(custom).collect()
    }

    /// The values of a record, in the order of the columns.
    pub(super) fn values<'a>(&self, record: &'a Value) -> Vec<Option<Cow<'a, Value>>> {
        let attributes = record.get("attributes").and_then(Value::as_object);
        let custom = attributes.and_then(|attributes| attributes.get("custom")).and_then(Value::as_object);
        let of = |object: Option<&'a Map<String, Value>>, name: &String| Some(Cow::Borrowed(object?.get(name)?));
        let mut values = vec![record.get("id").map(Cow::Borrowed)];
        values.extend(self.relations().map(|name| related(record, name)));
        values.extend(self.attributes.iter().map(|name| of(attributes, name)));
        values.extend(self.custom.iter().map(|key| of(custom, key)));
        values
    }

    /// The related records that no attribute is called like.
    fn relations(&self) -> impl Iterator<Item = &str> {
        self.relations.iter().copied().filter(|name| !self.attributes.contains(*name))
    }
}

/// The id of the record that a record is related to under a name. Of several, each with its type, as a create takes them.
fn related<'a>(record: &'a Value, name: &str) -> Option<Cow<'a, Value>> {
    let several = match record.get("relationships")?.get(name)?.get("data")? {
        Value::Array(several) => several,
        one => return one.get("id").map(Cow::Borrowed),
    };
    let named = |one: &Value| {
        let (of, id) = (one.get("type")?.as_str()?, one.get("id")?);
        Some(Value::Object(Map::from_iter([(of.to_owned(), id.clone())])))
    };
    let named: Vec<Value> = several.iter().filter_map(named).collect();
    (!named.is_empty()).then_some(Cow::Owned(Value::Array(named)))
}

/// A value as an import reads it back.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(Value::Array(items)) if items.iter().all(is_plain) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            harmless(&texts.join("|"))
        }
        Some(other) => other.to_string(),
    }
}

/// The same of a custom attribute, whose suffix does not say whether it has a list.
fn custom_cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::Array(items)) if items.len() < 2 => Value::from(items.as_slice()).to_string(),
        other => cell(other),
    }
}

/// Whether an item cannot be mistaken for what separates items.
fn is_plain(item: &Value) -> bool {
    item.as_str().is_some_and(|text| !text.is_empty() && !text.contains(['|', '\n', ',', ';', '[', '{']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_the_columns_that_records_have_values_of() {
        let records = [
            json!({ "id": "1", "attributes": { "name": "=1+1", "tags": ["a b", "c"], "gone": null, "custom": { "scoreNum": -5, "shopId": ["5"] } } }),
            json!({
                "id": "2",
                "attributes": { "emails": [{ "email": "a@x" }], "name": "a,b" },
                "relationships": { "customer": { "data": { "type": "customer", "id": "9" } }, "org": { "data": { "id": "7" } } },
            }),
            json!({
                "id": "3",
                "attributes": {},
                "relationships": {
                    "messages": { "links": { "self": "/v1/customers/3/messages" } },
                    "userMentions": { "data": [{ "type": "user", "id": "4" }, { "type": "team", "id": "5" }] },
                },
            }),
        ];
        let mut columns = Columns::default();
        records.iter().for_each(|record| columns.add(record));
        assert_eq!(columns.header(), "id,customer,userMentions,emails,name,tags,custom.scoreNum,custom.shopId\r\n");
        assert_eq!(columns.row(&records[0]), "1,,,,'=1+1,\"a b|c\",-5,\"[\"\"5\"\"]\"\r\n");
        assert_eq!(columns.row(&records[1]), "2,9,,\"[{\"\"email\"\":\"\"a@x\"\"}]\",\"a,b\",,,\r\n");
        assert_eq!(columns.row(&records[2]), "3,,\"[{\"\"user\"\":\"\"4\"\"},{\"\"team\"\":\"\"5\"\"}]\",,,,,\r\n");
    }
}
