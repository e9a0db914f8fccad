//! Writing what a record is found by, in the transaction that writes the record.

use std::collections::HashMap;

use kustodian_core::search::SearchRow;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::search::{COLUMNS, Cell, PARTS, SLOTS, Slots, cells, slot_cells, terms};

/// What one transaction knows of slots.
#[derive(Default)]
pub(in crate::sqlite) struct Writing {
    slots: HashMap<OrgKey, Slots>,
}

const FORGET_ROW: &str = "DELETE FROM customer_search WHERE key = ?1";
const FORGET_TERMS: &str = "DELETE FROM customer_words WHERE rowid = ?1";
const ADD_TERMS: &str = "INSERT INTO customer_words (rowid, tokens) VALUES (?1, ?2)";

impl Writing {
    /// Puts `row` in the place of what the record with this key was found by.
    pub(in crate::sqlite) fn replace(
        &mut self,
        connection: &Connection,
        (org, key, id): (OrgKey, i64, ObjectId),
        row: Option<&SearchRow>,
        limit: usize,
    ) -> rusqlite::Result<()> {
        forget(connection, key)?;
        match row {
            Some(row) => self.add(connection, (org, key, id), row, limit),
            None => Ok(()),
        }
    }

    /// Adds what a new record is found by. At most `limit` custom attributes of the org get a column.
    pub(in crate::sqlite) fn add(
        &mut self,
        connection: &Connection,
        (org, key, id): (OrgKey, i64, ObjectId),
        row: &SearchRow,
        limit: usize,
    ) -> rusqlite::Result<()> {
        let slots = self.slots(connection, org)?;
        for (attribute, slot) in slots.give(row, limit) {
            connection
                .prepare_cached("INSERT INTO search_slots (org, attribute, slot) VALUES (?1, ?2, ?3)")?
                .execute(params![org.0, attribute, slot])?;
        }
        let head = [
            Value::Integer(key),
            Value::Integer(org.0),
            Value::Blob(id.as_bytes().to_vec()),
            Value::Integer(i64::from(row.deleted)),
        ];
        let rest = cells(row).chain(slot_cells(row, slots)).map(|cell| cell.map_or(Value::Null, value));
        connection.prepare_cached(insert())?.execute(params_from_iter(head.into_iter().chain(rest)))?;
        connection.prepare_cached(ADD_TERMS)?.execute(params![key, terms(org, row)])?;
        Ok(())
    }

    fn slots(&mut self, connection: &Connection, org: OrgKey) -> rusqlite::Result<&mut Slots> {
        Ok(match self.slots.entry(org) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(read_slots(connection, org)?),
        })
    }
}

/// The slots an org has given.
pub(super) fn read_slots(connection: &Connection, org: OrgKey) -> rusqlite::Result<Slots> {
    let mut statement = connection.prepare_cached("SELECT attribute, slot FROM search_slots WHERE org = ?1")?;
    let given = statement.query_map([org.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Slots::new(given.collect::<rusqlite::Result<Vec<(String, usize)>>>()?))
}

/// Takes the record with this key out of search.
fn forget(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    if connection.prepare_cached(FORGET_ROW)?.execute([key])? > 0 {
        connection.prepare_cached(FORGET_TERMS)?.execute([key])?;
    }
    Ok(())
}

fn insert() -> &'static str {
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let places = vec!["?"; 4 + COLUMNS.len() + PARTS.len() + SLOTS].join(", ");
        format!("INSERT INTO customer_search VALUES ({places})")
    });
    &SQL
}

/// A value as it is stored and bound. Numbers without a fraction take less room as integers, and compare alike.
pub(super) fn value(cell: Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::Text(text),
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::Integer(number as i64),
        Cell::Number(number) => Value::Real(number),
        Cell::Integer(integer) => Value::Integer(integer),
        Cell::Boolean(boolean) => Value::Integer(i64::from(boolean)),
    }
}
