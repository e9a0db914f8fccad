//! The schema of a database, and which version of it the database has.

use kustodian_core::kind::Kind;
use tokio_postgres::Error;

use super::connection::Connection;
use super::distribution::has_citus;
use super::failure::words;
use super::search;
use super::values::Value;
use crate::failure::OpenError;

/// What makes each version out of the one before, with its name. Only ever append.
const STEPS: &[(&str, &str)] = &[
    ("0001", include_str!("schema/0001.sql")),
    ("0002", include_str!("schema/0002.sql")),
    ("0003", include_str!("schema/0003.sql")),
    ("0004", include_str!("schema/0004.sql")),
    ("0005", include_str!("schema/0005.sql")),
    ("0006", include_str!("schema/0006.sql")),
    ("0007", include_str!("schema/0007.sql")),
    ("0008", include_str!("schema/0008.sql")),
    ("0009", include_str!("schema/0009.sql")),
    ("0010", include_str!("schema/0010.sql")),
    ("0011", include_str!("schema/0011.sql")),
    ("0012", include_str!("schema/0012.sql")),
    ("0013", include_str!("schema/0013.sql")),
    ("0014", include_str!("schema/0014.sql")),
    ("0015", include_str!("schema/0015.sql")),
    ("0016", include_str!("schema/0016.sql")),
    ("0017", include_str!("schema/0017.sql")),
    ("0018", include_str!("schema/0018.sql")),
    ("0019", include_str!("schema/0019.sql")),
    ("0020", include_str!("schema/0020.sql")),
    ("0021", include_str!("schema/0021.sql")),
    ("0022", include_str!("schema/0022.sql")),
    ("0023", include_str!("schema/0023.sql")),
];

/// The version from which on the index of other kinds than customers has its form.
const WITH_ENTRIES: i64 = 20;

/// The version from which on it has the terms of pairs.
const WITH_PAIRS: i64 = 23;

/// The oldest PostgreSQL that will do, as `server_version_num` has it.
const OLDEST_SERVER: i32 = 150_000;

/// "Kust", as a number: who migrates holds it.
const LOCK: i64 = 0x4b75_7374;

const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS kustodian_migrations (version bigint PRIMARY KEY, \
     applied_at timestamptz NOT NULL DEFAULT now())";

/// $1 version.
const DONE: &str = "INSERT INTO kustodian_migrations (version) VALUES ($1)";

/// The version this program writes.
fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// The names of the steps that the database lacks.
///
/// # Errors
/// When the server or the database does not do, or is newer than this program.
pub(super) async fn pending(connection: &Connection, what: &str) -> Result<Vec<String>, OpenError> {
    let found = check(connection, what).await?;
    let done = usize::try_from(found).unwrap_or(0);
    Ok(STEPS.iter().skip(done).map(|(name, _)| (*name).to_owned()).collect())
}

/// Making tables may take longer than a request; and others wait for it.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

/// After how many indexed records the log says how many there were.
const TOLD_AFTER: u64 = 10_000;

/// Brings the database to the newest version, all at once or not at all, and indexes the records that a step left unindexed,
/// some hundreds at a time. Several servers may do so at the same time: one does, the others find nothing left to do.
///
/// # Errors
/// As [`pending`], and when the user has no right to make tables.
pub(super) async fn upgrade(connection: &Connection, what: &str) -> Result<(), OpenError> {
    if check(connection, what).await? != newest() {
        let failed = |error: Error| OpenError::Failed { what: format!("the {what}"), reason: told(&error) };
        connection.command(BEGIN).await.map_err(failed)?;
        let upgraded = steps(connection, what).await;
        let end = if upgraded.is_ok() { "COMMIT" } else { "ROLLBACK" };
        connection.command(end).await.map_err(failed)?;
        upgraded?;
    }
    index_rest(connection, what).await
}

