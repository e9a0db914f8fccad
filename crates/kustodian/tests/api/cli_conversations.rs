//! `kustodian conversations`, `messages`, `notes`, `drafts`, `forwards` and `outbox`.

use serde_json::{Value, json};

use crate::cli::{Ran, cell};
use crate::server::{Server, TOKEN, binary};

fn run(server: &Server, arguments: &[&str]) -> Ran {
    let mut command = binary();
    Ran::of(command.args(arguments).env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN))
}

/// The id of a new customer.
fn customer(server: &Server) -> String {
    server.create(json!({}))["id"].as_str().unwrap().to_owned()
}

/// The ids of a list in JSON.
fn ids(ran: Ran) -> Vec<String> {
    let json = ran.json();
    json["data"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// The id of a record that is created by flags.
fn created(server: &Server, arguments: &[&str]) -> String {
    let shown = run(server, arguments).well();
    cell(&shown, "id").unwrap().to_owned()
}

#[test]
fn a_conversation_is_created_changed_snoozed_done_and_opened_by_flags() {
    let server = Server::start();
    let ada = customer(&server);
    let me = server.get("/v1/users/current").expect(200).data()["id"].as_str().unwrap().to_owned();
    let given = ["conversations", "create", "--customer", &ada, "--name", "Order 1815", "--external-id", "ticket-1815"];
    let more = ["--priority", "4", "--tag", "late", "--assigned-user", &me, "--custom", "weightNum=7.5"];
    let shown = run(&server, &[&given[..], &more].concat()).well();
    let id = cell(&shown, "id").unwrap();
    for (attribute, value) in [
        ("name", "Order 1815"),
        ("externalId", "ticket-1815"),
        ("priority", "4"),
        ("tags", "late"),
        ("assignedUsers", &me),
        ("custom.weightNum", "7.5"),
        ("status", "open"),
    ] {
        assert_eq!(cell(&shown, attribute), Some(value), "{shown}");
    }
    assert_eq!(cell(&run(&server, &["conversations", "done", id]).well(), "status"), Some("done"));
    assert_eq!(cell(&run(&server, &["conversation", "open", id]).well(), "status"), Some("open"));
    let times = run(&server, &["conversations", "times", id]).well();
    assert!(times.contains(&me) && times.contains("true") && times.lines().count() == 3, "{times}");
    let snoozed = run(&server, &["conversations", "snooze", id, "--until", "2999-01-31"]).well();
    assert_eq!(cell(&snoozed, "status"), Some("snoozed"));
    let stored = server.get(&format!("/v1/conversations/{id}")).expect(200);
    assert_eq!(stored.attributes()["snooze"], json!({ "time": "2999-01-31T00:00:00.000Z", "status": "scheduled" }));
    run(&server, &["conversations", "update", id, "--priority", "5", "--rev", "4"]).well();
    assert_eq!(cell(&run(&server, &["conversations", "get", id, "--rev", "1"]).well(), "priority"), Some("4"));
    run(&server, &["conversations", "update", id, "--name", "late", "--rev", "1"]).fails_with("rev");
    let deleted = run(&server, &["conversations", "delete", id]).well();
    assert_eq!(deleted, format!("deleted {id}; kustodian conversations restore {id} restores it\n"));
    run(&server, &["conversations", "done", id]).fails_with("the conversation was deleted on");
    run(&server, &["conversations", "restore", id]).well();
    let history = run(&server, &["conversations", "history", id]).well();
    assert_eq!(history.matches("kustomer.conversation.").count(), 7, "{history}");
    run(&server, &["conversations", "snooze", id]).misused(&["--until"]);
    run(&server, &["conversations", "create", "--name", "x", "--json", "{}"]).misused(&["cannot be used with"]);
}

#[test]
fn a_forward_is_written_changed_and_listed_by_flags() {
    let server = Server::start();
    let conversation = created(&server, &["conversations", "create", "--customer", &customer(&server)]);
    let given = ["forwards", "create", "--conversation", &conversation, "--to", "depot@acme.example"];
    let shown = run(&server, &[&given[..], &["--subject", "Order 1815", "--body", "Please look."]].concat()).well();
    let id = cell(&shown, "id").unwrap();
    assert_eq!((cell(&shown, "subject"), cell(&shown, "status")), (Some("Order 1815"), Some("draft")));
    let stored = server.get(&format!("/v1/forwards/{id}")).expect(200);
    assert_eq!(stored.attributes()["to"][0]["email"], "depot@acme.example");
    let changed = run(&server, &["forward", "update", id, "--subject", "Order 1816"]).well();
    assert_eq!(cell(&changed, "subject"), Some("Order 1816"));
    let list = |flags: &[&str]| ids(run(&server, &[&["forwards", "list", "--output", "json"], flags].concat()));
    assert_eq!(list(&["--conversation", &conversation]), [id]);
    let other = created(&server, &["conversations", "create", "--customer", &customer(&server)]);
    assert!(list(&["--conversation", &other]).is_empty());
    assert_eq!(list(&[]), [id]);
    assert!(run(&server, &["forwards", "history", id]).well().contains("kustomer.forward.update"));
    run(&server, &["forwards", "delete", id]).fails_with("no forward can be deleted");
    let help = run(&server, &["forwards", "--help"]).well();
    assert!(help.contains("  update ") && !help.contains("  delete ") && !help.contains("  restore "), "{help}");
    assert!(run(&server, &["notes", "--help"]).well().contains("  delete "));
    run(&server, &["forwards", "create", "--to", "depot@acme.example"]).fails_with("--conversation ID");
}

#[test]
fn conversations_are_listed_by_customer_status_user_and_change() {
    let server = Server::start();
    let (ada, ben) = (customer(&server), customer(&server));
    let me = server.get("/v1/users/current").expect(200).data()["id"].as_str().unwrap().to_owned();
    let open = created(&server, &["conversations", "create", "--customer", &ada]);
    let done = created(&server, &["conversations", "create", "--customer", &ada, "--status", "done"]);
    let of_ben = created(&server, &["conversations", "create", "--customer", &ben, "--assigned-user", &me]);
    let list = |flags: &[&str]| {
        let mut found = ids(run(&server, &[&["conversations", "list", "--output", "json"], flags].concat()));
        found.sort();
        found
    };
    let sorted = |mut ids: Vec<&String>| {
        ids.sort();
        ids.into_iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(list(&[]), sorted(vec![&open, &done, &of_ben]));
    assert_eq!(list(&["--customer", &ada]), sorted(vec![&open, &done]));
    assert_eq!(list(&["--status", "open"]), sorted(vec![&open, &of_ben]));
    assert_eq!(list(&["--status", "open", "--customer", &ada]), sorted(vec![&open]));
    assert_eq!(list(&["--assigned-user", &me]), sorted(vec![&of_ben]));
    assert_eq!(list(&["--since", "2001-01-01"]), sorted(vec![&open, &done, &of_ben]));
    assert!(list(&["--since", "2999-01-01"]).is_empty());
    let some = run(&server, &["conversations", "list", "--status", "open", "--limit", "1", "--output", "json"]);
    assert!(some.stderr.contains("there are more"), "{}", some.stderr);
    let some: Value = serde_json::from_str(&some.stdout).unwrap();
    assert_eq!(some["data"].as_array().unwrap().len(), 1);
    run(&server, &["conversations", "list", "--status", "closed"]).fails_with("conversation_status");
    run(&server, &["conversations", "list", "--customer", "../tags"]).misused(&["letters, digits"]);
}

#[test]
fn a_list_that_a_search_finds_is_printed_to_its_end() {
    let server = Server::start();
    let ada = customer(&server);
    for _ in 0..105 {
        server.post("/v1/conversations", json!({ "customer": ada })).expect(201);
    }
    let found = ids(run(&server, &["conversations", "list", "--status", "open", "--all", "--output", "json"]));
    assert_eq!(found.len(), 105);
    assert!(run(&server, &["conversations", "list", "--status", "open", "--all"]).well().lines().count() > 105);
}

#[test]
fn messages_and_notes_are_written_and_listed_by_conversation_and_customer() {
    let server = Server::start();
    let ada = customer(&server);
    let about = ["--channel", "email", "--app", "postmark", "--direction", "in", "--subject", "Order 1815"];
    let first = created(&server, &[&["messages", "create", "--customer", &ada][..], &about].concat());
    let stored = server.get(&format!("/v1/messages/{first}")).expect(200);
    let conversation = stored.data()["relationships"]["conversation"]["data"]["id"].as_str().unwrap().to_owned();
    let given = ["messages", "create", "--conversation", &conversation, "--preview", "Hello?"];
    let sent = ["--external-id", "mail-7", "--sent-at", "2026-01-31", "--custom", "scoreNum=2"];
    let second = created(&server, &[&given[..], &about, &sent].concat());
    let stored = server.get("/v1/messages/externalId=mail-7").expect(200);
    assert_eq!((&stored.data()["id"], &stored.attributes()["preview"]), (&second.as_str().into(), &"Hello?".into()));
    assert_eq!(stored.attributes()["sentAt"], "2026-01-31T00:00:00.000Z");
    let changed = run(&server, &["messages", "update", &second, "--preview", "Hello!"]).well();
    assert_eq!(cell(&changed, "preview"), Some("Hello!"));
    run(&server, &["messages", "delete", &second]).fails_with("no message can be deleted");
    run(&server, &["messages", "create", "--customer", &ada]).fails_with("channel");

    let note = created(&server, &["notes", "create", "--conversation", &conversation, "--body", "She called."]);
    let of_ada = created(&server, &["notes", "create", "--customer", &ada, "--body", "She is a countess."]);
    assert_eq!(cell(&run(&server, &["note", "update", &note, "--body", "Twice."]).well(), "body"), Some("Twice."));
    let list = |kind: &str, flags: &[&str]| ids(run(&server, &[&[kind, "list", "--output", "json"], flags].concat()));
    for flags in [&["--conversation", &*conversation][..], &["--customer", &*ada], &[]] {
        assert_eq!(list("messages", flags), [first.clone(), second.clone()], "{flags:?}");
    }
    assert_eq!(list("notes", &["--conversation", &conversation]), std::slice::from_ref(&note));
    assert_eq!(list("notes", &["--customer", &ada]).len(), 2);
    let deleted = run(&server, &["notes", "delete", &of_ada]).well();
    assert_eq!(deleted, format!("deleted {of_ada}; kustodian notes restore {of_ada} restores it\n"));
    assert_eq!(list("notes", &["--customer", &ada]), [note]);
    run(&server, &["notes", "restore", &of_ada]).well();
    assert!(run(&server, &["messages", "history", &second]).well().contains("kustomer.message.update"));
    run(&server, &["messages", "list", "--customer", &ada, "--conversation", "x"]).misused(&["cannot be used with"]);
}

#[test]
fn a_draft_is_written_scheduled_and_sent_and_the_outbox_shows_what_left() {
    let server = Server::start();
    let ada = customer(&server);
    let given = ["drafts", "create", "--customer", &ada, "--channel", "email", "--to", "ada@acme.example"];
    let draft = created(&server, &[&given[..], &["--subject", "Your order", "--body", "It leaves."]].concat());
    let listed = run(&server, &["drafts", "list", "--customer", &ada]).well();
    assert!(listed.contains(&draft) && listed.contains("Your order"), "{listed}");
    let later = ["drafts", "update", &draft, "--channel", "email", "--send-at", "2999-01-31"];
    assert_eq!(cell(&run(&server, &later).well(), "status"), Some("scheduled"));
    assert!(!run(&server, &["outbox", "list"]).well().contains("Your order"), "it waits");
    let now = ["drafts", "update", &draft, "--channel", "email", "--send"];
    assert_eq!(cell(&run(&server, &now).well(), "status"), Some("sent"));
    let left = run(&server, &["outbox", "list", "--output", "json"]);
    let left = ids(left);
    assert_eq!(left.len(), 1);
    let shown = run(&server, &["outbox", "get", &left[0]]).well();
    assert_eq!(
        (cell(&shown, "subject"), cell(&shown, "to")),
        (Some("Your order"), Some("ada@acme.example")),
        "{shown}"
    );
    assert!(run(&server, &["outbox", "list"]).well().contains("Your order"));
    let chat = created(&server, &["draft", "create", "--customer", &ada, "--channel", "chat", "--body", "Hello"]);
    assert_eq!(run(&server, &["drafts", "delete", &chat]).well(), format!("deleted {chat}\n"));
    run(&server, &["drafts", "create", "--send", "--send-at", "2999-01-31"]).misused(&["cannot be used with"]);
}
