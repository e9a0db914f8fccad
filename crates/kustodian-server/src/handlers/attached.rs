//! Attachments under their records: those that bodies name, and the operations that list, read, create and delete them.

use kustodian_core::attachment::{self, Attaching};
use kustodian_core::change::{ChangeSet, EventSeed, Name};
use kustodian_core::kind::Kind;
use kustodian_core::message::Shown;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Loaded, Stored};
use kustodian_core::{conversation, resource};
use kustomer_api::attachment::{
    AttachmentInput, GetConversationAttachments, GetDraftAttachments, GetMessageAttachments, GetNoteAttachments,
    OfRecord,
};
use kustomer_api::forward::GetForwardAttachments;
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId};
use serde_json::Value;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::files::Removal;
use crate::handlers::{family, filed, plain};

pub(crate) async fn get_conversation_attachments(call: Call<GetConversationAttachments>) -> Result<Answer, Refusal> {
    let stored = family::find(&call, Kind::Conversation, call.path).await.map_err(unavailable)?;
    conversation::alive(stored.as_ref())?;
    let path = format!("{}/attachments", Kind::Conversation.path_of(call.path));
    filed::list_of(&call, Kind::Attachment, vec![(attachment::CONVERSATION, call.path.to_string())], &path).await
}

pub(crate) async fn get_message_attachments(call: Call<GetMessageAttachments>) -> Result<Answer, Refusal> {
    list(&call, (Kind::Message, call.path)).await
}

pub(crate) async fn get_note_attachments(call: Call<GetNoteAttachments>) -> Result<Answer, Refusal> {
    list(&call, (Kind::Note, call.path)).await
}

pub(crate) async fn get_draft_attachments(call: Call<GetDraftAttachments>) -> Result<Answer, Refusal> {
    list(&call, (Kind::Draft, call.path)).await
}

pub(crate) async fn get_forward_attachments(call: Call<GetForwardAttachments>) -> Result<Answer, Refusal> {
    list(&call, (Kind::Forward, call.path)).await
}

/// A page of the attachments of a record.
async fn list<E>(call: &Call<E>, (kind, id): Name) -> Result<Answer, Refusal>
where
    E: Endpoint<Query = PageQuery>,
{
    alive(call, (kind, id)).await?;
    let of = attachment::of_owner(id);
    let path = format!("{}/attachments", kind.path_of(id));
    filed::list_of(call, of.kind, vec![(of.column, of.value)], &path).await
}

/// An attachment of a record.
pub(crate) async fn get<E>(call: Call<E>, kind: Kind) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = OfRecord>,
{
    let OfRecord { record, id } = call.path;
    alive(&call, (kind, record)).await?;
    let found = family::find(&call, Kind::Attachment, id).await.map_err(unavailable)?;
    let found = found.filter(|found| !found.deleted).ok_or_else(|| Refusal::not_found("id"))?;
    if attachment::owner_of(&found)? != Some(record) {
        return Err(Refusal::not_found("id"));
    }
    Ok(Answer::ok(found.document))
}

async fn alive<E: Endpoint>(call: &Call<E>, (kind, id): Name) -> Result<(), Refusal> {
    let stored = family::find(call, kind, id).await.map_err(unavailable)?;
    match &stored {
        Some(stored) if !stored.deleted => Ok(()),
        stored => Err(plain::not_there(call, kind, stored.as_ref())),
    }
}

/// Makes an attachment of a record by `decide`, which is given the record, the id and the event seeds drawn for it, and
/// the input with the most bytes that a file may have.
pub(crate) async fn create<E, F>(call: Call<E>, kind: Kind, decide: F) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = ObjectId, Body = AttachmentInput>,
    F: FnOnce(
            &kustodian_core::customer::Context<'_>,
            Option<&Stored>,
            (ObjectId, [EventSeed; 2]),
            (AttachmentInput, u64),
        ) -> Result<ChangeSet, Refusal>
        + Send
        + 'static,
{
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let (act, ready, name, input) = (call.act(), call.ready(), (kind, call.path), call.input()?);
    let made = (call.next_id(), [call.next_event(), call.next_event()]);
    let max = call.app().settings.max_file;
    let decide = move |loaded: Loaded| {
        let changes = decide(&act.context(), loaded.get(name), made, (input, max))?;
        ready(changes, 0)
    };
    let committed = call.commit_locked(vec![name], Box::new(decide)).await;
    plain::written(committed.map_err(|error| call.not_committed(error))?, Answer::ok)
}

