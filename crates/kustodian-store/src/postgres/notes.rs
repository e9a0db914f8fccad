//! Notes of work that is left to do, among the settings of the database.

use kustodian_core::store::{Note, StoreError};
use tokio_postgres::Row;

use super::Core;
use super::failure::store_error;
use super::pool::Shared;
use super::values::Value;

/// $1 name, $2 value.
const KEEP: &str =
    "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// $1 what their names begin with, $2 the name after which they are, $3 how many.
const LIST: &str = "SELECT name, value FROM settings WHERE starts_with(name, $1) AND name > $2 ORDER BY name LIMIT $3";

/// $1 name, $2 the value read, $3 the new one.
const REPLACE: &str = "UPDATE settings SET value = $3 WHERE name = $1 AND value = $2";

/// $1 name, $2 the value read.
const REMOVE: &str = "DELETE FROM settings WHERE name = $1 AND value = $2";

pub(super) async fn keep(core: &Core, note: &Note) -> Result<(), StoreError> {
    core.write(KEEP, &[Value::Text(&note.name), Value::Bytes(&note.value)]).await.map(drop)
}

pub(super) async fn list(readers: &Shared, prefix: &str, after: &str, limit: usize) -> Result<Vec<Note>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let answer = readers.read(LIST, &[Value::Text(prefix), Value::Text(after), Value::Number(limit)]).await?;
    let note = |row: &Row| Ok(Note { name: row.try_get(0)?, value: row.try_get(1)? });
    answer.rows.iter().map(|row| note(row).map_err(|error| store_error(&error))).collect()
}

pub(super) async fn replace(core: &Core, read: &Note, value: Option<&[u8]>) -> Result<bool, StoreError> {
    let (name, seen) = (Value::Text(&read.name), Value::Bytes(&read.value));
    let answer = match value {
        Some(value) => core.write(REPLACE, &[name, seen, Value::Bytes(value)]).await?,
        None => core.write(REMOVE, &[name, seen]).await?,
    };
    Ok(answer.affected > 0)
}
