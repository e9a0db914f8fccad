//! Idempotency keys: a request that is sent again with the same key is answered again and not done again.

use std::io::Write as _;
use std::net::TcpStream;

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::SEVERAL_SERVERS;
use crate::server::{Answer, Server, TOKEN};

/// Sends a request with an idempotency key.
fn send(server: &Server, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    send_as(TOKEN, server, key, method, path, body)
}

fn send_as(token: &str, server: &Server, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let request = server.request(method, path).bearer_auth(token).header("Idempotency-Key", key);
    Answer::of(if body.is_null() { request } else { request.json(body) })
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == "true"
}

fn total(server: &Server) -> u64 {
    server.get("/v1/customers?pageSize=0").expect(200).body["meta"]["total"].as_u64().unwrap()
}

fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

#[test]
fn forty_posts_at_once_with_one_key_make_one_record_and_are_answered_alike() {
    let first = Server::start();
    let second = SEVERAL_SERVERS.then(|| first.beside());
    let body = json!({ "name": "Ada", "emails": [{ "email": "ada@acme.example" }], "tags": ["race"] });
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..40)
            .map(|number| {
                let server = second.as_ref().filter(|_| number % 2 == 0).unwrap_or(&first);
                let body = &body;
                scope.spawn(move || send(server, "create-ada", Method::POST, "/v1/customers", body))
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
        assert_eq!(answer.header("etag"), answers[0].header("etag"));
    }
    assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1);
    assert_eq!(total(&first), 1);
}

#[test]
fn forty_deletes_at_once_with_one_key_are_one() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    let fresh = std::thread::scope(|scope| {
        let delete = || send(&server, "delete", Method::DELETE, path, &Value::Null).expect(204);
        let racers: Vec<_> = (0..40).map(|_| scope.spawn(delete)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).filter(|it| !is_replayed(it)).count()
    });
    assert_eq!(fresh, 1);
    send(&server, "another", Method::DELETE, path, &Value::Null).expect(404);
}

#[test]
fn each_write_is_answered_again_as_it_was_then() {
    let server = Server::start();
    let create = |name: &str| send(&server, "c", Method::POST, "/v1/customers", &json!({ "name": name }));
    let created = create("Ada").expect(201);
    let path = path_of(&created);
    let update = || send(&server, "u", Method::PATCH, &path, &json!({ "name": "Ada Lovelace" }));
    let updated = update().expect(200);
    assert_eq!(updated.attributes()["rev"], 2);
    server.put(&path, json!({ "name": "Countess" })).expect(200);
    let delete = || send(&server, "d", Method::DELETE, &path, &Value::Null);
    delete().expect(204);
    let restore = || send(&server, "r", Method::POST, &format!("{path}/restore"), &Value::Null);
    let restored = restore().expect(200);

    for (again, before) in [(create("Ada"), &created), (update(), &updated), (restore(), &restored)] {
        assert!(is_replayed(&again) && !is_replayed(before));
        assert_eq!((again.status, &again.text), (before.status, &before.text));
        assert_eq!(again.header("etag"), before.header("etag"));
    }
    let deleted = delete().expect(204);
    assert!(is_replayed(&deleted) && deleted.text.is_empty());
    assert_eq!(server.get(&path).expect(200).text, restored.text, "nothing was done again");
    // Without the header nothing is remembered.
    server.post("/v1/customers", json!({ "name": "Ada" })).expect(201);
    assert_eq!(total(&server), 2);
}

#[test]
fn teams_and_shortcuts_are_made_once_too() {
    let server = Server::start();
    for (path, body) in [("/v1/teams", json!({ "name": "Support" })), ("/v1/shortcuts", json!({ "name": "hello" }))] {
        let create = || send(&server, path, Method::POST, path, &body).expect(201);
        let (created, again) = (create(), create());
        assert_eq!((&again.text, is_replayed(&again)), (&created.text, true), "{path}");
        let own = format!("{path}/{}", created.data()["id"].as_str().unwrap());
        let delete = || send(&server, &own, Method::DELETE, &own, &Value::Null).expect(204);
        assert_eq!([delete(), delete()].map(|answer| is_replayed(&answer)), [false, true], "{path}");
    }
}

