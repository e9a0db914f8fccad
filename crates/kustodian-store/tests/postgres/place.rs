//! Where the databases of these tests are: each in one of its own, on the server that the environment names.

use std::sync::atomic::{AtomicU32, Ordering};

use kustodian_store::CopyOptions;
use tokio_postgres::{Client, NoTls};

use crate::spreading;

/// Whether writes that wait are committed together.
pub(crate) const GROUPS_COMMITS: bool = false;

/// How many random sequences the model is tried with: fewer than on SQLite, as each needs a database.
pub(crate) const MODEL_CASES: u32 = 12;

/// Makes the database one of the version before the terms of pairs.
pub(crate) const BEFORE_PAIRS: &str = "DELETE FROM kustodian_migrations WHERE version > 22";

/// How many random databases are searched: fewer than on SQLite, too.
pub(crate) const SEARCH_CASES: u32 = 6;

/// The table in which positions and links are.
pub(crate) const PLACES: &str = "positions";

/// An id as events have it, in SQL.
pub(crate) fn id_in_events(id: &str) -> String {
    format!("'{id}'")
}

/// What can be done here past the engine, and its SQL; see `verify`.
pub(crate) const TAMPERINGS: &[(&str, &str)] = &[
    (
        "an event's id in capitals",
        "UPDATE events SET id = 'FFFFFFFFFFFFFFFFFFFFFFFF' WHERE record = {erased_event} AND rev = 4",
    ),
    (
        "an event put in without a position",
        "INSERT INTO events SELECT record, org, kind, 71, id, name, at, actor, client, digest, salt, request_id, \
         changes, NULL FROM events WHERE record = '{long}' AND rev = 70",
    ),
    (
        "an event put in at the end, with the end and the record",
        "INSERT INTO events SELECT record, org, kind, 71, id, name, at, actor, client, digest, salt, request_id, \
         changes, NULL FROM events WHERE record = '{long}' AND rev = 70; \
         INSERT INTO positions SELECT record, org, kind, 71, 78, id, at, actor, link FROM positions \
         WHERE record = '{long}' AND rev = 70; \
         UPDATE feeds SET position = 78, link = (SELECT link FROM positions WHERE org = 1 AND position = 78) \
         WHERE org = 1; UPDATE tags SET rev = 71 WHERE id = '{long}' AND org = 1",
    ),
    (
        "a position used twice",
        "INSERT INTO positions SELECT record, org, kind, rev, position, 'x', at, actor, link FROM positions \
         WHERE org = 1 AND position = 77",
    ),
    ("a position without an event", "UPDATE positions SET rev = 99 WHERE org = 1 AND position = 77"),
    ("a position's event", "UPDATE positions SET id = 'ffffffffffffffffffffffff' WHERE org = 1 AND position = 7"),
    ("a position's time", "UPDATE positions SET at = 0 WHERE org = 1 AND position = 7"),
    ("a position's actor", "UPDATE positions SET actor = NULL WHERE org = 1 AND position = 7"),
];

/// An event put in as the 41st, and those behind it moved on.
pub(crate) const PUT_IN_BETWEEN: &str = "UPDATE positions SET position = position + 1 WHERE org = 1 AND position > 40; \
     INSERT INTO events SELECT record, org, kind, 71, 'ffffffffffffffffffffffff', name, at, actor, client, digest, salt, \
     request_id, changes, NULL FROM events WHERE record = '{long}' AND rev = 70; \
     INSERT INTO positions SELECT record, org, kind, 71, 41, 'ffffffffffffffffffffffff', at, actor, link \
     FROM positions WHERE record = '{long}' AND rev = 70; \
     UPDATE feeds SET position = 78 WHERE org = 1; UPDATE tags SET rev = 71 WHERE id = '{long}' AND org = 1";

/// Names a server in which tests may make databases.
const SERVER: &str = "KUSTODIAN_TEST_POSTGRES";

/// `sqlite` leaves these tests out.
const ENGINES: &str = "KUSTODIAN_TEST_ENGINES";

/// Rows written into the index past the engine, with the parts that are then faulty.
pub(crate) const SEARCHES_MISLED: &[(&str, &[&str])] = &[
    ("DELETE FROM customer_search WHERE name = 'the first 7'", &["row"]),
    ("UPDATE customer_search SET name = 'x', c1 = NULL WHERE name = 'the first 1099'", &["name", "c1"]),
    ("UPDATE customer_search SET tokens = ts_delete(tokens, '1wnafirst') WHERE name = 'the first 9'", &["words"]),
    ("DELETE FROM search_terms WHERE term LIKE '%=the first company%'", &["words"]),
    ("UPDATE search_records SET words = ts_delete(words, 'b1wcompany')", &["words"]),
    ("UPDATE search_records SET deleted = NOT deleted", &["deleted"]),
    ("DELETE FROM search_records", &["row", "words"]),
];

/// A database's place. Dropped, the database is gone.
pub(crate) struct Place {
    url: String,
    name: String,
}

impl Place {
    /// Makes an empty database; none where PostgreSQL is left out on purpose. Where tables are to be spread, they are
    /// there already.
    pub(crate) async fn make() -> Option<Self> {
        if !spreading::is_asked_for() {
            return Self::bare().await;
        }
        let server = server()?;
        let name = new_name();
        let url = with_database(&server, &name);
        spreading::make(&server, &url, &name).await;
        Some(Self { url, name })
    }

    /// One without any table, on one machine.
    pub(crate) async fn bare() -> Option<Self> {
        Self::make_like("template1").await
    }

    /// One that is still there after its database was closed.
    pub(crate) async fn lasting() -> Option<Self> {
        Self::make().await
    }

    /// Another place with the same rows. Nobody may have the database open.
    pub(crate) async fn copy(&self) -> Self {
        if !spreading::is_asked_for() {
            return Self::make_like(&self.name).await.unwrap();
        }
        let copy = Self::make().await.unwrap();
        kustodian_store::copy(self.url(), copy.url(), CopyOptions::default(), &mut |_| {}).await.unwrap();
        copy
    }

    /// Writes past the engine; how many rows.
    pub(crate) async fn write(&self, sql: &str) -> u64 {
        let (client, mut written) = (self.client().await, 0);
        for statement in sql.split(';') {
            written += client.execute(statement, &[]).await.unwrap();
        }
        written
    }

    async fn make_like(template: &str) -> Option<Self> {
        let server = server()?;
        let name = new_name();
        let client = connect(&server).await;
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        Some(Self { url: with_database(&server, &name), name })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A connection past the engine, to read the tables.
    pub(crate) async fn client(&self) -> Client {
        connect(&self.url).await
    }
}

fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("kustodian_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl Drop for Place {
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                spreading::remove(&connect(&server().unwrap()).await, &name).await;
            });
        });
        // A test that has failed already says more than its database that stays.
        drop(dropping.join());
    }
}

/// The server's URL; none where PostgreSQL is left out on purpose.
pub(crate) fn server() -> Option<String> {
    if std::env::var(ENGINES).is_ok_and(|engines| engines == "sqlite") {
        return None;
    }
    let missing = "these tests need PostgreSQL: run `cargo xtask test`, which starts one, or put the URL that \
         `cargo xtask postgres` prints into KUSTODIAN_TEST_POSTGRES; KUSTODIAN_TEST_ENGINES=sqlite leaves them out";
    Some(std::env::var(SERVER).expect(missing))
}

/// The same server, another database.
pub(crate) fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = base.rsplit_once('/').unwrap();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{server}/{name}{separator}{query}")
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
