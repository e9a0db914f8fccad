//! Committing a change set.
//!
//! A change set that only makes new records is one trip: BEGIN, plain statements and COMMIT one after the other, with
//! the constraints of the database to find out whether something was in the way; where tables are not spread over several
//! machines, one new record with all its rows is a single statement, and several new customers go together
//! (`gather`). So is the update of one customer that moves no claim (`amend`). Any other one locks what it writes
//! first, looks, and then writes and commits in a second trip. Which of several conflicts is reported is decided by the
//! second way alone, so that it is the same as on every engine; the first only finds that there is one.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kustodian_core::chain::Leaf;
use kustodian_core::change::{ChangeSet, Erasure, Name};
use kustodian_core::conflict::State;
use kustodian_core::directory::NewToken;
use kustodian_core::kind::Kind;
use kustodian_core::store::{CommitError, Decide, Loaded, OrgKey, StoreError, Stored, in_lock_order};
use kustomer_api::ObjectId;
use tokio::time::{sleep, timeout};
use tokio_postgres::Error;

use super::amend::amend;
use super::changes::{
    Placing, Seen, conflict, create, found_by, is_insert_only, leaves, live_gains, makes_several, records, writes,
};
use super::connection::{Answer, Failed, Step, statement};
use super::failure::{is_momentary, spoils_connection, store_error, unavailable, violated, words};
use super::listing;
use super::pool::{Lease, Pool, Shared};
use super::receipts;
use super::records::{owner, stored};
use super::scrub;
use super::search::Slotting;
use super::sequencer::{end_of_feed, place_at_once, wait_for_feed};
use super::sql::{FIND_OWNERS, HOLD_NUMBER, statements};
use super::values::Value;
use crate::search::Slots;

/// The source of a change set.
pub(super) enum Source {
    /// The caller.
    Ready(ChangeSet),
    /// A decision still to be made, under the records' locks.
    Open { names: Vec<Name>, decide: Decide },
    /// A decision made on these revisions; kept in case the transaction has to be repeated.
    Made { names: Vec<Name>, seen: HashMap<Name, u64>, decision: Result<ChangeSet, CommitError> },
}

/// A commit in the making.
pub(super) struct Commit<'a> {
    /// Where connections come from.
    pub(super) writers: &'a Pool,
    /// The command that begins a transaction.
    pub(super) begin: &'a str,
    /// How long it may take in all.
    pub(super) limit: Duration,
    /// Whose records.
    pub(super) org: OrgKey,
    /// A token to keep with it.
    pub(super) token: Option<&'a NewToken>,
    /// Whether tables are spread over several machines, so that a statement may write one of them only.
    pub(super) is_spread: bool,
    /// What custom attributes are given their columns through: never the connection of a transaction, so that a column
    /// is given before anybody writes it.
    pub(super) readers: &'a Shared,
    /// Which custom attributes have a column.
    pub(super) slotting: &'a Slotting,
}

/// Why a transaction did not commit.
pub(super) enum Obstacle {
    /// A conflict, which is the answer.
    Conflict(CommitError),
    /// A transient conflict: retry the transaction.
    Again(Error),
    /// The database could not.
    Failed(StoreError),
}

/// How many events a commit of new records has that gives them their positions itself. Fewer are left to the sequencer,
/// which does it for several commits together.
const PLACED_AT_ONCE: usize = 16;

/// How long to wait before the same again, for each time it was tried.
const PAUSE: Duration = Duration::from_millis(2);

