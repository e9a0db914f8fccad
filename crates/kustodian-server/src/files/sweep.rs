//! Looks now and then for bytes that are left over: those that a server received in part before it was killed, those that
//! are noted to be removed, and those that no record names.

use std::sync::Arc;
use std::time::Duration;

use kustodian_core::files::{FileName, FilesError};
use kustodian_core::store::StoreError;

use super::removal::{PREFIX, forget, named_by, remove};
use crate::app::App;

/// How often.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// How old bytes that no record names must be to be removed without a note, in seconds. Who puts an older database in the
/// place of another has so long to see that bytes are newer than it.
const GRACE: u64 = 24 * 3_600;

/// How many files are checked before others have their turn.
const STEP: usize = 100;
const REST: Duration = Duration::from_millis(20);

/// Why a sweep ended before it was through.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sweeps as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        match sweep(&app).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "bytes that were left over were removed"),
            Err(error) => tracing::warn!(%error, "bytes that are left over are looked for again later"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// How many files were removed.
async fn sweep(app: &App) -> Result<usize, Stop> {
    if !app.files.files.is_used().await {
        return Ok(0);
    }
    let mut removed = app.files.files.remove_unfinished().await?;
    let orgs = app.services.directory.list_orgs().await?;
    for note in app.services.store.list_notes(PREFIX).await? {
        let Some(FileName { org, sum }) = named_by(&note) else { continue };
        let Some(org) = orgs.iter().find(|found| found.id == org) else { continue };
        if remove(app, org, sum).await {
            forget(app, &note).await;
        }
    }
    for org in &orgs {
        let mut after = None;
        loop {
            let listed = app.files.files.list(org.id, after, STEP).await?;
            let Some(last) = listed.last() else { break };
            after = Some(last.sum);
            for file in listed.iter().filter(|file| file.age >= GRACE) {
                let name = FileName { org: org.id, sum: file.sum };
                remove(app, org, file.sum).await;
                removed += usize::from(app.files.files.length(name).await?.is_none());
            }
            tokio::time::sleep(REST).await;
        }
    }
    Ok(removed)
}
