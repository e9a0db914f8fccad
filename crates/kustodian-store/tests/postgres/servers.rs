//! Several servers on one database.

use std::sync::Arc;
use std::time::Duration;

use crate::place::Place;
use crate::setting::{at, changes, email, everything, make_org, next_id, put};
use kustodian_core::change::{ChangeSet, Put};
use kustodian_core::directory::DirectoryError;
use kustodian_core::kind::Kind;
use kustodian_core::store::{CommitError, OrgKey, Store, Stored, decide_on};
use kustodian_store::{Database, Options, Where, open, pending_migrations, verify};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_postgres::Client;

async fn server(place: &Place) -> Database {
    open(place.url(), Options { pool_size: 8, ..Options::default() }).await.unwrap()
}

/// Two servers on an empty database, with an org.
async fn two_servers(place: &Place) -> ([Database; 2], OrgKey) {
    let servers = [server(place).await, server(place).await];
    let org = make_org(&*servers[0].directory(), "acme").await.key;
    (servers, org)
}

fn stores(servers: &[Database; 2]) -> [Arc<dyn Store>; 2] {
    [servers[0].store(), servers[1].store()]
}

/// Waits until everything committed has its position.
async fn settled(client: &Client) {
    while client.query_one("SELECT count(*) FROM outbox", &[]).await.unwrap().get::<_, i64>(0) > 0 {
        sleep(Duration::from_millis(10)).await;
    }
}

