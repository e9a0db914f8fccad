//! What records can be searched by: the one table of attributes (`docs/contract/behaviour.md` §9.4, §9.5, §9.7), and a
//! typed constant for each.

use super::class::Class;
use super::context::Context;
use super::handle::{
    AnyAttribute, BooleanAttribute, ExactAttribute, ListAttribute, MomentAttribute, Name, NumberAttribute, Searchable,
    SortAttribute, Sortable, StringAttribute,
};
use crate::custom::Key;

/// What the table says about an attribute.
#[derive(Debug, Clone, Copy)]
struct Entry {
    context: Context,
    name: &'static str,
    class: Class,
    source: &'static str,
    manner: Option<Manner>,
    many: bool,
    values: &'static [&'static str],
    plain: Place,
    archive: Place,
}

/// How words are found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// As the beginning of one of its words.
    Words,
    /// As a part of it: e-mail addresses, external ids, names and ids on networks.
    Part,
    /// As a part of its digits: phone numbers.
    Digits,
}

const WORDS: Option<Manner> = Some(Manner::Words);
const PART: Option<Manner> = Some(Manner::Part);
const DIGITS: Option<Manner> = Some(Manner::Digits);
/// Words are not looked for in it, or in whatever text the record has.
const TEXTLESS: Option<Manner> = None;

/// Where the name of an attribute may be in a body.
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

