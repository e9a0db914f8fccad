//! The difference between the index entries of two revisions of a record: an update writes that, and reads neither the row
//! that is there nor the document.

use std::collections::BTreeMap;

use kustodian_core::search::SearchRow;
use kustodian_core::store::OrgKey;
use rusqlite::types::Value;

use super::write::{HEAD, value};
use crate::search::{Cell, cells, custom_cells, term_difference};

/// The place of `deleted` among the columns.
const DELETED: usize = 3;

/// What differs, worked out before the writer takes it.
pub(in crate::sqlite) struct Difference {
    /// The columns that change, by their places.
    pub(super) columns: Vec<(usize, Value)>,
    /// The new slot value of each custom attribute that changes, by key.
    pub(super) custom: Vec<(String, Value)>,
    /// A line each.
    pub(super) removed: String,
    /// A line each.
    pub(super) added: String,
}

impl Difference {
    /// What makes the one row the other.
    pub(in crate::sqlite) fn between(org: OrgKey, former: &SearchRow, row: &SearchRow) -> Self {
        let bound = |cell: Option<Cell>| cell.map_or(Value::Null, value);
        let mut columns = Vec::new();
        if former.deleted != row.deleted {
            columns.push((DELETED, Value::Integer(i64::from(row.deleted))));
        }
        let both = cells(former).zip(cells(row)).zip(HEAD.len()..);
        columns.extend(both.filter(|((was, is), _)| was != is).map(|((_, is), place)| (place, bound(is))));
        let mut was: BTreeMap<String, Cell> = custom_cells(former).collect();
        let mut custom = Vec::new();
        for (key, is) in custom_cells(row) {
            if was.remove(&key).as_ref() != Some(&is) {
                custom.push((key, value(is)));
            }
        }
        custom.extend(was.into_keys().map(|key| (key, Value::Null)));
        let (removed, added) = term_difference(org, former, row);
        Self { columns, custom, removed, added }
    }
}
