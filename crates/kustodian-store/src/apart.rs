//! Work that may wait for a disk, on a thread where that keeps nobody else waiting.

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

/// Work that panicked, or that the end of the runtime stopped.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Lost(String);

/// Does `work` on such a thread. It is boxed, so that the runtime is compiled for one kind of work and not for each.
///
/// # Errors
/// When the work ended without an answer.
pub(crate) async fn run_apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Lost> {
    let (answer, mut answered) = oneshot::channel();
    let work: Box<dyn FnOnce() + Send> = Box::new(move || drop(answer.send(work())));
    spawn_blocking(work).await.map_err(|error| Lost(error.to_string()))?;
    answered.try_recv().map_err(|error| Lost(error.to_string()))
}

/// Does `work` on such a thread, and passes its reports on meanwhile.
pub(crate) async fn work_apart<T: Send + 'static, P: Send + 'static>(
    work: impl FnOnce(&dyn Fn(P)) -> T + Send + 'static,
    tell: &mut (dyn FnMut(P) + Send),
) -> Result<T, Lost> {
    let (sender, mut told) = mpsc::unbounded_channel();
    // Nobody listens any longer once the caller has stopped waiting.
    let working = tokio::spawn(run_apart(move || work(&|progress| drop(sender.send(progress)))));
    while let Some(progress) = told.recv().await {
        tell(progress);
    }
    working.await.map_err(|error| Lost(error.to_string()))?
}
