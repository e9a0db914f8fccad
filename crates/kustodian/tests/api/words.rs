//! The words of refusals: the fault, its place, and what to do.

use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

fn message(answer: &Answer) -> &str {
    answer.error()["message"].as_str().unwrap()
}

#[test]
fn an_enumeration_lists_its_values_and_a_tag_its_characters() {
    let server = Server::start();
    let refuse = |body: Value| server.post("/v1/customers", body).expect(400);
    let gender = refuse(json!({ "gender": "x" }));
    assert_eq!(gender.error()["title"], r#"No enum match for: "x""#, "the validator's own words");
    assert_eq!(message(&gender), r#"No enum match for: "x" at /gender: send m or f"#);
    let kind = refuse(json!({ "emails": [{ "email": "a@b.c", "type": "castle" }] }));
    assert!(message(&kind).ends_with("at /emails/0/type: send home, work or other"), "{}", message(&kind));
    let sentiment = refuse(json!({ "sentiment": { "polarity": 7, "confidence": 1 } }));
    assert!(message(&sentiment).contains("-1, 0 or 1"), "{}", message(&sentiment));
    let tag = refuse(json!({ "tags": ["#vip"] }));
    for words in ["at /tags/0", "64 characters", "_ / < > - ."] {
        assert!(message(&tag).contains(words), "{}", message(&tag));
    }
}

#[test]
fn a_body_in_another_form_is_refused_with_the_name_of_that_form() {
    let server = Server::start();
    let send = |path: &str, kind: &str, encoding: &str, body: Vec<u8>| {
        let request = server.request(Method::POST, path).bearer_auth(TOKEN).header(CONTENT_TYPE, kind);
        Answer::of(request.header(CONTENT_ENCODING, encoding).body(body)).expect(400)
    };
    let utf16 = |little: bool, mark: bool| -> Vec<u8> {
        let text = if mark { "\u{feff}{\"name\":\"Ada\"}" } else { "{\"name\":\"Ada\"}" };
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    const JSON: &str = "application/json";
    for path in ["/v1/customers", "/v1/customers/search"] {
        for (kind, encoding, body, words) in [
            ("application/x-www-form-urlencoded", "", b"name=Ada".to_vec(), "form-encoded"),
            ("multipart/form-data; boundary=x", "", b"--x--".to_vec(), "form-encoded"),
            (JSON, "", b"name=Ada+L&gender=f".to_vec(), "form-encoded"),
            (JSON, "", utf16(true, true), "UTF-16"),
            (JSON, "", b"{\0\0\0}\0\0\0".to_vec(), "UTF-32"),
            (JSON, "", b"\xff\xfe\0\0{\0\0\0}\0\0\0".to_vec(), "UTF-32"),
            (JSON, "", b"\0\0\xfe\xff\0\0\0{\0\0\0}".to_vec(), "UTF-32"),
            (JSON, "", utf16(false, true), "UTF-16"),
            (JSON, "", utf16(true, false), "UTF-16"),
            ("application/json; charset=utf-16be", "", utf16(false, false), "UTF-16"),
            (JSON, "", vec![0x1f, 0x8b, 8, 0, 0], "gzip"),
            (JSON, "br", b"{}".to_vec(), "br"),
            (JSON, "deflate", b"{}".to_vec(), "deflate"),
            ("application/xml", "", b"<a/>".to_vec(), "XML"),
        ] {
            let refused = send(path, kind, encoding, body);
            assert!(message(&refused).contains(words), "{words}: {}", refused.text);
        }
    }
    let request = server.request(Method::POST, "/v1/customers").bearer_auth(TOKEN);
    let request = request.header(CONTENT_TYPE, JSON).header(CONTENT_ENCODING, "identity");
    Answer::of(request.body("{}")).expect(201);
}

#[test]
fn an_id_that_is_none_leads_to_the_lookups() {
    let server = Server::start();
    let refused = server.get("/v1/customers/ada@acme.example").expect(404);
    assert_eq!((&refused.error()["title"], refused.parameter()), (&json!("Not Found"), "id"), "as recorded");
    for path in ["/v1/customers/email={email}", "/v1/customers/phone={phone}", "/v1/customers/externalId={externalId}"]
    {
        assert!(message(&refused).contains(path), "{}", message(&refused));
    }
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let refused = server.get("/v1/klasses/order/shop-1815").expect(404);
    let lookup = "looked up by /v1/klasses/{name}/externalId={externalId}";
    assert!(message(&refused).ends_with(lookup), "those of its klass, not of klasses: {}", message(&refused));
    let refused = server.get("/v1/teams/support").expect(404);
    assert!(message(&refused).ends_with("an id has 24 hexadecimal characters"), "{}", message(&refused));
}

#[test]
fn who_may_restore_a_record_learns_that_it_was_deleted() {
    let server = Server::on_file();
    let reader = server.token("demo", &["org.user.customer.read", "org.user.team.read"]);
    let customer = server.create(json!({ "name": "Ada" }));
    let team = server.post("/v1/teams", json!({ "name": "Support" })).expect(201);
    for (path, way_back) in [
        (customer["links"]["self"].as_str().unwrap(), "/restore restores it"),
        (team.data()["links"]["self"].as_str().unwrap(), r#"with "deleted": false restores it"#),
    ] {
        server.delete(path).expect(204);
        for (method, body) in [
            (Method::GET, None),
            (Method::PATCH, Some(json!({ "name": "Grace" }))),
            (Method::PUT, Some(json!({ "name": "Grace" }))),
            (Method::DELETE, None),
        ] {
            let gone = server.call(method.clone(), path, body).expect(404);
            assert_eq!(gone.error()["title"], "Not Found");
            assert!(message(&gone).contains(way_back), "{method} {path}: {}", message(&gone));
            assert!(gone.error()["meta"]["deletedAt"].is_string());
        }
        let strange = server.call_as(&reader, Method::GET, path, None).expect(404);
        assert_eq!((message(&strange), strange.error().get("meta")), ("Not Found", None), "{path}");
    }
    let path = customer["links"]["self"].as_str().unwrap();
    server.post(&format!("{path}/erase"), json!({})).expect(204);
    let erased = server.get(path).expect(404);
    assert!(erased.text.contains("was erased on") && !erased.text.contains("restores it"), "{}", erased.text);
}

#[test]
fn refusals_of_input_and_conflicts_carry_their_faults_in_a_list_too() {
    let server = Server::start();
    server.create(json!({ "emails": [{ "email": "a@b.c" }] }));
    let input = server.post("/v1/customers", json!({ "gender": "x", "name": 7 })).expect(400);
    let conflict = server.post("/v1/customers", json!({ "emails": [{ "email": "a@b.c" }] })).expect(409);
    let query = server.get("/v1/customers?page=x").expect(400);
    let body =
        server.request(Method::POST, "/v1/customers").bearer_auth(TOKEN).header(CONTENT_TYPE, "application/json");
    let body = Answer::of(body.body("{")).expect(400);
    for answer in [&input, &conflict, &query, &body] {
        for error in answer.body["errors"].as_array().unwrap() {
            let sub = &error["meta"]["subErrors"][0];
            assert_eq!(sub["title"], error["title"], "{error}");
            assert!(sub["source"]["pointer"].is_string(), "{error}");
            if error["meta"]["pointer"].is_string() {
                assert_eq!(sub["source"]["pointer"], error["meta"]["pointer"], "{error}");
            }
        }
    }
    assert_eq!(conflict.error()["meta"]["subErrors"][0]["source"]["pointer"], "/emails/0");
    assert_eq!(query.error()["meta"]["subErrors"][0]["source"]["pointer"], "/page");
}
