//! Bytes on the wire that no client of ours sends: framing that two readers could read in two ways, heads and bodies
//! beyond every limit, and text that is none.

use serde_json::Value;

use crate::server::{Server, TOKEN};

/// One answer as it came.
#[derive(Debug)]
struct Raw {
    status: u16,
    closes: bool,
    body: String,
}

/// Every answer on a connection, in order.
fn answers(mut text: &str) -> Vec<Raw> {
    let mut found = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|text| text.parse().unwrap());
        let (body, more) = rest.split_at(length.unwrap_or(0));
        found.push(Raw { status, closes: head.contains("connection: close"), body: body.to_owned() });
        text = more;
    }
    assert_eq!(text, "", "half an answer");
    found
}

fn statuses(server: &Server, bytes: &[u8]) -> Vec<u16> {
    let text = server.raw(bytes);
    let answers = answers(&text);
    for answer in &answers {
        assert!(answer.status < 500, "{} to {}: {}", answer.status, String::from_utf8_lossy(bytes), answer.body);
        if !answer.body.is_empty() {
            serde_json::from_str::<Value>(&answer.body).unwrap();
        }
    }
    answers.iter().map(|answer| answer.status).collect()
}

/// A create with these lines in its head, and what follows it.
fn create(lines: &str, rest: &str) -> Vec<u8> {
    let head = format!("POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n");
    format!("{head}{lines}\r\n\r\n{rest}").into_bytes()
}

/// A request that only a smuggler would put into the body of another.
fn hidden() -> String {
    format!("GET /v1/users/current HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n")
}

fn customers(server: &Server) -> u64 {
    server.get("/v1/customers?pageSize=0").expect(200).body["meta"]["total"].as_u64().unwrap()
}

