//! Companies (`docs/contract/behaviour.md` §14). Their external ids are unique in the org; their names need not be.

use kustomer_api::company::{Company, CompanyAttributes, CompanyInput, Domain};
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Number};

use crate::change::{ChangeSet, Columns, EventSeed};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::contact::{ItemIds, Items, composed, fold, merge};
use crate::custom;
use crate::customer::Context;
use crate::lifecycle::{self, Common, Lifecycle};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::{OrgKey, Stored};
use crate::tag;

/// The column that holds the name as names are compared.
pub const NAME: &str = "name";

impl Record for CompanyAttributes {
    fn claims(&self, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let claim = |external_id: &String| Claim {
            kind: ClaimKind::CompanyExternalId,
            key: external_id_key(org, external_id),
            owner,
            place: ClaimPlace::attribute("externalId"),
        };
        self.external_id.value().map(claim).into_iter().collect()
    }

    fn columns(company: &Company) -> Columns {
        Columns::of([(NAME, company.attributes.name.value().map(|name| compared_name(name)))])
    }
}

impl Lifecycle for CompanyAttributes {
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

/// The claim on an external id, with accents composed.
pub fn external_id_key(org: OrgKey, external_id: &str) -> ClaimKey {
    ClaimKey::new(org, ClaimKind::CompanyExternalId, &composed(external_id))
}

/// A name as names are compared: case, composition of accents and space around it aside.
pub fn compared_name(name: &str) -> String {
    composed(&fold(&composed(name.trim()))).into_owned()
}

/// What to write on a company.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The attributes sent.
    pub input: CompanyInput,
    /// The tags sent, resolved; `None` when none were sent.
    pub tags: Option<tag::Resolved>,
    /// How the items of the lists sent are stored and answered.
    pub item_ids: ItemIds,
}

/// Creates a company.
///
/// # Errors
/// 400 when what was sent cannot be stored.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, write: Write) -> Result<ChangeSet, Refusal> {
    let Write { input, tags, item_ids } = write;
    let tags = tags.unwrap_or_default();
    let mut company = CompanyAttributes { tags: Field::Value(Vec::new()), ..CompanyAttributes::default() };
    apply(&mut company, input, Some(tags.ids), item_ids)?;
    let mut changes = lifecycle::create(context, id, event, company)?;
    tag::create(context, &tags.new, &mut changes)?;
    Ok(changes)
}

/// Changes a company: scalars and lists sent replace those stored, custom attributes are merged by their keys. `deleted`
/// deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another; 400 when what was sent cannot be
/// stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let Write { input, tags, item_ids } = write;
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    let (ids, new_tags) = tags.map(|tags| (tags.ids, tags.new)).unzip();
    let edit = |company: &mut CompanyAttributes| apply(company, input, ids, item_ids);
    let mut changes = lifecycle::update(context, stored, event, edit)?;
    tag::create(context, &new_tags.unwrap_or_default(), &mut changes)?;
    Ok(changes)
}

fn apply(
    company: &mut CompanyAttributes,
    mut input: CompanyInput,
    tags: Option<Vec<ObjectId>>,
    item_ids: ItemIds,
) -> Result<(), Refusal> {
    merge_identities(&mut input)?;
    let items = Items { ids: item_ids };
    let former = std::mem::take(company);
    *company = CompanyAttributes {
        name: sent(input.name, former.name),
        external_id: input.external_id.over(former.external_id),
        avatar_url: input.avatar_url.over(former.avatar_url),
        emails: list(input.emails, |item| items.email(item), former.emails),
        phones: list(input.phones, |item| items.phone(item), former.phones),
        whatsapps: list(input.whatsapps, |item| items.whatsapp(item), former.whatsapps),
        socials: list(input.socials, |item| items.social(item), former.socials),
        urls: list(input.urls, |item| items.web_url(item), former.urls),
        domains: list(input.domains, |item| Domain { extra: Map::new(), ..item }, former.domains),
        locations: list(input.locations, |item| items.location(item), former.locations),
        employee_count: input.employee_count.map_or(former.employee_count, Field::<Number>::Value),
        tags: sent(tags.map(|ids| ids.iter().map(ObjectId::to_string).collect()), former.tags),
        custom: custom::merge(input.custom, former.custom)?,
        default_lang: input.default_lang.over(former.default_lang),
        created_at: sent(input.created_at, former.created_at),
        imported_at: sent(input.imported_at, former.imported_at),
        deleted: match input.deleted {
            Field::Absent => former.deleted,
            Field::Null => false.into(),
            sent => sent,
        },
        ..former
    };
    Ok(())
}

/// Merges the identities that are the same, each in its list.
fn merge_identities(input: &mut CompanyInput) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if let Some(external_id) = input.external_id.as_mut_value() {
        crate::contact::compose(external_id);
    }
    merge("emails", &mut input.emails, &mut faults);
    merge("phones", &mut input.phones, &mut faults);
    merge("whatsapps", &mut input.whatsapps, &mut faults);
    merge("socials", &mut input.socials, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

fn sent<T>(sent: Option<T>, former: Field<T>) -> Field<T> {
    sent.map_or(former, Field::Value)
}

fn list<T>(sent: Option<Vec<T>>, complete: impl Fn(T) -> T, former: Field<Vec<T>>) -> Field<Vec<T>> {
    sent.map_or(former, |items| Field::Value(items.into_iter().map(complete).collect()))
}
