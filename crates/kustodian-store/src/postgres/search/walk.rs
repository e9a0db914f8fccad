//! A step of a walk.

use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::search_store::{Count, Records, Total, WalkFrom, WalkPlace, WalkQuery, Walked};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

use super::super::connection::Connection;
use super::condition::{Given, Piece};
use super::entries::{Entries, other_kind, resolved};
use super::finding::{Finding, Means};
use super::page::records;
use super::session::{Halt, Session, Trouble, anyway, in_time};
use super::walks;
use crate::search::entries::{self, Step};

/// Makes one step, all as of one moment.
pub(in crate::postgres) async fn step(
    connection: &Connection,
    org: OrgKey,
    query: &WalkQuery,
    means: &Means,
) -> Result<Step, Trouble> {
    let mut session = Session::begin(connection, org, &query.query, query.time).await?;
    let position = match query.from {
        WalkFrom::Start { .. } => Some(position(&mut session).await?),
        WalkFrom::After(_) => None,
    };
    let searched = resolved(&mut session, &query.query, means).await?;
    if let Some(kind) = other_kind(&searched) {
        let asked = WalkQuery { query: searched.into_owned(), ..query.clone() };
        let step = entries::step(&mut Entries::new(&mut session, means), kind, &asked).await?;
        session.end().await?;
        return Ok(step.at(position));
    }
    let finding = Finding::begin(&mut session, &searched, means).await?;
    let step = match query.from {
        WalkFrom::Start { .. } if query.query.sort.is_empty() => by_id(finding, query, None).await?,
        WalkFrom::After(WalkPlace::Id(after)) => by_id(finding, query, Some(after)).await?,
        WalkFrom::Start { walk } => list(finding, query, walk).await?,
        WalkFrom::After(WalkPlace::Kept { walk, done }) => go_on(finding, query, walk, done).await?,
    };
    session.end().await?;
    Ok(step.at(position))
}

/// Where the feed was: what this snapshot does not see gets a position behind that.
async fn position(session: &mut Session<'_>) -> Result<u64, Trouble> {
    let org = session.org.0;
    let piece = Piece::new("SELECT position FROM feeds WHERE org = ?", vec![Given::Number(org)]);
    let rows = anyway(session.ask_anyway(&piece).await)?;
    let position = rows.first().map(|row| row.try_get::<_, i64>(0)).transpose();
    let position = anyway(position.map_err(Halt::from))?.unwrap_or_default();
    Ok(u64::try_from(position).unwrap_or_default())
}

/// In the order of ids, behind one: nothing need be kept, since ids never change.
async fn by_id(mut finding: Finding<'_, '_>, query: &WalkQuery, after: Option<ObjectId>) -> Result<Step, Trouble> {
    let limit = u64::from(query.limit.max(1));
    let mut behind = after;
    let mut in_its_time = in_time(finding.find_by_id(limit, &mut behind).await)?;
    let is_end = finding.is_all;
    let mut total = None;
    if after.is_none() && query.total != Count::None {
        if in_its_time && !is_end {
            let counted = async {
                total = finding.count(query.total).await?;
                Ok(())
            };
            in_its_time = in_time(counted.await)?;
        }
        total = total.or(Some(Total { count: finding.found.len() as u64, is_estimate: !is_end }));
    }
    // A step that found nothing in its time starts over.
    let start = ObjectId::from_bytes([0; 12]);
    let ids = std::mem::take(&mut finding.found);
    let (records, done) = fitting_records(&mut finding, &ids, query).await?;
    let next = match ids[..done].last() {
        Some(last) if done < ids.len() => Some(WalkPlace::Id(*last)),
        _ => (!is_end).then(|| WalkPlace::Id(behind.unwrap_or(start))),
    };
    Ok(Step::Done(Walked { records, next, total, timed_out: !in_its_time, position: None }))
}

/// As many of the records with these ids as a step may give, and how many of the ids that takes.
async fn fitting_records(
    finding: &mut Finding<'_, '_>,
    ids: &[ObjectId],
    query: &WalkQuery,
) -> Result<(Records, usize), Trouble> {
    if query.ids_only {
        return Ok((Records::Ids(ids.to_vec()), ids.len()));
    }
    let is_spread = finding.is_spread;
    let mut records = records(finding.session, Kind::Customer, ids.to_vec(), (query.bytes, is_spread)).await?;
    let fitting = fitting(records.iter().map(|record| record.document.len()), query.bytes);
    let next = records.get(fitting).and_then(|next| ids.iter().position(|id| *id == next.id));
    records.truncate(fitting);
    Ok((Records::Whole(records), next.unwrap_or(ids.len())))
}

/// In an order that writes may change: the present results are listed, and read in that order.
async fn list(mut finding: Finding<'_, '_>, query: &WalkQuery, walk: ObjectId) -> Result<Step, Trouble> {
    if !in_time(finding.find_all().await)? {
        return Ok(Step::TooLong);
    }
    let ids = std::mem::take(&mut finding.found);
    let limit = usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX);
    let page = ids.iter().take(limit).copied().collect::<Vec<_>>();
    let total = (query.total != Count::None).then_some(Total { count: ids.len() as u64, is_estimate: false });
    let (records, done) = fitting_records(&mut finding, &page, query).await?;
    let next = (done < ids.len()).then_some(WalkPlace::Kept { walk, done: done as u64 });
    let first = Walked { records, next, total, timed_out: false, position: None };
    Ok(if next.is_some() { Step::Keep { walk, ids, first } } else { Step::Done(first) })
}

/// Along the list, leaving out what does not match any longer.
async fn go_on(mut finding: Finding<'_, '_>, query: &WalkQuery, walk: ObjectId, done: u64) -> Result<Step, Trouble> {
    let Some(length) = anyway(walks::length(finding.session, walk, query.now).await)? else { return Ok(Step::Gone) };
    let limit = usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX);
    // The ids from there on.
    let mut read = Vec::new();
    let mut place = done;
    let walked = async {
        while place < length && finding.found.len() < limit {
            let ids = walks::ids(finding.session, walk, place, limit - finding.found.len()).await?;
            if ids.is_empty() {
                // It was forgotten meanwhile, or the place is none of its own.
                place = length;
                break;
            }
            let mut piece = Piece::new("SELECT s.id FROM customer_search s WHERE ", Vec::new());
            piece.push(finding.condition.all.clone());
            piece.push(Piece::new(" AND s.id = ANY(?)", vec![Given::Ids(ids.clone())]));
            let met = finding.session.ids(&piece).await?;
            read.extend_from_slice(&ids);
            let ids: Vec<ObjectId> = ids.into_iter().filter(|id| met.contains(id)).collect();
            finding.check(ids, usize::MAX).await?;
            place = done + read.len() as u64;
        }
        Ok(())
    };
    let in_its_time = in_time(walked.await)?;
    let place_of = |id: &ObjectId| done + read.iter().position(|read| read == id).unwrap_or_default() as u64;
    if let (false, Some(last)) = (in_its_time, finding.found.last()) {
        // It was stopped amid the ids that it had read.
        place = place.max(place_of(last) + 1);
    }
    let ids = std::mem::take(&mut finding.found);
    let (records, given) = fitting_records(&mut finding, &ids, query).await?;
    let place = ids.get(given).map_or(place, place_of);
    let next = (place < length).then_some(WalkPlace::Kept { walk, done: place });
    Ok(Step::Done(Walked { records, next, total: None, timed_out: !in_its_time, position: None }))
}
