//! The statements that create the table of a kind: the beginning of a migration of each engine.

use anyhow::Result;

use crate::process;

/// Prints them.
pub(crate) fn run(kind: &str) -> Result<()> {
    let print = ["run", "--quiet", "--package", "kustodian-store", "--example", "ddl", "--", kind];
    let printed = process::output(process::cargo().args(print))?;
    print!("{}", String::from_utf8_lossy(&printed));
    Ok(())
}
