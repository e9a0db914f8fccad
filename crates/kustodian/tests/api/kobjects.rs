//! Kobjects: their attributes, their owners, and their effects on the customer.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::place;
use crate::server::{Answer, Server, TOKEN};

const ORDERS: &str = "/v1/klasses/orders";

/// A server with the klass `order`.
fn server() -> Server {
    with_orders(Server::start())
}

fn with_orders(server: Server) -> Server {
    server.post("/v1/klasses", json!({ "name": "order", "icon": "shopping" })).expect(200);
    server
}

fn path_of(record: &Value) -> &str {
    record["links"]["self"].as_str().unwrap()
}

fn titles(answer: &Answer) -> Vec<&str> {
    answer.data().as_array().unwrap().iter().map(|kobject| kobject["attributes"]["title"].as_str().unwrap()).collect()
}

pub(crate) fn full_kobject() -> Value {
    json!({
        "title": "Order 1815",
        "externalId": "shop-1815",
        "description": "two boxes",
        "images": ["https://a.example/1.png"],
        "icon": "box",
        "data": { "lines": [1, { "sku": null }] },
        "custom": { "totalNum": 120.5, "statusStr": "paid" },
        "tags": ["vip"],
        "createdAt": "2020-01-02T03:04:05.000Z",
        "importedAt": "2021-01-02T03:04:05.000Z",
    })
}

#[test]
fn a_kobject_is_answered_as_it_was_written() {
    let server = server();
    let kobject = server.post(ORDERS, full_kobject()).expect(201).data().clone();
    let id = kobject["id"].as_str().unwrap();
    assert_eq!((&kobject["type"], path_of(&kobject)), (&json!("kobject.order"), format!("{ORDERS}/{id}").as_str()));
    let klass = &kobject["relationships"]["klass"];
    assert_eq!(klass, &json!({ "data": { "type": "klass", "id": "order" }, "link": { "self": "/v1/klasses/order" } }));
    for (name, value) in full_kobject().as_object().unwrap().iter().filter(|(name, _)| *name != "tags") {
        assert_eq!(&kobject["attributes"][name], value, "{name}");
    }
    assert_eq!((&kobject["attributes"]["rev"], &kobject["attributes"]["roleGroupVersions"]), (&json!(1), &json!([])));
    let by_external_id = format!("{ORDERS}/externalId=shop-1815");
    for path in [
        path_of(&kobject),
        &format!("/v1/klasses/order/{id}"),
        &format!("/v1/kobjects/order/{id}"),
        &by_external_id,
        "/v1/klasses/order/externalId=shop-1815",
    ] {
        assert_eq!(server.get(path).expect(200).data(), &kobject, "{path}");
    }
    assert_eq!(titles(&server.get("/v1/kobjects/order").expect(200)), ["Order 1815"]);
    let bare = server.post(ORDERS, json!({ "title": "bare" })).expect(201).data()["attributes"].clone();
    assert_eq!((&bare["icon"], &bare["images"], &bare["custom"]), (&json!("shopping"), &json!([]), &json!({})));
    server.post("/v1/klasses", json!({ "name": "ticket" })).expect(200);
    server.get(&format!("/v1/klasses/tickets/{id}")).expect(404);
    server.put(&format!("/v1/klasses/tickets/{id}"), json!({ "title": "no" })).expect(404);
}

#[test]
fn put_merges_custom_keeps_data_and_answers_are_accepted_back() {
    let server = server();
    let kobject = server.post(ORDERS, full_kobject()).expect(201).data().clone();
    let path = path_of(&kobject);
    let changed = server.put(path, json!({ "title": "sent", "custom": { "statusStr": "sent" } })).expect(200);
    let changed = changed.data()["attributes"].clone();
    assert_eq!(changed["custom"], json!({ "totalNum": 120.5, "statusStr": "sent" }));
    assert_eq!(
        (&changed["data"], &changed["title"], &changed["rev"]),
        (&full_kobject()["data"], &json!("sent"), &json!(2))
    );
    let replaced = server.put(path, json!({ "data": { "lines": [] } })).expect(200).data()["attributes"].clone();
    assert_eq!(replaced["data"], json!({ "lines": [] }));

    let mut attributes = replaced.clone();
    for read_only in kustomer_api::kobject::READ_ONLY_ON_UPDATE {
        attributes.as_object_mut().unwrap().remove(read_only.name);
    }
    let again = server.put(path, attributes.clone()).expect(200).data()["attributes"].clone();
    for (name, value) in attributes.as_object().unwrap().iter().filter(|(name, _)| *name != "rev") {
        assert_eq!(&again[name], value, "{name}");
    }
    assert_eq!(server.put(path, json!({ "title": "late", "rev": 1 })).expect(409).parameter(), "rev");
    let former = server.get(path).expect(200);
    let request = |etag: &str| {
        let request = server.request(Method::PUT, path).bearer_auth(TOKEN).header("If-Match", etag);
        Answer::of(request.json(&json!({ "title": "only then" })))
    };
    request("W/\"1-other\"").expect(412);
    request(former.header("etag")).expect(200);
}

