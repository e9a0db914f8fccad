//! Redactions: words of a message are replaced, its `meta` is, or the bytes of its attachments are removed. The former
//! values stay nowhere: not in the message, not in what its conversation and its customer show of it, not in the draft
//! and the delivery that it was sent by, not in forwards that quote it, and not in the past of any of them.

use std::collections::HashMap;

use kustomer_api::conversation::{Conversation, ConversationAttributes};
use kustomer_api::customer::{Customer, CustomerAttributes};
use kustomer_api::delivery::{Delivery, DeliveryAttributes};
use kustomer_api::draft::{Draft, DraftAttributes};
use kustomer_api::envelope::{RelatedId, Relationship, Relationships};
use kustomer_api::error::code;
use kustomer_api::forward::{Forward, ForwardAttributes};
use kustomer_api::message::{
    MAX_META_KEYS, Message, MessageAttributes, REDACTION_TYPE, RedactionAttributes, RedactionInput,
};
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Value};

use crate::change::{ChangeSet, EventSeed, Kept, Name};
use crate::conversation::{self, NAME_CHARACTERS, PREVIEW_CHARACTERS, beginning, relate};
use crate::customer::{self, Context};
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::message::Shown;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{attachment, forward, missing, resource};

/// The redacted parts of a message, and the records that it was sent by.
#[derive(Debug, Clone)]
pub struct Redaction {
    /// The message.
    pub message: ObjectId,
    /// What replaces its parts.
    pub input: RedactionInput,
    /// The drafts and deliveries that the message was sent by.
    pub sent_by: Vec<Name>,
    /// The customers that its conversation was moved from, and those that were merged with one of them or its customer: each may
    /// have shown the message, or its past may.
    pub shown_by: Vec<ObjectId>,
    /// Its past.
    pub past: Past,
}

/// The states of records before a message, and the words that the message had.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// All words that it had before its present ones: a record may show those that it had at first.
    pub words: Vec<String>,
    /// The last states of its conversation and of customers from before the message was made. They and their past stay. A
    /// record that is not among them loses its whole past.
    pub kept: HashMap<Name, Kept>,
}

/// The words that a change of a message replaced, and those that it wrote.
///
/// # Errors
/// 500 when the change cannot be read.
pub fn words_of(changes: &str) -> Result<Vec<String>, Refusal> {
    let changes: Map<String, Value> = resource::read(changes)?;
    let preview = changes.get("attributes").and_then(|attributes| attributes.get("preview"));
    let words = ["before", "after"].map(|side| preview?.get(side)?.as_str().map(str::to_owned));
    Ok(words.into_iter().flatten().collect())
}

/// Whether a state of a conversation or a customer shows words as the beginning of a message. A short word may be there by
/// chance.
pub fn shows(document: &str, words: &str) -> bool {
    [PREVIEW_CHARACTERS, NAME_CHARACTERS].iter().any(|characters| {
        let beginning = beginning(words, *characters);
        !beginning.is_empty() && document.contains(&Value::from(beginning).to_string())
    })
}

impl Redaction {
    /// The records that are decided on together with the conversation and its customer; the message is the first.
    ///
    /// # Errors
    /// 400 for an attachment that has no id.
    pub fn names(&self) -> Result<Vec<Name>, Refusal> {
        let mut names = vec![(Kind::Message, self.message)];
        names.extend(&self.sent_by);
        names.extend(self.shown_by.iter().map(|id| (Kind::Customer, *id)));
        names.extend(self.attachments()?.into_iter().map(|id| (Kind::Attachment, id)));
        Ok(names)
    }

    /// The attachments whose bytes are removed, each once.
    ///
    /// # Errors
    /// 400 for one that has no id.
    pub fn attachments(&self) -> Result<Vec<ObjectId>, Refusal> {
        let mut ids = Vec::new();
        for (place, text) in self.input.attachments.iter().flatten().enumerate() {
            let id = text.parse().map_err(|_| not_of_message(place, text))?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }
}

/// Whether a draft or a delivery of the message's conversation was sent as this message, or a forward may quote it.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn may_show(kind: Kind, stored: &Stored, message: ObjectId) -> Result<bool, Refusal> {
    let related = |kind: Kind| conversation::related_in(stored, kind.as_str());
    Ok(kind == Kind::Forward || related(Kind::Message)? == Some(message) || related(Kind::Forward)?.is_some())
}

