//! Every body that the OpenAPI document gives as an example works on the real server, as does every path.

use std::collections::HashMap;

use kustomer_api::operation::Operation;
use serde_json::Value;

use crate::roles::served;
use crate::server::Server;

/// Creates come first, then what needs a record, then what takes it away and brings it back.
fn turn(operation: &Operation) -> u8 {
    match operation.name {
        "createKlass" | "createCustomer" | "createRoleGroup" => 0,
        "createSchedule" | "upsertSpamSender" => 1,
        "rotateApiKey" => 2,
        // Of the person who was invited.
        "createToken" => 3,
        "deleteCurrentAuthToken" => 9,
        "createKObject" | "createCustomerKObject" | "createDraftByCustomer" | "createCustomerMerge" => 2,
        // A redaction leaves nothing that leads back.
        "undoCustomerMerge" => 2,
        "createDraftAttachment" | "createForwardAttachment" => 2,
        "redactMessage" => 3,
        "restoreCustomer" | "deleteDraft" | "deleteScheduleById" => 5,
        "eraseCustomer" => 6,
        // It has kobjects until the last of them is erased with its customer.
        "deleteKlass" => 7,
        _ if operation.path.ends_with("/bulk") && operation.method == "DELETE" => 5,
        _ if operation.path.ends_with("/bulk") && !operation.is_read() => 4,
        _ if operation.tag == "bulk" => 5,
        _ if operation.success == 204 => 4,
        _ if operation.success == 201 => 1,
        _ => 3,
    }
}

/// The description of an operation: its path, and the rest.
fn described<'a>(document: &'a Value, name: &str) -> Option<(&'a str, &'a Value)> {
    document["paths"].as_object().unwrap().iter().find_map(|(path, members)| {
        let found = members.as_object().unwrap().values().find(|member| member["operationId"] == name)?;
        Some((path.as_str(), found))
    })
}

/// What names the attachments of drafts among the ids.
const OF_DRAFT: &str = "drafts/attachments";
const OF_FORWARD: &str = "forwards/attachments";

/// The list whose record a parameter names.
fn holder<'a>(path: &'a str, parameter: &str) -> &'a str {
    let lists = ["attachments", "events", "keys", "merges", "messages", "searches", "sessions", "times"];
    let before = path.split(&format!("/{{{parameter}}}")).next().and_then(|before| before.rsplit('/').next());
    match before.filter(|before| lists.contains(before)) {
        Some("attachments") if path.starts_with("/drafts/") => OF_DRAFT,
        Some("attachments") if path.starts_with("/forwards/") => OF_FORWARD,
        Some(before) => before,
        None => path.split('/').nth(1).unwrap(),
    }
}

