//! The limits of the server, as they are set, and its answers beyond them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::server::{Server, TOKEN, binary, http};

#[test]
fn requests_beyond_those_in_flight_are_shed_at_once_and_counted() {
    let server = Server::start_with(&["--max-in-flight", "1"]);
    let (made, shed) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (server, made, shed) = (&server, &made, &shed);
            scope.spawn(move || {
                for number in 0..25 {
                    let answer = server.post("/v1/customers", json!({ "externalId": format!("{writer}-{number}") }));
                    match answer.status {
                        201 => made.fetch_add(1, Ordering::Relaxed),
                        503 => {
                            assert_eq!(answer.header("retry-after"), "1");
                            assert!(answer.body.to_string().contains("try again"), "{}", answer.body);
                            shed.fetch_add(1, Ordering::Relaxed)
                        }
                        other => panic!("{other}: {}", answer.body),
                    };
                }
            });
        }
    });
    let (made, shed) = (made.into_inner(), shed.into_inner());
    assert_eq!(made + shed, 400);
    assert!(made > 0 && shed > 0, "{made} made, {shed} shed");
    assert_eq!(server.get("/v1/customers?pageSize=0").expect(200).body["meta"]["total"], made);
    let metrics = server.request(reqwest::Method::GET, "/metrics").send().unwrap().text().unwrap();
    assert!(metrics.contains(&format!("kustodian_shed_total {shed}\n")), "{metrics}");
}

#[test]
fn a_limit_has_the_value_that_is_set() {
    let server = Server::start_with(&["--max-body", "200"]);
    server.post("/v1/customers", json!({ "name": "short" })).expect(201);
    let refused = server.post("/v1/customers", json!({ "name": "x".repeat(200) })).expect(413);
    assert!(refused.body.to_string().contains("200 bytes"), "{}", refused.body);
}

#[test]
fn a_server_with_a_certificate_speaks_https_alone() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (cert_flag, key_flag) = (cert.display().to_string(), key.display().to_string());

    let server = Server::start_with(&["--tls-cert", &cert_flag, "--tls-key", &key_flag]);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = http().tls_certs_only([root]).build().unwrap();
    let get = |url: &str| client.get(format!("{url}/v1/customers")).bearer_auth(TOKEN).send();
    assert_eq!(get(&server.url).unwrap().status(), 200);
    let stranger = http().build().unwrap().get(format!("{}/healthz", server.url)).send();
    assert!(stranger.is_err(), "a certificate nobody vouches for");
    assert!(get(&server.url.replace("https", "http")).is_err(), "plain HTTP is not spoken");
    // A broken handshake costs nobody else anything.
    assert_eq!(get(&server.url).unwrap().status(), 200);

    let refuse = |arguments: &[&str], words: &str| {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:"]).args(arguments);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(words) && error.trim_end().lines().count() == 1, "{error}");
    };
    refuse(&["--tls-cert", &cert_flag], "--tls-key");
    refuse(&["--tls-cert", &key_flag, "--tls-key", &key_flag], "CERTIFICATE");
    refuse(&["--tls-cert", &cert_flag, "--tls-key", &cert_flag], "PRIVATE KEY");
    refuse(&["--tls-cert", "no-such.pem", "--tls-key", &key_flag], "no-such.pem");
}

/// Reads one answer off a connection that is kept: its status, and whether it says that the connection ends.
fn read_answer(stream: &mut BufReader<TcpStream>) -> (u16, bool) {
    let (mut status, mut length, mut closes) = (0, 0, false);
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the connection was closed without an answer");
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        } else if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse().unwrap();
        }
        closes |= line == "connection: close";
    }
    stream.read_exact(&mut vec![0; length]).unwrap();
    (status, closes)
}

/// A request that creates a customer, as it is on the wire.
fn create() -> String {
    format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    )
}

#[test]
fn requests_on_kept_connections_are_answered_while_the_server_stops() {
    let mut server = Server::start();
    let request = create();
    let mut kept: Vec<BufReader<TcpStream>> =
        (0..16).map(|_| BufReader::new(crate::transport::connect(&server))).collect();
    for stream in &mut kept {
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        assert_eq!(read_answer(stream), (201, false));
    }
    server.signal("TERM");
    // Each continues until it learns that the connection ends.
    while !kept.is_empty() {
        kept.iter_mut().for_each(|stream| stream.get_mut().write_all(request.as_bytes()).unwrap());
        kept.retain_mut(|stream| {
            let (status, closes) = read_answer(stream);
            assert_eq!(status, 201);
            !closes
        });
    }
    assert!(server.wait().success());
}

