//! The port to the records. Every method takes the org it is bound to; nothing of another org can come back.

mod pages;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use kustomer_api::{ObjectId, Timestamp};

use crate::change::{ChangeSet, Name, Put};
use crate::claim::{Claim, ClaimKey};
use crate::feed::{Feed, FeedQuery, Head, HistoryQuery, Recorded};
use crate::kind::Kind;
use crate::receipt::{Receipt, ReceiptKey};
use crate::refusal::Refusal;
use crate::search_store::{Found, SearchError, SearchQuery, WalkQuery, Walked};
use crate::tracking::Tracks;

pub use self::pages::Pages;

/// An org within one database. Only [`crate::directory::Directory`] gives these out, and only for a credential or to
/// the person who owns the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrgKey(pub i64);

/// A note of work that is left to do. When it holds values of records, they go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its name.
    pub name: String,
    /// Its text.
    pub value: Vec<u8>,
}

/// How many notes are listed at most.
pub const MAX_NOTES: usize = 1_000;

/// A record as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: ObjectId,
    /// Its revision.
    pub rev: u64,
    /// Whether it is (softly) deleted.
    pub deleted: bool,
    /// Its `createdAt`.
    pub created_at: Timestamp,
    /// Its `updatedAt`.
    pub updated_at: Timestamp,
    /// The resource object as it is sent.
    pub document: String,
}

impl From<Put> for Stored {
    /// The record that the put leaves.
    fn from(put: Put) -> Self {
        Self {
            id: put.id,
            rev: put.rev,
            deleted: put.deleted,
            created_at: put.created_at,
            updated_at: put.updated_at,
            document: put.document,
        }
    }
}

/// A record whose timer has elapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// When it elapsed.
    pub at: Timestamp,
    /// The org of the record.
    pub org: OrgKey,
    /// Its id.
    pub id: ObjectId,
}

/// What records of a kind are listed by. Ties are broken by id, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortKey {
    /// The id.
    #[default]
    Id,
    /// `createdAt`.
    CreatedAt,
    /// `updatedAt`.
    UpdatedAt,
}

/// A condition on a moment: all bounds are inclusive milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    /// [`SortKey::CreatedAt`] or [`SortKey::UpdatedAt`]; [`SortKey::Id`] holds for every record.
    pub of: SortKey,
    /// The earliest millisecond.
    pub from: i64,
    /// The latest millisecond.
    pub to: i64,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// After this many records.
    Offset(u64),
    /// After the record with this id and this value of the sort key (ignored when sorted by id).
    After {
        /// Milliseconds.
        value: i64,
        /// The last record's id.
        id: ObjectId,
    },
}

impl Start {
    /// After a record of a list that is sorted by id.
    pub const fn after(id: ObjectId) -> Self {
        Self::After { value: 0, id }
    }
}

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Of which kind.
    pub kind: Kind,
    /// What columns hold: one of the narrowed lists that the kind declares. Every record when empty.
    pub of: Vec<(&'static str, String)>,
    /// The records that are deleted, or those that are not.
    pub deleted: bool,
    /// In what order.
    pub sort: SortKey,
    /// Greatest first.
    pub descending: bool,
    /// Conditions that must all hold.
    pub within: Vec<Within>,
    /// Where to begin.
    pub start: Start,
    /// How many at most.
    pub limit: u32,
    /// How many bytes of documents at most. The record that exceeds them is the last one read, so that the caller sees
    /// that the page was cut.
    pub bytes: usize,
    /// Whether to count all that match, this page aside.
    pub count: bool,
}

impl ListQuery {
    /// The first `limit` records of a kind, by id, without deleted ones, and at most `bytes` of documents.
    pub const fn of(kind: Kind, limit: u32, bytes: usize) -> Self {
        Self {
            kind,
            of: Vec::new(),
            deleted: false,
            sort: SortKey::Id,
            descending: false,
            within: Vec::new(),
            start: Start::Offset(0),
            limit,
            bytes,
            count: false,
        }
    }

    /// Those of them whose column holds a value.
    #[must_use]
    pub fn narrowed(mut self, column: &'static str, value: impl ToString) -> Self {
        self.of.push((column, value.to_string()));
        self
    }
}

