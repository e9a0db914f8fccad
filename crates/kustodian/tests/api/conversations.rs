//! Conversations, their messages and notes, and their effects on the customer.

use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::server::{Answer, Server, TOKEN};
use crate::world::owner;

const UNKNOWN: &str = "5c7d1a1f9a1b2c0010a1b2c3";

/// A server with a customer, and the customer's path.
fn with_customer() -> (Server, String) {
    let server = Server::start();
    let path = format!("/v1/customers/{}", owner(&server));
    (server, path)
}

fn path_of(record: &Value) -> String {
    record["links"]["self"].as_str().unwrap().to_owned()
}

fn open(server: &Server, customer: &str, body: Value) -> String {
    path_of(server.post(&format!("{customer}/conversations"), body).expect(201).data())
}

fn message(direction: &str, text: &str) -> Value {
    json!({ "channel": "email", "app": "postmark", "direction": direction, "preview": text })
}

fn say(server: &Server, conversation: &str, direction: &str, text: &str) -> Answer {
    server.post(&format!("{conversation}/messages"), message(direction, text)).expect(201)
}

fn attributes(server: &Server, path: &str) -> Value {
    server.get(path).expect(200).attributes().clone()
}

#[test]
fn a_conversation_is_answered_with_all_that_the_recorded_create_has() {
    let (server, customer) = with_customer();
    let created = server.post(&format!("{customer}/conversations"), json!({})).expect(201);
    let expected = json!({
        "name": "", "channels": [], "status": "open", "messageCount": 0, "noteCount": 0, "satisfaction": 0, "tags": [],
        "suggestedTags": [], "sentiment": {}, "lastMessageIn": {}, "assignedUsers": [], "assignedTeams": [],
        "firstResponse": {}, "direction": "in", "outboundMessageCount": 0, "rev": 1,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&created.attributes()[name], value, "{name}");
    }
    let id = created.data()["id"].as_str().unwrap();
    let ties = &created.data()["relationships"];
    assert_eq!(ties["customer"]["links"]["self"], customer);
    assert_eq!(ties["messages"]["links"]["self"], format!("/v1/conversations/{id}/messages"));
    for tie in ["org", "createdBy", "modifiedBy"] {
        server.get(ties[tie]["links"]["self"].as_str().unwrap()).expect(200);
    }
    assert_eq!(server.get(&format!("/v1/conversations/{id},{UNKNOWN}")).expect(200).ids(), [id]);
    assert_eq!(server.get(&format!("{customer}/conversations")).expect(200).ids(), [id]);
    assert!(server.get("/v1/conversations?sort=desc&pageSize=1").expect(200).ids().contains(&id.to_owned()));
    let none = server.get(&format!("{customer}/conversations?fromDate=2999-01-01T00:00:00Z")).expect(200);
    assert!(none.ids().is_empty());
    server.get("/v1/conversations?sort=up").expect(400);
}

#[test]
fn the_customer_counts_its_conversations_and_its_updated_at_stays_when_one_opens() {
    let (server, customer) = with_customer();
    let before = attributes(&server, &customer);
    let first = open(&server, &customer, json!({}));
    let after = attributes(&server, &customer);
    assert_eq!(after["conversationCounts"], json!({ "done": 0, "open": 1, "snoozed": 0, "all": 1 }));
    assert_eq!((&after["progressiveStatus"], &after["rev"]), (&json!("open"), &json!(2)));
    assert_eq!((&after["updatedAt"], &after["modifiedAt"]), (&before["updatedAt"], &before["modifiedAt"]));
    let second = open(&server, &customer, json!({ "status": "done" }));
    server.patch(
        &first,
        json!({ "status": "snoozed", "snooze": { "time": "2999-01-01T00:00:00Z", "status": "scheduled" } }),
    );
    let after = attributes(&server, &customer);
    assert_eq!(after["conversationCounts"], json!({ "done": 1, "open": 0, "snoozed": 1, "all": 2 }));
    assert_eq!(after["progressiveStatus"], "snoozed");
    server.delete(&first).expect(204);
    let after = attributes(&server, &customer);
    assert_eq!(after["conversationCounts"], json!({ "done": 1, "open": 0, "snoozed": 0, "all": 1 }));
    server.get(&first).expect(404);
    server.patch(&first, json!({ "deleted": false })).expect(200);
    server.delete(&second).expect(204);
    let after = attributes(&server, &customer);
    assert_eq!(after["conversationCounts"], json!({ "done": 0, "open": 0, "snoozed": 1, "all": 1 }));
}

