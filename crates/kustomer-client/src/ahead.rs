//! Work that is begun before somebody waits for it.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Work on a task of tokio. Dropped, it ends.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct Ahead<T>(tokio::task::JoinHandle<T>);

#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + 'static> Ahead<T> {
    /// Begins it.
    pub(crate) fn begin(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Its result; an error when it has ended without one, because the runtime is shutting down.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T, String>> {
        Pin::new(&mut self.0).poll(context).map_err(|ended| ended.to_string())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The same in a browser, which has no tasks of tokio: it continues while somebody waits for it.
#[cfg(target_arch = "wasm32")]
pub(crate) struct Ahead<T>(Pin<Box<dyn Future<Output = T> + Send>>);

#[cfg(target_arch = "wasm32")]
impl<T> Ahead<T> {
    pub(crate) fn begin(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Box::pin(work))
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T, String>> {
        self.0.as_mut().poll(context).map(Ok)
    }
}
