//! `GET /v1/customers/{id}/history`, `?rev=` and `?asOf=`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::place;
use crate::server::{Server, TOKEN};

/// The JSON of a customer's state, as the server wrote it.
fn data(text: &str) -> &str {
    text.strip_prefix("{\"data\":").and_then(|text| text.strip_suffix('}')).unwrap()
}

fn history(server: &Server, path: &str) -> Vec<Value> {
    let answer = server.get(&format!("{path}/history?pageSize=500")).expect(200);
    answer.data().as_array().unwrap().clone()
}

#[test]
fn a_history_tells_who_changed_what_when_and_from_where_newest_first() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let user = &customer["relationships"]["createdBy"]["data"]["id"];
    let request = server.request(Method::PATCH, path).bearer_auth(TOKEN).header("x-request-id", "import-17");
    crate::server::Answer::of(request.json(&json!({ "name": "Ada King", "locale": "en_GB" }))).expect(200);
    server.delete(path).expect(204);
    server.post(&format!("{path}/restore"), json!({})).expect(200);

    let entries = history(&server, path);
    let names: Vec<&str> = entries.iter().map(|entry| entry["attributes"]["eventName"].as_str().unwrap()).collect();
    let verbs = ["restore", "delete", "update", "create"];
    assert_eq!(names, verbs.map(|verb| format!("kustomer.customer.{verb}")));
    for (entry, rev) in entries.iter().zip([4, 3, 2, 1]) {
        assert_eq!(entry["type"], "history_entry");
        assert_eq!(entry["attributes"]["rev"], rev);
        assert_eq!((&entry["attributes"]["userId"], &entry["attributes"]["client"]), (user, &json!("api")));
        assert_eq!(entry["links"]["self"], format!("{path}?rev={rev}"));
    }
    let update = &entries[2]["attributes"];
    assert_eq!(update["requestId"], "import-17");
    let changed = &update["changes"]["attributes"];
    assert_eq!(changed["name"], json!({ "op": "replace", "before": "Ada", "after": "Ada King" }));
    assert_eq!(changed["locale"], json!({ "op": "add", "after": "en_GB" }));
    assert_eq!(changed["rev"], json!({ "op": "replace", "before": 1, "after": 2 }));
    assert!(entries[3]["attributes"]["changes"].is_null(), "a create changes nothing");
}

