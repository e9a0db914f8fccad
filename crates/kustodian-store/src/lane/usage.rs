//! How much time each org has used of a lane, which decides whose turn is next.

use std::collections::HashMap;
use std::time::Duration;

use kustodian_core::store::OrgKey;

/// The time that orgs have used, counted from that of the org served last. An org that returns after a pause has no
/// more of it to its credit than that one has, and none that it used is held against it for longer than `most`.
pub(super) struct Usage {
    /// The time that the org served last had used by then.
    served: Duration,
    /// What those have used that used more than that.
    used: HashMap<OrgKey, Duration>,
    /// How much more an org is said to have used than the one served last, at most.
    most: Duration,
}

impl Usage {
    pub(super) fn new(most: Duration) -> Self {
        Self { served: Duration::ZERO, used: HashMap::new(), most }
    }

    /// What an org has used.
    pub(super) fn of(&self, org: OrgKey) -> Duration {
        self.used.get(&org).copied().unwrap_or(self.served)
    }

    /// An org is served.
    pub(super) fn serve(&mut self, org: OrgKey) {
        self.served = self.of(org);
        self.used.retain(|_, used| *used > self.served);
    }

    /// An org has used some more.
    pub(super) fn add(&mut self, org: OrgKey, time: Duration) {
        let used = (self.of(org) + time).min(self.served + self.most);
        if used > self.served {
            self.used.insert(org, used);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::Who;
    use super::super::queue::Queue;
    use super::*;

    /// Orgs whose turns take so many milliseconds and who always wait for two more: who was served, in order.
    fn served(turns: &[u64], most: Duration, count: usize) -> Vec<OrgKey> {
        let (mut queue, mut usage) = (Queue::default(), Usage::new(most));
        let orgs: BTreeMap<OrgKey, u64> = (0..).map(OrgKey).zip(turns.iter().copied()).collect();
        let who = |org| Who { org, key: None };
        orgs.keys().for_each(|org| (0..2).for_each(|_| queue.push(who(*org), 0, ())));
        let mut served = Vec::new();
        while served.len() < count {
            let (org, ()) = queue.pop(|org| Some(usage.of(org))).unwrap();
            usage.serve(org);
            usage.add(org, Duration::from_millis(orgs[&org]));
            queue.push(who(org), 0, ());
            served.push(org);
        }
        served
    }

    proptest! {
        #[test]
        fn orgs_that_always_wait_get_the_same_time(turns in prop::collection::vec(1..1_000_u64, 1..6)) {
            let longest = *turns.iter().max().unwrap();
            let mut used = vec![0; turns.len()];
            for org in served(&turns, Duration::MAX / 4, 2_000) {
                let org = usize::try_from(org.0).unwrap();
                used[org] += turns[org];
                let least = *used.iter().min().unwrap();
                prop_assert!(used.iter().all(|used| *used <= least + 2 * longest), "{used:?}");
            }
        }

        #[test]
        fn an_org_with_long_turns_waits_only_so_long(
            turns in prop::collection::vec(1..1_000_u64, 2..6),
            most in 1..500_u64,
        ) {
            let longest = *turns.iter().max().unwrap();
            let others = turns.len() as u64 - 1;
            let mut waited = vec![0; turns.len()];
            for org in served(&turns, Duration::from_millis(most), 2_000) {
                let org = usize::try_from(org.0).unwrap();
                waited.iter_mut().for_each(|waited| *waited += turns[org]);
                waited[org] = 0;
                prop_assert!(waited.iter().all(|waited| *waited <= others * (most + 2 * longest)), "{waited:?}");
            }
        }
    }

    #[test]
    fn nothing_is_saved_up_in_a_pause() {
        let [one, other] = [OrgKey(1), OrgKey(2)];
        let mut usage = Usage::new(Duration::from_secs(9));
        for _ in 0..5 {
            usage.serve(one);
            usage.add(one, Duration::from_secs(1));
        }
        // The last turn of the one alone counts against it.
        assert_eq!(usage.of(one) - usage.of(other), Duration::from_secs(1));
    }
}
