//! Messages.

use kustodian_core::attachment::Attaching;
use kustodian_core::change::Name;
use kustodian_core::claim::ClaimKind;
use kustodian_core::conversation::{self, external_id_key};
use kustodian_core::kind::Kind;
use kustodian_core::message::{self, CONVERSATION, Place, Shown, Write};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{Loaded, Stored};
use kustomer_api::message::{
    CreateMessage, CreateMessageByCustomer, CreateMessageFromConversation, GetMessage, GetMessageByExternalId,
    GetMessages, GetMessagesByConversation, GetMessagesByCustomer, MessageInput, UpdateMessage,
    UpdateMessageAttributes,
};
use kustomer_api::query::{ListById, ListByIdWithAttachments, ListWithAttachments, PageQuery, QueryArguments};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::creations::{self, Of};
use crate::described;
use crate::handlers::included::Gathering;
use crate::handlers::plain::{self, Which};
use crate::handlers::{attached, conversations, family};
use crate::paging::Numbered;
use crate::{slas, spam};

pub(crate) async fn get_messages(call: Call<GetMessages>) -> Result<Answer, Refusal> {
    let ListByIdWithAttachments { list, include } = call.query;
    let conditions =
        ListByIdWithAttachments { list: ListById { paging: PageQuery::default(), ..list }, include }.write();
    let beside = Gathering::of_attachments(&call, include);
    let which = Which { descending: list.descending, beside, ..Which::default() };
    plain::list_narrowed(&call, Kind::Message, which, Numbered::of(list.paging), &conditions).await
}

pub(crate) async fn get_messages_by_customer(call: Call<GetMessagesByCustomer>) -> Result<Answer, Refusal> {
    family::customer_of_path(&call, call.path).await?;
    list_of(&call, conversation::CUSTOMER, (Kind::Customer, call.path)).await
}

pub(crate) async fn get_messages_by_conversation(call: Call<GetMessagesByConversation>) -> Result<Answer, Refusal> {
    let stored = family::find(&call, Kind::Conversation, call.path).await.map_err(unavailable)?;
    conversation::alive(stored.as_ref())?;
    list_of(&call, CONVERSATION, (Kind::Conversation, call.path)).await
}

/// A page of the messages of a customer or a conversation.
async fn list_of<E>(call: &Call<E>, column: &'static str, parent: Name) -> Result<Answer, Refusal>
where
    E: Endpoint<Query = ListWithAttachments>,
{
    let ListWithAttachments { paging, include } = call.query;
    let which = Which {
        of: vec![(column, parent.1.to_string())],
        path: Some(format!("{}/messages", parent.0.path_of(parent.1))),
        beside: Gathering::of_attachments(call, include),
        ..Which::default()
    };
    let conditions = include.write().into_iter().collect();
    plain::list_narrowed(call, Kind::Message, which, Numbered::of(paging), &conditions).await
}

pub(crate) async fn get_message(call: Call<GetMessage>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Message, call.path, call.query).await
}

pub(crate) async fn get_message_by_external_id(call: Call<GetMessageByExternalId>) -> Result<Answer, Refusal> {
    described::authorize_look_up(&call, Kind::Message.as_str(), &["externalId"]).await?;
    let key = external_id_key(ClaimKind::MessageExternalId, call.org(), &call.path);
    let found = call.store().find_by_claim(call.org(), Kind::Message, key).await.map_err(unavailable)?;
    let stored = found.filter(|found| !found.deleted).ok_or_else(|| Refusal::not_found("externalId"))?;
    Ok(Answer::ok(stored.document))
}

pub(crate) async fn create_message(call: Call<CreateMessage>) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::Message)?;
    let input = described::input(&call, Kind::Message, described::Write::New).await?;
    if input.direction.is_none() && !call.is_item() {
        return Err(conversation::needed("direction", "in from the customer, out to the customer"));
    }
    create(&call, input, None, None).await
}

pub(crate) async fn create_message_by_customer(call: Call<CreateMessageByCustomer>) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::Message)?;
    let input = described::input(&call, Kind::Message, described::Write::New).await?;
    create(&call, input, Some(call.path), None).await
}

pub(crate) async fn create_message_from_conversation(
    call: Call<CreateMessageFromConversation>,
) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::Message)?;
    let input = described::input(&call, Kind::Message, described::Write::New).await?;
    create(&call, input, None, Some(call.path)).await
}

