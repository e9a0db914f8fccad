//! Searches for conversations, messages and notes, by each other and by their customers.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PATH, search};
use crate::server::Server;

/// Ada of Berlin, a gold customer, with an open conversation and one that is done; Bob of Paris with an open one.
fn server() -> Server {
    with_records(Server::start())
}

fn with_records(server: Server) -> Server {
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let ada = server.create(json!({
        "name": "Ada", "locations": [{ "cityName": "Berlin" }], "custom": { "tierStr": "gold" },
    }));
    let bob = server.create(json!({ "name": "Bob", "locations": [{ "cityName": "Paris" }] }));
    let conversation = |customer: &Value, body: Value| {
        let path = format!("/v1/customers/{}/conversations", customer["id"].as_str().unwrap());
        server.post(&path, body).expect(201).data()["id"].as_str().unwrap().to_owned()
    };
    let invoice = conversation(
        &ada,
        json!({
            "name": "Invoice 7", "externalId": "crm-7", "priority": 5, "tags": ["billing"], "assignedUsers": [me],
            "custom": { "planStr": "pro" },
        }),
    );
    let thanks = conversation(&ada, json!({ "name": "Thanks", "status": "done" }));
    let depot = conversation(&bob, json!({ "name": "Depot" }));
    let message = |conversation: &str, body: Value| {
        let mut all = json!({ "channel": "email", "app": "postmark", "direction": "in" });
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        server.post(&format!("/v1/conversations/{conversation}/messages"), all).expect(201);
    };
    message(
        &invoice,
        json!({
            "preview": "Where is my invoice?", "subject": "Invoice",
            "meta": { "from": "ada@acme.example", "to": [{ "email": "help@shop.example" }] },
        }),
    );
    message(&invoice, json!({ "preview": "Attached.", "direction": "out", "auto": true }));
    message(&depot, json!({ "preview": "When does the depot open?", "channel": "chat", "externalId": "msg-9" }));
    let note = json!({ "body": "Refund her", "userMentions": [{ "user": me }] });
    server.post(&format!("/v1/conversations/{thanks}/notes"), note).expect(201);
    server
}

/// Names, texts and bodies, in the order of the alphabet.
fn found(server: &Server, body: &Value) -> Vec<String> {
    let mut names = in_order(server, body);
    names.sort_unstable();
    names
}

fn in_order(server: &Server, body: &Value) -> Vec<String> {
    let answer = search(server, body.clone());
    let records = answer.data().as_array().unwrap();
    assert_eq!(answer.body["meta"]["total"], records.len(), "{body}");
    let name = |record: &Value| {
        let attributes = &record["attributes"];
        let member = match record["type"].as_str().unwrap() {
            "message" => "preview",
            "note" => "body",
            _ => "name",
        };
        attributes[member].as_str().unwrap_or_default().to_owned()
    };
    records.iter().map(name).collect()
}

fn of(context: &str, criterion: Value) -> Value {
    json!({ "queryContext": context, "and": criterion })
}

#[test]
fn each_type_is_found_by_its_own_attributes() {
    let server = server();
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let conversation = |name: &str, test: Value| of("conversation", json!({ format!("conversation_{name}"): test }));
    let message = |name: &str, test: Value| of("message", json!({ format!("message_{name}"): test }));
    let note = |name: &str, test: Value| of("note", json!({ format!("note_{name}"): test }));
    for (body, names) in [
        (json!({ "queryContext": "conversation" }), &["Depot", "Invoice 7", "Thanks"][..]),
        (conversation("status", json!({ "equals": "open" })), &["Depot", "Invoice 7"]),
        (conversation("status", json!({ "not_in": ["open"] })), &["Thanks"]),
        (conversation("assigned_users", json!({ "equals": me })), &["Invoice 7"]),
        (conversation("assigned_users", json!({ "not_set": true })), &["Depot", "Thanks"]),
        (conversation("name", json!({ "contains": "invo" })), &["Invoice 7"]),
        (conversation("any_text", json!({ "contains": "RM-7" })), &["Invoice 7"]),
        (conversation("externalId", json!({ "starts_with": "crm" })), &["Invoice 7"]),
        (conversation("tags", json!({ "equals": "billing" })), &["Invoice 7"]),
        (conversation("priority", json!({ "gte": 4 })), &["Invoice 7"]),
        (conversation("custom_planStr", json!({ "equals": "PRO" })), &["Invoice 7"]),
        (conversation("channels", json!({ "equals": "chat" })), &["Depot"]),
        (conversation("message_count", json!({ "equals": 2 })), &["Invoice 7"]),
        (conversation("outbound_message_count", json!({ "equals": 0 })), &["Depot", "Thanks"]),
        (conversation("note_count", json!({ "gt": 0 })), &["Thanks"]),
        (conversation("last_message_direction", json!({ "equals": "out" })), &["Invoice 7"]),
        (conversation("first_message_in_channel", json!({ "equals": "email" })), &["Invoice 7"]),
        (conversation("last_message_unresponded_to_sent_at", json!({ "set": true })), &["Depot"]),
        (conversation("ended", json!({ "equals": false })), &["Depot", "Invoice 7", "Thanks"]),
        (conversation("imported", json!({ "equals": true })), &[]),
        (message("body", json!({ "contains": "DEPOT open" })), &["When does the depot open?"]),
        (message("any_text", json!({ "contains": "shop.example" })), &["Where is my invoice?"]),
        (message("sender", json!({ "contains": "@acme" })), &["Where is my invoice?"]),
        (message("recipients", json!({ "equals": "HELP@shop.example" })), &["Where is my invoice?"]),
        (message("external_id", json!({ "equals": "msg-9" })), &["When does the depot open?"]),
        (message("direction", json!({ "equals": "out" })), &["Attached."]),
        (message("direction_type", json!({ "equals": "response-out" })), &["Attached."]),
        (message("subject", json!({ "set": true })), &["Where is my invoice?"]),
        (message("subject", json!({ "not_set": true })), &["Attached.", "When does the depot open?"]),
        (message("auto", json!({ "equals": true })), &["Attached."]),
        (message("attachment_count", json!({ "gt": 0 })), &[]),
        (note("body", json!({ "contains": "refund" })), &["Refund her"]),
        (note("user_mentions", json!({ "equals": me })), &["Refund her"]),
        (note("team_mentions", json!({ "set": true })), &[]),
        (note("deleted", json!({ "equals": true })), &[]),
    ] {
        assert_eq!(found(&server, &body), names, "{body}");
    }
}

