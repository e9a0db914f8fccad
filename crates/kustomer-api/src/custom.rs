//! Custom attributes: keys whose suffix fixes the type of the value (the seed page; `docs/contract/behaviour.md` §6.1).

mod fields;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::schema::MAX_URL;
use crate::{Field, Id, ObjectId, format};

pub use fields::{CustomField, CustomReadError, CustomStruct, holds};

/// How many custom attributes one write may carry (§6.1).
pub const MAX_PER_WRITE: usize = 100;

/// The most characters (code points) a `Str` or `Txt` value may have (the seed page).
pub const MAX_TEXT: usize = 1024;

/// The most ids that an attribute whose metadata says `multi` may have.
pub const MAX_IDS: usize = 100;

/// The most characters (code points) a custom attribute's key may have, its suffix included.
pub const MAX_KEY: usize = 255;

/// Whether a custom attribute may have this key: letters and digits of any script, `_` and `-`, at most [`MAX_KEY`] of
/// them. Which suffix it ends in is another question: see [`Suffix::of`].
///
/// ```
/// use kustomer_api::custom::is_key;
///
/// assert!(is_key("loyaltyTierStr") && is_key("shop-a_größeNum"));
/// assert!(!is_key("loyalty tierStr") && !is_key("") && !is_key(&"x".repeat(256)));
/// ```
pub fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
        && key.chars().count() <= MAX_KEY
}

/// The ending of a custom attribute's key, which fixes the type of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Suffix {
    /// A number.
    Num,
    /// A date-time, kept and answered as sent, offset included.
    At,
    /// One line of text, 0 to 1024 characters.
    Str,
    /// Many lines of text, 0 to 1024 characters.
    Txt,
    /// True or false.
    Bool,
    /// A URI.
    Url,
    /// The id of another object, or a list of them; needs metadata before use.
    Id,
}

impl Suffix {
    /// Every suffix, in the order of the seed page, `Id` last.
    pub const ALL: [Self; 7] = [Self::Num, Self::At, Self::Str, Self::Txt, Self::Bool, Self::Url, Self::Id];

    /// The suffix as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Num => "Num",
            Self::At => "At",
            Self::Str => "Str",
            Self::Txt => "Txt",
            Self::Bool => "Bool",
            Self::Url => "Url",
            Self::Id => "Id",
        }
    }

    /// The suffix of a key, when it has a legal one behind at least one other character.
    ///
    /// ```
    /// use kustomer_api::custom::Suffix;
    ///
    /// assert_eq!(Suffix::of("loyaltyTierStr"), Some(Suffix::Str));
    /// assert_eq!(Suffix::of("loyaltyTier"), None);
    /// assert_eq!(Suffix::of("Str"), None);
    /// ```
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suffix| key.len() > suffix.as_str().len() && key.ends_with(suffix.as_str()))
    }
}

impl fmt::Display for Suffix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A value for a custom attribute, before its key's suffix has been checked.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum CustomValue {
    /// For `Num`.
    Number(Number),
    /// NaN or an infinity, which JSON cannot write; refused under every suffix.
    NotFinite,
    /// For `Str`, `Txt`, `At`, `Url` and `Id`.
    Text(String),
    /// For `Bool`.
    Boolean(bool),
    /// For `Id`, where the metadata says `multi`.
    Ids(Vec<ObjectId>),
    /// Clears the attribute; legal under every suffix.
    Null,
}