#[test]
fn statuses_are_counted_and_a_message_from_the_customer_opens_again() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    say(&server, &conversation, "in", "Where is my order?");
    server.patch(&conversation, json!({ "status": "done" })).expect(200);
    let done = attributes(&server, &conversation);
    assert_eq!((&done["doneCount"], &done["firstDone"]), (&json!(1), &done["lastDone"]));
    assert_eq!(done["firstDone"]["messageCount"], 1);
    say(&server, &conversation, "out", "It is on its way.");
    assert_eq!(attributes(&server, &conversation)["status"], "done", "a message to the customer opens nothing");
    say(&server, &conversation, "in", "Thanks!");
    let open = attributes(&server, &conversation);
    assert_eq!(
        (&open["status"], &open["reopenCount"], &open["reopenFromDoneCount"]),
        (&json!("open"), &json!(1), &json!(1))
    );
    let snooze = json!({ "time": "2999-01-01T00:00:00.000Z", "status": "scheduled" });
    let snoozed = server.patch(&conversation, json!({ "snooze": snooze })).expect(200);
    assert_eq!((&snoozed.attributes()["status"], &snoozed.attributes()["snoozeCount"]), (&json!("snoozed"), &json!(1)));
    assert_eq!(snoozed.attributes()["snooze"], snooze);
    say(&server, &conversation, "in", "Hello?");
    let open = attributes(&server, &conversation);
    assert_eq!((&open["status"], &open["snooze"]["status"]), (&json!("open"), &json!("canceled")));
    assert_eq!((&open["reopenCount"], &open["reopenFromDoneCount"]), (&json!(2), &json!(1)));
    let past = json!({ "snooze": { "time": "2001-01-01T00:00:00Z", "status": "scheduled" } });
    assert_eq!(server.patch(&conversation, past).expect(400).parameter(), "snooze");
    server.post(&format!("{customer}/conversations"), json!({ "status": "snoozed" })).expect(400);
}

#[test]
fn messages_are_counted_and_shown_by_their_conversation_and_by_the_customer() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    let kinds: Vec<Value> = [("in", "a"), ("in", "b"), ("out", "c"), ("out", "d"), ("in", "e")]
        .into_iter()
        .map(|(direction, text)| say(&server, &conversation, direction, text).attributes()["directionType"].clone())
        .collect();
    assert_eq!(kinds, ["initial-in", "followup-in", "response-out", "followup-out", "response-in"]);
    let shown = attributes(&server, &conversation);
    for (name, value) in json!({
        "messageCount": 5, "inboundMessageCount": 3, "outboundMessageCount": 2, "channels": ["email"], "preview": "e",
        "name": "a", "lastMessageDirection": "in",
    })
    .as_object()
    .unwrap()
    {
        assert_eq!(&shown[name], value, "{name}");
    }
    let messages = server.get(&format!("{conversation}/messages")).expect(200);
    let texts: Vec<&str> =
        messages.data().as_array().unwrap().iter().map(|it| it["attributes"]["preview"].as_str().unwrap()).collect();
    assert_eq!(texts, ["a", "b", "c", "d", "e"]);
    assert_eq!(server.get(&format!("{customer}/messages")).expect(200).ids(), messages.ids());
    let ids = messages.ids();
    assert_eq!((&shown["firstMessageIn"]["id"], &shown["lastMessageIn"]["id"]), (&json!(ids[0]), &json!(ids[4])));
    assert_eq!((&shown["firstResponse"]["id"], &shown["lastResponse"]["id"]), (&json!(ids[2]), &json!(ids[2])));
    assert_eq!(shown["lastMessageUnrespondedTo"]["id"], json!(ids[4]));
    let owner = attributes(&server, &customer);
    assert_eq!((&owner["preview"]["text"], &owner["preview"]["type"]), (&json!("e"), &json!("message_in")));
    assert_eq!(owner["lastMessageIn"]["channel"], "email");
    assert_eq!(owner["lastMessageUnrespondedTo"], owner["lastMessageIn"]);
    assert_eq!(owner["lastConversation"]["channels"], json!(["email"]));
    assert_eq!(owner["rev"], json!(7), "one revision for each of the six creates");
    let history = server.get(&format!("{customer}/history")).expect(200);
    assert_eq!(history.data()[0]["attributes"]["eventName"], "kustomer.customer.update");
    say(&server, &conversation, "out", "f");
    assert!(attributes(&server, &customer).get("lastMessageUnrespondedTo").is_none());
}

