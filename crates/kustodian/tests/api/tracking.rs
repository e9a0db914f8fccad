//! What visitors do: before and after it is known who they are, in the shape of the contract and under its limits.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const EVENT: &str = "/v1/tracking/event";
const IDENTITY: &str = "/v1/tracking/identity";
const BOTH: &str = "/v1/tracking/identityEvent";

fn did(server: &Server, visitor: &str, name: &str) {
    assert_eq!(server.post(EVENT, json!({ "trackingId": visitor, "name": name })).expect(204).text, "");
}

fn customer_of(identity: &Answer) -> String {
    identity.data()["relationships"]["customer"]["data"]["id"].as_str().unwrap().to_owned()
}

fn sessions(server: &Server, customer: &str) -> Vec<Value> {
    server.get(&format!("/v1/customers/{customer}/sessions")).expect(200).data().as_array().unwrap().clone()
}

/// The names of a customer's tracked events, in order.
fn tracked(server: &Server, customer: &str) -> Vec<String> {
    let path = format!("/v1/customers/{customer}/events?name=kustomer.tracking.identified.event&pageSize=1000");
    let list = server.get(&path).expect(200);
    let name = |event: &Value| event["attributes"]["trackingEvent"].as_str().unwrap().to_owned();
    list.data().as_array().unwrap().iter().map(name).collect()
}

