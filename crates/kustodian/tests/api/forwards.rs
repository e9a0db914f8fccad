//! Forwards: a conversation that is sent to somebody else, at once or at a time.

use serde_json::{Value, json};

use crate::attached::{conversation_of, id_of, named, path_of};
use crate::attachments::{ask, create, read, related, uploaded};
use crate::drafts::soon;
use crate::erase::wait_for;
use crate::post_office::PostOffice;
use crate::server::{Answer, Server};
use crate::world::owner;

fn said(direction: &str, text: &str, attachments: Value) -> Value {
    json!({ "channel": "email", "app": "postmark", "direction": direction, "preview": text, "attachments": attachments })
}

/// A conversation with a message from the customer, with an attachment, and an answer: its path.
fn spoken(server: &Server) -> String {
    let conversation = conversation_of(server, &owner(server));
    let photo = uploaded(server, "photo.txt", "the photo");
    let messages = format!("{conversation}/messages");
    server.post(&messages, said("in", "It arrived broken.\nSee below.", json!([photo.data()["id"]]))).expect(201);
    server.post(&messages, said("out", "We look into it.", json!([]))).expect(201);
    conversation
}

fn forward() -> Value {
    json!({
        "channel": "email", "to": [{ "email": "depot@acme.example", "name": "Depot" }],
        "from": { "email": "help@shop.example" }, "subject": "Order 1815", "body": "Please read this.",
    })
}

fn status(server: &Server, path: &str) -> Value {
    server.get(path).expect(200).attributes()["status"].clone()
}

fn delivery_of(server: &Server, forward: &Answer) -> Answer {
    server.get(forward.data()["relationships"]["delivery"]["links"]["self"].as_str().unwrap()).expect(200)
}

#[test]
fn a_forward_quotes_the_messages_of_its_conversation_and_adds_none() {
    let server = Server::start();
    let conversation = spoken(&server);
    let before = server.get(&conversation).expect(200).attributes()["messageCount"].clone();
    let list = format!("{conversation}/forwards");
    let draft = server.post(&list, forward()).expect(200);
    assert_eq!((&draft.data()["type"], &draft.attributes()["status"]), (&json!("forward"), &json!("draft")));
    for (name, value) in forward().as_object().unwrap() {
        assert_eq!(draft.attributes()[name], *value, "{name}");
    }
    let quoted = draft.attributes()["quoted"].as_str().unwrap();
    assert!(quoted.contains("> It arrived broken.\n> See below.\n"), "{quoted}");
    assert!(quoted.find("The customer wrote").unwrap() < quoted.find("We wrote").unwrap(), "{quoted}");
    assert_eq!(draft.attributes()["quotedAttachments"].as_array().unwrap().len(), 1);
    assert_eq!(server.get(&list).expect(200).ids(), [id_of(&draft)]);
    let path = path_of(&draft);
    assert_eq!(server.get(&path).expect(200).text, draft.text);
    // A write adds the messages since then.
    server.post(&format!("{conversation}/messages"), said("in", "And?", json!([]))).expect(201);
    let to = draft.attributes()["to"].clone();
    let again = server.put(&path, json!({ "to": to, "subject": "Order 1815", "rev": 1 })).expect(200);
    assert!(again.attributes()["quoted"].as_str().unwrap().contains("> And?"), "{}", again.body);
    let sent = server.put(&path, json!({ "status": "sent" })).expect(200);
    assert_eq!(sent.attributes()["status"], "sent");
    let delivery = delivery_of(&server, &sent);
    let body = delivery.attributes()["body"].as_str().unwrap();
    assert!(body.starts_with("Please read this.\n\nThe customer wrote"), "{body}");
    assert_eq!(delivery.attributes()["attachments"], sent.attributes()["quotedAttachments"]);
    assert_eq!(delivery.data()["relationships"]["forward"]["data"]["id"], id_of(&draft));
    assert_eq!(delivery.data()["relationships"].get("message"), None);
    let after = server.get(&conversation).expect(200).attributes()["messageCount"].clone();
    assert_eq!(after.as_u64(), before.as_u64().map(|count| count + 1), "the one from the customer alone");
    assert_eq!(server.put(&path, json!({ "body": "Wait" })).expect(409).parameter(), "status");
}

