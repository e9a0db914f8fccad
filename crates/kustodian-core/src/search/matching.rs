//! Whether a record matches: the definition of the meaning of a search.

use std::ops::Bound;

use kustomer_api::search::{Context, Manner};

use super::query::{Criterion, Node, Query, Subject, Test};
use super::row::{SearchRow, Text, Value};
use super::words::{Word, pieces};

/// Where the records are that belong to a record, or that it belongs to.
pub trait Related {
    /// Those of a context, deleted or not, and maybe others: which of them are [beside](SearchRow::is_beside) the record is
    /// seen to by the caller.
    fn of(&self, record: &SearchRow, context: Context) -> &[SearchRow];
}

/// There are no other records.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Related for Nobody {
    fn of(&self, _: &SearchRow, _: Context) -> &[SearchRow] {
        &[]
    }
}

impl Related for [SearchRow] {
    fn of(&self, _: &SearchRow, _: Context) -> &[SearchRow] {
        self
    }
}

impl Query {
    /// Whether the query finds a record that is alone.
    pub fn finds(&self, row: &SearchRow) -> bool {
        self.finds_among(row, &Nobody)
    }

    /// Whether the query finds a record, among others that it belongs to or that belong to it.
    pub fn finds_among(&self, row: &SearchRow, related: &(impl Related + ?Sized)) -> bool {
        row.context == self.context && (self.include_deleted || !row.deleted) && matches_among(&self.root, row, related)
    }
}

/// Whether a node holds for a record without others, deleted or not.
pub fn matches(node: &Node, row: &SearchRow) -> bool {
    matches_among(node, row, &Nobody)
}

/// Whether a node holds for a record, deleted or not, among others that it belongs to or that belong to it.
pub fn matches_among(node: &Node, row: &SearchRow, related: &(impl Related + ?Sized)) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| matches_among(node, row, related)),
        Node::Any(nodes) => nodes.iter().any(|node| matches_among(node, row, related)),
        Node::Not(node) => !matches_among(node, row, related),
        Node::Test(criterion) => holds(criterion, row),
        Node::Lost(criterion) => holds_for_lost(criterion, row),
        Node::Has(context, node) => {
            let is_beside = |other: &&SearchRow| other.context == *context && !other.deleted && row.is_beside(other);
            let mut beside = related.of(row, *context).iter().filter(is_beside);
            beside.any(|other| matches_among(node, other, related))
        }
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
    row.values_of(subject).iter().any(|value| passes(test, value)) || holds_for_lost(criterion, row)
}

/// Whether it holds for a value that only customers had who were merged into the record.
fn holds_for_lost(criterion: &Criterion, row: &SearchRow) -> bool {
    let passes = |value| passes(&criterion.test, value);
    criterion.may_be_lost() && row.lost_values_of(&criterion.subject).iter().any(passes)
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
