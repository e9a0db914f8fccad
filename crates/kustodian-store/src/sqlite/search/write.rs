//! Writing the search entries of a record: of one that is changed in the transaction that writes it, of one that is new in a
//! later one, many together. Of a record that is changed only what differs is written: an index is left alone where its
//! column stays as it is, and so is every word that stays.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kustodian_core::kind::Kind;
use kustodian_core::search::SearchRow;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::types::{Type, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::super::packed::Unpacked;
use super::difference::Difference;
use super::entry_words::EntryWords;
use super::words::Words;
use crate::search::{COLUMNS, Cell, PARTS, SLOTS, Slots, cells, custom_cells, loose_terms, terms};

/// The search entries of a record, worked out before the writer takes it.
pub(in crate::sqlite) struct FoundBy {
    deleted: bool,
    /// The values of [`COLUMNS`] and [`PARTS`].
    cells: Vec<Value>,
    /// The slot value of each custom attribute, by key.
    custom: Vec<(String, Value)>,
    /// A line each; in order unless it is of a new record.
    terms: String,
}

impl FoundBy {
    /// The search entries of a record from now on.
    pub(in crate::sqlite) fn of(org: OrgKey, row: &SearchRow) -> Self {
        Self::with_terms(row, terms(org, row))
    }

    /// The search entries of a record that was not there.
    pub(in crate::sqlite) fn of_new(org: OrgKey, row: &SearchRow) -> Self {
        Self::with_terms(row, loose_terms(org, row))
    }

    fn with_terms(row: &SearchRow, terms: String) -> Self {
        Self {
            deleted: row.deleted,
            cells: cells(row).map(|cell| cell.map_or(Value::Null, value)).collect(),
            custom: custom_cells(row).map(|(key, cell)| (key, value(cell))).collect(),
            terms,
        }
    }

    /// The values of a record's row, in the order of the table's columns.
    pub(super) fn values(&self, (org, key, id): (OrgKey, i64, ObjectId), slots: &Slots) -> Vec<Value> {
        let mut values = Vec::with_capacity(HEAD.len() + COLUMNS.len() + PARTS.len() + SLOTS);
        values.extend([
            Value::Integer(key),
            Value::Integer(org.0),
            Value::Blob(id.as_bytes().to_vec()),
            Value::Integer(i64::from(self.deleted)),
        ]);
        values.extend(self.cells.iter().cloned());
        let first = values.len();
        values.resize(first + SLOTS, Value::Null);
        for (key, value) in &self.custom {
            if let Some(place) = slots.of_key(key).and_then(|slot| values.get_mut(first + slot - 1)) {
                place.clone_from(value);
            }
        }
        values
    }

    /// Its terms, each once.
    pub(super) fn terms(&self) -> BTreeSet<&str> {
        self.terms.lines().collect()
    }

    /// The search entries of the customer whose document this is; `None` when it was erased.
    pub(in crate::sqlite) fn of_document(org: OrgKey, document: &str) -> rusqlite::Result<Option<Self>> {
        let row = Kind::Customer
            .search_row_of(document)
            .map_err(|refusal| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(refusal)))?;
        Ok(row.map(|row| Self::of(org, &row)))
    }
}

/// The columns before those of [`COLUMNS`].
pub(super) const HEAD: [&str; 4] = ["key", "org", "id", "deleted"];

const FIND_ROW: &str = "SELECT * FROM customer_search WHERE key = ?1";
const FORGET_ROW: &str = "DELETE FROM customer_search WHERE key = ?1";
const FIND_DOCUMENT: &str = "SELECT document FROM customers WHERE key = ?1";

/// The terms that the index has of a stored document; `None` when it is none of a customer, or one that was erased.
fn terms_of_document(org: OrgKey, document: &str) -> Option<String> {
    Kind::Customer.search_row_of(document).ok().flatten().map(|row| terms(org, &row))
}

