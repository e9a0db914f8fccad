//! Prints how long a sandbox takes to start and to end: the first of a process, and the median of those after it.
//!
//! `cargo run --example start --package kustodian-testkit`
#![expect(clippy::print_stdout, reason = "the numbers go to standard output")]

use std::time::{Duration, Instant};

use kustodian_testkit::{Sandbox, StartError};

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let (first, ended) = once().await?;
    println!("the first: started in {first:.1?}, ended in {ended:.1?}");
    let mut times = Vec::new();
    for _ in 0..21 {
        times.push(once().await?);
    }
    let median = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut sorted: Vec<Duration> = times.iter().map(of).collect();
        sorted.sort_unstable();
        (sorted.first().copied(), sorted.get(sorted.len() / 2).copied(), sorted.last().copied())
    };
    for (what, (shortest, middle, longest)) in [("started", median(|time| time.0)), ("ended", median(|time| time.1))] {
        let [shortest, middle, longest] = [shortest, middle, longest].map(Option::unwrap_or_default);
        println!("21 others: {what} in {middle:.1?} ({shortest:.1?}–{longest:.1?})");
    }
    Ok(())
}

/// How long one takes to start and to end.
pub(crate) async fn once() -> Result<(Duration, Duration), StartError> {
    let began = Instant::now();
    let sandbox = Sandbox::start().await?;
    let started = began.elapsed();
    let began = Instant::now();
    drop(sandbox);
    Ok((started, began.elapsed()))
}
