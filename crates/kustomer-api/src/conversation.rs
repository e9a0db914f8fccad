//! Conversations between a customer and the users of an org (`docs/contract/behaviour.md` §12.1).

mod endpoints;
mod events;
mod sla;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

pub use self::endpoints::*;
pub use self::events::*;
pub use self::sla::*;
use crate::attribute::{answered_object, attribute_values};
use crate::custom::CustomAttributes;
use crate::customer::Sentiment;
use crate::customer::request_schema::{LANGUAGE, SENTIMENT, TAGS};
use crate::macros::open_enum;
use crate::resource::resource;
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, Schema};
use crate::{Field, Timestamp};

resource! {
    /// A conversation.
    Conversation = "conversation";

    /// The attributes of a conversation.
    answer ConversationAttributes = CONVERSATION;

    /// The attributes to create a conversation with, or to change. Absent ones stay as they are.
    input ConversationInput { create: CONVERSATION_INPUT, update: CONVERSATION_CHANGES }

    attributes {
        /// The name, at most 256 characters; until one is sent, the subject or the beginning of the first message.
        name: String | null = optional(Schema::text_of(0, 256));
        /// The id in another system, 1 to 256 characters; unique among conversations.
        external_id: String | null = optional(Schema::text_of(1, 256));
        /// The channels of its messages, each once.
        channels: Vec<String>, read_only(FROM_MESSAGES);
        /// `open`, `snoozed` or `done`; a create takes no `snoozed`.
        status(kept): ConversationStatus = by_body(Schema::one_of(&["open", "done"]), Schema::one_of(ConversationStatus::VALUES));
        /// Until when it is snoozed. Sent with `status: scheduled` it snoozes the conversation.
        snooze(kept): Snooze = on_update(SNOOZE, "a conversation that is created is not snoozed: send it in an update");
        /// 1 to 5; 3 is the default.
        priority: u64 = optional(Schema::integer_within(1, 5));
        /// Who wrote first.
        direction: Direction = optional(Schema::one_of(Direction::VALUES));
        /// The channel to answer through, at most 256 characters.
        reply_channel: String | null = optional(Schema::text_of(0, 256));
        /// The id of a sub-status.
        sub_status(kept): String = on_update(ID, "send it in an update");
        /// Tags, at most 20, each once: sent as names or ids, answered as ids.
        tags: Vec<String> = optional(TAGS);
        /// Tags that a machine suggests.
        suggested_tags: Vec<SuggestedTag> = on_update(SUGGESTED_TAGS, "send it in an update");
        /// Shortcuts that a machine suggests.
        suggested_shortcuts: Vec<SuggestedShortcut> = on_update(SUGGESTED_SHORTCUTS, "send it in an update");
        /// The ids of the users that it is assigned to, at most 10, each once.
        assigned_users: Vec<String> = optional(ASSIGNED);
        /// The ids of the teams that it is assigned to, at most 10, each once.
        assigned_teams: Vec<String> = optional(ASSIGNED);
        /// How satisfied the customer is, from -1 to 1.
        satisfaction(kept): Number | null = on_update(Schema::number_within(-1.0, 1.0), "send it in an update");
        /// The survey about it.
        satisfaction_level(kept): Satisfaction = on_update(SATISFACTION, "send it in an update");
        /// How the customer feels; `{}` when nothing is known.
        sentiment(kept): Sentiment = on_update(Schema::object(&SENTIMENT).or_empty(), "send it in an update");
        /// Custom attributes, at most 100 in one write; an update keeps those that are not sent.
        custom: CustomAttributes = optional(Schema::custom());
        /// A language such as `en_us`, at most 100 characters.
        default_lang: String | null = optional(LANGUAGE);
        /// The queue of another system.
        external_queue: String, read_only("send queue");
        /// Whether it has ended: then it takes no messages.
        ended(kept): bool = on_update(Schema::boolean(), "send it in an update");
        /// When it ended; now, unless it is sent.
        ended_at(kept): Timestamp = on_update(Schema::format(DATE_TIME), "send it in an update");
        /// Why it ended, at most 128 characters.
        ended_reason(kept): String = on_update(Schema::text_of(0, 128), "send it in an update");
        /// Who ended it: a user or the customer.
        ended_by_type(kept): EndedByType = on_update(Schema::one_of(EndedByType::VALUES), "send it in an update");
        /// Whether it takes no messages.
        locked(kept): bool = on_update(Schema::boolean(), "send it in an update");
        /// How many messages it has.
        message_count: u64, read_only(FROM_MESSAGES);
        /// How many notes it has.
        note_count: u64, read_only("it is counted");
        /// How many of its messages are from the customer.
        inbound_message_count: u64, read_only(FROM_MESSAGES);
        /// How many of its messages are to the customer.
        outbound_message_count: u64, read_only(FROM_MESSAGES);
        /// How often it was done.
        done_count(kept): u64, read_only(FROM_STATUS);
        /// How often it was opened again.
        reopen_count(kept): u64, read_only(FROM_STATUS);
        /// How often it was opened again after it was done.
        reopen_from_done_count(kept): u64, read_only(FROM_STATUS);
        /// How often it was snoozed.
        snooze_count(kept): u64, read_only(FROM_STATUS);
        /// Its first completion: when, and by which user.
        first_done(kept): ConversationDone, read_only(FROM_STATUS);
        /// Its last completion: when, and by which user.
        last_done(kept): ConversationDone, read_only(FROM_STATUS);
        /// How long it has been open, until the status last changed.
        total_open(kept): Duration, read_only(FROM_STATUS);
        /// How long it has been snoozed, until the status last changed.
        total_snooze(kept): Duration, read_only(FROM_STATUS);
        /// How long it has been done, until the status last changed.
        total_done(kept): Duration, read_only(FROM_STATUS);
        /// When the status last changed.
        status_at(kept): Timestamp, read_only(FROM_STATUS);
        /// The first answer to the customer.
        first_response(kept): Response, read_only(FROM_MESSAGES);
        /// The last answer to the customer.
        last_response(kept): Response, read_only(FROM_MESSAGES);
        /// The first message from the customer.
        first_message_in: MessageMark, read_only(FROM_MESSAGES);
        /// The first message to the customer.
        first_message_out: MessageMark, read_only(FROM_MESSAGES);
        /// The newest message from the customer.
        last_message_in: MessageMark, read_only(FROM_MESSAGES);
        /// The newest message to the customer.
        last_message_out: MessageMark, read_only(FROM_MESSAGES);
        /// The newest message from the customer, when none was sent to the customer after it; absent otherwise.
        last_message_unresponded_to: MessageMark, read_only(FROM_MESSAGES);
        /// When the newest message was sent.
        last_message_at: Timestamp, read_only(FROM_MESSAGES);
        /// The direction of the newest message.
        last_message_direction: Direction, read_only(FROM_MESSAGES);
        /// When the newest message from the customer was sent.
        last_received_at: Timestamp, read_only(FROM_MESSAGES);
        /// When anything last happened in it.
        last_activity_at(kept): Timestamp, read_only("the server keeps it");
        /// The beginning of the newest message.
        preview: String, read_only(FROM_MESSAGES);
        /// Whether its messages are spam.
        spam(kept): bool, read_only("it is that of its messages");
        /// The measurements of the SLA that applies to it; absent while none does.
        sla: ConversationSla, read_only("it is measured by the SLA that applies: change the SLA");
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
        /// Versions of role groups; `[]`.
        role_group_versions: Vec<Value>, read_only("the API has no way to write it");
    }

    sent {
        /// The id that the conversation gets.
        id: String = on_create(ID);
        /// The id of the customer. An update that moves the conversation to another customer sends nothing else.
        customer: String = optional(ID);
        /// The id of the campaign that it belongs to.
        campaign: String = on_create(ID);
        /// The queue that it waits in, which must exist.
        queue: Queue = optional(QUEUE);
        /// The id of the user or the customer who ended it.
        ended_by: String = on_update(ID, "send it in an update");
    }

    system { deleted: on_update, created_at: on_create, imported_at: on_create, rev: on_update, }
}

