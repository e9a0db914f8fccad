//! Turns for work that many want done at the same time: so many at once. Of those who wait the org is served next that
//! has used the least time, and within an org one credential after the other. An org with a thousand searches delays
//! another's by one of them, and so do many orgs whose searches take long.

mod queue;
mod searches;
mod usage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kustodian_core::search_store::SearchError;
use kustodian_core::share::Shares;
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::ObjectId;
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::queue::Queue;
pub(crate) use self::searches::{SearchLanes, SearchTurns};
use self::usage::Usage;

/// Who wants a turn: an org, and of its credentials this one where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) org: OrgKey,
    pub(crate) key: Option<ObjectId>,
}

/// Why there is no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// Too many of the same org or credential wait already.
    TooMany,
    /// It did not come in time.
    Late,
    /// No more are given.
    Closed,
}

impl From<NoTurn> for StoreError {
    fn from(reason: NoTurn) -> Self {
        let reason = match reason {
            NoTurn::TooMany => "too many reads of the same org wait",
            NoTurn::Late => "too much is read at the same time",
            NoTurn::Closed => "the database is closed",
        };
        Self::Unavailable { reason: reason.to_owned(), retry_after: RETRY_AFTER, is_full: false }
    }
}

impl From<NoTurn> for SearchError {
    fn from(reason: NoTurn) -> Self {
        match reason {
            NoTurn::TooMany => Self::TooMany,
            reason => Self::Store(reason.into()),
        }
    }
}

/// When a caller may try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How many turns there are at once, and how many may wait for one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// At once.
    pub(crate) turns: usize,
    /// At once for one org, where others could want the rest.
    pub(crate) turns_of_org: usize,
    /// Waiting, of all orgs together; they share it.
    pub(crate) waiting: usize,
    /// Waiting, of one credential.
    pub(crate) waiting_of_key: usize,
    /// For how long one waits.
    pub(crate) patience: Duration,
}

impl Limits {
    /// For lists: none takes long, and the server bounds how many ask.
    pub(crate) fn of_lists(turns: usize, patience: Duration) -> Self {
        let turns = turns.max(1);
        Self { turns, turns_of_org: turns, waiting: usize::MAX, waiting_of_key: usize::MAX, patience }
    }
}

/// The part of its patience for which the time an org has used is held against it: others pass it for that long each.
const HELD_AGAINST: u32 = 8;

/// The minimum that a turn counts for, so that orgs with short ones are served one after the other.
const LEAST_TURN: Duration = Duration::from_micros(1);

/// A lane.
pub(crate) struct Lane {
    state: Arc<Mutex<State>>,
    patience: Duration,
}

struct State {
    limits: Limits,
    is_closed: bool,
    /// Turns that are taken, by org.
    running: Vec<(OrgKey, usize)>,
    shares: Shares<OrgKey>,
    usage: Usage,
    queue: Queue<oneshot::Sender<Turn>>,
    tickets: u64,
}

/// A turn, until dropped.
pub(crate) struct Turn {
    /// None once it is passed on.
    lane: Option<Arc<Mutex<State>>>,
    org: OrgKey,
    since: Instant,
}

impl Turn {
    fn begin(lane: &Arc<Mutex<State>>, org: OrgKey) -> Self {
        Self { lane: Some(Arc::clone(lane)), org, since: Instant::now() }
    }
}

