//! A change set as statements, and its conflict.

use std::collections::{BTreeMap, HashMap, HashSet};

use kustodian_core::chain::Leaf;
use kustodian_core::change::{ChangeSet, Erasure, Event, Name, Narrowed, Put};
use kustodian_core::claim::{Claim, ClaimKey};
use kustodian_core::conflict::State;
use kustodian_core::directory::NewToken;
use kustodian_core::kind::Kind;
use kustodian_core::receipt::{Receipt, ReceiptKey};
use kustodian_core::store::{CommitError, OrgKey, in_lock_order};
use kustomer_api::ObjectId;

use super::connection::{Step, statement};
use super::credentials;
use super::gather::{Made, create_all, makes};
use super::receipts;
use super::search;
use super::sql::{
    ERASE_EVENTS, FREE_CLAIM, INSERT_EVENT, INSERT_EVENTS, INSERT_OUTBOX, KEEP_WHOLE, TAKE_CLAIM, TAKE_CLAIMS,
    statements,
};
use super::values::Value;
use crate::document::DOCUMENT_FORMAT;
use crate::search::Slots;

/// The rows that a transaction has looked up and holds locked.
#[derive(Default)]
pub(super) struct Seen {
    /// The records there are.
    pub(super) records: HashMap<Name, State>,
    /// The claims that are held.
    pub(super) owners: HashMap<Vec<u8>, ObjectId>,
    /// The receipts there are, expired ones included.
    pub(super) receipts: HashMap<ReceiptKey, Receipt>,
    /// The lists that must be empty and are not.
    pub(super) filled: Vec<Narrowed>,
}

/// Whether all of it is new and nothing contradicts itself: then it can be written without looking first, and the
/// database's own constraints show whether something was there. Not with a receipt: whether it is there already is
/// checked before everything else.
pub(super) fn is_insert_only(changes: &ChangeSet) -> bool {
    changes.receipts.is_empty() && is_new(changes)
}

/// The same of a change set that makes several records, receipts included: when one is there already the commit fails, and
/// finds out with the records locked.
pub(super) fn makes_several(changes: &ChangeSet) -> bool {
    changes.puts.len() > 1 && is_new(changes)
}

/// The same, whatever receipts it leaves.
pub(super) fn is_new(changes: &ChangeSet) -> bool {
    let mut records = HashSet::new();
    let mut owners = HashMap::new();
    changes.erasures.is_empty()
        && changes.asserts.is_empty()
        && changes.empties.is_empty()
        && !changes.puts.is_empty()
        && changes.puts.iter().all(|put| put.expects.is_none() && records.insert((put.kind, put.id)))
        && changes.claims.iter().all(|claim| *owners.entry(claim.key).or_insert(claim.owner) == claim.owner)
}

/// The records that are written or asserted, in the order in which they are locked, and whether each is written.
pub(super) fn records(changes: &ChangeSet) -> Vec<(Name, bool)> {
    let written: HashSet<Name> = changes.puts.iter().map(|put| (put.kind, put.id)).collect();
    let names = in_lock_order(written.iter().chain(&changes.asserts).copied().collect());
    names.into_iter().map(|name| (name, written.contains(&name))).collect()
}

/// How many live records a change set adds, by kind, if it only makes new records and each has one event.
pub(super) fn live_gains(changes: &ChangeSet) -> Option<Vec<(Kind, i64)>> {
    let mut waiting: HashSet<(Kind, ObjectId, u64)> = HashSet::new();
    let mut gains: BTreeMap<&str, (Kind, i64)> = BTreeMap::new();
    for put in &changes.puts {
        if put.expects.is_some() || !waiting.insert((put.kind, put.id, put.rev)) {
            return None;
        }
        gains.entry(put.kind.as_str()).or_insert((put.kind, 0)).1 += i64::from(!put.deleted);
    }
    let is_expected = |event: &Event| waiting.remove(&(event.kind, event.record, event.rev));
    let has_all = changes.events.len() == changes.puts.len() && changes.events.iter().all(is_expected);
    has_all.then(|| gains.into_values().collect())
}

/// The first conflict, each put seeing those before it.
pub(super) fn conflict(changes: &ChangeSet, seen: &Seen) -> Option<CommitError> {
    let stored_state = |name| seen.records.get(&name).copied();
    let stored_owner = |key: ClaimKey| seen.owners.get(key.as_bytes().as_slice()).copied();
    let is_empty = |list: &Narrowed| !seen.filled.contains(list);
    replay(changes, seen).or_else(|| kustodian_core::conflict::conflict(changes, stored_state, stored_owner, is_empty))
}