#[test]
fn they_are_found_by_each_other_and_by_their_customers() {
    let server = server();
    let open = json!({ "conversation_status": { "equals": "open" } });
    let done = json!({ "conversation_status": { "equals": "done" } });
    let gold = json!({ "customer_custom_tierStr": { "equals": "gold" } });
    let berlin = json!({ "customer_address": { "contains": "berlin" } });
    let invoice = json!({ "message_body": { "contains": "invoice" } });
    for (body, names) in [
        (json!({ "and": open }), &["Ada", "Bob"][..]),
        (json!({ "and": done }), &["Ada"]),
        (json!({ "not": done }), &["Bob"]),
        (json!({ "and": [done, { "conversation_note_count": { "equals": 0 } }] }), &[]),
        (json!({ "and": invoice }), &["Ada"]),
        (json!({ "and": { "note_body": { "set": true } } }), &["Ada"]),
        // The words of a message are no text of the customer.
        (json!({ "and": { "customer_any_text": { "contains": "invoice" } } }), &[]),
        (of("conversation", gold.clone()), &["Invoice 7", "Thanks"]),
        (of("conversation", berlin.clone()), &["Invoice 7", "Thanks"]),
        (of("conversation", json!([open, berlin])), &["Invoice 7"]),
        (of("conversation", invoice.clone()), &["Invoice 7"]),
        (of("conversation", json!({ "note_any_text": { "contains": "refund" } })), &["Thanks"]),
        (json!({ "queryContext": "conversation", "not": invoice }), &["Depot", "Thanks"]),
        (of("message", gold.clone()), &["Attached.", "Where is my invoice?"]),
        (of("message", open.clone()), &["Attached.", "When does the depot open?", "Where is my invoice?"]),
        (of("message", done.clone()), &[]),
        (of("note", done.clone()), &["Refund her"]),
        (of("note", gold.clone()), &["Refund her"]),
    ] {
        assert_eq!(found(&server, &body), names, "{body}");
    }
    let refused = server.post(PATH, of("conversation", json!({ "company_name": { "set": true } }))).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/and/company_name", "{}", refused.text);
}

#[test]
fn every_write_is_found_by_the_next_search_and_deleted_records_are_not() {
    let server = server();
    let invoice = search(&server, of("conversation", json!({ "conversation_name": { "equals": "invoice 7" } })));
    let path = format!("/v1/conversations/{}", invoice.ids()[0]);
    let open = json!({ "and": { "conversation_status": { "equals": "open" } } });
    server.patch(&path, json!({ "status": "done", "name": "Invoice 8" })).expect(200);
    assert_eq!(found(&server, &open), ["Bob"]);
    let named = |words: &str| of("conversation", json!({ "conversation_name": { "contains": words } }));
    assert_eq!(found(&server, &named("7")), [] as [&str; 0]);
    assert_eq!(found(&server, &named("8")), ["Invoice 8"]);
    // A message of the customer opens it again.
    let body = json!({ "channel": "email", "app": "postmark", "direction": "in", "preview": "Still waiting" });
    server.post(&format!("{path}/messages"), body).expect(201);
    assert_eq!(found(&server, &open), ["Ada", "Bob"]);
    let waiting = of("conversation", json!({ "message_body": { "contains": "waiting" } }));
    assert_eq!(found(&server, &waiting), ["Invoice 8"]);

    let note = search(&server, json!({ "queryContext": "note" }));
    let note = format!("/v1/notes/{}", note.ids()[0]);
    server.patch(&note, json!({ "body": "Paid back" })).expect(200);
    assert_eq!(found(&server, &of("note", json!({ "note_body": { "contains": "refund" } }))), [] as [&str; 0]);
    assert_eq!(found(&server, &of("note", json!({ "note_body": { "contains": "paid" } }))), ["Paid back"]);
    server.delete(&note).expect(204);
    assert_eq!(found(&server, &json!({ "queryContext": "note" })), [] as [&str; 0]);
    assert_eq!(found(&server, &of("note", json!({ "note_deleted": { "equals": true } }))), ["Paid back"]);
    server.patch(&path, json!({ "deleted": true })).expect(200);
    assert_eq!(found(&server, &json!({ "queryContext": "conversation" })), ["Depot", "Thanks"]);
    let mut deleted = named("8");
    deleted["includeDeleted"] = true.into();
    assert_eq!(found(&server, &deleted), ["Invoice 8"]);
}

