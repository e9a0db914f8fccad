//! Outbound webhooks: events are sent to a URL (`docs/contract/behaviour.md` §15). The pending deliveries of each are a
//! [`Queue`].

mod addresses;
mod log;
mod queue;

pub use self::addresses::is_public;
pub use self::log::{Log, Transaction};
pub use self::queue::{Arrived, Attempt, Pending, Queue, Settled, WINDOW};

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use kustomer_api::error::code;
use kustomer_api::outbound_webhook::{
    EVENT_HEADER, OutboundWebhook, OutboundWebhookAttributes, OutboundWebhookInput, SIGNATURE_HEADER, WebhookHeader,
};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId};
use sha2::Sha256;
use url::Url;

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::inbound_webhook;
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::permission;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// How many webhooks an org may have. Kustomer allows five.
pub const MAX_WEBHOOKS: usize = 100;

impl Record for OutboundWebhookAttributes {}

/// The kinds whose events are sent. A webhook's own are not: they hold its token.
pub fn sent_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| *kind != Kind::OutboundWebhook)
}

/// The names of the events that a webhook may ask for: Kustomer's twelve, and those of every other kind and of every verb.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    sent_kinds().flat_map(|kind| {
        let events = kind.spec().events;
        [events.create, events.update, events.delete, events.restore, events.erase, events.redact]
    })
}

/// The kinds of records that these events are about, each once.
pub fn kinds_of<E: AsRef<str>>(events: &[E]) -> Vec<Kind> {
    let is_asked = |kind: &Kind| {
        let prefix = format!("kustomer.{}.", kind.as_str());
        let is_about_it = |event: &E| match inbound_webhook::raised_by(event.as_ref()) {
            Some(_) => *kind == Kind::InboundWebhook,
            None => event.as_ref().strip_prefix(&prefix).is_some_and(|verb| !verb.contains('.')),
        };
        events.iter().any(is_about_it)
    };
    sent_kinds().filter(is_asked).collect()
}

/// Which URLs are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schemes {
    /// Whether `http:` is, beside `https:`.
    pub allow_http: bool,
}

/// Makes a webhook, with the key of its signatures.
///
/// # Errors
/// 400 that names each attribute that cannot be.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: OutboundWebhookInput,
    token: String,
    schemes: Schemes,
) -> Result<ChangeSet, Refusal> {
    check(&input, schemes)?;
    let mut webhook = OutboundWebhookAttributes {
        headers: Field::Value(Vec::new()),
        enabled: true.into(),
        token: token.into(),
        disabled_reason: Field::Null,
        disabled_at: Field::Null,
        ..OutboundWebhookAttributes::default()
    };
    input.apply(&mut webhook);
    lifecycle::create(context, id, event, webhook)
}

/// Changes a webhook: attributes of the input replace the stored ones. Enabling it forgets why it was disabled.
///
/// # Errors
/// 400 that names each attribute that cannot be; 404 when it is not there; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: OutboundWebhookInput,
    schemes: Schemes,
) -> Result<ChangeSet, Refusal> {
    check(&input, schemes)?;
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |webhook: &mut OutboundWebhookAttributes| {
        if input.enabled == Some(true) {
            (webhook.disabled_reason, webhook.disabled_at) = (Field::Null, Field::Null);
        }
        input.apply(webhook);
        Ok(())
    })
}

/// Disables a webhook whose deliveries fail, or for which nobody may answer any longer. Nothing when it is not enabled any
/// longer.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn disable(context: &Context<'_>, stored: &Stored, event: EventSeed, reason: &str) -> Result<ChangeSet, Refusal> {
    if stored.deleted || !is_enabled(stored)? {
        return Ok(ChangeSet::default());
    }
    let edit = |record: &mut OutboundWebhook| {
        record.attributes.enabled = false.into();
        record.attributes.disabled_reason = reason.to_owned().into();
        record.attributes.disabled_at = context.now.into();
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::System, edit).map(|updated| updated.changes)
}

/// Deletes a webhook.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<OutboundWebhookAttributes>(context, stored, event)
}

/// What deliveries need to know of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Where events are sent.
    pub url: String,
    /// Their names.
    pub events: Vec<String>,
    /// The headers besides.
    pub headers: Vec<WebhookHeader>,
    /// The key of the signatures.
    pub token: String,
}

