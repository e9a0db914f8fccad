//! Sensitive attributes of a kind itself: where their values can appear, who finds records by them, and the effect of masked
//! forms that are sent back.

use std::sync::atomic::{AtomicU32, Ordering};

use kustodian_core::metadata::sensitive_of;
use kustomer_api::Operation;
use kustomer_api::metadata::MASK;
use kustomer_api::role::SENSITIVE_READ;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sensitive::{Planted, properties_of_body, reader, walk};
use crate::server::{Answer, Server};

/// What the values have in common, and nothing else has.
const MARKS: [&str; 5] = ["zqown", "1931-07-23", "91827364", "+9991827", "12.918273"];

static NEXT: AtomicU32 = AtomicU32::new(1_000);

fn reveals(answer: &Answer) -> bool {
    // The escaped text of JSON within a text, too.
    MARKS.iter().any(|mark| answer.text.contains(mark))
}

/// Values of attributes of a kind, none of which another record has.
fn secrets(kind: &str) -> Value {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let word = format!("zqown-{number}");
    let mail = json!([{ "email": format!("{word}@mail.example"), "type": "work" }]);
    let phones = json!([{ "phone": format!("+9991827{number}") }]);
    let place = json!([{ "address": word, "latitude": 12.918273, "countryCode": "GB" }]);
    let social = json!([{ "type": "twitter", "username": word, "userid": word }]);
    let links = json!([{ "url": format!("https://{word}.example") }]);
    match kind {
        "customers" => json!({
            "name": format!("{word} name"), "externalId": word, "username": word, "emails": mail, "phones": phones,
            "sharedEmails": [{ "email": "zqown@shared.example" }], "whatsapps": [{ "phone": format!("+9991827{number}") }],
            "socials": social, "urls": links, "locations": place, "avatarUrl": "https://zqown.example/a.png",
            "birthdayAt": "1931-07-23T00:00:00.000Z", "signedUpAt": "1931-07-23T00:00:00.000Z", "locale": "zqown",
        }),
        "companies" => json!({
            "name": format!("{word} name"), "externalId": word, "emails": mail, "phones": phones, "socials": social,
            "urls": links, "locations": place, "domains": [{ "domain": format!("{word}.example") }],
            "employeeCount": 91_827_364, "avatarUrl": "https://zqown.example/a.png",
        }),
        "conversations" => json!({ "name": word, "externalId": word, "replyChannel": "zqown" }),
        "messages" => json!({
            "preview": format!("{word} words"), "subject": word, "externalId": word, "related": "zqown",
            "meta": { "zqownKey": "zqown", "to": [{ "email": "zqown@mail.example" }] },
        }),
        "notes" => json!({ "body": word, "externalId": word }),
        "kobjects" => json!({
            "title": word, "externalId": word, "description": word, "data": { "zqownKey": 91_827_364 },
            "images": ["https://zqown.example/b.png"],
        }),
        _ => json!({}),
    }
}

/// Makes all attributes of a kind sensitive that can be.
fn hide(server: &Server, name: &str) {
    let all = sensitive_of(name).into_iter();
    let said: Value =
        all.map(|attribute| (attribute.to_owned(), json!({ "sensitive": { "enabled": true } }))).collect();
    server.put(&format!("/v1/metadata/{name}"), json!({ "standardProperties": said })).expect(200);
}

fn hide_all(server: &Server) {
    ["customer", "company", "conversation", "message", "note"].iter().for_each(|name| hide(server, name));
}

/// The word of the kind that an operation writes.
fn kind_of(operation: &Operation) -> Option<&'static str> {
    let path = operation.path;
    let is = |word: &str| path.split('/').any(|part| part == word);
    if is("klasses") {
        return path
            .starts_with("/klasses/{name}")
            .then_some("kobjects")
            .or(path.contains("{name}").then_some("kobjects"));
    }
    let last = path.split('/').rev().find(|part| !part.starts_with('{') && *part != "bulk")?;
    ["customers", "companies", "conversations", "messages", "notes"].into_iter().find(|kind| *kind == last)
}

