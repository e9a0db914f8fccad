//! `POST /v1/messages/{id}/redactions`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::attachments::{kept, read, related as related_link, uploaded};
use crate::place;
use crate::server::{Answer, Server, TOKEN, binary};
use crate::world::owner;

fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

fn redact(server: &Server, message: &str, body: Value) -> Answer {
    server.post(&format!("{message}/redactions"), body)
}

/// A message from a customer with these words, in a conversation of its own.
fn said(server: &Server, customer: &str, words: &str) -> Answer {
    let message = json!({ "channel": "email", "app": "postmark", "direction": "in", "preview": words,
        "meta": { "raw": format!("zqmeta {words}") } });
    server.post(&format!("/v1/customers/{customer}/messages"), message).expect(201)
}

fn related(record: &Answer, name: &str) -> String {
    record.data()["relationships"][name]["links"]["self"].as_str().unwrap().to_owned()
}

#[test]
fn redacted_words_are_replaced_wherever_they_were_shown() {
    let server = Server::start();
    let customer = owner(&server);
    let message = said(&server, &customer, "zqcard 4111 1111");
    let (path, conversation) = (path_of(&message), related(&message, "conversation"));
    let redacted =
        redact(&server, &path, json!({ "preview": "card [redacted]", "meta": { "raw": "none" } })).expect(201);
    assert_eq!(redacted.data()["type"], "message_redaction");
    assert_eq!(redacted.attributes(), &json!({ "preview": "card [redacted]", "meta": r#"{"raw":"none"}"# }));
    assert_eq!(related(&redacted, "message"), path);
    assert_eq!(related(&redacted, "conversation"), conversation);
    assert_eq!(related(&redacted, "customer"), format!("/v1/customers/{customer}"));
    for tie in ["org", "createdBy"] {
        server.get(&related(&redacted, tie)).expect(200);
    }

    let now = server.get(&path).expect(200);
    assert_eq!(now.attributes()["preview"], "card [redacted]");
    assert_eq!(now.attributes()["meta"], json!({ "raw": "none" }));
    assert_eq!((&now.attributes()["redacted"], &now.attributes()["rev"]), (&json!(true), &json!(2)));
    assert_eq!(now.attributes()["redactedAt"], now.attributes()["updatedAt"]);
    let conversation = server.get(&conversation).expect(200);
    assert_eq!(conversation.attributes()["preview"], "card [redacted]");
    assert_eq!(conversation.attributes()["name"], "card [redacted]");
    let owner = server.get(&format!("/v1/customers/{customer}")).expect(200);
    assert_eq!(owner.attributes()["preview"]["text"], "card [redacted]");
    let found = |words: &str| {
        let query = json!({ "and": [{ "message_any_text": { "contains": words } }], "queryContext": "message" });
        server.post("/v1/customers/search", query).expect(200).ids()
    };
    assert_eq!(found("zqcard"), Vec::<String>::new());
    assert_eq!(found("redacted"), [now.data()["id"].as_str().unwrap()]);
}

#[test]
fn redacted_words_leave_the_customer_that_the_conversation_was_moved_from() {
    let server = Server::start();
    let [from, to] = ["from", "to"].map(|name| server.create(json!({ "externalId": name }))["id"].clone());
    let path = format!("/v1/customers/{}", from.as_str().unwrap());
    let message = said(&server, from.as_str().unwrap(), "zqmoved 4111");
    server.patch(&related(&message, "conversation"), json!({ "customer": to })).expect(200);
    redact(&server, &path_of(&message), json!({ "preview": "gone", "meta": {} })).expect(201);
    let events = server.get("/v1/events?last=100").expect(200);
    assert!(!events.text.contains("zqmoved"), "{}", events.text);
    for customer in [from, to] {
        let path = format!("/v1/customers/{}", customer.as_str().unwrap());
        let rev = server.get(&path).expect(200).attributes()["rev"].as_u64().unwrap();
        let states = (1..=rev).map(|rev| server.get(&format!("{path}?rev={rev}")).text);
        let shown: Vec<_> = states.filter(|state| state.contains("zqmoved")).collect();
        assert!(shown.is_empty(), "{shown:?}");
    }
    // States from before the message stay.
    server.get(&format!("{path}?rev=1")).expect(200);
}

#[test]
fn a_redaction_is_in_histories_and_the_feed_and_nothing_leads_behind_it() {
    let server = Server::start();
    let customer = owner(&server);
    let message = said(&server, &customer, "zqsecret");
    let (path, conversation) = (path_of(&message), related(&message, "conversation"));
    let id = redact(&server, &path, json!({ "preview": "", "meta": {} })).expect(201).data()["id"].clone();
    server.patch(&path, json!({ "status": "received", "custom": { "scoreNum": 1 } })).expect(200);
    for (record, kind) in [
        (path.as_str(), "message"),
        (conversation.as_str(), "conversation"),
        (&format!("/v1/customers/{customer}"), "customer"),
    ] {
        let history = server.get(&format!("{record}/history")).expect(200);
        assert!(!history.text.contains("zqsecret"), "{kind}: {}", history.text);
        assert!(history.text.contains(&format!("kustomer.{kind}.redact")), "{kind}: {}", history.text);
        // The customer was there before the message.
        server.get(&format!("{record}?rev=1")).expect(if kind == "customer" { 200 } else { 404 });
        server.get(&format!("{record}?rev=2")).expect(if kind == "customer" { 404 } else { 200 });
    }
    assert_eq!(server.get(&format!("{path}?rev=2")).expect(200).attributes()["preview"], "");
    assert_eq!(server.get(&format!("{path}?rev=3")).expect(200).attributes()["custom"], json!({ "scoreNum": 1 }));
    let feed = server.get("/v1/events?pageSize=500").expect(200);
    assert!(!feed.text.contains("zqsecret"));
    assert!(feed.data().as_array().unwrap().iter().any(|event| event["id"] == id));
    assert!(!server.get("/v1/audit-logs?count=500").expect(200).text.contains("zqsecret"));
}

/// A conversation and a customer with a past, which then get a message that is edited later.
#[test]
fn states_before_a_redacted_message_stay_and_all_of_its_words_go() {
    let server = Server::on_file();
    let customer = format!("/v1/customers/{}", owner(&server));
    server.patch(&customer, json!({ "name": "Before" })).expect(200);
    let made = server.post(&format!("{customer}/conversations"), json!({ "name": "Order 17" })).expect(201);
    let conversation = path_of(&made);
    // Over a state that is kept whole for other reasons.
    for number in 0..40 {
        server.patch(&conversation, json!({ "priority": 1 + number % 5 })).expect(200);
    }
    let (revs, states) = {
        let read = |path: &str| server.get(path).expect(200);
        let rev = |path: &str| read(path).attributes()["rev"].as_u64().unwrap();
        ((rev(&conversation), rev(&customer)), (read(&conversation).text, read(&customer).text))
    };
    let message = json!({ "channel": "chat", "app": "chat", "direction": "in", "preview": "zqfirst words" });
    let message = path_of(&server.post(&format!("{conversation}/messages"), message).expect(201));
    server.patch(&message, json!({ "preview": "zqsecond words" })).expect(200);
    for number in 0..40 {
        server
            .patch(&conversation, json!({ "priority": 1 + number % 5, "name": format!("Order {number}") }))
            .expect(200);
    }
    redact(&server, &message, json!({ "preview": "gone" })).expect(201);
    assert_eq!(server.get(&conversation).expect(200).attributes()["preview"], "gone");
    for (path, rev, state) in [(&conversation, revs.0, &states.0), (&customer, revs.1, &states.1)] {
        assert_eq!(server.get(&format!("{path}?rev={rev}")).expect(200).text, *state);
        for former in 1..rev {
            server.get(&format!("{path}?rev={former}")).expect(200);
        }
        server.get(&format!("{path}?rev={}", rev + 1)).expect(404);
        let history = server.get(&format!("{path}/history?pageSize=100")).expect(200);
        assert!(!history.text.contains("zqfirst") && !history.text.contains("zqsecond"), "{}", history.text);
    }
    let history = server.get(&format!("{customer}/history?pageSize=100")).expect(200);
    assert!(history.text.contains("Before"), "its history has the changes before");
    let after = place::everything(server.database());
    assert!(!after.contains("zqfirst") && !after.contains("zqsecond"));
    // A second message, redacted, leaves the first gap, and the states before and behind it.
    let now = server.get(&conversation).expect(200).attributes()["rev"].as_u64().unwrap();
    let other = json!({ "channel": "chat", "app": "chat", "direction": "in", "preview": "zqthird words" });
    let other = path_of(&server.post(&format!("{conversation}/messages"), other).expect(201));
    redact(&server, &other, json!({ "preview": "gone, too" })).expect(201);
    for rev in [1, revs.0, now] {
        server.get(&format!("{conversation}?rev={rev}")).expect(200);
    }
    server.get(&format!("{conversation}?rev={}", now - 1)).expect(404);
    let verified = binary().args(["audit", "verify", "--database", server.database()]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn a_part_of_a_message_is_redacted_alone() {
    let server = Server::on_file();
    let customer = format!("/v1/customers/{}", owner(&server));
    let file = uploaded(&server, "a.txt", "zqbytes");
    let message = json!({ "channel": "chat", "app": "chat", "direction": "in", "preview": "zqwords",
        "meta": { "raw": "zqmeta" }, "attachments": [file.data()["id"]] });
    let message = path_of(&server.post(&format!("{customer}/messages"), message).expect(201));
    let conversation = related(&server.get(&message), "conversation");
    let revs = || [&conversation, &customer].map(|path| server.get(path).attributes()["rev"].clone());
    let before = revs();
    // The bytes leave no trace in states of the message, so all of them stay.
    redact(&server, &message, json!({ "attachments": [file.data()["id"]] })).expect(201);
    assert_eq!(server.get(&format!("{message}?rev=1")).expect(200).attributes()["preview"], "zqwords");
    assert_eq!(kept(&server).len(), 0);
    redact(&server, &message, json!({ "meta": { "raw": "gone" } })).expect(201);
    assert_eq!(revs(), before, "neither shows them");
    server.get(&format!("{message}?rev=1")).expect(404);
    assert_eq!(server.get(&message).expect(200).attributes()["preview"], "zqwords");
    let everything = place::everything(server.database());
    assert!(!everything.contains("zqmeta"));
    redact(&server, &message, json!({ "preview": "" })).expect(201);
    assert_eq!(server.get(&message).expect(200).attributes()["meta"], json!({ "raw": "gone" }));
    assert!(!place::everything(server.database()).contains("zqwords"));
    let verified = binary().args(["audit", "verify", "--database", server.database()]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn redacted_words_leave_the_disk_and_the_chain_is_still_sound() {
    let server = Server::on_file();
    let customer = owner(&server);
    let mut messages = Vec::new();
    for number in 0..40 {
        let path = path_of(&said(&server, &customer, &format!("zqwords{number}")));
        server.patch(&path, json!({ "preview": format!("zqother{number}") })).expect(200);
        messages.push(path);
    }
    let draft = json!({ "customer": customer, "channel": "chat", "body": "zqdraft zqwords99", "status": "sent" });
    let draft = server.post("/v1/drafts", draft).expect(201);
    let (sent, delivery) = (related(&draft, "message"), related(&draft, "delivery"));
    assert!(server.get(&delivery).expect(200).text.contains("zqdraft"));
    assert!(place::everything(server.database()).contains("zqdraft"));
    redact(&server, &sent, json!({ "preview": "gone" })).expect(201);
    redact(&server, &messages[39], json!({ "preview": "", "meta": {} })).expect(201);
    for path in [&delivery, &path_of(&draft)] {
        assert_eq!(server.get(path).expect(200).attributes()["body"], "gone");
    }
    let after = place::everything(server.database());
    for word in ["zqdraft", "zqwords99", "zqother39", "zqmeta zqwords39"] {
        assert!(!after.contains(word), "{word} is left");
    }
    assert_eq!(server.get(&messages[38]).expect(200).attributes()["preview"], "zqother38", "others keep theirs");
    let mut verify = binary();
    verify.args(["audit", "verify", "--database", server.database()]);
    let verified = verify.output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn a_redaction_names_something_of_its_message() {
    let server = Server::start();
    let customer = owner(&server);
    let path = path_of(&said(&server, &customer, "Hello"));
    let file = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 1 });
    let other = server.post("/v1/attachments", file).expect(201).data()["id"].clone();
    for (body, pointer) in [
        (json!({}), None),
        (json!({ "attachments": [] }), None),
        (json!({ "attachments": [other] }), Some("/attachments/0")),
        (json!({ "attachments": ["5c7d1a1f9a1b2c0010a1b2c3"] }), Some("/attachments/0")),
        (json!({ "attachments": ["x"] }), Some("/attachments/0")),
        (json!({ "preview": 1 }), Some("/preview")),
        (json!({ "preview": null }), Some("/preview")),
        (json!({ "preview": "x".repeat(10_241) }), Some("/preview")),
        (json!({ "meta": [] }), Some("/meta")),
        (json!({ "subject": "" }), None),
    ] {
        let refused = redact(&server, &path, body.clone()).expect(400);
        if let Some(pointer) = pointer {
            assert_eq!(refused.error()["meta"]["pointer"], pointer, "{body}");
        }
    }
    assert_eq!(server.get(&path).expect(200).attributes()["rev"], 1);
    redact(&server, "/v1/messages/5c7d1a1f9a1b2c0010a1b2c3", json!({ "preview": "" })).expect(404);
}

#[test]
fn a_rehearsed_redaction_removes_nothing_and_a_repeated_one_is_answered_the_same() {
    let server = Server::start();
    let customer = owner(&server);
    let path = path_of(&said(&server, &customer, "Hello"));
    let before = server.get(&path).expect(200).text;
    server.post(&format!("{path}/redactions?validateOnly=true"), json!({ "preview": "" })).expect(201);
    assert_eq!(server.get(&path).expect(200).text, before);
    let once = || {
        let request = server.request(Method::POST, &format!("{path}/redactions")).bearer_auth(TOKEN);
        let body = json!({ "preview": "Bye", "meta": { "a": 1 } });
        Answer::of(request.header("idempotency-key", "once").json(&body)).expect(201)
    };
    let first = once();
    assert_eq!(once().text, first.text);
    assert_eq!(server.get(&path).expect(200).attributes()["rev"], 2);
}

#[test]
fn a_create_that_is_repeated_after_a_redaction_is_answered_without_the_redacted_words() {
    let server = Server::start();
    let customer = owner(&server);
    let create = || {
        let request = server.request(Method::POST, &format!("/v1/customers/{customer}/messages")).bearer_auth(TOKEN);
        let body = json!({ "channel": "email", "app": "postmark", "direction": "in", "preview": "zqsecret" });
        Answer::of(request.header("idempotency-key", "create").json(&body))
    };
    let path = path_of(&create().expect(201));
    redact(&server, &path, json!({ "preview": "gone" })).expect(201);
    let again = create().expect(201);
    assert_eq!((path_of(&again), &again.attributes()["preview"]), (path.clone(), &json!("gone")));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(server.get(&format!("/v1/customers/{customer}/messages")).expect(200).ids().len(), 1);
    server.post(&format!("/v1/customers/{customer}/erase"), json!({})).expect(204);
    create().expect(404);
}

#[test]
fn the_bytes_of_a_redacted_attachment_are_gone_and_the_others_stay() {
    let server = Server::on_file();
    let customer = owner(&server);
    let files: Vec<Answer> = ["zqone", "zqtwo"].map(|bytes| uploaded(&server, "a.txt", bytes)).into();
    let ids: Vec<&Value> = files.iter().map(|file| &file.data()["id"]).collect();
    let message =
        json!({ "channel": "email", "app": "postmark", "direction": "in", "preview": "Two", "attachments": ids });
    let message = path_of(&server.post(&format!("/v1/customers/{customer}/messages"), message).expect(201));
    assert_eq!(kept(&server).len(), 2);
    let redacted = redact(&server, &message, json!({ "attachments": [ids[0]] })).expect(201);
    assert_eq!(redacted.data()["relationships"]["attachments"]["data"][0]["id"], *ids[0]);
    read(related_link(&files[0])).expect(404);
    assert_eq!(read(related_link(&files[1])).expect(200).bytes, b"zqtwo");
    assert_eq!(kept(&server).len(), 1);
    let now = server.get(&message).expect(200);
    assert_eq!((&now.attributes()["preview"], &now.attributes()["redacted"]), (&json!("Two"), &json!(true)));
    // Those of another message are not of this one.
    let other = path_of(&said(&server, &customer, "Hello"));
    redact(&server, &other, json!({ "attachments": [ids[1]] })).expect(400);
}
