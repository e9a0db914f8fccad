//! A customer as written: the 33 attributes that create, update and bulk share (`docs/contract/behaviour.md` §7.1).

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::contact::{Email, ExternalId, FacebookId, Gender, InstagramId, Location, Phone, Sentiment, Social, WebUrl};
use crate::custom::CustomAttributes;
use crate::{Field, Timestamp};

/// What to create a customer with, or what to change on one. Nothing is required; what is absent stays as it is.
///
/// ```
/// use kustomer_api::custom::CustomAttributes;
/// use kustomer_api::customer::{CustomerInput, Email, Phone};
///
/// let mut custom = CustomAttributes::new();
/// custom.set("loyaltyTierStr", "gold")?;
/// let input = CustomerInput::new()
///     .name("Ada Lovelace")
///     .external_id("crm-1815")
///     .email(Email::new("ada@acme.example"))
///     .phone(Phone::new("+18005551212"))
///     .tag("vip")
///     .custom(custom);
/// # let _ = input;
/// # Ok::<(), kustomer_api::custom::CustomError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<Field<String>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the primary external id.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<Field<String>>) -> Self {
        self.external_id = external_id.into();
        self
    }

    /// Links the customer to a company, or with [`Field::Null`] to none.
    #[must_use]
    pub fn company(mut self, company: impl Into<Field<String>>) -> Self {
        self.company = company.into();
        self
    }

    /// Adds an e-mail address. On an update the addresses sent replace those stored.
    #[must_use]
    pub fn email(mut self, email: Email) -> Self {
        self.emails.get_or_insert_default().push(email);
        self
    }

    /// Adds a phone number. On an update the numbers sent replace those stored.
    #[must_use]
    pub fn phone(mut self, phone: Phone) -> Self {
        self.phones.get_or_insert_default().push(phone);
        self
    }

    /// Adds a social profile. On an update the profiles sent replace those stored.
    #[must_use]
    pub fn social(mut self, social: Social) -> Self {
        self.socials.get_or_insert_default().push(social);
        self
    }

    /// Adds a place. On an update the places sent replace those stored.
    #[must_use]
    pub fn location(mut self, location: Location) -> Self {
        self.locations.get_or_insert_default().push(location);
        self
    }

    /// Adds a tag by name or id. On an update the tags sent replace those stored.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.get_or_insert_default().push(tag.into());
        self
    }

    /// Sets the custom attributes to send.
    #[must_use]
    pub fn custom(mut self, custom: CustomAttributes) -> Self {
        self.custom = Some(custom);
        self
    }

    /// Asks that the record has this revision; otherwise the update answers 409.
    #[must_use]
    pub fn rev(mut self, rev: u64) -> Self {
        self.rev = Some(rev.into());
        self
    }
}
