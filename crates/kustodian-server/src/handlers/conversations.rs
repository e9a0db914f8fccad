//! Conversations.

use kustodian_core::change::{ChangeSet, Name};
use kustodian_core::claim::ClaimKind;
use kustodian_core::conversation::{self, Write, external_id_key};
use kustodian_core::following::Cause;
use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{CommitError, Loaded, SortKey, Stored, Within};
use kustodian_core::tag::Resolved;
use kustomer_api::conversation::{
    AppendTagsToConversation, ConversationInput, CreateConversation, CreateConversationForCustomer, DeleteConversation,
    GetConversation, GetConversationByExternalId, GetConversations, GetConversationsByCustomer,
    GetMultipleConversationsByIds, ListOfCustomer, Queue, RemoveTagsFromConversation, UpdateConversation,
    UpdateConversationAttributes,
};
use kustomer_api::query::{Include, PageQuery, QueryArguments};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::creations::{self, Of};
use crate::described;
use crate::following::Following;
use crate::handlers::family::Former;
use crate::handlers::plain::{self, Which};
use crate::handlers::{family, tags};
use crate::paging::Numbered;
use crate::slas;

pub(crate) async fn get_conversations(call: Call<GetConversations>) -> Result<Answer, Refusal> {
    plain::list_by_id(&call, Kind::Conversation, call.query).await
}

pub(crate) async fn get_conversations_by_customer(call: Call<GetConversationsByCustomer>) -> Result<Answer, Refusal> {
    let (id, ListOfCustomer { paging, from_date }) = (call.path, call.query);
    family::customer_of_path(&call, id).await?;
    let conditions = ListOfCustomer { paging: PageQuery::default(), from_date }.write();
    let within: Vec<Within> = from_date
        .map(|moment| Within { of: SortKey::UpdatedAt, from: moment.as_millis(), to: i64::MAX })
        .into_iter()
        .collect();
    let which = Which {
        of: vec![(conversation::CUSTOMER, id.to_string())],
        sort: if within.is_empty() { SortKey::Id } else { SortKey::UpdatedAt },
        within,
        path: Some(format!("{}/conversations", Kind::Customer.path_of(id))),
        ..Which::default()
    };
    plain::list_narrowed(&call, Kind::Conversation, which, Numbered::of(paging), &conditions).await
}

pub(crate) async fn get_conversation(call: Call<GetConversation>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Conversation, call.path, call.query).await
}

pub(crate) async fn get_multiple_conversations_by_ids(
    call: Call<GetMultipleConversationsByIds>,
) -> Result<Answer, Refusal> {
    plain::list_named(&call, Kind::Conversation, call.query, Include::default()).await
}

pub(crate) async fn get_conversation_by_external_id(
    call: Call<GetConversationByExternalId>,
) -> Result<Answer, Refusal> {
    described::authorize_look_up(&call, Kind::Conversation.as_str(), &["externalId"]).await?;
    let key = external_id_key(ClaimKind::ConversationExternalId, call.org(), &call.path);
    let found = call.store().find_by_claim(call.org(), Kind::Conversation, key).await.map_err(unavailable)?;
    let stored = found.filter(|found| !found.deleted).ok_or_else(|| Refusal::not_found("externalId"))?;
    Ok(Answer::ok(stored.document))
}

pub(crate) async fn create_conversation(call: Call<CreateConversation>) -> Result<Answer, Refusal> {
    create(&call.importing(Kind::Conversation)?, None).await
}

pub(crate) async fn create_conversation_for_customer(
    call: Call<CreateConversationForCustomer>,
) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::Conversation)?;
    create(&call, Some(call.path)).await
}

async fn create<E>(call: &Call<E>, of: Option<ObjectId>) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = ConversationInput>,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let mut input = described::input(call, Kind::Conversation, described::Write::New).await?;
    let customer = customer_in(input.customer.take(), of)?;
    let id = family::new_id(call, input.id.take()).await?;
    creations::count(call, Kind::Conversation, Of::Customer(customer), input.imported_at.is_some()).await?;
    let (act, seeds, named) = (slas::act(call).await?, family::seeds(call), input.tags.take());
    for _ in 0..plain::ATTEMPTS {
        let write = Write {
            input: input.clone(),
            tags: tags::resolve(call, named.clone()).await?,
            assigned: assigned(call, &input, None).await?,
        };
        let (act, ready, is_in_path) = (act.clone(), call.ready(), of.is_some());
        let decide = move |loaded: Loaded| {
            let customer = alive_customer(&loaded, customer, is_in_path)?;
            ready(conversation::create(&act.context(), id, seeds, customer, write)?, 0)
        };
        match call.commit_locked(vec![(Kind::Customer, customer)], Box::new(decide)).await {
            Ok(changes) => return plain::written(changes, Answer::created),
            Err(error) if plain::is_about_another(Kind::Conversation, &error) => {}
            Err(error) => return Err(family::not_created(call, id, error)),
        }
    }
    Err(plain::too_busy())
}

