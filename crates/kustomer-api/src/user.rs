//! Users: people, and the machine users behind API keys (`docs/contract/behaviour.md` §1.5, §17).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::macros::open_enum;
use crate::operation::contract;
use crate::query::PageQuery;
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::{Field, ObjectId, Timestamp};

/// The `type` of a user.
pub const TYPE: &str = "user";

/// A user.
pub type User = Resource<UserAttributes>;

open_enum! {
    /// What kind of user.
    UserType {
        /// A person.
        Full = "user",
        /// A collaborator.
        Limited = "limited",
        /// The user behind an API key.
        Machine = "machine",
        /// Paid by the hour.
        Hourly = "hourly",
    }
}

/// What a user holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAttributes {
    /// The name; for a machine user the name of its API key.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub display_name: Field<String>,
    /// The address to sign in with; a machine user has a made-up one that receives nothing.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub email: Field<String>,
    /// When the address was verified.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub email_verified_at: Field<Timestamp>,
    /// A mobile number.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub mobile: Field<String>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub avatar_url: Field<String>,
    /// What kind of user.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_type: Field<UserType>,
    /// The roles.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub roles: Field<Vec<String>>,
    /// What the user may do with passwords.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub password: Field<Map<String, Value>>,
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

/// A user as answered.
pub static USER: Schema = resource_schema!(
    "User",
    "UserAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("displayName", Schema::text().or_null()),
        Property::optional("email", Schema::text().or_null()),
        Property::optional("emailVerifiedAt", Schema::format(DATE_TIME).or_null()),
        Property::optional("mobile", Schema::text().or_null()),
        Property::optional("avatarUrl", Schema::text().or_null()),
        Property::optional("userType", Schema::text()),
        Property::optional("roles", Schema::list(&TEXT)),
        Property::optional("password", Schema::map(&ANY)),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
    ]
);

static TEXT: Schema = Schema::text();
static ANY: Schema = Schema::any();

endpoint! {
    /// `getCurrentUser`.
    GetCurrentUser = &contract::GET_CURRENT_USER, "Reads the user behind the credential; needs no role.";
    path: (), query: (), body: (), answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `getUserById`.
    GetUserById = &contract::GET_USER_BY_ID, "Reads a user by its id.";
    path: ObjectId, query: (), body: (), answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `getMultipleUsersByIds`.
    GetMultipleUsersByIds = &contract::GET_MULTIPLE_USERS_BY_IDS, "Reads several users by ids joined by commas.";
    path: String, query: PageQuery, body: (), answer: Page<User>: Answer::Uncounted(&USER)
}