#[test]
fn changed_words_of_the_newest_message_are_shown_by_its_conversation_and_by_the_customer() {
    let (server, customer) = with_customer();
    let (first, second) = (open(&server, &customer, json!({})), open(&server, &customer, json!({})));
    let [older, newer] = ["Helo", "Are you ther?"].map(|text| path_of(say(&server, &first, "in", text).data()));
    let rev = |path: &str| attributes(&server, path)["rev"].as_u64().unwrap();
    let revs = || (rev(&first), rev(&customer));
    let before = revs();
    server.patch(&older, json!({ "preview": "Hello" })).expect(200);
    server.patch(&newer, json!({ "lang": "en_us" })).expect(200);
    assert_eq!(revs(), before, "nobody shows these values");
    assert_eq!(attributes(&server, &first)["name"], "Helo", "the name is the conversation's own");
    server.patch(&newer, json!({ "preview": "Are you there?", "subject": "Delivery" })).expect(200);
    assert_eq!(revs(), (before.0 + 1, before.1 + 1));
    assert_eq!(attributes(&server, &first)["preview"], "Are you there?");
    let shown = attributes(&server, &customer)["preview"].clone();
    assert_eq!((&shown["text"], &shown["subject"]), (&"Are you there?".into(), &"Delivery".into()));
    // A message without a text is shown by its subject.
    server.put(&format!("{newer}?replace=true"), json!({ "subject": "Delivery" })).expect(200);
    assert_eq!(attributes(&server, &first)["preview"], "Delivery");
    let shown = attributes(&server, &customer)["preview"].clone();
    assert_eq!((&shown["text"], &shown["subject"]), (&Value::Null, &"Delivery".into()));
    // The customer shows another conversation by now, and that one stays.
    say(&server, &second, "out", "Yes");
    let before = rev(&customer);
    server.patch(&newer, json!({ "preview": "Still there?" })).expect(200);
    assert_eq!(attributes(&server, &first)["preview"], "Still there?");
    let after = attributes(&server, &customer);
    assert_eq!((&after["preview"]["text"], after["rev"].as_u64()), (&"Yes".into(), Some(before)));
    let history = server.get(&format!("{first}/history")).expect(200);
    assert!(history.text.contains("Still there?"), "{}", history.text);
}

#[test]
fn imported_messages_show_by_when_they_were_sent_in_whatever_order_they_come() {
    let shown = |order: &[usize]| {
        let (server, customer) = with_customer();
        let conversation = open(&server, &customer, json!({}));
        for at in order {
            let (direction, sent_at) = [("in", "2014-01-01"), ("out", "2014-01-02"), ("in", "2014-01-03")][*at];
            let mut body = message(direction, sent_at);
            body["sentAt"] = json!(format!("{sent_at}T00:00:00.000Z"));
            body["importedAt"] = json!("2026-01-01T00:00:00.000Z");
            server.post(&format!("{conversation}/messages"), body).expect(201);
        }
        let (customer, conversation) = (attributes(&server, &customer), attributes(&server, &conversation));
        let without_id = |mark: &Value| {
            let mut mark = mark.clone();
            for member in ["id", "createdAt", "directionType"] {
                mark.as_object_mut().unwrap().remove(member);
            }
            mark
        };
        let of_customer = ["preview", "lastMessageIn", "lastMessageOut", "lastMessageUnrespondedTo", "lastMessageAt"];
        let of_conversation = ["firstMessageIn", "lastMessageIn", "lastMessageOut", "lastMessageUnrespondedTo"];
        (
            of_customer.map(|name| customer[name].clone()).to_vec(),
            of_conversation.map(|name| without_id(&conversation[name])).to_vec(),
            conversation["preview"].clone(),
        )
    };
    let expected = shown(&[0, 1, 2]);
    assert_eq!(expected.0[4], "2014-01-03T00:00:00.000Z");
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(shown(&order), expected, "{order:?}");
    }
}

#[test]
fn imported_history_is_no_activity_of_today() {
    let (server, old) = (Server::start(), "2014-02-01T00:00:00.000Z");
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let imported = |body: Value| {
        let mut body = body;
        body["importedAt"] = json!("2026-01-01T00:00:00.000Z");
        body["createdAt"] = json!("2014-01-01T00:00:00.000Z");
        body
    };
    let customer = server.create(imported(json!({ "lastActivityAt": old })));
    let path = customer["links"]["self"].as_str().unwrap();
    let opened = server.post(&format!("{path}/conversations"), imported(json!({}))).expect(201);
    let conversation = opened.data()["links"]["self"].as_str().unwrap();
    assert_eq!(opened.attributes()["lastActivityAt"], "2014-01-01T00:00:00.000Z");
    let mut said = imported(message("in", "Hello"));
    said["sentAt"] = json!("2014-01-03T00:00:00.000Z");
    server.post(&format!("{conversation}/messages"), said).expect(201);
    server.post(&format!("{conversation}/notes"), imported(json!({ "body": "any" }))).expect(201);
    server.post(&format!("{path}/klasses/orders"), imported(json!({ "title": "any" }))).expect(201);
    assert_eq!(attributes(&server, conversation)["lastActivityAt"], "2014-01-03T00:00:00.000Z");
    assert_eq!(attributes(&server, path)["lastActivityAt"], old);
    server.post(&format!("{conversation}/messages"), message("in", "Today")).expect(201);
    assert!(attributes(&server, path)["lastActivityAt"].as_str().unwrap() > "2026");
}

