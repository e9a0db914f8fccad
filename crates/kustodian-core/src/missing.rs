//! Why a record is not there: it never was, it is deleted, or it was erased.

use kustomer_api::error::code;
use kustomer_api::{ObjectId, Timestamp};
use serde::Deserialize;

use crate::customer;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// When a record was erased; `None` when it was not.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn erased_at(stored: &Stored) -> Result<Option<Timestamp>, Refusal> {
    // Only a deleted record can be one; the others are not read.
    if !stored.deleted { Ok(None) } else { Ok(marks(&stored.document)?.erased_at) }
}

/// Whether a state of a record, as it was stored, is one of a deleted record.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn is_deleted(document: &str) -> Result<bool, Refusal> {
    Ok(marks(document)?.deleted.unwrap_or_default())
}

/// 404 for a record that is not there, with the reason when it was erased.
pub fn missing(kind: Kind, stored: Option<&Stored>) -> Refusal {
    match stored.map(erased_at).transpose() {
        Ok(at) => at.flatten().map_or_else(|| Refusal::not_found("id"), |at| gone(kind, at)),
        Err(refusal) => refusal,
    }
}

/// The same for a caller who may restore records of the kind: for a deleted one it adds the request that restores it.
pub fn missing_to_restorer(kind: Kind, stored: Option<&Stored>) -> Refusal {
    let deleted = stored.filter(|stored| stored.deleted).map(|stored| (stored, erased_at(stored)));
    match (deleted, kind.spec().restored_by) {
        (Some((stored, Ok(None))), Some(restored_by)) => {
            if let (Kind::Customer, Ok(Some(target))) = (kind, customer::merged_into(stored)) {
                return merged(target);
            }
            let (name, at) = (kind.as_str(), stored.updated_at);
            let path = match resource::path_in(&stored.document) {
                Ok(path) => path,
                Err(refusal) => return refusal,
            };
            let rest = restored_by.path.strip_prefix(kind.spec().read_operation.path).unwrap_or_default();
            let body = if rest.is_empty() { " with \"deleted\": false" } else { "" };
            Refusal::not_found("id")
                .with_detail(format!(
                    "the {name} was deleted on {at}; {} {path}{rest}{body} restores it",
                    restored_by.method
                ))
                .with_meta("deletedAt", at.to_string())
        }
        _ => missing(kind, stored),
    }
}

/// 404 for a customer that was merged into another.
fn merged(target: ObjectId) -> Refusal {
    let detail = format!("the customer was merged into {target}; with followMerge=true that one is answered");
    Refusal::not_found("id").with_detail(detail).with_meta("mergedInto", target.to_string())
}

pub(crate) fn gone(kind: Kind, at: Timestamp) -> Refusal {
    let title = format!("Not Found: the {} was erased on {at}, and cannot be brought back", kind.as_str());
    Refusal::new(404, code::NOT_FOUND, "id", title).with_meta("erasedAt", at.to_string())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marks {
    deleted: Option<bool>,
    erased_at: Option<Timestamp>,
}

/// The marks in a document, whatever its kind.
fn marks(document: &str) -> Result<Marks, Refusal> {
    #[derive(Deserialize)]
    struct Marked {
        attributes: Marks,
    }
    let marked: Marked = resource::read(document)?;
    Ok(marked.attributes)
}
