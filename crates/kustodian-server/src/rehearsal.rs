//! `?validateOnly=true`: a write that is decided on the stored data, checked as a commit checks it, and not committed.

use std::collections::HashMap;

use kustodian_core::change::{ChangeSet, Name, Narrowed};
use kustodian_core::claim::ClaimKey;
use kustodian_core::conflict::{State, conflict};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Decide, ListQuery, OrgKey, Store, StoreError};
use kustomer_api::ObjectId;
use kustomer_api::query::{VALIDATE_ONLY, read_boolean};

/// Whether a write with this query is only to be validated. Named twice, it is validated if either asks for it; without a
/// value it counts as absent, like any parameter.
///
/// # Errors
/// 400 when the value is no boolean.
pub(crate) fn is_wanted(query: &str) -> Result<bool, Refusal> {
    let mut values = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| name == VALIDATE_ONLY.name && !value.is_empty());
    values.try_fold(false, |is_wanted, (name, value)| {
        let asks = read_boolean(&name, &value).map_err(|fault| Refusal::bad_input(vec![fault]))?;
        Ok(is_wanted || asks)
    })
}

/// The query of the write that is rehearsed.
pub(crate) fn query_of_the_write(query: &str) -> String {
    let names_it = |pair: &&str| {
        url::form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == VALIDATE_ONLY.name)
    };
    query.split('&').filter(|pair| !names_it(pair)).collect::<Vec<_>>().join("&")
}

/// The result of [`Store::commit`]. Receipts are left out: a rehearsal does not use up its key.
///
/// # Errors
/// What [`Store::commit`] would fail with.
pub(crate) async fn commit(store: &dyn Store, org: OrgKey, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
    let mut states: HashMap<Name, State> = HashMap::new();
    let written = changes.puts.iter().map(|put| (put.kind, put.id));
    for (kind, id) in written.chain(changes.asserts.iter().copied()) {
        if let Some(stored) = store.find(org, kind, id).await? {
            states.insert((kind, id), State::from(&stored));
        }
    }
    let mut owners: HashMap<ClaimKey, ObjectId> = HashMap::new();
    if !changes.claims.is_empty() {
        let keys: Vec<ClaimKey> = changes.claims.iter().map(|claim| claim.key).collect();
        let found = store.find_owners(org, &keys).await?;
        owners.extend(keys.iter().zip(found).filter_map(|(key, owner)| Some((*key, owner?))));
    }
    let mut filled: Vec<Narrowed> = Vec::new();
    for list in &changes.empties {
        if !is_empty(store, org, list).await? {
            filled.push(list.clone());
        }
    }
    let state_of = |name| states.get(&name).copied();
    let in_the_way = conflict(&changes, state_of, |key| owners.get(&key).copied(), |list| !filled.contains(list));
    in_the_way.map_or(Ok(changes), Err)
}

async fn is_empty(store: &dyn Store, org: OrgKey, list: &Narrowed) -> Result<bool, StoreError> {
    let query = ListQuery::of(list.kind, 1, usize::MAX).narrowed(list.column, &list.value);
    Ok(store.list(org, query).await?.records.is_empty())
}

/// What [`Store::commit_locked`] would give, but for the lock: nothing is written that it would have to keep others from.
///
/// # Errors
/// What [`Store::commit_locked`] would fail with.
pub(crate) async fn commit_locked(
    store: &dyn Store,
    org: OrgKey,
    names: Vec<Name>,
    decide: Decide,
) -> Result<ChangeSet, CommitError> {
    let mut found = Vec::with_capacity(names.len());
    for (kind, id) in names {
        found.extend(store.find(org, kind, id).await?.map(|stored| ((kind, id), stored)));
    }
    let changes = decide(found.into_iter().collect())?;
    commit(store, org, changes).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_is_read_and_taken_out_of_the_query() {
        for (query, wanted, rest) in [
            ("", false, ""),
            ("replace=true", false, "replace=true"),
            ("validateOnly=true", true, ""),
            ("validateOnly=false&replace=true", false, "replace=true"),
            ("a=1&validate%4Fnly=true&b=2", true, "a=1&b=2"),
            ("validateOnly=false&validateOnly=true", true, ""),
            ("validateOnly=&replace=true", false, "replace=true"),
            ("validateOnly=&validateOnly=true", true, ""),
        ] {
            assert_eq!(is_wanted(query).unwrap(), wanted, "{query}");
            assert_eq!(query_of_the_write(query), rest, "{query}");
        }
        assert_eq!(is_wanted("validateOnly=maybe").unwrap_err().status, 400);
    }
}
