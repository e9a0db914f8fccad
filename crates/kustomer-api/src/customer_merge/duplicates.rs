//! Customers who may be the same person.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::envelope::Resource;
use crate::schema::{Object, Property, RELATIONSHIPS, Schema};

/// The `type` of a candidate.
pub const DUPLICATE_TYPE: &str = "customer_duplicate";

/// A customer who may be the same person as another. It has the id of that customer, who is its relationship `customer`.
pub type CustomerDuplicate = Resource<CustomerDuplicateAttributes>;

/// Why a customer may be the same person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerDuplicateAttributes {
    /// The name to show of the customer.
    #[serde(default)]
    pub display_name: String,
    /// How strong the reasons are together, from 1 to 100.
    #[serde(default)]
    pub score: u64,
    /// The reasons, the strongest first.
    #[serde(default)]
    pub reasons: Vec<DuplicateReason>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct DuplicateReason {
    /// `email`, `phone`, `externalId`, `nameAndAddress` or `nameAndCompany`.
    pub name: String,
    /// What both have: an address, a number, a name.
    pub value: String,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A candidate as answered.
pub static CUSTOMER_DUPLICATE: Schema = Schema::object(&Object {
    name: "CustomerDuplicate",
    open: true,
    properties: &[
        Property::required("type", Schema::text()),
        Property::required("id", Schema::text()),
        Property::required("attributes", ATTRIBUTES),
        Property::required("relationships", RELATIONSHIPS),
    ],
});

const ATTRIBUTES: Schema = Schema::object(&Object {
    name: "CustomerDuplicateAttributes",
    open: true,
    properties: &[
        Property::required("displayName", Schema::text()),
        Property::required("score", Schema::integer_within(1, 100)),
        Property::required("reasons", Schema::list(&REASON)),
    ],
});

const REASON: Schema = Schema::object(&Object {
    name: "CustomerDuplicateReason",
    open: true,
    properties: &[Property::required("name", Schema::text()), Property::required("value", Schema::text())],
});
