//! Conversation times: what users do in conversations, and how long each time took them.

use kustomer_api::Timestamp;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::server::Server;

/// The paths of a new customer and of a conversation of it.
fn family(server: &Server) -> (String, String) {
    let customer = server.create(json!({}))["links"]["self"].as_str().unwrap().to_owned();
    let opened = server.post(&format!("{customer}/conversations"), json!({})).expect(201);
    (customer, opened.data()["links"]["self"].as_str().unwrap().to_owned())
}

fn message(direction: &str) -> Value {
    json!({ "channel": "email", "app": "postmark", "direction": direction, "preview": "Hello" })
}

fn times(server: &Server, conversation: &str) -> Vec<Value> {
    server.get(&format!("{conversation}/times")).expect(200).data().as_array().unwrap().clone()
}

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// Milliseconds between two moments as they are answered.
fn between(before: &Value, after: &Value) -> i64 {
    let millis = |moment: &Value| moment.as_str().unwrap().parse::<Timestamp>().unwrap().as_millis();
    millis(after) - millis(before)
}

#[test]
fn messages_out_notes_and_ends_by_users_are_recorded_with_the_time_since_the_last_activity() {
    let server = Server::start();
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let (customer, conversation) = family(&server);
    server.patch(&conversation, json!({ "assignedUsers": [me] })).expect(200);
    let asked = server.post(&format!("{conversation}/messages"), message("in")).expect(201);
    assert_eq!(times(&server, &conversation), [Value::Null; 0], "nobody has acted but the customer");

    let answered = server.post(&format!("{conversation}/messages"), message("out")).expect(201);
    server.post(&format!("{conversation}/notes"), json!({ "body": "A note" })).expect(201);
    server.patch(&conversation, json!({ "status": "done" })).expect(200);
    server.patch(&conversation, json!({ "status": "done" })).expect(200);
    let found = times(&server, &conversation);
    let [of_message, of_note, of_end] = found.as_slice() else { panic!("{found:?}") };
    for time in &found {
        let attributes = &time["attributes"];
        assert_eq!((&time["type"], &attributes["assignedUsers"]), (&json!("conversation_time"), &json!([me])));
        assert_eq!((&attributes["assignedTeams"], &attributes["createdByTeams"]), (&json!([]), &json!([])));
        assert_eq!((&attributes["channels"], &attributes["createdAt"]), (&json!(["email"]), &attributes["handleAt"]));
        let ties = &time["relationships"];
        assert_eq!((&ties["customer"]["links"]["self"], &ties["createdBy"]["data"]["id"]), (&json!(customer), &me));
        assert_eq!(ties["conversation"]["links"]["self"], conversation);
        assert_eq!(ties["org"]["data"]["type"], "org");
    }
    let attributes = &of_message["attributes"];
    assert_eq!(attributes["handleAt"], answered.attributes()["createdAt"]);
    let waited = between(&asked.attributes()["createdAt"], &answered.attributes()["createdAt"]);
    assert_eq!((&attributes["handleTime"], &attributes["messageTime"]), (&json!(waited), &json!(waited)));
    assert_eq!((&attributes["messageAt"], attributes.get("noteAt")), (&attributes["handleAt"], None));
    let attributes = &of_note["attributes"];
    assert_eq!((&attributes["noteAt"], attributes.get("messageAt")), (&attributes["handleAt"], None));
    let since = between(&of_message["attributes"]["handleAt"], &attributes["handleAt"]);
    assert_eq!((&attributes["handleTime"], &attributes["noteTime"]), (&json!(since), &json!(since)));
    let attributes = &of_end["attributes"];
    assert_eq!((attributes.get("messageAt"), attributes.get("noteAt")), (None, None));
    assert_eq!((&attributes["resolved"], &of_note["attributes"]["resolved"]), (&json!(true), &json!(false)));

    let ids: Vec<&str> = found.iter().map(|time| time["id"].as_str().unwrap()).collect();
    let several = server.get(&format!("/v1/conversations/times/{},{}", ids[1], ids[0])).expect(200);
    assert_eq!(several.ids().len(), 2);
    let one = server.get(&format!("/v1/conversations/times/{}", ids[2])).expect(200);
    assert_eq!(
        (one.data(), &one.data()["links"]["self"]),
        (of_end, &json!(format!("/v1/conversations/times/{}", ids[2])))
    );
    assert_eq!(server.get(&format!("{}/times", conversation.replace("/v1/", "/v2/"))).expect(200).ids(), ids);
    assert_eq!(server.get("/v1/conversations/times").expect(200).ids(), ids);
    let page = server.get(&format!("{conversation}/times?pageSize=2")).expect(200);
    assert_eq!(
        (page.ids(), &page.body["meta"]),
        (ids[..2].iter().map(|id| (*id).to_owned()).collect(), &json!({ "pageSize": 2, "page": 1 }))
    );
    assert_eq!(server.get(page.body["links"]["next"].as_str().unwrap()).expect(200).ids(), [ids[2]]);
}

