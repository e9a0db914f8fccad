//! Counts beside the results: their meaning, and how a tally becomes an answer.

use kustomer_api::Timestamp;
use kustomer_api::search::{Aggregated, Bucket, RangeBound};
use serde_json::Value as Json;

use super::query::{Aggregation, Range, Ranges};
use super::row::{SearchRow, Value};

/// Counts records one by one: the definition that an engine's counts must equal.
#[derive(Debug)]
pub struct Counter<'a> {
    aggregation: &'a Aggregation,
    terms: Vec<(Json, u64)>,
    ranges: Vec<u64>,
    missing: u64,
}

impl<'a> Counter<'a> {
    /// Nothing counted yet.
    pub fn new(aggregation: &'a Aggregation) -> Self {
        let ranges = match aggregation {
            Aggregation::Terms { .. } => 0,
            Aggregation::Ranges { ranges, .. } => ranges.len(),
        };
        Self { aggregation, terms: Vec::new(), ranges: vec![0; ranges], missing: 0 }
    }

    /// Counts a record: once for each of its values, once for each range that holds one of them.
    pub fn count(&mut self, row: &SearchRow) {
        let values = row.values_of(self.aggregation.subject());
        if values.is_empty() {
            self.missing += 1;
        }
        match self.aggregation {
            Aggregation::Terms { .. } => {
                for value in values.iter().filter_map(term) {
                    match self.terms.iter_mut().find(|(known, _)| *known == value) {
                        Some((_, count)) => *count += 1,
                        None => self.terms.push((value, 1)),
                    }
                }
            }
            Aggregation::Ranges { ranges, .. } => {
                for (at, count) in self.ranges.iter_mut().enumerate() {
                    *count += u64::from(values.iter().any(|value| ranges.holds(at, value)));
                }
            }
        }
    }

    /// The answer.
    pub fn answer(self) -> Aggregated {
        match self.aggregation {
            Aggregation::Terms { size, .. } => count_terms(self.terms, *size, self.missing),
            Aggregation::Ranges { ranges, .. } => count_ranges(ranges, &self.ranges, self.missing),
        }
    }
}

/// The key a value is counted under.
fn term(value: &Value) -> Option<Json> {
    match value {
        Value::Text(text) => Some(text.as_str().into()),
        Value::Boolean(boolean) => Some((*boolean).into()),
        Value::Number(_) | Value::Moment(_) => None,
    }
}

/// The answer out of a tally of all values: strings, true and false. The most frequent ones come first, equally frequent
/// ones by value; those beyond `size` are summed up.
pub fn count_terms(tally: impl IntoIterator<Item = (Json, u64)>, size: usize, missing: u64) -> Aggregated {
    let mut tally: Vec<(Json, u64)> = tally.into_iter().collect();
    let order = |key: &Json| (key.as_bool(), key.as_str().unwrap_or_default().to_owned());
    tally.sort_by(|(one, one_count), (other, other_count)| {
        other_count.cmp(one_count).then_with(|| order(one).cmp(&order(other)))
    });
    let rest = tally.split_off(size.min(tally.len()));
    Aggregated {
        buckets: tally.into_iter().map(|(key, count)| Bucket { key: Some(key), count, ..Bucket::default() }).collect(),
        other: rest.iter().map(|(_, count)| count).sum(),
        missing,
    }
}

/// The answer out of one count for each range, in their order.
pub fn count_ranges(ranges: &Ranges, counts: &[u64], missing: u64) -> Aggregated {
    let buckets = counts.iter().enumerate().map(|(at, count)| {
        let [from, to] = ranges.bounds(at);
        Bucket { key: None, from, to, count: *count }
    });
    Aggregated { buckets: buckets.collect(), other: 0, missing }
}

impl Ranges {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(ranges) => ranges.len(),
            Self::Moments(ranges) => ranges.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the range at this place holds a value.
    fn holds(&self, at: usize, value: &Value) -> bool {
        match (self, value) {
            (Self::Numbers(ranges), Value::Number(value)) => ranges.get(at).is_some_and(|range| range.holds(value)),
            (Self::Moments(ranges), Value::Moment(value)) => ranges.get(at).is_some_and(|range| range.holds(value)),
            _ => false,
        }
    }

    fn bounds(&self, at: usize) -> [Option<RangeBound>; 2] {
        fn both<T: Copy>(range: Option<&Range<T>>, write: fn(T) -> RangeBound) -> [Option<RangeBound>; 2] {
            range.map_or([None, None], |range| [range.from.map(write), range.to.map(write)])
        }
        match self {
            Self::Numbers(ranges) => both(ranges.get(at), RangeBound::Number),
            Self::Moments(ranges) => both(ranges.get(at), |millis| RangeBound::Moment(Timestamp::from_millis(millis))),
        }
    }
}
