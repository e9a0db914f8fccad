//! The searchable values of a message.

use kustomer_api::ObjectId;
use kustomer_api::message::{Message, MessageAttributes};
use kustomer_api::search::{Attribute, Context};
use serde_json::{Map, Value as Json};

use super::super::words::fold;
use super::{Manner, SearchRow, Source, Value, each, several};

/// The most people that a message may be to for all of them to be searched by.
const MAX_PEOPLE: usize = 100;

impl SearchRow {
    /// The searchable values of a message. `id` is the message's own, parsed.
    pub fn of_message(id: ObjectId, message: &Message) -> Self {
        let of = &message.attributes;
        let mut row = Self::new(Context::Message, id, of.deleted.value().copied().unwrap_or_default());
        row.put(Attribute::MessageId, Value::Text(id.to_string()));
        row.message_texts(of);
        row.message_lists(of);
        let named = [
            (Attribute::MessageCustomerId, "customer"),
            (Attribute::MessageConversationId, "conversation"),
            (Attribute::MessageCreatedBy, "createdBy"),
            (Attribute::MessageModifiedBy, "modifiedBy"),
        ];
        row.relationships(&message.relationships, &named);
        let attachments = several(&message.relationships, "attachments").len();
        row.count(Attribute::MessageAttachmentCount, Some(attachments as u64));
        let size = of.size.value().cloned().map(Json::Number);
        row.number(Attribute::MessageSize, size.as_ref());
        row.moments(&[
            (Attribute::MessageErrorAt, &of.error_at),
            (Attribute::MessageRedactedAt, &of.redacted_at),
            (Attribute::MessageSentAt, &of.sent_at),
            (Attribute::MessageCreatedAt, &of.created_at),
            (Attribute::MessageUpdatedAt, &of.updated_at),
            (Attribute::MessageImportedAt, &of.imported_at),
        ]);
        for (attribute, value) in [
            (Attribute::MessageAuto, of.auto.value().copied()),
            (Attribute::MessageRedacted, of.redacted.value().copied()),
            (Attribute::MessageImported, Some(of.imported_at.value().is_some())),
        ] {
            row.put(attribute, Value::Boolean(value.unwrap_or_default()));
        }
        row.custom_of(&of.custom);
        row
    }

    fn message_texts(&mut self, of: &MessageAttributes) {
        for (attribute, text) in [(Attribute::MessageBody, &of.preview), (Attribute::MessageSubject, &of.subject)] {
            if let Some(text) = text.value() {
                self.words(attribute, text);
            }
        }
        if let Some(external_id) = of.external_id.value() {
            self.part(Attribute::MessageExternalId, external_id);
        }
        if let Some(title) = of.error.value().and_then(|error| error.get("title")).and_then(Json::as_str) {
            self.words(Attribute::MessageErrorTitle, title);
        }
        self.language(Attribute::MessageLang, &of.lang);
        if let Some(meta) = of.meta.value() {
            self.people(Attribute::MessageSender, meta, &["from"]);
            self.people(Attribute::MessageRecipients, meta, &["to", "cc", "bcc"]);
        }
    }

    /// The addresses and names in these members, each a text, an object with some of [`PERSON`], or a list of such.
    fn people(&mut self, attribute: Attribute, meta: &Map<String, Json>, members: &[&str]) {
        let values = members.iter().filter_map(|member| meta.get(*member)).flat_map(items);
        for person in values.take(MAX_PEOPLE) {
            match person {
                Json::String(address) => self.person(attribute, address),
                Json::Object(person) => {
                    for part in PERSON.iter().filter_map(|part| person.get(*part)?.as_str()) {
                        self.person(attribute, part);
                    }
                }
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => {}
            }
        }
    }

    fn person(&mut self, attribute: Attribute, text: &str) {
        let folded = fold(text);
        if !self.values(attribute).contains(&Value::Text(folded.clone())) {
            self.exact(attribute, &folded);
            self.text(Source::Attribute(attribute), Manner::Part, folded);
        }
    }

    fn message_lists(&mut self, of: &MessageAttributes) {
        let channel = of.channel.value().map(kustomer_api::message::Channel::as_str);
        let direction = of.direction.value().map(kustomer_api::conversation::Direction::as_str);
        let direction_type = of.direction_type.value().map(kustomer_api::message::DirectionType::as_str);
        let status = of.status.value().map(kustomer_api::message::MessageStatus::as_str);
        for (attribute, word) in [
            (Attribute::MessageChannel, channel),
            (Attribute::MessageDirection, direction),
            (Attribute::MessageDirectionType, direction_type),
            (Attribute::MessageStatus, status),
            (Attribute::MessageSource, of.source.value().map(String::as_str)),
        ] {
            self.exact(attribute, word.unwrap_or_default());
        }
        each(&of.shortcuts).for_each(|id| self.exact(Attribute::MessageShortcuts, id));
        self.sentiment(Attribute::MessageSentiment, &of.sentiment);
    }
}

/// The members of an object that says whom a message is from or to.
const PERSON: [&str; 3] = ["email", "phone", "name"];

fn items(value: &Json) -> &[Json] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}
