//! The values of merged customers that the target keeps, because people search for them.

use kustomer_api::Field;
use kustomer_api::customer_merge::LosingValue;
use kustomer_api::search::Attribute;
use serde_json::Value;

/// How many values are kept. Of more, the oldest are dropped: every change of the customer writes them again.
const MAX_VALUES: usize = 100;

/// How many bytes of text they have together.
const MAX_BYTES: usize = 64 * 1_024;

/// The attributes whose texts are searched, and that belong to a merged customer alone; and what searches call them, if they
/// have a name there. What shows something of another record, such as the preview of a message, is not kept: that record may
/// be erased.
const SEARCHED: [(&str, Option<Attribute>); 6] = [
    ("name", Some(Attribute::Name)),
    ("username", None),
    ("companyName", None),
    ("locale", Some(Attribute::Locale)),
    ("defaultLang", Some(Attribute::DefaultLang)),
    ("gender", Some(Attribute::Gender)),
];

/// What the name of a custom attribute begins with.
pub(crate) const CUSTOM: &str = "custom.";

/// What searches call an attribute whose lost values are kept.
pub(crate) fn searched_as(name: &str) -> Option<Attribute> {
    SEARCHED.iter().find(|(attribute, _)| *attribute == name).and_then(|(_, searched)| *searched)
}

/// Whether lost values of an attribute of customers are searched by their value.
pub(crate) fn may_be_lost(attribute: Attribute) -> bool {
    SEARCHED.iter().any(|(_, searched)| *searched == Some(attribute))
}

/// Adds the lost values that are worth keeping, each once.
pub(super) fn keep(kept: &mut Field<Vec<LosingValue>>, lost: &[LosingValue]) {
    let is_searched = |name: &str| SEARCHED.iter().any(|(searched, _)| *searched == name) || name.starts_with(CUSTOM);
    let worth = |lost: &&LosingValue| is_searched(&lost.attribute) && is_searchable(&lost.value);
    let lost: Vec<&LosingValue> = lost.iter().filter(worth).collect();
    if lost.is_empty() {
        return;
    }
    let mut values = std::mem::take(kept).into_value().unwrap_or_default();
    for value in lost {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    let (mut count, mut bytes) = (0, 0);
    let fits = |value: &&LosingValue| {
        count += 1;
        bytes += value.attribute.len() + length(&value.value);
        count <= MAX_VALUES && bytes <= MAX_BYTES
    };
    let newest = values.iter().rev().take_while(fits).count();
    values.drain(..values.len() - newest);
    if !values.is_empty() {
        *kept = values.into();
    }
}

fn is_searchable(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_searchable),
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Object(_) => false,
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(length).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn lost(attribute: &str, value: Value) -> LosingValue {
        LosingValue {
            attribute: attribute.to_owned(),
            customer: "5c7d1a1f9a1b2c0010a1b2c3".to_owned(),
            value,
            extra: Map::new(),
        }
    }

    #[test]
    fn searched_values_of_the_merged_customer_itself_are_kept_each_once() {
        let name = lost("name", json!("Ann"));
        let custom = lost("custom.tierStr", json!("gold"));
        let ids = lost("custom.orderId", json!(["one", "two"]));
        let score = lost("custom.scoreNum", json!(5));
        let all = [
            name.clone(),
            lost("preview", json!({ "previewText": "secret" })),
            score.clone(),
            lost("custom.noneStr", json!("")),
            lost("createdAt", json!("2020-01-01T00:00:00.000Z")),
            custom.clone(),
            ids.clone(),
        ];
        let mut kept = Field::Absent;
        keep(&mut kept, &all);
        keep(&mut kept, &all[..1]);
        assert_eq!(kept, Field::Value(vec![name, score, custom, ids]));
        let mut none = Field::Absent;
        keep(&mut none, &[&all[1..2], &all[3..5]].concat());
        assert_eq!(none, Field::Absent);
    }

    #[test]
    fn the_newest_are_kept_when_there_are_too_many() {
        let mut kept = Field::Absent;
        for at in 0..150 {
            keep(&mut kept, &[lost("name", json!(format!("Ann {at}")))]);
        }
        let names: Vec<&Value> = kept.value().unwrap().iter().map(|lost| &lost.value).collect();
        assert_eq!((names.len(), names[0], names[99]), (MAX_VALUES, &json!("Ann 50"), &json!("Ann 149")));
        let long = "x".repeat(MAX_BYTES - 10);
        keep(&mut kept, &[lost("name", json!(long))]);
        assert_eq!(kept.value().unwrap().len(), 1);
        // The newest has no room at all, so the older ones have none either.
        keep(&mut kept, &[lost("name", json!("x".repeat(MAX_BYTES)))]);
        assert_eq!(kept, Field::Absent);
    }
}
