//! Connections that are silent for too long: before the head of a request is complete, between two requests, or while
//! the client does not read an answer. A slow client is not silent: each byte of an answer that it takes counts.
//!
//! One timer per connection, checked when it expires: a timer per request, as hyper would set, takes a lock that all
//! connections share.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use http::Version;
use tokio::time::{Instant, sleep_until};

use crate::stopping::PAUSE_AT_STOP;

/// The last action of a connection.
#[derive(Debug)]
pub(crate) struct Pulse {
    opened: Instant,
    /// Milliseconds after that, of the last progress.
    moved: AtomicU64,
    /// How many answers are being computed; their own limits bound that.
    working: AtomicUsize,
    /// How many requests there were.
    requests: AtomicU64,
    /// Whether a write to the socket is progress. HTTP/2 also writes frames that nobody asked for, such as pings.
    writes_count: AtomicBool,
    is_http2: AtomicBool,
    /// Which request, counted from 1, says in two ways how long its body is; 0 when none does.
    two_lengths: AtomicU64,
    /// Whether a body was not read to its end.
    has_unread_body: AtomicBool,
    /// The answers that are being sent over HTTP/2, each with its last progress: one that stalls must not hide behind
    /// others.
    sending: Mutex<Vec<Weak<AtomicU64>>>,
}

impl Pulse {
    /// Of a connection opened now.
    pub(crate) fn new() -> Self {
        Self {
            opened: Instant::now(),
            moved: AtomicU64::new(0),
            working: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            writes_count: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            two_lengths: AtomicU64::new(0),
            has_unread_body: AtomicBool::new(false),
            sending: Mutex::default(),
        }
    }

    /// The head of a request is complete; its answer is computed until the result is dropped.
    pub(crate) fn asked(&self, version: Version) -> Working<'_> {
        let is_http2 = version == Version::HTTP_2;
        self.is_http2.store(is_http2, Ordering::Relaxed);
        self.writes_count.store(!is_http2, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(self)
    }

    /// Bytes were written to the socket.
    pub(crate) fn wrote(&self) {
        if self.writes_count.load(Ordering::Relaxed) {
            self.moved.store(self.elapsed(), Ordering::Relaxed);
        }
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether bytes read belong to the head of a request over HTTP/1.
    pub(crate) fn reads_head(&self) -> bool {
        self.working.load(Ordering::Relaxed) == 0 && !self.is_http2()
    }

    /// Whether nothing would be lost if the connection ended: no request has come, or every answer over HTTP/2 is sent. (Over
    /// HTTP/1 that is not known, and the connection ends by itself after an answer.)
    fn is_idle(&self) -> bool {
        let is_done = || {
            self.working.load(Ordering::Relaxed) == 0
                && self.sending().iter().all(|sending| sending.strong_count() == 0)
        };
        self.requests() == 0 || self.is_http2() && is_done()
    }

    /// Whether the last request came over HTTP/2.
    pub(crate) fn is_http2(&self) -> bool {
        self.is_http2.load(Ordering::Relaxed)
    }

    /// The body of a request is not read any further.
    pub(crate) fn left_body(&self) {
        self.has_unread_body.store(true, Ordering::Relaxed);
    }

    /// Whether that was so for any request.
    pub(crate) fn has_unread_body(&self) -> bool {
        self.has_unread_body.load(Ordering::Relaxed)
    }

    /// The request that has so many before it says in two ways how long its body is.
    pub(crate) fn found_two_lengths(&self, before: u64) {
        self.two_lengths.store(before + 1, Ordering::Relaxed);
    }

    /// Whether the request that was asked last does so.
    pub(crate) fn has_two_lengths(&self) -> bool {
        self.two_lengths.load(Ordering::Relaxed) == self.requests()
    }

    /// An answer that is sent over HTTP/2 from now on.
    pub(crate) fn sends(self: &Arc<Self>) -> Sending {
        let moved = Arc::new(AtomicU64::new(self.elapsed()));
        let mut sending = self.sending();
        sending.retain(|sending| sending.strong_count() > 0);
        sending.push(Arc::downgrade(&moved));
        Sending { pulse: Arc::clone(self), moved }
    }

    fn sending(&self) -> MutexGuard<'_, Vec<Weak<AtomicU64>>> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// When the connection will have been silent for `patience`, unless there is progress before.
    fn silent_at(&self, patience: Duration) -> Instant {
        let stalled = self.sending().iter().filter_map(Weak::upgrade).map(|moved| moved.load(Ordering::Relaxed)).min();
        let since = match stalled {
            Some(moved) => moved,
            None if self.working.load(Ordering::Relaxed) > 0 => self.elapsed(),
            None => self.moved.load(Ordering::Relaxed),
        };
        self.opened + Duration::from_millis(since) + patience
    }
}

/// An answer that is being computed, until dropped: also when the client takes its request back.
pub(crate) struct Working<'a>(&'a Pulse);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.moved.store(self.0.elapsed(), Ordering::Relaxed);
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer that is being sent over HTTP/2, until dropped.
pub(crate) struct Sending {
    pulse: Arc<Pulse>,
    moved: Arc<AtomicU64>,
}

