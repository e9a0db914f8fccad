//! Events once they are committed: an org's feed, a record's history, the chain over them, and what erasing leaves.

use std::sync::Arc;
use std::time::Duration;

use crate::setting::{at, changes, engine, engine_with_org, event, id, make_org, new_token, next_id, put};
use kustodian_core::chain::{Digest, Link, genesis, leaf, link};
use kustodian_core::change::{ChangeSet, Erasure, Event, Put};
use kustodian_core::feed::{Feed, FeedQuery, HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, Store};
use kustomer_api::ObjectId;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Waits until the feed has this many events: with several servers a position is given a moment after the commit.
pub(crate) async fn settled(store: &Arc<dyn Store>, org: OrgKey, count: u64) {
    for _ in 0..1_000 {
        if store.feed_head(org).await.unwrap().position >= count {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the feed did not reach {count}");
}

/// Everything that happened in an org.
pub(crate) async fn whole_feed(store: &Arc<dyn Store>, org: OrgKey) -> Vec<Recorded> {
    let feed =
        store.feed(org, FeedQuery { limit: 10_000, payload: Payload::Whole, ..FeedQuery::default() }).await.unwrap();
    assert_eq!(feed.total, None);
    feed.events
}

/// The members that the feed must have of an event.
fn recorded(event: &Event, position: u64, link: Link) -> Recorded {
    Recorded {
        position: Some(position),
        id: event.id,
        name: event.name.clone().into_owned(),
        kind: event.kind,
        record: event.record,
        rev: event.rev,
        at: event.at,
        actor: event.actor,
        client: event.client.to_owned(),
        request_id: event.request_id.clone(),
        changes: event.changes.clone(),
        snapshot: event.snapshot.clone(),
        salt: Some(event.salt),
        digest: event.digest,
        link: Some(link),
    }
}

/// Computes every link again.
fn chain_holds(org: OrgKey, feed: &[Recorded]) {
    let mut previous = genesis(org);
    for (position, event) in (1..).zip(feed) {
        assert_eq!(event.position, Some(position));
        previous = link(previous, position, leaf(event.metadata(), event.digest));
        assert_eq!(event.link, Some(previous), "at {position}");
    }
}

fn actor(number: u32) -> ObjectId {
    id(900 + number)
}

/// Events of several kinds, people and moments, each in a commit of its own; moments do not always go forward.
async fn population(store: &Arc<dyn Store>, org: OrgKey) -> Vec<Event> {
    let mut events = Vec::new();
    for number in 0..60_u32 {
        let kind = Kind::ALL[usize::try_from(number % 3).unwrap()];
        let put = Put { kind, updated_at: at(i64::from(number / 2 * 7 % 40)), ..put(id(number), 1) };
        let happened = Event { actor: (number % 4 > 0).then(|| actor(number % 4)), ..event(&put) };
        store
            .commit(org, ChangeSet { puts: vec![put], events: vec![happened.clone()], ..ChangeSet::default() })
            .await
            .unwrap();
        settled(store, org, u64::from(number) + 1).await;
        events.push(happened);
    }
    events
}

#[tokio::test]
async fn every_filter_direction_and_bound_of_a_feed_agrees_with_a_plain_filter() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let events = population(&store, org).await;
    let feed = whole_feed(&store, org).await;
    chain_holds(org, &feed);
    for (event, found) in events.iter().zip(&feed) {
        assert_eq!(*found, recorded(event, found.position.unwrap(), found.link.unwrap()));
    }
    let everything = FeedQuery { limit: 7, payload: Payload::Whole, count: true, ..FeedQuery::default() };
    let queries = [
        everything.clone(),
        FeedQuery { kinds: Vec::new(), ..everything.clone() },
        FeedQuery { kinds: vec![Kind::Tag], ..everything.clone() },
        FeedQuery { kinds: vec![Kind::User, Kind::Tag], ..everything.clone() },
        FeedQuery { kinds: vec![Kind::Customer, Kind::User], from: Some(at(10)), ..everything.clone() },
        FeedQuery { from: Some(at(7)), to: Some(at(21)), ..everything.clone() },
        FeedQuery { to: Some(at(0)), ..everything.clone() },
        FeedQuery { actor: Some(actor(2)), ..everything.clone() },
        FeedQuery { actor: Some(actor(3)), kinds: vec![Kind::Tag], to: Some(at(30)), ..everything.clone() },
        FeedQuery { record: Some(id(17)), ..everything.clone() },
        FeedQuery { record: Some(id(17)), kinds: vec![Kind::Customer], ..everything.clone() },
        FeedQuery { record: Some(id(19)), actor: Some(actor(3)), from: Some(at(1)), ..everything.clone() },
        FeedQuery { actor: Some(actor(7)), ..everything },
    ];
    for query in queries {
        for (descending, after, before) in [
            (false, None, None),
            (true, None, None),
            (false, Some(11), None),
            (true, None, Some(50)),
            (true, Some(40), Some(43)),
        ] {
            let query = FeedQuery { descending, after, before, ..query.clone() };
            let mut matching: Vec<&Recorded> = feed.iter().filter(|event| matches(&query, event)).collect();
            let total = u64::try_from(matching.len()).unwrap();
            matching.retain(|event| {
                let position = event.position.unwrap();
                after.is_none_or(|after| position > after) && before.is_none_or(|before| position < before)
            });
            if descending {
                matching.reverse();
            }
            let wanted = matching.into_iter().take(7).cloned().collect();
            let found = store.feed(org, query.clone()).await.unwrap();
            assert_eq!(found, Feed { events: wanted, total: Some(total) }, "{query:?}");
        }
    }
    let none = store.feed(org, FeedQuery { count: true, ..FeedQuery::default() }).await.unwrap();
    assert_eq!(none, Feed { events: Vec::new(), total: Some(60) });
}

fn matches(query: &FeedQuery, event: &Recorded) -> bool {
    query.kinds.contains(&event.kind)
        && query.record.is_none_or(|record| record == event.record)
        && query.actor.is_none_or(|actor| Some(actor) == event.actor)
        && query.from.is_none_or(|from| event.at >= from)
        && query.to.is_none_or(|to| event.at <= to)
}

/// All that happened to a customer.
fn history_of(record: ObjectId) -> HistoryQuery {
    let (kind, payload, bytes) = (Kind::Customer, Payload::Whole, usize::MAX);
    HistoryQuery { kind, record, from: 1, to: u64::MAX, descending: false, limit: 99, payload, bytes }
}

#[tokio::test]
async fn a_history_is_there_at_once_in_every_range_and_direction() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let (mine, other) = (next_id(), next_id());
    for rev in 1..=40 {
        store.commit(org, changes(vec![put(mine, rev), put(other, rev)])).await.unwrap();
    }
    let all = history_of(mine);
    let revs = async |query: HistoryQuery| -> Vec<u64> {
        store.history(org, query).await.unwrap().iter().map(|event| event.rev).collect()
    };
    assert_eq!(revs(all).await, (1..=40).collect::<Vec<_>>());
    assert_eq!(revs(HistoryQuery { descending: true, limit: 3, ..all }).await, [40, 39, 38]);
    assert_eq!(revs(HistoryQuery { from: 5, to: 7, ..all }).await, [5, 6, 7]);
    assert_eq!(revs(HistoryQuery { from: 9, to: 8, ..all }).await, [0; 0]);
    assert_eq!(revs(HistoryQuery { kind: Kind::Tag, ..all }).await, [0; 0]);
    let history = store.history(org, all).await.unwrap();
    assert!(history.iter().all(|event| event.record == mine && event.salt.is_some()));
    let snapshots: Vec<u64> = history.iter().filter(|event| event.snapshot.is_some()).map(|event| event.rev).collect();
    assert_eq!(snapshots, [32]);
    assert_eq!(history[31].snapshot, Some(put(mine, 32).document));
    settled(&store, org, 80).await;
    let placed = store.history(org, all).await.unwrap();
    assert!(placed.iter().all(|event| event.position.is_some() && event.link.is_some()));
}

