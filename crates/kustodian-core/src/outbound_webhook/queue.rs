//! The pending deliveries of a webhook: a place in the org's feed, and the outcomes of the events around it. Kept in the
//! database, where one server at a time holds it by a lease.
//!
//! Events of one record are delivered in their order: while one of them fails, the later ones wait. Those of other records
//! do not: the position moves past a record whose event fails, and the queue keeps the record with the position of that
//! event. It is then "behind": its events are looked up by their record, however many they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kustomer_api::{ObjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::change::Name;
use crate::kind::Kind;
use crate::store::{Note, OrgKey};

/// How many events of the feed are read after the position.
pub const WINDOW: u32 = 500;

/// The most events that wait to be delivered again by hand.
const MAX_AGAIN: usize = 1_000;

/// The most records that are behind. While there are as many, the position stops at the next event that fails.
const MAX_BEHIND: usize = 1_000;

/// The pending deliveries of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The org.
    pub org: OrgKey,
    /// The id of the webhook.
    pub webhook: ObjectId,
    /// When the webhook was made. The queue is there a moment before its webhook.
    pub made_at: Timestamp,
    /// No event up to this position of the feed is left to deliver, except those of records that are behind.
    pub position: u64,
    /// The end of the feed when there was last nothing to do.
    pub looked_at: u64,
    /// Until when a server works on it. Others leave it alone until then.
    pub leased_until: Timestamp,
    /// Whether an event failed for the last time, asked for by hand or not: nothing is delivered until the webhook is enabled again.
    pub is_halted: bool,
    delivered: BTreeSet<u64>,
    failing: BTreeMap<u64, Failing>,
    /// The records that are behind: from which position on their events are left to deliver.
    behind: HashMap<Name, u64>,
    again: BTreeSet<u64>,
    /// Those of `again` that were not delivered.
    failing_again: BTreeMap<u64, Failing>,
}

/// An event that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Failing {
    tries: u32,
    /// When it is tried again, in milliseconds.
    next: i64,
}

/// An event of the feed that the webhook asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Its position.
    pub position: u64,
    /// Its id.
    pub id: ObjectId,
    /// The record of the event.
    pub record: (Kind, ObjectId),
}

/// An event to deliver now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The event.
    pub event: Pending,
    /// Which attempt it is, from 1.
    pub number: u32,
    /// Whether it is delivered again by hand.
    pub is_again: bool,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// The attempt.
    pub attempt: Attempt,
    /// Whether the receiver took the event.
    pub is_delivered: bool,
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The event is delivered.
    Done,
    /// It is tried again then.
    Again(Timestamp),
    /// It has failed for the last time.
    GivenUp,
}

#[derive(Serialize, Deserialize)]
struct Written {
    made_at: i64,
    position: u64,
    looked_at: u64,
    leased_until: i64,
    is_halted: bool,
    delivered: BTreeSet<u64>,
    failing: BTreeMap<u64, Failing>,
    again: BTreeSet<u64>,
    #[serde(default)]
    failing_again: BTreeMap<u64, Failing>,
    /// The position, when records are behind. `position` is then before the first of their events: a server of an earlier
    /// version, which knows nothing of them, sends some events twice and misses none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passed: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    behind: Vec<(String, String, u64)>,
    /// No two notes are equal: who has read one and replaces it finds out that another did so meanwhile.
    nonce: String,
}

impl Queue {
    /// The prefix of the names of these notes.
    pub const PREFIX: &'static str = "webhook:";

    /// Of a new webhook: it gets the events after this position.
    pub fn new(org: OrgKey, webhook: ObjectId, made_at: Timestamp, position: u64) -> Self {
        Self {
            org,
            webhook,
            made_at,
            position,
            looked_at: position,
            leased_until: Timestamp::from_millis(0),
            is_halted: false,
            delivered: BTreeSet::new(),
            failing: BTreeMap::new(),
            behind: HashMap::new(),
            again: BTreeSet::new(),
            failing_again: BTreeMap::new(),
        }
    }

    /// The name of a webhook's note.
    pub fn name_of(org: OrgKey, webhook: ObjectId) -> String {
        format!("{}{}:{webhook}", Self::PREFIX, org.0)
    }

