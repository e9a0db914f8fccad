//! Where the databases of these tests are: PostgreSQL, each a database of its own on the server that the environment
//! names.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use kustodian_core::kind::Kind;

use crate::spreading;

/// Names a server in which tests may make databases.
const SERVER: &str = "KUSTODIAN_TEST_POSTGRES";

/// `sqlite` leaves these tests out.
const ENGINES: &str = "KUSTODIAN_TEST_ENGINES";

/// A database's place. Dropped, the database is gone.
pub(crate) struct Place {
    url: String,
    name: String,
}

impl Place {
    /// For a database that need not outlive its server; here it does.
    pub(crate) fn passing() -> Self {
        Self::lasting()
    }

    /// For a database that outlives its server. Its tables are there already.
    pub(crate) fn lasting() -> Self {
        if !spreading::is_asked_for() {
            return Self::copied(&format!(" TEMPLATE {}", *TEMPLATE));
        }
        let name = new_name();
        let url = with_database(&server(), &name);
        let place = Self { url: url.clone(), name: name.clone() };
        apart(move || async move { spreading::make(&server(), &url, &name).await });
        place
    }

    /// For one without any table, on one machine.
    pub(crate) fn bare() -> Self {
        Self::copied("")
    }

    fn copied(from: &str) -> Self {
        let name = new_name();
        run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        run(&format!("CREATE DATABASE {name}{from}"));
        Self { url: with_database(&server(), &name), name }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the server must be asked to stop for the database to go.
    pub(crate) fn ends_with_its_server(&self) -> bool {
        false
    }
}

/// The folder for the attachments of a database: each has its own, so that it is deleted with it.
pub(crate) fn attachments(url: &str) -> Option<String> {
    Some(attachments_folder(url).display().to_string())
}

/// The folder where a server keeps the attachments of a database.
pub(crate) fn attachments_folder(url: &str) -> std::path::PathBuf {
    let named = url.split('?').next().unwrap().rsplit('/').next().unwrap();
    std::env::temp_dir().join(format!("{named}.attachments"))
}

/// The name of a database with all tables, of which others are copies: that takes a fraction of the time of all migrations.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let mut migrations = DefaultHasher::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kustodian-store/src/postgres/schema");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().for_each(|file| std::fs::read(file).unwrap().hash(&mut migrations));
    let name = format!("kustodian_template_{:016x}", migrations.finish());
    let made = name.clone();
    apart(move || async move { make_template(&made).await });
    name
});

/// Makes it unless it is there. Tests are processes of their own: the first one makes it, and others wait.
async fn make_template(name: &str) {
    let client = connect(&server()).await;
    client.batch_execute("SELECT pg_advisory_lock(5493217)").await.unwrap();
    if client.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await.unwrap().is_some() {
        return;
    }
    // It has its name once it is complete.
    let making = format!("{name}_making");
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)")).await.unwrap();
    client.batch_execute(&format!("CREATE DATABASE {making}")).await.unwrap();
    let url = with_database(&server(), &making);
    let made = crate::server::binary().args(["migrate", "--database", &url]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    client.batch_execute(&format!("ALTER DATABASE {making} RENAME TO {name}")).await.unwrap();
}

fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("kustodian_api_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            drop(std::fs::remove_dir_all(attachments_folder(&self.url)));
            let name = self.name.clone();
            apart(move || async move { spreading::remove(&connect(&server()).await, &name).await });
        }
    }
}

/// Leaves the tests out when that was asked for: a test cannot say so by itself, so its process ends in good order.
pub(crate) fn server() -> String {
    if std::env::var(ENGINES).is_ok_and(|engines| engines == "sqlite") {
        eprintln!("PostgreSQL is left out");
        std::process::exit(0);
    }
    std::env::var(SERVER).expect(
        "these tests need PostgreSQL: run `cargo xtask test`, which starts one, or put the URL that \
         `cargo xtask postgres` prints into KUSTODIAN_TEST_POSTGRES; KUSTODIAN_TEST_ENGINES=sqlite leaves them out",
    )
}

/// The same database by a URL with a password. A server that asked for one has it in the URL already; others ignore it.
pub(crate) fn with_password(url: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    match rest.split_once('@') {
        Some((user, place)) if !user.contains(':') => format!("{scheme}://{user}:{password}@{place}"),
        _ => url.to_owned(),
    }
}

/// The table that holds the positions of events.
pub(crate) const POSITIONS: &str = "positions";

/// How many random sequences of writes are replayed: fewer than on SQLite, as each needs a database.
pub(crate) const REPLAY_CASES: u32 = 5;

/// Whether several servers may serve one database.
pub(crate) const SEVERAL_SERVERS: bool = true;

/// The files of a database that a released version made, compressed, and of the answers of its API.
pub(crate) const KEPT: (&str, &str) = ("postgres.sql.gz", "told.postgres.json");

/// Whether it is a backup, which can be restored, too.
pub(crate) const IS_KEPT_AS_BACKUP: bool = false;

/// A database as it is kept: statements, which every later PostgreSQL takes.
pub(crate) fn keep(url: &str) -> Vec<u8> {
    let dumped = std::process::Command::new("pg_dump").args(["--inserts", "--no-owner", "--dbname", url]).output();
    let dumped = dumped.expect("pg_dump writes the statements");
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    dumped.stdout
}

