//! Budgets of requests: fixed windows of 60 seconds that start with the first request and refill whole
//! (`docs/contract/behaviour.md` §5). One is the org's; others are of what one key creates of one customer.

use std::collections::HashMap;
use std::hash::Hash;

use kustomer_api::error::code;
use kustomer_api::{ObjectId, Timestamp};

use crate::kind::Kind;
use crate::refusal::Refusal;

/// How long a window lasts, in milliseconds.
pub const WINDOW: i64 = 60_000;

/// The limit in the headers when there is none.
pub const NOMINAL_LIMIT: u32 = 1_000;

/// How many records of a kind a key may create of one customer in a window.
pub const CREATIONS: u32 = 120;

/// The budget of one org, or of the records that a key creates of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    ends_at: i64,
    used: u32,
}

/// The values of the rate-limit headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// `x-ratelimit-limit`.
    pub limit: u32,
    /// `x-ratelimit-remaining`.
    pub remaining: u32,
    /// `x-ratelimit-reset`: seconds since the epoch.
    pub reset: i64,
}

impl Standing {
    /// The reported budget when there is no limit: the nominal one, hardly used.
    pub const fn unlimited(now: Timestamp) -> Self {
        let reset = (now.as_millis() + WINDOW).div_euclid(1_000);
        Self { limit: NOMINAL_LIMIT, remaining: NOMINAL_LIMIT - 1, reset }
    }

    /// How many seconds there are until its reset, at most those of a window.
    pub fn wait(&self, now: Timestamp) -> i64 {
        (self.reset - now.as_millis() / 1_000).min(WINDOW / 1_000)
    }
}

impl Budget {
    /// Whether its window has begun and is not over. A clock that stepped back must not lengthen one beyond its 60 seconds.
    const fn is_running(&self, now: i64) -> bool {
        now < self.ends_at && self.ends_at - now <= WINDOW
    }

    /// Takes one request out of the budget; whether there was one left, and how much of it is left afterwards.
    pub fn take(&mut self, limit: u32, now: Timestamp) -> (bool, Standing) {
        let now = now.as_millis();
        if !self.is_running(now) {
            *self = Self { ends_at: now + WINDOW, used: 0 };
        }
        let granted = self.used < limit;
        self.used = self.used.saturating_add(1);
        let reset = (self.ends_at + 999).div_euclid(1_000);
        (granted, Standing { limit, remaining: limit.saturating_sub(self.used), reset })
    }
}

/// Many budgets, of which at most so many are held: those that are over are forgotten.
#[derive(Debug)]
pub struct Budgets<K> {
    held: HashMap<K, Budget>,
    most: usize,
    swept_at: i64,
}

impl<K: Eq + Hash> Budgets<K> {
    /// None yet, and never more than `most`.
    pub fn of_at_most(most: usize) -> Self {
        Self { held: HashMap::new(), most, swept_at: i64::MIN }
    }

    /// Takes one out of the budget of `key`. Where there is no room for another budget, nothing is counted: `None`.
    pub fn take(&mut self, key: K, limit: u32, now: Timestamp) -> Option<(bool, Standing)> {
        if self.held.len() >= self.most && !self.held.contains_key(&key) && !self.sweep(now) {
            return None;
        }
        Some(self.held.entry(key).or_default().take(limit, now))
    }

    /// Forgets the budgets whose windows are over; whether there is room then. It looks through them once a second.
    fn sweep(&mut self, now: Timestamp) -> bool {
        let now = now.as_millis();
        if now.abs_diff(self.swept_at) >= 1_000 {
            self.swept_at = now;
            self.held.retain(|_, budget| budget.is_running(now));
        }
        self.held.len() < self.most
    }
}

/// The counts of creations: by which key, of which kind, of which customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Creation {
    /// The key.
    pub token: ObjectId,
    /// The kind.
    pub kind: Kind,
    /// The customer.
    pub customer: ObjectId,
}

