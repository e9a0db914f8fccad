//! `?validateOnly=true` on every write: the answer of the write, and nothing stored. Unknown query parameters of writes.

use kustodian_core::kind::Kind;
use kustomer_api::operation::Operation;
use reqwest::Method;
use serde_json::{Value, json};

use crate::place;
use crate::roles::{aim, is_about_credentials, served};
use crate::server::{Answer, Server, TOKEN};

/// The effects of a write: every record there is, deleted ones too, with its revision; and the record it is about with its
/// past. The database itself is read: lists of all kinds after each write took two minutes.
fn state(server: &Server, target: &str) -> Vec<String> {
    // First, as the first read of brands or schedules makes the default one of the org.
    let errors_aside = |path: &String| Some(server.get(path)).filter(|answer| answer.status == 200).map(|it| it.text);
    let about = [target.to_owned(), format!("{target}/history")].iter().filter_map(errors_aside).collect::<Vec<_>>();
    let of_kind = |kind: Kind| format!("SELECT '{}', id, rev, deleted FROM {}", kind.as_str(), kind.spec().table);
    let records = place::rows(server.database(), &Kind::ALL.map(of_kind).join(" UNION ALL "));
    let mut records: Vec<String> = records.into_iter().map(|row| row.join(" ")).collect();
    records.sort_unstable();
    records.into_iter().chain(about).collect()
}

/// The ids of all records that anything happened to, in the order of the feed.
fn ids_in_feed(server: &Server) -> Vec<String> {
    let last = server.create(json!({}))["id"].as_str().unwrap().to_owned();
    let (mut ids, mut after): (Vec<String>, Option<String>) = (Vec::new(), None);
    while ids.last() != Some(&last) {
        let page = crate::events::after(server, after.as_deref(), 100);
        let events = page.data().as_array().unwrap();
        after = Some(events.last().expect("the feed continues to the last record")["id"].as_str().unwrap().to_owned());
        ids.extend(events.iter().map(|event| event["dataId"].as_str().unwrap().to_owned()));
    }
    ids
}

fn send(server: &Server, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = server.request(method, path).bearer_auth(TOKEN).header("Idempotency-Key", key);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
}

fn with(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

fn writes(server: &Server) -> Vec<&'static Operation> {
    // Redelivering changes no record: its own test checks what arrives. So do those of credentials.
    let changes = |operation: &&Operation| {
        !operation.is_read() && operation.name != "redeliverOutboundWebhook" && !is_about_credentials(operation)
    };
    served(server).into_iter().filter(changes).collect()
}

/// A request that succeeds, and the path of the record it is about.
fn prepare(server: &Server, operation: &Operation) -> (Method, String, Option<Value>, String) {
    let (method, path, body) = aim(server, operation);
    let body = body.map(|mut body| {
        let others =
            ["/klasses", "/messages", "/notes", "/drafts", "/forwards", "/merges", "/restore", "/bulk", "/searches"];
        let is_record = !others.iter().any(|word| operation.path.contains(word));
        if operation.path.starts_with("/customers") && is_record {
            body = json!({ "name": "validated", "tags": [operation.name] });
        }
        body
    });
    let steps: Vec<&str> = path.split('/').collect();
    let restored = path.strip_suffix("/restore").map(str::to_owned);
    if let Some(target) = &restored {
        server.delete(target).expect(204);
    }
    let target = restored.unwrap_or_else(|| steps[..steps.len().min(4)].join("/"));
    (method, path, body, target)
}

/// An answer without what differs from one time to the next: ids and moments.
fn masked(answer: &Answer) -> String {
    let mut text = String::new();
    let mut rest = answer.text.as_str();
    while let Some(at) = rest.find('"') {
        let (before, after) = rest.split_at(at + 1);
        let end = after.find('"').unwrap();
        let word = &after[..end];
        let is_id = |word: &str| word.len() == 24 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.push_str(before);
        match word {
            word if is_id(word) || (word.len() == 24 && word.ends_with('Z')) => text.push('#'),
            path if path.split('/').any(is_id) => {
                text.extend(path.split('/').map(|step| if is_id(step) { "/#" } else { "/" }));
            }
            word => text.push_str(word),
        }
        text.push('"');
        rest = &after[end + 1..];
    }
    text.push_str(rest);
    // Picked by a hash of the id, or at random.
    let mut body: Value = serde_json::from_str(&text).unwrap_or_default();
    for picked in ["displayColor", "displayIcon", "token"] {
        if let Some(attributes) = body.pointer_mut("/data/attributes").and_then(Value::as_object_mut) {
            attributes.remove(picked);
        }
    }
    body.to_string()
}

