//! People: invited, signed in, given role groups, deactivated; their passwords, sessions and the keys they make.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::post_office::PostOffice;
use crate::roles::PASSWORD;
use crate::server::{Answer, Server, binary};
use crate::world::send;

/// Asks without a credential.
pub(crate) fn visit(server: &Server, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = server.request(method, path);
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
}

/// The answer to an attempt to sign in to the org `demo`.
pub(crate) fn try_sign_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({ "domain": "demo", "email": email, "password": password });
    visit(server, Method::POST, "/v1/auth/tokens", Some(body))
}

/// A session of a person with a password.
pub(crate) fn sign_in(server: &Server, email: &str) -> String {
    let session = try_sign_in(server, email, PASSWORD).expect(201);
    session.attributes()["token"].as_str().unwrap().to_owned()
}

/// A person with these roles, who has the usual password; the path.
pub(crate) fn person(server: &Server, email: &str, roles: &[&str]) -> String {
    let invited = server.post("/v1/users", json!({ "name": email, "email": email, "roles": roles })).expect(201);
    let path = invited.data()["links"]["self"].as_str().unwrap().to_owned();
    server.put(&path, json!({ "password": PASSWORD })).expect(201);
    path
}

/// The answer of a page.
pub(crate) fn page(server: &Server, link: &str, form: Option<&str>) -> (u16, String) {
    let path = link.split_once("/set-password").map(|(_, rest)| format!("/set-password{rest}")).unwrap();
    let method = if form.is_some() { Method::POST } else { Method::GET };
    let mut request = server.request(method, &path).header("content-type", "application/x-www-form-urlencoded");
    if let Some(form) = form {
        request = request.body(form.to_owned());
    }
    let response = request.send().unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && response.headers()["referrer-policy"] == "no-referrer");
    (response.status().as_u16(), response.text().unwrap())
}

