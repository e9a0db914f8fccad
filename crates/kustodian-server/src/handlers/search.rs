//! Search: reads the body, resolves the names of tags, asks the store for a page or a step of a walk, and answers the
//! matches (`docs/search.md`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures_util::StreamExt as _;
use kustodian_core::cursor::{BEGINNING, WalkCursor};
use kustodian_core::feed::FeedQuery;
use kustodian_core::kind::Kind;
use kustodian_core::klass::{self, KnownKlass};
use kustodian_core::refusal::Refusal;
use kustodian_core::search::{self, Context, Dialect, KlassName, Query};
use kustodian_core::search_store::{Chosen, Count, Records, SearchError, SearchQuery, Total, WalkFrom, WalkQuery};
use kustodian_core::store::Stored;
use kustodian_core::{claim, missing, permission, resource, saved_search, tag};
use kustomer_api::operation::own::EVENT_READ;
use kustomer_api::query::DEFAULT_PAGE_SIZE;
use kustomer_api::role::{self, SENSITIVE_READ};
use kustomer_api::search::{CustomerArchiveSearch, CustomerSearch, EXACT_TOTAL, SearchPage};
use kustomer_api::validation::Fault;
use kustomer_api::{Endpoint, ObjectId, Timestamp, kobject};
use serde_json::{Map, Value, json};

use crate::answer::{self, Answer, unavailable};
use crate::call::Call;
use crate::paging::{self, Around, FULL, Pairs};
use crate::parts;
use crate::settings::AbsentTypes;

/// The links of both searches lead here, as Kustomer's do (`docs/contract/behaviour.md` §9.7). Those of a saved search that
/// is run by its own path lead back to it: it is run by a GET, too.
const PATH: &str = "/v1/customers/search";

pub(crate) async fn customer_search(call: Call<CustomerSearch>) -> Result<Answer, Refusal> {
    answer(call, Dialect::Plain).await
}

pub(crate) async fn customer_archive_search(call: Call<CustomerArchiveSearch>) -> Result<Answer, Refusal> {
    answer(call, Dialect::Archive).await
}

/// Runs the saved search that the path names.
pub(crate) async fn execute<E>(mut call: Call<E>) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = ObjectId, Query = SearchPage>,
{
    call.query.id = Some(call.path);
    answer(call, Dialect::Plain).await
}

async fn answer<E: Endpoint<Query = SearchPage>>(mut call: Call<E>, dialect: Dialect) -> Result<Answer, Refusal> {
    if let Some(id) = call.query.id {
        let found = call.store().find(call.org(), Kind::SavedSearch, id).await.map_err(unavailable)?;
        let saved = found.filter(|found| !found.deleted).ok_or_else(|| Refusal::not_found("id"))?;
        call.replace_body(saved_search::body_of(&saved)?);
    }
    let klasses = klasses(&call, call.body()).await?;
    let is_absent = || search::is_of_absent_type(call.body(), dialect, &klasses);
    if call.app().settings.absent_types != AbsentTypes::Refuse && is_absent()? {
        return Ok(Answer::Json(nothing::<E>(&call.query)));
    }
    // Searches wait for turns of their own, which limit how many are worked on; meanwhile others may have the place.
    call.step_aside();
    match &call.query.cursor {
        None => find(&call, (dialect, &klasses)).await,
        Some(cursor) => walk(&call, (dialect, &klasses), cursor).await,
    }
}

/// Which search a body is for, and the klasses that it names.
type Language<'a> = (Dialect, &'a [KlassName]);

/// Reads the body. Dates relative to now are reckoned from `now`.
async fn read<E: Endpoint>(call: &Call<E>, (dialect, klasses): Language<'_>, now: Timestamp) -> Result<Query, Refusal> {
    let mut query = search::parse(call.body(), &search::Settings { dialect, now: Some(now), klasses })?;
    authorize(call, &query)?;
    authorize_hidden(call, &query).await?;
    let names = query.tag_names();
    if !names.is_empty() {
        let keys: Vec<claim::ClaimKey> = names.iter().map(|name| tag::name_key(call.org(), name)).collect();
        let ids = call.store().find_owners(call.org(), &keys).await.map_err(unavailable)?;
        let id = |name: &str| names.iter().position(|known| known == name).and_then(|at| *ids.get(at)?);
        query.resolve_tags(id);
    }
    Ok(query)
}

