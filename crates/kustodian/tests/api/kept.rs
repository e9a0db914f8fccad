//! An import by an administrator: records keep their ids, their times and what follows from their past.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::exporting::{FILES, export, records, world};
use crate::importing::{import, import_as};
use crate::server::Server;

/// The members that differ after an import, as the documentation names them.
fn excepted() -> Vec<String> {
    let page = include_str!("../../../../docs/import-export.md");
    let (_, rest) = page.split_once("| differs | because |\n|---|---|\n").expect("the table of what differs");
    let (table, _) = rest.split_once("\n\n").unwrap();
    let names =
        |line: &str| line.split('|').nth(1).unwrap().split(',').map(|name| name.trim().replace('`', "")).collect();
    table.lines().flat_map(|line| -> Vec<String> { names(line) }).collect()
}

/// A record without the excepted members.
fn comparable(record: &Value, excepted: &[String]) -> Value {
    let mut record = record.clone();
    for part in ["attributes", "relationships"] {
        record[part].as_object_mut().unwrap().retain(|name, _| !excepted.contains(name));
    }
    record
}

/// The records of an export by kind and id. Ids of the other server's org and user are those of this one.
fn exported(folder: &Path, name: &str, ids: &[(String, String)]) -> BTreeMap<String, Value> {
    let mut text = fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
    for (here, there) in ids {
        text = text.replace(here, there);
    }
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|record| (record["id"].as_str().unwrap().to_owned(), record)).collect()
}

fn id_of(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

fn files() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    FILES.into_iter().chain([("kobjects", "kobjects.ticket", &["--klass", "ticket"][..])])
}

fn ticket() -> Value {
    json!({ "name": "ticket", "klassSchema": "task" })
}

/// Records with a past: changed, done and opened again, merged, ended, spam, and without a customer.
fn lived_in(server: &Server) {
    let ada = id_of(&json!({ "id": world(server) }));
    server.post("/v1/klasses", ticket()).expect(200);
    let friend = json!({ "properties": { "friendId": { "target": "customer" } } });
    server.put("/v1/metadata/customer", friend).expect(200);
    let customer = format!("/v1/customers/{ada}");
    server.patch(&customer, json!({ "custom": { "levelNum": 3 }, "gender": "f" })).expect(200);
    let acme = id_of(&server.get("/v1/companies").expect(200).data()[0]);
    server.put(&format!("/v1/companies/{acme}"), json!({ "name": "Acme Works" })).expect(200);

    let me = id_of(server.get("/v1/users/current").expect(200).data());
    let task = server.post("/v1/klasses/ticket", json!({ "title": "Call", "customer": ada })).expect(201);
    let task = format!("/v1/klasses/ticket/{}", id_of(task.data()));
    for change in [json!({ "assignedUser": me }), json!({ "status": "done" }), json!({ "status": "open" })] {
        server.put(&task, change).expect(200);
    }
    server.put(&task, json!({ "status": "done", "description": "Twice." })).expect(200);
    server.post("/v1/klasses/ticket", json!({ "title": "Of nobody" })).expect(201);

    let talk = |body: Value| {
        let made = server.post("/v1/conversations", body).expect(201);
        format!("/v1/conversations/{}", id_of(made.data()))
    };
    let message = |path: &str, direction: &str, text: &str| {
        let body = json!({ "channel": "chat", "app": "chat", "direction": direction, "preview": text });
        format!("/v1/messages/{}", id_of(server.post(&format!("{path}/messages"), body).expect(201).data()))
    };
    let long = talk(json!({ "customer": ada, "assignedUsers": [me], "priority": 5 }));
    message(&long, "in", "Hello");
    message(&long, "out", "Good morning");
    server.patch(&long, json!({ "status": "done" })).expect(200);
    let edited = message(&long, "in", "One more question");
    server.post(&format!("{long}/notes"), json!({ "body": "Calls again." })).expect(201);
    server.patch(&long, json!({ "snooze": { "status": "scheduled", "time": "2100-01-01T00:00:00.000Z" } })).expect(200);
    server.patch(&edited, json!({ "custom": { "kindStr": "question" }, "spam": false })).expect(200);
    let ended = talk(json!({ "customer": ada, "name": "ended" }));
    message(&ended, "in", "Bye");
    message(&ended, "out", "Bye bye");
    server
        .patch(&ended, json!({ "ended": true, "endedReason": "said bye", "endedBy": me, "endedByType": "user" }))
        .expect(200);
    server.patch(&ended, json!({ "locked": true, "status": "done" })).expect(200);
    let nameless = talk(json!({ "customer": ada, "name": null }));
    message(&nameless, "in", "Without a name");

    let other = server.create(json!({ "name": "Ada L.", "emails": [{ "email": "other@x.example" }] }));
    let theirs = talk(json!({ "customer": other["id"], "name": "theirs" }));
    message(&theirs, "in", "From another account");
    server.post("/v1/customers/merges", json!({ "source": other["id"], "target": ada })).expect(201);
    let owner = || server.get(&theirs).expect(200).data()["relationships"]["customer"]["data"]["id"].clone();
    wait_for("the conversation of the source", || owner() == ada);
    server.post("/v1/notes", json!({ "customer": ada, "body": "Prefers mail." })).expect(201);
    server.create(json!({ "name": "Bob", "custom": { "friendId": ada } }));
}

