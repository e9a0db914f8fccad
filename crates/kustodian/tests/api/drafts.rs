//! Drafts: their attributes, their time of sending, and the records that sending creates.

use kustomer_api::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::place::Place;
use crate::server::{Answer, Server};
use crate::world::owner;

/// A moment so many milliseconds from now.
pub(crate) fn soon(millis: u64) -> String {
    #[expect(clippy::disallowed_methods, reason = "timers of the server use the real clock")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap() + i64::try_from(millis).unwrap()).to_string()
}

fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

/// The path of the drafts of a customer.
fn drafts_of(customer: &str) -> String {
    format!("/v1/customers/{customer}/drafts")
}

fn conversation(server: &Server, customer: &str) -> String {
    let created = server.post("/v1/conversations", json!({ "customer": customer, "name": "Where is it?" })).expect(201);
    created.data()["id"].as_str().unwrap().to_owned()
}

fn linked(answer: &Answer, name: &str) -> String {
    let relationship = &answer.data()["relationships"][name];
    relationship["links"]["self"].as_str().unwrap_or_else(|| panic!("no {name} in {}", answer.body)).to_owned()
}

fn status(server: &Server, path: &str) -> Value {
    server.get(path).expect(200).attributes()["status"].clone()
}

fn sms(body: &str) -> Value {
    json!({ "channel": "sms", "to": "+18005551212", "body": body })
}

/// A body of each of the forms, with most of its members.
fn forms() -> Vec<Value> {
    let id = "5c7d1a1f9a1b2c0010a1b2c3";
    let choice = |interactive: Value| json!({ "channel": "whatsapp", "app": "whatsapp", "to": "+18005551212", "meta": { "interactive": interactive } });
    vec![
        json!({
            "channel": "email", "app": "postmark", "auto": false, "source": "bulk", "lang": "en_us",
            "shortcuts": [id], "kbArticles": [id], "to": { "email": "ada@acme.example", "name": "Ada" },
            "from": { "email": "help@shop.example" }, "cc": [{ "email": "c@acme.example" }],
            "bcc": [{ "email": "b@acme.example" }], "subject": "Order", "body": "On its way",
            "replyTo": "answers@shop.example", "headers": [{ "name": "X-Order", "value": "1815" }], "template": null,
            "payload": { "draftJs": { "blocks": [], "entityMap": {} } },
        }),
        json!({ "channel": "sms", "app": "twilio", "to": "+18005551212", "from": "+18005550000", "body": "On its way" }),
        json!({ "channel": "whatsapp", "app": "messagebird", "to": "+18005551212", "body": "On its way" }),
        choice(json!({
            "type": "list", "body": { "text": "Which?" },
            "action": { "button": "Choose", "sections": [{ "rows": [{ "id": "1", "title": "One" }] }] },
        })),
        choice(json!({
            "type": "button", "header": { "type": "text", "text": "Order" }, "body": { "text": "Keep it?" },
            "action": { "buttons": [{ "type": "reply", "reply": { "id": "y", "title": "Yes" } }] },
        })),
        json!({
            "channel": "whatsapp", "app": "whatsapp", "to": "+18005551212",
            "meta": { "template": "order_sent", "components": { "body": { "1": "Ada" } } },
        }),
        json!({ "channel": "chat", "body": "Hello", "attachments": [] }),
        json!({ "channel": "facebook", "to": "ada", "from": "shop", "body": "Hello" }),
        json!({ "channel": "twitter-tweet", "body": "@ada hello" }),
        json!({ "channel": "twitter-dm", "to": "ada", "body": "Hello" }),
        json!({ "channel": "note", "body": "She called", "userMentions": [] }),
        json!({ "channel": "instagram", "to": "ada", "body": "Hello" }),
    ]
}

