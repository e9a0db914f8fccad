//! Counting the matches, and visiting all of them.

use kustodian_core::search::SearchRow;
use kustodian_core::search_store::{Count, Total};
use kustomer_api::ObjectId;

use super::super::compile::Bind;
use super::along::chunk;
use super::candidates::TESTED;
use super::finding::{DOCUMENTS, Finding, ids, limit};
use super::reader::{Halt, Reader, Sql};

/// How many records are drawn for an estimate.
const DRAWN: u64 = 4_000;

impl Finding<'_> {
    /// Counts the matches.
    pub(super) async fn count<R: Reader>(
        &mut self,
        reader: &mut R,
        count: Count,
    ) -> Result<Option<Total>, Halt<R::Failure>> {
        let up_to = match count {
            Count::None => return Ok(None),
            Count::UpTo(up_to) => up_to,
            Count::Exact => u64::MAX,
        };
        if self.is_all {
            return Ok(Some(Total { count: self.found.len() as u64, is_estimate: false }));
        }
        let counted = if self.condition.exact {
            let most = up_to.saturating_add(1);
            let place = self.way_to_count(reader).await?;
            let sql = self.counted_led(reader, place, most).unwrap_or_else(|| {
                let rows = self.rows(reader, "1").then(" LIMIT ?", [limit(most)]);
                Sql::new(format!("SELECT count(*) FROM ({}) s", rows.text), rows.binds)
            });
            reader.number(&sql).await?
        } else {
            let mut counted = 0;
            self.each_match(reader, &mut |_| {
                counted += 1;
                counted <= up_to
            })
            .await?;
            counted
        };
        if counted <= up_to {
            return Ok(Some(Total { count: counted, is_estimate: false }));
        }
        let estimate = self.estimate(reader).await?;
        Ok(Some(Total { count: estimate.max(counted), is_estimate: true }))
    }

    /// The place of the way by which matches are counted: that of the fewest records, as far as it is known. Any is better than
    /// all records.
    async fn way_to_count<R: Reader>(&mut self, reader: &mut R) -> Result<usize, Halt<R::Failure>> {
        if self.ways.len() > 1 {
            let effort = reader.effort();
            for most in [effort.few.saturating_mul(TESTED), effort.many] {
                if let Some(lead) = self.lead(reader, most as u64).await? {
                    return Ok(lead.place());
                }
            }
        }
        Ok(0)
    }

    /// As many of all as of the first few: of the records along a way where there is one.
    async fn estimate<R: Reader>(&mut self, reader: &mut R) -> Result<u64, Halt<R::Failure>> {
        let place = self.way_to_count(reader).await?;
        let (all, drawn) = match self.drawn(reader, place, DRAWN).await? {
            Some(drawn) => drawn,
            None => {
                let all = "SELECT count(*) FROM search_records r WHERE r.org = ? AND r.kind = ?";
                let all = reader.number(&Sql::new(all, reader.place().of_kind(self.kind))).await?;
                let first = format!(
                    "SELECT * FROM search_records r WHERE r.org = ? AND r.kind = ? ORDER BY r.id LIMIT {DRAWN}"
                );
                let first = format!("SELECT count(*) FROM ({first}) r WHERE TRUE");
                (all, Sql::new(first, reader.place().of_kind(self.kind)).and(&self.condition))
            }
        };
        let passed = reader.number(&drawn).await?;
        Ok(all.saturating_mul(passed) / all.clamp(1, DRAWN))
    }

    /// Visits what every match offers, in no order, until `visit` says that it is enough.
    pub(super) async fn each_match<R: Reader>(
        &mut self,
        reader: &mut R,
        visit: &mut (dyn FnMut(&SearchRow) -> bool + Send),
    ) -> Result<(), Halt<R::Failure>> {
        let known = match self.is_all {
            true => Some(self.found.clone()),
            false => {
                let many = reader.effort().many as u64;
                match self.lead(reader, many).await? {
                    Some(lead) => Some(self.all_led(reader, lead).await?),
                    None => None,
                }
            }
        };
        if let Some(known) = known {
            for ids in known.chunks(DOCUMENTS) {
                if !self.visit(reader, ids, visit).await? {
                    break;
                }
            }
            return Ok(());
        }
        let mut behind: Option<ObjectId> = None;
        let chunk = chunk(reader);
        loop {
            let mut sql = self.rows(reader, "r.id, NULL");
            if let Some(behind) = behind {
                sql = sql.then(" AND r.id > ?", [Bind::Id(behind)]);
            }
            let ids = ids(reader.rows(&sql.then(" ORDER BY r.id LIMIT ?", [limit(chunk)])).await?);
            behind = ids.last().copied().or(behind);
            if !self.visit(reader, &ids, visit).await? || (ids.len() as u64) < chunk {
                return Ok(());
            }
        }
    }

    /// Visits the matches among these; whether to continue.
    async fn visit<R: Reader>(
        &self,
        reader: &mut R,
        ids: &[ObjectId],
        visit: &mut (dyn FnMut(&SearchRow) -> bool + Send),
    ) -> Result<bool, Halt<R::Failure>> {
        let rows = self.matching(reader, ids).await?;
        Ok(rows.iter().all(visit))
    }
}
