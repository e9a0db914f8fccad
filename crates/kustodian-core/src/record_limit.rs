//! How large a record may become. Every attribute has a limit of its own, but attributes gather over many writes, and
//! a record is read, indexed and answered whole.

use kustomer_api::error::code;
use serde_json::{Map, Value};

use crate::change::{ChangeSet, Put};
use crate::refusal::Refusal;
use crate::resource;

/// The default limit, in bytes of the record's JSON.
pub const DEFAULT: usize = 1024 * 1024;

/// Checks the records that `changes` write. `former` is how large the first of them was: a record that is too large
/// already, since the limit was raised before, may still be changed as long as it does not grow.
///
/// # Errors
/// 413 that names the largest attribute.
pub fn check(changes: &ChangeSet, former: usize, max: usize) -> Result<(), Refusal> {
    let is_too_large = |put: &&Put| put.document.len() > max && put.document.len() > former;
    changes.puts.iter().find(is_too_large).map_or(Ok(()), |put| Err(too_large(put, max)))
}

fn too_large(put: &Put, max: usize) -> Refusal {
    let (kind, size) = (put.kind.as_str(), put.document.len());
    let (attribute, share) = largest_attribute(&put.document).unwrap_or_default();
    let title = format!(
        "The {kind} would have {size} bytes as JSON, {share} of them in {attribute}; a record has at most {max}"
    );
    Refusal::new(413, code::TOO_LARGE, &attribute, title).with_meta("pointer", format!("/{attribute}"))
}

fn largest_attribute(document: &str) -> Option<(String, usize)> {
    let document: Map<String, Value> = resource::read(document).ok()?;
    let attributes = document.get("attributes")?.as_object()?;
    attributes.iter().map(|(name, value)| (name.clone(), value.to_string().len())).max_by_key(|(_, size)| *size)
}
