//! A step of a walk.

use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::search_store::{Count, Records, Total, WalkFrom, WalkPlace, WalkQuery, Walked};
use kustomer_api::ObjectId;

use super::finding::Finding;
use super::page::{in_time, resolved};
use super::reader::{Halt, Reader};

/// The result of a step.
pub(crate) enum Step {
    /// This.
    Done(Walked),
    /// A walk to keep: its ids, from the first on.
    Keep { walk: ObjectId, ids: Vec<ObjectId>, first: Walked },
    /// The walk is not kept, or not any longer.
    Gone,
    /// The first step takes too long.
    TooLong,
}

impl Step {
    /// Whether it had all the time it needed.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Done(walked) => !walked.timed_out,
            Self::Keep { .. } | Self::Gone => true,
            Self::TooLong => false,
        }
    }

    /// The same, with where the feed was before anything was read.
    pub(crate) fn at(self, position: Option<u64>) -> Self {
        match self {
            Self::Done(walked) => Self::Done(Walked { position, ..walked }),
            Self::Keep { walk, ids, first } => Self::Keep { walk, ids, first: Walked { position, ..first } },
            step @ (Self::Gone | Self::TooLong) => step,
        }
    }
}

/// Walks that are kept.
pub(crate) trait Kept: Reader {
    /// How many ids a walk has, unless it is not kept any longer.
    async fn length(&mut self, walk: ObjectId, query: &WalkQuery) -> Result<Option<u64>, Self::Failure>;

    /// Some of the ids from a place on, at most `limit`; none at the end.
    async fn ids(&mut self, walk: ObjectId, from: u64, limit: u64) -> Result<Vec<ObjectId>, Halt<Self::Failure>>;
}

/// Makes one step over records of a kind.
///
/// # Errors
/// When the database fails.
pub(crate) async fn step<R: Kept>(reader: &mut R, kind: Kind, asked: &WalkQuery) -> Result<Step, R::Failure> {
    let (query, is_resolved) = resolved(reader, &asked.query).await?;
    let mut finding = Finding::new(reader, kind, &query);
    match asked.from {
        WalkFrom::Start { .. } if query.sort.is_empty() => {
            by_id(reader, &mut finding, (kind, asked), None, is_resolved).await
        }
        WalkFrom::After(WalkPlace::Id(after)) => {
            by_id(reader, &mut finding, (kind, asked), Some(after), is_resolved).await
        }
        WalkFrom::Start { .. } if !is_resolved => Ok(Step::TooLong),
        WalkFrom::Start { walk } => list(reader, &mut finding, (kind, asked), walk).await,
        WalkFrom::After(WalkPlace::Kept { walk, done }) => go_on(reader, &finding, (kind, asked), walk, done).await,
    }
}

/// In the order of ids, behind one: nothing need be kept, since ids never change.
async fn by_id<R: Kept>(
    reader: &mut R,
    finding: &mut Finding<'_>,
    (kind, asked): (Kind, &WalkQuery),
    after: Option<ObjectId>,
    is_resolved: bool,
) -> Result<Step, R::Failure> {
    let limit = usize::try_from(asked.limit.max(1)).unwrap_or(usize::MAX);
    let mut behind = after;
    let mut in_its_time = is_resolved && in_time(finding.find_by_id(reader, &mut behind, limit).await)?;
    let is_end = finding.is_all;
    let mut total = None;
    if after.is_none() && asked.total != Count::None {
        if in_its_time {
            match finding.count(reader, asked.total).await {
                Ok(counted) => total = counted,
                Err(halt) => in_its_time = in_time(Err(halt))?,
            }
        }
        total = total.or(Some(Total { count: finding.found.len() as u64, is_estimate: !is_end }));
    }
    let ids = std::mem::take(&mut finding.found);
    let (records, done) = fitting_records(reader, kind, &ids, asked).await?;
    let start = ObjectId::from_bytes([0; 12]);
    let next = match ids[..done].last() {
        Some(last) if done < ids.len() => Some(WalkPlace::Id(*last)),
        _ => (!is_end).then(|| WalkPlace::Id(behind.unwrap_or(start))),
    };
    Ok(Step::Done(Walked { records, next, total, timed_out: !in_its_time, position: None }))
}

/// As many of the records with these ids as a step may give, and how many of the ids that takes.
async fn fitting_records<R: Kept>(
    reader: &mut R,
    kind: Kind,
    ids: &[ObjectId],
    asked: &WalkQuery,
) -> Result<(Records, usize), R::Failure> {
    if asked.ids_only {
        return Ok((Records::Ids(ids.to_vec()), ids.len()));
    }
    let mut records = reader.records(kind, ids, asked.bytes).await?;
    let fitting = fitting(records.iter().map(|record| record.document.len()), asked.bytes);
    let next = records.get(fitting).and_then(|next| ids.iter().position(|id| *id == next.id));
    records.truncate(fitting);
    Ok((Records::Whole(records), next.unwrap_or(ids.len())))
}

/// In an order that writes may change: the present results are listed, and read in that order.
async fn list<R: Kept>(
    reader: &mut R,
    finding: &mut Finding<'_>,
    (kind, asked): (Kind, &WalkQuery),
    walk: ObjectId,
) -> Result<Step, R::Failure> {
    if !in_time(finding.find(reader, usize::MAX).await)? {
        return Ok(Step::TooLong);
    }
    let ids = std::mem::take(&mut finding.found);
    let limit = usize::try_from(asked.limit.max(1)).unwrap_or(usize::MAX);
    let page = &ids[..limit.min(ids.len())];
    let total = (asked.total != Count::None).then_some(Total { count: ids.len() as u64, is_estimate: false });
    let (records, done) = fitting_records(reader, kind, page, asked).await?;
    let next = (done < ids.len()).then_some(WalkPlace::Kept { walk, done: done as u64 });
    let first = Walked { records, next, total, timed_out: false, position: None };
    Ok(if next.is_some() { Step::Keep { walk, ids, first } } else { Step::Done(first) })
}

/// Along the list, leaving out what does not match any longer.
async fn go_on<R: Kept>(
    reader: &mut R,
    finding: &Finding<'_>,
    (kind, asked): (Kind, &WalkQuery),
    walk: ObjectId,
    done: u64,
) -> Result<Step, R::Failure> {
    let Some(length) = reader.length(walk, asked).await? else { return Ok(Step::Gone) };
    let limit = u64::from(asked.limit.max(1));
    let (mut read, mut found): (Vec<ObjectId>, Vec<ObjectId>) = (Vec::new(), Vec::new());
    let mut place = done;
    let walked = async {
        while place < length && (found.len() as u64) < limit {
            let ids = reader.ids(walk, place, limit - found.len() as u64).await?;
            if ids.is_empty() {
                // It was forgotten meanwhile, or the place is none of its own.
                place = length;
                break;
            }
            found.extend(finding.still(reader, &ids).await?);
            place += ids.len() as u64;
            read.extend(ids);
        }
        Ok(())
    };
    let in_its_time = in_time(walked.await)?;
    let (records, given) = fitting_records(reader, kind, &found, asked).await?;
    let place_of = |id: &ObjectId| done + read.iter().position(|read| read == id).unwrap_or_default() as u64;
    let place = found.get(given).map_or(place, place_of);
    let next = (place < length).then_some(WalkPlace::Kept { walk, done: place });
    Ok(Step::Done(Walked { records, next, total: None, timed_out: !in_its_time, position: None }))
}
