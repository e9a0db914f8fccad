//! Users: people, and the machine users behind API keys (`docs/contract/behaviour.md` §1.5, §17).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::macros::open_enum;
use crate::operation::contract;
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_boolean};
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::validation::Fault;
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

/// Which users to list: those that meet every condition. Nothing set lists all that are active.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListUsers {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those who were invited and have not accepted yet, or those who have.
    pub pending: Option<bool>,
    /// Those who are deactivated, or those who are not.
    pub deleted: Option<bool>,
    /// Those of this type.
    pub user_type: Option<UserType>,
    /// The one with this address, case aside.
    pub email: Option<String>,
}

impl QueryArguments for ListUsers {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "pending",
            schema: Schema::boolean(),
            about: "`true` lists users whose invitation is pending. Conditions combine.",
        },
        Parameter { name: "deleted", schema: Schema::boolean(), about: "`true` lists deactivated users." },
        Parameter {
            name: "userType",
            schema: Schema::one_of(&["user", "machine", "limited"]),
            about: "Lists users of this type.",
        },
        Parameter { name: "email", schema: Schema::text(), about: "Lists the user with this address." },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.pending.map(|pending| (Cow::Borrowed("pending"), pending.to_string())));
        pairs.extend(self.deleted.map(|deleted| (Cow::Borrowed("deleted"), deleted.to_string())));
        pairs.extend(self.user_type.as_ref().map(|kind| (Cow::Borrowed("userType"), kind.as_str().to_owned())));
        pairs.extend(self.email.clone().map(|email| (Cow::Borrowed("email"), email)));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if query.paging.accept(&mut faults, name, value) {
                continue;
            }
            match name.as_str() {
                "pending" => query.pending = faults.take(read_boolean(name, value)),
                "deleted" => query.deleted = faults.take(read_boolean(name, value)),
                "userType" => match value.as_str() {
                    "user" | "machine" | "limited" => query.user_type = Some(UserType::from(value.as_str())),
                    _ => faults.push(Fault::of_parameter(name, "userType must be user, machine or limited")),
                },
                "email" => query.email = Some(value.clone()),
                _ => {}
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getUsers`.
    GetUsers = &contract::GET_USERS, "Lists the org's users, those behind API keys included.";
    path: (), query: ListUsers, body: (), answer: Page<User>: Answer::Uncounted(&USER)
}

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