/// The first receipt that is there already and counts: all of it was done before.
fn replay(changes: &ChangeSet, seen: &Seen) -> Option<CommitError> {
    let counts = |receipt: &Receipt| {
        let found = seen.receipts.get(&receipt.key)?;
        found.is_valid_at(receipt.made_at()).then(|| found.clone())
    };
    changes.receipts.iter().find_map(counts).map(CommitError::Replayed)
}

/// Who holds a claim that this change set does not give up.
fn holder(changes: &ChangeSet, seen: &Seen, key: ClaimKey) -> Option<ObjectId> {
    let owner = *seen.owners.get(key.as_bytes().as_slice())?;
    let is_freed = changes.frees.iter().any(|free| free.key == key && free.owner == owner);
    (!is_freed).then_some(owner)
}

/// How the events of a change set get their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placing {
    /// By the sequencer, where tables are spread over several machines.
    Spread,
    /// By the sequencer, where they are on one.
    Later,
    /// In the transaction that writes them.
    AtOnce,
}

impl Placing {
    /// By the sequencer.
    pub(super) fn later(is_spread: bool) -> Self {
        if is_spread { Self::Spread } else { Self::Later }
    }
}

/// All writes of `changes`, which has no conflict: erasures, records, their search entries,
/// claims, events, what the sequencer needs to know of them, and receipts. An event's leaf is among `leaves`, in their
/// order.
pub(super) fn writes<'a>(
    org: OrgKey,
    changes: &'a ChangeSet,
    leaves: &'a [Leaf],
    slots: &Slots,
    seen: &Seen,
    token: Option<&'a NewToken>,
    placing: Placing,
) -> Vec<Step<'a>> {
    let is_spread = placing == Placing::Spread;
    let mut steps = Vec::with_capacity(changes.puts.len() + changes.frees.len() + 2 * changes.events.len() + 2);
    steps.extend(changes.erasures.iter().flat_map(|erasure| erase_events(org, erasure)));
    let mut before: HashMap<Name, State> = HashMap::new();
    let mut gains: BTreeMap<(&str, ObjectId, u64), (i64, &Put)> = BTreeMap::new();
    let made = if is_spread { Vec::new() } else { made_together(org, changes, leaves, slots, seen) };
    let made_ids: HashSet<ObjectId> = made.iter().map(|made| made.put.id).collect();
    let is_made = |kind: Kind, id: ObjectId| kind == Kind::Customer && made_ids.contains(&id);
    if !made.is_empty() {
        let claims = wanted_claims(changes, seen).into_iter().map(|claim| (org, claim)).collect();
        steps.push(create_all(&made, claims, &[], placing));
    }
    for put in changes.puts.iter().filter(|put| !is_made(put.kind, put.id)) {
        let name = (put.kind, put.id);
        let found = before.get(&name).or_else(|| seen.records.get(&name)).copied();
        steps.push(write_record(org, put, found.is_some()));
        if put.kind == Kind::Customer && (put.search.is_some() || found.is_some()) {
            steps.push(search::write_row(org, put.id, put.search.as_deref(), slots));
        }
        if put.kind.is_in_entries() {
            let name = (org, put.kind, put.id);
            steps.extend(match (put.search.as_deref(), put.former.as_deref().filter(|_| found.is_some())) {
                (Some(row), Some(former)) => search::change_entries(name, former, row, is_spread),
                (row, _) => search::index(name, found.is_none().then(|| put.home.unwrap_or(put.id)), row, is_spread),
            });
        }
        let gain = i64::from(!put.deleted) - i64::from(found.is_some_and(|found| !found.deleted));
        gains.insert((put.kind.as_str(), put.id, put.rev), (gain, put));
        before.insert(name, State { rev: put.rev, deleted: put.deleted });
    }
    if made.is_empty() {
        steps.extend(free_claims(org, changes));
        steps.extend(take_claims(org, changes, seen, is_spread));
    }
    let others = changes.events.iter().zip(leaves).filter(|(event, _)| !is_made(event.kind, event.record));
    let happened: Vec<Happened<'a>> = others
        .map(|(event, leaf)| {
            let gain = gains.remove(&(event.kind.as_str(), event.record, event.rev)).map_or(0, |(gain, _)| gain);
            Happened { event, leaf, gain }
        })
        .collect();
    match placing {
        Placing::AtOnce => steps.extend(happened.iter().map(|happened| write_event(org, happened.event))),
        Placing::Later if happened.len() > 1 => steps.push(write_events(org, &happened)),
        Placing::Later | Placing::Spread => {
            for Happened { event, leaf, gain } in happened {
                steps.push(write_event(org, event));
                steps.push(outbox_of_event(org, event, leaf, gain));
            }
        }
    }
    for (gain, put) in gains.into_values().filter(|(gain, _)| *gain != 0) {
        steps.push(outbox_of_put(org, put, gain));
    }
    let leave = |receipt| receipts::leave(org, receipt, seen.receipts.contains_key(&receipt.key));
    steps.extend(changes.receipts.iter().flat_map(leave));
    steps.extend(token.into_iter().flat_map(credentials::insert_token));
    steps
}