const FROM_MESSAGES: &str = "it is derived from the messages";
const FROM_STATUS: &str = "it is derived from the changes of status";
pub(crate) const ID: Schema = Schema::format(OBJECT_ID);
static ID_ITEM: Schema = ID;
const ASSIGNED: Schema = Schema::set_of(10, &ID_ITEM);
const SUGGESTED_TAGS: Schema = Schema::list_of(100, &SUGGESTED_TAG);
const SUGGESTED_SHORTCUTS: Schema = Schema::list_of(100, &SUGGESTED_SHORTCUT);
const CONFIDENCE: Property = Property::required("confidence", Schema::number());

impl ConversationInput {
    /// Of a customer.
    #[must_use]
    pub fn of_customer(customer: crate::ObjectId) -> Self {
        Self::default().customer(customer.to_string())
    }

    /// The change that moves a conversation to another customer, with its messages and notes.
    #[must_use]
    pub fn move_to(customer: crate::ObjectId) -> Self {
        Self::of_customer(customer)
    }
}

open_enum! {
    /// The status of a conversation.
    ConversationStatus {
        /// It needs attention; the default.
        Open = "open",
        /// It is put aside until a moment, or until the customer writes.
        Snoozed = "snoozed",
        /// It is resolved; a message from the customer opens it again.
        Done = "done",
    }
}

