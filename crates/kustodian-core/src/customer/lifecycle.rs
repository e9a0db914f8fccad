//! Create, update, delete and restore: each decides on a whole set of changes.

use std::sync::Arc;

use kustomer_api::customer::{Customer, CustomerAttributes};
use kustomer_api::envelope::{Relationship, SelfLink};
use kustomer_api::error::code;
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Number};

use super::company::{KnownCompany, Named, company_of, link_company};
use super::merging::merged_into;
use super::{Context, OmittedCompany, UpdateOptions, Write, derive, identity, write};
use crate::change::{Cause, ChangeSet, Columns, Event, EventSeed, Name, Put};
use crate::claim::{self, Claim};
use crate::contact::Items;
use crate::kind::{EventNames, Kind};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::{OrgKey, Stored};
use crate::{missing, resource, tag};

const EVENTS: EventNames = Kind::Customer.spec().events;

impl Record for CustomerAttributes {
    fn claims(customer: &Customer, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        identity::claims(org, owner, &customer.attributes)
    }

    fn search_row(customer: &Customer) -> Result<Option<SearchRow>, Refusal> {
        if customer.attributes.erased_at.value().is_some() {
            return Ok(None);
        }
        let id = customer.id.parse().map_err(|_| resource::fault("A stored record has no id"))?;
        Ok(Some(SearchRow::of(id, customer)))
    }
}

/// Creates a customer. Takes the id it gets and what its event is given by chance.
///
/// # Errors
/// 400 when the input cannot be stored.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, write: Write) -> Result<ChangeSet, Refusal> {
    let mut customer = Customer {
        kind: Kind::Customer.as_str().to_owned(),
        id: id.into(),
        attributes: derive::fresh(id, context.now),
        relationships: resource::made_by(context.org, context.actor),
        links: Some(SelfLink::new(Kind::Customer.path_of(id))),
        extra: Map::new(),
    };
    let messages = Relationship::to_many(format!("/v1/customers/{id}/messages"));
    customer.relationships.insert("messages".to_owned(), messages);
    let Write { input, tags, company, item_ids } = write;
    link_company(&mut customer, &input.company, company.as_ref());
    let tags = tags.unwrap_or_default();
    write::write(&mut customer.attributes, input, Some(tags.ids), Items { ids: item_ids })?;
    context.keep_record(&mut customer)?;

    let mut changes = ChangeSet { asserts: asserted(company.as_ref()), ..ChangeSet::default() };
    tag::create(context, &tags.new, &mut changes)?;
    changes.claims.extend(identity::claims(context.org.key, id, &customer.attributes));
    put(context, &customer, id, None, &mut changes)?;
    if let Some((put, at)) = changes.puts.first_mut().zip(customer.attributes.updated_at.value()) {
        put.updated_at = *at;
    }
    happened(context, event, EVENTS.create, None, &mut changes);
    Ok(changes)
}

/// Updates a customer, or with [`UpdateOptions::replace`] replaces it. Takes its event's seed.
///
/// # Errors
/// 404 when it is not there or deleted, 412 when `If-Match` names another state, 409 when `rev` does, 400 when what
/// was sent cannot be stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    write: Write,
    options: &UpdateOptions,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let context = &context.not_before(stored.updated_at);
    resource::check_if_match(stored, options.if_match.as_deref())?;
    resource::check_rev(stored, write.input.rev.as_ref())?;
    let before: Customer = resource::read(&stored.document)?;
    let mut after = before.clone();
    let Write { input, tags, company, item_ids } = write;

    if options.replace {
        after.attributes = derive::bared(std::mem::take(&mut after.attributes), stored.id, context.now);
    }
    let company_is_dropped = options.replace || options.omitted_company == OmittedCompany::Unlink;
    let stays = company.is_none() && names(&input.company, company_of(stored)?);
    if stays {
        // It was deleted since. The customer shows what it shows.
        after.attributes.company_name = before.attributes.company_name.clone();
    } else if input.company.is_absent() && company_is_dropped {
        link_company(&mut after, &Field::Null, None);
    } else {
        link_company(&mut after, &input.company, company.as_ref());
    }
    touch(context, &mut after, stored.rev + 1);
    after.attributes.last_activity_at = context.now.into();
    let (tag_ids, new_tags) = tags.map(|tags| (tags.ids, tags.new)).unzip();
    write::write(&mut after.attributes, input, tag_ids, Items { ids: item_ids })?;

    let mut changes = ChangeSet { asserts: asserted(company.as_ref()), ..ChangeSet::default() };
    tag::create(context, &new_tags.unwrap_or_default(), &mut changes)?;
    let held = identity::claims(context.org.key, stored.id, &before.attributes);
    let wanted = identity::claims(context.org.key, stored.id, &after.attributes);
    let (frees, claims) = claim::difference(&held, &wanted);
    changes.frees.extend(frees);
    changes.claims.extend(claims);
    put(context, &after, stored.id, Some((stored.rev, &before)), &mut changes)?;
    let document = changes.puts.first().map(|put| put.document.as_str()).unwrap_or_default();
    let difference = resource::changes_between(&stored.document, document)?;
    happened(context, event, EVENTS.update, Some(difference), &mut changes);
    Ok(changes)
}

