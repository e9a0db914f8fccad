//! Pages that end by their bytes: each is read up to the record that exceeds them, and a walk gives each record once.

use std::sync::Arc;

use kustodian_core::change::{ChangeSet, Event, Put};
use kustodian_core::feed::{FeedQuery, HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::search::{Query, Sort};
use kustodian_core::search_store::{Count, Records, SearchQuery, WalkFrom, WalkQuery};
use kustodian_core::store::{ListQuery, OrgKey, SortKey, Start, Store, Stored};
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;
use serde_json::json;

use crate::search::{Model, Step, all_by, search, walk};
use crate::setting::{at, changes, engine_with_org, event, everything, id, put};

/// How many bytes the pages of these tests may have.
const BYTES: usize = 10_000;

/// Documents of 1 to 6 kB, and one that no page has room for.
fn population() -> Vec<Put> {
    let document = |number: u32| {
        let length = if number == 20 { 3 * BYTES } else { 1_000 * (1 + number as usize * 7 % 6) };
        format!(r#"{{"type":"tag","id":"{}","rev":1,"text":"{}"}}"#, id(number), "é".repeat(length / 2))
    };
    let made = |number: u32| Put {
        kind: Kind::Tag,
        created_at: at(i64::from(number * 31 % 7)),
        document: document(number),
        ..put(id(number), 1)
    };
    (0..60).map(made).collect()
}

/// How many of the items are on a page, having seen that none behind the one that exceeds it was read.
#[track_caller]
fn fits(lengths: &[usize]) -> usize {
    let fitting = fitting(lengths.iter().copied(), BYTES);
    let before_last: usize = lengths.iter().rev().skip(1).sum();
    assert!(before_last <= BYTES, "read on behind {BYTES} bytes: {lengths:?}");
    assert!(lengths.len() <= fitting + 1);
    fitting
}

#[tokio::test]
async fn a_list_is_walked_in_pages_that_end_by_their_bytes() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    lists(&store, org).await;
}

/// Walks a list, in pages that end by their bytes.
pub(crate) async fn lists(store: &Arc<dyn Store>, org: OrgKey) {
    let puts = population();
    store.commit(org, changes(puts.clone())).await.unwrap();
    for (sort, descending) in [(SortKey::Id, false), (SortKey::CreatedAt, true)] {
        let query = ListQuery { sort, descending, bytes: BYTES, limit: 50, count: true, ..everything(Kind::Tag) };
        let mut sorted: Vec<_> = puts.iter().map(|put| (put.created_at, put.id)).collect();
        sorted.sort_unstable_by_key(|(moment, id)| (if sort == SortKey::Id { at(0) } else { *moment }, *id));
        if descending {
            sorted.reverse();
        }
        let (mut start, mut offset, mut found, mut cut) = (Start::Offset(0), 0, Vec::new(), 0);
        while found.len() < puts.len() {
            let listing = store.list(org, ListQuery { start, ..query.clone() }).await.unwrap();
            let from_offset = ListQuery { start: Start::Offset(offset), ..query.clone() };
            assert_eq!(store.list(org, from_offset).await.unwrap(), listing, "by its number, too");
            assert_eq!(listing.total, Some(60));
            let lengths: Vec<usize> = listing.records.iter().map(|record| record.document.len()).collect();
            let fitting = fits(&lengths);
            cut += usize::from(fitting < lengths.len());
            let page: &[Stored] = &listing.records[..fitting];
            found.extend(page.iter().map(|record| (record.created_at, record.id)));
            let last = page.last().unwrap();
            start = Start::After { value: last.created_at.as_millis(), id: last.id };
            offset += u64::try_from(fitting).unwrap();
        }
        assert_eq!(found, sorted);
        assert!(cut > 10, "{cut} pages ended early");
    }
}

/// A customer whose every revision has changes of 1 to 6 kB, with the events.
fn revisions(record: ObjectId) -> impl Iterator<Item = ChangeSet> {
    (1..=70).map(move |rev| {
        let put = Put { document: format!(r#"{{"rev":{rev},"text":"{}"}}"#, "y".repeat(20_000)), ..put(record, rev) };
        let text = "x".repeat(1_000 * (1 + usize::try_from(rev).unwrap() * 5 % 6));
        let changes = (rev > 1).then(|| format!(r#"{{"attributes":{{"name":{{"after":"{text}"}}}}}}"#));
        let event = Event { changes, ..event(&put) };
        ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() }
    })
}

fn lengths(events: &[Recorded]) -> Vec<usize> {
    events.iter().map(Recorded::payload_len).collect()
}

#[tokio::test]
async fn events_are_read_in_pages_that_end_by_their_bytes() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    events(&store, org).await;
}

/// Walks the feed and a history, in pages that end by their bytes.
pub(crate) async fn events(store: &Arc<dyn Store>, org: OrgKey) {
    let record = id(7);
    for changes in revisions(record) {
        store.commit(org, changes).await.unwrap();
    }
    crate::feed::settled(store, org, 70).await;
    for (payload, snapshots) in [(Payload::None, 0), (Payload::Changes, 0), (Payload::Whole, 2)] {
        let narrow = FeedQuery { record: Some(record), ..FeedQuery::default() };
        for query in [FeedQuery::default(), narrow] {
            for descending in [false, true] {
                let query = FeedQuery { descending, limit: 40, payload, bytes: BYTES, ..query.clone() };
                let mut found: Vec<Recorded> = Vec::new();
                while found.len() < 70 {
                    let last = found.last().and_then(|event| event.position);
                    let (after, before) = if descending { (None, last) } else { (last, None) };
                    let page = store.feed(org, FeedQuery { after, before, ..query.clone() }).await.unwrap().events;
                    found.extend_from_slice(&page[..fits(&lengths(&page))]);
                }
                let mut positions: Vec<_> = found.iter().filter_map(|event| event.position).collect();
                positions.sort_unstable();
                assert_eq!(positions, (1..=70).collect::<Vec<_>>());
                assert_eq!(found.iter().filter(|event| event.snapshot.is_some()).count(), snapshots);
                assert_eq!(found.iter().any(|event| event.changes.is_some()), payload != Payload::None);
            }
        }
        let (kind, limit, bytes) = (Kind::Customer, 40, BYTES);
        let mut revs: Vec<u64> = Vec::new();
        while revs.len() < 70 {
            let to = revs.last().map_or(u64::MAX, |rev| rev - 1);
            let query = HistoryQuery { kind, record, from: 1, to, descending: true, limit, payload, bytes };
            let page = store.history(org, query).await.unwrap();
            revs.extend(page[..fits(&lengths(&page))].iter().map(|event| event.rev));
        }
        assert_eq!(revs, (1..=70).rev().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn searches_and_walks_are_read_in_pages_that_end_by_their_bytes() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    searches(&store, org).await;
}

/// Walks what searches find, in pages that end by their bytes.
pub(crate) async fn searches(store: &Arc<dyn Store>, org: OrgKey) {
    let mut model = Model::default();
    for record in 0..40 {
        let filler = "z".repeat(1_000 * (1 + record as usize * 7 % 6));
        let attributes =
            json!({ "name": format!("Ada {}", record * 17 % 40), "custom": { "scoreNum": 1, "fillTxt": filler } });
        let attributes = attributes.as_object().unwrap().clone();
        model.take(&**store, org, &Step::Write { record, attributes, deleted: false }).await;
    }
    let by_name = Sort { by: Attribute::Name, descending: true };
    for query in [all_by(&[]), all_by(&[by_name])] {
        let all = model.find(&query);
        assert_eq!(all.len(), 40);
        let lengths_of = |records: Records| -> (Vec<ObjectId>, Vec<usize>) {
            let Records::Whole(records) = records else { panic!("asked for whole records") };
            records.into_iter().map(|record| (record.id, record.document.len())).unzip()
        };
        let mut found = Vec::new();
        while found.len() < all.len() {
            let offset = u64::try_from(found.len()).unwrap();
            let page = SearchQuery { ids_only: false, bytes: BYTES, ..search(&query, offset, 100) };
            let (ids, lengths) = lengths_of(store.search(org, page).await.unwrap().records);
            found.extend_from_slice(&ids[..fits(&lengths)]);
        }
        assert_eq!(found, all);
        found = walk_all(&**store, org, &query, &mut |records| {
            let (ids, lengths) = lengths_of(records);
            assert_eq!(fits(&lengths), lengths.len(), "a step gives no more than fits");
            ids
        })
        .await;
        assert_eq!(found, all);
    }
}

/// Makes all steps of a walk, each with all records.
async fn walk_all(
    store: &dyn Store,
    org: OrgKey,
    query: &Query,
    read: &mut dyn FnMut(Records) -> Vec<ObjectId>,
) -> Vec<ObjectId> {
    let (mut found, mut steps) = (Vec::new(), 0);
    let mut from = WalkFrom::Start { walk: crate::setting::next_id() };
    loop {
        let step = WalkQuery { ids_only: false, bytes: BYTES, total: Count::None, ..walk(query, from, 1_000) };
        let walked = store.walk(org, step).await.unwrap();
        found.extend(read(walked.records));
        steps += 1;
        match walked.next {
            Some(place) => from = WalkFrom::After(place),
            None => break,
        }
    }
    assert!(steps > 5, "{steps} steps");
    found
}
