//! The thread that writes. It owns the only connection that does, takes all that waits into one transaction, and
//! answers nobody before that is committed: one wait for the disk serves everybody who came meanwhile. Waiting on
//! purpose for more to come gains nothing; while one group is written the next one gathers by itself. The index is brought
//! up in the same transactions: each group indexes what those before it have committed, some groups at a time.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use kustodian_core::repeats::Repeats;
use kustodian_core::store::StoreError;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::batch::{Batch, Finished};
use super::checkpoint::LogKeeper;
use super::failure::{full, is_of_surroundings, store_error, unavailable};
use super::health::Health;
use super::job::Job;
use super::scrub::Scrubs;
use super::search::{self, Backlog};
use crate::metrics::Counters;

/// How many customers wait for the index before a group brings it up. With 64 it takes some 50 µs a customer, with 8 twice
/// as much; with 256 creates are 5 % quicker, and the slowest of them wait twice as long.
const BACKLOG: usize = 64;

/// How many groups wait for the index at least, when they are large: each page of the index is written once for all of
/// them, and nobody waits for it much longer than for the groups themselves.
const BACKLOG_GROUPS: usize = 4;

/// How many records a group writes before it takes no further job, for each job that it takes at most: few jobs write
/// more than one.
const RECORDS: usize = 2;

/// How many pages of words are merged between two groups: one or two milliseconds.
const MERGED: u32 = 32;

/// How long nobody must write before the index is brought up without being asked for.
const IDLE: Duration = Duration::from_millis(20);

/// How long until that is tried again after it failed: longer with each failure.
const PATIENCE: Duration = Duration::from_secs(1);
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// What a transaction does beside its group. One of its own would have a wait for the disk of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upkeep {
    Nothing,
    /// Indexes the customers that were committed before.
    Index,
    /// Merges some of the segments that words were written in.
    Merge,
}

/// The way to the writer.
pub(super) struct Queue {
    jobs: Sender<Job>,
}

impl Queue {
    /// Starts the writer. It ends after [`Queue::stop`] and gives its connection back.
    pub(super) fn start(
        connection: Connection,
        length: usize,
        group_length: usize,
        slots: usize,
        keeper: LogKeeper,
        health: Arc<Health>,
        counters: Arc<Counters>,
    ) -> std::io::Result<(Self, JoinHandle<Connection>)> {
        let (jobs, waiting) = bounded(length.max(1));
        // A server that is started again while its disk is full is as little ready as before.
        let full = (!health.has_room_again()).then(no_room);
        let writer = Writer {
            connection,
            group_length: group_length.max(1),
            slots,
            keeper,
            scrubs: Scrubs::default(),
            backlog: Backlog::default(),
            // What an earlier server left.
            is_behind: true,
            is_scattered: true,
            leaves_index: false,
            patience: IDLE,
            health,
            counters,
            last_failure: None,
            reported: Repeats::default(),
            full,
        };
        let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run(&waiting))?;
        Ok((Self { jobs }, thread))
    }

    /// Queues a job; when that fails it will certainly not be done.
    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many writes are waiting"),
            TrySendError::Disconnected(_) => unavailable("the database is closed"),
        })
    }

    /// Lets the writer end after the queued jobs. Waits for room in the queue.
    pub(super) fn stop(&self) {
        // An error means that it has ended already.
        drop(self.jobs.send(Job::Stop));
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.jobs.capacity().unwrap_or(usize::MAX)
    }
}

fn no_room() -> StoreError {
    full("less than 8 MiB are free on the disk of the database")
}

