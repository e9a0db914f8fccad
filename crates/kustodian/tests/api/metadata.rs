//! `/v1/metadata/{resource}`: the org's descriptions of custom attributes, and the checks of writes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::roles::{NOBODY, aim, served};
use crate::server::Server;
use crate::world::send;

const OF_CUSTOMERS: &str = "/v1/metadata/customer";

fn properties(properties: Value) -> Value {
    json!({ "properties": properties })
}

#[test]
fn metadata_is_empty_until_it_is_written_and_then_merged() {
    let server = Server::start();
    for name in ["customer", "company", "conversation", "message", "note", "user"] {
        let empty = server.get(&format!("/v1/metadata/{name}")).expect(200);
        assert_eq!((&empty.data()["type"], &empty.data()["id"]), (&json!("metadata"), &json!(name)));
        assert_eq!(empty.attributes(), &json!({ "properties": {} }));
        assert_eq!(empty.data()["links"]["self"], format!("/v1/metadata/{name}"));
    }
    // Each of them can be written, and keeps to itself.
    let others = ["company", "conversation", "message", "note", "user"];
    for name in others {
        let path = format!("/v1/metadata/{name}");
        let written =
            server.put(&path, properties(json!({ format!("{name}Str"): { "displayName": name } }))).expect(200);
        let about = &written.attributes()["properties"];
        assert_eq!((about.as_object().unwrap().len(), &about[format!("{name}Str")]["displayName"]), (1, &json!(name)));
        assert_eq!(server.get(&path).expect(200).text, written.text);
    }
    let tier = properties(json!({ "loyaltyTierStr": { "enumeration": ["gold", "silver"] }, "shop_sizeNum": {} }));
    let empty = server.get(OF_CUSTOMERS).expect(200);
    send(&server, Method::PUT, OF_CUSTOMERS, ("if-match", "W/\"1-1\""), Some(&tier)).expect(412);
    let rehearsed = server.put(&format!("{OF_CUSTOMERS}?validateOnly=true"), tier.clone()).expect(200);
    assert_eq!(rehearsed.attributes()["properties"]["shop_sizeNum"]["displayName"], "Shop Size");
    assert_eq!(server.get(OF_CUSTOMERS).text, empty.text);

    let first = send(&server, Method::PUT, OF_CUSTOMERS, ("if-match", empty.header("etag")), Some(&tier)).expect(200);
    let said = &first.attributes()["properties"]["loyaltyTierStr"];
    assert_eq!((&said["type"], &said["displayName"]), (&json!("string"), &json!("Loyalty Tier")));
    assert_eq!(said["enumeration"], json!(["gold", "silver"]));
    assert_eq!(said["modifiedBy"], first.data()["relationships"]["modifiedBy"]["data"]["id"]);
    assert!(said["modifiedAt"].is_string() && said["modifiedAt"] == said["updatedAt"]);
    assert_eq!(first.attributes()["properties"]["shop_sizeNum"]["type"], "number");

    // One property alone; the others stay, with the moment of their last change.
    let more = properties(json!({ "birthAt": { "displayName": "Born" } }));
    let second = send(&server, Method::PUT, OF_CUSTOMERS, ("idempotency-key", "born"), Some(&more)).expect(200);
    let again = send(&server, Method::PUT, OF_CUSTOMERS, ("idempotency-key", "born"), Some(&more)).expect(200);
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (second.text.as_str(), "true"));
    assert_eq!(second.attributes()["properties"]["loyaltyTierStr"], *said);
    assert_eq!(second.attributes()["properties"]["birthAt"]["type"], "date");
    // The answer can be sent back, and changes nothing.
    let back = server.put(OF_CUSTOMERS, second.attributes().clone()).expect(200);
    assert_eq!(back.attributes()["properties"], second.attributes()["properties"]);
    assert_eq!(server.put(OF_CUSTOMERS, json!({ "rev": 1 })).expect(409).parameter(), "rev");

    let gone = properties(json!({ "loyaltyTierStr": { "deletedAt": "2026-01-01T00:00:00Z", "displayName": null } }));
    let gone = server.put(OF_CUSTOMERS, gone).expect(200).attributes()["properties"]["loyaltyTierStr"].clone();
    assert!(gone["deletedAt"].is_string() && gone["deletedBy"] == said["modifiedBy"], "{gone}");
    let restored = server.put(OF_CUSTOMERS, properties(json!({ "loyaltyTierStr": { "deletedAt": null } }))).expect(200);
    assert_eq!(restored.attributes()["properties"]["loyaltyTierStr"].get("deletedAt"), None);

    assert_eq!(server.get(&format!("{OF_CUSTOMERS}?rev=1")).expect(200).text, first.text);
    assert_eq!(server.get(&format!("{OF_CUSTOMERS}/history")).expect(200).body["meta"]["total"], 5);
    let mut described = server.get("/v1/metadata").expect(200).ids();
    described.sort();
    assert_eq!(described, ["company", "conversation", "customer", "message", "note", "user"]);
    for unknown in ["team", "kobject", "kobject.", "kobject.none", "Customer", NOBODY] {
        let refused = server.put(&format!("/v1/metadata/{unknown}"), json!({})).expect(404);
        assert_eq!(refused.parameter(), "resource", "{unknown}");
    }
}