    /// As it is kept; `nonce` is an id not used before.
    pub fn note(&self, nonce: ObjectId) -> Note {
        let first_behind = self.behind.values().min().map(|from| from.saturating_sub(1));
        let behind = self.behind.iter().map(|((kind, id), from)| (kind.as_str().to_owned(), id.to_string(), *from));
        let written = Written {
            made_at: self.made_at.as_millis(),
            position: first_behind.map_or(self.position, |first| first.min(self.position)),
            passed: first_behind.map(|_| self.position),
            behind: behind.collect(),
            looked_at: self.looked_at,
            leased_until: self.leased_until.as_millis(),
            is_halted: self.is_halted,
            delivered: self.delivered.clone(),
            failing: self.failing.clone(),
            again: self.again.clone(),
            failing_again: self.failing_again.clone(),
            nonce: nonce.to_string(),
        };
        // Such a structure is always written.
        let value = serde_json::to_vec(&written).unwrap_or_default();
        Note { name: Self::name_of(self.org, self.webhook), value }
    }

    /// Out of a note; `None` when it is none of these, or of a later version.
    pub fn read(note: &Note) -> Option<Self> {
        let (org, webhook) = note.name.strip_prefix(Self::PREFIX)?.split_once(':')?;
        let written: Written = serde_json::from_slice(&note.value).ok()?;
        let behind = written.behind.into_iter();
        let behind = behind.map(|(kind, id, from)| Some(((Kind::named(&kind)?, id.parse().ok()?), from)));
        Some(Self {
            org: OrgKey(org.parse().ok()?),
            webhook: webhook.parse().ok()?,
            made_at: Timestamp::from_millis(written.made_at),
            position: written.passed.unwrap_or(written.position),
            looked_at: written.looked_at,
            leased_until: Timestamp::from_millis(written.leased_until),
            is_halted: written.is_halted,
            delivered: written.delivered,
            failing: written.failing,
            behind: behind.collect::<Option<_>>()?,
            again: written.again,
            failing_again: written.failing_again,
        })
    }

    /// Whether there may be something to deliver now, when the feed ends at `head`.
    pub fn is_due(&self, head: u64, now: Timestamp) -> bool {
        let is_failing_due = self.failing.values().any(|failing| failing.next <= now.as_millis());
        let is_more = is_failing_due || self.behind(now).next().is_some() || self.again(now).next().is_some();
        self.leased_until <= now && (head > self.looked_at || is_more)
    }

    /// The records that are behind and wait for nothing: from which position on their events are left to deliver, up to
    /// the queue's own.
    pub fn behind(&self, now: Timestamp) -> impl Iterator<Item = (Name, u64)> {
        self.behind.iter().map(|(record, from)| (*record, *from)).filter(move |(_, from)| !self.is_waiting(*from, now))
    }

