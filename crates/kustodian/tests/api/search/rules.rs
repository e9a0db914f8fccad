//! Refused searches, and the words of the refusals; the effects of the switches.

use serde_json::{Value, json};

use super::{PATH, search};
use crate::server::Server;

#[test]
fn faults_are_reported_with_their_place_and_the_nearest_name() {
    let server = Server::start();
    for (body, pointer, words) in [
        (json!({ "and": [{ "customer_nmae": { "equals": "x" } }] }), "/and/0/customer_nmae", "customer_name"),
        (json!({ "or": { "customer_name": { "equal": "x" } } }), "/or/customer_name/equal", "equals"),
        (json!({ "not": [{ "customer_created_at": { "gte": "soon" } }] }), "/not/0/customer_created_at/gte", "date"),
        (
            json!({ "and": { "customer_conversations_count": { "equals": "4" } } }),
            "/and/customer_conversations_count/equals",
            "number",
        ),
        (
            json!({ "and": { "conversation_stats": { "equals": "x" } } }),
            "/and/conversation_stats",
            "conversation_status",
        ),
        (
            json!({ "and": { "conversation_time_colour": { "equals": true } } }),
            "/and/conversation_time_colour",
            "unknown",
        ),
        (json!({ "sort": { "customer_email": "asc" } }), "/sort/customer_email", "sort"),
        (json!({ "timeZone": "Mars/Olympus" }), "/timeZone", "time zone"),
        (json!({ "queryContext": "custmer" }), "/queryContext", "customer"),
        (json!({ "limit": 5 }), "/limit", "limit"),
    ] {
        let answer = server.post(PATH, body.clone()).expect(400);
        let error = answer.error();
        assert_eq!(error["meta"]["pointer"], pointer, "{body}: {}", answer.text);
        assert!(answer.text.to_lowercase().contains(words), "{body}: {}", answer.text);
    }
}

#[test]
fn a_body_that_is_no_search_is_refused_without_a_fault_of_ours() {
    let server = Server::start();
    for body in ["[]", "{", "null", "1", "\"x\"", r#"{"and":7}"#, r#"{"and":[[]]}"#, r#"{"sort":[{"a":1}]}"#, "\u{0}"] {
        let request = server.request(reqwest::Method::POST, PATH).bearer_auth(crate::server::TOKEN);
        let request = request.header("Content-Type", "application/json").body(body);
        crate::server::Answer::of(request).expect(400).error();
    }
    for query in [
        "page=0",
        "page=x",
        "pageSize=x",
        "total=some",
        "idsOnly=maybe",
        "cursor=abc",
        "cursor=*&page=1",
        "cursor=*&pageSize=0",
    ] {
        let answer = server.post(&format!("{PATH}?{query}"), json!({})).expect(400);
        assert!(query.contains(answer.parameter()) && !answer.parameter().is_empty(), "{query}: {}", answer.text);
    }
    let deep = (0..9).fold(json!({ "customer_name": { "equals": "x" } }), |inner, _| json!({ "and": [inner] }));
    server.post(PATH, json!({ "and": [deep] })).expect(400);
    let many: Vec<Value> = (0..21).map(|number| json!({ "customer_name": { "equals": number.to_string() } })).collect();
    server.post(PATH, json!({ "and": many })).expect(400);
}

#[test]
fn a_type_that_is_not_here_is_empty_or_refused() {
    let body = json!({
        "queryContext": "work_session",
        "and": [{ "work_session_created_at": { "gte": "2020-01-01T00:00:00.000000Z" } }],
        "sort": [{ "work_session_created_at": "asc" }],
    });
    let refused = Server::start_with(&["--absent-types", "refuse"]).post(PATH, body.clone()).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/queryContext", "{}", refused.text);
    let server = Server::start();
    server.create(json!({ "name": "Ada" }));
    let answer = server.post(PATH, body.clone()).expect(200);
    assert_eq!((answer.data(), &answer.body["meta"]["total"]), (&json!([]), &json!(0)));
    assert_eq!(answer.body["links"]["next"], json!(null));
    let walk = server.post(&format!("{PATH}?cursor=*"), body).expect(200);
    assert_eq!((walk.data(), &walk.body["meta"]["cursor"]), (&json!([]), &json!(null)));
    server.post(PATH, json!({ "queryContext": "kobject_order" })).expect(200);
    server.post(PATH, json!({ "queryContext": "nonsense" })).expect(400);
    assert_eq!(search(&server, json!({})).ids().len(), 1, "customers are found as ever");
}

#[test]
fn searching_is_reading() {
    let server = Server::start_with(&["--read-only"]);
    search(&server, json!({}));
    server.post("/v1/customers/archive/search", json!({})).expect(200);
    server.post("/v1/customers", json!({ "name": "Ada" })).expect(503);
}

#[test]
fn the_role_to_search_is_a_role_of_its_own() {
    let server = Server::on_file();
    let reader = server.token("demo", &["org.user.customer.read"]);
    server.call_as(&reader, reqwest::Method::POST, PATH, Some(json!({}))).expect(403);
    let searcher = server.token("demo", &["org.permission.search.create"]);
    server.call_as(&searcher, reqwest::Method::POST, PATH, Some(json!({}))).expect(200);
}

#[test]
fn the_archive_knows_its_own_attributes_alone() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    let archive = "/v1/customers/archive/search";
    let found = server.post(archive, json!({ "and": { "customer_id": { "equals": customer["id"] } } })).expect(200);
    assert_eq!(found.ids(), [customer["id"].as_str().unwrap()]);
    assert_eq!(found.body["links"]["self"], "/v1/customers/search?page=1&pageSize=100");
    server.post(archive, json!({ "and": { "customer_name": { "equals": "ada" } } })).expect(400);
    server.post(archive, json!({ "aggs": {} })).expect(400);
    server.post(PATH, json!({ "and": { "customer_id": { "equals": customer["id"] } } })).expect(400);
}