/// Creates a message in the conversation that the path or the body names, or in a new one of the customer.
async fn create<E>(
    call: &Call<E>,
    mut input: MessageInput,
    of_customer: Option<ObjectId>,
    of_conversation: Option<ObjectId>,
) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = MessageInput>,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let attachments = attached::of_new(call, input.attachments.take().as_deref())?;
    let named = input.conversation.take().and_then(|id| id.parse().ok());
    let conversation = match (of_conversation, named) {
        (Some(of), Some(other)) if of != other => return Err(conversation::other("conversation", of)),
        (of, named) => of.or(named),
    };
    let customer = input.customer.take();
    conversations::known_queue(call, input.queue.as_ref(), &[]).await?;
    let is_chosen = input.id.is_some();
    let id = family::new_id(call, input.id.take()).await?;
    let counted = match conversation {
        Some(conversation) => Of::Conversation(conversation),
        None => Of::Customer(conversations::customer_in(customer.clone(), of_customer)?),
    };
    creations::count(call, Kind::Message, counted, input.imported_at.is_some()).await?;
    let of_named = of_customer.or_else(|| customer.as_ref().and_then(|id| id.parse().ok()));
    let spam = spam::is_spam(call, &input, conversation, of_named).await?;
    let write = Write { input, may_backdate: family::may_backdate(call), spam, ..Write::default() };
    let named: Vec<Name> = attachments.iter().flat_map(Attaching::names).collect();
    let (act, seeds) = (slas::act(call).await?, family::seeds(call));
    let committed = match conversation {
        Some(conversation) => {
            let customer: Option<ObjectId> = of_customer.or_else(|| customer.and_then(|id| id.parse().ok()));
            let is_in_path = of_conversation.is_some();
            if let Some(of_customer) = of_customer {
                family::customer_of_path(call, of_customer).await?;
            }
            let decide = move |family: &family::Family| {
                let unknown = || conversation::unknown(Kind::Conversation, "conversation", &conversation.to_string());
                let stored = match family.conversation().filter(|stored| !stored.deleted) {
                    Some(stored) => stored,
                    None if is_in_path => return Err(conversation::gone(family.conversation())),
                    None => return Err(unknown()),
                };
                let owner = family.customer().ok_or_else(unknown)?;
                conversation::check_owner(customer, owner.id)?;
                let attachments = attachments.map(|attachments| attachments.found(|name| family.get(name)));
                let write = Write { attachments, ..write };
                message::create(&act.context(), id, seeds, owner, Place::Conversation(stored), write)
            };
            // Nobody else has an id of ours: only one that the client chose is locked.
            let chosen = is_chosen.then_some((Kind::Message, id));
            let names: Vec<Name> = chosen.into_iter().chain(named).collect();
            family::commit(call, conversation, &names, decide).await
        }
        None => {
            let customer = conversations::customer_in(customer, of_customer)?;
            let (new, ready, is_in_path) = (call.next_id(), call.ready(), of_customer.is_some());
            let decide = move |loaded: Loaded| {
                let owner = conversations::alive_customer(&loaded, customer, is_in_path)?;
                let attachments = attachments.map(|attachments| attachments.found(|name| loaded.get(name)));
                let write = Write { attachments, ..write };
                ready(message::create(&act.context(), id, seeds, owner, Place::New(new), write)?, 0)
            };
            let names = std::iter::once((Kind::Customer, customer)).chain(named).collect();
            call.commit_locked(names, Box::new(decide)).await
        }
    };
    let changes = committed.map_err(|error| family::not_created(call, id, error))?;
    plain::written(changes, Answer::created)
}

pub(crate) async fn update_message(call: Call<UpdateMessage>) -> Result<Answer, Refusal> {
    update(&call, call.path, call.query.replace).await
}

pub(crate) async fn update_message_attributes(call: Call<UpdateMessageAttributes>) -> Result<Answer, Refusal> {
    update(&call, call.path, false).await
}

async fn update<E>(call: &Call<E>, id: ObjectId, replace: bool) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = MessageInput>,
{
    let mut input = described::input(call, Kind::Message, described::Write::of(id, replace)).await?;
    let (act, seeds) = (call.act(), family::seeds(call));
    let attachments = input.attachments.take().or_else(|| replace.then(Vec::new));
    let changes_words = !input.preview.is_absent() || !input.subject.is_absent();
    let write = Write { input, may_backdate: family::may_backdate(call), ..Write::default() };
    let committed = match attachments {
        Some(list) => {
            let decide = move |stored: Option<&Stored>, shown: Shown<'_>, attachments: Attaching| {
                let write = Write { attachments: Some(attachments), ..write };
                message::update(&act.context(), stored, shown, seeds, write, replace)
            };
            attached::commit(call, (Kind::Message, id), &list, decide).await
        }
        None => {
            let found = match changes_words {
                true => family::find(call, Kind::Message, id).await.map_err(unavailable)?,
                false => None,
            };
            let Some(of) = found.as_ref().map(conversation::conversation_of).transpose()?.flatten() else {
                let decide = move |stored: Option<Stored>| {
                    message::update(&act.context(), stored.as_ref(), Shown::default(), seeds, write, replace)
                };
                return plain::update(call, Kind::Message, id, decide).await;
            };
            let decide = move |family: &family::Family| {
                let stored = family.get((Kind::Message, id));
                message::update(&act.context(), stored, family.shown(), seeds, write, replace)
            };
            family::commit(call, of, &[(Kind::Message, id)], decide).await
        }
    };
    match committed.map_err(|error| call.not_committed(error))? {
        changes if changes.puts.is_empty() => plain::present(call, Kind::Message, id).await,
        changes => plain::written(changes, Answer::ok),
    }
}