/// Deletes an attachment of a record by `decide`, with its bytes.
pub(crate) async fn delete<E, F>(call: Call<E>, kind: Kind, decide: F) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = OfRecord>,
    F: FnOnce(
            &kustodian_core::customer::Context<'_>,
            Option<&Stored>,
            Option<&Stored>,
            [EventSeed; 2],
        ) -> Result<ChangeSet, Refusal>
        + Send
        + 'static,
{
    let (act, ready, events) = (call.act(), call.ready(), [call.next_event(), call.next_event()]);
    let (record, name) = ((kind, call.path.record), (Kind::Attachment, call.path.id));
    let stored = family::find(&call, Kind::Attachment, call.path.id).await.map_err(unavailable)?;
    let noted = if call.is_rehearsal() { &[] } else { stored.as_slice() };
    let removal = Removal::prepare(call.app(), &call.act().org, Kind::Attachment, noted).await?;
    let found = removal.clone();
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let is_rehearsal = call.is_rehearsal();
    let decide = move |loaded: Loaded| {
        let stored = loaded.get(name);
        let changes = decide(&act.context(), loaded.get(record), stored, events)?;
        if let Some(stored) = stored {
            resource::check_if_match(stored, if_match.as_deref())?;
        }
        if !is_rehearsal {
            found.find(stored);
        }
        ready(changes, stored.map_or(0, |stored| stored.document.len()))
    };
    let committed = call.commit_locked(vec![record, name], Box::new(decide)).await;
    removal.finish(call.app()).await;
    plain::written(committed.map_err(|error| call.not_committed(error))?, Answer::deleted)
}

/// The attachments that a body names for a new record.
pub(crate) fn of_new<E: Endpoint>(call: &Call<E>, sent: Option<&[Value]>) -> Result<Option<Attaching>, Refusal> {
    sent.map(|list| Attaching::read(list, || call.next_event())).transpose()
}

/// Commits what `decide` makes of a message or a note, its conversation and the customer of that, if it has one, and the
/// attachments that a body names for it, or that it is to have no more.
pub(crate) async fn commit<E, F>(
    call: &Call<E>,
    name: Name,
    list: &[Value],
    decide: F,
) -> Result<ChangeSet, CommitError>
where
    E: Endpoint,
    F: FnOnce(Option<&Stored>, Shown<'_>, Attaching) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    for _ in 0..plain::ATTEMPTS {
        let stored = family::find(call, name.0, name.1).await?;
        let former = stored.as_ref().map(attachment::ids_of).transpose()?.unwrap_or_default();
        let about = stored.as_ref().map(conversation::conversation_of).transpose()?.flatten();
        let attaching = Attaching::read(list, || call.next_event())?.instead_of(&former, || call.next_event());
        let names: Vec<Name> = std::iter::once(name).chain(attaching.names()).collect();
        let decide = decide.clone();
        let committed = match about {
            Some(about) => {
                let decide = move |family: &family::Family| {
                    check_same(family.get(name), &former)?;
                    let attaching = attaching.found(|name| family.get(name));
                    decide(family.get(name), family.shown(), attaching)
                };
                family::commit(call, about, &names, decide).await
            }
            None => {
                let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
                let ready = call.ready();
                let decide = move |loaded: Loaded| {
                    let stored = loaded.get(name);
                    check_same(stored, &former)?;
                    let met = stored.map_or(Ok(()), |stored| resource::check_if_match(stored, if_match.as_deref()));
                    let changes = decide(stored, Shown::default(), attaching.found(|name| loaded.get(name)))?;
                    met?;
                    ready(changes, stored.map_or(0, |stored| stored.document.len()))
                };
                call.commit_locked(names, Box::new(decide)).await
            }
        };
        match committed {
            Err(CommitError::Refused(refusal)) if refusal.status == 503 => {}
            committed => return committed,
        }
    }
    Err(plain::too_busy().into())
}

/// Lets a record pass that has the same attachments as when their locks were asked for.
///
/// # Errors
/// 503 otherwise: it is retried.
fn check_same(stored: Option<&Stored>, former: &[ObjectId]) -> Result<(), Refusal> {
    let now = stored.map(attachment::ids_of).transpose()?.unwrap_or_default();
    if now == former { Ok(()) } else { Err(plain::too_busy()) }
}
