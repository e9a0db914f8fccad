//! `kustodian export`: files, and their import.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::importing::{import, import_as};
use crate::ran::Ran;
use crate::server::{Server, TOKEN, binary, full_customer};

pub(crate) fn export(server: &Server, kind: &str, out: &Path, more: &[&str]) -> Ran {
    export_as(TOKEN, server, kind, out, more)
}

pub(crate) fn export_as(token: &str, server: &Server, kind: &str, out: &Path, more: &[&str]) -> Ran {
    let mut command = binary();
    command.args(["export", kind, "--out"]).arg(out).args(more);
    Ran::of(command.env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", token))
}

pub(crate) fn records(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The files that an org is imported from, in an order in which each record follows those it refers to.
pub(crate) const FILES: [(&str, &str, &[&str]); 6] = [
    ("companies", "companies", &[]),
    ("customers", "customers", &[]),
    ("kobjects", "kobjects.order", &["--klass", "order"]),
    ("conversations", "conversations", &[]),
    ("messages", "messages", &[]),
    ("notes", "notes", &[]),
];

/// What a formula begins with in a spreadsheet.
const FORMULAS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// The attributes that a server sets, and those that depend on the time.
const GIVEN: [&str; 15] = [
    "updatedAt",
    "modifiedAt",
    "rev",
    "displayColor",
    "displayIcon",
    "recentItems",
    "lastActivityAt",
    "lastCustomerActivityAt",
    "recentLocation",
    "lastConversation",
    "statusAt",
    "firstDone",
    "lastDone",
    "totalDone",
    "totalOpen",
];

/// A key whose imports give new ids: it has not the role `org.admin`.
fn importer(server: &Server) -> String {
    server.token("demo", &["org.user", "org.admin.metadata.write"])
}

/// A record without attributes that a server sets, and with `*` for an id that differs there: the part that must be equal.
fn lasting(record: &Value) -> Value {
    let kind = record["type"].as_str().unwrap();
    let mut attributes = record["attributes"].clone();
    attributes.as_object_mut().unwrap().retain(|name, _| !GIVEN.contains(&name.as_str()));
    // A message is marked as imported, so that it opens no conversation.
    if kind == "message" {
        attributes.as_object_mut().unwrap().remove("importedAt");
    }
    let keeps_its_id = ["conversation", "message", "note"].contains(&kind);
    let id = if keeps_its_id { record["id"].clone() } else { json!("*") };
    json!({ "type": kind, "id": id, "attributes": attributes })
}

pub(crate) fn world(server: &Server) -> Value {
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let acme = server.post("/v1/companies", json!({ "name": "Acme", "tags": ["a partner"] })).expect(201);
    let acme = acme.data()["id"].clone();
    let mut ada = full_customer();
    ada["company"] = acme.clone();
    let ada = server.create(ada)["id"].clone();
    server.create(
        json!({ "name": "=SUM(A1)", "phones": [{ "phone": "+49 30 1234" }], "custom": { "noteTxt": "two\nlines" } }),
    );
    let order =
        json!({ "title": "Order 1", "customer": ada, "data": { "lines": [1, 2] }, "custom": { "totalNum": -1.5 } });
    server.post("/v1/klasses/order", order).expect(201);
    let conversation = json!({ "customer": ada, "name": "A late parcel", "tags": ["shipping"], "createdAt": "2020-01-31T00:00:00.000Z" });
    let conversation = server.post("/v1/conversations", conversation).expect(201).data()["id"].clone();
    let message = json!({
        "conversation": conversation, "channel": "email", "app": "postmark", "direction": "in", "preview": "Where is it?",
        "meta": { "to": ["desk@x.example"] }, "sentAt": "2020-01-31T10:00:00.000Z", "createdAt": "2020-01-31T10:00:00.000Z",
    });
    server.post("/v1/messages", message).expect(201);
    server.post("/v1/notes", json!({ "conversation": conversation, "body": "On Monday." })).expect(201);
    // An earlier message does not open it again.
    let path = format!("/v1/conversations/{}", conversation.as_str().unwrap());
    server.patch(&path, json!({ "status": "done" })).expect(200);
    let about = json!({ "properties": { "scoreNum": { "displayName": "Points" } } });
    server.put("/v1/metadata/customer", about).expect(200);
    ada
}

/// The records of two exports are the same, in whatever order, as far as `of` shows them.
#[track_caller]
fn assert_same_records(before: &Path, after: &Path, of: fn(&Value) -> Value) {
    for (_, name, _) in FILES {
        let all = |folder: &Path| {
            let mut all: Vec<Value> = records(&folder.join(format!("{name}.jsonl"))).iter().map(of).collect();
            all.sort_by_key(Value::to_string);
            all
        };
        let (before, after) = (all(before), all(after));
        assert!(!before.is_empty());
        assert_eq!(before, after, "{name}");
    }
}

#[test]
fn records_keep_their_states_and_references_in_another_server() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let klass = json!({ "name": "order", "klassSchema": "task" });
    server.post("/v1/klasses", klass.clone()).expect(200);
    let described = |key: &str| json!({ "properties": { key: { "target": "customer" } } });
    server.put("/v1/metadata/customer", described("friendId")).expect(200);
    server.put("/v1/metadata/kobject.order", described("ownerId")).expect(200);
    let ada = server.create(json!({ "name": "Ada" }))["id"].clone();
    let bob = server.create(json!({ "name": "Bob", "custom": { "friendId": ada } }))["id"].clone();
    let path = format!("/v1/customers/{}", ada.as_str().unwrap());
    server.patch(&path, json!({ "custom": { "friendId": bob } })).expect(200);
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let order = json!({ "title": "Order", "customer": ada, "custom": { "ownerId": bob } });
    let order = server.post("/v1/klasses/order", order).expect(201).data()["id"].clone();
    let order = format!("/v1/klasses/order/{}", order.as_str().unwrap());
    server.put(&order, json!({ "status": "done", "assignedUser": me })).expect(200);
    let conversation = |body: Value| {
        let made = server.post("/v1/conversations", body).expect(201);
        format!("/v1/conversations/{}", made.data()["id"].as_str().unwrap())
    };
    let put_aside = conversation(json!({ "customer": ada, "name": "put aside" }));
    let snooze = json!({ "status": "scheduled", "time": "2100-01-01T00:00:00.000Z" });
    server.patch(&put_aside, json!({ "snooze": snooze, "sentiment": { "polarity": 1, "confidence": 1 } })).expect(200);
    let assigned = conversation(json!({ "customer": ada, "name": "assigned", "assignedUsers": [me] }));
    let nameless = conversation(json!({ "customer": ada, "name": null }));
    for path in [&put_aside, &nameless] {
        let message = json!({ "channel": "email", "app": "postmark", "direction": "out", "subject": "A parcel", "preview": "It left." });
        server.post(&format!("{path}/messages"), message).expect(201);
        server.post(&format!("{path}/notes"), json!({ "body": "On Monday." })).expect(201);
    }
    let before = [&put_aside, &nameless].map(|path| server.get(path).expect(200).attributes()["name"].clone());
    assert_eq!(before, [json!("put aside"), Value::Null]);
    export(&server, "all", folder.path(), &[]).well();

    let other = Server::on_file();
    other.post("/v1/klasses", klass).expect(200);
    let ids = folder.path().join("ids");
    let file = |name: &str| folder.path().join(format!("{name}.jsonl"));
    let with_ids = |more: &[&str]| [more, &["--ids", ids.to_str().unwrap()]].concat().join(" ");
    let token = importer(&other);
    let bring = |kind: &str, name: &str, more: &[&str]| {
        let more = with_ids(more);
        let ran = import_as(&token, &other, kind, &file(name), &more.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{kind}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    };
    bring("metadata", "metadata", &[]);
    for (kind, name, more) in FILES.into_iter().filter(|(kind, ..)| *kind != "companies") {
        let said = bring(kind, name, more);
        assert!(said.contains(" 0 refused"), "{name}: {said}");
        if ["conversations", "notes"].contains(&kind) {
            assert!(said.contains("references wait"), "the user is not there: {said}");
        }
    }
    let there = other.get("/v1/customers").expect(200);
    let of = |name: &str| {
        let mut all = there.data().as_array().unwrap().iter();
        all.find(|one| one["attributes"]["name"] == name).unwrap().clone()
    };
    let (ada, bob) = (of("Ada"), of("Bob"));
    assert_eq!(
        (&ada["attributes"]["custom"]["friendId"], &bob["attributes"]["custom"]["friendId"]),
        (&bob["id"], &ada["id"])
    );
    let orders = || other.get("/v1/klasses/order").expect(200).data()[0].clone();
    assert_eq!(orders()["attributes"]["custom"]["ownerId"], bob["id"]);
    assert_eq!(orders()["attributes"]["status"], "done");
    let stored = other.get(&put_aside).expect(200);
    let stored = stored.attributes();
    assert_eq!((&stored["status"], &stored["snooze"]), (&json!("snoozed"), &snooze));
    assert_eq!((&stored["sentiment"]["polarity"], &stored["noteCount"]), (&json!(1), &json!(1)));
    let stored = other.get(&nameless).expect(200);
    assert_eq!((&stored.attributes()["name"], &stored.attributes()["messageCount"]), (&Value::Null, &json!(1)));
    assert_eq!(other.get(&assigned).expect(200).attributes()["assignedUsers"], json!([]));

    // The user has another id there, which only its owner knows.
    let now = other.get("/v1/users/current").expect(200).data()["id"].clone();
    let mut kept = fs::read_to_string(&ids).unwrap();
    kept.push_str(&format!("{} {}\n", me.as_str().unwrap(), now.as_str().unwrap()));
    fs::write(&ids, kept).unwrap();
    let said = bring("notes", "notes", &["--on-conflict", "skip"]);
    assert!(!said.contains("wait"), "{said}");
    assert_eq!(other.get(&assigned).expect(200).attributes()["assignedUsers"], json!([now]));
    assert_eq!(orders()["attributes"]["assignedUser"], now);
}

#[test]
fn tables_are_safe_in_spreadsheets_and_read_back() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    world(&server);
    // The characters that a formula may begin with.
    let formula = |first: char| format!("{first}cmd|' /C calc'!A0");
    for first in FORMULAS {
        server.create(json!({ "name": formula(first), "custom": { "noteTxt": formula(first) } }));
    }
    export(&server, "customers", folder.path(), &["--format", "csv"]).well();
    let file = folder.path().join("customers.csv");
    let table = fs::read_to_string(&file).unwrap();
    assert!(table.contains("'=SUM(A1)") && !table.contains(",=") && !table.contains("\n="), "{table}");
    // Its display name is the same.
    for first in FORMULAS {
        assert_eq!(table.matches(&format!("\"'{}\"", formula(first))).count(), 3, "{first:?}: {table}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["customers.csv"], "nothing else is left");
    let other = Server::start();
    import(&other, "customers", &file, &["--map", "company="]).well();
    let names = |server: &Server| {
        let page = server.get("/v1/customers?sort=createdAt").expect(200);
        let mut all: Vec<_> = page
            .data()
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let mut attributes = one["attributes"].clone();
                // A table has no cell for null.
                attributes["custom"].as_object_mut().unwrap().retain(|_, value| !value.is_null());
                (
                    attributes["name"].to_string(),
                    attributes["emails"].to_string(),
                    attributes["phones"].to_string(),
                    attributes["custom"].to_string(),
                )
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(names(&server), names(&other));
}

#[test]
fn a_table_of_every_kind_is_read_back_without_new_attributes() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    world(&server);
    export(&server, "all", folder.path(), &["--format", "csv"]).well();
    for (kind, name, more) in FILES {
        let file = folder.path().join(format!("{name}.csv"));
        let said = import(&server, kind, &file, &[more, &["--dry-run", "--output", "json"]].concat()).json();
        assert_eq!(said["refused"], 0, "{said}");
        let columns = said["mapping"].as_array().unwrap().iter();
        let is_new = |column: &&Value| column["becomes"].as_str().unwrap().contains("by its first values");
        assert_eq!(columns.filter(is_new).collect::<Vec<_>>(), Vec::<&Value>::new(), "{kind}");
    }
    // Another server that they are imported into has the same records.
    let other = Server::start();
    other.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let ids = folder.path().join("ids");
    for (kind, name, more) in FILES {
        let file = folder.path().join(format!("{name}.csv"));
        import(&other, kind, &file, &[more, &["--ids", ids.to_str().unwrap()]].concat()).well();
    }
    let again = tempfile::tempdir().unwrap();
    export(&server, "all", folder.path(), &[]).well();
    export(&other, "all", again.path(), &[]).well();
    assert_same_records(folder.path(), again.path(), in_a_table);
}

/// What a table has of a record: no null, and whatever is imported from it is marked.
fn in_a_table(record: &Value) -> Value {
    let mut record = lasting(record);
    let attributes = record["attributes"].as_object_mut().unwrap();
    attributes.retain(|name, value| !value.is_null() && name != "importedAt");
    if let Some(custom) = attributes.get_mut("custom").and_then(Value::as_object_mut) {
        custom.retain(|_, value| !value.is_null());
    }
    record
}

#[test]
fn an_export_since_a_position_has_what_changed_of_every_kind() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    world(&server);
    server.post("/v1/companies", json!({ "name": "Stays" })).expect(201);
    // The first read of some lists creates records, such as the default brand.
    export(&server, "all", folder.path(), &[]).well();
    let said = export(&server, "all", folder.path(), &["--output", "json"]).json();
    let position = said["position"].as_str().unwrap().to_owned();
    let first = |name: &str| records(&folder.path().join(format!("{name}.jsonl")))[0].clone();
    let path_of = |record: &Value| record["links"]["self"].as_str().unwrap().to_owned();
    // A kobject of no customer, so that nothing changes beside it, and one that is erased with its customer.
    let erased = server.create(json!({ "name": "Erased" }));
    let of_erased =
        server.post("/v1/klasses/order", json!({ "title": "Erased", "customer": erased["id"] })).expect(201);
    let of_none = server.post("/v1/klasses/order", json!({ "title": "Gone" })).expect(201).data().clone();
    let mut expected: BTreeMap<String, Vec<(Value, bool)>> = BTreeMap::new();
    for (name, change) in [
        ("companies", json!({ "employeeCount": 7 })),
        ("customers", json!({ "locale": "fr_FR" })),
        ("kobjects.order", json!({ "title": "Order 2" })),
        ("conversations", json!({ "priority": 5 })),
        ("messages", json!({ "subject": "A parcel" })),
        ("notes", json!({ "body": "On Friday." })),
    ] {
        let record = first(name);
        server.put(&path_of(&record), change).expect(200);
        expected.insert(name.to_owned(), vec![(record["id"].clone(), false)]);
    }
    server.delete(&path_of(&of_none)).expect(204);
    server.post(&format!("{}/erase", path_of(&erased)), json!({})).expect(204);
    expected.get_mut("customers").unwrap().push((erased["id"].clone(), true));
    expected
        .get_mut("kobjects.order")
        .unwrap()
        .extend([of_erased.data(), &of_none].map(|one| (one["id"].clone(), true)));
    let said = export(&server, "all", folder.path(), &["--since", &position, "--output", "json"]).json();
    for (name, changed) in &expected {
        let found: Vec<(Value, bool)> = records(&folder.path().join(format!("{name}.jsonl")))
            .iter()
            .map(|one| (one["id"].clone(), one["attributes"]["deleted"] == true))
            .collect();
        assert_eq!(&found, changed, "{name}");
    }
    for file in said["files"].as_array().unwrap() {
        let name = file["file"].as_str().unwrap().trim_end_matches(".jsonl");
        assert_eq!(file["rows"], expected.get(name).map_or(0, Vec::len), "{file}");
    }
    let next = said["position"].as_str().unwrap();
    let said = export(&server, "all", folder.path(), &["--since", next, "--output", "json"]).json();
    assert!(said["files"].as_array().unwrap().iter().all(|file| file["rows"] == 0), "{said}");
}

#[test]
fn an_export_since_a_position_has_changed_and_deleted_records() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let ada = world(&server);
    let bob = server.create(json!({ "name": "Bob" }))["id"].as_str().unwrap().to_owned();
    let said = export(&server, "customers", folder.path(), &["--output", "json"]).json();
    let position = said["position"].as_str().unwrap().to_owned();
    let file = folder.path().join("customers.jsonl");
    assert_eq!(records(&file).len(), 3);
    let since =
        |position: &str| export(&server, "customers", folder.path(), &["--since", position, "--output", "json"]).json();
    since(&position);
    assert_eq!(records(&file).len(), 0, "nothing has changed");
    server.patch(&format!("/v1/customers/{}", ada.as_str().unwrap()), json!({ "name": "Ada King" })).expect(200);
    server.delete(&format!("/v1/customers/{bob}")).expect(204);
    let next = since(&position)["position"].as_str().unwrap().to_owned();
    let changed: Vec<_> = records(&file)
        .iter()
        .map(|one| (one["id"].clone(), one["attributes"]["name"].clone(), one["attributes"]["deleted"].clone()))
        .collect();
    assert_eq!(changed, [(ada, json!("Ada King"), json!(false)), (json!(bob), Value::Null, json!(true))]);
    since(&next);
    assert_eq!(records(&file).len(), 0);
    export(&server, "nothing", folder.path(), &[]).misused(&["there are: all, "]);
}

/// The revision that each record of a type had at a position of the feed, of those that were there.
fn revisions_at(server: &Server, object_type: &str, position: &str) -> BTreeMap<String, u64> {
    let (mut revisions, mut after) = (BTreeMap::new(), String::new());
    loop {
        let page = server.get(&format!("/v1/events?pageSize=1000{after}")).expect(200);
        for event in page.data().as_array().unwrap() {
            let id = event["dataId"].as_str().unwrap().to_owned();
            match event["name"].as_str().unwrap().strip_prefix(&format!("kustomer.{object_type}.")) {
                Some("delete") => drop(revisions.remove(&id)),
                Some(_) => drop(revisions.insert(id, event["rev"].as_u64().unwrap())),
                None => {}
            }
            if event["id"] == position {
                return revisions;
            }
            after = format!("&after={}", event["id"].as_str().unwrap());
        }
    }
}

#[test]
fn an_export_shows_one_moment_while_others_write() {
    // More companies than a page holds: their pages have numbers, and move when one is deleted.
    const RECORDS: [(&str, usize); 2] = [("customers", 200), ("companies", 1_100)];
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let mut ids: Vec<Vec<String>> = Vec::new();
    for (list, records) in RECORDS {
        let made = (0..records / 100).flat_map(|batch| {
            let items: Vec<Value> =
                (0..100).map(|number| json!({ "name": format!("Record {batch} {number}") })).collect();
            let job = server.post(&format!("/v1/{list}/bulk"), json!(items)).expect(201);
            let ids = job.attributes()["ids"].as_array().unwrap().clone();
            ids.into_iter().map(|id| id.as_str().unwrap().to_owned())
        });
        ids.push(made.collect());
    }
    let is_over = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut at = 0;
            while !is_over.load(Ordering::Relaxed) {
                // All over the lists: changed, deleted (once, then it is a 404), and others created.
                let (customer, company) = (&ids[0][at * 7 % RECORDS[0].1], &ids[1][at * 7 % RECORDS[1].1]);
                server
                    .patch(&format!("/v1/companies/{company}"), json!({ "deleted": at % 2 == 0, "employeeCount": at }));
                match at % 2 {
                    0 => server.delete(&format!("/v1/customers/{customer}")),
                    _ => server.patch(&format!("/v1/customers/{customer}"), json!({ "name": "changed" })),
                };
                server.create(json!({ "name": "new" }));
                at += 1;
            }
            at
        });
        let said = export(&server, "all", folder.path(), &["--output", "json"]).json();
        is_over.store(true, Ordering::Relaxed);
        let written = writer.join().unwrap();
        for (name, object_type) in [("customers", "customer"), ("companies", "company")] {
            let exported = records(&folder.path().join(format!("{name}.jsonl")));
            let exported: BTreeMap<String, u64> = exported
                .iter()
                .map(|record| {
                    (record["id"].as_str().unwrap().to_owned(), record["attributes"]["rev"].as_u64().unwrap())
                })
                .collect();
            assert_eq!(exported, revisions_at(&server, object_type, said["position"].as_str().unwrap()), "{name}");
        }
        written
    });
    assert!(written > 0, "somebody wrote meanwhile");
}

