//! Searching.

use std::future::IntoFuture as _;

use futures_util::Stream;
use kustomer_api::Timestamp;
use kustomer_api::company::Company;
use kustomer_api::conversation::Conversation;
use kustomer_api::customer::Customer;
use kustomer_api::envelope::ResourceId;
use kustomer_api::kobject::KObject;
use kustomer_api::message::Message;
use kustomer_api::note::Note;
use kustomer_api::query::MAX_PAGE_SIZE;
use kustomer_api::search::attribute::{
    COMPANY_UPDATED_AT, CONVERSATION_UPDATED_AT, KOBJECT_UPDATED_AT, MESSAGE_UPDATED_AT, NOTE_UPDATED_AT, UPDATED_AT,
};
use kustomer_api::search::{
    CompanySearch, ConversationSearch, CustomerArchiveSearch, CustomerSearch, CustomerSearchIds, KObjectSearch,
    MessageSearch, MomentAttribute, NoteSearch, Search, SearchPage, Sortable,
};

use super::{Customers, operations};
use crate::call::Call;
use crate::error::Error;
use crate::pages::Walk;
use crate::window::{self, Window};

operations! {
    SEARCH: impl Customers {
        /// Searches for customers; returns the first page of the results; [`search_page`](Self::search_page) returns others.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::custom::{Key, Str};
        /// use kustomer_client::search::{Search, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// const TIER: Key<Str> = Key::new("loyaltyTierStr");
        ///
        /// let search = Search::customers()
        ///     .and(attribute::custom(TIER).equals("gold"))
        ///     .sort(attribute::UPDATED_AT.descending());
        /// let page = client.customers().search(&search).await?;
        /// println!("{:?} in all", page.meta.total);
        /// # Ok(())
        /// # }
        /// ```
        pub fn search(&self, search: &Search) -> Call<CustomerSearch> {
            self.search_page(search, &SearchPage::default())
        }

        /// Searches for customers and gives one page of the result.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::customers().and(attribute::NAME.contains("ada"));
        /// let page = client.customers().search_page(&search, &SearchPage::default().page(2).page_size(50)).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_page(&self, search: &Search, page: &SearchPage) -> Call<CustomerSearch> {
            self.client.call((), page, search)
        }

        /// Searches for customers and gives ids alone, which is quicker.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::customers().and(attribute::EMAIL.not_set());
        /// let page = client.customers().search_ids(&search, &SearchPage::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_ids(&self, search: &Search, page: &SearchPage) -> Call<CustomerSearchIds> {
            self.client.call((), &page.clone().ids_only(true), search)
        }

        /// Searches by the few attributes of the archive.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.customers().search_archive(&Search::customers(), &SearchPage::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_archive(&self, search: &Search, page: &SearchPage) -> Call<CustomerArchiveSearch> {
            self.client.call((), page, search)
        }

        /// Searches for companies and gives one page of the result. The search is one for companies.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::companies().and(attribute::COMPANY_NAME.contains("acme"));
        /// for company in client.customers().search_companies(&search, &SearchPage::default()).await?.data {
        ///     println!("{}", company.id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_companies(&self, search: &Search, page: &SearchPage) -> Call<CompanySearch> {
            self.client.call((), page, search)
        }

        /// Searches for kobjects and gives one page of the result. The search is one for kobjects.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::kobjects_of("order").and(attribute::ADDRESS.contains("Berlin"));
        /// for kobject in client.customers().search_kobjects(&search, &SearchPage::default()).await?.data {
        ///     println!("{}", kobject.id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_kobjects(&self, search: &Search, page: &SearchPage) -> Call<KObjectSearch> {
            self.client.call((), page, search)
        }

        /// Searches for conversations and gives one page of the result. The search is one for conversations.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::conversations()
        ///     .and(attribute::CONVERSATION_STATUS.equals("open"))
        ///     .and(attribute::ADDRESS.contains("Berlin"))
        ///     .sort(attribute::CONVERSATION_CREATED_AT.ascending());
        /// for conversation in client.customers().search_conversations(&search, &SearchPage::default()).await?.data {
        ///     println!("{}", conversation.id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_conversations(&self, search: &Search, page: &SearchPage) -> Call<ConversationSearch> {
            self.client.call((), page, search)
        }

        /// Searches for messages and gives one page of the result. The search is one for messages.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::messages()
        ///     .and(attribute::MESSAGE_BODY.contains("invoice"))
        ///     .sort(attribute::MESSAGE_SENT_AT.descending());
        /// for message in client.customers().search_messages(&search, &SearchPage::default()).await?.data {
        ///     println!("{}", message.id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_messages(&self, search: &Search, page: &SearchPage) -> Call<MessageSearch> {
            self.client.call((), page, search)
        }

        /// Searches for notes and gives one page of the result. The search is one for notes.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::search::{Search, SearchPage, attribute};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let search = Search::notes().and(attribute::NOTE_BODY.contains("refund"));
        /// for note in client.customers().search_notes(&search, &SearchPage::default()).await?.data {
        ///     println!("{}", note.id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn search_notes(&self, search: &Search, page: &SearchPage) -> Call<NoteSearch> {
            self.client.call((), page, search)
        }
    }
}

