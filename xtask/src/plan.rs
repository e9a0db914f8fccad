//! What each operation sends to PostgreSQL, which a test of the API on PostgreSQL finds out.

use anyhow::Result;

use crate::postgres::Durability;
use crate::{postgres, process};

/// Prints it.
pub(crate) fn run() -> Result<()> {
    let server = postgres::provide(Durability::Passing)?;
    let print = ["--package", "kustodian", "--test", "api_postgres", "--", "--ignored", "--exact", "plan::print"];
    let printed = process::succeed(process::cargo().arg("test").args(print).arg("--nocapture"));
    drop(server);
    printed
}
