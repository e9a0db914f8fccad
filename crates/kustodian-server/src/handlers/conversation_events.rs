//! The events of a conversation, in the shape of the contract: all of them, or those that pass a filter.

use kustodian_core::event::{self, Wanted};
use kustodian_core::feed::{HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::{conversation, resource};
use kustomer_api::ObjectId;
use kustomer_api::conversation::{GetConversationEvents, ListConversationEvents};
use kustomer_api::query::{PageQuery, QueryArguments};
use serde_json::json;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::history::find_unerased;
use crate::paging::{self, FULL, Numbered};
use crate::parts;

/// How many events one request reads for those that are wanted, and how many bytes of them: then its page ends, and
/// `links.next` continues behind them. A conversation seldom has as many.
const LOOKED_AT: usize = 10_000;
const BYTES_LOOKED_AT: usize = 16 * 1024 * 1024;

/// How many events are read at a time.
const TOGETHER: u32 = 500;

pub(crate) async fn get_conversation_events(call: Call<GetConversationEvents>) -> Result<Answer, Refusal> {
    let stored = find_unerased(&call, Kind::Conversation, call.path).await?;
    conversation::alive(Some(&stored))?;
    let customer = conversation::customer_of(&stored)?;
    let ListConversationEvents { name, changed, after, .. } = call.query.clone();
    let wanted = Wanted { name, changed };
    match wanted.is_any() && after.is_none() {
        true => all(&call, &stored, customer).await,
        false => narrowed(&call, &stored, customer, &wanted).await,
    }
}

/// A page of all events, which are numbered as their revisions are.
async fn all(
    call: &Call<GetConversationEvents>,
    stored: &Stored,
    customer: Option<ObjectId>,
) -> Result<Answer, Refusal> {
    let ListConversationEvents { paging, descending, .. } = call.query;
    let page = Numbered::of(paging);
    // Revisions count without gaps from 1.
    let (from, to) = match descending {
        true => (1, stored.rev.saturating_sub(page.offset())),
        false => (page.offset() + 1, stored.rev),
    };
    let query = HistoryQuery {
        kind: Kind::Conversation,
        record: stored.id,
        from,
        to,
        descending,
        limit: page.size + 1,
        payload: Payload::Changes,
        bytes: parts::HELD,
    };
    let act = call.act();
    let tell = move |event: &Recorded| resource::render(&event::conversation_event(&act.org, event, customer)?);
    let entries = parts::of_history(call.app(), call.org(), query, tell);
    let conditions = ListConversationEvents { descending, ..ListConversationEvents::default() }.write();
    let around = page.around_uncounted(&path_of(stored.id), &conditions);
    parts::page(call.app(), entries, page.size as usize, around, None).await
}

fn path_of(conversation: ObjectId) -> String {
    format!("{}/events", Kind::Conversation.path_of(conversation))
}

/// A page of the events that are wanted: behind a revision, or behind the pages before.
async fn narrowed(
    call: &Call<GetConversationEvents>,
    stored: &Stored,
    customer: Option<ObjectId>,
    wanted: &Wanted,
) -> Result<Answer, Refusal> {
    let ListConversationEvents { paging, descending, after, .. } = call.query;
    let page = Numbered::of(paging);
    let act = call.act();
    let (mut from, mut to) = match (after, descending) {
        (None, _) => (1, stored.rev),
        (Some(after), false) => (u64::from(after) + 1, stored.rev),
        (Some(after), true) => (1, stored.rev.min(u64::from(after).saturating_sub(1))),
    };
    let mut passed_over = if after.is_some() { 0 } else { page.offset() };
    let (mut documents, mut length) = (Vec::new(), 0);
    let (mut looked_at, mut bytes) = (0, 0);
    // The last revision that was read, where there may be more behind it.
    let (mut last, mut goes_on) = (0, false);
    'pages: while from <= to {
        if looked_at >= LOOKED_AT || bytes >= BYTES_LOOKED_AT {
            goes_on = true;
            break;
        }
        let query = HistoryQuery {
            kind: Kind::Conversation,
            record: stored.id,
            from,
            to,
            descending,
            limit: TOGETHER,
            payload: Payload::Changes,
            bytes: parts::HELD,
        };
        let events = call.store().history(call.org(), query).await.map_err(unavailable)?;
        let Some(end) = events.last().map(|last| last.rev) else { break };
        for event in &events {
            bytes += event.payload_len();
            if wanted.takes(event)? {
                if passed_over > 0 {
                    passed_over -= 1;
                } else if documents.len() >= page.size as usize || length >= FULL {
                    goes_on = true;
                    break 'pages;
                } else {
                    let document = resource::render(&event::conversation_event(&act.org, event, customer)?)?;
                    length += document.len();
                    documents.push(document);
                }
            }
            last = event.rev;
        }
        looked_at += events.len();
        (from, to) = if descending { (from, end - 1) } else { (end + 1, to) };
    }
    let link = |number: Option<u32>, after: Option<u32>| {
        let paging = PageQuery { page: number, page_size: Some(page.size) };
        let query = ListConversationEvents { paging, after, ..call.query.clone() };
        paging::link(&path_of(stored.id), &query.write())
    };
    let behind = u32::try_from(last).ok().filter(|_| goes_on);
    let links = json!({
        "self": link(Some(page.page), after),
        "first": link(Some(1), None),
        // Pages that begin behind a revision are not counted from the first one.
        "prev": (page.page > 1 && after.is_none()).then(|| link(Some(page.page - 1), None)),
        "next": behind.map(|last| link(Some(page.page.saturating_add(1)), Some(last))),
    });
    let meta = json!({ "pageSize": page.size, "page": page.page });
    Ok(Answer::Json(paging::envelope(meta, documents, links)))
}
