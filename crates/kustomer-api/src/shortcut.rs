//! Shortcuts: texts that users insert into messages. Kustomer serves them without documenting them; the attributes are
//! those that the Singer tap for Kustomer reads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::operation::own;
use crate::query::ListRecords;
use crate::schema::{DATE_TIME, Object, Property, ReadOnly, Schema, resource_schema};
use crate::{Field, ObjectId, Timestamp};

/// The `type` of a shortcut.
pub const TYPE: &str = "shortcut";

/// A shortcut.
pub type Shortcut = Resource<ShortcutAttributes>;

/// What a shortcut holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShortcutAttributes {
    /// The name.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// Whether only its maker sees it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub is_private: Field<bool>,
    /// The text with its marks.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub payload: Field<Map<String, Value>>,
    /// The text as it is drafted.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub draft: Field<Map<String, Value>>,
    /// What it does to the conversation it is used in.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub conversation: Field<Map<String, Value>>,
    /// Whether it is deleted.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted: Field<bool>,
    /// When the record was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When anything last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When an actor last changed anything.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// The revision.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub rev: Field<u64>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What to make a shortcut of, or what to change on one. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShortcutInput {
    /// 1 to 256 characters; needed to make one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether only its maker sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_private: Option<bool>,
    /// The text with its marks; null takes it away.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub payload: Field<Map<String, Value>>,
    /// The text as it is drafted; null takes it away.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub draft: Field<Map<String, Value>>,
    /// What it does to the conversation it is used in; null takes it away.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub conversation: Field<Map<String, Value>>,
}

impl ShortcutInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

static ANY: Schema = Schema::any();

/// The most bytes of JSON that `payload`, `draft` and `conversation` may take each; Kustomer tells no limit.
pub const MAX_FREE_BYTES: usize = 64 * 1024;

const FREE: Schema = Schema::map(&ANY).or_null().of_bytes(MAX_FREE_BYTES).about("At most 64 KiB of JSON.");

/// A shortcut as answered.
pub static SHORTCUT: Schema = resource_schema!(
    "Shortcut",
    "ShortcutAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("isPrivate", Schema::boolean()),
        Property::optional("payload", FREE),
        Property::optional("draft", FREE),
        Property::optional("conversation", FREE),
        Property::optional("deleted", Schema::boolean()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::optional("modifiedAt", Schema::format(DATE_TIME)),
        Property::optional("rev", Schema::integer()),
    ]
);

/// The attributes of a shortcut that are answered and never written.
pub static READ_ONLY: &[ReadOnly] = &[
    ReadOnly::new("deleted", "delete the shortcut to change it"),
    ReadOnly::new("createdAt", "the server sets it when the shortcut is created"),
    ReadOnly::new("updatedAt", "the server sets it with every change"),
    ReadOnly::new("modifiedAt", "the server sets it with every change by a user"),
    ReadOnly::new("rev", "the server counts it"),
];

/// The body of `createShortcut`.
pub static SHORTCUT_INPUT: Schema = Schema::object(&Object {
    name: "ShortcutInput",
    open: false,
    properties: &[Property::required("name", NAME), REST[0], REST[1], REST[2], REST[3]],
})
.with_read_only(READ_ONLY);

/// The body of `updateShortcut`.
pub static SHORTCUT_CHANGES: Schema = Schema::object(&Object {
    name: "ShortcutChanges",
    open: false,
    properties: &[Property::optional("name", NAME), REST[0], REST[1], REST[2], REST[3]],
})
.with_read_only(READ_ONLY);

const NAME: Schema = Schema::text_of(1, 256);

const REST: [Property; 4] = [
    Property::optional("isPrivate", Schema::boolean()),
    Property::optional("payload", FREE),
    Property::optional("draft", FREE),
    Property::optional("conversation", FREE),
];

endpoint! {
    /// `getShortcuts`, which Kustomer serves without documenting it.
    GetShortcuts = &own::GET_SHORTCUTS, "Lists the org's shortcuts.";
    path: (), query: ListRecords, body: (), answer: Page<Shortcut>: Answer::Uncounted(&SHORTCUT)
}

endpoint! {
    /// `getShortcutById`, which Kustomer serves without documenting it.
    GetShortcutById = &own::GET_SHORTCUT_BY_ID, "Reads a shortcut by its id.";
    path: ObjectId, query: (), body: (), answer: Document<Shortcut>: Answer::One(&SHORTCUT)
}

endpoint! {
    /// `createShortcut`, which Kustomer serves without documenting it.
    CreateShortcut = &own::CREATE_SHORTCUT, "Makes a shortcut.";
    path: (), query: (), body: ShortcutInput: &SHORTCUT_INPUT,
    example: r#"{"name":"Greeting","payload":{"text":"Good day"}}"#, answer: Document<Shortcut>: Answer::One(&SHORTCUT)
}

endpoint! {
    /// `updateShortcut`, which Kustomer serves without documenting it.
    UpdateShortcut = &own::UPDATE_SHORTCUT, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: ShortcutInput: &SHORTCUT_CHANGES,
    example: r#"{"name":"Morning greeting","isPrivate":true}"#, answer: Document<Shortcut>: Answer::One(&SHORTCUT)
}

endpoint! {
    /// `deleteShortcut`, which Kustomer serves without documenting it.
    DeleteShortcut = &own::DELETE_SHORTCUT, "Deletes a shortcut.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}
