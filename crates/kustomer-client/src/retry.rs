//! When a call is sent again, and after how long.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{DATE, RETRY_AFTER};
use http::{Method, StatusCode};

use crate::exchange::ReceivedResponse;

/// When a call is sent again.
///
/// Only after 429 and 503, and only when nothing can happen twice: the method is idempotent (GET, HEAD, OPTIONS, PUT,
/// DELETE), or the answer says when to come back (`Retry-After`, or `x-ratelimit-reset` beside 429), which a server
/// shows that it did nothing, or can recognise a repeated write by its key: a write carries an `Idempotency-Key`, the
/// same in all its attempts (see [`Call::idempotency_key`](crate::Call::idempotency_key)). A wait the server asks for
/// is kept to, and when it is longer than the longest one allowed the answer is handed back at once instead.
///
/// ```
/// use std::time::Duration;
/// use kustomer_client::Retry;
///
/// let patient = Retry::default().attempts(5).longest_wait(Duration::from_secs(60));
/// assert_ne!(patient, Retry::off());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    attempts: u32,
    longest_wait: Duration,
}

impl Default for Retry {
    /// Three attempts, waits of at most 30 seconds.
    fn default() -> Self {
        Self { attempts: 3, longest_wait: Duration::from_secs(30) }
    }
}

/// The wait before the second attempt when the server does not say; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);

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

    /// The longest wait between two attempts.
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Whether a call may be sent more than once.
    pub(crate) fn may_repeat(&self) -> bool {
        self.attempts > 1
    }

    /// How long to wait before sending again; `None` when this answer is final.
    pub(crate) fn wait(&self, method: &Method, attempt: u32, response: &ReceivedResponse) -> Option<Duration> {
        let busy = matches!(response.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if !busy || attempt >= self.attempts {
            return None;
        }
        match asked_wait(response) {
            Some(asked) => (asked <= self.longest_wait).then_some(asked),
            None if method.is_idempotent() => {
                Some(FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(self.longest_wait))
            }
            None => None,
        }
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

    #[test]
    fn what_could_happen_twice_is_sent_once() {
        let retry = Retry::default();
        assert!(retry.wait(&Method::GET, 1, &answer(503, &[])).is_some());
        assert!(retry.wait(&Method::POST, 1, &answer(503, &[])).is_none());
        assert!(retry.wait(&Method::POST, 1, &answer(503, &[("retry-after", "0")])).is_some());
        assert!(retry.wait(&Method::GET, 1, &answer(500, &[("retry-after", "0")])).is_none());
        assert!(retry.wait(&Method::GET, 1, &answer(429, &[("retry-after", "31")])).is_none());
        assert!(retry.wait(&Method::GET, 3, &answer(429, &[("retry-after", "0")])).is_none());
        assert!(Retry::off().wait(&Method::GET, 1, &answer(429, &[("retry-after", "0")])).is_none());
    }
}
