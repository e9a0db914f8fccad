//! How many tests passed and failed, read from the output of the test runners.

/// Tests that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds another tally to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// What this line of a runner's output says of whole runs; nothing for every other line.
    pub(crate) fn of_line(line: &str) -> Self {
        // cargo test: `test result: ok. 3 passed; 1 failed; 0 ignored; …`. Indented, it is the output that nextest shows of
        // a test that failed, which nextest counts itself, once it was tried again.
        if let Some(counts) = line.strip_prefix("test result:") {
            return Self::of_counts(counts.split([';', '.']));
        }
        let line = line.trim();
        if line.starts_with("Summary [") {
            // cargo nextest: `Summary [   0.1s] 4 tests run: 3 passed (1 slow), 1 failed, 0 skipped`
            return Self::of_counts(line.rsplit("run:").next().unwrap_or_default().split(','));
        }
        // node --test: `ℹ pass 3` or `# pass 3`
        let mut words = line.split_whitespace();
        let (mark, kind, count) = (words.next(), words.next(), words.next());
        if !matches!(mark, Some("ℹ" | "#")) || words.next().is_some() {
            return Self::default();
        }
        let count = count.and_then(|count| count.parse().ok()).unwrap_or_default();
        match kind {
            Some("pass") => Self { passed: count, failed: 0 },
            Some("fail" | "cancelled") => Self { passed: 0, failed: count },
            _ => Self::default(),
        }
    }

    /// Of parts such as ` 3 passed (1 slow)`, ` 1 failed`, ` 1 timed out` or ` 1 exec failed`.
    fn of_counts<'a>(parts: impl Iterator<Item = &'a str>) -> Self {
        let mut tally = Self::default();
        for part in parts {
            let part = part.trim();
            let Some((count, kind)) = part.split_once(' ') else { continue };
            let Ok(count) = count.parse::<u64>() else { continue };
            if kind.starts_with("passed") {
                tally.passed += count;
            } else if ["failed", "timed out", "exec failed"].iter().any(|failure| kind.starts_with(failure)) {
                tally.failed += count;
            }
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn the_lines_of_all_three_runners_are_understood() {
        let cargo = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(Tally::of_line(cargo), tally(3, 1));
        let nextest = "     Summary [   0.104s] 6 tests run: 3 passed (1 slow), 1 failed, 2 timed out, 0 skipped";
        assert_eq!(Tally::of_line(nextest), tally(3, 3));
        assert_eq!(Tally::of_line("ℹ pass 12"), tally(12, 0));
        assert_eq!(Tally::of_line("# fail 2"), tally(0, 2));
    }

    #[test]
    fn other_lines_count_nothing() {
        let shown =
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.61s";
        for line in [shown, "", "test customers::a_name ... ok", "ℹ tests 12", "# pass the salt 3", "3 passed"] {
            assert_eq!(Tally::of_line(line), tally(0, 0), "{line}");
        }
    }
}
