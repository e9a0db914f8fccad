//! The server away, and back.

use std::time::Duration;

use crate::place::Place;
use crate::proxy::Proxy;
use crate::setting::{changes, everything, make_org, next_id, put, stored};
use kustodian_core::kind::Kind;
use kustodian_core::store::{CommitError, StoreError};
use kustodian_store::{Options, open};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_reported_at_once_and_survived() {
    let Some(place) = Place::make().await else { return };
    let proxy = Proxy::start(place.url()).await;
    let database = open(&proxy.url(), Options::default()).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "acme").await.key);
    let customer = put(next_id(), 1);
    store.commit(org, changes(vec![customer.clone()])).await.unwrap();
    store.check().await.unwrap();

    proxy.cut().await;
    let mut reads = JoinSet::new();
    for _ in 0..200 {
        let (store, id) = (database.store(), customer.id);
        reads.spawn(async move { store.find(org, Kind::Customer, id).await });
    }
    for read in reads.join_all().await {
        assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    }
    let lost = put(next_id(), 1);
    let commit = store.commit(org, changes(vec![lost.clone()])).await;
    assert!(matches!(commit, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{commit:?}");
    assert!(matches!(store.list(org, everything(Kind::Customer)).await, Err(StoreError::Unavailable { .. })));
    assert!(store.check().await.is_err());

    proxy.mend().await;
    while store.check().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap(), Some(stored(&customer)));
    store.commit(org, changes(vec![lost])).await.unwrap();
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_ends_are_replaced() {
    let Some(place) = Place::make().await else { return };
    let database = open(place.url(), Options::default()).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "acme").await.key);
    let customer = put(next_id(), 1);
    store.commit(org, changes(vec![customer.clone()])).await.unwrap();
    let end_all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let client = place.client().await;
    for rev in 2..8 {
        client.query(end_all, &[]).await.unwrap();
        // A read is repeated on another connection by itself; a write is not, as nobody knows what came of it.
        assert!(store.find(org, Kind::Customer, customer.id).await.is_ok());
        while let Err(error) = store.commit(org, changes(vec![put(customer.id, rev)])).await {
            assert!(matches!(error, CommitError::Store(StoreError::Unavailable { .. })), "{error}");
        }
    }
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap().unwrap().rev, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_write_is_reported_by_the_check() {
    let Some(place) = Place::make().await else { return };
    let database = open(place.url(), Options::default()).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "acme").await.key);
    store.check().await.unwrap();
    database.close().await;
    assert!(store.check().await.is_err());

    let url = format!("{}?options=-c%20default_transaction_read_only%3Don", place.url());
    let database = open(&url, Options::default()).await.unwrap();
    assert!(matches!(database.store().check().await, Err(StoreError::Unavailable { .. })));
    assert_eq!(database.store().list(org, everything(Kind::Customer)).await.unwrap().total, Some(0));
}
