//! Klasses: names, statuses, and their meaning for kobjects.

use serde_json::{Value, json};

use crate::server::{Answer, Server};

const PATH: &str = "/v1/klasses";

fn names(answer: &Answer) -> Vec<&str> {
    answer.data().as_array().unwrap().iter().map(|klass| klass["attributes"]["name"].as_str().unwrap()).collect()
}

#[test]
fn a_klass_is_read_by_id_and_by_name_in_the_singular_and_the_plural() {
    let server = Server::start();
    let body = json!({
        "name": "order", "displayName": "Order", "icon": "shopping", "color": "red", "mixins": ["commentable"],
        "klassSchema": "task", "jsonSchema": { "type": "object", "required": ["lines"] },
    });
    let klass = server.post(PATH, body.clone()).expect(200).data().clone();
    let by_id = format!("{PATH}/{}", klass["id"].as_str().unwrap());
    assert_eq!((&klass["type"], &klass["links"]["self"]), (&json!("klass"), &json!(by_id)));
    assert_eq!(klass["relationships"]["kobjects"]["links"]["self"], "/v1/klasses/orders");
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&klass["attributes"][name], value, "{name}");
    }
    assert_eq!(klass["attributes"]["status"], "enabled");
    for path in [by_id.as_str(), "/v1/klasses/name=order", "/v1/klasses/name=orders", "/v1/klasses/name=Orders"] {
        assert_eq!(server.get(path).expect(200).data(), &klass, "{path}");
    }
    // The name alone lists the kobjects.
    assert_eq!(server.get("/v1/klasses/orders").expect(200).data(), &json!([]));
    server.get("/v1/klasses/name=tickets").expect(404);
    server.get("/v1/klasses/tickets").expect(404);
    server.get("/v1/klasses/5c7d1a1f9a1b2c0010a1b2c3").expect(404);

    for (path, color) in [(by_id.as_str(), "blue"), ("/v1/klasses/order", "teal"), ("/v1/klasses/orders", "pink")] {
        let changed = server.put(path, json!({ "color": color })).expect(200);
        assert_eq!(changed.data()["attributes"]["color"], color);
        assert_eq!(changed.data()["attributes"]["icon"], "shopping", "attributes not sent are kept");
    }
    assert_eq!(server.put(&by_id, json!({ "name": "ticket" })).expect(400).parameter(), "name");
    server.delete("/v1/klasses/orders").expect(204);
    server.get(&by_id).expect(404);
    server.post(PATH, json!({ "name": "order" })).expect(200);
}

#[test]
fn a_name_is_unique_in_both_its_forms() {
    let server = Server::start();
    let klass = server.post(PATH, json!({ "name": "order" })).expect(200).data()["id"].clone();
    for taken in ["order", "orders", "Order"] {
        let refused = server.post(PATH, json!({ "name": taken })).expect(409);
        assert_eq!((refused.parameter(), &refused.error()["meta"]["klass"]), ("name", &klass), "{taken}");
    }
    for name in ["ecomm-order", "delivery", "shopify-orders", "5f_x"] {
        assert_eq!(server.post(PATH, json!({ "name": name })).expect(200).data()["attributes"]["displayName"], name);
    }
    server.get("/v1/klasses/deliveries").expect(200);
    for wrong in
        [json!(""), json!("my order"), json!("a/b"), json!("a.b"), json!("é"), json!("5c7d1a1f9a1b2c0010a1b2c3")]
    {
        assert_eq!(server.post(PATH, json!({ "name": wrong })).expect(400).parameter(), "name", "{wrong}");
    }
    assert_eq!(server.post(PATH, json!({})).expect(400).parameter(), "name");
}

