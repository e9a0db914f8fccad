//! What customers can be searched by: the one table of attributes (`docs/contract/behaviour.md` §9.4, §9.5, §9.7), and a
//! typed constant for each.

use super::class::Class;
use super::handle::{
    AnyAttribute, BooleanAttribute, ExactAttribute, ListAttribute, MomentAttribute, Name, NumberAttribute, Searchable,
    SortAttribute, Sortable, StringAttribute,
};
use crate::custom::Key;

/// What the table says about an attribute.
#[derive(Debug, Clone, Copy)]
struct Entry {
    name: &'static str,
    class: Class,
    source: &'static str,
    many: bool,
    values: &'static [&'static str],
    plain: Place,
    archive: Place,
}

/// Where the name of an attribute may stand in a body.
#[derive(Debug, Clone, Copy)]
struct Place {
    criterion: bool,
    sort: bool,
}

const NOWHERE: Place = Place { criterion: false, sort: false };
const CRITERION: Place = Place { criterion: true, sort: false };
const SORT: Place = Place { criterion: false, sort: true };
const BOTH: Place = Place { criterion: true, sort: true };

const ONE: bool = false;
const MANY: bool = true;

const ANYTHING: &[&str] = &[];
const GENDERS: &[&str] = &["m", "f"];
const PRESENCES: &[&str] = &["online", "offline", "idle"];
const STATUSES: &[&str] = &["snoozed", "open", "done"];
const SENTIMENTS: &[&str] = &["happy", "unhappy", "indifferent"];
const NETWORKS: &[&str] = &["facebook", "instagram", "whatsapp", "linkedin", "pinterest", "twitter"];

