//! The common parts of the tests of every engine: they see only the ports, through whatever [`engine`] opens.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::place::Place;
use kustodian_core::chain::Salt;
use kustodian_core::change::{Cause, ChangeSet, Columns, Event, EventSeed, Put};
use kustodian_core::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use kustodian_core::directory::{Directory, NewToken, Org, Token, TokenHash};
use kustodian_core::kind::Kind;
use kustodian_core::store::{ListQuery, OrgKey, Store, Stored};
use kustodian_store::{Database, Options, open};
use kustomer_api::{ObjectId, Timestamp};

/// A database of its own for one test, which is gone afterwards.
pub(crate) struct TestDatabase {
    database: Database,
    /// Dropped after the database.
    _place: Place,
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl TestDatabase {
    pub(crate) async fn close(self) {
        self.database.close().await;
    }
}

/// An empty database of the engine under test; none where that engine is left out.
pub(crate) async fn engine() -> Option<TestDatabase> {
    let place = Place::make().await?;
    let database = open(place.url(), Options::default()).await.unwrap();
    Some(TestDatabase { database, _place: place })
}

/// An empty database with one org.
pub(crate) async fn engine_with_org() -> Option<(TestDatabase, Arc<dyn Store>, OrgKey)> {
    let database = engine().await?;
    let org = make_org(&*database.directory(), "acme").await;
    let store = database.store();
    Some((database, store, org.key))
}

pub(crate) async fn make_org(directory: &dyn Directory, name: &str) -> Org {
    directory.create_org(next_id(), name, at(0)).await.unwrap()
}

/// An id not used before in this process; later ones sort later.
pub(crate) fn next_id() -> ObjectId {
    static LAST: AtomicU32 = AtomicU32::new(0);
    id(LAST.fetch_add(1, Ordering::Relaxed) + 1_000_000)
}

pub(crate) fn id(number: u32) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn email(org: OrgKey, value: &str, owner: ObjectId) -> Claim {
    Claim {
        kind: ClaimKind::Email,
        key: ClaimKey::new(org, ClaimKind::Email, value),
        owner,
        place: ClaimPlace::item("emails", 0),
    }
}

/// A put that makes a customer, or writes its next revision.
pub(crate) fn put(id: ObjectId, rev: u64) -> Put {
    Put {
        kind: Kind::Customer,
        id,
        rev,
        expects: (rev > 1).then(|| rev - 1),
        deleted: false,
        created_at: at(1_000),
        updated_at: at(1_000 + i64::try_from(rev).unwrap()),
        document: format!(r#"{{"type":"customer","id":"{id}","rev":{rev}}}"#),
        search: None,
        former: None,
        home: None,
        columns: Columns::default(),
    }
}

pub(crate) fn event(put: &Put) -> Event {
    let cause = Cause {
        seed: EventSeed { id: next_id(), salt: Salt([7; 16]) },
        name: "kustomer.customer.update",
        actor: None,
        client: "api",
        request_id: "request",
    };
    Event::of(cause, put, (put.rev > 1).then(|| r#"{"attributes":{}}"#.to_owned()))
}

/// A change set of these puts, with their events.
pub(crate) fn changes(puts: Vec<Put>) -> ChangeSet {
    let events = puts.iter().map(event).collect();
    ChangeSet { puts, events, ..ChangeSet::default() }
}

pub(crate) fn stored(put: &Put) -> Stored {
    Stored {
        id: put.id,
        rev: put.rev,
        deleted: put.deleted,
        created_at: put.created_at,
        updated_at: put.updated_at,
        document: put.document.clone(),
    }
}

pub(crate) fn everything(kind: Kind) -> ListQuery {
    ListQuery { count: true, ..ListQuery::of(kind, 1_000, usize::MAX) }
}

/// A token with its machine user; the secret's hash repeats `secret`.
pub(crate) fn new_token(org: OrgKey, secret: u8) -> NewToken {
    let user = Put { kind: Kind::User, ..put(next_id(), 1) };
    let token = Token {
        id: next_id(),
        org,
        user: user.id,
        name: format!("key {secret}"),
        roles: vec!["org.user".to_owned(), "org.permission.customer.read".to_owned()],
        last_chars: "wxyz".to_owned(),
        cidr: Some("10.0.0.0/8".parse().unwrap()),
        created_at: at(i64::from(secret)),
        expires_at: Some(at(5_000)),
        revoked_at: None,
        session: None,
        last_used_at: None,
    };
    let made = Some((user.clone(), event(&user)));
    NewToken { token, hash: TokenHash([secret; 32]), made, retires: None }
}
