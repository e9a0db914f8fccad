//! The columns of events that the file has in a shorter form than everybody else: ids are bytes, and names begin with the dot
//! behind `kustomer.<kind>`.

use kustodian_core::kind::Kind;
use kustomer_api::ObjectId;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, Value, ValueRef};

/// What every name of an event begins with.
const PREFIX: &str = "kustomer.";

/// An id as BLOB.
pub(super) struct ShortId(pub(super) ObjectId);

impl ShortId {
    pub(super) fn into_value(self) -> Value {
        Value::Blob(self.0.as_bytes().to_vec())
    }
}

impl ToSql for ShortId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

impl FromSql for ShortId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 12]>::column_result(value).map(|bytes| Self(ObjectId::from_bytes(bytes)))
    }
}

/// The name of an event, as it is stored beside its kind.
pub(super) fn name<'n>(kind: &str, name: &'n str) -> &'n str {
    let short = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix(kind));
    short.filter(|short| short.starts_with('.')).unwrap_or(name)
}

/// The name of an event of this kind, out of its stored form.
pub(super) fn whole_name(kind: Kind, stored: String) -> String {
    if stored.starts_with('.') { format!("{PREFIX}{}{stored}", kind.as_str()) } else { stored }
}

/// The id of a request: bytes if it has the form of our ids, else the text that a client sent.
pub(super) struct RequestId<'r>(pub(super) &'r str);

impl ToSql for RequestId<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match written_id(self.0) {
            Some(id) => ToSqlOutput::Owned(id.into_value()),
            None => ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_bytes())),
        })
    }
}

/// The id of a request, out of either form.
pub(super) struct WholeRequestId(pub(super) String);

impl FromSql for WholeRequestId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(_) => ShortId::column_result(value).map(|id| Self(id.0.to_string())),
            _ => String::column_result(value).map(Self),
        }
    }
}

/// The expression that reads a column as other engines have it.
pub(super) fn as_text(column: &str) -> String {
    match column {
        "id" | "record" => format!("lower(hex({column}))"),
        "actor" => "iif(actor IS NULL, NULL, lower(hex(actor)))".to_owned(),
        "request_id" => "iif(typeof(request_id) = 'blob', lower(hex(request_id)), request_id)".to_owned(),
        "name" => format!("iif(substr(name, 1, 1) = '.', '{PREFIX}' || kind || name, name)"),
        _ => column.to_owned(),
    }
}

/// The stored form of a text that another engine has in a column; `kind` is that of the same event. A text that should be an id and
/// is none stays as it is, to be reported.
pub(super) fn of_text(column: &str, kind: &str, text: String) -> Value {
    match column {
        "id" | "record" | "actor" => {
            written_id(&text).map_or_else(|| Value::Blob(text.into_bytes()), ShortId::into_value)
        }
        "request_id" => written_id(&text).map_or(Value::Text(text), ShortId::into_value),
        "name" => Value::Text(name(kind, &text).to_owned()),
        _ => Value::Text(text),
    }
}

/// The id that this is the one way to write of.
fn written_id(text: &str) -> Option<ShortId> {
    text.parse::<ObjectId>().ok().filter(|id| id.to_hex() == text.as_bytes()).map(ShortId)
}
