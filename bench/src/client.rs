//! The Rust client beside a client in TypeScript that is generated from our own document: the same calls to the same server, each
//! client a process of its own, in turn. What counts is what the client's process takes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kustomer_client::customer::{CustomerInput, ListCustomers};
use kustomer_client::{Client, Error};
use serde::{Deserialize, Serialize};

use crate::body::Numbers;
use crate::load;
use crate::report::{Spread, spread};
use crate::server::{Server, TOKEN};
use crate::target::Line;
use crate::usage;

/// Customers that are read.
const KNOWN: u64 = 1_000;

/// Calls under way at the same time.
const WIDTH: usize = 16;

/// The calls of a round, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calls {
    /// A customer by id
    Read,
    /// A page of 100 customers
    Page,
    /// A customer with name, e-mail and external id
    Create,
}

impl Calls {
    const ALL: [Self; 3] = [Self::Read, Self::Page, Self::Create];

    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read by id",
            Self::Page => "page of 100",
            Self::Create => "create",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Page => "page",
            Self::Create => "create",
        }
    }
}

/// The measured calls, and their parameters.
pub(crate) struct Plan<'a> {
    pub(crate) kustodian: &'a Path,
    /// The compiled program of the TypeScript client.
    pub(crate) typescript: &'a Path,
    pub(crate) rounds: usize,
    pub(crate) time: Duration,
}

/// One client's part in a round, as its process is asked for it: on standard input, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    url: String,
    token: String,
    calls: String,
    width: usize,
    /// How long it calls before it is measured, and how long then.
    warm_up_ms: u64,
    time_ms: u64,
    /// The customers to read.
    ids: Vec<String>,
    /// What creates begin to count from.
    first: u64,
}

/// What a process says of its part, in a line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    calls: u64,
    seconds: f64,
    /// Of the client's own process, in seconds.
    processor: f64,
}

/// Measures both; the tables, in Markdown.
pub(crate) fn measure(plan: &Plan<'_>) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    let folder = tempfile::Builder::new().prefix("client-").tempdir_in(beside)?;
    let url = format!("sqlite:{}", folder.path().join("kustodian.db").display());
    let server = Server::kustodian(plan.kustodian, &url)?;
    let target = server.target();
    let mut numbers = Numbers::default();
    let known = runtime.block_on(load::create_known(&target, KNOWN, KNOWN, 16, &mut numbers))?;
    let ids: Vec<String> = known.customers.iter().map(|customer| customer.id.clone()).collect();
    let mut table = Table::default();
    let mut first = 100_000_000;
    for round in 0..plan.rounds {
        for calls in Calls::ALL {
            let mut both = Vec::new();
            for program in [Program::Rust, Program::TypeScript(plan.typescript.to_owned())] {
                let job = Job {
                    url: format!("http://{}", target.address),
                    token: TOKEN.to_owned(),
                    calls: calls.word().to_owned(),
                    width: WIDTH,
                    warm_up_ms: 700,
                    time_ms: u64::try_from(plan.time.as_millis())?,
                    ids: ids.clone(),
                    first,
                };
                first += 10_000_000;
                both.push(program.run(&job)?);
            }
            let [rust, typescript] = <[Done; 2]>::try_from(both).ok().context("two clients are measured")?;
            table.add(calls, &rust, &typescript);
        }
        println!("round {} of {} done", round + 1, plan.rounds);
    }
    server.stop()?;
    table.markdown()
}

enum Program {
    Rust,
    TypeScript(PathBuf),
}

impl Program {
    fn run(&self, job: &Job) -> Result<Done> {
        let mut command = match self {
            Self::Rust => {
                let mut own = Command::new(std::env::current_exe().context("cannot find the benchmark's own binary")?);
                own.arg("--calls");
                own
            }
            Self::TypeScript(program) => {
                let mut node = Command::new("node");
                node.arg(program);
                node
            }
        };
        let job = serde_json::to_string(job)?;
        let mut file = tempfile::tempfile()?;
        std::io::Write::write_all(&mut file, job.as_bytes())?;
        std::io::Seek::rewind(&mut file)?;
        let ran = command.stdin(file).stderr(std::process::Stdio::inherit()).output();
        let ran = ran.with_context(|| format!("cannot start {}", command.get_program().display()))?;
        ensure!(ran.status.success(), "{} failed: {}", command.get_program().display(), ran.status);
        serde_json::from_slice(&ran.stdout).context("a client said nothing that can be read")
    }
}

