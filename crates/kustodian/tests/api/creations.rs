//! How many records a key may create of one customer in a minute, under a plan's limits.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

const PLAN: &[&str] = &["--rate-limit", "ultimate"];

/// The id of a new customer.
fn customer(server: &Server) -> String {
    server.create(json!({}))["id"].as_str().unwrap().to_owned()
}

/// The path of a customer, and of a conversation of it.
fn family(server: &Server) -> (String, String) {
    let customer = format!("/v1/customers/{}", customer(server));
    let opened = server.post(&format!("{customer}/conversations"), json!({})).expect(201);
    (customer, opened.data()["links"]["self"].as_str().unwrap().to_owned())
}

/// Sends the same until it is refused; how often it was not, and the refusal.
fn until_refused(send: impl Fn() -> Answer) -> (usize, Answer) {
    for count in 0..200 {
        let answer = send();
        match answer.status {
            200 | 201 => {}
            429 => return (count, answer),
            other => panic!("{other}: {}", answer.text),
        }
    }
    panic!("200 were created in a minute");
}

fn message() -> Value {
    json!({ "channel": "chat", "app": "web", "direction": "in", "preview": "Hello" })
}

#[test]
fn under_a_plan_a_key_creates_120_messages_of_a_customer_in_a_minute() {
    let server = Server::on_file_with(PLAN);
    let (customer, conversation) = family(&server);
    let path = format!("{conversation}/messages");
    let (count, refused) = until_refused(|| server.post(&path, message()));
    assert_eq!(count, 120);
    let title = refused.body["errors"][0]["title"].as_str().unwrap();
    let id = customer.rsplit('/').next().unwrap();
    let named =
        format!("The limit of 120 creations of a message of the customer {id} by one key in 60 seconds is used up");
    assert!(title.starts_with(&named), "{title}");
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")), ("120", "0"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    refused.header("x-ratelimit-reset").parse::<u64>().unwrap();

    // Every path that creates a message of this customer is limited; a dry run is not.
    server.post(&format!("{customer}/messages"), message()).expect(429);
    let mut in_body = message();
    in_body["conversation"] = conversation.rsplit('/').next().into();
    server.post("/v1/messages", in_body).expect(429);
    server.post(&format!("{path}?validateOnly=true"), message()).expect(201);

    // Imports, other kinds, other customers and other keys have budgets of their own, or none.
    let mut import = message();
    import["importedAt"] = "2026-01-01T00:00:00.000Z".into();
    server.post(&path, import).expect(201);
    let note = server.post(&format!("{conversation}/notes"), json!({ "body": "She wrote a lot." })).expect(201);
    assert_eq!(note.header("x-ratelimit-limit"), "2000", "the org's budget is reported with a granted request");
    let (_, other) = family(&server);
    server.post(&format!("{other}/messages"), message()).expect(201);
    let key = server.token("demo", &["org.user"]);
    let with_key = |body: &Value| Answer::of(server.request(Method::POST, &path).bearer_auth(&key).json(body));
    with_key(&message()).expect(201);
}

#[test]
fn every_kind_that_is_limited_has_a_budget_of_its_own() {
    let server = Server::start_with(PLAN);
    let (customer, conversation) = family(&server);
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let id: Value = customer.rsplit('/').next().into();
    for (path, body, before) in [
        ("/v1/conversations".to_owned(), json!({ "customer": id }), 1),
        (format!("{conversation}/notes"), json!({ "body": "x" }), 0),
        (format!("{customer}/drafts"), json!({ "channel": "chat", "body": "x" }), 0),
        ("/v1/klasses/order".to_owned(), json!({ "title": "x", "customer": id }), 0),
    ] {
        let (count, _) = until_refused(|| server.post(&path, body.clone()));
        assert_eq!(count + before, 120, "{path}");
    }
    // Records without a customer are not limited.
    for _ in 0..130 {
        server.post("/v1/notes", json!({ "body": "x" })).expect(201);
    }
}

#[test]
fn a_repeat_with_an_idempotency_key_is_answered_without_being_counted() {
    let server = Server::start_with(PLAN);
    let (_, conversation) = family(&server);
    let path = format!("{conversation}/messages");
    let send = |key: &str| {
        let request = server.request(Method::POST, &path).bearer_auth(TOKEN).header("Idempotency-Key", key);
        Answer::of(request.json(&message()))
    };
    let first = send("first").expect(201);
    for _ in 0..10 {
        assert_eq!(send("first").expect(201).data()["id"], first.data()["id"]);
    }
    let (count, _) = until_refused(|| server.post(&path, message()));
    assert_eq!(count, 119);
    assert_eq!(send("first").expect(201).data()["id"], first.data()["id"], "a finished write is still answered");
    send("second").expect(429);
}

#[test]
fn without_a_plan_creations_are_not_limited() {
    for limits in [&[][..], &["--rate-limit", "100000"]] {
        let server = Server::start_with(limits);
        let (_, conversation) = family(&server);
        for _ in 0..130 {
            server.post(&format!("{conversation}/notes"), json!({ "body": "x" })).expect(201);
        }
    }
}
