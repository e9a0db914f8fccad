//! Credentials: who is admitted, and what a credential may learn about itself.

use reqwest::Method;
use serde_json::json;

use crate::people::person;
use crate::roles::PASSWORD;
use crate::server::{Answer, Server, TOKEN, binary};

#[test]
fn without_a_good_token_the_answer_is_401_in_the_error_dialect() {
    let server = Server::start();
    for header in ["", "Bearer", "Bearer ", "Bearer  two-blanks", "Basic abc", "Bearer nobody-knows-this-one", TOKEN] {
        let request = server.request(Method::GET, "/v1/customers").header("authorization", header);
        let answer = Answer::of(request).expect(401);
        assert_eq!(answer.error()["code"], "unauthorized", "{header:?}");
        assert_eq!(answer.header("x-ratelimit-limit"), "1000");
        assert!(!answer.text.contains("nobody-knows"), "a token is never echoed");
    }
    Answer::of(server.request(Method::GET, "/v1/customers")).expect(401);
    Answer::of(server.request(Method::GET, "/v1/customers").header("authorization", format!("bearer {TOKEN}")))
        .expect(200);
}

#[test]
fn a_key_works_at_once_and_stops_within_a_second_of_being_revoked() {
    let server = Server::on_file();
    let token = server.token("demo", &["org.user"]);
    let read = || server.call_as(&token, Method::GET, "/v1/customers", None).status;
    assert_eq!(read(), 200);
    let current = server.call_as(&token, Method::GET, "/v1/auth/tokens/current", None).expect(200);
    let id = current.data()["id"].as_str().unwrap();
    let output = binary().args(["token", "revoke", id, "--database", server.database()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(read(), 401);
}

#[test]
fn a_key_bound_to_a_range_of_addresses_is_refused_elsewhere() {
    let server = Server::on_file();
    let home = server.token_with("demo", &["org"], &["--cidr", "127.0.0.0/8"]);
    let away = server.token_with("demo", &["org"], &["--cidr", "203.0.113.0/24"]);
    server.call_as(&home, Method::GET, "/v1/users/current", None).expect(200);
    server.call_as(&away, Method::GET, "/v1/users/current", None).expect(401);
}

#[test]
fn a_credential_knows_itself_its_user_and_its_roles_without_any_role() {
    let server = Server::on_file();
    let token = server.token("demo", &["nothing.at.all"]);
    let get = |path: &str| server.call_as(&token, Method::GET, path, None).expect(200);
    let current = get("/v1/auth/tokens/current");
    assert_eq!(current.data()["type"], "auth_token");
    assert_eq!(current.attributes()["name"], "test");
    assert_eq!(current.attributes()["lastTokenChars"], token[token.len() - 4..]);
    assert!(!current.text.contains(&token));
    let user = get("/v1/users/current/");
    assert_eq!((&user.attributes()["userType"], &user.attributes()["name"]), (&json!("machine"), &json!("test")));
    assert_eq!(user.data()["id"], current.data()["relationships"]["user"]["data"]["id"]);
    let roles = get("/v1/auth/roles").ids();
    assert!(["org", "org.user.customer.read", "org.tracking"].iter().all(|role| roles.iter().any(|it| it == role)));
    server.call_as(&token, Method::GET, "/v1/auth/tokens", None).expect(403);
    let listed = server.get("/v1/auth/tokens").expect(200);
    let link = current.data()["links"]["self"].as_str().unwrap();
    let seen = server.get(link).expect(200);
    assert_eq!(seen.attributes()["createdAt"], current.attributes()["createdAt"], "its link is readable with the role");
    server.call_as(&token, Method::GET, link, None).expect(403);
    assert_eq!(listed.ids().len(), 1, "the tokens of the current user");
}

#[test]
fn the_org_and_the_address_are_found_whatever_their_capitals() {
    let server = Server::start();
    person(&server, "ada@acme.example", &["org.user"]);
    for (domain, email) in [("demo", "ada@acme.example"), ("DEMO", "Ada@Acme.Example"), ("Demo", "ADA@ACME.EXAMPLE")] {
        let body = json!({ "domain": domain, "email": email, "password": PASSWORD });
        let session = Answer::of(server.request(Method::POST, "/v1/auth/tokens").json(&body)).expect(201);
        let token = session.attributes()["token"].as_str().unwrap();
        server.call_as(token, Method::GET, "/v1/users/current", None).expect(200);
    }
    let other = json!({ "domain": "dem", "email": "ada@acme.example", "password": PASSWORD });
    Answer::of(server.request(Method::POST, "/v1/auth/tokens").json(&other)).expect(401);
}

#[test]
fn the_missing_role_status_can_be_that_of_the_older_documents() {
    for (arguments, status) in [(&[][..], 403), (&["--missing-role-status", "401"], 401)] {
        let server = Server::on_file_with(arguments);
        let token = server.token("demo", &["org.user.customer.read"]);
        server.call_as(&token, Method::GET, "/v1/customers", None).expect(200);
        let refused = server.call_as(&token, Method::POST, "/v1/customers", Some(json!({}))).expect(status);
        assert!(refused.error()["title"].as_str().unwrap().contains("org.user.customer.write"));
        assert_eq!(refused.error()["code"], "forbidden");
    }
}

#[test]
fn the_keys_of_an_org_share_one_budget_and_are_refused_when_it_is_used_up() {
    let server = Server::start_with(&["--rate-limit", "3"]);
    let remaining: Vec<String> = (0..3)
        .map(|_| server.get("/v1/users/current").expect(200).header("x-ratelimit-remaining").to_owned())
        .collect();
    assert_eq!(remaining, ["2", "1", "0"]);
    let refused = server.get("/v1/users/current").expect(429);
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")), ("3", "0"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(refused.error()["code"], "ratelimited");
    Answer::of(server.request(Method::GET, "/healthz")).expect(200);
}

#[test]
fn a_trusted_proxy_names_the_client_and_nobody_else_does() {
    let server = Server::on_file();
    let away = server.token_with("demo", &["org"], &["--cidr", "203.0.113.0/24"]);
    let status = |server: &Server, forwarded: &str| {
        let request = server.request(Method::GET, "/v1/users/current").bearer_auth(&away);
        Answer::of(request.header("x-forwarded-for", forwarded)).status
    };
    assert_eq!(status(&server, "203.0.113.9"), 401, "nobody is trusted unless it is said");
    let server = server.restart_with(&["--trusted-proxy", "127.0.0.1,10.0.0.0/8"]);
    for (forwarded, expected) in [
        ("203.0.113.9", 200),
        ("198.51.100.1, 203.0.113.9, 10.0.0.2", 200),
        ("203.0.113.9, 198.51.100.1", 401),
        ("nonsense", 401),
        ("", 401),
    ] {
        assert_eq!(status(&server, forwarded), expected, "{forwarded:?}");
    }
    // Failures from one client do not make another wait.
    let sign_in = |client: &str, email: String| {
        let body = json!({ "domain": "demo", "email": email, "password": "not the password" });
        let request = server.request(Method::POST, "/v1/auth/tokens").header("x-forwarded-for", client);
        Answer::of(request.json(&body)).status
    };
    let statuses: Vec<u16> = (0..40).map(|number| sign_in("198.51.100.1", format!("{number}@acme.example"))).collect();
    assert_eq!(statuses.last(), Some(&429));
    assert_eq!(sign_in("198.51.100.2", "ada@acme.example".to_owned()), 401);
}
