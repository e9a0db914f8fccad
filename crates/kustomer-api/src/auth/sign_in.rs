//! Signing in and out.

use serde::{Deserialize, Serialize};

use super::{AUTH_TOKEN, AuthToken, READ_ONLY_OF_USER};
use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::Document;
use crate::operation::contract;
use crate::schema::{Object, Property, Schema};

/// What to sign in with: `domain`, `email` and `password`. The others are answered 400, as no such way is set up.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SignIn {
    /// The name of the org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The address of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A token of another service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_access_token: Option<String>,
    /// A token of Google.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google_auth_token: Option<String>,
    /// A token of a SAML provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml_auth_token: Option<String>,
    /// Taken, and without effect: a session lasts as long as the org says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remember: Option<bool>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SignIn").field("domain", &self.domain).finish_non_exhaustive()
    }
}

impl SignIn {
    /// With an address and a password.
    #[must_use]
    pub fn with_password(domain: impl Into<String>, email: impl Into<String>, password: impl Into<String>) -> Self {
        let (domain, email, password) = (Some(domain.into()), Some(email.into()), Some(password.into()));
        Self { domain, email, password, ..Self::default() }
    }
}

/// The body of `createToken`.
pub static SIGN_IN: Schema = Schema::object(&Object {
    name: "SignIn",
    open: false,
    properties: &[
        Property::optional("domain", Schema::text_of(0, 255)),
        Property::optional("email", Schema::text_of(0, 255)),
        Property::optional("password", Schema::text_of(0, 256)),
        Property::optional("singleAccessToken", Schema::text_of(0, 8_192)),
        Property::optional("googleAuthToken", Schema::text_of(0, 8_192)),
        Property::optional("samlAuthToken", Schema::text_of(0, 32_768)),
        Property::optional("remember", Schema::boolean()),
    ],
})
.with_read_only(READ_ONLY_OF_USER);

crate::macros::builders! {
    SignIn { domain: String, email: String, password: String, single_access_token: String, google_auth_token: String, saml_auth_token: String, remember: bool }
}

endpoint! {
    /// `createToken`.
    CreateToken = &contract::CREATE_TOKEN, "Signs a person in: answers a session token with the person's roles.";
    path: (), query: (), body: SignIn: &SIGN_IN,
    example: r#"{"domain":"demo","email":"ada@acme.example","password":"a long pass phrase"}"#,
    answer: Document<AuthToken>: Answer::One(&AUTH_TOKEN)
}

endpoint! {
    /// `deleteAuthTokenById`.
    DeleteAuthTokenById = &contract::DELETE_AUTH_TOKEN_BY_ID, "Revokes a token of the org.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

endpoint! {
    /// `deleteCurrentAuthToken`.
    DeleteCurrentAuthToken = &contract::DELETE_CURRENT_AUTH_TOKEN, "Revokes the credential itself: signs out.";
    path: (), query: (), body: (), answer: (): Answer::Empty
}
