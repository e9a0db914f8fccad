//! What criteria find: text, values, and groups.

use kustodian_core::search::SearchRow;
use kustomer_api::ObjectId;
use serde_json::{Value, json};

use super::{finds, query, row};

fn ada() -> SearchRow {
    row(json!({
        "name": "Ada King O'Brien",
        "externalId": "CRM-1815",
        "externalIds": [{ "externalId": "CRM-1815" }, { "externalId": "old-7" }],
        "username": "countess",
        "emails": [{ "email": "ada@acme.example" }, { "email": "lovelace@home.example" }],
        "phones": [{ "phone": "+1 (800) 555-1212" }],
        "whatsapps": [{ "phone": "whatsapp:+4930123456" }],
        "socials": [{ "type": "twitter", "username": "AdaTweets", "userid": "77" }],
        "urls": [{ "url": "https://acme.example/ada" }],
        "locations": [{ "address": "12 St James's Square", "cityName": "London", "countryCode": "GB" }],
        "locale": "en_GB",
        "defaultLang": "en_us",
        "gender": "f",
        "tags": ["5c7d1a1f9a1b2c0010a1b2c4"],
        "sentiment": { "polarity": 1, "confidence": 0.5 },
        "conversationCounts": { "done": 3, "open": 1, "snoozed": 0, "all": 4 },
        "progressiveStatus": "open",
        "satisfactionLevel": { "avgScore": 4.5 },
        "createdAt": "2026-01-02T03:04:05.678Z",
        "lastMessageIn": { "sentAt": "2026-03-01T00:00:00.000Z" },
        "custom": { "tierStr": "Gold Plus", "scoreNum": 120, "bioTxt": "Wrote the first program.", "vipBool": true,
                    "renewsAt": "2027-01-01T00:00:00+01:00", "siteUrl": "https://ada.example", "goneStr": null }
    }))
}

/// Criteria and whether each finds Ada; and that its `not_` finds her when it does not.
fn table(rows: &[(&str, &str, Value, bool)]) {
    let ada = ada();
    for (name, operator, value, found) in rows {
        let asked = |operator: &str| json!({ *name: { operator: value } });
        assert_eq!(finds(&ada, asked(operator)), *found, "{name} {operator} {value}");
        if ["equals", "in", "contains", "contains_any"].contains(operator) {
            let denied = format!("not_{operator}");
            assert_eq!(finds(&ada, asked(&denied)), !found, "{name} {denied} {value}");
        }
    }
}

#[test]
fn contains_finds_each_word_as_the_beginning_of_a_word_or_a_part_of_an_address() {
    let name = "customer_name";
    table(&[
        (name, "contains", json!("ada"), true),
        (name, "contains", json!("KI ad"), true),
        (name, "contains", json!("o'brien"), true),
        (name, "contains", json!("brien"), true),
        (name, "contains", json!("ing"), false),
        (name, "contains", json!("ada lovelace"), false),
        (name, "contains", json!(["ada", "king"]), true),
        (name, "contains", json!("-"), false),
        (name, "contains_any", json!("ada lovelace"), true),
        (name, "contains_any", json!(["lovelace", "ada king"]), true),
        (name, "contains_any", json!(["lovelace", "ada byron"]), false),
        ("customer_email", "contains", json!("@acme.example"), true),
        ("customer_email", "contains", json!("@ACME.Example"), true),
        ("customer_email", "contains", json!("ovel"), true),
        ("customer_email", "contains", json!("ada home"), true),
        ("customer_email", "contains", json!("acme@example"), false),
        ("customer_phone", "contains", json!("555-1212"), true),
        ("customer_phone", "contains", json!("+1 (800)"), true),
        ("customer_phone", "contains", json!("5551"), true),
        ("customer_phone", "contains", json!("5552"), false),
        ("customer_phone", "contains", json!("call 555"), false),
        ("customer_externalId", "contains", json!("m-18"), true),
        ("customer_address", "contains", json!("james london"), true),
        ("customer_urls", "contains", json!("acme.example"), true),
        ("customer_custom_bioTxt", "contains", json!("first prog"), true),
        ("customer_custom_bioTxt", "contains", json!("rogram"), false),
        ("customer_custom_tierStr", "contains", json!("plus"), true),
        ("customer_custom_bioTxt", "contains", json!("plus"), false),
    ]);
}