/// A link out of the command line.
pub(crate) fn link(server: &Server, command: &str, email: &str) -> String {
    let output = binary().args(["user", command, email, "--database", server.database()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_person_is_invited_sets_a_password_signs_in_and_is_deactivated() {
    let server = Server::on_file();
    let invited = server.post("/v1/users", json!({ "name": "Ada", "email": "Ada@acme.example" })).expect(201);
    let path = invited.data()["links"]["self"].as_str().unwrap().to_owned();
    assert_eq!(invited.attributes()["roles"], json!(["org.admin", "org.user"]));
    assert_eq!(invited.attributes()["password"], json!({ "allowNew": true, "forceNew": false, "updatedAt": null }));
    let id = invited.data()["id"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/v1/users?pending=true").expect(200).ids(), *std::slice::from_ref(&id));
    let twice = server.post("/v1/users", json!({ "name": "Ada", "email": "ada@ACME.example" })).expect(409);
    assert_eq!(twice.error()["meta"]["pointer"], "/email");

    try_sign_in(&server, "ada@acme.example", PASSWORD).expect(401);
    let link = link(&server, "invite-link", "ada@acme.example");
    let (status, html) = page(&server, &link, None);
    assert!(status == 200 && html.contains("<form method=\"post\">") && !html.contains("<script"), "{html}");
    for (form, reason) in [
        ("password=short&again=short", "shorter than"),
        ("password=correct+horse+battery&again=another+horse+battery", "differ"),
        ("password=ada%40acme.example&again=ada%40acme.example", "little more than the address"),
    ] {
        let (status, html) = page(&server, &link, Some(form));
        assert!(status == 400 && html.contains(reason), "{html}");
    }
    assert_eq!(page(&server, &link, Some("password=correct+horse+battery&again=correct+horse+battery")).0, 200);
    assert_eq!(server.get("/v1/users?pending=true").expect(200).ids(), [""; 0]);
    assert!(server.get(&path).expect(200).attributes()["emailVerifiedAt"].is_string());

    let session = try_sign_in(&server, "ADA@acme.example", PASSWORD).expect(201);
    let token = session.attributes()["token"].as_str().unwrap().to_owned();
    assert_eq!(session.attributes()["ipAddress"], "127.0.0.1");
    let as_ada = |method: Method, path: &str, body: Option<Value>| server.call_as(&token, method, path, body);
    assert_eq!(as_ada(Method::GET, "/v1/users/current", None).expect(200).data()["id"], json!(id));
    as_ada(Method::POST, "/v1/customers", Some(json!({ "name": "of Ada" }))).expect(201);
    let own = session.data()["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(own).expect(200).attributes().get("token"), None);
    assert_eq!(as_ada(Method::GET, "/v1/auth/tokens", None).expect(200).ids().len(), 1);

    // A new password takes the former one, and ends other sessions.
    let other = sign_in(&server, "ada@acme.example");
    let new = "quite another horse";
    let without = as_ada(Method::PUT, "/v1/users/current", Some(json!({ "password": new }))).expect(400);
    assert_eq!(without.parameter(), "currentPassword");
    let wrong = json!({ "password": new, "currentPassword": "wrong password" });
    as_ada(Method::PUT, "/v1/users/current", Some(wrong)).expect(403);
    let right = json!({ "password": new, "currentPassword": PASSWORD });
    as_ada(Method::PUT, "/v1/users/current", Some(right)).expect(200);
    server.call_as(&other, Method::GET, "/v1/users/current", None).expect(401);
    try_sign_in(&server, "ada@acme.example", PASSWORD).expect(401);

    // Deactivated, listed so, restored without the sessions of before.
    server.put(&path, json!({ "deleted": true })).expect(201);
    as_ada(Method::GET, "/v1/users/current", None).expect(401);
    server.get(&path).expect(404);
    assert_eq!(server.get("/v1/users?deleted=true").expect(200).ids(), [id]);
    try_sign_in(&server, "ada@acme.example", new).expect(401);
    server.put(&path, json!({ "deleted": null })).expect(201);
    as_ada(Method::GET, "/v1/users/current", None).expect(401);
    let session = try_sign_in(&server, "ada@acme.example", new).expect(201);
    let token = session.attributes()["token"].as_str().unwrap();
    server.call_as(token, Method::DELETE, "/v1/auth/tokens/current", None).expect(204);
    server.call_as(token, Method::GET, "/v1/users/current", None).expect(401);
    // The written record survives, and no log of it has a secret.
    let server = server.kill_and_restart();
    assert_eq!(try_sign_in(&server, "ada@acme.example", new).expect(201).data()["type"], "auth_token");
    let seen = [server.get("/v1/events?pageSize=100").text, server.get("/v1/audit-logs").text].concat();
    assert!(!seen.contains(new) && !seen.contains("argon2"), "secrets stay out of the feed and the log");
}

#[test]
fn role_groups_grant_to_users_and_through_teams_and_every_server_sees_it() {
    let server = Server::on_file();
    let path = person(&server, "eve@acme.example", &["org.tracking"]);
    let id = path.rsplit('/').next().unwrap().to_owned();
    let token = sign_in(&server, "eve@acme.example");
    let read = |server: &Server| server.call_as(&token, Method::GET, "/v1/customers", None).status;
    assert_eq!(read(&server), 403);
    let group = json!({ "name": "Readers", "roles": ["org.user.customer.read"] });
    let group = server.post("/v1/role-groups", group).expect(200).data()["id"].clone();
    server.put(&path, json!({ "roleGroups": [group] })).expect(201);
    assert_eq!(read(&server), 200);
    let many = server.put(&path, json!({ "roleGroups": [group, group] })).expect(400);
    assert_eq!(many.parameter(), "roleGroups");
    server.put(&path, json!({ "roleGroups": [] })).expect(201);
    assert_eq!(read(&server), 403);

    let team = json!({ "name": "Desk", "members": [id], "roleGroups": [group] });
    let team = server.post("/v1/teams", team).expect(201).data()["links"]["self"].as_str().unwrap().to_owned();
    server.put(&path, json!({ "mobile": "1" })).expect(201);
    assert_eq!(read(&server), 200);
    assert_eq!(server.get(&format!("{path}/teams")).expect(200).ids().len(), 1);
    // Another server has cached the token; it asks again within a second.
    let other = server.beside();
    assert_eq!(read(&other), 200);
    server.delete(&team).expect(204);
    assert_eq!(read(&server), 403);
    let begun = std::time::Instant::now();
    while read(&other) == 200 {
        assert!(begun.elapsed().as_secs() < 10, "a change of a team reaches other servers");
        std::thread::yield_now();
    }
    let unknown =
        server.post("/v1/role-groups", json!({ "name": "a", "roles": ["org.user.customers.read"] })).expect(400);
    assert!(unknown.error()["title"].as_str().unwrap().contains("org.user.customer.read"), "{}", unknown.text);
}

#[test]
fn sessions_last_as_long_as_the_org_says_and_ways_of_signing_in_are_set() {
    let server = Server::on_file();
    person(&server, "grace@acme.example", &["org"]);
    let settings = server.get("/v1/auth/settings").expect(200);
    assert_eq!(settings.attributes()["kustomer"], json!({ "enabled": true }));
    let open = |enabled: bool| {
        json!({ "kustomer": { "enabled": enabled }, "google": { "enabled": false },
                "app": { "userSessionExpirationMilliseconds": 60_000 } })
    };
    let set = server.put("/v1/auth/settings", open(true)).expect(200);
    assert_eq!(server.get("/v1/auth/settings").expect(200).text, set.text);
    let session = try_sign_in(&server, "grace@acme.example", PASSWORD).expect(201);
    let moment = |name: &str| session.attributes()[name].as_str().unwrap().parse::<kustomer_api::Timestamp>().unwrap();
    assert_eq!(moment("expiresAt").as_millis() - moment("createdAt").as_millis(), 60_000);
    for (what, body) in [
        ("google", json!({ "kustomer": { "enabled": true }, "google": { "enabled": true } })),
        (
            "saml",
            json!({ "kustomer": { "enabled": true }, "google": { "enabled": false }, "saml": { "enabled": true } }),
        ),
    ] {
        assert_eq!(server.put("/v1/auth/settings", body).expect(400).parameter(), what);
    }
    let fraction = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false },
            "app": { "userSessionExpirationMilliseconds": 60_000.5 } });
    let refused = server.put("/v1/auth/settings", fraction).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/app/userSessionExpirationMilliseconds", "{}", refused.text);
    for way in ["singleAccessToken", "googleAuthToken", "samlAuthToken"] {
        let refused = visit(&server, Method::POST, "/v1/auth/tokens", Some(json!({ "domain": "demo", way: "x" })));
        assert!(refused.expect(400).error()["title"].as_str().unwrap().contains("not configured"), "{way}");
    }
    for hostile in ["demo\0", "\0", "\u{202e}", "%00", "'; --"] {
        let body = json!({ "domain": hostile, "email": hostile, "password": hostile });
        visit(&server, Method::POST, "/v1/auth/tokens", Some(body)).expect(401);
        let body = json!({ "domain": hostile, "email": hostile });
        visit(&server, Method::POST, "/v1/users/passwordreset", Some(body)).expect(204);
    }
    server.put("/v1/auth/settings", open(false)).expect(200);
    let closed =
        [PASSWORD, "a wrong one"].map(|password| try_sign_in(&server, "grace@acme.example", password).expect(400));
    assert_eq!(closed[0].error()["title"], closed[1].error()["title"]);
    let public = visit(&server, Method::GET, "/v1/p/auth/settings", None).expect(200);
    assert_eq!(public.attributes()["kustomer"], json!({ "enabled": false }));
    assert_eq!(public.attributes().get("app"), None);
    let secret = |server: &Server| server.get("/v1/auth/customer/settings").expect(200).attributes()["secret"].clone();
    let kept = secret(&server);
    assert!(kept.as_str().unwrap().len() >= 43);
    server.org("elsewhere");
    assert_eq!(visit(&server, Method::GET, "/v1/p/auth/settings", None).expect(404).parameter(), "Host");
    let server = server.kill_and_restart();
    assert_eq!(secret(&server), kept);
    assert_eq!(server.get("/v1/auth/settings").expect(200).attributes()["kustomer"], json!({ "enabled": false }));
}

#[test]
fn the_settings_of_an_org_are_a_record_with_a_past_that_the_feed_and_the_audit_log_show() {
    let server = Server::on_file();
    let path = "/v1/auth/settings";
    let open = |origin: &str| json!({ "kustomer": { "enabled": true }, "google": { "enabled": false }, "corsWhitelist": [origin] });
    let unwritten = server.get(path).expect(200);
    assert_eq!(unwritten.attributes().get("rev"), None);
    let none = server.get(&format!("{path}/history")).expect(200);
    assert_eq!((none.ids().len(), &none.body["meta"]["total"]), (0, &json!(0)));
    assert_eq!(server.get(&format!("{path}?rev=0")).expect(400).parameter(), "rev");
    for state in ["rev=1", "asOf=2026-01-02T03:04:05Z"] {
        let refused = server.get(&format!("{path}?{state}")).expect(404);
        assert!(refused.error()["title"].as_str().unwrap().contains("nobody has written"), "{}", refused.text);
        assert_eq!(refused.parameter(), state.split_once('=').unwrap().0);
    }
    // A rehearsal stores nothing, and a condition on the unwritten state is one.
    let rehearsed = server.put(&format!("{path}?validateOnly=true"), open("https://never.example")).expect(200);
    assert_eq!(rehearsed.attributes()["rev"], 1);
    assert_eq!(server.get(path).expect(200).text, unwritten.text);
    let stale = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false }, "rev": 3 });
    server.put(path, stale.clone()).expect(409);
    let conditional = |tag: &str, body: &Value| send(&server, Method::PUT, path, ("if-match", tag), Some(body));
    conditional("\"another\"", &open("https://never.example")).expect(412);
    let first = conditional(unwritten.header("etag"), &open("https://one.example")).expect(200);
    assert_eq!(first.attributes()["rev"], 1);
    conditional(unwritten.header("etag"), &open("https://never.example")).expect(412);
    server.put(path, stale).expect(409);
    let second = server.put(path, open("https://two.example")).expect(200);
    assert_eq!((&second.attributes()["rev"], &second.data()["links"]["self"]), (&json!(2), &json!(path)));
    assert_eq!(server.get(path).expect(200).text, second.text);
    assert_eq!(server.get(&format!("{path}?rev=1")).expect(200).text, first.text);
    let history = server.get(&format!("{path}/history")).expect(200);
    let changed = &history.data()[0]["attributes"]["changes"]["attributes"]["corsWhitelist"];
    assert_eq!(changed["before"], json!(["https://one.example"]));
    assert_eq!(history.data()[0]["links"]["self"], format!("{path}?rev=2"));
    // What customers are signed in with is of the same record, without its secret.
    let customers = server.get("/v1/auth/customer/settings").expect(200);
    assert_eq!(
        (&customers.attributes()["rev"], &customers.attributes()["updatedAt"]),
        (&json!(2), &second.attributes()["updatedAt"])
    );
    let secret = customers.attributes()["secret"].as_str().unwrap();
    crate::erase::wait_for("the settings in the feed", || {
        let feed = server.get("/v1/events?filter[objectType]=auth_settings").expect(200);
        assert!(!feed.text.contains(secret));
        feed.ids().len() == 2
    });
    let logged = server.get("/v1/audit-logs?filter[objectType]=auth_settings").expect(200);
    assert_eq!(logged.ids().len(), 2);
    assert!(logged.data()[0]["relationships"]["user"]["data"]["id"].is_string(), "{}", logged.body);
    // A key that may not read the settings sees nothing of them in the feed, and no role for events opens them.
    let outsider = server.token("demo", &["org.user"]);
    let ask = |path: &str| server.call_as(&outsider, Method::GET, path, None).status;
    for path in [path.to_owned(), format!("{path}/history"), "/v1/events?filter[objectType]=auth_settings".to_owned()] {
        assert_eq!(ask(&path), 403, "{path}");
    }
    let feed = server.call_as(&outsider, Method::GET, "/v1/events?pageSize=500", None).expect(200);
    assert!(!feed.text.contains("auth_settings"));
    // Another org has its own.
    server.org("elsewhere");
    let elsewhere = server.token("elsewhere", &["org"]);
    let of_others = server.call_as(&elsewhere, Method::GET, path, None).expect(200);
    assert_eq!(of_others.attributes()["corsWhitelist"], json!([]));
    server.call_as(&elsewhere, Method::GET, &format!("{path}?rev=1"), None).expect(404);
    let server = server.kill_and_restart();
    assert_eq!(server.get(path).expect(200).text, second.text);
}

