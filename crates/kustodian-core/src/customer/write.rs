//! Writes the input over the stored data: scalars replace, lists replace whole, custom attributes merge key by key
//! (`docs/contract/behaviour.md` §6.1, §8).

use kustomer_api::customer::{CustomerAttributes, CustomerInput, ExternalId};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId};

use super::derive;
use super::merge::merge_identities;
use crate::contact::{Items, composed, list};
use crate::custom;
use crate::refusal::Refusal;

/// How many external ids a record may have, the primary one included: as many as one write takes, so that an answered
/// list can be sent back. More are in a list that was sent only if the write has room for them.
const MAX_EXTERNAL_IDS: usize = 10;

/// Writes `input` over `attributes`; `tags` are those of `input`, resolved to ids.
///
/// # Errors
/// 400 when the record would gather too many custom attributes or external ids, or two items of a list contradict each
/// other.
pub(super) fn write(
    attributes: &mut CustomerAttributes,
    mut input: CustomerInput,
    tags: Option<Vec<ObjectId>>,
    items: Items,
) -> Result<(), Refusal> {
    merge_identities(&mut input)?;
    let (primary, sent) = (std::mem::take(&mut input.external_id), input.external_ids.take());
    write_external_ids(items, attributes, primary, sent)?;
    attributes.custom = custom::merge(input.custom.take(), std::mem::take(&mut attributes.custom))?;
    input.sentiment = input.sentiment.filter(|sentiment| sentiment.polarity.is_some());
    input.tags = tags.map(|ids| ids.iter().map(ObjectId::to_string).collect());
    input.shared_external_ids = list(input.shared_external_ids, |item| items.external_id(item));
    input.emails = list(input.emails, |item| items.email(item));
    input.shared_emails = list(input.shared_emails, |item| items.email(item));
    input.phones = list(input.phones, |item| items.phone(item));
    input.shared_phones = list(input.shared_phones, |item| items.phone(item));
    input.whatsapps = list(input.whatsapps, |item| items.whatsapp(item));
    input.facebook_ids = list(input.facebook_ids, |item| items.facebook_id(item));
    input.instagram_ids = list(input.instagram_ids, |item| items.instagram_id(item));
    input.socials = list(input.socials, |item| items.social(item));
    input.shared_socials = list(input.shared_socials, |item| items.social(item));
    input.urls = list(input.urls, |item| items.web_url(item));
    input.locations = list(input.locations, |item| items.location(item));
    input.apply(attributes);
    derive::derive(attributes);
    Ok(())
}

/// Setting `externalId` puts `{externalId, verified: true}` first in `externalIds` and replaces the former primary
/// one (§7.2); one that is primary already stays as it is. A list sent without it makes its first entry the primary
/// one, unless the former primary is still in it or it has the same ids as before. The primary one is always first.
fn write_external_ids(
    items: Items,
    attributes: &mut CustomerAttributes,
    primary: Field<String>,
    sent: Option<Vec<ExternalId>>,
) -> Result<(), Refusal> {
    if primary.is_absent() && sent.is_none() {
        return Ok(());
    }
    let stored = std::mem::take(&mut attributes.external_ids).into_value().unwrap_or_default();
    let former = std::mem::take(&mut attributes.external_id);
    let list_was_sent = sent.is_some();
    let length_sent = sent.as_ref().map_or(0, Vec::len);
    let mut ids = sent.unwrap_or_else(|| stored.clone());
    if !list_was_sent && primary != former {
        ids.retain(|item| Some(&item.external_id) != former.value());
    }
    attributes.external_id = match primary {
        Field::Absent if same_ids(&ids, &stored) => former,
        Field::Absent => ids
            .iter()
            .find(|item| Some(&item.external_id) == former.value())
            .or_else(|| ids.first())
            .map_or(Field::Absent, |item| Field::Value(item.external_id.clone())),
        sent => {
            if let Field::Value(primary) = &sent {
                promote(&mut ids, primary, list_was_sent || sent == former);
            }
            sent
        }
    };
    if let Field::Value(primary) = &attributes.external_id
        && let Some(at) = ids.iter().position(|item| item.external_id == *primary)
    {
        ids[..=at].rotate_right(1);
    }
    // A merge may leave more, and they may stay.
    if ids.len() > MAX_EXTERNAL_IDS.max(stored.len()).max(length_sent) {
        let title =
            format!("There would be {} external ids with the primary one, at most {MAX_EXTERNAL_IDS}", ids.len());
        return Err(Refusal::bad_input(vec![Fault::of_attribute(
            "externalIds",
            title,
            "send externalId as one of externalIds, or fewer of them",
        )]));
    }
    attributes.external_ids = ids.into_iter().map(|item| items.external_id(item)).collect::<Vec<_>>().into();
    Ok(())
}

/// Makes `primary` one of `ids`, verified: unless `keeps_verified`, when an entry that says otherwise counts. `primary` is
/// composed; an entry written before accents were composed is the same id.
fn promote(ids: &mut Vec<ExternalId>, primary: &str, keeps_verified: bool) {
    let at = ids.iter().position(|item| composed(&item.external_id) == primary);
    let verified = at.and_then(|at| ids[at].verified).filter(|_| keeps_verified).or(Some(true));
    let item = ExternalId { verified, ..ExternalId::new(primary) };
    match at {
        Some(at) => ids[at] = item,
        None => ids.insert(0, item),
    }
}

fn same_ids(left: &[ExternalId], right: &[ExternalId]) -> bool {
    left.len() == right.len() && left.iter().all(|item| right.iter().any(|other| other.external_id == item.external_id))
}
