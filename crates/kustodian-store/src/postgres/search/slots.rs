//! Which custom attributes have a column, as this server knows it.
//!
//! A slot is given before the first row that uses it is written, so the cached slots may be too few. Several servers
//! give slots at the same time; unique keys let one of them have its way, and the others read what it did. A slot is taken
//! back only when no server can use it any more (`retire`). So cached slots are trusted only that long.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kustodian_core::change::ChangeSet;
use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Node, SearchRow, Subject};
use kustodian_core::store::{OrgKey, StoreError};

use super::super::failure::{store_error, unavailable};
use super::super::pool::Shared;
use super::super::values::Value;
use crate::search::{Slots, custom_keys};

/// How long the cached slots of an org are trusted.
pub(in crate::postgres) const BELIEVED: Duration = Duration::from_secs(2);

/// $1 org → attributes, their slots, and whether they are retired.
pub(super) const FIND_SLOTS: &str = "SELECT attribute, slot, retired_at IS NOT NULL FROM search_slots WHERE org = $1";

/// $1 org, $2 attributes that are used again.
pub(super) const REVIVE: &str = "UPDATE search_slots SET retired_at = NULL WHERE org = $1 AND attribute = ANY($2) \
     AND retired_at IS NOT NULL";

/// $1 org, $2 attributes, $3 slots.
pub(super) const TAKE_SLOTS: &str = "INSERT INTO search_slots (org, attribute, slot) \
     SELECT $1, w.attribute, w.slot FROM unnest($2, $3) AS w (attribute, slot) ON CONFLICT DO NOTHING";

/// How often to try to take slots while others take them.
const TRIES: usize = 100;

/// The slots of every org that was written or searched.
pub(in crate::postgres) struct Slotting {
    known: Mutex<HashMap<OrgKey, Known>>,
    limit: usize,
}

struct Known {
    slots: Arc<Slots>,
    asked_at: Instant,
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
            let retired = slots.retired(rows.iter().flat_map(|row| custom_keys(row)));
            if !retired.is_empty() {
                self.forget(org);
                readers.read(REVIVE, &revived(org, &retired)).await?;
                continue;
            }
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
                if let Subject::Custom(attribute) = &criterion.subject
                    && attribute.context == Context::Customer
                {
                    has_all &= slots.of(attribute).is_some();
                }
            });
            has_all
        };
        self.read(readers, org, has_all).await
    }

    /// The cached slots if they are enough, else those of the database.
    async fn read(
        &self,
        readers: &Shared,
        org: OrgKey,
        is_enough: impl Fn(&Slots) -> bool,
    ) -> Result<Arc<Slots>, StoreError> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&org)
            && known.asked_at.elapsed() < BELIEVED
            && is_enough(&known.slots)
        {
            return Ok(Arc::clone(&known.slots));
        }
        let asked_at = Instant::now();
        let answer = readers.read(FIND_SLOTS, &[Value::Number(org.0)]).await?;
        let slots = Arc::new(read_slots(&answer.rows).map_err(|error| store_error(&error))?);
        let known = Known { slots: Arc::clone(&slots), asked_at };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(org, known);
        Ok(slots)
    }

    fn forget(&self, org: OrgKey) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }
}

/// The values of [`REVIVE`].
pub(super) fn revived(org: OrgKey, attributes: &[String]) -> [Value<'_>; 2] {
    [Value::Number(org.0), Value::Texts(attributes.iter().map(String::as_str).collect())]
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
    let mut given: Vec<(String, usize)> = Vec::with_capacity(rows.len());
    let mut retired = HashSet::new();
    for row in rows {
        let (attribute, slot): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        if row.try_get(2)? {
            retired.insert(attribute.clone());
        }
        given.push((attribute, usize::try_from(slot).unwrap_or(usize::MAX)));
    }
    Ok(Slots::new(given).with_retired(retired))
}