#[test]
fn settings_that_an_earlier_version_kept_in_a_note_become_a_record() {
    let server = Server::on_file();
    let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
    let org = server.get("/v1/orgs/current").expect(200).data()["id"].clone();
    let note = json!({ "attributes": { "kustomer": { "enabled": true }, "google": { "enabled": false },
            "app": { "userSessionExpirationMilliseconds": 120_000 }, "createdAt": "2026-01-02T03:04:05.000Z",
            "updatedAt": "2026-01-02T03:04:05.000Z", "modifiedAt": "2026-01-02T03:04:05.000Z" }, "by": user });
    let bytes = if server.database().starts_with("sqlite:") {
        format!("CAST('{note}' AS BLOB)")
    } else {
        format!("convert_to('{note}', 'UTF8')")
    };
    let database = server.database().to_owned();
    let rows = |sql: &str| crate::place::rows(&database, sql);
    rows(&format!("INSERT INTO settings (name, value) SELECT 'auth-settings/' || key, {bytes} FROM orgs"));
    let notes = "SELECT name FROM settings WHERE name LIKE 'auth-settings/%'";
    assert_eq!(rows(notes).len(), 1);
    // A read finds the same before, and writes nothing.
    let server = server.restart_with(&["--read-only"]);
    let noted = server.get("/v1/auth/settings").expect(200);
    assert_eq!(server.get("/v1/auth/settings").expect(200).text, noted.text);
    assert_eq!(server.get("/v1/auth/settings/history").expect(200).body["meta"]["total"], 0);
    assert_eq!(rows(notes).len(), 1);
    let server = server.restart_with(&["--read-only=false"]);
    let adopted = server.get("/v1/auth/settings").expect(200);
    assert_eq!(rows(notes).len(), 0);
    for name in ["kustomer", "google", "app", "corsWhitelist", "createdAt", "rev"] {
        assert_eq!(adopted.attributes()[name], noted.attributes()[name], "{name}");
    }
    assert_eq!(adopted.attributes()["app"], json!({ "userSessionExpirationMilliseconds": 120_000 }));
    assert_eq!((&adopted.attributes()["createdAt"], &adopted.data()["id"]), (&json!("2026-01-02T03:04:05.000Z"), &org));
    assert_eq!(adopted.data()["relationships"]["modifiedBy"]["data"]["id"], user);
    assert_eq!(server.get("/v1/auth/settings/history").expect(200).body["meta"]["total"], 1);
    assert_eq!(server.get("/v1/auth/settings").expect(200).text, adopted.text);
    assert_eq!(rows(notes).len(), 0);
}

