//! What a customer that is erased was known by, which other records may hold.

use kustodian_core::feed::{HistoryQuery, Payload};
use kustodian_core::identities::Identities;
use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::refusal::Refusal;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::unavailable;
use crate::call::Call;

/// How many changes are read at a time.
const BATCH: u32 = 100;

/// The identities of a customer, by its record and by all changes of it; `None` when nothing is left of it.
pub(crate) async fn identities_of<E: Endpoint>(
    call: &Call<E>,
    customer: ObjectId,
) -> Result<Option<Identities>, Refusal> {
    let found = call.store().find(call.org(), Kind::Customer, customer).await.map_err(unavailable)?;
    let Some(stored) = found else { return Ok(None) };
    if missing::erased_at(&stored)?.is_some() {
        return Ok(None);
    }
    let mut identities = Identities::default();
    identities.add_customer(&stored.document)?;
    let mut from = 1;
    while from <= stored.rev {
        let query = HistoryQuery {
            kind: Kind::Customer,
            record: customer,
            from,
            to: stored.rev,
            descending: false,
            limit: BATCH,
            payload: Payload::Changes,
            bytes: crate::parts::HELD,
        };
        let events = call.store().history(call.org(), query).await.map_err(unavailable)?;
        let Some(last) = events.last() else { break };
        from = last.rev + 1;
        events.iter().filter_map(|event| event.changes.as_deref()).try_for_each(|it| identities.add_changes(it))?;
    }
    Ok(Some(identities))
}
