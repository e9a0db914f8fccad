//! The org-wide budget of requests: a fixed window of 60 seconds that starts with the first request and refills whole
//! (`docs/contract/behaviour.md` §5).

use kustomer_api::Timestamp;
use kustomer_api::error::code;

use crate::refusal::Refusal;

/// How long a window lasts, in milliseconds.
pub const WINDOW: i64 = 60_000;

/// The limit in the headers when there is none.
pub const NOMINAL_LIMIT: u32 = 1_000;

/// The budget of one org.
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
    /// What is reported when there is no limit: the nominal one, hardly touched.
    pub const fn unlimited(now: Timestamp) -> Self {
        let reset = (now.as_millis() + WINDOW).div_euclid(1_000);
        Self { limit: NOMINAL_LIMIT, remaining: NOMINAL_LIMIT - 1, reset }
    }
}

impl Budget {
    /// Takes one request out of the budget; whether there was one left, and how much of it is left afterwards.
    pub fn take(&mut self, limit: u32, now: Timestamp) -> (bool, Standing) {
        let now = now.as_millis();
        // A clock that stepped back must not lengthen a window beyond its 60 seconds.
        if now >= self.ends_at || self.ends_at - now > WINDOW {
            *self = Self { ends_at: now + WINDOW, used: 0 };
        }
        let granted = self.used < limit;
        self.used = self.used.saturating_add(1);
        let reset = (self.ends_at + 999).div_euclid(1_000);
        (granted, Standing { limit, remaining: limit.saturating_sub(self.used), reset })
    }
}

/// The refusal of a request beyond the budget.
pub fn exceeded(standing: Standing) -> Refusal {
    let title = format!(
        "The org's limit of {} requests in 60 seconds is used up: try again after x-ratelimit-reset",
        standing.limit
    );
    Refusal::new(429, code::RATE_LIMITED, "", title).with_meta("reset", standing.reset)
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
    fn without_a_limit_the_nominal_one_is_told() {
        let standing = Standing::unlimited(Timestamp::from_millis(1_999));
        assert_eq!(standing, Standing { limit: 1_000, remaining: 999, reset: 61 });
    }
}