/// Writes values on the record that a path names, and hides those of the klass that it names.
fn plant(server: &Server, path: &str) {
    let words: Vec<&str> = path.split(['/', '?']).collect();
    if let Some(at) = words.iter().position(|word| *word == "klasses") {
        let Some(klass) = words.get(at + 1).filter(|word| word.starts_with("order-")) else { return };
        hide(server, &format!("kobject.{klass}"));
        for id in server.get(&format!("/v1/klasses/{klass}")).expect(200).ids() {
            let mut values = secrets("kobjects");
            // The path names it.
            values.as_object_mut().unwrap().remove("externalId");
            server.put(&format!("/v1/klasses/{klass}/{id}"), values).expect(200);
        }
    }
    for kind in ["customers", "companies", "conversations", "messages", "notes"] {
        let at = words.iter().position(|word| *word == kind);
        let Some(id) = at.and_then(|at| words.get(at + 1)).and_then(|ids| ids.split(',').next()) else { continue };
        if id.len() == 24 && server.get(&format!("/v1/{kind}/{id}")).status == 200 {
            server.put(&format!("/v1/{kind}/{id}"), secrets(kind)).expect(200);
        }
    }
}

#[test]
fn no_answer_of_any_operation_shows_a_sensitive_attribute_of_a_kind_itself() {
    let server = Server::on_file();
    hide_all(&server);
    let reader = reader(&server);
    let document = server.get("/openapi.json").expect(200).body;
    let body = |operation: &Operation, body: Option<Value>| {
        let Some(values) = kind_of(operation).map(secrets) else { return body };
        let values = values.as_object().unwrap();
        if operation.path.ends_with("/bulk") {
            let mut wrong = values.clone();
            wrong.insert("unknown".to_owned(), json!(1));
            let mut item = values.clone();
            if operation.path.contains("messages") {
                item.extend(json!({ "channel": "chat", "app": "web", "direction": "in" }).as_object().unwrap().clone());
            }
            return (operation.method == Method::POST).then(|| json!([item, wrong])).or(body);
        }
        let taken = properties_of_body(&document, operation.name);
        let mut body = body;
        for (name, value) in values.iter().filter(|(name, _)| taken.get(name.as_str()).is_some()) {
            body.get_or_insert_with(|| json!({}))[name] = value.clone();
        }
        body
    };
    let planted =
        Planted { plant: &|path| plant(&server, path), body: &body, reveals, also: &["/v1/notes", "/v1/outbox"] };
    let mut refused = walk(&server, &reader, &planted);
    refused.sort_unstable();
    let look_ups = [
        "getConversationByExternalId",
        "getCustomerByEmail",
        "getCustomerByExternalId",
        "getCustomerByPhone",
        "getCustomerDuplicates",
        "getKlassesByNameAndExternalId",
        "getMessageByExternalId",
    ];
    assert_eq!(refused, look_ups);
}

