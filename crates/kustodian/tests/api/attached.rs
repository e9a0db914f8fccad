//! Attachments under messages, notes and conversations: their owners, their reads, and their end.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};

use crate::attachments::{create, kept, put, read, related, uploaded};
use crate::server::{Answer, Server};
use crate::world::owner;

pub(crate) fn id_of(answer: &Answer) -> String {
    answer.data()["id"].as_str().unwrap().to_owned()
}

pub(crate) fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

/// A new conversation of a customer: its path.
pub(crate) fn conversation_of(server: &Server, customer: &str) -> String {
    path_of(&server.post("/v1/conversations", json!({ "customer": customer })).expect(201))
}

fn message(attachments: Value) -> Value {
    json!({ "channel": "email", "app": "postmark", "direction": "in", "preview": "See below", "attachments": attachments })
}

/// The ids in the relationship of a record to its attachments.
pub(crate) fn named(answer: &Answer) -> Vec<String> {
    let data = &answer.data()["relationships"]["attachments"]["data"];
    let ids = data.as_array().into_iter().flatten().map(|item| {
        assert_eq!(item["type"], "attachment");
        item["id"].as_str().unwrap().to_owned()
    });
    ids.collect()
}

/// What an attachment is tied to, by the names of its relationships.
fn ties(server: &Server, id: &str) -> Vec<String> {
    let attachment = server.get(&format!("/v1/attachments/{id}")).expect(200);
    let relationships = attachment.data()["relationships"].as_object().unwrap().clone();
    let names = ["message", "note", "draft", "forward", "conversation", "customer"].into_iter();
    names.filter(|name| relationships.contains_key(*name)).map(str::to_owned).collect()
}

#[test]
fn a_message_and_a_note_have_the_attachments_that_their_bodies_name() {
    let server = Server::start();
    let customer = owner(&server);
    let conversation = conversation_of(&server, &customer);
    let files: Vec<Answer> =
        ["a", "b", "c", "d"].iter().map(|name| uploaded(&server, &format!("{name}.txt"), name)).collect();
    let ids: Vec<String> = files.iter().map(id_of).collect();
    let as_object = json!({ "_id": ids[1], "name": "b.txt", "contentType": "text/plain", "contentLength": 1 });
    let first =
        server.post(&format!("{conversation}/messages"), message(json!([ids[0], as_object, ids[0]]))).expect(201);
    let note = json!({ "body": "From the phone", "attachments": [{ "id": ids[2] }] });
    let note = server.post(&format!("{conversation}/notes"), note).expect(201);
    let begun = server.post(&format!("/v1/customers/{customer}/messages"), message(json!([ids[3]]))).expect(201);
    assert_eq!((named(&first), named(&note)), (ids[..2].to_vec(), vec![ids[2].clone()]));
    assert_eq!(named(&server.get(&path_of(&first)).expect(200)), ids[..2]);
    assert_eq!(ties(&server, &ids[0]), ["message", "conversation"]);
    assert_eq!(ties(&server, &ids[2]), ["note", "conversation"]);
    assert_eq!(ties(&server, &ids[3]), ["message", "conversation"], "of the conversation that it began");
    for (record, expected) in [(&first, &ids[..2]), (&note, &ids[2..3]), (&begun, &ids[3..])] {
        let list = record.data()["relationships"]["attachments"]["links"]["self"].as_str().unwrap();
        assert_eq!(server.get(list).expect(200).ids(), expected);
    }
    let listed = server.get(&format!("{conversation}/attachments")).expect(200);
    assert_eq!(listed.ids(), ids[..3]);
    let link = listed.data()[1]["links"]["related"].as_str().unwrap();
    assert_eq!(read(link).expect(200).bytes, b"b");
    let page = server.get(&format!("{conversation}/attachments?pageSize=2")).expect(200);
    assert_eq!(server.get(page.body["links"]["next"].as_str().unwrap()).expect(200).ids(), ids[2..3]);
    let one = server.get(&format!("{}/attachments/{}", path_of(&first), ids[1])).expect(200);
    assert_eq!(one.data()["relationships"]["message"]["data"]["id"], id_of(&first));
    assert_eq!(read(related(&one)).expect(200).bytes, b"b");
    server.get(&format!("{}/attachments/{}", path_of(&begun), ids[1])).expect(404);
    server.get("/v1/messages/5c7d1a1f9a1b2c0010a1b2c3/attachments").expect(404);
    server.get("/v1/conversations/5c7d1a1f9a1b2c0010a1b2c3/attachments").expect(404);
    // A search counts them.
    let found = json!({ "and": [{ "message_attachment_count": { "equals": 2 } }], "queryContext": "message" });
    assert_eq!(server.post("/v1/customers/search", found).expect(200).ids(), [id_of(&first)]);
}

