//! Answers on the wire: clients that read slowly or not at all, gzip, other origins, and HTTP/2.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

pub(crate) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    // Only so that a failure ends.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn ask(server: &Server, path: &str) -> TcpStream {
    let mut stream = connect(server);
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Custom attributes of about a kilobyte each.
fn custom(count: usize) -> Value {
    let attribute = |number: usize| (format!("k{number}Txt"), json!("x".repeat(1_000)));
    (0..count).map(attribute).collect::<serde_json::Map<_, _>>().into()
}

/// Customers of about 90 kB each.
pub(crate) fn fill(server: &Server, count: usize) {
    for number in 0..count {
        server.create(json!({ "externalId": format!("{number}"), "custom": custom(90) }));
    }
}

/// The bytes that the server holds for clients that have not read them.
pub(crate) fn unread(server: &Server) -> usize {
    let metrics = server.request(Method::GET, "/metrics").send().unwrap().text().unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("kustodian_unread_bytes ")).unwrap();
    line.parse().unwrap()
}

pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_slow_reader_gets_its_whole_answer_and_who_reads_nothing_is_dropped() {
    let server = Server::start_with(&["--head-timeout", "1"]);
    fill(&server, 80);
    let path = "/v1/customers?pageSize=80";
    let whole = server.get(path).expect(200).text.len();

    let mut slow = ask(&server, path);
    let (mut received, mut chunk, began) = (Vec::new(), vec![0; 1024 * 1024], Instant::now());
    while received.len() < whole {
        // Longer than the timeout in all, though never silent for so long.
        std::thread::sleep(Duration::from_millis(400));
        let count = slow.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "cut off after {} of {whole} bytes", received.len());
        received.extend_from_slice(&chunk[..count]);
    }
    assert!(began.elapsed() > Duration::from_secs(2), "it was not slow");

    let idle = ask(&server, path);
    wait_until("the answer waits", || unread(&server) > 0);
    wait_until("its reader is dropped", || unread(&server) == 0);
    drop(idle);
}

#[test]
fn what_waits_to_be_read_is_bounded() {
    let server = Server::start_with(&["--max-unread", "20MB"]);
    fill(&server, 40);
    let path = "/v1/customers?pageSize=40";
    let idle: Vec<TcpStream> = (0..2).map(|_| ask(&server, path)).collect();
    // A quarter is the share of a key, and somebody who holds nothing may have one answer in any case.
    wait_until("an answer waits", || unread(&server) > 3_000_000);
    let refused = server.get(path).expect(503);
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.body.to_string().contains("wait to be read"), "{}", refused.body);
    server.get("/v1/users/current").expect(200);
    drop(idle);
    wait_until("the connections are gone", || unread(&server) == 0);
    server.get(path).expect(200);
}

#[test]
fn a_key_whose_answers_wait_to_be_read_is_refused_before_anything_is_written() {
    // A single answer is more than the share of a key.
    let server = Server::start_with(&["--max-unread", "8MB"]);
    fill(&server, 40);
    let idle = ask(&server, "/v1/customers?pageSize=40");
    wait_until("an answer waits", || unread(&server) > 3_000_000);
    let refused = server.post("/v1/customers", json!({ "externalId": "late" })).expect(503);
    assert!(refused.body.to_string().contains("wait to be read"), "{}", refused.body);
    drop(idle);
    wait_until("the connection is gone", || unread(&server) == 0);
    server.get("/v1/customers/externalId=late").expect(404);
}

