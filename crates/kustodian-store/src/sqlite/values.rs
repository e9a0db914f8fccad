//! How ids and counts are in the database.

use kustodian_core::directory::TokenHash;
use kustodian_core::kind::Kind;
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::document::FromBytes;

/// An id as TEXT, without an allocation.
pub(super) struct Hex([u8; 24]);

impl Hex {
    pub(super) fn of(id: ObjectId) -> Self {
        Self(id.to_hex())
    }
}

impl ToSql for Hex {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

/// An id out of TEXT.
pub(super) struct Id(pub(super) ObjectId);

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// A moment out of INTEGER milliseconds.
pub(super) struct Moment(pub(super) Timestamp);

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|millis| Self(Timestamp::from_millis(millis)))
    }
}

/// A kind out of its word.
pub(super) struct Named(pub(super) Kind);

impl FromSql for Named {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Kind::named(value.as_str()?).map(Self).ok_or(FromSqlError::InvalidType)
    }
}

/// Something out of a BLOB of its length.
pub(super) struct Fixed<T>(pub(super) T);

impl<T: FromBytes> FromSql for Fixed<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        T::from_bytes(value.as_blob()?).map(Self).map_err(FromSqlError::other)
    }
}

/// The bytes of a token's hash.
pub(super) fn bytes(hash: &TokenHash) -> &[u8] {
    &hash.0
}
