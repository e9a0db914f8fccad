//! Wakes those who wait at the end of a feed when it has moved on. However many wait, one task per org asks the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kustodian_core::store::{OrgKey, Store};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::places::{Held, Places};

/// How often the end of a feed is read while somebody waits there.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long one look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

pub(crate) struct FeedWatch {
    /// The last position known of each org somebody waits for.
    ends: Mutex<HashMap<OrgKey, watch::Sender<u64>>>,
    places: Places,
    stopped: watch::Sender<bool>,
}

impl FeedWatch {
    /// For at most `max` who wait, of all orgs together.
    pub(crate) fn new(max: usize) -> Self {
        Self { ends: Mutex::default(), places: Places::new(max), stopped: watch::Sender::new(false) }
    }

    /// A place to wait at the end of an org's feed; `None` when all that the org may have are taken.
    pub(crate) fn wait_for(self: &Arc<Self>, store: &Arc<dyn Store>, org: OrgKey) -> Option<Waiter> {
        let place = self.places.take(org)?;
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let end = match ends.get(&org) {
            Some(end) => end.subscribe(),
            None => {
                let (sender, receiver) = watch::channel(0);
                ends.insert(org, sender);
                tokio::spawn(Arc::clone(self).watch(Arc::clone(store), org));
                receiver
            }
        };
        Some(Waiter { end, stopped: self.stopped.subscribe(), _place: place })
    }

    /// Ends every wait, now and from now on: the server stops.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Reads the end of an org's feed as long as somebody waits for it to move.
    async fn watch(self: Arc<Self>, store: Arc<dyn Store>, org: OrgKey) {
        loop {
            let looked = tokio::time::timeout(LOOK_WITHIN, store.feed_head(org)).await;
            {
                let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(end) = ends.get(&org).filter(|end| end.receiver_count() > 0) else {
                    ends.remove(&org);
                    return;
                };
                match looked {
                    Ok(Ok(head)) => {
                        end.send_if_modified(|known| std::mem::replace(known, head.position) != head.position);
                    }
                    // Those who wait find out for themselves when their time is up.
                    Ok(Err(error)) => tracing::debug!(%error, "the end of a feed could not be read"),
                    Err(_) => tracing::debug!("looking at the end of a feed took too long"),
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// Somebody who waits at the end of a feed.
pub(crate) struct Waiter {
    end: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    _place: Held,
}

impl Waiter {
    /// Counts all events so far as seen. Do so before the feed is read: later events are then not missed.
    pub(crate) fn mark(&mut self) {
        self.end.mark_unchanged();
    }

    /// Waits until the feed has moved on since the mark; false when that was not before `until`, or the server stops.
    pub(crate) async fn moved(&mut self, until: Instant) -> bool {
        tokio::select! {
            changed = self.end.changed() => changed.is_ok(),
            _ = self.stopped.wait_for(|stopped| *stopped) => false,
            () = tokio::time::sleep_until(until) => false,
        }
    }
}
