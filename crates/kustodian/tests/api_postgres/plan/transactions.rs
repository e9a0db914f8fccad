//! The transactions of a plan, and which of them write more than one customer's rows and claims.

use std::collections::{BTreeSet, HashMap};

use kustodian_store::{Reach, Touch, Trip};

/// The table whose shards hold a customer's rows.
const CUSTOMERS: &str = "customers";

/// The table of claims.
const CLAIMS: &str = "claims";

/// What each transaction writes besides one customer's rows and claims; those that write nothing else are left out.
pub(crate) fn wide(trips: &[Trip]) -> Vec<Vec<String>> {
    transactions(trips).iter().map(|touches| besides(touches)).filter(|besides| !besides.is_empty()).collect()
}

/// The tables written in each transaction; a statement outside of one is its own.
fn transactions(trips: &[Trip]) -> Vec<Vec<&Touch>> {
    let mut done = Vec::new();
    let mut open: HashMap<u64, Vec<&Touch>> = HashMap::new();
    for trip in trips {
        for sent in &trip.statements {
            let first = sent.sql.split_whitespace().next().unwrap_or_default();
            let written = sent.touches.iter().filter(|touch| touch.is_write);
            match (first, open.get_mut(&trip.connection)) {
                ("BEGIN", _) => drop(open.insert(trip.connection, Vec::new())),
                ("COMMIT", Some(_)) => done.extend(open.remove(&trip.connection)),
                ("ROLLBACK", _) => drop(open.remove(&trip.connection)),
                (_, Some(transaction)) => transaction.extend(written),
                (_, None) => done.push(written.collect()),
            }
        }
    }
    done
}

fn besides(written: &[&Touch]) -> Vec<String> {
    let mut besides = BTreeSet::new();
    let mut customers = BTreeSet::new();
    for touch in written {
        match &touch.reach {
            Reach::Everywhere => drop(besides.insert(format!("{} everywhere", touch.table))),
            Reach::Keys { group: CUSTOMERS, keys } => customers.extend(keys),
            Reach::Keys { group: CLAIMS, .. } => {}
            Reach::Keys { group, .. } => drop(besides.insert(format!("{} of an org ({group})", touch.table))),
            Reach::All { .. } => drop(besides.insert(format!("{} of any key", touch.table))),
        }
    }
    if customers.len() > 1 {
        besides.insert(format!("{} records' rows", customers.len()));
    }
    besides.into_iter().collect()
}
