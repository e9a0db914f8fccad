//! Inbound webhooks: what other systems post to a secret address becomes an event (`docs/contract/behaviour.md` §15.5).
//! The last post is in the record, so that each event has its post, and the history of the record lists all.

mod about;
mod body;
mod xml;

pub use self::about::Person;
pub use self::body::{Encoding, fields, read};

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use kustomer_api::error::code;
use kustomer_api::inbound_webhook::{
    InboundWebhook, InboundWebhookAddress, InboundWebhookAttributes, InboundWebhookInput,
};
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::change::{ChangeSet, EventSeed, Kept};
use crate::customer::Context;
use crate::lifecycle::{self, By};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{missing, resource};

/// How many inbound webhooks an org may have.
pub const MAX_WEBHOOKS: usize = 100;

/// How much of the signature is in a hash.
const SIGNATURE: usize = 16;

impl Record for InboundWebhookAttributes {}

/// Makes an inbound webhook.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: InboundWebhookInput,
) -> Result<ChangeSet, Refusal> {
    let mut webhook = InboundWebhookAttributes {
        enabled: true.into(),
        hash_number: 1.into(),
        received: Field::Null,
        received_at: Field::Null,
        ..InboundWebhookAttributes::default()
    };
    input.apply(&mut webhook);
    lifecycle::create(context, id, event, webhook)
}

/// Changes an inbound webhook: attributes of the input replace the stored ones.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: InboundWebhookInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |webhook: &mut InboundWebhookAttributes| {
        if input.rotate_hash == Some(true) {
            webhook.hash_number = (hash_number(webhook) + 1).into();
        }
        input.apply(webhook);
        Ok(())
    })
}

/// Deletes an inbound webhook; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<InboundWebhookAttributes>(context, stored, event)
}

/// Erases all that was posted, of a deleted webhook too: that something was posted, and when, stays in its history.
///
/// # Errors
/// 404 when the webhook never was.
pub fn erase_posts(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
    lifecycle::redact(context, stored, event, By::User, None, without_post).map(|updated| updated.changes)
}

/// Whether a change of a webhook shows a post about a person.
///
/// # Errors
/// 500 when it is not what this version stores.
pub fn shows(changes: &str, person: &Person) -> Result<bool, Refusal> {
    let changes: Map<String, Value> = resource::read(changes)?;
    let received = changes.get("attributes").and_then(|attributes| attributes.get("received"));
    Ok(received.is_some_and(|received| person.is_in(received)))
}

/// Erases all that was posted since the first post about a person who is erased, of a deleted webhook too. `kept` is the
/// last state from before that. Later posts go with it, since the difference of two posts shows both. `None` when nothing is
/// left of the webhook.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn forget(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    kept: Option<Kept>,
) -> Result<Option<ChangeSet>, Refusal> {
    if missing::erased_at(stored)?.is_some() {
        return Ok(None);
    }
    // The client that chose the id of the request may have named the person.
    let context = Context { request_id: "", ..*context };
    lifecycle::redact(&context, stored, event, By::Consequence, kept, without_post).map(|updated| Some(updated.changes))
}

/// The posts of a webhook that are older than they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// All: the newest revision is this one.
    All(u64),
    /// Those up to this revision, which is behind the last old one: its difference shows that, too.
    Until(u64),
}

/// Erases posts that are too old. `None` when nothing is left of the webhook, or something was posted meanwhile.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn retire(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    old: Old,
) -> Result<Option<ChangeSet>, Refusal> {
    if missing::erased_at(stored)?.is_some() {
        return Ok(None);
    }
    type Edit = fn(&mut InboundWebhook) -> Result<(), Refusal>;
    // Nothing leads back from a redaction, so the state before it is kept whole.
    let whole = Kept { rev: stored.rev, document: stored.document.clone() };
    let (until, kept, edit): (_, _, Edit) = match old {
        Old::All(rev) if rev == stored.rev => (rev, None, without_post),
        Old::All(_) => return Ok(None),
        Old::Until(rev) => (rev, Some(whole), |_| Ok(())),
    };
    let mut changes = lifecycle::redact(context, stored, event, By::System, kept, edit)?.changes;
    for erasure in &mut changes.erasures {
        erasure.until = Some(until);
    }
    Ok(Some(changes))
}

