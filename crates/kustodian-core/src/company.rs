//! Companies (`docs/contract/behaviour.md` §14). Their external ids are unique in the org; their names need not be.

use kustomer_api::company::{Company, CompanyAttributes, CompanyInput, Domain};
use kustomer_api::{Field, ObjectId};
use serde_json::Map;

use crate::change::{ChangeSet, Columns, EventSeed, column_text};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::contact::{ItemIds, Items, composed, fold, list, merge};
use crate::custom;
use crate::customer::Context;
use crate::lifecycle;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::search::SearchRow;
use crate::store::{OrgKey, Stored};
use crate::tag;

/// The column that holds the name as names are compared.
pub const NAME: &str = "name";

impl Record for CompanyAttributes {
    fn claims(company: &Company, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let claim = |external_id: &String| Claim {
            kind: ClaimKind::CompanyExternalId,
            key: external_id_key(org, external_id),
            owner,
            place: ClaimPlace::attribute("externalId"),
        };
        company.attributes.external_id.value().map(claim).into_iter().collect()
    }

    fn columns(company: &Company) -> Columns {
        Columns::of([(NAME, company.attributes.name.value().map(|name| compared_name(name)))])
    }

    fn search_row(company: &Company) -> Result<Option<SearchRow>, Refusal> {
        Ok(Some(SearchRow::of_company(resource::id_of(company)?, company)))
    }
}

/// The claim on an external id, with accents composed.
pub fn external_id_key(org: OrgKey, external_id: &str) -> ClaimKey {
    ClaimKey::new(org, ClaimKind::CompanyExternalId, &composed(external_id))
}

/// A name as names are compared: case, composition of accents and space around it aside.
pub fn compared_name(name: &str) -> String {
    column_text(&composed(&fold(&composed(name.trim()))))
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
/// 400 when the input cannot be stored.
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
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another; 400 when the input cannot be
/// stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let Write { input, tags, item_ids } = write;
    let rev = input.rev.clone();
    let (ids, new_tags) = tags.map(|tags| (tags.ids, tags.new)).unzip();
    let edit = |company: &mut CompanyAttributes| apply(company, input, ids, item_ids);
    // A company that is not there, or deleted and not restored, has no revision.
    let mut changes = lifecycle::update(context, stored, event, edit)?;
    if let Some(stored) = stored {
        resource::check_rev(stored, rev.as_ref())?;
    }
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
    input.emails = list(input.emails, |item| items.email(item));
    input.phones = list(input.phones, |item| items.phone(item));
    input.whatsapps = list(input.whatsapps, |item| items.whatsapp(item));
    input.socials = list(input.socials, |item| items.social(item));
    input.urls = list(input.urls, |item| items.web_url(item));
    input.domains = list(input.domains, |item| Domain { id: items.id(), domain: item.domain, extra: Map::new() });
    input.locations = list(input.locations, |item| items.location(item));
    input.tags = tags.map(|ids| ids.iter().map(ObjectId::to_string).collect());
    let custom = custom::merge(input.custom.take(), std::mem::take(&mut company.custom))?;
    input.apply(company);
    company.custom = custom;
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
