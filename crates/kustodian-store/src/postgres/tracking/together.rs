//! A transaction that stores sightings of several visitors of one org. It locks the visitors first, in the order of their
//! ids, decides on the rows (`kustodian_core::tracking::see`), and writes with a second trip.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustodian_core::tracking::{Outcome, Seen, Sighting, Visit, Visitor, see};
use kustomer_api::{ObjectId, Timestamp};
use tokio_postgres::{Error, Row};

use super::super::connection::{Connection, Step, statement};
use super::super::sql::statements;
use super::super::values::{Count, Id, Moment, Value};

/// $1 org, $2 ids, $3 when. So that there is a row to lock.
const INTRODUCE: &str = "INSERT INTO visitors (org, id, epoch, unidentified, seen_at) \
     SELECT $1, id, 0, 0, $3 FROM unnest($2) AS sent (id) ON CONFLICT (org, id) DO NOTHING";

/// $1 org, $2 ids.
const LOCK: &str = "SELECT id FROM visitors WHERE org = $1 AND id = ANY($2) ORDER BY id FOR UPDATE";

/// $1 org, $2 ids. Behind the lock: it sees what those it waited for have committed.
const FIND: &str = "SELECT v.id, v.customer, v.epoch, v.unidentified, s.id, s.name, s.last_at FROM visitors v \
     LEFT JOIN visits s ON s.org = v.org AND s.id = v.session WHERE v.org = $1 AND v.id = ANY($2)";

/// $1 org, $2 visitor, $3 customer.
const ATTACH: &str = "UPDATE visits SET customer = $3 WHERE org = $1 AND visitor = $2 AND customer IS NULL";

/// One that was sent twice with the same idempotency key has the same id, and does not count twice. $1 org; events: $2
/// sessions, $3 ids, $4 when, $5 names, $6 details; sessions: $7 ids, $8 visitors, $9 customers, $10 names, $11 first and
/// $12 last moments.
const KEEP: &str = "WITH kept AS (INSERT INTO tracked (org, visit, id, at, name, details) \
     SELECT $1, visit, id, at, name, details FROM unnest($2, $3, $4, $5, $6) AS sent (visit, id, at, name, details) \
     ON CONFLICT (org, visit, id) DO NOTHING RETURNING visit) \
     INSERT INTO visits (org, id, visitor, customer, name, first_at, last_at, count) \
     SELECT $1, id, visitor, customer, name, first_at, last_at, (SELECT count(*) FROM kept WHERE kept.visit = sent.id) \
     FROM unnest($7, $8, $9, $10, $11, $12) AS sent (id, visitor, customer, name, first_at, last_at) \
     ON CONFLICT (org, id) DO UPDATE SET last_at = greatest(visits.last_at, excluded.last_at), \
     count = visits.count + excluded.count, customer = coalesce(visits.customer, excluded.customer)";

/// $1 org, $2 ids, $3 customers, $4 epochs, $5 how many events nobody was known for, $6 sessions, $7 when.
const KEEP_VISITORS: &str = "INSERT INTO visitors (org, id, customer, epoch, unidentified, session, seen_at) \
     SELECT $1, id, customer, epoch, unidentified, session, seen_at \
     FROM unnest($2, $3, $4, $5, $6, $7) AS sent (id, customer, epoch, unidentified, session, seen_at) \
     ON CONFLICT (org, id) DO UPDATE SET customer = excluded.customer, epoch = excluded.epoch, \
     unidentified = excluded.unidentified, session = excluded.session, \
     seen_at = greatest(visitors.seen_at, excluded.seen_at)";

/// Keeps sightings of one org, in their order; what came of each, `None` where the customer is not there.
pub(super) async fn keep(
    connection: &Connection,
    begin: &str,
    org: OrgKey,
    sightings: &[Sighting],
) -> Result<Vec<Option<Seen>>, Error> {
    let visitors: BTreeSet<ObjectId> = sightings.iter().map(|sighting| sighting.visitor).collect();
    let customers: BTreeSet<ObjectId> = sightings.iter().filter_map(|sighting| sighting.customer).collect();
    let ids: Vec<ObjectId> = visitors.into_iter().collect();
    let at = sightings.iter().map(|sighting| sighting.at).max().unwrap_or(Timestamp::from_millis(0));
    let of_ids = || vec![Value::Number(org.0), Value::Ids(ids.clone())];
    let mut steps = vec![
        Step::Command(begin),
        statement(INTRODUCE, vec![Value::Number(org.0), Value::Ids(ids.clone()), Value::Number(at.as_millis())]),
        statement(LOCK, of_ids()),
    ];
    // Held until the end: an erasure of a customer is before this or after it.
    let share = statements(Kind::Customer).share;
    steps.extend(customers.iter().map(|id| statement(share, vec![Value::Number(org.0), Value::Id(*id)])));
    steps.push(statement(FIND, of_ids()));
    let answers = connection.run(&steps).await.map_err(|failed| failed.error)?;
    let mut answers = answers.into_iter().skip(3);
    let mut alive: HashSet<ObjectId> = HashSet::new();
    for customer in &customers {
        let row = answers.next().and_then(|answer| answer.rows.into_iter().next());
        if let Some(row) = row
            && !super::super::records::stored(&row)?.deleted
        {
            alive.insert(*customer);
        }
    }
    let mut kept = Kept::default();
    for row in answers.next().iter().flat_map(|answer| &answer.rows) {
        let (id, visitor) = visitor(row)?;
        kept.visitors.insert(id, visitor);
    }
    let seen = sightings.iter().map(|sighting| {
        let is_alive = sighting.customer.is_none_or(|customer| alive.contains(&customer));
        is_alive.then(|| kept.add(sighting))
    });
    let seen: Vec<Option<Seen>> = seen.collect();
    let mut steps = kept.steps(org);
    steps.push(Step::Command("COMMIT"));
    connection.run(&steps).await.map_err(|failed| failed.error)?;
    Ok(seen)
}