impl Customers<'_> {
    /// Walks over everything a search finds, 500 a page, by cursor: each customer that matches throughout is given
    /// exactly once, whatever is written meanwhile, and there is no last page. Kustomer itself answers pages by number
    /// and ends after 100 of them.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use futures_util::TryStreamExt;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::customers().and(attribute::EMAIL.contains("@acme.example"));
    /// let mut found = client.customers().search_all(&search).into_stream();
    /// while let Some(customer) = found.try_next().await? {
    ///     println!("{}", customer.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all(&self, search: &Search) -> Walk<CustomerSearch, Customer> {
        self.search_page(search, &by_cursor(false)).walk()
    }

    /// Everything a search finds, also where searches end with page 100, as Kustomer's do: least recently updated first, by
    /// moving the moment from which on it searches. Any order of the search itself is left out. A customer who is updated
    /// meanwhile is given again. Where a server knows cursors [`search_all`](Self::search_all) takes fewer requests.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let search = Search::customers().and(attribute::EMAIL.contains("@acme.example"));
    /// let mut found = client.customers().search_beyond_pages(&search, 100);
    /// while let Some(customer) = found.try_next().await? {
    ///     println!("{}", customer.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of any call; and [`InvalidRequest::OneMoment`](crate::InvalidRequest::OneMoment) where more customers were
    /// updated in the same millisecond than all pages hold.
    pub fn search_beyond_pages(
        &self,
        search: &Search,
        page_size: u32,
    ) -> impl Stream<Item = Result<Customer, Error>> + Send + Unpin + use<> {
        let client = self.client.clone();
        let window = Window {
            ask: Box::new(move |search: &Search, page: &SearchPage| {
                client.customers().search_page(search, page).into_future()
            }),
            since: |search, moment| bounded(search, UPDATED_AT, moment),
            place: |customer: &Customer| (customer.id.to_string(), customer.attributes.updated_at.value().copied()),
            page_size,
        };
        window::stream(window, search.clone())
    }

    /// As [`search_all`](Self::search_all), ids alone.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::customers().and(attribute::IMPORTED.equals(true));
    /// let mut found = client.customers().search_all_ids(&search);
    /// while let Some(customer) = found.next().await? {
    ///     println!("{}", customer.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all_ids(&self, search: &Search) -> Walk<CustomerSearchIds, ResourceId> {
        self.search_ids(search, &by_cursor(true)).walk()
    }

    /// Walks over all companies that a search finds, by cursor, as [`search_all`](Self::search_all) does.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::companies().and(attribute::COMPANY_NAME.contains("acme"));
    /// let mut found = client.customers().search_all_companies(&search);
    /// while let Some(company) = found.next().await? {
    ///     println!("{}", company.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all_companies(&self, search: &Search) -> Walk<CompanySearch, Company> {
        self.search_companies(search, &by_cursor(false)).walk()
    }

    /// Walks over all kobjects that a search finds, by cursor, as [`search_all`](Self::search_all) does.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::kobjects_of("order").and(attribute::ADDRESS.contains("Berlin"));
    /// let mut found = client.customers().search_all_kobjects(&search);
    /// while let Some(kobject) = found.next().await? {
    ///     println!("{}", kobject.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all_kobjects(&self, search: &Search) -> Walk<KObjectSearch, KObject> {
        self.search_kobjects(search, &by_cursor(false)).walk()
    }

    /// Walks over all conversations that a search finds, by cursor, as [`search_all`](Self::search_all) does.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::conversations()
    ///     .and(attribute::CONVERSATION_STATUS.equals("open"))
    ///     .and(attribute::ADDRESS.contains("Berlin"))
    ///     .sort(attribute::CONVERSATION_CREATED_AT.ascending());
    /// let mut found = client.customers().search_all_conversations(&search);
    /// while let Some(conversation) = found.next().await? {
    ///     println!("{}", conversation.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all_conversations(&self, search: &Search) -> Walk<ConversationSearch, Conversation> {
        self.search_conversations(search, &by_cursor(false)).walk()
    }

    /// Walks over all messages that a search finds, by cursor, as [`search_all`](Self::search_all) does.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::messages()
    ///     .and(attribute::MESSAGE_BODY.contains("invoice"))
    ///     .sort(attribute::MESSAGE_SENT_AT.descending());
    /// let mut found = client.customers().search_all_messages(&search);
    /// while let Some(message) = found.next().await? {
    ///     println!("{}", message.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all_messages(&self, search: &Search) -> Walk<MessageSearch, Message> {
        self.search_messages(search, &by_cursor(false)).walk()
    }

    /// Walks over all notes that a search finds, by cursor, as [`search_all`](Self::search_all) does.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::search::{Search, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::notes().and(attribute::NOTE_BODY.contains("refund"));
    /// let mut found = client.customers().search_all_notes(&search);
    /// while let Some(note) = found.next().await? {
    ///     println!("{}", note.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_all_notes(&self, search: &Search) -> Walk<NoteSearch, Note> {
        self.search_notes(search, &by_cursor(false)).walk()
    }
}

