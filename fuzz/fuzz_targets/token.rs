//! Keys: legal keys, their stored and shown parts, the claims of a created one, and the grants of its roles.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kustodian_core::resource::names_etag;
use kustodian_core::token::{self, TokenRequest};
use kustodian_fuzz::{context, id, org, seed};
use kustomer_api::role;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    // A name, the roles, and a secret known beforehand; without one, a key is made.
    let mut lines = text.split('\n');
    let name = lines.next().unwrap_or_default().to_owned();
    let roles: Vec<String> = lines.next().unwrap_or_default().split(' ').map(str::to_owned).collect();
    let secret = lines.next().map(str::to_owned);
    check_roles(&roles);
    check_etags(&name);

    let org = org();
    let now = context(&org, 0).now;
    let request = TokenRequest { name, roles: roles.clone(), expires_at: None, cidr: None, secret: secret.clone() };
    let issued = match token::issue(request, &org, id(4), id(5), seed(), &[6; 32], now) {
        Ok(issued) => issued,
        Err(refusal) => return assert_eq!(refusal.status, 400, "{refusal:?}"),
    };
    assert!(roles.iter().all(|role| role::is_valid(role)));
    assert_eq!(issued.new.hash, token::hash(&issued.secret));
    let shown = serde_json::to_string(&token::show(&org, &issued.new.token)).expect("a key is JSON");
    let last = &issued.new.token.last_chars;
    assert!(issued.secret.ends_with(last.as_str()) && last.len() <= issued.secret.len() / 4, "{last:?}");
    match secret {
        Some(secret) => assert_eq!(issued.secret, secret),
        None => {
            assert!(!shown.contains(&issued.secret));
            check_claims(&issued.secret, &roles);
        }
    }
});

/// A made-up key names its own org and user, and no more roles than it has.
fn check_claims(secret: &str, roles: &[String]) {
    let parts: Vec<Vec<u8>> =
        secret.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("a part is base64url")).collect();
    let [head, claims, signature] = parts.as_slice() else { panic!("{secret} has not three parts") };
    let head: Value = serde_json::from_slice(head).expect("the head is JSON");
    assert_eq!(head["alg"], "HS256");
    assert_eq!(signature.len(), 32);
    let claims: Value = serde_json::from_slice(claims).expect("the claims are JSON");
    assert_eq!(claims["org"], org().id.to_string());
    assert_eq!(claims["roles"], serde_json::json!(roles));
}

/// A role grants itself and the roles beneath it; no role grants one above it or beside it.
fn check_roles(roles: &[String]) {
    for role in roles.iter().filter(|role| role::is_valid(role)) {
        let plain = role.strip_suffix(".*").unwrap_or(role);
        assert!(role::grants(plain, plain) || plain.contains('*'));
        assert!(role::grants(role, &format!("{plain}.more")) || plain.contains('*'));
        assert!(!role::grants(&format!("{plain}.more"), plain));
        assert!(!role::grants(&format!("{plain}x"), plain) || plain.contains("kobject_*"));
        assert_eq!(role::any_grants(&[role.as_str()], &[]), true);
    }
}

/// A header that names a tag names it among others, and case counts.
fn check_etags(text: &str) {
    let etag = "W/\"1f-2\"";
    names_etag(text, etag);
    if !text.contains(',') {
        assert!(names_etag(&format!("{text}, {etag}"), etag));
    }
    assert!(names_etag(text, text) || text.contains(','));
}