impl Subscription {
    /// Of a webhook that is there and enabled.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn of(stored: &Stored) -> Result<Option<Self>, Refusal> {
        let webhook: OutboundWebhook = resource::read(&stored.document)?;
        let OutboundWebhookAttributes { url, events, headers, enabled, token, .. } = webhook.attributes;
        if stored.deleted || enabled.into_value() != Some(true) {
            return Ok(None);
        }
        Ok(Some(Self {
            url: url.into_value().unwrap_or_default(),
            events: events.into_value().unwrap_or_default(),
            headers: headers.into_value().unwrap_or_default(),
            token: token.into_value().unwrap_or_default(),
        }))
    }

    /// Whether events with this name are sent.
    pub fn asks_for(&self, event: &str) -> bool {
        self.events.iter().any(|asked| asked == event)
    }
}

/// The user who is responsible for a webhook: its creator, or the last one who changed it, which takes the same roles.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn answerer(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    let webhook: OutboundWebhook = resource::read(&stored.document)?;
    let related = ["modifiedBy", "createdBy"].into_iter().find_map(|name| webhook.relationships.get(name));
    Ok(related.and_then(|related| related.id()?.parse().ok()))
}

/// Whether the user who is responsible for a webhook may still read its events; `roles` are those that the user has
/// now, none when nobody can act as the user any longer.
///
/// # Errors
/// Why the webhook has to be disabled.
pub fn check_answerer(user: Option<ObjectId>, roles: Option<&[String]>, events: &[String]) -> Result<(), String> {
    const ADVICE: &str = "a user who may read its events can enable it again, and is then responsible for it";
    let user = user.map_or_else(|| "nobody".to_owned(), |id| format!("the user {id}"));
    let Some(roles) = roles else {
        let lost = "who was deactivated, or has no API key left that is valid";
        return Err(format!(
            "The user who made or last changed the webhook is responsible for it: {user}, {lost}; {ADVICE}"
        ));
    };
    match kinds_of(events).into_iter().find(|kind| !permission::opens(roles, *kind)) {
        None => Ok(()),
        Some(kind) => {
            let lost = format!("who may not read records of the type {} any longer", kind.as_str());
            Err(format!(
                "The user who made or last changed the webhook is responsible for it: {user}, {lost}; {ADVICE}"
            ))
        }
    }
}

/// The names of the events that a webhook asks for, enabled or not.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn events_of(stored: &Stored) -> Result<Vec<String>, Refusal> {
    let webhook: OutboundWebhook = resource::read(&stored.document)?;
    Ok(webhook.attributes.events.into_value().unwrap_or_default())
}

fn is_enabled(stored: &Stored) -> Result<bool, Refusal> {
    Ok(Subscription::of(stored)?.is_some())
}

/// The signature of a body, as receivers compute it: HMAC-SHA256 under the token, in lower-case hexadecimal digits.
///
/// ```
/// use kustodian_core::outbound_webhook::signature;
///
/// let signed = signature("key", b"The quick brown fox jumps over the lazy dog");
/// assert_eq!(signed, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
/// ```
pub fn signature(token: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut digits, byte| {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The headers that deliveries set themselves, or that belong to the connection.
const RESERVED: &[&str] = &[
    EVENT_HEADER,
    SIGNATURE_HEADER,
    "host",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
    "trailer",
    "expect",
    "proxy-authorization",
    "keep-alive",
];

fn check(input: &OutboundWebhookInput, schemes: Schemes) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if let Some(url) = &input.url
        && let Err((title, advice)) = check_url(url, schemes)
    {
        faults.push(Fault::of_attribute("url", title, advice));
    }
    for (index, event) in input.events.iter().flatten().enumerate() {
        if !event_names().any(|name| name == event) && inbound_webhook::raised_by(event).is_none() {
            faults.push(Fault {
                pointer: format!("/events/{index}"),
                ..Fault::of_attribute(
                    "events",
                    "There is no event of this name",
                    "GET /v1/outbound-webhooks/events lists those that there are",
                )
            });
        }
    }
    if input.events.as_ref().is_some_and(Vec::is_empty) {
        faults.push(Fault::of_attribute("events", "A webhook asks for at least one event", "name an event"));
    }
    for (index, header) in input.headers.iter().flatten().enumerate() {
        if let Err(title) = check_header(header) {
            let advice = "send a header of your own, such as Authorization, with visible ASCII characters";
            let fault = Fault::of_attribute("headers", title, advice);
            faults.push(Fault { pointer: format!("/headers/{index}"), ..fault });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

/// Whether a URL can be sent to. Which addresses its host has is looked up when something is sent.
fn check_url(url: &str, schemes: Schemes) -> Result<(), (&'static str, &'static str)> {
    const ADVICE: &str = "send a URL such as https://hooks.acme.example/kustomer";
    let url = Url::parse(url).map_err(|_| ("The url cannot be read", ADVICE))?;
    match url.scheme() {
        "https" => {}
        "http" if schemes.allow_http => {}
        "http" => return Err(("The url is not encrypted", "send a https: URL; --webhook-allow-http allows others")),
        _ => return Err(("The url is neither http: nor https:", ADVICE)),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("The url holds a password", "send it as a header: Authorization"));
    }
    url.host_str().filter(|host| !host.is_empty()).map(|_| ()).ok_or(("The url names no host", ADVICE))
}

fn check_header(header: &WebhookHeader) -> Result<(), &'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !header.name.bytes().all(is_token) {
        return Err("The name of the header has characters that no header may have");
    }
    if RESERVED.iter().any(|reserved| header.name.eq_ignore_ascii_case(reserved)) {
        return Err("Deliveries set this header themselves");
    }
    if !header.value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return Err("The value of the header has characters that no header may have");
    }
    Ok(())
}

