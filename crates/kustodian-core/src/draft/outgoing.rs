//! What sending a draft makes: a delivery in the outbox, and a message out in the conversation. A note leaves nothing but
//! a note.

use kustomer_api::conversation::Direction;
use kustomer_api::customer::Customer;
use kustomer_api::draft::{Address, DraftAttributes, DraftChannel, Recipients};
use kustomer_api::error::code;
use kustomer_api::message::MessageInput;
use kustomer_api::note::{Mention, NoteInput};
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Value};

use super::{How, Parties, check_reachable};
use crate::attachment::Attaching;
use crate::change::ChangeSet;
use crate::conversation::Seeds;
use crate::conversation_time::Draw;
use crate::customer::Context;
use crate::delivery::{self, Content};
use crate::kind::Kind;
use crate::message::{self, CONVERSATION, Place};
use crate::note::{self, Subject};
use crate::refusal::Refusal;
use crate::resource;

/// How much of the text a message shows, in characters.
const PREVIEW_CHARACTERS: usize = 10_240;

/// What became of a draft that was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) conversation: ObjectId,
    /// The message or the note.
    pub(crate) as_kind: Kind,
    pub(crate) record: ObjectId,
    pub(crate) delivery: Option<ObjectId>,
}

/// Adds to `changes` what sending a draft makes. Its attachments go over to the message or the note.
///
/// # Errors
/// 400 when something is missing that the channel needs, the bytes of an attachment among it, or the customer was deleted;
/// 409 when the conversation takes no messages.
pub(super) fn send(
    context: &Context<'_>,
    how: How<'_>,
    parties: Parties<'_>,
    (id, draft, attachments): (ObjectId, &DraftAttributes, Attaching),
    changes: &mut ChangeSet,
) -> Result<Sent, Refusal> {
    check_reachable(parties.customer)?;
    let attachments = attachments.sent_from(id);
    let [delivery, record, new_conversation, time] = how.draws.ids;
    let [_, of_delivery, event, conversation_event, customer_event, .., time_event] = how.draws.events;
    let time = Draw { id: time, event: time_event };
    let seeds = Seeds { event, conversation_event, customer_event, time };
    if draft.channel.value() == Some(&DraftChannel::Note) {
        attachments.check_sendable(None)?;
        return send_note(context, parties, seeds, (record, draft, attachments), changes);
    }
    let content = content(parties, draft, &attachments, how.sends_email)?;
    let is_email = how.sends_email && content.channel == DraftChannel::Email;
    attachments.check_sendable(is_email.then_some(delivery::MAX_ATTACHED))?;
    let place = parties.conversation.map_or(Place::New(new_conversation), Place::Conversation);
    let attachments = Some(attachments);
    let write = message::Write { input: message_of(draft, &content), attachments, ..message::Write::default() };
    let message = message::create(context, record, seeds, parties.customer, place, write)?;
    let conversation = parties.conversation.map_or(new_conversation, |conversation| conversation.id);
    let sent = Sent { conversation, as_kind: Kind::Message, record, delivery: Some(delivery) };
    let of = delivery::Of {
        draft: (Kind::Draft, id),
        customer: parties.customer.id,
        conversation,
        message: Some(record),
        home: parties.customer.id,
    };
    changes.merge(delivery::create(context, delivery, of_delivery, of, content, how.sends_email)?);
    changes.merge(message);
    Ok(sent)
}

fn send_note(
    context: &Context<'_>,
    parties: Parties<'_>,
    seeds: Seeds,
    (id, draft, attachments): (ObjectId, &DraftAttributes, Attaching),
    changes: &mut ChangeSet,
) -> Result<Sent, Refusal> {
    let conversation = parties.conversation.ok_or_else(|| lacks(CONVERSATION, "A note is about a conversation"))?;
    let body = text(&draft.body).ok_or_else(|| lacks("body", "A note has a text"))?;
    if body.chars().count() > PREVIEW_CHARACTERS {
        let title = format!("A note has at most {PREVIEW_CHARACTERS} characters");
        return Err(Refusal::new(400, code::BAD_PARAM, "body", title).with_meta("pointer", "/body"));
    }
    let mention = |mention: &kustomer_api::draft::DraftMention| Mention {
        user: mention.user.clone(),
        team: mention.team.clone(),
    };
    let mut input = NoteInput::of(body);
    input.user_mentions = draft.user_mentions.value().map(|mentions| mentions.iter().map(mention).collect());
    input.lang = draft.lang.clone();
    let write = note::Write { input, attachments: Some(attachments), ..note::Write::default() };
    let subject = Subject::Conversation(conversation, parties.customer.id);
    changes.merge(note::create(context, id, seeds, subject, write)?);
    Ok(Sent { conversation: conversation.id, as_kind: Kind::Note, record: id, delivery: None })
}

