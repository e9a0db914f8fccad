//! The changes of a command, as data: decided without a database and committed whole or not at all.

use std::borrow::Cow;
use std::sync::Arc;

use kustomer_api::{ObjectId, Timestamp};

use crate::chain::{Digest, Salt, digest};
use crate::claim::Claim;
use crate::kind::Kind;
use crate::receipt::Receipt;
use crate::search::SearchRow;

/// Which record of an org.
pub type Name = (Kind, ObjectId);

/// Everything one command changes. Committed atomically: all of it, or none and the reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeSet {
    /// Records whose past is to be erased before anything is written: the payloads of all their events so far.
    pub erasures: Vec<Erasure>,
    /// Records to write.
    pub puts: Vec<Put>,
    /// Records that are not written and must be there, not deleted, when the rest is committed.
    pub asserts: Vec<Name>,
    /// Lists that must have no record that is not deleted when the rest is committed. A commit that adds a record to
    /// one asserts a record that this change set writes, so that one of the two waits for the other.
    pub empties: Vec<Narrowed>,
    /// Claims to give up; those not held are passed over. Done before any is taken.
    pub frees: Vec<Claim>,
    /// Claims to take. One the same owner holds already is passed over; one another holds is a conflict.
    pub claims: Vec<Claim>,
    /// What happened: one per record written.
    pub events: Vec<Event>,
    /// Receipts to leave. One that is there already, and still counts, means that all of this was done before.
    pub receipts: Vec<Receipt>,
}

impl ChangeSet {
    /// Adds all of another one, which is about other records.
    pub fn merge(&mut self, other: Self) {
        let Self { erasures, puts, asserts, empties, frees, claims, events, receipts } = other;
        self.erasures.extend(erasures);
        self.puts.extend(puts);
        self.asserts.extend(asserts);
        self.empties.extend(empties);
        self.frees.extend(frees);
        self.claims.extend(claims);
        self.events.extend(events);
        self.receipts.extend(receipts);
    }
}

/// The records of a kind with a value in one of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowed {
    /// The kind, which declares a list that is narrowed by this column alone.
    pub kind: Kind,
    /// The column.
    pub column: &'static str,
    /// The value.
    pub value: String,
}

/// A record to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// The revision it gets.
    pub rev: u64,
    /// The revision it must have now; `None` when it must not exist.
    pub expects: Option<u64>,
    /// Whether it is (softly) deleted from now on.
    pub deleted: bool,
    /// Its `createdAt`, by which lists are ordered and filtered.
    pub created_at: Timestamp,
    /// Its `updatedAt`, likewise.
    pub updated_at: Timestamp,
    /// The resource object as it is sent: `{"type":…,"id":…,"attributes":…,"relationships":…,"links":…}`.
    pub document: String,
    /// Its search entries from now on: those of a customer, deleted or not, unless it was erased. `None` takes it out
    /// of search.
    pub search: Option<Arc<SearchRow>>,
    /// The search row of the revision that it replaces, when the decision has read it: then only the difference is written.
    pub former: Option<Arc<SearchRow>>,
    /// The record that it was created for and is erased with, when its kind has homes; `None` when it is its own. It never
    /// changes, as rows never move between machines: it is stored when the record is created, and not read afterwards.
    pub home: Option<ObjectId>,
    /// The values of its kind's columns.
    pub columns: Columns,
}

/// The values of the columns of a record's kind ([`Spec::columns`](crate::kind::Spec::columns)); a column without a value is
/// empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<(&'static str, String)>);

/// A text that a client chose, as a column of every engine can hold it: PostgreSQL takes no NUL.
pub fn column_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl Columns {
    /// These values; a column without one is left out.
    pub fn of<const N: usize>(values: [(&'static str, Option<String>); N]) -> Self {
        Self(values.into_iter().filter_map(|(column, value)| Some((column, value?))).collect())
    }

    /// The value in a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.iter().find(|(named, _)| *named == column).map(|(_, value)| value.as_str())
    }
}

/// A record whose past is to be erased. Its events stay, without what may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// The part of its past that stays; all of it is erased if absent.
    pub kept: Option<Kept>,
    /// The last revision that is erased; each one there is if absent.
    pub until: Option<u64>,
}

