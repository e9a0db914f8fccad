//! Deliveries: the outbox of what leaves for customers. An e-mail is handed to a server for e-mail by a timer, again
//! after a pause when that cannot take it; all else is kept for programs that read the outbox.

use kustomer_api::delivery::{Delivery, DeliveryAttributes, DeliveryError, DeliveryStatus};
use kustomer_api::draft::{Address, DraftAttributes, DraftChannel, Header, Recipients, Sender};
use kustomer_api::forward::ForwardAttributes;
use kustomer_api::message::{MessageAttributes, MessageStatus};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

use crate::change::{ChangeSet, Columns, EventSeed, Name, column_text};
use crate::conversation::{self, CUSTOMER, relate, related};
use crate::customer::Context;
use crate::draft;
use crate::forward;
use crate::kind::{DUE_AT, Kind};
use crate::lifecycle::{self, By};
use crate::message::CONVERSATION;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::{Loaded, Stored};
use crate::timer::Elapsed;
use crate::{missing, resource};

/// How long the sender of a delivery keeps others from it: longer than sending can take.
const LEASE_MILLIS: i64 = 5 * 60 * 1_000;

/// How long a delivery is tried.
const PATIENCE_MILLIS: i64 = 3 * 24 * 60 * 60 * 1_000;

/// The most bytes that the attachments of one e-mail have together. Servers for e-mail take little more than a third above
/// it, as which they arrive in an e-mail.
pub const MAX_ATTACHED: u64 = 25 * 1024 * 1024;

impl Record for DeliveryAttributes {
    fn columns(delivery: &Delivery) -> Columns {
        let related = |name: &str| related(&delivery.relationships, name).map(column_text);
        let due = due(&delivery.attributes).map(|due| due.to_string());
        Columns::of([(CUSTOMER, related(CUSTOMER)), (CONVERSATION, related(CONVERSATION)), (DUE_AT, due)])
    }

    fn follow(
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
        customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal> {
        conversation::follow::<Self>(context, stored, seed, customer)
    }

    fn erase(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        if missing::erased_at(stored)?.is_some() {
            return Ok(None);
        }
        let mark = |attributes: &mut Self, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(context, stored, seed, mark).map(Some)
    }

    fn timed_with(delivery: &Delivery) -> Vec<Name> {
        let name = |kind: Kind| Some((kind, related(&delivery.relationships, kind.as_str())?.parse().ok()?));
        [Kind::Draft, Kind::Forward, Kind::Message].into_iter().filter_map(name).collect()
    }

    /// Begins an attempt: the server that commits this sends the delivery, and records the result by [`settle`]. When nobody
    /// says so, the attempt was interrupted, and another one begins.
    fn elapse(elapsed: &Elapsed<'_>, _loaded: &Loaded, stored: &Stored) -> Result<ChangeSet, Refusal> {
        let context = &elapsed.context(elapsed.org.id);
        let edit = |record: &mut Delivery| {
            let delivery = &mut record.attributes;
            delivery.attempts = Field::Value(attempts(delivery) + 1);
            delivery.next_attempt_at = later(context.now, LEASE_MILLIS).into();
            Ok(())
        };
        lifecycle::update_record(context, stored, elapsed.draws.events[0], By::System, edit)
            .map(|updated| updated.changes)
    }
}

/// When a delivery is handed over by itself.
fn due(delivery: &DeliveryAttributes) -> Option<Timestamp> {
    let is_queued = delivery.status.value() == Some(&DeliveryStatus::Queued);
    delivery.next_attempt_at.value().copied().filter(|_| is_queued)
}

fn attempts(delivery: &DeliveryAttributes) -> u64 {
    delivery.attempts.value().copied().unwrap_or_default()
}

/// What leaves.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) channel: DraftChannel,
    pub(crate) app: String,
    pub(crate) to: Option<Recipients>,
    pub(crate) from: Option<Sender>,
    pub(crate) cc: Field<Vec<Address>>,
    pub(crate) bcc: Field<Vec<Address>>,
    pub(crate) subject: Field<String>,
    pub(crate) body: Field<String>,
    pub(crate) html_body: Field<String>,
    pub(crate) reply_to: Field<String>,
    pub(crate) headers: Field<Vec<Header>>,
    pub(crate) meta: Field<Map<String, Value>>,
    pub(crate) attachments: Field<Vec<String>>,
}

