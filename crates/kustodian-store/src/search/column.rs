//! The columns of `customer_search`.

use kustodian_core::search::{SearchRow, Source, Value};
use kustomer_api::search::{Attribute, Class, Context, Manner};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Text, as a `SearchRow` holds it, [cut](cut) where it is too long for an index.
    Text,
    /// A number.
    Number,
    /// Milliseconds.
    Moment,
    /// True or false.
    Boolean,
}

/// How a column is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    /// By value, and within a value by id: results are paged along it.
    Ordered,
    /// By value alone.
    ByValue,
    /// By value alone, but for 0 and false, which nearly every record has.
    ByRareValue,
    /// By value, and within a value by id, but for 0, which nearly every record has.
    OrderedRare,
    /// The table of customers has it already.
    OfCustomers,
}

/// A column of `customer_search`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// The attribute whose first value it holds.
    pub(crate) attribute: Attribute,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) holds: Holds,
    /// How it is indexed.
    pub(crate) index: Index,
}

const fn column(attribute: Attribute, name: &'static str, holds: Holds, index: Index) -> Column {
    Column { attribute, name, holds, index }
}

/// The columns of attributes, in their order in the table.
pub(crate) const COLUMNS: [Column; 30] = [
    column(Attribute::Name, "name", Holds::Text, Index::Ordered),
    column(Attribute::Gender, "gender", Holds::Text, Index::Ordered),
    column(Attribute::Presence, "presence", Holds::Text, Index::ByValue),
    column(Attribute::Locale, "locale", Holds::Text, Index::ByValue),
    column(Attribute::ActivityAt, "activity_at", Holds::Moment, Index::Ordered),
    column(Attribute::LastSeenAt, "last_seen_at", Holds::Moment, Index::Ordered),
    column(Attribute::SignedUpAt, "signed_up_at", Holds::Moment, Index::Ordered),
    column(Attribute::LastMessageSentAt, "last_message_sent_at", Holds::Moment, Index::Ordered),
    column(Attribute::LastMessageOutSentAt, "last_message_out_sent_at", Holds::Moment, Index::Ordered),
    column(
        Attribute::LastMessageUnrespondedToSentAt,
        "last_message_unresponded_to_sent_at",
        Holds::Moment,
        Index::Ordered,
    ),
    column(Attribute::LastMessageAt, "last_message_at", Holds::Moment, Index::Ordered),
    column(Attribute::ExternalId, "external_id", Holds::Text, Index::Ordered),
    column(Attribute::CreatedAt, "created_at", Holds::Moment, Index::OfCustomers),
    column(Attribute::UpdatedAt, "updated_at", Holds::Moment, Index::OfCustomers),
    column(Attribute::ModifiedAt, "modified_at", Holds::Moment, Index::Ordered),
    column(Attribute::CreatedBy, "created_by", Holds::Text, Index::ByValue),
    column(Attribute::ModifiedBy, "modified_by", Holds::Text, Index::ByValue),
    column(Attribute::SatisfactionAvgScore, "satisfaction_avg_score", Holds::Number, Index::ByValue),
    column(Attribute::SatisfactionAvgRating, "satisfaction_avg_rating", Holds::Number, Index::ByValue),
    column(Attribute::ConversationsCount, "conversations_count", Holds::Number, Index::ByRareValue),
    column(Attribute::ProgressiveStatus, "progressive_status", Holds::Text, Index::Ordered),
    column(Attribute::Sentiment, "sentiment", Holds::Text, Index::ByValue),
    column(Attribute::DefaultLang, "default_lang", Holds::Text, Index::ByValue),
    column(Attribute::ImportedAt, "imported_at", Holds::Moment, Index::ByValue),
    column(Attribute::Imported, "imported", Holds::Boolean, Index::ByRareValue),
    column(Attribute::LastMessagePreview, "last_message_preview", Holds::Moment, Index::Ordered),
    column(Attribute::Done, "done", Holds::Number, Index::OrderedRare),
    column(Attribute::Open, "open", Holds::Number, Index::OrderedRare),
    column(Attribute::Snoozed, "snoozed", Holds::Number, Index::OrderedRare),
    column(Attribute::CompanyId, "company_id", Holds::Text, Index::Ordered),
];

/// The columns that hold, a line each, the addresses and numbers whose parts are searched, and their attributes.
pub(crate) const PARTS: [(Attribute, &str); 10] = [
    (Attribute::Email, "email_parts"),
    (Attribute::SharedEmail, "shared_email_parts"),
    (Attribute::Phone, "phone_parts"),
    (Attribute::SharedPhone, "shared_phone_parts"),
    (Attribute::ExternalId, "external_id_parts"),
    (Attribute::SharedExternalId, "shared_external_id_parts"),
    (Attribute::SocialUserid, "social_userid_parts"),
    (Attribute::SocialUsername, "social_username_parts"),
    (Attribute::SharedSocialUserid, "shared_social_userid_parts"),
    (Attribute::SharedSocialUsername, "shared_social_username_parts"),
];

