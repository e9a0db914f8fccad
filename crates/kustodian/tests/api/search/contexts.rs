//! Searches for companies and kobjects, and criteria about records of another type.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PATH, search};
use crate::server::{Answer, Server};

const ORDERS: &str = "/v1/klasses/orders";

/// Ada of Berlin, who works at Acme, with two orders and a ticket; Bob of Paris with one order; and an order of nobody.
fn server() -> Server {
    with_records(Server::start())
}

fn with_records(server: Server) -> Server {
    for klass in ["order", "ticket", "ticket_note"] {
        server.post("/v1/klasses", json!({ "name": klass })).expect(200);
    }
    let acme =
        server.post("/v1/companies", json!({ "name": "Acme Corp", "externalId": "crm-1" })).expect(201).data()["id"]
            .clone();
    let other = json!({ "name": "Globex", "custom": { "tierStr": "gold" }, "tags": ["vip"] });
    server.post("/v1/companies", other).expect(201);
    let ada = server.create(json!({
        "name": "Ada", "company": acme, "locations": [{ "cityName": "Berlin" }], "custom": { "tierStr": "gold" },
    }));
    let bob = server.create(json!({ "name": "Bob", "locations": [{ "cityName": "Paris" }] }));
    let order = |title: &str, total: u32, status: &str| json!({ "title": title, "externalId": title, "custom": { "totalNum": total, "statusStr": status } });
    let of =
        |customer: &Value, klass: &str| format!("/v1/customers/{}/klasses/{klass}", customer["id"].as_str().unwrap());
    server.post(&of(&ada, "order"), order("A-1", 150, "open")).expect(201);
    server.post(&of(&ada, "order"), order("A-2", 20, "done")).expect(201);
    server.post(&of(&ada, "ticket"), json!({ "title": "T-1", "custom": { "totalNum": 999 } })).expect(201);
    server.post(&of(&bob, "order"), order("B-1", 90, "open")).expect(201);
    let mut of_company = order("C-1", 300, "open");
    of_company["company"] = acme;
    server.post(ORDERS, of_company).expect(201);
    server
}

/// Titles and names, in the order of the alphabet.
fn found(server: &Server, body: &Value) -> Vec<String> {
    let mut names = in_order(server, body);
    names.sort_unstable();
    names
}

fn in_order(server: &Server, body: &Value) -> Vec<String> {
    let answer = search(server, body.clone());
    let records = answer.data().as_array().unwrap();
    assert_eq!(answer.body["meta"]["total"], records.len(), "{body}");
    let name = |record: &Value| {
        let attributes = &record["attributes"];
        attributes["title"].as_str().or(attributes["name"].as_str()).unwrap_or_default().to_owned()
    };
    records.iter().map(name).collect()
}

#[test]
fn each_type_is_found_by_its_own_attributes() {
    let server = server();
    for (body, names) in [
        (json!({ "queryContext": "company" }), &["Acme Corp", "Globex"][..]),
        (json!({ "queryContext": "company", "and": { "company_name": { "contains": "acm" } } }), &["Acme Corp"]),
        (json!({ "queryContext": "company", "and": { "company_any_text": { "contains": "RM-1" } } }), &["Acme Corp"]),
        (json!({ "queryContext": "company", "and": { "company_externalId": { "equals": "crm-1" } } }), &["Acme Corp"]),
        (json!({ "queryContext": "company", "and": { "company_custom_tierStr": { "equals": "GOLD" } } }), &["Globex"]),
        (json!({ "queryContext": "company", "and": { "company_tags": { "equals": "vip" } } }), &["Globex"]),
        (json!({ "queryContext": "company", "not": { "company_tags": { "equals": "vip" } } }), &["Acme Corp"]),
        (json!({ "queryContext": "kobject" }), &["A-1", "A-2", "B-1", "C-1", "T-1"]),
        (json!({ "queryContext": "kobject_order" }), &["A-1", "A-2", "B-1", "C-1"]),
        (json!({ "queryContext": "kobject_orders" }), &["A-1", "A-2", "B-1", "C-1"]),
        (json!({ "queryContext": "kobject_ticket" }), &["T-1"]),
        (json!({ "queryContext": "kobject", "and": { "kobject_klass": { "in": ["ticket"] } } }), &["T-1"]),
        // One key in two klasses is two attributes.
        (
            json!({ "queryContext": "kobject", "and": { "kobject_custom_order_totalNum": { "gt": 100 } } }),
            &["A-1", "C-1"],
        ),
        (json!({ "queryContext": "kobject", "and": { "kobject_custom_ticket_totalNum": { "gt": 100 } } }), &["T-1"]),
        (
            json!({ "queryContext": "kobject_order", "and": { "kobject_custom_orders_statusStr": { "equals": "done" } } }),
            &["A-2"],
        ),
        (json!({ "queryContext": "kobject_order", "and": { "kobject_any_text": { "contains": "b-1" } } }), &["B-1"]),
        (json!({ "queryContext": "kobject", "and": { "kobject_company_id": { "set": true } } }), &["C-1"]),
        (json!({ "and": { "customer_custom_tierStr": { "equals": "gold" } } }), &["Ada"]),
    ] {
        assert_eq!(found(&server, &body), names, "{body}");
    }
}

