//! Random change sets against the plainest model of the port: maps.

use std::collections::HashMap;

use crate::setting::{changes, email, engine, everything, id, make_org, put, stored};
use kustodian_core::change::{ChangeSet, Put};
use kustodian_core::claim::Claim;
use kustodian_core::kind::Kind;
use kustodian_core::store::{CommitError, OrgKey};
use kustomer_api::ObjectId;
use proptest::collection::vec;
use proptest::prelude::*;

/// A step in small numbers, so that records and claims collide often.
#[derive(Debug, Clone)]
struct Step {
    org: usize,
    /// Record, expected revision (0: none), deleted.
    puts: Vec<(u32, u64, bool)>,
    /// Value, owner.
    frees: Vec<(u8, u32)>,
    claims: Vec<(u8, u32)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let claim = || (0..4_u8, 0..4_u32);
    let step = (0..2_usize, vec((0..4_u32, 0..3_u64, any::<bool>()), 0..3), vec(claim(), 0..2), vec(claim(), 0..3))
        .prop_map(|(org, puts, frees, claims)| Step { org, puts, frees, claims });
    vec(step, 1..40)
}

#[derive(Default, Clone)]
struct Model {
    records: HashMap<(OrgKey, ObjectId), Put>,
    claims: HashMap<(OrgKey, u8), ObjectId>,
}

fn claim(org: OrgKey, value: u8, owner: u32) -> Claim {
    email(org, &format!("{value}@example.com"), id(owner))
}

fn change_set(org: OrgKey, step: &Step) -> ChangeSet {
    let write = |&(record, expects, deleted): &(u32, u64, bool)| Put { deleted, ..put(id(record), expects + 1) };
    ChangeSet {
        frees: step.frees.iter().map(|(value, owner)| claim(org, *value, *owner)).collect(),
        claims: step.claims.iter().map(|(value, owner)| claim(org, *value, *owner)).collect(),
        ..changes(step.puts.iter().map(write).collect())
    }
}

impl Model {
    /// The whole change on a copy, which replaces the model when there was no conflict.
    fn commit(&mut self, org: OrgKey, step: &Step, set: &ChangeSet) -> &'static str {
        let mut next = self.clone();
        for put in &set.puts {
            if next.records.get(&(org, put.id)).map(|put| put.rev) != put.expects {
                return "stale";
            }
            next.records.insert((org, put.id), put.clone());
        }
        for (value, owner) in &step.frees {
            if next.claims.get(&(org, *value)) == Some(&id(*owner)) {
                next.claims.remove(&(org, *value));
            }
        }
        for (value, owner) in &step.claims {
            if *next.claims.entry((org, *value)).or_insert(id(*owner)) != id(*owner) {
                return "claimed";
            }
        }
        *self = next;
        "committed"
    }
}

async fn agree(steps: &[Step]) {
    let Some(database) = engine().await else { return };
    let (store, directory) = (database.store(), database.directory());
    let orgs = [make_org(&*directory, "a").await.key, make_org(&*directory, "b").await.key];
    let mut model = Model::default();
    for step in steps {
        let org = orgs[step.org];
        let set = change_set(org, step);
        let told = match store.commit(org, set.clone()).await {
            Ok(_) => "committed",
            Err(CommitError::Stale { .. }) => "stale",
            Err(CommitError::Claimed { .. }) => "claimed",
            Err(other) => panic!("{other}"),
        };
        assert_eq!(told, model.commit(org, step, &set), "{step:?}");
    }
    for org in orgs {
        for number in 0..4 {
            let found = store.find(org, Kind::Customer, id(number)).await.unwrap();
            assert_eq!(found, model.records.get(&(org, id(number))).map(stored));
        }
        let keys: Vec<_> = (0..4).map(|value| claim(org, value, 0).key).collect();
        let owners: Vec<_> = (0..4).map(|value| model.claims.get(&(org, value)).copied()).collect();
        assert_eq!(store.find_owners(org, &keys).await.unwrap(), owners);
        let mut live: Vec<_> = model
            .records
            .iter()
            .filter(|((of, _), put)| *of == org && !put.deleted)
            .map(|(_, put)| stored(put))
            .collect();
        live.sort_by_key(|record| record.id);
        let listing = store.list(org, everything(Kind::Customer)).await.unwrap();
        assert_eq!(listing.total, Some(u64::try_from(live.len()).unwrap()));
        assert_eq!(listing.records, live);
    }
    database.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::place::MODEL_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_change_sets_do_what_maps_do(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&steps));
    }
}
