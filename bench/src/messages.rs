//! Messages beside customers: how many a second become durable, in many conversations and in one, how fast a page of them
//! is read, and what each takes on the disk. Both are measured on the same server in rounds in turn.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;

use crate::body::Numbers;
use crate::load::{self, Connection, Known, Target};
use crate::postgres;
use crate::report::{Spread, spread};
use crate::request::{Api, Customer, Work};
use crate::server::Server;
use crate::target::Line;

/// Conversations that messages go to, each of a customer of its own.
const CONVERSATIONS: u64 = 1_000;

/// Messages whose bytes are counted.
const COUNTED: u64 = 10_000;

/// What to measure.
pub(crate) struct Plan<'a> {
    pub(crate) kustodian: &'a Path,
    pub(crate) rounds: usize,
    /// How long each cell is measured in each round.
    pub(crate) time: Duration,
}

/// The measured operations, in the order of a round.
const CELLS: [Cell; 7] = [
    Cell { name: "creates of customers at 16", whose: Whose::Customers, work: Work::Create, width: 16 },
    Cell { name: "messages at 16", whose: Whose::Many, work: Work::Create, width: 16 },
    Cell { name: "creates of customers at 64", whose: Whose::Customers, work: Work::Create, width: 64 },
    Cell { name: "messages at 64", whose: Whose::Many, work: Work::Create, width: 64 },
    Cell { name: "messages in one conversation at 16", whose: Whose::One, work: Work::Create, width: 16 },
    Cell { name: "page of 100 customers at 16", whose: Whose::Customers, work: Work::List, width: 16 },
    Cell { name: "page of 100 messages at 16", whose: Whose::One, work: Work::List, width: 16 },
];

struct Cell {
    name: &'static str,
    whose: Whose,
    work: Work,
    width: usize,
}

enum Whose {
    Customers,
    /// Messages of many conversations.
    Many,
    /// Messages of one conversation.
    One,
}

/// Measures both engines; the tables, in Markdown.
pub(crate) fn measure(plan: &Plan<'_>) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Beside the binary, since a temporary folder may be memory, where a durable write costs nothing.
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    let folder = tempfile::Builder::new().prefix("messages-").tempdir_in(beside)?;
    let file = folder.path().join("kustodian.db");
    let url = format!("sqlite:{}", file.display());
    let bytes = bytes_of_a_message(plan, &runtime, &url, &file)?;
    let mut tables = format!("**SQLite**\n\n{}", table(&cells(plan, &runtime, &url)?, Some(bytes))?);
    match std::env::var(postgres::URL) {
        Ok(url) => {
            let database = postgres::Database::make(&runtime, &url)?;
            let rates = cells(plan, &runtime, &database.url)?;
            write!(tables, "\n**PostgreSQL**\n\n{}", table(&rates, None)?)?;
            database.remove(&runtime)?;
        }
        Err(_) => println!("PostgreSQL is left out: {} does not name a server", postgres::URL),
    }
    Ok(tables)
}

/// Every cell, per second.
fn cells(plan: &Plan<'_>, runtime: &Runtime, url: &str) -> Result<Vec<Spread>> {
    let server = Server::kustodian(plan.kustodian, url)?;
    let mut numbers = Numbers::default();
    numbers.take(10_000_000);
    let (customers, many) = runtime.block_on(open(&server.target(), &mut numbers))?;
    let one = Known { customers: Arc::new(many.customers.iter().take(1).cloned().collect()), answer: Vec::new() };
    let messages = Target { api: Api::Messages, ..server.target() };
    // So that there is a page.
    let first = load::measure(&messages, &one, Work::Create, 16, Duration::from_secs(1), &mut numbers);
    ensure!(runtime.block_on(first)?.requests >= 100, "less than a page of messages was made in a second");
    let mut rates: Vec<Vec<f64>> = CELLS.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        for (cell, rates) in CELLS.iter().zip(&mut rates) {
            let (target, known) = match cell.whose {
                Whose::Customers => (&server.target(), &customers),
                Whose::Many => (&messages, &many),
                Whose::One => (&messages, &one),
            };
            let load = load::measure(target, known, cell.work, cell.width, plan.time, &mut numbers);
            let outcome = runtime.block_on(load)?;
            rates.push(outcome.requests as f64 / outcome.seconds);
        }
        println!("round {} of {} done", round + 1, plan.rounds);
    }
    server.stop()?;
    rates.into_iter().map(|rates| spread(rates).context("nothing was measured")).collect()
}