#[tokio::test]
async fn the_revision_at_a_moment_is_the_last_one_by_then() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let record = next_id();
    // Two revisions within one millisecond, and a clock that was set back.
    for (rev, moment) in (1..).zip([10, 20, 20, 35, 30]) {
        store.commit(org, changes(vec![Put { updated_at: at(moment), ..put(record, rev) }])).await.unwrap();
    }
    for (moment, rev) in
        [(9, None), (10, Some(1)), (19, Some(1)), (20, Some(3)), (29, Some(3)), (30, Some(5)), (99, Some(5))]
    {
        assert_eq!(store.find_rev_at(org, Kind::Customer, record, at(moment)).await.unwrap(), rev, "{moment}");
    }
    assert_eq!(store.find_rev_at(org, Kind::Tag, record, at(99)).await.unwrap(), None);
    assert_eq!(store.find_rev_at(org, Kind::Customer, next_id(), at(99)).await.unwrap(), None);
}

#[tokio::test]
async fn an_event_is_found_by_its_id_in_its_org_alone() {
    let Some((database, store, org)) = engine_with_org().await else { return };
    let other = make_org(&*database.directory(), "other").await.key;
    let set = changes(vec![put(next_id(), 1), put(next_id(), 1)]);
    store.commit(org, set.clone()).await.unwrap();
    for event in &set.events {
        let found = store.find_event(org, event.id).await.unwrap().expect("it is there as soon as the record is");
        assert_eq!((found.record, found.rev, found.salt), (event.record, 1, Some(event.salt)));
    }
    settled(&store, org, 2).await;
    let found = store.find_event(org, set.events[1].id).await.unwrap().unwrap();
    assert_eq!(found, recorded(&set.events[1], found.position.unwrap(), found.link.unwrap()));
    assert_eq!(store.find_event(org, next_id()).await.unwrap(), None);

    assert_eq!(store.find_event(other, set.events[0].id).await.unwrap(), None);
    assert_eq!(store.find_rev_at(other, Kind::Customer, set.puts[0].id, at(i64::MAX)).await.unwrap(), None);
    let all = FeedQuery { limit: 9, count: true, ..FeedQuery::default() };
    assert_eq!(store.feed(other, all).await.unwrap(), Feed { events: Vec::new(), total: Some(0) });
    let query = HistoryQuery { from: 0, ..history_of(set.puts[0].id) };
    assert_eq!(store.history(other, query).await.unwrap(), []);
    let head = store.feed_head(other).await.unwrap();
    assert_eq!((head.position, head.link), (0, genesis(other)));
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_are_dense_and_the_chain_holds_while_many_write_and_some_are_refused() {
    let Some(database) = engine().await else { return };
    let orgs = [make_org(&*database.directory(), "a").await.key, make_org(&*database.directory(), "b").await.key];
    let store = database.store();
    let mut writes = JoinSet::new();
    for number in 0..40_u64 {
        let (store, org) = (Arc::clone(&store), orgs[usize::from(number % 3 == 0)]);
        writes.spawn(async move {
            let id = next_id();
            store.commit(org, changes(vec![put(id, 1), put(next_id(), 1)])).await.unwrap();
            store.commit(org, changes(vec![put(id, 1)])).await.unwrap_err();
            store.commit(org, changes(vec![put(id, 2)])).await.unwrap();
            if number % 4 == 0 {
                let many = changes((0..20).map(|_| put(next_id(), 1)).collect());
                store.commit(org, many.clone()).await.unwrap();
                store.commit(org, many).await.unwrap_err();
            }
        });
    }
    writes.join_all().await;
    database.directory().create_token(new_token(orgs[0], 1)).await.unwrap();
    for (org, count) in orgs.into_iter().zip([26 * 3 + 6 * 20 + 1, 14 * 3 + 4 * 20]) {
        settled(&store, org, count).await;
        let feed = whole_feed(&store, org).await;
        assert_eq!(u64::try_from(feed.len()).unwrap(), count);
        chain_holds(org, &feed);
        let head = store.feed_head(org).await.unwrap();
        assert_eq!((Some(head.position), Some(head.link)), (feed.last().unwrap().position, feed.last().unwrap().link));
        for event in &feed {
            let revs: Vec<u64> =
                feed.iter().filter(|other| other.record == event.record).map(|event| event.rev).collect();
            assert!(revs.is_sorted(), "{revs:?}");
        }
    }
}

#[tokio::test]
async fn erasing_empties_payloads_and_leaves_the_chain() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    let (gone, kept) = (next_id(), next_id());
    for rev in 1..=33 {
        store.commit(org, changes(vec![put(gone, rev), put(kept, rev)])).await.unwrap();
    }
    let erasures = vec![Erasure::whole(Kind::Customer, gone)];
    let set = ChangeSet { erasures, ..changes(vec![Put { deleted: true, ..put(gone, 34) }]) };
    // Refused as a whole, it erases nothing.
    let stale = ChangeSet { erasures: set.erasures.clone(), ..changes(vec![put(gone, 33)]) };
    store.commit(org, stale).await.unwrap_err();
    settled(&store, org, 66).await;
    let before = whole_feed(&store, org).await;
    assert!(before.iter().all(|event| !event.is_erased()));

    store.commit(org, set).await.unwrap();
    settled(&store, org, 67).await;
    let after = whole_feed(&store, org).await;
    chain_holds(org, &after);
    for (before, after) in before.iter().zip(&after) {
        if before.record == gone {
            let emptied =
                Recorded { request_id: String::new(), changes: None, snapshot: None, salt: None, ..before.clone() };
            assert_eq!(*after, emptied);
        } else {
            assert_eq!(after, before);
        }
    }
    let last = after.last().unwrap();
    assert!(!last.is_erased() && last.digest != Digest([0; 32]));
    store.scrub().await.unwrap();
    store.scrub().await.expect("there is nothing left to do");
    assert_eq!(whole_feed(&store, org).await, after);
    assert_eq!(store.find(org, Kind::Customer, kept).await.unwrap().unwrap().rev, 33);
}
