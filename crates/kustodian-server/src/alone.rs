//! Who changes a record alone. A change that nobody else is about to make of the same record is decided beside the writer
//! and committed if the record is still what it was; others wait for its lock, as each would find that it has moved on.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

type Key = (OrgKey, ObjectId);

/// The records that requests of this server are changing.
#[derive(Default)]
pub(crate) struct Alone(Mutex<HashSet<Key>>);

impl Alone {
    /// Leave to change a record without its lock, for as long as the answer is held; `None` when somebody has it.
    pub(crate) fn enter(&self, org: OrgKey, id: ObjectId) -> Option<Entered<'_>> {
        let key = (org, id);
        let is_alone = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        is_alone.then_some(Entered { of: self, key })
    }
}

/// Leave to change a record without its lock.
pub(crate) struct Entered<'a> {
    of: &'a Alone,
    key: Key,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.of.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_changed_by_one_alone_and_by_the_next_after_it() {
        let alone = Alone::default();
        let (record, other) = (ObjectId::from_bytes([1; 12]), ObjectId::from_bytes([2; 12]));
        let first = alone.enter(OrgKey(1), record);
        assert!(first.is_some() && alone.enter(OrgKey(1), record).is_none());
        assert!(alone.enter(OrgKey(1), other).is_some() && alone.enter(OrgKey(2), record).is_some());
        drop(first);
        assert!(alone.enter(OrgKey(1), record).is_some());
    }
}
