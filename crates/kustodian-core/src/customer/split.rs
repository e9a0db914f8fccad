//! Undoes a merge: values that are still as the merge left them get their former value back, and
//! values that were changed since stay.

use kustomer_api::Field;
use kustomer_api::custom::CustomAttributes;
use kustomer_api::customer::{ConversationCounts, CustomerAttributes};
use kustomer_api::envelope::Relationships;
use serde_json::Value;

use super::derive;
use super::effects::{recount, show_unresponded};
use super::union::put_primary_first;
use crate::contact::Identified;
use crate::klass::plural;

/// The three states that decide: before the merge, as the merge left it, and now.
pub(super) struct Three<T> {
    pub(super) before: T,
    pub(super) after: T,
    pub(super) now: T,
}

/// Splits attributes. Without later changes the result is exactly `before`, but for the revision and
/// `updatedAt`.
pub(super) fn split(three: Three<CustomerAttributes>) -> CustomerAttributes {
    let Three { before, after, now } = three;
    let is_untouched = {
        let aligned = CustomerAttributes { rev: after.rev, updated_at: after.updated_at, ..now.clone() };
        aligned == after
    };
    if is_untouched {
        return CustomerAttributes { rev: now.rev, updated_at: now.updated_at, ..before };
    }
    // Every attribute is named, so that the compiler asks for the rule of a new one.
    macro_rules! by {
        ($rule:ident, $name:ident $(, $more:expr)?) => {
            $rule(before.$name, after.$name, now.$name $(, $more)?)
        };
    }
    let mut split = CustomerAttributes {
        name: by!(whole, name),
        username: by!(whole, username),
        avatar_url: by!(whole, avatar_url),
        locale: by!(whole, locale),
        time_zone: by!(whole, time_zone),
        default_lang: by!(whole, default_lang),
        presence: by!(whole, presence),
        external_id: by!(whole, external_id),
        gender: by!(whole, gender),
        birthday_at: by!(whole, birthday_at),
        imported_at: by!(whole, imported_at),
        company_name: by!(whole, company_name),
        sentiment: by!(whole, sentiment),
        satisfaction_level: by!(whole, satisfaction_level),
        display_color: by!(whole, display_color),
        display_icon: by!(whole, display_icon),
        external_ids: by!(identified, external_ids),
        shared_external_ids: by!(identified, shared_external_ids),
        emails: by!(identified, emails),
        shared_emails: by!(identified, shared_emails),
        phones: by!(identified, phones),
        shared_phones: by!(identified, shared_phones),
        whatsapps: by!(identified, whatsapps),
        shared_whatsapps: by!(identified, shared_whatsapps),
        facebook_ids: by!(identified, facebook_ids),
        instagram_ids: by!(identified, instagram_ids),
        socials: by!(identified, socials),
        shared_socials: by!(identified, shared_socials),
        smooch_ids: by!(listed, smooch_ids, |left, right| left == right),
        urls: by!(listed, urls, |left, right| left.url == right.url),
        locations: by!(listed, locations, |left, right| left == right),
        active_users: by!(listed, active_users, |left, right| left == right),
        watchers: by!(listed, watchers, |left, right| left == right),
        tags: by!(listed, tags, |left, right| left == right),
        role_group_versions: by!(listed, role_group_versions, |left, right| left == right),
        access_override: by!(listed, access_override, |left, right| left == right),
        recent_items: by!(listed, recent_items, |left: &Value, right: &Value| left.get("id") == right.get("id")),
        lost_values: by!(listed, lost_values, |left, right| left == right),
        custom: by!(custom, custom),
        created_at: by!(whole, created_at),
        signed_up_at: by!(whole, signed_up_at),
        modified_at: by!(whole, modified_at),
        last_activity_at: by!(whole, last_activity_at),
        last_customer_activity_at: by!(whole, last_customer_activity_at),
        last_seen_at: by!(whole, last_seen_at),
        last_message_at: by!(whole, last_message_at),
        recent_location: by!(whole, recent_location),
        preview: by!(whole, preview),
        last_conversation: by!(whole, last_conversation),
        last_message_in: by!(whole, last_message_in),
        last_message_out: by!(whole, last_message_out),
        last_message_unresponded_to: now.last_message_unresponded_to,
        conversation_counts: by!(difference, conversation_counts),
        progressive_status: now.progressive_status,
        // Worked out below.
        first_name: now.first_name,
        last_name: now.last_name,
        display_name: now.display_name,
        verified: now.verified,
        deleted: now.deleted,
        erased_at: now.erased_at,
        unmasking_window: now.unmasking_window,
        updated_at: now.updated_at,
        rev: now.rev,
        extra: now.extra,
    };
    put_primary_first(&mut split);
    show_unresponded(&mut split);
    recount(&mut split, None, None);
    derive::derive(&mut split);
    split
}

