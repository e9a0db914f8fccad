//! HTTP/2 as a client may abuse it, and how a connection ends when the server stops.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::{Method, Request, Response, Version};
use serde_json::{Value, json};
use tokio::net::TcpStream as Socket;
use tokio::task::JoinHandle;

use crate::server::{Server, TOKEN};
use crate::transport::{fill, unread, wait_until};

/// A connection; the task ends with it.
async fn connect(server: &Server, builder: &Builder) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let socket = Socket::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let (client, connection) = builder.handshake(socket).await.unwrap();
    (client, tokio::spawn(connection))
}

fn request(server: &Server, method: Method, path: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(format!("{}{path}", server.url)).version(Version::HTTP_2);
    request.header("authorization", format!("Bearer {TOKEN}")).body(()).unwrap()
}

/// Sends the head of a request with nothing behind it.
async fn send(client: &SendRequest<Bytes>, request: Request<()>) -> Result<ResponseFuture, h2::Error> {
    let mut client = client.clone().ready().await?;
    client.send_request(request, true).map(|(response, _)| response)
}

/// The status and the body of an answer, giving the server room for all of it.
async fn read(response: ResponseFuture) -> Result<(u16, String), h2::Error> {
    let response: Response<RecvStream> = response.await?;
    let status = response.status().as_u16();
    let (mut body, mut received) = (response.into_body(), Vec::new());
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        received.extend_from_slice(&chunk);
    }
    Ok((status, String::from_utf8(received).unwrap()))
}

