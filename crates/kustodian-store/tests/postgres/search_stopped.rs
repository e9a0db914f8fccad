//! What PostgreSQL works on for a search or a list stops when nobody waits for it.

use std::time::{Duration, Instant};

use kustodian_core::kind::Kind;
use kustodian_store::{Options, open};

use crate::place::Place;
use crate::search::{all_by, search};
use crate::setting::{everything, make_org};

/// How many statements wait for the lock.
const WAITING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

async fn until_waiting(client: &tokio_postgres::Client, count: i64) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let waiting: i64 = client.query_one(WAITING, &[]).await.unwrap().get(0);
        if waiting == count {
            return;
        }
        assert!(Instant::now() < end, "{waiting} statements wait, not {count}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_nobody_waits_for_is_cancelled() {
    let Some(place) = Place::make().await else { return };
    let long = Duration::from_secs(600);
    let options = Options { search_slice: long, statement_timeout: long, commit_timeout: long, ..Options::default() };
    let database = open(place.url(), options).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "a").await.key);
    let (locking, looking) = (place.client().await, place.client().await);
    locking.batch_execute("BEGIN; LOCK TABLE customer_search, customers IN ACCESS EXCLUSIVE MODE").await.unwrap();

    let searching = {
        let (store, query) = (database.store(), search(&all_by(&[]), 0, 5));
        tokio::spawn(async move {
            store.search(org, kustodian_core::search_store::SearchQuery { time: long, ..query }).await
        })
    };
    until_waiting(&looking, 1).await;
    searching.abort();
    until_waiting(&looking, 0).await;

    let listing = tokio::spawn(async move { store.list(org, everything(Kind::Customer)).await });
    until_waiting(&looking, 1).await;
    listing.abort();
    until_waiting(&looking, 0).await;

    locking.batch_execute("ROLLBACK").await.unwrap();
    let found = database.store().search(org, search(&all_by(&[]), 0, 5)).await.unwrap();
    assert!(found.records.is_empty());
    database.close().await;
}
