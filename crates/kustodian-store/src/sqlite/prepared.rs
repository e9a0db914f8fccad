//! A change set as rows of the file, computed by the task that asks for it: the one thread that writes only executes
//! statements.

use std::sync::Arc;

use kustodian_core::chain::Leaf;
use kustodian_core::change::{ChangeSet, Event, Put};
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use rusqlite::types::ToSqlOutput;

use super::packed::Packed;
use super::search::{Difference, FoundBy, Offer};
use crate::search::entries::{self, Entries};

/// A change set as rows; part by part, in its order.
pub(super) struct Prepared {
    pub(super) puts: Vec<PreparedPut>,
    pub(super) events: Vec<PreparedEvent>,
}

/// A record as rows.
pub(super) struct PreparedPut {
    /// How its document is stored.
    pub(super) document: Packed,
    /// The index entries of a customer.
    pub(super) search: PreparedSearch,
    /// The index entries of a record of another searched kind.
    pub(super) entries: Offer,
}

/// The index entries of a customer.
pub(super) enum PreparedSearch {
    /// By nothing.
    Nothing,
    /// By this.
    Whole(Arc<FoundBy>),
    /// By what differs from the revision that it replaces: a record and a revision have one document.
    Difference(Difference),
}

impl PreparedSearch {
    fn of(org: OrgKey, put: &Put) -> Self {
        let row = put.search.as_deref().filter(|_| put.kind == Kind::Customer);
        match (row, put.former.as_deref()) {
            (None, _) => Self::Nothing,
            (Some(row), Some(former)) => Self::Difference(Difference::between(org, former, row)),
            (Some(row), None) if put.expects.is_none() => Self::Whole(Arc::new(FoundBy::of_new(org, row))),
            (Some(row), None) => Self::Whole(Arc::new(FoundBy::of(org, row))),
        }
    }
}

fn entries_of(org: OrgKey, put: &Put) -> Offer {
    let row = put.search.as_deref().filter(|_| put.kind.is_in_entries());
    match (row, put.former.as_deref().filter(|_| put.expects.is_some())) {
        (Some(row), Some(former)) => Offer::Difference(entries::Difference::between(org, former, row)),
        (row, _) => Offer::of(row.map(|row| Entries::of(org, row))),
    }
}

/// What an event becomes.
pub(super) struct PreparedEvent {
    /// Its leaf in the chain.
    pub(super) leaf: Leaf,
    changes: Option<Packed>,
    snapshot: Option<Packed>,
}

impl Prepared {
    /// What `changes` come to.
    pub(super) fn of(org: OrgKey, changes: &ChangeSet) -> Self {
        let put = |put: &Put| PreparedPut {
            document: Packed::of_document(put.kind, &put.document),
            search: PreparedSearch::of(org, put),
            entries: entries_of(org, put),
        };
        let event = |event: &Event| PreparedEvent {
            leaf: event.leaf(),
            changes: event.changes.as_deref().map(Packed::of_event),
            snapshot: event.snapshot.as_deref().map(Packed::of_event),
        };
        Self { puts: changes.puts.iter().map(put).collect(), events: changes.events.iter().map(event).collect() }
    }
}

impl PreparedEvent {
    /// The event's changes, to be bound.
    pub(super) fn changes(&self) -> Option<ToSqlOutput<'_>> {
        self.changes.as_ref().map(Packed::bound)
    }

    /// The event's snapshot, to be bound.
    pub(super) fn snapshot(&self) -> Option<ToSqlOutput<'_>> {
        self.snapshot.as_ref().map(Packed::bound)
    }
}