impl Commit<'_> {
    /// Commits the change sets of `source`; retries while other transactions are in conflict.
    pub(super) async fn run(&self, mut source: Source) -> Result<ChangeSet, CommitError> {
        let deadline = Instant::now() + self.limit;
        let (mut may_insert, mut may_amend) = (true, true);
        for attempt in 1_u32.. {
            let lease = self.writers.take().await?;
            let outcome = match &source {
                Source::Ready(changes)
                    if may_insert && (is_insert_only(changes) || !self.is_spread && makes_several(changes)) =>
                {
                    self.insert(lease, changes).await
                }
                Source::Ready(changes) if may_amend && self.token.is_none() && !self.is_spread => {
                    may_amend = false;
                    match self.amend(lease, changes).await {
                        Ok(Amended::All) => Ok(()),
                        Ok(Amended::Nothing(lease)) => self.write(lease, &mut source).await,
                        Err(obstacle) => Err(obstacle),
                    }
                }
                _ => self.write(lease, &mut source).await,
            };
            match outcome {
                Ok(()) => break,
                Err(Obstacle::Conflict(conflict)) => return Err(conflict),
                Err(Obstacle::Failed(error)) => return Err(error.into()),
                Err(Obstacle::Again(error)) if Instant::now() >= deadline => {
                    return Err(unavailable(format!("others were in the way all the time: {}", words(&error))).into());
                }
                Err(Obstacle::Again(_)) => may_insert = false,
            }
            sleep(PAUSE * attempt.min(50)).await;
        }
        match source {
            Source::Ready(changes) => Ok(changes),
            Source::Made { decision, .. } => decision,
            Source::Open { .. } => Err(StoreError::Failed { reason: "a change was never decided".to_owned() }.into()),
        }
    }

    /// In one trip, without looking first.
    async fn insert(&self, lease: Lease, changes: &ChangeSet) -> Result<(), Obstacle> {
        let leaves = leaves(changes);
        let slots = self.slots(changes).await?;
        if !self.is_spread
            && self.token.is_none()
            && let Some(step) = create(self.org, changes, &leaves, &found_by(self.org, changes, &slots))
        {
            return self.send(lease, vec![step], Order::Any).await;
        }
        let mut lease = lease;
        if !self.is_spread
            && changes.events.len() >= PLACED_AT_ONCE
            && let Some(gains) = live_gains(changes)
        {
            match self.insert_in_place(lease, changes, &leaves, &slots, &gains).await? {
                None => return Ok(()),
                Some(kept) => lease = kept,
            }
        }
        let mut steps = vec![Step::Command(self.begin)];
        let placing = Placing::later(self.is_spread);
        steps.extend(writes(self.org, changes, &leaves, &slots, &Seen::default(), self.token, placing));
        // Several customers are one statement, whose rows are in any order.
        let order = if makes_several(changes) { Order::Any } else { Order::AsSent };
        self.finish(lease, steps, order).await
    }

    /// In two trips, the second of which gives the events their positions. With the connection, and nothing written, if
    /// the feed has to be left to the sequencer.
    async fn insert_in_place(
        &self,
        lease: Lease,
        changes: &ChangeSet,
        leaves: &[Leaf],
        slots: &Slots,
        gains: &[(Kind, i64)],
    ) -> Result<Option<Lease>, Obstacle> {
        let mut steps = vec![Step::Command(self.begin)];
        steps.extend(writes(self.org, changes, leaves, slots, &Seen::default(), self.token, Placing::AtOnce));
        // Last, so that others wait for it as shortly as possible, and who has it waits for nobody.
        steps.push(wait_for_feed(self.org));
        let answers = match timeout(self.limit, lease.connection().run(&steps)).await {
            Ok(Ok(answers)) => answers,
            Ok(Err(Failed { error, .. })) if spoils_connection(&error) => {
                return Err(Obstacle::Failed(store_error(&error)));
            }
            Ok(Err(Failed { error, .. })) => {
                if let Some(lease) = self.roll_back(lease).await {
                    lease.give_back();
                }
                return Err(obstacle(error, Order::Any));
            }
            Err(_) => return Err(Obstacle::Failed(unavailable("PostgreSQL did not answer in time"))),
        };
        let end = answers.last().map(end_of_feed).transpose().map_err(|error| Obstacle::Failed(store_error(&error)))?;
        let Some(end) = end.flatten() else {
            return match self.roll_back(lease).await {
                Some(lease) => Ok(Some(lease)),
                None => Err(Obstacle::Failed(unavailable("PostgreSQL did not answer in time"))),
            };
        };
        let steps = place_at_once(self.org, end, (&changes.events, leaves), gains);
        self.finish(lease, steps, Order::AsSent).await.map(|()| None)
    }

    /// Ends a transaction without keeping anything; the connection, if that works.
    async fn roll_back(&self, lease: Lease) -> Option<Lease> {
        let ended = timeout(self.limit, lease.connection().command("ROLLBACK")).await;
        matches!(ended, Ok(Ok(()))).then_some(lease)
    }

    /// In one trip, if it is the update of one customer and finds the revision that it replaces.
    async fn amend(&self, lease: Lease, changes: &ChangeSet) -> Result<Amended, Obstacle> {
        let leaves = leaves(changes);
        let slots = self.slots(changes).await?;
        let Some(step) = amend(self.org, changes, &leaves, &slots) else { return Ok(Amended::Nothing(lease)) };
        let (answers, lease) = self.send_and_keep(lease, vec![step], Order::Any).await?;
        let row = answers.first().and_then(|answer| answer.rows.first());
        let written: i64 =
            row.map_or(Ok(0), |row| row.try_get(0)).map_err(|error| Obstacle::Failed(store_error(&error)))?;
        if written == 0 {
            return Ok(Amended::Nothing(lease));
        }
        lease.give_back();
        Ok(Amended::All)
    }

    /// The columns of the custom attributes that are written.
    async fn slots(&self, changes: &ChangeSet) -> Result<Arc<Slots>, Obstacle> {
        self.slotting.of_changes(self.readers, self.org, changes).await.map_err(Obstacle::Failed)
    }

    /// What must be in the database before the transaction ends, on another connection: the columns of the custom
    /// attributes that are written, and the note of a pending sweep.
    async fn prepare(&self, changes: &ChangeSet) -> Result<Arc<Slots>, Obstacle> {
        if changes.erasures.iter().any(Erasure::wants_scrub) {
            scrub::want(self.readers).await.map_err(Obstacle::Failed)?;
        }
        self.slots(changes).await
    }

    /// Locks and looks, then writes.
    async fn write(&self, lease: Lease, source: &mut Source) -> Result<(), Obstacle> {
        let mut transaction =
            Transaction { lease, begin: Some(self.begin), org: self.org, limit: self.limit, is_spread: self.is_spread };
        let mut seen = Seen::default();
        let found = transaction.decide(source, &mut seen).await;
        let looked = match found {
            Ok(()) => match source {
                Source::Ready(changes) | Source::Made { decision: Ok(changes), .. } => {
                    transaction.look_up(changes, &mut seen).await.map(|()| (conflict(changes, &seen), &*changes))
                }
                Source::Made { decision: Err(error), .. } => {
                    let refusal = error.clone();
                    transaction.roll_back().await;
                    return Err(Obstacle::Conflict(refusal));
                }
                Source::Open { .. } => Err(Obstacle::Failed(unavailable("a change was never decided"))),
            },
            Err(obstacle) => Err(obstacle),
        };
        match looked {
            Ok((None, changes)) => {
                let slots = match self.prepare(changes).await {
                    Ok(slots) => slots,
                    Err(obstacle) => {
                        transaction.roll_back().await;
                        return Err(obstacle);
                    }
                };
                let mut steps: Vec<_> = transaction.begin.take().map(Step::Command).into_iter().collect();
                let leaves = leaves(changes);
                let placing = Placing::later(self.is_spread);
                steps.extend(writes(self.org, changes, &leaves, &slots, &seen, self.token, placing));
                self.finish(transaction.lease, steps, Order::AsSent).await
            }
            Ok((Some(conflict), _)) => {
                transaction.roll_back().await;
                Err(Obstacle::Conflict(conflict))
            }
            Err(obstacle) => {
                transaction.roll_back().await;
                Err(obstacle)
            }
        }
    }

    /// Sends the rest of a transaction, and its end.
    async fn finish(&self, lease: Lease, mut steps: Vec<Step<'_>>, order: Order) -> Result<(), Obstacle> {
        steps.push(Step::Command("COMMIT"));
        self.send(lease, steps, order).await
    }

    /// Sends steps whose last one commits.
    pub(super) async fn send(&self, lease: Lease, steps: Vec<Step<'_>>, order: Order) -> Result<(), Obstacle> {
        let (_, lease) = self.send_and_keep(lease, steps, order).await?;
        lease.give_back();
        Ok(())
    }

    /// The same, with the answers and the connection.
    async fn send_and_keep(
        &self,
        lease: Lease,
        steps: Vec<Step<'_>>,
        order: Order,
    ) -> Result<(Vec<Answer>, Lease), Obstacle> {
        let Ok(result) = timeout(self.limit, lease.connection().run(&steps)).await else {
            return Err(Obstacle::Failed(unknown("no answer in time")));
        };
        let Failed { error, is_complete, .. } = match result {
            Ok(answers) => return Ok((answers, lease)),
            Err(failed) => failed,
        };
        if spoils_connection(&error) {
            return Err(Obstacle::Failed(if is_complete { unknown(&words(&error)) } else { store_error(&error) }));
        }
        if is_complete {
            // COMMIT was answered, and ended the transaction without keeping anything of it.
            lease.give_back();
        }
        match self.token.filter(|_| violated(&error) == Some("tokens")) {
            Some(NewToken { token, .. }) => {
                Err(Obstacle::Conflict(CommitError::Stale { kind: Kind::User, id: token.user }))
            }
            None => Err(obstacle(error, order)),
        }
    }
}

