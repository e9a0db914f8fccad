//! Keeping below a server's limit instead of being turned away.
//!
//! A limit is a window that refills whole (`docs/contract/behaviour.md` §5). Answers say how much of it is left, and only a
//! 429 says when it ends. So a window is taken to last its whole length from the first answer seen of it: it has ended
//! then.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::sync::Notify;

use crate::exchange::ReceivedResponse;
use crate::retry::asked_wait;
use crate::timer::{Instant, timeout_at};

/// Whether calls wait for their turn, so that an org's limit is not exceeded: the remaining budget is learnt from the
/// answers, for searches apart where they have a limit of their own, and shared by all clones of a client. On by default.
///
/// ```
/// use kustomer_client::{Client, Pacing};
///
/// let client = Client::builder().org("acme").token("the API key").pacing(Pacing::off()).build()?;
/// # Ok::<(), kustomer_client::InvalidRequest>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacing {
    window: Option<Duration>,
}

impl Default for Pacing {
    /// Windows of 60 seconds.
    fn default() -> Self {
        Self { window: Some(Duration::from_secs(60)) }
    }
}

impl Pacing {
    /// Calls are sent at once.
    pub const fn off() -> Self {
        Self { window: None }
    }

    /// For a server whose windows last this long.
    pub const fn of_windows(length: Duration) -> Self {
        Self { window: Some(length) }
    }
}

/// A scope with its own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Search,
    Other,
}

impl Class {
    /// That of a request; none of one that may wait for something to happen, which must not keep others waiting.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        match path.trim_end_matches('/') {
            path if path.ends_with("/events") => None,
            path if *method == Method::POST && path.ends_with("/search") => Some(Self::Search),
            _ => Some(Self::Other),
        }
    }
}

/// What all clones of a client know of the server's limits.
#[derive(Debug)]
pub(crate) struct Pace {
    pacing: Pacing,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Class, Known>,
    /// Answers that name the same limit are about the same budget.
    budgets: HashMap<u32, Budget>,
}

#[derive(Debug, Clone, Copy)]
enum Known {
    /// Somebody has asked and waits for the answer, since then.
    Asked(Instant),
    Limit(u32),
    /// Answers say nothing of a limit.
    Nothing,
}

#[derive(Debug)]
struct Budget {
    limit: u32,
    /// As the answers to this window say.
    remaining: u32,
    /// Sent and not answered: the answers may count them or not.
    in_flight: u32,
    /// When the window has ended for sure; none while nothing was answered in it.
    ends_at: Option<Instant>,
    /// Which window it is.
    window: u64,
}

/// A request that may be sent now. Dropped, it is no longer under way.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pace: &'a Pace,
    class: Class,
    counted: Option<Counted>,
}

/// A request that is counted as under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    limit: u32,
    window: u64,
    /// How much of the window was left when it was sent, as far as was known. Its answer leaves no more, unless the window is another.
    remaining: u32,
}

/// How long others wait for the answer to the first request.
const FIRST_ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// The clocks of both sides differ in speed a little, and moments are rounded.
const PAD: Duration = Duration::from_millis(20);

