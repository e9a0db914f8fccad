//! Works on the queue of one webhook until there is nothing to send.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use kustodian_core::change::ChangeSet;
use kustodian_core::customer::{Context, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::feed::{FeedQuery, Payload};
use kustodian_core::kind::Kind;
use kustodian_core::outbound_webhook::{
    self, Arrived, Attempt, Log, Pending, Queue, Settled, Subscription, Transaction,
};
use kustodian_core::store::{Note, Stored, decide_on};
use kustomer_api::{ObjectId, Timestamp};
use tokio::time::sleep;

use super::post::{NotTaken, Post};
use super::{Stop, Window, find_note, pending, remove};
use crate::app::App;
use crate::{envelopes, grants};

/// How long a server that works on a queue keeps others from it, unless it renews its lease.
const LEASE: Duration = Duration::from_secs(6);

/// How many records' events are sent at the same time; one after the other while any of them fails.
const TOGETHER: usize = 4;

/// How many events are begun before what became of them is kept.
const BATCH: usize = 50;

/// How long events are begun before what became of them is kept.
const BATCH_TIME: Duration = Duration::from_secs(5);

/// How many events of a record that is behind are read at a time.
const PAGE: u32 = 50;

pub(super) struct Worker {
    app: Arc<App>,
    org: Org,
    note: Note,
    queue: Queue,
    post: Post,
}

/// What sends an event, apart from the queue.
struct Sender<'a> {
    app: &'a App,
    org: &'a Org,
    post: &'a Post,
    subscription: &'a Subscription,
    answerer: Option<ObjectId>,
    until: Instant,
}

impl Worker {
    /// Takes a queue for this server.
    ///
    /// # Errors
    /// When another server has it.
    pub(super) async fn take(app: Arc<App>, org: Org, note: Note, queue: Queue, post: Post) -> Result<Self, Stop> {
        let mut worker = Self { app, org, note, queue, post };
        worker.keep(Some(LEASE)).await?;
        Ok(worker)
    }

    pub(super) async fn work(mut self) -> Result<(), Stop> {
        let webhook = self.queue.webhook;
        loop {
            let store = &self.app.services.store;
            let head = store.feed_head(self.org.key).await?.position;
            let stored = store.find(self.org.key, Kind::OutboundWebhook, webhook).await?;
            let Some(stored) = stored.filter(|stored| !stored.deleted) else {
                remove(&self.app, &self.note, &self.queue).await?;
                return Ok(());
            };
            let Some(subscription) = Subscription::of(&stored)? else { return self.keep(None).await };
            let now = self.app.services.clock.now();
            if self.queue.is_halted {
                self.queue.resume(now);
            }
            let answerer = outbound_webhook::answerer(&stored)?;
            if let Err(reason) = check_answerer(&self.app, &self.org, answerer, &subscription).await? {
                self.disable(&stored, reason).await?;
                return self.keep(None).await;
            }
            let window = Window::find(&self.app, &self.queue, &subscription, head).await?;
            let mut groups = self.find_again(now).await?;
            let behind = self.find_behind(&subscription, now).await?;
            groups.extend(alternately(self.queue.plan(&window.events, now), behind));
            if groups.is_empty() {
                self.queue.advance(&window.events, window.seen);
                if window.is_whole || self.queue.position < window.seen {
                    self.queue.looked_at = head;
                    return self.keep(None).await;
                }
                self.keep(Some(LEASE)).await?;
                continue;
            }
            let reason = self.send(groups, &subscription, answerer).await?;
            self.queue.advance(&window.events, window.seen);
            self.keep(Some(LEASE)).await?;
            if let Some(reason) = reason {
                self.disable(&stored, reason).await?;
                return self.keep(None).await;
            }
        }
    }

