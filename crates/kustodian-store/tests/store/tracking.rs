//! Tracked events, seen through the port: which are kept, for whom, in what order, and which are deleted when too old.

use kustodian_core::change::{ChangeSet, Put};
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, Store};
use kustodian_core::tracking::{NewEvent, Retention, Seen, Sighting, TrackedQuery, visitor_id};
use kustomer_api::{ObjectId, Timestamp};

use crate::setting::{changes, engine, id, make_org, put};

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn sighting(org: OrgKey, visitor: &str, at: i64, number: u32, customer: Option<ObjectId>) -> Sighting {
    Sighting {
        visitor: visitor_id(org, visitor),
        at: Timestamp::from_millis(at),
        session: None,
        new_session: id(number),
        customer,
        event: Some(NewEvent { id: id(number), name: format!("did-{number}"), details: "{}".to_owned() }),
    }
}

async fn make(store: &dyn Store, org: OrgKey, number: u32) -> ObjectId {
    let made: ChangeSet = changes(vec![Put { kind: Kind::Customer, ..put(id(number), 1) }]);
    store.commit(org, made).await.unwrap();
    id(number)
}

async fn names(store: &dyn Store, org: OrgKey, customers: &[ObjectId]) -> Vec<String> {
    let query = TrackedQuery { customers: customers.to_vec(), session: None, id: None, offset: 0, limit: 1_000 };
    store.list_tracked(org, query).await.unwrap().into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn sightings_are_kept_for_the_customer_and_swept_when_they_are_old() {
    let Some(database) = engine().await else { return };
    let store = &*database.store();
    let orgs =
        [make_org(&*database.directory(), "acme").await.key, make_org(&*database.directory(), "other").await.key];
    let org = orgs[0];
    let customer = make(store, org, 1).await;
    // Of nobody that there is.
    assert_eq!(store.track(org, sighting(org, "a", 0, 10, Some(id(99)))).await.unwrap(), None);
    assert_eq!(store.track(orgs[1], sighting(orgs[1], "a", 0, 10, Some(customer))).await.unwrap(), None);
    let began = Seen { customer: None, is_new_session: true };
    assert_eq!(store.track(org, sighting(org, "a", DAY, 11, None)).await.unwrap(), Some(began));
    let known = Seen { customer: Some(customer), is_new_session: false };
    assert_eq!(store.track(org, sighting(org, "a", DAY + 1, 12, Some(customer))).await.unwrap(), Some(known));
    assert_eq!(store.find_visitor(org, visitor_id(org, "a")).await.unwrap(), Some(customer));
    assert_eq!(store.find_visitor(orgs[1], visitor_id(org, "a")).await.unwrap(), None);
    // The same event again counts once; one of another day is another visit.
    store.track(org, sighting(org, "a", DAY + 2, 12, None)).await.unwrap();
    store.track(org, sighting(org, "a", 9 * DAY, 13, None)).await.unwrap();
    store.track(org, sighting(org, "b", 2 * DAY, 14, None)).await.unwrap();
    store.track(orgs[1], sighting(orgs[1], "a", DAY, 15, None)).await.unwrap();
    assert_eq!(names(store, org, &[customer]).await, ["did-11", "did-12", "did-13"]);
    assert_eq!(names(store, orgs[1], &[customer]).await, Vec::<String>::new());
    let sessions = store.list_sessions(org, vec![customer], 0, 10).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.count).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((sessions[1].first_at.as_millis(), sessions[1].last_at.as_millis()), (DAY, DAY + 2));
    assert_eq!(store.list_sessions(org, vec![customer], 1, 10).await.unwrap(), sessions[1..]);
    let one = TrackedQuery {
        customers: vec![customer],
        session: Some(sessions[1].name.clone()),
        id: Some(id(12)),
        offset: 0,
        limit: 9,
    };
    assert_eq!(store.list_tracked(org, one.clone()).await.unwrap().len(), 1);
    let other = TrackedQuery { session: Some(sessions[0].id.to_string()), ..one };
    assert_eq!(store.list_tracked(org, other).await.unwrap(), []);

    // Events of unknown visitors are deleted first, and those of another org stay.
    let old = |before: i64, unidentified: i64| Retention {
        before: Timestamp::from_millis(before),
        unidentified_before: Timestamp::from_millis(unidentified),
    };
    let b_is = |store_customer: ObjectId| sighting(org, "b", 2 * DAY + 1, 16, Some(store_customer));
    assert!(!store.sweep_tracked(org, old(0, 3 * DAY)).await.unwrap());
    store.track(org, b_is(customer)).await.unwrap();
    assert_eq!(names(store, org, &[customer]).await, ["did-11", "did-12", "did-16", "did-13"], "did-14 was nobody's");
    store.sweep_tracked(org, old(5 * DAY, 5 * DAY)).await.unwrap();
    assert_eq!(names(store, org, &[customer]).await, ["did-13"]);
    assert_eq!(store.find_visitor(org, visitor_id(org, "b")).await.unwrap(), None, "forgotten with what it did");
    assert_eq!(store.find_visitor(org, visitor_id(org, "a")).await.unwrap(), Some(customer));
    let other = make(store, orgs[1], 2).await;
    store.track(orgs[1], Sighting { event: None, ..sighting(orgs[1], "a", 9 * DAY, 17, Some(other)) }).await.unwrap();
    assert_eq!(names(store, orgs[1], &[other]).await, ["did-15"]);

    store.forget_tracked(org, customer).await.unwrap();
    assert_eq!(names(store, org, &[customer]).await, Vec::<String>::new());
    assert_eq!(store.find_visitor(org, visitor_id(org, "a")).await.unwrap(), None);
    assert!(store.is_scrub_wanted().await.unwrap());
    assert_eq!(names(store, orgs[1], &[other]).await, ["did-15"]);

    // Many at once: none is lost, and each visitor keeps its own.
    let many = (0..200_u32).map(|number| {
        let visitor = format!("v{}", number % 7);
        store.track(org, sighting(org, &visitor, 10 * DAY, 1_000 + number, Some(customer)))
    });
    for seen in futures_util::future::join_all(many).await {
        assert_eq!(seen.unwrap().unwrap().customer, Some(customer));
    }
    assert_eq!(names(store, org, &[customer]).await.len(), 200);
    let sessions = store.list_sessions(org, vec![customer], 0, 100).await.unwrap();
    assert_eq!((sessions.len(), sessions.iter().map(|session| session.count).sum::<u64>()), (7, 200));
    database.close().await;
}
