//! Who waits for a turn.

use std::collections::VecDeque;

use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

use super::Who;

/// A queue that is served org by org, each by its credentials in turn.
pub(super) struct Queue<T> {
    orgs: VecDeque<OfOrg<T>>,
}

struct OfOrg<T> {
    org: OrgKey,
    keys: VecDeque<OfKey<T>>,
}

struct OfKey<T> {
    key: Option<ObjectId>,
    waiting: VecDeque<(u64, T)>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { orgs: VecDeque::new() }
    }
}

impl<T> Queue<T> {
    pub(super) fn push(&mut self, who: Who, ticket: u64, item: T) {
        let at = self.orgs.iter().position(|of| of.org == who.org).unwrap_or_else(|| {
            self.orgs.push_back(OfOrg { org: who.org, keys: VecDeque::new() });
            self.orgs.len() - 1
        });
        let Some(OfOrg { keys, .. }) = self.orgs.get_mut(at) else { return };
        let waiting = VecDeque::from([(ticket, item)]);
        match keys.iter_mut().find(|of| of.key == who.key) {
            Some(of) => of.waiting.extend(waiting),
            None => keys.push_back(OfKey { key: who.key, waiting }),
        }
    }

    /// The next of those orgs that have a rank: of the lowest, and of several such the one that was served longest ago.
    pub(super) fn pop<R: Ord>(&mut self, rank: impl Fn(OrgKey) -> Option<R>) -> Option<(OrgKey, T)> {
        let ranked = self.orgs.iter().enumerate().filter_map(|(at, of)| Some((rank(of.org)?, at)));
        let (_, at) = ranked.min()?;
        let mut of_org = self.orgs.remove(at)?;
        let mut of_key = of_org.keys.pop_front()?;
        let (_, item) = of_key.waiting.pop_front()?;
        // Behind the others.
        if !of_key.waiting.is_empty() {
            of_org.keys.push_back(of_key);
        }
        let org = of_org.org;
        if !of_org.keys.is_empty() {
            self.orgs.push_back(of_org);
        }
        Some((org, item))
    }

    pub(super) fn remove(&mut self, who: Who, ticket: u64) -> Option<T> {
        let at = self.orgs.iter().position(|of| of.org == who.org)?;
        let of_org = self.orgs.get_mut(at)?;
        let of_key = of_org.keys.iter_mut().find(|of| of.key == who.key)?;
        let place = of_key.waiting.iter().position(|(of, _)| *of == ticket)?;
        let (_, item) = of_key.waiting.remove(place)?;
        of_org.keys.retain(|of| !of.waiting.is_empty());
        if of_org.keys.is_empty() {
            self.orgs.remove(at);
        }
        Some(item)
    }

    pub(super) fn waiting_of(&self, who: Who) -> usize {
        let of_org = self.orgs.iter().find(|of| of.org == who.org);
        let of_key = of_org.and_then(|of| of.keys.iter().find(|of| of.key == who.key));
        of_key.map_or(0, |of| of.waiting.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn who(org: i64, key: u8) -> Who {
        Who { org: OrgKey(org), key: Some(ObjectId::from_bytes([key; 12])) }
    }

    proptest! {
        #[test]
        fn a_queue_gives_each_once_and_no_org_twice_before_another_that_waits(
            pushed in prop::collection::vec((0i64..4, 0u8..3), 1..60),
        ) {
            let mut queue = Queue::default();
            for (ticket, (org, key)) in pushed.iter().enumerate() {
                queue.push(who(*org, *key), ticket as u64, ticket);
            }
            let mut left = pushed.len();
            let mut since: std::collections::HashMap<i64, usize> = Default::default();
            let mut seen = std::collections::HashSet::new();
            while let Some((org, ticket)) = queue.pop(|_| Some(0)) {
                prop_assert!(seen.insert(ticket));
                left -= 1;
                for (other, passed) in &mut since {
                    *passed = if *other == org.0 { 0 } else { *passed + 1 };
                }
                since.entry(org.0).or_insert(0);
                for (other, passed) in &since {
                    let waits = pushed.iter().enumerate().any(|(ticket, (of, _))| of == other && !seen.contains(&ticket));
                    prop_assert!(!waits || *passed < 4, "{other} was passed over {passed} times");
                }
            }
            prop_assert_eq!(left, 0);
        }
    }
}
