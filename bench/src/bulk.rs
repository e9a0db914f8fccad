//! Customers that are created 100 in one request, beside those created one by one and beside the database alone. All are
//! measured in rounds in turn.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

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

/// How many customers' rows bare SQLite has to write: more than a round of bulk operations creates.
const ROWS: u64 = 25_000;

/// How many of them it writes in a transaction.
const GROUP: usize = 512;

/// The measured operations of the server, in the order of a round.
const CELLS: [Cell; 4] = [
    Cell { name: "creates at 4", api: Api::Kustodian, width: 4, each: 1 },
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
    let mut numbers = Numbers::default();
    let mut tables = format!("**SQLite**\n\n{}", measure_sqlite(plan, &runtime, &mut numbers)?);
    match std::env::var(postgres::URL) {
        Ok(url) => {
            let database = postgres::Database::make(&runtime, &url)?;
            let server = Server::kustodian(plan.kustodian, &database.url)?;
            let known = runtime.block_on(load::create_known(&server.target(), 100, 1, 4, &mut numbers))?;
            let mut rates = Rates::default();
            for round in 0..plan.rounds {
                for cell in &CELLS {
                    rates.add(cell, measure_cell(cell, plan, &runtime, &server, &known, &mut numbers)?);
                }
                println!("round {} of {} done", round + 1, plan.rounds);
            }
            server.stop()?;
            write!(tables, "\n**PostgreSQL**\n\n{}", on_postgres(&rates)?)?;
            database.remove(&runtime)?;
        }
        Err(_) => println!("PostgreSQL is left out: {} does not name a server", postgres::URL),
    }
    Ok(tables)
}

/// Bulk operations and bare SQLite begin each round with an empty file and make as many customers. Most pages that a create
/// writes are of claims, each in another place of their tree, so customers cost more the more there are.
fn measure_sqlite(plan: &Plan<'_>, runtime: &Runtime, numbers: &mut Numbers) -> Result<String> {
    // Beside the binary, since a temporary folder may be memory, where a durable write costs nothing.
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    let folder = tempfile::Builder::new().prefix("bulk-").tempdir_in(beside)?;
    let file = |name: &str| folder.path().join(name);
    let serve = |file: &Path| Server::kustodian(plan.kustodian, &format!("sqlite:{}", file.display()));
    let single = serve(&file("single.db"))?;
    let known = runtime.block_on(load::create_known(&single.target(), ROWS, 1, 64, numbers))?;
    let rows =
        Rows::of(&file("single.db"), usize::try_from(ROWS)?).context("cannot take the rows out of the database")?;
    let (mut rates, mut alone) = (Rates::default(), Vec::new());
    for round in 0..plan.rounds {
        for cell in CELLS.iter().filter(|cell| cell.each == 1) {
            rates.add(cell, measure_cell(cell, plan, runtime, &single, &known, numbers)?);
        }
        for cell in CELLS.iter().filter(|cell| cell.each > 1) {
            let path = file(&format!("bulk-{round}.db"));
            let server = serve(&path)?;
            let known = runtime.block_on(load::create_known(&server.target(), 1, 1, 1, numbers))?;
            let made = measure_cell(cell, plan, runtime, &server, &known, numbers)?;
            server.stop()?;
            std::fs::remove_file(&path)?;
            rates.add(cell, made);
            let path = file(&format!("bare-{round}.db"));
            alone.push(Bare::new(&path, &rows)?.write(&rows, 0..made.count.min(rows.len()), GROUP)?);
            std::fs::remove_file(&path)?;
        }
        println!("round {} of {} done", round + 1, plan.rounds);
    }
    single.stop()?;
    on_sqlite(&rates, &spread(alone).context("nothing was measured")?)
}

/// The customers of a cell in one round.
#[derive(Clone, Copy)]
struct Made {
    count: usize,
    per_second: f64,
}

fn measure_cell(
    cell: &Cell,
    plan: &Plan<'_>,
    runtime: &Runtime,
    server: &Server,
    known: &Known,
    numbers: &mut Numbers,
) -> Result<Made> {
    let target = Target { api: cell.api, ..server.target() };
    let outcome = runtime.block_on(load::measure(&target, known, Work::Create, cell.width, plan.time, numbers))?;
    let count = outcome.requests * cell.each;
    Ok(Made { count: usize::try_from(count)?, per_second: count as f64 / outcome.seconds })
}

/// The rates of all rounds so far, by the names of the cells.
#[derive(Default)]
struct Rates(HashMap<&'static str, Vec<f64>>);

impl Rates {
    fn add(&mut self, cell: &Cell, made: Made) {
        self.0.entry(cell.name).or_default().push(made.per_second);
    }

    fn of(&self, name: &str) -> Option<Spread> {
        spread(self.0.get(name)?.clone())
    }

    fn median(&self, name: &str) -> Option<f64> {
        Some(self.of(name)?.median)
    }
}

fn on_sqlite(rates: &Rates, alone: &Spread) -> Result<String> {
    let ratio = rates.median("bulk of 100 at 4").map(|rate| rate / alone.median);
    let line = Line::floor("bulk of 100 at 4, of bare SQLite at 512 a transaction", 0.6, 0.8, ratio);
    table(rates, Some(alone), &[line])
}

fn on_postgres(rates: &Rates) -> Result<String> {
    let of = |single: &str| rates.median("bulk of 100 at 4").zip(rates.median(single)).map(|(bulk, one)| bulk / one);
    let same = Line::floor("bulk of 100 at 4, of single creates at 4", 1.5, 2.0, of("creates at 4"));
    // The engine commits many single creates together, so that the difference is smaller the more clients there are.
    let many = Line::floor("bulk of 100 at 4, of single creates at 64", 1.5, 2.0, of("creates at 64"));
    table(rates, None, &[same, many])
}

fn table(rates: &Rates, alone: Option<&Spread>, lines: &[Line]) -> Result<String> {
    let mut table = "| target | at least | reach for | measured | |\n|---|---:|---:|---:|---|\n".to_owned();
    for line in lines {
        writeln!(table, "{}", line.row())?;
    }
    writeln!(table, "\n| customers | per second (slowest and fastest round) |\n|---|---:|")?;
    for cell in &CELLS {
        let Spread { low, median, high } = rates.of(cell.name).context("nothing was measured")?;
        writeln!(table, "| {} | {median:.0} ({low:.0}–{high:.0}) |", cell.name)?;
    }
    if let Some(Spread { low, median, high }) = alone {
        writeln!(table, "| bare SQLite at {GROUP} a transaction | {median:.0} ({low:.0}–{high:.0}) |")?;
    }
    Ok(table)
}
