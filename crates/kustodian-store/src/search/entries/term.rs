//! What is in the index of a record.

use std::collections::BTreeSet;

use kustodian_core::search::{Context, CustomAttribute, Manner, SearchRow, Subject, Value, grams, words};
use kustomer_api::ObjectId;
use kustomer_api::custom::is_key;

use super::super::column::{Cell, cut};
use super::super::ordered;
use crate::check::index::{EVERYTHING, WORDS};

/// How many characters of a text its term holds: what is longer is checked against the document.
const TEXT: usize = 128;

/// How many words and parts of one record are indexed; of a record with more it is the first by their order.
const MAX_WORDS: usize = 20_000;

/// The beginning of a word's term.
const WORD: &str = "w=";

/// The beginning of a part's term.
const GRAM: &str = "g=";

/// What the index holds of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entries {
    pub(crate) deleted: bool,
    pub(crate) customer: Option<ObjectId>,
    pub(crate) company: Option<ObjectId>,
    /// In order, each once.
    pub(crate) terms: BTreeSet<String>,
}

impl Entries {
    /// What the index is to hold of a record.
    pub(crate) fn of(row: &SearchRow) -> Self {
        let mut found = BTreeSet::new();
        for text in row.texts() {
            match text.manner {
                Manner::Words => found.extend(words(&text.text).iter().map(|text| word(text))),
                Manner::Part | Manner::Digits => found.extend(grams(&text.text).iter().map(|text| gram(text))),
            }
        }
        let mut terms: BTreeSet<String> = found.into_iter().take(MAX_WORDS).collect();
        let standard = row.standard().map(|(attribute, values)| (Subject::Standard(attribute), values));
        let custom = row.custom().filter(|(attribute, _)| is_key(&attribute.key));
        let custom = custom.map(|(attribute, values)| (Subject::Custom(attribute), values));
        for (subject, values) in standard.chain(custom) {
            let beginning = beginning(&subject);
            terms.extend(values.iter().map(|value| value_term(&beginning, value).0));
        }
        let (customer, company) = (row.parent(Context::Customer), row.parent(Context::Company));
        Self { deleted: row.deleted, customer, company, terms }
    }
}

/// What differs between what the index should hold of a record and what it does.
pub(crate) fn differing(should: Option<&Entries>, is: Option<&Entries>) -> Vec<&'static str> {
    let (Some(should), Some(is)) = (should, is) else {
        return if should.is_some() || is.is_some() { vec![EVERYTHING] } else { Vec::new() };
    };
    let parts = [
        ("deleted", should.deleted == is.deleted),
        ("customer", should.customer == is.customer),
        ("company", should.company == is.company),
        (WORDS, should.terms == is.terms),
    ];
    parts.into_iter().filter(|(_, is_equal)| !is_equal).map(|(part, _)| part).collect()
}

/// What the terms of an attribute's values begin with.
pub(super) fn beginning(subject: &Subject) -> String {
    match subject {
        Subject::Standard(attribute) => format!("{attribute}="),
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

/// The term of a word, or the beginning of it.
pub(super) fn word(text: &str) -> String {
    format!("{WORD}{}", text_term(text).0)
}

/// The term of a part, or the beginning of it.
pub(super) fn gram(text: &str) -> String {
    format!("{GRAM}{}", text_term(text).0)
}

#[cfg(test)]
mod tests {
    use kustodian_core::kind::Kind;

    use super::*;

    fn entries(attributes: &str) -> Entries {
        let document = format!(
            r#"{{"type":"company","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{attributes},"relationships":{{}}}}"#
        );
        Entries::of(&Kind::Company.search_row_of(&document).unwrap().unwrap())
    }

    #[test]
    fn a_record_has_a_term_for_each_value_word_and_part() {
        let found = entries(r#"{"name":"Acme Corp","externalId":"AB","custom":{"sizeNum":3,"tierStr":"Gold"}}"#);
        let terms: Vec<&str> = found.terms.iter().map(String::as_str).collect();
        assert_eq!(
            terms,
            [
                ":sizeNum=c008000000000000",
                ":tierStr=gold",
                "company_externalId=AB",
                "company_id=5c7d1a1f9a1b2c0010a1b2c3",
                "company_imported=f",
                "company_name=acme corp",
                "g=ab",
                "g=b",
                "w=acme",
                "w=corp",
                "w=gold",
            ]
        );
    }

    #[test]
    fn a_long_text_is_cut_and_equals_no_whole_one() {
        let (long, is_cut) = value_term("a=", &Value::Text("x".repeat(TEXT + 1)));
        assert!(is_cut);
        assert_ne!(long, value_term("a=", &Value::Text("x".repeat(TEXT))).0);
    }
}
