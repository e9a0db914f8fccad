//! Updates that change no value.

use serde_json::{Map, Value};

use crate::change::{ChangeSet, Put};
use crate::refusal::Refusal;
use crate::resource;

/// The header by which a request asks that an update which changes no value leave no revision and no event.
pub const HEADER: &str = "x-kustodian-skip-unchanged";

/// Its value.
pub const ASKS: &str = "true";

/// What changes with every update, whatever was sent.
const ALWAYS: [&str; 3] = ["rev", "updatedAt", "modifiedAt"];

/// Bumped by every update of a customer, unless it was sent.
const LAST_ACTIVITY: &str = "lastActivityAt";

/// Whether `changes` are an update that leaves every value as it was: its event reports nothing but what changes with
/// every update, and nothing else is written with it.
///
/// # Errors
/// 500 when the event's differences cannot be read.
pub fn is_unchanged(changes: &ChangeSet) -> Result<bool, Refusal> {
    let ([put], [event]) = (changes.puts.as_slice(), changes.events.as_slice()) else { return Ok(false) };
    let Some(differences) = event.changes.as_deref().filter(|_| event.name.ends_with(".update")) else {
        return Ok(false);
    };
    if !changes.claims.is_empty() || !changes.frees.is_empty() || !changes.erasures.is_empty() {
        return Ok(false);
    }
    let differences: Map<String, Value> = resource::read(differences)?;
    let members = |part: &str| differences.get(part).and_then(Value::as_object).into_iter().flatten();
    let is_bookkeeping = |(name, change): (&String, &Value)| {
        ALWAYS.contains(&name.as_str()) || (name == LAST_ACTIVITY && is_moment_of(put, change))
    };
    Ok(members("attributes").all(is_bookkeeping) && members("relationships").all(|(name, _)| name == "modifiedBy"))
}

/// Whether a moment changed to that of the update itself, as it does when nobody sent it.
fn is_moment_of(put: &Put, change: &Value) -> bool {
    change.get("after").and_then(Value::as_str) == Some(put.updated_at.to_string().as_str())
}