/// Redacts a message. The first record written is the message. `events` has one for each record that may change.
///
/// # Errors
/// 404 when it is not there; 400 when nothing is named, or an attachment that is not the message's.
pub fn redact<'a>(
    context: &Context<'_>,
    get: impl Fn(Name) -> Option<&'a Stored>,
    shown: Shown<'a>,
    redaction: &Redaction,
    events: &mut impl Iterator<Item = EventSeed>,
) -> Result<ChangeSet, Refusal> {
    let stored = get((Kind::Message, redaction.message));
    let stored = stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Message, stored))?;
    let RedactionInput { preview, meta, attachments } = &redaction.input;
    check(preview.as_ref(), meta.as_ref(), attachments.as_deref())?;
    let mut next = || events.next().ok_or_else(|| resource::fault("A redaction has fewer events than records"));

    let edit = |record: &mut Message| {
        let message = &mut record.attributes;
        if let Some(preview) = preview {
            message.preview = preview.clone().into();
        }
        if let Some(meta) = meta {
            message.meta = meta.clone().into();
        }
        message.redacted = true.into();
        message.redacted_at = context.now.into();
        Ok(())
    };
    // Bytes of attachments are in no state of the message.
    let is_of_bytes = preview.is_none() && meta.is_none();
    let kept = is_of_bytes.then(|| Kept { rev: stored.rev, document: stored.document.clone() });
    let updated = lifecycle::redact::<MessageAttributes>(context, stored, next()?, By::User, kept, edit)?;
    let mut changes = updated.changes;
    let words = Words::of(&updated.before.attributes, &redaction.past.words, preview.as_deref());
    let kept_of = |kind: Kind, id: ObjectId| redaction.past.kept.get(&(kind, id)).cloned();

    let is_there = |stored: &&Stored| matches!(missing::erased_at(stored), Ok(None));
    if let (Some(words), Some(stored)) = (&words, shown.conversation.filter(is_there)) {
        let edit = |record: &mut Conversation| {
            words.replace_in_conversation(&mut record.attributes);
            Ok(())
        };
        let kept = kept_of(Kind::Conversation, stored.id);
        changes.merge(redact_since::<ConversationAttributes>(context, stored, next()?, kept, edit)?);
    }
    if let (Some(words), Some(stored)) = (&words, shown.customer.filter(is_there)) {
        let edit = |customer: &mut Customer| words.replace_in_customer(&mut customer.attributes);
        changes.merge(customer::redact(context, stored, next()?, kept_of(Kind::Customer, stored.id), edit)?);
    }
    for id in redaction.shown_by.iter().filter(|id| shown.customer.is_none_or(|customer| customer.id != **id)) {
        if let (Some(words), Some(stored)) = (&words, get((Kind::Customer, *id)).filter(is_there)) {
            let edit = |customer: &mut Customer| words.replace_in_customer(&mut customer.attributes);
            changes.merge(customer::redact(context, stored, next()?, kept_of(Kind::Customer, stored.id), edit)?);
        }
    }
    for name in &redaction.sent_by {
        let Some(stored) = get(*name).filter(is_there) else { continue };
        let messages = (&updated.before, &updated.after);
        let event = next()?;
        changes.merge(match is_of_forward(*name, stored)? {
            true => redact_quoted(context, *name, stored, event, messages)?,
            false => redact_sent(context, *name, stored, event, redaction)?,
        });
    }
    for (place, id) in redaction.attachments()?.into_iter().enumerate() {
        let stored = get((Kind::Attachment, id)).filter(|stored| !stored.deleted);
        let owner = stored.map(attachment::owner_of).transpose()?.flatten();
        if owner != Some(redaction.message) {
            return Err(not_of_message(place, &id.to_string()));
        }
        changes.merge(attachment::redact(context, stored, next()?)?.unwrap_or_default());
    }
    Ok(changes)
}

