//! The entries of a record in the inverted index.

use std::collections::{BTreeSet, HashSet};

use kustomer_api::search::{Attribute, Context, Manner};

use super::ordered::{ordered_moment, ordered_number};
use super::row::{SearchRow, Source, Text, Value};
use super::words::{each_gram, each_piece};

/// The source of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// An attribute of the table.
    Attribute(Attribute),
    /// Any custom attribute.
    Custom,
    /// Text that only `any_text` looks in.
    Rest,
    /// The values that only customers had who were merged into the record, each behind the name of its attribute.
    Lost,
}

impl Scope {
    /// Where words of customers are indexed by their beginnings.
    pub fn of_words() -> impl Iterator<Item = Self> {
        let of_words = |attribute: &Attribute| attribute.manner() == Some(Manner::Words);
        Attribute::of(Context::Customer).filter(of_words).map(Self::Attribute).chain([Self::Custom, Self::Rest])
    }

    /// Where words of customers are indexed by their parts.
    pub fn of_parts() -> impl Iterator<Item = Self> {
        let of_parts = |attribute: &Attribute| matches!(attribute.manner(), Some(Manner::Part | Manner::Digits));
        Attribute::of(Context::Customer).filter(of_parts).map(Self::Attribute).chain([Self::Custom, Self::Rest])
    }

    /// Whether its texts are digits and nothing else.
    pub fn is_of_digits(self) -> bool {
        matches!(self, Self::Attribute(attribute) if attribute.manner() == Some(Manner::Digits))
    }
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKind {
    /// A word of a text, folded, at most 64 characters.
    Word,
    /// One to three characters of an address, a number or an id, folded: [`super::grams`].
    Gram,
    /// A whole value, as a [`SearchRow`] holds it: of an attribute that may have many, or of any that was lost. As long as the
    /// value.
    Exact,
    /// An attribute that may have many values has one; the text is empty.
    Present,
}

/// An entry of the inverted index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// Its source.
    pub scope: Scope,
    /// Its kind.
    pub kind: TokenKind,
    /// The text of the token.
    pub text: String,
}

impl SearchRow {
    /// Everything that the inverted index has of the record, each once and in order.
    pub fn tokens(&self) -> BTreeSet<Token> {
        let mut tokens = BTreeSet::new();
        self.each_token(|scope, kind, text| {
            tokens.insert(Token { scope, kind, text: text.to_owned() });
        });
        tokens
    }

    /// The tokens that `former` has and this row has not, and the other way round: each once and in order. Texts that both
    /// have are not taken apart unless another one changed.
    pub fn token_difference(&self, former: &Self) -> (Vec<Token>, Vec<Token>) {
        let (mut removed, mut added) = (former.tokens_beside(self), self.tokens_beside(former));
        // What changed may hold words of what stays.
        removed.retain_without(self);
        added.retain_without(former);
        (removed.0, added.0)
    }

    /// The tokens of the texts and values that the other row has not.
    fn tokens_beside(&self, other: &Self) -> Tokens {
        let mut tokens = Vec::new();
        let mut visit = |scope, kind, text: &str| tokens.push(Token { scope, kind, text: text.to_owned() });
        if self.texts() != other.texts() {
            let others: HashSet<&Text> = other.texts().iter().collect();
            let changed = self.texts().iter().filter(|text| !others.contains(text));
            changed.for_each(|text| each_of_text(text, &mut visit));
        }
        self.each_of_values(|attribute, values| values != other.values(attribute), &mut visit);
        if self.lost() != other.lost() {
            self.each_lost(&mut visit);
        }
        tokens.sort_unstable();
        tokens.dedup();
        Tokens(tokens)
    }

    /// The same in no order, some more than once, and none of them copied.
    pub fn each_token(&self, mut visit: impl FnMut(Scope, TokenKind, &str)) {
        self.texts().iter().for_each(|text| each_of_text(text, &mut visit));
        self.each_of_values(|_, _| true, &mut visit);
        self.each_lost(&mut visit);
    }

    fn each_lost(&self, visit: &mut impl FnMut(Scope, TokenKind, &str)) {
        for (source, values) in self.lost() {
            let name = match source {
                Source::Attribute(attribute) => attribute.name(),
                Source::Custom(key) => key,
                Source::Rest => continue,
            };
            for value in values {
                visit(Scope::Lost, TokenKind::Exact, &lost_token(name, &ordered(value)));
            }
        }
    }

    /// The tokens of the values of the attributes that are `wanted`.
    fn each_of_values(
        &self,
        wanted: impl Fn(Attribute, &[Value]) -> bool,
        visit: &mut impl FnMut(Scope, TokenKind, &str),
    ) {
        for attribute in Attribute::of(self.context).filter(|attribute| attribute.is_many()) {
            let scope = Scope::Attribute(attribute);
            let values = self.values(attribute);
            if values.is_empty() || !wanted(attribute, values) {
                continue;
            }
            visit(scope, TokenKind::Present, "");
            for value in values {
                if let Value::Text(text) = value {
                    visit(scope, TokenKind::Exact, text);
                }
            }
        }
    }
}

/// The token of a value that was lost, or the beginning of one. The names of attributes of the table and keys of custom ones
/// are not alike: the former have a `_`, or have no suffix.
pub(super) fn lost_token(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// A value as text, in an order of its type.
pub(super) fn ordered(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => ordered_number(*number),
        Value::Moment(millis) => ordered_moment(*millis),
        Value::Boolean(boolean) => boolean.to_string(),
    }
}

/// The tokens of a text where they are, some more than once.
fn each_of_text(text: &Text, visit: &mut impl FnMut(Scope, TokenKind, &str)) {
    let scope = match &text.source {
        Source::Attribute(attribute) => Scope::Attribute(*attribute),
        Source::Custom(_) => Scope::Custom,
        Source::Rest => Scope::Rest,
    };
    match text.manner {
        Manner::Words => each_piece(&text.text).for_each(|word| visit(scope, TokenKind::Word, word)),
        Manner::Part | Manner::Digits => {
            each_gram(&text.text).for_each(|gram| visit(scope, TokenKind::Gram, gram));
        }
    }
}

/// Tokens in order, each once.
struct Tokens(Vec<Token>);

impl Tokens {
    /// Leaves out those that `row` has.
    fn retain_without(&mut self, row: &SearchRow) {
        if self.0.is_empty() {
            return;
        }
        let mut is_kept = vec![true; self.0.len()];
        row.each_token(|scope, kind, text| {
            let found = self
                .0
                .binary_search_by(|token| (token.scope, token.kind, token.text.as_str()).cmp(&(scope, kind, text)));
            if let Some(is_kept) = found.ok().and_then(|place| is_kept.get_mut(place)) {
                *is_kept = false;
            }
        });
        let mut kept = is_kept.into_iter();
        self.0.retain(|_| kept.next().unwrap_or_default());
    }
}
