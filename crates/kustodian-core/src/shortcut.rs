//! Shortcuts: texts that users insert into messages.

use kustomer_api::shortcut::{ShortcutAttributes, ShortcutInput};
use kustomer_api::{Field, ObjectId};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::lifecycle::{self, Common, Lifecycle};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;

impl Record for ShortcutAttributes {}

impl Lifecycle for ShortcutAttributes {
    fn common(&mut self) -> Common<'_> {
        Common {
            deleted: &mut self.deleted,
            created_at: &mut self.created_at,
            updated_at: &mut self.updated_at,
            modified_at: &mut self.modified_at,
            rev: &mut self.rev,
        }
    }
}

/// Makes a shortcut, which everybody sees unless told otherwise.
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
    write(&mut shortcut, input);
    lifecycle::create(context, id, event, shortcut)
}

/// Changes a shortcut: what was sent replaces what stands.
///
/// # Errors
/// 404 when it is not there or deleted.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: ShortcutInput,
) -> Result<ChangeSet, Refusal> {
    lifecycle::update(context, stored, event, |shortcut| {
        write(shortcut, input);
        Ok(())
    })
}

/// Deletes a shortcut.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<ShortcutAttributes>(context, stored, event)
}

fn write(shortcut: &mut ShortcutAttributes, input: ShortcutInput) {
    let former = std::mem::take(shortcut);
    *shortcut = ShortcutAttributes {
        name: input.name.map_or(former.name, Field::Value),
        is_private: input.is_private.map_or(former.is_private, Field::Value),
        payload: input.payload.over(former.payload),
        draft: input.draft.over(former.draft),
        conversation: input.conversation.over(former.conversation),
        ..former
    };
}
