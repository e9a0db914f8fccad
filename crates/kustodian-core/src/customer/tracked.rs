//! What tracking says of a customer: who a visitor is, and when the customer was seen.

use kustomer_api::customer::{ContactType, Customer, CustomerInput, Email, ExternalId, Location, Phone};
use kustomer_api::tracking::IdentityInput;
use kustomer_api::{Field, Timestamp};

use super::lifecycle::put_of;
use super::{Context, Lookup, derive};
use crate::change::{Cause, ChangeSet, Event, EventSeed};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// How many addresses, numbers or external ids a customer may have, as one write may send.
const MAX_ITEMS: usize = 10;

/// What identifies a customer in an identity, in the order in which it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifying {
    /// By what.
    pub by: Lookup,
    /// Its value.
    pub value: String,
}

impl Identifying {
    /// All of an identity.
    pub fn of(identity: &IdentityInput) -> Vec<Self> {
        let all = [
            (Lookup::ExternalId, &identity.external_id),
            (Lookup::Email, &identity.email),
            (Lookup::Phone, &identity.phone),
        ];
        all.into_iter().filter_map(|(by, value)| Some(Self { by, value: value.clone()? })).collect()
    }
}

/// The customer that an identity is about, as it is stored.
#[derive(Debug, Clone)]
pub struct Known(Customer);

impl Known {
    /// Out of the record.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn of(stored: &Stored) -> Result<Self, Refusal> {
        resource::read(&stored.document).map(Self)
    }

    /// The ids of its tags.
    pub fn tags(&self) -> &[String] {
        self.0.attributes.tags.value().map_or(&[], Vec::as_slice)
    }

    /// Its first e-mail address.
    pub fn email(&self) -> Option<&str> {
        self.0.attributes.emails.value()?.first().map(|item| item.email.as_str())
    }
}

/// Whether a customer has anything that identifies it.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn has_identity(stored: &Stored) -> Result<bool, Refusal> {
    Known::of(stored).map(|known| derive::has_identity(&known.0.attributes))
}

/// What an identity writes on a customer, or makes one of. What identifies it is added to what the customer has, except what
/// another customer holds (`held`); all else replaces. Tags are left to the caller.
pub fn identify(identity: &IdentityInput, known: Option<&Known>, held: &[Identifying]) -> CustomerInput {
    let stored = known.map(|known| &known.0.attributes);
    let is_free = |by: Lookup| !held.iter().any(|held| held.by == by);
    let mut input = CustomerInput {
        name: sent(&identity.name),
        company: sent(&identity.company),
        username: sent(&identity.username),
        locale: sent(&identity.locale),
        time_zone: sent(&identity.time_zone),
        signed_up_at: sent(&identity.signed_up_at),
        birthday_at: sent(&identity.birthday_at),
        gender: sent(&identity.gender),
        custom: identity.custom.clone(),
        ..CustomerInput::default()
    };
    if let Some(email) = identity.email.as_ref().filter(|_| is_free(Lookup::Email)) {
        let items = stored.and_then(|stored| stored.emails.value());
        let same = |item: &Email| is_same(Lookup::Email, &item.email, email);
        input.emails = with(items, same, Email::new(email));
    }
    if let Some(phone) = identity.phone.as_ref().filter(|_| is_free(Lookup::Phone)) {
        let items = stored.and_then(|stored| stored.phones.value());
        let same = |item: &Phone| is_same(Lookup::Phone, &item.phone, phone);
        input.phones = with(items, same, Phone::new(phone));
    }
    if let Some(id) = identity.external_id.as_ref().filter(|_| is_free(Lookup::ExternalId)) {
        match stored.and_then(|stored| stored.external_ids.value()).filter(|items| !items.is_empty()) {
            None => input.external_id = id.as_str().into(),
            Some(items) => {
                let same = |item: &ExternalId| is_same(Lookup::ExternalId, &item.external_id, id);
                input.external_ids = with(Some(items), same, ExternalId::new(id));
            }
        }
    }
    if let Some(location) = &identity.location {
        let items = stored.and_then(|stored| stored.locations.value());
        // As it would be stored, but for the id that items may be answered with.
        let bare = |item: &Location| Location {
            id: Field::Absent,
            kind: item.kind.clone().over(Field::Value(ContactType::Home)),
            ..item.clone()
        };
        input.locations = with(items, |item| bare(item) == bare(location), location.clone());
    }
    input
}

