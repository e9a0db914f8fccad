//! How people of an org sign in, and how long their sessions last: one record for each org, whose id is that of the org. Nobody
//! has written it at first; then it is as [`unwritten`].

use kustomer_api::auth::{
    AuthSettings, AuthSettingsAttributes, AuthSettingsInput, CUSTOMER_SETTINGS_TYPE, CustomerAuthSettings,
    CustomerAuthSettingsAttributes, SamlSettings, SessionSettings, SignInSwitch,
};
use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::error::code;
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde::Deserialize;
use serde_json::Map;
use url::Url;

use crate::change::{ChangeSet, EventSeed};
use crate::customer::{Context, SYSTEM};
use crate::directory::Org;
use crate::kind::Kind;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{lifecycle, resource};

/// A session lasts a day, unless the org says otherwise.
const SESSION: u64 = 24 * 60 * 60 * 1_000;

impl Record for AuthSettingsAttributes {}

/// The settings in a note, where earlier versions kept them.
#[derive(Debug, Deserialize)]
struct Noted {
    attributes: AuthSettingsAttributes,
    /// Who changed them last.
    by: ObjectId,
}

/// The settings of an org, written or not.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn read(org: &Org, stored: Option<&Stored>) -> Result<AuthSettings, Refusal> {
    stored.map_or_else(|| Ok(unwritten(org)), |stored| resource::read(&stored.document))
}

/// The settings of an org that nobody has written.
pub fn unwritten(org: &Org) -> AuthSettings {
    let attributes = AuthSettingsAttributes {
        created_at: org.created_at.into(),
        updated_at: org.created_at.into(),
        modified_at: org.created_at.into(),
        ..initial()
    };
    AuthSettings {
        kind: Kind::AuthSettings.as_str().to_owned(),
        id: org.id.into(),
        attributes,
        relationships: Relationships::from([("org".to_owned(), resource::org_relationship(org))]),
        links: Some(SelfLink::new(Kind::AuthSettings.path_of(org.id))),
        extra: Map::new(),
    }
}

/// The settings of an org that has written none.
fn initial() -> AuthSettingsAttributes {
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
    AuthSettingsAttributes {
        kustomer: SignInSwitch { enabled: true.into(), ..SignInSwitch::default() }.into(),
        google: off().into(),
        saml: saml.into(),
        app: app.into(),
        cors_whitelist: Vec::new().into(),
        ..AuthSettingsAttributes::default()
    }
}

/// Makes a record of settings that an earlier version kept in a note; nobody does it, and the record says who changed them
/// last.
///
/// # Errors
/// 500 when the note is not what a version has written.
pub fn adopt(org: &Org, now: Timestamp, event: EventSeed, note: &[u8]) -> Result<ChangeSet, Refusal> {
    let Noted { mut attributes, by } =
        serde_json::from_slice(note).map_err(|_| resource::fault("Stored settings could not be read"))?;
    let context = Context { org, actor: by, now, client: SYSTEM, request_id: "", slas: None, import: None };
    if attributes.cors_whitelist.is_absent() {
        // They were written before origins were kept.
        attributes.cors_whitelist = Vec::new().into();
    }
    lifecycle::create(&context, org.id, event, attributes)
}

/// Writes the input over the settings. `if_match` is met by the state that unwritten ones are read with, too.
///
/// # Errors
/// 400 for a way of signing in that no server of ours can offer, or a text that is no origin; 409 when `rev` is
/// another; 412 when `If-Match` names another state.
pub fn put(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: AuthSettingsInput,
    if_match: Option<&str>,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = stored else {
        let etag = resource::etag(resource::render(&unwritten(context.org))?.as_bytes());
        if if_match.is_some_and(|header| !resource::names_etag(header, &etag)) {
            return Err(Refusal::precondition_failed());
        }
        if let Some(rev) = input.rev.as_ref().filter(|rev| rev.as_f64() != Some(0.0)) {
            return Err(Refusal::stale_rev(&rev.to_string(), 0));
        }
        let mut attributes = initial();
        write(&mut attributes, input)?;
        return lifecycle::create(context, context.org.id, event, attributes);
    };
    resource::check_rev(stored, input.rev.as_ref())?;
    lifecycle::update(context, Some(stored), event, |attributes| write(attributes, input))
}

