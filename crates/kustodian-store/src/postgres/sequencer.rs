//! The positions of events in their org's feed.
//!
//! A commit leaves a row in the outbox for each event, and no position: if it took one, a late commit would
//! leave a hole that readers of the feed have passed already. Every server runs a sequencer; the one that locks an
//! org's row in `feeds` assigns the next positions to the events committed by then, computes the links of the chain, and
//! forgets the outbox rows, in one transaction. Events committed later get a later position.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kustodian_core::chain::{Leaf, genesis, link};
use kustodian_core::feed::Head;
use kustodian_core::store::{OrgKey, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Row};

use super::connection::{Answer, Connection, Failed, Step, statement};
use super::connector::Connector;
use super::events::head;
use super::failure::{store_error, unavailable};
use super::receipts;
use super::values::{StoredLeaf, Value};

/// How long commits gather before they are given positions together.
const GATHERING: Duration = Duration::from_millis(20);

/// How often to look for what other servers committed and did not get to.
const ROUND: Duration = Duration::from_millis(250);

/// How often receipts that do not count any longer are looked for.
const SWEEPING: Duration = Duration::from_secs(60);

/// How many events get their positions in one transaction.
const BATCH: i64 = 2_000;

/// How long the last round may take when the database is closed.
const LAST_ROUND: Duration = Duration::from_secs(2);

const PENDING_ORGS: &str = "SELECT DISTINCT org FROM outbox";

/// $1 org, $2 the link before its first event.
const MAKE_FEED: &str = "INSERT INTO feeds (org, position, link) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING";

/// $1 org → its last position and link, if nobody else is giving positions.
const HOLD_FEED: &str = "SELECT position, link FROM feeds WHERE org = $1 FOR UPDATE SKIP LOCKED";

/// $1 org, $2 how many → what waits. By time, but never a revision before the one it follows, whatever the clocks of
/// several servers said.
const PENDING: &str = "SELECT record, kind, rev, delta, at, id, actor, leaf FROM (SELECT record, kind, rev, delta, at, \
     id, actor, leaf, max(at) OVER (PARTITION BY kind, record ORDER BY rev) AS moment FROM outbox WHERE org = $1) \
     pending ORDER BY moment, kind, record, rev LIMIT $2";

/// $1 org, $2 records, $3 kinds, $4 revs, $5 positions, $6 events, $7 moments, $8 actors, $9 links.
const GIVE_POSITIONS: &str = "INSERT INTO positions (record, org, kind, rev, position, id, at, actor, link) \
     SELECT w.record, $1, w.kind, w.rev, w.position, w.id, w.at, w.actor, w.link \
     FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS w (record, kind, rev, position, id, at, actor, link)";

/// $1 org, $2 records, $3 kinds, $4 revs.
const FORGET: &str = "DELETE FROM outbox o USING unnest($2, $3, $4) AS w (record, kind, rev) \
     WHERE o.org = $1 AND o.record = w.record AND o.kind = w.kind AND o.rev = w.rev";

/// $1 org, $2 kind, $3 how many more.
const COUNT_LIVE: &str = "INSERT INTO live_counts (org, kind, live) VALUES ($1, $2, $3) \
     ON CONFLICT (org, kind) DO UPDATE SET live = live_counts.live + excluded.live";

/// $1 org, $2 the last position, $3 its link.
const MOVE_FEED: &str = "UPDATE feeds SET position = $2, link = $3 WHERE org = $1";

/// A sequencer at work. Dropped, it stops.
pub(super) struct Sequencer {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Something that waits for a position.
struct Pending {
    record: String,
    kind: String,
    rev: i64,
    delta: i64,
    at: i64,
    /// What happened; `None` for a record written without an event.
    event: Option<PendingEvent>,
}

struct PendingEvent {
    id: String,
    actor: Option<String>,
    leaf: Leaf,
}

impl Sequencer {
    /// Starts it; it works at once when woken.
    pub(super) fn start(connector: Arc<Connector>, begin: String, wake: Arc<Notify>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let worker = Worker { connector, begin, connection: None, known: HashSet::new(), swept: None };
        Self { stop, task: tokio::spawn(worker.run(wake, stopped)) }
    }

    /// Lets it finish the pending work, and end.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        // A panic has been reported already.
        drop(timeout(2 * LAST_ROUND, self.task).await);
    }
}

struct Worker {
    connector: Arc<Connector>,
    begin: String,
    connection: Option<Connection>,
    /// The orgs that have a row in `feeds` for certain.
    known: HashSet<OrgKey>,
    /// When receipts were last swept; a server that has just begun does it at once.
    swept: Option<Instant>,
}

impl Worker {
    async fn run(mut self, wake: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                // An error: the engine was dropped.
                _ = stopped.changed() => break,
                () = wake.notified() => sleep(GATHERING).await,
                () = sleep(ROUND) => {}
            }
            if let Err(error) = self.round().await {
                tracing::debug!(%error, "no positions were given; they will be");
                self.connection = None;
            }
        }
        // Without an answer the next server to look gives the positions.
        drop(timeout(LAST_ROUND, self.round()).await);
    }

    /// Gives positions to all that waits, org by org.
    async fn round(&mut self) -> Result<(), StoreError> {
        let connection = match self.connection.take().filter(|connection| !connection.is_closed()) {
            Some(connection) => connection,
            None => self.connector.connect().await?,
        };
        let limit = self.connector.statement_timeout();
        let work = timeout(limit * 2, give_all(&connection, &self.begin, &mut self.known)).await;
        match work {
            Ok(Ok(())) => {
                if self.swept.is_none_or(|swept| swept.elapsed() >= SWEEPING) {
                    self.swept = Some(Instant::now());
                    match timeout(limit, receipts::sweep(&connection)).await {
                        Ok(swept) => swept.map_err(|failed| store_error(&failed.error))?,
                        Err(_) => return Err(unavailable("PostgreSQL did not answer in time")),
                    }
                }
                self.connection = Some(connection);
                Ok(())
            }
            Ok(Err(failed)) => Err(store_error(&failed.error)),
            Err(_) => Err(unavailable("PostgreSQL did not answer in time")),
        }
    }
}

