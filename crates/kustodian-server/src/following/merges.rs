//! Moves the records of merged customers to the target of the merge, and back when it is undone.
//!
//! The work depends only on the stored data, and never on which merge was noted: a record belongs to the customer that its
//! first customer was merged into. So it is done once or many times, by one server or another, with the same end.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kustodian_core::change::ChangeSet;
use kustodian_core::conversation;
use kustodian_core::customer::{self, Context, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::store::{CommitError, ListQuery, Pages, Stored};
use kustomer_api::ObjectId;

use super::{Cause, Held, STEP, Stop, TOGETHER, expect};
use crate::app::Services;
use crate::handlers::merges::resolve;
use crate::moved;
use crate::paging::FULL;

/// How many records follow in one transaction.
const BATCH: u32 = 32;

/// How often a record that others change at the same time is read again.
const ATTEMPTS: usize = 8;

impl Held<'_> {
    /// Visits the records of a customer and of all customers merged into it, also of undone merges.
    pub(super) async fn follow_customer(&mut self, org: &Org) -> Result<(), Stop> {
        let mut moved = 0;
        let family = family(self.services, org, self.followed.record).await?;
        for customer in family.iter().copied() {
            let mut owners = Owners { services: self.services, org, known: HashMap::new() };
            for kind in Kind::with_homes() {
                let Some(owner) = owners.of(customer).await? else { break };
                let mut after = None;
                while let Some(last) = follow_batch(self.services, org, kind, customer, owner, after).await? {
                    after = Some(last);
                    self.keep().await?;
                }
            }
            let mut pages = conversations_of(self.services, org, customer);
            while let Some(found) = pages.next().await? {
                let mut moves = Vec::new();
                for stored in found {
                    let first = conversation::merged_from(&stored)?.unwrap_or(customer);
                    let owner = owners.of(first).await?.filter(|owner| *owner != customer);
                    moves.extend(owner.map(|owner| (stored, owner)));
                }
                let (services, count) = (self.services, moves.len());
                for some in moves.chunks(TOGETHER * 4) {
                    let steps = some.iter().cloned().map(|(stored, owner)| move_to(services, org, stored, owner));
                    stream::iter(steps).buffer_unordered(TOGETHER).try_collect::<()>().await?;
                    self.keep().await?;
                }
                moved += count;
            }
        }
        self.recount(org, &family).await?;
        if moved > 0 {
            tracing::info!(customer = %self.followed.record, conversations = moved, "conversations follow a merge");
        }
        Ok(())
    }
}

impl Held<'_> {
    /// Ties the records beside a conversation to its customer of now.
    pub(super) async fn follow_conversation(&mut self, org: &Org) -> Result<(), Stop> {
        let id = self.followed.record;
        let Some(stored) = self.services.store.find(org.key, Kind::Conversation, id).await? else { return Ok(()) };
        let Some(owner) = conversation::customer_of(&stored)? else { return Ok(()) };
        for kind in Kind::with_homes() {
            let mut after = None;
            while let Some(last) = follow_batch(self.services, org, kind, id, owner, after).await? {
                after = Some(last);
                self.keep().await?;
            }
        }
        // A customer that it was moved from shows the last messages of the others. A deleted one may be restored.
        let store = &*self.services.store;
        for former in moved::former_customers(store, org.key, &stored).await? {
            let former = resolve(store, org.key, former).await?;
            let Some(found) = store.find(org.key, Kind::Customer, former).await? else { continue };
            if former != owner && missing::erased_at(&found)?.is_none() && customer::may_show(&found, &stored)? {
                self.recount_customer(org, former).await?;
            }
        }
        Ok(())
    }

    /// Counts the conversations of customers that were merged and are not any longer, and shows their last messages:
    /// conversations and messages of the meantime have returned, and were counted and shown for the other one.
    async fn recount(&mut self, org: &Org, family: &[ObjectId]) -> Result<(), Stop> {
        let mut apart = Vec::new();
        for customer in family.iter().copied() {
            if resolve(&*self.services.store, org.key, customer).await? == customer {
                apart.push(customer);
            }
        }
        if apart.len() < 2 {
            return Ok(());
        }
        for customer in apart {
            self.recount_customer(org, customer).await?;
        }
        Ok(())
    }

    /// Counts the conversations of a customer, and shows their last messages.
    async fn recount_customer(&mut self, org: &Org, customer: ObjectId) -> Result<(), Stop> {
        // A conversation that is counted otherwise meanwhile changes its customer, which is then counted again.
        for _ in 0..ATTEMPTS {
            let Some(stored) = self.services.store.find(org.key, Kind::Customer, customer).await? else { break };
            if missing::erased_at(&stored)?.is_some() {
                break;
            }
            let mut recount = customer::Recount::default();
            let mut pages = conversations_of(self.services, org, customer);
            while let Some(found) = pages.next().await? {
                found.iter().try_for_each(|conversation| recount.add(conversation))?;
                self.keep().await?;
            }
            let (context, event) = (context(self.services, org, customer), self.services.ids.next_event());
            let counted = recount.correct(&context, &stored, event)?;
            let Some(changes) = counted else { break };
            match self.services.store.commit(org.key, changes).await {
                Ok(_) => break,
                Err(CommitError::Stale { .. }) => {}
                Err(error) => return Err(Stop::Failed(error.to_string())),
            }
        }
        Ok(())
    }
}

