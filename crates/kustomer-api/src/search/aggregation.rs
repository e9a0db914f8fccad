//! Counts beside the results: `aggs` and `meta.aggregations`, whose shape the contract leaves open (§9.1); ours is described
//! in `docs/search.md`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::handle::{BooleanAttribute, ListAttribute, Moment, MomentAttribute, NumberAttribute};

/// What to count.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregation(Value);

impl Aggregation {
    /// How many records have each value of an attribute: the `size` most frequent ones, at most
    /// [`super::MAX_TERMS`].
    pub fn terms(attribute: impl Countable, size: usize) -> Self {
        Self(json!({ "terms": { "field": attribute.wire_name(), "size": size } }))
    }

    /// How many records have a number in each range, from the first bound up to but without the second; `None` is open.
    pub fn number_ranges<S>(
        attribute: NumberAttribute<S>,
        ranges: impl IntoIterator<Item = (Option<f64>, Option<f64>)>,
    ) -> Self {
        Self::ranges(attribute.wire_name(), ranges)
    }

    /// How many records have a moment in each range, from the first bound (a day counts from its beginning) up to but
    /// without the second; `None` is open.
    pub fn moment_ranges<S>(
        attribute: MomentAttribute<S>,
        ranges: impl IntoIterator<Item = (Option<Moment>, Option<Moment>)>,
    ) -> Self {
        Self::ranges(attribute.wire_name(), ranges)
    }

    fn ranges<T: Into<Value>>(field: String, ranges: impl IntoIterator<Item = (Option<T>, Option<T>)>) -> Self {
        let range = |(from, to): (Option<T>, Option<T>)| {
            let bounds = [("from", from), ("to", to)];
            let bounds = bounds.into_iter().filter_map(|(name, bound)| Some((name.to_owned(), bound?.into())));
            Value::Object(bounds.collect::<Map<_, _>>())
        };
        let ranges: Vec<Value> = ranges.into_iter().map(range).collect();
        Self(json!({ "range": { "field": field, "ranges": ranges } }))
    }
}

impl From<Aggregation> for Value {
    fn from(aggregation: Aggregation) -> Self {
        aggregation.0
    }
}

/// Typed attributes whose values can be counted one by one.
pub trait Countable {
    /// The name on the wire.
    fn wire_name(&self) -> String;
}

impl<S> Countable for ListAttribute<S> {
    fn wire_name(&self) -> String {
        Self::wire_name(self)
    }
}

impl<S> Countable for BooleanAttribute<S> {
    fn wire_name(&self) -> String {
        Self::wire_name(self)
    }
}

/// The counts: `meta.aggregations.<name>`.
///
/// ```
/// use kustomer_api::search::Aggregated;
///
/// let answer = r#"{"buckets":[{"key":"f","count":3},{"key":"m","count":2}],"other":0,"missing":1}"#;
/// let counted: Aggregated = serde_json::from_str(answer)?;
/// assert_eq!(counted.buckets[0].count, 3);
/// assert_eq!(serde_json::to_string(&counted)?, answer);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Aggregated {
    /// A count for each value, the most frequent first and then by value; or for each range, in the order asked.
    pub buckets: Vec<Bucket>,
    /// How many values beyond the buckets were counted; 0 for ranges.
    #[serde(default)]
    pub other: u64,
    /// How many records have no value.
    #[serde(default)]
    pub missing: u64,
}

/// One count. A record with several values counts once for each of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Bucket {
    /// The value: a string, true or false; absent for ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Value>,
    /// The range's beginning, included; absent when open, and for values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<RangeBound>,
    /// The range's end, not included; absent when open, and for values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<RangeBound>,
    /// How many records.
    pub count: u64,
}

/// A bound of a range, as answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum RangeBound {
    /// Of numbers.
    Number(f64),
    /// Of moments.
    Moment(crate::Timestamp),
}
