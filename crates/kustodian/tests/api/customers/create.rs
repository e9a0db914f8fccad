//! `POST /v1/customers`.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN, full_customer};

/// The expected answer to an input: as sent, or completed by the defaults of the seed page.
fn completed(sent: &Value) -> Value {
    let mut expected = sent.clone();
    for list in [
        "emails",
        "sharedEmails",
        "phones",
        "sharedPhones",
        "whatsapps",
        "facebookIds",
        "instagramIds",
        "socials",
        "sharedSocials",
        "urls",
        "locations",
    ] {
        for item in expected[list].as_array_mut().unwrap() {
            item["id"] = Value::Null;
            let default = match list {
                "phones" | "sharedPhones" | "whatsapps" => "mobile",
                "urls" => "website",
                _ => "home",
            };
            let has_type = !["facebookIds", "instagramIds"].contains(&list);
            if item.get("type").is_none() && has_type {
                item["type"] = json!(default);
            }
            if item.get("verified").is_none() && has_type && !["urls", "locations"].contains(&list) {
                item["verified"] = json!(false);
            }
            if ["emails", "sharedEmails"].contains(&list) {
                item["externalVerified"] = json!(false);
            }
        }
    }
    let external_id = |id: &str, verified: bool| json!({ "id": null, "externalId": id, "verified": verified, "externalVerified": false });
    expected["externalIds"] = json!([external_id("crm-1815", true), external_id("erp-7", true)]);
    expected["sharedExternalIds"] = json!([external_id("household-1", false)]);
    expected["signedUpAt"] = json!("2016-11-06T18:54:29.000Z");
    expected.as_object_mut().unwrap().remove("tags");
    expected
}

#[test]
fn everything_sent_is_answered_and_still_there_when_read_again() {
    let server = Server::start();
    let created = server.post("/v1/customers", full_customer()).expect(201);
    let attributes = created.attributes();
    for (attribute, value) in completed(&full_customer()).as_object().unwrap() {
        assert_eq!(&attributes[attribute], value, "{attribute}");
    }
    assert_eq!(created.data()["type"], "customer");
    let id = created.data()["id"].as_str().unwrap();
    assert!(id.len() == 24 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    assert_eq!(created.data()["links"]["self"], format!("/v1/customers/{id}"));

    let read = server.get(&format!("/v1/customers/{id}")).expect(200);
    assert_eq!(read.text, created.text, "a read is the same bytes");
}

#[test]
fn every_attribute_of_the_seed_page_is_answered() {
    let server = Server::start();
    let answer = server.post("/v1/customers", full_customer()).expect(201);
    for attribute in [
        "activeUsers",
        "conversationCounts",
        "createdAt",
        "defaultLang",
        "displayColor",
        "displayIcon",
        "displayName",
        "emails",
        "externalIds",
        "gender",
        "lastActivityAt",
        "lastConversation",
        "locale",
        "locations",
        "modifiedAt",
        "name",
        "phones",
        "progressiveStatus",
        "recentLocation",
        "rev",
        "sharedEmails",
        "sharedExternalIds",
        "sharedPhones",
        "sharedSocials",
        "socials",
        "tags",
        "updatedAt",
        "urls",
        "verified",
        "watchers",
    ] {
        assert!(answer.attributes().get(attribute).is_some(), "{attribute} is missing");
    }
    assert_eq!(answer.attributes()["conversationCounts"], json!({ "all": 0, "done": 0, "open": 0, "snoozed": 0 }));
    assert_eq!(answer.attributes()["lastConversation"]["tags"], json!([]));
    assert!(answer.attributes()["progressiveStatus"].is_null());
    for relationship in ["createdBy", "modifiedBy", "org"] {
        let tie = &answer.data()["relationships"][relationship];
        let (id, link) = (tie["data"]["id"].as_str().unwrap(), tie["links"]["self"].as_str().unwrap());
        assert!(link.starts_with("/v1/") && link.ends_with(id), "{relationship}: {tie}");
    }
}

#[test]
fn every_link_of_the_answer_can_be_followed() {
    fn links(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(link) = members.get("self").and_then(Value::as_str) {
                    found.push(link.to_owned());
                }
                members.values().for_each(|value| links(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| links(value, found)),
            _ => {}
        }
    }
    let server = Server::start();
    let answer = server.post("/v1/customers", full_customer()).expect(201);
    let mut found = Vec::new();
    links(&answer.body, &mut found);
    assert!(found.len() >= 5, "{found:?}");
    for link in found {
        let followed = server.get(&link).expect(200);
        if !link.ends_with("/messages") {
            assert_eq!(followed.data()["links"]["self"], link);
        }
    }
}

#[test]
fn no_attribute_is_required() {
    let server = Server::start();
    let bare = server.post("/v1/customers", json!({})).expect(201);
    let of = |name: &str| {
        let word = bare.attributes()[name].as_str().unwrap();
        format!("{}{}", word[..1].to_uppercase(), &word[1..])
    };
    assert_eq!(bare.attributes()["displayName"], format!("{} {}", of("displayColor"), of("displayIcon")));
    assert_eq!(bare.attributes()["verified"], false);
    assert_eq!(bare.attributes()["emails"], json!([]));
    for unset in ["name", "firstName", "lastName", "sentiment", "lastMessageIn", "lastMessageOut"] {
        assert!(bare.attributes().get(unset).is_none(), "{unset}");
    }
}

#[test]
fn the_answer_has_the_recorded_headers() {
    let server = Server::start();
    let answer = server.post("/v1/customers", json!({ "name": "Ada" })).expect(201);
    for (header, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "no-cache,private"),
        ("x-content-type-options", "nosniff"),
        ("x-kustomer-pod", "prod1"),
        ("timing-allow-origin", "*"),
        ("x-ratelimit-limit", "1000"),
        ("x-ratelimit-remaining", "999"),
    ] {
        assert_eq!(answer.header(header), value, "{header}");
    }
    assert!(answer.header("vary").contains("X-HTTP-Method-Override"));
    assert!(answer.header("etag").starts_with("W/\""), "{}", answer.header("etag"));
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.header("x-ratelimit-reset"), "", "clients wait when they see it");
}

