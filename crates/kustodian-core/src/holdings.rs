//! What a stored record claims, worked out from its document alone: for whoever moves records between databases.

use kustomer_api::ObjectId;
use kustomer_api::customer::Customer;
use kustomer_api::tag::Tag;

use crate::change::Kind;
use crate::claim::{Claim, ClaimKind};
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::OrgKey;
use crate::{customer, resource, tag};

/// What a customer is found by; `None` when it was erased.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn search_row_of(document: &str) -> Result<Option<SearchRow>, Refusal> {
    let customer: Customer = resource::read(document)?;
    if customer.attributes.erased_at.value().is_some() {
        return Ok(None);
    }
    let id = customer.id.parse().map_err(|_| resource::fault("A stored record has no id"))?;
    Ok(Some(SearchRow::of(id, &customer)))
}

/// The claims of a record that is not deleted; a deleted one holds none.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn claims_of(org: OrgKey, kind: Kind, id: ObjectId, document: &str) -> Result<Vec<Claim>, Refusal> {
    match kind {
        Kind::Customer => {
            let customer: Customer = resource::read(document)?;
            Ok(customer::claims(org, id, &customer.attributes))
        }
        Kind::Tag => {
            let tag: Tag = resource::read(document)?;
            let name = tag.attributes.name.value();
            let claim = |name: &String| Claim { kind: ClaimKind::TagName, key: tag::name_key(org, name), owner: id };
            Ok(name.map(claim).into_iter().collect())
        }
        Kind::User | Kind::Team | Kind::Shortcut => Ok(Vec::new()),
    }
}
