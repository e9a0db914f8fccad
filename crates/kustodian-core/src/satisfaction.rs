//! Settings of satisfaction surveys.

use kustomer_api::ObjectId;
use kustomer_api::satisfaction::{SatisfactionAttributes, SatisfactionInput};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{lifecycle, resource};

impl Record for SatisfactionAttributes {}

/// Makes settings, by which nobody is asked until they are enabled.
///
/// # Errors
/// 500 when they cannot be rendered.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: SatisfactionInput,
) -> Result<ChangeSet, Refusal> {
    let mut satisfaction = SatisfactionAttributes { enabled: false.into(), ..SatisfactionAttributes::default() };
    input.apply(&mut satisfaction);
    lifecycle::create(context, id, event, satisfaction)
}

/// Changes settings: attributes of the input replace the stored ones. `deleted` deletes them, or restores them.
///
/// # Errors
/// 404 when they are not there, or deleted and not restored; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: SatisfactionInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |satisfaction| {
        input.apply(satisfaction);
        Ok(())
    })
}
