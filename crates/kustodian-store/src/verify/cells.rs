//! The rows that a verification reads, typed. Anybody may have written anything there, so nothing is taken for granted.

use kustodian_core::chain::{Digest, Leaf, Link, Metadata, Salt, leaf};
use kustodian_core::kind::Kind;
use kustomer_api::{ObjectId, Timestamp};

use crate::copy::table::{Cell, Holds, Row, Table};
use crate::document::FromBytes;

use Holds::{Boolean, Bytes, Integer, Text};

/// An event without its payload, in its place.
pub(crate) static CHAIN: Table = Table {
    name: "events",
    columns: &[
        ("org", Integer),
        ("position", Integer),
        ("id", Text),
        ("kind", Text),
        ("record", Text),
        ("rev", Integer),
        ("name", Text),
        ("at", Integer),
        ("actor", Text),
        ("client", Text),
        ("digest", Bytes),
        ("link", Bytes),
        // Whether the index of the position agrees with the event.
        ("agrees", Boolean),
    ],
    key: &["org", "position"],
    is_small: false,
    kind: None,
};

/// An event's payload, by its record.
pub(crate) static HISTORIES: Table = Table {
    name: "events",
    columns: &[
        ("record", Text),
        ("org", Integer),
        ("kind", Text),
        ("rev", Integer),
        ("name", Text),
        ("digest", Bytes),
        ("salt", Bytes),
        ("request_id", Text),
        ("changes", Text),
        ("snapshot", Text),
    ],
    key: &["record", "org", "kind", "rev"],
    is_small: false,
    kind: None,
};

/// A row of [`CHAIN`].
pub(super) struct Placed {
    pub(super) org: i64,
    pub(super) position: i64,
    pub(super) link: Option<Link>,
    /// The hashed parts of the link; `None` when there is no event.
    pub(super) leaf: Option<Leaf>,
    pub(super) agrees: bool,
}

impl Placed {
    pub(super) fn read(row: &Row) -> Option<Self> {
        let place = |name: &str| CHAIN.place(name).and_then(|place| row.get(place));
        Some(Self {
            org: integer(place("org"))?,
            position: integer(place("position"))?,
            link: bytes(place("link")),
            leaf: Self::leaf(place),
            agrees: place("agrees") == Some(&Cell::Boolean(true)),
        })
    }

    fn leaf<'a>(place: impl Fn(&str) -> Option<&'a Cell>) -> Option<Leaf> {
        let millis = integer(place("at"))?;
        let at = Timestamp::from_millis(millis);
        let actor = match place("actor")? {
            Cell::Null => None,
            cell => Some(id(Some(cell))?),
        };
        let event = Metadata {
            id: id(place("id"))?,
            name: text(place("name"))?,
            kind: Kind::named(text(place("kind"))?)?,
            record: id(place("record"))?,
            rev: u64::try_from(integer(place("rev"))?).ok()?,
            at,
            actor,
            client: text(place("client"))?,
        };
        (at.as_millis() == millis).then_some(leaf(event, bytes(place("digest"))?))
    }
}

/// A row of [`HISTORIES`].
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) org: i64,
    pub(super) kind: String,
    pub(super) record: String,
    pub(super) rev: i64,
    pub(super) name: String,
    pub(super) digest: Option<Digest>,
    /// Whether there is a salt, of whatever length.
    pub(super) is_salted: bool,
    pub(super) salt: Option<Salt>,
    pub(super) request_id: String,
    pub(super) changes: Option<String>,
    pub(super) snapshot: Option<String>,
}

impl Told {
    pub(super) fn read(row: &Row) -> Option<Self> {
        let place = |name: &str| HISTORIES.place(name).and_then(|place| row.get(place));
        let owned = |name: &str| text(place(name)).map(str::to_owned);
        Some(Self {
            org: integer(place("org"))?,
            kind: owned("kind")?,
            record: owned("record")?,
            rev: integer(place("rev"))?,
            name: owned("name")?,
            digest: bytes(place("digest")),
            is_salted: place("salt") != Some(&Cell::Null),
            salt: bytes(place("salt")),
            request_id: owned("request_id")?,
            changes: owned("changes"),
            snapshot: owned("snapshot"),
        })
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::named(&self.kind)
    }

    pub(super) fn is_of(&self, other: &Self) -> bool {
        (self.org, &self.kind, &self.record) == (other.org, &other.kind, &other.record)
    }
}

fn integer(cell: Option<&Cell>) -> Option<i64> {
    if let Cell::Integer(number) = cell? { Some(*number) } else { None }
}

fn text(cell: Option<&Cell>) -> Option<&str> {
    if let Cell::Text(text) = cell? { Some(text) } else { None }
}

fn bytes<T: FromBytes>(cell: Option<&Cell>) -> Option<T> {
    if let Cell::Bytes(bytes) = cell? { T::from_bytes(bytes).ok() } else { None }
}

/// An id in the one way it is written; another way of the same id was not written by us.
fn id(cell: Option<&Cell>) -> Option<ObjectId> {
    let text = text(cell)?;
    text.parse::<ObjectId>().ok().filter(|id| id.to_string() == text)
}
