//! Who has failed to sign in has to wait before the next attempt: longer with every failure, and never for long enough that
//! somebody else's failures keep a person out.

use std::collections::HashMap;
use std::hash::Hash;

use kustomer_api::Timestamp;

/// How failures are answered.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How many attempts fail without a wait.
    pub free: u32,
    /// The longest wait, in milliseconds.
    pub longest: i64,
}

/// For one account: its owner waits a minute at most, even if others try.
pub const OF_ACCOUNT: Patience = Patience { free: 5, longest: 60_000 };

/// Of one address, from which several people sign in.
pub const OF_ADDRESS: Patience = Patience { free: 30, longest: 900_000 };

/// After how long without a failure all is forgotten, in milliseconds.
pub const FORGOTTEN: i64 = 3_600_000;

/// How often attempts have failed one after the other, and when the last one did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How often.
    pub count: u32,
    /// When the last one failed.
    pub last: Timestamp,
}

impl Failures {
    /// With one more, now.
    #[must_use]
    pub fn and_one(former: Option<Self>, now: Timestamp) -> Self {
        let counted = former.filter(|former| now.as_millis() - former.last.as_millis() < FORGOTTEN);
        Self { count: counted.map_or(0, |former| former.count).saturating_add(1), last: now }
    }
}

impl Patience {
    /// How long to wait before an attempt after these failures, in milliseconds; `None` when it may be made now.
    pub fn wait(self, failures: Failures, now: Timestamp) -> Option<i64> {
        let past = failures.count.checked_sub(self.free)?;
        let wait = 1_000_i64.saturating_mul(1 << past.min(20)).min(self.longest);
        let left = failures.last.as_millis() + wait - now.as_millis();
        (left > 0).then_some(left.min(wait))
    }
}

/// The failures of accounts or addresses.
#[derive(Debug)]
pub struct Lockouts<K> {
    patience: Patience,
    most: usize,
    failures: HashMap<K, Failures>,
}

impl<K: Hash + Eq> Lockouts<K> {
    /// Of at most this many.
    pub fn of_at_most(most: usize, patience: Patience) -> Self {
        Self { patience, most, failures: HashMap::new() }
    }

    /// How long to wait before an attempt, in milliseconds; `None` when it may be made now.
    ///
    /// ```
    /// use kustodian_core::lockout::{Lockouts, OF_ACCOUNT};
    /// use kustomer_api::Timestamp;
    ///
    /// let mut lockouts = Lockouts::of_at_most(10, OF_ACCOUNT);
    /// let now = Timestamp::from_millis(1_000_000);
    /// (0..5).for_each(|_| lockouts.failed("ada", now));
    /// assert_eq!(lockouts.wait(&"ada", now), Some(1_000));
    /// assert_eq!(lockouts.wait(&"grace", now), None);
    /// lockouts.succeeded(&"ada");
    /// assert_eq!(lockouts.wait(&"ada", now), None);
    /// ```
    pub fn wait(&self, key: &K, now: Timestamp) -> Option<i64> {
        self.patience.wait(*self.failures.get(key)?, now)
    }

    /// Counts a failure. An attempt is counted before it is made, so that many at the same time are no way around.
    pub fn failed(&mut self, key: K, now: Timestamp) {
        if self.failures.len() >= self.most && !self.failures.contains_key(&key) {
            self.failures.retain(|_, failures| now.as_millis() - failures.last.as_millis() < FORGOTTEN);
            if self.failures.len() >= self.most {
                self.failures.clear();
            }
        }
        let failures = Failures::and_one(self.failures.get(&key).copied(), now);
        self.failures.insert(key, failures);
    }

    /// Takes back a failure that was counted for an attempt which was not made after all.
    pub fn not_made(&mut self, key: &K) {
        if let Some(failures) = self.failures.get_mut(key) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    /// Forgets the failures of an account that signed in.
    pub fn succeeded(&mut self, key: &K) {
        self.failures.remove(key);
    }
}
