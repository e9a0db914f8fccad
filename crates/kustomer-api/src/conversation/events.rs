//! What happened to a conversation, in the shape of the contract.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Page, Resource};
use crate::event::{CHANGES, Changes};
use crate::operation::contract;
use crate::query::{Faults, ListById, PageQuery, Parameter, QueryArguments, read_number};
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// The `type` of an event of a conversation.
pub const EVENT_TYPE: &str = "event";

/// Something that happened to a conversation.
pub type ConversationEvent = Resource<ConversationEventAttributes>;

/// The attributes of an event of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
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

/// The longest `name` and `changed`.
const MAX_NAME: usize = 256;

/// Which events of a conversation to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListConversationEvents {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Whether the newest is first.
    pub descending: bool,
    /// Only events of this name, such as `kustomer.conversation.update`.
    pub name: Option<String>,
    /// Only events that changed this attribute or relationship, such as `status`.
    pub changed: Option<String>,
    /// Only events behind this revision, in the order of the list; `links.next` of a list that is narrowed has it.
    pub after: Option<u32>,
}

crate::macros::query_methods! {
    ListConversationEvents {
        paging: paging, descending: own bool, name: text String, changed: text String, after: some u32,
    }
}

impl QueryArguments for ListConversationEvents {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        ListById::SORT,
        Parameter {
            name: "name",
            schema: Schema::text_of(0, MAX_NAME),
            about: "Lists events of this name alone, such as `kustomer.conversation.update`.",
        },
        Parameter {
            name: "changed",
            schema: Schema::text_of(0, MAX_NAME),
            about: "Lists events that changed this attribute or relationship alone, such as `status` or `customer`.",
        },
        Parameter {
            name: "after",
            schema: Schema::integer_within(0, u32::MAX as i64),
            about: "Continues after this revision: `links.next` of a list with `name` or `changed` has it.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = ListById { paging: self.paging, descending: self.descending }.write();
        let own = [
            ("name", self.name.clone()),
            ("changed", self.changed.clone()),
            ("after", self.after.map(|rev| rev.to_string())),
        ];
        pairs.extend(own.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?))));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let ListById { paging, descending } = ListById::read(pairs)?;
        let (mut query, mut faults) = (Self { paging, descending, ..Self::default() }, Faults::default());
        for (name, value) in pairs {
            match name.as_str() {
                "name" => query.name = faults.take(read_name(name, value)).flatten(),
                "changed" => query.changed = faults.take(read_name(name, value)).flatten(),
                "after" => query.after = faults.take(read_number(name, value, 0, u32::MAX)),
                _ => {}
            }
        }
        faults.or(query)
    }
}

/// Reads the value of a filter; an empty one counts as absent.
fn read_name(name: &str, value: &str) -> Result<Option<String>, Fault> {
    if value.chars().count() > MAX_NAME {
        return Err(Fault::of_parameter(name, format!("{name} must have at most {MAX_NAME} characters")));
    }
    Ok(Some(value.to_owned()).filter(|value| !value.is_empty()))
}
