//! How values are sent to PostgreSQL and read back.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use ipnet::IpNet;
use kustodian_core::chain::{Digest, Leaf, Link, Salt};
use kustodian_core::kind::Kind;
use kustodian_core::receipt::{Fingerprint, ReceiptKey};
use kustomer_api::{ObjectId, Timestamp};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::document::FromBytes;

/// A parameter of a statement. It never shows its value: the driver logs parameters when debugging, and they are
/// documents, hashes and keys.
pub(super) enum Value<'a> {
    /// An id, as text.
    Id(ObjectId),
    /// An id or NULL.
    MaybeId(Option<ObjectId>),
    /// Text.
    Text(&'a str),
    /// Text or NULL.
    MaybeText(Option<&'a str>),
    /// Text of its own, or NULL.
    Owned(Option<String>),
    /// A number with a fraction, or NULL.
    MaybeFloat(Option<f64>),
    /// A truth or NULL.
    MaybeFlag(Option<bool>),
    /// A number.
    Number(i64),
    /// A number or NULL.
    MaybeNumber(Option<i64>),
    /// A truth.
    Flag(bool),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Bytes or NULL.
    MaybeBytes(Option<&'a [u8]>),
    /// Role names, as a JSON array.
    Roles(&'a [String]),
    /// A network or NULL, as text.
    Network(Option<IpNet>),
    /// Several texts.
    Texts(Vec<&'a str>),
    /// Several texts of its own.
    OwnedTexts(Vec<String>),
    /// Several texts or NULLs.
    MaybeTexts(Vec<Option<&'a str>>),
    /// Several ids, as text.
    Ids(Vec<ObjectId>),
    /// Several ids or NULLs.
    MaybeIds(Vec<Option<ObjectId>>),
    /// Several numbers.
    Numbers(Vec<i64>),
    /// A hash.
    Hash([u8; 32]),
    /// Several hashes.
    Hashes(Vec<[u8; 32]>),
    /// Several byte strings.
    ByteStrings(Vec<&'a [u8]>),
}

impl Value<'_> {
    /// A revision or a count.
    pub(super) fn count(count: u64) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The value that it may be a key of, as text.
    #[cfg(feature = "trace")]
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut keys = match self {
            Self::Id(id) => vec![id.to_string()],
            Self::Text(text) => vec![(*text).to_owned()],
            Self::Number(number) => vec![number.to_string()],
            Self::Bytes(bytes) => vec![hex(bytes)],
            Self::Texts(texts) => texts.iter().map(|text| (*text).to_owned()).collect(),
            Self::OwnedTexts(texts) => texts.clone(),
            Self::Ids(ids) => ids.iter().map(ObjectId::to_string).collect(),
            Self::Numbers(numbers) => numbers.iter().map(i64::to_string).collect(),
            Self::MaybeIds(ids) => ids.iter().flatten().map(ObjectId::to_string).collect(),
            Self::ByteStrings(strings) => strings.iter().map(|bytes| hex(bytes)).collect(),
            _ => return None,
        };
        keys.sort_unstable();
        keys.dedup();
        Some(keys)
    }

    /// The type it is sent as.
    pub(super) fn sql_type(&self) -> Type {
        match self {
            Self::Id(_) | Self::MaybeId(_) | Self::Text(_) | Self::MaybeText(_) => Type::TEXT,
            Self::Roles(_) | Self::Network(_) | Self::Owned(_) => Type::TEXT,
            Self::Number(_) | Self::MaybeNumber(_) => Type::INT8,
            Self::Flag(_) | Self::MaybeFlag(_) => Type::BOOL,
            Self::MaybeFloat(_) => Type::FLOAT8,
            Self::Bytes(_) | Self::MaybeBytes(_) | Self::Hash(_) => Type::BYTEA,
            Self::Texts(_) | Self::OwnedTexts(_) | Self::MaybeTexts(_) => Type::TEXT_ARRAY,
            Self::Ids(_) | Self::MaybeIds(_) => Type::TEXT_ARRAY,
            Self::Numbers(_) => Type::INT8_ARRAY,
            Self::ByteStrings(_) | Self::Hashes(_) => Type::BYTEA_ARRAY,
        }
    }
}

/// PostgreSQL's texts hold no zero; the character behind it takes its place, in every text. A text that is kept
/// with one is found with one, and by no other text: no name and no id has that character.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{1}").into() } else { text.into() }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, sql_type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Id(id) | Self::MaybeId(Some(id)) => {
                out.extend_from_slice(&id.to_hex());
                Ok(IsNull::No)
            }
            Self::MaybeId(None) => Ok(IsNull::Yes),
            Self::Text(text) | Self::MaybeText(Some(text)) => storable(text).to_sql(sql_type, out),
            Self::Owned(Some(text)) => storable(text).to_sql(sql_type, out),
            Self::MaybeText(None) | Self::Owned(None) => Ok(IsNull::Yes),
            Self::MaybeFloat(number) => number.to_sql(sql_type, out),
            Self::MaybeFlag(flag) => flag.to_sql(sql_type, out),
            Self::Number(number) => number.to_sql(sql_type, out),
            Self::MaybeNumber(number) => number.to_sql(sql_type, out),
            Self::Flag(flag) => flag.to_sql(sql_type, out),
            Self::Bytes(bytes) => bytes.to_sql(sql_type, out),
            Self::MaybeBytes(bytes) => bytes.to_sql(sql_type, out),
            Self::Roles(roles) => serde_json::to_string(roles)?.to_sql(sql_type, out),
            Self::Network(network) => network.map(|network| network.to_string()).to_sql(sql_type, out),
            Self::Texts(texts) => texts.iter().map(|text| storable(text)).collect::<Vec<_>>().to_sql(sql_type, out),
            Self::OwnedTexts(texts) => {
                texts.iter().map(|text| storable(text)).collect::<Vec<_>>().to_sql(sql_type, out)
            }
            Self::MaybeTexts(texts) => {
                texts.iter().map(|text| text.map(storable)).collect::<Vec<_>>().to_sql(sql_type, out)
            }
            Self::Ids(ids) => ids.iter().map(ObjectId::to_string).collect::<Vec<_>>().to_sql(sql_type, out),
            Self::MaybeIds(ids) => {
                ids.iter().map(|id| id.as_ref().map(ObjectId::to_string)).collect::<Vec<_>>().to_sql(sql_type, out)
            }
            Self::Numbers(numbers) => numbers.to_sql(sql_type, out),
            Self::Hash(hash) => hash.as_slice().to_sql(sql_type, out),
            Self::Hashes(hashes) => hashes.iter().map(<[u8; 32]>::as_slice).collect::<Vec<_>>().to_sql(sql_type, out),
            Self::ByteStrings(strings) => strings.to_sql(sql_type, out),
        }
    }

    // Each statement is prepared with the types of its values, so every one fits.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

type Unreadable = Box<dyn Error + Sync + Send>;

/// Gives a type a way to be read: out of a column of another type, with a function that may fail.
macro_rules! read_from {
    ($column:ty => $name:ident: $of:ty, $what:literal, $read:expr) => {
        #[doc = $what]
        pub(super) struct $name(pub(super) $of);

        impl<'a> FromSql<'a> for $name {
            fn from_sql(sql_type: &Type, raw: &'a [u8]) -> Result<Self, Unreadable> {
                let read: fn($column) -> Result<$of, Unreadable> = $read;
                read(<$column>::from_sql(sql_type, raw)?).map(Self)
            }

            fn accepts(sql_type: &Type) -> bool {
                <$column as FromSql<'_>>::accepts(sql_type)
            }
        }
    };
}

read_from!(&str => Id: ObjectId, "An id out of text.", |text| Ok(text.parse()?));
read_from!(&str => Roles: Vec<String>, "Role names out of a JSON array.", |text| Ok(serde_json::from_str(text)?));
read_from!(&str => Network: IpNet, "A network out of text.", |text| Ok(text.parse()?));
read_from!(i64 => Moment: Timestamp, "A moment out of milliseconds.", |millis| Ok(Timestamp::from_millis(millis)));
read_from!(i64 => Count: u64, "A revision or a count out of a number.", |number| Ok(u64::try_from(number)?));
read_from!(&str => Named: Kind, "A kind out of its word.", |word| Ok(Kind::named(word).ok_or("not a kind")?));
read_from!(&[u8] => StoredDigest: Digest, "A digest out of bytes.", |bytes| Ok(Digest::from_bytes(bytes)?));
read_from!(&[u8] => StoredLink: Link, "A link out of bytes.", |bytes| Ok(Link::from_bytes(bytes)?));
read_from!(&[u8] => StoredSalt: Salt, "A salt out of bytes.", |bytes| Ok(Salt::from_bytes(bytes)?));
read_from!(&[u8] => StoredLeaf: Leaf, "A leaf out of bytes.", |bytes| Ok(Leaf::from_bytes(bytes)?));
read_from!(&[u8] => StoredReceiptKey: ReceiptKey, "The key of a receipt out of bytes.", |bytes| Ok(ReceiptKey::from_bytes(bytes)?));
read_from!(&[u8] => StoredFingerprint: Fingerprint, "A fingerprint out of bytes.", |bytes| Ok(Fingerprint::from_bytes(bytes)?));
