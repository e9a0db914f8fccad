//! Builds what is measured, then measures it.

use anyhow::Result;

use crate::workspace::Metadata;
use crate::{postgres, process};

/// What else than requests is measured.
#[derive(clap::Subcommand)]
pub(crate) enum What {
    /// Searches over many customers, on SQLite and, where there is one, PostgreSQL
    Search {
        /// How many customers
        #[arg(long, default_value_t = 100_000)]
        customers: u32,
    },
}

/// Builds the release of what measures something else, and runs it.
pub(crate) fn run_other(what: &What) -> Result<()> {
    let What::Search { customers } = what;
    process::succeed(process::cargo().args(["build", "--release", "-p", "kustodian-bench"]))?;
    let metadata = Metadata::load()?;
    let mut bench = process::program(metadata.binary("release", "kustodian-bench"));
    process::succeed(bench.arg("--search").arg(customers.to_string()))
}

/// Builds the release server and the load generator, and runs the one against the other.
pub(crate) fn run(quick: bool) -> Result<()> {
    process::succeed(process::cargo().args(["build", "--release", "-p", "kustodian", "-p", "kustodian-bench"]))?;
    let metadata = Metadata::load()?;
    // It ends with this run.
    let _server = match postgres::provide() {
        Ok(server) => server,
        Err(error) => {
            println!("==> PostgreSQL: left out, there is none: {}", error.root_cause());
            None
        }
    };
    let mut bench = process::program(metadata.binary("release", "kustodian-bench"));
    bench.arg("--server").arg(metadata.binary("release", "kustodian"));
    if quick {
        bench.arg("--quick");
    }
    process::succeed(&mut bench)
}