/// Declares the table, by the type of the records. A row: the variant, the typed constant with its type, the class, the
/// name on the wire, where in the record the value is, how words are found in it, one value or many, the legal values,
/// where the plain search takes it, and where the archive search does.
macro_rules! attributes {
    ($(in $context:ident {
        $($(#[$doc:meta])* $variant:ident $constant:ident: $handle:ty, $class:ident, $name:literal, $source:literal,
          $manner:ident, $many:ident, $values:ident, $plain:ident, $archive:ident;)+
    })+) => {
        /// An attribute of a record that the search knows. The order is the table's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Attribute {
            $($($(#[$doc])* $variant,)+)+
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &'static [Self] = &[$($(Self::$variant),+),+];

            const fn entry(self) -> Entry {
                match self {
                    $($(Self::$variant => Entry {
                        context: Context::$context,
                        name: $name,
                        class: Class::$class,
                        source: $source,
                        manner: $manner,
                        many: $many,
                        values: $values,
                        plain: $plain,
                        archive: $archive,
                    },)+)+
                }
            }
        }

        $($($(#[$doc])* pub const $constant: $handle = <$handle>::new(Name::Standard(Attribute::$variant));)+)+
    };
}

attributes! {
    in Customer {
        /// Every text of the customer.
        AnyText ANY_TEXT: AnyAttribute, Any, "customer_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The name.
        Name NAME: StringAttribute<Sortable>, String, "customer_name", "name", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// `m` or `f`.
        Gender GENDER: ListAttribute<Sortable>, List, "customer_gender", "gender", TEXTLESS, ONE, GENDERS, BOTH, NOWHERE;
        /// `online`, `offline` or `idle`.
        Presence PRESENCE: ListAttribute, List, "customer_presence", "presence", TEXTLESS, ONE, PRESENCES, CRITERION, NOWHERE;
        /// E-mail addresses.
        Email EMAIL: StringAttribute, String, "customer_email", "emails[].email", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// E-mail addresses that others may hold too.
        SharedEmail SHARED_EMAIL: StringAttribute, String, "customer_shared_email", "sharedEmails[].email", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Phone numbers.
        Phone PHONE: StringAttribute, String, "customer_phone", "phones[].phone", DIGITS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Phone numbers that others may hold too.
        SharedPhone SHARED_PHONE: StringAttribute, String, "customer_shared_phone", "sharedPhones[].phone", DIGITS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Web addresses.
        Urls URLS: StringAttribute, String, "customer_urls", "urls[].url", WORDS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Each part of each postal address.
        Address ADDRESS: StringAttribute, String, "customer_address", "locations[]", WORDS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Language and country, such as `en_US`.
        Locale LOCALE: StringAttribute, String, "customer_locale", "locale", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When anything last happened.
        ActivityAt ACTIVITY_AT: MomentAttribute<Sortable>, Datetime, "customer_activity_at", "lastActivityAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the customer was last online.
        LastSeenAt LAST_SEEN_AT: MomentAttribute<Sortable>, Datetime, "customer_last_seen_at", "lastSeenAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the customer signed up.
        SignedUpAt SIGNED_UP_AT: MomentAttribute<Sortable>, Datetime, "customer_signed_up_at", "signedUpAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message from the customer was sent.
        LastMessageSentAt LAST_MESSAGE_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_sent_at", "lastMessageIn.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message to the customer was sent.
        LastMessageOutSentAt LAST_MESSAGE_OUT_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_out_sent_at", "lastMessageOut.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message that waits for an answer was sent.
        LastMessageUnrespondedToSentAt LAST_MESSAGE_UNRESPONDED_TO_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_unresponded_to_sent_at", "lastMessageUnrespondedTo.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message was sent, in either direction.
        LastMessageAt LAST_MESSAGE_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_at", "lastMessageAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The primary external id first, then the others.
        ExternalId EXTERNAL_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "customer_externalId", "externalId and externalIds[].externalId", PART, MANY, ANYTHING, BOTH, NOWHERE;
        /// External ids that others may hold too.
        SharedExternalId SHARED_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "customer_shared_externalId", "sharedExternalIds[].externalId", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// When the record was made.
        CreatedAt CREATED_AT: MomentAttribute<Sortable>, Datetime, "customer_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything last changed.
        UpdatedAt UPDATED_AT: MomentAttribute<Sortable>, Datetime, "customer_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When somebody last changed anything.
        ModifiedAt MODIFIED_AT: MomentAttribute<Sortable>, Datetime, "customer_modified_at", "modifiedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the user who made the record.
        CreatedBy CREATED_BY: ListAttribute, List, "customer_created_by", "relationships.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who last changed the record.
        ModifiedBy MODIFIED_BY: ListAttribute, List, "customer_modified_by", "relationships.modifiedBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The average score of what the customer said about the service.
        SatisfactionAvgScore SATISFACTION_AVG_SCORE: NumberAttribute, Number, "customer_satisfaction_avg_score", "satisfactionLevel.avgScore", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The average rating of the service.
        SatisfactionAvgRating SATISFACTION_AVG_RATING: NumberAttribute, Number, "customer_satisfaction_avg_rating", "satisfactionLevel.avgRating", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many conversations there are.
        ConversationsCount CONVERSATIONS_COUNT: NumberAttribute, Number, "customer_conversations_count", "conversationCounts.all", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Every status that a conversation of the customer has.
        Status STATUS: ListAttribute, List, "customer_status", "conversationCounts above 0", TEXTLESS, MANY, STATUSES, CRITERION, NOWHERE;
        /// The most active status of any conversation.
        ProgressiveStatus PROGRESSIVE_STATUS: ListAttribute<Sortable>, List, "customer_progressive_status", "progressiveStatus", TEXTLESS, ONE, STATUSES, BOTH, NOWHERE;
        /// Ids of the users that look at the customer now.
        ActiveUsers ACTIVE_USERS: ListAttribute, List, "customer_active_users", "activeUsers[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Ids of the users that follow the customer.
        Watchers WATCHERS: ListAttribute, List, "customer_watchers", "watchers[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Tags, by id or by name.
        Tags TAGS: ListAttribute, List, "customer_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// `happy`, `unhappy` or `indifferent`.
        Sentiment SENTIMENT: ListAttribute, List, "customer_sentiment", "sentiment.polarity", TEXTLESS, ONE, SENTIMENTS, CRITERION, NOWHERE;
        /// The networks of the social profiles, and `whatsapp` where there is such a number.
        SocialType SOCIAL_TYPE: ListAttribute, List, "customer_social_type", "socials[].type and whatsapps", TEXTLESS, MANY, NETWORKS, CRITERION, NOWHERE;
        /// The ids of the social profiles.
        SocialUserid SOCIAL_USERID: ExactAttribute, StringNotAnalyzed, "customer_social_userid", "socials[].userid", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The names of the social profiles.
        SocialUsername SOCIAL_USERNAME: ExactAttribute, StringNotAnalyzed, "customer_social_username", "socials[].username", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The networks of the shared social profiles, and `whatsapp` where there is such a number.
        SharedSocialType SHARED_SOCIAL_TYPE: ListAttribute, List, "customer_shared_social_type", "sharedSocials[].type and sharedWhatsapps", TEXTLESS, MANY, NETWORKS, CRITERION, NOWHERE;
        /// The ids of the shared social profiles.
        SharedSocialUserid SHARED_SOCIAL_USERID: ExactAttribute, StringNotAnalyzed, "customer_shared_social_userid", "sharedSocials[].userid", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The names of the shared social profiles.
        SharedSocialUsername SHARED_SOCIAL_USERNAME: ExactAttribute, StringNotAnalyzed, "customer_shared_social_username", "sharedSocials[].username", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The language, such as `en_us`.
        DefaultLang DEFAULT_LANG: ExactAttribute, StringNotAnalyzed, "customer_default_lang", "defaultLang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the record was imported.
        ImportedAt IMPORTED_AT: MomentAttribute, Datetime, "customer_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the record was imported.
        Imported IMPORTED: BooleanAttribute, Boolean, "customer_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the message shown as a preview was sent; only to sort by.
        LastMessagePreview LAST_MESSAGE_PREVIEW: SortAttribute, Datetime, "customer_lastmessage_preview", "preview.previewAt", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// How many conversations are done; only to sort by.
        Done DONE: SortAttribute, Number, "customer_done", "conversationCounts.done", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// How many conversations are open; only to sort by.
        Open OPEN: SortAttribute, Number, "customer_open", "conversationCounts.open", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// How many conversations are snoozed; only to sort by.
        Snoozed SNOOZED: SortAttribute, Number, "customer_snoozed", "conversationCounts.snoozed", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// The id of the customer; archive search only.
        Id ID: ExactAttribute, StringNotAnalyzed, "customer_id", "id", TEXTLESS, ONE, ANYTHING, NOWHERE, CRITERION;
        /// The id of the customer's company; archive search only.
        CompanyId COMPANY_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "customer_companyId", "relationships.company", TEXTLESS, ONE, ANYTHING, NOWHERE, BOTH;
        /// Whether the record is deleted; archive search only.
        Deleted DELETED: BooleanAttribute<Sortable>, Boolean, "customer_deleted", "deleted", TEXTLESS, ONE, ANYTHING, NOWHERE, BOTH;
        /// Every text of the customer, as the archive search calls it.
        AnyTextNew ANY_TEXT_NEW: AnyAttribute, Any, "customer_any_text_new", "every text", TEXTLESS, MANY, ANYTHING, NOWHERE, CRITERION;
    }

    in Company {
        /// Every text of the company.
        CompanyAnyText COMPANY_ANY_TEXT: AnyAttribute, Any, "company_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The id of the company.
        CompanyRecordId COMPANY_RECORD_ID: ExactAttribute, StringNotAnalyzed, "company_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, CRITERION;
        /// The name of the company.
        CompanyName COMPANY_NAME: StringAttribute<Sortable>, String, "company_name", "name", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the company in another system.
        CompanyExternalId COMPANY_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "company_externalId", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Tags of the company, by id or by name.
        CompanyTags COMPANY_TAGS: ListAttribute, List, "company_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The language of the company, such as `en_us`.
        CompanyDefaultLang COMPANY_DEFAULT_LANG: ExactAttribute, StringNotAnalyzed, "company_default_lang", "defaultLang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the company was created.
        CompanyCreatedAt COMPANY_CREATED_AT: MomentAttribute<Sortable>, Datetime, "company_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything of the company last changed.
        CompanyUpdatedAt COMPANY_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "company_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When the company was imported.
        CompanyImportedAt COMPANY_IMPORTED_AT: MomentAttribute, Datetime, "company_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the company was imported.
        CompanyImported COMPANY_IMPORTED: BooleanAttribute, Boolean, "company_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }

    in KObject {
        /// Every text of the kobject.
        KObjectAnyText KOBJECT_ANY_TEXT: AnyAttribute, Any, "kobject_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, CRITERION;
        /// The id of the kobject.
        KObjectId KOBJECT_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "kobject_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The name of the klass.
        KObjectKlass KOBJECT_KLASS: ListAttribute, List, "kobject_klass", "type", TEXTLESS, ONE, ANYTHING, CRITERION, CRITERION;
        /// The title of the kobject.
        KObjectTitle KOBJECT_TITLE: StringAttribute<Sortable>, String, "kobject_title", "title", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the kobject in another system.
        KObjectExternalId KOBJECT_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "kobject_externalId", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the customer whom the kobject belongs to.
        KObjectCustomerId KOBJECT_CUSTOMER_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "kobject_customer_id", "relationships.customer", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The id of the company that the kobject belongs to.
        KObjectCompanyId KOBJECT_COMPANY_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "kobject_company_id", "relationships.company", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// Tags of the kobject, by id or by name.
        KObjectTags KOBJECT_TAGS: ListAttribute, List, "kobject_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// When the kobject was created.
        KObjectCreatedAt KOBJECT_CREATED_AT: MomentAttribute<Sortable>, Datetime, "kobject_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything of the kobject last changed.
        KObjectUpdatedAt KOBJECT_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "kobject_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When the kobject was imported.
        KObjectImportedAt KOBJECT_IMPORTED_AT: MomentAttribute, Datetime, "kobject_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the kobject was imported.
        KObjectImported KOBJECT_IMPORTED: BooleanAttribute, Boolean, "kobject_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }
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

    /// Every attribute of the records of a context.
    pub fn of(context: Context) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.iter().copied().filter(move |attribute| attribute.context() == context)
    }

    /// The records that it is an attribute of.
    pub const fn context(self) -> Context {
        self.entry().context
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// What kind of value it has.
    pub const fn class(self) -> Class {
        self.entry().class
    }

    /// How words are found in its texts; `None` when it has none of its own.
    pub const fn manner(self) -> Option<Manner> {
        self.entry().manner
    }

    /// Where in the record its values are, for people.
    pub const fn source(self) -> &'static str {
        self.entry().source
    }

    /// Whether a record may have several values of it.
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

/// A custom attribute of customers, typed by its key.
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
    T::of_name(Name::OfCustomer(key.name()))
}

/// A custom attribute of companies, typed by its key.
pub fn company_custom<T: Searchable>(key: Key<T>) -> T::Attribute {
    T::of_name(Name::OfCompany(key.name()))
}

/// A custom attribute of the kobjects of a klass, typed by its key.
///
/// ```
/// use kustomer_api::custom::{Key, Num};
/// use kustomer_api::search::{Search, attribute};
///
/// const TOTAL: Key<Num> = Key::new("totalNum");
///
/// let search = Search::customers().and(attribute::kobject_custom("order", TOTAL).gt(100.0));
/// assert_eq!(
///     serde_json::to_value(&search)?["and"],
///     serde_json::json!([{ "kobject_custom_order_totalNum": { "gt": 100.0 } }])
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn kobject_custom<T: Searchable>(klass: &'static str, key: Key<T>) -> T::Attribute {
    T::of_name(Name::OfKlass(klass, key.name()))
}
