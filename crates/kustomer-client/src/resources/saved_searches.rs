//! Saved searches.

use kustomer_api::ObjectId;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::saved_search::{
    CreateSavedSearch, DeleteSavedSearch, GetSavedSearchById, GetSavedSearchExecution, GetSavedSearchHistory,
    GetSavedSearches, SavedSearchInput, UpdateSavedSearch,
};
use kustomer_api::search::SearchPage;

use super::{group, past};
use crate::call::Call;

group! {
    /// The operations on saved searches.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::saved_search::SavedSearchInput;
    /// use kustomer_client::search::SearchPage;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let saved = client.saved_searches().create(&SavedSearchInput::new("Everybody", Default::default())).await?.data;
    /// let found = client.saved_searches().run(saved.id.parse()?, &SearchPage::default()).await?;
    /// println!("{}", found.data.len());
    /// # Ok(())
    /// # }
    /// ```
    SavedSearches
}

past! { SavedSearches: GetSavedSearchById, GetSavedSearchHistory }

impl SavedSearches<'_> {
    /// Lists one page of them; [`walk`](Call::walk) goes over all.
    pub fn list(&self, query: &PageQuery) -> Call<GetSavedSearches> {
        self.client.call((), &ListRecords { paging: *query, deleted: None }, &())
    }

    /// Reads a saved search by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetSavedSearchById> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Makes a saved search.
    pub fn create(&self, input: &SavedSearchInput) -> Call<CreateSavedSearch> {
        self.client.call((), &(), input)
    }

    /// Changes the attributes sent and keeps the others.
    pub fn update(&self, id: ObjectId, input: &SavedSearchInput) -> Call<UpdateSavedSearch> {
        self.client.call(id, &(), input)
    }

    /// Deletes a saved search; an update restores it.
    pub fn delete(&self, id: ObjectId) -> Call<DeleteSavedSearch> {
        self.client.call(id, &(), &())
    }

    /// Runs a saved search for customers; `id` of the page is that of the search.
    pub fn run(&self, id: ObjectId, page: &SearchPage) -> Call<GetSavedSearchExecution> {
        self.client.call(id, &SearchPage { id: None, ..page.clone() }, &())
    }
}
