//! The requests of the port for searches, and its answers.

use std::time::Duration;

use kustomer_api::error::code;
use kustomer_api::search::Aggregated;
use kustomer_api::{ObjectId, Timestamp};

use crate::refusal::Refusal;
use crate::search::Query;
use crate::store::{StoreError, Stored};

/// A search for one page.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// What for, in what order, and what to count beside. Tags must have been resolved.
    pub query: Query,
    /// How many records to pass over.
    pub offset: u64,
    /// How many records at most.
    pub limit: u32,
    /// Which records, if more match.
    pub chosen: Chosen,
    /// How many bytes of documents at most. The record that exceeds them is the last one read, so that the caller sees
    /// that the page was cut.
    pub bytes: usize,
    /// Whether to give ids instead of records.
    pub ids_only: bool,
    /// How far to count the matches.
    pub total: Count,
    /// How long the search may take, from the beginning of its turn. The results until then are answered.
    pub time: Duration,
    /// The credential it is for: those of an org take turns.
    pub key: ObjectId,
}

/// Which records a search gives, if more match than it may give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Chosen {
    /// The first ones, in the order of the query.
    #[default]
    First,
    /// Any, in any order. They are found sooner, as not all matches need be known. Of two pages both may have a record, and
    /// neither another.
    Any,
}

/// How far matches are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Count {
    /// Not at all.
    #[default]
    None,
    /// Exactly up to this many, beyond possibly by estimate.
    UpTo(u64),
    /// Exactly.
    Exact,
}

/// The results of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The page.
    pub records: Records,
    /// How many match in all, when asked. When the time ran out: how many were counted until then, or fewer.
    pub total: Option<Total>,
    /// Whether the time ran out before everything was found and counted.
    pub timed_out: bool,
    /// The aggregations, by name and in the requested order.
    pub aggregations: Vec<(String, Aggregated)>,
}

/// Records that were found, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Records {
    /// Whole.
    Whole(Vec<Stored>),
    /// By id.
    Ids(Vec<ObjectId>),
}

impl Records {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(records) => records.len(),
            Self::Ids(ids) => ids.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<ObjectId> {
        match self {
            Self::Whole(records) => records.iter().map(|record| record.id).collect(),
            Self::Ids(ids) => ids.clone(),
        }
    }
}

/// How many records match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// Whether that is an estimate; then it is above the number to count exactly.
    pub is_estimate: bool,
}

/// A step of a walk over everything that a search finds. Each record that matches from the first step to the last is
/// given exactly once, in the order it had at the first, whatever is written meanwhile; a record that matches only for a
/// part of that time may be given or not, and one that is given matched when it was.
///
/// A walk by id, as it is without a sort, is kept by nobody. One in another order is kept by the database: as a list of
/// the ids that its first step found, until [`WALK_IDLE`] after the last step, or until newer walks of the org need its
/// place.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkQuery {
    /// What for and in what order: the same at each step. Aggregations are left out.
    pub query: Query,
    /// Where to continue.
    pub from: WalkFrom,
    /// How many records at most; at least 1.
    pub limit: u32,
    /// How many bytes of documents at most, though always one record: the next step continues with the first that does not
    /// fit.
    pub bytes: usize,
    /// Whether to give ids instead of records.
    pub ids_only: bool,
    /// How far to count the matches, at the first step.
    pub total: Count,
    /// How long the step may take. One that runs out of it gives what it has, possibly nothing, and the next one continues
    /// there; except for the first step of a walk that is not by id, which then is refused.
    pub time: Duration,
    /// The moment, for keeping the walk and forgetting old ones.
    pub now: Timestamp,
    /// The credential it is for: those of an org take turns.
    pub key: ObjectId,
}

/// How long a walk is kept that nobody continues with.
pub const WALK_IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a walk continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkFrom {
    /// At its beginning. The walk gets this id when it has to be kept.
    Start {
        /// An id not used before.
        walk: ObjectId,
    },
    /// Behind the last step.
    After(WalkPlace),
}

/// Where a walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WalkPlace {
    /// Behind the record with this id, in the order of ids.
    Id(ObjectId),
    /// In the list of a walk that is kept.
    Kept {
        /// The walk.
        walk: ObjectId,
        /// How many ids are behind.
        done: u64,
    },
}

/// A step of a walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Walked {
    /// The records.
    pub records: Records,
    /// Where to continue; `None` at the end. There may be nothing behind it.
    pub next: Option<WalkPlace>,
    /// How many records match in all, when asked, at the first step alone.
    pub total: Option<Total>,
    /// Whether the time ran out.
    pub timed_out: bool,
    /// The position of the org's feed before the first step read anything: a reader of the feed from there misses no
    /// change that the walk did not see. At the first step alone.
    pub position: Option<u64>,
}

/// 400: the walk that a cursor names is not kept, or not any longer.
pub fn walk_is_gone() -> Refusal {
    let title = "This cursor is not known any longer: begin again with cursor=*, continue within a day of each step, and \
                 run few sorted walks at a time";
    Refusal::new(400, code::BAD_PARAM, "cursor", title)
}

/// 400: a walk in another order than that of ids has more ids than an org may keep.
pub fn walk_is_too_long() -> Refusal {
    let title = "There are too many results to keep in this order: leave out sort, or ask for fewer with more criteria";
    Refusal::new(400, code::BAD_PARAM, "cursor", title)
}

/// 400: sorting the records of a walk takes too long.
pub fn walk_takes_too_long() -> Refusal {
    let title = "The results take too long to put in this order: leave out sort, or ask for fewer with more criteria";
    Refusal::new(400, code::BAD_PARAM, "cursor", title)
}

/// Why nothing was searched.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SearchError {
    /// It cannot be done: the walk is gone, …
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many searches of the same credential, or of the same org, wait for their turn.
    #[error("too many searches wait for their turn")]
    TooMany,
    /// The database cannot answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