#[test]
fn a_message_without_a_conversation_opens_one() {
    let (server, customer) = with_customer();
    let created = server.post(&format!("{customer}/messages"), message("in", "Hello")).expect(201);
    let conversation = created.data()["relationships"]["conversation"]["links"]["self"].as_str().unwrap();
    let opened = attributes(&server, conversation);
    assert_eq!((&opened["messageCount"], &opened["name"], &opened["rev"]), (&json!(1), &json!("Hello"), &json!(1)));
    assert_eq!(attributes(&server, &customer)["conversationCounts"]["open"], 1);
    let mut of_org = message("out", "Again");
    of_org["conversation"] = json!(conversation.rsplit('/').next().unwrap());
    server.post("/v1/messages", of_org).expect(201);
    assert_eq!(attributes(&server, conversation)["messageCount"], 2);
    assert_eq!(server.post("/v1/messages", message("in", "to nobody")).expect(400).parameter(), "customer");
    let without = json!({ "channel": "chat", "app": "web", "customer": UNKNOWN });
    assert_eq!(server.post("/v1/messages", without).expect(400).parameter(), "direction");
    server.post(&format!("/v1/conversations/{UNKNOWN}/messages"), message("in", "x")).expect(404);
    server.post(&format!("/v1/customers/{UNKNOWN}/messages"), message("in", "x")).expect(404);
}

#[test]
fn ids_and_external_ids_are_chosen_by_the_client_once() {
    let (server, customer) = with_customer();
    let id = "64b000000000000000000001";
    let body = json!({ "id": id, "externalId": "ticket-1" });
    let path = open(&server, &customer, body.clone());
    assert_eq!(path, format!("/v1/conversations/{id}"));
    assert_eq!(server.post(&format!("{customer}/conversations"), body).expect(409).parameter(), "id");
    let again = json!({ "externalId": "ticket-1" });
    assert_eq!(server.post(&format!("{customer}/conversations"), again).expect(409).parameter(), "externalId");
    let mut taken = message("in", "x");
    taken["id"] = json!(id);
    assert_eq!(server.post(&format!("{path}/messages"), taken).expect(409).parameter(), "id");
    assert_eq!(server.get("/v1/conversations/externalId=ticket-1").expect(200).data()["id"], id);
    let mut known = message("in", "x");
    known["externalId"] = json!("mail-1");
    let sent = path_of(server.post(&format!("{path}/messages"), known).expect(201).data());
    for spelling in ["externalid", "externalId"] {
        assert_eq!(path_of(server.get(&format!("/v1/messages/{spelling}=mail-1")).expect(200).data()), sent);
    }
}

#[test]
fn what_happened_to_a_conversation_is_listed_in_both_directions() {
    let (server, customer) = with_customer();
    let path = open(&server, &customer, json!({}));
    for name in ["one", "two"] {
        server.patch(&path, json!({ "name": name })).expect(200);
    }
    let events = server.get(&format!("{path}/events")).expect(200);
    let names: Vec<&str> =
        events.data().as_array().unwrap().iter().map(|it| it["attributes"]["name"].as_str().unwrap()).collect();
    let update = "kustomer.conversation.update";
    assert_eq!(names, ["kustomer.conversation.create", update, update]);
    let first = &events.data()[0];
    assert!(first["attributes"].get("changes").is_none());
    assert_eq!(first["relationships"]["customer"]["links"]["self"], customer);
    let change = &events.data()[2]["attributes"]["changes"]["attributes"]["name"];
    assert_eq!(*change, json!({ "op": "replace", "before": "one", "after": "two" }));
    let mut newest_first = server.get(&format!("{path}/events?sort=desc")).expect(200).ids();
    newest_first.reverse();
    assert_eq!(newest_first, events.ids());
    let pages: Vec<String> = (1..=3)
        .flat_map(|page| server.get(&format!("{path}/events?pageSize=1&page={page}")).expect(200).ids())
        .collect();
    assert_eq!(pages, events.ids());
}