/// The record that a delivery sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of {
    /// The draft or forward.
    pub(crate) draft: Name,
    pub(crate) customer: ObjectId,
    pub(crate) conversation: ObjectId,
    /// The message that was made; a forward makes none.
    pub(crate) message: Option<ObjectId>,
    /// The home that it is erased with: its words are those of the customer's draft, or of a conversation.
    pub(crate) home: ObjectId,
}

/// Puts something into the outbox.
pub(crate) fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    of: Of,
    content: Content,
    sends_email: bool,
) -> Result<ChangeSet, Refusal> {
    let is_sent = sends_email && content.channel == DraftChannel::Email;
    let status = if is_sent { DeliveryStatus::Queued } else { DeliveryStatus::Kept };
    let delivery = DeliveryAttributes {
        channel: content.channel.into(),
        app: content.app.into(),
        status: status.into(),
        to: content.to.map_or(Field::Absent, Field::Value),
        from: content.from.map_or(Field::Absent, Field::Value),
        cc: content.cc,
        bcc: content.bcc,
        subject: content.subject,
        body: content.body,
        html_body: content.html_body,
        reply_to: content.reply_to,
        headers: content.headers,
        meta: content.meta,
        attachments: content.attachments,
        attempts: Field::Value(0),
        next_attempt_at: if is_sent { context.now.into() } else { Field::Null },
        ..DeliveryAttributes::default()
    };
    let mut changes = lifecycle::create_with(context, id, event, delivery, |record| {
        relate(&mut record.relationships, Kind::Customer, of.customer);
        relate(&mut record.relationships, Kind::Conversation, of.conversation);
        if let Some(message) = of.message {
            relate(&mut record.relationships, Kind::Message, message);
        }
        relate(&mut record.relationships, of.draft.0, of.draft.1);
    })?;
    if let Some(put) = changes.puts.first_mut() {
        put.home = Some(of.home);
    }
    Ok(changes)
}

/// How handing a delivery over went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server for e-mail has taken it.
    Taken,
    /// It may take it later.
    NotNow {
        /// The server's code, if it was reached.
        code: Option<u16>,
        /// Its words, or what kept it from being reached.
        message: String,
    },
    /// It never will.
    Refused {
        /// The server's code; absent when there is nothing that could be handed over.
        code: Option<u16>,
        /// Its words.
        message: String,
    },
}

impl Outcome {
    /// Why it was not taken, for the log. Words of the server for e-mail are left out: they may hold an address.
    pub fn reason_to_log(&self) -> Option<String> {
        match self {
            Self::Taken => None,
            Self::NotNow { code: Some(code), .. } | Self::Refused { code: Some(code), .. } => {
                Some(format!("the server for e-mail answered {code}"))
            }
            Self::NotNow { message, .. } | Self::Refused { message, .. } => Some(message.clone()),
        }
    }
}