/// The making of one new record with its claims and its event as a single statement, for a database that is not spread:
/// it needs no BEGIN and COMMIT, and one answer instead of six. `None` for anything else.
///
/// `found_by`: the search entries of a customer, as an object of JSON or nothing.
pub(super) fn create<'a>(org: OrgKey, changes: &'a ChangeSet, leaves: &'a [Leaf], found_by: &str) -> Option<Step<'a>> {
    let ([put], [event], [leaf]) = (changes.puts.as_slice(), changes.events.as_slice(), leaves) else { return None };
    let is_its_own = (event.kind, event.record, event.rev) == (put.kind, put.id, put.rev);
    let is_first = event.changes.is_none() && event.snapshot.is_none();
    let has_columns = !put.kind.spec().columns.is_empty() || put.kind.spec().has_home();
    if has_columns
        || put.kind.is_in_entries()
        || put.expects.is_some()
        || !changes.frees.is_empty()
        || !is_its_own
        || !is_first
    {
        return None;
    }
    let mut values = record_values(org, put);
    values.extend(claim_values(&wanted_claims(changes, &Seen::default())));
    values.extend([
        Value::Text(event.kind.as_str()),
        Value::Id(event.id),
        Value::Text(&event.name),
        Value::Number(event.at.as_millis()),
        Value::MaybeId(event.actor),
        Value::Text(event.client),
        Value::Bytes(&event.digest.0),
        Value::Bytes(&event.salt.0),
        Value::Text(&event.request_id),
        Value::Number(i64::from(!put.deleted)),
        Value::Bytes(&leaf.0),
    ]);
    if put.kind == Kind::Customer {
        values.push(Value::Owned(Some(format!("[{found_by}]"))));
        return Some(statement(search::create_one(), values));
    }
    Some(statement(statements(put.kind).create, values))
}

/// The search entries of the first customer of a change set, as an object of JSON; nothing when it is not.
pub(super) fn found_by(org: OrgKey, changes: &ChangeSet, slots: &Slots) -> String {
    let row = changes.puts.iter().find_map(|put| put.search.as_deref().filter(|_| put.kind == Kind::Customer));
    row.map(|row| search::json_row(org, row, slots)).unwrap_or_default()
}

/// How often a change set writes a customer, and its events.
#[derive(Default)]
struct Written<'a> {
    puts: usize,
    events: Vec<(&'a Event, &'a Leaf)>,
}

/// The new customers of a change set that makes several, for one statement.
fn made_together<'a>(
    org: OrgKey,
    changes: &'a ChangeSet,
    leaves: &'a [Leaf],
    slots: &Slots,
    seen: &Seen,
) -> Vec<Made<'a>> {
    let mut writes: HashMap<ObjectId, Written<'_>> = HashMap::new();
    for put in changes.puts.iter().filter(|put| put.kind == Kind::Customer) {
        writes.entry(put.id).or_default().puts += 1;
    }
    if writes.len() < 2 || !changes.frees.is_empty() {
        return Vec::new();
    }
    for (event, leaf) in changes.events.iter().zip(leaves).filter(|(event, _)| event.kind == Kind::Customer) {
        writes.entry(event.record).or_default().events.push((event, leaf));
    }
    let is_new = |put: &&Put| !seen.records.contains_key(&(put.kind, put.id));
    let customers = changes.puts.iter().filter(|put| put.kind == Kind::Customer).filter(is_new);
    let made = customers.filter_map(|put| {
        let Some(Written { puts: 1, events }) = writes.remove(&put.id) else { return None };
        let [(event, leaf)] = *events.as_slice() else { return None };
        if !makes(put, event) {
            return None;
        }
        let found_by = put.search.as_deref().map(|row| search::json_row(org, row, slots));
        Some(Made { org, put, event, leaf, found_by: found_by.unwrap_or_default().into() })
    });
    made.collect()
}