/// The terms of the customer in this row, out of its document: to be asked before that is written over.
pub(in crate::sqlite) fn former_terms(connection: &Connection, org: OrgKey, key: i64) -> rusqlite::Result<String> {
    let document = connection.prepare_cached(FIND_DOCUMENT)?.query_row([key], |row| row.get(0)).optional()?;
    Ok(document.and_then(|Unpacked(document)| terms_of_document(org, &document)).unwrap_or_default())
}

/// The slots that one transaction knows, and its pending writes.
#[derive(Default)]
pub(in crate::sqlite) struct Writing {
    slots: HashMap<OrgKey, Slots>,
    /// The columns that change of records that the index knows: once, however often they are changed.
    amended: BTreeMap<i64, Amended>,
    words: Words,
    entry_words: EntryWords,
}

impl Writing {
    /// The pending writes of the words of other records than customers.
    pub(in crate::sqlite) fn entry_words(&mut self) -> &mut EntryWords {
        &mut self.entry_words
    }

    /// Adds the search entries of a new record. At most `limit` custom attributes of the org get a column.
    pub(in crate::sqlite) fn add(
        &mut self,
        connection: &Connection,
        (org, key, id): (OrgKey, i64, ObjectId),
        found: &FoundBy,
        limit: usize,
    ) -> rusqlite::Result<()> {
        let values = self.values(connection, (org, key, id), found, limit)?;
        connection.prepare_cached(insert())?.execute(params_from_iter(values))?;
        self.words.add(key, &found.terms);
        Ok(())
    }

    /// Puts `found` in the place of the search entries of the record with this key, whose terms were `former`.
    pub(in crate::sqlite) fn replace(
        &mut self,
        connection: &Connection,
        (org, key, id): (OrgKey, i64, ObjectId),
        former: &str,
        found: Option<&FoundBy>,
        limit: usize,
    ) -> rusqlite::Result<()> {
        // All of it is compared with the present entries.
        self.amended.remove(&key);
        let Some(found) = found else {
            if connection.prepare_cached(FORGET_ROW)?.execute([key])? > 0 {
                self.words.remove(key, former);
            }
            return Ok(());
        };
        let values = self.values(connection, (org, key, id), found, limit)?;
        let changed: Option<Vec<usize>> = connection
            .prepare_cached(FIND_ROW)?
            .query_row([key], |row| {
                let differs =
                    |place: &usize| row.get_ref(*place).is_ok_and(|was| was != ValueRef::from(&values[*place]));
                Ok((0..values.len()).filter(differs).collect())
            })
            .optional()?;
        let Some(changed) = changed else {
            connection.prepare_cached(insert())?.execute(params_from_iter(values))?;
            self.words.add(key, &found.terms);
            return Ok(());
        };
        if !changed.is_empty() {
            let sets: Vec<String> = changed.iter().map(|place| format!("{} = ?", column(*place))).collect();
            let sql = format!("UPDATE customer_search SET {} WHERE key = ?", sets.join(", "));
            let bound = changed.iter().map(|place| &values[*place]).chain(values.first());
            connection.prepare_cached(&sql)?.execute(params_from_iter(bound))?;
        }
        self.words.replace(key, former, &found.terms);
        Ok(())
    }

    /// Changes the entries of a record that is in the index.
    pub(in crate::sqlite) fn amend(
        &mut self,
        connection: &Connection,
        (org, key, id): (OrgKey, i64, ObjectId),
        difference: &Difference,
        limit: usize,
    ) -> rusqlite::Result<()> {
        let Difference { columns, custom, removed, added } = difference;
        let slots = self.give_slots(connection, org, || custom.iter().map(|(key, _)| key), limit)?;
        let first = HEAD.len() + COLUMNS.len() + PARTS.len();
        let of_slots: Vec<(usize, Value)> =
            custom.iter().filter_map(|(key, value)| Some((first + slots.of_key(key)? - 1, value.clone()))).collect();
        let amended = self.amended.entry(key).or_insert_with(|| Amended { org, id, columns: BTreeMap::new() });
        amended.columns.extend(columns.iter().cloned().chain(of_slots));
        self.words.amend(key, removed.clone(), added.clone());
        Ok(())
    }

