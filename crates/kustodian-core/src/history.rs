//! A record's earlier states, out of the differences that its events keep.
//!
//! An event reports what changed in attributes and relationships (`docs/contract/behaviour.md` §15.3); nothing else of a
//! record ever changes. So a state and the differences behind it give every state before, and the differences after it
//! every one since. The result is the record as it was stored then, to the byte: the order of members is that of the types,
//! and of maps that of their keys.
//!
//! A map reports the keys that differ. Events of earlier versions report all of its keys; both are read alike, since a
//! key that is the same on both sides only confirms the present value.

use serde_json::{Map, Value};

use crate::change::SNAPSHOT_EVERY;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;

/// The document of a record as it was before `changes`, when it is `document` after them.
///
/// # Errors
/// 500 when one of them is not what this version stores.
pub fn rewind(kind: Kind, document: &str, changes: &str) -> Result<String, Refusal> {
    turn(kind, document, changes, Direction::Back)
}

/// The document of a record as it is after `changes`, when it was `document` before them.
///
/// # Errors
/// 500 when one of them is not what this version stores.
pub fn replay(kind: Kind, document: &str, changes: &str) -> Result<String, Refusal> {
    turn(kind, document, changes, Direction::Forth)
}

/// Where to begin when revision `rev` of a record is rebuilt whose newest is `newest`: the first at or after `rev` that
/// is kept whole. Less than [`SNAPSHOT_EVERY`] differences lie between.
///
/// ```
/// use kustodian_core::history::nearest_whole;
///
/// assert_eq!(nearest_whole(1, 1_000), 32);
/// assert_eq!(nearest_whole(32, 1_000), 32);
/// assert_eq!(nearest_whole(33, 40), 40);
/// ```
pub fn nearest_whole(rev: u64, newest: u64) -> u64 {
    rev.div_ceil(SNAPSHOT_EVERY).saturating_mul(SNAPSHOT_EVERY).min(newest)
}

#[derive(Clone, Copy)]
enum Direction {
    Back,
    Forth,
}

impl Direction {
    /// What an attribute is on the near side of its difference, and on the far one; `None` when it is not there.
    fn sides(self, difference: &mut Map<String, Value>) -> (Option<Value>, Option<Value>) {
        let (before, after) = (difference.remove("before"), difference.remove("after"));
        match self {
            Self::Back => (after, before),
            Self::Forth => (before, after),
        }
    }
}

/// The parts of a record that change.
const PARTS: [&str; 2] = ["attributes", "relationships"];

fn turn(kind: Kind, document: &str, changes: &str, direction: Direction) -> Result<String, Refusal> {
    let mut record: Map<String, Value> = resource::read(document)?;
    let mut changes: Map<String, Value> = resource::read(changes)?;
    for part in PARTS {
        let Some(Value::Object(differences)) = changes.remove(part) else { continue };
        let members = record.entry(part).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(members) = members else { return Err(unreadable()) };
        for (name, difference) in differences {
            let Value::Object(mut difference) = difference else { return Err(unreadable()) };
            match direction.sides(&mut difference) {
                (Some(Value::Object(near)), Some(Value::Object(far))) => {
                    let Some(Value::Object(map)) = members.get_mut(&name) else { return Err(unreadable()) };
                    near.keys().for_each(|key| drop(map.remove(key)));
                    map.extend(far);
                }
                (_, Some(value)) => drop(members.insert(name, value)),
                (_, None) => drop(members.remove(&name)),
            }
        }
    }
    kind.render(Value::Object(record))
}

fn unreadable() -> Refusal {
    resource::fault("A stored difference could not be read")
}
