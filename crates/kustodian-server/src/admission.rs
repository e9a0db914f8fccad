//! How many requests are worked on at once: of all together a fixed number, and of writes as many as the database does
//! within the time aimed at.
//!
//! Writes wait for one another, so each that is let in beyond what the database keeps up with makes all of them slower
//! and none of them more. How many it keeps up with depends on the disk and on what is written, so it is measured: by
//! Little's law the number in flight is the rate they finish at, times the time they take. When they take longer than
//! aimed at, the measured rate times that time is how many may be in flight from then on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places for requests that are worked on.
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    writes: Arc<Mutex<Writes>>,
}

/// A place, until dropped.
pub(crate) struct Place {
    _place: OwnedSemaphorePermit,
    _write: Option<WritePlace>,
}

impl Admission {
    /// For at most `max` requests, and writes that are to take no longer than `target` on average.
    pub(crate) fn new(max: usize, target: Duration) -> Self {
        let max = max.min(Semaphore::MAX_PERMITS);
        let writes = Writes::new(max, target, Instant::now());
        Self { places: Arc::new(Semaphore::new(max)), writes: Arc::new(Mutex::new(writes)) }
    }

    /// A place for a request, if there is one now.
    pub(crate) fn admit(&self, is_write: bool) -> Option<Place> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let write = if is_write { Some(WritePlace::take(&self.writes)?) } else { None };
        Some(Place { _place: place, _write: write })
    }

    /// How many writes may be in flight now.
    pub(crate) fn write_limit(&self) -> usize {
        lock(&self.writes).limit
    }
}

struct WritePlace {
    writes: Arc<Mutex<Writes>>,
    since: Instant,
}

impl WritePlace {
    fn take(writes: &Arc<Mutex<Writes>>) -> Option<Self> {
        let since = Instant::now();
        lock(writes).begin(since).then(|| Self { writes: Arc::clone(writes), since })
    }
}

impl Drop for WritePlace {
    fn drop(&mut self) {
        let now = Instant::now();
        lock(&self.writes).finish(now - self.since, now);
    }
}

fn lock(writes: &Mutex<Writes>) -> MutexGuard<'_, Writes> {
    writes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes in flight, and how many there may be.
struct Writes {
    target: Duration,
    max: usize,
    limit: usize,
    in_flight: usize,
    /// Since the limit was last looked at.
    round: Round,
}

struct Round {
    began: Instant,
    finished: usize,
    /// The times of those, added up.
    took: Duration,
    has_shed: bool,
}

/// However slow the database is: as many as it takes to fill its transactions.
const FEWEST: usize = 64;

/// Until something is known of the database.
const AT_FIRST: usize = 256;

/// A mean of fewer says nothing.
const ENOUGH: usize = 16;

impl Writes {
    fn new(max: usize, target: Duration, now: Instant) -> Self {
        Self { target, max, limit: AT_FIRST.min(max), in_flight: 0, round: Round::new(now) }
    }

    /// Takes a place, if there is one.
    fn begin(&mut self, now: Instant) -> bool {
        if self.in_flight == 0 {
            // While there was nothing to do, nothing was learnt.
            self.round = Round::new(now);
        }
        let is_free = self.in_flight < self.limit;
        self.in_flight += usize::from(is_free);
        self.round.has_shed |= !is_free;
        is_free
    }

    /// Gives a place back that was taken this long ago.
    fn finish(&mut self, took: Duration, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.round.finished += 1;
        self.round.took += took;
        let elapsed = now.saturating_duration_since(self.round.began);
        if elapsed < self.target || self.round.finished < ENOUGH {
            return;
        }
        let finished = self.round.finished as f64;
        if self.round.took.as_secs_f64() / finished > self.target.as_secs_f64() {
            let in_time = finished * self.target.as_secs_f64() / elapsed.as_secs_f64();
            // A disk that stopped for a moment is not a slow one: by half at most, and up again in a few rounds.
            self.limit = (in_time as usize).max(self.limit / 2).max(FEWEST).min(self.max);
        } else if self.round.has_shed {
            self.limit = (self.limit + self.limit / 8 + 1).min(self.max);
        }
        self.round = Round::new(now);
    }
}

impl Round {
    fn new(began: Instant) -> Self {
        Self { began, finished: 0, took: Duration::ZERO, has_shed: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Duration = Duration::from_millis(200);

    /// A database that does `rate` writes a second, one after the other, and is offered `offered` a second for
    /// `seconds`; how many were in flight at most in the last half, and how many were made.
    fn offer(rate: u32, offered: u32, seconds: u32) -> (usize, usize) {
        let start = Instant::now();
        let mut writes = Writes::new(1_024, TARGET, start);
        let mut waiting = std::collections::VecDeque::new();
        let (mut most, mut made) = (0, 0);
        // In steps of a tenth of a millisecond.
        for step in 0..seconds * 10_000 {
            let now = start + Duration::from_micros(100) * step;
            let falls_due = |each_second: u32| (step + 1) * each_second / 10_000 - step * each_second / 10_000;
            for _ in 0..falls_due(offered) {
                if writes.begin(now) {
                    waiting.push_back(now);
                }
            }
            for since in waiting.drain(..waiting.len().min(falls_due(rate) as usize)) {
                writes.finish(now - since, now);
                made += 1;
            }
            if step >= seconds * 5_000 {
                most = most.max(waiting.len());
            }
        }
        (most, made)
    }

    #[test]
    fn as_many_are_let_in_as_are_done_in_the_time_aimed_at() {
        for rate in [1_000, 2_000, 4_000] {
            let in_time = rate as usize / 5;
            let (most, made) = offer(rate, 4 * rate, 20);
            assert!((in_time / 2..=in_time * 3 / 2).contains(&most), "{most} in flight at {rate}/s");
            assert!(made >= rate as usize * 19, "{made} made at {rate}/s");
        }
    }

    #[test]
    fn a_slow_database_is_given_enough_to_fill_its_transactions() {
        assert_eq!(offer(20, 200, 60).0, FEWEST);
    }

    #[test]
    fn what_the_database_keeps_up_with_is_let_in() {
        let (most, made) = offer(2_000, 1_900, 10);
        assert!(most < 10, "{most}");
        assert_eq!(made, 19_000);
    }

    #[test]
    fn a_place_is_free_again_once_it_is_dropped() {
        let admission = Admission::new(2, TARGET);
        let (one, other) = (admission.admit(true), admission.admit(false));
        assert!(one.is_some() && other.is_some());
        assert!(admission.admit(true).is_none() && admission.admit(false).is_none());
        drop(one);
        let again = admission.admit(true);
        assert!(again.is_some());
        assert_eq!(lock(&admission.writes).in_flight, 1);
        assert_eq!(admission.write_limit(), 2);
    }
}
