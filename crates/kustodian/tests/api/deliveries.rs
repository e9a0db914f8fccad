//! E-mail that is really sent, by SMTP: accepted, retried and refused.

use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::post_office::PostOffice;
use crate::server::{Answer, Server};
use crate::world::owner;

fn with_post() -> (PostOffice, Server) {
    let post = PostOffice::open();
    let server = Server::start_with(&["--smtp-url", &post.url()]);
    (post, server)
}

fn email(to: &str) -> Value {
    json!({
        "channel": "email", "status": "sent", "to": [{ "email": to }],
        "from": { "email": "help@shop.example", "name": "Shop" }, "subject": "Your order", "body": "It is on its way.\n",
    })
}

fn send(server: &Server, body: Value) -> Answer {
    server.post(&format!("/v1/customers/{}/drafts", owner(server)), body).expect(200)
}

fn linked(answer: &Answer, name: &str) -> String {
    answer.data()["relationships"][name]["links"]["self"].as_str().unwrap().to_owned()
}

/// The delivery of a draft, once it has a status.
fn delivery_with(server: &Server, draft: &Answer, status: &str) -> Answer {
    let path = linked(draft, "delivery");
    wait_for(status, || server.get(&path).expect(200).attributes()["status"] == status);
    server.get(&path).expect(200)
}

#[test]
fn an_e_mail_arrives_as_it_was_written() {
    let (post, server) = with_post();
    let mut body = email("ada@acme.example");
    body["to"][0]["name"] = json!("Ada Lövelace");
    body["cc"] = json!([{ "email": "copy@acme.example" }]);
    body["bcc"] = json!([{ "email": "hidden@acme.example" }]);
    body["replyTo"] = json!("answers@shop.example");
    body["headers"] = json!([{ "name": "X-Order", "value": "1815" }]);
    let sent = send(&server, body);
    let delivery = delivery_with(&server, &sent, "sent");
    assert_eq!(
        (&delivery.attributes()["attempts"], &delivery.attributes()["nextAttemptAt"]),
        (&json!(1), &json!(null))
    );
    assert!(delivery.attributes()["sentAt"].is_string());
    let letters = post.letters();
    let [letter] = letters.as_slice() else { panic!("one letter: {letters:?}") };
    assert_eq!(letter.from, "help@shop.example");
    assert_eq!(letter.to, ["ada@acme.example", "copy@acme.example", "hidden@acme.example"]);
    for (name, value) in [
        ("From", "Shop <help@shop.example>"),
        ("Cc", "copy@acme.example"),
        ("Reply-To", "answers@shop.example"),
        ("Subject", "Your order"),
        ("X-Order", "1815"),
        ("Message-ID", &format!("<{}@shop.example>", delivery.data()["id"].as_str().unwrap())),
    ] {
        assert_eq!(letter.header(name), Some(value), "{name} in {}", letter.text);
    }
    assert!(letter.text.trim_end().ends_with("\n\nIt is on its way."), "{}", letter.text);
    assert!(!letter.text.contains("hidden@"), "{}", letter.text);
}

#[test]
fn no_text_of_a_draft_becomes_a_header_or_a_recipient() {
    let (post, server) = with_post();
    let mut body = email("ada@acme.example");
    body["subject"] = json!("Your order\r\nBcc: third@acme.example");
    body["to"][0]["name"] = json!("Ada\r\nX-Injected: 1");
    body["body"] = json!("first\r\n.\r\nMAIL FROM:<third@acme.example>\r\n");
    delivery_with(&server, &send(&server, body), "sent");
    let letters = post.letters();
    let [letter] = letters.as_slice() else { panic!("one letter: {letters:?}") };
    assert_eq!(letter.to, ["ada@acme.example"]);
    assert_eq!((letter.header("Bcc"), letter.header("X-Injected")), (None, None), "{}", letter.text);
    assert!(letter.text.contains("MAIL FROM:<third@acme.example>"), "{}", letter.text);
}

#[test]
fn html_is_sent_beside_the_text() {
    let (post, server) = with_post();
    let mut body = email("ada@acme.example");
    body["status"] = json!("draft");
    let draft = send(&server, body);
    let path = draft.data()["links"]["self"].as_str().unwrap().to_owned();
    let html = json!({ "channel": "email", "htmlBody": "<p>It is on its way.</p>", "status": "sent" });
    let sent = server.put(&path, html).expect(200);
    delivery_with(&server, &sent, "sent");
    let text = &post.letters()[0].text;
    assert!(text.contains("multipart/alternative") && text.contains("<p>It is on its way.</p>"), "{text}");
}

