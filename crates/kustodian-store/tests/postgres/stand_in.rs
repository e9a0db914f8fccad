//! The statements for spread tables, against the declarations of citus 13: a table and functions of its names, columns
//! and types in a database without it. What citus itself does is tried on a cluster (`CONTRIBUTING.md`).

use std::time::Duration;

use kustodian_core::feed::FeedQuery;
use kustodian_core::kind::Kind;
use kustodian_store::{Options, distribute, distribution_statements, migrate, open};
use tokio::time::{sleep, timeout};

use crate::bytes;
use crate::place::Place;
use crate::setting::{changes, everything, make_org, next_id, put};

/// `pg_dist_partition` as citus 13 has it; functions that do the same but for the machines.
pub(crate) const CITUS: &str = "
    CREATE TABLE public.pg_dist_partition (
        logicalrelid regclass NOT NULL, partmethod \"char\" NOT NULL, partkey text, colocationid integer NOT NULL DEFAULT 0,
        repmodel \"char\" NOT NULL DEFAULT 'c', autoconverted boolean NOT NULL DEFAULT false);
    CREATE TABLE public.truncated (of regclass NOT NULL);
    CREATE FUNCTION public.create_reference_table(table_name regclass) RETURNS void LANGUAGE sql AS $$
        INSERT INTO pg_dist_partition (logicalrelid, partmethod) VALUES (table_name, 'n') $$;
    CREATE FUNCTION public.create_distributed_table(table_name regclass, distribution_column text,
        distribution_type text DEFAULT 'hash', colocate_with text DEFAULT 'default', shard_count int DEFAULT NULL)
        RETURNS void LANGUAGE sql AS $$
        INSERT INTO pg_dist_partition (logicalrelid, partmethod, partkey) VALUES (table_name, 'h', distribution_column) $$;
    CREATE FUNCTION public.truncate_local_data_after_distributing_table(function_name regclass) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = function_name) THEN
                RAISE 'supplied parameter is not a distributed relation';
            END IF;
            INSERT INTO truncated VALUES (function_name);
        END $$;
    SET allow_system_table_mods = on;
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        VALUES (4294900000, 'citus', 10, 'pg_catalog'::regnamespace, false, '13.2-1')";

#[tokio::test]
async fn every_table_is_spread_once_and_its_rows_on_the_coordinator_are_dropped() {
    if crate::spreading::is_asked_for() {
        return;
    }
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let client = place.client().await;
    client.batch_execute(CITUS).await.unwrap();
    let statements = distribution_statements(8);
    assert_eq!(distribute(place.url(), 8).await.unwrap(), statements);
    let of = async |sql: &str| -> Vec<String> {
        client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let spread = of("SELECT logicalrelid::text FROM pg_dist_partition ORDER BY 1").await;
    assert_eq!(spread.len(), statements.len());
    assert_eq!(of("SELECT of::text FROM truncated ORDER BY 1").await, spread);
    // Done again it finds every table spread; rows that an earlier version left on the coordinator are deleted all the same.
    assert_eq!(distribute(place.url(), 8).await.unwrap(), Vec::<String>::new());
    assert_eq!(of("SELECT DISTINCT of::text FROM truncated ORDER BY 1").await, spread);
}

/// The statements that are sent to spread tables are read by this server as well.
#[tokio::test]
async fn pages_of_spread_tables_end_by_their_bytes() {
    if crate::spreading::is_asked_for() {
        return;
    }
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    place.client().await.batch_execute(CITUS).await.unwrap();
    distribute(place.url(), 8).await.unwrap();
    let database = open(place.url(), Options::default()).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let other = make_org(&*database.directory(), "other").await.key;
    let store = database.store();
    bytes::lists(&store, org).await;
    bytes::events(&store, other).await;
    let third = make_org(&*database.directory(), "third").await.key;
    bytes::searches(&store, third).await;
    database.close().await;
}

/// As a cluster is between two machines' halves of a commit: one shows position 5, the other does not show 4 yet.
#[tokio::test(flavor = "multi_thread")]
async fn no_reader_passes_an_event_that_a_machine_does_not_show_yet() {
    if crate::spreading::is_asked_for() {
        return;
    }
    let Some(place) = Place::bare().await else { return };
    let mut client = place.client().await;
    client.batch_execute(CITUS).await.unwrap();
    // Where the extension is there already, each command of a migration is sent by itself.
    migrate(place.url()).await.unwrap();
    distribute(place.url(), 8).await.unwrap();
    let database = open(place.url(), Options::default()).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let store = database.store();
    let read = async || {
        let asked = FeedQuery { limit: 100, count: true, ..FeedQuery::default() };
        let of_customers = FeedQuery { kinds: vec![Kind::Customer], ..asked.clone() };
        let feed = store.feed(org, asked).await.unwrap();
        assert_eq!(store.feed(org, of_customers).await.unwrap(), feed);
        let end = store.feed_head(org).await.unwrap().position;
        let customers = store.list(org, everything(Kind::Customer)).await.unwrap().total;
        (feed.events.len(), feed.total, end, customers)
    };
    let until = async |position: u64| {
        timeout(Duration::from_secs(30), async {
            while store.feed_head(org).await.unwrap().position < position {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
    };
    for _ in 0..3 {
        store.commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
    }
    until(3).await;
    // Another server gives the next positions.
    let other = client.transaction().await.unwrap();
    other.execute("SELECT 1 FROM feeds WHERE org = $1 FOR UPDATE", &[&org.0]).await.unwrap();
    let (fourth, fifth) = (next_id(), next_id());
    store.commit(org, changes(vec![put(fourth, 1), put(fifth, 1)])).await.unwrap();
    let give = "INSERT INTO positions (record, org, kind, rev, position, id, at, actor, link) \
         SELECT record, org, kind, rev, $3, id, at, actor, sha256('') FROM outbox WHERE org = $1 AND record = $2";
    other.execute(give, &[&org.0, &fifth.to_string(), &5_i64]).await.unwrap();
    let note = "UPDATE feeds SET given = 5, given_link = sha256('') WHERE org = $1";
    other.execute(note, &[&org.0]).await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(read().await, (3, Some(3), 3, Some(5)));
    // One more is committed, and gets no position before the machine is back.
    store.commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
    assert_eq!(read().await, (3, Some(3), 3, Some(6)));
    client.execute(give, &[&org.0, &fourth.to_string(), &4_i64]).await.unwrap();
    until(6).await;
    assert_eq!(read().await, (6, Some(6), 6, Some(6)));
    let positions = "SELECT array_agg(position ORDER BY position) FROM positions WHERE org = $1";
    let positions: Vec<i64> = client.query_one(positions, &[&org.0]).await.unwrap().get(0);
    assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
    // A sequencer that ended before it forgot what it had counted: the next one forgets it, and counts it once.
    let left = "INSERT INTO outbox (org, kind, record, rev, at, delta, id, leaf) \
         SELECT org, kind, record, rev, at, 1, id, sha256('') FROM positions WHERE org = $1 AND position = 5";
    client.execute(left, &[&org.0]).await.unwrap();
    assert_eq!(read().await, (6, Some(6), 6, Some(6)));
    let waiting = async || client.query_one("SELECT count(*) FROM outbox", &[]).await.unwrap().get::<_, i64>(0);
    timeout(Duration::from_secs(30), async {
        while waiting().await > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(read().await, (6, Some(6), 6, Some(6)));
    database.close().await;
}
