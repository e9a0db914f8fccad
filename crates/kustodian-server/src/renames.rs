//! Gives customers the present name of their company after it was renamed (`kustodian_core::rename`): some at a time,
//! beside the requests. What is left to do is noted in the database before the rename is committed, so that it survives
//! the server, and one server at a time does it.
//!
//! A rename that was noted may not be committed yet, and a customer that was linked in the same moment may be committed
//! with the former name. So each note is looked at twice: at once, and when nothing that was under way then can be any
//! longer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kustodian_core::customer::{Context, KnownCompany, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::rename::{self, PREFIX, Renamed};
use kustodian_core::search::{self, Dialect, Query, Settings};
use kustodian_core::search_store::{Count, Records, SearchError, WalkFrom, WalkQuery};
use kustodian_core::store::{CommitError, Note, OrgKey, StoreError, Stored, decide_on};
use kustomer_api::{ObjectId, Timestamp};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::app::Services;
use crate::paging::FULL;

/// How long whoever works on a note keeps others from it, unless he says again that he does.
const LEASE: Duration = Duration::from_secs(10);

/// How long a rename that is about to be committed is left to the server that commits it.
const UNDECIDED: Duration = Duration::from_secs(15);

/// How often notes are looked for that other servers left.
const INTERVAL: Duration = Duration::from_secs(30);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// How many customers are read at a time.
const STEP: u32 = 100;

/// How many of them are written at the same time: the engines commit them together, and others have their turn.
const TOGETHER: usize = 8;

/// How long the search for a step may take.
const SEARCH: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Renames {
    wake: Notify,
}

/// Why the work on a note stopped.
enum Stop {
    /// Somebody else has it now: it was renamed again, or this server was too slow.
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

impl Renames {
    /// Notes that a company is about to be renamed.
    ///
    /// # Errors
    /// When the database cannot answer: then it must not be renamed.
    pub(crate) async fn expect(services: &Services, org: OrgKey, company: ObjectId) -> Result<(), StoreError> {
        let now = services.clock.now();
        let renamed = Renamed { org, company, noted: now, due: later(now, UNDECIDED) };
        services.store.keep_note(renamed.note(services.ids.next())).await
    }

    /// Has the customers of a company that was renamed looked at. When the database cannot note that now, the earlier
    /// note comes due.
    pub(crate) async fn happened(&self, services: &Services, org: OrgKey, company: ObjectId) {
        let now = services.clock.now();
        let renamed = Renamed { org, company, noted: now, due: now };
        if let Err(error) = services.store.keep_note(renamed.note(services.ids.next())).await {
            tracing::debug!(%error, "customers follow the name of their company later");
        }
        self.wake.notify_one();
    }

    /// Works on notes as long as the server runs. `settle` is how long a request that was noted can be under way.
    pub(crate) async fn run(self: Arc<Self>, services: Services, settle: Duration) {
        loop {
            let pause = self.pass(&services, settle).await.unwrap_or_else(|error| {
                tracing::debug!(%error, "renamed companies are looked for again after a pause");
                PAUSE
            });
            // Over before its time when a company is renamed here.
            drop(timeout(pause, self.wake.notified()).await);
        }
    }

    /// Works on the notes that are due; how long until the next one may be.
    async fn pass(&self, services: &Services, settle: Duration) -> Result<Duration, StoreError> {
        let mut pause = INTERVAL;
        let notes = services.store.list_notes(PREFIX).await?;
        if notes.is_empty() {
            return Ok(pause);
        }
        let orgs = services.directory.list_orgs().await?;
        for note in notes {
            let now = services.clock.now();
            let org = |renamed: &Renamed| orgs.iter().find(|org| org.key == renamed.org);
            let Some((renamed, org)) = Renamed::read(&note).and_then(|renamed| Some((renamed, org(&renamed)?))) else {
                // Of a later version, or of an org that is gone.
                continue;
            };
            if renamed.due > now {
                pause = pause.min(until(now, renamed.due));
                continue;
            }
            let mut held = Held { services, note, renamed, extended: Instant::now() };
            let worked = match held.extend(later(now, LEASE)).await {
                Ok(()) => held.work(org).await,
                stopped => stopped,
            };
            match worked {
                Ok(()) => pause = pause.min(held.close(now, settle).await?),
                Err(Stop::Lost) => pause = Duration::ZERO,
                Err(Stop::Failed(reason)) => {
                    tracing::warn!(reason, "customers do not show the new name of their company yet");
                    pause = pause.min(PAUSE);
                }
            }
        }
        Ok(pause)
    }
}

/// A note that this server works on.
struct Held<'a> {
    services: &'a Services,
    note: Note,
    renamed: Renamed,
    extended: Instant,
}