#[test]
fn metadata_of_kobjects_is_named_by_their_klass_and_by_the_id_that_the_feed_gives() {
    let server = Server::start();
    server.post("/v1/klasses", json!({ "name": "Order" })).expect(200);
    let said = properties(json!({ "ordersId": { "target": "kobject.orders", "multi": true } }));
    let put = server.put("/v1/metadata/kobject.orders", said).expect(200);
    assert_eq!(put.data()["id"], "kobject.Order");
    assert_eq!(put.attributes()["properties"]["ordersId"]["target"], "kobject.Order");
    let history = server.get("/v1/metadata/kobject.Order/history").expect(200);
    let id = history.data()[0]["relationships"]["metadata"]["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&format!("/v1/metadata/{id}")).expect(200).text, put.text);
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_place() {
    let server = Server::start();
    let node = |id: &str| json!({ "id": id });
    for (about, place) in [
        (json!({ "tier": {} }), "/properties/tier"),
        (json!({ "a bStr": {} }), "/properties/a bStr"),
        (json!({ "tierStr": { "unknown": 1 } }), "/properties/tierStr/unknown"),
        (json!({ "tierStr": { "sensitive": { "enabled": 1 } } }), "/properties/tierStr/sensitive/enabled"),
        (json!({ "tierStr": null }), "/properties/tierStr"),
        (json!({ "scoreNum": { "enumeration": ["1"] } }), "/properties/scoreNum/enumeration"),
        (json!({ "tierStr": { "enumeration": ["a", "a"] } }), "/properties/tierStr/enumeration"),
        (json!({ "tierStr": { "enumeration": [""] } }), "/properties/tierStr/enumeration/0"),
        (json!({ "tierTxt": { "tree": { "children": [] } } }), "/properties/tierTxt/tree"),
        (json!({ "tierStr": { "tree": { "children": [{}] } } }), "/properties/tierStr/tree"),
        (json!({ "tierStr": { "tree": { "children": 1 } } }), "/properties/tierStr/tree"),
        (
            json!({ "tierStr": { "tree": { "children": [node("a"), node("b"), node("a")] } } }),
            "/properties/tierStr/tree",
        ),
        (
            json!({ "tierStr": { "tree": { "children": [{ "id": "a", "children": [node("b"), node("a.b")] }] } } }),
            "/properties/tierStr/tree",
        ),
        (
            json!({ "tierStr": { "tree": { "children": [node("a")] }, "enumeration": ["a"] } }),
            "/properties/tierStr/tree",
        ),
        (json!({ "orderId": {} }), "/properties/orderId/target"),
        (json!({ "orderId": { "target": "kobject" } }), "/properties/orderId/target"),
        (json!({ "orderId": { "target": "kobject.none" } }), "/properties"),
        (json!({ "tierStr": { "target": "customer" } }), "/properties/tierStr/target"),
        (json!({ "tierStr": { "multi": true } }), "/properties/tierStr/multi"),
    ] {
        let refused = server.put(OF_CUSTOMERS, properties(about.clone())).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], place, "{about}: {}", refused.body);
    }
    let many: Value =
        (0..101).map(|number| (format!("k{number}Str"), json!({}))).collect::<serde_json::Map<_, _>>().into();
    let links: Value =
        (0..21).map(|number| (format!("k{number}"), json!({}))).collect::<serde_json::Map<_, _>>().into();
    for (body, parameter) in [
        (properties(many), "properties"),
        (json!({ "relationships": links }), "relationships"),
        (json!({ "validations": ["x"] }), "validations"),
        (json!({ "standardProperties": { "rev": { "hasSensitiveAttributes": true } } }), "sensitive"),
        (json!({ "anything": {} }), "anything"),
    ] {
        assert_eq!(server.put(OF_CUSTOMERS, body).expect(400).parameter(), parameter);
    }
    assert_eq!(server.get(OF_CUSTOMERS).expect(200).attributes(), &json!({ "properties": {} }));
}

