//! Drafts and the outbox.

use kustodian_core::attachment::{self, Attaching};
use kustodian_core::change::Name;
use kustodian_core::draft::{self, How, Parties};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Decide, Loaded, Stored};
use kustodian_core::timer::Draws;
use kustodian_core::{conversation, missing, resource};
use kustomer_api::delivery::{GetDelivery, GetOutbox, ListOutbox};
use kustomer_api::draft::{
    CreateDraft, CreateDraftByCustomer, DeleteDraft, DraftInput, GetAllDraftsByCustomer, GetDraftById, GetDrafts,
    UpdateDraft,
};
use kustomer_api::error::code;
use kustomer_api::query::{ListWithAttachments, QueryArguments};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::{Act, Call};
use crate::creations::{self, Of};
use crate::files::Removal;
use crate::handlers::family;
use crate::handlers::included::Gathering;
use crate::handlers::plain::{self, Which};
use crate::paging::Numbered;
use crate::slas;

/// How many attachments of a draft go with it; a body names at most 100.
const MAX_ATTACHMENTS: u32 = 500;

pub(crate) async fn get_drafts(call: Call<GetDrafts>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Draft).await
}

pub(crate) async fn get_draft_by_id(call: Call<GetDraftById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Draft, call.path, call.query).await
}

pub(crate) async fn get_all_drafts_by_customer(call: Call<GetAllDraftsByCustomer>) -> Result<Answer, Refusal> {
    family::customer_of_path(&call, call.path).await?;
    let ListWithAttachments { paging, include } = call.query;
    let which = Which {
        of: vec![(conversation::CUSTOMER, call.path.to_string())],
        path: Some(format!("{}/drafts", Kind::Customer.path_of(call.path))),
        beside: Gathering::of_attachments(&call, include),
        ..Which::default()
    };
    let conditions = include.write().into_iter().collect();
    plain::list_narrowed(&call, Kind::Draft, which, Numbered::of(paging), &conditions).await
}

pub(crate) async fn create_draft_by_customer(call: Call<CreateDraftByCustomer>) -> Result<Answer, Refusal> {
    let customer = call.path;
    create(&call, Some(customer)).await
}

pub(crate) async fn create_draft(call: Call<CreateDraft>) -> Result<Answer, Refusal> {
    create(&call, None).await
}

/// Creates a draft to the customer that the path names, that the body names, or whose the conversation is.
async fn create<E>(call: &Call<E>, of: Option<ObjectId>) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = DraftInput>,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let mut input = call.input()?;
    let named = id_in(input.conversation.take());
    let customer = match (of, id_in(input.customer.take())) {
        (Some(of), Some(other)) if of != other => return Err(conversation::other(conversation::CUSTOMER, of)),
        (of, other) => match of.or(other) {
            Some(customer) => customer,
            None => customer_of_conversation(call, named).await?,
        },
    };
    creations::count(call, Kind::Draft, Of::Customer(customer), false).await?;
    let (act, ready, id, is_in_path) = (slas::act(call).await?, call.ready(), call.next_id(), of.is_some());
    let (draws, sends_email) = (Draws::of(&*call.app().services.ids, 0), call.app().settings.mailer.is_some());
    let attachments = attaching(call, &ids_in(input.attachments.as_deref()));
    let names = [Some((Kind::Customer, customer)), named.map(|id| (Kind::Conversation, id))];
    let names = names.into_iter().flatten().chain(attachments.names()).collect();
    let decide = move |loaded: Loaded| {
        let customer = match loaded.get((Kind::Customer, customer)) {
            Some(found) if !found.deleted => found,
            found if is_in_path => return Err(missing::missing(Kind::Customer, found)),
            _ => return Err(conversation::unknown(Kind::Customer, conversation::CUSTOMER, &customer.to_string())),
        };
        let parties = Parties::with(customer, named, &loaded)?;
        let attachments = attachments.found(|name| loaded.get(name));
        ready(draft::create(&act.context(), id, parties, How { draws: &draws, sends_email }, attachments, input)?, 0)
    };
    let created = call.commit_locked(names, Box::new(decide)).await.map_err(|error| call.not_committed(error))?;
    plain::written(created, if E::OPERATION.success == 200 { Answer::ok } else { Answer::created })
}

/// The customer of a conversation, for a body that names the conversation alone.
async fn customer_of_conversation<E: Endpoint>(call: &Call<E>, named: Option<ObjectId>) -> Result<ObjectId, Refusal> {
    let Some(id) = named else { return Err(conversation::needed(conversation::CUSTOMER, "a draft is to a customer")) };
    let stored = find(call, Kind::Conversation, id).await?.filter(|stored| !stored.deleted);
    let customer = stored.as_ref().map(conversation::customer_of).transpose()?.flatten();
    customer.ok_or_else(|| conversation::unknown(Kind::Conversation, "conversation", &id.to_string()))
}

