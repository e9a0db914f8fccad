//! Messages of conversations (`docs/contract/behaviour.md` §12.2). A message is a record of words that were said: creating
//! one sends nothing.

mod endpoints;
mod redaction;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

pub use self::endpoints::*;
pub use self::redaction::*;
use crate::Timestamp;
use crate::attribute::attribute_values;
use crate::conversation::{Direction, ID, Queue};
use crate::custom::CustomAttributes;
use crate::customer::request_schema::{LANGUAGE, LOCATION as LOCATION_INPUT, SENTIMENT};
use crate::customer::{Location, Sentiment};
use crate::macros::open_enum;
use crate::resource::resource;
use crate::schema::{DATE_TIME, Object, Property, Schema};

/// The most keys that `meta` may have.
pub const MAX_META_KEYS: usize = 100;

resource! {
    /// A message.
    Message = "message";

    /// The attributes of a message.
    answer MessageAttributes = MESSAGE;

    /// The attributes to create a message with, or to change. Absent ones stay as they are.
    input MessageInput { create: MESSAGE_INPUT, update: MESSAGE_CHANGES }

    attributes {
        /// The id in another system, 1 to 256 characters; unique among messages.
        external_id: String | null = optional(Schema::text_of(1, 256));
        /// The channel.
        channel: Channel = required_on_create(Schema::one_of(Channel::VALUES));
        /// The app that carried it, such as `postmark`, 1 to 256 characters.
        app: String = required_on_create(Schema::text_of(1, 256));
        /// How large it is, in bytes.
        size: Number = optional(Schema::number());
        /// Who wrote it: `in` from the customer, `out` to the customer.
        direction: Direction = on_create(Schema::one_of(Direction::VALUES));
        /// Whether it began the conversation, answered a message, or followed one of the same direction.
        direction_type(kept): DirectionType, read_only("it is derived from the messages before");
        /// The text or its beginning, at most 10,240 characters.
        preview: String | null = optional(Schema::text_of(0, 10_240));
        /// The subject, at most 256 characters.
        subject: String | null = optional(Schema::text_of(0, 256));
        /// The related subject, at most 1,024 characters.
        related: String = optional(Schema::text_of(0, 1_024));
        /// Whether it was sent or received.
        status: MessageStatus = optional(Schema::one_of(MessageStatus::VALUES));
        /// Why it was not sent.
        error: Map<String, Value> = optional(ERROR);
        /// When it could not be sent.
        error_at: Timestamp = optional(Schema::format(DATE_TIME));
        /// Whether a machine wrote it; such messages count for no metric.
        auto: bool = on_create(Schema::boolean());
        /// When it was sent; now, unless it is sent.
        sent_at: Timestamp | null = optional(Schema::format(DATE_TIME).or_blank());
        /// What sent it: `bulk` or `satisfaction`.
        source: String = on_create(Schema::one_of(&["bulk", "satisfaction"]));
        /// The ids of the shortcuts that it was written with, at most 100.
        shortcuts: Vec<String> = on_create(Schema::list_of(100, &ID_ITEM));
        /// The ids of the articles that it links, at most 100.
        kb_articles: Vec<String> = on_create(Schema::list_of(100, &ID_ITEM));
        /// The message that it answers or forwards.
        reference: Reference = on_create(REFERENCE);
        /// Where it was written.
        location: Location = on_create(LOCATION_INPUT);
        /// The channel's own data about it, of any form: at most 100 keys.
        meta: Map<String, Value> = optional(FREE);
        /// Custom attributes, at most 100 in one write; an update keeps those that are not sent.
        custom: CustomAttributes = optional(Schema::custom());
        /// The sentiment of the customer; `{}` when nothing is known.
        sentiment: Sentiment = optional(Schema::object(&SENTIMENT).or_empty());
        /// Who likes it, at most 100.
        reactions(kept): Vec<Reaction> = on_update(Schema::list_of(100, &REACTION), "send it in an update");
        /// Whether it is spam.
        spam(kept): bool = on_update(Schema::boolean(), "send it in an update");
        /// A language such as `en_us`, at most 100 characters.
        lang: String | null = optional(LANGUAGE);
        /// Whether something of it was redacted.
        redacted(kept): bool, read_only("redact it");
        /// When something of it was last redacted.
        redacted_at(kept): Timestamp, read_only("redact it");
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
    }

    sent {
        /// The id that the message gets.
        id: String = on_create(ID);
        /// The id of the conversation.
        conversation: String = optional(ID);
        /// The id of the customer.
        customer: String = on_create(ID);
        /// Attachments: their ids, or objects with `_id`.
        attachments: Vec<Value> = optional(Schema::list_of(100, &ATTACHMENT));
        /// The queue that the conversation waits in from now on, which must exist.
        queue: Queue = on_create(<Queue as crate::attribute::AttributeValue>::ANSWER);
        /// The id of the user who wrote it. Counts with the role `org.admin`, and is replaced otherwise.
        created_by: String = optional(ID);
        /// The id of the user who last changed it. Counts with the role `org.admin`, and is replaced otherwise.
        modified_by: String | null = optional(ID.or_blank());
    }

    system { created_at: optional, imported_at: on_create, modified_at: optional, rev: on_update, }
}

