//! Whether a change set can be committed: the one decision that every engine takes, and that a rehearsal takes without
//! committing.

use std::collections::HashMap;

use kustomer_api::ObjectId;

use crate::change::{ChangeSet, Put};
use crate::claim::ClaimKey;
use crate::kind::Kind;
use crate::store::CommitError;

/// The first conflict of `changes` with what is stored: a put that expects another revision, then a claim that another
/// record holds. Each put sees those before it, and claims are taken after this change set's own are given up.
///
/// `stored_rev` gives the revision of a stored record, `stored_owner` the record that holds a claim.
pub fn conflict(
    changes: &ChangeSet,
    stored_rev: impl Fn(Kind, ObjectId) -> Option<u64>,
    stored_owner: impl Fn(ClaimKey) -> Option<ObjectId>,
) -> Option<CommitError> {
    stale_put(&changes.puts, stored_rev).or_else(|| held_claim(changes, stored_owner))
}

fn stale_put(puts: &[Put], stored_rev: impl Fn(Kind, ObjectId) -> Option<u64>) -> Option<CommitError> {
    let mut written: HashMap<(Kind, ObjectId), u64> = HashMap::new();
    puts.iter().find_map(|put| {
        let name = (put.kind, put.id);
        let rev = written.get(&name).copied().or_else(|| stored_rev(put.kind, put.id));
        written.insert(name, put.rev);
        (rev != put.expects).then_some(CommitError::Stale { kind: put.kind, id: put.id })
    })
}

fn held_claim(changes: &ChangeSet, stored_owner: impl Fn(ClaimKey) -> Option<ObjectId>) -> Option<CommitError> {
    let is_freed =
        |key: ClaimKey, owner: ObjectId| changes.frees.iter().any(|free| free.key == key && free.owner == owner);
    let mut taken: HashMap<ClaimKey, ObjectId> = HashMap::new();
    changes.claims.iter().find_map(|claim| {
        let stored = || stored_owner(claim.key).filter(|owner| !is_freed(claim.key, *owner));
        let holder = taken.get(&claim.key).copied().or_else(stored);
        taken.insert(claim.key, holder.unwrap_or(claim.owner));
        let holder = holder.filter(|holder| *holder != claim.owner)?;
        Some(CommitError::Claimed { claim: *claim, holder })
    })
}
