//! What the handlers of records without identities share: lists by number, reads by id, and changes decided on the
//! record as it was read, then again under its lock when it has moved on.

use kustodian_core::change::ChangeSet;
use kustodian_core::claim::ClaimKind;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, SortKey, Start, Stored, Within, decide_on};
use kustodian_core::tag::Resolved;
use kustodian_core::{conversation, missing, resource};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{Include, ListById, ListRecords, PageQuery, QueryArguments};
use kustomer_api::restore::RestoreInput;
use kustomer_api::validation::Fault;
use kustomer_api::{Endpoint, ObjectId, Operation, role};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{history, included, tags};
use crate::paging::{Numbered, Pairs};
use crate::parts;

/// A page of the records of a kind, by id.
pub(crate) async fn list<E>(call: &Call<E>, kind: Kind) -> Result<Answer, Refusal>
where
    E: Endpoint<Query = ListRecords>,
{
    let ListRecords { paging, deleted } = call.query;
    let conditions = ListRecords { paging: PageQuery::default(), deleted }.write();
    let which = Which { deleted: deleted.unwrap_or_default(), ..Which::default() };
    list_narrowed(call, kind, which, Numbered::of(paging), &conditions).await
}

/// A page of the records of a kind, by id in either direction.
pub(crate) async fn list_by_id<E>(call: &Call<E>, kind: Kind, query: ListById) -> Result<Answer, Refusal>
where
    E: Endpoint,
{
    let conditions = ListById { paging: PageQuery::default(), ..query }.write();
    let which = Which { descending: query.descending, ..Which::default() };
    list_narrowed(call, kind, which, Numbered::of(query.paging), &conditions).await
}

/// Which records of a kind to list.
#[derive(Default)]
pub(crate) struct Which {
    /// One of the narrowed lists that the kind declares; every record when empty.
    pub(crate) of: Vec<(&'static str, String)>,
    /// The deleted ones, or the others.
    pub(crate) deleted: bool,
    /// In what order.
    pub(crate) sort: SortKey,
    /// Greatest first.
    pub(crate) descending: bool,
    /// Conditions on moments that must all hold.
    pub(crate) within: Vec<Within>,
    /// The path that the links name; that of the kind when absent.
    pub(crate) path: Option<String>,
    /// What to answer beside.
    pub(crate) beside: Option<included::Gathering>,
}

/// A page of some records of a kind, with links that repeat the conditions.
pub(crate) async fn list_narrowed<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    which: Which,
    page: Numbered,
    conditions: &Pairs,
) -> Result<Answer, Refusal> {
    let query = ListQuery {
        of: which.of,
        deleted: which.deleted,
        sort: which.sort,
        descending: which.descending,
        within: which.within,
        start: Start::Offset(page.offset()),
        ..ListQuery::of(kind, page.size + 1, parts::HELD)
    };
    let (records, _) = parts::of_list(call.app(), call.org(), query).await?;
    let around = page.around_uncounted(which.path.as_deref().unwrap_or(kind.spec().path), conditions);
    parts::page(call.app(), records, page.size as usize, around, which.beside).await
}

/// How many records one request may name.
const MAX_IDS: usize = 100;

/// The records with the ids of the path, joined by commas, in that order. Unknown ids are left out.
///
/// # Errors
/// 400 for too many.
pub(crate) async fn list_named<E>(
    call: &Call<E>,
    kind: Kind,
    paging: PageQuery,
    include: Include,
) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = String>,
{
    let ids = named_ids(&call.path)?;
    let page = Numbered::of(paging);
    let around = page.around_uncounted(&path_of_ids(kind, &ids), &include.write());
    let beside = included::Gathering::of(call, include);
    let records = parts::of_ids(call.app(), call.org(), kind, ids, false, |stored| !stored.deleted);
    parts::page(call.app(), parts::passing_over(records, page.offset()), page.size as usize, around, beside).await
}

