//! The schema of a database file, and which version of it the file has.

use std::collections::BTreeSet;
use std::path::Path;

use kustodian_core::kind::Kind;
use rusqlite::{Connection, TransactionBehavior};

use super::failure::{brief, open_error};
use super::search;
use crate::failure::OpenError;

/// Marks a file as ours (`file` shows it): "Kust".
const APPLICATION_ID: i64 = 0x4b75_7374;

/// What makes each version out of the one before. Only ever append.
const STEPS: [&str; 23] = [
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
    include_str!("schema/0008.sql"),
    include_str!("schema/0009.sql"),
    include_str!("schema/0010.sql"),
    include_str!("schema/0011.sql"),
    include_str!("schema/0012.sql"),
    include_str!("schema/0013.sql"),
    include_str!("schema/0014.sql"),
    include_str!("schema/0015.sql"),
    include_str!("schema/0016.sql"),
    include_str!("schema/0017.sql"),
    include_str!("schema/0018.sql"),
    include_str!("schema/0019.sql"),
    include_str!("schema/0020.sql"),
    include_str!("schema/0021.sql"),
    include_str!("schema/0022.sql"),
    include_str!("schema/0023.sql"),
];

/// The version from which on the index of other kinds than customers has its form.
const WITH_ENTRIES: i64 = 20;

/// The version from which on it has the terms of pairs.
const WITH_PAIRS: i64 = 23;

/// The version this program writes.
const NEWEST: i64 = STEPS.len() as i64;

/// What all steps lead to: the schema of a new file. `cargo xtask schema` writes it.
const NEWEST_SCHEMA: &str = include_str!("schema/newest.sql");

/// The names that each step adds and removes, a line for each name. `cargo xtask schema` writes them too.
const NAMES: &str = include_str!("schema/names.txt");

/// The names of the tables, indexes and triggers of a version; none of a version that there is not.
fn names(version: i64) -> Option<BTreeSet<&'static str>> {
    if !(0..=NEWEST).contains(&version) {
        return None;
    }
    let mut names = BTreeSet::new();
    for line in NAMES.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(step), Some(sign), Some(name)) = (words.next(), words.next(), words.next()) else { continue };
        if step.parse().is_ok_and(|step: i64| step > version) {
            break;
        }
        if sign == "+" {
            names.insert(name)
        } else {
            names.remove(name)
        };
    }
    Some(names)
}

fn objects(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    connection.prepare("SELECT name FROM sqlite_schema")?.query_map([], |row| row.get(0))?.collect()
}

/// Whether the present schema is that of this version; it may have more that is not ours.
fn are_of_version(version: i64, there: &BTreeSet<String>) -> bool {
    let (Some(should), Some(newest)) = (names(version), names(NEWEST)) else { return false };
    should.iter().all(|name| there.contains(*name)) && newest.difference(&should).all(|name| !there.contains(*name))
}

/// Refuses files that are not SQLite databases, not ours, newer than this program, or not what their version says; before
/// anything is written.
pub(super) fn refuse_others(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let read = || -> rusqlite::Result<(i64, i64, BTreeSet<String>)> {
        Ok((pragma(connection, "application_id")?, version(connection)?, objects(connection)?))
    };
    let (application, found, there) = read().map_err(|error| open_error(path, &error))?;
    if (found, there.is_empty()) == (0, true) {
        // A new file.
        return Ok(());
    }
    if !there.is_empty() && application != APPLICATION_ID {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    if !there.is_empty() && found < 1 {
        let reason = "versions begin with 1".to_owned();
        return Err(OpenError::WrongVersion { path: path.to_owned(), found, reason });
    }
    if found > NEWEST {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: NEWEST });
    }
    if !are_of_version(found, &there) {
        let reason = "it lacks some of them, or has those of a later one".to_owned();
        return Err(OpenError::WrongVersion { path: path.to_owned(), found, reason });
    }
    Ok(())
}

/// The names of the steps that the file lacks; all of them without a file.
pub(super) fn pending(file: Option<&Connection>, path: &Path) -> Result<Vec<String>, OpenError> {
    let done = match file {
        Some(connection) => {
            refuse_others(connection, path)?;
            usize::try_from(version(connection).map_err(|error| open_error(path, &error))?).unwrap_or(0)
        }
        None => 0,
    };
    Ok((1..=STEPS.len()).skip(done).map(|number| format!("{number:04}")).collect())
}

/// Brings the file to the newest version, all at once or not at all, and indexes the records that a step left unindexed, a
/// batch at a time. Two processes may do so at the same time: the second finds nothing left to do.
pub(super) fn upgrade(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |error: rusqlite::Error| open_error(path, &error);
    if version(connection).map_err(fail)? != NEWEST {
        apply_steps(connection, path)?;
    }
    index_rest(connection).map_err(fail)
}

/// How many batches are written to the log before it is moved into the file.
const BATCHES: u64 = 10;

