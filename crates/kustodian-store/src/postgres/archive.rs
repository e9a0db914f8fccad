//! A PostgreSQL database as one end of a copy.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kustodian_core::chain::{Leaf, genesis, link};
use kustodian_core::feed::Head;
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use serde_json::{Map, Value as Json};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, Row as Returned};

use super::connection::Connection;
use super::connector::COMMITTING;
use super::distribution::has_citus;
use super::events::SAME;
use super::failure::words;
use super::search::{Reindexing, Written, index_documents};
use super::sql::{ERASE_EVENTS, KEEP_WHOLE, statements as statements_of};
use super::values::{Count, StoredLink, Value};
use crate::copy::state::{NAME, OF_ITS_PLACE, State};
use crate::copy::table::{Cell, EVENTS, HOME, Holds, Row, Table};
use crate::copy::{CopyError, Erased, ROWS, Source, Target};
use crate::document::FromBytes;
use crate::options::Options;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// "copy", as a number: who writes a copy holds it.
const COPYING: i64 = 0x636f_7079;

/// How long to wait for another copy to end, in milliseconds.
const PATIENCE: u32 = 5_000;

/// The last position given in each org, and its link.
pub(super) const LAST: &str = "SELECT org, greatest(position, given), CASE WHEN given > position THEN given_link \
     ELSE link END FROM feeds";

/// Where `o` of the outbox has the position `p`: where tables are spread, it waits until the feed ends behind that.
pub(super) const PLACED: &str =
    "p.record = o.record AND p.org = o.org AND p.kind = o.kind AND p.rev = o.rev AND p.id = o.id";

/// A connection of its own.
pub(crate) struct Archive {
    pub(super) connection: Connection,
    /// Of a snapshot: events that were committed but had no position yet, with positions for the time being.
    unplaced: Vec<Row>,
}

impl Archive {
    /// Opens a database to read one snapshot of it.
    pub(crate) async fn read(url: &str) -> Result<Self, CopyError> {
        let mut archive = Self::open(url).await?;
        if has_citus(&archive.connection, "database").await.map_err(CopyError::Open)? {
            archive.begin_of_machines(url).await?;
        } else {
            archive.connection.command(BEGIN).await.map_err(failed)?;
        }
        archive.unplaced = archive.place_for_now().await?;
        Ok(archive)
    }

    /// Takes snapshots of several machines that show the same commits: nobody commits while they are taken. A machine takes
    /// one for each connection that citus opens to it, so there is one connection to each from the beginning.
    async fn begin_of_machines(&self, url: &str) -> Result<(), CopyError> {
        let (_, holder) = super::connect(url, &Options::default()).await?;
        holder.command(&format!("BEGIN; SELECT pg_advisory_xact_lock({COMMITTING})")).await.map_err(failed)?;
        self.connection.command("SET citus.max_adaptive_executor_pool_size = 1").await.map_err(failed)?;
        self.connection.command(BEGIN).await.map_err(failed)?;
        self.number("SELECT count(*) FROM outbox").await?;
        holder.command("ROLLBACK").await.map_err(failed)
    }

    /// Opens a database to write it.
    pub(crate) async fn write(url: &str) -> Result<Self, CopyError> {
        let archive = Self::open(url).await?;
        // For as long as the connection lives. That of a copy which was killed may live a moment longer than it did.
        archive.connection.command(&format!("SET lock_timeout = {PATIENCE}")).await.map_err(failed)?;
        let held = archive.connection.unnamed("SELECT pg_advisory_lock($1)", &[Value::Number(COPYING)]).await;
        match held {
            Ok(_) => archive.connection.command("SET lock_timeout = 0").await.map_err(failed)?,
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => return Err(CopyError::Busy),
            Err(error) => return Err(failed(error)),
        }
        Ok(archive)
    }

    async fn open(url: &str) -> Result<Self, CopyError> {
        let (connector, connection) = super::connect(url, &Options::default()).await?;
        if !super::schema::pending(&connection, connector.name()).await?.is_empty() {
            return Err(CopyError::Outdated);
        }
        // A pass over a large table takes longer than any request may.
        let patience = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
        connection.command(patience).await.map_err(failed)?;
        Ok(Self { connection, unplaced: Vec::new() })
    }

