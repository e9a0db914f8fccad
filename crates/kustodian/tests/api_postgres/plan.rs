//! The plan: what each operation sends, and what no operation may do. `cargo xtask plan` prints it.

mod made;
mod printed;
mod steps;
mod transactions;

use std::collections::BTreeSet;

use kustodian_store::{Reach, Touch};

use self::made::{Planned, plan};
use self::printed::as_text;
use self::transactions::wide;
use crate::place::Place;
use crate::server::binary;

/// The transactions that touch more than one customer's rows and claims, where tables are spread over machines. This
/// list may only shrink: instead of an addition, find another way, or describe its cost in `docs/scaling.md`.
const WIDE: &[(&str, &str)] = &[
    // The user, the teams and the role groups, of which every machine has a copy.
    ("(any)", "the key is looked up, once a second for each key and server"),
    ("(background)", "positions and counts of committed events, one round"),
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

/// The plan's text about an operation.
#[track_caller]
fn operation<'a>(plan: &'a [Planned], name: &str, what: &str) -> &'a Planned {
    let found = plan.iter().find(|planned| planned.operation == name && planned.what == what);
    found.unwrap_or_else(|| panic!("{name}, {what} is not in the plan"))
}

/// The SQL that an operation sends.
fn sql(planned: &Planned) -> impl Iterator<Item = &str> {
    planned.trips.iter().flat_map(|trip| &trip.statements).map(|sent| sent.sql.as_str())
}

/// Each table that an operation touches, with how far it reaches and how many keys that are.
fn touches(planned: &Planned) -> BTreeSet<(&'static str, &'static str, usize)> {
    let row = |touch: &Touch| match &touch.reach {
        Reach::Everywhere => (touch.table, "everywhere", 0),
        Reach::Keys { keys, .. } => (touch.table, "keys", keys.len()),
        Reach::All { .. } => (touch.table, "all", 0),
    };
    planned.trips.iter().flat_map(|trip| &trip.statements).flat_map(|sent| &sent.touches).map(row).collect()
}

#[test]
fn no_further_transaction_touches_more_than_one_customer_and_claims() {
    let place = Place::lasting();
    let plan = plan(place.url(), true);
    let wide: BTreeSet<(&str, &str)> = plan
        .iter()
        .filter(|planned| !wide(&planned.trips).is_empty())
        .map(|planned| (planned.operation, planned.what))
        .collect();
    assert_eq!(wide.into_iter().collect::<Vec<_>>(), WIDE, "remove entries that are gone from the list, and add none");
}

#[test]
fn a_create_is_one_round_trip_and_a_read_one_or_two() {
    for as_spread in [false, true] {
        let place = Place::lasting();
        let plan = plan(place.url(), as_spread);
        assert_eq!(operation(&plan, "createCustomer", "five identities").trips.len(), 1);
        assert_eq!(operation(&plan, "getCustomerById", "").trips.len(), 1);
        assert_eq!(operation(&plan, "getCustomerByEmail", "").trips.len(), if as_spread { 2 } else { 1 });
    }
}

#[test]
fn where_tables_are_spread_a_customer_is_one_shard_and_each_claim_another() {
    let place = Place::lasting();
    let plan = plan(place.url(), true);
    let by_id = operation(&plan, "getCustomerById", "");
    assert_eq!(touches(by_id), BTreeSet::from([("customers", "keys", 1)]));
    let by_email = operation(&plan, "getCustomerByEmail", "");
    assert_eq!(touches(by_email), BTreeSet::from([("claims", "keys", 1), ("customers", "keys", 1)]));
    let create = operation(&plan, "createCustomer", "five identities");
    let created = touches(create);
    assert!(created.is_superset(&BTreeSet::from([("claims", "keys", 1), ("customers", "keys", 1)])), "{created:?}");
    assert!(created.iter().all(|(_, reach, keys)| *reach == "keys" && *keys == 1), "{created:?}");
    // A statement each, of one row: only for such does citus report that the claim is taken.
    let claims: Vec<&str> = sql(create).filter(|sql| sql.starts_with("INSERT INTO claims")).collect();
    assert_eq!(claims.len(), 5);
    assert!(claims.iter().all(|sql| sql.contains("VALUES ($1, $2, $3, $4)")), "{claims:?}");
}

#[test]
fn where_tables_are_spread_documents_are_fetched_for_the_page_alone() {
    let place = Place::lasting();
    let plan = plan(place.url(), true);
    let list = operation(&plan, "getCustomers", "first page and total");
    let page = sql(list).find(|sql| sql.contains("document")).unwrap();
    assert!(page.contains("FROM (SELECT id FROM customers"), "{page}");
}

#[test]
fn the_plan_in_words_names_shards_and_wide_transactions() {
    let place = Place::lasting();
    let text = as_text(&plan(place.url(), true));
    assert!(text.contains("\ngetCustomerById: 1 round trip, 1 statement\n"), "{text}");
    assert!(text.contains("reads customers: shard of customers#1"), "{text}");
    assert!(text.contains("\n  createTeam, : "), "{text}");
}

/// Statements are recorded in tests alone: the program has neither the command nor the code.
#[test]
fn the_program_makes_no_plans() {
    let output = binary().args(["plan", "--database", "postgres://a@b/c"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
#[ignore = "prints the plan, for `cargo xtask plan`"]
#[expect(clippy::print_stdout, reason = "printing it is what this is for")]
fn print() {
    for (title, as_spread) in [("on one machine", false), ("with tables spread over machines", true)] {
        let place = Place::lasting();
        println!("\n=== {title}\n{}", as_text(&plan(place.url(), as_spread)));
    }
}
