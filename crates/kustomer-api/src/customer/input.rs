//! A customer as written: the 33 attributes that create, update and bulk share (`docs/contract/behaviour.md` §7.1).

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::contact::{Email, ExternalId, FacebookId, Gender, InstagramId, Location, Phone, Sentiment, Social, WebUrl};
use super::{Customer, CustomerAttributes};
use crate::custom::CustomAttributes;
use crate::{Field, Timestamp};

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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerInput {
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// The id of a company. Kustodian keeps other text as `companyName`; null and `""` unlink.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub company: Field<String>,
    /// The primary external id, 1 to 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<String>,
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub username: Field<String>,
    /// When the customer signed up somewhere.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub signed_up_at: Field<Timestamp>,
    /// When anything last happened; now when not sent.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_activity_at: Field<Timestamp>,
    /// When the customer last did something.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_customer_activity_at: Field<Timestamp>,
    /// When the customer was last online.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_seen_at: Field<Timestamp>,
    /// A URI.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub avatar_url: Field<String>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ids: Option<Vec<ExternalId>>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_external_ids: Option<Vec<ExternalId>>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails: Option<Vec<Email>>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_emails: Option<Vec<Email>>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<Phone>>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_phones: Option<Vec<Phone>>,
    /// At most 10, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whatsapps: Option<Vec<Phone>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facebook_ids: Option<Vec<FacebookId>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instagram_ids: Option<Vec<InstagramId>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socials: Option<Vec<Social>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_socials: Option<Vec<Social>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<WebUrl>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locations: Option<Vec<Location>>,
    /// At most 16 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub locale: Field<String>,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub time_zone: Field<String>,
    /// At most 20 names or ids of tags, each once; unknown names become tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// How the customer feels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
    /// At most 100; on an update, keys not sent are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomAttributes>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub birthday_at: Field<Timestamp>,
    /// `m` or `f`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub gender: Field<Gender>,
    /// Back-dates the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Marks the record as imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
    /// On an update, the revision the record must have; otherwise the answer is 409.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Number>,
    /// At most 100 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub default_lang: Field<String>,
}

impl CustomerInput {
    /// Nothing: creates an empty customer, or changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the custom attributes to send.
    #[must_use]
    pub fn custom(mut self, custom: CustomAttributes) -> Self {
        self.custom = Some(custom);
        self
    }

    /// Says how the customer feels.
    #[must_use]
    pub fn sentiment(mut self, sentiment: Sentiment) -> Self {
        self.sentiment = Some(sentiment);
        self
    }

    /// Back-dates the record.
    #[must_use]
    pub fn created_at(mut self, created_at: impl Into<Timestamp>) -> Self {
        self.created_at = Some(created_at.into());
        self
    }

    /// Marks the record as imported.
    #[must_use]
    pub fn imported_at(mut self, imported_at: impl Into<Timestamp>) -> Self {
        self.imported_at = Some(imported_at.into());
        self
    }

    /// Asks that the record has this revision; otherwise the update answers 409.
    #[must_use]
    pub fn rev(mut self, rev: u64) -> Self {
        self.rev = Some(rev.into());
        self
    }
}

/// Methods that set an attribute, or with [`Field::Null`] clear it.
macro_rules! set {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => { impl CustomerInput { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<Field<$type>>) -> Self {
            self.$name = $name.into();
            self
        }
    )+ } };
}
set! {
    /// Sets the name.
    name: String;
    /// Links the customer to a company, or with [`Field::Null`] to none.
    company: String;
    /// Sets the primary external id.
    external_id: String;
    /// Sets the name used to sign in somewhere.
    username: String;
    /// Says when the customer signed up somewhere.
    signed_up_at: Timestamp;
    /// Says when anything last happened.
    last_activity_at: Timestamp;
    /// Says when the customer last did something.
    last_customer_activity_at: Timestamp;
    /// Says when the customer was last online.
    last_seen_at: Timestamp;
    /// Sets the address of a picture.
    avatar_url: String;
    /// Sets the locale, such as `en_US`.
    locale: String;
    /// Sets the time zone, by its IANA name.
    time_zone: String;
    /// Sets the date of birth.
    birthday_at: Timestamp;
    /// Sets the gender.
    gender: Gender;
    /// Sets the language, such as `en_us`.
    default_lang: String;
}

/// Methods that add an item to a list, and methods that set the whole list. On an update the items sent replace those
/// stored.
macro_rules! lists {
    ($($list:ident: $item:ty, $(#[$doc:meta])* $one:ident;)+) => { impl CustomerInput { $(
        $(#[$doc])*
        #[must_use]
        pub fn $one(mut self, item: impl Into<$item>) -> Self {
            self.$list.get_or_insert_default().push(item.into());
            self
        }

        #[doc = concat!("Sets all of `", stringify!($list), "`; none of them empties the list.")]
        #[must_use]
        pub fn $list(mut self, items: impl IntoIterator<Item = impl Into<$item>>) -> Self {
            self.$list = Some(items.into_iter().map(Into::into).collect());
            self
        }
    )+ } };
}
lists! {
    external_ids: ExternalId, /** Adds an external id beside the primary one. */ further_external_id;
    shared_external_ids: ExternalId, /** Adds an external id that others may hold too. */ shared_external_id;
    emails: Email, /** Adds an e-mail address, as text or with all that is known of it. */ email;
    shared_emails: Email, /** Adds an e-mail address that others may hold too. */ shared_email;
    phones: Phone, /** Adds a phone number, as text or with all that is known of it. */ phone;
    shared_phones: Phone, /** Adds a phone number that others may hold too. */ shared_phone;
    whatsapps: Phone, /** Adds a WhatsApp number. */ whatsapp;
    facebook_ids: FacebookId, /** Adds a Facebook user. */ facebook_id;
    instagram_ids: InstagramId, /** Adds an Instagram user. */ instagram_id;
    socials: Social, /** Adds a social profile. */ social;
    shared_socials: Social, /** Adds a social profile that others may hold too. */ shared_social;
    urls: WebUrl, /** Adds a web address. */ url;
    locations: Location, /** Adds a place. */ location;
    tags: String, /** Adds a tag by name or id. */ tag;
}

/// The writable attributes of a customer, to read it, change it and write it again: see [`CustomerInput::rev`], which is
/// the revision that was read. Attributes that are only answered are dropped.
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
impl From<&Customer> for CustomerInput {
    fn from(customer: &Customer) -> Self {
        let company = customer.relationships.get("company").and_then(|company| company.id());
        Self { company: company.map_or_else(Field::default, Field::from), ..Self::from(&customer.attributes) }
    }
}

macro_rules! writable {
    (nullable: $($nullable:ident)+; values: $($value:ident)+;) => {
        impl From<&CustomerAttributes> for CustomerInput {
            fn from(attributes: &CustomerAttributes) -> Self {
                Self {
                    $($nullable: attributes.$nullable.clone(),)+
                    $($value: attributes.$value.clone().into_value(),)+
                    company: Field::Absent,
                    rev: attributes.rev.value().map(|rev| (*rev).into()),
                }
            }
        }
    };
}
writable! {
    nullable: name external_id username signed_up_at last_activity_at last_customer_activity_at last_seen_at avatar_url locale
        time_zone birthday_at gender default_lang;
    values: external_ids shared_external_ids emails shared_emails phones shared_phones whatsapps facebook_ids instagram_ids
        socials shared_socials urls locations tags sentiment custom created_at imported_at;
}
