//! Merges of two customers into one (`docs/contract/behaviour.md` §10), what undoes them, and who may be the same person.

mod duplicates;
mod endpoints;

pub use self::duplicates::*;
pub use self::endpoints::*;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::customer::Customer;
use crate::resource::resource;
use crate::schema::{OBJECT_ID, Object, Property, Schema, all_read_only, attributes_of};
use crate::{Id, Timestamp};

resource! {
    /// A merge: the customer `source` went into the customer `target`. Both are among its relationships.
    CustomerMerge = "customer_merge";

    /// The attributes of a merge.
    answer CustomerMergeAttributes = CUSTOMER_MERGE;

    attributes {
        /// `success`; `undone` when it was undone.
        status: String;
        /// The last revision of the source before the merge.
        source_rev: u64;
        /// The last revision of the target before the merge.
        target_rev: u64;
        /// When it was undone; absent when it was not.
        undone_at: Timestamp;
    }

    system;
}

/// The status of a merge.
pub const SUCCESS: &str = "success";

/// The status of a merge that was undone.
pub const UNDONE: &str = "undone";

/// Which customers are merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct MergeInput {
    /// The id of the customer that is merged into the other and answers 404 from then on.
    pub source: String,
    /// The id of the customer that stays.
    pub target: String,
}

impl MergeInput {
    /// Merges `source` into `target`.
    pub fn new(source: impl Into<Id<Customer>>, target: impl Into<Id<Customer>>) -> Self {
        Self::default().source(source).target(target)
    }

    /// Names the customer that is merged into the other.
    #[must_use]
    pub fn source(mut self, source: impl Into<Id<Customer>>) -> Self {
        self.source = source.into().into();
        self
    }

    /// Names the customer that stays.
    #[must_use]
    pub fn target(mut self, target: impl Into<Id<Customer>>) -> Self {
        self.target = target.into().into();
        self
    }
}

/// The body of a merge.
pub static MERGE_INPUT: Schema = Schema::object(&Object {
    name: "CustomerMergeInput",
    open: false,
    properties: &[
        Property::required(
            "source",
            Schema::format(OBJECT_ID).about("The customer that is merged into the other and answers 404 from then on."),
        ),
        Property::required("target", Schema::format(OBJECT_ID).about("The customer that stays.")),
    ],
})
.with_read_only(
    &const {
        all_read_only::<{ attributes_of(&CUSTOMER_MERGE).len() }>(
            &CUSTOMER_MERGE,
            "the server sets it by what the merge does",
        )
    },
);

/// The expected result of a merge (`dryRun`): nothing is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct MergePreview {
    /// The target as it would be.
    pub data: Customer,
    /// What would be lost.
    pub meta: MergePreviewMeta,
}

/// What would be lost by a merge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct MergePreviewMeta {
    /// Every value of either customer that the target would not have.
    #[serde(default)]
    pub losing: Vec<LosingValue>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A value that the target does not have after a merge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct LosingValue {
    /// The attribute, such as `name` or `custom.tierStr`, or the relationship, such as `company`.
    pub attribute: String,
    /// The id of the customer who has it before the merge.
    pub customer: String,
    /// The value; an item of a list by itself.
    pub value: Value,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A merge that was undone, or would be (`dryRun`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct UndoneMerge {
    /// The merge.
    pub data: CustomerMerge,
    /// What does not return; absent for a caller who may not read customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<UndoneMergeMeta>,
}

/// What does not return when a merge is undone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct UndoneMergeMeta {
    /// The identities of the source that others hold by now.
    #[serde(default)]
    pub kept: Vec<KeptIdentity>,
    /// The source as it would be; only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Customer>,
    /// The target as it would be; only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Customer>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An identity that does not return to the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct KeptIdentity {
    /// The list, such as `emails`.
    pub attribute: String,
    /// The item of the list.
    pub value: Value,
    /// The id of the customer who holds it: the target when it was changed there since, or a third one.
    pub holder: String,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