#[test]
fn the_answer_can_be_read_by_a_type_that_knows_every_attribute() {
    let server = Server::start();
    let answer = server.post("/v1/customers", full_customer()).expect(201);
    let typed: kustomer_api::envelope::Document<kustomer_api::customer::Customer> =
        serde_json::from_str(&answer.text).unwrap();
    assert!(typed.data.attributes.extra.is_empty(), "{:?}", typed.data.attributes.extra);
    assert_eq!(serde_json::to_value(&typed).unwrap(), answer.body);
}

#[test]
fn wrong_input_is_a_400_that_names_each_offending_attribute() {
    let server = Server::start();
    for (body, parameters) in [
        (json!({ "nmae": "Ada" }), &["nmae"][..]),
        (json!({ "name": 1, "gender": "x" }), &["gender", "name"]),
        (json!({ "emails": [{ "email": "not an address" }] }), &["email"]),
        (json!({ "custom": { "notAnActualAttribute": 1 } }), &["notAnActualAttribute"]),
        (json!({ "custom": { "tierNum": "gold" } }), &["tierNum"]),
        (json!({ "company": 7 }), &["company"]),
        (json!([]), &[""]),
    ] {
        let answer = server.post("/v1/customers", body.clone()).expect(400);
        let mut found: Vec<&str> = answer.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["source"]["parameter"].as_str().unwrap_or_default())
            .collect();
        found.sort_unstable();
        assert_eq!(found, parameters, "{body}");
        assert_eq!(answer.error()["code"], "badparam");
    }
    assert_eq!(server.get("/v1/customers").body["meta"]["total"], 0, "nothing was made");
}

#[test]
fn a_key_without_a_legal_suffix_is_refused_as_recorded() {
    let server = Server::start();
    let answer = server.post("/v1/customers", json!({ "custom": { "notAnActualAttribute": 1 } })).expect(400);
    let recorded = json!({
        "status": 400, "source": { "parameter": "notAnActualAttribute" }, "code": "badparam",
        "title": "Additional properties not allowed", "detail": "/properties/custom/additionalProperties",
    });
    for (member, value) in recorded.as_object().unwrap() {
        assert_eq!(&answer.error()[member], value, "{member}");
    }
}

