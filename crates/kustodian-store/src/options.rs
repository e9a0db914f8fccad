//! How a database is used.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How a database is used. The defaults suit a server with a local disk. Sizes that concern the file are SQLite's
/// alone; the pool is PostgreSQL's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether a SQLite file is opened to be served: then it is locked against servers that reach it by another
    /// name. Commands beside a server leave it out. `false`.
    pub is_server: bool,
    /// Whether a SQLite file is opened although its log is damaged, without the log's content after the damage. `false`.
    pub accept_damaged_log: bool,
    /// How often a SQLite file that is served is walked through, to compare its tables with their indexes and its records with
    /// their checksums. Never.
    pub patrol_every: Option<Duration>,
    /// What a temporary SQLite database begins as, in place of nothing. `None`.
    pub template: Option<Template>,
    /// How long a write waits for a lock that another process holds on the database. 2 s.
    pub busy_timeout: Duration,
    /// How long a write may take in all, waiting in the queue included. Then its caller gets "not available", and
    /// cannot know whether it will be committed. 10 s.
    pub commit_timeout: Duration,
    /// How long a list or a search waits for its turn, and twice as long a search for its long one. 5 s.
    pub list_timeout: Duration,
    /// How many connections to PostgreSQL are held at most; at least 4. `pool_size=` in the URL has priority. 16.
    pub pool_size: usize,
    /// How long a write waits for a connection to PostgreSQL while all are in use. 2 s.
    pub pool_timeout: Duration,
    /// How long making a connection to PostgreSQL may take. `connect_timeout=` in the URL has priority. 3 s.
    pub connect_timeout: Duration,
    /// How long a statement may take in PostgreSQL. `statement_timeout=` in the URL, in milliseconds, has priority;
    /// a write is bound by `commit_timeout` too. 10 s.
    pub statement_timeout: Duration,
    /// How many writes may wait; one more is turned away at once. 4096.
    pub queue_length: usize,
    /// How many writes are committed together at most; fewer, if they write many records each. 256.
    pub group_length: usize,
    /// How many connections answer single records. At least one for each thread of the runtime, so that none waits for
    /// another. Twice the processors.
    pub readers: usize,
    /// How many lists are read at the same time. As many as processors.
    pub list_readers: usize,
    /// How long a search may take in its first, short turn. One that takes longer begins again in a turn of its own, of
    /// which there are few. 200 ms.
    pub search_slice: Duration,
    /// How many searches are worked on in their short turn at the same time. As many as processors.
    pub quick_searches: usize,
    /// How many searches are worked on in their long turn at the same time; of one org all but one. Half as many as
    /// processors, at least 2.
    pub slow_searches: usize,
    /// The limits of an org's stored walks, which are those in another order than that of ids.
    pub kept_walks: KeptWalks,
    /// The log's size in bytes from which it is moved into the database in the background. 64 MiB.
    pub checkpoint_bytes: u64,
    /// The log's size in bytes from which writes stop until it has been moved. 512 MiB.
    pub log_limit_bytes: u64,
    /// How much of the database the writer keeps in memory, in bytes. What else it needs the system has, mostly in its
    /// own memory. More is not faster: in a file of less than 1 GiB SQLite 3.54 looks through all that it keeps with each
    /// commit, since it numbers pages for a moment as if they were at 1 GiB (128 MiB took 8 % of a create). 16 MiB.
    pub writer_cache_bytes: u64,
    /// How much of the database each reader keeps in memory, in bytes. 16 MiB.
    pub reader_cache_bytes: u64,
    /// How many custom attributes of each org, those it uses first, are indexed; at most 30. Raised later it counts for
    /// orgs that have not reached it yet, and for all once the index is rebuilt. 30.
    pub indexed_custom_attributes: usize,
    /// The steps of a search on SQLite. The defaults are measured; the results do not depend on them.
    pub search_effort: SearchEffort,
}

/// An empty SQLite database, as bytes: a copy of it is there sooner than one is made, migration by migration. See
/// [`template`](crate::template).
#[derive(Clone, PartialEq, Eq)]
pub struct Template(pub(crate) Arc<[u8]>);

impl fmt::Debug for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Template({} bytes)", self.0.len())
    }
}

/// How many walks of an org are kept, and how long they may be together. When a new one would be too much, those that
/// were used least recently are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptWalks {
    /// How many. 32.
    pub walks: usize,
    /// How many ids together, of 12 bytes each; a walk of more is refused. 4,000,000.
    pub ids: usize,
}

impl KeptWalks {
    /// Whether a walk of this length is kept at all.
    pub(crate) const fn holds(&self, ids: usize) -> bool {
        ids <= self.ids
    }
}

impl Default for KeptWalks {
    fn default() -> Self {
        Self { walks: 32, ids: 4_000_000 }
    }
}

/// When a search on SQLite tries what. Numbers of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchEffort {
    /// A criterion met by no more leads the search: its records are read one by one. 2,000.
    pub few: usize,
    /// How many are read in the order asked for before the criteria's indexes are read further. 4,000.
    pub tries: u64,
    /// How far the criteria's indexes are then read. 400,000.
    pub many: usize,
    /// How many candidates known from them are read one by one, rather than met in order. 20,000.
    pub sortable: usize,
}

impl Default for SearchEffort {
    fn default() -> Self {
        Self { few: 2_000, tries: 4_000, many: 400_000, sortable: 20_000 }
    }
}

impl Default for Options {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        let processors = std::thread::available_parallelism().map_or(4, usize::from);
        Self {
            is_server: false,
            accept_damaged_log: false,
            patrol_every: None,
            template: None,
            busy_timeout: Duration::from_secs(2),
            commit_timeout: Duration::from_secs(10),
            list_timeout: Duration::from_secs(5),
            pool_size: 16,
            pool_timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(10),
            queue_length: 4096,
            group_length: 256,
            readers: 2 * processors,
            list_readers: processors,
            search_slice: Duration::from_millis(200),
            quick_searches: processors,
            slow_searches: (processors / 2).max(2),
            kept_walks: KeptWalks::default(),
            checkpoint_bytes: 64 * MIB,
            log_limit_bytes: 512 * MIB,
            writer_cache_bytes: 16 * MIB,
            reader_cache_bytes: 16 * MIB,
            indexed_custom_attributes: 30,
            search_effort: SearchEffort::default(),
        }
    }
}
