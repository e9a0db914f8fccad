//! Turns for work that many want done at the same time: so many at once, and whoever waits is served in turn, org by org
//! and, within an org, credential by credential. An org with a thousand searches delays another's by one of them.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kustodian_core::search_store::SearchError;
use kustodian_core::share::Shares;
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::ObjectId;
use tokio::sync::oneshot;
use tokio::time::timeout;

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
        Self::Unavailable { reason: reason.to_owned(), retry_after: RETRY_AFTER }
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
    queue: Queue<oneshot::Sender<Turn>>,
    tickets: u64,
}

/// A turn, until dropped.
pub(crate) struct Turn {
    /// None once it is passed on.
    lane: Option<Arc<Mutex<State>>>,
    org: OrgKey,
}

impl Lane {
    pub(crate) fn new(limits: Limits) -> Self {
        let state = State {
            limits,
            is_closed: false,
            running: Vec::new(),
            shares: Shares::new(limits.waiting),
            queue: Queue::default(),
            tickets: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), patience: limits.patience }
    }

    /// Waits for a turn. Whoever stops waiting leaves the queue.
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

    /// Gives no more turns; those who wait are told so.
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
            return Ok(Asked::Now(Turn { lane: Some(Arc::clone(&self.state)), org: who.org }));
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
        let Self { queue, running, limits, .. } = self;
        let taken: usize = running.iter().map(|(_, running)| running).sum();
        if taken >= limits.turns {
            return None;
        }
        let is_full = |org: OrgKey| running.iter().any(|(of, count)| *of == org && *count >= limits.turns_of_org);
        let next = queue.pop(|org| !is_full(org))?;
        self.begin(next.0);
        Some(next)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        locked(&lane).end(self.org);
        loop {
            let Some((org, waiting)) = locked(&lane).next() else { return };
            match waiting.send(Turn { lane: Some(Arc::clone(&lane)), org }) {
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

/// A queue that is served org by org, each by its credentials in turn.
struct Queue<T> {
    orgs: VecDeque<OfOrg<T>>,
}

struct OfOrg<T> {
    org: OrgKey,
    keys: VecDeque<OfKey<T>>,
}

struct OfKey<T> {
    key: Option<ObjectId>,
    waiting: VecDeque<(u64, T)>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { orgs: VecDeque::new() }
    }
}

impl<T> Queue<T> {
    fn push(&mut self, who: Who, ticket: u64, item: T) {
        let at = self.orgs.iter().position(|of| of.org == who.org).unwrap_or_else(|| {
            self.orgs.push_back(OfOrg { org: who.org, keys: VecDeque::new() });
            self.orgs.len() - 1
        });
        let Some(OfOrg { keys, .. }) = self.orgs.get_mut(at) else { return };
        let waiting = VecDeque::from([(ticket, item)]);
        match keys.iter_mut().find(|of| of.key == who.key) {
            Some(of) => of.waiting.extend(waiting),
            None => keys.push_back(OfKey { key: who.key, waiting }),
        }
    }

    /// The next of an org that may have one.
    fn pop(&mut self, may: impl Fn(OrgKey) -> bool) -> Option<(OrgKey, T)> {
        let at = self.orgs.iter().position(|of| may(of.org))?;
        let mut of_org = self.orgs.remove(at)?;
        let mut of_key = of_org.keys.pop_front()?;
        let (_, item) = of_key.waiting.pop_front()?;
        // Behind the others.
        if !of_key.waiting.is_empty() {
            of_org.keys.push_back(of_key);
        }
        let org = of_org.org;
        if !of_org.keys.is_empty() {
            self.orgs.push_back(of_org);
        }
        Some((org, item))
    }

    fn remove(&mut self, who: Who, ticket: u64) -> Option<T> {
        let at = self.orgs.iter().position(|of| of.org == who.org)?;
        let of_org = self.orgs.get_mut(at)?;
        let of_key = of_org.keys.iter_mut().find(|of| of.key == who.key)?;
        let place = of_key.waiting.iter().position(|(of, _)| *of == ticket)?;
        let (_, item) = of_key.waiting.remove(place)?;
        of_org.keys.retain(|of| !of.waiting.is_empty());
        if of_org.keys.is_empty() {
            self.orgs.remove(at);
        }
        Some(item)
    }

    fn waiting_of(&self, who: Who) -> usize {
        let of_org = self.orgs.iter().find(|of| of.org == who.org);
        let of_key = of_org.and_then(|of| of.keys.iter().find(|of| of.key == who.key));
        of_key.map_or(0, |of| of.waiting.len())
    }
}

/// The lanes of searches. Every search gets a short turn first, which is enough for nearly all of them. One that needs
/// longer gives way: it begins again in a lane where few are worked on at once.
pub(crate) struct SearchLanes {
    quick: Lane,
    slow: Lane,
    slice: Duration,
}

/// How many searches are worked on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SearchTurns {
    /// In their short turn.
    pub(crate) quick: usize,
    /// In their long one.
    pub(crate) slow: usize,
}

