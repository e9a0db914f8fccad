//! Any number of items through bulk jobs, which take 100 each.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt as _};
use kustomer_api::Endpoint;
use kustomer_api::bulk::{Bulk, BulkItem, BulkItems, BulkResult, BulkResultStatus, BulkStatus, MAX_ITEMS};
use kustomer_api::envelope::Document;
use kustomer_api::query::PageQuery;

use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, TransportError, TransportFault};
use crate::timer;

/// What became of one of many items.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BulkOutcome {
    /// Which item it is, from 0, in the order in which they were given.
    pub index: usize,
    /// Its outcome in the job; or the failure of its request, which is the same for all its items.
    pub result: Result<BulkResult, Arc<Error>>,
}

impl BulkOutcome {
    /// The id of the record, when the item was done.
    pub fn id(&self) -> Option<&str> {
        self.result.as_ref().ok().filter(|_| self.is_done())?.object_id.as_deref()
    }

    /// Whether the item was done.
    pub fn is_done(&self) -> bool {
        self.result
            .as_ref()
            .is_ok_and(|result| result.error.is_none() && result.status != Some(BulkResultStatus::Error))
    }
}

/// Sends items 100 at a time, one request after the other, and gives what became of each, in their order. Only as many items as
/// are sent together are held.
///
/// `send` gets the number of the first item with them.
pub(crate) fn outcomes<T, E>(
    client: Client,
    items: impl Iterator<Item = T> + Send + 'static,
    send: impl Fn(usize, Vec<T>) -> Call<E> + Send + 'static,
) -> impl Stream<Item = BulkOutcome> + Send + Unpin
where
    T: Send + 'static,
    E: Endpoint<Answer = Document<Bulk>> + 'static,
{
    let state = (client, items, send, 0);
    Box::pin(
        stream::unfold(state, |(client, mut items, send, first)| async move {
            let chunk: Vec<T> = items.by_ref().take(MAX_ITEMS).collect();
            let count = chunk.len();
            if count == 0 {
                return None;
            }
            let outcomes = match finished(&client, send(first, chunk)).await {
                Ok(results) => in_order(first, count, results),
                Err(error) => failed(first, count, Arc::new(error)),
            };
            Some((stream::iter(outcomes), (client, items, send, first + count)))
        })
        .flatten(),
    )
}

/// Items with their numbers as references, by which their results are known again.
pub(crate) fn referred(first: usize, items: Vec<BulkItem>) -> BulkItems {
    items.into_iter().enumerate().map(|(place, item)| item.with_ref((first + place).to_string())).collect()
}

/// The results of a job, when it is complete.
async fn finished<E>(client: &Client, job: Call<E>) -> Result<Vec<BulkResult>, Error>
where
    E: Endpoint<Answer = Document<Bulk>> + 'static,
{
    let mut job = job.await?.data;
    let mut wait = FIRST_LOOK;
    let end = timer::Instant::now() + LONGEST_JOB;
    while job.attributes.status.value().is_some_and(|status| *status != BulkStatus::Complete) {
        if timer::Instant::now() >= end {
            let fault = TransportFault::Timeout { address: format!("bulk job {}", job.id), timeout: LONGEST_JOB };
            return Err(TransportError::from(fault).into());
        }
        timer::sleep(wait).await;
        wait = (wait * 2).min(LAST_LOOK);
        job = client.bulk().get(&job.id).await?.data;
    }
    if let Some(results) = job.attributes.results.into_value() {
        return Ok(results);
    }
    let mut batches = client.bulk().batches(&job.id, &PageQuery::default()).walk();
    let mut results = Vec::new();
    while let Some(batch) = batches.next().await? {
        results.extend(batch.attributes.results.into_value().unwrap_or_default());
    }
    Ok(results)
}

/// The pause before the first read of a job, and the longest pause between two reads.
const FIRST_LOOK: Duration = Duration::from_millis(100);
const LAST_LOOK: Duration = Duration::from_secs(5);

/// How long a job of 100 items may take. Each item takes seconds at most, even where requests wait for a rate limit.
const LONGEST_JOB: Duration = Duration::from_secs(15 * 60);

/// The results by the references of their items.
fn in_order(first: usize, count: usize, results: Vec<BulkResult>) -> Vec<BulkOutcome> {
    let mut by_item: Vec<Option<BulkResult>> = vec![None; count];
    for (place, result) in results.into_iter().enumerate() {
        let named = result.client_ref.as_ref().and_then(|given| given.parse::<usize>().ok()?.checked_sub(first));
        if let Some(slot) = by_item.get_mut(named.unwrap_or(place)) {
            *slot = Some(result);
        }
    }
    let silent = || BulkResult::failed("the job says nothing of this item");
    let outcome = |(place, result): (usize, Option<BulkResult>)| BulkOutcome {
        index: first + place,
        result: Ok(result.unwrap_or_else(silent)),
    };
    by_item.into_iter().enumerate().map(outcome).collect()
}

fn failed(first: usize, count: usize, error: Arc<Error>) -> Vec<BulkOutcome> {
    (first..first + count).map(|index| BulkOutcome { index, result: Err(Arc::clone(&error)) }).collect()
}
