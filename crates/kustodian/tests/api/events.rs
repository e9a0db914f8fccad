//! `GET /v1/events`: the feed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::place;
use crate::server::{Answer, Server, TOKEN};

/// A page after an event, waiting a while for one.
pub(crate) fn after(server: &Server, id: Option<&str>, size: usize) -> Answer {
    let after = id.map(|id| format!("&after={id}")).unwrap_or_default();
    server.get(&format!("/v1/events?pageSize={size}&wait=20{after}")).expect(200)
}

/// Whether an event reports a user: one is made with every key, the tests' own included.
fn is_of_a_user(event: &Value) -> bool {
    event["name"].as_str().unwrap().starts_with("kustomer.user.")
}

/// So many events from the beginning of the feed, those of users aside.
pub(crate) fn first(server: &Server, count: usize) -> Vec<Value> {
    let (mut events, mut last): (Vec<Value>, Option<String>) = (Vec::new(), None);
    while events.len() < count {
        let page = after(server, last.as_deref(), count - events.len());
        let found = page.data().as_array().unwrap();
        assert!(!found.is_empty(), "{} of {count} events", events.len());
        last = found.last().map(|event| event["id"].as_str().unwrap().to_owned());
        events.extend(found.iter().filter(|event| !is_of_a_user(event)).cloned());
    }
    events
}

#[test]
fn an_event_stands_in_the_recorded_envelope_with_the_record_as_it_left_it() {
    let server = Server::start();
    let created = server.create(json!({ "name": "Ada" }));
    let path = created["links"]["self"].as_str().unwrap();
    let updated = server.patch(path, json!({ "custom": { "aStr": "b" } })).expect(200);
    server.delete(path).expect(204);

    let events = first(&server, 3);
    let org = &created["relationships"]["org"]["data"]["id"];
    let org_name = server.get(&format!("/v1/orgs/{}", org.as_str().unwrap())).expect(200).attributes()["name"].clone();
    let mut create = events[0].clone();
    assert_eq!(create["id"].take().as_str().unwrap().len(), 24);
    assert!(create["position"].take().is_u64());
    assert!(create.get("changes").is_none(), "there are none when a record is made");
    assert_eq!(
        create,
        json!({
            "id": null, "name": "kustomer.customer.create", "org": org, "orgName": org_name, "partition": org, "data": created,
            "createdAt": created["attributes"]["createdAt"], "persist": true, "client": "api",
            "dataId": created["id"], "meta": { "customChanged": false }, "snsFilters": [], "rev": 1, "position": null,
            "userId": created["relationships"]["createdBy"]["data"]["id"],
        })
    );
    assert!(events[1..].iter().all(|event| event.get("orgName").is_none() && event["changes"].is_object()));
    assert_eq!(&events[1]["data"], updated.data());
    assert_eq!(events[1]["meta"], json!({ "customChanged": true }));
    let changed = &events[1]["changes"]["attributes"];
    assert_eq!(changed["custom"], json!({ "op": "add", "after": { "aStr": "b" } }));
    assert_eq!(changed["updatedAt"]["after"], updated.attributes()["updatedAt"]);
    assert_eq!(
        (&events[2]["name"], &events[2]["data"]["attributes"]["deleted"]),
        (&json!("kustomer.customer.delete"), &json!(true))
    );
}

#[test]
fn a_feed_is_read_page_by_page_and_a_page_is_empty_only_at_the_end() {
    let server = Server::start();
    let customer = server.create(json!({ "tags": ["vip"] }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 0..8 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    let all = first(&server, 10);
    let mut next = Some("/v1/events?pageSize=3".to_owned());
    let mut found = Vec::new();
    while let Some(link) = next {
        let page = server.get(&link).expect(200);
        next = page.body["links"]["next"].as_str().map(str::to_owned);
        assert_eq!(page.data() == &json!([]), next.is_none(), "only the end has no next page");
        assert_eq!(page.body["meta"]["pageSize"], 3);
        found.extend(page.data().as_array().unwrap().clone());
    }
    for (event, position) in found.iter().zip(1..) {
        assert_eq!(event["position"], position);
    }
    found.retain(|event| !is_of_a_user(event));
    assert_eq!(found, all);
}

#[test]
fn a_feed_can_be_of_one_type_or_one_record() {
    let server = Server::start();
    let customer = server.create(json!({ "tags": ["vip"] }));
    server.create(json!({}));
    first(&server, 3);
    let names = |query: &str| -> Vec<String> {
        let page = server.get(&format!("/v1/events?{query}")).expect(200);
        page.data().as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("filter[objectType]=tag"), ["kustomer.tag.create"]);
    assert_eq!(names("filter[objectType]=customer").len(), 2);
    let id = customer["id"].as_str().unwrap();
    assert_eq!(names(&format!("filter[objectType]=customer&filter[objectId]={id}")), ["kustomer.customer.create"]);
    let page = server.get("/v1/events?filter[objectType]=tag&pageSize=1").expect(200);
    let next = page.body["links"]["next"].as_str().unwrap();
    assert_eq!(server.get(next).expect(200).data(), &json!([]), "{next}");
}

#[test]
fn what_cannot_be_asked_of_a_feed_is_refused_by_name() {
    let server = Server::start();
    for (query, parameter) in [
        ("after=5c7d1a1f9a1b2c0010a1b2c3", "after"),
        ("after=x", "after"),
        ("wait=61", "wait"),
        ("wait=-1", "wait"),
        ("pageSize=x", "pageSize"),
        ("last=1001", "last"),
        ("filter[objectType]=nothing", "filter[objectType]"),
        ("filter[objectId]=5c7d1a1f9a1b2c0010a1b2c3", "filter[objectId]"),
        ("filter[name]=x", "filter[name]"),
    ] {
        assert_eq!(server.get(&format!("/v1/events?{query}")).expect(400).parameter(), parameter, "{query}");
    }
}

#[test]
fn who_waits_at_the_end_is_answered_as_soon_as_something_happens() {
    let server = Server::start();
    server.create(json!({}));
    let last = first(&server, 1)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&format!("/v1/events?after={last}&wait=1")).expect(200).data(), &json!([]));
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..8).map(|_| scope.spawn(|| after(&server, Some(&last), 10))).collect();
        let created = server.create(json!({}));
        for waiter in waiters {
            let page = waiter.join().unwrap();
            assert_eq!(page.data()[0]["data"], created);
        }
    });
}