/// The org's feed in order: position, record, revision.
async fn feed(client: &Client, org: OrgKey) -> Vec<(i64, String, i64)> {
    let sql = "SELECT position, record, rev FROM positions WHERE org = $1 ORDER BY position";
    let rows = client.query(sql, &[&org.0]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_servers_start_at_once_on_an_empty_database() {
    let Some(place) = Place::bare().await else { return };
    let pending = pending_migrations(place.url()).await.unwrap();
    assert_eq!(pending.first().map(String::as_str), Some("0001"));
    let mut starts = JoinSet::new();
    for _ in 0..10 {
        let url = place.url().to_owned();
        starts.spawn(async move { open(&url, Options { pool_size: 4, ..Options::default() }).await.unwrap() });
    }
    for database in starts.join_all().await {
        database.store().check().await.unwrap();
        database.close().await;
    }
    assert_eq!(pending_migrations(place.url()).await.unwrap(), Vec::<String>::new());
    let client = place.client().await;
    let versions = client.query("SELECT version FROM kustodian_migrations", &[]).await.unwrap();
    assert_eq!(versions.len(), pending.len());
}

/// Hosts cannot distinguish two orgs whose names differ in case alone.
#[tokio::test(flavor = "multi_thread")]
async fn orgs_that_differ_in_case_alone_cannot_be_created_at_the_same_time() {
    let Some(place) = Place::make().await else { return };
    let (servers, _) = two_servers(&place).await;
    // One that is about to create `zeta`, as a server does: it holds the lock, and has not committed.
    let mut client = place.client().await;
    let creating = client.transaction().await.unwrap();
    creating.execute("SELECT pg_advisory_xact_lock(5206631)", &[]).await.unwrap();
    creating.execute("INSERT INTO orgs (id, name, created_at) VALUES ('x', 'zeta', 0)", &[]).await.unwrap();
    let directory = servers[1].directory();
    let second = tokio::spawn(async move { directory.create_org(next_id(), "ZETA", at(0)).await });
    let observer = place.client().await;
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while observer.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(!second.is_finished(), "it was created beside zeta");
        sleep(Duration::from_millis(10)).await;
    }
    creating.commit().await.unwrap();
    assert!(matches!(second.await.unwrap(), Err(DirectoryError::Exists)));
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_decisions_over_two_servers_give_forty_revisions() {
    let Some(place) = Place::make().await else { return };
    let (servers, org) = two_servers(&place).await;
    // Nobody has made it yet: of the first decisions one finds nothing, and the others what that one made.
    let id = next_id();
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let store = Arc::clone(&stores(&servers)[number % 2]);
        tasks.spawn(async move {
            let next = |record: Option<Stored>| record.map_or(1, |record| record.rev + 1);
            let decide = Box::new(move |record| Ok(changes(vec![put(id, next(record))])));
            store
                .commit_locked(org, vec![(Kind::Customer, id)], decide_on((Kind::Customer, id), decide))
                .await
                .unwrap()
                .puts[0]
                .rev
        });
    }
    let mut revisions = tasks.join_all().await;
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=40).collect::<Vec<u64>>());
    for store in stores(&servers) {
        assert_eq!(store.find(org, Kind::Customer, id).await.unwrap().unwrap().rev, 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_raced_over_two_servers_is_held_once() {
    let Some(place) = Place::make().await else { return };
    let (servers, org) = two_servers(&place).await;
    for round in 0..10 {
        let address = move |number: u32| format!("{number}-{round}@example.com");
        let mut tasks = JoinSet::new();
        for number in 0..12_usize {
            let store = Arc::clone(&stores(&servers)[number % 2]);
            tasks.spawn(async move {
                let customer = put(next_id(), 1);
                // Wanted in opposite orders.
                let mut claims: Vec<_> = (0..4).map(|number| email(org, &address(number), customer.id)).collect();
                if number % 3 == 0 {
                    claims.reverse();
                }
                let id = customer.id;
                (id, store.commit(org, ChangeSet { claims, ..changes(vec![customer]) }).await)
            });
        }
        let outcomes = tasks.join_all().await;
        let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(id, _)| *id).collect();
        assert_eq!(winners.len(), 1);
        for (_, outcome) in outcomes {
            match outcome {
                Ok(_) => {}
                Err(CommitError::Claimed { holder, .. }) => assert_eq!(holder, winners[0]),
                Err(other) => panic!("{other}"),
            }
        }
    }
    for store in stores(&servers) {
        assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_are_dense_and_totals_exact_while_two_servers_commit() {
    let Some(place) = Place::make().await else { return };
    let (servers, org) = two_servers(&place).await;
    let mut tasks = JoinSet::new();
    for number in 0..20_usize {
        let [one, other] = stores(&servers);
        tasks.spawn(async move {
            let (first, second) = if number % 2 == 0 { (one, other) } else { (other, one) };
            let id = next_id();
            first.commit(org, changes(vec![put(id, 1)])).await.unwrap();
            second.commit(org, changes(vec![Put { deleted: number % 4 == 0, ..put(id, 2) }])).await.unwrap();
            let restored = first.commit(org, changes(vec![Put { deleted: number % 5 == 0, ..put(id, 3) }])).await;
            restored.unwrap();
            // Stale, and so no event.
            second.commit(org, changes(vec![put(id, 3)])).await.unwrap_err();
        });
    }
    tasks.join_all().await;
    // Exact at once, whether or not positions are given.
    for store in stores(&servers) {
        assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(16));
    }
    let client = place.client().await;
    settled(&client).await;
    let feed = feed(&client, org).await;
    let positions: Vec<i64> = feed.iter().map(|(position, ..)| *position).collect();
    assert_eq!(positions, (1..=60).collect::<Vec<_>>());
    for (_, record, _) in &feed {
        let revisions: Vec<i64> = feed.iter().filter(|(_, of, _)| of == record).map(|(.., rev)| *rev).collect();
        assert_eq!(revisions, [1, 2, 3]);
    }
    let last: i64 = client.query_one("SELECT position FROM feeds WHERE org = $1", &[&org.0]).await.unwrap().get(0);
    let live: i64 = client.query_one("SELECT live FROM live_counts WHERE org = $1", &[&org.0]).await.unwrap().get(0);
    assert_eq!((last, live), (60, 16));
    // Whichever server gave a position, it went on where the other had ended.
    let told = verify(place.url(), None, &mut |_| ()).await.unwrap();
    let in_chains: Vec<_> = told.findings.iter().filter(|found| matches!(found.at, Where::Position(_))).collect();
    assert!(in_chains.is_empty(), "{in_chains:?}");
    assert_eq!((told.orgs[0].position, told.orgs[0].waiting), (60, 0));
    assert_eq!(servers[0].store().list(org, everything(Kind::Customer)).await.unwrap().total, Some(16));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_finishes_late_gets_a_later_position_and_none_is_skipped() {
    let Some(place) = Place::make().await else { return };
    let (servers, org) = two_servers(&place).await;
    let (late, watcher) = (place.client().await, place.client().await);
    // As the engine writes it, by a server that is slow to commit.
    late.batch_execute(&format!(
        "BEGIN; INSERT INTO events (record, org, kind, rev, id, name, at, client, digest, salt, request_id) \
         VALUES ('late', {0}, 'customer', 1, 'x', 'kustomer.customer.create', 1, 'api', '', '', 'r'); \
         INSERT INTO outbox (org, kind, record, rev, at, delta, id, leaf) \
         VALUES ({0}, 'customer', 'late', 1, 1, 1, 'x', sha256(''))",
        org.0
    ))
    .await
    .unwrap();
    for number in 0..6 {
        stores(&servers)[number % 2].commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
    }
    settled(&watcher).await;
    let early = "SELECT count(*) FROM positions WHERE org = $1 AND position BETWEEN 1 AND 6";
    assert_eq!(watcher.query_one(early, &[&org.0]).await.unwrap().get::<_, i64>(0), 6);
    late.batch_execute("COMMIT").await.unwrap();
    settled(&watcher).await;
    stores(&servers)[0].commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
    settled(&watcher).await;
    let feed = feed(&watcher, org).await;
    assert_eq!(feed.iter().map(|(position, ..)| *position).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    assert_eq!(feed[6].1, "late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_stops_waiting_leaves_no_connection_amid_a_transaction() {
    let Some(place) = Place::make().await else { return };
    let (servers, org) = two_servers(&place).await;
    let id = next_id();
    servers[0].store().commit(org, changes(vec![put(id, 1)])).await.unwrap();
    for number in 0..30 {
        let store = servers[0].store();
        let waiting = tokio::spawn(async move {
            let decide = Box::new(move |record: Option<Stored>| Ok(changes(vec![put(id, record.unwrap().rev + 1)])));
            store.commit_locked(org, vec![(Kind::Customer, id)], decide_on((Kind::Customer, id), decide)).await
        });
        sleep(Duration::from_micros(number * 100)).await;
        waiting.abort();
        drop(waiting.await);
    }
    // Whatever was abandoned is finished: the record can be locked, and its revisions have no holes.
    let decide = Box::new(move |record: Option<Stored>| Ok(changes(vec![put(id, record.unwrap().rev + 1)])));
    let last = servers[1]
        .store()
        .commit_locked(org, vec![(Kind::Customer, id)], decide_on((Kind::Customer, id), decide))
        .await
        .unwrap()
        .puts[0]
        .rev;
    let [one, other] = servers;
    one.close().await;
    other.close().await;
    let client = place.client().await;
    let feed = feed(&client, org).await;
    assert!(i64::try_from(last).unwrap() <= i64::try_from(feed.len()).unwrap());
    assert_eq!(feed.iter().map(|(.., rev)| *rev).collect::<Vec<_>>(), (1..).take(feed.len()).collect::<Vec<i64>>());
}
