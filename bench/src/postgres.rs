//! Bare PostgreSQL: tables with the same columns and indexes, prepared statements, each its own transaction, nothing
//! decided and nothing parsed. In a database of its own, on the server that Kustodian is measured on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};
use url::Url;

/// Names a server on which databases may be made.
pub(crate) const URL: &str = "KUSTODIAN_TEST_POSTGRES";

/// Connections that work at the same time, each with one statement in flight.
pub(crate) const CONNECTIONS: usize = 16;

/// One row, one statement.
pub(crate) const INSERT_OF_RECORD: &str = "insert of the record";

/// Six rows, one statement: the record, four claims, an event.
pub(crate) const INSERT_OF_ALL: &str = "insert of all its rows";

/// The same, with the search entries of the customer: a wide row, and the words in it. Without the parts of identities that
/// are new in each customer: they are few beside those that are not.
pub(crate) const INSERT_OF_FINDABLE: &str = "insert of all that, findable";

/// By the primary key.
pub(crate) const BARE_READ: &str = "read by primary key";

const SCHEMA: &str = r#"
    CREATE SCHEMA bare;
    CREATE TABLE bare.customers (
        id text COLLATE "C" NOT NULL, org bigint NOT NULL, rev bigint NOT NULL, deleted boolean NOT NULL,
        created_at bigint NOT NULL, updated_at bigint NOT NULL, document text COLLATE "C" NOT NULL,
        PRIMARY KEY (org, id) INCLUDE (deleted)
    );
    CREATE INDEX customers_by_created_at ON bare.customers (org, created_at, id) WHERE NOT deleted;
    CREATE INDEX customers_by_updated_at ON bare.customers (org, updated_at, id) WHERE NOT deleted;
    CREATE TABLE bare.claims (
        key bytea PRIMARY KEY, org bigint NOT NULL, kind text COLLATE "C" NOT NULL, owner text COLLATE "C" NOT NULL
    );
    CREATE TABLE bare.events (
        record text COLLATE "C" NOT NULL, org bigint NOT NULL, kind text COLLATE "C" NOT NULL, rev bigint NOT NULL,
        id text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, at bigint NOT NULL, actor text COLLATE "C",
        client text COLLATE "C" NOT NULL, digest bytea NOT NULL, salt bytea, request_id text COLLATE "C" NOT NULL,
        PRIMARY KEY (record, org, kind, rev) INCLUDE (at)
    );
    -- As the server has it, where PostgreSQL knows how.
    DO $$
    BEGIN
        ALTER TABLE bare.customers ALTER COLUMN document SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
        NULL;
    END
    $$;
"#;

/// $1 id, $2 at, $3 document.
const INSERT_RECORD: &str = "INSERT INTO bare.customers VALUES ($1, 1, 1, false, $2, $2, $3)";

/// As [`INSERT_RECORD`], with four claims and an event. The keys are hashes, so they fall on random pages.
const INSERT_ALL: &str = "WITH record AS (INSERT INTO bare.customers VALUES ($1, 1, 1, false, $2, $2, $3)), \
     claims AS (INSERT INTO bare.claims SELECT substring(sha256(convert_to($1 || identity, 'UTF8')) FOR 16), 1, \
     'email', $1 FROM generate_series(1, 4) identity) \
     INSERT INTO bare.events VALUES ($1, 1, 'customer', 1, $1, 'kustomer.customer.create', $2, $1, 'api', \
     sha256(convert_to($1, 'UTF8')), substring(sha256(convert_to($1, 'UTF8')) FOR 16), $1)";

/// What [`INSERT_ALL`] is given, so that the row of a search is written too. It is that of a customer of the server, but
/// for its new values: `{columns}` are its columns, `{values}` their values.
const INSERT_FINDABLE: &str =
    ", found_by AS (INSERT INTO bare.customer_search ({columns}) SELECT {values} FROM bare.found_by) ";

/// The row of a search, as the server has it, with all its indexes; and one to take values from.
const FINDABLE: &str = "CREATE TABLE IF NOT EXISTS bare.customer_search (LIKE public.customer_search INCLUDING ALL); \
     CREATE TABLE IF NOT EXISTS bare.found_by AS SELECT * FROM public.customer_search LIMIT 1";

/// $1 org, $2 id.
const READ: &str = "SELECT id, rev, deleted, created_at, updated_at, document FROM bare.customers \
     WHERE org = $1 AND id = $2";

/// The measured operations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    InsertRecord,
    InsertAll,
    InsertFindable,
    Read,
}

impl Work {
    const ALL: [Self; 4] = [Self::InsertRecord, Self::InsertAll, Self::InsertFindable, Self::Read];

    const fn name(self) -> &'static str {
        match self {
            Self::InsertRecord => INSERT_OF_RECORD,
            Self::InsertAll => INSERT_OF_ALL,
            Self::InsertFindable => INSERT_OF_FINDABLE,
            Self::Read => BARE_READ,
        }
    }

    /// `columns`: those of the row of a search.
    fn sql(self, columns: &[String]) -> String {
        match self {
            Self::InsertRecord => INSERT_RECORD.to_owned(),
            Self::InsertAll => INSERT_ALL.to_owned(),
            Self::InsertFindable => {
                let value = |column: &String| match column.as_str() {
                    "id" => "$1".to_owned(),
                    "name" | "external_id" => format!("{column} || $1"),
                    "tokens" => "tokens || array_to_tsvector(ARRAY['1wna' || $1, '1xex' || $1, '1xph' || $1, \
                         '1xem' || $1, '1xemwork-' || $1])"
                        .to_owned(),
                    _ => column.clone(),
                };
                let values: Vec<String> = columns.iter().map(value).collect();
                let more = INSERT_FINDABLE.replace("{columns}", &columns.join(", "));
                let more = more.replace("{values}", &values.join(", "));
                INSERT_ALL.replacen(" INSERT INTO bare.events", &format!("{more}INSERT INTO bare.events"), 1)
            }
            Self::Read => READ.to_owned(),
        }
    }
}

