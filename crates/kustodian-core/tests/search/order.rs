//! The order of results.

use kustodian_core::search::{self, SearchRow};
use kustomer_api::search::Attribute;
use serde_json::{Value, json};

use super::{query, settings};

fn record(id: u8, attributes: Value) -> SearchRow {
    let id = format!("{id:024x}");
    SearchRow::read(&json!({ "type": "customer", "id": id, "attributes": attributes }).to_string()).unwrap()
}

fn sorted(records: &[SearchRow], sort: &Value) -> Vec<u8> {
    let query = query(&json!({ "sort": sort }));
    let mut records: Vec<&SearchRow> = records.iter().collect();
    records.sort_by(|one, other| search::compare(&query.sort, one, other));
    records.iter().map(|record| record.id.as_bytes()[11]).collect()
}

#[test]
fn keys_decide_one_after_the_other_and_no_value_is_last() {
    let records = [
        record(1, json!({ "name": "bob", "progressiveStatus": "open" })),
        record(2, json!({ "name": "Ada", "progressiveStatus": "done" })),
        record(3, json!({ "progressiveStatus": "open" })),
        record(4, json!({ "name": "ada", "progressiveStatus": null })),
        record(5, json!({ "name": "Älva", "progressiveStatus": "open" })),
    ];
    for (sort, order) in [
        (json!([]), [1, 2, 3, 4, 5]),
        (json!({ "customer_name": "asc" }), [2, 4, 1, 5, 3]),
        (json!({ "customer_name": "desc" }), [5, 1, 4, 2, 3]),
        (json!([{ "customer_progressive_status": "desc" }, { "customer_name": "asc" }]), [1, 5, 3, 2, 4]),
        (json!({ "customer_created_at": "desc" }), [5, 4, 3, 2, 1]),
    ] {
        assert_eq!(sorted(&records, &sort), order, "{sort}");
    }
}

#[test]
fn the_keys_of_one_object_count_as_they_are_written() {
    let body = br#"{"sort":{"customer_progressive_status":"ASC","customer_name":"desc"}}"#;
    let query = search::parse(body, &settings()).unwrap();
    let keys: Vec<_> = query.sort.iter().map(|key| (key.by, key.descending)).collect();
    assert_eq!(keys, [(Attribute::ProgressiveStatus, false), (Attribute::Name, true)]);
}

#[test]
fn every_listed_key_sorts() {
    for key in [
        "name",
        "gender",
        "created_at",
        "updated_at",
        "modified_at",
        "externalId",
        "activity_at",
        "last_seen_at",
        "signed_up_at",
        "lastmessage_preview",
        "progressive_status",
        "done",
        "open",
        "snoozed",
        "last_message_sent_at",
        "last_message_out_sent_at",
        "last_message_unresponded_to_sent_at",
        "last_message_at",
    ] {
        let moment = |year: u16| format!("{year}-01-01T00:00:00.000Z");
        let with = |year: u16, letter: &str, count: u8| {
            let sent = json!({ "sentAt": moment(year) });
            json!({
                "name": letter, "gender": letter, "externalId": letter, "progressiveStatus": letter,
                "createdAt": moment(year), "updatedAt": moment(year), "modifiedAt": moment(year),
                "lastActivityAt": moment(year), "lastSeenAt": moment(year), "signedUpAt": moment(year),
                "lastMessageAt": moment(year), "lastMessageIn": sent, "lastMessageOut": sent,
                "lastMessageUnrespondedTo": sent, "preview": { "previewAt": moment(year) },
                "conversationCounts": { "done": count, "open": count, "snoozed": count, "all": 3 },
            })
        };
        let records = [record(1, with(2026, "b", 2)), record(2, with(2025, "a", 1)), record(3, json!({}))];
        assert_eq!(sorted(&records, &json!({ format!("customer_{key}"): "asc" })), [2, 1, 3], "{key}");
        assert_eq!(sorted(&records, &json!({ format!("customer_{key}"): "desc" })), [1, 2, 3], "{key}");
    }
}