struct Writer {
    connection: Connection,
    group_length: usize,
    /// How many custom attributes of an org are indexed at most.
    slots: usize,
    keeper: LogKeeper,
    scrubs: Scrubs,
    /// Customers that the index is to know.
    backlog: Backlog,
    /// Whether there may be any.
    is_behind: bool,
    /// Whether there may be segments of words to merge.
    is_scattered: bool,
    /// Whether writes leave the index alone, after it failed beside one.
    leaves_index: bool,
    /// How long it is waited for something to write before the index is brought up.
    patience: Duration,
    health: Arc<Health>,
    counters: Arc<Counters>,
    /// Why the last write failed, unless one has succeeded since.
    last_failure: Option<StoreError>,
    /// The failure that was logged last.
    reported: Repeats,
    /// Why a write failed when the disk was full, until there is room again: a small write may fit where others do not.
    full: Option<StoreError>,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<Job>) -> Connection {
        let mut stopping = false;
        // A server that ended before it had scrubbed left it to this one.
        if let Err(error) = self.scrubs.run(&self.connection, &mut self.keeper) {
            tracing::warn!(%error, "data that was erased earlier is still in the file");
        }
        while !stopping {
            let first = match self.receive(waiting) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    if self.is_behind {
                        self.index(Vec::new())
                    } else {
                        self.merge()
                    }
                    self.keeper.after_commit(&self.connection);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let group = self.gather(first, waiting);
            stopping = group.iter().any(|job| matches!(job, Job::Stop));
            let (scrubs, group): (Vec<_>, Vec<_>) = group.into_iter().partition(|job| matches!(job, Job::Scrub(_)));
            let (indexes, group): (Vec<_>, Vec<_>) = group.into_iter().partition(|job| matches!(job, Job::Index(_)));
            self.commit_group(group.into_iter().filter(|job| !job.is_abandoned()).collect());
            self.scrub(scrubs);
            if stopping || !indexes.is_empty() {
                self.index(indexes);
            }
            self.keeper.after_commit(&self.connection);
        }
        self.connection
    }

    /// The jobs that are written together: what waits, until it is enough.
    fn gather(&self, first: Job, waiting: &Receiver<Job>) -> Vec<Job> {
        let (mut records, mut group) = (first.records(), vec![first]);
        while group.len() < self.group_length
            && records < self.group_length.saturating_mul(RECORDS)
            && let Ok(job) = waiting.try_recv()
        {
            records = records.saturating_add(job.records());
            group.push(job);
        }
        group
    }

    /// The next job to write. A time-out means that there is time for other work.
    fn receive(&self, waiting: &Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        if self.is_behind || self.is_scattered {
            waiting.recv_timeout(self.patience)
        } else {
            waiting.recv().map_err(|_| RecvTimeoutError::Disconnected)
        }
    }

    /// What the next group does beside its jobs, which write about so many records.
    fn upkeep(&self, group: usize) -> Upkeep {
        if self.leaves_index {
            Upkeep::Nothing
        } else if self.backlog.len() >= BACKLOG.max(group.saturating_mul(BACKLOG_GROUPS)) {
            Upkeep::Index
        } else if self.is_scattered {
            // In other groups than the index, so that nobody waits for both.
            Upkeep::Merge
        } else {
            Upkeep::Nothing
        }
    }

    /// Indexes all committed records, in transactions of their own: somebody waits for it, or nobody writes.
    fn index(&mut self, asked: Vec<Job>) {
        let mut work = || -> rusqlite::Result<()> {
            loop {
                let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
                let progress = self.backlog.index(&transaction, self.slots)?;
                transaction.commit()?;
                self.backlog.forget(progress);
                self.is_scattered = true;
                if progress.is_all {
                    return Ok(());
                }
            }
        };
        match work() {
            Ok(()) => {
                (self.is_behind, self.leaves_index, self.patience) = (false, false, IDLE);
                asked.into_iter().for_each(Job::answer);
            }
            Err(error) => {
                self.patience = self.patience.saturating_mul(2).clamp(PATIENCE, MOST_PATIENCE);
                self.health.note(&error);
                let told = store_error(&error);
                if self.reported.is_due(&error.to_string(), Instant::now()) {
                    tracing::warn!(%error, "customers were written that the index cannot have yet");
                }
                asked.into_iter().for_each(|job| job.fail(&told));
            }
        }
    }

    /// Merges some of the segments that words were written in.
    fn merge(&mut self) {
        let mut work = || -> rusqlite::Result<bool> {
            let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
            let is_more = search::merge(&transaction, MERGED)?;
            transaction.commit()?;
            Ok(is_more)
        };
        match work() {
            Ok(is_more) => self.is_scattered = is_more,
            Err(error) => {
                // The next words will have it tried again. Until then searches look into more segments.
                self.is_scattered = false;
                tracing::debug!(%error, "words are not merged");
            }
        }
    }

    fn commit_group(&mut self, mut group: Vec<Job>) {
        if let Err(lost) = self.health.must_take_writes() {
            return self.refuse(group, lost);
        }
        let asks_for_readiness = group.iter().any(|job| matches!(job, Job::Probe(_)));
        if asks_for_readiness && self.full.is_none() && !self.health.has_room_again() {
            self.full = Some(no_room());
        }
        // A requested write is tried; whether the server is ready does not depend on its small size.
        if let Some(full) = self.full.take().filter(|_| !self.health.has_room_again()) {
            let (probes, others): (Vec<_>, _) = group.into_iter().partition(|job| matches!(job, Job::Probe(_)));
            probes.into_iter().for_each(|job| job.fail(&full));
            (self.full, group) = (Some(full), others);
            if group.is_empty() {
                return;
            }
        }
        let records = group.iter().map(Job::records).sum();
        let upkeep = if group.is_empty() { Upkeep::Nothing } else { self.upkeep(records) };
        let mut attempted = self.attempt(&mut group, upkeep);
        if let Err(error) = &attempted
            && upkeep != Upkeep::Nothing
            && !is_of_surroundings(error)
        {
            // A failure of the index must not be in the way of writes.
            let error = error.to_string();
            attempted = self.attempt(&mut group, Upkeep::Nothing);
            if attempted.is_ok() {
                tracing::warn!(
                    error,
                    ?upkeep,
                    "the index is left as it is by writes, until it is brought up without them"
                );
                self.leaves_index = true;
            }
        }
        let Err(error) = attempted else { return group.into_iter().for_each(Job::answer) };
        if group.len() == 1 || is_of_surroundings(&error) {
            return self.fail(group, &error);
        }
        // One member did something no other must pay for: each gets a transaction of its own.
        tracing::warn!(%error, members = group.len(), "a group of writes failed and is repeated one by one");
        for job in group {
            let mut single = vec![job];
            match self.attempt(&mut single, Upkeep::Nothing) {
                Ok(()) => single.into_iter().for_each(Job::answer),
                Err(error) => self.fail(single, &error),
            }
        }
    }

    /// Scrubs the file once for all who asked.
    fn scrub(&mut self, asked: Vec<Job>) {
        if asked.is_empty() {
            return;
        }
        match self.scrubs.run(&self.connection, &mut self.keeper) {
            Ok(()) => asked.into_iter().for_each(Job::answer),
            Err(error) => {
                let told = store_error(&error);
                tracing::debug!(%error, "erased data is still in the file");
                asked.into_iter().for_each(|job| job.fail(&told));
            }
        }
    }

    /// Does all of `group`, and the upkeep, in one transaction. After an error nothing of it has been committed, unless the error is
    /// that of the commit itself, when nobody knows; so an error is always reported as "unknown".
    fn attempt(&mut self, group: &mut [Job], upkeep: Upkeep) -> rusqlite::Result<()> {
        // Dropped on an error, it rolls back.
        let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(&transaction, self.slots);
        for job in group.iter_mut() {
            job.run(&mut batch, &transaction)?;
        }
        let Finished { made, has_words } = batch.finish()?;
        let probes = group.iter().any(|job| matches!(job, Job::Probe(_)));
        if probes && self.last_failure.is_some() {
            // Only a write shows whether the disk has room again, and SQLite writes no row that stays the same.
            transaction.execute_batch("REPLACE INTO settings (name, value) VALUES ('writable', randomblob(8))")?;
        }
        let accepted = group.iter().filter(|job| job.is_accepted()).count();
        let (mut progress, mut is_scattered) = (None, self.is_scattered);
        match upkeep {
            Upkeep::Nothing => {}
            Upkeep::Index => progress = Some(self.backlog.index_ready(&transaction, self.slots)?),
            Upkeep::Merge => is_scattered = search::merge(&transaction, MERGED)?,
        }
        transaction.commit()?;
        self.is_behind |= !made.is_empty();
        self.is_scattered = is_scattered || has_words || progress.is_some();
        self.backlog.remember(made);
        if let Some(progress) = progress {
            self.backlog.forget(progress);
        }
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        self.counters.group(count(accepted), count(group.len().saturating_sub(accepted)));
        if accepted > 0 || probes {
            self.last_failure = None;
            self.reported.clear();
        }
        Ok(())
    }

    fn fail(&mut self, group: Vec<Job>, error: &rusqlite::Error) {
        self.health.note(error);
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            self.full = Some(store_error(error));
        }
        self.refuse(group, store_error(error));
    }

    fn refuse(&mut self, group: Vec<Job>, told: StoreError) {
        if self.reported.is_due(&told.to_string(), Instant::now()) {
            tracing::error!(error = %told, members = group.len(), "writing to the database failed");
        }
        for job in group {
            self.counters.failed();
            job.fail(&told);
        }
        self.last_failure = Some(told);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicU64, Ordering};

    use kustodian_core::change::{ChangeSet, Columns, Put};
    use kustodian_core::kind::Kind;
    use kustodian_core::store::{CommitError, OrgKey};
    use tokio::sync::oneshot;

    use super::*;
    use crate::options::Options;
    use crate::sqlite::connection::{self, Durability};
    use crate::sqlite::health::ROOM_AGAIN;
    use crate::sqlite::job::Source;
    use crate::sqlite::prepared::Prepared;
    use crate::sqlite::search::Made;

    fn writer(path: &Path, health: Health) -> Writer {
        connection::make_file(path).unwrap();
        let options = Options::default();
        Writer {
            connection: connection::writer(path, &options, Durability::Full).unwrap(),
            keeper: LogKeeper::start(path, &options, Durability::Full, Arc::default(), Arc::default()).unwrap().0,
            group_length: 1,
            slots: 30,
            scrubs: Scrubs::default(),
            backlog: Backlog::default(),
            is_behind: false,
            is_scattered: false,
            leaves_index: false,
            patience: IDLE,
            health: Arc::new(health),
            counters: Arc::default(),
            last_failure: None,
            reported: Repeats::default(),
            full: None,
        }
    }

    fn put(writer: &mut Writer, number: u8) -> Result<ChangeSet, CommitError> {
        let (reply, mut answer) = oneshot::channel();
        let changes = large_tag(number);
        let prepared = Prepared::of(OrgKey(1), &changes);
        writer.commit_group(vec![Job::change(OrgKey(1), Source::Ready(changes, prepared), reply)]);
        answer.try_recv().unwrap()
    }

    #[test]
    fn a_full_disk_is_reported_and_survived() {
        let folder = tempfile::tempdir().unwrap();
        let room = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&room);
        let health = Health::new(None, Box::new(move || Some(shown.load(Ordering::Relaxed))));
        let mut writer = writer(&folder.path().join("full.db"), health);
        let pages: i64 = writer.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        let limit = |connection: &Connection, pages: i64| {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        };
        limit(&writer.connection, pages + 1);
        let probe = |writer: &mut Writer| {
            let (reply, mut answer) = oneshot::channel();
            writer.commit_group(vec![Job::Probe(reply)]);
            answer.try_recv().unwrap()
        };
        let refused = put(&mut writer, 1);
        assert!(
            matches!(refused, Err(CommitError::Store(StoreError::Unavailable { is_full: true, .. }))),
            "{refused:?}"
        );
        // What little fits makes no server ready.
        limit(&writer.connection, 1_000_000);
        assert!(probe(&mut writer).is_err());
        assert!(put(&mut writer, 1).is_ok());
        assert!(probe(&mut writer).is_err());
        room.store(ROOM_AGAIN, Ordering::Relaxed);
        assert!(probe(&mut writer).is_ok());
        assert!(put(&mut writer, 2).is_ok());
    }

    #[test]
    fn a_server_whose_disk_fills_up_is_not_ready_before_a_write_fails() {
        let folder = tempfile::tempdir().unwrap();
        let room = Arc::new(AtomicU64::new(ROOM_AGAIN));
        let shown = Arc::clone(&room);
        let health = Health::new(None, Box::new(move || Some(shown.load(Ordering::Relaxed))));
        let mut writer = writer(&folder.path().join("filling.db"), health);
        let mut is_ready = || {
            let (reply, mut answer) = oneshot::channel();
            writer.commit_group(vec![Job::Probe(reply)]);
            answer.try_recv().unwrap().is_ok()
        };
        assert!(is_ready());
        room.store(ROOM_AGAIN - 1, Ordering::Relaxed);
        assert!(!is_ready());
        room.store(ROOM_AGAIN, Ordering::Relaxed);
        assert!(is_ready());
    }

    #[test]
    fn a_server_that_starts_on_a_full_disk_is_not_ready_until_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("full.db");
        let room = Arc::new(AtomicU64::new(ROOM_AGAIN - 1));
        let shown = Arc::clone(&room);
        let health = Health::new(None, Box::new(move || Some(shown.load(Ordering::Relaxed))));
        let Writer { connection, keeper, health, counters, .. } = writer(&path, health);
        let (queue, thread) = Queue::start(connection, 4, 1, 30, keeper, health, counters).unwrap();
        let ask = || {
            let (reply, answer) = oneshot::channel();
            queue.send(Job::Probe(reply)).unwrap();
            answer.blocking_recv().unwrap()
        };
        assert!(matches!(ask(), Err(StoreError::Unavailable { is_full: true, .. })));
        room.store(ROOM_AGAIN, Ordering::Relaxed);
        assert!(ask().is_ok());
        queue.stop();
        drop(thread.join().unwrap());
    }

    #[test]
    fn an_index_that_fails_is_not_in_the_way_of_writes() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&folder.path().join("index.db"), Health::new(None, Box::new(|| None)));
        let waiting = (1..=64).map(|key| Made { key, rev: 1, by: None });
        writer.backlog.remember(waiting.collect());
        assert_eq!(writer.upkeep(1), Upkeep::Index);
        writer.connection.execute_batch("ALTER TABLE search_progress RENAME TO elsewhere").unwrap();
        assert!(put(&mut writer, 1).is_ok());
        assert_eq!(writer.upkeep(1), Upkeep::Nothing, "the next write does not try it");
        writer.connection.execute_batch("ALTER TABLE elsewhere RENAME TO search_progress").unwrap();
        writer.index(Vec::new());
        assert!(put(&mut writer, 2).is_ok());
        assert!(!writer.leaves_index && writer.last_failure.is_none());
    }

    fn large_tag(number: u8) -> ChangeSet {
        let now = kustomer_api::Timestamp::from_millis(0);
        let put = Put {
            kind: Kind::Tag,
            id: kustomer_api::ObjectId::from_bytes([number; 12]),
            rev: 1,
            expects: None,
            deleted: false,
            created_at: now,
            updated_at: now,
            document: (0..40_000_u32).map(|number| number.wrapping_mul(0x9e37_79b9).to_string()).collect(),
            search: None,
            former: None,
            home: None,
            columns: Columns::default(),
        };
        ChangeSet { puts: vec![put], ..ChangeSet::default() }
    }
}
