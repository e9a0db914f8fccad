//! Records of other contexts.

use std::collections::BTreeSet;

use kustodian_core::search::{Context, Node, Query, SearchRow, parent_attribute};
use kustomer_api::ObjectId;

use super::super::column::Cell;
use super::super::compile::Bind;
use super::candidates::TESTED;
use super::condition::{among, kind_of};
use super::finding::Finding;
use super::reader::{Halt, Reader, Sql};

/// How many times as many records of other contexts as are few are said by their ids, in all: a statement takes so many
/// values and no more.
const NAMED: usize = 3;

/// The same node, with its criteria about another context replaced by their ids, if they are few.
///
/// # Errors
/// When time is over, or the database fails.
pub(crate) async fn resolve<R: Reader>(reader: &mut R, of: Context, node: &Node) -> Result<Node, Halt<R::Failure>> {
    let mut about = Vec::new();
    node.each_has(&mut |context, inner| about.push((context, inner.clone())));
    let mut known = Vec::with_capacity(about.len());
    let mut named = 0;
    for (context, inner) in about {
        let Some(ids) = few(reader, context, &inner).await? else {
            known.push(None);
            continue;
        };
        let ids = tied(reader, of, context, ids).await?;
        named += ids.len();
        known.push((named <= reader.effort().few.saturating_mul(NAMED)).then(|| among(of, context, ids)));
    }
    let mut known = known.into_iter();
    let mut resolved = node.clone();
    resolved.replace_has(&mut || known.next().flatten());
    Ok(resolved)
}

/// The records of a context for which a node holds, unless there are many.
async fn few<R: Reader>(
    reader: &mut R,
    context: Context,
    node: &Node,
) -> Result<Option<Vec<ObjectId>>, Halt<R::Failure>> {
    let Some(kind) = kind_of(context) else { return Ok(Some(Vec::new())) };
    if context == Context::Customer {
        let few = reader.effort().few;
        return reader.customers(node, few).await;
    }
    let query =
        Query { context, root: node.clone(), sort: Vec::new(), include_deleted: false, aggregations: Vec::new() };
    let mut finding = Finding::new(reader, kind, &query);
    let few = reader.effort().few;
    if !finding.find_few(reader).await?
        && finding.condition.exact
        && let Some(lead) = finding.lead(reader, few.saturating_mul(TESTED) as u64).await?
    {
        finding.find_led(reader, lead, few).await?;
    }
    let is_few = finding.is_all && finding.found.len() <= few;
    Ok(is_few.then(|| std::mem::take(&mut finding.found)))
}

/// What ties records of `of` to these of `context`: the ids of those if they are belonged to, else the ids they belong to.
async fn tied<R: Reader>(
    reader: &mut R,
    of: Context,
    context: Context,
    ids: Vec<ObjectId>,
) -> Result<Vec<String>, Halt<R::Failure>> {
    let texts = |ids: BTreeSet<ObjectId>| ids.iter().map(ObjectId::to_string).collect();
    if parent_attribute(of, context).is_some() {
        return Ok(texts(ids.into_iter().collect()));
    }
    let Some(kind) = kind_of(context) else { return Ok(Vec::new()) };
    let rows = reader.search_rows(kind, &ids).await?;
    Ok(texts(rows.iter().filter_map(|row| row.parent(of)).collect()))
}

/// The records of these contexts beside a record.
///
/// # Errors
/// When time is over, or the database fails.
pub(crate) async fn around<R: Reader>(
    reader: &mut R,
    row: &SearchRow,
    contexts: &BTreeSet<Context>,
) -> Result<Vec<SearchRow>, Halt<R::Failure>> {
    let mut all = Vec::new();
    for context in contexts {
        let Some(kind) = kind_of(*context) else { continue };
        let ids = match (parent_attribute(row.context, *context), context) {
            (Some(_), _) => row.parent(*context).into_iter().collect(),
            (None, Context::Customer) => reader.customers_of(row.id).await?,
            (None, _) => {
                let column = row.context.as_str();
                let index = reader.form().by_column(column);
                let sql = format!(
                    "SELECT r.id, NULL FROM search_records r{index} WHERE r.org = ? AND r.kind = ? AND r.{column} = ?"
                );
                let values = reader.place().of_kind(kind).into_iter().chain([Bind::Id(row.id)]).collect();
                let live = Sql::new(sql, values).then(" AND r.deleted = ?", [Bind::Cell(Cell::Boolean(false))]);
                reader.rows(&live).await?.into_iter().map(|(id, _)| id).collect()
            }
        };
        for ids in ids.chunks(super::finding::DOCUMENTS) {
            all.extend(reader.search_rows(kind, ids).await?);
        }
    }
    Ok(all)
}
