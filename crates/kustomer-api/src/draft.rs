//! Drafts of messages and notes (`docs/contract/behaviour.md` §12): messages and notes before they are sent, now
//! or at a time.

mod endpoints;
mod forms;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::endpoints::*;
pub use self::forms::*;
use crate::Timestamp;
use crate::attribute::attribute_values;
use crate::customer::request_schema::LANGUAGE;
use crate::macros::open_enum;
use crate::resource::resource;
use crate::schema::{DATE_TIME, EMAIL, OBJECT_ID, Object, Property, Schema};

/// The longest text of a draft, in characters.
pub const MAX_TEXT: usize = 1024 * 1024;

/// The most bytes of JSON that `payload`, `meta` and `messageTemplate` may each take.
pub const MAX_FREE_BYTES: usize = 1024 * 1024;

resource! {
    /// A draft.
    Draft = "draft";

    /// The attributes of a draft. Its channel decides which it can have: see [`DRAFT_FORMS`].
    answer DraftAttributes = DRAFT;

    /// The attributes to create a draft with, or to change. Absent ones stay as they are.
    input DraftInput { create: DRAFT_INPUT, update: DRAFT_CHANGES }

    attributes {
        /// The channel, which never changes.
        channel: DraftChannel = required(Schema::one_of(DraftChannel::VALUES));
        /// The app that carries it.
        app: String = optional(Schema::text_of(1, 256));
        /// `draft`, or `sent` to send it at once.
        status: DraftStatus = optional(STATUS);
        /// When to send it; null or an empty text when it is not to be sent by itself.
        send_at: Timestamp | null = optional(Schema::format(DATE_TIME).or_blank());
        /// Whether it is to be sent by itself; false unschedules.
        scheduled: bool = on_update(Schema::boolean(), "send sendAt");
        /// Whether a machine wrote it; such messages count for no metric.
        auto: bool = optional(Schema::boolean());
        /// What sends it: `bulk`, `satisfaction` or `biz-rules`.
        source: String = optional(Schema::one_of(SOURCES));
        /// A language such as `en_us`, at most 100 characters.
        lang: String | null = optional(LANGUAGE);
        /// The ids of the shortcuts that it is written with, at most 100.
        shortcuts: Vec<String> = optional(Schema::list_of(MAX_ITEMS, &ID));
        /// The ids of the articles that it links, at most 100.
        kb_articles: Vec<String> = optional(Schema::list_of(MAX_ITEMS, &ID));
        /// The recipient: e-mail addresses with names, or a number or name of the channel.
        to: Recipients = optional(Schema::any()) => Schema::any();
        /// The sender: an e-mail address with a name, or a number or name of the channel.
        from: Sender = optional(Schema::any()) => Schema::any();
        /// E-mail addresses that get a copy, at most 100.
        cc: Vec<Address> = optional(Schema::list_of(MAX_ITEMS, &ADDRESS));
        /// E-mail addresses that get a copy without the others knowing, at most 100.
        bcc: Vec<Address> = optional(Schema::list_of(MAX_ITEMS, &ADDRESS));
        /// The text, at most [`MAX_TEXT`] characters.
        body: String = optional(TEXT);
        /// The same as HTML, likewise.
        html_body: String = on_update(TEXT, "send it in an update");
        /// The subject, at most 256 characters.
        subject: String = optional(SUBJECT);
        /// The e-mail address that answers go to.
        reply_to: String = optional(Schema::format(EMAIL));
        /// Headers of the e-mail, at most 100.
        headers: Vec<Header> = optional(Schema::list_of(MAX_ITEMS, &HEADER));
        /// The type of the template.
        template_type: String = on_update(Schema::one_of(TEMPLATE_TYPES), "send it in an update");
        /// The id of a template.
        template: String | null = optional(Schema::format(OBJECT_ID).or_blank());
        /// What an editor keeps of it, of any form.
        payload: Map<String, Value> = optional(FREE);
        /// What WhatsApp shows: lists, buttons, templates.
        meta: Map<String, Value> = optional(FREE);
        /// The ids of attachments, at most 100.
        attachments: Vec<String> = optional(Schema::list_of(MAX_ITEMS, &ID));
        /// The answers that a chat offers.
        response_buttons: Vec<ResponseButton> = on_update(Schema::list_of(MAX_ITEMS, &RESPONSE_BUTTON), "send it in an update");
        /// The template of a chat's message.
        message_template: Map<String, Value> = on_update(FREE, "send it in an update");
        /// The users and teams that a note mentions, at most 20.
        user_mentions: Vec<DraftMention> = optional(Schema::list_of(20, &MENTION));
        /// When it was sent.
        sent_at: Timestamp, read_only("send status or sendAt");
        /// Why it could not be sent.
        error: Map<String, Value>, read_only("the server sets it when the draft cannot be sent");
        /// When it could not be sent.
        error_at: Timestamp, read_only("the server sets it when the draft cannot be sent");
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
    }

    sent {
        /// The id of the conversation that it is sent in.
        conversation: String = optional(Schema::format(OBJECT_ID));
        /// The id of the customer, which never changes.
        customer: String = optional(Schema::format(OBJECT_ID));
    }

    system { rev: on_update, }
}

