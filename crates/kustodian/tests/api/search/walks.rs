//! Walks by cursor: everything once, whatever happens meanwhile.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::PATH;
use crate::server::Server;

fn step(server: &Server, body: &Value, cursor: &str) -> (Vec<String>, Option<String>) {
    let answer = server.post(&format!("{PATH}?cursor={cursor}&pageSize=7"), body.clone()).expect(200);
    (answer.ids(), answer.body["meta"]["cursor"].as_str().map(ToOwned::to_owned))
}

fn walk(server: &Server, body: &Value) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), Some("*".to_owned()));
    while let Some(at) = cursor {
        let (ids, next) = step(server, body, &at);
        found.extend(ids);
        cursor = next;
    }
    found
}

#[test]
fn a_walk_gives_each_record_exactly_once_while_others_write() {
    let server = Server::start();
    let kept: Vec<Value> = (0..60)
        .map(|number| server.create(json!({ "name": format!("kept {number}"), "custom": { "scoreNum": number } })))
        .collect();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // Changes where they are in the order, and that others come and go.
                let customer = &kept[(round * 7) % kept.len()];
                let path = customer["links"]["self"].as_str().unwrap();
                server.put(path, json!({ "custom": { "scoreNum": 1000 - round } })).expect(200);
                let passing = server.create(json!({ "name": format!("kept for a while {round}") }));
                server.delete(passing["links"]["self"].as_str().unwrap()).expect(204);
            }
        });
        let expected: HashSet<&str> = kept.iter().map(|customer| customer["id"].as_str().unwrap()).collect();
        for sort in [json!([]), json!({ "customer_updated_at": "desc" }), json!({ "customer_name": "asc" })] {
            let body = json!({ "and": { "customer_name": { "starts_with": "kept" } }, "sort": sort });
            let found = walk(&server, &body);
            let distinct: HashSet<&str> = found.iter().map(String::as_str).collect();
            assert_eq!(distinct.len(), found.len(), "twice: {sort}");
            assert!(distinct.is_superset(&expected), "missing: {sort}");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_walk_continues_after_a_restart() {
    let server = Server::on_file();
    let made: Vec<Value> = (0..20).map(|number| server.create(json!({ "name": format!("Ada {number:02}") }))).collect();
    let made: Vec<&str> = made.iter().map(|customer| customer["id"].as_str().unwrap()).collect();
    let body = json!({ "sort": { "customer_name": "desc" } });
    let (mut found, cursor) = step(&server, &body, "*");
    let server = server.restart();
    let mut cursor = cursor;
    while let Some(at) = cursor {
        let (ids, next) = step(&server, &body, &at);
        found.extend(ids);
        cursor = next;
    }
    assert_eq!(found, made.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn a_cursor_belongs_to_its_search() {
    let server = Server::start();
    (0..9).for_each(|_| drop(server.create(json!({ "name": "Ada" }))));
    let body = json!({ "and": { "customer_name": { "equals": "ada" } } });
    let (_, cursor) = step(&server, &body, "*");
    let cursor = cursor.unwrap();
    let other = server.post(&format!("{PATH}?cursor={cursor}"), json!({})).expect(400);
    assert_eq!(other.parameter(), "cursor");
    assert_eq!(server.post(&format!("/v1/customers/archive/search?cursor={cursor}"), body).expect(400).status, 400);
}

#[test]
fn the_first_page_names_the_event_to_read_on_after() {
    let server = Server::start();
    server.create(json!({ "name": "Ada" }));
    let first = server.post(&format!("{PATH}?cursor=*"), json!({})).expect(200);
    assert!(first.body["meta"]["position"].is_u64() && first.body["meta"]["total"] == 1, "{}", first.text);
    let mut after = first.body["meta"]["lastEvent"].as_str().map(|id| format!("&after={id}")).unwrap_or_default();
    let grace = server.create(json!({ "name": "Grace" }));
    // Where events get their places a moment after their commit, a record that was already returned may be reported once
    // more.
    for _ in 0..10 {
        let events = server.get(&format!("/v1/events?wait=5{after}")).expect(200);
        let told = events.data().as_array().unwrap();
        if told.iter().any(|event| event["dataId"] == grace["id"]) {
            return;
        }
        if let Some(last) = told.last() {
            after = format!("&after={}", last["id"].as_str().unwrap());
        }
    }
    panic!("the feed lacks the events after the walk");
}
