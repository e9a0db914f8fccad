//! Lets timers elapse (`kustodian_core::timer`): every second each server looks for records whose timers have elapsed, of
//! all orgs, and takes the decision about each under its lock. Of several servers one finds that there is something to
//! decide. A timer that fails is tried again after a pause, and holds up no other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, future, stream};
use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::delivery;
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{CommitError, Due, Loaded, OrgKey, StoreError, Stored};
use kustodian_core::timer::{Draws, Elapsed, pause_after};
use kustomer_api::ObjectId;
use kustomer_api::delivery::Delivery;

use crate::app::Services;
use crate::enclosed::{Lacking, Room};
use crate::mail::Mailer;
use crate::slas::Slas;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many elapsed timers are read at a time.
const STEP: u32 = 100;

/// How many decisions of a kind are taken at the same time: the engines commit them together.
const TOGETHER: usize = 8;

/// How many failures are remembered; those of further records are tried again without a pause.
const MAX_FAILURES: usize = 10_000;

/// Which record of which org.
type Timer = (OrgKey, ObjectId);

/// The timers of a kind that have failed: how often in a row, and when each may be tried again.
type Failures = HashMap<Timer, (u32, Instant)>;

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

/// Lets timers elapse as long as the server runs.
pub(crate) async fn run(services: Services, mailer: Option<Mailer>, slas: Arc<Slas>) {
    let keeper = Arc::new(Keeper { services, mailer, room: Room::new(), slas });
    // E-mail waits for those who still have it to send.
    let kinds = Kind::timed().filter(|kind| *kind != Kind::Delivery || keeper.mailer.is_some());
    // Each on its own: one with much to do does not hold up another.
    future::join_all(kinds.map(|kind| Arc::clone(&keeper).keep(kind))).await;
}

struct Keeper {
    services: Services,
    mailer: Option<Mailer>,
    room: Room,
    slas: Arc<Slas>,
}

impl Keeper {
    async fn keep(self: Arc<Self>, kind: Kind) {
        let mut failures = Failures::new();
        loop {
            let began = Instant::now();
            if let Err(error) = self.pass(kind, &mut failures).await {
                tracing::debug!(%error, kind = kind.as_str(), "timers are looked for again after a pause");
            }
            tokio::time::sleep(INTERVAL.saturating_sub(began.elapsed())).await;
        }
    }

    /// Takes the decisions about all timers of a kind that have elapsed.
    async fn pass(&self, kind: Kind, failures: &mut Failures) -> Result<(), StoreError> {
        let store = &self.services.store;
        let (mut after, mut orgs) = (None, Vec::new());
        loop {
            let due = store.list_due(kind, self.services.clock.now(), after, STEP).await?;
            let Some(last) = due.last().copied() else { return Ok(()) };
            if orgs.is_empty() {
                orgs = self.services.directory.list_orgs().await?;
            }
            let now = Instant::now();
            let is_ready = |due: &Due| failures.get(&(due.org, due.id)).is_none_or(|(_, at)| *at <= now);
            let mut decisions = Vec::new();
            for due in due.iter().copied().filter(is_ready) {
                if let Some(org) = orgs.iter().find(|org| org.key == due.org).cloned() {
                    decisions.push(async move { (due, self.elapse(kind, &org, due.id).await) });
                }
            }
            let mut decisions = stream::iter(decisions).buffer_unordered(TOGETHER);
            while let Some((due, decided)) = decisions.next().await {
                settle(kind, due, decided, failures);
            }
            if due.len() < STEP as usize {
                return Ok(());
            }
            after = Some(last);
        }
    }