#[test]
fn both_customers_of_a_move_show_their_own_last_messages() {
    let server = Server::start();
    let [from, to] = ["from", "to"].map(|name| server.create(json!({ "externalId": name }))["id"].clone());
    let [from_path, to_path] = [&from, &to].map(|id| format!("/v1/customers/{}", id.as_str().unwrap()));
    let say = |preview: &str| {
        let message = json!({ "channel": "sms", "app": "x", "direction": "in", "preview": preview });
        server.post(&format!("{from_path}/messages"), message).expect(201)
    };
    let (first, second) = (say("the first"), say("the second"));
    let conversation = |message: &Answer| message.data()["relationships"]["conversation"]["links"]["self"].clone();
    let last = |path: &str| {
        let attributes = server.get(path).expect(200).attributes().clone();
        (attributes["preview"]["text"].clone(), attributes["lastConversation"]["id"].clone())
    };
    let id_of = |link: &Value| json!(link.as_str().unwrap().rsplit('/').next().unwrap());
    let [first, second] = [conversation(&first), conversation(&second)];
    server.patch(second.as_str().unwrap(), json!({ "customer": to })).expect(200);
    assert_eq!(last(&to_path), (json!("the second"), id_of(&second)));
    wait_for("the other conversation", || last(&from_path) == (json!("the first"), id_of(&first)));
    server.patch(first.as_str().unwrap(), json!({ "customer": to })).expect(200);
    wait_for("nothing", || last(&from_path).1.is_null());
    let from = server.get(&from_path).expect(200);
    assert_eq!(from.attributes()["preview"], json!({}));
    assert_eq!(from.attributes()["conversationCounts"]["all"], 0);
    assert_eq!(from.attributes()["lastMessageIn"], Value::Null);
    assert_eq!(last(&to_path), (json!("the second"), id_of(&second)));
}

/// Answers follow from when messages were sent, whenever they are recorded.
#[test]
fn a_message_that_is_recorded_late_counts_among_the_answers() {
    let server = Server::start();
    let customer = path_of(&server.create(json!({})));
    let sent = [("in", 1), ("out", 2), ("in", 3), ("out", 4), ("in", 5)];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 0, 1, 4, 2], [0, 3, 2, 1, 4], [0, 3, 1, 2, 4]] {
        let opened = json!({ "createdAt": "2026-11-01T00:00:00Z" });
        let conversation = path_of(server.post(&format!("{customer}/conversations"), opened).expect(201).data());
        let mut ids = [const { Value::Null }; 5];
        for at in order {
            let (direction, day) = sent[at];
            let message = json!({ "channel": "email", "app": "x", "direction": direction, "preview": "said",
                "sentAt": format!("2026-11-0{day}T00:00:00Z") });
            ids[at] = server.post(&format!("{conversation}/messages"), message).expect(201).data()["id"].clone();
        }
        let shown = || {
            let of = server.get(&conversation).expect(200).attributes().clone();
            ["firstResponse", "lastResponse"].map(|name| (of[name]["id"].clone(), of[name]["responseTime"].clone()))
        };
        let day = json!(24 * 60 * 60 * 1_000);
        wait_for("the answers", || shown() == [(ids[1].clone(), day.clone()), (ids[3].clone(), day.clone())]);
    }
}

/// The newest message may be in a conversation that stays, and the customer may be deleted.
#[test]
fn a_customer_shows_no_message_of_a_conversation_that_was_moved_away() {
    let server = Server::start();
    let other = server.create(json!({ "externalId": "other" }))["id"].clone();
    let shown = |path: &str| {
        let of = server.get(path).expect(200).attributes().clone();
        ["lastMessageIn", "lastMessageOut", "lastMessageUnrespondedTo"].map(|name| of[name]["sentAt"].clone())
    };
    let [first, second, third] = [2, 3, 4].map(|day| json!(format!("2026-11-0{day}T00:00:00.000Z")));
    let none = Value::Null;
    for is_deleted in [false, true] {
        let customer = path_of(&server.create(json!({ "name": "Ada" })));
        let say = |direction: &str, at: &Value| {
            let opened = server.post(&format!("{customer}/conversations"), json!({})).expect(201);
            let conversation = path_of(opened.data());
            let message =
                json!({ "channel": "sms", "app": "x", "direction": direction, "preview": "said", "sentAt": at });
            server.post(&format!("{conversation}/messages"), message).expect(201);
            conversation
        };
        let [question, answer, again] = [say("in", &first), say("out", &second), say("in", &third)];
        assert_eq!(shown(&customer), [third.clone(), second.clone(), third.clone()]);
        let leave = |conversation: &str, expected: [&Value; 3]| {
            if is_deleted {
                server.delete(&customer).expect(204);
            }
            server.patch(conversation, json!({ "customer": other })).expect(200);
            let is_right = || {
                if is_deleted {
                    // A restore of a customer that is there already is refused.
                    server.post(&format!("{customer}/restore"), json!({}));
                }
                let is_right = shown(&customer).iter().eq(expected);
                if is_deleted && !is_right {
                    server.delete(&customer).expect(204);
                }
                is_right
            };
            wait_for("the messages of the others", is_right);
        };
        leave(&answer, [&third, &none, &third]);
        leave(&again, [&first, &none, &first]);
        leave(&question, [&none, &none, &none]);
    }
}