/// What leaves, with the recipient filled in.
fn content(
    parties: Parties<'_>,
    draft: &DraftAttributes,
    attachments: &Attaching,
    sends_email: bool,
) -> Result<Content, Refusal> {
    let has_meta = draft.meta.value().is_some_and(|meta| !meta.is_empty());
    let attachments: Vec<String> = attachments.ids().iter().map(ObjectId::to_string).collect();
    if text(&draft.body).is_none() && text(&draft.html_body).is_none() && !has_meta && attachments.is_empty() {
        return Err(lacks("body", "There is nothing to send"));
    }
    let channel = draft.channel.value().cloned().unwrap_or(DraftChannel::Email);
    let is_named = match draft.to.value() {
        Some(Recipients::Addresses(addresses)) => !addresses.is_empty(),
        Some(Recipients::Name(name)) => !name.is_empty(),
        Some(Recipients::Address(_) | Recipients::Other(_)) => true,
        None => false,
    };
    let to = match draft.to.value().filter(|_| is_named) {
        Some(to) => Some(to.clone()),
        None => known(&resource::read(&parties.customer.document)?, &channel)?,
    };
    if channel == DraftChannel::Email && sends_email && draft.from.value().is_none() {
        return Err(lacks("from", "An e-mail needs a sender"));
    }
    Ok(Content {
        app: draft.app.value().cloned().unwrap_or_else(|| default_app(&channel).to_owned()),
        channel,
        to,
        from: draft.from.value().cloned(),
        cc: draft.cc.clone(),
        bcc: draft.bcc.clone(),
        subject: draft.subject.clone(),
        body: draft.body.clone(),
        html_body: draft.html_body.clone(),
        reply_to: draft.reply_to.clone(),
        headers: draft.headers.clone(),
        meta: draft.meta.clone(),
        attachments: if attachments.is_empty() { Field::Absent } else { Field::Value(attachments) },
    })
}

/// How the customer is reached by a channel: by the first address or number that it has.
fn known(customer: &Customer, channel: &DraftChannel) -> Result<Option<Recipients>, Refusal> {
    let attributes = &customer.attributes;
    let number = |numbers: &Field<Vec<kustomer_api::customer::Phone>>| {
        numbers.value().and_then(|numbers| numbers.first()).map(|number| Recipients::Name(number.phone.clone()))
    };
    let (found, what) = match channel {
        DraftChannel::Email => {
            let first = attributes.emails.value().and_then(|emails| emails.first());
            let name = attributes.name.value().cloned();
            let address = |email: String| vec![Address { name, ..Address::of(email) }];
            (first.map(|email| Recipients::Addresses(address(email.email.clone()))), "e-mail address")
        }
        DraftChannel::Sms => (number(&attributes.phones), "phone number"),
        DraftChannel::Whatsapp => {
            (number(&attributes.whatsapps).or_else(|| number(&attributes.phones)), "WhatsApp number")
        }
        // The conversation has the recipient.
        _ => return Ok(None),
    };
    found.map(Some).ok_or_else(|| lacks("to", &format!("The customer has no {what}")))
}

/// The app that carries a channel when none is named.
fn default_app(channel: &DraftChannel) -> &str {
    match channel {
        DraftChannel::Email => "postmark",
        DraftChannel::Sms => "twilio",
        DraftChannel::TwitterTweet | DraftChannel::TwitterDm => "twitter",
        other => other.as_str(),
    }
}

/// The message that a draft becomes.
fn message_of(draft: &DraftAttributes, content: &Content) -> MessageInput {
    let mut input = MessageInput::new(content.channel.as_str().into(), content.app.clone());
    input.direction = Some(Direction::Out);
    input.preview = match text(&draft.body) {
        Some(body) => Field::Value(body.chars().take(PREVIEW_CHARACTERS).collect()),
        None => Field::Absent,
    };
    input.subject = draft.subject.clone();
    input.auto = draft.auto.value().copied();
    input.source = draft.source.value().filter(|source| *source != "biz-rules").cloned();
    input.shortcuts = draft.shortcuts.value().cloned();
    input.kb_articles = draft.kb_articles.value().cloned();
    input.lang = draft.lang.clone();
    input.meta = Some(meta_of(draft, content));
    input
}

/// The `meta` of a message about its sending, as messages of the channel have it.
fn meta_of(draft: &DraftAttributes, content: &Content) -> Map<String, Value> {
    let mut meta = draft.meta.value().cloned().unwrap_or_default();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            meta.insert(name.to_owned(), value);
        }
    };
    let json = |value: Result<Value, serde_json::Error>| value.ok();
    add("to", content.to.as_ref().map(serde_json::to_value).and_then(json));
    add("from", content.from.as_ref().map(serde_json::to_value).and_then(json));
    add("cc", content.cc.value().map(serde_json::to_value).and_then(json));
    add("bcc", content.bcc.value().map(serde_json::to_value).and_then(json));
    add("replyTo", content.reply_to.value().map(|address| Value::String(address.clone())));
    meta
}

fn text(field: &Field<String>) -> Option<&str> {
    field.value().map(String::as_str).filter(|text| !text.trim().is_empty())
}

/// 400 for what sending needs and the draft has not.
fn lacks(member: &str, what: &str) -> Refusal {
    let title = format!("{what}: send {member}");
    Refusal::new(400, code::BAD_PARAM, member, title).with_meta("pointer", format!("/{member}"))
}
