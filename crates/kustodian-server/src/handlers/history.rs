//! Former states of a record, and its history: the same for every kind.

use kustodian_core::feed::{HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::{event, missing, permission, resource};
use kustomer_api::error::code;
use kustomer_api::history::StateQuery;
use kustomer_api::operation::own::EVENT_READ;
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::paging::Numbered;
use crate::{parts, past};

/// The history of the record that the path names by its id, newest first; deleted ones have theirs.
pub(crate) async fn list<E>(call: Call<E>, kind: Kind) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = ObjectId, Query = PageQuery>,
{
    list_of(&call, kind, call.path).await
}

/// The history of a record.
pub(crate) async fn list_of<E: Endpoint<Query = PageQuery>>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
) -> Result<Answer, Refusal> {
    let stored = find_unerased(call, kind, id).await?;
    let page = Numbered::of(call.query);
    // Revisions count without gaps from 1, and the newest is first.
    let to = stored.rev.saturating_sub(page.offset());
    let query = HistoryQuery {
        kind,
        record: stored.id,
        from: 1,
        to,
        descending: true,
        limit: page.size,
        payload: Payload::Changes,
        bytes: parts::HELD,
    };
    let path = resource::path_in(&stored.document)?;
    let of = path.clone();
    let tell = move |event: &Recorded| resource::render(&event::history_entry(event, &of)?);
    let entries = parts::of_history(call.app(), call.org(), query, tell);
    let around = page.around_counted(&format!("{path}/history"), &Vec::new(), stored.rev);
    parts::page(call.app(), entries, page.size as usize, around, None).await
}

/// The history of a record that is read although nobody has written it yet, such as the settings of an org.
pub(crate) fn list_of_unwritten<E: Endpoint<Query = PageQuery>>(call: &Call<E>, path: &str) -> Answer {
    let around = Numbered::of(call.query).around_counted(&format!("{path}/history"), &Vec::new(), 0);
    Answer::Json(around.whole(Vec::new(), false))
}

/// Why there is no former state of such a record.
pub(crate) fn former_of_unwritten<E: Endpoint>(call: &Call<E>, kind: Kind, state: StateQuery) -> Refusal {
    let parameter = if state.rev.is_some() { "rev" } else { "asOf" };
    let what = format!("The parameter {parameter} of {}", E::OPERATION.name);
    let status = call.app().settings.missing_role_status;
    if let Err(refusal) = permission::require(call.caller(), &what, EVENT_READ, status) {
        return refusal;
    }
    let title = format!("Not Found: nobody has written the {} yet, so that it has no revisions", kind.as_str());
    let detail = format!("without {parameter} its initial state is answered");
    Refusal::new(404, code::NOT_FOUND, parameter, title).with_detail(detail)
}

/// The record as it was at a revision or a moment. Deleted ones can be read as of when they lived.
pub(crate) async fn get_former<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
    state: StateQuery,
) -> Result<Answer, Refusal> {
    let StateQuery { rev, as_of } = state;
    let parameter = if rev.is_some() { "rev" } else { "asOf" };
    let what = format!("The parameter {parameter} of {}", E::OPERATION.name);
    permission::require(call.caller(), &what, EVENT_READ, call.app().settings.missing_role_status)?;

    let absent = |what: &str| {
        let title = format!("Not Found: the {} {what}", kind.as_str());
        Refusal::new(404, code::NOT_FOUND, parameter, title)
    };
    let stored = find_unerased(call, kind, id).await?;
    let rev = match (rev, as_of) {
        (Some(rev), _) => rev,
        (None, Some(moment)) => {
            let found = call.store().find_rev_at(call.org(), kind, stored.id, moment).await;
            found.map_err(unavailable)?.ok_or_else(|| absent(&format!("was not made by {moment}")))?
        }
        (None, None) => stored.rev,
    };
    let states = past::find_states(call.store(), call.org(), kind, stored.id, rev, rev).await?;
    let Some(state) = states.into_iter().find(|state| state.rev == rev) else {
        // It was erased this very moment, or never had that revision.
        let stored = find_unerased(call, kind, id).await?;
        let why = match (1..stored.rev).contains(&rev) {
            true => format!("has nothing left of its revision {rev}: it was erased or redacted since"),
            false => format!("has no revision {rev}: its newest is {}", stored.rev),
        };
        return Err(absent(&why));
    };
    if missing::is_deleted(&state.document)? {
        return Err(absent(&format!("was deleted then, by its revision {rev}")));
    }
    Ok(Answer::ok(state.document))
}

pub(crate) async fn find_unerased<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Stored, Refusal> {
    let stored = call.store().find(call.org(), kind, id).await.map_err(unavailable)?;
    match stored {
        Some(stored) if missing::erased_at(&stored)?.is_none() => Ok(stored),
        stored => Err(missing::missing(kind, stored.as_ref())),
    }
}
