//! Walking over all pages of a list.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;

use futures_util::stream::{self, Stream};
use kustomer_api::envelope::Page;
use kustomer_api::{Endpoint, Field};
use reqwest::Url;

use crate::call::Call;
use crate::error::{DecodeError, Error, FailedCall};

/// Walks over everything a list holds, page by page.
///
/// It continues with `meta.cursor` where the server answers one, and follows `links.next` where it does not, as
/// Kustomer itself does not. Of the link only the query is taken: a walk never leaves its server.
///
/// ```no_run
/// use kustomer_client::Client;
/// use kustomer_client::customer::ListCustomers;
///
/// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
/// let mut customers = client.customers().all(ListCustomers::default());
/// while let Some(customer) = customers.next().await? {
///     println!("{}", customer.id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a walk does nothing until it is asked for its next item"]
pub struct Walk<E, T> {
    /// The call of every page, with another query each time.
    call: Call<E>,
    /// The query of the page to ask for; `None` at the end.
    query: Option<Query>,
    items: VecDeque<T>,
}

/// Without values.
impl<E, T> fmt::Debug for Walk<E, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Walk")
            .field("call", &self.call)
            .field("read", &self.items.len())
            .finish_non_exhaustive()
    }
}

type Query = Vec<(Cow<'static, str>, String)>;

impl<E, T> Call<E>
where
    E: Endpoint<Answer = Page<T>>,
{
    /// Walks over the pages from this one on. The settings of the call apply to every page.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let mut tags = client.tags().list(&PageQuery::default()).walk();
    /// while let Some(tag) = tags.next().await? {
    ///     println!("{:?}", tag.attributes.name.value());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn walk(self) -> Walk<E, T> {
        let query = Some(self.query().to_vec());
        Walk { call: self, query, items: VecDeque::new() }
    }
}

impl<E, T> Walk<E, T>
where
    E: Endpoint<Answer = Page<T>>,
{
    /// The next item; `None` after the last. After an error the same page is asked for again.
    ///
    /// # Errors
    /// The answer to the call for a page.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(Some(item));
            }
            match self.next_page().await? {
                Some(page) => self.items = page.data.into(),
                None => return Ok(None),
            }
        }
    }

    /// Whether there is a next item, as far as is known without asking for it: items of the page are left, or the server
    /// named a next page.
    pub fn has_next(&self) -> bool {
        !self.items.is_empty() || self.query.is_some()
    }

    /// The next whole page; `None` after the last. Items of the former page that were not taken are passed over.
    ///
    /// # Errors
    /// The answer to the call for the page.
    pub async fn next_page(&mut self) -> Result<Option<Page<T>>, Error> {
        let Some(query) = &self.query else { return Ok(None) };
        let exchange = self.call.clone().with_query(query.clone()).exchange().await?;
        let (response, attempts) = (exchange.response.clone(), exchange.attempts);
        let page = exchange.into_result()?;
        let next = following(&page, query).map_err(|reason| {
            let pointer = if page.meta.cursor.is_absent() { "/links/next" } else { "/meta/cursor" };
            let stray = DecodeError::new(FailedCall::of::<E>(attempts), &response, pointer.to_owned(), reason);
            Error::Decode(Box::new(stray))
        })?;
        self.query = next;
        self.items.clear();
        Ok(Some(page))
    }

    /// The same as a stream, which ends after the first error.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::ListCustomers;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let customers = client.customers().all(ListCustomers::default()).into_stream();
    /// let ids: Vec<String> = customers.map_ok(|customer| customer.id.into()).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_stream(self) -> impl Stream<Item = Result<T, Error>> + Send + Unpin
    where
        E: 'static,
        T: Send + 'static,
    {
        Box::pin(stream::try_unfold(self, |mut walk| async move { Ok(walk.next().await?.map(|item| (item, walk))) }))
    }
}

/// The query for the page after `page`, which answered `query`.
fn following<T>(page: &Page<T>, query: &Query) -> Result<Option<Query>, String> {
    let next = match (&page.meta.cursor, &page.links.next) {
        (Field::Value(cursor), _) => with_cursor(query, cursor),
        (Field::Null, _) | (Field::Absent, Field::Absent | Field::Null) => return Ok(None),
        (Field::Absent, Field::Value(link)) => query_of(link)?,
    };
    if next == *query { Err("the next page is this page again".to_owned()) } else { Ok(Some(next)) }
}

fn with_cursor(query: &Query, cursor: &str) -> Query {
    let others = query.iter().filter(|(name, _)| !matches!(name.as_ref(), "cursor" | "page")).cloned();
    others.chain([(Cow::Borrowed("cursor"), cursor.to_owned())]).collect()
}

/// The query of a link to a page. A server that counts pages and echoes `cursor=*` does not know it; with a page it
/// must not be there.
fn query_of(link: &str) -> Result<Query, String> {
    let base = Url::parse("http://link.invalid").map_err(|error| error.to_string())?;
    let url = base.join(link).map_err(|error| format!("links.next is no link: {error}"))?;
    let mut query: Query =
        url.query_pairs().map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned())).collect();
    if query.iter().any(|(name, _)| name == "page") {
        query.retain(|(name, _)| name != "cursor");
    }
    Ok(query)
}