#[test]
fn the_events_of_a_visitor_are_the_customers_once_the_visitor_is_known() {
    let server = Server::on_file();
    did(&server, "laptop", "Page-Viewed");
    let meta = json!({ "totalNum": 12.5, "paid": "true" });
    server.post(EVENT, json!({ "trackingId": "laptop", "name": "Order-Completed", "meta": meta })).expect(204);
    let who = json!({ "trackingId": "laptop", "email": "Ada@acme.example", "name": "Ada Lovelace", "tags": ["vip"],
        "location": { "cityName": "London" }, "custom": { "tierStr": "gold" } });
    let identity = server.post(IDENTITY, who.clone()).expect(201);
    let attributes = identity.attributes();
    assert_eq!((&attributes["trackingId"], &attributes["status"]), (&json!("laptop"), &json!("updated")));
    assert_eq!(attributes["email"], "Ada@acme.example");
    let customer = customer_of(&identity);
    let path = format!("/v1/customers/{customer}");
    let record = server.get(&path).expect(200);
    assert_eq!(record.attributes()["name"], "Ada Lovelace");
    assert_eq!(record.attributes()["custom"], json!({ "tierStr": "gold" }));
    assert_eq!(record.attributes()["tags"].as_array().unwrap().len(), 1);
    // Saying the same again changes nothing.
    let again = server.post(IDENTITY, who).expect(201);
    assert_eq!(customer_of(&again), customer);
    assert_eq!(server.get(&path).expect(200).text, record.text);

    did(&server, "laptop", "Signed-Out");
    assert_eq!(
        tracked(&server, &customer),
        ["tracking.Page-Viewed", "tracking.Order-Completed", "tracking.Signed-Out"]
    );
    let visits = sessions(&server, &customer);
    assert_eq!(visits.len(), 1, "one visit, before and after");
    assert_eq!(visits[0]["attributes"]["count"], 3);
    let session = visits[0]["attributes"]["sessionId"].as_str().unwrap();
    let events = server.get(&format!("{path}/sessions/{session}/events?pageSize=2")).expect(200);
    let next = server.get(events.body["links"]["next"].as_str().unwrap()).expect(200);
    assert_eq!((events.ids().len(), next.ids().len(), &next.body["links"]["next"]), (2, 1, &Value::Null));
    let order = &events.data()[1];
    assert_eq!(order["attributes"]["name"], "kustomer.tracking.identified.event");
    assert_eq!(order["attributes"]["meta"], meta);
    assert_eq!(order["attributes"]["realIp"], "127.0.0.1");
    assert_eq!(server.get(order["links"]["self"].as_str().unwrap()).expect(200).data(), order);
    // By its own id the session is the same.
    let by_id = format!("{path}/sessions/{}/events", visits[0]["id"].as_str().unwrap());
    assert_eq!(server.get(&by_id).expect(200).ids().len(), 3);
    server.get(&format!("{path}/sessions/other/events")).expect(404);

    // With a new session the record says when the customer was seen; with each further event of it, it does not.
    let rev = |server: &Server| server.get(&path).expect(200).attributes()["rev"].as_u64().unwrap();
    let before = rev(&server);
    for _ in 0..3 {
        server.post(EVENT, json!({ "trackingId": "laptop", "sessionId": "other", "name": "Back" })).expect(204);
    }
    let seen = server.get(&path).expect(200);
    assert!(seen.attributes()["lastSeenAt"].is_string(), "{}", seen.text);
    assert_eq!(rev(&server), before + 1);

    // All of it survives a kill, and leaves with the customer.
    let server = server.kill_and_restart();
    assert_eq!(tracked(&server, &customer).len(), 6);
    let all = server.get(&format!("{path}/events?pageSize=500")).expect(200);
    let revs = rev(&server);
    assert_eq!(all.ids().len() as u64, revs + 6, "the events of the record, and the tracked ones");
    assert_eq!(all.data()[0]["attributes"]["name"], "kustomer.customer.create");
    let first = all.data()[1]["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(first).expect(200).data(), &all.data()[1]);
    let updates = server.get(&format!("{path}/events?name=kustomer.customer.update,x&pageSize=500")).expect(200);
    assert_eq!(updates.ids().len() as u64, revs - 1);
    server.post(&format!("{path}/erase"), json!({})).expect(204);
    server.get(&format!("{path}/sessions")).expect(404);
    let other = customer_of(&server.post(IDENTITY, json!({ "trackingId": "laptop", "externalId": "b" })).expect(201));
    assert_eq!(tracked(&server, &other), Vec::<String>::new(), "the visitor was forgotten, too");
}

#[test]
fn an_identity_finds_the_customer_by_whatever_it_has_and_takes_from_nobody() {
    let server = Server::start();
    let make = |body: Value| server.create(body)["id"].as_str().unwrap().to_owned();
    let ada = make(json!({ "externalId": "crm-1", "emails": [{ "email": "ada@a.b" }] }));
    let bob = make(json!({ "phones": [{ "phone": "+49301234567" }] }));
    let who = |body: Value| customer_of(&server.post(IDENTITY, body).expect(201));
    assert_eq!(who(json!({ "email": "ADA@a.b" })), ada);
    assert_eq!(who(json!({ "phone": "+49 30 1234567" })), bob);
    // The external id counts first; the number is another's and stays there.
    assert_eq!(who(json!({ "externalId": "crm-1", "phone": "+49301234567", "email": "ada@home.example" })), ada);
    let record = server.get(&format!("/v1/customers/{ada}")).expect(200);
    assert_eq!(record.attributes()["phones"], json!([]));
    let emails = record.attributes()["emails"].as_array().unwrap().clone();
    assert_eq!(
        emails.iter().map(|item| item["email"].as_str().unwrap()).collect::<Vec<_>>(),
        ["ada@a.b", "ada@home.example"]
    );

    // Without an identity it is the visitor's customer; somebody else on the same device is somebody else.
    assert_eq!(who(json!({ "trackingId": "desk", "externalId": "crm-1" })), ada);
    assert_eq!(who(json!({ "trackingId": "desk", "name": "Ada" })), ada);
    did(&server, "desk", "By-Ada");
    let eve = who(json!({ "trackingId": "desk", "email": "eve@a.b" }));
    assert!(eve != ada && eve != bob);
    did(&server, "desk", "By-Eve");
    assert_eq!(
        (tracked(&server, &ada), tracked(&server, &eve)),
        (vec!["tracking.By-Ada".into()], vec!["tracking.By-Eve".into()])
    );
    // One that is not to be remembered ties nothing.
    assert_eq!(who(json!({ "trackingId": "desk", "externalId": "crm-1", "remember": false })), ada);
    did(&server, "desk", "By-Eve");
    assert_eq!(tracked(&server, &eve).len(), 2);

    // Who was nobody yet becomes somebody.
    let nobody = who(json!({ "trackingId": "phone", "name": "Somebody" }));
    assert_eq!(who(json!({ "trackingId": "phone", "email": "some@body.example" })), nobody);

    // The tracked events of a merged customer move to the target.
    server.post("/v1/customers/merges", json!({ "source": ada, "target": eve })).expect(201);
    assert_eq!(tracked(&server, &eve).len(), 3);
    server.get(&format!("/v1/customers/{ada}/sessions")).expect(404);
    assert_eq!(who(json!({ "externalId": "crm-1" })), eve);
    server.delete(&format!("/v1/customers/{eve}")).expect(204);
    assert!(who(json!({ "trackingId": "desk", "email": "eve@a.b" })) != eve, "a deleted customer is found no more");
}

#[test]
fn identities_that_come_at_once_make_one_customer() {
    let first = Server::on_file();
    let customers: HashSet<String> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..16)
            .map(|number| {
                let first = &first;
                scope.spawn(move || {
                    let body = json!({ "identity": { "email": "race@a.b", "trackingId": format!("v{}", number % 4),
                        "custom": { format!("from{number}Num"): number } }, "event": { "name": format!("Ran-{number}") } });
                    customer_of(&first.post(BOTH, body).expect(201))
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(customers.len(), 1);
    let customer = customers.into_iter().next().unwrap();
    let custom = &first.get(&format!("/v1/customers/{customer}")).expect(200).attributes()["custom"].clone();
    assert_eq!(custom.as_object().unwrap().len(), 16, "nobody's attributes were lost");
    assert_eq!(tracked(&first, &customer).len(), 16);
    let visits = sessions(&first, &customer);
    let counted: u64 = visits.iter().map(|visit| visit["attributes"]["count"].as_u64().unwrap()).sum();
    assert_eq!((visits.len(), counted), (4, 16));
}

#[test]
fn events_sent_by_a_data_pipeline_are_kept_as_they_are() {
    // As the Kustomer destination of RudderStack writes them: suffixes for numbers and dates alone, all else as text.
    let server = Server::start();
    let meta = json!({ "totalNum": 20, "revenueNum": 12.99, "order_dateAt": "2021-03-04", "yearAt": "2020", "coupon": "hasbros",
        "is-gift": "false", "products": "{\"product_id\":\"123\"},{\"product_id\":\"345\"}", "address": "{\"city\":\"kolkata\"}",
        "$browser": "Firefox", "plan": null });
    let event = json!({ "name": "Order-Completed", "meta": meta });
    let body = json!({ "identity": { "externalId": "user-97", "email": "test@rudder.example" }, "event": event });
    let customer = customer_of(&server.post(BOTH, body.clone()).expect(201));
    server.post(BOTH, body).expect(201);
    server
        .post(BOTH, json!({ "identity": { "externalId": "user-97" }, "event": { "name": "Web-Page-Viewed" } }))
        .expect(201);
    let visits = sessions(&server, &customer);
    assert_eq!(visits.len(), 1, "without a tracking id the visit is the customer's");
    assert_eq!(tracked(&server, &customer).len(), 3);
    let path = format!("/v1/customers/{customer}/events?name=kustomer.tracking.identified.event");
    assert_eq!(server.get(&path).expect(200).data()[0]["attributes"]["meta"], meta);
    // The identify call, by the customer operations, is of the same customer.
    assert_eq!(server.get("/v1/customers/email=test@rudder.example").expect(200).data()["id"], customer.as_str());
}

#[test]
fn what_cannot_be_tracked_is_refused_with_its_place() {
    let server = Server::start();
    let pointer = |path: &str, body: Value| {
        let refused = server.post(path, body).expect(400);
        refused.error()["meta"]["pointer"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(pointer(EVENT, json!({})), "/name");
    for name in ["", "a", "1a", "two words", "é", &"x".repeat(256)] {
        assert_eq!(pointer(EVENT, json!({ "name": name })), "/name", "{name}");
    }
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "trackingId": "" })), "/trackingId");
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "trackingId": "a\u{0}b" })), "/trackingId");
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "sessionId": "x".repeat(257) })), "/sessionId");
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "meta": { "totalNum": "12" } })), "/meta/totalNum");
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "meta": { "paid": true } })), "/meta/paid");
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "meta": { "aStr": "x".repeat(9_000) } })), "/meta");
    assert_eq!(pointer(EVENT, json!({ "name": "ok", "other": 1 })), "/other");
    assert_eq!(pointer(BOTH, json!({ "identity": {} })), "/event");
    assert_eq!(
        pointer(BOTH, json!({ "identity": {}, "event": { "name": "ok", "meta": { "a": [] } } })),
        "/event/meta/a"
    );
    assert_eq!(pointer(IDENTITY, json!({ "email": "nobody" })), "/email");
    assert_eq!(pointer(IDENTITY, json!({ "tags": "vip" })), "/tags");
    // What would be refused stores nothing, and neither does a rehearsal.
    server
        .post(
            &format!("{BOTH}?validateOnly=true"),
            json!({ "identity": { "email": "a@b.c" }, "event": { "name": "ok" } }),
        )
        .expect(201);
    server.post(&format!("{EVENT}?validateOnly=true"), json!({ "trackingId": "v", "name": "ok" })).expect(204);
    let customer = customer_of(&server.post(IDENTITY, json!({ "trackingId": "v", "externalId": "x" })).expect(201));
    assert_eq!(server.get("/v1/customers").expect(200).ids(), *std::slice::from_ref(&customer));
    assert_eq!(tracked(&server, &customer), Vec::<String>::new());
    // Odd names are names of sessions like any other.
    for name in ["a b/c?d=%41&e", "🦀", &"s".repeat(256)] {
        server.post(EVENT, json!({ "trackingId": "v", "sessionId": name, "name": "Odd" })).expect(204);
        let sent: String = url_encoded(name);
        let events = server.get(&format!("/v1/customers/{customer}/sessions/{sent}/events")).expect(200);
        assert_eq!(events.ids().len(), 1, "{name}");
        let again = server.get(events.body["links"]["self"].as_str().unwrap()).expect(200);
        assert_eq!(again.ids(), events.ids(), "{name}");
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_key_that_tracks_does_nothing_else_and_reaches_no_other_org() {
    let server = Server::on_file();
    server.org("elsewhere");
    let key = server.token("demo", &["org.tracking"]);
    let foreign = server.token("elsewhere", &["org.tracking", "org.user"]);
    let who = json!({ "trackingId": "v", "externalId": "x" });
    let mine = customer_of(&server.call_as(&key, Method::POST, IDENTITY, Some(who.clone())).expect(201));
    server.call_as(&key, Method::POST, EVENT, Some(json!({ "trackingId": "v", "name": "Seen" }))).expect(204);
    for path in [format!("/v1/customers/{mine}"), format!("/v1/customers/{mine}/sessions")] {
        server.call_as(&key, Method::GET, &path, None).expect(403);
    }
    let customers = server.token("demo", &["org.user.customer"]);
    server.call_as(&customers, Method::POST, EVENT, Some(json!({ "name": "Seen" }))).expect(403);
    // The same visitor, identity and session in another org are others.
    let theirs = customer_of(&server.call_as(&foreign, Method::POST, IDENTITY, Some(who)).expect(201));
    assert_ne!(mine, theirs);
    let ask = |path: String| server.call_as(&foreign, Method::GET, &path, None);
    assert_eq!(ask(format!("/v1/customers/{theirs}/sessions")).expect(200).ids(), Vec::<String>::new());
    ask(format!("/v1/customers/{mine}/sessions")).expect(404);
    let event =
        server.get(&format!("/v1/customers/{mine}/events?name=kustomer.tracking.identified.event")).ids()[0].clone();
    ask(format!("/v1/customers/{theirs}/events/{event}")).expect(404);
}

#[test]
fn the_same_request_sent_again_is_the_same_event() {
    let server = Server::on_file();
    let body = json!({ "identity": { "externalId": "x", "trackingId": "v" }, "event": { "name": "Paid" } });
    let send = |key: &str| {
        let request =
            server.request(Method::POST, BOTH).bearer_auth(crate::server::TOKEN).header("idempotency-key", key);
        customer_of(&Answer::of(request.json(&body)).expect(201))
    };
    let customer = send("one");
    send("one");
    assert_eq!(tracked(&server, &customer).len(), 1);
    assert_eq!(sessions(&server, &customer)[0]["attributes"]["count"], 1);
    send("two");
    assert_eq!(tracked(&server, &customer).len(), 2);
}

#[test]
fn a_browser_keeps_the_visitor_in_a_cookie() {
    let server = Server::start_with(&["--cors-origin", "https://shop.example"]);
    let send = |path: &str, cookie: Option<&str>, body: Value| {
        let request = server
            .request(Method::POST, path)
            .bearer_auth(crate::server::TOKEN)
            .header("origin", "https://shop.example");
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        Answer::of(request.json(&body))
    };
    let first = send(EVENT, None, json!({ "name": "Landed" })).expect(204);
    assert_eq!(first.header("access-control-allow-credentials"), "true");
    let cookie = first.header("set-cookie");
    assert!(cookie.starts_with("kustodian_tracking=") && cookie.contains("HttpOnly"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let second = send(EVENT, Some(cookie), json!({ "name": "Looked" })).expect(204);
    assert_eq!(second.header("set-cookie"), "", "it has one already");
    let identity = send(IDENTITY, Some(cookie), json!({ "email": "ada@a.b" })).expect(201);
    assert_eq!(tracked(&server, &customer_of(&identity)), ["tracking.Landed", "tracking.Looked"]);
    assert_eq!(send("/v1/customers", None, json!({})).header("access-control-allow-credentials"), "");
    let plain = server.post(EVENT, json!({ "name": "Landed" })).expect(204);
    assert_eq!(plain.header("set-cookie"), "", "a program keeps no cookies");
}

#[test]
fn a_customer_is_online_until_nothing_was_tracked_for_a_while() {
    let server = Server::on_file_with(&["--presence-timeout", "1"]);
    let both = json!({ "identity": { "externalId": "crm-1" }, "event": { "name": "Landed" } });
    let customer = customer_of(&server.post(BOTH, both).expect(201));
    let path = format!("/v1/customers/{customer}");
    let seen = server.get(&format!("{path}?rev=2")).expect(200).attributes().clone();
    assert_eq!(seen["presence"], "online");
    for moment in ["lastActivityAt", "lastCustomerActivityAt"] {
        assert_eq!(seen[moment], seen["lastSeenAt"], "{moment}");
    }
    let shown = || server.get(&path).expect(200).attributes().clone();
    crate::erase::wait_for("the end of the visit", || shown()["presence"] == "offline");
    let gone = shown();
    assert_eq!((&gone["rev"], &gone["lastSeenAt"]), (&json!(3), &seen["lastSeenAt"]));
    // A visitor who returns is online again, and a server that takes over from a killed one finds its notes.
    let again = json!({ "trackingId": customer, "name": "Landed", "sessionId": "another" });
    server.post(EVENT, again).expect(204);
    assert_eq!(server.get(&format!("{path}?rev=4")).expect(200).attributes()["presence"], "online");
    let server = server.kill_and_restart_with(&["--presence-timeout", "1"]);
    crate::erase::wait_for("the end of the second visit", || {
        server.get(&path).expect(200).attributes()["presence"] == "offline"
    });
}

#[test]
fn a_customer_of_whom_nothing_is_tracked_for_a_while_is_idle_and_returns_within_the_visit() {
    let server = Server::on_file_with(&["--presence-idle", "1", "--presence-timeout", "3600"]);
    let event = json!({ "trackingId": "crm-1", "name": "Landed", "sessionId": "one" });
    let identity = json!({ "trackingId": "crm-1", "externalId": "crm-1", "sessionId": "one" });
    let customer = customer_of(&server.post(BOTH, json!({ "identity": identity, "event": event })).expect(201));
    let path = format!("/v1/customers/{customer}");
    assert_eq!(server.get(&format!("{path}?rev=2")).expect(200).attributes()["presence"], "online");
    let is = |presence: &str| server.get(&path).expect(200).attributes()["presence"] == presence;
    crate::erase::wait_for("an idle customer", || is("idle"));
    let found = json!({ "and": [{ "customer_presence": { "equals": "idle" } }] });
    assert_eq!(server.post("/v1/customers/search", found).expect(200).ids(), [customer.as_str()]);
    // It is idle as long as nothing happens: an active visitor is online again for a moment.
    let came_back = || {
        server.post(EVENT, event.clone()).expect(204);
        is("online")
    };
    crate::erase::wait_for("a customer who is back", came_back);
    crate::erase::wait_for("an idle customer again", || is("idle"));
}

#[test]
fn an_org_names_the_origins_whose_pages_track() {
    let server = Server::on_file();
    let (shop, other) = ("https://shop.example", "https://other.example");
    let settings = |origins: Value| {
        let body = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false }, "corsWhitelist": origins });
        server.put("/v1/auth/settings", body)
    };
    for wrong in [
        "*",
        "shop.example",
        "https://shop.example/",
        "https://SHOP.example",
        "null",
        "file:///a",
        "https://u@shop.example",
    ] {
        let refused = settings(json!([shop, wrong])).expect(400);
        assert_eq!(refused.error()["meta"]["pointer"], "/corsWhitelist/1", "{wrong}");
    }
    let asked = |host: &str, origin: &str| {
        let request = server.request(Method::OPTIONS, EVENT).header("host", host).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        Answer::of(request.header("access-control-request-headers", "authorization,content-type"))
    };
    let sent = |token: &str, origin: &str| {
        let request = server.request(Method::POST, EVENT).bearer_auth(token).header("origin", origin);
        Answer::of(request.json(&json!({ "name": "Landed" })))
    };
    let allowed = |answer: &Answer| answer.header("access-control-allow-origin").to_owned();
    assert_eq!(allowed(&asked("localhost", shop)), "");
    assert_eq!(settings(json!([shop, shop])).expect(200).attributes()["corsWhitelist"], json!([shop]));
    let customers = server.get("/v1/auth/customer/settings").expect(200);
    assert_eq!(customers.attributes()["corsWhitelist"], json!([shop]));

    // The only org of the server, whatever the host.
    let yes = asked("localhost", shop).expect(204);
    assert_eq!((allowed(&yes).as_str(), yes.header("access-control-allow-credentials")), (shop, "true"));
    assert_eq!(yes.header("access-control-allow-headers"), "authorization,content-type");
    assert_eq!(yes.header("access-control-allow-methods"), "POST");
    assert!(yes.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("origin")));
    assert_eq!(allowed(&asked("localhost", other)), "");
    let landed = sent(crate::server::TOKEN, shop).expect(204);
    assert_eq!((allowed(&landed).as_str(), landed.header("access-control-allow-credentials")), (shop, "true"));
    assert_eq!(allowed(&sent(crate::server::TOKEN, other).expect(204)), "");
    // To track, and for nothing else.
    let elsewhere =
        server.request(Method::GET, "/v1/customers").bearer_auth(crate::server::TOKEN).header("origin", shop);
    assert_eq!(allowed(&Answer::of(elsewhere).expect(200)), "");

    // Of several orgs, the one that the host names; the answer is for the org of the key.
    server.org("second");
    let second = server.token("second", &["org.tracking"]);
    crate::erase::wait_for("the other org", || allowed(&asked("localhost", shop)).is_empty());
    assert_eq!(allowed(&asked("demo.api.localhost", shop).expect(204)), shop);
    assert_eq!(allowed(&asked("second.api.localhost", shop)), "");
    assert_eq!(allowed(&sent(&second, shop).expect(204)), "");

    // An attribute that is left out stays; it is there after a restart.
    let body = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false } });
    assert_eq!(server.put("/v1/auth/settings", body).expect(200).attributes()["corsWhitelist"], json!([shop]));
    let server = server.restart();
    assert_eq!(server.get("/v1/auth/settings").expect(200).attributes()["corsWhitelist"], json!([shop]));
}