/// The refusal of a request beyond the budget.
pub fn exceeded(standing: Standing) -> Refusal {
    let title = format!(
        "The org's limit of {} requests in 60 seconds is used up: try again after x-ratelimit-reset",
        standing.limit
    );
    Refusal::new(429, code::RATE_LIMITED, "", title).with_meta("reset", standing.reset)
}

/// The refusal of a creation beyond the budget.
pub fn creations_exceeded(creation: Creation, standing: Standing) -> Refusal {
    let Creation { kind, customer, .. } = creation;
    let (limit, word) = (standing.limit, kind.as_str());
    let title = format!(
        "The limit of {limit} creations of a {word} of the customer {customer} by one key in 60 seconds is used up: \
         try again after x-ratelimit-reset; what is sent with importedAt is not counted"
    );
    Refusal::new(429, code::RATE_LIMITED, "", title).with_meta(LIMIT, limit).with_meta(RESET, standing.reset)
}

const LIMIT: &str = "limit";
const RESET: &str = "reset";

/// The standing to report with a refusal that is about another budget than the org's.
pub fn standing_in(refusal: &Refusal) -> Option<Standing> {
    let meta = &refusal.errors.first().filter(|_| refusal.status == 429)?.meta;
    let limit = u32::try_from(meta.get(LIMIT)?.as_u64()?).ok()?;
    Some(Standing { limit, remaining: 0, reset: meta.get(RESET)?.as_i64()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_starts_with_the_first_request_and_refills_whole() {
        let mut budget = Budget::default();
        let at = |second: i64| Timestamp::from_millis(second * 1_000);
        assert_eq!(budget.take(2, at(100)), (true, Standing { limit: 2, remaining: 1, reset: 160 }));
        assert_eq!(budget.take(2, at(159)), (true, Standing { limit: 2, remaining: 0, reset: 160 }));
        assert_eq!(budget.take(2, at(159)), (false, Standing { limit: 2, remaining: 0, reset: 160 }));
        assert_eq!(budget.take(2, at(160)), (true, Standing { limit: 2, remaining: 1, reset: 220 }));
    }

    #[test]
    fn a_clock_that_steps_back_does_not_close_the_door_for_longer_than_a_window() {
        let mut budget = Budget::default();
        budget.take(1, Timestamp::from_millis(10_000_000));
        assert!(budget.take(1, Timestamp::from_millis(0)).0);
    }

    #[test]
    fn budgets_are_counted_apart_and_forgotten_once_they_are_over() {
        let mut budgets = Budgets::of_at_most(2);
        let at = |second: i64| Timestamp::from_millis(second * 1_000);
        let mut is_granted =
            |key: &'static str, second: i64| budgets.take(key, 1, at(second)).map(|(granted, _)| granted);
        assert_eq!((is_granted("a", 100), is_granted("b", 130)), (Some(true), Some(true)));
        assert_eq!((is_granted("a", 131), is_granted("b", 131)), (Some(false), Some(false)));
        assert_eq!(is_granted("c", 140), None, "there is no room: it is not counted");
        assert_eq!(is_granted("c", 160), Some(true), "the window of a is over");
        assert_eq!(is_granted("a", 161), None);
        assert_eq!(is_granted("b", 161), Some(false));
    }

    #[test]
    fn a_creation_beyond_its_budget_is_refused_with_its_standing_and_the_limit_by_name() {
        let id = |digit: &str| digit.repeat(24).parse().unwrap();
        let creation = Creation { token: id("a"), kind: Kind::Message, customer: id("c") };
        let standing = Standing { limit: 120, remaining: 0, reset: 160 };
        let refusal = creations_exceeded(creation, standing);
        assert!(
            refusal.to_string().contains("limit of 120 creations of a message of the customer cccccc"),
            "{refusal}"
        );
        assert_eq!(standing_in(&refusal), Some(standing));
        assert_eq!(standing_in(&exceeded(standing)), None, "the org's budget is known to a key that took from it");
    }

    #[test]
    fn without_a_limit_the_nominal_one_is_answered() {
        let standing = Standing::unlimited(Timestamp::from_millis(1_999));
        assert_eq!(standing, Standing { limit: 1_000, remaining: 999, reset: 61 });
    }
}
