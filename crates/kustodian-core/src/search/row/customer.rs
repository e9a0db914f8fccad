//! The searchable values of a customer.

use kustomer_api::custom::Suffix;
use kustomer_api::customer::{Customer, CustomerAttributes, Email, ExternalId, Phone, Social};
use kustomer_api::envelope::Relationships;
use kustomer_api::search::{Attribute, Class, Context, Manner};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value as Json};

use super::super::words::{digits, fold};
use super::{SearchRow, Source, Value, address, custom_value, each};
use crate::customer::{CUSTOM, searched_as};

impl SearchRow {
    /// The searchable values of a customer. `id` is the customer's own, parsed.
    pub fn of(id: ObjectId, customer: &Customer) -> Self {
        let deleted = customer.attributes.deleted.value().copied().unwrap_or_default();
        let mut row = Self::new(Context::Customer, id, deleted);
        row.texts_of(&customer.attributes);
        row.lists_of(&customer.attributes, &customer.relationships);
        row.numbers_of(&customer.attributes);
        row.moments_of(&customer.attributes);
        row.custom_of(&customer.attributes.custom);
        row.lost_of(&customer.attributes);
        row.put(Attribute::Id, Value::Text(id.to_string()));
        row.put(Attribute::Deleted, Value::Boolean(row.deleted));
        row
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
        self.language(Attribute::DefaultLang, &of.default_lang);
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

    /// The values of customers that were merged into this one. Criteria about words and values find them; sorting and
    /// counting use the customer's own.
    fn lost_of(&mut self, of: &CustomerAttributes) {
        for lost in each(&of.lost_values) {
            let items = lost.value.as_array().map_or_else(|| std::slice::from_ref(&lost.value), Vec::as_slice);
            match lost.attribute.strip_prefix(CUSTOM) {
                Some(key) => items.iter().for_each(|item| self.lost_custom(key, item)),
                None => items.iter().filter_map(Json::as_str).for_each(|text| self.lost_text(&lost.attribute, text)),
            }
        }
    }

    fn lost_custom(&mut self, key: &str, item: &Json) {
        if let Some(text) = item.as_str() {
            self.custom_text(key, text);
        }
        if let Some(value) = Suffix::of(key).and_then(|suffix| custom_value(suffix, item)) {
            self.put_lost(Source::Custom(key.to_owned()), value);
        }
    }

    fn lost_text(&mut self, name: &str, text: &str) {
        let Some(attribute) = searched_as(name) else {
            let manner = if name == USERNAME { Manner::Part } else { Manner::Words };
            return self.rest(manner, text);
        };
        if let Some(manner) = attribute.manner() {
            self.text(Source::Attribute(attribute), manner, fold(text));
        }
        let value = if attribute.class() == Class::String { fold(text) } else { text.to_owned() };
        self.put_lost(Source::Attribute(attribute), Value::Text(value));
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
        self.sentiment(Attribute::Sentiment, &of.sentiment);
        let named = [
            (Attribute::CreatedBy, "createdBy"),
            (Attribute::ModifiedBy, "modifiedBy"),
            (Attribute::CompanyId, "company"),
        ];
        self.relationships(relationships, &named);
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

    fn moments_of(&mut self, of: &CustomerAttributes) {
        self.moments(&[
            (Attribute::ActivityAt, &of.last_activity_at),
            (Attribute::LastSeenAt, &of.last_seen_at),
            (Attribute::SignedUpAt, &of.signed_up_at),
            (Attribute::LastMessageAt, &of.last_message_at),
            (Attribute::CreatedAt, &of.created_at),
            (Attribute::UpdatedAt, &of.updated_at),
            (Attribute::ModifiedAt, &of.modified_at),
            (Attribute::ImportedAt, &of.imported_at),
        ]);
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
}

const USERNAME: &str = "username";
const WHATSAPP: &str = "whatsapp";
const SOCIAL: [Attribute; 3] = [Attribute::SocialType, Attribute::SocialUserid, Attribute::SocialUsername];
const SHARED_SOCIAL: [Attribute; 3] =
    [Attribute::SharedSocialType, Attribute::SharedSocialUserid, Attribute::SharedSocialUsername];

fn moment_in(message: &Map<String, Json>, member: &str) -> Option<Timestamp> {
    message.get(member).and_then(Json::as_str).and_then(|text| text.parse().ok())
}
