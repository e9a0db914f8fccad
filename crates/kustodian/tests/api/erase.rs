//! `POST /v1/customers/{id}/erase`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::{self, OldReader};
use crate::server::{Answer, Server, TOKEN, binary};

/// Every value of a body that nobody else would write.
fn values(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::String(text) if text.contains("zq") => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        Value::Object(members) => members.values().for_each(|value| values(value, found)),
        _ => {}
    }
}

/// A customer whose every attribute holds `mark`.
fn marked(mark: &str) -> Value {
    let digits: String = mark.bytes().map(|byte| (byte % 10).to_string()).collect();
    json!({
        "name": format!("zqname{mark}"), "username": format!("zquser{mark}"), "externalId": format!("zqext{mark}"),
        "avatarUrl": format!("https://zqavatar{mark}.example/"),
        "externalIds": [{ "externalId": format!("zqexts{mark}") }],
        "sharedExternalIds": [{ "externalId": format!("zqshared{mark}") }],
        "emails": [{ "email": format!("zqmail{mark}@b.c") }],
        "sharedEmails": [{ "email": format!("zqdesk{mark}@b.c") }],
        "phones": [{ "phone": format!("+1{digits}77") }],
        "socials": [{ "type": "twitter", "username": format!("zqsocial{mark}"), "userid": format!("zqid{mark}") }],
        "facebookIds": [{ "pageId": "p", "userId": format!("zqface{mark}") }],
        "instagramIds": [{ "pageId": "p", "threadId": "t", "username": format!("zqinsta{mark}") }],
        "urls": [{ "url": format!("https://zqurl{mark}.example/") }],
        "locations": [{ "name": format!("zqplace{mark}"), "address": format!("zqstreet{mark} 1") }],
        "custom": { "noteTxt": format!("zqnote{mark}"), "siteUrl": format!("https://zqsite{mark}.example/") },
        "locale": "en_GB",
    })
}

#[test]
fn every_value_of_an_erased_customer_leaves_the_disk() {
    let server = Server::on_file();
    let kept = server.create(marked("kept"));
    let mut erased = Vec::new();
    let body = marked("m0");
    values(&body, &mut erased);
    let customer = server.create(body);
    let path = customer["links"]["self"].as_str().unwrap();
    // From now on its search entries are written with each change.
    server.post("/v1/customers/search", json!({})).expect(200);
    // Enough for older revisions, and for states that are kept whole.
    for number in 1..40 {
        let body = marked(&format!("m{number}"));
        values(&body, &mut erased);
        server.patch(path, body).expect(200);
    }
    let request = server.request(Method::PATCH, path).bearer_auth(TOKEN).header("x-request-id", "zqrequest");
    Answer::of(request.json(&json!({ "name": null }))).expect(200);
    erased.push("zqrequest".to_owned());
    // The file holds them first: the search finds present values.
    let before = place::everything(server.database());
    let found = erased.iter().filter(|value| before.contains(*value)).count();
    assert!(found > erased.len() / 2 && before.contains("zqrequest"), "{found} of {}", erased.len());

    server.post(&format!("{path}/erase"), json!({})).expect(204);
    let after = place::everything(server.database());
    let left: Vec<&String> = erased.iter().filter(|value| after.contains(*value)).collect();
    assert_eq!(left, Vec::<&String>::new());
    let other = server.get(kept["links"]["self"].as_str().unwrap()).expect(200);
    assert_eq!(other.data(), &kept, "nobody else lost anything");
    assert!(after.contains("zqnamekept"));
}

#[test]
fn an_erased_customer_is_gone_for_good_and_every_answer_says_why() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "externalId": "x", "emails": [{ "email": "a@b.c" }] }));
    let path = customer["links"]["self"].as_str().unwrap();
    let erased = server.post(&format!("{path}/erase"), json!({})).expect(204);
    assert_eq!(erased.text, "");
    for (method, path) in [
        (Method::GET, path.to_owned()),
        (Method::GET, format!("{path}?rev=1")),
        (Method::GET, format!("{path}?rev=2")),
        (Method::GET, format!("{path}?asOf=9999-01-01")),
        (Method::GET, format!("{path}/history")),
        (Method::GET, format!("{path}/messages")),
        (Method::PATCH, path.to_owned()),
        (Method::PUT, path.to_owned()),
        (Method::DELETE, path.to_owned()),
        (Method::POST, format!("{path}/restore")),
        (Method::POST, format!("{path}/erase")),
    ] {
        let refused = server.call(method.clone(), &path, Some(json!({}))).expect(404);
        let error = refused.error();
        assert!(error["title"].as_str().unwrap().contains("was erased on"), "{method} {path}: {error}");
        assert!(error["meta"]["erasedAt"].is_string());
    }
    assert_eq!(server.get("/v1/customers").expect(200).data(), &json!([]));
    for path in ["/v1/customers/externalId=x", "/v1/customers/email=a@b.c"] {
        server.get(path).expect(404);
    }
    server.create(json!({ "externalId": "x", "emails": [{ "email": "a@b.c" }] }));
}

