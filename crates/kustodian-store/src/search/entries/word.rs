//! The words of records and the parts of words, as the engines' indexes of words hold them: a letter for the type of the
//! record, the org, `w` or `g`, and the text.

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Manner, SearchRow, grams, words};
use kustodian_core::store::OrgKey;
use sha2::{Digest, Sha256};

use super::super::{Syntax, write_text};

/// How many words and parts of one record are indexed; of a record with more it is the first by their order.
const MAX_WORDS: usize = 20_000;

/// How many bytes they may have: what PostgreSQL indexes of one record has less than 1 MiB.
const MAX_BYTES: usize = 800_000;

/// The bits of a number in [`code`].
pub(crate) const CODE_BITS: u32 = 4;

/// A number for each type of records. They are in the database: never change one.
pub(crate) const fn code(context: Context) -> u8 {
    match context {
        Context::Customer => 0,
        Context::Company => 1,
        Context::KObject => 2,
        Context::Conversation => 3,
        Context::Message => 4,
        Context::Note => 5,
        Context::ConversationTime => 6,
    }
}

/// A letter for each kind of searched records, as words begin with it.
pub(crate) fn letter(kind: Kind) -> &'static str {
    const LETTERS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
    let of = |context: Context| LETTERS.get(usize::from(code(context))).copied();
    kind.search_context().and_then(of).unwrap_or_default()
}

/// A word, or a part of an address or an id, that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lookup {
    is_part: bool,
    text: String,
    is_beginning: bool,
}

impl Lookup {
    /// What begins a word.
    pub(super) fn word(text: &str) -> Self {
        Self { is_part: false, text: text.to_owned(), is_beginning: true }
    }

    /// A part, or what begins one.
    pub(super) fn part(text: &str, is_beginning: bool) -> Self {
        Self { is_part: true, text: text.to_owned(), is_beginning }
    }
}

/// All words and parts of a record.
pub(super) fn all_of(org: OrgKey, row: &SearchRow) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in row.texts() {
        match text.manner {
            Manner::Words => {
                let add = |text: &_| written(org, row.context, false, text, false);
                found.extend(words(&text.text).iter().map(|text| add(text)));
            }
            Manner::Part | Manner::Digits => {
                let add = |text: &_| written(org, row.context, true, text, false);
                found.extend(grams(&text.text).iter().map(|text| add(text)));
            }
        }
    }
    let mut bytes = 0;
    let fits = |word: &String| {
        bytes += word.len() + 8;
        bytes <= MAX_BYTES
    };
    found.into_iter().take(MAX_WORDS).take_while(fits).collect()
}

fn written(org: OrgKey, context: Context, is_part: bool, text: &str, is_beginning: bool) -> String {
    let mut word = format!("{}{}{}", char::from(b'a' + code(context)), org.0, if is_part { 'g' } else { 'w' });
    write_text(&mut word, text, is_beginning);
    word
}

/// What an engine is asked to find records that have one of these.
pub(super) fn expression(syntax: &Syntax, org: OrgKey, context: Context, any: &[&Lookup]) -> String {
    let one = |lookup: &&Lookup| {
        let Lookup { is_part, text, is_beginning } = lookup;
        let word = written(org, context, *is_part, text, *is_beginning);
        let beginning = if *is_beginning { syntax.beginning } else { "" };
        format!("{0}{word}{0}{beginning}", syntax.quote)
    };
    any.iter().map(one).collect::<Vec<_>>().join(syntax.or)
}

/// A hash of the words of a record.
pub(crate) fn digest(words: &BTreeSet<String>) -> i64 {
    let mut hash = Sha256::new();
    for word in words {
        hash.update(word);
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest[..8].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
}