#[test]
fn who_waits_does_not_hold_up_a_server_that_stops() {
    let mut server = Server::start();
    server.create(json!({}));
    let last = first(&server, 1)[0]["id"].as_str().unwrap().to_owned();
    let waiting = server.request(Method::GET, &format!("/v1/events?after={last}&wait=20")).bearer_auth(TOKEN);
    let waiter = std::thread::spawn(move || Answer::of(waiting));
    // Long enough for the request to arrive; it is answered in either case.
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(server.stop().success());
    assert_eq!(waiter.join().unwrap().expect(200).data(), &json!([]));
}

#[test]
fn a_feed_continues_where_it_was_left_after_a_restart() {
    let server = Server::on_file();
    server.create(json!({ "name": "before" }));
    let last = first(&server, 1)[0]["id"].as_str().unwrap().to_owned();
    server.create(json!({ "name": "unread" }));
    let server = server.kill_and_restart();
    server.create(json!({ "name": "after" }));
    let events = first(&server, 3);
    assert_eq!(events[0]["id"], last);
    let rest = after(&server, Some(&last), 10);
    let names: Vec<&Value> =
        rest.data().as_array().unwrap().iter().map(|event| &event["data"]["attributes"]["name"]).collect();
    assert_eq!(names, ["unread", "after"]);
}

#[test]
fn nobody_sees_what_happened_in_another_org() {
    let server = Server::on_file();
    server.org("other");
    let other = server.token("other", &["org"]);
    let customer = server.create(json!({ "name": "nobody else may read this" }));
    let (id, path) = (customer["id"].as_str().unwrap(), customer["links"]["self"].as_str().unwrap());
    let event = first(&server, 1)[0]["id"].as_str().unwrap().to_owned();
    let get = |path: &str| server.call_as(&other, Method::GET, path, None);
    for list in [
        "/v1/events?filter[objectType]=customer",
        "/v1/audit-logs?filter[objectType]=customer",
        &format!("/v1/audit-logs?filter[objectType]=customer&filter[objectId]={id}"),
    ] {
        assert_eq!(get(list).expect(200).data(), &json!([]), "{list}");
    }
    for path in [format!("{path}/history"), format!("{path}?rev=1"), format!("{path}?asOf=9999-01-01")] {
        assert_eq!(get(&path).expect(404).error()["title"], "Not Found", "{path}");
    }
    for cursor in ["events?after=", "audit-logs?after=", "audit-logs?before="] {
        let missing = get(&format!("/v1/{cursor}5c7d1a1f9a1b2c0010a1b2c3")).expect(400);
        let foreign = get(&format!("/v1/{cursor}{event}")).expect(400);
        assert_eq!(foreign.parameter(), missing.parameter());
    }
    server.call_as(&other, Method::POST, &format!("{path}/erase"), None).expect(404);
    server.get(path).expect(200);
}

#[test]
fn a_reader_beside_eight_writers_gets_every_event_once_and_in_order() {
    const WRITERS: usize = 8;
    const WRITES: usize = 25;
    let server = Server::on_file();
    let beside = place::SEVERAL_SERVERS.then(|| server.beside());
    let servers = [&server, beside.as_ref().unwrap_or(&server)];
    let written = AtomicBool::new(false);
    let shared = server.create(json!({}));
    let shared = shared["links"]["self"].as_str().unwrap();
    let events = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let server = servers[writer % 2];
                scope.spawn(move || {
                    for write in 0..WRITES {
                        match write % 3 {
                            0 => drop(server.create(json!({ "custom": { "stepNum": write } }))),
                            _ => drop(server.patch(shared, json!({ "custom": { "stepNum": write } })).expect(200)),
                        }
                    }
                })
            })
            .collect();
        let reader = scope.spawn(|| {
            let (mut events, mut last): (Vec<Value>, Option<String>) = (Vec::new(), None);
            loop {
                let is_over = written.load(Ordering::SeqCst);
                let page = match (&last, is_over) {
                    (Some(last), true) => servers[1].get(&format!("/v1/events?after={last}&wait=2")).expect(200),
                    (last, _) => after(servers[1], last.as_deref(), 7),
                };
                let found = page.data().as_array().unwrap();
                if found.is_empty() && is_over {
                    break events;
                }
                events.extend(found.iter().cloned());
                last = events.last().map(|event| event["id"].as_str().unwrap().to_owned());
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        written.store(true, Ordering::SeqCst);
        // A last one, for a reader that waits.
        server.create(json!({}));
        reader.join().unwrap()
    });
    assert_eq!(events.iter().filter(|event| !is_of_a_user(event)).count(), WRITERS * WRITES + 2);
    let ids: HashSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "each once");
    let mut revs: HashMap<&str, u64> = HashMap::new();
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event["position"], position);
        let rev = revs.entry(event["dataId"].as_str().unwrap()).or_default();
        assert_eq!(event["rev"], *rev + 1, "in the order of the record's revisions");
        assert!(is_of_a_user(event) || event["data"]["attributes"]["rev"] == event["rev"]);
        *rev += 1;
    }
}
