//! Committing: all or nothing, nobody in another's way.

use std::sync::Arc;

use crate::setting::{changes, email, engine_with_org, everything, next_id, put, stored};
use kustodian_core::change::{ChangeSet, Put};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, OrgKey, Store, StoreError, decide_on};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_commit_is_given_back_and_found_again() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let customer = put(next_id(), 1);
    let mine = email(org, "jane@example.com", customer.id);
    let set = ChangeSet { claims: vec![mine], ..changes(vec![customer.clone()]) };
    assert_eq!(store.commit(org, set.clone()).await.unwrap(), set);

    let found = Some(stored(&customer));
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap(), found);
    assert_eq!(store.find_by_claim(org, Kind::Customer, mine.key).await.unwrap(), found);
    let other = email(org, "nobody@example.com", customer.id).key;
    assert_eq!(store.find_owners(org, &[other, mine.key]).await.unwrap(), [None, Some(customer.id)]);
    assert_eq!(store.find(org, Kind::Tag, customer.id).await.unwrap(), None);
    assert_eq!(store.find_by_claim(org, Kind::Tag, mine.key).await.unwrap(), None);
}

#[tokio::test]
async fn a_commit_is_all_or_nothing() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let holder = put(next_id(), 1);
    let held = email(org, "held@example.com", holder.id);
    store.commit(org, ChangeSet { claims: vec![held], ..changes(vec![holder.clone()]) }).await.unwrap();

    let (first, second) = (put(next_id(), 1), put(next_id(), 1));
    let free = email(org, "free@example.com", first.id);
    let wanted = email(org, "held@example.com", second.id);
    let set =
        ChangeSet { claims: vec![free, wanted], frees: vec![held], ..changes(vec![first.clone(), second.clone()]) };
    // What another owner frees is not freed.
    let set = ChangeSet { frees: vec![email(org, "held@example.com", first.id)], ..set };
    match store.commit(org, set).await {
        Err(CommitError::Claimed { claim, holder: found }) => assert_eq!((claim.key, found), (held.key, holder.id)),
        other => panic!("{other:?}"),
    }
    for id in [first.id, second.id] {
        assert_eq!(store.find(org, Kind::Customer, id).await.unwrap(), None);
    }
    assert_eq!(store.find_owners(org, &[free.key, held.key]).await.unwrap(), [None, Some(holder.id)]);
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(1));
}

#[tokio::test]
async fn many_new_customers_are_committed_with_their_events_and_claims() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let made = |from: u32| {
        let customers: Vec<Put> = (from..from + 60).map(|_| put(next_id(), 1)).collect();
        let claims =
            customers.iter().zip(from..).map(|(put, number)| email(org, &format!("{number}@x.example"), put.id));
        // One is written twice, one is made deleted, one leaves an event more, and other records are beside them.
        let mut puts = customers.clone();
        puts.push(put(customers[7].id, 2));
        puts[8].deleted = true;
        puts.extend([Put { kind: Kind::Tag, ..put(next_id(), 1) }, Put { kind: Kind::Tag, ..put(next_id(), 1) }]);
        ChangeSet { claims: claims.collect(), ..changes(puts) }
    };
    let first = made(0);
    assert_eq!(store.commit(org, first.clone()).await.unwrap(), first);
    for put in first.puts.iter().filter(|put| put.id != first.puts[7].id) {
        assert_eq!(store.find(org, put.kind, put.id).await.unwrap(), Some(stored(put)));
    }
    assert_eq!(store.find(org, Kind::Customer, first.puts[7].id).await.unwrap().unwrap().rev, 2);
    let keys: Vec<_> = first.claims.iter().map(|claim| claim.key).collect();
    let owners = first.claims.iter().map(|claim| Some(claim.owner)).collect::<Vec<_>>();
    assert_eq!(store.find_owners(org, &keys).await.unwrap(), owners);
    let total = async |kind| store.list(org, everything(kind)).await.unwrap().total;
    assert_eq!((total(Kind::Customer).await, total(Kind::Tag).await), (Some(59), Some(2)));
    crate::feed::settled(&store, org, 63).await;
    let happened = crate::feed::whole_feed(&store, org).await;
    let mut expected: Vec<_> = first.events.iter().map(|event| event.id).collect();
    let mut found: Vec<_> = happened.iter().map(|recorded| recorded.id).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);

    // One claim in the way, and nothing of it is there.
    let mut second = made(100);
    second.claims[30] = email(org, "3@x.example", second.puts[30].id);
    match store.commit(org, second.clone()).await {
        Err(CommitError::Claimed { claim, holder }) => {
            assert_eq!((claim.owner, holder), (second.puts[30].id, first.puts[3].id));
        }
        other => panic!("{other:?}"),
    }
    for put in &second.puts {
        assert_eq!(store.find(org, put.kind, put.id).await.unwrap(), None);
    }
    assert_eq!(total(Kind::Customer).await, Some(59));
    let twice =
        ChangeSet { puts: first.puts[..3].to_vec(), events: first.events[..3].to_vec(), ..ChangeSet::default() };
    assert!(matches!(store.commit(org, twice).await, Err(CommitError::Stale { kind: Kind::Customer, .. })));
}

