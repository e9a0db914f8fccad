//! How people of an org sign in, and how long their sessions last.

use kustomer_api::auth::{
    AUTH_SETTINGS_TYPE, AuthSettings, AuthSettingsAttributes, AuthSettingsInput, SamlSettings, SessionSettings,
    SignInSwitch,
};
use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::error::code;
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use url::Url;

use crate::directory::Org;
use crate::refusal::Refusal;
use crate::resource;

/// A session lasts a day, unless the org says otherwise.
const SESSION: u64 = 24 * 60 * 60 * 1_000;

/// The stored part of the settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The attributes that are answered.
    pub attributes: AuthSettingsAttributes,
    /// Who changed them last.
    pub by: Option<ObjectId>,
}

/// The settings of an org that nobody has changed.
pub fn unwritten(org: &Org) -> Kept {
    let off = || SignInSwitch { enabled: false.into(), ..SignInSwitch::default() };
    let saml = SamlSettings {
        idp_public_certs: Vec::new().into(),
        idp_login_url: String::new().into(),
        idp_logout_url: String::new().into(),
        idp_issuer_id: String::new().into(),
        force_auth: false.into(),
        sign_requests: false.into(),
        allow_unencrypted_assert: false.into(),
        enabled: false.into(),
        extra: Map::new(),
    };
    let app = SessionSettings { user_session_expiration_milliseconds: SESSION.into(), extra: Map::new() };
    Kept {
        attributes: AuthSettingsAttributes {
            kustomer: SignInSwitch { enabled: true.into(), ..SignInSwitch::default() }.into(),
            google: off().into(),
            saml: saml.into(),
            app: app.into(),
            cors_whitelist: Vec::new().into(),
            created_at: org.created_at.into(),
            updated_at: org.created_at.into(),
            modified_at: org.created_at.into(),
            extra: Map::new(),
        },
        by: None,
    }
}

/// Writes the input over the settings.
///
/// # Errors
/// 400 for a way of signing in that no server of ours can offer, or a text that is not an origin.
pub fn update(kept: Kept, input: AuthSettingsInput, by: ObjectId, now: Timestamp) -> Result<Kept, Refusal> {
    let is_open = |enabled: &Field<bool>| enabled.value() == Some(&true);
    let refuse = |what: &str, name: &str| {
        let title = format!("{name} cannot be opened: signing in by it is not configured on this server");
        let pointer = format!("/{what}/enabled");
        Err(Refusal::new(400, code::BAD_PARAM, what, title).with_meta("pointer", pointer))
    };
    if is_open(&input.google.enabled) {
        return refuse("google", "Google");
    }
    if input.saml.as_ref().is_some_and(|saml| is_open(&saml.enabled)) {
        return refuse("saml", "SAML");
    }
    check_origins(input.cors_whitelist.as_deref().unwrap_or_default())?;
    let mut attributes = kept.attributes;
    if let Some(mut origins) = input.cors_whitelist {
        let mut seen = std::collections::HashSet::new();
        origins.retain(|origin| seen.insert(origin.clone()));
        attributes.cors_whitelist = origins.into();
    }
    attributes.kustomer = input.kustomer.into();
    attributes.google = input.google.into();
    if let Some(sent) = input.saml {
        let former = attributes.saml.into_value().unwrap_or_default();
        let keep = |sent: Field<String>, former| if sent.is_absent() { former } else { sent };
        let flag = |sent: Field<bool>, former| if sent.is_absent() { former } else { sent };
        let certificates = sent.idp_public_certs;
        attributes.saml = SamlSettings {
            idp_public_certs: if certificates.is_absent() { former.idp_public_certs } else { certificates },
            idp_login_url: keep(sent.idp_login_url, former.idp_login_url),
            idp_logout_url: keep(sent.idp_logout_url, former.idp_logout_url),
            idp_issuer_id: keep(sent.idp_issuer_id, former.idp_issuer_id),
            force_auth: flag(sent.force_auth, former.force_auth),
            sign_requests: flag(sent.sign_requests, former.sign_requests),
            allow_unencrypted_assert: flag(sent.allow_unencrypted_assert, former.allow_unencrypted_assert),
            enabled: flag(sent.enabled, former.enabled),
            extra: Map::new(),
        }
        .into();
    }
    let length = input.app.and_then(|app| app.user_session_expiration_milliseconds);
    if let Some(length) = length.and_then(|length| whole(&length)) {
        attributes.app =
            SessionSettings { user_session_expiration_milliseconds: length.into(), extra: Map::new() }.into();
    }
    attributes.updated_at = now.into();
    attributes.modified_at = now.into();
    Ok(Kept { attributes, by: Some(by) })
}

/// Lets pass origins as browsers write them: they compare nothing else.
fn check_origins(origins: &[String]) -> Result<(), Refusal> {
    let is_origin = |text: &str| {
        Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text)
    };
    let wrong = origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin));
    let faults: Vec<Fault> = wrong
        .map(|(index, _)| Fault {
            pointer: format!("/corsWhitelist/{index}"),
            ..Fault::of_attribute(
                "corsWhitelist",
                "This is no origin",
                "send scheme, host and port as a browser does: https://shop.example, without a path",
            )
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

/// The origins whose pages may track visitors of the org.
pub fn origins(kept: Kept) -> Vec<String> {
    kept.attributes.cors_whitelist.into_value().unwrap_or_default()
}

/// A number without its fraction; the schema has checked its limits.
fn whole(number: &serde_json::Number) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the schema keeps it between limits")]
    let rounded = |number: f64| number as u64;
    number.as_u64().or_else(|| number.as_f64().map(rounded))
}

/// Whether people sign in by passwords.
pub fn takes_passwords(kept: &Kept) -> bool {
    kept.attributes.kustomer.value().and_then(|switch| switch.enabled.value()) != Some(&false)
}

/// When a session that begins now ends.
pub fn session_end(kept: &Kept, now: Timestamp) -> Timestamp {
    let length = kept.attributes.app.value().and_then(|app| app.user_session_expiration_milliseconds.value());
    let length = i64::try_from(length.copied().unwrap_or(SESSION)).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(length))
}

/// The settings as they are answered.
pub fn show(org: &Org, mut kept: Kept) -> AuthSettings {
    if kept.attributes.cors_whitelist.is_absent() {
        // They were written before origins were kept.
        kept.attributes.cors_whitelist = Vec::new().into();
    }
    let mut relationships = Relationships::from([("org".to_owned(), resource::org_relationship(org))]);
    relationships.extend(kept.by.map(|by| ("modifiedBy".to_owned(), resource::user_relationship(by))));
    AuthSettings {
        kind: AUTH_SETTINGS_TYPE.to_owned(),
        id: org.id.into(),
        attributes: kept.attributes,
        relationships,
        links: Some(SelfLink::new("/v1/auth/settings".to_owned())),
        extra: Map::new(),
    }
}

/// What of the settings everybody may know.
pub fn show_public(org: &Org, kept: Kept) -> AuthSettings {
    let saml = kept.attributes.saml.into_value().unwrap_or_default();
    let attributes = AuthSettingsAttributes {
        kustomer: kept.attributes.kustomer,
        google: kept.attributes.google,
        saml: SamlSettings { enabled: saml.enabled, ..SamlSettings::default() }.into(),
        ..AuthSettingsAttributes::default()
    };
    AuthSettings {
        kind: AUTH_SETTINGS_TYPE.to_owned(),
        id: org.id.into(),
        attributes,
        relationships: Relationships::new(),
        links: Some(SelfLink::new("/v1/p/auth/settings".to_owned())),
        extra: Map::new(),
    }
}
