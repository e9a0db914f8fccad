//! The requests to an engine.

use kustodian_core::kind::Kind;
use kustodian_core::search::{Criterion, Node, SearchRow};
use kustodian_core::store::Stored;
use kustomer_api::ObjectId;

use super::super::compile::{Bind, Compiled};
use super::condition::{Form, Place, Row};
use crate::options::SearchEffort;

/// A statement with a `?` for each of its values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) binds: Vec<Bind>,
}

impl Sql {
    pub(crate) fn new(text: impl Into<String>, binds: Vec<Bind>) -> Self {
        Self { text: text.into(), binds }
    }

    /// This one, and behind it another.
    pub(crate) fn then(mut self, text: &str, binds: impl IntoIterator<Item = Bind>) -> Self {
        self.text.push_str(text);
        self.binds.extend(binds);
        self
    }

    /// This one, with a condition more.
    pub(crate) fn and(self, condition: &Compiled) -> Self {
        if condition.sql == "TRUE" {
            self
        } else {
            self.then(" AND ", []).then(&condition.sql, condition.binds.clone())
        }
    }
}

/// Why a search stopped before its end.
#[derive(Debug)]
pub(crate) enum Halt<F> {
    /// Its time is over.
    Time,
    /// The database failed.
    Failed(F),
}

impl<F> From<F> for Halt<F> {
    fn from(failure: F) -> Self {
        Self::Failed(failure)
    }
}

/// An id, and a text beside it.
pub(crate) type Found = (ObjectId, Option<String>);

/// One snapshot of the database, for as long as a search has time. What SQLite answers is there at once.
pub(crate) trait Reader {
    /// How the database fails.
    type Failure;

    /// How statements are written, and whose records they are about.
    fn place(&self) -> Place;

    /// How far a search reads before it changes its method.
    fn effort(&self) -> SearchEffort;

    /// How statements are written.
    fn form(&self) -> Form {
        self.place().form
    }

    /// Whether time is left.
    fn check_time(&self) -> Result<(), Halt<Self::Failure>>;

    /// The rows of a statement whose columns are an id and a text.
    async fn rows(&mut self, sql: &Sql) -> Result<Vec<Found>, Halt<Self::Failure>>;

    /// The number that a statement gives.
    async fn number(&mut self, sql: &Sql) -> Result<u64, Halt<Self::Failure>>;

    /// The searchable values of the records with these ids; deleted or erased ones are missing.
    async fn search_rows(&mut self, kind: Kind, ids: &[ObjectId]) -> Result<Vec<SearchRow>, Halt<Self::Failure>>;

    /// The customers for which a node holds, unless there are more than `limit`.
    async fn customers(&mut self, node: &Node, limit: usize) -> Result<Option<Vec<ObjectId>>, Halt<Self::Failure>>;

    /// The customers that meet a criterion by a value that a merge took, unless there are more than `limit`.
    async fn customers_by_lost(
        &mut self,
        criterion: &Criterion,
        include_deleted: bool,
        limit: usize,
    ) -> Result<Option<Vec<ObjectId>>, Halt<Self::Failure>>;

    /// How many events were tracked of a customer.
    async fn count_tracked(&mut self, customer: ObjectId) -> Result<u64, Halt<Self::Failure>>;

    /// The customers of a company.
    async fn customers_of(&mut self, company: ObjectId) -> Result<Vec<ObjectId>, Halt<Self::Failure>>;

    /// The condition on a row of `search_records` that a node holds for the customer of the record, or for one of its
    /// customers.
    fn of_customers(&self, node: &Node, row: Row<'_>, over: bool) -> Compiled;

    /// Records with these ids, in their order, whatever the time: the last one is that which exceeds the bytes.
    async fn records(&mut self, kind: Kind, ids: &[ObjectId], bytes: usize) -> Result<Vec<Stored>, Self::Failure>;
}
