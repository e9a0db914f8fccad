//! The load: connections kept alive over plain sockets, one request in flight on each, on one thread, so that the
//! generator costs the server as little of the machine as it can.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::body::Numbers;
use crate::request::{Api, Customer, Work};

/// Where to send requests, in whose words, and with which credential.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) api: Api,
    pub(crate) token: String,
}

/// Customers that exist.
pub(crate) struct Known {
    pub(crate) customers: Arc<Vec<Customer>>,
    /// The server's answer to the last create.
    pub(crate) answer: Vec<u8>,
}

/// The result of a while of load.
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    /// Milliseconds that 99 of 100 requests took at most.
    pub(crate) p99: f64,
}

/// Creates `count` customers over `connections` and remembers `keep` of them, spread evenly.
pub(crate) async fn create_known(
    target: &Target,
    count: u64,
    keep: u64,
    connections: u64,
    numbers: &mut Numbers,
) -> Result<Known> {
    let step = (count / keep.max(1)).max(1);
    let mut running = Vec::new();
    for place in 0..connections {
        let mut connection = Connection::open(target).await?;
        let api = target.api;
        let share = count / connections + u64::from(place < count % connections);
        let numbers = numbers.take(share);
        running.push(tokio::spawn(async move {
            let (mut customers, mut answer) = (Vec::new(), Vec::new());
            let nobody = Customer { id: String::new(), number: 0 };
            for number in numbers {
                let body = connection.request(Work::Create, &nobody, number).await?;
                if number % step == 0 {
                    let id = id_in(body, api)?;
                    connection.answer.clone_into(&mut answer);
                    customers.push(Customer { id, number });
                }
            }
            anyhow::Ok((customers, answer[head_length(&answer)..].to_vec()))
        }));
    }
    let mut known = Vec::new();
    let mut last = Vec::new();
    for worker in running {
        let (customers, answer) = worker.await.context("a connection of the load generator panicked")??;
        known.extend(customers);
        if !answer.is_empty() {
            last = answer;
        }
    }
    ensure!(!known.is_empty(), "no customer was made that could be read");
    Ok(Known { customers: Arc::new(known), answer: last })
}

/// Requests over `time`, all connections together.
pub(crate) async fn measure(
    target: &Target,
    known: &Known,
    work: Work,
    connections: usize,
    time: Duration,
    numbers: &mut Numbers,
) -> Result<Outcome> {
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
        running.push(tokio::spawn(connection.work(work, Arc::clone(&known.customers), place * 31, numbers, end)));
    }
    let mut took = Vec::new();
    for worker in running {
        took.extend(worker.await.context("a connection of the load generator panicked")??);
    }
    let seconds = start.elapsed().as_secs_f64();
    took.sort_unstable();
    let p99 = took.get(took.len() * 99 / 100).map_or(0.0, |took| took.as_secs_f64() * 1e3);
    Ok(Outcome { requests: took.len() as u64, seconds, p99 })
}