/// A page of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The records, in order.
    pub records: Vec<Stored>,
    /// How many match in all, when asked.
    pub total: Option<u64>,
}

/// Decides, with the records as they are under their locks, what to change.
pub type Decide = Box<dyn FnOnce(Loaded) -> Result<ChangeSet, Refusal> + Send>;

/// The records that a decision is about.
#[derive(Debug, Clone, Default)]
pub struct Loaded(HashMap<Name, Stored>);

impl Loaded {
    /// The record with a name, if there is one; deleted ones included.
    pub fn get(&self, name: Name) -> Option<&Stored> {
        self.0.get(&name)
    }

    /// The same, to keep.
    pub fn take(&mut self, name: Name) -> Option<Stored> {
        self.0.remove(&name)
    }

    /// The revisions, to check whether the records are unchanged.
    pub fn revs(&self) -> HashMap<Name, u64> {
        self.0.iter().map(|(name, stored)| (*name, stored.rev)).collect()
    }
}

impl FromIterator<(Name, Stored)> for Loaded {
    fn from_iter<T: IntoIterator<Item = (Name, Stored)>>(records: T) -> Self {
        Self(records.into_iter().collect())
    }
}

/// A decision about one record.
pub fn decide_on<F>(name: Name, decide: F) -> Decide
where
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Send + 'static,
{
    Box::new(move |mut loaded: Loaded| decide(loaded.take(name)))
}

/// Names in the order in which every server locks them, each once, so that no two wait for each other. The order is that
/// of the stored words, which is the same in every version.
pub fn in_lock_order(mut names: Vec<Name>) -> Vec<Name> {
    names.sort_unstable_by_key(|(kind, id)| (kind.as_str(), *id));
    names.dedup();
    names
}

