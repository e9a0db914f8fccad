//! A page of results, and the counts beside it.

use kustodian_core::kind::Kind;
use kustodian_core::search::{Aggregation, Counter, Query, SearchRow};
use kustodian_core::search_store::{Count, Found, Records, SearchQuery, Total};
use kustomer_api::ObjectId;
use kustomer_api::search::Aggregated;

use super::finding::Finding;
use super::reader::{Halt, Reader};
use super::related::resolve;

/// Finds a page of records of a kind.
///
/// # Errors
/// When the database fails.
pub(crate) async fn search<R: Reader>(reader: &mut R, kind: Kind, asked: &SearchQuery) -> Result<Found, R::Failure> {
    let (query, is_resolved) = resolved(reader, &asked.query).await?;
    let mut finding = Finding::new(reader, kind, &query);
    let wanted = usize::try_from(asked.offset.saturating_add(u64::from(asked.limit))).unwrap_or(usize::MAX);
    let is_found = is_resolved && in_time(finding.find(reader, wanted).await)?;
    let mut total = None;
    let mut is_counted = is_found;
    if is_found {
        is_counted = match finding.count(reader, asked.total).await {
            Ok(counted) => {
                total = counted;
                true
            }
            Err(halt) => in_time(Err(halt))?,
        };
    }
    if total.is_none() && asked.total != Count::None {
        total = Some(Total { count: finding.found.len() as u64, is_estimate: true });
    }
    let (aggregations, is_aggregated) = aggregate(reader, &mut finding, &query.aggregations, is_found).await?;
    let skipped = usize::try_from(asked.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let page: Vec<ObjectId> = finding.found.iter().skip(skipped).take(limit).copied().collect();
    let records = if asked.ids_only {
        Records::Ids(page)
    } else {
        Records::Whole(reader.records(kind, &page, asked.bytes).await?)
    };
    Ok(Found { records, total, timed_out: !(is_counted && is_aggregated), aggregations })
}

/// The query with its criteria about other records replaced by their ids, and whether that was in time.
pub(super) async fn resolved<R: Reader>(reader: &mut R, query: &Query) -> Result<(Query, bool), R::Failure> {
    match resolve(reader, query.context, &query.root).await {
        Ok(root) => Ok((Query { root, ..query.clone() }, true)),
        Err(halt) => Ok((query.clone(), in_time(Err(halt))?)),
    }
}

/// Counts beside, and whether that was in time.
async fn aggregate<R: Reader>(
    reader: &mut R,
    finding: &mut Finding<'_>,
    aggregations: &[Aggregation],
    is_found: bool,
) -> Result<(Vec<(String, Aggregated)>, bool), R::Failure> {
    let mut counters: Vec<Counter<'_>> = aggregations.iter().map(Counter::new).collect();
    let mut is_counted = is_found;
    if is_found && !counters.is_empty() {
        let mut count = |row: &SearchRow| {
            counters.iter_mut().for_each(|counter| counter.count(row));
            true
        };
        is_counted = in_time(finding.each_match(reader, &mut count).await)?;
    }
    let answers = aggregations.iter().zip(counters).map(|(of, counter)| (of.name().to_owned(), counter.answer()));
    Ok((answers.collect(), is_counted))
}

/// Whether it ended in time.
pub(super) fn in_time<F>(result: Result<(), Halt<F>>) -> Result<bool, F> {
    match result {
        Ok(()) => Ok(true),
        Err(Halt::Time) => Ok(false),
        Err(Halt::Failed(failure)) => Err(failure),
    }
}