#[test]
fn snoozing_and_opening_again_take_time_too_and_times_name_the_teams_of_their_user() {
    let server = Server::start();
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let (_, conversation) = family(&server);
    server.post(&format!("{conversation}/messages"), message("out")).expect(201);
    let team = server.post("/v1/teams", json!({ "name": "Support", "members": [me] })).expect(201);
    let team = team.data()["id"].clone();
    server.post("/v1/teams", json!({ "name": "Others" })).expect(201);
    let snooze = json!({ "status": "snoozed", "snooze": { "time": "2999-01-01T00:00:00Z", "status": "scheduled" } });
    server.patch(&conversation, snooze).expect(200);
    server.patch(&conversation, json!({ "status": "open" })).expect(200);
    server.patch(&conversation, json!({ "status": "open", "priority": 3 })).expect(200);
    let found = times(&server, &conversation);
    let attributes: Vec<&Value> = found.iter().map(|time| &time["attributes"]).collect();
    let [of_message, of_snooze, of_opening] = attributes.as_slice() else { panic!("{attributes:?}") };
    assert_eq!((&of_snooze["snoozed"], of_snooze.get("reopened")), (&json!(true), None));
    assert_eq!((&of_opening["reopened"], of_opening.get("snoozed")), (&json!(true), None));
    assert_eq!(of_message["createdByTeams"], json!([]), "there was no team yet");
    assert_eq!((&of_snooze["createdByTeams"], &of_opening["createdByTeams"]), (&json!([team]), &json!([team])));

    let ids: Vec<String> = found.iter().map(|time| time["id"].as_str().unwrap().to_owned()).collect();
    let searched = |criterion: Value| {
        let body = json!({
            "queryContext": "conversation_time", "and": [criterion], "sort": [{ "conversation_time_created_at": "asc" }],
        });
        let mut found = server.post("/v1/customers/search", body).expect(200).ids();
        found.sort();
        found
    };
    assert_eq!(searched(json!({ "conversation_time_created_by_teams": { "equals": team } })), ids[1..]);
    assert_eq!(searched(json!({ "conversation_time_snoozed": { "equals": true } })), ids[1..2]);
    assert_eq!(searched(json!({ "conversation_time_reopened": { "equals": true } })), ids[2..]);
    assert_eq!(searched(json!({ "conversation_time_reopened": { "equals": false } })), ids[..2]);
    assert_eq!(searched(json!({ "conversation_time_touched": { "equals": true } })), ids);
    assert!(searched(json!({ "conversation_time_touched": { "equals": false } })).is_empty());
    assert_eq!(searched(json!({ "conversation_time_messages_sent": { "equals": 1 } })), ids[..1]);
    assert_eq!(searched(json!({ "conversation_time_messages_sent": { "lt": 1 } })), ids[1..]);
    assert_eq!(searched(json!({ "conversation_time_notes_sent": { "set": true } })), ids);
}

#[test]
fn imports_machines_and_dry_runs_leave_no_time() {
    let server = Server::start();
    let (_, conversation) = family(&server);
    let with = |name: &str, value: Value| {
        let mut body = message("out");
        body[name] = value;
        body
    };
    let messages = format!("{conversation}/messages");
    let imported = json!("2026-01-01T00:00:00.000Z");
    server.post(&messages, with("importedAt", imported.clone())).expect(201);
    server.post(&messages, with("auto", true.into())).expect(201);
    server.post(&format!("{messages}?validateOnly=true"), message("out")).expect(201);
    server.post(&format!("{conversation}/notes"), json!({ "body": "Old", "importedAt": imported })).expect(201);
    let note = server.post("/v1/notes", json!({ "body": "About nothing" })).expect(201);
    server.delete(note.data()["links"]["self"].as_str().unwrap()).expect(204);
    server.patch(&conversation, json!({ "priority": 5 })).expect(200);
    assert_eq!(times(&server, &conversation), [Value::Null; 0]);
    server
        .post("/v1/conversations", json!({ "customer": server.create(json!({}))["id"], "status": "done" }))
        .expect(201);
    assert!(server.get("/v1/conversations/times").expect(200).ids().is_empty());

    // A user who begins a conversation has answered nobody.
    let customer = server.create(json!({}))["links"]["self"].clone();
    let begun = server.post(&format!("{}/messages", customer.as_str().unwrap()), message("out")).expect(201);
    let path = begun.data()["relationships"]["conversation"]["links"]["self"].as_str().unwrap();
    assert_eq!(times(&server, path)[0]["attributes"]["handleTime"], 0);
}

