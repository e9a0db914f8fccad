//! Erasing: nothing of the person stays, in the record or in its past; only that there was one, and when it was erased.

use kustomer_api::customer::{Customer, CustomerAttributes};
use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::Map;

use super::lifecycle::flagged;
use super::{Context, identity};
use crate::change::{Cause, ChangeSet, Columns, Erasure, Event, EventSeed, Put};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{missing, resource};

/// Erases a customer, a deleted one too. Its events stay without their payloads; what stays in its place is a record of
/// its id, that it was erased and when. Takes its event's seed.
///
/// # Errors
/// 404 when it never was, or was erased before; 412 when `If-Match` names another state.
pub fn erase(
    context: &Context<'_>,
    stored: Option<&Stored>,
    seed: EventSeed,
    if_match: Option<&str>,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
    let former: Customer = resource::read(&stored.document)?;
    if let Field::Value(at) = former.attributes.erased_at {
        return Err(missing::gone(Kind::Customer, at));
    }
    resource::check_if_match(stored, if_match)?;
    let context = &context.not_before(stored.updated_at);
    let (id, rev) = (stored.id, stored.rev + 1);
    let put = Put {
        kind: Kind::Customer,
        id,
        rev,
        expects: Some(stored.rev),
        deleted: true,
        // When it was made may have been sent by the client, and is about the person.
        created_at: context.now,
        updated_at: context.now,
        document: resource::render(&tombstone(id, rev, context.now))?,
        search: None,
        former: None,
        home: None,
        columns: Columns::default(),
    };
    let Context { actor, client, .. } = *context;
    // The client chose the request's id, and may have put the person's name into it.
    let cause = Cause { seed, name: Kind::Customer.spec().events.erase, actor: Some(actor), client, request_id: "" };
    Ok(ChangeSet {
        erasures: vec![Erasure::whole(Kind::Customer, id)],
        // A deleted one holds none; those not held are passed over.
        frees: identity::claims(context.org.key, id, &former.attributes),
        events: vec![Event::of(cause, &put, None)],
        puts: vec![put],
        ..ChangeSet::default()
    })
}

/// Whether the stored state is the one `before` it, which `If-Match` names, and a delete by this user. An erasure deletes the
/// customer first, so this is what a stopped erasure leaves behind for the same request.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn is_deleted_only(context: &Context<'_>, stored: &Stored, before: &str, if_match: &str) -> Result<bool, Refusal> {
    if !stored.deleted || !resource::names_etag(if_match, &resource::etag(before.as_bytes())) {
        return Ok(false);
    }
    let context = Context { now: stored.updated_at, ..*context };
    let before: Customer = resource::read(before)?;
    let rev = before.attributes.rev.value().copied().unwrap_or_default() + 1;
    let deleted = flagged(&context, before, rev, true);
    Ok(resource::render(&deleted)? == stored.document)
}

fn tombstone(id: ObjectId, rev: u64, now: Timestamp) -> Customer {
    Customer {
        kind: Kind::Customer.as_str().to_owned(),
        id: id.into(),
        attributes: CustomerAttributes {
            updated_at: now.into(),
            deleted: true.into(),
            erased_at: now.into(),
            rev: Field::Value(rev),
            ..CustomerAttributes::default()
        },
        relationships: Relationships::new(),
        links: Some(SelfLink::new(Kind::Customer.path_of(id))),
        extra: Map::new(),
    }
}
