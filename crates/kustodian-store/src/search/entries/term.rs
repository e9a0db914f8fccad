//! The index entries of a record.

use std::collections::BTreeSet;

use kustodian_core::search::{
    Context, CustomAttribute, SearchRow, Subject, Value, deleted_attribute, id_attribute, parent_attribute,
};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::custom::is_key;
use kustomer_api::search::{Attribute, Class};

use super::super::column::{Cell, cut};
use super::super::ordered;
use super::pairs;
use super::word::{self, digest};
use crate::check::index::{EVERYTHING, WORDS};

/// How many characters of a text its term holds: longer texts are checked against the document.
const TEXT: usize = 128;

/// The sign before a number or a moment.
pub(super) const ORDERED: char = '#';

/// What the index holds of a record.
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
        let [customer, company, conversation] =
            [Context::Customer, Context::Company, Context::Conversation].map(|context| row.parent(context));
        let digest = digest(&words);
        Self { deleted: row.deleted, customer, company, conversation, terms: terms_of(row), words, digest }
    }
}

/// The terms of a record.
pub(crate) fn terms_of(row: &SearchRow) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    let standard = row.standard().filter(|(attribute, values)| {
        let is_as_another = mostly_as(*attribute).is_some_and(|other| row.values(other) == *values);
        Some(*attribute) != deleted_attribute(row.context) && !is_as_another
    });
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
    terms.append(&mut pairs::terms_of(row));
    terms
}

/// Whether a value has no term: a column has it, or nearly every record has it and one without another term has it.
fn is_implied(subject: &Subject, value: &Value) -> bool {
    match (subject, value) {
        (Subject::Standard(attribute), _) if column_of(*attribute).is_some() => true,
        (Subject::Standard(attribute), Value::Boolean(is)) => *is == is_always(*attribute),
        (Subject::Standard(attribute), Value::Number(number)) => is_mostly_zero(*attribute) && *number == 0.0,
        _ => false,
    }
}

/// Whether an attribute is true in every record: then true has no term. Of any other false has none.
pub(super) fn is_always(attribute: Attribute) -> bool {
    attribute == Attribute::ConversationTimeTouched
}

/// The attribute that has the same values in nearly every record: then they are terms of that one alone.
pub(super) fn mostly_as(attribute: Attribute) -> Option<Attribute> {
    match attribute {
        Attribute::MessageModifiedBy => Some(Attribute::MessageCreatedBy),
        Attribute::NoteModifiedBy => Some(Attribute::NoteCreatedBy),
        _ => None,
    }
}

/// Whether an attribute is zero in nearly every record: then zero has no term.
pub(super) fn is_mostly_zero(attribute: Attribute) -> bool {
    matches!(
        attribute,
        Attribute::MessageSize
            | Attribute::MessageAttachmentCount
            | Attribute::NoteAttachmentCount
            | Attribute::ConversationTimeMessagesSent
            | Attribute::ConversationTimeNotesSent
    )
}

/// The column that says whether a record is deleted. The others hold ids.
pub(super) const DELETED: &str = "deleted";

/// The column of `search_records` that holds what an attribute has, which has no terms then.
pub(super) fn column_of(attribute: Attribute) -> Option<&'static str> {
    let context = attribute.context();
    if attribute == id_attribute(context) {
        return Some("id");
    }
    if deleted_attribute(context) == Some(attribute) {
        return Some(DELETED);
    }
    let mut parents = [Context::Customer, Context::Company, Context::Conversation].into_iter();
    parents.find(|parent| parent_attribute(context, *parent) == Some(attribute)).map(Context::as_str)
}

/// What makes the entries of one revision of a record those of the next: it is worked out beside the writer, and the index is
/// not read for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Whether the record is deleted, and its customer, company and conversation, when any of that differs.
    pub(crate) head: Option<(bool, [Option<ObjectId>; 3])>,
    /// Terms that it has no longer.
    pub(crate) removed: Vec<String>,
    /// Terms that it has from now on.
    pub(crate) added: Vec<String>,
    /// All words with their hash, when they differ.
    pub(crate) words: Option<(BTreeSet<String>, i64)>,
}

impl Difference {
    /// What makes the one row the other.
    pub(crate) fn between(org: OrgKey, former: &SearchRow, row: &SearchRow) -> Self {
        let head = |row: &SearchRow| {
            let parents = [Context::Customer, Context::Company, Context::Conversation];
            (row.deleted, parents.map(|context| row.parent(context)))
        };
        let (was, is) = (terms_of(former), terms_of(row));
        let has_other_texts = former.texts() != row.texts();
        Self {
            head: Some(head(row)).filter(|is| *is != head(former)),
            removed: was.difference(&is).cloned().collect(),
            added: is.difference(&was).cloned().collect(),
            words: has_other_texts.then(|| word::all_of(org, row)).map(|words| {
                let digest = digest(&words);
                (words, digest)
            }),
        }
    }
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
        Subject::Standard(attribute) => format!("{}{}", code(*attribute), sign(subject)),
        Subject::Custom(CustomAttribute { klass, key, .. }) => {
            format!("{}:{key}{}", klass.as_deref().unwrap_or_default(), sign(subject))
        }
    }
}

/// The sign between an attribute and its value: numbers and moments have a sign of their own, since ranges of them are
/// asked for, and the index by record of SQLite holds terms with it.
fn sign(subject: &Subject) -> char {
    match subject.class() {
        Class::Number | Class::Datetime => ORDERED,
        Class::Any | Class::String | Class::Text | Class::StringNotAnalyzed | Class::List | Class::Boolean => '=',
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
        let standard = [(Attribute::CompanyExternalId, "AB"), (Attribute::CompanyName, "acme corp")];
        let terms = standard.map(|(attribute, value)| format!("{}={value}", code(attribute)));
        let custom = [":sizeNum#c008000000000000", ":tierStr=gold"].map(str::to_owned);
        assert_eq!(found.terms, terms.into_iter().chain(custom).collect());
        let words: Vec<&str> = found.words.iter().map(String::as_str).collect();
        assert_eq!(words, ["b12gab", "b12gb", "b12wacme", "b12wcorp", "b12wgold"]);
        assert_eq!(entries(r#"{"importedAt":"2026-01-02T03:04:05.000Z"}"#).terms.len(), 2);
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
