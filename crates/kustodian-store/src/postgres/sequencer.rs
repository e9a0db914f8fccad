//! The positions of events in their org's feed.
//!
//! A commit leaves a row in the outbox for each event, and no position: if it took one, a late commit would
//! leave a hole that readers of the feed have passed already. Every server runs a sequencer; the one that locks an
//! org's row in `feeds` assigns the next positions to the events committed by then, computes the links of the chain, and
//! forgets the outbox rows, in one transaction. Events committed later get a later position.
//!
//! A commit of many new records gives its events positions itself, under the same lock, which it takes last: then there is
//! nothing to leave in the outbox.
//!
//! Where tables are spread over machines, one of them shows a transaction a moment before another does: a reader would go
//! on after position 11 and never meet 10. So positions are given first, and noted as given in the row of the feed.
//! When all of them can be read, a second transaction moves the end of the feed and the counts, which are on one machine.
//! Readers stop at that end. A sequencer that finds the end behind the given positions finishes that first.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kustodian_core::chain::{Leaf, genesis, link};
use kustodian_core::change::Event;
use kustodian_core::feed::Head;
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Row};

use super::connection::{Answer, Connection, Failed, Step, statement};
use super::connector::Connector;
use super::distribution::Watch;
use super::events::head;
use super::failure::{store_error, unavailable};
use super::receipts;
use super::values::{Count, StoredLeaf, StoredLink, Value};

/// How long commits gather before they are given positions together.
const GATHERING: Duration = Duration::from_millis(20);

/// How often to look for what other servers committed and did not get to.
const ROUND: Duration = Duration::from_millis(250);

/// The same where tables are spread: every shard is asked.
const ROUND_OF_SHARDS: Duration = Duration::from_secs(1);

/// How often receipts that do not count any longer are looked for.
const SWEEPING: Duration = Duration::from_secs(60);

/// How many events get their positions in one transaction.
const BATCH: i64 = 2_000;

/// How long the last round may take when the database is closed.
const LAST_ROUND: Duration = Duration::from_secs(2);

const PENDING_ORGS: &str = "SELECT DISTINCT org FROM outbox";

/// $1 org, $2 the link before its first event.
const MAKE_FEED: &str = "INSERT INTO feeds (org, position, link) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING";

/// $1 org → its last position and link, and those that are given already, if nobody else is giving positions.
const HOLD_FEED: &str = "SELECT position, link, given, given_link FROM feeds WHERE org = $1 FOR UPDATE SKIP LOCKED";

/// The same, once nobody else is giving positions.
const WAIT_FOR_FEED: &str = "SELECT position, link, given, given_link FROM feeds WHERE org = $1 FOR UPDATE";

/// $1 org, $2 how many → what waits. By time, but never a revision before the one it follows, whatever the clocks of
/// several servers said.
const PENDING: &str = "SELECT record, kind, rev, delta, at, id, actor, leaf FROM (SELECT record, kind, rev, delta, at, \
     id, actor, leaf, max(at) OVER (PARTITION BY kind, record ORDER BY rev) AS moment FROM outbox WHERE org = $1) \
     pending ORDER BY moment, kind, record, rev LIMIT $2";

/// The same where tables are spread: an event with a position stays in the outbox until the feed ends behind it.
const PENDING_OF_SHARDS: &str = "SELECT record, kind, rev, delta, at, id, actor, leaf FROM (SELECT o.record, o.kind, o.rev, \
     o.delta, o.at, o.id, o.actor, o.leaf, max(o.at) OVER (PARTITION BY o.record, o.kind ORDER BY o.rev) AS moment \
     FROM outbox o WHERE o.org = $1 AND NOT EXISTS (SELECT 1 FROM positions p WHERE p.record = o.record AND p.org = o.org \
     AND p.kind = o.kind AND p.rev = o.rev AND p.id = o.id)) pending ORDER BY moment, kind, record, rev LIMIT $2";

/// $1 org, $2 records, $3 kinds, $4 revs, $5 positions, $6 events, $7 moments, $8 actors, $9 links.
const GIVE_POSITIONS: &str = "INSERT INTO positions (record, org, kind, rev, position, id, at, actor, link) \
     SELECT w.record, $1, w.kind, w.rev, w.position, w.id, w.at, w.actor, w.link \
     FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS w (record, kind, rev, position, id, at, actor, link)";

/// $1 org, $2 records, $3 kinds, $4 revs.
const FORGET: &str = "DELETE FROM outbox o USING unnest($2, $3, $4) AS w (record, kind, rev) \
     WHERE o.org = $1 AND o.record = w.record AND o.kind = w.kind AND o.rev = w.rev";

