//! The PostgreSQL engine: connections that many readers share, connections lent to one writer or list at a time, and
//! a sequencer that gives events their positions. Several servers may work on one database.

mod amend;
mod archive;
mod audited;
mod catalogue;
mod changes;
mod commit;
mod connection;
mod connector;
mod credentials;
mod directory;
mod distribution;
mod events;
mod failure;
mod feed;
mod gather;
mod listing;
mod notes;
mod page;
mod pool;
mod reading;
mod receipts;
mod records;
mod schema;
mod scrub;
mod search;
mod sequencer;
mod sql;
mod store;
mod timers;
mod tls;
#[cfg(feature = "trace")]
mod trace;
#[cfg(not(feature = "trace"))]
#[path = "untraced.rs"]
mod trace;
mod tracking;
mod turns;
mod url;
mod values;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kustodian_core::change::ChangeSet;
use kustodian_core::directory::NewToken;
use kustodian_core::store::{CommitError, OrgKey, StoreError, in_lock_order};
use tokio::sync::Notify;
use tokio::time::timeout;

pub(crate) use self::archive::Archive;
use self::commit::{Commit, Source};
use self::connection::Connection;
use self::connector::Connector;
use self::failure::{unavailable, words};
use self::gather::{Gathering, Told};
use self::pool::{Pool, Shared};
use self::reading::Reading;
use self::sequencer::Sequencer;
#[cfg(feature = "trace")]
pub use self::trace::{Reach, Sent, Touch, Traced, Trip};
use self::tracking::Tracking;
use self::turns::Turns;
use self::url::Place;
use crate::failure::OpenError;
use crate::lane::{Lane, Limits, SearchLanes, SearchTurns};
use crate::metrics::{Counters, Metrics};
use crate::options::{KeptWalks, Options, SearchEffort};

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    core: Arc<Core>,
    /// Until shut down.
    sequencer: Mutex<Option<Sequencer>>,
}

/// The parts that a running commit needs, even when nobody waits for it any longer.
struct Core {
    connector: Arc<Connector>,
    /// For single records.
    readers: Shared,
    /// For lists and searches, which must not keep single records waiting.
    long: Pool,
    /// Whose turn it is to read a list.
    lists: Lane,
    /// Whose turn it is to search; lists do not wait for searches.
    searches: SearchLanes,
    kept_walks: KeptWalks,
    writers: Pool,
    commit_timeout: Duration,
    counters: Counters,
    /// Wakes the sequencer.
    committed: Arc<Notify>,
    /// Whether tables are, or may be, spread over several machines.
    spread: Arc<distribution::Watch>,
    /// Which custom attributes have a column.
    slotting: search::Slotting,
    /// How common the terms of the index are.
    shares: search::KnownShares,
    /// How far searches go before they go another way.
    search_effort: SearchEffort,
    /// Creates that go together.
    gathering: Gathering,
    /// Reads that go together.
    reading: Reading,
    /// What visitors do, kept together.
    tracking: Tracking,
    /// Updates of one record, one after the other.
    turns: Turns,
    /// Held by the task that vacuums, so that there is one.
    scrubbing: tokio::sync::Mutex<()>,
    /// Whether the last write failed for reasons of the database.
    is_write_failing: AtomicBool,
}

/// Connections that single records are read through: two with many requests in flight read more than sixteen with one
/// each.
const READERS: usize = 2;

impl Postgres {
    /// Opens the database, and brings its schema to the newest version.
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, OpenError> {
        let (connector, first) = connect(url, options).await?;
        Self::start(connector, first, options, false).await
    }

    /// Writes the tables that hold values of records again ([`scrub::rewrite`]).
    pub(crate) async fn rewrite(&self, report: impl FnMut(&str)) -> Result<(), StoreError> {
        let _alone = self.core.scrubbing.lock().await;
        scrub::rewrite(&self.core.connector, report).await
    }

