//! Receipts: a write that was done once is not done again.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::place::Place;
use crate::setting::{at, changes, email, engine_with_org, everything, make_org, next_id, put};
use kustodian_core::change::{ChangeSet, Put};
use kustodian_core::kind::Kind;
use kustodian_core::receipt::{Fingerprint, LIFETIME, Pledge, Receipt, ReceiptKey};
use kustodian_core::store::{CommitError, OrgKey, Store, decide_on};
use kustodian_store::{Options, open};
use kustomer_api::ObjectId;
use tokio::task::JoinSet;
use tokio::time::sleep;

fn key(org: OrgKey, key: &str) -> ReceiptKey {
    ReceiptKey::new(org, ObjectId::from_bytes([1; 12]), key.as_bytes()).unwrap()
}

/// A change set that leaves a receipt, asked for at this millisecond.
fn signed(mut changes: ChangeSet, key: ReceiptKey, millis: i64) -> (ChangeSet, Receipt) {
    Pledge { key, fingerprint: Fingerprint([7; 32]), now: at(millis) }.sign(&mut changes, 201);
    let receipt = changes.receipts[0].clone();
    (changes, receipt)
}

fn replayed(result: Result<ChangeSet, CommitError>) -> Receipt {
    match result {
        Err(CommitError::Replayed(receipt)) => receipt,
        other => panic!("{other:?}"),
    }
}

/// Milliseconds since 1970: what ended long before is swept away at any moment.
fn now() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

#[tokio::test]
async fn a_receipt_is_found_until_it_expires() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let now = now();
    let (set, receipt) = signed(changes(vec![put(next_id(), 1)]), key(org, "k"), now);
    assert_eq!(store.find_receipt(org, receipt.key, at(now)).await.unwrap(), None);
    assert_eq!(store.commit(org, set.clone()).await.unwrap(), set);
    let last = receipt.expires_at.as_millis() - 1;
    assert_eq!(store.find_receipt(org, receipt.key, at(last)).await.unwrap().as_ref(), Some(&receipt));
    assert_eq!(store.find_receipt(org, receipt.key, receipt.expires_at).await.unwrap(), None);
    assert_eq!(store.find_receipt(org, key(org, "K"), at(now)).await.unwrap(), None);
    assert_eq!(store.find_receipt(OrgKey(org.0 + 1), receipt.key, at(now)).await.unwrap(), None);
}

#[tokio::test]
async fn a_receipt_has_priority_over_stale_revisions_and_claims() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let now = now();
    let first = put(next_id(), 1);
    let create = |customer: Put| ChangeSet {
        claims: vec![email(org, "jane@example.com", customer.id)],
        ..changes(vec![customer])
    };
    let (set, receipt) = signed(create(first.clone()), key(org, "k"), now);
    store.commit(org, set.clone()).await.unwrap();
    assert_eq!(replayed(store.commit(org, set).await), receipt, "it exists already");
    let (again, _) = signed(create(put(next_id(), 1)), key(org, "k"), now + 1_000);
    assert_eq!(replayed(store.commit(org, again).await), receipt, "the claim is held already");

    let (update, updated) = signed(changes(vec![put(first.id, 2)]), key(org, "u"), now);
    store.commit(org, update.clone()).await.unwrap();
    assert_eq!(replayed(store.commit(org, update.clone()).await), updated, "it has moved on");
    let decide = Box::new(move |_| Ok(update));
    assert_eq!(
        replayed(
            store
                .commit_locked(org, vec![(Kind::Customer, first.id)], decide_on((Kind::Customer, first.id), decide))
                .await
        ),
        updated
    );
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(1));
}

#[tokio::test]
async fn a_refused_commit_leaves_no_receipt() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let now = now();
    let (set, receipt) = signed(changes(vec![put(next_id(), 2)]), key(org, "k"), now);
    assert!(matches!(store.commit(org, set).await, Err(CommitError::Stale { .. })));
    assert_eq!(store.find_receipt(org, receipt.key, at(now)).await.unwrap(), None);
}

#[tokio::test]
async fn an_expired_receipt_is_as_if_it_had_never_been() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let now = now();
    let (set, _) = signed(changes(vec![put(next_id(), 1)]), key(org, "k"), now);
    store.commit(org, set).await.unwrap();
    let (early, _) = signed(changes(vec![put(next_id(), 1)]), key(org, "k"), now + LIFETIME - 1);
    replayed(store.commit(org, early).await);
    let (late, receipt) = signed(changes(vec![put(next_id(), 1)]), key(org, "k"), now + LIFETIME);
    store.commit(org, late.clone()).await.unwrap();
    assert_eq!(replayed(store.commit(org, late).await), receipt);
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_forty_commits_with_one_key_one_is_done() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let now = now();
    for (round, start) in [("fresh", now), ("expired", now + LIFETIME)] {
        let mut commits = JoinSet::new();
        for number in 0..40 {
            let store: Arc<dyn Store> = Arc::clone(&store);
            let customer = put(next_id(), 1);
            // Some want the same claims, too.
            let claims = vec![email(org, &format!("{round}{}@example.com", number % 3), customer.id)];
            let set = ChangeSet { claims, ..changes(vec![customer]) };
            let (set, _) = signed(set, key(org, "k"), start);
            commits.spawn(async move { store.commit(org, set).await });
        }
        let (done, repeated): (Vec<_>, Vec<_>) = commits.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), repeated.len()), (1, 39), "{round}");
        let left = done.into_iter().next().unwrap().unwrap().receipts.remove(0);
        for outcome in repeated {
            assert_eq!(replayed(outcome), left, "{round}");
        }
    }
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(2));
}

#[tokio::test]
async fn receipts_that_do_not_count_any_longer_are_forgotten_and_no_others() {
    let Some(place) = Place::lasting().await else { return };
    let now = now();
    let database = open(place.url(), Options::default()).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let leave = async |store: &dyn Store, name: &str, millis: i64| {
        let (set, receipt) = signed(changes(vec![put(next_id(), 1)]), key(org, name), millis);
        store.commit(org, set).await.unwrap();
        receipt
    };
    // Made in this order, so that nothing is forgotten on the way. An hour is left for clocks that disagree.
    let hour = 60 * 60 * 1_000;
    for number in 0..5 {
        leave(&*database.store(), &format!("expired-{number}"), now - LIFETIME - 2 * hour).await;
    }
    database.close().await;

    // A server that has just come sweeps, too.
    let database = open(place.url(), Options::default()).await.unwrap();
    let store = database.store();
    let kept = [leave(&*store, "still", now - LIFETIME + hour).await, leave(&*store, "new", now).await];
    let mut left = 0;
    for _ in 0..600 {
        left = place.write("UPDATE receipts SET status = status").await;
        if left <= 2 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(left, 2);
    for receipt in kept {
        assert_eq!(store.find_receipt(org, receipt.key, at(now)).await.unwrap().as_ref(), Some(&receipt));
    }
    drop(store);
    database.close().await;
}
