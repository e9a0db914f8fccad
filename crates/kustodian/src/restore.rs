//! `kustodian restore`: a backup made a database again.

use std::path::PathBuf;

use clap::Args;
use kustodian_core::files::Files as _;
use kustodian_store::{BackupOptions, Carried, restore};
use serde_json::json;

use crate::arguments::{AttachmentsArguments, DatabaseArguments, OutputArguments};
use crate::attachments::{self, Attachments};
use crate::backup::{print_tables, tables_as_json};
use crate::check::{ends, listed};
use crate::failure::Failure;
use crate::output::{Output, print, print_json};
use crate::progress::ProgressArguments;

/// What to restore, and where to.
///
/// The database must be empty or, for a SQLite file, not there; stop its server first. The backup is read through
/// before anything is put in place, and brought to the form this version needs. The files of attachments and media are
/// carried from the folder FILE.attachments.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup to read; it is not changed
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    attachments: AttachmentsArguments,
    /// Also where a SQLite file holds records: that is kept beside it, with .replaced-1 behind its name
    #[arg(long)]
    force: bool,
    /// Also when records, identities and events in FILE do not agree with each other
    #[arg(long)]
    despite_findings: bool,
    #[command(flatten)]
    progress: ProgressArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Restores, and prints the content of the database.
///
/// # Errors
/// When the file is no backup or damaged, or the database holds something or is served.
pub(crate) async fn run(arguments: RestoreArguments) -> Result<(), Failure> {
    let RestoreArguments { file, database, attachments, force, despite_findings, progress, output } = arguments;
    let url = database.database;
    let target = Attachments::of(&url, attachments.attachments.as_deref(), &attachments.s3).await?.files;
    let options = BackupOptions { replace: force, despite_findings };
    let mut report = progress.report();
    let made = restore(&file, &url, options, &mut |progress| report.tell(progress)).await;
    let restored = made.map_err(|error| Failure::new(error.to_string()));
    let carried = match &restored {
        Ok(_) => attachments::carry(&url, &attachments::of_backup(&file), &*target, &mut report).await,
        Err(_) => Ok(Carried::default()),
    };
    report.end(restored.is_ok() && carried.is_ok());
    let (restored, carried) = (restored?, carried?);
    let mut findings = listed(&restored.checked.findings);
    findings.extend(attachments::listed(&carried.findings));
    let aside = restored.aside.map(|path| path.display().to_string());
    match output.output {
        Output::Json => print_json(&json!({
            "tables": tables_as_json(&restored.tables),
            "aside": aside,
            "indexRebuilt": restored.is_index_rebuilt,
            "orgs": ends(&restored.checked),
            "attachments": attachments::as_json(&*target, &carried),
            "findings": findings,
        }))?,
        Output::Table => {
            print_tables(&restored.tables)?;
            restored.checked.findings.iter().try_for_each(|finding| print(&finding.to_string()))?;
            if restored.is_index_rebuilt {
                print("the search index of the backup did not agree with its customers: it was rebuilt")?;
            }
            attachments::told(&*target, &carried).map_or(Ok(()), |told| print(&told))?;
            aside.map_or(Ok(()), |path| print(&format!("the former database is {path} now")))?;
        }
    }
    match carried.findings.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(format!(
            "the database is restored, but {first}: put the folder {} of the backup beside it, or its files into {}",
            attachments::of_backup(&file).place(),
            target.place()
        ))),
    }
}
