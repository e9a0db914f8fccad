//! The server with clients that send nothing, and with those that send no HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Server, TOKEN};

/// A connection that has sent this.
fn saying(server: &Server, words: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    // Only so that a failure ends.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(words.as_bytes()).unwrap();
    stream
}

/// The bytes until the server closes the connection.
fn until_closed(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_connection_that_says_nothing_for_too_long_is_closed() {
    let server = Server::start_with(&["--head-timeout", "1"]);
    let request = format!("GET /v1/users/current HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n");
    assert_eq!(until_closed(saying(&server, "")), "");
    assert_eq!(until_closed(saying(&server, &request)), "", "a head that does not end");
    let answer = until_closed(saying(&server, &format!("{request}\r\n")));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1);
}

#[test]
fn who_waits_for_an_answer_is_not_silent() {
    let server = Server::start_with(&["--head-timeout", "1"]);
    server.create(json!({}));
    let events = server.get("/v1/events?pageSize=500").expect(200);
    let last = events.data().as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let request = format!("GET /v1/events?after={last}&wait=3 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    let answer = until_closed(saying(&server, &format!("{request}authorization: Bearer {TOKEN}\r\n\r\n")));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_request_that_is_no_http_is_refused_in_the_form_of_every_other_answer() {
    let server = Server::start();
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(65_600));
    for (words, statuses) in
        [("GET\r\n\r\n", &[400][..]), ("GET / HTTP/1.1\r\n: x\r\n\r\n", &[400]), (&many, &[431]), (&long, &[414, 431])]
    {
        let answer = server.raw(words.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status: u64 = head[9..12].parse().unwrap();
        assert!(statuses.contains(&status), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["errors"][0]["status"], status, "{body}");
        for header in ["x-content-type-options: nosniff", "x-request-id: ", "content-type: application/json", "date: "]
        {
            assert!(head.contains(header), "{header} is not in {head}");
        }
        assert!(head.contains("connection: close"), "{head}");
    }
}

/// Where memory is measured, a limit of 1,024 open files is left alone.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_with_an_unfinished_head_takes_little_more_memory_than_the_head() {
    const CONNECTIONS: u64 = 500;
    let server = Server::start();
    server.get("/v1/users/current").expect(200);
    let before = server.memory("VmRSS");
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\n{}", format!("x: {}\r\n", "y".repeat(994)).repeat(60));
    let open: Vec<TcpStream> = (0..CONNECTIONS).map(|_| saying(&server, &head)).collect();
    let grown = || (server.memory("VmRSS").saturating_sub(before)) / CONNECTIONS;
    crate::transport::wait_until("the heads are read", || grown() > 20);
    // Those who are answered now have been read behind all of them.
    for _ in 0..20 {
        server.get("/v1/users/current").expect(200);
    }
    assert!(grown() < 80, "{} kB each", grown());
    drop(open);
}
