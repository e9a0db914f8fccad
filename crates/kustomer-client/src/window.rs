//! Searches that outlive a server's last page.
//!
//! A search by pages ends with page 100 at Kustomer. This one asks for records updated at or after a moment, in that order,
//! and moves the moment on: it never needs a later page, except where many records share a moment. A record that is updated
//! meanwhile moves behind all others, so that none is passed over; it is given again then.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{self, Stream};
use kustomer_api::Timestamp;
use kustomer_api::envelope::Page;
use kustomer_api::search::{Search, SearchPage};

use crate::error::{Error, InvalidRequest};

/// The future of a page.
pub(crate) type Paging<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send>>;

/// Asks for a page of a search.
pub(crate) type Ask<T> = Box<dyn Fn(&Search, &SearchPage) -> Paging<T> + Send + Sync>;

/// How records of a type are searched for by the moment of their last change.
pub(crate) struct Window<T> {
    /// Asks for a page.
    pub(crate) ask: Ask<T>,
    /// Limits a search to records updated at or after a moment, and sorts it by that.
    pub(crate) since: fn(Search, Option<Timestamp>) -> Search,
    /// Id and moment of a record.
    pub(crate) place: fn(&T) -> (String, Option<Timestamp>),
    /// How many records a page has.
    pub(crate) page_size: u32,
}

struct Searching<T> {
    window: Window<T>,
    search: Search,
    /// From when on; none at the beginning.
    since: Option<Timestamp>,
    /// The page of the records since then.
    page: u32,
    /// The ids of the records of that moment that were returned.
    given: HashSet<String>,
    items: VecDeque<T>,
    has_ended: bool,
}

/// Everything that the search finds.
pub(crate) fn stream<T: Send + 'static>(
    window: Window<T>,
    search: Search,
) -> impl Stream<Item = Result<T, Error>> + Send + Unpin {
    let search = Searching {
        window,
        search,
        since: None,
        page: 1,
        given: HashSet::new(),
        items: VecDeque::new(),
        has_ended: false,
    };
    Box::pin(stream::try_unfold(
        search,
        |mut search| async move { Ok(search.next().await?.map(|item| (item, search))) },
    ))
}

impl<T> Searching<T> {
    async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(Some(item));
            }
            if self.has_ended {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    /// Reads a page, and moves the window on to its last moment.
    async fn read(&mut self) -> Result<(), Error> {
        let bounded = (self.window.since)(self.search.clone(), self.since);
        let page = SearchPage::default().page(self.page).page_size(self.window.page_size);
        let asked = (self.window.ask)(&bounded, &page).await;
        let page = match (asked, self.since) {
            (Ok(page), _) => page,
            (Err(error), Some(moment)) if self.page > 1 && error.status() == Some(400) => {
                return Err(InvalidRequest::OneMoment { moment, reason: error.to_string() }.into());
            }
            (Err(error), _) => return Err(error),
        };
        let places: Vec<_> = page.data.iter().map(self.window.place).collect();
        self.has_ended = u32::try_from(places.len()).unwrap_or(u32::MAX) < self.window.page_size;
        let last = places.last().and_then(|(_, moment)| *moment);
        if last.is_some() && last != self.since {
            // Records of an earlier moment are not in the next page again.
            let before = std::mem::take(&mut self.given);
            let is_new = |(id, _): &(String, _)| !before.contains(id);
            self.items = keep(page.data, places.iter().map(is_new));
            self.given = places.into_iter().filter(|(_, moment)| *moment == last).map(|(id, _)| id).collect();
            (self.since, self.page) = (last, 1);
        } else {
            let given = &mut self.given;
            self.items = keep(page.data, places.into_iter().map(|(id, _)| given.insert(id)));
            self.page += 1;
        }
        Ok(())
    }
}

fn keep<T>(items: Vec<T>, is_kept: impl Iterator<Item = bool>) -> VecDeque<T> {
    items.into_iter().zip(is_kept).filter(|(_, is_kept)| *is_kept).map(|(item, _)| item).collect()
}