/// The ids in a path, joined by commas; each once, without those that cannot be one.
///
/// # Errors
/// 400 for too many.
pub(crate) fn named_ids(path: &str) -> Result<Vec<ObjectId>, Refusal> {
    let mut ids: Vec<ObjectId> = Vec::new();
    for id in path.split(',').filter_map(|id| id.trim().parse().ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() > MAX_IDS {
            let title = format!("ids names more than {MAX_IDS} records: send fewer");
            return Err(Refusal::bad_input(vec![Fault::of_parameter("ids", title)]));
        }
    }
    Ok(ids)
}

/// The path of the records with these ids. That of one id ends in a comma: without it, it would be the path of the record.
pub(crate) fn path_of_ids(kind: Kind, ids: &[ObjectId]) -> String {
    let named: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
    let end = if named.len() == 1 { "," } else { "" };
    format!("{}/{}{end}", kind.spec().path, named.join(","))
}

/// The record with an id, as it is or as it was.
pub(crate) async fn get<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
    state: StateQuery,
) -> Result<Answer, Refusal> {
    if state == StateQuery::default() {
        present(call, kind, id).await
    } else {
        history::get_former(call, kind, id, state).await
    }
}

/// The record with an id, unless it is deleted.
pub(crate) async fn present<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Answer, Refusal> {
    match find(call, kind, id).await? {
        Some(stored) if !stored.deleted => Ok(Answer::ok(stored.document)),
        stored => Err(not_there(call, kind, stored.as_ref())),
    }
}

/// 404 for a record that is deleted, or that is none. The answer to a caller who may restore it says how.
pub(crate) fn not_there<E: Endpoint>(call: &Call<E>, kind: Kind, stored: Option<&Stored>) -> Refusal {
    let may_restore = |operation: &Operation| role::any_grants(&call.caller().token.roles, operation.roles);
    if kind.spec().restored_by.is_some_and(may_restore) {
        missing::missing_to_restorer(kind, stored)
    } else {
        missing::missing(kind, stored)
    }
}

/// Commits what `decide` makes of the record, and gives it as it is then.
pub(crate) async fn change<E, F>(call: &Call<E>, kind: Kind, id: ObjectId, decide: F) -> Result<ChangeSet, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    commit_change(call, kind, id, decide).await.map_err(|error| call.not_committed(error))
}

/// As [`change`], with the reason why nothing was committed.
pub(crate) async fn commit_change<E, F>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
    decide: F,
) -> Result<ChangeSet, CommitError>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let ready = call.ready();
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let decide = move |stored: Option<Stored>| {
        let met = stored.as_ref().map_or(Ok(()), |stored| resource::check_if_match(stored, if_match.as_deref()));
        let former = stored.as_ref().map_or(0, |stored| stored.document.len());
        // Any write of a deleted record but a restore is a 404, whatever the condition.
        if stored.as_ref().is_some_and(|stored| !stored.deleted) {
            met.clone()?;
        }
        let changes = decide(stored)?;
        met?;
        ready(changes, former)
    };
    let again = decide.clone();
    let stored = find(call, kind, id).await?;
    let gone = stored.as_ref().filter(|stored| stored.deleted).map(|stored| not_there(call, kind, Some(stored)));
    let changes = decide(stored).map_err(|refusal| match gone {
        Some(gone) if refusal.status == gone.status => gone,
        _ => refusal,
    })?;
    if changes.puts.is_empty() {
        return Ok(changes);
    }
    match call.commit(changes).await {
        Err(CommitError::Stale { kind: stale, .. }) if stale == kind => {
            let name = (kind, id);
            call.commit_locked(vec![name], decide_on(name, again)).await
        }
        committed => committed,
    }
}

/// How often a write is decided again because another request has created a tag meanwhile that it wanted to create.
pub(crate) const ATTEMPTS: usize = 8;

