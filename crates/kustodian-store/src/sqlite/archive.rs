//! A SQLite file as one end of a copy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kustodian_core::kind::{Kind, Spec};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::types::{FromSql as _, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params, params_from_iter};

use super::connection::{any_reader, connect};
use super::event_columns::{as_text, of_text};
use super::packed::{Packed, Unpacked};
use super::schema;
use super::search::{self, FoundBy, Writing, former_terms};
use super::sql::{ERASE_EVENTS, KEEP_WHOLE, WANT_SCRUB};
use crate::apart::{Lost, run_apart};
use crate::copy::state::{NAME, OF_ITS_PLACE, State};
use crate::copy::table::{Cell, Holds, Row, Table};
use crate::copy::{CopyError, Erased, ROWS, Source, Target};
use crate::search::SLOTS;
use crate::search::entries::Entries;

/// How long a statement waits for a server that writes the same file.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many custom attributes of an org are indexed at most: as by default.
const INDEXED: usize = SLOTS;

/// An open file. Its connection works on threads that may wait.
pub(crate) struct Archive {
    connection: Arc<Mutex<Connection>>,
}

impl Archive {
    /// Opens a file to read one snapshot of it.
    pub(crate) async fn read(path: PathBuf) -> Result<Self, CopyError> {
        let archive = Self::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).await?;
        archive.work(begin_snapshot).await?;
        Ok(archive)
    }

    /// Opens a file to write it.
    pub(crate) async fn write(path: PathBuf) -> Result<Self, CopyError> {
        let archive = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE).await?;
        archive
            .work(|connection| {
                connection.pragma_update(None, "synchronous", "FULL")?;
                // Another copy into it finds it locked, and a server too.
                connection.pragma_update(None, "locking_mode", "EXCLUSIVE")
            })
            .await?;
        Ok(archive)
    }

    async fn open(path: PathBuf, access: OpenFlags) -> Result<Self, CopyError> {
        // A database that is not ours, or of a newer version, is refused in the words of the engine.
        schema::refuse_others(&any_reader(&path)?, &path)?;
        let opened = run_apart(move || {
            let connection = connect(&path, access)?;
            connection.busy_timeout(PATIENCE)?;
            Ok(connection)
        });
        let connection = settle(opened.await)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CopyError> {
        let connection = Arc::clone(&self.connection);
        let done = run_apart(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)));
        settle(done.await)
    }
}

fn settle<T>(done: Result<rusqlite::Result<T>, Lost>) -> Result<T, CopyError> {
    let failed = |reason: String| CopyError::Failed { what: "SQLite", reason };
    done.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
}

fn begin_snapshot(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    // The snapshot is taken by the first read.
    connection.query_row("SELECT count(*) FROM orgs", [], |_| Ok(()))
}

#[async_trait]
impl Source for Archive {
    async fn oldest_org(&mut self) -> Result<Option<String>, CopyError> {
        self.work(|connection| {
            connection.query_row("SELECT id FROM orgs ORDER BY key LIMIT 1", [], |row| row.get(0)).optional()
        })
        .await
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, CopyError> {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        self.work(move |connection| connection.query_row(&sql, [], |row| row.get(0))).await
    }

    async fn rows(&mut self, table: &'static Table, after: Option<Vec<Cell>>) -> Result<Vec<Row>, CopyError> {
        self.work(move |connection| {
            let key = table.key.join(", ");
            let condition = match &after {
                Some(after) => format!("({key}) > ({})", vec!["?"; after.len()].join(", ")),
                None => "1".to_owned(),
            };
            let apart = match table.name {
                "settings" => format!(" AND name NOT IN ({OF_ITS_PLACE})"),
                _ => String::new(),
            };
            let sql = format!(
                "SELECT {} FROM {} WHERE {condition}{apart} ORDER BY {key} LIMIT {ROWS}",
                names(table),
                table.name
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let values = after.unwrap_or_default().into_iter().map(value);
            statement.query_map(params_from_iter(values), |row| cells(table, row))?.collect()
        })
        .await
    }

    async fn record(&mut self, table: &'static Table, org: i64, id: &str) -> Result<Option<Row>, CopyError> {
        let id = id.to_owned();
        self.work(move |connection| {
            let sql = format!("SELECT {} FROM {} WHERE org = ? AND id = ?", table.names(), table.name);
            connection.prepare_cached(&sql)?.query_row(params![org, id], |row| cells(table, row)).optional()
        })
        .await
    }

    async fn kept_before(&mut self, org: i64, erased: &Erased) -> Result<Option<(i64, Option<String>)>, CopyError> {
        const LAST: &str = "SELECT rev, snapshot FROM events WHERE org = ?1 AND kind = ?2 AND record = ?3 AND rev < ?4 \
             AND salt IS NOT NULL ORDER BY rev DESC LIMIT 1";
        let Erased { kind, record, rev, .. } = erased.clone();
        self.work(move |connection| {
            let read =
                |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Option<Unpacked>>(1)?.map(|text| text.0)));
            connection.query_row(LAST, params![org, kind, of_text("record", &kind, record), rev], read).optional()
        })
        .await
    }

