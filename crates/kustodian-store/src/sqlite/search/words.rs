//! The words of one transaction, written at its end in the order of their records.
//!
//! FTS5 gathers its rows and writes a segment when a record precedes the last one: changes in
//! any order made a segment each, which were then merged. And it gets changes alone: `delete` takes single words
//! of a record away, and a second insert adds others to it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

const ADD: &str = "INSERT INTO customer_words (rowid, tokens) VALUES (?1, ?2)";
const MERGE: &str = "INSERT INTO customer_words (customer_words, rank) VALUES ('merge', ?1)";
const REMOVE: &str = "INSERT INTO customer_words (customer_words, rowid, tokens) VALUES ('delete', ?1, ?2)";

/// The pending changes of records' words.
#[derive(Default)]
pub(super) struct Words {
    changes: BTreeMap<i64, Change>,
}

/// The pending changes of one record's words: a line each.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// Whether it had words, few or many, and has them afterwards.
    had: bool,
    has: bool,
    removed: String,
    added: String,
}

impl Words {
    /// The words of a record that had none.
    pub(super) fn add(&mut self, key: i64, words: &str) {
        self.change(key, Change { had: false, has: true, removed: String::new(), added: words.to_owned() });
    }

    /// Takes all words of a record away.
    pub(super) fn remove(&mut self, key: i64, words: &str) {
        self.change(key, Change { had: true, has: false, removed: words.to_owned(), added: String::new() });
    }

    /// The words of a record that had others. Both are in order.
    pub(super) fn replace(&mut self, key: i64, former: &str, words: &str) {
        let (removed, added) = difference(former, words);
        self.amend(key, removed, added);
    }

    /// Takes some words of a record away and adds others.
    pub(super) fn amend(&mut self, key: i64, removed: String, added: String) {
        if !(removed.is_empty() && added.is_empty()) {
            self.change(key, Change { had: true, has: true, removed, added });
        }
    }

    /// Forgets the pending changes of a record's words.
    pub(super) fn forget(&mut self, key: i64) {
        self.changes.remove(&key);
    }

    fn change(&mut self, key: i64, change: Change) {
        match self.changes.entry(key) {
            Entry::Vacant(place) => {
                place.insert(change);
            }
            Entry::Occupied(mut earlier) => earlier.get_mut().then(&change),
        }
    }

    /// Whether there are any to write.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Writes them. Each record's words are taken away and added in pairs: the index counts its records by that.
    pub(super) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut remove = connection.prepare_cached(REMOVE)?;
        let mut add = connection.prepare_cached(ADD)?;
        for (key, Change { had, has, removed, added }) in std::mem::take(&mut self.changes) {
            if had {
                remove.execute(params![key, removed])?;
            }
            if has {
                add.execute(params![key, added])?;
            }
        }
        Ok(())
    }
}

/// Merges segments of words, as many of their pages; whether there was anything to merge. Each transaction with words
/// leaves a segment, and each is looked into by every search for words.
pub(in crate::sqlite) fn merge(connection: &Connection, pages: u32) -> rusqlite::Result<bool> {
    let before = connection.total_changes();
    connection.prepare_cached(MERGE)?.execute([pages])?;
    // The command itself counts as one.
    Ok(connection.total_changes() - before > 1)
}

impl Change {
    /// Makes this the change that it and `next` are together.
    fn then(&mut self, next: &Self) {
        let mut removed: BTreeSet<&str> = self.removed.split_inclusive('\n').collect();
        let mut added: BTreeSet<&str> = self.added.split_inclusive('\n').collect();
        for word in next.removed.split_inclusive('\n') {
            if !added.remove(word) {
                removed.insert(word);
            }
        }
        for word in next.added.split_inclusive('\n') {
            if !removed.remove(word) {
                added.insert(word);
            }
        }
        let (removed, added) = (removed.into_iter().collect(), added.into_iter().collect());
        *self = Self { had: self.had, has: next.has, removed, added };
    }
}

/// The lines of `former` that are not in `now`, and the other way round. Both are in order.
fn difference(former: &str, now: &str) -> (String, String) {
    let (mut removed, mut added) = (String::new(), String::new());
    let mut was = former.split_inclusive('\n').peekable();
    let mut is = now.split_inclusive('\n').peekable();
    loop {
        let order = match (was.peek(), is.peek()) {
            (None, None) => return (removed, added),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(was), Some(is)) => was.cmp(is),
        };
        if order.is_le() {
            let word = was.next().unwrap_or_default();
            if order.is_lt() {
                removed.push_str(word);
            }
        }
        if order.is_ge() {
            let word = is.next().unwrap_or_default();
            if order.is_gt() {
                added.push_str(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(words: &BTreeSet<String>) -> String {
        words.iter().map(|word| format!("{word}\n")).collect()
    }

    fn words() -> impl Strategy<Value = BTreeSet<String>> {
        proptest::collection::btree_set("[a-c]{1,2}", 0..8)
    }

    /// The effect of a change on words.
    fn done(words: &BTreeSet<String>, change: &Change) -> BTreeSet<String> {
        let of = |lines: &str| lines.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let (removed, added) = (of(&change.removed), of(&change.added));
        assert!(removed.is_subset(words) && removed.is_disjoint(&added), "{change:?} of {words:?}");
        &(words - &removed) | &added
    }

    proptest! {
        #[test]
        fn changes_of_a_record_in_one_transaction_are_one(states in proptest::collection::vec(words(), 2..5)) {
            let mut all = Words::default();
            for pair in states.windows(2) {
                all.replace(7, &lines(&pair[0]), &lines(&pair[1]));
            }
            let last = all.changes.get(&7).map_or(states[0].clone(), |change| done(&states[0], change));
            prop_assert_eq!(&last, states.last().unwrap());
        }
    }

    #[test]
    fn a_record_that_is_made_and_erased_in_one_transaction_leaves_no_word() {
        let mut all = Words::default();
        all.add(7, "a\nb\n");
        all.remove(7, "a\nb\n");
        let nothing = Change { had: false, has: false, removed: String::new(), added: String::new() };
        assert_eq!(all.changes.get(&7), Some(&nothing));
    }
}