/// Declares searches for other records that continue where pages end.
macro_rules! beyond_pages {
    ($($verb:ident: $records:literal by $search:ident -> $record:ident, $updated_at:ident;)+) => {
        impl Customers<'_> {
            $(
                #[doc = concat!("As [`search_beyond_pages`](Self::search_beyond_pages), for ", $records, ".")]
                pub fn $verb(
                    &self,
                    search: &Search,
                    page_size: u32,
                ) -> impl Stream<Item = Result<$record, Error>> + Send + Unpin + use<> {
                    let client = self.client.clone();
                    let window = Window {
                        ask: Box::new(move |search: &Search, page: &SearchPage| {
                            client.customers().$search(search, page).into_future()
                        }),
                        since: |search, moment| bounded(search, $updated_at, moment),
                        place: |found: &$record| {
                            (found.id.to_string(), found.attributes.updated_at.value().copied())
                        },
                        page_size,
                    };
                    window::stream(window, search.clone())
                }
            )+
        }
    };
}

beyond_pages! {
    search_companies_beyond_pages: "companies" by search_companies -> Company, COMPANY_UPDATED_AT;
    search_conversations_beyond_pages: "conversations" by search_conversations -> Conversation, CONVERSATION_UPDATED_AT;
    search_kobjects_beyond_pages: "kobjects" by search_kobjects -> KObject, KOBJECT_UPDATED_AT;
    search_messages_beyond_pages: "messages" by search_messages -> Message, MESSAGE_UPDATED_AT;
    search_notes_beyond_pages: "notes" by search_notes -> Note, NOTE_UPDATED_AT;
}

/// The search for records updated at a moment or later, in that order alone.
fn bounded(search: Search, updated_at: MomentAttribute<Sortable>, moment: Option<Timestamp>) -> Search {
    let mut body = search.into_json();
    body.remove("sort");
    // It was a search before.
    let search = serde_json::from_value::<Search>(body.into()).unwrap_or_default().sort(updated_at.clone().ascending());
    match moment {
        Some(moment) => search.and(updated_at.gte(moment)),
        None => search,
    }
}

fn by_cursor(ids_only: bool) -> SearchPage {
    SearchPage::default().page_size(MAX_PAGE_SIZE).ids_only(ids_only).cursor("*")
}