#[test]
fn a_draft_of_every_channel_is_answered_as_it_was_written_and_none_is_sent_by_itself() {
    let server = Server::start();
    let customer = owner(&server);
    for form in forms() {
        let created = server.post(&drafts_of(&customer), form.clone()).expect(200);
        let path = path_of(&created);
        assert_eq!(created.data()["type"], "draft");
        for (name, value) in form.as_object().unwrap() {
            // One recipient alone is answered as a list.
            let value = if name == "to" && value.is_object() { json!([value]) } else { value.clone() };
            assert_eq!(created.attributes()[name], value, "{name} of {form}");
        }
        assert_eq!(created.attributes()["status"], "draft");
        assert_eq!(linked(&created, "customer"), format!("/v1/customers/{customer}"));
        assert_eq!(server.get(&path).expect(200).text, created.text);
        let mut again = form.clone();
        again["body"] = json!("Changed");
        // A list, buttons or a template of WhatsApp is no text: an update takes a text alone.
        let rest = again.as_object_mut().unwrap();
        rest.remove("meta");
        let changed = server.put(&path, again).expect(200);
        assert_eq!(changed.attributes()["body"], "Changed");
        assert_eq!(changed.attributes()["rev"], 2);
    }
    let listed = server.get(&format!("{}?pageSize=500", drafts_of(&customer))).expect(200);
    assert_eq!(listed.data().as_array().unwrap().len(), forms().len());
    assert_eq!(listed.body["links"]["self"], format!("{}?page=1&pageSize=500", drafts_of(&customer)));
    assert!(server.get("/v1/outbox").expect(200).data().as_array().unwrap().is_empty());
    assert!(server.get("/v1/messages").expect(200).data().as_array().unwrap().is_empty());
}

#[test]
fn a_body_that_is_not_of_its_channel_is_refused_with_its_place() {
    let server = Server::start();
    let customer = owner(&server);
    for (body, pointer) in [
        (json!({ "body": "?" }), "/channel"),
        (json!({ "channel": "pigeon" }), "/channel"),
        (json!({ "channel": 1 }), "/channel"),
        (json!({ "channel": "sms", "subject": "?" }), "/subject"),
        (json!({ "channel": "sms", "to": [{ "email": "a@b.example" }] }), "/to"),
        (json!({ "channel": "email", "to": "ada" }), "/to"),
        (json!({ "channel": "email", "to": { "email": "ada" } }), "/to/email"),
        (json!({ "channel": "email", "to": [{ "name": "Ada" }] }), "/to/0/email"),
        (json!({ "channel": "whatsapp", "app": "whatsapp" }), "/body"),
        (json!({ "channel": "whatsapp", "app": "whatsapp", "attachments": [] }), "/body"),
        (json!({ "channel": "whatsapp", "body": "?" }), "/app"),
        (json!({ "channel": "whatsapp", "app": "whatsapp", "meta": { "interactive": {} } }), "/meta/interactive/type"),
        (json!({ "channel": "note", "to": "ada" }), "/to"),
        (json!({ "channel": "chat", "status": "scheduled" }), "/status"),
        (json!({ "channel": "chat", "sendAt": "tomorrow" }), "/sendAt"),
        (json!({ "channel": "chat", "sendAt": "2001-01-01T00:00:00Z" }), "/sendAt"),
        (json!({ "channel": "chat", "sendAt": soon(60_000), "status": "sent" }), "/sendAt"),
        (json!({ "channel": "chat", "status": "sent" }), "/body"),
        (json!({ "channel": "email", "status": "sent", "body": "?" }), "/to"),
        (json!({ "channel": "note", "status": "sent", "body": "?" }), "/conversation"),
        (json!({ "channel": "chat", "conversation": "5c7d1a1f9a1b2c0010a1b2c3" }), "/conversation"),
        (json!({ "channel": "chat", "customer": "5c7d1a1f9a1b2c0010a1b2c3" }), "/customer"),
        (json!({ "channel": "chat", "sentAt": soon(0) }), "/sentAt"),
        (
            json!({ "channel": "email", "headers": [{ "name": "X-A" }, { "name": "Bcc", "value": "a@b.c" }] }),
            "/headers/1",
        ),
        (json!({ "channel": "email", "headers": [{ "name": "X-A", "value": "a\r\nBcc: a@b.c" }] }), "/headers/0"),
        (json!({ "channel": "email", "headers": [{ "name": "X A" }] }), "/headers/0"),
    ] {
        let refused = server.post(&drafts_of(&customer), body.clone()).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], pointer, "{body}: {}", refused.body);
    }
    server.post(&drafts_of("5c7d1a1f9a1b2c0010a1b2c3"), sms("?")).expect(404);
    assert_eq!(server.post("/v1/drafts", sms("?")).expect(400).error()["meta"]["pointer"], "/customer");
    let path = path_of(&server.post(&drafts_of(&customer), sms("?")).expect(200));
    let other = server.put(&path, json!({ "channel": "chat", "body": "?" })).expect(400);
    assert_eq!(other.error()["meta"]["pointer"], "/channel");
    assert_eq!(server.put(&path, json!({ "body": "?" })).expect(400).error()["meta"]["pointer"], "/channel");
}

