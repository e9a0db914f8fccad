//! How fast searches are, over customers or over conversations with different searchable values: the medians of first pages
//! of 50.
//!
//! The store is asked itself, without HTTP, as only the index is measured. The records are made by the rules and
//! committed in large sets.

mod conversation_searches;
mod conversations;
mod customers;
mod searches;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use kustodian_core::change::ChangeSet;
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::search::{self, Settings};
use kustodian_core::search_store::{Chosen, Count, SearchQuery};
use kustodian_core::store::Store;
use kustodian_store::{Database, Options, open};
use kustomer_api::{ObjectId, Timestamp};
use url::Url;

use self::conversations::{Size, conversation_id};
use self::customers::{NOW, id};
use self::searches::{Body, searches};
use crate::{postgres, usage};

/// Customers, or conversations, a commit.
const SET: u32 = 250;

/// Commits under way.
const SETS: usize = 4;

/// Searches of each sort, with other values each.
const ROUNDS: u64 = 21;

/// How long a first page may take at the median.
const TARGET: Duration = Duration::from_millis(50);

/// How long it takes until the filling says again how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Bytes a customer takes at most while the database is filled, with the log and the segments being merged.
const ROOM: u64 = 14_000;

/// Bytes a conversation, and a message, takes at most.
const ROOM_OF_CONVERSATION: u64 = 6_000;
const ROOM_OF_MESSAGE: u64 = 3_000;

/// An engine to search with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// A file.
    Sqlite,
    /// A database on the server that the environment names.
    Postgres,
    /// One after the other.
    Both,
}

/// The arguments of a run.
pub(crate) struct Plan {
    /// The records to search.
    pub(crate) of: Of,
    /// On what.
    pub(crate) engine: Engine,
    /// Where the databases are kept for a further run; without it they are removed.
    pub(crate) keep: Option<PathBuf>,
    /// A part of the names of the searches to measure.
    pub(crate) only: Option<String>,
}

/// The records to search.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    /// So many customers.
    Customers(u32),
    /// So many conversations, with so many messages each.
    Conversations(u32, u32),
}

impl Of {
    /// How many customers, or conversations.
    fn count(self) -> u32 {
        match self {
            Self::Customers(count) | Self::Conversations(count, _) => count,
        }
    }

    /// The word for one.
    fn word(self) -> &'static str {
        match self {
            Self::Customers(_) => "customer",
            Self::Conversations(..) => "conversation",
        }
    }

    /// Bytes that one takes at most while the database is filled.
    fn room(self) -> u64 {
        match self {
            Self::Customers(_) => ROOM,
            Self::Conversations(_, messages) => ROOM_OF_CONVERSATION + u64::from(messages) * ROOM_OF_MESSAGE,
        }
    }

    /// Makes those with these numbers.
    fn set(self, org: &Org, numbers: Range<u32>) -> Result<ChangeSet> {
        match self {
            Self::Customers(_) => customers::set(org, numbers),
            Self::Conversations(conversations, messages) => {
                conversations::set(org, Size { conversations, messages }, numbers)
            }
        }
    }

    /// The first that a set makes.
    fn first(self, number: u32) -> (Kind, ObjectId) {
        match self {
            Self::Customers(_) => (Kind::Customer, id(u64::from(number))),
            Self::Conversations(..) => (Kind::Conversation, conversation_id(u64::from(number))),
        }
    }

    fn searches(self) -> Vec<(&'static str, Body)> {
        match self {
            Self::Customers(_) => searches(),
            Self::Conversations(_, messages) => conversation_searches::searches()
                .into_iter()
                .filter(|(name, _)| messages > 0 || !name.starts_with("messages"))
                .collect(),
        }
    }
}

/// Creates missing records, and prints the times of the searches.
pub(crate) fn measure(plan: &Plan) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if plan.engine != Engine::Postgres {
        on_sqlite(plan, &runtime)?;
    }
    match (plan.engine, std::env::var(postgres::URL)) {
        (Engine::Sqlite, _) => Ok(()),
        (_, Ok(url)) => on_postgres(plan, &url, &runtime),
        (Engine::Postgres, Err(_)) => bail!("{} must name a PostgreSQL server", postgres::URL),
        (Engine::Both, Err(_)) => {
            println!("PostgreSQL is left out: {} does not name a server", postgres::URL);
            Ok(())
        }
    }
}

