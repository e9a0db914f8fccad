//! Whether a database agrees with itself: its file, its records, what they claim, how many there are, and their events.
//!
//! Everything is read in one snapshot where the engine gives one, while servers go on.

mod claims;
mod failure;
pub(crate) mod file;
mod finding;
mod records;

use std::path::{Path, PathBuf};

use kustodian_core::change::Kind;

use self::claims::Claimed;
pub use self::failure::CheckError;
pub use self::finding::Finding;
use self::finding::Findings;
use crate::address::Address;
use crate::apart::work_apart;
use crate::copy::{CopyProgress, CopyStep, Source};

/// Reads the whole database at `url`, and lists what does not agree in it: nothing when all is well, at most some 200
/// findings, the last of which then says that there is more. Changes nothing.
///
/// # Errors
/// When the database is not there, cannot be opened, or has an older schema.
pub async fn check(url: &str, tell: &mut (dyn FnMut(CopyProgress) + Send)) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Findings::default();
    let mut source: Box<dyn Source> = match Address::parse(url)? {
        Address::Memory => return Err(CheckError::Temporary),
        Address::File(path) if !path.exists() => return Err(CheckError::NoDatabase { path }),
        Address::File(path) => {
            if let Some(words) = file::unreadable(&path) {
                return Ok(vec![Finding::Damage { words }]);
            }
            if !crate::sqlite::pending_migrations(&path)?.is_empty() {
                return Err(CheckError::Outdated);
            }
            findings = look_at_file(path.clone(), true, tell).await?;
            if findings.have_damage() {
                // What else it holds cannot be told from what was damaged.
                return Ok(findings.into_list());
            }
            Box::new(crate::sqlite::Archive::read(path).await?)
        }
        Address::Postgres(url) => Box::new(crate::postgres::Archive::read(&url).await?),
    };
    let mut claimed = Claimed::sums();
    for kind in Kind::ALL {
        records::look_at(kind, &mut *source, &mut claimed, &mut findings, tell).await?;
    }
    claims::look_at(&mut *source, &claimed, &mut findings, tell).await?;
    Ok(findings.into_list())
}

/// Reads every page of a file, whatever its schema.
pub(crate) async fn read_whole(
    path: &Path,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Vec<Finding>, CheckError> {
    Ok(look_at_file(path.to_owned(), false, tell).await?.into_list())
}

async fn look_at_file(
    path: PathBuf,
    is_current: bool,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Findings, CheckError> {
    let work = move |tell: &dyn Fn(CopyProgress)| {
        let mut findings = Findings::default();
        let progress = |done| CopyProgress { step: CopyStep::Verify, table: "pages", done, total: 1 };
        tell(progress(0));
        file::look_at(&path, &mut findings)?;
        if is_current && !findings.have_damage() {
            file::count(&path, &mut findings)?;
        }
        tell(progress(1));
        Ok(findings)
    };
    let stopped = |reason: String| CheckError::Failed { what: "the work on the file".to_owned(), reason };
    work_apart(work, tell).await.map_err(|error| stopped(error.to_string()))?
}