    async fn positions(&mut self) -> Result<BTreeMap<i64, i64>, CopyError> {
        self.work(|connection| {
            connection
                .prepare("SELECT org, max(position) FROM events GROUP BY org")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .await
    }
}

#[async_trait]
impl Target for Archive {
    async fn state(&mut self) -> Result<Option<State>, CopyError> {
        let bytes: Option<Vec<u8>> = self
            .work(|connection| {
                connection.query_row("SELECT value FROM settings WHERE name = ?", [NAME], |row| row.get(0)).optional()
            })
            .await?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>, state: &State) -> Result<(), CopyError> {
        let state = state.to_bytes()?;
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            {
                // Customers that a server left are indexed first: copied rows are indexed at once.
                search::finish(&transaction, INDEXED)?;
                let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
                let (names, places) = (table.names(), places.join(", "));
                let insert = format!("INSERT OR REPLACE INTO {} ({names}) VALUES ({places})", table.name);
                let update = format!("UPDATE {} SET ({names}) = ({places}) WHERE org = ?2 AND id = ?1", table.name);
                let mut writing = Writing::default();
                for row in rows {
                    if let Some(kind) = table.kind_in_entries() {
                        index_carried(&transaction, &mut writing, table, kind, &row)?;
                    }
                    let carried = if table.has_customers() { Carried::of(&transaction, &row)? } else { None };
                    let of_kind = table.text(&row, "kind").unwrap_or_default().to_owned();
                    let columns = table.columns.iter().map(|(name, _)| *name);
                    let values: Vec<Value> =
                        columns.zip(row).map(|(name, cell)| stored(table, &of_kind, name, cell)).collect();
                    // A record keeps its row: indexes of other forms name rows by their numbers.
                    let is_there = table.kind.is_some()
                        && transaction.prepare_cached(&update)?.execute(params_from_iter(&values))? > 0;
                    if !is_there {
                        transaction.prepare_cached(&insert)?.execute(params_from_iter(&values))?;
                    }
                    if let Some(carried) = carried {
                        carried.index(&transaction, &mut writing)?;
                    }
                }
                writing.write_gathered(&transaction, INDEXED)?;
                search::nothing_waits(&transaction)?;
                let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)";
                transaction.prepare_cached(sql)?.execute(params![NAME, state])?;
            }
            transaction.commit()
        })
        .await
    }

    async fn free(&mut self, claims: Vec<(Vec<u8>, String)>) -> Result<(), CopyError> {
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            for (key, owner) in claims {
                transaction
                    .prepare_cached("DELETE FROM claims WHERE key = ? AND owner = ?")?
                    .execute(params![key, owner])?;
            }
            transaction.commit()
        })
        .await
    }

    async fn erase(&mut self, org: i64, erased: &Erased) -> Result<(), CopyError> {
        let Erased { kind, record, rev, kept } = erased.clone();
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            let after = kept.as_ref().map_or(0, |(rev, _)| *rev);
            let record = of_text("record", &kind, record);
            transaction.execute(ERASE_EVENTS, params![org, kind, record, after, rev])?;
            if let Some((rev, Some(document))) = kept {
                transaction
                    .execute(KEEP_WHOLE, params![org, kind, record, rev, Packed::of_event(&document).into_value()])?;
            }
            transaction.execute(WANT_SCRUB, [])?;
            transaction.commit()
        })
        .await
    }

    async fn empty(&mut self, table: &'static Table) -> Result<(), CopyError> {
        let sql = format!("DELETE FROM {}", table.name);
        self.work(move |connection| connection.execute(&sql, []).map(|_| ())).await
    }

    async fn forget_events(&mut self, org: i64, behind: i64) -> Result<(), CopyError> {
        self.work(move |connection| {
            connection.execute("DELETE FROM events WHERE org = ? AND position > ?", params![org, behind]).map(|_| ())
        })
        .await
    }

    async fn finish(&mut self, state: &State) -> Result<(), CopyError> {
        let state = state.to_bytes()?;
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute_batch(
                "DELETE FROM feeds; INSERT INTO feeds (org, position, link) SELECT org, position, link FROM events \
                 WHERE (org, position) IN (SELECT org, max(position) FROM events GROUP BY org); \
                 DELETE FROM live_counts",
            )?;
            for Spec { name, table, .. } in Kind::ALL.map(Kind::spec) {
                let sql = format!(
                    "INSERT INTO live_counts (org, kind, live) \
                     SELECT org, '{name}', count(*) FROM {table} WHERE deleted = 0 GROUP BY org"
                );
                transaction.execute_batch(&sql)?;
            }
            transaction.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", params![NAME, state])?;
            transaction.commit()
        })
        .await
    }
}

