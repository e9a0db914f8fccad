//! The statements that create the table of a kind, the beginning of a migration of each engine; and what all migrations of
//! SQLite lead to, which a new file takes at once.

use anyhow::Result;

use crate::process;

/// Prints the statements of a kind, or writes the schema of new files.
pub(crate) fn run(kind: Option<&str>) -> Result<()> {
    let run = ["run", "--quiet", "--package", "kustodian-store", "--example"];
    let Some(kind) = kind else { return process::succeed(process::cargo().args(run).arg("newest")) };
    let printed = process::output(process::cargo().args(run).args(["ddl", "--", kind]))?;
    print!("{}", String::from_utf8_lossy(&printed));
    Ok(())
}
