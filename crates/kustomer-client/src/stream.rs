//! Pages and items of lists and searches as streams that read one page ahead.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;
use kustomer_api::Endpoint;
use kustomer_api::envelope::Page;

use crate::ahead::Ahead;
use crate::call::Call;
use crate::error::{Error, InvalidRequest};
use crate::pages::Walk;

/// Every page of a list or search, in order: see [`Walk::pages`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<E, T> {
    state: State<E, T>,
}

enum State<E, T> {
    /// Nothing was asked for yet.
    Idle(Box<Walk<E, T>>),
    /// A page is on its way.
    Reading(Ahead<Read<E, T>>),
    Ended,
}

type Read<E, T> = (Box<Walk<E, T>>, Result<Option<Page<T>>, Error>);

/// Every item of a list or search, in order: see [`Walk::items`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<E, T> {
    pages: Pages<E, T>,
    items: VecDeque<T>,
}

impl<E, T> Call<E>
where
    E: Endpoint<Answer = Page<T>> + 'static,
    T: Send + 'static,
{
    /// Every item from this page on, as a stream: [`Walk::items`] of [`walk`](Self::walk).
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let names = client.tags().list(&PageQuery::default()).items().map_ok(|tag| tag.attributes.name);
    /// let names: Vec<_> = names.try_collect().await?;
    /// # let _ = names;
    /// # Ok(())
    /// # }
    /// ```
    pub fn items(self) -> Items<E, T> {
        self.walk().items()
    }

    /// Every page from this one on, as a stream: [`Walk::pages`] of [`walk`](Self::walk).
    pub fn pages(self) -> Pages<E, T> {
        self.walk().pages()
    }
}

impl<E, T> Walk<E, T>
where
    E: Endpoint<Answer = Page<T>> + 'static,
    T: Send + 'static,
{
    /// The pages as a stream. While one is processed the next one is read, and no more: a slow consumer does not get more
    /// than that. It ends after the first error. It runs on tokio, as all calls do.
    pub fn pages(self) -> Pages<E, T> {
        Pages { state: State::Idle(Box::new(self)) }
    }

    /// The items as a stream, with the next page read ahead: see [`pages`](Self::pages).
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::ListCustomers;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let mut customers = client.customers().all(ListCustomers::default()).items();
    /// while let Some(customer) = customers.try_next().await? {
    ///     println!("{}", customer.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items(self) -> Items<E, T> {
        Items { pages: self.pages(), items: VecDeque::new() }
    }
}

impl<E, T> Pages<E, T>
where
    E: Endpoint<Answer = Page<T>> + 'static,
    T: Send + 'static,
{
    fn read(mut walk: Box<Walk<E, T>>) -> State<E, T> {
        State::Reading(Ahead::begin(async move {
            let page = walk.next_page().await;
            (walk, page)
        }))
    }
}

impl<E, T> Stream for Pages<E, T>
where
    E: Endpoint<Answer = Page<T>> + 'static,
    T: Send + 'static,
{
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Idle(walk) => self.state = Self::read(walk),
                State::Reading(mut task) => {
                    let Poll::Ready(read) = task.poll(context) else {
                        self.state = State::Reading(task);
                        return Poll::Pending;
                    };
                    return Poll::Ready(match read {
                        Ok((walk, Ok(Some(page)))) => {
                            if walk.has_next() {
                                self.state = Self::read(walk);
                            }
                            Some(Ok(page))
                        }
                        Ok((_, Ok(None))) => None,
                        Ok((_, Err(error))) => Some(Err(error)),
                        Err(reason) => Some(Err(InvalidRequest::Setup { reason }.into())),
                    });
                }
            }
        }
    }
}

impl<E, T> Unpin for Pages<E, T> {}

impl<E, T> Unpin for Items<E, T> {}

impl<E, T> Stream for Items<E, T>
where
    E: Endpoint<Answer = Page<T>> + 'static,
    T: Send + 'static,
{
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match std::task::ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.items = page.data.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
