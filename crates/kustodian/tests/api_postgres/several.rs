//! Several servers on one database.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::server::{Server, binary};

#[test]
fn forty_patches_at_once_over_two_servers_are_forty_revisions() {
    let first = Server::start();
    let second = first.beside();
    let customer = first.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    let mut revisions: Vec<u64> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..40)
            .map(|number| {
                let server = if number % 2 == 0 { &first } else { &second };
                scope.spawn(move || {
                    let answer = server.patch(path, json!({ "custom": { format!("from{number}Num"): number } }));
                    answer.expect(200).attributes()["rev"].as_u64().unwrap()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=41).collect::<Vec<_>>());
    assert_eq!(first.get(path).text, second.get(path).text);
    assert_eq!(first.get(path).attributes()["custom"].as_object().unwrap().len(), 40, "nobody's change was lost");
}

#[test]
fn what_one_server_acknowledged_the_other_sees_at_once() {
    let first = Server::start();
    let second = first.beside();
    for number in 0..20 {
        let created = first.create(json!({ "externalId": format!("x{number}") }));
        let read = second.get(&format!("/v1/customers/externalId=x{number}")).expect(200);
        assert_eq!(read.data(), &created);
        assert_eq!(second.get("/v1/customers?pageSize=0").body["meta"]["total"], number + 1);
    }
}

#[test]
fn an_identity_and_a_tag_raced_for_over_two_servers_are_held_once() {
    let first = Server::start();
    let second = first.beside();
    let statuses: Vec<(u16, String)> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..24)
            .map(|number| {
                let server = if number % 2 == 0 { &first } else { &second };
                scope.spawn(move || {
                    let body = json!({ "emails": [{ "email": format!("{}@b.c", number / 8) }], "tags": ["race"] });
                    let answer = server.post("/v1/customers", body);
                    let tag = answer.attributes()["tags"][0].as_str().unwrap_or_default().to_owned();
                    (answer.status, tag)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|(status, _)| *status == 201).count(), 3);
    assert_eq!(statuses.iter().filter(|(status, _)| *status == 409).count(), 21);
    let tags: HashSet<&String> = statuses.iter().map(|(_, tag)| tag).filter(|tag| !tag.is_empty()).collect();
    assert_eq!(tags.len(), 1);
}

#[test]
fn a_key_revoked_beside_two_servers_is_refused_by_both_within_a_second() {
    let first = Server::start();
    let second = first.beside();
    let token = first.token("demo", &["org"]);
    let status = |server: &Server| server.call_as(&token, Method::GET, "/v1/users/current", None).status;
    assert_eq!((status(&first), status(&second)), (200, 200));
    let current = first.call_as(&token, Method::GET, "/v1/auth/tokens/current", None);
    let id = current.data()["id"].as_str().unwrap();
    let output = binary().args(["token", "revoke", id, "--database", first.database()]).output().unwrap();
    assert!(output.status.success());
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!((status(&first), status(&second)), (401, 401));
}

#[test]
fn ten_servers_may_start_at_once_on_an_empty_database() {
    let place = crate::place::Place::lasting();
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..10).map(|_| scope.spawn(|| Server::at(place.url(), &[]))).collect();
        starting.into_iter().map(|server| server.join().unwrap()).collect()
    });
    let created = servers[0].create(json!({ "name": "first" }));
    for server in &servers {
        server.get(created["links"]["self"].as_str().unwrap()).expect(200);
    }
}

#[test]
fn a_database_that_is_gone_is_a_503_and_one_that_is_back_is_served_again() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    let block = |allowed: bool| crate::place::allow_connections(server.database(), allowed);
    block(false);
    let refused = server.get(path);
    let began = Instant::now();
    let also_refused = server.post("/v1/customers", json!({}));
    assert!(began.elapsed() < Duration::from_secs(15), "a request fails instead of waiting for ever");
    for answer in [refused, also_refused] {
        let answer = answer.expect(503);
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!(answer.error()["code"], "unavailable");
    }
    assert_eq!(server.request(Method::GET, "/readyz").send().unwrap().status(), 503);
    block(true);
    let back = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        server.get(path).status == 200
    });
    assert!(back, "the server recovers by itself");
    server.post("/v1/customers", json!({})).expect(201);
}

#[test]
fn what_one_server_acknowledged_is_in_the_feed_of_the_other_within_a_second() {
    let first = Server::start();
    let second = first.beside();
    let mut last: Option<String> = None;
    for number in 0..10 {
        let created = first.create(json!({ "name": number.to_string() }));
        let after = last.map(|last| format!("&after={last}")).unwrap_or_default();
        // A wait of a second is all it gets.
        let page = second.get(&format!("/v1/events?filter[objectType]=customer&wait=1{after}")).expect(200);
        assert_eq!(page.data()[0]["data"], created);
        last = page.data()[0]["id"].as_str().map(str::to_owned);
    }
}
