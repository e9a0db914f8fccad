//! Answers to requests that are not HTTP: a request line, a header or a version that cannot be read, or too much of them.
//!
//! The library below answers those by itself, with a status line and no body, before any of ours is asked. On its way
//! out that answer is replaced by one like all others.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::header::{CONNECTION, HeaderValue};
use http::{Method, StatusCode};
use kustodian_core::rate_limit::Standing;
use kustodian_core::refusal::Refusal;
use kustomer_api::error::code;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::answer;
use crate::app::App;
use crate::head::HeadScan;
use crate::silence::Pulse;

/// A connection whose bare refusals are put into our words.
pub(crate) struct Outspoken<S> {
    stream: S,
    app: Arc<App>,
    pulse: Arc<Pulse>,
    /// What the heads that were read say of their bodies.
    head: HeadScan,
    /// The unwritten rest of the answer in place of a bare refusal.
    replacement: Bytes,
}

impl<S: AsyncWrite + Unpin> Outspoken<S> {
    pub(crate) fn new(stream: S, app: Arc<App>, pulse: Arc<Pulse>) -> Self {
        Self { stream, app, pulse, head: HeadScan::default(), replacement: Bytes::new() }
    }

    fn poll_replacement(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.replacement.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.replacement))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.replacement.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Takes `written` for replaced when it is a bare refusal.
    fn replace(&mut self, written: &[u8]) -> bool {
        let Some(mut bare) = Bare::read(written) else { return false };
        if self.head.is_endless() {
            bare.status = StatusCode::PAYLOAD_TOO_LARGE;
        }
        self.replacement = bare.in_our_words(&self.app).into();
        true
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Outspoken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        this.head.read(&buffer.filled()[before..]);
        if let Some(before) = this.head.two_lengths() {
            this.pulse.found_two_lengths(before);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Outspoken<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_replacement(context))?;
        match self.replace(buffer) {
            true => Poll::Ready(Ok(buffer.len())),
            false => Pin::new(&mut self.stream).poll_write(context, buffer),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_replacement(context))?;
        match buffers {
            [buffer] if self.replace(buffer) => Poll::Ready(Ok(buffer.len())),
            _ => Pin::new(&mut self.stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_replacement(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_replacement(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A refusal by the library: a status of 4xx, no body, and no header that each answer of ours has.
struct Bare<'a> {
    status: StatusCode,
    date: &'a str,
}

impl<'a> Bare<'a> {
    fn read(written: &'a [u8]) -> Option<Self> {
        // Nearly all that is written ends here.
        let rest = written.strip_prefix(b"HTTP/1.1 4")?;
        let head = std::str::from_utf8(rest).ok()?.strip_suffix("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = 400 + lines.next()?.get(..2)?.parse::<u16>().ok()?;
        let mut date = "";
        for line in lines {
            match line.split_once(": ")? {
                ("connection", "close") | ("content-length", "0") => {}
                ("date", value) => date = value,
                _ => return None,
            }
        }
        Some(Self { status: StatusCode::from_u16(status).ok()?, date })
    }

    /// A whole answer, after which the connection is closed.
    fn in_our_words(&self, app: &App) -> Vec<u8> {
        let title = match self.status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                "The line and the headers of the request are too large together"
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                let title = format!("The body is larger than {} bytes", app.settings.max_body);
                return self.written(app, Refusal::new(413, code::TOO_LARGE, "body", title));
            }
            StatusCode::URI_TOO_LONG => "The request's line is too long",
            _ => "This is no request of HTTP/1.1 that could be read",
        };
        self.written(app, Refusal::new(self.status.as_u16(), code::BAD_PARAM, "", title))
    }

    fn written(&self, app: &App, refusal: Refusal) -> Vec<u8> {
        let mut response = answer::refuse(refusal);
        let now = app.services.clock.now();
        answer::finish(&mut response, &Method::GET, &app.services.ids.next().to_string(), Standing::unlimited(now));
        // A request that nobody can read is no browser's.
        answer::protect(response.headers_mut(), false);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        let (parts, body) = response.into_parts();
        let mut answer =
            format!("HTTP/1.1 {}\r\ndate: {}\r\ncontent-length: {}\r\n", self.status, self.date, body.len());
        for (name, value) in &parts.headers {
            answer.push_str(name.as_str());
            answer.push_str(": ");
            answer.push_str(value.to_str().unwrap_or_default());
            answer.push_str("\r\n");
        }
        answer.push_str("\r\n");
        [answer.into_bytes(), body.to_vec()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_refusal_is_known_by_the_lack_of_all_that_answers_of_ours_have() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\ndate: Tue\r\n\r\n";
        let bare = Bare::read(bare).unwrap();
        assert_eq!((bare.status.as_u16(), bare.date), (431, "Tue"));
        for ours in [
            &b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: a\r\ndate: Tue\r\n\r\n"[..],
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\ndate: Tue\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"{}",
            b"",
        ] {
            assert!(Bare::read(ours).is_none(), "{}", String::from_utf8_lossy(ours));
        }
    }
}
