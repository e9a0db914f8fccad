//! What other systems post to an inbound webhook becomes an event, whatever they write it in and whatever they try.

use std::cell::Cell;

use reqwest::Method;
use serde_json::{Value, json};

use crate::backup::goes_well;
use crate::erase::wait_for;
use crate::server::{Answer, Server};

/// An inbound webhook: its path, and the path to post to.
fn hook(server: &Server) -> (String, String) {
    let made = server.post("/v1/inbound-webhooks", json!({ "name": "Shop" })).expect(201);
    let path = made.data()["links"]["self"].as_str().unwrap().to_owned();
    let address = address(server, &path);
    (path, address)
}

fn address(server: &Server, path: &str) -> String {
    let shown = server.get(&format!("{path}/address")).expect(200).body;
    assert_eq!(shown["path"], json!(format!("/v1/hooks/web/{}", shown["hash"].as_str().unwrap())));
    shown["path"].as_str().unwrap().to_owned()
}

/// Posts without a credential.
fn post(server: &Server, address: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let mut request = server.request(Method::POST, address).body(body.into());
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    Answer::of(request)
}

fn received(server: &Server, path: &str) -> Value {
    server.get(path).expect(200).attributes()["received"].clone()
}

#[test]
fn a_post_is_raised_as_an_event_in_the_feed_and_in_the_history() {
    let server = Server::on_file();
    let (path, address) = hook(&server);
    let id = path.rsplit('/').next().unwrap().to_owned();
    let name = format!("kustomer.hooks.web.{id}.receive");
    let request = server.request(Method::POST, &format!("{address}?source=a&source=b&validate=x"));
    let request = request.header("x-hub-signature-256", "sha256=00").header("authorization", "Bearer of the sender");
    let raised = Answer::of(request.json(&json!({ "order": { "id": 7, "note": null } }))).expect(200).body;
    assert_eq!(raised["name"], json!(name));

    let got = received(&server, &path);
    assert_eq!(got["body"], json!({ "order": { "id": 7, "note": null } }));
    assert_eq!(got["query"], json!({ "source": ["a", "b"], "validate": "x" }));
    assert_eq!(
        (&got["contentType"], &got["headers"]["x-hub-signature-256"]),
        (&json!("application/json"), &json!("sha256=00"))
    );
    assert_eq!(got["headers"].get("authorization"), None);
    let file = [
        &b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.bin\"\r\n\r\n\x00\xff"[..],
        &[b'7'; 20_000],
        b"\r\n--x--\r\n",
    ];
    post(&server, &address, "multipart/form-data; boundary=x", file.concat()).expect(200);
    let kept = received(&server, &path)["body"]["f"].as_str().unwrap().to_owned();
    assert!(kept.starts_with("AP83Nzc3") && kept.len() == 26_672, "{}", kept.len());
    for (content_type, body, expected) in [
        ("application/x-www-form-urlencoded", "name=Ada+L&tag=a&tag=b", json!({ "name": "Ada L", "tag": ["a", "b"] })),
        (
            "text/xml",
            "<order id='7'><item>one</item><item>two</item></order>",
            json!({ "order": { "@id": "7", "item": ["one", "two"] } }),
        ),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n",
            json!({ "a": "1" }),
        ),
        ("", "[1]", json!([1])),
        ("application/json", "", Value::Null),
    ] {
        post(&server, &address, content_type, body).expect(200);
        assert_eq!(received(&server, &path)["body"], expected, "{content_type}");
    }

    let events = || {
        let feed = server.get("/v1/events?filter[objectType]=inbound_webhook&pageSize=100").expect(200);
        feed.data().as_array().unwrap().iter().filter(|event| event["name"] == json!(name)).cloned().collect::<Vec<_>>()
    };
    wait_for("the feed", || events().len() == 7);
    let first = events()[0].clone();
    assert_eq!((&first["id"], &first["userId"]), (&raised["id"], &Value::Null));
    assert_eq!(first["data"]["attributes"]["received"], got);
    let history = server.get(&format!("{path}/history")).expect(200);
    assert_eq!(history.ids().len(), 8);
    assert_eq!(server.get(&format!("{path}?rev=2")).expect(200).attributes()["received"], got);
    // The address is nowhere in what others are shown.
    let hash = address.rsplit('/').next().unwrap();
    for shown in [&path, "/v1/inbound-webhooks", "/v1/events?pageSize=100", &format!("{path}/history")] {
        assert!(!server.get(shown).expect(200).text.contains(&hash[48..]), "{shown}");
    }
    // Nothing is stored of a validated post.
    post(&server, &format!("{address}?validateOnly=true"), "application/json", "[2]").expect(200);
    assert_eq!(received(&server, &path)["body"], Value::Null);
}