#[test]
fn an_external_id_is_unique_in_its_klass() {
    let server = server();
    server.post("/v1/klasses", json!({ "name": "ticket" })).expect(200);
    let first = server.post(ORDERS, json!({ "title": "a", "externalId": "1" })).expect(201).data().clone();
    let refused = server.post(ORDERS, json!({ "title": "b", "externalId": "1" })).expect(409);
    assert_eq!((refused.parameter(), &refused.error()["meta"]["kobject"]), ("externalId", &first["id"]));
    server.post("/v1/klasses/tickets", json!({ "title": "c", "externalId": "1" })).expect(201);
    server.delete(path_of(&first)).expect(204);
    server.get(&format!("{ORDERS}/externalId=1")).expect(404);
    server.post(ORDERS, json!({ "title": "d", "externalId": "1" })).expect(201);
}

/// An object this many levels deep.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }))
}

#[test]
fn the_deepest_data_that_is_taken_is_read_wherever_it_is_shown() {
    let server = with_orders(Server::on_file());
    let customer = server.create(json!({ "name": "Ada" }));
    let body = json!({ "title": "deep", "customer": customer["id"], "data": nested(63) });
    let kobject = server.post(ORDERS, body).expect(201).data().clone();
    server.put(path_of(&kobject), json!({ "data": {} })).expect(200);
    server.put(path_of(&kobject), json!({ "data": nested(63) })).expect(200);
    for path in [path_of(&kobject), ORDERS, "/v1/events", "/v1/audit-logs", &format!("{}/history", path_of(&kobject))] {
        server.get(path).expect(200);
    }
    server.post(&format!("{}/erase", path_of(&customer)), json!({})).expect(204);
    server.get(path_of(&kobject)).expect(404);
}

#[test]
fn wrong_attributes_are_named() {
    let server = server();
    let long = "x".repeat(257);
    for (body, parameter) in [
        (json!({}), "title"),
        (json!({ "title": "" }), "title"),
        (json!({ "title": long }), "title"),
        (json!({ "title": "a", "externalId": "" }), "externalId"),
        (json!({ "title": "a", "images": ["no url"] }), "images"),
        (json!({ "title": "a", "data": [1] }), "data"),
        (json!({ "title": "a", "custom": { "total": 1 } }), "total"),
        (json!({ "title": "a", "customer": "5c7d1a1f9a1b2c0010a1b2c3" }), "customer"),
        (json!({ "title": "a", "company": "5c7d1a1f9a1b2c0010a1b2c3" }), "company"),
        (json!({ "title": "a", "customer": "Ada" }), "customer"),
        (json!({ "title": "a", "status": "done" }), "status"),
        (json!({ "title": "a", "data": nested(65) }), "data"),
        (json!({ "title": "a", "unknown": 1 }), "unknown"),
    ] {
        let refused = server.post(ORDERS, body.clone()).expect(400);
        assert_eq!(refused.parameter(), parameter, "{body}: {}", refused.text);
    }
    let twice = r#"{"title":"a","data":{"lines":[{"sku":1,"sku":2}]}}"#;
    let request = server.request(Method::POST, ORDERS).bearer_auth(TOKEN).header("Content-Type", "application/json");
    assert_eq!(Answer::of(request.body(twice)).expect(400).parameter(), "sku");
    let kobject =
        server.post(ORDERS, json!({ "title": "a", "customer": "", "company": null })).expect(201).data().clone();
    assert_eq!(server.put(path_of(&kobject), json!({ "customer": null })).expect(400).parameter(), "customer");
    assert_eq!(titles(&server.get(ORDERS).expect(200)), ["a"]);
}