#[test]
fn a_key_that_is_asked_for_again_with_its_idempotency_key_is_made_once_and_named() {
    let server = Server::on_file();
    let keys = || server.get("/v1/auth/keys").expect(200).ids().len();
    let before = keys();
    let body = json!({ "name": "import", "roles": ["org.user.customer"] });
    let ask = |path: &str, body: &Value| send(&server, Method::POST, path, ("idempotency-key", "first"), Some(body));
    let rehearsed = ask("/v1/auth/keys?validateOnly=true", &body).expect(201);
    assert_eq!(keys(), before);
    let made = ask("/v1/auth/keys", &body).expect(201);
    assert!(made.attributes()["token"].is_string());
    assert_ne!(made.data()["id"], rehearsed.data()["id"]);
    for again in [&body, &json!({ "name": "other", "roles": ["org.user.customer"] })] {
        let refused = ask("/v1/auth/keys", again).expect(409);
        assert_eq!((refused.parameter(), &refused.error()["meta"]["key"]), ("Idempotency-Key", &made.data()["id"]));
        assert!(!refused.text.contains(made.attributes()["token"].as_str().unwrap()));
    }
    assert_eq!(keys(), before + 1);
    let rotate = format!("/v1/auth/keys/{}/rotate", made.data()["id"].as_str().unwrap());
    let rotate = |key: &str| send(&server, Method::POST, &rotate, ("idempotency-key", key), Some(&json!({})));
    let next = rotate("second").expect(201);
    assert_eq!(rotate("second").expect(409).error()["meta"]["key"], next.data()["id"]);
    assert_eq!(keys(), before + 2);
    // Another's idempotency key is another.
    let other = server.token("demo", &["org.admin.security", "org.user.customer"]);
    let request = server.request(Method::POST, "/v1/auth/keys").bearer_auth(&other).header("idempotency-key", "first");
    Answer::of(request.json(&body)).expect(201);
}