/// The refusal of one webhook too many.
pub fn too_many() -> Refusal {
    let title = format!("The org has {MAX_WEBHOOKS} webhooks already: delete one, or let one ask for more events");
    Refusal::new(400, code::BAD_PARAM, "", title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(input: &OutboundWebhookInput, allow_http: bool) -> Vec<String> {
        match check(input, Schemes { allow_http }) {
            Ok(()) => Vec::new(),
            Err(refusal) => refusal.errors.iter().map(|error| format!("{error:?}")).collect(),
        }
    }

    #[test]
    fn a_webhook_asks_for_events_that_there_are_at_a_url_that_can_be_sent_to() {
        let good = OutboundWebhookInput::new("a", "https://a.example/b?c=d", ["kustomer.customer.update"]);
        assert_eq!(faults(&good, false), Vec::<String>::new());
        for url in
            ["http://a.example", "ftp://a.example", "https://u:p@a.example", "https://u@a.example", "https:", "a:b"]
        {
            let wrong = OutboundWebhookInput { url: Some(url.to_owned()), ..good.clone() };
            assert_eq!(faults(&wrong, false).len(), 1, "{url}");
        }
        let plain = OutboundWebhookInput { url: Some("http://a.example".to_owned()), ..good.clone() };
        assert_eq!(faults(&plain, true), Vec::<String>::new());
        for event in ["kustomer.customer.updated", "customer.update", "kustomer.outbound_webhook.create", "*"] {
            let wrong = OutboundWebhookInput { events: Some(vec![event.to_owned()]), ..good.clone() };
            assert_eq!(faults(&wrong, false).len(), 1, "{event}");
        }
        for (name, value) in
            [("Host", "a"), ("X-Kustomer-Webhook-Signature", "a"), ("a b", "c"), ("a", "b\r\nc: d"), ("a", "ü")]
        {
            let headers = vec![WebhookHeader { name: name.to_owned(), value: value.to_owned() }];
            let wrong = OutboundWebhookInput { headers: Some(headers), ..good.clone() };
            assert_eq!(faults(&wrong, false).len(), 1, "{name}: {value}");
        }
    }

    #[test]
    fn the_twelve_events_of_the_contract_can_be_asked_for() {
        let names: Vec<&str> = event_names().collect();
        for kind in ["customer", "conversation", "message", "user", "team", "tag"] {
            for verb in ["create", "update"] {
                assert!(names.contains(&format!("kustomer.{kind}.{verb}").as_str()), "{kind} {verb}");
            }
        }
        assert!(names.len() <= kustomer_api::outbound_webhook::MAX_EVENTS);
        assert!(kinds_of(&names).len() == Kind::ALL.len() - 1);
        assert_eq!(kinds_of(&["kustomer.conversation_time.create"]), [Kind::ConversationTime]);
    }
}
