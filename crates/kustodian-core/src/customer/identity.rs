//! The values that are unique across the org, and their comparison (`docs/contract/behaviour.md` §7.3). How Kustomer
//! compares is not published; our choices are listed in `docs/compatibility.md`.

use kustomer_api::customer::{CustomerAttributes, Social};
use kustomer_api::{Field, ObjectId};
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::is_nfc;

use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::contact::{composed, digits, email_address, fold, social_id, social_name};
use crate::store::OrgKey;

/// How a customer is looked up by something unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// By e-mail address, case aside.
    Email,
    /// By phone number, by its digits.
    Phone,
    /// By external id, exactly; the primary one or any other.
    ExternalId,
}

impl Lookup {
    /// The claim that the searched customer must hold.
    pub fn key(self, org: OrgKey, value: &str) -> ClaimKey {
        match self {
            Self::Email => self.key_of(org, &email_address(value.trim())),
            Self::Phone | Self::ExternalId => self.key_of(org, &composed(value)),
        }
    }

    /// The claim of a record written before accents were composed; `None` where that is no other.
    pub fn key_as_written(self, org: OrgKey, value: &str) -> Option<ClaimKey> {
        (!is_nfc(value)).then(|| self.key_of(org, value))
    }

    fn key_of(self, org: OrgKey, value: &str) -> ClaimKey {
        match self {
            Self::Email => ClaimKey::new(org, ClaimKind::Email, &fold(value.trim())),
            Self::Phone => ClaimKey::new(org, ClaimKind::Phone, &digits(value)),
            Self::ExternalId => ClaimKey::new(org, ClaimKind::ExternalId, value),
        }
    }

    /// The attribute that holds such values.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Email => "emails",
            Self::Phone => "phones",
            Self::ExternalId => "externalIds",
        }
    }

    /// The word in the path, which an error names.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::ExternalId => "externalId",
        }
    }
}

/// Takes out the items of lists whose claims others hold: the name of each list, the item, and who holds it.
pub(super) fn give_up(
    org: OrgKey,
    attributes: &mut CustomerAttributes,
    holder: impl Fn(ClaimKey) -> Option<ObjectId>,
) -> Vec<(&'static str, Value, ObjectId)> {
    fn sift<T: Serialize>(
        (name, list): (&'static str, &mut Field<Vec<T>>),
        holder: impl Fn(&T) -> Option<ObjectId>,
        given_up: &mut Vec<(&'static str, Value, ObjectId)>,
    ) {
        let Some(items) = list.as_mut_value() else { return };
        items.retain(|item| match holder(item) {
            None => true,
            Some(other) => {
                given_up.push((name, serde_json::to_value(item).unwrap_or_default(), other));
                false
            }
        });
    }
    let held = |kind: ClaimKind, value: &str| holder(ClaimKey::new(org, kind, value));
    let mut given_up = Vec::new();
    let out = &mut given_up;
    sift(("externalIds", &mut attributes.external_ids), |item| held(ClaimKind::ExternalId, &item.external_id), out);
    sift(("emails", &mut attributes.emails), |item| held(ClaimKind::Email, &fold(&item.email)), out);
    sift(("phones", &mut attributes.phones), |item| held(ClaimKind::Phone, &digits(&item.phone)), out);
    sift(("whatsapps", &mut attributes.whatsapps), |item| held(ClaimKind::Whatsapp, &digits(&item.phone)), out);
    let of_social = |item: &Social| {
        let by_name = held(ClaimKind::SocialName, &social_name(item));
        by_name.or_else(|| held(ClaimKind::SocialId, &social_id(item)?))
    };
    sift(("socials", &mut attributes.socials), of_social, out);
    given_up
}

/// Everything a customer claims, each once.
pub(super) fn claims(org: OrgKey, owner: ObjectId, attributes: &CustomerAttributes) -> Vec<Claim> {
    let mut found: Vec<Claim> = Vec::new();
    let mut claim = |kind: ClaimKind, place: ClaimPlace, value: &str| {
        let key = ClaimKey::new(org, kind, value);
        if !found.iter().any(|known| known.key == key) {
            found.push(Claim { kind, key, owner, place });
        }
    };
    fn each<T>(list: &Field<Vec<T>>) -> impl Iterator<Item = (usize, &T)> {
        list.value().into_iter().flatten().enumerate()
    }
    for (index, item) in each(&attributes.external_ids) {
        // The primary external id is sent as a scalar, and named so.
        let is_primary = attributes.external_id.value() == Some(&item.external_id);
        let place =
            if is_primary { ClaimPlace::attribute("externalId") } else { ClaimPlace::item("externalIds", index) };
        claim(ClaimKind::ExternalId, place, &item.external_id);
    }
    for (index, item) in each(&attributes.emails) {
        claim(ClaimKind::Email, ClaimPlace::item("emails", index), &fold(&item.email));
    }
    for (index, item) in each(&attributes.phones) {
        claim(ClaimKind::Phone, ClaimPlace::item("phones", index), &digits(&item.phone));
    }
    for (index, item) in each(&attributes.whatsapps) {
        claim(ClaimKind::Whatsapp, ClaimPlace::item("whatsapps", index), &digits(&item.phone));
    }
    for (index, item) in each(&attributes.socials) {
        let place = ClaimPlace::item("socials", index);
        claim(ClaimKind::SocialName, place, &social_name(item));
        if let Some(id) = social_id(item) {
            claim(ClaimKind::SocialId, place, &id);
        }
    }
    found
}
