//! Does the items of bulk jobs (`kustodian_core::bulk`), each by the handler of the operation on a single record. A job of
//! new records is committed whole (`whole`). Any other one is noted in the database before its first item is done. When
//! its server ends, this task of another one, or of the same one after its restart, takes it up where it was left.

mod gathered;
mod whole;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kustodian_core::bulk::{self, Item, PREFIX, Work};
use kustodian_core::change::ChangeSet;
use kustodian_core::customer::Context;
use kustodian_core::directory::{Org, Token};
use kustodian_core::kind::Kind;
use kustodian_core::permission::Caller;
use kustodian_core::receipt::Receipt;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Note, OrgKey, StoreError};
use kustodian_core::{resource, unchanged};
use kustomer_api::bulk::{BulkResult, Verb};
use kustomer_api::error::code;
use kustomer_api::{ObjectId, Timestamp};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

pub(crate) use self::gathered::Gathering;
use crate::answer::{Answer, unavailable};
use crate::app::App;
use crate::call::{Admitted, Handler};
use crate::idempotency;

/// How long a server that works on a job keeps others from it, unless it renews its lease.
pub(crate) const LEASE: Duration = Duration::from_secs(4);

/// How often jobs are looked for that other servers left.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many items of a job are done at the same time: the engines commit them together.
const TOGETHER: usize = 50;

/// How many jobs a server works on at the same time.
const JOBS: usize = 8;

/// How long a job waits for its turn before it is noted.
const TURN: Duration = Duration::from_secs(1);

/// How often an item is tried again within a job when the database says "not now".
const ATTEMPTS: u32 = 4;

/// How often a job is begun: one that ends its server each time is given up.
const MAX_TRIES: u32 = 20;

/// How old a job may be when it is begun again. Its items leave receipts that count for 24 hours: nobody could say
/// afterwards which of them were done.
const MAX_AGE_MILLIS: i64 = 20 * 60 * 60 * 1_000;

pub(crate) struct Bulks {
    wake: Notify,
    places: Semaphore,
}

impl Default for Bulks {
    fn default() -> Self {
        Self { wake: Notify::new(), places: Semaphore::new(JOBS) }
    }
}

impl Bulks {
    /// Wakes the task that processes noted jobs.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Takes up jobs that nobody works on, as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = pass(&app).await {
            tracing::debug!(%error, "bulk jobs are looked for again after a pause");
        }
        // Over before its time when a job is noted here.
        drop(timeout(INTERVAL, app.bulks.wake.notified()).await);
    }
}

/// Works on the jobs that are due, one after the other: each may be megabytes.
async fn pass(app: &Arc<App>) -> Result<(), StoreError> {
    let (store, mut after, mut orgs) = (&app.services.store, String::new(), Vec::new());
    while let Some(note) = store.list_notes_after(PREFIX, &after, 1).await?.pop() {
        after.clone_from(&note.name);
        let Some(work) = Work::read(&note).filter(|work| work.due <= app.services.clock.now()) else { continue };
        if orgs.is_empty() {
            orgs = app.services.directory.list_orgs().await?;
        }
        let Some(org) = orgs.iter().find(|org| org.key == work.org) else { continue };
        let begun = Work { due: later(app.services.clock.now(), LEASE), tries: work.tries + 1, ..work };
        if !store.replace_note(&note, Some(begun.note(app.services.ids.next()).value)).await? {
            // Another server has it.
            continue;
        }
        let id = begun.id;
        let job = match Job::taken_up(app, org, begun) {
            Ok(job) => job,
            Err(refusal) => {
                tracing::error!(%refusal, job = %id, "a bulk job cannot be taken up");
                continue;
            }
        };
        if let Err(refusal) = job.run().await {
            tracing::warn!(%refusal, job = %id, "a bulk job is tried again");
        }
    }
    Ok(())
}

/// A job that this server works on.
pub(crate) struct Job {
    app: Arc<App>,
    caller: Caller,
    work: Work,
    items: Vec<Item>,
    single: Handler,
    is_rehearsal: bool,
}

