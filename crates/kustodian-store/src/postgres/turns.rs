//! Whose turn it is to change a record that several want to change at the same time.
//!
//! The database would let them wait, too, each on a connection of its own: one record that many change would take all
//! connections from all others. Here those of one server wait in order, without a connection; between servers the lock
//! of the record's row decides, as always.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kustodian_core::store::{OrgKey, StoreError};
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use super::failure::unavailable;
use kustodian_core::change::Name;

type Lock = Arc<tokio::sync::Mutex<()>>;

/// The records that are being changed under their locks.
#[derive(Default)]
pub(super) struct Turns {
    locks: Mutex<HashMap<(OrgKey, Name), Lock>>,
}

/// A turn. Dropped, it is the next one's.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    name: (OrgKey, Name),
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for a turn.
    ///
    /// # Errors
    /// When it has not come within `limit`.
    pub(super) async fn wait(&self, org: OrgKey, name: Name, limit: Duration) -> Result<Turn<'_>, StoreError> {
        let lock = self.with(|locks| Arc::clone(locks.entry((org, name)).or_default()));
        // Made first, so that nothing is left of those who stop waiting.
        let mut turn = Turn { turns: self, name: (org, name), guard: None };
        match timeout(limit, lock.lock_owned()).await {
            Ok(guard) => turn.guard = Some(guard),
            Err(_) => return Err(unavailable("others change the same record all the time")),
        }
        Ok(turn)
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<(OrgKey, Name), Lock>) -> T) -> T {
        work(&mut self.locks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.guard = None;
        self.turns.with(|locks| {
            // Nobody else has it, nor can get it now.
            if locks.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
                locks.remove(&self.name);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use kustodian_core::kind::Kind;
    use kustomer_api::ObjectId;

    use super::*;

    #[tokio::test]
    async fn turns_are_taken_one_after_the_other_and_nothing_is_left_of_them() {
        let (turns, short) = (Turns::default(), Duration::from_millis(1));
        let name = |number| (Kind::Customer, ObjectId::from_bytes([number; 12]));
        let first = turns.wait(OrgKey(1), name(1), short).await.unwrap();
        assert!(turns.wait(OrgKey(1), name(1), short).await.is_err());
        let others = [(OrgKey(1), name(2)), (OrgKey(2), name(1))];
        for (org, name) in others {
            drop(turns.wait(org, name, short).await.unwrap());
        }
        drop(first);
        drop(turns.wait(OrgKey(1), name(1), short).await.unwrap());
        assert_eq!(turns.with(|locks| locks.len()), 0);
    }
}
