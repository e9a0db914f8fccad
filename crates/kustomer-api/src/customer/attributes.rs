//! A customer as answered. Every attribute is optional on a read: the contract's operations list different ones, and
//! never-set attributes are absent (`docs/contract/behaviour.md` §2, §7.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::contact::{Email, ExternalId, FacebookId, Gender, InstagramId, Location, Phone, Sentiment, Social, WebUrl};
use crate::custom::CustomAttributes;
use crate::customer_merge::LosingValue;
use crate::envelope::Resource;
use crate::{Field, Timestamp};

/// A customer: its envelope around [`CustomerAttributes`].
///
/// ```
/// use kustomer_api::customer::Customer;
///
/// let answer = r#"{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{"name":"Ada","newInV9":[1]}}"#;
/// let customer: Customer = serde_json::from_str(answer)?;
/// assert_eq!(customer.attributes.name.value().map(String::as_str), Some("Ada"));
/// assert_eq!(serde_json::to_string(&customer)?, answer);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub type Customer = Resource<CustomerAttributes>;

/// The attributes of a customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerAttributes {
    /// As sent; may be empty.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// The first word of `name`, as typed; absent when there is none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub first_name: Field<String>,
    /// What follows the first word of `name`, as typed; absent when there is nothing.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_name: Field<String>,
    /// The name, or what takes its place: the first e-mail address, then the first phone number, and so on; colour and
    /// icon of a customer without any of them.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub display_name: Field<String>,
    /// A colour picked when the customer was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub display_color: Field<String>,
    /// An icon picked when the customer was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub display_icon: Field<String>,
    /// The primary external id.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<String>,
    /// All external ids, the primary one first.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub external_ids: Field<Vec<ExternalId>>,
    /// External ids others may hold too.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub shared_external_ids: Field<Vec<ExternalId>>,
    /// The name of the company, when a name was sent instead of an id; only answered.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub company_name: Field<String>,
    /// The name used to sign in somewhere.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub username: Field<String>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub avatar_url: Field<String>,
    /// E-mail addresses, unique in the org.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub emails: Field<Vec<Email>>,
    /// E-mail addresses others may hold too.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub shared_emails: Field<Vec<Email>>,
    /// Phone numbers, unique in the org.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub phones: Field<Vec<Phone>>,
    /// Phone numbers others may hold too.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub shared_phones: Field<Vec<Phone>>,
    /// WhatsApp numbers, stored like `whatsapp:+1234567890`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub whatsapps: Field<Vec<Phone>>,
    /// WhatsApp numbers others may hold too; only answered.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub shared_whatsapps: Field<Vec<Phone>>,
    /// Facebook users.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub facebook_ids: Field<Vec<FacebookId>>,
    /// Instagram users.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub instagram_ids: Field<Vec<InstagramId>>,
    /// Users of Sunshine Conversations; only answered.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub smooch_ids: Field<Vec<Value>>,
    /// Social profiles, unique in the org.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub socials: Field<Vec<Social>>,
    /// Social profiles others may hold too.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub shared_socials: Field<Vec<Social>>,
    /// Web addresses.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub urls: Field<Vec<WebUrl>>,
    /// Places.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub locations: Field<Vec<Location>>,
    /// The users that have the customer open now.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub active_users: Field<Vec<String>>,
    /// Users that follow the customer.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub watchers: Field<Vec<String>>,
    /// Where the customer was seen last.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub recent_location: Field<RecentLocation>,
    /// Such as `en_US`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub locale: Field<String>,
    /// An IANA name.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub time_zone: Field<String>,
    /// Such as `en_us`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub default_lang: Field<String>,
    /// `m` or `f`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub gender: Field<Gender>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub birthday_at: Field<Timestamp>,
    /// When the customer signed up somewhere.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub signed_up_at: Field<Timestamp>,
    /// `online`, `offline` or `idle`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub presence: Field<String>,
    /// Ids of tags.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tags: Field<Vec<String>>,
    /// How the customer feels; absent, or `{}` from older servers, when nothing is known.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub sentiment: Field<Sentiment>,
    /// Custom attributes; absent when never set.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub custom: Field<CustomAttributes>,
    /// When the record was created, or the moment that was sent.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When anything last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When an actor last changed anything.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// When the record was imported.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub imported_at: Field<Timestamp>,
    /// When anything last happened, updates included.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_activity_at: Field<Timestamp>,
    /// When the customer last did something.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_customer_activity_at: Field<Timestamp>,
    /// When the customer was last online.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_seen_at: Field<Timestamp>,
    /// When the newest message was sent.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_message_at: Field<Timestamp>,
    /// The newest message from the customer; absent, or `{}` from older servers, when there is none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_message_in: Field<Map<String, Value>>,
    /// The newest message to the customer.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_message_out: Field<Map<String, Value>>,
    /// The newest message that waits for an answer.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_message_unresponded_to: Field<Map<String, Value>>,
    /// The newest conversation.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_conversation: Field<LastConversation>,
    /// How many conversations there are, by status.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub conversation_counts: Field<ConversationCounts>,
    /// The beginning of the newest message; `{}` when there is none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub preview: Field<Map<String, Value>>,
    /// The most active status of any conversation; null when there is none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub progressive_status: Field<String>,
    /// The records that were last attached to the customer.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub recent_items: Field<Vec<Value>>,
    /// Values of customers that were merged into this one, which it does not have itself; absent when there are none.
    /// Searches for words find the customer by them. Kustodian alone answers it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub lost_values: Field<Vec<LosingValue>>,
    /// The customer's ratings of the service.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub satisfaction_level: Field<SatisfactionLevel>,
    /// Whether there is any identity: an e-mail address, phone or WhatsApp number, social profile or external id.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub verified: Field<bool>,
    /// Whether the record is deleted.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted: Field<bool>,
    /// When the record was erased; Kustodian alone reports it, in its feed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub erased_at: Field<Timestamp>,
    /// In which a user sees the sensitive attributes; absent unless one was opened and not closed since.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub unmasking_window: Field<UnmaskingWindow>,
    /// Versions of role groups; `[]`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub role_group_versions: Field<Vec<Value>>,
    /// Who may see the record although their roles say no; `[]`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub access_override: Field<Vec<Value>>,
    /// The revision: 1 when made, one more with every stored change.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub rev: Field<u64>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A window in which a user sees the sensitive attributes of a customer, and of what belongs to the customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct UnmaskingWindow {
    /// The id of the user who opened it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub requested_by: Field<String>,
    /// From when on.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub start_date: Field<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub end_date: Field<Timestamp>,
    /// When it was opened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it was opened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Where a customer was seen last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct RecentLocation {
    /// When.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// Members this version does not know, such as `location`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The newest conversation; `{"channels":[],"tags":[]}` when there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct LastConversation {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The channels it used.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Ids of its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Members this version does not know, such as `sentiment`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How many conversations a customer has; `all` is the sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ConversationCounts {
    /// Resolved ones.
    #[serde(default)]
    pub done: u64,
    /// Ones that need attention.
    #[serde(default)]
    pub open: u64,
    /// Parked ones.
    #[serde(default)]
    pub snoozed: u64,
    /// All of them.
    #[serde(default)]
    pub all: u64,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A customer's ratings of the service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SatisfactionLevel {
    /// The first answer; `{"sentByTeams":[]}` when there is none.
    #[serde(default)]
    pub first_satisfaction: Map<String, Value>,
    /// The newest answer; `{"sentByTeams":[]}` when there is none.
    #[serde(default)]
    pub last_satisfaction: Map<String, Value>,
    /// Members this version does not know, such as `avgScore`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