/// What came of an update that was sent as a single statement.
#[expect(clippy::large_enum_variant, reason = "one is passed up one call, and not kept")]
enum Amended {
    /// All is written.
    All,
    /// It could not be sent so, or there was a conflict; with the connection.
    Nothing(Lease),
}

/// In what order rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Records and claims before events.
    AsSent,
    /// As PostgreSQL sees fit, within one statement.
    Any,
}

/// What an error means that left the connection in order.
fn obstacle(error: Error, order: Order) -> Obstacle {
    match violated(&error) {
        // The same revision of a record happened twice within the change set: that will not change.
        Some("events" | "outbox") if order == Order::AsSent => Obstacle::Failed(store_error(&error)),
        Some(_) => Obstacle::Again(error),
        None if is_momentary(&error) => Obstacle::Again(error),
        None => Obstacle::Failed(store_error(&error)),
    }
}

fn unknown(reason: &str) -> StoreError {
    unavailable(format!("{reason}; it is unknown whether the write was committed"))
}

/// A transaction that looks before it writes.
struct Transaction<'a> {
    lease: Lease,
    /// Until it has begun.
    begin: Option<&'a str>,
    org: OrgKey,
    limit: Duration,
    is_spread: bool,
}

impl Transaction<'_> {
    /// Locks the record that is decided on, and decides.
    async fn decide(&mut self, source: &mut Source, seen: &mut Seen) -> Result<(), Obstacle> {
        let names = match source {
            Source::Ready(_) => return Ok(()),
            Source::Open { names, .. } | Source::Made { names, .. } => in_lock_order(names.clone()),
        };
        let mut found = HashMap::new();
        for (name, stored) in self.lock_all(&names).await? {
            seen.records.insert(name, State::from(&stored));
            found.insert(name, stored);
        }
        let loaded: Loaded = found.into_iter().collect();
        let revs = loaded.revs();
        *source = match std::mem::replace(source, Source::Ready(ChangeSet::default())) {
            Source::Open { names, decide } => {
                // A rule that panics must not take the transaction along.
                let decision = match catch_unwind(AssertUnwindSafe(|| decide(loaded))) {
                    Ok(decision) => decision.map_err(CommitError::Refused),
                    Err(_) => Err(StoreError::Failed { reason: "a rule panicked".to_owned() }.into()),
                };
                Source::Made { names, seen: revs, decision }
            }
            Source::Made { names, seen: before, decision } => {
                let reason = "the transaction was repeated and found another revision";
                let decision = if before == revs { decision } else { Err(unavailable(reason).into()) };
                Source::Made { names, seen: before, decision }
            }
            ready @ Source::Ready(_) => ready,
        };
        Ok(())
    }

    /// The records as they are, locked until the transaction ends; their absence too. All that are there are locked in one trip, in
    /// their order. Of others there is no row to lock: their names are held instead, behind all locks of rows, and
    /// records created meanwhile are looked up.
    async fn lock_all(&mut self, names: &[Name]) -> Result<Vec<(Name, Stored)>, Obstacle> {
        let mut found = self.lock_those(names, false).await?;
        let is_there = |name: &Name| found.iter().any(|(other, _)| other == name);
        let absent: Vec<Name> = names.iter().copied().filter(|name| !is_there(name)).collect();
        if !absent.is_empty() {
            found.extend(self.lock_those(&absent, true).await?);
        }
        Ok(found)
    }

    async fn lock_those(&mut self, names: &[Name], holds: bool) -> Result<Vec<(Name, Stored)>, Obstacle> {
        let (mut steps, mut ends) = (Vec::new(), Vec::with_capacity(names.len()));
        for name in names {
            steps.extend(holds.then(|| self.hold_step(*name)));
            steps.extend(self.lock_steps(*name, true));
            ends.push(steps.len());
        }
        let answers = self.run(steps).await?;
        let mut found = Vec::with_capacity(names.len());
        for (name, end) in names.iter().zip(ends) {
            // The record is in the last answer of its steps.
            let answer = end.checked_sub(1).and_then(|last| answers.get(last));
            if let Some(row) = answer.and_then(|answer| answer.rows.first()) {
                found.push((*name, stored(row).map_err(|error| Obstacle::Failed(store_error(&error)))?));
            }
        }
        Ok(found)
    }

    /// What locks a record and reads it: the last of the steps. Citus locks no row of a table that is spread by another
    /// column than the id, so there the name is held instead, by everybody who writes such a record.
    fn lock_steps(&self, (kind, id): Name, is_written: bool) -> Vec<Step<'static>> {
        let of_kind = statements(kind);
        let read = |sql| statement(sql, vec![Value::Number(self.org.0), Value::Id(id)]);
        match () {
            () if self.is_spread && kind.spec().has_home() => vec![self.hold_step((kind, id)), read(of_kind.find)],
            () if is_written => vec![read(of_kind.lock)],
            () => vec![read(of_kind.share)],
        }
    }

    fn hold_step(&self, (kind, id): Name) -> Step<'static> {
        statement(HOLD_NUMBER, vec![Value::Number(number(self.org, kind, id))])
    }

    /// Locks the records that are written and looks up the claims that are wanted.
    async fn look_up(&mut self, changes: &ChangeSet, seen: &mut Seen) -> Result<(), Obstacle> {
        let is_unknown = |(name, _): &(Name, bool)| !seen.records.contains_key(name);
        let names: Vec<(Name, bool)> = records(changes).into_iter().filter(is_unknown).collect();
        let mut steps: Vec<_> =
            names.iter().flat_map(|(name, is_written)| self.lock_steps(*name, *is_written)).collect();
        let ends: Vec<usize> = names.iter().map(|(name, _)| self.lock_steps(*name, true).len()).collect();
        // Under the locks: each statement sees the commits of those it waited for.
        steps.extend(changes.empties.iter().map(|list| listing::has_any(self.org, list)));
        if !changes.claims.is_empty() {
            let keys = changes.claims.iter().map(|claim| claim.key.as_bytes().as_slice()).collect();
            steps.push(statement(FIND_OWNERS, vec![Value::ByteStrings(keys), Value::Number(self.org.0)]));
        }
        // Last: a transaction whose record or claim is seen has left a receipt that is seen with it.
        if !changes.receipts.is_empty() {
            steps.push(receipts::look_up(self.org, &changes.receipts));
        }
        if steps.is_empty() {
            return Ok(());
        }
        let unreadable = |error: Error| Obstacle::Failed(store_error(&error));
        let mut answers = self.run(steps).await?;
        if !changes.receipts.is_empty() {
            for row in answers.pop().iter().flat_map(|answer| &answer.rows) {
                let receipt = receipts::receipt(row).map_err(unreadable)?;
                seen.receipts.insert(receipt.key, receipt);
            }
        }
        let mut answers = answers.into_iter();
        for ((name, _), steps) in names.iter().zip(ends) {
            // The record is in the last answer of its steps.
            if let Some(row) = answers.by_ref().take(steps).last().as_ref().and_then(|answer| answer.rows.first()) {
                seen.records.insert(*name, State::from(&stored(row).map_err(unreadable)?));
            }
        }
        for (list, answer) in changes.empties.iter().zip(answers.by_ref()) {
            if !answer.rows.is_empty() {
                seen.filled.push(list.clone());
            }
        }
        for row in answers.flat_map(|answer| answer.rows) {
            let (key, owner) = owner(&row).map_err(unreadable)?;
            seen.owners.insert(key, owner);
        }
        Ok(())
    }

    /// Sends steps in one trip, BEGIN before the first.
    async fn run(&mut self, steps: Vec<Step<'_>>) -> Result<Vec<Answer>, Obstacle> {
        let begin = self.begin.take();
        let skipped = usize::from(begin.is_some());
        let steps: Vec<Step<'_>> = begin.map(Step::Command).into_iter().chain(steps).collect();
        match timeout(self.limit, self.lease.connection().run(&steps)).await {
            Ok(Ok(mut answers)) => Ok(answers.split_off(skipped)),
            Ok(Err(Failed { error, .. })) if spoils_connection(&error) => Err(Obstacle::Failed(store_error(&error))),
            Ok(Err(Failed { error, .. })) => Err(obstacle(error, Order::AsSent)),
            Err(_) => Err(Obstacle::Failed(unavailable("PostgreSQL did not answer in time"))),
        }
    }

    /// Ends the transaction without keeping anything; the connection is kept if that works.
    async fn roll_back(self) {
        if self.begin.is_some() {
            return self.lease.give_back();
        }
        if let Ok(Ok(())) = timeout(self.limit, self.lease.connection().command("ROLLBACK")).await {
            self.lease.give_back();
        }
    }
}

/// A number for a record that is not there, out of the bytes of its name. Two records with the same number wait for
/// each other, nothing worse.
fn number(org: OrgKey, kind: Kind, id: ObjectId) -> i64 {
    let name = org.0.to_be_bytes().into_iter().chain(*id.as_bytes()).chain(kind.as_str().bytes());
    // FNV-1a.
    let hash =
        name.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}
