//! Bare SQLite: the rows that the server wrote, written once more without it. Tables, indexes, search and the rows
//! themselves are taken out of the server's own database, so that both always do the same work; nothing is decided,
//! nothing parsed, nothing looked up, on one thread.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Statement};

/// The tables that a create writes, by the column that names the customer's row or id, and the column that numbers rows.
const TABLES: [Table; 4] = [
    Table { name: "customers", owner: "row.key = customers.key", numbered: Some("key") },
    Table { name: "claims", owner: "row.owner = customers.id", numbered: None },
    Table { name: "events", owner: "row.record = customers.id AND row.kind = 'customer'", numbered: Some("position") },
    Table { name: "customer_search", owner: "row.key = customers.key", numbered: Some("key") },
];

/// The index of their words, beside them: its tables are its own business.
const WORDS: &str = "customer_words";

struct Table {
    name: &'static str,
    /// Which of its rows, called `row`, belong to one of `customers`.
    owner: &'static str,
    numbered: Option<&'static str>,
}

/// The server's rows for some customers.
pub(crate) struct Rows {
    page_size: i64,
    schema: Vec<String>,
    inserts: Vec<Insert>,
    customers: Vec<Customer>,
}

struct Insert {
    sql: String,
    /// The column that counts on in a database with rows.
    numbered: Option<usize>,
}

struct Customer {
    key: i64,
    words: String,
    /// By their place in [`TABLES`].
    rows: Vec<(usize, Vec<Value>)>,
}

impl Rows {
    /// The rows of the first `count` customers that were created in a database.
    pub(crate) fn of(path: &Path, count: usize) -> Result<Self> {
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut rows = Self {
            page_size: database.pragma_query_value(None, "page_size", |row| row.get(0))?,
            schema: schema(&database)?,
            inserts: Vec::new(),
            customers: customers(&database, count)?,
        };
        let places: HashMap<i64, usize> =
            rows.customers.iter().enumerate().map(|(place, customer)| (customer.key, place)).collect();
        for (table, Table { name, owner, numbered }) in TABLES.iter().enumerate() {
            let mut statement = database.prepare(&format!(
                "SELECT customers.key, row.* FROM {name} AS row JOIN customers ON {owner} ORDER BY customers.key"
            ))?;
            let columns = statement.column_count();
            let place_of = |wanted: &str| statement.column_names().skip(1).position(|column| column == wanted);
            rows.inserts.push(Insert {
                sql: format!("INSERT INTO {name} VALUES ({})", vec!["?"; columns - 1].join(", ")),
                numbered: numbered.and_then(place_of),
            });
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let Some(customer) = places.get(&row.get(0)?).and_then(|place| rows.customers.get_mut(*place)) else {
                    continue;
                };
                let values = (1..columns).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
                customer.rows.push((table, values));
            }
        }
        let mut words = words(&database)?;
        for customer in &mut rows.customers {
            customer.words = words.remove(&customer.key).context("a customer without words")?;
        }
        rows.refuse_others(&database)?;
        Ok(rows)
    }

    /// How many customers there are.
    pub(crate) fn len(&self) -> usize {
        self.customers.len()
    }

    /// How many rows each customer has, beside words.
    pub(crate) fn each(&self) -> usize {
        self.customers.first().map_or(0, |customer| customer.rows.len())
    }

    /// Fails when creates fill a table that is not known here: then less would be written than by the server.
    fn refuse_others(&self, database: &Connection) -> Result<()> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'";
        let names: Vec<String> =
            database.prepare(tables)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for name in names {
            if name.starts_with(WORDS) || TABLES.iter().any(|table| table.name == name) {
                continue;
            }
            let rows: usize = database.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))?;
            ensure!(
                rows < self.len().max(100),
                "creates fill the table {name}, which the benchmark leaves out: add it"
            );
        }
        Ok(())
    }
}

/// The statements that made the database.
fn schema(database: &Connection) -> Result<Vec<String>> {
    let mut statement = database.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid",
    )?;
    let made: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    // Those that a table of words made for itself it makes again.
    let virtual_tables: Vec<String> = made
        .iter()
        .filter(|(_, sql)| sql.starts_with("CREATE VIRTUAL TABLE"))
        .map(|(name, _)| format!("{name}_"))
        .collect();
    let own = |name: &str| virtual_tables.iter().any(|table| name.starts_with(table));
    Ok(made.into_iter().filter(|(name, _)| !own(name)).map(|(_, sql)| sql).collect())
}

fn customers(database: &Connection, count: usize) -> Result<Vec<Customer>> {
    let mut statement = database.prepare("SELECT key FROM customers WHERE rev = 1 ORDER BY key LIMIT ?1")?;
    let made = statement.query_map([count], |row| {
        Ok(Customer { key: row.get(0)?, words: String::new(), rows: Vec::with_capacity(7) })
    })?;
    Ok(made.collect::<rusqlite::Result<_>>()?)
}

