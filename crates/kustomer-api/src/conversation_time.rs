//! Conversation times: what users do in conversations, and how long each time took them.

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{ListById, PageQuery};
use crate::resource::resource;
use crate::{ObjectId, Timestamp};

resource! {
    /// The time that a user spent on a message, a note or the end of a conversation.
    ConversationTime = "conversation_time";

    /// The attributes of a conversation time.
    answer ConversationTimeAttributes = CONVERSATION_TIME;

    attributes {
        /// The ids of the teams that the user was a member of.
        created_by_teams: Vec<String>;
        /// The ids of the users that the conversation was assigned to.
        assigned_users: Vec<String>;
        /// The ids of the teams that the conversation was assigned to.
        assigned_teams: Vec<String>;
        /// When the user acted.
        handle_at: Timestamp;
        /// How long that took, in milliseconds: since anything last happened in the conversation, an hour at most.
        handle_time: u64;
        /// The channels of the conversation.
        channels: Vec<String>;
        /// When the message was written; absent when it was none.
        message_at: Timestamp;
        /// The same as `handleTime`, of a message.
        message_time: u64;
        /// When the note was written; absent when it was none.
        note_at: Timestamp;
        /// The same as `handleTime`, of a note.
        note_time: u64;
        /// Whether the user marked the conversation as done.
        resolved: bool;
        /// Whether the user snoozed the conversation; absent when not.
        snoozed: bool;
        /// Whether the user opened the conversation, which was done or snoozed; absent when not.
        reopened: bool;
        /// When it was erased with its customer.
        erased_at: Timestamp;
    }

    system;
}

endpoint! {
    /// `getConversationTimesByConversationId`.
    GetConversationTimesByConversationId = &contract::GET_CONVERSATION_TIMES_BY_CONVERSATION_ID,
    "Lists the times that users spent on a conversation, oldest first.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<ConversationTime>: Answer::Uncounted(&CONVERSATION_TIME)
}

endpoint! {
    /// `getConversationTimeByIds`.
    GetConversationTimeByIds = &contract::GET_CONVERSATION_TIME_BY_IDS,
    "Reads several conversation times by ids joined by commas.";
    path: String, query: PageQuery, body: (), answer: Page<ConversationTime>: Answer::Uncounted(&CONVERSATION_TIME)
}

endpoint! {
    /// `getConversationTimes`, which Kustomer does not have.
    GetConversationTimes = &own::GET_CONVERSATION_TIMES, "Lists conversation times.";
    path: (), query: ListById, body: (), answer: Page<ConversationTime>: Answer::Uncounted(&CONVERSATION_TIME)
}

endpoint! {
    /// `getConversationTimeByIds` with one id.
    GetConversationTimeById = &own::GET_CONVERSATION_TIME_BY_ID,
    "Reads a conversation time by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<ConversationTime>: Answer::One(&CONVERSATION_TIME)
}

history!(
    GetConversationTimeHistory = &own::GET_CONVERSATION_TIME_HISTORY,
    "Lists what happened to a conversation time, newest first."
);
