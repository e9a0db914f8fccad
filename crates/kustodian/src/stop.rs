//! When to stop: SIGTERM or Ctrl-C.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

/// Signals this close are one wish to stop: a terminal signals all its programs, and one that started the server, such as
/// `npx` or `timeout`, passes the signal on to it.
const ONE_WISH: Duration = Duration::from_secs(1);

/// Done at the first SIGTERM or Ctrl-C; a later one ends the process at once.
///
/// # Errors
/// When the operating system does not deliver signals.
pub(crate) fn requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::listen()?;
    Ok(async move {
        signals.next().await;
        tracing::info!("stopping: finishing requests in flight");
        let first = Instant::now();
        tokio::spawn(async move {
            signals.next().await;
            while first.elapsed() < ONE_WISH {
                signals.next().await;
            }
            tracing::warn!("stopped at once");
            std::process::exit(1);
        });
    })
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
