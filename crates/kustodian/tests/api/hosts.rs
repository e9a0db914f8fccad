//! Host names that name an org, and credentials in a cookie.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use reqwest::blocking::RequestBuilder;
use serde_json::json;

use crate::server::{Answer, Server, TOKEN};

#[test]
fn a_key_of_another_org_than_the_host_names_is_refused_where_that_is_strict() {
    let from = |server: &Server, host: &str| {
        Answer::of(server.request(Method::GET, "/v1/users/current").bearer_auth(TOKEN).header("host", host))
    };
    let strict = Server::start_with(&["--strict-host"]);
    for host in ["demo.api.kustomerapp.com", "DEMO.api.localhost:8080", "api.kustomerapp.com", "localhost"] {
        from(&strict, host).expect(200);
    }
    assert_eq!(from(&strict, "other.api.kustomerapp.com").expect(401).parameter(), "Host");
    from(&Server::start(), "other.api.kustomerapp.com").expect(200);
}

#[test]
fn a_cookie_is_a_credential_only_beside_the_header_other_sites_cannot_send() {
    let server = Server::start();
    let create = |with: &dyn Fn(RequestBuilder) -> RequestBuilder| {
        Answer::of(with(server.request(Method::POST, "/v1/customers")).json(&json!({})))
    };
    let cookie = format!("theme=dark; x-kustomer-auth-token={TOKEN}; lang=en");
    create(&|request| request.header("cookie", &cookie).header("x-csrf-token", "any")).expect(201);
    for refused in [
        create(&|request| request.header("cookie", &cookie)),
        create(&|request| request.header("cookie", &cookie).header("x-csrf-token", "")),
        create(&|request| request.header("cookie", "x-kustomer-auth-token=").header("x-csrf-token", "any")),
        create(&|request| request.header("cookie", "x-kustomer-auth-token=wrong").header("x-csrf-token", "any")),
        create(&|request| request.header("x-csrf-token", "any")),
    ] {
        refused.expect(401).error();
    }
    // The header has priority over the cookie.
    create(&|request| request.bearer_auth("wrong").header("cookie", &cookie).header("x-csrf-token", "any")).expect(401);
}

#[test]
fn only_a_refusal_tells_when_the_budget_is_refilled() {
    let server = Server::start_with(&["--rate-limit", "1"]);
    let granted = server.get("/v1/users/current").expect(200);
    assert_eq!((granted.header("x-ratelimit-remaining"), granted.header("x-ratelimit-reset")), ("0", ""));
    let refused = server.get("/v1/users/current").expect(429);
    #[expect(clippy::disallowed_methods, reason = "the answer is held against the real clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let reset: u64 = refused.header("x-ratelimit-reset").parse().expect("whole seconds");
    assert!((now..=now + 61).contains(&reset), "{reset} is within a minute from {now}");
    assert!(!refused.header("retry-after").is_empty());
}