#[test]
fn they_are_sorted_by_their_changes_and_walked() {
    let server = server();
    for (context, count) in [("conversation", 3), ("message", 3), ("note", 1)] {
        let by = format!("{context}_updated_at");
        let body = json!({
            "queryContext": context,
            "and": [{ by.as_str(): { "gte": "2020-01-01T00:00:00.000000Z" } }],
            "sort": [{ by.as_str(): "asc" }],
        });
        let answer = search(&server, body.clone());
        let moments: Vec<&str> = answer
            .data()
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["attributes"]["updatedAt"].as_str().unwrap())
            .collect();
        assert_eq!(moments.len(), count, "{context}");
        assert!(moments.is_sorted(), "{moments:?}");
        let (mut cursor, mut seen) = ("*".to_owned(), 0);
        loop {
            let step = server.post(&format!("{PATH}?cursor={cursor}&pageSize=2"), body.clone()).expect(200);
            seen += step.ids().len();
            match step.body["meta"]["cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen, count, "{context}");
    }
    let oldest = json!({
        "queryContext": "conversation",
        "and": { "conversation_status": { "equals": "open" } },
        "sort": { "conversation_created_at": "asc" },
        "aggs": { "byStatus": { "terms": { "field": "conversation_status" } } },
    });
    assert_eq!(in_order(&server, &oldest), ["Invoice 7", "Depot"]);
}

#[test]
fn the_archive_search_finds_conversations_and_messages() {
    let server = server();
    let archive = |body: Value| server.post("/v1/customers/archive/search", body);
    let count = |body: Value| archive(body).expect(200).ids().len();
    let depot = search(&server, of("conversation", json!({ "conversation_name": { "equals": "depot" } })));
    let id = depot.ids()[0].to_owned();
    assert_eq!(count(of("conversation", json!({ "conversation_id": { "equals": id } }))), 1);
    assert_eq!(count(of("conversation", json!({ "conversation_any_text": { "contains": "thanks" } }))), 1);
    assert_eq!(count(of("message", json!({ "message_conversation_id": { "equals": id } }))), 1);
    assert_eq!(count(of("message", json!({ "message_any_text": { "contains": "depot" } }))), 1);
    let sorted = json!({ "queryContext": "conversation", "sort": { "conversation_customer_id": "asc" } });
    assert_eq!(count(sorted), 3);
    server.patch(&format!("/v1/conversations/{id}"), json!({ "deleted": true })).expect(200);
    assert_eq!(count(json!({ "queryContext": "conversation" })), 2);
    assert_eq!(count(of("conversation", json!({ "conversation_deleted": { "equals": true } }))), 1);
    for (order, place) in [("asc", 2), ("desc", 0)] {
        let sort = json!({ "conversation_deleted": order });
        let found =
            archive(json!({ "queryContext": "conversation", "includeDeleted": true, "sort": sort })).expect(200);
        assert_eq!(found.ids()[place], id, "{order}: {}", found.text);
    }
    archive(of("conversation", json!({ "conversation_status": { "equals": "open" } }))).expect(400);
    archive(json!({ "queryContext": "note" })).expect(400);
    server.post(PATH, of("conversation", json!({ "conversation_deleted": { "equals": true } }))).expect(400);
}

#[test]
fn a_key_that_may_not_read_a_type_may_not_search_for_it_or_by_it() {
    let server = with_records(Server::on_file());
    let status = |roles: &[&str], body: &Value| {
        let token = server.token("demo", roles);
        server.call_as(&token, Method::POST, PATH, Some(body.clone())).status
    };
    let search = "org.user.search.read";
    for (context, role) in [
        ("conversation", "org.user.conversation.read"),
        ("message", "org.user.message.read"),
        ("note", "org.user.note.read"),
    ] {
        let of_it = json!({ "queryContext": context });
        let by_it = json!({ "and": { format!("{context}_created_at"): { "set": true } } });
        for body in [&of_it, &by_it] {
            assert_eq!(status(&[search], body), 403, "{body}");
            assert_eq!(status(&[search, role], body), 200, "{body}");
        }
    }
    let by_message = of("conversation", json!({ "message_body": { "contains": "invoice" } }));
    assert_eq!(status(&[search, "org.user.conversation.read"], &by_message), 403);
    assert_eq!(status(&[search, "org.user.conversation.read", "org.user.message.read"], &by_message), 200);
}
