//! What visitors do: how many events a second become durable, of visitors who are known, and what one takes on the disk.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::body::Numbers;
use crate::load::{self, Connection, Known, Target};
use crate::messages::Plan;
use crate::postgres;
use crate::report::{Spread, spread};
use crate::request::{Api, Work};
use crate::server::Server;
use crate::target::Line;

/// Visitors, each of a customer of its own.
const VISITORS: u64 = 1_000;

/// Events whose bytes are counted, and how many in a quick run.
const COUNTED: u64 = 50_000;
const COUNTED_QUICKLY: u64 = 10_000;

/// The measured operations, in the order of a round.
const CELLS: [Cell; 3] = [
    Cell { name: "creates of customers at 16", api: Api::Kustodian, width: 16 },
    Cell { name: "events at 16", api: Api::Tracking, width: 16 },
    Cell { name: "events at 64", api: Api::Tracking, width: 64 },
];

struct Cell {
    name: &'static str,
    api: Api,
    width: usize,
}

/// Measures both engines; the tables, in Markdown.
pub(crate) fn measure(plan: &Plan<'_>, is_quick: bool) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Beside the binary, since a temporary folder may be memory, where a durable write costs nothing.
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    let folder = tempfile::Builder::new().prefix("tracking-").tempdir_in(beside)?;
    let file = folder.path().join("kustodian.db");
    let url = format!("sqlite:{}", file.display());
    let counted = if is_quick { COUNTED_QUICKLY } else { COUNTED };
    let bytes = bytes_of_an_event(plan, &runtime, &url, &file, counted)?;
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
    // Beyond those of the visitors whose events were counted.
    numbers.take(10_000_000);
    let visitors = runtime.block_on(identify(&server.target(), &mut numbers))?;
    let mut rates: Vec<Vec<f64>> = CELLS.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        for (cell, rates) in CELLS.iter().zip(&mut rates) {
            let target = Target { api: cell.api, ..server.target() };
            let load = load::measure(&target, &visitors, Work::Create, cell.width, plan.time, &mut numbers);
            let outcome = runtime.block_on(load)?;
            rates.push(outcome.requests as f64 / outcome.seconds);
        }
        println!("round {} of {} done", round + 1, plan.rounds);
    }
    server.stop()?;
    rates.into_iter().map(|rates| spread(rates).context("nothing was measured")).collect()
}

/// Customers, each of them a visitor whom the server knows.
async fn identify(target: &Target, numbers: &mut Numbers) -> Result<Known> {
    let customers = load::create_known(target, VISITORS, VISITORS, 16, numbers).await?;
    let mut connection = Connection::open(&Target { api: Api::Visitors, ..target.clone() }).await?;
    for customer in customers.customers.iter() {
        connection.create(customer, customer.number).await?;
    }
    Ok(customers)
}

/// What an event takes of the file, everything included.
fn bytes_of_an_event(plan: &Plan<'_>, runtime: &Runtime, url: &str, file: &Path, counted: u64) -> Result<f64> {
    let mut numbers = Numbers::default();
    let server = Server::kustodian(plan.kustodian, url)?;
    let visitors = runtime.block_on(identify(&server.target(), &mut numbers))?;
    server.stop()?;
    let before = std::fs::metadata(file)?.len();
    let server = Server::kustodian(plan.kustodian, url)?;
    let target = Target { api: Api::Tracking, ..server.target() };
    runtime.block_on(async {
        let mut running = Vec::new();
        for place in 0..16 {
            let mut connection = Connection::open(&target).await?;
            let known = Arc::clone(&visitors.customers);
            running.push(tokio::spawn(async move {
                for number in (place..counted).step_by(16) {
                    let place = usize::try_from(number)? % known.len();
                    let visitor = known.get(place).context("there are no visitors")?;
                    connection.exchange(Work::Create, visitor, number).await?;
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
    Ok((std::fs::metadata(file)?.len() - before) as f64 / counted as f64)
}

fn table(rates: &[Spread], bytes: Option<f64>) -> Result<String> {
    let rate = |name: &str| {
        let found = CELLS.iter().zip(rates).find(|(cell, _)| cell.name == name);
        found.map(|(_, rate)| rate.median)
    };
    let mut lines = vec![Line::floor("events at 16", 5_000.0, 10_000.0, rate("events at 16")).of("/s")];
    lines.extend(bytes.map(|bytes| Line::ceiling("bytes on disk per event", 300.0, 200.0, Some(bytes))));
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
