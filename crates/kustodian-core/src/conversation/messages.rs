//! The effects of a message or a note on its conversation. Messages may arrive in any order, as imports do: the first and
//! the newest follow from when each was sent, then from the id.

use kustomer_api::conversation::{ConversationAttributes, ConversationStatus, Direction, MessageMark, Response};
use kustomer_api::error::code;
use kustomer_api::message::DirectionType;
use kustomer_api::{Field, ObjectId, Timestamp};

use super::status::{count, set, since_then};
use crate::refusal::Refusal;

/// How much of a message's text a conversation is named after, in characters.
pub(crate) const NAME_CHARACTERS: usize = 256;

/// How much of a message a conversation and a customer show, in characters: it is in each difference twice.
pub(crate) const PREVIEW_CHARACTERS: usize = 128;

/// The beginning of a text.
pub(crate) fn beginning(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// A new message, as far as its conversation and its customer are concerned.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    pub(crate) id: ObjectId,
    pub(crate) direction: Direction,
    pub(crate) direction_type: DirectionType,
    pub(crate) channel: String,
    pub(crate) sent_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) preview: Option<String>,
    pub(crate) subject: Option<String>,
    /// Whether a machine wrote it: it answers nothing.
    pub(crate) auto: bool,
    /// Whether it was imported: it changes no status.
    pub(crate) imported: bool,
    /// Whether the import says when it was recorded: the conversation may have ended since.
    pub(crate) is_dated: bool,
    /// The user who wrote it.
    pub(crate) created_by: ObjectId,
}

impl Fold {
    fn mark(&self) -> MessageMark {
        MessageMark {
            id: Field::Value(self.id.to_string()),
            sent_at: self.sent_at.into(),
            created_at: self.created_at.into(),
            channel: self.channel.clone().into(),
            direction_type: Field::Value(self.direction_type.as_str().to_owned()),
            auto: if self.auto { true.into() } else { Field::Absent },
            ..MessageMark::default()
        }
    }

    fn order(&self) -> (Timestamp, String) {
        (self.sent_at, self.id.to_string())
    }
}

/// The part of a new message in its conversation.
pub(crate) fn direction_type_of(conversation: &ConversationAttributes, direction: &Direction) -> DirectionType {
    let former = conversation.last_message_direction.value();
    match (direction, former) {
        (Direction::Out, None) => DirectionType::InitialOut,
        (Direction::Out, Some(Direction::Out)) => DirectionType::FollowupOut,
        (Direction::Out, Some(_)) => DirectionType::ResponseOut,
        (_, None) => DirectionType::InitialIn,
        (_, Some(Direction::Out)) => DirectionType::ResponseIn,
        (_, Some(_)) => DirectionType::FollowupIn,
    }
}

/// Adds a message to its conversation. One from the customer opens a conversation that is snoozed or done.
///
/// # Errors
/// 409 when the conversation has ended or is locked.
pub(crate) fn add_message(
    conversation: &mut ConversationAttributes,
    message: &Fold,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !message.is_dated {
        check_takes_messages(conversation)?;
    }
    count(&mut conversation.message_count);
    if !conversation.channels.value().is_some_and(|channels| channels.contains(&message.channel)) {
        let mut channels = std::mem::take(&mut conversation.channels).into_value().unwrap_or_default();
        channels.push(message.channel.clone());
        conversation.channels = channels.into();
    }
    let order = message.order();
    let is_newest = [&conversation.last_message_in, &conversation.last_message_out]
        .into_iter()
        .filter_map(order_of)
        .all(|other| other < order);
    if message.direction == Direction::Out {
        count(&mut conversation.outbound_message_count);
        answer(conversation, message);
        keep_first(&mut conversation.first_message_out, message);
        keep_newest(&mut conversation.last_message_out, message);
    } else {
        count(&mut conversation.inbound_message_count);
        keep_first(&mut conversation.first_message_in, message);
        keep_newest(&mut conversation.last_message_in, message);
        conversation.last_received_at =
            conversation.last_message_in.value().map_or(Field::Absent, |newest| newest.sent_at);
    }
    conversation.last_message_unresponded_to =
        unresponded(order_of(&conversation.last_message_out), &conversation.last_message_in);
    if is_newest {
        conversation.last_message_at = message.sent_at.into();
        conversation.last_message_direction = message.direction.clone().into();
        conversation.preview = preview_of(message.preview.as_deref(), message.subject.as_deref()).into();
    }
    if conversation.name.value().is_some_and(String::is_empty) {
        let text = message.subject.as_deref().filter(|subject| !subject.is_empty()).or(message.preview.as_deref());
        conversation.name = beginning(text.unwrap_or_default(), NAME_CHARACTERS).into();
    }
    if !message.is_dated {
        active(conversation, if message.imported { message.sent_at } else { now });
    }
    let is_closed = conversation.status.value().is_some_and(|status| *status != ConversationStatus::Open);
    if message.direction != Direction::Out && is_closed && !message.imported {
        set(conversation, ConversationStatus::Open, now, Some(message.created_by));
    }
    Ok(())
}