#[test]
fn requests_of_clients_that_have_connected_are_answered_when_the_server_stops() {
    let mut server = Server::on_file_with(&["--max-connections", "4"]);
    let request = create();
    let connect = || BufReader::new(crate::transport::connect(&server));
    let mut kept: Vec<BufReader<TcpStream>> = (0..4).map(|_| connect()).collect();
    for stream in &mut kept {
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        assert_eq!(read_answer(stream), (201, false));
    }
    // These wait behind the limit, with the request in the socket.
    let mut waiting: Vec<BufReader<TcpStream>> = (0..40).map(|_| connect()).collect();
    waiting.iter_mut().for_each(|stream| stream.get_mut().write_all(request.as_bytes()).unwrap());
    // These connect until they are turned away.
    let address: std::net::SocketAddr = server.url.strip_prefix("http://").unwrap().parse().unwrap();
    let goes_on = || loop {
        let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_secs(10)) else { return };
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut stream = BufReader::new(stream);
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream), (201, true));
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(goes_on)));
        server.signal("TERM");
        for stream in &mut waiting {
            assert_eq!(read_answer(stream), (201, true));
        }
    });
    assert!(server.wait().success());
}

#[test]
fn a_signal_that_arrives_twice_is_one_and_a_later_one_ends_the_server_at_once() {
    let head = format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{\"name\":"
    );
    for (pause, code) in [(Duration::ZERO, 0), (Duration::from_millis(1_200), 1)] {
        let mut server = Server::start();
        // The server waits three seconds for the rest of it.
        let mut stalled = crate::transport::connect(&server);
        stalled.write_all(head.as_bytes()).unwrap();
        server.get("/v1/customers").expect(200);
        server.signal("TERM");
        std::thread::sleep(pause);
        server.signal("INT");
        assert_eq!(server.wait().code(), Some(code), "after {pause:?}");
    }
}

#[test]
fn a_request_that_does_not_arrive_does_not_keep_the_server_from_its_end() {
    // It would wait so long that the test is broken off.
    let mut server = Server::start_with(&["--shutdown-timeout", "3600", "--head-timeout", "3600"]);
    let head = format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{\"name\":"
    );
    let mut stalled = BufReader::new(crate::transport::connect(&server));
    stalled.get_mut().write_all(head.as_bytes()).unwrap();
    let mut without_head = crate::transport::connect(&server);
    without_head.write_all(b"GET /v1/customers HTTP/1.1\r\nHost: x\r\n").unwrap();
    // On connections that were kept: a part of the next head, with the end of the request before it and afterwards.
    let whole = format!("GET /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    let part = "GET /v1/customers HTTP/1.1\r\nHo";
    let mut kept: Vec<BufReader<TcpStream>> =
        (0..2).map(|_| BufReader::new(crate::transport::connect(&server))).collect();
    for (connection, sent) in kept.iter_mut().zip([format!("{whole}{part}"), whole.clone()]) {
        connection.get_mut().write_all(sent.as_bytes()).unwrap();
        assert_eq!(read_answer(connection), (200, false));
    }
    kept[1].get_mut().write_all(part.as_bytes()).unwrap();
    // Over HTTP/2 one that does not answer: `GET /healthz`, and nothing to what the server says at its end.
    let mut speechless = crate::transport::connect(&server);
    let fields = b"\x82\x86\x04\x08/healthz\x01\x01x";
    let settings_and_headers = [&[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 15, 1, 5, 0, 0, 0, 1], fields.as_slice()].concat();
    speechless.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    speechless.write_all(&settings_and_headers).unwrap();
    let mut read = Vec::new();
    while !read.ends_with(br#"{"status":"ok"}"#) {
        let mut byte = [0];
        speechless.read_exact(&mut byte).unwrap();
        read.push(byte[0]);
    }
    // The server has begun to read it once a later request is answered.
    server.get("/v1/customers").expect(200);
    server.signal("TERM");
    assert_eq!(read_answer(&mut stalled), (503, true));
    assert!(server.wait().success());
}
