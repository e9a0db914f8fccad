//! Customers: load, decide in the core, commit, and decide again when others were faster.

use kustodian_core::change::ChangeSet;
use kustodian_core::cursor::ListCursor;
use kustodian_core::customer::{self, CompanyNames, Lookup, UpdateOptions, Write};
use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, SortKey, Start, Stored, Within, decide_on};
use kustodian_core::{missing, resource};
use kustomer_api::customer::{
    Comparison, CreateCustomer, CustomerInput, CustomerSortKey, DeleteCustomer, EraseCustomer, GetCustomerByEmail,
    GetCustomerByExternalId, GetCustomerById, GetCustomerByPhone, GetCustomers, GetMultipleCustomersByIds,
    ListCustomers, MomentFilter, ReadCustomers, RestoreCustomer, UpdateCustomer, UpdateCustomerAttributes,
};
use kustomer_api::query::{DEFAULT_PAGE_SIZE, Include, QueryArguments};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::described;
use crate::handlers::{companies, family, homes, included, merges, plain, tags};
use crate::paging::{self, FULL, Numbered};
use crate::{parts, past};

pub(crate) async fn create_customer(call: Call<CreateCustomer>) -> Result<Answer, Refusal> {
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let call = call.importing(Kind::Customer)?;
    let act = call.act();
    let (id, event) = (family::kept_id(&call).await?, call.next_event());
    for _ in 0..plain::ATTEMPTS {
        let mut input = read_input(&call, described::Write::New).await?;
        let tags = tags::resolve(&call, input.tags.take()).await?;
        let company = companies::find_named(&call, &input.company, None).await?;
        let write = Write { input, tags, company, item_ids: call.app().settings.item_ids };
        let changes = call.ready()(customer::create(&act.context(), id, event, write)?, 0)?;
        match call.commit(changes).await {
            Ok(changes) => return written(changes, Answer::created),
            Err(error) if plain::is_about_another(Kind::Customer, &error) => {}
            Err(error) => return Err(family::not_created(&call, id, error)),
        }
    }
    Err(plain::too_busy())
}

pub(crate) async fn update_customer(call: Call<UpdateCustomer>) -> Result<Answer, Refusal> {
    let (id, replace) = (call.path, call.query.replace);
    update(call, id, replace).await
}

pub(crate) async fn update_customer_attributes(call: Call<UpdateCustomerAttributes>) -> Result<Answer, Refusal> {
    let id = call.path;
    update(call, id, false).await
}