/// What a conversation shows of its newest message.
pub(crate) fn preview_of(preview: Option<&str>, subject: Option<&str>) -> String {
    beginning(preview.or(subject).unwrap_or_default(), PREVIEW_CHARACTERS)
}

/// The newest message of a conversation, whose words it shows.
pub(crate) fn newest_message(conversation: &ConversationAttributes) -> Option<ObjectId> {
    let marks = [&conversation.last_message_in, &conversation.last_message_out];
    let (_, id) = marks.into_iter().filter_map(order_of).max()?;
    id.parse().ok()
}

/// Adds a note to its conversation, or with `false` takes a deleted one out. `now` is absent of a note from the past.
pub(crate) fn add_note(conversation: &mut ConversationAttributes, is_added: bool, now: Option<Timestamp>) {
    let notes = conversation.note_count.value().copied().unwrap_or_default();
    conversation.note_count = Field::Value(if is_added { notes + 1 } else { notes.saturating_sub(1) });
    if let Some(now) = now {
        active(conversation, now);
    }
}

/// Keeps the moment of the newest activity.
pub(super) fn active(conversation: &mut ConversationAttributes, at: Timestamp) {
    let last = conversation.last_activity_at.value().copied().map_or(at, |last| last.max(at));
    conversation.last_activity_at = last.into();
}

fn check_takes_messages(conversation: &ConversationAttributes) -> Result<(), Refusal> {
    let is = |field: &Field<bool>| field.value().copied().unwrap_or_default();
    let refuse = |what: &str, attribute: &str| {
        let title =
            format!("The conversation {what} and takes no messages: create another one, or send {attribute}: false");
        Err(Refusal::new(409, code::CONFLICT, attribute, title))
    };
    match (is(&conversation.ended), is(&conversation.locked)) {
        (true, _) => refuse("has ended", "ended"),
        (_, true) => refuse("is locked", "locked"),
        _ => Ok(()),
    }
}

/// The first and the last answer: to the newest message that waits for one, and not written by a machine. Until somebody has
/// answered the first message waits, whatever a machine has written since.
fn answer(conversation: &mut ConversationAttributes, message: &Fold) {
    let sent_at = |mark: &Field<MessageMark>| mark.value().and_then(|mark| mark.sent_at.value()).copied();
    let is_first = conversation.first_response.value().is_none_or(|first| first.id.is_absent());
    let last = conversation.last_response.value().and_then(|last| last.sent_at.value());
    if message.is_dated && last.is_some_and(|last| *last >= message.sent_at) {
        // The conversation was imported with it, or with a later one.
        return;
    }
    let waiting = sent_at(&conversation.last_message_unresponded_to).or_else(|| first_waiting(conversation));
    let Some(waiting) = waiting.filter(|waiting| !message.auto && *waiting <= message.sent_at) else { return };
    let created = conversation.created_at.value().copied().unwrap_or(message.created_at);
    let response = Response {
        id: Field::Value(message.id.to_string()),
        sent_at: message.sent_at.into(),
        created_at: message.created_at.into(),
        created_by: Field::Value(message.created_by.to_string()),
        time: Field::Value(since_then(created, message.sent_at)),
        response_time: Field::Value(since_then(waiting, message.sent_at)),
        assigned_users: conversation.assigned_users.clone(),
        assigned_teams: conversation.assigned_teams.clone(),
        ..Response::default()
    };
    if is_first {
        conversation.first_response = response.clone().into();
    }
    conversation.last_response = response.into();
}

/// When the first message from the customer was sent, as long as machines alone have answered.
pub(crate) fn first_waiting(conversation: &ConversationAttributes) -> Option<Timestamp> {
    let is_answered = conversation.first_response.value().is_some_and(|first| !first.id.is_absent());
    let waits = conversation.last_message_unresponded_to.value().is_some();
    let is_auto = conversation.last_message_out.value().is_some_and(|mark| mark.auto.value() == Some(&true));
    let first = conversation.first_message_in.value().filter(|_| !is_answered && (waits || is_auto))?;
    first.sent_at.value().copied()
}

/// The newest message from the customer, when none to the customer was sent after it.
fn unresponded(newest_out: Option<(Timestamp, String)>, newest_in: &Field<MessageMark>) -> Field<MessageMark> {
    let waits = order_of(newest_in).is_some_and(|newest_in| newest_out.is_none_or(|newest_out| newest_in > newest_out));
    if waits { newest_in.clone() } else { Field::Absent }
}

fn keep_first(first: &mut Field<MessageMark>, message: &Fold) {
    if order_of(first).is_none_or(|stored| message.order() < stored) {
        *first = message.mark().into();
    }
}

fn keep_newest(newest: &mut Field<MessageMark>, message: &Fold) {
    if order_of(newest).is_none_or(|stored| message.order() > stored) {
        *newest = message.mark().into();
    }
}

fn order_of(mark: &Field<MessageMark>) -> Option<(Timestamp, String)> {
    let mark = mark.value()?;
    Some((*mark.sent_at.value()?, mark.id.value()?.clone()))
}
