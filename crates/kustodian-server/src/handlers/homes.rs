//! Erasing what a record owns: in batches, so that no transaction grows with what there is, and so that whoever is stopped
//! in the middle goes on by asking again.

use kustodian_core::change::ChangeSet;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::CommitError;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::unavailable;
use crate::call::Call;
use crate::handlers::plain;

/// How many records are erased in one transaction.
const BATCH: u32 = 32;

/// Erases every record that has this home, deleted ones included.
pub(crate) async fn erase_owned<E: Endpoint>(call: &Call<E>, home: ObjectId) -> Result<(), Refusal> {
    for kind in Kind::with_homes() {
        let mut after = None;
        while let Some(last) = erase_batch(call, kind, home, after).await? {
            after = Some(last);
        }
    }
    Ok(())
}

/// Erases the next records after one; the last of them, or `None` when there are no more.
async fn erase_batch<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    home: ObjectId,
    after: Option<ObjectId>,
) -> Result<Option<ObjectId>, Refusal> {
    let act = call.act();
    for _ in 0..plain::ATTEMPTS {
        let found = call.store().list_at_home(call.org(), kind, home, after, BATCH).await.map_err(unavailable)?;
        let Some(last) = found.last().map(|last| last.id) else { return Ok(None) };
        let mut changes = ChangeSet::default();
        for stored in &found {
            if let Some(erased) = kind.erase(&act.context(), stored, call.next_event())? {
                changes.merge(erased);
            }
        }
        if changes.puts.is_empty() {
            return Ok(Some(last));
        }
        match call.commit(changes).await {
            Ok(_) => return Ok(Some(last)),
            Err(CommitError::Stale { .. }) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}
