//! Two customers as one (`docs/contract/behaviour.md` §10): lists are united, of moments the latest or the earliest counts,
//! and of all else what the target has, or else what the source has.

use kustomer_api::customer::{ConversationCounts, CustomerAttributes, SatisfactionLevel};
use kustomer_api::{Field, Timestamp};
use serde_json::{Map, Value};

use super::derive;
use super::effects::{MAX_RECENT_ITEMS, recount, sent_at_of, show_unresponded};
use crate::contact::Identified;

/// The attributes of `target` with those of `source`. Lists may have more items than a write takes.
pub(super) fn unite(source: CustomerAttributes, target: CustomerAttributes) -> CustomerAttributes {
    // Every attribute is named, so that the compiler asks for the rule of a new one.
    let is_newer = sent_at_of(&source.last_message_in) > sent_at_of(&target.last_message_in);
    let has_conversation = target.last_conversation.value().is_some_and(|last| last.id.is_some());
    let company_is_set = is_text(&target.company_name);
    let mut united = CustomerAttributes {
        name: text(target.name, source.name),
        username: text(target.username, source.username),
        avatar_url: text(target.avatar_url, source.avatar_url),
        locale: text(target.locale, source.locale),
        time_zone: text(target.time_zone, source.time_zone),
        default_lang: text(target.default_lang, source.default_lang),
        presence: text(target.presence, source.presence),
        external_id: text(target.external_id, source.external_id),
        gender: first(target.gender, source.gender),
        birthday_at: first(target.birthday_at, source.birthday_at),
        imported_at: first(target.imported_at, source.imported_at),
        // Belongs to the company, which is a relationship.
        company_name: if company_is_set { target.company_name } else { source.company_name },
        sentiment: if target.sentiment.value().is_some_and(|sentiment| sentiment.polarity.is_some()) {
            target.sentiment
        } else {
            first_set(target.sentiment, source.sentiment, |sentiment| sentiment.polarity.is_some())
        },
        satisfaction_level: first_set(target.satisfaction_level, source.satisfaction_level, is_satisfaction),
        display_color: first(target.display_color, source.display_color),
        display_icon: first(target.display_icon, source.display_icon),
        external_ids: identified(target.external_ids, source.external_ids),
        shared_external_ids: identified(target.shared_external_ids, source.shared_external_ids),
        emails: identified(target.emails, source.emails),
        shared_emails: identified(target.shared_emails, source.shared_emails),
        phones: identified(target.phones, source.phones),
        shared_phones: identified(target.shared_phones, source.shared_phones),
        whatsapps: identified(target.whatsapps, source.whatsapps),
        shared_whatsapps: identified(target.shared_whatsapps, source.shared_whatsapps),
        facebook_ids: identified(target.facebook_ids, source.facebook_ids),
        instagram_ids: identified(target.instagram_ids, source.instagram_ids),
        socials: identified(target.socials, source.socials),
        shared_socials: identified(target.shared_socials, source.shared_socials),
        smooch_ids: listed(target.smooch_ids, source.smooch_ids, |left, right| left == right),
        urls: listed(target.urls, source.urls, |left, right| left.url == right.url),
        locations: listed(target.locations, source.locations, |left, right| left == right),
        active_users: listed(target.active_users, source.active_users, |left, right| left == right),
        watchers: listed(target.watchers, source.watchers, |left, right| left == right),
        tags: listed(target.tags, source.tags, |left, right| left == right),
        role_group_versions: listed(target.role_group_versions, source.role_group_versions, |left, right| {
            left == right
        }),
        access_override: listed(target.access_override, source.access_override, |left, right| left == right),
        custom: match (target.custom, source.custom) {
            (Field::Value(target), Field::Value(mut source)) => {
                source.merge(target);
                source.into()
            }
            (target, source) => first(target, source),
        },
        created_at: earliest(target.created_at, source.created_at),
        signed_up_at: latest(target.signed_up_at, source.signed_up_at),
        modified_at: latest(target.modified_at, source.modified_at),
        last_activity_at: latest(target.last_activity_at, source.last_activity_at),
        last_customer_activity_at: latest(target.last_customer_activity_at, source.last_customer_activity_at),
        last_seen_at: latest(target.last_seen_at, source.last_seen_at),
        last_message_at: latest(target.last_message_at, source.last_message_at),
        recent_location: newer(target.recent_location, source.recent_location, |seen| seen.updated_at.value().copied()),
        preview: newer(target.preview, source.preview, |preview| moment(preview, "previewAt")),
        last_conversation: if is_newer || !has_conversation {
            first_set(source.last_conversation, target.last_conversation, |last| last.id.is_some())
        } else {
            target.last_conversation
        },
        last_message_in: newer(target.last_message_in, source.last_message_in, |mark| moment(mark, "sentAt")),
        last_message_out: newer(target.last_message_out, source.last_message_out, |mark| moment(mark, "sentAt")),
        last_message_unresponded_to: target.last_message_unresponded_to,
        conversation_counts: sum(target.conversation_counts, source.conversation_counts),
        progressive_status: target.progressive_status,
        recent_items: recent(target.recent_items, source.recent_items),
        lost_values: listed(target.lost_values, source.lost_values, |left, right| left == right),
        // Worked out below.
        first_name: target.first_name,
        last_name: target.last_name,
        display_name: target.display_name,
        verified: target.verified,
        deleted: target.deleted,
        erased_at: target.erased_at,
        unmasking_window: target.unmasking_window,
        updated_at: target.updated_at,
        rev: target.rev,
        extra: target.extra,
    };
    put_primary_first(&mut united);
    show_unresponded(&mut united);
    recount(&mut united, None, None);
    derive::derive(&mut united);
    united
}

