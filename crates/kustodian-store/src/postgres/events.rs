//! Reading single events, a record's history, and the end of a feed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kustodian_core::chain::genesis;
use kustodian_core::feed::{Head, HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::{ObjectId, Timestamp};
use tokio::time::sleep;
use tokio_postgres::{Error, Row};

use super::connection::{Answer, Limit, Step};
use super::failure::store_error;
use super::page::cut;
use super::pool::Shared;
use super::sql::{FIND_REV_AT, HEAD};
use super::values::{Count, Id, Moment, Named, StoredDigest, StoredLink, StoredSalt, Value};

/// What [`recorded`] reads, out of `events e` and the table of their places, `p`.
pub(super) fn columns(payload: Payload) -> String {
    let payload = match payload {
        Payload::None => "NULL::text AS changes, NULL::text AS snapshot",
        Payload::Changes => "e.changes, NULL::text AS snapshot",
        Payload::Whole => "e.changes, e.snapshot",
    };
    format!(
        "p.position, e.id, e.name, e.kind, e.record, e.rev, e.at, e.actor, e.client, e.request_id, {payload}, e.salt, \
         e.digest, p.link"
    )
}

/// The number of bytes of the payload of an event `r`.
const PAYLOAD_LENGTH: &str = "coalesce(octet_length(r.changes), 0) + coalesce(octet_length(r.snapshot), 0)";

/// How many bytes of payload were read with an event.
fn payload_len(row: &Row) -> usize {
    let length = |column| row.try_get::<_, Option<&str>>(column).ok().flatten().map_or(0, str::len);
    length(CHANGES) + length(SNAPSHOT)
}

const CHANGES: usize = 10;
const SNAPSHOT: usize = 11;

/// What reads a page of events out of a statement that reads all of its rows, in an order of its columns `r`.
pub(super) fn page<'a>(
    rows: String,
    order: &str,
    mut values: Vec<Value<'a>>,
    bytes: usize,
    is_spread: bool,
) -> Step<'a> {
    // As with lists, where tables are spread the sum would bring all rows to the coordinator.
    let sql = if is_spread {
        rows
    } else {
        values.push(Value::count(bytes as u64));
        cut(&rows, PAYLOAD_LENGTH, order, &format!("${}", values.len()))
    };
    Step::Page(sql, values, Limit { bytes, length: payload_len })
}

/// Where `e` and `p` are of the same event. The record first: it is what both are distributed by.
pub(super) const SAME: &str = "p.record = e.record AND p.org = e.org AND p.kind = e.kind AND p.rev = e.rev";

/// An event out of [`columns`].
pub(super) fn recorded(row: &Row) -> Result<Recorded, Error> {
    Ok(Recorded {
        position: row.try_get::<_, Option<Count>>(0)?.map(|position| position.0),
        id: row.try_get::<_, Id>(1)?.0,
        name: row.try_get(2)?,
        kind: row.try_get::<_, Named>(3)?.0,
        record: row.try_get::<_, Id>(4)?.0,
        rev: row.try_get::<_, Count>(5)?.0,
        at: row.try_get::<_, Moment>(6)?.0,
        actor: row.try_get::<_, Option<Id>>(7)?.map(|id| id.0),
        client: row.try_get(8)?,
        request_id: row.try_get(9)?,
        changes: row.try_get(CHANGES)?,
        snapshot: row.try_get(SNAPSHOT)?,
        salt: row.try_get::<_, Option<StoredSalt>>(12)?.map(|salt| salt.0),
        digest: row.try_get::<_, StoredDigest>(13)?.0,
        link: row.try_get::<_, Option<StoredLink>>(14)?.map(|link| link.0),
    })
}

/// The end of a feed out of `position, link`.
pub(super) fn head(row: &Row) -> Result<Head, Error> {
    Ok(Head { position: row.try_get::<_, Count>(0)?.0, link: row.try_get::<_, StoredLink>(1)?.0 })
}

pub(super) async fn find_head(readers: &Shared, org: OrgKey) -> Result<Head, StoreError> {
    let answer = readers.read(HEAD, &[Value::Number(org.0)]).await?;
    let found = answer.rows.first().map(head).transpose().map_err(|error| store_error(&error))?;
    Ok(found.unwrap_or_else(|| Head { position: 0, link: genesis(org) }))
}

/// $1 org → the moment of the newest event without a position.
const NEWEST_WAITING: &str = "SELECT coalesce(max(at), -1) FROM outbox WHERE org = $1";

/// $1 org, $2 a moment → how many events up to it have no position.
const WAITING: &str = "SELECT count(*) FROM outbox WHERE org = $1 AND at <= $2";