#[test]
fn a_history_is_read_page_by_page_to_its_end() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 0..6 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    let mut next = Some(format!("{path}/history?pageSize=3"));
    let mut revs = Vec::new();
    while let Some(link) = next {
        let page = server.get(&link).expect(200);
        assert_eq!(page.body["meta"]["total"], 7);
        let found = page.data().as_array().unwrap().iter().map(|entry| entry["attributes"]["rev"].as_u64().unwrap());
        revs.extend(found);
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(revs, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(server.get(&format!("{path}/history?page=9&pageSize=3")).expect(200).data(), &json!([]));
    server.get("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3/history").expect(404);
}

#[test]
fn every_revision_is_read_to_the_byte_as_it_was_answered_then() {
    let server = Server::start();
    let created = server.post("/v1/customers", crate::server::full_customer()).expect(201);
    let path = created.data()["links"]["self"].as_str().unwrap().to_owned();
    let mut states = vec![created.text];
    for number in 1..70 {
        let body = match number % 4 {
            0 => json!({ "name": format!("Ada {number}"), "tags": [], "company": null }),
            1 => json!({ "custom": { "scoreNum": f64::from(number) / 7.0, "goneStr": "back" }, "gender": null }),
            2 => {
                json!({ "emails": [{ "email": format!("a{number}@b.c") }], "sentiment": { "polarity": -1, "confidence": 0.1 } })
            }
            _ => json!({ "locations": [{ "name": "HQ", "latitude": 51.123_456_789, "longitude": -0.1 }] }),
        };
        let answer = match number % 10 {
            0 => server.put(&format!("{path}?replace=true"), body),
            _ => server.patch(&path, body),
        };
        states.push(answer.expect(200).text);
    }
    for (index, state) in states.iter().enumerate() {
        let read = server.get(&format!("{path}?rev={}", index + 1)).expect(200);
        assert_eq!(&read.text, state, "revision {}", index + 1);
        assert!(!read.header("etag").is_empty());
    }
    server.get(&format!("{path}?rev=71")).expect(404);
}

#[test]
fn a_change_of_one_custom_attribute_of_many_is_kept_and_shown_alone() {
    const CHANGES: usize = 10;
    let server = Server::on_file_with(&["--max-body", "1MB"]);
    let value = format!("https://acme.example/{}", "x".repeat(4_000));
    let custom: serde_json::Map<String, Value> =
        (0..90).map(|number| (format!("k{number}Url"), json!(value))).collect();
    let created = server.post("/v1/customers", json!({ "custom": custom })).expect(201);
    let path = created.data()["links"]["self"].as_str().unwrap().to_owned();
    let mut states = vec![created.text];
    for number in 0..CHANGES {
        states.push(server.patch(&path, json!({ "custom": { "stepNum": number, "k1Url": null } })).expect(200).text);
    }
    let entries = server.get(&format!("{path}/history")).expect(200);
    let told = |index: usize| &entries.data()[index]["attributes"]["changes"]["attributes"]["custom"];
    assert_eq!(told(0), &json!({ "op": "replace", "before": { "stepNum": 8 }, "after": { "stepNum": 9 } }));
    let first = json!({ "before": { "k1Url": value }, "after": { "k1Url": null, "stepNum": 0 } });
    assert_eq!((&told(9)["before"], &told(9)["after"]), (&first["before"], &first["after"]));
    assert!(entries.text.len() < 20_000, "{} bytes", entries.text.len());
    for kept in place::rows(server.database(), "SELECT changes FROM events WHERE rev > 2") {
        assert!(kept[0].len() < 2_000, "{kept:?}");
    }
    for (index, state) in states.iter().enumerate() {
        assert_eq!(&server.get(&format!("{path}?rev={}", index + 1)).expect(200).text, state);
    }
}

/// The rows that a read needs are determined by spoiling all others: a row that is read at all would fail it.
#[test]
fn of_a_thousand_revisions_a_read_takes_fewer_events_than_lie_between_two_states_kept_whole() {
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 2..=1_000 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    let then = server.get(&format!("{path}?rev=33")).expect(200);
    assert_eq!(then.attributes()["custom"]["stepNum"], 33);
    let whole = server.get(&format!("{path}/history?pageSize=500")).expect(200);
    assert_eq!(whole.body["meta"]["total"], 1_000);

    // 32 events: that of the revision, and what lies between it and the next state kept whole.
    let beyond = "rev NOT BETWEEN 33 AND 64";
    let spoil = format!("UPDATE events SET id = {}, changes = 'nothing' WHERE {beyond}", place::NO_ID_IN_EVENTS);
    place::rows(server.database(), &spoil);
    place::rows(server.database(), "UPDATE events SET snapshot = 'nothing' WHERE rev <> 64");
    assert_eq!(server.get(&format!("{path}?rev=33")).expect(200).text, then.text);
    for rev in 34..=64 {
        server.get(&format!("{path}?rev={rev}")).expect(200);
    }
    // The newest needs none; spoilt ones are reported, not guessed over.
    server.get(&format!("{path}?rev=1000")).expect(200);
    for rev in [1, 32, 65, 999] {
        server.get(&format!("{path}?rev={rev}")).expect(500);
    }
}

#[test]
fn a_customer_is_read_as_of_a_moment_it_lived_at() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "0", "createdAt": "2014-01-01T00:00:00Z" }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 1..5 {
        server.patch(path, json!({ "name": number.to_string() })).expect(200);
    }
    server.delete(path).expect(204);
    server.post(&format!("{path}/restore"), json!({})).expect(200);
    server.delete(path).expect(204);
    server.get(path).expect(404);

    let mut entries = history(&server, path);
    entries.reverse();
    let moment = |entry: &Value| entry["attributes"]["createdAt"].as_str().unwrap().to_owned();
    for (index, entry) in entries.iter().enumerate() {
        // Several may have happened in one millisecond; the last of them counts.
        let last = entries.iter().rposition(|other| moment(other) == moment(entry)).unwrap();
        let deleted = entries[last]["attributes"]["eventName"] == "kustomer.customer.delete";
        let read = server.get(&format!("{path}?asOf={}", moment(entry)));
        if deleted {
            let refused = read.expect(404);
            assert_eq!(refused.parameter(), "asOf");
            assert!(refused.error()["title"].as_str().unwrap().contains("deleted"), "{index}");
        } else {
            let rev = entries[last]["attributes"]["rev"].as_u64().unwrap();
            let by_rev = server.get(&format!("{path}?rev={rev}")).expect(200);
            assert_eq!(data(&read.expect(200).text), data(&by_rev.text));
        }
    }
    // A back-dated record did not exist earlier because of that.
    let before = server.get(&format!("{path}?asOf=2020-01-01T00:00:00Z")).expect(404);
    assert!(before.error()["title"].as_str().unwrap().contains("was not made by 2020-01-01"));
    server.get(&format!("{path}?asOf=9999-12-31T23:59:59Z")).expect(404);
    server.get(&format!("{path}?rev=6")).expect(404);
    assert_eq!(server.get(&format!("{path}?rev=5")).expect(200).attributes()["name"], "4");
}

#[test]
fn a_revision_or_moment_that_is_none_is_refused_by_name() {
    let server = Server::start();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    for (query, parameter) in [
        ("rev=0", "rev"),
        ("rev=-1", "rev"),
        ("rev=one", "rev"),
        ("rev=1.5", "rev"),
        ("rev=9223372036854775808", "rev"),
        ("asOf=yesterday", "asOf"),
        ("rev=1&asOf=2026-01-01T00:00:00Z", "asOf"),
    ] {
        assert_eq!(server.get(&format!("{path}?{query}")).expect(400).parameter(), parameter, "{query}");
    }
    for query in ["rev=2", "rev=9223372036854775807"] {
        assert_eq!(server.get(&format!("{path}?{query}")).expect(404).parameter(), "rev", "{query}");
    }
    server.get("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3?rev=1").expect(404);
}

#[test]
fn the_past_asks_for_the_event_role_besides_the_customers() {
    let server = Server::on_file();
    let customer = server.create(json!({}));
    let path = customer["links"]["self"].as_str().unwrap();
    let status = |roles: &[&str], path: &str| {
        let token = server.token("demo", roles);
        server.call_as(&token, Method::GET, path, None).status
    };
    let (history, rev) = (format!("{path}/history"), format!("{path}?rev=1"));
    let as_of = format!("{path}?asOf=9999-01-01");
    for path in [&history, &rev, &as_of] {
        assert_eq!(status(&["org.user.customer.read"], path), 403, "{path}");
        assert_eq!(status(&["org.permission.event.read"], path), 403, "{path}");
        assert_eq!(status(&["org.permission.customer.read", "org.user.event.read"], path), 200, "{path}");
    }
    assert_eq!(status(&["org.user.customer.read"], path), 200);
}
