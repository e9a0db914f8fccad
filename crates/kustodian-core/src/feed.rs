//! Committed events, as the port returns them: an org's feed, in the order of positions, and a record's
//! history, in the order of revisions.

use kustomer_api::{ObjectId, Timestamp};

use crate::chain::{Digest, Link, Metadata, Salt};
use crate::kind::Kind;

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the org's feed, from 1 and without gaps; `None` for a moment after the commit where several servers
    /// write.
    pub position: Option<u64>,
    /// Its id.
    pub id: ObjectId,
    /// Such as `kustomer.customer.create`.
    pub name: String,
    /// What kind of record it happened to.
    pub kind: Kind,
    /// To which one.
    pub record: ObjectId,
    /// The revision it led to.
    pub rev: u64,
    /// When.
    pub at: Timestamp,
    /// The user who did it; `None` when the system did.
    pub actor: Option<ObjectId>,
    /// From where: `api`, `cli`, …
    pub client: String,
    /// The id of the request that asked for it; empty once erased.
    pub request_id: String,
    /// What changed; `None` on a create, once erased, and where [`Payload`] leaves it out.
    pub changes: Option<String>,
    /// The whole record as the event left it, now and then; `None` once erased, and where [`Payload`] leaves it out.
    pub snapshot: Option<String>,
    /// The salt of the digest; `None` once erased.
    pub salt: Option<Salt>,
    /// The digest of the payload.
    pub digest: Digest,
    /// The link of the chain; `None` as long as there is no position.
    pub link: Option<Link>,
}

impl Recorded {
    /// Whether its payload was erased.
    pub fn is_erased(&self) -> bool {
        self.salt.is_none()
    }

    /// How many bytes of payload were read with it.
    pub fn payload_len(&self) -> usize {
        [&self.changes, &self.snapshot].into_iter().flatten().map(String::len).sum()
    }

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
            client: &self.client,
        }
    }
}

/// How much of the events' payloads is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: who did what, and when.
    None,
    /// What changed.
    Changes,
    /// What changed, and the whole record where an event keeps it.
    Whole,
}

/// Which events of an org's feed. All conditions must hold; an event without a position is in no feed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedQuery {
    /// Last position first.
    pub descending: bool,
    /// Only positions above this one.
    pub after: Option<u64>,
    /// Only positions below this one.
    pub before: Option<u64>,
    /// Only records of these kinds: none finds nothing.
    pub kinds: Vec<Kind>,
    /// Only this record.
    pub record: Option<ObjectId>,
    /// Only what this user did.
    pub actor: Option<ObjectId>,
    /// Only from this moment on.
    pub from: Option<Timestamp>,
    /// Only up to this moment, itself included.
    pub to: Option<Timestamp>,
    /// How many at most.
    pub limit: u32,
    /// How much of their payloads.
    pub payload: Payload,
    /// How many bytes of payload at most. The event that exceeds them is the last one read, so that the caller sees that
    /// the page was cut.
    pub bytes: usize,
    /// Whether to count all that match, whatever `after`, `before` and `limit` say.
    pub count: bool,
    /// Whether all that is committed by now must be in it. On PostgreSQL events get their positions some milliseconds after
    /// their commit; the reader then waits for them, for 2 s at most.
    pub is_whole: bool,
}

impl FeedQuery {
    /// Whether the kind of a record makes no difference.
    pub fn is_of_all_kinds(&self) -> bool {
        Kind::ALL.iter().all(|kind| self.kinds.contains(kind))
    }
}

impl Default for FeedQuery {
    /// No condition and no limit other than 0 events without payload.
    fn default() -> Self {
        Self {
            descending: false,
            after: None,
            before: None,
            kinds: Kind::ALL.to_vec(),
            record: None,
            actor: None,
            from: None,
            to: None,
            limit: 0,
            payload: Payload::None,
            bytes: usize::MAX,
            count: false,
            is_whole: false,
        }
    }
}

/// Events of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    /// The events, in order.
    pub events: Vec<Recorded>,
    /// How many match in all, when asked.
    pub total: Option<u64>,
}

/// Which events of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The record's kind.
    pub kind: Kind,
    /// The record.
    pub record: ObjectId,
    /// The first revision.
    pub from: u64,
    /// The last revision, itself included.
    pub to: u64,
    /// Last revision first.
    pub descending: bool,
    /// How many at most.
    pub limit: u32,
    /// How much of their payloads.
    pub payload: Payload,
    /// How many bytes of payload at most. The event that exceeds them is the last one read.
    pub bytes: usize,
}

/// The end of an org's feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last position given; 0 before the first.
    pub position: u64,
    /// Its link; before the first, [`crate::chain::genesis`].
    pub link: Link,
}
