//! Orgs: each credential belongs to one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Resource};
use crate::operation::own;
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::{Field, ObjectId, Timestamp};

/// The `type` of an org.
pub const TYPE: &str = "org";

/// An org.
pub type Org = Resource<OrgAttributes>;

/// The attributes of an org.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct OrgAttributes {
    /// The name, which is the subdomain people sign in at.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// When the record was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When the record last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An org as answered.
pub static ORG: Schema = resource_schema!(
    "Org",
    "OrgAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
    ]
);

endpoint! {
    /// `getCurrentOrg`, which Kustomer serves without documenting it.
    GetCurrentOrg = &own::GET_CURRENT_ORG, "Reads the org of the credential, whatever its id.";
    path: (), query: (), body: (), answer: Document<Org>: Answer::One(&ORG)
}

endpoint! {
    /// `getOrgById`, which Kustomer serves without documenting it.
    GetOrgById = &own::GET_ORG_BY_ID, "Reads the org of the credential.";
    path: ObjectId, query: (), body: (), answer: Document<Org>: Answer::One(&ORG)
}
