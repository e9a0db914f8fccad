//! Pages by number: links, totals, ids alone.

use serde_json::json;

use super::{PATH, search};
use crate::server::Server;

fn populate(server: &Server, count: usize) {
    (0..count).for_each(|number| {
        server.create(json!({ "name": format!("Ada {number}") }));
    });
}

#[test]
fn the_links_are_those_of_kustomer() {
    let server = Server::start();
    populate(&server, 5);
    let page = |page: u32| server.post(&format!("{PATH}?page={page}&pageSize=2"), json!({})).expect(200);
    let link = |page: u32| json!(format!("/v1/customers/search?page={page}&pageSize=2"));
    let second = page(2);
    assert_eq!(
        second.body["links"],
        json!({ "self": link(2), "first": link(1), "prev": link(1), "next": link(3), "last": link(3) })
    );
    assert_eq!(
        second.body["meta"],
        json!({ "pageSize": 2, "page": 2, "total": 5, "totalPages": 3, "aggregations": {}, "timed_out": false })
    );
    assert_eq!(
        (page(1).body["links"]["prev"].clone(), page(3).body["links"]["next"].clone()),
        (json!(null), json!(null))
    );
    let far = page(99);
    assert_eq!(
        (far.data(), &far.body["links"]["next"], &far.body["links"]["prev"]),
        (&json!([]), &json!(null), &link(3))
    );
    let first = server.post("/v1/customers/search/", json!({})).expect(200);
    assert_eq!(first.body["links"]["self"], "/v1/customers/search?page=1&pageSize=100");
}

#[test]
fn following_next_gives_every_record_once() {
    let server = Server::start();
    populate(&server, 7);
    let (mut found, mut next) = (Vec::new(), Some(format!("{PATH}?pageSize=3")));
    while let Some(path) = next {
        let page = server.post(&path, json!({ "sort": { "customer_name": "desc" } })).expect(200);
        found.extend(super::names(&page));
        next = page.body["links"]["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(found, (0..7).rev().map(|number| format!("Ada {number}")).collect::<Vec<_>>());
}

#[test]
fn ids_alone_are_types_and_ids() {
    let server = Server::start();
    populate(&server, 2);
    let whole = search(&server, json!({}));
    let ids = server.post(&format!("{PATH}?idsOnly=true"), json!({})).expect(200);
    assert_eq!(ids.ids(), whole.ids());
    assert_eq!(ids.data()[0], json!({ "type": "customer", "id": whole.ids()[0] }));
    assert_eq!(ids.body["links"]["self"], "/v1/customers/search?page=1&pageSize=100&idsOnly=true");
}

#[test]
fn a_page_of_nothing_only_counts() {
    let server = Server::start();
    populate(&server, 2);
    let answer = server.post(&format!("{PATH}?pageSize=0&total=exact"), json!({})).expect(200);
    assert_eq!((answer.data(), &answer.body["meta"]["total"]), (&json!([]), &json!(2)));
    assert_eq!(answer.body["links"]["next"], json!(null));
}

#[test]
fn there_is_no_last_page_unless_asked_for() {
    let server = Server::start();
    server.post(&format!("{PATH}?page=101"), json!({})).expect(200);
    let capped = Server::start_with(&["--search-page-cap", "100"]);
    capped.post(&format!("{PATH}?page=100"), json!({})).expect(200);
    assert_eq!(capped.post(&format!("{PATH}?page=101"), json!({})).expect(400).parameter(), "page");
}