/// Customers, and a conversation of each.
async fn open(target: &Target, numbers: &mut Numbers) -> Result<(Known, Known)> {
    let customers = load::create_known(target, CONVERSATIONS, CONVERSATIONS, 16, numbers).await?;
    let mut connection = Connection::open(&Target { api: Api::Conversations, ..target.clone() }).await?;
    let mut conversations = Vec::new();
    for customer in customers.customers.iter() {
        let id = connection.create(customer, customer.number).await?;
        conversations.push(Customer { id, number: customer.number });
    }
    Ok((customers, Known { customers: Arc::new(conversations), answer: Vec::new() }))
}

/// The bytes of a message in the file, everything included.
fn bytes_of_a_message(plan: &Plan<'_>, runtime: &Runtime, url: &str, file: &Path) -> Result<f64> {
    let mut numbers = Numbers::default();
    let server = Server::kustodian(plan.kustodian, url)?;
    let (_, conversations) = runtime.block_on(open(&server.target(), &mut numbers))?;
    server.stop()?;
    let before = std::fs::metadata(file)?.len();
    let server = Server::kustodian(plan.kustodian, url)?;
    let target = Target { api: Api::Messages, ..server.target() };
    runtime.block_on(async {
        let mut running = Vec::new();
        for place in 0..16 {
            let mut connection = Connection::open(&target).await?;
            let known = Arc::clone(&conversations.customers);
            running.push(tokio::spawn(async move {
                for number in (place..COUNTED).step_by(16) {
                    let place = usize::try_from(number)? % known.len();
                    let conversation = known.get(place).context("there are no conversations")?;
                    connection.create(conversation, number).await?;
                }
                anyhow::Ok(())
            }));
        }
        for worker in running {
            worker.await.context("a connection of the load generator panicked")??;
        }
        anyhow::Ok(())
    })?;
    server.stop()?;
    Ok((std::fs::metadata(file)?.len() - before) as f64 / COUNTED as f64)
}

fn table(rates: &[Spread], bytes: Option<f64>) -> Result<String> {
    let rate = |name: &str| {
        let found = CELLS.iter().zip(rates).find(|(cell, _)| cell.name == name);
        found.map(|(_, rate)| rate.median)
    };
    let ratio = |over: &str, under: &str| Some(rate(over)? / rate(under)?);
    let mut lines = vec![
        Line::floor(
            "messages at 16, of creates of customers",
            0.45,
            0.7,
            ratio("messages at 16", "creates of customers at 16"),
        ),
        Line::floor(
            "messages at 64, of creates of customers",
            0.45,
            0.7,
            ratio("messages at 64", "creates of customers at 64"),
        ),
        Line::floor("messages in one conversation at 16", 300.0, 1_500.0, rate("messages in one conversation at 16"))
            .of("/s"),
        Line::floor(
            "page of 100 messages, of a page of 100 customers",
            0.9,
            1.2,
            ratio("page of 100 messages at 16", "page of 100 customers at 16"),
        ),
    ];
    lines.extend(
        bytes.map(|bytes| Line::ceiling("bytes on disk per message of 500 characters", 2_000.0, 1_200.0, Some(bytes))),
    );
    let mut table = "| target | at least / at most | reach for | measured | |\n|---|---:|---:|---:|---|\n".to_owned();
    for line in &lines {
        writeln!(table, "{}", line.row())?;
    }
    writeln!(table, "\n| | per second (slowest and fastest round) |\n|---|---:|")?;
    for (cell, Spread { low, median, high }) in CELLS.iter().zip(rates) {
        writeln!(table, "| {} | {median:.0} ({low:.0}–{high:.0}) |", cell.name)?;
    }
    Ok(table)
}
