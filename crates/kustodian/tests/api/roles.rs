//! Every served operation against every kind of role: none, another, the legacy one, the permission, a parent, and a
//! key of another org.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use kustomer_api::operation::{self, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::Server;

/// The operations the server describes as served.
pub(crate) fn served(server: &Server) -> Vec<&'static Operation> {
    let document = server.get("/openapi.json").expect(200).body;
    let names = document["x-served"].as_array().unwrap();
    let served: Vec<_> = operation::all().filter(|operation| names.iter().any(|name| name == operation.name)).collect();
    assert_eq!(served.len(), names.len());
    served
}

/// A password that will do.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Whether an operation is about the credential itself, or makes secrets: asking it takes more than a record to aim at.
pub(crate) fn is_about_credentials(operation: &Operation) -> bool {
    operation.public || operation.tag == "auth" && !operation.is_read()
}

/// The id of no customer.
pub(crate) const NOBODY: &str = "5c7d1a1f9a1b2c0010a1b2c3";

/// The least that an operation must be sent: a write needs a body.
pub(crate) fn least_body(operation: &Operation) -> Option<Value> {
    match operation.name {
        "createAttachment" | "createMedia" | "createDraftAttachment" | "createForwardAttachment" => Some(any_file()),
        "createForward" => Some(json!({ "conversation": NOBODY, "channel": "email" })),
        "createForwardByConversation" => Some(json!({ "channel": "email" })),
        "createOutboundWebhook" => {
            Some(json!({ "name": "any", "url": "https://127.0.0.1:9/", "events": ["kustomer.customer.create"] }))
        }
        "redeliverOutboundWebhook" => Some(json!({ "since": "2100-01-01T00:00:00.000Z" })),
        "createTeam"
        | "updateTeamById"
        | "createShortcut"
        | "createCompany"
        | "createBrand"
        | "createSatisfaction"
        | "createSla"
        | "createRoutingQueue"
        | "createInboundWebhook" => Some(json!({ "name": "any" })),
        "createSavedSearch" => Some(json!({ "name": "any", "query": {} })),
        "createSchedule" => Some(any_schedule()),
        "upsertSpamSender" => Some(any_sender()),
        "createKlass" => Some(json!({ "name": format!("klass-{}", NEXT_NUMBER.fetch_add(1, Ordering::Relaxed)) })),
        "createKObject" | "createCustomerKObject" => Some(json!({ "title": "any" })),
        "createDraft" => Some(json!({ "customer": NOBODY, "channel": "chat", "body": "any" })),
        "createDraftByCustomer" | "updateDraft" => Some(json!({ "channel": "chat", "body": "any" })),
        "createRoleGroup" => Some(json!({ "name": "any" })),
        "createInviteNewUser" => {
            let email = format!("any-{}@acme.example", NEXT_NUMBER.fetch_add(1, Ordering::Relaxed));
            Some(json!({ "name": "any", "email": email }))
        }
        "createToken" => Some(json!({ "domain": "demo", "email": "nobody@acme.example", "password": PASSWORD })),
        "resetUsersPassword" => Some(json!({ "domain": "demo", "email": "nobody@acme.example" })),
        "updateAuthSettings" => Some(json!({ "kustomer": { "enabled": true }, "google": { "enabled": false } })),
        // One of them is held by keys that may create keys.
        "createApiKey" => Some(json!({ "name": "any", "roles": ["org.admin.security", "org.permission.security"] })),
        "addTeamMember" | "removeTeamMember" => Some(json!({ "members": [] })),
        // Of a customer that there is not.
        "createConversation" => Some(json!({ "customer": NOBODY })),
        "createMessage" => Some(json!({ "customer": NOBODY, "channel": "chat", "app": "web", "direction": "in" })),
        "createMessageByCustomer" | "createMessageFromConversation" => Some(json!({ "channel": "chat", "app": "web" })),
        "createNote" | "createNoteWithinConversation" => Some(json!({ "body": "any" })),
        _ if operation.path.ends_with("/bulk") && operation.method != Method::DELETE => Some(json!([])),
        "createCustomerMerge" => Some(json!({ "source": NOBODY, "target": "5c7d1a1f9a1b2c0010a1b2c4" })),
        "createTrackingEvent" => Some(json!({ "name": "any" })),
        "createTrackingIdentityEvent" => Some(json!({ "identity": {}, "event": { "name": "any" } })),
        "redactMessage" => Some(json!({ "preview": "any" })),
        "appendTagsToConversation" | "removeTagsFromConversation" => Some(json!(["vip"])),
        _ => (!operation.is_read() && operation.method != Method::DELETE).then(|| json!({})),
    }
}

