//! Forwards of conversations.

use kustodian_core::attachment::{self, Attaching};
use kustodian_core::change::Name;
use kustodian_core::draft::How;
use kustodian_core::file::File;
use kustodian_core::forward::{self, Quoted, Subject};
use kustodian_core::kind::Kind;
use kustodian_core::message::CONVERSATION;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, Loaded};
use kustodian_core::timer::Draws;
use kustodian_core::{conversation, resource};
use kustomer_api::forward::{
    CreateForward, CreateForwardByConversation, ForwardInput, GetAllForwardsByConversation, GetForwards,
    GetaDraftForwardById, UpdateDraftForward,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{attached, family, plain};

/// How many messages of a conversation are quoted: the newest.
const MAX_MESSAGES: u32 = 100;

pub(crate) async fn get_forwards(call: Call<GetForwards>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Forward).await
}

pub(crate) async fn geta_draft_forward_by_id(call: Call<GetaDraftForwardById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Forward, call.path, call.query).await
}

pub(crate) async fn get_all_forwards_by_conversation(
    call: Call<GetAllForwardsByConversation>,
) -> Result<Answer, Refusal> {
    let stored = family::find(&call, Kind::Conversation, call.path).await.map_err(unavailable)?;
    conversation::alive(stored.as_ref())?;
    let of = (CONVERSATION, (Kind::Conversation, call.path));
    family::list_of(&call, Kind::Forward, of, call.query, &Vec::new()).await
}

pub(crate) async fn create_forward_by_conversation(call: Call<CreateForwardByConversation>) -> Result<Answer, Refusal> {
    let of = call.path;
    create(&call, Some(of)).await
}

pub(crate) async fn create_forward(call: Call<CreateForward>) -> Result<Answer, Refusal> {
    create(&call, None).await
}

/// Creates a forward of the conversation that the path names, or that the body does.
async fn create<E>(call: &Call<E>, of: Option<ObjectId>) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = ForwardInput>,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let mut input = call.input()?;
    let id_in = |member: Option<String>| member.and_then(|id| id.parse::<ObjectId>().ok());
    let about = match (of, id_in(input.conversation.take())) {
        (Some(of), Some(other)) if of != other => return Err(conversation::other(CONVERSATION, of)),
        (of, named) => of.or(named).ok_or_else(|| conversation::needed(CONVERSATION, "it is the forwarded one"))?,
    };
    let customer = id_in(input.customer.take());
    let own = attached::of_new(call, input.attachments.take().as_deref())?.unwrap_or_default();
    let quoted = quoted(call, about).await?;
    let (act, id, is_in_path) = (call.act(), call.next_id(), of.is_some());
    let (draws, sends_email) = (Draws::of(&*call.app().services.ids, 0), call.app().settings.mailer.is_some());
    let names: Vec<Name> = std::iter::once((Kind::Forward, id)).chain(own.names()).collect();
    let decide = move |family: &family::Family| {
        if !is_in_path && family.conversation().is_none_or(|stored| stored.deleted) {
            return Err(conversation::unknown(Kind::Conversation, CONVERSATION, &about.to_string()));
        }
        let subject = Subject::of(Some(about), |name| family.get(name))?;
        if customer.is_some_and(|customer| customer != subject.customer) {
            return Err(conversation::other(conversation::CUSTOMER, subject.customer));
        }
        let own = own.found(|name| family.get(name));
        forward::create(&act.context(), id, subject, How { draws: &draws, sends_email }, (own, quoted), input)
    };
    let committed = family::commit(call, about, &names, decide).await;
    let changes = committed.map_err(|error| call.not_committed(error))?;
    plain::written(changes, if E::OPERATION.success == 200 { Answer::ok } else { Answer::created })
}

pub(crate) async fn update_draft_forward(call: Call<UpdateDraftForward>) -> Result<Answer, Refusal> {
    let (mut input, name) = (call.input()?, (Kind::Forward, call.path));
    let sent = input.attachments.take();
    for _ in 0..plain::ATTEMPTS {
        let stored = family::find(&call, Kind::Forward, call.path).await.map_err(unavailable)?;
        let stored = forward::alive(stored.as_ref())?;
        let ties = forward::names_of(stored)?;
        let about = ties.iter().copied().find(|(of, _)| *of == Kind::Conversation);
        let former = attachment::ids_of(stored)?;
        let own = match &sent {
            Some(list) => Attaching::read(list, || call.next_event())?,
            None => Attaching::of(former.iter().map(|id| (*id, call.next_event()))),
        };
        let own = own.instead_of(&former, || call.next_event());
        let quoted = match about {
            Some((_, about)) => quoted(&call, about).await?,
            None => Quoted::default(),
        };
        let names = std::iter::once(name).chain(ties.iter().copied()).chain(own.names()).collect();
        let (act, ready, input) = (call.act(), call.ready(), input.clone());
        let (draws, sends_email) = (Draws::of(&*call.app().services.ids, 0), call.app().settings.mailer.is_some());
        let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
        let decide = move |loaded: Loaded| {
            let stored = forward::alive(loaded.get(name))?;
            resource::check_if_match(stored, if_match.as_deref())?;
            if forward::names_of(stored)? != ties {
                return Err(plain::too_busy());
            }
            let subject = Subject::of(about.map(|(_, id)| id), |name| loaded.get(name))?;
            let (own, how) = (own.found(|name| loaded.get(name)), How { draws: &draws, sends_email });
            let former = stored.document.len();
            ready(forward::update(&act.context(), Some(stored), subject, how, (own, quoted), input)?, former)
        };
        match call.commit_locked(names, Box::new(decide)).await {
            Ok(changes) if changes.puts.is_empty() => return plain::present(&call, Kind::Forward, call.path).await,
            Ok(changes) => return plain::written(changes, Answer::ok),
            Err(CommitError::Refused(refusal)) if refusal.status == 503 => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

/// The messages of a conversation, to be quoted, and their attachments that have bytes.
async fn quoted<E: Endpoint>(call: &Call<E>, about: ObjectId) -> Result<Quoted, Refusal> {
    let query = ListQuery {
        descending: true,
        ..ListQuery::of(Kind::Message, MAX_MESSAGES, crate::parts::HELD).narrowed(CONVERSATION, about)
    };
    let messages = call.store().list(call.org(), query).await.map_err(unavailable)?.records;
    let mut attachments = Vec::new();
    for stored in &messages {
        for id in attachment::ids_of(stored)? {
            if attachments.len() == attachment::MAX {
                break;
            }
            let found = family::find(call, Kind::Attachment, id).await.map_err(unavailable)?;
            let file = found.filter(|found| !found.deleted).map(|found| File::of(&found.document)).transpose()?;
            if file.is_some_and(|file| file.sum.is_some()) {
                attachments.push(id);
            }
        }
    }
    Quoted::of(&messages, attachments)
}