impl Job {
    /// A job that was just asked for.
    ///
    /// # Errors
    /// 400 when its body has no items that could be done.
    pub(crate) fn new(app: &Arc<App>, caller: Caller, work: Work, is_rehearsal: bool) -> Result<Self, Refusal> {
        let items = match work.ids.is_empty() && work.verb != Verb::Delete {
            true => bulk::items(work.verb, work.body.as_bytes())?,
            false => bulk::items_named(work.verb, &work.ids, work.body.as_bytes())?,
        };
        let single = app.routes.handler_of(&work.single).cloned();
        let single = single.ok_or_else(|| resource::fault("A bulk job is about an operation that is not served"))?;
        Ok(Self { app: Arc::clone(app), caller, work, items, single, is_rehearsal })
    }

    /// One that was left, with the roles that its key had.
    fn taken_up(app: &Arc<App>, org: &Org, work: Work) -> Result<Self, Refusal> {
        let token = Token {
            id: work.token,
            org: work.org,
            user: work.user,
            name: String::new(),
            roles: work.roles.clone(),
            last_chars: String::new(),
            cidr: None,
            created_at: work.begun_at,
            expires_at: None,
            revoked_at: None,
            session: None,
            last_used_at: None,
        };
        let caller = Caller { org: Arc::new(org.clone()), token: Arc::new(token) };
        Self::new(app, caller, work, false)
    }

    /// Does a job that was just asked for, and gives its document. A message is sent once it is noted, from when on it is
    /// done whatever happens.
    ///
    /// # Errors
    /// 503 when the database cannot answer now: a noted job is then taken up again later.
    pub(crate) async fn begin(&self, noted: oneshot::Sender<()>) -> Result<String, Refusal> {
        if self.can_be_whole()
            && let Ok(Ok(_place)) = timeout(TURN, self.app.bulks.places.acquire()).await
            && let Some(document) = self.commit_whole().await?
        {
            return Ok(document);
        }
        let (store, now) = (&self.app.services.store, self.app.services.clock.now());
        let work = Work { due: later(now, LEASE), ..self.work.clone() };
        store.keep_note(work.note(self.app.services.ids.next())).await.map_err(unavailable)?;
        // The client may not wait any longer.
        let _ = noted.send(());
        self.work_on(false).await
    }

    /// Does a job that is noted, or a rehearsal, and gives its document.
    ///
    /// # Errors
    /// 503 when the database cannot answer now: then the job is taken up again later.
    pub(crate) async fn run(&self) -> Result<String, Refusal> {
        self.work_on(self.work.tries <= 1 && self.can_be_whole()).await
    }

    async fn work_on(&self, as_whole: bool) -> Result<String, Refusal> {
        let place = self.app.bulks.places.acquire();
        let working = async {
            let _place = place.await;
            if as_whole && let Some(document) = self.commit_whole().await? {
                self.forget_note().await;
                return Ok(document);
            }
            if let Some(document) = self.part_from_whole().await? {
                self.forget_note().await;
                return Ok(document);
            }
            let results = self.run_items().await?;
            self.complete(results).await
        };
        let mut working = std::pin::pin!(working);
        loop {
            tokio::select! {
                done = &mut working => return done,
                () = sleep(LEASE / 3), if !self.is_rehearsal => self.extend_lease().await,
            }
        }
    }

    /// Makes sure that nobody commits the job whole while its items are done one by one. Its document, if somebody has.
    async fn part_from_whole(&self) -> Result<Option<String>, Refusal> {
        let Some(begun) = self.begun() else { return Ok(None) };
        let changes = ChangeSet { receipts: vec![begun], ..ChangeSet::default() };
        match self.app.services.store.commit(self.work.org, changes).await {
            Ok(_) => Ok(None),
            Err(CommitError::Replayed(_)) => self.find_done().await,
            Err(CommitError::Store(error)) => Err(unavailable(error)),
            Err(error) => Err(resource::fault(&format!("A bulk job was not begun: {error}"))),
        }
    }

    /// The receipt that the job leaves, whether it is committed whole or item by item.
    fn begun(&self) -> Option<Receipt> {
        self.can_be_whole().then(|| self.work.begun(self.app.services.clock.now()))
    }