#[test]
fn attachments_are_answered_beside_messages_to_those_who_may_read_them() {
    let server = Server::on_file();
    let customer = owner(&server);
    let conversation = conversation_of(&server, &customer);
    let messages = format!("{conversation}/messages");
    let ids: Vec<String> = ["a", "b"].iter().map(|name| id_of(&uploaded(&server, "a.txt", name))).collect();
    for id in &ids {
        server.post(&messages, message(json!([id]))).expect(201);
    }
    for list in [messages.as_str(), &format!("/v1/customers/{customer}/messages"), "/v1/messages"] {
        let page = server.get(&format!("{list}?include=attachments&pageSize=1")).expect(200);
        assert_eq!(page.body["included"][0]["id"], ids[0], "{list}");
        assert_eq!(page.body["included"].as_array().unwrap().len(), 1, "{list}");
        let link = page.body["included"][0]["links"]["related"].as_str().unwrap();
        assert_eq!(read(link).expect(200).bytes, b"a", "{list}");
        let next = server.get(page.body["links"]["next"].as_str().unwrap()).expect(200);
        assert_eq!(next.body["included"][0]["id"], ids[1], "{list}");
        assert_eq!(server.get(list).expect(200).body["included"], Value::Null, "{list}");
    }
    let key = server.token("demo", &["org.user.message.read"]);
    let page = server.call_as(&key, Method::GET, &format!("{messages}?include=attachments"), None).expect(200);
    assert_eq!(page.body["included"], json!([]));
}

#[test]
fn an_attachment_that_is_not_there_or_is_another_record_s_is_named_and_nothing_is_written() {
    let server = Server::on_file();
    server.org("other");
    let stranger = server.token("other", &["org"]);
    let theirs = json!({ "name": "a.txt", "contentType": "text/plain", "contentLength": 4 });
    let theirs = id_of(&server.call_as(&stranger, Method::POST, "/v1/attachments", Some(theirs)).expect(201));
    let conversation = conversation_of(&server, &owner(&server));
    let (messages, notes) = (format!("{conversation}/messages"), format!("{conversation}/notes"));
    let taken = id_of(&create(&server, "/v1/attachments", "taken.txt", 4));
    let free = id_of(&create(&server, "/v1/attachments", "free.txt", 4));
    let first = path_of(&server.post(&messages, message(json!([taken]))).expect(201));
    let note = path_of(&server.post(&notes, json!({ "body": "b" })).expect(201));
    let before = server.get(&conversation).text;
    for wrong in [json!(taken), json!(theirs), json!("5c7d1a1f9a1b2c0010a1b2c3"), json!("a"), json!({}), json!(null)] {
        for (method, path, mut body) in [
            (Method::POST, &messages, message(json!([]))),
            (Method::POST, &notes, json!({ "body": "b" })),
            (Method::PATCH, &note, json!({})),
            (Method::PUT, &note, json!({})),
        ] {
            body["attachments"] = json!([free, wrong]);
            let refused = server.call(method.clone(), path, Some(body)).expect(400);
            assert_eq!(
                refused.error()["meta"]["pointer"],
                "/attachments/1",
                "{method} {path} {wrong}: {}",
                refused.body
            );
        }
    }
    assert_eq!(server.get(&conversation).text, before);
    assert_eq!((ties(&server, &free), ties(&server, &taken)), (vec![], vec!["message".into(), "conversation".into()]));
    assert_eq!(named(&server.get(&first)), [taken]);
    let many: Vec<String> = vec![free.clone(); 101];
    assert_eq!(server.post(&messages, message(json!(many))).expect(400).error()["meta"]["pointer"], "/attachments");
    server.post(&format!("{messages}?validateOnly=true"), message(json!([free]))).expect(201);
    assert_eq!(ties(&server, &free), Vec::<String>::new());
}