open_enum! {
    /// The direction of a message or a conversation.
    Direction {
        /// From the customer; the default of conversations.
        In = "in",
        /// To the customer.
        Out = "out",
    }
}

open_enum! {
    /// Who ended a conversation.
    EndedByType {
        /// A user.
        User = "user",
        /// The customer.
        Customer = "customer",
    }
}

open_enum! {
    /// What happened to a snooze.
    SnoozeStatus {
        /// It ends at its time.
        Scheduled = "scheduled",
        /// It was ended before its time.
        Canceled = "canceled",
        /// It ended at its time.
        Elapsed = "elapsed",
    }
}

/// Until when a conversation is put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Snooze {
    /// When it ends; needed to schedule one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// What happened to it.
    pub status: SnoozeStatus,
}

impl Snooze {
    /// A snooze until a moment.
    #[must_use]
    pub const fn until(time: Timestamp) -> Self {
        Self { time: Some(time), status: SnoozeStatus::Scheduled }
    }
}

/// The queue that a conversation waits in: one of Kustomer's by its id, or one of another system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Queue {
    /// The id of the queue; null takes it out of its queue.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The other system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
}

/// A tag that a machine suggests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SuggestedTag {
    /// The id or name of the tag.
    pub tag: String,
    /// How sure the machine is.
    pub confidence: Number,
}

/// A shortcut that a machine suggests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SuggestedShortcut {
    /// The id of the shortcut.
    pub shortcut_id: String,
    /// How sure the machine is.
    pub confidence: Number,
}

attribute_values! {
    Snooze: SNOOZE;
    SuggestedTag: SUGGESTED_TAG;
    SuggestedShortcut: SUGGESTED_SHORTCUT;
    Satisfaction: SATISFACTION;
    Queue: QUEUE;
}

const SNOOZE: Schema = Schema::object(&Object {
    name: "Snooze",
    open: false,
    properties: &[
        Property::optional("time", Schema::format(DATE_TIME)),
        Property::required("status", Schema::one_of(SnoozeStatus::VALUES)),
    ],
});

const QUEUE: Schema = Schema::object(&Object {
    name: "Queue",
    open: false,
    properties: &[
        Property::optional("id", Schema::format(OBJECT_ID).or_blank()),
        Property::optional("external", Schema::one_of(&["amazon-connect"])),
    ],
});

