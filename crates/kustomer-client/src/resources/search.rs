//! Searching.

use kustomer_api::company::Company;
use kustomer_api::customer::Customer;
use kustomer_api::envelope::ResourceId;
use kustomer_api::query::{MAX_PAGE_SIZE, PageQuery};
use kustomer_api::search::{
    CompanySearch, CustomerArchiveSearch, CustomerSearch, CustomerSearchIds, Search, SearchPage,
};

use super::{Companies, Customers};
use crate::call::Call;
use crate::pages::Walk;

impl Customers<'_> {
    /// Searches for customers; the first page of what is found, and [`search_page`](Self::search_page) gives others.
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

    /// Searches for customers and gives one page of what is found.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    /// use kustomer_client::search::{Search, SearchPage, attribute};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let search = Search::customers().and(attribute::NAME.contains("ada"));
    /// let paging = PageQuery { page: Some(2), page_size: Some(50) };
    /// let page = client.customers().search_page(&search, &SearchPage { paging, ..SearchPage::default() }).await?;
    /// println!("{}", page.data.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn search_page(&self, search: &Search, page: &SearchPage) -> Call<CustomerSearch> {
        self.client.call((), page, search)
    }

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
        self.client.call((), &SearchPage { ids_only: true, ..page.clone() }, search)
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
}

/// Searching for records of another type.
macro_rules! searches {
    ($group:ident, $search:ident, $record:ty, $one:literal) => {
        impl $group<'_> {
            #[doc = concat!("Searches for ", $one, "; the first page of what is found.")]
            ///
            /// ```no_run
            /// use kustomer_client::Client;
            /// use kustomer_client::search::{Search, attribute};
            ///
            /// # #[tokio::main]
            /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
            /// let search = Search::companies()
            ///     .and(attribute::COMPANY_NAME.contains("acme"))
            ///     .sort(attribute::COMPANY_UPDATED_AT.descending());
            /// for company in client.companies().search(&search).await?.data {
            ///     println!("{}", company.id);
            /// }
            /// # Ok(())
            /// # }
            /// ```
            pub fn search(&self, search: &Search) -> Call<$search> {
                self.search_page(search, &SearchPage::default())
            }

            #[doc = concat!("Searches for ", $one, " and gives one page of what is found.")]
            ///
            /// ```no_run
            /// use kustomer_client::Client;
            /// use kustomer_client::query::PageQuery;
            /// use kustomer_client::search::{Search, SearchPage, attribute};
            ///
            /// # #[tokio::main]
            /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
            /// let search = Search::companies().and(attribute::COMPANY_NAME.contains("acme"));
            /// let paging = PageQuery { page: Some(2), page_size: Some(50) };
            /// let page = client.companies().search_page(&search, &SearchPage { paging, ..SearchPage::default() }).await?;
            /// println!("{}", page.data.len());
            /// # Ok(())
            /// # }
            /// ```
            pub fn search_page(&self, search: &Search, page: &SearchPage) -> Call<$search> {
                self.client.call((), page, search)
            }

            #[doc = concat!("Walks over all ", $one, " that a search finds, by cursor.")]
            ///
            /// ```no_run
            /// use futures_util::TryStreamExt;
            /// use kustomer_client::Client;
            /// use kustomer_client::search::{Search, attribute};
            ///
            /// # #[tokio::main]
            /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
            /// let search = Search::companies().and(attribute::COMPANY_NAME.contains("acme"));
            /// let mut found = client.companies().search_all(&search).into_stream();
            /// while let Some(company) = found.try_next().await? {
            ///     println!("{}", company.id);
            /// }
            /// # Ok(())
            /// # }
            /// ```
            pub fn search_all(&self, search: &Search) -> Walk<$search, $record> {
                self.search_page(search, &by_cursor(false)).walk()
            }
        }
    };
}

searches!(Companies, CompanySearch, Company, "companies");

fn by_cursor(ids_only: bool) -> SearchPage {
    let paging = PageQuery { page: None, page_size: Some(MAX_PAGE_SIZE) };
    SearchPage { paging, ids_only, cursor: Some("*".to_owned()), ..SearchPage::default() }
}
