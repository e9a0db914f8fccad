//! The index entries of a record.

use std::collections::BTreeSet;

use kustodian_core::search::{Context, CustomAttribute, SearchRow, Subject, Value, deleted_attribute};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::custom::is_key;
use kustomer_api::search::{Attribute, Class};

use super::super::column::{Cell, cut};
use super::super::ordered;
use super::word::{self, digest};
use crate::check::index::{EVERYTHING, WORDS};

/// How many characters of a text its term holds: longer texts are checked against the document.
const TEXT: usize = 128;

/// The present index entries of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entries {
    pub(crate) deleted: bool,
    pub(crate) customer: Option<ObjectId>,
    pub(crate) company: Option<ObjectId>,
    pub(crate) conversation: Option<ObjectId>,
    /// In order, each once.
    pub(crate) terms: BTreeSet<String>,
    /// Words and parts of words, in order, each once.
    pub(crate) words: BTreeSet<String>,
    /// A hash of the words.
    pub(crate) digest: i64,
}

impl Entries {
    /// The index entries that a record needs.
    pub(crate) fn of(org: OrgKey, row: &SearchRow) -> Self {
        let words = word::all_of(org, row);
        let mut terms = BTreeSet::new();
        let standard = row.standard().filter(|(attribute, _)| Some(*attribute) != deleted_attribute(row.context));
        let standard = standard.map(|(attribute, values)| (Subject::Standard(attribute), values));
        let custom = row.custom().filter(|(attribute, _)| is_key(&attribute.key));
        let custom = custom.map(|(attribute, values)| (Subject::Custom(attribute), values));
        for (subject, values) in standard.chain(custom) {
            let beginning = beginning(&subject);
            for value in values.iter().filter(|value| !is_implied(&subject, value)) {
                terms.insert(match &subject {
                    // It is asked for its words, and whether there is one.
                    Subject::Standard(attribute) if attribute.class() == Class::Text => beginning.clone(),
                    _ => value_term(&beginning, value).0,
                });
            }
        }
        let [customer, company, conversation] =
            [Context::Customer, Context::Company, Context::Conversation].map(|context| row.parent(context));
        let digest = digest(&words);
        Self { deleted: row.deleted, customer, company, conversation, terms, words, digest }
    }
}

/// Whether a value has no term: nearly every record has it, and a record without the term of the opposite has it.
fn is_implied(subject: &Subject, value: &Value) -> bool {
    matches!((subject, value), (Subject::Standard(_), Value::Boolean(false)))
}

/// The difference between the entries that a record needs and its present ones.
pub(crate) fn differing(should: Option<&Entries>, is: Option<&Entries>) -> Vec<&'static str> {
    let (Some(should), Some(is)) = (should, is) else {
        return if should.is_some() || is.is_some() { vec![EVERYTHING] } else { Vec::new() };
    };
    let parts = [
        ("deleted", should.deleted == is.deleted),
        ("customer", should.customer == is.customer),
        ("company", should.company == is.company),
        ("conversation", should.conversation == is.conversation),
        (WORDS, should.terms == is.terms && should.digest == is.digest),
    ];
    parts.into_iter().filter(|(_, is_equal)| !is_equal).map(|(part, _)| part).collect()
}

/// The prefix of the terms of an attribute's values.
pub(super) fn beginning(subject: &Subject) -> String {
    match subject {
        Subject::Standard(attribute) => format!("{}=", code(*attribute)),
        Subject::Custom(CustomAttribute { klass, key, .. }) => {
            format!("{}:{key}=", klass.as_deref().unwrap_or_default())
        }
    }
}

/// The term of a value behind the beginning of its attribute's, and whether it represents other values too.
pub(super) fn value_term(beginning: &str, value: &Value) -> (String, bool) {
    let (text, is_cut) = match value {
        Value::Text(text) => text_term(text),
        value => (ordered(Cell::of(value, TEXT)), false),
    };
    (format!("{beginning}{text}"), is_cut)
}

/// A text as terms hold it, and whether it represents others too. PostgreSQL's texts hold no zero.
pub(super) fn text_term(text: &str) -> (String, bool) {
    let (text, was_cut) = cut(text, TEXT);
    let has_zero = text.contains('\0');
    (if has_zero { text.replace('\0', "\u{1}") } else { text }, was_cut || has_zero)
}

/// Three characters for an attribute, out of its name. They are in the database.
fn code(attribute: Attribute) -> String {
    const CHARACTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    // FNV-1a.
    let hash =
        attribute.name().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    [0, 6, 12].map(|shift| char::from(CHARACTERS[(hash >> shift) as usize % CHARACTERS.len()])).iter().collect()
}

#[cfg(test)]
mod tests {
    use kustodian_core::kind::Kind;

    use super::*;

    fn entries(attributes: &str) -> Entries {
        let document = format!(
            r#"{{"type":"company","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{attributes},"relationships":{{}}}}"#
        );
        Entries::of(OrgKey(12), &Kind::Company.search_row_of(&document).unwrap().unwrap())
    }

    #[test]
    fn a_record_has_a_term_for_each_value_and_its_words_and_parts() {
        let found = entries(r#"{"name":"Acme Corp","externalId":"AB","custom":{"sizeNum":3,"tierStr":"Gold"}}"#);
        let standard = [
            (Attribute::CompanyExternalId, "AB"),
            (Attribute::CompanyRecordId, "5c7d1a1f9a1b2c0010a1b2c3"),
            (Attribute::CompanyName, "acme corp"),
        ];
        let terms = standard.map(|(attribute, value)| format!("{}={value}", code(attribute)));
        let custom = [":sizeNum=c008000000000000", ":tierStr=gold"].map(str::to_owned);
        assert_eq!(found.terms, terms.into_iter().chain(custom).collect());
        let words: Vec<&str> = found.words.iter().map(String::as_str).collect();
        assert_eq!(words, ["b12gab", "b12gb", "b12wacme", "b12wcorp", "b12wgold"]);
        assert_eq!(entries(r#"{"importedAt":"2026-01-02T03:04:05.000Z"}"#).terms.len(), 3);
    }

    #[test]
    fn the_attributes_of_a_type_have_codes_of_their_own() {
        for context in Context::ALL {
            let codes: BTreeSet<String> = Attribute::of(context).map(code).collect();
            assert_eq!(codes.len(), Attribute::of(context).count(), "{context}");
        }
        assert_eq!(code(Attribute::CompanyName).len(), 3);
    }

    #[test]
    fn a_long_text_is_cut_and_equals_no_whole_one() {
        let (long, is_cut) = value_term("a=", &Value::Text("x".repeat(TEXT + 1)));
        assert!(is_cut);
        assert_ne!(long, value_term("a=", &Value::Text("x".repeat(TEXT))).0);
    }
}
