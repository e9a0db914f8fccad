//! Tags: listed and read; created when a record first names them.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::tag::{self, Mention, NewTag, Resolved};
use kustomer_api::tag::{GetTagById, GetTags};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn get_tags(call: Call<GetTags>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Tag).await
}

pub(crate) async fn get_tag_by_id(call: Call<GetTagById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Tag, call.path, call.query).await
}

/// The ids of tags that a client named; names that no tag has are passed over.
pub(crate) async fn known<E: Endpoint>(call: &Call<E>, named: &[String]) -> Result<Vec<ObjectId>, Refusal> {
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    for mention in named.iter().map(|text| Mention::of(text)) {
        match mention {
            Mention::Id(id) => ids.push(id),
            Mention::Name(name) => keys.push(tag::name_key(call.org(), &name)),
        }
    }
    if !keys.is_empty() {
        ids.extend(call.store().find_owners(call.org(), &keys).await.map_err(unavailable)?.into_iter().flatten());
    }
    Ok(ids)
}

/// Resolves the tags a client named: ids must exist; names that do not are to be made with the record.
///
/// # Errors
/// 400 for an id that does not exist in the org.
pub(crate) async fn resolve<E: Endpoint>(
    call: &Call<E>,
    named: Option<Vec<String>>,
) -> Result<Option<Resolved>, Refusal> {
    let Some(named) = named else { return Ok(None) };
    let mentions: Vec<Mention> = named.iter().map(|text| Mention::of(text)).collect();
    let keys: Vec<_> = mentions
        .iter()
        .filter_map(|mention| match mention {
            Mention::Name(name) => Some(tag::name_key(call.org(), name)),
            Mention::Id(_) => None,
        })
        .collect();
    let owners = if keys.is_empty() {
        Vec::new()
    } else {
        call.store().find_owners(call.org(), &keys).await.map_err(unavailable)?
    };
    let mut owners = owners.into_iter();
    let mut resolved = Resolved::default();
    for mention in mentions {
        match mention {
            Mention::Id(id) => {
                let found = call.store().find(call.org(), Kind::Tag, id).await.map_err(unavailable)?;
                found.filter(|tag| !tag.deleted).ok_or_else(|| tag::unknown_id(id))?;
                resolved.add(id);
            }
            Mention::Name(name) => match owners.next().flatten() {
                Some(id) => resolved.add(id),
                None if resolved.find_new(&name).is_some() => {}
                None => resolved.add_new(NewTag { name, id: call.next_id(), event: call.next_event() }),
            },
        }
    }
    Ok(Some(resolved))
}
