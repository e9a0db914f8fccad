//! The load: connections kept alive over plain sockets, one request in flight on each, on one thread, so that the
//! generator costs the server as little of the machine as it can.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::body::{self, Numbers};

/// Where to send requests, and with which credential.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// Customers that exist.
pub(crate) struct Known {
    ids: Vec<String>,
    emails: Vec<String>,
    /// What the server answered to the last create.
    pub(crate) answer: Vec<u8>,
}

/// What a request does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Create,
    ReadById,
    ReadByEmail,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::ReadById => "read by id",
            Self::ReadByEmail => "read by e-mail",
        }
    }

    const fn status(self) -> &'static [u8] {
        match self {
            Self::Create => b"HTTP/1.1 201",
            Self::ReadById | Self::ReadByEmail => b"HTTP/1.1 200",
        }
    }
}

/// Creates `count` customers and remembers them.
pub(crate) async fn create_known(target: &Target, count: usize, numbers: &mut Numbers) -> Result<Known> {
    let mut connection = Connection::open(target).await?;
    let mut known = Known { ids: Vec::with_capacity(count), emails: Vec::with_capacity(count), answer: Vec::new() };
    for number in numbers.take(count as u64) {
        connection.create(number);
        known.answer = connection.exchange(Work::Create).await?.to_vec();
        let answer: serde_json::Value = serde_json::from_slice(&known.answer).context("the answer is not JSON")?;
        let id = answer.pointer("/data/id").and_then(serde_json::Value::as_str);
        known.ids.push(id.context("the answer to a create has no data.id")?.to_owned());
        known.emails.push(body::email(number).replace('@', "%40"));
    }
    Ok(known)
}

/// Requests per second over `time`.
pub(crate) async fn measure(
    target: &Target,
    known: &Known,
    work: Work,
    connections: usize,
    time: Duration,
    numbers: &mut Numbers,
) -> Result<f64> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(target).await?);
    }
    let start = Instant::now();
    let end = start + time;
    let mut running = Vec::with_capacity(connections);
    for (place, connection) in opened.into_iter().enumerate() {
        // More numbers than a connection can use; they are not scarce.
        let numbers = numbers.take(1_000_000);
        let paths: Vec<String> = match work {
            Work::Create => Vec::new(),
            Work::ReadById => known.ids.clone(),
            Work::ReadByEmail => known.emails.iter().map(|email| format!("email={email}")).collect(),
        };
        running.push(tokio::spawn(connection.work(work, paths, place * 31, numbers, end)));
    }
    let mut done = 0;
    for worker in running {
        done += worker.await.context("a connection of the load generator panicked")??;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

struct Connection {
    stream: TcpStream,
    token: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address).await.context("cannot connect to the server measured")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: target.token.clone(), request: Vec::new(), answer: Vec::with_capacity(8_192) })
    }

    /// Requests until `end`; how many were answered.
    async fn work(
        mut self,
        work: Work,
        paths: Vec<String>,
        mut place: usize,
        numbers: Range<u64>,
        end: Instant,
    ) -> Result<u64> {
        let mut done = 0;
        for number in numbers {
            if Instant::now() >= end {
                break;
            }
            if work == Work::Create {
                self.create(number);
            } else {
                // A step that visits all of them, not in the order they were written.
                place = (place + 7_919) % paths.len();
                self.read(&paths[place]);
            }
            self.exchange(work).await?;
            done += 1;
        }
        Ok(done)
    }

    fn create(&mut self, number: u64) {
        let body = body::json(number);
        self.request.clear();
        let head = format!(
            "POST /v1/customers HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(body.as_bytes());
    }

    fn read(&mut self, path: &str) {
        self.request.clear();
        let head = format!(
            "GET /v1/customers/{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
            self.token
        );
        self.request.extend_from_slice(head.as_bytes());
    }

    /// Sends the request and reads its answer whole; the body. Fails on any other status than the work's.
    async fn exchange(&mut self, work: Work) -> Result<&[u8]> {
        self.stream.write_all(&self.request).await.context("cannot send a request")?;
        self.answer.clear();
        let head = loop {
            self.fill().await?;
            if let Some(end) = find(&self.answer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let length = content_length(&self.answer[..head])?;
        while self.answer.len() < head + length {
            self.fill().await?;
        }
        ensure!(
            self.answer.starts_with(work.status()),
            "the server did not do what it was measured at ({}): {}",
            work.name(),
            String::from_utf8_lossy(&self.answer)
        );
        Ok(&self.answer[head..])
    }

    async fn fill(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.answer).await.context("cannot read an answer")?;
        if read == 0 {
            bail!("the server closed a connection that was kept alive");
        }
        Ok(())
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head).context("the head of an answer is not text")?;
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.with_context(|| format!("an answer without a content-length: {head}"))
}
