//! Erases posts to inbound webhooks once they are too old, beside the requests. Several servers of one database may do so at
//! once: each decides under the lock of the webhook.

use std::time::Duration;

use kustodian_core::change::ChangeSet;
use kustodian_core::customer::{Context, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::feed::{HistoryQuery, Payload, Recorded};
use kustodian_core::inbound_webhook::{self, Old};
use kustodian_core::kind::Kind;
use kustodian_core::store::{ListQuery, Pages, StoreError, Stored, decide_on};
use kustomer_api::Timestamp;

use crate::app::Services;
use crate::parts::HELD;

const KIND: Kind = Kind::InboundWebhook;

/// How often to look, at most and at least.
const INTERVALS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How much longer a post may stay while newer ones are kept: an erasure is a revision of the webhook, and of those there
/// should be few.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// How many webhooks, and how many events of one, are read at a time.
const BATCH: u32 = 100;

/// Works as long as the server runs.
pub(crate) async fn run(services: Services, retention: Duration) {
    let interval = (retention / 4).clamp(INTERVALS.0, INTERVALS.1);
    loop {
        if let Err(error) = sweep(&services, retention).await {
            tracing::debug!(%error, "old posts to inbound webhooks are erased later");
        }
        tokio::time::sleep(interval).await;
    }
}

async fn sweep(services: &Services, retention: Duration) -> Result<(), StoreError> {
    for org in services.directory.list_orgs().await? {
        let mut pages = Pages::with_deleted(&*services.store, org.key, ListQuery::of(KIND, BATCH, HELD));
        while let Some(listed) = pages.next().await? {
            for stored in listed {
                if let Some(old) = find_old(services, &org, &stored, retention).await? {
                    retire(services, &org, &stored, old).await;
                }
            }
        }
    }
    Ok(())
}

/// The posts to a webhook that are too old.
async fn find_old(
    services: &Services,
    org: &Org,
    stored: &Stored,
    retention: Duration,
) -> Result<Option<Old>, StoreError> {
    let (store, now) = (&services.store, services.clock.now());
    let before = |age: Duration| {
        let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(now.as_millis().saturating_sub(millis))
    };
    let rev_at = |moment| store.find_rev_at(org.key, KIND, stored.id, moment);
    let Some(old) = rev_at(before(retention)).await? else { return Ok(None) };
    if old == stored.rev {
        // A document of another version is left as it is.
        let has_post = inbound_webhook::has_post(stored).unwrap_or_default();
        return Ok(has_post.then_some(Old::All(old)));
    }
    let grace = GRACE.min(retention / 2);
    let Some(older) = rev_at(before(retention.saturating_add(grace))).await? else { return Ok(None) };
    let next = events(services, org, stored, (old + 1, old + 1)).await?;
    // Readers of the feed, and webhooks, have had the time for it.
    let is_recent = |event: &Recorded| event.is_erased() || event.at > before(grace);
    if next.first().is_none_or(is_recent) {
        return Ok(None);
    }
    let mut to = older;
    while to > 0 {
        let found = events(services, org, stored, (1, to)).await?;
        let Some(first) = found.last().map(|event| event.rev) else { break };
        for event in found {
            if event.is_erased() {
                return Ok(None);
            }
            if inbound_webhook::raised_by(&event.name).is_some() {
                return Ok(Some(Old::Until(old + 1)));
            }
        }
        to = first - 1;
    }
    Ok(None)
}

/// Events of a webhook without their payload, newest first: as many as are read at a time.
async fn events(
    services: &Services,
    org: &Org,
    stored: &Stored,
    (from, to): (u64, u64),
) -> Result<Vec<Recorded>, StoreError> {
    let (kind, record) = (KIND, stored.id);
    let payload = Payload::None;
    let query = HistoryQuery { kind, record, from, to, descending: true, limit: BATCH, payload, bytes: HELD };
    services.store.history(org.key, query).await
}

async fn retire(services: &Services, org: &Org, stored: &Stored, old: Old) {
    let (name, event, now) = ((KIND, stored.id), services.ids.next_event(), services.clock.now());
    let of = org.clone();
    let decide = move |stored: Option<Stored>| {
        let context = Context { org: &of, actor: of.id, now, client: SYSTEM, request_id: "", slas: None, import: None };
        let retired = stored.map(|stored| inbound_webhook::retire(&context, &stored, event, old)).transpose()?;
        Ok(retired.flatten().unwrap_or_else(ChangeSet::default))
    };
    let committed = services.store.commit_locked(org.key, vec![name], decide_on(name, decide)).await;
    if let Err(error) = committed {
        tracing::debug!(%error, "old posts to an inbound webhook are erased later");
    }
}
