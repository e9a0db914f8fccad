//! Kobjects: records of the types that an org defines (`docs/contract/behaviour.md` §13). A kobject of a customer is
//! stored beside the customer and erased with it.

use kustomer_api::envelope::{Relationship, SelfLink};
use kustomer_api::error::code;
use kustomer_api::kobject::{KObject, KObjectAttributes, KObjectInput, TYPE, klass_relationship, type_of};
use kustomer_api::{Field, ObjectId, Timestamp};

use crate::change::{ChangeSet, Columns, EventSeed, Name, Narrowed, column_text};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::contact::{compose, composed};
use crate::customer::{self, Context, Effect, KnownCompany};
use crate::imported::Imported;
use crate::kind::Kind;
use crate::klass::KnownKlass;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::{OrgKey, Stored};
use crate::{conversation, custom, lifecycle, missing, resource, tag, task};

/// The column that holds the name of the klass, which never changes.
pub const KLASS: &str = "klass";

/// The column that holds the id of the customer.
pub const CUSTOMER: &str = "customer";

/// The column that holds the id of the company.
pub const COMPANY: &str = "company";

impl Record for KObjectAttributes {
    fn claims(kobject: &KObject, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let Some(klass) = klass_of(kobject) else { return Vec::new() };
        let claim = |external_id: &String| Claim {
            kind: ClaimKind::KObjectExternalId,
            key: external_id_key(org, klass, external_id),
            owner,
            place: ClaimPlace::attribute("externalId"),
        };
        kobject.attributes.external_id.value().map(claim).into_iter().collect()
    }

    fn columns(kobject: &KObject) -> Columns {
        let related = |name: &str| related(kobject, name).map(column_text);
        Columns::of([
            (KLASS, klass_of(kobject).map(column_text)),
            (CUSTOMER, related(CUSTOMER)),
            (COMPANY, related(COMPANY)),
        ])
    }

    fn search_row(kobject: &KObject) -> Result<Option<SearchRow>, Refusal> {
        if kobject.attributes.erased_at.value().is_some() {
            return Ok(None);
        }
        let klass = klass_of(kobject).unwrap_or_default();
        Ok(Some(SearchRow::of_kobject(resource::id_of(kobject)?, klass, kobject)))
    }

    fn follow(
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
        customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal> {
        conversation::follow::<Self>(context, stored, seed, customer)
    }

    fn erase(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        // Only a deleted record can be one that was erased; the others are spared the reading.
        if stored.deleted {
            let kobject: KObject = resource::read(&stored.document)?;
            if kobject.attributes.erased_at.value().is_some() {
                return Ok(None);
            }
        }
        let mark = |attributes: &mut KObjectAttributes, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(context, stored, seed, mark).map(Some)
    }
}

/// The name of a kobject's klass.
fn klass_of(kobject: &KObject) -> Option<&str> {
    kobject.kind.strip_prefix(TYPE)?.strip_prefix('.')
}

fn related<'a>(kobject: &'a KObject, name: &str) -> Option<&'a str> {
    kobject.relationships.get(name)?.id()
}

/// The claim on an external id, which is unique in its klass; with accents composed.
pub fn external_id_key(org: OrgKey, klass: &str, external_id: &str) -> ClaimKey {
    // A klass's name has no NUL.
    ClaimKey::new(org, ClaimKind::KObjectExternalId, &format!("{klass}\0{}", composed(external_id)))
}

/// The list of the kobjects of a klass.
pub fn of_klass(klass: &str) -> Narrowed {
    Narrowed { kind: Kind::KObject, column: KLASS, value: klass.to_owned() }
}

/// What of a kobject's record decides where it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ties {
    /// The name of its klass.
    pub klass: String,
    /// Its customer.
    pub customer: Option<ObjectId>,
}

impl Ties {
    /// Read from its record.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn of(stored: &Stored) -> Result<Self, Refusal> {
        let kobject: KObject = resource::read(&stored.document)?;
        let klass = klass_of(&kobject).unwrap_or_default().to_owned();
        Ok(Self { klass, customer: related(&kobject, CUSTOMER).and_then(|id| id.parse().ok()) })
    }
}

/// What to write on a kobject.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The attributes sent.
    pub input: KObjectInput,
    /// The tags sent, resolved; `None` when none were sent.
    pub tags: Option<tag::Resolved>,
    /// The user and the queue that were sent, which must be there when this is committed.
    pub assigned: Vec<Name>,
}

/// The records that a new kobject belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Owners<'a> {
    /// Its klass, which must still be there when this is committed.
    pub klass: &'a KnownKlass,
    /// The customer it is created for, as it is under its lock.
    pub customer: Option<&'a Stored>,
    /// Its company, which must still be there when this is committed.
    pub company: Option<&'a KnownCompany>,
}

