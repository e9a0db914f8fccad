//! The effects on a customer of changes of its records (`docs/contract/behaviour.md` §12, §13).
//!
//! What a customer shows of its messages depends on when each was sent, not on the order in which they were recorded, so
//! that an import in any order gives the same customer.

use kustomer_api::conversation::{ConversationAttributes, ConversationStatus, Direction, MessageMark};
use kustomer_api::customer::{ConversationCounts, Customer, CustomerAttributes, LastConversation};
use kustomer_api::kobject::{TYPE, kobjects_relationship};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value, json};

use super::Context;
use super::lifecycle::put_of;
use crate::change::{Cause, ChangeSet, Erasure, Event, EventSeed, Kept};
use crate::conversation::{Fold, PREVIEW_CHARACTERS, beginning, counted};
use crate::kind::Kind;
use crate::klass::plural;
use crate::missing;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// How many items `recentItems` has at most; Kustomer documents no limit.
pub(super) const MAX_RECENT_ITEMS: usize = 20;

/// What happened to a record of the customer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect<'a> {
    /// A kobject was created for the customer.
    KObjectCreated {
        /// The kobject.
        id: ObjectId,
        /// The name of its klass.
        klass: &'a str,
        /// Its `createdAt`.
        at: Timestamp,
        /// When the customer was active by it: when it was created, of an imported one as well.
        active_at: Timestamp,
    },
    /// A kobject of the customer was restored.
    KObjectRestored {
        /// The kobject.
        id: ObjectId,
        /// The name of its klass.
        klass: &'a str,
    },
    /// A kobject of the customer was deleted.
    KObjectDeleted {
        /// The kobject.
        id: ObjectId,
    },
    /// A conversation was created, changed, moved, deleted or restored.
    Conversation {
        /// The conversation.
        id: ObjectId,
        /// As it was; `None` when it was not the customer's.
        before: Option<&'a ConversationAttributes>,
        /// As it is; `None` when it is the customer's no longer.
        after: Option<&'a ConversationAttributes>,
        /// When.
        at: Timestamp,
    },
    /// A message was created.
    Message {
        /// Its conversation.
        conversation: ObjectId,
        /// The conversation with the message.
        attributes: &'a ConversationAttributes,
        /// The message.
        message: &'a Fold,
    },
    /// The words of the message that the customer shows were changed.
    MessageChanged {
        /// The new text.
        preview: Option<&'a str>,
        /// The new subject.
        subject: Option<&'a str>,
    },
}

impl Effect<'_> {
    /// Whether it leaves `updatedAt` as it is, as recorded when a conversation opens (§12.4).
    fn keeps_updated_at(&self) -> bool {
        matches!(self, Self::Conversation { before: None, .. })
    }
}

