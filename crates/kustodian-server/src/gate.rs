//! A gate before everything else: it lets requests pass, or has them go wrong. Tests of clients set one up; nothing does
//! else.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::request::Parts;

/// Decides of each request how it passes.
pub trait Gate: Send + Sync + 'static {
    /// How this request passes.
    fn pass(&self, request: &Parts) -> Passage;
}

/// How a request passes.
#[derive(Debug)]
pub struct Passage {
    /// How long it waits first.
    pub wait: Duration,
    /// The action then.
    pub then: Then,
}

/// The action on a request.
#[derive(Debug)]
pub enum Then {
    /// It is served.
    Serve,
    /// It is answered so, and not served.
    Answer(Response<Bytes>),
    /// Its connection ends, and it is not served.
    HangUp,
    /// It is served, and its connection ends without the answer.
    LoseAnswer,
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the gate hung up")]
pub(crate) struct HungUp;