impl Held<'_> {
    /// Keeps others from the note until `due`.
    async fn extend(&mut self, due: Timestamp) -> Result<(), Stop> {
        let renamed = Renamed { due, ..self.renamed };
        let note = renamed.note(self.services.ids.next());
        if !self.services.store.replace_note(&self.note, Some(note.value.clone())).await? {
            return Err(Stop::Lost);
        }
        (self.note, self.renamed, self.extended) = (note, renamed, Instant::now());
        Ok(())
    }

    /// Removes the note when nothing that was under way when it was made can have been since the work `began`; else it
    /// comes due again, after what this gives.
    async fn close(&mut self, began: Timestamp, settle: Duration) -> Result<Duration, StoreError> {
        let settled = later(self.renamed.noted, settle);
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

    /// Goes over the customers of the company, deleted ones included.
    async fn work(&mut self, org: &Org) -> Result<(), Stop> {
        let (services, Renamed { company: id, .. }) = (self.services, self.renamed);
        let Some(stored) = services.store.find(org.key, Kind::Company, id).await? else { return Ok(()) };
        let company = KnownCompany::of(&stored)?;
        let query = customers_of(id)?;
        let mut from = WalkFrom::Start { walk: services.ids.next() };
        let mut changed = 0_u64;
        loop {
            let step = WalkQuery {
                query: query.clone(),
                from,
                limit: STEP,
                bytes: FULL,
                ids_only: false,
                total: Count::None,
                time: SEARCH,
                now: services.clock.now(),
                key: id,
            };
            let walked = services.store.walk(org.key, step).await.map_err(failed)?;
            let records = match walked.records {
                Records::Whole(records) => records,
                Records::Ids(_) => Vec::new(),
            };
            let writes = stream::iter(records).map(|record| follow(services, org, record, &company));
            let written = writes.buffer_unordered(TOGETHER).try_collect::<Vec<bool>>().await?;
            changed += written.into_iter().map(u64::from).sum::<u64>();
            if self.extended.elapsed() > LEASE / 4 {
                self.extend(later(services.clock.now(), LEASE)).await?;
            }
            match walked.next {
                Some(place) => from = WalkFrom::After(place),
                None => break,
            }
        }
        if changed > 0 {
            tracing::info!(company = %id, customers = changed, "customers show the new name of their company");
        }
        Ok(())
    }
}

/// Gives one customer the name; whether it had another.
async fn follow(services: &Services, org: &Org, stored: Stored, company: &KnownCompany) -> Result<bool, Stop> {
    let (id, seed, now) = (stored.id, services.ids.next_event(), services.clock.now());
    let owned = (org.clone(), company.clone());
    let decide = move |stored: Option<Stored>| {
        let (org, company) = &owned;
        let context = Context { org, actor: company.id, now, client: SYSTEM, request_id: "" };
        rename::follow(&context, stored.as_ref(), seed, company)
    };
    let changes = decide(Some(stored))?;
    if changes.puts.is_empty() {
        return Ok(false);
    }
    let committed = match services.store.commit(org.key, changes).await {
        Err(CommitError::Stale { .. }) => {
            let name = (Kind::Customer, id);
            services.store.commit_locked(org.key, vec![name], decide_on(name, decide)).await
        }
        committed => committed,
    };
    match committed {
        Ok(changes) => Ok(!changes.puts.is_empty()),
        Err(error) => Err(Stop::Failed(error.to_string())),
    }
}

/// The search for the customers of a company.
fn customers_of(company: ObjectId) -> Result<Query, Refusal> {
    let body = json!({ "and": [{ "customer_companyId": { "equals": company } }], "includeDeleted": true });
    search::parse(body.to_string().as_bytes(), &Settings { dialect: Dialect::Archive, now: None, klasses: &[] })
}

fn failed(error: SearchError) -> Stop {
    Stop::Failed(error.to_string())
}

fn later(moment: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.as_millis().saturating_add(millis))
}

fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(then.as_millis() - now.as_millis()).unwrap_or_default())
}