async fn update<E>(call: Call<E>, id: ObjectId, replace: bool) -> Result<Answer, Refusal>
where
    E: Endpoint<Body = CustomerInput>,
{
    let act = call.act();
    let event = call.next_event();
    let options = UpdateOptions {
        replace,
        omitted_company: call.app().settings.omitted_company,
        if_match: call.header(http::header::IF_MATCH).map(ToOwned::to_owned),
    };
    for _ in 0..plain::ATTEMPTS {
        let mut input = read_input(&call, described::Write::of(id, replace)).await?;
        let stored = find(&call, id).await?;
        refuse_deleted(&call, stored.as_ref())?;
        let tags = tags::resolve(&call, input.tags.take()).await?;
        let company = companies::find_named(&call, &input.company, stored.as_ref()).await?;
        let write = Write { input, tags, company, item_ids: call.app().settings.item_ids };
        let (act, options) = (act.clone(), options.clone());
        let decide =
            move |stored: Option<Stored>| customer::update(&act.context(), stored.as_ref(), event, write, &options);
        match commit(&call, id, stored, decide).await {
            Ok(changes) if changes.puts.is_empty() => return plain::present(&call, Kind::Customer, id).await,
            Ok(changes) => return written(changes, Answer::ok),
            Err(error) if plain::is_about_another(Kind::Customer, &error) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

pub(crate) async fn delete_customer(call: Call<DeleteCustomer>) -> Result<Answer, Refusal> {
    let (act, event, id) = (call.act(), call.next_event(), call.path);
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let stored = find(&call, id).await?;
    refuse_deleted(&call, stored.as_ref())?;
    let decide =
        move |stored: Option<Stored>| customer::delete(&act.context(), stored.as_ref(), event, if_match.as_deref());
    let deleted = commit(&call, id, stored, decide).await.map_err(|error| call.not_committed(error))?;
    written(deleted, Answer::deleted)
}

pub(crate) async fn erase_customer(mut call: Call<EraseCustomer>) -> Result<Answer, Refusal> {
    let (act, event, id) = (call.act(), call.next_event(), call.path);
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let stored = find(&call, id).await?;
    let if_match = continued(&call, stored.as_ref(), if_match).await?;
    let decide_if = |if_match: Option<String>| {
        let act = act.clone();
        move |stored: Option<Stored>| {
            if let Some(target) = stored.as_ref().map(customer::merged_into).transpose()?.flatten() {
                return Err(merges::erased_with(target));
            }
            customer::erase(&act.context(), stored.as_ref(), event, if_match.as_deref())
        }
    };
    // Nothing is erased for a request that is refused, except what an erasure that was stopped left behind.
    let is_resumed = stored.as_ref().map(missing::erased_at).transpose()?.flatten().is_some();
    let mut refused = decide_if(if_match.clone())(stored.clone()).err();
    if !call.is_rehearsal() {
        if refused.is_none() {
            refused = delete_before_erasing(&call, if_match).await.err();
        }
        if refused.is_none() || is_resumed {
            homes::erase_owned(&call, id).await?;
            homes::forget_where_merged(&call, id).await?;
        }
    }
    if let Some(refusal) = refused {
        return Err(refusal);
    }
    // Its records are gone: a change of the meantime is no reason any longer to keep it.
    commit(&call, id, stored, decide_if(None)).await.map_err(|error| call.not_committed(error))?;
    if call.is_rehearsal() {
        return Ok(Answer::Empty);
    }
    // Records that were created meanwhile; from now on no more are created.
    homes::erase_owned(&call, id).await?;
    // The records are empty now. Their former bytes on the disk are swept too, which takes long for a large file.
    call.step_aside();
    call.app().scrubber.scrub(&call.app().services.store).await;
    Ok(Answer::Empty)
}

/// The state that an erasure is about. If an erasure with this `If-Match` was stopped after its delete, that is the deleted
/// customer.
async fn continued(
    call: &Call<EraseCustomer>,
    stored: Option<&Stored>,
    if_match: Option<String>,
) -> Result<Option<String>, Refusal> {
    let (Some(stored), Some(header)) = (stored, if_match.as_deref()) else { return Ok(if_match) };
    if !stored.deleted || resource::check_if_match(stored, Some(header)).is_ok() {
        return Ok(if_match);
    }
    let rev = stored.rev.saturating_sub(1);
    let before = past::find_states(call.store(), call.org(), Kind::Customer, stored.id, rev, rev).await?;
    let act = call.act();
    for before in before {
        if customer::is_deleted_only(&act.context(), stored, &before.document, header)? {
            return Ok(Some(resource::etag(stored.document.as_bytes())));
        }
    }
    Ok(if_match)
}

/// Deletes a customer whose records are about to be erased. A change or a merge that is faster is decided on before any of
/// them is gone, and a deleted customer takes part in no merge.
async fn delete_before_erasing(call: &Call<EraseCustomer>, if_match: Option<String>) -> Result<(), Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Stored| {
        if let Some(target) = customer::merged_into(&stored)? {
            return Err(merges::erased_with(target));
        }
        if stored.deleted {
            resource::check_if_match(&stored, if_match.as_deref())?;
            return Ok(None);
        }
        customer::delete(&act.context(), Some(&stored), event, if_match.as_deref()).map(Some)
    };
    homes::commit(call, (Kind::Customer, call.path), decide).await
}

pub(crate) async fn restore_customer(call: Call<RestoreCustomer>) -> Result<Answer, Refusal> {
    let (act, event, id) = (call.act(), call.next_event(), call.path);
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let rev = call.input()?.rev;
    let stored = find(&call, id).await?;
    if let Some(stored) = stored.as_ref().filter(|stored| !stored.deleted) {
        resource::check_if_match(stored, if_match.as_deref())?;
        resource::check_rev(stored, rev.as_ref())?;
        return Ok(Answer::ok(stored.document.clone()));
    }
    // Somebody who restores it at the same time leaves nothing to change, which commits as nothing.
    let decide = move |stored: Option<Stored>| {
        let restored = customer::restore(&act.context(), stored.as_ref(), event, if_match.as_deref(), rev.as_ref());
        restored.map(Option::unwrap_or_default)
    };
    match commit(&call, id, stored, decide).await {
        Ok(changes) if changes.puts.is_empty() => plain::present(&call, Kind::Customer, id).await,
        Ok(changes) => written(changes, Answer::ok),
        Err(error) => Err(call.not_committed(error)),
    }
}

/// Decides on the record as it was read; when it has moved on, decides again under its lock.
async fn commit<E, F>(call: &Call<E>, id: ObjectId, stored: Option<Stored>, decide: F) -> Result<ChangeSet, CommitError>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    let ready = call.ready();
    let decide = move |stored: Option<Stored>| {
        let former = stored.as_ref().map_or(0, |stored| stored.document.len());
        ready(decide(stored)?, former)
    };
    let again = decide.clone();
    let changes = decide(stored)?;
    if changes.puts.is_empty() {
        return Ok(changes);
    }
    match call.commit(changes).await {
        Err(CommitError::Stale { kind: Kind::Customer, .. }) => {
            let name = (Kind::Customer, id);
            call.commit_locked(vec![name], decide_on(name, again)).await
        }
        committed => committed,
    }
}

/// The body, with what depends on settings checked.
async fn read_input<E>(call: &Call<E>, write: described::Write) -> Result<CustomerInput, Refusal>
where
    E: Endpoint<Body = CustomerInput>,
{
    let input = described::input(call, Kind::Customer, write).await?;
    if call.app().settings.company_names == CompanyNames::Refuse {
        customer::check_company_is_id(&input)?;
    }
    Ok(input)
}

fn refuse_deleted<E: Endpoint>(call: &Call<E>, stored: Option<&Stored>) -> Result<(), Refusal> {
    if stored.is_some_and(|stored| !stored.deleted) {
        Ok(())
    } else {
        Err(plain::not_there(call, Kind::Customer, stored))
    }
}

async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    call.store().find(call.org(), Kind::Customer, id).await.map_err(unavailable)
}

