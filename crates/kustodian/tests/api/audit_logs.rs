//! `GET /v1/audit-logs`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::events;
use crate::server::Server;

fn entries(server: &Server, query: &str) -> Vec<Value> {
    server.get(&format!("/v1/audit-logs?{query}")).expect(200).data().as_array().unwrap().clone()
}

fn numbers(entries: &[Value]) -> Vec<i64> {
    entries
        .iter()
        .map(|entry| entry["attributes"]["changes"]["attributes"]["rev"]["after"].as_i64().unwrap_or(1))
        .collect()
}

#[test]
fn an_entry_has_the_members_of_the_contract() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let company = server.post("/v1/companies", json!({ "name": "Acme" })).expect(201).data()["id"].clone();
    let updated = server.patch(path, json!({ "name": "Ada King", "company": company })).expect(200);
    events::first(&server, 3);

    let log = server.get("/v1/audit-logs?filter[objectType]=customer").expect(200);
    assert_eq!(log.body["meta"], json!({ "count": 100, "total": 2, "cursorCount": 2 }));
    let entry = &log.data()[0];
    let user = &customer["relationships"]["createdBy"];
    let mut attributes = entry["attributes"].clone();
    let changes = attributes["changes"].take();
    assert_eq!(
        attributes,
        json!({
            "eventName": "kustomer.customer.update", "eventVerb": "update",
            "org": customer["relationships"]["org"]["data"]["id"],
            "userId": user["data"]["id"], "userType": "machine", "objectId": customer["id"], "objectType": "customer",
            "client": "api", "changes": null, "createdAt": updated.attributes()["updatedAt"],
            "publishedAt": updated.attributes()["updatedAt"], "expiresAt": null,
        })
    );
    assert_eq!((&entry["type"], &entry["relationships"]), (&json!("audit_log"), &json!({ "user": user })));
    assert_eq!(changes["attributes"]["name"], json!({ "op": "replace", "before": "Ada", "after": "Ada King" }));
    assert_eq!(changes["relationships"], json!({ "company": { "op": "add", "after": company } }), "by bare ids");
    assert!(log.data()[1]["attributes"]["changes"].is_null());
}

#[test]
fn a_log_is_walked_down_and_up_again() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 2..=10 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    events::first(&server, 10);
    let walk = |from: &str, link: &str| {
        let (mut pages, mut next) = (Vec::new(), Some(from.to_owned()));
        while let Some(path) = next {
            let page = server.get(&path).expect(200);
            assert_eq!(page.body["meta"]["total"], 10);
            pages.push((numbers(page.data().as_array().unwrap()), path));
            next = page.body["links"][link].as_str().map(str::to_owned);
        }
        pages
    };
    let down = walk("/v1/audit-logs?count=4&filter[objectType]=customer", "next");
    assert_eq!(
        down.iter().map(|(page, _)| page.clone()).collect::<Vec<_>>(),
        [vec![10, 9, 8, 7], vec![6, 5, 4, 3], vec![2, 1]]
    );
    let up = walk(&down[2].1, "prev");
    assert_eq!(
        up.iter().map(|(page, _)| page.clone()).collect::<Vec<_>>(),
        [vec![2, 1], vec![6, 5, 4, 3], vec![10, 9, 8, 7]]
    );
    // Both cursors mark out what lies between them.
    let all = entries(&server, "count=1000&filter[objectType]=customer");
    let id = |index: usize| all[index]["id"].as_str().unwrap();
    assert_eq!(numbers(&entries(&server, &format!("before={}&after={}", id(1), id(5)))), [8, 7, 6]);
}

#[test]
fn a_log_can_be_narrowed_to_types_records_users_and_moments() {
    let server = Server::on_file();
    let ada = server.create(json!({ "tags": ["vip"] }));
    let other = server.token("demo", &["org.permission.customer"]);
    let written = server.call_as(&other, Method::POST, "/v1/customers", Some(json!({}))).expect(201);
    events::first(&server, 3);
    let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
    let user = written.data()["relationships"]["createdBy"]["data"]["id"].as_str().unwrap();
    let objects = |query: &str| -> Vec<String> {
        entries(&server, query)
            .iter()
            .map(|entry| entry["attributes"]["objectId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(objects("filter[objectType]=customer"), [id(written.data()), id(&ada)]);
    assert_eq!(objects(&format!("filter[objectType]=customer&filter[objectId]={}", id(&ada))), [id(&ada)]);
    assert_eq!(objects(&format!("filter[userId]={user}")), [id(written.data())]);
    assert_eq!(objects("filter[objectType]=customer&filter[include]=tag,company").len(), 3);
    assert_eq!(objects("filter[include]=tag").len(), 1);
    assert_eq!(objects("filter[objectType]=company"), Vec::<String>::new(), "none are kept");
    let moment = ada["attributes"]["createdAt"].as_str().unwrap();
    assert_eq!(objects(&format!("filter[start]={moment}&filter[objectType]=customer")).len(), 2);
    assert!(objects(&format!("filter[end]={moment}")).contains(&id(&ada)));
    assert_eq!(objects("filter[start]=9999-01-01").len(), 0);
    assert_eq!(objects("filter[end]=2020-01-01").len(), 0);
}

#[test]
fn what_cannot_be_asked_of_a_log_is_refused_by_name() {
    let server = Server::start();
    for (query, parameter) in [
        ("count=x", "count"),
        ("after=5c7d1a1f9a1b2c0010a1b2c3", "after"),
        ("before=x", "before"),
        ("filter[objectType]=nothing", "filter[objectType]"),
        ("filter[objectId]=5c7d1a1f9a1b2c0010a1b2c3", "filter[objectId]"),
        ("filter[objectType]=customer&filter[objectId]=x", "filter[objectId]"),
        ("filter[userId]=x", "filter[userId]"),
        ("filter[include]=customer,nothing", "filter[include]"),
        ("filter[start]=x", "filter[start]"),
        ("filter[end]=x", "filter[end]"),
        ("filter[name]=x", "filter[name]"),
    ] {
        assert_eq!(server.get(&format!("/v1/audit-logs?{query}")).expect(400).parameter(), parameter, "{query}");
    }
}
