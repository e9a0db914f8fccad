//! The end of a server that loses no request: connected clients are accepted and answered, later ones are not connected
//! at all.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use kustodian_core::refusal::Refusal;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::answer;
use crate::app::App;

/// How long those may take who have begun to connect when the server stops: their first packet was taken, and they send
/// their request with the next but one.
const HANDSHAKES_END_WITHIN: Duration = Duration::from_millis(100);

/// How many are accepted where clients cannot be turned away: more than the system keeps for us.
const WAITING_AT_MOST: usize = 8_192;

/// How long a body may pause once the server stops, and a connection may be open without a request.
pub(crate) const PAUSE_AT_STOP: Duration = Duration::from_secs(3);

/// Whether the server stops.
#[derive(Debug, Default)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Waits for a piece of a body; once the server stops, for a short time only. A client that sends nothing more would keep
    /// it from its end.
    ///
    /// # Errors
    /// 503 when nothing came in that time.
    pub(crate) async fn wait_for<T>(&self, piece: impl Future<Output = T>) -> Result<T, Refusal> {
        let patience_ends = async {
            let mut stops = self.0.subscribe();
            if stops.wait_for(|stops| *stops).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(PAUSE_AT_STOP).await;
        };
        tokio::select! {
            biased;
            piece = piece => Ok(piece),
            () = patience_ends => {
                let title = "The server stops, and the rest of the body did not arrive: nothing was changed, send it again";
                Err(answer::try_again(title, 1))
            }
        }
    }
}

/// Accepts the connections that wait. Clients whose connection was made by the system cannot know that nobody has accepted it:
/// one that was closed would leave them not knowing whether their request was done. They may be more than the limit of
/// connections.
pub(crate) async fn accept_waiting(listener: &TcpListener, mut admit: impl FnMut((TcpStream, SocketAddr))) {
    let end = match turn_away(listener) {
        Ok(()) => Instant::now() + HANDSHAKES_END_WITHIN,
        Err(error) => {
            tracing::debug!(%error, "clients that connect while the server stops cannot be turned away");
            Instant::now()
        }
    };
    for _ in 0..WAITING_AT_MOST {
        match timeout_at(end, listener.accept()).await {
            Ok(Ok(accepted)) => admit(accepted),
            Ok(Err(error)) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the connections that wait could not be accepted");
                return;
            }
            Err(_) => return,
        }
    }
}

/// Has the system take no new connections and finish those that have begun: between the last that is accepted and the end of
/// the listener there is no moment in which another could come.
#[cfg(target_os = "linux")]
fn turn_away(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::SockFilter;

    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS_OF_TCP: u32 = 13;
    const SYN: u32 = 2;
    const NOTHING: u32 = 0;
    const ALL: u32 = u32::MAX;
    let drop_first_packets = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS_OF_TCP),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, NOTHING),
        SockFilter::new(RETURN, 0, 0, ALL),
    ];
    socket2::SockRef::from(listener).attach_filter(&drop_first_packets)
}

#[cfg(not(target_os = "linux"))]
fn turn_away(_: &TcpListener) -> std::io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Answers those who have just sent a request, or are about to, on a connection that was kept for it: each learns with its
/// answer that the connection ends. One that is closed without an answer would leave its client not knowing whether a
/// write was made.
pub(crate) async fn linger(app: &App) {
    let end = Instant::now() + LINGER.min(app.settings.shutdown_timeout);
    while app.metrics.connections.get() > 0 && Instant::now() < end {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How long connections without a request stay open when the server stops, and how often it looks whether all have ended.
const LINGER: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(10);
