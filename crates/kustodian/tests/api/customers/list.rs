//! `GET /v1/customers`.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::server::{Answer, Server};

fn with_customers(count: usize) -> (Server, Vec<String>) {
    let server = Server::start();
    let ids = (0..count)
        .map(|number| {
            let day = format!("2020-01-{:02}T00:00:00Z", 28 - number);
            server.create(json!({ "name": format!("n{number}"), "createdAt": day }))["id"].as_str().unwrap().to_owned()
        })
        .collect();
    (server, ids)
}

fn meta(answer: &Answer) -> &Value {
    &answer.body["meta"]
}

#[test]
fn an_empty_list_is_a_list() {
    let answer = Server::start().get("/v1/customers").expect(200);
    assert_eq!(meta(&answer), &json!({ "pageSize": 100, "page": 1, "total": 0, "totalPages": 0 }));
    assert_eq!(answer.data(), &json!([]));
    assert_eq!(answer.body["links"]["next"], Value::Null);
    assert_eq!(answer.body["links"]["prev"], Value::Null);
}

#[test]
fn pages_follow_each_other_by_their_links_in_the_order_of_ids() {
    let (server, ids) = with_customers(7);
    let mut found = Vec::new();
    let mut next = Some("/v1/customers?pageSize=3".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let answer = server.get(&path).expect(200);
        pages += 1;
        assert_eq!(meta(&answer), &json!({ "pageSize": 3, "page": pages, "total": 7, "totalPages": 3 }));
        found.extend(answer.ids());
        let links = &answer.body["links"];
        assert_eq!(links["self"], format!("/v1/customers?page={pages}&pageSize=3"));
        assert_eq!(links["first"], "/v1/customers?page=1&pageSize=3");
        assert_eq!(links["last"], "/v1/customers?page=3&pageSize=3");
        assert_eq!(links["prev"].is_null(), pages == 1);
        next = links["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!((pages, found), (3, ids));
}

#[test]
fn a_page_past_the_end_is_empty() {
    let (server, _) = with_customers(3);
    let past = server.get("/v1/customers?page=9&pageSize=2").expect(200);
    assert_eq!((past.data(), &meta(&past)["total"]), (&json!([]), &json!(3)));
    assert_eq!(past.body["links"]["next"], Value::Null);
    server.get("/v1/customers?page=4294967295&pageSize=1000").expect(200);
}

#[test]
fn deleted_customers_are_listed_apart_in_every_order_and_by_cursor() {
    let (server, ids) = with_customers(6);
    for id in &ids[1..5] {
        server.delete(&format!("/v1/customers/{id}")).expect(204);
    }
    server.post(&format!("/v1/customers/{}/erase", ids[4]), json!({})).expect(204);
    assert_eq!(server.get("/v1/customers?deleted=false").ids(), [&*ids[0], &ids[5]]);
    let list = |query: &str| server.get(&format!("/v1/customers?deleted=true&{query}")).expect(200);

    let all = list("sort=id");
    assert_eq!((all.ids(), &meta(&all)["total"]), (ids[1..5].to_vec(), &json!(4)));
    assert!(all.data().as_array().unwrap().iter().all(|customer| customer["attributes"]["deleted"] == true));
    assert!(all.data()[3]["attributes"]["erasedAt"].is_string() && !all.text.contains("n4"), "{}", all.text);
    // An erased one keeps the moment of its erasure alone.
    assert_eq!(list("sort=createdAt&filter[createdAt][lt]=2020-02-01").ids(), [&*ids[3], &ids[2], &ids[1]]);
    assert_eq!(list("sort=-updatedAt").ids(), [&*ids[4], &ids[3], &ids[2], &ids[1]]);

    let first = list("pageSize=3");
    let next = first.body["links"]["next"].as_str().unwrap();
    assert_eq!(next, "/v1/customers?page=2&pageSize=3&deleted=true");
    assert_eq!(server.get(next).expect(200).ids(), [&*ids[4]]);
    let mut walked = Vec::new();
    let mut next = Some("/v1/customers?cursor=*&pageSize=3&sort=updatedAt&deleted=true".to_owned());
    while let Some(path) = next {
        let page = server.get(&path).expect(200);
        walked.extend(page.ids());
        next = page.body["links"]["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(walked, ids[1..5]);
    assert_eq!(server.get("/v1/customers?deleted=maybe").expect(400).parameter(), "deleted");
}

#[test]
fn customers_are_sorted_and_filtered_by_their_dates() {
    let (server, ids) = with_customers(5);
    let reversed: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(server.get("/v1/customers?sort=createdAt").ids(), reversed);
    assert_eq!(server.get("/v1/customers?sort=-createdAt").ids(), ids);
    assert_eq!(server.get("/v1/customers?sort=-id").ids(), reversed);
    assert_eq!(server.get("/v1/customers?sort=desc").ids(), reversed);

    // The third was made on the 26th.
    let list = |filter: &str| server.get(&format!("/v1/customers?{filter}")).expect(200);
    let exactly = list("filter[createdAt][gte]=2020-01-26T00:00:00Z&filter[createdAt][lte]=2020-01-26");
    assert_eq!(exactly.ids(), [ids[2].clone()]);
    assert_eq!(meta(&exactly)["total"], 1);
    assert_eq!(list("filter[createdAt][gt]=2020-01-26").ids(), ids[..2]);
    assert_eq!(list("filter%5BcreatedAt%5D%5Blt%5D=2020-01-26").ids(), ids[3..]);
    assert_eq!(list("filter[updatedAt][lt]=2020-01-26").ids().len(), 0);
    assert_eq!(list("filter[createdAt][gte]=2014-07-28 13:41:52+00:00").ids().len(), 5);

    let paged = list("filter[createdAt][lt]=2020-01-27&pageSize=2&sort=-createdAt");
    let next = list(paged.body["links"]["next"].as_str().unwrap().split_once('?').unwrap().1);
    assert_eq!([paged.ids(), next.ids()].concat(), ids[2..]);
}

#[test]
fn nonsense_is_a_400_that_names_it() {
    let server = Server::start();
    for (query, parameter) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=1.5", "page"),
        ("pageSize=-1", "pageSize"),
        ("sort=name", "sort"),
        ("sort=--id", "sort"),
        ("filter[name][gte]=2020-01-01", "filter[name][gte]"),
        ("filter[createdAt][like]=2020-01-01", "filter[createdAt][like]"),
        ("filter[createdAt]=2020-01-01", "filter[createdAt]"),
        ("filter[createdAt][gte]=soon", "filter[createdAt][gte]"),
        ("filter=x", "filter"),
        ("cursor=nonsense", "cursor"),
        ("cursor=*&page=1", "cursor"),
    ] {
        assert_eq!(server.get(&format!("/v1/customers?{query}")).expect(400).parameter(), parameter, "{query}");
    }
}

#[test]
fn a_cursor_walks_all_customers_once_in_any_order() {
    let (server, ids) = with_customers(7);
    for (sort, expected) in
        [("id", ids.clone()), ("-createdAt", ids.clone()), ("-updatedAt", ids.iter().rev().cloned().collect())]
    {
        let mut found = Vec::new();
        let mut cursor = "*".to_owned();
        for _ in 0..10 {
            let answer = server.get(&format!("/v1/customers?sort={sort}&pageSize=3&cursor={cursor}")).expect(200);
            found.extend(answer.ids());
            match meta(&answer)["cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, expected, "{sort}");
    }
}

#[test]
fn a_walk_by_cursor_misses_nothing_that_was_there_throughout() {
    let (server, ids) = with_customers(9);
    let first = server.get("/v1/customers?cursor=*&pageSize=4").expect(200);
    server.delete(&format!("/v1/customers/{}", ids[3])).expect(204);
    server.delete(&format!("/v1/customers/{}", ids[5])).expect(204);
    server.create(json!({ "name": "late" }));
    let mut found: HashSet<String> = first.ids().into_iter().collect();
    let mut next = first.body["links"]["next"].as_str().map(ToOwned::to_owned);
    while let Some(path) = next {
        let answer = server.get(&path).expect(200);
        for id in answer.ids() {
            assert!(found.insert(id), "twice");
        }
        next = answer.body["links"]["next"].as_str().map(ToOwned::to_owned);
    }
    assert!(ids.iter().filter(|id| **id != ids[5]).all(|id| found.contains(id)));
}

#[test]
fn a_cursor_is_not_continued_in_another_order() {
    let (server, _) = with_customers(3);
    let first = server.get("/v1/customers?cursor=*&pageSize=1").expect(200);
    let cursor = meta(&first)["cursor"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/customers?cursor={cursor}&sort=-id")).expect(400).parameter(), "cursor");
}

#[test]
fn deleted_customers_are_neither_listed_nor_counted() {
    let (server, ids) = with_customers(3);
    server.delete(&format!("/v1/customers/{}", ids[1])).expect(204);
    let answer = server.get("/v1/customers").expect(200);
    assert_eq!(answer.ids(), [ids[0].clone(), ids[2].clone()]);
    assert_eq!(meta(&answer)["total"], 2);
    let filtered = server.get("/v1/customers?filter[createdAt][gte]=2020-01-01").expect(200);
    assert_eq!(meta(&filtered)["total"], 2);
}
