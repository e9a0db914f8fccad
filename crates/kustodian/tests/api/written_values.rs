//! What a write makes of the values it is sent: blanks, numbers, companies by name, one identity in several spellings,
//! records that grow too large, updates that change nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

fn path_of(customer: &Value) -> String {
    customer["links"]["self"].as_str().unwrap().to_owned()
}

/// Sends a body as it is written here, to the byte.
fn send(server: &Server, method: Method, path: &str, body: &str) -> Answer {
    let request = server.request(method, path).bearer_auth(TOKEN).header("content-type", "application/json");
    Answer::of(request.body(body.to_owned()))
}

fn post(server: &Server, body: &str) -> Answer {
    send(server, Method::POST, "/v1/customers", body)
}

#[test]
fn numbers_are_answered_as_node_prints_them_or_refused() {
    let server = Server::start();
    for (sent, answered) in [
        ("120.0", "120"),
        ("1e2", "100"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0.5", "0.5"),
        ("9007199254740993", "9007199254740993"),
        ("0.10000000000000001", "0.1"),
    ] {
        let created =
            post(&server, &format!(r#"{{"custom":{{"scoreNum":{sent}}},"locations":[{{"latitude":{sent}}}]}}"#));
        let created = created.expect(201);
        for (name, text) in [("scoreNum", &created.text), ("latitude", &created.text)] {
            assert!(
                text.contains(&format!(r#""{name}":{answered}}}"#))
                    || text.contains(&format!(r#""{name}":{answered},"#)),
                "{sent}: {text}"
            );
        }
        let shortcut = send(
            &server,
            Method::POST,
            "/v1/shortcuts",
            &format!(r#"{{"name":"n","payload":{{"deep":[{{"x":{sent}}}]}}}}"#),
        );
        assert!(shortcut.expect(201).text.contains(&format!(r#"{{"deep":[{{"x":{answered}}}]}}"#)), "{sent}");
    }
    for (body, pointer) in [
        (r#"{"custom":{"scoreNum":0.1234567890123456789}}"#, "/custom/scoreNum"),
        (r#"{"locations":[{},{"latitude":12345678901234567890123}]}"#, "/locations/1/latitude"),
        (r#"{"custom":{"scoreNum":18446744073709551616}}"#, "/custom/scoreNum"),
        (r#"{"locations":[{},{"latitude":1e400}]}"#, "/locations/1/latitude"),
    ] {
        let refused = post(&server, body).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], pointer, "{}", refused.body);
    }
    let title = |number: &str| {
        let refused = post(&server, &format!(r#"{{"custom":{{"scoreNum":{number}}}}}"#)).expect(400);
        refused.error()["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(title("-1e400"), "The number -1e400 is out of range");
    assert_eq!(title("1e-400"), "The number 1e-400 is closer to 0 than a double can be");
    let search =
        send(&server, Method::POST, "/v1/customers/search", r#"{"and":[{"customer_score_num":{"gte":1e400}}]}"#);
    assert_eq!(search.expect(400).error()["title"], "The number 1e400 is out of range");
}

#[test]
fn a_write_without_a_body_is_refused_and_an_empty_object_is_not() {
    let server = Server::start();
    // One with lists: a refused body is read again with their lengths.
    let ada = json!({ "name": "Ada", "emails": [{ "email": "ada@acme.example" }], "externalId": "crm-1" });
    let customer = path_of(&server.create(ada));
    let before = server.get(&customer).text;
    for (method, path) in [
        (Method::POST, "/v1/customers".to_owned()),
        (Method::POST, "/v1/teams".to_owned()),
        (Method::POST, "/v1/shortcuts".to_owned()),
        (Method::PUT, format!("{customer}?replace=true")),
        (Method::PUT, customer.clone()),
        (Method::PATCH, customer.clone()),
    ] {
        for body in ["", " \n"] {
            assert_eq!(send(&server, method.clone(), &path, body).expect(400).parameter(), "body", "{method} {path}");
        }
        let none = server.request(method.clone(), &path).bearer_auth(TOKEN);
        assert_eq!(Answer::of(none).expect(400).parameter(), "body", "{method} {path}");
    }
    assert_eq!(server.get(&customer).text, before);
    post(&server, "{}").expect(201);
    send(&server, Method::PATCH, &customer, "{}").expect(200);
    // A search may leave everything out.
    send(&server, Method::POST, "/v1/customers/search", "").expect(200);
}

#[test]
fn a_blank_is_null_where_no_text_can_be_meant() {
    let server = Server::start();
    let blank = json!({
        "birthdayAt": "", "gender": "", "avatarUrl": "", "locations": [{ "type": "", "countryCode": "", "name": "" }],
        "custom": { "sinceAt": "", "siteUrl": "", "noteStr": "" }, "company": "",
    });
    let created = server.post("/v1/customers", blank.clone()).expect(201);
    let attributes = created.attributes();
    for name in ["birthdayAt", "gender", "avatarUrl"] {
        assert_eq!(attributes[name], Value::Null, "{name}");
    }
    assert_eq!(attributes["custom"], json!({ "sinceAt": null, "siteUrl": null, "noteStr": "" }));
    assert_eq!(attributes["locations"][0]["countryCode"], Value::Null);
    assert_eq!(attributes["locations"][0]["name"], "");

    let path = path_of(created.data());
    server.patch(&path, json!({ "birthdayAt": "1815-12-10T00:00:00Z", "custom": { "siteUrl": "https://a.example" } }));
    let cleared = server.patch(&path, blank).expect(200);
    assert_eq!(cleared.attributes()["birthdayAt"], Value::Null);
    assert_eq!(cleared.attributes()["custom"]["siteUrl"], Value::Null);
    for (body, parameter) in [
        (json!({ "externalId": "" }), "externalId"),
        (json!({ "custom": { "scoreNum": "" } }), "scoreNum"),
        (json!({ "custom": { "churnedBool": "" } }), "churnedBool"),
    ] {
        let refused = server.post("/v1/customers", body).expect(400);
        assert_eq!(refused.parameter(), parameter);
        assert!(refused.error()["message"].as_str().unwrap().ends_with("send null for no value"), "{}", refused.body);
    }
}

#[test]
fn a_company_by_name_is_kept_as_its_name_without_a_link() {
    let server = Server::start();
    let id = server.post("/v1/companies", json!({ "name": "Acme" })).expect(201).data()["id"].clone();
    let company = |answer: &Answer| {
        let linked = answer.data()["relationships"]["company"]["data"]["id"].clone();
        (linked, answer.attributes().get("companyName").cloned())
    };
    let named = (Value::Null, Some(json!("Initech")));
    let linked = (id.clone(), Some(json!("Acme")));
    let nothing = (Value::Null, None);

    let created = server.post("/v1/customers", json!({ "company": "Initech" })).expect(201);
    assert_eq!(company(&created), named);
    let path = path_of(created.data());
    let by_name = json!({ "and": [{ "customer_any_text": { "contains": "initech" } }] });
    assert_eq!(
        server.post("/v1/customers/search", by_name).expect(200).ids(),
        [created.data()["id"].as_str().unwrap()]
    );
    for (method, query, body, expected) in [
        (Method::PATCH, "", json!({ "name": "a" }), &named),
        (Method::PATCH, "", json!({ "company": id }), &linked),
        (Method::PATCH, "", json!({ "company": "Initech" }), &named),
        (Method::PATCH, "", json!({ "company": "" }), &nothing),
        (Method::PUT, "", json!({ "company": "Initech" }), &named),
        (Method::PATCH, "", json!({ "company": null }), &nothing),
        (Method::PATCH, "", json!({ "company": "Initech" }), &named),
        (Method::PUT, "?replace=true", json!({ "name": "b" }), &nothing),
        (Method::PUT, "?replace=true", json!({ "company": "Initech" }), &named),
        (Method::PATCH, "", json!({ "company": "  " }), &nothing),
    ] {
        let answer = server.call(method, &format!("{path}{query}"), Some(body.clone())).expect(200);
        assert_eq!(&company(&answer), expected, "{query} {body}");
    }
    server.patch(&path, json!({ "company": "x".repeat(257) })).expect(400);
    assert_eq!(
        server.post("/v1/customers", json!({ "companyName": "Initech" })).expect(400).parameter(),
        "companyName"
    );

    let server = Server::start_with(&["--company-names", "refuse", "--unknown-companies", "keep"]);
    let path = path_of(&server.create(json!({ "company": id })));
    for answer in [
        server.post("/v1/customers", json!({ "company": "Initech" })),
        server.patch(&path, json!({ "company": "Initech" })),
        server.post("/v1/tracking/identity", json!({ "externalId": "a", "company": "Initech" })),
    ] {
        let refused = answer.expect(400);
        assert_eq!(refused.parameter(), "company");
        assert!(refused.body.to_string().contains("the id of a company, not its name"), "{}", refused.body);
    }
    assert_eq!(company(&server.patch(&path, json!({ "company": "" })).expect(200)), nothing);
}

#[test]
fn one_identity_in_two_spellings_is_stored_once() {
    let server = Server::start();
    let created = server
        .post(
            "/v1/customers",
            json!({
                "emails": [{ "email": "d1@acme.example" }, { "email": "D1@acme.example", "verified": true, "type": "work" }],
                "sharedEmails": [{ "email": "zoe\u{301}@acme.example" }, { "email": "ZO\u{c9}@acme.example" }],
                "phones": [{ "phone": "+1 800 555" }, { "phone": "1800555" }],
                "sharedPhones": [{ "phone": "1-800-555" }, { "phone": "1800555" }],
                "whatsapps": [{ "phone": "+1800555" }, { "phone": "whatsapp:+1 800 555" }],
                "externalId": "caf\u{e9}",
                "externalIds": [{ "externalId": "cafe\u{301}" }, { "externalId": "b" }],
                "facebookIds": [
                    { "pageId": "1", "userId": "2" }, { "pageId": "1", "userId": "2", "name": "Ada" }, { "pageId": "1", "userId": "3" },
                ],
                "instagramIds": [
                    { "pageId": "1", "threadId": "2", "username": "ada" },
                    { "pageId": "1", "threadId": "2", "username": "ada", "instagramId": "9" },
                ],
                "socials": [{ "type": "twitter", "username": "ada" }, { "type": "twitter", "username": "ADA", "userid": "7" }],
            }),
        )
        .expect(201);
    let attributes = created.attributes();
    let count = |name: &str| attributes[name].as_array().unwrap().len();
    let counts = ["emails", "sharedEmails", "phones", "sharedPhones", "whatsapps", "externalIds", "socials"].map(count);
    assert_eq!(counts, [1, 1, 1, 1, 1, 2, 1], "{attributes}");
    assert_eq!(["facebookIds", "instagramIds"].map(count), [2, 1], "{attributes}");
    assert_eq!(attributes["facebookIds"][0]["name"], "Ada");
    assert_eq!(attributes["instagramIds"][0]["instagramId"], "9");
    let email = &attributes["emails"][0];
    assert_eq!(
        (&email["email"], &email["verified"], &email["type"]),
        (&json!("d1@acme.example"), &json!(true), &json!("work"))
    );
    assert_eq!(attributes["phones"][0]["phone"], "+1 800 555");
    assert_eq!(
        (&attributes["socials"][0]["username"], &attributes["socials"][0]["userid"]),
        (&json!("ada"), &json!("7"))
    );

    let refused = server.post(
        "/v1/customers",
        json!({ "socials": [
            { "type": "twitter", "username": "eve", "userid": "1" }, { "type": "twitter", "username": "eve", "userid": "2" },
        ] }),
    );
    let title = refused.expect(400).error()["title"].as_str().unwrap().to_owned();
    assert!(title.contains("/socials/0") && title.contains("/socials/1"), "{title}");
}

#[test]
fn composed_and_decomposed_accents_are_one_identity() {
    let server = Server::start();
    let (composed, decomposed) = ("ren\u{e9}e", "rene\u{301}e");
    let customer = server.create(json!({
        "emails": [{ "email": format!("{decomposed}@acme.example") }], "externalId": decomposed,
        "socials": [{ "type": "twitter", "username": decomposed }],
    }));
    for spelling in [composed, decomposed, "REN\u{c9}E", "RENE\u{301}E"] {
        let found = server.get(&format!("/v1/customers/email={spelling}@acme.example")).expect(200);
        assert_eq!(found.data()["id"], customer["id"], "{spelling}");
        server
            .post("/v1/customers", json!({ "emails": [{ "email": format!("{spelling}@acme.example") }] }))
            .expect(409);
        server.post("/v1/customers", json!({ "socials": [{ "type": "twitter", "username": spelling }] })).expect(409);
    }
    for spelling in [composed, decomposed] {
        assert_eq!(
            server.get(&format!("/v1/customers/externalId={spelling}")).expect(200).data()["id"],
            customer["id"]
        );
        server.post("/v1/customers", json!({ "externalId": spelling })).expect(409);
    }
}

#[test]
fn a_record_that_would_grow_too_large_is_refused_with_the_attribute_that_does_it() {
    let server = Server::start_with(&["--max-record", "20000"]);
    let path = path_of(&server.create(json!({ "name": "Ada" })));
    let patch =
        |number: usize| server.patch(&path, json!({ "custom": { format!("k{number}Txt"): "x".repeat(1_000) } }));
    let refused = (0..40).map(patch).find(|answer| answer.status != 200).unwrap().expect(413);
    assert_eq!((refused.parameter(), &refused.error()["code"]), ("custom", &json!("toolarge")));
    assert!(refused.error()["title"].as_str().unwrap().contains("at most 20000"), "{}", refused.body);
    let size = server.get(&path).expect(200).text.len();
    assert!((10_000..=20_100).contains(&size), "{size}");
    server.post(&format!("{path}?validateOnly=true"), json!({})).expect(405);
    // What does not grow may still be changed, deleted and restored.
    server.patch(&path, json!({ "custom": { "k0Txt": null } })).expect(200);
    server.delete(&path).expect(204);
    server.post(&format!("{path}/restore"), json!({})).expect(200);
    let long = json!({ "name": "n", "payload": { "text": "x".repeat(20_000) } });
    assert_eq!(server.post("/v1/shortcuts", long).expect(413).parameter(), "payload");
}

#[test]
fn an_update_that_changes_nothing_is_a_revision_unless_it_is_skipped() {
    let body =
        json!({ "name": "Ada", "emails": [{ "email": "ada@acme.example" }], "custom": { "aNum": 1 }, "tags": ["vip"] });
    let events = |server: &Server, path: &str| server.get(&format!("{path}/history")).expect(200).text;

    let server = Server::start();
    let path = path_of(&server.create(body.clone()));
    assert_eq!(server.patch(&path, body.clone()).expect(200).attributes()["rev"], 2);

    let server = Server::start_with(&["--skip-unchanged"]);
    let path = path_of(&server.create(body.clone()));
    let team = path_of(server.post("/v1/teams", json!({ "name": "support" })).expect(201).data());
    let shortcut = path_of(server.post("/v1/shortcuts", json!({ "name": "hello" })).expect(201).data());
    let (customer, before) = (server.get(&path).text, events(&server, &path));
    for same in [json!({}), body.clone(), json!({ "custom": { "aNum": 1.0 } }), json!({ "rev": 1 })] {
        let answer = server.patch(&path, same.clone()).expect(200);
        assert_eq!(answer.text, customer, "{same}");
        assert!(answer.header("etag").starts_with("W/"), "{same}");
    }
    assert_eq!(server.put(&format!("{path}?replace=true"), body.clone()).expect(200).text, customer);
    assert_eq!(server.patch(&team, json!({ "name": "support" })).expect(200).attributes()["rev"], 1);
    assert_eq!(server.post(&format!("{team}/members"), json!({ "members": [] })).expect(200).attributes()["rev"], 1);
    assert_eq!(server.put(&shortcut, json!({ "name": "hello" })).expect(200).attributes()["rev"], 1);
    assert_eq!(events(&server, &path), before);

    server.patch(&path, json!({ "rev": 2 })).expect(409);
    let changed = [
        json!({ "name": "Ada King" }),
        json!({ "custom": { "bNum": 1 } }),
        json!({ "custom": { "cStr": null } }),
        json!({ "lastActivityAt": "2020-01-01T00:00:00Z" }),
        json!({ "company": "Initech" }),
        json!({ "tags": ["new"] }),
    ];
    for (number, change) in (2_u64..).zip(changed) {
        assert_eq!(server.patch(&path, change.clone()).expect(200).attributes()["rev"], number, "{change}");
    }
    server.delete(&team).expect(204);
    server.patch(&team, json!({ "deleted": null })).expect(200);
}