#[test]
fn every_operation_that_writes_custom_attributes_is_checked_against_metadata() {
    let server = Server::on_file();
    let document = server.get("/openapi.json").expect(200).body;
    let mut held = 0;
    for operation in served(&server).into_iter().filter(|operation| !operation.is_read()) {
        let described =
            document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
        let described: Vec<&Value> = described.filter(|described| described["operationId"] == operation.name).collect();
        let [described] = described[..] else { continue };
        let schema = &described["requestBody"]["content"]["application/json"]["schema"];
        let schema = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
        if schema.is_none_or(|schema| schema["properties"].get("custom").is_none()) {
            continue;
        }
        let (method, path, body) = aim(&server, operation);
        let mut body = body.unwrap_or(json!({}));
        let before = body.clone();
        body["custom"] = json!({ "neverSaidId": NOBODY });
        let refused = server.call(method.clone(), &path, Some(body)).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], "/custom/neverSaidId", "{}", operation.name);
        server.call(method, &path, Some(before)).expect(operation.success);
        held += 1;
    }
    assert!(held >= 15, "{held} operations take custom attributes");
}

#[test]
fn a_value_outside_of_an_enumeration_is_refused_with_those_there_are() {
    let server = Server::on_file();
    let old = server.create(json!({ "custom": { "tierStr": "bronze" } }));
    let old = old["links"]["self"].as_str().unwrap();
    server.put(OF_CUSTOMERS, properties(json!({ "tierStr": { "enumeration": ["gold", "silver"] } }))).expect(200);
    let custom = |value: Value| json!({ "custom": { "tierStr": value, "freeStr": "any" } });
    let refused = server.post("/v1/customers", custom(json!("lead"))).expect(400);
    assert_eq!((refused.parameter(), &refused.error()["meta"]["pointer"]), ("tierStr", &json!("/custom/tierStr")));
    assert!(refused.error()["message"].as_str().unwrap().contains("send one of: gold, silver"), "{}", refused.body);
    for value in [json!("gold"), json!(null), json!("")] {
        server.post("/v1/customers", custom(value)).expect(201);
    }
    // Only the stored value can be sent back.
    server.patch(old, custom(json!("bronze"))).expect(200);
    server.patch(old, custom(json!("lead"))).expect(400);
    server.patch(old, custom(json!("silver"))).expect(200);
    server.patch(old, custom(json!("bronze"))).expect(400);

    let beside = server.beside();
    beside.post("/v1/customers", custom(json!("lead"))).expect(400);
    let said = properties(json!({ "tierStr": { "enumeration": ["lead"] } }));
    server.put(OF_CUSTOMERS, said).expect(200);
    server.post("/v1/customers", custom(json!("lead"))).expect(201);
    server.post("/v1/customers", custom(json!("gold"))).expect(400);
    wait_for("the other server to check its writes", || {
        beside.post("/v1/customers", custom(json!("gold"))).status == 400
    });

    let lenient = Server::at(server.database(), &["--enforce-enumerations", "off"]);
    lenient.post("/v1/customers", custom(json!("none of them"))).expect(201);
    assert_eq!(lenient.post("/v1/customers", json!({ "custom": { "anId": NOBODY } })).expect(400).parameter(), "anId");
}