/// Lets a caller pass who may read the records that a search is about, beside customers, which the operation's own roles are
/// for: nobody finds what it may not read, nor learns of it by what belongs to it.
fn authorize<E: Endpoint>(call: &Call<E>, query: &Query) -> Result<(), Refusal> {
    let (caller, status) = (call.caller(), call.app().settings.missing_role_status);
    for kind in query.contexts().into_iter().filter_map(Kind::searched_as) {
        match (kind, query.klasses()) {
            (Kind::Customer, _) => {}
            (Kind::KObject, Some(klasses)) if !permission::may_read(caller, kind) => {
                for klass in klasses {
                    permission::authorize_klass(caller, kind.spec().read_operation, &klass, status)?;
                }
            }
            _ => permission::require_read(caller, E::OPERATION, kind, status)?,
        }
    }
    if query.is_about_tracking() {
        permission::require(caller, "A search by tracking_events", EVENT_READ, status)?;
    }
    Ok(())
}

/// Passes a caller who may see the sensitive attributes that a search tests or counts: results reveal their values.
async fn authorize_hidden<E: Endpoint>(call: &Call<E>, query: &Query) -> Result<(), Refusal> {
    if role::any_grants(&call.caller().token.roles, SENSITIVE_READ) {
        return Ok(());
    }
    let masks = call.app().described.masks(call.store(), call.org()).await?;
    match masks.named_in(query) {
        None => Ok(()),
        Some(name) => {
            let what = format!("A search by {name}, which shows sensitive attributes,");
            permission::require(call.caller(), &what, SENSITIVE_READ, call.app().settings.missing_role_status)
        }
    }
}

/// The klasses that the words of a body name.
pub(crate) async fn klasses<E: Endpoint>(call: &Call<E>, body: &[u8]) -> Result<Vec<KlassName>, Refusal> {
    let words = search::klass_words(body);
    let keys: Vec<claim::ClaimKey> = words.iter().map(|word| klass::name_key(call.org(), word)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let owners = call.store().find_owners(call.org(), &keys).await.map_err(unavailable)?;
    let mut known: BTreeMap<ObjectId, Option<String>> = BTreeMap::new();
    let mut named = Vec::new();
    for (word, owner) in words.into_iter().zip(owners) {
        let Some(id) = owner else { continue };
        let klass = match known.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let stored = call.store().find(call.org(), Kind::Klass, id).await.map_err(unavailable)?;
                place.insert(stored.map(|stored| KnownKlass::of(&stored)).transpose()?.map(|klass| klass.name))
            }
        };
        named.extend(klass.clone().map(|klass| KlassName { word, klass }));
    }
    Ok(named)
}

/// A page by number.
async fn find<E: Endpoint<Query = SearchPage>>(call: &Call<E>, language: Language<'_>) -> Result<Answer, Refusal> {
    let asked = &call.query;
    let page = u64::from(asked.paging.page.unwrap_or(1));
    let size = asked.paging.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
    if let Some(cap) = call.app().settings.search_page_cap.filter(|cap| page > u64::from(*cap)) {
        let title = format!("A search ends with page {cap}: ask for less, or walk with cursor=*");
        return Err(Refusal::bad_input(vec![Fault::of_parameter("page", title)]));
    }
    let offset = (page - 1) * u64::from(size);
    let query = read(call, language, call.now()).await?;
    let of = type_of(&query);
    let (context, include_deleted) = (query.context, query.include_deleted);
    let query = SearchQuery {
        query,
        offset,
        // One more shows whether there is a next page, where the total is but an estimate.
        limit: size + 1,
        chosen: Chosen::First,
        bytes: parts::HELD,
        ids_only: asked.ids_only,
        total: count(asked),
        time: call.app().settings.search_time(),
        key: call.caller().token.id,
    };
    let mut found = call.store().search(call.org(), query.clone()).await.map_err(refused)?;
    let mut rest = find_rest(call, query, &found.records).await?;
    let matching = found.records.len() + rest.len();
    let has_next = size > 0 && matching > size as usize;
    truncate(&mut found.records, size as usize);
    rest.truncate((size as usize).saturating_sub(found.records.len()));

    let least = offset + matching.min(size as usize) as u64 + u64::from(has_next);
    let total = found.total.unwrap_or(Total { count: 0, is_estimate: false });
    // If time runs out, the count may be lower than the number of results.
    let total = if found.records.is_empty() { total } else { Total { count: total.count.max(least), ..total } };
    let pages = if size == 0 { 0 } else { total.count.div_ceil(u64::from(size)) };
    let mut meta = meta(size, found.timed_out);
    meta["page"] = page.into();
    meta["total"] = total.count.into();
    meta["totalPages"] = pages.into();
    if total.is_estimate {
        meta["totalIsEstimate"] = true.into();
    }
    let aggregations = found.aggregations.into_iter();
    meta["aggregations"] = aggregations.map(|(name, counts)| (name, json!(counts))).collect::<Map<_, _>>().into();

    let shape = shape::<E>(asked);
    let link = |page: u64| link(("page", page.to_string()), size, &shape);
    let links = json!({
        "self": link(page),
        "first": link(1),
        // Past the end, the page before is the last one there is.
        "prev": (page > 1).then(|| link(if total.is_estimate { page - 1 } else { (page - 1).min(pages.max(1)) })),
        "next": has_next.then(|| link(page + 1)),
        "last": link(pages.max(1)),
    });
    let is_shown = move |stored: &Stored| match include_deleted {
        // A customer that was erased since is not found any more.
        true => missing::erased_at(stored).is_ok_and(|erased| erased.is_none()),
        false => !stored.deleted,
    };
    let first = parts::at_hand(documents(found.records, &of));
    let kind = Kind::searched_as(context).ok_or_else(|| resource::fault("The search found a type without a kind"))?;
    let rest = parts::of_ids(call.app(), call.org(), kind, rest, true, is_shown);
    parts::page(call.app(), first.chain(rest).boxed(), size as usize, Around::fixed(meta, links), None).await
}

