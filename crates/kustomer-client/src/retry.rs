//! When a call is sent again, and after how long.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use http::StatusCode;
use http::header::{DATE, RETRY_AFTER};

use crate::error::{TransportError, TransportFault};
use crate::exchange::ReceivedResponse;

/// When a call is sent again.
///
/// Only when nothing can happen twice, and sending again may help:
/// - No connection came about: nothing was sent.
/// - The answer never came, or is 502, 503 or 504: when the method is idempotent (GET, HEAD, OPTIONS, PUT, DELETE), or the
///   server recognises a repeated write by its key. A write carries an `Idempotency-Key`, the same in all its attempts (see
///   [`Call::idempotency_key`](crate::Call::idempotency_key)), for servers that say in their answers that they know it;
///   Kustodian does. Until the first answer shows that, a write is sent again only with a key of the caller's own.
/// - The answer is a 429: after the wait it asks for (`Retry-After`, or `x-ratelimit-reset`), else after a whole window of 60
///   seconds. A 503 that asks for a wait of at most 30 seconds is waited for too: it shows that nothing was done. One that asks
///   for more is final, because the server is under maintenance.
///
/// Where the server asks for no wait, it is a random one of at most 250 ms, doubled with each attempt. A wait the server asks for
/// is kept to; when it is longer than the longest one allowed, or ends after the time for the whole call, the answer is
/// handed back at once. All clones of a client share a budget of such retries, one for ten calls that succeed, so that they do
/// not keep down a server that has fallen: a wait that was asked for takes nothing from it.
///
/// ```
/// use std::time::Duration;
/// use kustomer_client::Retry;
///
/// let hasty = Retry::default().attempts(2).longest_wait(Duration::from_secs(1)).within(Duration::from_secs(5));
/// assert_ne!(hasty, Retry::off());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    attempts: u32,
    longest_wait: Duration,
    within: Duration,
}

impl Default for Retry {
    /// Four attempts within two minutes, waits of at most 65 seconds: a window of a limit, and what moments are rounded by.
    fn default() -> Self {
        Self { attempts: 4, longest_wait: Duration::from_secs(65), within: Duration::from_secs(120) }
    }
}

/// The longest wait before the second attempt when the server does not say; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The window of Kustomer's limits (`docs/contract/behaviour.md` §5), for a 429 that says nothing.
const WINDOW: Duration = Duration::from_secs(60);

/// The longest wait a 503 may ask for: a server that asks for more is under maintenance, such as one that answers reads only.
const LONGEST_OUTAGE: Duration = Duration::from_secs(30);

/// What became of an attempt.
pub(crate) type Outcome = Result<ReceivedResponse, TransportError>;

/// How long to wait before sending again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// As the server asked.
    Asked(Duration),
    /// A random one, of at most this.
    UpTo(Duration),
}

impl Wait {
    /// How long it is, with `chance` from 0 to 1.
    pub(crate) fn length(self, chance: f64) -> Duration {
        match self {
            // Those who wait for the same moment do not come back all at once.
            Self::Asked(wait) => wait + wait.min(Duration::from_secs(5)).mul_f64(0.1 * chance),
            Self::UpTo(most) => most.mul_f64(chance),
        }
    }
}

impl Retry {
    /// One attempt and no more.
    pub fn off() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// How many times a call is sent at most; 0 counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The longest wait between two attempts. When it is shorter than the window of a limit, 60 seconds, it is also the longest
    /// that a call waits for its turn below the limit (see [`Pacing`](crate::Pacing)).
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// How long the call may take with all attempts and waits: no attempt begins later, and none but the first takes longer. The
    /// time is counted from when the call has its turn (see [`Pacing`](crate::Pacing)).
    #[must_use]
    pub fn within(mut self, whole: Duration) -> Self {
        self.within = whole;
        self
    }

    /// Whether a call may be sent more than once.
    pub(crate) fn may_repeat(&self) -> bool {
        self.attempts > 1
    }

    /// How long a call waits for its turn, of at most `longest`.
    pub(crate) fn patience(&self, longest: Duration) -> Duration {
        if self.longest_wait < WINDOW { self.longest_wait } else { longest }
    }

    /// How long the whole call may take; as long as its one attempt when there is one.
    pub(crate) fn whole(&self) -> Option<Duration> {
        self.may_repeat().then_some(self.within)
    }

    /// How long to wait before sending again; `None` when this outcome is final. `is_repeatable`: doing it again does no harm.
    pub(crate) fn wait(&self, is_repeatable: bool, attempt: u32, outcome: &Outcome) -> Option<Wait> {
        if attempt >= self.attempts {
            return None;
        }
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(self.longest_wait);
        let response = match outcome {
            Ok(response) => response,
            Err(error) => {
                // Without a connection nothing was done.
                let is_unsent = matches!(error.fault, TransportFault::Connect { .. } | TransportFault::Proxy { .. });
                return (error.fault.may_pass() && (is_unsent || is_repeatable)).then_some(Wait::UpTo(doubled));
            }
        };
        let asked = match response.status {
            StatusCode::TOO_MANY_REQUESTS => Some(asked_wait(response).unwrap_or(WINDOW)),
            StatusCode::SERVICE_UNAVAILABLE => match asked_wait(response) {
                Some(asked) if asked > LONGEST_OUTAGE => return None,
                asked => asked,
            },
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => None,
            _ => return None,
        };
        match asked {
            Some(asked) => (asked <= self.longest_wait).then_some(Wait::Asked(asked)),
            None => is_repeatable.then_some(Wait::UpTo(doubled)),
        }
    }
}