/// The answer to a redaction: `message` is the message since, `input` the input, and `event` what reports it.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn answer(message: &str, input: &RedactionInput, event: ObjectId) -> Result<String, Refusal> {
    let message: Message = resource::read(message)?;
    let id = resource::id_of(&message)?;
    let mut relationships = Relationships::new();
    for name in ["org", Kind::Conversation.as_str(), Kind::Customer.as_str()] {
        relationships.extend(message.relationships.get(name).map(|tie| (name.to_owned(), tie.clone())));
    }
    relationships.extend(message.relationships.get("modifiedBy").map(|user| ("createdBy".to_owned(), user.clone())));
    relate(&mut relationships, Kind::Message, id);
    if let Some(ids) = &input.attachments {
        let named = ids.iter().map(|id| RelatedId::new(Kind::Attachment.as_str(), id.to_lowercase().into()));
        relationships.insert("attachments".to_owned(), Relationship::to_these(named.collect()));
    }
    let meta = input.meta.as_ref().and_then(|_| message.attributes.meta.value());
    let meta = meta.map(serde_json::to_string).and_then(Result::ok);
    resource::render(&kustomer_api::message::Redaction {
        kind: REDACTION_TYPE.to_owned(),
        id: event.into(),
        attributes: RedactionAttributes {
            preview: message.attributes.preview.into_value().unwrap_or_default(),
            meta: meta.map_or(Field::Absent, Field::Value),
            extra: Map::new(),
        },
        relationships,
        links: None,
        extra: Map::new(),
    })
}

fn check(
    preview: Option<&String>,
    meta: Option<&Map<String, Value>>,
    attachments: Option<&[String]>,
) -> Result<(), Refusal> {
    if preview.is_none() && meta.is_none() && attachments.is_none_or(<[String]>::is_empty) {
        let title =
            "Nothing is redacted: send preview or meta, as they are to be, or attachments, whose bytes are removed";
        return Err(Refusal::new(400, code::BAD_PARAM, "preview", title));
    }
    if let Some(keys) = meta.map(Map::len).filter(|keys| *keys > MAX_META_KEYS) {
        let title = format!("meta has {keys} keys, at most {MAX_META_KEYS}: send fewer");
        return Err(Refusal::new(400, code::BAD_PARAM, "meta", title).with_meta("pointer", "/meta"));
    }
    Ok(())
}

fn not_of_message(place: usize, id: &str) -> Refusal {
    let title = format!("{id} is no attachment of this message");
    Refusal::new(400, code::BAD_PARAM, "attachments", title).with_meta("pointer", format!("/attachments/{place}"))
}

/// A draft or a delivery that the message was sent by: its text is that of the message, in full.
fn redact_sent(
    context: &Context<'_>,
    (kind, _): Name,
    stored: &Stored,
    event: EventSeed,
    redaction: &Redaction,
) -> Result<ChangeSet, Refusal> {
    let RedactionInput { preview, meta, .. } = &redaction.input;
    let body = preview.clone().map(Field::Value);
    match kind {
        Kind::Delivery => redact_beside::<DeliveryAttributes>(context, stored, event, |record: &mut Delivery| {
            let delivery = &mut record.attributes;
            if let Some(body) = body {
                (delivery.body, delivery.html_body) = (body, Field::Absent);
            }
            if let Some(meta) = meta {
                delivery.meta = meta.clone().into();
            }
            Ok(())
        }),
        Kind::Draft => redact_beside::<DraftAttributes>(context, stored, event, |record: &mut Draft| {
            let draft = &mut record.attributes;
            if let Some(body) = body {
                (draft.body, draft.html_body, draft.payload) = (body, Field::Absent, Field::Absent);
            }
            if let Some(meta) = meta {
                draft.meta = meta.clone().into();
            }
            Ok(())
        }),
        _ => Err(resource::fault("A message is sent by drafts and deliveries alone")),
    }
}

