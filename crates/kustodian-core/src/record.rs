//! What every kind's attributes can say of themselves, and the generic functions over them that [`Kind`] dispatches to.

use kustomer_api::ObjectId;
use kustomer_api::envelope::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::change::{ChangeSet, Columns, EventSeed, Name};
use crate::claim::Claim;
use crate::customer::Context;
use crate::file::Received;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::search::SearchRow;
use crate::store::{Loaded, OrgKey, Stored};
use crate::timer::Elapsed;

/// The attributes of a kind's records. Implemented by the kind's declaration alone.
pub(crate) trait OfKind {
    /// The kind.
    const KIND: Kind;
}

/// The parts that a kind may add to its declaration; most add nothing.
pub(crate) trait Record: OfKind + Serialize + DeserializeOwned {
    /// The claims of a record that is not deleted, for its whole org, each once.
    fn claims(_record: &Resource<Self>, _org: OrgKey, _owner: ObjectId) -> Vec<Claim>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// The values of the kind's columns for a record.
    fn columns(_record: &Resource<Self>) -> Columns
    where
        Self: Sized,
    {
        Columns::default()
    }

    /// Whether the document of the record with this id shows it as `shown`: the same id, unless records are named.
    fn is_shown_as(id: ObjectId, shown: &str) -> bool {
        shown.parse() == Ok(id)
    }

    /// The row by which search finds a record; `None` when search does not find it.
    fn search_row(_record: &Resource<Self>) -> Result<Option<SearchRow>, Refusal>
    where
        Self: Sized,
    {
        Ok(None)
    }

    /// What follows within the record from each of its changes: the last part of a create and an update.
    fn settle(
        _context: &Context<'_>,
        _before: Option<&Resource<Self>>,
        _record: &mut Resource<Self>,
    ) -> Result<(), Refusal>
    where
        Self: Sized,
    {
        Ok(())
    }

    /// Ties a record that is stored beside a conversation to the customer that the conversation has moved to; `None` when
    /// it is tied already, or the kind has no such ties.
    fn follow(
        _context: &Context<'_>,
        _stored: &Stored,
        _seed: EventSeed,
        _customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal>
    where
        Self: Sized,
    {
        Ok(None)
    }

    /// Deletes a record that is about to be erased with its owner; `None` when it is deleted, or the kind has no owners.
    fn delete_owned(_context: &Context<'_>, _stored: &Stored, _seed: EventSeed) -> Result<Option<ChangeSet>, Refusal>
    where
        Self: Sized,
    {
        Ok(None)
    }

    /// Notes that the bytes of a record's file are there; 404 for a kind without files.
    fn receive(
        _context: &Context<'_>,
        _stored: Option<&Stored>,
        _event: EventSeed,
        _received: Received,
    ) -> Result<ChangeSet, Refusal>
    where
        Self: Sized,
    {
        Err(Refusal::not_found("id"))
    }

    /// Erases a record with its home; `None` when it was erased before, or the kind has no homes.
    fn erase(_context: &Context<'_>, _stored: &Stored, _seed: EventSeed) -> Result<Option<ChangeSet>, Refusal>
    where
        Self: Sized,
    {
        Ok(None)
    }

    /// The records that the decision about its elapsed timer reads or changes, beside itself.
    fn timed_with(_record: &Resource<Self>) -> Vec<Name>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// The effect of its elapsed timer, which must stop the timer or set it again; never called of a kind
    /// without timers.
    fn elapse(_elapsed: &Elapsed<'_>, _loaded: &Loaded, _stored: &Stored) -> Result<ChangeSet, Refusal>
    where
        Self: Sized,
    {
        Ok(ChangeSet::default())
    }
}

/// Through the type of its kind, whose order of members is the stored one. It is read from text like every other record: to
/// read it from the value itself would compile each type a second time.
pub(crate) fn render<A: Record>(record: Value) -> Result<String, Refusal> {
    resource::render(&resource::read::<Resource<A>>(&record.to_string())?)
}

pub(crate) fn claims_of<A: Record>(org: OrgKey, id: ObjectId, document: &str) -> Result<Vec<Claim>, Refusal> {
    let record: Resource<A> = resource::read(document)?;
    Ok(A::claims(&record, org, id))
}

pub(crate) fn columns_of<A: Record>(document: &str) -> Result<Columns, Refusal> {
    if A::KIND.spec().columns.is_empty() {
        return Ok(Columns::default());
    }
    Ok(A::columns(&resource::read(document)?))
}

pub(crate) fn search_row_of<A: Record>(document: &str) -> Result<Option<SearchRow>, Refusal> {
    if !A::KIND.spec().is_searched {
        return Ok(None);
    }
    A::search_row(&resource::read(document)?)
}

pub(crate) fn timed_with_of<A: Record>(document: &str) -> Result<Vec<Name>, Refusal> {
    if !A::KIND.spec().is_timed() {
        return Ok(Vec::new());
    }
    Ok(A::timed_with(&resource::read(document)?))
}
