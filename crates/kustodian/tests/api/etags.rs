//! `ETag`, `If-None-Match`, `If-Match` and `Vary`: a tag names one state of one thing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::backup::goes_well;
use crate::events;
use crate::server::{Answer, Server, TOKEN};

fn revalidate(server: &Server, path: &str, etag: &str) -> Answer {
    Answer::of(server.request(Method::GET, path).bearer_auth(TOKEN).header("if-none-match", etag))
}

fn send_if(server: &Server, method: Method, path: &str, etag: &str, body: &Value) -> Answer {
    Answer::of(server.request(method, path).bearer_auth(TOKEN).header("if-match", etag).json(body))
}

#[test]
fn a_lookup_never_takes_one_person_for_another() {
    let server = Server::start();
    let holder = json!({ "name": "Ada", "emails": [{ "email": "desk@acme.example" }] });
    let lookup = "/v1/customers/email=desk@acme.example";
    // Documents of one length and one revision come up in a quarter of all cases, by the colour and the icon.
    for _ in 0..60 {
        let former = server.create(holder.clone());
        let etag = server.get(lookup).expect(200).header("etag").to_owned();
        server.delete(former["links"]["self"].as_str().unwrap()).expect(204);
        let present = server.create(holder.clone());
        let read = revalidate(&server, lookup, &etag).expect(200);
        assert_eq!(read.data()["id"], present["id"]);
        let path = present["links"]["self"].as_str().unwrap();
        send_if(&server, Method::PATCH, path, &etag, &json!({ "name": "Eve" })).expect(412);
        server.delete(path).expect(204);
    }
}

#[test]
fn every_answer_with_a_body_has_the_tag_of_its_bytes() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "tags": ["vip"] }));
    let path = customer["links"]["self"].as_str().unwrap();
    let written = server.post("/v1/customers/search", json!({})).expect(200);
    let refused = server.post("/v1/customers", json!({ "name": 7 })).expect(400);
    let gets: Vec<Answer> = [
        path,
        "/v1/customers",
        "/v1/customers?cursor=*",
        &format!("{path}/history"),
        &format!("{path}?rev=1"),
        &format!("/v1/customers/{}", ["5c7d1a1f9a1b2c0010a1b2c3", customer["id"].as_str().unwrap()].join(",")),
        "/v1/users",
        "/v1/users/current",
        "/v1/tags",
        "/v1/orgs/current",
        "/v1/auth/roles",
        "/v1/events",
        "/v1/audit-logs",
        "/v1/customers/externalId=nobody",
        "/v1/nothing",
        "/v1/brands",
    ]
    .iter()
    .map(|path| {
        let answer = server.get(path);
        let etag = answer.header("etag").to_owned();
        let again = revalidate(&server, path, &etag);
        if answer.status == 200 {
            assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", etag.as_str()), "{path}");
            assert_eq!(again.header("vary"), answer.header("vary"), "{path}");
        } else {
            assert_eq!(again.status, answer.status, "{path}: only a success is spared");
        }
        assert_eq!(answer.header("vary"), "Accept-Encoding, Authorization, Cookie", "{path}");
        answer
    })
    .collect();
    for answer in gets.iter().chain([&written, &refused]) {
        let etag = answer.header("etag");
        let (length, hash) = etag.strip_prefix("W/\"").and_then(|tag| tag.strip_suffix('"')?.split_once('-')).unwrap();
        // The tag of a resource is its document's, which lies in `{"data":…}`.
        let around = if answer.body["data"].is_object() { r#"{"data":}"#.len() } else { 0 };
        assert_eq!(usize::from_str_radix(length, 16), Ok(answer.text.len() - around), "{etag}: {}", answer.text);
        assert_eq!(hash.len(), 22, "{etag}");
    }
    let vary = written.header("vary");
    assert!(vary.contains("Accept-Encoding") && vary.contains("X-HTTP-Method-Override"), "{vary}");
}

#[test]
fn a_list_that_changed_is_read_again() {
    let server = Server::start();
    let ada = server.create(json!({ "name": "a" }));
    let path = ada["links"]["self"].as_str().unwrap();
    let history = format!("{path}/history");
    // Names of one length, so that the lists of customers keep theirs.
    let lists = [("/v1/customers", "b"), ("/v1/customers?cursor=*", "c"), ("/v1/events", "d"), (history.as_str(), "e")];
    for (changes, (list, name)) in lists.into_iter().enumerate() {
        // What happened before is in the feed: nothing but the next change changes the list.
        events::first(&server, 1 + changes);
        let etag = server.get(list).expect(200).header("etag").to_owned();
        revalidate(&server, list, &etag).expect(304);
        server.patch(path, json!({ "name": name })).expect(200);
        // The feed shows an event a moment after it happened.
        let changed = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(25));
            revalidate(&server, list, &etag).status == 200
        });
        assert!(changed, "{list}");
    }
}

#[test]
fn a_restored_backup_matches_no_tag_of_a_state_it_does_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let (backup, restored) = (folder.path().join("backup"), folder.path().join("restored.db"));
    let (backup, restored) = (backup.display().to_string(), format!("sqlite:{}", restored.display()));
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "one" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let before = server.get(path).expect(200).header("etag").to_owned();
    goes_well(&["backup", &backup, "--database", server.database()]);
    // Two states with the length and the revision of one another.
    let lost = server.patch(path, json!({ "name": "two" })).expect(200).header("etag").to_owned();

    goes_well(&["restore", &backup, "--database", &restored]);
    let server = Server::at(&restored, &[]);
    revalidate(&server, path, &before).expect(304);
    let other = server.patch(path, json!({ "name": "six" })).expect(200);
    assert_eq!(other.attributes()["rev"], 2);
    assert_eq!(revalidate(&server, path, &lost).expect(200).attributes()["name"], "six");
    send_if(&server, Method::PATCH, path, &lost, &json!({ "name": "ten" })).expect(412);
    send_if(&server, Method::PATCH, path, other.header("etag"), &json!({ "name": "ten" })).expect(200);
}

#[test]
fn a_restore_is_done_only_to_the_state_that_if_match_names() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let live = server.get(path).expect(200).header("etag").to_owned();
    let deleted = server.delete(path).expect(204).header("etag").to_owned();
    let restore = format!("{path}/restore");
    let refused = send_if(&server, Method::POST, &restore, &live, &json!({})).expect(412);
    assert_eq!(refused.parameter(), "If-Match");
    server.get(path).expect(404);
    send_if(&server, Method::POST, &restore, &deleted, &json!({})).expect(200);
    // It is live, and no longer in the named state.
    send_if(&server, Method::POST, &restore, &deleted, &json!({})).expect(412);
    send_if(&server, Method::POST, &restore, "*", &json!({})).expect(200);
    assert_eq!(server.get(path).expect(200).attributes()["rev"], 3);
}

#[test]
fn a_create_meets_no_condition_that_names_a_state() {
    let server = Server::start();
    let etag = server.get("/v1/customers").expect(200).header("etag").to_owned();
    for path in ["/v1/customers", "/v1/teams", "/v1/shortcuts"] {
        let body = json!({ "name": "Ada" });
        for condition in [etag.as_str(), r#""any""#, r#"W/"1-1", W/"2-2""#] {
            let refused = send_if(&server, Method::POST, path, condition, &body).expect(412);
            assert_eq!(refused.parameter(), "If-Match", "{path} {condition}");
        }
        assert_eq!(server.get(path).expect(200).data(), &json!([]), "{path}");
        send_if(&server, Method::POST, path, "*", &body).expect(201);
    }
}
