//! Where the bytes of attachments and media are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kustodian_core::files::{Files, FilesError};
use kustodian_store::{
    Carried, CheckError, FileFinding, FileFolder, KeptFile, carry_files, check_files, kept_files, kept_files_of_backup,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::S3Arguments;
use crate::failure::Failure;
use crate::progress::Report;

/// The folder of a database that has none of its own place, such as one on PostgreSQL.
const USUAL_FOLDER: &str = "kustodian.attachments";

/// The beginning of a place in S3-compatible storage.
const S3: &str = "s3://";

/// S3 copies no larger object in one request.
const LARGEST_IN_S3: u64 = 5 * 1024 * 1024 * 1024;

/// Where they are.
pub(crate) struct Attachments {
    pub(crate) files: Arc<dyn Files>,
    /// The largest file that fits there, in bytes.
    pub(crate) largest: u64,
    /// Where they are on this machine, and whether that was asked for.
    folder: Option<(PathBuf, bool)>,
    /// Of a database that is gone on exit.
    _passing: Option<TempDir>,
}

impl Attachments {
    /// Those of the database at `url`; in `given`, if that is set.
    ///
    /// # Errors
    /// When no folder can be made for a database that is gone on exit, or the storage refuses the access.
    pub(crate) async fn of(url: &str, given: Option<&Path>, s3: &S3Arguments) -> Result<Self, Failure> {
        if let Some(place) = given.and_then(Path::to_str).filter(|place| place.starts_with(S3)) {
            return Ok(Self { files: bucket(place, s3).await?, largest: LARGEST_IN_S3, folder: None, _passing: None });
        }
        let usual = match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(":memory:") => None,
            Some(path) => Some(PathBuf::from(format!("{}.attachments", path.split('?').next().unwrap_or(path)))),
            None => Some(PathBuf::from(USUAL_FOLDER)),
        };
        if let Some(folder) = given.map(Path::to_owned).or(usual) {
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let files = Arc::new(FileFolder::new(&folder));
            return Ok(Self { files, largest: u64::MAX, folder: Some((folder, given.is_some())), _passing: None });
        }
        let passing = tempfile::tempdir().map_err(|error| {
            Failure::new(format!("no folder can be made for attachments ({error}): set --attachments"))
        })?;
        let files = Arc::new(FileFolder::new(passing.path()));
        Ok(Self { files, largest: u64::MAX, folder: None, _passing: Some(passing) })
    }

    /// Whether files can be written to the folder. One that was asked for is made; the usual one is made with the first file.
    ///
    /// # Errors
    /// When no file can be written to a folder that was asked for, or that exists.
    pub(crate) fn check_folder(&self) -> Result<(), Failure> {
        let Some((folder, is_given)) = &self.folder else { return Ok(()) };
        if !is_given && !folder.exists() {
            return Ok(());
        }
        FileFolder::new(folder).try_out().map_err(|error| {
            Failure::new(format!(
                "no file can be written to {} ({error}): make it a folder that this user can write to, or name another \
                 one with --attachments (or KUSTODIAN_ATTACHMENTS)",
                folder.display()
            ))
        })
    }
}

/// The files in S3-compatible storage. Storage that does not answer now may answer later, and all else works meanwhile.
#[cfg(feature = "s3")]
async fn bucket(place: &str, s3: &S3Arguments) -> Result<Arc<dyn Files>, Failure> {
    use kustodian_s3::{Access, Bucket, Fault};

    let tls = kustodian_server::outgoing_tls();
    let tls = tls.map_err(|error| Failure::new(format!("the system names no certificates to trust ({error})")))?;
    let access = Access {
        endpoint: s3.s3_endpoint.clone(),
        region: s3.s3_region.clone(),
        access_key_id: s3.s3_access_key_id.clone(),
        secret_access_key: s3.s3_secret_access_key.clone(),
    };
    let bucket = Bucket::open(place, access, tls).map_err(|error| Failure::new(error.to_string()))?;
    match bucket.try_out().await {
        Ok(()) => {}
        Err(Fault::Refused(error)) => {
            let advice = "check the name of the bucket, --s3-endpoint, and the variables AWS_ACCESS_KEY_ID and \
                          AWS_SECRET_ACCESS_KEY";
            return Err(Failure::new(format!("the storage of attachments refuses the access ({error}): {advice}")));
        }
        Err(Fault::Failed(error)) => {
            tracing::warn!(%error, "the storage of attachments does not answer: files cannot be sent or read until it does");
        }
    }
    Ok(Arc::new(bucket))
}

#[cfg(not(feature = "s3"))]
async fn bucket(place: &str, _: &S3Arguments) -> Result<Arc<dyn Files>, Failure> {
    Err(Failure::new(format!("{place} cannot be used: this program was built without the feature s3")))
}

/// The folder beside a backup that holds its files.
pub(crate) fn of_backup(file: &Path) -> FileFolder {
    let mut name = file.as_os_str().to_owned();
    name.push(".attachments");
    FileFolder::new(Path::new(&name))
}

/// Carries the files that the database at `url` names from one place to another.
///
/// # Errors
/// When the database or a place cannot be read, or the other one not be written.
pub(crate) async fn carry(
    url: &str,
    from: &dyn Files,
    to: &dyn Files,
    report: &mut Report,
) -> Result<Carried, Failure> {
    let files = kept_files(url, &mut |progress| report.tell(progress)).await;
    carry_named(files, from, to, report).await
}

/// The same of a backup.
///
/// # Errors
/// As of [`carry`].
pub(crate) async fn carry_of_backup(
    backup: &Path,
    from: &dyn Files,
    to: &dyn Files,
    report: &mut Report,
) -> Result<Carried, Failure> {
    let files = kept_files_of_backup(backup, &mut |progress| report.tell(progress)).await;
    carry_named(files, from, to, report).await
}

async fn carry_named(
    files: Result<Vec<KeptFile>, CheckError>,
    from: &dyn Files,
    to: &dyn Files,
    report: &mut Report,
) -> Result<Carried, Failure> {
    let files = files.map_err(|error| Failure::new(error.to_string()))?;
    let carried = carry_files(from, to, &files, &mut |progress| report.tell(progress)).await;
    carried.map_err(|error| not_carried(&error))
}

/// Reads the files through that the database at `url` names.
///
/// # Errors
/// When the database or the place cannot be read.
pub(crate) async fn check(url: &str, place: &dyn Files, report: &mut Report) -> Result<Carried, Failure> {
    let files = kept_files(url, &mut |progress| report.tell(progress)).await;
    let files = files.map_err(|error| Failure::new(error.to_string()))?;
    let checked = check_files(place, &files, &mut |progress| report.tell(progress)).await;
    checked.map_err(|error| not_carried(&error))
}

fn not_carried(error: &FilesError) -> Failure {
    Failure::new(format!("attachments cannot be read or written: {error}"))
}

/// The copied data, for programs.
pub(crate) fn as_json(place: &dyn Files, carried: &Carried) -> Value {
    json!({ "folder": place.place(), "files": carried.files, "bytes": carried.bytes })
}

/// The copied data, for people; nothing where there are no files.
pub(crate) fn told(place: &dyn Files, carried: &Carried) -> Option<String> {
    let Carried { files, bytes, .. } = carried;
    (*files > 0).then(|| format!("{files} files of attachments and media with {bytes} bytes are in {}", place.place()))
}

/// Findings for programs.
pub(crate) fn listed(findings: &[FileFinding]) -> impl Iterator<Item = Value> {
    findings.iter().map(|finding| json!({ "finding": finding.word(), "message": finding.to_string() }))
}