/// Whether the record of a webhook has a post.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn has_post(stored: &Stored) -> Result<bool, Refusal> {
    let webhook: InboundWebhook = resource::read(&stored.document)?;
    Ok(webhook.attributes.received.value().is_some())
}

fn without_post(record: &mut InboundWebhook) -> Result<(), Refusal> {
    (record.attributes.received, record.attributes.received_at) = (Field::Null, Field::Null);
    Ok(())
}

/// The refusal of one webhook too many.
pub fn too_many() -> Refusal {
    let title = format!("The org has {MAX_WEBHOOKS} inbound webhooks already: delete one");
    Refusal::new(400, code::BAD_PARAM, "", title)
}

fn hash_number(webhook: &InboundWebhookAttributes) -> u64 {
    webhook.hash_number.value().copied().unwrap_or(1)
}

/// Where to post to an inbound webhook. Its hash follows from the key of the database and is stored nowhere, so that a
/// reader of the record or its events, in the feed or in the post of an outbound webhook, may not post.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn address(org: ObjectId, stored: &Stored, key: &[u8; 32]) -> Result<InboundWebhookAddress, Refusal> {
    let webhook: InboundWebhook = resource::read(&stored.document)?;
    let signature = signing(org, stored.id, hash_number(&webhook.attributes), key)?.finalize().into_bytes();
    let mut hash = format!("{org}{}", stored.id);
    for byte in signature.iter().take(SIGNATURE) {
        // Writing to a text cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    let path = format!("/v1/hooks/web/{hash}");
    Ok(InboundWebhookAddress { hash, path })
}

fn signing(org: ObjectId, webhook: ObjectId, number: u64, key: &[u8; 32]) -> Result<Hmac<Sha256>, Refusal> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| resource::fault("The hash could not be made"))?;
    mac.update(format!("inbound webhook\0{org}\0{webhook}\0{number}").as_bytes());
    Ok(mac)
}

/// The hash that something was posted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash {
    /// The org.
    pub org: ObjectId,
    /// The webhook.
    pub webhook: ObjectId,
    signature: [u8; SIGNATURE],
}

impl Hash {
    /// Out of a path; `None` when it cannot be one.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != 48 + 2 * SIGNATURE || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut signature = [0; SIGNATURE];
        for (index, byte) in signature.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(48 + 2 * index..50 + 2 * index)?, 16).ok()?;
        }
        Some(Self { org: text.get(..24)?.parse().ok()?, webhook: text.get(24..48)?.parse().ok()?, signature })
    }

    /// Lets pass a post to a webhook that is there and enabled, with the hash that is valid now.
    ///
    /// # Errors
    /// 404 otherwise, always in the same words.
    pub fn check(&self, stored: Option<&Stored>, key: &[u8; 32]) -> Result<(), Refusal> {
        let stored = stored.filter(|stored| !stored.deleted && stored.id == self.webhook).ok_or_else(unknown)?;
        let webhook: InboundWebhook = resource::read(&stored.document)?;
        let mac = signing(self.org, self.webhook, hash_number(&webhook.attributes), key)?;
        let is_valid = mac.verify_truncated_left(&self.signature).is_ok();
        let is_enabled = webhook.attributes.enabled.value() != Some(&false);
        if is_valid && is_enabled { Ok(()) } else { Err(unknown()) }
    }
}

/// The refusal of a post to an unknown webhook.
pub fn unknown() -> Refusal {
    let detail =
        "the address was replaced, or the webhook was disabled or deleted: ask who gave it to you for the new one";
    Refusal::not_found("hash").with_detail(detail)
}

