//! The short form of a search: its meaning on the wire, and the places of its faults.
#![expect(clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use kustomer_api::search::text;
use proptest::prelude::*;
use serde_json::{Value, json};

const CUSTOM: [&str; 4] = ["tierStr", "scoreNum", "bioTxt", "scoreStr"];

fn means(text: &str) -> Value {
    let search = text::parse(text, &CUSTOM).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut body = search.into_json();
    assert_eq!(body.remove("queryContext"), Some("customer".into()));
    body.into()
}

#[test]
fn signs_become_operators_and_values_get_the_type_of_their_attribute() {
    for (text, criterion) in [
        ("name=Ada", json!({ "customer_name": { "equals": "Ada" } })),
        ("name != 'Ada Lovelace'", json!({ "customer_name": { "not_equals": "Ada Lovelace" } })),
        ("conversations_count>=4", json!({ "customer_conversations_count": { "gte": 4 } })),
        ("satisfaction_avg_score<2.5", json!({ "customer_satisfaction_avg_score": { "lt": 2.5 } })),
        ("createdAt>2026-01-31", json!({ "customer_created_at": { "gt": "2026-01-31" } })),
        ("customer_email~@acme.example", json!({ "customer_email": { "contains": "@acme.example" } })),
        ("name^=ad", json!({ "customer_name": { "starts_with": "ad" } })),
        ("imported=true", json!({ "customer_imported": { "equals": true } })),
        ("urls=https://acme.example/?a=b>c", json!({ "customer_urls": { "equals": "https://acme.example/?a=b>c" } })),
        ("status in (open, \"done\")", json!({ "customer_status": { "in": ["open", "done"] } })),
        ("status not in (done)", json!({ "customer_status": { "not_in": ["done"] } })),
        ("has email", json!({ "customer_email": { "set": true } })),
        ("no phone", json!({ "customer_phone": { "not_set": true } })),
        ("tier=gold", json!({ "customer_custom_tierStr": { "equals": "gold" } })),
        ("scoreNum=1", json!({ "customer_custom_scoreNum": { "equals": 1 } })),
        ("vipBool=false", json!({ "customer_custom_vipBool": { "equals": false } })),
        ("bio=kind", json!({ "customer_custom_bioTxt": { "contains": "kind" } })),
        ("\"Ada Lovelace\"", json!({ "customer_any_text": { "contains": "Ada Lovelace" } })),
    ] {
        assert_eq!(means(text), json!({ "and": [criterion] }), "{text}");
    }
}

#[test]
fn or_binds_loosest_and_not_tightest() {
    let [a, b, c] = ["a", "b", "c"].map(|word| json!({ "customer_any_text": { "contains": word } }));
    for (text, body) in [
        ("", json!({})),
        ("a b and c", json!({ "and": [a, b, c] })),
        ("a or b or c", json!({ "or": [a, b, c] })),
        ("a b or c", json!({ "or": [{ "and": [a, b] }, c] })),
        ("a (b or c)", json!({ "and": [a, { "or": [b, c] }] })),
        ("not a b", json!({ "and": [{ "not": [a] }, b] })),
        ("not (a b)", json!({ "not": [{ "and": [a, b] }] })),
        ("((a))", json!({ "and": [a] })),
        ("a AND b", json!({ "and": [a, b] })),
        ("a a", json!({ "and": [a] })),
        (
            "sort:-updated_at,name a",
            json!({ "and": [a], "sort": [{ "customer_updated_at": "desc" }, { "customer_name": "asc" }] }),
        ),
    ] {
        assert_eq!(means(text), body, "{text}");
    }
}

#[test]
fn an_error_says_the_column_and_what_to_do() {
    for (text, error) in [
        ("a and", "column 6: and needs something behind it"),
        ("or a", "column 1: or needs something before it"),
        ("a or", "column 5: or needs something behind it"),
        ("ä (b", "column 3: this bracket is not closed"),
        ("a) b", "column 2: this bracket was never opened"),
        ("()", "column 2: there is nothing in the brackets"),
        ("name='Ada", "column 6: this quote is not closed"),
        ("name=", "column 6: a value is missing here"),
        ("=5", "column 1: a name is missing before equals"),
        ("nmae=Ada", "column 1: there is no attribute nmae; did you mean name?"),
        ("score=1", "column 1: score may be scoreNum or scoreStr: write which"),
        (
            "weather=5",
            "column 1: there is no attribute weather; a custom attribute is written with its suffix, such as tierStr or \
             scoreNum",
        ),
        ("name>5", "column 5: name is of class string, which does not take gt"),
        ("scoreNum=many", "column 10: scoreNum takes a number"),
        ("imported=yes", "column 10: imported takes true or false"),
        ("status in (open done)", "column 17: a comma or a closing bracket is missing here"),
        ("has", "column 4: the name of an attribute is missing here"),
        ("sort:-email", "column 6: a search cannot be sorted by email"),
        ("sort:", "column 6: the name of an attribute is missing here"),
        ("(sort:name)", "column 2: an order is only allowed outside of brackets"),
        ("a and sort:name", "column 7: and needs something behind it"),
    ] {
        assert_eq!(text::parse(text, &CUSTOM).unwrap_err().to_string(), error, "{text}");
    }
}

#[test]
fn what_would_be_refused_later_is_refused_here() {
    let many: Vec<String> = (0..21).map(|number| format!("w{number}")).collect();
    assert!(text::parse(&many.join(" "), &[]).is_err());
    assert!(text::parse(&"not ".repeat(10_000), &[]).is_err());
    assert!(text::parse(&format!("{}a", "not ".repeat(9)), &[]).is_err());
    assert!(text::parse(&"(".repeat(10_000), &[]).is_err());
    assert!(text::parse(&"a".repeat(20_000), &[]).is_err());
}

proptest! {
    #[test]
    fn nothing_that_is_typed_makes_it_panic(text in "[a-z=<>!~^(),:\"' \\\\äsort:innohas-]{0,60}") {
        let _ = text::parse(&text, &CUSTOM);
    }

    #[test]
    fn a_quoted_value_is_read_unchanged(value in "\\PC{1,40}") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let body = means(&format!("name=\"{quoted}\""));
        prop_assert_eq!(&body["and"][0]["customer_name"]["equals"], &Value::from(value));
    }
}
