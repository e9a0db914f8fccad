//! Records as they were: rebuilt from the nearest state that is kept whole, and the differences behind it.

use kustodian_core::feed::{HistoryQuery, Payload, Recorded};
use kustodian_core::history::{nearest_whole, rewind};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{OrgKey, Store};
use kustomer_api::ObjectId;

use crate::answer::unavailable;
use crate::paging::FULL;

/// A record as a revision left it.
pub(crate) struct State {
    pub(crate) rev: u64,
    pub(crate) document: String,
}

/// The states of a record with the revisions `from` to `to`, newest first. Those that were erased are left out, with all before
/// them up to the next state that is kept whole, and so are those that are not there.
///
/// Reads the record, and as many events as lie between `from` and the first state at or after `to` that is kept whole:
/// fewer than [`kustodian_core::change::SNAPSHOT_EVERY`] more than were asked for.
///
/// # Errors
/// 503 or 500 when the database cannot answer, 500 when the stored data cannot be read.
pub(crate) async fn find_states(
    store: &dyn Store,
    org: OrgKey,
    kind: Kind,
    record: ObjectId,
    from: u64,
    to: u64,
) -> Result<Vec<State>, Refusal> {
    let Some(newest) = store.find(org, kind, record).await.map_err(unavailable)? else { return Ok(Vec::new()) };
    let (from, to) = (from.max(1), to.min(newest.rev));
    if from > to {
        return Ok(Vec::new());
    }
    let begin = nearest_whole(to, newest.rev);
    let is_newest = begin == newest.rev;
    // The newest state needs no event to be read; any other is in its own event.
    let first = if is_newest { from + 1 } else { from };
    let range = |to| (kind, record, first, to);
    let mut events = read_back(store, org, range(begin), Payload::Whole).await?.into_iter().peekable();

    let whole = if is_newest { Some(newest.document) } else { events.peek().and_then(|event| event.snapshot.clone()) };
    let (mut rev, mut document) = match whole {
        Some(document) => (begin, document),
        None => match find_whole(store, org, (kind, record, to, begin)).await? {
            Some(found) => {
                events = Vec::new().into_iter().peekable();
                found
            }
            None => return Ok(Vec::new()),
        },
    };
    let mut states = Vec::new();
    loop {
        let before = if rev > from {
            if events.peek().is_none() {
                events = read_back(store, org, range(rev), Payload::Changes).await?.into_iter().peekable();
            }
            let event = events.next().filter(|event| event.rev == rev);
            let event = event.ok_or_else(|| resource::fault("A record's history has a gap"))?;
            // Behind an erasure there is nothing.
            event.changes.map(|changes| rewind(kind, &document, &changes)).transpose()?
        } else {
            None
        };
        if rev <= to {
            states.push(State { rev, document: document.clone() });
        }
        (rev, document) = match before {
            Some(before) => (rev - 1, before),
            // A redaction keeps the last state before what it erased.
            None if rev > to => match find_whole(store, org, (kind, record, to, rev - 1)).await? {
                Some(found) => {
                    events = Vec::new().into_iter().peekable();
                    found
                }
                None => return Ok(states),
            },
            None => return Ok(states),
        };
    }
}

/// The events of a record with their changes, from the first revision of a range to its last, some at a time.
pub(crate) struct Changes<'s> {
    store: &'s dyn Store,
    org: OrgKey,
    query: HistoryQuery,
}

impl<'s> Changes<'s> {
    pub(crate) fn of(
        store: &'s dyn Store,
        org: OrgKey,
        (kind, record): (Kind, ObjectId),
        revs: std::ops::RangeInclusive<u64>,
    ) -> Self {
        let query = HistoryQuery {
            kind,
            record,
            from: *revs.start(),
            to: *revs.end(),
            descending: false,
            limit: 100,
            payload: Payload::Changes,
            bytes: FULL,
        };
        Self { store, org, query }
    }

    /// The next events; `None` at the end.
    ///
    /// # Errors
    /// 503 or 500 when the database cannot answer.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Recorded>>, Refusal> {
        if self.query.from > self.query.to {
            return Ok(None);
        }
        let events = self.store.history(self.org, self.query).await.map_err(unavailable)?;
        let Some(last) = events.last() else { return Ok(None) };
        self.query.from = last.rev + 1;
        Ok(Some(events))
    }
}

/// The last state of a record, up to a revision, that was not erased.
///
/// # Errors
/// As [`find_states`].
pub(crate) async fn find_last_state(
    store: &dyn Store,
    org: OrgKey,
    kind: Kind,
    record: ObjectId,
    rev: u64,
) -> Result<Option<State>, Refusal> {
    let mut to = rev;
    while to > 0 {
        let events = read_back(store, org, (kind, record, 1, to), Payload::None).await?;
        let Some(first) = events.last().map(|event| event.rev) else { break };
        if let Some(left) = events.iter().find(|event| event.salt.is_some()).map(|event| event.rev) {
            return Ok(find_states(store, org, kind, record, left, left).await?.into_iter().next());
        }
        to = first - 1;
    }
    Ok(None)
}

/// The first state of a record in a range of revisions that is kept whole.
async fn find_whole(
    store: &dyn Store,
    org: OrgKey,
    (kind, record, from, to): (Kind, ObjectId, u64, u64),
) -> Result<Option<(u64, String)>, Refusal> {
    let mut from = from;
    while from <= to {
        let limit = u32::try_from(to - from + 1).unwrap_or(u32::MAX);
        let query =
            HistoryQuery { kind, record, from, to, descending: false, limit, payload: Payload::Whole, bytes: FULL };
        let events = store.history(org, query).await.map_err(unavailable)?;
        let Some(last) = events.last().map(|event| event.rev) else { break };
        if let Some((rev, document)) = events.into_iter().find_map(|event| Some((event.rev, event.snapshot?))) {
            return Ok(Some((rev, document)));
        }
        from = last + 1;
    }
    Ok(None)
}

/// Events of a record with revisions in a range, newest first: as many as fill a page.
async fn read_back(
    store: &dyn Store,
    org: OrgKey,
    (kind, record, from, to): (Kind, ObjectId, u64, u64),
    payload: Payload,
) -> Result<Vec<Recorded>, Refusal> {
    let limit = u32::try_from((to + 1).saturating_sub(from)).unwrap_or(u32::MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let query = HistoryQuery { kind, record, from, to, descending: true, limit, payload, bytes: FULL };
    store.history(org, query).await.map_err(unavailable)
}