/// What follows from how an attempt went. Nothing when the delivery has changed meanwhile: another attempt has begun, or it
/// was erased. `loaded` has what the delivery is of, too.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn settle(
    elapsed: &Elapsed<'_>,
    loaded: &Loaded,
    id: ObjectId,
    attempt: u64,
    outcome: &Outcome,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = loaded.get((Kind::Delivery, id)).filter(|stored| !stored.deleted) else {
        return Ok(ChangeSet::default());
    };
    let former: Delivery = resource::read(&stored.document)?;
    if due(&former.attributes).is_none() || attempts(&former.attributes) != attempt {
        return Ok(ChangeSet::default());
    }
    let context = &elapsed.context(elapsed.org.id);
    let since = former.attributes.created_at.value().copied().unwrap_or(context.now);
    let is_given_up = context.now > later(since, PATIENCE_MILLIS);
    let [event, draft_event, message_event, ..] = elapsed.draws.events;
    let mut failed = None;
    let edit = |record: &mut Delivery| {
        let delivery = &mut record.attributes;
        match outcome {
            Outcome::Taken => {
                delivery.status = DeliveryStatus::Sent.into();
                delivery.sent_at = context.now.into();
                delivery.next_attempt_at = Field::Null;
                delivery.error = Field::Null;
            }
            Outcome::NotNow { code, message } if !is_given_up => {
                delivery.next_attempt_at = later(context.now, pause_millis(attempt)).into();
                delivery.error = error(*code, message).into();
                delivery.error_at = context.now.into();
            }
            Outcome::NotNow { code, message } | Outcome::Refused { code, message } => {
                delivery.status = DeliveryStatus::Error.into();
                delivery.next_attempt_at = Field::Null;
                delivery.error = error(*code, message).into();
                delivery.error_at = context.now.into();
                failed = Some(message);
            }
        }
        Ok(())
    };
    let mut changes = lifecycle::update_record(context, stored, event, By::System, edit)?.changes;
    let Some(reason) = failed else { return Ok(changes) };
    let beside = |kind: Kind| {
        let id = related(&former.relationships, kind.as_str())?.parse().ok()?;
        loaded.get((kind, id)).filter(|stored| !stored.deleted)
    };
    if let Some(stored) = beside(Kind::Draft) {
        let edit = |record: &mut kustomer_api::draft::Draft| {
            draft::mark_failed(&mut record.attributes, reason, context.now);
            Ok(())
        };
        let failed = lifecycle::update_record::<DraftAttributes>(context, stored, draft_event, By::System, edit)?;
        changes.merge(failed.changes);
    }
    if let Some(stored) = beside(Kind::Forward) {
        let edit = |record: &mut kustomer_api::forward::Forward| {
            forward::mark_failed(&mut record.attributes, reason, context.now);
            Ok(())
        };
        let failed = lifecycle::update_record::<ForwardAttributes>(context, stored, draft_event, By::System, edit)?;
        changes.merge(failed.changes);
    }
    if let Some(stored) = beside(Kind::Message) {
        let edit = |record: &mut kustomer_api::message::Message| {
            let message = &mut record.attributes;
            message.status = MessageStatus::Error.into();
            message.error = Map::from_iter([("message".to_owned(), Value::String(reason.clone()))]).into();
            message.error_at = context.now.into();
            Ok(())
        };
        let failed = lifecycle::update_record::<MessageAttributes>(context, stored, message_event, By::System, edit)?;
        changes.merge(failed.changes);
    }
    Ok(changes)
}

/// How long to wait after so many attempts: seconds at first, an hour at most.
fn pause_millis(attempts: u64) -> i64 {
    let exponent = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    4_i64.saturating_pow(exponent).saturating_mul(5_000).min(60 * 60 * 1_000)
}

fn error(code: Option<u16>, message: &str) -> DeliveryError {
    let code = code.map_or(Field::Absent, |code| Field::Value(code.into()));
    DeliveryError { code, message: message.into(), ..DeliveryError::default() }
}

fn later(moment: Timestamp, by_millis: i64) -> Timestamp {
    Timestamp::from_millis(moment.as_millis().saturating_add(by_millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_an_hour() {
        let pauses = [1, 2, 3, 4, 5, 6, 7, u64::MAX].map(pause_millis);
        assert_eq!(pauses, [5_000, 20_000, 80_000, 320_000, 1_280_000, 3_600_000, 3_600_000, 3_600_000]);
    }
}
