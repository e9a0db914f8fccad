//! Faults on purpose.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use kustodian_server::{Gate, Passage, Then};

/// A fault of requests: once, unless [`times`](Self::times) or [`always`](Self::always) says otherwise, and
/// with any request, unless [`on`](Self::on) says which.
///
/// ```
/// use std::time::Duration;
/// use kustodian_testkit::Fault;
/// use kustomer_client::Method;
///
/// let faults = [
///     Fault::status(429).retry_after(Duration::from_secs(1)),
///     Fault::status(500).times(3).on(Method::POST, "/v1/customers"),
///     Fault::latency(Duration::from_millis(200)).always(),
///     Fault::hang_up().on(Method::GET, "/v1/customers/*"),
///     Fault::lose_answer().on(Method::POST, "/v1/**"),
/// ];
/// # let _ = faults;
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    what: What,
    wait: Duration,
    retry_after: Option<Duration>,
    left: Option<u32>,
    route: Option<(Method, String)>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Answer(StatusCode),
    Serve,
    HangUp,
    LoseAnswer,
}

impl Fault {
    const fn of(what: What) -> Self {
        Self { what, wait: Duration::ZERO, retry_after: None, left: Some(1), route: None }
    }

    /// The request is answered with this status, as Kustomer words errors, and not served. An invalid status counts as 500.
    pub fn status(status: u16) -> Self {
        Self::of(What::Answer(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)))
    }

    /// The request waits before it is served.
    pub const fn latency(wait: Duration) -> Self {
        let mut fault = Self::of(What::Serve);
        fault.wait = wait;
        fault
    }

    /// The connection ends; the request is not served.
    pub const fn hang_up() -> Self {
        Self::of(What::HangUp)
    }

    /// The request is served, and the connection ends before the answer.
    pub const fn lose_answer() -> Self {
        Self::of(What::LoseAnswer)
    }

    /// It also waits first.
    #[must_use]
    pub const fn after(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// The answer says when to come back, in whole seconds.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// It happens to the next so many requests that it is for.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// It happens until [`Faults::clear`].
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// It happens to requests of this method and path alone. In the path `*` is any one segment, and `**` at the end
    /// any number of them.
    #[must_use]
    pub fn on(mut self, method: Method, path: &str) -> Self {
        self.route = Some((method, path.to_owned()));
        self
    }

    fn is_for(&self, request: &Parts) -> bool {
        match &self.route {
            None => true,
            Some((method, path)) => *method == request.method && matches(path, request.uri.path()),
        }
    }

    fn passage(&self) -> Passage {
        let then = match self.what {
            What::Serve => Then::Serve,
            What::HangUp => Then::HangUp,
            What::LoseAnswer => Then::LoseAnswer,
            What::Answer(status) => Then::Answer(self.answer(status)),
        };
        Passage { wait: self.wait, then }
    }

    fn answer(&self, status: StatusCode) -> Response<Bytes> {
        let title = format!("{}: a fault of the sandbox", status.canonical_reason().unwrap_or("Error"));
        let body = serde_json::json!({ "errors": [{ "status": status.as_u16(), "code": "fault", "title": title }] });
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}

/// Whether a path is of a pattern.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), segments.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some(wanted), Some(segment)) if wanted == "*" || wanted == segment => {}
            _ => return false,
        }
    }
}

/// The faults of a sandbox, in the order in which they were added: a request gets the first that is for it.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Has something go wrong from now on.
    pub fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Has nothing go wrong any more.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Whether some are left that have not happened as often as they should.
    pub fn is_pending(&self) -> bool {
        self.lock().iter().any(|fault| fault.left.is_some())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate for Faults {
    fn pass(&self, request: &Parts) -> Passage {
        let mut faults = self.lock();
        faults.retain(|fault| fault.left != Some(0));
        let Some(fault) = faults.iter_mut().find(|fault| fault.is_for(request)) else {
            return Passage { wait: Duration::ZERO, then: Then::Serve };
        };
        fault.left = fault.left.map(|left| left - 1);
        let passage = fault.passage();
        faults.retain(|fault| fault.left != Some(0));
        passage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_of_whole_segments() {
        assert!(matches("/v1/customers", "/v1/customers") && matches("/v1/customers/*", "/v1/customers/1"));
        assert!(matches("/v1/**", "/v1/customers/1/drafts") && matches("/v1/*/1", "/v1/teams/1"));
        assert!(!matches("/v1/customers", "/v1/customers/1") && !matches("/v1/customers/*", "/v1/customers"));
        assert!(!matches("/v1/c", "/v1/customers"));
    }
}