/// $1 org, $2 the end of its feed, $3 the last position given → how many of them can be read.
const COUNT_GIVEN: &str = "SELECT count(*) FROM positions WHERE org = $1 AND position > $2 AND position <= $3";

/// $1 org, $2 the end of its feed, $3 the last position given → what these events add to the counts, by kind.
const GAINS: &str = "SELECT o.kind, sum(o.delta)::bigint FROM outbox o JOIN positions p ON p.record = o.record \
     AND p.org = o.org AND p.kind = o.kind AND p.rev = o.rev AND p.id = o.id WHERE o.org = $1 AND p.position > $2 \
     AND p.position <= $3 GROUP BY o.kind";

/// $1 org, $2 the end of its feed.
const FORGET_GIVEN: &str = "DELETE FROM outbox o USING positions p WHERE p.record = o.record AND p.org = o.org \
     AND p.kind = o.kind AND p.rev = o.rev AND p.id = o.id AND o.org = $1 AND p.position <= $2";

/// $1 org: rows of records written without an event, which get no position. Who deletes a row counts it.
const FORGET_EVENTLESS: &str = "DELETE FROM outbox WHERE org = $1 AND id IS NULL RETURNING kind, delta";

/// $1 org, $2 the last position given, $3 its link: the end of the feed stays.
const NOTE_GIVEN: &str = "UPDATE feeds SET given = $2, given_link = $3 WHERE org = $1";

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
    pub(super) fn start(connector: Arc<Connector>, spread: Arc<Watch>, wake: Arc<Notify>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let worker =
            Worker { connector, spread, is_spread: false, connection: None, known: HashSet::new(), swept: None };
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
    /// Whether tables are spread.
    spread: Arc<Watch>,
    /// Whether they were in the last round.
    is_spread: bool,
    connection: Option<Connection>,
    /// The orgs that have a row in `feeds` for certain.
    known: HashSet<OrgKey>,
    /// When receipts were last swept; a server that has just begun does it at once.
    swept: Option<Instant>,
}