    /// A sequencer gives positions after the commit; what it has not come to yet is placed behind what it has.
    async fn place_for_now(&mut self) -> Result<Vec<Row>, CopyError> {
        let answer = self.connection.unnamed(LAST, &[]).await.map_err(failed)?;
        let end = |row: &Returned| {
            let link = row.try_get::<_, StoredLink>(2)?.0;
            Ok((row.try_get::<_, i64>(0)?, Head { position: row.try_get::<_, Count>(1)?.0, link }))
        };
        let mut ends: BTreeMap<i64, Head> =
            answer.rows.iter().map(end).collect::<Result<_, Error>>().map_err(failed)?;
        // In the sequencer's order: by time, but never a revision before the one it follows. Where the link will be
        // is the leaf for now.
        let sql = format!(
            "SELECT {} FROM (SELECT *, leaf AS link, NULL::bigint AS position, \
             max(at) OVER (PARTITION BY org, kind, record ORDER BY rev) AS moment FROM outbox o WHERE id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM positions p WHERE {PLACED})) p \
             JOIN events e ON {SAME} ORDER BY p.org, p.moment, p.kind, p.record, p.rev",
            event_columns()
        );
        let mut rows = self.select(&EVENTS, &sql, &[]).await?;
        let places = [EVENTS.place("org"), EVENTS.place("position"), EVENTS.place("link")];
        let [Some(org), Some(position), Some(leaf)] = places else { return Ok(rows) };
        for row in &mut rows {
            let (Some(Cell::Integer(org)), Some(Cell::Bytes(bytes))) = (row.get(org), row.get(leaf)) else { continue };
            let Ok(told) = Leaf::from_bytes(bytes) else { continue };
            let end = ends.entry(*org).or_insert_with(|| Head { position: 0, link: genesis(OrgKey(*org)) });
            let next = end.position + 1;
            *end = Head { position: next, link: link(end.link, next, told) };
            row[position] = Cell::Integer(i64::try_from(next).unwrap_or(i64::MAX));
            row[leaf] = Cell::Bytes(end.link.0.to_vec());
        }
        Ok(rows)
    }

    pub(super) async fn select(&self, table: &Table, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, CopyError> {
        let answer = self.connection.unnamed(sql, values).await.map_err(failed)?;
        answer.rows.iter().map(|row| cells(table, row)).collect()
    }

    /// One value out of one row.
    pub(super) async fn number(&self, sql: &str) -> Result<i64, CopyError> {
        let answer = self.connection.unnamed(sql, &[]).await.map_err(failed)?;
        answer.rows.first().map(|row| row.try_get(0)).transpose().map_err(failed).map(Option::unwrap_or_default)
    }

    /// Writes the search entries of customers, worked out of their documents: they are not carried.
    async fn write_found_by(&self, rows: &[Row]) -> Result<(), CopyError> {
        let customer = |row: &'_ Row| match row.as_slice() {
            [Cell::Text(id), Cell::Integer(org), .., Cell::Text(document)] => {
                Some((OrgKey(*org), id.parse().ok()?, document.clone()))
            }
            _ => None,
        };
        let customers: Vec<(OrgKey, ObjectId, String)> = rows.iter().filter_map(customer).collect();
        let customers: Vec<_> = customers.iter().map(|(org, id, document)| (*org, *id, document.as_str())).collect();
        let limit = Options::default().indexed_custom_attributes;
        let written = Reindexing::new(&self.connection, limit).write(&customers).await;
        written.map_err(|reason| CopyError::Failed { what: "PostgreSQL", reason })
    }

