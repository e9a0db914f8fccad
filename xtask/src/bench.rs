//! Builds what is measured, then measures it.

use anyhow::Result;

use crate::workspace::Metadata;
use crate::{postgres, process};

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
