//! Searches that take long: they give way, and stop when nobody waits for them. Walks that are kept: how many.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kustodian_core::kind::Kind;
use kustodian_core::search::{Criterion, Node, Query, Sort, Test, Word};
use kustodian_core::search_store::{Count, SearchError, SearchQuery, WalkFrom, WalkQuery};
use kustodian_core::store::{OrgKey, Store};
use kustodian_store::{KeptWalks, Options, open};
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;
use serde_json::json;

use crate::place::Place;
use crate::search::{all_by, custom, customer, search, walk};
use crate::setting::{changes, everything, id, make_org, next_id};

/// Words that everybody has, in another attribute than the one that is searched.
const WORDS: usize = 100;

fn word(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    format!("{}{}", letter(number / 26), letter(number))
}

/// A search that tests a hundred words against each document, and finds nothing.
pub(crate) fn expensive() -> SearchQuery {
    let criterion = |number| Criterion { subject: custom("otherTxt"), test: Test::Words(Word::all(&word(number))) };
    let root = Node::Any((0..WORDS).map(|number| Node::Test(criterion(number))).collect());
    SearchQuery { total: Count::Exact, ..search(&Query { root, ..all_by(&[]) }, 0, 50) }
}

/// Customers for whom [`expensive`] is.
pub(crate) async fn fill(store: &dyn Store, org: OrgKey, count: u32) {
    let bio: String = (0..WORDS).map(|number| format!("{}zz ", word(number))).collect();
    let other: String = (0..600).map(|number| format!("z{number} ")).collect();
    for number in 0..count {
        let attributes = json!({ "custom": { "scoreNum": number, "bioTxt": bio, "otherTxt": other } });
        let put = customer(id(number), 1, attributes.as_object().unwrap(), false);
        store.commit(org, changes(vec![put])).await.unwrap();
    }
}

/// Waits until it holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_nobody_waits_for_leaves_its_turn_to_another() {
    let Some(place) = Place::make().await else { return };
    // One turn of each, which a search keeps for as long as it takes.
    let options = Options {
        quick_searches: 1,
        slow_searches: 1,
        search_slice: Duration::from_secs(600),
        // Shorter than one search that nobody stops.
        list_timeout: Duration::from_secs(3),
        ..Options::default()
    };
    let database = open(place.url(), options).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "a").await.key);
    fill(&*store, org, 400).await;
    let query = SearchQuery { time: Duration::from_secs(600), ..expensive() };
    for _ in 0..20 {
        let (store, query) = (Arc::clone(&store), query.clone());
        let searching = tokio::spawn(async move { store.search(org, query).await });
        // Long enough to have begun, most of the time.
        tokio::time::sleep(Duration::from_millis(5)).await;
        searching.abort();
        assert!(searching.await.is_err_and(|error| error.is_cancelled()));
    }
    let cheap = SearchQuery { total: Count::None, ..search(&all_by(&[]), 0, 1) };
    assert_eq!(store.search(org, cheap).await.unwrap().records.len(), 1);
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_org_whose_searches_take_all_turns_delays_neither_lists_nor_another_org() {
    let Some(place) = Place::make().await else { return };
    let options = Options { search_slice: Duration::from_millis(20), ..Options::default() };
    let database = open(place.url(), options).await.unwrap();
    let (store, directory) = (database.store(), database.directory());
    let [busy, other] = [make_org(&*directory, "a").await.key, make_org(&*directory, "b").await.key];
    fill(&*store, busy, 400).await;
    fill(&*store, other, 3).await;
    let query = SearchQuery { time: Duration::from_secs(20), ..expensive() };
    let searches: Vec<_> = (0..60)
        .map(|number| {
            let (store, query) = (Arc::clone(&store), SearchQuery { key: id(number % 2), ..query.clone() });
            tokio::spawn(async move { store.search(busy, query).await })
        })
        .collect();
    for _ in 0..10 {
        let cheap = SearchQuery { key: id(9), ..search(&all_by(&[]), 0, 10) };
        assert_eq!(store.search(other, cheap).await.unwrap().records.len(), 3);
        assert_eq!(store.list(other, everything(Kind::Customer)).await.unwrap().records.len(), 3);
        assert_eq!(store.list(busy, everything(Kind::Tag)).await.unwrap().records.len(), 0);
    }
    let mut told = Vec::new();
    for search in searches {
        search.abort();
        if let Ok(answer) = search.await {
            told.push(answer);
        }
    }
    // Those that got an answer did not get an error.
    let is_in_order = |answer: &Result<_, SearchError>| match answer {
        Ok(_) | Err(SearchError::TooMany) => true,
        Err(error) => error.to_string().contains("not available"),
    };
    assert!(told.iter().all(is_in_order), "{told:?}");
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_with_too_many_searches_is_reported_and_another_is_not() {
    let Some(place) = Place::make().await else { return };
    let options = Options { search_slice: Duration::from_secs(600), ..Options::default() };
    let database = open(place.url(), options).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "a").await.key);
    fill(&*store, org, 400).await;
    let query = SearchQuery { time: Duration::from_secs(600), key: id(1), ..expensive() };
    let mut searches = tokio::task::JoinSet::new();
    for _ in 0..320 {
        let (store, query) = (Arc::clone(&store), query.clone());
        searches.spawn(async move { store.search(org, query).await });
    }
    until("some are refused", async || match searches.try_join_next() {
        Some(told) => {
            assert!(matches!(told.unwrap(), Err(SearchError::TooMany)));
            true
        }
        None => false,
    })
    .await;
    let other = SearchQuery { key: id(2), ..query };
    let mut waiting = std::pin::pin!(store.search(org, other));
    let told = tokio::time::timeout(Duration::from_millis(200), waiting.as_mut()).await;
    assert!(told.is_err(), "it waits, or is worked on: {told:?}");
    searches.shutdown().await;
    assert!(waiting.await.is_ok());
    database.close().await;
}

