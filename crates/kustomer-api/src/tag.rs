//! Tags: names with an id (`docs/contract/behaviour.md` §7.1, §12.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::operation::own;
use crate::query::ListRecords;
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::{Field, ObjectId, Timestamp};

/// The `type` of a tag.
pub const TYPE: &str = "tag";

/// A tag.
pub type Tag = Resource<TagAttributes>;

/// What a tag holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagAttributes {
    /// The name, unique in the org.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
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

/// A tag as answered.
pub static TAG: Schema = resource_schema!(
    "Tag",
    "TagAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("deleted", Schema::boolean()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::optional("modifiedAt", Schema::format(DATE_TIME)),
        Property::optional("rev", Schema::integer()),
    ]
);

endpoint! {
    /// `getTags`, which Kustomer serves without documenting it.
    GetTags = &own::GET_TAGS, "Lists the org's tags.";
    path: (), query: ListRecords, body: (), answer: Page<Tag>: Answer::Uncounted(&TAG)
}

endpoint! {
    /// `getTagById`, which Kustomer serves without documenting it.
    GetTagById = &own::GET_TAG_BY_ID, "Reads a tag by its id.";
    path: ObjectId, query: (), body: (), answer: Document<Tag>: Answer::One(&TAG)
}
