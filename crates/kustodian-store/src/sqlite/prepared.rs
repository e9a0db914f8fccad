//! What a change set comes to in the file, worked out by whoever asks for it: the one thread that writes only executes
//! statements.

use std::sync::Arc;

use kustodian_core::chain::Leaf;
use kustodian_core::change::{ChangeSet, Event, Put};
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use rusqlite::types::ToSqlOutput;

use super::packed::Packed;
use super::search::FoundBy;
use crate::search::entries::Entries;

/// What a change set comes to; part by part of it, in its order.
pub(super) struct Prepared {
    pub(super) puts: Vec<PreparedPut>,
    pub(super) events: Vec<PreparedEvent>,
}

/// What a record comes to.
pub(super) struct PreparedPut {
    /// How its document is stored.
    pub(super) document: Packed,
    /// What a customer is found by.
    pub(super) found_by: Option<Arc<FoundBy>>,
    /// What a record of another searched kind is found by.
    pub(super) entries: Option<Entries>,
    /// The terms by which the revision was found that it replaces, where that was looked at: a record and a revision
    /// have one document.
    pub(super) former_terms: Option<String>,
}

/// What an event comes to.
pub(super) struct PreparedEvent {
    /// Its leaf in the chain.
    pub(super) leaf: Leaf,
    changes: Packed,
    snapshot: Packed,
}

impl Prepared {
    /// What `changes` come to. `former_terms` tells those of the revision that a record is to replace, if it can.
    pub(super) fn of(org: OrgKey, changes: &ChangeSet, former_terms: impl Fn(&Put) -> Option<String>) -> Self {
        let found_by = |put: &Put| {
            let of = if put.expects.is_none() { FoundBy::of_new } else { FoundBy::of };
            put.search.as_deref().filter(|_| put.kind == Kind::Customer).map(|row| Arc::new(of(org, row)))
        };
        let put = |put: &Put| PreparedPut {
            document: Packed::of(&put.document),
            found_by: found_by(put),
            entries: put.search.as_deref().filter(|_| put.kind.is_in_entries()).map(Entries::of),
            former_terms: former_terms(put),
        };
        let event = |event: &Event| PreparedEvent {
            leaf: event.leaf(),
            changes: Packed::of(event.changes.as_deref().unwrap_or_default()),
            snapshot: Packed::of(event.snapshot.as_deref().unwrap_or_default()),
        };
        Self { puts: changes.puts.iter().map(put).collect(), events: changes.events.iter().map(event).collect() }
    }

    /// The same where it is decided by the writer.
    pub(super) fn late(org: OrgKey, changes: &ChangeSet) -> Self {
        Self::of(org, changes, |_| None)
    }
}

impl PreparedEvent {
    /// The event's changes, to be bound.
    pub(super) fn changes<'a>(&'a self, event: &'a Event) -> Option<ToSqlOutput<'a>> {
        event.changes.as_ref().map(|_| self.changes.bound())
    }

    /// The event's snapshot, to be bound.
    pub(super) fn snapshot<'a>(&'a self, event: &'a Event) -> Option<ToSqlOutput<'a>> {
        event.snapshot.as_ref().map(|_| self.snapshot.bound())
    }
}
