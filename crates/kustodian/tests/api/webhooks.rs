//! Webhooks: events arrive at a real receiver, signed and in order, whatever becomes of it and of the server.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::erase::wait_for;
use crate::people::{person, sign_in};
use crate::server::{Server, TOKEN, binary};

/// The reaction of a receiver to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes it.
    Takes,
    /// Answers 500 to what mentions this.
    Refuses(&'static str),
    /// Answers nothing.
    Hangs,
    /// Leads elsewhere.
    Redirects,
}

/// A delivery as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    headers: Vec<(String, String)>,
    body: String,
    is_taken: bool,
}

impl Delivery {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }

    fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver on this machine.
pub(crate) struct Receiver {
    pub(crate) url: String,
    mood: Arc<Mutex<Mood>>,
    arrived: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    pub(crate) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?secret=path", listener.local_addr().unwrap());
        let receiver = Self { url, mood: Arc::new(Mutex::new(mood)), arrived: Arc::default() };
        let (mood, arrived) = (Arc::clone(&receiver.mood), Arc::clone(&receiver.arrived));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mood, arrived) = (Arc::clone(&mood), Arc::clone(&arrived));
                std::thread::spawn(move || receive(stream.unwrap(), &mood, &arrived));
            }
        });
        receiver
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn arrived(&self) -> Vec<Delivery> {
        self.arrived.lock().unwrap().clone()
    }

    /// The records of the accepted events, in the order in which they arrived, with their revisions.
    fn taken(&self) -> Vec<(String, u64)> {
        let taken = self.arrived().into_iter().filter(|delivery| delivery.is_taken);
        taken
            .map(|delivery| delivery.event())
            .map(|event| (text(&event["dataId"]), event["rev"].as_u64().unwrap()))
            .collect()
    }
}