/// The last state that stays of a record whose later past is erased. Nothing leads back to it then, so it is kept whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its revision. This one and those before it stay; with `until`, this one and those behind the erased ones.
    pub rev: u64,
    /// The record as that revision left it.
    pub document: String,
}

impl Erasure {
    /// Of the whole past of a record.
    pub fn whole(kind: Kind, id: ObjectId) -> Self {
        Self { kind, id, kept: None, until: None }
    }

    /// The revision whose later ones are erased: the kept one, unless it is behind the erased ones.
    pub fn after(&self) -> u64 {
        match self.until {
            Some(_) => 0,
            None => self.kept.as_ref().map_or(0, |kept| kept.rev),
        }
    }

    /// The revision that is not erased any more, nor any behind it.
    pub fn before(&self) -> u64 {
        self.until.map_or(i64::MAX as u64, |until| until.saturating_add(1))
    }

    /// Whether it must leave the disk at once. A bulk job that was forgotten has ids, errors and references: its bytes may
    /// stay until the engine writes over them, since jobs end by the thousand and a scrub writes the whole file. The same
    /// holds for payloads that have only become too old.
    pub fn wants_scrub(&self) -> bool {
        !matches!(self.kind, Kind::Bulk) && self.until.is_none()
    }
}

/// What an event is given by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSeed {
    /// Its id.
    pub id: ObjectId,
    /// The salt of its payload's digest.
    pub salt: Salt,
}

/// Every so many revisions an event keeps the whole record, so that any revision is rebuilt from fewer differences than
/// this.
pub const SNAPSHOT_EVERY: u64 = 32;

/// Something that happened to a record. With the record's id, `rev` identifies it; the store gives it a position in the
/// org's feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: ObjectId,
    /// Such as `kustomer.customer.create`.
    pub name: Cow<'static, str>,
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
    pub client: &'static str,
    /// The id of the request that asked for it.
    pub request_id: String,
    /// What changed, as the envelope of `docs/contract/behaviour.md` §15.3 has it:
    /// `{"attributes":{<name>:{"op":…,"before":…,"after":…}},"relationships":{…}}`. `None` on a create.
    pub changes: Option<String>,
    /// The whole record as the event left it, every [`SNAPSHOT_EVERY`] revisions.
    pub snapshot: Option<String>,
    /// The salt of `digest`.
    pub salt: Salt,
    /// The digest of the payload: `request_id`, `changes`, and the record as the event left it.
    pub digest: Digest,
}

/// Who made something happen, and how it is to be reported.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    /// The random parts of the event.
    pub seed: EventSeed,
    /// Its name, such as `kustomer.customer.create`.
    pub name: &'static str,
    /// The user who did it; `None` when the system did.
    pub actor: Option<ObjectId>,
    /// From where: `api`, `cli`, …
    pub client: &'static str,
    /// The id of the request that asked for it.
    pub request_id: &'a str,
}

impl Event {
    /// The event that reports `put`; `changes` is `None` when it makes the record.
    pub fn of(cause: Cause<'_>, put: &Put, changes: Option<String>) -> Self {
        let Cause { seed, name, actor, client, request_id } = cause;
        Self {
            id: seed.id,
            name: Cow::Borrowed(name),
            kind: put.kind,
            record: put.id,
            rev: put.rev,
            at: put.updated_at,
            actor,
            client,
            request_id: request_id.to_owned(),
            snapshot: put.rev.is_multiple_of(SNAPSHOT_EVERY).then(|| put.document.clone()),
            salt: seed.salt,
            digest: digest(seed.salt, request_id, changes.as_deref(), &put.document),
            changes,
        }
    }
}