/// How many retries all clones of a client may make that no server asked for.
#[derive(Debug)]
pub(crate) struct RetryBudget(Mutex<f64>);

/// What it begins with, and the most it holds.
const MOST_RETRIES: f64 = 20.0;

/// What a call that succeeds adds.
const EARNED: f64 = 0.1;

impl RetryBudget {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(MOST_RETRIES))
    }

    /// A call has succeeded.
    pub(crate) fn earn(&self) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + EARNED).min(MOST_RETRIES);
    }

    /// Takes one retry; whether there was one.
    pub(crate) fn spend(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = *left >= 1.0;
        if is_there {
            *left -= 1.0;
        }
        is_there
    }
}

/// The wait a 429 or 503 asks for: `Retry-After` in seconds or as a date, else on 429 the time until
/// `x-ratelimit-reset`. Moments are compared with the server's own `Date`, so that a wrong clock here does no harm.
pub(crate) fn asked_wait(response: &ReceivedResponse) -> Option<Duration> {
    let date = || httpdate::parse_http_date(response.header(DATE.as_str())?).ok();
    if let Some(text) = response.header(RETRY_AFTER.as_str()) {
        if let Ok(seconds) = text.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        if let Ok(moment) = httpdate::parse_http_date(text) {
            return Some(moment.duration_since(date()?).unwrap_or_default());
        }
    }
    if response.status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let reset: u64 = response.header("x-ratelimit-reset")?.trim().parse().ok()?;
    let now = date()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(reset).saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> ReceivedResponse {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        ReceivedResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter(pairs),
            body: Bytes::new(),
            version: http::Version::HTTP_11,
        }
    }

    #[test]
    fn the_wait_the_server_asks_for_is_read_in_all_its_forms() {
        let date = ("date", "Wed, 09 Nov 2016 04:23:00 GMT");
        let seconds = Some(Duration::from_secs(7));
        assert_eq!(asked_wait(&answer(503, &[("retry-after", "7")])), seconds);
        assert_eq!(asked_wait(&answer(503, &[date, ("retry-after", "Wed, 09 Nov 2016 04:23:07 GMT")])), seconds);
        assert_eq!(asked_wait(&answer(429, &[date, ("x-ratelimit-reset", "1478665387")])), seconds);
        assert_eq!(asked_wait(&answer(503, &[date, ("x-ratelimit-reset", "1478665387")])), None);
    }

    fn asked(seconds: u64) -> Option<Wait> {
        Some(Wait::Asked(Duration::from_secs(seconds)))
    }

    #[test]
    fn what_could_happen_twice_is_sent_once() {
        let retry = Retry::default();
        let wait = |is_repeatable, attempt, answer| retry.wait(is_repeatable, attempt, &Ok(answer));
        for status in [502, 503, 504] {
            assert_eq!(wait(true, 1, answer(status, &[])), Some(Wait::UpTo(FIRST_WAIT)));
            assert_eq!(wait(true, 3, answer(status, &[])), Some(Wait::UpTo(4 * FIRST_WAIT)));
            assert_eq!(wait(false, 1, answer(status, &[])), None);
        }
        assert_eq!(wait(false, 1, answer(503, &[("retry-after", "0")])), asked(0));
        assert_eq!(wait(true, 1, answer(500, &[("retry-after", "0")])), None);
        assert_eq!(wait(true, 4, answer(429, &[("retry-after", "0")])), None);
        assert_eq!(Retry::off().wait(true, 1, &Ok(answer(429, &[("retry-after", "0")]))), None);
    }

    #[test]
    fn a_limit_is_waited_for_to_its_end() {
        let retry = Retry::default();
        assert_eq!(retry.wait(false, 1, &Ok(answer(429, &[("retry-after", "61")]))), asked(61));
        assert_eq!(retry.wait(false, 1, &Ok(answer(429, &[]))), asked(60));
        assert_eq!(retry.wait(true, 1, &Ok(answer(429, &[("retry-after", "66")]))), None);
        // The whole window is within the time of a call, however long the random part of the wait is.
        let longest = Wait::Asked(WINDOW).length(1.0);
        assert!(longest < Duration::from_secs(61) && longest < retry.whole().unwrap(), "{longest:?}");
        assert!(retry.may_repeat() && WINDOW <= retry.longest_wait);
    }

    #[test]
    fn an_outage_is_waited_for_when_it_is_short() {
        let retry = Retry::default();
        assert_eq!(retry.wait(false, 1, &Ok(answer(503, &[("retry-after", "30")]))), asked(30));
        assert_eq!(retry.wait(true, 1, &Ok(answer(503, &[("retry-after", "31")]))), None);
    }

    #[test]
    fn a_request_that_was_never_sent_is_sent_again_and_one_that_may_have_arrived_only_when_it_does_no_harm() {
        let address = || "http://a".to_owned();
        let refused = || Err(TransportFault::Connect { address: address(), source: "refused".into() }.into());
        let late = || Err(TransportError::late(address(), FIRST_WAIT));
        let retry = Retry::default();
        assert!(retry.wait(false, 1, &refused()).is_some() && retry.wait(false, 1, &late()).is_none());
        assert!(retry.wait(true, 1, &late()).is_some());
        let untrusted = Err(TransportFault::Untrusted { address: address(), reason: String::new() }.into());
        assert!(retry.wait(true, 1, &untrusted).is_none());
    }

    #[test]
    fn retries_that_nobody_asked_for_have_a_budget() {
        let budget = RetryBudget::new();
        assert!((0..20).all(|_| budget.spend()) && !budget.spend());
        (0..11).for_each(|_| budget.earn());
        assert!(budget.spend() && !budget.spend());
    }
}