#[test]
fn an_update_gives_a_message_or_a_note_other_attachments_and_those_left_out_stay_in_the_conversation() {
    let server = Server::start();
    let conversation = conversation_of(&server, &owner(&server));
    let ids: Vec<String> =
        ["a.txt", "b.txt"].iter().map(|name| id_of(&create(&server, "/v1/attachments", name, 1))).collect();
    for (list, body, tie) in [
        ("messages", message(json!([ids[0]])), "message"),
        ("notes", json!({ "body": "b", "attachments": [ids[0]] }), "note"),
    ] {
        let path = path_of(&server.post(&format!("{conversation}/{list}"), body).expect(201));
        let unchanged = server.patch(&path, json!({ "lang": "en_us" })).expect(200);
        assert_eq!(named(&unchanged), [ids[0].clone()], "{list}");
        let other = server.patch(&path, json!({ "attachments": [ids[1]] })).expect(200);
        assert_eq!(named(&other), [ids[1].clone()], "{list}");
        assert_eq!(ties(&server, &ids[1]), [tie, "conversation"]);
        assert_eq!(ties(&server, &ids[0]), ["conversation"]);
        assert_eq!(server.get(&format!("{conversation}/attachments")).expect(200).ids(), ids, "{list}");
        // The same list changes nothing of the attachments.
        let rev = server.get(&format!("/v1/attachments/{}", ids[1])).attributes()["rev"].clone();
        server.put(&path, json!({ "attachments": [{ "_id": ids[1] }] })).expect(200);
        assert_eq!(server.get(&format!("/v1/attachments/{}", ids[1])).attributes()["rev"], rev);
        let former = server.get(&format!("{path}?rev=1")).expect(200);
        assert_eq!(named(&former), [ids[0].clone()], "{list}");
        let stale = server.patch(&path, json!({ "attachments": [], "rev": 1 })).expect(409);
        assert_eq!(stale.parameter(), "rev");
        let bare = server.put(&format!("{path}?replace=true"), json!({})).expect(200);
        assert_eq!(named(&bare), Vec::<String>::new(), "{list}");
        assert_eq!(bare.data()["relationships"].get("attachments"), None);
        assert_eq!(ties(&server, &ids[1]), ["conversation"]);
    }
}

#[test]
fn of_many_updates_at_once_each_attachment_belongs_to_who_names_it() {
    let server = Server::start();
    let conversation = conversation_of(&server, &owner(&server));
    let path = path_of(&server.post(&format!("{conversation}/messages"), message(json!([]))).expect(201));
    let ids: Vec<String> = (0..8).map(|_| id_of(&create(&server, "/v1/attachments", "a.txt", 1))).collect();
    std::thread::scope(|scope| {
        for id in &ids {
            let (server, path) = (&server, &path);
            scope.spawn(move || {
                // A client that gets no turn is answered so, and tries again.
                while server.patch(path, json!({ "attachments": [id] })).status == 503 {}
            });
        }
    });
    let now = server.get(&path).expect(200);
    assert_eq!(now.attributes()["rev"], 9);
    let named = named(&now);
    assert_eq!(named.len(), 1);
    for id in &ids {
        let is_tied = ties(&server, id).contains(&"message".to_owned());
        assert_eq!(is_tied, named.contains(id), "{id}");
    }
}

#[test]
fn attachments_are_erased_with_the_customer_of_their_conversation_or_note_and_their_bytes_with_them() {
    let server = Server::on_file();
    let (ada, bob) = (server.create(json!({ "name": "Ada" })), server.create(json!({ "name": "Bob" })));
    let [ada, bob] = [&ada, &bob].map(|customer| customer["id"].as_str().unwrap().to_owned());
    let file = |bytes: &str| uploaded(&server, "zqsecret.txt", bytes);
    let files = [file("of a message"), file("of a note"), file("taken out"), file("moved"), file("of a draft")];
    let ids: Vec<String> = files.iter().map(id_of).collect();
    let (stays, moves) = (conversation_of(&server, &ada), conversation_of(&server, &ada));
    let first = server.post(&format!("{stays}/messages"), message(json!([ids[0], ids[2]]))).expect(201);
    server.patch(&path_of(&first), json!({ "attachments": [ids[0]] })).expect(200);
    server.post("/v1/notes", json!({ "body": "b", "customer": ada, "attachments": [ids[1]] })).expect(201);
    server.post(&format!("{moves}/messages"), message(json!([ids[3]]))).expect(201);
    let draft = json!({ "channel": "chat", "body": "b", "attachments": [ids[4]] });
    server.post(&format!("/v1/customers/{ada}/drafts"), draft).expect(200);
    server.patch(&moves, json!({ "customer": bob })).expect(200);
    let links: Vec<String> = files.iter().map(|file| related(file).to_owned()).collect();
    server.post(&format!("/v1/customers/{ada}/erase"), json!({})).expect(204);
    for (at, id) in ids.iter().enumerate() {
        let answer = server.get(&format!("/v1/attachments/{id}"));
        let expected = if at == 3 { (200, 200) } else { (404, 404) };
        assert_eq!((answer.status, read(&links[at]).status), expected, "{at}: {}", answer.body);
    }
    assert_eq!(kept(&server).len(), 1, "that of Bob's conversation");
    server.post(&format!("/v1/customers/{bob}/erase"), json!({})).expect(204);
    assert_eq!(kept(&server), Vec::<PathBuf>::new());
    for list in ["/v1/attachments", "/v1/events?pageSize=500"] {
        assert!(!server.get(list).expect(200).text.contains("zqsecret"), "{list}");
    }
}

