//! Takes what was erased off the disk as well. One sweep serves everybody who erased before it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kustodian_core::store::Store;
use tokio::sync::watch;

/// How long an answer waits for a sweep, which goes over the whole database. It goes on when the answer does not wait
/// any more; the records are erased by then in any case.
const WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Scrubber {
    wanted: AtomicU64,
    running: AtomicBool,
    done: watch::Sender<u64>,
}

impl Default for Scrubber {
    fn default() -> Self {
        Self { wanted: AtomicU64::new(0), running: AtomicBool::new(false), done: watch::Sender::new(0) }
    }
}

impl Scrubber {
    /// Sweeps the disk, and waits for that, but not for ever.
    pub(crate) async fn scrub(self: &Arc<Self>, store: &Arc<dyn Store>) {
        let ticket = self.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        let mut done = self.done.subscribe();
        if !self.running.swap(true, Ordering::SeqCst) {
            tokio::spawn(Arc::clone(self).sweep(Arc::clone(store)));
        }
        if tokio::time::timeout(WAIT, done.wait_for(|done| *done >= ticket)).await.is_err() {
            tracing::info!("erased values are still being taken off the disk");
        }
    }

    /// Sweeps until nobody wants another one.
    async fn sweep(self: Arc<Self>, store: Arc<dyn Store>) {
        loop {
            let wanted = self.wanted.load(Ordering::SeqCst);
            if let Err(error) = store.scrub().await {
                tracing::error!(%error, "erased values may still be on the disk: erase any record, or vacuum the database");
            }
            self.done.send_replace(wanted);
            self.running.store(false, Ordering::SeqCst);
            // Whoever came in the meantime found it running.
            let more = self.wanted.load(Ordering::SeqCst) > wanted;
            if !more || self.running.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }
}
