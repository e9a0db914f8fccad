//! HTTP/2 as a client may abuse it, and how a connection ends when the server stops.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
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

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// A frame (RFC 9113 §4.1).
#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn bytes(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    /// The next one; none when the connection has ended.
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        let mut payload = vec![0; number(&head[..3]) as usize];
        stream.read_exact(&mut payload).ok()?;
        Some(Self { kind: head[3], flags: head[4], stream: number(&head[5..]), payload })
    }

    /// Of a reset, or of the end of a connection.
    fn reason(&self) -> Reason {
        let place = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[place..place + 4].try_into().unwrap()).into()
    }
}

/// A connection whose client keeps to nothing; it has sent its preface and gives room for any answer.
fn connect_raw(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    // Only so that a failure ends.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let settings = Frame::bytes(SETTINGS, 0, 0, &[]);
    let room = Frame::bytes(WINDOW_UPDATE, 0, 0, &10_000_000_u32.to_be_bytes());
    stream.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &settings, &room].concat()).unwrap();
    stream
}

/// The head of `POST http://x/v1/customers`, in HPACK without its dynamic table (RFC 7541 §6).
fn create_head() -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let authorization = text(&format!("Bearer {TOKEN}"));
    [&[0x83, 0x86, 0x01][..], &text("x"), &[0x04], &text("/v1/customers"), &[0x0f, 0x08], &authorization].concat()
}

#[test]
fn streams_beyond_the_limit_are_refused_and_the_others_continue() {
    let server = Server::start();
    let mut stream = connect_raw(&server);
    let streams = |from: u32, to: u32| (from..to).map(|number| 2 * number + 1);
    // Requests whose bodies do not come keep their streams.
    let heads: Vec<u8> =
        streams(0, 150).flat_map(|stream| Frame::bytes(HEADERS, END_HEADERS, stream, &create_head())).collect();
    stream.write_all(&heads).unwrap();
    let mut refused = Vec::new();
    while refused.len() < 50 {
        let frame = Frame::read(&mut stream).unwrap();
        if frame.kind == RST_STREAM {
            assert_eq!(frame.reason(), Reason::REFUSED_STREAM);
            refused.push(frame.stream);
        }
        assert!(![HEADERS, GOAWAY].contains(&frame.kind), "{frame:?}");
    }
    assert_eq!(refused, streams(100, 150).collect::<Vec<_>>());
    let bodies: Vec<u8> = streams(0, 100).flat_map(|stream| Frame::bytes(DATA, END_STREAM, stream, b"{}")).collect();
    stream.write_all(&bodies).unwrap();
    let mut answered = 0;
    while answered < 100 {
        let frame = Frame::read(&mut stream).unwrap();
        assert!(![RST_STREAM, GOAWAY].contains(&frame.kind), "{frame:?}");
        let text = String::from_utf8_lossy(&frame.payload);
        assert!(frame.kind != DATA || !text.contains("errors"), "{text}");
        answered += usize::from(frame.kind == DATA && frame.flags & END_STREAM != 0);
    }
    assert_eq!(server.get("/v1/customers?pageSize=1").expect(200).body["meta"]["total"], 100);
}

#[test]
fn a_flood_of_resets_ends_its_connection_and_no_other() {
    let server = Server::start();
    let mut stream = connect_raw(&server);
    let mut flood = Vec::new();
    for number in 0..2_000_u32 {
        flood.extend(Frame::bytes(HEADERS, END_HEADERS, 2 * number + 1, &create_head()));
        flood.extend(Frame::bytes(RST_STREAM, 0, 2 * number + 1, &u32::from(Reason::CANCEL).to_be_bytes()));
    }
    // The server may close before it has read all of it.
    let _ = stream.write_all(&flood);
    let ends: Vec<Reason> = std::iter::from_fn(|| Frame::read(&mut stream))
        .filter(|frame| frame.kind == GOAWAY)
        .map(|frame| frame.reason())
        .collect();
    assert_eq!(ends, [Reason::ENHANCE_YOUR_CALM]);
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
    let ended = ended.unwrap();
    assert!(ended.is_ok(), "the connection ends with no error: {ended:?}");
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