static ANY: Schema = Schema::any();
static ATTACHMENT: Schema = Schema::any().of_bytes(4096).about("An id, or an object with `_id`.");
static ID_ITEM: Schema = ID;
const FREE: Schema = Schema::map(&ANY).of_bytes(1024 * 1024).about("At most 1 MiB of JSON.");

/// The most characters of each text of `error`.
const MAX_ERROR_TEXT: usize = 10_240;

static ERROR_MEMBERS: Object = Object {
    name: "MessageError",
    open: true,
    properties: &[
        Property::optional("status", Schema::number()),
        Property::optional("code", Schema::text_of(0, MAX_ERROR_TEXT)),
        Property::optional("title", Schema::text_of(0, MAX_ERROR_TEXT)),
        Property::optional("detail", Schema::text_of(0, MAX_ERROR_TEXT)),
        Property::optional("source", FREE),
        Property::optional("meta", FREE),
        Property::optional("links", FREE),
    ],
};
const ERROR: Schema = Schema::object(&ERROR_MEMBERS).of_bytes(1024 * 1024).about("At most 1 MiB of JSON.");

impl MessageInput {
    /// A message of a channel that an app carried.
    #[must_use]
    pub fn new(channel: Channel, app: impl Into<String>) -> Self {
        Self::default().channel(channel).app(app)
    }
}

open_enum! {
    /// How a message was carried.
    Channel {
        /// E-mail.
        Email = "email",
        /// SMS.
        Sms = "sms",
        /// Chat.
        Chat = "chat",
        /// Facebook Messenger.
        Facebook = "facebook",
        /// A direct message on Twitter.
        TwitterDm = "twitter-dm",
        /// A tweet.
        TwitterTweet = "twitter-tweet",
        /// The telephone.
        Voice = "voice",
        /// Instagram.
        Instagram = "instagram",
        /// WhatsApp.
        Whatsapp = "whatsapp",
    }
}

open_enum! {
    /// What became of a message.
    MessageStatus {
        /// It was sent.
        Sent = "sent",
        /// It was received.
        Received = "received",
        /// It could not be sent.
        Error = "error",
    }
}

open_enum! {
    /// The part of a message in its conversation.
    DirectionType {
        /// The first one, from the customer.
        InitialIn = "initial-in",
        /// The first one, to the customer.
        InitialOut = "initial-out",
        /// From the customer, after one to the customer.
        ResponseIn = "response-in",
        /// To the customer, after one from the customer.
        ResponseOut = "response-out",
        /// From the customer, after another of the same.
        FollowupIn = "followup-in",
        /// To the customer, after another of the same.
        FollowupOut = "followup-out",
    }
}

/// The message that a message answers or forwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Reference {
    /// The id of the other message.
    pub message: String,
    /// `reply`, `replyAll` or `forward`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// That a user or a customer likes a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Reaction {
    /// The id of who does.
    pub subject_id: String,
    /// `customer` or `user`.
    pub subject_type: String,
    /// `love`.
    pub name: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

attribute_values! {
    Reference: REFERENCE;
    Reaction: REACTION_ITEM;
}

const REFERENCE: Schema = Schema::object(&Object {
    name: "MessageReference",
    open: false,
    properties: &[
        Property::required("message", ID),
        Property::required("type", Schema::one_of(&["reply", "replyAll", "forward"])),
    ],
});

static REACTION: Schema = REACTION_ITEM;
const REACTION_ITEM: Schema = Schema::object(&Object {
    name: "MessageReaction",
    open: false,
    properties: &[
        Property::required("subjectId", ID),
        Property::required("subjectType", Schema::one_of(&["customer", "user"])),
        Property::required("name", Schema::one_of(&["love"])),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
    ],
});