/// The most items of a list.
const MAX_ITEMS: usize = 100;
static ANY: Schema = Schema::any();
static ID: Schema = Schema::format(OBJECT_ID);
const STATUS: Schema = Schema::one_of(&["draft", "sent"]);
const SOURCES: &[&str] = &["bulk", "satisfaction", "biz-rules"];
const TEMPLATE_TYPES: &[&str] = &["email-reply", "email-autoresponse", "email-satisfaction"];
const TEXT: Schema = Schema::text_of(0, MAX_TEXT);
const SUBJECT: Schema = Schema::text_of(0, 256);
const FREE: Schema = Schema::map(&ANY).of_bytes(MAX_FREE_BYTES).about("At most 1 MiB of JSON.");

impl DraftInput {
    /// A draft of a channel.
    #[must_use]
    pub fn of(channel: DraftChannel) -> Self {
        Self::default().channel(channel)
    }

    /// An e-mail with a subject and a text.
    #[must_use]
    pub fn email(subject: impl Into<String>, body: impl Into<String>) -> Self {
        Self::of(DraftChannel::Email).subject(subject).body(body)
    }
}

open_enum! {
    /// The channel of a draft.
    DraftChannel {
        /// E-mail.
        Email = "email",
        /// SMS.
        Sms = "sms",
        /// WhatsApp.
        Whatsapp = "whatsapp",
        /// Chat.
        Chat = "chat",
        /// Facebook Messenger.
        Facebook = "facebook",
        /// A tweet.
        TwitterTweet = "twitter-tweet",
        /// A direct message on Twitter.
        TwitterDm = "twitter-dm",
        /// No message: a note about the conversation.
        Note = "note",
        /// Instagram.
        Instagram = "instagram",
    }
}

open_enum! {
    /// What becomes of a draft.
    DraftStatus {
        /// It is being written.
        Draft = "draft",
        /// It is sent at `sendAt`.
        Scheduled = "scheduled",
        /// It could not be sent.
        Failed = "failed",
        /// It was sent.
        Sent = "sent",
    }
}

/// An e-mail address with the name of its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Address {
    /// The address.
    pub email: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Address {
    /// Without a name.
    #[must_use]
    pub fn of(email: impl Into<String>) -> Self {
        Self { email: email.into(), ..Self::default() }
    }
}

/// The recipients of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Recipients {
    /// E-mail addresses.
    Addresses(Vec<Address>),
    /// One e-mail address, sent without brackets; it is answered as a list.
    Address(Address),
    /// A number or name of the channel.
    Name(String),
    /// What this version does not know, kept as it came.
    Other(Value),
}

/// The sender of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Sender {
    /// An e-mail address.
    Address(Address),
    /// A number or name of the channel.
    Name(String),
    /// What this version does not know, kept as it came.
    Other(Value),
}

impl From<Vec<Address>> for Recipients {
    fn from(addresses: Vec<Address>) -> Self {
        Self::Addresses(addresses)
    }
}

/// A header of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// An answer that a chat offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ResponseButton {
    /// The shown content.
    pub label: String,
    /// The sent content.
    pub value: String,
}

/// A user or a team that a note mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct DraftMention {
    /// The id of a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The id of a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

attribute_values! {
    Address: ADDRESS_ANSWER;
    Recipients: Schema::any();
    Sender: Schema::any();
    Header: HEADER_ITEM;
    ResponseButton: RESPONSE_BUTTON_ITEM;
    DraftMention: MENTION_ITEM;
}

const ADDRESS_ANSWER: Schema = Schema::object(&Object {
    name: "MailAddress",
    open: true,
    properties: &[Property::required("email", Schema::text()), Property::optional("name", Schema::text().or_null())],
});

pub(crate) static ADDRESS: Schema = Schema::object(&ADDRESS_OBJECT);
pub(crate) static ADDRESS_OBJECT: Object = Object {
    name: "MailAddressInput",
    open: false,
    properties: &[
        Property::required("email", Schema::format(EMAIL)),
        Property::optional("name", Schema::text_of(0, 256)),
    ],
};

static HEADER: Schema = HEADER_ITEM;
const HEADER_ITEM: Schema = Schema::object(&Object {
    name: "MailHeader",
    open: false,
    properties: &[
        Property::required("name", Schema::text_of(1, 128)),
        Property::optional("value", Schema::text_of(0, 1_024)),
    ],
});

static RESPONSE_BUTTON: Schema = RESPONSE_BUTTON_ITEM;
const RESPONSE_BUTTON_ITEM: Schema = Schema::object(&Object {
    name: "ResponseButton",
    open: false,
    properties: &[
        Property::required("label", Schema::text_of(0, 256)),
        Property::required("value", Schema::text_of(0, 1_024)),
    ],
});

static MENTION: Schema = MENTION_ITEM;
const MENTION_ITEM: Schema = Schema::object(&Object {
    name: "DraftMention",
    open: false,
    properties: &[Property::optional("user", ID_OF), Property::optional("team", ID_OF)],
});
const ID_OF: Schema = Schema::format(OBJECT_ID);

crate::macros::builders! {
    DraftMention { user: String, team: String }
}