    /// Writes the columns gathered so far.
    fn write_amended(&mut self, connection: &Connection, limit: usize) -> rusqlite::Result<()> {
        for (key, Amended { org, id, columns }) in std::mem::take(&mut self.amended) {
            if columns.is_empty() {
                continue;
            }
            let sets: Vec<String> = columns.keys().map(|place| format!("{} = ?", column(*place))).collect();
            let sql = format!("UPDATE customer_search SET {} WHERE key = ?", sets.join(", "));
            let key_value = Value::Integer(key);
            let bound = columns.values().chain([&key_value]);
            if connection.prepare_cached(&sql)?.execute(params_from_iter(bound))? == 0 {
                // A row that is missing is put back.
                let document = connection.prepare_cached(FIND_DOCUMENT)?.query_row([key], |row| row.get(0))?;
                let Unpacked(document) = document;
                if let Some(found) = FoundBy::of_document(org, &document)? {
                    self.words.forget(key);
                    self.add(connection, (org, key, id), &found, limit)?;
                }
            }
        }
        Ok(())
    }

    /// Whether there are words to write.
    pub(in crate::sqlite) fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Writes the rows gathered so far: before the transaction ends, at the latest.
    pub(in crate::sqlite) fn write_gathered(&mut self, connection: &Connection, limit: usize) -> rusqlite::Result<()> {
        self.write_amended(connection, limit)?;
        self.words.write(connection)?;
        self.entry_words.write(connection)
    }

    /// The values of a record's row, in the order of the table's columns.
    fn values(
        &mut self,
        connection: &Connection,
        (org, key, id): (OrgKey, i64, ObjectId),
        found: &FoundBy,
        limit: usize,
    ) -> rusqlite::Result<Vec<Value>> {
        let slots = self.give_slots(connection, org, || found.custom.iter().map(|(key, _)| key), limit)?;
        Ok(found.values((org, key, id), slots))
    }

    /// The slots of an org, with one for each of these custom attributes that can have one.
    fn give_slots<'k, Keys: Iterator<Item = &'k String>>(
        &mut self,
        connection: &Connection,
        org: OrgKey,
        keys: impl Fn() -> Keys,
        limit: usize,
    ) -> rusqlite::Result<&Slots> {
        let slots = self.slots(connection, org)?;
        if !slots.suffice_for(keys()) {
            for (attribute, slot) in slots.give(keys(), limit) {
                connection
                    .prepare_cached("INSERT INTO search_slots (org, attribute, slot) VALUES (?1, ?2, ?3)")?
                    .execute(params![org.0, attribute, slot])?;
            }
        }
        Ok(slots)
    }

    fn slots(&mut self, connection: &Connection, org: OrgKey) -> rusqlite::Result<&mut Slots> {
        Ok(match self.slots.entry(org) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(read_slots(connection, org)?),
        })
    }
}

/// A record that the index knows and that changes.
struct Amended {
    org: OrgKey,
    id: ObjectId,
    /// What its columns hold from now on, by their places.
    columns: BTreeMap<usize, Value>,
}

/// The slots an org has given.
pub(super) fn read_slots(connection: &Connection, org: OrgKey) -> rusqlite::Result<Slots> {
    let mut statement = connection.prepare_cached("SELECT attribute, slot FROM search_slots WHERE org = ?1")?;
    let given = statement.query_map([org.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Slots::new(given.collect::<rusqlite::Result<Vec<(String, usize)>>>()?))
}

fn insert() -> &'static str {
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let places = vec!["?"; HEAD.len() + COLUMNS.len() + PARTS.len() + SLOTS].join(", ");
        format!("INSERT INTO customer_search VALUES ({places})")
    });
    &SQL
}

/// The name of a column by its place.
pub(super) fn column(place: usize) -> String {
    let named = HEAD.into_iter().chain(COLUMNS.iter().map(|column| column.name)).chain(PARTS.map(|(_, name)| name));
    match named.clone().nth(place) {
        Some(name) => name.to_owned(),
        None => format!("c{}", place + 1 - named.count()),
    }
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
