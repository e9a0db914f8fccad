//! The lanes that searches are worked on in.

use std::future::Future;
use std::time::Duration;

use super::{Lane, Limits, NoTurn, Turn, Who};

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
    use kustodian_core::store::OrgKey;

    use super::*;

    #[tokio::test]
    async fn a_search_that_needs_longer_is_done_again_with_all_of_its_time() {
        let turns = SearchTurns { quick: 1, slow: 1 };
        let lanes = SearchLanes::new(turns, Duration::from_millis(5), Duration::from_secs(60));
        let attempt = |turn: Turn, time: Duration| async move {
            drop(turn);
            Ok::<_, NoTurn>(time)
        };
        let long = Duration::from_secs(9);
        let run = async |is_done: bool, time| {
            lanes.run(Who { org: OrgKey(1), key: None }, time, |_| is_done, attempt).await.unwrap()
        };
        assert_eq!(run(true, long).await, Duration::from_millis(5));
        assert_eq!(run(false, long).await, long);
        assert_eq!(run(false, Duration::from_millis(2)).await, Duration::from_millis(2));
    }
}
