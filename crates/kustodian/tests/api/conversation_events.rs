//! The events of a conversation, by name and by changed attribute.

use serde_json::json;

use crate::server::Server;
use crate::world::owner;

const UPDATE: &str = "kustomer.conversation.update";

/// The revisions of events, out of their links.
fn revs(server: &Server, path: &str) -> Vec<u64> {
    let answer = server.get(path).expect(200);
    let events = answer.data().as_array().unwrap();
    let rev = |link: &str| link.rsplit_once("?rev=").unwrap().1.parse().unwrap();
    events.iter().map(|event| rev(event["links"]["self"].as_str().unwrap())).collect()
}

/// The same of all pages, by `links.next`.
fn walked(server: &Server, path: &str) -> Vec<u64> {
    let (mut found, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        found.extend(revs(server, &path));
        next = server.get(&path).expect(200).body["links"]["next"].as_str().map(str::to_owned);
    }
    found
}

/// A conversation whose priority was changed by each third of its updates, its name by the others.
fn changed_often(server: &Server, updates: u64) -> String {
    let opened = server.post("/v1/conversations", json!({ "customer": owner(server) })).expect(201);
    let path = opened.data()["links"]["self"].as_str().unwrap().to_owned();
    for number in 1..=updates {
        let change = match number % 3 {
            0 => json!({ "priority": number / 3 % 2 + 1 }),
            _ => json!({ "name": format!("name {number}") }),
        };
        server.patch(&path, change).expect(200);
    }
    path
}

#[test]
fn events_are_narrowed_by_name_and_by_what_changed_in_either_order() {
    let server = Server::start();
    let path = changed_often(&server, 9);
    let events = format!("{path}/events");
    assert_eq!(revs(&server, &format!("{events}?name=kustomer.conversation.create")), [1]);
    assert_eq!(revs(&server, &format!("{events}?name={UPDATE}")), (2..=10).collect::<Vec<_>>());
    assert_eq!(revs(&server, &format!("{events}?changed=priority")), [4, 7, 10]);
    assert_eq!(revs(&server, &format!("{events}?changed=priority&sort=desc")), [10, 7, 4]);
    assert_eq!(revs(&server, &format!("{events}?changed=name&name={UPDATE}")), [2, 3, 5, 6, 8, 9]);
    assert_eq!(revs(&server, &format!("{events}?changed=priority&name=kustomer.conversation.create")), [0; 0]);
    assert_eq!(revs(&server, &format!("{events}?changed=nothing")), [0; 0]);
    assert_eq!(revs(&server, &format!("{events}?name=&changed=")), (1..=10).collect::<Vec<_>>(), "empty is absent");
    assert_eq!(revs(&server, &format!("{events}?after=8")), [9, 10]);
    assert_eq!(revs(&server, &format!("{events}?after=3&sort=desc")), [2, 1]);

    let other = server.post("/v1/customers", json!({})).expect(201);
    server.patch(&path, json!({ "customer": other.data()["id"] })).expect(200);
    assert_eq!(revs(&server, &format!("{events}?changed=customer")), [11], "relationships change, too");

    let long = "x".repeat(257);
    for (query, named) in
        [(format!("name={long}"), "name"), (format!("changed={long}"), "changed"), ("after=-1".into(), "after")]
    {
        let refused = server.get(&format!("{events}?{query}")).expect(400);
        assert_eq!(refused.body["errors"][0]["source"]["parameter"], named);
    }
}

#[test]
fn pages_of_narrowed_events_are_those_by_number_and_those_behind_each_other() {
    let server = Server::start();
    let events = format!("{}/events", changed_often(&server, 24));
    let all: Vec<u64> = (1..=8).map(|number| number * 3 + 1).collect();
    for sort in ["asc", "desc"] {
        let expected: Vec<u64> = if sort == "asc" { all.clone() } else { all.iter().rev().copied().collect() };
        let page = |number: usize| format!("{events}?changed=priority&pageSize=3&sort={sort}&page={number}");
        for (number, part) in expected.chunks(3).enumerate() {
            assert_eq!(revs(&server, &page(number + 1)), part);
        }
        assert!(revs(&server, &page(4)).is_empty());
        assert!(revs(&server, &page(4_294_967_295)).is_empty());
        assert_eq!(walked(&server, &page(1)), expected);
    }
    // Eight are two pages of four, and the last one knows that it is.
    let second = server.get(&format!("{events}?changed=priority&pageSize=4&page=2")).expect(200);
    assert_eq!((second.data().as_array().unwrap().len(), &second.body["links"]["next"]), (4, &json!(null)));
    let first = second.body["links"]["prev"].as_str().unwrap();
    assert_eq!(revs(&server, first), all[..4]);
    assert_eq!(second.body["meta"], json!({ "page": 2, "pageSize": 4 }));
}
