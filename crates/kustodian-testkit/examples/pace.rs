//! Prints how long 100 tasks of one client take below a limit of 1,000 requests in a window, and the least time that the limit
//! allows. The server's clock runs twelve times as fast as it should, so that a window is five seconds.
//!
//! `cargo run --example pace --package kustodian-testkit`
#![expect(clippy::print_stdout, reason = "the numbers go to standard output")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kustodian_testkit::Sandbox;
use kustomer_client::{Pacing, Retry};

const LIMIT: u32 = 1_000;
const TASKS: u32 = 100;
const CALLS_OF_A_TASK: u32 = 25;
const SPEED: u32 = 12;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let window = Duration::from_secs(60) / SPEED;
    let sandbox =
        Sandbox::builder().clock_speed(SPEED).settings(|settings| settings.rate_limit = Some(LIMIT)).start().await?;
    let client = sandbox.client_builder().token(sandbox.key());
    let client = client.pacing(Pacing::of_windows(window)).retry(Retry::off()).build()?;
    let (answered, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let began = Instant::now();
    let task = |_| async {
        for _ in 0..CALLS_OF_A_TASK {
            let answer = client.users().current().exchange().await?;
            let counter = if answer.response.status == 429 { &refused } else { &answered };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), kustomer_client::TransportError>(())
    };
    join_all((0..TASKS).map(task)).await.into_iter().collect::<Result<(), _>>()?;
    let took = began.elapsed();
    let (answered, refused) = (answered.into_inner(), refused.into_inner());
    let ideal = window * ((TASKS * CALLS_OF_A_TASK - 1) / LIMIT);
    let more = (took.as_secs_f64() / ideal.as_secs_f64() - 1.0) * 100.0;
    println!(
        "{answered} calls answered, {refused} refused with 429, in {took:.2?}: {more:+.1} % of the least, {ideal:.2?}"
    );
    Ok(())
}
