//! Klasses. Paths name one by its id or by its name, singular or plural.

use kustodian_core::kind::Kind;
use kustodian_core::klass::{self, KnownKlass};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Stored};
use kustomer_api::history::StateQuery;
use kustomer_api::klass::{
    CreateKlass, DeleteKlass, GetKlass, GetKlassByName, GetKlassHistory, GetKlasses, KlassStatus, ListKlasses,
    RestoreKlass, UpdateKlass,
};
use kustomer_api::query::{PageQuery, QueryArguments};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::history;
use crate::handlers::plain::{self, Which};
use crate::paging::Numbered;

pub(crate) async fn get_klasses(call: Call<GetKlasses>) -> Result<Answer, Refusal> {
    let status = call.query.status.clone().unwrap_or(KlassStatus::Enabled);
    let which = Which { of: vec![(klass::STATUS, status.as_str().to_owned())], ..Which::default() };
    let conditions = ListKlasses { paging: PageQuery::default(), ..call.query.clone() }.write();
    plain::list_narrowed(&call, Kind::Klass, which, Numbered::of(call.query.paging), &conditions).await
}

pub(crate) async fn create_klass(call: Call<CreateKlass>) -> Result<Answer, Refusal> {
    let (act, id, event) = (call.act(), call.next_id(), call.next_event());
    plain::create(&call, klass::create(&act.context(), id, event, call.input()?)?).await
}

pub(crate) async fn get_klass(call: Call<GetKlass>) -> Result<Answer, Refusal> {
    if call.query == StateQuery::default() {
        return Ok(Answer::ok(find(&call, &call.path, "id").await?.document));
    }
    history::get_former(&call, Kind::Klass, find_id(&call, &call.path).await?, call.query).await
}

pub(crate) async fn get_klass_history(call: Call<GetKlassHistory>) -> Result<Answer, Refusal> {
    history::list_of(&call, Kind::Klass, find_id(&call, &call.path).await?).await
}

pub(crate) async fn get_klass_by_name(call: Call<GetKlassByName>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(find(&call, &call.path, "name").await?.document))
}

pub(crate) async fn update_klass(call: Call<UpdateKlass>) -> Result<Answer, Refusal> {
    let (act, event, input) = (call.act(), call.next_event(), call.input()?);
    let id = find(&call, &call.path, "id").await?.id;
    let decide = move |stored: Option<Stored>| klass::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, Kind::Klass, id, decide).await
}

pub(crate) async fn restore_klass(call: Call<RestoreKlass>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let id = find_id(&call, &call.path).await?;
    let decide = move |stored: Option<Stored>| klass::restore(&act.context(), stored.as_ref(), event);
    plain::restore(&call, Kind::Klass, id, decide).await
}

pub(crate) async fn delete_klass(call: Call<DeleteKlass>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let stored = find(&call, &call.path, "id").await?;
    let name = KnownKlass::of(&stored)?.name;
    let decide = move |stored: Option<Stored>| klass::delete(&act.context(), stored.as_ref(), event);
    match plain::commit_change(&call, Kind::Klass, stored.id, decide).await {
        Ok(changes) => plain::written(changes, Answer::deleted),
        Err(CommitError::NotEmpty { .. }) => Err(klass::in_use(&name)),
        Err(error) => Err(call.not_committed(error)),
    }
}

/// The id of the klass that a path names; one that is deleted is named by its id alone.
async fn find_id<E: Endpoint>(call: &Call<E>, named: &str) -> Result<ObjectId, Refusal> {
    match named.parse() {
        Ok(id) => Ok(id),
        Err(_) => find(call, named, "id").await.map(|klass| klass.id),
    }
}

/// The klass that a path names.
///
/// # Errors
/// 404 when there is none; `parameter` is its name in the path.
pub(crate) async fn find<E: Endpoint>(call: &Call<E>, named: &str, parameter: &str) -> Result<Stored, Refusal> {
    let found = match named.parse::<ObjectId>() {
        Ok(id) => call.store().find(call.org(), Kind::Klass, id).await,
        Err(_) => call.store().find_by_claim(call.org(), Kind::Klass, klass::name_key(call.org(), named)).await,
    };
    let missing = || Refusal::not_found(parameter).with_detail("there is no klass with this name or id".to_owned());
    match found.map_err(unavailable)? {
        Some(klass) if !klass.deleted => Ok(klass),
        Some(klass) => Err(plain::not_there(call, Kind::Klass, Some(&klass))),
        None => Err(missing()),
    }
}