/// The words by which each customer is found, a line each, as the server hands them to the index.
fn words(database: &Connection) -> Result<HashMap<i64, String>> {
    database.execute_batch(&format!(
        "CREATE VIRTUAL TABLE temp.instances USING fts5vocab('main', '{WORDS}', 'instance')"
    ))?;
    let mut found: HashMap<i64, String> = HashMap::new();
    let mut statement = database.prepare("SELECT doc, term FROM temp.instances")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let words = found.entry(row.get(0)?).or_default();
        words.push_str(row.get_ref(1)?.as_str().context("a word that is not text")?);
        words.push('\n');
    }
    Ok(found)
}

/// A database to write to.
pub(crate) struct Bare {
    database: Connection,
    key: i64,
    position: i64,
}

impl Bare {
    /// A new database with the same tables.
    pub(crate) fn new(path: &Path, rows: &Rows) -> Result<Self> {
        let database = Connection::open(path).context("cannot make a database to measure")?;
        database.pragma_update(None, "page_size", rows.page_size)?;
        let bare = Self::set_up(database)?;
        bare.database.execute_batch(&rows.schema.join(";\n"))?;
        Ok(bare)
    }

    /// A copy of the server's database, which the rows are added to.
    pub(crate) fn on(path: &Path) -> Result<Self> {
        Self::set_up(Connection::open(path).context("cannot open a database to measure")?)
    }

    /// As the server sets up its own writer, but for checkpoints, which there run beside it.
    fn set_up(database: Connection) -> Result<Self> {
        database.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -131072;
             PRAGMA wal_autocheckpoint = 8192",
        )?;
        let last = |sql: &str| database.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).optional();
        // A new one has no tables yet.
        let key = last("SELECT max(key) FROM customers").ok().flatten().flatten().unwrap_or(0);
        let position = last("SELECT max(position) FROM events").ok().flatten().flatten().unwrap_or(0);
        Ok(Self { database, key, position })
    }

    /// Writes some of the customers durably, `group` a transaction; customers per second.
    pub(crate) fn write(&self, rows: &Rows, part: std::ops::Range<usize>, group: usize) -> Result<f64> {
        let customers = rows.customers.get(part).context("there are fewer customers than are to be written")?;
        let mut inserts = Vec::new();
        for Insert { sql, numbered } in &rows.inserts {
            inserts.push((self.database.prepare(sql)?, *numbered));
        }
        let mut words = self.database.prepare(&format!("INSERT INTO {WORDS} (rowid, tokens) VALUES (?1, ?2)"))?;
        let start = Instant::now();
        for group in customers.chunks(group) {
            self.database.execute_batch("BEGIN IMMEDIATE")?;
            for customer in group {
                for (table, values) in &customer.rows {
                    let Some((insert, numbered)) = inserts.get_mut(*table) else { bail!("a row of no table") };
                    let shift = if TABLES.get(*table).is_some_and(|table| table.name == "events") {
                        self.position
                    } else {
                        self.key
                    };
                    add(insert, values, *numbered, shift)?;
                }
                words.execute((customer.key + self.key, &customer.words))?;
            }
            self.database.execute_batch("COMMIT")?;
        }
        Ok(customers.len() as f64 / start.elapsed().as_secs_f64())
    }

    /// Reads documents by id for `time`; how many per second.
    pub(crate) fn read(&self, ids: &[String], time: Duration) -> Result<f64> {
        let mut find =
            self.database.prepare("SELECT document FROM customers WHERE org = 1 AND id = ?1 AND deleted = 0")?;
        let start = Instant::now();
        let mut done = 0_usize;
        while start.elapsed() < time {
            let id = ids.get(done.wrapping_mul(7_919) % ids.len()).context("nobody to read")?;
            // As it is stored.
            let document: Value =
                find.query_row([id], |row| row.get(0)).context("a row that was written is missing")?;
            std::hint::black_box(document);
            done += 1;
        }
        Ok(done as f64 / start.elapsed().as_secs_f64())
    }
}

fn add(insert: &mut Statement<'_>, values: &[Value], numbered: Option<usize>, shift: i64) -> rusqlite::Result<()> {
    for (place, value) in values.iter().enumerate() {
        match value {
            Value::Integer(number) if numbered == Some(place) => {
                insert.raw_bind_parameter(place + 1, number + shift)?
            }
            value => insert.raw_bind_parameter(place + 1, value)?,
        }
    }
    insert.raw_execute().map(drop)
}

/// SplitMix64: the same number always gives the same, and neighbours have nothing in common.
pub(crate) const fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
