//! The order of candidates, where no index gives it.

use std::cmp::Ordering;

use kustodian_core::search::{Sort, Value, compare_values};

/// A record that may be on a page.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Its row.
    pub(crate) key: i64,
    /// Its id.
    pub(crate) id: [u8; 12],
    /// Its values of the sort keys, in their order.
    pub(crate) values: Vec<Option<Value>>,
}

/// Which of two candidates is first: as [`kustodian_core::search::compare`] says.
pub(crate) fn order(sort: &[Sort], one: &Candidate, other: &Candidate) -> Ordering {
    let mut by_keys = sort
        .iter()
        .zip(one.values.iter().zip(&other.values))
        .map(|(key, (one, other))| compare_values(one.as_ref(), other.as_ref(), key.descending));
    by_keys.find(|order| order.is_ne()).unwrap_or_else(|| match sort.first() {
        Some(Sort { descending: true, .. }) => other.id.cmp(&one.id),
        _ => one.id.cmp(&other.id),
    })
}
