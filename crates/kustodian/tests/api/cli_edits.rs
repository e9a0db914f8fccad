//! Changing single items of a customer on the command line, and the forms of `--json`.

use serde_json::{Value, json};

use crate::cli::{Ran, cell, customers, on};
use crate::server::Server;

fn values(attributes: &Value, list: &str, key: &str) -> Vec<String> {
    attributes[list].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn single_items_are_added_and_removed_and_the_others_stay() {
    let server = Server::start();
    let made = server.create(json!({
        "name": "Ada", "tags": ["vip", "pioneer"], "phones": [{ "phone": "+18005551212", "type": "work" }],
        "emails": [{ "email": "ada@acme.example", "type": "work", "verified": true }],
    }));
    let (id, path) = (made["id"].as_str().unwrap(), made["links"]["self"].as_str().unwrap());
    let changes = [
        ["--add-tag", "gold"],
        ["--add-tag", "vip"],
        ["--remove-tag", "pioneer"],
        ["--add-email", "ada@home.example"],
        ["--add-phone", "+1 800 555 1212"],
        ["--add-phone", "+18005550000"],
        ["--add-external-id", "erp-7"],
        ["--custom", "balanceNum=-3.5"],
    ];
    let shown = on(&server, &[&["update", id][..], &changes.concat()].concat()).well();
    assert_eq!(cell(&shown, "tags"), Some("vip, gold"), "by their names: {shown}");
    assert_eq!(cell(&shown, "custom.balanceNum"), Some("-3.5"));
    let stored = server.get(path).expect(200);
    let emails = &stored.attributes()["emails"];
    assert_eq!((&emails[0]["type"], &emails[0]["verified"]), (&json!("work"), &json!(true)), "{emails}");
    assert_eq!(values(stored.attributes(), "emails", "email"), ["ada@acme.example", "ada@home.example"]);
    assert_eq!(values(stored.attributes(), "phones", "phone"), ["+18005551212", "+18005550000"]);
    assert_eq!(values(stored.attributes(), "externalIds", "externalId"), ["erp-7"]);
    assert_eq!(stored.attributes()["rev"], 2, "one change");

    let removed = ["--remove-email", "ADA@acme.example", "--remove-phone", "1 800 555 0000", "--name", "Ada King"];
    on(&server, &[&["update", id][..], &removed].concat()).well();
    let stored = server.get(path).expect(200);
    assert_eq!(values(stored.attributes(), "emails", "email"), ["ada@home.example"]);
    assert_eq!(values(stored.attributes(), "phones", "phone"), ["+18005551212"]);
    assert_eq!(stored.attributes()["name"], "Ada King");

    on(&server, &["update", id, "--remove-tag", "silver"]).fails_with("no tag silver: it has vip, gold");
    on(&server, &["update", id, "--remove-external-id", "x"]).fails_with("no external id x: it has erp-7");
    on(&server, &["update", id, "--tag", "a", "--add-tag", "b"]).misused(&["--tag", "--add-tag"]);
    on(&server, &["update", id, "--json", "{}", "--add-tag", "b"]).misused(&["--json", "--add-tag"]);
}

#[test]
fn an_update_of_another_revision_changes_nothing_and_updates_side_by_side_are_all_kept() {
    let server = Server::start();
    let made = server.create(json!({ "name": "Ada", "emails": [{ "email": "ada@acme.example" }] }));
    let (id, path) = (made["id"].as_str().unwrap(), made["links"]["self"].as_str().unwrap());
    on(&server, &["update", id, "--rev", "1", "--name", "Ada King"]).well();
    for (rev, is_married) in [("1", false), ("2", true)] {
        let shown = on(&server, &["get", "--email", "ada@acme.example", "--rev", rev]).well();
        assert_eq!(shown.contains("Ada King"), is_married, "{shown}");
    }
    on(&server, &["get", "--email", "nobody@acme.example", "--rev", "1"]).fails_with("404");
    on(&server, &["update", id, "--rev", "1", "--name", "Nobody"]).fails_with("409 conflict");
    on(&server, &["update", id, "--rev", "1", "--json", r#"{"name":"Nobody"}"#]).fails_with("has revision 2, not 1");
    on(&server, &["update", id, "--rev", "1", "--add-tag", "vip"]).fails_with("409 conflict");
    assert_eq!(server.get(path).expect(200).attributes()["name"], "Ada King");

    std::thread::scope(|scope| {
        for number in 0..4 {
            let (server, tag) = (&server, format!("tag{number}"));
            scope.spawn(move || on(server, &["update", id, "--add-tag", &tag]).well());
        }
    });
    assert_eq!(server.get(path).expect(200).attributes()["tags"].as_array().unwrap().len(), 4);
}

#[test]
fn a_key_that_may_not_read_tags_sees_their_ids() {
    let server = Server::on_file();
    let made = server.create(json!({ "tags": ["vip"] }));
    let key = server.token("demo", &["org.user.customer.read"]);
    let shown = on(&server, &["get", made["id"].as_str().unwrap(), "--token", &key]).well();
    assert_eq!(cell(&shown, "tags"), made["attributes"]["tags"][0].as_str());
}

#[test]
fn json_is_given_as_text_as_a_file_or_on_standard_input() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (customer, search) = (file("customer.json", r#"{"name":"Ada"}"#), file("search.json", r#"{"and":[]}"#));
    for given in [r#"{"name":"Ada"}"#, &format!("@{customer}"), &customer] {
        assert_eq!(cell(&on(&server, &["create", "--json", given]).well(), "name"), Some("Ada"), "{given}");
    }
    Ran::fed(customers(&server).args(["create", "--json", "-"]), r#"{"name":"Ada"}"#).well();
    for given in ["{}", &format!("@{search}"), &search] {
        assert_eq!(on(&server, &["search", "--ids", "--json", given]).well().lines().count(), 4, "{given}");
    }
    assert_eq!(Ran::fed(customers(&server).args(["search", "--ids", "--json", "-"]), "{}").well().lines().count(), 4);

    for command in ["create", "search"] {
        let fails = |given: &str, words: &str| on(&server, &[command, "--json", given]).fails_with(words);
        fails("@/no/such/file.json", "/no/such/file.json cannot be read");
        fails("name=Ada", "--json takes a JSON object, @FILE, or - for standard input");
        fails(r#"{"name":"#, "--json holds no JSON: EOF while parsing a value at line 1 column 8");
        fails("[]", "--json holds a list: a JSON object is expected");
        Ran::fed(customers(&server).args([command, "--json", "-"]), "").fails_with("standard input is empty");
    }
    on(&server, &["search", "--json", r#"{"and":[{"customer_emial":{"equals":"a"}}]}"#]).fails_with("customer_emial");
}

#[test]
fn a_limit_that_leaves_something_out_says_so_on_standard_error() {
    let server = Server::start();
    let id = server.create(json!({ "name": "Ada" }))["id"].as_str().unwrap().to_owned();
    server.patch(&format!("/v1/customers/{id}"), json!({ "name": "Ada King" })).expect(200);
    server.create(json!({ "name": "Grace" }));
    for output in ["table", "json"] {
        for command in [&["list", "--limit"][..], &["search", "--json", "{}", "--limit"]] {
            let ran = |limit: &str| on(&server, &[command, &[limit, "--output", output]].concat());
            assert_eq!(
                ran("1").stderr,
                "note: there are more: a greater --limit prints more of them, --all prints all\n"
            );
            ran("2").well();
            ran("3").well();
        }
    }
    let ids = on(&server, &["search", "--json", "{}", "--ids", "--limit", "1"]);
    assert!(ids.stderr.contains("there are more") && ids.stdout.lines().count() == 1, "{}", ids.stderr);
    assert!(on(&server, &["history", &id, "--limit", "1"]).stderr.contains("there is more"));
    on(&server, &["history", &id]).well();
}

#[test]
fn a_number_below_zero_is_out_of_range() {
    let server = Server::start();
    on(&server, &["list", "--limit", "-1"]).misused(&["invalid value '-1'", "--limit"]);
    on(&server, &["history", "5c7d1a1f9a1b2c0010a1b2c3", "--limit", "-1"]).misused(&["invalid value '-1'", "1..=500"]);
}

#[test]
fn customers_are_merged_and_the_merge_is_undone() {
    let server = Server::start();
    let name = "Ada Lovelace";
    let street = json!([{ "address": "12 St James", "zipCode": "SW1", "countryCode": "GB" }]);
    let made = |external: &str, locale: &str| {
        let body = json!({ "name": name, "externalId": external, "locations": street, "locale": locale });
        server.create(body)["id"].as_str().unwrap().to_owned()
    };
    let (source, target) = (made("crm-1", "en_US"), made("crm-2", "fr_FR"));
    let found = on(&server, &["duplicates", &target]).well();
    assert!(found.contains(&source) && found.contains(name), "{found}");
    let lost = on(&server, &["merge", &source, &target, "--dry-run"]).well();
    assert!(lost.contains("locale") && lost.contains("en_US"), "{lost}");
    assert_eq!(server.get(&format!("/v1/customers/{source}")).status, 200, "nothing was merged");
    let merged = on(&server, &["merge", &source, &target]).well();
    assert_eq!(server.get(&format!("/v1/customers/{source}")).status, 404);
    let merge = merged.split_whitespace().skip_while(|word| *word != "undo-merge").nth(1).unwrap();
    assert!(on(&server, &["undo-merge", merge, "--dry-run"]).well().contains("everything would return"));
    on(&server, &["undo-merge", merge]).well();
    let back = server.get(&format!("/v1/customers/{source}")).expect(200);
    assert_eq!(back.attributes()["locale"], "en_US");
    on(&server, &["merge", &source, &source]).fails_with("");
}
