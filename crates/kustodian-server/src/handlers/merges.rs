//! Merges of customers, and undoing them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use http::header::IF_MATCH;
use kustodian_core::claim::ClaimKey;
use kustodian_core::customer::{self, MergeSeeds, Past, merged_into};
use kustodian_core::following::Cause;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, Loaded, OrgKey, Pages, Start, Store, Stored};
use kustodian_core::{missing, permission, resource};
use kustomer_api::customer_merge::{
    CreateCustomerMerge, CustomerMerge, GetCustomerMerge, GetCustomerMerges, GetCustomerMergesByCustomer, KeptIdentity,
    UndoCustomerMerge,
};
use kustomer_api::error::code;
use kustomer_api::{Endpoint, ObjectId};
use serde_json::json;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::following::Following;
use crate::handlers::plain;
use crate::paging::Numbered;
use crate::{parts, past};

/// How many merges are followed from a customer to the one that it went into at last. A longer chain takes as many
/// merges one after the other.
const MAX_CHAIN: usize = 1_000;

/// How many merges are read at a time.
const STEP: u32 = 100;

pub(crate) async fn create_customer_merge(call: Call<CreateCustomerMerge>) -> Result<Answer, Refusal> {
    resource::check_if_match_of_new(call.header(IF_MATCH))?;
    let input = call.input()?;
    let read = |id: &str, member: &str| id.parse::<ObjectId>().map_err(|_| Refusal::not_found(member));
    let (source, target) = (read(&input.source, customer::SOURCE)?, read(&input.target, customer::TARGET)?);
    if source == target {
        let title = "source and target are the same customer: send two";
        return Err(Refusal::new(400, code::BAD_PARAM, customer::TARGET, title).with_meta("pointer", "/target"));
    }
    let (act, id, seeds) = (call.act(), call.next_id(), seeds(&call));
    let keep_lost_values = call.app().settings.keep_lost_values;
    let decide = move |loaded: &Loaded| {
        let find = |id: ObjectId| loaded.get((Kind::Customer, id));
        customer::merge(&act.context(), id, find(source), find(target), seeds, keep_lost_values)
    };
    // A refused merge leaves no note.
    let names = vec![(Kind::Customer, source), (Kind::Customer, target)];
    let mut loaded = Vec::new();
    for (kind, id) in names.iter().copied() {
        loaded.extend(find(call.store(), call.org(), kind, id).await?.map(|stored| ((kind, id), stored)));
    }
    let former = loaded.iter().map(|(_, stored)| stored.document.len()).max().unwrap_or_default();
    let merged = decide(&loaded.into_iter().collect())?;
    if call.query.dry_run {
        check_reader(&call)?;
        let losing = resource::render(&merged.losing)?;
        return Ok(Answer::Json(format!("{{\"data\":{},\"meta\":{{\"losing\":{losing}}}}}", merged.target)));
    }
    let ready = call.ready();
    let decide = Box::new(move |loaded: Loaded| ready(decide(&loaded)?.changes, former));
    let changes = following(&call, target, call.commit_locked(names, decide)).await?;
    plain::written(changes.map_err(|error| call.not_committed(error))?, Answer::created)
}

pub(crate) async fn get_customer_merges(call: Call<GetCustomerMerges>) -> Result<Answer, Refusal> {
    plain::list_by_id(&call, Kind::CustomerMerge, call.query).await
}

pub(crate) async fn get_customer_merge(call: Call<GetCustomerMerge>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::CustomerMerge, call.path, call.query).await
}

/// Those that the customer went into another by, then those that others went into it by.
pub(crate) async fn get_customer_merges_by_customer(
    call: Call<GetCustomerMergesByCustomer>,
) -> Result<Answer, Refusal> {
    let (id, page) = (call.path, Numbered::of(call.query));
    let stored = find(call.store(), call.org(), Kind::Customer, id).await?;
    let is_merged = stored.as_ref().map(merged_into).transpose()?.flatten().is_some();
    if stored.as_ref().is_none_or(|stored| stored.deleted && !is_merged) {
        return Err(missing::missing(Kind::Customer, stored.as_ref()));
    }
    let (mut documents, mut offset, mut left) = (Vec::new(), page.offset(), page.size + 1);
    for column in [customer::SOURCE, customer::TARGET] {
        let query = ListQuery { count: true, start: Start::Offset(offset), ..list(column, id, left) };
        let listing = call.store().list(call.org(), query).await.map_err(unavailable)?;
        offset = offset.saturating_sub(listing.total.unwrap_or_default());
        left = left.saturating_sub(u32::try_from(listing.records.len()).unwrap_or(u32::MAX));
        documents.extend(listing.records.into_iter().map(|stored| stored.document));
        if left == 0 {
            break;
        }
    }
    let has_next = page.size > 0 && documents.len() > page.size as usize;
    documents.truncate(page.size as usize);
    Ok(Answer::Json(page.uncounted(&format!("{}/merges", Kind::Customer.path_of(id)), documents, has_next)))
}