    /// Brings the schema to the newest version, and starts to work; as if tables were spread, when asked to.
    async fn start(
        connector: Connector,
        first: Connection,
        options: &Options,
        as_spread: bool,
    ) -> Result<Self, OpenError> {
        schema::upgrade(&first, connector.name()).await?;
        let is_spread = as_spread || distribution::has_citus(&first, connector.name()).await?;
        drop(first);
        let connector = Arc::new(connector);
        let sizes = Sizes::of(connector.pool_size());
        let core = Core {
            readers: Shared::new(Arc::clone(&connector), sizes.readers),
            long: Pool::new(Arc::clone(&connector), sizes.long, options.list_timeout),
            lists: Lane::new(Limits::of_lists(sizes.lists, options.list_timeout)),
            searches: SearchLanes::new(sizes.searches, options.search_slice, options.list_timeout),
            kept_walks: options.kept_walks,
            writers: Pool::new(Arc::clone(&connector), sizes.writers, options.pool_timeout),
            commit_timeout: options.commit_timeout,
            counters: Counters::default(),
            committed: Arc::default(),
            spread: Arc::new(distribution::Watch::new(is_spread)),
            slotting: search::Slotting::new(options.indexed_custom_attributes),
            shares: search::KnownShares::default(),
            search_effort: options.search_effort,
            gathering: Gathering::new(sizes.writers),
            reading: Reading::new(sizes.readers),
            tracking: Tracking::default(),
            turns: Turns::default(),
            scrubbing: tokio::sync::Mutex::default(),
            is_write_failing: AtomicBool::new(false),
            connector,
        };
        let (connector, spread) = (Arc::clone(&core.connector), Arc::clone(&core.spread));
        let sequencer = Sequencer::start(connector, spread, Arc::clone(&core.committed));
        Ok(Self { core: Arc::new(core), sequencer: Mutex::new(Some(sequencer)) })
    }

    /// Where the database is, for the operator; without user and password.
    pub(crate) fn name(&self) -> &str {
        self.core.connector.name()
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let Core { counters, writers, .. } = &*self.core;
        counters.snapshot(writers.waiting(), writers.size())
    }

    /// Waits for the writes under way, gives what they committed its positions, and closes every connection. Done
    /// again, does nothing.
    pub(crate) async fn shut_down(&self) {
        self.core.writers.close(self.core.commit_timeout).await;
        let sequencer = self.sequencer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sequencer) = sequencer {
            sequencer.stop().await;
        }
        self.core.lists.close();
        self.core.searches.close();
        self.core.long.close(Duration::ZERO).await;
        self.core.readers.close();
    }

    /// Commits in a task of its own, so that a caller who stops waiting leaves no connection amid a transaction.
    async fn commit(&self, org: OrgKey, source: Source, token: Option<NewToken>) -> Result<ChangeSet, CommitError> {
        let core = Arc::clone(&self.core);
        let limit = core.commit_timeout;
        let task = tokio::spawn(async move { Core::commit(&core, org, source, token.as_ref()).await });
        match timeout(limit, task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(StoreError::Failed { reason: error.to_string() }.into()),
            Err(_) => Err(unavailable(format!(
                "no answer within {} ms; it is unknown whether the write will be committed",
                limit.as_millis()
            ))
            .into()),
        }
    }
}

impl Core {
    /// Whether tables are, or may be, spread over several machines; read again every few seconds.
    async fn is_spread(&self) -> bool {
        self.spread.is_spread(&self.readers).await
    }

    async fn commit(
        self: &Arc<Self>,
        org: OrgKey,
        mut source: Source,
        token: Option<&NewToken>,
    ) -> Result<ChangeSet, CommitError> {
        let (limit, is_spread) = (self.commit_timeout, self.is_spread().await);
        let begin = self.connector.begin_commit(is_spread);
        if let Source::Ready(changes) = source {
            if is_spread || token.is_some() || !gather::fits(&changes) {
                source = Source::Ready(changes);
            } else {
                let slots = self.slotting.of_changes(&self.readers, org, &changes).await?;
                let found_by = changes::found_by(org, &changes, &slots);
                match Gathering::commit(self, org, changes, found_by).await {
                    Told::Committed(changes) => return Ok(changes),
                    Told::Alone(changes) => source = Source::Ready(changes),
                    Told::Failed(error) => {
                        self.has_failed(&error);
                        return Err(error.into());
                    }
                }
            }
        }
        let mut turns = Vec::new();
        if let Source::Open { names, .. } = &source {
            for name in in_lock_order(names.clone()) {
                turns.push(self.turns.wait(org, name, limit).await?);
            }
        }
        let (readers, slotting) = (&self.readers, &self.slotting);
        let commit = Commit { writers: &self.writers, begin, limit, org, token, is_spread, readers, slotting };
        let outcome = commit.run(source).await;
        drop(turns);
        match &outcome {
            Ok(_) => self.is_committed(1),
            Err(CommitError::Store(error)) => self.has_failed(error),
            Err(_) => self.counters.group(0, 1),
        }
        outcome
    }