#[test]
fn a_key_that_was_used_for_another_request_is_refused() {
    let server = Server::start();
    let created = send(&server, "k", Method::POST, "/v1/customers", &json!({ "name": "Ada" })).expect(201);
    let path = path_of(&created);
    for (method, path, body) in [
        (Method::POST, "/v1/customers", json!({ "name": "Eve" })),
        (Method::POST, "/v1/customers?a=b", json!({ "name": "Ada" })),
        (Method::PATCH, path.as_str(), json!({ "name": "Ada" })),
        (Method::DELETE, path.as_str(), Value::Null),
    ] {
        let refused = send(&server, "k", method, path, &body).expect(422);
        assert_eq!(refused.parameter(), "Idempotency-Key");
    }
    assert_eq!((total(&server), server.get(&path).text), (1, created.text));
}

#[test]
fn an_update_that_changes_nothing_uses_its_key_too() {
    let server = Server::start_with(&["--skip-unchanged"]);
    let created = server.post("/v1/customers", json!({ "name": "Ada" })).expect(201);
    let path = path_of(&created);
    let patch = |name: &str| send(&server, "k", Method::PATCH, &path, &json!({ "name": name }));
    let first = patch("Ada").expect(200);
    assert_eq!((&first.text, is_replayed(&first)), (&created.text, false));
    // Another has changed it since: the request that is sent again does not undo that.
    server.patch(&path, json!({ "name": "Bob" })).expect(200);
    let again = patch("Ada").expect(200);
    assert_eq!((&again.text, is_replayed(&again)), (&created.text, true));
    assert_eq!(server.get(&path).expect(200).attributes()["name"], "Bob");
    patch("Eve").expect(422);
    // A rehearsal uses none.
    let rehearsed = format!("{path}?validateOnly=true");
    send(&server, "other", Method::PATCH, &rehearsed, &json!({ "name": "Bob" })).expect(200);
    send(&server, "other", Method::PATCH, &path, &json!({ "name": "Eve" })).expect(200);
}

#[test]
fn a_refused_write_leaves_its_key_free() {
    let server = Server::start();
    let create = |body: Value| send(&server, "k", Method::POST, "/v1/customers", &body);
    create(json!({ "nmae": "Ada" })).expect(400);
    server.create(json!({ "externalId": "x" }));
    create(json!({ "externalId": "x" })).expect(409);
    assert!(!is_replayed(&create(json!({ "name": "Ada" })).expect(201)));
}

#[test]
fn a_key_of_another_user_or_org_is_another_key() {
    let server = Server::on_file();
    server.org("other");
    let tokens = [TOKEN.to_owned(), server.token("demo", &["org"]), server.token("other", &["org"])];
    let create = |token: &String| {
        send_as(token, &server, "k", Method::POST, "/v1/customers", &json!({ "name": "Ada" })).expect(201)
    };
    let mut ids: Vec<String> = tokens.iter().map(|token| create(token).data()["id"].to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_key_that_cannot_be_one_is_refused_where_it_would_count() {
    let server = Server::start();
    for key in ["", "two words", &"k".repeat(256)] {
        let refused = send(&server, key, Method::POST, "/v1/customers", &json!({})).expect(400);
        assert_eq!(refused.parameter(), "Idempotency-Key", "{key}");
        send(&server, key, Method::GET, "/v1/customers", &Value::Null).expect(200);
        send(&server, key, Method::POST, "/v1/customers/search", &json!({})).expect(200);
    }
    assert_eq!(total(&server), 0);
}

#[test]
fn an_erased_record_is_not_answered_again() {
    let server = Server::start();
    let create = || send(&server, "c", Method::POST, "/v1/customers", &json!({ "name": "Ada" }));
    let path = path_of(&create().expect(201));
    let erase = || send(&server, "e", Method::POST, &format!("{path}/erase"), &Value::Null);
    erase().expect(204);
    assert!(is_replayed(&erase().expect(204)));
    let gone = create().expect(404);
    assert_eq!(gone.error()["title"], server.get(&path).expect(404).error()["title"]);
}

#[test]
fn a_server_killed_before_it_answered_does_not_do_it_twice() {
    let mut server = Server::on_file();
    for round in 0..8_u64 {
        let (key, body) = (format!("k{round}"), json!({ "name": format!("Ada {round}") }));
        let text = body.to_string();
        let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
        let request = format!(
            "POST /v1/customers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nIdempotency-Key: {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        // Every other time it is certain that it was committed; the other times nobody knows.
        let is_committed = round % 2 == 0;
        while is_committed && total(&server) <= round {}
        server = server.kill_and_restart();
        let again = send(&server, &key, Method::POST, "/v1/customers", &body).expect(201);
        assert!(is_replayed(&again) || !is_committed, "round {round}");
        assert_eq!(again.attributes()["name"], body["name"]);
        assert_eq!(total(&server), round + 1, "round {round}");
    }
}
