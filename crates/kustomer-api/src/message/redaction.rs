//! Redactions of messages: the former values are removed for ever.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::FREE;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Resource};
use crate::operation::contract;
use crate::schema::{OBJECT_ID, Object, Property, RELATIONSHIPS, Schema};
use crate::{Field, ObjectId};

/// The `type` of a redaction.
pub const REDACTION_TYPE: &str = "message_redaction";

/// The most attachments that one redaction names.
pub const MAX_REDACTED_ATTACHMENTS: usize = 100;

/// The parts of a message to redact: at least one of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct RedactionInput {
    /// The words that take the place of those there are, at most 10,240 characters; none when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// What takes the place of `meta`, at most 100 keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// The ids of attachments of the message whose bytes are removed, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<String>>,
}

impl RedactionInput {
    /// Replaces the words of the message.
    pub fn of_preview(preview: impl Into<String>) -> Self {
        Self { preview: Some(preview.into()), ..Self::default() }
    }

    /// Replaces the channel's own data about the message.
    pub fn of_meta(meta: Map<String, Value>) -> Self {
        Self { meta: Some(meta), ..Self::default() }
    }

    /// Removes the bytes of attachments.
    pub fn of_attachments(ids: impl IntoIterator<Item = ObjectId>) -> Self {
        Self { attachments: Some(ids.into_iter().map(|id| id.to_string()).collect()), ..Self::default() }
    }
}

/// The body of a redaction.
pub static REDACTION_INPUT: Schema = Schema::object(&Object {
    name: "MessageRedactionInput",
    open: false,
    properties: &[
        Property::optional("preview", Schema::text_of(0, 10_240)),
        Property::optional("meta", FREE),
        Property::optional("attachments", Schema::list_of(MAX_REDACTED_ATTACHMENTS, &ID_ITEM)),
    ],
});
static ID_ITEM: Schema = Schema::format(OBJECT_ID);

/// That something of a message was redacted. It has the id of the event that reports it.
pub type Redaction = Resource<RedactionAttributes>;

/// The values after the redaction.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct RedactionAttributes {
    /// The words of the message.
    #[serde(default)]
    pub preview: String,
    /// `meta` as the text of its JSON, when that was redacted.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub meta: Field<String>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A redaction as answered.
pub static REDACTION: Schema = Schema::object(&Object {
    name: "MessageRedaction",
    open: true,
    properties: &[
        Property::required("type", Schema::text()),
        Property::required("id", Schema::text()),
        Property::required("attributes", ATTRIBUTES),
        Property::required("relationships", RELATIONSHIPS),
    ],
});

const ATTRIBUTES: Schema = Schema::object(&Object {
    name: "MessageRedactionAttributes",
    open: true,
    properties: &[Property::required("preview", Schema::text()), Property::optional("meta", Schema::text())],
});

crate::macros::builders! {
    RedactionInput { preview: String, meta: Map<String, Value>, attachments: Vec<String> }
}

endpoint! {
    /// `redactMessage`.
    RedactMessage = &contract::REDACT_MESSAGE,
    "Replaces the words or `meta` of a message, or removes the bytes of its attachments: for ever, also from what its \
     conversation and its customer show of it, and from the past of all of them.";
    path: ObjectId, query: (), body: RedactionInput: &REDACTION_INPUT,
    example: r#"{"preview":"My card is [redacted]"}"#,
    answer: Document<Redaction>: Answer::One(&REDACTION)
}
