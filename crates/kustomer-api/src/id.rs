//! Record identifiers: 24 lower-case hexadecimal characters (`docs/contract/behaviour.md` §2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