#[test]
fn a_sent_draft_is_in_the_outbox_and_in_the_conversation() {
    let server = Server::start();
    let customer = owner(&server);
    let id = conversation(&server, &customer);
    let body = json!({
        "channel": "sms", "to": "+18005551212", "from": "+18005550000", "body": "On its way", "conversation": id,
        "status": "sent",
    });
    let sent = server.post(&drafts_of(&customer), body).expect(200);
    assert_eq!(sent.attributes()["status"], "sent");
    assert!(sent.attributes()["sentAt"].is_string());
    let message = server.get(&linked(&sent, "message")).expect(200);
    let attributes = message.attributes();
    assert_eq!(
        (&attributes["channel"], &attributes["direction"], &attributes["preview"], &attributes["status"]),
        (&json!("sms"), &json!("out"), &json!("On its way"), &json!("sent"))
    );
    assert_eq!(attributes["meta"], json!({ "to": "+18005551212", "from": "+18005550000" }));
    assert_eq!(linked(&message, "conversation"), format!("/v1/conversations/{id}"));
    let counts = server.get(&format!("/v1/conversations/{id}")).expect(200);
    assert_eq!(counts.attributes()["outboundMessageCount"], 1);
    let delivery = server.get(&linked(&sent, "delivery")).expect(200);
    assert_eq!(delivery.data()["type"], "delivery");
    assert_eq!(
        (&delivery.attributes()["status"], &delivery.attributes()["to"], &delivery.attributes()["body"]),
        (&json!("kept"), &json!("+18005551212"), &json!("On its way"))
    );
    for name in ["customer", "conversation", "message", "draft"] {
        server.get(&linked(&delivery, name)).expect(200);
    }
    // Nothing of it changes any more.
    let path = path_of(&sent);
    let refused = server.put(&path, sms("Wait")).expect(409);
    assert_eq!(refused.parameter(), "status");
    server.delete(&path).expect(204);
    server.get(&linked(&sent, "delivery")).expect(200);

    // Without a conversation it begins one; without a recipient it is sent to the customer's number.
    let ada = server.create(json!({ "name": "Ada", "phones": [{ "phone": "+18005551313" }] }));
    let ada = ada["id"].as_str().unwrap();
    let body = json!({ "channel": "sms", "body": "Hello", "status": "sent" });
    let sent = server.post(&drafts_of(ada), body).expect(200);
    let begun = server.get(&linked(&sent, "conversation")).expect(200);
    assert_eq!((&begun.attributes()["messageCount"], &begun.attributes()["direction"]), (&json!(1), &json!("out")));
    assert_eq!(server.get(&linked(&sent, "delivery")).expect(200).attributes()["to"], "+18005551313");
    let newest = server.get("/v1/outbox?pageSize=1").expect(200);
    assert_eq!(newest.data()[0]["links"]["self"], linked(&sent, "delivery"), "newest first");
    let next = newest.body["links"]["next"].as_str().unwrap();
    assert_eq!(server.get(next).expect(200).data()[0]["id"], delivery.data()["id"]);
}

#[test]
fn a_whatsapp_draft_needs_no_words_where_it_has_attachments() {
    let server = Server::start();
    let customer = owner(&server);
    let photo = crate::attachments::uploaded(&server, "photo.png", "the photo").data()["id"].clone();
    let body = json!({ "channel": "whatsapp", "app": "whatsapp", "to": "+18005551212", "attachments": [photo] });
    let draft = server.post(&drafts_of(&customer), body).expect(200);
    assert_eq!(draft.attributes()["body"], Value::Null);
    let sent = json!({ "channel": "whatsapp", "app": "whatsapp", "status": "sent" });
    let sent = server.put(&path_of(&draft), sent).expect(200);
    let delivery = server.get(&linked(&sent, "delivery")).expect(200);
    assert_eq!(delivery.attributes()["attachments"], json!([photo]));
}