const SUGGESTED_TAG: Schema = Schema::object(&Object {
    name: "SuggestedTag",
    open: false,
    properties: &[Property::required("tag", Schema::text_of(1, 64)), CONFIDENCE],
});

const SUGGESTED_SHORTCUT: Schema = Schema::object(&Object {
    name: "SuggestedShortcut",
    open: false,
    properties: &[Property::required("shortcutId", Schema::format(OBJECT_ID)), CONFIDENCE],
});

/// A survey about a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Satisfaction {
    /// When it was created; needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// `scheduled`, `offered`, `rated`, `commented`, `canceled` or `unresponded`; needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// 0 or 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Number>,
    /// The rating that the customer gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Number>,
    /// The channel that it was sent through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The other members: `form`, `formResponse`, `updatedAt`, `scheduledFor`, `firstAnswer`, `sentAt`, `sentBy`,
    /// `sentByTeams`.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

const SATISFACTION: Schema = Schema::object(&SATISFACTION_OBJECT);
static SATISFACTION_OBJECT: Object = Object {
    name: "ConversationSatisfaction",
    open: false,
    properties: &[
        Property::optional("form", ID),
        Property::optional("formResponse", ID),
        Property::required("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::required(
            "status",
            Schema::one_of(&["scheduled", "offered", "rated", "commented", "canceled", "unresponded"]),
        ),
        Property::optional("scheduledFor", Schema::format(DATE_TIME)),
        Property::optional("firstAnswer", Schema::format(DATE_TIME)),
        Property::optional("sentAt", Schema::format(DATE_TIME)),
        Property::optional("score", Schema::integer_of(&[0, 1])),
        Property::optional("rating", Schema::number()),
        Property::optional("channel", Schema::text_of(0, 256)),
        Property::optional("sentBy", ID),
        Property::optional("sentByTeams", Schema::set_of(10, &ID_ITEM)),
    ],
};

answered_object! {
    /// A completion of a conversation: when, and by which user.
    ConversationDone {
        /// When.
        created_at: Timestamp,
        /// The id of the user who did it; absent when the system did.
        created_by: String,
        /// How long it had been since the conversation was created, in milliseconds.
        time: u64,
        /// How many messages it had.
        message_count: u64,
        /// How many of them were to the customer.
        outbound_message_count: u64,
        /// How many notes it had.
        note_count: u64,
        /// The direction of the newest message.
        last_message_direction: Direction,
        /// The ids of the users that it was assigned to.
        assigned_users: Vec<String>,
        /// The ids of the teams that it was assigned to.
        assigned_teams: Vec<String>,
    }
}

answered_object! {
    /// How long a conversation had a status.
    Duration {
        /// In milliseconds.
        time: u64,
    }
}

answered_object! {
    /// An answer to the customer.
    Response {
        /// The id of the message.
        id: String,
        /// When it was sent.
        sent_at: Timestamp,
        /// When it was recorded.
        created_at: Timestamp,
        /// The id of the user who wrote it.
        created_by: String,
        /// How long the customer had waited since the conversation was created, in milliseconds.
        time: u64,
        /// How long the customer had waited since the message that it answers, in milliseconds.
        response_time: u64,
        /// The ids of the users that the conversation was assigned to.
        assigned_users: Vec<String>,
        /// The ids of the teams that the conversation was assigned to.
        assigned_teams: Vec<String>,
    }
}

answered_object! {
    /// A message as its conversation shows it.
    MessageMark {
        /// The id of the message.
        id: String,
        /// When it was sent.
        sent_at: Timestamp,
        /// When it was recorded.
        created_at: Timestamp,
        /// Its channel.
        channel: String,
        /// Whether it began something, answered something, or followed up.
        direction_type: String,
        /// True where a machine wrote it; *ours*.
        auto: bool,
    }
}
