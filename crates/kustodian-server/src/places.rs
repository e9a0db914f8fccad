//! Places that orgs share: for requests in flight, for those who wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kustodian_core::share::Shares;
use kustodian_core::store::OrgKey;

/// A number of places.
#[derive(Clone)]
pub(crate) struct Places(Arc<Mutex<Shares<OrgKey>>>);

/// A place, until dropped.
pub(crate) struct Held {
    places: Places,
    org: OrgKey,
}

impl Places {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares::new(limit))))
    }

    /// A place for an org, if there is one for it now.
    pub(crate) fn take(&self, org: OrgKey) -> Option<Held> {
        self.lock().take(org).then(|| Held { places: self.clone(), org })
    }

    fn lock(&self) -> MutexGuard<'_, Shares<OrgKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.places.lock().give_back(self.org);
    }
}
