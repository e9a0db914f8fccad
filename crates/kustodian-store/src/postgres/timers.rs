//! The records whose timers have elapsed.

use kustodian_core::kind::{DUE_AT, Kind};
use kustodian_core::store::{Due, OrgKey, StoreError};
use kustomer_api::Timestamp;
use tokio_postgres::Row;

use super::failure::store_error;
use super::pool::Shared;
use super::values::Value;

/// In the order of [`Due`].
pub(super) async fn list_due(
    readers: &Shared,
    kind: Kind,
    until: Timestamp,
    after: Option<Due>,
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    if !kind.spec().is_timed() {
        return Ok(Vec::new());
    }
    let table = kind.spec().table;
    let sql = format!(
        "SELECT {DUE_AT}, org, id FROM {table} WHERE NOT deleted AND {DUE_AT} IS NOT NULL \
         AND {DUE_AT} <= $1 AND ({DUE_AT}, org, id) > ($2, $3, $4) ORDER BY {DUE_AT}, org, id LIMIT {limit}"
    );
    let (until, at) = (until.to_string(), after.map(|due| due.at.to_string()).unwrap_or_default());
    let (org, id) = after.map_or((i64::MIN, String::new()), |due| (due.org.0, due.id.to_string()));
    let values = [Value::Text(&until), Value::Text(&at), Value::Number(org), Value::Text(&id)];
    let answer = readers.read(&sql, &values).await?;
    answer.rows.iter().map(due).collect()
}

fn due(row: &Row) -> Result<Due, StoreError> {
    let text = |place: usize| row.try_get::<_, &str>(place).map_err(|error| store_error(&error));
    let unreadable = || StoreError::Failed { reason: "a timer could not be read".to_owned() };
    let at = text(0)?.parse().map_err(|_| unreadable())?;
    let org = OrgKey(row.try_get(1).map_err(|error| store_error(&error))?);
    Ok(Due { at, org, id: text(2)?.parse().map_err(|_| unreadable())? })
}
