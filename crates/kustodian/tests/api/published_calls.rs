//! The calls that published programs make, in the forms that they send: a client generated from the contract, a workflow
//! service (Pipedream) and a router of events (RudderStack). Each program has to get through its day without a change.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

fn id(answer: &Answer) -> String {
    answer.data()["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_workflow_service_fills_its_menus_and_runs_its_actions() {
    let server = Server::start_with(&["--webhook-allow-private"]);
    let made = |path: &str, body: Value| {
        let answer = server.call(POST, path, Some(body));
        assert!(answer.status < 300, "{path}: {}", answer.text);
        id(&answer)
    };
    server.create(json!({ "tags": ["vip"] }));
    let tag = server.get("/v1/tags").expect(200).ids()[0].clone();
    let team = made("/v1/teams", json!({ "name": "Desk" }));
    let user = id(&server.get("/v1/users/current"));
    let queue = made("/v1/routing/queues", json!({ "name": "Mail" }));
    made("/v1/klasses", json!({ "name": "order" }));

    // It asks its first page of a menu for 0 records, and later ones for ever more.
    for list in ["customers", "conversations", "tags", "users", "teams", "routing/queues", "klasses", "klasses/order"] {
        for (page, size) in [(1, 0), (2, 100)] {
            let answer = server.get(&format!("/v1/{list}?page={page}&pageSize={size}")).expect(200);
            assert!(answer.data().is_array(), "{list}: {}", answer.text);
        }
    }

    let customer = json!({
        "name": "Ada Lovelace", "company": null, "externalId": "w-1", "username": "ada", "avatarUrl": "https://a.example/a.png",
        "externalIds": [{ "externalId": "w-2" }], "sharedExternalIds": [{ "externalId": "w-3" }],
        "emails": [{ "email": "ada@acme.example" }], "sharedEmails": [{ "email": "desk@acme.example" }],
        "phones": [{ "phone": "+4915100000001" }], "sharedPhones": [{ "phone": "4915100000002" }],
        "whatsapps": [{ "phone": "+4915100000003" }], "urls": [{ "url": "https://acme.example" }], "tags": [tag],
        "sentiment": { "confidence": 1, "polarity": 1 }, "birthdayAt": "1815-12-10T00:00:00.000Z", "gender": "f", "defaultLang": "en_gb",
    });
    let created = server.post("/v1/customers", customer).expect(201);
    assert_eq!(created.attributes()["defaultLang"], "en_gb");
    let path = format!("/v1/customers/{}", id(&created));
    let update = json!({ "name": "Ada King", "emails": [{ "email": "ada@acme.example" }], "sentiment": { "confidence": 0, "polarity": -1 } });
    let updated = server.call(PUT, &path, Some(update)).expect(200);
    assert_eq!(updated.attributes()["username"], "ada", "what an update leaves out stays");

    for (status, direction) in [("open", "in"), ("done", "out")] {
        let conversation = json!({
            "customer": id(&created), "externalId": format!("c-{status}"), "name": "A question", "status": status,
            "priority": 3, "direction": direction, "tags": [tag], "assignedUsers": [user], "assignedTeams": [team],
            "defaultLang": "de", "queue": { "id": queue },
        });
        let created = server.post("/v1/conversations", conversation).expect(201);
        assert_eq!((&created.attributes()["status"], &created.attributes()["priority"]), (&json!(status), &json!(3)));
        let path = format!("/v1/conversations/{}", id(&created));
        let update = json!({ "name": "Another", "status": "done", "priority": 5, "tags": [], "assignedUsers": [] });
        let updated = server.call(PATCH, &path, Some(update)).expect(200);
        assert_eq!(
            (&updated.attributes()["name"], &updated.attributes()["status"]),
            (&json!("Another"), &json!("done"))
        );
    }

    let order = json!({ "title": "Order 1", "externalId": "o-1", "custom": { "totalNum": 3 } });
    let order = server.post("/v1/klasses/order", order).expect(201);
    let path = format!("/v1/klasses/order/{}", id(&order));
    server.get(&path).expect(200);
    server.get("/v1/klasses/order/externalId=o-1").expect(200);
    let changed = server.call(PUT, &path, Some(json!({ "title": "Order 2", "custom": { "totalNum": 4 } }))).expect(200);
    assert_eq!(changed.attributes()["custom"]["totalNum"], json!(4));

    for event in [
        "kustomer.customer.create",
        "kustomer.customer.update",
        "kustomer.conversation.create",
        "kustomer.message.create",
    ] {
        let hook = json!({ "name": "my workflow", "url": "https://127.0.0.1:9/in", "events": [event] });
        let hook = server.post("/v1/outbound-webhooks", hook).expect(201);
        assert!(server.call(DELETE, &format!("/v1/outbound-webhooks/{}", id(&hook)), None).status < 300);
    }
}

#[test]
fn the_router_of_events_identifies_people_and_sends_their_events() {
    let server = Server::start();
    let identify = |external_id: &str, email: &str| {
        json!({
            "name": "Test Person", "externalId": external_id, "username": "person47", "company": "Acme",
            "signedUpAt": "2015-04-17T12:37:42.146Z", "lastActivityAt": "2016-04-17T12:37:42.146Z",
            "lastCustomerActivityAt": "2017-04-17T12:37:42.146Z", "lastSeenAt": "2017-04-17T12:37:42.146Z",
            "avatarUrl": "https://acme.example/boat.png", "gender": "m", "tags": ["happy", "satisfied"], "locale": "en-US",
            "socials": [
                { "verified": true, "userid": "100", "type": "twitter", "username": "@person", "url": "http://social.example/p" },
                { "verified": false, "userid": "200", "type": "facebook", "username": "person", "url": "http://other.example/p" },
            ],
            "birthdayAt": "2005-01-01T23:28:56.782Z", "timeZone": "Europe/Berlin",
            "emails": [{ "type": "home", "email": email }], "phones": [{ "type": "home", "phone": "+12345578900" }],
            "urls": [{ "url": "www.acme.example" }],
            "locations": [{ "type": "home", "address": "24 Some Lane Miami Florida 1890001" }],
        })
    };
    // It looks for the address, then for the person's id, then for that of the visit, and creates whom it does not find.
    for look_up in
        ["email=person@acme.example", "externalId=person-1", "externalId=97c46c81-3140-456d-b2a9-690d70aaca35"]
    {
        server.get(&format!("/v1/customers/{look_up}")).expect(404);
    }
    let created = server.post("/v1/customers", identify("person-1", "person@acme.example")).expect(201);
    assert_eq!(created.attributes()["companyName"], "Acme");
    // A second time it finds the id at `data.id` of a 200, and changes the record.
    let found = server.get("/v1/customers/email=person@acme.example").expect(200);
    let path = format!("/v1/customers/{}?replace=false", id(&found));
    let changes = json!({ "name": "Another Name", "externalId": "person-1", "locale": "en-US", "phones": [{ "type": "home", "phone": "+12345578000" }] });
    let changed = server.call(PUT, &path, Some(changes)).expect(200);
    assert_eq!(changed.attributes()["name"], "Another Name");
    assert_eq!(changed.attributes()["emails"][0]["email"], "person@acme.example", "`replace=false` keeps the rest");
    // All of the first call again, which is how most second calls look.
    server.call(PUT, &path, Some(identify("person-1", "person@acme.example"))).expect(200);

    // Suffixes for numbers and dates; switches, lists and objects as text.
    for (name, meta) in [
        (
            "Web-Page-Viewed",
            json!({ "url": "http://shop.example", "path": "/cart", "title": "a phone", "referrer": "shop" }),
        ),
        (
            "Screen-Viewed-Start",
            json!({ "hasAccount": "true", "YearSelectedNum": 1801, "originalServingAt": "2021-01-25T15:32:56.409Z" }),
        ),
        (
            "Order-Completed",
            json!({ "revenueNum": 12.5, "orderedAt": "2021-01-25", "products": "{\"sku\":1},{\"sku\":2}", "address": "{\"city\":\"Berlin\"}" }),
        ),
        ("Order-Refunded", json!({})),
    ] {
        let event = json!({ "identity": { "externalId": "person-1" }, "event": { "name": name, "meta": meta } });
        let tracked = server.post("/v1/tracking/identityEvent", event);
        assert!(tracked.status < 300, "{name}: {}", tracked.text);
    }
    let with_address = json!({
        "identity": { "externalId": "person-1", "email": "person@acme.example" },
        "event": { "name": "Order-Completed", "meta": { "revenueNum": 1 } },
    });
    assert!(server.post("/v1/tracking/identityEvent", with_address).status < 300);
    let events = server.get(&format!("/v1/customers/{}/events", id(&found))).expect(200);
    let tracked = |event: &&Value| event["attributes"]["name"] == "kustomer.tracking.identified.event";
    assert_eq!(events.data().as_array().unwrap().iter().filter(tracked).count(), 5, "{}", events.text);
}

#[test]
fn the_generated_client_lists_reads_and_renames() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }))["id"].clone();
    let conversation =
        server.post("/v1/conversations", json!({ "customer": customer, "name": "A question" })).expect(201);
    let message = json!({ "app": "postmark", "channel": "email", "direction": "in", "preview": "hello", "meta": { "from": "ada@acme.example" } });
    server.post(&format!("/v1/conversations/{}/messages", id(&conversation)), message).expect(201);
    // It sends a content type with every request, reads `data.data`, and its errors are joined titles of `errors`.
    let ask = |method: Method, path: &str, body: Option<Value>| {
        let request = server.request(method, path).bearer_auth(crate::server::TOKEN);
        let request = request.header("accept", "application/json").header("content-type", "application/json");
        Answer::of(match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        })
    };
    let listed = ask(GET, "/v1/conversations?page=1&pageSize=5", None).expect(200);
    is_typed("getConversations", &listed, CONVERSATION);
    for conversation in listed.ids() {
        let messages = ask(GET, &format!("/v1/conversations/{conversation}/messages"), None).expect(200);
        assert_eq!(messages.ids().len(), 1);
        is_typed("getMessagesByConversation", &messages, MESSAGE);
        let renamed = ask(PUT, &format!("/v1/conversations/{conversation}"), Some(json!({ "name": "My new name" })));
        let renamed = renamed.expect(200);
        assert_eq!(renamed.attributes()["name"], "My new name");
        is_typed("updateConversation", &renamed, CONVERSATION);
    }
    is_typed("getCustomerById", &ask(GET, &format!("/v1/customers/{}", customer.as_str().unwrap()), None), CUSTOMER);
    let refused = ask(GET, "/v1/conversations/5c7d1a1f9a1b2c0010a1b2c3", None).expect(404);
    let error = &refused.body["errors"][0];
    assert!(error["title"].as_str().is_some_and(|title| !title.is_empty()) && error["status"] == 404, "{error}");
    assert!(error["code"].is_string());
}