#[test]
fn a_forward_needs_a_recipient_and_a_conversation() {
    let server = Server::start();
    let conversation = spoken(&server);
    let list = format!("{conversation}/forwards");
    for (name, value, pointer) in [
        ("channel", json!("sms"), "/channel"),
        ("to", json!([{ "name": "Depot" }]), "/to/0/email"),
        ("to", json!([]), "/to"),
        ("sendAt", json!("2001-01-01T00:00:00Z"), "/sendAt"),
        ("attachments", json!(["5c7d1a1f9a1b2c0010a1b2c3"]), "/attachments/0"),
        ("customer", json!("5c7d1a1f9a1b2c0010a1b2c3"), "/customer"),
        ("sentAt", json!(soon(0)), "/sentAt"),
    ] {
        let mut body = forward();
        if pointer == "/to" {
            body["status"] = json!("sent");
        }
        body[name] = value;
        let refused = server.post(&list, body.clone()).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], pointer, "{body}: {}", refused.body);
    }
    let nowhere = "/v1/conversations/5c7d1a1f9a1b2c0010a1b2c3/forwards";
    server.post(nowhere, forward()).expect(404);
    server.get(nowhere).expect(404);
    assert_eq!(server.post("/v1/forwards", forward()).expect(400).error()["meta"]["pointer"], "/conversation");
    server.delete(&conversation).expect(204);
    server.post(&list, forward()).expect(404);
}

#[test]
fn a_forward_has_attachments_of_its_own_whose_bytes_must_be_there() {
    let server = Server::start();
    let conversation = spoken(&server);
    let draft = server.post(&format!("{conversation}/forwards"), forward()).expect(200);
    let (path, list) = (path_of(&draft), format!("{}/attachments", path_of(&draft)));
    let file = json!({ "name": "terms.txt", "contentType": "text/plain", "contentLength": 5 });
    let made = server.post(&list, file.clone()).expect(200);
    assert_eq!(made.data()["relationships"]["forward"]["data"]["id"], id_of(&draft));
    assert_eq!(
        (named(&server.get(&path)), server.get(&list).expect(200).ids()),
        (vec![id_of(&made)], vec![id_of(&made)])
    );
    let refused = server.put(&path, json!({ "status": "sent" })).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/attachments/0");
    ask(reqwest::Method::PUT, related(&made), &[], b"12345".to_vec()).expect(200);
    let read_back = server.get(&format!("{list}/{}", id_of(&made))).expect(200);
    assert_eq!(read(related(&read_back)).expect(200).bytes, b"12345");
    let other = create(&server, "/v1/attachments", "other.txt", 1);
    let both = json!({ "attachments": [{ "id": id_of(&made) }, id_of(&other)] });
    assert_eq!(named(&server.put(&path, both).expect(200)), [id_of(&made), id_of(&other)]);
    server.delete(&format!("{list}/{}", id_of(&other))).expect(204);
    let sent = server.put(&path, json!({ "status": "sent" })).expect(200);
    assert_eq!(delivery_of(&server, &sent).attributes()["attachments"].as_array().unwrap().len(), 2);
    server.post(&list, file).expect(409);
    server.delete(&format!("{list}/{}", id_of(&made))).expect(409);
}

#[test]
fn a_forward_leaves_as_an_e_mail_at_its_time_and_a_refusal_is_reported() {
    let post = PostOffice::open();
    let server = Server::start_with(&["--smtp-url", &post.url()]);
    let conversation = spoken(&server);
    let list = format!("{conversation}/forwards");
    let mut body = forward();
    body["sendAt"] = json!(soon(300));
    let scheduled = server.post(&list, body).expect(200);
    assert_eq!(scheduled.attributes()["status"], "scheduled");
    wait_for("the forward", || status(&server, &path_of(&scheduled)) == "sent");
    wait_for("the letter", || post.letters().len() == 1);
    let letter = &post.letters()[0];
    assert_eq!(letter.to, ["depot@acme.example"]);
    assert!(letter.text.contains("Please read this.") && letter.text.contains("> We look into it."), "{}", letter.text);
    assert!(letter.text.contains("filename=\"photo.txt\"") && letter.text.contains("the photo"), "{}", letter.text);
    let mut body = forward();
    body["to"] = json!([{ "email": "depot@nobody.example" }]);
    body["status"] = json!("sent");
    let refused = server.post(&list, body).expect(200);
    wait_for("the refusal", || status(&server, &path_of(&refused)) == "failed");
    let failed = server.get(&path_of(&refused)).expect(200);
    assert_eq!(failed.attributes()["error"], json!({ "message": "no such user here" }));
    // Without a sender nothing leaves.
    let mut body = forward();
    body["status"] = json!("sent");
    body.as_object_mut().unwrap().remove("from");
    assert_eq!(server.post(&list, body).expect(400).error()["meta"]["pointer"], "/from");
}

