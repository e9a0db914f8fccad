//! Saved searches.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::saved_search::{
    CreateSavedSearch, DeleteSavedSearch, ExecuteSavedSearch, GetSavedSearchById, GetSavedSearchExecution,
    GetSavedSearchHistory, GetSavedSearches, SavedSearch, SavedSearchInput, UpdateSavedSearch,
};
use kustomer_api::search::SearchPage;

use super::{group, operations, past};
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
    /// let found = client.saved_searches().run(&saved.id, &SearchPage::default()).await?;
    /// println!("{}", found.data.len());
    /// # Ok(())
    /// # }
    /// ```
    SavedSearches
}

past! { SAVED_SEARCHES_PAST: SavedSearches of SavedSearch: GetSavedSearchById, GetSavedSearchHistory }

operations! {
    SAVED_SEARCHES: impl SavedSearches {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetSavedSearches> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a saved search by its id.
        pub fn get(&self, id: impl Into<Id<SavedSearch>>) -> Call<GetSavedSearchById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes a saved search.
        pub fn create(&self, input: &SavedSearchInput) -> Call<CreateSavedSearch> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others.
        pub fn update(&self, id: impl Into<Id<SavedSearch>>, input: &SavedSearchInput) -> Call<UpdateSavedSearch> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a saved search; an update restores it.
        pub fn delete(&self, id: impl Into<Id<SavedSearch>>) -> Call<DeleteSavedSearch> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Runs a saved search for customers; `id` of the page is that of the search.
        pub fn run(&self, id: impl Into<Id<SavedSearch>>, page: &SearchPage) -> Call<GetSavedSearchExecution> {
            self.client.at([id.into().into()], &page.clone().id(None), &())
        }

        /// The same by POST, which Kustomer serves too.
        pub fn execute(&self, id: impl Into<Id<SavedSearch>>, page: &SearchPage) -> Call<ExecuteSavedSearch> {
            self.client.at([id.into().into()], &page.clone().id(None), &())
        }
    }
}
