//! How people of an org sign in, and what its own web pages sign customers in with.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::TEXT;
use crate::attribute::answered_object;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Resource};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::resource::resource;
use crate::schema::{DATE_TIME, Object, Property, ReadOnly, Schema, resource_schema};
use crate::system::EXPECTED;
use crate::{Field, Timestamp};

const KEPT_BY_SERVER: &str = "the server sets it with every change";

static READ_ONLY_OF_SETTINGS: &[ReadOnly] = &[
    ReadOnly::new("createdAt", KEPT_BY_SERVER),
    ReadOnly::new("updatedAt", KEPT_BY_SERVER),
    ReadOnly::new("modifiedAt", KEPT_BY_SERVER),
    ReadOnly::new("deleted", "settings are changed and never deleted"),
];

answered_object! {
    /// Whether a way of signing in is open.
    SignInSwitch {
        /// Whether it is.
        enabled: bool,
    }
}

answered_object! {
    /// The stored settings of a SAML provider. Nobody signs in through it.
    SamlSettings {
        /// Its certificates.
        idp_public_certs: Vec<String>,
        /// Where people sign in.
        idp_login_url: String,
        /// Where people sign out.
        idp_logout_url: String,
        /// Its id.
        idp_issuer_id: String,
        /// Whether people sign in each time.
        force_auth: bool,
        /// Whether requests are signed.
        sign_requests: bool,
        /// Whether it may send assertions that are not encrypted.
        allow_unencrypted_assert: bool,
        /// Whether it is open.
        enabled: bool,
    }
}

answered_object! {
    /// How long sessions last.
    SessionSettings {
        /// In milliseconds, a minute to a year.
        user_session_expiration_milliseconds: u64,
    }
}

resource! {
    /// How people of an org sign in. Its id is that of the org, which has one.
    AuthSettings = "auth_settings";

    /// What the settings hold.
    answer AuthSettingsAttributes = AUTH_SETTINGS;

    attributes {
        /// By a password.
        kustomer: SignInSwitch;
        /// By Google.
        google: SignInSwitch;
        /// By a SAML provider.
        saml: SamlSettings;
        /// Sessions.
        app: SessionSettings;
        /// The origins whose pages may track visitors.
        cors_whitelist: Vec<String>;
    }

    system;
}

/// The settings to change. An absent one stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct AuthSettingsInput {
    /// Whether people sign in by passwords.
    pub kustomer: SignInSwitch,
    /// Whether they do so by Google: it is refused, as no server of ours can.
    pub google: SignInSwitch,
    /// What to keep of a SAML provider; opening it is refused, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<SamlSettings>,
    /// How long sessions last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<SessionLength>,
    /// The origins whose pages may track visitors, such as `https://shop.example`: at most [`MAX_ORIGINS`].
    #[serde(default, rename = "corsWhitelist", skip_serializing_if = "Option::is_none")]
    pub cors_whitelist: Option<Vec<String>>,
    /// The revision that the settings must have; 0 while nobody has written them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Number>,
}

/// How many origins an org may name.
pub const MAX_ORIGINS: usize = 100;

/// How long sessions last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SessionLength {
    /// In milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_session_expiration_milliseconds: Option<Number>,
}

const SWITCHED: Schema = Schema::object(&Object {
    name: "SignInSwitchInput",
    open: false,
    properties: &[Property::required("enabled", Schema::boolean())],
});

static ORIGIN: Schema = Schema::text_of(1, 255);

static CERTIFICATE: Schema = Schema::text_of(0, 16_384);

