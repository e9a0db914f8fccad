//! Merging a customer into another one, and undoing it (`docs/contract/behaviour.md` §10). A merge changes three records
//! whatever the customers have: the target, the source, which is deleted and names the target, and the record of the merge.
//! It keeps no value of either customer: their own past has them. The target keeps those values of the source that people
//! search for and that it has no place for.

use kustomer_api::customer::Customer;
use kustomer_api::customer_merge::{
    CustomerMerge, CustomerMergeAttributes, KeptIdentity, LosingValue, SUCCESS, UNDONE,
};
use kustomer_api::envelope::{Relationship, Relationships};
use kustomer_api::error::code;
use kustomer_api::{Field, ObjectId};
use serde_json::Map;

use super::lifecycle::put_of;
use super::losing::losing;
use super::lost;
use super::split::{Three, relationships, split};
use super::union::{put_primary_first, unite};
use super::{Context, derive, identity};
use crate::change::{Cause, ChangeSet, Columns, Event, EventSeed, column_text};
use crate::claim::{self, ClaimKey};
use crate::conversation::{related, related_in};
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{missing, resource};

/// The column of the source, and the relationship to it.
pub const SOURCE: &str = "source";

/// The column of the target, and the relationship to it.
pub const TARGET: &str = "target";

/// The relationship of a customer that was merged to the one that it went into.
const MERGED_INTO: &str = "mergedInto";

/// The names of the events of the target. The source is deleted, and restored.
const MERGE: &str = "kustomer.customer.merge";
const UNMERGE: &str = "kustomer.customer.unmerge";

impl Record for CustomerMergeAttributes {
    fn columns(merge: &CustomerMerge) -> Columns {
        let related = |name: &str| related(&merge.relationships, name).map(column_text);
        Columns::of([(SOURCE, related(SOURCE)), (TARGET, related(TARGET))])
    }
}

/// What chance gives to a merge, or to what undoes it.
#[derive(Debug, Clone, Copy)]
pub struct Seeds {
    /// For the event of the merge.
    pub event: EventSeed,
    /// For the event of the source.
    pub source_event: EventSeed,
    /// For the event of the target.
    pub target_event: EventSeed,
}

/// A merge that is decided.
#[derive(Debug)]
pub struct Merged {
    /// The changes: the record of the merge first.
    pub changes: ChangeSet,
    /// The target as it is then.
    pub target: String,
    /// The lost values.
    pub losing: Vec<LosingValue>,
}

/// What undoes a merge.
#[derive(Debug)]
pub struct Undone {
    /// The changes: the record of the merge first.
    pub changes: ChangeSet,
    /// The identities that do not return.
    pub kept: Vec<KeptIdentity>,
}

/// The target of a merge as it was, out of its past.
#[derive(Debug, Clone)]
pub struct Past {
    /// Before the merge.
    pub before: String,
    /// As the merge left it.
    pub after: String,
}

/// The customer that a deleted one was merged into; `None` when it was not.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn merged_into(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    // Only a deleted one can be; the others are not read.
    if stored.deleted { related_in(stored, MERGED_INTO) } else { Ok(None) }
}

/// Merges `source` into `target`. Takes the id of the merge, and whether the target keeps the values of the source for which
/// it has no place.
///
/// # Errors
/// 404 when one of them is not there.
pub fn merge(
    context: &Context<'_>,
    id: ObjectId,
    source: Option<&Stored>,
    target: Option<&Stored>,
    seeds: Seeds,
    keep_lost_values: bool,
) -> Result<Merged, Refusal> {
    let (source, target) = (alive(source, SOURCE)?, alive(target, TARGET)?);
    let context = &context.not_before(source.updated_at).not_before(target.updated_at);
    let (of_source, of_target): (Customer, Customer) =
        (resource::read(&source.document)?, resource::read(&target.document)?);

    let mut united = of_target.clone();
    united.attributes = unite(of_source.attributes.clone(), of_target.attributes.clone());
    united.relationships = unite_relationships(source.id, &of_source, target.id, &of_target);
    if !of_target.relationships.contains_key("company") && of_target.attributes.company_name.value().is_some() {
        // A name without a link is a company, too.
        united.relationships.remove("company");
    } else if of_target.relationships.contains_key("company") {
        united.attributes.company_name = of_target.attributes.company_name.clone();
    }
    let of_source_alone = losing(source.id, &of_source, &united)?;
    if keep_lost_values {
        lost::keep(&mut united.attributes.lost_values, &of_source_alone);
    }
    revise(context, &mut united, target);
    let mut gone = of_source.clone();
    gone.attributes.deleted = true.into();
    gone.relationships.insert(MERGED_INTO.to_owned(), tie(target.id));
    revise(context, &mut gone, source);

    let attributes = CustomerMergeAttributes {
        status: SUCCESS.into(),
        source_rev: Field::Value(source.rev),
        target_rev: Field::Value(target.rev),
        ..CustomerMergeAttributes::default()
    };
    let mut changes = lifecycle::create_with(context, id, seeds.event, attributes, |merge: &mut CustomerMerge| {
        merge.relationships.insert(SOURCE.to_owned(), tie(source.id));
        merge.relationships.insert(TARGET.to_owned(), tie(target.id));
    })?;
    let held = |id: ObjectId, customer: &Customer| identity::claims(context.org.key, id, &customer.attributes);
    changes.frees = held(source.id, &of_source);
    changes.claims = claim::difference(&held(target.id, &of_target), &held(target.id, &united)).1;
    write(context, (MERGE, seeds.target_event), (target, &of_target), &united, &mut changes)?;
    let delete = Kind::Customer.spec().events.delete;
    write(context, (delete, seeds.source_event), (source, &of_source), &gone, &mut changes)?;

    let mut lost = losing(target.id, &of_target, &united)?;
    lost.extend(of_source_alone);
    Ok(Merged { changes, target: resource::render(&united)?, losing: lost })
}