#[test]
fn metadata_is_exported_and_imported_into_another_server() {
    let (server, target, folder) = (Server::start(), Server::start(), tempfile::tempdir().unwrap());
    for server in [&server, &target] {
        server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    }
    let tier = json!({ "displayName": "Loyalty", "enumeration": ["gold", "silver"] });
    let mut properties = json!({ "tierStr": tier, "orderId": { "target": "kobject.order" }, "pinStr": { "sensitive": { "enabled": true } } });
    server.put("/v1/metadata/customer", json!({ "properties": properties })).expect(200);
    // More than one write takes.
    for part in 0..2 {
        let many: serde_json::Map<String, Value> = (0..80)
            .map(|number| (format!("p{part}n{number}Str"), json!({ "displayName": number.to_string() })))
            .collect();
        server.put("/v1/metadata/customer", json!({ "properties": many })).expect(200);
        properties.as_object_mut().unwrap().extend(many);
    }
    server.put("/v1/metadata/kobject.order", json!({ "properties": { "totalNum": {} } })).expect(200);
    export(&server, "metadata", folder.path(), &[]).well();
    let file = folder.path().join("metadata.jsonl");
    let dry = import(&target, "metadata", &file, &["--dry-run", "--output", "json"]).json();
    assert_eq!((&dry["created"], &dry["refused"]), (&json!(2), &json!(0)));
    assert_eq!(target.get("/v1/metadata/customer").expect(200).attributes()["properties"], json!({}));
    let said = import(&target, "metadata", &file, &["--output", "json"]).json();
    assert_eq!((&said["created"], &said["updated"]), (&json!(2), &json!(0)));
    for (name, count) in [("customer", 163), ("kobject.order", 1)] {
        let described = |server: &Server| -> BTreeMap<String, Value> {
            let metadata = server.get(&format!("/v1/metadata/{name}")).expect(200);
            let mut properties = metadata.attributes()["properties"].as_object().unwrap().clone();
            for about in properties.values_mut() {
                let about = about.as_object_mut().unwrap();
                about.retain(|name, _| !["modifiedAt", "modifiedBy", "updatedAt"].contains(&name.as_str()));
            }
            properties.into_iter().collect()
        };
        assert_eq!(described(&target), described(&server), "{name}");
        assert_eq!(described(&target).len(), count, "{name}");
    }
    // Once more: it is there already, and nothing is written.
    let rev = || target.get("/v1/metadata/customer").expect(200).attributes()["rev"].clone();
    let before = rev();
    let again = import(&target, "metadata", &file, &["--output", "json"]).json();
    assert_eq!((&again["created"], &again["updated"]), (&json!(0), &json!(2)));
    assert_eq!(rev(), before);
    // A klass that is not there is the fault of its line alone.
    let bare = Server::start();
    let rejects = folder.path().join("refused.jsonl");
    let in_part = import(&bare, "metadata", &file, &["--reject", rejects.to_str().unwrap()]);
    assert_eq!(in_part.code, Some(3), "{}", in_part.stderr);
    let refused = records(&rejects);
    assert!(!refused.is_empty() && refused[0]["import_reason"].as_str().unwrap().contains("order"), "{refused:?}");
    import(&bare, "metadata", &file, &["--resume"]).fails_with("--resume");
}

