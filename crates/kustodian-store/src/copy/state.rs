//! How far a copy has come. Kept in the target, written with the rows it speaks of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CopyError;
use super::table::Cell;

/// The name under which it is among the target's settings; not carried along, nor compared.
pub(crate) const NAME: &str = "copy";

/// The settings that belong to one place and stay there: the state of a copy, the note of a pending sweep, and how far a
/// migration has indexed.
pub(crate) const OF_ITS_PLACE: &str = "'copy', 'scrub', 'entries'";

/// How far a copy has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The source's oldest org: that it is the same source.
    pub(crate) source: String,
    /// The last position of each org when the first pass began: whatever came later is carried by the next pass.
    pub(crate) since: BTreeMap<i64, i64>,
    /// The tables the first pass has carried whole.
    pub(crate) done: Vec<String>,
    /// Where the table under way is, as its key.
    pub(crate) at: Option<Vec<Place>>,
    /// Whether the first pass was interrupted and no pass has ended since: the copied rows are of several snapshots.
    pub(crate) is_of_several: bool,
    /// The last position of each org in the target when the last pass ended; nothing else may have written it since.
    pub(crate) ended: Option<BTreeMap<i64, i64>>,
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Place {
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl State {
    /// As it is kept.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, CopyError> {
        let failed =
            |error: serde_json::Error| CopyError::Failed { what: "noting the state", reason: error.to_string() };
        serde_json::to_vec(self).map_err(failed)
    }

    pub(crate) fn stand_at(&mut self, key: &[Cell]) {
        self.at = Some(
            key.iter()
                .filter_map(|cell| match cell {
                    Cell::Integer(number) => Some(Place::Integer(*number)),
                    Cell::Text(text) => Some(Place::Text(text.clone())),
                    Cell::Bytes(bytes) => Some(Place::Bytes(bytes.clone())),
                    Cell::Null | Cell::Boolean(_) => None,
                })
                .collect(),
        );
    }

    pub(crate) fn stands_at(&self) -> Option<Vec<Cell>> {
        let places = self.at.as_ref()?;
        Some(
            places
                .iter()
                .map(|place| match place {
                    Place::Integer(number) => Cell::Integer(*number),
                    Place::Text(text) => Cell::Text(text.clone()),
                    Place::Bytes(bytes) => Cell::Bytes(bytes.clone()),
                })
                .collect(),
        )
    }
}