/// The answer that holds the customer a set of changes wrote: it is the first of them.
fn written(changes: ChangeSet, answer: fn(String) -> Answer) -> Result<Answer, Refusal> {
    let put = changes.puts.into_iter().next().ok_or_else(|| resource::fault("Nothing was written"))?;
    Ok(answer(put.document))
}

pub(crate) async fn get_customer_by_id(call: Call<GetCustomerById>) -> Result<Answer, Refusal> {
    let id = match call.query.follow_merge {
        true => merges::resolve(call.store(), call.org(), call.path).await?,
        false => call.path,
    };
    let answer = plain::get(&call, Kind::Customer, id, call.query.state).await?;
    included::beside(&call, call.query.include, answer).await
}

pub(crate) async fn get_multiple_customers_by_ids(call: Call<GetMultipleCustomersByIds>) -> Result<Answer, Refusal> {
    let ReadCustomers { paging, include } = call.query;
    plain::list_named(&call, Kind::Customer, paging, include).await
}

pub(crate) async fn get_customer_by_email(call: Call<GetCustomerByEmail>) -> Result<Answer, Refusal> {
    let value = call.path.clone();
    look_up(call, Lookup::Email, &value).await
}

pub(crate) async fn get_customer_by_phone(call: Call<GetCustomerByPhone>) -> Result<Answer, Refusal> {
    let value = call.path.clone();
    look_up(call, Lookup::Phone, &value).await
}

pub(crate) async fn get_customer_by_external_id(call: Call<GetCustomerByExternalId>) -> Result<Answer, Refusal> {
    let value = call.path.clone();
    look_up(call, Lookup::ExternalId, &value).await
}

