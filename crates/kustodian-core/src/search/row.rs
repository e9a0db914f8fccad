//! What a record offers to a search: the typed values of every attribute, and every text.

use std::collections::BTreeMap;

use kustomer_api::custom::Suffix;
use kustomer_api::customer::{Customer, CustomerAttributes, Email, ExternalId, Location, Phone, Social};
use kustomer_api::envelope::{Relationship, Relationships};
use kustomer_api::search::{Attribute, Class};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value as Json};

use super::query::{CustomAttribute, Subject};
use super::words::{digits, fold};
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
    /// True or false; false comes first.
    Boolean(bool),
}

/// Where in a record a text stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// In an attribute of the table.
    Attribute(Attribute),
    /// In the custom attribute with this key.
    Custom(String),
    /// Elsewhere: only `any_text` looks there.
    Rest,
}

/// How words are found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// As the beginning of one of its words.
    Words,
    /// As a part of it: e-mail addresses, external ids, names and ids on networks.
    Part,
    /// As a part of its digits: phone numbers.
    Digits,
}

/// A text that words are looked for in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub source: Source,
    /// How words are found in it.
    pub manner: Manner,
    /// The text, folded; only its digits when it is a phone number. Never empty.
    pub text: String,
}

/// What a record offers to a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRow {
    /// Its id.
    pub id: ObjectId,
    /// Whether it is deleted.
    pub deleted: bool,
    values: BTreeMap<Attribute, Vec<Value>>,
    custom: BTreeMap<String, Vec<Value>>,
    texts: Vec<Text>,
}

impl SearchRow {
    /// What a stored customer offers.
    ///
    /// # Errors
    /// 500 when the document is not a customer of ours.
    pub fn read(document: &str) -> Result<Self, Refusal> {
        let customer: Customer = resource::read(document)?;
        let id = customer.id.parse().map_err(|_| resource::fault("A stored record has no id"))?;
        Ok(Self::of(id, &customer))
    }

    /// What a customer offers. `id` is the customer's own, parsed.
    pub fn of(id: ObjectId, customer: &Customer) -> Self {
        let mut row = Self {
            id,
            deleted: customer.attributes.deleted.value().copied().unwrap_or_default(),
            values: BTreeMap::new(),
            custom: BTreeMap::new(),
            texts: Vec::new(),
        };
        row.texts_of(&customer.attributes);
        row.lists_of(&customer.attributes, &customer.relationships);
        row.numbers_of(&customer.attributes);
        row.moments_of(&customer.attributes);
        row.custom_of(&customer.attributes);
        row.put(Attribute::Id, Value::Text(id.to_string()));
        row.put(Attribute::Deleted, Value::Boolean(row.deleted));
        row
    }

