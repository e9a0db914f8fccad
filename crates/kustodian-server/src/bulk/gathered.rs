//! The commits of a job's items, held back until all of them are known.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use kustodian_core::change::ChangeSet;
use kustodian_core::store::{CommitError, StoreError};
use tokio::sync::oneshot;

/// The held back commits of one job.
#[derive(Default)]
pub(super) struct Gathered {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Vec<Held>,
    /// Whether an item takes its decision under a lock.
    is_locking: bool,
}

/// The changes of an item that waits for their commit.
pub(super) struct Held {
    /// Which item of the job.
    pub(super) index: usize,
    pub(super) changes: ChangeSet,
    reply: oneshot::Sender<Result<ChangeSet, CommitError>>,
}

impl Held {
    /// Lets the item continue.
    pub(super) fn answer(self, outcome: Result<(), CommitError>) {
        // Its handler was dropped if nobody takes it.
        drop(self.reply.send(outcome.map(|()| self.changes)));
    }

    /// Whether one of its records has this id.
    pub(super) fn writes(&self, id: kustomer_api::ObjectId) -> bool {
        self.changes.puts.iter().any(|put| put.id == id)
    }
}

impl Gathered {
    /// How many commits are held back; none of a job that has an item which takes its decision under a lock.
    pub(super) fn count(&self) -> Option<usize> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (!state.is_locking).then_some(state.held.len())
    }

    /// The held back commits, in the order of the items.
    pub(super) fn take(&self) -> Vec<Held> {
        let mut held = std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).held);
        held.sort_unstable_by_key(|held| held.index);
        held
    }

    /// Holds commits back again.
    pub(super) fn put_back(&self, held: Vec<Held>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).held.extend(held);
    }
}

/// The place of one item among them.
#[derive(Clone)]
pub(crate) struct Gathering {
    pub(super) index: usize,
    pub(super) of: Arc<Gathered>,
}

impl Gathering {
    /// Commits `changes` with those of the other items.
    ///
    /// # Errors
    /// As of [`Store::commit`](kustodian_core::store::Store::commit).
    pub(crate) async fn commit(&self, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
        let (reply, answer) = oneshot::channel();
        let held = Held { index: self.index, changes, reply };
        self.of.state.lock().unwrap_or_else(PoisonError::into_inner).held.push(held);
        let lost = || StoreError::Failed { reason: "the commit of an item was lost".to_owned() };
        answer.await.unwrap_or_else(|_| Err(lost().into()))
    }

    /// Reports that the item takes its decision under a lock, and does not end: the item is dropped, and done again by
    /// itself.
    pub(crate) async fn leave(&self) -> Result<ChangeSet, CommitError> {
        self.of.state.lock().unwrap_or_else(PoisonError::into_inner).is_locking = true;
        pending().await
    }
}
