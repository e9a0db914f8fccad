//! Databases spread over machines, where `KUSTODIAN_TEST_DISTRIBUTE=1` asks for that: `KUSTODIAN_TEST_POSTGRES` then
//! names the coordinator of a citus cluster, in a database that knows its workers. They are reached through it alone.

use kustodian_store::{distribute, migrate};
use tokio_postgres::{Client, NoTls};

/// Asks for it.
const DISTRIBUTE: &str = "KUSTODIAN_TEST_DISTRIBUTE";

/// In how many shards: few, as each of them has all indexes.
const SHARDS: u32 = 4;

/// The machines that the cluster has, the coordinator with group 0.
const NODES: &str =
    "SELECT nodename::text, nodeport, groupid FROM pg_dist_node WHERE noderole = 'primary' AND isactive";

/// Whether tests are to spread their tables.
pub(crate) fn is_asked_for() -> bool {
    std::env::var(DISTRIBUTE).is_ok_and(|asked| asked == "1")
}

/// Makes the database `name` on every machine, and spreads the tables of a migrated database in it. `server` and `url`
/// are of the coordinator: its own database and this one.
pub(crate) async fn make(server: &str, url: &str, name: &str) {
    let known = connect(server).await;
    // One at a time, until this connection ends: citus fails when two change the same catalogue of a machine.
    known.execute("SELECT pg_advisory_lock(1)", &[]).await.unwrap();
    remove(&known, name).await;
    let create = format!("CREATE DATABASE {name}");
    known.batch_execute(&create).await.unwrap();
    on_workers(&known, &create).await;
    let nodes: Vec<(String, i32, i32)> =
        known.query(NODES, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let client = connect(url).await;
    let extend = "CREATE EXTENSION IF NOT EXISTS citus";
    client.batch_execute(extend).await.unwrap();
    // This database knows no workers yet, so they are named.
    for (host, port, group) in &nodes {
        if *group == 0 {
            client.execute("SELECT citus_set_coordinator_host($1, $2)", &[host, port]).await.unwrap();
        } else {
            let sql = "SELECT success, result FROM master_run_on_worker(ARRAY[$1::text], ARRAY[$2::int], \
                 ARRAY[$3::text], false)";
            let row = client.query_one(sql, &[host, port, &extend]).await.unwrap();
            assert!(row.get::<_, bool>(0), "{extend} on {host}:{port}: {}", row.get::<_, String>(1));
            client.execute("SELECT citus_add_node($1, $2)", &[host, port]).await.unwrap();
        }
    }
    migrate(url).await.unwrap();
    distribute(url, SHARDS).await.unwrap();
}

/// Removes the database `name` from every machine.
pub(crate) async fn remove(known: &Client, name: &str) {
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    known.batch_execute(&drop).await.unwrap();
    if is_asked_for() {
        on_workers(known, &drop).await;
    }
}

async fn on_workers(known: &Client, command: &str) {
    let sql = "SELECT success, result FROM run_command_on_workers($1)";
    for row in known.query(sql, &[&command]).await.unwrap() {
        assert!(row.get::<_, bool>(0), "{command}: {}", row.get::<_, String>(1));
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
