//! Whether everything that happened is still there as it was written.
//!
//! One snapshot of the database is read, which may be served meanwhile. First every org's chain is followed: an edit, an
//! insertion, a removal or a change of order anywhere breaks it. Then every record is followed back through its events:
//! each revision, rebuilt from the record as it is now, must have the digest that its event keeps; erased data must
//! be reported by a later event. Memory does not grow with the number of events.
//!
//! Somebody who can write the whole database can also make a whole new chain. Against that helps a position and its link
//! kept elsewhere, from an earlier time: they are expected to be met.

pub(crate) mod cells;
mod chain;
mod finding;
mod histories;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use kustodian_core::chain::{Link, genesis};
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;

use self::cells::{Placed, Told};
use self::chain::Chains;
pub use self::finding::{Discrepancy, Problem, Verification, VerifiedOrg, Where};
use self::histories::Walk;
use crate::address::Address;
use crate::copy::table::Row;
use crate::copy::{CopyProgress, CopyStep};
use crate::failure::OpenError;

/// How many events are read at a time.
pub(crate) const EVENTS: usize = 1_000;

/// The progress of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// The verified part.
    pub step: VerifyStep,
    /// Events done.
    pub done: u64,
    /// Events there are, about.
    pub total: u64,
}

/// A verified part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyStep {
    /// The chains of the orgs.
    Chains,
    /// The histories of the records.
    Histories,
}

impl From<VerifyProgress> for CopyProgress {
    /// The same in the terms of all work on a whole database.
    fn from(progress: VerifyProgress) -> Self {
        let VerifyProgress { step, done, total } = progress;
        let table = match step {
            VerifyStep::Chains => "chains",
            VerifyStep::Histories => "histories",
        };
        Self { step: CopyStep::Verify, table, done, total }
    }
}

