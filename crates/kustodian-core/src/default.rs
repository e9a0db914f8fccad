//! What every org has one of: a default brand, a default schedule. The record that is the default holds a claim that no
//! other record of the org can hold, so there are never two, even with concurrent writes; and the first one is made
//! when it is first asked for, so that an org of any age has one.

use kustomer_api::ObjectId;
use kustomer_api::envelope::Resource;

use crate::change::{ChangeSet, EventSeed};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::customer::{Context, SYSTEM};
use crate::lifecycle::{self, Lifecycle};
use crate::refusal::Refusal;
use crate::store::OrgKey;

/// The claim that the default record holds.
pub fn key(org: OrgKey, kind: ClaimKind) -> ClaimKey {
    ClaimKey::new(org, kind, "")
}

/// The claim of a record, when it is the default.
pub(crate) fn claims(kind: ClaimKind, is_default: bool, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
    let claim = Claim { kind, key: key(org, kind), owner, place: ClaimPlace::attribute("default") };
    is_default.then_some(claim).into_iter().collect()
}

/// Makes the first default. No user does.
pub(crate) fn first<A: Lifecycle>(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    attributes: A,
) -> Result<ChangeSet, Refusal> {
    let context = &Context { client: SYSTEM, request_id: "", ..*context };
    lifecycle::create_with(context, id, event, attributes, |record: &mut Resource<A>| {
        record.relationships.remove("createdBy");
        record.relationships.remove("modifiedBy");
    })
}