#[test]
fn tags_are_added_and_removed_by_a_list() {
    let (server, customer) = with_customer();
    let path = open(&server, &customer, json!({}));
    let tags = format!("{path}/tags");
    let tagged = server.post(&tags, json!(["vip", "late"])).expect(200);
    let ids = tagged.attributes()["tags"].as_array().unwrap().clone();
    assert_eq!(ids.len(), 2);
    assert_eq!(server.post(&tags, json!([ids[0]])).expect(200).attributes()["tags"], json!(ids));
    let left = server.call(Method::DELETE, &tags, Some(json!(["late", "unknown"]))).expect(200);
    assert_eq!(left.attributes()["tags"], json!([ids[0]]));
    server.post(&tags, json!({ "tags": ["vip"] })).expect(400);
}

#[test]
fn who_it_is_assigned_to_must_exist() {
    let (server, customer) = with_customer();
    let team = server.post("/v1/teams", json!({ "name": "Support", "icon": "sun" })).expect(201);
    let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let path = open(&server, &customer, json!({ "assignedUsers": [user], "assignedTeams": [team.data()["id"]] }));
    assert_eq!(attributes(&server, &path)["assignedUsers"], json!([user]));
    let refused = server.patch(&path, json!({ "assignedUsers": [UNKNOWN] })).expect(400);
    assert_eq!(refused.parameter(), "assignedUsers");
    assert_eq!(server.patch(&path, json!({ "assignedTeams": [user] })).expect(400).parameter(), "assignedTeams");
}

#[test]
fn a_conversation_moves_to_another_customer_with_what_belongs_to_it() {
    let (server, customer) = with_customer();
    let other = format!("/v1/customers/{}", server.create(json!({}))["id"].as_str().unwrap());
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let conversation = open(&server, &customer, json!({}));
    let said = path_of(say(&server, &conversation, "in", "Hello").data());
    let note = path_of(server.post(&format!("{conversation}/notes"), json!({ "body": "a note" })).expect(201).data());
    let both = json!({ "customer": id(&other), "name": "and more" });
    assert_eq!(server.patch(&conversation, both).expect(400).parameter(), "customer");
    assert_eq!(server.patch(&conversation, json!({ "customer": UNKNOWN })).expect(400).parameter(), "customer");
    server.put(&conversation, json!({ "customer": id(&other) })).expect(200);
    for path in [&conversation, &said, &note] {
        assert_eq!(server.get(path).expect(200).data()["relationships"]["customer"]["links"]["self"], other, "{path}");
    }
    assert_eq!(server.get(&format!("{other}/messages")).expect(200).ids(), [id(&said)]);
    assert_eq!(server.get(&format!("{other}/notes")).expect(200).ids(), [id(&note)]);
    assert!(server.get(&format!("{customer}/messages")).expect(200).ids().is_empty());
    assert_eq!(attributes(&server, &customer)["conversationCounts"]["all"], 0);
    let moved = attributes(&server, &other);
    assert_eq!(
        (&moved["conversationCounts"]["open"], &moved["lastMessageIn"]["channel"]),
        (&json!(1), &json!("email"))
    );
    let rev = attributes(&server, &conversation)["rev"].clone();
    server.patch(&conversation, json!({ "customer": id(&other) })).expect(200);
    assert_eq!(attributes(&server, &conversation)["rev"], rev, "it is there already");
    say(&server, &conversation, "in", "Still here");
    assert_eq!(attributes(&server, &other)["preview"]["text"], "Still here");
}

#[test]
fn a_conversation_with_much_beside_it_moves_at_once_and_the_rest_follows_after_the_answer() {
    let (server, customer) = with_customer();
    let other = format!("/v1/customers/{}", server.create(json!({}))["id"].as_str().unwrap());
    let conversation = open(&server, &customer, json!({}));
    let mut last = String::new();
    for number in 0..70 {
        last = path_of(say(&server, &conversation, "in", &format!("Hello {number}")).data());
    }
    let target = json!({ "customer": other.rsplit('/').next() });
    server.patch(&format!("{conversation}?validateOnly=true"), target.clone()).expect(200);
    server.patch(&conversation, target).expect(200);
    let of = |path: &str| server.get(path).expect(200).data()["relationships"]["customer"]["links"]["self"].clone();
    assert_eq!(of(&conversation), other);
    crate::erase::wait_for("the last message", || of(&last) == other);
    assert!(server.get(&format!("{customer}/messages")).expect(200).ids().is_empty());
    assert_eq!(attributes(&server, &conversation)["messageCount"], 70);
}