#[test]
fn a_conversation_that_takes_no_messages_takes_none_of_a_draft() {
    let server = Server::start();
    let customer = owner(&server);
    let id = conversation(&server, &customer);
    let draft = server.post(&drafts_of(&customer), json!({ "channel": "chat", "body": "Hello", "conversation": id }));
    let path = path_of(&draft.expect(200));
    server.patch(&format!("/v1/conversations/{id}"), json!({ "locked": true })).expect(200);
    server.put(&path, json!({ "channel": "chat", "status": "sent" })).expect(409);
    assert_eq!(status(&server, &path), "draft");
    // By itself it cannot be sent either, and says why.
    server.put(&path, json!({ "channel": "chat", "sendAt": soon(200) })).expect(200);
    wait_for("the draft that fails", || status(&server, &path) == "failed");
    let failed = server.get(&path).expect(200);
    assert!(failed.attributes()["error"]["message"].as_str().unwrap().contains("locked"), "{}", failed.body);
    assert!(server.get("/v1/outbox").expect(200).data().as_array().unwrap().is_empty());
    // Of another customer it is not.
    let other = server.create(json!({}))["id"].as_str().unwrap().to_owned();
    let refused = server.post(&drafts_of(&other), json!({ "channel": "chat", "body": "?", "conversation": id }));
    assert_eq!(refused.expect(400).error()["meta"]["pointer"], "/conversation");
}

#[test]
fn a_note_has_one_draft_in_its_conversation_and_becomes_a_note() {
    let server = Server::start();
    let customer = owner(&server);
    let (id, another) = (conversation(&server, &customer), conversation(&server, &customer));
    let note = |conversation: &str| json!({ "channel": "note", "body": "She called", "conversation": conversation });
    let first = server.post(&drafts_of(&customer), note(&id)).expect(200);
    let second = server.post(&drafts_of(&customer), note(&id)).expect(409);
    assert_eq!(second.parameter(), "conversation");
    let other = server.post(&drafts_of(&customer), note(&another)).expect(200);
    let moved = json!({ "channel": "note", "conversation": id });
    server.put(&path_of(&other), moved).expect(409);
    let sent = server.put(&path_of(&first), json!({ "channel": "note", "status": "sent" })).expect(200);
    let written = server.get(&linked(&sent, "note")).expect(200);
    assert_eq!(written.attributes()["body"], "She called");
    assert_eq!(server.get(&format!("/v1/conversations/{id}")).expect(200).attributes()["noteCount"], 1);
    assert!(server.get("/v1/outbox").expect(200).data().as_array().unwrap().is_empty(), "a note leaves nothing");
    // One that was sent or deleted is in nobody's way.
    let next = server.post(&drafts_of(&customer), note(&id)).expect(200);
    server.delete(&path_of(&next)).expect(204);
    server.post(&drafts_of(&customer), note(&id)).expect(200);
}

#[test]
fn a_draft_is_sent_at_its_time_once_by_the_system_unless_it_was_unscheduled_or_deleted() {
    let server = Server::start();
    let customer = owner(&server);
    let scheduled = |millis: u64, mark: &str| {
        let mut body = sms(mark);
        body["sendAt"] = json!(soon(millis));
        let created = server.post(&drafts_of(&customer), body).expect(200);
        assert_eq!(created.attributes()["status"], "scheduled");
        path_of(&created)
    };
    let (kept, unscheduled, off, deleted) = (
        scheduled(1_000, "kept"),
        scheduled(1_000, "unscheduled"),
        scheduled(1_000, "off"),
        scheduled(1_000, "deleted"),
    );
    let later = scheduled(3_600_000, "later");
    for empty in [json!(null), json!("")] {
        let answer = server.put(&unscheduled, json!({ "channel": "sms", "sendAt": empty })).expect(200);
        assert_eq!((&answer.attributes()["status"], &answer.attributes()["sendAt"]), (&json!("draft"), &json!(null)));
    }
    server.put(&off, json!({ "channel": "sms", "scheduled": false })).expect(200);
    server.delete(&deleted).expect(204);
    // Members that are not named stay as they are.
    let touched = server.put(&later, json!({ "channel": "sms", "body": "later still" })).expect(200);
    assert_eq!(touched.attributes()["status"], "scheduled");
    wait_for("the draft that is sent", || status(&server, &kept) == "sent");
    // The timer runs again before this is sent, so all else would be sent by then.
    let last = scheduled(1_500, "last");
    wait_for("the draft after it", || status(&server, &last) == "sent");
    let outbox = server.get("/v1/outbox?pageSize=500").expect(200);
    let bodies: Vec<&Value> = outbox.data().as_array().unwrap().iter().map(|it| &it["attributes"]["body"]).collect();
    assert_eq!(bodies, ["last", "kept"]);
    assert_eq!((status(&server, &unscheduled), status(&server, &off)), (json!("draft"), json!("draft")));
    assert_eq!(status(&server, &later), "scheduled");

    let history = server.get(&format!("{kept}/history")).expect(200);
    let [sent, created] = [&history.data()[0], &history.data()[1]];
    assert_eq!(sent["relationships"]["user"]["data"]["id"], Value::Null, "the system sent it: {sent}");
    assert!(created["relationships"]["user"]["data"]["id"].is_string());
    let message = server.get(&linked(&server.get(&kept).expect(200), "message")).expect(200);
    let author = server.get("/v1/users/current").expect(200).data()["id"].clone();
    assert_eq!(message.data()["relationships"]["createdBy"]["data"]["id"], author, "as its author wrote it");
}