/// A kept database, where it can be served.
pub(crate) fn put_back(kept: &[u8]) -> Place {
    let place = Place::bare();
    // Lines with a backslash are for psql.
    let statements = std::str::from_utf8(kept).unwrap().lines().filter(|line| !line.starts_with('\\'));
    rows(place.url(), &statements.collect::<Vec<_>>().join("\n"));
    place
}

/// Every row of every table as text.
pub(crate) fn everything(url: &str) -> String {
    let tables = rows(url, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'");
    assert!(!tables.is_empty());
    let texts = tables.iter().flat_map(|table| rows(url, &format!("SELECT t::text FROM {} t", table[0])));
    texts.flatten().collect::<Vec<_>>().join("\n")
}

/// The words with this beginning that the files of a database hold, and where: a line each. The server reads them, so that
/// it may be anywhere; system catalogues included.
pub(crate) fn traces(url: &str, mark: &str) -> Vec<String> {
    rows(url, "CHECKPOINT");
    let sql = format!(
        "SELECT DISTINCT name || ': ' || word[1] FROM \
         (SELECT oid::regclass::text AS name, pg_read_binary_file(pg_relation_filepath(oid), 0, 1000000000, true) AS bytes \
          FROM pg_class WHERE pg_relation_filepath(oid) IS NOT NULL OFFSET 0) AS files, \
         regexp_matches(encode(bytes, 'escape'), '{mark}[a-z]{{3,}}[0-9]+', 'g') AS word ORDER BY 1"
    );
    rows(url, &sql).into_iter().flatten().collect()
}

/// Whether a line of [`traces`] is about bytes that the engine has let go of, and only [`rewrite`] takes away.
pub(crate) fn is_in_free_space(line: &str) -> bool {
    tables_with_values().any(|table| line.starts_with(&format!("{table}: ")))
}

/// Gathers the statistics of every table, as the database does by itself at a time of its own.
pub(crate) fn analyze(url: &str) {
    rows(url, "ANALYZE");
}

/// Does what `docs/operating.md` advises the operator to do for that.
pub(crate) fn rewrite(url: &str) {
    let done = crate::server::binary().args(["scrub", "--rewrite", "--database", url]).output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success() && told.contains("rewriting customers"), "{told}");
}

/// The tables whose rows hold what clients choose.
fn tables_with_values() -> impl Iterator<Item = &'static str> {
    Kind::ALL.into_iter().map(|kind| kind.spec().table).chain([
        "customer_search",
        "search_records",
        "search_terms",
        "events",
    ])
}

/// Reads the id of an event's record, in SQL.
pub(crate) const RECORD_OF_EVENT: &str = "record";

/// An id as events have it, in SQL.
pub(crate) fn id_in_events(id: &str) -> String {
    format!("'{id}'")
}

/// A text for each revision that is no id, in the type of the ids of events, in SQL.
pub(crate) const NO_ID_IN_EVENTS: &str = "'no id of an event ' || (10000 + rev)";

/// The result of a query, as text.
pub(crate) fn rows(url: &str, sql: &str) -> Vec<Vec<String>> {
    try_rows(url, sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

pub(crate) fn try_rows(url: &str, sql: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let mut rows = Vec::new();
        for message in client.simple_query(sql).await? {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect());
            }
        }
        Ok(rows)
    })
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = base.rsplit_once('/').unwrap();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{server}/{name}{separator}{query}")
}

fn run(sql: &str) {
    let sql = sql.to_owned();
    apart(move || async move { connect(&server()).await.batch_execute(&sql).await.unwrap() });
}

/// On a thread of its own: some tests run within a runtime, which must not be blocked by another.
fn apart<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let done = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work());
    });
    done.join().unwrap();
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Ends every connection to a database and refuses further ones, or lets them in again: what an outage is to a server.
pub(crate) fn allow_connections(url: &str, allowed: bool) {
    let (base, _) = url.split_once('?').unwrap_or((url, ""));
    let (_, name) = base.rsplit_once('/').unwrap();
    run(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}"));
    if !allowed {
        run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    }
}

/// Somebody who reads an old state of a database, until dropped.
pub(crate) struct OldReader {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl OldReader {
    pub(crate) fn of(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
            client
        });
        let reader = Self { runtime, client };
        reader.read();
        reader
    }

    /// How many customers there are for it.
    pub(crate) fn read(&self) -> i64 {
        let row = self.runtime.block_on(self.client.query_one("SELECT count(*) FROM customers", &[])).unwrap();
        row.get(0)
    }
}

/// Somebody who keeps all others from writing customers, until dropped.
pub(crate) struct Writer {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl Writer {
    pub(crate) fn of(url: &str) -> Self {
        let OldReader { runtime, client } = OldReader::of(url);
        runtime.block_on(client.batch_execute("ROLLBACK; BEGIN; LOCK TABLE customers IN EXCLUSIVE MODE")).unwrap();
        Self { runtime, client }
    }

    /// Lets the others write again.
    pub(crate) fn end(self) {
        self.runtime.block_on(self.client.batch_execute("ROLLBACK")).unwrap();
    }
}
