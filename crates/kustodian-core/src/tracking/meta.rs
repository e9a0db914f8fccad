//! The details of an event.

use std::borrow::Cow;

use kustomer_api::ObjectId;
use kustomer_api::custom::{CustomAttributes, CustomValue, MAX_KEY, MAX_TEXT, Suffix, is_key};
use kustomer_api::moment::Moment;
use kustomer_api::tracking::MAX_META;
use kustomer_api::validation::{Fault, escape, shortened};
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// Holds the `meta` of an event to the rules of custom attributes: a key with a suffix has such a value. A key without one
/// has text, which is how clients send booleans, lists and objects that they have no suffix for. `place` is that of `meta`
/// in the body, such as `/event`.
///
/// # Errors
/// 400 that names each offending member.
pub fn check_meta(meta: &Map<String, Value>, place: &str) -> Result<(), Refusal> {
    if meta.len() > MAX_META {
        let title = format!("Too many properties defined ({}), maximum {MAX_META}", meta.len());
        return Err(Refusal::bad_input(vec![fault(place, None, title, Cow::Borrowed("send fewer"))]));
    }
    let faults: Vec<Fault> = meta
        .iter()
        .filter_map(|(key, value)| {
            let advice = wrong(key, value)?;
            Some(fault(place, Some(key), format!("{} cannot be stored", shortened(key)), advice))
        })
        .take(kustomer_api::validation::MAX_FAULTS)
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

fn fault(place: &str, key: Option<&str>, title: String, advice: Cow<'static, str>) -> Fault {
    let key = key.map(|key| format!("/{}", escape(key))).unwrap_or_default();
    let mut fault = Fault::of_attribute("meta", title, advice);
    fault.pointer = format!("{place}/meta{key}");
    fault
}

/// What to send instead, when a member is none.
fn wrong(key: &str, value: &Value) -> Option<Cow<'static, str>> {
    if key.is_empty() || key.chars().count() > MAX_KEY || key.chars().any(char::is_control) {
        return Some(Cow::Borrowed("a key has 1 to 255 characters, and no control characters"));
    }
    match Suffix::of(key).filter(|_| is_key(key)) {
        None => {
            let is_text = match value {
                Value::String(text) => text.chars().count() <= MAX_TEXT * 4,
                other => other.is_null(),
            };
            (!is_text).then_some(Cow::Borrowed(
                "a key without the suffix of a custom attribute (Num, At, Str, Txt, Bool, Url, Id) has a text of at most \
                 4096 characters: add the suffix, or send a text",
            ))
        }
        Some(suffix) => {
            let is_date = |text: &str| Moment::read(text).is_some() || is_year(text);
            if let (Suffix::At, Value::String(text)) = (suffix, value)
                && is_date(text)
            {
                return None;
            }
            let set = custom_value(value).map(|value| CustomAttributes::new().set(key, value).map(|_| ()));
            match set {
                Some(Ok(())) => None,
                Some(Err(error)) => Some(Cow::Owned(error.to_string())),
                None => Some(Cow::Owned(format!("the key ends in {suffix}: send such a value"))),
            }
        }
    }
}

/// A year alone, which clients take for a date.
fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn custom_value(value: &Value) -> Option<CustomValue> {
    Some(match value {
        Value::Null => CustomValue::Null,
        Value::Bool(boolean) => CustomValue::Boolean(*boolean),
        Value::Number(number) => CustomValue::Number(number.clone()),
        Value::String(text) => CustomValue::Text(text.clone()),
        Value::Array(list) => {
            let ids = list.iter().map(|item| item.as_str()?.parse::<ObjectId>().ok());
            CustomValue::Ids(ids.collect::<Option<_>>()?)
        }
        Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(meta: Value) -> Option<Refusal> {
        check_meta(meta.as_object().unwrap(), "/event").err()
    }

    #[test]
    fn a_key_with_a_suffix_has_such_a_value_and_any_other_key_text() {
        let meta = json!({
            "totalNum": 12.5, "paidBool": true, "boughtAt": "2026-01-02T03:04:05Z", "yearAt": "2020", "planStr": "pro",
            "is-paid": "true", "products": "{\"sku\":1},{\"sku\":2}", "$browser": "Firefox", "nothing": null,
        });
        assert_eq!(refusal(meta), None);
        for (meta, pointer) in [
            (json!({ "totalNum": "12" }), "/event/meta/totalNum"),
            (json!({ "paid": true }), "/event/meta/paid"),
            (json!({ "a/b": [1] }), "/event/meta/a~1b"),
            (json!({ "ageAt": "soon" }), "/event/meta/ageAt"),
            (json!({ "deepStr": { "a": 1 } }), "/event/meta/deepStr"),
            (json!({ "": "empty" }), "/event/meta/"),
        ] {
            let refusal = refusal(meta).unwrap();
            assert_eq!(refusal.status, 400);
            assert_eq!(refusal.errors[0].meta["pointer"], pointer);
        }
        let many: Map<String, Value> = (0..=MAX_META).map(|number| (format!("k{number}"), json!("v"))).collect();
        assert!(check_meta(&many, "").is_err());
    }
}
