//! The counters of a database.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of a database since it was opened, and what waits now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Writes committed.
    pub commits: u64,
    /// Transactions they were committed in; `commits / groups` is how many writes share one wait for the disk. On
    /// PostgreSQL each write has its own, and the server lets them share that wait.
    pub groups: u64,
    /// Writes answered with a conflict or a refusal.
    pub refused: u64,
    /// Writes lost to the database: locked by another process, disk full, …
    pub failed: u64,
    /// Times the log was moved into the database; 0 on PostgreSQL.
    pub checkpoints: u64,
    /// Times the whole file was walked through and agreed with itself; 0 on PostgreSQL.
    pub patrols: u64,
    /// Times the whole index of searches was compared with the documents and agreed; 0 on PostgreSQL.
    pub index_patrols: u64,
    /// The log's length, in bytes, after the last write; 0 on PostgreSQL.
    pub log_bytes: u64,
    /// Writes waiting now: for the writer, or for a connection to PostgreSQL.
    pub queued: u64,
    /// How many may wait; on PostgreSQL: how many can be under way at the same time.
    pub queue_length: u64,
    /// The length of the database's file, in bytes, without its log; `None` on PostgreSQL.
    pub database_bytes: Option<u64>,
    /// What this user may still write on the file system of the database, in bytes; `None` on PostgreSQL.
    pub free_bytes: Option<u64>,
}

/// Where the threads of an engine count.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    groups: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    checkpoints: AtomicU64,
    patrols: AtomicU64,
    index_patrols: AtomicU64,
    log_bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn group(&self, commits: u64, refused: u64) {
        self.commits.fetch_add(commits, Ordering::Relaxed);
        self.refused.fetch_add(refused, Ordering::Relaxed);
        self.groups.fetch_add(u64::from(commits > 0), Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn checkpoint(&self) {
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn patrol(&self) {
        self.patrols.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn index_patrol(&self) {
        self.index_patrols.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn log_bytes(&self, bytes: u64) {
        self.log_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, queued: usize, queue_length: usize) -> Metrics {
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        Metrics {
            commits: self.commits.load(Ordering::Relaxed),
            groups: self.groups.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
            patrols: self.patrols.load(Ordering::Relaxed),
            index_patrols: self.index_patrols.load(Ordering::Relaxed),
            log_bytes: self.log_bytes.load(Ordering::Relaxed),
            queued: count(queued),
            queue_length: count(queue_length),
            database_bytes: None,
            free_bytes: None,
        }
    }
}
