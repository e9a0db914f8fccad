//! `kustodian export`: files, and what becomes of them when they are imported.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::ran::Ran;
use crate::importing::import;
use crate::server::{Server, TOKEN, binary, full_customer};

fn export(server: &Server, kind: &str, out: &Path, more: &[&str]) -> Ran {
    let mut command = binary();
    command.args(["export", kind, "--out"]).arg(out).args(more);
    Ran::of(command.env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN))
}

fn records(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The files that an org is imported from, in an order in which each record comes after those it refers to.
const FILES: [(&str, &str, &[&str]); 6] = [
    ("companies", "companies", &[]),
    ("customers", "customers", &[]),
    ("kobjects", "kobjects.order", &["--klass", "order"]),
    ("conversations", "conversations", &[]),
    ("messages", "messages", &[]),
    ("notes", "notes", &[]),
];

/// A record without what a server gives, and with `*` for the ids of records that have others there: what must be the same.
fn lasting(record: &Value) -> Value {
    let mut record = record.clone();
    let kind = record["type"].as_str().unwrap().to_owned();
    let attributes = record["attributes"].as_object_mut().unwrap();
    for given in ["updatedAt", "modifiedAt", "rev", "displayColor", "displayIcon", "recentItems"] {
        attributes.remove(given);
    }
    if ["customer", "company"].contains(&kind.as_str()) || kind.starts_with("kobject") {
        record["id"] = json!("*");
    }
    let attributes = record["attributes"].clone();
    json!({ "type": record["type"], "id": record["id"], "attributes": attributes })
}

fn world(server: &Server) -> Value {
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let acme = server.post("/v1/companies", json!({ "name": "Acme", "tags": ["a partner"] })).expect(201);
    let acme = acme.data()["id"].clone();
    let mut ada = full_customer();
    ada["company"] = acme.clone();
    let ada = server.create(ada)["id"].clone();
    server.create(json!({ "name": "=SUM(A1)", "phones": [{ "phone": "+49 30 1234" }], "custom": { "noteTxt": "two\nlines" } }));
    let order = json!({ "title": "Order 1", "customer": ada, "data": { "lines": [1, 2] }, "custom": { "totalNum": -1.5 } });
    server.post("/v1/klasses/order", order).expect(201);
    let conversation = json!({ "customer": ada, "name": "A late parcel", "tags": ["shipping"], "createdAt": "2020-01-31T00:00:00.000Z" });
    let conversation = server.post("/v1/conversations", conversation).expect(201).data()["id"].clone();
    let message = json!({
        "conversation": conversation, "channel": "email", "app": "postmark", "direction": "in", "preview": "Where is it?",
        "meta": { "to": ["desk@x.example"] }, "sentAt": "2020-01-31T10:00:00.000Z", "createdAt": "2020-01-31T10:00:00.000Z",
    });
    server.post("/v1/messages", message).expect(201);
    server.post("/v1/notes", json!({ "conversation": conversation, "body": "On Monday." })).expect(201);
    ada
}

#[test]
fn what_is_exported_from_one_server_and_imported_into_another_is_the_same() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    world(&server);
    let told = export(&server, "all", folder.path(), &["--output", "json"]).json();
    assert!(told["files"].as_array().unwrap().iter().any(|file| *file == json!({ "file": "customers.jsonl", "rows": 2 })), "{told}");
    let other = Server::start();
    other.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let (ids, again) = (folder.path().join("ids"), tempfile::tempdir().unwrap());
    for (kind, name, more) in FILES {
        let file = folder.path().join(format!("{name}.jsonl"));
        import(&other, kind, &file, &[more, &["--ids", ids.to_str().unwrap()]].concat()).well();
    }
    export(&other, "all", again.path(), &[]).well();
    for (_, name, _) in FILES {
        let all = |folder: &Path| {
            let mut all: Vec<Value> = records(&folder.join(format!("{name}.jsonl"))).iter().map(lasting).collect();
            all.sort_by_key(Value::to_string);
            all
        };
        let (before, after) = (all(folder.path()), all(again.path()));
        assert!(!before.is_empty());
        assert_eq!(before, after, "{name}");
    }
    let conversation = &records(&again.path().join("conversations.jsonl"))[0];
    let customer = conversation["relationships"]["customer"]["data"]["id"].as_str().unwrap();
    let found = other.get(&format!("/v1/customers/{customer}")).expect(200);
    assert_eq!(found.attributes()["conversationCounts"]["all"], 1, "it belongs to the customer who has another id there");
}

#[test]
fn tables_are_safe_in_spreadsheets_and_read_back() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    world(&server);
    export(&server, "customers", folder.path(), &["--format", "csv"]).well();
    let file = folder.path().join("customers.csv");
    let table = fs::read_to_string(&file).unwrap();
    assert!(table.contains("'=SUM(A1)") && !table.contains(",=") && !table.contains("\n="), "{table}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["customers.csv"], "nothing else is left");
    let other = Server::start();
    import(&other, "customers", &file, &["--map", "company="]).well();
    let names = |server: &Server| {
        let page = server.get("/v1/customers?sort=createdAt").expect(200);
        let mut all: Vec<_> = page.data().as_array().unwrap().iter().map(|one| {
            let attributes = &one["attributes"];
            (attributes["name"].to_string(), attributes["emails"].to_string(), attributes["phones"].to_string(), attributes["custom"].to_string())
        }).collect();
        all.sort();
        all
    };
    assert_eq!(names(&server), names(&other));
}

#[test]
fn an_export_since_a_position_holds_what_changed_and_what_is_gone() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let ada = world(&server);
    let bob = server.create(json!({ "name": "Bob" }))["id"].as_str().unwrap().to_owned();
    let told = export(&server, "customers", folder.path(), &["--output", "json"]).json();
    let position = told["position"].as_str().unwrap().to_owned();
    let file = folder.path().join("customers.jsonl");
    assert_eq!(records(&file).len(), 3);
    let since = |position: &str| export(&server, "customers", folder.path(), &["--since", position, "--output", "json"]).json();
    since(&position);
    assert_eq!(records(&file).len(), 0, "nothing has changed");
    server.patch(&format!("/v1/customers/{}", ada.as_str().unwrap()), json!({ "name": "Ada King" })).expect(200);
    server.delete(&format!("/v1/customers/{bob}")).expect(204);
    let next = since(&position)["position"].as_str().unwrap().to_owned();
    let changed: Vec<_> = records(&file).iter().map(|one| (one["id"].clone(), one["attributes"]["name"].clone(), one["attributes"]["deleted"].clone())).collect();
    assert_eq!(changed, [(ada, json!("Ada King"), json!(false)), (json!(bob), json!("Bob"), json!(true))]);
    since(&next);
    assert_eq!(records(&file).len(), 0);
    export(&server, "nothing", folder.path(), &[]).misused(&["there are: all, "]);
}