fn write_record(org: OrgKey, put: &Put, exists: bool) -> Step<'_> {
    let of_kind = statements(put.kind);
    let sql = if exists { of_kind.update } else { of_kind.insert };
    let mut values = record_values(org, put);
    let spec = put.kind.spec();
    values.extend(spec.columns.iter().map(|column| Value::MaybeText(put.columns.get(column.name))));
    if spec.has_home() && !exists {
        values.push(Value::Id(put.home.unwrap_or(put.id)));
    }
    statement(sql, values)
}

pub(super) fn record_values(org: OrgKey, put: &Put) -> Vec<Value<'_>> {
    vec![
        Value::Id(put.id),
        Value::Number(org.0),
        Value::count(put.rev),
        Value::Number(DOCUMENT_FORMAT),
        Value::Flag(put.deleted),
        Value::Number(put.created_at.as_millis()),
        Value::Number(put.updated_at.as_millis()),
        Value::Text(&put.document),
    ]
}

fn free_claims<'a>(org: OrgKey, changes: &'a ChangeSet) -> Vec<Step<'a>> {
    let mut frees: Vec<&'a Claim> = changes.frees.iter().collect();
    frees.sort_unstable_by_key(|claim| *claim.key.as_bytes());
    let values =
        |claim: &'a Claim| vec![Value::Bytes(claim.key.as_bytes()), Value::Number(org.0), Value::Id(claim.owner)];
    frees.into_iter().map(|claim| statement(FREE_CLAIM, values(claim))).collect()
}

fn take_claims<'a>(org: OrgKey, changes: &'a ChangeSet, seen: &Seen, is_spread: bool) -> Vec<Step<'a>> {
    let claims = wanted_claims(changes, seen);
    if is_spread {
        return claims.into_iter().map(|claim| take_claim(org, claim)).collect();
    }
    if claims.is_empty() {
        return Vec::new();
    }
    let values = [Value::Number(org.0)].into_iter().chain(claim_values(&claims)).collect();
    vec![statement(TAKE_CLAIMS, values)]
}

fn take_claim(org: OrgKey, claim: &Claim) -> Step<'_> {
    let Claim { kind, key, owner, .. } = claim;
    let values =
        vec![Value::Bytes(key.as_bytes()), Value::Number(org.0), Value::Text(kind.as_str()), Value::Id(*owner)];
    statement(TAKE_CLAIM, values)
}

/// Those not held by their owners already, each once, in the order of their keys.
pub(super) fn wanted_claims<'a>(changes: &'a ChangeSet, seen: &Seen) -> Vec<&'a Claim> {
    let is_new = |claim: &&Claim| holder(changes, seen, claim.key).is_none();
    let mut claims: Vec<&Claim> = changes.claims.iter().filter(is_new).collect();
    claims.sort_unstable_by_key(|claim| *claim.key.as_bytes());
    claims.dedup_by_key(|claim| claim.key);
    claims
}

/// Keys, kinds, owners.
fn claim_values<'a>(claims: &[&'a Claim]) -> [Value<'a>; 3] {
    [
        Value::ByteStrings(claims.iter().map(|claim| claim.key.as_bytes().as_slice()).collect()),
        Value::Texts(claims.iter().map(|claim| claim.kind.as_str()).collect()),
        Value::Ids(claims.iter().map(|claim| claim.owner).collect()),
    ]
}

fn write_event(org: OrgKey, event: &Event) -> Step<'_> {
    let mut values = vec![Value::Id(event.record), Value::Number(org.0)];
    values.extend(event_values(event));
    values.insert(3, Value::count(event.rev));
    statement(INSERT_EVENT, values)
}

/// An event with its leaf, and by how much it changes the number of live records.
struct Happened<'a> {
    event: &'a Event,
    leaf: &'a Leaf,
    gain: i64,
}

