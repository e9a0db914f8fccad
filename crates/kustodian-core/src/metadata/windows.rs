//! Who sees the sensitive attributes of which customers for a while: notes beside the records, which every server of a
//! database reads. They name ids alone.

use std::collections::BTreeSet;

use kustomer_api::{ObjectId, Timestamp};
use serde::Deserialize;
use std::borrow::Cow;

use crate::kind::Kind;
use crate::store::{Note, OrgKey};

/// The prefix of the names of all such notes.
const NOTES: &str = "unmasked/";

/// A window in which a user sees the sensitive attributes of a customer, and of what belongs to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The org of both.
    pub org: OrgKey,
    /// The user.
    pub user: ObjectId,
    /// The customer.
    pub customer: ObjectId,
    /// Until when.
    pub until: Timestamp,
}

impl Window {
    /// How many of a user may be open at once.
    pub const MAX: usize = 500;

    /// The prefix of the names of every window's notes.
    pub const ALL: &'static str = NOTES;

    /// The prefix of the names of the notes of a user's windows.
    pub fn of_user(org: OrgKey, user: ObjectId) -> String {
        format!("{NOTES}{}/{user}/", org.0)
    }

    /// Its note.
    pub fn note(&self) -> Note {
        let name = format!("{}{}", Self::of_user(self.org, self.user), self.customer);
        Note { name, value: self.until.as_millis().to_string().into_bytes() }
    }

    /// Out of a note; `None` when it is none of this version.
    pub fn read(note: &Note) -> Option<Self> {
        let mut parts = note.name.strip_prefix(NOTES)?.split('/');
        let org = OrgKey(parts.next()?.parse().ok()?);
        let (user, customer) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let millis = std::str::from_utf8(&note.value).ok()?.parse().ok()?;
        Some(Self { org, user, customer, until: Timestamp::from_millis(millis) })
    }

    /// Whether it is open at a moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// The customers of whom nothing is hidden from a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown(BTreeSet<String>);

impl FromIterator<ObjectId> for Shown {
    fn from_iter<T: IntoIterator<Item = ObjectId>>(customers: T) -> Self {
        Self(customers.into_iter().map(|id| id.to_string()).collect())
    }
}

/// As much of a record as says whose it is.
#[derive(Deserialize)]
struct Owned<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    relationships: Related<'a>,
}

#[derive(Default, Deserialize)]
struct Related<'a> {
    #[serde(borrow, default)]
    customer: Option<Customer<'a>>,
}

#[derive(Deserialize)]
struct Customer<'a> {
    #[serde(borrow, default)]
    data: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl Shown {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the JSON of an object is a record of one of them: the customer, or a conversation, a message, a note or a
    /// kobject of the customer.
    pub fn takes(&self, object: &str) -> bool {
        let Ok(owned) = serde_json::from_str::<Owned<'_>>(object) else { return false };
        let is_of = |kind: Kind| owned.kind == kind.as_str();
        let belongs = is_of(Kind::Conversation)
            || is_of(Kind::Message)
            || is_of(Kind::Note)
            || is_of(Kind::KObject)
            || owned.kind.starts_with(kustomer_api::metadata::OF_KLASS);
        match owned.relationships.customer.and_then(|customer| customer.data) {
            _ if is_of(Kind::Customer) => self.0.contains(owned.id.as_ref()),
            Some(customer) if belongs => self.0.contains(customer.id.as_ref()),
            _ => false,
        }
    }
}