/// The customer that the path names, or the one that the body does.
pub(crate) fn customer_in(sent: Option<String>, of: Option<ObjectId>) -> Result<ObjectId, Refusal> {
    match (of, sent.and_then(|id| id.parse().ok())) {
        (Some(of), Some(other)) if of != other => Err(conversation::other("customer", of)),
        (of, named) => of
            .or(named)
            .ok_or_else(|| conversation::needed("customer", "send the id of the customer that it belongs to")),
    }
}

/// The customer of a record to create, under its lock.
///
/// # Errors
/// 404 when the path names none, 400 when the body does.
pub(crate) fn alive_customer(loaded: &Loaded, id: ObjectId, is_in_path: bool) -> Result<&Stored, Refusal> {
    match loaded.get((Kind::Customer, id)) {
        Some(found) if !found.deleted => Ok(found),
        found if is_in_path => Err(missing::missing(Kind::Customer, found)),
        _ => Err(conversation::unknown(Kind::Customer, "customer", &id.to_string())),
    }
}

/// The queue that a body names, which must exist, unless it is the one that the conversation has.
pub(crate) async fn known_queue<E: Endpoint>(
    call: &Call<E>,
    queue: Option<&Queue>,
    has: &[String],
) -> Result<Vec<Name>, Refusal> {
    let id = queue.and_then(|queue| queue.id.value()).map(std::slice::from_ref).unwrap_or_default();
    let known = family::known(call, Kind::RoutingQueue, "queue", id, has).await;
    known.map_err(|refusal| match refusal.status {
        400 => refusal.with_meta("pointer", "/queue/id"),
        _ => refusal,
    })
}

/// The users and teams that a body assigns, and its queue, which must exist, unless the conversation with the id `of` has
/// them already.
async fn assigned<E: Endpoint>(
    call: &Call<E>,
    input: &ConversationInput,
    of: Option<ObjectId>,
) -> Result<Vec<Name>, Refusal> {
    let users = input.assigned_users.as_deref().unwrap_or_default();
    let teams = input.assigned_teams.as_deref().unwrap_or_default();
    let of = of.filter(|_| !users.is_empty() || !teams.is_empty() || input.queue.is_some());
    let former = Former::find(call, Kind::Conversation, of).await?;
    let [has_users, has_teams] = ["/attributes/assignedUsers", "/attributes/assignedTeams"].map(|it| former.ids(it));
    let mut names = family::known(call, Kind::User, "assignedUsers", users, &has_users).await?;
    names.extend(family::known(call, Kind::Team, "assignedTeams", teams, &has_teams).await?);
    let has_queue = former.ids("/relationships/queue/data");
    names.extend(known_queue(call, input.queue.as_ref(), &has_queue).await?);
    Ok(names)
}

pub(crate) async fn update_conversation(call: Call<UpdateConversation>) -> Result<Answer, Refusal> {
    update(&call, call.path, call.query.replace).await
}

pub(crate) async fn update_conversation_attributes(
    call: Call<UpdateConversationAttributes>,
) -> Result<Answer, Refusal> {
    update(&call, call.path, false).await
}

async fn update<E>(call: &Call<E>, id: ObjectId, replace: bool) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = ConversationInput>,
{
    let mut input = described::input(call, Kind::Conversation, described::Write::of(id, replace)).await?;
    if let Some(customer) = input.customer.take() {
        return match (customer.parse(), input == ConversationInput { rev: input.rev.clone(), ..Default::default() }) {
            (Ok(customer), true) => move_to(call, id, customer, input.rev).await,
            (Err(_), _) => Err(conversation::unknown(Kind::Customer, "customer", &customer)),
            (_, false) => {
                let title =
                    "customer moves the conversation and is sent alone: send the other attributes before or after";
                Err(Refusal::new(400, kustomer_api::error::code::BAD_PARAM, "customer", title))
            }
        };
    }
    let (act, seeds, named) = (slas::act(call).await?, family::seeds(call), input.tags.take());
    for _ in 0..plain::ATTEMPTS {
        let write = Write {
            input: input.clone(),
            tags: tags::resolve(call, named.clone()).await?,
            assigned: assigned(call, &input, Some(id)).await?,
        };
        let act = act.clone();
        let decide = move |family: &family::Family| {
            let (stored, customer) = (family.conversation(), family.customer());
            conversation::update(&act.context(), stored, customer, seeds, write, replace)
        };
        match family::commit(call, id, &[], decide).await {
            Ok(changes) if changes.puts.is_empty() => return plain::present(call, Kind::Conversation, id).await,
            Ok(changes) => return plain::written(changes, Answer::ok),
            Err(error) if plain::is_about_another(Kind::Conversation, &error) => {}
            Err(error) => return Err(explained(call, id, error).await),
        }
    }
    Err(plain::too_busy())
}

