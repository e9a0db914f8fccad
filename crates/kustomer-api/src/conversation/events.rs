//! What happened to a conversation, in the shape of the contract.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Page, Resource};
use crate::event::{CHANGES, Changes};
use crate::operation::contract;
use crate::query::{ListById, PageQuery, Parameter, QueryArguments};
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// The `type` of an event of a conversation.
pub const EVENT_TYPE: &str = "event";

/// Something that happened to a conversation.
pub type ConversationEvent = Resource<ConversationEventAttributes>;

/// What an event of a conversation holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationEventAttributes {
    /// `kustomer.conversation.create`, …
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// `tracking`.
    #[serde(default, skip_serializing_if = "Field::is_absent", rename = "type")]
    pub kind: Field<String>,
    /// When it was published: when it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub published_at: Field<Timestamp>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// What changed, before and after; absent when the conversation was created.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub changes: Field<Changes>,
    /// Null.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub location: Field<String>,
    /// Null.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub meta: Field<String>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An event of a conversation as answered.
pub static CONVERSATION_EVENT: Schema = resource_schema!(
    "ConversationEvent",
    "ConversationEventAttributes",
    [
        Property::required("name", Schema::text()),
        Property::required("type", Schema::text()),
        Property::required("publishedAt", Schema::format(DATE_TIME)),
        Property::required("createdAt", Schema::format(DATE_TIME)),
        Property::required("updatedAt", Schema::format(DATE_TIME)),
        Property::required("modifiedAt", Schema::format(DATE_TIME)),
        Property::optional("changes", CHANGES),
        Property::required("location", Schema::text().or_null()),
        Property::required("meta", Schema::text().or_null()),
    ]
);

endpoint! {
    /// `getConversationEvents`.
    GetConversationEvents = &contract::GET_CONVERSATION_EVENTS,
    "Lists what happened to a conversation, oldest first unless `sort` says otherwise.";
    path: ObjectId, query: ListConversationEvents, body: (),
    answer: Page<ConversationEvent>: Answer::Uncounted(&CONVERSATION_EVENT)
}

/// Which events of a conversation to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListConversationEvents {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Whether the newest comes first.
    pub descending: bool,
}

impl QueryArguments for ListConversationEvents {
    const PARAMETERS: &'static [Parameter] = ListById::PARAMETERS;
    /// The contract names them in prose alone.
    const NOT_SERVED: &'static [&'static str] = &["name", "changed"];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        ListById { paging: self.paging, descending: self.descending }.write()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        ListById::read(pairs).map(|ListById { paging, descending }| Self { paging, descending })
    }
}
