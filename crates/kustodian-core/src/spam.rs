//! Spam: senders whose messages are always spam, or never. A sender counts once on each channel, however it is written.

use kustomer_api::customer::{Customer, Phone};
use kustomer_api::error::code;
use kustomer_api::message::Channel;
use kustomer_api::spam_sender::{SpamList, SpamSender, SpamSenderAttributes, SpamSenderInput};
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Value};

use crate::change::{ChangeSet, EventSeed};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::customer::Context;
use crate::lifecycle;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::{OrgKey, Stored};

impl Record for SpamSenderAttributes {
    fn claims(sender: &SpamSender, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let SpamSenderAttributes { sender, channel, .. } = &sender.attributes;
        let named = sender.value().zip(channel.value());
        let claim = |(sender, channel): (&String, &Channel)| Claim {
            kind: ClaimKind::SpamSender,
            key: key(org, channel, sender),
            owner,
            place: ClaimPlace::attribute("sender"),
        };
        named.map(claim).into_iter().collect()
    }
}

/// The claim on a sender of a channel.
pub fn key(org: OrgKey, channel: &Channel, sender: &str) -> ClaimKey {
    ClaimKey::new(org, ClaimKind::SpamSender, &format!("{channel}\0{}", plain(channel, sender)))
}

/// A sender as it is compared: in lower case, and a number without what only makes it readable.
fn plain(channel: &Channel, sender: &str) -> String {
    let sender = sender.trim().to_lowercase();
    match channel {
        Channel::Sms | Channel::Voice | Channel::Whatsapp => {
            let number = sender.strip_prefix("whatsapp:").unwrap_or(&sender);
            number.chars().filter(|character| !matches!(character, ' ' | '-' | '.' | '/' | '(' | ')')).collect()
        }
        _ => sender,
    }
}

/// Puts a sender on a list: it is new when nothing is stored of it.
///
/// # Errors
/// 400 for a sender that is blank; 404 when it was deleted meanwhile.
pub fn put(
    context: &Context<'_>,
    stored: Option<&Stored>,
    id: ObjectId,
    event: EventSeed,
    mut input: SpamSenderInput,
) -> Result<ChangeSet, Refusal> {
    input.sender = input.sender.map(|sender| sender.trim().to_lowercase());
    if input.sender.as_ref().is_some_and(String::is_empty) {
        let title = "A sender is an address or a number";
        return Err(Refusal::new(400, code::BAD_PARAM, "sender", title).with_meta("pointer", "/sender"));
    }
    let Some(stored) = stored else {
        let mut sender = SpamSenderAttributes::default();
        input.apply(&mut sender);
        return lifecycle::create(context, id, event, sender);
    };
    lifecycle::update(context, Some(stored), event, |sender: &mut SpamSenderAttributes| {
        // How it is written stays as it was first sent.
        sender.list = input.list.map_or_else(|| sender.list.clone(), Field::Value);
        Ok(())
    })
}

/// Takes a sender off its list.
///
/// # Errors
/// 404 when it is on none.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<SpamSenderAttributes>(context, stored, event)
}

/// How many senders of one message are looked up.
const MAX_SENDERS: usize = 10;

/// The senders of a message, from its `meta`: `from` as a text, an object with `email`, `address`, `phone` or
/// `number`, or a list of either. None when it says nothing: then the customer is asked ([`senders_of_customer`]).
///
/// ```
/// use kustodian_core::spam::senders_in;
/// use serde_json::json;
///
/// let meta = json!({ "from": [{ "email": "ada@acme.example" }, "+1 800 555 1212"] });
/// assert_eq!(senders_in(meta.as_object().unwrap()), ["ada@acme.example", "+1 800 555 1212"]);
/// ```
pub fn senders_in(meta: &Map<String, Value>) -> Vec<String> {
    let items = match meta.get("from") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let sender = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => {
            ["email", "address", "phone", "number"].iter().find_map(|key| Some(object.get(*key)?.as_str()?.to_owned()))
        }
        _ => None,
    };
    items.iter().filter_map(sender).take(MAX_SENDERS).collect()
}

/// The addresses or numbers of a customer on a channel.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn senders_of_customer(channel: &Channel, customer: &Stored) -> Result<Vec<String>, Refusal> {
    let customer: Customer = resource::read(&customer.document)?;
    let customer = customer.attributes;
    let phones = |all: Field<Vec<Phone>>| all.into_value().unwrap_or_default().into_iter().map(|item| item.phone);
    let mut senders: Vec<String> = match channel {
        Channel::Email => customer.emails.into_value().unwrap_or_default().into_iter().map(|item| item.email).collect(),
        Channel::Sms | Channel::Voice => phones(customer.phones).collect(),
        Channel::Whatsapp => phones(customer.whatsapps).collect(),
        _ => Vec::new(),
    };
    senders.truncate(MAX_SENDERS);
    Ok(senders)
}

/// Whether the lists of its senders make a message spam: one who is never spam counts more than one who always is.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn is_spam(senders: &[Stored]) -> Result<bool, Refusal> {
    let mut is_spam = false;
    for sender in senders {
        let sender: SpamSender = resource::read(&sender.document)?;
        match sender.attributes.list.value() {
            Some(SpamList::Whitelist) => return Ok(false),
            Some(SpamList::Blacklist) => is_spam = true,
            _ => {}
        }
    }
    Ok(is_spam)
}
