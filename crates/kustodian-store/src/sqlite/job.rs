//! The jobs of the writer, and their answers.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::directory::{DirectoryError, NewToken, Org};
use kustodian_core::store::{CommitError, Decide, Loaded, OrgKey, StoreError};
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::batch::Batch;
use super::failure::unavailable;
use super::notes::NoteChange;
use super::prepared::Prepared;
use super::search::Walk;
use super::tracking::{Done, TrackingChange};
use super::{credentials, records, search};

/// Something to write, and who waits for it.
pub(super) enum Job {
    /// A change set.
    Change(Box<Change>),
    /// An org or a credential.
    Directory(Box<DirectoryChange>),
    /// A note of work that is left to do.
    Note(Box<NoteChange>),
    /// A tracked event of a visitor, or its removal.
    Track(Box<TrackingChange>),
    /// A walk to keep.
    KeepWalk(Box<Walk>, oneshot::Sender<Result<(), StoreError>>),
    /// A walk that was gone on with. Nobody waits for it.
    TouchWalk { org: OrgKey, walk: ObjectId, now: Timestamp },
    /// Nothing: asks whether the database can be written.
    Probe(oneshot::Sender<Result<(), StoreError>>),
    /// Sweeps erased data from the file. Done after the transaction of its group, once for all of
    /// them, and even if nobody waits any longer.
    Scrub(oneshot::Sender<Result<(), StoreError>>),
    /// Indexes all committed records. Done after the transaction of its group, once for all who ask.
    Index(oneshot::Sender<Result<(), StoreError>>),
    /// Writes all queued jobs before this one, and ends.
    Stop,
}

/// A change set to commit.
pub(super) struct Change {
    pub(super) org: OrgKey,
    pub(super) source: Source,
    pub(super) reply: oneshot::Sender<Result<ChangeSet, CommitError>>,
    /// What came of it in the transaction now under way.
    pub(super) outcome: Result<(), CommitError>,
}

/// The source of a change set.
pub(super) enum Source {
    /// The caller.
    Ready(ChangeSet, Prepared),
    /// A decision still to be made, inside the transaction.
    Open { names: Vec<Name>, decide: Decide },
    /// A decision made inside a transaction, on these revisions; kept in case that transaction has to be repeated.
    Made { names: Vec<Name>, seen: HashMap<Name, u64>, decision: Result<ChangeSet, CommitError> },
}

/// A change of orgs and credentials.
pub(super) struct DirectoryChange {
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Result<Answer, DirectoryError>>,
    /// What came of it in the transaction now under way.
    pub(super) outcome: Result<Answer, DirectoryError>,
}

/// What to change about orgs and credentials.
pub(super) enum Command {
    CreateOrg { id: ObjectId, name: String, now: Timestamp },
    CreateToken(Box<NewToken>),
    RevokeToken { id: ObjectId, now: Timestamp },
    TouchTokens { used: Vec<(ObjectId, Timestamp)> },
    ForgetSessions { before: Timestamp },
    SigningKey { candidate: [u8; 32] },
}

/// The result of a [`Command`].
pub(super) enum Answer {
    Org(Org),
    Done,
    Revoked(bool),
    SigningKey([u8; 32]),
}

impl Job {
    pub(super) fn change(org: OrgKey, source: Source, reply: oneshot::Sender<Result<ChangeSet, CommitError>>) -> Self {
        Self::Change(Box::new(Change { org, source, reply, outcome: Ok(()) }))
    }

    pub(super) fn directory(command: Command, reply: oneshot::Sender<Result<Answer, DirectoryError>>) -> Self {
        Self::Directory(Box::new(DirectoryChange { command, reply, outcome: Ok(Answer::Done) }))
    }

