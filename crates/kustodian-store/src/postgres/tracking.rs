//! Tracked events. Sightings that arrive while others are written wait, and share the next transaction: most
//! of what one costs is not its rows. All of a transaction are of one org, whose visitors are on one machine.

mod together;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kustodian_core::store::{OrgKey, StoreError};
use kustodian_core::tracking::{Retention, Seen, SessionRow, Sighting, TrackedQuery, TrackedRow, Tracks};
use kustomer_api::ObjectId;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Row};

use super::connection::{Answer, Step, statement};
use super::failure::{is_momentary, spoils_connection, store_error, unavailable};
use super::values::{Count, Id, Moment, Value};
use super::{Core, Postgres, scrub};

/// How many sightings go together at most.
const TOGETHER: usize = 64;

/// How many transactions may be under way at the same time.
const CARRIERS: usize = 2;

/// How often a transaction is retried after a conflict with another one.
const ATTEMPTS: u32 = 5;

/// How long to wait before that, for each time it was tried.
const PAUSE: Duration = Duration::from_millis(2);

/// How many sessions, and how many visitors, are removed at a time.
const SWEPT: i64 = 100;

/// Sightings that gather.
#[derive(Default)]
pub(super) struct Tracking(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    members: Vec<Member>,
    /// How many transactions are under way.
    carried: usize,
}

/// A sighting, and who waits for it.
struct Member {
    org: OrgKey,
    sighting: Sighting,
    reply: oneshot::Sender<Result<Option<Seen>, StoreError>>,
}

/// Has a place among the transactions under way, until dropped.
struct Carrier {
    core: Arc<Core>,
    is_over: bool,
}

impl Carrier {
    /// The next to go, all of one org; none, and the place is given up.
    fn next(&mut self) -> Vec<Member> {
        let mut queue = self.core.tracking.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who stopped waiting learned that the outcome is unknown.
        queue.members.retain(|member| !member.reply.is_closed());
        let Some(org) = queue.members.first().map(|member| member.org) else {
            queue.carried -= 1;
            self.is_over = true;
            return Vec::new();
        };
        let mut next = Vec::new();
        let mut left = Vec::new();
        for member in std::mem::take(&mut queue.members) {
            if member.org == org && next.len() < TOGETHER { next.push(member) } else { left.push(member) }
        }
        queue.members = left;
        next
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        if !self.is_over {
            self.core.tracking.0.lock().unwrap_or_else(PoisonError::into_inner).carried -= 1;
        }
    }
}

async fn carry(mut carrier: Carrier) {
    loop {
        let members = carrier.next();
        let Some(org) = members.first().map(|member| member.org) else { return };
        let (sightings, replies): (Vec<_>, Vec<_>) =
            members.into_iter().map(|member| (member.sighting, member.reply)).unzip();
        let outcome = commit(&carrier.core, org, &sightings).await;
        if let Err(error) = &outcome {
            carrier.core.has_failed(error);
        }
        let mut seen = outcome.as_ref().ok().into_iter().flatten();
        for reply in replies {
            // Nobody may wait any longer.
            drop(reply.send(match &outcome {
                Ok(_) => Ok(seen.next().copied().flatten()),
                Err(error) => Err(error.clone()),
            }));
        }
    }
}

/// Commits sightings of one org; retries while other transactions are in conflict.
async fn commit(core: &Core, org: OrgKey, sightings: &[Sighting]) -> Result<Vec<Option<Seen>>, StoreError> {
    for attempt in 1.. {
        let lease = core.writers.take().await?;
        let done =
            timeout(core.commit_timeout, together::keep(lease.connection(), core.connector.begin(), org, sightings));
        match done.await {
            Ok(Ok(seen)) => {
                lease.give_back();
                return Ok(seen);
            }
            // Not given back, the connection is closed, and its transaction ends with it.
            Ok(Err(error)) if is_momentary(&error) && attempt < ATTEMPTS => {}
            Ok(Err(error)) => return Err(store_error(&error)),
            Err(_) => return Err(unavailable("no answer in time; it is unknown whether the write was committed")),
        }
        sleep(PAUSE * attempt).await;
    }
    Err(unavailable("others were in the way all the time"))
}

/// $1 org, $2 customers, $3 how many, $4 how many to pass over.
const SESSIONS: &str = "SELECT id, name, first_at, last_at, count FROM visits WHERE org = $1 AND customer = ANY($2) \
     ORDER BY first_at DESC, id DESC LIMIT $3 OFFSET $4";