impl Pace {
    pub(crate) fn new(pacing: Pacing) -> Self {
        Self { pacing, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits until a request may be sent; how long that took at most is the caller's affair.
    pub(crate) async fn turn(&self, class: Option<Class>) -> Option<Turn<'_>> {
        self.pacing.window?;
        let class = class?;
        loop {
            let changed = self.changed.notified();
            let taken = self.lock().take(class, Instant::now());
            match taken {
                Ok(counted) => return Some(Turn { pace: self, class, counted }),
                Err(Some(until)) => drop(timeout_at(until, changed).await),
                Err(None) => changed.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer says of limits.
#[derive(Debug, Clone, Copy)]
struct Seen {
    status: StatusCode,
    limit: Option<u32>,
    remaining: Option<u32>,
    /// The wait that it asks for.
    wait: Option<Duration>,
}

impl Seen {
    fn of(response: &ReceivedResponse) -> Self {
        let number = |name| response.header(name).and_then(|text| text.trim().parse().ok());
        let (limit, remaining) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"));
        Self { status: response.status, limit, remaining, wait: asked_wait(response) }
    }
}

impl State {
    /// Counts a request as under way, under which limit; or until when to wait, unless something changes before.
    fn take(&mut self, class: Class, now: Instant) -> Result<Option<Counted>, Option<Instant>> {
        match self.known.get(&class) {
            Some(Known::Nothing) => Ok(None),
            Some(Known::Asked(since)) if now < *since + FIRST_ANSWER_WITHIN => Err(Some(*since + FIRST_ANSWER_WITHIN)),
            Some(Known::Asked(_)) => Ok(None),
            None => {
                self.known.insert(class, Known::Asked(now));
                Ok(None)
            }
            Some(Known::Limit(limit)) => match self.budgets.get_mut(limit) {
                Some(budget) => budget.take(now).map(Some),
                None => Ok(None),
            },
        }
    }
}

impl State {
    /// Learns from the answer to a request, at this moment. A window lasts `length`.
    fn learn(&mut self, class: Class, counted: Option<Counted>, seen: Seen, now: Instant, length: Duration) {
        let (Some(limit), Some(remaining)) = (seen.limit, seen.remaining) else {
            // A gateway between us and the server says nothing of limits when it fails.
            if seen.status.is_success() && !matches!(self.known.get(&class), Some(Known::Limit(_))) {
                self.known.insert(class, Known::Nothing);
            }
            return;
        };
        if seen.status == StatusCode::TOO_MANY_REQUESTS {
            // It may be about another budget: the records that one key creates of one customer. Only a known budget is
            // exceeded.
            let is_ours = matches!(self.known.get(&class), Some(Known::Limit(known)) if *known == limit);
            if let Some(budget) = self.budgets.get_mut(&limit).filter(|_| is_ours) {
                budget.remaining = 0;
                budget.ends_at = Some(now + seen.wait.unwrap_or(length) + PAD);
            }
            return;
        }
        self.known.insert(class, Known::Limit(limit));
        let budget = self.budgets.entry(limit).or_insert_with(|| Budget::new(limit));
        let sent = counted.filter(|counted| counted.limit == limit);
        budget.learn(remaining, sent, now + length + PAD);
    }

    /// A request is no longer under way.
    fn end(&mut self, class: Class, counted: Option<Counted>) {
        match counted {
            Some(counted) => {
                if let Some(budget) = self.budgets.get_mut(&counted.limit) {
                    budget.in_flight = budget.in_flight.saturating_sub(1);
                }
            }
            // The first caller got no answer: the next one asks.
            None if matches!(self.known.get(&class), Some(Known::Asked(_))) => {
                self.known.remove(&class);
            }
            None => {}
        }
    }
}

impl Budget {
    const fn new(limit: u32) -> Self {
        Self { limit, remaining: limit, in_flight: 0, ends_at: None, window: 0 }
    }

    fn take(&mut self, now: Instant) -> Result<Counted, Option<Instant>> {
        if self.ends_at.is_some_and(|end| end <= now) {
            self.begin(self.limit, None);
        }
        if self.remaining <= self.in_flight {
            return Err(self.ends_at);
        }
        self.in_flight += 1;
        Ok(Counted { limit: self.limit, window: self.window, remaining: self.remaining })
    }

    /// Another window has begun.
    const fn begin(&mut self, remaining: u32, ends_at: Option<Instant>) {
        self.window += 1;
        self.remaining = remaining;
        self.ends_at = ends_at;
    }

    /// Learns from the answer to a request.
    fn learn(&mut self, remaining: u32, sent: Option<Counted>, end: Instant) {
        // Answers may be read in another order than the server gave them: an old one alone shows no new window.
        let is_of_another_window = match sent {
            Some(sent) => remaining > sent.remaining,
            None => remaining > self.remaining.saturating_add(self.in_flight),
        };
        if sent.is_some_and(|sent| sent.window != self.window) {
            // It was sent before this window was seen, and may be counted in it.
            self.remaining = self.remaining.saturating_sub(1);
        } else if is_of_another_window {
            self.begin(remaining, Some(end));
        } else {
            self.remaining = self.remaining.min(remaining);
            self.ends_at = self.ends_at.or(Some(end));
        }
    }
}

impl Turn<'_> {
    /// Learns the remaining budget from the answer.
    pub(crate) fn learn(&self, response: &ReceivedResponse) {
        if let Some(length) = self.pace.pacing.window {
            self.pace.lock().learn(self.class, self.counted, Seen::of(response), Instant::now(), length);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pace.lock().end(self.class, self.counted);
        self.pace.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SOON: Duration = Duration::from_secs(60);

    #[test]
    fn a_remaining_budget_is_not_exceeded_and_the_next_window_is_whole() {
        let now = Instant::now();
        let mut budget = Budget::new(3);
        let first = budget.take(now).unwrap();
        budget.learn(1, Some(first), now + SOON);
        budget.in_flight -= 1;
        assert!(budget.take(now).is_ok());
        // One is under way, and one is left: the answer may count it or not.
        assert_eq!(budget.take(now), Err(Some(now + SOON)));
        budget.learn(0, Some(first), now + SOON);
        budget.in_flight -= 1;
        assert_eq!(budget.take(now), Err(Some(now + SOON)));
        let taken: Vec<bool> = (0..4).map(|_| budget.take(now + SOON).is_ok()).collect();
        assert_eq!(taken, [true, true, true, false]);
    }

    #[test]
    fn a_window_that_others_began_is_recognised() {
        let now = Instant::now();
        let mut budget = Budget::new(10);
        let first = budget.take(now).unwrap();
        budget.learn(0, Some(first), now + SOON);
        budget.in_flight -= 1;
        // Somebody's answer shows that there is more again.
        budget.learn(8, None, now + 2 * SOON);
        assert_eq!((budget.remaining, budget.window, budget.ends_at), (8, first.window + 1, Some(now + 2 * SOON)));
        // Earlier requests may be counted in it.
        budget.learn(0, Some(first), now + SOON);
        assert_eq!(budget.remaining, 7);
    }

    #[test]
    fn an_answer_that_was_overtaken_begins_no_window() {
        let now = Instant::now();
        let mut budget = Budget::new(10);
        let (slow, fast) = (budget.take(now).unwrap(), budget.take(now).unwrap());
        budget.learn(8, Some(fast), now + SOON);
        budget.in_flight -= 1;
        for left in (2..8).rev() {
            let sent = budget.take(now).unwrap();
            budget.learn(left, Some(sent), now + SOON);
            budget.in_flight -= 1;
        }
        // The server counted it first.
        budget.learn(9, Some(slow), now + 2 * SOON);
        assert_eq!((budget.remaining, budget.window, budget.ends_at), (2, 0, Some(now + SOON)));
        // Sent now, the same answer is of another window.
        let sent = budget.take(now).unwrap();
        budget.learn(9, Some(sent), now + 2 * SOON);
        assert_eq!((budget.remaining, budget.window), (9, 1));
    }

    /// The windows of a server, as the contract describes them: one begins with its first request, and refills whole.
    struct Windows {
        limit: u32,
        ends_at: Option<Instant>,
        used: u32,
        refused: u32,
    }

    impl Windows {
        fn of(limit: u32) -> Self {
            Self { limit, ends_at: None, used: 0, refused: 0 }
        }

        fn answer(&mut self, now: Instant) -> Seen {
            if self.ends_at.is_none_or(|end| end <= now) {
                (self.ends_at, self.used) = (Some(now + SOON), 0);
            }
            self.used += 1;
            let is_granted = self.used <= self.limit;
            self.refused += u32::from(!is_granted);
            Seen {
                status: if is_granted { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS },
                limit: Some(self.limit),
                remaining: Some(self.limit.saturating_sub(self.used)),
                wait: None,
            }
        }
    }

    /// A request on its way to the server; on its way back it has an answer.
    struct Sent {
        task: usize,
        counted: Option<Counted>,
        seen: Option<Seen>,
    }

    /// Tasks that call one after the other as fast as they may, on a clock of their own: when each class was done. A task
    /// has a class and a number of calls.
    fn run(mut tasks: Vec<(Class, u32)>, servers: &mut HashMap<Class, Windows>) -> HashMap<Class, Duration> {
        let (mut state, began) = (State::default(), Instant::now());
        let (mut now, mut number, mut done) = (began, 0_u64, HashMap::new());
        // Each way takes 1 to 40 ms, so that answers overtake each other.
        let mut way = |now: Instant, sent: Sent, on_their_way: &mut BTreeMap<(Instant, u64), Sent>| {
            number += 1;
            on_their_way.insert((now + Duration::from_millis(1 + number * 7_919 % 40), number), sent);
        };
        let (mut on_their_way, mut waiting) = (BTreeMap::new(), (0..tasks.len()).collect::<Vec<_>>());
        loop {
            let mut wake = None;
            waiting.retain(|task| match state.take(tasks[*task].0, now) {
                Ok(counted) => {
                    way(now, Sent { task: *task, counted, seen: None }, &mut on_their_way);
                    false
                }
                Err(until) => {
                    wake = wake.into_iter().chain(until).min();
                    true
                }
            });
            let arrives = on_their_way.first_key_value().map(|((at, _), _)| *at);
            let Some(next) = arrives.into_iter().chain(wake).min() else { break };
            now = next.max(now);
            if arrives != Some(next) {
                continue;
            }
            let Some((_, sent)) = on_their_way.pop_first() else { break };
            let (class, calls) = &mut tasks[sent.task];
            let Some(seen) = sent.seen else {
                let seen = servers.get_mut(&*class).unwrap().answer(now);
                way(now, Sent { seen: Some(seen), ..sent }, &mut on_their_way);
                continue;
            };
            state.learn(*class, sent.counted, seen, now, SOON);
            state.end(*class, sent.counted);
            done.insert(*class, now - began);
            *calls -= 1;
            if *calls > 0 {
                waiting.push(sent.task);
            }
        }
        assert!(waiting.is_empty(), "{waiting:?} wait for ever");
        done
    }

    #[test]
    fn a_hundred_tasks_below_a_limit_of_a_thousand_get_no_refusal_and_lose_hardly_any_time() {
        let mut servers = HashMap::from([(Class::Other, Windows::of(1_000))]);
        let done = run(vec![(Class::Other, 25); 100], &mut servers);
        assert_eq!(servers[&Class::Other].refused, 0);
        // The last 500 of 2,500 calls can begin when two windows are over.
        let ideal = 2 * SOON;
        assert!(done[&Class::Other] >= ideal && done[&Class::Other] <= ideal.mul_f64(1.05), "{done:?}");
    }

    #[test]
    fn searches_wait_for_their_own_limit_alone() {
        let mut servers = HashMap::from([(Class::Search, Windows::of(100)), (Class::Other, Windows::of(1_000))]);
        let tasks = [vec![(Class::Search, 7); 50], vec![(Class::Other, 30); 50]].concat();
        let done = run(tasks, &mut servers);
        assert!(servers.values().all(|server| server.refused == 0));
        for (class, ideal) in [(Class::Search, 3 * SOON), (Class::Other, SOON)] {
            assert!(done[&class] >= ideal && done[&class] <= ideal.mul_f64(1.05), "{class:?}: {done:?}");
        }
    }

    #[test]
    fn searches_have_a_class_and_waiting_has_none() {
        assert_eq!(Class::of(&Method::POST, "/v1/customers/search"), Some(Class::Search));
        assert_eq!(Class::of(&Method::POST, "/v1/customers"), Some(Class::Other));
        assert_eq!(Class::of(&Method::GET, "/v1/events"), None);
    }
}