impl Worker {
    async fn run(mut self, wake: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
        loop {
            let round = if self.is_spread { ROUND_OF_SHARDS } else { ROUND };
            tokio::select! {
                // An error: the engine was dropped.
                _ = stopped.changed() => break,
                () = wake.notified() => sleep(GATHERING).await,
                () = sleep(round) => {}
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
        self.is_spread = self.spread.is_spread_for(&connection).await;
        let giver = Giver {
            connection: &connection,
            begin: self.connector.begin_commit(self.is_spread),
            is_spread: self.is_spread,
        };
        let work = timeout(limit * 2, giver.give_all(&mut self.known)).await;
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

/// Gives positions over a connection.
struct Giver<'a> {
    connection: &'a Connection,
    begin: &'a str,
    is_spread: bool,
}

/// The row of a feed.
struct Feed {
    /// Where readers end.
    end: Head,
    /// Where the given positions end; further than that only if a second transaction is still to come.
    given: Head,
}

impl Giver<'_> {
    async fn give_all(&self, known: &mut HashSet<OrgKey>) -> Result<(), Failed> {
        let orgs = self.run(vec![statement(PENDING_ORGS, Vec::new())]).await?;
        for row in orgs.iter().flat_map(|answer| &answer.rows) {
            let org = OrgKey(row.try_get(0).map_err(unreadable)?);
            if !known.contains(&org) {
                self.run(vec![statement(MAKE_FEED, vec![Value::Number(org.0), Value::Bytes(&genesis(org).0)])]).await?;
                known.insert(org);
            }
            while self.give(org).await? {}
        }
        Ok(())
    }

    /// Gives positions to a batch; whether there may be more.
    async fn give(&self, org: OrgKey) -> Result<bool, Failed> {
        // Two trips: pending events must be read after the row is locked, or rows would be found that another
        // sequencer has just dealt with.
        let Some(feed) = self.hold(org).await? else { return Ok(false) };
        if feed.given.position > feed.end.position {
            return self.finish(org, &feed).await;
        }
        let sql = if self.is_spread { PENDING_OF_SHARDS } else { PENDING };
        let waiting = self.run(vec![statement(sql, vec![Value::Number(org.0), Value::Number(BATCH)])]).await?;
        let rows = waiting.iter().flat_map(|answer| &answer.rows);
        let pending = rows.map(Pending::read).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let is_full = i64::try_from(pending.len()).is_ok_and(|count| count == BATCH);
        if !self.is_spread {
            self.run(settle(org, feed.end, &pending)).await?;
            return Ok(is_full);
        }
        if pending.iter().any(|pending| pending.event.is_some()) {
            self.run(note_given(org, feed.end, &pending)).await?;
        } else {
            self.run(vec![Step::Command("ROLLBACK")]).await?;
            // What a sequencer left that ended before it forgot it.
            self.forget(org, feed.end).await?;
        }
        if pending.iter().any(|pending| pending.event.is_none()) {
            self.count_eventless(org).await?;
        }
        // The second transaction for those given now; or more of them.
        Ok(is_full || pending.iter().any(|pending| pending.event.is_some()))
    }

    /// Begins a transaction and locks the row of a feed; none, and no transaction, if somebody else has it.
    async fn hold(&self, org: OrgKey) -> Result<Option<Feed>, Failed> {
        let held = self.run(vec![Step::Command(self.begin), statement(HOLD_FEED, vec![Value::Number(org.0)])]).await?;
        let Some(row) = held.iter().find_map(|answer| answer.rows.first()) else {
            self.run(vec![Step::Command("ROLLBACK")]).await?;
            return Ok(None);
        };
        Feed::read(row).map(Some).map_err(unreadable)
    }

    /// Ends a transaction that holds a feed whose positions are given: if every machine shows them, the feed ends behind them;
    /// whether it does.
    async fn finish(&self, org: OrgKey, feed: &Feed) -> Result<bool, Failed> {
        let Feed { end, given } = feed;
        let between = || vec![Value::Number(org.0), Value::count(end.position), Value::count(given.position)];
        let answers = self.run(vec![statement(COUNT_GIVEN, between()), statement(GAINS, between())]).await?;
        let mut answers = answers.into_iter();
        let counted = answers.next().and_then(|answer| answer.rows.into_iter().next());
        let count: Count = counted.map_or(Ok(Count(0)), |row| row.try_get(0)).map_err(unreadable)?;
        // A machine that did not hear of the commit hears of it later.
        if count.0 < given.position - end.position {
            self.run(vec![Step::Command("ROLLBACK")]).await?;
            return Ok(false);
        }
        let gains = answers.flat_map(|answer| answer.rows).map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let gains: Vec<(String, i64)> = gains.collect::<Result<_, Error>>().map_err(unreadable)?;
        let mut steps = vec![statement(MOVE_FEED, place(org, *given))];
        steps.extend(count_live(org, gains.iter().map(|(kind, gain)| (kind.as_str(), *gain))));
        steps.push(Step::Command("COMMIT"));
        self.run(steps).await?;
        self.forget(org, *given).await?;
        Ok(true)
    }

    /// Forgets what waited for a position that readers see.
    async fn forget(&self, org: OrgKey, end: Head) -> Result<(), Failed> {
        let values = vec![Value::Number(org.0), Value::count(end.position)];
        self.run(vec![statement(FORGET_GIVEN, values)]).await.map(drop)
    }

    /// Counts the records written without an event, where tables are spread.
    async fn count_eventless(&self, org: OrgKey) -> Result<(), Failed> {
        let forget = statement(FORGET_EVENTLESS, vec![Value::Number(org.0)]);
        let forgotten = self.run(vec![Step::Command(self.begin), forget]).await?;
        let rows = forgotten.iter().flat_map(|answer| &answer.rows);
        let gains = rows.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let gains: Vec<(String, i64)> = gains.collect::<Result<_, Error>>().map_err(unreadable)?;
        let mut steps = count_live(org, gains.iter().map(|(kind, gain)| (kind.as_str(), *gain)));
        steps.push(Step::Command("COMMIT"));
        self.run(steps).await.map(drop)
    }

    async fn run(&self, steps: Vec<Step<'_>>) -> Result<Vec<Answer>, Failed> {
        self.connection.run(&steps).await
    }
}

impl Feed {
    fn read(row: &Row) -> Result<Self, Error> {
        let end = head(row)?;
        let given = row.try_get::<_, Option<Count>>(2)?.zip(row.try_get::<_, Option<StoredLink>>(3)?);
        let given = given.map(|(position, link)| Head { position: position.0, link: link.0 });
        Ok(Self { end, given: given.unwrap_or(end) })
    }
}

/// What locks a feed until the transaction ends, and reads where it ends: for [`place_at_once`].
pub(super) fn wait_for_feed(org: OrgKey) -> Step<'static> {
    statement(WAIT_FOR_FEED, vec![Value::Number(org.0)])
}

/// Where the locked feed ends; nowhere if it has no row yet, or a second transaction is still to come.
pub(super) fn end_of_feed(answer: &Answer) -> Result<Option<Head>, Error> {
    let feed = answer.rows.first().map(Feed::read).transpose()?;
    Ok(feed.filter(|feed| feed.given.position <= feed.end.position).map(|feed| feed.end))
}

/// What gives new events positions behind the end of their feed, moves that, and counts the records.
pub(super) fn place_at_once<'a>(
    org: OrgKey,
    last: Head,
    happened: (&'a [Event], &[Leaf]),
    gains: &[(Kind, i64)],
) -> Vec<Step<'a>> {
    let (events, leaves) = happened;
    let places = places(last, leaves.iter().copied());
    let Some(end) = places.last().copied() else { return Vec::new() };
    let values = vec![
        Value::Number(org.0),
        Value::Ids(events.iter().map(|event| event.record).collect()),
        Value::Texts(events.iter().map(|event| event.kind.as_str()).collect()),
        Value::Numbers(events.iter().map(|event| number(event.rev)).collect()),
        Value::Numbers(places.iter().map(|place| number(place.position)).collect()),
        Value::Ids(events.iter().map(|event| event.id).collect()),
        Value::Numbers(events.iter().map(|event| event.at.as_millis()).collect()),
        Value::MaybeIds(events.iter().map(|event| event.actor).collect()),
        Value::Hashes(places.iter().map(|place| place.link.0).collect()),
    ];
    let mut steps = vec![statement(GIVE_POSITIONS, values), statement(MOVE_FEED, place(org, end))];
    steps.extend(count_live(org, gains.iter().map(|(kind, gain)| (kind.as_str(), *gain))));
    steps
}