#[test]
fn nobody_finds_a_record_by_an_attribute_that_it_may_not_see() {
    let server = Server::on_file();
    hide_all(&server);
    let reader = reader(&server);
    let all: Vec<&str> = SENSITIVE_READ.iter().take(1).chain(&["org.user"]).copied().collect();
    let trusted = server.token("demo", &all);
    let company = server.post("/v1/companies", json!({ "name": "zqown works", "externalId": "zqown-7" })).expect(201);
    let customer = server.create(json!({ "name": "Zqown", "emails": [{ "email": "ada@zqown.example" }] }));
    for path in ["/v1/companies?filter=zqown%20works", "/v1/companies?externalId=zqown-7"] {
        let seen = server.call_as(&trusted, Method::GET, path, None).expect(200);
        assert_eq!(seen.ids().len(), 1, "{path}: {}", seen.text);
        let refused = server.call_as(&reader, Method::GET, path, None).expect(403);
        assert!(refused.error()["title"].as_str().unwrap().contains(SENSITIVE_READ[0]), "{}", refused.text);
    }
    let search = |token: &str, body: Value| server.call_as(token, Method::POST, "/v1/customers/search", Some(body));
    for body in [
        json!({ "and": [{ "customer_email": { "equals": "ada@zqown.example" } }] }),
        json!({ "and": [{ "customer_name": { "contains": "zqown" } }] }),
        json!({ "and": [{ "customer_any_text": { "contains": "zqown" } }] }),
        json!({ "and": [{ "customer_gender": { "equals": "f" } }] }),
        json!({ "and": [{ "customer_signed_up_at": { "gt": "2020-01-01" } }] }),
        json!({ "and": [{ "company_name": { "equals": "zqown works" } }] }),
        json!({ "and": [{ "customer_externalId": { "set": null } }] }),
        json!({ "and": [{ "message_body": { "contains": "zqown" } }], "queryContext": "message" }),
        json!({ "and": [{ "note_body": { "contains": "zqown" } }], "queryContext": "note" }),
        json!({ "and": [], "sort": [{ "customer_name": "asc" }] }),
        json!({ "aggs": { "a": { "terms": { "field": "customer_gender" } } } }),
    ] {
        let seen = search(&trusted, body.clone());
        assert!(matches!(seen.status, 200 | 400), "{body}: {}", seen.text);
        let refused = search(&reader, body.clone());
        assert!(refused.status == 403 || (seen.status == 400 && refused.status == 400), "{body}: {}", refused.text);
    }
    let found = search(&reader, json!({ "and": [{ "customer_created_at": { "gt": "2020-01-01" } }] })).expect(200);
    assert!(!reveals(&found) && found.ids().len() == 1, "{}", found.text);

    // Who holds a value is a look-up, too; that somebody does cannot be hidden.
    let taken = json!({ "emails": [{ "email": "ada@zqown.example" }] });
    let id = customer["id"].as_str().unwrap();
    let seen = server.call_as(&trusted, Method::POST, "/v1/customers", Some(taken.clone())).expect(409);
    assert_eq!(seen.error()["meta"]["customer"], id);
    let hidden = server.call_as(&reader, Method::POST, "/v1/customers", Some(taken.clone())).expect(409);
    assert!(!hidden.text.contains(id), "{}", hidden.text);
    let job = server.call_as(&reader, Method::POST, "/v1/customers/bulk", Some(json!([taken]))).expect(201);
    assert!(!job.text.contains(id) && !reveals(&job), "{}", job.text);
    let read = server.get(job.data()["links"]["self"].as_str().unwrap()).expect(200);
    assert!(read.text.contains(id), "{}", read.text);

    // A company is not linked by a name that cannot be seen.
    let named = json!({ "company": "zqown works" });
    let made = server.call_as(&reader, Method::POST, "/v1/customers", Some(named.clone())).expect(201);
    assert_eq!(made.data()["relationships"].get("company"), None);
    let made = server.call_as(&trusted, Method::POST, "/v1/customers", Some(named)).expect(201);
    assert_eq!(made.data()["relationships"]["company"]["data"]["id"], company.data()["id"]);
}

#[test]
fn a_masked_answer_that_is_sent_back_changes_nothing() {
    let server = Server::on_file();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    hide_all(&server);
    hide(&server, "kobject.order");
    let reader = reader(&server);
    let owner = server.create(json!({}))["id"].clone();
    for (kind, list, more) in [
        ("customers", "/v1/customers", json!({})),
        ("companies", "/v1/companies", json!({})),
        ("conversations", "/v1/conversations", json!({ "customer": owner })),
        ("messages", "/v1/messages", json!({ "customer": owner, "channel": "chat", "app": "web", "direction": "in" })),
        ("notes", "/v1/notes", json!({})),
        ("kobjects", "/v1/klasses/order", json!({})),
    ] {
        let values = secrets(kind);
        let mut body = values.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = server.call_as(&reader, Method::POST, list, Some(body)).expect(201);
        assert!(!reveals(&made), "{}", made.text);
        let path = made.data()["links"]["self"].as_str().unwrap();
        let stored = || {
            let all = server.get(path).expect(200).attributes().clone();
            values.as_object().unwrap().keys().map(|name| (name.clone(), all[name].clone())).collect::<Value>()
        };
        let before = stored();
        let masked = server.call_as(&reader, Method::GET, path, None).expect(200).attributes().clone();
        let sent: Value = values.as_object().unwrap().keys().map(|name| (name.clone(), masked[name].clone())).collect();
        let replaced = ["customers", "conversations", "messages", "notes"].contains(&kind);
        for replace in if replaced { &["", "?replace=true"][..] } else { &[""] } {
            let answer = server.call_as(&reader, Method::PUT, &format!("{path}{replace}"), Some(sent.clone()));
            let answer = answer.expect(200);
            assert!(!reveals(&answer), "{}", answer.text);
            assert_eq!(stored(), before, "{list}{replace}");
        }
        // A key that sees them writes null and masks as values.
        if kind == "customers" {
            let sees = server.patch(path, json!({ "birthdayAt": null })).expect(200);
            assert_eq!(sees.attributes()["birthdayAt"], Value::Null);
        }
    }

    let path = server.create(secrets("customers"))["links"]["self"].as_str().unwrap().to_owned();
    let emails = || server.get(&path).expect(200).attributes()["emails"].clone();
    let first = emails()[0].clone();
    let mut list = server.call_as(&reader, Method::GET, &path, None).expect(200).attributes()["emails"].clone();
    assert_eq!((&list[0]["email"], &list[0]["verified"]), (&json!(MASK), &json!(false)));
    list.as_array_mut().unwrap().push(json!({ "email": "another@zqown.example" }));
    server.call_as(&reader, Method::PATCH, &path, Some(json!({ "emails": list }))).expect(200);
    assert_eq!((&emails()[0], emails().as_array().unwrap().len()), (&first, 2));
    let one = json!({ "emails": [{ "email": MASK }] });
    let refused = server.call_as(&reader, Method::PATCH, &path, Some(one)).expect(400);
    assert_eq!((refused.parameter(), emails().as_array().unwrap().len()), ("emails", 2));
    // What it cannot see it may replace, and an open window shows it what it writes.
    server.call_as(&reader, Method::PATCH, &path, Some(json!({ "birthdayAt": null }))).expect(200);
    assert!(server.get(&path).expect(200).text.contains("1931-07-23"));
    server.call_as(&reader, Method::POST, &format!("{path}/unmasking-windows"), None).expect(201);
    server.call_as(&reader, Method::PATCH, &path, Some(json!({ "birthdayAt": null }))).expect(200);
    let shown = server.call_as(&reader, Method::GET, &path, None).expect(200);
    assert!(shown.text.contains("another@zqown.example") && shown.attributes()["birthdayAt"].is_null());
}

