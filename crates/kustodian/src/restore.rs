//! `kustodian restore`: a backup made a database again.

use std::path::PathBuf;

use clap::Args;
use kustodian_store::{BackupOptions, restore};
use serde_json::json;

use crate::arguments::{DatabaseArguments, OutputArguments};
use crate::backup::{print_tables, tables_as_json};
use crate::check::{ends, listed};
use crate::configuration;
use crate::failure::Failure;
use crate::output::{Output, print, print_json};
use crate::progress::Report;

/// What to restore, and where to.
///
/// The database must be empty or, for a SQLite file, not there; stop its server first. The backup is read through
/// before anything is put in place, and brought to the form this version needs.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup to read; it is not changed
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    /// Also where a SQLite file holds records: that is kept beside it, with .replaced-1 behind its name
    #[arg(long)]
    force: bool,
    /// Also when records, identities and events in FILE do not agree with each other
    #[arg(long)]
    despite_findings: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// Restores, and prints what is in the database now.
///
/// # Errors
/// When the file is no backup or damaged, or the database holds something or is served.
pub(crate) async fn run(arguments: RestoreArguments, settings: configuration::File) -> Result<(), Failure> {
    let RestoreArguments { file, database, force, despite_findings, output } = arguments;
    let url = settings.database(database);
    let options = BackupOptions { replace: force, despite_findings };
    let mut report = Report::new();
    let made = restore(&file, &url, options, &mut |progress| report.tell(progress)).await;
    report.end(made.is_ok());
    let restored = made.map_err(|error| Failure::new(error.to_string()))?;
    let aside = restored.aside.map(|path| path.display().to_string());
    match output.output {
        Output::Json => print_json(&json!({
            "tables": tables_as_json(&restored.tables),
            "aside": aside,
            "indexRebuilt": restored.is_index_rebuilt,
            "orgs": ends(&restored.checked),
            "findings": listed(&restored.checked.findings),
        })),
        Output::Table => {
            print_tables(&restored.tables)?;
            restored.checked.findings.iter().try_for_each(|finding| print(&finding.to_string()))?;
            if restored.is_index_rebuilt {
                print("the search index of the backup did not agree with its customers: it was rebuilt")?;
            }
            aside.map_or(Ok(()), |path| print(&format!("what was there before is {path} now")))
        }
    }
}
