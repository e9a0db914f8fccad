//! What became of the rows.

use serde::{Deserialize, Serialize};

/// How many rows there were, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Rows that created a record; in a dry run, rows that could.
    pub(crate) created: u64,
    /// Rows that changed the record which they clash with.
    pub(crate) updated: u64,
    /// Rows passed over because they clash with a record.
    pub(crate) skipped: u64,
    /// Rows that were refused.
    pub(crate) refused: u64,
    /// Records that were created without some of their values.
    #[serde(default)]
    pub(crate) incomplete: u64,
    /// References of this and earlier files that wait for the records that they name.
    #[serde(default)]
    pub(crate) waiting: u64,
}

impl Counts {
    /// All of them.
    pub(crate) fn total(&self) -> u64 {
        self.created + self.updated + self.skipped + self.refused
    }
}
