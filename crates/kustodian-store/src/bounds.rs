//! The conditions of a list as bounds.

use kustodian_core::store::{ListQuery, SortKey};

/// The earliest and latest moment allowed, all conditions on the same column taken together.
#[derive(Default)]
pub(crate) struct Bounds {
    /// Of `createdAt`, in milliseconds, both inclusive.
    pub(crate) created_at: Option<(i64, i64)>,
    /// Of `updatedAt`, likewise.
    pub(crate) updated_at: Option<(i64, i64)>,
}

impl Bounds {
    /// All conditions of a query.
    pub(crate) fn of(query: &ListQuery) -> Self {
        let mut bounds = Self::default();
        for within in &query.within {
            let column = match within.of {
                SortKey::CreatedAt => &mut bounds.created_at,
                SortKey::UpdatedAt => &mut bounds.updated_at,
                SortKey::Id => continue,
            };
            let (from, to) = column.unwrap_or((i64::MIN, i64::MAX));
            *column = Some((from.max(within.from), to.min(within.to)));
        }
        bounds
    }

    /// Whether there are none.
    pub(crate) fn is_unbounded(&self) -> bool {
        self.created_at.is_none() && self.updated_at.is_none()
    }

    /// The column whose index to read along: that of the order if it is bounded or nothing is; else a bounded one,
    /// whose rows are then sorted by id and moment alone.
    pub(crate) fn column_to_read(&self, sort: SortKey) -> SortKey {
        match (sort, self.created_at.is_some(), self.updated_at.is_some()) {
            (SortKey::CreatedAt, true, _) | (SortKey::Id | SortKey::UpdatedAt, true, false) => SortKey::CreatedAt,
            (SortKey::UpdatedAt, _, true) | (SortKey::Id | SortKey::CreatedAt, _, true) => SortKey::UpdatedAt,
            (sort, false, false) => sort,
        }
    }
}

/// The column a sort key is in.
pub(crate) fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::Id => "id",
        SortKey::CreatedAt => "created_at",
        SortKey::UpdatedAt => "updated_at",
    }
}