/// $1 org, $2 customer.
const FORGET: [&str; 3] = [
    // First the writers of events of the customer's visitors: they hold the row, and events that were written before
    // are seen by the statements behind it.
    "DELETE FROM visitors WHERE org = $1 AND customer = $2",
    "DELETE FROM tracked WHERE org = $1 AND visit IN (SELECT id FROM visits WHERE org = $1 AND customer = $2)",
    "DELETE FROM visits WHERE org = $1 AND customer = $2",
];

/// The expired rows to remove: $1 org, $2 before when, $3 how many. Locked, so that nobody adds an event to it
/// meanwhile; that one is first.
const OLD_VISITS: [&str; 2] = [
    "SELECT id FROM visits WHERE org = $1 AND customer IS NOT NULL AND first_at < $2 AND last_at < $2 \
     ORDER BY first_at LIMIT $3 FOR UPDATE SKIP LOCKED",
    "SELECT id FROM visits WHERE org = $1 AND customer IS NULL AND first_at < $2 \
     ORDER BY first_at LIMIT $3 FOR UPDATE SKIP LOCKED",
];

/// Visitors who have not been seen for long, and have no session that is kept: $1 org, $2 before when, $3 how many.
const FORGET_VISITORS: &str = "DELETE FROM visitors WHERE org = $1 AND id IN (SELECT v.id FROM visitors v \
     WHERE v.org = $1 AND v.seen_at < $2 \
     AND NOT EXISTS (SELECT 1 FROM visits s WHERE s.org = v.org AND s.id = v.session) ORDER BY v.seen_at LIMIT $3)";

impl Core {
    /// Runs steps in a transaction; the answers of all.
    async fn run_together(&self, steps: Vec<Step<'_>>) -> Result<Vec<Answer>, StoreError> {
        let lease = self.writers.take().await?;
        let mut all = vec![Step::Command(self.connector.begin())];
        all.extend(steps);
        all.push(Step::Command("COMMIT"));
        match timeout(self.commit_timeout, lease.connection().run(&all)).await {
            Ok(Ok(mut answers)) => {
                lease.give_back();
                answers.pop();
                Ok(answers.split_off(1))
            }
            Ok(Err(failed)) => {
                if failed.is_complete && !spoils_connection(&failed.error) {
                    lease.give_back();
                }
                Err(store_error(&failed.error))
            }
            Err(_) => Err(unavailable("no answer in time; it is unknown whether the write was committed")),
        }
    }

    /// Removes some sessions that are too old; how many.
    async fn sweep_visits(&self, org: OrgKey, sql: &str, before: i64) -> Result<usize, StoreError> {
        let lease = self.writers.take().await?;
        let find = vec![Value::Number(org.0), Value::Number(before), Value::Number(SWEPT)];
        let work = async {
            let connection = lease.connection();
            let steps = [Step::Command(self.connector.begin()), statement(sql, find)];
            let answers = connection.run(&steps).await.map_err(|failed| failed.error)?;
            let rows = answers.last().map_or(&[] as &[Row], |answer| &answer.rows);
            let ids: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
            let count = ids.len();
            let values = || vec![Value::Number(org.0), Value::OwnedTexts(ids.clone())];
            let steps = [
                statement("DELETE FROM tracked WHERE org = $1 AND visit = ANY($2)", values()),
                statement("DELETE FROM visits WHERE org = $1 AND id = ANY($2)", values()),
                Step::Command("COMMIT"),
            ];
            connection.run(&steps).await.map_err(|failed| failed.error)?;
            Ok(count)
        };
        match timeout(self.commit_timeout, work).await {
            Ok(Ok(count)) => {
                lease.give_back();
                Ok(count)
            }
            Ok(Err(error)) => Err(store_error(&error)),
            Err(_) => Err(unavailable("PostgreSQL did not answer in time")),
        }
    }
}

fn session_row(row: &Row) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        id: row.try_get::<_, Id>(0)?.0,
        name: row.try_get(1)?,
        first_at: row.try_get::<_, Moment>(2)?.0,
        last_at: row.try_get::<_, Moment>(3)?.0,
        count: row.try_get::<_, Count>(4)?.0,
    })
}

fn tracked_row(row: &Row) -> Result<TrackedRow, Error> {
    Ok(TrackedRow {
        id: row.try_get::<_, Id>(0)?.0,
        at: row.try_get::<_, Moment>(1)?.0,
        name: row.try_get(2)?,
        details: row.try_get(3)?,
        session: row.try_get(4)?,
    })
}

