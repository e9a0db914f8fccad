//! The client and a server with faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kustodian_testkit::{Fault, Sandbox};
use kustomer_client::customer::CustomerInput;
use kustomer_client::query::PageQuery;
use kustomer_client::{Attempt, Error, Method, Observer, Pacing, Retry};

use crate::examples::pace;

fn named(name: &str) -> CustomerInput {
    CustomerInput::new().name(name)
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again_and_nothing_is_done_twice() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client();
    // A client that has heard nothing yet does not know that the server keeps keys.
    let count = || async { client.customers().list(&Default::default()).await.unwrap().data.len() };
    assert_eq!(count().await, 0);
    sandbox.faults().add(Fault::lose_answer().on(Method::POST, "/v1/customers").times(2));
    let made = client.customers().create(&named("Ada")).exchange().await.unwrap();
    assert_eq!((made.attempts, made.response.header("idempotent-replayed")), (3, Some("true")));
    assert_eq!(count().await, 1);

    let fresh = sandbox.client_builder().token(sandbox.key()).build().unwrap();
    sandbox.faults().add(Fault::lose_answer().on(Method::POST, "/v1/customers"));
    assert!(matches!(fresh.customers().create(&named("Bob")).await.unwrap_err(), Error::Transport(_)));
    let keyed = fresh.customers().create(&named("Cid")).idempotency_key("a-key-of-the-caller");
    sandbox.faults().add(Fault::lose_answer().on(Method::POST, "/v1/customers"));
    keyed.await.unwrap();
    assert_eq!(count().await, 3);
}

#[tokio::test]
async fn what_passes_is_outlasted_and_what_does_not_is_handed_back() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client();
    let faults = sandbox.faults();
    for fault in [Fault::status(502), Fault::status(503), Fault::status(504), Fault::hang_up()] {
        faults.add(fault);
        let read = client.tags().list(&PageQuery::default()).exchange().await.unwrap();
        assert_eq!((read.attempts, read.response.status.as_u16()), (2, 200));
    }
    faults.add(Fault::status(429).retry_after(Duration::ZERO));
    assert_eq!(client.customers().create(&named("Ada")).exchange().await.unwrap().attempts, 2);
    faults.add(Fault::status(500));
    assert_eq!(client.tags().list(&PageQuery::default()).await.unwrap_err().status(), Some(500));

    faults.add(Fault::status(503).always());
    let hasty = Retry::default().attempts(3).longest_wait(Duration::from_millis(5));
    let given_up = client.tags().list(&PageQuery::default()).retry(hasty).exchange().await.unwrap();
    assert_eq!((given_up.attempts, given_up.response.status.as_u16()), (3, 503));
    // The time for the whole call is over before the next attempt.
    let short = Retry::default().within(Duration::ZERO);
    let at_once = client.tags().list(&PageQuery::default()).retry(short).exchange().await;
    assert!(at_once.map_or(1, |exchange| exchange.attempts) == 1);
}

#[tokio::test]
async fn a_server_that_is_down_gets_few_retries_of_many_calls() {
    #[derive(Default)]
    struct Attempts(AtomicU32);
    impl Observer for Attempts {
        fn attempted(&self, attempt: &Attempt<'_>) {
            assert_eq!((attempt.operation, attempt.status), ("getTags", Some(503)));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.faults().add(Fault::status(503).always());
    let attempts = Arc::new(Attempts::default());
    let retry = Retry::default().attempts(10).longest_wait(Duration::from_millis(1));
    let client = sandbox.client_builder().token(sandbox.key()).retry(retry).observer(Arc::clone(&attempts));
    let client = client.build().unwrap();
    for _ in 0..50 {
        assert!(client.tags().list(&PageQuery::default()).await.is_err());
    }
    // One for each call, and the retries of the whole budget.
    assert_eq!(attempts.0.load(Ordering::Relaxed), 50 + 20);
}

#[tokio::test]
async fn a_hundred_tasks_stay_below_the_limit_together() {
    // A window is half a second.
    let plan = pace::Plan { limit: 60, tasks: 100, calls_of_a_task: 2, speed: 120 };
    let sandbox = plan.sandbox().await.unwrap();
    let done = pace::run(&sandbox, plan).await.unwrap();
    assert_eq!((done.answered, done.refused), (200, 0), "{done:?}");

    // Without pacing the same server turns some away: the limit is there.
    let hasty =
        sandbox.client_builder().token(sandbox.key()).pacing(Pacing::off()).retry(Retry::off()).build().unwrap();
    let statuses = (0..100).map(|_| async { hasty.users().current().exchange().await.unwrap().response.status });
    assert!(futures_util::future::join_all(statuses).await.iter().any(|status| *status == 429));
}