#[test]
fn any_text_looks_in_every_text() {
    for (word, found) in [
        ("king", true),
        ("@acme.example", true),
        ("555-1212", true),
        ("123456", true),
        ("crm-18", true),
        ("old-7", true),
        ("countess", true),
        ("tweets", true),
        ("london", true),
        ("gold", true),
        ("program", true),
        ("ada.example", true),
        ("gold london ada", true),
        ("gold paris", false),
        ("f", true),
        ("zzz", false),
    ] {
        table(&[("customer_any_text", "contains", json!(word), found)]);
    }
}

#[test]
fn values_are_compared_as_their_class_asks() {
    table(&[
        ("customer_name", "equals", json!("ada KING o'brien"), true),
        ("customer_name", "equals", json!("ada"), false),
        ("customer_name", "in", json!(["x", "Ada King O'Brien"]), true),
        ("customer_name", "starts_with", json!("ADA k"), true),
        ("customer_name", "prefix", json!("king"), false),
        ("customer_email", "equals", json!("LoveLace@home.example"), true),
        ("customer_email", "starts_with", json!("lovel"), true),
        ("customer_phone", "equals", json!("18005551212"), true),
        ("customer_phone", "equals", json!("+1 800 555 1212"), true),
        ("customer_phone", "starts_with", json!("+1 800"), true),
        ("customer_externalId", "equals", json!("CRM-1815"), true),
        ("customer_externalId", "equals", json!("crm-1815"), false),
        ("customer_externalId", "equals", json!("old-7"), true),
        ("customer_externalId", "starts_with", json!("CRM"), true),
        ("customer_social_username", "equals", json!("AdaTweets"), true),
        ("customer_social_userid", "in", json!(["77"]), true),
        ("customer_social_type", "in", json!(["facebook", "whatsapp"]), true),
        ("customer_social_type", "contains", json!(["twitter", "whatsapp"]), true),
        ("customer_social_type", "contains", json!(["twitter", "facebook"]), false),
        ("customer_social_type", "contains_any", json!(["twitter", "facebook"]), true),
        ("customer_address", "equals", json!("london"), true),
        ("customer_locale", "equals", json!("en_gb"), true),
        ("customer_default_lang", "equals", json!("en_US"), false),
        ("customer_gender", "equals", json!("f"), true),
        ("customer_tags", "equals", json!("5C7D1A1F9A1B2C0010A1B2C4"), true),
        ("customer_sentiment", "equals", json!("happy"), true),
        ("customer_status", "equals", json!("done"), true),
        ("customer_status", "equals", json!("snoozed"), false),
        ("customer_progressive_status", "in", json!(["open", "snoozed"]), true),
        ("customer_conversations_count", "equals", json!(4), true),
        ("customer_conversations_count", "in", json!([3, 4.0]), true),
        ("customer_conversations_count", "gt", json!(4), false),
        ("customer_conversations_count", "gte", json!(4), true),
        ("customer_conversations_count", "lt", json!(4.5), true),
        ("customer_conversations_count", "within", json!({ "from": 4, "to": 5 }), true),
        ("customer_conversations_count", "within", json!([5, 6]), false),
        ("customer_satisfaction_avg_score", "gt", json!(4), true),
        ("customer_satisfaction_avg_rating", "gt", json!(0), false),
        ("customer_created_at", "equals", json!("2026-01-02"), true),
        ("customer_created_at", "in", json!(["2026-01-01", "2026-01-02"]), true),
        ("customer_last_message_sent_at", "lte", json!("2026-03-01"), true),
        ("customer_imported", "equals", json!(false), true),
        ("customer_custom_tierStr", "equals", json!("gold plus"), true),
        ("customer_custom_scoreNum", "gte", json!(100), true),
        ("customer_custom_vipBool", "equals", json!(true), true),
        ("customer_custom_renewsAt", "lt", json!("2027-01-01"), true),
        ("customer_custom_siteUrl", "equals", json!("https://ada.example"), true),
        ("customer_custom_unheardOfStr", "equals", json!("x"), false),
    ]);
}

