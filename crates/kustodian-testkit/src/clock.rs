//! Time and ids that a test decides on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kustodian_core::chance::{Clock, Ids};
use kustomer_api::{ObjectId, Timestamp};

/// A clock that moves when it is moved, and by itself as fast as was asked for: not at all unless. Clones are the same
/// clock.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    /// The moment at its beginning, plus all moves since.
    base: AtomicI64,
    began: Instant,
    speed: u32,
}

impl TestClock {
    /// A clock that shows this moment.
    pub fn at(moment: Timestamp) -> Self {
        Self::running_at(moment, 0)
    }

    /// A clock that shows this moment and runs so many times as fast as it should, so that a window of a minute is half a
    /// second at 120.
    pub fn running_at(moment: Timestamp, speed: u32) -> Self {
        Self(Arc::new(Hands { base: AtomicI64::new(moment.as_millis()), began: Instant::now(), speed }))
    }

    /// The moment that it shows, in UTC.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.base.load(Ordering::SeqCst).saturating_add(self.0.run()))
    }

    /// Moves it to a moment, also back.
    pub fn set(&self, moment: Timestamp) {
        self.0.base.store(moment.as_millis() - self.0.run(), Ordering::SeqCst);
    }

    /// Moves it on. Timers that are due then elapse within about a second: the server checks once a second of real time.
    pub fn advance(&self, by: Duration) {
        self.0.base.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Hands {
    /// How many milliseconds it has gone by itself.
    fn run(&self) -> i64 {
        let run = self.began.elapsed().as_micros().saturating_mul(u128::from(self.speed)) / 1_000;
        i64::try_from(run).unwrap_or(i64::MAX)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

/// Ids and secrets that are the same in every run: the first id is `<seconds><seed>000001`. Its secrets can be guessed, so
/// nothing but a test may have it.
#[derive(Debug)]
pub struct FixedIds {
    clock: TestClock,
    seed: u32,
    given: AtomicU64,
}

impl FixedIds {
    /// Ids of this seed, by this clock.
    pub fn new(seed: u32, clock: TestClock) -> Self {
        Self { clock, seed, given: AtomicU64::new(0) }
    }

    fn count(&self) -> u64 {
        self.given.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl Ids for FixedIds {
    fn next(&self) -> ObjectId {
        let seconds = u32::try_from(self.clock.now().as_millis().max(0) / 1_000).unwrap_or(u32::MAX);
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&seconds.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.seed.to_be_bytes());
        bytes[8..].copy_from_slice(&self.count().to_be_bytes()[4..]);
        ObjectId::from_bytes(bytes)
    }

    fn secret(&self) -> [u8; 32] {
        let mut state = u64::from(self.seed) << 32 ^ self.count();
        let mut secret = [0; 32];
        for piece in secret.chunks_exact_mut(8) {
            piece.copy_from_slice(&mixed(&mut state).to_be_bytes());
        }
        secret
    }
}

/// The next number of SplitMix64.
const fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut number = *state;
    number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
