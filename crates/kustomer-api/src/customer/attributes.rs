//! A customer: its attributes as they are answered and written (`docs/contract/behaviour.md` §2, §7). Every attribute is
//! optional on a read: the contract's operations list different ones, and never-set attributes are absent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::contact::{Email, ExternalId, FacebookId, Gender, InstagramId, Location, Phone, Sentiment, Social, WebUrl};
use super::request_schema::{
    DATE, EMAILS, EXTERNAL_IDS, FACEBOOK_IDS, INSTAGRAM_IDS, LANGUAGE, LOCATIONS, PHONES, PICTURE, SENTIMENT, SOCIALS,
    TAGS, URLS, WHATSAPPS,
};
use super::response_schema::RELATIONSHIPS;
use crate::custom::CustomAttributes;
use crate::customer_merge::LosingValue;
use crate::resource::resource;
use crate::schema::{DATE_TIME, Property, Schema};
use crate::{Field, Timestamp};

const FROM_MESSAGES: &str = "it is derived from the customer's messages";
const FROM_CONVERSATIONS: &str = "it is derived from the customer's conversations";
const UNWRITTEN: &str = "the API has no way to write it";

resource! {
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
    Customer = "customer";

    /// The attributes of a customer.
    answer CustomerAttributes = CUSTOMER
        (Schema::one_of(&[TYPE]), Property::required("relationships", Schema::object(&RELATIONSHIPS)));

    /// The attributes to create a customer with, or to change. None is required; absent ones stay as they are.
    ///
    /// ```
    /// use kustomer_api::custom::CustomAttributes;
    /// use kustomer_api::customer::{CustomerInput, Phone};
    ///
    /// let mut custom = CustomAttributes::new();
    /// custom.set("loyaltyTierStr", "gold")?;
    /// let input = CustomerInput::new()
    ///     .name("Ada Lovelace")
    ///     .external_id("crm-1815")
    ///     .email("ada@acme.example")
    ///     .phone(Phone::new("+18005551212"))
    ///     .tag("vip")
    ///     .custom(custom);
    /// # let _ = input;
    /// # Ok::<(), kustomer_api::custom::CustomError>(())
    /// ```
    ///
    /// An answer becomes an input, to read a customer, change it and write it again: see [`CustomerInput::rev`], which is
    /// the revision that was read.
    ///
    /// ```
    /// use kustomer_api::customer::{Customer, CustomerInput};
    ///
    /// let answer = r#"{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3",
    ///     "attributes":{"name":"Ada","displayName":"Ada","username":null,"emails":[{"email":"a@b.c"}],"rev":3}}"#;
    /// let customer: Customer = serde_json::from_str(answer)?;
    /// let input = CustomerInput::from(&customer).name("Ada Lovelace");
    /// assert_eq!(
    ///     serde_json::to_string(&input)?,
    ///     r#"{"name":"Ada Lovelace","username":null,"emails":[{"email":"a@b.c"}],"rev":3}"#
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    input CustomerInput { create: CUSTOMER_INPUT }

    attributes {
        /// As sent, at most 256 characters; may be empty.
        name: String | null = optional(Schema::text_of(0, 256));
        /// The first word of `name`, as typed; absent when there is none.
        first_name: String, read_only("it is derived from name: write name")
            => Schema::text().about("The first word of `name`.");
        /// What follows the first word of `name`, as typed; absent when there is nothing.
        last_name: String, read_only("it is derived from name: write name")
            => Schema::text().about("What follows the first word of `name`.");
        /// The name, or what takes its place: the first e-mail address, then the first phone number, and so on; colour and
        /// icon of a customer without any of them.
        display_name: String, read_only("it is derived from name, or else from the first identity: write those");
        /// A colour picked when the customer was made.
        display_color: String, read_only("it is picked when the customer is created");
        /// An icon picked when the customer was made.
        display_icon: String, read_only("it is picked when the customer is created");
        /// The primary external id, 1 to 256 characters.
        external_id: String | null = optional(Schema::text_of(1, 256).about("The primary external id."));
        /// All external ids, at most 10, each once; the primary one first.
        external_ids(each ExternalId): Vec<ExternalId> = optional(EXTERNAL_IDS.or_united());
        /// External ids others may hold too, at most 10, each once.
        shared_external_ids(each ExternalId): Vec<ExternalId> = optional(EXTERNAL_IDS.or_united());
        /// The name of the company, when a name was sent instead of an id; only answered.
        company_name: String, read_only("it is derived from company: write company");
        /// The name used to sign in somewhere, at most 256 characters.
        username: String | null = optional(Schema::text_of(0, 256));
        /// The URI of a picture.
        avatar_url: String | null = optional(PICTURE);
        /// E-mail addresses, at most 10, each once; unique in the org.
        emails(each Email): Vec<Email> = optional(EMAILS.or_united().about("Unique across the org, case aside."));
        /// E-mail addresses others may hold too, at most 10, each once.
        shared_emails(each Email): Vec<Email> = optional(EMAILS.or_united());
        /// Phone numbers, at most 10, each once; unique in the org.
        phones(each Phone): Vec<Phone> = optional(PHONES.or_united().about("Unique across the org by their digits."));
        /// Phone numbers others may hold too, at most 10, each once.
        shared_phones(each Phone): Vec<Phone> = optional(PHONES.or_united());
        /// WhatsApp numbers, at most 10, each once; stored like `whatsapp:+1234567890`.
        whatsapps(each Phone): Vec<Phone> = optional(WHATSAPPS.or_united());
        /// WhatsApp numbers others may hold too; only answered.
        shared_whatsapps: Vec<Phone>, read_only(UNWRITTEN);
        /// Facebook users, at most 10.
        facebook_ids(each FacebookId): Vec<FacebookId> = optional(FACEBOOK_IDS.or_united());
        /// Instagram users, at most 10.
        instagram_ids(each InstagramId): Vec<InstagramId> = optional(INSTAGRAM_IDS.or_united());
        /// Users of Sunshine Conversations; only answered.
        smooch_ids: Vec<Value>, read_only(UNWRITTEN);
        /// Social profiles, at most 10; unique in the org.
        socials(each Social): Vec<Social> = optional(SOCIALS.or_united());
        /// Social profiles others may hold too, at most 10.
        shared_socials(each Social): Vec<Social> = optional(SOCIALS.or_united());
        /// Web addresses, at most 10.
        urls(each WebUrl): Vec<WebUrl> = optional(URLS.or_united());
        /// Places, at most 10.
        locations(each Location): Vec<Location> = optional(LOCATIONS.or_united());
        /// The users that have the customer open now.
        active_users: Vec<String>, read_only("it is derived from who views the customer");
        /// Users that follow the customer.
        watchers: Vec<String>, read_only("it is derived from who follows the customer");
        /// Where the customer was seen last.
        recent_location(kept): RecentLocation, read_only("it is derived from tracking");
        /// Such as `en_US`, at most 16 characters.
        locale: String | null = optional(Schema::text_of(0, 16));
        /// An IANA name, at most 64 characters.
        time_zone: String | null = optional(Schema::text_of(0, 64));
        /// A language such as `en_us`, at most 100 characters.
        default_lang: String | null = optional(LANGUAGE);
        /// `m` or `f`.
        gender: Gender | null = optional(Schema::one_of(Gender::VALUES).or_blank());
        /// Date of birth.
        birthday_at: Timestamp | null = optional(DATE);
        /// When the customer signed up somewhere.
        signed_up_at: Timestamp | null = optional(DATE);
        /// `online`, `offline` or `idle`.
        presence(kept): String, read_only("it is derived from chat sessions");
        /// Tags, at most 20, each once: sent as names or ids, unknown names become tags; answered as ids.
        tags(each String): Vec<String> = optional(TAGS.or_united())
            => Schema::list(&<String as AttributeValue>::ANSWER).about("Ids of tags.");
        /// How the customer feels; absent, or `{}` from older servers, when nothing is known.
        sentiment: Sentiment = optional(Schema::object(&SENTIMENT).or_empty());
        /// Custom attributes, at most 100; an update keeps the keys that are not sent. Absent when never set.
        custom: CustomAttributes = optional(Schema::custom());
        /// When the record was created, or the moment that was sent, which back-dates it.
        created_at: Timestamp = optional(Schema::format(DATE_TIME).about("Back-dates the record."));
        /// When anything last changed.
        updated_at: Timestamp, read_only("the server sets it with every change");
        /// When an actor last changed anything.
        modified_at: Timestamp, read_only("the server sets it with every change by a user");
        /// When the record was imported; sent, it marks the record as imported.
        imported_at: Timestamp = optional(Schema::format(DATE_TIME).about("Marks the record as imported."));
        /// When anything last happened, updates included; now when a create does not send it.
        last_activity_at: Timestamp | null = optional(DATE);
        /// When the customer last did something.
        last_customer_activity_at: Timestamp | null = optional(DATE);
        /// When the customer was last online.
        last_seen_at: Timestamp | null = optional(DATE);
        /// When the newest message was sent.
        last_message_at: Timestamp, read_only(FROM_MESSAGES);
        /// The newest message from the customer; absent, or `{}` from older servers, when there is none.
        last_message_in: Map<String, Value>, read_only(FROM_MESSAGES);
        /// The newest message to the customer.
        last_message_out: Map<String, Value>, read_only(FROM_MESSAGES);
        /// The newest message that waits for an answer.
        last_message_unresponded_to: Map<String, Value>, read_only(FROM_MESSAGES);
        /// The newest conversation.
        last_conversation: LastConversation, read_only(FROM_CONVERSATIONS);
        /// How many conversations there are, by status.
        conversation_counts: ConversationCounts, read_only(FROM_CONVERSATIONS);
        /// The beginning of the newest message; `{}` when there is none.
        preview: Map<String, Value>, read_only(FROM_MESSAGES);
        /// The most active status of any conversation; null when there is none.
        progressive_status: String | null, read_only(FROM_CONVERSATIONS);
        /// The records that were last attached to the customer.
        recent_items: Vec<Value>, read_only("it is derived from the customer's custom objects");
        /// Values of customers that were merged into this one, which it does not have itself; absent when there are none.
        /// Searches find the customer by them. Kustodian alone answers it.
        lost_values(kept): Vec<LosingValue>, read_only("it is derived from the customers that were merged into this one");
        /// The customer's ratings of the service.
        satisfaction_level(kept): SatisfactionLevel, read_only("it is derived from the customer's satisfaction responses");
        /// Whether there is any identity: an e-mail address, phone or WhatsApp number, social profile or external id.
        verified: bool, read_only("it is derived from the identities, which have a verified each: write those");
        /// Whether the record is deleted.
        deleted: bool, read_only("delete and restore the customer to change it");
        /// When the record was erased; Kustodian alone reports it, in its feed.
        erased_at: Timestamp, read_only("the server sets it when the customer is erased");
        /// In which a user sees the sensitive attributes; absent unless one was opened and not closed since.
        unmasking_window: UnmaskingWindow, read_only("it is opened by an operation of its own");
        /// Versions of role groups; `[]`.
        role_group_versions: Vec<Value>, read_only(UNWRITTEN);
        /// Who may see the record although their roles say no; `[]`.
        access_override: Vec<Value>, read_only(UNWRITTEN);
    }

    sent {
        /// The id of a company. Kustodian keeps other text as `companyName`; null and `""` unlink.
        company(related): String | null = optional(Schema::text_of(0, 256).about(
            "The id of a company. Other text is kept as `companyName`, without a link; null and \"\" unlink, absent \
             keeps.",
        ));
    }

    system among { rev: optional, }
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