    /// Whether nobody waits any longer: then it is left out. A caller that stopped waiting learned that the outcome is
    /// unknown.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Change(change) => change.reply.is_closed(),
            Self::Directory(change) => change.reply.is_closed(),
            Self::Note(change) => change.reply.is_closed(),
            Self::Track(change) => change.reply.is_closed(),
            Self::Probe(reply) | Self::Index(reply) | Self::KeepWalk(_, reply) => reply.is_closed(),
            Self::Scrub(_) | Self::TouchWalk { .. } | Self::Stop => false,
        }
    }

    /// How many records it writes, as far as that is known before; at least 1.
    pub(super) fn records(&self) -> usize {
        match self {
            Self::Change(change) => match &change.source {
                Source::Ready(changes, _) => changes.puts.len().max(1),
                Source::Open { .. } | Source::Made { .. } => 1,
            },
            _ => 1,
        }
    }

    /// Does it within the batch's transaction and remembers what came of it. An error leaves the transaction useless.
    pub(super) fn run(&mut self, batch: &mut Batch<'_>, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Change(change) => change.outcome = change.run(batch, connection)?,
            Self::Directory(change) => change.outcome = credentials::run(&change.command, batch, connection)?,
            Self::Note(change) => change.outcome = change.run(connection)?,
            Self::Track(change) => change.outcome = change.run(connection)?,
            Self::KeepWalk(walk, _) => search::keep(connection, walk)?,
            Self::TouchWalk { org, walk, now } => search::touch(connection, *org, *walk, *now)?,
            Self::Probe(_) | Self::Scrub(_) | Self::Index(_) | Self::Stop => {}
        }
        Ok(())
    }

    /// Whether it changed something in the transaction.
    pub(super) fn is_accepted(&self) -> bool {
        match self {
            Self::Change(change) => change.outcome.is_ok(),
            Self::Directory(change) => change.outcome.is_ok(),
            Self::Track(change) => !matches!(change.outcome, Done::Nothing),
            Self::Note(_) | Self::KeepWalk(..) | Self::TouchWalk { .. } | Self::Probe(_) => false,
            Self::Scrub(_) | Self::Index(_) | Self::Stop => false,
        }
    }

    /// Answers the caller with the outcome, now that the transaction is committed. The caller may have gone meanwhile,
    /// which is why the sends may fail.
    pub(super) fn answer(self) {
        match self {
            Self::Change(change) => {
                let Change { source, reply, outcome, .. } = *change;
                drop(reply.send(outcome.and_then(|()| source.into_changes())));
            }
            Self::Directory(change) => drop(change.reply.send(change.outcome)),
            Self::Note(change) => drop(change.reply.send(Ok(change.outcome))),
            Self::Track(change) => drop(change.reply.send(Ok(change.outcome))),
            Self::Probe(reply) | Self::Scrub(reply) | Self::Index(reply) | Self::KeepWalk(_, reply) => {
                drop(reply.send(Ok(())));
            }
            Self::TouchWalk { .. } | Self::Stop => {}
        }
    }

    /// Answers the caller that the database could not do it.
    pub(super) fn fail(self, error: &StoreError) {
        match self {
            Self::Change(change) => drop(change.reply.send(Err(error.clone().into()))),
            Self::Directory(change) => drop(change.reply.send(Err(error.clone().into()))),
            Self::Note(change) => drop(change.reply.send(Err(error.clone()))),
            Self::Track(change) => drop(change.reply.send(Err(error.clone()))),
            Self::Probe(reply) | Self::Scrub(reply) | Self::Index(reply) | Self::KeepWalk(_, reply) => {
                drop(reply.send(Err(error.clone())));
            }
            Self::TouchWalk { .. } | Self::Stop => {}
        }
    }
}

impl Change {
    fn run(&mut self, batch: &mut Batch<'_>, connection: &Connection) -> rusqlite::Result<Result<(), CommitError>> {
        self.source = match std::mem::replace(&mut self.source, Source::nothing()) {
            Source::Open { names, decide } => {
                let loaded = match load(connection, self.org, &names) {
                    Ok(loaded) => loaded,
                    Err(error) => {
                        self.source = Source::Open { names, decide };
                        return Err(error);
                    }
                };
                let seen = loaded.revs();
                // A rule that panics must not take the writer, or the others of its batch, along.
                let decision = match catch_unwind(AssertUnwindSafe(|| decide(loaded))) {
                    Ok(decision) => decision.map_err(CommitError::Refused),
                    Err(_) => Err(StoreError::Failed { reason: "a rule panicked".to_owned() }.into()),
                };
                Source::Made { names, seen, decision }
            }
            Source::Made { names, seen, decision } => {
                let now = load(connection, self.org, &names)?.revs();
                let decision = if now == seen {
                    decision
                } else {
                    // It was decided on what another member of the batch had written, which has been undone since.
                    Err(unavailable("the transaction was repeated and found another revision").into())
                };
                Source::Made { names, seen, decision }
            }
            ready @ Source::Ready(..) => ready,
        };
        match &self.source {
            Source::Ready(changes, prepared) => batch.apply(self.org, changes, prepared),
            Source::Made { decision: Ok(changes), .. } => {
                batch.apply(self.org, changes, &Prepared::of(self.org, changes))
            }
            Source::Made { decision: Err(error), .. } => Ok(Err(error.clone())),
            Source::Open { .. } => Ok(Ok(())),
        }
    }
}

fn load(connection: &Connection, org: OrgKey, names: &[Name]) -> rusqlite::Result<Loaded> {
    let found = |&(kind, id): &Name| Ok(records::find(connection, org, kind, id)?.map(|stored| ((kind, id), stored)));
    names.iter().filter_map(|name| found(name).transpose()).collect()
}

impl Source {
    /// What changes nothing.
    fn nothing() -> Self {
        Self::Ready(ChangeSet::default(), Prepared { puts: Vec::new(), events: Vec::new() })
    }

    fn into_changes(self) -> Result<ChangeSet, CommitError> {
        match self {
            Self::Ready(changes, _) => Ok(changes),
            Self::Made { decision, .. } => decision,
            Self::Open { .. } => Err(StoreError::Failed { reason: "a change was never decided".to_owned() }.into()),
        }
    }
}