pub(crate) async fn undo_customer_merge(call: Call<UndoCustomerMerge>) -> Result<Answer, Refusal> {
    let (name, seeds) = ((Kind::CustomerMerge, call.path), seeds(&call));
    let (store, org) = (call.store(), call.org());
    let if_match = call.header(IF_MATCH).map(ToOwned::to_owned);
    let is_reader = permission::may_read(call.caller(), Kind::Customer);
    if call.query.dry_run {
        check_reader(&call)?;
    }
    for _ in 0..plain::ATTEMPTS {
        let merge = find(store, org, name.0, name.1).await?.ok_or_else(|| Refusal::not_found("id"))?;
        let ends = (customer::source_of(&merge)?, customer::target_of(&merge)?);
        let (Some(source), Some(target)) = ends else { return Err(resource::fault("A merge names no customers")) };
        let (source, target) = ((Kind::Customer, source), (Kind::Customer, target));
        let past = past_of(store, org, &merge, target.1).await?;
        let holders = holders_of(&call, source.1).await?;
        let kept: Arc<OnceLock<Vec<KeptIdentity>>> = Arc::default();
        let (act, ready, if_match, out) = (call.act(), call.ready(), if_match.clone(), Arc::clone(&kept));
        let decide = move |loaded: Loaded| {
            let merge = loaded.get(name);
            if let Some(stored) = merge {
                resource::check_if_match(stored, if_match.as_deref())?;
            }
            let both = [source, target].map(|name| loaded.get(name));
            let former = both.iter().flatten().chain(&merge).map(|stored| stored.document.len()).max();
            let holder = |key: ClaimKey| holders.get(&key).copied();
            let undone = customer::undo(&act.context(), merge, (both[0], both[1]), past.as_ref(), holder, seeds)?;
            drop(out.set(undone.kept));
            ready(undone.changes, former.unwrap_or_default())
        };
        let names = vec![name, source, target];
        if call.query.dry_run {
            let mut loaded = Vec::new();
            for (kind, id) in names {
                loaded.extend(find(store, org, kind, id).await?.map(|stored| ((kind, id), stored)));
            }
            let changes = decide(loaded.into_iter().collect())?;
            let document = |of: (Kind, ObjectId)| {
                let put = changes.puts.iter().find(|put| (put.kind, put.id) == of);
                put.map_or("null", |put| put.document.as_str())
            };
            let kept = resource::render(&kept.get())?;
            return Ok(Answer::Json(format!(
                "{{\"data\":{},\"meta\":{{\"kept\":{kept},\"source\":{},\"target\":{}}}}}",
                document(name),
                document(source),
                document(target)
            )));
        }
        // A refused undo leaves no note.
        decide_once(&call, &names, decide.clone()).await?;
        match following(&call, target.1, call.commit_locked(names, Box::new(decide))).await? {
            Ok(changes) => {
                let document = changes.puts.into_iter().next().map(|put| put.document);
                let document = document.ok_or_else(|| resource::fault("Nothing was written"))?;
                return match kept.get().filter(|kept| is_reader && !kept.is_empty()) {
                    Some(kept) => {
                        Ok(Answer::Json(format!("{{\"data\":{document},\"meta\":{}}}", json!({ "kept": kept }))))
                    }
                    None => Ok(Answer::ok(document)),
                };
            }
            // Somebody took an identity meanwhile.
            Err(CommitError::Claimed { .. }) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

/// Takes a decision on the records as they are, for its refusal alone.
async fn decide_once<E: Endpoint, T>(
    call: &Call<E>,
    names: &[(Kind, ObjectId)],
    decide: impl FnOnce(Loaded) -> Result<T, Refusal>,
) -> Result<(), Refusal> {
    let mut loaded = Vec::new();
    for (kind, id) in names.iter().copied() {
        loaded.extend(find(call.store(), call.org(), kind, id).await?.map(|stored| ((kind, id), stored)));
    }
    decide(loaded.into_iter().collect()).map(drop)
}

/// Commits, noting before and after that what belongs to the customers is to follow.
async fn following<E: Endpoint, T>(
    call: &Call<E>,
    target: ObjectId,
    commit: impl Future<Output = T>,
) -> Result<T, Refusal> {
    if call.is_rehearsal() {
        return Ok(commit.await);
    }
    let services = &call.app().services;
    Following::expect(services, Cause::Merged, call.org(), target).await.map_err(unavailable)?;
    let committed = commit.await;
    call.app().following.happened(services, Cause::Merged, call.org(), target).await;
    Ok(committed)
}

/// The target as it was before a merge and after it; `None` when that was erased.
async fn past_of(store: &dyn Store, org: OrgKey, merge: &Stored, target: ObjectId) -> Result<Option<Past>, Refusal> {
    let record: CustomerMerge = resource::read(&merge.document)?;
    let Some(rev) = record.attributes.target_rev.value().copied() else { return Ok(None) };
    let mut states = past::find_states(store, org, Kind::Customer, target, rev, rev + 1).await?.into_iter();
    let (after, before) = (states.next(), states.next());
    let both = after.filter(|state| state.rev == rev + 1).zip(before.filter(|state| state.rev == rev));
    Ok(both.map(|(after, before)| Past { before: before.document, after: after.document }))
}

/// Who holds the claims of a customer that was merged.
async fn holders_of<E: Endpoint>(call: &Call<E>, source: ObjectId) -> Result<HashMap<ClaimKey, ObjectId>, Refusal> {
    let Some(stored) = find(call.store(), call.org(), Kind::Customer, source).await? else {
        return Ok(HashMap::new());
    };
    let claims = Kind::Customer.claims_of(call.org(), source, &stored.document)?;
    let keys: Vec<ClaimKey> = claims.iter().map(|claim| claim.key).collect();
    let owners = call.store().find_owners(call.org(), &keys).await.map_err(unavailable)?;
    Ok(keys.into_iter().zip(owners).filter_map(|(key, owner)| Some((key, owner?))).collect())
}

/// A dry run shows customers.
///
/// # Errors
/// 403 for a caller who may not read them.
fn check_reader<E: Endpoint>(call: &Call<E>) -> Result<(), Refusal> {
    let roles = Kind::Customer.spec().read_operation.roles;
    permission::require(call.caller(), "dryRun", roles, call.app().settings.missing_role_status)
}

fn seeds<E: Endpoint>(call: &Call<E>) -> MergeSeeds {
    MergeSeeds { event: call.next_event(), source_event: call.next_event(), target_event: call.next_event() }
}

/// 409 for a customer that was merged: its values are a part of another one.
pub(crate) fn erased_with(target: ObjectId) -> Refusal {
    let title = format!("The customer was merged into {target}: erase that one, or undo the merge first");
    Refusal::new(409, code::CONFLICT, "id", title).with_meta("mergedInto", target.to_string())
}

/// The customer that another one went into at last; itself when it was not merged.
///
/// # Errors
/// 503 or 500 when the database cannot answer.
pub(crate) async fn resolve(store: &dyn Store, org: OrgKey, customer: ObjectId) -> Result<ObjectId, Refusal> {
    let mut at = customer;
    for _ in 0..MAX_CHAIN {
        let stored = find(store, org, Kind::Customer, at).await?;
        match stored.as_ref().map(merged_into).transpose()?.flatten() {
            Some(into) => at = into,
            None => break,
        }
    }
    Ok(at)
}

/// The customers that were merged into one and still are.
pub(crate) async fn absorbed<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<Vec<ObjectId>, Refusal> {
    let mut found = Vec::new();
    for source in others(call, customer::TARGET, customer).await? {
        let stored = find(call.store(), call.org(), Kind::Customer, source).await?;
        if stored.as_ref().map(merged_into).transpose()?.flatten() == Some(customer) {
            found.push(source);
        }
    }
    Ok(found)
}

/// The customers that have what another one was merged into, whether that was undone or not.
pub(crate) async fn targets<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<Vec<ObjectId>, Refusal> {
    let mut found = Vec::new();
    for target in others(call, customer::SOURCE, customer).await? {
        let target = resolve(call.store(), call.org(), target).await?;
        if target != customer && !found.contains(&target) {
            found.push(target);
        }
    }
    Ok(found)
}

/// The customers that one was merged into, those that they were merged into, and so on, whether that was undone or not.
pub(crate) async fn ever_targets<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<Vec<ObjectId>, Refusal> {
    let (mut all, mut at) = (vec![customer], 0);
    while let Some(one) = all.get(at).copied() {
        at += 1;
        for target in others(call, customer::SOURCE, one).await? {
            if !all.contains(&target) {
                all.push(target);
            }
        }
    }
    all.remove(0);
    Ok(all)
}

/// A customer and those that were merged with it, with one of those, and so on, whether that was undone or not; nobody when
/// there are none.
pub(crate) async fn related<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<Vec<ObjectId>, Refusal> {
    let mut all = vec![customer];
    let mut at = 0;
    while let Some(one) = all.get(at).copied() {
        at += 1;
        for column in [customer::SOURCE, customer::TARGET] {
            for other in others(call, column, one).await? {
                if !all.contains(&other) {
                    all.push(other);
                }
            }
        }
    }
    Ok(if all.len() > 1 { all } else { Vec::new() })
}

/// The other customers of the merges that have one as their source or target, each once.
async fn others<E: Endpoint>(
    call: &Call<E>,
    column: &'static str,
    customer: ObjectId,
) -> Result<Vec<ObjectId>, Refusal> {
    let mut found = Vec::new();
    let mut pages = Pages::of(call.store(), call.org(), list(column, customer, STEP));
    while let Some(merges) = pages.next().await.map_err(unavailable)? {
        for merge in &merges {
            let other =
                if column == customer::TARGET { customer::source_of(merge)? } else { customer::target_of(merge)? };
            found.extend(other.filter(|other| !found.contains(other)));
        }
    }
    Ok(found)
}

fn list(column: &'static str, customer: ObjectId, limit: u32) -> ListQuery {
    ListQuery::of(Kind::CustomerMerge, limit, parts::HELD).narrowed(column, customer)
}

async fn find(store: &dyn Store, org: OrgKey, kind: Kind, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    store.find(org, kind, id).await.map_err(unavailable)
}