/// The primary external id is the first of all.
pub(super) fn put_primary_first(attributes: &mut CustomerAttributes) {
    let Some(ids) = attributes.external_ids.as_mut_value() else { return };
    let Some(primary) = attributes.external_id.value() else { return };
    if let Some(at) = ids.iter().position(|item| item.external_id == *primary) {
        ids[..=at].rotate_right(1);
    } else {
        // One that no item has is none.
        attributes.external_id = ids.first().map_or(Field::Absent, |item| item.external_id.as_str().into());
    }
}

fn is_text(field: &Field<String>) -> bool {
    field.value().is_some_and(|text| !text.is_empty())
}

/// A text, unless it is empty.
fn text(target: Field<String>, source: Field<String>) -> Field<String> {
    first_set(target, source, |text| !text.is_empty())
}

fn first<T>(target: Field<T>, source: Field<T>) -> Field<T> {
    first_set(target, source, |_| true)
}

/// The first of two that has a value which says something; the first of all when neither has.
fn first_set<T>(one: Field<T>, other: Field<T>, is_set: impl Fn(&T) -> bool) -> Field<T> {
    let is_set = |field: &Field<T>| field.value().is_some_and(&is_set);
    if !is_set(&one) && is_set(&other) { other } else { one }
}

fn is_satisfaction(level: &SatisfactionLevel) -> bool {
    let says = |answer: &Map<String, Value>| answer.keys().any(|name| name != "sentByTeams");
    says(&level.first_satisfaction) || says(&level.last_satisfaction) || !level.extra.is_empty()
}

fn latest(one: Field<Timestamp>, other: Field<Timestamp>) -> Field<Timestamp> {
    newer(one, other, |moment| Some(*moment))
}

fn earliest(one: Field<Timestamp>, other: Field<Timestamp>) -> Field<Timestamp> {
    match (one.value(), other.value()) {
        (Some(this), Some(that)) if that < this => other,
        (None, Some(_)) => other,
        _ => one,
    }
}

/// The value of the later moment; the one with a moment if the other has none.
fn newer<T>(one: Field<T>, other: Field<T>, at: impl Fn(&T) -> Option<Timestamp>) -> Field<T> {
    let at = |field: &Field<T>| field.value().and_then(&at);
    if at(&other) > at(&one) { other } else { one }
}

fn moment(object: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    object.get(name)?.as_str()?.parse().ok()
}

fn identified<T: Identified + Clone>(target: Field<Vec<T>>, source: Field<Vec<T>>) -> Field<Vec<T>> {
    let (Field::Value(mut items), Field::Value(more)) = (target.clone(), source.clone()) else {
        return first(target, source);
    };
    for item in more {
        let identities = item.identities();
        match items.iter_mut().find(|known| known.identities().iter().any(|identity| identities.contains(identity))) {
            Some(known) => known.absorb(item),
            None => items.push(item),
        }
    }
    items.into()
}

fn listed<T>(target: Field<Vec<T>>, source: Field<Vec<T>>, are_same: impl Fn(&T, &T) -> bool) -> Field<Vec<T>> {
    match (target, source) {
        (Field::Value(mut items), Field::Value(more)) => {
            for item in more {
                if !items.iter().any(|known| are_same(known, &item)) {
                    items.push(item);
                }
            }
            items.into()
        }
        (target, source) => first(target, source),
    }
}

fn sum(target: Field<ConversationCounts>, source: Field<ConversationCounts>) -> Field<ConversationCounts> {
    match (target, source) {
        (Field::Value(mut counts), Field::Value(more)) => {
            counts.open = counts.open.saturating_add(more.open);
            counts.snoozed = counts.snoozed.saturating_add(more.snoozed);
            counts.done = counts.done.saturating_add(more.done);
            counts.all = counts.all.saturating_add(more.all);
            counts.into()
        }
        (target, source) => first(target, source),
    }
}

fn recent(target: Field<Vec<Value>>, source: Field<Vec<Value>>) -> Field<Vec<Value>> {
    listed(target, source, |left, right| left.get("id") == right.get("id")).map(|mut items| {
        let at = |item: &Value| moment(item.as_object()?, "updatedAt");
        items.sort_by_key(|item| std::cmp::Reverse(at(item)));
        items.truncate(MAX_RECENT_ITEMS);
        items
    })
}
