//! Shortcuts: texts that users insert into messages.

use kustomer_api::ObjectId;
use kustomer_api::shortcut::{ShortcutAttributes, ShortcutInput};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::lifecycle;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

impl Record for ShortcutAttributes {}

/// Makes a shortcut, which everybody sees unless it says otherwise.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: ShortcutInput,
) -> Result<ChangeSet, Refusal> {
    let mut shortcut = ShortcutAttributes { is_private: false.into(), ..ShortcutAttributes::default() };
    input.apply(&mut shortcut);
    lifecycle::create(context, id, event, shortcut)
}

/// Changes a shortcut: attributes of the input replace the stored ones. `deleted` deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: ShortcutInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |shortcut| {
        input.apply(shortcut);
        Ok(())
    })
}

/// Deletes a shortcut; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<ShortcutAttributes>(context, stored, event)
}
