//! The speed and the costs of the server, beside its parts (bare axum that parses and answers the same
//! bytes, bare SQLite and bare PostgreSQL with the same rows) and beside a peer. All in one run on one machine, in
//! alternating rounds, since only the ratios travel.
//!
//! Run it with `cargo xtask bench`.
#![expect(clippy::print_stdout, reason = "a benchmark speaks through standard output")]

mod body;
mod bulk;
mod client;
mod floor;
mod load;
mod messages;
mod overload;
mod page;
mod pocketbase;
mod postgres;
mod report;
mod request;
mod run;
mod search;
mod server;
mod sqlite;
mod target;
mod tracking;
mod usage;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;

use crate::run::Plan;

#[derive(Parser)]
#[command(name = "kustodian-bench", about = "Measure the server beside bare axum, bare databases and a peer")]
struct Arguments {
    /// The kustodian binary to measure
    #[arg(long, required_unless_present_any = ["floor", "search", "calls"])]
    server: Option<PathBuf>,
    /// Measure searches over this many customers instead
    #[arg(long, value_name = "CUSTOMERS")]
    search: Option<u32>,
    /// Search over this many conversations in place of customers
    #[arg(long, requires = "search", value_name = "CONVERSATIONS")]
    conversations: Option<u32>,
    /// How many messages each of them has
    #[arg(long, requires = "conversations", default_value_t = 5)]
    messages_each: u32,
    /// What to search on
    #[arg(long, requires = "search", value_enum, default_value = "both")]
    engine: search::Engine,
    /// Keep the databases that are searched, the file of SQLite in this folder, and use those of a run before
    #[arg(long, requires = "search", value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Only the searches with this in their names
    #[arg(long, requires = "search", value_name = "PART")]
    only: Option<String>,
    /// Offer writes beyond the capacity instead, these many times it
    #[arg(long, value_name = "FACTORS", value_delimiter = ',', requires = "server")]
    overload: Option<Vec<f64>>,
    /// Seconds each of those takes
    #[arg(long, requires = "overload", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Messages beside customers instead
    #[arg(long, requires = "server")]
    messages: bool,
    /// Bulk operations beside single ones instead
    #[arg(long, requires = "server")]
    bulk: bool,
    /// What visitors do instead
    #[arg(long, requires = "server")]
    tracking: bool,
    /// The Rust client beside this compiled program of the TypeScript client instead
    #[arg(long, value_name = "PROGRAM", requires = "server")]
    client: Option<PathBuf>,
    /// Call as the Rust client; the job is read from standard input
    #[arg(long, hide = true)]
    calls: bool,
    /// Three rounds of 0.6 s a cell instead of five of 3 s
    #[arg(long)]
    quick: bool,
    /// Customers of the large database [default: 1000000, with --quick 50000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    customers: Option<u64>,
    /// The PocketBase binary to measure beside
    #[arg(long, value_name = "BINARY")]
    pocketbase: Option<PathBuf>,
    /// The page that the numbers are written into
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// How the run was asked for, for the page
    #[arg(long, default_value = "kustodian-bench", hide = true)]
    command: String,
    /// Serve as the bare axum server at this address; the answer is read from standard input
    #[arg(long, hide = true)]
    floor: Option<SocketAddr>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(customers) = arguments.search {
        let Arguments { conversations, messages_each, engine, keep, only, .. } = arguments;
        let of = match conversations {
            Some(conversations) => search::Of::Conversations(conversations, messages_each),
            None => search::Of::Customers(customers),
        };
        return search::measure(&search::Plan { of, engine, keep, only });
    }
    if let Some(address) = arguments.floor {
        return floor::serve(address);
    }
    if arguments.calls {
        return client::call();
    }
    let kustodian = arguments.server.clone().context("--server is missing")?;
    if let Some(factors) = &arguments.overload {
        let time = Duration::from_secs(arguments.seconds);
        let plan = overload::Plan { kustodian: &kustodian, factors, time };
        return measure_overload(&plan, &arguments.command, arguments.page.as_deref());
    }
    if arguments.messages || arguments.bulk || arguments.tracking || arguments.client.is_some() {
        let (rounds, time) = if arguments.quick { (3, 600) } else { (5, 3_000) };
        let time = Duration::from_millis(time);
        let load = usage::load();
        let plan = messages::Plan { kustodian: &kustodian, rounds, time };
        let (tables, part) = match &arguments {
            Arguments { client: Some(typescript), .. } => {
                let plan = client::Plan { kustodian: &kustodian, typescript, rounds, time };
                (client::measure(&plan)?, &page::CLIENT)
            }
            Arguments { bulk: true, .. } => (bulk::measure(&plan)?, &page::BULK),
            Arguments { tracking: true, .. } => (tracking::measure(&plan, arguments.quick)?, &page::TRACKING),
            _ => (messages::measure(&plan)?, &page::MESSAGES),
        };
        let (command, machine) = (&arguments.command, machine(load));
        let measured = format!(
            "- Asked for with `{command}`: {rounds} rounds of {:.1} s a cell.\n- {machine}\n\n{tables}",
            time.as_secs_f64()
        );
        println!("\n{measured}");
        return arguments.page.map_or(Ok(()), |page| page::put(&page, part, &measured));
    }
    let (pocketbase, customers) = (arguments.pocketbase, arguments.customers);
    let plan = if arguments.quick {
        let (customers, time) = (customers.unwrap_or(50_000), Duration::from_millis(600));
        Plan { kustodian, pocketbase, customers, rounds: 3, time, rewritten: 3_000 }
    } else {
        let (customers, time) = (customers.unwrap_or(1_000_000), Duration::from_secs(3));
        Plan { kustodian, pocketbase, customers, rounds: 5, time, rewritten: 8_000 }
    };
    let load = usage::load();
    let report = run::run(&plan)?;
    let measured = page::measured(&report, &about(&plan, &arguments.command, load)?)?;
    println!("\n{measured}");
    match arguments.page {
        Some(page) => page::put(&page, &page::MEASURED, &measured),
        None => Ok(()),
    }
}

