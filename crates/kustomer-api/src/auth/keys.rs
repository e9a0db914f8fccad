//! API keys.

use serde::{Deserialize, Serialize};

use super::{AUTH_TOKEN, AuthToken, READ_ONLY, READ_ONLY_OF_USER};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::operation::own;
use crate::query::PageQuery;
use crate::schema::{DATE_TIME, Object, Property, Schema};
use crate::user::{MAX_ROLES, ROLE};
use crate::{ObjectId, Timestamp};

/// The API key to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ApiKeyInput {
    /// Its name, which is also its machine user's.
    pub name: String,
    /// Its roles; those that the caller lacks are left out.
    pub roles: Vec<String>,
    /// From when on it is refused; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The addresses it may be used from, such as 203.0.113.0/24; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
}

/// The body of `createApiKey`.
pub static API_KEY_INPUT: Schema = Schema::object(&Object {
    name: "ApiKeyInput",
    open: false,
    properties: &[
        Property::required("name", Schema::text_of(1, 255)),
        Property::required("roles", Schema::list_of(MAX_ROLES, &ROLE)),
        Property::optional("expiresAt", Schema::format(DATE_TIME)),
        Property::optional("cidr", Schema::text_of(1, 64)),
    ],
})
.with_read_only(READ_ONLY);

/// How a key is replaced by another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct RotationInput {
    /// For how many seconds the former key stays valid beside the new one: a day when absent, 30 days at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
}

/// The body of `rotateApiKey`.
pub static ROTATION_INPUT: Schema = Schema::object(&Object {
    name: "RotationInput",
    open: false,
    properties: &[Property::optional("overlapSeconds", Schema::integer_within(0, 2_592_000))],
})
.with_read_only(READ_ONLY_OF_USER);

crate::macros::builders! {
    ApiKeyInput { expires_at: Timestamp, cidr: String; name: String }
}

impl ApiKeyInput {
    /// A key of this name with these roles.
    pub fn new(name: impl Into<String>, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::default().name(name).roles(roles)
    }

    /// The same with these roles.
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }
}

crate::macros::builders! {
    RotationInput { overlap_seconds: u64 }
}

endpoint! {
    /// `getApiKeys`, which Kustomer does not have.
    GetApiKeys = &own::GET_API_KEYS, "Lists the org's API keys that were not revoked, oldest first.";
    path: (), query: PageQuery, body: (), answer: Page<AuthToken>: Answer::Uncounted(&AUTH_TOKEN)
}

endpoint! {
    /// `createApiKey`, which Kustomer does not have.
    CreateApiKey = &own::CREATE_API_KEY, "Makes an API key and its machine user. Only this answer holds the key.";
    path: (), query: (), body: ApiKeyInput: &API_KEY_INPUT,
    example: r#"{"name":"import","roles":["org.user.customer"]}"#,
    answer: Document<AuthToken>: Answer::One(&AUTH_TOKEN)
}

endpoint! {
    /// `rotateApiKey`, which Kustomer does not have.
    RotateApiKey = &own::ROTATE_API_KEY, "Makes another key of the same user; the former one stays valid for a while.";
    path: ObjectId, query: (), body: RotationInput: &ROTATION_INPUT, example: r#"{"overlapSeconds":3600}"#,
    answer: Document<AuthToken>: Answer::One(&AUTH_TOKEN)
}

endpoint! {
    /// `deleteApiKey`, which Kustomer does not have.
    DeleteApiKey = &own::DELETE_API_KEY, "Revokes an API key.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}
