//! Searches while writers write, against the definition: `search::matches` over every state a record may have been in.
//!
//! A tick is taken before and after each write and each search. What a write had acknowledged before a search began is
//! what that search must see, or something newer whose write began before the search ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kustodian_core::change::{ChangeSet, Erasure, Put};
use kustodian_core::kind::Kind;
use kustodian_core::search::{Query, SearchRow, compare};
use kustodian_core::search_store::{Found, Records, SearchQuery};
use kustodian_core::store::{OrgKey, Store};
use kustodian_store::open;
use kustomer_api::ObjectId;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::place::{Place, SEARCH_CASES};
use crate::search::{Step, customer, options, query, search, steps};
use crate::setting::{changes, id, make_org, put};

/// Who write at the same time; each has records of its own.
const WRITERS: u32 = 3;

/// A state of a record.
struct State {
    rev: u64,
    row: Option<SearchRow>,
    began: u64,
    acknowledged: u64,
}

#[derive(Default)]
struct Log {
    ticks: AtomicU64,
    states: Mutex<BTreeMap<ObjectId, Vec<State>>>,
}

impl Log {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }
}

async fn write(store: Arc<dyn Store>, org: OrgKey, log: Arc<Log>, steps: Vec<Step>) {
    let mut revs: BTreeMap<u32, u64> = BTreeMap::new();
    for step in steps {
        let (Step::Write { record, .. } | Step::Erase { record }) = &step;
        let rev = revs.get(record).copied().unwrap_or_default() + 1;
        let id = id(*record);
        let set = match &step {
            Step::Write { attributes, deleted, .. } => changes(vec![customer(id, rev, attributes, *deleted)]),
            Step::Erase { .. } if rev == 1 => continue,
            Step::Erase { .. } => ChangeSet {
                erasures: vec![Erasure::whole(Kind::Customer, id)],
                ..changes(vec![Put { deleted: true, ..put(id, rev) }])
            },
        };
        revs.insert(*record, rev);
        let row = set.puts[0].search.as_deref().cloned();
        let began = log.tick();
        store.commit(org, set).await.unwrap();
        let acknowledged = log.tick();
        let state = State { rev, row, began, acknowledged };
        log.states.lock().unwrap().entry(id).or_default().push(state);
    }
}

/// A search, its time, and its results.
struct Searched {
    query: Query,
    began: u64,
    ended: u64,
    found: Found,
}

async fn search_all(store: Arc<dyn Store>, org: OrgKey, log: Arc<Log>, queries: Vec<Query>) -> Vec<Searched> {
    let mut searched = Vec::new();
    for query in queries {
        let asked = SearchQuery { ids_only: false, ..search(&query, 0, 100) };
        let began = log.tick();
        let found = store.search(org, asked).await.unwrap();
        searched.push(Searched { query, began, ended: log.tick(), found });
    }
    searched
}

/// The states a record may have been in, as a search saw it: none when it need not have been there.
fn possible<'s>(states: &'s [State], searched: &Searched) -> (Vec<&'s State>, bool) {
    let known = states.iter().rposition(|state| state.acknowledged < searched.began);
    let seen = states.iter().skip(known.unwrap_or_default()).filter(|state| state.began < searched.ended);
    (seen.collect(), known.is_some())
}

fn judge(searched: &Searched, states: &BTreeMap<ObjectId, Vec<State>>) {
    let Searched { query, found, .. } = searched;
    let Records::Whole(records) = &found.records else { panic!("ids were not asked for") };
    assert!(!found.timed_out);
    assert_eq!(found.total.map(|total| total.count), Some(records.len() as u64), "{query:?}");
    let rows: Vec<SearchRow> = records.iter().map(|record| SearchRow::read(&record.document).unwrap()).collect();
    assert!(rows.is_sorted_by(|one, other| compare(&query.sort, one, other).is_lt()), "{query:?}");
    for (id, states) in states {
        let (seen, was_there) = possible(states, searched);
        let finds = |state: &&State| state.row.as_ref().is_some_and(|row| query.finds(row));
        match records.iter().find(|record| record.id == *id) {
            Some(record) => {
                let state = seen.iter().find(|state| state.rev == record.rev);
                assert!(state.is_some_and(finds), "{id} at {} was found: {query:?}", record.rev);
            }
            None => assert!(!was_there || !seen.iter().all(finds), "{id} was not found: {query:?}"),
        }
    }
    assert!(records.iter().all(|record| states.contains_key(&record.id)));
}

async fn race(steps: Vec<Step>, queries: Vec<Query>) {
    let Some(place) = Place::make().await else { return };
    let database = open(place.url(), options()).await.unwrap();
    let org = make_org(&*database.directory(), "a").await.key;
    let log = Arc::new(Log::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let is_own = |step: &&Step| {
                let (Step::Write { record, .. } | Step::Erase { record }) = step;
                record % WRITERS == writer
            };
            let own = steps.iter().filter(is_own).cloned().collect();
            tokio::spawn(write(database.store(), org, Arc::clone(&log), own))
        })
        .collect();
    let searchers: Vec<_> = queries
        .chunks(queries.len().div_ceil(2))
        .map(|queries| tokio::spawn(search_all(database.store(), org, Arc::clone(&log), queries.to_vec())))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut searched = Vec::new();
    for searcher in searchers {
        searched.extend(searcher.await.unwrap());
    }
    // A search finds the newest acknowledged write at once.
    searched.extend(search_all(database.store(), org, Arc::clone(&log), queries).await);
    {
        let states = log.states.lock().unwrap();
        searched.iter().for_each(|searched| judge(searched, &states));
    }
    database.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: SEARCH_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_agrees_with_the_definition_while_writers_write(steps in steps(), queries in vec(query(), 16)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(race(steps, queries));
    }
}
