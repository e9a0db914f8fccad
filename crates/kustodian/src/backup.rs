//! `kustodian backup`: the whole database as one file, while it is served.

use std::path::{Path, PathBuf};

use clap::Args;
use kustodian_store::{BackupOptions, Carried, FileFolder, back_up};
use serde_json::json;

use crate::arguments::{AttachmentsArguments, DatabaseArguments, OutputArguments};
use crate::attachments::{self, Attachments};
use crate::check::{ends, listed};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};
use crate::progress::{ProgressArguments, Report};

/// What to back up, and where to.
///
/// The backup is a SQLite file that needs no other, whichever engine the database is on, and can be restored into either.
/// It holds everything acknowledged before it began, is written under another name, opened and read through, and synced
/// before it gets its own. The files of attachments and media go into a folder beside it, FILE.attachments; those that are
/// there already are left as they are. Of a large PostgreSQL database pg_dump or continuous archiving is the faster backup.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// The file to write; it must not be there
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    attachments: AttachmentsArguments,
    /// Replace FILE when it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    progress: ProgressArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Backs up, and prints the content of the backup once it was read through.
///
/// # Errors
/// When the database or the file does not do; when the database is inconsistent, though the backup is
/// made then.
pub(crate) async fn run(arguments: BackupArguments) -> Result<(), Failure> {
    let BackupArguments { file, database, attachments, force, progress, output } = arguments;
    let url = database.database;
    let attachments = Attachments::of(&url, attachments.attachments.as_deref(), &attachments.s3).await?;
    let options = BackupOptions { replace: force, ..BackupOptions::default() };
    let mut report = progress.report();
    let made = back_up(&url, &file, options, &mut |progress| report.tell(progress)).await;
    let backup = made.map_err(|error| Failure::new(error.to_string()));
    let folder = attachments::of_backup(&file);
    let carried = match &backup {
        Ok(backup) if !backup.is_outdated => carry(&attachments, &file, &folder, &mut report).await.map(Some),
        _ => Ok(None),
    };
    report.end(backup.is_ok() && carried.is_ok());
    let (backup, carried) = (backup?, carried?.unwrap_or_default());
    let mut findings = listed(&backup.checked.findings);
    findings.extend(attachments::listed(&carried.findings));
    match output.output {
        Output::Json => print_json(&json!({
            "file": file.display().to_string(),
            "bytes": backup.bytes,
            "tables": tables_as_json(&backup.tables),
            "orgs": ends(&backup.checked),
            "attachments": attachments::as_json(&folder, &carried),
            "findings": findings,
        }))?,
        Output::Table => {
            print_tables(&backup.tables)?;
            attachments::told(&folder, &carried).map_or(Ok(()), |told| print(&told))?;
        }
    }
    if let Some(first) = carried.findings.first() {
        return Err(Failure::new(format!(
            "{} is whole, but {first}, unless it was redacted meanwhile: see kustodian check",
            file.display()
        )));
    }
    match backup.checked.findings.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(format!(
            "{} is a true copy, but the database does not agree with itself ({first}): kustodian check lists all",
            file.display()
        ))),
    }
}

/// Carries the files that a backup names.
async fn carry(
    attachments: &Attachments,
    file: &Path,
    folder: &FileFolder,
    report: &mut Report,
) -> Result<Carried, Failure> {
    attachments::carry_of_backup(file, &*attachments.files, folder, report).await
}

/// The rows of each table, for programs.
pub(crate) fn tables_as_json(tables: &[(&'static str, u64)]) -> serde_json::Value {
    tables.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect()
}

/// The rows of each table, for people.
pub(crate) fn print_tables(tables: &[(&'static str, u64)]) -> Result<(), Failure> {
    print_table(&["TABLE", "ROWS"], tables.iter().map(|(table, rows)| vec![(*table).to_owned(), rows.to_string()]))
}