// An attribute of customers with a single value or an order has a column, and one that is searched by parts has its texts.
const _: () = {
    let mut at = 0;
    while at < Attribute::ALL.len() {
        let attribute = Attribute::ALL[at];
        at += 1;
        if !matches!(attribute.context(), Context::Customer) || matches!(attribute.class(), Class::Any) {
            continue;
        }
        let is_of_record = matches!(attribute, Attribute::Id | Attribute::Deleted | Attribute::TrackingEvents);
        let is_sorted = attribute.is_sortable(false) || attribute.is_sortable(true);
        let (mut has_column, mut has_parts, mut place) = (false, false, 0);
        while place < COLUMNS.len() {
            has_column |= COLUMNS[place].attribute as usize == attribute as usize;
            place += 1;
        }
        place = 0;
        while place < PARTS.len() {
            has_parts |= PARTS[place].0 as usize == attribute as usize;
            place += 1;
        }
        assert!(is_of_record || has_column == (!attribute.is_many() || is_sorted), "an attribute lacks its column");
        let is_of_parts = matches!(attribute.manner(), Some(Manner::Part | Manner::Digits));
        assert!(has_parts == is_of_parts, "an attribute lacks the column of its parts");
    }
};

/// The column that holds the attribute's value; for one with several values the first, to sort by.
pub(crate) fn column_of(attribute: Attribute) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.attribute == attribute)
}

/// The column that holds the attribute's addresses or numbers.
pub(crate) fn parts_column(attribute: Attribute) -> Option<&'static str> {
    PARTS.iter().find(|(of, _)| *of == attribute).map(|(_, name)| *name)
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// Milliseconds, or a number without a fraction.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl Cell {
    /// A value, with its text cut at a limit.
    pub(crate) fn of(value: &Value, limit: usize) -> Self {
        match value {
            Value::Text(text) => Self::Text(cut(text, limit).0),
            Value::Number(number) => Self::Number(*number),
            Value::Moment(millis) => Self::Integer(*millis),
            Value::Boolean(boolean) => Self::Boolean(*boolean),
        }
    }
}

/// How many characters of a text a column of an attribute holds.
pub(crate) const fn text_limit() -> usize {
    256
}

/// The mark at the end of a text that was cut, which sorts after anything people write.
const CUT: char = '\u{10ffff}';

/// A text of at most `limit` characters, and whether something was cut off. A cut text ends in a mark, so that it
/// equals no whole text.
pub(crate) fn cut(text: &str, limit: usize) -> (String, bool) {
    match text.char_indices().nth(limit) {
        Some((end, _)) => (format!("{}{CUT}", &text[..end]), true),
        None => (text.to_owned(), false),
    }
}

/// The first text behind all that begin with this one; `None` when there is none.
pub(crate) fn successor(beginning: &str) -> Option<String> {
    let mut characters: Vec<char> = beginning.chars().collect();
    while let Some(last) = characters.pop() {
        // After the last character before the surrogates, the next is the first one after them.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// The values of a record's row in the columns of attributes and then in those of parts.
pub(crate) fn cells(row: &SearchRow) -> impl Iterator<Item = Option<Cell>> {
    let values =
        COLUMNS.iter().map(|column| row.sort_value(column.attribute).map(|value| Cell::of(value, text_limit())));
    let parts = PARTS.iter().map(|(attribute, _)| {
        let of_it = |source: &Source| matches!(source, Source::Attribute(of) if of == attribute);
        let texts = row.texts().iter().filter(|text| text.manner != Manner::Words && of_it(&text.source));
        let lines = texts.map(|text| text.text.as_str()).collect::<Vec<_>>().join("\n");
        (!lines.is_empty()).then_some(Cell::Text(lines))
    });
    values.chain(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_begins_with_a_text_stands_between_it_and_its_successor(text in "\\PC{1,5}", rest in "\\PC{0,3}", other in "\\PC{0,6}") {
            let within = |value: &str| value >= text.as_str() && successor(&text).is_none_or(|end| *value < *end);
            let longer = format!("{text}{rest}");
            prop_assert!(within(&longer));
            prop_assert_eq!(within(&other), other.starts_with(&text));
        }
    }

    #[test]
    fn a_text_that_was_cut_equals_no_whole_text() {
        assert_eq!(cut("abc", 3), ("abc".to_owned(), false));
        assert_eq!(cut("abcd", 3), ("abc\u{10ffff}".to_owned(), true));
    }
}
