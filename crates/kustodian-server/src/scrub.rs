//! Removes erased data from the disk. One sweep serves everybody who erased before it began; one that fails is
//! tried again until it has gone well, by the next server if need be.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kustodian_core::store::Store;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

/// How long an answer waits for a sweep, which reads the whole database. It continues when the answer does not wait
/// any more; the records are erased by then in any case.
const WAIT: Duration = Duration::from_secs(10);

/// How long to wait after a sweep that failed, twice as long after each further one, up to [`LONGEST_PAUSE`]: a sweep
/// holds up writes.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A sweep that takes longer than this is followed by a rest of [`REST`] times as long: where sweeping takes an hour,
/// erasures every few minutes must not keep the database busy for ever. Shorter ones mostly wait for others.
const SHORT: Duration = Duration::from_secs(60);

const REST: u32 = 3;

pub(crate) struct Scrubber {
    wanted: AtomicU64,
    running: AtomicBool,
    done: watch::Sender<u64>,
    /// Ends the pause after a sweep that failed.
    hurry: Notify,
    /// When the next sweep may begin.
    rested_at: Mutex<Option<Instant>>,
    /// 1 while erased values may still be on the disk.
    pending: Mutex<Gauge>,
}

impl Scrubber {
    pub(crate) fn new(pending: Gauge) -> Self {
        Self {
            wanted: AtomicU64::new(0),
            running: AtomicBool::new(false),
            done: watch::Sender::new(0),
            hurry: Notify::new(),
            rested_at: Mutex::default(),
            pending: Mutex::new(pending),
        }
    }

    /// Sweeps the disk, and waits for that, but not for ever.
    pub(crate) async fn scrub(self: &Arc<Self>, store: &Arc<dyn Store>) {
        let ticket = self.want(store);
        let mut done = self.done.subscribe();
        if timeout(WAIT, done.wait_for(|done| *done >= ticket)).await.is_err() {
            tracing::info!("erased values are still being taken off the disk");
        }
    }

    /// Sweeps data from the disk that a server before this one erased and left there.
    pub(crate) async fn resume(self: Arc<Self>, store: Arc<dyn Store>) {
        let mut pause = FIRST_PAUSE;
        loop {
            match store.is_scrub_wanted().await {
                Ok(true) => {
                    self.want(&store);
                    return;
                }
                Ok(false) => return,
                Err(error) => tracing::debug!(%error, "nobody knows yet whether something erased is on the disk"),
            }
            tokio::time::sleep(pause).await;
            pause = longer(pause);
        }
    }

    /// Sweeps the disk again at once, if that is still to be done, and waits as for the first time.
    pub(crate) async fn scrub_the_rest(self: &Arc<Self>, store: &Arc<dyn Store>) {
        if matches!(store.is_scrub_wanted().await, Ok(true)) {
            self.scrub(store).await;
        }
    }

    /// Makes sure that a sweep begins after now; what [`Self::done`] will have reached after it.
    fn want(self: &Arc<Self>, store: &Arc<dyn Store>) -> u64 {
        let ticket = self.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        self.tell();
        if self.running.swap(true, Ordering::SeqCst) {
            self.hurry.notify_one();
        } else {
            tokio::spawn(Arc::clone(self).sweep(Arc::clone(store)));
        }
        ticket
    }

    /// Shows whether a sweep is still to come, or under way; called after each change of that.
    fn tell(&self) {
        // The last call is about the last state.
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.set(i64::from(self.wanted.load(Ordering::SeqCst) > *self.done.borrow()));
    }

    /// Sweeps until nobody wants another one.
    async fn sweep(self: Arc<Self>, store: Arc<dyn Store>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let rested_at = *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(rested_at) = rested_at {
                sleep_until(rested_at).await;
            }
            let (wanted, began) = (self.wanted.load(Ordering::SeqCst), Instant::now());
            if let Err(error) = store.scrub().await {
                let seconds = pause.as_secs();
                tracing::warn!(%error, seconds, "erased values may still be on the disk: it is tried again after a pause");
                // Over before its time when somebody erases meanwhile.
                drop(timeout(pause, self.hurry.notified()).await);
                pause = longer(pause);
                continue;
            }
            pause = FIRST_PAUSE;
            let took = began.elapsed();
            let rested_at = (took > SHORT).then(|| Instant::now() + REST * took);
            *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner) = rested_at;
            self.done.send_replace(wanted);
            self.tell();
            self.running.store(false, Ordering::SeqCst);
            // A request that arrived meanwhile found it running.
            let more = self.wanted.load(Ordering::SeqCst) > wanted;
            if !more || self.running.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }
}

fn longer(pause: Duration) -> Duration {
    (2 * pause).min(LONGEST_PAUSE)
}