    /// The values of an attribute of the table, in the record's order; empty when there is none, and for `any_text`.
    pub fn values(&self, attribute: Attribute) -> &[Value] {
        self.values.get(&attribute).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values of the custom attribute with this key: one, or none; an `Id` may have several.
    pub fn custom_values(&self, key: &str) -> &[Value] {
        self.custom.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values a criterion on `subject` tests.
    pub fn values_of(&self, subject: &Subject) -> &[Value] {
        match subject {
            Subject::Standard(attribute) => self.values(*attribute),
            Subject::Custom(custom) => self.custom_values(&custom.key),
        }
    }

    /// Every custom attribute that has a value, by key.
    pub fn custom(&self) -> impl Iterator<Item = (CustomAttribute, &[Value])> {
        self.custom.iter().filter_map(|(key, values)| Some((CustomAttribute::new(key)?, values.as_slice())))
    }

    /// The value that sorting by an attribute goes by: the first.
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
            (Subject::Custom(custom), Source::Custom(key)) => custom.key == *key,
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

    /// Text that is compared folded, and found by its words.
    fn words(&mut self, attribute: Attribute, text: &str) {
        let folded = fold(text);
        self.exact(attribute, &folded);
        self.text(Source::Attribute(attribute), Manner::Words, folded);
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

    fn texts_of(&mut self, of: &CustomerAttributes) {
        if let Some(name) = of.name.value() {
            self.words(Attribute::Name, name);
        }
        self.emails(Attribute::Email, &of.emails);
        self.emails(Attribute::SharedEmail, &of.shared_emails);
        self.phones(Attribute::Phone, &of.phones);
        self.phones(Attribute::SharedPhone, &of.shared_phones);
        if let Some(primary) = of.external_id.value() {
            self.external_id(Attribute::ExternalId, primary);
        }
        self.external_ids(Attribute::ExternalId, &of.external_ids);
        self.external_ids(Attribute::SharedExternalId, &of.shared_external_ids);
        self.socials(SOCIAL, &of.socials);
        self.socials(SHARED_SOCIAL, &of.shared_socials);
        for (attribute, whatsapps) in
            [(Attribute::SocialType, &of.whatsapps), (Attribute::SharedSocialType, &of.shared_whatsapps)]
        {
            for whatsapp in each(whatsapps) {
                self.exact(attribute, WHATSAPP);
                self.rest(Manner::Digits, &whatsapp.phone);
            }
        }
        for item in each(&of.urls) {
            self.words(Attribute::Urls, &item.url);
        }
        for location in each(&of.locations) {
            address(location).for_each(|part| self.words(Attribute::Address, part));
        }
        if let Some(locale) = of.locale.value() {
            self.words(Attribute::Locale, locale);
        }
        if let Some(lang) = of.default_lang.value() {
            self.exact(Attribute::DefaultLang, lang);
            self.text(Source::Attribute(Attribute::DefaultLang), Manner::Words, fold(lang));
        }
        if let Some(username) = of.username.value() {
            self.rest(Manner::Part, username);
        }
        for item in each(&of.facebook_ids) {
            self.rest(Manner::Part, &item.user_id);
            self.rest(Manner::Words, item.name.as_deref().unwrap_or_default());
        }
        for item in each(&of.instagram_ids) {
            self.rest(Manner::Part, &item.username);
            self.rest(Manner::Part, item.instagram_id.as_deref().unwrap_or_default());
        }
        if let Some(company) = of.company_name.value() {
            self.rest(Manner::Words, company);
        }
    }

    fn emails(&mut self, attribute: Attribute, emails: &Field<Vec<Email>>) {
        for item in each(emails) {
            let folded = fold(&item.email);
            self.exact(attribute, &folded);
            self.text(Source::Attribute(attribute), Manner::Part, folded);
        }
    }

    fn phones(&mut self, attribute: Attribute, phones: &Field<Vec<Phone>>) {
        for item in each(phones) {
            let digits = digits(&item.phone);
            self.exact(attribute, &digits);
            self.text(Source::Attribute(attribute), Manner::Digits, digits);
        }
    }

    fn external_ids(&mut self, attribute: Attribute, ids: &Field<Vec<ExternalId>>) {
        for item in each(ids) {
            self.external_id(attribute, &item.external_id);
        }
    }

    fn external_id(&mut self, attribute: Attribute, id: &str) {
        self.part(attribute, id);
    }

    /// Text that is compared as it is, and found by a part of it.
    fn part(&mut self, attribute: Attribute, text: &str) {
        let known = self.values(attribute).contains(&Value::Text(text.to_owned()));
        if !known {
            self.exact(attribute, text);
            self.text(Source::Attribute(attribute), Manner::Part, fold(text));
        }
    }

    fn socials(&mut self, [kind, userid, username]: [Attribute; 3], socials: &Field<Vec<Social>>) {
        for item in each(socials) {
            self.exact(kind, item.kind.as_str());
            self.part(userid, item.userid.as_deref().unwrap_or_default());
            self.part(username, &item.username);
            self.rest(Manner::Words, item.url.as_deref().unwrap_or_default());
        }
    }

    fn lists_of(&mut self, of: &CustomerAttributes, relationships: &Relationships) {
        if let Some(gender) = of.gender.value() {
            self.exact(Attribute::Gender, gender.as_str());
        }
        if let Some(presence) = of.presence.value() {
            self.exact(Attribute::Presence, presence);
        }
        for (attribute, list) in [
            (Attribute::ActiveUsers, &of.active_users),
            (Attribute::Watchers, &of.watchers),
            (Attribute::Tags, &of.tags),
        ] {
            each(list).for_each(|id| self.exact(attribute, id));
        }
        if let Some(status) = of.progressive_status.value() {
            self.exact(Attribute::ProgressiveStatus, status);
        }
        let sentiment = match of.sentiment.value().and_then(|sentiment| sentiment.polarity) {
            Some(1..) => "happy",
            Some(0) => "indifferent",
            Some(..0) => "unhappy",
            None => "",
        };
        self.exact(Attribute::Sentiment, sentiment);
        for (attribute, relationship) in [
            (Attribute::CreatedBy, "createdBy"),
            (Attribute::ModifiedBy, "modifiedBy"),
            (Attribute::CompanyId, "company"),
        ] {
            if let Some(id) = relationships.get(relationship).and_then(Relationship::id) {
                self.exact(attribute, id);
            }
        }
    }

    fn numbers_of(&mut self, of: &CustomerAttributes) {
        if let Some(satisfaction) = of.satisfaction_level.value() {
            self.number(Attribute::SatisfactionAvgScore, satisfaction.extra.get("avgScore"));
            self.number(Attribute::SatisfactionAvgRating, satisfaction.extra.get("avgRating"));
        }
        if let Some(counts) = of.conversation_counts.value() {
            self.put(Attribute::ConversationsCount, Value::Number(counts.all as f64));
            for (attribute, status, count) in [
                (Attribute::Snoozed, "snoozed", counts.snoozed),
                (Attribute::Open, "open", counts.open),
                (Attribute::Done, "done", counts.done),
            ] {
                self.put(attribute, Value::Number(count as f64));
                if count > 0 {
                    self.exact(Attribute::Status, status);
                }
            }
        }
    }

    fn number(&mut self, attribute: Attribute, value: Option<&Json>) {
        if let Some(number) = value.and_then(Json::as_f64) {
            self.put(attribute, Value::Number(number));
        }
    }

    fn moments_of(&mut self, of: &CustomerAttributes) {
        for (attribute, moment) in [
            (Attribute::ActivityAt, &of.last_activity_at),
            (Attribute::LastSeenAt, &of.last_seen_at),
            (Attribute::SignedUpAt, &of.signed_up_at),
            (Attribute::LastMessageAt, &of.last_message_at),
            (Attribute::CreatedAt, &of.created_at),
            (Attribute::UpdatedAt, &of.updated_at),
            (Attribute::ModifiedAt, &of.modified_at),
            (Attribute::ImportedAt, &of.imported_at),
        ] {
            if let Some(moment) = moment.value() {
                self.put(attribute, Value::Moment(moment.as_millis()));
            }
        }
        for (attribute, message, at) in [
            (Attribute::LastMessageSentAt, &of.last_message_in, "sentAt"),
            (Attribute::LastMessageOutSentAt, &of.last_message_out, "sentAt"),
            (Attribute::LastMessageUnrespondedToSentAt, &of.last_message_unresponded_to, "sentAt"),
            (Attribute::LastMessagePreview, &of.preview, "previewAt"),
        ] {
            if let Some(moment) = message.value().and_then(|message| moment_in(message, at)) {
                self.put(attribute, Value::Moment(moment.as_millis()));
            }
        }
        self.put(Attribute::Imported, Value::Boolean(of.imported_at.value().is_some()));
    }

    fn custom_of(&mut self, of: &CustomerAttributes) {
        for (key, value) in of.custom.value().into_iter().flat_map(|custom| custom.iter()) {
            let Some(suffix) = Suffix::of(key) else { continue };
            let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            let values: Vec<Value> = items.iter().filter_map(|item| custom_value(suffix, item)).collect();
            if matches!(suffix, Suffix::Str | Suffix::Txt | Suffix::Url | Suffix::Id) {
                let manner = if suffix == Suffix::Id { Manner::Part } else { Manner::Words };
                for item in items.iter().filter_map(Json::as_str) {
                    self.text(Source::Custom(key.to_owned()), manner, fold(item));
                }
            }
            if !values.is_empty() {
                self.custom.insert(key.to_owned(), values);
            }
        }
    }
}

const WHATSAPP: &str = "whatsapp";
const SOCIAL: [Attribute; 3] = [Attribute::SocialType, Attribute::SocialUserid, Attribute::SocialUsername];
const SHARED_SOCIAL: [Attribute; 3] =
    [Attribute::SharedSocialType, Attribute::SharedSocialUserid, Attribute::SharedSocialUsername];

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

fn moment_in(message: &Map<String, Json>, member: &str) -> Option<Timestamp> {
    message.get(member).and_then(Json::as_str).and_then(|text| text.parse().ok())
}

/// A custom attribute's value; what the suffix does not take is no value.
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
