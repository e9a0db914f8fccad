//! Conversations that are measured by SLAs, and the queues that they wait in.

use serde_json::{Value, json};

use crate::backup::goes_well;
use crate::drafts::soon;
use crate::erase::wait_for;
use crate::place::rows;
use crate::server::{Answer, Server, binary};

fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

fn make_sla(server: &Server, name: &str, criteria: &Value, metrics: &[(&str, u64)]) -> String {
    let metrics: serde_json::Map<String, Value> = metrics
        .iter()
        .map(|(metric, millis)| ((*metric).to_owned(), json!({ "enabled": true, "times": { "3": millis } })))
        .collect();
    let body = json!({ "name": name, "hours": "calendar", "criteria": criteria, "metrics": metrics });
    path_of(&server.post("/v1/slas", body).expect(201))
}

/// The path of a new conversation that begins with a message on a channel.
fn asked(server: &Server, channel: &str) -> String {
    let customer = server.create(json!({}));
    let path = format!("{}/messages", customer["links"]["self"].as_str().unwrap());
    let body = json!({ "channel": channel, "app": "web", "direction": "in", "preview": "Where is it?" });
    let message = server.post(&path, body).expect(201);
    format!("/v1/conversations/{}", message.data()["relationships"]["conversation"]["data"]["id"].as_str().unwrap())
}

fn answer(server: &Server, conversation: &str) {
    let body = json!({ "channel": "chat", "app": "web", "direction": "out", "preview": "Here." });
    server.post(&format!("{conversation}/messages"), body).expect(201);
}

fn sla_of(server: &Server, conversation: &str) -> Value {
    server.get(conversation).expect(200).attributes()["sla"].clone()
}

/// The ids of the conversations that a criterion finds.
fn found(server: &Server, criterion: &Value) -> Vec<String> {
    let body = json!({
        "queryContext": "conversation", "and": [criterion], "sort": [{ "conversation_sla_breach_at": "asc" }],
    });
    server.post("/v1/customers/search", body).expect(200).ids()
}

