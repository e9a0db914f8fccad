//! What a kind does, by its declaration.

use kustomer_api::ObjectId;
use serde_json::Value;

use super::{DUE_AT, Holds, Kind};
use crate::change::{ChangeSet, Columns, EventSeed, Name};
use crate::claim::Claim;
use crate::customer::{self, Context};
use crate::file::{self, Received};
use crate::refusal::Refusal;
use crate::search::{self, SearchRow};
use crate::store::{Loaded, OrgKey, Stored};
use crate::timer::Elapsed;

impl Kind {
    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        self.spec().name
    }

    /// The kind with this word.
    ///
    /// ```
    /// use kustodian_core::kind::Kind;
    ///
    /// assert_eq!(Kind::named("customer"), Some(Kind::Customer));
    /// assert_eq!(Kind::named("customers"), None);
    /// ```
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind of the records that a search for this context finds.
    pub fn searched_as(context: search::Context) -> Option<Self> {
        Self::named(context.as_str()).filter(|kind| kind.spec().is_searched)
    }

    /// What a search for its records is for, when they are searched.
    pub fn search_context(self) -> Option<search::Context> {
        search::Context::named(self.as_str()).filter(|_| self.spec().is_searched)
    }

    /// Whether its records are in the index that all searched kinds share but customers, who have one of their own.
    pub fn is_in_entries(self) -> bool {
        self.spec().is_searched && self != Self::Customer
    }

    /// The path of one of its records.
    pub fn path_of(self, id: ObjectId) -> String {
        let spec = self.spec();
        if spec.is_single() { spec.path.to_owned() } else { format!("{}/{id}", spec.path) }
    }

    /// A record of the kind as it is stored: its members in the order of its type.
    ///
    /// # Errors
    /// 500 when it is not what this version stores.
    pub fn render(self, record: Value) -> Result<String, Refusal> {
        (self.spec().record.render)(record)
    }

    /// The claims of a record that is not deleted, read from its document; a deleted one holds none.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn claims_of(self, org: OrgKey, id: ObjectId, document: &str) -> Result<Vec<Claim>, Refusal> {
        (self.spec().record.claims)(org, id, document)
    }

    /// What the columns of a record hold, read from its document.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn columns_of(self, document: &str) -> Result<Columns, Refusal> {
        (self.spec().record.columns)(document)
    }

    /// Whether the document of the record with this id shows it as `shown`.
    pub fn is_shown_as(self, id: ObjectId, shown: &str) -> bool {
        (self.spec().record.is_shown_as)(id, shown)
    }

    /// The row by which search finds a record, read from its document; `None` when it was erased, or its kind is not
    /// searched.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn search_row_of(self, document: &str) -> Result<Option<SearchRow>, Refusal> {
        (self.spec().record.search_row)(document)
    }
}

impl Kind {
    /// Erases a record with its home, a deleted one too. `None` when it was erased before, or its kind has no homes.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn erase(self, context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        (self.spec().record.erase)(context, stored, seed)
    }

    /// Deletes a record that is about to be erased with its owner. `None` when it is deleted, or its kind has no owners.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn delete_owned(
        self,
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
    ) -> Result<Option<ChangeSet>, Refusal> {
        (self.spec().record.delete_owned)(context, stored, seed)
    }

    /// Ties a record of a conversation to the customer that the conversation has moved to. `None` when it is tied already,
    /// or its kind has no such ties.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn follow(
        self,
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
        customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal> {
        (self.spec().record.follow)(context, stored, seed, customer)
    }

    /// The kinds whose records a record of this kind owns, each with the column that names it.
    pub fn owned(self) -> impl Iterator<Item = (Self, &'static str)> {
        let owns = move |kind: Self| {
            let column = kind.spec().columns.iter().find(|column| column.holds == Holds::Owner(self))?;
            Some((kind, column.name))
        };
        Self::ALL.into_iter().filter_map(owns)
    }

    /// The records that the decision about an elapsed timer reads or changes, beside the record itself.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn timed_with(self, document: &str) -> Result<Vec<Name>, Refusal> {
        (self.spec().record.timed_with)(document)
    }

    /// What happens when the timer of a record elapses. Nothing when it has not: another server was first, or somebody
    /// has changed the record meanwhile.
    ///
    /// # Errors
    /// What the rules of the kind refuse; 500 when a document is not what this version stores.
    pub fn elapse(self, elapsed: &Elapsed<'_>, loaded: &Loaded, id: ObjectId) -> Result<ChangeSet, Refusal> {
        let Some(stored) = loaded.get((self, id)).filter(|stored| !stored.deleted) else {
            return Ok(ChangeSet::default());
        };
        // What belongs to a customer that was merged follows it first.
        for (kind, id) in self.timed_with(&stored.document)? {
            let customer = loaded.get((kind, id)).filter(|_| kind == Self::Customer);
            if customer.map(customer::merged_into).transpose()?.flatten().is_some() {
                return Ok(ChangeSet::default());
            }
        }
        let columns = self.columns_of(&stored.document)?;
        if columns.get(DUE_AT).is_none_or(|due| *due > *elapsed.now.to_string()) {
            return Ok(ChangeSet::default());
        }
        (self.spec().record.elapse)(elapsed, loaded, stored)
    }

    /// The kinds whose records have timers.
    pub fn timed() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.spec().is_timed())
    }

    /// Notes that the bytes of a record's file are there.
    ///
    /// # Errors
    /// 404 when the record is not there, or has no file; 409 when its bytes are there already or were removed for ever; 400
    /// when they are more or less than it says.
    pub fn receive(
        self,
        context: &Context<'_>,
        stored: Option<&Stored>,
        event: EventSeed,
        received: Received,
    ) -> Result<ChangeSet, Refusal> {
        (self.spec().record.receive)(context, stored, event, received)
    }

    /// The kinds whose records have homes.
    pub fn with_homes() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.spec().has_home())
    }

    /// The kinds whose records have a file.
    pub fn with_files() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.has_file())
    }

    /// Whether its records have a file.
    pub fn has_file(self) -> bool {
        self.spec().columns.iter().any(|column| column.name == file::SHA256)
    }
}
