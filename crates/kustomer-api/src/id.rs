//! Record identifiers: 24 lower-case hexadecimal characters (`docs/contract/behaviour.md` §2).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::envelope::Resource;

/// The identifier of a record: twelve bytes, written as 24 lower-case hexadecimal characters.
///
/// The first four bytes are the second of creation, so ids made later sort later.
///
/// ```
/// use kustomer_api::ObjectId;
///
/// let id: ObjectId = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
/// assert_eq!(id.to_string(), "5c7d1a1f9a1b2c0010a1b2c3");
/// assert!("not an id".parse::<ObjectId>().is_err());
/// # Ok::<(), kustomer_api::InvalidObjectId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 12]);

/// The text is not 24 hexadecimal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 24 hexadecimal characters")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct InvalidObjectId;

const HEX: &[u8; 16] = b"0123456789abcdef";

impl ObjectId {
    /// An id out of its twelve bytes.
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The twelve bytes.
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }

    /// The 24 characters as ASCII bytes.
    pub fn to_hex(self) -> [u8; 24] {
        let mut out = [0; 24];
        for (pair, byte) in out.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        out
    }
}

impl FromStr for ObjectId {
    type Err = InvalidObjectId;

    fn from_str(text: &str) -> Result<Self, InvalidObjectId> {
        let text = text.as_bytes();
        if text.len() != 24 {
            return Err(InvalidObjectId);
        }
        let digit = |character: u8| match character {
            b'0'..=b'9' => Ok(character - b'0'),
            b'a'..=b'f' => Ok(character - b'a' + 10),
            b'A'..=b'F' => Ok(character - b'A' + 10),
            _ => Err(InvalidObjectId),
        };
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.to_hex() {
            fmt::Write::write_char(formatter, char::from(character))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hex = self.to_hex();
        serializer.serialize_str(std::str::from_utf8(&hex).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The id of a record of the type `T`, as it was answered or as it is sent.
///
/// The id of a message where that of a customer belongs does not compile. `From` takes any text, because roles and metadata
/// have names for ids; [`parse`](str::parse) takes 24 hexadecimal characters alone. It reads as a `str`.
///
/// ```
/// use kustomer_api::Id;
/// use kustomer_api::customer::Customer;
///
/// let id: Id<Customer> = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
/// assert_eq!(id, "5c7d1a1f9a1b2c0010a1b2c3");
/// assert_eq!(Id::<Customer>::from("5c7d1a1f9a1b2c0010a1b2c3"), id);
/// assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
/// assert_eq!(String::from(id), "5c7d1a1f9a1b2c0010a1b2c3");
/// # Ok::<(), kustomer_api::InvalidObjectId>(())
/// ```
///
/// ```compile_fail,E0277
/// use kustomer_api::Id;
/// use kustomer_api::customer::Customer;
/// use kustomer_api::message::Message;
///
/// let message = Id::<Message>::from("5c7d1a1f9a1b2c0010a1b2c3");
/// let customer: Id<Customer> = message.into();
/// ```
pub struct Id<T> {
    text: Box<str>,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id as the API writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The twelve bytes of it; `None` of an id that is a name.
    pub fn to_object_id(&self) -> Option<ObjectId> {
        self.text.parse().ok()
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), of: PhantomData }
    }
}

impl<T> Default for Id<T> {
    /// The empty id, which names nothing.
    fn default() -> Self {
        Self::from("")
    }
}

impl<T> Deref for Id<T> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<T> AsRef<str> for Id<T> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialEq<str> for Id<T> {
    fn eq(&self, other: &str) -> bool {
        &*self.text == other
    }
}

impl<T> PartialEq<&str> for Id<T> {
    fn eq(&self, other: &&str) -> bool {
        &*self.text == *other
    }
}

impl<T> PartialEq<String> for Id<T> {
    fn eq(&self, other: &String) -> bool {
        *self.text == **other
    }
}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<T> FromStr for Id<T> {
    type Err = InvalidObjectId;

    fn from_str(text: &str) -> Result<Self, InvalidObjectId> {
        text.parse::<ObjectId>().map(|_| Self::from(text))
    }
}

impl<T> From<&str> for Id<T> {
    fn from(text: &str) -> Self {
        Self { text: text.into(), of: PhantomData }
    }
}

impl<T> From<&&str> for Id<T> {
    fn from(text: &&str) -> Self {
        Self::from(*text)
    }
}

impl<T> From<String> for Id<T> {
    fn from(text: String) -> Self {
        Self { text: text.into(), of: PhantomData }
    }
}

impl<T> From<&String> for Id<T> {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl<T> From<ObjectId> for Id<T> {
    fn from(id: ObjectId) -> Self {
        Self::from(id.to_string())
    }
}

impl<T> From<&ObjectId> for Id<T> {
    fn from(id: &ObjectId) -> Self {
        Self::from(*id)
    }
}

impl<T> From<&Self> for Id<T> {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl<A> From<&Resource<A>> for Id<Resource<A>> {
    fn from(resource: &Resource<A>) -> Self {
        resource.id.clone()
    }
}

impl<T> From<Id<T>> for String {
    fn from(id: Id<T>) -> Self {
        id.text.into()
    }
}

impl<T> From<&Id<T>> for String {
    fn from(id: &Id<T>) -> Self {
        id.as_str().to_owned()
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
