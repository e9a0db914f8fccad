//! Lays what was sent over what stands: scalars replace, lists replace whole, custom attributes merge key by key
//! (`docs/contract/behaviour.md` §6.1, §8).

use kustomer_api::customer::{
    ContactType, CustomerAttributes, CustomerInput, Email, ExternalId, Location, Phone, Social, UrlType, WebUrl,
};
use kustomer_api::error::code;
use kustomer_api::{Field, ObjectId};

use super::merge::merge_identities;
use super::{derive, identity};
use crate::refusal::Refusal;

/// How many custom attributes a record may gather over many writes; one write carries at most 100.
pub(super) const MAX_CUSTOM: usize = 1_000;

/// Writes `input` over `attributes`; `tags` are those of `input`, resolved to ids.
///
/// # Errors
/// 400 when the record would gather too many custom attributes, or two items of a list contradict each other.
pub(super) fn write(
    attributes: &mut CustomerAttributes,
    mut input: CustomerInput,
    tags: Option<Vec<ObjectId>>,
) -> Result<(), Refusal> {
    merge_identities(&mut input)?;
    write_external_ids(attributes, input.external_id, input.external_ids);
    let former = std::mem::take(attributes);
    *attributes = CustomerAttributes {
        name: input.name.over(former.name),
        username: input.username.over(former.username),
        avatar_url: input.avatar_url.over(former.avatar_url),
        signed_up_at: input.signed_up_at.over(former.signed_up_at),
        last_activity_at: input.last_activity_at.over(former.last_activity_at),
        last_customer_activity_at: input.last_customer_activity_at.over(former.last_customer_activity_at),
        last_seen_at: input.last_seen_at.over(former.last_seen_at),
        birthday_at: input.birthday_at.over(former.birthday_at),
        locale: input.locale.over(former.locale),
        time_zone: input.time_zone.over(former.time_zone),
        default_lang: input.default_lang.over(former.default_lang),
        gender: input.gender.over(former.gender),
        created_at: sent(input.created_at, former.created_at),
        imported_at: sent(input.imported_at, former.imported_at),
        sentiment: sent(input.sentiment, former.sentiment),
        shared_external_ids: list(input.shared_external_ids, external_id, former.shared_external_ids),
        emails: list(input.emails, email, former.emails),
        shared_emails: list(input.shared_emails, email, former.shared_emails),
        phones: list(input.phones, phone, former.phones),
        shared_phones: list(input.shared_phones, phone, former.shared_phones),
        whatsapps: list(input.whatsapps, whatsapp, former.whatsapps),
        facebook_ids: sent(input.facebook_ids, former.facebook_ids),
        instagram_ids: sent(input.instagram_ids, former.instagram_ids),
        socials: list(input.socials, social, former.socials),
        shared_socials: list(input.shared_socials, social, former.shared_socials),
        urls: list(input.urls, web_url, former.urls),
        locations: list(input.locations, location, former.locations),
        tags: sent(tags.map(|ids| ids.iter().map(ObjectId::to_string).collect()), former.tags),
        custom: match (input.custom, former.custom) {
            (None, former) => former,
            (Some(custom), Field::Value(mut former)) => {
                former.merge(custom);
                former.into()
            }
            (Some(custom), Field::Absent | Field::Null) => custom.into(),
        },
        ..former
    };
    if attributes.custom.value().is_some_and(|custom| custom.len() > MAX_CUSTOM) {
        let title = format!("The record would have more than {MAX_CUSTOM} custom attributes");
        return Err(Refusal::new(400, code::BAD_PARAM, "custom", title));
    }
    attributes.display_name = derive::display_name(attributes).into();
    Ok(())
}

fn sent<T>(sent: Option<T>, former: Field<T>) -> Field<T> {
    sent.map_or(former, Field::Value)
}

fn list<T>(sent: Option<Vec<T>>, complete: fn(T) -> T, former: Field<Vec<T>>) -> Field<Vec<T>> {
    sent.map_or(former, |items| Field::Value(items.into_iter().map(complete).collect()))
}

/// Setting `externalId` puts `{externalId, verified: true}` first in `externalIds` and replaces the former primary one
/// (§7.2). A list sent without it makes its first entry the primary one, unless the former primary is still in it.
fn write_external_ids(attributes: &mut CustomerAttributes, primary: Field<String>, sent: Option<Vec<ExternalId>>) {
    let former = attributes.external_id.value().cloned();
    let list_was_sent = sent.is_some();
    let mut ids: Vec<ExternalId> = match sent {
        Some(sent) => sent.into_iter().map(external_id).collect(),
        None => std::mem::take(&mut attributes.external_ids).into_value().unwrap_or_default(),
    };
    if !list_was_sent && !primary.is_absent() {
        ids.retain(|item| Some(&item.external_id) != former.as_ref());
    }
    attributes.external_id = match primary {
        Field::Value(primary) => {
            ids.retain(|item| identity::composed(&item.external_id) != primary);
            ids.insert(0, ExternalId { verified: Some(true), ..ExternalId::new(primary.clone()) });
            Field::Value(primary)
        }
        Field::Null => Field::Null,
        Field::Absent if list_was_sent => ids
            .iter()
            .find(|item| Some(&item.external_id) == former.as_ref())
            .or_else(|| ids.first())
            .map_or(Field::Absent, |item| Field::Value(item.external_id.clone())),
        Field::Absent => std::mem::take(&mut attributes.external_id),
    };
    attributes.external_ids = ids.into();
}

// Items carry the members of the seed page: `id: null`, `verified: false` and a type by default; a string never sent
// stays absent. External ids carry no `id` (recorded, §7.2).

fn external_id(item: ExternalId) -> ExternalId {
    ExternalId { verified: item.verified.or(Some(false)), ..item }
}

fn email(item: Email) -> Email {
    Email {
        id: Field::Null,
        email: identity::email_address(&item.email),
        kind: item.kind.or(Some(ContactType::Home)),
        verified: item.verified.or(Some(false)),
        extra: item.extra,
    }
}

fn phone(item: Phone) -> Phone {
    Phone {
        id: Field::Null,
        kind: item.kind.or(Some(ContactType::Home)),
        verified: item.verified.or(Some(false)),
        ..item
    }
}

/// Stored like `whatsapp:+1234567890` (§7.1).
fn whatsapp(item: Phone) -> Phone {
    Phone {
        id: Field::Null,
        phone: format!("whatsapp:+{}", identity::digits(&item.phone)),
        kind: item.kind.or(Some(ContactType::Mobile)),
        verified: item.verified.or(Some(false)),
        extra: item.extra,
    }
}

fn social(item: Social) -> Social {
    Social { id: Field::Null, verified: item.verified.or(Some(false)), ..item }
}

fn web_url(item: WebUrl) -> WebUrl {
    WebUrl { id: Field::Null, kind: item.kind.or(Some(UrlType::Website)), ..item }
}

fn location(item: Location) -> Location {
    Location { id: Field::Null, kind: item.kind.over(Field::Value(ContactType::Home)), ..item }
}