#[test]
fn a_task_is_done_and_opened_again_and_assigned_to_users_and_queues() {
    let server = server();
    server.post("/v1/klasses", json!({ "name": "chore", "klassSchema": "task", "displayName": "A chore" })).expect(200);
    let task = server.post("/v1/klasses/chores", json!({ "title": "sweep" })).expect(201).data().clone();
    let path = path_of(&task);
    let shown = |task: &Value| {
        ["status", "doneCount", "reopenCount", "reopenFromDoneCount"].map(|name| task["attributes"][name].clone())
    };
    assert_eq!(shown(&task), [json!("open"), json!(0), json!(0), json!(0)]);
    assert_eq!((&task["attributes"]["firstDone"], &task["attributes"]["queue"]), (&json!({}), &Value::Null));
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let queue = server.post("/v1/routing/queues", json!({ "name": "house" })).expect(201).data()["id"].clone();
    let assigned = json!({ "assignedUser": me, "queue": queue });
    let assigned = server.put(path, assigned).expect(200).data()["attributes"].clone();
    assert_eq!((&assigned["assignedUser"], &assigned["queue"]), (&me, &queue));

    let done = server.put(path, json!({ "status": "done" })).expect(200).data().clone();
    assert_eq!(shown(&done), [json!("done"), json!(1), json!(0), json!(0)]);
    let first = done["attributes"]["firstDone"].clone();
    assert_eq!((&first["createdBy"], &first["assignedUser"]), (&me, &me));
    assert_eq!((&first["createdAt"], &done["attributes"]["lastDone"]), (&done["attributes"]["updatedAt"], &first));
    // An answer that is sent back is done once.
    let again = server.put(path, json!({ "status": "done" })).expect(200).data().clone();
    assert_eq!(shown(&again), shown(&done));
    let reopened = server.put(path, json!({ "status": "open", "assignedUser": "" })).expect(200).data().clone();
    assert_eq!(shown(&reopened), [json!("open"), json!(1), json!(1), json!(1)]);
    assert_eq!((&reopened["attributes"]["assignedUser"], &reopened["attributes"]["firstDone"]), (&Value::Null, &first));
    let last = server.put(path, json!({ "status": "done" })).expect(200).data()["attributes"].clone();
    assert_eq!((&last["doneCount"], &last["firstDone"]), (&json!(2), &first));
    assert_ne!(last["lastDone"], first);

    let nobody = "5c7d1a1f9a1b2c0010a1b2c3";
    for (body, parameter) in [
        (json!({ "assignedUser": nobody }), "assignedUser"),
        (json!({ "queue": nobody }), "queue"),
        (json!({ "status": "gone" }), "status"),
        (json!({ "doneCount": 7 }), "doneCount"),
    ] {
        assert_eq!(server.put(path, body.clone()).expect(400).parameter(), parameter, "{body}");
    }
    let order = server.post(ORDERS, json!({ "title": "no task" })).expect(201).data().clone();
    for body in [json!({ "status": "done" }), json!({ "queue": null }), json!({ "assignedUser": me })] {
        let refused = server.put(path_of(&order), body.clone()).expect(400);
        assert!(refused.text.contains("klassSchema"), "{}", refused.text);
    }
}

#[test]
fn a_kobject_shows_what_its_klass_is_called_and_can_do() {
    let server = server();
    let klass = json!({ "name": "parcel", "displayName": "Parcels", "mixins": ["commentable", "assignable"] });
    server.post("/v1/klasses", klass).expect(200);
    let parcel = server.post("/v1/klasses/parcels", json!({ "title": "a" })).expect(201).data().clone();
    let shown = |parcel: &Value| {
        (parcel["attributes"]["klassDisplayName"].clone(), parcel["attributes"]["klassMixins"].clone())
    };
    assert_eq!(shown(&parcel), (json!("Parcels"), json!(["commentable", "assignable"])));
    assert_eq!(parcel["attributes"]["assignedUser"], Value::Null);
    server.put("/v1/klasses/parcel", json!({ "displayName": "Boxes", "mixins": [] })).expect(200);
    // It follows with the next write of the kobject.
    assert_eq!(shown(&server.get(path_of(&parcel)).expect(200).data().clone()).0, "Parcels");
    let written = server.put(path_of(&parcel), json!({ "title": "b" })).expect(200).data().clone();
    assert_eq!(shown(&written), (json!("Boxes"), json!([])));
    let order = server.post(ORDERS, json!({ "title": "a" })).expect(201).data().clone();
    assert_eq!(shown(&order), (json!("order"), json!([])));
}

