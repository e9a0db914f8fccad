//! Windows in which a user sees the sensitive attributes of a customer, and of the records that belong to it
//! (`docs/contract/behaviour.md` §6.2). The record says who opened it and until when; that makes it an event, and an
//! entry of the audit log. Reads check notes beside the records for who may see which values
//! (`crate::metadata::Window`).

use kustomer_api::customer::{Customer, UnmaskingWindow};
use kustomer_api::{Field, ObjectId, Timestamp};

use super::Context;
use super::lifecycle::{alive, happened, put, touch};
use crate::change::{ChangeSet, EventSeed};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// How long a window is open, in milliseconds: eight hours, as in the contract's sample.
pub const WINDOW_MILLIS: i64 = 8 * 60 * 60 * 1_000;

/// Opens a window for the user who asks, in place of an open one.
///
/// # Errors
/// 404 when the customer is not there or deleted.
pub fn open_window(
    context: &Context<'_>,
    stored: Option<&Stored>,
    seed: EventSeed,
    until: Timestamp,
) -> Result<ChangeSet, Refusal> {
    let window = UnmaskingWindow {
        requested_by: context.actor.to_string().into(),
        start_date: context.now.into(),
        end_date: until.into(),
        created_at: context.now.into(),
        updated_at: context.now.into(),
        ..UnmaskingWindow::default()
    };
    change(context, alive(stored)?, seed, window.into())
}

/// Closes the window; nothing when there is none.
///
/// # Errors
/// 404 when the customer is not there or deleted.
pub fn close_window(context: &Context<'_>, stored: Option<&Stored>, seed: EventSeed) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let customer: Customer = resource::read(&stored.document)?;
    if customer.attributes.unmasking_window.is_absent() {
        return Ok(ChangeSet::default());
    }
    change(context, stored, seed, Field::Absent)
}

/// The user whose window is open or was last.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn window_of(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    let customer: Customer = resource::read(&stored.document)?;
    let window = customer.attributes.unmasking_window.into_value();
    Ok(window.and_then(|window| window.requested_by.into_value()?.parse().ok()))
}

fn change(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    window: Field<UnmaskingWindow>,
) -> Result<ChangeSet, Refusal> {
    let context = &context.not_before(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let mut after = before.clone();
    after.attributes.unmasking_window = window;
    touch(context, &mut after, stored.rev + 1);
    let mut changes = ChangeSet::default();
    put(context, &after, stored.id, Some((stored.rev, &before)), &mut changes)?;
    let difference = resource::changes(&before, &after)?;
    happened(context, seed, Kind::Customer.spec().events.update, Some(difference), &mut changes);
    Ok(changes)
}
