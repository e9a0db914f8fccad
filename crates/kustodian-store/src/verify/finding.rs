//! The findings of a verification, and its final report.

use std::fmt;

use kustodian_core::chain::Link;

/// How many findings are kept; further ones are counted.
pub(crate) const FINDINGS: usize = 1_000;

/// The numbers of checked entries, and the findings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Each org with the end of its chain: what to keep, and to expect the next time.
    pub orgs: Vec<VerifiedOrg>,
    /// The number of checked events.
    pub events: u64,
    /// Of them, those whose payload was erased, as a later event says.
    pub erased: u64,
    /// The differences from the written events: at most 1,000 entries.
    pub findings: Vec<Discrepancy>,
    /// How many more there were.
    pub further_findings: u64,
}

impl Verification {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn add(&mut self, finding: Discrepancy) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        } else {
            self.further_findings += 1;
        }
    }
}

/// An org whose chain was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedOrg {
    /// Its number in the database.
    pub key: i64,
    /// Its name.
    pub name: String,
    /// The last position of its chain; 0 when nothing has happened in it.
    pub position: u64,
    /// The link there.
    pub link: Link,
    /// Events that wait for their position, as they do for a moment on PostgreSQL.
    pub waiting: u64,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// The org's number in the database; 0 when it is about none.
    pub org: i64,
    /// Where.
    pub at: Where,
    /// What.
    pub problem: Problem,
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// At a position of the org's chain.
    Position(u64),
    /// At a revision of a record.
    Revision {
        /// The record's kind.
        kind: String,
        /// The record.
        record: String,
        /// The revision.
        rev: i64,
    },
}

/// A difference from the written events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The link does not follow from the link before, the position and the event: one of them was changed.
    Link,
    /// Positions leave out some before this one, or hold it twice.
    Gap,
    /// The position has no event, or its content is none.
    NoEvent,
    /// The columns that are kept with the position differ from the event.
    Index,
    /// The chain does not end where the database says it does: events were removed or put in at its end.
    Head,
    /// The org of these events is not in the database.
    NoOrg,
    /// An event is in no chain and does not wait for its place.
    Unchained,
    /// The record's events leave out some before this revision, or hold it twice.
    Revisions,
    /// The record has this revision, and no event is about it.
    Untold,
    /// An event is about this revision, which is later than that of the record, or the record is gone.
    NoRecord,
    /// The record or the payload of one of its events from this revision on does not have its digest.
    Payload,
    /// The whole record kept with the event is not what its later differences lead back to.
    Snapshot,
    /// The differences after this revision do not lead back to it.
    Differences,
    /// The payload is gone, and no later event says that it was erased.
    Erased,
    /// The payload is erased in part only.
    HalfErased,
    /// No chain has the expected link at the expected position.
    Expected,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Link => "the event, its place or its link was changed",
            Self::Gap => "positions are missing or doubled before this one",
            Self::NoEvent => "there is no event, or its content is none",
            Self::Index => "the index of the event differs from the event",
            Self::Head => "the chain does not end where the database says it does",
            Self::NoOrg => "the org of these events is not there",
            Self::Unchained => "the event is in no chain",
            Self::Revisions => "revisions are missing or doubled next to this one",
            Self::Untold => "no event has this revision of the record",
            Self::NoRecord => "the record does not have this revision",
            Self::Payload => "the record or the event's payload was changed",
            Self::Snapshot => "the copy of the record kept with the event was changed",
            Self::Differences => "the later differences do not lead back to this revision",
            Self::Erased => "the payload is gone, and no later event says that it was erased",
            Self::HalfErased => "the payload is erased in part only",
            Self::Expected => "no chain has the expected link at this position",
        })
    }
}

impl fmt::Display for Where {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => write!(formatter, "position {position}"),
            Self::Revision { kind, record, rev } => write!(formatter, "{kind} {record} revision {rev}"),
        }
    }
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.problem)
    }
}
