//! The SLAs that an org measures its conversations by, and the teams of its users, as writes of conversations ask for them: kept
//! for a second, so that what another server changes counts within that time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kustodian_core::claim::ClaimKind;
use kustodian_core::default;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::sla::{InForce, MAX_IN_FORCE};
use kustodian_core::store::{ListQuery, OrgKey, Start, Store};
use kustomer_api::Endpoint;

use crate::answer::unavailable;
use crate::call::{Act, Call};
use crate::paging::FULL;

/// How long they are trusted without asking the database.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many orgs are remembered; beyond it all are forgotten, which costs one look-up each.
const MAX_REMEMBERED: usize = 10_000;

/// The SLAs of orgs, as they were read a moment ago.
#[derive(Default)]
pub(crate) struct Slas {
    known: RwLock<HashMap<OrgKey, (Instant, Arc<InForce>)>>,
}

impl Slas {
    /// The SLAs of an org.
    ///
    /// # Errors
    /// 503 or 500 when the database cannot answer.
    pub(crate) async fn in_force(&self, store: &dyn Store, org: OrgKey) -> Result<Arc<InForce>, Refusal> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&org).cloned();
        if let Some((_, in_force)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) {
            return Ok(in_force);
        }
        let since = Instant::now();
        let in_force = Arc::new(find_in_force(store, org).await?);
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_REMEMBERED {
            all.clear();
        }
        all.insert(org, (since, Arc::clone(&in_force)));
        Ok(in_force)
    }

    /// Forgets the cached SLAs, so that the next request of this server uses the changed ones.
    pub(crate) fn forget(&self, org: OrgKey) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }
}

/// How many teams of an org are read, the oldest ones.
const MAX_TEAMS: u32 = 1_000;

async fn find_in_force(store: &dyn Store, org: OrgKey) -> Result<InForce, Refusal> {
    let key = default::key(org, ClaimKind::DefaultSchedule);
    let mut in_force = InForce::default();
    for document in oldest(store, org, Kind::Sla, MAX_IN_FORCE).await? {
        in_force.add(&document)?;
    }
    for document in oldest(store, org, Kind::Team, MAX_TEAMS).await? {
        in_force.add_team(&document)?;
    }
    if !in_force.is_empty() {
        let schedule = store.find_by_claim(org, Kind::Schedule, key).await.map_err(unavailable)?;
        if let Some(schedule) = schedule.filter(|schedule| !schedule.deleted) {
            in_force.work_by(&schedule.document)?;
        }
    }
    Ok(in_force)
}

/// The oldest records of a kind that are not deleted, so many at most.
async fn oldest(store: &dyn Store, org: OrgKey, kind: Kind, mut left: u32) -> Result<Vec<String>, Refusal> {
    let mut documents = Vec::new();
    let mut start = Start::Offset(0);
    while left > 0 {
        let query = ListQuery { start, ..ListQuery::of(kind, left, FULL) };
        let found = store.list(org, query).await.map_err(unavailable)?.records;
        let Some(last) = found.last().map(|last| last.id) else { break };
        start = Start::after(last);
        left = left.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        documents.extend(found.into_iter().map(|stored| stored.document));
    }
    Ok(documents)
}

/// Who acts, with the SLAs that measure conversations and the teams of users.
///
/// # Errors
/// 503 or 500 when the database cannot answer.
pub(crate) async fn act<E: Endpoint>(call: &Call<E>) -> Result<Act, Refusal> {
    let in_force = call.app().slas.in_force(call.store(), call.org()).await?;
    Ok(call.act().measured_by(in_force))
}
