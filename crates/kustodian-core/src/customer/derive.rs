//! What Kustomer works out by itself: names to show, colours, and the shape of a fresh record
//! (`docs/contract/behaviour.md` §7.2).

use kustomer_api::customer::{
    ConversationCounts, CustomerAttributes, LastConversation, RecentLocation, SatisfactionLevel,
};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

/// The colours seen on real customers.
const COLORS: [&str; 11] =
    ["black", "orange", "teal", "green", "silver", "yellow", "maroon", "red", "purple", "blue", "pink"];

/// The icons seen on real customers.
const ICONS: [&str; 17] = [
    "compass",
    "bus",
    "anchor",
    "cake",
    "sun",
    "plane",
    "binoculars",
    "flower",
    "broom",
    "stereo",
    "basket",
    "balloon",
    "cloud",
    "scissors",
    "brush",
    "branch",
    "bike",
];

/// A customer of whom nothing was sent.
pub(super) fn fresh(id: ObjectId, now: Timestamp) -> CustomerAttributes {
    CustomerAttributes {
        display_color: pick(id, &COLORS, 1).into(),
        display_icon: pick(id, &ICONS, 2).into(),
        external_ids: Vec::new().into(),
        shared_external_ids: Vec::new().into(),
        emails: Vec::new().into(),
        shared_emails: Vec::new().into(),
        phones: Vec::new().into(),
        shared_phones: Vec::new().into(),
        whatsapps: Vec::new().into(),
        shared_whatsapps: Vec::new().into(),
        facebook_ids: Vec::new().into(),
        instagram_ids: Vec::new().into(),
        smooch_ids: Vec::new().into(),
        socials: Vec::new().into(),
        shared_socials: Vec::new().into(),
        urls: Vec::new().into(),
        locations: Vec::new().into(),
        active_users: Vec::new().into(),
        watchers: Vec::new().into(),
        recent_location: RecentLocation { updated_at: now.into(), extra: Map::new() }.into(),
        tags: Vec::new().into(),
        created_at: now.into(),
        updated_at: now.into(),
        modified_at: now.into(),
        last_activity_at: now.into(),
        last_conversation: LastConversation::default().into(),
        conversation_counts: ConversationCounts::default().into(),
        preview: Map::new().into(),
        progressive_status: Field::Null,
        recent_items: Vec::new().into(),
        satisfaction_level: no_satisfaction().into(),
        deleted: false.into(),
        role_group_versions: Vec::new().into(),
        access_override: Vec::new().into(),
        rev: Field::Value(1),
        ..CustomerAttributes::default()
    }
}

/// The same customer with nothing sent any more, for an update that replaces: who it is and what happened to it stays.
pub(super) fn bared(former: CustomerAttributes, id: ObjectId, now: Timestamp) -> CustomerAttributes {
    CustomerAttributes {
        display_color: former.display_color,
        display_icon: former.display_icon,
        shared_whatsapps: former.shared_whatsapps,
        smooch_ids: former.smooch_ids,
        active_users: former.active_users,
        watchers: former.watchers,
        recent_location: former.recent_location,
        presence: former.presence,
        created_at: former.created_at,
        last_message_at: former.last_message_at,
        last_message_in: former.last_message_in,
        last_message_out: former.last_message_out,
        last_message_unresponded_to: former.last_message_unresponded_to,
        last_conversation: former.last_conversation,
        conversation_counts: former.conversation_counts,
        preview: former.preview,
        progressive_status: former.progressive_status,
        recent_items: former.recent_items,
        lost_values: former.lost_values,
        satisfaction_level: former.satisfaction_level,
        unmasking_window: former.unmasking_window,
        role_group_versions: former.role_group_versions,
        access_override: former.access_override,
        rev: former.rev,
        extra: former.extra,
        ..fresh(id, now)
    }
}

fn no_satisfaction() -> SatisfactionLevel {
    let none: Map<String, Value> = [("sentByTeams".to_owned(), Value::Array(Vec::new()))].into_iter().collect();
    SatisfactionLevel { first_satisfaction: none.clone(), last_satisfaction: none, extra: Map::new() }
}

/// One of `choices`, always the same for an id. The recorded records look as if drawn at random; ids made one after the
/// other differ in a few low bits, so every bit of the id has to reach every bit of the hash.
fn pick<'a>(id: ObjectId, choices: &[&'a str], salt: u64) -> &'a str {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *id.as_bytes();
    let (begin, end) = (u64::from_be_bytes([a, b, c, d, e, f, g, h]), u64::from(u32::from_be_bytes([i, j, k, l])));
    let hash = mix(mix(begin ^ salt) ^ end);
    let count = u64::try_from(choices.len()).unwrap_or(1).max(1);
    let index = usize::try_from(hash % count).unwrap_or_default();
    choices.get(index).copied().unwrap_or_default()
}

/// The finalizer of SplitMix64: a bit of the input changes each bit of the output in half of all cases.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// Derives the attributes that depend on written ones.
pub(super) fn derive(attributes: &mut CustomerAttributes) {
    (attributes.first_name, attributes.last_name) = split_name(&attributes.name);
    attributes.display_name = display_name(attributes).into();
    attributes.verified = has_identity(attributes).into();
}

/// First and last name: the first word of the name and the rest, as typed. Neither loses a character of a name with
/// more than two words.
fn split_name(name: &Field<String>) -> (Field<String>, Field<String>) {
    let name = name.value().map_or("", |name| name.trim());
    let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    let part = |text: &str| if text.is_empty() { Field::Absent } else { text.into() };
    (part(first), part(last.trim_start()))
}

/// Whether the customer has anything that is unique in the org. Recorded in 2025: `verified` is false without any
/// identity and true with an e-mail address, whatever that one's own `verified` says (`docs/contract/behaviour.md` §22).
pub(super) fn has_identity(of: &CustomerAttributes) -> bool {
    !is_empty(&of.emails)
        || !is_empty(&of.phones)
        || !is_empty(&of.whatsapps)
        || !is_empty(&of.socials)
        || !is_empty(&of.external_ids)
}

fn is_empty<T>(list: &Field<Vec<T>>) -> bool {
    list.value().is_none_or(Vec::is_empty)
}

/// The name to show: the name, else the first e-mail address (recorded); then, as nothing says what follows, the first
/// phone number, WhatsApp number, social name, the user name, the external id; and of a customer without any of them
/// colour and icon, such as `Silver Scissors` (recorded in 2025).
fn display_name(attributes: &CustomerAttributes) -> String {
    fn first<T>(list: &Field<Vec<T>>) -> Option<&T> {
        list.value().and_then(|list| list.first())
    }
    let name = attributes.name.value().filter(|name| !name.trim().is_empty());
    name.or_else(|| first(&attributes.emails).map(|item| &item.email))
        .or_else(|| first(&attributes.phones).map(|item| &item.phone))
        .or_else(|| first(&attributes.whatsapps).map(|item| &item.phone))
        .or_else(|| first(&attributes.socials).map(|item| &item.username))
        .or_else(|| attributes.username.value().filter(|name| !name.is_empty()))
        .or_else(|| attributes.external_id.value())
        .map_or_else(|| color_and_icon(attributes), Clone::clone)
}

fn color_and_icon(attributes: &CustomerAttributes) -> String {
    let words = [&attributes.display_color, &attributes.display_icon].into_iter().filter_map(Field::value);
    words.map(|word| capitalized(word)).collect::<Vec<_>>().join(" ")
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
