//! Says of customers who were online that they are not any longer, once nothing was tracked of them for a while. Several
//! servers of one database may do so at once: the decision is taken under the lock of the record, and one of them finds
//! something to do.

use std::time::Duration;

use kustodian_core::customer::{self, Context};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Note, OrgKey, StoreError, decide_on};
use kustodian_core::tracking::Online;
use kustomer_api::{ObjectId, Timestamp};

use crate::app::Services;
use crate::handlers::merges;

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

/// Notes that a customer is online, before its record is changed: an interruption in between leaves a harmless note.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn note(
    services: &Services,
    org: OrgKey,
    customer: ObjectId,
    at: Timestamp,
    timeout: Duration,
) -> Result<(), StoreError> {
    let online = Online { org, customer, look_at: later(at, timeout) };
    services.store.keep_note(online.note()).await
}

/// Works as long as the server runs.
pub(crate) async fn run(services: Services, timeout: Duration) {
    loop {
        tokio::time::sleep(INTERVAL.min(timeout)).await;
        if let Err(error) = pass(&services, timeout).await {
            tracing::debug!(%error, "whether customers are still online is checked again after a pause");
        }
    }
}

async fn pass(services: &Services, timeout: Duration) -> Result<(), StoreError> {
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
            if let Err(error) = look_at(services, org, note, online, timeout).await {
                tracing::debug!(%error, "whether a customer is still online is checked again after a pause");
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn look_at(services: &Services, org: &Org, note: Note, online: Online, timeout: Duration) -> Result<(), Trouble> {
    let (store, now) = (&services.store, services.clock.now());
    let customer = merges::resolve(&**store, org.key, online.customer).await?;
    let mut whose = vec![online.customer, customer];
    whose.dedup();
    let visits = store.list_sessions(org.key, whose, 0, VISITS).await?;
    let last = visits.iter().map(|visit| visit.last_at).max();
    if let Some(look_at) = last.map(|last| later(last, timeout)).filter(|look_at| *look_at > now) {
        // A newer event leaves it online; a newer note of another server counts.
        store.replace_note(&note, Some(Online { look_at, ..online }.note().value)).await?;
        return Ok(());
    }
    let (of, seed) = (org.clone(), services.ids.next_event());
    let since = Timestamp::from_millis(now.as_millis().saturating_sub(millis(timeout)));
    let name = (Kind::Customer, customer);
    let decide = decide_on(name, move |stored| {
        let context = Context { org: &of, actor: of.id, now, client: "tracking", request_id: "", slas: None };
        customer::gone(&context, stored.as_ref(), seed, since)
    });
    store.commit_locked(org.key, vec![name], decide).await?;
    // After the record: an interruption in between leaves nothing to decide.
    store.replace_note(&note, None).await?;
    Ok(())
}

fn later(at: Timestamp, timeout: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(millis(timeout)))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
