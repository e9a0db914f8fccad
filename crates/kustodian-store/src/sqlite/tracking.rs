//! What visitors do. The writer keeps it in the transactions that it makes of whatever waits, so that thousands of events a
//! second wait for the disk together.

use async_trait::async_trait;
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, StoreError};
use kustodian_core::tracking::{
    Outcome, Retention, Seen, SessionRow, Sighting, TrackedQuery, TrackedRow, Tracks, Visit, Visitor, see,
};
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tokio::sync::oneshot;

use super::Sqlite;
use super::job::Job;
use super::sql::{WANT_SCRUB, statements};
use super::values::{Hex, Id};

/// How many sessions, and how many visitors, are removed in one transaction.
const SWEPT: u32 = 100;

/// ?1 org, ?2 visitor.
const FIND: &str = "SELECT v.customer, v.epoch, v.unidentified, s.id, s.name, s.last_at FROM visitors v \
     LEFT JOIN visits s ON s.org = v.org AND s.id = v.session WHERE v.org = ?1 AND v.id = ?2";

const KEEP_VISITOR: &str = "INSERT INTO visitors (org, id, customer, epoch, unidentified, session, seen_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (org, id) DO UPDATE SET customer = excluded.customer, \
     epoch = excluded.epoch, unidentified = excluded.unidentified, session = excluded.session, \
     seen_at = max(seen_at, excluded.seen_at)";

const KEEP_EVENT: &str = "INSERT OR IGNORE INTO tracked (org, visit, id, at, name, details) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const KEEP_VISIT: &str = "INSERT INTO visits (org, id, visitor, customer, name, first_at, last_at, count) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (org, id) DO UPDATE SET \
     last_at = max(last_at, excluded.last_at), count = count + excluded.count, \
     customer = coalesce(customer, excluded.customer)";

/// ?1 org, ?2 visitor, ?3 customer.
const ATTACH: &str = "UPDATE visits SET customer = ?3 WHERE org = ?1 AND visitor = ?2 AND customer IS NULL";

/// ?1 org, ?2 customers as a list of JSON, ?3 how many, ?4 how many to pass over.
const SESSIONS: &str = "SELECT id, name, first_at, last_at, count FROM visits \
     WHERE org = ?1 AND customer IN (SELECT value FROM json_each(?2)) \
     ORDER BY first_at DESC, id DESC LIMIT ?3 OFFSET ?4";

/// The expired rows to remove: ?1 org, ?2 before when, ?3 how many.
const OLD_VISITS: [&str; 2] = [
    "SELECT id FROM visits WHERE org = ?1 AND customer IS NOT NULL AND first_at < ?2 AND last_at < ?2 \
     ORDER BY first_at LIMIT ?3",
    "SELECT id FROM visits WHERE org = ?1 AND customer IS NULL AND first_at < ?2 ORDER BY first_at LIMIT ?3",
];

/// Visitors who have not been seen for long, and have no session that is kept: ?1 org, ?2 before when, ?3 how many.
const FORGET_VISITORS: &str = "DELETE FROM visitors WHERE (org, id) IN (SELECT v.org, v.id FROM visitors v \
     WHERE v.org = ?1 AND v.seen_at < ?2 \
     AND NOT EXISTS (SELECT 1 FROM visits s WHERE s.org = v.org AND s.id = v.session) ORDER BY v.seen_at LIMIT ?3)";

/// Something to write, and who waits for it.
pub(super) struct TrackingChange {
    pub(super) org: OrgKey,
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<Done, StoreError>>,
    /// What came of it in the transaction now under way.
    pub(super) outcome: Done,
}