/// What chance gives to the writes of a kobject that touch its customer.
#[derive(Debug, Clone, Copy)]
pub struct Seeds {
    /// For the kobject's event.
    pub event: EventSeed,
    /// For the customer's event.
    pub customer_event: EventSeed,
}

/// Creates a kobject.
///
/// # Errors
/// 409 when the klass takes no new ones; 400 when the input cannot be stored.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    seeds: Seeds,
    owners: Owners<'_>,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let Owners { klass, customer, company } = owners;
    klass.check_takes_new()?;
    // The customer's update must not be older than the one before; the two events are of one moment.
    let context = &customer.map_or(*context, |customer| context.among(customer.updated_at));
    let Write { input, tags, .. } = write;
    let tags = tags.unwrap_or_default();
    let mut kobject = fresh(klass);
    if let Some(import) = context.import_of(Kind::KObject) {
        task::check(&kobject, klass, &task_of(import))?;
    }
    apply(&mut kobject, klass, input, Some(tags.ids))?;
    let created_at = kobject.created_at.value().copied().unwrap_or(context.now);
    let active_at = if kobject.imported_at.value().is_some() { created_at } else { context.now };
    let path = klass.path();
    let mut changes = lifecycle::create_with(context, id, seeds.event, kobject, |kobject| {
        kobject.kind = type_of(&klass.name);
        kobject.links = Some(SelfLink::new(format!("{path}/{id}")));
        let link = format!("{}/{}", Kind::Klass.spec().path, klass.name);
        kobject.relationships.insert(KLASS.to_owned(), klass_relationship(&klass.name, &link));
        let mut relate = |kind: Kind, id: ObjectId| {
            kobject
                .relationships
                .insert(kind.as_str().to_owned(), Relationship::to_one(kind.as_str(), id, kind.path_of(id)));
        };
        if let Some(customer) = customer {
            relate(Kind::Customer, customer.id);
        }
        if let Some(company) = company {
            relate(Kind::Company, company.id);
        }
    })?;
    if let Some(put) = changes.puts.first_mut() {
        put.home = customer.map(|customer| customer.id);
    }
    changes.asserts.push((Kind::Klass, klass.id));
    changes.asserts.extend(company.map(|company| (Kind::Company, company.id)));
    if let Some(customer) = customer {
        let effect = Effect::KObjectCreated { id, klass: &klass.name, at: created_at, active_at };
        customer::affect(context, customer, seeds.customer_event, &[effect], &mut changes)?;
    }
    tag::create(context, &tags.new, &mut changes)?;
    Ok(changes)
}

/// As much of a task as an import keeps.
fn task_of(import: &Imported) -> KObjectInput {
    KObjectInput {
        status: import.read("status"),
        queue: import.read("queue").map_or(Field::Absent, Field::Value),
        assigned_user: import.read("assignedUser").map_or(Field::Absent, Field::Value),
        ..KObjectInput::default()
    }
}

/// Changes a kobject: scalars, lists and `data` sent replace those stored, custom attributes are merged by their keys.
///
/// # Errors
/// 404 when it is not there, deleted, or of another klass; 409 when the klass takes no changes or `rev` is another; 400
/// when the input cannot be stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    klass: &KnownKlass,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored, klass)?;
    klass.check_takes_changes()?;
    let Write { mut input, tags, assigned } = write;
    resource::check_rev(stored, input.rev.as_ref())?;
    let (ids, new_tags) = tags.map(|tags| (tags.ids, tags.new)).unzip();
    let edit = |kobject: &mut KObjectAttributes| {
        task::check(kobject, klass, &input)?;
        let status = input.status.take();
        apply(kobject, klass, input, ids)?;
        if let Some(status) = status {
            task::set(kobject, status, context.now, context.actor);
        }
        Ok(())
    };
    let mut changes = lifecycle::update(context, Some(stored), event, edit)?;
    changes.asserts.extend(assigned);
    tag::create(context, &new_tags.unwrap_or_default(), &mut changes)?;
    Ok(changes)
}

/// Deletes a kobject, and takes it out of what its customer shows; `customer` is absent when it has none.
///
/// # Errors
/// 404 when it is not there, deleted, or of another klass; 409 when the klass takes no changes; 412 when `If-Match` names
/// another state.
pub fn delete(
    context: &Context<'_>,
    stored: Option<&Stored>,
    customer: Option<&Stored>,
    seeds: Seeds,
    klass: &KnownKlass,
    if_match: Option<&str>,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored, klass)?;
    klass.check_takes_changes()?;
    resource::check_if_match(stored, if_match)?;
    let customer = unerased(customer)?;
    let context = &customer.map_or(*context, |customer| context.not_before(customer.updated_at));
    let mut changes = lifecycle::delete::<KObjectAttributes>(context, Some(stored), seeds.event)?;
    if let Some(customer) = customer {
        let effect = Effect::KObjectDeleted { id: stored.id };
        customer::affect(context, customer, seeds.customer_event, &[effect], &mut changes)?;
    }
    Ok(changes)
}