    /// Notes that so many change sets were committed in one transaction.
    fn is_committed(&self, count: usize) {
        self.counters.group(u64::try_from(count).unwrap_or(u64::MAX), 0);
        self.committed.notify_one();
        self.is_write_failing.store(false, Ordering::Relaxed);
    }

    fn has_failed(&self, error: &StoreError) {
        tracing::error!(%error, "writing to the database failed");
        self.counters.failed();
        self.is_write_failing.store(true, Ordering::Relaxed);
    }
}

/// How many connections do what.
struct Sizes {
    readers: usize,
    /// For lists and searches together. In the smallest pools they share them, else each turn has its own.
    long: usize,
    lists: usize,
    searches: SearchTurns,
    writers: usize,
}

impl Sizes {
    /// All but one, which is the sequencer's.
    fn of(pool: usize) -> Self {
        let pool = pool.max(self::url::SMALLEST_POOL);
        let readers = READERS.min(pool / 4);
        let (lists, searches) = ((pool / 8).max(1), SearchTurns { quick: (pool / 8).max(1), slow: (pool / 8).max(2) });
        // At least one is left for writes.
        let long = (lists + searches.quick + searches.slow).min(pool - readers - 2);
        Self { readers, long, lists, searches, writers: pool - readers - long - 1 }
    }
}

/// The first connection: its failure is reported to the person who wrote the URL.
async fn connect(url: &str, options: &Options) -> Result<(Connector, Connection), OpenError> {
    let connector = connector(Place::parse(url, options)?, options)?;
    first(connector).await
}

fn connector(place: Place, options: &Options) -> Result<Connector, OpenError> {
    let tls = tls::connector(&place)?;
    Ok(Connector::new(place, tls, options))
}

async fn first(connector: Connector) -> Result<(Connector, Connection), OpenError> {
    match connector.try_connect().await {
        Ok(connection) => Ok((connector, connection)),
        Err(error) => Err(OpenError::NoConnection { what: connector.name().to_owned(), reason: words(&error) }),
    }
}

/// The migrations that the database at `url` lacks.
pub(crate) async fn pending_migrations(url: &str) -> Result<Vec<String>, OpenError> {
    let (connector, connection) = connect(url, &Options::default()).await?;
    schema::pending(&connection, connector.name()).await
}

/// Brings the schema of the database at `url` to the newest version; which migrations that took.
pub(crate) async fn migrate(url: &str) -> Result<Vec<String>, OpenError> {
    let (connector, connection) = connect(url, &Options::default()).await?;
    let pending = schema::pending(&connection, connector.name()).await?;
    schema::upgrade(&connection, connector.name()).await?;
    Ok(pending)
}

/// Rebuilds the search index of the database at `url`; returns how many records it has.
pub(crate) async fn reindex(url: &str, options: &Options, mut tell: impl FnMut(u64) + Send) -> Result<u64, OpenError> {
    let (connector, connection) = connect(url, options).await?;
    schema::upgrade(&connection, connector.name()).await?;
    let failed = |reason: String| OpenError::Failed { what: format!("the {}", connector.name()), reason };
    let patience = "SET statement_timeout = 0; SET lock_timeout = 0";
    connection.command(patience).await.map_err(|error| failed(words(&error)))?;
    search::reindex(&connection, options.indexed_custom_attributes, &mut tell).await.map_err(failed)
}

/// Spreads the tables of the database at `url`, in this many shards, over the machines that citus knows; the statements
/// that took.
pub(crate) async fn distribute(url: &str, shards: u32) -> Result<Vec<String>, OpenError> {
    let (connector, connection) = connect(url, &Options::default()).await?;
    schema::upgrade(&connection, connector.name()).await?;
    distribution::distribute(&connection, connector.name(), shards).await
}

/// All that [`distribute`] would run in a database where nothing is spread yet.
pub(crate) fn distribution_statements(shards: u32) -> Vec<String> {
    distribution::statements(shards)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_of_the_pool_has_a_use() {
        for pool in 4..100 {
            let Sizes { readers, long, lists, searches, writers } = Sizes::of(pool);
            assert!(readers > 0 && long > 0 && writers > 0, "{pool}");
            assert_eq!(readers + long + writers + 1, pool);
            assert!(pool < 8 || long == lists + searches.quick + searches.slow, "{pool}");
        }
    }
}