fn any_schedule() -> Value {
    let hours: Value = (0..7).map(|day| (day.to_string(), Value::Null)).collect::<serde_json::Map<_, _>>().into();
    json!({ "name": "any", "hours": hours, "timezone": "UTC" })
}

fn any_sender() -> Value {
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    json!({ "sender": format!("{number}@spam.example"), "channel": "email", "list": "blacklist" })
}

fn any_file() -> Value {
    json!({ "name": "any.txt", "contentType": "text/plain", "contentLength": 5 })
}

/// No two customers share a phone number.
static NEXT_NUMBER: AtomicU32 = AtomicU32::new(100_000);

/// A request for an operation, aimed at records that exist in the org `demo`.
pub(crate) fn aim(server: &Server, operation: &Operation) -> (Method, String, Option<Value>) {
    let customer = server.create(json!({ "tags": ["vip"] }));
    let path = customer["links"]["self"].as_str().unwrap();
    match operation.name {
        // Settings that nobody has written have no past.
        "getAuthSettingsHistory" => {
            let set = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false } });
            server.put("/v1/auth/settings", set).expect(200);
        }
        // It closes one that is open.
        "deleteUnmaskingWindowByCustomer" => {
            server.post(&format!("{path}/unmasking-windows"), json!({})).expect(201);
        }
        // The record of the customer says that it was seen.
        "createTrackingEvent" => {
            server.patch(path, json!({ "externalId": customer["id"] })).expect(200);
            let who = json!({ "trackingId": customer["id"], "externalId": customer["id"] });
            server.post("/v1/tracking/identity", who).expect(201);
            let did = json!({ "trackingId": customer["id"], "name": "any" });
            return (operation.method.clone(), "/v1/tracking/event".to_owned(), Some(did));
        }
        _ => {}
    }
    if operation.path.starts_with("/customers/merges") {
        return aim_at_merge(server, operation, &customer);
    }
    if operation.path.ends_with("/bulk") && operation.method == Method::DELETE {
        let (method, path, body) = aim_at(server, operation, &customer);
        return (method, format!("{path}?ids={}", customer["id"].as_str().unwrap()), body);
    }
    if ["/sessions", "/events"].iter().any(|word| operation.path.contains(word)) && operation.tag == "customers" {
        return aim_at_tracked(server, operation, &customer);
    }
    aim_at(server, operation, &customer)
}