#[test]
fn attachments_are_parts_of_the_e_mail_and_too_many_bytes_are_refused() {
    use base64::Engine as _;

    use crate::attachments::{create, put, uploaded};

    let (post, server) = with_post();
    let bytes = "we b\u{f6}ught this\n".repeat(2_000);
    let file = uploaded(&server, "r\u{e9}sum\u{e9}.txt", &bytes);
    let mut body = email("ada@acme.example");
    body["attachments"] = json!([file.data()["id"]]);
    let sent = send(&server, body.clone());
    delivery_with(&server, &sent, "sent");
    let letters = post.letters();
    let text = &letters[0].text;
    assert!(text.contains("multipart/mixed") && text.contains("It is on its way."), "{text}");
    assert!(text.contains("Content-Disposition: attachment;") && text.contains("r%C3%A9sum%C3%A9.txt"), "{text}");
    let encoded: String =
        text.lines().skip_while(|line| !line.starts_with("Content-Disposition: attachment")).collect();
    let expected = base64::engine::general_purpose::STANDARD.encode(&bytes);
    assert!(encoded.contains(&expected), "{text}");

    let large = create(&server, "/v1/attachments", "large.dat", 20 * 1024 * 1024);
    put(&server, &large, &"x".repeat(20 * 1024 * 1024));
    let more = create(&server, "/v1/attachments", "more.dat", 6 * 1024 * 1024);
    put(&server, &more, &"y".repeat(6 * 1024 * 1024));
    body["attachments"] = json!([large.data()["id"], more.data()["id"]]);
    let refused = server.post(&format!("/v1/customers/{}/drafts", owner(&server)), body.clone()).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/attachments");
    assert!(refused.error()["title"].as_str().unwrap().contains("27262976 bytes"), "{}", refused.body);
    // One that is removed before the e-mail leaves ends its delivery, with the reason.
    let gone = uploaded(&server, "gone.txt", "gone");
    let mut busy = email("ada@busy.example");
    busy["attachments"] = json!([gone.data()["id"]]);
    let sent = send(&server, busy);
    let path = linked(&sent, "delivery");
    wait_for("a refusal for now", || server.get(&path).expect(200).attributes()["error"].is_object());
    server.put(gone.data()["links"]["self"].as_str().unwrap(), json!({ "redacted": true })).expect(200);
    let delivery = delivery_with(&server, &sent, "error");
    assert_eq!(delivery.attributes()["error"], json!({ "message": "the attachment gone.txt has no bytes" }));
}

#[test]
fn an_e_mail_that_the_server_cannot_take_now_is_sent_again() {
    let (post, server) = with_post();
    let sent = send(&server, email("ada@busy.example"));
    let path = linked(&sent, "delivery");
    wait_for("a refusal for now", || server.get(&path).expect(200).attributes()["error"].is_object());
    let waiting = server.get(&path).expect(200);
    assert_eq!(waiting.attributes()["error"], json!({ "code": 451, "message": "come back later" }));
    assert!(waiting.attributes()["nextAttemptAt"].is_string());
    let delivery = delivery_with(&server, &sent, "sent");
    assert_eq!((&delivery.attributes()["attempts"], &delivery.attributes()["error"]), (&json!(2), &json!(null)));
    assert_eq!((post.letters().len(), post.named("ada@busy.example")), (1, 2));
}

#[test]
fn a_final_refusal_is_shown_everywhere_and_delays_no_other() {
    let (post, server) = with_post();
    let refused = send(&server, email("ada@nobody.example"));
    let taken = send(&server, email("ada@acme.example"));
    delivery_with(&server, &taken, "sent");
    let delivery = delivery_with(&server, &refused, "error");
    assert_eq!(delivery.attributes()["error"], json!({ "code": 550, "message": "no such user here" }));
    assert_eq!(delivery.attributes()["nextAttemptAt"], Value::Null);
    for (name, status) in [("draft", "failed"), ("message", "error")] {
        let record = server.get(&linked(&delivery, name)).expect(200);
        assert_eq!(record.attributes()["status"], status, "{name}");
        assert_eq!(record.attributes()["error"], json!({ "message": "no such user here" }), "{name}");
        assert!(record.attributes()["errorAt"].is_string(), "{name}");
    }
    assert_eq!((post.letters().len(), post.named("ada@nobody.example")), (1, 1));
}

#[test]
fn what_waits_for_the_server_is_sent_after_a_restart_and_without_a_server_nothing_leaves() {
    let post = PostOffice::open();
    // Nobody listens there.
    let server = Server::on_file_with(&["--smtp-url", "smtp://127.0.0.1:9"]);
    let sent = send(&server, email("ada@acme.example"));
    let path = linked(&sent, "delivery");
    wait_for("an attempt", || server.get(&path).expect(200).attributes()["error"].is_object());
    let server = server.restart();
    let kept = send(&server, email("ada@acme.example"));
    assert_eq!(server.get(&linked(&kept, "delivery")).expect(200).attributes()["status"], "kept");
    assert_eq!(server.get(&path).expect(200).attributes()["status"], "queued");
    let server = server.restart_with(&["--smtp-url", &post.url()]);
    delivery_with(&server, &sent, "sent");
    assert_eq!(post.letters().len(), 1, "a kept delivery stays");
    assert_eq!(server.get(&linked(&kept, "delivery")).expect(200).attributes()["status"], "kept");
}

#[test]
fn an_e_mail_that_is_sent_has_a_sender() {
    let (_post, server) = with_post();
    let mut body = email("ada@acme.example");
    body.as_object_mut().unwrap().remove("from");
    let refused = server.post(&format!("/v1/customers/{}/drafts", owner(&server)), body).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/from");
}
