//! Erases the records that a record owns: in batches, so that no transaction grows with their number, and an erasure that
//! is stopped in the middle continues by asking again.

use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::conversation;
use kustodian_core::customer;
use kustodian_core::inbound_webhook::Person;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, Loaded, Pages, Stored};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::unavailable;
use crate::call::Call;
use crate::files::Removal;
use crate::handlers::identities::identities_of;
use crate::handlers::{family, inbound_webhooks, merges, plain, spam_senders};
use crate::moved;

/// How many records are erased in one transaction.
const BATCH: u32 = 32;

/// Erases everything that a customer owns: the customers that were merged into it with what they own, the records whose home
/// it is, its conversations with theirs, attachments with their bytes, what the org says of it as a sender, and what other
/// systems posted about it.
pub(crate) async fn erase_owned<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<(), Refusal> {
    if let Some(identities) = identities_of(call, customer).await? {
        spam_senders::erase_senders_of(call, customer, &identities).await?;
        inbound_webhooks::erase_posts_about(call, &Person::of(customer, &identities)).await?;
    }
    for source in merges::absorbed(call, customer).await? {
        Box::pin(erase_owned(call, source)).await?;
        let (act, event) = (call.act(), call.next_event());
        let erase = move |stored: Stored| customer::erase(&act.context(), Some(&stored), event, None).map(Some);
        commit(call, (Kind::Customer, source), erase).await?;
    }
    erase_returning(call, customer).await?;
    call.store().forget_tracked(call.org(), customer).await.map_err(unavailable)?;
    erase_owned_by(call, Kind::Customer, customer).await
}

/// Empties the history of the customers that one was merged into, as it shows that customer: undone merges leave it there.
/// Before the record itself is erased, so that an erasure that is stopped in the middle does it again.
pub(crate) async fn forget_where_merged<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<(), Refusal> {
    let mut erased = vec![customer];
    erased.extend(merges::absorbed(call, customer).await?);
    let mut targets = Vec::new();
    for one in &erased {
        targets.extend(merges::ever_targets(call, *one).await?);
    }
    targets.sort_unstable();
    targets.dedup();
    targets.retain(|target| !erased.contains(target));
    for target in targets {
        let Some(stored) = family::find(call, Kind::Customer, target).await.map_err(unavailable)? else { continue };
        let shown = match customer::shown_conversation(&stored)? {
            Some(shown) => family::find(call, Kind::Conversation, shown).await.map_err(unavailable)?,
            None => None,
        };
        let owner = shown.as_ref().map(conversation::customer_of).transpose()?.flatten();
        let (act, event, shows_own) = (call.act(), call.next_event(), owner == Some(target));
        let forget = move |stored: Stored| customer::forget_shown(&act.context(), &stored, event, None, shows_own);
        commit(call, (Kind::Customer, target), forget).await?;
    }
    Ok(())
}

/// Empties the history of the customers that a conversation was moved from, and of those that they were merged with, as it
/// shows the conversation. Before the conversation itself is erased, whose history names them.
async fn forget_where_moved<E: Endpoint>(call: &Call<E>, conversation: &Stored) -> Result<(), Refusal> {
    let (store, org) = (call.store(), call.org());
    let mut formers = moved::former_customers(store, org, conversation).await?;
    for former in formers.clone() {
        formers.extend(merges::related(call, former).await?);
    }
    formers.sort_unstable();
    formers.dedup();
    for former in formers {
        let Some(stored) = family::find(call, Kind::Customer, former).await.map_err(unavailable)? else { continue };
        let shows_own = customer::shown_conversation(&stored)? != Some(conversation.id);
        let kept = moved::before(store, org, former, conversation).await?;
        let (act, event) = (call.act(), call.next_event());
        let forget = move |stored: Stored| customer::forget_shown(&act.context(), &stored, event, kept, shows_own);
        commit(call, (Kind::Customer, former), forget).await?;
    }
    Ok(())
}