#[test]
fn what_an_id_names_must_be_there_and_of_its_kind() {
    let server = Server::on_file();
    for klass in ["order", "device"] {
        server.post("/v1/klasses", json!({ "name": klass })).expect(200);
    }
    let made = |path: &str, body: Value| server.post(path, body).expect(201).data()["id"].as_str().unwrap().to_owned();
    let (order, device) =
        (made("/v1/klasses/order", json!({ "title": "a" })), made("/v1/klasses/device", json!({ "title": "a" })));
    let customer = server.create(json!({}))["id"].as_str().unwrap().to_owned();
    server.org("other");
    let other = server.token("other", &["org"]);
    let foreign = server.call_as(&other, Method::POST, "/v1/customers", Some(json!({}))).expect(201);
    let said = json!({ "orderId": { "target": "kobject.order", "multi": true }, "friendId": { "target": "customer" } });
    server.put(OF_CUSTOMERS, properties(said)).expect(200);

    let post = |custom: Value| server.post("/v1/customers", json!({ "custom": custom }));
    for custom in [
        json!({ "orderId": order }),
        json!({ "orderId": [order], "friendId": customer }),
        json!({ "orderId": [], "friendId": null }),
    ] {
        let made = post(custom.clone()).expect(201);
        assert_eq!(made.attributes()["custom"], custom);
    }
    for (custom, place) in [
        (json!({ "orderId": device }), "/custom/orderId"),
        (json!({ "orderId": [order, NOBODY] }), "/custom/orderId/1"),
        (json!({ "friendId": [customer] }), "/custom/friendId"),
        (json!({ "friendId": order }), "/custom/friendId"),
        (json!({ "friendId": foreign.data()["id"] }), "/custom/friendId"),
        (json!({ "friendId": "x" }), "/custom/friendId"),
        (json!({ "orderId": [order, order] }), "/custom/orderId"),
    ] {
        let refused = post(custom.clone()).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], place, "{custom}: {}", refused.body);
    }
    let found = json!({ "and": [{ "customer_custom_orderId": { "equals": order } }] });
    assert_eq!(server.post("/v1/customers/search", found).expect(200).ids().len(), 2);

    // A value that was removed since can be sent back, and not be named by others.
    let path =
        format!("/v1/customers/{}", post(json!({ "friendId": customer })).expect(201).data()["id"].as_str().unwrap());
    server.delete(&format!("/v1/customers/{customer}")).expect(204);
    let custom = json!({ "custom": { "friendId": customer } });
    server.patch(&path, custom.clone()).expect(200);
    server.post("/v1/customers", custom).expect(400);
}

#[test]
fn a_value_outside_of_a_tree_is_refused_and_ten_validations_are_kept() {
    let server = Server::start();
    let ends = json!([{ "id": "de", "displayName": "Germany" }, { "id": "fr" }]);
    let tree = json!({ "children": [{ "id": "eu", "displayName": "Europe", "children": ends }, { "id": "us" }] });
    let said = json!({ "placeStr": { "tree": tree }, "endStr": { "tree": tree, "lastNodeRequired": true } });
    let written = server.put(OF_CUSTOMERS, properties(said)).expect(200);
    assert_eq!(written.attributes()["properties"]["placeStr"]["tree"], tree);
    let path = server.create(json!({}))["links"]["self"].as_str().unwrap().to_owned();
    for (value, of_any, of_end) in [
        ("eu.de", 201, 201),
        ("fr", 201, 201),
        ("us", 201, 201),
        ("eu", 201, 400),
        ("eu.us", 400, 400),
        ("Germany", 400, 400),
        ("", 201, 201),
    ] {
        for (key, status) in [("placeStr", of_any), ("endStr", of_end)] {
            let body = json!({ "custom": { key: value } });
            let made = server.post("/v1/customers", body.clone()).expect(status);
            let changed = server.patch(&path, body).expect(if status == 201 { 200 } else { 400 });
            for refused in [made, changed].iter().filter(|_| status == 400) {
                assert_eq!(refused.error()["meta"]["pointer"], format!("/custom/{key}"), "{value}");
                let message = refused.error()["message"].as_str().unwrap();
                assert!(message.contains("send one of: ") && message.contains("eu.de"), "{message}");
            }
        }
    }

    let ids = |count: usize| Value::from_iter((0..count).map(|number| format!("{number:024x}")));
    for kept in [ids(10), ids(2), json!([])] {
        let written = server.put(OF_CUSTOMERS, json!({ "validations": kept })).expect(200);
        assert_eq!(written.attributes()["validations"], kept);
        assert_eq!(server.get(OF_CUSTOMERS).expect(200).text, written.text);
        assert_eq!(written.attributes()["properties"]["placeStr"]["tree"], tree, "the rest stays");
    }
    for refused in [ids(11), json!([ids(1)[0], ids(1)[0]])] {
        let refused = server.put(OF_CUSTOMERS, json!({ "validations": refused })).expect(400);
        assert_eq!(refused.parameter(), "validations");
    }
}
