//! Forgetting the names of custom attributes that no customer has any more.
//!
//! Servers know for a while which attribute has which column, and write by that. So a name is deleted in steps, each of
//! which a server that uses the attribute again undoes:
//!
//! 1. An attribute that nobody has is retired. A server that reads so revives it before it writes it.
//! 2. Once every write has ended that knew nothing of that, it is looked again: still without a customer, and still
//!    retired, its name is replaced. The column stays taken, as searches may still ask for it.
//! 3. A later scrub gives the column free.

use std::time::Duration;

use kustodian_core::store::OrgKey;
use tokio::time::sleep;
use tokio_postgres::{Error, Row};

use super::super::connection::Connection;
use super::super::values::Value;
use super::slots::{BELIEVED, REVIVE, revived};
use crate::search::SLOTS;

/// How much later than it should a statement may reach the database.
const DELAY: Duration = Duration::from_secs(3);

/// How long a column stays taken after its name was replaced: longer than any search takes that knew the name.
const UNTIL_FREE: Duration = Duration::from_secs(300);

/// → the database's time in milliseconds, and a name that is none of an attribute. Not within the statements that need
/// them: where tables are spread, those may call nothing that changes.
const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, '!' || gen_random_uuid()";

/// $1 the last column → the attributes that have one: org, attribute, slot, since when they are retired.
const GIVEN: &str = "SELECT org, attribute, slot, retired_at FROM search_slots \
     WHERE slot BETWEEN 1 AND $1 AND attribute NOT LIKE '!%' ORDER BY org, slot";

/// $1 org, $2 attribute, $3 now.
const RETIRE: &str = "UPDATE search_slots SET retired_at = $3 WHERE org = $1 AND attribute = $2 AND retired_at IS NULL";

/// $1 org, $2 attribute, $3 what takes its place, $4 now.
const REPLACE: &str = "UPDATE search_slots SET attribute = $3, retired_at = $4 \
     WHERE org = $1 AND attribute = $2 AND retired_at IS NOT NULL";

/// $1 a moment: columns whose names were replaced before it.
const FREE: &str = "DELETE FROM search_slots WHERE attribute LIKE '!%' AND retired_at <= $1";

struct Given {
    org: OrgKey,
    attribute: String,
    slot: i64,
    retired_at: Option<i64>,
}

impl Given {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            org: OrgKey(row.try_get(0)?),
            attribute: row.try_get(1)?,
            slot: row.try_get(2)?,
            retired_at: row.try_get(3)?,
        })
    }

    /// Whether a customer has it, a deleted one too.
    async fn is_used(&self, connection: &Connection) -> Result<bool, Error> {
        let sql = format!("SELECT 1 FROM customer_search WHERE org = $1 AND c{} IS NOT NULL LIMIT 1", self.slot);
        Ok(!connection.unnamed(&sql, &[Value::Number(self.org.0)]).await?.rows.is_empty())
    }
}

/// Retires the attributes that no customer has, and gives columns free whose names were replaced long ago.
///
/// # Errors
/// When the server is away.
pub(in crate::postgres) async fn retire(connection: &Connection) -> Result<(), Error> {
    let (now, _) = now(connection).await?;
    connection.unnamed(FREE, &[Value::Number(now - milliseconds(UNTIL_FREE))]).await?;
    for given in given(connection).await? {
        if given.retired_at.is_none() && !given.is_used(connection).await? {
            let values = [Value::Number(given.org.0), Value::Text(&given.attribute), Value::Number(now)];
            connection.unnamed(RETIRE, &values).await?;
        }
    }
    Ok(())
}

/// Replaces the names of retired attributes, once every write has ended that may not know that they are: a write takes
/// `limit` at most. Whether there were any.
///
/// # Errors
/// When the server is away.
pub(in crate::postgres) async fn forget(connection: &Connection, limit: Duration) -> Result<bool, Error> {
    // A create may be sent as late as this after its columns were known, which was as long after they were read.
    let patience = milliseconds(2 * BELIEVED + limit + DELAY);
    let mut is_any = false;
    for given in given(connection).await? {
        let Some(retired_at) = given.retired_at else { continue };
        let (mut now, mut name) = now(connection).await?;
        let early = retired_at.saturating_add(patience).saturating_sub(now);
        if let Ok(early @ 1..) = u64::try_from(early) {
            sleep(Duration::from_millis(early)).await;
            (now, name) = self::now(connection).await?;
        }
        if given.is_used(connection).await? {
            connection.unnamed(REVIVE, &revived(given.org, std::slice::from_ref(&given.attribute))).await?;
            continue;
        }
        let values =
            [Value::Number(given.org.0), Value::Text(&given.attribute), Value::Text(&name), Value::Number(now)];
        is_any |= connection.unnamed(REPLACE, &values).await?.affected > 0;
    }
    Ok(is_any)
}

async fn given(connection: &Connection) -> Result<Vec<Given>, Error> {
    connection.unnamed(GIVEN, &[Value::count(SLOTS as u64)]).await?.rows.iter().map(Given::read).collect()
}

async fn now(connection: &Connection) -> Result<(i64, String), Error> {
    let answer = connection.unnamed(NOW, &[]).await?;
    answer.rows.first().map_or(Ok((0, String::new())), |row| Ok((row.try_get(0)?, row.try_get(1)?)))
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
