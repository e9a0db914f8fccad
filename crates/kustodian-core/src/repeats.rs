//! Which lines of a log are written while their cause lasts.

use std::time::{Duration, Instant};

/// How often a message that stays the same is written.
const EVERY: Duration = Duration::from_secs(60);

/// Lets a message pass when it is new, and once a minute while it stays the same: a disk that is full refuses every write,
/// and a thousand equal lines hide the one that matters.
#[derive(Debug, Default)]
pub struct Repeats {
    last: Option<(String, Instant)>,
}

impl Repeats {
    /// Whether this message is to be written now. If it is, it counts as written.
    pub fn is_due(&mut self, message: &str, now: Instant) -> bool {
        let is_due = !matches!(&self.last, Some((last, at)) if last == message && now.duration_since(*at) < EVERY);
        if is_due {
            self.last = Some((message.to_owned(), now));
        }
        is_due
    }

    /// Lets the next message pass, as the cause of the last one is gone.
    pub fn clear(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_passes_when_it_is_new_and_once_a_minute() {
        let mut repeats = Repeats::default();
        let start = Instant::now();
        let mut passes = |message: &str, seconds: u64| repeats.is_due(message, start + Duration::from_secs(seconds));
        assert!(passes("full", 0) && !passes("full", 1) && !passes("full", 59));
        assert!(passes("full", 60) && !passes("full", 61));
        assert!(passes("damaged", 62) && passes("full", 63));
        repeats.clear();
        assert!(repeats.is_due("full", start + Duration::from_secs(64)));
    }
}
