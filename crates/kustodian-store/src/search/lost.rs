//! Values that merges took from customers, which lead to the customer that each was merged into.
//!
//! Such values are in the inverted index alone: a condition that asked it beside a column would be answered by neither. So they
//! are looked up before, in the snapshot of the search, and the search is for the ids of the few customers that have them.

use kustodian_core::search::{Context, Criterion, Node, Query, Subject, Test};
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;

use super::entries::{Halt, Reader};

/// Whether a criterion of a query may hold for a value that a merge took.
pub(crate) fn may_ask_lost(query: &Query) -> bool {
    let mut may_ask = false;
    query.root.for_each(&mut |criterion| may_ask |= criterion.may_be_lost());
    may_ask
}

/// The condition of a query, with the customers that meet a criterion by a lost value beside that criterion.
///
/// # Errors
/// When time is over, or the database fails.
pub(crate) async fn with_lost<R: Reader>(reader: &mut R, query: &Query) -> Result<Node, Halt<R::Failure>> {
    let mut criteria: Vec<Criterion> = Vec::new();
    query.root.for_each(&mut |criterion| {
        if criterion.may_be_lost() {
            criteria.push(criterion.clone());
        }
    });
    let mut ways = Vec::with_capacity(criteria.len());
    // In all: a statement takes so many values and no more.
    let mut few = reader.effort().few;
    for criterion in criteria {
        let include_deleted = query.include_deleted && query.context == Context::Customer;
        ways.push(match reader.customers_by_lost(&criterion, include_deleted, few.max(1)).await? {
            Some(ids) if ids.is_empty() => None,
            Some(ids) => {
                few = few.saturating_sub(ids.len());
                Some(one_of(&ids))
            }
            None => Some(Node::Lost(criterion)),
        });
    }
    let mut ways = ways.into_iter();
    let mut root = query.root.clone();
    root.add_ways(&mut |_| ways.next().flatten());
    Ok(root)
}

/// The search for the customers that meet a criterion by a lost value.
pub(crate) fn of_lost(criterion: &Criterion, include_deleted: bool) -> Query {
    let root = Node::Lost(criterion.clone());
    Query { context: Context::Customer, root, sort: Vec::new(), include_deleted, aggregations: Vec::new() }
}

fn one_of(ids: &[ObjectId]) -> Node {
    let test = Test::TextIn(ids.iter().map(ObjectId::to_string).collect());
    Node::Test(Criterion { subject: Subject::Standard(Attribute::Id), test })
}
