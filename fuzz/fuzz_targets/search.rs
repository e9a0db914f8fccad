//! A search: refused with reasons, or read into a tree whose index plan misses nothing that the tree finds.
//!
//! The body of the search, and behind a record separator (0x1e) that of a customer it is asked about.
#![no_main]

use kustodian_core::search::{Counter, Dialect, Node, SearchRow, Settings, compare, holds, matches, parse, plan};
use kustodian_core::{customer, input};
use kustodian_fuzz::{check_refusal, context, id, org, seed, write};
use kustomer_api::customer::CustomerInput;
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::search::{MAX_AGGREGATIONS, MAX_CRITERIA, MAX_DEPTH, MAX_SORT};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == 0x1e);
    let body = parts.next().unwrap_or_default();
    let row = row(parts.next().unwrap_or_default());
    let org = org();
    for dialect in [Dialect::Plain, Dialect::Archive] {
        let query = match parse(body, &Settings { dialect, now: Some(context(&org, 0).now), klasses: &[] }) {
            Ok(query) => query,
            Err(refusal) => {
                check_refusal(&refusal, body);
                continue;
            }
        };
        let mut criteria = 0;
        query.root.for_each(&mut |criterion| {
            criteria += 1;
            let Some(plan) = plan(criterion) else { return };
            let (found, planned) = (holds(criterion, &row), plan.needs.are_met_by(&row.tokens()));
            assert!(planned || !found, "the plan misses what {criterion:?} finds");
            assert!(found || !planned || !plan.exact, "the plan of {criterion:?} is not exact");
        });
        assert!(criteria <= MAX_CRITERIA && query.sort.len() <= MAX_SORT);
        // Groups, the members of a group, and a negation around each.
        assert!(depth(&query.root) <= 3 * (MAX_DEPTH + 1), "{:?}", query.root);
        assert_ne!(matches(&query.root, &row), matches(&query.root.clone().negated(), &row));
        assert!(compare(&query.sort, &row, &row).is_eq());
        assert!(query.aggregations.len() <= MAX_AGGREGATIONS);
        for aggregation in &query.aggregations {
            let mut counter = Counter::new(aggregation);
            counter.count(&row);
            serde_json::to_string(&counter.answer()).expect("a count is JSON");
        }
    }
});

/// The searchable values of a customer with this body; those of an empty one, when it is refused.
fn row(body: &[u8]) -> SearchRow {
    let org = org();
    let sent: CustomerInput = input::read(&CUSTOMER_INPUT, body).unwrap_or_default();
    let changes = customer::create(&context(&org, 0), id(1), seed(), write(sent)).expect("it was accepted");
    SearchRow::read(&changes.puts[0].document).expect("a stored record is read")
}

fn depth(node: &Node) -> usize {
    match node {
        Node::All(members) | Node::Any(members) => 1 + members.iter().map(depth).max().unwrap_or_default(),
        Node::Not(node) | Node::Has(_, node) => 1 + depth(node),
        Node::Test(_) | Node::Lost(_) => 1,
    }
}