/// Splits relationships. A klass whose kobjects are among the recent items stays.
pub(super) fn relationships(three: Three<Relationships>, recent: &Field<Vec<Value>>) -> Relationships {
    let Three { mut before, after, mut now } = three;
    let klasses: Vec<String> = recent
        .value()
        .into_iter()
        .flatten()
        .filter_map(|item| item.pointer("/meta/klassName")?.as_str().map(plural))
        .collect();
    let names: Vec<String> = after.keys().cloned().collect();
    for name in names {
        if now.get(&name) == after.get(&name) && !klasses.contains(&name) {
            match before.remove(&name) {
                Some(was) => drop(now.insert(name, was)),
                None => drop(now.remove(&name)),
            }
        }
    }
    now
}

/// The value before, unless it was changed since.
fn whole<T: PartialEq>(before: Field<T>, after: Field<T>, now: Field<T>) -> Field<T> {
    if now == after { before } else { now }
}

fn identified<T: Identified + Clone + PartialEq>(
    before: Field<Vec<T>>,
    after: Field<Vec<T>>,
    now: Field<Vec<T>>,
) -> Field<Vec<T>> {
    listed(before, after, now, |left, right| {
        let identities = right.identities();
        left.identities().iter().any(|identity| identities.contains(identity))
    })
}

/// Splits a list item by item.
fn listed<T: Clone + PartialEq>(
    before: Field<Vec<T>>,
    after: Field<Vec<T>>,
    now: Field<Vec<T>>,
    are_same: impl Fn(&T, &T) -> bool,
) -> Field<Vec<T>> {
    if now == after {
        return before;
    }
    let find = |items: &Field<Vec<T>>, item: &T| {
        items.value().into_iter().flatten().find(|other| are_same(other, item)).cloned()
    };
    now.map(|items| {
        let back = |item: T| match (find(&before, &item), find(&after, &item)) {
            (was, Some(left)) if left == item => was,
            _ => Some(item),
        };
        items.into_iter().filter_map(back).collect()
    })
}

fn custom(
    before: Field<CustomAttributes>,
    after: Field<CustomAttributes>,
    now: Field<CustomAttributes>,
) -> Field<CustomAttributes> {
    if now == after {
        return before;
    }
    let value = |custom: &Field<CustomAttributes>, key: &str| custom.value()?.value(key).cloned();
    now.map(|mut custom| {
        custom.retain(|key, held| {
            let is_as_left = value(&after, key).as_ref() == Some(&*held);
            match value(&before, key) {
                _ if !is_as_left => true,
                Some(was) => {
                    *held = was;
                    true
                }
                None => false,
            }
        });
        custom
    })
}

/// The later counts, added to the counts before.
fn difference(
    before: Field<ConversationCounts>,
    after: Field<ConversationCounts>,
    now: Field<ConversationCounts>,
) -> Field<ConversationCounts> {
    let (Some(was), Some(left)) = (before.value(), after.value()) else { return now };
    now.map(|now| {
        let count = |of: fn(&ConversationCounts) -> u64| (of(&now) + of(was)).saturating_sub(of(left));
        ConversationCounts {
            open: count(|counts| counts.open),
            snoozed: count(|counts| counts.snoozed),
            done: count(|counts| counts.done),
            all: count(|counts| counts.all),
            extra: now.extra.clone(),
        }
    })
}