#[test]
fn what_shows_a_sensitive_value_elsewhere_is_masked_with_it() {
    let server = Server::on_file();
    let sensitive = |name: &str, attributes: &[&str]| {
        let said: Value =
            attributes.iter().map(|name| ((*name).to_owned(), json!({ "sensitive": { "enabled": true } }))).collect();
        server.put(&format!("/v1/metadata/{name}"), json!({ "standardProperties": said })).expect(200);
    };
    sensitive("customer", &["name", "emails"]);
    sensitive("company", &["name"]);
    sensitive("message", &["preview", "subject"]);
    let reader = reader(&server);
    let company = server.post("/v1/companies", json!({ "name": "zqown works" })).expect(201);
    let customer = server.create(json!({
        "name": "Zqown Ada", "emails": [{ "email": "ada@zqown.example" }], "locale": "en", "company": company.data()["id"],
    }));
    let draft = json!({ "customer": customer["id"], "channel": "email", "from": { "email": "us@acme.example" }, "subject": "zqown",
        "body": "zqown words", "status": "sent" });
    let draft = server.post("/v1/drafts", draft).expect(201);
    let conversation = draft.data()["relationships"]["conversation"]["data"]["id"].as_str().unwrap().to_owned();
    let forward = json!({ "conversation": conversation, "channel": "email", "to": [{ "email": "who@acme.example" }] });
    let forward = server.post("/v1/forwards", forward).expect(201);
    let forward = forward.data()["links"]["self"].as_str().unwrap().to_owned();
    let id = customer["id"].as_str().unwrap();
    let path = format!("/v1/customers/{id}");
    let has = |answer: &Answer| answer.text.to_lowercase().contains("zqown");
    for path in [
        path.clone(),
        format!("{path}/messages"),
        format!("{path}/conversations"),
        format!("/v1/conversations/{conversation}"),
        format!("/v1/conversations/{conversation}/messages"),
        "/v1/outbox".to_owned(),
        "/v1/events?last=100".to_owned(),
        "/v1/audit-logs?count=100".to_owned(),
        forward,
    ] {
        assert!(has(&server.get(&path).expect(200)), "{path}");
        let hidden = server.call_as(&reader, Method::GET, &path, None).expect(200);
        let text = hidden.text.to_lowercase();
        // A draft is its author's: its words are those of no message yet.
        let is_draft = path.starts_with("/v1/events") || path.starts_with("/v1/audit-logs");
        assert!(is_draft || !has(&hidden), "{path}: {text}");
    }
    let shown = server.call_as(&reader, Method::GET, &path, None).expect(200).attributes().clone();
    for name in ["name", "displayName", "firstName", "lastName", "companyName"] {
        assert_eq!(shown[name], MASK, "{name}");
    }
    assert_eq!((&shown["locale"], &shown["preview"]), (&json!("en"), &json!({ MASK: MASK })));
    let other = server.create(json!({ "name": "Zqother" }));
    server.post("/v1/customers/merges", json!({ "source": other["id"], "target": id })).expect(201);
    assert_eq!(server.get(&path).expect(200).attributes()["lostValues"][0]["value"], "Zqother");
    let lost = server.call_as(&reader, Method::GET, &path, None).expect(200).attributes()["lostValues"].clone();
    assert_eq!(lost, json!([{ "attribute": "name", "customer": other["id"], "value": MASK }]));
    let identity = json!({ "email": "ada@zqown.example", "phone": "+15550001" });
    let known = server.call_as(&reader, Method::POST, "/v1/tracking/identity", Some(identity)).expect(201);
    assert!(!has(&known) && known.attributes()["email"] == MASK, "{}", known.text);
    let again = json!({ "trackingId": known.attributes()["trackingId"], "email": MASK });
    server.call_as(&reader, Method::POST, "/v1/tracking/identity", Some(again)).expect(201);
    assert_eq!(server.get(&path).expect(200).attributes()["emails"].as_array().unwrap().len(), 1);
}

