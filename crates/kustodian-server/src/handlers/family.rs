//! Changes of records that belong to a conversation: they are decided under the locks of the record, of its conversation
//! and of the customer together, as both count their records.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::future::try_join_all;
use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::conversation::{self, Seeds};
use kustodian_core::conversation_time::Draw;
use kustodian_core::customer;
use kustodian_core::following::Cause;
use kustodian_core::kind::Kind;
use kustodian_core::message::Shown;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, Loaded, Stored};
use kustodian_core::{missing, resource};
use kustomer_api::error::code;
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId, role};
use serde_json::Value;

use crate::answer::unavailable;
use crate::call::Call;
use crate::following::Following;
use crate::handlers::merges;
use crate::handlers::plain::{self, Which};
use crate::paging::{Numbered, Pairs};

/// The records loaded for a decision about a record of a conversation.
pub(crate) struct Family {
    loaded: Loaded,
    conversation: ObjectId,
    customer: Option<ObjectId>,
}

impl Family {
    /// The conversation.
    pub(crate) fn conversation(&self) -> Option<&Stored> {
        self.loaded.get((Kind::Conversation, self.conversation))
    }

    /// The customer of the conversation, a deleted one too, unless it was erased.
    pub(crate) fn customer(&self) -> Option<&Stored> {
        let customer = self.loaded.get((Kind::Customer, self.customer?))?;
        matches!(missing::erased_at(customer), Ok(None)).then_some(customer)
    }

    /// The two of them, as records that show a message.
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown { conversation: self.conversation(), customer: self.customer() }
    }

    /// Another record.
    pub(crate) fn get(&self, name: Name) -> Option<&Stored> {
        self.loaded.get(name)
    }
}

/// Commits what `decide` makes of a conversation, its customer and the other records named, as if under their locks: a
/// request that changes a conversation alone decides on the records as they are read, and commits if they are still the
/// same. The conversation may move to another customer at any time: then the locks are taken again. The first of the
/// names that is given is the record that `If-Match` is about.
pub(crate) async fn commit<E, F>(
    call: &Call<E>,
    conversation: ObjectId,
    others: &[Name],
    decide: F,
) -> Result<ChangeSet, CommitError>
where
    E: Endpoint,
    F: FnOnce(&Family) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    // An import of a past brings the answers with the conversation.
    if call.is_rehearsal() || call.act().context().is_dated() {
        return commit_family(call, conversation, others, decide).await;
    }
    let late: Arc<OnceLock<ObjectId>> = Arc::default();
    let (unless_late, met) = (decide.clone(), Arc::clone(&late));
    let unless_late = move |family: &Family| {
        let changes = unless_late(family)?;
        match conversation::late_message(&changes) {
            None => Ok(changes),
            Some(conversation) => Err(late_message(*met.get_or_init(|| conversation))),
        }
    };
    let committed = commit_family(call, conversation, others, unless_late).await;
    let Some(late) = late.get().copied().filter(|_| committed.is_err()) else { return committed };
    // Noted before it is written: a server that is killed in between leaves the answers to the next.
    Following::expect(&call.app().services, Cause::Late, call.org(), late).await?;
    let changes = commit_family(call, conversation, others, decide).await?;
    call.app().following.happened(&call.app().services, Cause::Late, call.org(), late).await;
    Ok(changes)
}

/// Ends the attempt to write a late message before that is noted; nobody is answered it.
fn late_message(conversation: ObjectId) -> Refusal {
    Refusal::new(409, code::CONFLICT, "", format!("The conversation {conversation} has later messages"))
}

