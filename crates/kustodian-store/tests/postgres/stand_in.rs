//! The statements for spread tables, against the declarations of citus 13: a table and functions of its names, columns
//! and types in a database without it. What citus itself does is tried on a cluster (`CONTRIBUTING.md`).

use kustodian_store::{Options, distribute, distribution_statements, migrate, open};

use crate::bytes;
use crate::place::Place;
use crate::setting::make_org;

/// `pg_dist_partition` as citus 13 has it; functions that do the same but for the machines.
const CITUS: &str = "
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