/// Creates a record with the tags that a client named; `decide` is given them resolved.
pub(crate) async fn create_with_tags<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    tags: Option<Vec<String>>,
    decide: impl Fn(Option<Resolved>) -> Result<ChangeSet, Refusal>,
) -> Result<Answer, Refusal> {
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    for _ in 0..ATTEMPTS {
        let changes = decide(tags::resolve(call, tags.clone()).await?)?;
        let id = changes.puts.iter().find(|put| put.kind == kind).map(|put| put.id);
        match call.commit(call.ready()(changes, 0)?).await {
            Ok(changes) => return written(changes, Answer::created),
            Err(error) if is_about_another(kind, &error) => {}
            Err(CommitError::Stale { id: stale, .. }) if Some(stale) == id => {
                return Err(conversation::taken(stale, kind));
            }
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(too_busy())
}

/// Updates a record with the tags that a client named; `decide` is given the record and the tags resolved.
pub(crate) async fn update_with_tags<E, F>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
    tags: Option<Vec<String>>,
    decide: F,
) -> Result<Answer, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>, Option<Resolved>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    for _ in 0..ATTEMPTS {
        let (tags, decide) = (tags::resolve(call, tags.clone()).await?, decide.clone());
        match commit_change(call, kind, id, move |stored| decide(stored, tags)).await {
            Ok(changes) if changes.puts.is_empty() => return present(call, kind, id).await,
            Ok(changes) => return written(changes, Answer::ok),
            Err(error) if is_about_another(kind, &error) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(too_busy())
}

/// Whether another request has changed meanwhile what a write of this kind refers to: created a tag that it wanted to
/// create, or deleted a record that it asserts. Then it is decided again.
pub(crate) fn is_about_another(written: Kind, error: &CommitError) -> bool {
    match error {
        CommitError::Claimed { claim, .. } => claim.kind == ClaimKind::TagName,
        CommitError::Stale { kind, .. } => *kind != written,
        _ => false,
    }
}

pub(crate) fn too_busy() -> Refusal {
    crate::answer::try_again("Others change all the time what this write refers to: try again", 1)
}

/// Commits an update, and answers the record as it is then: as it was, when nothing changed.
pub(crate) async fn update<E, F>(call: &Call<E>, kind: Kind, id: ObjectId, decide: F) -> Result<Answer, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let changes = change(call, kind, id, decide).await?;
    if changes.puts.is_empty() { present(call, kind, id).await } else { written(changes, Answer::ok) }
}

/// Commits a restore, unless its body names another revision, and answers the record as it is then: as it was, when it was
/// not deleted.
pub(crate) async fn restore<E, F>(call: &Call<E>, kind: Kind, id: ObjectId, decide: F) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = RestoreInput>,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let rev = call.input()?.rev;
    let decide = move |stored: Option<Stored>| {
        let met = stored.as_ref().map_or(Ok(()), |stored| resource::check_rev(stored, rev.as_ref()));
        let changes = decide(stored)?;
        met.map(|()| changes)
    };
    update(call, kind, id, decide).await
}

/// Commits a deletion.
pub(crate) async fn delete<E, F>(call: &Call<E>, kind: Kind, id: ObjectId, decide: F) -> Result<Answer, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    written(change(call, kind, id, decide).await?, Answer::deleted)
}

/// Commits a record that is made.
pub(crate) async fn create<E: Endpoint>(call: &Call<E>, changes: ChangeSet) -> Result<Answer, Refusal> {
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let changes = call.commit(call.ready()(changes, 0)?).await.map_err(|error| call.not_committed(error))?;
    written(changes, if E::OPERATION.success == 200 { Answer::ok } else { Answer::created })
}

/// The answer that holds the record a set of changes wrote.
pub(crate) fn written(changes: ChangeSet, answer: fn(String) -> Answer) -> Result<Answer, Refusal> {
    let put = changes.puts.into_iter().next().ok_or_else(|| resource::fault("Nothing was written"))?;
    Ok(answer(put.document))
}

async fn find<E: Endpoint>(call: &Call<E>, kind: Kind, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    call.store().find(call.org(), kind, id).await.map_err(unavailable)
}