#[tokio::test]
async fn an_org_keeps_so_many_walks_and_forgets_those_that_were_used_least_recently() {
    let Some(place) = Place::make().await else { return };
    let options = Options { kept_walks: KeptWalks { walks: 3, ids: 12 }, ..Options::default() };
    let database = open(place.url(), options).await.unwrap();
    let (store, directory) = (database.store(), database.directory());
    let [org, other] = [make_org(&*directory, "a").await.key, make_org(&*directory, "b").await.key];
    for org in [org, other] {
        fill(&*store, org, 5).await;
    }
    let by_name = all_by(&[Sort { by: Attribute::CreatedAt, descending: true }]);
    let mut moment = 0;
    let mut step = async |org: OrgKey, query: &Query, from: WalkFrom| {
        moment += 1_000;
        store.walk(org, WalkQuery { now: crate::setting::at(moment), ..walk(query, from, 1) }).await
    };
    let start = || WalkFrom::Start { walk: next_id() };
    let elsewhere = step(other, &by_name, start()).await.unwrap().next.unwrap();
    // Five ids each: of 12 in all, two walks are kept.
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(step(org, &by_name, start()).await.unwrap().next.unwrap());
    }
    let gone = step(org, &by_name, WalkFrom::After(kept[0])).await.unwrap_err();
    assert!(matches!(&gone, SearchError::Refused(refusal) if refusal.status == 400), "{gone}");
    for place in [kept[1], kept[2], kept[1]] {
        assert_eq!(step(org, &by_name, WalkFrom::After(place)).await.unwrap().records.len(), 1);
    }
    assert_eq!(step(other, &by_name, WalkFrom::After(elsewhere)).await.unwrap().records.len(), 1);
    // Two ids each: three walks are kept.
    let few = Query {
        root: Node::Test(Criterion { subject: custom("scoreNum"), test: Test::NumberIn(vec![1.0, 2.0]) }),
        ..by_name.clone()
    };
    let mut short = Vec::new();
    for _ in 0..4 {
        short.push(step(org, &few, start()).await.unwrap().next.unwrap());
    }
    let mut is_kept = Vec::new();
    for place in &short {
        is_kept.push(step(org, &few, WalkFrom::After(*place)).await.is_ok());
    }
    assert_eq!(is_kept, [false, true, true, true]);
    assert!(step(org, &by_name, WalkFrom::After(kept[1])).await.is_err());
    database.close().await;
}

#[tokio::test]
async fn a_walk_of_more_than_an_org_may_keep_is_refused_and_works_without_an_order() {
    let Some(place) = Place::make().await else { return };
    let options = Options { kept_walks: KeptWalks { walks: 3, ids: 4 }, ..Options::default() };
    let database = open(place.url(), options).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "a").await.key);
    fill(&*store, org, 5).await;
    let by_name = all_by(&[Sort { by: Attribute::CreatedAt, descending: true }]);
    let start = |query| walk(query, WalkFrom::Start { walk: next_id() }, 1);
    let refused = store.walk(org, start(&by_name)).await.unwrap_err();
    assert!(matches!(&refused, SearchError::Refused(refusal) if refusal.status == 400), "{refused}");
    let ids: Vec<ObjectId> = store.walk(org, start(&all_by(&[]))).await.unwrap().records.ids();
    assert_eq!(ids, [id(0)]);
    database.close().await;
}