fn sent<T: Clone>(value: &Option<T>) -> Field<T> {
    value.clone().map_or(Field::Absent, Field::Value)
}

fn is_same(by: Lookup, left: &str, right: &str) -> bool {
    // Any org will do: both are compared within one.
    let key = |text: &str| by.key(crate::store::OrgKey(0), text);
    key(left) == key(right)
}

/// The items with one more; `None` where they have it, or are as many as there may be.
fn with<T: Clone>(items: Option<&Vec<T>>, same: impl Fn(&T) -> bool, item: T) -> Option<Vec<T>> {
    let items = items.map_or(&[] as &[T], Vec::as_slice);
    let has_it = items.iter().any(same);
    (!has_it && items.len() < MAX_ITEMS).then(|| items.iter().cloned().chain([item]).collect())
}

/// Notes that a customer is online, and when it was last seen (`docs/contract/behaviour.md` §12.4); nothing when it was
/// seen later, or is deleted. Nobody changed the record, so `modifiedAt` and `modifiedBy` stay.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn seen(
    context: &Context<'_>,
    stored: Option<&Stored>,
    seed: EventSeed,
    at: Timestamp,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = stored.filter(|stored| !stored.deleted) else { return Ok(ChangeSet::default()) };
    let before: Customer = resource::read(&stored.document)?;
    if before.attributes.last_seen_at.value().is_some_and(|seen| *seen >= at) {
        return Ok(ChangeSet::default());
    }
    let mut after = before.clone();
    let attributes = &mut after.attributes;
    attributes.presence = Presence::Online.as_str().to_owned().into();
    attributes.last_seen_at = at.into();
    for activity in [&mut attributes.last_activity_at, &mut attributes.last_customer_activity_at] {
        if activity.value().is_none_or(|former| *former < at) {
            *activity = at.into();
        }
    }
    changed(context, stored, seed, &before, after)
}

/// Whether a customer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does something.
    Online,
    /// It has not done anything for a while.
    Idle,
    /// It has gone.
    Offline,
}

impl Presence {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Idle => "idle",
            Self::Offline => "offline",
        }
    }
}

/// Notes what a customer who is there does by now; nothing when it is not there or does so already, was seen since a moment, or is
/// deleted.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn attend(
    context: &Context<'_>,
    stored: Option<&Stored>,
    seed: EventSeed,
    since: Timestamp,
    presence: Presence,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = stored.filter(|stored| !stored.deleted) else { return Ok(ChangeSet::default()) };
    let before: Customer = resource::read(&stored.document)?;
    let Customer { attributes, .. } = &before;
    let is = |presence: Presence| attributes.presence.value().is_some_and(|shown| shown == presence.as_str());
    let is_there = is(Presence::Online) || is(Presence::Idle);
    if !is_there || is(presence) || attributes.last_seen_at.value().is_some_and(|seen| *seen > since) {
        return Ok(ChangeSet::default());
    }
    let mut after = before.clone();
    after.attributes.presence = presence.as_str().to_owned().into();
    changed(context, stored, seed, &before, after)
}

fn changed(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    before: &Customer,
    mut after: Customer,
) -> Result<ChangeSet, Refusal> {
    let context = &context.not_before(stored.updated_at);
    after.attributes.updated_at = context.now.into();
    after.attributes.rev = Field::Value(stored.rev + 1);
    let put = put_of(context, &after, stored.id, Some((stored.rev, before)))?;
    let name = Kind::Customer.spec().events.update;
    let cause = Cause { seed, name, actor: None, client: CLIENT, request_id: context.request_id };
    let event = Event::of(cause, &put, Some(resource::changes(before, &after)?));
    Ok(ChangeSet { events: vec![event], puts: vec![put], ..ChangeSet::default() })
}

/// The source of such an event.
const CLIENT: &str = "tracking";
