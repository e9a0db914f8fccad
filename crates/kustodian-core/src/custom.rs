//! Custom attributes as they gather on a record.

use kustomer_api::Field;
use kustomer_api::custom::CustomAttributes;
use kustomer_api::error::code;

use crate::refusal::Refusal;

/// How many custom attributes a record may gather over many writes; one write carries at most 100.
pub(crate) const MAX_CUSTOM: usize = 1_000;

/// Merges those sent into those stored, key by key (`docs/contract/behaviour.md` §6.1).
///
/// # Errors
/// 400 when the record would gather too many.
pub(crate) fn merge(
    sent: Option<CustomAttributes>,
    stored: Field<CustomAttributes>,
) -> Result<Field<CustomAttributes>, Refusal> {
    let merged = match (sent, stored) {
        (None, stored) => stored,
        (Some(sent), Field::Value(mut stored)) => {
            stored.merge(sent);
            stored.into()
        }
        (Some(sent), Field::Absent | Field::Null) => sent.into(),
    };
    if merged.value().is_some_and(|custom| custom.len() > MAX_CUSTOM) {
        let title = format!("The record would have more than {MAX_CUSTOM} custom attributes");
        return Err(Refusal::new(400, code::BAD_PARAM, "custom", title));
    }
    Ok(merged)
}