#[test]
fn a_deleted_customer_can_be_erased_and_one_that_never_was_cannot() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "emails": [{ "email": "a@b.c" }] }));
    let path = customer["links"]["self"].as_str().unwrap();
    server.delete(path).expect(204);
    // Its address is another's by now, and stays so.
    let other = server.create(json!({ "emails": [{ "email": "a@b.c" }] }));
    server.post(&format!("{path}/erase"), json!({})).expect(204);
    assert_eq!(server.get("/v1/customers/email=a@b.c").expect(200).data()["id"], other["id"]);
    server.post("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3/erase", json!({})).expect(404);
}

#[test]
fn erasing_asks_for_its_role_and_for_the_etag_that_was_sent() {
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let erase = format!("{path}/erase");
    for roles in [&["org.user", "org.permission"][..], &["org.admin.customer"], &["org.administrator"]] {
        let token = server.token("demo", roles);
        server.call_as(&token, Method::POST, &erase, None).expect(403);
    }
    let stale = server.request(Method::POST, &erase).bearer_auth(TOKEN).header("if-match", "W/\"1-9\"");
    assert_eq!(Answer::of(stale).expect(412).parameter(), "If-Match");
    let etag = server.get(path).header("etag").to_owned();
    let admin = server.token("demo", &["org.admin"]);
    let fresh = server.request(Method::POST, &erase).bearer_auth(&admin).header("if-match", etag);
    Answer::of(fresh).expect(204);
}

/// Erases a customer if it has a state.
fn erase_if(server: &Server, token: &str, path: &str, etag: &str) -> reqwest::blocking::RequestBuilder {
    server.request(Method::POST, &format!("{path}/erase")).bearer_auth(token).header("if-match", etag)
}

#[test]
fn an_erasure_that_a_crash_stopped_is_completed_by_the_same_request() {
    let mut server = Server::on_file();
    for round in 0.. {
        assert!(round < 20, "every erasure was complete before the server was killed");
        let customer = server.create(json!({ "name": "Ada", "externalId": format!("a{round}") }));
        let path = customer["links"]["self"].as_str().unwrap();
        for _ in 0..20 {
            server.post(&format!("{path}/conversations"), json!({ "name": "Lamp" })).expect(201);
        }
        let etag = server.get(path).header("etag").to_owned();
        let request = erase_if(&server, TOKEN, path, &etag);
        let stopped = std::thread::spawn(move || request.send().is_err());
        while server.get(path).status == 200 {}
        server = server.kill_and_restart();
        let is_stopped = stopped.join().unwrap();
        if is_stopped && !server.get(path).expect(404).text.contains("was erased on") {
            let stale = erase_if(&server, TOKEN, path, "W/\"1-9\"");
            Answer::of(stale).expect(412);
            Answer::of(erase_if(&server, TOKEN, path, &etag)).expect(204);
            let refused = server.get(path).expect(404);
            assert!(refused.text.contains("was erased on"), "{}", refused.text);
            assert_eq!(server.get("/v1/customers").expect(200).data(), &json!([]));
            break;
        }
    }
}

#[test]
fn a_delete_by_another_user_is_a_change_that_if_match_refuses() {
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let etag = server.get(path).header("etag").to_owned();
    server.call_as(&server.token("demo", &["org.user"]), Method::DELETE, path, None).expect(204);
    Answer::of(erase_if(&server, TOKEN, path, &etag)).expect(412);
    server.post(&format!("{path}/restore"), json!({})).expect(200);
    server.delete(path).expect(204);
    Answer::of(erase_if(&server, TOKEN, path, &etag)).expect(412);
}