#[test]
fn every_write_answers_its_result_and_stores_nothing() {
    let server = Server::on_file();
    let document = server.get("/openapi.json").expect(200).body;
    for operation in served(&server) {
        let mut path = operation.path.replace("{ids}", "{id}");
        if document["paths"].get(&path).is_none() {
            // Shared with an operation that takes a name.
            path = path.replace("{id}", "{name}");
        }
        let described = &document["paths"][path][operation.method.as_str().to_lowercase()];
        let lists_it = described["parameters"].as_array().unwrap().iter().any(|it| it["name"] == "validateOnly");
        assert_eq!(lists_it, !operation.is_read(), "{}", operation.name);
    }
    let writes = writes(&server);
    assert!(writes.len() >= 15, "{}", writes.len());
    let mut never_made: Vec<String> = Vec::new();
    for operation in writes {
        let name = operation.name;
        let (method, path, body, target) = prepare(&server, operation);
        let try_it = |value: &str| {
            let path = with(&path, &format!("validateOnly={value}"));
            send(&server, name, method.clone(), &path, body.as_ref())
        };
        let rehearsed = try_it("true").expect(operation.success);
        // The effects of the write before may still arrive, such as a delivery that was sent. A rehearsal that stores does so
        // each time.
        let rehearse = || {
            let before = state(&server, &target);
            for value in ["1", "true"] {
                assert_eq!(
                    try_it(value).expect(operation.success).text.is_empty(),
                    rehearsed.text.is_empty(),
                    "{name}"
                );
            }
            (state(&server, &target) == before).then_some(before)
        };
        let before = (0..5).find_map(|_| rehearse()).unwrap_or_else(|| panic!("{name} stored something"));
        assert_eq!(try_it("perhaps").expect(400).parameter(), "validateOnly", "{name}");

        // The key was not used up, and `validateOnly=false` is the write itself.
        let done = try_it("false").expect(operation.success);
        assert_ne!(done.header("idempotent-replayed"), "true", "{name}");
        assert!(state(&server, &target) != before, "{name} did nothing");
        assert_eq!(masked(&rehearsed), masked(&done), "{name}");
        let tags = rehearsed.attributes()["tags"].as_array().into_iter().flatten();
        let named = [&rehearsed.data()["id"]].into_iter().chain(tags).filter_map(Value::as_str);
        let new = named.filter(|id| !before.iter().any(|text| text.contains(id)));
        never_made.extend(new.map(str::to_owned));
    }
    let happened = ids_in_feed(&server);
    assert!(never_made.len() >= 4, "{never_made:?}");
    assert!(never_made.iter().all(|id| !happened.contains(id)), "an event is about an unstored record");
}

#[test]
fn a_write_that_was_done_before_is_answered_again() {
    let server = Server::start();
    let body = json!({ "name": "Ada" });
    let done = send(&server, "k", Method::POST, "/v1/customers", Some(&body)).expect(201);
    let again = send(&server, "k", Method::POST, "/v1/customers?validateOnly=true", Some(&body)).expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &done.text));
    let other = json!({ "name": "Eve" });
    send(&server, "k", Method::POST, "/v1/customers?validateOnly=true", Some(&other)).expect(422);
}