/// How many may wait for a short turn: a second's worth of quick ones.
const QUICK_WAITING: usize = 2_048;
const QUICK_WAITING_OF_KEY: usize = 256;

/// How many may wait for a long turn, which each may keep for seconds.
const SLOW_WAITING: usize = 256;
const SLOW_WAITING_OF_KEY: usize = 32;

impl SearchLanes {
    pub(crate) fn new(turns: SearchTurns, slice: Duration, patience: Duration) -> Self {
        let quick = Limits {
            turns: turns.quick.max(1),
            turns_of_org: turns.quick.max(1),
            waiting: QUICK_WAITING,
            waiting_of_key: QUICK_WAITING_OF_KEY,
            patience,
        };
        let slow = Limits {
            turns: turns.slow.max(1),
            // A long turn is not taken away again: where there are several, one is left for another org.
            turns_of_org: turns.slow.saturating_sub(1).max(1),
            waiting: SLOW_WAITING,
            waiting_of_key: SLOW_WAITING_OF_KEY,
            patience: patience * 2,
        };
        Self { quick: Lane::new(quick), slow: Lane::new(slow), slice }
    }

    /// Tries a search, within the time it is given; again with all of its `time` where that was too short.
    pub(crate) async fn run<T, E: From<NoTurn>, F: Future<Output = Result<T, E>>>(
        &self,
        who: Who,
        time: Duration,
        is_done: impl Fn(&T) -> bool,
        attempt: impl Fn(Turn, Duration) -> F,
    ) -> Result<T, E> {
        let slice = self.slice.min(time);
        let turn = self.quick.turn(who).await?;
        let found = attempt(turn, slice).await?;
        if is_done(&found) || slice == time {
            return Ok(found);
        }
        let turn = self.slow.turn(who).await?;
        attempt(turn, time).await
    }

    pub(crate) fn close(&self) {
        self.quick.close();
        self.slow.close();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use proptest::prelude::*;

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
        let mut running = lane.turn(who(1, 1)).await.unwrap();
        let crowd = [(1, 1), (1, 1), (1, 1), (1, 2), (2, 3)];
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
        let orgs: Vec<i64> = order.iter().map(|(org, _)| *org).collect();
        assert_eq!(orgs, [1, 2, 1, 1, 1]);
        // The second of org 1 is the other key's: it stood fourth, and two before it are done.
        assert_eq!(order[2].1, 2);
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
    async fn too_many_of_a_key_are_told_at_once_and_who_leaves_makes_room() {
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
    async fn a_turn_that_does_not_come_in_time_is_given_up_and_none_comes_once_closed() {
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

    #[tokio::test]
    async fn a_search_that_needs_longer_is_done_again_with_all_of_its_time() {
        let turns = SearchTurns { quick: 1, slow: 1 };
        let lanes = SearchLanes::new(turns, Duration::from_millis(5), PATIENCE);
        let attempt = |turn: Turn, time: Duration| async move {
            drop(turn);
            Ok::<_, NoTurn>(time)
        };
        let long = Duration::from_secs(9);
        let run = async |is_done: bool, time| lanes.run(who(1, 1), time, |_| is_done, attempt).await.unwrap();
        assert_eq!(run(true, long).await, Duration::from_millis(5));
        assert_eq!(run(false, long).await, long);
        assert_eq!(run(false, Duration::from_millis(2)).await, Duration::from_millis(2));
    }

    proptest! {
        #[test]
        fn a_queue_gives_each_once_and_no_org_twice_before_another_that_waits(
            pushed in prop::collection::vec((0i64..4, 0u8..3), 1..60),
        ) {
            let mut queue = Queue::default();
            for (ticket, (org, key)) in pushed.iter().enumerate() {
                queue.push(who(*org, *key), ticket as u64, ticket);
            }
            let mut left = pushed.len();
            let mut since: std::collections::HashMap<i64, usize> = Default::default();
            let mut seen = std::collections::HashSet::new();
            while let Some((org, ticket)) = queue.pop(|_| true) {
                prop_assert!(seen.insert(ticket));
                left -= 1;
                for (other, passed) in &mut since {
                    *passed = if *other == org.0 { 0 } else { *passed + 1 };
                }
                since.entry(org.0).or_insert(0);
                for (other, passed) in &since {
                    let waits = pushed.iter().enumerate().any(|(ticket, (of, _))| of == other && !seen.contains(&ticket));
                    prop_assert!(!waits || *passed < 4, "{other} was passed over {passed} times");
                }
            }
            prop_assert_eq!(left, 0);
        }
    }
}
