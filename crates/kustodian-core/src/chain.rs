//! The chain over an org's events, by which anyone can find out later whether one was edited, put in, taken out or moved.
//!
//! Each event is reported in two parts. What may be personal (its payload: the request's id, what changed, and the record
//! as it was afterwards) is hashed into a [`Digest`] under a random [`Salt`] that is kept beside the payload; the rest,
//! with that digest, into a [`Leaf`]. The events of an org in the order of their positions form a chain of [`Link`]s over
//! the leaves. Once payload and salt are erased nothing can be guessed from the digest any more, and the chain still holds.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use kustomer_api::{ObjectId, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::change::Event;
use crate::kind::Kind;
use crate::store::OrgKey;

/// Sixteen random bytes, different for each event.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt(pub [u8; 16]);

/// The digest of an event's payload, which stays for ever: HMAC-SHA-256 under the event's salt.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// SHA-256 of what an event says without its payload, and of the payload's digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leaf(pub [u8; 32]);

/// SHA-256 of the link before, the position and the leaf.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link(pub [u8; 32]);

/// The parts of an event that hold no personal value.
#[derive(Debug, Clone, Copy)]
pub struct Metadata<'a> {
    /// The event's id.
    pub id: ObjectId,
    /// Its name.
    pub name: &'a str,
    /// The kind of record.
    pub kind: Kind,
    /// The record.
    pub record: ObjectId,
    /// The revision it led to.
    pub rev: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Option<ObjectId>,
    /// From where.
    pub client: &'a str,
}

/// The digest of a payload. `document` is the record as the event left it.
///
/// # Errors
/// None: any salt is a key. The empty digest represents the one that cannot happen.
pub fn digest(salt: Salt, request_id: &str, changes: Option<&str>, document: &str) -> Digest {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&salt.0) else { return Digest([0; 32]) };
    for part in [request_id, changes.unwrap_or_default(), document] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Digest(mac.finalize().into_bytes().into())
}

/// The leaf of an event.
pub fn leaf(event: Metadata<'_>, digest: Digest) -> Leaf {
    let mut hash = Sha256::new();
    hash.update(event.id.as_bytes());
    hash.update(event.record.as_bytes());
    hash.update(event.rev.to_be_bytes());
    hash.update(event.at.as_millis().to_be_bytes());
    hash.update([u8::from(event.actor.is_some())]);
    hash.update(event.actor.unwrap_or(ObjectId::from_bytes([0; 12])).as_bytes());
    for text in [event.name, event.kind.as_str(), event.client] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.update(digest.0);
    Leaf(hash.finalize().into())
}

/// The link before an org's first event.
pub fn genesis(org: OrgKey) -> Link {
    let mut hash = Sha256::new();
    hash.update("kustodian event chain 1");
    hash.update(org.0.to_be_bytes());
    Link(hash.finalize().into())
}

/// The link of the event at `position`, which counts from 1.
pub fn link(previous: Link, position: u64, leaf: Leaf) -> Link {
    let mut hash = Sha256::new();
    hash.update(previous.0);
    hash.update(position.to_be_bytes());
    hash.update(leaf.0);
    Link(hash.finalize().into())
}

impl Event {
    /// The event without its payload.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata {
            id: self.id,
            name: &self.name,
            kind: self.kind,
            record: self.record,
            rev: self.rev,
            at: self.at,
            actor: self.actor,
            client: self.client,
        }
    }

    /// Its leaf in the chain.
    pub fn leaf(&self) -> Leaf {
        leaf(self.metadata(), self.digest)
    }
}

macro_rules! shown_in_hexadecimal {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, formatter)
            }
        }
    )*};
}

shown_in_hexadecimal!(Digest, Leaf, Link);

impl fmt::Debug for Salt {
    /// Not shown: with it, payloads could be guessed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Salt = Salt([7; 16]);

    #[test]
    fn a_digest_depends_on_each_part_of_the_payload_and_where_it_ends() {
        let whole = digest(SALT, "r", Some("{}"), "{\"a\":1}");
        assert_eq!(whole, digest(SALT, "r", Some("{}"), "{\"a\":1}"));
        for other in [
            digest(Salt([8; 16]), "r", Some("{}"), "{\"a\":1}"),
            digest(SALT, "r{", Some("}"), "{\"a\":1}"),
            digest(SALT, "r", None, "{}{\"a\":1}"),
            digest(SALT, "r", Some("{}"), "{\"a\":2}"),
        ] {
            assert_ne!(whole, other);
        }
    }

    #[test]
    fn a_link_depends_on_what_came_before_on_its_place_and_on_its_leaf() {
        let first = link(genesis(OrgKey(1)), 1, Leaf([1; 32]));
        for other in [
            link(genesis(OrgKey(2)), 1, Leaf([1; 32])),
            link(genesis(OrgKey(1)), 2, Leaf([1; 32])),
            link(genesis(OrgKey(1)), 1, Leaf([2; 32])),
        ] {
            assert_ne!(first, other);
        }
    }
}