#[test]
fn a_draft_gets_attachments_and_passes_them_to_its_message_or_note() {
    let server = Server::on_file();
    let customer = owner(&server);
    let conversation = conversation_of(&server, &customer);
    let body = json!({ "channel": "email", "to": [{ "email": "ada@acme.example" }], "body": "See below",
        "conversation": conversation.rsplit('/').next() });
    let draft = server.post(&format!("/v1/customers/{customer}/drafts"), body).expect(200);
    let (path, list) = (path_of(&draft), format!("{}/attachments", path_of(&draft)));
    let file = |name: &str| json!({ "name": name, "contentType": "text/plain", "contentLength": 5 });
    let rehearsed = server.post(&format!("{list}?validateOnly=true"), file("a.txt")).expect(200);
    server.get(&path_of(&rehearsed)).expect(404);
    let (first, second) =
        (server.post(&list, file("a.txt")).expect(200), server.post(&list, file("b.txt")).expect(200));
    assert_eq!(first.data()["relationships"]["draft"]["data"]["id"], id_of(&draft));
    let ids = [id_of(&first), id_of(&second)];
    let now = server.get(&path).expect(200);
    assert_eq!(
        (named(&now), &now.attributes()["attachments"], &now.attributes()["rev"]),
        (ids.to_vec(), &json!(ids), &json!(3))
    );
    assert_eq!(server.get(&list).expect(200).ids(), ids);
    // Its bytes are sent to the link of the answer, and read over that of a read.
    let sent = crate::attachments::ask(Method::PUT, related(&first), &[], b"12345".to_vec());
    sent.expect(200);
    let of_draft = server.get(&format!("{list}/{}", ids[0])).expect(200);
    assert_eq!(read(related(&of_draft)).expect(200).bytes, b"12345");
    server.get(&format!("/v1/messages/{}/attachments/{}", id_of(&draft), ids[0])).expect(404);
    // Without bytes it is not sent, at once or by itself.
    let refused = server.put(&path, json!({ "channel": "email", "status": "sent" })).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/attachments/1");
    assert!(refused.error()["title"].as_str().unwrap().contains("b.txt"), "{}", refused.body);
    // A deleted one is gone with its bytes.
    let crate::attachments::Sent { .. } =
        crate::attachments::ask(Method::PUT, related(&second), &[], b"54321".to_vec()).expect(200);
    assert_eq!(kept(&server).len(), 2);
    server.delete(&format!("{list}/{}?validateOnly=true", ids[1])).expect(204);
    assert_eq!(kept(&server).len(), 2);
    server.delete(&format!("{list}/{}", ids[1])).expect(204);
    server.delete(&format!("{list}/{}", ids[1])).expect(404);
    assert_eq!((kept(&server).len(), server.get(&list).expect(200).ids()), (1, vec![ids[0].clone()]));
    assert_eq!(named(&server.get(&path)), [ids[0].clone()]);
    // The sent message has it, and the draft is closed.
    let sent = server.put(&path, json!({ "channel": "email", "status": "sent" })).expect(200);
    let message = server.get(sent.data()["relationships"]["message"]["links"]["self"].as_str().unwrap()).expect(200);
    assert_eq!(named(&message), [ids[0].clone()]);
    assert_eq!(ties(&server, &ids[0]), ["message", "conversation"]);
    assert_eq!(server.get(&format!("{conversation}/attachments")).expect(200).ids(), [ids[0].clone()]);
    let delivery = server.get(sent.data()["relationships"]["delivery"]["links"]["self"].as_str().unwrap()).expect(200);
    assert_eq!(delivery.attributes()["attachments"], json!([ids[0]]));
    assert_eq!(server.get(&list).expect(200).ids(), Vec::<String>::new());
    server.post(&list, file("c.txt")).expect(409);
    server.delete(&format!("{list}/{}", ids[0])).expect(409);
}

