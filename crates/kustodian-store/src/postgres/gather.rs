//! Making several customers with one statement: those of one change set, and those of several.
//!
//! Most of the cost of a small statement is not its rows: it is sent, planned, answered and waited for on the disk. So
//! creates that come while others are under way gather, and go together in the next statement; nobody waits for more to
//! come. All of a statement is committed or nothing: when something is in the way of one of its members, each is
//! committed alone, with its own conflict. Several orgs may be in one statement; nothing of one is shown to
//! another. Only where tables are not spread: the statement writes tables that are distributed differently.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use kustodian_core::chain::Leaf;
use kustodian_core::change::{ChangeSet, Event, Put};
use kustodian_core::claim::Claim;
use kustodian_core::kind::Kind;
use kustodian_core::receipt::Receipt;
use kustodian_core::store::{OrgKey, StoreError};
use tokio::sync::oneshot;

use super::Core;
use super::changes::{Placing, Seen, create, is_new, leaves, wanted_claims};
use super::commit::{Commit, Obstacle, Order};
use super::connection::{Step, statement};
use super::search;
use super::values::Value;
use crate::document::DOCUMENT_FORMAT;

/// How many go together at most.
const TOGETHER: usize = 64;

/// Creates that gather.
pub(super) struct Gathering {
    queue: Mutex<Queue>,
    /// How many statements may be under way at the same time.
    carriers: usize,
}

#[derive(Default)]
struct Queue {
    members: Vec<Member>,
    /// How many statements are under way.
    carried: usize,
}

/// A create, and who waits for it.
struct Member {
    org: OrgKey,
    changes: ChangeSet,
    /// The search entries of the customer, as an object of JSON or nothing.
    found_by: String,
    /// When the columns of its custom attributes were known.
    since: Instant,
    reply: oneshot::Sender<Told>,
}

/// What came of a create.
pub(super) enum Told {
    /// It is committed.
    Committed(ChangeSet),
    /// It, or one of its group, had a conflict: commit it alone.
    Alone(ChangeSet),
    /// The database could not.
    Failed(StoreError),
}

/// Whether a change set makes one customer with its claims and its event, and nothing else but a receipt. One that is
/// there already is a conflict like any other: the commit that is then made alone finds it first.
pub(super) fn fits(changes: &ChangeSet) -> bool {
    let ([put], [event]) = (changes.puts.as_slice(), changes.events.as_slice()) else { return false };
    makes(put, event) && changes.frees.is_empty() && is_new(changes)
}

impl Gathering {
    pub(super) fn new(writers: usize) -> Self {
        // Few, so that statements are filled; more where the pool says that the server has more processors.
        Self { queue: Mutex::default(), carriers: (writers / 4).max(2) }
    }

    /// Commits a create that [`fits`], together with others.
    pub(super) async fn commit(core: &Arc<Core>, org: OrgKey, changes: ChangeSet, found_by: String) -> Told {
        let (reply, answer) = oneshot::channel();
        let is_carried = {
            let mut queue = core.gathering.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.members.push(Member { org, changes, found_by, since: Instant::now(), reply });
            let is_carried = queue.carried >= core.gathering.carriers;
            queue.carried += usize::from(!is_carried);
            is_carried
        };
        if !is_carried {
            tokio::spawn(carry(Carrier { core: Arc::clone(core), is_over: false }));
        }
        let lost = || StoreError::Failed { reason: "a create was lost".to_owned() };
        answer.await.unwrap_or_else(|_| Told::Failed(lost()))
    }
}

/// Has a place among the statements under way, until dropped.
struct Carrier {
    core: Arc<Core>,
    is_over: bool,
}

impl Carrier {
    /// The next to go; none, and the place is given up.
    fn next(&mut self) -> Vec<Member> {
        let mut queue = self.core.gathering.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // Who stopped waiting learned that the outcome is unknown.
        queue.members.retain(|member| !member.reply.is_closed());
        let count = queue.members.len().min(TOGETHER);
        if count == 0 {
            queue.carried -= 1;
            self.is_over = true;
        }
        queue.members.drain(..count).collect()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        if !self.is_over {
            self.core.gathering.queue.lock().unwrap_or_else(PoisonError::into_inner).carried -= 1;
        }
    }
}

async fn carry(mut carrier: Carrier) {
    loop {
        let next = carrier.next();
        if next.is_empty() {
            return;
        }
        // A task that waited long may write columns that were taken back meanwhile.
        let (members, outdated): (Vec<_>, Vec<_>) =
            next.into_iter().partition(|member| member.since.elapsed() < search::BELIEVED);
        for Member { changes, reply, .. } in outdated {
            drop(reply.send(Told::Alone(changes)));
        }
        if members.is_empty() {
            continue;
        }
        let outcome = send(&carrier.core, &members).await;
        if outcome.is_ok() {
            carrier.core.is_committed(members.len());
        }
        for Member { changes, reply, .. } in members {
            // Nobody may wait any longer.
            drop(reply.send(match &outcome {
                Ok(()) => Told::Committed(changes),
                Err(Some(error)) => Told::Failed(error.clone()),
                Err(None) => Told::Alone(changes),
            }));
        }
    }
}

