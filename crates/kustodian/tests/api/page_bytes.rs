//! Pages that end by their bytes: a walk through them gives every record once, and the server holds no more than a page
//! of what is asked for.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

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
fn every_list_by_cursor_ends_its_pages_by_bytes_and_goes_on_behind() {
    const CUSTOMERS: usize = 25;
    let server = Server::start_with(&["--max-body", "1MB"]);
    for number in 0..CUSTOMERS {
        let customer = server.create(json!({ "externalId": format!("{number}"), "custom": custom(0) }));
        // What changed is told before and after.
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
fn twenty_pages_that_would_be_large_at_once_take_little_memory() {
    /// Changes of 0.75 MB each.
    const CHANGES: usize = 100;
    let server = Server::start_with(&["--max-body", "1MB"]);
    let customer = server.create(json!({ "custom": custom(0) }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 1..=CHANGES {
        server.patch(path, json!({ "custom": custom(number) })).expect(200);
    }
    crate::events::first(&server, CHANGES + 1);
    let before = server.memory("VmHWM");
    let history = format!("{path}/history?pageSize=1000");
    let ask = |path: &str| server.get(path).status;
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..20)
            .map(|number| {
                let path = if number % 4 == 0 { "/v1/audit-logs?count=1000" } else { &history };
                scope.spawn(move || (number % 4 == 0, ask(path)))
            })
            .collect();
        for asked in asked {
            let (is_log, status) = asked.join().unwrap();
            // A page by number cannot be cut. Where answers wait for each other to be read, one is refused.
            assert!(if is_log { [200, 503].contains(&status) } else { status == 400 }, "{status}");
        }
    });
    let grown = (server.memory("VmHWM") - before) / 1_024;
    // Whole, each page would be 75 MB, and several are read at the same time.
    assert!(grown < 350, "grew by {grown} MB");
}
