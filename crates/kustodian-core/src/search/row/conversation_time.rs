//! The searchable values of a conversation time.

use kustomer_api::ObjectId;
use kustomer_api::conversation_time::ConversationTime;
use kustomer_api::search::{Attribute, Context};

use super::{SearchRow, Value, each};

impl SearchRow {
    /// The searchable values of a conversation time. `id` is its own, parsed.
    pub fn of_conversation_time(id: ObjectId, time: &ConversationTime) -> Self {
        let of = &time.attributes;
        let mut row = Self::new(Context::ConversationTime, id, of.deleted.value().copied().unwrap_or_default());
        row.put(Attribute::ConversationTimeId, Value::Text(id.to_string()));
        let named = [
            (Attribute::ConversationTimeCustomerId, "customer"),
            (Attribute::ConversationTimeConversationId, "conversation"),
            (Attribute::ConversationTimeCreatedBy, "createdBy"),
        ];
        row.relationships(&time.relationships, &named);
        for (attribute, list) in [
            (Attribute::ConversationTimeCreatedByTeams, &of.created_by_teams),
            (Attribute::ConversationTimeAssignedUsers, &of.assigned_users),
            (Attribute::ConversationTimeAssignedTeams, &of.assigned_teams),
            (Attribute::ConversationTimeChannels, &of.channels),
        ] {
            each(list).for_each(|value| row.exact(attribute, value));
        }
        for (attribute, millis) in [
            (Attribute::ConversationTimeHandleTime, &of.handle_time),
            (Attribute::ConversationTimeMessageTime, &of.message_time),
            (Attribute::ConversationTimeNoteTime, &of.note_time),
        ] {
            row.count(attribute, millis.value().copied());
        }
        row.moments(&[
            (Attribute::ConversationTimeCreatedAt, &of.created_at),
            (Attribute::ConversationTimeUpdatedAt, &of.updated_at),
            (Attribute::ConversationTimeHandleAt, &of.handle_at),
            (Attribute::ConversationTimeMessageAt, &of.message_at),
            (Attribute::ConversationTimeNoteAt, &of.note_at),
        ]);
        for (attribute, at) in [
            (Attribute::ConversationTimeMessagesSent, &of.message_at),
            (Attribute::ConversationTimeNotesSent, &of.note_at),
        ] {
            row.count(attribute, Some(u64::from(at.value().is_some())));
        }
        for (attribute, is) in [
            (Attribute::ConversationTimeResolved, of.resolved.value().copied()),
            (Attribute::ConversationTimeSnoozed, of.snoozed.value().copied()),
            (Attribute::ConversationTimeReopened, of.reopened.value().copied()),
            (Attribute::ConversationTimeTouched, Some(true)),
        ] {
            row.put(attribute, Value::Boolean(is.unwrap_or_default()));
        }
        row
    }
}
