//! Bodies of requests that are answered before all of them was read.
//!
//! Such a connection is closed. Its client may still be sending, and would meet a reset before it reads the answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::silence::Pulse;

/// A body that says to its connection when it is dropped before its end.
pub(crate) struct Followed {
    body: Incoming,
    pulse: Arc<Pulse>,
}

impl Followed {
    pub(crate) fn new(body: Incoming, pulse: Arc<Pulse>) -> Self {
        Self { body, pulse }
    }
}

impl Body for Followed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            self.pulse.left_body();
        }
    }
}
