//! `kustodian copy`: a whole database carried to another engine, or another place.

use std::path::PathBuf;

use clap::Args;
use kustodian_store::{Carried, CopiedTable, CopyOptions, copy};
use serde_json::{Value, json};

use crate::arguments::{OutputArguments, S3Arguments};
use crate::attachments::{self, Attachments};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};
use crate::progress::ProgressArguments;

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
    /// Continue an interrupted copy; after a complete one, carry the changes since
    #[arg(long)]
    resume: bool,
    /// The folder, or `s3://BUCKET/PREFIX`, with the files of attachments and media of the database to read [default: the
    /// name of a SQLite file with .attachments appended; else kustodian.attachments in the working directory]
    #[arg(long, value_name = "PLACE")]
    attachments_from: Option<PathBuf>,
    /// The place to carry them to [default: likewise]
    #[arg(long, value_name = "PLACE")]
    attachments_to: Option<PathBuf>,
    #[command(flatten)]
    s3: S3Arguments,
    #[command(flatten)]
    progress: ProgressArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Copies, and prints the tables once both sides were found equal.
///
/// # Errors
/// When a database is faulty, the target is not suitable, or the sides differ in the end.
pub(crate) async fn run(arguments: CopyArguments) -> Result<(), Failure> {
    let CopyArguments { from, to, resume, attachments_from, attachments_to, s3, progress, output } = arguments;
    let source = Attachments::of(&from, attachments_from.as_deref(), &s3).await?.files;
    let target = Attachments::of(&to, attachments_to.as_deref(), &s3).await?.files;
    let mut report = progress.report();
    let copied = copy(&from, &to, CopyOptions { resume }, &mut |progress| report.tell(progress)).await;
    let tables = copied.map_err(|error| Failure::new(error.to_string()));
    let carried = match &tables {
        Ok(_) => attachments::carry(&to, &*source, &*target, &mut report).await,
        Err(_) => Ok(Carried::default()),
    };
    report.end(tables.is_ok() && carried.is_ok());
    let (tables, carried) = (tables?, carried?);
    match output.output {
        Output::Json => print_json(&tables.iter().map(as_json).collect::<Vec<_>>())?,
        Output::Table => {
            print_table(&["TABLE", "ROWS", "CHECKSUM"], tables.into_iter().map(row))?;
            attachments::told(&*target, &carried).map_or(Ok(()), |told| print(&told))?;
        }
    }
    match carried.findings.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(format!(
            "the database is copied, but {first}: name the places with --attachments-from and --attachments-to, and continue \
             with --resume"
        ))),
    }
}

fn as_json(table: &CopiedTable) -> Value {
    json!({ "table": table.name, "rows": table.rows, "checksum": table.checksum })
}

fn row(table: CopiedTable) -> Vec<String> {
    vec![table.name.to_owned(), table.rows.to_string(), table.checksum]
}