/// A forward without a subject is sent with the name of its conversation, which is the beginning of a message.
#[test]
fn a_forward_that_takes_its_subject_from_a_sensitive_value_is_masked() {
    for (name, attribute) in [("message", "preview"), ("message", "subject"), ("conversation", "name")] {
        let server = Server::on_file();
        let sensitive = json!({ attribute: { "sensitive": { "enabled": true } } });
        server.put(&format!("/v1/metadata/{name}"), json!({ "standardProperties": sensitive })).expect(200);
        let reader = reader(&server);
        let customer = server.create(json!({}));
        let mut conversation = json!({ "customer": customer["id"] });
        let mut message = json!({ "channel": "email", "app": "web", "direction": "in" });
        let named = if name == "message" { &mut message } else { &mut conversation };
        named[attribute] = json!("zqown");
        let conversation = server.post("/v1/conversations", conversation).expect(201).data()["id"].clone();
        server.post(&format!("/v1/conversations/{}/messages", conversation.as_str().unwrap()), message).expect(201);
        let forward = json!({
            "conversation": conversation, "channel": "email", "status": "sent", "from": { "email": "us@acme.example" },
            "to": [{ "email": "who@acme.example" }],
        });
        let forward = server.post("/v1/forwards", forward).expect(201);
        let delivery = forward.data()["relationships"]["delivery"]["data"]["id"].as_str().unwrap().to_owned();
        let delivery = format!("/v1/outbox/{delivery}");
        assert_eq!(server.get(&delivery).expect(200).attributes()["subject"], "Fwd: zqown", "{attribute}");
        for path in [&*delivery, "/v1/outbox", "/v1/events?last=100", &format!("{delivery}/history")] {
            let hidden = server.call_as(&reader, Method::GET, path, None).expect(200);
            assert!(!hidden.text.contains("zqown"), "{attribute}: {path}: {}", hidden.text);
        }
    }
}

#[test]
fn what_cannot_be_hidden_is_refused_with_the_reason() {
    let server = Server::start();
    let put = |name: &str, attribute: &str| {
        let said = json!({ attribute: { "hasSensitiveAttributes": true } });
        server.put(&format!("/v1/metadata/{name}"), json!({ "standardProperties": said }))
    };
    for (name, attribute, words) in [
        ("customer", "displayName", "emails of customer"),
        ("customer", "createdAt", "when something happened"),
        ("customer", "tags", "ids"),
        ("customer", "custom", "properties"),
        ("customer", "sentiment", "few values"),
        ("customer", "rev", "the server sets it"),
        ("customer", "shoeSize", "birthdayAt"),
        ("conversation", "status", "few values"),
        ("conversation", "assignedUsers", "ids"),
        ("conversation", "preview", "subject of message"),
        ("message", "sentAt", "when something happened"),
        ("user", "email", "users"),
    ] {
        let refused = put(name, attribute).expect(400);
        let error = refused.error();
        assert_eq!(error["meta"]["pointer"], format!("/standardProperties/{attribute}/sensitive"));
        assert!(error["message"].as_str().unwrap().contains(words), "{name} {attribute}: {error}");
    }
    put("customer", "gender").expect(200);
    server
        .put("/v1/metadata/customer", json!({ "standardProperties": { "displayName": { "displayName": "Shown" } } }))
        .expect(200);
}
