//! The same long random sequence of calls on both engines: every answer is the same.

use std::fmt::Debug;

use crate::place::Place;
use crate::setting::{at, email, event, id, make_org, new_token, put};
use kustodian_core::change::{ChangeSet, Put};
use kustodian_core::claim::Claim;
use kustodian_core::directory::{Directory, NewToken};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{
    CommitError, ListQuery, OrgKey, SortKey, Start, Store, StoreError, Stored, Within, decide_on,
};
use kustodian_store::{Options, open};

/// splitmix64: the sequence is given by its seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`.
    fn roll(&mut self, limit: u32) -> u32 {
        u32::try_from(self.next() % u64::from(limit)).unwrap()
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.roll(u32::try_from(choices.len()).unwrap())).unwrap()]
    }

    fn kind(&mut self) -> Kind {
        self.one_of(&Kind::ALL)
    }

    fn sort(&mut self) -> SortKey {
        self.one_of(&[SortKey::Id, SortKey::CreatedAt, SortKey::UpdatedAt])
    }

    fn put(&mut self, expects: Option<u64>) -> Put {
        let rev = expects.map_or(1, |rev| rev + 1);
        Put {
            kind: self.kind(),
            expects,
            deleted: self.roll(4) == 0,
            created_at: at(i64::from(self.roll(8))),
            updated_at: at(i64::from(self.roll(8))),
            document: format!("{{\"number\":{},\"text\":\"ü €\\u0000\"}}", self.roll(1_000)),
            ..put(id(self.roll(12)), rev)
        }
    }

    fn claims(&mut self, org: OrgKey, most: u32) -> Vec<Claim> {
        let count = self.roll(most);
        (0..count).map(|_| email(org, &format!("{}@example.com", self.roll(6)), id(self.roll(4)))).collect()
    }

    fn change_set(&mut self, org: OrgKey) -> ChangeSet {
        let puts: Vec<Put> = (0..self.roll(4))
            .map(|_| {
                let expects = self.one_of(&[None, None, Some(1), Some(2), Some(3)]);
                self.put(expects)
            })
            .collect();
        // Not every record written has an event.
        let events = puts.iter().filter(|put| put.document.len() % 5 != 0).map(event).collect();
        ChangeSet { puts, events, frees: self.claims(org, 3), claims: self.claims(org, 3), ..ChangeSet::default() }
    }

    fn query(&mut self) -> ListQuery {
        let within = (0..self.roll(3))
            .map(|_| {
                let from = i64::from(self.roll(8));
                Within { of: self.sort(), from, to: from + i64::from(self.roll(6)) - 1 }
            })
            .collect();
        let start = match self.roll(3) {
            0 => Start::Offset(0),
            1 => Start::Offset(u64::from(self.roll(6))),
            _ => Start::After { value: i64::from(self.roll(8)), id: id(self.roll(12)) },
        };
        ListQuery {
            sort: self.sort(),
            descending: self.roll(2) == 0,
            within,
            start,
            count: self.roll(2) == 0,
            ..ListQuery::of(self.kind(), self.roll(8), usize::MAX)
        }
    }
}

/// A call, with everything it needs to be made twice.
enum Call {
    Find(OrgKey, Kind, u32),
    FindOwners(OrgKey, Vec<Claim>),
    List(OrgKey, ListQuery),
    Commit(OrgKey, ChangeSet),
    CommitLocked(OrgKey, Put),
    CreateToken(Box<NewToken>),
    RevokeToken(Box<NewToken>),
    Credentials(OrgKey),
}

fn call(dice: &mut Dice, orgs: [OrgKey; 2], tokens: &[NewToken]) -> Call {
    let org = dice.one_of(&orgs);
    let token = || Box::new(tokens[0].clone());
    match dice.roll(20) {
        0..=1 => Call::Find(org, dice.kind(), dice.roll(12)),
        // Not by claim: these documents hold none of the claims, which a SQLite file can only come to by damage.
        2..=3 => Call::FindOwners(org, dice.claims(org, 5)),
        4..=7 => Call::List(org, dice.query()),
        8..=12 => Call::Commit(org, dice.change_set(org)),
        13..=16 => Call::CommitLocked(org, dice.put(Some(0))),
        17 => {
            let index = usize::try_from(dice.roll(u32::try_from(tokens.len()).unwrap())).unwrap();
            Call::CreateToken(Box::new(tokens[index].clone()))
        }
        18 => Call::RevokeToken(token()),
        _ => Call::Credentials(org),
    }
}