#[test]
fn deliveries_are_exported_in_the_order_of_ids_although_the_outbox_lists_the_newest_first() {
    let server = Server::start();
    let ada = server.create(json!({ "phones": [{ "phone": "+18005551815" }] }))["id"].as_str().unwrap().to_owned();
    for body in ["It has left.", "It is here."] {
        let draft = json!({ "channel": "sms", "to": "+18005551815", "body": body, "status": "sent" });
        server.post(&format!("/v1/customers/{ada}/drafts"), draft).expect(200);
    }
    let bodies = |path: &str| -> Vec<Value> {
        let list = server.get(path).expect(200);
        list.data().as_array().unwrap().iter().map(|one| one["attributes"]["body"].clone()).collect()
    };
    assert_eq!(bodies("/v1/outbox"), ["It is here.", "It has left."]);
    assert_eq!(bodies("/v1/outbox?sort=asc"), ["It has left.", "It is here."]);
    let next = server.get("/v1/outbox?sort=asc&pageSize=1").expect(200).body["links"]["next"].clone();
    assert_eq!(bodies(next.as_str().unwrap()), ["It is here."]);
    server.get("/v1/outbox?sort=up").expect(400);

    let out = tempfile::tempdir().unwrap();
    let ran = export(&server, "deliveries", out.path(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let written: Vec<Value> =
        records(&out.path().join("deliveries.jsonl")).iter().map(|one| one["attributes"]["body"].clone()).collect();
    assert_eq!(written, ["It has left.", "It is here."]);
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_has_the_rows_and_typed_columns_of_the_records() {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    let server = Server::on_file();
    server.create(json!({ "name": "=1+1", "externalId": "a", "custom": { "scoreNum": 12.5, "vipBool": true } }));
    server.create(json!({ "name": "Ada \u{e9}", "emails": [{ "email": "ada@acme.example" }] }));
    let out = tempfile::tempdir().unwrap();
    export(&server, "customers", out.path(), &["--format", "parquet"]).well();
    let file = fs::File::open(out.path().join("customers.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let fields = reader.metadata().file_metadata().schema().get_fields().to_vec();
    let place = |name: &str| fields.iter().position(|field| field.name() == name).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get_string(place("name")).unwrap(), "=1+1");
    assert_eq!(rows[0].get_double(place("custom.scoreNum")).unwrap(), 12.5);
    assert!(rows[0].get_bool(place("custom.vipBool")).unwrap());
    assert_eq!(rows[1].get_string(place("name")).unwrap(), "Ada \u{e9}");
    assert!(rows[1].get_double(place("custom.scoreNum")).is_err(), "nothing is null");
}

#[test]
fn a_row_that_is_imported_again_with_the_same_ids_is_the_same_record() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    // Without an external id or an e-mail address.
    for name in ["Ada", "Bob"] {
        server.create(json!({ "name": name }));
    }
    server.post("/v1/companies", json!({ "name": "Acme" })).expect(201);
    server.post("/v1/klasses/order", json!({ "title": "Order 1" })).expect(201);
    for format in ["csv", "jsonl"] {
        export(&server, "all", folder.path(), &["--format", format]).well();
        let (other, ids) = (Server::on_file(), folder.path().join(format!("ids.{format}")));
        other.post("/v1/klasses", json!({ "name": "order" })).expect(200);
        let token = importer(&other);
        let bring = |on_conflict: &str| {
            let mut said = Vec::new();
            for (kind, name, more) in &FILES[..3] {
                let file = folder.path().join(format!("{name}.{format}"));
                let more = [*more, &["--ids", ids.to_str().unwrap(), "--on-conflict", on_conflict]].concat();
                let ran = import_as(&token, &other, kind, &file, &more);
                assert_eq!(
                    ran.stderr.contains("its record was imported before"),
                    on_conflict == "fail" && ran.code == Some(3)
                );
                said.push(ran.stdout.lines().last().unwrap().to_owned());
            }
            said
        };
        let all = |of: fn(usize) -> String| [1, 2, 1].map(of);
        assert_eq!(bring("fail"), all(|rows| format!("{rows} created, 0 updated, 0 skipped, 0 refused")));
        let kept = fs::read_to_string(&ids).unwrap();
        assert_eq!(kept.lines().count(), 4);

        assert_eq!(bring("fail"), all(|rows| format!("0 created, 0 updated, 0 skipped, {rows} refused")));
        assert_eq!(bring("skip"), all(|rows| format!("0 created, 0 updated, {rows} skipped, 0 refused")));
        let there = other.get("/v1/customers").expect(200);
        let all_there = there.data().as_array().unwrap();
        let ada = all_there.iter().find(|one| one["attributes"]["name"] == "Ada").unwrap();
        let path = format!("/v1/customers/{}", ada["id"].as_str().unwrap());
        other.patch(&path, json!({ "name": "Countess" })).expect(200);
        assert_eq!(bring("update"), all(|rows| format!("0 created, {rows} updated, 0 skipped, 0 refused")));
        assert_eq!(other.get(&path).expect(200).attributes()["name"], "Ada");
        assert_eq!(fs::read_to_string(&ids).unwrap(), kept);

        // One that was deleted is created again, and is known by its newer id.
        other.delete(&path).expect(204);
        let counts = |created, skipped| format!("{created} created, 0 updated, {skipped} skipped, 0 refused");
        assert_eq!(bring("skip"), [counts(0, 1), counts(1, 1), counts(0, 1)]);
        assert_eq!(bring("skip"), all(|rows| format!("0 created, 0 updated, {rows} skipped, 0 refused")));
    }
}

#[test]
fn a_table_of_notes_keeps_the_users_and_teams_that_they_mention() {
    let [server, other] = [Server::start(), Server::start()];
    let folder = tempfile::tempdir().unwrap();
    let made = |server: &Server| {
        let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
        let team = server.post("/v1/teams", json!({ "name": "Desk" })).expect(201).data()["id"].clone();
        [user, team].map(|id| id.as_str().unwrap().to_owned())
    };
    let ([user, team], [new_user, new_team]) = (made(&server), made(&other));
    let customer = server.create(json!({ "name": "Ada" }))["id"].clone();
    for (body, mentions) in [("to both", json!([{ "user": user }, { "team": team }])), ("to nobody", json!([]))] {
        let note = json!({ "customer": customer, "body": body, "userMentions": mentions });
        server.post("/v1/notes", note).expect(201);
    }
    for kind in ["customers", "notes"] {
        export(&server, kind, folder.path(), &["--format", "csv"]).well();
    }
    let ids = folder.path().join("ids");
    fs::write(&ids, format!("{user} {new_user}\n{team} {new_team}\n")).unwrap();
    for kind in ["customers", "notes"] {
        import(&other, kind, &folder.path().join(format!("{kind}.csv")), &["--ids", ids.to_str().unwrap()]).well();
    }
    let page = other.get("/v1/notes").expect(200);
    let mentioned = |body: &str| {
        let mut all = page.data().as_array().unwrap().iter();
        all.find(|one| one["attributes"]["body"] == body).unwrap()["relationships"]["userMentions"]["data"].clone()
    };
    assert_eq!(mentioned("to both"), json!([{ "type": "user", "id": new_user }, { "type": "team", "id": new_team }]));
    assert_eq!(mentioned("to nobody"), json!([]));
}
