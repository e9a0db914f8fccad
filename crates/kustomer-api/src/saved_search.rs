//! Saved searches: a search under a name, which `?id=` of a search and its own execution run.

use serde_json::{Map, Value};

use crate::ObjectId;
use crate::customer::Customer;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::Schema;
use crate::search::{FOUND, SearchPage};

/// The most bytes of JSON that `query` may take; Kustomer documents no limit.
pub const MAX_QUERY_BYTES: usize = 64 * 1024;

resource! {
    /// A saved search.
    SavedSearch = "search";

    /// The attributes of a saved search.
    answer SavedSearchAttributes = SAVED_SEARCH;

    /// The attributes to create a saved search with, or to change. Absent ones stay as they are.
    input SavedSearchInput { create: SAVED_SEARCH_INPUT, update: SAVED_SEARCH_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// A description, at most 1,024 characters.
        description: String | null = optional(Schema::text_of(0, 1_024));
        /// The body of the search, at most [`MAX_QUERY_BYTES`] of JSON.
        query: Map<String, Value> = required(QUERY) => QUERY;
    }

    system { deleted: on_update, rev: on_update, }
}

static ANY: Schema = Schema::any();
const QUERY: Schema =
    Schema::map(&ANY).of_bytes(MAX_QUERY_BYTES).about("The body of a search; at most 64 KiB of JSON.");

impl SavedSearchInput {
    /// With a name and the body of a search.
    #[must_use]
    pub fn new(name: impl Into<String>, query: Map<String, Value>) -> Self {
        Self { name: Some(name.into()), query: Some(query), ..Self::default() }
    }
}

endpoint! {
    /// `getSavedSearches`, which Kustomer serves without documenting it.
    GetSavedSearches = &own::GET_SAVED_SEARCHES, "Lists the org's saved searches.";
    path: (), query: ListRecords, body: (), answer: Page<SavedSearch>: Answer::Uncounted(&SAVED_SEARCH)
}

endpoint! {
    /// `getSavedSearchById`, which Kustomer serves without documenting it.
    GetSavedSearchById = &own::GET_SAVED_SEARCH_BY_ID, "Reads a saved search by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<SavedSearch>: Answer::One(&SAVED_SEARCH)
}

endpoint! {
    /// `createSavedSearch`, which Kustomer serves without documenting it.
    CreateSavedSearch = &own::CREATE_SAVED_SEARCH, "Saves a search.";
    path: (), query: (), body: SavedSearchInput: &SAVED_SEARCH_INPUT,
    example: r#"{"name":"Hopper","query":{"and":[{"customer_name":{"contains":"hopper"}}]}}"#,
    answer: Document<SavedSearch>: Answer::One(&SAVED_SEARCH)
}

endpoint! {
    /// `updateSavedSearch`, which Kustomer serves without documenting it.
    UpdateSavedSearch = &own::UPDATE_SAVED_SEARCH,
        "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: SavedSearchInput: &SAVED_SEARCH_CHANGES, example: r#"{"name":"Grace Hopper"}"#,
    answer: Document<SavedSearch>: Answer::One(&SAVED_SEARCH)
}

endpoint! {
    /// `deleteSavedSearch`, which Kustomer serves without documenting it.
    DeleteSavedSearch = &own::DELETE_SAVED_SEARCH,
        "Deletes a saved search; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

endpoint! {
    /// `getSavedSearchExecution`, which Kustomer serves without documenting it.
    GetSavedSearchExecution = &own::GET_SAVED_SEARCH_EXECUTION, "Runs a saved search.";
    path: ObjectId, query: SearchPage, body: (), answer: Page<Customer>: Answer::Found(FOUND)
}

endpoint! {
    /// `executeSavedSearch`, which Kustomer serves without documenting it.
    ExecuteSavedSearch = &own::EXECUTE_SAVED_SEARCH, "Runs a saved search.";
    path: ObjectId, query: SearchPage, body: (), answer: Page<Customer>: Answer::Found(FOUND)
}

history!(
    GetSavedSearchHistory = &own::GET_SAVED_SEARCH_HISTORY,
    "Lists what happened to a saved search, deleted ones included, newest first."
);