/// The part of the Rust client: reads its job from standard input, and prints the results.
pub(crate) fn call() -> Result<()> {
    let job: Job = serde_json::from_reader(std::io::stdin().lock()).context("cannot read the job")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(calls(job))?;
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

async fn calls(job: Job) -> Result<Done> {
    let client = Client::builder().base_url(&job.url).token(&job.token).build()?;
    let job = Arc::new(job);
    let next = Arc::new(AtomicU64::new(0));
    let call_for = async |time: u64| -> Result<u64> {
        let end = Instant::now() + Duration::from_millis(time);
        let mut workers = Vec::new();
        for _ in 0..job.width {
            let (client, job, next) = (client.clone(), Arc::clone(&job), Arc::clone(&next));
            workers.push(tokio::spawn(async move {
                let mut count = 0;
                while Instant::now() < end {
                    one(&client, &job, next.fetch_add(1, Ordering::Relaxed)).await?;
                    count += 1;
                }
                Ok::<u64, Error>(count)
            }));
        }
        let mut count = 0;
        for worker in workers {
            count += worker.await??;
        }
        Ok(count)
    };
    call_for(job.warm_up_ms).await?;
    let processor =
        || usage::processor_seconds(std::process::id()).context("the system does not say what a process takes");
    let (began, before) = (Instant::now(), processor()?);
    let calls = call_for(job.time_ms).await?;
    Ok(Done { calls, seconds: began.elapsed().as_secs_f64(), processor: processor()? - before })
}

async fn one(client: &Client, job: &Job, number: u64) -> Result<(), Error> {
    let customers = client.customers();
    match job.calls.as_str() {
        "read" => {
            let place = usize::try_from(number).unwrap_or(0) % job.ids.len().max(1);
            customers.get(job.ids.get(place).map_or("", String::as_str)).await?;
        }
        "page" => {
            customers.list(&ListCustomers::default().page(1).page_size(100)).await?;
        }
        _ => {
            let number = job.first + number;
            let email = format!("ada-{number}@acme.example");
            let input = CustomerInput::new().name("Ada Lovelace").email(email.as_str());
            customers.create(&input.external_id(format!("shop-{number}").as_str())).await?;
        }
    }
    Ok(())
}

/// Rates a second, microseconds of processor time a call, and their ratios, of each round.
#[derive(Default)]
struct Table {
    rounds: Vec<(Calls, [f64; 2], [f64; 2])>,
}

impl Table {
    fn add(&mut self, calls: Calls, rust: &Done, typescript: &Done) {
        let rate = |done: &Done| done.calls as f64 / done.seconds;
        let processor = |done: &Done| done.processor * 1e6 / done.calls.max(1) as f64;
        self.rounds.push((calls, [rust, typescript].map(rate), [rust, typescript].map(processor)));
    }

    /// What one number of the rounds of these calls was.
    fn of(&self, calls: Calls, number: impl Fn(&[f64; 2], &[f64; 2]) -> f64) -> Result<Spread> {
        let rounds = self.rounds.iter().filter(|(of, ..)| *of == calls);
        spread(rounds.map(|(_, rates, times)| number(rates, times)).collect()).context("nothing was measured")
    }

    fn markdown(&self) -> Result<String> {
        let mut table =
            "| target | at least / at most | reach for | measured | |\n|---|---:|---:|---:|---|\n".to_owned();
        for calls in Calls::ALL {
            let rate = self.of(calls, |rates, _| rates[0] / rates[1])?;
            let times = self.of(calls, |_, times| times[1] / times[0])?;
            let name = calls.name();
            for line in [
                Line::floor(format!("{name}: calls a second, times TypeScript"), 3.0, 6.0, Some(rate.median)),
                Line::floor(
                    format!("{name}: processor time a call, TypeScript's in ours"),
                    3.0,
                    6.0,
                    Some(times.median),
                ),
            ] {
                writeln!(table, "{}", line.row())?;
            }
        }
        writeln!(
            table,
            "\n| | calls a second | TypeScript | processor a call, µs | TypeScript |\n|---|---:|---:|---:|---:|"
        )?;
        for calls in Calls::ALL {
            let told = |spread: Spread| format!("{:.0} ({:.0}–{:.0})", spread.median, spread.low, spread.high);
            writeln!(
                table,
                "| {} | {} | {} | {} | {} |",
                calls.name(),
                told(self.of(calls, |rates, _| rates[0])?),
                told(self.of(calls, |rates, _| rates[1])?),
                told(self.of(calls, |_, times| times[0])?),
                told(self.of(calls, |_, times| times[1])?),
            )?;
        }
        Ok(table)
    }
}
