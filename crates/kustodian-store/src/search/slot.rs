//! Which custom attributes have a column: each org gives its slots to those it uses first.

use std::collections::{HashMap, HashSet};

use kustodian_core::search::{CustomAttribute, SearchRow};
use kustomer_api::custom::{Suffix, is_key};

use super::column::Cell;

/// How many custom attributes of an org are indexed at most.
pub(crate) const SLOTS: usize = 30;

/// How many characters of a custom attribute's text its slot holds: enough for texts that are compared whole.
pub(crate) const SLOT_TEXT: usize = 64;

/// The slots an org has given away: by the attribute's key, from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Slots {
    given: HashMap<String, usize>,
    /// Attributes that no record had when somebody looked: their names are deleted unless one is used again, which must
    /// be noted before it is.
    retired: HashSet<String>,
    /// Whether an attribute went without. From then on none is given, as a later one would find its attribute on records
    /// whose rows do not hold it; until all rows are rebuilt.
    is_full: bool,
}

/// The key under which it is noted that an attribute went without a slot; its slot is 0.
const FULL: &str = "";

/// The key under which it is noted that the org has, or had, a customer with values that merges took from others. Searches of
/// other orgs do not look for such values.
pub(crate) const LOST: &str = "*lost";

/// The slot of that note, which no column has.
const LOST_SLOT: usize = 1_000;

impl Slots {
    pub(crate) fn new(given: impl IntoIterator<Item = (String, usize)>) -> Self {
        let given: HashMap<String, usize> =
            given.into_iter().filter(|(_, slot)| *slot <= SLOTS || *slot == LOST_SLOT).collect();
        Self { is_full: given.contains_key(FULL), given, retired: HashSet::new() }
    }

    /// The same, of which these attributes are retired.
    pub(crate) fn with_retired(self, retired: HashSet<String>) -> Self {
        Self { retired, ..self }
    }

    /// Those of these attributes that are retired.
    pub(crate) fn retired<Key: AsRef<str>>(&self, keys: impl Iterator<Item = Key>) -> Vec<String> {
        keys.map(|key| key.as_ref().to_owned()).filter(|key| self.retired.contains(key)).collect()
    }

    /// Whether a customer of the org may have values that merges took from others.
    pub(crate) fn may_have_lost(&self) -> bool {
        self.given.contains_key(LOST)
    }

    /// The slot of a custom attribute.
    pub(crate) fn of(&self, attribute: &CustomAttribute) -> Option<usize> {
        self.of_key(&attribute.key)
    }

    /// The slot of the custom attribute with this key.
    pub(crate) fn of_key(&self, key: &str) -> Option<usize> {
        self.given.get(key).copied().filter(|slot| (1..=SLOTS).contains(slot))
    }

    /// Whether nothing is to be given to the attributes with these keys: each has a slot for good, or will have none.
    pub(crate) fn suffice_for<Key: AsRef<str>>(&self, mut keys: impl Iterator<Item = Key>) -> bool {
        keys.all(|key| {
            let key = key.as_ref();
            (self.is_full && key != LOST || self.given.contains_key(key)) && !self.retired.contains(key)
        })
    }

    /// Gives slots to those of these attributes that have none, as long as there are fewer than `limit`. Returns the
    /// new slots, to be noted.
    pub(crate) fn give<Key: AsRef<str>>(
        &mut self,
        keys: impl Iterator<Item = Key>,
        limit: usize,
    ) -> Vec<(String, usize)> {
        let mut given = Vec::new();
        for key in keys {
            let key = key.as_ref();
            if self.given.contains_key(key) || self.is_full && key != LOST {
                continue;
            }
            let next = self.lowest_free();
            self.is_full |= key != LOST && next > limit.min(SLOTS);
            let entry = match key {
                LOST => (LOST.to_owned(), LOST_SLOT),
                _ if self.is_full => (FULL.to_owned(), 0),
                key => (key.to_owned(), next),
            };
            self.given.insert(entry.0.clone(), entry.1);
            given.push(entry);
        }
        given
    }

    /// The lowest slot that no attribute has: one that was given before may be free again.
    fn lowest_free(&self) -> usize {
        let taken: HashSet<usize> = self.given.values().copied().collect();
        (1..=taken.len() + 1).find(|slot| !taken.contains(slot)).unwrap_or(usize::MAX)
    }
}

/// The slot value of each custom attribute of a record, by key: of several values the first. Also whether it has values that
/// merges took from others, which has no slot.
pub(crate) fn custom_cells(row: &SearchRow) -> impl Iterator<Item = (String, Cell)> {
    let has_lost = (!row.lost().is_empty()).then(|| (LOST.to_owned(), Cell::Boolean(true)));
    let custom = row.custom().filter_map(|(attribute, values)| {
        // Of long text it is only asked whether there is any.
        let limit = if attribute.suffix == Suffix::Txt { 1 } else { SLOT_TEXT };
        Some((attribute.key, Cell::of(values.first()?, limit)))
    });
    custom.chain(has_lost)
}

/// The keys of a record's custom attributes that may be given a slot. A database may hold keys that were accepted before
/// there were rules for them; PostgreSQL cannot store some of those in an index, and no search may name them.
pub(crate) fn custom_keys(row: &SearchRow) -> impl Iterator<Item = String> {
    let has_lost = (!row.lost().is_empty()).then(|| LOST.to_owned());
    row.custom().map(|(attribute, _)| attribute.key).filter(|key| is_key(key)).chain(has_lost)
}

/// The values of a record's row in the slots.
pub(crate) fn slot_cells(row: &SearchRow, slots: &Slots) -> [Option<Cell>; SLOTS] {
    let mut cells = [const { None }; SLOTS];
    for (key, value) in custom_cells(row) {
        if let Some(cell) = slots.of_key(&key).and_then(|slot| cells.get_mut(slot - 1)) {
            *cell = Some(value);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_slot_is_given_and_none_once_one_went_without() {
        let mut slots = Slots::new([("aStr".to_owned(), 1), ("cStr".to_owned(), 3)]);
        let keys = ["aStr", "bStr", "dStr", "eStr"];
        assert_eq!(slots.give(keys.iter(), 4), [("bStr".to_owned(), 2), ("dStr".to_owned(), 4), (FULL.to_owned(), 0)]);
        let mut again = Slots::new([("aStr".to_owned(), 1), (FULL.to_owned(), 0)]);
        assert_eq!(again.give(keys.iter(), 4), []);
        assert!(again.suffice_for(keys.iter()));
    }

    #[test]
    fn an_org_whose_slots_are_all_given_notes_that_it_has_lost_values() {
        let mut slots = Slots::new([("aStr".to_owned(), 1), (FULL.to_owned(), 0)]);
        let keys = ["bStr", LOST];
        assert!(!slots.may_have_lost() && !slots.suffice_for(keys.iter()));
        assert_eq!(slots.give(keys.iter(), 1), [(LOST.to_owned(), LOST_SLOT)]);
        assert!(slots.may_have_lost() && slots.suffice_for(keys.iter()));
        assert_eq!((slots.of_key(LOST), slots.give(keys.iter(), 1)), (None, vec![]));
    }

    #[test]
    fn a_retired_attribute_has_its_slot_and_does_not_suffice() {
        let slots = Slots::new([("aStr".to_owned(), 1)]).with_retired(["aStr".to_owned()].into());
        assert_eq!(slots.of_key("aStr"), Some(1));
        assert!(!slots.suffice_for(["aStr"].iter()));
        assert_eq!(slots.retired(["aStr", "bStr"].iter()), ["aStr"]);
    }
}