/// Members of the contract's samples that these records do not have.
const CONVERSATION: &[&str] = &[];
const MESSAGE: &[&str] = &[
    "/data/attributes/externalId is missing",
    "/data/attributes/meta/cc is missing",
    "/data/attributes/meta/inReplyTo is missing",
    "/data/attributes/meta/recipient is missing",
    "/data/attributes/meta/subject is missing",
    "/data/attributes/meta/to is missing",
    "/data/links/related is missing",
];
const CUSTOMER: &[&str] = &[
    "/data/attributes/avatarUrl is missing",
    "/data/attributes/birthdayAt is missing",
    "/data/attributes/externalId is missing",
    "/data/attributes/gender is missing",
    "/data/attributes/lastConversation/sentiment/confidence is missing",
    "/data/attributes/lastConversation/sentiment/polarity is missing",
    "/data/attributes/lastMessageIn/sentiment is missing",
    "/data/attributes/lastSeenAt is missing",
    "/data/attributes/locale is missing",
    "/data/attributes/presence is missing",
    "/data/attributes/preview/subject is missing",
    "/data/attributes/sentiment is missing",
    "/data/attributes/signedUpAt is missing",
    "/data/attributes/timeZone is missing",
    "/data/attributes/username is missing",
];

/// The types of the generated client are those of the contract: whatever is there has its type, and all is there that a
/// sample has but for `absent`.
fn is_typed(operation: &str, answer: &Answer, absent: &[&str]) {
    let contract: Value = serde_json::from_str(include_str!("../../../../contract/operations.json")).unwrap();
    let operations = contract.as_array().unwrap();
    let operation = operations.iter().find(|known| known["operation"] == operation).unwrap();
    let responses = operation["responses"].as_object().unwrap();
    let (_, schema) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
    let mut faults = Vec::new();
    compare(schema, &answer.body, "", &mut faults);
    faults.retain(|fault| !absent.contains(&fault.as_str()));
    assert!(faults.is_empty(), "{faults:#?} in {}", answer.text);
}

fn compare(schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let is_of_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    let may_be_null = schema["nullable"] == true && value.is_null();
    if !(is_of_type || may_be_null) {
        faults.push(format!("{at} is {value}"));
    }
    for item in value.as_array().into_iter().flatten().filter(|_| schema["items"].is_object()) {
        compare(&schema["items"], item, at, faults);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(member) = value.get(name) {
            compare(schema, member, &format!("{at}/{name}"), faults);
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| value.is_object() && value.get(name).is_none());
    faults.extend(missing.map(|name| format!("{at}/{name} is missing")));
}
