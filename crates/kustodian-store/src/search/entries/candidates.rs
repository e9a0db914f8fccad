//! Records that may match, where they are few.

use std::collections::BTreeSet;

use kustodian_core::search::Node;
use kustomer_api::ObjectId;

use super::super::column::Cell;
use super::super::compile::Bind;
use super::access::ways;
use super::condition::{Any, in_spans};
use super::finding::{DOCUMENTS, Finding, ids, limit};
use super::reader::{Halt, Reader, Sql};

/// How many times as many records as are few are tested by the index, to find few.
pub(super) const TESTED: usize = 16;

impl Finding<'_> {
    /// All that meet one criterion, if there is one that few meet.
    pub(super) async fn candidates<R: Reader>(
        &self,
        reader: &mut R,
    ) -> Result<Option<Vec<ObjectId>>, Halt<R::Failure>> {
        let mut nodes = Vec::new();
        flatten(&self.query.root, &mut nodes);
        if nodes.iter().any(|node| matches!(node, Node::Any(nodes) if nodes.is_empty())) {
            return Ok(Some(Vec::new()));
        }
        let ways: Vec<Any> = nodes.into_iter().flat_map(ways).collect();
        let mut fewest: Option<Vec<ObjectId>> = None;
        for any in &ways {
            let limit = fewest.as_ref().map_or(reader.effort().few, Vec::len);
            if fewest.is_some() && limit < DOCUMENTS {
                break;
            }
            if let Some(ids) = self.with_one(reader, any, limit).await? {
                fewest = Some(ids);
            }
        }
        match fewest {
            Some(fewest) => Ok(Some(fewest)),
            None => self.with_each(reader, &ways).await,
        }
    }

    /// The records that meet all criteria where each alone is met by many, such as the open conversations of a user: those with
    /// the rarest value that have the others, too. `None` when there are many, or that value is not rare enough.
    async fn with_each<R: Reader>(
        &self,
        reader: &mut R,
        ways: &[Any],
    ) -> Result<Option<Vec<ObjectId>>, Halt<R::Failure>> {
        let few = reader.effort().few;
        let mut least = few.saturating_mul(TESTED) as u64;
        let mut rarest = None;
        let of_values: Vec<&Any> = ways.iter().filter(|any| any.is_of_values()).collect();
        if of_values.len() < 2 {
            return Ok(None);
        }
        for (place, any) in of_values.iter().enumerate() {
            let (condition, binds) = in_spans("t", &any.terms);
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM search_terms t WHERE t.org = ? AND t.kind = ? AND {condition} \
                 LIMIT ?) s"
            );
            let binds = reader.place().of_kind(self.kind).into_iter().chain(binds).chain([limit(least)]);
            let count = reader.number(&Sql::new(sql, binds.collect())).await?;
            if count < least {
                (least, rarest) = (count, Some(place));
            }
        }
        let Some(rarest) = rarest else { return Ok(None) };
        let together = reader.form().together("u", "t");
        let mut sql = Sql::new(
            "SELECT t.record, NULL FROM search_terms t WHERE t.org = ? AND t.kind = ?",
            reader.place().of_kind(self.kind),
        );
        for (place, any) in of_values.into_iter().enumerate() {
            let is_rarest = place == rarest;
            let (condition, binds) = in_spans(if is_rarest { "t" } else { "u" }, &any.terms);
            let condition = match is_rarest {
                true => format!(" AND {condition}"),
                // By the term and the record: rows of one value are close to each other.
                false => format!(
                    " AND EXISTS (SELECT 1 FROM search_terms u WHERE u.org = t.org AND u.kind = t.kind \
                     AND u.record = t.record{together} AND {condition})"
                ),
            };
            sql = sql.then(&condition, binds);
        }
        // A record may have several of the values.
        let most = few.saturating_mul(2) as u64;
        let found = reader.rows(&sql.then(" LIMIT ?", [limit(most)])).await?;
        let is_cut = found.len() as u64 >= most;
        let ids: BTreeSet<ObjectId> = ids(found).into_iter().collect();
        Ok((!is_cut && ids.len() <= few).then(|| ids.into_iter().collect()))
    }

    /// The records with one of these, unless there are more than `limit`.
    async fn with_one<R: Reader>(
        &self,
        reader: &mut R,
        any: &Any,
        limit: usize,
    ) -> Result<Option<Vec<ObjectId>>, Halt<R::Failure>> {
        // A record may have several of them: it is enough to know that there are many.
        let most = limit.saturating_mul(2);
        let up_to = || Bind::Cell(Cell::Integer(i64::try_from(most).unwrap_or(i64::MAX)));
        let mut statements: Vec<Sql> = Vec::new();
        for span in &any.terms {
            let (condition, binds) = in_spans("t", std::slice::from_ref(span));
            let sql = format!(
                "SELECT t.record, NULL FROM search_terms t WHERE t.org = ? AND t.kind = ? AND {condition} LIMIT ?"
            );
            let binds = reader.place().of_kind(self.kind).into_iter().chain(binds).chain([up_to()]);
            statements.push(Sql::new(sql, binds.collect()));
        }
        for held in &any.columns {
            let index = reader.form().by_column(held.column);
            let sql = format!("SELECT r.id, NULL FROM search_records r{index} WHERE r.org = ? AND r.kind = ?");
            let all = Sql::new(sql, reader.place().of_kind(self.kind)).and(&held.condition("r"));
            statements.push(all.then(" LIMIT ?", [up_to()]));
        }
        if !any.words.is_empty() {
            let words: Vec<_> = any.words.iter().collect();
            let expression = reader.place().expression(self.query.context, &words);
            let sql = format!("{} LIMIT ?", (reader.form().words.ids)(self.kind));
            statements.push(Sql::new(sql, vec![Bind::text(&expression), up_to()]));
        }
        let mut ids = BTreeSet::new();
        for statement in &statements {
            let rows = reader.rows(statement).await?;
            let is_cut = rows.len() >= most;
            ids.extend(rows.into_iter().map(|(id, _)| id));
            if is_cut || ids.len() > limit {
                return Ok(None);
            }
        }
        Ok(Some(ids.into_iter().collect()))
    }
}

/// The nodes that must all hold.
pub(super) fn flatten<'q>(node: &'q Node, into: &mut Vec<&'q Node>) {
    match node {
        Node::All(nodes) => nodes.iter().for_each(|node| flatten(node, into)),
        node => into.push(node),
    }
}