/// The ids of the rest of a page, of which the store read as many records as a server holds.
async fn find_rest<E: Endpoint>(call: &Call<E>, query: SearchQuery, read: &Records) -> Result<Vec<ObjectId>, Refusal> {
    let Records::Whole(records) = read else { return Ok(Vec::new()) };
    let length: usize = records.iter().map(|record| record.document.len()).sum();
    let (count, limit) = (records.len() as u64, (query.limit as usize).saturating_sub(records.len()));
    if length <= query.bytes || limit == 0 {
        return Ok(Vec::new());
    }
    let rest = SearchQuery {
        query: Query { aggregations: Vec::new(), ..query.query },
        offset: query.offset + count,
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        ids_only: true,
        total: Count::None,
        ..query
    };
    let rest = call.store().search(call.org(), rest).await.map_err(refused)?;
    // Others may have written meanwhile, so that some moved behind.
    let mut ids = rest.records.ids();
    ids.retain(|id| records.iter().all(|record| record.id != *id));
    Ok(ids)
}

/// A step of a walk by cursor.
async fn walk<E: Endpoint<Query = SearchPage>>(
    call: &Call<E>,
    language: Language<'_>,
    cursor: &str,
) -> Result<Answer, Refusal> {
    let asked = &call.query;
    let size = asked.paging.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
    let body = search::fingerprint(language.0, call.body());
    let former = WalkCursor::read(cursor, &body)?;
    // The dates of a walk stay where they were at its first step.
    let began = former.as_ref().map_or(call.now(), |cursor| cursor.began);
    let query = read(call, language, began).await?;
    let of = type_of(&query);
    let query = WalkQuery {
        query,
        from: match former {
            None => WalkFrom::Start { walk: call.next_id() },
            Some(cursor) => WalkFrom::After(cursor.place()),
        },
        limit: size,
        bytes: FULL,
        ids_only: asked.ids_only,
        total: count(asked),
        time: call.app().settings.search_time(),
        now: call.now(),
        key: call.caller().token.id,
    };
    let walked = call.store().walk(call.org(), query).await.map_err(refused)?;
    let next = walked.next.map(|place| WalkCursor::new(body, began, place).write());

    let mut meta = meta(size, walked.timed_out);
    meta["cursor"] = next.clone().into();
    if let Some(total) = walked.total {
        meta["total"] = total.count.into();
        meta["totalPages"] = total.count.div_ceil(u64::from(size.max(1))).into();
        if total.is_estimate {
            meta["totalIsEstimate"] = true.into();
        }
    }
    if let Some(position) = walked.position {
        meta["position"] = position.into();
        meta["lastEvent"] = event_at(call, position).await?.map(|id| id.to_string()).into();
    }
    let shape = shape::<E>(asked);
    let link = |cursor: &str| link(("cursor", cursor.to_owned()), size, &shape);
    let links = json!({
        "self": link(cursor),
        "first": link(BEGINNING),
        "prev": null,
        "next": next.as_deref().map(link),
    });
    Ok(Answer::Json(paging::envelope(meta, documents(walked.records, &of), links)))
}

