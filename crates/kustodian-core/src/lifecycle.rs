//! The generic writes of a record: create, update, delete and restore, for kinds whose own rules only fill in attributes.

use std::sync::Arc;

use kustomer_api::envelope::{Relationships, Resource, SelfLink};
use kustomer_api::{Field, ObjectId, SystemAttributes, Timestamp};
use serde_json::Map;

use crate::change::{Cause, ChangeSet, Erasure, Event, EventSeed, Kept, Put};
use crate::claim;
use crate::customer::Context;
use crate::missing;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// Attributes of a kind with generic writes.
pub(crate) trait Lifecycle: Record + SystemAttributes + Clone + Default {}

impl<A: Record + SystemAttributes + Clone + Default> Lifecycle for A {}

/// Creates a record with these attributes. A `createdAt` among them is kept.
pub(crate) fn create<A: Lifecycle>(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    attributes: A,
) -> Result<ChangeSet, Refusal> {
    create_with(context, id, event, attributes, |_| ())
}

/// As [`create`]; `complete` adds the kind's parts beside its attributes: relationships, another type, another link.
pub(crate) fn create_with<A: Lifecycle>(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    mut attributes: A,
    complete: impl FnOnce(&mut Resource<A>),
) -> Result<ChangeSet, Refusal> {
    let system = attributes.system();
    let created_at = system.created_at.value().copied().unwrap_or(context.now);
    *system.deleted = false.into();
    *system.created_at = created_at.into();
    *system.updated_at = context.now.into();
    *system.modified_at = context.now.into();
    *system.rev = Field::Value(1);
    let mut record = Resource {
        kind: A::KIND.as_str().to_owned(),
        id: id.into(),
        attributes,
        relationships: resource::made_by(context.org, context.actor),
        links: Some(SelfLink::new(A::KIND.path_of(id))),
        extra: Map::new(),
    };
    complete(&mut record);
    context.keep_record(&mut record)?;
    A::settle(context, None, &mut record)?;
    let updated_at = record.attributes.system().updated_at.value().copied().unwrap_or(context.now);
    let put = put::<A>(&record, id, 1, None, false, updated_at)?;
    let mut changes = commit(context, event, A::KIND.spec().events.create, put, None)?;
    changes.claims = A::claims(&record, context.org.key, id);
    Ok(changes)
}

/// Changes a record by `edit`, which may set `deleted`. A deleted record is not there, unless `edit` restores it.
///
/// # Errors
/// 404 when it is not there, or what `edit` refuses.
pub(crate) fn update<A: Lifecycle>(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    edit: impl FnOnce(&mut A) -> Result<(), Refusal>,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
    let edit = |record: &mut Resource<A>| edit(&mut record.attributes);
    update_record(context, stored, event, By::User, edit).map(|updated| updated.changes)
}

/// On whose behalf a record changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The user of the request changes the record itself.
    User,
    /// It follows from the change of another record: `modifiedAt` and `modifiedBy` stay.
    Consequence,
    /// The system changes it, without a user.
    System,
}

/// A record that changed.
pub(crate) struct Updated<A> {
    pub(crate) changes: ChangeSet,
    pub(crate) before: Resource<A>,
    pub(crate) after: Resource<A>,
}

/// As [`update`], of the whole record.
pub(crate) fn update_record<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    by: By,
    edit: impl FnOnce(&mut Resource<A>) -> Result<(), Refusal>,
) -> Result<Updated<A>, Refusal> {
    let Edited { before, after, put, context } = edit_record::<A>(context, stored, by, edit)?;
    let deleted = put.deleted;
    // What follows from another record reaches deleted ones, too.
    if stored.deleted && deleted && by != By::Consequence {
        return Err(Refusal::not_found("id"));
    }
    let events = A::KIND.spec().events;
    let name = match (stored.deleted, deleted) {
        (false, true) => events.delete,
        (true, false) => events.restore,
        (true, true) | (false, false) => events.update,
    };
    let difference = resource::changes_between(&stored.document, &put.document)?;
    let mut changes = commit(&context, event, name, put, Some(difference))?;
    if by == By::System {
        changes.events.iter_mut().for_each(|event| event.actor = None);
    }
    let claims = |record: &Resource<A>, deleted: bool| {
        if deleted { Vec::new() } else { A::claims(record, context.org.key, stored.id) }
    };
    (changes.frees, changes.claims) = claim::difference(&claims(&before, stored.deleted), &claims(&after, deleted));
    Ok(Updated { changes, before, after })
}

/// Deletes a record: it is not there from now on, but nothing is lost.
///
/// # Errors
/// 404 when it is not there.
pub(crate) fn delete<A: Lifecycle>(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
) -> Result<ChangeSet, Refusal> {
    update(context, stored, event, |attributes: &mut A| {
        *attributes.system().deleted = true.into();
        Ok(())
    })
}