#[test]
fn records_with_a_past_are_the_same_after_an_import_into_an_empty_server() {
    let (server, folder, again) = (Server::start(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    lived_in(&server);
    let said = export(&server, "all", folder.path(), &["--output", "json"]).json();
    let written = json!({ "file": "kobjects.ticket.jsonl", "rows": 2 });
    assert!(said["files"].as_array().unwrap().contains(&written), "{said}");

    let other = Server::start();
    for klass in [json!({ "name": "order" }), ticket()] {
        other.post("/v1/klasses", klass).expect(200);
    }
    let ids_of = |server: &Server| {
        ["/v1/users/current", "/v1/orgs/current"].map(|path| id_of(server.get(path).expect(200).data()))
    };
    let (there, here) = (ids_of(&server), ids_of(&other));
    // Users are not imported: the file names those that take their places.
    let ids = folder.path().join("ids");
    fs::write(&ids, format!("{} {}\n", there[0], here[0])).unwrap();
    import(&other, "metadata", &folder.path().join("metadata.jsonl"), &[]).well();
    for (kind, name, more) in files() {
        let file = folder.path().join(format!("{name}.jsonl"));
        let said = import(&other, kind, &file, &[more, &["--ids", ids.to_str().unwrap()]].concat()).well();
        assert!(said.contains(" 0 refused"), "{name}: {said}");
    }
    export(&other, "all", again.path(), &[]).well();

    let excepted = excepted();
    assert!(!excepted.is_empty() && excepted.len() < 10, "{excepted:?}");
    let ids: Vec<(String, String)> = here.into_iter().zip(there).collect();
    for (_, name, _) in files() {
        let (before, after) = (exported(folder.path(), name, &[]), exported(again.path(), name, &ids));
        assert!(before.len() > 1 || ["companies", "kobjects.order"].contains(&name), "{name}");
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{name}");
        for (id, record) in &before {
            let [before, after] = [record, &after[id]].map(|record| comparable(record, &excepted));
            for part in ["attributes", "relationships"] {
                let mut names: Vec<&String> = before[part].as_object().unwrap().keys().collect();
                names.extend(after[part].as_object().unwrap().keys());
                for member in names {
                    assert_eq!(before[part].get(member), after[part].get(member), "{name} {id}: {member}");
                }
            }
            assert_eq!(before, after, "{name} {id}");
        }
    }
    // What happened to them here is of now, and search finds them by their own times.
    let ada = records(&again.path().join("customers.jsonl"))[0].clone();
    let history = other.get(&format!("/v1/customers/{}/history", id_of(&ada))).expect(200);
    let first = history.data().as_array().unwrap().last().unwrap().clone();
    assert!(first["attributes"]["createdAt"].as_str() > ada["attributes"]["updatedAt"].as_str(), "{first} {ada}");
    let moment = &ada["attributes"]["updatedAt"];
    let query = json!({ "and": [{ "customer_updated_at": { "equals": moment } }], "queryContext": "customer" });
    assert_eq!(other.post("/v1/customers/search", query).expect(200).ids(), [id_of(&ada)]);
}

#[test]
fn an_import_keeps_ids_and_times_for_an_administrator_alone() {
    let server = Server::on_file();
    let id = "5c7d1a1f9a1b2c0010a1b2c1";
    let body = |name: &str| {
        json!({
            "id": id, "name": name, "importedAt": "2021-01-01T00:00:00.000Z",
            "createdAt": "2019-01-01T00:00:00.000Z", "updatedAt": "2020-01-01T00:00:00.000Z",
        })
    };
    let user = server.token("demo", &["org.user"]);
    let refused = server.call_as(&user, reqwest::Method::POST, "/v1/customers", Some(body("Ada"))).expect(400);
    assert!(refused.body.to_string().contains("at /updatedAt"), "{}", refused.body);
    // A body without the mark is that of an ordinary create.
    let mut unmarked = body("Ada");
    unmarked.as_object_mut().unwrap().remove("importedAt");
    server.post("/v1/customers", unmarked).expect(400);

    let dry = server.post("/v1/customers?validateOnly=true", body("Ada")).expect(201);
    assert_eq!(dry.data()["id"], id);
    server.get(&format!("/v1/customers/{id}")).expect(404);
    let made = server.post("/v1/customers", body("Ada")).expect(201);
    assert_eq!((&made.data()["id"], &made.attributes()["updatedAt"]), (&json!(id), &json!("2020-01-01T00:00:00.000Z")));
    assert_eq!(made.attributes()["rev"], 1);
    for (path, body) in [("/v1/customers", body("Bob")), ("/v1/companies", body("Acme"))] {
        let taken = server.post(path, body).expect(409);
        assert!(taken.error().to_string().contains(&format!("A customer has the id {id}")), "{}", taken.body);
    }
    // A later change has its own time.
    let changed = server.patch(&format!("/v1/customers/{id}"), json!({ "gender": "f" })).expect(200);
    assert!(changed.attributes()["updatedAt"].as_str() > Some("2026"), "{}", changed.body);
}

#[test]
fn a_row_whose_id_is_taken_is_refused_passed_over_or_changes_the_record() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("customers.jsonl");
    let row = |name: &str, id: &str| {
        let attributes =
            json!({ "name": name, "createdAt": "2019-01-01T00:00:00.000Z", "updatedAt": "2020-01-01T00:00:00.000Z" });
        json!({ "type": "customer", "id": id, "attributes": attributes, "relationships": {} }).to_string() + "\n"
    };
    let (first, second) = ("5c7d1a1f9a1b2c0010a1b2c1", "5c7d1a1f9a1b2c0010a1b2c2");
    fs::write(&file, row("Ada", first) + &row("Ada", first) + &row("Bob", second)).unwrap();
    let ran = import(&server, "customers", &file, &[]);
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    // The rows of a request may be written at once: either of the two may be first.
    let refused = [1, 2].map(|line| format!("line {line}: duplicate detected: A customer has the id {first}"));
    assert!(refused.iter().any(|words| ran.stderr.contains(words)), "{}", ran.stderr);
    assert!(ran.stdout.contains("2 created, 0 updated, 0 skipped, 1 refused"), "{}", ran.stdout);
    let said = import(&server, "customers", &file, &["--on-conflict", "skip"]).well();
    assert!(said.contains("0 created, 0 updated, 3 skipped"), "{said}");
    fs::write(&file, row("Grace", second)).unwrap();
    import(&server, "customers", &file, &["--on-conflict", "update"]).well();
    assert_eq!(server.get(&format!("/v1/customers/{second}")).expect(200).attributes()["name"], "Grace");
}

#[test]
fn a_key_without_the_role_gives_new_ids() {
    let (server, folder) = (Server::on_file(), tempfile::tempdir().unwrap());
    let file = folder.path().join("companies.jsonl");
    let id = "5c7d1a1f9a1b2c0010a1b2c1";
    let attributes =
        json!({ "name": "Acme", "createdAt": "2019-01-01T00:00:00.000Z", "updatedAt": "2020-01-01T00:00:00.000Z" });
    let record = json!({ "type": "company", "id": id, "attributes": attributes, "relationships": {} });
    fs::write(&file, format!("{record}\n")).unwrap();
    let (user, ids) = (server.token("demo", &["org.user"]), folder.path().join("ids"));
    import_as(&user, &server, "companies", &file, &["--ids", ids.to_str().unwrap()]).well();
    let made = server.get("/v1/companies").expect(200).data()[0].clone();
    assert_ne!(made["id"], id);
    assert_eq!(made["attributes"]["createdAt"], "2019-01-01T00:00:00.000Z");
    assert_eq!(fs::read_to_string(&ids).unwrap(), format!("{id} {}\n", id_of(&made)));
}

#[test]
fn a_list_of_any_length_is_imported_and_no_item_is_added_by_sending_it_back() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let email = |at: usize| json!({ "type": "home", "email": format!("a{at}@x.example"), "verified": false });
    let id = "5c7d1a1f9a1b2c0010a1b2c1";
    let mut emails: Vec<Value> = (0..1_200).map(email).collect();
    let attributes = json!({ "name": "Ada", "emails": emails, "updatedAt": "2020-01-01T00:00:00.000Z" });
    let record = json!({ "type": "customer", "id": id, "attributes": attributes, "relationships": {} });
    let file = folder.path().join("customers.jsonl");
    fs::write(&file, format!("{record}\n")).unwrap();
    import(&server, "customers", &file, &[]).well();
    let path = format!("/v1/customers/{id}");
    let stored = server.get(&path).expect(200).attributes().clone();
    assert_eq!(stored["emails"].as_array().unwrap().len(), 1_200);

    // The answer is sent back, and has one item more then.
    let sent_back = |emails: &[Value]| json!({ "emails": emails, "importedAt": stored["importedAt"] });
    server.patch(&path, sent_back(&emails)).expect(200);
    emails.push(email(1_200));
    let refused = server.patch(&path, sent_back(&emails)).expect(400);
    assert!(refused.body.to_string().contains("Array is too long (1201), maximum 1200"), "{}", refused.body);
    let twice = emails.iter().take(200).chain([&emails[7]]).cloned().collect::<Vec<_>>();
    let refused = server.patch(&path, sent_back(&twice)).expect(400);
    assert!(refused.body.to_string().contains("indices 7 and 200"), "{}", refused.body);
}