#[test]
fn customers_are_found_by_the_number_of_their_tracked_events() {
    let server = Server::on_file();
    let make = |name: &str| {
        let body = json!({ "name": name, "emails": [{ "email": format!("{name}@acme.example") }] });
        server.create(body)["id"].as_str().unwrap().to_owned()
    };
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(make);
    for (visitor, customer, events) in [("laptop", "ada", 2), ("phone", "ada", 1), ("desk", "bob", 1)] {
        (0..events).for_each(|_| did(&server, visitor, "Page-Viewed"));
        let body = json!({ "trackingId": visitor, "email": format!("{customer}@acme.example") });
        server.post(IDENTITY, body).expect(201);
    }
    // Of a visitor nobody knows.
    did(&server, "nobody", "Page-Viewed");
    for customer in [&bob, &eve] {
        server.post("/v1/conversations", json!({ "customer": customer, "name": customer })).expect(201);
    }
    let search = |body: &Value| server.post("/v1/customers/search", body.clone()).expect(200);
    let found = |criteria: Value, expected: &[&str]| {
        for all in [json!([criteria]), json!([criteria, { "customer_email": { "contains": "acme" } }])] {
            for is_deleted in [false, true] {
                let body = json!({ "and": all, "includeDeleted": is_deleted, "sort": [{ "customer_name": "asc" }] });
                let answer = search(&body);
                let names = answer.data().as_array().unwrap().iter();
                let names: Vec<&str> = names.map(|customer| customer["attributes"]["name"].as_str().unwrap()).collect();
                assert_eq!(
                    (names.as_slice(), &answer.body["meta"]["total"]),
                    (expected, &json!(expected.len())),
                    "{body}"
                );
                assert_eq!(server.post("/v1/customers/search?cursor=*", body).expect(200).ids().len(), expected.len());
            }
        }
    };
    let of = |operator: &str, value: Value| json!({ "tracking_events": { operator: value } });
    found(of("equals", json!(3)), &["ada"]);
    found(of("gte", json!(1)), &["ada", "bob"]);
    found(of("lt", json!(2)), &["bob", "eve"]);
    found(of("in", json!([0, 3])), &["ada", "eve"]);
    found(of("not_equals", json!(0)), &["ada", "bob"]);
    found(of("set", json!(true)), &["ada", "bob", "eve"]);
    found(of("equals", json!(1.5)), &[]);
    found(json!({ "tracking_events": { "gt": 0, "lte": 1 } }), &["bob"]);
    // Beside a criterion that the document alone decides, of another type of records, and counted.
    let either =
        json!({ "or": [{ "tracking_events": { "gte": 3 } }, { "customer_any_text": { "contains": "eve@acme" } }] });
    assert_eq!(search(&either).ids().len(), 2);
    let once = json!({ "tracking_events": { "equals": 1 } });
    for all in [json!([once]), json!([once, { "conversation_any_text": { "contains": &bob } }])] {
        let body = json!({ "queryContext": "conversation", "and": all });
        assert_eq!(search(&body).ids().len(), 1, "{body}");
    }
    let body = json!({ "queryContext": "conversation", "or": [{ "tracking_events": { "equals": 0 } },
        { "conversation_any_text": { "contains": "nothing-has-this" } }] });
    assert_eq!(search(&body).ids().len(), 1);
    let counted = json!({ "aggs": { "events": { "range": { "field": "tracking_events",
        "ranges": [{ "to": 1 }, { "from": 1 }] } } } });
    let counts = &search(&counted).body["meta"]["aggregations"]["events"]["buckets"];
    assert_eq!((&counts[0]["count"], &counts[1]["count"]), (&json!(1), &json!(2)), "{counts}");
    let searcher = server.token("demo", &["org.user.search.read", "org.user.customer.read"]);
    let by_events = json!({ "and": of("gte", json!(1)) });
    let refused = server.call_as(&searcher, Method::POST, "/v1/customers/search", Some(by_events)).expect(403);
    assert!(refused.text.contains("event.read"), "{}", refused.text);
    server.post("/v1/customers/search", json!({ "sort": [{ "tracking_events": "asc" }] })).expect(400);
    server.post("/v1/customers/archive/search", json!({ "and": of("gte", json!(1)) })).expect(400);
    server.post(&format!("/v1/customers/{ada}/erase"), json!({})).expect(204);
    assert_eq!(search(&json!({ "and": of("gte", json!(1)) })).ids(), [bob]);
}
