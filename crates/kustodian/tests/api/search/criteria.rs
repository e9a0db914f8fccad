//! Every attribute and operator once, against a handful of customers that differ in everything.

use serde_json::{Value, json};

use super::{names, search};
use crate::server::{Server, full_customer};

fn population(server: &Server) -> String {
    let ada = server.create(full_customer());
    server.create(json!({
        "name": "Grace Brewster Hopper", "externalId": "NAVY-1", "gender": "f", "locale": "en_US",
        "emails": [{ "email": "grace@navy.example" }], "phones": [{ "phone": "+1 (212) 555-0000" }],
        "tags": ["pioneer"], "sentiment": { "polarity": -1, "confidence": 0.5 }, "createdAt": "2026-01-31T23:30:00.000Z",
        "custom": { "scoreNum": 99, "loyaltyTierStr": "Silver", "churnedBool": true, "sinceAt": "2026-01-31T23:30:00.000Z",
            "noteTxt": "compilers, and a moth", "siteUrl": "https://navy.example/hopper" },
    }));
    server.create(json!({
        "name": "Alan O'Brien", "gender": "m", "emails": [{ "email": "alan@acme.example" }],
        "createdAt": "2020-06-01T00:00:00.000Z", "custom": { "scoreNum": -1.5, "loyaltyTierStr": "gold" },
    }));
    ada["relationships"]["createdBy"]["data"]["id"].as_str().unwrap().to_owned()
}

const ADA: &str = "Ada Lovelace";
const GRACE: &str = "Grace Brewster Hopper";
const ALAN: &str = "Alan O'Brien";

