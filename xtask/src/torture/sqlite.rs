//! A SQLite database, read from beside the server; and a bare writer that shows the effects of the forgetful disk.

#[cfg_attr(not(test), expect(dead_code, reason = "documents are read here, and not written"))]
#[path = "../../../crates/kustodian-store/src/sqlite/shortened.rs"]
mod shortened;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OpenFlags, Row};

use super::check::{Event, Record, Snapshot};

/// Of the blocks of former versions, and of new ones.
const SECOND: &[u8] = include_bytes!("../../../crates/kustodian-store/src/sqlite/packed.2.dictionary");
const DICTIONARY: &[u8] = include_bytes!("../../../crates/kustodian-store/src/sqlite/packed.3.dictionary");

/// Reads everything that matters. The server may run.
pub(super) fn look(folder: &Path) -> Result<Snapshot> {
    let file = Connection::open_with_flags(folder.join("torture.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    file.busy_timeout(std::time::Duration::from_secs(10))?;
    // All of it as of one moment.
    file.execute_batch("BEGIN")?;
    let damage = rows(&file, "PRAGMA integrity_check", |row| row.get::<_, String>(0))?;
    Ok(Snapshot {
        customers: rows(&file, "SELECT id, rev, deleted, document FROM customers", |row| {
            Ok(Record { id: row.get(0)?, rev: number(row, 1)?, deleted: row.get(2)?, document: text(row, 3)? })
        })?,
        tags: rows(&file, "SELECT id FROM tags WHERE deleted = 0", |row| row.get(0))?,
        claims: rows(&file, "SELECT owner, kind FROM claims", |row| Ok((row.get(0)?, row.get(1)?)))?,
        events: rows(&file, "SELECT kind, lower(hex(record)), rev, position FROM events", |row| {
            Ok(Event { kind: row.get(0)?, record: row.get(1)?, rev: number(row, 2)?, position: number(row, 3)? })
        })?,
        last_position: rows(&file, "SELECT position FROM feeds", |row| number(row, 0))?.into_iter().sum(),
        live: rows(&file, "SELECT live FROM live_counts WHERE kind = 'customer'", |row| number(row, 0))?
            .into_iter()
            .sum(),
        damage: damage.into_iter().filter(|line| line != "ok").map(|line| format!("integrity_check: {line}")).collect(),
    })
}

fn rows<T>(file: &Connection, sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
    let mut statement = file.prepare(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A document: text, or a BLOB of one of the forms that `crates/kustodian-store/src/sqlite/packed.rs` writes. Checksums are
/// left to `kustodian check`, which runs on every file.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let damaged = || rusqlite::Error::InvalidColumnType(column, "document".to_owned(), Type::Blob);
    let bytes = match row.get_ref(column)? {
        ValueRef::Blob([0x3c, _, _, _, _, rest @ ..]) => unpack_shortened(rest),
        ValueRef::Blob([0x69, _, _, _, _, block @ ..]) => unpack(block),
        ValueRef::Blob([0xa6, _, _, _, _, text @ ..]) => Some(text.to_vec()),
        ValueRef::Blob(_) => None,
        value => return Ok(value.as_str()?.to_owned()),
    };
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(damaged)
}

/// A compressed text: its length in four bytes, then the block.
fn unpack(block: &[u8]) -> Option<Vec<u8>> {
    let (length, block) = block.split_first_chunk()?;
    lz4_flex::block::decompress_with_dict(block, u32::from_le_bytes(*length) as usize, SECOND).ok()
}

/// The same of a text whose ids and moments are shortened; its length is in one to five bytes of seven bits.
fn unpack_shortened(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (head, block) = bytes.split_at_checked(end + 1)?;
    let length = head.iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    let text = lz4_flex::block::decompress_with_dict(block, length, DICTIONARY).ok()?;
    shortened::whole(&text).map(String::into_bytes)
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// The bare writer: one row a transaction, each printed on standard output once it is committed, until it is killed.
pub(super) fn write_bare(path: &Path, synchronous: &str) -> Result<()> {
    let file = Connection::open(path)?;
    let mode: String = file.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        bail!("no write-ahead log here");
    }
    file.pragma_update(None, "synchronous", synchronous)?;
    file.execute_batch("CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")?;
    let mut out = std::io::stdout().lock();
    for number in 1_i64.. {
        file.execute("INSERT INTO notes (number, text) VALUES (?1, ?2)", (number, "x".repeat(500)))?;
        writeln!(out, "{number}")?;
        out.flush()?;
    }
    Ok(())
}

/// How many rows the bare writer's file has, or nothing when it is damaged or gone.
pub(super) fn count_bare(path: &Path) -> Option<u64> {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).ok()?;
    let count = file.query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0)).ok()?;
    (sound == "ok").then_some(count.unsigned_abs())
}
