//! The `companyName` of customers follows the name of their company.

use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::place::{SEVERAL_SERVERS, rows};
use crate::server::Server;

/// Enough for several steps.
const CUSTOMERS: usize = 250;

fn company(server: &Server, name: &str) -> Value {
    server.post("/v1/companies", json!({ "name": name })).expect(201).data().clone()
}

fn path_of(record: &Value) -> &str {
    record["links"]["self"].as_str().unwrap()
}

fn customers(server: &Server, company: &Value, count: usize) -> Vec<Value> {
    let create =
        |number: usize| server.create(json!({ "name": format!("Customer {number}"), "company": company["id"] }));
    std::thread::scope(|scope| {
        let share = |from: usize| move || (from..count).step_by(4).map(create).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|from| scope.spawn(share(from))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// The names that customers show of their companies, each with how many show it.
fn shown(server: &Server) -> Vec<(String, usize)> {
    let mut names: Vec<String> = Vec::new();
    let mut next = Some("/v1/customers?pageSize=500".to_owned());
    while let Some(path) = next {
        let page = server.get(&path).expect(200);
        let of = |customer: &Value| customer["attributes"]["companyName"].as_str().unwrap_or("none").to_owned();
        names.extend(page.data().as_array().unwrap().iter().map(of));
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    names.sort();
    names.chunk_by(|left, right| left == right).map(|same| (same[0].clone(), same.len())).collect()
}

/// Waits until every customer shows this name.
fn wait_for_name(server: &Server, name: &str) {
    wait_for(name, || shown(server).iter().all(|(shown, _)| shown == name));
}

fn notes(server: &Server) -> usize {
    rows(server.database(), "SELECT name FROM settings WHERE name LIKE 'renamed:%'").len()
}

#[test]
fn customers_show_the_new_name_of_their_company_once_it_is_renamed() {
    let server = Server::on_file();
    let acme = company(&server, "Acme");
    let all = customers(&server, &acme, CUSTOMERS);
    let deleted = &all[7];
    server.delete(path_of(deleted)).expect(204);
    let other = server.create(json!({ "name": "of another", "company": company(&server, "Other")["id"] }));
    let unlinked = server.create(json!({ "name": "of a name alone", "company": "Acme Corp" }));

    server.put(path_of(&acme), json!({ "name": "Initech" })).expect(200);
    let expected = [("Acme Corp", 1), ("Initech", CUSTOMERS - 1), ("Other", 1)];
    wait_for("the new name", || shown(&server) == expected.map(|(name, count)| (name.to_owned(), count)));
    let restore = format!("{}/restore", path_of(deleted));
    wait_for("the name of the deleted one", || {
        let answer = server.post(&format!("{restore}?validateOnly=true"), json!({})).expect(200);
        answer.attributes()["companyName"] == "Initech"
    });
    for customer in all.iter().filter(|customer| customer["id"] != deleted["id"]) {
        let now = server.get(path_of(customer)).expect(200);
        assert_eq!(now.attributes()["rev"], 2, "each is written once");
        for kept in ["modifiedAt", "lastActivityAt", "name"] {
            assert_eq!(now.attributes()[kept], customer["attributes"][kept], "{kept}");
        }
    }
    for customer in [&other, &unlinked] {
        assert_eq!(server.get(path_of(customer)).expect(200).data(), customer);
    }
    let history = server.get(&format!("{}/history", path_of(&all[0]))).expect(200);
    let newest = &history.data()[0]["attributes"];
    assert_eq!(newest["eventName"], "kustomer.customer.update");
    assert_eq!((&newest["userId"], &newest["client"]), (&Value::Null, &json!("system")));
    let changes = newest["changes"]["attributes"]["companyName"].clone();
    assert_eq!(changes, json!({ "op": "replace", "before": "Acme", "after": "Initech" }));

    // A change of anything else changes no customer.
    server.put(path_of(&acme), json!({ "name": "Initech", "employeeCount": 5 })).expect(200);
    let refused = server.put(path_of(&acme), json!({ "name": "no", "rev": 1 }));
    assert!(matches!(refused.status, 400 | 409), "{}", refused.status);
    let rehearsed = server.put(&format!("{}?validateOnly=true", path_of(&acme)), json!({ "name": "Never" }));
    assert_eq!(rehearsed.expect(200).attributes()["name"], "Never");
    server.put(path_of(&acme), json!({ "name": "Hooli" })).expect(200);
    wait_for("the next name", || shown(&server).iter().any(|(name, count)| name == "Hooli" && *count == CUSTOMERS - 1));
    assert_eq!(server.get(path_of(&all[0])).expect(200).attributes()["rev"], 3);
}

#[test]
fn a_rename_that_was_answered_is_finished_by_the_next_server() {
    let server = Server::on_file();
    let acme = company(&server, "Acme");
    customers(&server, &acme, CUSTOMERS);
    server.put(path_of(&acme), json!({ "name": "Initech" })).expect(200);
    let server = server.kill_and_restart();
    wait_for_name(&server, "Initech");
    let page = server.get("/v1/customers?pageSize=500").expect(200);
    assert!(page.data().as_array().unwrap().iter().all(|customer| customer["attributes"]["rev"] == 2));
}

#[test]
fn work_that_a_killed_server_kept_for_itself_is_taken_at_the_next_start() {
    let server = Server::on_file();
    let acme = company(&server, "Acme");
    server.put(path_of(&acme), json!({ "name": "Initech" })).expect(200);
    // As if it had been noted long ago, and a server had kept it for centuries.
    let kept = "0 9999999999999 x";
    let bytes = match server.database().starts_with("sqlite:") {
        true => format!("CAST('{kept}' AS BLOB)"),
        false => format!("convert_to('{kept}', 'UTF8')"),
    };
    wait_for("a note that nobody has changed meanwhile", || {
        rows(server.database(), &format!("UPDATE settings SET value = {bytes} WHERE name LIKE 'renamed:%'"));
        let same = format!("SELECT name FROM settings WHERE name LIKE 'renamed:%' AND value = {bytes}");
        rows(server.database(), &same).len() == 1
    });
    let server = server.kill_and_restart();
    wait_for("an end", || notes(&server) == 0);
}

#[test]
fn customers_that_are_linked_while_their_company_is_renamed_show_its_last_name() {
    let first = Server::on_file_with(&["--answer-timeout", "1"]);
    let second = SEVERAL_SERVERS.then(|| Server::at(first.database(), &["--answer-timeout", "1"]));
    let acme = company(&first, "Acme");
    let other = second.as_ref().unwrap_or(&first);
    std::thread::scope(|scope| {
        let (first, acme) = (&first, &acme);
        for server in [first, other] {
            scope.spawn(move || {
                (0..40).for_each(|_| drop(server.create(json!({ "company": acme["id"] }))));
            });
        }
        for number in 0..12 {
            let server = if number % 2 == 0 { first } else { other };
            server.put(path_of(acme), json!({ "name": format!("Name {number}") })).expect(200);
        }
    });
    let last = first.get(path_of(&acme)).expect(200).attributes()["name"].as_str().unwrap().to_owned();
    // Nothing is left to do once all show it, and it stays so.
    wait_for("an end", || notes(&first) == 0);
    assert_eq!(shown(&first), [(last, 80)]);
}

#[test]
fn a_deleted_company_leaves_its_customers_as_they_are() {
    let server = Server::on_file();
    let acme = company(&server, "Acme");
    let customer = server.create(json!({ "name": "Ada", "company": acme["id"] }));
    server.put(path_of(&acme), json!({ "deleted": true })).expect(200);
    assert_eq!(server.get(path_of(&customer)).expect(200).data(), &customer);
    assert_eq!(notes(&server), 0);
    // It is restored under another name, which is the name they show then.
    server.put(path_of(&acme), json!({ "deleted": false, "name": "Acme Reborn" })).expect(200);
    wait_for_name(&server, "Acme Reborn");
}