#[tokio::test]
async fn a_stale_revision_is_a_conflict() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let customer = put(next_id(), 1);
    let is_stale = |result: Result<ChangeSet, CommitError>| matches!(result, Err(CommitError::Stale { kind: Kind::Customer, id }) if id == customer.id);
    assert!(is_stale(store.commit(org, changes(vec![put(customer.id, 2)])).await), "it does not exist");
    store.commit(org, changes(vec![customer.clone()])).await.unwrap();
    assert!(is_stale(store.commit(org, changes(vec![customer.clone()])).await), "it exists");
    assert!(is_stale(store.commit(org, changes(vec![put(customer.id, 3)])).await), "it is not there yet");
    store.commit(org, changes(vec![put(customer.id, 2)])).await.unwrap();
    assert!(is_stale(store.commit(org, changes(vec![put(customer.id, 2)])).await), "it has moved on");
}

#[tokio::test]
async fn a_change_set_sees_its_own_puts_and_claims() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let id = next_id();
    store.commit(org, changes(vec![put(id, 1), put(id, 2), put(id, 3)])).await.unwrap();
    assert_eq!(store.find(org, Kind::Customer, id).await.unwrap().unwrap().rev, 3);
    let one = changes(vec![put(id, 4), put(id, 4)]);
    assert!(matches!(store.commit(org, one).await, Err(CommitError::Stale { .. })));

    let other = next_id();
    let both = ChangeSet {
        claims: vec![email(org, "a@example.com", id), email(org, "a@example.com", other)],
        ..ChangeSet::default()
    };
    match store.commit(org, both).await {
        Err(CommitError::Claimed { holder, .. }) => assert_eq!(holder, id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn claims_are_freed_and_taken_over() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let (jane, john) = (next_id(), next_id());
    let of = |owner| email(org, "shared@example.com", owner);
    let take = |owner| ChangeSet { claims: vec![of(owner)], ..ChangeSet::default() };
    store.commit(org, take(jane)).await.unwrap();
    store.commit(org, take(jane)).await.expect("held by the same owner already");
    assert!(matches!(store.commit(org, take(john)).await, Err(CommitError::Claimed { .. })));

    let unheld = ChangeSet { frees: vec![of(john)], ..ChangeSet::default() };
    store.commit(org, unheld).await.expect("a missing claim is passed over");
    assert_eq!(store.find_owners(org, &[of(jane).key]).await.unwrap(), [Some(jane)]);

    let hand_over = ChangeSet { frees: vec![of(jane)], claims: vec![of(john)], ..ChangeSet::default() };
    store.commit(org, hand_over).await.unwrap();
    assert_eq!(store.find_owners(org, &[of(jane).key]).await.unwrap(), [Some(john)]);
    let keep = ChangeSet { frees: vec![of(john)], claims: vec![of(john)], ..ChangeSet::default() };
    store.commit(org, keep).await.unwrap();
    assert_eq!(store.find_owners(org, &[of(jane).key]).await.unwrap(), [Some(john)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_decisions_under_the_lock_give_forty_revisions() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let customer = put(next_id(), 1);
    store.commit(org, changes(vec![customer.clone()])).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let (store, id) = (Arc::clone(&store), customer.id);
        tasks.spawn(async move {
            let decide = Box::new(move |record: Option<kustodian_core::store::Stored>| {
                Ok(changes(vec![put(id, record.unwrap().rev + 1)]))
            });
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
    assert_eq!(revisions, (2..=41).collect::<Vec<u64>>());
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap().unwrap().rev, 41);
}

#[tokio::test]
async fn a_decision_sees_the_stored_record_and_may_refuse() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let customer = put(next_id(), 1);
    let make = customer.clone();
    let decide = Box::new(move |record| {
        assert_eq!(record, None);
        Ok(changes(vec![make]))
    });
    store
        .commit_locked(org, vec![(Kind::Customer, customer.id)], decide_on((Kind::Customer, customer.id), decide))
        .await
        .unwrap();
    let seen = stored(&customer);
    let decide = Box::new(move |record| {
        assert_eq!(record, Some(seen));
        Err(Refusal::not_found("id"))
    });
    match store
        .commit_locked(org, vec![(Kind::Customer, customer.id)], decide_on((Kind::Customer, customer.id), decide))
        .await
    {
        Err(CommitError::Refused(refusal)) => assert_eq!(refusal.status, 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rule_that_panics_harms_nobody_else() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let customer = put(next_id(), 1);
    let panics = Box::new(|_| panic!("on purpose"));
    let (good, bad) = tokio::join!(
        store.commit(org, changes(vec![customer.clone()])),
        store.commit_locked(org, vec![(Kind::Customer, customer.id)], decide_on((Kind::Customer, customer.id), panics))
    );
    assert!(matches!(bad, Err(CommitError::Store(StoreError::Failed { .. }))));
    good.unwrap();
    store.commit(org, changes(vec![put(customer.id, 2)])).await.unwrap();
}

/// Commits all at once, so that they meet in one batch.
async fn commit_together(store: &Arc<dyn Store>, org: OrgKey, sets: Vec<ChangeSet>) -> Vec<bool> {
    let mut tasks = JoinSet::new();
    for (number, set) in sets.into_iter().enumerate() {
        let store = Arc::clone(store);
        tasks.spawn(async move { (number, store.commit(org, set).await.is_ok()) });
    }
    let mut results = tasks.join_all().await;
    results.sort_unstable();
    results.into_iter().map(|(_, committed)| committed).collect()
}

#[tokio::test]
async fn members_of_a_batch_are_independent() {
    let Some((database, store, org)) = engine_with_org().await else { return };
    let taken = next_id();
    let mut sets = Vec::new();
    for number in 0..60 {
        let customer = put(next_id(), 1);
        // Every third wants the same address, every fifth claims a revision that is not there.
        let address = if number % 3 == 0 { "same@example.com".to_owned() } else { format!("{number}@example.com") };
        let customer = if number % 5 == 0 { Put { expects: Some(7), ..customer } } else { customer };
        sets.push(ChangeSet { claims: vec![email(org, &address, customer.id)], ..changes(vec![customer]) });
    }
    let holder = ChangeSet { claims: vec![email(org, "same@example.com", taken)], ..ChangeSet::default() };
    store.commit(org, holder).await.unwrap();
    let results = commit_together(&store, org, sets.clone()).await;
    for (number, committed) in results.into_iter().enumerate() {
        assert_eq!(committed, number % 3 != 0 && number % 5 != 0, "{number}");
        let customer = store.find(org, Kind::Customer, sets[number].puts[0].id).await.unwrap();
        assert_eq!(customer.is_some(), committed, "{number}");
    }
    let metrics = database.metrics();
    assert_eq!((metrics.refused, metrics.failed), (28, 0));
    assert!(!crate::place::GROUPS_COMMITS || metrics.groups < metrics.commits, "{metrics:?}");
}

#[tokio::test]
async fn a_member_no_database_can_take_harms_nobody_else() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let mut sets: Vec<_> = (0..20).map(|_| changes(vec![put(next_id(), 1)])).collect();
    // The same revision of the same record happens twice: only the database's own constraint sees that.
    let twice = sets[7].events[0].clone();
    sets[7].events.push(twice);
    let results = commit_together(&store, org, sets).await;
    for (number, committed) in results.into_iter().enumerate() {
        assert_eq!(committed, number != 7, "{number}");
    }
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(19));
}

#[tokio::test]
async fn deleted_records_are_found_but_not_listed() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let customer = put(next_id(), 1);
    store.commit(org, changes(vec![customer.clone()])).await.unwrap();
    store.commit(org, changes(vec![Put { deleted: true, ..put(customer.id, 2) }])).await.unwrap();
    assert!(store.find(org, Kind::Customer, customer.id).await.unwrap().unwrap().deleted);
    let listing = store.list(org, everything(Kind::Customer)).await.unwrap();
    assert_eq!((listing.records.len(), listing.total), (0, Some(0)));
    store.commit(org, changes(vec![put(customer.id, 3)])).await.unwrap();
    let listing = store.list(org, everything(Kind::Customer)).await.unwrap();
    assert_eq!((listing.records.len(), listing.total), (1, Some(1)));
}

#[tokio::test]
async fn another_org_finds_nothing() {
    let Some((database, store, org)) = engine_with_org().await else { return };
    let other = crate::setting::make_org(&*database.directory(), "other").await.key;
    let customer = put(next_id(), 1);
    let claim = email(org, "jane@example.com", customer.id);
    store.commit(org, ChangeSet { claims: vec![claim], ..changes(vec![customer.clone()]) }).await.unwrap();

    assert_eq!(store.find(other, Kind::Customer, customer.id).await.unwrap(), None);
    for key in [claim.key, email(other, "jane@example.com", customer.id).key] {
        assert_eq!(store.find_by_claim(other, Kind::Customer, key).await.unwrap(), None);
        assert_eq!(store.find_owners(other, &[key]).await.unwrap(), [None]);
    }
    let listing = store.list(other, everything(Kind::Customer)).await.unwrap();
    assert_eq!((listing.records.len(), listing.total), (0, Some(0)));
    let decide = Box::new(|record: Option<_>| {
        assert!(record.is_none());
        Ok(ChangeSet::default())
    });
    store
        .commit_locked(other, vec![(Kind::Customer, customer.id)], decide_on((Kind::Customer, customer.id), decide))
        .await
        .unwrap();
    assert!(matches!(store.commit(other, changes(vec![put(customer.id, 2)])).await, Err(CommitError::Stale { .. })));
    // The same id may live in both, as it does when a copy of an org is brought in.
    store.commit(other, changes(vec![customer.clone()])).await.unwrap();
    store.commit(other, changes(vec![put(customer.id, 2)])).await.unwrap();
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap().unwrap().rev, 1);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let Some((database, store, org)) = engine_with_org().await else { return };
    store.check().await.unwrap();
    database.close().await;
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(
        store.commit(org, ChangeSet::default()).await,
        Err(CommitError::Store(StoreError::Unavailable { .. }))
    ));
}