async fn steps(connection: &Connection, what: &str) -> Result<(), OpenError> {
    let failed = |error: Error| OpenError::Failed { what: format!("the {what}"), reason: told(&error) };
    connection.command(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await.map_err(failed)?;
    let found = check(connection, what).await?;
    connection.command(MIGRATIONS).await.map_err(failed)?;
    let is_spread = has_citus(connection, what).await?;
    for (version, (name, step)) in (1_i64..).zip(STEPS).skip(usize::try_from(found).unwrap_or(0)) {
        tracing::info!("applying the migration {name} to the {what}");
        if is_spread {
            // Citus sends the text of a message to other machines, where it must be one command.
            for command in commands(step) {
                connection.command(&command).await.map_err(failed)?;
            }
        } else {
            connection.command(step).await.map_err(failed)?;
        }
        connection.query(DONE, &[Value::Number(version)]).await.map_err(failed)?;
    }
    // A new database has no records.
    let wanted = match found {
        1..WITH_ENTRIES => search::want_entries(connection).await,
        WITH_ENTRIES..WITH_PAIRS => search::want_terms_of(connection, Kind::Conversation).await,
        _ => Ok(()),
    };
    wanted.map_err(|reason| OpenError::Failed { what: format!("the {what}"), reason })
}

/// Indexes the records that a step left unindexed, some hundreds in a transaction. Servers take turns, and each waits until
/// all are indexed. Killed meanwhile, the next one continues.
async fn index_rest(connection: &Connection, what: &str) -> Result<(), OpenError> {
    let failed = |reason| OpenError::Failed { what: format!("the {what}"), reason };
    let told = |error: Error| failed(told(&error));
    let mut done = 0;
    while search::are_entries_wanted(connection).await.map_err(failed)? {
        connection.command(BEGIN).await.map_err(told)?;
        let indexed = async {
            connection.command(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await.map_err(told)?;
            search::index_some(connection).await.map_err(failed)
        };
        let indexed = indexed.await;
        let end = if indexed.is_ok() { "COMMIT" } else { "ROLLBACK" };
        connection.command(end).await.map_err(told)?;
        let before = done;
        done += indexed?;
        if before / TOLD_AFTER != done / TOLD_AFTER {
            tracing::info!("records of the {what} are indexed for searches: {done} are done");
        }
    }
    Ok(())
}

/// The commands of a step, one by one and without comments. No literal of a step has `;` or `--`; a block is within `$$`.
fn commands(step: &str) -> Vec<String> {
    let bare: Vec<&str> = step.lines().filter_map(|line| line.split("--").next()).collect();
    let mut commands = vec![String::new()];
    for (place, part) in bare.join("\n").split("$$").enumerate() {
        let is_block = !place.is_multiple_of(2);
        let mut parts = part.split(';').map(str::to_owned).collect::<Vec<_>>();
        if is_block {
            parts = vec![format!("$${part}$$")];
        }
        let mut parts = parts.into_iter();
        if let (Some(last), Some(rest)) = (commands.last_mut(), parts.next()) {
            last.push_str(&rest);
        }
        commands.extend(parts);
    }
    let trimmed = commands.iter().map(|command| command.trim().to_owned());
    trimmed.filter(|command| !command.is_empty()).collect()
}

/// The version of the database; refuses servers and databases that do not do.
async fn check(connection: &Connection, what: &str) -> Result<i64, OpenError> {
    let failed = |reason: String| OpenError::Failed { what: format!("the {what}"), reason };
    let told = |error: Error| failed(told(&error));
    // The table is looked for in pg_class, not with to_regclass, which remembers that it was not there while this
    // waited for the lock.
    let facts = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), \
         EXISTS (SELECT FROM pg_class WHERE relname = 'kustodian_migrations' AND pg_table_is_visible(oid)), \
         current_setting('server_version')";
    let answer = connection.unnamed(facts, &[]).await.map_err(told)?;
    let Some(row) = answer.rows.first() else { return Err(failed("it answers nothing".to_owned())) };
    let server: i32 = row.try_get(0).map_err(told)?;
    if server < OLDEST_SERVER {
        let version: String = row.try_get(3).map_err(told)?;
        return Err(failed(format!("it is version {version}: PostgreSQL 15 or later is needed")));
    }
    let encoding: String = row.try_get(1).map_err(told)?;
    if encoding != "UTF8" {
        return Err(failed(format!("its encoding is {encoding}: make a database with the encoding UTF8")));
    }
    if !row.try_get::<_, bool>(2).map_err(told)? {
        return Ok(0);
    }
    let version = "SELECT coalesce(max(version), 0) FROM kustodian_migrations";
    let answer = connection.unnamed(version, &[]).await.map_err(told)?;
    let found = answer.rows.first().map(|row| row.try_get(0)).transpose().map_err(told)?.unwrap_or(0);
    if found > newest() {
        return Err(OpenError::NewerPostgres { what: what.to_owned(), found, known: newest() });
    }
    Ok(found)
}

fn told(error: &Error) -> String {
    let advice = match error.code().map(tokio_postgres::error::SqlState::code) {
        Some("42501") => ": give this user the right to make tables in the schema, or migrate as its owner",
        Some("42P07") => ": there are tables of another program; use a database or schema of its own",
        _ => "",
    };
    format!("{}{advice}", words(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_taken_apart_into_whole_commands() {
        for (name, step) in STEPS {
            for command in commands(step) {
                let is_begun = ["CREATE ", "ALTER ", "DROP ", "UPDATE ", "DELETE ", "INSERT ", "DO $$"];
                assert!(is_begun.iter().any(|verb| command.starts_with(verb)), "{name}: {command}");
                assert_eq!(command.matches('(').count(), command.matches(')').count(), "{name}: {command}");
                assert!(command.matches('\'').count().is_multiple_of(2), "{name}: {command}");
            }
        }
        assert_eq!(commands(STEPS[21].1).len(), 2);
    }
}