/// Restores a deleted kobject, and has its customer show it again; nothing when it is not deleted. `customer` is absent
/// when it has none.
///
/// # Errors
/// 404 when it never was, was erased, or is of another klass; 409 when the klass takes no changes.
pub fn restore(
    context: &Context<'_>,
    stored: Option<&Stored>,
    customer: Option<&Stored>,
    seeds: Seeds,
    klass: &KnownKlass,
) -> Result<ChangeSet, Refusal> {
    check_klass(stored, klass)?;
    klass.check_takes_changes()?;
    let customer = unerased(customer)?;
    let context = &customer.map_or(*context, |customer| context.not_before(customer.updated_at));
    let mut changes = lifecycle::restore::<KObjectAttributes>(context, stored, seeds.event)?;
    let Some(put) = changes.puts.first() else { return Ok(changes) };
    if let Some(customer) = customer {
        let effect = Effect::KObjectRestored { id: put.id, klass: &klass.name };
        customer::affect(context, customer, seeds.customer_event, &[effect], &mut changes)?;
    }
    // It may have been deleted with its last kobject meanwhile.
    changes.asserts.push((Kind::Klass, klass.id));
    Ok(changes)
}

/// The customer of a kobject, unless it was erased. A deleted one may be restored, and shows its kobjects then.
fn unerased(customer: Option<&Stored>) -> Result<Option<&Stored>, Refusal> {
    match customer {
        Some(customer) if missing::erased_at(customer)?.is_some() => Ok(None),
        customer => Ok(customer),
    }
}

/// Lets a kobject pass, deleted or not, that is of the klass which the path names.
///
/// # Errors
/// 404 otherwise.
pub fn check_klass(stored: Option<&Stored>, klass: &KnownKlass) -> Result<(), Refusal> {
    let ties = stored.map(Ties::of).transpose()?;
    if ties.is_some_and(|ties| ties.klass == klass.name) { Ok(()) } else { Err(Refusal::not_found("id")) }
}

/// The kobject, when it is there and of the klass that the path names.
///
/// # Errors
/// 404 otherwise.
pub fn alive<'a>(stored: Option<&'a Stored>, klass: &KnownKlass) -> Result<&'a Stored, Refusal> {
    let stored = stored.filter(|stored| !stored.deleted).ok_or_else(|| Refusal::not_found("id"))?;
    if Ties::of(stored)?.klass == klass.name { Ok(stored) } else { Err(Refusal::not_found("id")) }
}

/// 400 for the id of no customer.
pub fn unknown_customer(id: ObjectId) -> Refusal {
    let title = format!("There is no customer with the id {id}: create it first, or send null for none");
    Refusal::new(400, code::BAD_PARAM, CUSTOMER, title).with_meta("pointer", "/customer")
}

/// 400 for a body that names another customer than the path.
pub fn other_customer(id: ObjectId) -> Refusal {
    let title = format!("customer is another than the one in the path, {id}: leave it out");
    Refusal::new(400, code::BAD_PARAM, CUSTOMER, title).with_meta("pointer", "/customer")
}

/// A kobject of which nothing was sent.
fn fresh(klass: &KnownKlass) -> KObjectAttributes {
    let mut kobject = KObjectAttributes {
        icon: klass.icon.clone().map_or(Field::Absent, Field::Value),
        images: Field::Value(Vec::new()),
        custom: Field::Value(Default::default()),
        tags: Field::Value(Vec::new()),
        role_group_versions: Field::Value(Vec::new()),
        ..KObjectAttributes::default()
    };
    task::begin(&mut kobject, klass);
    kobject
}

fn apply(
    kobject: &mut KObjectAttributes,
    klass: &KnownKlass,
    mut input: KObjectInput,
    tags: Option<Vec<ObjectId>>,
) -> Result<(), Refusal> {
    if let Some(external_id) = &mut input.external_id {
        compose(external_id);
    }
    input.tags = tags.map(|ids| ids.iter().map(ObjectId::to_string).collect());
    let custom = custom::merge(input.custom.take(), std::mem::take(&mut kobject.custom))?;
    input.apply(kobject);
    kobject.custom = custom;
    kobject.klass_display_name = klass.display_name.clone().into();
    kobject.klass_mixins = klass.mixins.clone().into();
    Ok(())
}
