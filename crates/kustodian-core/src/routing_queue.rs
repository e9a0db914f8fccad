//! Queues: where conversations wait for users.

use kustomer_api::ObjectId;
use kustomer_api::routing_queue::{RoutingQueueAttributes, RoutingQueueInput};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{lifecycle, resource};

impl Record for RoutingQueueAttributes {}

/// Makes a queue.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: RoutingQueueInput,
) -> Result<ChangeSet, Refusal> {
    let mut queue = RoutingQueueAttributes::default();
    input.apply(&mut queue);
    lifecycle::create(context, id, event, queue)
}

/// Changes a queue: attributes of the input replace the stored ones. `deleted` deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: RoutingQueueInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |queue| {
        input.apply(queue);
        Ok(())
    })
}

/// Deletes a queue; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<RoutingQueueAttributes>(context, stored, event)
}
