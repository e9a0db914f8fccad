//! The real clock and the real randomness, for programs that build a server.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use kustodian_core::chance::{Clock, Ids};
use kustomer_api::{ObjectId, Timestamp};

/// The clock of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port's one real implementation")]
    fn now(&self) -> Timestamp {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
        };
        Timestamp::from_millis(millis)
    }
}

/// How many of the low bits count ids within a second; the second is above them.
const COUNTER_BITS: u32 = 24;

/// Ids like MongoDB's: the second, five bytes chosen once per process, and a counter that starts anywhere.
#[derive(Debug)]
pub struct SystemIds<C> {
    clock: C,
    process: [u8; 5],
    /// Second and counter of the last id. Each id is greater than the one before, also when the clock steps back or a
    /// second is full: then it borrows from the next one.
    last: AtomicU64,
}

impl<C: Clock> SystemIds<C> {
    /// Ids by this clock.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn new(clock: C) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 8];
        fill(&mut bytes).map_err(NoRandomness)?;
        let [a, b, c, d, e, counter @ ..] = bytes;
        let counter = counter.iter().fold(0, |counter, byte| counter << 8 | u64::from(*byte));
        Ok(Self { clock, process: [a, b, c, d, e], last: AtomicU64::new(counter) })
    }
}

/// The operating system has no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system has no randomness: {0}")]
pub struct NoRandomness(getrandom::Error);

#[expect(clippy::disallowed_methods, reason = "this is the port's one real implementation")]
fn fill(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    getrandom::fill(bytes)
}

/// Second and counter after `last`.
fn following(last: u64, second: u32) -> u64 {
    let next = last + 1;
    let now = u64::from(second) << COUNTER_BITS;
    if next >> COUNTER_BITS < u64::from(second) { now | next & ((1 << COUNTER_BITS) - 1) } else { next }
}

impl<C: Clock> Ids for SystemIds<C> {
    fn next(&self) -> ObjectId {
        let second = u32::try_from(self.clock.now().as_millis().max(0) / 1_000).unwrap_or(u32::MAX);
        let mut last = self.last.load(Ordering::Relaxed);
        let next = loop {
            let next = following(last, second);
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break next,
                Err(other) => last = other,
            }
        };
        let [_, s1, s2, s3, s4, c1, c2, c3] = (next & ((1 << 56) - 1)).to_be_bytes();
        let [p1, p2, p3, p4, p5] = self.process;
        ObjectId::from_bytes([s1, s2, s3, s4, p1, p2, p3, p4, p5, c1, c2, c3])
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        if let Err(error) = fill(&mut secret) {
            // A key that can be guessed is worse than no server.
            tracing::error!(%error, "the operating system has no randomness any more");
            process::abort();
        }
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicI64;

    struct SetClock(AtomicI64);

    impl Clock for SetClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn an_id_begins_with_its_second_and_keeps_its_process() {
        let ids = SystemIds::new(SetClock(AtomicI64::new(0x5c7d_1a1f_i64 * 1_000))).unwrap();
        let (first, second) = (ids.next(), ids.next());
        assert!(first.to_string().starts_with("5c7d1a1f"), "{first}");
        assert_eq!(first.as_bytes()[4..9], second.as_bytes()[4..9]);
    }

    #[test]
    fn ids_ascend_also_when_the_clock_steps_back_or_a_second_is_full() {
        let ids = SystemIds::new(SetClock(AtomicI64::new(2_000_000))).unwrap();
        let mut last = ids.next();
        for millis in [2_000_000, 1_000_000, 0, -5, 2_000_999, 2_001_000, i64::MAX, 0] {
            ids.clock.0.store(millis, Ordering::Relaxed);
            let next = ids.next();
            assert!(next > last, "{next} after {last} at {millis}");
            last = next;
        }
        assert_eq!(following(7 << 24 | 0xff_ffff, 7), 8 << 24);
        assert_eq!(following(7 << 24 | 0xff_ffff, 9), 9 << 24);
        assert_eq!(following(7 << 24 | 5, 9), 9 << 24 | 6);
    }

    #[test]
    fn no_id_is_given_twice_to_many_threads() {
        let ids = SystemIds::new(SystemClock).unwrap();
        let mut given: Vec<ObjectId> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..5_000).map(|_| ids.next()).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        given.sort();
        given.dedup();
        assert_eq!(given.len(), 20_000);
    }
}