fn visitor(row: &Row) -> Result<(ObjectId, Visitor), Error> {
    let session = match row.try_get::<_, Option<Id>>(4)? {
        None => None,
        Some(id) => Some(Visit { id: id.0, name: row.try_get(5)?, last_at: row.try_get::<_, Moment>(6)?.0 }),
    };
    let visitor = Visitor {
        customer: row.try_get::<_, Option<Id>>(1)?.map(|id| id.0),
        epoch: row.try_get(2)?,
        unidentified: row.try_get::<_, Count>(3)?.0,
        session,
    };
    Ok((row.try_get::<_, Id>(0)?.0, visitor))
}

/// The writes of a transaction.
#[derive(Default)]
struct Kept<'a> {
    visitors: BTreeMap<ObjectId, Visitor>,
    /// Those whose rows have to be written, with when they were seen.
    changed: BTreeMap<ObjectId, Timestamp>,
    attached: Vec<(ObjectId, ObjectId)>,
    events: Vec<(ObjectId, &'a Sighting)>,
    visits: BTreeMap<ObjectId, Session>,
}

/// A session that events are added to.
struct Session {
    visitor: ObjectId,
    customer: Option<ObjectId>,
    name: String,
    first_at: Timestamp,
    last_at: Timestamp,
}

impl<'a> Kept<'a> {
    fn add(&mut self, sighting: &'a Sighting) -> Seen {
        let outcome = see(self.visitors.get(&sighting.visitor), sighting);
        let seen = outcome.seen();
        let Outcome { visitor, is_changed, attached, kept_in, .. } = outcome;
        if let Some(customer) = attached {
            self.attached.push((sighting.visitor, customer));
            for session in self.visits.values_mut().filter(|session| session.visitor == sighting.visitor) {
                session.customer = session.customer.or(Some(customer));
            }
        }
        if let Some(Visit { id, name, last_at }) = kept_in {
            let (at, customer) = (sighting.at, visitor.customer);
            let session = self.visits.entry(id).or_insert_with(|| Session {
                visitor: sighting.visitor,
                customer,
                name,
                first_at: at,
                last_at,
            });
            session.last_at = session.last_at.max(last_at);
            self.events.push((id, sighting));
        }
        if is_changed {
            self.changed.insert(sighting.visitor, sighting.at);
        }
        self.visitors.insert(sighting.visitor, visitor);
        seen
    }

    fn steps(&self, org: OrgKey) -> Vec<Step<'_>> {
        let org = || Value::Number(org.0);
        let mut steps: Vec<Step<'_>> = Vec::new();
        for (visitor, customer) in &self.attached {
            steps.push(statement(ATTACH, vec![org(), Value::Id(*visitor), Value::Id(*customer)]));
        }
        if !self.visits.is_empty() {
            let events =
                || self.events.iter().filter_map(|(id, sighting)| Some((*id, sighting.at, sighting.event.as_ref()?)));
            let visits = || self.visits.values();
            steps.push(statement(
                KEEP,
                vec![
                    org(),
                    Value::Ids(events().map(|(visit, ..)| visit).collect()),
                    Value::Ids(events().map(|(_, _, event)| event.id).collect()),
                    Value::Numbers(events().map(|(_, at, _)| at.as_millis()).collect()),
                    Value::Texts(events().map(|(_, _, event)| event.name.as_str()).collect()),
                    Value::Texts(events().map(|(_, _, event)| event.details.as_str()).collect()),
                    Value::Ids(self.visits.keys().copied().collect()),
                    Value::Ids(visits().map(|session| session.visitor).collect()),
                    Value::MaybeIds(visits().map(|session| session.customer).collect()),
                    Value::Texts(visits().map(|session| session.name.as_str()).collect()),
                    Value::Numbers(visits().map(|session| session.first_at.as_millis()).collect()),
                    Value::Numbers(visits().map(|session| session.last_at.as_millis()).collect()),
                ],
            ));
        }
        if !self.changed.is_empty() {
            let changed = || self.changed.keys().filter_map(|id| self.visitors.get(id));
            let unidentified = |visitor: &Visitor| i64::try_from(visitor.unidentified).unwrap_or(i64::MAX);
            let session = |visitor: &Visitor| visitor.session.as_ref().map(|session| session.id);
            steps.push(statement(
                KEEP_VISITORS,
                vec![
                    org(),
                    Value::Ids(self.changed.keys().copied().collect()),
                    Value::MaybeIds(changed().map(|visitor| visitor.customer).collect()),
                    Value::Numbers(changed().map(|visitor| visitor.epoch).collect()),
                    Value::Numbers(changed().map(unidentified).collect()),
                    Value::MaybeIds(changed().map(session).collect()),
                    Value::Numbers(self.changed.values().map(|at| at.as_millis()).collect()),
                ],
            ));
        }
        steps
    }
}
