//! Which lines of a log are written while their cause lasts.

use std::time::{Duration, Instant};

/// How often a message that stays the same is written.
const EVERY: Duration = Duration::from_secs(60);

/// How many messages are remembered: a cause has few, and an identifier in one must not fill the memory.
const MOST: usize = 16;

/// Lets a message pass when it is new, and once a minute while it stays the same: a disk that is full refuses every write,
/// and a thousand equal lines hide the one that matters. Causes that alternate are kept apart.
#[derive(Debug, Default)]
pub struct Repeats {
    /// When each was written, the oldest first.
    written: Vec<(String, Instant)>,
}

impl Repeats {
    /// Whether this message is to be written now. If it is, it counts as written.
    pub fn is_due(&mut self, message: &str, now: Instant) -> bool {
        self.written.retain(|(_, at)| now.duration_since(*at) < EVERY);
        if self.written.iter().any(|(written, _)| written == message) {
            return false;
        }
        if self.written.len() >= MOST {
            self.written.remove(0);
        }
        self.written.push((message.to_owned(), now));
        true
    }

    /// Lets the next messages pass, as the causes are gone.
    pub fn clear(&mut self) {
        self.written.clear();
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
        // Two that alternate are two.
        assert!(passes("damaged", 62) && !passes("full", 63) && !passes("damaged", 64));
        // A cause with ever new words forgets the oldest, and takes no more room.
        assert!((0..100).all(|number| passes(&number.to_string(), 65)));
        assert!(!passes("99", 66) && passes("damaged", 66));
        repeats.clear();
        assert!(repeats.is_due("full", start + Duration::from_secs(67)));
        assert!(repeats.written.len() <= MOST);
    }
}
