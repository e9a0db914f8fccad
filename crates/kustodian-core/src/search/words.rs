//! Text made comparable, once for both engines: folded, cut into words, and cut into grams.

use std::borrow::Cow;
use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::is_nfc;

/// How many characters of a word count; a search ignores the rest.
const MAX_WORD: usize = 64;

/// How many characters a gram has.
pub const GRAM: usize = 3;

/// A text with case aside: composed (NFC), each character in lower case, both Greek small sigmas alike. Accents stay.
///
/// ```
/// use kustodian_core::search::fold;
///
/// assert_eq!(fold("Ada LOVELACE"), "ada lovelace");
/// assert_eq!(fold("ΟΔΥΣΣΕΥΣ"), fold("Οδυσσευς"));
/// assert_ne!(fold("é"), fold("e"));
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed: Cow<'_, str> = if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) };
    composed
        .chars()
        .flat_map(char::to_lowercase)
        .map(|character| if character == 'ς' { 'σ' } else { character })
        .nfc()
        .collect()
}

/// The words of a text: folded, cut at everything that is neither a letter nor a digit, at most 64 characters each.
///
/// ```
/// use kustodian_core::search::words;
///
/// assert_eq!(words("Ada O'Brien-Lovelace, 2nd"), ["ada", "o", "brien", "lovelace", "2nd"]);
/// assert_eq!(words("ada@acme.example"), ["ada", "acme", "example"]);
/// ```
pub fn words(text: &str) -> Vec<String> {
    pieces(&fold(text))
}

/// The words of a folded text.
pub(super) fn pieces(folded: &str) -> Vec<String> {
    each_piece(folded).map(str::to_owned).collect()
}

/// The same, where they are.
pub(super) fn each_piece(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.char_indices().nth(MAX_WORD).map_or(word, |(end, _)| &word[..end]))
}

/// The digits of a number: `+1 (800) 555-1212` and `18005551212` are the same.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Every run of three characters of a folded text, each once, and the rest at its end: so that each part of the
/// text, however short, is the beginning of a gram.
///
/// ```
/// use kustodian_core::search::grams;
///
/// assert_eq!(grams("acme").into_iter().collect::<Vec<_>>(), ["acm", "cme", "e", "me"]);
/// ```
pub fn grams(folded: &str) -> BTreeSet<String> {
    each_gram(folded).map(str::to_owned).collect()
}

/// The same where they are, some more than once.
pub(super) fn each_gram(folded: &str) -> impl Iterator<Item = &str> {
    let starts = || folded.char_indices().map(|(at, _)| at);
    let ends = starts().skip(GRAM).chain(std::iter::repeat(folded.len()));
    starts().zip(ends).map(|(start, end)| &folded[start..end])
}

/// A word to search for: text between white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its own words ([`words`]): each must begin a word of a text. Empty when it has no letter and no digit, and then
    /// it finds no word of a text.
    pub pieces: Vec<String>,
    /// The whole of it, folded: found as a part of an e-mail address or an id.
    pub part: String,
    /// Its digits, when it is made of nothing but digits and the separators of a phone number: found as a part of a
    /// phone number.
    pub digits: Option<String>,
}

impl Word {
    /// The words of what somebody looks for, each once.
    pub fn all(operand: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for part in fold(operand).split_whitespace() {
            let word = Self { pieces: pieces(part), part: part.to_owned(), digits: number(part) };
            if !found.contains(&word) {
                found.push(word);
            }
        }
        found
    }
}

fn number(part: &str) -> Option<String> {
    let written = part.bytes().all(|byte| byte.is_ascii_digit() || b"+-./()".contains(&byte));
    Some(digits(part)).filter(|digits| written && !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC*") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn every_part_of_a_text_begins_a_gram(text in "\\PC{1,12}", from in 0usize..12, length in 1usize..4) {
            let part: String = text.chars().skip(from).take(length).collect();
            let begins = |gram: &String| gram.starts_with(&part);
            prop_assert!(grams(&text).iter().any(begins));
        }
    }

    #[test]
    fn a_word_looked_for_keeps_its_signs_for_addresses_and_loses_them_for_numbers() {
        let words = Word::all(" +1 (800)  @Acme.Example -- ");
        let parts: Vec<_> = words.iter().map(|word| word.part.as_str()).collect();
        assert_eq!(parts, ["+1", "(800)", "@acme.example", "--"]);
        assert_eq!(words[1].digits.as_deref(), Some("800"));
        assert_eq!((&words[2].digits, words[2].pieces.len()), (&None, 2));
        assert_eq!((&words[3].digits, words[3].pieces.len()), (&None, 0));
    }
}
