//! Spam: senders whose messages are always spam, or never. A sender counts once on each channel, however it is written.

use std::collections::BTreeSet;

use kustomer_api::customer::{Customer, Phone};
use kustomer_api::error::code;
use kustomer_api::message::Channel;
use kustomer_api::spam_sender::{SpamList, SpamSender, SpamSenderAttributes, SpamSenderInput};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

use crate::change::{ChangeSet, EventSeed};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::contact::{digits, fold};
use crate::customer::Context;
use crate::identities::Identities;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::{OrgKey, Stored};
use crate::{lifecycle, missing, resource};

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

    fn erase(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        if missing::erased_at(stored)?.is_some() {
            return Ok(None);
        }
        let mark = |attributes: &mut Self, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(context, stored, seed, mark).map(Some)
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

/// The address or number in a sender that a name may be written before, as in `Ada <ada@acme.example>`.
///
/// ```
/// use kustodian_core::spam::address_in;
///
/// assert_eq!(address_in("\"Ada, at home\" <ada@acme.example>"), "ada@acme.example");
/// assert_eq!(address_in(" ada@acme.example "), "ada@acme.example");
/// ```
pub fn address_in(sender: &str) -> &str {
    let sender = sender.trim();
    let bracketed = sender.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map(|(_, address)| address.trim());
    bracketed.filter(|address| !address.is_empty()).unwrap_or(sender)
}

/// Puts a sender on a list: it is new when nothing is stored of it.
///
/// # Errors
/// 400 for a sender without a letter or a digit; 404 when it was deleted meanwhile.
pub fn put(
    context: &Context<'_>,
    stored: Option<&Stored>,
    id: ObjectId,
    event: EventSeed,
    mut input: SpamSenderInput,
) -> Result<ChangeSet, Refusal> {
    input.sender = input.sender.map(|sender| address_in(&sender).to_lowercase());
    if input.sender.as_ref().is_some_and(|sender| !sender.chars().any(char::is_alphanumeric)) {
        let title = "A sender is an address or a number: it has letters or digits";
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
/// `number`, or a list of either. One with a name before its address is given in both forms. None when it says nothing: then the customer is asked ([`senders_of_customer`]).
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
    let forms = |text: String| {
        let address = address_in(&text).to_owned();
        let whole = (address != text.trim()).then_some(text);
        [Some(address), whole].into_iter().flatten()
    };
    items.iter().filter_map(sender).take(MAX_SENDERS).flat_map(forms).collect()
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

/// What a person sends from, now and formerly: addresses, numbers and names, as senders are compared.
#[derive(Debug, Clone, Default)]
pub struct Senders(BTreeSet<String>);

impl From<&Identities> for Senders {
    fn from(identities: &Identities) -> Self {
        let forms = |text: &str| [plain(&Channel::Email, text), plain(&Channel::Sms, text)];
        Self(identities.iter().flat_map(forms).collect())
    }
}

impl Senders {
    /// Whether something is said of one of them; `None` when it is not, or nothing of it is left.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn find(&self, stored: &Stored) -> Result<Option<Said>, Refusal> {
        let record: SpamSender = resource::read(&stored.document)?;
        let SpamSenderAttributes { sender, channel, .. } = record.attributes;
        let (Field::Value(sender), Field::Value(channel)) = (sender, channel) else { return Ok(None) };
        let is_among = self.0.contains(&plain(&channel, &sender));
        Ok(is_among.then_some(Said { id: stored.id, sender }))
    }
}

/// Something that is said of a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The id of the record.
    pub id: ObjectId,
    sender: String,
}

impl Said {
    /// The claims by which another customer has the sender's address or number now: then it is that customer's.
    pub fn claims_of_others(&self, org: OrgKey) -> Vec<ClaimKey> {
        if self.sender.contains('@') {
            return vec![ClaimKey::new(org, ClaimKind::Email, &fold(&self.sender))];
        }
        let number = digits(&self.sender);
        let kinds = [ClaimKind::Phone, ClaimKind::Whatsapp].into_iter().filter(|_| !number.is_empty());
        kinds.map(|kind| ClaimKey::new(org, kind, &number)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(channel: &str, sender: &str) -> Stored {
        let document = serde_json::json!({ "type": "spam_sender", "id": "5c7d1a1f9a1b2c0010a1b2c3",
            "attributes": { "sender": sender, "channel": channel, "list": "blacklist" } });
        Stored {
            id: ObjectId::from_bytes([1; 12]),
            rev: 1,
            deleted: false,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            document: document.to_string(),
        }
    }

    #[test]
    fn what_a_person_sends_from_is_found_however_it_is_written_now_and_formerly() {
        let mut identities = Identities::default();
        let now = serde_json::json!({ "attributes": { "name": "spam@name.example", "username": "Ada",
            "emails": [{ "email": "Ada@Acme.Example", "type": "home" }], "phones": [{ "phone": "+1 (800) 555-1212" }] } });
        identities.add_customer(&now.to_string()).unwrap();
        let change = serde_json::json!({ "attributes": { "emails": { "op": "replace",
            "before": [{ "email": "old@acme.example" }], "after": [] } } });
        identities.add_changes(&change.to_string()).unwrap();
        let senders = Senders::from(&identities);
        for (channel, sender) in [
            ("email", "ada@acme.example"),
            ("email", " OLD@acme.example"),
            ("sms", "+18005551212"),
            ("whatsapp", "whatsapp:+1 800 555 1212"),
            ("chat", "ada"),
        ] {
            assert!(senders.find(&said(channel, sender)).unwrap().is_some(), "{sender}");
        }
        for (channel, sender) in [("email", "spam@name.example"), ("chat", "home"), ("sms", "18005551212")] {
            assert_eq!(senders.find(&said(channel, sender)).unwrap(), None, "{sender}");
        }
    }
}
