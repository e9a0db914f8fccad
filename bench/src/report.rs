//! The measurements, round by round: medians, spreads and costs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::request::Work;

/// Who did the work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The server on a new SQLite database.
    New,
    /// The server on a large SQLite database.
    Large,
    Axum,
    PocketBase,
    /// Bare SQLite, new and large; its width is customers a transaction.
    BareNew,
    BareLarge,
    /// The server on PostgreSQL.
    OnPostgres,
    BarePostgres,
}

/// One cell of one round.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// Per second.
    pub(crate) rate: f64,
    /// Milliseconds.
    pub(crate) p99: Option<f64>,
    /// The server's processor time a request, in microseconds.
    pub(crate) processor: Option<f64>,
    pub(crate) requests: u64,
}

impl Sample {
    /// A rate alone.
    pub(crate) const fn rate(rate: f64) -> Self {
        Self { rate, p99: None, processor: None, requests: 0 }
    }
}

/// The middle of all rounds, and both ends.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

/// The costs of a server beside time.
#[derive(Clone, Default)]
pub(crate) struct Costs {
    /// Bytes of the program.
    pub(crate) program: u64,
    /// From start to the first answer, on a new database and on a full one.
    pub(crate) cold_new: Vec<Duration>,
    pub(crate) cold_full: Vec<Duration>,
    /// Bytes resident after the first answer.
    pub(crate) idle: Option<u64>,
    /// Anonymous bytes after so many creates.
    pub(crate) busy: Option<(u64, u64)>,
    /// Bytes on disk of so many customers, after the server has stopped.
    pub(crate) disk: Option<(u64, u64)>,
}

/// Everything measured so far.
#[derive(Default)]
pub(crate) struct Report {
    samples: BTreeMap<(Subject, &'static str, usize), Vec<Sample>>,
    pub(crate) ours: Costs,
    pub(crate) peer: Option<Costs>,
}

impl Report {
    /// Adds what one round had at this many connections.
    pub(crate) fn add(&mut self, subject: Subject, work: &'static str, width: usize, sample: Sample) {
        self.samples.entry((subject, work, width)).or_default().push(sample);
    }

    /// Per second.
    pub(crate) fn rate(&self, subject: Subject, work: &'static str, width: usize) -> Option<Spread> {
        spread(self.all(subject, work, width).map(|sample| sample.rate).collect())
    }

    /// The median of the rounds' 99th percentiles, in milliseconds.
    pub(crate) fn p99(&self, subject: Subject, work: Work, width: usize) -> Option<f64> {
        let rounds = self.all(subject, work.name(), width).filter_map(|sample| sample.p99);
        spread(rounds.collect()).map(|spread| spread.median)
    }

    /// Processor time a request, in microseconds.
    pub(crate) fn processor(&self, subject: Subject, work: Work, width: usize) -> Option<f64> {
        let rounds = self.all(subject, work.name(), width).filter_map(|sample| sample.processor);
        spread(rounds.collect()).map(|spread| spread.median)
    }

    /// How many requests of this work were answered, over all connections.
    pub(crate) fn requests(&self, subject: Subject, work: Work) -> u64 {
        let cells = self.samples.iter().filter(|((who, what, _), _)| *who == subject && *what == work.name());
        cells.flat_map(|(_, samples)| samples).map(|sample| sample.requests).sum()
    }

    /// One rate as a part or multiple of another.
    pub(crate) fn ratio(
        &self,
        over: (Subject, &'static str, usize),
        under: (Subject, &'static str, usize),
    ) -> Option<f64> {
        let (over, under) = (self.rate(over.0, over.1, over.2)?, self.rate(under.0, under.1, under.2)?);
        Some(over.median / under.median)
    }

    fn all(&self, subject: Subject, work: &'static str, width: usize) -> impl Iterator<Item = &Sample> {
        self.samples.get(&(subject, work, width)).into_iter().flatten()
    }
}

/// The middle of some numbers and their ends; of none there is none.
pub(crate) fn spread(mut numbers: Vec<f64>) -> Option<Spread> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let median = if numbers.len() % 2 == 1 {
        *numbers.get(middle)?
    } else {
        (numbers.get(middle.checked_sub(1)?)? + numbers.get(middle)?) / 2.0
    };
    Some(Spread { low: *numbers.first()?, median, high: *numbers.last()? })
}

/// The median in milliseconds.
pub(crate) fn millis(times: &[Duration]) -> Option<f64> {
    spread(times.iter().map(|time| time.as_secs_f64() * 1e3).collect()).map(|spread| spread.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_rounds_is_between_its_two_middles() {
        let mut report = Report::default();
        for rate in [4.0, 1.0, 3.0, 100.0] {
            report.add(Subject::New, "create", 1, Sample::rate(rate));
        }
        let spread = report.rate(Subject::New, "create", 1).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (1.0, 3.5, 100.0));
        report.add(Subject::New, "create", 1, Sample::rate(5.0));
        assert_eq!(report.rate(Subject::New, "create", 1).unwrap().median, 4.0);
    }

    #[test]
    fn nothing_measured_is_no_number() {
        assert!(Report::default().rate(Subject::New, "create", 1).is_none());
    }
}
