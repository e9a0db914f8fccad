//! Cuts the short form into its smallest parts.

use super::{SyntaxError, fail};
use crate::search::Operator;

/// A smallest part and the column it begins at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lexeme {
    pub(super) column: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    Sign(Operator),
    /// A bare word: a name, a value or a word of the language.
    Word(String),
    /// A text in quotes: always a value.
    Quoted(String),
}

/// The signs of operators, the longer ones first.
const SIGNS: [(&str, Operator); 10] = [
    ("==", Operator::Equals),
    ("!=", Operator::NotEquals),
    (">=", Operator::Gte),
    ("<=", Operator::Lte),
    ("!~", Operator::NotContains),
    ("^=", Operator::StartsWith),
    ("=", Operator::Equals),
    (">", Operator::Gt),
    ("<", Operator::Lt),
    ("~", Operator::Contains),
];

/// Cuts `text`.
///
/// # Errors
/// When a quote is not closed.
pub(super) fn cut(text: &str) -> Result<Vec<Lexeme>, SyntaxError> {
    let mut lexemes: Vec<Lexeme> = Vec::new();
    let mut rest = text;
    let mut column = 1;
    while let Some(first) = rest.chars().next() {
        // Behind a sign is a value, which may hold signs of its own, as web addresses do.
        let is_value = matches!(lexemes.last(), Some(Lexeme { kind: Kind::Sign(_), .. }));
        let (kind, length) = match first {
            space if space.is_whitespace() => (None, first.len_utf8()),
            '(' => (Some(Kind::Open), 1),
            ')' => (Some(Kind::Close), 1),
            ',' => (Some(Kind::Comma), 1),
            '"' | '\'' => {
                let (text, length) = quoted(rest, first).ok_or_else(|| fail(column, "this quote is not closed"))?;
                (Some(Kind::Quoted(text)), length)
            }
            _ => match sign(rest).filter(|_| !is_value) {
                Some((sign, operator)) => (Some(Kind::Sign(operator)), sign.len()),
                None => {
                    let length = word(rest, is_value);
                    (Some(Kind::Word(rest[..length].to_owned())), length)
                }
            },
        };
        lexemes.extend(kind.map(|kind| Lexeme { column, kind }));
        column += rest[..length].chars().count();
        rest = &rest[length..];
    }
    Ok(lexemes)
}

fn sign(rest: &str) -> Option<(&'static str, Operator)> {
    SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign))
}

/// How many bytes a bare word has: at least its first character.
fn word(rest: &str, is_value: bool) -> usize {
    rest.char_indices()
        .skip(1)
        .find(|(at, character)| {
            character.is_whitespace() || "(),".contains(*character) || (!is_value && sign(&rest[*at..]).is_some())
        })
        .map_or(rest.len(), |(at, _)| at)
}

/// The text in quotes, and its length in bytes with the quotes. A backslash keeps the next character.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?.1),
            character if character == quote => return Some((text, at + quote.len_utf8())),
            character => text.push(character),
        }
    }
    None
}
