//! Jobs that are committed whole: all items are decided first, then written in one commit with the record of the job.
//! So there is no note and no receipt of an item: either all of the job was done, or nothing of it. A conflict of one item
//! refuses that item. After any other conflict the items are done one by one, from the beginning: nothing was written
//! yet.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use kustodian_core::bulk;
use kustodian_core::change::ChangeSet;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, StoreError};
use kustomer_api::bulk::{BulkResult, Verb};
use tokio::time::{sleep, timeout};

use super::gathered::{Gathered, Gathering, Held};
use super::{ATTEMPTS, Job, document_of, written};
use crate::answer::unavailable;

/// How long the items may take to be decided. They wait for the database at most.
const DECIDING: Duration = Duration::from_secs(1);

/// How many items may be refused by a commit before the items are done one by one: each has all the others committed
/// again.
const REFUSED: usize = 4;

impl Job {
    /// Whether its items are decided and committed at once: new records, none of which counts in another.
    pub(super) fn can_be_whole(&self) -> bool {
        !self.is_rehearsal && self.work.verb == Verb::Create && self.items.iter().all(|item| item.group.is_none())
    }

    /// Commits the whole job, and gives its document; `None` when the items are to be done one by one.
    ///
    /// # Errors
    /// 503 when the database cannot answer now. If it has done the job all the same, nothing was answered, as of any
    /// write.
    pub(super) async fn commit_whole(&self) -> Result<Option<String>, Refusal> {
        if !self.app.services.store.commits_together().await {
            return Ok(None);
        }
        let gathered = Arc::new(Gathered::default());
        let mut results: Vec<Option<BulkResult>> = self.items.iter().map(|_| None).collect();
        let decide = |index| self.decide_item(Gathering { index, of: Arc::clone(&gathered) });
        let mut deciding: FuturesUnordered<_> = (0..self.items.len()).map(decide).collect();
        for _ in 0..=REFUSED {
            if !settle(&mut deciding, &gathered, &mut results).await {
                return Ok(None);
            }
            let mut held = gathered.take();
            let error = match self.commit_all(&held, &results).await {
                Ok(document) => {
                    held.into_iter().for_each(|held| held.answer(Ok(())));
                    // What handlers do after a commit.
                    settle(&mut deciding, &gathered, &mut results).await;
                    return Ok(Some(document));
                }
                Err(error) => error,
            };
            // Another server may be at it, too, or this commit was done and not reported.
            if let Some(document) = self.find_done().await? {
                return Ok(Some(document));
            }
            match error {
                CommitError::Claimed { claim, holder } if !held.iter().any(|held| held.writes(holder)) => {
                    let Some(place) = held.iter().position(|held| held.writes(claim.owner)) else { return Ok(None) };
                    held.remove(place).answer(Err(error));
                    gathered.put_back(held);
                }
                CommitError::Store(error @ StoreError::Unavailable { .. }) => return Err(unavailable(error)),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Decides an item by its handler, whose commit is held back.
    async fn decide_item(&self, gathering: Gathering) -> (usize, Result<BulkResult, Refusal>) {
        let index = gathering.index;
        let item = &self.items[index];
        let outcome = match self.refused_unseen(item) {
            Some(refusal) => Err(refusal),
            None => (self.single)(self.admitted(index, Some(gathering))).await,
        };
        let result = match outcome {
            Ok(answer) => bulk::done(self.work.verb, item, document_of(&answer)),
            Err(refusal) if refusal.status == 503 => Err(refusal),
            Err(refusal) => Ok(bulk::failed(item, refusal)),
        };
        (index, result)
    }

    /// Commits the held back changes with the record of the job; the document of the job.
    async fn commit_all(&self, held: &[Held], results: &[Option<BulkResult>]) -> Result<String, CommitError> {
        let mut results = results.to_vec();
        for Held { index, changes, .. } in held {
            let made = changes.puts.first().map(|put| put.id);
            results[*index] = Some(bulk::created(&self.items[*index], made));
        }
        let results = results.into_iter().flatten().collect();
        let services = &self.app.services;
        let mut complete = bulk::complete(&self.context(), services.ids.next_event(), &self.work, results)?;
        if let Some(pledge) = self.work.pledge {
            pledge.sign(&mut complete, self.work.status);
        }
        complete.receipts.extend(self.begun());
        let document = written(complete.puts.first().map(|put| put.document.clone()))?;
        let mut attempt = 0;
        loop {
            let mut changes = ChangeSet::default();
            held.iter().for_each(|held| changes.merge(held.changes.clone()));
            changes.merge(complete.clone());
            attempt += 1;
            match services.store.commit(self.work.org, changes).await {
                Ok(_) => return Ok(document),
                // It writes a record with an id that no other job has, and so is not done twice.
                Err(CommitError::Store(StoreError::Unavailable { .. })) if attempt < ATTEMPTS => {
                    sleep(Duration::from_millis(50 << attempt)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The document of the job, if it is complete.
    pub(super) async fn find_done(&self) -> Result<Option<String>, Refusal> {
        let found = self.app.services.store.find(self.work.org, Kind::Bulk, self.work.id).await;
        Ok(found.map_err(unavailable)?.map(|stored| stored.document))
    }
}

/// Lets items continue until each has a result or waits for its commit; whether all do.
async fn settle<F>(deciding: &mut FuturesUnordered<F>, gathered: &Gathered, results: &mut [Option<BulkResult>]) -> bool
where
    F: Future<Output = (usize, Result<BulkResult, Refusal>)>,
{
    let all = poll_fn(|context| {
        loop {
            match deciding.poll_next_unpin(context) {
                Poll::Ready(Some((index, Ok(result)))) => results[index] = Some(result),
                Poll::Ready(Some((_, Err(_)))) => return Poll::Ready(false),
                Poll::Ready(None) => return Poll::Ready(true),
                Poll::Pending => break,
            }
        }
        match gathered.count() {
            None => Poll::Ready(false),
            Some(count) if count == deciding.len() => Poll::Ready(true),
            Some(_) => Poll::Pending,
        }
    });
    timeout(DECIDING, all).await.unwrap_or(false)
}