#[test]
fn a_key_is_made_replaced_with_both_valid_for_a_while_and_revoked() {
    let server = Server::on_file();
    let made = json!({ "name": "import", "roles": ["org.user.customer"], "cidr": "127.0.0.0/8" });
    let made = server.post("/v1/auth/keys", made).expect(201);
    let secret = |answer: &Answer| answer.attributes()["token"].as_str().unwrap().to_owned();
    let (path, first) = (format!("/v1/auth/keys/{}", made.data()["id"].as_str().unwrap()), secret(&made));
    let reads = |token: &str| server.call_as(token, Method::GET, "/v1/customers", None).status;
    assert_eq!(reads(&first), 200);
    let second = secret(&server.post(&format!("{path}/rotate"), json!({ "overlapSeconds": 600 })).expect(201));
    assert_eq!((reads(&first), reads(&second)), (200, 200));
    let listed = server.get("/v1/auth/keys").expect(200);
    assert!(!listed.text.contains(&first) && !listed.text.contains(&second));
    let of_both: Vec<&Value> =
        listed.data().as_array().unwrap().iter().filter(|key| key["attributes"]["name"] == "import").collect();
    assert_eq!(of_both.len(), 2);
    assert!(of_both.iter().all(|key| key["attributes"]["lastAccessedAt"].is_string()), "{of_both:?}");
    assert!(of_both[0]["attributes"]["expiresAt"].is_string() && of_both[1]["attributes"].get("expiresAt").is_none());
    assert_eq!(of_both[0]["relationships"]["user"], of_both[1]["relationships"]["user"]);
    server.delete(&path).expect(204);
    assert_eq!((reads(&first), reads(&second)), (401, 200));
    server.delete(&path).expect(404);
    // Nothing of it is done when it is only validated.
    let rehearsed = json!({ "name": "never", "roles": ["org"] });
    let rehearsed = server.post("/v1/auth/keys?validateOnly=true", rehearsed).expect(201);
    assert_eq!(rehearsed.attributes().get("token"), None);
    assert_eq!(server.get("/v1/auth/keys").expect(200).ids().len(), 2);
}