fn aim_at(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    if operation.path.contains("/klasses/") {
        return aim_at_klass(server, operation, customer);
    }
    if operation.tag == "metadata" {
        return aim_at_metadata(server, operation);
    }
    if ["/conversations", "/messages", "/notes"].iter().any(|word| operation.path.contains(word)) {
        return aim_at_conversation(server, operation, customer);
    }
    if operation.path.starts_with("/forwards") {
        return aim_at_forward(server, operation, customer);
    }
    if operation.path.starts_with("/drafts") || operation.path.starts_with("/outbox") {
        return aim_at_draft(server, operation, customer);
    }
    let org = customer["relationships"]["org"]["data"]["id"].as_str().unwrap();
    let user = customer["relationships"]["createdBy"]["data"]["id"].as_str().unwrap();
    let key = json!({ "name": "any", "roles": ["org.user.customer.read"] });
    let token =
        if operation.tag == "auth" { server.post("/v1/auth/keys", key) } else { server.get("/v1/orgs/current") };
    let plain;
    let id = match operation.tag {
        "auth" => token.data()["id"].as_str().unwrap(),
        "role-groups" => {
            plain = server.post("/v1/role-groups", json!({ "name": "any" })).expect(200);
            plain.data()["id"].as_str().unwrap()
        }
        "tags" => customer["attributes"]["tags"][0].as_str().unwrap(),
        "orgs" => org,
        "users" => user,
        "routing" => {
            plain = server.post("/v1/routing/queues", json!({ "name": "any" })).expect(201);
            plain.data()["id"].as_str().unwrap()
        }
        "searches" => {
            plain = server.post("/v1/customers/searches", json!({ "name": "any", "query": {} })).expect(201);
            plain.data()["id"].as_str().unwrap()
        }
        "schedules" => {
            plain = server.post("/v1/schedules", any_schedule()).expect(200);
            plain.data()["id"].as_str().unwrap()
        }
        "spam" => {
            plain = server.put("/v1/spam/senders", any_sender()).expect(200);
            plain.data()["id"].as_str().unwrap()
        }
        "teams" | "shortcuts" | "companies" | "brands" | "satisfaction" | "slas" => {
            plain = server.post(&format!("/v1/{}", operation.tag), json!({ "name": "any" })).expect(201);
            plain.data()["id"].as_str().unwrap()
        }
        "outbound-webhooks" => {
            let listed = server.get("/v1/outbound-webhooks?pageSize=1").expect(200).body;
            match listed["data"][0]["id"].as_str() {
                Some(id) => return (operation.method.clone(), path_with(operation, id), least_body(operation)),
                None => {
                    let body =
                        json!({ "name": "any", "url": "https://127.0.0.1:9/", "events": ["kustomer.customer.create"] });
                    plain = server.post("/v1/outbound-webhooks", body).expect(201);
                    plain.data()["id"].as_str().unwrap()
                }
            }
        }
        "inbound-webhooks" => match server.get("/v1/inbound-webhooks?pageSize=1").expect(200).ids().pop() {
            Some(id) if operation.name != "deleteInboundWebhook" => {
                return (operation.method.clone(), path_with(operation, &id), least_body(operation));
            }
            _ => {
                plain = server.post("/v1/inbound-webhooks", json!({ "name": "any" })).expect(201);
                plain.data()["id"].as_str().unwrap()
            }
        },
        "bulk" => {
            plain = server.post("/v1/customers/bulk", json!([])).expect(201);
            plain.data()["id"].as_str().unwrap()
        }
        "attachments" | "media" => {
            plain = server.post(&format!("/v1/{}", operation.tag), any_file()).expect(201);
            plain.data()["id"].as_str().unwrap()
        }
        _ => customer["id"].as_str().unwrap(),
    };
    let unique = customer["id"].as_str().unwrap();
    let unique_digits = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    for (parameter, value) in
        [("email", format!("{unique}@b.c")), ("externalId", unique.to_owned()), ("phone", unique_digits)]
    {
        let list = format!("{parameter}s");
        server.patch(customer["links"]["self"].as_str().unwrap(), json!({ list: [{ parameter: value }] })).expect(200);
        if operation.path.contains(&format!("{{{parameter}}}")) {
            return (operation.method.clone(), format!("/v1/customers/{parameter}={value}"), None);
        }
    }
    let path = operation.path.replace("{id}", id).replace("{ids}", &format!("{id},{user}"));
    let takes_body = matches!(operation.method, Method::POST | Method::PUT | Method::PATCH);
    let body = least_body(operation).or(takes_body.then(|| json!({})));
    (operation.method.clone(), format!("/v1{path}"), body)
}

fn path_with(operation: &Operation, id: &str) -> String {
    format!("/v1{}", operation.path.replace("{id}", id))
}

/// The same for an operation on tracked events.
fn aim_at_tracked(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    let path = customer["links"]["self"].as_str().unwrap();
    server.patch(path, json!({ "externalId": customer["id"] })).expect(200);
    let did = json!({ "identity": { "externalId": customer["id"] }, "event": { "name": "any", "sessionId": "visit" } });
    server.post("/v1/tracking/identityEvent", did).expect(201);
    let events = server.get(&format!("{path}/sessions/visit/events")).expect(200);
    let id = customer["id"].as_str().unwrap();
    let path = match operation.path.contains("{customerId}") {
        true => operation.path.replace("{customerId}", id).replace("{id}", &events.ids()[0]),
        false => operation.path.replace("{id}", id),
    };
    (operation.method.clone(), format!("/v1{}", path.replace("{sessionId}", "visit")), None)
}

/// The same for an operation on merges of customers.
fn aim_at_merge(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    let other = server.create(json!({}));
    let body = json!({ "source": other["id"], "target": customer["id"] });
    if operation.method == Method::POST && !operation.path.contains('{') {
        return (operation.method.clone(), format!("/v1{}", operation.path), Some(body));
    }
    let merged = server.post("/v1/customers/merges", body).expect(201);
    let path = operation.path.replace("{id}", merged.data()["id"].as_str().unwrap());
    (operation.method.clone(), format!("/v1{path}"), None)
}