/// A customer about to be written. Its search entries are worked out of its document: they are not carried.
struct Carried {
    org: OrgKey,
    id: ObjectId,
    found: Option<FoundBy>,
    /// The terms of the replaced record.
    former: String,
}

impl Carried {
    /// Out of a row as rows of records are carried.
    fn of(connection: &Connection, row: &[Cell]) -> rusqlite::Result<Option<Self>> {
        let [Cell::Text(id), Cell::Integer(org), .., Cell::Text(document)] = row else { return Ok(None) };
        let failed = |error| rusqlite::Error::ToSqlConversionFailure(error);
        let found = FoundBy::of_document(OrgKey(*org), document)?;
        let former = match key_of(connection, *org, id)? {
            Some(key) => former_terms(connection, OrgKey(*org), key)?,
            None => String::new(),
        };
        let id = id.parse().map_err(|error| failed(Box::new(error)))?;
        Ok(Some(Self { org: OrgKey(*org), id, found, former }))
    }

    /// Now that it is written, lets it be found.
    fn index(self, connection: &Connection, writing: &mut Writing) -> rusqlite::Result<()> {
        let Self { org, id, found, former } = self;
        let key = key_of(connection, org.0, &id.to_string())?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        writing.replace(connection, (org, key, id), &former, found.as_ref(), INDEXED)
    }
}

/// Indexes a record of another kind by what its document holds.
fn index_carried(
    connection: &Connection,
    writing: &mut Writing,
    table: &Table,
    kind: Kind,
    row: &Row,
) -> rusqlite::Result<()> {
    let failed = |error| rusqlite::Error::ToSqlConversionFailure(error);
    let (Some(id), Some(org), Some(document)) =
        (table.text(row, "id"), table.number(row, "org"), table.text(row, "document"))
    else {
        return Ok(());
    };
    let id: ObjectId = id.parse().map_err(|error| failed(Box::new(error)))?;
    let found = kind.search_row_of(document).map_err(|refusal| failed(Box::new(refusal)))?;
    let org = OrgKey(org);
    let entries = found.map(|row| Entries::of(org, &row));
    let offer = search::Offer::of(entries);
    search::index(connection, writing.entry_words(), (org, kind, id), false, &offer)
}

fn key_of(connection: &Connection, org: i64, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM customers WHERE org = ? AND id = ?")?
        .query_row(params![org, id], |row| row.get(0))
        .optional()
}

/// The columns of a table, read as other engines have them.
pub(super) fn names(table: &Table) -> String {
    match table.name {
        "events" => table.columns.iter().map(|(name, _)| as_text(name)).collect::<Vec<_>>().join(", "),
        _ => table.names(),
    }
}

/// The written form of a cell of this column: long texts are packed, and those of events are shorter. `of_kind` is the kind in the
/// same row.
fn stored(table: &Table, of_kind: &str, column: &str, cell: Cell) -> Value {
    match (cell, table.kind, column) {
        (Cell::Text(text), Some(kind), "document") => Packed::of_document(kind, &text).into_value(),
        (Cell::Text(text), _, "changes" | "snapshot") => Packed::of_event(&text).into_value(),
        (Cell::Text(text), _, column) if table.name == "events" => of_text(column, of_kind, text),
        (cell, ..) => value(cell),
    }
}

pub(super) fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::Integer(number),
        Cell::Boolean(boolean) => Value::Integer(i64::from(boolean)),
        Cell::Text(text) => Value::Text(text),
        Cell::Bytes(bytes) => Value::Blob(bytes),
    }
}

pub(super) fn cells(table: &Table, row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let cell = |(place, (_, holds)): (usize, &(&str, Holds))| {
        Ok(match (row.get_ref(place)?, holds) {
            (ValueRef::Null, _) => Cell::Null,
            (ValueRef::Integer(number), Holds::Boolean) => Cell::Boolean(number != 0),
            (ValueRef::Integer(number), _) => Cell::Integer(number),
            (ValueRef::Text(text), _) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            (value @ ValueRef::Blob(bytes), Holds::Text) => {
                Unpacked::column_result(value).map_or_else(|_| Cell::Bytes(bytes.to_vec()), |text| Cell::Text(text.0))
            }
            (ValueRef::Blob(bytes), _) => Cell::Bytes(bytes.to_vec()),
            (ValueRef::Real(number), _) => Cell::Text(number.to_string()),
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}