async fn commit_family<E, F>(
    call: &Call<E>,
    conversation: ObjectId,
    others: &[Name],
    decide: F,
) -> Result<ChangeSet, CommitError>
where
    E: Endpoint,
    F: FnOnce(&Family) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let about = others.first().copied().unwrap_or((Kind::Conversation, conversation));
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    // A decision that names more records may rest on some that it does not write, which a commit does not compare.
    let entered = call.app().alone.enter(call.org(), conversation);
    let mut is_tried = !entered.is_alone || others.len() > 1;
    // The customer that the one of the conversation was merged into, while the conversation has not followed it yet.
    let mut merged: Option<(ObjectId, ObjectId)> = None;
    for _ in 0..plain::ATTEMPTS {
        let stored = find(call, Kind::Conversation, conversation).await?;
        let named = stored.as_ref().map(conversation::customer_of).transpose()?.flatten();
        let into = merged.filter(|(source, _)| Some(*source) == named);
        let customer = into.map_or(named, |(_, target)| Some(target));
        let mut names = vec![(Kind::Conversation, conversation)];
        names.extend(customer.map(|customer| (Kind::Customer, customer)));
        names.extend(others);
        let has_moved = Arc::new(AtomicBool::new(false));
        let loaded = match is_tried {
            true => None,
            false => Some(load(call, stored, &names).await?),
        };
        let (moved, ready, decide, if_match) = (Arc::clone(&has_moved), call.ready(), decide.clone(), if_match.clone());
        let under_lock = move |loaded: Loaded| {
            let family = Family { loaded, conversation, customer };
            let now = family.conversation().map(conversation::customer_of).transpose()?.flatten();
            let is_merged = family.customer().map(customer::merged_into).transpose()?.flatten().is_some();
            if now != named || is_merged {
                moved.store(true, Ordering::Relaxed);
                return Err(plain::too_busy());
            }
            let stored = family.get(about);
            let met = stored.map_or(Ok(()), |stored| resource::check_if_match(stored, if_match.as_deref()));
            if stored.is_some_and(|stored| !stored.deleted) {
                met.clone()?;
            }
            let former = stored.map_or(0, |stored| stored.document.len());
            let changes = decide(&family)?;
            met?;
            ready(changes, former)
        };
        let Some(loaded) = loaded else {
            match call.commit_locked(names, Box::new(under_lock)).await {
                Err(CommitError::Refused(_)) if has_moved.load(Ordering::Relaxed) => {
                    if let Some(named) = named {
                        merged = Some((named, merges::resolve(call.store(), call.org(), named).await?));
                    }
                    continue;
                }
                committed => return committed,
            }
        };
        is_tried = true;
        // A refusal is decided once more under the locks: the records were not read in one moment.
        let Ok(changes) = under_lock(loaded) else { continue };
        match call.commit(changes).await {
            Err(CommitError::Stale { .. }) => {}
            committed => return committed,
        }
    }
    Err(plain::too_busy().into())
}

/// The records with these names as they are now; the conversation was read already.
async fn load<E: Endpoint>(
    call: &Call<E>,
    conversation: Option<Stored>,
    names: &[Name],
) -> Result<Loaded, kustodian_core::store::StoreError> {
    let mut loaded: Vec<(Name, Stored)> = Vec::new();
    loaded.extend(names.first().copied().zip(conversation));
    for (kind, id) in names.iter().skip(1) {
        loaded.extend(find(call, *kind, *id).await?.map(|stored| ((*kind, *id), stored)));
    }
    Ok(loaded.into_iter().collect())
}

/// Seeds for the events of a record, its conversation and its customer.
pub(crate) fn seeds<E: Endpoint>(call: &Call<E>) -> Seeds {
    Seeds {
        event: call.next_event(),
        conversation_event: call.next_event(),
        customer_event: call.next_event(),
        time: Draw { id: call.next_id(), event: call.next_event() },
    }
}

/// The id that a client chose for a record, or one of ours.
///
/// # Errors
/// 409 when a record of any kind has it.
pub(crate) async fn new_id<E: Endpoint>(call: &Call<E>, chosen: Option<String>) -> Result<ObjectId, Refusal> {
    match chosen.and_then(|id| id.parse().ok()) {
        Some(id) => free(call, id).await,
        None => Ok(call.next_id()),
    }
}

/// The id that an import keeps for a record, or one of ours.
///
/// # Errors
/// 409 when a record of any kind has it.
pub(crate) async fn kept_id<E: Endpoint>(call: &Call<E>) -> Result<ObjectId, Refusal> {
    match call.import().and_then(|import| import.id) {
        Some(id) => free(call, id).await,
        None => Ok(call.next_id()),
    }
}

/// An id that no record has. The kinds are asked together: an engine may answer all of them at once.
///
/// # Errors
/// 409 when a record of any kind has it.
pub(crate) async fn free<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<ObjectId, Refusal> {
    let holds = |kind| async move { find(call, kind, id).await.map(|found| found.map(|_| kind)) };
    let found = try_join_all(Kind::ALL.into_iter().map(holds)).await.map_err(unavailable)?;
    match found.into_iter().flatten().next() {
        Some(kind) => Err(conversation::taken(id, kind)),
        None => Ok(id),
    }
}

