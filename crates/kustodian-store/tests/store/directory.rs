//! Orgs and credentials.

use crate::setting::{at, engine, engine_with_org, everything, make_org, new_token, next_id, put, stored};
use kustodian_core::directory::{DirectoryError, NewToken, TokenHash};
use kustodian_core::kind::Kind;

#[tokio::test]
async fn orgs_are_found_by_name_and_listed_by_it() {
    let Some(database) = engine().await else { return };
    let directory = database.directory();
    let zeta = make_org(&*directory, "zeta").await;
    let acme = make_org(&*directory, "acme").await;
    assert_ne!(zeta.key, acme.key);
    for name in ["zeta", "Zeta", "ZETA"] {
        assert_eq!(directory.find_org(name).await.unwrap(), Some(zeta.clone()), "hosts do not distinguish {name}");
    }
    assert_eq!(directory.find_org("zet").await.unwrap(), None);
    assert_eq!(directory.list_orgs().await.unwrap(), [acme, zeta]);
    for name in ["acme", "ACME", "Acme"] {
        let made = directory.create_org(next_id(), name, at(0)).await;
        assert!(matches!(made, Err(DirectoryError::Exists)), "hosts do not distinguish {name} from acme");
    }
}

#[tokio::test]
async fn a_token_has_its_machine_user() {
    let Some((database, store, org)) = engine_with_org().await else { return };
    let directory = database.directory();
    let new = new_token(org, 1);
    directory.create_token(new.clone()).await.unwrap();
    let acme = directory.find_org("acme").await.unwrap().unwrap();
    assert_eq!(directory.find_token(new.hash).await.unwrap(), Some((acme, new.token.clone())));
    assert_eq!(directory.find_token(TokenHash([9; 32])).await.unwrap(), None);
    let (user, _) = new.made.clone().unwrap();
    assert_eq!(store.find(org, Kind::User, new.token.user).await.unwrap(), Some(stored(&user)));
    assert_eq!(store.list(org, everything(Kind::User)).await.unwrap().total, Some(1));

    let user = put(next_id(), 1);
    let again = NewToken { hash: new.hash, ..new_token(org, 2) };
    assert!(matches!(directory.create_token(again.clone()).await, Err(DirectoryError::Exists)));
    assert_eq!(store.find(org, Kind::User, again.token.user).await.unwrap(), None, "{user:?}");
}

#[tokio::test]
async fn tokens_are_listed_oldest_first() {
    let Some((database, _store, acme)) = engine_with_org().await else { return };
    let directory = database.directory();
    let other = make_org(&*directory, "other").await.key;
    let [first, second, third] = [new_token(acme, 1), new_token(other, 2), new_token(acme, 3)];
    for new in [&third, &first, &second] {
        directory.create_token(new.clone()).await.unwrap();
    }
    let named = |name: &str, new: &NewToken| (name.to_owned(), new.token.clone());
    let all = [named("acme", &first), named("other", &second), named("acme", &third)];
    assert_eq!(directory.list_tokens(None).await.unwrap(), all);
    assert_eq!(directory.list_tokens(Some(other)).await.unwrap(), all[1..2]);
    assert_eq!(directory.list_tokens_of(acme, third.token.user).await.unwrap(), vec![third.token.clone()]);
    assert_eq!(directory.list_tokens_of(other, third.token.user).await.unwrap(), []);
}

#[tokio::test]
async fn a_token_is_found_by_its_id_within_its_org() {
    let Some((database, _store, acme)) = engine_with_org().await else { return };
    let directory = database.directory();
    let other = make_org(&*directory, "other").await.key;
    let new = new_token(acme, 1);
    directory.create_token(new.clone()).await.unwrap();
    assert_eq!(directory.find_token_by_id(acme, new.token.id).await.unwrap(), Some(new.token.clone()));
    assert_eq!(directory.find_token_by_id(other, new.token.id).await.unwrap(), None);
    assert_eq!(directory.find_token_by_id(acme, next_id()).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_is_revoked_once() {
    let Some((database, _store, org)) = engine_with_org().await else { return };
    let directory = database.directory();
    let new = new_token(org, 1);
    directory.create_token(new.clone()).await.unwrap();
    assert!(directory.revoke_token(new.token.id, at(77)).await.unwrap());
    assert!(!directory.revoke_token(new.token.id, at(78)).await.unwrap());
    assert!(!directory.revoke_token(next_id(), at(78)).await.unwrap());
    assert_eq!(directory.find_token(new.hash).await.unwrap().unwrap().1.revoked_at, Some(at(77)));
}

#[tokio::test]
async fn the_first_signing_key_stays() {
    let Some(database) = engine().await else { return };
    let directory = database.directory();
    assert_eq!(directory.signing_key([1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(directory.signing_key([2; 32]).await.unwrap(), [1; 32]);
}
