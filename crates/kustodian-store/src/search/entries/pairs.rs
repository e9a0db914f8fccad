//! Values of two attributes in one term. Of a user's conversations most are done, and most of the open ones are of other users: one
//! term for both leads to those alone.

use std::collections::BTreeSet;

use kustodian_core::search::{SearchRow, Subject};
use kustomer_api::search::Attribute;

use super::condition::Any;
use super::term::{beginning, value_term};

/// The attributes whose values have such terms. After a change here the records of their context are indexed again by a migration.
const PAIRS: [[Attribute; 2]; 2] = [
    [Attribute::ConversationAssignedUsers, Attribute::ConversationStatus],
    [Attribute::ConversationAssignedTeams, Attribute::ConversationStatus],
];

/// For how many pairs of values a search asks at most.
const MOST: usize = 100;

/// The terms of a record for pairs of its values.
pub(super) fn terms_of(row: &SearchRow) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for pair in PAIRS.iter().filter(|[first, _]| first.context() == row.context) {
        let [first, second] = pair.map(|attribute| {
            let beginning = beginning(&Subject::Standard(attribute));
            row.values(attribute).iter().map(|value| value_term(&beginning, value).0).collect::<Vec<_>>()
        });
        terms.extend(products(&first, &second));
    }
    terms
}

/// The values that every match has one of, with one for both attributes of a pair.
pub(super) fn paired(mut values: Vec<Any>) -> Vec<Any> {
    for pair in PAIRS {
        let places = pair.map(|attribute| {
            let beginning = beginning(&Subject::Standard(attribute));
            values.iter().position(|any| is_of(any, &beginning))
        });
        let [Some(first), Some(second)] = places else { continue };
        let both = [first, second].map(|place| values.get(place).and_then(Any::single_terms).unwrap_or_default());
        if both[0].len() * both[1].len() > MOST {
            continue;
        }
        let pairs = products(both[0], both[1]).collect();
        values.remove(first.max(second));
        values.remove(first.min(second));
        values.push(Any::of_terms(pairs));
    }
    values
}

/// Whether it asks for values of the attribute with these terms, and for nothing else.
fn is_of(any: &Any, beginning: &str) -> bool {
    any.single_terms().is_some_and(|terms| terms.iter().all(|term| term.starts_with(beginning)))
}

/// No other term begins so: an attribute is a letter, a digit, or a custom one behind a colon.
fn products<'t>(first: &'t [String], second: &'t [String]) -> impl Iterator<Item = String> + 't {
    first.iter().flat_map(move |first| second.iter().map(move |second| format!("&{first}&{second}")))
}