#[test]
fn a_restored_customer_shows_the_kobjects_that_there_are_then() {
    let server = server();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = path_of(&customer);
    let [one, two] = ["one", "two"].map(|title| {
        let order = json!({ "title": title, "customer": customer["id"] });
        server.post(ORDERS, order).expect(201).data().clone()
    });
    server.delete(path_of(&two)).expect(204);
    server.delete(path).expect(204);
    server.delete(path_of(&one)).expect(204);
    server.post(&format!("{}/restore", path_of(&two)), json!({})).expect(200);
    let restored = server.post(&format!("{path}/restore"), json!({})).expect(200);
    let shown = restored.attributes()["recentItems"].as_array().unwrap().iter();
    assert_eq!(shown.map(|item| &item["id"]).collect::<Vec<_>>(), [&two["id"]]);
}

#[test]
fn a_kobject_of_a_customer_is_shown_by_the_customer() {
    let server = server();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = path_of(&customer);
    let of_customer = format!("{path}/klasses/order");
    let kobject = server.post(&of_customer, full_kobject()).expect(201).data().clone();
    assert_eq!(kobject["relationships"]["customer"]["data"], json!({ "type": "customer", "id": customer["id"] }));
    let now = server.get(path).expect(200).data().clone();
    let (before, after) = (&customer["attributes"], &now["attributes"]);
    assert_eq!(after["recentItems"].as_array().unwrap().len(), 1);
    let item = &after["recentItems"][0];
    assert_eq!((&item["type"], &item["id"]), (&json!("kobject"), &kobject["id"]));
    assert_eq!(item["meta"], json!({ "klassName": "order" }));
    assert_eq!(
        now["relationships"]["orders"],
        json!({ "links": { "self": format!("{path}/klasses/orders") }, "meta": { "kobject": true } })
    );
    assert_eq!(after["lastCustomerActivityAt"], "2020-01-02T03:04:05.000Z");
    assert_eq!((&after["rev"], &after["modifiedAt"]), (&json!(2), &before["modifiedAt"]));
    // It was imported, and is older than the customer.
    assert_eq!(after["lastActivityAt"], before["lastActivityAt"]);
    assert_ne!(after["updatedAt"], before["updatedAt"]);
    let history = server.get(&format!("{path}/history")).expect(200);
    assert_eq!(history.data()[0]["attributes"]["eventName"], "kustomer.customer.update");
    assert_eq!(titles(&server.get(&format!("{path}/klasses/orders")).expect(200)), ["Order 1815"]);

    // The same by the body.
    let second = json!({ "title": "second", "customer": customer["id"] });
    let second = server.post(ORDERS, second).expect(201).data().clone();
    let items = server.get(path).expect(200).data()["attributes"]["recentItems"].clone();
    assert_eq!((&items[0]["id"], &items[1]["id"]), (&second["id"], &kobject["id"]), "the newest is first");
    server.delete(path_of(&kobject)).expect(204);
    let items = server.get(path).expect(200).data()["attributes"]["recentItems"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1, "a deleted kobject is not shown");
    assert_eq!(titles(&server.get(&of_customer).expect(200)), ["second"]);

    // A rehearsal leaves nothing either, nor does a restore of a record that is not deleted.
    let restore = format!("{}/restore", path_of(&kobject));
    server.post(&format!("{restore}?validateOnly=true"), json!({})).expect(200);
    let rev = server.get(path).expect(200).attributes()["rev"].as_u64().unwrap();
    let restored = server.post(&restore, json!({})).expect(200);
    assert_eq!(server.post(&restore, json!({})).expect(200).text, restored.text);
    let after = server.get(path).expect(200).attributes().clone();
    let shown: Vec<&Value> = after["recentItems"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    assert_eq!(shown, [&kobject["id"], &second["id"]], "a restored kobject is shown again, first");
    assert_eq!((&after["rev"], &after["modifiedAt"]), (&json!(rev + 1), &before["modifiedAt"]));
    assert_eq!(after["recentItems"][0]["meta"], json!({ "klassName": "order" }));
    server.delete(path_of(&kobject)).expect(204);

    let other = server.create(json!({ "name": "Grace" }));
    let wrong = json!({ "title": "whose", "customer": other["id"] });
    assert_eq!(server.post(&of_customer, wrong).expect(400).parameter(), "customer");
    server.delete(path).expect(204);
    server.post(&of_customer, json!({ "title": "late" })).expect(404);
    server.get(&of_customer).expect(404);
    // A kobject outlives the deletion of its customer, who may come back.
    server.delete(path_of(&second)).expect(204);
}

#[test]
fn a_customer_shows_its_twenty_newest_kobjects() {
    let server = server();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = path_of(&customer);
    for number in 0..22 {
        server.post(&format!("{path}/klasses/order"), json!({ "title": number.to_string() })).expect(201);
    }
    let after = server.get(path).expect(200).data()["attributes"].clone();
    assert_eq!((after["recentItems"].as_array().unwrap().len(), &after["rev"]), (20, &json!(23)));
}

#[test]
fn kobjects_are_listed_by_klass_company_and_moment() {
    let server = server();
    server.post("/v1/klasses", json!({ "name": "ticket" })).expect(200);
    let company = server.post("/v1/companies", json!({ "name": "Acme" })).expect(201).data().clone();
    for (klass, title, company) in
        [("order", "a", Some(&company["id"])), ("order", "b", None), ("ticket", "c", Some(&company["id"]))]
    {
        server.post(&format!("/v1/klasses/{klass}"), json!({ "title": title, "company": company })).expect(201);
    }
    assert_eq!(titles(&server.get(ORDERS).expect(200)), ["a", "b"]);
    let of_company = format!("{}/klasses/order", path_of(&company));
    assert_eq!(titles(&server.get(&of_company).expect(200)), ["a"]);
    server.get("/v1/companies/5c7d1a1f9a1b2c0010a1b2c3/klasses/order").expect(404);
    let first = server.get(&format!("{ORDERS}?pageSize=1")).expect(200);
    assert_eq!(first.body["meta"], json!({ "page": 1, "pageSize": 1 }));
    assert_eq!(titles(&server.get(first.body["links"]["next"].as_str().unwrap()).expect(200)), ["b"]);

    // However programs write a moment.
    for moment in ["2014-07-28 13:41:52+00:00", "2014-07-28%2013:41:52%2B0000", "3/5/2024 10:12:33 AM", "1406554912000"]
    {
        assert_eq!(titles(&server.get(&format!("{ORDERS}?fromDate={moment}")).expect(200)), ["a", "b"], "{moment}");
    }
    assert_eq!(titles(&server.get(&format!("{ORDERS}?fromDate=3/5/9999 10:12 PM")).expect(200)), Vec::<&str>::new());
    assert_eq!(server.get(&format!("{ORDERS}?fromDate=13/5/2024")).expect(400).parameter(), "fromDate");

    let first = server.get(ORDERS).expect(200).data()[0].clone();
    server.put(path_of(&first), json!({ "title": "a again" })).expect(200);
    let since = server.get(path_of(&first)).expect(200).data()["attributes"]["updatedAt"].clone();
    let changed = server.get(&format!("{ORDERS}?fromDate={}", since.as_str().unwrap())).expect(200);
    assert_eq!(titles(&changed), ["a again"]);
    let all = server.get(&format!("{ORDERS}?fromDate=2020-01-01")).expect(200);
    assert_eq!(titles(&all), ["b", "a again"], "in the order of their changes");
    assert_eq!(titles(&server.get(&format!("{ORDERS}?fromDate=2100-01-01")).expect(200)), Vec::<&str>::new());
    server.put(path_of(&company), json!({ "deleted": true })).expect(200);
    server.get(&of_company).expect(404);
    assert_eq!(
        server.post(ORDERS, json!({ "title": "d", "company": company["id"] })).expect(400).parameter(),
        "company"
    );
}

#[test]
fn a_thousand_kobjects_of_one_customer_are_created_by_32_clients_at_once() {
    let server = with_orders(Server::on_file());
    let customer = server.create(json!({ "name": "Ada" }));
    let path = path_of(&customer);
    let of_customer = format!("{path}/klasses/order");
    let ids: Vec<String> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..32)
            .map(|client| {
                let (server, of_customer) = (&server, &of_customer);
                scope.spawn(move || {
                    let each = if client < 8 { 32 } else { 31 };
                    let create = |number| {
                        let body = json!({ "title": format!("{client}-{number}"), "externalId": format!("{client}-{number}") });
                        server.post(of_customer, body).expect(201).data()["id"].as_str().unwrap().to_owned()
                    };
                    (0..each).map(create).collect::<Vec<_>>()
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (1_000, 1_000));
    let mut listed = BTreeSet::new();
    let mut next = Some(format!("{of_customer}?pageSize=300"));
    while let Some(page) = next {
        let page = server.get(&page).expect(200);
        listed.extend(page.data().as_array().unwrap().iter().map(|kobject| kobject["id"].as_str().unwrap().to_owned()));
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(listed, ids.into_iter().collect());
    let after = server.get(path).expect(200).data()["attributes"].clone();
    assert_eq!((&after["rev"], after["recentItems"].as_array().unwrap().len()), (&json!(1_001), 20));
}

#[test]
fn a_rehearsed_write_stores_nothing_and_a_repeated_one_is_answered_as_before() {
    let server = server();
    let customer = server.create(json!({ "name": "Ada" }));
    let of_customer = format!("{}/klasses/order", path_of(&customer));
    let rehearsed = server.post(&format!("{of_customer}?validateOnly=true"), full_kobject()).expect(201);
    assert_eq!(rehearsed.data()["attributes"]["title"], "Order 1815");
    assert_eq!(titles(&server.get(ORDERS).expect(200)), Vec::<&str>::new());
    assert_eq!(server.get(path_of(&customer)).expect(200).data(), &customer);
    let send = || {
        let request = server.request(Method::POST, &of_customer).bearer_auth(TOKEN).header("Idempotency-Key", "one");
        Answer::of(request.json(&full_kobject()))
    };
    let first = send().expect(201);
    assert_eq!(send().expect(201).data(), first.data());
    assert_eq!(titles(&server.get(ORDERS).expect(200)), ["Order 1815"]);
    let path = path_of(first.data());
    server.delete(&format!("{path}?validateOnly=true")).expect(204);
    server.get(path).expect(200);
}

#[test]
fn the_role_of_a_klass_opens_the_kobjects_of_this_klass_alone() {
    let server = with_orders(Server::on_file());
    server.post("/v1/klasses", json!({ "name": "ticket" })).expect(200);
    let order = server.post(ORDERS, json!({ "title": "a" })).expect(201).data().clone();
    let ticket = server.post("/v1/klasses/ticket", json!({ "title": "b" })).expect(201).data().clone();
    let status = |roles: &[&str], method: Method, path: &str| {
        let token = server.token("demo", roles);
        let body = (method != Method::GET).then(|| json!({ "title": "any" }));
        server.call_as(&token, method, path, body).status
    };
    let of_orders = ["org.permission.kobject.kobject_order.read", "org.permission.kobject.kobject_order.create"];
    assert_eq!(status(&of_orders, Method::GET, path_of(&order)), 200);
    assert_eq!(status(&of_orders, Method::GET, path_of(&ticket)), 403);
    assert_eq!(status(&of_orders, Method::POST, ORDERS), 201);
    assert_eq!(status(&of_orders, Method::POST, "/v1/klasses/ticket"), 403);
    assert_eq!(status(&of_orders, Method::PUT, path_of(&order)), 403);
    for every_klass in
        ["org.permission.kobject.kobject_*.read", "org.permission.kobject.read", "org.user.kobject.read", "org"]
    {
        assert_eq!(status(&[every_klass], Method::GET, path_of(&ticket)), 200, "{every_klass}");
    }
    // What shows records of all klasses shows none to the key of one.
    let feed = server.token("demo", &[of_orders[0], "org.user.event.read"]);
    let events = server.call_as(&feed, Method::GET, "/v1/events", None).expect(200);
    assert!(!events.text.contains("kobject"), "{}", events.text);
    server.call_as(&feed, Method::GET, "/v1/events?filter[objectType]=kobject", None).expect(403);
}

#[test]
fn erasing_a_customer_erases_every_kobject_of_it_and_no_other() {
    let server = with_orders(Server::on_file());
    let (erased, kept) = (server.create(json!({ "name": "Ada" })), server.create(json!({ "name": "Grace" })));
    let of = |customer: &Value| format!("{}/klasses/order", path_of(customer));
    let marked = |mark: &str| {
        json!({
            "title": format!("zqtitle{mark}"), "externalId": format!("zqext{mark}"), "description": format!("zqtext{mark}"),
            "images": [format!("https://zqimage{mark}.example/")], "data": { format!("zqkey{mark}"): format!("zqdata{mark}") },
            "custom": { "noteTxt": format!("zqnote{mark}") },
        })
    };
    let theirs: Vec<Value> =
        (0..70).map(|at| server.post(&of(&erased), marked(&format!("gone{at}"))).expect(201).data().clone()).collect();
    server.put(path_of(&theirs[1]), json!({ "title": "zqtitlegonechanged1" })).expect(200);
    server.delete(path_of(&theirs[2])).expect(204);
    let other = server.post(&of(&kept), marked("kept")).expect(201).data().clone();
    let alone = server.post(ORDERS, marked("alone")).expect(201).data().clone();
    assert!(!place::traces(server.database(), "zqtitlegone").is_empty());

    server.post(&format!("{}/erase", path_of(&erased)), json!({})).expect(204);
    for kobject in &theirs {
        let path = path_of(kobject);
        for (method, path, body) in [
            (Method::GET, path.to_owned(), None),
            (Method::PUT, path.to_owned(), Some(json!({ "title": "back" }))),
            (Method::DELETE, path.to_owned(), None),
            (Method::POST, format!("{path}/restore"), Some(json!({}))),
        ] {
            let gone = server.call(method.clone(), &path, body).expect(404);
            assert!(gone.error()["meta"]["erasedAt"].is_string(), "{method} {path}: {}", gone.text);
        }
    }
    place::rewrite(server.database());
    let left = place::traces(server.database(), "zq").into_iter().filter(|word| word.contains("gone"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(titles(&server.get(ORDERS).expect(200)), ["zqtitlekept", "zqtitlealone"]);
    assert_eq!(server.get(path_of(&other)).expect(200).data(), &other);
    assert_eq!(server.get(path_of(&alone)).expect(200).data(), &alone);
    // Their external ids are free.
    server.post(&of(&kept), json!({ "title": "new", "externalId": "zqextgone0" })).expect(201);
    let events = server.get("/v1/events?pageSize=500").expect(200);
    let erasures = events.data().as_array().unwrap().iter().filter(|event| event["name"] == "kustomer.kobject.erase");
    assert_eq!(erasures.count(), 70);
}

#[test]
fn an_erasure_that_was_stopped_in_the_middle_is_completed_by_asking_again() {
    let server = with_orders(Server::on_file());
    let customer = server.create(json!({ "name": "Ada" }));
    let path = path_of(&customer).to_owned();
    let ask = |server: &Server, method: Method, path: &str| {
        server.request(method, path).bearer_auth(TOKEN).send().map_or(0, |answer| answer.status().as_u16())
    };
    let erasure = format!("{path}/erase");
    let kobjects: Vec<Value> = (0..300)
        .map(|at| {
            let body = json!({ "title": format!("zqtitle{at}"), "data": { "text": "zqdata" } });
            server.post(&format!("{path}/klasses/order"), body).expect(201).data().clone()
        })
        .collect();
    std::thread::scope(|scope| {
        let erase = scope.spawn(|| ask(&server, Method::POST, &erasure));
        // Once the first of them is gone, it is in the middle, or done.
        while ask(&server, Method::GET, path_of(&kobjects[0])) == 200 {
            std::thread::yield_now();
        }
        server.signal("KILL");
        erase.join().unwrap();
    });
    let server = server.kill_and_restart();
    assert!(matches!(ask(&server, Method::POST, &erasure), 204 | 404));
    server.get(&path).expect(404);
    for kobject in &kobjects {
        server.get(path_of(kobject)).expect(404);
    }
    place::rewrite(server.database());
    assert_eq!(place::traces(server.database(), "zqtitle"), Vec::<String>::new());
}