    /// What to deliver now of events of one record that is behind, in their order; none while it waits.
    pub fn plan_behind(&self, events: &[Pending], now: Timestamp) -> Vec<Attempt> {
        match events.first() {
            Some(first) if !self.is_waiting(first.position, now) => {
                events.iter().map(|event| self.attempt(*event)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes note that a record that is behind has no event left to deliver before this position: it is behind no longer
    /// when that is after the queue's own.
    pub fn skip_to(&mut self, record: Name, from: u64) {
        if from > self.position {
            self.behind.remove(&record);
        } else if let Some(left) = self.behind.get_mut(&record) {
            *left = from.max(*left);
        }
    }

    fn is_waiting(&self, position: u64, now: Timestamp) -> bool {
        self.failing.get(&position).is_some_and(|failing| failing.next > now.as_millis())
    }

    fn attempt(&self, event: Pending) -> Attempt {
        let number = self.failing.get(&event.position).map_or(0, |failing| failing.tries) + 1;
        Attempt { event, number, is_again: false }
    }

    /// The events that were asked for by hand and are to be delivered now: their positions, and which attempt it is.
    pub fn again(&self, now: Timestamp) -> impl Iterator<Item = (u64, u32)> {
        self.again.iter().filter_map(move |position| match self.failing_again.get(position) {
            None => Some((*position, 1)),
            Some(failing) => (failing.next <= now.as_millis()).then_some((*position, failing.tries + 1)),
        })
    }

    /// What to deliver now of the events in the window, in groups: those of a group one after the other, as long as each is
    /// delivered. Those of a record that is behind wait for its earlier ones.
    pub fn plan(&self, window: &[Pending], now: Timestamp) -> Vec<Vec<Attempt>> {
        let mut groups: Vec<Vec<Attempt>> = Vec::new();
        let mut places: HashMap<Name, Option<usize>> = self.behind.keys().map(|record| (*record, None)).collect();
        for event in window.iter().copied().filter(|event| !self.is_settled(event.position)) {
            let is_waiting = self.is_waiting(event.position, now);
            let place = places.entry(event.record).or_insert_with(|| {
                (!is_waiting).then(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                })
            });
            if is_waiting {
                // The later events of this record wait with it.
                *place = None;
            }
            if let Some(group) = place.and_then(|place| groups.get_mut(place)) {
                group.push(self.attempt(event));
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    fn is_settled(&self, position: u64) -> bool {
        position <= self.position || self.delivered.contains(&position)
    }

    /// Takes note of what became of an attempt. `delays` are the pauses after each failure; after one more the webhook is
    /// halted.
    pub fn settle(&mut self, arrived: Arrived, now: Timestamp, delays: &[i64]) -> Settled {
        let Arrived { attempt: Attempt { event, number, is_again }, is_delivered } = arrived;
        if is_delivered && is_again {
            self.forget(event.position);
            return Settled::Done;
        }
        let behind = if is_again { None } else { self.behind.get_mut(&event.record) };
        if is_delivered {
            self.failing.remove(&event.position);
            match behind {
                Some(from) => *from = event.position + 1,
                None => drop(self.delivered.insert(event.position)),
            }
            return Settled::Done;
        }
        if let Some(from) = behind {
            *from = event.position;
        }
        let pause = usize::try_from(number).ok().and_then(|number| delays.get(number.checked_sub(1)?));
        let next = now.as_millis().saturating_add(pause.copied().unwrap_or_default());
        let failing = Failing { tries: number, next };
        if is_again {
            self.failing_again.insert(event.position, failing);
        } else {
            self.failing.insert(event.position, failing);
        }
        match pause {
            Some(_) => Settled::Again(Timestamp::from_millis(next)),
            None => {
                // A delivery that was asked for by hand has to be asked for again: else nobody could enable the webhook
                // without it.
                if is_again {
                    self.forget(event.position);
                }
                self.is_halted = true;
                Settled::GivenUp
            }
        }
    }

    /// Moves on over delivered events, and past records whose events fail: `window` has the events up to `seen` that the
    /// webhook subscribes to.
    pub fn advance(&mut self, window: &[Pending], seen: u64) {
        let mut position = seen;
        for event in window.iter().filter(|event| event.position > self.position) {
            if self.delivered.contains(&event.position) || self.behind.contains_key(&event.record) {
                continue;
            }
            if !self.failing.contains_key(&event.position) || self.behind.len() >= MAX_BEHIND {
                position = event.position - 1;
                break;
            }
            self.behind.insert(event.record, event.position);
        }
        self.position = position.max(self.position);
        self.delivered = self.delivered.split_off(&(self.position + 1));
        let behind: BTreeSet<u64> = self.behind.values().copied().collect();
        self.failing.retain(|position, _| *position > self.position || behind.contains(position));
    }

    /// Continues after it was halted: what failed is tried again at once.
    pub fn resume(&mut self, now: Timestamp) {
        self.is_halted = false;
        for failing in self.failing.values_mut() {
            *failing = Failing { tries: 0, next: now.as_millis() };
        }
        self.failing_again.clear();
    }

    /// Delivers the events at these positions once more; how many there is no room for.
    pub fn redeliver(&mut self, positions: impl IntoIterator<Item = u64>) -> usize {
        let mut refused = 0;
        for position in positions {
            self.failing_again.remove(&position);
            match self.again.len() < MAX_AGAIN {
                true => drop(self.again.insert(position)),
                false => refused += 1,
            }
        }
        refused
    }

    /// Delivers no event at this position by hand any longer.
    pub fn forget(&mut self, position: u64) {
        self.again.remove(&position);
        self.failing_again.remove(&position);
    }

    /// Delivers every event after a position that was delivered before.
    pub fn rewind(&mut self, position: u64) {
        if position < self.position {
            self.position = position;
            self.delivered.clear();
            // The others are found in the feed.
            self.behind.retain(|_, from| *from <= position);
            self.looked_at = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: [i64; 2] = [60_000, 120_000];

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes([number; 12])
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn numbered(number: u64) -> ObjectId {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        ObjectId::from_bytes(bytes)
    }

    fn event(position: u64, record: u8) -> Pending {
        Pending { position, id: id(100), record: (Kind::Customer, id(record)) }
    }

    fn positions(groups: &[Vec<Attempt>]) -> Vec<Vec<u64>> {
        groups.iter().map(|group| group.iter().map(|attempt| attempt.event.position).collect()).collect()
    }

    fn arrive(queue: &mut Queue, attempt: Attempt, is_delivered: bool, now: i64) -> Settled {
        queue.settle(Arrived { attempt, is_delivered }, at(now), &DELAYS)
    }

    #[test]
    fn events_of_a_record_wait_for_the_one_that_fails_and_those_of_others_do_not() {
        let window = [event(11, 1), event(12, 2), event(13, 1), event(15, 2)];
        let mut queue = Queue::new(OrgKey(1), id(9), at(0), 10);
        let plan = queue.plan(&window, at(0));
        assert_eq!(positions(&plan), [[11, 13], [12, 15]]);
        assert_eq!(arrive(&mut queue, plan[0][0], false, 0), Settled::Again(at(60_000)));
        arrive(&mut queue, plan[1][0], true, 0);
        arrive(&mut queue, plan[1][1], true, 0);
        queue.advance(&window, 20);
        assert_eq!(queue.position, 20);
        let record = (Kind::Customer, id(1));
        assert!(!queue.is_due(0, at(59_999)) && queue.is_due(0, at(60_000)));
        assert_eq!(queue.behind(at(59_999)).count(), 0);
        // Kept and read, nothing is different.
        assert_eq!(Queue::read(&queue.note(id(1))).as_ref(), Some(&queue));
        assert_eq!(queue.behind(at(60_000)).collect::<Vec<_>>(), [(record, 11)]);
        // Later events of the record wait as well, and those of others do not.
        let later = [event(21, 1), event(22, 2)];
        assert_eq!(positions(&queue.plan(&later, at(60_000))), [[22]]);
        let left = [event(11, 1), event(13, 1)];
        assert!(queue.plan_behind(&left, at(59_999)).is_empty());
        let plan = queue.plan_behind(&left, at(60_000));
        assert_eq!(plan.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [2, 1]);
        arrive(&mut queue, plan[0], true, 60_000);
        assert_eq!(arrive(&mut queue, plan[1], false, 60_000), Settled::Again(at(120_000)));
        queue.advance(&[], 20);
        assert_eq!(queue.behind(at(120_000)).collect::<Vec<_>>(), [(record, 13)]);
        let plan = queue.plan_behind(&left[1..], at(120_000));
        assert_eq!(plan[0].number, 2);
        arrive(&mut queue, plan[0], true, 120_000);
        assert_eq!(queue.behind(at(120_000)).collect::<Vec<_>>(), [(record, 14)]);
        queue.skip_to(record, 21);
        assert_eq!(positions(&queue.plan(&later, at(120_000))), [[21], [22]]);
        assert_eq!((queue.position, queue.delivered.len(), queue.failing.len()), (20, 0, 0));
    }

    #[test]
    fn the_position_stops_at_a_failing_event_only_when_a_thousand_records_are_behind() {
        let event = |position: u64| Pending { record: (Kind::Customer, numbered(position)), ..event(position, 1) };
        let mut queue = Queue::new(OrgKey(1), id(9), at(0), 0);
        let window: Vec<Pending> = (1..=1_002).map(event).collect();
        for attempt in queue.plan(&window, at(0)).into_iter().flatten() {
            arrive(&mut queue, attempt, attempt.event.position == 1_002, 0);
        }
        queue.advance(&window, 1_002);
        assert_eq!((queue.position, queue.behind(at(60_000)).count()), (1_000, 1_000));
        assert!(queue.note(id(1)).value.len() < 128 * 1024);
        // As soon as one of them is not behind any longer, it moves on.
        queue.skip_to(event(1).record, 1_001);
        queue.advance(&window[1_000..], 1_002);
        assert_eq!((queue.position, queue.behind(at(60_000)).count()), (1_002, 1_000));
    }

    #[test]
    fn a_rewound_queue_sends_each_event_behind_once_and_an_earlier_version_misses_nothing() {
        let window = [event(11, 1), event(12, 2), event(13, 1)];
        let mut queue = Queue::new(OrgKey(1), id(9), at(0), 10);
        for attempt in queue.plan(&window, at(0)).into_iter().flatten() {
            arrive(&mut queue, attempt, false, 0);
        }
        queue.advance(&window, 20);
        let written: serde_json::Value = serde_json::from_slice(&queue.note(id(1)).value).unwrap();
        assert_eq!((&written["position"], &written["passed"]), (&10.into(), &20.into()));
        queue.rewind(11);
        assert_eq!(queue.behind(at(60_000)).collect::<Vec<_>>(), [((Kind::Customer, id(1)), 11)]);
        assert_eq!(positions(&queue.plan(&window, at(60_000))), [[12]]);
        assert!(queue.plan(&window, at(0)).is_empty());
    }

    #[test]
    fn an_event_that_fails_for_too_long_halts_the_webhook_until_it_is_resumed() {
        let window = [event(1, 1)];
        let mut queue = Queue::new(OrgKey(1), id(9), at(0), 0);
        let mut now = 0;
        for settled in [Settled::Again(at(60_000)), Settled::Again(at(180_000)), Settled::GivenUp] {
            let plan = queue.plan(&window, at(now));
            assert_eq!(arrive(&mut queue, plan[0][0], false, now), settled);
            if let Settled::Again(next) = settled {
                now = next.as_millis();
            }
        }
        assert!(queue.is_halted);
        queue.resume(at(now));
        assert!(!queue.is_halted && queue.is_due(1, at(now)));
        assert_eq!(queue.plan(&window, at(now))[0][0].number, 1);
    }

    #[test]
    fn an_event_requested_by_hand_is_tried_as_often_as_a_first_delivery_and_not_after_a_halt() {
        let mut queue = Queue::new(OrgKey(1), id(9), at(0), 10);
        assert!(!queue.is_due(10, at(0)));
        assert_eq!(queue.redeliver([3, 4]), 0);
        assert!(queue.is_due(10, at(0)));
        let again = |position, number| Attempt { event: event(position, 1), number, is_again: true };
        assert_eq!(arrive(&mut queue, again(3, 1), true, 0), Settled::Done);
        assert_eq!(arrive(&mut queue, again(4, 1), false, 0), Settled::Again(at(60_000)));
        queue = Queue::read(&queue.note(id(1))).unwrap();
        assert!(!queue.is_due(10, at(59_999)) && queue.is_due(10, at(60_000)));
        assert_eq!(queue.again(at(60_000)).collect::<Vec<_>>(), [(4, 2)]);
        assert_eq!(arrive(&mut queue, again(4, 2), false, 60_000), Settled::Again(at(180_000)));
        // Asked for once more, it is tried at once.
        queue.redeliver([4]);
        assert_eq!(queue.again(at(60_000)).collect::<Vec<_>>(), [(4, 1)]);
        assert_eq!(arrive(&mut queue, again(4, 3), false, 180_000), Settled::GivenUp);
        assert!(!queue.is_due(10, at(i64::MAX)) && queue.is_halted);
        queue.resume(at(180_000));
        assert!(!queue.is_due(10, at(i64::MAX)) && !queue.is_halted);
        queue.rewind(2);
        assert_eq!(positions(&queue.plan(&[event(3, 1), event(4, 1)], at(0))), [[3, 4]]);
        queue.rewind(5);
        assert_eq!(queue.position, 2);
        assert_eq!(queue.redeliver(0..2_000), 1_000);
    }
}