#[test]
fn a_draft_that_is_sent_by_its_user_is_recorded_and_one_that_its_time_sends_is_not() {
    let server = Server::start();
    let (customer, conversation) = family(&server);
    let draft = |more: Value| {
        let mut body = json!({ "channel": "chat", "body": "Hello", "conversation": id_of(&conversation) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let written = server.post(&format!("{customer}/drafts"), body);
        assert!(written.status < 300, "{}", written.text);
        written
    };
    let now: Timestamp = draft(json!({})).attributes()["createdAt"].as_str().unwrap().parse().unwrap();
    let soon = Timestamp::from_millis(now.as_millis() + 1_500);
    draft(json!({ "sendAt": soon.to_string() }));
    let messages = || server.get(&format!("{conversation}/messages")).expect(200).ids().len();
    wait_for("the message of the draft", || messages() == 1);
    assert_eq!(times(&server, &conversation), [Value::Null; 0]);
    draft(json!({ "status": "sent" }));
    assert_eq!((messages(), times(&server, &conversation).len()), (2, 1));
}

#[test]
fn times_move_and_are_erased_with_their_conversation() {
    let server = Server::start();
    let (_, conversation) = family(&server);
    server.post(&format!("{conversation}/messages"), message("out")).expect(201);
    let other = server.create(json!({}));
    server.patch(&conversation, json!({ "customer": other["id"] })).expect(200);
    let time = times(&server, &conversation)[0].clone();
    assert_eq!(time["relationships"]["customer"]["data"]["id"], other["id"]);
    let path = time["links"]["self"].as_str().unwrap().to_owned();

    server.delete(&conversation).expect(204);
    server.get(&format!("{conversation}/times")).expect(404);
    server.get(&path).expect(200);
    server.patch(&conversation, json!({ "deleted": false })).expect(200);
    server.post(&format!("/v1/customers/{}/erase", other["id"].as_str().unwrap()), json!({})).expect(204);
    let erased = server.get(&path).expect(404);
    assert!(erased.text.contains("erased"), "{}", erased.text);
    assert!(server.get("/v1/conversations/times").expect(200).ids().is_empty());
}

#[test]
fn times_are_searched_by_user_conversation_moment_and_length() {
    let server = Server::start();
    let me = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let (customer, conversation) = family(&server);
    server.post(&format!("{conversation}/messages"), message("out")).expect(201);
    server.post(&format!("{conversation}/notes"), json!({ "body": "A note" })).expect(201);
    server.patch(&conversation, json!({ "status": "done" })).expect(200);
    let all: Vec<String> =
        times(&server, &conversation).iter().map(|time| time["id"].as_str().unwrap().to_owned()).collect();
    let (_, elsewhere) = family(&server);
    server.post(&format!("{elsewhere}/notes"), json!({ "body": "Elsewhere" })).expect(201);
    let found = |criteria: Value| {
        let body = json!({
            "queryContext": "conversation_time", "and": criteria, "sort": [{ "conversation_time_updated_at": "asc" }],
        });
        server.post("/v1/customers/search", body).expect(200).ids()
    };
    let here = json!({ "conversation_time_conversation_id": { "equals": id_of(&conversation) } });
    assert_eq!(found(json!([here])), all);
    assert_eq!(found(json!([here, { "conversation_time_message_at": { "set": true } }])), all[..1]);
    assert_eq!(found(json!([here, { "conversation_time_note_time": { "gte": 0 } }])), all[1..2]);
    assert_eq!(found(json!([here, { "conversation_time_resolved": { "equals": true } }])), all[2..]);
    assert_eq!(found(json!([{ "conversation_time_created_by": { "equals": me } }])).len(), 4);
    assert_eq!(found(json!([{ "conversation_time_handle_at": { "gte": "2001-01-01" } }])).len(), 4);
    assert!(found(json!([{ "conversation_time_handle_time": { "gt": 3_600_000 } }])).is_empty());
    assert_eq!(found(json!([{ "conversation_time_channels": { "in": ["email"] } }])), all);
    assert_eq!(found(json!([here, { "conversation_status": { "equals": "done" } }])), all, "of the conversation, too");
    let customers = json!({ "and": [{ "conversation_time_resolved": { "equals": true } }] });
    let customers = server.post("/v1/customers/search", customers).expect(200).ids();
    assert_eq!(customers, [id_of(&customer)]);
}
