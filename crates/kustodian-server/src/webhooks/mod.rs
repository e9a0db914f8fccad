//! Sends events to webhooks (`kustodian_core::outbound_webhook`): out of the feed, so that nothing is missed. The events to
//! send of a webhook is noted in the database, and one server at a time works on it. A webhook is worked on by a task of its
//! own, so that a receiver that does not answer holds up no other.

mod post;
mod work;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kustodian_core::directory::Org;
use kustodian_core::feed::{FeedQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::outbound_webhook::{Log, Pending, Queue, Subscription, WINDOW, kinds_of};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{CommitError, Note, OrgKey, StoreError, Stored};
use kustomer_api::{ObjectId, Timestamp};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use self::post::Post;
use self::work::Worker;
use crate::answer::unavailable;
use crate::app::App;

/// How often webhooks are checked.
const INTERVAL: Duration = Duration::from_millis(500);

/// How many notes are read at a time.
const STEP: usize = 100;

/// How long a queue may be there without its webhook, which is committed a moment after it.
const UNMADE_MILLIS: i64 = 10 * 60 * 1_000;

/// How many webhooks are remembered as idle.
const MAX_REMEMBERED: usize = 10_000;

/// Which webhook of which org.
type Named = (OrgKey, ObjectId);

#[derive(Default)]
pub(crate) struct Webhooks {
    wake: Notify,
    /// Those that this server works on.
    working: Mutex<HashSet<Named>>,
}

impl Webhooks {
    /// Wakes the task that processes the queues.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Why the work on a queue stopped.
enum Stop {
    /// Somebody else has changed it: it is read again.
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

impl From<CommitError> for Stop {
    fn from(error: CommitError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Sends events as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    let mut keeper = Keeper { app, post: None, idle: HashMap::new() };
    loop {
        if let Err(error) = keeper.pass().await {
            tracing::debug!(%error, "webhooks are processed again after a pause");
        }
        // Over before its time when a webhook is made or changed here.
        if timeout(INTERVAL, keeper.app.webhooks.wake.notified()).await.is_ok() {
            // Several changes at once are one reason to look.
            sleep(Duration::from_millis(20)).await;
        }
    }
}

struct Keeper {
    app: Arc<App>,
    post: Option<Post>,
    /// The queues, as they are kept, that had nothing to send when the feed ended there.
    idle: HashMap<String, (Vec<u8>, u64)>,
}

impl Keeper {
    /// Reads every queue, and begins to work on those that have something to send.
    async fn pass(&mut self) -> Result<(), StoreError> {
        let (app, mut after, mut orgs, mut heads) = (Arc::clone(&self.app), String::new(), Vec::new(), HashMap::new());
        let store = &app.services.store;
        loop {
            let notes = store.list_notes_after(Queue::PREFIX, &after, STEP).await?;
            let Some(last) = notes.last() else { return Ok(()) };
            after.clone_from(&last.name);
            if orgs.is_empty() {
                orgs = app.services.directory.list_orgs().await?;
            }
            let is_full = notes.len() >= STEP;
            for note in notes {
                let Some(queue) = Queue::read(&note) else { continue };
                let Some(org) = orgs.iter().find(|org| org.key == queue.org) else { continue };
                let head = match heads.get(&queue.org) {
                    Some(head) => *head,
                    None => {
                        let head = store.feed_head(queue.org).await?.position;
                        heads.insert(queue.org, head);
                        head
                    }
                };
                if let Err(Stop::Failed(reason)) = self.look_at(note, queue, org, head).await {
                    tracing::debug!(reason, "a webhook is processed again after a pause");
                }
            }
            if !is_full {
                return Ok(());
            }
        }
    }

    async fn look_at(&mut self, note: Note, queue: Queue, org: &Org, head: u64) -> Result<(), Stop> {
        let now = self.app.services.clock.now();
        let looked_at = match self.idle.get(&note.name) {
            Some((value, looked_at)) if *value == note.value => (*looked_at).max(queue.looked_at),
            _ => queue.looked_at,
        };
        let name = (queue.org, queue.webhook);
        let mut looked_for = queue.clone();
        looked_for.looked_at = looked_at;
        if !looked_for.is_due(head, now) || self.working().contains(&name) {
            return Ok(());
        }
        let store = &self.app.services.store;
        let stored = store.find(queue.org, Kind::OutboundWebhook, queue.webhook).await?;
        let Some(stored) = stored.filter(|stored| !stored.deleted) else {
            let is_unmade = now.as_millis() - queue.made_at.as_millis() < UNMADE_MILLIS;
            let was_made = store.find(queue.org, Kind::OutboundWebhook, queue.webhook).await?.is_some();
            if was_made || !is_unmade {
                remove(&self.app, &note, &queue).await?;
            }
            return Ok(());
        };
        let Some(subscription) = Subscription::of(&stored)? else { return Ok(()) };
        let window = Window::find(&self.app, &queue, &subscription, head).await?;
        if !queue.is_halted
            && window.is_whole
            && queue.again(now).next().is_none()
            && queue.behind(now).next().is_none()
            && queue.plan(&window.events, now).is_empty()
        {
            if self.idle.len() >= MAX_REMEMBERED {
                self.idle.clear();
            }
            self.idle.insert(note.name, (note.value, head));
            return Ok(());
        }
        let post = self.post()?;
        let worker = Worker::take(Arc::clone(&self.app), org.clone(), note, queue, post).await?;
        self.working().insert(name);
        let working = Working { app: Arc::clone(&self.app), name };
        tokio::spawn(async move {
            match worker.work().await {
                Ok(()) | Err(Stop::Lost) => {}
                Err(Stop::Failed(reason)) => tracing::warn!(reason, webhook = %name.1, "a webhook is tried again"),
            }
            drop(working);
        });
        Ok(())
    }

    fn post(&mut self) -> Result<Post, Stop> {
        if let Some(post) = &self.post {
            return Ok(post.clone());
        }
        let settings = &self.app.settings;
        let made = Post::new(settings.webhook_timeout, settings.webhook_allow_private);
        let post = made.map_err(|error| Stop::Failed(error.to_string()))?;
        self.post = Some(post.clone());
        Ok(post)
    }

    fn working(&self) -> std::sync::MutexGuard<'_, HashSet<Named>> {
        self.app.webhooks.working.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A webhook that this server works on, until dropped.
struct Working {
    app: Arc<App>,
    name: Named,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.app.webhooks.working.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// The events after a queue's position that its webhook asks for.
struct Window {
    events: Vec<Pending>,
    /// The position up to which there are no others.
    seen: u64,
    /// Whether that is the end of the feed.
    is_whole: bool,
}

impl Window {
    /// `head` is an end of the feed that was read before.
    async fn find(app: &App, queue: &Queue, subscription: &Subscription, head: u64) -> Result<Self, StoreError> {
        let query = FeedQuery {
            after: Some(queue.position),
            kinds: kinds_of(&subscription.events),
            limit: WINDOW,
            payload: Payload::None,
            ..FeedQuery::default()
        };
        let found = app.services.store.feed(queue.org, query).await?.events;
        let last = found.last().and_then(|event| event.position);
        let is_whole = found.len() < WINDOW as usize;
        let seen = if is_whole { last.unwrap_or(queue.position).max(head) } else { last.unwrap_or(queue.position) };
        Ok(Self { events: pending(found, subscription), seen, is_whole })
    }
}

/// Those events of a page of the feed that a webhook asks for.
fn pending(page: Vec<Recorded>, subscription: &Subscription) -> Vec<Pending> {
    let asked = page.into_iter().filter(|event| subscription.asks_for(&event.name));
    let pending = asked.filter_map(|event| {
        Some(Pending { position: event.position?, id: event.id, record: (event.kind, event.record) })
    });
    pending.collect()
}

/// The note with a name.
pub(crate) async fn find_note(app: &App, name: &str) -> Result<Option<Note>, StoreError> {
    let found = app.services.store.list_notes_after(name, "", 1).await?;
    Ok(found.into_iter().next().filter(|note| note.name == name))
}

/// Removes the queue of a webhook that is gone, and its log.
async fn remove(app: &App, note: &Note, queue: &Queue) -> Result<(), StoreError> {
    if let Some(log) = find_note(app, &Log::name_of(queue.org, queue.webhook)).await? {
        app.services.store.replace_note(&log, None).await?;
    }
    app.services.store.replace_note(note, None).await?;
    Ok(())
}

/// Begins the queue of a webhook that is about to be made: it gets events that are committed from now on.
///
/// # Errors
/// 503 when the database cannot answer: then the webhook must not be made.
pub(crate) async fn begin(app: &App, org: OrgKey, webhook: ObjectId, now: Timestamp) -> Result<(), Refusal> {
    let store = &app.services.store;
    let head = store.feed_head(org).await.map_err(unavailable)?;
    let queue = Queue::new(org, webhook, now, head.position);
    store.keep_note(queue.note(app.services.ids.next())).await.map_err(unavailable)
}

/// How often a queue is changed under the hands of the server that works on it.
const ATTEMPTS: u32 = 20;

/// Changes the queue of a webhook.
///
/// # Errors
/// 503 when the database cannot answer, or others change it all the time; 500 when the webhook has none.
pub(crate) async fn change_queue<T>(
    app: &App,
    stored: &Stored,
    org: OrgKey,
    mut change: impl FnMut(&mut Queue) -> T,
) -> Result<T, Refusal> {
    for _ in 0..ATTEMPTS {
        let note = find_note(app, &Queue::name_of(org, stored.id)).await.map_err(unavailable)?;
        let read = note.as_ref().and_then(|note| Some((note, Queue::read(note)?)));
        let Some((note, mut queue)) = read else { return Err(resource::fault("A webhook has no queue")) };
        let changed = change(&mut queue);
        let value = queue.note(app.services.ids.next()).value;
        if app.services.store.replace_note(note, Some(value)).await.map_err(unavailable)? {
            app.webhooks.wake();
            return Ok(changed);
        }
        sleep(Duration::from_millis(10)).await;
    }
    Err(crate::answer::try_again("Events are being sent to the webhook: try again in a moment", 1))
}
