//! The port to the records.

use std::sync::Arc;

use async_trait::async_trait;
use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::claim::ClaimKey;
use kustodian_core::feed::{Feed, FeedQuery, Head, HistoryQuery, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::receipt::{Receipt, ReceiptKey};
use kustodian_core::search_store::{self, Found, SearchError, SearchQuery, WalkFrom, WalkPlace, WalkQuery, Walked};
use kustodian_core::store::{CommitError, Decide, Due, ListQuery, Listing, Note, OrgKey, Store, StoreError, Stored};
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::failure::unavailable;
use super::job::{Job, Source};
use super::prepared::Prepared;
use super::search::Walk;
use super::{Sqlite, events, feed, listing, long_read, notes, receipts, records, search, timers};
use crate::lane::Who;
use crate::search::entries::Step;

// Single records are read on the calling thread: that takes some microseconds, less than handing it to another.
#[async_trait]
impl Store for Sqlite {
    async fn find(&self, org: OrgKey, kind: Kind, id: ObjectId) -> Result<Option<Stored>, StoreError> {
        self.readers.read(|connection| records::find(connection, org, kind, id))
    }

    async fn find_by_claim(&self, org: OrgKey, kind: Kind, key: ClaimKey) -> Result<Option<Stored>, StoreError> {
        self.readers.read(|connection| records::find_by_claim(connection, org, kind, key))
    }

    async fn find_owners(&self, org: OrgKey, keys: &[ClaimKey]) -> Result<Vec<Option<ObjectId>>, StoreError> {
        self.readers.read(|connection| keys.iter().map(|key| records::find_owner(connection, org, *key)).collect())
    }

    async fn find_receipt(&self, org: OrgKey, key: ReceiptKey, now: Timestamp) -> Result<Option<Receipt>, StoreError> {
        self.readers.read(|connection| receipts::find(connection, org, key, now))
    }

    async fn list(&self, org: OrgKey, query: ListQuery) -> Result<Listing, StoreError> {
        self.read_long(org, move |connection| listing::list(connection, org, &query)).await
    }

    async fn list_at_home(
        &self,
        org: OrgKey,
        kind: Kind,
        home: ObjectId,
        after: Option<ObjectId>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        self.read_long(org, move |connection| listing::at_home(connection, org, kind, home, after, limit)).await
    }

    async fn list_due(
        &self,
        kind: Kind,
        until: Timestamp,
        after: Option<Due>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        self.readers.read(|connection| timers::list_due(connection, kind, until, after, limit))
    }

    async fn commit(&self, org: OrgKey, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
        let (reply, answer) = oneshot::channel();
        let prepared = Prepared::of(org, &changes);
        self.queue.send(Job::change(org, Source::Ready(changes, prepared), reply))?;
        self.wait(answer).await?
    }

    async fn commit_locked(&self, org: OrgKey, names: Vec<Name>, decide: Decide) -> Result<ChangeSet, CommitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::change(org, Source::Open { names, decide }, reply))?;
        self.wait(answer).await?
    }

    async fn history(&self, org: OrgKey, query: HistoryQuery) -> Result<Vec<Recorded>, StoreError> {
        self.read_long(org, move |connection| events::history(connection, org, &query)).await
    }

    async fn find_rev_at(
        &self,
        org: OrgKey,
        kind: Kind,
        id: ObjectId,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.readers.read(|connection| events::find_rev_at(connection, org, kind, id, at))
    }

    async fn feed(&self, org: OrgKey, query: FeedQuery) -> Result<Feed, StoreError> {
        self.read_long(org, move |connection| feed::feed(connection, org, &query)).await
    }

    async fn find_event(&self, org: OrgKey, id: ObjectId) -> Result<Option<Recorded>, StoreError> {
        self.readers.read(|connection| events::find_event(connection, org, id))
    }

    async fn feed_head(&self, org: OrgKey) -> Result<Head, StoreError> {
        self.readers.read(|connection| events::find_head(connection, org))
    }

    async fn search(&self, org: OrgKey, query: SearchQuery) -> Result<Found, SearchError> {
        self.bring_index_up().await?;
        let (effort, who, time) = (self.search_effort, Who { org, key: Some(query.key) }, query.time);
        let attempt = |turn, time| {
            let (query, gate) = (query.clone(), Arc::clone(&self.log_gate));
            let search = move |connection: &Connection| {
                let attempt = |time| search::search(connection, org, &SearchQuery { time, ..query.clone() }, effort);
                gate.search(time, attempt)
            };
            async { Ok(long_read::read(&self.search_readers, turn, search).await?) }
        };
        self.searches.run(who, time, |found: &Found| !found.timed_out, attempt).await
    }

    async fn walk(&self, org: OrgKey, query: WalkQuery) -> Result<Walked, SearchError> {
        let (from, effort, now) = (query.from, self.search_effort, query.now);
        let (who, time) = (Who { org, key: Some(query.key) }, query.time);
        if matches!(from, WalkFrom::Start { .. }) {
            self.bring_index_up().await?;
        }
        let attempt = |turn, time| {
            let (query, gate) = (query.clone(), Arc::clone(&self.log_gate));
            let step = move |connection: &Connection| {
                gate.search(time, |time| search::step(connection, org, &WalkQuery { time, ..query.clone() }, effort))
            };
            async { Ok::<_, SearchError>(long_read::read(&self.search_readers, turn, step).await?) }
        };
        match self.searches.run(who, time, Step::is_complete, attempt).await? {
            Step::Done(walked) => {
                if let WalkFrom::After(WalkPlace::Kept { walk, .. }) = from {
                    // Lost when too much waits; the next step reports again.
                    drop(self.queue.send(Job::TouchWalk { org, walk, now }));
                }
                Ok(walked)
            }
            Step::Keep { ids, .. } if !self.kept_walks.holds(ids.len()) => Err(search_store::walk_is_too_long().into()),
            Step::Keep { walk, ids, first } => {
                let (reply, answer) = oneshot::channel();
                let ids = ids.iter().map(|id| *id.as_bytes()).collect();
                let walk = Walk { org, id: walk, ids, now, beside: self.kept_walks };
                self.queue.send(Job::KeepWalk(Box::new(walk), reply))?;
                self.wait(answer).await??;
                Ok(first)
            }
            Step::Gone => Err(search_store::walk_is_gone().into()),
            Step::TooLong => Err(search_store::walk_takes_too_long().into()),
        }
    }

    async fn keep_note(&self, note: Note) -> Result<(), StoreError> {
        self.change_note(note.name, None, Some(note.value)).await.map(drop)
    }

    async fn list_notes_after(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Note>, StoreError> {
        self.readers.read(|connection| notes::list(connection, prefix, after, limit))
    }

    async fn replace_note(&self, read: &Note, value: Option<Vec<u8>>) -> Result<bool, StoreError> {
        self.change_note(read.name.clone(), Some(read.value.clone()), value).await
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Scrub(reply))?;
        // It takes as long as the file is large: a caller that cannot wait that long stops waiting, and it continues.
        answer
            .await
            .map_err(|_| unavailable("the database was closed; the file is scrubbed when it is opened again"))?
    }

    async fn is_scrub_wanted(&self) -> Result<bool, StoreError> {
        self.readers.read(|connection| Ok(super::scrub::wanted(connection)?.is_some()))
    }

    async fn check(&self) -> Result<(), StoreError> {
        // A few reads, on a connection that no list or search keeps it waiting for.
        self.readers.read(|connection| Ok(self.health.look(connection)))??;
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Probe(reply))?;
        self.wait(answer).await?
    }
}

impl Sqlite {
    /// Indexes all records committed by now.
    async fn bring_index_up(&self) -> Result<(), StoreError> {
        if !self.readers.read(search::is_behind)? {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Index(reply))?;
        self.wait(answer).await?
    }
}