fn measure_overload(plan: &overload::Plan<'_>, command: &str, page: Option<&Path>) -> Result<()> {
    let machine = machine(usage::load());
    let table = overload::measure(plan)?;
    let seconds = plan.time.as_secs();
    let measured = format!("- Asked for with `{command}`: {seconds} s each.\n- {machine}\n\n{table}");
    println!("\n{measured}");
    page.map_or(Ok(()), |page| page::put(page, &page::OVERLOAD, &measured))
}

/// The machine, which had this load before.
fn machine(load: Option<f64>) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = load
        .map_or_else(String::new, |load| format!(", which had a load of {load:.1} from other work when the run began"));
    format!("{processors} processors ({} {}){load}.", std::env::consts::OS, std::env::consts::ARCH)
}

/// The programs of the run, and the machine.
fn about(plan: &Plan, command: &str, load: Option<f64>) -> Result<Vec<String>> {
    let first_line = |program: &str| {
        let told = Command::new(program).arg("--version").output().ok()?.stdout;
        String::from_utf8_lossy(&told).lines().next().map(str::to_owned)
    };
    let mut versions = vec![format!("SQLite {}", rusqlite::version())];
    versions.splice(0..0, ["rustc", "postgres", "pg_config"].into_iter().filter_map(first_line));
    versions.extend(plan.pocketbase.as_deref().map(pocketbase::version).transpose()?);
    Ok(vec![
        format!("Asked for with `{command}`: {} rounds of {:.1} s a cell.", plan.rounds, plan.time.as_secs_f64()),
        machine(load),
        format!("{}.", versions.join(", ")),
        format!("Bodies of {} bytes.", body::json(1_000_000).len()),
    ])
}
