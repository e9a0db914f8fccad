//! Several servers on one database.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::backup::goes_well;
use crate::erase::wait_for;
use crate::people;
use crate::place;
use crate::roles::PASSWORD;
use crate::server::{Answer, Server, TOKEN, binary};

/// As a server is that was killed while it indexed the records of a migration.
#[test]
fn servers_finish_an_index_that_another_one_began_before_they_serve() {
    let place = place::Place::lasting();
    let mut server = Server::at(place.url(), &[]);
    for number in 0..3 {
        server.post("/v1/companies", json!({ "name": format!("zqacme {number}") })).expect(201);
    }
    assert!(server.stop().success());
    place::rows(place.url(), "DELETE FROM search_terms");
    place::rows(place.url(), "DELETE FROM search_records");
    place::rows(place.url(), "INSERT INTO settings (name, value) VALUES ('entries', '')");
    let servers = std::thread::scope(|scope| {
        let starting = [0, 1].map(|_| scope.spawn(|| Server::at(place.url(), &[])));
        starting.map(|starting| starting.join().unwrap())
    });
    for server in &servers {
        let query = json!({ "and": [{ "company_name": { "contains": "zqacme" } }], "queryContext": "company" });
        assert_eq!(server.post("/v1/customers/search", query).expect(200).ids().len(), 3);
    }
    assert_eq!(place::rows(place.url(), "SELECT name FROM settings WHERE name = 'entries'"), Vec::<Vec<String>>::new());
}

#[test]
fn a_bulk_job_that_two_servers_get_at_once_is_done_once() {
    let first = Server::start();
    let second = first.beside();
    let total = || first.get("/v1/customers?pageSize=1").expect(200).body["meta"]["total"].as_u64().unwrap();
    let before = total();
    first.create(json!({ "externalId": "taken" }));
    for round in 0..6_u64 {
        // Of every other job one item is refused, and of some two items want the same: they are done one by one.
        let of_item = |item: u64| match (round % 3, item) {
            (1, 7) => json!({ "externalId": "taken" }),
            (2, 7 | 8) => json!({ "externalId": format!("both {round}") }),
            _ => json!({ "name": format!("{round} {item}") }),
        };
        let items: Vec<_> = (0..50).map(of_item).collect();
        let send = |server: &Server| {
            let request = server.request(Method::POST, "/v1/customers/bulk").bearer_auth(TOKEN);
            let answer =
                Answer::of(request.header("Idempotency-Key", format!("round-{round}")).json(&items)).expect(201);
            answer.data()["links"]["self"].as_str().unwrap().to_owned()
        };
        let paths: HashSet<String> = std::thread::scope(|scope| {
            let sent = [&first, &second, &first, &second].map(|server| scope.spawn(move || send(server)));
            sent.into_iter().map(|sent| sent.join().unwrap()).collect()
        });
        assert_eq!(paths.len(), 1);
        let path = paths.into_iter().next().unwrap();
        let is_complete = || first.get(&path).expect(200).attributes()["completed"] == true;
        wait_for("the job", is_complete);
        let made = 50 - u64::from(round % 3 != 0);
        assert_eq!(second.get(&path).expect(200).attributes()["successCount"], made);
        let missing: u64 = (0..=round).filter(|round| round % 3 != 0).count() as u64;
        assert_eq!(total(), before + 1 + (round + 1) * 50 - missing);
    }
}

#[test]
fn bulk_jobs_of_a_server_that_is_killed_are_done_by_another_one() {
    const JOBS: usize = 6;
    let place = place::Place::lasting();
    let first = Server::at(place.url(), &["--bulk-mode", "queued"]);
    let owner = first.create(json!({}))["id"].clone();
    // Those of conversations are noted, and done item by item.
    let jobs: Vec<String> = (0..JOBS)
        .map(|job| {
            let item = |item| json!({ "customer": owner, "externalId": format!("{job}-{item}") });
            let queued = first.post("/v1/conversations/bulk", (0..50).map(item).collect()).expect(201);
            queued.data()["links"]["self"].as_str().unwrap().to_owned()
        })
        .collect();
    let conversations = |server: &Server| {
        let customer = server.get(&format!("/v1/customers/{}", owner.as_str().unwrap())).expect(200);
        customer.attributes()["conversationCounts"]["all"].as_u64().unwrap_or_default()
    };
    wait_for("the first items", || conversations(&first) > 0);
    first.signal("KILL");
    let second = Server::at(place.url(), &[]);
    assert!(conversations(&second) < 50 * JOBS as u64, "some are left to do");
    for job in &jobs {
        wait_for("a job", || second.get(job).expect(200).attributes()["status"] == "complete");
        assert_eq!(second.get(job).expect(200).attributes()["successCount"], 50);
    }
    assert_eq!(conversations(&second), 50 * JOBS as u64, "nothing twice, nothing lost");
}