/// Declares the table. A row: the variant, the typed constant with its type, the class, the name on the wire, where in
/// the customer the value stands, one value or many, the legal values, where the plain search takes it, and where the
/// archive search does.
macro_rules! attributes {
    ($($(#[$doc:meta])* $variant:ident $constant:ident: $handle:ty, $class:ident, $name:literal, $source:literal,
       $many:ident, $values:ident, $plain:ident, $archive:ident;)+) => {
        /// An attribute of the customer that the search knows. The order is the table's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Attribute {
            $($(#[$doc])* $variant,)+
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            const fn entry(self) -> Entry {
                match self {
                    $(Self::$variant => Entry {
                        name: $name,
                        class: Class::$class,
                        source: $source,
                        many: $many,
                        values: $values,
                        plain: $plain,
                        archive: $archive,
                    },)+
                }
            }
        }

        $($(#[$doc])* pub const $constant: $handle = <$handle>::new(Name::Standard(Attribute::$variant));)+
    };
}

attributes! {
    /// Every text of the customer.
    AnyText ANY_TEXT: AnyAttribute, Any, "customer_any_text", "every text", MANY, ANYTHING, CRITERION, NOWHERE;
    /// The name.
    Name NAME: StringAttribute<Sortable>, String, "customer_name", "name", ONE, ANYTHING, BOTH, NOWHERE;
    /// `m` or `f`.
    Gender GENDER: ListAttribute<Sortable>, List, "customer_gender", "gender", ONE, GENDERS, BOTH, NOWHERE;
    /// `online`, `offline` or `idle`.
    Presence PRESENCE: ListAttribute, List, "customer_presence", "presence", ONE, PRESENCES, CRITERION, NOWHERE;
    /// E-mail addresses.
    Email EMAIL: StringAttribute, String, "customer_email", "emails[].email", MANY, ANYTHING, CRITERION, NOWHERE;
    /// E-mail addresses that others may hold too.
    SharedEmail SHARED_EMAIL: StringAttribute, String, "customer_shared_email", "sharedEmails[].email", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Phone numbers.
    Phone PHONE: StringAttribute, String, "customer_phone", "phones[].phone", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Phone numbers that others may hold too.
    SharedPhone SHARED_PHONE: StringAttribute, String, "customer_shared_phone", "sharedPhones[].phone", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Web addresses.
    Urls URLS: StringAttribute, String, "customer_urls", "urls[].url", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Each part of each postal address.
    Address ADDRESS: StringAttribute, String, "customer_address", "locations[]", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Language and country, such as `en_US`.
    Locale LOCALE: StringAttribute, String, "customer_locale", "locale", ONE, ANYTHING, CRITERION, NOWHERE;
    /// When anything last happened.
    ActivityAt ACTIVITY_AT: MomentAttribute<Sortable>, Datetime, "customer_activity_at", "lastActivityAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// When the customer was last online.
    LastSeenAt LAST_SEEN_AT: MomentAttribute<Sortable>, Datetime, "customer_last_seen_at", "lastSeenAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// When the customer signed up.
    SignedUpAt SIGNED_UP_AT: MomentAttribute<Sortable>, Datetime, "customer_signed_up_at", "signedUpAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// When the newest message from the customer was sent.
    LastMessageSentAt LAST_MESSAGE_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_sent_at", "lastMessageIn.sentAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// When the newest message to the customer was sent.
    LastMessageOutSentAt LAST_MESSAGE_OUT_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_out_sent_at", "lastMessageOut.sentAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// When the newest message that waits for an answer was sent.
    LastMessageUnrespondedToSentAt LAST_MESSAGE_UNRESPONDED_TO_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_unresponded_to_sent_at", "lastMessageUnrespondedTo.sentAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// When the newest message was sent, in either direction.
    LastMessageAt LAST_MESSAGE_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_at", "lastMessageAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// The primary external id first, then the others.
    ExternalId EXTERNAL_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "customer_externalId", "externalId and externalIds[].externalId", MANY, ANYTHING, BOTH, NOWHERE;
    /// External ids that others may hold too.
    SharedExternalId SHARED_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "customer_shared_externalId", "sharedExternalIds[].externalId", MANY, ANYTHING, CRITERION, NOWHERE;
    /// When the record was made.
    CreatedAt CREATED_AT: MomentAttribute<Sortable>, Datetime, "customer_created_at", "createdAt", ONE, ANYTHING, BOTH, BOTH;
    /// When anything last changed.
    UpdatedAt UPDATED_AT: MomentAttribute<Sortable>, Datetime, "customer_updated_at", "updatedAt", ONE, ANYTHING, BOTH, BOTH;
    /// When somebody last changed anything.
    ModifiedAt MODIFIED_AT: MomentAttribute<Sortable>, Datetime, "customer_modified_at", "modifiedAt", ONE, ANYTHING, BOTH, NOWHERE;
    /// The id of the user who made the record.
    CreatedBy CREATED_BY: ListAttribute, List, "customer_created_by", "relationships.createdBy", ONE, ANYTHING, CRITERION, NOWHERE;
    /// The id of the user who last changed the record.
    ModifiedBy MODIFIED_BY: ListAttribute, List, "customer_modified_by", "relationships.modifiedBy", ONE, ANYTHING, CRITERION, NOWHERE;
    /// The average score of what the customer said about the service.
    SatisfactionAvgScore SATISFACTION_AVG_SCORE: NumberAttribute, Number, "customer_satisfaction_avg_score", "satisfactionLevel.avgScore", ONE, ANYTHING, CRITERION, NOWHERE;
    /// The average rating of the service.
    SatisfactionAvgRating SATISFACTION_AVG_RATING: NumberAttribute, Number, "customer_satisfaction_avg_rating", "satisfactionLevel.avgRating", ONE, ANYTHING, CRITERION, NOWHERE;
    /// How many conversations there are.
    ConversationsCount CONVERSATIONS_COUNT: NumberAttribute, Number, "customer_conversations_count", "conversationCounts.all", ONE, ANYTHING, CRITERION, NOWHERE;
    /// Every status that a conversation of the customer has.
    Status STATUS: ListAttribute, List, "customer_status", "conversationCounts above 0", MANY, STATUSES, CRITERION, NOWHERE;
    /// The most active status of any conversation.
    ProgressiveStatus PROGRESSIVE_STATUS: ListAttribute<Sortable>, List, "customer_progressive_status", "progressiveStatus", ONE, STATUSES, BOTH, NOWHERE;
    /// Ids of the users that look at the customer now.
    ActiveUsers ACTIVE_USERS: ListAttribute, List, "customer_active_users", "activeUsers[]", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Ids of the users that follow the customer.
    Watchers WATCHERS: ListAttribute, List, "customer_watchers", "watchers[]", MANY, ANYTHING, CRITERION, NOWHERE;
    /// Tags, by id or by name.
    Tags TAGS: ListAttribute, List, "customer_tags", "tags[]", MANY, ANYTHING, CRITERION, NOWHERE;
    /// `happy`, `unhappy` or `indifferent`.
    Sentiment SENTIMENT: ListAttribute, List, "customer_sentiment", "sentiment.polarity", ONE, SENTIMENTS, CRITERION, NOWHERE;
    /// The networks of the social profiles, and `whatsapp` where there is such a number.
    SocialType SOCIAL_TYPE: ListAttribute, List, "customer_social_type", "socials[].type and whatsapps", MANY, NETWORKS, CRITERION, NOWHERE;
    /// The ids of the social profiles.
    SocialUserid SOCIAL_USERID: ExactAttribute, StringNotAnalyzed, "customer_social_userid", "socials[].userid", MANY, ANYTHING, CRITERION, NOWHERE;
    /// The names of the social profiles.
    SocialUsername SOCIAL_USERNAME: ExactAttribute, StringNotAnalyzed, "customer_social_username", "socials[].username", MANY, ANYTHING, CRITERION, NOWHERE;
    /// The networks of the shared social profiles, and `whatsapp` where there is such a number.
    SharedSocialType SHARED_SOCIAL_TYPE: ListAttribute, List, "customer_shared_social_type", "sharedSocials[].type and sharedWhatsapps", MANY, NETWORKS, CRITERION, NOWHERE;
    /// The ids of the shared social profiles.
    SharedSocialUserid SHARED_SOCIAL_USERID: ExactAttribute, StringNotAnalyzed, "customer_shared_social_userid", "sharedSocials[].userid", MANY, ANYTHING, CRITERION, NOWHERE;
    /// The names of the shared social profiles.
    SharedSocialUsername SHARED_SOCIAL_USERNAME: ExactAttribute, StringNotAnalyzed, "customer_shared_social_username", "sharedSocials[].username", MANY, ANYTHING, CRITERION, NOWHERE;
    /// The language, such as `en_us`.
    DefaultLang DEFAULT_LANG: ExactAttribute, StringNotAnalyzed, "customer_default_lang", "defaultLang", ONE, ANYTHING, CRITERION, NOWHERE;
    /// When the record was imported.
    ImportedAt IMPORTED_AT: MomentAttribute, Datetime, "customer_imported_at", "importedAt", ONE, ANYTHING, CRITERION, NOWHERE;
    /// Whether the record was imported.
    Imported IMPORTED: BooleanAttribute, Boolean, "customer_imported", "importedAt is there", ONE, ANYTHING, CRITERION, NOWHERE;
    /// When the message shown as a preview was sent; only to sort by.
    LastMessagePreview LAST_MESSAGE_PREVIEW: SortAttribute, Datetime, "customer_lastmessage_preview", "preview.previewAt", ONE, ANYTHING, SORT, NOWHERE;
    /// How many conversations are done; only to sort by.
    Done DONE: SortAttribute, Number, "customer_done", "conversationCounts.done", ONE, ANYTHING, SORT, NOWHERE;
    /// How many conversations are open; only to sort by.
    Open OPEN: SortAttribute, Number, "customer_open", "conversationCounts.open", ONE, ANYTHING, SORT, NOWHERE;
    /// How many conversations are snoozed; only to sort by.
    Snoozed SNOOZED: SortAttribute, Number, "customer_snoozed", "conversationCounts.snoozed", ONE, ANYTHING, SORT, NOWHERE;
    /// The id of the customer; archive search only.
    Id ID: ExactAttribute, StringNotAnalyzed, "customer_id", "id", ONE, ANYTHING, NOWHERE, CRITERION;
    /// The id of the customer's company; archive search only.
    CompanyId COMPANY_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "customer_companyId", "relationships.company", ONE, ANYTHING, NOWHERE, BOTH;
    /// Whether the record is deleted; archive search only.
    Deleted DELETED: BooleanAttribute<Sortable>, Boolean, "customer_deleted", "deleted", ONE, ANYTHING, NOWHERE, BOTH;
    /// Every text of the customer, as the archive search calls it.
    AnyTextNew ANY_TEXT_NEW: AnyAttribute, Any, "customer_any_text_new", "every text", MANY, ANYTHING, NOWHERE, CRITERION;
}

impl Attribute {
    /// The attribute of a name on the wire.
    ///
    /// ```
    /// use kustomer_api::search::Attribute;
    ///
    /// assert_eq!(Attribute::find("customer_email"), Some(Attribute::Email));
    /// assert_eq!(Attribute::find("email"), None);
    /// ```
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|attribute| attribute.name() == name)
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// What kind of value it has.
    pub const fn class(self) -> Class {
        self.entry().class
    }

    /// Where in the customer its values stand, for people.
    pub const fn source(self) -> &'static str {
        self.entry().source
    }

    /// Whether a customer may have several values of it.
    pub const fn is_many(self) -> bool {
        self.entry().many
    }

    /// The legal values, as the contract lists them; every value when empty.
    pub const fn values(self) -> &'static [&'static str] {
        self.entry().values
    }

    /// Whether a criterion of the plain (`archive`: the archive) search may name it.
    pub const fn is_criterion(self, archive: bool) -> bool {
        if archive { self.entry().archive.criterion } else { self.entry().plain.criterion }
    }

    /// Whether the plain (`archive`: the archive) search sorts by it.
    pub const fn is_sortable(self, archive: bool) -> bool {
        if archive { self.entry().archive.sort } else { self.entry().plain.sort }
    }
}

impl std::fmt::Display for Attribute {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A custom attribute, typed by its key.
///
/// ```
/// use kustomer_api::custom::{At, Key};
/// use kustomer_api::search::{Moment, attribute};
///
/// const RENEWS: Key<At> = Key::new("renewsAt");
///
/// let condition = attribute::custom(RENEWS).lt(Moment::day(2027, 1, 1));
/// assert_eq!(serde_json::to_string(&condition)?, r#"{"customer_custom_renewsAt":{"lt":"2027-01-01"}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn custom<T: Searchable>(key: Key<T>) -> T::Attribute {
    T::attribute(key)
}