#[test]
fn a_timer_survives_a_server_that_is_killed() {
    let server = Server::on_file();
    let customer = owner(&server);
    let mut body = sms("after the power cut");
    body["sendAt"] = json!(soon(1_200));
    let path = path_of(&server.post(&drafts_of(&customer), body).expect(200));
    let server = server.kill_and_restart();
    wait_for("the draft of before", || status(&server, &path) == "sent");
    assert_eq!(server.get("/v1/outbox").expect(200).data().as_array().unwrap().len(), 1);
}

#[test]
fn of_several_servers_one_sends_each_draft() {
    let place = Place::lasting();
    let first = Server::at(place.url(), &[]);
    let customer = owner(&first);
    let others = [Server::at(place.url(), &[]), Server::at(place.url(), &[])];
    let moment = soon(1_500);
    let paths: Vec<String> = (0..40)
        .map(|number| {
            let mut body = sms(&format!("number {number}"));
            body["sendAt"] = json!(moment);
            path_of(&first.post(&drafts_of(&customer), body).expect(200))
        })
        .collect();
    wait_for("all of them", || paths.iter().all(|path| status(&others[0], path) == "sent"));
    let outbox = others[1].get("/v1/outbox?pageSize=500").expect(200);
    assert_eq!(outbox.data().as_array().unwrap().len(), paths.len());
    for path in &paths {
        assert_eq!(first.get(path).expect(200).attributes()["rev"], 2, "sent once");
    }
}

#[test]
fn a_snooze_ends_at_its_time() {
    let server = Server::start();
    let path = format!("/v1/conversations/{}", conversation(&server, &owner(&server)));
    let snooze = json!({ "snooze": { "time": soon(1_000), "status": "scheduled" } });
    assert_eq!(server.patch(&path, snooze).expect(200).attributes()["status"], "snoozed");
    wait_for("the end of the snooze", || status(&server, &path) == "open");
    let open = server.get(&path).expect(200);
    assert_eq!(open.attributes()["snooze"]["status"], "elapsed");
    assert_eq!(open.attributes()["reopenCount"], 1);
}

#[test]
fn drafts_and_the_outbox_ask_for_roles() {
    let server = Server::on_file();
    let customer = owner(&server);
    let path = path_of(&server.post(&drafts_of(&customer), sms("hello")).expect(200));
    let status_of = |roles: &[&str], method: Method, path: &str, body: Option<Value>| {
        let key = server.token("demo", roles);
        server.call_as(&key, method, path, body).status
    };
    let (reads, writes) = (["org.user.draft.read"], ["org.user.draft.write"]);
    for list in [drafts_of(&customer), "/v1/drafts".to_owned(), path.clone(), "/v1/outbox".to_owned()] {
        assert_eq!(status_of(&reads, Method::GET, &list, None), 200, "{list}");
        assert_eq!(status_of(&writes, Method::GET, &list, None), 403, "{list}");
    }
    assert_eq!(status_of(&writes, Method::POST, &drafts_of(&customer), Some(sms("a"))), 200);
    assert_eq!(status_of(&reads, Method::POST, &drafts_of(&customer), Some(sms("a"))), 403);
    assert_eq!(status_of(&reads, Method::PUT, &path, Some(sms("a"))), 403);
    assert_eq!(status_of(&writes, Method::DELETE, &path, None), 403);
    assert_eq!(status_of(&["org.user.draft.delete"], Method::DELETE, &path, None), 204);
}

