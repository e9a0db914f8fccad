//! Custom attributes: the server accepts exactly those that the typed client can set, and answers them as sent, in
//! its canonical form.
#![no_main]

use kustodian_core::{customer, input, resource};
use kustodian_fuzz::{check_refusal, context, id, org, seed, write};
use kustomer_api::ObjectId;
use kustomer_api::canonical::canonicalize;
use kustomer_api::custom::{CustomAttributes, CustomValue, MAX_PER_WRITE, Suffix};
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::customer::{Customer, CustomerInput};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|text: &str| {
    let Ok(custom) = serde_json::from_str::<Map<String, Value>>(text) else { return };
    let by_client = custom.iter().all(|(key, value)| is_legal(key, value)) && custom.len() <= MAX_PER_WRITE;
    // Rendered again, so that no key is there twice.
    let body = serde_json::to_vec(&serde_json::json!({ "custom": custom })).expect("a map is JSON");
    let sent: CustomerInput = match input::read(&CUSTOMER_INPUT, &body) {
        Ok(sent) => sent,
        Err(refusal) => {
            assert!(!by_client, "the client sets what the server refuses: {refusal:?}");
            return check_refusal(&refusal, &body);
        }
    };
    assert!(by_client, "the server accepts what the client cannot set: {custom:?}");
    let org = org();
    let changes = customer::create(&context(&org, 0), id(1), seed(), write(sent)).expect("it was accepted");
    let customer: Customer = resource::read(&changes.puts[0].document).expect("a stored record is read");
    let answered = customer.attributes.custom.value().cloned().unwrap_or_default();
    let answered: Map<String, Value> = answered.iter().map(|(key, value)| (key.to_owned(), value.clone())).collect();
    let body = String::from_utf8(body).expect("JSON is text");
    let canonical = canonicalize(&CUSTOMER_INPUT, &serde_json::from_str(&body).expect("it was read before"));
    let canonical = canonical.map_or(Value::Object(custom), |mut sent| sent["custom"].take());
    assert_eq!(Value::Object(answered), canonical);
});

/// Whether the client would let one send it.
fn is_legal(key: &str, value: &Value) -> bool {
    let value = match value {
        Value::Null => CustomValue::Null,
        Value::Bool(value) => CustomValue::Boolean(*value),
        Value::Number(value) => CustomValue::Number(value.clone()),
        // The server reads it as null, for clients less strict than ours.
        Value::String(value)
            if value.is_empty() && matches!(Suffix::of(key), Some(Suffix::At | Suffix::Url | Suffix::Id)) =>
        {
            CustomValue::Null
        }
        Value::String(value) => CustomValue::Text(value.clone()),
        Value::Array(values) => {
            let id = |value: &Value| value.as_str()?.parse::<ObjectId>().ok();
            let Some(ids) = values.iter().map(id).collect() else { return false };
            CustomValue::Ids(ids)
        }
        Value::Object(_) => return false,
    };
    CustomAttributes::new().set(key, value).is_ok()
}
