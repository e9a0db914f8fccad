//! What Kustomer works out by itself: names to show, colours, and the shape of a fresh record
//! (`docs/contract/behaviour.md` §7.2).

use kustomer_api::customer::{
    ConversationCounts, CustomerAttributes, LastConversation, RecentLocation, SatisfactionLevel, Sentiment,
};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

/// The colours seen on real customers.
const COLORS: [&str; 11] =
    ["black", "orange", "teal", "green", "silver", "yellow", "maroon", "red", "purple", "blue", "pink"];

/// The icons seen on real customers.
const ICONS: [&str; 16] = [
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
];

/// What is shown when nothing about the customer is known.
const UNKNOWN: &str = "Unknown";

/// A customer of whom nothing was sent.
pub(super) fn fresh(id: ObjectId, now: Timestamp) -> CustomerAttributes {
    CustomerAttributes {
        display_color: COLORS[pick(id, COLORS.len(), 1)].into(),
        display_icon: ICONS[pick(id, ICONS.len(), 2)].into(),
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
        sentiment: Sentiment::default().into(),
        created_at: now.into(),
        updated_at: now.into(),
        modified_at: now.into(),
        last_activity_at: now.into(),
        last_message_in: Map::new().into(),
        last_conversation: LastConversation::default().into(),
        conversation_counts: ConversationCounts::default().into(),
        preview: Map::new().into(),
        progressive_status: Field::Null,
        recent_items: Vec::new().into(),
        satisfaction_level: no_satisfaction().into(),
        verified: true.into(),
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
        satisfaction_level: former.satisfaction_level,
        verified: former.verified,
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

/// One of `count`, always the same for an id. The recorded records look as if drawn at random; the id's counter gives
/// that without a draw.
fn pick(id: ObjectId, count: usize, salt: u64) -> usize {
    let hash = id
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325 ^ salt, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let count = u64::try_from(count).unwrap_or(1).max(1);
    usize::try_from((hash >> 32) % count).unwrap_or_default()
}

/// The name to show: the name, else the first e-mail address (recorded); then, as nothing says what follows, the first
/// phone number, WhatsApp number, social name, the user name, the external id, and `Unknown`.
pub(super) fn display_name(attributes: &CustomerAttributes) -> String {
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
        .map_or_else(|| UNKNOWN.to_owned(), Clone::clone)
}