#[test]
fn records_are_found_by_what_belongs_to_them_and_whom_they_belong_to() {
    let server = server();
    for (body, names) in [
        // Customers.
        (json!({ "and": { "kobject_custom_order_totalNum": { "gt": 100 } } }), &["Ada"][..]),
        (json!({ "and": { "kobject_custom_order_totalNum": { "lt": 100 } } }), &["Ada", "Bob"]),
        (json!({ "not": { "kobject_custom_order_totalNum": { "gt": 100 } } }), &["Bob"]),
        (json!({ "and": { "kobject_ticket_created_at": { "set": true } } }), &["Ada"]),
        (json!({ "and": { "company_name": { "contains": "acme" } } }), &["Ada"]),
        (json!({ "not": { "company_name": { "contains": "acme" } } }), &["Bob"]),
        (json!({ "and": { "company_name": { "contains": "globex" } } }), &[]),
        // Criteria of one member are about one and the same order.
        (
            json!({ "and": [
                { "kobject_custom_order_totalNum": { "gt": 100 } },
                { "kobject_custom_order_statusStr": { "equals": "done" } },
            ] }),
            &[],
        ),
        (
            json!({ "and": [
                { "kobject_custom_order_totalNum": { "gt": 100 } },
                { "kobject_custom_order_statusStr": { "equals": "open" } },
                { "customer_address": { "contains": "berlin" } },
            ] }),
            &["Ada"],
        ),
        // Kobjects.
        (
            json!({ "queryContext": "kobject", "and": { "customer_address": { "contains": "Berlin" } } }),
            &["A-1", "A-2", "T-1"],
        ),
        (json!({ "queryContext": "kobject_order", "and": { "customer_name": { "equals": "bob" } } }), &["B-1"]),
        (json!({ "queryContext": "kobject_order", "not": { "customer_name": { "set": true } } }), &["C-1"]),
        (json!({ "queryContext": "kobject", "and": { "company_name": { "starts_with": "acme" } } }), &["C-1"]),
        // Companies.
        (json!({ "queryContext": "company", "and": { "customer_name": { "equals": "ada" } } }), &["Acme Corp"]),
        (json!({ "queryContext": "company", "not": { "customer_name": { "equals": "ada" } } }), &["Globex"]),
        (
            json!({ "queryContext": "company", "and": { "kobject_custom_order_totalNum": { "gte": 300 } } }),
            &["Acme Corp"],
        ),
    ] {
        assert_eq!(found(&server, &body), names, "{body}");
    }
}

