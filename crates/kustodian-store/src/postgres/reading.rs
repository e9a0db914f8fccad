//! Reading several records with one statement.
//!
//! Most of what a small statement costs is not its row: it is sent, bound, answered, and the processes of both sides are
//! woken for it. So reads that come while some are under way wait for one of them to end, and go together then; where
//! there are few, each is sent at once. The statement begins after its last member came, so everyone reads what
//! was committed before. Only where tables are not spread: there each read concerns one shard, and is sent to it alone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kustodian_core::claim::ClaimKey;
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, StoreError, Stored};
use kustomer_api::ObjectId;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Core;
use super::records;

/// How many go together at most.
const TOGETHER: usize = 32;

/// Reads that wait.
pub(super) struct Reading {
    queue: Mutex<Queue>,
    /// How many statements may be under way at the same time.
    at_once: usize,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    under_way: usize,
}

/// A record to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The one with this id.
    Id(ObjectId),
    /// The one that holds this claim.
    Claim(ClaimKey),
}

type Answer = Result<Option<Stored>, StoreError>;

struct Waiting {
    org: OrgKey,
    kind: Kind,
    wanted: Wanted,
    reply: oneshot::Sender<Answer>,
}

impl Waiting {
    /// Whether one statement reads both.
    fn goes_with(&self, other: &Self) -> bool {
        let same_way = matches!(
            (self.wanted, other.wanted),
            (Wanted::Id(_), Wanted::Id(_)) | (Wanted::Claim(_), Wanted::Claim(_))
        );
        same_way && self.org == other.org && self.kind == other.kind
    }
}

impl Reading {
    /// With so many statements under way at the same time.
    pub(super) fn new(at_once: usize) -> Self {
        Self { queue: Mutex::default(), at_once: at_once.max(1) }
    }

    /// Reads a record, with others where there are many.
    pub(super) async fn find(core: &Arc<Core>, org: OrgKey, kind: Kind, wanted: Wanted) -> Answer {
        let waiting = {
            let mut queue = core.reading.locked();
            if queue.under_way < core.reading.at_once {
                queue.under_way += 1;
                None
            } else {
                let (reply, answer) = oneshot::channel();
                queue.waiting.push_back(Waiting { org, kind, wanted, reply });
                Some(answer)
            }
        };
        let Some(answer) = waiting else {
            let _turn = Turn { core: Arc::clone(core) };
            return records::find(&core.readers, org, kind, wanted).await;
        };
        let lost = || StoreError::Failed { reason: "a read was lost".to_owned() };
        answer.await.unwrap_or_else(|_| Err(lost()))
    }

    fn locked(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run a statement. When dropped, the next waiting task gets it.
struct Turn {
    core: Arc<Core>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.core.reading.locked();
        // Who stopped waiting wants no answer.
        queue.waiting.retain(|waiting| !waiting.reply.is_closed());
        match Handle::try_current() {
            Ok(runtime) if !queue.waiting.is_empty() => {
                let members = next(&mut queue);
                drop(queue);
                runtime.spawn(carry(Turn { core: Arc::clone(&self.core) }, members));
            }
            _ => queue.under_way -= 1,
        }
    }
}

/// The first who waits, and those who can go with it.
fn next(queue: &mut Queue) -> Vec<Waiting> {
    let mut members: Vec<Waiting> = queue.waiting.pop_front().into_iter().collect();
    let mut place = 0;
    while place < queue.waiting.len() && members.len() < TOGETHER {
        if queue.waiting[place].goes_with(&members[0]) {
            members.extend(queue.waiting.remove(place));
        } else {
            place += 1;
        }
    }
    members
}

async fn carry(turn: Turn, members: Vec<Waiting>) {
    let Some(Waiting { org, kind, .. }) = members.first() else { return };
    let wanted: Vec<Wanted> = members.iter().map(|member| member.wanted).collect();
    let found = records::find_all(&turn.core.readers, *org, *kind, &wanted).await;
    // The next statement may be sent before these get their answers.
    drop(turn);
    match found {
        Ok(found) => {
            for (member, found) in members.into_iter().zip(found) {
                // Nobody may wait any longer.
                drop(member.reply.send(Ok(found)));
            }
        }
        Err(error) => members.into_iter().for_each(|member| drop(member.reply.send(Err(error.clone())))),
    }
}
