//! `GET /v1/customers/{id}`, `/email=…`, `/phone=…`, `/externalId=…`.

use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, Server, TOKEN};

#[test]
fn a_customer_is_found_by_whatever_it_holds_raw_or_encoded() {
    let server = Server::start();
    let customer = server.create(json!({
        "externalId": "a/b c+d", "externalIds": [{ "externalId": "second" }],
        "emails": [{ "email": "Ada+x@acme.example" }], "phones": [{ "phone": "+18005551212" }],
    }));
    for path in [
        "email=ada+x@acme.example",
        "email=ada%2Bx%40acme.example",
        "email=ADA+X@ACME.EXAMPLE",
        "phone=+18005551212",
        "phone=%2B18005551212",
        "phone=18005551212",
        "phone=(800)%20555-1212/",
        "externalId=a%2Fb%20c+d",
        "externalId=a%2Fb%20c%2Bd",
        "externalId=second",
    ] {
        let answer = server.get(&format!("/v1/customers/{path}"));
        // Without its country code a number is another number.
        if path.starts_with("phone=(") {
            answer.expect(404);
        } else {
            assert_eq!(answer.expect(200).data()["id"], customer["id"], "{path}");
        }
    }
}

#[test]
fn what_nobody_holds_is_a_404_in_the_recorded_words() {
    let server = Server::start();
    server.create(json!({ "sharedEmails": [{ "email": "shared@acme.example" }] }));
    let recorded = |parameter: &str| json!({ "status": 404, "source": { "parameter": parameter }, "code": "notfound", "title": "Not Found" });
    for (path, parameter) in [
        ("externalId=9999", "externalId"),
        ("email=nobody@acme.example", "email"),
        ("email=shared@acme.example", "email"),
        ("phone=5550000", "phone"),
        ("5c7d1a1f9a1b2c0010a1b2c3", "id"),
        ("not-an-id", "id"),
    ] {
        let answer = server.get(&format!("/v1/customers/{path}")).expect(404);
        for (member, value) in recorded(parameter).as_object().unwrap() {
            assert_eq!(&answer.error()[member], value, "{path}: {member}");
        }
    }
}

#[test]
fn a_client_that_has_the_state_already_gets_304() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "externalId": "x" }));
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    let etag = server.get(&path).header("etag").to_owned();
    let read = |path: &str, header: &str| {
        Answer::of(server.request(Method::GET, path).bearer_auth(TOKEN).header("if-none-match", header))
    };
    for header in [etag.as_str(), "*", &format!("\"x\", {etag}"), etag.trim_start_matches("W/")] {
        let answer = read(&path, header).expect(304);
        assert_eq!((answer.header("etag"), answer.text.as_str()), (etag.as_str(), ""));
    }
    read("/v1/customers/externalId=x", &etag).expect(304);
    read(&path, "W/\"other\"").expect(200);
    server.patch(&path, json!({ "name": "Grace" })).expect(200);
    assert_ne!(read(&path, &etag).expect(200).header("etag"), etag);
}

#[test]
fn a_head_request_has_the_headers_and_no_body() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    let answer = server.call(Method::HEAD, &path, None).expect(200);
    assert_eq!((answer.text.as_str(), answer.header("etag").is_empty()), ("", false));
}
