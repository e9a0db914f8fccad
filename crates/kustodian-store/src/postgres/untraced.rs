//! What takes the place of `trace` in a program that records nothing.

use std::sync::Arc;

use super::values::Value;

/// The waiter of a connection's action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// A request.
    Request,
    /// Nobody.
    Background,
}

/// Records nothing.
#[derive(Debug)]
pub(super) struct Tracer;

/// Records nothing.
pub(super) struct Tap;

impl Tracer {
    pub(super) fn tap(self: &Arc<Self>, _: Side) -> Tap {
        Tap
    }
}

impl Tap {
    #[expect(clippy::unused_self, reason = "as the one that records")]
    pub(super) fn note<'a>(&self, _: impl IntoIterator<Item = (&'a str, &'a [Value<'a>])>) {}
}