/// Undoes a merge. `past` is the target as it was then, `None` when that was erased; `holder` says who holds a claim.
///
/// # Errors
/// 404 when there is no such merge; 409 when it was undone, or one of the customers was merged again, deleted or erased,
/// or their former state was erased.
pub fn undo(
    context: &Context<'_>,
    merge: Option<&Stored>,
    (source, target): (Option<&Stored>, Option<&Stored>),
    past: Option<&Past>,
    holder: impl Fn(ClaimKey) -> Option<ObjectId>,
    seeds: Seeds,
) -> Result<Undone, Refusal> {
    let merge = merge.ok_or_else(|| Refusal::not_found("id"))?;
    let record: CustomerMerge = resource::read(&merge.document)?;
    if let Field::Value(at) = record.attributes.undone_at {
        return Err(in_the_way(format!("The merge was undone on {at} already")));
    }
    let target = target.ok_or_else(|| in_the_way("The target is not there".to_owned()))?;
    check_target(target)?;
    let source = source.ok_or_else(|| in_the_way("The source is not there".to_owned()))?;
    check_source(source, target.id)?;
    let Some(past) = past else {
        let title = "What the target was before the merge was erased, by a redaction or with it: nothing leads back";
        return Err(in_the_way(title.to_owned()));
    };
    let context = &context.not_before(source.updated_at).not_before(target.updated_at);
    let read = |document: &str| resource::read::<Customer>(document);
    let (before, after, now) = (read(&past.before)?, read(&past.after)?, read(&target.document)?);
    let former = now.clone();
    let mut staying = now.clone();
    staying.attributes = split(Three { before: before.attributes, after: after.attributes, now: now.attributes });
    let ties = Three { before: before.relationships, after: after.relationships, now: now.relationships };
    staying.relationships = relationships(ties, &staying.attributes.recent_items);
    revise(context, &mut staying, target);

    let of_source = read(&source.document)?;
    let mut returning = of_source.clone();
    returning.attributes.deleted = false.into();
    returning.relationships.remove(MERGED_INTO);
    let held = |id: ObjectId, customer: &Customer| identity::claims(context.org.key, id, &customer.attributes);
    let (frees, claims) = claim::difference(&held(target.id, &former), &held(target.id, &staying));
    let kept_by = |key: ClaimKey| {
        let is_freed = |holder: ObjectId| holder == target.id && frees.iter().any(|claim| claim.key == key);
        holder(key).filter(|holder| *holder != source.id && !is_freed(*holder))
    };
    let given_up = identity::give_up(context.org.key, &mut returning.attributes, kept_by);
    if !given_up.is_empty() {
        put_primary_first(&mut returning.attributes);
        derive::derive(&mut returning.attributes);
    }
    revise(context, &mut returning, source);

    let edit = |merge: &mut CustomerMerge| {
        merge.attributes.status = UNDONE.into();
        merge.attributes.undone_at = context.now.into();
        Ok(())
    };
    let mut changes = lifecycle::update_record(context, merge, seeds.event, By::User, edit)?.changes;
    changes.frees.extend(frees);
    changes.claims.extend(claims);
    changes.claims.extend(held(source.id, &returning));
    write(context, (UNMERGE, seeds.target_event), (target, &former), &staying, &mut changes)?;
    let restore = Kind::Customer.spec().events.restore;
    write(context, (restore, seeds.source_event), (source, &of_source), &returning, &mut changes)?;
    let kept = given_up.into_iter().map(|(attribute, value, holder)| KeptIdentity {
        attribute: attribute.to_owned(),
        value,
        holder: holder.to_string(),
        extra: Map::new(),
    });
    Ok(Undone { changes, kept: kept.collect() })
}