#[test]
fn large_answers_are_compressed_for_those_who_ask() {
    let server = Server::start();
    fill(&server, 3);
    let get = |path: &str, accept: &str| {
        server.request(Method::GET, path).bearer_auth(TOKEN).header("accept-encoding", accept).send().unwrap()
    };
    let plain = server.get("/v1/customers");
    assert_eq!(plain.header("content-encoding"), "");
    let packed = get("/v1/customers", "deflate, gzip;q=0.5");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert!(packed.headers()["vary"].to_str().unwrap().contains("Accept-Encoding"));
    assert_eq!(packed.headers().get("etag").unwrap(), plain.header("etag"));
    let packed = packed.bytes().unwrap();
    assert!(packed.len() < plain.text.len() / 10, "{} bytes", packed.len());
    let mut unpacked = String::new();
    GzDecoder::new(&*packed).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.text);
    for (path, accept) in [("/v1/customers", "gzip;q=0"), ("/v1/customers", "br"), ("/v1/users/current", "gzip")] {
        assert!(!get(path, accept).headers().contains_key("content-encoding"), "{path} {accept}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_body_is_taken_up_to_the_size_of_a_plain_one() {
    let server = Server::start();
    let send = |coding: &str, body: Vec<u8>| {
        let request = server.request(Method::POST, "/v1/customers").bearer_auth(TOKEN);
        Answer::of(request.header("content-encoding", coding).header("content-type", "application/json").body(body))
    };
    let made = send("gzip", gzip(r#"{"name":"Ada"}"#)).expect(201);
    assert_eq!(made.attributes()["name"], "Ada");
    let bomb = gzip(&format!(r#"{{"name":"{}"}}"#, "x".repeat(50_000_000)));
    assert!(bomb.len() < 100_000);
    send("gzip", bomb).expect(413).error();
    let half = gzip(r#"{"name":"Ada"}"#);
    assert_eq!(send("gzip", half[..half.len() / 2].to_vec()).expect(400).parameter(), "body");
    assert_eq!(send("gzip", b"{}".to_vec()).expect(400).parameter(), "body");
    assert_eq!(send("br", b"{}".to_vec()).expect(400).parameter(), "Content-Encoding");
    assert_eq!(send("gzip, gzip", gzip("{}")).expect(400).parameter(), "Content-Encoding");
    send("identity", b"{}".to_vec()).expect(201);
}

#[test]
fn pages_of_other_origins_may_ask_when_they_are_named() {
    let closed = Server::start();
    let origin = "https://crm.example";
    let ask = |server: &Server, method: Method, origin: &str| {
        let request = server.request(method, "/v1/customers").header("origin", origin).bearer_auth(TOKEN);
        request
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization")
    };
    let answer = ask(&closed, Method::GET, origin).send().unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));

    let server = Server::start_with(&["--cors-origin", "https://crm.example,http://localhost:5173"]);
    let preflight = ask(&server, Method::OPTIONS, origin).send().unwrap();
    assert_eq!(preflight.status(), 200);
    assert_eq!(preflight.headers()["access-control-allow-origin"], origin);
    assert_eq!(preflight.headers()["access-control-allow-headers"], "authorization");
    assert!(preflight.headers()["access-control-allow-methods"].to_str().unwrap().contains("PATCH"));
    assert!(!preflight.headers().contains_key("access-control-allow-credentials"));
    let answer = ask(&server, Method::GET, origin).send().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], origin);
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    for name in ["etag", "x-request-id", "x-ratelimit-remaining", "retry-after"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let vary: Vec<&str> = answer.headers().get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.join(",").to_lowercase().contains("origin"), "{vary:?}");
    for method in [Method::GET, Method::OPTIONS] {
        let stranger = ask(&server, method, "https://elsewhere.example").send().unwrap();
        assert!(!stranger.headers().contains_key("access-control-allow-origin"));
    }
}

/// What curl, which speaks HTTP/2 by another implementation than ours, makes of a request: body, status and version.
fn curl(arguments: &[&str]) -> (Value, String) {
    let mut command = Command::new("curl");
    let output = command.args(["--silent", "--show-error", "--write-out", "\n%{http_code} %{http_version}"]);
    let output = output_of(output.args(["--header", &format!("Authorization: Bearer {TOKEN}")]).args(arguments));
    let (body, end) = output.rsplit_once('\n').unwrap();
    (serde_json::from_str(body).unwrap(), end.to_owned())
}

fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn http2_is_spoken_by_prior_knowledge_and_over_tls() {
    let server = Server::start();
    fill(&server, 10);
    let url = format!("{}/v1/customers?pageSize=10", server.url);
    let (list, how) = curl(&["--http2-prior-knowledge", &url]);
    assert_eq!(how, "200 2");
    assert_eq!(list["data"].as_array().unwrap().len(), 10);
    let customers = format!("{}/v1/customers", server.url);
    let (made, how) = curl(&["--http2-prior-knowledge", "--json", r#"{"name":"Ada"}"#, &customers]);
    assert_eq!((how.as_str(), &made["data"]["attributes"]["name"]), ("201 2", &json!("Ada")));
    assert_eq!(curl(&[&url]).1, "200 1.1");
    wait_until("nothing is held any more", || unread(&server) == 0);

    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let server = Server::start_with(&["--tls-cert", &cert, "--tls-key", &key]);
    let url = format!("{}/v1/users/current", server.url);
    assert_eq!(curl(&["--cacert", &cert, &url]).1, "200 2");
    assert_eq!(curl(&["--cacert", &cert, "--http1.1", &url]).1, "200 1.1");
}

#[test]
fn heads_that_two_readers_could_understand_in_two_ways_are_refused() {
    let server = Server::start();
    let ask = |path: &str, version: &str, lines: &str| {
        let answer = server.raw(format!("GET {path} {version}\r\nConnection: close\r\n{lines}\r\n").as_bytes());
        answer[9..12].parse::<u16>().unwrap()
    };
    let key = format!("Authorization: Bearer {TOKEN}\r\n");
    for path in ["/v1/users/current", "/healthz"] {
        assert_eq!(ask(path, "HTTP/1.1", &format!("Host: x\r\n{key}")), 200);
        assert_eq!(ask(path, "HTTP/1.0", &key), 200);
        for lines in [
            key.clone(),
            format!("Host: x\r\nHost: x\r\n{key}"),
            format!("Host: x, y\r\n{key}"),
            format!("Host: x/y\r\n{key}"),
            format!("Host: x\r\n{key}{key}"),
            format!("Host: x\r\n{key}Transfer-Encoding: gzip, chunked\r\n"),
            format!("Host: x\r\n{key}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ] {
            assert_eq!(ask(path, "HTTP/1.1", &lines), 400, "{path} {lines}");
        }
    }
}

#[test]
fn the_openapi_document_is_sent_once() {
    let server = Server::start();
    let get = || server.request(Method::GET, "/openapi.json");
    let first = Answer::of(get()).expect(200);
    let again = get().header("if-none-match", first.header("etag")).send().unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["etag"], first.header("etag"));
    let packed = get().header("accept-encoding", "gzip").send().unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let mut unpacked = String::new();
    GzDecoder::new(&*packed.bytes().unwrap()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, first.text);
}

#[test]
fn a_page_by_cursor_ends_when_it_is_full_and_continues_behind() {
    let server = Server::start();
    fill(&server, 400);
    const FULL: usize = 8 * 1024 * 1024;
    for first in ["/v1/customers?cursor=*&pageSize=1000", "/v1/events?pageSize=1000", "/v1/events?last=390"] {
        let (mut next, mut ids, mut pages) = (Some(first.to_owned()), Vec::new(), 0);
        while let Some(path) = next {
            let page = server.get(&path).expect(200);
            assert!(page.text.len() < FULL + 16 * 1024, "{} bytes at {path}", page.text.len());
            if page.ids().is_empty() {
                break;
            }
            ids.extend(page.ids());
            pages += 1;
            next = page.body["links"]["next"].as_str().map(ToOwned::to_owned);
        }
        let found = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), found, "nothing twice from {first}");
        assert!(found >= 390 && pages >= 4, "{found} in {pages} pages from {first}");
    }
}

/// A body that is announced with so many bytes, and sent but for the last of them.
fn send_most_of(server: &Server, token: &str, length: usize) -> TcpStream {
    let mut stream = connect(server);
    let head = format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server need not read a body that it refuses.
    drop(stream.write_all(&vec![b' '; length - 1]));
    stream
}

#[test]
fn large_bodies_that_are_arriving_have_a_bound_together_and_leave_room_for_other_orgs() {
    // 16 places.
    let server = Server::on_file_with(&["--max-body", "4MiB", "--body-timeout", "60"]);
    server.org("other");
    let other = server.token("other", &["org"]);
    let mut open: Vec<TcpStream> = (0..20).map(|_| send_most_of(&server, TOKEN, 1_000_000)).collect();
    let is_refused = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).is_ok_and(|()| &status == b"HTTP/1.1 503")
    };
    let refused = open.iter_mut().filter_map(|stream| is_refused(stream).then_some(())).count();
    assert!((4..=7).contains(&refused), "{refused} of 20");
    // Small bodies of the same org, and large ones of another, are read meanwhile.
    server.create(json!({ "name": "small" }));
    let large = json!({ "custom": custom(9) });
    server.call_as(&other, Method::POST, "/v1/customers", Some(large.clone())).expect(201);
    drop(open);
    wait_until("the places come back", || server.post("/v1/customers", large.clone()).status == 201);
}
