//! Refused searches: each fault with its place, and the advice.

use kustodian_core::refusal::Refusal;
use kustodian_core::search::{self, Dialect, Settings};
use serde_json::{Value, json};

fn refusal(body: &Value, dialect: Dialect) -> Refusal {
    match search::parse(body.to_string().as_bytes(), &Settings { dialect, ..Settings::default() }) {
        Ok(query) => panic!("{body} is no fault: {query:?}"),
        Err(refusal) => refusal,
    }
}

#[track_caller]
fn refused(body: Value, parameter: &str, pointer: &str, title: &str) {
    let refusal = refusal(&body, Dialect::Plain);
    assert_eq!(refusal.status, 400, "{body}");
    let [error] = refusal.errors.as_slice() else { panic!("{body} has several faults: {refusal:?}") };
    assert_eq!(error.source.as_ref().unwrap().parameter.as_deref(), Some(parameter), "{body}");
    assert_eq!(error.meta["pointer"], pointer, "{body}");
    let found = error.title.as_deref().unwrap();
    assert!(found.contains(title), "{body}: {found}");
}

#[test]
fn an_unknown_name_is_reported_with_its_place_and_the_nearest_known_one() {
    refused(
        json!({ "and": [{ "customer_nmae": { "equals": "Ada" } }] }),
        "customer_nmae",
        "/and/0/customer_nmae",
        "Unknown attribute; did you mean customer_name?",
    );
    refused(json!({ "or": { "email": { "set": true } } }), "email", "/or/email", "did you mean customer_email?");
    refused(
        json!({ "not": [{ "or": [{ "customer_emial": { "set": true } }] }] }),
        "customer_emial",
        "/not/0/or/0/customer_emial",
        "did you mean customer_email?",
    );
    refused(
        json!({ "and": { "customer_name": { "equal": "Ada" } } }),
        "equal",
        "/and/customer_name/equal",
        "Unknown operator; did you mean equals?",
    );
    refused(
        json!({ "and": { "customer_gender": { "equals": "x" } } }),
        "equals",
        "/and/customer_gender/equals",
        "customer_gender is one of m, f",
    );
    refused(
        json!({ "sort": [{ "customer_updatd_at": "asc" }] }),
        "customer_updatd_at",
        "/sort/0/customer_updatd_at",
        "did you mean customer_updated_at?",
    );
    refused(json!({ "timeZone": "Europe/Berln" }), "timeZone", "/timeZone", "did you mean Europe/Berlin?");
    refused(json!({ "queryContxt": "customer" }), "queryContxt", "/queryContxt", "Additional properties not allowed");
}

#[test]
fn types_not_served_yet_are_distinguished_from_unknown_ones() {
    let yet = "does not search for work_session yet";
    refused(json!({ "queryContext": "work_session" }), "queryContext", "/queryContext", yet);
    refused(json!({ "queryContext": "kobject_order" }), "queryContext", "/queryContext", "no klass order");
    refused(json!({ "queryContext": "custmer" }), "queryContext", "/queryContext", "did you mean customer?");
    for (name, kind) in [("work_session_status", "work_session"), ("work_item_status", "work_item")] {
        let body = json!({ "and": { name: { "set": true } } });
        refused(body, name, &format!("/and/{name}"), &format!("records of type {kind} yet"));
    }
    let of_klass = "kobject_custom_order_totalNum";
    refused(
        json!({ "and": { of_klass: { "gt": 1 } } }),
        of_klass,
        &format!("/and/{of_klass}"),
        "no klass of this name",
    );
    refused(
        json!({ "and": { "customer_done": { "gt": 1 } } }),
        "customer_done",
        "/and/customer_done",
        "an attribute to sort by",
    );
    refused(
        json!({ "and": { "customer_id": { "equals": "x" } } }),
        "customer_id",
        "/and/customer_id",
        "Only the archive",
    );
    refused(
        json!({ "sort": { "customer_email": "asc" } }),
        "customer_email",
        "/sort/customer_email",
        "cannot be sorted",
    );
    let custom = "customer_custom_tier";
    refused(json!({ "and": { custom: { "set": 1 } } }), custom, "/and/customer_custom_tier", "ends in one of Num, At");
}

