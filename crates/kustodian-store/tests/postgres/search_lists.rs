//! A list of many values is looked up in the indexes: of the table no more is read than matches.

use std::time::{Duration, Instant};

use kustodian_core::change::Put;
use kustodian_core::search::{Criterion, Node, Query, Sort, Subject, Test};
use kustodian_core::search_store::{Count, SearchQuery};
use kustodian_core::store::OrgKey;
use kustodian_store::{Options, distribute, open};
use kustomer_api::search::Attribute;
use serde_json::json;

use crate::place::Place;
use crate::search::{all_by, custom, customer, search};
use crate::setting::{changes, id, make_org};
use crate::spreading;
use crate::stand_in::CITUS;

const CUSTOMERS: u32 = 4_000;

/// How many values a list has.
const VALUES: u32 = 100;

/// How many rows of the index may be read for each value: it is looked up, found, and counted.
const READ_EACH: i64 = 4;

fn email(number: u32) -> String {
    format!("customer{number}@acme.example")
}

/// An id of another system, no part of which is common.
fn case(number: u32) -> String {
    let scattered = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("{:024x}", scattered >> 32)
}

fn numbered(number: u32) -> Put {
    let attributes = json!({
        "name": format!("Customer {number}"),
        "emails": [{ "email": email(number) }],
        "externalIds": [{ "externalId": format!("crm-{number}") }],
        "custom": { "caseId": case(number) },
    });
    customer(id(number), 1, attributes.as_object().unwrap(), false)
}

/// Rows of `customer_search` that were read so far. Processes report at their ends, which is waited for.
async fn rows_read(place: &Place) -> i64 {
    let client = place.client().await;
    let end = Instant::now() + Duration::from_secs(60);
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND backend_type = 'client backend'";
    while client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(Instant::now() < end, "the connections of a closed database end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'customer_search'";
    client.query_one(read, &[]).await.unwrap().get(0)
}

/// The rows that a search reads, and the number that it finds.
async fn rows_read_by(place: &Place, org: OrgKey, query: &Query) -> (i64, u64) {
    let before = rows_read(place).await;
    let database = open(place.url(), Options::default()).await.unwrap();
    let query = SearchQuery { total: Count::Exact, ..search(query, 0, 50) };
    let found = database.store().search(org, query).await.unwrap();
    database.close().await;
    (rows_read(place).await - before, found.total.unwrap().count)
}

#[tokio::test]
async fn many_values_are_looked_up_and_the_table_is_not_scanned() {
    if spreading::is_asked_for() {
        return;
    }
    let Some(place) = Place::make().await else { return };
    let database = open(place.url(), Options::default()).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "a").await.key);
    for first in (0..CUSTOMERS).step_by(250) {
        store.commit(org, changes((first..first + 250).map(numbered).collect())).await.unwrap();
    }
    database.close().await;
    place.client().await.batch_execute("VACUUM (ANALYZE) customer_search").await.unwrap();

    let one_of = |attribute, values: Vec<String>| {
        Node::Test(Criterion { subject: Subject::Standard(attribute), test: Test::TextIn(values) })
    };
    let numbers = || (0..VALUES).map(|number| number * 7);
    let emails = || numbers().map(email);
    let one_of_custom = |key, values| Node::Test(Criterion { subject: custom(key), test: Test::TextIn(values) });
    let cases = || numbers().map(case);
    let ids = || numbers().map(|number| format!("crm-{number}"));
    let newest = Sort { by: Attribute::CreatedAt, descending: true };
    let searches = [
        ("e-mail addresses", one_of(Attribute::Email, emails().collect()), VALUES),
        ("external ids", one_of(Attribute::ExternalId, ids().collect()), VALUES),
        ("ids", one_of(Attribute::Id, numbers().map(|number| id(number).to_string()).collect()), VALUES),
        ("one address each", Node::Any(emails().map(|email| one_of(Attribute::Email, vec![email])).collect()), VALUES),
        ("ids of a custom attribute", one_of_custom("caseId", cases().collect()), VALUES),
        (
            "addresses without one id",
            Node::All(vec![
                one_of(Attribute::Email, emails().collect()),
                Node::negated(one_of(Attribute::ExternalId, ids().take(20).collect())),
            ]),
            VALUES - 20,
        ),
        ("values that nobody has", one_of(Attribute::Email, (0..VALUES).map(|n| format!("{n}@x")).collect()), 0),
    ];
    let is_looked_up = async || {
        for (what, root, matches) in &searches {
            let query = Query { root: root.clone(), ..all_by(&[newest]) };
            let (read, found) = rows_read_by(&place, org, &query).await;
            assert_eq!(found, u64::from(*matches), "{what}");
            assert!(read <= i64::from(VALUES) * READ_EACH, "{what}: {read} rows were read");
        }
    };
    is_looked_up().await;
    // By the statements for spread tables, too.
    place.client().await.batch_execute(CITUS).await.unwrap();
    distribute(place.url(), 8).await.unwrap();
    is_looked_up().await;
}