/// Restores a deleted record; nothing when it is not deleted.
///
/// # Errors
/// 404 when it never was, or was erased.
pub(crate) fn restore<A: Lifecycle>(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
) -> Result<ChangeSet, Refusal> {
    if stored.is_some_and(|stored| !stored.deleted) {
        return Ok(ChangeSet::default());
    }
    update(context, stored, event, |attributes: &mut A| {
        *attributes.system().deleted = false.into();
        Ok(())
    })
}

/// Erases a record that is erased with its home: a record with its id and the time of the erasure stays. Its events
/// keep no payload, the request's id included, which the client chose. `former` is read from the document that is
/// stored; `mark` writes the moment.
pub(crate) fn erase<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    mark: impl FnOnce(&mut A, Timestamp),
) -> Result<ChangeSet, Refusal> {
    let context = &context.not_before(stored.updated_at);
    let former: Resource<A> = resource::read(&stored.document)?;
    // A deleted one holds none; those not held are passed over.
    let frees = A::claims(&former, context.org.key, stored.id);
    let mut attributes = A::default();
    mark(&mut attributes, context.now);
    let system = attributes.system();
    *system.deleted = true.into();
    *system.updated_at = context.now.into();
    *system.rev = Field::Value(stored.rev + 1);
    let tombstone = Resource {
        kind: former.kind,
        id: former.id,
        attributes,
        relationships: Relationships::new(),
        links: former.links,
        extra: Map::new(),
    };
    let put = put::<A>(&tombstone, stored.id, stored.rev + 1, Some(stored.rev), true, context.now)?;
    let context = &Context { request_id: "", ..*context };
    let mut changes = commit(context, seed, A::KIND.spec().events.erase, put, None)?;
    changes.erasures = vec![Erasure::whole(A::KIND, stored.id)];
    changes.frees = frees;
    Ok(changes)
}

/// Changes a record by `edit`, a deleted one too, and empties the payloads of its events since `kept`: nothing leads back to
/// its states after that.
pub(crate) fn redact<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    by: By,
    kept: Option<Kept>,
    edit: impl FnOnce(&mut Resource<A>) -> Result<(), Refusal>,
) -> Result<Updated<A>, Refusal> {
    let Edited { before, after, put, context } = edit_record::<A>(context, stored, by, edit)?;
    let mut changes = commit(&context, seed, A::KIND.spec().events.redact, put, None)?;
    changes.erasures = vec![Erasure { kind: A::KIND, id: stored.id, kept, until: None }];
    Ok(Updated { changes, before, after })
}

/// A changed record, and its pending writes.
struct Edited<'a, A> {
    before: Resource<A>,
    after: Resource<A>,
    put: Put,
    context: Context<'a>,
}

fn edit_record<'a, A: Lifecycle>(
    context: &Context<'a>,
    stored: &Stored,
    by: By,
    edit: impl FnOnce(&mut Resource<A>) -> Result<(), Refusal>,
) -> Result<Edited<'a, A>, Refusal> {
    if missing::erased_at(stored)?.is_some() {
        return Err(missing::missing(A::KIND, Some(stored)));
    }
    let context = context.following(stored.updated_at);
    let before: Resource<A> = resource::read(&stored.document)?;
    let mut after = before.clone();
    if by == By::User {
        *after.attributes.system().modified_at = context.now.into();
        after.relationships.insert("modifiedBy".to_owned(), resource::user_relationship(context.actor));
    }
    edit(&mut after)?;
    let system = after.attributes.system();
    let deleted = system.deleted.value().copied().unwrap_or_default();
    let created_at = system.created_at.value().copied().unwrap_or(stored.created_at);
    *system.updated_at = context.now.into();
    *system.rev = Field::Value(stored.rev + 1);
    A::settle(&context, Some(&before), &mut after)?;
    let mut put = put::<A>(&after, stored.id, stored.rev + 1, Some(stored.rev), deleted, context.now)?;
    put.created_at = created_at;
    // Those of the other kinds are worked out where customers change.
    if A::KIND.is_in_entries() {
        put.former = A::search_row(&before)?.map(Arc::new);
    }
    Ok(Edited { before, after, put, context })
}

fn put<A: Lifecycle>(
    record: &Resource<A>,
    id: ObjectId,
    rev: u64,
    expects: Option<u64>,
    deleted: bool,
    now: Timestamp,
) -> Result<Put, Refusal> {
    let created_at = record.attributes.created_at().unwrap_or(now);
    let document = resource::render(record)?;
    Ok(Put {
        kind: A::KIND,
        id,
        rev,
        expects,
        deleted,
        created_at,
        updated_at: now,
        document,
        search: A::search_row(record)?.map(Arc::new),
        former: None,
        home: None,
        columns: A::columns(record),
    })
}

fn commit(
    context: &Context<'_>,
    seed: EventSeed,
    name: &'static str,
    put: Put,
    changes: Option<String>,
) -> Result<ChangeSet, Refusal> {
    let cause = Cause { seed, name, actor: context.doer(), client: context.client, request_id: context.request_id };
    let event = context.date(Event::of(cause, &put, changes));
    Ok(ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() })
}