/// Why a record was not created. One that took the id meanwhile is named.
pub(crate) fn not_created<E: Endpoint>(call: &Call<E>, id: ObjectId, error: CommitError) -> Refusal {
    match error {
        CommitError::Stale { kind, id: stale } if stale == id => conversation::taken(id, kind),
        error => call.not_committed(error),
    }
}

/// The customer that a path names.
///
/// # Errors
/// 404 when it is not there.
pub(crate) async fn customer_of_path<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<(), Refusal> {
    let customer = find(call, Kind::Customer, id).await.map_err(unavailable)?;
    if customer.as_ref().is_none_or(|customer| customer.deleted) {
        return Err(missing::missing(Kind::Customer, customer.as_ref()));
    }
    Ok(())
}

/// A page of the records of a kind that belong to another record, oldest first.
pub(crate) async fn list_of<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    (column, parent): (&'static str, Name),
    page: PageQuery,
    conditions: &Pairs,
) -> Result<crate::answer::Answer, Refusal> {
    let segment = kind.spec().path.trim_start_matches("/v1/");
    let which = Which {
        of: vec![(column, parent.1.to_string())],
        path: Some(format!("{}/{segment}", parent.0.path_of(parent.1))),
        ..Which::default()
    };
    plain::list_narrowed(call, kind, which, Numbered::of(page), conditions).await
}

/// Lets users and teams pass that exist; gives their names, to be asserted in the commit. Those that the record `has`
/// already pass too: an answer can be sent back after one of them was deleted.
///
/// # Errors
/// 400 for one that does not exist.
pub(crate) async fn known<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    member: &str,
    ids: &[String],
    has: &[String],
) -> Result<Vec<Name>, Refusal> {
    let mut names = Vec::new();
    for text in ids.iter().filter(|id| !has.iter().any(|has| has.eq_ignore_ascii_case(id))) {
        let unknown = || conversation::unknown(kind, member, text);
        let id: ObjectId = text.parse().map_err(|_| unknown())?;
        let found = find(call, kind, id).await.map_err(unavailable)?;
        found.filter(|record| !record.deleted).ok_or_else(unknown)?;
        if !names.contains(&(kind, id)) {
            names.push((kind, id));
        }
    }
    Ok(names)
}

/// A record as it is. A body may name again what the record names already, though it was deleted since.
pub(crate) struct Former(Value);

impl Former {
    /// The record with this id; one that names nothing when there is none.
    pub(crate) async fn find<E: Endpoint>(call: &Call<E>, kind: Kind, id: Option<ObjectId>) -> Result<Self, Refusal> {
        let Some(id) = id else { return Ok(Self(Value::Null)) };
        let stored = find(call, kind, id).await.map_err(unavailable)?;
        Ok(Self(stored.map_or(Ok(Value::Null), |stored| resource::read(&stored.document))?))
    }

    /// The ids at a place of the record, or below it.
    pub(crate) fn ids(&self, place: &str) -> Vec<String> {
        let mut ids = Vec::new();
        self.0.pointer(place).into_iter().for_each(|value| collect(value, &mut ids));
        ids
    }
}

fn collect(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::String(id) => ids.push(id.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, ids)),
        Value::Object(members) => members.get("id").into_iter().for_each(|value| collect(value, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the caller may say who wrote a record and when.
pub(crate) fn may_backdate<E: Endpoint>(call: &Call<E>) -> bool {
    role::any_grants(&call.caller().token.roles, &["org.admin"])
}

/// Every record of a kind with a value in a column, deleted ones or the others, at most this many.
pub(crate) async fn some_of<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    (column, value): (&'static str, ObjectId),
    deleted: bool,
    limit: u32,
) -> Result<Vec<Stored>, Refusal> {
    let query = ListQuery { deleted, ..ListQuery::of(kind, limit, crate::parts::HELD).narrowed(column, value) };
    Ok(call.store().list(call.org(), query).await.map_err(unavailable)?.records)
}

pub(crate) async fn find<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
) -> Result<Option<Stored>, kustodian_core::store::StoreError> {
    call.store().find(call.org(), kind, id).await
}
