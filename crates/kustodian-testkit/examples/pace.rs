//! Prints how long 100 tasks of one client take below a limit of 1,000 requests in a window, and the least time that the limit
//! allows. The server's clock runs twelve times as fast as it should, so that a window is five seconds. An argument is another
//! speed: with 1 it takes two minutes.
//!
//! `cargo run --example pace --package kustodian-testkit`
#![expect(clippy::print_stdout, reason = "the numbers go to standard output")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kustodian_testkit::{Sandbox, StartError};
use kustomer_client::{Pacing, Retry};

/// What a run is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Requests that the server takes in a window.
    pub(crate) limit: u32,
    pub(crate) tasks: u32,
    pub(crate) calls_of_a_task: u32,
    /// How many times as fast as it should the server's clock runs.
    pub(crate) speed: u32,
}

impl Plan {
    fn window(self) -> Duration {
        Duration::from_secs(60) / self.speed
    }

    /// The server that it takes.
    pub(crate) async fn sandbox(self) -> Result<Sandbox, StartError> {
        let builder = Sandbox::builder().clock_speed(self.speed);
        builder.settings(move |settings| settings.rate_limit = Some(self.limit)).start().await
    }
}

/// How many calls were answered and how many refused, in which time.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) answered: u32,
    pub(crate) refused: u32,
    pub(crate) took: Duration,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let speed = std::env::args().nth(1).map_or(Ok(12), |speed| speed.parse())?;
    let plan = Plan { limit: 1_000, tasks: 100, calls_of_a_task: 25, speed };
    let sandbox = plan.sandbox().await?;
    let Done { answered, refused, took } = run(&sandbox, plan).await?;
    let ideal = plan.window() * ((plan.tasks * plan.calls_of_a_task - 1) / plan.limit);
    let more = (took.as_secs_f64() / ideal.as_secs_f64() - 1.0) * 100.0;
    println!(
        "{answered} calls answered, {refused} refused with 429, in {took:.2?}: {more:+.1} % of the least, {ideal:.2?}"
    );
    Ok(())
}

/// Calls, without retries, as fast as the client lets them.
pub(crate) async fn run(sandbox: &Sandbox, plan: Plan) -> Result<Done, Box<dyn std::error::Error>> {
    let client = sandbox.client_builder().token(sandbox.key());
    let client = client.pacing(Pacing::of_windows(plan.window())).retry(Retry::off()).build()?;
    let (answered, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let began = Instant::now();
    let task = |_| async {
        for _ in 0..plan.calls_of_a_task {
            let answer = client.users().current().exchange().await?;
            let counter = if answer.response.status == 429 { &refused } else { &answered };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), kustomer_client::TransportError>(())
    };
    join_all((0..plan.tasks).map(task)).await.into_iter().collect::<Result<(), _>>()?;
    Ok(Done { answered: answered.into_inner(), refused: refused.into_inner(), took: began.elapsed() })
}