/// Adds the update of the customer to `changes`: one revision and one event, whose `modifiedAt` and `modifiedBy` stay,
/// as nobody changed the customer itself.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub(crate) fn affect(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    effects: &[Effect<'_>],
    changes: &mut ChangeSet,
) -> Result<(), Refusal> {
    let at = context.among(stored.updated_at).now;
    let context = &context.following(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let mut after = before.clone();
    for effect in effects {
        apply(&mut after, at, stored.id, *effect);
    }
    if context.is_dated() {
        after.attributes.last_activity_at = before.attributes.last_activity_at;
        after.attributes.last_customer_activity_at = before.attributes.last_customer_activity_at;
    }
    after.attributes.rev = Field::Value(stored.rev + 1);
    let keeps_updated_at = effects.iter().all(Effect::keeps_updated_at);
    if !keeps_updated_at {
        after.attributes.updated_at = context.now.into();
    }
    let mut put = put_of(context, &after, stored.id, Some((stored.rev, &before)))?;
    let Context { client, request_id, .. } = *context;
    let name = Kind::Customer.spec().events.update;
    let cause = Cause { seed, name, actor: context.doer(), client, request_id };
    let difference = resource::changes_between(&stored.document, &put.document)?;
    changes.events.push(context.date(Event::of(cause, &put, Some(difference))));
    if keeps_updated_at {
        put.updated_at = stored.updated_at;
    }
    changes.puts.push(put);
    Ok(())
}

/// Replaces what a customer shows of a message that is redacted, and empties the payloads of its events since `kept`.
pub(crate) fn redact(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    kept: Option<Kept>,
    edit: impl FnOnce(&mut Customer),
) -> Result<ChangeSet, Refusal> {
    let context = &context.not_before(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let mut after = before.clone();
    edit(&mut after);
    after.attributes.rev = Field::Value(stored.rev + 1);
    after.attributes.updated_at = context.now.into();
    let put = put_of(context, &after, stored.id, Some((stored.rev, &before)))?;
    let Context { client, request_id, .. } = *context;
    let name = Kind::Customer.spec().events.redact;
    let cause = Cause { seed, name, actor: context.doer(), client, request_id };
    Ok(ChangeSet {
        erasures: vec![Erasure { kind: Kind::Customer, id: stored.id, kept, until: None }],
        events: vec![Event::of(cause, &put, None)],
        puts: vec![put],
        ..ChangeSet::default()
    })
}

/// Empties the past of a customer that shows records which are about to be erased, since `kept`: another one was merged into
/// it, or a conversation was moved from it. `shows_own` says that the newest conversation it shows is its own; another's is
/// taken away. `None` when it is erased.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn forget_shown(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    kept: Option<Kept>,
    shows_own: bool,
) -> Result<Option<ChangeSet>, Refusal> {
    if missing::erased_at(stored)?.is_some() {
        return Ok(None);
    }
    let edit = |customer: &mut Customer| {
        let customer = &mut customer.attributes;
        if !shows_own {
            customer.last_conversation = LastConversation::default().into();
            customer.preview = Map::new().into();
            customer.last_message_at = Field::Absent;
            customer.last_message_in = Field::Absent;
            customer.last_message_out = Field::Absent;
            customer.last_message_unresponded_to = Field::Absent;
        }
    };
    redact(context, stored, seed, kept, edit).map(Some)
}

/// The newest conversation that a customer shows.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn shown_conversation(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    let customer: Customer = resource::read(&stored.document)?;
    let shown = customer.attributes.last_conversation.into_value().and_then(|last| last.id);
    Ok(shown.and_then(|id| id.parse().ok()))
}

fn apply(customer: &mut Customer, now: Timestamp, id: ObjectId, effect: Effect<'_>) {
    let attributes = &mut customer.attributes;
    match effect {
        Effect::KObjectCreated { id: kobject, klass, at, active_at } => {
            // An old kobject that is imported is no newer activity.
            newest(&mut attributes.last_activity_at, active_at);
            newest(&mut attributes.last_customer_activity_at, at);
            show_kobject(attributes, kobject, klass, now);
            let plural = plural(klass);
            let link = format!("{}/klasses/{plural}", Kind::Customer.path_of(id));
            customer.relationships.entry(plural).or_insert_with(|| kobjects_relationship(link));
        }
        Effect::KObjectRestored { id: kobject, klass } => {
            attributes.last_activity_at = now.into();
            show_kobject(attributes, kobject, klass, now);
        }
        Effect::KObjectDeleted { id: kobject } => {
            attributes.last_activity_at = now.into();
            let kobject = kobject.to_string();
            if let Some(items) = attributes.recent_items.as_mut_value() {
                items.retain(|item| item.get("id").and_then(Value::as_str) != Some(&kobject));
            }
        }
        Effect::Conversation { id, before, after, at } => {
            recount(attributes, before.and_then(counted), after.and_then(counted));
            if let Some(after) = after {
                show_conversation(attributes, id, after);
                if before.is_none() {
                    show_marks(attributes, after);
                }
            }
            if before.is_some() {
                newest(&mut attributes.last_activity_at, at);
            }
        }
        Effect::Message { conversation, attributes: with, message } => {
            show_message(attributes, message);
            show_conversation(attributes, conversation, with);
            let at = if message.imported { message.sent_at } else { now };
            newest(&mut attributes.last_activity_at, at);
            if message.direction != Direction::Out {
                newest(&mut attributes.last_customer_activity_at, at);
            }
        }
        Effect::MessageChanged { preview, subject } => {
            if let Some(shown) = attributes.preview.as_mut_value() {
                show_words(shown, preview, subject);
            }
        }
    }
}

