//! Whether a record matches: the definition of what a search means.

use std::ops::Bound;

use super::query::{Criterion, Node, Query, Subject, Test};
use super::row::{Manner, SearchRow, Text, Value};
use super::words::{Word, pieces};

impl Query {
    /// Whether the query finds a record.
    pub fn finds(&self, row: &SearchRow) -> bool {
        (self.include_deleted || !row.deleted) && matches(&self.root, row)
    }
}

/// Whether a node holds for a record, deleted or not.
pub fn matches(node: &Node, row: &SearchRow) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| matches(node, row)),
        Node::Any(nodes) => nodes.iter().any(|node| matches(node, row)),
        Node::Not(node) => !matches(node, row),
        Node::Test(criterion) => holds(criterion, row),
    }
}

/// Whether a criterion holds for a record: whether one of the attribute's values passes its test, or, for words,
/// whether each is found in one of its texts.
pub fn holds(criterion: &Criterion, row: &SearchRow) -> bool {
    let Criterion { subject, test } = criterion;
    if let Test::Words(words) = test {
        let texts: Vec<&Text> = row.texts_of_subject(subject).collect();
        return words.iter().all(|word| is_found(word, &texts));
    }
    if matches!(test, Test::Set) && is_any(subject) {
        return !row.texts().is_empty();
    }
    row.values_of(subject).iter().any(|value| passes(test, value))
}

fn is_any(subject: &Subject) -> bool {
    subject.class() == kustomer_api::search::Class::Any
}

fn passes(test: &Test, value: &Value) -> bool {
    match (test, value) {
        (Test::Set, _) => true,
        (Test::TextIn(texts), Value::Text(value)) => texts.contains(value),
        (Test::TextStarts(beginning), Value::Text(value)) => value.starts_with(beginning.as_str()),
        (Test::NumberIn(numbers), Value::Number(value)) => numbers.contains(value),
        (Test::Numbers(from, to), Value::Number(value)) => {
            let from = match from {
                Bound::Included(from) => value >= from,
                Bound::Excluded(from) => value > from,
                Bound::Unbounded => true,
            };
            let to = match to {
                Bound::Included(to) => value <= to,
                Bound::Excluded(to) => value < to,
                Bound::Unbounded => true,
            };
            from && to
        }
        (Test::Moments(interval), Value::Moment(value)) => interval.holds(*value),
        (Test::Boolean(wanted), Value::Boolean(value)) => wanted == value,
        _ => false,
    }
}

/// Whether a word is found in one of the texts: as a part of an address, a number or an id, or with each of its pieces
/// at the beginning of a word, not necessarily of the same text.
fn is_found(word: &Word, texts: &[&Text]) -> bool {
    let in_part = texts.iter().any(|text| match text.manner {
        Manner::Words => false,
        Manner::Part => text.text.contains(&word.part),
        Manner::Digits => word.digits.as_ref().is_some_and(|digits| text.text.contains(digits.as_str())),
    });
    in_part || (!word.pieces.is_empty() && word.pieces.iter().all(|piece| begins_a_word(piece, texts)))
}

fn begins_a_word(piece: &str, texts: &[&Text]) -> bool {
    let mut texts = texts.iter().filter(|text| text.manner == Manner::Words);
    texts.any(|text| pieces(&text.text).iter().any(|word| word.starts_with(piece)))
}
