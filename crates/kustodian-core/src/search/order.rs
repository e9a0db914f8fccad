//! The order of results.

use std::cmp::Ordering;

use super::query::Sort;
use super::row::{SearchRow, Value};

/// Which of two records is first. The first key decides, the next where it is equal; records without a value are
/// last, whichever the direction. Records that are still equal are ordered by id, in the direction of the first key, or ascending
/// without keys: so the order is total.
pub fn compare(sort: &[Sort], one: &SearchRow, other: &SearchRow) -> Ordering {
    let by_keys =
        sort.iter().map(|key| compare_values(one.sort_value(key.by), other.sort_value(key.by), key.descending));
    let by_id = || match sort.first() {
        Some(Sort { descending: true, .. }) => other.id.cmp(&one.id),
        _ => one.id.cmp(&other.id),
    };
    by_keys.fold(Ordering::Equal, Ordering::then).then_with(by_id)
}

/// Which of two values of one attribute is first; no value is last.
pub fn compare_values(one: Option<&Value>, other: Option<&Value>, descending: bool) -> Ordering {
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => {
            let ascending = match (one, other) {
                (Value::Text(one), Value::Text(other)) => one.cmp(other),
                (Value::Number(one), Value::Number(other)) => one.partial_cmp(other).unwrap_or(Ordering::Equal),
                (Value::Moment(one), Value::Moment(other)) => one.cmp(other),
                (Value::Boolean(one), Value::Boolean(other)) => one.cmp(other),
                // An attribute has values of one type.
                _ => Ordering::Equal,
            };
            if descending { ascending.reverse() } else { ascending }
        }
    }
}
