//! How many of a limited number of places one holder may take, so that the others find some too.

use std::collections::HashMap;
use std::hash::Hash;

/// Places that holders, orgs say, take from one number. A holder alone may take seven eighths of them. The last eighth
/// is kept for holders below their fair share, and the last quarter of that for those that have hardly any.
#[derive(Debug)]
pub struct Shares<K> {
    limit: usize,
    taken: usize,
    holders: HashMap<K, usize>,
}

/// What part of the places is kept for holders below their fair share.
const KEPT: usize = 8;

/// What part is kept for holders that have no more than [`FEW`] of all places.
const KEPT_FOR_FEW: usize = 32;

/// What part of the places counts as hardly any.
const FEW: usize = 64;

impl<K: Copy + Eq + Hash> Shares<K> {
    /// So many places, all free.
    pub fn new(limit: usize) -> Self {
        Self { limit, taken: 0, holders: HashMap::new() }
    }

    /// Takes a place, if there is one for this holder.
    pub fn take(&mut self, holder: K) -> bool {
        let has_room = self.taken < self.room(holder);
        if has_room {
            self.taken += 1;
            *self.holders.entry(holder).or_default() += 1;
        }
        has_room
    }

    /// Gives a place back that was taken.
    pub fn give_back(&mut self, holder: K) {
        let Some(held) = self.holders.get_mut(&holder) else { return };
        *held -= 1;
        self.taken -= 1;
        if *held == 0 {
            self.holders.remove(&holder);
        }
    }

    /// How many places are taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// How many places there are.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Changes the number of places. Taken places stay taken.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// How many places may be taken in all before this holder gets none.
    fn room(&self, holder: K) -> usize {
        let held = self.holders.get(&holder).copied().unwrap_or_default();
        let others = self.holders.len() - usize::from(held > 0);
        // Divided among the holder, the others, and one that may come.
        let fair = self.limit / (others + 2);
        if held < (self.limit / FEW).max(1) {
            self.limit
        } else if held < fair {
            self.limit - self.limit / KEPT_FOR_FEW
        } else {
            self.limit - self.limit / KEPT
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take_all(shares: &mut Shares<u8>, holder: u8) -> usize {
        (0..).take_while(|_| shares.take(holder)).count()
    }

    #[test]
    fn one_holder_leaves_an_eighth_to_the_others_and_those_some_to_the_next() {
        let mut shares = Shares::new(1_024);
        assert_eq!(take_all(&mut shares, 1), 896);
        assert_eq!(take_all(&mut shares, 2), 96);
        assert_eq!(take_all(&mut shares, 3), 16);
        assert_eq!(take_all(&mut shares, 4), 16);
        assert_eq!((take_all(&mut shares, 5), shares.taken()), (0, 1_024));
    }

    #[test]
    fn two_holders_that_both_want_all_end_with_their_shares() {
        let mut shares = Shares::new(1_024);
        take_all(&mut shares, 1);
        take_all(&mut shares, 2);
        // A finished value is for any waiting holder; the first holder asks first.
        for _ in 0..2_000 {
            shares.give_back(1);
            let _ = shares.take(1) || shares.take(2);
        }
        let held = [1, 2].map(|holder| shares.holders.get(&holder).copied().unwrap_or_default());
        assert!(held.iter().all(|held| *held >= 1_024 / 3), "{held:?}");
    }

    #[test]
    fn a_few_places_are_shared_too() {
        for limit in 1..10 {
            let mut shares = Shares::new(limit);
            assert!(take_all(&mut shares, 1) > 0, "{limit}");
        }
        assert_eq!(take_all(&mut Shares::new(1), 1), 1);
    }

    proptest! {
        #[test]
        fn never_more_are_taken_than_there_are_and_all_come_back(
            limit in 0usize..200,
            steps in prop::collection::vec((0u8..6, any::<bool>()), 0..400),
        ) {
            let mut shares = Shares::new(limit);
            let mut held = Vec::new();
            for (holder, gives) in steps {
                match (gives, held.iter().position(|other| *other == holder)) {
                    (true, Some(at)) => {
                        shares.give_back(held.swap_remove(at));
                    }
                    _ if shares.take(holder) => held.push(holder),
                    _ => {}
                }
                prop_assert!(shares.taken() == held.len() && held.len() <= limit);
            }
            held.drain(..).for_each(|holder| shares.give_back(holder));
            prop_assert_eq!(shares.taken(), 0);
            prop_assert!(shares.holders.is_empty());
        }
    }
}