/// How long a reader waits for them. Positions are given every 20 to 250 ms; a sequencer that is further behind is busy, and
/// later events are in the feed later.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until the events that are committed by now have positions.
pub(super) async fn wait_for_positions(readers: &Shared, org: OrgKey) -> Result<(), StoreError> {
    let number = |answer: Answer| -> Result<i64, StoreError> {
        let row = answer.rows.first().map(|row| row.try_get::<_, i64>(0)).transpose();
        row.map(|number| number.unwrap_or(-1)).map_err(|error| store_error(&error))
    };
    let newest = number(readers.read(NEWEST_WAITING, &[Value::Number(org.0)]).await?)?;
    let until = Instant::now() + PATIENCE;
    while newest >= 0 && Instant::now() < until {
        if number(readers.read(WAITING, &[Value::Number(org.0), Value::Number(newest)]).await?)? == 0 {
            break;
        }
        sleep(LOOK).await;
    }
    Ok(())
}

pub(super) async fn find_event(readers: &Shared, org: OrgKey, id: ObjectId) -> Result<Option<Recorded>, StoreError> {
    // One statement, so that an event which is just given its position is found in one place or the other. With its
    // position, if it is in both: null is last.
    let columns = columns(Payload::Whole);
    let sql = format!(
        "SELECT {columns} FROM (SELECT record, org, kind, rev, position, link FROM positions \
         WHERE org = $1 AND id = $2 UNION ALL SELECT record, org, kind, rev, NULL::bigint, NULL::bytea \
         FROM outbox WHERE org = $1 AND id = $2) p JOIN events e ON {SAME} ORDER BY p.position LIMIT 1"
    );
    let answer = readers.read(&sql, &[Value::Number(org.0), Value::Id(id)]).await?;
    answer.rows.first().map(recorded).transpose().map_err(|error| store_error(&error))
}

pub(super) async fn find_rev_at(
    readers: &Shared,
    org: OrgKey,
    kind: Kind,
    id: ObjectId,
    at: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let values = [Value::Id(id), Value::Number(org.0), Value::Text(kind.as_str()), Value::Number(at.as_millis())];
    let answer = readers.read(FIND_REV_AT, &values).await?;
    let rev = answer.rows.first().map(|row| row.try_get::<_, Count>(0)).transpose();
    rev.map(|rev| rev.map(|rev| rev.0)).map_err(|error| store_error(&error))
}

/// What reads a history. Where tables are spread it reads no places, and [`find_places`] does: of a join with what may
/// be missing, citus does not always see that it concerns one shard.
pub(super) fn history<'a>(org: OrgKey, query: &HistoryQuery, is_spread: bool) -> Step<'a> {
    let (columns, direction) = (columns(query.payload), if query.descending { "DESC" } else { "ASC" });
    let (places, join) = if is_spread {
        ("(SELECT NULL::bigint AS position, NULL::bytea AS link) p", "CROSS JOIN")
    } else {
        ("positions p", "LEFT JOIN")
    };
    let condition = if is_spread { String::new() } else { format!("ON {SAME} AND p.id = e.id") };
    let sql = format!(
        "SELECT {columns} FROM events e {join} {places} {condition} WHERE e.record = $1 AND e.org = $2 \
         AND e.kind = $3 AND e.rev >= $4 AND e.rev <= $5 ORDER BY e.rev {direction} LIMIT $6"
    );
    let values = vec![
        Value::Id(query.record),
        Value::Number(org.0),
        Value::Text(query.kind.as_str()),
        Value::count(query.from),
        Value::count(query.to),
        Value::Number(query.limit.into()),
    ];
    page(sql, &format!("r.rev {direction}"), values, query.bytes, is_spread)
}

/// $1 record, $2 org, $3 events of it → their places, as far as they have one.
const FIND_PLACES: &str = "SELECT id, position, link FROM positions WHERE record = $1 AND org = $2 AND id = ANY($3)";

/// Fills in the places of a record's events that were read without.
pub(super) async fn find_places(
    readers: &Shared,
    org: OrgKey,
    record: ObjectId,
    events: &mut [Recorded],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let ids = Value::Ids(events.iter().map(|event| event.id).collect());
    let answer = readers.read(FIND_PLACES, &[Value::Id(record), Value::Number(org.0), ids]).await?;
    let place = |row: &Row| {
        Ok::<_, Error>((
            row.try_get::<_, Id>(0)?.0,
            (row.try_get::<_, Count>(1)?.0, row.try_get::<_, StoredLink>(2)?.0),
        ))
    };
    let places: HashMap<ObjectId, _> =
        answer.rows.iter().map(place).collect::<Result<_, _>>().map_err(|error| store_error(&error))?;
    for event in events {
        (event.position, event.link) = places.get(&event.id).copied().unzip();
    }
    Ok(())
}