pub(crate) async fn update_draft(call: Call<UpdateDraft>) -> Result<Answer, Refusal> {
    let mut input = call.input()?;
    let (named, other) = (id_in(input.conversation.take()), id_in(input.customer.take()));
    let act = slas::act(&call).await?;
    for _ in 0..plain::ATTEMPTS {
        let stored = find(&call, Kind::Draft, call.path).await?;
        let ties = Ties::of(draft::alive(stored.as_ref())?, named)?;
        if let Some(customer) = ties.customer.filter(|customer| other.is_some_and(|other| other != *customer)) {
            let title = format!("The draft is to the customer {customer}, which never changes: leave customer out");
            let refusal = Refusal::new(400, code::BAD_PARAM, conversation::CUSTOMER, title);
            return Err(refusal.with_meta("pointer", "/customer"));
        }
        let sent = input.attachments.as_ref().map(|sent| ids_in(Some(sent)));
        let attachments = attaching(&call, sent.as_ref().unwrap_or(&ties.attachments))
            .instead_of(&ties.attachments, || call.next_event());
        let names = ties.names(call.path).into_iter().chain(attachments.names()).collect();
        let decide = decide_update(&call, act.clone(), (ties, attachments), named, input.clone());
        match call.commit_locked(names, decide).await {
            Ok(changes) if changes.puts.is_empty() => return plain::present(&call, Kind::Draft, call.path).await,
            Ok(changes) => return plain::written(changes, Answer::ok),
            Err(CommitError::Refused(refusal)) if refusal.status == 503 => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

/// The ids in a list of them.
fn ids_in(sent: Option<&[String]>) -> Vec<ObjectId> {
    let mut ids: Vec<ObjectId> = Vec::new();
    for id in sent.into_iter().flatten().filter_map(|id| id.parse().ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn attaching<E: Endpoint>(call: &Call<E>, ids: &[ObjectId]) -> Attaching {
    Attaching::of(ids.iter().map(|id| (*id, call.next_event())))
}

/// The decision about an update.
fn decide_update(
    call: &Call<UpdateDraft>,
    act: Act,
    (ties, attachments): (Ties, Attaching),
    named: Option<ObjectId>,
    input: DraftInput,
) -> Decide {
    let (ready, id) = (call.ready(), call.path);
    let (draws, sends_email) = (Draws::of(&*call.app().services.ids, 0), call.app().settings.mailer.is_some());
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    Box::new(move |loaded: Loaded| {
        let stored = draft::alive(loaded.get((Kind::Draft, id)))?;
        resource::check_if_match(stored, if_match.as_deref())?;
        let former = stored.document.len();
        let customer = ties.customer.and_then(|id| loaded.get((Kind::Customer, id)));
        let customer = customer.ok_or_else(|| missing::missing(Kind::Draft, None))?;
        if Ties::of(stored, named)? != ties {
            // Another request has tied it to others meanwhile.
            return Err(plain::too_busy());
        }
        let parties = Parties::with(customer, ties.conversation, &loaded)?;
        let attachments = attachments.found(|name| loaded.get(name));
        let how = How { draws: &draws, sends_email };
        ready(draft::update(&act.context(), Some(stored), parties, how, attachments, input)?, former)
    })
}

/// The records that a draft is tied to, once a body is written over it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ties {
    customer: Option<ObjectId>,
    conversation: Option<ObjectId>,
    /// Those that it has before.
    attachments: Vec<ObjectId>,
}

impl Ties {
    fn of(stored: &Stored, named: Option<ObjectId>) -> Result<Self, Refusal> {
        let names = draft::names_of(stored)?;
        let id = |kind: Kind| names.iter().find(|(of, _)| *of == kind).map(|(_, id)| *id);
        let attachments = attachment::ids_of(stored)?;
        Ok(Self { customer: id(Kind::Customer), conversation: named.or(id(Kind::Conversation)), attachments })
    }

    fn names(&self, draft: ObjectId) -> Vec<Name> {
        let customer = self.customer.map(|id| (Kind::Customer, id));
        let conversation = self.conversation.map(|id| (Kind::Conversation, id));
        std::iter::once((Kind::Draft, draft)).chain(customer).chain(conversation).collect()
    }
}

pub(crate) async fn delete_draft(call: Call<DeleteDraft>) -> Result<Answer, Refusal> {
    let (act, ready, event, name) = (call.act(), call.ready(), call.next_event(), (Kind::Draft, call.path));
    let owner = (attachment::OWNER, call.path);
    let held = family::some_of(&call, Kind::Attachment, owner, false, MAX_ATTACHMENTS).await?;
    let noted: &[Stored] = if call.is_rehearsal() { &[] } else { &held };
    let removal = Removal::prepare(call.app(), &call.act().org, Kind::Attachment, noted).await?;
    let attachments: Vec<_> = held.iter().map(|held| ((Kind::Attachment, held.id), call.next_event())).collect();
    let names = std::iter::once(name).chain(attachments.iter().map(|(name, _)| *name)).collect();
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let (found, is_rehearsal) = (removal.clone(), call.is_rehearsal());
    let decide = move |loaded: Loaded| {
        let stored = loaded.get(name);
        let with = attachments.iter().filter_map(|(name, event)| Some((loaded.get(*name)?, *event)));
        let changes = draft::delete(&act.context(), stored, event, with)?;
        if let Some(stored) = stored {
            resource::check_if_match(stored, if_match.as_deref())?;
        }
        if !is_rehearsal {
            attachments.iter().for_each(|(name, _)| found.find(loaded.get(*name)));
        }
        ready(changes, stored.map_or(0, |stored| stored.document.len()))
    };
    let committed = call.commit_locked(names, Box::new(decide)).await;
    removal.finish(call.app()).await;
    plain::written(committed.map_err(|error| call.not_committed(error))?, Answer::deleted)
}

pub(crate) async fn get_outbox(call: Call<GetOutbox>) -> Result<Answer, Refusal> {
    let ListOutbox { paging, ascending } = call.query;
    let conditions = ListOutbox { ascending, ..ListOutbox::default() }.write();
    let which = Which { descending: !ascending, ..Which::default() };
    plain::list_narrowed(&call, Kind::Delivery, which, Numbered::of(paging), &conditions).await
}

pub(crate) async fn get_delivery(call: Call<GetDelivery>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Delivery, call.path, call.query).await
}

/// The id in a member that takes one.
fn id_in(member: Option<String>) -> Option<ObjectId> {
    member.and_then(|id| id.parse().ok())
}

async fn find<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    call.store().find(call.org(), kind, id).await.map_err(unavailable)
}