/// Whether a customer shows the message that was sent at this moment in this conversation as its newest.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub(crate) fn shows_message(stored: &Stored, conversation: ObjectId, sent_at: Timestamp) -> Result<bool, Refusal> {
    let Customer { attributes, .. } = resource::read(&stored.document)?;
    let last = attributes.last_conversation.value().and_then(|last| last.id.as_deref());
    let shown = attributes.preview.value().and_then(|preview| preview.get("previewAt"));
    Ok(last == Some(&conversation.to_string()) && shown == Some(&json!(sent_at)))
}

/// Moves a conversation from one count to another.
pub(super) fn recount(
    customer: &mut CustomerAttributes,
    before: Option<ConversationStatus>,
    after: Option<ConversationStatus>,
) {
    let mut counts = std::mem::take(&mut customer.conversation_counts).into_value().unwrap_or_default();
    if let Some(count) = before.and_then(|status| count_of(&mut counts, &status)) {
        *count = count.saturating_sub(1);
    }
    if let Some(count) = after.and_then(|status| count_of(&mut counts, &status)) {
        *count += 1;
    }
    counts.all = counts.open + counts.snoozed + counts.done;
    let most_active = [
        (counts.open, ConversationStatus::Open),
        (counts.snoozed, ConversationStatus::Snoozed),
        (counts.done, ConversationStatus::Done),
    ];
    let status = most_active.into_iter().find(|(count, _)| *count > 0);
    customer.progressive_status = status.map_or(Field::Null, |(_, status)| Field::Value(status.as_str().to_owned()));
    customer.conversation_counts = counts.into();
}

fn count_of<'a>(counts: &'a mut ConversationCounts, status: &ConversationStatus) -> Option<&'a mut u64> {
    match status {
        ConversationStatus::Open => Some(&mut counts.open),
        ConversationStatus::Snoozed => Some(&mut counts.snoozed),
        ConversationStatus::Done => Some(&mut counts.done),
        _ => None,
    }
}

/// Shows a conversation as the last one, when no other has newer messages.
pub(super) fn show_conversation(
    customer: &mut CustomerAttributes,
    id: ObjectId,
    conversation: &ConversationAttributes,
) {
    let id = id.to_string();
    let is_shown = customer.last_conversation.value().and_then(|last| last.id.as_deref()) == Some(&id);
    let newest_message = conversation.last_message_at.value().or(conversation.created_at.value());
    let is_newest = newest_message >= customer.last_message_at.value();
    if !is_shown && !is_newest {
        return;
    }
    let sentiment = conversation.sentiment.value().and_then(|sentiment| serde_json::to_value(sentiment).ok());
    customer.last_conversation = LastConversation {
        id: Some(id),
        channels: conversation.channels.value().cloned().unwrap_or_default(),
        tags: conversation.tags.value().cloned().unwrap_or_default(),
        extra: Map::from_iter([("sentiment".to_owned(), sentiment.unwrap_or_else(|| json!({})))]),
    }
    .into();
}

fn show_message(customer: &mut CustomerAttributes, message: &Fold) {
    let sent_at = message.sent_at;
    if customer.last_message_at.value().is_none_or(|last| *last <= sent_at) {
        customer.last_message_at = sent_at.into();
        let kind = if message.direction == Direction::Out { "message_out" } else { "message_in" };
        let mut preview = Map::from_iter([
            ("previewAt".to_owned(), json!(sent_at)),
            ("type".to_owned(), json!(kind)),
            ("channel".to_owned(), json!(message.channel)),
        ]);
        show_words(&mut preview, message.preview.as_deref(), message.subject.as_deref());
        customer.preview = preview.into();
    }
    let (sent_at, channel) = (Some(sent_at), Some(message.channel.as_str()));
    if message.direction == Direction::Out {
        show_mark(&mut customer.last_message_out, sent_at, None);
    } else {
        show_mark(&mut customer.last_message_in, sent_at, channel);
    }
    show_unresponded(customer);
}

