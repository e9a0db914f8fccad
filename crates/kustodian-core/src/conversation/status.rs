//! The statuses of a conversation, and what each change of them leaves behind. Pure: the moment and the user are given.

use kustomer_api::conversation::{
    ConversationAttributes, ConversationDone, ConversationStatus, Duration, Snooze, SnoozeStatus,
};
use kustomer_api::error::code;
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId, Timestamp};

use crate::refusal::Refusal;

/// Changes the status, if it is another, and updates counts and times. `by` is absent when the system does it.
pub(super) fn set(
    conversation: &mut ConversationAttributes,
    status: ConversationStatus,
    now: Timestamp,
    by: Option<ObjectId>,
) {
    let former = conversation.status.value().cloned().unwrap_or(ConversationStatus::Open);
    if former == status {
        return;
    }
    let since = conversation.status_at.value().or(conversation.created_at.value()).copied().unwrap_or(now);
    if let Some(total) = total_of(conversation, &former) {
        let time = total.value().and_then(|total| total.time.value().copied()).unwrap_or_default();
        *total = Duration { time: Field::Value(time + since_then(since, now)), ..Duration::default() }.into();
    }
    conversation.status_at = now.into();
    match status {
        ConversationStatus::Done => {
            count(&mut conversation.done_count);
            let done = done(conversation, now, by);
            if conversation.first_done.value().is_none_or(|first| first.created_at.is_absent()) {
                conversation.first_done = done.clone().into();
            }
            conversation.last_done = done.into();
        }
        ConversationStatus::Snoozed => count(&mut conversation.snooze_count),
        _ => {
            count(&mut conversation.reopen_count);
            if former == ConversationStatus::Done {
                count(&mut conversation.reopen_from_done_count);
            }
        }
    }
    conversation.status = status.into();
    if former == ConversationStatus::Snoozed {
        end_snooze(conversation, SnoozeStatus::Canceled);
    }
}

/// Applies what an update says of status and snooze.
///
/// # Errors
/// 400 when they contradict each other, or a snooze would end in the past.
pub(super) fn write(
    conversation: &mut ConversationAttributes,
    status: Option<ConversationStatus>,
    snooze: Option<Snooze>,
    now: Timestamp,
    by: Option<ObjectId>,
) -> Result<(), Refusal> {
    // An answer that is sent back changes nothing.
    let snooze = snooze.filter(|snooze| conversation.snooze.value() != Some(snooze));
    let Some(snooze) = snooze else {
        if let Some(status) = status {
            set(conversation, status, now, by);
        }
        return Ok(());
    };
    if snooze.status == SnoozeStatus::Scheduled {
        let time = snooze.time.filter(|time| *time > now).ok_or_else(|| {
            let advice = "send a moment that is yet to come";
            Refusal::bad_input(vec![Fault::of_attribute("snooze", "A snooze ends at a time in the future", advice)])
        })?;
        if status.as_ref().is_some_and(|status| *status != ConversationStatus::Snoozed) {
            let title = "A snooze is scheduled, and status says otherwise: send status snoozed, or none";
            return Err(Refusal::new(400, code::BAD_PARAM, "status", title).with_meta("pointer", "/status"));
        }
        set(conversation, ConversationStatus::Snoozed, now, by);
        conversation.snooze = Snooze::until(time).into();
    } else {
        let is_snoozed = conversation.status.value() == Some(&ConversationStatus::Snoozed);
        let status = status.or_else(|| is_snoozed.then_some(ConversationStatus::Open));
        if let Some(status) = status {
            set(conversation, status, now, by);
        }
        conversation.snooze = snooze.into();
    }
    Ok(())
}

/// When a conversation is to be opened by itself; `None` unless it is snoozed until a moment.
pub(super) fn due(conversation: &ConversationAttributes) -> Option<Timestamp> {
    let is_snoozed = conversation.status.value() == Some(&ConversationStatus::Snoozed);
    let snooze = conversation.snooze.value().filter(|snooze| is_snoozed && snooze.status == SnoozeStatus::Scheduled)?;
    snooze.time
}

/// Ends a snooze at its time: the conversation is open again.
pub(super) fn elapse(conversation: &mut ConversationAttributes, now: Timestamp) {
    set(conversation, ConversationStatus::Open, now, None);
    end_snooze(conversation, SnoozeStatus::Elapsed);
}

fn end_snooze(conversation: &mut ConversationAttributes, status: SnoozeStatus) {
    if let Some(snooze) = conversation.snooze.as_mut_value() {
        snooze.status = status;
    }
}

fn total_of<'a>(
    conversation: &'a mut ConversationAttributes,
    status: &ConversationStatus,
) -> Option<&'a mut Field<Duration>> {
    match status {
        ConversationStatus::Open => Some(&mut conversation.total_open),
        ConversationStatus::Snoozed => Some(&mut conversation.total_snooze),
        ConversationStatus::Done => Some(&mut conversation.total_done),
        _ => None,
    }
}

fn done(conversation: &ConversationAttributes, now: Timestamp, by: Option<ObjectId>) -> ConversationDone {
    let created = conversation.created_at.value().copied().unwrap_or(now);
    ConversationDone {
        created_at: now.into(),
        created_by: by.map_or(Field::Absent, |by| Field::Value(by.to_string())),
        time: Field::Value(since_then(created, now)),
        message_count: conversation.message_count,
        outbound_message_count: conversation.outbound_message_count,
        note_count: conversation.note_count,
        last_message_direction: conversation.last_message_direction.clone(),
        assigned_users: conversation.assigned_users.clone(),
        assigned_teams: conversation.assigned_teams.clone(),
        ..ConversationDone::default()
    }
}

/// Milliseconds from one moment to another; 0 when a clock went back.
pub(super) fn since_then(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_millis().saturating_sub(then.as_millis())).unwrap_or_default()
}

pub(super) fn count(number: &mut Field<u64>) {
    *number = Field::Value(number.value().copied().unwrap_or_default() + 1);
}