/// An answer as text; why a database failed is reported in each engine's own words.
fn told<T: Debug>(answer: Result<T, impl Into<CommitError>>) -> String {
    match answer.map_err(Into::into) {
        Err(CommitError::Store(StoreError::Failed { .. })) => "failed".to_owned(),
        Err(CommitError::Store(StoreError::Unavailable { reason, .. })) => panic!("{reason}"),
        other => format!("{other:?}"),
    }
}

async fn make(call: &Call, store: &dyn Store, directory: &dyn Directory) -> String {
    match call {
        Call::Find(org, kind, number) => told(store.find(*org, *kind, id(*number)).await),
        Call::FindOwners(org, claims) => {
            let keys: Vec<_> = claims.iter().map(|claim| claim.key).collect();
            told(store.find_owners(*org, &keys).await)
        }
        Call::List(org, query) => told(store.list(*org, query.clone()).await),
        Call::Commit(org, changes) => told(store.commit(*org, changes.clone()).await),
        Call::CommitLocked(org, template) => {
            let template = template.clone();
            let (kind, id) = (template.kind, template.id);
            let decide = Box::new(move |record: Option<Stored>| {
                let expects = record.map(|record| record.rev);
                if expects.is_some_and(|rev| rev % 7 == 0) {
                    return Err(Refusal::not_found("id"));
                }
                let put = Put { expects, rev: expects.map_or(1, |rev| rev + 1), ..template };
                // The id of an event is left out, so that both engines may be given their own.
                Ok(ChangeSet { puts: vec![put], ..ChangeSet::default() })
            });
            told(store.commit_locked(*org, vec![(kind, id)], decide_on((kind, id), decide)).await)
        }
        Call::CreateToken(new) => format!("{:?}", directory.create_token((**new).clone()).await),
        Call::RevokeToken(new) => told(directory.revoke_token(new.token.id, at(9)).await),
        Call::Credentials(org) => {
            let tokens = directory.list_tokens(None).await.unwrap();
            let of = match tokens.first() {
                Some((_, token)) => told(directory.list_tokens_of(*org, token.user).await),
                None => String::new(),
            };
            format!("{tokens:?} {of} {:?}", directory.list_orgs().await.unwrap())
        }
    }
}

async fn agree(seed: u64, calls: usize) {
    let Some(place) = Place::make().await else { return };
    let one = open("sqlite::memory:", Options::default()).await.unwrap();
    let other = open(place.url(), Options::default()).await.unwrap();
    let (stores, directories) = ([one.store(), other.store()], [one.directory(), other.directory()]);
    let names = ["a", "b"];
    let mut orgs = [OrgKey(0); 2];
    for (org, name) in orgs.iter_mut().zip(names) {
        let org_id = make_org(&*directories[0], name).await;
        *org = org_id.key;
        let made = directories[1].create_org(org_id.id, name, at(0)).await.unwrap();
        assert_eq!(made, org_id, "both count orgs from the same number");
    }
    let tokens: Vec<NewToken> = (1..4).map(|secret| new_token(orgs[0], secret)).collect();
    let mut dice = Dice(seed);
    for number in 0..calls {
        let call = call(&mut dice, orgs, &tokens);
        let answers =
            [make(&call, &*stores[0], &*directories[0]).await, make(&call, &*stores[1], &*directories[1]).await];
        assert_eq!(answers[0], answers[1], "call {number} of seed {seed}");
    }
}

#[tokio::test]
async fn both_engines_give_the_same_answers() {
    for seed in [1, 20_261_123, 0xdead_beef] {
        agree(seed, 700).await;
    }
}
