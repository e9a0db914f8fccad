//! Work that may wait for a disk, on a thread where that keeps nobody else waiting.

use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};

/// Does `work` on such a thread, and passes its reports on meanwhile.
pub(crate) async fn work_apart<T: Send + 'static, P: Send + 'static>(
    work: impl FnOnce(&dyn Fn(P)) -> T + Send + 'static,
    tell: &mut (dyn FnMut(P) + Send),
) -> Result<T, JoinError> {
    let (sender, mut told) = mpsc::unbounded_channel();
    // Nobody listens any longer once the caller has stopped waiting.
    let working = spawn_blocking(move || work(&|progress| drop(sender.send(progress))));
    while let Some(progress) = told.recv().await {
        tell(progress);
    }
    working.await
}