#[test]
fn a_draft_that_is_deleted_takes_its_attachments_and_their_bytes_along() {
    let server = Server::on_file();
    let customer = owner(&server);
    let own = uploaded(&server, "own.txt", "zqown");
    let other = uploaded(&server, "other.txt", "zqother");
    let body = json!({ "channel": "chat", "body": "See below", "attachments": [own.data()["id"]] });
    let draft = path_of(&server.post(&format!("/v1/customers/{customer}/drafts"), body).expect(200));
    server.delete(&format!("{draft}?validateOnly=true")).expect(204);
    assert_eq!(kept(&server).len(), 2);
    server.delete(&draft).expect(204);
    server.get(&path_of(&own)).expect(404);
    assert_eq!(kept(&server).len(), 1);
    assert_eq!(read(related(&other)).expect(200).bytes, b"zqother");
    server.delete(&draft).expect(404);
}

#[test]
fn a_draft_names_attachments_in_its_body_and_one_without_bytes_fails_at_its_time() {
    let server = Server::start();
    let customer = owner(&server);
    let drafts = format!("/v1/customers/{customer}/drafts");
    let (first, second) = (uploaded(&server, "a.txt", "a"), create(&server, "/v1/attachments", "late.txt", 4));
    let ids = [id_of(&first), id_of(&second)];
    let body = |list: &[String]| json!({ "channel": "chat", "body": "b", "attachments": list });
    let draft = server.post(&drafts, body(&ids)).expect(200);
    assert_eq!(named(&draft), ids);
    assert_eq!(ties(&server, &ids[0]), ["draft", "customer"]);
    let refused = server.post(&drafts, body(&ids[..1])).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/attachments/0", "it is the other draft's");
    // A message takes none of a draft that it is not sent from.
    let taken = server.post(&format!("/v1/customers/{customer}/messages"), message(json!([ids[0]]))).expect(400);
    assert_eq!(taken.error()["meta"]["pointer"], "/attachments/0");
    let mut scheduled = json!({ "channel": "chat" });
    scheduled["sendAt"] = json!(crate::drafts::soon(200));
    server.put(&path_of(&draft), scheduled).expect(200);
    crate::erase::wait_for("the draft that fails", || {
        server.get(&path_of(&draft)).expect(200).attributes()["status"] == "failed"
    });
    let failed = server.get(&path_of(&draft)).expect(200);
    assert!(failed.attributes()["error"]["message"].as_str().unwrap().contains("late.txt"), "{}", failed.body);
    // Another one takes them over once this one lets them go; as a note it gives them to the note.
    let next = server.post(&drafts, body(&[])).expect(200);
    let mut due = body(&[]);
    due["sendAt"] = json!(crate::drafts::soon(500));
    due["attachments"] = json!([id_of(&uploaded(&server, "c.txt", "c"))]);
    let due = server.put(&path_of(&next), due).expect(200);
    crate::erase::wait_for("the draft that is sent", || {
        server.get(&path_of(&due)).expect(200).attributes()["status"] == "sent"
    });
    let sent = server.get(&path_of(&due)).expect(200);
    let message = server.get(sent.data()["relationships"]["message"]["links"]["self"].as_str().unwrap()).expect(200);
    assert_eq!(named(&message), named(&due));
    let note = json!({ "channel": "note", "body": "b", "conversation": message.data()["relationships"]["conversation"]["data"]["id"],
        "attachments": [id_of(&uploaded(&server, "d.txt", "d"))], "status": "sent" });
    let note = server.post(&drafts, note).expect(200);
    let written = server.get(note.data()["relationships"]["note"]["links"]["self"].as_str().unwrap()).expect(200);
    assert_eq!(named(&written), named(&note));
    let listed = server.get(&format!("{drafts}?include=attachments")).expect(200);
    assert_eq!(listed.body["included"].as_array().unwrap().len(), 4, "{}", listed.body);
    put(&server, &server.get(&path_of(&second)), "late");
}
