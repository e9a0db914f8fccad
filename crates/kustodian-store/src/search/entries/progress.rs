//! How far a migration has indexed the records of the kinds beside customers. The note is among the settings from the
//! transaction of the migration on, and changes with each batch of records, so that a killed process continues.

use kustodian_core::kind::Kind;
use serde::{Deserialize, Serialize};

/// The name of the note.
pub(crate) const NAME: &str = "entries";

/// The last record that is indexed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    kind: String,
    pub(crate) org: i64,
    pub(crate) id: String,
    /// Whether all records are in the index, and those of this kind lack terms.
    #[serde(default)]
    pub(crate) is_of_terms: bool,
}

impl Progress {
    /// Before the first record.
    pub(crate) fn start() -> Option<Self> {
        kinds().next().map(Self::before)
    }

    /// Before the first record of a kind.
    fn before(kind: Kind) -> Self {
        Self { kind: kind.as_str().to_owned(), org: i64::MIN, id: String::new(), is_of_terms: false }
    }

    /// Before the first record of a kind, whose records lack terms in an index that has all records.
    pub(crate) fn of_terms(kind: Kind) -> Self {
        Self { is_of_terms: true, ..Self::before(kind) }
    }

    /// A note that cannot be read leads to the start: a record may be indexed twice.
    pub(crate) fn read(note: &[u8]) -> Option<Self> {
        serde_json::from_slice(note).ok().filter(|read: &Self| read.kind().is_some()).or_else(Self::start)
    }

    pub(crate) fn note(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        kinds().find(|kind| kind.as_str() == self.kind)
    }

    /// After a page whose last record is `last`; `None` when all records are indexed.
    pub(crate) fn after(self, last: Option<(i64, String)>) -> Option<Self> {
        match last {
            Some((org, id)) => Some(Self { org, id, ..self }),
            None if self.is_of_terms => None,
            None => kinds().skip_while(|kind| kind.as_str() != self.kind).nth(1).map(Self::before),
        }
    }
}

fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.is_in_entries())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_through_every_kind_once() {
        let (mut at, mut seen) = (Progress::start(), Vec::new());
        while let Some(progress) = at {
            let progress = Progress::read(&progress.note()).unwrap();
            let kind = progress.kind().unwrap();
            let last = (!seen.contains(&kind)).then(|| (1, "5c7d1a1f9a1b2c0010a1b2c3".to_owned()));
            if last.is_some() {
                seen.push(kind);
            }
            at = progress.after(last);
        }
        assert_eq!(seen, kinds().collect::<Vec<_>>());
        assert_eq!(Progress::read(b"another"), Progress::start());
        let of_terms = Progress::read(&Progress::of_terms(Kind::Conversation).note()).unwrap();
        assert_eq!(
            (of_terms.kind(), of_terms.is_of_terms, of_terms.after(None)),
            (Some(Kind::Conversation), true, None)
        );
    }
}
