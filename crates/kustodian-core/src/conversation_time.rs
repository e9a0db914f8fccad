//! Conversation times: a record of each message to the customer and each note that a user writes, and of each time that a
//! user marks a conversation as done, snoozes it or opens it again, with how long that took. It is stored beside its conversation, its home.

use kustomer_api::conversation::{ConversationAttributes, ConversationStatus};
use kustomer_api::conversation_time::{ConversationTime, ConversationTimeAttributes};
use kustomer_api::{Field, ObjectId, Timestamp};

use crate::change::{ChangeSet, Columns, EventSeed, column_text};
use crate::conversation::{self, CUSTOMER, relate, related};
use crate::customer::Context;
use crate::kind::Kind;
use crate::lifecycle;
use crate::message::CONVERSATION;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::Stored;
use crate::{missing, resource};

/// The longest time that one action takes: who needs longer was away.
pub const LONGEST_MILLIS: u64 = 60 * 60 * 1_000;

impl Record for ConversationTimeAttributes {
    fn columns(time: &ConversationTime) -> Columns {
        let related = |name: &str| related(&time.relationships, name).map(column_text);
        Columns::of([(CUSTOMER, related(CUSTOMER)), (CONVERSATION, related(CONVERSATION))])
    }

    fn search_row(time: &ConversationTime) -> Result<Option<SearchRow>, Refusal> {
        if time.attributes.erased_at.value().is_some() {
            return Ok(None);
        }
        Ok(Some(SearchRow::of_conversation_time(resource::id_of(time)?, time)))
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
}

/// What chance gives to a conversation time.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// Its id.
    pub id: ObjectId,
    /// For its event.
    pub event: EventSeed,
}

/// The action of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Wrote a message to the customer.
    Message,
    /// Wrote a note.
    Note,
    /// Marked the conversation as done.
    Done,
    /// Snoozed the conversation.
    Snoozed,
    /// Opened the conversation, which was done or snoozed.
    Reopened,
}

impl Action {
    /// What a user did to the status of a conversation.
    pub(crate) fn of_status(before: &ConversationAttributes, after: &ConversationAttributes) -> Option<Self> {
        let (before, after) = (before.status.value()?, after.status.value()?);
        match after {
            ConversationStatus::Done => Some(Self::Done),
            ConversationStatus::Snoozed => Some(Self::Snoozed),
            ConversationStatus::Open => Some(Self::Reopened),
            _ => None,
        }
        .filter(|_| before != after)
    }
}

/// The conversation that a user acted in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) conversation: ObjectId,
    pub(crate) customer: Option<ObjectId>,
    /// When anything last happened in it, before the action; `None` when the action began it.
    pub(crate) last_activity: Option<Timestamp>,
    /// The conversation afterwards.
    pub(crate) attributes: &'a ConversationAttributes,
}

/// The record of an action; nothing when the system acted.
pub(crate) fn of(context: &Context<'_>, draw: Draw, action: Action, scene: Scene<'_>) -> Result<ChangeSet, Refusal> {
    if context.doer().is_none() {
        return Ok(ChangeSet::default());
    }
    let at = context.now;
    let time = handle_time(scene.last_activity, at);
    let mut attributes = ConversationTimeAttributes {
        created_by_teams: context.slas.map(|org| org.teams_of(context.actor)).unwrap_or_default().into(),
        assigned_users: scene.attributes.assigned_users.value().cloned().unwrap_or_default().into(),
        assigned_teams: scene.attributes.assigned_teams.value().cloned().unwrap_or_default().into(),
        handle_at: at.into(),
        handle_time: Field::Value(time),
        channels: scene.attributes.channels.value().cloned().unwrap_or_default().into(),
        resolved: (action == Action::Done).into(),
        ..ConversationTimeAttributes::default()
    };
    match action {
        Action::Message => {
            attributes.message_at = at.into();
            attributes.message_time = Field::Value(time);
        }
        Action::Note => {
            attributes.note_at = at.into();
            attributes.note_time = Field::Value(time);
        }
        Action::Snoozed => attributes.snoozed = true.into(),
        Action::Reopened => attributes.reopened = true.into(),
        Action::Done => {}
    }
    let mut changes = lifecycle::create_with(context, draw.id, draw.event, attributes, |record| {
        if let Some(customer) = scene.customer {
            relate(&mut record.relationships, Kind::Customer, customer);
        }
        relate(&mut record.relationships, Kind::Conversation, scene.conversation);
    })?;
    if let Some(put) = changes.puts.first_mut() {
        put.home = Some(scene.conversation);
    }
    Ok(changes)
}

/// How long an action took: since anything last happened in the conversation, which is when the turn of the user began or
/// when the last action ended. So the times of a conversation add up, and none is counted twice.
fn handle_time(last_activity: Option<Timestamp>, at: Timestamp) -> u64 {
    let millis = last_activity.map_or(0, |last| at.as_millis().saturating_sub(last.as_millis()));
    u64::try_from(millis).unwrap_or_default().min(LONGEST_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_takes_the_time_since_anything_last_happened_and_an_hour_at_most() {
        let at = Timestamp::from_millis;
        assert_eq!(handle_time(Some(at(1_000)), at(61_000)), 60_000);
        assert_eq!(handle_time(Some(at(0)), at(10_000_000)), LONGEST_MILLIS);
        assert_eq!(handle_time(Some(at(5_000)), at(4_000)), 0, "an import may be of the future");
        assert_eq!(handle_time(None, at(4_000)), 0, "who begins a conversation has answered nobody");
    }
}