#[test]
fn an_erased_customer_leaves_the_past_of_the_customer_that_a_conversation_was_moved_from() {
    let server = Server::start();
    let [from, to] = ["from", "to"].map(|name| server.create(json!({ "externalId": name }))["id"].clone());
    let [from_path, to_path] = [&from, &to].map(|id| format!("/v1/customers/{}", id.as_str().unwrap()));
    let message = json!({ "channel": "sms", "app": "x", "direction": "in", "preview": "zqsaid by another" });
    let message = server.post(&format!("{from_path}/messages"), message).expect(201);
    let conversation = message.data()["relationships"]["conversation"]["links"]["self"].as_str().unwrap().to_owned();
    server.patch(&conversation, json!({ "customer": to })).expect(200);
    server.post(&format!("{to_path}/erase"), json!({})).expect(204);
    for path in [from_path.clone(), format!("{from_path}/history"), "/v1/events?last=100".to_owned()] {
        let shown = server.get(&path).expect(200);
        assert!(!shown.text.contains("zqsaid"), "{path}: {}", shown.text);
    }
    assert_eq!(server.get(&from_path).expect(200).attributes()["externalId"], "from");
}

#[test]
fn the_feed_and_the_audit_log_keep_what_happened_and_none_of_the_values() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "zqname", "emails": [{ "email": "zq@b.c" }] }));
    let path = customer["links"]["self"].as_str().unwrap();
    server.patch(path, json!({ "name": "zqother" })).expect(200);
    server.post(&format!("{path}/erase"), json!({})).expect(204);
    let events = crate::events::first(&server, 4);
    let names: Vec<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
    let verbs = ["create", "update", "delete", "erase"];
    assert_eq!(names, verbs.map(|verb| format!("kustomer.customer.{verb}")));
    for event in &events[..3] {
        assert!(event["data"].is_null() && event["changes"].is_null(), "{event}");
    }
    assert_eq!(events[3]["data"]["attributes"]["deleted"], true);
    assert!(events[3]["data"]["attributes"]["erasedAt"].is_string());
    let log = server.get("/v1/audit-logs?filter[objectType]=customer").expect(200);
    assert_eq!(log.data().as_array().unwrap().len(), 4);
    for text in [json!(events).to_string(), log.text] {
        assert!(!text.contains("zq"), "{text}");
    }
}

/// The metric of values that are still to be taken off the disk.
fn is_scrub_pending(server: &Server) -> bool {
    let metrics = server.request(Method::GET, "/metrics").send().unwrap().text().unwrap();
    let told = metrics.lines().find_map(|line| line.strip_prefix("kustodian_scrub_pending ")).unwrap();
    told == "1"
}

pub(crate) fn wait_for(what: &str, done: impl Fn() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("never came: {what}");
}

/// The line of `kustodian check` about it. It is no finding.
fn is_reported_by_check(server: &Server) -> bool {
    let output = binary().args(["check", "--output", "json", "--database", server.database()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["scrubPending"].as_bool().unwrap()
}

/// A customer with a former value.
fn with_a_past(server: &Server, value: &str) -> String {
    let customer = server.create(json!({ "name": value }));
    let path = customer["links"]["self"].as_str().unwrap();
    server.patch(path, json!({ "name": "another" })).expect(200);
    assert!(place::everything(server.database()).contains(value), "the file holds it, for the search to find");
    path.to_owned()
}

#[test]
fn values_that_a_reader_keeps_on_the_disk_are_swept_after_it_also_by_the_next_server() {
    let server = Server::on_file();
    let path = with_a_past(&server, "zqkeptzq");
    assert!(!is_reported_by_check(&server));
    let reader = OldReader::of(server.database());
    server.post(&format!("{path}/erase"), json!({})).expect(204);
    assert!(is_scrub_pending(&server) && is_reported_by_check(&server));
    let ready = server.request(Method::GET, "/readyz").send().unwrap();
    assert_eq!(ready.status(), 200, "the server stays ready");
    server.create(json!({ "name": "written meanwhile" }));

    let server = server.kill_and_restart();
    wait_for("the next server to know", || is_scrub_pending(&server));
    assert_eq!(reader.read(), 1, "it still reads the former state");
    drop(reader);
    wait_for("the sweep", || !is_scrub_pending(&server));
    assert!(!is_reported_by_check(&server));
    assert!(!place::everything(server.database()).contains("zqkeptzq"));
    server.get(&path).expect(404);
}

#[test]
fn a_repeated_erasure_sweeps_the_disk_at_once() {
    let server = Server::on_file();
    let path = with_a_past(&server, "zqagainzq");
    let erase = || {
        let request = server.request(Method::POST, &format!("{path}/erase")).bearer_auth(TOKEN);
        Answer::of(request.header("idempotency-key", "the-one")).expect(204)
    };
    let reader = OldReader::of(server.database());
    assert_eq!(erase().header("idempotent-replayed"), "");
    assert!(is_scrub_pending(&server));
    drop(reader);
    assert_eq!(erase().header("idempotent-replayed"), "true");
    assert!(!is_scrub_pending(&server) && !is_reported_by_check(&server));
    assert!(!place::everything(server.database()).contains("zqagainzq"));
}