/// Indexes the records that a step left unindexed. Killed meanwhile, the next process continues.
fn index_rest(connection: &mut Connection) -> rusqlite::Result<()> {
    let mut batches = 0_u64;
    while search::index_some(connection)? {
        batches += 1;
        if batches.is_multiple_of(BATCHES) {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            tracing::info!("records are indexed for searches: {batches} batches are done");
        }
    }
    Ok(())
}

fn apply_steps(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |error: rusqlite::Error| open_error(path, &error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    let found = version(&transaction).map_err(fail)?;
    if found == 0 && objects(&transaction).map_err(fail)?.is_empty() {
        transaction.execute_batch(NEWEST_SCHEMA).map_err(fail)?;
    } else {
        for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.execute_batch(step).map_err(|error| step_error(path, found, &error))?;
        }
    }
    // A new file has no records.
    if (1..WITH_ENTRIES).contains(&found) {
        search::want_entries(&transaction).map_err(fail)?;
    } else if (1..WITH_PAIRS).contains(&found) {
        search::want_terms_of(&transaction, Kind::Conversation).map_err(fail)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    transaction.pragma_update(None, "user_version", NEWEST).map_err(fail)?;
    transaction.commit().map_err(fail)
}

/// A step that SQLite cannot carry out, although it is right, was given a file that is not at the version before it.
fn step_error(path: &Path, found: i64, error: &rusqlite::Error) -> OpenError {
    match error {
        rusqlite::Error::SqlInputError { .. } => {
            OpenError::WrongVersion { path: path.to_owned(), found, reason: brief(error) }
        }
        _ => open_error(path, error),
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    pragma(connection, "user_version")
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rusqlite::types::Value;

    use super::super::event_columns;
    use super::*;

    /// Columns of a table, then its indexes with their columns, in words.
    fn shape(connection: &Connection, table: &str) -> BTreeSet<String> {
        let read = |sql: &str, name: &str| -> Vec<String> {
            connection.prepare(sql).unwrap().query_map([name], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let columns =
            read("SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || pk FROM pragma_table_info(?)", table);
        let indexes = read("SELECT name || '' FROM pragma_index_list(?)", table);
        let columns_of = "SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(?) ORDER BY seqno)";
        let with_columns = indexes.into_iter().map(|index| format!("{index}: {}", read(columns_of, &index).join("")));
        columns.into_iter().chain(with_columns).collect()
    }

    /// A database from before the index, with some companies.
    fn former(companies: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let before = usize::try_from(WITH_ENTRIES).unwrap() - 1;
        STEPS[..before].iter().for_each(|step| connection.execute_batch(step).unwrap());
        let sql = "INSERT INTO companies (id, org, rev, format, deleted, created_at, updated_at, document) \
             VALUES (?1, 1, 1, 1, 0, 0, 0, ?2)";
        for number in 0..companies {
            let id = format!("5c7d1a1f9a1b2c00{number:08x}");
            let document =
                format!(r#"{{"type":"company","id":"{id}","attributes":{{"name":"Acme"}},"relationships":{{}}}}"#);
            connection.execute(sql, (id, document)).unwrap();
        }
        connection.pragma_update(None, "user_version", before).unwrap();
        connection
    }

    fn count(connection: &Connection, what: &str) -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
    }

    /// Every row of every table, that of the schema included; of the latter without the pages that roots are in.
    fn content(connection: &Connection) -> BTreeMap<String, Vec<Vec<Value>>> {
        let rows = |sql: &str| -> Vec<Vec<Value>> {
            let mut statement = connection.prepare(sql).unwrap();
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
            statement.query_map([], row).unwrap().map(Result::unwrap).collect()
        };
        let tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')";
        let tables: Vec<String> =
            connection.prepare(tables).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(tables.iter().any(|table| table == "sqlite_schema"));
        let of = |table: String| match table.as_str() {
            "sqlite_schema" => {
                (table, rows("SELECT type, name, tbl_name, rootpage > 0, sql FROM sqlite_schema ORDER BY rowid"))
            }
            name => (format!("SELECT * FROM {name}"), rows(&format!("SELECT * FROM {name}"))),
        };
        tables.into_iter().map(of).collect()
    }

    /// A file that the steps have brought to the newest version, from one with nothing but the first of them.
    fn stepped() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        upgrade(&mut connection, Path::new("test")).unwrap();
        connection
    }

    #[test]
    fn a_new_file_equals_one_that_took_every_step() {
        let mut new = Connection::open_in_memory().unwrap();
        upgrade(&mut new, Path::new("test")).unwrap();
        let stepped = stepped();
        let (new_content, stepped_content) = (content(&new), content(&stepped));
        for (table, rows) in &stepped_content {
            assert_eq!(new_content.get(table), Some(rows), "{table}: run cargo xtask schema");
        }
        assert_eq!(new_content.len(), stepped_content.len());
        for name in ["user_version", "application_id", "encoding", "auto_vacuum", "foreign_keys", "page_size"] {
            let value = |connection: &Connection| -> Value {
                connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
            };
            assert_eq!(value(&new), value(&stepped), "{name}");
        }
    }

    #[test]
    fn names_of_each_version_are_those_that_its_step_leaves() {
        let connection = Connection::open_in_memory().unwrap();
        let mut version = 0;
        for step in [""].into_iter().chain(STEPS) {
            if !step.is_empty() {
                connection.execute_batch(step).unwrap();
                version += 1;
            }
            let listed: BTreeSet<String> = names(version).unwrap().into_iter().map(str::to_owned).collect();
            assert_eq!(listed, objects(&connection).unwrap(), "version {version}: run cargo xtask schema");
        }
        assert_eq!(names(version + 1), None);
    }

    #[test]
    fn companies_that_were_there_are_found_once_there_is_an_index() {
        let mut connection = former(1);
        upgrade(&mut connection, Path::new("test")).unwrap();
        assert_eq!(count(&connection, "search_words WHERE search_words MATCH '\"b1wacme\"'"), 1);
    }

    #[test]
    fn an_index_that_a_killed_process_left_unfinished_is_finished_by_the_next_one() {
        let mut connection = former(2_500);
        let path = Path::new("test");
        apply_steps(&mut connection, path).unwrap();
        while count(&connection, "search_records") == 0 {
            assert!(search::index_some(&mut connection).unwrap());
        }
        assert!(count(&connection, "search_records") < 2_500, "one batch is not all");
        upgrade(&mut connection, path).unwrap();
        assert_eq!(count(&connection, "search_records"), 2_500);
        assert_eq!(count(&connection, "search_words WHERE search_words MATCH '\"b1wacme\"'"), 2_500);
        assert_eq!(count(&connection, "settings"), 0);
        assert!(!search::index_some(&mut connection).unwrap());
    }

    #[test]
    fn events_that_were_there_read_the_same_in_their_shorter_form() {
        const LONG: usize = 21;
        const COLUMNS: [&str; 8] = ["org", "position", "id", "kind", "record", "name", "actor", "request_id"];
        let mut connection = Connection::open_in_memory().unwrap();
        STEPS[..LONG].iter().for_each(|step| connection.execute_batch(step).unwrap());
        let sql = "INSERT INTO events (org, position, id, kind, record, rev, name, at, actor, client, digest, link, request_id) \
             VALUES (1, ?1, ?2, ?3, ?4, 1, ?5, 0, ?6, 'api', x'', x'', ?7)";
        let id = |number: u32| format!("5c7d1a1f9a1b2c00{number:08x}");
        let events = [
            ("customer", "kustomer.customer.create", Some(id(3)), id(4)),
            ("customer_merge", "kustomer.customer_merge.create", None, "a-request-of-a-client-01".to_owned()),
            // The name of another kind than its own, and a request whose id is ours but for its capitals.
            ("customer", "kustomer.customer_merge.create", None, id(5).to_uppercase()),
            ("message", "kustomer.message.create.x", None, String::new()),
        ];
        for (position, (kind, name, actor, request)) in (1_u32..).zip(events) {
            let values = (position, id(position), kind, id(100 + position), name, actor, request);
            connection.execute(sql, values).unwrap();
        }
        let read = |connection: &Connection, columns: &[String]| -> Vec<Vec<Value>> {
            let sql = format!("SELECT {} FROM events ORDER BY position", columns.join(", "));
            let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|column| row.get(column)).collect();
            connection.prepare(&sql).unwrap().query_map([], row).unwrap().map(Result::unwrap).collect()
        };
        let before = read(&connection, &COLUMNS.map(str::to_owned));
        connection.pragma_update(None, "user_version", LONG).unwrap();
        upgrade(&mut connection, Path::new("test")).unwrap();
        assert_eq!(read(&connection, &COLUMNS.map(event_columns::as_text)), before);
        let short = read(&connection, &["name", "typeof(request_id)", "length(id)"].map(str::to_owned));
        let text = |text: &str| Value::Text(text.to_owned());
        let as_stored = |name: &str, form: &str| vec![text(name), text(form), Value::Integer(12)];
        let expected = [
            as_stored(".create", "blob"),
            as_stored(".create", "text"),
            as_stored("kustomer.customer_merge.create", "text"),
            as_stored(".create.x", "text"),
        ];
        assert_eq!(short, expected);
    }

    #[test]
    fn the_steps_create_what_each_kind_declares() {
        let migrated = Connection::open_in_memory().unwrap();
        STEPS.iter().for_each(|step| migrated.execute_batch(step).unwrap());
        for kind in Kind::ALL {
            let declared = Connection::open_in_memory().unwrap();
            declared.execute_batch(&crate::ddl::ddl(kind).sqlite).unwrap();
            let table = kind.spec().table;
            let (declared, there) = (shape(&declared, table), shape(&migrated, table));
            let missing: Vec<_> = declared.difference(&there).collect();
            assert!(
                missing.is_empty(),
                "a migration lacks of {table}: {missing:?}; see cargo xtask schema {}",
                kind.as_str()
            );
        }
    }
}
