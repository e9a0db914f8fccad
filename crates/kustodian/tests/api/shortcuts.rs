//! `/v1/shortcuts`, `/v1/shortcuts/{id}`.

use reqwest::Method;
use serde_json::json;

use crate::server::Server;

#[test]
fn a_shortcut_is_made_read_changed_listed_and_deleted() {
    let server = Server::start();
    let body = json!({ "name": "Greeting", "draft": { "text": "Hello" }, "payload": { "text": { "blocks": [] } } });
    let made = server.post("/v1/shortcuts", body).expect(201);
    let (path, id) = (made.data()["links"]["self"].as_str().unwrap(), made.data()["id"].as_str().unwrap());
    assert_eq!((&made.data()["type"], &made.attributes()["isPrivate"]), (&json!("shortcut"), &json!(false)));
    assert_eq!(server.get(path).expect(200).body, made.body);
    let changed = server.put(path, json!({ "isPrivate": true, "draft": null })).expect(200);
    let attributes = changed.attributes();
    assert_eq!((&attributes["name"], &attributes["isPrivate"]), (&json!("Greeting"), &json!(true)));
    assert_eq!((&attributes["draft"], &attributes["payload"]["text"]["blocks"]), (&json!(null), &json!([])));
    assert_eq!(server.get("/v1/shortcuts").expect(200).ids(), [id]);
    server.delete(path).expect(204);
    server.get(path).expect(404);
    server.put(path, json!({ "name": "x" })).expect(404);
    assert_eq!(server.get("/v1/shortcuts").expect(200).data(), &json!([]));
}

#[test]
fn a_shortcut_needs_a_name_and_a_role() {
    let server = Server::on_file();
    assert_eq!(server.post("/v1/shortcuts", json!({})).expect(400).parameter(), "name");
    assert_eq!(server.post("/v1/shortcuts", json!({ "name": "x", "y": 1 })).expect(400).parameter(), "y");
    let reader = server.token("demo", &["org.user.shortcut.read"]);
    server.call_as(&reader, Method::GET, "/v1/shortcuts", None).expect(200);
    server.call_as(&reader, Method::POST, "/v1/shortcuts", Some(json!({ "name": "x" }))).expect(403);
}

#[test]
fn another_org_sees_no_shortcut() {
    let server = Server::on_file();
    server.org("other");
    let other = server.token("other", &["org"]);
    let made = server.post("/v1/shortcuts", json!({ "name": "Greeting" })).expect(201);
    let path = made.data()["links"]["self"].as_str().unwrap();
    assert_eq!(server.call_as(&other, Method::GET, "/v1/shortcuts", None).expect(200).data(), &json!([]));
    server.call_as(&other, Method::GET, path, None).expect(404);
    server.call_as(&other, Method::DELETE, path, None).expect(404);
}