#[test]
fn one_that_has_ended_or_is_locked_takes_no_messages() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    for (attribute, words) in [("ended", "has ended"), ("locked", "is locked")] {
        server.patch(&conversation, json!({ attribute: true })).expect(200);
        let refused = server.post(&format!("{conversation}/messages"), message("in", "x")).expect(409);
        assert!(refused.error()["title"].as_str().unwrap().contains(words), "{}", refused.text);
        server.patch(&conversation, json!({ attribute: false })).expect(200);
    }
    let ended = server.patch(&conversation, json!({ "ended": true, "endedReason": "left" })).expect(200);
    assert!(ended.attributes()["endedAt"].is_string());
}

#[test]
fn who_ended_a_conversation_stays_when_its_answer_is_sent_back_and_until_it_continues() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let end = json!({ "ended": true, "endedReason": "left", "endedByType": "user", "endedBy": user });
    let ended = server.patch(&conversation, end.clone()).expect(200);
    let by = ended.data()["relationships"]["endedBy"].clone();
    assert_eq!(by["data"]["id"], user);
    let mut same = end;
    same.as_object_mut().unwrap().remove("endedBy");
    let replaced = server.put(&format!("{conversation}?replace=true"), same).expect(200);
    assert_eq!(replaced.data()["relationships"]["endedBy"], by);
    let on = server.patch(&conversation, json!({ "ended": false })).expect(200);
    for name in ["endedAt", "endedReason", "endedByType"] {
        assert!(on.attributes().get(name).is_none_or(Value::is_null), "{name}");
    }
    assert_eq!(on.data()["relationships"].get("endedBy"), None);
}

#[test]
fn the_error_of_a_message_has_the_types_of_the_contract() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    let with = |error: Value| {
        let mut body = message("out", "x");
        body["error"] = error;
        server.post(&format!("{conversation}/messages"), body)
    };
    for (member, wrong) in [("status", json!("x")), ("title", json!({ "a": 1 })), ("meta", json!([]))] {
        assert_eq!(with(json!({ member: wrong })).expect(400).parameter(), member);
    }
    let error = json!({ "status": 550, "title": "refused", "meta": { "try": 1 }, "ours": true });
    assert_eq!(with(error.clone()).expect(201).attributes()["error"], error);
}

#[test]
fn a_note_is_counted_by_its_conversation_until_it_is_deleted() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let body = json!({ "body": "Please call.", "userMentions": [{ "user": user }] });
    let note = server.post(&format!("{conversation}/notes"), body).expect(201);
    let mentions = json!([{ "type": "user", "id": user }]);
    assert_eq!(note.data()["relationships"]["userMentions"]["data"], mentions);
    let path = path_of(note.data());
    assert_eq!(attributes(&server, &conversation)["noteCount"], 1);
    let changed = server.patch(&path, json!({ "body": "Called." })).expect(200);
    assert_eq!(changed.data()["relationships"]["userMentions"]["data"], mentions);
    server.delete(&path).expect(204);
    assert_eq!(attributes(&server, &conversation)["noteCount"], 0);
    server.patch(&path, json!({ "deleted": false })).expect(200);
    assert_eq!(attributes(&server, &conversation)["noteCount"], 1);
    let unknown = json!({ "body": "x", "userMentions": [{ "user": UNKNOWN }] });
    assert_eq!(server.post("/v1/notes", unknown).expect(400).parameter(), "userMentions");
    // Also while the conversation is deleted, which may be restored.
    for (is_deleted, notes) in [(true, 0), (false, 1)] {
        server.delete(&conversation).expect(204);
        server.patch(&path, json!({ "deleted": is_deleted })).expect(200);
        server.patch(&conversation, json!({ "deleted": false })).expect(200);
        assert_eq!(attributes(&server, &conversation)["noteCount"], notes);
    }
}

#[test]
fn a_message_or_note_of_a_conversation_names_its_customer_or_none() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    let id = conversation.rsplit('/').next().unwrap();
    let other = server.create(json!({}))["id"].clone();
    for named in [&other, &json!(UNKNOWN)] {
        let note = json!({ "conversation": id, "customer": named, "body": "x" });
        assert_eq!(server.post("/v1/notes", note).expect(400).parameter(), "customer");
        let mut message = message("in", "x");
        message["conversation"] = json!(id);
        message["customer"] = named.clone();
        assert_eq!(server.post("/v1/messages", message).expect(400).parameter(), "customer");
    }
    let own = server.get(&conversation).expect(200).data()["relationships"]["customer"]["data"]["id"].clone();
    server.post("/v1/notes", json!({ "conversation": id, "customer": own, "body": "x" })).expect(201);
}

