//! The columns that a kind adds to those of every record, as the statements of an engine write them.

use kustodian_core::kind::Spec;

/// How many columns every record has; those of the kind are bound behind them.
const OF_EVERY_RECORD: usize = 8;

/// Parts of statements, each beginning with a comma; empty for a kind that adds nothing.
pub(crate) struct Added {
    /// The names, the home last.
    pub(crate) columns: String,
    /// Where their values are bound.
    pub(crate) places: String,
    /// What an update assigns: all but the home, which never changes.
    pub(crate) assignments: String,
}

impl Added {
    /// The parts for a kind; `sign` precedes the number of a bound value.
    pub(crate) fn of(spec: &Spec, sign: char) -> Self {
        let mut added = Self { columns: String::new(), places: String::new(), assignments: String::new() };
        let names = spec.columns.iter().map(|column| column.name);
        for (place, name) in (OF_EVERY_RECORD + 1..).zip(names.chain(spec.has_home().then_some("home"))) {
            added.columns.push_str(&format!(", {name}"));
            added.places.push_str(&format!(", {sign}{place}"));
            if name != "home" {
                added.assignments.push_str(&format!(", {name} = {sign}{place}"));
            }
        }
        added
    }
}
