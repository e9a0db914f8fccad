//! The records whose timers have elapsed.

use kustodian_core::kind::{DUE_AT, Kind};
use kustodian_core::store::{Due, OrgKey};
use kustomer_api::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Type;

use super::values::Id;

/// In the order of [`Due`], found in the index alone.
pub(super) fn list_due(
    connection: &Connection,
    kind: Kind,
    until: Timestamp,
    after: Option<Due>,
    limit: u32,
) -> rusqlite::Result<Vec<Due>> {
    let spec = kind.spec();
    if !spec.is_timed() {
        return Ok(Vec::new());
    }
    let (table, index) = (spec.table, spec.index_of(&[DUE_AT]));
    // Before all: no org has this key.
    let (at, org, id) = after.map_or_else(
        || (String::new(), i64::MIN, String::new()),
        |due| (due.at.to_string(), due.org.0, due.id.to_string()),
    );
    let sql = format!(
        "SELECT {DUE_AT}, org, id FROM {table} INDEXED BY {index} WHERE deleted = 0 AND {DUE_AT} IS NOT NULL \
         AND {DUE_AT} <= ?1 AND ({DUE_AT}, org, id) > (?2, ?3, ?4) ORDER BY {DUE_AT}, org, id LIMIT ?5"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let due = statement.query_map((until.to_string(), at, org, id, limit), |row| {
        let unreadable = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
        let at = row.get::<_, String>(0)?.parse().map_err(unreadable)?;
        Ok(Due { at, org: OrgKey(row.get(1)?), id: row.get::<_, Id>(2)?.0 })
    })?;
    due.collect()
}
