//! Whether a change set can be committed: the one decision that every engine takes, and that a rehearsal takes without
//! committing.

use std::collections::HashMap;

use kustomer_api::ObjectId;

use crate::change::{ChangeSet, Name, Narrowed, Put};
use crate::claim::ClaimKey;
use crate::store::{CommitError, Stored};

/// The first conflict of `changes` with the stored data: a put that expects another revision, then an asserted record that
/// is not there, then a list that must be empty and is not, then a claim that another record holds. Each put sees those
/// before it, and claims are taken after this change set's own are given up.
///
/// `stored_state` gives the state of a stored record, `stored_owner` the record that holds a claim, `is_empty` whether a
/// list has no record.
pub fn conflict(
    changes: &ChangeSet,
    stored_state: impl Fn(Name) -> Option<State>,
    stored_owner: impl Fn(ClaimKey) -> Option<ObjectId>,
    is_empty: impl Fn(&Narrowed) -> bool,
) -> Option<CommitError> {
    let stored_rev = |name| stored_state(name).map(|state| state.rev);
    stale_put(&changes.puts, stored_rev)
        .or_else(|| missing(&changes.asserts, &stored_state))
        .or_else(|| filled(&changes.empties, is_empty))
        .or_else(|| held_claim(changes, stored_owner))
}

/// The parts of a stored record that a conflict depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Its revision.
    pub rev: u64,
    /// Whether it is deleted.
    pub deleted: bool,
}

impl From<&Stored> for State {
    fn from(stored: &Stored) -> Self {
        Self { rev: stored.rev, deleted: stored.deleted }
    }
}

/// The first record that is asserted and not there.
fn missing(asserts: &[Name], stored_state: impl Fn(Name) -> Option<State>) -> Option<CommitError> {
    let is_missing = |name: &&Name| stored_state(**name).is_none_or(|state| state.deleted);
    asserts.iter().find(is_missing).map(|&(kind, id)| CommitError::Stale { kind, id })
}

/// The first list that must be empty and is not.
fn filled(empties: &[Narrowed], is_empty: impl Fn(&Narrowed) -> bool) -> Option<CommitError> {
    empties.iter().find(|list| !is_empty(list)).map(|list| CommitError::NotEmpty { kind: list.kind })
}

fn stale_put(puts: &[Put], stored_rev: impl Fn(Name) -> Option<u64>) -> Option<CommitError> {
    let mut written: HashMap<Name, u64> = HashMap::new();
    puts.iter().find_map(|put| {
        let name = (put.kind, put.id);
        let rev = written.get(&name).copied().or_else(|| stored_rev(name));
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