#[test]
fn forwards_go_with_their_conversation_and_are_erased_with_it() {
    let server = Server::on_file();
    let [ada, bob] =
        ["Ada", "Bob"].map(|name| server.create(json!({ "name": name }))["id"].as_str().unwrap().to_owned());
    let conversation = conversation_of(&server, &ada);
    server.post(&format!("{conversation}/messages"), said("in", "zqforwarded", json!([]))).expect(201);
    let list = format!("{conversation}/forwards");
    let mut body = forward();
    body["sendAt"] = json!(soon(60_000));
    body["attachments"] = json!([uploaded(&server, "zqforwarded.txt", "a").data()["id"]]);
    let scheduled = path_of(&server.post(&list, body).expect(200));
    let mut body = forward();
    body["status"] = json!("sent");
    let sent = path_of(&server.post(&list, body).expect(200));
    server.patch(&conversation, json!({ "customer": bob })).expect(200);
    for path in [&scheduled, &sent] {
        assert_eq!(server.get(path).expect(200).data()["relationships"]["customer"]["data"]["id"], *bob);
    }
    assert_eq!(server.put(&scheduled, json!({ "body": "Now Bob's" })).expect(200).attributes()["body"], "Now Bob's");
    // Ada's records are no longer hers.
    server.post(&format!("/v1/customers/{ada}/erase"), json!({})).expect(204);
    let delivery = server.get(&path_of(&delivery_of(&server, &server.get(&sent).expect(200)))).expect(200);
    assert_eq!(delivery.data()["relationships"]["customer"]["data"]["id"], *bob);
    assert_eq!(server.get(&scheduled).expect(200).attributes()["status"], "scheduled");
    server.post(&format!("/v1/customers/{bob}/erase"), json!({})).expect(204);
    for path in [&scheduled, &sent, &path_of(&delivery)] {
        assert!(server.get(path).expect(404).error()["title"].as_str().unwrap().contains("was erased"));
    }
    for list in ["/v1/forwards", "/v1/attachments", "/v1/outbox", "/v1/events?pageSize=500"] {
        assert!(!server.get(list).expect(200).text.contains("zqforwarded"), "{list}");
    }
    assert!(crate::attachments::kept(&server).is_empty());
}

#[test]
fn a_sent_forward_leaves_without_an_attachment_that_was_redacted_before() {
    let post = PostOffice::open();
    let server = Server::start_with(&["--smtp-url", &post.url()]);
    let conversation = conversation_of(&server, &owner(&server));
    let files = [uploaded(&server, "kept.txt", "kept"), uploaded(&server, "gone.txt", "gone")];
    let ids = json!([files[0].data()["id"], files[1].data()["id"]]);
    server.post(&format!("{conversation}/messages"), said("in", "See below.", ids)).expect(201);
    let mut body = forward();
    body["to"] = json!([{ "email": "depot@busy.example" }]);
    body["status"] = json!("sent");
    let sent = server.post(&format!("{conversation}/forwards"), body).expect(200);
    wait_for("a refusal for now", || delivery_of(&server, &sent).attributes()["error"].is_object());
    server.put(&path_of(&files[1]), json!({ "redacted": true })).expect(200);
    wait_for("the e-mail", || delivery_of(&server, &sent).attributes()["status"] == "sent");
    let text = &post.letters()[0].text;
    assert!(text.contains("kept.txt") && !text.contains("gone.txt"), "{text}");
}

#[test]
fn the_words_of_a_redacted_message_are_quoted_no_more() {
    let server = Server::on_file();
    let conversation = conversation_of(&server, &owner(&server));
    let messages = format!("{conversation}/messages");
    let mut card = said("in", "zqcard 4111\nzqcard 1111", json!([]));
    card["subject"] = json!("Card");
    let card = path_of(&server.post(&messages, card).expect(201));
    server.post(&messages, said("out", "Thank you.", json!([]))).expect(201);
    let list = format!("{conversation}/forwards");
    let draft = path_of(&server.post(&list, forward()).expect(200));
    server.put(&draft, json!({ "body": "Look." })).expect(200);
    let mut body = forward();
    body["status"] = json!("sent");
    let sent = server.post(&list, body).expect(200);
    let delivery = path_of(&delivery_of(&server, &sent));
    // Quotes under another subject are removed, too.
    server.patch(&card, json!({ "subject": "Payment" })).expect(200);
    server.post(&format!("{card}/redactions"), json!({ "preview": "[card]" })).expect(201);
    for (path, member) in [(&draft, "quoted"), (&path_of(&sent), "quoted"), (&delivery, "body")] {
        let now = server.get(path).expect(200);
        let text = now.attributes()[member].as_str().unwrap();
        assert!(text.contains("> [card]\n") && text.contains("> Thank you.\n"), "{path}: {text}");
        assert!(!now.text.contains("zqcard"), "{}", now.text);
        assert!(!server.get(&format!("{path}/history")).expect(200).text.contains("zqcard"), "{path}");
    }
    assert!(!server.get("/v1/events?pageSize=500").expect(200).text.contains("zqcard"));
}