/// Whom customers went into.
struct Owners<'a> {
    services: &'a Services,
    org: &'a Org,
    known: HashMap<ObjectId, Option<ObjectId>>,
}

impl Owners<'_> {
    /// Whom a customer went into at last; itself when it was not merged. `None` when that was erased: an erasure empties the
    /// sources of a merge before its target, and must find the records there that followed by then.
    async fn of(&mut self, customer: ObjectId) -> Result<Option<ObjectId>, Stop> {
        if let Some(owner) = self.known.get(&customer) {
            return Ok(*owner);
        }
        let store = &*self.services.store;
        let owner = resolve(store, self.org.key, customer).await?;
        let stored = store.find(self.org.key, Kind::Customer, owner).await?;
        let is_erased = stored.as_ref().map(missing::erased_at).transpose()?.flatten().is_some();
        let owner = (!is_erased).then_some(owner);
        self.known.insert(customer, owner);
        Ok(owner)
    }
}

/// A customer, and those that went into it or into one of them.
async fn family(services: &Services, org: &Org, customer: ObjectId) -> Result<Vec<ObjectId>, Stop> {
    let (mut all, mut known) = (vec![customer], BTreeSet::from([customer]));
    let mut at = 0;
    while let Some(target) = all.get(at).copied() {
        at += 1;
        let query = ListQuery::of(Kind::CustomerMerge, STEP, FULL).narrowed(customer::TARGET, target);
        let mut pages = Pages::of(&*services.store, org.key, query);
        while let Some(merges) = pages.next().await? {
            for merge in &merges {
                let source = customer::source_of(merge)?;
                all.extend(source.filter(|source| known.insert(*source)));
            }
        }
    }
    Ok(all)
}

/// The conversations of a customer, deleted ones last.
fn conversations_of<'s>(services: &'s Services, org: &Org, customer: ObjectId) -> Pages<'s> {
    let query = ListQuery::of(Kind::Conversation, STEP, FULL).narrowed(conversation::CUSTOMER, customer);
    Pages::with_deleted(&*services.store, org.key, query)
}

/// Links a conversation to another customer after its records. Each addition to a conversation changes it, so
/// nothing was added when it is still the same; else it is processed again. That the records are to be tied to the
/// conversation's customer is noted meanwhile: the move may be stopped, and the merge undone.
async fn move_to(services: &Services, org: &Org, mut stored: Stored, owner: ObjectId) -> Result<(), Stop> {
    let from = conversation::customer_of(&stored)?;
    let noted = expect(services, Cause::Moved, org.key, stored.id).await?;
    let mut owner = owner;
    for _ in 0..ATTEMPTS {
        for kind in Kind::with_homes() {
            let mut after = None;
            while let Some(last) = follow_batch(services, org, kind, stored.id, owner, after).await? {
                after = Some(last);
            }
        }
        let context = context(services, org, owner);
        let event = services.ids.next_event();
        let moved = match Kind::Conversation.follow(&context, &stored, event, owner)? {
            Some(changes) => services.store.commit(org.key, changes).await,
            None => Ok(ChangeSet::default()),
        };
        match moved {
            Ok(_) => {
                services.store.replace_note(&noted, None).await?;
                return Ok(());
            }
            Err(CommitError::Stale { .. }) => {}
            Err(error) => return Err(Stop::Failed(error.to_string())),
        }
        match services.store.find(org.key, Kind::Conversation, stored.id).await? {
            Some(found) => stored = found,
            None => return Ok(()),
        }
        // A user has moved it meanwhile: its records stay with it.
        let now = conversation::customer_of(&stored)?;
        owner = if now == from { owner } else { now.unwrap_or(owner) };
    }
    Err(Stop::Failed(format!("the conversation {} changes all the time", stored.id)))
}

/// Ties the next records at a home to a customer; the last of them, or `None` when there are no more.
async fn follow_batch(
    services: &Services,
    org: &Org,
    kind: Kind,
    home: ObjectId,
    owner: ObjectId,
    after: Option<ObjectId>,
) -> Result<Option<ObjectId>, Stop> {
    for _ in 0..ATTEMPTS {
        let found = services.store.list_at_home(org.key, kind, home, after, BATCH).await?;
        let Some(last) = found.last().map(|last| last.id) else { return Ok(None) };
        let mut changes = ChangeSet::default();
        for stored in &found {
            let event = services.ids.next_event();
            let followed = kind.follow(&context(services, org, owner), stored, event, owner)?;
            changes.merge(followed.unwrap_or_default());
        }
        if changes.puts.is_empty() {
            return Ok(Some(last));
        }
        match services.store.commit(org.key, changes).await {
            Ok(_) => return Ok(Some(last)),
            Err(CommitError::Stale { .. }) => {}
            Err(error) => return Err(Stop::Failed(error.to_string())),
        }
    }
    Err(Stop::Failed(format!("the {}s of {home} change all the time", kind.as_str())))
}

/// No user does it: it follows from the action of a user.
fn context<'a>(services: &Services, org: &'a Org, owner: ObjectId) -> Context<'a> {
    Context { org, actor: owner, now: services.clock.now(), client: SYSTEM, request_id: "", slas: None, import: None }
}
