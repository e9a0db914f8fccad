//! `PATCH` and `PUT /v1/customers/{id}`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

fn path_of(customer: &Value) -> String {
    customer["links"]["self"].as_str().unwrap().to_owned()
}

#[test]
fn a_patch_changes_the_attributes_sent_and_keeps_the_rest() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "locale": "en", "custom": { "aStr": "a", "bNum": 1 } }));
    let answer = server.patch(&path_of(&customer), json!({ "name": null, "custom": { "bNum": 2 } })).expect(200);
    let (was, is) = (&customer["attributes"], answer.attributes());
    assert!(is["name"].is_null());
    assert_eq!((&is["locale"], &is["custom"]), (&json!("en"), &json!({ "aStr": "a", "bNum": 2 })));
    assert_eq!((&is["rev"], &is["createdAt"]), (&json!(2), &was["createdAt"]));
    assert!(is["updatedAt"].as_str() >= was["updatedAt"].as_str());
    assert_eq!((&is["updatedAt"], &is["updatedAt"]), (&is["modifiedAt"], &is["lastActivityAt"]));
    assert_eq!(server.get(&path_of(&customer)).text, answer.text);
}

#[test]
fn a_put_is_a_patch_unless_it_asks_to_replace() {
    let server = Server::start();
    let customer = server
        .create(json!({ "name": "Ada", "locale": "en", "custom": { "aStr": "a" }, "emails": [{ "email": "a@b.c" }] }));
    let path = path_of(&customer);
    for query in ["", "?replace=false"] {
        let kept = server.put(&format!("{path}{query}"), json!({ "username": "ada" })).expect(200);
        assert_eq!((&kept.attributes()["name"], &kept.attributes()["username"]), (&json!("Ada"), &json!("ada")));
    }
    let replaced = server.put(&format!("{path}?replace=true"), json!({ "locale": "de" })).expect(200);
    let attributes = replaced.attributes();
    for dropped in ["name", "username", "custom"] {
        assert!(attributes.get(dropped).is_none(), "{dropped}");
    }
    assert_eq!(
        (&attributes["emails"], &attributes["locale"], &attributes["rev"]),
        (&json!([]), &json!("de"), &json!(4))
    );
    server.get("/v1/customers/email=a@b.c").expect(404);
    assert_eq!(server.put(&format!("{path}?replace=maybe"), json!({})).expect(400).parameter(), "replace");
}

#[test]
fn an_absent_company_is_kept_and_null_unlinks() {
    let server = Server::start();
    let company = server.post("/v1/companies", json!({ "name": "Acme" })).expect(201).data()["id"].clone();
    let path = path_of(&server.create(json!({ "company": company })));
    let linked = |answer: Answer| answer.expect(200).data()["relationships"]["company"]["data"]["id"].clone();
    assert_eq!(linked(server.patch(&path, json!({ "name": "a" }))), company);
    assert_eq!(linked(server.put(&path, json!({ "name": "b" }))), company);
    assert_eq!(linked(server.patch(&path, json!({ "company": null }))), Value::Null);

    let server = Server::start_with(&["--omitted-company", "unlink", "--unknown-companies", "keep"]);
    let path = path_of(&server.create(json!({ "company": company })));
    assert_eq!(linked(server.patch(&path, json!({ "name": "a" }))), Value::Null);
}

#[test]
fn identities_given_up_are_free_and_identities_taken_are_held() {
    let server = Server::start();
    let first = server.create(json!({ "emails": [{ "email": "a@b.c" }, { "email": "b@b.c" }] }));
    server.patch(&path_of(&first), json!({ "emails": [{ "email": "b@b.c" }] })).expect(200);
    let second = server.create(json!({ "emails": [{ "email": "a@b.c" }] }));
    let refused = server.patch(&path_of(&first), json!({ "emails": [{ "email": "b@b.c" }, { "email": "a@b.c" }] }));
    assert_eq!(refused.expect(409).parameter(), "emails");
    assert_eq!(server.get("/v1/customers/email=a@b.c").data()["id"], second["id"]);
    assert_eq!(server.get(&path_of(&first)).attributes()["rev"], 2, "the refused change left nothing");
}

#[test]
fn rev_in_the_body_is_a_lock() {
    let server = Server::start();
    let path = path_of(&server.create(json!({})));
    server.patch(&path, json!({ "name": "a", "rev": 1 })).expect(200);
    let stale = server.patch(&path, json!({ "name": "b", "rev": 1 })).expect(409);
    assert_eq!((stale.parameter(), &stale.error()["code"]), ("rev", &json!("conflict")));
    for no_revision in [json!(-5), json!(1.5), json!(1e30)] {
        let refused = server.patch(&path, json!({ "name": "b", "rev": no_revision })).expect(400);
        assert_eq!(refused.parameter(), "rev");
    }
    assert_eq!(server.get(&path).attributes()["name"], "a");
}

#[test]
fn if_match_is_a_lock_on_updates_and_deletes() {
    let server = Server::start();
    let path = path_of(&server.create(json!({})));
    let etag = server.get(&path).header("etag").to_owned();
    let send = |method: Method, etag: &str| {
        let request = server.request(method, &path).bearer_auth(TOKEN).header("if-match", etag);
        Answer::of(request.json(&json!({ "name": "a" })))
    };
    send(Method::PATCH, &etag).expect(200);
    assert_eq!(send(Method::PATCH, &etag).expect(412).error()["code"], "preconditionfailed");
    send(Method::DELETE, &etag).expect(412);
    send(Method::PUT, "*").expect(200);
    let etag = server.get(&path).header("etag").to_owned();
    send(Method::DELETE, &etag).expect(204);
}

#[test]
fn forty_patches_at_once_are_forty_revisions() {
    let server = Server::start();
    let path = path_of(&server.create(json!({})));
    let mut revisions: Vec<u64> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..40)
            .map(|number| {
                let (server, path) = (&server, &path);
                scope.spawn(move || {
                    let answer = server.patch(path, json!({ "custom": { format!("from{number}Num"): number } }));
                    answer.expect(200).attributes()["rev"].as_u64().unwrap()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=41).collect::<Vec<_>>());
    let custom = server.get(&path).attributes()["custom"].clone();
    assert_eq!(custom.as_object().unwrap().len(), 40, "nobody's change was lost");
}

#[test]
fn a_missing_record_or_a_wrong_value_is_refused() {
    let server = Server::start();
    for path in ["/v1/customers/5c7d1a1f9a1b2c0010a1b2c3", "/v1/customers/x"] {
        assert_eq!(server.patch(path, json!({})).expect(404).parameter(), "id");
        assert_eq!(server.put(path, json!({})).expect(404).parameter(), "id");
    }
    let path = path_of(&server.create(json!({})));
    assert_eq!(server.patch(&path, json!({ "id": "x" })).expect(400).parameter(), "id");
    assert_eq!(server.patch(&path, json!({ "createdAt": null })).expect(400).parameter(), "createdAt");
}

#[test]
fn a_post_may_stand_for_another_method() {
    let server = Server::start();
    let path = path_of(&server.create(json!({})));
    let post = |method: &str| {
        let request = server.request(Method::POST, &path).bearer_auth(TOKEN).header("x-http-method-override", method);
        Answer::of(request.json(&json!({ "name": "a" })))
    };
    assert_eq!(post("patch").expect(200).attributes()["name"], "a");
    assert_eq!(post("TRACE").expect(400).parameter(), "X-HTTP-Method-Override");
    post("DELETE").expect(204);
    server.get(&path).expect(404);
}
