//! Bulk operations: the outcome of each item, and of a job whose server ends.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::server::{Answer, Server, TOKEN};
use crate::world::send;

/// What became of each item: its status, and the error if any.
fn outcomes(job: &Answer) -> Vec<(String, Option<String>)> {
    let results = job.attributes()["results"].as_array().unwrap_or_else(|| panic!("no results in {}", job.body));
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    results.iter().map(|result| (text(&result["status"]).unwrap(), text(&result["error"]))).collect()
}

fn statuses(job: &Answer) -> Vec<String> {
    outcomes(job).into_iter().map(|(status, _)| status).collect()
}

fn ids(job: &Answer) -> Vec<String> {
    job.attributes()["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn path_of(answer: &Answer) -> String {
    answer.data()["links"]["self"].as_str().unwrap().to_owned()
}

fn total(server: &Server) -> u64 {
    server.get("/v1/customers?pageSize=1").expect(200).body["meta"]["total"].as_u64().unwrap()
}

#[test]
fn each_item_is_created_updated_or_refused_on_its_own() {
    let server = Server::start();
    server.create(json!({ "emails": [{ "email": "taken@acme.example" }] }));
    let items = json!([
        { "_clientRef": "1", "name": "Mary Jackson", "tags": ["vip"], "custom": { "scoreNum": 1.5 } },
        { "_clientRef": "2", "emails": [{ "email": "taken@acme.example" }] },
        { "_clientRef": "3", "name": 7 },
        { "_clientRef": "4", "name": "Katherine Johnson", "tags": ["vip"] },
    ]);
    let job = server.post("/v1/customers/bulk", items.clone()).expect(201);
    assert_eq!(statuses(&job), ["created", "error", "error", "created"]);
    assert_eq!(outcomes(&job)[1].1.as_deref(), Some("duplicate detected"));
    assert!(outcomes(&job)[2].1.as_deref().unwrap().contains("name"), "{}", job.body);
    assert_eq!(job.attributes()["results"][2]["errors"][0]["meta"]["pointer"], "/name");
    let attributes = job.attributes();
    assert_eq!((&attributes["status"], &attributes["completed"]), (&json!("complete"), &json!(true)));
    assert_eq!((&attributes["successCount"], &attributes["failureCount"]), (&json!(2), &json!(2)));
    assert_eq!(attributes["context"], "api.sobjects.customers.bulk-create");
    let request = &attributes["payload"]["api"];
    assert_eq!((&request["data"], &request["path"]), (&items, &json!("/v1/customers/bulk")));
    assert_eq!((&request["method"], &request["user"]["orgName"]), (&json!("POST"), &json!("demo")));
    let made = ids(&job);
    let mary = server.get(&format!("/v1/customers/{}", made[0])).expect(200);
    assert_eq!(
        (&mary.attributes()["name"], &mary.attributes()["custom"]["scoreNum"]),
        (&json!("Mary Jackson"), &json!(1.5))
    );

    // The sent items are not kept.
    let read = server.get(&path_of(&job)).expect(200);
    assert_eq!(read.attributes()["payload"]["api"]["data"], json!([]));
    assert_eq!(read.attributes()["results"], job.attributes()["results"]);
    let batches = server.get(&format!("{}/batches", path_of(&job))).expect(200);
    let batch = &batches.data()[0]["attributes"];
    assert_eq!((&batch["status"], &batch["successCount"]), (&json!("complete"), &json!(2)));
    assert_eq!((&batch["results"][1]["_clientRef"], &batch["objectIds"]), (&json!("2"), &json!(made)));
    assert_eq!(server.get("/v1/bulk").expect(200).ids(), [job.data()["id"].as_str().unwrap()]);

    let updates = json!([
        { "id": made[0], "name": "Mary W. Jackson" },
        { "id": "5c7d1a1f9a1b2c0010a1b2c3", "name": "Nobody" },
        { "name": "without an id" },
        { "id": made[0], "custom": { "scoreNum": 2 } },
        { "id": made[0], "custom": { "scoreNum": 3 } },
    ]);
    let job = server.put("/v1/customers/bulk", updates).expect(201);
    assert_eq!(statuses(&job), ["updated", "error", "error", "updated", "updated"]);
    let batches = server.get(&format!("{}/batches", path_of(&job))).expect(200);
    assert!(batches.data()[0]["attributes"].get("results").is_none(), "no references: {}", batches.body);
    // Items about one record are done in their order.
    let mary = server.get(&format!("/v1/customers/{}", made[0])).expect(200);
    assert_eq!(
        (&mary.attributes()["name"], &mary.attributes()["custom"]["scoreNum"]),
        (&json!("Mary W. Jackson"), &json!(3))
    );

    let named = format!("?ids={}", made.join(","));
    let same = server.put(&format!("/v1/customers/bulk{named}"), json!({ "locale": "en_US" })).expect(201);
    assert_eq!((statuses(&same), ids(&same)), (vec!["updated".to_owned(); 2], made.clone()));
    let deleted = server.delete(&format!("/v1/customers/bulk{named}")).expect(201);
    assert_eq!((statuses(&deleted), ids(&deleted)), (vec!["deleted".to_owned(); 2], made.clone()));
    server.get(&format!("/v1/customers/{}", made[0])).expect(404);
    let again = server.delete(&format!("/v1/customers/bulk{named}")).expect(201);
    assert_eq!(statuses(&again), ["error", "error"]);
}

#[test]
fn a_job_of_new_records_is_committed_whole_but_for_refused_items() {
    let server = Server::start();
    server.post("/v1/tags", json!({ "name": "vip" }));
    for number in 0..3 {
        server.create(json!({ "externalId": format!("taken-{number}"), "tags": ["vip"] }));
    }
    // Few are refused by their commit; with many, the items are done one by one. Both are the same to see.
    for (round, refused) in [(0, vec![]), (1, vec![40]), (2, vec![3, 50, 99]), (3, (10..60).collect::<Vec<usize>>())] {
        let before = total(&server);
        let item = |number: usize| match refused.iter().position(|refused| *refused == number) {
            Some(place) => json!({ "externalId": format!("taken-{}", place % 3) }),
            None if number == 5 => json!({ "name": 7 }),
            None => json!({ "externalId": format!("new-{round}-{number}"), "tags": ["vip"], "company": null }),
        };
        let items: Vec<Value> = (0..100).map(item).collect();
        let job = server.post("/v1/customers/bulk", json!(items)).expect(201);
        let made = ids(&job);
        let mut made = made.iter();
        for (number, (status, error)) in outcomes(&job).into_iter().enumerate() {
            let expected = match refused.contains(&number) {
                true => Some("duplicate detected"),
                false => None,
            };
            if number == 5 {
                assert_eq!((status.as_str(), error.unwrap().contains("name")), ("error", true));
            } else if expected.is_some() {
                assert_eq!((status.as_str(), error.as_deref()), ("error", expected), "{round}: {number}");
            } else {
                assert_eq!((status.as_str(), error), ("created", None), "{round}: {number}");
                let id = made.next().unwrap();
                let found = server.get(&format!("/v1/customers/externalId=new-{round}-{number}")).expect(200);
                assert_eq!(found.data()["id"], json!(id), "{round}: {number}");
            }
        }
        assert_eq!(made.next(), None);
        assert_eq!(total(&server), before + 99 - refused.len() as u64);
        // The answer is stored, and read again.
        let read = server.get(&path_of(&job)).expect(200);
        assert_eq!(read.attributes()["results"], job.attributes()["results"]);
    }
    // Two items of one job want the same: the first one has it.
    let same = json!([{ "name": "A", "externalId": "both" }, { "name": "B", "externalId": "both" }, { "name": "C" }]);
    let job = server.post("/v1/customers/bulk", same).expect(201);
    let mut statuses = statuses(&job);
    assert_eq!(statuses.pop().as_deref(), Some("created"));
    statuses.sort_unstable();
    assert_eq!(statuses, ["created", "error"]);
    let companies: Vec<Value> = (0..30).map(|number| json!({ "name": format!("company {number}") })).collect();
    assert_eq!(ids(&server.post("/v1/companies/bulk", json!(companies)).expect(201)).len(), 30);
}

#[test]
fn an_item_of_a_message_needs_no_direction_and_a_message_on_its_own_does() {
    let server = Server::start();
    let owner = server.create(json!({}))["id"].clone();
    let said = |direction: Option<&str>| {
        let mut said = json!({ "customer": owner, "channel": "sms", "app": "twilio", "preview": "Hello" });
        if let Some(direction) = direction {
            said["direction"] = json!(direction);
        }
        said
    };
    let job = server.post("/v1/messages/bulk", json!([said(None), said(Some("out"))])).expect(200);
    let directions: Vec<Value> = ids(&job)
        .iter()
        .map(|id| server.get(&format!("/v1/messages/{id}")).expect(200).attributes()["direction"].clone())
        .collect();
    assert_eq!(directions, ["in", "out"]);
    let refused = server.post("/v1/messages", said(None)).expect(400);
    assert_eq!(refused.error()["meta"]["pointer"], "/direction");
}

#[test]
fn every_kind_has_its_bulk_operations() {
    let server = Server::on_file();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let owner = server.create(json!({}))["id"].clone();
    let said = json!({ "customer": owner, "channel": "chat", "app": "web", "direction": "in" });
    let message = |words: &str| {
        let mut message = said.clone();
        message["preview"] = words.into();
        message
    };
    for (list, status, items, change, updated) in [
        ("companies", 201, json!([{ "name": "Acme" }, { "name": "A" }]), json!({ "employeeCount": 7 }), 201),
        ("klasses/order", 201, json!([{ "title": "One" }, {}]), json!({ "title": "Two" }), 200),
        ("conversations", 201, json!([{ "customer": owner }, {}]), json!({ "name": "Late" }), 201),
        ("messages", 200, json!([message("first"), { "channel": "pigeon" }]), json!({ "subject": "Late" }), 200),
        ("notes", 201, json!([{ "body": "First" }, { "body": 7 }]), json!({ "body": "Second" }), 201),
    ] {
        let path = format!("/v1/{list}/bulk");
        let job = server.post(&path, items.clone()).expect(status);
        assert_eq!(statuses(&job), ["created", "error"], "{list}: {}", job.body);
        let mut change = change;
        change["id"] = ids(&job)[0].as_str().into();
        let job = server.put(&path, json!([change])).expect(updated);
        assert_eq!(statuses(&job), ["updated"], "{list}: {}", job.body);
        let record = server.get(&format!("/v1/{list}/{}", ids(&job)[0])).expect(200);
        for (name, value) in change.as_object().unwrap().iter().filter(|(name, _)| *name != "id") {
            assert_eq!(record.attributes()[name], *value, "{list}");
        }
        // The same change of several, which the query names.
        let two = server.post(&path, json!([items[0], items[0]])).expect(status);
        change.as_object_mut().unwrap().remove("id");
        let named = format!("{path}?ids={},{}", ids(&two)[0], ids(&two)[1]);
        let job = server.put(&named, change.clone()).expect(updated);
        assert_eq!((statuses(&job), ids(&job)), (vec!["updated".to_owned(); 2], ids(&two)), "{list}: {}", job.body);
        for id in ids(&two) {
            let record = server.get(&format!("/v1/{list}/{id}")).expect(200);
            change.as_object().unwrap().iter().for_each(|(name, value)| assert_eq!(record.attributes()[name], *value));
        }
    }
    // The default size of a whole body is 4 MiB.
    let large =
        |bytes: usize| Value::from_iter((0..100).map(|_| json!({ "title": "a", "data": { "a": "x".repeat(bytes) } })));
    let body = large(38_980);
    assert_eq!(body.to_string().len() / 100_000, 39);
    assert_eq!(statuses(&server.post("/v1/klasses/order/bulk", body).expect(201)), ["created"; 100]);
    let head = |length: usize| {
        let host = server.url.trim_start_matches("http://");
        let head = format!(
            "POST /v1/klasses/order/bulk HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        server.raw(head.as_bytes())
    };
    // Refused before the body is read.
    for length in [4 * 1_024 * 1_024 + 1, 4_300_000] {
        assert!(head(length).starts_with("HTTP/1.1 413 "), "{length}");
    }
    // Items that count in one record are done in their order.
    let conversation = server.post("/v1/conversations", json!({ "customer": owner })).expect(201).data()["id"].clone();
    let messages: Vec<Value> = (0..20)
        .map(|number| {
            let mut message = message(&format!("message {number}"));
            message["conversation"] = conversation.clone();
            message
        })
        .collect();
    let job = server.post("/v1/messages/bulk", json!(messages)).expect(200);
    assert_eq!(statuses(&job), ["created"; 20]);
    let conversation = server.get(&format!("/v1/conversations/{}", conversation.as_str().unwrap())).expect(200);
    assert_eq!(conversation.attributes()["messageCount"], 20);
    assert_eq!(conversation.attributes()["preview"], "message 19");
    let orders = server.post("/v1/klasses/order/bulk", json!([{ "title": "Three" }])).expect(201);
    let deleted = server.delete(&format!("/v1/klasses/order/bulk?ids={}", ids(&orders)[0])).expect(201);
    assert_eq!(statuses(&deleted), ["deleted"]);
    server.post("/v1/klasses/parcel/bulk", json!([{ "title": "One" }])).expect(404);
    let key = server.token("demo", &["org.permission.kobject.kobject_order.create"]);
    for (klass, status) in [("order", 201), ("parcel", 403)] {
        server.post("/v1/klasses", json!({ "name": "parcel" }));
        let item = json!([{ "title": "One" }]);
        server.call_as(&key, Method::POST, &format!("/v1/klasses/{klass}/bulk"), Some(item)).expect(status);
    }
}

#[test]
fn a_request_with_ambiguous_items_is_refused_whole() {
    let server = Server::start_with(&["--max-bulk-body", "200kB", "--max-body", "10kB"]);
    let before = total(&server);
    let many: Vec<Value> = (0..101).map(|_| json!({})).collect();
    let reference = |length: usize| json!([{ "_clientRef": "r".repeat(length) }]);
    for body in [
        json!({ "name": "Ada" }),
        json!("Ada"),
        json!(many),
        json!([{ "_clientRef": "1" }, {}]),
        json!([{ "_clientRef": "1" }, { "_clientRef": "1" }]),
        json!([{ "_clientRef": "" }]),
        reference(256),
    ] {
        let refused = server.post("/v1/customers/bulk", body).expect(400);
        assert!(!refused.error()["title"].as_str().unwrap().is_empty());
    }
    let id = |number: usize| format!("{number:024x}");
    let named = |count: usize| format!("?ids={}", (0..count).map(id).collect::<Vec<_>>().join(","));
    let changes = |count: usize| Value::from_iter((0..count).map(|number| json!({ "id": id(number), "name": "A" })));
    for (method, query, body) in [
        (Method::DELETE, "", None),
        (Method::DELETE, "?ids=", None),
        (Method::DELETE, "?ids=7", None),
        (Method::DELETE, &*named(101), None),
        (Method::PUT, &*named(101), Some(json!({ "name": "A" }))),
        (Method::PUT, "", Some(changes(101))),
        (Method::PUT, "?ids=5c7d1a1f9a1b2c0010a1b2c3", Some(json!([{}]))),
        (Method::PUT, "?ids=5c7d1a1f9a1b2c0010a1b2c3", Some(json!({ "_clientRef": "1" }))),
        (Method::PUT, "", None),
    ] {
        server.call(method, &format!("/v1/customers/bulk{query}"), body).expect(400);
    }
    for (method, query, body) in [
        (Method::DELETE, &*named(100), None),
        (Method::PUT, &*named(100), Some(json!({ "name": "A" }))),
        (Method::PUT, "", Some(changes(100))),
    ] {
        let job = server.call(method, &format!("/v1/customers/bulk{query}"), body).expect(201);
        assert_eq!(statuses(&job), ["error"; 100], "nobody has these ids");
    }
    for bytes in [&b"[{\"name\":"[..], b"\xff\xfe", b"\x1f\x8b\x08", b"[\"\\ud800\"]", b"[1e999]"] {
        let sent = server.request(Method::POST, "/v1/customers/bulk").bearer_auth(TOKEN).body(bytes.to_vec());
        Answer::of(sent.header("Content-Type", "application/json")).expect(400);
    }
    // An item is as large as the body of a single record may be; the whole is larger.
    let item = |length: usize| json!({ "name": "x".repeat(200), "custom": { "aTxt": "y".repeat(1_000) }, "tags": [], "urls": [{ "url": format!("https://acme.example/{}", "z".repeat(length)) }] });
    let job =
        server.post("/v1/customers/bulk", json!([item(3_000), item(3_000), item(3_000), item(12_000)])).expect(201);
    assert_eq!(statuses(&job), ["created", "created", "created", "error"], "{}", job.body);
    assert!(outcomes(&job)[3].1.as_deref().unwrap().contains("larger than"));
    let large: Vec<Value> = (0..90).map(|_| item(3_000)).collect();
    // Answered before the body was read, which ends the connection.
    let sent = server.request(Method::POST, "/v1/customers/bulk").bearer_auth(TOKEN).header("Connection", "close");
    Answer::of(sent.json(&large)).expect(413);
    assert_eq!(total(&server), before + 3);

    // Nothing is stored by a rehearsal.
    let rehearsed =
        server.post("/v1/customers/bulk?validateOnly=true", json!([{ "name": "A" }, { "name": 7 }])).expect(201);
    assert_eq!(statuses(&rehearsed), ["created", "error"]);
    assert_eq!(total(&server), before + 3);
    server.get(&path_of(&rehearsed)).expect(404);
    let job = server.post("/v1/customers/bulk", reference(255)).expect(201);
    assert_eq!(job.attributes()["results"][0]["_clientRef"].as_str().map(str::len), Some(255));
}

#[test]
fn a_job_is_for_those_who_may_read_jobs() {
    let server = Server::on_file();
    let writer = server.token("demo", &["org.user.customer.write"]);
    let made =
        server.call_as(&writer, Method::POST, "/v1/customers/bulk", Some(json!([{ "name": "Ada" }]))).expect(201);
    assert_eq!(statuses(&made), ["created"]);
    let path = path_of(&made);
    server.call_as(&writer, Method::GET, &path, None).expect(403);
    server.call_as(&writer, Method::POST, "/v1/companies/bulk", Some(json!([{ "name": "Acme" }]))).expect(403);
    let reader = server.token("demo", &["org.permission.bulk.read"]);
    for path in [path.clone(), format!("{path}/batches"), "/v1/bulk".to_owned()] {
        server.call_as(&reader, Method::GET, &path, None).expect(200);
    }
    server.org("elsewhere");
    let foreign = server.token("elsewhere", &["org"]);
    for path in [path.clone(), format!("{path}/batches")] {
        server.call_as(&foreign, Method::GET, &path, None).expect(404);
    }
}

#[test]
fn the_same_key_answers_the_same_job() {
    let server = Server::start();
    let key = ("Idempotency-Key", "import-1");
    let items = json!([{ "name": "Ada" }, { "name": "Grace" }]);
    let first = send(&server, Method::POST, "/v1/customers/bulk", key, Some(&items)).expect(201);
    let again = send(&server, Method::POST, "/v1/customers/bulk", key, Some(&items)).expect(201);
    assert_eq!((first.data()["id"].clone(), ids(&first)), (again.data()["id"].clone(), ids(&again)));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = json!([{ "name": "Ada" }]);
    send(&server, Method::POST, "/v1/customers/bulk", key, Some(&other)).expect(422);
    // At the same time, too.
    let before = total(&server);
    let items = json!((0..50).map(|number| json!({ "name": format!("n{number}") })).collect::<Vec<_>>());
    let key = ("Idempotency-Key", "import-2");
    let jobs: BTreeSet<String> = std::thread::scope(|scope| {
        let sent = || {
            let job = send(&server, Method::POST, "/v1/customers/bulk", key, Some(&items)).expect(201);
            job.data()["id"].as_str().unwrap().to_owned()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(sent)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(jobs.len(), 1);
    assert_eq!(total(&server), before + 50);
}

#[test]
fn a_job_whose_server_was_killed_is_there_whole_or_not_at_all() {
    let server = Server::on_file();
    let before = total(&server);
    let send = |server: &Server, job: u32| {
        let items: Vec<Value> = (0..100).map(|item| json!({ "name": format!("{job} {item}") })).collect();
        let request = server.request(Method::POST, "/v1/customers/bulk").bearer_auth(TOKEN);
        let sent = request.header("Idempotency-Key", format!("job-{job}")).json(&items).send();
        let answer = sent.and_then(|answer| answer.json::<Value>()).ok()?;
        assert_eq!(answer["data"]["type"], "bulk", "{answer}");
        Some(answer)
    };
    let (next, answered) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                // Until the server is gone.
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    let Some(answer) = send(&server, job) else { return };
                    answered.lock().unwrap().push((job, answer["data"]["id"].clone()));
                }
            });
        }
        wait_for("some jobs", || answered.lock().unwrap().len() > 5);
        server.signal("KILL");
    });
    let server = server.kill_and_restart();
    // One that was noted is done a moment later.
    wait_for("whole jobs", || (total(&server) - before).is_multiple_of(100));
    for (job, id) in answered.into_inner().unwrap() {
        assert_eq!(send(&server, job).unwrap()["data"]["id"], id);
    }
    // Who had no answer sends it again.
    let jobs = next.into_inner();
    for job in 0..jobs {
        let answer = send(&server, job).unwrap();
        let path = answer["data"]["links"]["self"].as_str().unwrap().to_owned();
        wait_for("a job", || server.get(&path).expect(200).attributes()["successCount"] == 100);
    }
    assert_eq!(total(&server), before + u64::from(jobs) * 100, "nothing twice, nothing lost");
}

