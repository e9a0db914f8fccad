//! The searchable values of a record: the typed values of every attribute, and every text.

mod company;
mod conversation;
mod conversation_time;
mod customer;
mod kobject;
mod message;
mod note;

use std::collections::BTreeMap;

use kustomer_api::custom::{CustomAttributes, Suffix};
use kustomer_api::customer::{Email, Location, Phone, Sentiment, Social};
use kustomer_api::envelope::{Related, RelatedId, Relationship, Relationships};
use kustomer_api::search::{Attribute, Class, Context, Manner};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::Value as Json;

use super::query::{CustomAttribute, Subject};
use super::words::{digits, fold};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;

/// A value in the form it is compared and ordered in.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text: folded for the class string (phone numbers as their digits), as it is for the others. Never empty. Ordered
    /// by code point.
    Text(String),
    /// A finite number.
    Number(f64),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Moment(i64),
    /// True or false; false is first.
    Boolean(bool),
}

/// Where in a record a text is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// In an attribute of the table.
    Attribute(Attribute),
    /// In the custom attribute with this key.
    Custom(String),
    /// Elsewhere: only `any_text` looks there.
    Rest,
}

/// A text that words are looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// Where it is.
    pub source: Source,
    /// How words are found in it.
    pub manner: Manner,
    /// The text, folded; only its digits when it is a phone number. Never empty.
    pub text: String,
}

/// The attribute that holds the id of the record of `context` that a record `of` another context belongs to.
pub const fn parent_attribute(of: Context, context: Context) -> Option<Attribute> {
    match (of, context) {
        (Context::Customer, Context::Company) => Some(Attribute::CompanyId),
        (Context::KObject, Context::Customer) => Some(Attribute::KObjectCustomerId),
        (Context::KObject, Context::Company) => Some(Attribute::KObjectCompanyId),
        (Context::Conversation, Context::Customer) => Some(Attribute::ConversationCustomerId),
        (Context::Message, Context::Customer) => Some(Attribute::MessageCustomerId),
        (Context::Message, Context::Conversation) => Some(Attribute::MessageConversationId),
        (Context::Note, Context::Customer) => Some(Attribute::NoteCustomerId),
        (Context::Note, Context::Conversation) => Some(Attribute::NoteConversationId),
        (Context::ConversationTime, Context::Customer) => Some(Attribute::ConversationTimeCustomerId),
        (Context::ConversationTime, Context::Conversation) => Some(Attribute::ConversationTimeConversationId),
        (
            Context::Customer
            | Context::Company
            | Context::KObject
            | Context::Conversation
            | Context::Message
            | Context::Note
            | Context::ConversationTime,
            _,
        ) => None,
    }
}

/// Whether records of one context belong to records of the other.
pub const fn are_tied(one: Context, other: Context) -> bool {
    parent_attribute(one, other).is_some() || parent_attribute(other, one).is_some()
}

/// The attribute that says whether a record is deleted, where there is one.
pub const fn deleted_attribute(of: Context) -> Option<Attribute> {
    match of {
        Context::Customer => Some(Attribute::Deleted),
        Context::Conversation => Some(Attribute::ConversationDeleted),
        Context::Note => Some(Attribute::NoteDeleted),
        Context::Company | Context::KObject | Context::Message | Context::ConversationTime => None,
    }
}

/// The attribute that holds the id of a record.
pub const fn id_attribute(of: Context) -> Attribute {
    match of {
        Context::Customer => Attribute::Id,
        Context::Company => Attribute::CompanyRecordId,
        Context::KObject => Attribute::KObjectId,
        Context::Conversation => Attribute::ConversationId,
        Context::Message => Attribute::MessageId,
        Context::Note => Attribute::NoteId,
        Context::ConversationTime => Attribute::ConversationTimeId,
    }
}

/// The searchable values of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRow {
    /// Its id.
    pub id: ObjectId,
    /// Its kind.
    pub context: Context,
    /// Whether it is deleted.
    pub deleted: bool,
    values: BTreeMap<Attribute, Vec<Value>>,
    custom: BTreeMap<String, Vec<Value>>,
    lost: BTreeMap<Source, Vec<Value>>,
    texts: Vec<Text>,
}

impl SearchRow {
    /// The searchable values of a stored customer.
    ///
    /// # Errors
    /// 500 when the document is not a customer of ours.
    pub fn read(document: &str) -> Result<Self, Refusal> {
        let row = Kind::Customer.search_row_of(document)?;
        row.ok_or_else(|| resource::fault("A stored record was erased and is in the index"))
    }

    /// A record that offers nothing but what every record has.
    fn new(context: Context, id: ObjectId, deleted: bool) -> Self {
        let (values, custom, lost) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { id, context, deleted, values, custom, lost, texts: Vec::new() }
    }

    /// Adds how many events were tracked of a customer.
    pub fn count_tracked(&mut self, count: u64) {
        self.count(Attribute::TrackingEvents, Some(count));
    }