impl Lane {
    pub(crate) fn new(limits: Limits) -> Self {
        let state = State {
            limits,
            is_closed: false,
            running: Vec::new(),
            shares: Shares::new(limits.waiting),
            usage: Usage::new(limits.patience / HELD_AGAINST),
            queue: Queue::default(),
            tickets: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), patience: limits.patience }
    }

    /// Waits for a turn. A task that stops waiting leaves the queue.
    pub(crate) async fn turn(&self, who: Who) -> Result<Turn, NoTurn> {
        let (ticket, turn) = match self.ask(who)? {
            Asked::Now(turn) => return Ok(turn),
            Asked::Later(ticket, turn) => (ticket, turn),
        };
        let _place = Place { lane: self, who, ticket };
        match timeout(self.patience, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(NoTurn::Closed),
            Err(_) => Err(NoTurn::Late),
        }
    }

    /// Gives no more turns; those who wait get an error.
    pub(crate) fn close(&self) {
        let mut state = locked(&self.state);
        state.is_closed = true;
        state.queue = Queue::default();
    }

    fn ask(&self, who: Who) -> Result<Asked, NoTurn> {
        let mut state = locked(&self.state);
        if state.is_closed {
            return Err(NoTurn::Closed);
        }
        if state.has_turn(who.org) {
            state.begin(who.org);
            return Ok(Asked::Now(Turn::begin(&self.state, who.org)));
        }
        if state.queue.waiting_of(who) >= state.limits.waiting_of_key || !state.shares.take(who.org) {
            return Err(NoTurn::TooMany);
        }
        state.tickets += 1;
        let (ticket, (sender, receiver)) = (state.tickets, oneshot::channel());
        state.queue.push(who, ticket, sender);
        Ok(Asked::Later(ticket, receiver))
    }
}

enum Asked {
    Now(Turn),
    Later(u64, oneshot::Receiver<Turn>),
}

impl State {
    fn running_of(&self, org: OrgKey) -> usize {
        self.running.iter().find(|(of, _)| *of == org).map_or(0, |(_, running)| *running)
    }

    fn has_turn(&self, org: OrgKey) -> bool {
        let running: usize = self.running.iter().map(|(_, running)| running).sum();
        running < self.limits.turns && self.running_of(org) < self.limits.turns_of_org
    }

    fn begin(&mut self, org: OrgKey) {
        self.usage.serve(org);
        match self.running.iter_mut().find(|(of, _)| *of == org) {
            Some((_, running)) => *running += 1,
            None => self.running.push((org, 1)),
        }
    }

    fn end(&mut self, org: OrgKey) {
        if let Some((_, running)) = self.running.iter_mut().find(|(of, _)| *of == org) {
            *running -= 1;
        }
        self.running.retain(|(_, running)| *running > 0);
    }

    /// The next of those who wait that may begin.
    fn next(&mut self) -> Option<(OrgKey, oneshot::Sender<Turn>)> {
        let Self { queue, running, limits, usage, .. } = self;
        let taken: usize = running.iter().map(|(_, running)| running).sum();
        if taken >= limits.turns {
            return None;
        }
        let is_full = |org: OrgKey| running.iter().any(|(of, count)| *of == org && *count >= limits.turns_of_org);
        let next = queue.pop(|org| (!is_full(org)).then(|| usage.of(org)))?;
        self.begin(next.0);
        Some(next)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        {
            let mut state = locked(&lane);
            state.end(self.org);
            state.usage.add(self.org, self.since.elapsed().max(LEAST_TURN));
        }
        loop {
            let Some((org, waiting)) = locked(&lane).next() else { return };
            match waiting.send(Turn::begin(&lane, org)) {
                Ok(()) => {}
                // Nobody waits for it any longer.
                Err(mut turn) => {
                    turn.lane = None;
                    locked(&lane).end(org);
                }
            }
        }
    }
}

