//! The schema's keys against the distribution columns, in a migrated database; and refused schemas.

use std::collections::{BTreeMap, BTreeSet};

use crate::place::{Place, server, with_database};
use kustodian_core::kind::Kind;
use kustodian_store::{
    OpenError, Options, ddl, distribute, distribution_statements, migrate, open, pending_migrations,
};

/// Every table, with the column that distributes it; none for those that are everywhere.
fn catalogue() -> BTreeMap<String, Option<String>> {
    let quoted = |statement: &str, number: usize| statement.split('\'').nth(2 * number + 1).map(str::to_owned);
    let table = |statement: &String| {
        let column = statement.contains("create_distributed_table").then(|| quoted(statement, 1)).flatten();
        (quoted(statement, 0).unwrap(), column)
    };
    distribution_statements(32).iter().map(table).collect()
}

#[tokio::test]
async fn the_catalogue_names_every_table() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let sql = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    let rows = place.client().await.query(sql, &[]).await.unwrap();
    let mut tables: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    tables.retain(|table| table != "kustodian_migrations");
    tables.sort_unstable();
    assert_eq!(tables, catalogue().into_keys().collect::<Vec<_>>());
}

/// Columns of a table, then its indexes, in words.
async fn shape(client: &tokio_postgres::Client, schema: &str, table: &str) -> BTreeSet<String> {
    let columns = "SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), c.collname, a.attnotnull) \
         FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation \
         WHERE a.attrelid = ($1 || '.' || $2)::regclass AND a.attnum > 0";
    let indexes =
        "SELECT replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = $1 AND tablename = $2";
    let mut shape = BTreeSet::new();
    for sql in [columns, indexes] {
        shape.extend(client.query(sql, &[&schema, &table]).await.unwrap().iter().map(|row| row.get::<_, String>(0)));
    }
    shape
}

#[tokio::test]
async fn the_steps_create_what_each_kind_declares() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let client = place.client().await;
    for kind in Kind::ALL {
        let (name, table) = (kind.as_str(), kind.spec().table);
        let declare = format!("CREATE SCHEMA d_{name}; SET search_path = d_{name}; {}", ddl(kind).postgres);
        client.batch_execute(&declare).await.unwrap();
        client.batch_execute("RESET search_path").await.unwrap();
        let (declared, there) =
            (shape(&client, &format!("d_{name}"), table).await, shape(&client, "public", table).await);
        let missing: Vec<_> = declared.difference(&there).collect();
        assert!(missing.is_empty(), "a migration lacks of {table}: {missing:?}; see cargo xtask schema {name}");
    }
}

#[tokio::test]
async fn no_unique_index_crosses_a_distribution_key() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let sql = "SELECT t.relname::text, i.relname::text, array(SELECT a.attname::text FROM pg_attribute a \
         WHERE a.attrelid = t.oid AND a.attnum = ANY((x.indkey::int2[])[0:x.indnkeyatts - 1])) \
         FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace";
    let (catalogue, mut seen) = (catalogue(), 0);
    for row in place.client().await.query(sql, &[]).await.unwrap() {
        let (table, index, columns): (String, String, Vec<String>) = (row.get(0), row.get(1), row.get(2));
        if let Some(Some(column)) = catalogue.get(&table) {
            assert!(columns.contains(column), "{index} of {table} holds {columns:?}, not {column}");
            seen += 1;
        }
    }
    let distributed = catalogue.values().flatten().count();
    assert_eq!(seen, distributed, "each distributed table has a primary key, and nothing else that is unique");
}

#[tokio::test]
async fn no_foreign_key_leaves_the_machine_it_is_on() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let sql = "SELECT conname::text, conrelid::regclass::text, confrelid::regclass::text \
         FROM pg_constraint WHERE contype = 'f'";
    let catalogue = catalogue();
    for row in place.client().await.query(sql, &[]).await.unwrap() {
        let (name, from, to): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        assert_eq!((&catalogue[&from], &catalogue[&to]), (&None, &None), "{name}");
    }
}