fn receive(stream: TcpStream, mood: &Mutex<Mood>, arrived: &Mutex<Vec<Delivery>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut headers = Vec::new();
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let mood = *mood.lock().unwrap();
        let status = match mood {
            Mood::Takes => "204 No Content",
            Mood::Refuses(word) if body.contains(word) => "500 Internal Server Error\r\nContent-Length: 0",
            Mood::Refuses(_) => "200 OK\r\nContent-Length: 0",
            Mood::Redirects => "307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0",
            Mood::Hangs => "",
        };
        let is_taken = status.starts_with('2');
        arrived.lock().unwrap().push(Delivery { headers, body, is_taken });
        if mood == Mood::Hangs {
            // Until the server gives up.
            let _ = reader.read_line(&mut String::new());
            return;
        }
        if write!(reader.get_mut(), "HTTP/1.1 {status}\r\n\r\n").is_err() {
            return;
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Sends to this machine, and tries again at once.
const LOCAL: &[&str] = &["--webhook-allow-private", "--webhook-allow-http", "--webhook-timeout", "1"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    LOCAL.iter().chain(more).copied().collect()
}

fn subscribe(server: &Server, receiver: &Receiver, events: &[&str]) -> Value {
    let headers = json!([{ "name": "X-Own", "value": "mine" }]);
    let body = json!({ "name": "Warehouse", "url": receiver.url, "events": events, "headers": headers });
    server.post("/v1/outbound-webhooks", body).expect(201).data().clone()
}

fn path_of(webhook: &Value) -> String {
    text(&webhook["links"]["self"])
}

fn transactions(server: &Server, webhook: &Value) -> Vec<Value> {
    let listed = server.get(&format!("{}/transactions", path_of(webhook))).expect(200).body;
    listed["data"].as_array().unwrap().clone()
}

#[test]
fn events_arrive_signed_and_in_order_and_as_the_feed_reports_them() {
    let server = Server::start_with(LOCAL);
    server.create(json!({ "name": "before" }));
    // On PostgreSQL an event has its place in the feed a moment after its commit.
    wait_for("the feed", || {
        !server.get("/v1/events?filter[objectType]=customer").expect(200).data().as_array().unwrap().is_empty()
    });
    let receiver = Receiver::start(Mood::Takes);
    let names =
        ["kustomer.customer.create", "kustomer.customer.update", "kustomer.customer.delete", "kustomer.tag.create"];
    let webhook = subscribe(&server, &receiver, &names);
    let customer = server.create(json!({ "name": "Ada", "tags": ["vip"] }));
    let path = text(&customer["links"]["self"]);
    for name in ["Bea", "Cleo", "Dora"] {
        server.patch(&path, json!({ "name": name })).expect(200);
    }
    server.post("/v1/companies", json!({ "name": "not asked for" })).expect(201);
    server.delete(&path).expect(204);
    wait_for("deliveries", || receiver.arrived().len() >= 6);
    let arrived = receiver.arrived();
    let token = text(&webhook["attributes"]["token"]);
    for delivery in &arrived {
        let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).unwrap();
        mac.update(delivery.body.as_bytes());
        let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(delivery.header("x-kustomer-webhook-signature"), signature);
        assert_eq!(delivery.header("x-kustomer-webhook-event"), delivery.event()["name"].as_str().unwrap());
        assert_eq!((delivery.header("content-type"), delivery.header("x-own")), ("application/json", "mine"));
    }
    let of_customer: Vec<u64> =
        receiver.taken().into_iter().filter(|(id, _)| *id == text(&customer["id"])).map(|(_, rev)| rev).collect();
    assert_eq!(of_customer, [1, 2, 3, 4, 5]);
    let feed = server.get("/v1/events?pageSize=100").expect(200).body;
    for delivery in &arrived {
        let event = delivery.event();
        let fed = feed["data"].as_array().unwrap().iter().find(|fed| fed["id"] == event["id"]);
        assert_eq!(fed, Some(&event));
    }
    // The deliveries, newest first, without anything of their events.
    wait_for("transactions", || transactions(&server, &webhook).len() == 6);
    let listed = transactions(&server, &webhook);
    assert!(listed.iter().all(|one| one["attributes"]["success"] == true && one["attributes"]["status"] == 204));
    assert_eq!(listed[0]["attributes"]["event"], "kustomer.customer.delete");
    assert!(!serde_json::to_string(&listed).unwrap().contains("Ada"));

    // One again by its id, then all since the first.
    let first = arrived[0].event();
    let again = format!("{}/redeliveries", path_of(&webhook));
    server.post(&format!("{again}?validateOnly=true"), json!({ "events": [first["id"]] })).expect(200);
    server.post(&again, json!({ "events": [first["id"]] })).expect(200);
    wait_for("one again", || receiver.arrived().len() == 7);
    assert_eq!(receiver.arrived()[6].event(), first);
    server.post(&again, json!({ "since": first["createdAt"] })).expect(200);
    wait_for("all again", || receiver.arrived().len() == 13);
    assert_eq!(server.post(&again, json!({ "events": ["5c7d1a1f9a1b2c0010a1b2c3"] })).status, 400);
    assert_eq!(server.post(&again, json!({})).status, 400);

    // A deleted webhook gets nothing more; another one shows that later events were processed.
    server.delete(&path_of(&webhook)).expect(204);
    let other = Receiver::start(Mood::Takes);
    subscribe(&server, &other, &["kustomer.customer.create"]);
    server.create(json!({ "name": "after" }));
    wait_for("the other one", || other.arrived().len() == 1);
    assert_eq!(receiver.arrived().len(), 13);
    assert_eq!(server.get(&path_of(&webhook)).status, 404);
}

#[test]
fn what_fails_is_tried_again_holds_up_its_own_record_alone_and_disables_its_webhook_in_the_end() {
    let server = Server::start_with(&with(&["--webhook-retries", "1,1"]));
    let receiver = Receiver::start(Mood::Refuses("poison"));
    let hanging = Receiver::start(Mood::Hangs);
    let redirecting = Receiver::start(Mood::Redirects);
    let names = ["kustomer.customer.create", "kustomer.customer.update"];
    let webhook = subscribe(&server, &receiver, &names);
    let hung = subscribe(&server, &hanging, &names);
    let redirected = subscribe(&server, &redirecting, &names);
    let poisoned = server.create(json!({ "name": "poison" }));
    server.patch(&text(&poisoned["links"]["self"]), json!({ "name": "cured" })).expect(200);
    let other = server.create(json!({ "name": "other" }));
    wait_for("the other record", || receiver.taken().contains(&(text(&other["id"]), 1)));
    assert!(receiver.taken().iter().all(|(id, _)| *id == text(&other["id"])));
    for webhook in [&webhook, &hung, &redirected] {
        wait_for("disabling", || server.get(&path_of(webhook)).expect(200).attributes()["enabled"] == false);
        let attributes = server.get(&path_of(webhook)).expect(200).attributes().clone();
        let reason = text(&attributes["disabledReason"]);
        assert!(reason.contains("3 attempts") && !reason.contains("secret=path"), "{reason}");
        assert!(attributes["disabledAt"].is_string());
    }
    let tried: Vec<Value> =
        transactions(&server, &webhook).into_iter().rev().map(|one| one["attributes"].clone()).collect();
    let failed: Vec<&Value> = tried.iter().filter(|one| one["success"] == false).collect();
    assert_eq!(failed.iter().map(|one| one["attempt"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(failed[0]["nextAttemptAt"].is_string() && failed[2]["nextAttemptAt"].is_null());
    assert_eq!(transactions(&server, &redirected)[0]["attributes"]["status"], 307);
    assert!(transactions(&server, &hung)[0]["attributes"]["status"].is_null());

    // Enabled again, it continues with the event that failed: nothing was missed.
    receiver.set(Mood::Takes);
    let enabled = server.put(&path_of(&webhook), json!({ "enabled": true })).expect(200);
    assert!(enabled.attributes()["disabledReason"].is_null() && enabled.attributes()["disabledAt"].is_null());
    wait_for("what failed", || receiver.taken().contains(&(text(&poisoned["id"]), 2)));
    let of_poisoned: Vec<u64> =
        receiver.taken().into_iter().filter(|(id, _)| *id == text(&poisoned["id"])).map(|(_, rev)| rev).collect();
    assert_eq!(of_poisoned, [1, 2]);
}

#[test]
fn an_event_that_fails_holds_up_no_event_of_another_record_however_many_there_are() {
    let retries = vec!["1"; 300].join(",");
    let settings = with(&["--webhook-retries", &retries]);
    let mut server = Server::on_file_with(&settings);
    let receiver = Receiver::start(Mood::Refuses("poison"));
    subscribe(&server, &receiver, &["kustomer.customer.create", "kustomer.customer.update"]);
    let poisoned = server.create(json!({ "name": "poison" }));
    let (id, path) = (text(&poisoned["id"]), text(&poisoned["links"]["self"]));
    let create = |server: &Server, hundreds: usize| {
        let items: Vec<Value> = (0..100).map(|number| json!({ "name": number.to_string() })).collect();
        for _ in 0..hundreds {
            server.post("/v1/customers/bulk", json!(items)).expect(201);
        }
    };
    let others = || receiver.taken().into_iter().filter(|(taken, _)| *taken != id).collect::<HashSet<_>>().len();
    create(&server, 6);
    wait_for("600 other records", || others() == 600);
    // The failing record changes more often than the server reads of its events at a time.
    for number in 0..120 {
        server.patch(&path, json!({ "name": format!("poison {number}") })).expect(200);
    }
    server = server.kill_and_restart_with(&settings);
    create(&server, 1);
    wait_for("100 more", || others() == 700);
    let of_poisoned =
        || -> Vec<u64> { receiver.taken().into_iter().filter(|(taken, _)| *taken == id).map(|(_, rev)| rev).collect() };
    assert_eq!(of_poisoned(), Vec::<u64>::new());
    // Its own events arrive in their order once they are accepted, each once, and those after them follow.
    receiver.set(Mood::Takes);
    wait_for("what failed", || of_poisoned().last() == Some(&121));
    server.patch(&path, json!({ "name": "cured" })).expect(200);
    wait_for("a later event", || of_poisoned().last() == Some(&122));
    assert_eq!(of_poisoned(), (1..=122).collect::<Vec<_>>());
}

#[test]
fn nothing_is_missed_when_the_server_is_killed_or_stopped_or_the_webhook_disabled() {
    let mut server = Server::on_file_with(LOCAL);
    let receiver = Receiver::start(Mood::Takes);
    let webhook = subscribe(&server, &receiver, &["kustomer.customer.create"]);
    let mut created: Vec<String> = Vec::new();
    for round in 0..3 {
        for number in 0..10 {
            created.push(text(&server.create(json!({ "name": format!("{round} {number}") }))["id"]));
        }
        server = server.kill_and_restart_with(LOCAL);
    }
    server.put(&path_of(&webhook), json!({ "enabled": false })).expect(200);
    created.push(text(&server.create(json!({ "name": "while disabled" }))["id"]));
    server.put(&path_of(&webhook), json!({ "enabled": true })).expect(200);
    wait_for("every event", || {
        let taken = receiver.taken();
        created.iter().all(|id| taken.iter().any(|(taken, _)| taken == id))
    });
}

#[test]
fn several_servers_deliver_each_event_once() {
    let server = Server::on_file_with(LOCAL);
    let second = Server::at(server.database(), LOCAL);
    let receiver = Receiver::start(Mood::Takes);
    subscribe(&server, &receiver, &["kustomer.customer.create"]);
    for number in 0..40 {
        [&server, &second][number % 2].create(json!({ "name": number.to_string() }));
    }
    wait_for("every event", || receiver.arrived().len() >= 40);
    let mut taken = receiver.taken();
    taken.sort();
    taken.dedup();
    assert_eq!((taken.len(), receiver.arrived().len()), (40, 40));
}

#[test]
fn a_webhook_is_limited_to_the_public_internet_to_https_and_to_records_that_its_maker_may_read() {
    let server = Server::on_file();
    let events = ["kustomer.customer.create"];
    let body = |url: &str| json!({ "name": "a", "url": url, "events": events });
    assert_eq!(
        server.post("/v1/outbound-webhooks", body("http://a.example/")).expect(400).error()["meta"]["pointer"],
        "/url"
    );
    let unknown = json!({ "name": "a", "url": "https://a.example/", "events": ["kustomer.customer.merged"] });
    assert_eq!(server.post("/v1/outbound-webhooks", unknown).expect(400).error()["meta"]["pointer"], "/events/0");

    // Addresses beside the server are refused when something is sent, however they are written.
    let receiver = Receiver::start(Mood::Takes);
    let port = receiver.url.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    let mut refused = Vec::new();
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "2130706433", "0x7f.1"] {
        let made = server.post("/v1/outbound-webhooks", body(&format!("https://{host}:{port}/"))).expect(201);
        refused.push(made.data().clone());
    }
    server.create(json!({ "name": "Ada" }));
    for webhook in &refused {
        wait_for("a refusal", || !transactions(&server, webhook).is_empty());
        let error = text(&transactions(&server, webhook)[0]["attributes"]["error"]);
        assert!(error.contains("--webhook-allow-private"), "{error}");
    }
    assert_eq!(receiver.arrived().len(), 0);

    // A user who may not read conversations has none sent elsewhere, and sees no event names of theirs.
    let token = server.token("demo", &["org.admin.outbound_webhooks", "org.user.customer.read"]);
    let ask = |events: &[&str]| {
        let body = json!({ "name": "a", "url": "https://a.example/", "events": events });
        server.call_as(&token, Method::POST, "/v1/outbound-webhooks", Some(body))
    };
    assert_eq!(ask(&["kustomer.conversation.create"]).status, 403);
    let made = ask(&events).expect(201);
    let change = Some(json!({ "events": ["kustomer.message.create"] }));
    assert_eq!(server.call_as(&token, Method::PUT, &path_of(made.data()), change).status, 403);
    // Nor does it lead those elsewhere that somebody else made, or have the past sent.
    let others = json!({ "name": "a", "url": "https://a.example/", "events": ["kustomer.message.create"] });
    let others = server.post("/v1/outbound-webhooks", others).expect(201);
    let lead = Some(json!({ "url": "https://b.example/" }));
    assert_eq!(server.call_as(&token, Method::PUT, &path_of(others.data()), lead.clone()).status, 403);
    let again = format!("{}/redeliveries", path_of(others.data()));
    let since = Some(json!({ "since": "2020-01-01T00:00:00Z" }));
    assert_eq!(server.call_as(&token, Method::POST, &again, since.clone()).status, 403);
    server.call_as(&token, Method::PUT, &path_of(made.data()), lead).expect(200);
    let again = format!("{}/redeliveries", path_of(made.data()));
    server.call_as(&token, Method::POST, &again, since).expect(200);
    let names = server.call_as(&token, Method::GET, "/v1/outbound-webhooks/events", None).expect(200).body;
    let names = names["events"].as_array().unwrap();
    assert!(names.contains(&json!("kustomer.customer.update")) && !names.contains(&json!("kustomer.message.create")));
    let all = server.call_as(TOKEN, Method::GET, "/v1/outbound-webhooks/events", None).expect(200).body;
    assert!(all["events"].as_array().unwrap().contains(&json!("kustomer.customer_merge.create")));
}

#[test]
fn records_that_the_maker_of_a_webhook_may_no_longer_read_are_not_sent() {
    let server = Server::start_with(LOCAL);
    let may_make = "org.admin.outbound_webhooks";
    let may_read = "org.user.customer.read";
    let group = json!({ "name": "Readers", "roles": [may_read] });
    let group = text(&server.post("/v1/role-groups", group).expect(200).data()["id"]);
    let reduced = person(&server, "reduced@acme.example", &[may_make]);
    server.put(&reduced, json!({ "roleGroups": [group] })).expect(201);
    let left = person(&server, "left@acme.example", &[may_make, may_read]);
    let key = |roles: &[&str]| {
        let made = server.post("/v1/auth/keys", json!({ "name": "key", "roles": roles })).expect(201);
        (text(&made.attributes()["token"]), text(&made.data()["links"]["self"]).replace("tokens", "keys"))
    };
    let (revoked, rotated, stays) = (key(&[may_make, may_read]), key(&[may_make, may_read]), key(&["org"]));
    let makers = [
        sign_in(&server, "reduced@acme.example"),
        sign_in(&server, "left@acme.example"),
        revoked.0.clone(),
        rotated.0.clone(),
        stays.0.clone(),
    ];
    let made: Vec<(Receiver, Value)> = makers
        .iter()
        .map(|token| {
            let receiver = Receiver::start(Mood::Takes);
            let body = json!({ "name": "a", "url": receiver.url, "events": ["kustomer.customer.create"] });
            let webhook = server.call_as(token, Method::POST, "/v1/outbound-webhooks", Some(body)).expect(201);
            let webhook = webhook.data().clone();
            (receiver, webhook)
        })
        .collect();
    server.create(json!({ "name": "before" }));
    wait_for("each", || made.iter().all(|(receiver, _)| receiver.taken().len() == 1));

    server.put(&format!("/v1/role-groups/{group}"), json!({ "roles": ["org.user.tag.read"] })).expect(200);
    server.put(&left, json!({ "deleted": true })).expect(201);
    server.delete(&revoked.1).expect(204);
    // Another key takes the place of this one: its webhooks continue.
    server.post(&format!("{}/rotate", rotated.1), json!({})).expect(201);
    server.delete(&rotated.1).expect(204);
    server.create(json!({ "name": "after" }));
    for (receiver, _) in &made[3..] {
        wait_for("the next deliveries", || receiver.taken().len() == 2);
    }
    for ((receiver, webhook), reason) in made[..3].iter().zip(["type customer", "deactivated", "no API key"]) {
        let shown = || server.get(&path_of(webhook)).expect(200).attributes().clone();
        wait_for("disabling", || shown()["enabled"] == false);
        let given = text(&shown()["disabledReason"]);
        assert!(given.contains(reason), "{given}");
        assert_eq!(receiver.taken().len(), 1);
        // Who may read them enables it and answers for it: nothing was missed.
        server.put(&path_of(webhook), json!({ "enabled": true })).expect(200);
        wait_for("the waiting events", || receiver.taken().len() == 2);
    }
}

#[test]
fn an_event_requested_again_is_tried_as_often_as_at_first_holds_up_nothing_and_disables_its_webhook_in_the_end() {
    // Long enough that the other event is made before the last attempt, whatever else the machine has to do.
    let server = Server::start_with(&with(&["--webhook-retries", "3,3"]));
    let receiver = Receiver::start(Mood::Takes);
    let webhook = subscribe(&server, &receiver, &["kustomer.customer.create"]);
    server.create(json!({ "name": "poison" }));
    wait_for("the first delivery", || receiver.taken().len() == 1);
    let first = receiver.arrived()[0].event();
    receiver.set(Mood::Refuses("poison"));
    let again = format!("{}/redeliveries", path_of(&webhook));
    server.post(&again, json!({ "events": [first["id"]] })).expect(200);
    wait_for("the first attempt", || receiver.arrived().len() >= 2);
    server.create(json!({ "name": "other" }));
    wait_for("the other event", || receiver.taken().len() == 2);
    wait_for("every attempt", || transactions(&server, &webhook).len() == 5);
    let listed = transactions(&server, &webhook);
    let tried = listed.iter().rev().map(|one| &one["attributes"]).filter(|one| one["eventId"] == first["id"]);
    let tried: Vec<_> = tried.map(|one| (one["attempt"].clone(), one["nextAttemptAt"].is_string())).collect();
    assert_eq!(tried, [(json!(1), false), (json!(1), true), (json!(2), true), (json!(3), false)]);
    wait_for("disabling", || server.get(&path_of(&webhook)).expect(200).attributes()["enabled"] == false);
    let reason = text(&server.get(&path_of(&webhook)).expect(200).attributes()["disabledReason"]);
    assert!(reason.contains(first["id"].as_str().unwrap()) && reason.contains("3 attempts"), "{reason}");
    // Enabled again, it continues without the delivery asked for by hand, although that would fail again.
    server.create(json!({ "name": "held" }));
    server.put(&path_of(&webhook), json!({ "enabled": true })).expect(200);
    wait_for("the events held back", || receiver.taken().len() == 3);
    // A transaction is stored when the receiver has answered.
    wait_for("its transaction", || transactions(&server, &webhook).len() >= 6);
    assert_eq!(transactions(&server, &webhook).len(), 6);
}

#[test]
fn a_hundred_receivers_that_hang_hold_up_none_of_nine_hundred_others() {
    const ORGS: usize = 10;
    // Those that hang do so until the test is over.
    let slow = ["--webhook-allow-private", "--webhook-allow-http", "--webhook-timeout", "60"];
    let server = Server::on_file_with(&slow);
    let (taking, hanging) = (Receiver::start(Mood::Takes), Receiver::start(Mood::Hangs));
    let tokens: Vec<String> = (0..ORGS)
        .map(|number| {
            server.org(&format!("org{number}"));
            server.token(&format!("org{number}"), &["org"])
        })
        .collect();
    std::thread::scope(|scope| {
        for token in &tokens {
            scope.spawn(|| {
                for number in 0..100 {
                    let url = if number % 10 == 0 { &hanging.url } else { &taking.url };
                    let body = json!({ "name": "a", "url": url, "events": ["kustomer.customer.create"] });
                    server.call_as(token, Method::POST, "/v1/outbound-webhooks", Some(body)).expect(201);
                }
            });
        }
    });
    for token in &tokens {
        server.call_as(token, Method::POST, "/v1/customers", Some(json!({ "name": "first" }))).expect(201);
    }
    wait_for("those that hang", || hanging.arrived().len() == ORGS * 10);
    for token in &tokens {
        server.call_as(token, Method::POST, "/v1/customers", Some(json!({ "name": "second" }))).expect(201);
    }
    wait_for("the others", || {
        // The API answers all the while.
        server.call_as(&tokens[0], Method::GET, "/v1/customers", None).expect(200);
        taking.arrived().len() >= ORGS * 90 * 2
    });
    assert_eq!((taking.arrived().len(), hanging.arrived().len()), (ORGS * 90 * 2, ORGS * 10));
}

#[test]
fn a_developer_listens_on_a_machine_that_the_server_does_not_reach() {
    let server = Server::on_file();
    server.create(json!({ "name": "before" }));
    let receiver = Receiver::start(Mood::Takes);
    let command = |arguments: &[&str]| {
        let mut command = binary();
        command.args(arguments).args(["--url", &server.url, "--token", TOKEN]);
        command
    };
    let events = "kustomer.note.create,kustomer.note.update";
    let listen = ["webhooks", "listen", "--forward", &receiver.url, "--event", events, "--secret", "key"];
    let mut listening = command(&listen).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut noted = BufReader::new(listening.stderr.take().unwrap());
    while !{
        let mut line = String::new();
        assert_ne!(noted.read_line(&mut line).unwrap(), 0, "it ended");
        line.contains("listening")
    } {}
    let triggered = command(&["webhooks", "trigger", "kustomer.note.update"]).output().unwrap();
    assert!(triggered.status.success(), "{}", String::from_utf8_lossy(&triggered.stderr));
    assert!(command(&["webhooks", "trigger", "kustomer.company.delete"]).output().unwrap().status.success());
    let unknown = command(&["webhooks", "trigger", "kustomer.note.merge"]).output().unwrap();
    assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("create, update or delete"));
    wait_for("both", || receiver.arrived().len() == 2);
    let arrived = receiver.arrived();
    assert_eq!(arrived[1].event()["name"], "kustomer.note.update");
    let signature = kustodian_core::outbound_webhook::signature("key", arrived[1].body.as_bytes());
    assert_eq!(arrived[1].header("x-kustomer-webhook-signature"), signature);
    let mut line = String::new();
    BufReader::new(listening.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("kustomer.note.create") && line.contains("204"), "{line}");
    listening.kill().unwrap();
    listening.wait().unwrap();
}

#[test]
fn sensitive_values_are_sent_to_no_receiver() {
    let server = Server::on_file_with(LOCAL);
    let sensitive = json!({ "sensitive": { "enabled": true } });
    let said = json!({ "properties": { "secretStr": sensitive }, "standardProperties": { "emails": sensitive } });
    server.put("/v1/metadata/customer", said).expect(200);
    let events = ["kustomer.customer.create", "kustomer.customer.update", "kustomer.customer.delete"];
    // A webhook of a key that sees them, and one of a key that does not.
    let receivers = [Receiver::start(Mood::Takes), Receiver::start(Mood::Takes)];
    subscribe(&server, &receivers[0], &events);
    let reader = crate::sensitive::reader(&server);
    let body = json!({ "name": "Warehouse", "url": receivers[1].url, "events": events });
    server.call_as(&reader, Method::POST, "/v1/outbound-webhooks", Some(body)).expect(201);
    let secret = |end: &str| json!({ "emails": [{ "email": format!("zqmail{end}@acme.example") }], "custom": { "secretStr": format!("zqword{end}") } });
    let path = text(&server.create(secret("1"))["links"]["self"]);
    server.patch(&path, secret("2")).expect(200);
    server.delete(&path).expect(204);
    wait_for("the deliveries", || receivers.iter().all(|receiver| receiver.arrived().len() == 3));
    let feed = server.get("/v1/events?last=10").expect(200).text;
    for mark in ["zqmail1", "zqmail2", "zqword1", "zqword2"] {
        assert!(feed.contains(mark), "the feed shows it to who may see it: {mark}");
    }
    for delivery in receivers.iter().flat_map(Receiver::arrived) {
        assert!(!delivery.body.contains("zq") && delivery.body.contains("********"), "{}", delivery.body);
    }
}