#[test]
fn an_address_is_good_for_its_webhook_until_it_is_replaced_disabled_or_deleted() {
    let server = Server::on_file();
    let (path, former) = hook(&server);
    let (_, other) = hook(&server);
    let status = |address: &str| post(&server, address, "application/json", "{}").status;
    assert_eq!(status(&former), 200);
    // Neither the webhook of one with the signature of another, nor anything that is no hash.
    let mixed = format!("{}{}", &former[..former.len() - 32], &other[other.len() - 32..]);
    for wrong in [
        &mixed,
        &former[..former.len() - 1],
        "/v1/hooks/web/5c7d",
        "/v1/hooks/web/%00",
        &former.replace("web/", "web/0"),
    ] {
        let refused = post(&server, wrong, "application/json", "{}").expect(404);
        assert_eq!(refused.error()["code"], "notfound", "{wrong}");
    }
    server.put(&path, json!({ "rotateHash": true })).expect(200);
    let next = address(&server, &path);
    assert_eq!((status(&former), status(&next), status(&other)), (404, 200, 200));
    for change in [json!({ "enabled": false }), json!({ "deleted": true })] {
        server.put(&path, change).expect(200);
        assert_eq!(status(&next), 404);
        server.put(&path, json!({ "enabled": true, "deleted": false })).expect(200);
        assert_eq!(status(&next), 200);
    }
    // Another org's keys see nothing of it, and a key that may only read it does not learn the address.
    server.org("other");
    let foreign = server.token("other", &["org"]);
    assert_eq!(server.call_as(&foreign, Method::GET, &format!("{path}/address"), None).status, 404);
    let reader = server.token("demo", &["org.permission.hook.read"]);
    server.call_as(&reader, Method::GET, &path, None).expect(200);
    assert_eq!(server.call_as(&reader, Method::GET, &format!("{path}/address"), None).status, 403);
    let stranger = server.token("demo", &["org.user.event.read", "org.user.customer.read"]);
    assert_eq!(
        server.call_as(&stranger, Method::GET, "/v1/events?filter[objectType]=inbound_webhook", None).status,
        403
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason_and_raises_nothing() {
    let server = Server::on_file();
    let (path, address) = hook(&server);
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(30_000), close.repeat(30_000));
    let (json, xml) = ("application/json", "application/xml");
    let keys = (0..20_000).map(|key| format!("\"{key}\":0")).collect::<Vec<_>>().join(",");
    let largest = format!("\"{}\"", "x".repeat(399_998));
    post(&server, &address, json, largest).expect(200);
    let large = format!("POST {address} HTTP/1.1\r\nHost: a\r\nContent-Type: {json}\r\nContent-Length: 400001\r\n\r\n");
    assert!(server.raw(large.as_bytes()).starts_with("HTTP/1.1 413"));
    let attempts: Vec<(&str, Vec<u8>, u16)> = vec![
        (json, deep("[", "]").into(), 400),
        (json, format!("{{{keys}}}").into(), 400),
        (json, "{".into(), 400),
        (json, b"\"\xff\"".into(), 400),
        (json, "\"a\"".encode_utf16().flat_map(u16::to_le_bytes).collect(), 400),
        ("application/json; charset=iso-8859-1", "{}".into(), 415),
        ("text/plain", "hello".into(), 415),
        ("", "hello".into(), 400),
        (xml, deep("<a>", "</a>").into(), 400),
        (xml, "<!DOCTYPE a [<!ENTITY b \"x\">]><a>&b;</a>".into(), 400),
        (xml, "<a><b></a>".into(), 400),
        (xml, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>".into(), 415),
        ("multipart/form-data", "--x".into(), 400),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n".into(), 400),
        ("application/x-www-form-urlencoded", b"a=\xff".into(), 400),
    ];
    for (content_type, body, status) in attempts {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let refused = post(&server, &address, content_type, body);
        assert_eq!(refused.status, status, "{content_type} {shown}: {}", refused.text);
        assert!(refused.error()["title"].is_string());
    }
    assert_eq!(server.get(&path).expect(200).attributes()["rev"], 2);
}

#[test]
fn a_post_is_erased_from_the_record_its_past_and_the_feed() {
    let server = Server::on_file();
    let (path, address) = hook(&server);
    let said = |word: &str| post(&server, &address, "application/json", format!("{{\"word\":\"{word}\"}}")).expect(200);
    said("zqposted1");
    said("zqposted2");
    let erase = format!("{path}/received");
    // A key that may do everything else with webhooks may not.
    let hooks = server.token("demo", &["org.admin.hooks", "org.permission.hook"]);
    server.call_as(&hooks, Method::DELETE, &erase, None).expect(403);
    server.delete(&format!("{erase}?validateOnly=true")).expect(204);
    assert_eq!(received(&server, &path)["body"]["word"], "zqposted2");
    server.delete(&erase).expect(204);
    assert!(received(&server, &path).is_null());
    let feed = "/v1/events?filter[objectType]=inbound_webhook&pageSize=100";
    wait_for("the erasure in the feed", || server.get(feed).expect(200).text.contains("inbound_webhook.redact"));
    let history = server.get(&format!("{path}/history")).expect(200);
    assert_eq!(history.ids().len(), 4);
    let audit = "/v1/audit-logs?filter[objectType]=inbound_webhook";
    for shown in [feed, audit, &path, &format!("{path}/history"), "/v1/inbound-webhooks"] {
        assert!(!server.get(shown).expect(200).text.contains("zqposted"), "{shown}");
    }
    let gone = server.get(&format!("{path}?rev=2")).expect(404);
    assert!(gone.error()["title"].as_str().unwrap().contains("erased or redacted since"), "{}", gone.text);
    // The address continues to work, and of a deleted webhook the posts are erased, too.
    said("zqposted3");
    server.delete(&path).expect(204);
    server.delete(&erase).expect(204);
    wait_for("the second erasure", || !server.get(feed).expect(200).text.contains("zqposted"));
    server.delete("/v1/inbound-webhooks/5c7d1a1f9a1b2c0010a1b2c3/received").expect(404);
    let traces = crate::place::rows(server.database(), "SELECT document FROM inbound_webhooks");
    assert!(!traces[0][0].contains("zqposted"));
}

#[test]
fn posts_about_a_customer_are_erased_with_the_customer_and_earlier_ones_stay() {
    let server = Server::on_file();
    let ((path, address), (other, others)) = (hook(&server), hook(&server));
    let (deleted, of_deleted) = hook(&server);
    let customer = json!({ "name": "Ada", "emails": [{ "email": "zqada@acme.example" }], "phones": [{ "phone": "+1 (415) 555-0177" }] });
    let customer = server.create(customer);
    let customer = customer["links"]["self"].as_str().unwrap();
    // An address that she had is hers, too.
    server.patch(customer, json!({ "emails": [{ "email": "zqbyron@acme.example" }] })).expect(200);
    let said = |address: &str, body: Value| post(&server, address, "application/json", body.to_string()).expect(200);
    said(&address, json!({ "word": "zqbefore" }));
    said(&address, json!({ "buyer": { "mail": "ZQADA@acme.example", "word": "zqsecret" } }));
    said(&address, json!({ "word": "zqafter" }));
    said(&others, json!({ "buyer": "zqadamant@acme.example", "word": "zqstranger" }));
    post(&server, &of_deleted, "application/x-www-form-urlencoded", "tel=1-415-555-0177&word=zqcalled").expect(200);
    server.delete(&deleted).expect(204);

    server.post(&format!("{customer}/erase?validateOnly=true"), json!({})).expect(204);
    assert_eq!(received(&server, &path)["body"]["word"], "zqafter");
    server.post(&format!("{customer}/erase"), json!({})).expect(204);
    assert!(received(&server, &path).is_null());
    assert_eq!(received(&server, &other)["body"]["word"], "zqstranger");
    // The last state before the post about her is there to the byte; nothing since is.
    assert_eq!(server.get(&format!("{path}?rev=2")).expect(200).attributes()["received"]["body"]["word"], "zqbefore");
    for rev in [3, 4] {
        server.get(&format!("{path}?rev={rev}")).expect(404);
    }
    let feed = "/v1/events?filter[objectType]=inbound_webhook&pageSize=100";
    wait_for("the erasure in the feed", || {
        server.get(feed).expect(200).text.matches("inbound_webhook.redact").count() == 2
    });
    let audit = "/v1/audit-logs?filter[objectType]=inbound_webhook";
    for shown in [feed, audit, &path, &format!("{path}/history"), "/v1/inbound-webhooks"] {
        let text = server.get(shown).expect(200).text;
        for word in ["zqsecret", "zqafter", "zqcalled", "zqada@"] {
            assert!(!text.to_lowercase().contains(word), "{word} in {shown}");
        }
    }
    let rows = crate::place::everything(server.database());
    for word in ["zqsecret", "zqafter", "zqcalled"] {
        assert!(!rows.contains(word), "{word}");
    }
    // The address continues to work.
    said(&address, json!({ "word": "zqnext" }));
    assert_eq!(received(&server, &path)["body"]["word"], "zqnext");
}

#[test]
fn posts_that_are_too_old_are_erased_and_newer_ones_stay() {
    // Two seconds.
    let server = Server::on_file_with(&["--post-retention", "0.00056"]);
    let (path, address) = hook(&server);
    let shows = |path: &str, word: &str| server.get(path).expect(200).text.contains(word);
    let say = |word: &str| post(&server, &address, "application/json", json!(word).to_string()).expect(200);
    say("zqalone");
    wait_for("the only post to be erased", || received(&server, &path).is_null());
    for path in [&path, "/v1/events?last=100", "/v1/audit-logs?count=100", &format!("{path}/history")] {
        assert!(!shows(path, "zqalone"), "{path}");
    }

    say("zqfirst");
    let first = server.get(&path).expect(200).attributes()["rev"].as_u64().unwrap();
    let former = format!("{path}?rev={first}");
    let number = Cell::new(0);
    wait_for("the first of many posts to be erased", || {
        number.set(number.get() + 1);
        let word = format!("zqpost{}", number.get());
        say(&word);
        assert_eq!(received(&server, &path)["body"], json!(word));
        server.get(&former).status == 404
    });
    let number = number.get();
    let history = format!("{path}/history?pageSize=100");
    assert!(!shows(&history, "zqfirst") && shows(&history, &format!("zqpost{number}")));
    assert!(!shows("/v1/events?last=100", "zqfirst"));
    // The chain of the events is whole, and the erased ones are known as such.
    let found = goes_well(&["check", "--database", server.database()]);
    assert_eq!(found["findings"], json!([]));
}