fn show_words(preview: &mut Map<String, Value>, text: Option<&str>, subject: Option<&str>) {
    for (name, text) in [("text", text), ("subject", subject)] {
        match text {
            Some(text) => preview.insert(name.to_owned(), beginning(text, PREVIEW_CHARACTERS).into()),
            None => preview.remove(name),
        };
    }
}

/// Shows the newest messages of a conversation that has become the customer's with them.
pub(super) fn show_marks(customer: &mut CustomerAttributes, conversation: &ConversationAttributes) {
    if conversation.last_message_at.value() > customer.last_message_at.value() {
        customer.preview = preview(conversation);
    }
    let of = |mark: &Field<MessageMark>| {
        let mark = mark.value();
        let sent_at = mark.and_then(|mark| mark.sent_at.value()).copied();
        (sent_at, mark.and_then(|mark| mark.channel.value()).cloned())
    };
    let ((last_in, channel), (last_out, _)) = (of(&conversation.last_message_in), of(&conversation.last_message_out));
    show_mark(&mut customer.last_message_in, last_in, channel.as_deref());
    show_mark(&mut customer.last_message_out, last_out, None);
    if let Some(at) = conversation.last_message_at.value() {
        newest(&mut customer.last_message_at, *at);
    }
    show_unresponded(customer);
}

/// What a customer shows of the newest message of a conversation.
fn preview(conversation: &ConversationAttributes) -> Field<Map<String, Value>> {
    let Some(at) = conversation.last_message_at.value().copied() else { return Field::Absent };
    let is_out = conversation.last_message_direction.value() == Some(&Direction::Out);
    let mark = if is_out { &conversation.last_message_out } else { &conversation.last_message_in };
    let channel = mark.value().and_then(|mark: &MessageMark| mark.channel.value().cloned()).unwrap_or_default();
    let mut preview = Map::from_iter([
        ("previewAt".to_owned(), json!(at)),
        ("type".to_owned(), json!(if is_out { "message_out" } else { "message_in" })),
        ("channel".to_owned(), json!(channel)),
    ]);
    if let Some(text) = conversation.preview.value().filter(|text| !text.is_empty()) {
        preview.insert("text".to_owned(), json!(text));
    }
    preview.into()
}

fn show_mark(mark: &mut Field<Map<String, Value>>, sent_at: Option<Timestamp>, channel: Option<&str>) {
    let Some(sent_at) = sent_at.filter(|sent_at| sent_at_of(mark).is_none_or(|last| last <= *sent_at)) else { return };
    let mut shown = Map::from_iter([("sentAt".to_owned(), json!(sent_at))]);
    if let Some(channel) = channel {
        shown.insert("channel".to_owned(), channel.into());
    }
    *mark = shown.into();
}

/// The newest message from the customer waits for an answer, when none to the customer was sent after it.
pub(super) fn show_unresponded(customer: &mut CustomerAttributes) {
    let waits = sent_at_of(&customer.last_message_in) > sent_at_of(&customer.last_message_out);
    customer.last_message_unresponded_to = if waits { customer.last_message_in.clone() } else { Field::Absent };
}

pub(super) fn sent_at_of(mark: &Field<Map<String, Value>>) -> Option<Timestamp> {
    mark.value()?.get("sentAt")?.as_str()?.parse().ok()
}

fn newest(moment: &mut Field<Timestamp>, at: Timestamp) {
    *moment = moment.value().copied().map_or(at, |last| last.max(at)).into();
}

/// Puts a kobject first among the recent items.
fn show_kobject(attributes: &mut CustomerAttributes, kobject: ObjectId, klass: &str, now: Timestamp) {
    let item = json!({ "type": TYPE, "id": kobject.to_string(), "updatedAt": now, "meta": { "klassName": klass } });
    let mut items = std::mem::take(&mut attributes.recent_items).into_value().unwrap_or_default();
    items.insert(0, item);
    items.truncate(MAX_RECENT_ITEMS);
    attributes.recent_items = items.into();
}
