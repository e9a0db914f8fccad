//! The feed: what happened to all records, each event once and in order.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use kustodian_core::feed::{FeedQuery, Payload, Recorded};
use kustodian_core::refusal::Refusal;
use kustodian_core::{event, permission};
use kustomer_api::event::{GetEvents, ListEvents};
use kustomer_api::query::{DEFAULT_PAGE_SIZE, QueryArguments};
use kustomer_api::{Endpoint, ObjectId};
use serde_json::json;
use tokio::time::Instant;

use crate::answer::{self, Answer, unavailable};
use crate::call::Call;
use crate::paging::FULL;
use crate::{envelopes, paging};

const PATH: &str = "/v1/events";

/// How many events are rebuilt at a time, so that a page that is full early has not cost all the others: few at first,
/// then as many as fill the page if they are like those before.
const FIRST_SLICE: usize = 4;
const LARGEST_SLICE: usize = 32;

/// A page that is larger is one of those of which few are made at a time: its records take several times as much while they
/// are rebuilt.
const LARGE: usize = 1024 * 1024;

pub(crate) async fn get_events(mut call: Call<GetEvents>) -> Result<Answer, Refusal> {
    let asked = call.query.clone();
    let size = asked.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
    let named = asked.object_type.as_deref().map(|name| event::kind_named("filter[objectType]", name)).transpose()?;
    let status = call.app().settings.missing_role_status;
    let kinds = permission::shown_kinds(call.caller(), GetEvents::OPERATION, named.into_iter().collect(), status)?;
    let after = match asked.after {
        Some(id) => Some(find_position(&call, "after", id).await?),
        None => None,
    };
    let (payload, bytes) = (Payload::Changes, FULL);
    // Who has written sees it in the feed, and who copies records sees all that their lists have shown.
    let is_whole = true;
    let record = asked.object_id;
    let query = FeedQuery { after, kinds, record, limit: size, payload, bytes, is_whole, ..FeedQuery::default() };
    let mut events = find_asked(&call, &query, asked.last).await?;
    if let Some(seconds) = asked.wait.filter(|seconds| *seconds > 0 && events.is_empty()) {
        events = wait(&mut call, query.clone(), Duration::from_secs(seconds.into())).await?;
    }
    let app = Arc::clone(call.app());
    let mut place = None;
    if events.iter().map(Recorded::payload_len).sum::<usize>() > LARGE {
        // Those that wait for a place hold nothing.
        drop(events);
        place = app.large_pages.acquire().await.ok();
        events = find_asked(&call, &query, asked.last).await?;
    }
    let mut told: Vec<String> = Vec::new();
    let mut length = 0;
    while length < FULL && told.len() < events.len() {
        let slice = match length.checked_div(told.len()) {
            None => FIRST_SLICE,
            Some(mean) => ((FULL - length) / mean.max(1)).clamp(1, LARGEST_SLICE),
        };
        let slice = &events[told.len()..events.len().min(told.len() + slice)];
        for envelope in envelopes::of(call.store(), &call.caller().org, slice).await? {
            length += envelope.len();
            if length > FULL && !told.is_empty() {
                break;
            }
            told.push(envelope);
        }
        if length > LARGE && place.is_none() {
            // A created record shows its size once it is rebuilt.
            (told, length) = (Vec::new(), 0);
            place = app.large_pages.acquire().await.ok();
        }
    }
    drop(place);
    let last = told.len().checked_sub(1).and_then(|last| events.get(last)).map(|event| event.id);
    Ok(Answer::Json(page(&asked, size, told, last)))
}

/// The position behind an event's id.
///
/// # Errors
/// 400 when the org has no such event; 503 when it is so new that it has no position yet.
pub(crate) async fn find_position<E: Endpoint>(call: &Call<E>, parameter: &str, id: ObjectId) -> Result<u64, Refusal> {
    let found = call.store().find_event(call.org(), id).await.map_err(unavailable)?;
    let found = found.ok_or_else(|| event::unknown(parameter, id))?;
    found.position.ok_or_else(|| answer::try_again("The event is not in the feed yet: try again in a moment", 1))
}

/// The events asked for: the last ones of the feed, or those behind a place.
async fn find_asked(call: &Call<GetEvents>, query: &FeedQuery, last: Option<u32>) -> Result<Vec<Recorded>, Refusal> {
    let Some(last) = last else { return find(call, query.clone()).await };
    // Where the last ones begin is looked up first: a page that is cut still begins there.
    let counted = FeedQuery { descending: true, limit: last, payload: Payload::None, ..query.clone() };
    let Some(first) = find(call, counted).await?.last().and_then(|first| first.position) else {
        return Ok(Vec::new());
    };
    let after = Some(first.saturating_sub(1));
    find(call, FeedQuery { after, limit: query.limit.min(last), ..query.clone() }).await
}

async fn find(call: &Call<GetEvents>, query: FeedQuery) -> Result<Vec<Recorded>, Refusal> {
    Ok(call.store().feed(call.org(), query).await.map_err(unavailable)?.events)
}

/// Waits at the feed's end until there is something; nothing when there was not in time, or the server stops.
async fn wait(call: &mut Call<GetEvents>, query: FeedQuery, time: Duration) -> Result<Vec<Recorded>, Refusal> {
    let until = Instant::now() + time;
    let waiter = call.app().feed_watch.wait_for(&call.app().services.store, call.org());
    let mut waiter =
        waiter.ok_or_else(|| answer::try_again("Too many wait for events already: ask without wait", 1))?;
    call.step_aside();
    loop {
        waiter.mark();
        let events = find(call, query.clone()).await?;
        if !events.is_empty() || !waiter.moved(until).await {
            return Ok(events);
        }
    }
}

fn page(asked: &ListEvents, size: u32, told: Vec<String>, last: Option<ObjectId>) -> String {
    let link = |after: Option<ObjectId>, counted: Option<u32>| {
        let mut pairs = ListEvents { after, last: counted, page_size: None, ..asked.clone() }.write();
        pairs.push((Cow::Borrowed("pageSize"), size.to_string()));
        paging::link(PATH, &pairs)
    };
    let links = json!({
        "self": link(asked.after, asked.last),
        "first": link(None, None),
        "prev": null,
        "next": last.map(|last| link(Some(last), None)),
    });
    paging::envelope(json!({ "pageSize": size }), told, links)
}