/// Erases the conversations that return to a customer after a merge of it was undone, and have not done so yet.
async fn erase_returning<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<(), Refusal> {
    for target in merges::targets(call, customer).await? {
        let query =
            ListQuery::of(Kind::Conversation, BATCH, crate::parts::HELD).narrowed(conversation::CUSTOMER, target);
        let mut pages = Pages::with_deleted(call.store(), call.org(), query);
        while let Some(found) = pages.next().await.map_err(unavailable)? {
            for stored in found {
                if conversation::merged_from(&stored)? == Some(customer) {
                    Box::pin(erase_owner(call, Kind::Conversation, stored)).await?;
                }
            }
        }
    }
    Ok(())
}

async fn erase_owned_by<E: Endpoint>(call: &Call<E>, owner: Kind, id: ObjectId) -> Result<(), Refusal> {
    erase_at_home(call, id).await?;
    for (kind, column) in owner.owned() {
        for deleted in [false, true] {
            loop {
                // One that was erased is its owner's no longer.
                let found = family::some_of(call, kind, (column, id), deleted, BATCH).await?;
                if found.is_empty() {
                    break;
                }
                let removal = Removal::prepare(call.app(), &call.act().org, kind, &found).await?;
                for stored in found {
                    // Its records may own more.
                    Box::pin(erase_owner(call, kind, stored)).await?;
                }
                removal.finish(call.app()).await;
            }
        }
    }
    Ok(())
}

/// Erases a record with those whose home it is. It takes no new ones once it is deleted, and stays its owner's until they
/// are erased, so that an erasure that is stopped in the middle finds it again.
async fn erase_owner<E: Endpoint>(call: &Call<E>, kind: Kind, stored: Stored) -> Result<(), Refusal> {
    let (act, id) = (call.act(), stored.id);
    if !stored.deleted {
        let (act, event) = (act.clone(), call.next_event());
        commit(call, (kind, id), move |stored| kind.delete_owned(&act.context(), &stored, event)).await?;
    }
    erase_owned_by(call, kind, id).await?;
    if kind == Kind::Conversation {
        forget_where_moved(call, &stored).await?;
    }
    let event = call.next_event();
    commit(call, (kind, id), move |stored| kind.erase(&act.context(), &stored, event)).await
}

/// Commits a change of a record under its lock.
pub(crate) async fn commit<E: Endpoint>(
    call: &Call<E>,
    name: Name,
    decide: impl FnOnce(Stored) -> Result<Option<ChangeSet>, Refusal> + Send + 'static,
) -> Result<(), Refusal> {
    let decide = move |mut loaded: Loaded| {
        let changes = loaded.take(name).map(decide).transpose()?;
        Ok(changes.flatten().unwrap_or_default())
    };
    let committed = call.store().commit_locked(call.org(), vec![name], Box::new(decide)).await;
    committed.map(drop).map_err(|error| call.not_committed(error))
}

/// Erases every record that has this home, deleted ones included.
async fn erase_at_home<E: Endpoint>(call: &Call<E>, home: ObjectId) -> Result<(), Refusal> {
    for kind in Kind::with_homes() {
        let mut after = None;
        while let Some(last) = erase_batch(call, kind, home, after).await? {
            after = Some(last);
        }
    }
    Ok(())
}

/// Erases the next records after one; the last of them, or `None` when there are no more.
async fn erase_batch<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    home: ObjectId,
    after: Option<ObjectId>,
) -> Result<Option<ObjectId>, Refusal> {
    let act = call.act();
    for _ in 0..plain::ATTEMPTS {
        let found = call.store().list_at_home(call.org(), kind, home, after, BATCH).await.map_err(unavailable)?;
        let Some(last) = found.last().map(|last| last.id) else { return Ok(None) };
        let mut changes = ChangeSet::default();
        for stored in &found {
            if let Some(erased) = kind.erase(&act.context(), stored, call.next_event())? {
                changes.merge(erased);
            }
        }
        if changes.puts.is_empty() {
            return Ok(Some(last));
        }
        match call.commit(changes).await {
            Ok(_) => return Ok(Some(last)),
            Err(CommitError::Stale { .. }) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}