#[test]
fn only_an_admin_says_who_wrote_a_message_and_when() {
    let server = Server::on_file();
    let customer = format!("/v1/customers/{}", owner(&server));
    let conversation = open(&server, &customer, json!({}));
    let user = server.token("demo", &["org.user.customer.read", "org.user.message.write"]);
    let current = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let mut body = message("out", "x");
    body["createdAt"] = json!("2014-01-01T00:00:00.000Z");
    body["createdBy"] = current.clone();
    let path = format!("{conversation}/messages");
    let replaced = server.call_as(&user, Method::POST, &path, Some(body.clone())).expect(201);
    assert_ne!(replaced.attributes()["createdAt"], body["createdAt"]);
    assert_ne!(replaced.data()["relationships"]["createdBy"]["data"]["id"], current);
    let admin = server.token("demo", &["org.admin", "org.user.message.write"]);
    let kept = server.call_as(&admin, Method::POST, &path, Some(body.clone())).expect(201);
    assert_eq!(kept.attributes()["createdAt"], body["createdAt"]);
    assert_eq!(kept.data()["relationships"]["createdBy"]["data"]["id"], current);
}

#[test]
fn many_clients_write_into_one_conversation_and_every_message_is_counted() {
    let (server, customer) = with_customer();
    let conversation = open(&server, &customer, json!({}));
    std::thread::scope(|scope| {
        for client in 0..16 {
            let (server, conversation) = (&server, &conversation);
            scope.spawn(move || {
                for at in 0..10 {
                    say(server, conversation, if at % 2 == 0 { "in" } else { "out" }, &format!("{client} {at}"));
                }
            });
        }
    });
    let shown = attributes(&server, &conversation);
    assert_eq!((&shown["messageCount"], &shown["rev"]), (&json!(160), &json!(161)));
    assert_eq!(attributes(&server, &customer)["rev"], json!(162));
    assert_eq!(server.get(&format!("{conversation}/messages?pageSize=500")).expect(200).ids().len(), 160);
}

#[test]
fn erasing_a_customer_erases_its_conversations_with_all_that_belongs_to_them() {
    let (server, customer) = with_customer();
    let (first, second) = (open(&server, &customer, json!({})), open(&server, &customer, json!({})));
    let mut paths = vec![first.clone(), second.clone()];
    for conversation in [&first, &second] {
        for at in 0..40 {
            paths.push(path_of(say(&server, conversation, "in", &format!("word{at}")).data()));
        }
        let note = server.post(&format!("{conversation}/notes"), json!({ "body": "a note" })).expect(201);
        paths.push(path_of(note.data()));
    }
    server.delete(&second).expect(204);
    server.post(&format!("{customer}/erase"), json!({})).expect(204);
    for path in &paths {
        server.get(path).expect(404);
        server.get(&format!("{path}/history")).expect(404);
        server.get(&format!("{path}?rev=1")).expect(404);
    }
}

#[test]
fn after_a_kill_under_load_every_message_that_was_answered_is_there_and_counted() {
    let server = Server::on_file();
    let customer = format!("/v1/customers/{}", owner(&server));
    let conversation = open(&server, &customer, json!({}));
    let answered = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                // Until the server is gone.
                loop {
                    let request = server.request(Method::POST, &format!("{conversation}/messages"));
                    let sent = request.bearer_auth(TOKEN).json(&message("in", "still there?")).send();
                    let Ok(answer) = sent.and_then(|answer| answer.json::<Value>()) else { return };
                    answered.lock().unwrap().push(answer["data"]["id"].as_str().unwrap().to_owned());
                }
            });
        }
        while answered.lock().unwrap().len() < 40 {
            std::thread::yield_now();
        }
        server.signal("KILL");
    });
    let server = server.kill_and_restart();
    let answered = answered.into_inner().unwrap();
    let kept = server.get(&format!("{conversation}/messages?pageSize=1000")).expect(200).ids();
    assert!(answered.iter().all(|id| kept.contains(id)), "{} answered, {} kept", answered.len(), kept.len());
    assert_eq!(attributes(&server, &conversation)["messageCount"], json!(kept.len()));
    assert_eq!(attributes(&server, &conversation)["rev"], json!(kept.len() + 1));
    assert_eq!(attributes(&server, &customer)["rev"], json!(kept.len() + 2));
}