    /// Does every item: those of one group in their order, the others at the same time.
    async fn run_items(&self) -> Result<Vec<BulkResult>, Refusal> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (index, item) in self.items.iter().enumerate() {
            match item.group.as_deref() {
                None => groups.push(vec![index]),
                Some(group) => {
                    let at = *places.entry(group).or_insert(groups.len());
                    if at == groups.len() {
                        groups.push(Vec::new());
                    }
                    groups[at].push(index);
                }
            }
        }
        let in_turn = |group: Vec<usize>| async move {
            let mut results = Vec::with_capacity(group.len());
            for index in group {
                results.push((index, self.run_item(index).await?));
            }
            Ok::<_, Refusal>(results)
        };
        let done = stream::iter(groups.into_iter().map(in_turn)).buffer_unordered(TOGETHER);
        let mut results: Vec<(usize, BulkResult)> = done.try_collect::<Vec<_>>().await?.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    async fn run_item(&self, index: usize) -> Result<BulkResult, Refusal> {
        let item = &self.items[index];
        if let Some(refusal) = self.refused_unseen(item) {
            return Ok(bulk::failed(item, refusal));
        }
        if self.work.tries > 1
            && let Some(result) = self.done_before(index).await?
        {
            return Ok(result);
        }
        if let Some(refusal) = self.given_up() {
            return Ok(bulk::failed(item, refusal));
        }
        let mut attempt = 0;
        loop {
            let admitted = self.admitted(index, None);
            let (pledge, unchanged) = (admitted.pledge, Arc::clone(&admitted.unchanged));
            let refusal = match (self.single)(admitted).await {
                Ok(answer) => {
                    if let Some(pledge) = pledge {
                        // An update, whose receipt is read by a job alone.
                        let (store, status) = (&*self.app.services.store, StatusCode::OK.as_u16());
                        idempotency::keep_unchanged(store, self.work.org, &pledge, status, &unchanged).await?;
                    }
                    return bulk::done(self.work.verb, item, document_of(&answer));
                }
                Err(refusal) => refusal,
            };
            // Another server may be at it, too: who is refused because of what that one did has succeeded.
            if let Some(result) = self.done_before(index).await? {
                return Ok(result);
            }
            attempt += 1;
            match refusal.status {
                503 if attempt < ATTEMPTS => sleep(Duration::from_millis(50 << attempt)).await,
                503 => return Err(refusal),
                _ => return Ok(bulk::failed(item, refusal)),
            }
        }
    }

    /// Why an item is not even tried.
    fn refused_unseen(&self, item: &Item) -> Option<Refusal> {
        let max = self.app.settings.max_body;
        let too_large = || Refusal::new(413, code::TOO_LARGE, "body", format!("The item is larger than {max} bytes"));
        item.fault.clone().or_else(|| (item.body.len() > max).then(too_large))
    }

    /// What became of an item when it was done before.
    async fn done_before(&self, index: usize) -> Result<Option<BulkResult>, Refusal> {
        if self.is_rehearsal {
            return Ok(None);
        }
        let pledge = self.work.pledge_of(index, self.app.services.clock.now());
        let item = &self.items[index];
        match idempotency::replay(&*self.app.services.store, self.work.org, &pledge, item.body.as_bytes()).await {
            Ok(None) => Ok(None),
            Ok(Some(answer)) => bulk::done(self.work.verb, item, document_of(&answer)).map(Some),
            // It was done, and erased since.
            Err(refusal) if refusal.status == 404 => bulk::done(self.work.verb, item, None).map(Some),
            Err(refusal) => Err(refusal),
        }
    }

    /// Why the rest of the job is not done.
    fn given_up(&self) -> Option<Refusal> {
        let age = self.app.services.clock.now().as_millis() - self.work.begun_at.as_millis();
        let reason = if self.work.tries > MAX_TRIES {
            "The server failed whenever it worked on this job"
        } else if self.work.tries > 1 && age > MAX_AGE_MILLIS {
            "No server worked on this job for too long"
        } else {
            return None;
        };
        Some(Refusal::new(503, code::UNAVAILABLE, "", format!("{reason}: send the item again")))
    }

    /// The request for one item; with its place among the commits that are held back, if they are.
    fn admitted(&self, index: usize, gathering: Option<Gathering>) -> Admitted {
        let item = &self.items[index];
        let now = self.app.services.clock.now();
        let of_item = item.id.map(|id| id.to_string());
        Admitted {
            app: Arc::clone(&self.app),
            caller: self.caller.clone(),
            now,
            request_id: self.work.request_id.as_str().into(),
            headers: self.headers(),
            path_values: self.work.within.iter().cloned().chain(of_item).collect(),
            query: String::new(),
            body: item.body.clone().into(),
            pledge: (!self.is_rehearsal && gathering.is_none()).then(|| self.work.pledge_of(index, now)),
            unchanged: Arc::default(),
            is_rehearsal: self.is_rehearsal,
            place: None,
            authority: None,
            from: None,
            cookie: Arc::default(),
            gathering,
        }
    }