#[test]
fn a_value_has_the_type_of_its_attribute() {
    for (criterion, operator, title) in [
        (json!({ "customer_name": { "equals": 5 } }), "equals", "takes a string"),
        (json!({ "customer_name": { "equals": null } }), "equals", "takes a string"),
        (json!({ "customer_name": { "equals": ["Ada"] } }), "equals", "takes one value"),
        (json!({ "customer_name": { "equals": [] } }), "equals", "takes one value"),
        (json!({ "customer_name": { "gt": "a" } }), "gt", "is of class string, which does not take gt"),
        (json!({ "customer_name": { "equals": "x".repeat(1025) } }), "equals", "too long (1025 chars), maximum 1024"),
        (
            json!({ "customer_any_text": { "contains": "w ".repeat(9) + &(0..40).map(|n| format!("w{n} ")).collect::<String>() } }),
            "contains",
            "at most 32 words",
        ),
        (json!({ "customer_conversations_count": { "gte": "4" } }), "gte", "takes a number"),
        (json!({ "customer_imported": { "equals": "true" } }), "equals", "takes true or false"),
        (json!({ "customer_created_at": { "gte": "yesterday" } }), "gte", "A date is a day like"),
        (json!({ "customer_created_at": { "gte": "2026-02-30" } }), "gte", "A date is a day like"),
        (json!({ "customer_created_at": { "within": "7d" } }), "within", "within takes"),
        (json!({ "customer_created_at": { "within": { "last": "7 days" } } }), "within", "A length of time"),
        (json!({ "customer_created_at": { "within": { "last": "7d" } } }), "within", "relative to now"),
        (json!({ "customer_name": { "set": false } }), "set", "the opposite"),
        (json!({ "customer_custom_scoreNum": { "equals": "1" } }), "equals", "takes a number"),
        (json!({ "customer_custom_bioTxt": { "equals": "1" } }), "equals", "does not take equals"),
    ] {
        let name = criterion.as_object().unwrap().keys().next().unwrap().clone();
        refused(json!({ "and": criterion }), operator, &format!("/and/{name}/{operator}"), title);
    }
}

#[test]
fn groups_have_limits() {
    let criterion = |number: usize| json!({ "customer_conversations_count": { "equals": number } });
    let many = |count: usize| (0..count).map(criterion).collect::<Vec<_>>();
    assert!(search::parse(json!({ "and": many(20) }).to_string().as_bytes(), &Settings::default()).is_ok());
    refused(json!({ "and": many(21) }), "and", "/and", "Array is too long (21), maximum 20");
    refused(json!({ "or": [criterion(1), criterion(1)] }), "or", "/or", "not unique (indices 0 and 1)");
    refused(json!({ "and": ["customer_name"] }), "and", "/and/0", "A criterion is an object");
    refused(json!({ "and": [{}] }), "and", "/and/0", "A criterion names an attribute");
    refused(json!({ "and": { "customer_name": "Ada" } }), "customer_name", "/and/customer_name", "takes an operator");
    refused(json!({ "and": { "customer_name": {} } }), "customer_name", "/and/customer_name", "takes an operator");
    refused(json!({ "and": 5 }), "and", "/and", "and takes a criterion");
    refused(json!({ "sort": "customer_name" }), "sort", "/sort", "sort takes");
    refused(
        json!({ "sort": { "customer_name": "up" } }),
        "customer_name",
        "/sort/customer_name",
        "\"asc\" or \"desc\"",
    );

    let nested = |depth: usize| (0..depth).fold(criterion(1), |inner, _| json!({ "or": [inner] }));
    assert!(search::parse(nested(8).to_string().as_bytes(), &Settings::default()).is_ok());
    assert!(search::parse(nested(9).to_string().as_bytes(), &Settings::default()).is_err());
    let wide: Vec<Value> =
        (0..6).map(|group| json!({ "or": (0..20).map(|n| criterion(group * 20 + n)).collect::<Vec<_>>() })).collect();
    let refusal = refusal(&json!({ "and": wide }), Dialect::Plain);
    assert_eq!(refusal.errors.len(), 1);
    assert_eq!(refusal.errors[0].title.as_deref(), Some("A search has at most 100 criteria"));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let body = br#"{"and":{"customer_name":{"equals":"a"},"customer_name":{"equals":"b"}}}"#;
    let refusal = search::parse(body, &Settings::default()).unwrap_err();
    assert_eq!(refusal.errors[0].meta["pointer"], "/and/customer_name");
}

#[test]
fn every_fault_is_reported_up_to_a_limit() {
    let refusal = refusal(
        &json!({ "and": [{ "customer_nmae": { "set": 1 } }, { "customer_name": { "gt": 1 } }], "sort": { "x": "asc" } }),
        Dialect::Plain,
    );
    assert_eq!(refusal.errors.len(), 3);
}

#[test]
fn the_archive_search_has_a_closed_list_of_its_own() {
    let archive = |body: &Value| {
        search::parse(body.to_string().as_bytes(), &Settings { dialect: Dialect::Archive, ..Settings::default() })
    };
    let query = archive(&json!({
        "and": [
            { "customer_id": { "equals": "5C7D1A1F9A1B2C0010A1B2C3" } },
            { "customer_companyId": { "set": true } },
            { "customer_any_text_new": { "contains": "ada" } },
            { "customer_created_at": { "gte": "2020-01-01" } },
            { "customer_deleted": { "equals": true } },
        ],
        "sort": [{ "customer_updated_at": "desc" }, { "customer_deleted": "asc" }],
    }))
    .unwrap();
    assert!(query.include_deleted, "who asks for deleted records wants them");
    for body in [
        json!({ "and": { "customer_name": { "set": 1 } } }),
        json!({ "and": { "customer_custom_tierStr": { "set": 1 } } }),
        json!({ "and": { "any_text": { "contains": "ada" } } }),
        json!({ "sort": { "customer_name": "asc" } }),
        json!({ "aggs": {} }),
        json!({ "fields": [] }),
        json!({ "searchHash": "x" }),
    ] {
        assert_eq!(refusal(&body, Dialect::Archive).status, 400, "{body}");
    }
}
