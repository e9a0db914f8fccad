//! What becomes of writes when more come than the server can do: requests fall due at fixed moments, whatever was
//! answered before, and the time an answer takes counts from the moment its request was due. A load that waits for
//! answers would slow down with the server and hide what it does to those who do not wait.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::body::Numbers;
use crate::load::{self, Connection, Known, Target};
use crate::request::{Customer, Work};
use crate::server::Server;

/// Connections that share what falls due: more than the server works on at once, so that it is the server that turns
/// requests away, and not the generator that holds them back.
const CONNECTIONS: usize = 2_000;

/// Connections at which the capacity is measured, each with one request in flight.
const CLOSED: usize = 64;

/// Files that both ends may have open: each connection is one, and each process has some others.
const FILES: u64 = CONNECTIONS as u64 + 200;

/// What to measure.
pub(crate) struct Plan<'a> {
    pub(crate) kustodian: &'a Path,
    /// How many times the capacity is offered.
    pub(crate) factors: &'a [f64],
    /// How long each.
    pub(crate) time: Duration,
}

/// The result of one factor. Times are milliseconds.
struct Row {
    factor: f64,
    offered: f64,
    answered: f64,
    shed: f64,
    times: [f64; 3],
    shed_p99: f64,
}

/// Measures every factor; the table, in Markdown.
pub(crate) fn measure(plan: &Plan<'_>) -> Result<String> {
    for factor in plan.factors {
        ensure!((0.01..=100.0).contains(factor), "a factor is from 0.01 to 100, not {factor}");
    }
    allow_files()?;
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    // Beside the binary, since a temporary folder may be memory, where a durable write costs nothing.
    let folder = tempfile::Builder::new().prefix("overload-").tempdir_in(beside)?;
    let file = folder.path().join("kustodian.db");
    let server = Server::kustodian(plan.kustodian, &format!("sqlite:{}", file.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut numbers = Numbers::default();
    let nobody = Known { customers: Arc::new(vec![Customer { id: String::new(), number: 0 }]), answer: Vec::new() };
    let target = server.target();
    let closed = load::measure(&target, &nobody, Work::Create, CLOSED, plan.time, &mut numbers);
    let closed = runtime.block_on(closed)?;
    let capacity = closed.requests as f64 / closed.seconds;
    println!("capacity: {capacity:.0} creates a second at {CLOSED} connections, p99 {:.1} ms", closed.p99);

    let mut table = format!(
        "Capacity, measured first with {CLOSED} connections that wait for their answers: {capacity:.0} creates a second, \
         p99 {:.1} ms.\n\n\
         | offered | offered/s | made (201)/s | turned away (503)/s | p50, ms | p99, ms | p99.9, ms | p99 of a 503, ms |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|\n",
        closed.p99
    );
    for factor in plan.factors {
        let row = runtime.block_on(offer(&target, *factor, capacity, plan.time, &mut numbers))?;
        let Row { factor, offered, answered, shed, times: [p50, p99, p999], shed_p99 } = row;
        let line = format!(
            "| {factor} × | {offered:.0} | {answered:.0} | {shed:.0} | {p50:.1} | {p99:.1} | {p999:.1} | {shed_p99:.1} |"
        );
        println!("{line}");
        writeln!(table, "{line}")?;
    }
    server.stop()?;
    Ok(table)
}

/// Offers `factor` times `capacity` for `time`.
async fn offer(target: &Target, factor: f64, capacity: f64, time: Duration, numbers: &mut Numbers) -> Result<Row> {
    let count = (capacity * factor * time.as_secs_f64()).round().max(1.0) as u64;
    let numbers = numbers.take(count);
    let mut opened = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        opened.push(Connection::open(target).await?);
    }
    let schedule = Arc::new(Schedule {
        // Once the connections wait.
        start: Instant::now() + Duration::from_millis(50),
        each: time.div_f64(count as f64),
        first: numbers.start,
        count,
        next: AtomicU64::new(0),
    });
    let running: Vec<_> = opened
        .into_iter()
        .map(|connection| tokio::spawn(send_what_falls_due(connection, Arc::clone(&schedule))))
        .collect();
    let (mut accepted, mut shed) = (Vec::new(), Vec::new());
    for worker in running {
        let answers = worker.await.context("a connection of the load generator panicked")??;
        for (is_accepted, took) in answers {
            if is_accepted { accepted.push(took) } else { shed.push(took) }
        }
    }
    let seconds = schedule.start.elapsed().as_secs_f64().max(time.as_secs_f64());
    let each_second = |answers: &[Duration]| answers.len() as f64 / seconds;
    let (answered, turned_away) = (each_second(&accepted), each_second(&shed));
    accepted.sort_unstable();
    shed.sort_unstable();
    Ok(Row {
        factor,
        offered: count as f64 / time.as_secs_f64(),
        answered,
        shed: turned_away,
        times: [0.5, 0.99, 0.999].map(|part| percentile(&accepted, part)),
        shed_p99: percentile(&shed, 0.99),
    })
}

/// What falls due when, shared by all connections: whichever is free takes the next.
struct Schedule {
    start: Instant,
    each: Duration,
    first: u64,
    count: u64,
    next: AtomicU64,
}

impl Schedule {
    /// The next customer to make, and from when on.
    fn next(&self) -> Option<(u64, Instant)> {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        let due = self.start + self.each.mul_f64(place as f64);
        (place < self.count).then_some((self.first + place, due))
    }
}

/// Whether each request was accepted, and how long after it was due it was answered.
async fn send_what_falls_due(mut connection: Connection, schedule: Arc<Schedule>) -> Result<Vec<(bool, Duration)>> {
    let nobody = Customer { id: String::new(), number: 0 };
    let mut answers = Vec::new();
    while let Some((number, due)) = schedule.next() {
        tokio::time::sleep_until(due.into()).await;
        let answer = connection.exchange(Work::Create, &nobody, number).await?;
        let is_accepted = match answer.status() {
            b"201" => true,
            b"503" => {
                ensure!(answer.has_header("retry-after"), "a 503 without Retry-After");
                false
            }
            _ => bail!("neither made nor turned away: {}", answer.text()),
        };
        answers.push((is_accepted, due.elapsed()));
    }
    Ok(answers)
}

/// In milliseconds; nothing of nothing.
fn percentile(sorted: &[Duration], part: f64) -> f64 {
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

/// Lets this process and those it starts have as many connections as are needed.
fn allow_files() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < FILES) {
        limit.current = Some(FILES);
        setrlimit(Resource::Nofile, limit).with_context(|| format!("{FILES} open files are needed (ulimit -n)"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_that_so_many_did_not_exceed() {
        let times: Vec<Duration> = (1..=1_000).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 0.5), 501.0);
        assert_eq!(percentile(&times, 0.999), 1_000.0);
        assert_eq!(percentile(&times[..1], 0.99), 1.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn requests_fall_due_evenly_and_each_is_taken_once() {
        let start = Instant::now();
        let schedule = Schedule { start, each: Duration::from_millis(10), first: 7, count: 3, next: AtomicU64::new(0) };
        assert_eq!(schedule.next(), Some((7, start)));
        assert_eq!(schedule.next(), Some((8, start + Duration::from_millis(10))));
        assert_eq!(schedule.next(), Some((9, start + Duration::from_millis(20))));
        assert_eq!(schedule.next(), None);
    }
}