impl From<bool> for CustomValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<&str> for CustomValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for CustomValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<crate::Timestamp> for CustomValue {
    fn from(value: crate::Timestamp) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<ObjectId> for CustomValue {
    fn from(value: ObjectId) -> Self {
        Self::Text(value.to_string())
    }
}

impl<T> From<Id<T>> for CustomValue {
    fn from(value: Id<T>) -> Self {
        Self::Text(value.into())
    }
}

impl<T> From<&Id<T>> for CustomValue {
    fn from(value: &Id<T>) -> Self {
        Self::Text(value.into())
    }
}

impl From<Vec<ObjectId>> for CustomValue {
    fn from(value: Vec<ObjectId>) -> Self {
        Self::Ids(value)
    }
}

impl From<f64> for CustomValue {
    /// NaN and the infinities become [`CustomValue::NotFinite`], never null, which would clear the attribute.
    fn from(value: f64) -> Self {
        Number::from_f64(value).map_or(Self::NotFinite, Self::Number)
    }
}

macro_rules! from_integer {
    ($($integer:ty),+) => { $(
        impl From<$integer> for CustomValue {
            fn from(value: $integer) -> Self {
                Self::Number(value.into())
            }
        }
    )+ };
}
from_integer!(i32, i64, u32, u64);

impl<T: Into<Self>> From<Option<T>> for CustomValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Why a custom attribute cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum CustomError {
    /// The key does not end in a legal suffix.
    #[error("the key {key:?} must end in one of Num, At, Str, Txt, Bool, Url or Id")]
    Suffix {
        /// The key as given.
        key: String,
    },
    /// The key has a character that no key may have, or is too long.
    #[error("the key {key:?} must have letters, digits, _ and - alone, at most 255 of them")]
    Key {
        /// The key as given.
        key: String,
    },
    /// The value is not of the type the key's suffix asks for.
    #[error("the key {key:?} ends in {suffix}, which takes {expected}")]
    Type {
        /// The key as given.
        key: String,
        /// Its suffix.
        suffix: Suffix,
        /// The values of the suffix, in words.
        expected: &'static str,
    },
    /// The value is NaN or an infinity. Null would clear the attribute instead.
    #[error("the value of {key:?} is not a finite number, which JSON cannot write")]
    NotFinite {
        /// The key as given.
        key: String,
    },
}

/// The custom attributes of a record.
///
/// [`set`](Self::set) checks a value against its key's suffix, so that a mistake is found before it is sent; a
/// [`Key`] finds it when the program is compiled. Reading keeps everything a server sends, also what breaks the rules.
///
/// ```
/// use kustomer_api::custom::CustomAttributes;
///
/// let mut custom = CustomAttributes::new();
/// custom.set("loyaltyTierStr", "gold")?.set("scoreNum", 12.5)?.set("churnedBool", false)?;
/// assert!(custom.set("scoreNum", "twelve").is_err());
/// assert!(custom.set("loyaltyTier", "gold").is_err());
/// # Ok::<(), kustomer_api::custom::CustomError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomAttributes(BTreeMap<String, Value>);

impl CustomAttributes {
    /// No attributes.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Sets `key` to `value`, or to null.
    ///
    /// # Errors
    /// When the key has no legal suffix or is not a legal key ([`is_key`]), or the value does not fit the suffix: NaN
    /// is no number.
    pub fn set(&mut self, key: &str, value: impl Into<CustomValue>) -> Result<&mut Self, CustomError> {
        let value = value.into();
        let key = key.to_owned();
        let Some(suffix) = Suffix::of(&key) else { return Err(CustomError::Suffix { key }) };
        if !is_key(&key) {
            return Err(CustomError::Key { key });
        }
        if let Some(expected) = mismatch(suffix, &value) {
            return Err(CustomError::Type { key, suffix, expected });
        }
        let value = match value {
            CustomValue::Number(number) => Value::Number(number),
            CustomValue::NotFinite => return Err(CustomError::NotFinite { key }),
            CustomValue::Text(text) => Value::String(text),
            CustomValue::Boolean(boolean) => Value::Bool(boolean),
            CustomValue::Ids(ids) => ids.iter().map(ObjectId::to_string).collect(),
            CustomValue::Null => Value::Null,
        };
        self.0.insert(key, value);
        Ok(self)
    }

    /// Sets an attribute whose key carries its type.
    ///
    /// # Errors
    /// When the value is one its suffix does not take: NaN or an infinity, text beyond [`MAX_TEXT`], a text that is no
    /// URI.
    pub fn put<T: KeyType>(&mut self, key: Key<T>, value: T::Value<'_>) -> Result<&mut Self, CustomError> {
        self.set(key.name, T::into_custom(value))
    }

    /// The value under a key whose type is known; `None` when absent, null or of another type.
    pub fn get<T: KeyType>(&self, key: Key<T>) -> Option<T::Value<'_>> {
        self.0.get(key.name).and_then(T::from_json)
    }