/// Why a conversation was not changed; a caller who may restore a deleted one gets a hint how.
async fn explained<E: Endpoint>(call: &Call<E>, id: ObjectId, error: CommitError) -> Refusal {
    match error {
        CommitError::Refused(refusal) if refusal.status == 404 => {
            match family::find(call, Kind::Conversation, id).await {
                Ok(stored) => plain::not_there(call, Kind::Conversation, stored.as_ref()),
                Err(error) => unavailable(error),
            }
        }
        error => call.not_committed(error),
    }
}

/// How many messages or notes follow their conversation in one transaction.
const BATCH: u32 = 32;

/// How many such transactions of each kind are done before a move is answered. The rest follows after the answer.
const AT_ONCE: usize = 2;

/// Moves a conversation to another customer, then its messages and notes, in batches. That they are to follow is noted before, so
/// that a server which is stopped in the middle leaves the rest to another.
async fn move_to<E: Endpoint>(
    call: &Call<E>,
    id: ObjectId,
    customer: ObjectId,
    rev: Option<serde_json::Number>,
) -> Result<Answer, Refusal> {
    let (act, seeds, to_event) = (slas::act(call).await?, family::seeds(call), call.next_event());
    let to = (Kind::Customer, customer);
    let decide = move |family: &family::Family| {
        let stored = conversation::alive(family.conversation())?;
        resource::check_rev(stored, rev.as_ref())?;
        if conversation::customer_of(stored)? == Some(customer) {
            return Ok(ChangeSet::default());
        }
        let target = family.get(to).filter(|found| !found.deleted);
        let target = target.ok_or_else(|| conversation::unknown(Kind::Customer, "customer", &customer.to_string()))?;
        conversation::move_to(&act.context(), Some(stored), family.customer(), target, seeds, to_event)
    };
    let names = [(Kind::Conversation, id), to];
    let services = &call.app().services;
    if !call.is_rehearsal() {
        Following::expect(services, Cause::Moved, call.org(), id).await.map_err(unavailable)?;
    }
    let changes = match family::commit(call, id, &names, decide).await {
        Ok(changes) => changes,
        Err(error) => return Err(explained(call, id, error).await),
    };
    if !call.is_rehearsal() {
        let mut is_more = false;
        for kind in Kind::with_homes() {
            let mut after = None;
            for _ in 0..AT_ONCE {
                after = follow_batch(call, kind, id, customer, after).await?;
                if after.is_none() {
                    break;
                }
            }
            is_more |= after.is_some();
        }
        let is_moved = !changes.puts.is_empty();
        if is_more || is_moved {
            call.app().following.happened(services, Cause::Moved, call.org(), id).await;
        }
    }
    match changes.puts.is_empty() {
        true => plain::present(call, Kind::Conversation, id).await,
        false => plain::written(changes, Answer::ok),
    }
}

/// Ties the next records of a conversation to its customer; the last of them, or `None` when there are no more.
async fn follow_batch<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    conversation: ObjectId,
    customer: ObjectId,
    after: Option<ObjectId>,
) -> Result<Option<ObjectId>, Refusal> {
    let act = call.act();
    for _ in 0..plain::ATTEMPTS {
        let found =
            call.store().list_at_home(call.org(), kind, conversation, after, BATCH).await.map_err(unavailable)?;
        let Some(last) = found.last().map(|last| last.id) else { return Ok(None) };
        let mut changes = ChangeSet::default();
        for stored in &found {
            changes.merge(kind.follow(&act.context(), stored, call.next_event(), customer)?.unwrap_or_default());
        }
        if changes.puts.is_empty() {
            return Ok(Some(last));
        }
        match call.store().commit(call.org(), changes).await {
            Ok(_) => return Ok(Some(last)),
            Err(CommitError::Stale { .. }) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

pub(crate) async fn delete_conversation(call: Call<DeleteConversation>) -> Result<Answer, Refusal> {
    let (act, seeds, id) = (slas::act(&call).await?, family::seeds(&call), call.path);
    let decide = move |family: &family::Family| {
        conversation::delete(&act.context(), family.conversation(), family.customer(), seeds)
    };
    match family::commit(&call, id, &[], decide).await {
        Ok(changes) => plain::written(changes, Answer::deleted),
        Err(error) => Err(explained(&call, id, error).await),
    }
}

pub(crate) async fn append_tags_to_conversation(call: Call<AppendTagsToConversation>) -> Result<Answer, Refusal> {
    let (act, event, named) = (slas::act(&call).await?, call.next_event(), call.input()?);
    let decide = move |stored: Option<Stored>, tags: Option<Resolved>| {
        conversation::tag(&act.context(), stored.as_ref(), event, tags.unwrap_or_default())
    };
    plain::update_with_tags(&call, Kind::Conversation, call.path, Some(named), decide).await
}

pub(crate) async fn remove_tags_from_conversation(call: Call<RemoveTagsFromConversation>) -> Result<Answer, Refusal> {
    let (act, event, named) = (slas::act(&call).await?, call.next_event(), call.input()?);
    let ids = tags::known(&call, &named).await?;
    let decide = move |stored: Option<Stored>| conversation::untag(&act.context(), stored.as_ref(), event, &ids);
    plain::update(&call, Kind::Conversation, call.path, decide).await
}
