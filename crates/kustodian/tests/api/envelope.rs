//! What holds for every answer, and for clients that misbehave.

use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, Server, TOKEN};

#[test]
fn a_request_keeps_the_name_its_client_gave_it() {
    let server = Server::start();
    let named = |id: &str| {
        let request = server.request(Method::GET, "/v1/users/current").bearer_auth(TOKEN).header("x-request-id", id);
        Answer::of(request).expect(200).header("x-request-id").to_owned()
    };
    assert_eq!(named("mine-1"), "mine-1");
    assert_ne!(named("not mine"), "not mine");
    assert_ne!(named(&"x".repeat(129)), "x".repeat(129));
}

#[test]
fn a_request_that_is_no_http_does_not_disturb_others() {
    let server = Server::start();
    for bytes in [&b"\0\0\0\0"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"] {
        let answer = server.raw(bytes);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let smuggled = server.raw(
        b"POST /v1/customers HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    assert!(!smuggled.contains("HTTP/1.1 201"), "{smuggled}");
    server.get("/v1/customers").expect(200);
}

#[test]
fn a_body_that_ends_early_is_a_client_gone_and_nothing_is_made() {
    let server = Server::start();
    let head = format!(
        "POST /v1/customers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
    );
    let mut stream = std::net::TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    drop(stream);
    assert_eq!(server.get("/v1/customers").body["meta"]["total"], 0);
}

#[test]
fn an_announced_body_that_is_too_large_is_refused_before_it_is_sent() {
    let server = Server::start();
    let answer = server.raw(
        format!("POST /v1/customers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: 999999999\r\n\r\n").as_bytes(),
    );
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("toolarge"));
}

#[test]
fn a_client_that_sends_all_of_a_refused_body_first_reads_the_answer() {
    let server = Server::start();
    let customers = "POST /v1/customers";
    let piece = [b'x'; 64 * 1024];
    for (request, key, status) in [
        (customers, TOKEN, 413),
        (customers, "nobodys", 401),
        ("POST /v1/nowhere", TOKEN, 404),
        ("PUT /v1/audit-logs", TOKEN, 405),
    ] {
        let mut stream = std::net::TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
        let length = 48 * piece.len();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        for _ in 0..48 {
            // The answer is there long before the end.
            std::thread::sleep(std::time::Duration::from_millis(2));
            std::io::Write::write_all(&mut stream, &piece).unwrap();
        }
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }
}

#[test]
fn many_query_parameters_and_long_paths_are_borne() {
    let server = Server::start();
    let many: String = (0..2_000).map(|number| format!("p{number}=1&")).collect();
    server.get(&format!("/v1/customers?{many}")).expect(400);
    server.get(&format!("/v1/customers/externalId={}", "x".repeat(20_000))).expect(404);
    server.post("/v1/customers", json!({ "name": "still here" })).expect(201);
}