    /// What of the headers of the request counts for each of its items.
    fn headers(&self) -> HeaderMap {
        let asks = (HeaderName::from_static(unchanged::HEADER), HeaderValue::from_static(unchanged::ASKS));
        self.work.skips_unchanged.then_some(asks).into_iter().collect()
    }

    /// Makes the record of the job, and removes its note.
    async fn complete(&self, results: Vec<BulkResult>) -> Result<String, Refusal> {
        let (store, ids) = (&self.app.services.store, &self.app.services.ids);
        let mut changes = bulk::complete(&self.context(), ids.next_event(), &self.work, results)?;
        if self.is_rehearsal {
            return written(changes.puts.into_iter().next().map(|put| put.document));
        }
        if let Some(pledge) = self.work.pledge {
            pledge.sign(&mut changes, self.work.status);
        }
        let document = match store.commit(self.work.org, changes).await {
            Ok(changes) => changes.puts.into_iter().next().map(|put| put.document),
            // Another server has worked on it, too, and was faster.
            Err(CommitError::Stale { .. } | CommitError::Replayed(_)) => {
                let found = store.find(self.work.org, Kind::Bulk, self.work.id).await.map_err(unavailable)?;
                found.map(|stored| stored.document)
            }
            Err(CommitError::Store(error)) => return Err(unavailable(error)),
            Err(error) => return Err(resource::fault(&format!("A bulk job was not committed: {error}"))),
        };
        self.forget_note().await;
        written(document)
    }

    /// Removes the note of a job whose record is there. When this fails the job is taken up again, and finds its record.
    async fn forget_note(&self) {
        if let Ok(Some(note)) = find_note(&self.app, self.work.org, self.work.id).await {
            drop(self.app.services.store.replace_note(&note, None).await);
        }
    }

    async fn extend_lease(&self) {
        let Ok(Some(note)) = find_note(&self.app, self.work.org, self.work.id).await else { return };
        let Some(work) = Work::read(&note) else { return };
        let services = &self.app.services;
        let extended = Work { due: later(services.clock.now(), LEASE), ..work };
        // Another server that works on it does the same items once.
        drop(services.store.replace_note(&note, Some(extended.note(services.ids.next()).value)).await);
    }

    /// Its id.
    pub(crate) fn id(&self) -> ObjectId {
        self.work.id
    }

    /// The document of the complete job as it is answered, with the items that were sent.
    pub(crate) fn answered(&self, document: &str) -> String {
        bulk::with_data(document, &self.work.body)
    }

    /// The document of the incomplete job, with the items that were sent.
    pub(crate) fn pending(&self) -> Result<String, Refusal> {
        pending(&self.app, &self.caller.org, &self.work)
    }

    fn context(&self) -> Context<'_> {
        context(&self.app, &self.caller.org, &self.work)
    }
}

fn context<'a>(app: &App, org: &'a Org, work: &'a Work) -> Context<'a> {
    let now = app.services.clock.now();
    Context { org, actor: work.user, now, client: "api", request_id: &work.request_id, slas: None, import: None }
}

/// The document of an incomplete job, with the items that were sent.
pub(crate) fn pending(app: &App, org: &Org, work: &Work) -> Result<String, Refusal> {
    bulk::pending(&context(app, org, work), app.services.ids.next_event(), work)
}

fn written(document: Option<String>) -> Result<String, Refusal> {
    document.ok_or_else(|| resource::fault("A bulk job left no record"))
}

/// The record that an answer holds, as it is stored.
fn document_of(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Document { document, .. } | Answer::Linked { document, .. } => Some(document),
        Answer::Deleted { .. } | Answer::Json(_) | Answer::Long { .. } | Answer::Empty => None,
    }
}

/// The note of a job that is not complete.
pub(crate) async fn find_note(app: &App, org: OrgKey, id: ObjectId) -> Result<Option<Note>, StoreError> {
    let name = Work::name_of(org, id);
    let notes = app.services.store.list_notes_after(&name, "", 1).await?;
    Ok(notes.into_iter().find(|note| note.name == name))
}

pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.as_millis().saturating_add(millis))
}
