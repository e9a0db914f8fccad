//! Customers that the index does not have yet: searches find them all the same, whichever server created them.

use std::path::Path;

use kustodian_core::change::{ChangeSet, Erasure, Put};
use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Node, Query};
use kustodian_core::search_store::{Count, Records, SearchQuery, WalkFrom, WalkQuery};
use kustodian_core::store::{OrgKey, Store};
use kustodian_store::{Database, Options, open};
use kustomer_api::ObjectId;
use rusqlite::Connection;

use crate::search::{customer, search};
use crate::setting::{at, changes, id, make_org, next_id, put};

async fn open_file(path: &Path) -> Database {
    open(&format!("sqlite:{}", path.display()), Options::default()).await.unwrap()
}

fn named(number: u32, rev: u64, name: &str) -> Put {
    customer(id(number), rev, serde_json::json!({ "name": name }).as_object().unwrap(), false)
}

fn by_name(name: &str) -> Query {
    let body = format!(r#"{{"and":[{{"customer_name":{{"equals":"{name}"}}}}]}}"#);
    kustodian_core::search::parse(body.as_bytes(), &kustodian_core::search::Settings::default()).unwrap()
}

async fn find(store: &dyn Store, org: OrgKey, query: &Query) -> Vec<ObjectId> {
    let found = store.search(org, search(query, 0, 500)).await.unwrap();
    assert_eq!(found.total.unwrap().count, found.records.len() as u64);
    found.records.ids()
}

/// How many customers of a file wait for the index.
fn waiting(path: &Path) -> u32 {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT count(*) FROM customers WHERE key > (SELECT indexed FROM search_progress)";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A copy of an open database as a kill of its process would leave it.
fn copy_as_it_stands(from: &Path, folder: &Path) -> std::path::PathBuf {
    let to = folder.join("copy.db");
    for end in ["", "-wal"] {
        std::fs::copy(format!("{}{end}", from.display()), format!("{}{end}", to.display())).unwrap();
    }
    to
}

#[tokio::test]
async fn the_next_server_finds_customers_that_a_killed_one_had_not_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let database = open_file(&path).await;
    let org = make_org(&*database.directory(), "acme").await.key;
    for number in 1..=5 {
        database.store().commit(org, changes(vec![named(number, 1, "Ada")])).await.unwrap();
    }
    // A change, a deletion and an erasure of customers that wait leave them waiting.
    database.store().commit(org, changes(vec![named(1, 2, "Bea")])).await.unwrap();
    let deleted = customer(id(2), 2, serde_json::json!({ "name": "Ada" }).as_object().unwrap(), true);
    database.store().commit(org, changes(vec![deleted])).await.unwrap();
    let erasures = vec![Erasure::whole(Kind::Customer, id(3))];
    let erased = Put { deleted: true, ..put(id(3), 2) };
    database.store().commit(org, ChangeSet { erasures, ..changes(vec![erased]) }).await.unwrap();
    // Where the machine was at something else for 20 ms all is indexed by now: then one more is made.
    let mut copy = copy_as_it_stands(&path, folder.path());
    for number in 6..50 {
        if waiting(&copy) > 0 {
            break;
        }
        database.store().commit(org, changes(vec![named(number, 1, "Cyd")])).await.unwrap();
        copy = copy_as_it_stands(&path, folder.path());
    }
    assert!(waiting(&copy) > 0);

    for path in [copy, path] {
        let database = open_file(&path).await;
        let store = database.store();
        assert_eq!(find(&*store, org, &by_name("Ada")).await, [id(4), id(5)]);
        assert_eq!(find(&*store, org, &by_name("Bea")).await, [id(1)]);
        let all = Query { include_deleted: true, ..by_name("Ada") };
        assert_eq!(find(&*store, org, &all).await, [id(2), id(4), id(5)]);
        database.close().await;
        assert_eq!(waiting(&path), 0);
    }
}

#[tokio::test]
async fn what_another_process_made_or_changed_is_found_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let (one, other) = (open_file(&path).await, open_file(&path).await);
    let org = make_org(&*one.directory(), "acme").await.key;
    for number in 1..=100 {
        one.store().commit(org, changes(vec![named(number, 1, "Ada")])).await.unwrap();
        other.store().commit(org, changes(vec![named(number, 2, "Bea")])).await.unwrap();
        if number % 7 == 0 {
            let store = if number % 2 == 0 { one.store() } else { other.store() };
            assert_eq!(find(&*store, org, &by_name("Bea")).await.len(), number as usize);
            assert!(find(&*store, org, &by_name("Ada")).await.is_empty());
        }
    }
    one.close().await;
    assert_eq!(find(&*other.store(), org, &by_name("Bea")).await.len(), 100);
}

#[tokio::test]
async fn a_closed_file_has_everything_in_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let database = open_file(&path).await;
    let org = make_org(&*database.directory(), "acme").await.key;
    let puts = (1..=3_000).map(|number| named(number, 1, "Ada")).collect();
    database.store().commit(org, changes(puts)).await.unwrap();
    database.close().await;
    assert_eq!(waiting(&path), 0);
    let rows: u32 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM customer_search", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 3_000);
}

/// The position that a walk's first page names is one before which everything is in the walk.
#[tokio::test]
async fn a_customer_created_while_a_walk_begins_is_in_the_walk_or_after_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let database = open_file(&folder.path().join("data.db")).await;
    let store = database.store();
    let org = make_org(&*database.directory(), "acme").await.key;
    let writing = tokio::spawn({
        let store = database.store();
        async move {
            for number in 1..=400 {
                let put = named(number, 1, "Ada");
                let event = crate::setting::event(&put);
                store.commit(org, ChangeSet { events: vec![event], ..changes(vec![put]) }).await.unwrap();
            }
        }
    });
    let query = Query {
        context: Context::Customer,
        root: Node::All(Vec::new()),
        sort: Vec::new(),
        include_deleted: false,
        aggregations: Vec::new(),
    };
    let mut walks = 0;
    while !writing.is_finished() || walks == 0 {
        let from = WalkFrom::Start { walk: next_id() };
        let SearchQuery { query, time, key, .. } = search(&query, 0, 500);
        let bytes = usize::MAX;
        let walk =
            WalkQuery { query, from, limit: 500, bytes, ids_only: true, total: Count::None, time, now: at(0), key };
        let walked = store.walk(org, walk).await.unwrap();
        let Records::Ids(ids) = walked.records else { panic!("no ids") };
        // The customer with a number has the event with that position.
        let told = u32::try_from(walked.position.unwrap()).unwrap();
        for number in 1..=told {
            assert!(ids.contains(&id(number)), "{number} of {told} is not among {}", ids.len());
        }
        walks += 1;
    }
    writing.await.unwrap();
}