async fn look_up<E: Endpoint<Query = Include>>(call: Call<E>, by: Lookup, value: &str) -> Result<Answer, Refusal> {
    described::authorize_look_up(&call, Kind::Customer.as_str(), &[by.attribute()]).await?;
    let find = |key| call.store().find_by_claim(call.org(), Kind::Customer, key);
    let mut stored = find(by.key(call.org(), value)).await.map_err(unavailable)?;
    if let (None, Some(key)) = (&stored, by.key_as_written(call.org(), value)) {
        stored = find(key).await.map_err(unavailable)?;
    }
    let stored = stored.filter(|stored| !stored.deleted).ok_or_else(|| Refusal::not_found(by.parameter()))?;
    included::beside(&call, call.query, Answer::ok(stored.document)).await
}

const PATH: &str = "/v1/customers";

pub(crate) async fn get_customers(call: Call<GetCustomers>) -> Result<Answer, Refusal> {
    let asked = &call.query;
    let sort = asked.sort.unwrap_or_default();
    // The links repeat what shapes the list, and add the page.
    let shape = ListCustomers {
        sort: asked.sort,
        filters: asked.filters.clone(),
        deleted: asked.deleted,
        include: asked.include,
        ..ListCustomers::default()
    };
    let shape = shape.write();
    let mut query = ListQuery {
        deleted: asked.deleted.unwrap_or_default(),
        sort: sort_key(sort.by),
        descending: sort.descending,
        within: asked.filters.iter().map(within).collect(),
        ..ListQuery::of(Kind::Customer, 0, FULL)
    };
    match &asked.cursor {
        None => {
            let page = Numbered::of(asked.paging);
            (query.start, query.limit, query.count) = (Start::Offset(page.offset()), page.size, true);
            let (records, total) = parts::of_list(call.app(), call.org(), query).await?;
            let around = page.around_counted(PATH, &shape, total.unwrap_or_default());
            let beside = included::Gathering::of(&call, asked.include);
            parts::page(call.app(), records, page.size as usize, around, beside).await
        }
        Some(cursor) => {
            let size = asked.paging.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
            let sort_text = sort.to_text();
            if let Some(ListCursor { value, id, .. }) = ListCursor::read(cursor, &sort_text)? {
                query.start = Start::After { value, id };
            }
            query.limit = size + 1;
            let mut records = call.store().list(call.org(), query).await.map_err(unavailable)?.records;
            let fitting = fitting(records.iter().map(|record| record.document.len()), FULL).min(size as usize);
            let has_next = records.len() > fitting;
            records.truncate(fitting);
            let next = records.last().filter(|_| has_next).map(|last| {
                let value = match sort.by {
                    CustomerSortKey::Id => 0,
                    CustomerSortKey::CreatedAt => last.created_at.as_millis(),
                    CustomerSortKey::UpdatedAt => last.updated_at.as_millis(),
                };
                ListCursor { sort: sort_text, value, id: last.id }.write()
            });
            let documents: Vec<String> = records.into_iter().map(|record| record.document).collect();
            let around = paging::around_cursor(PATH, size, &shape, cursor, next);
            match included::Gathering::of(&call, asked.include) {
                None => Ok(Answer::Json(around.whole(documents, has_next))),
                beside => parts::page(call.app(), parts::at_hand(documents), size as usize, around, beside).await,
            }
        }
    }
}

fn sort_key(key: CustomerSortKey) -> SortKey {
    match key {
        CustomerSortKey::Id => SortKey::Id,
        CustomerSortKey::CreatedAt => SortKey::CreatedAt,
        CustomerSortKey::UpdatedAt => SortKey::UpdatedAt,
    }
}

fn within(filter: &MomentFilter) -> Within {
    let moment = filter.moment.as_millis();
    let (from, to) = match filter.comparison {
        Comparison::Gt => (moment + 1, i64::MAX),
        Comparison::Gte => (moment, i64::MAX),
        Comparison::Lt => (i64::MIN, moment - 1),
        Comparison::Lte => (i64::MIN, moment),
    };
    Within { of: sort_key(filter.of), from, to }
}
