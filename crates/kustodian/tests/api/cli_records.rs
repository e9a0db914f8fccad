//! `kustodian companies`, and what such commands of every kind have in common.

use serde_json::{Value, json};

use crate::cli::{Ran, cell};
use crate::server::{Server, TOKEN, binary};

fn companies(server: &Server, arguments: &[&str]) -> Ran {
    let mut command = binary();
    command.arg("companies").env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN);
    Ran::of(command.args(arguments))
}

#[test]
fn a_company_is_created_shown_changed_deleted_and_restored_by_flags() {
    let server = Server::start();
    let created = companies(
        &server,
        &[
            "create",
            "--name",
            "Acme",
            "--external-id",
            "crm-7",
            "--domain",
            "acme.example",
            "--domain",
            "acme.test",
            "--email",
            "desk@acme.example",
            "--tag",
            "partner",
            "--custom",
            "scoreNum=7.5",
        ],
    );
    let created = created.well();
    let id = cell(&created, "id").unwrap().to_owned();
    for (attribute, value) in [
        ("name", "Acme"),
        ("externalId", "crm-7"),
        ("domains", "acme.example, acme.test"),
        ("emails", "desk@acme.example"),
        ("tags", "partner"),
        ("custom.scoreNum", "7.5"),
        ("rev", "1"),
    ] {
        assert_eq!(cell(&created, attribute), Some(value), "{created}");
    }
    assert_eq!(cell(&created, "deleted"), None);

    let path = format!("/v1/companies/{id}");
    let json = companies(&server, &["get", &id, "--output", "json"]).well();
    assert_eq!(json.trim_end(), server.get(&path).expect(200).text, "as it came");
    let changed = companies(&server, &["update", &id, "--name", "Acme Ltd", "--rev", "1"]).well();
    assert_eq!((cell(&changed, "name"), cell(&changed, "domains")), (Some("Acme Ltd"), cell(&created, "domains")));
    companies(&server, &["update", &id, "--name", "late", "--rev", "1"]).fails_with("rev");
    companies(&server, &["update", &id, "--json", r#"{"employeeCount":9,"externalId":null}"#]).well();
    assert_eq!(server.get(&path).expect(200).attributes()["employeeCount"], 9);
    assert_eq!(cell(&companies(&server, &["get", &id, "--rev", "1"]).well(), "name"), Some("Acme"));
    companies(&server, &["get", &id, "--as-of", "2001-01-01"]).fails_with("was not made by 2001-01-01");

    let hint = format!("deleted {id}; kustodian companies restore {id} restores it\n");
    assert_eq!(companies(&server, &["delete", &id]).well(), hint);
    server.get(&path).expect(404);
    companies(&server, &["get", &id]).fails_with("the company was deleted on");
    assert_eq!(cell(&companies(&server, &["restore", &id]).well(), "name"), Some("Acme Ltd"));

    let history = companies(&server, &["history", &id]).well();
    let events: Vec<&str> = history.split_whitespace().filter(|word| word.starts_with("kustomer.company.")).collect();
    let verbs = ["restore", "delete", "update", "update", "create"];
    assert_eq!(events, verbs.map(|verb| format!("kustomer.company.{verb}")));
    let newest = companies(&server, &["history", &id, "--limit", "1", "--output", "json"]);
    assert!(newest.stderr.contains("there is more"), "{}", newest.stderr);
    let newest: Value = serde_json::from_str(&newest.stdout).unwrap();
    assert_eq!(newest["data"][0]["attributes"]["rev"], 5);
}

#[test]
fn companies_are_listed_by_limit_to_the_end_and_by_their_attributes() {
    let server = Server::start();
    assert_eq!(companies(&server, &["list", "--output", "json"]).json(), json!({ "data": [] }));
    let nothing = companies(&server, &["list"]).well();
    assert!(nothing.contains("DOMAINS") && nothing.lines().count() == 1, "{nothing}");
    for number in 0..7 {
        server.post("/v1/companies", json!({ "name": format!("Acme {number}"), "externalId": format!("x{number}") }));
    }
    let names = |ran: Ran| -> Vec<String> {
        let json = ran.json();
        let names = json["data"].as_array().unwrap().iter().map(|company| company["attributes"]["name"].clone());
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let all: Vec<String> = (0..7).map(|number| format!("Acme {number}")).collect();
    assert_eq!(names(companies(&server, &["list", "--all", "--output", "json"])), all);
    assert_eq!(names(companies(&server, &["list", "--limit", "7", "--output", "json"])), all);
    let some = companies(&server, &["list", "--limit", "3", "--output", "json"]);
    assert!(some.stderr.contains("there are more"), "{}", some.stderr);
    let some: Value = serde_json::from_str(&some.stdout).unwrap();
    assert_eq!(some["data"].as_array().unwrap().len(), 3);
    assert_eq!(names(companies(&server, &["list", "--external-id", "x4", "--output", "json"])), ["Acme 4"]);
    assert_eq!(names(companies(&server, &["list", "--name", "acme 5", "--output", "json"])), ["Acme 5"]);
    assert!(companies(&server, &["list", "--all"]).well().contains("Acme 6"));
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let server = Server::start();
    companies(&server, &["get", "5c7d1a1f9a1b2c0010a1b2c3"]).fails_with("Not Found");
    companies(&server, &["create"]).fails_with("name");
    companies(&server, &["create", "--name", "Acme", "--custom", "scoreNum=many"]).fails_with("scoreNum");
    companies(&server, &["update", "5c7d1a1f9a1b2c0010a1b2c3", "--json", "[]"]).fails_with("--json holds a list");
    companies(&server, &["list", "--name", "a", "--external-id", "b"]).misused(&["cannot be used with"]);
    companies(&server, &["create", "--name", "a", "--json", "{}"]).misused(&["cannot be used with"]);
    companies(&server, &["get", "../auth/tokens"]).misused(&["letters, digits"]);
    let mut command = binary();
    let keyless = command.args(["companies", "list"]).env("KUSTODIAN_URL", &server.url);
    Ran::of(keyless).fails_with("no API key");
}

#[test]
fn klasses_and_their_kobjects_have_the_same_commands() {
    let server = Server::start();
    let run = |arguments: &[&str]| {
        let mut command = binary();
        Ran::of(command.args(arguments).env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN))
    };
    let klass = run(&["klasses", "create", "--name", "order", "--icon", "shopping"]).well();
    let id = cell(&klass, "id").unwrap();
    assert_eq!(
        cell(&run(&["klass", "update", "order", "--status", "existing_only"]).well(), "status"),
        Some("existing_only")
    );
    assert!(!run(&["klasses", "list"]).well().contains(id), "those that are enabled");
    assert!(run(&["klasses", "list", "--status", "existing_only"]).well().contains(id));
    run(&["klasses", "update", "orders", "--status", "enabled"]).well();

    // What never changes is offered by a create alone.
    for (command, flags) in [
        (&["klasses"][..], &["--name"][..]),
        (&["kobjects", "--klass", "order"], &["--customer", "--company"]),
        (&["messages"], &["--customer", "--channel", "--app", "--direction"]),
        (&["notes"], &["--customer"]),
        (&["drafts"], &["--customer"]),
        (&["forwards"], &["--conversation"]),
    ] {
        let offered = |verb: &str| run(&[command, &[verb, "--help"]].concat()).well();
        for flag in flags.iter().map(|flag| format!("{flag} <")) {
            assert!(offered("create").contains(&flag) && !offered("update").contains(&flag), "{command:?} {flag}");
        }
    }
    assert!(!run(&["conversations", "create", "--help"]).well().contains("open, snoozed or done"));
    run(&["conversations", "create", "--customer", id, "--status", "snoozed"]).fails_with("conversations snooze");

    let ada = server.create(json!({ "name": "Ada" }));
    let ada = ada["id"].as_str().unwrap();
    let orders = |arguments: &[&str]| run(&[&["kobjects", "--klass", "order"], arguments].concat());
    let given = ["create", "--title", "Order 1815", "--external-id", "shop-1815", "--customer", ada];
    let order = orders(&[&given[..], &["--custom", "totalNum=120.5"]].concat()).well();
    let order = cell(&order, "id").unwrap();
    let path = format!("/v1/klasses/orders/{order}");
    assert_eq!(server.get(&path).expect(200).attributes()["custom"]["totalNum"], 120.5);
    let listed = orders(&["list"]).well();
    assert!(listed.contains("Order 1815") && listed.contains(ada), "{listed}");
    assert!(!orders(&["list", "--since", "2999-01-01"]).well().contains("Order 1815"));
    orders(&["update", order, "--title", "Order 1815, sent", "--rev", "1"]).well();
    assert_eq!(cell(&orders(&["get", order, "--rev", "1"]).well(), "title"), Some("Order 1815"));
    assert!(orders(&["history", order]).well().contains("kustomer.kobject.update"));
    run(&["klasses", "delete", "order"]).fails_with("has kobjects");
    let deleted = orders(&["delete", order]).well();
    assert_eq!(deleted, format!("deleted {order}; kustodian kobjects --klass order restore {order} restores it\n"));
    assert_eq!(cell(&orders(&["restore", order]).well(), "title"), Some("Order 1815, sent"));
    orders(&["delete", order]).well();
    run(&["klasses", "delete", "order"]).well();
    assert!(run(&["klasses", "history", id]).well().contains("kustomer.klass.delete"));
    assert_eq!(cell(&run(&["klasses", "restore", id]).well(), "name"), Some("order"));
    run(&["kobjects", "list"]).misused(&["--klass", "Usage: kustodian kobjects"]);
    run(&["kobjects", "create", "--klass", "orders", "--title", "behind"]).well();
    assert!(run(&["kobject", "list", "--klass", "order", "--all"]).well().contains("behind"));
}

#[test]
fn brands_and_schedules_have_the_same_commands() {
    let server = Server::start();
    let run = |arguments: &[&str]| {
        let mut command = binary();
        Ran::of(command.args(arguments).env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN))
    };
    let made = run(&["brands", "create", "--name", "Shoes", "--icon-url", "https://acme.example/a.png"]).well();
    let id = cell(&made, "id").unwrap();
    assert_eq!(cell(&run(&["brands", "update", id, "--name", "Boots"]).well(), "name"), Some("Boots"));
    let listed = run(&["brands", "list"]).well();
    assert!(listed.contains("Boots") && listed.contains("demo"), "the default one, too: {listed}");
    run(&["brands", "delete", id]).fails_with("no brand can be deleted");

    let hours = r#"{"0":null,"1":[[480,1020]],"2":null,"3":null,"4":null,"5":null,"6":null}"#;
    let office = ["schedules", "create", "--name", "Office", "--timezone", "Europe/Berlin", "--hours", hours];
    let made = run(&office).well();
    let id = cell(&made, "id").unwrap();
    run(&["schedules", "update", id, "--default"]).well();
    run(&["schedules", "delete", id]).fails_with("default schedule");
    run(&["schedules", "create", "--name", "Wrong", "--timezone", "Mars", "--hours", hours]).fails_with("time zone");
    run(&["schedules", "create", "--name", "Wrong", "--timezone", "UTC", "--hours", "{}"]).fails_with("hours");
}
