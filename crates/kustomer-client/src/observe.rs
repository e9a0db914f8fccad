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

/// An attempt that has ended. It has no personal data: neither path, query, body nor headers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The operation's upstream name: `getCustomerById`.
    pub operation: &'a str,
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
