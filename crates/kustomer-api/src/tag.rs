//! Tags: names with an id (`docs/contract/behaviour.md` §7.1, §12.1).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::operation::own;
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_boolean};
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::validation::Fault;
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

/// Which tags to list. Nothing set lists all that are not deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListTags {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those that are deleted, or those that are not.
    pub deleted: Option<bool>,
}

impl QueryArguments for ListTags {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter { name: "deleted", schema: Schema::boolean(), about: "`true` lists deleted tags alone." },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.deleted.map(|deleted| (Cow::Borrowed("deleted"), deleted.to_string())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == "deleted" {
                query.deleted = faults.take(read_boolean(name, value));
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getTags`, which Kustomer serves without documenting it.
    GetTags = &own::GET_TAGS, "Lists the org's tags.";
    path: (), query: ListTags, body: (), answer: Page<Tag>: Answer::Uncounted(&TAG)
}

endpoint! {
    /// `getTagById`, which Kustomer serves without documenting it.
    GetTagById = &own::GET_TAG_BY_ID, "Reads a tag by its id.";
    path: ObjectId, query: (), body: (), answer: Document<Tag>: Answer::One(&TAG)
}
