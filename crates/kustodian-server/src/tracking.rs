//! Removes what visitors did once it is too old, and windows that are over: some of it at a time, beside the requests.
//! Several servers of one database may do so at once; they find less to do.

use std::time::Duration;

use kustodian_core::metadata::Window;
use kustodian_core::store::StoreError;
use kustodian_core::tracking::Retention;
use kustomer_api::Timestamp;

use crate::app::Services;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(60);

/// How long others have their turn between two steps.
const PAUSE: Duration = Duration::from_millis(50);

/// How many steps are gone for one org before the next has its turn.
const STEPS: usize = 100;

/// How long the events of an unknown visitor are kept: a week, or less.
const UNIDENTIFIED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Works as long as the server runs.
pub(crate) async fn run(services: Services, retention: Duration) {
    loop {
        if let Err(error) = sweep(&services, retention).await {
            tracing::debug!(%error, "what visitors did is swept later");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn sweep(services: &Services, retention: Duration) -> Result<(), StoreError> {
    let now = services.clock.now();
    let before = |age: Duration| {
        let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(now.as_millis().saturating_sub(millis))
    };
    let old = Retention { before: before(retention), unidentified_before: before(retention.min(UNIDENTIFIED)) };
    for org in services.directory.list_orgs().await? {
        for _ in 0..STEPS {
            if !services.store.sweep_tracked(org.key, old).await? {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    for note in services.store.list_notes(Window::ALL).await? {
        if Window::read(&note).is_some_and(|window| !window.is_open(now)) {
            services.store.replace_note(&note, None).await?;
        }
    }
    Ok(())
}