#[test]
fn every_write_is_found_by_the_next_search_and_deleted_records_are_not() {
    let server = server();
    let order = search(&server, json!({ "queryContext": "kobject", "and": { "kobject_title": { "equals": "a-1" } } }));
    let path = order.data()[0]["links"]["self"].as_str().unwrap().to_owned();
    let open = json!({ "and": { "kobject_custom_order_totalNum": { "gt": 100 } } });
    for (total, names) in [(50, &[][..]), (500, &["Ada"])] {
        server.put(&path, json!({ "custom": { "totalNum": total } })).expect(200);
        assert_eq!(found(&server, &open), names);
    }
    server.delete(&path).expect(204);
    assert_eq!(found(&server, &open), [] as [&str; 0]);
    let mut deleted = json!({ "queryContext": "kobject_order", "and": { "kobject_title": { "equals": "a-1" } } });
    assert_eq!(found(&server, &deleted), [] as [&str; 0]);
    deleted["includeDeleted"] = true.into();
    assert_eq!(found(&server, &deleted), ["A-1"]);
    let company =
        search(&server, json!({ "queryContext": "company", "and": { "company_name": { "equals": "globex" } } }));
    let path = format!("/v1/companies/{}", company.data()[0]["id"].as_str().unwrap());
    server.put(&path, json!({ "name": "Initech" })).expect(200);
    assert_eq!(
        found(&server, &json!({ "queryContext": "company", "and": { "company_name": { "contains": "glob" } } })),
        [] as [&str; 0]
    );
    assert_eq!(
        found(&server, &json!({ "queryContext": "company", "and": { "company_name": { "contains": "init" } } })),
        ["Initech"]
    );
    server.put(&path, json!({ "deleted": true })).expect(200);
    assert_eq!(found(&server, &json!({ "queryContext": "company" })), ["Acme Corp"]);
}