#[test]
fn lists_hold_the_klasses_of_a_status_enabled_ones_by_default() {
    let server = Server::start();
    for (name, status) in [("a", "enabled"), ("b", "existing_only"), ("c", "disabled"), ("d", "enabled")] {
        server.post(PATH, json!({ "name": name, "status": status })).expect(200);
    }
    for (query, expected) in [
        ("", vec!["a", "d"]),
        ("?status=enabled", vec!["a", "d"]),
        ("?status=existing_only", vec!["b"]),
        ("?status=disabled", vec!["c"]),
    ] {
        assert_eq!(names(&server.get(&format!("{PATH}{query}")).expect(200)), expected, "{query}");
    }
    assert_eq!(server.get(&format!("{PATH}?status=gone")).expect(400).parameter(), "status");
    let first = server.get(&format!("{PATH}?pageSize=1&status=enabled")).expect(200);
    let next = first.body["links"]["next"].as_str().unwrap();
    assert_eq!(names(&server.get(next).expect(200)), ["d"]);
}

#[test]
fn a_klass_with_kobjects_is_not_deleted_and_its_status_says_what_may_be_done_with_them() {
    let server = Server::start();
    server.post(PATH, json!({ "name": "order" })).expect(200);
    let kobject = server.post("/v1/klasses/order", json!({ "title": "one" })).expect(201).data().clone();
    let path = kobject["links"]["self"].as_str().unwrap();
    let refused = server.delete("/v1/klasses/order").expect(409);
    assert!(refused.error()["title"].as_str().unwrap().contains("has kobjects"), "{}", refused.text);
    server.call(reqwest::Method::DELETE, "/v1/klasses/order?validateOnly=true", None).expect(409);

    server.put("/v1/klasses/order", json!({ "status": "existing_only" })).expect(200);
    server.post("/v1/klasses/order", json!({ "title": "two" })).expect(409);
    server.put(path, json!({ "title": "changed" })).expect(200);

    server.put("/v1/klasses/order", json!({ "status": "disabled" })).expect(200);
    server.post("/v1/klasses/order", json!({ "title": "two" })).expect(409);
    server.put(path, json!({ "title": "again" })).expect(409);
    server.delete(path).expect(409);
    assert_eq!(server.get(path).expect(200).data()["attributes"]["title"], "changed");

    server.put("/v1/klasses/order", json!({ "status": "enabled" })).expect(200);
    server.delete(path).expect(204);
    server.delete("/v1/klasses/order").expect(204);
    server.post("/v1/klasses/order", json!({ "title": "three" })).expect(404);
}

#[test]
fn no_kobject_outlives_a_klass_that_is_deleted_while_others_create() {
    let server = Server::on_file();
    for round in 0..6 {
        let name = format!("round{round}");
        server.post(PATH, json!({ "name": name })).expect(200);
        let path = format!("{PATH}/{name}");
        let (created, deleted) = std::thread::scope(|scope| {
            let create = scope.spawn(|| server.post(&path, json!({ "title": "any" })).status);
            let delete = scope.spawn(|| server.delete(&path).status);
            (create.join().unwrap(), delete.join().unwrap())
        });
        assert!(matches!((created, deleted), (201, 409) | (404, 204)), "{created} and {deleted}");
    }
}

#[test]
fn tasks_have_the_attributes_of_tasks() {
    let server = Server::start();
    server.post(PATH, json!({ "name": "todo", "klassSchema": "task" })).expect(200);
    server.post(PATH, json!({ "name": "parcel", "mixins": ["assignable"] })).expect(200);
    let task =
        server.post("/v1/klasses/todo", json!({ "title": "call back" })).expect(201).data()["attributes"].clone();
    assert_eq!((&task["status"], &task["doneCount"], &task["reopenCount"]), (&json!("open"), &json!(0), &json!(0)));
    for (name, value) in [("queue", Value::Null), ("assignedUser", Value::Null), ("firstDone", json!({}))] {
        assert_eq!(task.get(name), Some(&value), "{name}");
    }
    let parcel = server.post("/v1/klasses/parcel", json!({ "title": "box" })).expect(201).data()["attributes"].clone();
    assert_eq!((parcel.get("assignedUser"), parcel.get("status")), (Some(&Value::Null), None));
}