/// What gives a batch its positions, counts it, forgets it, and ends the transaction.
fn settle(org: OrgKey, last: Head, pending: &[Pending]) -> Vec<Step<'_>> {
    let (mut steps, end) = places_of(org, last, pending);
    steps.extend(end.map(|end| statement(MOVE_FEED, place(org, end))));
    steps.extend(count_live(org, pending.iter().map(|pending| (pending.kind.as_str(), pending.delta))));
    if !pending.is_empty() {
        steps.push(statement(FORGET, names(org, pending.iter())));
    }
    steps.push(Step::Command("COMMIT"));
    steps
}

/// What gives a batch its positions where tables are spread, and ends the transaction. The feed ends where it did.
fn note_given(org: OrgKey, last: Head, pending: &[Pending]) -> Vec<Step<'_>> {
    let (mut steps, end) = places_of(org, last, pending);
    steps.extend(end.map(|end| statement(NOTE_GIVEN, place(org, end))));
    steps.push(Step::Command("COMMIT"));
    steps
}

/// What gives the events of a batch the positions behind `last`, and where these end; nothing if there are none.
fn places_of(org: OrgKey, last: Head, pending: &[Pending]) -> (Vec<Step<'_>>, Option<Head>) {
    let happened: Vec<_> =
        pending.iter().filter_map(|pending| pending.event.as_ref().map(|event| (pending, event))).collect();
    let places = places(last, happened.iter().map(|(_, event)| event.leaf));
    let Some(end) = places.last().copied() else { return (Vec::new(), None) };
    let mut values = names(org, happened.iter().map(|(pending, _)| *pending));
    values.extend([
        Value::Numbers(places.iter().map(|place| number(place.position)).collect()),
        Value::Texts(happened.iter().map(|(_, event)| event.id.as_str()).collect()),
        Value::Numbers(happened.iter().map(|(pending, _)| pending.at).collect()),
        Value::MaybeTexts(happened.iter().map(|(_, event)| event.actor.as_deref()).collect()),
        Value::Hashes(places.iter().map(|place| place.link.0).collect()),
    ]);
    (vec![statement(GIVE_POSITIONS, values)], Some(end))
}

fn place<'a>(org: OrgKey, head: Head) -> Vec<Value<'a>> {
    vec![Value::Number(org.0), Value::count(head.position), Value::Hash(head.link.0)]
}

/// What adds these gains, by kind, to the counts.
fn count_live<'a>(org: OrgKey, of: impl Iterator<Item = (&'a str, i64)>) -> Vec<Step<'a>> {
    let mut gains: Vec<(&str, i64)> = Vec::new();
    for (kind, delta) in of {
        match gains.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, gain)) => *gain += delta,
            None => gains.push((kind, delta)),
        }
    }
    let counted = gains.into_iter().filter(|(_, gain)| *gain != 0);
    counted
        .map(|(kind, gain)| statement(COUNT_LIVE, vec![Value::Number(org.0), Value::Text(kind), Value::Number(gain)]))
        .collect()
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

fn unreadable(error: Error) -> Failed {
    Failed { error, is_complete: true }
}
