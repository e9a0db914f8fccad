//! The values that a merge loses: every value of either customer that the target does not have afterwards.

use kustomer_api::ObjectId;
use kustomer_api::customer::Customer;
use kustomer_api::customer_merge::LosingValue;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::resource;

/// Attributes that are computed from others, added up, or count revisions: they lose nothing.
const DERIVED: [&str; 9] = [
    "firstName",
    "lastName",
    "displayName",
    "verified",
    "progressiveStatus",
    "lastMessageUnrespondedTo",
    "conversationCounts",
    "updatedAt",
    "rev",
];

/// The relationships that a merge chooses.
const CHOSEN: [&str; 3] = ["company", "createdBy", "modifiedBy"];

/// The values of `customer` that `result` does not have, by the names of their attributes.
pub(super) fn losing(id: ObjectId, customer: &Customer, result: &Customer) -> Result<Vec<LosingValue>, Refusal> {
    let json = |of: &Customer| serde_json::to_value(of).map_err(|_| resource::fault("A record could not be compared"));
    let (had, has) = (json(customer)?, json(result)?);
    let mut lost = Vec::new();
    let mut lose = |attribute: String, value: Value| {
        lost.push(LosingValue { attribute, customer: id.to_string(), value, extra: Map::new() });
    };
    for (name, value) in members(&had, "attributes").filter(|(name, _)| !DERIVED.contains(&name.as_str())) {
        match (value, &has["attributes"][name]) {
            (value, kept) if value == kept || is_unset(value) => {}
            (Value::Array(items), kept) => {
                let kept = kept.as_array().map_or(&[][..], Vec::as_slice);
                items.iter().filter(|item| !kept.contains(item)).for_each(|item| lose(name.clone(), item.clone()));
            }
            (Value::Object(custom), kept) if name == "custom" => {
                for (key, value) in custom.iter().filter(|(key, value)| kept.get(key) != Some(value)) {
                    lose(format!("{name}.{key}"), value.clone());
                }
            }
            (value, _) => lose(name.clone(), value.clone()),
        }
    }
    for (name, tie) in members(&had, "relationships").filter(|(name, _)| CHOSEN.contains(&name.as_str())) {
        let (data, kept) = (&tie["data"], &has["relationships"][name]["data"]);
        if data != kept && !is_unset(data) {
            lose(name.clone(), data.clone());
        }
    }
    Ok(lost)
}

fn members<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    document.get(name).and_then(Value::as_object).into_iter().flatten()
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