    /// Sends events, and takes note of what became of them; why the webhook has to be disabled, when it has.
    async fn send(
        &mut self,
        groups: Vec<Vec<Attempt>>,
        subscription: &Subscription,
        answerer: Option<ObjectId>,
    ) -> Result<Option<String>, Stop> {
        let is_failing = groups.iter().flatten().any(|attempt| attempt.number > 1);
        let together = if is_failing { 1 } else { TOGETHER };
        let (app, org, post) = (Arc::clone(&self.app), self.org.clone(), self.post.clone());
        let until = Instant::now() + BATCH_TIME;
        let sender = Sender { app: &app, org: &org, post: &post, subscription, answerer, until };
        let mut left = BATCH;
        let groups = groups.into_iter().map_while(|mut group| {
            group.truncate(left);
            left -= group.len();
            (!group.is_empty()).then_some(group)
        });
        let batch: Vec<Vec<Attempt>> = groups.collect();
        let sending = stream::iter(batch.into_iter().map(|group| sender.send_group(group))).buffer_unordered(together);
        let mut sending = std::pin::pin!(sending.collect::<Vec<_>>());
        let sent = loop {
            tokio::select! {
                sent = &mut sending => break sent,
                () = sleep(LEASE / 3) => self.keep(Some(LEASE)).await?,
            }
        };
        let delays: Vec<i64> = app.settings.webhook_retries.iter().map(|pause| millis(*pause)).collect();
        let (mut log, mut reason) = (self.find_log().await?, None);
        for (arrived, mut transaction) in sent.into_iter().flatten() {
            let now = Timestamp::from_millis(transaction.began_at + i64::try_from(transaction.duration).unwrap_or(0));
            match self.queue.settle(arrived, now, &delays) {
                Settled::Done => {}
                Settled::Again(next) => transaction.next_at = Some(next.as_millis()),
                Settled::GivenUp => {
                    let error = transaction.error.clone().unwrap_or_default();
                    let (event, tries) = (&transaction.event_id, transaction.attempt);
                    reason = Some(format!("The event {event} was not delivered in {tries} attempts: {error}"));
                }
            }
            log.add(transaction);
        }
        self.app.services.store.keep_note(log.note(self.queue.org, self.queue.webhook)).await?;
        Ok(reason)
    }

    /// The events that were asked for by hand.
    async fn find_again(&mut self, now: Timestamp) -> Result<Vec<Vec<Attempt>>, Stop> {
        let (mut found, mut gone) = (Vec::new(), Vec::new());
        for (position, number) in self.queue.again(now).take(BATCH) {
            let query = FeedQuery {
                after: Some(position.saturating_sub(1)),
                before: Some(position + 1),
                limit: 1,
                payload: Payload::None,
                ..FeedQuery::default()
            };
            match self.app.services.store.feed(self.org.key, query).await?.events.pop() {
                Some(event) => {
                    let event = Pending { position, id: event.id, record: (event.kind, event.record) };
                    found.push(vec![Attempt { event, number, is_again: true }]);
                }
                None => gone.push(position),
            }
        }
        for position in gone {
            self.queue.forget(position);
        }
        Ok(found)
    }

    /// The events of records that are behind.
    async fn find_behind(&mut self, subscription: &Subscription, now: Timestamp) -> Result<Vec<Vec<Attempt>>, Stop> {
        let records: Vec<_> = self.queue.behind(now).take(BATCH).collect();
        let mut found = Vec::new();
        for ((kind, id), from) in records {
            let query = FeedQuery {
                after: Some(from.saturating_sub(1)),
                before: Some(self.queue.position + 1),
                kinds: vec![kind],
                record: Some(id),
                limit: PAGE,
                payload: Payload::None,
                ..FeedQuery::default()
            };
            let page = self.app.services.store.feed(self.org.key, query).await?.events;
            let last = page.last().and_then(|event| event.position).filter(|_| page.len() >= PAGE as usize);
            let left = pending(page, subscription);
            let next = left.first().map(|event| event.position);
            self.queue.skip_to((kind, id), next.unwrap_or_else(|| last.unwrap_or(self.queue.position) + 1));
            found.push(self.queue.plan_behind(&left, now));
        }
        found.retain(|group| !group.is_empty());
        Ok(found)
    }

    async fn find_log(&self) -> Result<Log, Stop> {
        let note = find_note(&self.app, &Log::name_of(self.queue.org, self.queue.webhook)).await?;
        Ok(note.as_ref().map(Log::read).unwrap_or_default())
    }

    /// Keeps the queue as it is, and the lease for so long, or no longer.
    async fn keep(&mut self, lease: Option<Duration>) -> Result<(), Stop> {
        let now = self.app.services.clock.now();
        let until = lease.map_or(0, |lease| now.as_millis() + millis(lease));
        self.queue.leased_until = Timestamp::from_millis(until);
        let note = self.queue.note(self.app.services.ids.next());
        if !self.app.services.store.replace_note(&self.note, Some(note.value.clone())).await? {
            return Err(Stop::Lost);
        }
        self.note = note;
        Ok(())
    }