/// What to write.
pub(super) enum Work {
    /// A sighting of a visitor.
    Keep(Box<Sighting>),
    /// Erases all that was tracked of a customer.
    Forget(ObjectId),
    /// Removes some expired data.
    Sweep(Retention),
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Done {
    /// The customer is not there.
    #[default]
    Nothing,
    Seen(Seen),
    Forgotten,
    Swept {
        more: bool,
    },
}

impl TrackingChange {
    pub(super) fn run(&self, connection: &Connection) -> rusqlite::Result<Done> {
        match &self.work {
            Work::Keep(sighting) => keep(connection, self.org, sighting),
            Work::Forget(customer) => forget(connection, self.org, *customer),
            Work::Sweep(retention) => sweep(connection, self.org, *retention),
        }
    }
}

fn keep(connection: &Connection, org: OrgKey, sighting: &Sighting) -> rusqlite::Result<Done> {
    if let Some(customer) = sighting.customer {
        // Only under the writer's lock: an erasure of the customer is before this or after it.
        let deleted: Option<bool> = connection
            .prepare_cached(statements(Kind::Customer).state)?
            .query_row((org.0, Hex::of(customer)), |row| row.get(2))
            .optional()?;
        if deleted != Some(false) {
            return Ok(Done::Nothing);
        }
    }
    let known = connection.prepare_cached(FIND)?.query_row((org.0, Hex::of(sighting.visitor)), visitor).optional()?;
    let outcome = see(known.as_ref(), sighting);
    let Outcome { visitor, attached, kept_in, .. } = &outcome;
    let customer = visitor.customer.map(Hex::of);
    let (of, at) = (Hex::of(sighting.visitor), sighting.at.as_millis());
    if let Some(customer) = attached {
        connection.prepare_cached(ATTACH)?.execute((org.0, &of, Hex::of(*customer)))?;
    }
    if let (Some(visit), Some(event)) = (kept_in, &sighting.event) {
        let id = Hex::of(visit.id);
        // One that was sent twice with the same idempotency key has the same id.
        let kept = connection.prepare_cached(KEEP_EVENT)?.execute((
            org.0,
            &id,
            Hex::of(event.id),
            at,
            &event.name,
            &event.details,
        ))?;
        let last_at = visit.last_at.as_millis();
        let values = params![org.0, id, of, customer, visit.name, at, last_at, i64::try_from(kept).unwrap_or_default()];
        connection.prepare_cached(KEEP_VISIT)?.execute(values)?;
    }
    if outcome.is_changed {
        let session = visitor.session.as_ref().map(|session| Hex::of(session.id));
        let unidentified = i64::try_from(visitor.unidentified).unwrap_or(i64::MAX);
        let values = params![org.0, of, customer, visitor.epoch, unidentified, session, at];
        connection.prepare_cached(KEEP_VISITOR)?.execute(values)?;
    }
    Ok(Done::Seen(outcome.seen()))
}

fn visitor(row: &Row<'_>) -> rusqlite::Result<Visitor> {
    let session = match row.get::<_, Option<Id>>(3)? {
        None => None,
        Some(id) => Some(Visit { id: id.0, name: row.get(4)?, last_at: Timestamp::from_millis(row.get(5)?) }),
    };
    let unidentified = u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
    let customer = row.get::<_, Option<Id>>(0)?.map(|id| id.0);
    Ok(Visitor { customer, epoch: row.get(1)?, unidentified, session })
}

fn forget(connection: &Connection, org: OrgKey, customer: ObjectId) -> rusqlite::Result<Done> {
    let customer = Hex::of(customer);
    let mut gone = 0;
    for sql in [
        "DELETE FROM tracked WHERE org = ?1 AND visit IN (SELECT id FROM visits WHERE org = ?1 AND customer = ?2)",
        "DELETE FROM visits WHERE org = ?1 AND customer = ?2",
        "DELETE FROM visitors WHERE org = ?1 AND customer = ?2",
    ] {
        gone += connection.prepare_cached(sql)?.execute((org.0, &customer))?;
    }
    if gone > 0 {
        connection.prepare_cached(WANT_SCRUB)?.execute([])?;
    }
    Ok(Done::Forgotten)
}

fn sweep(connection: &Connection, org: OrgKey, retention: Retention) -> rusqlite::Result<Done> {
    let Retention { before, unidentified_before } = retention;
    let mut more = false;
    for (sql, before) in OLD_VISITS.into_iter().zip([before, unidentified_before]) {
        let ids: Vec<String> = connection
            .prepare_cached(sql)?
            .query_map((org.0, before.as_millis(), SWEPT), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        more |= ids.len() == SWEPT as usize;
        for id in ids {
            connection.prepare_cached("DELETE FROM tracked WHERE org = ?1 AND visit = ?2")?.execute((org.0, &id))?;
            connection.prepare_cached("DELETE FROM visits WHERE org = ?1 AND id = ?2")?.execute((org.0, &id))?;
        }
    }
    let gone = connection.prepare_cached(FORGET_VISITORS)?.execute((org.0, before.as_millis(), SWEPT))?;
    Ok(Done::Swept { more: more || gone == SWEPT as usize })
}

fn list_sessions(
    connection: &Connection,
    org: OrgKey,
    customers: &[ObjectId],
    offset: u64,
    limit: u32,
) -> rusqlite::Result<Vec<SessionRow>> {
    let mut statement = connection.prepare_cached(SESSIONS)?;
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let rows = statement.query_map((org.0, listed(customers), limit, offset), |row| {
        Ok(SessionRow {
            id: row.get::<_, Id>(0)?.0,
            name: row.get(1)?,
            first_at: Timestamp::from_millis(row.get(2)?),
            last_at: Timestamp::from_millis(row.get(3)?),
            count: u64::try_from(row.get::<_, i64>(4)?).unwrap_or_default(),
        })
    })?;
    rows.collect()
}

fn list_tracked(connection: &Connection, org: OrgKey, query: &TrackedQuery) -> rusqlite::Result<Vec<TrackedRow>> {
    let (customers, limit) = (listed(&query.customers), query.limit);
    let offset = i64::try_from(query.offset).unwrap_or(i64::MAX);
    let id = query.id.map(Hex::of);
    let mut sql = "SELECT e.id, e.at, e.name, e.details, s.name FROM visits s \
         JOIN tracked e ON e.org = s.org AND e.visit = s.id \
         WHERE s.org = ?1 AND s.customer IN (SELECT value FROM json_each(?2))"
        .to_owned();
    let mut values: Vec<&dyn ToSql> = vec![&org.0, &customers, &limit, &offset];
    if let Some(session) = &query.session {
        values.push(session);
        sql.push_str(&format!(" AND ?{0} IN (s.name, s.id)", values.len()));
    }
    if let Some(id) = &id {
        values.push(id);
        sql.push_str(&format!(" AND e.id = ?{}", values.len()));
    }
    sql.push_str(" ORDER BY e.at, e.id LIMIT ?3 OFFSET ?4");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(&*values, |row| {
        Ok(TrackedRow {
            id: row.get::<_, Id>(0)?.0,
            at: Timestamp::from_millis(row.get(1)?),
            name: row.get(2)?,
            details: row.get(3)?,
            session: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// Ids as a list of JSON.
fn listed(ids: &[ObjectId]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", quoted.join(","))
}

impl Sqlite {
    async fn change_tracked(&self, org: OrgKey, work: Work) -> Result<Done, StoreError> {
        let (reply, answer) = oneshot::channel();
        let change = TrackingChange { org, work, reply, outcome: Done::Nothing };
        self.queue.send(Job::Track(Box::new(change)))?;
        self.wait(answer).await?
    }
}

#[async_trait]
impl Tracks for Sqlite {
    async fn track(&self, org: OrgKey, sighting: Sighting) -> Result<Option<Seen>, StoreError> {
        match self.change_tracked(org, Work::Keep(Box::new(sighting))).await? {
            Done::Seen(seen) => Ok(Some(seen)),
            Done::Nothing | Done::Forgotten | Done::Swept { .. } => Ok(None),
        }
    }

    async fn find_visitor(&self, org: OrgKey, visitor: ObjectId) -> Result<Option<ObjectId>, StoreError> {
        self.readers.read(|connection| {
            let found: Option<Option<Id>> = connection
                .prepare_cached("SELECT customer FROM visitors WHERE org = ?1 AND id = ?2")?
                .query_row((org.0, Hex::of(visitor)), |row| row.get(0))
                .optional()?;
            Ok(found.flatten().map(|id| id.0))
        })
    }

    async fn list_sessions(
        &self,
        org: OrgKey,
        customers: Vec<ObjectId>,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError> {
        self.read_long(org, move |connection| list_sessions(connection, org, &customers, offset, limit)).await
    }

    async fn list_tracked(&self, org: OrgKey, query: TrackedQuery) -> Result<Vec<TrackedRow>, StoreError> {
        self.read_long(org, move |connection| list_tracked(connection, org, &query)).await
    }

    async fn forget_tracked(&self, org: OrgKey, customer: ObjectId) -> Result<(), StoreError> {
        self.change_tracked(org, Work::Forget(customer)).await.map(drop)
    }

    async fn sweep_tracked(&self, org: OrgKey, retention: Retention) -> Result<bool, StoreError> {
        Ok(matches!(self.change_tracked(org, Work::Sweep(retention)).await?, Done::Swept { more: true }))
    }
}
