//! Saved searches. A query must be valid when it is saved; the things that it names may be gone when it runs.

use kustomer_api::ObjectId;
use kustomer_api::saved_search::{SavedSearch, SavedSearchAttributes, SavedSearchInput};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::{self, Dialect, KlassName, Settings};
use crate::store::Stored;
use crate::{lifecycle, resource};

impl Record for SavedSearchAttributes {}

/// The body of the request; nothing when there is none.
///
/// # Errors
/// 500 when it cannot be written.
pub fn body_sent(input: &SavedSearchInput) -> Result<Option<String>, Refusal> {
    input.query.as_ref().map(resource::render).transpose()
}

/// The body of a saved search.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn body_of(stored: &Stored) -> Result<String, Refusal> {
    let saved: SavedSearch = resource::read(&stored.document)?;
    resource::render(&saved.attributes.query.into_value().unwrap_or_default())
}

/// Checks that a body is one of a search.
///
/// # Errors
/// 400 that names the fault, with its place below `query`.
pub fn check(context: &Context<'_>, body: &str, klasses: &[KlassName]) -> Result<(), Refusal> {
    let settings = Settings { dialect: Dialect::Plain, now: Some(context.now), klasses };
    search::parse(body.as_bytes(), &settings).map(drop).map_err(|mut refusal| {
        for error in &mut refusal.errors {
            if let Some(serde_json::Value::String(pointer)) = error.meta.get_mut("pointer") {
                pointer.insert_str(0, "/query");
            }
        }
        refusal
    })
}

/// Saves a search.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: SavedSearchInput,
) -> Result<ChangeSet, Refusal> {
    let mut saved = SavedSearchAttributes::default();
    input.apply(&mut saved);
    lifecycle::create(context, id, event, saved)
}

/// Changes a saved search: attributes of the input replace the stored ones. `deleted` deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: SavedSearchInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |saved| {
        input.apply(saved);
        Ok(())
    })
}

/// Deletes a saved search; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<SavedSearchAttributes>(context, stored, event)
}
