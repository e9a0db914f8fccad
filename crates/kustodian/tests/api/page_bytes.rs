//! Pages that end by their bytes: a walk through them gives every record once, and the server holds no more than a page
//! of the request.

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

/// How many bytes of records a page by cursor has at most.
const FULL: usize = 8 * 1024 * 1024;

/// Custom attributes of four kilobytes each, all of which differ between two of these numbers.
fn custom(number: usize) -> Value {
    let value = format!("https://acme.example/{number}/{}", "x".repeat(4_000));
    (0..90).map(|number| (format!("k{number}Url"), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

/// Reads a list to its end by its `next` links; the ids of its items, page by page.
fn walk(server: &Server, first: &str, body: Option<&Value>) -> Vec<Vec<String>> {
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let (mut next, mut pages) = (Some(first.to_owned()), Vec::new());
    while let Some(path) = next {
        let page: Answer = server.call(method.clone(), &path, body.cloned()).expect(200);
        assert!(page.text.len() < FULL + FULL / 4, "{} bytes at {path}", page.text.len());
        next = page.body["links"]["next"].as_str().filter(|_| !page.ids().is_empty()).map(ToOwned::to_owned);
        pages.push(page.ids());
    }
    pages
}

/// Every item once, in several pages.
#[track_caller]
fn check(pages: &[Vec<String>], count: usize) {
    let ids: Vec<&String> = pages.iter().flatten().collect();
    let different: BTreeSet<&&String> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (count, count));
    assert!(pages.iter().filter(|page| !page.is_empty()).count() >= 2, "one page");
}

#[test]
fn every_list_by_cursor_ends_its_pages_by_bytes_and_continues_behind() {
    const CUSTOMERS: usize = 25;
    let server = Server::start_with(&["--max-body", "1MB"]);
    for number in 0..CUSTOMERS {
        let customer = server.create(json!({ "externalId": format!("{number}"), "custom": custom(0) }));
        // What changed is reported before and after.
        let path = customer["links"]["self"].as_str().unwrap();
        server.patch(path, json!({ "custom": custom(1) })).expect(200);
    }
    crate::events::first(&server, 2 * CUSTOMERS);
    check(&walk(&server, "/v1/customers?cursor=*&pageSize=1000", None), CUSTOMERS);
    check(&walk(&server, "/v1/customers?cursor=*&pageSize=1000&sort=-createdAt", None), CUSTOMERS);
    let of_customers = |path: &str| format!("{path}&filter[objectType]=customer");
    check(&walk(&server, &of_customers("/v1/events?pageSize=1000"), None), 2 * CUSTOMERS);
    check(&walk(&server, &of_customers("/v1/events?last=30"), None), 30);
    check(&walk(&server, &of_customers("/v1/audit-logs?count=1000"), None), 2 * CUSTOMERS);
    for sort in [json!([]), json!([{ "customer_created_at": "desc" }])] {
        let body = json!({ "sort": sort });
        check(&walk(&server, "/v1/customers/search?cursor=*&pageSize=1000", Some(&body)), CUSTOMERS);
    }
}

#[test]
fn an_audit_log_that_is_walked_up_ends_its_pages_by_bytes_as_well() {
    const CHANGES: usize = 20;
    let server = Server::start_with(&["--max-body", "1MB"]);
    let customer = server.create(json!({ "custom": custom(0) }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 1..=CHANGES {
        server.patch(path, json!({ "custom": custom(number) })).expect(200);
    }
    crate::events::first(&server, CHANGES + 1);
    let first = "/v1/audit-logs?count=1000&filter[objectType]=customer";
    let down = walk(&server, first, None);
    check(&down, CHANGES + 1);
    let all: Vec<&String> = down.iter().flatten().collect();
    let mut up: Vec<String> = Vec::new();
    let mut after = all.last().map(|id| (*id).clone()).unwrap();
    let mut pages = 0;
    while up.len() < CHANGES {
        let page = server.get(&format!("{first}&after={after}")).expect(200);
        assert!(page.text.len() < FULL + FULL / 4);
        after = page.ids().first().unwrap().clone();
        up.extend(page.ids().into_iter().rev());
        pages += 1;
    }
    up.reverse();
    assert_eq!(up.iter().collect::<Vec<_>>(), all[..CHANGES]);
    assert!(pages >= 2);
}

#[cfg(target_os = "linux")]
#[test]
fn several_pages_that_would_be_large_at_once_take_little_memory() {
    /// Changes of 0.75 MB each.
    const CHANGES: usize = 40;
    let server = Server::start_with(&["--max-body", "1MB"]);
    let customer = server.create(json!({ "custom": custom(0) }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 1..=CHANGES {
        server.patch(path, json!({ "custom": custom(number) })).expect(200);
    }
    crate::events::first(&server, CHANGES + 1);
    let before = server.memory("VmHWM");
    let history = format!("{path}/history?pageSize=1000");
    let ask = |path: &str, coding: &str| {
        let mut answer =
            server.request(Method::GET, path).bearer_auth(TOKEN).header("accept-encoding", coding).send().unwrap();
        // Those that wait for too many others are asked to try again.
        (answer.status().as_u16(), answer.copy_to(&mut std::io::sink()).unwrap())
    };
    let mut whole = 0;
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|number| {
                let (is_whole, path, coding) = match number % 4 {
                    0 => (false, "/v1/audit-logs?count=1000", "identity"),
                    1 => (false, &*history, "gzip"),
                    _ => (true, &*history, "identity"),
                };
                scope.spawn(move || (is_whole, ask(path, coding)))
            })
            .collect();
        for asked in asked {
            let (is_whole, (status, bytes)) = asked.join().unwrap();
            assert!([200, 503].contains(&status), "{status}");
            whole += usize::from(status == 200);
            assert!(!is_whole || status == 503 || bytes > 28_000_000, "{bytes}");
        }
    });
    assert!(whole >= 3, "{whole} were answered");
    let grown = (server.memory("VmHWM") - before) / 1_024;
    // Whole, each history would be 30 MB, and several are read at the same time.
    assert!(grown < 150, "grew by {grown} MB");
}

/// The content of a page, sent in pieces and unpacked.
fn read_packed(server: &Server, method: Method, path: &str) -> Value {
    let request = server.request(method, path).bearer_auth(TOKEN).header("accept-encoding", "gzip");
    let answer = request.body("{}").header("content-type", "application/json").send().unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let mut unpacked = String::new();
    GzDecoder::new(answer).read_to_string(&mut unpacked).unwrap();
    serde_json::from_str(&unpacked).unwrap()
}

#[test]
fn a_page_by_number_is_whole_however_large_it_is() {
    const CUSTOMERS: usize = 100;
    let server = Server::start_with(&["--max-body", "1MB"]);
    let customers: Vec<Value> = (0..CUSTOMERS)
        .map(|number| server.create(json!({ "externalId": format!("{number}"), "custom": custom(number) })))
        .collect();
    let ids: Vec<&str> = customers.iter().map(|customer| customer["id"].as_str().unwrap()).collect();

    // 36 MB.
    let list = server.get("/v1/customers?pageSize=1000").expect(200);
    assert_eq!(list.data(), &json!(customers));
    assert_eq!(list.body["meta"], json!({ "pageSize": 1000, "page": 1, "total": CUSTOMERS, "totalPages": 1 }));
    assert_eq!(list.body["links"]["next"], Value::Null);
    let newest = server.get("/v1/customers?sort=-createdAt&page=2&pageSize=40").expect(200);
    assert_eq!(newest.ids(), ids.iter().rev().skip(40).take(40).copied().collect::<Vec<_>>());
    assert_eq!(newest.body["links"]["next"], "/v1/customers?page=3&pageSize=40&sort=-createdAt");

    let by_ids = format!("/v1/customers/{}", ids.join(","));
    let named = server.get(&format!("{by_ids}?pageSize=100")).expect(200);
    assert_eq!(named.data(), &json!(customers));
    assert_eq!(named.body["links"]["next"], Value::Null);
    let named = server.get(&format!("{by_ids}?page=2&pageSize=30")).expect(200);
    assert_eq!(named.ids(), &ids[30..60]);
    assert_ne!(named.body["links"]["next"], Value::Null);

    let search = |query: &str, body: Value| server.post(&format!("/v1/customers/search?{query}"), body).expect(200);
    let found = search("pageSize=1000", json!({}));
    assert_eq!((found.data(), &found.body["meta"]["total"]), (&json!(customers), &json!(CUSTOMERS)));
    let sort = json!({ "sort": [{ "customer_created_at": "desc" }] });
    let found = search("page=2&pageSize=40", sort);
    assert_eq!(found.ids(), newest.ids());
    assert_eq!(found.body["links"]["next"], "/v1/customers/search?page=3&pageSize=40");

    for (method, path) in
        [(Method::GET, "/v1/customers?pageSize=1000"), (Method::POST, "/v1/customers/search?pageSize=1000")]
    {
        assert_eq!(read_packed(&server, method, path)["data"], json!(customers));
    }
}

#[test]
fn a_long_answer_that_nobody_reads_leaves_room_for_others_and_one_that_is_read_slowly_is_whole() {
    const CUSTOMERS: usize = 60;
    let server = Server::start_with(&["--max-body", "1MB"]);
    for number in 0..CUSTOMERS {
        server.create(json!({ "externalId": format!("{number}"), "custom": custom(number) }));
    }
    let ask = || {
        let request = server.request(Method::GET, "/v1/customers?pageSize=1000").bearer_auth(TOKEN);
        request.header("accept-encoding", "identity").send().unwrap()
    };
    let waiting: Vec<_> = (0..10).map(|_| ask()).collect();
    assert!(waiting.iter().all(|answer| answer.status() == 200 && !answer.headers().contains_key("etag")));
    // Concurrent writes neither wait for them nor are missed by them.
    let created = server.create(json!({ "name": "Ada" }));
    for answer in waiting {
        let page: Value = answer.json().unwrap();
        let ids: BTreeSet<&str> =
            page["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), CUSTOMERS + usize::from(ids.contains(created["id"].as_str().unwrap())));
    }
}
