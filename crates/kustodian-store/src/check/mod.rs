//! Whether a database agrees with itself: its file, its records, their claims, counts, search rows and events; and
//! whether what visitors did is of somebody.
//!
//! Everything is read in one snapshot where the engine gives one, while servers continue.

mod claims;
mod failure;
pub(crate) mod file;
mod finding;
pub(crate) mod index;
mod records;
mod tracking;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kustodian_core::kind::Kind;

use self::claims::Claimed;
pub use self::failure::CheckError;
pub use self::finding::Finding;
use self::finding::Findings;
use crate::address::Address;
use crate::apart::work_apart;
use crate::copy::{CopyProgress, CopyStep, Source};
use crate::verify::{VerifiedOrg, verify};

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// What does not agree: nothing when all is well, at most some 200 findings, the last of which then says that there
    /// is more.
    pub findings: Vec<Finding>,
    /// Each org with the end of its chain of events; none when the file is damaged.
    pub orgs: Vec<VerifiedOrg>,
    /// Whether values that were erased may still be on the disk: whichever server serves the database next takes them
    /// off it.
    pub is_scrub_wanted: bool,
}

/// Reads the whole database at `url`, and lists what does not agree in it. Changes nothing.
///
/// # Errors
/// When the database is not there, cannot be opened, or has an older schema.
pub async fn check(url: &str, tell: &mut (dyn FnMut(CopyProgress) + Send)) -> Result<Checked, CheckError> {
    look_through(url, true, tell).await
}

/// The same; with the index, or without, as it can be rebuilt.
pub(crate) async fn look_through(
    url: &str,
    with_index: bool,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Checked, CheckError> {
    let mut findings = Findings::default();
    let mut totals = None;
    let is_scrub_wanted;
    crate::refuse_lone_log(url)?;
    let mut source: Box<dyn Source> = match Address::parse(url)? {
        Address::Memory => return Err(CheckError::Temporary),
        Address::File(path) if !path.exists() => return Err(CheckError::NoDatabase { path }),
        Address::File(path) => {
            if let Some(words) = file::unreadable(&path) {
                return Ok(Checked { findings: vec![Finding::Damage { words }], ..Checked::default() });
            }
            if !crate::sqlite::pending_migrations(&path)?.is_empty() {
                return Err(CheckError::Outdated);
            }
            findings = look_at_file(path.clone(), true, tell).await?;
            if findings.have_damage() {
                // Its other content cannot be distinguished from damaged content.
                return Ok(Checked { findings: findings.into_list(), ..Checked::default() });
            }
            let mut archive = crate::sqlite::Archive::read(path).await?;
            is_scrub_wanted = archive.is_scrub_wanted().await?;
            if with_index {
                index::note_all(archive.compare_index(tell).await?, &mut findings);
            }
            Box::new(archive)
        }
        Address::Postgres(url) => {
            let mut archive = crate::postgres::Archive::read(&url).await?;
            is_scrub_wanted = archive.is_scrub_wanted().await?;
            totals = Some(archive.totals().await?);
            if with_index {
                index::note_all(archive.compare_index(tell).await?, &mut findings);
            }
            Box::new(archive)
        }
    };
    let mut claimed = Claimed::sums();
    for kind in Kind::ALL {
        let live = records::look_at(kind, &mut *source, &mut claimed, &mut findings, tell).await?;
        if let Some(totals) = &mut totals {
            count(kind, &live, totals, &mut findings);
        }
    }
    claims::look_at(&mut *source, &claimed, &mut findings, tell).await?;
    tracking::look_at(&mut *source, &mut findings, tell).await?;
    drop(source);
    let orgs = follow_events(url, &mut findings, tell).await?;
    Ok(Checked { findings: findings.into_list(), orgs, is_scrub_wanted })
}

/// Compares the totals that lists answer with the counted records.
fn count(kind: Kind, live: &BTreeMap<i64, i64>, totals: &mut BTreeMap<(i64, String), i64>, findings: &mut Findings) {
    let told = totals.iter().filter(|((_, named), _)| named == kind.as_str());
    let mut both: BTreeMap<i64, (i64, i64)> = told.map(|((org, _), told)| (*org, (*told, 0))).collect();
    for (org, there) in live {
        both.entry(*org).or_default().1 = *there;
    }
    for (org, (told, there)) in both.into_iter().filter(|(_, (told, there))| told != there) {
        findings.note(Finding::Count { org, kind: kind.as_str().to_owned(), told, there });
    }
}

async fn follow_events(
    url: &str,
    findings: &mut Findings,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Vec<VerifiedOrg>, CheckError> {
    let verified = verify(url, None, &mut |progress| tell(progress.into())).await?;
    verified.findings.into_iter().for_each(|event| findings.note(Finding::Event(event)));
    Ok(verified.orgs)
}

/// Reads every page of a file, whatever its schema.
pub(crate) async fn read_whole(
    path: &Path,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Checked, CheckError> {
    let findings = look_at_file(path.to_owned(), false, tell).await?.into_list();
    Ok(Checked { findings, ..Checked::default() })
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