    /// The value under any key, as it came.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Every key and value, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Removes an attribute from this map, and returns its value. To clear one that is stored, set it to null.
    ///
    /// ```
    /// use kustomer_api::custom::CustomAttributes;
    ///
    /// let mut custom = CustomAttributes::new();
    /// custom.set("tierStr", "gold")?;
    /// assert_eq!(custom.remove("tierStr").unwrap(), "gold");
    /// assert!(custom.is_empty());
    /// # Ok::<(), kustomer_api::custom::CustomError>(())
    /// ```
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    /// All of them as a type of your own, whose members have the keys as their names.
    ///
    /// ```
    /// use kustomer_api::customer::Customer;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Loyalty {
    ///     tier_str: String,
    ///     score_num: Option<f64>,
    /// }
    ///
    /// let answer = r#"{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{"custom":{"tierStr":"gold"}}}"#;
    /// let customer: Customer = serde_json::from_str(answer)?;
    /// let loyalty = customer.custom.deserialize::<Loyalty>()?;
    /// assert_eq!((loyalty.tier_str.as_str(), loyalty.score_num), ("gold", None));
    /// assert_eq!(customer.custom["tierStr"], "gold");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// When they are not what the type asks for.
    pub fn deserialize<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        let members = self.0.iter().map(|(key, value)| (key.clone(), value.clone()));
        serde_json::from_value(Value::Object(members.collect()))
    }

    /// How many there are, nulls included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps those that `keep` says, which may change their values.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.0.retain(|key, value| keep(key, value));
    }

    /// Lays `sent` over these: sent keys replace, others are kept (§6.1, "merge semantics").
    pub fn merge(&mut self, sent: Self) {
        self.0.extend(sent.0);
    }
}

/// The value under a key; null when there is none.
impl Index<&str> for CustomAttributes {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or(&Value::Null)
    }
}

impl IntoIterator for CustomAttributes {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a CustomAttributes {
    type Item = (&'a String, &'a Value);
    type IntoIter = std::collections::btree_map::Iter<'a, String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Field<CustomAttributes> {
    /// As [`CustomAttributes::deserialize`]; absent and null are no attributes.
    ///
    /// # Errors
    /// When they are not what the type asks for.
    pub fn deserialize<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        self.value().unwrap_or(&CustomAttributes::new()).deserialize()
    }

    /// Every key and value, by key, without those that are absent or null.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.value().into_iter().flat_map(CustomAttributes::iter)
    }
}

/// The value under a key; null when there is none.
impl Index<&str> for Field<CustomAttributes> {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.value().map_or(&Value::Null, |custom| &custom[key])
    }
}

/// The values of the suffix, in words, if `value` is not one.
fn mismatch(suffix: Suffix, value: &CustomValue) -> Option<&'static str> {
    let (fits, expected) = match (suffix, value) {
        (_, CustomValue::Null) | (Suffix::Num, CustomValue::NotFinite) => return None,
        (Suffix::Num, value) => (matches!(value, CustomValue::Number(_)), "a number or null"),
        (Suffix::Bool, value) => (matches!(value, CustomValue::Boolean(_)), "true, false or null"),
        (Suffix::Str | Suffix::Txt, CustomValue::Text(text)) => {
            (text.chars().count() <= MAX_TEXT, "a string of at most 1024 characters or null")
        }
        (Suffix::At, CustomValue::Text(text)) => (format::is_date_time(text), DATE_TIME),
        (Suffix::Url, CustomValue::Text(text)) => (format::is_uri(text) && text.chars().count() <= MAX_URL, URI),
        (Suffix::Id, CustomValue::Text(text)) => (format::is_object_id(text), ID),
        (Suffix::Id, CustomValue::Ids(ids)) => (ids.len() <= MAX_IDS, ID),
        (Suffix::Str | Suffix::Txt, _) => (false, "a string of at most 1024 characters or null"),
        (Suffix::At, _) => (false, DATE_TIME),
        (Suffix::Url, _) => (false, URI),
        (Suffix::Id, _) => (false, ID),
    };
    (!fits).then_some(expected)
}

const DATE_TIME: &str = "a date-time like 2016-11-06T13:54:29-05:00 or null";
const URI: &str = "a URI like https://acme.example/ of at most 4096 characters, or null";
const ID: &str = "an id of 24 hexadecimal characters, a list of at most 100, or null";