#[test]
fn every_attribute_is_found_by_its_operators() {
    let server = Server::start();
    let user = population(&server);
    let user = user.as_str();
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("customer_any_text", json!({ "contains": "lovel" }), &[ADA]),
        ("customer_any_text", json!({ "contains": "moth" }), &[GRACE]),
        ("customer_any_text", json!({ "not_contains": "example" }), &[]),
        ("customer_any_text", json!({ "contains_any": ["moth", "brien"] }), &[GRACE, ALAN]),
        ("customer_any_text", json!({ "set": "" }), &[ADA, GRACE, ALAN]),
        ("customer_name", json!({ "equals": "ADA LOVELACE" }), &[ADA]),
        ("customer_name", json!({ "not_equals": "ada lovelace" }), &[GRACE, ALAN]),
        ("customer_name", json!({ "in": ["ada lovelace", "alan o'brien"] }), &[ADA, ALAN]),
        ("customer_name", json!({ "not_in": ["ada lovelace", "alan o'brien"] }), &[GRACE]),
        ("customer_name", json!({ "contains": "hopper grace" }), &[GRACE]),
        ("customer_name", json!({ "contains": "ace" }), &[]),
        ("customer_name", json!({ "starts_with": "a" }), &[ADA, ALAN]),
        ("customer_name", json!({ "prefix": "al" }), &[ALAN]),
        ("customer_name", json!({ "not_contains_any": ["ada", "alan"] }), &[GRACE]),
        ("customer_gender", json!({ "equals": "f" }), &[ADA, GRACE]),
        ("customer_gender", json!({ "in": ["m"] }), &[ALAN]),
        ("customer_presence", json!({ "set": true }), &[]),
        ("customer_email", json!({ "contains": "@acme.example" }), &[ADA, ALAN]),
        ("customer_email", json!({ "equals": "GRACE@navy.example" }), &[GRACE]),
        ("customer_shared_email", json!({ "contains": "desk@" }), &[ADA]),
        ("customer_phone", json!({ "contains": "555-0000" }), &[GRACE]),
        ("customer_phone", json!({ "not_set": "" }), &[ALAN]),
        ("customer_shared_phone", json!({ "equals": "+18005550000" }), &[ADA]),
        ("customer_urls", json!({ "set": "" }), &[ADA]),
        ("customer_address", json!({ "contains": "london" }), &[ADA]),
        ("customer_locale", json!({ "equals": "en_us" }), &[GRACE]),
        ("customer_activity_at", json!({ "lt": "2021-01-01" }), &[ADA]),
        ("customer_last_seen_at", json!({ "set": "" }), &[ADA]),
        ("customer_signed_up_at", json!({ "equals": "2016-11-06" }), &[ADA]),
        ("customer_last_message_sent_at", json!({ "set": "" }), &[]),
        ("customer_last_message_out_sent_at", json!({ "set": "" }), &[]),
        ("customer_last_message_unresponded_to_sent_at", json!({ "set": "" }), &[]),
        ("customer_last_message_at", json!({ "not_set": "" }), &[ADA, GRACE, ALAN]),
        ("customer_externalId", json!({ "equals": "crm-1815" }), &[ADA]),
        ("customer_externalId", json!({ "equals": "CRM-1815" }), &[]),
        ("customer_externalId", json!({ "contains": "m-18" }), &[ADA]),
        ("customer_shared_externalId", json!({ "starts_with": "house" }), &[ADA]),
        ("customer_created_at", json!({ "gte": "2020-01-01", "lt": "2021-01-01" }), &[ALAN]),
        ("customer_created_at", json!({ "within": { "from": "2014-01-01", "to": "2020-12-31" } }), &[ADA, ALAN]),
        ("customer_updated_at", json!({ "within": { "last": "1h" } }), &[ADA, GRACE, ALAN]),
        ("customer_modified_at", json!({ "gt": "2026-01-01T00:00:00Z" }), &[ADA, GRACE, ALAN]),
        ("customer_created_by", json!({ "equals": user }), &[ADA, GRACE, ALAN]),
        ("customer_modified_by", json!({ "not_equals": user }), &[]),
        ("customer_satisfaction_avg_score", json!({ "not_set": "" }), &[ADA, GRACE, ALAN]),
        ("customer_satisfaction_avg_rating", json!({ "gte": 1 }), &[]),
        ("customer_conversations_count", json!({ "gt": 0 }), &[]),
        ("customer_status", json!({ "in": ["open", "snoozed"] }), &[]),
        ("customer_progressive_status", json!({ "set": "" }), &[]),
        ("customer_active_users", json!({ "set": "" }), &[]),
        ("customer_watchers", json!({ "not_set": "" }), &[ADA, GRACE, ALAN]),
        ("customer_tags", json!({ "equals": "vip" }), &[ADA]),
        ("customer_tags", json!({ "contains": ["vip", "pioneer"] }), &[ADA]),
        ("customer_tags", json!({ "contains_any": ["vip", "pioneer"] }), &[ADA, GRACE]),
        ("customer_tags", json!({ "not_in": ["vip"] }), &[GRACE, ALAN]),
        ("customer_sentiment", json!({ "equals": "happy" }), &[ADA]),
        ("customer_sentiment", json!({ "equals": "unhappy" }), &[GRACE]),
        ("customer_social_type", json!({ "equals": "twitter" }), &[ADA]),
        ("customer_social_userid", json!({ "equals": "1815" }), &[ADA]),
        ("customer_social_username", json!({ "equals": "ada" }), &[ADA]),
        ("customer_shared_social_type", json!({ "equals": "linkedin" }), &[ADA]),
        ("customer_shared_social_userid", json!({ "set": "" }), &[]),
        ("customer_shared_social_username", json!({ "contains": "cme" }), &[ADA]),
        ("customer_default_lang", json!({ "equals": "en_us" }), &[ADA]),
        ("customer_imported_at", json!({ "lte": "2014-01-02" }), &[ADA]),
        ("customer_imported", json!({ "equals": false }), &[GRACE, ALAN]),
        ("customer_custom_loyaltyTierStr", json!({ "equals": "GOLD" }), &[ADA, ALAN]),
        ("customer_custom_loyaltyTierStr", json!({ "contains": "sil" }), &[GRACE]),
        ("customer_custom_noteTxt", json!({ "contains": "lines two" }), &[ADA]),
        ("customer_custom_siteUrl", json!({ "contains": "hopper" }), &[GRACE]),
        ("customer_custom_scoreNum", json!({ "gte": 12.5 }), &[ADA, GRACE]),
        ("customer_custom_scoreNum", json!({ "in": [99, -1.5] }), &[GRACE, ALAN]),
        ("customer_custom_scoreNum", json!({ "within": [0, 50] }), &[ADA]),
        ("customer_custom_sinceAt", json!({ "equals": "2026-01-31" }), &[GRACE]),
        ("customer_custom_churnedBool", json!({ "equals": true }), &[GRACE]),
        ("customer_custom_churnedBool", json!({ "not_equals": true }), &[ADA, ALAN]),
        ("customer_custom_nobodyHasStr", json!({ "set": "" }), &[]),
        ("customer_any_text", json!({ "contains": "" }), &[ADA, GRACE, ALAN]),
        ("customer_name", json!({ "equals": " " }), &[]),
        ("customer_name", json!({ "not_equals": "" }), &[ADA, GRACE, ALAN]),
        ("customer_name", json!({ "in": [] }), &[]),
        ("customer_name", json!({ "not_in": [] }), &[ADA, GRACE, ALAN]),
        ("customer_name", json!({ "contains": "", "starts_with": "a" }), &[ADA, ALAN]),
        ("customer_name", json!({ "contains_any": [] }), &[]),
        ("customer_phone", json!({ "equals": "" }), &[ALAN]),
        ("customer_phone", json!({ "in": ["", "+1 (212) 555-0000"] }), &[GRACE, ALAN]),
        ("customer_externalId", json!({ "equals": "" }), &[ALAN]),
        ("customer_tags", json!({ "in": ["", "vip"] }), &[ADA, ALAN]),
        ("customer_tags", json!({ "contains": [] }), &[ADA, GRACE, ALAN]),
        ("customer_locale", json!({ "not_equals": "" }), &[ADA, GRACE]),
        ("customer_signed_up_at", json!({ "equals": "" }), &[GRACE, ALAN]),
        ("customer_created_at", json!({ "gte": "2020-01-01", "lt": "" }), &[GRACE, ALAN]),
        ("customer_custom_noteTxt", json!({ "contains": " " }), &[ADA, GRACE, ALAN]),
        ("customer_custom_scoreNum", json!({ "equals": "" }), &[]),
        ("customer_custom_scoreNum", json!({ "within": { "from": 50, "to": "" } }), &[GRACE]),
        ("customer_custom_sinceAt", json!({ "in": ["", "2026-01-31"] }), &[GRACE, ALAN]),
        ("customer_custom_churnedBool", json!({ "equals": "" }), &[ALAN]),
        ("customer_custom_churnedBool", json!({ "not_equals": "" }), &[ADA, GRACE]),
        ("customer_custom_siteUrl", json!({ "equals": "" }), &[ALAN]),
    ];
    let mut wrong = Vec::new();
    for (attribute, criterion, expected) in cases {
        let answer = search(&server, json!({ "and": { attribute: criterion } }));
        let (mut found, mut expected) = (names(&answer), expected.to_vec());
        found.sort();
        expected.sort_unstable();
        if found != expected || answer.body["meta"]["total"] != expected.len() {
            wrong.push(format!("{attribute} {criterion}: found {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn groups_nest_and_hold_together() {
    let server = Server::start();
    population(&server);
    let body = json!({
        "and": [{ "or": [{ "customer_name": { "contains": "ada" } }, { "customer_name": { "contains": "grace" } }] }],
        "or": [{ "customer_gender": { "equals": "f" } }, { "customer_gender": { "equals": "m" } }],
        "not": { "customer_custom_scoreNum": { "gt": 50 } },
    });
    assert_eq!(names(&search(&server, body)), [ADA]);
}

#[test]
fn a_form_with_an_empty_field_finds_those_without_a_value() {
    let server = Server::start();
    population(&server);
    let body = json!({ "or": [{ "customer_name": { "equals": "Tom" } }, { "customer_phone": { "equals": "" } }] });
    assert_eq!(names(&search(&server, body)), [ALAN]);
}

#[test]
fn a_day_is_that_of_the_time_zone_and_a_moment_is_never_shifted() {
    let server = Server::start();
    population(&server);
    let on = |day: &str, zone: &str| {
        names(&search(&server, json!({ "and": { "customer_created_at": { "equals": day } }, "timeZone": zone })))
    };
    assert_eq!(on("2026-01-31", "GMT"), [GRACE]);
    assert_eq!(on("2026-02-01", "Europe/Berlin"), [GRACE]);
    assert_eq!(on("2026-01-31", "Europe/Berlin"), Vec::<String>::new());
    assert_eq!(on("2026-01-31T23:30:00Z", "Asia/Tokyo"), [GRACE]);
    assert_eq!(on("2026-02-01T00:30:00+01:00", "Asia/Tokyo"), [GRACE]);
}

#[test]
fn the_order_is_by_every_key_and_by_several() {
    let server = Server::start();
    population(&server);
    let sorted = |sort: Value| names(&search(&server, json!({ "sort": sort })));
    assert_eq!(sorted(json!({ "customer_name": "asc" })), [ADA, ALAN, GRACE]);
    assert_eq!(sorted(json!([{ "customer_name": "desc" }])), [GRACE, ALAN, ADA]);
    assert_eq!(sorted(json!([{ "customer_gender": "desc" }, { "customer_name": "desc" }])), [ALAN, GRACE, ADA]);
    assert_eq!(sorted(json!({ "customer_created_at": "asc" })), [ADA, ALAN, GRACE]);
    assert_eq!(sorted(json!({ "customer_externalId": "asc" })), [GRACE, ADA, ALAN], "without a value: last");
    assert_eq!(sorted(json!({ "customer_externalId": "desc" })), [ADA, GRACE, ALAN], "without a value: last");
    for key in [
        "updated_at",
        "modified_at",
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
        for direction in ["asc", "desc"] {
            assert_eq!(sorted(json!({ format!("customer_{key}"): direction })).len(), 3, "{key} {direction}");
        }
    }
}

#[test]
fn matches_are_counted_by_value_and_by_range() {
    let server = Server::start();
    population(&server);
    let answer = search(
        &server,
        json!({
            "and": { "customer_any_text": { "set": "" } },
            "aggs": {
                "gender": { "terms": { "field": "customer_gender" } },
                "tier": { "terms": { "field": "customer_custom_loyaltyTierStr", "size": 1 } },
                "score": { "range": { "field": "customer_custom_scoreNum", "ranges": [{ "to": 0 }, { "from": 0, "to": 99 }] } },
            },
        }),
    );
    assert_eq!(
        answer.body["meta"]["aggregations"],
        json!({
            "gender": { "buckets": [{ "key": "f", "count": 2 }, { "key": "m", "count": 1 }], "other": 0, "missing": 0 },
            "tier": { "buckets": [{ "key": "gold", "count": 2 }], "other": 1, "missing": 0 },
            "score": {
                "buckets": [{ "to": 0.0, "count": 1 }, { "from": 0.0, "to": 99.0, "count": 1 }], "other": 0, "missing": 0
            },
        })
    );
}
