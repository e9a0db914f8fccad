//! Acknowledged data is in the next search.

use serde_json::{Value, json};

use super::{PATH, names, search};
use crate::server::Server;

fn by_tier(server: &Server, tier: &str) -> Vec<String> {
    names(&search(server, json!({ "and": { "customer_custom_tierStr": { "equals": tier } } })))
}

#[test]
fn a_search_sees_every_write_before_it() {
    let server = Server::start();
    for round in 0..20 {
        let name = format!("Ada {round}");
        let customer = server.create(json!({ "name": name, "custom": { "tierStr": "gold" } }));
        let path = customer["links"]["self"].as_str().unwrap();
        assert_eq!(by_tier(&server, "gold"), [name.as_str()]);
        server.put(path, json!({ "custom": { "tierStr": "silver" } })).expect(200);
        assert_eq!((by_tier(&server, "gold").len(), by_tier(&server, "silver")), (0, vec![name.clone()]));
        server.delete(path).expect(204);
        assert_eq!(by_tier(&server, "silver").len(), 0);
        server.post(&format!("{path}/restore"), json!({})).expect(200);
        assert_eq!(by_tier(&server, "silver"), [name]);
        // An erasure is answered once it has left the disk, which takes long beside other tests.
        let last = if round % 10 == 0 { server.post(&format!("{path}/erase"), json!({})) } else { server.delete(path) };
        last.expect(204);
        assert_eq!(by_tier(&server, "silver").len(), 0);
    }
}

#[test]
fn deleted_customers_are_found_by_those_who_ask_for_them() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    server.delete(customer["links"]["self"].as_str().unwrap()).expect(204);
    let ada = json!({ "customer_name": { "equals": "ada" } });
    assert_eq!(names(&search(&server, json!({ "and": ada }))).len(), 0);
    assert_eq!(names(&search(&server, json!({ "and": ada, "includeDeleted": true }))), ["Ada"]);
    let archive = |body: Value| names(&server.post("/v1/customers/archive/search", body).expect(200));
    assert_eq!(archive(json!({ "and": { "customer_deleted": { "equals": true } } })), ["Ada"]);
    assert_eq!(archive(json!({ "and": { "customer_any_text_new": { "contains": "ada" } } })).len(), 0);
}

#[test]
fn nothing_of_another_org_is_found_counted_or_walked() {
    let server = Server::on_file();
    server.org("other");
    let other = server.token("other", &["org"]);
    server.create(json!({ "name": "Ada", "tags": ["vip"], "gender": "f" }));
    let everything = json!({ "aggs": { "g": { "terms": { "field": "customer_gender" } } } });
    for query in ["", "?total=exact", "?idsOnly=true", "?cursor=*"] {
        let path = format!("{PATH}{query}");
        let answer = server.call_as(&other, reqwest::Method::POST, &path, Some(everything.clone())).expect(200);
        assert_eq!((answer.data(), &answer.body["meta"]["total"]), (&json!([]), &json!(0)), "{query}");
        assert!(!answer.text.contains(r#""key":"f""#), "{query}");
    }
    // Nor can a walk of one org be gone on with by another.
    let sorted = json!({ "sort": { "customer_name": "asc" } });
    server.create(json!({ "name": "Grace" }));
    let first = server.post(&format!("{PATH}?cursor=*&pageSize=1"), sorted.clone()).expect(200);
    let cursor = first.body["meta"]["cursor"].as_str().unwrap();
    let path = format!("{PATH}?cursor={cursor}&pageSize=1");
    let answer = server.call_as(&other, reqwest::Method::POST, &path, Some(sorted));
    assert!(answer.status == 400 || answer.data() == &json!([]), "{}", answer.text);
}

#[test]
fn both_names_and_ids_of_tags_are_found() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "tags": ["vip"] }));
    let id = customer["attributes"]["tags"][0].as_str().unwrap();
    for tag in ["vip", id] {
        let found = search(&server, json!({ "and": { "customer_tags": { "in": [tag, "nobody has this"] } } }));
        assert_eq!(names(&found), ["Ada"]);
    }
}
