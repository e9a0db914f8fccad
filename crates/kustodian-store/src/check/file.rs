//! What SQLite itself finds wrong with a file, and whether its counts are right.

use std::path::Path;
use std::time::Duration;

use kustodian_core::kind::{Kind, Spec};
use rusqlite::{Connection, OpenFlags};

use super::CheckError;
use super::finding::{Finding, Findings};
use crate::sqlite::{connect, log_damage, missing, refuse_log_elsewhere, refuse_lone_log, refuse_other_name};

/// How many faults SQLite lists.
const FAULTS: u32 = 50;

/// How long a lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads every page of the file: checks that each is sound, and that every index agrees with its table.
pub(super) fn look_at(path: &Path, findings: &mut Findings) -> Result<(), CheckError> {
    let run = || -> rusqlite::Result<Vec<String>> {
        let connection = open(path)?;
        let mut faults: Vec<String> = connection
            .prepare(&format!("PRAGMA integrity_check({FAULTS})"))?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        faults.retain(|fault| fault != "ok");
        let broken: Vec<String> = connection
            .prepare("PRAGMA foreign_key_check")?
            .query_map([], |row| Ok(format!("a row of {} refers to none of {}", name(row, 0)?, name(row, 2)?)))?
            .take(FAULTS as usize)
            .collect::<rusqlite::Result<_>>()?;
        faults.extend(broken);
        Ok(faults)
    };
    for words in settle(path, run())? {
        findings.note(Finding::Damage { words });
    }
    Ok(())
}

/// The fault, in words, when a file of SQLite's form is cut off, or if not even the list of tables can be read from
/// it.
pub(crate) fn unreadable(path: &Path) -> Option<String> {
    if let Some(missing) = missing(path) {
        return Some(missing);
    }
    // The engine says that its log is left.
    refuse_lone_log(path).ok()?;
    // The engine says that it is served by another name.
    refuse_other_name(path).ok()?;
    refuse_log_elsewhere(path).ok()?;
    if let Some(damage) = log_damage(path) {
        return Some(format!("its log is damaged: {damage}"));
    }
    let read = |connection: Connection| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let error = open(path).and_then(read).err()?;
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseCorrupt)).then(|| error.to_string())
}

fn name(row: &rusqlite::Row<'_>, place: usize) -> rusqlite::Result<String> {
    row.get(place)
}

/// Compares the totals that lists answer with the numbers of records, in one snapshot.
pub(super) fn count(path: &Path, findings: &mut Findings) -> Result<(), CheckError> {
    let there = Kind::ALL.map(|kind| {
        let Spec { name, table, .. } = kind.spec();
        format!("UNION ALL SELECT org, '{name}', 0, count(*) FROM {table} WHERE deleted = 0 GROUP BY org")
    });
    let counts = format!(
        "SELECT org, kind, sum(counted), sum(there) FROM (SELECT org, kind, live AS counted, 0 AS there FROM live_counts {}) \
         GROUP BY org, kind HAVING sum(counted) <> sum(there)",
        there.join(" ")
    );
    let run = || -> rusqlite::Result<Vec<Finding>> {
        let finding = |row: &rusqlite::Row<'_>| {
            Ok(Finding::Count { org: row.get(0)?, kind: row.get(1)?, told: row.get(2)?, there: row.get(3)? })
        };
        open(path)?.prepare(&counts)?.query_map([], finding)?.collect()
    };
    settle(path, run())?.into_iter().for_each(|finding| findings.note(finding));
    Ok(())
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// What SQLite cannot even read is a finding of its own.
fn settle<T: FromIterator<Found>, Found: From<Damage>>(
    path: &Path,
    done: rusqlite::Result<T>,
) -> Result<T, CheckError> {
    match done {
        Err(error) if matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseCorrupt)) => {
            Ok(std::iter::once(Found::from(Damage(error.to_string()))).collect())
        }
        done => {
            done.map_err(|error| CheckError::Failed { what: path.display().to_string(), reason: error.to_string() })
        }
    }
}

/// What SQLite says of a file that it cannot read.
struct Damage(String);

impl From<Damage> for String {
    fn from(damage: Damage) -> Self {
        damage.0
    }
}

impl From<Damage> for Finding {
    fn from(damage: Damage) -> Self {
        Self::Damage { words: damage.0 }
    }
}
