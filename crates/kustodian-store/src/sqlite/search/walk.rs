//! A step of a walk.

use kustodian_core::page::fitting;
use kustodian_core::search_store::{Count, Records, Total, WalkFrom, WalkPlace, WalkQuery, Walked};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::Connection;

use super::super::events::find_head;
use super::backlog::first_unindexed;
use super::candidate::Tests;
use super::entries::{Entries, now, other_kind, resolved};
use super::pages::{Finding, ids, records};
use super::time::{Halt, Time, in_time};
use super::walks;
use super::write::read_slots;
use crate::options::SearchEffort;
use crate::search::entries::{self, Step};

/// Makes one step, all as of one moment.
pub(in crate::sqlite) fn step(
    connection: &Connection,
    org: OrgKey,
    query: &WalkQuery,
    effort: SearchEffort,
) -> rusqlite::Result<Step> {
    let snapshot = connection.unchecked_transaction()?;
    let time = Time::start(query.time);
    let slots = read_slots(&snapshot, org)?;
    let searched = resolved(&snapshot, (org, &query.query), &slots, &time, effort)?;
    if let Some(kind) = other_kind(&searched) {
        let mut reader = Entries::new(&snapshot, org, &slots, &time, effort);
        let step = now(entries::step(&mut reader, kind, &WalkQuery { query: searched.into_owned(), ..query.clone() }))?;
        let position = match query.from {
            WalkFrom::Start { .. } => Some(find_head(&snapshot, org)?.position),
            WalkFrom::After(_) => None,
        };
        drop(time);
        snapshot.commit()?;
        return Ok(step.at(position));
    }
    let mut finding = Finding::new(&snapshot, org, &searched, &slots, &time, effort);
    let step = match query.from {
        WalkFrom::Start { .. } if query.query.sort.is_empty() => by_id(&snapshot, &mut finding, query, None)?,
        WalkFrom::After(WalkPlace::Id(after)) => by_id(&snapshot, &mut finding, query, Some(after))?,
        WalkFrom::Start { walk } => list(&snapshot, &mut finding, query, walk)?,
        WalkFrom::After(WalkPlace::Kept { walk, done }) => go_on(&snapshot, &finding, query, (org, walk, done))?,
    };
    let step = match (step, query.from) {
        (Step::Done(walked), WalkFrom::Start { .. }) => Step::Done(with_position(&snapshot, org, walked)?),
        (Step::Keep { walk, ids, first }, _) => Step::Keep { walk, ids, first: with_position(&snapshot, org, first)? },
        (step, _) => step,
    };
    drop(finding);
    drop(time);
    snapshot.commit()?;
    Ok(step)
}

fn with_position(connection: &Connection, org: OrgKey, walked: Walked) -> rusqlite::Result<Walked> {
    // Who was made since the index was brought up is not in it: the feed reports them.
    let position = match first_unindexed(connection, org)? {
        Some(first) => first.saturating_sub(1),
        None => find_head(connection, org)?.position,
    };
    Ok(Walked { position: Some(position), ..walked })
}

/// In the order of ids, behind one: nothing need be kept, since ids never change.
fn by_id(
    connection: &Connection,
    finding: &mut Finding<'_>,
    query: &WalkQuery,
    after: Option<ObjectId>,
) -> rusqlite::Result<Step> {
    let limit = usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX);
    let mut behind = after;
    let mut in_time_so_far = true;
    let ids = in_time(finding.find_by_id(after, limit, &mut behind))?;
    in_time_so_far &= ids;
    let is_end = finding.is_all();
    let mut total = None;
    if after.is_none() && query.total != Count::None && in_time_so_far {
        in_time_so_far &= in_time(finding.count_all(query.total, &mut total))?;
        total = total.or(Some(Total { count: finding.all().len() as u64, is_estimate: true }));
    }
    finding.lift_time();
    let records = fitting_records(connection, finding.all(), query)?;
    let next = match records.ids().last() {
        Some(last) if records.len() < finding.all().len() => Some(WalkPlace::Id(*last)),
        _ if is_end => None,
        _ => behind.map(WalkPlace::Id),
    };
    Ok(Step::Done(Walked { records, next, total, timed_out: !in_time_so_far, position: None }))
}

/// As many of the records with these keys as a step may give.
fn fitting_records(connection: &Connection, keys: &[i64], query: &WalkQuery) -> rusqlite::Result<Records> {
    if query.ids_only {
        return ids(connection, keys).map(Records::Ids);
    }
    let mut records = records(connection, keys, query.bytes)?;
    records.truncate(fitting(records.iter().map(|record| record.document.len()), query.bytes));
    Ok(Records::Whole(records))
}

/// In an order that writes may change: the present results are listed, and read in that order.
fn list(
    connection: &Connection,
    finding: &mut Finding<'_>,
    query: &WalkQuery,
    walk: ObjectId,
) -> rusqlite::Result<Step> {
    if !in_time(finding.find(usize::MAX))? {
        return Ok(Step::TooLong);
    }
    finding.lift_time();
    let limit = usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX);
    let found = finding.all();
    let page = &found[..limit.min(found.len())];
    let total = (query.total != Count::None).then_some(Total { count: found.len() as u64, is_estimate: false });
    let records = fitting_records(connection, page, query)?;
    let done = records.len();
    let first = Walked { records, next: None, total, timed_out: false, position: None };
    if done == found.len() {
        return Ok(Step::Done(first));
    }
    let next = Some(WalkPlace::Kept { walk, done: done as u64 });
    let ids = ids(connection, found)?;
    Ok(Step::Keep { walk, ids, first: Walked { next, ..first } })
}

/// Along the list, leaving out what does not match any longer.
fn go_on(
    connection: &Connection,
    finding: &Finding<'_>,
    query: &WalkQuery,
    (org, walk, done): (OrgKey, ObjectId, u64),
) -> rusqlite::Result<Step> {
    let Some(length) = walks::length(connection, org, walk, query.now)? else { return Ok(Step::Gone) };
    let mut tests = Tests::prepare(finding, None)?;
    let (mut keys, mut places) = (Vec::new(), Vec::new());
    let mut place = done;
    let mut key = connection.prepare_cached("SELECT key FROM customers WHERE org = ?1 AND id = ?2")?;
    let in_its_time = in_time((|| {
        while place < length && keys.len() < usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX) {
            for id in walks::ids(connection, org, walk, place, u64::from(query.limit.max(1)) - keys.len() as u64)? {
                finding.check_time()?;
                let id = super::super::values::Hex::of(ObjectId::from_bytes(id));
                let found: Option<i64> =
                    rusqlite::OptionalExtension::optional(key.query_row((org.0, id), |row| row.get(0)))?;
                if let Some(key) = found
                    && tests.candidate(finding, key)?.is_some()
                {
                    keys.push(key);
                    places.push(place);
                }
                place += 1;
            }
        }
        Ok::<(), Halt>(())
    })())?;
    drop(tests);
    finding.lift_time();
    let records = fitting_records(connection, &keys, query)?;
    let done = places.get(records.len()).copied().unwrap_or(place);
    let next = (done < length).then_some(WalkPlace::Kept { walk, done });
    Ok(Step::Done(Walked { records, next, total: None, timed_out: !in_its_time, position: None }))
}
