//! What the handlers of records without identities share: lists by number, reads by id, and changes decided on the
//! record as it was read, then again under its lock when it has moved on.

use kustodian_core::change::{ChangeSet, Kind};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{CommitError, Decide, ListQuery, SortKey, Start, Stored};
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, not_committed, unavailable};
use crate::call::Call;
use crate::paging::Numbered;

/// A page of the records of a kind that are not deleted, by id.
pub(crate) async fn list<E>(call: &Call<E>, kind: Kind, path: &str) -> Result<Answer, Refusal>
where
    E: Endpoint<Query = PageQuery>,
{
    let page = Numbered::of(call.query);
    let query = ListQuery {
        kind,
        sort: SortKey::Id,
        descending: false,
        within: Vec::new(),
        start: Start::Offset(page.offset()),
        limit: page.size + 1,
        count: false,
    };
    let mut records = call.store().list(call.org(), query).await.map_err(unavailable)?.records;
    let has_next = page.size > 0 && records.len() > page.size as usize;
    records.truncate(page.size as usize);
    let documents: Vec<String> = records.into_iter().map(|record| record.document).collect();
    Ok(Answer::Json(page.uncounted(path, &documents, has_next)))
}

/// The record with an id, unless it is deleted.
pub(crate) async fn get<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Answer, Refusal> {
    let stored = find(call, kind, id).await?.filter(|stored| !stored.deleted);
    let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
    Ok(Answer::ok(stored.document, stored.rev))
}

/// Commits what `decide` makes of the record, and gives it as it is then.
pub(crate) async fn change<E, F>(call: &Call<E>, kind: Kind, id: ObjectId, decide: F) -> Result<ChangeSet, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let ready = call.ready();
    let decide = move |stored: Option<Stored>| {
        let former = stored.as_ref().map_or(0, |stored| stored.document.len());
        ready(decide(stored)?, former)
    };
    let again = decide.clone();
    let changes = decide(find(call, kind, id).await?)?;
    if changes.puts.is_empty() {
        return Ok(changes);
    }
    match call.commit(changes).await {
        Err(CommitError::Stale { .. }) => {
            let decide: Decide = Box::new(again);
            call.commit_locked(kind, id, decide).await
        }
        committed => committed,
    }
    .map_err(not_committed)
}

/// Commits an update, and answers the record as it is then: as it was, when nothing changed.
pub(crate) async fn update<E, F>(call: &Call<E>, kind: Kind, id: ObjectId, decide: F) -> Result<Answer, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let changes = change(call, kind, id, decide).await?;
    if changes.puts.is_empty() { get(call, kind, id).await } else { written(changes, Answer::ok) }
}

/// Commits a record that is made.
pub(crate) async fn create<E: Endpoint>(call: &Call<E>, changes: ChangeSet) -> Result<Answer, Refusal> {
    let changes = call.commit(call.ready()(changes, 0)?).await.map_err(not_committed)?;
    written(changes, Answer::created)
}

/// The answer that holds the record a set of changes wrote.
fn written(changes: ChangeSet, answer: fn(String, u64) -> Answer) -> Result<Answer, Refusal> {
    let put = changes.puts.into_iter().next().ok_or_else(|| resource::fault("Nothing was written"))?;
    Ok(answer(put.document, put.rev))
}

async fn find<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    call.store().find(call.org(), kind, id).await.map_err(unavailable)
}