fn read<T>(answers: &[Answer], of: impl Fn(&Row) -> Result<T, Error>) -> Result<Vec<T>, StoreError> {
    let rows = answers.iter().flat_map(|answer| &answer.rows);
    rows.map(|row| of(row).map_err(|error| store_error(&error))).collect()
}

#[async_trait]
impl Tracks for Postgres {
    async fn track(&self, org: OrgKey, sighting: Sighting) -> Result<Option<Seen>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let is_carried = {
            let mut queue = self.core.tracking.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.members.push(Member { org, sighting, reply });
            let is_carried = queue.carried >= CARRIERS;
            queue.carried += usize::from(!is_carried);
            is_carried
        };
        if !is_carried {
            tokio::spawn(carry(Carrier { core: Arc::clone(&self.core), is_over: false }));
        }
        match timeout(self.core.commit_timeout, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(StoreError::Failed { reason: "a sighting was lost".to_owned() }),
            Err(_) => Err(unavailable("no answer in time; it is unknown whether the write will be committed")),
        }
    }

    async fn find_visitor(&self, org: OrgKey, visitor: ObjectId) -> Result<Option<ObjectId>, StoreError> {
        let sql = "SELECT customer FROM visitors WHERE org = $1 AND id = $2";
        let answer = self.core.readers.read(sql, &[Value::Number(org.0), Value::Id(visitor)]).await?;
        let found = answer.rows.first().map(|row| row.try_get::<_, Option<Id>>(0)).transpose();
        Ok(found.map_err(|error| store_error(&error))?.flatten().map(|id| id.0))
    }

    async fn list_sessions(
        &self,
        org: OrgKey,
        customers: Vec<ObjectId>,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let values =
            vec![Value::Number(org.0), Value::Ids(customers), Value::Number(limit.into()), Value::count(offset)];
        read(&self.core.read_long(org, &[statement(SESSIONS, values)]).await?, session_row)
    }

    async fn list_tracked(&self, org: OrgKey, query: TrackedQuery) -> Result<Vec<TrackedRow>, StoreError> {
        let TrackedQuery { customers, session, id, offset, limit } = query;
        let mut sql = "SELECT e.id, e.at, e.name, e.details, s.name FROM visits s \
             JOIN tracked e ON e.org = s.org AND e.visit = s.id WHERE s.org = $1 AND s.customer = ANY($2)"
            .to_owned();
        let mut values =
            vec![Value::Number(org.0), Value::Ids(customers), Value::Number(limit.into()), Value::count(offset)];
        if let Some(session) = &session {
            values.push(Value::Text(session));
            sql.push_str(&format!(" AND ${0} IN (s.name, s.id)", values.len()));
        }
        if let Some(id) = id {
            values.push(Value::Id(id));
            sql.push_str(&format!(" AND e.id = ${}", values.len()));
        }
        sql.push_str(" ORDER BY e.at, e.id LIMIT $3 OFFSET $4");
        read(&self.core.read_long(org, &[statement(&sql, values)]).await?, tracked_row)
    }

    async fn forget_tracked(&self, org: OrgKey, customer: ObjectId) -> Result<(), StoreError> {
        let values = || vec![Value::Number(org.0), Value::Id(customer)];
        // Noted before: a server that ends in between leaves it to the next.
        let is_there = "SELECT 1 FROM visitors WHERE org = $1 AND customer = $2 \
             UNION ALL SELECT 1 FROM visits WHERE org = $1 AND customer = $2 LIMIT 1";
        if self.core.readers.read(is_there, &values()).await?.rows.is_empty() {
            return Ok(());
        }
        scrub::want(&self.core.readers).await?;
        let steps = FORGET.into_iter().map(|sql| statement(sql, values())).collect();
        self.core.run_together(steps).await.map(drop)
    }

    async fn sweep_tracked(&self, org: OrgKey, retention: Retention) -> Result<bool, StoreError> {
        let Retention { before, unidentified_before } = retention;
        let mut more = false;
        for (sql, before) in OLD_VISITS.into_iter().zip([before, unidentified_before]) {
            more |= self.core.sweep_visits(org, sql, before.as_millis()).await? >= SWEPT.unsigned_abs() as usize;
        }
        let values = vec![Value::Number(org.0), Value::Number(before.as_millis()), Value::Number(SWEPT)];
        let gone = self.core.run_together(vec![statement(FORGET_VISITORS, values)]).await?;
        Ok(more || gone.first().is_some_and(|answer| answer.affected >= SWEPT.unsigned_abs()))
    }
}
