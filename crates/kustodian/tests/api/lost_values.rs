//! Values that customers lost in merges, and the searches that find the customers by them.

use serde_json::{Value, json};

use crate::server::Server;

fn with_lost_value(number: u32) -> Value {
    let lost = json!({ "attribute": "custom.tierStr", "customer": "5c7d1a1f9a1b2c0010a1b2c3", "value": "silver" });
    json!({ "name": number.to_string(), "importedAt": "2024-01-01T00:00:00.000Z", "lostValues": [lost] })
}

#[test]
fn a_search_of_many_criteria_finds_all_customers_that_meet_them_by_lost_values() {
    let server = Server::start();
    // PostgreSQL takes 65,535 values in a statement; 800 customers for each of 90 criteria are more.
    for hundred in 0..8 {
        let items: Vec<Value> = (0..100).map(|number| with_lost_value(hundred * 100 + number)).collect();
        server.post("/v1/customers/bulk", json!(items)).expect(201);
    }
    let criterion =
        |or: u32, and: u32| json!({ "customer_custom_tierStr": { "in": ["silver", format!("{or} {and}")] } });
    let criteria = |or: u32| json!({ "and": (0..10).map(|and| criterion(or, and)).collect::<Vec<_>>() });
    let query = json!({ "queryContext": "customer", "or": (0..9).map(criteria).collect::<Vec<_>>() });
    let found = server.post("/v1/customers/search?pageSize=1", query).expect(200);
    assert_eq!(found.body["meta"]["total"], 800, "{}", found.body["meta"]);
}

#[test]
fn lost_values_are_not_kept_where_the_server_is_to_keep_none() {
    let server = Server::start_with(&["--keep-lost-values", "off"]);
    let [source, target] = ["one", "two"].map(|name| server.create(json!({ "name": name, "custom": { "aNum": 1 } })));
    server.post("/v1/customers/merges", json!({ "source": source["id"], "target": target["id"] })).expect(201);
    let path = target["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(path).expect(200).attributes().get("lostValues"), None);
    let by_name = |name: &str| {
        let query = json!({ "queryContext": "customer", "and": [{ "customer_name": { "equals": name } }] });
        server.post("/v1/customers/search", query).expect(200).ids().len()
    };
    assert_eq!([by_name("one"), by_name("two")], [0, 1]);
}
