//! Saved searches; `search` runs them.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::saved_search;
use kustodian_core::store::Stored;
use kustomer_api::Endpoint;
use kustomer_api::saved_search::{
    CreateSavedSearch, DeleteSavedSearch, GetSavedSearchById, GetSavedSearches, SavedSearchInput, UpdateSavedSearch,
};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::{plain, search};

pub(crate) async fn get_saved_searches(call: Call<GetSavedSearches>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::SavedSearch).await
}

pub(crate) async fn get_saved_search_by_id(call: Call<GetSavedSearchById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::SavedSearch, call.path, call.query).await
}

pub(crate) async fn create_saved_search(call: Call<CreateSavedSearch>) -> Result<Answer, Refusal> {
    let input = read(&call).await?;
    let changes = saved_search::create(&call.act().context(), call.next_id(), call.next_event(), input)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_saved_search(call: Call<UpdateSavedSearch>) -> Result<Answer, Refusal> {
    let (input, act, event) = (read(&call).await?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| saved_search::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, Kind::SavedSearch, call.path, decide).await
}

pub(crate) async fn delete_saved_search(call: Call<DeleteSavedSearch>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| saved_search::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, Kind::SavedSearch, call.path, decide).await
}

/// The body, whose query is one.
async fn read<E: Endpoint<Body = SavedSearchInput>>(call: &Call<E>) -> Result<SavedSearchInput, Refusal> {
    let input = call.input()?;
    if let Some(body) = saved_search::body_sent(&input)? {
        let klasses = search::klasses(call, body.as_bytes()).await?;
        saved_search::check(&call.act().context(), &body, &klasses)?;
    }
    Ok(input)
}