    /// The id of the record of another context that this one belongs to.
    pub fn parent(&self, context: Context) -> Option<ObjectId> {
        match self.values(parent_attribute(self.context, context)?).first() {
            Some(Value::Text(id)) => id.parse().ok(),
            _ => None,
        }
    }

    /// Whether the other record belongs to this one, or this one to it.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.parent(other.context) == Some(other.id) || other.parent(self.context) == Some(self.id)
    }

    /// The name of the klass of a kobject.
    pub fn klass(&self) -> Option<&str> {
        match self.values(Attribute::KObjectKlass).first() {
            Some(Value::Text(klass)) => Some(klass),
            _ => None,
        }
    }

    /// The values of an attribute of the table, in the record's order; empty when there is none, and for `any_text`.
    pub fn values(&self, attribute: Attribute) -> &[Value] {
        self.values.get(&attribute).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values of the record's custom attribute with this key: one, or none; an `Id` may have several.
    pub fn custom_values(&self, key: &str) -> &[Value] {
        self.custom.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values a criterion on `subject` tests.
    pub fn values_of(&self, subject: &Subject) -> &[Value] {
        match subject {
            Subject::Standard(attribute) => self.values(*attribute),
            Subject::Custom(custom) if self.has(custom) => self.custom_values(&custom.key),
            Subject::Custom(_) => &[],
        }
    }

    /// The values of an attribute that customers had who were merged into this one.
    pub fn lost_values_of(&self, subject: &Subject) -> &[Value] {
        let source = match subject {
            Subject::Standard(attribute) => Source::Attribute(*attribute),
            Subject::Custom(custom) if self.has(custom) => Source::Custom(custom.key.clone()),
            Subject::Custom(_) => return &[],
        };
        self.lost.get(&source).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values of every attribute that customers had who were merged into this one.
    pub fn lost(&self) -> &BTreeMap<Source, Vec<Value>> {
        &self.lost
    }

    /// Whether the records that have this custom attribute are of the record's context and klass.
    fn has(&self, custom: &CustomAttribute) -> bool {
        custom.context == self.context && custom.klass.as_deref() == self.klass()
    }

    /// Every custom attribute that has a value, by key.
    pub fn custom(&self) -> impl Iterator<Item = (CustomAttribute, &[Value])> {
        let attribute = |key| CustomAttribute::of(self.context, self.klass(), key);
        self.custom.iter().filter_map(move |(key, values)| Some((attribute(key)?, values.as_slice())))
    }

    /// Every attribute of the table that has a value, with its values.
    pub fn standard(&self) -> impl Iterator<Item = (Attribute, &[Value])> {
        self.values.iter().map(|(attribute, values)| (*attribute, values.as_slice()))
    }

    /// The value that sorting by an attribute uses: the first.
    pub fn sort_value(&self, attribute: Attribute) -> Option<&Value> {
        self.values(attribute).first()
    }

    /// Every text.
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// The texts that words of a criterion on `subject` are looked for in.
    pub fn texts_of_subject<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Text> {
        self.texts.iter().filter(move |text| match (subject, &text.source) {
            (Subject::Standard(attribute), _) if attribute.class() == Class::Any => true,
            (Subject::Standard(attribute), Source::Attribute(source)) => attribute == source,
            (Subject::Custom(custom), Source::Custom(key)) => custom.key == *key && self.has(custom),
            _ => false,
        })
    }

    fn put(&mut self, attribute: Attribute, value: Value) {
        let values = self.values.entry(attribute).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }

    /// Text that is compared as it is.
    fn exact(&mut self, attribute: Attribute, text: &str) {
        if !text.is_empty() {
            self.put(attribute, Value::Text(text.to_owned()));
        }
    }

    /// Text that is compared folded, with its words indexed.
    fn words(&mut self, attribute: Attribute, text: &str) {
        let folded = fold(text);
        self.exact(attribute, &folded);
        self.text(Source::Attribute(attribute), Manner::Words, folded);
    }

    fn put_lost(&mut self, source: Source, value: Value) {
        let values = self.lost.entry(source).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }

    fn text(&mut self, source: Source, manner: Manner, text: String) {
        if !text.is_empty() {
            self.texts.push(Text { source, manner, text });
        }
    }

    fn rest(&mut self, manner: Manner, text: &str) {
        let text = if manner == Manner::Digits { digits(text) } else { fold(text) };
        self.text(Source::Rest, manner, text);
    }

    /// Text that is compared as it is, with its parts indexed.
    fn part(&mut self, attribute: Attribute, text: &str) {
        let known = self.values(attribute).contains(&Value::Text(text.to_owned()));
        if !known {
            self.exact(attribute, text);
            self.text(Source::Attribute(attribute), Manner::Part, fold(text));
        }
    }

    fn moments(&mut self, moments: &[(Attribute, &Field<Timestamp>)]) {
        for (attribute, moment) in moments {
            if let Some(moment) = moment.value() {
                self.put(*attribute, Value::Moment(moment.as_millis()));
            }
        }
    }

    fn moment(&mut self, attribute: Attribute, moment: Option<&Timestamp>) {
        if let Some(moment) = moment {
            self.put(attribute, Value::Moment(moment.as_millis()));
        }
    }

    /// Text that is compared as it is, with its words indexed.
    fn language(&mut self, attribute: Attribute, lang: &Field<String>) {
        if let Some(lang) = lang.value() {
            self.exact(attribute, lang);
            self.text(Source::Attribute(attribute), Manner::Words, fold(lang));
        }
    }

    fn number(&mut self, attribute: Attribute, value: Option<&Json>) {
        if let Some(number) = value.and_then(Json::as_f64) {
            self.put(attribute, Value::Number(number));
        }
    }

    fn count(&mut self, attribute: Attribute, count: Option<u64>) {
        if let Some(count) = count {
            self.put(attribute, Value::Number(count as f64));
        }
    }

    fn sentiment(&mut self, attribute: Attribute, sentiment: &Field<Sentiment>) {
        let word = match sentiment.value().and_then(|sentiment| sentiment.polarity) {
            Some(1..) => "happy",
            Some(0) => "indifferent",
            Some(..0) => "unhappy",
            None => "",
        };
        self.exact(attribute, word);
    }

    /// The ids that the record names as these relationships.
    fn relationships(&mut self, relationships: &Relationships, named: &[(Attribute, &str)]) {
        for (attribute, name) in named {
            if let Some(id) = relationships.get(*name).and_then(Relationship::id) {
                self.exact(*attribute, id);
            }
        }
    }

    fn emails_elsewhere(&mut self, emails: &Field<Vec<Email>>) {
        each(emails).for_each(|item| self.rest(Manner::Part, &item.email));
    }

    fn phones_elsewhere(&mut self, phones: &Field<Vec<Phone>>) {
        each(phones).for_each(|item| self.rest(Manner::Digits, &item.phone));
    }

    fn socials_elsewhere(&mut self, socials: &Field<Vec<Social>>) {
        for item in each(socials) {
            self.rest(Manner::Part, item.userid.as_deref().unwrap_or_default());
            self.rest(Manner::Part, &item.username);
            self.rest(Manner::Words, item.url.as_deref().unwrap_or_default());
        }
    }

    /// A text of the custom attribute with this key, unless its suffix is of another type.
    fn custom_text(&mut self, key: &str, text: &str) {
        let manner = match Suffix::of(key) {
            Some(Suffix::Str | Suffix::Txt | Suffix::Url) => Manner::Words,
            Some(Suffix::Id) => Manner::Part,
            _ => return,
        };
        self.text(Source::Custom(key.to_owned()), manner, fold(text));
    }

    fn custom_of(&mut self, custom: &Field<CustomAttributes>) {
        for (key, value) in custom.value().into_iter().flat_map(|custom| custom.iter()) {
            let Some(suffix) = Suffix::of(key) else { continue };
            let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            let values: Vec<Value> = items.iter().filter_map(|item| custom_value(suffix, item)).collect();
            items.iter().filter_map(Json::as_str).for_each(|item| self.custom_text(key, item));
            if !values.is_empty() {
                self.custom.insert(key.to_owned(), values);
            }
        }
    }
}

/// The records of a tie to several.
fn several<'a>(relationships: &'a Relationships, name: &str) -> &'a [RelatedId] {
    match relationships.get(name).and_then(|tie| tie.data.value()) {
        Some(Related::Many(several)) => several,
        Some(Related::One(_)) | None => &[],
    }
}

fn each<T>(list: &Field<Vec<T>>) -> impl Iterator<Item = &T> {
    list.value().into_iter().flatten()
}

/// The parts of a postal address, each a value of its own.
fn address(location: &Location) -> impl Iterator<Item = &String> {
    [
        &location.name,
        &location.address,
        &location.address2,
        &location.address3,
        &location.zip_code,
        &location.city_name,
        &location.region_code,
        &location.region_name,
        &location.country_code,
        &location.country_name,
        &location.area_code,
    ]
    .into_iter()
    .filter_map(Field::value)
}

/// A custom attribute's value; a value that does not fit the suffix is none.
fn custom_value(suffix: Suffix, value: &Json) -> Option<Value> {
    let text = || value.as_str().filter(|text| !text.is_empty());
    match suffix {
        Suffix::Num => value.as_f64().map(Value::Number),
        Suffix::Bool => value.as_bool().map(Value::Boolean),
        Suffix::At => text()?.parse::<Timestamp>().ok().map(|moment| Value::Moment(moment.as_millis())),
        Suffix::Str | Suffix::Txt | Suffix::Url => text().map(|text| Value::Text(fold(text))),
        Suffix::Id => text().map(|text| Value::Text(text.to_owned())),
    }
}