pub(crate) struct Connection {
    stream: TcpStream,
    target: Target,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address).await.context("cannot connect to the server measured")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, target: target.clone(), request: Vec::new(), answer: Vec::with_capacity(8_192) })
    }

    /// Requests until `end`; how long each took.
    async fn work(
        mut self,
        work: Work,
        known: Arc<Vec<Customer>>,
        mut place: usize,
        numbers: Range<u64>,
        end: Instant,
    ) -> Result<Vec<Duration>> {
        let mut took = Vec::new();
        for number in numbers {
            let start = Instant::now();
            if start >= end {
                break;
            }
            // A step that visits all of them, not in the order they were written.
            place = (place + 7_919) % known.len();
            let Some(customer) = known.get(place) else { break };
            self.request(work.of(number), customer, number).await?;
            took.push(start.elapsed());
        }
        Ok(took)
    }

    /// Sends one request and reads its answer whole; the body. Fails on any other status than the work's.
    async fn request(&mut self, work: Work, known: &Customer, number: u64) -> Result<&[u8]> {
        let wanted = self.target.api.status(work);
        let answer = self.exchange(work, known, number).await?;
        ensure!(
            answer.head.starts_with(wanted),
            "the server did not do what it was measured at ({}): {}",
            work.name(),
            answer.text()
        );
        Ok(answer.body)
    }

    /// Creates a record; its id.
    pub(crate) async fn create(&mut self, known: &Customer, number: u64) -> Result<String> {
        let api = self.target.api;
        id_in(self.request(Work::Create, known, number).await?, api)
    }

    /// Sends one request and reads its answer whole, whatever it is.
    pub(crate) async fn exchange(&mut self, work: Work, known: &Customer, number: u64) -> Result<Answer<'_>> {
        self.target.api.write(work, &self.target.token, known, number, &mut self.request);
        self.stream.write_all(&self.request).await.context("cannot send a request")?;
        self.answer.clear();
        while head_length(&self.answer) == 0 {
            self.fill().await?;
        }
        let head = head_length(&self.answer);
        match content_length(&self.answer[..head])? {
            Some(length) => {
                while self.answer.len() < head + length {
                    self.fill().await?;
                }
            }
            None => self.read_chunks(head).await?,
        }
        let (head, body) = self.answer.split_at(head);
        Ok(Answer { head, body })
    }

    /// Reads a body in chunks to its end, and takes the lengths out of it.
    async fn read_chunks(&mut self, head: usize) -> Result<()> {
        let mut place = head;
        loop {
            let line = loop {
                match find(&self.answer[place..], b"\r\n") {
                    Some(end) => break end,
                    None => self.fill().await?,
                }
            };
            let length = std::str::from_utf8(&self.answer[place..place + line]).ok();
            let length = length.and_then(|length| usize::from_str_radix(length, 16).ok()).context("no chunk")?;
            // Its length, itself, and the line's end behind it.
            while self.answer.len() < place + line + 2 + length + 2 {
                self.fill().await?;
            }
            self.answer.drain(place..place + line + 2);
            place += length;
            self.answer.drain(place..place + 2);
            if length == 0 {
                return Ok(());
            }
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.answer).await.context("cannot read an answer")?;
        if read == 0 {
            bail!("the server closed a connection that was kept alive");
        }
        Ok(())
    }
}

/// An answer, read whole.
pub(crate) struct Answer<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl Answer<'_> {
    /// The three digits of its status.
    pub(crate) fn status(&self) -> &[u8] {
        self.head.get(9..12).unwrap_or_default()
    }

    /// Whether it has a header of this name, in small letters.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        find(self.head, format!("\r\n{name}:").as_bytes()).is_some()
    }

    /// All of it, for people.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&[self.head, self.body].concat()).into_owned()
    }
}

fn id_in(body: &[u8], api: Api) -> Result<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).context("the answer is not JSON")?;
    let id = answer.pointer(api.id()).and_then(serde_json::Value::as_str);
    Ok(id.context("the answer to a create has no id")?.to_owned())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Bytes of the head, its empty line included; none while it is not there whole.
fn head_length(answer: &[u8]) -> usize {
    find(answer, b"\r\n\r\n").map_or(0, |end| end + 4)
}

/// How long the body is; unknown when it is sent in chunks.
fn content_length(head: &[u8]) -> Result<Option<usize>> {
    let head = std::str::from_utf8(head).context("the head of an answer is not text")?;
    let header = |wanted: &str| {
        let mut pairs = head.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    if head.starts_with("HTTP/1.1 204") {
        return Ok(Some(0));
    }
    match (header("content-length"), header("transfer-encoding")) {
        (Some(length), _) => Ok(Some(length.parse().context("a content-length that is no number")?)),
        (None, Some(_)) => Ok(None),
        (None, None) => bail!("an answer without a length: {head}"),
    }
}