#[test]
fn other_types_are_sorted_paged_walked_and_counted() {
    let server = server();
    let by_title = json!({ "queryContext": "kobject", "sort": { "kobject_title": "desc" } });
    assert_eq!(in_order(&server, &by_title), ["T-1", "C-1", "B-1", "A-2", "A-1"]);
    let by_update = json!({ "queryContext": "kobject_order", "sort": [{ "kobject_order_updated_at": "asc" }] });
    assert_eq!(in_order(&server, &by_update), ["A-1", "A-2", "B-1", "C-1"]);
    // Of any klass the name is about all of them.
    let sorted = |name: &str| in_order(&server, &json!({ "queryContext": "kobject", "sort": [{ name: "desc" }] }));
    assert_eq!(sorted("kobject_order_created_at"), sorted("kobject_created_at"));
    let of_another = json!({ "queryContext": "kobject_order", "sort": [{ "kobject_ticket_created_at": "asc" }] });
    server.post(PATH, of_another).expect(400);
    let page = server.post(&format!("{PATH}?page=2&pageSize=2"), by_title.clone()).expect(200);
    let titles = |answer: &Answer| {
        let data = answer.data().as_array().unwrap();
        data.iter().map(|record| record["attributes"]["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (titles(&page), &page.body["meta"]["totalPages"]),
        (vec!["B-1".to_owned(), "A-2".to_owned()], &json!(3))
    );
    let ids = server.post(&format!("{PATH}?idsOnly=true"), by_update).expect(200);
    assert!(ids.data().as_array().unwrap().iter().all(|id| id["type"] == "kobject.order"), "{}", ids.text);
    for body in [by_title, json!({ "queryContext": "kobject" })] {
        let (mut cursor, mut seen) = ("*".to_owned(), Vec::new());
        loop {
            let step = server.post(&format!("{PATH}?cursor={cursor}&pageSize=2"), body.clone()).expect(200);
            seen.extend(titles(&step));
            match step.body["meta"]["cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, ["A-1", "A-2", "B-1", "C-1", "T-1"], "{body}");
    }
    let counted = search(
        &server,
        json!({
            "queryContext": "kobject",
            "aggs": {
                "byKlass": { "terms": { "field": "kobject_klass" } },
                "byStatus": { "terms": { "field": "kobject_custom_order_statusStr" } },
                "byTotal": { "range": { "field": "kobject_custom_order_totalNum", "ranges": [{ "from": 100 }] } },
            },
        }),
    );
    let counts = &counted.body["meta"]["aggregations"];
    assert_eq!(counts["byKlass"]["buckets"], json!([{ "key": "order", "count": 4 }, { "key": "ticket", "count": 1 }]));
    assert_eq!((&counts["byStatus"]["buckets"][0]["count"], &counts["byStatus"]["missing"]), (&json!(3), &json!(1)));
    assert_eq!(counts["byTotal"]["buckets"][0]["count"], 2);
}

#[test]
fn the_archive_search_finds_them_too() {
    let server = server();
    let archive = "/v1/customers/archive/search";
    let ids = |body: Value| server.post(archive, body).expect(200).ids().len();
    assert_eq!(ids(json!({ "queryContext": "company", "and": { "company_created_at": { "gte": "2020-01-01" } } })), 2);
    assert_eq!(ids(json!({ "queryContext": "kobject_order", "sort": { "kobject_order_id": "asc" } })), 4);
    assert_eq!(
        ids(json!({ "queryContext": "kobject", "and": { "kobject_order_any_text": { "contains": "b-1" } } })),
        1
    );
    server.post(archive, json!({ "queryContext": "company", "and": { "company_name": { "set": true } } })).expect(400);
}

#[test]
fn what_names_no_klass_or_another_type_is_refused_where_it_stands() {
    let server = server();
    for (body, pointer) in [
        (json!({ "and": { "kobject_custom_invoice_totalNum": { "gt": 1 } } }), "/and/kobject_custom_invoice_totalNum"),
        (json!({ "and": { "kobject_custom_order_total": { "gt": 1 } } }), "/and/kobject_custom_order_total"),
        (
            json!({ "queryContext": "kobject_ticket", "and": { "kobject_custom_order_totalNum": { "gt": 1 } } }),
            "/and/kobject_custom_order_totalNum",
        ),
        (json!({ "queryContext": "company", "sort": { "customer_name": "asc" } }), "/sort/customer_name"),
        (json!({ "queryContext": "company", "sort": { "company_tags": "asc" } }), "/sort/company_tags"),
        (
            json!({ "queryContext": "company", "aggs": { "a": { "terms": { "field": "customer_gender" } } } }),
            "/aggs/a/terms/field",
        ),
        (json!({ "queryContext": "company", "and": { "company_nmae": { "set": true } } }), "/and/company_nmae"),
    ] {
        let answer = server.post(PATH, body.clone()).expect(400);
        assert_eq!(answer.error()["meta"]["pointer"], pointer, "{body}: {}", answer.text);
    }
    // The longest name of a klass counts.
    let named = json!({ "queryContext": "kobject", "and": { "kobject_custom_ticket_note_textStr": { "set": true } } });
    assert_eq!(found(&server, &named), [] as [&str; 0]);
}

#[test]
fn a_key_that_may_not_read_a_type_may_not_search_for_it_or_by_it() {
    let server = with_records(Server::on_file());
    let status = |roles: &[&str], body: &Value| {
        let token = server.token("demo", roles);
        server.call_as(&token, Method::POST, PATH, Some(body.clone())).status
    };
    let companies = json!({ "queryContext": "company" });
    let by_company = json!({ "and": { "company_name": { "set": true } } });
    let orders = json!({ "queryContext": "kobject_order" });
    let by_order = json!({ "and": { "kobject_custom_order_totalNum": { "gt": 1 } } });
    let kobjects = json!({ "queryContext": "kobject" });
    let search = "org.user.search.read";
    assert_eq!(status(&[search], &json!({})), 200);
    for body in [&companies, &by_company, &orders, &by_order, &kobjects] {
        assert_eq!(status(&[search], body), 403, "{body}");
    }
    for (role, bodies) in [
        ("org.user.company.read", &[&companies, &by_company][..]),
        ("org.user.kobject.read", &[&orders, &by_order, &kobjects]),
        ("org.permission.kobject.kobject_order.read", &[&orders, &by_order]),
    ] {
        for body in bodies {
            assert_eq!(status(&[search, role], body), 200, "{role}: {body}");
        }
    }
    let of_one_klass = "org.permission.kobject.kobject_order.read";
    assert_eq!(status(&[search, of_one_klass], &kobjects), 403);
    assert_eq!(status(&[search, of_one_klass], &json!({ "and": { "kobject_updated_at": { "set": true } } })), 403);
    assert_eq!(status(&[search, of_one_klass], &json!({ "queryContext": "kobject_ticket" })), 403);
}