fn write(attributes: &mut AuthSettingsAttributes, input: AuthSettingsInput) -> Result<(), Refusal> {
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
    if let Some(mut origins) = input.cors_whitelist {
        let mut seen = std::collections::HashSet::new();
        origins.retain(|origin| seen.insert(origin.clone()));
        attributes.cors_whitelist = origins.into();
    }
    attributes.kustomer = input.kustomer.into();
    attributes.google = input.google.into();
    if let Some(sent) = input.saml {
        let former = std::mem::take(&mut attributes.saml).into_value().unwrap_or_default();
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
    if let Some(length) = length.map(|length| whole(&length)).transpose()? {
        attributes.app =
            SessionSettings { user_session_expiration_milliseconds: length.into(), extra: Map::new() }.into();
    }
    Ok(())
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
pub fn origins(settings: AuthSettings) -> Vec<String> {
    settings.attributes.cors_whitelist.into_value().unwrap_or_default()
}

/// The length of a session; the schema has checked its limits.
///
/// # Errors
/// 400 for a fraction of a millisecond.
fn whole(number: &serde_json::Number) -> Result<u64, Refusal> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the schema keeps it between limits")]
    let rounded = |number: f64| number as u64;
    let of_double = || number.as_f64().filter(|number| number.fract() == 0.0).map(rounded);
    number.as_u64().or_else(of_double).ok_or_else(|| {
        const NAME: &str = "userSessionExpirationMilliseconds";
        let title = format!("{NAME} is a whole number of milliseconds, not {number}");
        Refusal::new(400, code::BAD_PARAM, NAME, title).with_meta("pointer", format!("/app/{NAME}"))
    })
}

/// Whether people sign in by passwords.
pub fn takes_passwords(settings: &AuthSettings) -> bool {
    settings.attributes.kustomer.value().and_then(|switch| switch.enabled.value()) != Some(&false)
}

/// When a session that begins now ends.
pub fn session_end(settings: &AuthSettings, now: Timestamp) -> Timestamp {
    let length = settings.attributes.app.value().and_then(|app| app.user_session_expiration_milliseconds.value());
    let length = i64::try_from(length.copied().unwrap_or(SESSION)).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(length))
}

/// What of the settings everybody may know.
pub fn show_public(settings: AuthSettings) -> AuthSettings {
    let AuthSettings { kind, id, attributes, .. } = settings;
    let saml = attributes.saml.into_value().unwrap_or_default();
    let attributes = AuthSettingsAttributes {
        kustomer: attributes.kustomer,
        google: attributes.google,
        saml: SamlSettings { enabled: saml.enabled, ..SamlSettings::default() }.into(),
        ..AuthSettingsAttributes::default()
    };
    let links = Some(SelfLink::new("/v1/p/auth/settings".to_owned()));
    AuthSettings { kind, id, attributes, relationships: Relationships::new(), links, extra: Map::new() }
}

/// What the org's own web pages sign customers in with. All but the secret, which is in no record, is of the settings.
pub fn show_to_customers(org: &Org, settings: AuthSettings, secret: String) -> CustomerAuthSettings {
    CustomerAuthSettings {
        kind: CUSTOMER_SETTINGS_TYPE.to_owned(),
        id: org.id.into(),
        attributes: CustomerAuthSettingsAttributes {
            secret: secret.into(),
            created_at: org.created_at.into(),
            updated_at: settings.attributes.updated_at,
            rev: settings.attributes.rev,
            cors_whitelist: origins(settings).into(),
            extra: Map::new(),
        },
        relationships: Relationships::from([("org".to_owned(), resource::org_relationship(org))]),
        links: Some(SelfLink::new("/v1/auth/customer/settings".to_owned())),
        extra: Map::new(),
    }
}
