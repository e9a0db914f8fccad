//! The transactions of a plan, and which of them write more than one customer's rows and claims.

use std::collections::{BTreeSet, HashMap};

use kustodian_store::{Reach, Touch, Trip};

/// The table whose shards hold a customer's rows.
const CUSTOMERS: &str = "customers";

/// The table of claims.
const CLAIMS: &str = "claims";

/// What each transaction writes besides one customer's rows and claims; those that write nothing else are left out.
pub(super) fn wide(trips: &[Trip]) -> Vec<Vec<String>> {
    transactions(trips).iter().map(|touches| besides(touches)).filter(|besides| !besides.is_empty()).collect()
}

/// What is written in each transaction; a statement outside of one is its own.
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

/// Numbers the keys of an operation, so that one can see which are the same.
#[derive(Default)]
pub(super) struct Keys {
    numbers: HashMap<(&'static str, String), usize>,
}

impl Keys {
    /// What a statement touches, in words.
    pub(super) fn told(&mut self, touch: &Touch) -> String {
        let verb = if touch.is_write { "writes" } else { "reads" };
        let place = match &touch.reach {
            Reach::Everywhere if touch.is_write => "every machine".to_owned(),
            Reach::Everywhere => "any machine".to_owned(),
            Reach::All { .. } => "all shards".to_owned(),
            Reach::Keys { group, keys } if keys.is_empty() => format!("no shard of {group}"),
            Reach::Keys { group, keys } => {
                let names: Vec<String> = keys.iter().map(|key| self.name(group, key)).collect();
                format!("shard of {}", names.join(" "))
            }
        };
        format!("{verb} {}: {place}", touch.table)
    }

    fn name(&mut self, group: &'static str, key: &str) -> String {
        let word = match group {
            CUSTOMERS => "record",
            CLAIMS => "claim",
            _ => "org",
        };
        let next = self.numbers.keys().filter(|(known, _)| *known == group).count() + 1;
        format!("{word}#{}", self.numbers.entry((group, key.to_owned())).or_insert(next))
    }
}
