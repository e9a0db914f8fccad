//! Which tokens of the inverted index can hold the matches of a criterion.

use std::collections::BTreeSet;
use std::ops::Bound;

use kustomer_api::custom::Suffix;
use kustomer_api::search::{Class, Manner};

use super::moment::Interval;
use super::ordered::{cover, ordered_moment, ordered_number};
use super::query::{Criterion, Subject, Test};
use super::row::Value;
use super::token::{Scope, Token, TokenKind, lost_token, ordered};
use super::words::{GRAM, Word};

/// The entries that a record must have in the inverted index to match. `All` of nothing asks for nothing; `Any` of nothing
/// matches no record.
#[derive(Debug, Clone, PartialEq)]
pub enum Needs {
    /// Each of these.
    All(Vec<Needs>),
    /// One of these.
    Any(Vec<Needs>),
    /// A token.
    Token(Lookup),
    /// A part of a text that is longer than a gram: each of its grams, in order. They overlap, and common ones help little,
    /// so that an engine may ask for some of them only.
    Part(Vec<Lookup>),
}

/// A look into the inverted index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lookup {
    /// Where the token must come from; from anywhere when `None`.
    pub scope: Option<Scope>,
    /// The kind of the token.
    pub kind: TokenKind,
    /// Its text, or the beginning of it.
    pub text: String,
    /// Whether `text` is only the beginning.
    pub prefix: bool,
}

/// How the inverted index answers a criterion.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What every match has.
    pub needs: Needs,
    /// Whether everything that has it matches. Otherwise the candidates must be checked with [`super::holds`].
    pub exact: bool,
}

/// How the inverted index answers a criterion; `None` when it cannot, because the answer is in a column of the
/// attribute's own: a single value that is compared whole, a number, a moment, true or false.
pub fn plan(criterion: &Criterion) -> Option<Plan> {
    let scope = match &criterion.subject {
        Subject::Standard(attribute) if attribute.class() == Class::Any => None,
        Subject::Standard(attribute) => Some(Scope::Attribute(*attribute)),
        Subject::Custom(_) => Some(Scope::Custom),
    };
    let is_many = matches!(&criterion.subject, Subject::Standard(attribute) if attribute.is_many());
    match &criterion.test {
        Test::Words(words) => Some(plan_words(&criterion.subject, scope, words)),
        // Any text at all: an engine that knows no better reads every record.
        Test::Set if scope.is_none() => Some(Plan { needs: Needs::All(Vec::new()), exact: false }),
        Test::Set if is_many => Some(Plan { needs: lookup(scope, TokenKind::Present, "", false), exact: true }),
        Test::TextIn(values) if is_many => {
            let needs = values.iter().map(|value| lookup(scope, TokenKind::Exact, value, false)).collect();
            Some(Plan { needs: Needs::Any(needs), exact: true })
        }
        Test::TextStarts(beginning) if is_many => {
            Some(Plan { needs: lookup(scope, TokenKind::Exact, beginning, true), exact: true })
        }
        _ => None,
    }
}

/// How the inverted index answers a criterion about the values that only customers had who were merged into the record.
pub fn plan_of_lost(criterion: &Criterion) -> Plan {
    let name = match &criterion.subject {
        Subject::Standard(attribute) => attribute.name(),
        Subject::Custom(custom) => &custom.key,
    };
    let needs = |text: &str, prefix| lookup(Some(Scope::Lost), TokenKind::Exact, &lost_token(name, text), prefix);
    let value = |value: Value| needs(&ordered(&value), false);
    let any = |needs: Vec<Needs>| Plan { needs: Needs::Any(needs), exact: true };
    let between = |from: Option<String>, to: Option<String>| {
        let beginnings = cover(from.as_deref(), to.as_deref());
        let needs = beginnings.iter().map(|beginning| needs(beginning, true)).collect();
        Plan { needs: Needs::Any(needs), exact: false }
    };
    match &criterion.test {
        Test::Set | Test::Words(_) => any(Vec::new()),
        Test::TextIn(texts) => any(texts.iter().map(|text| value(Value::Text(text.clone()))).collect()),
        Test::TextStarts(beginning) => Plan { needs: needs(beginning, true), exact: true },
        Test::NumberIn(numbers) => any(numbers.iter().map(|number| value(Value::Number(*number))).collect()),
        Test::Boolean(wanted) => any(vec![value(Value::Boolean(*wanted))]),
        Test::Numbers(from, to) => {
            let end = |bound: &Bound<f64>| match bound {
                Bound::Included(number) | Bound::Excluded(number) => Some(ordered_number(*number)),
                Bound::Unbounded => None,
            };
            between(end(from), end(to))
        }
        Test::Moments(Interval { from, until }) => between(from.map(ordered_moment), until.map(ordered_moment)),
    }
}

