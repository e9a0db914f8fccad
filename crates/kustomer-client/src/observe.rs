//! Observes the calls of a client, for metrics and logs.

use std::time::Duration;

use http::Method;

/// Is shown every attempt of every call as it ends. Set one by [`ClientBuilder::observer`](crate::ClientBuilder::observer).
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use kustomer_client::{Attempt, Client, Observer};
///
/// #[derive(Default)]
/// struct Counts {
///     failures: AtomicU64,
/// }
///
/// impl Observer for Counts {
///     fn attempted(&self, attempt: &Attempt<'_>) {
///         if attempt.status.is_none_or(|status| status >= 500) {
///             self.failures.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let client = Client::builder().base_url("http://127.0.0.1:8080").observer(Counts::default()).build()?;
/// # Ok::<(), kustomer_client::InvalidRequest>(())
/// ```
pub trait Observer: Send + Sync + 'static {
    /// An attempt has ended. It is called on the task of the call: be quick.
    fn attempted(&self, attempt: &Attempt<'_>);
}

impl<T: Observer> Observer for std::sync::Arc<T> {
    fn attempted(&self, attempt: &Attempt<'_>) {
        (**self).attempted(attempt);
    }
}

/// An attempt that has ended. It has no personal data: neither values of path and query, nor body and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The operation's upstream name: `getCustomerById`.
    pub operation: &'a str,
    /// Its path below `/v1` as it is declared, without values: `/customers/{id}`. Empty for a call of any path.
    pub route: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// Which attempt of the call it is, from 1.
    pub number: u32,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
    /// How long it had waited for its turn under the server's limit.
    pub waited: Duration,
    /// After how long the next attempt begins; `None` when this was the last.
    pub next_in: Option<Duration>,
    /// The server's name for the request, when it was answered.
    pub request_id: Option<&'a str>,
}

/// Sends a call within a span of the level DEBUG, in which its attempts are. The span has no personal data.
#[cfg(feature = "tracing")]
pub(crate) fn spanned(
    request: &crate::call::Request,
    attempts: impl Future<Output = (crate::retry::Outcome, u32)>,
) -> impl Future<Output = (crate::retry::Outcome, u32)> {
    use tracing::{Instrument as _, field};

    let span = tracing::debug_span!(
        target: "kustomer_client",
        "call",
        operation = request.operation,
        method = %request.method,
        route = request.route,
        attempts = field::Empty,
        status = field::Empty,
    );
    async move {
        let (outcome, attempts) = attempts.instrument(span.clone()).await;
        span.record("attempts", attempts);
        span.record("status", outcome.as_ref().ok().map(|response| response.status.as_u16()));
        (outcome, attempts)
    }
}

/// Reports an attempt to `tracing`, as an event of the level DEBUG.
#[cfg(feature = "tracing")]
pub(crate) fn trace(attempt: &Attempt<'_>) {
    tracing::debug!(
        target: "kustomer_client",
        operation = attempt.operation,
        method = %attempt.method,
        attempt = attempt.number,
        status = attempt.status,
        took_ms = u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        waited_ms = u64::try_from(attempt.waited.as_millis()).unwrap_or(u64::MAX),
        next_in_ms = attempt.next_in.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        request_id = attempt.request_id,
        "attempted"
    );
}