fn id_in(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn what_takes_too_long_is_noted_once_at_its_time_by_one_of_two_servers_and_after_a_kill() {
    let server = Server::on_file();
    let beside = server.beside();
    let chat = json!({ "and": [{ "conversation_channel": { "operator": "equals", "value": "chat" } }] });
    let sla = make_sla(&server, "Chat", &chat, &[("firstResponse", 2_500), ("totalCustomerWaitTime", 600_000)]);
    make_sla(&server, "All", &json!({}), &[("totalConversationOpenTime", 3_600_000)]);
    let conversation = asked(&server, "chat");
    let before = server.get(&conversation).expect(200);
    let measured = &before.attributes()["sla"];
    assert_eq!(
        (&measured["name"], &measured["version"], &measured["status"]),
        (&json!("Chat"), &json!(1), &json!("pending"))
    );
    assert_eq!((&measured["breached"], &measured["breach"]["metric"]), (&json!(false), &json!("firstResponse")));
    let related = &before.data()["relationships"];
    assert_eq!(related["sla"]["links"]["self"], json!(sla));
    let version = server.get(&format!("{sla}?versions=active")).expect(200).body["included"][0]["id"].clone();
    assert_eq!(related["slaVersion"]["data"], json!({ "type": "sla_version", "id": version }));
    wait_for("the breach", || sla_of(&beside, &conversation)["breached"] == true);
    let after = server.get(&conversation).expect(200);
    assert_eq!(after.attributes()["rev"].as_u64(), before.attributes()["rev"].as_u64().map(|rev| rev + 1));
    assert_eq!(after.attributes()["sla"]["breach"], measured["breach"], "it breached when it was to");
    assert_eq!(after.attributes()["modifiedAt"], before.attributes()["modifiedAt"], "nobody did it");
    let read_feed = || server.get("/v1/events?filter[objectType]=conversation").expect(200);
    // On PostgreSQL an event has its place in the feed some milliseconds after its commit.
    wait_for("the event", || {
        let last = read_feed().data().as_array().unwrap().last().unwrap().clone();
        last["changes"]["attributes"]["sla"]["after"]["breached"] == true
    });
    let feed = read_feed();
    let events: Vec<&Value> = feed.data().as_array().unwrap().iter().collect();
    let event = events.last().unwrap();
    assert_eq!(event["name"], "kustomer.conversation.update");
    assert_eq!(event["changes"]["attributes"]["sla"]["after"]["breached"], true, "{event}");

    // Another one, with the server gone at its time.
    let killed = asked(&server, "chat");
    drop(beside);
    let server = server.kill_and_restart();
    wait_for("the breach after a restart", || sla_of(&server, &killed)["breached"] == true);
    assert_eq!(server.get(&conversation).expect(200).data(), after.data(), "it is noted once");

    // An answer in time satisfies, and nothing is due while it is paused.
    let mail = asked(&server, "email");
    assert_eq!(sla_of(&server, &mail)["name"], "All");
    server.patch(&mail, json!({ "snooze": { "time": soon(600_000), "status": "scheduled" } })).expect(200);
    answer(&server, &killed);
    let (paused, late) = (sla_of(&server, &mail), sla_of(&server, &killed));
    assert_eq!(
        (&paused["status"], &paused["breach"], &late["breached"]),
        (&json!("paused"), &Value::Null, &json!(true))
    );
    assert!(late["metrics"]["totalCustomerWaitTime"]["satisfiedAt"].is_string(), "{late}");
    assert_eq!(late["summary"]["satisfiedAt"], Value::Null);

    for (criterion, conversations) in [
        (json!({ "conversation_sla_breached": { "equals": true } }), vec![&conversation, &killed]),
        (json!({ "conversation_sla_breached": { "equals": false } }), vec![&mail]),
        (json!({ "conversation_sla_status": { "equals": "paused" } }), vec![&killed, &mail]),
        (json!({ "conversation_sla_id": { "equals": id_in(&sla) } }), vec![&conversation, &killed]),
        (json!({ "conversation_sla_version_id": { "equals": version } }), vec![&conversation, &killed]),
        (json!({ "conversation_sla_breach_metric": { "equals": "firstResponse" } }), vec![&conversation, &killed]),
        (json!({ "conversation_sla_breach_at": { "lt": soon(60_000) } }), vec![&conversation, &killed]),
        (json!({ "conversation_sla_breach_at": { "lte": measured["breach"]["at"] } }), vec![&conversation]),
        (json!({ "conversation_sla_satisfied_at": { "set": true } }), vec![]),
    ] {
        let ids: Vec<String> = conversations.into_iter().map(|path| id_in(path)).collect();
        assert_eq!(found(&server, &criterion), ids, "{criterion}");
    }
    server.patch(&mail, json!({ "status": "done" })).expect(200);
    assert_eq!(found(&server, &json!({ "conversation_sla_satisfied_at": { "set": true } })), [id_in(&mail)]);
    // The index says the same as the records, and made again out of them it finds the same.
    assert_eq!(goes_well(&["check", "--database", server.database()])["findings"], json!([]));
    let criteria = [
        json!({ "conversation_sla_breached": { "equals": true } }),
        json!({ "conversation_sla_status": { "equals": "done" } }),
        json!({ "conversation_sla_id": { "equals": id_in(&sla) } }),
        json!({ "conversation_sla_version_id": { "equals": version } }),
        json!({ "conversation_sla_breach_metric": { "equals": "firstResponse" } }),
        json!({ "conversation_sla_breach_at": { "lte": measured["breach"]["at"] } }),
        json!({ "conversation_sla_satisfied_at": { "set": true } }),
    ];
    let all = |server: &Server| criteria.iter().map(|criterion| found(server, criterion)).collect::<Vec<_>>();
    let before = all(&server);
    assert!(before.iter().all(|found| !found.is_empty()), "{before:?}");
    let mut server = server;
    assert!(server.stop().success());
    rows(server.database(), "DELETE FROM search_terms");
    assert!(binary().args(["reindex", "--database", server.database()]).output().unwrap().status.success());
    let server = server.kill_and_restart();
    assert_eq!(all(&server), before);
    assert_eq!(goes_well(&["check", "--database", server.database()])["findings"], json!([]));
}

#[test]
fn what_an_sla_says_must_be_about_conversations_and_a_queue_must_be_there() {
    let server = Server::start();
    for (criteria, pointer) in [
        (json!({ "and": [{ "conversation_colour": { "equals": "red" } }] }), "/criteria/and/0/conversation_colour"),
        (
            json!({ "or": [{ "conversation_priority": { "operator": "gt", "value": "x" } }] }),
            "/criteria/or/0/conversation_priority",
        ),
        (json!({ "and": [{ "customer_name": { "equals": "Ada" } }] }), "/criteria"),
    ] {
        let refused = server.post("/v1/slas", json!({ "name": "A", "criteria": criteria })).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], pointer, "{}", refused.text);
    }
    let customer = server.create(json!({}));
    let conversations = format!("{}/conversations", customer["links"]["self"].as_str().unwrap());
    let queue = server.post("/v1/routing/queues", json!({ "name": "Returns" })).expect(201);
    let id = queue.data()["id"].as_str().unwrap();
    let conversation = server.post(&conversations, json!({ "queue": { "id": id } })).expect(201);
    let tie = &conversation.data()["relationships"]["queue"];
    assert_eq!((&tie["data"]["id"], &tie["links"]["self"]), (&json!(id), &json!(path_of(&queue))));
    let path = path_of(&conversation);
    let unknown = json!({ "queue": { "id": "5c7d1a1f9a1b2c0010a1b2c3" } });
    let external = json!({ "queue": { "external": "amazon-connect" } });
    for refused in [server.post(&conversations, unknown.clone()), server.patch(&path, unknown)] {
        let refused = refused.expect(400);
        assert_eq!((refused.parameter(), &refused.error()["meta"]["pointer"]), ("queue", &json!("/queue/id")));
    }
    server.patch(&path, external).expect(200);
    // A message moves its conversation to another queue.
    let other = server.post("/v1/routing/queues", json!({ "name": "Depot" })).expect(201).data()["id"].clone();
    let message = |queue: Value| {
        let body = json!({ "channel": "chat", "app": "web", "direction": "in", "queue": { "id": queue } });
        server.post(&format!("{path}/messages"), body)
    };
    message(other.clone()).expect(201);
    assert_eq!(server.get(&path).expect(200).data()["relationships"]["queue"]["data"]["id"], other);
    assert_eq!(message(json!("5c7d1a1f9a1b2c0010a1b2c3")).expect(400).error()["meta"]["pointer"], "/queue/id");
    message(json!(id)).expect(201);
    // A queue that is deleted stays where it is, and takes no others.
    server.delete(&path_of(&queue)).expect(204);
    assert_eq!(server.get(&path).expect(200).data()["relationships"]["queue"]["data"]["id"], json!(id));
    server.patch(&path, json!({ "queue": { "id": id } })).expect(200);
    server.post(&conversations, json!({ "queue": { "id": id } })).expect(400);
    let gone = server.patch(&path, json!({ "queue": { "id": null } })).expect(200);
    assert_eq!(gone.data()["relationships"].get("queue"), None);
}
