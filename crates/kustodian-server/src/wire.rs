//! The socket under a connection: it counts the bytes that the client takes, and bounds what heads of requests that are
//! not complete may hold together.

use std::collections::HashMap;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

use crate::silence::Pulse;

/// How many bytes of a head every connection may send: a little less than the buffer that each has for reading, which
/// doubles when it was filled at once.
const SMALL_HEAD: usize = 7 * 1024;

/// How many heads may be larger than that at once: each may hold as much as the largest head. Further ones wait in the
/// socket, until others are complete or were silent for too long.
pub(crate) const LARGE_HEADS: usize = 1_024;

/// How many bytes of an answer may wait in the kernel for a client that does not take them. What waits there neither
/// counts as unread nor shows whether the client makes progress.
#[cfg(target_os = "linux")]
pub(crate) const UNSENT: u32 = 256 * 1024;

/// What part of the places for large heads one address may take, so that a client that never ends its heads leaves the
/// others some.
const SHARES: usize = 4;

/// How long a client may be silent after we closed our side, until we close the other one.
const CLIENT_SILENT: Duration = Duration::from_millis(500);

/// How long, and how much, it may still send: the rest of a body that was refused.
const CLIENT_CLOSES_WITHIN: Duration = Duration::from_secs(5);
const UNWANTED: usize = 64 * 1024 * 1024;

/// The places for large heads.
pub(crate) struct LargeHeads {
    limit: usize,
    all: Arc<Semaphore>,
    of_addresses: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

impl LargeHeads {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, all: Arc::new(Semaphore::new(limit)), of_addresses: Mutex::default() }
    }

    /// The scope that a connection from this address takes a place from.
    pub(crate) fn of(&self, address: IpAddr) -> Share {
        let mut of_addresses = self.of_addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let known = of_addresses.get(&network(address)).and_then(Weak::upgrade);
        let own = known.unwrap_or_else(|| {
            let own = Arc::new(Semaphore::new((self.limit / SHARES).max(1)));
            // Those whose connections have all ended go whenever their number could double.
            if of_addresses.len() == of_addresses.capacity() {
                of_addresses.retain(|_, share| share.strong_count() > 0);
            }
            of_addresses.insert(network(address), Arc::downgrade(&own));
            own
        });
        Share { all: Arc::clone(&self.all), own }
    }
}

/// What one client may hold as many addresses of as it likes: of IPv6 the first 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

/// The places for large heads as one address has them.
#[derive(Clone)]
pub(crate) struct Share {
    all: Arc<Semaphore>,
    own: Arc<Semaphore>,
}

impl Share {
    /// Waits behind those of the same address first.
    async fn take(self) -> Result<Place, AcquireError> {
        let own = self.own.acquire_owned().await?;
        Ok(Place { _own: own, _of_all: self.all.acquire_owned().await? })
    }
}

/// A place, until dropped.
struct Place {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

type Waiting = Pin<Box<dyn Future<Output = Result<Place, AcquireError>> + Send>>;

/// A socket that is watched.
pub(crate) struct Watched<S> {
    stream: S,
    pulse: Arc<Pulse>,
    large_heads: Share,
    /// How many requests there were when `head` was last 0.
    requests: u64,
    /// How many bytes were read of a head.
    head: usize,
    waiting: Option<Waiting>,
    place: Option<Place>,
    /// Set once our side is closed.
    closing: Option<Closing>,
}

/// Our side is closed, and that of the client not yet.
struct Closing {
    since: Instant,
    /// Until it was silent for too long.
    silent: Pin<Box<Sleep>>,
    /// How many bytes came since.
    unwanted: usize,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, pulse: Arc<Pulse>, large_heads: Share) -> Self {
        Self { stream, pulse, large_heads, requests: 0, head: 0, waiting: None, place: None, closing: None }
    }

