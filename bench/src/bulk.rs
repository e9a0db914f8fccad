//! Customers that are created 100 in one request, beside those created one by one and beside the database alone. All are
//! measured in rounds in turn.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::body::Numbers;
use crate::load::{self, Known, Target};
use crate::messages::Plan;
use crate::postgres;
use crate::report::{Spread, spread};
use crate::request::{Api, BULK_ITEMS, Work};
use crate::server::Server;
use crate::sqlite::{Bare, Rows};
use crate::target::Line;

/// Customers a round that bare SQLite writes, and how many a transaction.
const REWRITTEN: u64 = 4_000;
const GROUP: usize = 512;

/// The measured operations of the server, in the order of a round.
const CELLS: [Cell; 3] = [
    Cell { name: "creates at 16", api: Api::Kustodian, width: 16, each: 1 },
    Cell { name: "creates at 64", api: Api::Kustodian, width: 64, each: 1 },
    Cell { name: "bulk of 100 at 4", api: Api::Bulk, width: 4, each: BULK_ITEMS },
];

struct Cell {
    name: &'static str,
    api: Api,
    width: usize,
    /// Customers that a request creates.
    each: u64,
}

/// Measures both engines; the tables, in Markdown.
pub(crate) fn measure(plan: &Plan<'_>) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Beside the binary, since a temporary folder may be memory, where a durable write costs nothing.
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    let folder = tempfile::Builder::new().prefix("bulk-").tempdir_in(beside)?;
    let file = folder.path().join("kustodian.db");
    let server = Server::kustodian(plan.kustodian, &format!("sqlite:{}", file.display()))?;
    let mut numbers = Numbers::default();
    let count = REWRITTEN * plan.rounds as u64;
    let known = runtime.block_on(load::create_known(&server.target(), count, 1, 64, &mut numbers))?;
    let rows = Rows::of(&file, usize::try_from(count)?).context("cannot take the rows out of the database")?;
    let bare = Bare::new(&folder.path().join("bare.db"), &rows)?;
    let mut alone = Vec::new();
    let rates = cells(plan, &runtime, &server, &known, &mut numbers, |round| {
        let each = rows.len() / plan.rounds;
        alone.push(bare.write(&rows, round * each..(round + 1) * each, GROUP)?);
        Ok(())
    })?;
    server.stop()?;
    let alone = spread(alone).context("nothing was measured")?;
    let mut tables = format!("**SQLite**\n\n{}", on_sqlite(&rates, &alone)?);
    match std::env::var(postgres::URL) {
        Ok(url) => {
            let database = postgres::Database::make(&runtime, &url)?;
            let server = Server::kustodian(plan.kustodian, &database.url)?;
            let known = runtime.block_on(load::create_known(&server.target(), 100, 1, 4, &mut numbers))?;
            let rates = cells(plan, &runtime, &server, &known, &mut numbers, |_| Ok(()))?;
            server.stop()?;
            write!(tables, "\n**PostgreSQL**\n\n{}", on_postgres(&rates)?)?;
            database.remove(&runtime)?;
        }
        Err(_) => println!("PostgreSQL is left out: {} does not name a server", postgres::URL),
    }
    Ok(tables)
}

/// Every cell, in customers per second; `beside` is measured once a round, too.
fn cells(
    plan: &Plan<'_>,
    runtime: &Runtime,
    server: &Server,
    known: &Known,
    numbers: &mut Numbers,
    mut beside: impl FnMut(usize) -> Result<()>,
) -> Result<Vec<Spread>> {
    let mut rates: Vec<Vec<f64>> = CELLS.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        for (cell, rates) in CELLS.iter().zip(&mut rates) {
            let target = Target { api: cell.api, ..server.target() };
            let load = load::measure(&target, known, Work::Create, cell.width, plan.time, numbers);
            let outcome = runtime.block_on(load)?;
            rates.push((outcome.requests * cell.each) as f64 / outcome.seconds);
        }
        beside(round)?;
        println!("round {} of {} done", round + 1, plan.rounds);
    }
    rates.into_iter().map(|rates| spread(rates).context("nothing was measured")).collect()
}

fn median(rates: &[Spread], name: &str) -> Option<f64> {
    CELLS.iter().zip(rates).find(|(cell, _)| cell.name == name).map(|(_, rate)| rate.median)
}

fn on_sqlite(rates: &[Spread], alone: &Spread) -> Result<String> {
    let ratio = median(rates, "bulk of 100 at 4").map(|rate| rate / alone.median);
    let line = Line::floor("bulk of 100 at 4, of bare SQLite at 512 a transaction", 0.6, 0.8, ratio);
    table(rates, Some(alone), &line)
}

fn on_postgres(rates: &[Spread]) -> Result<String> {
    let single = median(rates, "creates at 64").zip(median(rates, "creates at 16")).map(|(wide, few)| wide.max(few));
    let ratio = median(rates, "bulk of 100 at 4").zip(single).map(|(bulk, single)| bulk / single);
    table(rates, None, &Line::floor("bulk of 100 at 4, of single creates", 1.5, 2.0, ratio))
}

fn table(rates: &[Spread], alone: Option<&Spread>, line: &Line) -> Result<String> {
    let mut table = "| target | at least | reach for | measured | |\n|---|---:|---:|---:|---|\n".to_owned();
    writeln!(table, "{}", line.row())?;
    writeln!(table, "\n| customers | per second (slowest and fastest round) |\n|---|---:|")?;
    for (cell, Spread { low, median, high }) in CELLS.iter().zip(rates) {
        writeln!(table, "| {} | {median:.0} ({low:.0}–{high:.0}) |", cell.name)?;
    }
    if let Some(Spread { low, median, high }) = alone {
        writeln!(table, "| bare SQLite at {GROUP} a transaction | {median:.0} ({low:.0}–{high:.0}) |")?;
    }
    Ok(table)
}
