//! Counts beside the results.

use kustodian_core::search::Counter;
use serde_json::{Value, json};

use super::{query, row, settings};

fn counted(asked: &Value) -> Value {
    let records = [
        row(
            json!({ "gender": "f", "tags": ["a", "b"], "custom": { "scoreNum": 10 }, "createdAt": "2026-01-31T23:00:00Z" }),
        ),
        row(json!({ "gender": "m", "tags": ["a"], "custom": { "scoreNum": 50, "tierStr": "Gold" } })),
        row(json!({ "gender": "f", "custom": { "scoreNum": 49.5, "tierStr": "gold" } })),
        row(json!({ "tags": ["c"], "importedAt": "2026-01-01T00:00:00Z" })),
    ];
    let query = query(&json!({ "timeZone": "Europe/Berlin", "aggs": { "it": asked } }));
    let [aggregation] = query.aggregations.as_slice() else { panic!("{query:?}") };
    let mut counter = Counter::new(aggregation);
    records.iter().for_each(|record| counter.count(record));
    serde_json::to_value(counter.answer()).unwrap()
}

#[test]
fn values_are_counted_with_the_most_frequent_first() {
    assert_eq!(
        counted(&json!({ "terms": { "field": "customer_gender" } })),
        json!({ "buckets": [{ "key": "f", "count": 2 }, { "key": "m", "count": 1 }], "other": 0, "missing": 1 })
    );
    assert_eq!(
        counted(&json!({ "terms": { "field": "customer_tags", "size": 2 } })),
        json!({ "buckets": [{ "key": "a", "count": 2 }, { "key": "b", "count": 1 }], "other": 1, "missing": 1 })
    );
    assert_eq!(
        counted(&json!({ "terms": { "field": "customer_imported" } })),
        json!({ "buckets": [{ "key": false, "count": 3 }, { "key": true, "count": 1 }], "other": 0, "missing": 0 })
    );
    assert_eq!(
        counted(&json!({ "terms": { "field": "customer_custom_tierStr" } })),
        json!({ "buckets": [{ "key": "gold", "count": 2 }], "other": 0, "missing": 2 })
    );
}

#[test]
fn ranges_begin_with_their_first_bound_and_end_before_their_last() {
    let asked =
        json!({ "range": { "field": "customer_custom_scoreNum", "ranges": [{ "to": 50 }, { "from": 50 }, {}] } });
    assert_eq!(
        counted(&asked),
        json!({ "buckets": [{ "to": 50.0, "count": 2 }, { "from": 50.0, "count": 1 }, { "count": 3 }], "other": 0, "missing": 1 })
    );
    let asked = json!({ "range": { "field": "customer_created_at", "ranges": [{ "from": "2026-02-01", "to": "2026-03-01" }] } });
    assert_eq!(
        counted(&asked),
        json!({ "buckets": [{ "from": "2026-01-31T23:00:00.000Z", "to": "2026-02-28T23:00:00.000Z", "count": 1 }], "other": 0, "missing": 3 })
    );
}

#[test]
fn what_cannot_be_counted_is_refused_with_its_place() {
    for (asked, pointer) in [
        (json!({ "terms": { "field": "customer_created_at" } }), "/aggs/it/terms/field"),
        (json!({ "terms": { "field": "customer_gendr" } }), "/aggs/it/terms/field"),
        (json!({ "terms": { "field": "customer_gender", "size": 501 } }), "/aggs/it/terms/size"),
        (json!({ "range": { "field": "customer_gender", "ranges": [{}] } }), "/aggs/it/range/field"),
        (json!({ "range": { "field": "customer_conversations_count", "ranges": [] } }), "/aggs/it/range/ranges"),
        (
            json!({ "range": { "field": "customer_conversations_count", "ranges": [{ "from": "a" }] } }),
            "/aggs/it/range/ranges/0",
        ),
        (json!({ "sum": { "field": "customer_conversations_count" } }), "/aggs/it"),
        (json!({ "terms": {} }), "/aggs/it"),
        (json!(5), "/aggs/it"),
    ] {
        let body = json!({ "aggs": { "it": asked } }).to_string();
        let refusal = kustodian_core::search::parse(body.as_bytes(), &settings()).unwrap_err();
        assert_eq!(refusal.errors[0].meta["pointer"], pointer, "{body}");
    }
}