/// Keeps records, and what visitors do.
#[async_trait]
pub trait Store: Tracks + Send + Sync + 'static {
    /// The record of this kind and id, deleted ones included.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find(&self, org: OrgKey, kind: Kind, id: ObjectId) -> Result<Option<Stored>, StoreError>;

    /// The record of this kind that holds a claim.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_by_claim(&self, org: OrgKey, kind: Kind, key: ClaimKey) -> Result<Option<Stored>, StoreError>;

    /// Who holds these claims, in their order.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_owners(&self, org: OrgKey, keys: &[ClaimKey]) -> Result<Vec<Option<ObjectId>>, StoreError>;

    /// The receipt with this key that still counts at `now`.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_receipt(&self, org: OrgKey, key: ReceiptKey, now: Timestamp) -> Result<Option<Receipt>, StoreError>;

    /// A page of records.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list(&self, org: OrgKey, query: ListQuery) -> Result<Listing, StoreError>;

    /// Records of a kind that have this home, deleted ones included, by id and after `after`; none for a kind without
    /// homes.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_at_home(
        &self,
        org: OrgKey,
        kind: Kind,
        home: ObjectId,
        after: Option<ObjectId>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError>;

    /// Records of a kind whose timers have elapsed by `until`, over all orgs, in the order of [`Due`] and after `after`:
    /// their names alone. None of a kind without timers.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_due(
        &self,
        kind: Kind,
        until: Timestamp,
        after: Option<Due>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError>;

    /// Commits all of `changes`, durably, and gives them back; or nothing, and reports the first conflict. A receipt that
    /// exists already has priority over any other: a repeated write must not conflict with itself.
    ///
    /// # Errors
    /// When one of the receipts is there already, a revision is stale or a claim is held by another, or the database
    /// cannot answer.
    async fn commit(&self, org: OrgKey, changes: ChangeSet) -> Result<ChangeSet, CommitError>;

    /// Whether one commit of many new records is better than as many commits: not where records are spread over several
    /// machines, since such a commit waits for all of them.
    async fn commits_together(&self) -> bool {
        true
    }

    /// Locks records, lets `decide` say what to change, and commits that. While they are locked nobody else writes them, so
    /// a change that `decide` bases on the records it is given never finds them stale.
    ///
    /// # Errors
    /// What `decide` refuses; a claim held by another; or the database cannot answer.
    async fn commit_locked(&self, org: OrgKey, names: Vec<Name>, decide: Decide) -> Result<ChangeSet, CommitError>;

    /// Events of a record, in the order of its revisions. They are there as soon as the record is.
    /// [`HistoryQuery::bytes`] may end them early.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn history(&self, org: OrgKey, query: HistoryQuery) -> Result<Vec<Recorded>, StoreError>;

    /// The last revision a record had at a moment; `None` before its first.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_rev_at(
        &self,
        org: OrgKey,
        kind: Kind,
        id: ObjectId,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError>;

    /// Events of the org, in the order of their positions: a later event gets a later position, so that a reader that has
    /// read up to one never misses an event that was committed late.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn feed(&self, org: OrgKey, query: FeedQuery) -> Result<Feed, StoreError>;

    /// The event with this id.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_event(&self, org: OrgKey, id: ObjectId) -> Result<Option<Recorded>, StoreError>;

    /// The end of the org's feed.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn feed_head(&self, org: OrgKey) -> Result<Head, StoreError>;

    /// Searches for customers. Everything acknowledged before is included.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn search(&self, org: OrgKey, query: SearchQuery) -> Result<Found, SearchError> {
        Err(StoreError::Failed { reason: format!("no search in {org:?} for {query:?}") }.into())
    }

    /// Makes one step of a walk over all customers that a search finds.
    ///
    /// # Errors
    /// A refusal when the walk is not kept any longer, or its first step cannot be done in time; or the database cannot
    /// answer.
    async fn walk(&self, org: OrgKey, query: WalkQuery) -> Result<Walked, SearchError> {
        Err(StoreError::Failed { reason: format!("no walk in {org:?} for {query:?}") }.into())
    }

    /// Keeps a note of work that is left to do, beside all records, over one with the same name.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn keep_note(&self, note: Note) -> Result<(), StoreError>;

    /// The notes whose names begin so, by name and after the name `after`, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_notes_after(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Note>, StoreError>;

    /// The first of the notes whose names begin so, by name, at most [`MAX_NOTES`].
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_notes(&self, prefix: &str) -> Result<Vec<Note>, StoreError> {
        self.list_notes_after(prefix, "", MAX_NOTES).await
    }

    /// Keeps another value in a note, or with `None` removes it, unless it has changed since it was read. Whether it was
    /// as it was read.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn replace_note(&self, read: &Note, value: Option<Vec<u8>>) -> Result<bool, StoreError>;

    /// Removes erased data from the disk, as far as the engine can.
    ///
    /// # Errors
    /// When the database cannot.
    async fn scrub(&self) -> Result<(), StoreError>;

    /// Whether something was erased that may still be on the disk: no [`Store::scrub`] has ended well since, of
    /// whichever server.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn is_scrub_wanted(&self) -> Result<bool, StoreError>;

    /// Whether the database can be read and written now.
    ///
    /// # Errors
    /// When it cannot.
    async fn check(&self) -> Result<(), StoreError>;
}

/// The database cannot answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Not now: it is busy, or away. Trying again later may work.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// For the log; never answered to a client.
        reason: String,
        /// When to try again.
        retry_after: Duration,
        /// Whether the disk is full. Trying again does not help until somebody makes room.
        is_full: bool,
    },
    /// Something that should not happen.
    #[error("the database failed: {reason}")]
    Failed {
        /// For the log; never answered to a client.
        reason: String,
    },
}

/// Why nothing was committed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A record has another revision than expected, or exists although it must not, or does not although it must; or one
    /// that is asserted is not there or deleted.
    #[error("the {} {id} has moved on", kind.as_str())]
    Stale {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: ObjectId,
    },
    /// A list that must be empty is not.
    #[error("there are records of the kind {}", kind.as_str())]
    NotEmpty {
        /// The kind of its records.
        kind: Kind,
    },
    /// Another record holds a claim.
    #[error("another record holds the claim on this {}", claim.kind.as_str())]
    Claimed {
        /// The claim, with the place in the record that asks for it.
        claim: Claim,
        /// Who holds it.
        holder: ObjectId,
    },
    /// This was done before: the receipt it left.
    #[error("this was done before")]
    Replayed(Receipt),
    /// The decision under the lock was a refusal.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database cannot answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
