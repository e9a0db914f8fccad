//! Lists of records that have attachments, with those beside them.

use std::borrow::Cow;

use super::{Faults, ListById, PageQuery, Parameter, QueryArguments};
use crate::schema::Schema;
use crate::validation::Fault;

/// Whether to answer the attachments of the records asked for beside them, in `included`. Without the roles to read
/// attachments it answers none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IncludeAttachments(pub bool);

impl IncludeAttachments {
    /// The parameter `include`.
    pub const PARAMETER: Parameter = Parameter {
        name: "include",
        schema: Schema::text(),
        about: "`attachments` answers the attachments beside, in `included`; other words are ignored.",
    };

    /// Takes a parameter that is this one; whether it was. Words are joined by commas.
    fn accept(&mut self, name: &str, value: &str) -> bool {
        let is_it = name == Self::PARAMETER.name;
        self.0 |= is_it && value.split(',').any(|word| word.trim() == "attachments");
        is_it
    }

    /// The parameter, when it says something.
    pub fn write(self) -> Option<(Cow<'static, str>, String)> {
        self.0.then(|| (Cow::Borrowed(Self::PARAMETER.name), "attachments".to_owned()))
    }
}

/// A page of a list, and whether to answer the attachments of its records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListWithAttachments {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// What to answer beside.
    pub include: IncludeAttachments,
}

crate::macros::query_methods! {
    ListWithAttachments { paging: paging, include: own IncludeAttachments }
}

impl From<PageQuery> for ListWithAttachments {
    fn from(paging: PageQuery) -> Self {
        Self { paging, include: IncludeAttachments::default() }
    }
}

impl QueryArguments for ListWithAttachments {
    const PARAMETERS: &'static [Parameter] = &[PageQuery::PAGE, PageQuery::PAGE_SIZE, IncludeAttachments::PARAMETER];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        self.paging.write().into_iter().chain(self.include.write()).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) {
                query.include.accept(name, value);
            }
        }
        faults.or(query)
    }
}

/// A page of a list by id, and whether to answer the attachments of its records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListByIdWithAttachments {
    /// Which page, how large, in which direction.
    pub list: ListById,
    /// What to answer beside.
    pub include: IncludeAttachments,
}

crate::macros::query_methods! {
    ListByIdWithAttachments { list: own ListById, include: own IncludeAttachments }
}

impl From<ListById> for ListByIdWithAttachments {
    fn from(list: ListById) -> Self {
        Self { list, include: IncludeAttachments::default() }
    }
}

impl QueryArguments for ListByIdWithAttachments {
    const PARAMETERS: &'static [Parameter] =
        &[PageQuery::PAGE, PageQuery::PAGE_SIZE, ListById::SORT, IncludeAttachments::PARAMETER];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        self.list.write().into_iter().chain(self.include.write()).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let mut include = IncludeAttachments::default();
        for (name, value) in pairs {
            include.accept(name, value);
        }
        Ok(Self { list: ListById::read(pairs)?, include })
    }
}