/// The same for an operation on conversations, messages or notes.
fn aim_at_conversation(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
    let owned = |body: Value| {
        json!({ "customer": customer["id"], "externalId": number })
            .as_object()
            .unwrap()
            .clone()
            .into_iter()
            .chain(body.as_object().unwrap().clone())
            .collect::<serde_json::Map<_, _>>()
    };
    let file = server.post("/v1/attachments", any_file()).expect(201).data().clone();
    let said = json!({ "channel": "email", "app": "postmark", "direction": "in", "attachments": [file["id"]] });
    let conversation = server.post("/v1/conversations", owned(json!({})).into()).expect(201).data().clone();
    let message = server.post("/v1/messages", owned(said.clone()).into()).expect(201).data().clone();
    let note = server.post("/v1/notes", json!({ "body": "any" })).expect(201).data().clone();
    let of_path = match operation.path.split('/').nth(1) {
        Some("customers") => id(customer),
        Some("messages") => id(&message),
        Some("notes") => id(&note),
        _ if operation.path.starts_with("/conversations/times") => {
            let path = conversation["links"]["self"].as_str().unwrap();
            server.patch(path, json!({ "status": "done" })).expect(200);
            id(&server.get(&format!("{path}/times")).expect(200).data()[0])
        }
        _ => id(&conversation),
    };
    let path = operation
        .path
        .replace("{ids}", &format!("{of_path},{}", id(customer)))
        .replace("{message_id}/attachments/{id}", &format!("{of_path}/attachments/{}", id(&file)))
        .replace("{id}", &of_path)
        .replace("={externalId}", &format!("={number}"));
    let mut body = least_body(operation);
    if let Some(named) = body.as_mut().and_then(|body| body.get_mut("customer")) {
        *named = customer["id"].clone();
    }
    (operation.method.clone(), format!("/v1{path}"), body)
}

/// The same for an operation on forwards.
fn aim_at_forward(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    let conversation = server.post("/v1/conversations", json!({ "customer": customer["id"] })).expect(201);
    let forward = json!({ "conversation": conversation.data()["id"], "channel": "email" });
    let id = server.post("/v1/forwards", forward.clone()).expect(201).data()["id"].clone();
    let body = if operation.name == "createForward" { Some(forward) } else { least_body(operation) };
    (operation.method.clone(), with_file(server, operation, id.as_str().unwrap()), body)
}

/// The path of an operation on a record, and on an attachment of its where it names one.
fn with_file(server: &Server, operation: &Operation, id: &str) -> String {
    let path = format!("/v1{}", operation.path.replace("{id}", id));
    if !path.contains("{attachmentId}") {
        return path;
    }
    let file = server.post(&path.replace("/{attachmentId}", ""), any_file()).expect(200);
    path.replace("{attachmentId}", file.data()["id"].as_str().unwrap())
}

/// The same for an operation on drafts or the outbox.
fn aim_at_draft(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    let draft = json!({ "customer": customer["id"], "channel": "chat", "body": "any" });
    let mut sent = draft.clone();
    sent["status"] = json!("sent");
    let id = match operation.path.starts_with("/outbox") {
        true => server.post("/v1/drafts", sent).expect(201).data()["relationships"]["delivery"]["data"]["id"].clone(),
        false => server.post("/v1/drafts", draft.clone()).expect(201).data()["id"].clone(),
    };
    let body = if operation.name == "createDraft" { Some(draft) } else { least_body(operation) };
    let path = with_file(server, operation, id.as_str().unwrap());
    (operation.method.clone(), path, body)
}

/// The same for an operation on metadata: that of kobjects, because that of other kinds is there in every org.
fn aim_at_metadata(server: &Server, operation: &Operation) -> (Method, String, Option<Value>) {
    let klass = format!("order-{}", NEXT_NUMBER.fetch_add(1, Ordering::Relaxed));
    server.post("/v1/klasses", json!({ "name": klass })).expect(200);
    let name = format!("kobject.{klass}");
    server.put(&format!("/v1/metadata/{name}"), json!({})).expect(200);
    (operation.method.clone(), format!("/v1{}", operation.path.replace("{resource}", &name)), least_body(operation))
}

/// The same for an operation on klasses or kobjects.
fn aim_at_klass(server: &Server, operation: &Operation, customer: &Value) -> (Method, String, Option<Value>) {
    let name = format!("order-{}", NEXT_NUMBER.fetch_add(1, Ordering::Relaxed));
    let klass = server.post("/v1/klasses", json!({ "name": name })).expect(200);
    let mut path = operation.path.replace("{name}", &name).replace("externalId={externalId}", "externalId=one");
    if operation.path.starts_with("/klasses/{name}/") {
        let kobject = json!({ "title": "any", "externalId": "one" });
        let kobject = server.post(&format!("/v1/klasses/{name}"), kobject).expect(201);
        path = path.replace("{id}", kobject.data()["id"].as_str().unwrap());
    }
    let company = || server.post("/v1/companies", json!({ "name": "any" })).expect(201).data()["id"].clone();
    let id = match path.split('/').nth(1) {
        Some("customers") => customer["id"].clone(),
        Some("companies") => company(),
        _ => klass.data()["id"].clone(),
    };
    (operation.method.clone(), format!("/v1{}", path.replace("{id}", id.as_str().unwrap())), least_body(operation))
}