#[test]
fn nothing_is_sent_to_a_deleted_customer_nor_forwarded_of_one() {
    let server = Server::start();
    let customer = owner(&server);
    let conversation = conversation(&server, &customer);
    let form = |conversation: Option<&str>, channel: &str| {
        let mut body = json!({ "channel": channel, "body": "hello" });
        if channel == "sms" {
            body["to"] = json!("+18005551212");
        }
        if let Some(conversation) = conversation {
            body["conversation"] = json!(conversation);
        }
        body
    };
    let drafts: Vec<String> =
        [form(Some(&conversation), "sms"), form(None, "email"), form(Some(&conversation), "note")]
            .into_iter()
            .map(|body| path_of(&server.post(&drafts_of(&customer), body).expect(200)))
            .collect();
    let forward = json!({ "channel": "email", "from": { "email": "help@acme.example" },
        "to": [{ "email": "depot@acme.example" }], "body": "look" });
    let forwards = format!("/v1/conversations/{conversation}/forwards");
    let forwarded = path_of(&server.post(&forwards, forward.clone()).expect(200));
    let mut timed = forward.clone();
    timed["sendAt"] = json!(soon(2_000));
    let timed = path_of(&server.post(&forwards, timed).expect(200));
    server.delete(&format!("/v1/customers/{customer}")).expect(204);
    for (path, channel) in drafts.iter().zip(["sms", "email", "note"]) {
        // A change is kept, and nothing leaves.
        server.put(path, json!({ "channel": channel, "body": "changed" })).expect(200);
        let refused = server.put(path, json!({ "channel": channel, "status": "sent" })).expect(400);
        assert!(refused.text.contains("was deleted"), "{}", refused.body);
        assert_eq!(status(&server, path), "draft");
    }
    server.put(&forwarded, json!({ "status": "sent" })).expect(400);
    let mut sent = forward;
    sent["status"] = json!("sent");
    server.post(&forwards, sent).expect(400);
    wait_for("the forward that fails", || status(&server, &timed) == "failed");
    let reason = server.get(&timed).expect(200).attributes()["error"]["message"].clone();
    assert!(reason.as_str().unwrap().contains("was deleted"), "{reason}");
    assert_eq!(server.get("/v1/outbox").expect(200).data(), &json!([]));
    // Restored, the customer is written to.
    server.post(&format!("/v1/customers/{customer}/restore"), json!({})).expect(200);
    server.put(&drafts[0], json!({ "channel": "sms", "status": "sent" })).expect(200);
    server.put(&forwarded, json!({ "status": "sent" })).expect(200);
}

#[test]
fn drafts_and_deliveries_are_erased_with_their_customer_and_send_nothing_any_more() {
    let server = Server::on_file();
    let ada = server.create(json!({ "name": "Ada", "phones": [{ "phone": "+18005551515" }] }));
    let customer = ada["id"].as_str().unwrap().to_owned();
    let mut body = sms("zqdraftword");
    body["sendAt"] = json!(soon(2_000));
    let scheduled = path_of(&server.post(&drafts_of(&customer), body).expect(200));
    let mut body = sms("zqdraftword");
    body["status"] = json!("sent");
    let sent = server.post(&drafts_of(&customer), body).expect(200);
    let delivery = linked(&sent, "delivery");
    server.post(&format!("/v1/customers/{customer}/erase"), json!({})).expect(204);
    for path in [&scheduled, &path_of(&sent), &delivery] {
        let gone = server.get(path).expect(404);
        assert!(gone.error()["title"].as_str().unwrap().contains("was erased"), "{}", gone.body);
    }
    let other = owner(&server);
    let mut body = sms("after");
    body["sendAt"] = json!(soon(2_500));
    let after = path_of(&server.post(&drafts_of(&other), body).expect(200));
    wait_for("a draft after it", || status(&server, &after) == "sent");
    let outbox = server.get("/v1/outbox?pageSize=500").expect(200);
    assert_eq!(outbox.data().as_array().unwrap().len(), 1);
    assert!(!outbox.text.contains("zqdraftword"));
}
