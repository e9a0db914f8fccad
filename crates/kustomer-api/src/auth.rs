//! Sessions, API keys, roles, and how people sign in (`docs/contract/behaviour.md` §1.7).

mod keys;
mod settings;
mod sign_in;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource, ResourceId};
use crate::operation::contract;
use crate::query::PageQuery;
use crate::schema::{DATE_TIME, Object, Property, ReadOnly, Schema, resource_schema};
use crate::{Field, ObjectId, Timestamp};

pub use keys::*;
pub use settings::{
    AUTH_SETTINGS, AUTH_SETTINGS_INPUT, AuthSettings, AuthSettingsAttributes, AuthSettingsInput,
    CUSTOMER_AUTH_SETTINGS, CUSTOMER_SETTINGS_TYPE, CustomerAuthSettings, CustomerAuthSettingsAttributes,
    GetAuthCustomerSettings, GetAuthSettings, GetAuthSettingsHistory, GetPublicAuthSettings, MAX_ORIGINS, SamlSettings,
    SessionLength, SessionSettings, SignInSwitch, TYPE as AUTH_SETTINGS_TYPE, UpdateAuthSettings,
};
pub use sign_in::*;

/// The `type` of a token.
pub const TOKEN_TYPE: &str = "auth_token";

/// The `type` of a role in a list of roles.
pub const ROLE_TYPE: &str = "role";

/// A token, without its secret.
pub type AuthToken = Resource<AuthTokenAttributes>;

/// The attributes of a token. `Debug` leaves the secret and the address out.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct AuthTokenAttributes {
    /// The secret: only in the answer that makes it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub token: Field<String>,
    /// The name given when it was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// The last characters of the secret, to distinguish keys.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_token_chars: Field<String>,
    /// The address it was made from.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub ip_address: Field<String>,
    /// The program it was made with.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_agent: Field<String>,
    /// Its roles: those of the person, or those that a key was made with, and those of role groups.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub roles: Field<Vec<String>>,
    /// The addresses that it may be used from.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub cidr: Field<String>,
    /// From when on it is refused.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub expires_at: Field<Timestamp>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When the record last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_accessed_at: Field<Timestamp>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl std::fmt::Debug for AuthTokenAttributes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("AuthTokenAttributes")
            .field("name", &self.name)
            .field("last_token_chars", &self.last_token_chars)
            .field("roles", &self.roles)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A token as answered.
pub static AUTH_TOKEN: Schema = resource_schema!(
    "AuthToken",
    "AuthTokenAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("lastTokenChars", Schema::text()),
        Property::optional("ipAddress", Schema::text().or_null()),
        Property::optional("userAgent", Schema::text().or_null()),
        Property::optional("token", Schema::text()),
        Property::optional("roles", Schema::list(&TEXT)),
        Property::optional("cidr", Schema::text().or_null()),
        Property::optional("expiresAt", Schema::format(DATE_TIME).or_null()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::optional("lastAccessedAt", Schema::format(DATE_TIME).or_null()),
    ]
);

static TEXT: Schema = Schema::text();

/// A role in a list of roles: its id is the role.
pub static ROLE: Schema = Schema::object(&Object {
    name: "Role",
    open: true,
    properties: &[Property::required("type", Schema::text()), Property::required("id", Schema::text())],
});

/// The roles of a credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Roles {
    /// One per role; the id is the role.
    pub data: Vec<ResourceId>,
}

endpoint! {
    /// `getCurrentAuthToken`.
    GetCurrentAuthToken = &contract::GET_CURRENT_AUTH_TOKEN, "Reads the credential itself; needs no role.";
    path: (), query: (), body: (), answer: Document<AuthToken>: Answer::One(&AUTH_TOKEN)
}

endpoint! {
    /// `getAuthTokens`.
    GetAuthTokens = &contract::GET_AUTH_TOKENS, "Lists the tokens of the current user.";
    path: (), query: PageQuery, body: (), answer: Page<AuthToken>: Answer::Uncounted(&AUTH_TOKEN)
}

endpoint! {
    /// `getAuthTokenById`.
    GetAuthTokenById = &contract::GET_AUTH_TOKEN_BY_ID, "Reads a token of the org by its id.";
    path: ObjectId, query: (), body: (), answer: Document<AuthToken>: Answer::One(&AUTH_TOKEN)
}

endpoint! {
    /// `getAuthRoles`.
    GetAuthRoles = &contract::GET_AUTH_ROLES, "Lists the roles that the server knows.";
    path: (), query: (), body: (), answer: Roles: Answer::Bare(&ROLE)
}

const ONLY_ANSWERED: &str = "the server says it of a token, and nobody sets it";

/// The attributes of a token that are answered, and not accepted in a body that creates one.
static READ_ONLY: &[ReadOnly] = &[
    ReadOnly::new("token", ONLY_ANSWERED),
    ReadOnly::new("lastTokenChars", ONLY_ANSWERED),
    ReadOnly::new("ipAddress", ONLY_ANSWERED),
    ReadOnly::new("userAgent", ONLY_ANSWERED),
    ReadOnly::new("createdAt", ONLY_ANSWERED),
    ReadOnly::new("updatedAt", ONLY_ANSWERED),
    ReadOnly::new("lastAccessedAt", ONLY_ANSWERED),
];

const OF_USER: &str = "it follows from the user, or from the key that is replaced";

/// The same of a body that makes one for a user who is there.
static READ_ONLY_OF_USER: &[ReadOnly] = &[
    ReadOnly::new("token", ONLY_ANSWERED),
    ReadOnly::new("lastTokenChars", ONLY_ANSWERED),
    ReadOnly::new("ipAddress", ONLY_ANSWERED),
    ReadOnly::new("userAgent", ONLY_ANSWERED),
    ReadOnly::new("createdAt", ONLY_ANSWERED),
    ReadOnly::new("updatedAt", ONLY_ANSWERED),
    ReadOnly::new("lastAccessedAt", ONLY_ANSWERED),
    ReadOnly::new("name", OF_USER),
    ReadOnly::new("roles", OF_USER),
    ReadOnly::new("cidr", OF_USER),
    ReadOnly::new("expiresAt", OF_USER),
];
