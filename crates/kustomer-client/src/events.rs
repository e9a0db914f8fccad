//! Following a feed of events through whatever happens to the connection.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use kustomer_api::ObjectId;
use kustomer_api::event::{Event, GetEvents, ListEvents};

use crate::client::Client;
use crate::error::{DecodeError, Error, FailedCall};
use crate::retry::Retry;
use crate::timer;

/// Follows a feed: the existing events, then new ones, each once and in order. It has no end.
///
/// A server that is away, restarts, is busy or asks for patience is waited for, however long that takes; then it continues
/// after the last event. Other errors are returned, and the next call of [`next`](Self::next) tries again.
#[derive(Debug)]
#[must_use = "a feed does nothing until it is asked for its next event"]
pub struct EventStream {
    client: Client,
    query: ListEvents,
    events: VecDeque<Event>,
    /// The last event returned.
    last: Option<ObjectId>,
    /// How often in a row the server could not answer.
    failures: u32,
}

/// How long an answer waits for an event, in seconds, when the query does not say; below what proxies commonly allow.
const DEFAULT_WAIT: u32 = 25;

/// The wait after the first failure; doubled with each that follows.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl EventStream {
    pub(crate) fn new(client: Client, mut query: ListEvents) -> Self {
        query.wait = query.wait.or(Some(DEFAULT_WAIT));
        let last = query.after;
        Self { client, query, events: VecDeque::new(), last, failures: 0 }
    }

    /// The last event that was returned, or the one it began after: begin there to continue later.
    pub fn last(&self) -> Option<ObjectId> {
        self.last
    }

    /// The next event, as soon as there is one.
    ///
    /// # Errors
    /// When the server refuses (the token, the role, an event it does not know), or its answer cannot be read.
    pub async fn next(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                self.last = event.id.parse().ok().or(self.last);
                return Ok(event);
            }
            let wait = Duration::from_secs(self.query.wait.unwrap_or_default().into());
            let call = self.client.call::<GetEvents>((), &self.query, &());
            let timeout = self.client.timeout().saturating_add(wait);
            let exchange = match call.retry(Retry::off()).timeout(timeout).exchange().await {
                Ok(exchange) => exchange,
                Err(error) => {
                    self.outlast(error.into()).await?;
                    continue;
                }
            };
            let response = exchange.response.clone();
            match exchange.into_result() {
                Ok(page) => {
                    self.failures = 0;
                    // New events come after the answer's last one, or are the first.
                    self.query.last = None;
                    if let Some(last) = page.data.last() {
                        let after = last.id.parse().map_err(|_| {
                            let pointer = format!("/data/{}/id", page.data.len() - 1);
                            let reason = format!("{} is no event's id", last.id);
                            DecodeError::new(FailedCall::of::<GetEvents>(1), &response, pointer, reason)
                        });
                        self.query.after = Some(after.map_err(|error| Error::Decode(Box::new(error)))?);
                    }
                    self.events = page.data.into();
                }
                Err(error) => self.outlast(error).await?,
            }
        }
    }

    /// Waits, after an error that passes.
    async fn outlast(&mut self, error: Error) -> Result<(), Error> {
        let asked = match &error {
            Error::Transport(_) => None,
            Error::Api(refused) if matches!(refused.status, 408 | 429 | 500..=599) && refused.status != 501 => {
                refused.retry_after
            }
            _ => return Err(error),
        };
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.failures.min(16))).min(LONGEST_WAIT);
        self.failures = self.failures.saturating_add(1);
        timer::sleep(asked.unwrap_or(doubled)).await;
        Ok(())
    }

    /// The same as a stream, which ends after the first error that is returned.
    ///
    /// ```no_run
    /// use futures_util::{StreamExt, TryStreamExt};
    /// use kustomer_client::Client;
    /// use kustomer_client::event::ListEvents;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let events = client.events().stream(ListEvents::default()).into_stream();
    /// let first_ten: Vec<_> = events.take(10).try_collect().await?;
    /// # let _ = first_ten;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_stream(self) -> impl Stream<Item = Result<Event, Error>> + Send + Unpin {
        Box::pin(stream::try_unfold(self, |mut events| async move { Ok(Some((events.next().await?, events))) }))
    }
}
