//! HTTP/2, over TLS by ALPN and without TLS by prior knowledge, and its limits.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Frame, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;

use crate::silence::Sending;

/// How many requests may be open at once on one connection.
const MAX_STREAMS: u32 = 100;

/// How many streams that the client reset may wait to be cleaned up, and how many the server may reset for errors of the
/// client; then the connection is closed. A client that opens and resets streams as fast as it can costs more than it
/// pays.
const MAX_RESETS: usize = 20;
const MAX_ERRORS: usize = 100;

/// How many bytes of bodies may wait to be read: of one request, and of all on a connection.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 512 * 1024;

/// How many bytes of one answer may wait in the connection.
const SEND_BUFFER: usize = 64 * 1024;

/// How often a connection is pinged, and how long the client may take to answer.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(20);

/// How many bytes of an answer are handed over at once.
const SLICE: usize = 16 * 1024;

pub(crate) fn limit(builder: &mut auto::Builder<TokioExecutor>, max_head: usize) {
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_ERRORS)
        .max_header_list_size(u32::try_from(max_head).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PONG_WITHIN);
}

/// The body of an answer over HTTP/2, handed over in slices as the client makes room: each is a sign of life.
pub(crate) struct Sliced {
    body: Either<Full<Bytes>, Body>,
    rest: Bytes,
    sending: Sending,
}

impl Sliced {
    pub(crate) fn new(body: Either<Full<Bytes>, Body>, sending: Sending) -> Self {
        Self { body, rest: Bytes::new(), sending }
    }
}

impl HttpBody for Sliced {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        this.sending.moved();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        let slice = this.rest.split_to(SLICE.min(this.rest.len()));
        Poll::Ready(Some(Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper().and_then(|upper| upper.checked_add(rest)) {
            whole.set_upper(upper);
        }
        whole
    }
}
