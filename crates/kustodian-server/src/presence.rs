//! Says of customers who were online that they are idle, or not there any longer, once nothing was tracked of them for a while, and
//! that they are online again. Several servers of one database may do so at once: the decision is taken under the lock of the record, and one of them finds something to do.

use std::time::Duration;

use kustodian_core::customer::{self, Context, Presence};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Note, OrgKey, StoreError, decide_on};
use kustodian_core::tracking::Online;
use kustomer_api::{ObjectId, Timestamp};

use crate::app::Services;
use crate::handlers::merges;
use crate::settings::Settings;

/// How often to check, at most: customers who are online for a shorter time are checked as often as that.
const INTERVAL: Duration = Duration::from_secs(30);

/// How many notes are read at a time.
const STEP: usize = 100;

/// The newest visits of a customer, of which one may still continue.
const VISITS: u32 = 20;

/// Why it is not known whether a customer is still online.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// After how long without anything tracked a customer is something else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Idle; never when it is zero, or as long as the other.
    pub(crate) idle: Duration,
    /// Gone.
    pub(crate) gone: Duration,
}

impl Patience {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { idle: settings.presence_idle, gone: settings.presence_timeout }
    }

    /// When somebody who was last seen at a moment is first something else.
    fn first(self, at: Timestamp) -> Timestamp {
        later(at, if self.has_idle() { self.idle } else { self.gone })
    }

    fn has_idle(self) -> bool {
        !self.idle.is_zero() && self.idle < self.gone
    }

    /// What somebody is who was last seen at a moment, since when that may be said, and when to look again.
    fn judge(self, last: Option<Timestamp>, now: Timestamp) -> (Presence, Timestamp, Option<Timestamp>) {
        let before = |patience: Duration| Timestamp::from_millis(now.as_millis().saturating_sub(millis(patience)));
        match last.filter(|last| later(*last, self.gone) > now) {
            None => (Presence::Offline, before(self.gone), None),
            Some(last) if self.has_idle() && self.first(last) <= now => {
                // A return is noticed by then.
                let next = later(last, self.gone).min(later(now, INTERVAL.min(self.idle)));
                (Presence::Idle, before(self.idle), Some(next))
            }
            Some(last) => (Presence::Online, now, Some(self.first(last))),
        }
    }
}

/// Notes that a customer is online, before its record says so: an interruption in between leaves a needless note.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn note(
    services: &Services,
    org: OrgKey,
    customer: ObjectId,
    at: Timestamp,
    patience: Patience,
) -> Result<(), StoreError> {
    let online = Online { org, customer, look_at: patience.first(at) };
    services.store.keep_note(online.note()).await
}

/// Works as long as the server runs.
pub(crate) async fn run(services: Services, patience: Patience) {
    loop {
        let shortest = if patience.has_idle() { patience.idle } else { patience.gone };
        tokio::time::sleep(INTERVAL.min(shortest)).await;
        if let Err(error) = pass(&services, patience).await {
            tracing::debug!(%error, "whether customers are still online is checked again after a pause");
        }
    }
}

async fn pass(services: &Services, patience: Patience) -> Result<(), StoreError> {
    let (mut after, mut orgs) = (String::new(), Vec::new());
    loop {
        let notes = services.store.list_notes_after(Online::PREFIX, &after, STEP).await?;
        let Some(last) = notes.last() else { return Ok(()) };
        after.clone_from(&last.name);
        if orgs.is_empty() {
            orgs = services.directory.list_orgs().await?;
        }
        let is_last = notes.len() < STEP;
        let now = services.clock.now();
        for note in notes {
            let Some(online) = Online::read(&note).filter(|online| online.look_at <= now) else { continue };
            let Some(org) = orgs.iter().find(|org| org.key == online.org) else { continue };
            if let Err(error) = look_at(services, org, note, online, patience).await {
                tracing::debug!(%error, "whether a customer is still online is checked again after a pause");
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn look_at(
    services: &Services,
    org: &Org,
    note: Note,
    online: Online,
    patience: Patience,
) -> Result<(), Trouble> {
    let (store, now) = (&services.store, services.clock.now());
    let customer = merges::resolve(&**store, org.key, online.customer).await?;
    let mut whose = vec![online.customer, customer];
    whose.dedup();
    let visits = store.list_sessions(org.key, whose, 0, VISITS).await?;
    let (presence, since, next) = patience.judge(visits.iter().map(|visit| visit.last_at).max(), now);
    // Without idle ones, who is online is shown as online.
    if presence != Presence::Online || patience.has_idle() {
        let (of, seed) = (org.clone(), services.ids.next_event());
        let name = (Kind::Customer, customer);
        let decide = decide_on(name, move |stored| {
            let context =
                Context { org: &of, actor: of.id, now, client: "tracking", request_id: "", slas: None, import: None };
            customer::attend(&context, stored.as_ref(), seed, since, presence)
        });
        store.commit_locked(org.key, vec![name], decide).await?;
    }
    // After the record: after an interruption in between nothing is left to decide. A note that was changed meanwhile
    // is newer.
    store.replace_note(&note, next.map(|look_at| Online { look_at, ..online }.note().value)).await?;
    Ok(())
}

fn later(at: Timestamp, timeout: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(millis(timeout)))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_who_does_nothing_is_idle_and_then_gone_and_online_again_with_the_next_event() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let of = |idle, gone| Patience { idle: Duration::from_secs(idle), gone: Duration::from_secs(gone) };
        let judged = |patience: Patience, last, now| {
            let (presence, _, next) = patience.judge(Some(at(last)), at(now));
            (presence, next)
        };
        let both = of(300, 1_800);
        assert_eq!(both.first(at(0)), at(300));
        assert_eq!(judged(both, 0, 299), (Presence::Online, Some(at(300))));
        assert_eq!(judged(both, 0, 300), (Presence::Idle, Some(at(330))));
        assert_eq!(judged(both, 0, 1_790), (Presence::Idle, Some(at(1_800))));
        assert_eq!(judged(both, 320, 330), (Presence::Online, Some(at(620))));
        assert_eq!(judged(both, 0, 1_800), (Presence::Offline, None));
        for never in [of(0, 1_800), of(1_800, 1_800)] {
            assert_eq!(judged(never, 0, 1_799), (Presence::Online, Some(at(1_800))));
        }
        assert_eq!(both.judge(None, at(5)).0, Presence::Offline);
    }
}
