//! The form of what records are reached by: e-mail addresses, phone numbers, profiles, web addresses and places.

use kustomer_api::Field;
use kustomer_api::customer::{
    ContactType, Email, ExternalId, FacebookId, InstagramId, Location, Phone, Social, UrlType, WebUrl,
};
use serde_json::Map;

use super::{digits, email_address};

/// The `id` of an item of a list, such as of an e-mail address. No item has an id of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ItemIds {
    /// `null`, as Kustomer's documents print it.
    #[default]
    Null,
    /// Absent, as recorded (`docs/contract/behaviour.md` §22).
    Omit,
}

/// The form of the items of all lists. `verified` is false when it was not sent, and types have the defaults that were
/// recorded; what an item was answered with and nobody can write (`id`, `externalVerified`) is not taken over, so that a
/// list can be sent back as it was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Items {
    pub(crate) ids: ItemIds,
}

/// A list that was sent, each of its items completed.
pub(crate) fn list<T>(sent: Option<Vec<T>>, complete: impl Fn(T) -> T) -> Option<Vec<T>> {
    sent.map(|items| items.into_iter().map(complete).collect())
}

impl Items {
    pub(crate) const fn id(self) -> Field<String> {
        match self.ids {
            ItemIds::Null => Field::Null,
            ItemIds::Omit => Field::Absent,
        }
    }

    pub(crate) fn external_id(self, item: ExternalId) -> ExternalId {
        ExternalId {
            id: self.id(),
            external_id: item.external_id,
            verified: item.verified.or(Some(false)),
            external_verified: Some(false),
            extra: Map::new(),
        }
    }

    pub(crate) fn email(self, item: Email) -> Email {
        Email {
            id: self.id(),
            email: email_address(&item.email),
            kind: item.kind.or(Some(ContactType::Home)),
            verified: item.verified.or(Some(false)),
            external_verified: Some(false),
            extra: Map::new(),
        }
    }

    pub(crate) fn phone(self, item: Phone) -> Phone {
        Phone {
            id: self.id(),
            phone: item.phone,
            kind: item.kind.or(Some(ContactType::Mobile)),
            verified: item.verified.or(Some(false)),
            extra: Map::new(),
        }
    }

    /// Stored like `whatsapp:+1234567890` (§7.1).
    pub(crate) fn whatsapp(self, item: Phone) -> Phone {
        let phone = format!("whatsapp:+{}", digits(&item.phone));
        self.phone(Phone { phone, ..item })
    }

    pub(crate) fn facebook_id(self, item: FacebookId) -> FacebookId {
        FacebookId { id: self.id(), extra: Map::new(), ..item }
    }

    pub(crate) fn instagram_id(self, item: InstagramId) -> InstagramId {
        InstagramId { id: self.id(), extra: Map::new(), ..item }
    }

    pub(crate) fn social(self, item: Social) -> Social {
        Social { id: self.id(), verified: item.verified.or(Some(false)), extra: Map::new(), ..item }
    }

    pub(crate) fn web_url(self, item: WebUrl) -> WebUrl {
        WebUrl { id: self.id(), kind: item.kind.or(Some(UrlType::Website)), extra: Map::new(), ..item }
    }

    pub(crate) fn location(self, item: Location) -> Location {
        Location { id: self.id(), kind: item.kind.over(Field::Value(ContactType::Home)), extra: Map::new(), ..item }
    }
}
