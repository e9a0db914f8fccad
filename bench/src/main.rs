//! How fast the server is, beside what it stands on: bare axum that parses and answers the same bytes, bare SQLite and
//! bare PostgreSQL with the same kind of schema. All in one run on one machine, in alternating rounds, since only the
//! ratios travel.
//!
//! Run it with `cargo xtask bench`.
#![expect(clippy::print_stdout, reason = "a benchmark speaks through standard output")]

mod body;
mod floor;
mod load;
mod postgres;
mod report;
mod search;
mod server;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::runtime::Runtime;

use crate::load::{Known, Target, Work};
use crate::report::Report;
use crate::server::Server;

/// Connections that work at the same time, each with one request in flight.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What is measured at each of them.
const WORKS: [Work; 3] = [Work::Create, Work::ReadById, Work::ReadByEmail];

/// Customers that are there before anything is measured, and that are read.
const KNOWN: usize = 2_000;

#[derive(Parser)]
#[command(name = "kustodian-bench", about = "Measure the server beside bare axum and bare databases")]
struct Arguments {
    /// The kustodian binary to measure
    #[arg(long, required_unless_present_any = ["floor", "search"])]
    server: Option<PathBuf>,
    /// Measure searches over this many customers instead
    #[arg(long, value_name = "CUSTOMERS")]
    search: Option<u32>,
    /// The database to search, which is kept for a further run; without it one is made and removed
    #[arg(long, requires = "search", value_name = "URL")]
    database: Option<String>,
    /// Three rounds of 0.6 s a cell instead of five of 3 s
    #[arg(long)]
    quick: bool,
    /// Serve as the bare axum server; the answer is read from standard input
    #[arg(long, hide = true)]
    floor: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(customers) = arguments.search {
        return search::measure(customers, arguments.database);
    }
    match arguments.server {
        Some(_) if arguments.floor => floor::serve(),
        Some(server) if arguments.quick => measure(&server, 3, Duration::from_millis(600)),
        Some(server) => measure(&server, 5, Duration::from_secs(3)),
        None => floor::serve(),
    }
}

/// Measures every cell `rounds` times for `time` each, and prints the medians.
fn measure(binary: &Path, rounds: usize, time: Duration) -> Result<()> {
    // Beside the binaries, since a temporary folder may be memory, where a durable write costs nothing.
    let beside = binary.parent().context("the server's path has no folder")?;
    let folder =
        tempfile::Builder::new().prefix("bench-").tempdir_in(beside).context("cannot make a folder for data")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;

    let url = format!("sqlite:{}", folder.path().join("kustodian.db").display());
    let kustodian = Server::kustodian(binary, &url)?;
    let mut numbers = body::Numbers::default();
    let known = runtime.block_on(load::create_known(&kustodian.target(), KNOWN, &mut numbers))?;
    let axum = Server::floor(&known.answer)?;
    let mut on_postgres = OnPostgres::prepare(&runtime, binary, &mut numbers)?;
    println!(
        "bodies of {} bytes, answers of {} bytes, {rounds} rounds of {:.1} s a cell",
        body::json(0).len(),
        known.answer.len(),
        time.as_secs_f64()
    );

    let mut report = Report::default();
    for round in 1..=rounds {
        for connections in CONNECTIONS {
            for work in WORKS {
                let mut servers = [("kustodian", &kustodian), ("bare axum", &axum)];
                if round % 2 == 0 {
                    servers.reverse();
                }
                for (name, server) in servers {
                    let cell = Cell { target: &server.target(), known: &known, work, connections, time };
                    report.add(work.name(), name, connections, runtime.block_on(cell.measure(&mut numbers))?);
                }
            }
        }
        let database = folder.path().join(format!("bare-{round}.db"));
        for (work, rows, rate) in sqlite::measure(&database, &known.answer, time)? {
            report.add(work, "bare SQLite", rows, rate);
        }
        if let Some(on_postgres) = &mut on_postgres {
            on_postgres.round(&runtime, round, time, &mut numbers, &mut report)?;
        }
        println!("round {round} of {rounds} done");
    }
    if let Some(on_postgres) = on_postgres {
        on_postgres.end(&runtime)?;
    }
    println!("\n{report}");
    Ok(())
}

/// The server on PostgreSQL, and the database it is on.
struct OnPostgres {
    database: postgres::Database,
    server: Server,
    known: Known,
}

impl OnPostgres {
    /// A new database on the server that the environment names; without one, says what is left out.
    fn prepare(runtime: &Runtime, binary: &Path, numbers: &mut body::Numbers) -> Result<Option<Self>> {
        let Ok(url) = std::env::var(postgres::URL) else {
            println!("PostgreSQL is left out: {} does not name a server", postgres::URL);
            return Ok(None);
        };
        let database = postgres::Database::make(runtime, &url)?;
        let server = Server::kustodian(binary, &database.url)?;
        let known = runtime.block_on(load::create_known(&server.target(), KNOWN, numbers))?;
        Ok(Some(Self { database, server, known }))
    }

    fn round(
        &mut self,
        runtime: &Runtime,
        round: usize,
        time: Duration,
        numbers: &mut body::Numbers,
        report: &mut Report,
    ) -> Result<()> {
        if round.is_multiple_of(2) {
            self.measure_bare(runtime, time, report)?;
        }
        for connections in CONNECTIONS {
            for work in WORKS {
                let cell = Cell { target: &self.server.target(), known: &self.known, work, connections, time };
                report.add(work.name(), report::ON_POSTGRES, connections, runtime.block_on(cell.measure(numbers))?);
            }
        }
        if round % 2 == 1 {
            self.measure_bare(runtime, time, report)?;
        }
        Ok(())
    }

    fn measure_bare(&mut self, runtime: &Runtime, time: Duration, report: &mut Report) -> Result<()> {
        for (work, rate) in self.database.measure(runtime, &self.known.answer, time)? {
            report.add(work, report::BARE_POSTGRES, postgres::CONNECTIONS, rate);
        }
        Ok(())
    }

    fn end(self, runtime: &Runtime) -> Result<()> {
        drop(self.server);
        self.database.remove(runtime)
    }
}

/// One number of one round.
struct Cell<'a> {
    target: &'a Target,
    known: &'a Known,
    work: Work,
    connections: usize,
    time: Duration,
}

impl Cell<'_> {
    /// Requests per second.
    async fn measure(&self, numbers: &mut body::Numbers) -> Result<f64> {
        load::measure(self.target, self.known, self.work, self.connections, self.time, numbers).await
    }
}