fn on_sqlite(plan: &Plan, runtime: &tokio::runtime::Runtime) -> Result<()> {
    // Beside the program, since a temporary folder may be memory.
    let beside = std::env::current_exe()?.parent().map(Path::to_owned).context("the program is in no folder")?;
    let made = tempfile::Builder::new().prefix("bench-search-").tempdir_in(beside)?;
    let folder = plan.keep.as_deref().unwrap_or(made.path());
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let file = folder.join(match plan.of {
        Of::Customers(_) => "search.db",
        Of::Conversations(..) => "conversations.db",
    });
    let there = std::fs::metadata(&file).map_or(0, |file| file.len());
    usage::ensure_room(folder, (u64::from(plan.of.count()) * plan.of.room()).saturating_sub(there))?;
    runtime.block_on(async {
        println!("SQLite {}", rusqlite::version());
        run(plan, &format!("sqlite:{}", file.display()), AtWork::Here).await?;
        let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
        println!("{} bytes a {}", bytes / u64::from(plan.of.count().max(1)), plan.of.word());
        Ok(())
    })
}

fn on_postgres(plan: &Plan, server: &str, runtime: &tokio::runtime::Runtime) -> Result<()> {
    let name = match plan.of {
        Of::Customers(_) => "kustodian_bench_search",
        Of::Conversations(..) => "kustodian_bench_conversations",
    };
    let mut address = Url::parse(server).with_context(|| format!("{} is not a URL", postgres::URL))?;
    address.set_path(name);
    runtime.block_on(async {
        let admin = postgres::connect(server).await?;
        let is_there = admin.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await?.is_some();
        if is_there && plan.keep.is_none() {
            admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        if !is_there || plan.keep.is_none() {
            admin.batch_execute(&format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")).await?;
        }
        let mut settings = Vec::new();
        for setting in ["server_version", "shared_buffers", "work_mem", "effective_cache_size"] {
            let value: String = admin.query_one(&format!("SHOW {setting}"), &[]).await?.get(0);
            settings.push(format!("{setting} {value}"));
        }
        println!("PostgreSQL: {}", settings.join(", "));
        let measured = run(plan, address.as_str(), AtWork::Server).await;
        let bytes: i64 = admin.query_one("SELECT pg_database_size($1)", &[&name]).await?.get(0);
        println!("{} bytes a {}", bytes / i64::from(plan.of.count().max(1)), plan.of.word());
        if plan.keep.is_none() {
            admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        measured
    })
}

/// Who searches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtWork {
    /// This process.
    Here,
    /// The processes of a server.
    Server,
}

impl AtWork {
    /// A server's own vacuum runs some time later; the statistics of a database that was just filled must be made.
    async fn settle(self, url: &str) -> Result<()> {
        if self == Self::Server {
            let connection = postgres::connect(url).await?;
            for table in ["customer_search", "customers", "search_terms", "search_records", "conversations", "messages"]
            {
                connection.batch_execute(&format!("VACUUM (ANALYZE) {table}")).await?;
            }
        }
        Ok(())
    }

    /// What those who search have used of the processor so far, in seconds; those on other machines aside.
    async fn processor_seconds(self, url: &str) -> Result<f64> {
        let mut processes = vec![std::process::id()];
        if self == Self::Server {
            let connection = postgres::connect(url).await?;
            let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
            let pids = connection.query(sql, &[]).await?;
            processes.extend(pids.iter().map(|row| row.get::<_, i32>(0).cast_unsigned()));
        }
        Ok(processes.into_iter().filter_map(usage::processor_seconds).sum())
    }
}

/// Fills a database, and prints a table.
async fn run(plan: &Plan, url: &str, at_work: AtWork) -> Result<()> {
    let database = open(url, filling()).await?;
    let (org, made) = fill(&database, plan.of).await?;
    database.close().await;
    let database = open(url, Options::default()).await?;
    if made > 0 {
        at_work.settle(url).await?;
    }
    println!("{} {}s", plan.of.count(), plan.of.word());
    println!("| search | page, ms | slowest | processor | with total, ms | slowest | processor | found |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let (mut all, mut quick) = (0, 0);
    let is_wanted = |name: &str| plan.only.as_deref().is_none_or(|part| name.contains(part));
    for (name, body) in plan.of.searches().into_iter().filter(|(name, _)| is_wanted(name)) {
        let median = report((&*database.store(), &org), (at_work, url), plan.of.count(), (name, &body)).await?;
        all += 1;
        quick += u32::from(median <= TARGET);
    }
    println!("{quick} of {all} within {} ms", TARGET.as_millis());
    database.close().await;
    Ok(())
}

/// How to write much at once.
fn filling() -> Options {
    const GIB: u64 = 1024 * 1024 * 1024;
    Options {
        commit_timeout: Duration::from_secs(300),
        statement_timeout: Duration::from_secs(300),
        busy_timeout: Duration::from_secs(60),
        writer_cache_bytes: GIB,
        checkpoint_bytes: GIB / 2,
        log_limit_bytes: 4 * GIB,
        ..Options::default()
    }
}

/// Commits records until there are as many as wanted; how many were made.
async fn fill(database: &Database, of: Of) -> Result<(Org, u32)> {
    let directory = database.directory();
    let org = match directory.find_org("bench").await? {
        Some(org) => org,
        None => directory.create_org(id(u64::MAX), "bench", Timestamp::from_millis(NOW)).await?,
    };
    let store = database.store();
    let missing = missing(&*store, &org, of).await?;
    let there = of.count() - missing.iter().map(|set| set.end - set.start).sum::<u32>();
    let mut next = there;
    let start = Instant::now();
    let mut told = start;
    let mut under_way = tokio::task::JoinSet::new();
    for part in missing {
        if under_way.len() >= SETS {
            under_way.join_next().await.context("no commit is under way")???;
        }
        let (store, org) = (Arc::clone(&store), org.clone());
        next += part.end - part.start;
        under_way.spawn(async move {
            let set = of.set(&org, part)?;
            store.commit(org.key, set).await.map(drop).map_err(anyhow::Error::from)
        });
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            let rate = f64::from(next - there) / start.elapsed().as_secs_f64();
            println!("made {next} of {} {}s, {rate:.0}/s", of.count(), of.word());
        }
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok((org, next - there))
}

/// The sets of records that are not there: a run before may have been cut short while several were under way.
async fn missing(store: &dyn Store, org: &Org, of: Of) -> Result<Vec<Range<u32>>> {
    let mut missing = Vec::new();
    for from in (0..of.count()).step_by(SET as usize) {
        let (kind, first) = of.first(from);
        if store.find(org.key, kind, first).await?.is_none() {
            missing.push(from..of.count().min(from + SET));
        }
    }
    Ok(missing)
}

/// Measures one search and prints its line; the median of a page.
async fn report(
    (store, org): (&dyn Store, &Org),
    (at_work, url): (AtWork, &str),
    count: u32,
    (name, body): (&str, &Body),
) -> Result<Duration> {
    let query = |round: u64, total: Count| {
        let body = body(round % (u64::from(count) / 911).max(1));
        let query = search::parse(body.as_bytes(), &Settings::default())
            .map_err(|refusal| anyhow!("{name}: {body}: {:?}", refusal.errors))?;
        let time = Duration::from_secs(30);
        Ok::<_, anyhow::Error>(SearchQuery {
            query,
            offset: 0,
            limit: 50,
            chosen: Chosen::First,
            bytes: usize::MAX,
            ids_only: false,
            total,
            time,
            key: org.id,
        })
    };
    let mut found = String::new();
    let mut columns = Vec::new();
    for total in [Count::None, Count::UpTo(10_000)] {
        // Rows that were never read may have to be read first.
        store.search(org.key, query(ROUNDS + 1, total)?).await?;
        let mut times = Vec::new();
        let before = at_work.processor_seconds(url).await?;
        for round in 1..=ROUNDS {
            let query = query(round, total)?;
            let start = Instant::now();
            let answer = store.search(org.key, query).await?;
            times.push(start.elapsed());
            found = answer.total.map_or_else(String::new, |total| {
                format!("{}{}", if total.is_estimate { "about " } else { "" }, total.count)
            });
        }
        let processor = (at_work.processor_seconds(url).await? - before) / ROUNDS as f64;
        times.sort_unstable();
        columns.push((times, processor));
    }
    let median = |times: &[Duration]| times.get(times.len() / 2).copied().unwrap_or_default();
    let mut line = format!("| {name} |");
    for (times, processor) in &columns {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let slowest = times.last().copied().unwrap_or_default();
        line += &format!(" {:.1} | {:.1} | {:.1} |", millis(median(times)), millis(slowest), processor * 1e3);
    }
    println!("{line} {found} |");
    Ok(columns.first().map_or(Duration::ZERO, |(times, _)| median(times)))
}
