//! `kustodian check`: whether a database agrees with itself.

use clap::Args;
use kustodian_store::{Carried, Checked, Finding, VerifiedOrg, check};
use serde_json::{Value, json};

use crate::arguments::{AttachmentsArguments, DatabaseArguments, OutputArguments};
use crate::attachments::{self, Attachments};
use crate::failure::Failure;
use crate::output::{Output, print, print_json};
use crate::progress::ProgressArguments;

/// The line about a scrub that is still to come. It is no disagreement, and needs no one to act.
const SCRUB_PENDING: &str = "values that were erased may still be on the disk: the server of this database removes them \
     from it, tries again while something is in the way, and names that in its log";

/// What to check.
///
/// Reads everything and changes nothing, also while servers continue: the file itself (SQLite), records against their
/// documents, identities against the records that hold them, the counts, the search entries of customers, every event
/// back to the first, and the files of attachments and media. The exit code is 1 when something was found, one line each.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    attachments: AttachmentsArguments,
    #[command(flatten)]
    progress: ProgressArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Checks, and prints the result.
///
/// # Errors
/// When the database cannot be read, or something was found.
pub(crate) async fn run(arguments: CheckArguments) -> Result<(), Failure> {
    let CheckArguments { database, attachments, progress, output } = arguments;
    let url = database.database;
    let place = Attachments::of(&url, attachments.attachments.as_deref(), &attachments.s3).await?.files;
    let mut report = progress.report();
    let checked = check(&url, &mut |progress| report.tell(progress)).await;
    let checked = checked.map_err(|error| Failure::new(error.to_string()));
    let files = match &checked {
        // The names in a damaged database are not known.
        Ok(checked) if !checked.findings.iter().any(Finding::is_damage) => {
            attachments::check(&url, &*place, &mut report).await
        }
        _ => Ok(Carried::default()),
    };
    report.end(checked.is_ok() && files.is_ok());
    let (checked, files) = (checked?, files?);
    let mut all = listed(&checked.findings);
    all.extend(attachments::listed(&files.findings));
    let findings = &checked.findings;
    match output.output {
        Output::Json => print_json(&json!({
            "orgs": ends(&checked), "findings": all, "attachments": attachments::as_json(&*place, &files), "scrubPending": checked.is_scrub_wanted,
        }))?,
        Output::Table if all.is_empty() => print("nothing was found: the database agrees with itself")?,
        Output::Table => {
            findings.iter().try_for_each(|finding| print(&finding.to_string()))?;
            files.findings.iter().try_for_each(|finding| print(&finding.to_string()))?;
        }
    }
    if checked.is_scrub_wanted && output.output == Output::Table {
        print(SCRUB_PENDING)?;
    }
    match findings.len() {
        0 if files.findings.is_empty() => Ok(()),
        0 => Err(Failure::new(format!(
            "{} found, all about files of attachments: put the files into {} from a backup, or name the right place with \
             --attachments",
            files.findings.len(),
            place.place()
        ))),
        found if findings.iter().all(Finding::is_of_index) => Err(Failure::new(format!(
            "{found} found, all in the search index: stop the servers and rebuild it with kustodian reindex"
        ))),
        found => Err(Failure::new(format!(
            "{found} found: keep the database as it is, and restore a backup from before with: kustodian restore FILE"
        ))),
    }
}

/// Findings for programs.
pub(crate) fn listed(findings: &[Finding]) -> Vec<Value> {
    findings.iter().map(|finding| json!({ "finding": finding.word(), "message": finding.to_string() })).collect()
}

/// The end of each org's chain of events, for programs: kept elsewhere, it shows later whether events were rewritten.
pub(crate) fn ends(checked: &Checked) -> Vec<Value> {
    let end = |org: &VerifiedOrg| json!({ "org": org.name, "position": org.position, "link": org.link.to_string() });
    checked.orgs.iter().map(end).collect()
}