#[test]
fn every_served_operation_asks_for_its_roles() {
    let server = Server::on_file();
    server.org("elsewhere");
    let nothing = server.token("demo", &["nothing"]);
    let other = server
        .token("demo", &["org.user.other.read", "org.permission.other", "org.user.custom", "org.admin.customers"]);
    let parent = server.token("demo", &["org.user", "org.permission", "org.admin"]);
    let everything = server.token("demo", &["org"]);
    let wildcard = server.token("demo", &["org.*"]);
    let foreign = server.token("elsewhere", &["org"]);
    // Many operations ask for the same roles.
    let keys = RefCell::new(HashMap::<Vec<String>, String>::new());
    let key_of = |roles: &[&str]| {
        let named = roles.iter().map(ToString::to_string).collect();
        let make = || {
            let made = server.post("/v1/auth/keys", json!({ "name": "test", "roles": roles })).expect(201);
            made.attributes()["token"].as_str().unwrap().to_owned()
        };
        keys.borrow_mut().entry(named).or_insert_with(make).clone()
    };

    // Those who have no credential have no role; who signs out, or replaces a key, has tests of their own.
    let asked = |operation: &&&Operation| {
        !operation.public && !["deleteCurrentAuthToken", "rotateApiKey"].contains(&operation.name)
    };
    for operation in served(&server).iter().filter(asked) {
        // A refused request, or a read, leaves the record as it is for the next key.
        let kept = aim(&server, operation);
        let answers = |token: &str, status: u16, who: &str| {
            let is_kept = operation.is_read() || status >= 400;
            let (method, path, body) = if is_kept { kept.clone() } else { aim(&server, operation) };
            assert_eq!(server.call_as(token, method, &path, body).status, status, "{}: {who}", operation.name);
        };
        let is_open = operation.roles.is_empty() && operation.also.is_empty();
        let refused = if is_open { operation.success } else { 403 };
        answers(&nothing, refused, "no role");
        answers(&other, refused, "another role");
        // Where two roles are needed, one of each list will do and neither list alone.
        for role in operation.roles {
            // What its events are about must be readable, too.
            let sends = ["createOutboundWebhook", "updateOutboundWebhook", "redeliverOutboundWebhook"];
            let reads: &[&str] = if sends.contains(&operation.name) { &["org.user.customer.read"] } else { &[] };
            let token = key_of(&[&[*role], &operation.also[..operation.also.len().min(1)], reads].concat());
            answers(&token, operation.success, role);
        }
        for also in operation.also {
            let token = key_of(&[&operation.roles[..operation.roles.len().min(1)], &[*also]].concat());
            answers(&token, operation.success, also);
            // Where one list is empty, the other is all that is asked for.
            let lists = [operation.roles, operation.also];
            for alone in lists.into_iter().filter(|_| !operation.roles.is_empty()) {
                let token = key_of(alone);
                answers(&token, 403, &format!("{alone:?} alone"));
            }
        }
        for (token, kind) in [(&everything, "org"), (&wildcard, "org.*")] {
            answers(token, operation.success, kind);
        }
        // Some roles are beneath none of the three.
        let is_beneath =
            |role: &&str| ["org.user.", "org.permission.", "org.admin."].iter().any(|of| role.starts_with(of));
        let is_special = !is_open && !operation.roles.iter().chain(operation.also).any(is_beneath);
        let of_parents = if is_special && operation.roles != ["org.admin"] { 403 } else { operation.success };
        answers(&parent, of_parents, "a parent");
        let names_one = operation.path.contains('{') && !operation.path.contains("{ids}");
        let names_a_record = names_one || operation.name == "createCustomerMerge";
        // The body of some names a customer, of which there is none in the other org.
        let is_of_customer = least_body(operation)
            .is_some_and(|body| body.get("customer").is_some() || body.get("conversation").is_some());
        let abroad = match (names_a_record, is_of_customer) {
            (true, _) => 404,
            (_, true) => 400,
            _ => operation.success,
        };
        answers(&foreign, abroad, "a key of another org");
    }
}
