//! The update of one customer as a single statement, for a database that is not spread: it locks, looks, writes and commits
//! in one trip, where only the record, its event and its search row are written.

use std::sync::LazyLock;

use kustodian_core::chain::Leaf;
use kustodian_core::change::ChangeSet;
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;

use super::changes::{event_values, record_values};
use super::connection::{Step, statement};
use super::search;
use super::sql::statements;
use super::values::Value;
use crate::search::Slots;

/// $1 to $8 as the update of a record has them, $9 the revision it must have, $10 kind, $11 event, $12 name, $13 at,
/// $14 actor, $15 client, $16 digest, $17 salt, $18 request, $19 changes, $20 snapshot, $21 leaf, then its search row →
/// how many were written: none when the record has another revision, or no search row.
static AMEND: LazyLock<[String; 2]> = LazyLock::new(|| [false, true].map(amend_sql));

/// The first parameter of the search row.
const FOUND_BY: usize = 22;

fn amend_sql(with_tokens: bool) -> String {
    let update = statements(Kind::Customer).update;
    let found_by = search::assignments(FOUND_BY, with_tokens);
    // Everything reads from the record: it is locked first, and nothing is written when it is not.
    format!(
        "WITH record AS ({update} AND rev = $9 AND EXISTS (SELECT 1 FROM customer_search WHERE org = $2 AND id = $1) \
         RETURNING id), found_by AS (UPDATE customer_search s SET {found_by} FROM record WHERE s.org = $2 AND s.id = $1), \
         happened AS (INSERT INTO events (record, org, kind, rev, id, name, at, actor, client, digest, salt, request_id, \
         changes, snapshot) SELECT record.id, $2, $10, $3, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 FROM record), \
         queued AS (INSERT INTO outbox (org, kind, record, rev, at, delta, id, actor, leaf) \
         SELECT $2, $10, record.id, $3, $13, 0, $11, $14, $21 FROM record) SELECT count(*) FROM record"
    )
}

/// Such an update; `None` for anything else.
pub(super) fn amend<'a>(org: OrgKey, changes: &'a ChangeSet, leaves: &'a [Leaf], slots: &Slots) -> Option<Step<'a>> {
    let ChangeSet { erasures, puts, asserts, empties, frees, claims, events, receipts } = changes;
    let ([put], [event], [leaf]) = (puts.as_slice(), events.as_slice(), leaves) else { return None };
    let is_alone = erasures.is_empty()
        && asserts.is_empty()
        && empties.is_empty()
        && frees.is_empty()
        && claims.is_empty()
        && receipts.is_empty();
    let is_its_own = (event.kind, event.record, event.rev) == (put.kind, put.id, put.rev);
    let (expects, row, former) = (put.expects?, put.search.as_deref()?, put.former.as_deref()?);
    // One that is deleted or restored is counted.
    if put.kind != Kind::Customer || !is_alone || !is_its_own || former.deleted != row.deleted {
        return None;
    }
    let (found_by, with_tokens) = search::assigned(org, former, row, slots);
    let mut values = record_values(org, put);
    values.push(Value::count(expects));
    values.extend(event_values(event));
    values.push(Value::Bytes(&leaf.0));
    values.extend(found_by);
    Some(statement(&AMEND[usize::from(with_tokens)], values))
}
