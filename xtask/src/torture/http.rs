//! The least of an HTTP client: one connection, one request at a time, and every byte in our hands, so that a request
//! can also stop in the middle.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// The key that every server here knows beforehand.
pub(super) const TOKEN: &str = "torture-0123456789-abcdefghijklmnop";

/// How long anything may take to be answered; the server's own limit is 30 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// A connection, made when it is needed and again after a fault.
pub(super) struct Client {
    address: SocketAddr,
    token: String,
    stream: Option<TcpStream>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self::with_token(address, TOKEN)
    }

    pub(super) fn with_token(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned(), stream: None }
    }

    /// Sends a request and waits for its answer. After an error nobody knows whether it was done.
    pub(super) fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> io::Result<Answer> {
        self.exchange(&request_as(&self.token, method, path, body))
    }

    fn exchange(&mut self, request: &str) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address)?,
        };
        stream.write_all(request.as_bytes())?;
        let (answer, goes_on) = read(&mut stream)?;
        self.stream = goes_on.then_some(stream);
        Ok(answer)
    }

    /// The same with an idempotency key.
    pub(super) fn send_with_key(&mut self, method: &str, path: &str, body: &str, key: &str) -> io::Result<Answer> {
        self.exchange(&request_with(&self.token, method, path, &format!("idempotency-key: {key}\r\n"), Some(body)))
    }

    /// Makes a new connection.
    pub(super) fn connect(&mut self) -> io::Result<()> {
        self.stream = Some(connect(self.address)?);
        Ok(())
    }

    pub(super) fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, None)
    }
}

/// A connection that gives up after a minute.
pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// The bytes of a request with the key that every server knows.
pub(super) fn request(method: &str, path: &str, body: Option<&str>) -> String {
    request_as(TOKEN, method, path, body)
}

fn request_as(token: &str, method: &str, path: &str, body: Option<&str>) -> String {
    request_with(token, method, path, "", body)
}

/// `headers` are whole lines.
fn request_with(token: &str, method: &str, path: &str, headers: &str, body: Option<&str>) -> String {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: torture\r\nauthorization: Bearer {token}\r\n{headers}");
    match body {
        Some(body) => {
            let length = body.len();
            format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        }
        None => format!("{head}\r\n"),
    }
}

/// Reads an answer; and whether the connection continues.
fn read(stream: &mut TcpStream) -> io::Result<(Answer, bool)> {
    let mut bytes = Vec::with_capacity(8 * 1024);
    loop {
        if let Some((mut answer, goes_on, begin, length)) = head(&bytes)? {
            while bytes.len() < begin + length {
                more(stream, &mut bytes)?;
            }
            answer.body = String::from_utf8(bytes[begin..begin + length].to_vec()).map_err(invalid)?;
            return Ok((answer, goes_on));
        }
        more(stream, &mut bytes)?;
    }
}

/// An answer without its body, whether the connection continues, where the body begins and how long it is; or nothing
/// yet.
fn head(bytes: &[u8]) -> io::Result<Option<(Answer, bool, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(begin) = response.parse(bytes).map_err(invalid)? else { return Ok(None) };
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    if header("transfer-encoding").is_some() {
        return Err(invalid("an answer in chunks"));
    }
    let length = header("content-length").map_or(Ok(0), str::parse::<usize>).map_err(invalid)?;
    if length > MAX_ANSWER {
        return Err(invalid("an answer too large to read"));
    }
    let goes_on = !header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let retry_after = header("retry-after").map(str::to_owned);
    let answer = Answer { status: response.code.unwrap_or_default(), retry_after, body: String::new() };
    Ok(Some((answer, goes_on, begin, length)))
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = [0; 16 * 1024];
    match stream.read(&mut chunk)? {
        0 => Err(Error::from(ErrorKind::UnexpectedEof)),
        length => {
            bytes.extend_from_slice(&chunk[..length]);
            Ok(())
        }
    }
}

fn invalid(error: impl ToString) -> Error {
    Error::new(ErrorKind::InvalidData, error.to_string())
}
