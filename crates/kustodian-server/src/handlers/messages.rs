//! Messages.

use kustodian_core::claim::ClaimKind;
use kustodian_core::conversation::{self, external_id_key};
use kustodian_core::kind::Kind;
use kustodian_core::message::{self, CONVERSATION, Place, Write};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{Loaded, Stored};
use kustomer_api::error::code;
use kustomer_api::message::{
    CreateMessage, CreateMessageByCustomer, CreateMessageFromConversation, GetMessage, GetMessageByExternalId,
    GetMessages, GetMessagesByConversation, GetMessagesByCustomer, MessageInput, UpdateMessage,
    UpdateMessageAttributes,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{conversations, family, plain};

pub(crate) async fn get_messages(call: Call<GetMessages>) -> Result<Answer, Refusal> {
    plain::list_by_id(&call, Kind::Message, call.query).await
}

pub(crate) async fn get_messages_by_customer(call: Call<GetMessagesByCustomer>) -> Result<Answer, Refusal> {
    family::customer_of_path(&call, call.path).await?;
    let of = (conversation::CUSTOMER, (Kind::Customer, call.path));
    family::list_of(&call, Kind::Message, of, call.query, &Vec::new()).await
}

pub(crate) async fn get_messages_by_conversation(call: Call<GetMessagesByConversation>) -> Result<Answer, Refusal> {
    let stored = family::find(&call, Kind::Conversation, call.path).await.map_err(unavailable)?;
    conversation::alive(stored.as_ref())?;
    let of = (CONVERSATION, (Kind::Conversation, call.path));
    family::list_of(&call, Kind::Message, of, call.query, &Vec::new()).await
}

pub(crate) async fn get_message(call: Call<GetMessage>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Message, call.path, call.query).await
}

pub(crate) async fn get_message_by_external_id(call: Call<GetMessageByExternalId>) -> Result<Answer, Refusal> {
    let key = external_id_key(ClaimKind::MessageExternalId, call.org(), &call.path);
    let found = call.store().find_by_claim(call.org(), Kind::Message, key).await.map_err(unavailable)?;
    let stored = found.filter(|found| !found.deleted).ok_or_else(|| Refusal::not_found("externalId"))?;
    Ok(Answer::ok(stored.document))
}

pub(crate) async fn create_message(call: Call<CreateMessage>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    if input.direction.is_none() {
        return Err(conversation::needed("direction", "in from the customer, out to the customer"));
    }
    create(&call, input, None, None).await
}

pub(crate) async fn create_message_by_customer(call: Call<CreateMessageByCustomer>) -> Result<Answer, Refusal> {
    create(&call, call.input()?, Some(call.path), None).await
}

pub(crate) async fn create_message_from_conversation(
    call: Call<CreateMessageFromConversation>,
) -> Result<Answer, Refusal> {
    create(&call, call.input()?, None, Some(call.path)).await
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
    refuse_attachments(input.attachments.take())?;
    let named = input.conversation.take().and_then(|id| id.parse().ok());
    let conversation = match (of_conversation, named) {
        (Some(of), Some(other)) if of != other => return Err(conversation::other("conversation", of)),
        (of, named) => of.or(named),
    };
    let customer = input.customer.take();
    let id = family::new_id(call, input.id.take()).await?;
    let write = Write { input, may_backdate: family::may_backdate(call) };
    let (act, seeds) = (call.act(), family::seeds(call));
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
                if customer.is_some_and(|customer| customer != owner.id) {
                    let title = format!("The conversation belongs to the customer {}: leave customer out", owner.id);
                    return Err(Refusal::new(400, code::BAD_PARAM, "customer", title));
                }
                message::create(&act.context(), id, seeds, owner, Place::Conversation(stored), write)
            };
            family::commit(call, conversation, &[(Kind::Message, id)], decide).await
        }
        None => {
            let customer = conversations::customer_in(customer, of_customer)?;
            let (new, ready, is_in_path) = (call.next_id(), call.ready(), of_customer.is_some());
            let decide = move |loaded: Loaded| {
                let owner = conversations::alive_customer(&loaded, customer, is_in_path)?;
                ready(message::create(&act.context(), id, seeds, owner, Place::New(new), write)?, 0)
            };
            call.commit_locked(vec![(Kind::Customer, customer)], Box::new(decide)).await
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
    let (act, event, mut input) = (call.act(), call.next_event(), call.input()?);
    refuse_attachments(input.attachments.take())?;
    let write = Write { input, may_backdate: family::may_backdate(call) };
    let decide = move |stored: Option<Stored>| message::update(&act.context(), stored.as_ref(), event, write, replace);
    plain::update(call, Kind::Message, id, decide).await
}

/// Attachments are not served yet; an empty list says nothing.
pub(crate) fn refuse_attachments(sent: Option<Vec<serde_json::Value>>) -> Result<(), Refusal> {
    match sent {
        Some(list) if !list.is_empty() => {
            let title = "attachments are not served yet: leave them out";
            Err(Refusal::new(400, code::BAD_PARAM, "attachments", title).with_meta("pointer", "/attachments"))
        }
        _ => Ok(()),
    }
}