#[tokio::test]
async fn all_text_compares_by_its_bytes() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let sql = "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_collation o ON o.oid = a.attcollation WHERE c.relnamespace = 'public'::regnamespace \
         AND c.relkind = 'r' AND o.collname <> 'C'";
    let rows = place.client().await.query(sql, &[]).await.unwrap();
    assert!(rows.is_empty(), "{:?}", rows.iter().map(|row| row.get(0)).collect::<Vec<String>>());
}

/// Some of it citus refuses, some would act on one machine alone.
#[tokio::test]
async fn nothing_of_the_schema_acts_by_itself() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    let sql = "SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal \
         UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
         UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
         WHERE c.relnamespace = 'public'::regnamespace \
         UNION ALL SELECT 'column ' || attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         WHERE c.relnamespace = 'public'::regnamespace AND attgenerated <> ''";
    let rows = place.client().await.query(sql, &[]).await.unwrap();
    assert!(rows.is_empty(), "{:?}", rows.iter().map(|row| row.get(0)).collect::<Vec<String>>());
}

#[tokio::test]
async fn without_citus_nothing_is_spread_and_that_is_said() {
    let Some(place) = Place::bare().await else { return };
    let error = distribute(place.url(), 32).await.unwrap_err();
    assert!(error.to_string().starts_with("PostgreSQL here has no citus extension: "), "{error}");
    assert!(matches!(distribute("sqlite::memory:", 32).await, Err(OpenError::NotDistributable)));
}

#[tokio::test]
async fn migrating_twice_does_nothing_more() {
    let Some(place) = Place::bare().await else { return };
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/postgres/schema")).unwrap();
    let files = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut steps: Vec<String> = files.map(|name| name.strip_suffix(".sql").unwrap().to_owned()).collect();
    steps.sort();
    assert_eq!(migrate(place.url()).await.unwrap(), steps);
    assert_eq!(migrate(place.url()).await.unwrap(), Vec::<String>::new());
}

async fn refusal(url: &str) -> String {
    let Err(error) = open(url, Options::default()).await else { panic!("opened") };
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}

#[tokio::test]
async fn a_newer_version_is_refused() {
    let Some(place) = Place::bare().await else { return };
    migrate(place.url()).await.unwrap();
    place.client().await.batch_execute("INSERT INTO kustodian_migrations (version) VALUES (99)").await.unwrap();
    let line = refusal(place.url()).await;
    assert!(line.contains("schema version 99") && line.contains("newer version"), "{line}");
    assert!(pending_migrations(place.url()).await.is_err());
}

#[tokio::test]
async fn tables_of_another_program_are_left_alone() {
    let Some(place) = Place::bare().await else { return };
    let client = place.client().await;
    client.batch_execute("CREATE TABLE customers (name text)").await.unwrap();
    assert!(refusal(place.url()).await.contains("tables of another program"));
    let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    assert_eq!(client.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 1, "nothing is left half done");
}

#[tokio::test]
async fn a_place_that_does_not_do_is_named_without_the_password() {
    let Some(server) = server() else { return };
    let line = refusal(&with_database(&server, "kustodian_test_missing")).await;
    assert!(line.contains("kustodian_test_missing") && line.contains("does not exist"), "{line}");
    let line = refusal("postgres://me:secret@127.0.0.1:1/data").await;
    assert!(line.contains("127.0.0.1:1") && !line.contains("secret"), "{line}");
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused() {
    let Some(place) = Place::bare().await else { return };
    let client = place.client().await;
    let name = format!("kustodian_test_latin_{}", std::process::id());
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
    let make = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    client.batch_execute(&make).await.unwrap();
    let line = refusal(&with_database(place.url(), &name)).await;
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    assert!(line.contains("LATIN1") && line.contains("UTF8"), "{line}");
}
