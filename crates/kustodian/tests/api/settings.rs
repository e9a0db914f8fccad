//! Brands, schedules, senders of spam, SLAs, outbound accounts, queues and saved searches.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

fn hours(monday: Value) -> Value {
    json!({ "0": null, "1": monday, "2": [], "3": null, "4": null, "5": null, "6": null })
}

fn schedule(name: &str) -> Value {
    json!({ "name": name, "hours": hours(json!([[480, 1020]])), "timezone": "Europe/Berlin" })
}

/// The names of the schedules that are the default.
fn defaults(server: &Server, list: &str) -> Vec<String> {
    let list = server.get(&format!("{list}?pageSize=500")).expect(200);
    let all = list.data().as_array().unwrap().iter().map(|record| &record["attributes"]);
    all.filter(|record| record["default"] == true).map(|record| record["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_org_has_one_default_brand_and_one_default_schedule_however_many_ask_first() {
    let server = Server::on_file();
    let beside = server.beside();
    for list in ["/v1/brands", "/v1/schedules"] {
        let asked: BTreeSet<String> = std::thread::scope(|scope| {
            let servers = [&server, &beside].into_iter().cycle().take(12);
            let asked: Vec<_> = servers
                .map(|server| scope.spawn(move || server.get(&format!("{list}/default")).expect(200).whole))
                .collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(defaults(&server, list).len(), 1);
        let made = server.get(&format!("{list}/default")).expect(200);
        assert_eq!(server.get(&path_of(&made)).expect(200).whole, made.whole);
        assert_eq!(made.data()["relationships"].get("createdBy"), None, "no user made it");
        let history = server.get(&format!("{}/history", path_of(&made))).expect(200);
        assert_eq!(history.data()[0]["attributes"]["userId"], Value::Null);
        server.org(&format!("other{}", list.len()));
        let other = server.token(&format!("other{}", list.len()), &["org"]);
        let theirs = server.call_as(&other, Method::GET, &format!("{list}/default"), None).expect(200);
        assert_ne!(theirs.data()["id"], made.data()["id"]);
        server.call_as(&other, Method::GET, &path_of(&made), None).expect(404);
    }
    assert_eq!(defaults(&server, "/v1/brands"), ["demo"], "it has the name of the org");
    let brand = path_of(&server.get("/v1/brands/default").expect(200));
    let renamed = server.patch(&brand, json!({ "name": "Acme", "iconUrl": "https://acme.example/a.png" })).expect(200);
    assert_eq!(renamed.attributes()["default"], true);
    assert_eq!(server.patch(&brand, json!({ "default": false })).expect(400).parameter(), "default");
    for wrong in
        [json!({}), json!({ "name": "" }), json!({ "name": "A", "iconUrl": "no url" }), json!({ "name": null })]
    {
        server.post("/v1/brands", wrong).expect(400);
    }
    let reader = server.token("demo", &["org.user.brand.read"]);
    server.call_as(&reader, Method::GET, "/v1/brands/default", None).expect(200);
    server.call_as(&reader, Method::POST, "/v1/brands", Some(json!({ "name": "B" }))).expect(403);
}

#[test]
fn the_default_schedule_moves_and_is_never_lost() {
    let server = Server::on_file();
    let mut body = schedule("First");
    body["default"] = json!(true);
    let rehearsed = server.post("/v1/schedules?validateOnly=true", body.clone()).expect(200);
    server.get(&path_of(&rehearsed)).expect(404);
    let first = path_of(&server.post("/v1/schedules", body).expect(200));
    assert_eq!(defaults(&server, "/v1/schedules"), ["First"]);
    let paths: Vec<String> = (0..6)
        .map(|number| path_of(&server.post("/v1/schedules", schedule(&format!("S{number}"))).expect(200)))
        .collect();
    let moved: Vec<u16> = std::thread::scope(|scope| {
        let server = &server;
        let moving = paths.iter().map(|path| scope.spawn(move || server.put(path, json!({ "default": true })).status));
        moving.collect::<Vec<_>>().into_iter().map(|moved| moved.join().unwrap()).collect()
    });
    assert!(moved.iter().all(|status| matches!(status, 200 | 503)) && moved.contains(&200), "{moved:?}");
    assert_eq!(defaults(&server, "/v1/schedules").len(), 1);

    server.put(&first, json!({ "default": true })).expect(200);
    let newest = server.get(&first).expect(200);
    assert_eq!(server.get("/v1/schedules/default").expect(200).whole, newest.whole);
    assert_eq!(server.put(&first, json!({ "default": false })).expect(400).error()["meta"]["pointer"], "/default");
    assert_eq!(server.delete(&first).expect(409).parameter(), "default");
    server.put(&first, json!({ "deleted": true })).expect(409);
    assert_eq!(server.get(&first).expect(200).whole, newest.whole);

    let deleted = server.delete(&paths[0]).expect(200);
    assert_eq!((&deleted.attributes()["deleted"], deleted.attributes()["deletedAt"].is_string()), (&json!(true), true));
    assert!(deleted.data()["relationships"]["deletedBy"]["data"]["id"].is_string());
    server.put(&paths[0], json!({ "default": true })).expect(404);
    let restored = server.put(&paths[0], json!({ "deleted": false })).expect(200);
    assert_eq!(restored.attributes().get("deletedAt"), None);
    assert_eq!(restored.data()["relationships"].get("deletedBy"), None);
    // Deleted and made the default at once: one of both.
    server.put(&paths[1], json!({ "deleted": true, "default": true })).expect(409);
    assert_eq!(defaults(&server, "/v1/schedules"), ["First"]);
}

#[test]
fn hours_time_zones_and_holidays_are_checked_and_answered_beside() {
    let server = Server::start();
    let refused = |change: Value, pointer: &str| {
        let mut body = schedule("Wrong");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = server.post("/v1/schedules", body).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], pointer, "{}", refused.text);
    };
    refused(json!({ "timezone": "Mars/Olympus" }), "/timezone");
    refused(json!({ "hours": { "0": null } }), "/hours/1");
    refused(json!({ "hours": hours(json!([[480]])) }), "/hours/1/0");
    refused(json!({ "hours": hours(json!([[0, 1441]])) }), "/hours/1/0/1");
    refused(json!({ "hours": hours(json!([[480.5, 600]])) }), "/hours/1/0");
    refused(json!({ "hours": hours(json!([[480, 720], [700, 800]])) }), "/hours/1/1");
    refused(json!({ "hours": hours(json!([[1, 2, 3]])) }), "/hours/1/0");
    let holiday = |start: &str, end: &str| json!({ "holidays": [{ "name": "H", "startDate": start, "endDate": end }] });
    refused(holiday("2026-12-26", "2026-12-25"), "/holidays/0/endDate");
    refused(holiday("2026-02-30", "2026-03-01"), "/holidays/0/endDate");
    refused(holiday("2026-12-26", "2026-12-27T00:00:00Z"), "/holidays/0/endDate");
    let many: Vec<Value> = vec![holiday("2026-12-25", "2026-12-25")["holidays"][0].clone(); 201];
    refused(json!({ "holidays": many }), "/holidays");

    let mut body = schedule("Office");
    body["hours"]["1"] = json!([[480.0, 720], [720, 1440]]);
    body["holidays"] = json!([
        { "name": "Christmas", "startDate": "2026-12-24", "endDate": "2026-12-26" },
        { "name": "Move", "startDate": "2026-05-01T10:00:00Z", "endDate": "2026-05-01T12:00:00Z", "enabled": false },
    ]);
    let made = server.post("/v1/schedules", body).expect(200);
    let path = path_of(&made);
    assert_eq!(made.attributes()["hours"]["1"], json!([[480, 720], [720, 1440]]));
    assert_eq!(server.get(&path).expect(200).body.get("included"), None);
    let beside = server.get(&format!("{path}?include=holidays")).expect(200);
    let included = beside.body["included"].as_array().unwrap();
    assert_eq!(included.len(), 2);
    assert_eq!((&included[0]["type"], &included[0]["attributes"]["enabled"]), (&json!("holiday"), &json!(true)));
    assert_eq!(included[0]["relationships"]["schedule"]["data"]["id"], made.data()["id"]);
    assert!(included[0]["relationships"]["createdBy"]["data"]["id"].is_string());

    // The answer can be sent back: the same holidays, and one that is changed keeps its id.
    let mut kept = made.attributes()["holidays"].clone();
    let same = server.put(&path, json!({ "holidays": kept })).expect(200);
    assert_eq!(same.attributes()["holidays"], kept);
    kept[1]["enabled"] = json!(true);
    kept.as_array_mut().unwrap().remove(0);
    let changed = server.put(&path, json!({ "holidays": kept })).expect(200);
    let [holiday] = changed.attributes()["holidays"].as_array().unwrap().as_slice() else { panic!("{}", changed.text) };
    assert_eq!((&holiday["id"], &holiday["enabled"]), (&included[1]["id"], &json!(true)));
    assert_eq!(server.get(&format!("{path}?rev=1&include=holidays")).expect(200).body["included"], json!(included));
}

#[test]
fn messages_of_senders_on_the_blacklist_are_spam() {
    let server = Server::on_file();
    let list = |sender: &str, channel: &str, list: &str| {
        server.put("/v1/spam/senders", json!({ "sender": sender, "channel": channel, "list": list })).expect(200)
    };
    let receive = |customer: &Value, channel: &str, meta: Value| {
        let body =
            json!({ "customer": customer["id"], "channel": channel, "app": "mail", "direction": "in", "meta": meta });
        server.post("/v1/messages", body).expect(201)
    };
    let ada =
        server.create(json!({ "emails": [{ "email": "ada@acme.example" }], "phones": [{ "phone": "+18005551212" }] }));
    assert_eq!(receive(&ada, "email", json!({})).attributes()["spam"], false);

    let listed = list(" Ada@ACME.example ", "email", "blacklist");
    assert_eq!(listed.attributes()["sender"], "ada@acme.example");
    let spam = receive(&ada, "email", json!({}));
    assert_eq!(spam.attributes()["spam"], true, "by the customer's address");
    let conversation = spam.data()["relationships"]["conversation"]["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(conversation).expect(200).attributes()["spam"], true);
    let more = json!({ "channel": "email", "app": "mail", "direction": "in" });
    assert_eq!(server.post(&format!("{conversation}/messages"), more).expect(201).attributes()["spam"], true);
    assert_eq!(receive(&ada, "email", json!({ "from": "other@acme.example" })).attributes()["spam"], false);
    assert_eq!(receive(&ada, "email", json!({ "from": [{ "email": "ADA@acme.example" }] })).attributes()["spam"], true);
    assert_eq!(receive(&ada, "sms", json!({})).attributes()["spam"], false, "of another channel");
    list("+1 (800) 555-1212", "sms", "blacklist");
    assert_eq!(receive(&ada, "sms", json!({})).attributes()["spam"], true, "however the number is written");
    // A name before the address changes nothing, in a message as on a list.
    let from = |text: &str| receive(&ada, "email", json!({ "from": text })).attributes()["spam"].clone();
    assert_eq!((from("\"Ada <3\" <ADA@acme.example>"), from("Ada <bob@acme.example>")), (json!(true), json!(false)));
    assert_eq!(list("Eve <Eve@spam.example>", "email", "blacklist").attributes()["sender"], "eve@spam.example");
    assert_eq!((from("eve@spam.example"), from("Somebody <eve@spam.example>")), (json!(true), json!(true)));
    for (sender, channel) in [("()-", "sms"), ("+", "voice"), (" ", "email"), ("<>", "email")] {
        let body = json!({ "sender": sender, "channel": channel, "list": "blacklist" });
        assert_eq!(server.put("/v1/spam/senders", body).expect(400).parameter(), "sender", "{sender}");
    }
    let out = json!({ "customer": ada["id"], "channel": "email", "app": "mail", "direction": "out" });
    assert_eq!(server.post("/v1/messages", out).expect(201).attributes()["spam"], false);

    // One sender, one record; the other list takes it over.
    let moved = list("ada@acme.example", "email", "whitelist");
    assert_eq!((&moved.data()["id"], &moved.attributes()["list"]), (&listed.data()["id"], &json!("whitelist")));
    assert_eq!(receive(&ada, "email", json!({})).attributes()["spam"], false);
    assert_eq!(server.get("/v1/spam/senders").expect(200).ids().len(), 3);
    server.org("other");
    let other = server.token("other", &["org"]);
    assert_eq!(server.call_as(&other, Method::GET, "/v1/spam/senders", None).expect(200).data(), &json!([]));
    server.call_as(&other, Method::DELETE, &path_of(&moved), None).expect(404);
    server.delete(&path_of(&moved)).expect(204);
    server.delete(&path_of(&moved)).expect(404);
    assert_ne!(list("ada@acme.example", "email", "blacklist").data()["id"], moved.data()["id"]);

    let put = |body: Value| server.put("/v1/spam/senders", body).status;
    let upserts: Vec<u16> = std::thread::scope(|scope| {
        let both = ["whitelist", "blacklist"].into_iter().cycle().take(8);
        let body = |list| json!({ "sender": "many@acme.example", "channel": "email", "list": list });
        both.map(|list| scope.spawn(move || put(body(list))))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|it| it.join().unwrap())
            .collect()
    });
    assert!(upserts.iter().all(|status| *status == 200), "{upserts:?}");
    assert_eq!(server.get("/v1/spam/senders").expect(200).ids().len(), 4);
    for wrong in [
        json!({}),
        json!({ "sender": "a@b.c", "channel": "email" }),
        json!({ "sender": "a@b.c", "channel": "post", "list": "blacklist" }),
        json!({ "sender": "  ", "channel": "email", "list": "blacklist" }),
        json!({ "sender": "a@b.c", "channel": "email", "list": "greylist" }),
    ] {
        assert_eq!(put(wrong.clone()), 400, "{wrong}");
    }
}

#[test]
fn every_change_of_an_sla_makes_another_version() {
    let server = Server::start();
    let metrics = json!({ "firstResponse": { "enabled": true, "times": { "1": 30, "3": 240 } } });
    let made = server.post("/v1/slas", json!({ "name": "E-mail", "metrics": metrics })).expect(201);
    let path = path_of(&made);
    assert_eq!((&made.attributes()["currentVersion"], &made.attributes()["hours"]), (&json!(1), &json!("business")));
    // What says the same is no other version.
    let same = server.put(&path, json!({ "name": "E-mail", "metrics": metrics })).expect(200);
    assert_eq!(same.attributes()["currentVersion"], 1);
    let placed = server.put(&path, json!({ "position": 3 })).expect(200);
    assert_eq!((&placed.attributes()["position"], &placed.attributes()["currentVersion"]), (&json!(3), &json!(1)));
    server.put(&path, json!({ "position": -1 })).expect(400);
    let changed = server.put(&path, json!({ "hours": "calendar" })).expect(200);
    assert_eq!(changed.attributes()["currentVersion"], 2);
    let related = changed.data()["relationships"]["versions"]["data"].as_array().unwrap();
    let active = server.get(&format!("{path}?versions=active")).expect(200);
    let all = server.get(&format!("{path}?versions=all")).expect(200);
    let versions = all.body["included"].as_array().unwrap();
    assert_eq!(active.body["included"], json!([versions[1]]));
    let ids: Vec<&Value> = versions.iter().map(|version| &version["id"]).collect();
    assert_eq!(ids, related.iter().map(|version| &version["id"]).collect::<Vec<_>>());
    let said = |number: usize| &versions[number]["attributes"];
    assert_eq!((&said(0)["hours"], &said(1)["hours"]), (&json!("business"), &json!("calendar")));
    assert_eq!((&said(0)["metrics"], &said(1)["version"]), (&metrics, &json!(2)));
    assert_eq!(versions[0]["relationships"]["sla"]["data"]["id"], made.data()["id"]);
    server.put(&path, json!({ "deleted": true })).expect(200);
    server.get(&path).expect(404);
    let restored = server.put(&path, json!({ "deleted": false })).expect(200);
    assert_eq!(restored.attributes()["currentVersion"], 2, "nothing else is said");

    assert_eq!(server.get(&format!("{path}?versions=new")).expect(400).parameter(), "versions");
    assert_eq!(server.get("/v1/slas?versions=all").expect(200).ids().len(), 1);
    for wrong in [
        json!({ "name": "A", "metrics": { "firstResponse": { "enabled": true, "times": { "6": 1 } } } }),
        json!({ "name": "A", "hours": "sometimes" }),
        json!({ "name": "A", "criteria": { "and": ["x".repeat(17 * 1024)] } }),
    ] {
        let status = server.post("/v1/slas", wrong).status;
        assert!(matches!(status, 400 | 413), "{status}");
    }
    for number in 3..=50 {
        server.put(&path, json!({ "name": format!("Version {number}") })).expect(200);
    }
    assert_eq!(server.put(&path, json!({ "name": "One more" })).expect(409).parameter(), "versions");
}

#[test]
fn outbound_accounts_are_those_that_the_server_is_set_up_with() {
    let server = Server::start();
    assert_eq!(server.get("/v1/outboundAccounts").expect(200).data(), &json!([]));
    let server = Server::start_with(&["--outbound-account", "Shop <help@shop.example>,sales@shop.example"]);
    let page = server.get("/v1/outboundAccounts?pageSize=1").expect(200);
    assert_eq!(
        page.data()[0]["attributes"],
        json!({ "channel": "email", "name": "Shop", "account": "help@shop.example" })
    );
    let next = server.get(page.body["links"]["next"].as_str().unwrap()).expect(200);
    assert_eq!(next.data()[0]["attributes"]["account"], "sales@shop.example");
    assert_eq!(next.body["links"]["next"], Value::Null);
}

#[test]
fn a_saved_search_finds_what_its_query_finds_wherever_it_is_run() {
    let server = Server::on_file();
    for name in ["Ada", "Abel", "Alan"] {
        server.create(json!({ "name": name }));
    }
    let query = json!({ "and": [{ "customer_name": { "contains": "a" } }], "sort": [{ "customer_name": "desc" }] });
    let found = server.post("/v1/customers/search?pageSize=2", query.clone()).expect(200);
    let saved = server.post("/v1/customers/searches", json!({ "name": "With a", "query": query })).expect(201);
    let (path, id) = (path_of(&saved), saved.data()["id"].as_str().unwrap().to_owned());
    assert_eq!((&saved.data()["type"], &saved.attributes()["query"]), (&json!("search"), &query));
    let runs = [
        server.get(&format!("{path}/execution?pageSize=2")).expect(200),
        server.post(&format!("{path}/execution?pageSize=2"), json!({})).expect(200),
        server.post(&format!("/v1/customers/search?pageSize=2&id={id}"), json!({})).expect(200),
    ];
    for run in &runs {
        assert_eq!((run.data(), &run.body["meta"]["total"]), (found.data(), &json!(3)), "{}", run.text);
        let next = run.body["links"]["next"].as_str().unwrap();
        assert_eq!(server.post(next, json!({})).expect(200).ids().len(), 1, "{next}");
    }
    // Whatever was read by a GET is continued by one.
    let next = runs[0].body["links"]["next"].as_str().unwrap();
    let last = server.get(next).expect(200);
    assert_eq!((last.ids().len(), &last.body["links"]["next"]), (1, &Value::Null), "{next}");
    let walk = server.get(&format!("{path}/execution?cursor=*&pageSize=2&idsOnly=true")).expect(200);
    let next = server.get(walk.body["links"]["next"].as_str().unwrap()).expect(200);
    assert_eq!((walk.ids().len(), next.ids().len()), (2, 1));

    let wrong = json!({ "name": "Wrong", "query": { "and": [{ "customer_nothing": { "equals": "x" } }] } });
    let refused = server.post("/v1/customers/searches", wrong.clone()).expect(400);
    assert!(refused.error()["meta"]["pointer"].as_str().unwrap().starts_with("/query/and/0"), "{}", refused.text);
    server.put(&path, json!({ "query": wrong["query"] })).expect(400);
    server.post("/v1/customers/searches", json!({ "name": "No query" })).expect(400);
    server.post("/v1/customers/search?id=x", json!({})).expect(400);

    // A key that may search may run it, and finds no more than by itself.
    let companies = json!({ "name": "Companies", "query": { "queryContext": "company" } });
    let companies = path_of(&server.post("/v1/customers/searches", companies).expect(201));
    let searcher = server.token("demo", &["org.user.search.read"]);
    let run = |token: &str, path: &str| server.call_as(token, Method::GET, &format!("{path}/execution"), None).status;
    assert_eq!((run(&searcher, &path), run(&searcher, &companies)), (200, 403));
    assert_eq!(server.call_as(&searcher, Method::DELETE, &path, None).status, 403);
    server.org("other");
    let other = server.token("other", &["org"]);
    assert_eq!(run(&other, &path), 404);
    let theirs = format!("/v1/customers/search?id={id}");
    server.call_as(&other, Method::POST, &theirs, Some(json!({}))).expect(404);
    server.delete(&path).expect(204);
    server.get(&format!("{path}/execution")).expect(404);
    server.post(&theirs, json!({})).expect(404);
}
