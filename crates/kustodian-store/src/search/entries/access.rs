//! By which terms the records that may meet a node are found.

use kustodian_core::search::Node;

use super::condition::{Any, Ranges, ranges};

/// How many ways to the matches of one node are tried.
const WAYS: usize = 4;

/// Ways to the matches of a node: each gives all of them, among others perhaps, as those with one of its entries. None
/// when terms do not lead there.
pub(super) fn ways(node: &Node) -> Vec<Any> {
    match node {
        Node::All(nodes) => {
            let mut all: Vec<_> = nodes.iter().flat_map(ways).collect();
            all.truncate(WAYS);
            all
        }
        Node::Any(nodes) => {
            let firsts: Option<Vec<_>> = nodes.iter().map(|node| ways(node).into_iter().next()).collect();
            firsts.map(Any::concat).into_iter().collect()
        }
        // Of another record, the terms are its own.
        Node::Not(_) | Node::Lost(_) | Node::Has(..) => Vec::new(),
        Node::Test(criterion) => match ranges(criterion) {
            Ranges::Every => Vec::new(),
            Ranges::Those { mut all, .. } => {
                all.truncate(WAYS);
                all
            }
        },
    }
}
