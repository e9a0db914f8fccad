//! Windows in which a user sees the sensitive values of one customer.

use kustomer_api::metadata::MASK;
use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::server::{Answer, Server};

fn hide(server: &Server, name: &str) {
    let said = json!({ "secretStr": { "sensitive": { "enabled": true } } });
    server.put(&format!("/v1/metadata/{name}"), json!({ "properties": said })).expect(200);
}

fn secret(record: &Value) -> &Value {
    &record["attributes"]["custom"]["secretStr"]
}

#[test]
fn a_window_shows_one_user_the_sensitive_values_of_one_customer_until_it_is_closed() {
    let server = Server::on_file();
    let beside = server.beside();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    ["customer", "conversation", "message", "kobject.order"].iter().for_each(|name| hide(&server, name));
    // Notes have no custom attributes.
    let words = json!({ "standardProperties": { "body": { "sensitive": { "enabled": true } } } });
    server.put("/v1/metadata/note", words).expect(200);
    let roles =
        ["customer", "conversation", "message", "note", "kobject", "search"].map(|kind| format!("org.user.{kind}"));
    let roles = roles.each_ref().map(String::as_str);
    let (agent, colleague) = (server.token("demo", &roles), server.token("demo", &roles));
    let custom = json!({ "secretStr": "zqhidden" });
    let make = |path: &str, mut body: Value| {
        body["custom"] = custom.clone();
        server.post(path, body).expect(201).data().clone()
    };
    let belongings = || {
        let customer = make("/v1/customers", json!({}));
        let path = customer["links"]["self"].as_str().unwrap().to_owned();
        let conversation = make(&format!("{path}/conversations"), json!({}));
        let of = conversation["links"]["self"].as_str().unwrap().to_owned();
        make(&format!("{of}/messages"), json!({ "channel": "chat", "app": "web", "direction": "in" }));
        make(&format!("{path}/klasses/order"), json!({ "title": "any" }));
        server.post(&format!("{of}/notes"), json!({ "body": "zqhidden" })).expect(201);
        let lists = ["conversations", "messages", "klasses/order"].map(|list| format!("{path}/{list}"));
        (path, of, lists)
    };
    let (path, conversation, lists) = belongings();
    let (other, _, _) = belongings();
    let ask = |server: &Server, key: &str, path: &str| server.call_as(key, Method::GET, path, None).expect(200);
    let sees = |server: &Server, key: &str| -> Vec<Value> {
        let mut seen: Vec<Value> =
            [&path, &conversation].map(|path| secret(ask(server, key, path).data()).clone()).into();
        for list in &lists {
            seen.push(secret(&ask(server, key, list).data()[0]).clone());
        }
        let notes = ask(server, key, &format!("{conversation}/notes"));
        let note = ask(server, key, notes.data()[0]["links"]["self"].as_str().unwrap());
        assert_eq!(note.attributes()["body"], notes.data()[0]["attributes"]["body"]);
        seen.push(note.attributes()["body"].clone());
        seen
    };
    let (masked, shown) = (vec![json!(MASK); 6], vec![json!("zqhidden"); 6]);
    assert_eq!(sees(&server, &agent), masked);

    let window = format!("{path}/unmasking-windows");
    let opened = server.call_as(&agent, Method::POST, &window, None).expect(201);
    assert_eq!(secret(opened.data()), "zqhidden");
    let said = &opened.attributes()["unmaskingWindow"];
    let me = server.call_as(&agent, Method::GET, "/v1/users/current", None);
    assert_eq!(said["requestedBy"], me.data()["id"], "{said}");
    let hours = |name: &str| said[name].as_str().unwrap().parse::<kustomer_api::Timestamp>().unwrap().as_millis();
    assert_eq!(hours("endDate") - hours("startDate"), 8 * 60 * 60 * 1_000);
    assert_eq!(sees(&server, &agent), shown);
    wait_for("the window beside", || sees(&beside, &agent) == shown);
    // Of this customer alone, and for this user alone.
    let all = ask(&server, &agent, "/v1/customers?sort=createdAt");
    let secrets: Vec<&Value> = all.data().as_array().unwrap().iter().map(secret).collect();
    assert_eq!(secrets, [&json!("zqhidden"), &json!(MASK)]);
    assert_eq!(secret(ask(&server, &agent, &other).data()), MASK);
    assert_eq!(sees(&server, &colleague), masked);
    let searched = server.call_as(
        &agent,
        Method::POST,
        "/v1/customers/search",
        Some(json!({ "queryContext": "customer", "and": [] })),
    );
    assert!(searched.status == 200 && searched.text.matches("zqhidden").count() == 1, "{}", searched.text);
    let log = server.get("/v1/audit-logs?filter[objectType]=customer").expect(200);
    assert!(log.text.contains("unmaskingWindow"), "{}", log.text);

    // It survives a restart; another user's replaces it, and any user with the role can close one.
    let server = server.kill_and_restart();
    assert_eq!(sees(&server, &agent), shown);
    server.call_as(&colleague, Method::POST, &window, None).expect(201);
    assert_eq!((sees(&server, &agent), sees(&server, &colleague)), (masked.clone(), shown.clone()));
    server.call_as(&agent, Method::DELETE, &window, None).expect(204);
    assert_eq!(sees(&server, &colleague), masked);
    assert_eq!(server.get(&path).expect(200).attributes().get("unmaskingWindow"), None);
    // Closing a closed window changes nothing, and a rehearsal opens nothing.
    let rev = server.get(&path).expect(200).attributes()["rev"].clone();
    server.call_as(&agent, Method::DELETE, &window, None).expect(204);
    server.call_as(&agent, Method::POST, &format!("{window}?validateOnly=true"), None).expect(201);
    assert_eq!(server.get(&path).expect(200).attributes()["rev"], rev);
    assert_eq!(sees(&server, &agent), masked);
    // The contract sends its body, which says nothing, as plain text.
    let plain =
        server.request(Method::POST, &window).bearer_auth(&agent).header("content-type", "text/plain").body("any");
    Answer::of(plain).expect(201);
}
