//! The pending work after a change that many other records follow: record by record after the answer, and noted in
//! the database until it is done, so that a server that ends leaves it to the next.

use kustomer_api::{ObjectId, Timestamp};

use crate::store::{Note, OrgKey};

/// What others follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A company has another name, which its customers show.
    Renamed,
    /// A customer went into another one, or came out of it again: what belongs to them follows.
    Merged,
    /// A conversation moved to another customer, with more beside it than follows within a request.
    Moved,
    /// A message was recorded in a conversation after others that were sent later: its answers are worked out again.
    Late,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Renamed, Self::Merged, Self::Moved, Self::Late];

    /// The prefix of the names of its notes.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Renamed => "renamed:",
            Self::Merged => "merged:",
            Self::Moved => "moved:",
            Self::Late => "late:",
        }
    }
}

/// The note that others may not have followed a record yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Why they follow.
    pub cause: Cause,
    /// The org.
    pub org: OrgKey,
    /// The record: the company that was renamed, the customer that another one went into, or the
    /// conversation that moved or has a late message.
    pub record: ObjectId,
    /// When it changed, or was about to.
    pub noted: Timestamp,
    /// When to process its records. The server that does so moves this on, and others leave the note alone until then.
    pub due: Timestamp,
}

impl Followed {
    /// As it is kept. No two notes are equal, so that a further change is never taken for one that is done: `nonce` is an
    /// id not used before.
    pub fn note(&self, nonce: ObjectId) -> Note {
        let Self { cause, org, record, noted, due } = self;
        let value = format!("{} {} {nonce}", noted.as_millis(), due.as_millis());
        Note { name: format!("{}{}:{record}", cause.prefix(), org.0), value: value.into_bytes() }
    }

    /// Out of a note; `None` when it is none of these.
    ///
    /// ```
    /// use kustodian_core::following::{Cause, Followed};
    /// use kustodian_core::store::OrgKey;
    ///
    /// let id = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
    /// let moment = "2026-01-02T03:04:05.678Z".parse()?;
    /// for cause in Cause::ALL {
    ///     let followed = Followed { cause, org: OrgKey(1), record: id, noted: moment, due: moment };
    ///     assert_eq!(Followed::read(&followed.note(id)), Some(followed));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(note: &Note) -> Option<Self> {
        let (cause, rest) =
            Cause::ALL.into_iter().find_map(|cause| Some((cause, note.name.strip_prefix(cause.prefix())?)))?;
        let (org, record) = rest.split_once(':')?;
        let mut words = std::str::from_utf8(&note.value).ok()?.split(' ');
        let mut moment = || Some(Timestamp::from_millis(words.next()?.parse().ok()?));
        let (noted, due) = (moment()?, moment()?);
        Some(Self { cause, org: OrgKey(org.parse().ok()?), record: record.parse().ok()?, noted, due })
    }
}
