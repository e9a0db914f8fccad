//! Brands: the names under which an org writes to its customers. The default one has the name of the org until somebody
//! gives it another.

use kustomer_api::ObjectId;
use kustomer_api::brand::{Brand, BrandAttributes, BrandInput};

use crate::change::{ChangeSet, EventSeed};
use crate::claim::{Claim, ClaimKind};
use crate::customer::Context;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::{OrgKey, Stored};
use crate::{default, lifecycle, resource};

impl Record for BrandAttributes {
    fn claims(brand: &Brand, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        default::claims(ClaimKind::DefaultBrand, brand.attributes.default.value() == Some(&true), org, owner)
    }
}

/// Makes the default brand of an org that has none yet.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create_default(context: &Context<'_>, id: ObjectId, event: EventSeed) -> Result<ChangeSet, Refusal> {
    let name = context.org.name.as_str().into();
    default::first(context, id, event, BrandAttributes { name, default: true.into(), ..BrandAttributes::default() })
}

/// Makes a brand that is not the default one.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, input: BrandInput) -> Result<ChangeSet, Refusal> {
    let mut brand = BrandAttributes { default: false.into(), ..BrandAttributes::default() };
    input.apply(&mut brand);
    lifecycle::create(context, id, event, brand)
}

/// Changes a brand: attributes of the input replace the stored ones.
///
/// # Errors
/// 404 when it is not there; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: BrandInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |brand| {
        input.apply(brand);
        Ok(())
    })
}
