//! What every org has one of. It is made when it is first asked for; of several who make it at the same time one does, by
//! the claim that it holds.

use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::claim::ClaimKind;
use kustodian_core::customer::Context;
use kustodian_core::default;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Stored};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::unavailable;
use crate::call::Call;
use crate::handlers::plain;

/// How the first one is made.
pub(crate) type Make = fn(&Context<'_>, ObjectId, EventSeed) -> Result<ChangeSet, Refusal>;

/// The default; `None` where there is none yet and nothing is to be stored.
pub(crate) async fn find<E: Endpoint>(call: &Call<E>, claim: ClaimKind, make: Make) -> Result<Option<Stored>, Refusal> {
    let (store, key) = (call.store(), default::key(call.org(), claim));
    for _ in 0..plain::ATTEMPTS {
        let found = store.find_by_claim(call.org(), claim.kind(), key).await.map_err(unavailable)?;
        let found = found.filter(|found| !found.deleted);
        if found.is_some() || call.is_rehearsal() || call.app().settings.read_only {
            return Ok(found);
        }
        let changes = make(&call.act().context(), call.next_id(), call.next_event())?;
        match store.commit(call.org(), changes).await {
            Ok(_) | Err(CommitError::Claimed { .. } | CommitError::Stale { .. }) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}