#[test]
fn a_queued_job_is_done_after_its_server_was_killed() {
    let server = Server::on_file_with(&["--bulk-mode", "queued"]);
    let before = total(&server);
    let jobs: Vec<String> = (0..8)
        .map(|job| {
            let items: Vec<Value> = (0..100)
                .map(|item| json!({ "externalId": format!("{job}-{item}"), "tags": [format!("t{item}")] }))
                .collect();
            let queued = server.post("/v1/customers/bulk", json!(items)).expect(201);
            assert_eq!((&queued.attributes()["completed"], &queued.attributes()["ids"]), (&json!(false), &json!([])));
            assert_eq!(queued.attributes()["payload"]["api"]["data"].as_array().unwrap().len(), 100);
            path_of(&queued)
        })
        .collect();
    wait_for("the first items", || total(&server) > before);
    let server = server.kill_and_restart();
    for job in jobs.iter().rev() {
        wait_for("a job", || server.get(job).expect(200).attributes()["status"] == "complete");
        let done = server.get(job).expect(200);
        assert_eq!(statuses(&done), ["created"; 100], "{}", done.body);
        let found: BTreeSet<String> = ids(&done).into_iter().collect();
        assert_eq!(found.len(), 100);
    }
    assert_eq!(total(&server), before + 800, "nothing twice, nothing lost");
}