#[test]
fn forty_patches_at_once_over_two_servers_are_forty_revisions() {
    let first = Server::start();
    let second = first.beside();
    let customer = first.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    let mut revisions: Vec<u64> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..40)
            .map(|number| {
                let server = if number % 2 == 0 { &first } else { &second };
                scope.spawn(move || {
                    let answer = server.patch(path, json!({ "custom": { format!("from{number}Num"): number } }));
                    answer.expect(200).attributes()["rev"].as_u64().unwrap()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=41).collect::<Vec<_>>());
    assert_eq!(first.get(path).text, second.get(path).text);
    assert_eq!(first.get(path).attributes()["custom"].as_object().unwrap().len(), 40, "nobody's change was lost");
}

#[test]
fn what_one_server_acknowledged_the_other_sees_at_once() {
    let first = Server::start();
    let second = first.beside();
    for number in 0..20 {
        let created = first.create(json!({ "externalId": format!("x{number}") }));
        let read = second.get(&format!("/v1/customers/externalId=x{number}")).expect(200);
        assert_eq!(read.data(), &created);
        assert_eq!(second.get("/v1/customers?pageSize=0").body["meta"]["total"], number + 1);
    }
}

#[test]
fn an_identity_and_a_tag_raced_for_over_two_servers_are_held_once() {
    let first = Server::start();
    let second = first.beside();
    let statuses: Vec<(u16, String)> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..24)
            .map(|number| {
                let server = if number % 2 == 0 { &first } else { &second };
                scope.spawn(move || {
                    let body = json!({ "emails": [{ "email": format!("{}@b.c", number / 8) }], "tags": ["race"] });
                    let answer = server.post("/v1/customers", body);
                    let tag = answer.attributes()["tags"][0].as_str().unwrap_or_default().to_owned();
                    (answer.status, tag)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|(status, _)| *status == 201).count(), 3);
    assert_eq!(statuses.iter().filter(|(status, _)| *status == 409).count(), 21);
    let tags: HashSet<&String> = statuses.iter().map(|(_, tag)| tag).filter(|tag| !tag.is_empty()).collect();
    assert_eq!(tags.len(), 1);
}

#[test]
fn a_key_revoked_beside_two_servers_is_refused_by_both_within_a_second() {
    let first = Server::start();
    let second = first.beside();
    let token = first.token("demo", &["org"]);
    let status = |server: &Server| server.call_as(&token, Method::GET, "/v1/users/current", None).status;
    assert_eq!((status(&first), status(&second)), (200, 200));
    let current = first.call_as(&token, Method::GET, "/v1/auth/tokens/current", None);
    let id = current.data()["id"].as_str().unwrap();
    let output = binary().args(["token", "revoke", id, "--database", first.database()]).output().unwrap();
    assert!(output.status.success());
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!((status(&first), status(&second)), (401, 401));
}

#[test]
fn ten_servers_may_start_at_once_on_an_empty_database() {
    let place = crate::place::Place::lasting();
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..10).map(|_| scope.spawn(|| Server::at(place.url(), &[]))).collect();
        starting.into_iter().map(|server| server.join().unwrap()).collect()
    });
    let created = servers[0].create(json!({ "name": "first" }));
    for server in &servers {
        server.get(created["links"]["self"].as_str().unwrap()).expect(200);
    }
}

#[test]
fn a_database_that_is_gone_is_a_503_and_one_that_is_back_is_served_again() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    let block = |allowed: bool| crate::place::allow_connections(server.database(), allowed);
    block(false);
    let refused = server.get(path);
    let began = Instant::now();
    let also_refused = server.post("/v1/customers", json!({}));
    assert!(began.elapsed() < Duration::from_secs(15), "a request fails instead of waiting for ever");
    for answer in [refused, also_refused] {
        let answer = answer.expect(503);
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!(answer.error()["code"], "unavailable");
    }
    assert_eq!(server.request(Method::GET, "/readyz").send().unwrap().status(), 503);
    block(true);
    let back = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        server.get(path).status == 200
    });
    assert!(back, "the server recovers by itself");
    server.post("/v1/customers", json!({})).expect(201);
}

