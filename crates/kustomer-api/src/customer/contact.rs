//! The items of a customer's lists. The same types are written and read, so that a list can be sent back as it was
//! answered: `id` and `externalVerified` only come from the server, and members that are optional on a write have a value
//! on a read.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

use crate::Field;
use crate::macros::open_enum;

open_enum! {
    /// What an e-mail address, a phone number or a location is used as. Which of these an item takes depends on the
    /// list it is in (`docs/contract/customer.md`).
    ContactType {
        /// Private; the default of e-mail addresses and locations.
        Home = "home",
        /// At work.
        Work = "work",
        /// A mobile phone; the default of phone and WhatsApp numbers.
        Mobile = "mobile",
        /// A fax machine.
        Fax = "fax",
        /// Anything else.
        Unspecified = "other",
    }
}

open_enum! {
    /// The network a social profile is on.
    SocialType {
        /// Twitter.
        Twitter = "twitter",
        /// Facebook.
        Facebook = "facebook",
        /// Instagram.
        Instagram = "instagram",
        /// LinkedIn.
        LinkedIn = "linkedin",
        /// Pinterest.
        Pinterest = "pinterest",
    }
}

open_enum! {
    /// The kind of page at a web address.
    UrlType {
        /// A web site; the default.
        Website = "website",
        /// A blog.
        Blog = "blog",
        /// Anything else.
        Unspecified = "other",
    }
}

open_enum! {
    /// A customer's gender.
    Gender {
        /// `m`.
        Male = "m",
        /// `f`.
        Female = "f",
    }
}

/// An e-mail address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Email {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The address; unique in the org, case aside, unless it is in `sharedEmails`.
    pub email: String,
    /// `home`, `work` or `other`; `home` when not sent.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ContactType>,
    /// Whether it is known to be the customer's; false when not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Whether another system knows it to be the customer's; ignored on a write.
    #[serde(rename = "externalVerified", default, skip_serializing_if = "Option::is_none")]
    pub external_verified: Option<bool>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Email {
    /// An address with nothing else said about it.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), ..Self::default() }
    }

    /// The same address, used as `kind`.
    #[must_use]
    pub fn kind(mut self, kind: ContactType) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The same address, known to be the customer's or not.
    #[must_use]
    pub fn verified(mut self, verified: bool) -> Self {
        self.verified = Some(verified);
        self
    }
}

/// A phone number, also one of WhatsApp.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Phone {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The number, kept as sent; unique in the org by its digits, unless it is in `sharedPhones`.
    pub phone: String,
    /// `mobile`, `home`, `work`, `fax` or `other`; `mobile` when not sent. Always `mobile` in `whatsapps`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ContactType>,
    /// Whether it is known to be the customer's; false when not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Phone {
    /// A number with nothing else said about it.
    pub fn new(phone: impl Into<String>) -> Self {
        Self { phone: phone.into(), ..Self::default() }
    }

    /// The same number, used as `kind`.
    #[must_use]
    pub fn kind(mut self, kind: ContactType) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The same number, known to be the customer's or not.
    #[must_use]
    pub fn verified(mut self, verified: bool) -> Self {
        self.verified = Some(verified);
        self
    }
}

/// An id the customer has in another system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ExternalId {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// 1 to 256 characters; unique in the org unless it is in `sharedExternalIds`.
    pub external_id: String,
    /// Whether it is known to be the customer's; false when not sent, true for the primary one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Whether another system knows it to be the customer's; ignored on a write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_verified: Option<bool>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ExternalId {
    /// An id with nothing else said about it.
    pub fn new(external_id: impl Into<String>) -> Self {
        Self { external_id: external_id.into(), ..Self::default() }
    }
}

/// A profile on a social network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Social {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The network.
    #[serde(rename = "type")]
    pub kind: SocialType,
    /// The network's own id of the user, at most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userid: Option<String>,
    /// The name on the network, 1 to 256 characters; unique in the org per network, unless in `sharedSocials`.
    pub username: String,
    /// The address of the profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it is known to be the customer's; false when not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Social {
    /// A profile named `username` on `kind`.
    pub fn new(kind: SocialType, username: impl Into<String>) -> Self {
        Self {
            id: Field::Absent,
            kind,
            userid: None,
            username: username.into(),
            url: None,
            verified: None,
            extra: Map::new(),
        }
    }
}

/// A web address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct WebUrl {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The address.
    pub url: String,
    /// `website`, `blog` or `other`; `website` when not sent.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<UrlType>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl WebUrl {
    /// An address with nothing else said about it.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Location {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// `home`, `work` or `other`; `home` when not sent.
    #[serde(rename = "type", default, skip_serializing_if = "Field::is_absent")]
    pub kind: Field<ContactType>,
    /// The name of the place, at most 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// The first line of the address, at most 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub address: Field<String>,
    /// The second line, at most 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub address2: Field<String>,
    /// The third line, at most 256 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub address3: Field<String>,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub latitude: Field<Number>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub longitude: Field<Number>,
    /// Two letters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub country_code: Field<String>,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub country_name: Field<String>,
    /// At most two characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub region_code: Field<String>,
    /// At most 128 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub region_name: Field<String>,
    /// At most 128 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub city_name: Field<String>,
    /// At most 30 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub zip_code: Field<String>,
    /// At most 30 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub area_code: Field<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A Facebook user as one page knows them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct FacebookId {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The page, at most 255 characters.
    pub page_id: String,
    /// The user, at most 255 characters.
    pub user_id: String,
    /// The user's name, at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl FacebookId {
    /// A user of a page with nothing else said about them.
    pub fn new(page_id: impl Into<String>, user_id: impl Into<String>) -> Self {
        Self { page_id: page_id.into(), user_id: user_id.into(), ..Self::default() }
    }
}

/// An Instagram user as one page knows them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct InstagramId {
    /// Null or absent on every answer seen; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// The page, at most 255 characters.
    pub page_id: String,
    /// The thread, at most 255 characters.
    pub thread_id: String,
    /// The user's name, at most 255 characters.
    pub username: String,
    /// The user, at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instagram_id: Option<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InstagramId {
    /// A user of a page with nothing else said about them.
    pub fn new(page_id: impl Into<String>, thread_id: impl Into<String>, username: impl Into<String>) -> Self {
        Self { page_id: page_id.into(), thread_id: thread_id.into(), username: username.into(), ..Self::default() }
    }
}

/// How a customer feels. `{}` on a read from older servers when nothing is known, and ignored on a write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Sentiment {
    /// -1, 0 or 1.
    #[serde(default, deserialize_with = "whole_number", skip_serializing_if = "Option::is_none")]
    pub polarity: Option<i64>,
    /// -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Number>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// JSON has one kind of number: `1.0` is the whole number 1, and the schema accepts it.
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, reason = "what lies beyond 64 bits is clamped, and is no sentiment")]
    let rounded = number.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64);
    number.as_i64().or(rounded).map(Some).ok_or_else(|| D::Error::custom("a whole number is expected"))
}

impl Sentiment {
    /// A sentiment; `confidence` that is not a finite number is left out.
    pub fn new(polarity: i64, confidence: f64) -> Self {
        Self { polarity: Some(polarity), confidence: Number::from_f64(confidence), extra: Map::new() }
    }
}

/// Items that a text alone makes.
macro_rules! of_text {
    ($($item:ident)+) => { $(
        impl From<&str> for $item {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $item {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    )+ };
}
of_text! { Email Phone ExternalId WebUrl }