/// A key whose type is fixed when the program is compiled: a name with the wrong ending does not compile when the key
/// is a constant, and a value of the wrong type never does.
///
/// ```
/// use kustomer_api::custom::{CustomAttributes, Key, Num, Str};
///
/// const TIER: Key<Str> = Key::new("loyaltyTierStr");
/// const SCORE: Key<Num> = Key::new("scoreNum");
///
/// let mut custom = CustomAttributes::new();
/// custom.put(TIER, "gold")?.put(SCORE, 12.5)?;
/// assert_eq!(custom.get(TIER), Some("gold"));
/// assert_eq!(custom.get(SCORE), Some(12.5));
/// // NaN cannot be written in JSON, and must not clear the attribute.
/// assert!(custom.put(SCORE, f64::NAN).is_err());
/// assert_eq!(custom.get(SCORE), Some(12.5));
/// # Ok::<(), kustomer_api::custom::CustomError>(())
/// ```
///
/// A string under a number's key does not compile:
///
/// ```compile_fail,E0308
/// use kustomer_api::custom::{CustomAttributes, Key, Num};
///
/// let _ = CustomAttributes::new().put(Key::<Num>::new("loyaltyTierNum"), "gold");
/// ```
///
/// Nor does a constant whose name has another ending than its type:
///
/// ```compile_fail,E0080
/// use kustomer_api::custom::{Key, Num};
///
/// const TIER: Key<Num> = Key::new("loyaltyTierStr");
/// let _ = TIER;
/// ```
#[derive(Debug)]
pub struct Key<T> {
    name: &'static str,
    of: PhantomData<T>,
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T: KeyType> Key<T> {
    /// A key named `name`. Make it a constant: a wrong ending then stops the build.
    ///
    /// # Panics
    /// When `name` does not end in the suffix of `T`, and the key is not a constant.
    pub const fn new(name: &'static str) -> Self {
        let (all, end) = (name.as_bytes(), T::SUFFIX.as_str().as_bytes());
        assert!(all.len() > end.len(), "a custom attribute's key has a name before its suffix");
        let mut at = 0;
        while at < end.len() {
            assert!(all[all.len() - end.len() + at] == end[at], "the key's suffix is not that of its type");
            at += 1;
        }
        Self { name, of: PhantomData }
    }

    /// The key as it is written.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// The type of a [`Key`].
pub trait KeyType {
    /// What its keys end in.
    const SUFFIX: Suffix;
    /// What its values are in Rust.
    type Value<'a>;
    /// The value, ready to be checked.
    fn into_custom(value: Self::Value<'_>) -> CustomValue;
    /// The value out of JSON; `None` for null and for any other type.
    fn from_json(value: &Value) -> Option<Self::Value<'_>>;
}

macro_rules! key_type {
    ($(#[$doc:meta])* $name:ident($owned:ty $(, $copy:ident)?): $value:ty, $read:expr) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = "It is also the type of a field of a struct that has custom attributes as its fields: see [`CustomStruct`]."]
        #[derive(Debug, Clone, PartialEq, PartialOrd $(, $copy)?)]
        pub struct $name(pub $owned);

        impl KeyType for $name {
            const SUFFIX: Suffix = Suffix::$name;
            type Value<'a> = $value;
            fn into_custom(value: Self::Value<'_>) -> CustomValue {
                value.into()
            }
            fn from_json(value: &Value) -> Option<Self::Value<'_>> {
                $read(value)
            }
        }

        impl<T: Into<$owned>> From<T> for $name {
            fn from(value: T) -> Self {
                Self(value.into())
            }
        }

        impl std::ops::Deref for $name {
            type Target = $owned;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    };
}

key_type!(/** Keys that end in `Num`. */ Num(f64, Copy): f64, Value::as_f64);
key_type!(/** Keys that end in `Bool`. */ Bool(bool, Copy): bool, Value::as_bool);
key_type!(/** Keys that end in `Str`. */ Str(String): &'a str, Value::as_str);
key_type!(/** Keys that end in `Txt`. */ Txt(String): &'a str, Value::as_str);
key_type!(/** Keys that end in `Url`. */ Url(String): &'a str, Value::as_str);
key_type!(
    /** Keys that end in `At`. */
    At(crate::Timestamp, Copy): crate::Timestamp,
    |value: &Value| value.as_str().and_then(|text| text.parse().ok())
);
