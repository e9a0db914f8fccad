//! Has records follow another one that has changed (`kustodian_core::following`): customers show the new name of their
//! company, the records of a customer move with it into another one, and those beside a conversation move with that. A
//! conversation shows the answers among its messages, whenever these were recorded.
//! Some at a time, beside the requests. The remaining work is noted in the database before the change is committed, so
//! that it survives the server, and one server at a time does it.
//!
//! A change that was noted may not be committed yet, and a record that was written in the same moment may be committed as
//! if there were none. So each note is processed twice: at once, and when no request of that time can be running any
//! longer.

mod merges;
mod renames;
mod responses;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kustodian_core::directory::Org;
use kustodian_core::following::{Cause, Followed};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{Note, OrgKey, StoreError};
use kustomer_api::{ObjectId, Timestamp};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::app::Services;

/// How long a server that works on a note keeps others from it, unless it renews its lease.
const LEASE: Duration = Duration::from_secs(10);

/// How long a change that is about to be committed is left to the server that commits it.
const UNDECIDED: Duration = Duration::from_secs(15);

/// How often notes are looked for that other servers left.
const INTERVAL: Duration = Duration::from_secs(30);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// How many records are read at a time.
const STEP: u32 = 100;

/// How many of them are written at the same time: the engines commit them together, and others have their turn.
const TOGETHER: usize = 8;

/// How long the search for a step may take.
const SEARCH: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Following {
    wake: Notify,
}

/// Why the work on a note stopped.
enum Stop {
    /// Somebody else has it now: the record has changed again, or this server was too slow.
    Lost,
    /// It is tried again.
    Failed(String),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.to_string())
    }
}

impl Following {
    /// Notes that a record is about to change.
    ///
    /// # Errors
    /// When the database cannot answer: then it must not change.
    pub(crate) async fn expect(
        services: &Services,
        cause: Cause,
        org: OrgKey,
        record: ObjectId,
    ) -> Result<(), StoreError> {
        expect(services, cause, org, record).await.map(drop)
    }

    /// Wakes the task that updates the followers of a changed record. When the database cannot note that now, the earlier
    /// note is due later.
    pub(crate) async fn happened(&self, services: &Services, cause: Cause, org: OrgKey, record: ObjectId) {
        let now = services.clock.now();
        let followed = Followed { cause, org, record, noted: now, due: now };
        if let Err(error) = services.store.keep_note(followed.note(services.ids.next())).await {
            tracing::debug!(%error, "records follow the change later");
        }
        self.wake.notify_one();
    }

    /// Works on notes as long as the server runs. `settle` is how long a request that was noted can be under way.
    ///
    /// At first it takes the notes of all others: who has left one is most likely this server, before it was killed. Nothing
    /// is lost if another one is at it, since work that is done twice ends alike.
    pub(crate) async fn run(self: Arc<Self>, services: Services, settle: Duration) {
        let mut takes_all = true;
        loop {
            let mut pause = INTERVAL;
            for cause in Cause::ALL {
                let until = pass(&services, cause, settle, takes_all).await.unwrap_or_else(|error| {
                    tracing::debug!(%error, "changes are looked for again after a pause");
                    PAUSE
                });
                pause = pause.min(until);
            }
            takes_all = false;
            // Over before its time when a record changes here.
            drop(timeout(pause, self.wake.notified()).await);
        }
    }
}

/// Notes that a record is about to change; the note.
async fn expect(services: &Services, cause: Cause, org: OrgKey, record: ObjectId) -> Result<Note, StoreError> {
    let now = services.clock.now();
    let note = Followed { cause, org, record, noted: now, due: later(now, UNDECIDED) }.note(services.ids.next());
    services.store.keep_note(note.clone()).await?;
    Ok(note)
}

/// Works on the notes that are due, or on all; how long until the next one may be due.
async fn pass(services: &Services, cause: Cause, settle: Duration, takes_all: bool) -> Result<Duration, StoreError> {
    let mut pause = INTERVAL;
    let notes = services.store.list_notes(cause.prefix()).await?;
    if notes.is_empty() {
        return Ok(pause);
    }
    let orgs = services.directory.list_orgs().await?;
    for note in notes {
        let now = services.clock.now();
        let org = |followed: &Followed| orgs.iter().find(|org| org.key == followed.org);
        let Some((followed, org)) = Followed::read(&note).and_then(|followed| Some((followed, org(&followed)?))) else {
            // Of a later version, or of an org that is gone.
            continue;
        };
        if followed.due > now && !takes_all {
            pause = pause.min(until(now, followed.due));
            continue;
        }
        let mut held = Held { services, note, followed, extended: Instant::now() };
        let worked = match held.extend(later(now, LEASE)).await {
            Ok(()) => held.work(org).await,
            stopped => stopped,
        };
        match worked {
            Ok(()) => pause = pause.min(held.close(now, settle).await?),
            Err(Stop::Lost) => pause = Duration::ZERO,
            Err(Stop::Failed(reason)) => {
                tracing::warn!(reason, id = %held.followed.record, "records do not follow the change yet");
                pause = pause.min(PAUSE);
            }
        }
    }
    Ok(pause)
}

/// A note that this server works on.
struct Held<'a> {
    services: &'a Services,
    note: Note,
    followed: Followed,
    extended: Instant,
}

impl Held<'_> {
    async fn work(&mut self, org: &Org) -> Result<(), Stop> {
        match self.followed.cause {
            Cause::Renamed => self.follow_company(org).await,
            Cause::Merged => self.follow_customer(org).await,
            Cause::Moved => self.follow_conversation(org).await,
            Cause::Late => self.follow_messages(org).await,
        }
    }

    /// Keeps others from the note while the work continues.
    async fn keep(&mut self) -> Result<(), Stop> {
        if self.extended.elapsed() > LEASE / 4 {
            self.extend(later(self.services.clock.now(), LEASE)).await?;
        }
        Ok(())
    }

    /// Keeps others from the note until `due`.
    async fn extend(&mut self, due: Timestamp) -> Result<(), Stop> {
        let followed = Followed { due, ..self.followed };
        let note = followed.note(self.services.ids.next());
        if !self.services.store.replace_note(&self.note, Some(note.value.clone())).await? {
            return Err(Stop::Lost);
        }
        (self.note, self.followed, self.extended) = (note, followed, Instant::now());
        Ok(())
    }

    /// Removes the note when nothing that was under way when it was made can have been since the work `began`; else it
    /// is due again, after the pause that this returns.
    async fn close(&mut self, began: Timestamp, settle: Duration) -> Result<Duration, StoreError> {
        let settled = later(self.followed.noted, settle);
        if settled <= began {
            self.services.store.replace_note(&self.note, None).await?;
            return Ok(INTERVAL);
        }
        match self.extend(settled).await {
            Ok(()) => Ok(until(self.services.clock.now(), settled)),
            Err(Stop::Lost) => Ok(Duration::ZERO),
            Err(Stop::Failed(reason)) => Err(StoreError::Failed { reason }),
        }
    }
}

fn later(moment: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.as_millis().saturating_add(millis))
}

fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(then.as_millis() - now.as_millis()).unwrap_or_default())
}
