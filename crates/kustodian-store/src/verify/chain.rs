//! Verifying each org's chain: every position, and every link computed again.

use std::collections::BTreeMap;

use kustodian_core::chain::{Link, genesis, link};
use kustodian_core::store::OrgKey;

use super::cells::Placed;
use super::finding::{Discrepancy, Problem, Verification, Where};

/// The chains as they are followed, org after org.
pub(super) struct Chains {
    /// The verified end of each org: its last position and link.
    pub(super) ends: BTreeMap<i64, (i64, Link)>,
    /// The position and link that somebody has kept from an earlier time, until they are met.
    pub(super) expected: Option<(u64, Link)>,
}

impl Chains {
    pub(super) fn new(expected: Option<(u64, Link)>) -> Self {
        Self { ends: BTreeMap::new(), expected }
    }

    /// The next event. A fault is reported once: the next link is computed from the stored one.
    pub(super) fn follow(&mut self, event: &Placed, told: &mut Verification) {
        let Placed { org, position, link: stored, leaf, agrees } = *event;
        let (last, previous) = self.ends.get(&org).copied().unwrap_or_else(|| (0, genesis(OrgKey(org))));
        let place = u64::try_from(position).unwrap_or_default();
        let mut add = |problem| told.add(Discrepancy { org, at: Where::Position(place), problem });
        if position != last + 1 {
            add(Problem::Gap);
        }
        match (leaf, stored) {
            (None, _) => add(Problem::NoEvent),
            (Some(leaf), stored) if Some(link(previous, place, leaf)) != stored => add(Problem::Link),
            _ if !agrees => add(Problem::Index),
            _ => {}
        }
        let stored = stored.unwrap_or(previous);
        if self.expected == Some((place, stored)) {
            self.expected = None;
        }
        self.ends.insert(org, (position, stored));
    }

    /// Compares where the chains end with where the database says they do.
    pub(super) fn end(&self, heads: &BTreeMap<i64, (i64, Option<Link>)>, told: &mut Verification) {
        let orgs: std::collections::BTreeSet<i64> = self.ends.keys().chain(heads.keys()).copied().collect();
        for org in orgs {
            let begin = (0, genesis(OrgKey(org)));
            let (position, link) = self.ends.get(&org).copied().unwrap_or(begin);
            let head = heads.get(&org).copied().unwrap_or((0, Some(begin.1)));
            if head != (position, Some(link)) {
                let at = Where::Position(u64::try_from(position.max(head.0)).unwrap_or_default());
                told.add(Discrepancy { org, at, problem: Problem::Head });
            }
        }
        if let Some((position, _)) = self.expected {
            told.add(Discrepancy { org: 0, at: Where::Position(position), problem: Problem::Expected });
        }
    }
}
