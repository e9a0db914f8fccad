//! Notes.

use kustodian_core::attachment::Attaching;
use kustodian_core::change::Name;
use kustodian_core::conversation;
use kustodian_core::kind::Kind;
use kustodian_core::message::CONVERSATION;
use kustodian_core::message::Shown;
use kustodian_core::note::{self, Subject, Write};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{CommitError, Loaded, Stored};
use kustomer_api::note::{
    CreateNote, CreateNoteWithinConversation, DeleteNoteById, GetNoteById, GetNotesByConversation, GetNotesByCustomer,
    GetNotesForOrg, NoteInput, PatchNoteById, UpdateNoteById,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::creations::{self, Of};
use crate::described;
use crate::handlers::family::Former;
use crate::handlers::{attached, family, plain};
use crate::slas;

pub(crate) async fn get_notes_for_org(call: Call<GetNotesForOrg>) -> Result<Answer, Refusal> {
    plain::list_by_id(&call, Kind::Note, call.query).await
}

pub(crate) async fn get_notes_by_customer(call: Call<GetNotesByCustomer>) -> Result<Answer, Refusal> {
    family::customer_of_path(&call, call.path).await?;
    let of = (conversation::CUSTOMER, (Kind::Customer, call.path));
    family::list_of(&call, Kind::Note, of, call.query, &Vec::new()).await
}

pub(crate) async fn get_notes_by_conversation(call: Call<GetNotesByConversation>) -> Result<Answer, Refusal> {
    let stored = family::find(&call, Kind::Conversation, call.path).await.map_err(unavailable)?;
    conversation::alive(stored.as_ref())?;
    let of = (CONVERSATION, (Kind::Conversation, call.path));
    family::list_of(&call, Kind::Note, of, call.query, &Vec::new()).await
}

pub(crate) async fn get_note_by_id(call: Call<GetNoteById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Note, call.path, call.query).await
}

pub(crate) async fn create_note(call: Call<CreateNote>) -> Result<Answer, Refusal> {
    create(&call.importing(Kind::Note)?, None).await
}

pub(crate) async fn create_note_within_conversation(
    call: Call<CreateNoteWithinConversation>,
) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::Note)?;
    create(&call, Some(call.path)).await
}

async fn create<E>(call: &Call<E>, of: Option<ObjectId>) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = NoteInput>,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let mut input = described::unmasked(call, Kind::Note.as_str(), Kind::Note, described::Write::New).await?;
    let attachments = attached::of_new(call, input.attachments.take().as_deref())?;
    let names: Vec<Name> = attachments.iter().flat_map(Attaching::names).collect();
    let named = input.conversation.take().and_then(|id| id.parse().ok());
    let conversation = match (of, named) {
        (Some(of), Some(other)) if of != other => return Err(conversation::other("conversation", of)),
        (of, named) => of.or(named),
    };
    check_mentions(call, &input, None).await?;
    let customer: Option<ObjectId> = input.customer.take().and_then(|id| id.parse().ok());
    let id = family::new_id(call, input.id.take()).await?;
    let counted = match (conversation, customer) {
        (Some(conversation), _) => Of::Conversation(conversation),
        (None, Some(customer)) => Of::Customer(customer),
        (None, None) => Of::Nobody,
    };
    creations::count(call, Kind::Note, counted, input.imported_at.is_some()).await?;
    let write = Write { input, may_backdate: family::may_backdate(call), attachments: None };
    let (act, seeds) = (slas::act(call).await?, family::seeds(call));
    let committed = match conversation {
        Some(conversation) => {
            let is_in_path = of.is_some();
            let decide = move |family: &family::Family| {
                let unknown = || conversation::unknown(Kind::Conversation, "conversation", &conversation.to_string());
                let stored = match family.conversation().filter(|stored| !stored.deleted) {
                    Some(stored) => stored,
                    None if is_in_path => return Err(conversation::gone(family.conversation())),
                    None => return Err(unknown()),
                };
                let owner = family.customer().ok_or_else(unknown)?.id;
                conversation::check_owner(customer, owner)?;
                let attachments = attachments.map(|attachments| attachments.found(|name| family.get(name)));
                let write = Write { attachments, ..write };
                note::create(&act.context(), id, seeds, Subject::Conversation(stored, owner), write)
            };
            let names: Vec<Name> = std::iter::once((Kind::Note, id)).chain(names).collect();
            family::commit(call, conversation, &names, decide).await
        }
        None => {
            let subject = match customer {
                Some(customer) => {
                    let found = family::find(call, Kind::Customer, customer).await.map_err(unavailable)?;
                    found
                        .filter(|found| !found.deleted)
                        .ok_or_else(|| conversation::unknown(Kind::Customer, "customer", &customer.to_string()))?;
                    Subject::Customer(customer)
                }
                None => Subject::None,
            };
            let ready = call.ready();
            let decide = move |loaded: Loaded| {
                let attachments = attachments.map(|attachments| attachments.found(|name| loaded.get(name)));
                let write = Write { attachments, ..write };
                ready(note::create(&act.context(), id, seeds, subject, write)?, 0)
            };
            match names.is_empty() {
                true => call.commit(decide(Loaded::default())?).await,
                false => call.commit_locked(names, Box::new(decide)).await,
            }
        }
    };
    let changes = committed.map_err(|error| family::not_created(call, id, error))?;
    plain::written(changes, Answer::created)
}

