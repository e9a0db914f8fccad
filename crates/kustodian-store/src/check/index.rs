//! The search index compared with the documents. Every engine keeps it in a form of its own and compares it
//! itself; all of it can be rebuilt, so nothing is lost when it disagrees.

use std::path::PathBuf;

use kustodian_core::kind::Kind;

use super::finding::{Finding, Findings, ROOM};
use crate::copy::{CopyError, CopyProgress};

/// The part of a record's index that holds its words, parts of words and sets of values.
pub(crate) const WORDS: &str = "words";

/// The part that is all of it.
pub(crate) const EVERYTHING: &str = "row";

/// A record whose index entries differ from its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfound {
    pub(crate) org: i64,
    pub(crate) kind: Kind,
    /// Its id.
    pub(crate) record: String,
    /// A column of its row, or [`WORDS`], or [`EVERYTHING`].
    pub(crate) part: String,
}

/// The findings that are reported.
#[derive(Debug, Default)]
pub(crate) struct Misfounds(Vec<Misfound>);

impl Misfounds {
    /// Notes a customer, if there is room.
    pub(crate) fn note(&mut self, org: i64, record: impl ToString, part: impl ToString) {
        self.note_of(Kind::Customer, org, record, part);
    }

    /// Notes a record of a kind, if there is room.
    pub(crate) fn note_of(&mut self, kind: Kind, org: i64, record: impl ToString, part: impl ToString) {
        // One more than is listed: so that it is said that there is more.
        if self.0.len() <= ROOM {
            self.0.push(Misfound { org, kind, record: record.to_string(), part: part.to_string() });
        }
    }
}

/// Whether all records of the file at `path` have the index entries that their documents give.
pub(crate) async fn agrees(path: PathBuf, tell: &mut (dyn FnMut(CopyProgress) + Send)) -> Result<bool, CopyError> {
    let misfounds = crate::sqlite::Archive::read(path).await?.compare_index(tell).await?;
    Ok(misfounds.0.is_empty())
}

/// Adds findings to the others.
pub(super) fn note_all(misfounds: Misfounds, findings: &mut Findings) {
    for Misfound { org, kind, record, part } in misfounds.0 {
        findings.note(Finding::Index { org, kind: kind.as_str(), record, part });
    }
}
