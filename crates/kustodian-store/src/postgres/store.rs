//! The port to the records.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::claim::ClaimKey;
use kustodian_core::feed::{Feed, FeedQuery, Head, HistoryQuery, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::receipt::{Receipt, ReceiptKey};
use kustodian_core::search::Node;
use kustodian_core::search_store::{self, Found, SearchError, SearchQuery, WalkFrom, WalkPlace, WalkQuery, Walked};
use kustodian_core::store::{CommitError, Decide, Due, ListQuery, Listing, Note, OrgKey, Store, StoreError, Stored};
use kustomer_api::{ObjectId, Timestamp};
use tokio::time::timeout;

use super::commit::Source;
use super::connection::{Answer, Step};
use super::failure::{spoils_connection, store_error, unavailable};
use super::pool::LongLease;
use super::reading::{Reading, Wanted};
use super::{Core, Postgres, events, feed, listing, notes, receipts, records, scrub, search, timers};
use crate::lane::Who;
use crate::search::entries;

/// Also finds out whether this is a server that cannot write, as a standby is. By itself: beside a table, citus would ask
/// another machine.
const CHECK: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";

/// Whether tables can be read.
const CHECK_TABLES: &str = "SELECT 1 FROM orgs LIMIT 1";

/// Only a write shows whether the disk has room again.
const PROBE: &str = "INSERT INTO settings (name, value) VALUES ('writable', '') \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl Core {
    /// Reads something that may take long, each statement planned for its own values.
    pub(super) async fn read_long(&self, org: OrgKey, steps: &[Step<'_>]) -> Result<Vec<Answer>, StoreError> {
        let lease = self.lend_for_list(org).await?;
        // Dropped by an error or by a caller who stops waiting, the connection is closed.
        match timeout(self.connector.statement_timeout(), lease.connection()?.run_unnamed(steps)).await {
            Ok(Ok(answers)) => {
                lease.give_back();
                Ok(answers)
            }
            Ok(Err(failed)) => {
                if failed.is_complete && !spoils_connection(&failed.error) {
                    lease.give_back();
                }
                Err(store_error(&failed.error))
            }
            Err(_) => Err(unavailable("PostgreSQL did not answer in time")),
        }
    }

    /// A connection to read a list with.
    async fn lend_for_list(&self, org: OrgKey) -> Result<LongLease, StoreError> {
        let turn = self.lists.turn(Who { org, key: None }).await?;
        self.long.take_long(turn).await
    }

    /// The resources of a search.
    async fn means(&self, org: OrgKey, root: &Node) -> Result<search::Means, StoreError> {
        Ok(search::Means {
            slots: self.slotting.of_query(&self.readers, org, root).await?,
            shares: self.shares.of_query(&self.readers, root).await,
            effort: self.search_effort,
            is_spread: self.is_spread().await,
        })
    }

    /// Waits for a search, which limits its own time, a little longer than that.
    async fn in_time<T>(
        &self,
        time: std::time::Duration,
        work: impl Future<Output = Result<T, search::Trouble>>,
    ) -> Result<T, search::Trouble> {
        let patience = time.saturating_add(self.connector.statement_timeout());
        let late = || search::Trouble(unavailable("PostgreSQL did not answer in time"));
        timeout(patience, work).await.unwrap_or_else(|_| Err(late()))
    }
}

impl Postgres {
    /// Reads a record; together with others, where tables are on one machine.
    async fn read(&self, org: OrgKey, kind: Kind, wanted: Wanted) -> Result<Option<Stored>, StoreError> {
        match self.core.is_spread().await {
            true => records::find(&self.core.readers, org, kind, wanted).await,
            false => Reading::find(&self.core, org, kind, wanted).await,
        }
    }
}

/// Keeps the connection of a search that left it in order.
fn settle<T>(lease: LongLease, outcome: Result<T, search::Trouble>) -> Result<T, StoreError> {
    match outcome {
        Ok(found) => {
            lease.give_back();
            Ok(found)
        }
        // It may be within a transaction: dropped, the connection is closed.
        Err(trouble) => Err(trouble.0),
    }
}

#[async_trait]
impl Store for Postgres {
    async fn find(&self, org: OrgKey, kind: Kind, id: ObjectId) -> Result<Option<Stored>, StoreError> {
        self.read(org, kind, Wanted::Id(id)).await
    }

    async fn find_by_claim(&self, org: OrgKey, kind: Kind, key: ClaimKey) -> Result<Option<Stored>, StoreError> {
        if !self.core.is_spread().await {
            return Reading::find(&self.core, org, kind, Wanted::Claim(key)).await;
        }
        // A subquery would keep citus from asking only the machine that has the record: two questions to one machine
        // each. Between them the record may give the claim away, as it may right after one.
        match self.find_owners(org, &[key]).await?.first() {
            Some(Some(owner)) => self.find(org, kind, *owner).await,
            _ => Ok(None),
        }
    }

    async fn find_owners(&self, org: OrgKey, keys: &[ClaimKey]) -> Result<Vec<Option<ObjectId>>, StoreError> {
        records::find_owners(&self.core.readers, org, keys).await
    }

    async fn find_receipt(&self, org: OrgKey, key: ReceiptKey, now: Timestamp) -> Result<Option<Receipt>, StoreError> {
        receipts::find(&self.core.readers, org, key, now).await
    }

    async fn list(&self, org: OrgKey, query: ListQuery) -> Result<Listing, StoreError> {
        let is_spread = self.core.is_spread().await;
        let lease = self.core.lend_for_list(org).await?;
        let limit = self.core.connector.statement_timeout();
        // Dropped by an error or by a caller who stops waiting, the connection is closed.
        match timeout(limit, listing::list(lease.connection()?, org, &query, is_spread)).await {
            Ok(Ok(listing)) => {
                lease.give_back();
                Ok(listing)
            }
            Ok(Err(failed)) => {
                if failed.is_complete && !spoils_connection(&failed.error) {
                    lease.give_back();
                }
                Err(store_error(&failed.error))
            }
            Err(_) => Err(unavailable("PostgreSQL did not answer in time")),
        }
    }

    async fn list_at_home(
        &self,
        org: OrgKey,
        kind: Kind,
        home: ObjectId,
        after: Option<ObjectId>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        records::list_at_home(&self.core.readers, org, kind, home, after, limit).await
    }

    async fn list_due(
        &self,
        kind: Kind,
        until: Timestamp,
        after: Option<Due>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        timers::list_due(&self.core.readers, kind, until, after, limit).await
    }

    async fn commit(&self, org: OrgKey, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
        Postgres::commit(self, org, Source::Ready(changes), None).await
    }

    async fn commits_together(&self) -> bool {
        !self.core.is_spread().await
    }

    async fn commit_locked(&self, org: OrgKey, names: Vec<Name>, decide: Decide) -> Result<ChangeSet, CommitError> {
        Postgres::commit(self, org, Source::Open { names, decide }, None).await
    }

    async fn history(&self, org: OrgKey, query: HistoryQuery) -> Result<Vec<Recorded>, StoreError> {
        let is_spread = self.core.is_spread().await;
        let answers = self.core.read_long(org, &[events::history(org, &query, is_spread)]).await?;
        let rows = answers.iter().flat_map(|answer| &answer.rows);
        let read = rows.map(events::recorded).collect::<Result<_, _>>();
        let mut recorded: Vec<Recorded> = read.map_err(|error| store_error(&error))?;
        if is_spread {
            events::find_places(&self.core.readers, org, query.record, &mut recorded).await?;
        }
        Ok(recorded)
    }

    async fn find_rev_at(
        &self,
        org: OrgKey,
        kind: Kind,
        id: ObjectId,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        events::find_rev_at(&self.core.readers, org, kind, id, at).await
    }

    async fn feed(&self, org: OrgKey, query: FeedQuery) -> Result<Feed, StoreError> {
        if query.is_whole {
            events::wait_for_positions(&self.core.readers, org).await?;
        }
        let end = match self.core.is_spread().await {
            true => Some(events::find_head(&self.core.readers, org).await?.position),
            false => None,
        };
        let answers = self.core.read_long(org, &feed::steps(org, &query, end)).await?;
        feed::read(&query, answers).map_err(|error| store_error(&error))
    }

    async fn find_event(&self, org: OrgKey, id: ObjectId) -> Result<Option<Recorded>, StoreError> {
        events::find_event(&self.core.readers, org, id).await
    }

    async fn feed_head(&self, org: OrgKey) -> Result<Head, StoreError> {
        events::find_head(&self.core.readers, org).await
    }

    async fn search(&self, org: OrgKey, query: SearchQuery) -> Result<Found, SearchError> {
        let core = &*self.core;
        let means = core.means(org, &query.query.root).await?;
        let (means, asked) = (&means, &query);
        let attempt = |turn, time| async move {
            let query = SearchQuery { time, ..asked.clone() };
            let lease = core.long.take_long(turn).await?;
            let outcome = core.in_time(time, search::search(lease.connection()?, org, &query, means)).await;
            Ok(settle(lease, outcome)?)
        };
        let who = Who { org, key: Some(query.key) };
        core.searches.run(who, query.time, |found: &Found| !found.timed_out, attempt).await
    }

    async fn walk(&self, org: OrgKey, query: WalkQuery) -> Result<Walked, SearchError> {
        let core = &*self.core;
        let means = core.means(org, &query.query.root).await?;
        let (means, asked) = (&means, &query);
        let attempt = |turn, time| async move {
            let query = WalkQuery { time, ..asked.clone() };
            let lease = core.long.take_long(turn).await?;
            let outcome = core.in_time(time, search::step(lease.connection()?, org, &query, means)).await;
            Ok::<_, SearchError>(settle(lease, outcome)?)
        };
        let who = Who { org, key: Some(query.key) };
        match core.searches.run(who, query.time, entries::Step::is_complete, attempt).await? {
            entries::Step::Done(walked) => {
                if let WalkFrom::After(WalkPlace::Kept { walk, .. }) = query.from {
                    search::touch(&core.readers, org, walk, query.now).await;
                }
                Ok(walked)
            }
            entries::Step::Keep { ids, .. } if !core.kept_walks.holds(ids.len()) => {
                Err(search_store::walk_is_too_long().into())
            }
            entries::Step::Keep { walk, ids, first } => {
                let lease = core.writers.take().await?;
                let kept = search::keep(lease, core.connector.begin(), org, (walk, &ids, query.now), core.kept_walks);
                match timeout(core.commit_timeout, kept).await {
                    Ok(kept) => kept?,
                    Err(_) => return Err(unavailable("PostgreSQL did not answer in time").into()),
                }
                Ok(first)
            }
            entries::Step::Gone => Err(search_store::walk_is_gone().into()),
            entries::Step::TooLong => Err(search_store::walk_takes_too_long().into()),
        }
    }

    async fn keep_note(&self, note: Note) -> Result<(), StoreError> {
        notes::keep(&self.core, &note).await
    }

    async fn list_notes_after(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Note>, StoreError> {
        notes::list(&self.core.readers, prefix, after, limit).await
    }

    async fn replace_note(&self, read: &Note, value: Option<Vec<u8>>) -> Result<bool, StoreError> {
        notes::replace(&self.core, read, value.as_deref()).await
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        let core = std::sync::Arc::clone(&self.core);
        // A task that stops waiting does not stop it.
        let scrubbing = tokio::spawn(async move {
            let _alone = core.scrubbing.lock().await;
            scrub::scrub(&core.connector, core.commit_timeout).await
        });
        scrubbing.await.map_err(|error| StoreError::Failed { reason: error.to_string() })?
    }

    async fn is_scrub_wanted(&self) -> Result<bool, StoreError> {
        scrub::is_wanted(&self.core.readers).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        let answer = self.core.readers.read(CHECK, &[]).await?;
        let is_read_only = answer.rows.first().map(|row| row.try_get::<_, bool>(0)).transpose();
        if is_read_only.map_err(|error| store_error(&error))?.unwrap_or(true) {
            return Err(unavailable("this PostgreSQL server cannot write now"));
        }
        self.core.readers.read(CHECK_TABLES, &[]).await?;
        if self.core.is_write_failing.load(Ordering::Relaxed) {
            self.core.write(PROBE, &[]).await?;
            self.core.is_write_failing.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}
