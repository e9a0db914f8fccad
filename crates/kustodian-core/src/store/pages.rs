//! Reading a whole list, some records at a time.

use super::{ListQuery, OrgKey, SortKey, Start, Store, StoreError, Stored};

/// The pages of a list that is sorted by id, one after the other. Records that are written meanwhile may be among them.
pub struct Pages<'s> {
    store: &'s dyn Store,
    org: OrgKey,
    /// The next page; `None` at the end.
    query: Option<ListQuery>,
    /// Whether deleted records follow the others.
    then_deleted: bool,
}

impl<'s> Pages<'s> {
    /// The records of a query, whose limits are those of a page.
    pub fn of(store: &'s dyn Store, org: OrgKey, query: ListQuery) -> Self {
        Self { store, org, query: Some(ListQuery { sort: SortKey::Id, ..query }), then_deleted: false }
    }

    /// The same with deleted records, which come last.
    pub fn with_deleted(store: &'s dyn Store, org: OrgKey, query: ListQuery) -> Self {
        Self { then_deleted: true, ..Self::of(store, org, ListQuery { deleted: false, ..query }) }
    }

    /// The next records; `None` at the end.
    ///
    /// # Errors
    /// When the database cannot answer. The same records are next then.
    pub async fn next(&mut self) -> Result<Option<Vec<Stored>>, StoreError> {
        while let Some(query) = &self.query {
            let records = self.store.list(self.org, query.clone()).await?.records;
            let bytes: usize = records.iter().map(|record| record.document.len()).sum();
            let is_full = records.len() >= usize::try_from(query.limit).unwrap_or(usize::MAX) || bytes > query.bytes;
            let start = match records.last() {
                Some(last) if is_full => Some((query.deleted, Start::after(last.id))),
                _ => std::mem::take(&mut self.then_deleted).then_some((true, Start::Offset(0))),
            };
            self.query = start.map(|(deleted, start)| ListQuery { deleted, start, ..query.clone() });
            if !records.is_empty() {
                return Ok(Some(records));
            }
        }
        Ok(None)
    }
}
