//! The law of the round trip: what any `GET` answers as a writable attribute, sent back, is a 200 that changes no value.

use std::collections::BTreeSet;

use kustomer_api::customer::READ_ONLY;
use kustomer_api::schema::{Kind, ReadOnly, Schema};
use kustomer_api::{conversation, customer, message, note, shortcut, team};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::roles::{aim, served};
use crate::server::{Server, full_customer};

/// What every update leaves behind.
const MARKS: [&str; 4] = ["rev", "updatedAt", "modifiedAt", "lastActivityAt"];

fn writable(attributes: &Value, read_only: &[ReadOnly]) -> Map<String, Value> {
    let is_writable = |name: &str| !read_only.iter().any(|attribute| attribute.name == name);
    let attributes = attributes.as_object().unwrap().iter().filter(|(name, _)| is_writable(name));
    attributes.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn values(record: &Value) -> Value {
    let mut record = record.clone();
    MARKS.iter().for_each(|mark| drop(record["attributes"].as_object_mut().unwrap().remove(*mark)));
    record
}

/// Sends each writable attribute back alone, then all of them together, with each of these methods.
fn sent_back_changes_nothing(server: &Server, path: &str, methods: &[Method], read_only: &[ReadOnly]) {
    let send = |method: &Method, body: Value| server.call(method.clone(), path, Some(body)).expect(200);
    let before = server.get(path).expect(200);
    let answered = writable(before.attributes(), read_only);
    assert!(!answered.is_empty(), "{path}");
    // The revision moves on with each of these updates.
    for (name, value) in answered.iter().filter(|(name, _)| *name != "rev") {
        let after = send(&methods[0], json!({ name: value }));
        assert_eq!(values(after.data()), values(before.data()), "{name} was sent back: {value}");
    }
    for method in methods {
        let newest = Value::Object(writable(server.get(path).expect(200).attributes(), read_only));
        assert_eq!(values(send(method, newest).data()), values(before.data()), "{method} of all of it");
    }
}

const PATCH_AND_PUT: &[Method] = &[Method::PATCH, Method::PUT];

fn path_of(record: &Value) -> String {
    record["links"]["self"].as_str().unwrap().to_owned()
}

#[test]
fn an_answer_can_be_sent_back_and_changes_no_value() {
    let server = Server::start();
    for customer in [full_customer(), json!({})] {
        sent_back_changes_nothing(&server, &path_of(&server.create(customer)), PATCH_AND_PUT, READ_ONLY);
    }
    let cleared = path_of(&server.create(full_of_nulls()));
    sent_back_changes_nothing(&server, &cleared, PATCH_AND_PUT, READ_ONLY);
    // A primary external id that is not the first of the list sent, and one that was taken away.
    let reordered = path_of(&server.create(json!({ "externalId": "a", "externalIds": [{ "externalId": "b" }] })));
    let sent = json!({ "externalIds": [{ "externalId": "c" }, { "externalId": "a", "verified": false }] });
    server.patch(&reordered, sent).expect(200);
    sent_back_changes_nothing(&server, &reordered, PATCH_AND_PUT, READ_ONLY);
    server.patch(&reordered, json!({ "externalId": null })).expect(200);
    sent_back_changes_nothing(&server, &reordered, PATCH_AND_PUT, READ_ONLY);

    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let full_team = json!({ "name": "Desk", "displayName": "The desk", "icon": "sun", "members": [me],
        "externalId": "t1", "createdAt": "2014-01-01T00:00:00Z", "importedAt": "2014-01-02T00:00:00Z" });
    for sent in [full_team, json!({ "name": "Bare" }), json!({ "name": "Null", "icon": null })] {
        let made = server.post("/v1/teams", sent).expect(201);
        sent_back_changes_nothing(&server, &path_of(made.data()), PATCH_AND_PUT, team::READ_ONLY_ON_UPDATE);
        // It can be created again from the answer.
        let answered = writable(made.attributes(), team::READ_ONLY);
        server.post("/v1/teams", Value::Object(answered)).expect(201);
    }
    let full_shortcut = json!({ "name": "Hi", "isPrivate": true, "payload": { "text": "Hi" }, "draft": {},
        "conversation": null });
    for sent in [full_shortcut, json!({ "name": "Bare" })] {
        let made = server.post("/v1/shortcuts", sent).expect(201);
        sent_back_changes_nothing(&server, &path_of(made.data()), &[Method::PUT], shortcut::READ_ONLY);
        server.post("/v1/shortcuts", Value::Object(writable(made.attributes(), shortcut::READ_ONLY))).expect(201);
    }
}

#[test]
fn the_answer_of_a_conversation_can_be_sent_back_and_changes_no_value() {
    let server = Server::start();
    let customer = path_of(&server.create(json!({})));
    let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let full = json!({ "name": "Late", "externalId": "t1", "priority": 5, "direction": "out", "replyChannel": "email",
        "tags": ["vip"], "assignedUsers": [user], "custom": { "tierStr": "gold" }, "defaultLang": "en_us",
        "createdAt": "2014-01-01T00:00:00.000Z", "importedAt": "2014-01-01T00:00:00.000Z", "status": "done" });
    for body in [full, json!({})] {
        let path = path_of(server.post(&format!("{customer}/conversations"), body).expect(201).data());
        sent_back_changes_nothing(&server, &path, PATCH_AND_PUT, conversation::READ_ONLY_ON_UPDATE);
        let more = json!({ "snooze": { "time": "2999-01-01T00:00:00.000Z", "status": "scheduled" }, "ended": true,
            "satisfaction": 0.5, "satisfactionLevel": { "createdAt": "2014-01-01T00:00:00.000Z", "status": "rated",
            "score": 1, "form": "5c7d1a1f9a1b2c0010a1b2c3" }, "sentiment": { "polarity": 1, "confidence": 0.5 },
            "suggestedTags": [{ "tag": "vip", "confidence": 0.5 }], "endedByType": "user", "subStatus":
            "5c7d1a1f9a1b2c0010a1b2c3", "endedReason": "left" });
        server.patch(&path, more).expect(200);
        sent_back_changes_nothing(&server, &path, PATCH_AND_PUT, conversation::READ_ONLY_ON_UPDATE);
        let message = json!({ "channel": "email", "app": "postmark", "preview": "Hello", "subject": "Hi", "meta": { "to": [] },
            "customer": customer.rsplit('/').next(), "direction": "in", "size": 5, "location": { "name": "Depot" } });
        let path = path_of(server.post("/v1/messages", message).expect(201).data());
        sent_back_changes_nothing(&server, &path, PATCH_AND_PUT, message::READ_ONLY_ON_UPDATE);
        let path = path_of(server.post("/v1/notes", json!({ "body": "Call.", "lang": null })).expect(201).data());
        sent_back_changes_nothing(&server, &path, PATCH_AND_PUT, note::READ_ONLY_ON_UPDATE);
    }
}

#[test]
fn an_answer_can_be_sent_back_after_a_record_that_it_names_was_deleted_and_another_must_exist() {
    let server = Server::start();
    let customer = path_of(&server.create(json!({})));
    let created = |path: &str, body: Value| server.post(path, body).expect(201).data().clone();
    let user = |email: &str| created("/v1/users", json!({ "name": email, "email": email }));
    let [gone, other] = ["gone@acme.example", "other@acme.example"].map(user);
    let team = created("/v1/teams", json!({ "name": "Gone" }));
    let queue = created("/v1/routing/queues", json!({ "name": "Gone" }));
    let shortcut = created("/v1/shortcuts", json!({ "name": "Gone" }));
    let desk = path_of(&created("/v1/teams", json!({ "name": "Desk", "members": [gone["id"]] })));
    let conversation = || path_of(&created(&format!("{customer}/conversations"), json!({})));
    let assigned = json!({ "assignedUsers": [gone["id"]], "assignedTeams": [team["id"]], "queue": { "id": queue["id"] },
        "suggestedShortcuts": [{ "shortcutId": shortcut["id"], "confidence": 0.5 }] });
    let held = conversation();
    server.patch(&held, assigned.clone()).expect(200);
    let mentions = json!([{ "user": gone["id"] }, { "team": team["id"] }]);
    let note = path_of(&created("/v1/notes", json!({ "body": "Call.", "userMentions": mentions })));
    server.post("/v1/klasses", json!({ "name": "chore", "klassSchema": "task" })).expect(200);
    let chore = path_of(&created("/v1/klasses/chore", json!({ "title": "Sweep" })));
    let of_chore = json!({ "assignedUser": gone["id"], "queue": queue["id"] });
    server.put(&chore, of_chore.clone()).expect(200);

    for user in [&gone, &other] {
        server.put(&path_of(user), json!({ "deleted": true })).expect(201);
    }
    for record in [&team, &queue, &shortcut] {
        server.delete(&path_of(record)).expect(204);
    }
    sent_back_changes_nothing(&server, &held, PATCH_AND_PUT, conversation::READ_ONLY_ON_UPDATE);
    sent_back_changes_nothing(&server, &note, PATCH_AND_PUT, note::READ_ONLY_ON_UPDATE);
    sent_back_changes_nothing(&server, &desk, PATCH_AND_PUT, team::READ_ONLY_ON_UPDATE);
    // Answered as relationships.
    for (path, body) in [(&note, json!({ "userMentions": mentions })), (&held, json!({ "queue": assigned["queue"] }))] {
        let before = server.get(path).expect(200);
        assert_eq!(values(server.patch(path, body).expect(200).data()), values(before.data()));
    }
    let before = server.get(&chore).expect(200);
    assert_eq!(values(server.put(&chore, of_chore.clone()).expect(200).data()), values(before.data()));

    let company = created("/v1/companies", json!({ "name": "Gone" }));
    let employed = path_of(&server.create(json!({ "name": "Ada", "company": company["id"] })));
    server.put(&path_of(&company), json!({ "deleted": true })).expect(200);
    let before = server.get(&employed).expect(200);
    let mut whole = values(before.data());
    for (query, body) in [
        ("", json!({ "company": company["id"] })),
        ("?replace=true", json!({ "name": "Ada", "company": company["id"] })),
    ] {
        let after = server.put(&format!("{employed}{query}"), body).expect(200);
        whole = values(after.data());
        assert_eq!(after.data()["relationships"]["company"], before.data()["relationships"]["company"], "{query}");
        assert_eq!(after.attributes()["companyName"], "Gone", "{query}");
    }
    assert_eq!(whole, values(before.data()));
    let refused = server.patch(&customer, json!({ "company": company["id"] })).expect(400);
    assert_eq!(refused.parameter(), "company");

    let fresh = conversation();
    for (name, value) in assigned.as_object().unwrap().iter().filter(|(name, _)| *name != "suggestedShortcuts") {
        server.patch(&fresh, json!({ name: value })).expect(400);
    }
    for id in [&other["id"], &json!("5c7d1a1f9a1b2c0010a1b2c3")] {
        server.patch(&held, json!({ "assignedUsers": [gone["id"], id] })).expect(400);
        server.patch(&desk, json!({ "members": [gone["id"], id] })).expect(400);
        server.patch(&note, json!({ "userMentions": [{ "user": gone["id"] }, { "user": id }] })).expect(400);
        server.put(&chore, json!({ "assignedUser": id })).expect(400);
    }
    // Once it is taken away it must exist to be named again.
    server.patch(&held, json!({ "assignedUsers": [] })).expect(200);
    server.patch(&held, json!({ "assignedUsers": [gone["id"]] })).expect(400);
}

/// Over the document that describes the API: what a record is answered with, each operation that writes such a record
/// accepts, or refuses with the reason why it is not written there.
#[test]
fn every_answered_attribute_is_accepted_by_a_write_or_refused_with_its_reason() {
    let server = Server::start();
    let document = server.get("/openapi.json").expect(200).body;
    let schema = |reference: &Value| {
        let name = reference["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        document["components"]["schemas"][name].clone()
    };
    let mut checked = 0;
    for operation in served(&server).into_iter().filter(|operation| {
        // A restore takes the revision alone.
        !operation.is_read() && !operation.path.ends_with("/restore")
    }) {
        let described = &document["paths"][operation.path][operation.method.as_str().to_lowercase()];
        let answered = &described["responses"][operation.success.to_string()]["content"]["application/json"]["schema"];
        let answered = schema(&schema(&answered["properties"]["data"])["properties"]["attributes"]);
        let taken = schema(&described["requestBody"]["content"]["application/json"]["schema"]);
        let (Some(answered), Some(taken)) = (answered["properties"].as_object(), taken["properties"].as_object())
        else {
            continue;
        };
        let (method, path, least) = aim(&server, operation);
        for name in answered.keys().filter(|name| !taken.contains_key(*name)) {
            let mut body = least.clone().unwrap();
            body[name] = Value::Null;
            let refused = server.call(method.clone(), &path, Some(body)).expect(400);
            let message = refused.error()["message"].as_str().unwrap();
            let is_reason =
                !["check its spelling", "custom attributes go inside"].iter().any(|no| message.contains(no));
            assert!(
                is_reason && refused.error()["meta"]["pointer"] == format!("/{name}"),
                "{}: {message}",
                operation.name
            );
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

/// Every attribute that can be null, null; every list empty.
fn full_of_nulls() -> Value {
    let full = full_customer();
    let cleared = full.as_object().unwrap().iter().filter_map(|(name, value)| match value {
        _ if ["createdAt", "importedAt", "sentiment", "custom"].contains(&name.as_str()) => None,
        Value::Array(_) => Some((name.clone(), json!([]))),
        _ => Some((name.clone(), Value::Null)),
    });
    Value::Object(cleared.collect())
}

#[test]
fn items_are_accepted_in_the_printed_and_in_the_recorded_form() {
    let server = Server::start();
    let items = [
        ("emails", json!({ "email": "a@acme.example", "type": "home", "verified": false })),
        ("sharedEmails", json!({ "email": "a@acme.example" })),
        ("phones", json!({ "phone": "5550000" })),
        ("sharedPhones", json!({ "phone": "5550000" })),
        ("whatsapps", json!({ "phone": "5550000" })),
        ("externalIds", json!({ "externalId": "a" })),
        ("sharedExternalIds", json!({ "externalId": "a" })),
        ("facebookIds", json!({ "pageId": "p", "userId": "u" })),
        ("instagramIds", json!({ "pageId": "p", "threadId": "t", "username": "u" })),
        ("socials", json!({ "type": "twitter", "username": "a" })),
        ("sharedSocials", json!({ "type": "twitter", "username": "a" })),
        ("urls", json!({ "url": "https://acme.example" })),
        ("locations", json!({ "name": "Home" })),
    ];
    let path = path_of(&server.create(json!({})));
    for (list, item) in items {
        let plain = server.patch(&path, json!({ list: [item] })).expect(200).attributes()[list].clone();
        assert_eq!(plain[0].get("id"), Some(&Value::Null), "{list}");
        for (member, value) in [
            ("id", json!(null)),
            ("id", json!("5c7d1a1f9a1b2c0010a1b2c3")),
            ("externalVerified", json!(false)),
            ("externalVerified", json!(true)),
        ] {
            let mut answered = item.clone();
            answered[member] = value;
            let after = server.patch(&path, json!({ list: [answered] })).expect(200);
            assert_eq!(after.attributes()[list], plain, "{list}: {member} is ignored");
        }
        let wrong = server.patch(&path, json!({ list: [{ "id": 7 }] })).expect(400);
        let pointers: Vec<&Value> =
            wrong.body["errors"].as_array().unwrap().iter().map(|error| &error["meta"]["pointer"]).collect();
        assert!(pointers.contains(&&json!(format!("/{list}/0/id"))), "{pointers:?}");
    }
    server.patch(&path, json!({ "sentiment": { "polarity": 1, "confidence": 0.5 } })).expect(200);
    let kept = server.patch(&path, json!({ "sentiment": {} })).expect(200);
    assert_eq!(kept.attributes()["sentiment"]["polarity"], 1, "an empty sentiment counts as not sent");
    server.patch(&path, json!({ "sentiment": { "polarity": 1 } })).expect(400);
}

#[test]
fn items_have_no_id_where_the_recorded_form_is_asked_for() {
    let server = Server::start_with(&["--item-ids", "omit"]);
    let path = path_of(&server.create(full_customer()));
    for (name, value) in server.get(&path).expect(200).attributes().as_object().unwrap() {
        for item in value.as_array().into_iter().flatten().filter(|item| item.is_object()) {
            assert!(item.get("id").is_none(), "{name}: {item}");
        }
    }
    sent_back_changes_nothing(&server, &path, PATCH_AND_PUT, READ_ONLY);
}

/// The attributes of another server, in the shapes that were recorded (`docs/contract/behaviour.md` §7.2, §22); values
/// are made up.
fn recorded() -> [Value; 2] {
    [include_str!("recorded/customer_2025.json"), include_str!("recorded/customer_2020.json")]
        .map(|attributes| serde_json::from_str(attributes).unwrap())
}

#[test]
fn the_answered_attributes_of_another_server_create_a_customer_without_those_that_are_read_only() {
    let server = Server::start();
    for recorded in recorded() {
        let made = server.post("/v1/customers", Value::Object(writable(&recorded, READ_ONLY))).expect(201);
        for kept in ["name", "externalId", "custom", "createdAt", "lastActivityAt"] {
            assert_eq!(made.attributes().get(kept), recorded.get(kept), "{kept}");
        }
        assert_eq!(made.attributes()["emails"][0]["email"], recorded["emails"][0]["email"]);
        sent_back_changes_nothing(&server, &path_of(made.data()), PATCH_AND_PUT, READ_ONLY);

        // Sent whole, every attribute that is read-only is refused, with what to do instead.
        let refused = server.post("/v1/customers", recorded.clone()).expect(400);
        for error in refused.body["errors"].as_array().unwrap() {
            let name = error["source"]["parameter"].as_str().unwrap();
            let advice = READ_ONLY.iter().find(|attribute| attribute.name == name).unwrap().advice;
            assert!(error["message"].as_str().unwrap().ends_with(advice), "{error}");
        }
    }
}

/// The attributes that a schema describes.
fn properties(schema: &Schema) -> BTreeSet<&'static str> {
    let Kind::Object(object) = schema.kind else { return BTreeSet::new() };
    let attributes = object.properties.iter().find(|property| property.name == "attributes");
    match attributes.map(|property| property.schema.kind) {
        Some(Kind::Object(attributes)) => attributes.properties.iter().map(|property| property.name).collect(),
        _ => object.properties.iter().map(|property| property.name).collect(),
    }
}

#[test]
fn every_answered_attribute_is_writable_or_listed_as_read_only_and_never_both() {
    for (answered, written, read_only) in [
        (&customer::CUSTOMER, &customer::CUSTOMER_INPUT, READ_ONLY),
        (&team::TEAM, &team::TEAM_INPUT, team::READ_ONLY),
        (&team::TEAM, &team::TEAM_CHANGES, team::READ_ONLY_ON_UPDATE),
        (&shortcut::SHORTCUT, &shortcut::SHORTCUT_INPUT, shortcut::READ_ONLY),
        (&shortcut::SHORTCUT, &shortcut::SHORTCUT_CHANGES, shortcut::READ_ONLY_ON_UPDATE),
    ] {
        let (answered, written) = (properties(answered), properties(written));
        let read_only: BTreeSet<&str> = read_only.iter().map(|attribute| attribute.name).collect();
        assert!(!answered.is_empty() && !written.is_empty());
        assert!(read_only.is_disjoint(&written), "{read_only:?}");
        let unlisted: Vec<&&str> =
            answered.iter().filter(|name| !written.contains(*name) && !read_only.contains(*name)).collect();
        assert!(unlisted.is_empty(), "neither writable nor read-only: {unlisted:?}");
    }
}

/// The attributes that a body refuses although they are answered, in whichever of its forms.
fn refused(schema: &Schema) -> Vec<&'static str> {
    let forms = match schema.kind {
        Kind::Forms(forms) => forms.all.iter().flat_map(|form| refused(form)).collect(),
        _ => Vec::new(),
    };
    let mut names: Vec<&str> = Vec::new();
    for name in schema.read_only.iter().map(|attribute| attribute.name).chain(forms) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[test]
fn the_documentation_lists_the_read_only_attributes() {
    let documented = include_str!("../../../../docs/compatibility.md");
    let mut rows: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for declaration in kustodian_server::declarations() {
        let refused = declaration.body.map(refused).unwrap_or_default();
        let name = declaration.operation.name;
        match rows.iter_mut().find(|(_, others)| *others == refused) {
            _ if refused.is_empty() => {}
            Some((names, _)) => names.push(name),
            None => rows.push((vec![name], refused)),
        }
    }
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let row = |(names, refused): &(Vec<&str>, Vec<&str>)| format!("| {} | {} |\n", quoted(names), quoted(refused));
    let table: String = rows.iter().map(row).collect();
    let table = format!("| operation | read-only |\n|---|---|\n{table}\n");
    assert!(documented.contains(&table), "docs/compatibility.md lacks this table:\n{table}");
}