#[test]
fn every_example_of_the_document_gets_the_declared_success() {
    let server = Server::start();
    let document = server.get("/openapi.json").expect(200).body;
    let mut operations = served(&server);
    operations.sort_by_key(|operation| turn(operation));
    let me = server.get("/v1/users/current").expect(200).body["data"].clone();
    let key = server.get("/v1/auth/tokens/current").expect(200).body["data"].clone();
    let mut ids: HashMap<&str, Value> = HashMap::from([
        ("users", me["id"].clone()),
        ("orgs", me["relationships"]["org"]["data"]["id"].clone()),
        ("auth", key["id"].clone()),
    ]);
    let mut bodies = 0;
    for operation in operations {
        let Some((template, described)) = described(&document, operation.name) else { continue };
        let body = described.get("requestBody").map(|body| {
            let example = body.pointer("/content/application~1json/example");
            bodies += 1;
            example.unwrap_or_else(|| panic!("{}: the body has no example", operation.name)).clone()
        });
        if operation.name == "getaCustomerEvent" {
            let events = format!("/v1/customers/{}/events", ids["customers"].as_str().unwrap());
            ids.insert("events", server.get(&events).expect(200).body["data"][0]["id"].clone());
        }
        if operation.name == "getAllEventsByCustomerForSession" {
            let customer = format!("/v1/customers/{}", ids["customers"].as_str().unwrap());
            let known = server.get(&customer).expect(200).attributes()["externalIds"][0]["externalId"].clone();
            let visit = serde_json::json!({ "identity": { "externalId": known }, "event": { "name": "Viewed" } });
            server.post("/v1/tracking/identityEvent", visit).expect(201);
            let sessions = server.get(&format!("{customer}/sessions")).expect(200);
            ids.insert("sessions", sessions.data()[0]["attributes"]["sessionId"].clone());
        }
        let mut path = template.to_owned();
        for parameter in described["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "path" {
                // Where an id can be a name, there is an example.
                let known = || &ids[holder(template, name)];
                let value = parameter.get("example").unwrap_or_else(known);
                path = path.replace(&format!("{{{name}}}"), value.as_str().unwrap());
            }
        }
        // The id of a customer in an example is that of none: the one created takes its place.
        let body = body.map(|mut body| {
            if let Some(customer) = body.get_mut("customer") {
                *customer = ids["customers"].clone();
            }
            if let Some(conversation) = body.get_mut("conversation") {
                *conversation = ids["conversations"].clone();
            }
            if operation.name == "createCustomerMerge" {
                body["source"] = server.create(serde_json::json!({}))["id"].clone();
                body["target"] = ids["customers"].clone();
            }
            body
        });
        if operation.name == "createToken" {
            let person = format!("/v1/users/{}", ids["users"].as_str().unwrap());
            let example = described["requestBody"]["content"]["application/json"]["example"].clone();
            server.put(&person, serde_json::json!({ "password": example["password"] })).expect(201);
        }
        if operation.name == "getAttachmentByMessageAndAttachmentId" {
            // The example of a message cannot know the id of an attachment.
            let named = serde_json::json!({ "attachments": [ids["attachments"]] });
            server.patch(&format!("/v1/messages/{}", ids["messages"].as_str().unwrap()), named).expect(200);
        }
        if operation.name == "createWebHookTransaction" {
            let made = server.post("/v1/inbound-webhooks", serde_json::json!({ "name": "any" })).expect(201);
            let address = format!("{}/address", made.data()["links"]["self"].as_str().unwrap());
            let hash = server.get(&address).expect(200).body["hash"].clone();
            path = format!("/hooks/web/{}", hash.as_str().unwrap());
        }
        let is_bulk = operation.path.ends_with("/bulk");
        if is_bulk && operation.method == "DELETE" {
            path = format!("{path}?ids={}", ids[operation.tag].as_str().unwrap());
        }
        let answer = server.call(operation.method.clone(), &format!("/v1{path}"), body);
        assert_eq!(answer.status, operation.success, "{} {path}: {}", operation.name, answer.body);
        let is_of_its_path =
            turn(operation) <= 1 && operation.success == 201 && !operation.path.contains('{') && !is_bulk;
        if ["createApiKey", "rotateApiKey"].contains(&operation.name) {
            ids.insert("keys", answer.data()["id"].clone());
        }
        let makes_others = ["createKObject", "createRoleGroup", "createSchedule", "upsertSpamSender"];
        if is_of_its_path || makes_others.contains(&operation.name) {
            ids.insert(operation.tag, answer.data()["id"].clone());
        }
        if is_bulk && !operation.is_read() {
            ids.insert("bulk", answer.data()["id"].clone());
        }
        if operation.name == "createForwardAttachment" {
            ids.insert(OF_FORWARD, answer.data()["id"].clone());
        }
        if operation.name == "createDraftAttachment" {
            ids.insert(OF_DRAFT, answer.data()["id"].clone());
        }
        if operation.name == "createNoteWithinConversation" {
            let conversation = answer.data()["relationships"]["conversation"]["links"]["self"].as_str().unwrap();
            let times = server.get(&format!("{conversation}/times")).expect(200);
            ids.insert("times", times.data()[0]["id"].clone());
        }
        if operation.name == "undoCustomerMerge" {
            // The examples of searches find one customer.
            server.delete(answer.data()["relationships"]["source"]["links"]["self"].as_str().unwrap()).expect(204);
        }
        if operation.name == "createCustomerMerge" {
            ids.insert("merges", answer.data()["id"].clone());
        }
        if operation.name == "createDraftByCustomer" {
            ids.insert("outbox", answer.data()["relationships"]["delivery"]["data"]["id"].clone());
        }
        if operation.name == "createCustomer" {
            ids.insert("tags", answer.attributes()["tags"][0].clone());
        }
        if operation.name == "customerSearch" || operation.name == "customerArchiveSearch" {
            let created = ids["customers"].as_str().unwrap().to_owned();
            assert!(answer.ids().contains(&created), "{}: {}", operation.name, answer.body);
        }
    }
    assert!(bodies >= 10, "{bodies} bodies");
}

#[test]
fn the_bodies_of_searches_describe_their_members() {
    let document = Server::start().get("/openapi.json").expect(200).body;
    let schemas = &document["components"]["schemas"];
    for body in ["CustomerSearch", "CustomerArchiveSearch"] {
        for (name, schema) in schemas[body]["properties"].as_object().unwrap() {
            let component = schema["$ref"].as_str().map(|path| path.rsplit_once('/').unwrap().1);
            let is_typed = component.map_or(schema.get("type").is_some(), |name| schemas.get(name).is_some());
            assert!(is_typed, "{body}.{name}: {schema}");
        }
    }
    let operators = schemas["SearchCondition"]["properties"].as_object().unwrap();
    assert!(operators.contains_key("not_contains_any") && operators.contains_key("prefix"), "{operators:?}");
}
