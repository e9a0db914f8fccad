//! How many requests are worked on at once: of all together a fixed number, and of writes as many as the database does
//! within the time aimed at. Orgs share both ([`Shares`]), so that one that sends too many does not shut out the others.
//!
//! Writes wait for one another, so each admitted write beyond the database's capacity makes all of them slower
//! and none of them more. The capacity depends on the disk and on the records, so it is measured: by
//! Little's law the number in flight is the rate they finish at, times the time they take. When they take longer than
//! aimed at, the measured rate times that time is how many may be in flight from then on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kustodian_core::share::Shares;
use kustodian_core::store::OrgKey;

use crate::places::{Held, Places};

/// The places for requests that are worked on.
pub(crate) struct Admission {
    places: Places,
    writes: Arc<Mutex<Writes>>,
}

/// A place, until dropped.
pub(crate) struct Place {
    _place: Held,
    _write: Option<WritePlace>,
}

impl Admission {
    /// For at most `max` requests, and writes that are to take no longer than `target` on average.
    pub(crate) fn new(max: usize, target: Duration) -> Self {
        let writes = Writes::new(max, target, Instant::now());
        Self { places: Places::new(max), writes: Arc::new(Mutex::new(writes)) }
    }

    /// A place for a request of an org, if there is one now.
    pub(crate) fn admit(&self, org: OrgKey, is_write: bool) -> Option<Place> {
        let place = self.places.take(org)?;
        let write = if is_write { Some(WritePlace::take(&self.writes, org)?) } else { None };
        Some(Place { _place: place, _write: write })
    }

    /// How many writes may be in flight now.
    pub(crate) fn write_limit(&self) -> usize {
        lock(&self.writes).shares.limit()
    }
}

struct WritePlace {
    writes: Arc<Mutex<Writes>>,
    org: OrgKey,
    since: Instant,
}

impl WritePlace {
    fn take(writes: &Arc<Mutex<Writes>>, org: OrgKey) -> Option<Self> {
        let since = Instant::now();
        lock(writes).begin(org, since).then(|| Self { writes: Arc::clone(writes), org, since })
    }
}

impl Drop for WritePlace {
    fn drop(&mut self) {
        let now = Instant::now();
        lock(&self.writes).finish(self.org, now - self.since, now);
    }
}

fn lock(writes: &Mutex<Writes>) -> MutexGuard<'_, Writes> {
    writes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes in flight, and how many there may be.
struct Writes {
    target: Duration,
    max: usize,
    /// Those in flight, and how many there may be.
    shares: Shares<OrgKey>,
    /// Since the limit was last checked.
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
        Self { target, max, shares: Shares::new(AT_FIRST.min(max)), round: Round::new(now) }
    }

    /// Takes a place, if there is one for this org.
    fn begin(&mut self, org: OrgKey, now: Instant) -> bool {
        if self.shares.taken() == 0 {
            // While there was nothing to do, nothing was learnt.
            self.round = Round::new(now);
        }
        let is_free = self.shares.take(org);
        self.round.has_shed |= !is_free;
        is_free
    }

    /// Gives a place back that was taken this long ago.
    fn finish(&mut self, org: OrgKey, took: Duration, now: Instant) {
        self.shares.give_back(org);
        self.round.finished += 1;
        self.round.took += took;
        let elapsed = now.saturating_duration_since(self.round.began);
        if elapsed < self.target || self.round.finished < ENOUGH {
            return;
        }
        let (finished, limit) = (self.round.finished as f64, self.shares.limit());
        if self.round.took.as_secs_f64() / finished > self.target.as_secs_f64() {
            let in_time = finished * self.target.as_secs_f64() / elapsed.as_secs_f64();
            // A disk that stopped for a moment is not a slow one: by half at most, and up again in a few rounds.
            self.shares.set_limit((in_time as usize).max(limit / 2).max(FEWEST).min(self.max));
        } else if self.round.has_shed {
            self.shares.set_limit((limit + limit / 8 + 1).min(self.max));
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

    const ORG: OrgKey = OrgKey(1);
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
                if writes.begin(ORG, now) {
                    waiting.push_back(now);
                }
            }
            for since in waiting.drain(..waiting.len().min(falls_due(rate) as usize)) {
                writes.finish(ORG, now - since, now);
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
        // All but those kept for other orgs.
        assert_eq!(offer(20, 200, 60).0, FEWEST - FEWEST / 8);
    }

    #[test]
    fn writes_within_the_capacity_of_the_database_are_admitted() {
        let (most, made) = offer(2_000, 1_900, 10);
        assert!(most < 10, "{most}");
        assert_eq!(made, 19_000);
    }

    #[test]
    fn an_org_that_sends_too_much_leaves_places_for_another() {
        let admission = Admission::new(100, TARGET);
        let (mut held, other) = (Vec::new(), OrgKey(2));
        held.extend(std::iter::from_fn(|| admission.admit(ORG, false)));
        assert!(admission.admit(ORG, true).is_none());
        held.extend((0..4).map(|_| admission.admit(other, true).unwrap()));
        held.extend((0..4).map(|_| admission.admit(other, false).unwrap()));
    }

    #[test]
    fn a_place_is_free_again_once_it_is_dropped() {
        let admission = Admission::new(2, TARGET);
        let (one, other) = (admission.admit(ORG, true), admission.admit(ORG, false));
        assert!(one.is_some() && other.is_some());
        assert!(admission.admit(ORG, true).is_none() && admission.admit(ORG, false).is_none());
        drop(one);
        let again = admission.admit(ORG, true);
        assert!(again.is_some());
        assert_eq!(lock(&admission.writes).shares.taken(), 1);
        assert_eq!(admission.write_limit(), 2);
    }
}
