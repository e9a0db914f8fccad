//! Where the bytes of attachments and media are.

use std::path::{Path, PathBuf};

use kustodian_core::files::Files as _;
use kustodian_store::{Carried, CheckError, FileFinding, FileFolder, KeptFile, kept_files, kept_files_of_backup};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::progress::Report;

/// The folder of a database that has none of its own place, such as one on PostgreSQL.
const USUAL_FOLDER: &str = "kustodian.attachments";

/// The folder that holds them.
pub(crate) struct Attachments {
    pub(crate) folder: FileFolder,
    /// Of a database that is gone on exit.
    _passing: Option<TempDir>,
}

impl Attachments {
    /// Those of the database at `url`; in `given`, if that is set.
    ///
    /// # Errors
    /// When no folder can be made for a database that is gone on exit.
    pub(crate) fn of(url: &str, given: Option<&Path>) -> Result<Self, Failure> {
        let usual = match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(":memory:") => None,
            Some(path) => Some(PathBuf::from(format!("{}.attachments", path.split('?').next().unwrap_or(path)))),
            None => Some(PathBuf::from(USUAL_FOLDER)),
        };
        if let Some(folder) = given.map(Path::to_owned).or(usual) {
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            return Ok(Self { folder: FileFolder::new(&folder), _passing: None });
        }
        let passing = tempfile::tempdir().map_err(|error| {
            Failure::new(format!("no folder can be made for attachments ({error}): set --attachments"))
        })?;
        Ok(Self { folder: FileFolder::new(passing.path()), _passing: Some(passing) })
    }
}

/// The folder beside a backup that holds its files.
pub(crate) fn of_backup(file: &Path) -> FileFolder {
    let mut name = file.as_os_str().to_owned();
    name.push(".attachments");
    FileFolder::new(Path::new(&name))
}

/// Carries the files that the database at `url` names from one folder to another.
///
/// # Errors
/// When the database or a folder cannot be read, or the other one not be written.
pub(crate) async fn carry(
    url: &str,
    from: &FileFolder,
    to: &FileFolder,
    report: &mut Report,
) -> Result<Carried, Failure> {
    let files = kept_files(url, &mut |progress| report.tell(progress)).await;
    carry_files(files, from, to, report).await
}

/// The same of a backup.
///
/// # Errors
/// As of [`carry`].
pub(crate) async fn carry_of_backup(
    backup: &Path,
    from: &FileFolder,
    to: &FileFolder,
    report: &mut Report,
) -> Result<Carried, Failure> {
    let files = kept_files_of_backup(backup, &mut |progress| report.tell(progress)).await;
    carry_files(files, from, to, report).await
}

async fn carry_files(
    files: Result<Vec<KeptFile>, CheckError>,
    from: &FileFolder,
    to: &FileFolder,
    report: &mut Report,
) -> Result<Carried, Failure> {
    let files = files.map_err(|error| Failure::new(error.to_string()))?;
    let carried = from.carry(to, files, &mut |progress| report.tell(progress)).await;
    carried.map_err(|error| not_carried(to, &error))
}

/// Reads the files through that the database at `url` names.
///
/// # Errors
/// When the database or the folder cannot be read.
pub(crate) async fn check(url: &str, folder: &FileFolder, report: &mut Report) -> Result<Carried, Failure> {
    let files = kept_files(url, &mut |progress| report.tell(progress)).await;
    let files = files.map_err(|error| Failure::new(error.to_string()))?;
    let checked = folder.check(files, &mut |progress| report.tell(progress)).await;
    checked.map_err(|error| not_carried(folder, &error))
}

fn not_carried(folder: &FileFolder, error: &std::io::Error) -> Failure {
    Failure::new(format!("the attachments in {} cannot be read or written ({error})", folder.place()))
}

/// The copied data, for programs.
pub(crate) fn as_json(folder: &FileFolder, carried: &Carried) -> Value {
    json!({ "folder": folder.place(), "files": carried.files, "bytes": carried.bytes })
}

/// The copied data, for people; nothing where there are no files.
pub(crate) fn told(folder: &FileFolder, carried: &Carried) -> Option<String> {
    let Carried { files, bytes, .. } = carried;
    (*files > 0).then(|| format!("{files} files of attachments and media with {bytes} bytes are in {}", folder.place()))
}

/// Findings for programs.
pub(crate) fn listed(findings: &[FileFinding]) -> impl Iterator<Item = Value> {
    findings.iter().map(|finding| json!({ "finding": finding.word(), "message": finding.to_string() }))
}
