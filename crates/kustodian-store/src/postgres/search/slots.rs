//! Which custom attributes have a column, as this server knows it.
//!
//! A slot is given for good, before the first row that uses it is written: so what is known here may be too little, and
//! is never wrong. Several servers give slots at the same time; unique keys let one of them have its way, and the others
//! read what it did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kustodian_core::change::{ChangeSet, Kind};
use kustodian_core::search::{Node, SearchRow, Subject};
use kustodian_core::store::{OrgKey, StoreError};

use super::super::failure::{store_error, unavailable};
use super::super::pool::Shared;
use super::super::values::Value;
use crate::search::{Slots, custom_keys};

/// $1 org → attributes and their slots.
pub(super) const FIND_SLOTS: &str = "SELECT attribute, slot FROM search_slots WHERE org = $1";

/// $1 org, $2 attributes, $3 slots.
pub(super) const TAKE_SLOTS: &str = "INSERT INTO search_slots (org, attribute, slot) \
     SELECT $1, w.attribute, w.slot FROM unnest($2, $3) AS w (attribute, slot) ON CONFLICT DO NOTHING";

/// How often to try to take slots while others take them.
const TRIES: usize = 100;

/// The slots of every org that was written or searched.
pub(in crate::postgres) struct Slotting {
    known: Mutex<HashMap<OrgKey, Arc<Slots>>>,
    limit: usize,
}

impl Slotting {
    /// Gives at most `limit` custom attributes of an org a slot.
    pub(in crate::postgres) fn new(limit: usize) -> Self {
        Self { known: Mutex::default(), limit }
    }

    /// The slots of an org, with one for each custom attribute of the customers in `changes` that can have one.
    pub(in crate::postgres) async fn of_changes(
        &self,
        readers: &Shared,
        org: OrgKey,
        changes: &ChangeSet,
    ) -> Result<Arc<Slots>, StoreError> {
        let customers = changes.puts.iter().filter(|put| put.kind == Kind::Customer);
        let rows: Vec<&SearchRow> = customers.filter_map(|put| put.search.as_deref()).collect();
        if rows.is_empty() {
            return Ok(Arc::default());
        }
        for _ in 0..TRIES {
            let slots =
                self.read(readers, org, |slots| rows.iter().all(|row| slots.suffice_for(custom_keys(row)))).await?;
            let mut more = Slots::clone(&slots);
            let given: Vec<(String, usize)> =
                rows.iter().flat_map(|row| more.give(custom_keys(row), self.limit)).collect();
            if given.is_empty() {
                return Ok(slots);
            }
            readers.read(TAKE_SLOTS, &taken(org, &given)).await?;
        }
        Err(unavailable("others gave custom attributes their columns all the time"))
    }

    /// The slots of an org, for a search.
    pub(in crate::postgres) async fn of_query(
        &self,
        readers: &Shared,
        org: OrgKey,
        root: &Node,
    ) -> Result<Arc<Slots>, StoreError> {
        let has_all = |slots: &Slots| {
            let mut has_all = true;
            root.for_each(&mut |criterion| {
                if let Subject::Custom(attribute) = &criterion.subject {
                    has_all &= slots.of(attribute).is_some();
                }
            });
            has_all
        };
        self.read(readers, org, has_all).await
    }

    /// What is known if that is enough, else what the database says.
    async fn read(
        &self,
        readers: &Shared,
        org: OrgKey,
        is_enough: impl Fn(&Slots) -> bool,
    ) -> Result<Arc<Slots>, StoreError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&org).cloned();
        if let Some(known) = known.filter(|known| is_enough(known)) {
            return Ok(known);
        }
        let answer = readers.read(FIND_SLOTS, &[Value::Number(org.0)]).await?;
        let slots = Arc::new(read_slots(&answer.rows).map_err(|error| store_error(&error))?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(org, Arc::clone(&slots));
        Ok(slots)
    }
}

/// The values of [`TAKE_SLOTS`].
pub(super) fn taken(org: OrgKey, given: &[(String, usize)]) -> [Value<'_>; 3] {
    [
        Value::Number(org.0),
        Value::Texts(given.iter().map(|(attribute, _)| attribute.as_str()).collect()),
        Value::Numbers(given.iter().map(|(_, slot)| i64::try_from(*slot).unwrap_or_default()).collect()),
    ]
}

/// The slots in rows of [`FIND_SLOTS`].
pub(super) fn read_slots(rows: &[tokio_postgres::Row]) -> Result<Slots, tokio_postgres::Error> {
    let slot = |row: &tokio_postgres::Row| {
        let slot: i64 = row.try_get(1)?;
        Ok((row.try_get(0)?, usize::try_from(slot).unwrap_or(usize::MAX)))
    };
    Ok(Slots::new(rows.iter().map(slot).collect::<Result<Vec<(String, usize)>, tokio_postgres::Error>>()?))
}