/// Sends one statement. `None`: there was a conflict.
async fn send(core: &Core, members: &[Member]) -> Result<(), Option<StoreError>> {
    let lease = core.writers.take().await.map_err(Some)?;
    let commit = Commit {
        writers: &core.writers,
        begin: core.connector.begin(),
        limit: core.commit_timeout,
        org: OrgKey(0),
        token: None,
        is_spread: false,
        readers: &core.readers,
        slotting: &core.slotting,
    };
    let leaves: Vec<Vec<Leaf>> = members.iter().map(|member| leaves(&member.changes)).collect();
    let step = match (members, leaves.as_slice()) {
        ([member], [leaves]) if member.changes.receipts.is_empty() => {
            create(member.org, &member.changes, leaves, &member.found_by).ok_or(None)?
        }
        _ => {
            let none = Seen::default();
            let (mut made, mut claims, mut receipts) = (Vec::with_capacity(members.len()), Vec::new(), Vec::new());
            for (Member { org, changes, found_by, .. }, leaves) in members.iter().zip(&leaves) {
                for ((put, event), leaf) in changes.puts.iter().zip(&changes.events).zip(leaves) {
                    made.push(Made { org: *org, put, event, leaf, found_by: Cow::Borrowed(found_by) });
                }
                claims.extend(wanted_claims(changes, &none).into_iter().map(|claim| (*org, claim)));
                receipts.extend(changes.receipts.iter().map(|left| (*org, left)));
            }
            create_all(&made, claims, &receipts, Placing::Later)
        }
    };
    commit.send(lease, vec![step], Order::Any).await.map_err(|obstacle| match obstacle {
        Obstacle::Failed(error) => Some(error),
        Obstacle::Conflict(_) | Obstacle::Again(_) => None,
    })
}

/// A new customer with its event.
pub(super) struct Made<'a> {
    pub(super) org: OrgKey,
    pub(super) put: &'a Put,
    pub(super) event: &'a Event,
    pub(super) leaf: &'a Leaf,
    /// Its search entries, as an object of JSON or nothing.
    pub(super) found_by: Cow<'a, str>,
}

/// Whether an event is that of the first revision of a customer that is written.
pub(super) fn makes(put: &Put, event: &Event) -> bool {
    let is_its_own = (event.kind, event.record, event.rev) == (put.kind, put.id, put.rev);
    let is_first = event.changes.is_none() && event.snapshot.is_none();
    put.kind == Kind::Customer && put.expects.is_none() && !put.deleted && is_its_own && is_first
}

/// Writes new customers with their events, and claims and receipts, in one statement.
pub(super) fn create_all<'a>(
    made: &[Made<'a>],
    mut claims: Vec<(OrgKey, &'a Claim)>,
    receipts: &[(OrgKey, &'a Receipt)],
    placing: Placing,
) -> Step<'a> {
    let puts = || made.iter().map(|made| (made.org, made.put));
    let events = || made.iter().map(|made| made.event);
    let numbers = |of: fn(OrgKey, &Put) -> i64| Value::Numbers(puts().map(|(org, put)| of(org, put)).collect());
    let texts = |of: fn(&'a Event) -> &'a str| Value::Texts(events().map(of).collect());
    // In the order of their keys, so that two statements that want the same ones wait for each other instead of
    // blocking each other.
    claims.sort_unstable_by_key(|(_, claim)| *claim.key.as_bytes());
    let receipts = || receipts.iter().copied();
    let receipt_numbers =
        |of: fn(OrgKey, &Receipt) -> i64| Value::Numbers(receipts().map(|(org, left)| of(org, left)).collect());
    let found_by = made.iter().map(|made| &*made.found_by).filter(|found_by| !found_by.is_empty());
    let found_by: Vec<&str> = found_by.collect();
    let values = vec![
        Value::Ids(puts().map(|(_, put)| put.id).collect()),
        numbers(|org, _| org.0),
        numbers(|_, put| i64::try_from(put.rev).unwrap_or(i64::MAX)),
        numbers(|_, put| put.created_at.as_millis()),
        numbers(|_, put| put.updated_at.as_millis()),
        Value::Texts(puts().map(|(_, put)| put.document.as_str()).collect()),
        Value::ByteStrings(claims.iter().map(|(_, claim)| claim.key.as_bytes().as_slice()).collect()),
        Value::Numbers(claims.iter().map(|(org, _)| org.0).collect()),
        Value::Texts(claims.iter().map(|(_, claim)| claim.kind.as_str()).collect()),
        Value::Ids(claims.iter().map(|(_, claim)| claim.owner).collect()),
        Value::Ids(events().map(|event| event.id).collect()),
        texts(|event| &event.name),
        Value::Numbers(events().map(|event| event.at.as_millis()).collect()),
        Value::MaybeIds(events().map(|event| event.actor).collect()),
        texts(|event| event.client),
        Value::ByteStrings(events().map(|event| event.digest.0.as_slice()).collect()),
        Value::ByteStrings(events().map(|event| event.salt.0.as_slice()).collect()),
        texts(|event| &event.request_id),
        Value::Hashes(made.iter().map(|made| made.leaf.0).collect()),
        Value::Number(DOCUMENT_FORMAT),
        Value::Owned(Some(format!("[{}]", found_by.join(",")))),
        Value::ByteStrings(receipts().map(|(_, left)| left.key.as_bytes().as_slice()).collect()),
        receipt_numbers(|org, _| org.0),
        Value::ByteStrings(receipts().map(|(_, left)| left.fingerprint.0.as_slice()).collect()),
        Value::Texts(receipts().map(|(_, left)| left.kind.as_str()).collect()),
        Value::Ids(receipts().map(|(_, left)| left.record).collect()),
        receipt_numbers(|_, left| i64::try_from(left.rev).unwrap_or(i64::MAX)),
        receipt_numbers(|_, left| i64::from(left.status)),
        receipt_numbers(|_, left| left.expires_at.as_millis()),
    ];
    statement(search::create_all(placing == Placing::AtOnce), values)
}