/// A place in the queue, until dropped.
struct Place<'l> {
    lane: &'l Lane,
    who: Who,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.lane.state);
        state.shares.give_back(self.who.org);
        let left = state.queue.remove(self.who, self.ticket);
        drop(state);
        drop(left);
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn lane(turns: usize, turns_of_org: usize) -> Lane {
        Lane::new(Limits { turns, turns_of_org, waiting: 64, waiting_of_key: 8, patience: PATIENCE })
    }

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn who(org: i64, key: u8) -> Who {
        Who { org: OrgKey(org), key: Some(ObjectId::from_bytes([key; 12])) }
    }

    #[tokio::test]
    async fn another_org_and_another_key_wait_for_one_turn_of_those_who_crowd_the_lane() {
        let lane = lane(1, 1);
        let running = lane.turn(who(1, 1)).await.unwrap();
        let order = order(&lane, running, &[(1, 1), (1, 1), (1, 1), (1, 2), (2, 3)]);
        let orgs: Vec<i64> = order.iter().map(|(org, _)| *org).collect();
        assert_eq!(orgs, [2, 1, 1, 1, 1]);
        // The second of org 1 is the other key's: it was fourth, and one before it is done.
        assert_eq!(order[2].1, 2);
    }

    #[tokio::test]
    async fn an_org_that_has_used_much_time_waits_for_those_that_have_used_little() {
        let lane = lane(1, 1);
        let running = lane.turn(who(1, 1)).await.unwrap();
        locked(&lane.state).usage.add(OrgKey(1), PATIENCE);
        let order = order(&lane, running, &[(1, 1), (1, 1), (2, 2), (2, 2), (3, 3), (3, 3)]);
        let orgs: Vec<i64> = order.iter().map(|(org, _)| *org).collect();
        // The others' turns take as long as they take.
        assert_eq!(orgs[4..], [1, 1], "{orgs:?}");
    }

    /// In which order those of a crowd get their turns, each with its place among those who still wait.
    fn order(lane: &Lane, mut running: Turn, crowd: &[(i64, u8)]) -> Vec<(i64, usize)> {
        let mut waiting: Vec<_> = crowd.iter().map(|(org, key)| Box::pin(lane.turn(who(*org, *key)))).collect();
        for turn in &mut waiting {
            assert!(poll(turn.as_mut()).is_pending());
        }
        let mut order = Vec::new();
        while !waiting.is_empty() {
            drop(running);
            let mut came = None;
            for (at, turn) in waiting.iter_mut().enumerate() {
                if let Poll::Ready(turn) = poll(turn.as_mut()) {
                    came = Some((at, turn.unwrap()));
                    break;
                }
            }
            let (at, turn) = came.unwrap();
            order.push((turn.org.0, at));
            drop(waiting.remove(at));
            running = turn;
        }
        order
    }

    #[tokio::test]
    async fn a_long_turn_is_left_for_another_org() {
        let lane = lane(2, 1);
        let _first = lane.turn(who(1, 1)).await.unwrap();
        let mut second = pin!(lane.turn(who(1, 1)));
        assert!(poll(second.as_mut()).is_pending());
        assert!(lane.turn(who(2, 2)).await.is_ok());
    }

    #[tokio::test]
    async fn too_many_of_a_key_are_refused_at_once_and_one_that_leaves_makes_room() {
        let lane = lane(1, 1);
        let running = lane.turn(who(1, 1)).await.unwrap();
        let mut waiting: Vec<_> = (0..8).map(|_| Box::pin(lane.turn(who(1, 1)))).collect();
        for turn in &mut waiting {
            assert!(poll(turn.as_mut()).is_pending());
        }
        assert_eq!(lane.turn(who(1, 1)).await.err(), Some(NoTurn::TooMany));
        let mut other = pin!(lane.turn(who(1, 2)));
        assert!(poll(other.as_mut()).is_pending());
        drop(waiting.pop());
        let mut next = pin!(lane.turn(who(1, 1)));
        assert!(poll(next.as_mut()).is_pending());
        // Turns that were given to those who have left go to the others.
        waiting.clear();
        drop(running);
        drop(next.await.unwrap());
        drop(other.await.unwrap());
        let state = locked(&lane.state);
        assert_eq!((state.shares.taken(), state.running.len()), (0, 0));
    }

    #[tokio::test]
    async fn a_late_turn_is_given_up_and_a_closed_lane_has_none() {
        let impatient = Limits { patience: Duration::from_millis(1), ..locked(&lane(1, 1).state).limits };
        let hurried = Lane::new(impatient);
        let _running = hurried.turn(who(1, 1)).await.unwrap();
        assert_eq!(hurried.turn(who(2, 2)).await.err(), Some(NoTurn::Late));

        let lane = lane(1, 1);
        let _running = lane.turn(who(1, 1)).await.unwrap();
        let mut waiting = pin!(lane.turn(who(2, 2)));
        assert!(poll(waiting.as_mut()).is_pending());
        lane.close();
        assert_eq!(waiting.await.err(), Some(NoTurn::Closed));
        assert_eq!(lane.turn(who(1, 1)).await.err(), Some(NoTurn::Closed));
    }
}