fn alive<'a>(stored: Option<&'a Stored>, member: &str) -> Result<&'a Stored, Refusal> {
    let missing = || Refusal::not_found(member).with_meta("pointer", format!("/{member}"));
    let stored = stored.ok_or_else(missing)?;
    match merged_into(stored)? {
        Some(into) => Err(missing().with_detail(format!("the {member} was merged into {into}"))),
        None if stored.deleted => Err(missing()),
        None => Ok(stored),
    }
}

/// 409 with the cause.
fn in_the_way(title: String) -> Refusal {
    Refusal::new(409, code::CONFLICT, "id", title)
}

fn check_target(target: &Stored) -> Result<(), Refusal> {
    if missing::erased_at(target)?.is_some() {
        return Err(in_the_way(format!("The target {} was erased", target.id)));
    }
    if let Some(into) = merged_into(target)? {
        let title = format!("The target {} was merged again, into {into}: undo that merge first", target.id);
        return Err(in_the_way(title).with_meta("mergedInto", into.to_string()));
    }
    match target.deleted {
        true => Err(in_the_way(format!("The target {} is deleted: restore it first", target.id))),
        false => Ok(()),
    }
}

fn check_source(source: &Stored, target: ObjectId) -> Result<(), Refusal> {
    if missing::erased_at(source)?.is_some() {
        return Err(in_the_way(format!("The source {} was erased", source.id)));
    }
    match merged_into(source)? {
        Some(into) if into == target => Ok(()),
        _ => Err(in_the_way(format!("The source {} is not merged into {target} any more", source.id))),
    }
}

fn tie(customer: ObjectId) -> Relationship {
    Relationship::to_one(Kind::Customer.as_str(), customer, Kind::Customer.path_of(customer))
}

/// What every change leaves behind. Who modified the customers, and when, stays what they know of it.
fn revise(context: &Context<'_>, customer: &mut Customer, stored: &Stored) {
    customer.attributes.rev = Field::Value(stored.rev + 1);
    customer.attributes.updated_at = context.now.into();
}

fn write(
    context: &Context<'_>,
    (name, seed): (&'static str, EventSeed),
    (stored, before): (&Stored, &Customer),
    after: &Customer,
    changes: &mut ChangeSet,
) -> Result<(), Refusal> {
    let put = put_of(context, after, stored.id, Some((stored.rev, before)))?;
    let cause = Cause { seed, name, actor: context.doer(), client: context.client, request_id: context.request_id };
    changes.events.push(Event::of(cause, &put, Some(resource::changes(before, after)?)));
    changes.puts.push(put);
    Ok(())
}

/// The ties of both. Those of the target count, but for who made the older and who changed the newer record; lists of
/// kobjects are those of the target.
fn unite_relationships(
    source_id: ObjectId,
    source: &Customer,
    target_id: ObjectId,
    target: &Customer,
) -> Relationships {
    let mut united = target.relationships.clone();
    let (from, to) = (Kind::Customer.path_of(source_id), Kind::Customer.path_of(target_id));
    for (name, tie) in &source.relationships {
        if united.contains_key(name) {
            continue;
        }
        let mut tie = tie.clone();
        if let Some(link) = tie.links.as_mut()
            && let Some(rest) = link.this.strip_prefix(&from)
        {
            link.this = format!("{to}{rest}");
        }
        united.insert(name.clone(), tie);
    }
    let mut take = |name: &str| {
        match source.relationships.get(name) {
            Some(tie) => drop(united.insert(name.to_owned(), tie.clone())),
            None => drop(united.remove(name)),
        };
    };
    let (of_source, of_target) = (&source.attributes, &target.attributes);
    if of_source.created_at.value().is_some_and(|made| of_target.created_at.value().is_none_or(|other| made < other)) {
        take("createdBy");
    }
    if of_source.modified_at.value() > of_target.modified_at.value() {
        take("modifiedBy");
    }
    united
}

/// The source of a merge, read from its record.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn source_of(merge: &Stored) -> Result<Option<ObjectId>, Refusal> {
    related_in(merge, SOURCE)
}

/// The target of a merge, read from its record.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn target_of(merge: &Stored) -> Result<Option<ObjectId>, Refusal> {
    related_in(merge, TARGET)
}