#[test]
fn set_asks_for_a_value_whatever_stands_beside_it() {
    let ada = ada();
    for (name, is_set) in [
        ("customer_email", true),
        ("customer_shared_email", false),
        ("customer_any_text", true),
        ("customer_imported_at", false),
        ("customer_satisfaction_avg_rating", false),
        ("customer_custom_tierStr", true),
        ("customer_custom_goneStr", false),
        ("customer_custom_otherNum", false),
    ] {
        for value in [json!(""), json!(true), json!(null)] {
            assert_eq!(finds(&ada, json!({ name: { "set": value.clone() } })), is_set, "{name}");
            assert_eq!(finds(&ada, json!({ name: { "not_set": value } })), !is_set, "{name}");
        }
    }
}

#[test]
fn the_three_groups_must_all_hold() {
    let ada = ada();
    let (yes, no) =
        (json!({ "customer_name": { "contains": "ada" } }), json!({ "customer_name": { "contains": "bob" } }));
    let other = json!({ "customer_gender": { "equals": "f" } });
    for (body, found) in [
        (json!({}), true),
        (json!({ "and": [], "or": [], "not": [] }), true),
        (json!({ "and": [yes, other] }), true),
        (json!({ "and": [yes, no] }), false),
        (json!({ "or": [no, yes] }), true),
        (json!({ "or": [no] }), false),
        (json!({ "not": [no] }), true),
        (json!({ "not": [no, yes] }), false),
        (json!({ "and": yes, "or": [no] }), false),
        (json!({ "and": yes, "not": other }), false),
        // In a list, the criteria of one member hold together; in one object, each is a member.
        (json!({ "or": [{ "customer_name": { "contains": "bob" }, "customer_gender": { "equals": "f" } }] }), false),
        (json!({ "or": { "customer_name": { "contains": "bob" }, "customer_gender": { "equals": "f" } } }), true),
        (json!({ "not": [{ "customer_name": { "contains": "bob" }, "customer_gender": { "equals": "f" } }] }), true),
        (json!({ "not": { "customer_name": { "contains": "bob" }, "customer_gender": { "equals": "f" } } }), false),
        (json!({ "and": { "customer_conversations_count": { "gte": 4, "lt": 4 } } }), false),
        (json!({ "and": [{ "or": [no, { "and": [yes, { "not": [no] }] }] }] }), true),
        (json!({ "not": [{ "not": [{ "not": [yes] }] }] }), false),
    ] {
        assert_eq!(query(&body).finds(&ada), found, "{body}");
    }
}

#[test]
fn deleted_records_are_found_when_asked_for() {
    let gone = row(json!({ "name": "Ada", "deleted": true }));
    assert!(!query(&json!({})).finds(&gone));
    assert!(query(&json!({ "includeDeleted": true })).finds(&gone));
}

#[test]
fn names_of_tags_are_collected_and_replaced_by_ids() {
    let id: ObjectId = "5c7d1a1f9a1b2c0010a1b2c4".parse().unwrap();
    let mut query = query(&json!({ "or": [{ "customer_tags": { "in": ["vip", "5c7d1a1f9a1b2c0010a1b2c9"] } },
        { "customer_tags": { "equals": "vip" } }, { "customer_name": { "equals": "tag" } }] }));
    assert_eq!(query.tag_names(), ["vip"]);
    assert!(!query.finds(&ada()));
    query.resolve_tags(|name| (name == "vip").then_some(id));
    assert!(query.tag_names().is_empty());
    assert!(query.finds(&ada()));
}