/// The body of `updateAuthSettings`.
pub static AUTH_SETTINGS_INPUT: Schema = Schema::object(&Object {
    name: "AuthSettingsInput",
    open: false,
    properties: &[
        Property::required("kustomer", SWITCHED),
        Property::required("google", SWITCHED),
        Property::optional(
            "saml",
            Schema::object(&Object {
                name: "SamlSettingsInput",
                open: false,
                properties: &[
                    Property::optional("idpPublicCerts", Schema::list_of(10, &CERTIFICATE)),
                    Property::optional("idpLoginUrl", Schema::text_of(0, 2_048)),
                    Property::optional("idpLogoutUrl", Schema::text_of(0, 2_048)),
                    Property::optional("idpIssuerId", Schema::text_of(0, 2_048)),
                    Property::optional("forceAuth", Schema::boolean()),
                    Property::optional("signRequests", Schema::boolean()),
                    Property::optional("allowUnencryptedAssert", Schema::boolean()),
                    Property::required("enabled", Schema::boolean()),
                ],
            }),
        ),
        Property::optional(
            "app",
            Schema::object(&Object {
                name: "SessionLength",
                open: false,
                properties: &[Property::optional(
                    "userSessionExpirationMilliseconds",
                    Schema::number_within(60_000.0, 31_536_000_000.0),
                )],
            }),
        ),
        Property::optional("corsWhitelist", Schema::list_of(MAX_ORIGINS, &ORIGIN)),
        Property::optional("rev", EXPECTED),
    ],
})
.with_read_only(READ_ONLY_OF_SETTINGS);

crate::macros::builders! {
    AuthSettingsInput {
        saml: SamlSettings, app: SessionLength, cors_whitelist: Vec<String>, rev: Number;
        kustomer: SignInSwitch, google: SignInSwitch
    }
}

impl SignInSwitch {
    /// Whether this way of signing in is open.
    pub fn of(enabled: bool) -> Self {
        Self { enabled: enabled.into(), ..Self::default() }
    }
}

endpoint! {
    /// `getAuthSettings`.
    GetAuthSettings = &contract::GET_AUTH_SETTINGS,
        "Reads how people sign in, and how long sessions last, as it is or as it was.";
    path: (), query: StateQuery, body: (), answer: Document<AuthSettings>: Answer::One(&AUTH_SETTINGS)
}

endpoint! {
    /// `updateAuthSettings`.
    UpdateAuthSettings = &contract::UPDATE_AUTH_SETTINGS, "Sets how people sign in, and how long sessions last.";
    path: (), query: (), body: AuthSettingsInput: &AUTH_SETTINGS_INPUT,
    example: r#"{"kustomer":{"enabled":true},"google":{"enabled":false},"app":{"userSessionExpirationMilliseconds":86400000}}"#,
    answer: Document<AuthSettings>: Answer::One(&AUTH_SETTINGS)
}

history!(
    GetAuthSettingsHistory = &own::GET_AUTH_SETTINGS_HISTORY,
    "Lists what happened to the settings of how people sign in, newest first.";
    path: ()
);

endpoint! {
    /// `getPublicAuthSettings`.
    GetPublicAuthSettings = &contract::GET_PUBLIC_AUTH_SETTINGS,
    "Reads which ways of signing in are open, without a token: of the org that the host names, or of the only one.";
    path: (), query: (), body: (), answer: Document<AuthSettings>: Answer::One(&AUTH_SETTINGS)
}

/// The `type` of what an org's own web pages sign customers in with.
pub const CUSTOMER_SETTINGS_TYPE: &str = "customer_auth_settings";

/// What an org's own web pages sign customers in with.
pub type CustomerAuthSettings = Resource<CustomerAuthSettingsAttributes>;

/// The stored settings.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerAuthSettingsAttributes {
    /// Signs the tokens of customers (HS256); one for each org, which never changes.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub secret: Field<String>,
    /// The origins whose pages may ask from a browser.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub cors_whitelist: Field<Vec<String>>,
    /// When the org was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When the settings of the org last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// The revision of the settings of the org; absent while nobody has written them.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub rev: Field<u64>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl std::fmt::Debug for CustomerAuthSettingsAttributes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CustomerAuthSettingsAttributes").finish_non_exhaustive()
    }
}

/// The same as answered.
pub static CUSTOMER_AUTH_SETTINGS: Schema = resource_schema!(
    "CustomerAuthSettings",
    "CustomerAuthSettingsAttributes",
    [
        Property::optional("secret", Schema::text()),
        Property::optional("corsWhitelist", Schema::list(&TEXT)),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::optional("rev", Schema::integer()),
    ]
);

endpoint! {
    /// `getAuthCustomerSettings`.
    GetAuthCustomerSettings = &contract::GET_AUTH_CUSTOMER_SETTINGS,
    "Reads the secret that signs the tokens of customers.";
    path: (), query: (), body: (), answer: Document<CustomerAuthSettings>: Answer::One(&CUSTOMER_AUTH_SETTINGS)
}