    /// Waits for a place among the large heads.
    fn poll_place(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.place.is_none() {
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(self.large_heads.clone().take()));
            let place = ready!(waiting.as_mut().poll(context));
            self.waiting = None;
            self.place = Some(place.map_err(io::Error::other)?);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let requests = this.pulse.requests();
        if requests != this.requests {
            (this.requests, this.head, this.waiting, this.place) = (requests, 0, None, None);
        }
        if !this.pulse.reads_head() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        if this.head >= SMALL_HEAD {
            ready!(this.poll_place(context))?;
        }
        let read = if this.place.is_none() && buffer.remaining() > SMALL_HEAD - this.head {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(SMALL_HEAD - this.head));
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut part))?;
            let read = part.filled().len();
            buffer.advance(read);
            read
        } else {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            buffer.filled().len() - before
        };
        this.head += read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.pulse.wrote();
        }
        written
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        let is_awaited = self.pulse.is_http2() || self.pulse.has_unread_body();
        if is_awaited { self.poll_client_closes(context).map(Ok) } else { Poll::Ready(Ok(())) }
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// Reads what the client still sends: the rest of a body that was refused, or over HTTP/2 frames about answers that it has. A
    /// socket that is closed before they arrive answers them with a reset. A client that meets the reset reports that and not
    /// the answer, which it has not read.
    fn poll_client_closes(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        let closing = self.closing.get_or_insert_with(|| Closing {
            since: now,
            silent: Box::pin(sleep(CLIENT_SILENT)),
            unwanted: 0,
        });
        let mut unwanted = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut unwanted);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending => return closing.silent.as_mut().poll(context),
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
            }
            closing.unwanted += buffer.filled().len();
            let now = Instant::now();
            if closing.unwanted > UNWANTED || now.duration_since(closing.since) > CLIENT_CLOSES_WITHIN {
                return Poll::Ready(());
            }
            closing.silent.as_mut().reset(now + CLIENT_SILENT);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Version;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    /// A connection whose client has sent this many bytes of a head.
    async fn with_head(places: &LargeHeads, bytes: usize) -> (Watched<DuplexStream>, DuplexStream) {
        with_head_of(places, "203.0.113.7", bytes).await
    }

    async fn with_head_of(places: &LargeHeads, from: &str, bytes: usize) -> (Watched<DuplexStream>, DuplexStream) {
        let (mut client, server) = tokio::io::duplex(1024 * 1024);
        client.write_all(&vec![b'x'; bytes]).await.unwrap();
        (Watched::new(server, Arc::new(Pulse::new()), places.of(from.parse().unwrap())), client)
    }

    /// How many bytes can be read now.
    async fn read(stream: &mut Watched<DuplexStream>) -> usize {
        let (mut read, mut buffer) = (0, [0; 1024]);
        while let Ok(count) = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut buffer)).await {
            read += count.unwrap();
        }
        read
    }

    #[tokio::test]
    async fn a_large_head_waits_until_another_is_complete() {
        let places = LargeHeads::new(1);
        let (mut first, _client) = with_head(&places, 40_000).await;
        let (mut second, _other_client) = with_head(&places, 40_000).await;
        assert_eq!(read(&mut first).await, 40_000);
        assert_eq!(read(&mut second).await, SMALL_HEAD);
        let pulse = Arc::clone(&first.pulse);
        let working = pulse.asked(Version::HTTP_11);
        assert_eq!(read(&mut first).await, 0);
        assert_eq!(read(&mut second).await, 40_000 - SMALL_HEAD);
        drop(working);
    }

    #[tokio::test]
    async fn an_address_takes_a_quarter_of_the_places_and_leaves_the_others() {
        let places = LargeHeads::new(8);
        let mut held = Vec::new();
        for (from, expected) in [
            ("2001:db8::1", 40_000),
            ("2001:db8::2", 40_000),
            // Of the same network.
            ("2001:db8::ffff:0:0:3", SMALL_HEAD),
            ("2001:db8:1::1", 40_000),
            ("203.0.113.7", 40_000),
            ("::ffff:203.0.113.7", 40_000),
            ("203.0.113.7", SMALL_HEAD),
            ("203.0.113.8", 40_000),
        ] {
            let (mut stream, client) = with_head_of(&places, from, 40_000).await;
            assert_eq!(read(&mut stream).await, expected, "{from}");
            held.push((stream, client));
        }
        // Once all connections of an address have ended it has its places again.
        drop(held);
        let (mut stream, _client) = with_head_of(&places, "203.0.113.7", 40_000).await;
        assert_eq!(read(&mut stream).await, 40_000);
    }

    #[tokio::test]
    async fn a_body_takes_no_place_of_a_head() {
        let places = LargeHeads::new(0);
        let (mut stream, _client) = with_head(&places, 40_000).await;
        let pulse = Arc::clone(&stream.pulse);
        let _working = pulse.asked(Version::HTTP_11);
        assert_eq!(read(&mut stream).await, 40_000);
    }
}
