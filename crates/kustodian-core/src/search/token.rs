//! The entries of the inverted index: what a record is found by.

use std::collections::BTreeSet;

use kustomer_api::search::{Attribute, Context, Manner};

use super::row::{SearchRow, Source, Value};
use super::words::{each_gram, each_piece};

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// An attribute of the table.
    Attribute(Attribute),
    /// Any custom attribute.
    Custom,
    /// Text that only `any_text` looks in.
    Rest,
}

impl Scope {
    /// Where words of customers are found by their beginnings.
    pub fn of_words() -> impl Iterator<Item = Self> {
        let of_words = |attribute: &Attribute| attribute.manner() == Some(Manner::Words);
        Attribute::of(Context::Customer).filter(of_words).map(Self::Attribute).chain([Self::Custom, Self::Rest])
    }

    /// Where words of customers are found by their parts.
    pub fn of_parts() -> impl Iterator<Item = Self> {
        let of_parts = |attribute: &Attribute| matches!(attribute.manner(), Some(Manner::Part | Manner::Digits));
        Attribute::of(Context::Customer).filter(of_parts).map(Self::Attribute).chain([Self::Custom, Self::Rest])
    }

    /// Whether its texts are digits and nothing else.
    pub fn is_of_digits(self) -> bool {
        matches!(self, Self::Attribute(attribute) if attribute.manner() == Some(Manner::Digits))
    }
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKind {
    /// A word of a text, folded, at most 64 characters.
    Word,
    /// One to three characters of an address, a number or an id, folded: [`super::grams`].
    Gram,
    /// A whole value of an attribute that may have many, as a [`SearchRow`] holds it. As long as the value.
    Exact,
    /// An attribute that may have many values has one; the text is empty.
    Present,
}

/// An entry of the inverted index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// Where it comes from.
    pub scope: Scope,
    /// What it says.
    pub kind: TokenKind,
    /// What it is.
    pub text: String,
}

impl SearchRow {
    /// Everything the record is found by in the inverted index, each once and in order.
    pub fn tokens(&self) -> BTreeSet<Token> {
        let mut tokens = BTreeSet::new();
        self.each_token(|scope, kind, text| {
            tokens.insert(Token { scope, kind, text: text.to_owned() });
        });
        tokens
    }

    /// The same in no order, some more than once, and none of them copied.
    pub fn each_token(&self, mut visit: impl FnMut(Scope, TokenKind, &str)) {
        for text in self.texts() {
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
        for attribute in Attribute::of(self.context).filter(|attribute| attribute.is_many()) {
            let scope = Scope::Attribute(attribute);
            let values = self.values(attribute);
            if !values.is_empty() {
                visit(scope, TokenKind::Present, "");
            }
            for value in values {
                if let Value::Text(text) = value {
                    visit(scope, TokenKind::Exact, text);
                }
            }
        }
    }
}
