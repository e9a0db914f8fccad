//! Listing: every order, filter and start, compared with a sort of everything.

use crate::setting::{at, changes, engine_with_org, everything, id, put};
use kustodian_core::change::Put;
use kustodian_core::kind::Kind;
use kustodian_core::store::{ListQuery, SortKey, Start, Within};
use kustomer_api::{ObjectId, Timestamp};

/// Moments that repeat, in an order that is not that of the ids; every seventh is deleted.
fn population(kind: Kind) -> Vec<Put> {
    (0..97_u32)
        .map(|number| Put {
            kind,
            created_at: at(i64::from(number * 31 % 20)),
            updated_at: at(100 + i64::from(number * 17 % 13)),
            deleted: number % 7 == 0,
            ..put(id(number * 53 % 97), 1)
        })
        .collect()
}

fn value(put: &Put, key: SortKey) -> i64 {
    match key {
        SortKey::Id => 0,
        SortKey::CreatedAt => Timestamp::as_millis(put.created_at),
        SortKey::UpdatedAt => Timestamp::as_millis(put.updated_at),
    }
}

fn expected(puts: &[Put], query: &ListQuery) -> Vec<(i64, ObjectId)> {
    let holds = |put: &Put, within: &Within| {
        within.of == SortKey::Id || (within.from..=within.to).contains(&value(put, within.of))
    };
    let mut found: Vec<_> = puts
        .iter()
        .filter(|put| put.deleted == query.deleted && query.within.iter().all(|within| holds(put, within)))
        .map(|put| (value(put, query.sort), put.id))
        .collect();
    found.sort_unstable();
    if query.descending {
        found.reverse();
    }
    found
}

fn filters() -> Vec<Vec<Within>> {
    let within = |of, from, to| Within { of, from, to };
    vec![
        vec![],
        vec![within(SortKey::CreatedAt, 3, 11)],
        vec![within(SortKey::UpdatedAt, 104, i64::MAX)],
        vec![within(SortKey::CreatedAt, i64::MIN, 15), within(SortKey::UpdatedAt, 101, 109)],
        vec![within(SortKey::CreatedAt, 2, 12), within(SortKey::CreatedAt, 5, 19), within(SortKey::Id, 9, 3)],
        vec![within(SortKey::UpdatedAt, 108, 103)],
    ]
}

#[tokio::test]
async fn every_order_filter_and_start_agrees_with_a_plain_sort() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    for kind in Kind::ALL {
        let puts = population(kind);
        store.commit(org, changes(puts.clone())).await.unwrap();
        for sort in [SortKey::Id, SortKey::CreatedAt, SortKey::UpdatedAt] {
            for (descending, within) in
                [false, true].into_iter().flat_map(|down| filters().into_iter().map(move |within| (down, within)))
            {
                // Each of both has every filter once.
                let deleted = descending != within.is_empty();
                let query = ListQuery { deleted, sort, descending, within, limit: 10, ..everything(kind) };
                let all = expected(&puts, &query);
                let mut after = query.start;
                for page in all.chunks(10).chain([[].as_slice()]).enumerate() {
                    let (number, wanted) = page;
                    let offset = Start::Offset(u64::try_from(number).unwrap() * 10);
                    for start in [offset, after] {
                        let listing = store.list(org, ListQuery { start, ..query.clone() }).await.unwrap();
                        let ids: Vec<_> = listing.records.iter().map(|record| record.id).collect();
                        assert_eq!(ids, wanted.iter().map(|(_, id)| *id).collect::<Vec<_>>(), "{query:?} {start:?}");
                        assert_eq!(listing.total, Some(u64::try_from(all.len()).unwrap()), "{query:?}");
                    }
                    if let Some((value, id)) = wanted.last() {
                        after = Start::After { value: *value, id: *id };
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn no_records_but_the_total_when_none_are_wanted() {
    let Some((_database, store, org)) = engine_with_org().await else { return };
    store.commit(org, changes(population(Kind::Tag))).await.unwrap();
    let listing = store.list(org, ListQuery { limit: 0, ..everything(Kind::Tag) }).await.unwrap();
    assert_eq!((listing.records.len(), listing.total), (0, Some(83)));
    let listing = store.list(org, ListQuery { limit: 5, count: false, ..everything(Kind::Tag) }).await.unwrap();
    assert_eq!((listing.records.len(), listing.total), (5, None));
}