#[test]
fn what_would_be_refused_is_refused_in_the_same_words() {
    let server = Server::on_file();
    let holder = server.create(json!({
        "externalId": "crm-1", "emails": [{ "email": "ada@acme.example" }], "phones": [{ "phone": "+1 800 555 1212" }],
        "socials": [{ "type": "twitter", "username": "ada" }], "whatsapps": [{ "phone": "18005551313" }],
    }));
    let target = server.create(json!({ "name": "target" }))["links"]["self"].as_str().unwrap().to_owned();
    let gone = server.create(json!({ "emails": [{ "email": "gone@acme.example" }] }));
    let gone = gone["links"]["self"].as_str().unwrap().to_owned();
    server.delete(&gone).expect(204);
    server.create(json!({ "emails": [{ "email": "gone@acme.example" }] }));
    let before = state(&server, &target);

    let taken = [
        json!({ "emails": [{ "email": "ADA@acme.example" }], "tags": ["new one"] }),
        json!({ "phones": [{ "phone": "1 (800) 555-1212" }] }),
        json!({ "externalIds": [{ "externalId": "crm-1" }] }),
        json!({ "socials": [{ "type": "twitter", "username": "Ada" }] }),
        json!({ "whatsapps": [{ "phone": "+18005551313" }] }),
    ];
    let mut cases: Vec<(Method, String, Value, u16)> = vec![
        (Method::POST, format!("{gone}/restore"), Value::Null, 409),
        (Method::PATCH, target.clone(), json!({ "rev": 7 }), 409),
        (Method::PATCH, gone.clone(), json!({}), 404),
        (Method::DELETE, gone.clone(), Value::Null, 404),
        (Method::DELETE, "/v1/teams/5c7d1a1f9a1b2c0010a1b2c3".to_owned(), Value::Null, 404),
        (Method::POST, "/v1/customers".to_owned(), json!({ "name": 1 }), 400),
        (Method::POST, "/v1/customers".to_owned(), json!({ "tags": ["5c7d1a1f9a1b2c0010a1b2c3"] }), 400),
        (Method::POST, "/v1/teams".to_owned(), json!({ "name": "a", "members": ["5c7d1a1f9a1b2c0010a1b2c3"] }), 400),
    ];
    for body in taken {
        cases.push((Method::POST, "/v1/customers".to_owned(), body.clone(), 409));
        cases.push((Method::PATCH, target.clone(), body.clone(), 409));
        cases.push((Method::PUT, format!("{target}?replace=true"), body, 409));
    }
    for (method, path, body, status) in cases {
        let body = Some(body).filter(|body| !body.is_null());
        let rehearsed = server.call(method.clone(), &with(&path, "validateOnly=true"), body.clone()).expect(status);
        let done = server.call(method.clone(), &path, body.clone()).expect(status);
        assert_eq!(rehearsed.text, done.text, "{method} {path} {body:?}");
        if status == 409
            && body.as_ref().is_none_or(|body| body.get("rev").is_none())
            && path != format!("{gone}/restore")
        {
            assert_eq!(rehearsed.error()["meta"]["customer"], holder["id"], "{path} {body:?}");
        }
    }
    let stale = server.request(Method::PATCH, &with(&target, "validateOnly=true")).bearer_auth(TOKEN);
    Answer::of(stale.header("If-Match", "W/\"0-0\"").json(&json!({}))).expect(412);
    assert!(state(&server, &target) == before);
}

#[test]
fn an_unknown_query_parameter_of_a_write_is_refused_with_the_nearest_one() {
    let server = Server::on_file();
    for operation in writes(&server) {
        let (method, path, body, target) = prepare(&server, operation);
        let before = state(&server, &target);
        // A parameter without a value is absent where it is known, and no reason to write where it is misspelt.
        for query in ["validateOlny=true&x=1", "validateOlny&x="] {
            let refused = server.call(method.clone(), &with(&path, query), body.clone()).expect(400);
            let errors = refused.body["errors"].as_array().unwrap();
            let titles: Vec<&str> = errors.iter().map(|error| error["title"].as_str().unwrap()).collect();
            assert_eq!(refused.parameter(), "validateOlny", "{}", operation.name);
            let title = format!("{} takes no query parameter validateOlny; did you mean validateOnly?", operation.name);
            assert_eq!((titles.len(), titles[0]), (2, title.as_str()));
        }
        let after = state(&server, &target);
        let changed: Vec<&String> = after.iter().filter(|record| !before.contains(record)).collect();
        assert!(after == before, "{}: {changed:?}", operation.name);
    }
}

#[test]
fn unknown_query_parameters_of_writes_are_ignored_where_that_is_set() {
    let server = Server::start_with(&["--lenient-query"]);
    server.post("/v1/customers?utm_source=mail", json!({ "name": "Ada" })).expect(201);
    server.post("/v1/customers?validateOnly=true&utm_source=mail", json!({ "name": "Eve" })).expect(201);
    assert_eq!(server.get("/v1/customers").expect(200).ids().len(), 1);
}