/// Why nothing was verified. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The URL names a temporary database.
    #[error("a temporary database cannot be verified: name a file or a postgres:// URL")]
    Temporary,
    /// The file is not there.
    #[error("there is no database {} to verify: name another", path.display())]
    Missing {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Read(#[from] crate::copy::CopyError),
}

/// What of a snapshot is verified. Rows are raw: whatever is there is given.
#[async_trait]
pub(crate) trait Audited: Send {
    /// The orgs: key, name.
    async fn orgs(&mut self) -> Result<BTreeMap<i64, String>, Unread>;
    /// Where the database says that chains end: org → position, link.
    async fn heads(&mut self) -> Result<BTreeMap<i64, (i64, Option<Link>)>, Unread>;
    /// How many events wait for a position, by org.
    async fn waiting(&mut self) -> Result<BTreeMap<i64, u64>, Unread>;
    /// About how many events there are.
    async fn events(&mut self) -> Result<u64, Unread>;
    /// The next rows of [`cells::CHAIN`], by org and position.
    async fn chain(&mut self, after: Option<Row>) -> Result<Vec<Row>, Unread>;
    /// The next rows of [`cells::HISTORIES`], each record's events together, newest first.
    async fn histories(&mut self, after: Option<Row>) -> Result<Vec<Row>, Unread>;
    /// Revisions and documents of records, of those that are there: (org, id) → (rev, document).
    async fn documents(&mut self, kind: Kind, names: Vec<RecordName>) -> Result<Documents, Unread>;
    /// Some of the revisions of records that no event is about, at most `limit`: org, id, rev.
    async fn untold(&mut self, kind: Kind, limit: usize) -> Result<Vec<(i64, String, i64)>, Unread>;
    /// Some of the events that have no position and do not wait for one, at most `limit`: org, kind, record, rev.
    async fn unchained(&mut self, limit: usize) -> Result<Vec<(i64, String, String, i64)>, Unread>;
}

type Unread = crate::copy::CopyError;

/// Org and id.
pub(crate) type RecordName = (i64, String);

/// Revisions and documents of records.
pub(crate) type Documents = HashMap<RecordName, (i64, String)>;

/// Verifies the database at `url`: see the module. `expect` is a position and its link that some org's chain must have.
/// `progress` is called between pages.
///
/// # Errors
/// When the database cannot be opened or read. A rewritten event is no error: it is among the findings.
pub async fn verify(
    url: &str,
    expect: Option<(u64, Link)>,
    progress: &mut (dyn FnMut(VerifyProgress) + Send),
) -> Result<Verification, VerifyError> {
    crate::refuse_lone_log(url)?;
    let mut snapshot: Box<dyn Audited> = match Address::parse(url)? {
        Address::Memory => return Err(VerifyError::Temporary),
        Address::File(path) if !path.exists() => return Err(VerifyError::Missing { path }),
        Address::File(path) => Box::new(crate::sqlite::Archive::read(path).await?),
        Address::Postgres(url) => Box::new(crate::postgres::Archive::read(&url).await?),
    };
    let mut told = Verification::default();
    let total = snapshot.events().await?;
    let chains = follow_chains(&mut *snapshot, expect, total, &mut told, progress).await?;
    follow_histories(&mut *snapshot, total, &mut told, progress).await?;
    let names = snapshot.orgs().await?;
    let waiting = snapshot.waiting().await?;
    for org in chains.ends.keys().filter(|org| !names.contains_key(org)) {
        told.add(Discrepancy { org: *org, at: Where::Position(1), problem: Problem::NoOrg });
    }
    told.orgs = names
        .into_iter()
        .map(|(key, name)| {
            let (position, link) = chains.ends.get(&key).copied().unwrap_or_else(|| (0, genesis(OrgKey(key))));
            let position = u64::try_from(position).unwrap_or_default();
            VerifiedOrg { key, name, position, link, waiting: waiting.get(&key).copied().unwrap_or_default() }
        })
        .collect();
    Ok(told)
}

async fn follow_chains(
    snapshot: &mut dyn Audited,
    expect: Option<(u64, Link)>,
    total: u64,
    told: &mut Verification,
    progress: &mut (dyn FnMut(VerifyProgress) + Send),
) -> Result<Chains, VerifyError> {
    let mut chains = Chains::new(expect);
    let (mut after, mut done) = (None, 0);
    loop {
        progress(VerifyProgress { step: VerifyStep::Chains, done, total: total.max(done) });
        let rows = snapshot.chain(after.take()).await?;
        if rows.is_empty() {
            break;
        }
        done += rows.len() as u64;
        rows.iter().filter_map(Placed::read).for_each(|event| chains.follow(&event, told));
        after = rows.into_iter().next_back();
    }
    chains.end(&snapshot.heads().await?, told);
    for (org, kind, record, rev) in snapshot.unchained(finding::FINDINGS).await? {
        told.add(Discrepancy { org, at: Where::Revision { kind, record, rev }, problem: Problem::Unchained });
    }
    Ok(chains)
}

async fn follow_histories(
    snapshot: &mut dyn Audited,
    total: u64,
    told: &mut Verification,
    progress: &mut (dyn FnMut(VerifyProgress) + Send),
) -> Result<(), VerifyError> {
    let mut walk: Option<Walk> = None;
    let mut after = None;
    loop {
        progress(VerifyProgress { step: VerifyStep::Histories, done: told.events, total: total.max(told.events) });
        let rows = snapshot.histories(after.take()).await?;
        let page: Vec<Told> = rows.iter().filter_map(Told::read).collect();
        let mut documents = documents_of(snapshot, &page).await?;
        after = rows.into_iter().next_back();
        if after.is_none() {
            break;
        }
        for event in page {
            let is_next = walk.as_ref().is_some_and(|walk| walk.is_of(&event));
            if !is_next && let Some(walk) = walk.take() {
                walk.end(told);
            }
            let now =
                if is_next { None } else { documents.remove(&(event.kind.clone(), event.org, event.record.clone())) };
            let now = now.filter(|(rev, _)| *rev == event.rev).map(|(_, document)| document);
            walk = Some(Walk::follow(walk, event, now, told));
        }
    }
    if let Some(walk) = walk {
        walk.end(told);
    }
    for kind in Kind::ALL {
        for (org, record, rev) in snapshot.untold(kind, finding::FINDINGS).await? {
            let at = Where::Revision { kind: kind.as_str().to_owned(), record, rev };
            told.add(Discrepancy { org, at, problem: Problem::Untold });
        }
    }
    Ok(())
}

/// The records whose newest events may be in this page, by kind, org and id.
async fn documents_of(
    snapshot: &mut dyn Audited,
    page: &[Told],
) -> Result<HashMap<(String, i64, String), (i64, String)>, VerifyError> {
    let mut documents = HashMap::new();
    for kind in Kind::ALL {
        let mut names: Vec<RecordName> = page
            .iter()
            .filter(|event| event.kind() == Some(kind))
            .map(|event| (event.org, event.record.clone()))
            .collect();
        names.dedup();
        if names.is_empty() {
            continue;
        }
        for ((org, id), found) in snapshot.documents(kind, names).await? {
            documents.insert((kind.as_str().to_owned(), org, id), found);
        }
    }
    Ok(documents)
}