    /// Takes the decision about one timer, and carries it out.
    async fn elapse(&self, kind: Kind, org: &Org, id: ObjectId) -> Result<(), Trouble> {
        let Some(stored) = self.services.store.find(org.key, kind, id).await? else { return Ok(()) };
        // One whose attachments find no room now is tried again in a second.
        let (ids, lacking) = if kind == Kind::Delivery { attachments_in(&stored)? } else { Default::default() };
        let Some(enclosing) = self.room.take(&self.services, org, &ids, lacking).await? else { return Ok(()) };
        let decide = move |elapsed: &Elapsed<'_>, loaded: &Loaded| kind.elapse(elapsed, loaded, id);
        let changes = self.decide(kind, org, &stored, decide).await?;
        let begun = changes.puts.into_iter().find(|put| (put.kind, put.id) == (Kind::Delivery, id));
        if let (Some(mailer), Some(put)) = (&self.mailer, begun) {
            let delivery: Delivery = resource::read(&put.document)?;
            let attempt = delivery.attributes.attempts.value().copied().unwrap_or_default();
            let outcome = match enclosing.read(&self.services).await {
                Ok(enclosed) => mailer.hand_over(delivery, enclosed).await,
                Err(outcome) => outcome,
            };
            if let Some(reason) = outcome.reason_to_log() {
                tracing::warn!(delivery = %id, org = org.name, reason, "an e-mail was not taken");
            }
            let decide =
                move |elapsed: &Elapsed<'_>, loaded: &Loaded| delivery::settle(elapsed, loaded, id, attempt, &outcome);
            self.decide(kind, org, &stored, decide).await?;
        }
        Ok(())
    }

    /// Takes a decision about a record and those that its timer is about, under their locks.
    async fn decide<F>(&self, kind: Kind, org: &Org, stored: &Stored, decide: F) -> Result<ChangeSet, Trouble>
    where
        F: FnOnce(&Elapsed<'_>, &Loaded) -> Result<ChangeSet, Refusal> + Send + 'static,
    {
        let name = (kind, stored.id);
        let beside = kind.timed_with(&stored.document)?;
        let names: Vec<Name> = std::iter::once(name).chain(beside.iter().copied()).collect();
        let (org_key, org) = (org.key, org.clone());
        let (draws, now, sends_email) =
            (Draws::of(&*self.services.ids, beside.len()), self.services.clock.now(), self.mailer.is_some());
        let slas = self.slas.in_force(&*self.services.store, org_key).await?;
        let decide = move |loaded: Loaded| {
            // It may be about other records by now: then they are named by the next look.
            let Some(current) = loaded.get(name) else { return Ok(ChangeSet::default()) };
            if kind.timed_with(&current.document)? != beside {
                return Ok(ChangeSet::default());
            }
            decide(&Elapsed { org: &org, now, draws: &draws, sends_email, slas: Some(&slas) }, &loaded)
        };
        Ok(self.services.store.commit_locked(org_key, names, Box::new(decide)).await?)
    }
}

/// The ids of the attachments of a delivery, and whether it can be sent without one of them. The quotes of a forward
/// were not chosen one by one: it is sent without those redacted since.
fn attachments_in(stored: &Stored) -> Result<(Vec<String>, Lacking), Refusal> {
    let delivery: Delivery = resource::read(&stored.document)?;
    let is_forward = delivery.relationships.contains_key(Kind::Forward.as_str());
    let lacking = if is_forward { Lacking::GoesWithout } else { Lacking::IsRefused };
    Ok((delivery.attributes.attachments.into_value().unwrap_or_default(), lacking))
}

/// Remembers how a decision went.
fn settle(kind: Kind, due: Due, decided: Result<(), Trouble>, failures: &mut Failures) {
    let timer = (due.org, due.id);
    let Err(trouble) = decided else {
        failures.remove(&timer);
        return;
    };
    let count = failures.get(&timer).map_or(1, |(count, _)| count.saturating_add(1));
    let pause = pause_after(count);
    tracing::warn!(error = %trouble, kind = kind.as_str(), id = %due.id, seconds = pause.as_secs(), "a timer failed");
    if failures.len() >= MAX_FAILURES {
        let now = Instant::now();
        failures.retain(|_, (_, at)| *at > now);
    }
    if failures.len() < MAX_FAILURES || failures.contains_key(&timer) {
        failures.insert(timer, (count, Instant::now() + pause));
    }
}