    async fn disable(&self, stored: &Stored, reason: String) -> Result<(), Stop> {
        tracing::warn!(webhook = %stored.id, org = self.org.name, "a webhook is disabled: GET it for the reason");
        let (org, event) = (self.org.clone(), self.app.services.ids.next_event());
        let now = self.app.services.clock.now();
        let decide = move |stored: Option<Stored>| {
            let Some(stored) = stored else { return Ok(ChangeSet::default()) };
            let context =
                Context { org: &org, actor: org.id, now, client: SYSTEM, request_id: "", slas: None, import: None };
            outbound_webhook::disable(&context, &stored, event, &reason)
        };
        let name = (Kind::OutboundWebhook, stored.id);
        self.app.services.store.commit_locked(self.org.key, vec![name], decide_on(name, decide)).await?;
        Ok(())
    }
}

impl Sender<'_> {
    /// Sends events one after the other, as long as each is taken.
    async fn send_group(&self, group: Vec<Attempt>) -> Vec<(Arrived, Transaction)> {
        let mut sent = Vec::new();
        for attempt in group {
            // Records that a user may no longer read are not sent any longer, however long the others take.
            let may_be_sent = check_answerer(self.app, self.org, self.answerer, self.subscription).await;
            if Instant::now() > self.until || !matches!(may_be_sent, Ok(Ok(()))) {
                break;
            }
            let (arrived, transaction) = self.send(attempt).await;
            sent.push((arrived, transaction));
            if !arrived.is_delivered {
                break;
            }
        }
        sent
    }

    async fn send(&self, attempt: Attempt) -> (Arrived, Transaction) {
        let (services, began) = (&self.app.services, Instant::now());
        let began_at = services.clock.now().as_millis();
        let mut name = String::new();
        let outcome = match self.envelope(attempt, &mut name).await {
            Ok(body) => self.post.send(self.subscription, &name, body).await,
            Err(reason) => Err(NotTaken::because(reason)),
        };
        let (status, error) = match outcome {
            Ok(status) => (Some(status), None),
            Err(NotTaken { status, reason }) => (status, Some(reason)),
        };
        let transaction = Transaction {
            id: services.ids.next().to_string(),
            event_id: attempt.event.id.to_string(),
            event: name,
            position: attempt.event.position,
            attempt: attempt.number,
            status,
            error,
            duration: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            began_at,
            next_at: None,
        };
        (Arrived { attempt, is_delivered: transaction.error.is_none() }, transaction)
    }

    /// The event as it is sent, with masks in place of hidden values, and its name.
    async fn envelope(&self, attempt: Attempt, name: &mut String) -> Result<String, String> {
        let store = &*self.app.services.store;
        let found = store.find_event(self.org.key, attempt.event.id).await.map_err(|error| error.to_string())?;
        let found = found.ok_or("the event is not there any longer")?;
        name.clone_from(&found.name);
        let envelopes = envelopes::of(store, self.org, &[found]).await.map_err(|refusal| refusal.to_string())?;
        let envelope = envelopes.into_iter().next().unwrap_or_default();
        let masks = self.app.described.masks(store, self.org.key).await.map_err(|refusal| refusal.to_string())?;
        Ok(masks.hide(&envelope, &Arc::default()).unwrap_or(envelope))
    }
}

/// Whether the user who is responsible for a webhook may still read its events; else why it has to be disabled.
async fn check_answerer(
    app: &App,
    org: &Org,
    answerer: Option<ObjectId>,
    subscription: &Subscription,
) -> Result<Result<(), String>, Stop> {
    let roles = match answerer {
        Some(user) => grants::roles_now(app, org.key, user).await?,
        None => None,
    };
    Ok(outbound_webhook::check_answerer(answerer, roles.as_deref(), &subscription.events))
}

/// The first of both, then the second of both, and so on, so that neither of them waits for the whole of the other.
fn alternately<T>(ones: Vec<T>, others: Vec<T>) -> impl Iterator<Item = T> {
    let (mut next, mut after) = (ones.into_iter(), others.into_iter());
    std::iter::from_fn(move || {
        std::mem::swap(&mut next, &mut after);
        after.next().or_else(|| next.next())
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