#[test]
fn letters_invite_people_and_let_them_set_another_password() {
    let post = PostOffice::open();
    let server = Server::on_file_with(&["--smtp-url", &post.url(), "--public-url", "https://crm.example"]);
    let link_in_letter = |number: usize, subject: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while post.letters().len() < number {
            assert!(Instant::now() < deadline, "no letter arrived");
            std::thread::sleep(Duration::from_millis(20));
        }
        let letter = post.letters().pop().unwrap();
        assert_eq!(
            (letter.from.as_str(), &letter.to[..]),
            ("no-reply@crm.example", &["ada@acme.example".to_owned()][..])
        );
        assert_eq!(letter.header("Subject"), Some(subject));
        // Long lines are broken by `=` at their ends, and `=` itself is written `=3D`.
        let text = letter.text.replace("=\n", "").replace("=3D", "=");
        let link = text.split_whitespace().find(|word| word.starts_with("https://crm.example/set-password/"));
        link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
    };
    server.post("/v1/users", json!({ "name": "Ada", "email": "ada@acme.example" })).expect(201);
    let invitation = link_in_letter(1, "You are invited to demo");
    assert_eq!(page(&server, &invitation, Some("password=correct+horse+battery&again=correct+horse+battery")).0, 200);
    sign_in(&server, "ada@acme.example");

    for email in ["nobody@acme.example", "ada@acme.example"] {
        let body = json!({ "domain": "demo", "email": email });
        visit(&server, Method::POST, "/v1/users/passwordreset", Some(body)).expect(204);
    }
    let reset = link_in_letter(2, "Set a new password for demo");
    assert_eq!(page(&server, &reset, Some("password=quite+another+horse&again=quite+another+horse")).0, 200);
    try_sign_in(&server, "ada@acme.example", PASSWORD).expect(401);
    try_sign_in(&server, "ada@acme.example", "quite another horse").expect(201);
    assert_eq!(post.letters().len(), 2, "nobody without an account gets a letter");
}
