//! A page of results, and what is counted beside.

use kustodian_core::search::{Aggregation, Counter};
use kustodian_core::search_store::{Count, Found, Records, SearchQuery, Total};
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use kustomer_api::search::Aggregated;

use super::super::connection::Connection;
use super::super::records::stored;
use super::condition::{Given, Piece};
use super::finding::{Finding, Means};
use super::session::{Session, Trouble, anyway, in_time};

/// Finds a page, all as of one moment.
pub(in crate::postgres) async fn search(
    connection: &Connection,
    org: OrgKey,
    query: &SearchQuery,
    means: &Means,
) -> Result<Found, Trouble> {
    let mut session = Session::begin(connection, org, query.time).await?;
    let mut finding = Finding::begin(&mut session, &query.query, means).await?;
    let wanted = query.offset.saturating_add(u64::from(query.limit));
    let is_found = in_time(finding.find(wanted).await)?;
    let mut total = None;
    let mut is_counted = is_found;
    if is_found {
        let counted = async {
            total = finding.count(query.total).await?;
            Ok(())
        };
        is_counted = in_time(counted.await)?;
    }
    if total.is_none() && query.total != Count::None {
        total = Some(Total { count: finding.found.len() as u64, is_estimate: true });
    }
    let (aggregations, is_aggregated) = aggregate(&mut finding, &query.query.aggregations, is_found).await?;
    let skipped = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let page: Vec<ObjectId> = finding.found.iter().skip(skipped).take(limit).copied().collect();
    let records = records(&mut session, page, query.ids_only).await?;
    session.end().await?;
    Ok(Found { records, total, timed_out: !(is_counted && is_aggregated), aggregations })
}

/// The records with these ids, in this order.
pub(super) async fn records(session: &mut Session<'_>, ids: Vec<ObjectId>, ids_only: bool) -> Result<Records, Trouble> {
    if ids_only {
        return Ok(Records::Ids(ids));
    }
    if ids.is_empty() {
        return Ok(Records::Whole(Vec::new()));
    }
    let sql = "SELECT id, rev, deleted, created_at, updated_at, document FROM customers WHERE org = ? AND id = ANY(?)";
    let piece = Piece::new(sql, vec![Given::Number(session.org.0), Given::Ids(ids.clone())]);
    let rows = anyway(session.ask_anyway(&piece).await)?;
    let read = rows.iter().map(|row| Ok(stored(row)?)).collect::<Result<Vec<Stored>, _>>();
    let mut found = anyway(read)?;
    let place = |record: &Stored| ids.iter().position(|id| *id == record.id);
    found.sort_by_cached_key(place);
    Ok(Records::Whole(found))
}

/// Counts beside, and whether that was in time.
async fn aggregate(
    finding: &mut Finding<'_, '_>,
    aggregations: &[Aggregation],
    is_found: bool,
) -> Result<(Vec<(String, Aggregated)>, bool), Trouble> {
    let mut counters: Vec<Counter<'_>> = aggregations.iter().map(Counter::new).collect();
    let mut is_counted = is_found;
    if is_found && !counters.is_empty() {
        let counted = finding
            .each_match(&mut |row| {
                counters.iter_mut().for_each(|counter| counter.count(row));
                true
            })
            .await;
        is_counted = in_time(counted)?;
    }
    let answers = aggregations.iter().zip(counters).map(|(of, counter)| (of.name().to_owned(), counter.answer()));
    Ok((answers.collect(), is_counted))
}
