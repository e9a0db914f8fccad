//! Follows each record back through its events: every revision exists, and every payload has its digest.

use kustodian_core::chain::digest;
use kustodian_core::history::rewind;
use kustodian_core::kind::empties_the_past;

use super::cells::Told;
use super::finding::{Discrepancy, Problem, Verification, Where};

/// A record whose events are read, newest first.
pub(super) struct Walk {
    last: Told,
    /// The record as the next event left it, as far as that is known.
    document: Option<String>,
    /// Whether it is unknown because of something that was found already.
    is_broken: bool,
    /// Whether a later event says that what came before was erased.
    is_erased: bool,
}

impl Walk {
    /// Checks one event: the next one of the record of `walk`, or the newest of another record, whose document is
    /// `now` if that has this revision.
    pub(super) fn follow(walk: Option<Self>, event: Told, now: Option<String>, told: &mut Verification) -> Self {
        told.events += 1;
        let mut walk = match walk.filter(|walk| walk.last.is_of(&event)) {
            Some(mut walk) => {
                if event.rev.checked_add(1) != Some(walk.last.rev) {
                    told.add(finding(&event, Problem::Revisions));
                    walk.lose();
                }
                walk
            }
            None => {
                if now.is_none() {
                    told.add(finding(&event, Problem::NoRecord));
                }
                Self { last: event.clone(), is_broken: now.is_none(), document: now, is_erased: false }
            }
        };
        walk.look(&event, told);
        walk.is_erased |= empties_the_past(&event.name);
        walk.last = event;
        walk
    }

    /// Whether an event is of the same record.
    pub(super) fn is_of(&self, event: &Told) -> bool {
        self.last.is_of(event)
    }

    /// At the last event of a record: it must be its first revision.
    pub(super) fn end(self, told: &mut Verification) {
        if self.last.rev != 1 {
            told.add(finding(&self.last, Problem::Revisions));
        }
    }

    fn lose(&mut self) {
        self.document = None;
        self.is_broken = true;
    }

    fn look(&mut self, event: &Told, told: &mut Verification) {
        if !event.is_salted {
            self.look_at_erased(event, told);
            return;
        }
        if self.document.is_some() && event.snapshot.is_some() && event.snapshot != self.document {
            told.add(finding(event, Problem::Snapshot));
        }
        // A revision kept whole is where to continue after something that was found.
        let Some(document) = self.document.take().or_else(|| event.snapshot.clone()) else {
            if !self.is_broken {
                told.add(finding(event, Problem::Differences));
                self.is_broken = true;
            }
            return;
        };
        let is_as_digested = event
            .salt
            .zip(event.digest)
            .is_some_and(|(salt, known)| digest(salt, &event.request_id, event.changes.as_deref(), &document) == known);
        if !is_as_digested {
            told.add(finding(event, Problem::Payload));
            self.lose();
            return;
        }
        self.is_broken = false;
        let Some(changes) = &event.changes else { return };
        self.document = event.kind().and_then(|kind| rewind(kind, &document, changes).ok());
        if self.document.is_none() {
            told.add(finding(event, Problem::Differences));
            self.lose();
        }
    }

    fn look_at_erased(&mut self, event: &Told, told: &mut Verification) {
        self.document = None;
        if !self.is_erased {
            told.add(finding(event, Problem::Erased));
            self.is_broken = true;
        } else if event.changes.is_some() || event.snapshot.is_some() || !event.request_id.is_empty() {
            told.add(finding(event, Problem::HalfErased));
        } else {
            told.erased += 1;
        }
    }
}

fn finding(event: &Told, problem: Problem) -> Discrepancy {
    let at = Where::Revision { kind: event.kind.clone(), record: event.record.clone(), rev: event.rev };
    Discrepancy { org: event.org, at, problem }
}