/// Several events, and what the sequencer needs to know of them.
fn write_events<'a>(org: OrgKey, happened: &[Happened<'a>]) -> Step<'a> {
    let events = || happened.iter().map(|happened| happened.event);
    let texts = |of: fn(&'a Event) -> &'a str| Value::Texts(events().map(of).collect());
    let maybe = |of: fn(&'a Event) -> Option<&'a str>| Value::MaybeTexts(events().map(of).collect());
    let ids = |of: fn(&Event) -> ObjectId| Value::Ids(events().map(of).collect());
    let numbers = |of: fn(&Event) -> i64| Value::Numbers(events().map(of).collect());
    let values = vec![
        Value::Number(org.0),
        ids(|event| event.record),
        texts(|event| event.kind.as_str()),
        numbers(|event| i64::try_from(event.rev).unwrap_or(i64::MAX)),
        ids(|event| event.id),
        texts(|event| &event.name),
        numbers(|event| event.at.as_millis()),
        Value::MaybeIds(events().map(|event| event.actor).collect()),
        texts(|event| event.client),
        Value::ByteStrings(events().map(|event| event.digest.0.as_slice()).collect()),
        Value::ByteStrings(events().map(|event| event.salt.0.as_slice()).collect()),
        texts(|event| &event.request_id),
        maybe(|event| event.changes.as_deref()),
        maybe(|event| event.snapshot.as_deref()),
        Value::Numbers(happened.iter().map(|happened| happened.gain).collect()),
        Value::ByteStrings(happened.iter().map(|happened| happened.leaf.0.as_slice()).collect()),
    ];
    statement(INSERT_EVENTS, values)
}

/// The columns of an event but for its record's name and revision: its kind first.
pub(super) fn event_values(event: &Event) -> [Value<'_>; 11] {
    [
        Value::Text(event.kind.as_str()),
        Value::Id(event.id),
        Value::Text(&event.name),
        Value::Number(event.at.as_millis()),
        Value::MaybeId(event.actor),
        Value::Text(event.client),
        Value::Bytes(&event.digest.0),
        Value::Bytes(&event.salt.0),
        Value::Text(&event.request_id),
        Value::MaybeText(event.changes.as_deref()),
        Value::MaybeText(event.snapshot.as_deref()),
    ]
}

fn outbox_of_event<'a>(org: OrgKey, event: &'a Event, leaf: &'a Leaf, gain: i64) -> Step<'a> {
    let values = vec![
        Value::Number(org.0),
        Value::Text(event.kind.as_str()),
        Value::Id(event.record),
        Value::count(event.rev),
        Value::Number(event.at.as_millis()),
        Value::Number(gain),
        Value::MaybeId(Some(event.id)),
        Value::MaybeId(event.actor),
        Value::MaybeBytes(Some(&leaf.0)),
    ];
    statement(INSERT_OUTBOX, values)
}

/// For a record that is written without an event, and counted all the same.
fn outbox_of_put(org: OrgKey, put: &Put, gain: i64) -> Step<'_> {
    let values = vec![
        Value::Number(org.0),
        Value::Text(put.kind.as_str()),
        Value::Id(put.id),
        Value::count(put.rev),
        Value::Number(put.updated_at.as_millis()),
        Value::Number(gain),
        Value::MaybeId(None),
        Value::MaybeId(None),
        Value::MaybeBytes(None),
    ];
    statement(INSERT_OUTBOX, values)
}

fn erase_events(org: OrgKey, erasure: &Erasure) -> impl Iterator<Item = Step<'_>> {
    let values = move |rev| {
        let kind = Value::Text(erasure.kind.as_str());
        vec![Value::Id(erasure.id), Value::Number(org.0), kind, Value::count(rev)]
    };
    let keep = erasure.kept.iter().map(move |kept| {
        let mut values = values(kept.rev);
        values.push(Value::Text(&kept.document));
        statement(KEEP_WHOLE, values)
    });
    let mut erased = values(erasure.after());
    erased.push(Value::count(erasure.before()));
    std::iter::once(statement(ERASE_EVENTS, erased)).chain(keep)
}

/// The leaves of a change set's events, in their order.
pub(super) fn leaves(changes: &ChangeSet) -> Vec<Leaf> {
    changes.events.iter().map(Event::leaf).collect()
}