impl Sending {
    /// The client has room for more of it.
    pub(crate) fn moved(&self) {
        let now = self.pulse.elapsed();
        self.moved.store(now, Ordering::Relaxed);
        self.pulse.moved.store(now, Ordering::Relaxed);
    }
}

/// Drives `connection` until it ends, or was silent for `patience`: then there is no result, and dropping it closes it. Once the
/// server `stops`, one whose first request is not complete has a short time left, and so has an idle one over HTTP/2, which waits
/// for the client to agree: they would keep the server from its end.
pub(crate) async fn unless_silent<F: Future>(
    connection: F,
    pulse: &Pulse,
    patience: Duration,
    stops: &AtomicBool,
) -> Option<F::Output> {
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep_until(pulse.silent_at(patience)));
    let mut is_hurried = false;
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(ended));
        }
        if !is_hurried && stops.load(Ordering::Relaxed) {
            is_hurried = true;
            timer.as_mut().reset(Instant::now() + PAUSE_AT_STOP);
        }
        while timer.as_mut().poll(context).is_ready() {
            let (silent_at, now) = (pulse.silent_at(patience), Instant::now());
            if silent_at <= now || is_hurried && pulse.is_idle() {
                return Poll::Ready(None);
            }
            timer.as_mut().reset(if is_hurried { silent_at.min(now + PAUSE_AT_STOP) } else { silent_at });
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(75);

    fn at(pulse: &Pulse, moved: u64) -> Instant {
        pulse.opened + Duration::from_millis(moved) + PATIENCE
    }

    #[test]
    fn bytes_written_are_progress_over_http1_alone() {
        let pulse = Pulse { opened: Instant::now() - Duration::from_secs(60), ..Pulse::new() };
        pulse.wrote();
        assert_eq!(pulse.silent_at(PATIENCE), at(&pulse, 0), "before any request");
        drop(pulse.asked(Version::HTTP_11));
        pulse.moved.store(1, Ordering::Relaxed);
        pulse.wrote();
        assert!(pulse.silent_at(PATIENCE) > at(&pulse, 59_999));
        drop(pulse.asked(Version::HTTP_2));
        pulse.moved.store(1, Ordering::Relaxed);
        pulse.wrote();
        assert_eq!(pulse.silent_at(PATIENCE), at(&pulse, 1), "a ping is no progress");
    }

    #[test]
    fn an_answer_that_stalls_is_silence_whatever_the_others_do() {
        let pulse = Arc::new(Pulse { opened: Instant::now() - Duration::from_secs(60), ..Pulse::new() });
        let _working = pulse.asked(Version::HTTP_2);
        let (stalled, moving) = (pulse.sends(), pulse.sends());
        stalled.moved.store(7, Ordering::Relaxed);
        moving.moved();
        assert_eq!(pulse.silent_at(PATIENCE), at(&pulse, 7));
        drop(stalled);
        assert!(pulse.silent_at(PATIENCE) > at(&pulse, 59_999));
    }
}