/// The post.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Its body as JSON.
    pub body: Value,
    /// The type that the sender named.
    pub content_type: Option<String>,
    /// Its headers, as they arrived.
    pub headers: Vec<(String, String)>,
    /// The arguments of its query.
    pub query: Vec<(String, String)>,
}

/// The most headers that are kept, and the most bytes of each.
const MAX_HEADERS: usize = 64;
const MAX_HEADER: usize = 1_024;

/// What headers that hold a credential, an address or what belongs to the connection have in their names. Signatures
/// are kept: the owner of the key checks them.
const NOT_KEPT: &[&str] = &[
    "authorization",
    "cookie",
    "token",
    "secret",
    "password",
    "api-key",
    "apikey",
    "session",
    "csrf",
    "forwarded",
    "real-ip",
    "client-ip",
    "connecting-ip",
    "connection",
    "transfer-encoding",
    "upgrade",
    "te",
    "host",
    "expect",
    "trailer",
];

fn is_kept(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !NOT_KEPT.iter().any(|word| match word.len() {
        0..=4 => name == *word,
        _ => name.contains(word),
    })
}

impl Received {
    fn into_attribute(self) -> Map<String, Value> {
        let kept = self.headers.into_iter().filter(|(name, value)| is_kept(name) && value.len() <= MAX_HEADER);
        Map::from_iter([
            ("body".to_owned(), self.body),
            ("contentType".to_owned(), self.content_type.map_or(Value::Null, Value::String)),
            ("headers".to_owned(), fields(kept.take(MAX_HEADERS))),
            ("query".to_owned(), fields(self.query)),
        ])
    }
}

/// The name of the event that is raised when something is posted to a webhook.
pub fn event_name(webhook: ObjectId) -> String {
    format!("kustomer.hooks.web.{webhook}.receive")
}

/// The webhook that an event with this name is raised by.
pub fn raised_by(event: &str) -> Option<ObjectId> {
    event.strip_prefix("kustomer.hooks.web.")?.strip_suffix(".receive")?.parse().ok()
}

/// Records a post.
///
/// # Errors
/// 404 when the hash is not that of the webhook, or it takes nothing.
pub fn receive(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    (hash, key): (&Hash, &[u8; 32]),
    received: Received,
) -> Result<ChangeSet, Refusal> {
    hash.check(stored, key)?;
    let stored = stored.ok_or_else(unknown)?;
    let edit = |record: &mut InboundWebhook| {
        record.attributes.received = received.into_attribute().into();
        record.attributes.received_at = context.now.into();
        Ok(())
    };
    let mut changes = lifecycle::update_record(context, stored, event, By::System, edit)?.changes;
    for event in &mut changes.events {
        event.name = event_name(stored.id).into();
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_names_its_org_and_its_webhook() {
        let text = format!("{}{}{}", "a".repeat(24), "b".repeat(24), "0f".repeat(16));
        let hash = Hash::read(&text).unwrap();
        assert_eq!((hash.org.to_string(), hash.webhook.to_string()), ("a".repeat(24), "b".repeat(24)));
        assert_eq!(hash.signature, [15; 16]);
        for wrong in ["", &text[1..], &text.replace('a', "g"), &format!("{text}0"), &"ü".repeat(40)] {
            assert_eq!(Hash::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn headers_that_hold_a_credential_or_an_address_are_not_kept() {
        for name in ["Authorization", "X-Api-Key", "cookie", "X-Forwarded-For", "X-Auth-Token", "TE", "Host"] {
            assert!(!is_kept(name), "{name}");
        }
        for name in ["X-Hub-Signature-256", "User-Agent", "X-Shopify-Topic", "date"] {
            assert!(is_kept(name), "{name}");
        }
    }

    #[test]
    fn the_name_of_an_event_names_its_webhook() {
        let id = ObjectId::from_bytes([7; 12]);
        assert_eq!(raised_by(&event_name(id)), Some(id));
        assert_eq!(raised_by("kustomer.hooks.web.x.receive"), None);
        assert_eq!(raised_by("kustomer.inbound_webhook.update"), None);
    }
}