/// A database made for the measurement. [`Database::remove`] removes it.
pub(crate) struct Database {
    admin: Client,
    name: String,
    /// How to reach it.
    pub(crate) url: String,
    /// Customers written by [`Database::measure`].
    written: u64,
}

impl Database {
    /// Makes one on the server at `url`; that of an earlier run that was cut short is removed first.
    pub(crate) fn make(runtime: &Runtime, url: &str) -> Result<Self> {
        let mut address = Url::parse(url).with_context(|| format!("{URL} is not a URL"))?;
        let name = "kustodian_bench".to_owned();
        address.set_path(&name);
        runtime.block_on(async {
            let admin = connect(url).await?;
            admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
            admin.batch_execute(&format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")).await?;
            let url = address.to_string();
            connect(&url).await?.batch_execute(SCHEMA).await.context("cannot make the bare tables")?;
            Ok(Self { admin, name, url, written: 0 })
        })
    }

    /// Removes it, also while others are connected.
    pub(crate) fn remove(self, runtime: &Runtime) -> Result<()> {
        runtime.block_on(self.admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)))?;
        Ok(())
    }

    /// The operation, and its rate a second.
    pub(crate) fn measure(&mut self, runtime: &Runtime, document: &[u8], time: Duration) -> Result<[Rate; 4]> {
        let document = std::str::from_utf8(document).context("the document is not text")?;
        runtime.block_on(async {
            let mut connections = Vec::with_capacity(CONNECTIONS);
            for _ in 0..CONNECTIONS {
                connections.push(connect(&self.url).await?);
            }
            if let Some(connection) = connections.first() {
                connection.batch_execute(FINDABLE).await.context("cannot make the bare row of a search")?;
            }
            let mut rates = Work::ALL.map(|work| (work.name(), 0.0));
            for (work, rate) in Work::ALL.into_iter().zip(&mut rates) {
                rate.1 = self.work(&mut connections, work, document, time).await?;
            }
            Ok(rates)
        })
    }

    async fn work(&mut self, connections: &mut Vec<Client>, work: Work, document: &str, time: Duration) -> Result<f64> {
        let mut prepared: Vec<Statement> = Vec::with_capacity(connections.len());
        let sql = "SELECT attname::text FROM pg_attribute WHERE attrelid = 'bare.customer_search'::regclass \
             AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        for connection in connections.iter() {
            let columns: Vec<String> = connection.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect();
            prepared.push(connection.prepare(&work.sql(&columns)).await?);
        }
        let first = if work == Work::Read { 0 } else { self.written };
        let next = Arc::new(AtomicU64::new(first));
        let start = Instant::now();
        let end = start + time;
        let pairs = connections.drain(..).zip(prepared);
        let running: Vec<_> = pairs
            .map(|(connection, statement)| {
                let (next, document) = (Arc::clone(&next), document.to_owned());
                let worker = Worker { connection, statement, work, document, next, written: self.written };
                tokio::spawn(worker.run(end))
            })
            .collect();
        for worker in running {
            connections.push(worker.await.context("a connection to bare PostgreSQL panicked")??);
        }
        let reached = next.load(Ordering::Relaxed);
        if work != Work::Read {
            self.written = reached;
        }
        Ok((reached - first) as f64 / start.elapsed().as_secs_f64())
    }
}

/// The operation, and its rate a second.
pub(crate) type Rate = (&'static str, f64);

struct Worker {
    connection: Client,
    statement: Statement,
    work: Work,
    document: String,
    /// The next number, for all connections: none is left out.
    next: Arc<AtomicU64>,
    /// How many there are to read.
    written: u64,
}

impl Worker {
    /// Takes numbers and works on them until `end`.
    async fn run(self, end: Instant) -> Result<Client> {
        while Instant::now() < end {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            match self.work {
                Work::Read => {
                    // A step that visits all of them, not in the order they were written.
                    let id = id(number.wrapping_mul(7_919) % self.written);
                    let values: [&(dyn ToSql + Sync); 2] = [&1_i64, &id];
                    std::hint::black_box(self.connection.query_one(&self.statement, &values).await?);
                }
                Work::InsertRecord | Work::InsertAll | Work::InsertFindable => {
                    let (id, at) = (id(number), i64::try_from(number)?);
                    let values: [&(dyn ToSql + Sync); 3] = [&id, &at, &self.document];
                    self.connection.execute(&self.statement, &values).await?;
                }
            }
        }
        Ok(self.connection)
    }
}

/// Ids begin with the time, so those made together are together.
fn id(number: u64) -> String {
    format!("{number:024x}")
}

/// A connection of its own, which works in the background.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("cannot connect to PostgreSQL")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("a connection to PostgreSQL ended: {error}");
        }
    });
    Ok(client)
}
