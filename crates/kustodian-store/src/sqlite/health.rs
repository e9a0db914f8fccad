//! Whether a server can rely on its file.
//!
//! What any read or write meets is noted here, and every look samples a few records, so that damage is known in seconds
//! and not only when somebody asks for what it struck. Once it was met the server is not ready until it is started again:
//! pages that are in memory may be whole, and the file is not.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kustodian_core::feed::Payload;
use kustodian_core::kind::Kind;
use kustodian_core::store::StoreError;
use rusqlite::{Connection, OptionalExtension};

use super::events::{columns, recorded};
use super::failure::{brief, is_damage, out_of_order};
use super::place::Place;
use super::records::stored;
use super::sql::statements;

/// The identity of a file.
#[derive(Default)]
pub(super) struct Health {
    /// `None` for a temporary database, which has no name.
    place: Option<Place>,
    damage: Mutex<Option<String>>,
    room: Option<Room>,
}

/// How many bytes the disk has room for, if that is known.
pub(super) type Room = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// With less room than this a disk that was full is still: the writes of a moment take more.
pub(super) const ROOM_AGAIN: u64 = 8 * 1024 * 1024;

impl Health {
    pub(super) fn new(place: Option<Place>, room: Room) -> Self {
        Self { place, damage: Mutex::default(), room: Some(room) }
    }

    /// Whether a disk that was full has room again, as far as that is known.
    pub(super) fn has_room_again(&self) -> bool {
        self.room.as_ref().and_then(|room| room()).is_none_or(|room| room >= ROOM_AGAIN)
    }

    /// Records the error of a statement, if that is damage.
    pub(super) fn note(&self, error: &rusqlite::Error) {
        if is_damage(error) {
            self.note_damage(brief(error));
        }
    }

    /// Notes that something does not agree.
    pub(super) fn note_damage(&self, found: String) {
        let mut damage = self.damage();
        if damage.is_none() {
            tracing::error!(
                %found,
                "the database file is damaged: stop the server, see the faults with kustodian check, and put a backup \
                 in its place with kustodian restore"
            );
            *damage = Some(found);
        }
    }

    /// Refuses writes that would be lost: into a file that is not in its place, or that the next start would refuse.
    pub(super) fn must_take_writes(&self) -> Result<(), StoreError> {
        self.must_be_in_place()?;
        if let Some(found) = self.place.as_ref().and_then(Place::is_overwritten) {
            self.note_damage(found.to_owned());
        }
        self.must_be_whole()
    }

    /// Refuses a file that is not in its place any more.
    pub(super) fn must_be_in_place(&self) -> Result<(), StoreError> {
        match self.place.as_ref().and_then(Place::lost) {
            None => Ok(()),
            Some(lost) => Err(out_of_order(format!(
                "{lost} while the server has it open: put it back and start the server again, or stop the server and put a \
                 backup in its place with kustodian restore"
            ))),
        }
    }

    /// Whether the server can do its work, as far as a short look shows.
    pub(super) fn look(&self, connection: &Connection) -> Result<(), StoreError> {
        self.must_be_in_place()?;
        if let Some(found) = self.place.as_ref().and_then(Place::damage) {
            self.note_damage(found);
        }
        match sample(connection, AT_A_LOOK) {
            Err(error) if is_damage(&error) => self.note(&error),
            _ => {}
        }
        self.must_be_whole()
    }

    fn must_be_whole(&self) -> Result<(), StoreError> {
        match &*self.damage() {
            None => Ok(()),
            Some(found) => Err(out_of_order(format!(
                "the database file is damaged ({found}): stop the server, see the faults with kustodian check, and put a \
                 backup in its place with kustodian restore"
            ))),
        }
    }

    fn damage(&self) -> MutexGuard<'_, Option<String>> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many records of each kind a look reads.
const AT_A_LOOK: usize = 4;

/// How many a start reads.
pub(super) const AT_THE_START: usize = 64;

/// Reads records at random, `count` of each kind, and the last event of some orgs, each with its checksum; and that the
/// file does not count more free pages than pages.
pub(super) fn sample(connection: &Connection, count: usize) -> rusqlite::Result<()> {
    for kind in Kind::ALL {
        let table = statements(kind).table;
        let last: Option<i64> =
            connection.prepare_cached(&format!("SELECT max(key) FROM {table}"))?.query_row([], |row| row.get(0))?;
        let Some(last) = last.filter(|last| *last > 0) else { continue };
        let sql = format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE key >= ?1 ORDER BY key LIMIT 1"
        );
        let mut one = connection.prepare_cached(&sql)?;
        for _ in 0..count {
            one.query_row([fastrand::i64(1..=last)], stored).optional()?;
        }
    }
    let columns = columns(Payload::Whole);
    let sql = format!(
        "SELECT {columns} FROM events WHERE (org, position) IN (SELECT org, position FROM feeds LIMIT {AT_A_LOOK})"
    );
    for event in connection.prepare_cached(&sql)?.query_map([], recorded)? {
        event?;
    }
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("freelist_count")? > number("page_count")? {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(code, Some("more pages are free than there are".to_owned())));
    }
    Ok(())
}