#[test]
fn what_one_server_acknowledged_is_in_the_feed_of_the_other_within_a_second() {
    let first = Server::start();
    let second = first.beside();
    let mut last: Option<String> = None;
    for number in 0..10 {
        let created = first.create(json!({ "name": number.to_string() }));
        let after = last.map(|last| format!("&after={last}")).unwrap_or_default();
        // A wait of a second is all it gets.
        let page = second.get(&format!("/v1/events?filter[objectType]=customer&wait=1{after}")).expect(200);
        assert_eq!(page.data()[0]["data"], created);
        last = page.data()[0]["id"].as_str().map(str::to_owned);
    }
}

#[test]
fn the_name_of_an_attribute_is_deleted_with_its_last_user_unless_another_server_uses_it_meanwhile() {
    let first = &Server::start();
    let second = first.beside();
    let with = |server: &Server, names: &[&str]| {
        let custom: serde_json::Map<_, _> = names.iter().map(|name| (format!("{name}Str"), json!(name))).collect();
        let customer = server.create(json!({ "custom": custom }));
        (customer["id"].as_str().unwrap().to_owned(), customer["links"]["self"].as_str().unwrap().to_owned())
    };
    let (kept, _) = with(first, &["kept"]);
    let (_, erased) = with(first, &["gone", "used"]);
    // From now on the other server knows their columns, too.
    let (_, deleted) = with(&second, &["gone", "used"]);
    for path in [&erased, &deleted] {
        first.post(&format!("{path}/erase"), json!({})).expect(204);
    }
    let names = || -> HashSet<String> {
        let rows = place::rows(first.database(), "SELECT attribute FROM search_slots WHERE attribute NOT LIKE '!%'");
        rows.into_iter().flatten().collect()
    };
    let retired = "SELECT attribute FROM search_slots WHERE retired_at IS NOT NULL";
    wait_for("nobody to have them", || place::rows(first.database(), retired).len() == 2);
    let (used, _) = with(&second, &["used"]);
    let is_swept = |server: &Server| {
        let metrics = server.request(Method::GET, "/metrics").send().unwrap().text().unwrap();
        metrics.lines().any(|line| line == "kustodian_scrub_pending 0")
    };
    wait_for("the sweep", || is_swept(first));
    assert_eq!(names(), ["keptStr", "usedStr"].map(str::to_owned).into());
    // The columns that are free again are given to others, and mean the same on every server.
    let (again, _) = with(&second, &["gone", "new"]);
    let (later, _) = with(first, &["gone", "used"]);
    for server in [first, &second] {
        let found = |name: &str| {
            let criterion = json!({ "and": [{ format!("customer_custom_{name}Str"): { "equals": name } }] });
            Answer::ids(&server.post("/v1/customers/search", criterion).expect(200)).into_iter().collect::<HashSet<_>>()
        };
        assert_eq!(found("kept"), HashSet::from([kept.clone()]));
        assert_eq!(found("used"), HashSet::from([used.clone(), later.clone()]));
        assert_eq!(found("gone"), HashSet::from([again.clone(), later.clone()]));
        assert_eq!(found("new"), HashSet::from([again.clone()]));
    }
    assert_eq!(goes_well(&["check", "--database", first.database()])["findings"], json!([]));
}

#[test]
fn failures_to_sign_in_count_on_every_server_and_are_forgotten_after_signing_in() {
    let first = Server::start();
    let second = first.beside();
    people::person(&first, "ada@acme.example", &["org.user"]);
    let attempt = |server: &Server, password: &str| people::try_sign_in(server, "ada@acme.example", password);
    for number in 0..5 {
        attempt(if number % 2 == 0 { &first } else { &second }, "wrong").expect(401);
    }
    // As many as make one wait longer than a test takes.
    let rows = |sql: &str| place::rows(first.database(), sql);
    assert_eq!(rows("UPDATE failed_attempts SET count = count + 4 WHERE count = 5 RETURNING key").len(), 2);
    for server in [&first, &second] {
        let wait: u64 = attempt(server, PASSWORD).expect(429).header("retry-after").parse().unwrap();
        assert!((1..=17).contains(&wait), "{wait}");
    }
    rows("UPDATE failed_attempts SET count = 0");
    attempt(&second, PASSWORD).expect(201);
    for server in [&first, &second, &first] {
        attempt(server, "wrong").expect(401);
    }
    let counts = rows("SELECT count::text FROM failed_attempts ORDER BY count");
    assert_eq!(counts, [["3"], ["4"]], "of the account, and of the address from which somebody came in meanwhile");
}
