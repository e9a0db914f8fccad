//! Media: files of the org itself.

use kustomer_api::ObjectId;
use kustomer_api::media::{CONTEXT, Media, MediaAttributes, MediaInput};

use crate::change::{ChangeSet, Columns, EventSeed};
use crate::customer::Context;
use crate::file::{self, Received};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{lifecycle, resource};

file::of_file!(MediaAttributes);

impl Record for MediaAttributes {
    fn columns(media: &Media) -> Columns {
        Columns::of([(file::SHA256, media.attributes.sha256.value().cloned())])
    }

    fn receive(
        context: &Context<'_>,
        stored: Option<&Stored>,
        event: EventSeed,
        received: Received,
    ) -> Result<ChangeSet, Refusal> {
        file::receive::<Self>(context, stored, event, received)
    }
}

/// Makes media, whose bytes are still to come.
///
/// # Errors
/// 400 for the name of a program or a media type that is none; 413 for more than `max` bytes.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: MediaInput,
    max: u64,
) -> Result<ChangeSet, Refusal> {
    let mut media = MediaAttributes { context: CONTEXT.to_owned().into(), ..MediaAttributes::default() };
    input.apply(&mut media);
    file::check(&mut media, max)?;
    file::await_bytes(&mut media);
    lifecycle::create(context, id, event, media)
}

/// Changes media; `redacted` removes the bytes for ever.
///
/// # Errors
/// 404 when they are not there; 409 when `rev` is another, or a redaction is taken back.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: MediaInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    file::update(context, stored, event, u64::MAX, |media: &mut MediaAttributes| input.apply(media))
}
