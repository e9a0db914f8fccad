//! SLAs. Every change of what one says makes another version, and none is lost.

mod clock;
mod policy;
#[cfg(test)]
mod tests;

use kustomer_api::envelope::{RelatedId, Relationship, Relationships, Resource, SelfLink};
use kustomer_api::error::code;
use kustomer_api::sla::{
    IncludedVersion, MAX_VERSIONS, Sla, SlaAttributes, SlaHours, SlaInput, SlaVersion, VERSION_TYPE, Versions,
};
use kustomer_api::{Field, ObjectId};
use serde_json::Map;
use sha2::{Digest as _, Sha256};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

pub use clock::due;
pub(crate) use clock::settle;
pub use policy::{InForce, MAX_IN_FORCE};

impl Record for SlaAttributes {}

/// Makes an SLA, with its first version.
///
/// # Errors
/// 400 for criteria that cannot be asked of conversations.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, input: SlaInput) -> Result<ChangeSet, Refusal> {
    input.criteria.as_ref().map_or(Ok(()), policy::check)?;
    let mut sla = SlaAttributes { hours: SlaHours::Business.into(), ..SlaAttributes::default() };
    input.apply(&mut sla);
    add_version(context, id, &mut sla)?;
    lifecycle::create_with(context, id, event, sla, relate)
}

/// Changes an SLA: attributes of the input replace the stored ones, and another version counts from now on. `deleted`
/// deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another, or it has as many versions as it may;
/// 400 for criteria that cannot be asked of conversations.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: SlaInput,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
    resource::check_rev(stored, input.rev.as_ref())?;
    input.criteria.as_ref().map_or(Ok(()), policy::check)?;
    let context = &context.not_before(stored.updated_at);
    let edit = |record: &mut Sla| {
        let before = record.attributes.clone();
        input.apply(&mut record.attributes);
        if !says_the_same(&before, &record.attributes) {
            add_version(context, stored.id, &mut record.attributes)?;
            relate(record);
        }
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::User, edit).map(|updated| updated.changes)
}

fn says_the_same(one: &SlaAttributes, other: &SlaAttributes) -> bool {
    one.name == other.name
        && one.description == other.description
        && one.hours == other.hours
        && one.metrics == other.metrics
        && one.criteria == other.criteria
}

fn add_version(context: &Context<'_>, id: ObjectId, sla: &mut SlaAttributes) -> Result<(), Refusal> {
    let mut versions = std::mem::take(&mut sla.versions).into_value().unwrap_or_default();
    if versions.len() >= MAX_VERSIONS {
        let title = format!("The SLA has {MAX_VERSIONS} versions: make another SLA");
        return Err(Refusal::new(409, code::CONFLICT, "versions", title));
    }
    let number = versions.len() as u64 + 1;
    versions.push(SlaVersion {
        id: version_id(id, number).to_string(),
        name: sla.name.clone(),
        description: sla.description.clone(),
        version: Field::Value(number),
        hours: sla.hours.clone(),
        metrics: sla.metrics.clone(),
        criteria: sla.criteria.clone(),
        created_at: context.now.into(),
        created_by: context.actor.to_string().into(),
        extra: Map::new(),
    });
    sla.current_version = Field::Value(number);
    sla.versions = versions.into();
    Ok(())
}

/// The id of a version follows from that of its SLA and its number.
fn version_id(sla: ObjectId, number: u64) -> ObjectId {
    let hash = Sha256::digest(format!("{VERSION_TYPE}\0{sla}\0{number}"));
    let mut id = [0; 12];
    id.copy_from_slice(&hash[..12]);
    ObjectId::from_bytes(id)
}

fn relate(sla: &mut Resource<SlaAttributes>) {
    let versions = sla.attributes.versions.value().map(Vec::as_slice).unwrap_or_default();
    let related = versions.iter().map(|version| RelatedId::new(VERSION_TYPE, version.id.clone().into())).collect();
    sla.relationships.insert("versions".to_owned(), Relationship::to_these(related));
}

/// The versions of an SLA as records, to be answered beside it.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn included(document: &str, which: Versions) -> Result<Vec<String>, Refusal> {
    let sla: Sla = resource::read(document)?;
    let path = sla.links.map(|link| link.this).unwrap_or_default();
    let org = sla.relationships.get("org").cloned();
    let mut versions = sla.attributes.versions.into_value().unwrap_or_default();
    if which == Versions::Active {
        let current = sla.attributes.current_version;
        versions.retain(|version| version.version == current);
    }
    let record = |version: SlaVersion| {
        let (id, user) = (version.id.clone(), version.created_by.value().cloned());
        let mut attributes = match serde_json::to_value(version) {
            Ok(serde_json::Value::Object(attributes)) => attributes,
            _ => return Err(resource::fault("A version of an SLA could not be written")),
        };
        ["id", "createdBy"].iter().for_each(|name| drop(attributes.remove(*name)));
        let ties = [
            ("org", org.clone()),
            ("createdBy", user.map(|id| Relationship::to_one("user", &id, format!("/v1/users/{id}")))),
            ("sla", Some(Relationship::to_one(Kind::Sla.as_str(), &sla.id, path.clone()))),
        ];
        let ties = ties.into_iter().filter_map(|(name, tie)| Some((name.to_owned(), tie?)));
        resource::render(&IncludedVersion {
            kind: VERSION_TYPE.to_owned(),
            id: id.into(),
            attributes,
            relationships: Relationships::from_iter(ties),
            links: Some(SelfLink::new(format!("{path}?versions=all"))),
            extra: Map::new(),
        })
    };
    versions.into_iter().map(record).collect()
}
