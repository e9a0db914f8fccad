//! One org that asks for more than the server can do, beside another that asks for little.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Writer;
use crate::server::{Server, TOKEN};

const SEARCH: &str = "/v1/customers/search";

/// Two letters that begin a word of every customer's biography, and none of the other text.
fn word(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    format!("{}{}", letter(number / 26), letter(number))
}

/// A hundred criteria that each customer has to be tested for, and meets none of.
fn expensive() -> Value {
    let criterion = |number| json!({ "customer_custom_otherTxt": { "contains": word(number) } });
    let group = |first| json!({ "or": (first..first + 20).map(criterion).collect::<Vec<_>>() });
    json!({ "or": (0..5).map(|number| group(number * 20)).collect::<Vec<_>>() })
}

fn fill(server: &Server, count: usize) {
    let bio: String = (0..100).map(|number| format!("{}zz ", word(number))).collect();
    let other: String = (0..200).map(|number| format!("z{number} ")).collect();
    let body = json!({ "custom": { "bioTxt": bio, "otherTxt": other } });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..count / 8).for_each(|_| drop(server.create(body.clone()))));
        }
    });
}

/// Sends a request and leaves it at that.
fn send(server: &Server, token: &str, path: &str, body: Option<&Value>) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Asks until the answer is 200. A key that was refused before had asked too often.
fn until_answered(server: &Server, body: &Value) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = server.post(SEARCH, body.clone());
        match answer.status {
            200 => return,
            429 | 503 => assert!(Instant::now() < end, "not answered: {}", answer.text),
            other => panic!("{other}: {}", answer.text),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn one_key_that_waits_for_expensive_searches_shuts_nobody_else_out() {
    let server = Server::on_file_with(&["--max-in-flight", "64"]);
    server.org("other");
    let other = server.token("other", &["org"]);
    fill(&server, 800);
    let made = server.call_as(&other, Method::POST, "/v1/customers", Some(json!({ "name": "Ada" }))).expect(201);
    let path = made.data()["links"]["self"].as_str().unwrap().to_owned();

    let exact = format!("{SEARCH}?total=exact");
    let body = expensive();
    let waiting: Vec<TcpStream> = (0..300).map(|_| send(&server, TOKEN, &exact, Some(&body))).collect();
    let cheap = json!({ "and": { "customer_name": { "contains": "ada" } } });
    for round in 0..15 {
        let get = |path: &str| server.call_as(&other, Method::GET, path, None).expect(200);
        assert_eq!(get("/v1/customers").ids().len(), 1);
        get(&path);
        get("/v1/events");
        get(&format!("{path}/history"));
        let found = server.call_as(&other, Method::POST, SEARCH, Some(cheap.clone())).expect(200);
        assert_eq!(found.ids().len(), 1);
        let change = json!({ "username": format!("ada{round}") });
        server.call_as(&other, Method::PATCH, &path, Some(change)).expect(200);
        // The org itself is only kept waiting for its searches.
        server.get("/v1/customers?pageSize=1").expect(200);
    }
    // Once its clients have hung up, the key has its turns again.
    drop(waiting);
    until_answered(&server, &cheap);
    for _ in 0..300 {
        drop(send(&server, TOKEN, &exact, Some(&body)));
    }
    until_answered(&server, &cheap);
}

#[test]
fn an_org_whose_requests_wait_for_the_database_leaves_places_for_another() {
    let server = Server::on_file_with(&["--max-in-flight", "64"]);
    server.org("other");
    let other = server.token("other", &["org"]);
    let made = server.call_as(&other, Method::POST, "/v1/customers", Some(json!({ "name": "Ada" }))).expect(201);
    let path = made.data()["links"]["self"].as_str().unwrap().to_owned();
    let writer = Writer::of(server.database());
    let body = json!({ "name": "Grace" });
    let mut waiting = Vec::new();
    // A read of the org is refused once its creates have all the places that it may have.
    let end = Instant::now() + Duration::from_secs(60);
    while server.get("/v1/customers?pageSize=1").status != 503 {
        assert!(Instant::now() < end, "nothing is refused");
        waiting.extend((0..64).map(|_| send(&server, TOKEN, "/v1/customers", Some(&body))));
    }
    for path in ["/v1/customers", &path, "/v1/events"] {
        server.call_as(&other, Method::GET, path, None).expect(200);
    }
    writer.end();
    drop(waiting);
}

#[test]
fn a_key_with_too_many_searches_has_to_wait() {
    let server = Server::start();
    fill(&server, 800);
    let exact = format!("{SEARCH}?total=exact");
    // Far more than may wait, however few of them wait at the same moment: each would take a long turn.
    let mut waiting: Vec<(TcpStream, Vec<u8>)> =
        (0..400).map(|_| (send(&server, TOKEN, &exact, Some(&expensive())), Vec::new())).collect();
    let end = Instant::now() + Duration::from_secs(60);
    let is_told = |answer: &str| answer.starts_with("HTTP/1.1 429") && answer.contains("ratelimited");
    let told = loop {
        let mut answers = waiting.iter_mut().map(|(stream, answer)| answer_so_far(stream, answer));
        if let Some(told) = answers.find(|answer| is_told(answer)) {
            break told;
        }
        assert!(Instant::now() < end, "none of them is refused");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(told.to_ascii_lowercase().contains("\r\nretry-after: 1\r\n"), "{told}");
}

/// The state of an answer, without waiting for more.
fn answer_so_far(stream: &mut TcpStream, answer: &mut Vec<u8>) -> String {
    stream.set_nonblocking(true).unwrap();
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut bytes) {
        answer.extend_from_slice(&bytes[..length]);
    }
    String::from_utf8_lossy(answer).into_owned()
}

#[test]
fn waiters_at_the_feed_of_one_org_leave_room_for_another() {
    let server = Server::on_file_with(&["--max-feed-waiters", "32"]);
    server.org("other");
    let other = server.token("other", &["org"]);
    server.create(json!({ "name": "Ada" }));
    crate::events::first(&server, 1);
    let end = |token: &str| {
        let events = server.call_as(token, Method::GET, "/v1/events?pageSize=500", None).expect(200);
        let after = events.ids().last().map(|last| format!("after={last}&")).unwrap_or_default();
        format!("/v1/events?{after}wait=")
    };
    let (busy, quiet) = (end(TOKEN), end(&other));
    let mut waiting: Vec<TcpStream> = (0..40).map(|_| send(&server, TOKEN, &format!("{busy}30"), None)).collect();
    // One more than there is room for is refused at once: then all places that the org may have are taken.
    let until = Instant::now() + Duration::from_secs(60);
    while server.get(&format!("{busy}1")).status != 503 {
        assert!(Instant::now() < until, "nobody is turned away");
        // It took a place before one of those above, and has just left it.
        waiting.push(send(&server, TOKEN, &format!("{busy}30"), None));
    }
    server.call_as(&other, Method::GET, &format!("{quiet}1"), None).expect(200);
    drop(waiting);
}