/// Whether a record is a forward, or the delivery of one.
fn is_of_forward((kind, _): Name, stored: &Stored) -> Result<bool, Refusal> {
    Ok(kind == Kind::Forward || conversation::related_in(stored, Kind::Forward.as_str())?.is_some())
}

/// A forward that may quote the message, or its delivery. One that was last written before the message was is left alone.
fn redact_quoted(
    context: &Context<'_>,
    (kind, _): Name,
    stored: &Stored,
    event: EventSeed,
    (before, after): (&Message, &Message),
) -> Result<ChangeSet, Refusal> {
    let since = before.attributes.created_at.value();
    if since.is_some_and(|since| stored.updated_at < *since) {
        return Ok(ChangeSet::default());
    }
    let again = |text: &mut Field<String>| {
        if let Some(requoted) = text.value().map(|text| forward::requoted(text, before, after)) {
            *text = requoted.into();
        }
    };
    match kind {
        Kind::Forward => redact_beside::<ForwardAttributes>(context, stored, event, |record: &mut Forward| {
            again(&mut record.attributes.quoted);
            Ok(())
        }),
        _ => redact_beside::<DeliveryAttributes>(context, stored, event, |record: &mut Delivery| {
            again(&mut record.attributes.body);
            Ok(())
        }),
    }
}

/// A record that shows the words of the message; one that is deleted may be restored with them.
fn redact_beside<A: lifecycle::Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    edit: impl FnOnce(&mut kustomer_api::envelope::Resource<A>) -> Result<(), Refusal>,
) -> Result<ChangeSet, Refusal> {
    redact_since::<A>(context, stored, event, None, edit)
}

/// The same of a record that keeps the states from before the message.
fn redact_since<A: lifecycle::Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    kept: Option<Kept>,
    edit: impl FnOnce(&mut kustomer_api::envelope::Resource<A>) -> Result<(), Refusal>,
) -> Result<ChangeSet, Refusal> {
    lifecycle::redact::<A>(context, stored, event, By::Consequence, kept, edit).map(|updated| updated.changes)
}

/// The words of a message that are replaced, as other records show them.
struct Words<'a> {
    /// The present ones, and those before them.
    former: Vec<&'a str>,
    now: &'a str,
}

impl<'a> Words<'a> {
    /// `None` when no words are replaced.
    fn of(before: &'a MessageAttributes, past: &'a [String], preview: Option<&'a str>) -> Option<Self> {
        let present = before.preview.value().map(String::as_str);
        let former: Vec<&str> = present.into_iter().chain(past.iter().map(String::as_str)).collect();
        let former: Vec<&str> = former.into_iter().filter(|former| !former.is_empty()).collect();
        (!former.is_empty()).then_some(())?;
        Some(Self { former, now: preview? })
    }

    /// The beginning of the words that takes the place of the same of the former ones.
    fn instead_of(&self, shown: &str, characters: usize) -> Option<String> {
        let is_shown = self.former.iter().any(|former| shown == beginning(former, characters));
        is_shown.then(|| beginning(self.now, characters))
    }

    fn replace_in_conversation(&self, conversation: &mut ConversationAttributes) {
        for (shown, characters) in
            [(&mut conversation.preview, PREVIEW_CHARACTERS), (&mut conversation.name, NAME_CHARACTERS)]
        {
            if let Some(instead) = shown.value().and_then(|text| self.instead_of(text, characters)) {
                *shown = instead.into();
            }
        }
    }

    fn replace_in_customer(&self, customer: &mut CustomerAttributes) {
        let Some(preview) = customer.preview.as_mut_value() else { return };
        let text = preview.get("text").and_then(Value::as_str);
        if let Some(instead) = text.and_then(|text| self.instead_of(text, PREVIEW_CHARACTERS)) {
            preview.insert("text".to_owned(), instead.into());
        }
    }
}
