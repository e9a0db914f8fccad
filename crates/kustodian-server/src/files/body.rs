//! A body that arrives, whose length no memory bounds: piece by piece, and not for ever.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use kustodian_core::refusal::Refusal;
use kustomer_api::error::code;
use tokio::time::{Instant, timeout, timeout_at};

use crate::stopping::Stop;

/// The slowest that a body may arrive, on the whole, in bytes a second.
const SLOWEST: u64 = 16 * 1024;

/// How long the rest of a body is read after it was refused. A client that is still sending takes a connection that is
/// closed for a failure, and does not read the answer.
const DRAINED_WITHIN: Duration = Duration::from_secs(5);

/// A body that is being read.
pub(super) struct Arriving {
    body: Body,
    /// How long the next piece may take.
    patience: Duration,
    /// When all of it must be there.
    end: Instant,
    stop: Arc<Stop>,
}

impl Arriving {
    /// A body whose pieces may take so long each.
    pub(super) fn new(body: Body, patience: Duration, stop: Arc<Stop>) -> Self {
        Self { body, patience, end: Instant::now() + patience, stop }
    }

    /// Waits as long for all of it as one of this length may take.
    pub(super) fn expect(&mut self, length: u64) {
        let longest = self.patience.saturating_add(Duration::from_secs(length / SLOWEST));
        self.end = Instant::now().checked_add(longest).unwrap_or(self.end);
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// 408 when it takes too long; 503 when it pauses while the server stops; 400 when it breaks off.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let until = self.end.min(Instant::now() + self.patience);
            let frame = timeout_at(until, self.stop.wait_for(self.body.frame())).await.map_err(|_| {
                Refusal::new(408, code::TIMEOUT, "file", "The file took too long to arrive: nothing was kept")
            })??;
            match frame {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(_)) => return Err(cut()),
            }
        }
    }

    /// The rest of it is read, and forgotten.
    pub(super) async fn drain(self) {
        // A server that stops does not wait for it.
        drop(self.stop.wait_for(drain(self.body, usize::MAX)).await);
    }
}

/// 400 for a body that breaks off.
pub(super) fn cut() -> Refusal {
    Refusal::new(400, code::BAD_PARAM, "file", "The body ended before it was complete: nothing was kept")
}

/// Reads the rest of a body, for a while and so many bytes.
pub(super) async fn drain(body: Body, most: usize) {
    let mut body = Limited::new(body, most);
    let read = async { while let Some(Ok(_)) = body.frame().await {} };
    // A client that sends more after that is ignored.
    drop(timeout(DRAINED_WITHIN, read).await);
}