async fn give_all(connection: &Connection, begin: &str, known: &mut HashSet<OrgKey>) -> Result<(), Failed> {
    let orgs = run(connection, vec![statement(PENDING_ORGS, Vec::new())]).await?;
    for row in orgs.iter().flat_map(|answer| &answer.rows) {
        let org = OrgKey(row.try_get(0).map_err(unreadable)?);
        if !known.contains(&org) {
            run(connection, vec![statement(MAKE_FEED, vec![Value::Number(org.0), Value::Bytes(&genesis(org).0)])])
                .await?;
            known.insert(org);
        }
        while give(connection, begin, org).await? {}
    }
    Ok(())
}

/// Gives positions to a batch; whether there may be more.
async fn give(connection: &Connection, begin: &str, org: OrgKey) -> Result<bool, Failed> {
    // Two trips: pending events must be read after the row is locked, or rows would be found that another
    // sequencer has just dealt with.
    let held = run(connection, vec![Step::Command(begin), statement(HOLD_FEED, vec![Value::Number(org.0)])]).await?;
    let Some(row) = held.iter().find_map(|answer| answer.rows.first()) else {
        run(connection, vec![Step::Command("ROLLBACK")]).await?;
        return Ok(false);
    };
    let last = head(row).map_err(unreadable)?;
    let waiting = run(connection, vec![statement(PENDING, vec![Value::Number(org.0), Value::Number(BATCH)])]).await?;
    let rows = waiting.iter().flat_map(|answer| &answer.rows);
    let pending = rows.map(Pending::read).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    run(connection, settle(org, last, &pending)).await?;
    Ok(i64::try_from(pending.len()).is_ok_and(|count| count == BATCH))
}

/// What gives a batch its positions, counts it, forgets it, and ends the transaction.
fn settle(org: OrgKey, last: Head, pending: &[Pending]) -> Vec<Step<'_>> {
    let mut steps = Vec::with_capacity(7);
    let happened: Vec<_> =
        pending.iter().filter_map(|pending| pending.event.as_ref().map(|event| (pending, event))).collect();
    if !happened.is_empty() {
        let places = places(last, happened.iter().map(|(_, event)| event.leaf));
        let end = places.last().copied().unwrap_or(last);
        let mut values = names(org, happened.iter().map(|(pending, _)| *pending));
        values.extend([
            Value::Numbers(places.iter().map(|place| number(place.position)).collect()),
            Value::Texts(happened.iter().map(|(_, event)| event.id.as_str()).collect()),
            Value::Numbers(happened.iter().map(|(pending, _)| pending.at).collect()),
            Value::MaybeTexts(happened.iter().map(|(_, event)| event.actor.as_deref()).collect()),
            Value::Hashes(places.iter().map(|place| place.link.0).collect()),
        ]);
        steps.push(statement(GIVE_POSITIONS, values));
        let moved = vec![Value::Number(org.0), Value::count(end.position), Value::Hash(end.link.0)];
        steps.push(statement(MOVE_FEED, moved));
    }
    let mut gains: Vec<(&str, i64)> = Vec::new();
    for Pending { kind, delta, .. } in pending {
        match gains.iter_mut().find(|(known, _)| known == kind) {
            Some((_, gain)) => *gain += delta,
            None => gains.push((kind, *delta)),
        }
    }
    for (kind, gain) in gains.into_iter().filter(|(_, gain)| *gain != 0) {
        steps.push(statement(COUNT_LIVE, vec![Value::Number(org.0), Value::Text(kind), Value::Number(gain)]));
    }
    if !pending.is_empty() {
        steps.push(statement(FORGET, names(org, pending.iter())));
    }
    steps.push(Step::Command("COMMIT"));
    steps
}

/// The places of events that follow `last` in this order.
fn places(last: Head, leaves: impl Iterator<Item = Leaf>) -> Vec<Head> {
    let follow = |head: &mut Head, leaf: Leaf| {
        let position = head.position + 1;
        *head = Head { position, link: link(head.link, position, leaf) };
        Some(*head)
    };
    leaves.scan(last, follow).collect()
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn names<'a>(org: OrgKey, pending: impl Iterator<Item = &'a Pending> + Clone) -> Vec<Value<'a>> {
    vec![
        Value::Number(org.0),
        Value::Texts(pending.clone().map(|pending| pending.record.as_str()).collect()),
        Value::Texts(pending.clone().map(|pending| pending.kind.as_str()).collect()),
        Value::Numbers(pending.map(|pending| pending.rev).collect()),
    ]
}

impl Pending {
    fn read(row: &Row) -> Result<Self, Error> {
        let id: Option<String> = row.try_get(5)?;
        let leaf: Option<StoredLeaf> = row.try_get(7)?;
        let actor = row.try_get(6)?;
        let event = id.zip(leaf).map(|(id, leaf)| PendingEvent { id, actor, leaf: leaf.0 });
        Ok(Self {
            record: row.try_get(0)?,
            kind: row.try_get(1)?,
            rev: row.try_get(2)?,
            delta: row.try_get(3)?,
            at: row.try_get(4)?,
            event,
        })
    }
}

async fn run(connection: &Connection, steps: Vec<Step<'_>>) -> Result<Vec<Answer>, Failed> {
    connection.run(&steps).await
}

fn unreadable(error: Error) -> Failed {
    Failed { error, is_complete: true }
}