fn lookup(scope: Option<Scope>, kind: TokenKind, text: &str, prefix: bool) -> Needs {
    Needs::Token(Lookup { scope, kind, text: text.to_owned(), prefix })
}

/// How words are found in the texts of a subject; `None` when it has none of its own.
fn manner(subject: &Subject) -> Option<Manner> {
    match subject {
        Subject::Custom(custom) if custom.suffix == Suffix::Id => Some(Manner::Part),
        Subject::Custom(_) => Some(Manner::Words),
        Subject::Standard(attribute) => attribute.manner(),
    }
}

fn plan_words(subject: &Subject, scope: Option<Scope>, words: &[Word]) -> Plan {
    let manner = manner(subject);
    let of_word = |word: &Word| match manner {
        Some(Manner::Words) => by_words(scope, word),
        Some(Manner::Part) => by_part(scope, &word.part),
        Some(Manner::Digits) => by_digits(scope, word),
        // In any text, there are texts of each manner.
        None if scope.is_none() => {
            let mut ways = vec![by_words(scope, word), by_part(scope, &word.part)];
            if word.digits.as_ref().is_some_and(|digits| *digits != word.part) {
                ways.push(by_digits(scope, word));
            }
            Needs::Any(ways)
        }
        // There are no texts to find a word in.
        None => Needs::Any(Vec::new()),
    };
    // The words of custom attributes are together in the index, whichever attribute they are of.
    let exact = manner == Some(Manner::Words) && matches!(subject, Subject::Standard(_));
    Plan { needs: Needs::All(words.iter().map(of_word).collect()), exact }
}

fn by_words(scope: Option<Scope>, word: &Word) -> Needs {
    if word.pieces.is_empty() {
        return Needs::Any(Vec::new());
    }
    Needs::All(word.pieces.iter().map(|piece| lookup(scope, TokenKind::Word, piece, true)).collect())
}

fn by_digits(scope: Option<Scope>, word: &Word) -> Needs {
    word.digits.as_ref().map_or_else(|| Needs::Any(Vec::new()), |digits| by_part(scope, digits))
}

fn by_part(scope: Option<Scope>, part: &str) -> Needs {
    let characters: Vec<char> = part.chars().collect();
    let gram = |text: String, prefix: bool| Lookup { scope, kind: TokenKind::Gram, text, prefix };
    match characters.len() {
        // All of them in one text: that is less than each of them somewhere, and sooner known to be nothing.
        _ if scope.is_none() => {
            let may_hold = |scope: &Scope| !scope.is_of_digits() || part.bytes().all(|byte| byte.is_ascii_digit());
            let scopes = Scope::of_parts().filter(may_hold);
            Needs::Any(scopes.map(|scope| by_part(Some(scope), part)).collect())
        }
        0..GRAM => Needs::Token(gram(part.to_owned(), true)),
        GRAM => Needs::Token(gram(part.to_owned(), false)),
        _ => Needs::Part(characters.windows(GRAM).map(|characters| gram(characters.iter().collect(), false)).collect()),
    }
}

impl Needs {
    /// The tokens of which a record must have one, where each is a whole value.
    pub fn values(&self) -> Option<Vec<&Lookup>> {
        match self {
            Self::Token(lookup) if lookup.kind == TokenKind::Exact && !lookup.prefix => Some(vec![lookup]),
            Self::Any(needs) if !needs.is_empty() => {
                let values: Option<Vec<_>> = needs.iter().map(Self::values).collect();
                values.map(|values| values.concat())
            }
            _ => None,
        }
    }

    /// Whether a record with these tokens has the needed ones: the answer that an engine's index must give.
    pub fn are_met_by(&self, tokens: &BTreeSet<Token>) -> bool {
        match self {
            Self::All(needs) => needs.iter().all(|needs| needs.are_met_by(tokens)),
            Self::Any(needs) => needs.iter().any(|needs| needs.are_met_by(tokens)),
            Self::Token(lookup) => lookup.is_met_by(tokens),
            Self::Part(grams) => grams.iter().all(|gram| gram.is_met_by(tokens)),
        }
    }
}

impl Lookup {
    fn is_met_by(&self, tokens: &BTreeSet<Token>) -> bool {
        tokens.iter().any(|token| {
            self.scope.is_none_or(|scope| scope == token.scope)
                && self.kind == token.kind
                && if self.prefix { token.text.starts_with(&self.text) } else { token.text == self.text }
        })
    }
}
