//! Which timers have elapsed: over all orgs, in order, page by page, and of no record that is deleted.

use kustodian_core::change::{Columns, Put};
use kustodian_core::kind::{DUE_AT, Kind};
use kustodian_core::store::{Due, Store};

use crate::setting::{at, changes, engine, id, make_org, put};

fn timed(number: u32, rev: u64, due: Option<i64>) -> Put {
    let columns = Columns::of([(DUE_AT, due.map(|millis| at(millis).to_string()))]);
    Put { kind: Kind::Draft, columns, ..put(id(number), rev) }
}

async fn all_due(store: &dyn Store, until: i64, limit: u32) -> Vec<Due> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_due(Kind::Draft, at(until), after, limit).await.unwrap();
        after = page.last().copied();
        found.extend(&page);
        if page.len() < limit as usize {
            return found;
        }
    }
}

#[tokio::test]
async fn timers_are_found_once_they_have_elapsed_until_they_are_set_again() {
    let Some(database) = engine().await else { return };
    let store = database.store();
    let orgs =
        [make_org(&*database.directory(), "acme").await.key, make_org(&*database.directory(), "other").await.key];
    let mut expected = Vec::new();
    for (number, org) in (0..60_u32).zip(orgs.into_iter().cycle()) {
        // Moments that repeat, before and after 1970; every fourth runs no more, every fifth is deleted.
        let millis = i64::from(number * 7 % 11) - 5;
        let due = (number % 4 != 3).then_some(millis);
        let deleted = number % 5 == 4;
        store.commit(org, changes(vec![Put { deleted, ..timed(number, 1, due) }])).await.unwrap();
        if let Some(millis) = due.filter(|millis| *millis <= 2 && !deleted) {
            expected.push(Due { at: at(millis), org, id: id(number) });
        }
    }
    expected.sort_unstable();
    for limit in [1, 7, 1_000] {
        assert_eq!(all_due(&*store, 2, limit).await, expected, "{limit} at a time");
    }
    assert_eq!(all_due(&*store, -6, 9).await, []);
    assert_eq!(store.list_due(Kind::Customer, at(2), None, 9).await.unwrap(), []);

    let [first, second, third] = [expected[0], expected[1], expected[2]];
    let number = |due: Due| u32::from_be_bytes(due.id.as_bytes()[8..].try_into().unwrap());
    store.commit(first.org, changes(vec![timed(number(first), 2, None)])).await.unwrap();
    store.commit(second.org, changes(vec![timed(number(second), 2, Some(9))])).await.unwrap();
    let gone = Put { deleted: true, ..timed(number(third), 2, Some(0)) };
    store.commit(third.org, changes(vec![gone])).await.unwrap();
    assert_eq!(all_due(&*store, 2, 1_000).await, expected[3..]);
    database.close().await;
}