#[test]
fn a_body_that_is_no_json_too_large_or_of_another_type_is_refused() {
    let server = Server::start();
    let send = |kind: &str, body: String| {
        let request = server.request(Method::POST, "/v1/customers").bearer_auth(TOKEN);
        Answer::of(request.header("content-type", kind).body(body))
    };
    assert_eq!(send("application/json", "{\"name\":".to_owned()).expect(400).parameter(), "body");
    assert_eq!(send("application/json", "\u{0}".to_owned()).expect(400).parameter(), "body");
    assert_eq!(send("text/plain", "{}".to_owned()).expect(400).parameter(), "Content-Type");
    send("application/json; charset=utf-8", "{}".to_owned()).expect(201);
    send("application/json-patch+json", "{}".to_owned()).expect(201);
    let padded = |size: usize| format!("{{}}{}", " ".repeat(size - 2));
    send("application/json", padded(100 * 1024)).expect(201);
    assert_eq!(send("application/json", padded(100 * 1024 + 1)).expect(413).error()["code"], "toolarge");
}

#[test]
fn an_identity_another_customer_holds_is_a_409_that_names_it() {
    let server = Server::start();
    let first = server.create(json!({
        "externalId": "x", "emails": [{ "email": "Ada@acme.example" }], "phones": [{ "phone": "+1 (800) 555-1212" }],
        "whatsapps": [{ "phone": "whatsapp:+1234" }], "socials": [{ "type": "twitter", "username": "ada" }],
    }));
    for (body, parameter) in [
        (json!({ "externalId": "x" }), "externalId"),
        (json!({ "externalIds": [{ "externalId": "y" }, { "externalId": "x" }] }), "externalIds"),
        (json!({ "emails": [{ "email": "b@acme.example" }, { "email": "ADA@acme.example" }] }), "emails"),
        (json!({ "phones": [{ "phone": "18005551212" }] }), "phones"),
        (json!({ "whatsapps": [{ "phone": "+1234" }] }), "whatsapps"),
        (json!({ "socials": [{ "type": "twitter", "username": "ADA" }] }), "socials"),
    ] {
        let answer = server.post("/v1/customers", body.clone()).expect(409);
        assert_eq!(answer.parameter(), parameter, "{body}");
        assert_eq!(answer.error()["code"], "conflict");
        assert_eq!(answer.error()["meta"]["customer"], first["id"]);
    }
    server.post("/v1/customers", json!({ "sharedEmails": [{ "email": "ada@acme.example" }] })).expect(201);
    server.post("/v1/customers", json!({ "socials": [{ "type": "facebook", "username": "ada" }] })).expect(201);
    assert_eq!(server.get("/v1/customers").body["meta"]["total"], 3);
}

#[test]
fn of_many_who_claim_one_address_at_once_exactly_one_gets_it() {
    let server = Server::start();
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..24)
            .map(|_| {
                scope.spawn(|| {
                    server.post("/v1/customers", json!({ "emails": [{ "email": "a@b.c" }], "tags": ["race"] })).status
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert_eq!(statuses[1..], [409; 23]);
    assert_eq!(server.get("/v1/customers").body["meta"]["total"], 1);
}

#[test]
fn tags_go_in_by_name_or_id_and_come_out_as_ids() {
    let server = Server::start();
    let first = server.create(json!({ "tags": ["vip", "new"] }));
    let ids: Vec<&str> =
        first["attributes"]["tags"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 2);
    assert_eq!(server.get(&format!("/v1/tags/{}", ids[0])).expect(200).attributes()["name"], "vip");

    let second = server.create(json!({ "tags": [ids[1], "vip", "third"] }));
    assert_eq!(second["attributes"]["tags"][0], ids[1]);
    assert_eq!(second["attributes"]["tags"][1], ids[0]);
    assert_eq!(server.get("/v1/tags").ids().len(), 3);

    let unknown = server.post("/v1/customers", json!({ "tags": ["5c7d1a1f9a1b2c0010a1b2c3"] })).expect(400);
    assert_eq!(unknown.parameter(), "tags");
}

#[test]
fn of_many_who_make_one_tag_at_once_all_get_the_same_one() {
    let server = Server::start();
    let ids: HashSet<String> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..24)
            .map(|_| {
                scope.spawn(|| {
                    server.create(json!({ "tags": ["fresh"] }))["attributes"]["tags"][0].as_str().unwrap().to_owned()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    assert_eq!(server.get("/v1/tags").ids().len(), 1);
}

#[test]
fn a_refused_customer_leaves_no_tag_behind() {
    let server = Server::start();
    server.create(json!({ "externalId": "x" }));
    server.post("/v1/customers", json!({ "externalId": "x", "tags": ["orphan"] })).expect(409);
    assert_eq!(server.get("/v1/tags").ids().len(), 0);
}
