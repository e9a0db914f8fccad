//! `kustodian copy`: a whole database carried to another engine, or another place.

use clap::Args;
use kustodian_store::{CopiedTable, CopyOptions, copy};
use serde_json::{Value, json};

use crate::arguments::OutputArguments;
use crate::failure::Failure;
use crate::output::{Output, print_json, print_table};
use crate::progress::Report;

/// What to copy.
#[derive(Debug, Args)]
pub(crate) struct CopyArguments {
    /// The database to read, also while a server works on it: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, env = "KUSTODIAN_COPY_FROM", hide_env_values = true, value_name = "URL")]
    from: String,
    /// The database to fill: empty or, with --resume, one that a copy of the same source was begun in. No server may
    /// write it before the last pass
    #[arg(long, env = "KUSTODIAN_COPY_TO", hide_env_values = true, value_name = "URL")]
    to: String,
    /// Go on with a copy that was interrupted; after one that was not, carry what was added or changed since
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// Copies, and prints the tables once both sides were found equal.
///
/// # Errors
/// When a database does not do, the target is not what it must be, or the sides differ in the end.
pub(crate) async fn run(arguments: CopyArguments) -> Result<(), Failure> {
    let CopyArguments { from, to, resume, output } = arguments;
    let mut report = Report::new();
    let copied = copy(&from, &to, CopyOptions { resume }, &mut |progress| report.tell(progress)).await;
    report.end(copied.is_ok());
    let tables = copied.map_err(|error| Failure::new(error.to_string()))?;
    match output.output {
        Output::Json => print_json(&tables.iter().map(as_json).collect::<Vec<_>>()),
        Output::Table => print_table(&["TABLE", "ROWS", "CHECKSUM"], tables.into_iter().map(row)),
    }
}

fn as_json(table: &CopiedTable) -> Value {
    json!({ "table": table.name, "rows": table.rows, "checksum": table.checksum })
}

fn row(table: CopiedTable) -> Vec<String> {
    vec![table.name.to_owned(), table.rows.to_string(), table.checksum]
}