/// The status of a request on a connection.
async fn status(server: &Server, client: &SendRequest<Bytes>, path: &str) -> Result<u16, h2::Error> {
    Ok(read(send(client, request(server, Method::GET, path)).await?).await?.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_beyond_the_limit_are_refused_and_the_others_go_on() {
    const LIMIT: usize = 100;
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    // What came before the server's settings did: a client that knows of no limit.
    let socket = Socket::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let builder = Builder::new().initial_max_send_streams(LIMIT + 50).clone();
    let (mut client, connection) = builder.handshake::<_, Bytes>(socket).await.unwrap();
    // Requests whose bodies do not come keep their streams.
    let open: Vec<(ResponseFuture, SendStream<Bytes>)> = (0..LIMIT + 50)
        .map(|_| client.send_request(request(&server, Method::POST, "/v1/customers"), false).unwrap())
        .collect();
    let running = tokio::spawn(connection);
    let (mut bodies, mut refused) = (Vec::new(), 0);
    for (number, (mut response, body)) in open.into_iter().enumerate() {
        if number < LIMIT {
            bodies.push((response, body));
            continue;
        }
        let error = (&mut response).await.unwrap_err();
        assert_eq!(error.reason(), Some(Reason::REFUSED_STREAM), "stream {number}");
        refused += 1;
    }
    assert_eq!(refused, 50);
    for (response, mut body) in bodies {
        body.send_data(Bytes::from_static(b"{}"), true).unwrap();
        assert_eq!(read(response).await.unwrap().0, 201);
    }
    assert_eq!(status(&server, &client, "/v1/users/current").await.unwrap(), 200);
    assert!(!running.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused_alone() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let (client, connection) = connect(&server, &Builder::new()).await;
    let with_header = |size: usize| {
        let mut request = request(&server, Method::GET, "/v1/users/current");
        request.headers_mut().insert("x-filler", "x".repeat(size).parse().unwrap());
        request
    };
    let small = send(&client, with_header(30 * 1024)).await.unwrap();
    assert_eq!(read(small).await.unwrap().0, 200);
    let large = send(&client, with_header(80 * 1024)).await.unwrap();
    assert_eq!(read(large).await.unwrap().0, 431);
    assert_eq!(status(&server, &client, "/v1/users/current").await.unwrap(), 200);
    assert!(!connection.is_finished());
}

/// A frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[test]
fn a_flood_of_resets_ends_its_connection_and_no_other() {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const GOAWAY: u8 = 7;
    const ENHANCE_YOUR_CALM: u32 = 11;
    let server = Server::start();
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    // Only so that a failure ends.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // `GET http://x/`, in the words of HPACK's static table.
    let head = [0x82, 0x86, 0x84, 0x41, 1, b'x'];
    let mut flood = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(4, 0, 0, &[])].concat();
    for number in 0..2_000_u32 {
        flood.extend(frame(HEADERS, 0x5, 2 * number + 1, &head));
        flood.extend(frame(RST_STREAM, 0, 2 * number + 1, &8_u32.to_be_bytes()));
    }
    // The server may close before it has read all of it.
    let _ = stream.write_all(&flood);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let (mut rest, mut reasons) = (answer.as_slice(), Vec::new());
    while let Some((header, behind)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        let Some((payload, behind)) = behind.split_at_checked(length) else { break };
        if header[3] == GOAWAY {
            reasons.push(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
        rest = behind;
    }
    assert_eq!(reasons, [ENHANCE_YOUR_CALM]);
    server.get("/v1/users/current").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_gives_no_room_for_its_answers_is_dropped() {
    let server = tokio::task::spawn_blocking(|| {
        let server = Server::start_with(&["--head-timeout", "2"]);
        fill(&server, 5);
        server
    });
    let server = server.await.unwrap();
    let builder = Builder::new().initial_window_size(0).clone();
    let (client, connection) = connect(&server, &builder).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        let response = send(&client, request(&server, Method::GET, "/v1/customers")).await.unwrap();
        let head = response.await.unwrap();
        assert_eq!(head.status(), 200);
        answers.push(head.into_body());
    }
    let server = tokio::task::spawn_blocking(move || {
        // Five answers of five customers of 90 kB.
        assert!(unread(&server) > 2_000_000, "{}", unread(&server));
        server
    });
    let server = server.await.unwrap();
    // The connection answers pings all the time; what counts is that no answer moves.
    let ended = tokio::time::timeout(Duration::from_secs(60), connection).await.expect("it is dropped");
    drop(ended);
    for mut answer in answers {
        assert!(answer.data().await.is_none_or(|chunk| chunk.is_err()), "nothing of it was sent");
    }
    tokio::task::spawn_blocking(move || wait_until("nothing is held any more", || unread(&server) == 0)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_finishes_the_requests_it_has_and_takes_no_more() {
    let mut server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let (client, connection) = connect(&server, &Builder::new()).await;
    let begin = async |path: &str| {
        let mut client = client.clone().ready().await.unwrap();
        client.send_request(request(&server, Method::POST, path), false).unwrap()
    };
    let mut begun = HashMap::new();
    for path in ["/v1/customers", "/v1/teams"] {
        begun.insert(path, begin(path).await);
    }
    // Both have arrived: whatever is sent behind them has been answered.
    assert_eq!(status(&server, &client, "/v1/users/current").await.unwrap(), 200);
    server.signal("TERM");
    let refused = async {
        while status(&server, &client, "/v1/users/current").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), refused).await.expect("it takes no more");
    let body = Bytes::from(json!({ "name": "Ada" }).to_string());
    for (path, (response, mut stream)) in begun {
        stream.send_data(body.clone(), true).unwrap();
        let (status, text) = read(response).await.unwrap();
        let made: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &made["data"]["attributes"]["name"]), (201, &json!("Ada")), "{path}");
    }
    drop(client);
    let ended = tokio::time::timeout(Duration::from_secs(60), connection).await.expect("the connection ends");
    assert!(ended.unwrap().is_ok(), "with no error");
    assert!(tokio::task::spawn_blocking(move || server.wait()).await.unwrap().success());
}

/// A stream that is reset while its body is sent is a failure for curl and others, whatever was answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_wanted_is_read_beside_its_answer() {
    const CHUNK: usize = 16 * 1024;
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let (client, _connection) = connect(&server, &Builder::new()).await;
    let mut unknown = request(&server, Method::POST, "/v1/customers");
    unknown.headers_mut().remove("authorization");
    let mut large = request(&server, Method::POST, "/v1/customers");
    large.headers_mut().insert("content-length", (12 * CHUNK).into());
    for (request, status) in [(unknown, 401), (large, 413), (request(&server, Method::POST, "/v1/no/such/path"), 404)] {
        let (response, mut body) = client.clone().ready().await.unwrap().send_request(request, false).unwrap();
        assert_eq!(read(response).await.unwrap().0, status);
        for number in 1..=12 {
            body.reserve_capacity(CHUNK);
            while body.capacity() < CHUNK {
                std::future::poll_fn(|context| body.poll_capacity(context)).await.unwrap().unwrap();
            }
            body.send_data(vec![b'a'; CHUNK].into(), number == 12).unwrap();
        }
    }
}
