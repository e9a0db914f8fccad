//! The tracked events of a customer, and the events of its record.

use kustodian_core::feed::{HistoryQuery, Payload};
use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::Stored;
use kustodian_core::tracking::{self, TrackedQuery};
use kustomer_api::query::PageQuery;
use kustomer_api::query::QueryArguments as _;
use kustomer_api::tracking::{
    CustomerEvent, GetAllCustomerEvents, GetAllEventsByCustomerForSession, GetCustomerSessions, GetaCustomerEvent,
    IDENTIFIED, ListCustomerEvents,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::merges;
use crate::paging::{FULL, Numbered};
use crate::parts;

/// How many customers that were merged into one are read.
const MAX_MERGED: usize = 1_000;

/// How many events are read at a time, and how many are searched for those with a name.
const TOGETHER: u32 = 500;
const LOOKED_AT: u64 = 10_000;

pub(crate) async fn get_customer_sessions(call: Call<GetCustomerSessions>) -> Result<Answer, Refusal> {
    let (id, page) = (call.path, Numbered::of(call.query));
    find(&call, id).await?;
    let customers = with_merged(&call, id).await?;
    let org = &call.caller().org;
    let rows = call.store().list_sessions(org.key, customers, page.offset(), page.size + 1).await;
    let mut rows = rows.map_err(unavailable)?;
    let has_next = rows.len() > page.size as usize;
    rows.truncate(page.size as usize);
    let documents = rows.iter().map(|row| resource::render(&tracking::session(org, id, row)));
    let documents = documents.collect::<Result<_, _>>()?;
    Ok(Answer::Json(page.uncounted(&format!("{}/sessions", Kind::Customer.path_of(id)), documents, has_next)))
}

pub(crate) async fn get_all_events_by_customer_for_session(
    call: Call<GetAllEventsByCustomerForSession>,
) -> Result<Answer, Refusal> {
    let ((id, session), page) = (call.path.clone(), Numbered::of(call.query));
    find(&call, id).await?;
    let query = TrackedQuery {
        customers: with_merged(&call, id).await?,
        session: Some(session),
        id: None,
        offset: page.offset(),
        limit: page.size + 1,
    };
    let mut documents = tracked(&call, id, query.clone()).await?;
    if documents.is_empty() {
        let any = TrackedQuery { offset: 0, limit: 1, ..query };
        if page.page == 1 || call.store().list_tracked(call.org(), any).await.map_err(unavailable)?.is_empty() {
            return Err(Refusal::not_found("sessionId"));
        }
    }
    let has_next = documents.len() > page.size as usize;
    documents.truncate(page.size as usize);
    // The text that was sent, as it is written in a path.
    let sent = url::form_urlencoded::byte_serialize(call.path.1.as_bytes()).collect::<String>().replace('+', "%20");
    let path = format!("{}/sessions/{sent}/events", Kind::Customer.path_of(id));
    Ok(Answer::Json(page.uncounted(&path, documents, has_next)))
}

/// The events of the record, then the tracked events, each oldest first.
pub(crate) async fn get_all_customer_events(call: Call<GetAllCustomerEvents>) -> Result<Answer, Refusal> {
    let (id, ListCustomerEvents { paging, names }) = (call.path, call.query.clone());
    let page = Numbered::of(paging);
    let stored = find(&call, id).await?;
    let wanted = page.size + 1;
    let (mut documents, of_record) = match names.is_empty() {
        true => (of_record(&call, id, (page.offset() + 1, stored.rev), wanted).await?, stored.rev),
        false => named_of_record(&call, &stored, &names, page.offset(), wanted).await?,
    };
    let is_tracked = names.is_empty() || names.iter().any(|name| name == IDENTIFIED);
    let left = wanted.saturating_sub(u32::try_from(documents.len()).unwrap_or(u32::MAX));
    if is_tracked && left > 0 {
        let customers = with_merged(&call, id).await?;
        let offset = page.offset().saturating_sub(of_record);
        let query = TrackedQuery { customers, session: None, id: None, offset, limit: left };
        documents.extend(tracked(&call, id, query).await?);
    }
    let has_next = documents.len() > page.size as usize;
    documents.truncate(page.size as usize);
    let conditions = ListCustomerEvents { paging: PageQuery::default(), names }.write();
    let path = format!("{}/events", Kind::Customer.path_of(id));
    Ok(Answer::Json(page.uncounted_where(&path, &conditions, documents, has_next)))
}

pub(crate) async fn geta_customer_event(call: Call<GetaCustomerEvent>) -> Result<Answer, Refusal> {
    let (id, event) = call.path;
    find(&call, id).await?;
    let customers = with_merged(&call, id).await?;
    let query = TrackedQuery { customers, session: None, id: Some(event), offset: 0, limit: 1 };
    if let Some(document) = tracked(&call, id, query).await?.pop() {
        return Ok(Answer::ok(document));
    }
    let found = call.store().find_event(call.org(), event).await.map_err(unavailable)?;
    let found = found.filter(|found| found.kind == Kind::Customer && found.record == id);
    let found = found.ok_or_else(|| Refusal::not_found("id"))?;
    // As it is found it may be without what changed.
    let documents = of_record(&call, id, (found.rev, found.rev), 1).await?;
    documents.into_iter().next().map(Answer::ok).ok_or_else(|| Refusal::not_found("id"))
}

async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Stored, Refusal> {
    let stored = call.store().find(call.org(), Kind::Customer, id).await.map_err(unavailable)?;
    match stored {
        Some(stored) if !stored.deleted => Ok(stored),
        other => Err(missing::missing(Kind::Customer, other.as_ref())),
    }
}

/// A customer, and those that were merged into it.
async fn with_merged<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Vec<ObjectId>, Refusal> {
    let (mut all, mut at) = (vec![id], 0);
    while let Some(next) = all.get(at).copied() {
        at += 1;
        let more = merges::absorbed(call, next).await?;
        all.extend(more.into_iter().filter(|one| *one != next));
        if all.len() >= MAX_MERGED {
            all.truncate(MAX_MERGED);
            break;
        }
    }
    Ok(all)
}

async fn tracked<E: Endpoint>(call: &Call<E>, id: ObjectId, query: TrackedQuery) -> Result<Vec<String>, Refusal> {
    let org = &call.caller().org;
    let rows = call.store().list_tracked(org.key, query).await.map_err(unavailable)?;
    rows.into_iter().map(|row| resource::render(&tracking::tracked_event(org, id, row)?)).collect()
}

/// What led to these revisions of the record.
async fn of_record<E: Endpoint>(
    call: &Call<E>,
    id: ObjectId,
    (mut from, to): (u64, u64),
    limit: u32,
) -> Result<Vec<String>, Refusal> {
    let (mut documents, mut length) = (Vec::new(), 0);
    while from <= to && documents.len() < limit as usize {
        let left = limit - u32::try_from(documents.len()).unwrap_or(limit);
        let events = history(call, id, (from, to), left.min(TOGETHER), Payload::Changes).await?;
        let Some(last) = events.last().map(|event| event.rev) else { break };
        for event in &events {
            let document = render(&tracking::customer_event(&call.caller().org, event)?)?;
            length += document.len();
            documents.push(document);
        }
        // A page of a list that is counted by number must not end early.
        if length > FULL * 4 {
            let title = "These events are too large for one page: ask for a smaller pageSize";
            return Err(Refusal::new(400, kustomer_api::error::code::BAD_PARAM, "pageSize", title));
        }
        from = last + 1;
    }
    Ok(documents)
}

/// Those with one of the names, after as many as are passed over; and how many there are.
async fn named_of_record<E: Endpoint>(
    call: &Call<E>,
    stored: &Stored,
    names: &[String],
    offset: u64,
    limit: u32,
) -> Result<(Vec<String>, u64), Refusal> {
    let prefix = Kind::Customer.spec().events.update.rsplit_once('.').map_or("", |(prefix, _)| prefix);
    if !names.iter().any(|name| name.starts_with(prefix)) {
        return Ok((Vec::new(), 0));
    }
    let (mut revs, mut found, mut from) = (Vec::new(), 0, 1);
    while from <= stored.rev.min(LOOKED_AT) {
        let events = history(call, stored.id, (from, stored.rev), TOGETHER, Payload::None).await?;
        let Some(last) = events.last().map(|event| event.rev) else { break };
        for event in events.iter().filter(|event| names.contains(&event.name)) {
            if found >= offset && revs.len() < limit as usize {
                revs.push(event.rev);
            }
            found += 1;
        }
        from = last + 1;
    }
    let mut documents = Vec::new();
    for rev in revs {
        documents.extend(of_record(call, stored.id, (rev, rev), 1).await?);
    }
    Ok((documents, found))
}

async fn history<E: Endpoint>(
    call: &Call<E>,
    record: ObjectId,
    (from, to): (u64, u64),
    limit: u32,
    payload: Payload,
) -> Result<Vec<kustodian_core::feed::Recorded>, Refusal> {
    let query =
        HistoryQuery { kind: Kind::Customer, record, from, to, descending: false, limit, payload, bytes: parts::HELD };
    call.store().history(call.org(), query).await.map_err(unavailable)
}

fn render(event: &CustomerEvent) -> Result<String, Refusal> {
    resource::render(event)
}