#[test]
fn an_item_that_changed_nothing_is_not_done_again_after_its_server_was_killed() {
    let server = Server::on_file_with(&["--bulk-mode", "queued", "--skip-unchanged"]);
    let path = path_of(&server.post("/v1/customers", json!({ "name": "Ada" })).expect(201));
    let id = path.rsplit('/').next().unwrap();
    // Items about one record are done in turn: the first changes nothing, and the others take a while.
    let others = (1..100).map(|score| json!({ "id": id, "custom": { "scoreNum": score } }));
    let items: Vec<Value> = std::iter::once(json!({ "id": id, "name": "Ada" })).chain(others).collect();
    let job = path_of(&server.put("/v1/customers/bulk", json!(items)).expect(201));
    wait_for("the second item", || server.get(&path).expect(200).attributes()["rev"].as_u64() > Some(1));
    server.patch(&path, json!({ "name": "Bob" })).expect(200);
    let server = server.kill_and_restart();
    wait_for("the job", || server.get(&job).expect(200).attributes()["status"] == "complete");
    let done = server.get(&job).expect(200);
    assert_eq!(statuses(&done), ["updated"; 100], "{}", done.body);
    let left = server.get(&path).expect(200);
    assert_eq!((&left.attributes()["name"], &left.attributes()["custom"]["scoreNum"]), (&json!("Bob"), &json!(99)));
}
