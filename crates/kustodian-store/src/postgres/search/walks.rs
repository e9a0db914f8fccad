//! Walks that are kept: the ids found at the beginning, in order.

use kustodian_core::search_store::WALK_IDLE;
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::{ObjectId, Timestamp};

use super::super::connection::{Step, statement};
use super::super::failure::store_error;
use super::super::pool::{Lease, Shared};
use super::super::values::Value;
use super::condition::{Given, Piece};
use super::session::{Halt, Session};
use crate::options::KeptWalks;
use crate::search::{Bind, Cell};

/// How many ids are in a part.
const PART: usize = 10_000;

/// How many bytes an id has.
const ID: usize = 12;

/// $1 moment. Parts first: where tables are spread, the statements run on several machines.
const FORGET_IDLE_PARTS: &str = "DELETE FROM walk_parts p USING walks w \
     WHERE w.org = p.org AND w.id = p.walk AND w.used_at < $1";
const FORGET_IDLE: &str = "DELETE FROM walks WHERE used_at < $1";

/// $1 org, $2 walks, $3 ids → the walks that were used least recently, to forget so that no more than that are left.
const FIND_OLDEST: &str = "SELECT id FROM (SELECT id, row_number() OVER newest AS walks, sum(length) OVER newest AS ids \
     FROM walks WHERE org = $1 WINDOW newest AS (ORDER BY used_at DESC, id)) w WHERE walks > $2 OR ids > $3";

/// $1 org, $2 walks.
const FORGET_PARTS: &str = "DELETE FROM walk_parts WHERE org = $1 AND walk = ANY($2)";
const FORGET: &str = "DELETE FROM walks WHERE org = $1 AND id = ANY($2)";

/// $1 id, $2 org, $3 length, $4 moment.
const KEEP: &str = "INSERT INTO walks (id, org, length, used_at) VALUES ($1, $2, $3, $4)";

/// $1 walk, $2 org, $3 part, $4 ids.
const KEEP_PART: &str = "INSERT INTO walk_parts (walk, org, part, ids) VALUES ($1, $2, $3, $4)";

/// $1 org, $2 walk, $3 moment.
const TOUCH: &str = "UPDATE walks SET used_at = greatest(used_at, $3) WHERE org = $1 AND id = $2";

fn idle_since(now: Timestamp) -> i64 {
    now.as_millis().saturating_sub(i64::try_from(WALK_IDLE.as_millis()).unwrap_or(i64::MAX))
}

/// Keeps a walk, and forgets those that nobody went on with, and those of the org for which there is no place beside it.
/// Keeps a connection only when it is in order.
pub(in crate::postgres) async fn keep(
    lease: Lease,
    begin: &str,
    org: OrgKey,
    (walk, ids, now): (ObjectId, &[ObjectId], Timestamp),
    beside: KeptWalks,
) -> Result<(), StoreError> {
    let failed = |failed: super::super::connection::Failed| store_error(&failed.error);
    let idle = idle_since(now);
    let number = |count: usize| Value::count(count as u64);
    let (walks, left) = (number(beside.walks.saturating_sub(1)), number(beside.ids.saturating_sub(ids.len())));
    let steps = [
        statement(FORGET_IDLE_PARTS, vec![Value::Number(idle)]),
        statement(FORGET_IDLE, vec![Value::Number(idle)]),
        statement(FIND_OLDEST, vec![Value::Number(org.0), walks, left]),
    ];
    let mut answers = lease.connection().run_unnamed(&steps).await.map_err(failed)?;
    let oldest = answers.pop().map(|answer| answer.rows).unwrap_or_default();
    let oldest = super::session::read_ids(&oldest).map_err(|error| store_error(&error))?;
    let parts: Vec<Vec<u8>> = ids.chunks(PART).map(|ids| ids.iter().flat_map(|id| *id.as_bytes()).collect()).collect();
    let mut steps = vec![Step::Command(begin)];
    if !oldest.is_empty() {
        let of_org = || vec![Value::Number(org.0), Value::Ids(oldest.clone())];
        steps.extend([statement(FORGET_PARTS, of_org()), statement(FORGET, of_org())]);
    }
    let length = Value::count(ids.len() as u64);
    steps.push(statement(KEEP, vec![Value::Id(walk), Value::Number(org.0), length, Value::Number(now.as_millis())]));
    for (part, ids) in (0..).zip(&parts) {
        let values = vec![Value::Id(walk), Value::Number(org.0), Value::Number(part), Value::Bytes(ids)];
        steps.push(statement(KEEP_PART, values));
    }
    steps.push(Step::Command("COMMIT"));
    lease.connection().run_unnamed(&steps).await.map_err(failed)?;
    lease.give_back();
    Ok(())
}

/// Notes that a walk was gone on with.
pub(in crate::postgres) async fn touch(readers: &Shared, org: OrgKey, walk: ObjectId, now: Timestamp) {
    let values = [Value::Number(org.0), Value::Id(walk), Value::Number(now.as_millis())];
    // Where nothing can be written now, a later step notes it.
    drop(readers.read(TOUCH, &values).await);
}

fn of_walk(org: OrgKey, walk: ObjectId) -> [Given; 2] {
    [Given::Number(org.0), Given::Bind(Bind::Id(walk))]
}

/// How many ids a walk has, unless it is not kept any longer.
pub(super) async fn length(session: &mut Session<'_>, walk: ObjectId, now: Timestamp) -> Result<Option<u64>, Halt> {
    let mut values = of_walk(session.org, walk).to_vec();
    values.push(Given::Bind(Bind::Cell(Cell::Integer(idle_since(now)))));
    let piece = Piece::new("SELECT length FROM walks WHERE org = ? AND id = ? AND used_at >= ?", values);
    let rows = session.ask_anyway(&piece).await?;
    let length: Option<i64> = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(length.map(|length| u64::try_from(length).unwrap_or_default()))
}

/// Some of the ids from a place on, at most `limit`; none at the end.
pub(super) async fn ids(
    session: &mut Session<'_>,
    walk: ObjectId,
    from: u64,
    limit: usize,
) -> Result<Vec<ObjectId>, Halt> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let mut values = of_walk(session.org, walk).to_vec();
    values.push(Given::Number(i64::try_from(from / PART).unwrap_or(i64::MAX)));
    let piece = Piece::new("SELECT ids FROM walk_parts WHERE org = ? AND walk = ? AND part = ?", values);
    let rows = session.ask(&piece).await?;
    let part: &[u8] = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
    let (ids, _) = part.as_chunks::<ID>();
    Ok(ids.iter().skip(from % PART).take(limit).map(|id| ObjectId::from_bytes(*id)).collect())
}
