//! `kustodian plan`: what each operation sends, and what no operation may do.

use std::collections::BTreeSet;
use std::process::Output;

use serde_json::Value;

use crate::place::Place;
use crate::server::{Server, binary};

/// The transactions that touch more than one customer's rows and claims, where tables are spread over machines. This
/// list may only shrink: whoever wants to add to it should find another way, or say in `docs/scaling.md` what it costs.
const WIDE: &[(&str, &str)] = &[
    ("(background)", "positions and counts for what was committed, one round"),
    ("(org create)", "from the command line"),
    ("(token create)", "from the command line"),
    ("createCustomer", "a new tag"),
    ("createShortcut", ""),
    ("createTeam", ""),
    // That a scrub is wanted, noted by itself before the customer's own transaction.
    ("eraseCustomer", "five identities"),
    ("updateCustomerAttributes", "a new tag"),
    ("updateShortcut", ""),
    ("updateTeamAttributes", ""),
];

fn plan(database: &str, more: &[&str]) -> Output {
    binary().args(["plan", "--database", database]).args(more).output().unwrap()
}

#[track_caller]
fn planned(database: &str, more: &[&str]) -> Value {
    let output = plan(database, &[&["--output", "json"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the plan says of an operation.
#[track_caller]
fn operation<'a>(plan: &'a Value, name: &str, what: &str) -> &'a Value {
    let operations = plan["operations"].as_array().unwrap();
    let found = operations.iter().find(|planned| planned["operation"] == name && planned["what"] == what);
    found.unwrap_or_else(|| panic!("{name}, {what} is not in the plan"))
}

/// Each table that an operation touches, with how far it reaches and how many keys that are.
fn touches(planned: &Value) -> BTreeSet<(String, String, usize)> {
    let statements = planned["statements"].as_array().unwrap();
    let touches = statements.iter().flat_map(|statement| statement["touches"].as_array().unwrap());
    let row = |touch: &Value| {
        let keys = touch["keys"].as_array().map_or(0, Vec::len);
        (touch["table"].as_str().unwrap().to_owned(), touch["reach"].as_str().unwrap().to_owned(), keys)
    };
    touches.map(row).collect()
}

fn tables(rows: &[(&str, &str, usize)]) -> BTreeSet<(String, String, usize)> {
    rows.iter().map(|(table, reach, keys)| ((*table).to_owned(), (*reach).to_owned(), *keys)).collect()
}

#[test]
fn no_further_transaction_touches_more_than_one_customer_and_claims() {
    let place = Place::lasting();
    let plan = planned(place.url(), &["--spread"]);
    let wide: BTreeSet<(&str, &str)> = plan["wideTransactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wide| (wide["operation"].as_str().unwrap(), wide["what"].as_str().unwrap()))
        .collect();
    assert_eq!(wide.into_iter().collect::<Vec<_>>(), WIDE, "take what is gone out of the list, and add nothing");
}

#[test]
fn a_create_is_one_round_trip_and_a_read_one_or_two() {
    let place = Place::lasting();
    for arguments in [[].as_slice(), &["--spread"]] {
        let plan = planned(place.url(), arguments);
        assert_eq!(operation(&plan, "createCustomer", "five identities")["trips"], 1);
        assert_eq!(operation(&plan, "getCustomerById", "")["trips"], 1);
        let by_identity = if arguments.is_empty() { 1 } else { 2 };
        assert_eq!(operation(&plan, "getCustomerByEmail", "")["trips"], by_identity);
    }
}

#[test]
fn where_tables_are_spread_a_customer_is_one_shard_and_each_claim_another() {
    let place = Place::lasting();
    let plan = planned(place.url(), &["--spread"]);
    let by_id = operation(&plan, "getCustomerById", "");
    assert_eq!(touches(by_id), tables(&[("customers", "keys", 1)]));
    let by_email = operation(&plan, "getCustomerByEmail", "");
    assert_eq!(touches(by_email), tables(&[("claims", "keys", 1), ("customers", "keys", 1)]));
    let create = operation(&plan, "createCustomer", "five identities");
    let created = touches(create);
    assert!(created.is_superset(&tables(&[("claims", "keys", 1), ("customers", "keys", 1)])), "{created:?}");
    assert!(created.iter().all(|(_, reach, keys)| reach == "keys" && *keys == 1), "{created:?}");
    // A statement each, of one row: citus tells only of such that the claim is taken.
    let sent = create["statements"].as_array().unwrap().iter().map(|sent| sent["sql"].as_str().unwrap());
    let claims: Vec<&str> = sent.filter(|sql| sql.starts_with("INSERT INTO claims")).collect();
    assert_eq!(claims.len(), 5);
    assert!(claims.iter().all(|sql| sql.contains("VALUES ($1, $2, $3, $4)")), "{claims:?}");
}

#[test]
fn where_tables_are_spread_documents_are_fetched_for_the_page_alone() {
    let place = Place::lasting();
    let plan = planned(place.url(), &["--spread"]);
    let list = operation(&plan, "getCustomers", "first page and total");
    let read: Vec<&str> =
        list["statements"].as_array().unwrap().iter().map(|sent| sent["sql"].as_str().unwrap()).collect();
    let page = read.iter().find(|sql| sql.contains("document")).unwrap();
    assert!(page.contains("FROM (SELECT id FROM customers"), "{page}");
}

#[test]
fn a_plan_leaves_the_database_as_it_was_also_beside_a_server() {
    let server = Server::start();
    server.create(serde_json::json!({ "externalId": "x1" }));
    let before = server.get("/v1/customers").text;
    let table = String::from_utf8(plan(server.database(), &[]).stdout).unwrap();
    assert!(table.contains("createCustomer, five identities: 1 round trip"), "{table}");
    assert_eq!(server.get("/v1/customers").text, before);
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'kustodian%'";
    assert_eq!(crate::copy::query(server.database(), schemas), [[Some(0)]]);
}

#[test]
fn a_plan_that_cannot_be_made_is_refused_in_one_line() {
    for (database, words) in [("sqlite::memory:", "postgres://"), ("postgres://a@b/c?pooler=transaction", "pooler")] {
        let output = plan(database, &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), error.trim_end().lines().count()), (Some(1), 1), "{error}");
        assert!(error.contains(words), "{error}");
    }
}