    /// The same for records of another kind.
    async fn write_entries(&self, table: &Table, kind: Kind, rows: &[Row]) -> Result<(), CopyError> {
        let home = if kind.spec().has_home() { "home" } else { "id" };
        let record = |row: &'_ Row| {
            let id = |column| table.text(row, column)?.parse::<ObjectId>().ok();
            Some((OrgKey(table.number(row, "org")?), id("id")?, id(home)?))
        };
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            if let (Some((org, id, home)), Some(document)) = (record(row), table.text(row, "document")) {
                records.push(Written { org, kind, id, home, document });
            }
        }
        let written = index_documents(&self.connection, &records).await;
        written.map_err(|reason| CopyError::Failed { what: "PostgreSQL", reason })
    }

    /// Runs statements in one transaction.
    async fn together(&self, statements: &[(String, Vec<Value<'_>>)]) -> Result<(), CopyError> {
        self.connection.command("BEGIN").await.map_err(failed)?;
        for (sql, values) in statements {
            if let Err(error) = self.connection.unnamed(sql, values).await {
                // The first failure is the one to report.
                drop(self.connection.command("ROLLBACK").await);
                return Err(failed(error));
            }
        }
        self.connection.command("COMMIT").await.map_err(failed)
    }
}

pub(super) fn failed(error: Error) -> CopyError {
    CopyError::Failed { what: "PostgreSQL", reason: words(&error) }
}

#[async_trait]
impl Source for Archive {
    async fn oldest_org(&mut self) -> Result<Option<String>, CopyError> {
        let answer = self.connection.unnamed("SELECT id FROM orgs ORDER BY key LIMIT 1", &[]).await.map_err(failed)?;
        answer.rows.first().map(|row| row.try_get(0)).transpose().map_err(failed)
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, CopyError> {
        let rows = self.number(&format!("SELECT count(*) FROM {}", table.name)).await?;
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    async fn rows(&mut self, table: &'static Table, after: Option<Vec<Cell>>) -> Result<Vec<Row>, CopyError> {
        let key = table.key.join(", ");
        let mut conditions = Vec::new();
        if let Some(after) = &after {
            let places: Vec<String> = (1..=after.len()).map(|place| format!("${place}")).collect();
            conditions.push(format!("({key}) > ({})", places.join(", ")));
        }
        if table.name == "settings" {
            conditions.push(format!("name NOT IN ({OF_ITS_PLACE})"));
        }
        let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
        let sql = match table.name {
            "events" => format!(
                "SELECT {} FROM (SELECT * FROM positions WHERE {condition} ORDER BY {key} LIMIT {ROWS}) p \
                 JOIN events e ON {SAME} ORDER BY p.org, p.position",
                event_columns()
            ),
            name => format!("SELECT {} FROM {name} WHERE {condition} ORDER BY {key} LIMIT {ROWS}", table.names()),
        };
        let values: Vec<Value<'_>> = after.iter().flatten().map(value).collect();
        let mut rows = self.select(table, &sql, &values).await?;
        if table.name == "events" {
            let behind = |row: &&Row| after.as_ref().is_none_or(|after| numbers(&table.key_of(row)) > numbers(after));
            rows.extend(self.unplaced.iter().filter(behind).cloned());
            rows.sort_by_key(|row| numbers(&table.key_of(row)));
            rows.truncate(ROWS);
        }
        Ok(rows)
    }

    async fn record(&mut self, table: &'static Table, org: i64, id: &str) -> Result<Option<Row>, CopyError> {
        let sql = format!("SELECT {} FROM {} WHERE org = $1 AND id = $2", table.names(), table.name);
        Ok(self.select(table, &sql, &[Value::Number(org), Value::Text(id)]).await?.pop())
    }

    async fn kept_before(&mut self, org: i64, erased: &Erased) -> Result<Option<(i64, Option<String>)>, CopyError> {
        const LAST: &str = "SELECT rev, snapshot FROM events WHERE record = $1 AND org = $2 AND kind = $3 AND rev < $4 \
             AND salt IS NOT NULL ORDER BY rev DESC LIMIT 1";
        let Erased { kind, record, rev, .. } = erased;
        let values = [Value::Text(record), Value::Number(org), Value::Text(kind), Value::Number(*rev)];
        let answer = self.connection.unnamed(LAST, &values).await.map_err(failed)?;
        let pair = |row: &Returned| Ok((row.try_get(0)?, row.try_get(1)?));
        answer.rows.first().map(pair).transpose().map_err(failed)
    }

    async fn positions(&mut self) -> Result<BTreeMap<i64, i64>, CopyError> {
        let sql = "SELECT org, max(position) FROM positions GROUP BY org";
        let answer = self.connection.unnamed(sql, &[]).await.map_err(failed)?;
        let pair = |row: &Returned| Ok((row.try_get(0)?, row.try_get(1)?));
        answer.rows.iter().map(pair).collect::<Result<_, Error>>().map_err(failed)
    }
}

/// A key of numbers alone, as that of events is.
fn numbers(key: &[Cell]) -> Vec<i64> {
    key.iter().filter_map(|cell| if let Cell::Integer(number) = cell { Some(*number) } else { None }).collect()
}

#[async_trait]
impl Target for Archive {
    async fn state(&mut self) -> Result<Option<State>, CopyError> {
        let sql = format!("SELECT value FROM settings WHERE name = '{NAME}'");
        let answer = self.connection.unnamed(&sql, &[]).await.map_err(failed)?;
        let bytes: Option<Vec<u8>> = answer.rows.first().map(|row| row.try_get(0)).transpose().map_err(failed)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>, state: &State) -> Result<(), CopyError> {
        let note = state.to_bytes()?;
        // First: should it end here, the rows are written again, and this with them.
        if table.has_customers() {
            self.write_found_by(&rows).await?;
        }
        if let Some(kind) = table.kind_in_entries() {
            self.write_entries(table, kind, &rows).await?;
        }
        let rows = Json::Array(rows.iter().map(|row| object(table, row)).collect()).to_string();
        let mut statements = Vec::new();
        let parts: &[&Table] = match table.name {
            "events" => &[&EVENTS_HERE, &POSITIONS_HERE],
            _ => &[table],
        };
        if rows != "[]" {
            statements.extend(parts.iter().map(|table| (upsert(table), vec![Value::Text(&rows)])));
        }
        statements.push((KEEP_STATE.to_owned(), vec![Value::Text(NAME), Value::Bytes(&note)]));
        self.together(&statements).await
    }

    async fn free(&mut self, claims: Vec<(Vec<u8>, String)>) -> Result<(), CopyError> {
        let sql = "DELETE FROM claims WHERE key = $1 AND owner = $2";
        let statements: Vec<_> =
            claims.iter().map(|(key, owner)| (sql.to_owned(), vec![Value::Bytes(key), Value::Text(owner)])).collect();
        self.together(&statements).await
    }

    async fn empty(&mut self, table: &'static Table) -> Result<(), CopyError> {
        let sql = format!("DELETE FROM {}", table.name);
        self.connection.unnamed(&sql, &[]).await.map(drop).map_err(failed)
    }

    async fn forget_events(&mut self, org: i64, behind: i64) -> Result<(), CopyError> {
        let sql = [
            format!("DELETE FROM events e USING positions p WHERE {SAME} AND p.org = $1 AND p.position > $2"),
            "DELETE FROM positions WHERE org = $1 AND position > $2".to_owned(),
        ];
        let values = || vec![Value::Number(org), Value::Number(behind)];
        self.together(&sql.map(|sql| (sql, values()))).await
    }

    async fn erase(&mut self, org: i64, erased: &Erased) -> Result<(), CopyError> {
        let Erased { kind, record, rev, kept } = erased;
        let after = kept.as_ref().map_or(0, |(rev, _)| *rev);
        let name = || vec![Value::Text(record), Value::Number(org), Value::Text(kind), Value::Number(after)];
        self.connection.unnamed(super::scrub::WANT, &[]).await.map_err(failed)?;
        let values: Vec<_> = name().into_iter().chain([Value::Number(*rev)]).collect();
        self.connection.unnamed(ERASE_EVENTS, &values).await.map_err(failed)?;
        if let Some((_, Some(document))) = kept {
            let values: Vec<_> = name().into_iter().chain([Value::Text(document)]).collect();
            self.connection.unnamed(KEEP_WHOLE, &values).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn finish(&mut self, state: &State) -> Result<(), CopyError> {
        let note = state.to_bytes()?;
        let mut statements: Vec<(String, Vec<Value<'_>>)> = [
            "DELETE FROM feeds",
            "INSERT INTO feeds (org, position, link) SELECT p.org, p.position, p.link FROM positions p \
             JOIN (SELECT org, max(position) AS position FROM positions GROUP BY org) last \
             ON last.org = p.org AND last.position = p.position",
            "DELETE FROM live_counts",
        ]
        .map(|sql| (sql.to_owned(), Vec::new()))
        .into();
        for kind in Kind::ALL {
            let sql = format!(
                "INSERT INTO live_counts (org, kind, live) SELECT org, '{}', count(*) FROM {} WHERE NOT deleted \
                 GROUP BY org",
                kind.as_str(),
                statements_of(kind).table
            );
            statements.push((sql, Vec::new()));
        }
        // The next org made here gets a key that none of these has. Not in one statement: one that reads a copied table
        // may run on any machine, and the sequence that counts is that of this one.
        let last = self.number("SELECT coalesce(max(key), 1) FROM orgs").await?;
        let next = "SELECT setval(pg_get_serial_sequence('orgs', 'key'), $1)";
        statements.push((next.to_owned(), vec![Value::Number(last)]));
        statements.push((KEEP_STATE.to_owned(), vec![Value::Text(NAME), Value::Bytes(&note)]));
        self.together(&statements).await
    }
}

/// The columns of a copy's events, out of `events e` and `positions p`.
fn event_columns() -> String {
    let of = |(name, _): &(&str, Holds)| match *name {
        "position" | "link" => format!("p.{name}"),
        name => format!("e.{name}"),
    };
    EVENTS.columns.iter().map(of).collect::<Vec<_>>().join(", ")
}

/// What of an event is in `events`. Events are distinguished by what they happened to: a position may change until it
/// is given for good.
static EVENTS_HERE: Table = Table {
    name: "events",
    columns: &[
        ("record", Holds::Text),
        ("org", Holds::Integer),
        ("kind", Holds::Text),
        ("rev", Holds::Integer),
        ("id", Holds::Text),
        ("name", Holds::Text),
        ("at", Holds::Integer),
        ("actor", Holds::Text),
        ("client", Holds::Text),
        ("digest", Holds::Bytes),
        ("salt", Holds::Bytes),
        ("request_id", Holds::Text),
        ("changes", Holds::Text),
        ("snapshot", Holds::Text),
    ],
    key: &["record", "org", "kind", "rev"],
    is_small: false,
    kind: None,
};

/// What of an event is in `positions`.
static POSITIONS_HERE: Table = Table {
    name: "positions",
    columns: &[
        ("record", Holds::Text),
        ("org", Holds::Integer),
        ("kind", Holds::Text),
        ("rev", Holds::Integer),
        ("position", Holds::Integer),
        ("id", Holds::Text),
        ("at", Holds::Integer),
        ("actor", Holds::Text),
        ("link", Holds::Bytes),
    ],
    key: &["org", "id", "record", "kind", "rev"],
    is_small: false,
    kind: None,
};

/// $1 name, $2 value.
const KEEP_STATE: &str =
    "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// A statement that writes rows, given as one array of JSON objects, over those with the same key.
fn upsert(table: &Table) -> String {
    // Where rows are beside their home, the primary key holds it too.
    let home = table.place(HOME).map(|_| HOME);
    let key: Vec<&str> = table.key.iter().copied().chain(home).collect();
    let columns = |form: fn(&str, Holds) -> String| {
        table.columns.iter().map(|(name, holds)| form(name, *holds)).collect::<Vec<_>>().join(", ")
    };
    let typed = columns(|name, holds| match holds {
        Holds::Integer => format!("{name} bigint"),
        Holds::Boolean => format!("{name} boolean"),
        Holds::Text | Holds::Bytes => format!("{name} text"),
    });
    let read = columns(|name, holds| match holds {
        Holds::Bytes => format!("decode({name}, 'hex')"),
        _ => name.to_owned(),
    });
    // No key is written over: a table may be distributed by it.
    let others = table.columns.iter().filter(|(name, _)| !key.contains(name));
    let sets: Vec<String> = others.map(|(name, _)| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO {} ({}) SELECT {read} FROM json_to_recordset($1::text::json) AS sent ({typed}) \
         ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        table.names(),
        key.join(", "),
        sets.join(", "),
    )
}

fn object(table: &Table, row: &Row) -> Json {
    let members = table.columns.iter().zip(row).map(|((name, _), cell)| {
        let value = match cell {
            Cell::Null => Json::Null,
            Cell::Integer(number) => Json::from(*number),
            Cell::Boolean(boolean) => Json::from(*boolean),
            Cell::Text(text) => Json::from(text.as_str()),
            Cell::Bytes(bytes) => Json::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        };
        ((*name).to_owned(), value)
    });
    Json::Object(members.collect::<Map<_, _>>())
}

pub(super) fn value(cell: &Cell) -> Value<'_> {
    match cell {
        Cell::Null => Value::MaybeText(None),
        Cell::Integer(number) => Value::Number(*number),
        Cell::Boolean(boolean) => Value::Flag(*boolean),
        Cell::Text(text) => Value::Text(text),
        Cell::Bytes(bytes) => Value::Bytes(bytes),
    }
}

fn cells(table: &Table, row: &Returned) -> Result<Row, CopyError> {
    fn take<'a, T: tokio_postgres::types::FromSql<'a>>(
        row: &'a Returned,
        place: usize,
        cell: fn(T) -> Cell,
    ) -> Result<Cell, Error> {
        Ok(row.try_get::<_, Option<T>>(place)?.map_or(Cell::Null, cell))
    }
    let cell = |(place, (_, holds)): (usize, &(&str, Holds))| match holds {
        Holds::Integer => take(row, place, Cell::Integer),
        Holds::Boolean => take(row, place, Cell::Boolean),
        Holds::Text => take(row, place, Cell::Text),
        Holds::Bytes => take(row, place, Cell::Bytes),
    };
    table.columns.iter().enumerate().map(cell).collect::<Result<_, Error>>().map_err(failed)
}