/// Deletes a customer softly: it answers 404 from now on and its identities are free, but nothing is lost. Takes its
/// event's seed.
///
/// # Errors
/// 404 when it is not there or deleted already, 412 when `If-Match` names another state.
pub fn delete(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    if_match: Option<&str>,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    resource::check_if_match(stored, if_match)?;
    let (mut changes, customer) = flag(context, stored, event, true)?;
    changes.frees.extend(identity::claims(context.org.key, stored.id, &customer));
    Ok(changes)
}

/// Brings a deleted customer back. `None` when it was not deleted, so that asking twice is no error. Takes its event's
/// seed.
///
/// # Errors
/// 404 when it never was, or was erased; 409 when it was merged into another; 412 when `If-Match` names another state, 409
/// when `rev` does.
pub fn restore(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    if_match: Option<&str>,
    rev: Option<&Number>,
) -> Result<Option<ChangeSet>, Refusal> {
    let Some(stored) = stored else { return Err(Refusal::not_found("id")) };
    if missing::erased_at(stored)?.is_some() {
        return Err(missing::missing(Kind::Customer, Some(stored)));
    }
    if let Some(target) = merged_into(stored)? {
        let title = format!("The customer was merged into {target}: undo the merge to bring it back");
        return Err(Refusal::new(409, code::CONFLICT, "id", title).with_meta("mergedInto", target.to_string()));
    }
    resource::check_if_match(stored, if_match)?;
    resource::check_rev(stored, rev)?;
    if !stored.deleted {
        return Ok(None);
    }
    let (mut changes, customer) = flag(context, stored, event, false)?;
    changes.claims.extend(identity::claims(context.org.key, stored.id, &customer));
    Ok(Some(changes))
}

/// Sets `deleted`, and gives the attributes whose identities are to be freed or taken.
fn flag(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    deleted: bool,
) -> Result<(ChangeSet, CustomerAttributes), Refusal> {
    let context = &context.not_before(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let after = flagged(context, before.clone(), stored.rev + 1, deleted);
    let mut changes = ChangeSet::default();
    put(context, &after, stored.id, Some((stored.rev, &before)), &mut changes)?;
    let name = if deleted { EVENTS.delete } else { EVENTS.restore };
    let difference = resource::changes(&before, &after)?;
    happened(context, event, name, Some(difference), &mut changes);
    Ok((changes, after.attributes))
}

/// The record with `deleted` set.
pub(super) fn flagged(context: &Context<'_>, mut customer: Customer, rev: u64, deleted: bool) -> Customer {
    customer.attributes.deleted = deleted.into();
    touch(context, &mut customer, rev);
    customer
}

pub(super) fn alive(stored: Option<&Stored>) -> Result<&Stored, Refusal> {
    stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Customer, stored))
}

/// Whether `company` names this one by its id.
fn names(company: &Field<String>, id: Option<ObjectId>) -> bool {
    let named = company.value().map(|text| Named::of(text));
    matches!((named, id), (Some(Named::Id(named)), Some(id)) if named == id)
}

/// The company that is linked.
fn asserted(company: Option<&KnownCompany>) -> Vec<Name> {
    company.map(|company| (Kind::Company, company.id)).into_iter().collect()
}

/// What every change by an actor leaves behind (`docs/contract/behaviour.md` §7.2).
pub(super) fn touch(context: &Context<'_>, customer: &mut Customer, rev: u64) {
    customer.attributes.rev = Field::Value(rev);
    customer.attributes.updated_at = context.now.into();
    customer.attributes.modified_at = context.now.into();
    customer.relationships.insert("modifiedBy".to_owned(), resource::user_relationship(context.actor));
}

pub(super) fn put(
    context: &Context<'_>,
    customer: &Customer,
    id: ObjectId,
    replaces: Option<(u64, &Customer)>,
    changes: &mut ChangeSet,
) -> Result<(), Refusal> {
    // The record of the command is first; its effects follow.
    changes.puts.insert(0, put_of(context, customer, id, replaces)?);
    Ok(())
}

/// A customer as it is to be stored; with the revision that it replaces, and what that held.
pub(crate) fn put_of(
    context: &Context<'_>,
    customer: &Customer,
    id: ObjectId,
    replaces: Option<(u64, &Customer)>,
) -> Result<Put, Refusal> {
    let (expects, former) = replaces.unzip();
    let former = former.map(CustomerAttributes::search_row).transpose()?.flatten();
    let attributes = &customer.attributes;
    Ok(Put {
        kind: Kind::Customer,
        id,
        rev: expects.unwrap_or_default() + 1,
        expects,
        deleted: attributes.deleted.value().copied().unwrap_or_default(),
        created_at: attributes.created_at.value().copied().unwrap_or(context.now),
        updated_at: context.now,
        document: resource::render(customer)?,
        search: Some(Arc::new(SearchRow::of(id, customer))),
        former: former.map(Arc::new),
        home: None,
        columns: Columns::default(),
    })
}

/// Adds the event of the first of the records written.
pub(super) fn happened(
    context: &Context<'_>,
    seed: EventSeed,
    name: &'static str,
    changed: Option<String>,
    changes: &mut ChangeSet,
) {
    let Context { actor, client, request_id, .. } = *context;
    let cause = Cause { seed, name, actor: Some(actor), client, request_id };
    let event = changes.puts.first().map(|put| context.date(Event::of(cause, put, changed)));
    changes.events.extend(event);
}