#[test]
fn a_body_with_two_lengths_ends_the_connection_and_nothing_behind_it_is_run() {
    let server = Server::start();
    let hidden = hidden();
    let chunks = "2\r\n{}\r\n0\r\n\r\n";
    let length = chunks.len() + hidden.len();
    // RFC 9112 §6.3: such a request is refused, and the connection is not used again.
    for (lines, status) in [
        (format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"), 400),
        (format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"), 400),
        (format!("Transfer-Encoding: chunked\r\nX: {}\r\ncontent-length:{length}", "x".repeat(9_000)), 400),
        ("Transfer-Encoding: chunked".to_owned(), 201),
    ] {
        let sent = create(&lines, &format!("{chunks}{hidden}"));
        let answers = answers(&server.raw(&sent));
        assert_eq!(
            answers.iter().map(|answer| (answer.status, answer.closes)).collect::<Vec<_>>(),
            [(status, true)],
            "{lines}"
        );
    }
    assert_eq!(customers(&server), 1);
    // Behind another request, in the same bytes.
    for first in [hidden.clone(), String::from_utf8(create("Content-Length: 2", "{}")).unwrap()] {
        let lines = format!("Content-Length: {length}\r\nTransfer-Encoding: chunked");
        let sent = [first.into_bytes(), create(&lines, &format!("{chunks}{hidden}"))].concat();
        let answers = answers(&server.raw(&sent));
        assert!(
            matches!(answers[..], [Raw { status: 200 | 201, .. }, Raw { status: 400, closes: true, .. }]),
            "{answers:?}"
        );
    }
    assert_eq!(customers(&server), 2);
    let endless = create("Content-Length: 18446744073709551615", "{}");
    let refused = answers(&server.raw(&endless));
    assert_eq!((refused[0].status, refused[0].closes), (413, true));
    assert!(refused[0].body.contains("The body is larger than 102400 bytes"), "{}", refused[0].body);
    for lines in [
        format!("Content-Length: 2\r\nContent-Length: {}", 2 + hidden.len()),
        "Content-Length: 2, 2".to_owned(),
        "Content-Length: +2".to_owned(),
        "Content-Length: -2".to_owned(),
        "Content-Length: 0x2".to_owned(),
        "Content-Length: 2 2".to_owned(),
        "Content-Length: 99999999999999999999".to_owned(),
        "Content-Length : 2".to_owned(),
        "Content-Length: 2\r\n folded: 1".to_owned(),
        "Transfer-Encoding: gzip".to_owned(),
        "Transfer-Encoding: xchunked".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
        "Transfer-Encoding: identity\r\nContent-Length: 2".to_owned(),
        "Transfer-Encoding\u{b}: chunked".to_owned(),
    ] {
        assert_eq!(statuses(&server, &create(&lines, &format!("{{}}{hidden}"))), [400], "{lines}");
    }
    assert_eq!(customers(&server), 2, "none of these made a customer");
}

#[test]
fn chunks_that_are_none_end_the_connection() {
    let server = Server::start();
    let hidden = hidden();
    let close = "Connection: close\r\nTransfer-Encoding: chunked";
    for body in
        ["2;name=value\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"]
    {
        assert_eq!(statuses(&server, &create(close, body)), [201], "{body:?}");
    }
    let long = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(40_000));
    for body in [
        "g\r\n{}\r\n0\r\n\r\n",
        "-1\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        &long,
    ] {
        let found = statuses(&server, &create("Transfer-Encoding: chunked", &format!("{body}{hidden}")));
        assert_eq!(found, [400], "{:.60}", body);
    }
    assert_eq!(customers(&server), 3);
}

#[test]
fn what_follows_an_error_is_either_read_as_it_was_sent_or_not_at_all() {
    let server = Server::start();
    let hidden = hidden();
    let length = |body: &str| format!("Content-Length: {}", body.len());
    // A body that is refused is still read to its end: what follows is a request of its own.
    assert_eq!(statuses(&server, &create(&length("not json"), &format!("not json{hidden}"))), [400, 200]);
    // One that is refused unread takes the connection with it.
    let large = "x".repeat(200 * 1024);
    let found = statuses(&server, &create(&length(&large), &format!("{large}{hidden}")));
    assert_eq!(found.first(), Some(&413));
    assert!(!found.contains(&200), "{found:?}");
    let stranger = format!("POST /v1/customers HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n{hidden}", length(&hidden));
    let found = statuses(&server, stranger.as_bytes());
    assert_eq!(found, [401], "a body is no request");
    // Two requests at once are two answers, in order.
    assert_eq!(statuses(&server, format!("{hidden}{hidden}").as_bytes()), [200, 200]);
    assert_eq!(customers(&server), 0);
}

#[test]
fn a_request_line_is_read_strictly_and_its_target_in_every_legal_form() {
    let server = Server::start();
    let ask = |line: &str| {
        let head = format!("{line}\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n");
        statuses(&server, head.as_bytes())
    };
    // RFC 9112 §3.2: a server takes the absolute form too; the name of the host means nothing here.
    assert_eq!(ask("GET http://elsewhere.example/v1/users/current HTTP/1.1"), [200]);
    assert_eq!(ask("GET /v1/users/current HTTP/1.0"), [200]);
    assert_eq!(ask("OPTIONS * HTTP/1.1"), [404]);
    for line in [
        "GET /v1/users/current",
        "GET /v1/users/current HTTP/2.0",
        "GET /v1/users/current HTTP/1.1 x",
        "G\0T /v1/users/current HTTP/1.1",
        "GET /v1/users/\0 HTTP/1.1",
        "GET v1/users/current HTTP/1.1",
        "PRI * HTTP/2.0",
    ] {
        assert_eq!(ask(line), [400], "{line:?}");
    }
    for lines in ["X: a\0b", "X\0: b", "X Y: b", ": b", "no colon"] {
        let head = format!("GET /v1/users/current HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n");
        assert_eq!(statuses(&server, head.as_bytes()), [400], "{lines:?}");
    }
    assert_eq!(
        statuses(&server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
        [400],
        "TLS to a plain port"
    );
}

#[test]
fn heads_beyond_their_limits_are_refused_as_such() {
    let server = Server::start();
    let ask = |path: &str, lines: &str| {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n{lines}\r\n"
        );
        statuses(&server, head.as_bytes())
    };
    let header = |size: usize| format!("X: {}\r\n", "x".repeat(size));
    let me = "/v1/users/current";
    assert_eq!(ask(me, &header(32 * 1024)), [200]);
    // What arrives with the last bytes that still have room is read too.
    assert_eq!(ask(me, &header(200 * 1024)), [431]);
    assert_eq!(ask(me, &"X: y\r\n".repeat(90)), [200]);
    assert_eq!(ask(me, &"X: y\r\n".repeat(200)), [431]);
    assert_eq!(ask(&format!("{me}?{}", "x".repeat(32 * 1024)), ""), [200]);
    assert!(matches!(ask(&format!("{me}?{}", "x".repeat(70 * 1024)), "")[..], [414 | 431]));
    assert_eq!(ask(&format!("/v1/customers?{}", "page=x&".repeat(4_000)), ""), [400]);
    assert_eq!(ask(&format!("/v1/customers?{}pageSize=1", "a=b&".repeat(4_000)), ""), [400]);
    assert_eq!(ask(&format!("/v1/{}", "a/".repeat(10_000)), ""), [404]);
    assert_eq!(ask(&format!("/v1/customers/email={}", "a".repeat(20_000)), ""), [404]);
    assert_eq!(ask(&format!("/v1/users/{}", "0123456789abcdef01234567,".repeat(2_000)), ""), [200]);
}

#[test]
fn text_that_is_none_is_refused_or_names_nothing() {
    let server = Server::start();
    for (path, status) in [
        ("/v1/customers/%00", 404),
        ("/v1/customers/%ff%fe", 404),
        ("/v1/customers/%", 404),
        ("/v1/customers/%zz", 404),
        ("/v1/customers/email=%00@%00", 404),
        ("/v1/customers/externalId=%F0%9F%92%A9%00", 404),
        ("/v1/customers/..%2f..%2fetc%2fpasswd", 404),
        ("/v1/customers/../users/current", 404),
        ("/v1/%2e%2e/metrics", 404),
        ("/v1/customers?cursor=%00", 400),
        ("/v1/customers?cursor=%ff", 400),
        ("/v1/customers?filter%5BcreatedAt%5D%5Bgt%5D=%00", 400),
        ("/v1/customers?sort=%ff", 400),
    ] {
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n");
        assert_eq!(statuses(&server, head.as_bytes()), [status], "{path}");
    }
    // Above ASCII a header's bytes have no meaning anybody agreed on.
    let latin =
        b"GET /v1/users/current HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \xfc\xff\r\n\r\n";
    assert_eq!(statuses(&server, latin), [401]);
    for (body, status) in [
        (&b"{\"name\":\"\xff\"}"[..], 400),
        (b"{\"name\":\"\xed\xa0\x80\"}", 400),
        (b"{\"name\":\"\\ud800\"}", 400),
        (b"{\"name\":\"a\0b\"}", 400),
        (b"{\"name\":\"a\\u0000b\"}", 201),
        (b"\xff\xfe{\0}\0", 400),
    ] {
        let mut sent = create(&format!("Connection: close\r\nContent-Length: {}", body.len()), "");
        sent.extend_from_slice(body);
        assert_eq!(statuses(&server, &sent), [status], "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn json_beyond_reason_costs_a_refusal_and_nothing_else() {
    let server = Server::start();
    let send = |body: &str| {
        let answer = server.request(reqwest::Method::POST, "/v1/customers").bearer_auth(TOKEN).body(body.to_owned());
        crate::server::Answer::of(answer)
    };
    let deep = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    for body in [
        deep("[", "]", 50_000),
        "[".repeat(100_000),
        deep("{\"custom\":", "}", 5_000),
        format!("{{\"custom\":{{\"aStr\":{}}}}}", deep("[", "]", 10_000)),
        "{\"custom\":{\"aNum\":1e999}}".to_owned(),
        format!("{{\"custom\":{{\"aNum\":{}}}}}", "9".repeat(50_000)),
        format!("{{\"rev\":{}}}", "9".repeat(400)),
        "{\"name\":\"a\",\"name\":\"b\"}".to_owned(),
        "{\"custom\":{\"aStr\":\"a\",\"aStr\":\"b\"}}".to_owned(),
        "{\"emails\":[{\"email\":\"a@b.c\",\"email\":\"d@e.f\"}]}".to_owned(),
        format!("{{{}\"name\":1}}", "\"name\":1,".repeat(9_000)),
        format!("{{{}\"x\":1}}", (0..6_000).map(|at| format!("\"k{at}\":1,")).collect::<String>()),
        format!("{{\"{}\":1}}", "k".repeat(90_000)),
        format!("{{\"tags\":[{}\"x\"]}}", "\"x\",".repeat(20_000)),
        "null".to_owned(),
        "[]".to_owned(),
        "\"{}\"".to_owned(),
        "{}{}".to_owned(),
        "NaN".to_owned(),
    ] {
        let answer = send(&body).expect(400);
        answer.error();
        assert!(answer.text.len() < 16 * 1024, "{} bytes answer {} bytes", answer.text.len(), body.len());
    }
    // Numbers that JSON calls whole, and the greatest there are, are taken as they are.
    let whole =
        send(r#"{"sentiment":{"polarity":-1.0,"confidence":-0.0},"custom":{"aNum":18446744073709551615}}"#).expect(201);
    assert_eq!(whole.attributes()["sentiment"]["polarity"], -1);
    assert!(whole.text.contains("\"aNum\":18446744073709551615"), "{}", whole.text);
    assert_eq!(customers(&server), 1);
}

#[test]
fn a_long_method_is_not_echoed_whole() {
    let server = Server::start();
    let sent = format!("{} /v1/customers HTTP/1.1\r\nHost: x\r\n\r\n", "M".repeat(20_000));
    let answers = answers(&server.raw(sent.as_bytes()));
    assert_eq!(answers[0].status, 405);
    assert!(answers[0].body.len() < 600 && answers[0].body.contains("MMM…"), "{}", answers[0].body);
}
