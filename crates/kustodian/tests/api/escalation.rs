//! Attempts to do more than one may: each by a person or a key that may do something of the kind, each refused, or done
//! without what it was after.

use kustomer_api::operation;
use reqwest::Method;
use serde_json::{Value, json};

use crate::people::{link, page, person, sign_in, try_sign_in, visit};
use crate::roles::PASSWORD;
use crate::server::{Answer, Server};

/// The outcome of an attempt.
enum Outcome {
    /// It is refused with this status.
    Refused(u16),
    /// It succeeds, and the member of the answer's attributes is this.
    Harmless(u16, &'static str, Value),
}
use Outcome::{Harmless, Refused};

#[test]
fn no_write_gives_a_caller_a_role_that_it_lacks() {
    let server = Server::on_file();
    let roles = [
        "org.admin.user",
        "org.admin.role_group.write",
        "org.admin.team.write",
        "org.admin.security",
        "org.user.customer.read",
    ];
    let mallory = person(&server, "mallory@acme.example", &roles);
    let boss = person(&server, "boss@acme.example", &["org"]);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let group = |roles: Value| {
        let made = server.post("/v1/role-groups", json!({ "name": "any", "roles": roles })).expect(200);
        made.data()["id"].as_str().unwrap().to_owned()
    };
    let (all, own) = (group(json!(["org"])), group(json!(["org.user.customer.read"])));
    server.put(&mallory, json!({ "roleGroups": [own] })).expect(201);
    let powerful = json!({ "name": "Bosses", "roleGroups": [all] });
    let powerful = server.post("/v1/teams", powerful).expect(201).data()["id"].as_str().unwrap().to_owned();
    let powerless = json!({ "name": "Desk", "members": [id(&mallory)] });
    let powerless = server.post("/v1/teams", powerless).expect(201).data()["id"].as_str().unwrap().to_owned();
    let keys = server.get("/v1/auth/keys").expect(200);
    let strong_key = keys.ids()[0].clone();
    let weak =
        json!({ "name": "weak", "roles": ["org.permission.kobject.kobject_order.read", "org.admin.role_group.write"] });
    let weak = server.post("/v1/auth/keys", weak).expect(201).attributes()["token"].as_str().unwrap().to_owned();
    let session = sign_in(&server, "mallory@acme.example");

    let (put, post) = (Method::PUT, Method::POST);
    let invited = |more: Value| {
        let mut body = json!({ "name": "Accomplice", "email": "accomplice@acme.example" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let attempts: Vec<(&str, Method, String, Value, Outcome)> = vec![
        (
            "roles one lacks",
            post.clone(),
            "/v1/users".into(),
            invited(json!({ "roles": ["org", "org.user.customer.read"] })),
            Harmless(201, "roles", json!(["org.user.customer.read"])),
        ),
        (
            "the usual roles, lacking them",
            post.clone(),
            "/v1/users".into(),
            json!({ "name": "b", "email": "b@acme.example" }),
            Harmless(201, "roles", json!([])),
        ),
        (
            "a parent of what one holds",
            post.clone(),
            "/v1/users".into(),
            json!({ "name": "c", "email": "c@acme.example", "roles": ["org.user", "org.*", "org.user.*"] }),
            Harmless(201, "roles", json!([])),
        ),
        (
            "a group one lacks the roles of",
            post.clone(),
            "/v1/users".into(),
            invited(json!({ "roleGroups": [all] })),
            Refused(403),
        ),
        (
            "own roles",
            put.clone(),
            mallory.clone(),
            json!({ "roles": ["org", "org.admin.user"] }),
            Harmless(201, "roles", json!(["org.admin.user"])),
        ),
        (
            "own roles again, by the current user",
            put.clone(),
            "/v1/users/current".into(),
            json!({ "roles": ["org", "org.admin.user", "org.admin.security"] }),
            Harmless(200, "roles", json!(["org.admin.user"])),
        ),
        (
            "none of one's roles, by a mistyped list",
            put.clone(),
            "/v1/users/current".into(),
            json!({ "roles": ["org"] }),
            Refused(400),
        ),
        ("an own group", put.clone(), "/v1/users/current".into(), json!({ "roleGroups": [all] }), Refused(403)),
        (
            "the password of who may do more",
            put.clone(),
            boss.clone(),
            json!({ "password": "mallory knows this" }),
            Refused(403),
        ),
        (
            "the address of who may do more",
            put.clone(),
            boss.clone(),
            json!({ "email": "m@acme.example" }),
            Refused(403),
        ),
        ("locking out who may do more", put.clone(), boss.clone(), json!({ "deleted": true }), Refused(403)),
        (
            "an own password without the former",
            put.clone(),
            mallory.clone(),
            json!({ "password": "mallory knows this" }),
            Refused(400),
        ),
        (
            "the settings of another's name",
            put.clone(),
            boss.clone(),
            json!({ "displayName": "Boss" }),
            Harmless(201, "displayName", json!("Boss")),
        ),
    ];
    let by_roles: Vec<(&str, Method, String, Value, Outcome)> = vec![
        (
            "a group of roles one lacks",
            post.clone(),
            "/v1/role-groups".into(),
            json!({ "name": "a", "roles": ["org"] }),
            Refused(403),
        ),
        (
            "more roles in an own group",
            put.clone(),
            format!("/v1/role-groups/{own}"),
            json!({ "roles": ["org.user"] }),
            Refused(403),
        ),
        (
            "taking roles one lacks from a group",
            put.clone(),
            format!("/v1/role-groups/{all}"),
            json!({ "roles": [] }),
            Refused(403),
        ),
        (
            "taking a group of roles one lacks from everybody",
            Method::DELETE,
            format!("/v1/role-groups/{all}"),
            Value::Null,
            Refused(403),
        ),
        (
            "a team with a powerful group",
            post.clone(),
            "/v1/teams".into(),
            json!({ "name": "a", "members": [id(&mallory)], "roleGroups": [all] }),
            Refused(403),
        ),
        (
            "a powerful group for an own team",
            Method::PATCH,
            format!("/v1/teams/{powerless}"),
            json!({ "roleGroups": [all] }),
            Refused(403),
        ),
        (
            "membership of a powerful team",
            post.clone(),
            format!("/v1/teams/{powerful}/members"),
            json!({ "members": [id(&mallory)] }),
            Refused(403),
        ),
        (
            "the same by an update",
            Method::PATCH,
            format!("/v1/teams/{powerful}"),
            json!({ "members": [id(&mallory)] }),
            Refused(403),
        ),
        (
            "a key of roles one lacks",
            post.clone(),
            "/v1/auth/keys".into(),
            json!({ "name": "a", "roles": ["org"] }),
            Refused(403),
        ),
        (
            "a key with some of them",
            post.clone(),
            "/v1/auth/keys".into(),
            json!({ "name": "a", "roles": ["org", "org.admin.security"] }),
            Harmless(201, "roles", json!(["org.admin.security"])),
        ),
        (
            "the place of a key that may do more",
            post.clone(),
            format!("/v1/auth/keys/{strong_key}/rotate"),
            json!({}),
            Refused(403),
        ),
        (
            "the secret that signs customers' tokens",
            Method::GET,
            "/v1/auth/customer/settings".into(),
            Value::Null,
            Refused(403),
        ),
        // A key that reads settings does not read their past without a role for events.
        ("the past of settings", Method::GET, "/v1/auth/settings/history".into(), Value::Null, Refused(403)),
        ("a former state of settings", Method::GET, "/v1/auth/settings?rev=1".into(), Value::Null, Refused(403)),
        (
            "the erasure of posts",
            Method::DELETE,
            format!("/v1/inbound-webhooks/{strong_key}/received"),
            Value::Null,
            Refused(403),
        ),
        (
            "a sender of spam, who would be heard no more",
            Method::PUT,
            "/v1/spam/senders".into(),
            json!({ "sender": "boss@acme.example", "channel": "email", "list": "blacklist" }),
            Refused(403),
        ),
    ];
    let check = |token: &str, attempts: Vec<(&str, Method, String, Value, Outcome)>| {
        for (what, method, path, body, outcome) in attempts {
            let answer = server.call_as(token, method, &path, Some(body).filter(|body| !body.is_null()));
            match outcome {
                Refused(status) => assert_eq!(answer.status, status, "{what}: {}", answer.body),
                Harmless(status, member, value) => {
                    assert_eq!(answer.status, status, "{what}: {}", answer.body);
                    assert_eq!(answer.attributes()[member], value, "{what}");
                }
            }
        }
    };
    check(&session, by_roles);
    check(&session, attempts);
    // The role of one klass is not that of all.
    let every_klass = json!({ "name": "a", "roles": ["org.permission.kobject.kobject_*.read"] });
    server.call_as(&weak, post.clone(), "/v1/role-groups", Some(every_klass)).expect(403);
    // A caller who gave roles away no longer has them.
    server.call_as(&session, Method::GET, "/v1/auth/settings", None).expect(403);
    assert_eq!(server.get(&boss).expect(200).attributes()["roles"], json!(["org"]));
    sign_in(&server, "boss@acme.example");
}

#[test]
fn a_session_opens_its_own_org_alone_and_ends_with_its_user() {
    let server = Server::on_file();
    server.org("elsewhere");
    let foreign = server.token("elsewhere", &["org"]);
    let path = person(&server, "ada@acme.example", &["org"]);
    let session = sign_in(&server, "ada@acme.example");
    let id = path.rsplit('/').next().unwrap();
    let group = server.post("/v1/role-groups", json!({ "name": "any", "roles": ["org"] })).expect(200);
    let group = group.data()["links"]["self"].as_str().unwrap().to_owned();
    let own = server.call_as(&session, Method::GET, "/v1/auth/tokens/current", None).expect(200);
    let own = own.data()["links"]["self"].as_str().unwrap().to_owned();
    let key = server.get("/v1/auth/keys").expect(200).ids()[0].clone();
    for (method, path, body) in [
        (Method::PUT, path.clone(), Some(json!({ "password": "somebody else's" }))),
        (Method::GET, format!("{path}/teams"), None),
        (Method::GET, group.clone(), None),
        (Method::PUT, group.clone(), Some(json!({ "roles": ["org"] }))),
        (Method::DELETE, group.clone(), None),
        (Method::GET, own.clone(), None),
        (Method::DELETE, own, None),
        (Method::DELETE, format!("/v1/auth/keys/{key}"), None),
        (Method::POST, format!("/v1/auth/keys/{key}/rotate"), Some(json!({}))),
    ] {
        server.call_as(&foreign, method.clone(), &path, body).expect(404);
    }
    let group_id = group.rsplit('/').next().unwrap();
    let theirs = json!({ "name": "b", "email": "b@acme.example", "roleGroups": [group_id] });
    server.call_as(&foreign, Method::POST, "/v1/users", Some(theirs)).expect(400);
    // The address is free in the other org, and its password opens only its own.
    let twin = json!({ "name": "Ada", "email": "ada@acme.example" });
    server.call_as(&foreign, Method::POST, "/v1/users", Some(twin)).expect(201);
    let elsewhere = json!({ "domain": "elsewhere", "email": "ada@acme.example", "password": PASSWORD });
    visit(&server, Method::POST, "/v1/auth/tokens", Some(elsewhere)).expect(401);

    server.call_as(&session, Method::GET, "/v1/users/current", None).expect(200);
    server.put(&path, json!({ "deleted": true })).expect(201);
    server.call_as(&session, Method::GET, "/v1/users/current", None).expect(401);
    // So does the user of a key.
    let made = server.post("/v1/auth/keys", json!({ "name": "any", "roles": ["org"] })).expect(201);
    let machine = made.data()["relationships"]["user"]["links"]["self"].as_str().unwrap();
    server.put(machine, json!({ "deleted": true })).expect(201);
    let token = made.attributes()["token"].as_str().unwrap();
    server.call_as(token, Method::GET, "/v1/users/current", None).expect(401);
    assert!(!id.is_empty());
}

#[test]
fn links_work_once_and_answers_do_not_say_whether_there_is_an_account() {
    let server = Server::on_file();
    person(&server, "ada@acme.example", &["org"]);
    let first = link(&server, "password-link", "ada@acme.example");
    let second = link(&server, "password-link", "ada@acme.example");
    let form = "password=quite+another+horse&again=quite+another+horse";
    assert_eq!(page(&server, &first, Some(form)).0, 410, "a newer link takes the place of an older one");
    let forged = format!("{}x", &second[..second.len() - 1]);
    assert_eq!(page(&server, &forged, Some(form)).0, 410);
    let of_another_org = second.replace("/demo/", "/elsewhere/");
    assert_eq!(page(&server, &of_another_org, Some(form)).0, 410);
    assert_eq!(page(&server, &second, None).0, 200);
    assert_eq!(page(&server, &second, Some(form)).0, 200);
    assert_eq!((page(&server, &second, None).0, page(&server, &second, Some(form)).0), (410, 410), "it works once");
    try_sign_in(&server, "ada@acme.example", "quite another horse").expect(201);

    // The owner of a link sets no password once the address or the password was changed, or the user was deactivated.
    let bea = person(&server, "bea@acme.example", &["org"]);
    for change in [
        json!({ "email": "bee@acme.example" }),
        json!({ "password": "a password of the administrator's" }),
        json!({ "deleted": true }),
    ] {
        let email = if change.get("email").is_some() { "bea@acme.example" } else { "bee@acme.example" };
        let held = link(&server, "password-link", email);
        server.put(&bea, change.clone()).expect(201);
        if change.get("deleted").is_some() {
            server.put(&bea, json!({ "deleted": null })).expect(201);
        }
        assert_eq!(page(&server, &held, Some(form)).0, 410, "{change}");
    }

    // The same answers, whether there is such an account or not.
    let same = |answer: &Answer| (answer.status, answer.text.clone());
    let wrong = try_sign_in(&server, "ada@acme.example", "not the password");
    let nobody = try_sign_in(&server, "nobody@acme.example", "not the password");
    assert_eq!((same(&wrong), wrong.status), (same(&nobody), 401));
    let reset = |domain: &str, email: &str| {
        let body = json!({ "domain": domain, "email": email });
        visit(&server, Method::POST, "/v1/users/passwordreset", Some(body)).expect(204).whole
    };
    for (domain, email) in
        [("demo", "ada@acme.example"), ("demo", "nobody@acme.example"), ("nowhere", "ada@acme.example")]
    {
        assert_eq!(reset(domain, email), "");
    }
    // A caller who fails has to wait, on any account.
    for email in ["ada@acme.example", "nobody@acme.example"] {
        let refused =
            (0..12).map(|_| try_sign_in(&server, email, "not the password")).find(|answer| answer.status == 429);
        let wait: u64 = refused.expect("failures lead to a wait").header("retry-after").parse().unwrap();
        assert!((1..=61).contains(&wait), "{email}: {wait}");
    }
}

#[test]
fn a_key_that_a_site_publishes_opens_tracking_alone() {
    let server = Server::on_file();
    let key = server.token("demo", &["org.tracking"]);
    let team =
        server.post("/v1/teams", json!({ "name": "Desk" })).expect(201).data()["id"].as_str().unwrap().to_owned();
    let open_to_all = operation::all().filter(|operation| operation.roles.is_empty() && !operation.public);
    let mut asked = 0;
    for operation in open_to_all {
        let path = format!("/v1{}", operation.path.replace("{id}", &team));
        let body = (!operation.is_read()).then(|| json!({}));
        let refused = server.call_as(&key, operation.method.clone(), &path, body).expect(403);
        assert!(refused.error()["title"].as_str().unwrap().contains("org.tracking"), "{}", operation.name);
        asked += 1;
    }
    assert!(asked >= 9, "{asked}");
    let event = json!({ "event": { "name": "viewed" }, "email": "ada@acme.example" });
    let tracked = server.call_as(&key, Method::POST, "/v1/tracking/event", Some(event));
    assert!(tracked.status < 500 && tracked.status != 403, "{}", tracked.text);
    // With any other role it is a key like others.
    let key = server.token("demo", &["org.tracking", "org.user.customer.read"]);
    server.call_as(&key, Method::GET, "/v1/users/current", None).expect(200);
}
