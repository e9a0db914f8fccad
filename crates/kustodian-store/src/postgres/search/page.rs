//! A page of results, and the counts beside it.

use std::collections::HashMap;

use kustodian_core::kind::Kind;
use kustodian_core::search::{Aggregation, Counter};
use kustodian_core::search_store::{Chosen, Count, Found, Records, SearchQuery, Total};
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::ObjectId;
use kustomer_api::search::Aggregated;
use tokio_postgres::Row;

use super::super::connection::Connection;
use super::super::page::cut;
use super::super::records::{DOCUMENT_LENGTH, RECORD, stored};
use super::super::values::Id;
use super::condition::{Given, Piece};
use super::entries::{Entries, other_kind, resolved};
use super::finding::{Finding, Means};
use super::session::{Halt, Session, Trouble, anyway, in_time};
use crate::page::take_bytes;
use crate::search::entries;

/// Finds a page, all as of one moment.
pub(in crate::postgres) async fn search(
    connection: &Connection,
    org: OrgKey,
    query: &SearchQuery,
    means: &Means,
) -> Result<Found, Trouble> {
    let mut session = Session::begin(connection, org, &query.query, query.time).await?;
    let searched = resolved(&mut session, &query.query, means).await?;
    if let Some(kind) = other_kind(&searched) {
        let asked = SearchQuery { query: searched.into_owned(), ..query.clone() };
        let found = entries::search(&mut Entries::new(&mut session, means), kind, &asked).await?;
        session.end().await?;
        return Ok(found);
    }
    let mut finding = Finding::begin(&mut session, &searched, means).await?;
    let wanted = query.offset.saturating_add(u64::from(query.limit));
    let is_found = in_time(match query.chosen {
        Chosen::First => finding.find(wanted).await,
        Chosen::Any => finding.find_any(wanted).await,
    })?;
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
    let records = if query.ids_only {
        Records::Ids(page)
    } else {
        Records::Whole(records(&mut session, Kind::Customer, page, (query.bytes, means.is_spread)).await?)
    };
    session.end().await?;
    Ok(Found { records, total, timed_out: !(is_counted && is_aggregated), aggregations })
}

/// The records with these ids, in this order: the last one is that which exceeds the bytes.
pub(super) async fn records(
    session: &mut Session<'_>,
    kind: Kind,
    mut ids: Vec<ObjectId>,
    (bytes, is_spread): (usize, bool),
) -> Result<Vec<Stored>, Trouble> {
    let table = kind.spec().table;
    if is_spread {
        ids = within(session, table, ids, bytes).await?;
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let org = Given::Number(session.org.0);
    let piece = if is_spread {
        let sql = format!("SELECT {RECORD} FROM {table} r WHERE r.org = ? AND r.id = ANY(?)");
        Piece::new(sql, vec![org, Given::Ids(ids.clone())])
    } else {
        let rows = format!(
            "SELECT {RECORD}, wanted.place FROM unnest(?) WITH ORDINALITY wanted (id, place) \
             JOIN {table} r ON r.org = ? AND r.id = wanted.id"
        );
        let bytes = Given::Number(i64::try_from(bytes).unwrap_or(i64::MAX));
        Piece::new(cut(&rows, DOCUMENT_LENGTH, "r.place", "?"), vec![Given::Ids(ids.clone()), org, bytes])
    };
    let rows = anyway(session.ask_anyway(&piece).await)?;
    let read = rows.iter().map(|row| Ok(stored(row)?)).collect::<Result<Vec<Stored>, _>>();
    let mut found = anyway(read)?;
    if is_spread {
        found.sort_by_cached_key(|record| ids.iter().position(|id| *id == record.id));
    }
    Ok(found)
}

/// Those of the ids whose documents have no more bytes together, and one more. Asked for first where tables are spread
/// over machines: a sum over all of them would bring the documents to the coordinator.
async fn within(
    session: &mut Session<'_>,
    table: &str,
    ids: Vec<ObjectId>,
    bytes: usize,
) -> Result<Vec<ObjectId>, Trouble> {
    let sql = format!("SELECT r.id, {DOCUMENT_LENGTH} FROM {table} r WHERE r.org = ? AND r.id = ANY(?)");
    let piece = Piece::new(sql, vec![Given::Number(session.org.0), Given::Ids(ids.clone())]);
    let rows = anyway(session.ask_anyway(&piece).await)?;
    let length = |row: &Row| Ok((row.try_get::<_, Id>(0)?.0, usize::try_from(row.try_get::<_, i32>(1)?).unwrap_or(0)));
    let lengths: HashMap<ObjectId, usize> = anyway(rows.iter().map(length).collect::<Result<_, Halt>>())?;
    let ids = ids.into_iter().map(Ok::<_, Trouble>);
    take_bytes(ids, bytes, |id| lengths.get(id).copied().unwrap_or_default())
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