/// Who is mentioned must exist, unless the note with the id `of` mentions them already.
async fn check_mentions<E: Endpoint>(call: &Call<E>, input: &NoteInput, of: Option<ObjectId>) -> Result<(), Refusal> {
    let mentions = input.user_mentions.as_deref().unwrap_or_default();
    let of = of.filter(|_| !mentions.is_empty());
    let has = Former::find(call, Kind::Note, of).await?.ids("/relationships/userMentions/data");
    let users: Vec<String> = mentions.iter().filter_map(|mention| mention.user.clone()).collect();
    family::known(call, Kind::User, "userMentions", &users, &has).await?;
    let teams: Vec<String> = mentions.iter().filter_map(|mention| mention.team.clone()).collect();
    family::known(call, Kind::Team, "userMentions", &teams, &has).await?;
    Ok(())
}

pub(crate) async fn patch_note_by_id(call: Call<PatchNoteById>) -> Result<Answer, Refusal> {
    update(&call, call.path, false).await
}

pub(crate) async fn update_note_by_id(call: Call<UpdateNoteById>) -> Result<Answer, Refusal> {
    update(&call, call.path, call.query.replace).await
}

async fn update<E>(call: &Call<E>, id: ObjectId, replace: bool) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = NoteInput>,
{
    let write = described::Write::of(id, replace);
    let mut input = described::unmasked(call, Kind::Note.as_str(), Kind::Note, write).await?;
    let attachments = input.attachments.take().or_else(|| replace.then(Vec::new));
    check_mentions(call, &input, Some(id)).await?;
    let write = Write { input, may_backdate: family::may_backdate(call), attachments: None };
    let (act, seeds) = (slas::act(call).await?, family::seeds(call));
    let changes = match attachments {
        Some(list) => {
            let decide = move |stored: Option<&Stored>, shown: Shown<'_>, attachments: Attaching| {
                let write = Write { attachments: Some(attachments), ..write };
                note::update(&act.context(), stored, shown.conversation, seeds, write, replace)
            };
            let committed = attached::commit(call, (Kind::Note, id), &list, decide).await;
            match committed {
                Ok(changes) => changes,
                Err(error) => return Err(explained(call, id, error).await),
            }
        }
        None => {
            let decide = move |stored: Option<&Stored>, conversation: Option<&Stored>| {
                note::update(&act.context(), stored, conversation, seeds, write, replace)
            };
            change(call, id, decide).await?
        }
    };
    match changes {
        changes if changes.puts.is_empty() => plain::present(call, Kind::Note, id).await,
        changes => plain::written(changes, Answer::ok),
    }
}

pub(crate) async fn delete_note_by_id(call: Call<DeleteNoteById>) -> Result<Answer, Refusal> {
    let (act, seeds) = (slas::act(&call).await?, family::seeds(&call));
    let decide = move |stored: Option<&Stored>, conversation: Option<&Stored>| {
        note::delete(&act.context(), stored, conversation, seeds)
    };
    plain::written(change(&call, call.path, decide).await?, Answer::deleted)
}

/// Commits what `decide` makes of a note and its conversation, which it never leaves.
async fn change<E, F>(call: &Call<E>, id: ObjectId, decide: F) -> Result<kustodian_core::change::ChangeSet, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<&Stored>, Option<&Stored>) -> Result<kustodian_core::change::ChangeSet, Refusal>
        + Clone
        + Send
        + 'static,
{
    let name = (Kind::Note, id);
    let stored = family::find(call, Kind::Note, id).await.map_err(unavailable)?;
    let conversation = stored.as_ref().map(conversation::conversation_of).transpose()?.flatten();
    let committed = match conversation {
        Some(conversation) => {
            let decide = move |family: &family::Family| decide(family.get(name), family.conversation());
            family::commit(call, conversation, &[name], decide).await
        }
        None => {
            let decide = move |stored: Option<Stored>| decide(stored.as_ref(), None);
            plain::commit_change(call, Kind::Note, id, decide).await
        }
    };
    match committed {
        Ok(changes) => Ok(changes),
        Err(error) => Err(explained(call, id, error).await),
    }
}

/// Why a note was not changed; a caller who may restore a deleted one gets a hint how.
async fn explained<E: Endpoint>(call: &Call<E>, id: ObjectId, error: CommitError) -> Refusal {
    match error {
        CommitError::Refused(refusal) if refusal.status == 404 => match family::find(call, Kind::Note, id).await {
            Ok(stored) => plain::not_there(call, Kind::Note, stored.as_ref()),
            Err(error) => unavailable(error),
        },
        error => call.not_committed(error),
    }
}