/// The event at a position: the feed is read on after it. `None` before the first.
async fn event_at<E: Endpoint>(call: &Call<E>, position: u64) -> Result<Option<ObjectId>, Refusal> {
    let Some(before) = position.checked_sub(1) else { return Ok(None) };
    let query = FeedQuery { after: Some(before), limit: 1, ..FeedQuery::default() };
    let feed = call.store().feed(call.org(), query).await.map_err(unavailable)?;
    Ok(feed.events.first().map(|event| event.id))
}

/// What an org that has no records of a type answers for it.
fn nothing<E: Endpoint>(asked: &SearchPage) -> String {
    let size = asked.paging.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
    let (mut meta, shape) = (meta(size, false), shape::<E>(asked));
    meta["total"] = 0.into();
    meta["totalPages"] = 0.into();
    let (place, first) = match &asked.cursor {
        Some(cursor) => {
            meta["cursor"] = Value::Null;
            (("cursor", cursor.clone()), ("cursor", BEGINNING.to_owned()))
        }
        None => {
            meta["page"] = asked.paging.page.unwrap_or(1).into();
            (("page", asked.paging.page.unwrap_or(1).to_string()), ("page", "1".to_owned()))
        }
    };
    let mut links = json!({ "self": link(place, size, &shape), "first": link(first, size, &shape) });
    links["prev"] = Value::Null;
    links["next"] = Value::Null;
    paging::envelope(meta, Vec::new(), links)
}

fn meta(size: u32, timed_out: bool) -> Value {
    json!({ "pageSize": size, "aggregations": {}, "timed_out": timed_out })
}

/// Where the links lead, and the parameters that they repeat: only those that were sent.
struct Shape {
    path: String,
    pairs: Pairs,
}

fn shape<E: Endpoint>(asked: &SearchPage) -> Shape {
    use kustomer_api::query::QueryArguments as _;
    let SearchPage { ids_only, exact_total, id, .. } = *asked;
    let own = id.filter(|_| E::OPERATION.path.contains(ID));
    let path = own.map_or(PATH.to_owned(), |id| format!("/v1{}", E::OPERATION.path.replace(ID, &id.to_string())));
    let id = id.filter(|_| own.is_none());
    Shape { path, pairs: SearchPage { ids_only, exact_total, id, ..SearchPage::default() }.write() }
}

/// The place of the saved search in the path that runs it.
const ID: &str = "{id}";

fn link(place: (&'static str, String), size: u32, shape: &Shape) -> String {
    let mut pairs: Pairs = vec![(Cow::Borrowed(place.0), place.1), (Cow::Borrowed("pageSize"), size.to_string())];
    pairs.extend(shape.pairs.iter().cloned());
    paging::link(&shape.path, &pairs)
}

fn count(asked: &SearchPage) -> Count {
    if asked.exact_total { Count::Exact } else { Count::UpTo(EXACT_TOTAL) }
}

fn truncate(records: &mut Records, size: usize) {
    match records {
        Records::Whole(records) => records.truncate(size),
        Records::Ids(ids) => ids.truncate(size),
    }
}

/// The `type` of the results of a search, as far as it is one.
fn type_of(query: &Query) -> String {
    match (query.context, query.klass()) {
        (Context::KObject, Some(klass)) => kobject::type_of(klass),
        (context, _) => context.to_string(),
    }
}

fn documents(records: Records, of: &str) -> Vec<String> {
    match records {
        Records::Whole(records) => records.into_iter().map(|record| record.document).collect(),
        Records::Ids(ids) => ids.iter().map(|id| format!(r#"{{"type":"{of}","id":"{id}"}}"#)).collect(),
    }
}

const TOO_MANY: &str = "Too many searches of this key or its org wait for their turn: wait for their answers, then send \
                        this one again";

pub(crate) fn refused(error: SearchError) -> Refusal {
    match error {
        SearchError::Refused(refusal) => refusal,
        SearchError::TooMany => answer::wait(TOO_MANY, 1),
        SearchError::Store(error) => unavailable(error),
    }
}
