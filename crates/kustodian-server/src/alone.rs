//! Who changes a record alone. A change that nobody else is about to make of the same record is decided beside the writer
//! and committed if the record is unchanged; others wait for its lock, as each would find that it has moved on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

type Key = (OrgKey, ObjectId);

/// The records that requests of this server are changing, and how many.
#[derive(Default)]
pub(crate) struct Alone(Mutex<HashMap<Key, usize>>);

impl Alone {
    /// Counts one more who changes a record, for as long as the answer is held.
    pub(crate) fn enter(&self, org: OrgKey, id: ObjectId) -> Entered<'_> {
        let key = (org, id);
        let mut changing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = changing.entry(key).or_default();
        *count += 1;
        Entered { of: self, key, is_alone: *count == 1 }
    }
}

/// One who changes a record.
pub(crate) struct Entered<'a> {
    of: &'a Alone,
    key: Key,
    /// Whether nobody else was changing it.
    pub(crate) is_alone: bool,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut changing = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = changing.entry(self.key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_changed_alone_once_everybody_before_is_done() {
        let alone = Alone::default();
        let (record, other) = (ObjectId::from_bytes([1; 12]), ObjectId::from_bytes([2; 12]));
        let first = alone.enter(OrgKey(1), record);
        let second = alone.enter(OrgKey(1), record);
        assert!(first.is_alone && !second.is_alone);
        assert!(alone.enter(OrgKey(1), other).is_alone && alone.enter(OrgKey(2), record).is_alone);
        drop(first);
        assert!(!alone.enter(OrgKey(1), record).is_alone);
        drop(second);
        assert!(alone.enter(OrgKey(1), record).is_alone);
        assert_eq!(alone.0.lock().unwrap().len(), 0);
    }
}
