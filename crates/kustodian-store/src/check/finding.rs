//! The findings of a check.

use std::fmt;

use kustodian_core::kind::Kind;

use crate::verify::Discrepancy;

/// Something in a database that does not agree with the rest of it. Shown as one line; of a record's values it shows
/// none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The engine cannot read its own file, or finds a constraint broken.
    Damage {
        /// The engine's words.
        words: String,
    },
    /// A record's document is not what this version stores.
    Unreadable {
        /// The org, as the tables name it.
        org: i64,
        /// The kind of record.
        kind: Kind,
        /// Its id.
        record: String,
    },
    /// A column of a record says something else than its document.
    Column {
        /// The org.
        org: i64,
        /// The kind of record.
        kind: Kind,
        /// Its id.
        record: String,
        /// The column.
        column: &'static str,
    },
    /// A record is there twice.
    Twice {
        /// The org.
        org: i64,
        /// The kind of record.
        kind: Kind,
        /// Its id.
        record: String,
    },
    /// A record does not hold what its document claims.
    Unclaimed {
        /// The org.
        org: i64,
        /// The claimed value, such as `email`.
        claim: String,
        /// Its key in hexadecimal.
        key: String,
        /// The record.
        owner: String,
    },
    /// A claim is held that no document claims.
    Stray {
        /// The org.
        org: i64,
        /// The claimed value.
        claim: String,
        /// Its key in hexadecimal.
        key: String,
        /// Who holds it.
        owner: String,
    },
    /// The number of records that lists answer as their total is another than there are.
    Count {
        /// The org.
        org: i64,
        /// The kind of records, in the database's words.
        kind: String,
        /// What lists answer.
        told: i64,
        /// How many there are.
        there: i64,
    },
    /// Searches find a record by something else than what its document holds.
    Index {
        /// The org.
        org: i64,
        /// Its kind.
        kind: &'static str,
        /// Its id.
        record: String,
        /// What differs: a column of the index, its `words`, or its whole `row`.
        part: String,
    },
    /// Something that visitors did is of nobody, or cannot be read.
    Tracked {
        /// The org.
        org: i64,
        /// Its table.
        table: &'static str,
        /// Its id.
        row: String,
        /// What does not agree.
        what: &'static str,
    },
    /// An event is not as it was written.
    Event(Discrepancy),
    /// There was more than fits: what follows was left out.
    More,
}

impl Finding {
    /// Whether it is the file itself that is damaged.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damage { .. })
    }

    /// Whether it is about the index alone, which `kustodian reindex` rebuilds.
    pub fn is_of_index(&self) -> bool {
        matches!(self, Self::Index { .. })
    }

    /// A word for its kind, for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Damage { .. } => "damage",
            Self::Unreadable { .. } => "unreadable",
            Self::Column { .. } => "column",
            Self::Twice { .. } => "twice",
            Self::Unclaimed { .. } => "unclaimed",
            Self::Stray { .. } => "stray",
            Self::Count { .. } => "count",
            Self::Index { .. } => "index",
            Self::Tracked { .. } => "tracked",
            Self::Event(_) => "event",
            Self::More => "more",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damage { words } => {
                let line: Vec<&str> = words.split_whitespace().collect();
                formatter.write_str(&line.join(" "))
            }
            Self::Unreadable { org, kind, record } => {
                write!(formatter, "the document of {} {record} in org {org} cannot be read", kind.as_str())
            }
            Self::Column { org, kind, record, column } => {
                write!(formatter, "{} {record} in org {org} has another {column} than its document", kind.as_str())
            }
            Self::Twice { org, kind, record } => {
                write!(formatter, "{} {record} is twice in org {org}", kind.as_str())
            }
            Self::Unclaimed { org, claim, key, owner } => {
                write!(formatter, "{owner} in org {org} does not hold the {claim} {key} that its document names")
            }
            Self::Stray { org, claim, key, owner } => {
                write!(formatter, "{owner} in org {org} holds the {claim} {key} that its document does not name")
            }
            Self::Count { org, kind, told, there } => {
                write!(formatter, "org {org} counts {told} of kind {kind} where there are {there}")
            }
            Self::Index { org, kind, record, part } => {
                write!(formatter, "searches know another {part} of {kind} {record} in org {org} than its document")
            }
            Self::Tracked { org, table, row, what } => write!(formatter, "{row} of {table} in org {org} {what}"),
            Self::Event(event) => write!(formatter, "org {}: {event}", event.org),
            Self::More => formatter.write_str("there is more, left out here"),
        }
    }
}

/// Findings, as many as there is room for.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

/// How many are listed.
pub(super) const ROOM: usize = 200;

impl Findings {
    /// Notes one, if there is room.
    pub(super) fn note(&mut self, finding: Finding) {
        match self.0.len() {
            0..ROOM => self.0.push(finding),
            ROOM => self.0.push(Finding::More),
            _ => {}
        }
    }

    /// Whether the file itself is damaged.
    pub(super) fn have_damage(&self) -> bool {
        self.0.iter().any(Finding::is_damage)
    }

    pub(super) fn into_list(self) -> Vec<Finding> {
        self.0
    }
}
