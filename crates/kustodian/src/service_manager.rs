//! The service manager that started this process, such as systemd: the socket that it opened, and what it wants to know.
//! Without one, nothing is done.

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use listenfd::ListenFd;
    use sd_notify::NotifyState;
    use tokio::net::TcpListener;

    use crate::failure::Failure;

    /// The socket that the service manager listens on for this process (`LISTEN_FDS`).
    ///
    /// # Errors
    /// When it is no TCP socket, or one of several.
    pub(crate) fn listener() -> Result<Option<TcpListener>, Failure> {
        let mut passed = ListenFd::from_env();
        if passed.len() > 1 {
            return Err(Failure::new(format!(
                "the service manager passed {} sockets, and one can be served: keep a single ListenStream in the socket unit",
                passed.len()
            )));
        }
        let refuse = |error| {
            Failure::new(format!(
                "the socket that the service manager passed cannot be served ({error}): its ListenStream must be an address and a port"
            ))
        };
        let Some(listener) = passed.take_tcp_listener(0).map_err(refuse)? else { return Ok(None) };
        listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener)).map(Some).map_err(refuse)
    }

    /// Reports that requests are answered, and from then on at each third of the watchdog's time that this process is alive.
    pub(crate) fn ready() {
        notify(NotifyState::Ready);
        let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else { return };
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval((limit / 3).max(Duration::from_millis(1)));
            loop {
                ticks.tick().await;
                notify(NotifyState::Watchdog);
            }
        });
    }

    /// Reports that the process is about to end.
    pub(crate) fn stopping() {
        notify(NotifyState::Stopping);
    }

    fn notify(state: NotifyState<'_>) {
        if let Err(error) = sd_notify::notify(&[state]) {
            tracing::warn!(%error, "the service manager cannot be notified (NOTIFY_SOCKET)");
        }
    }
}

/// There are service managers of this kind on Linux alone.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use tokio::net::TcpListener;

    use crate::failure::Failure;

    pub(crate) fn listener() -> Result<Option<TcpListener>, Failure> {
        Ok(None)
    }

    pub(crate) fn ready() {}

    pub(crate) fn stopping() {}
}

#[cfg(not(target_os = "linux"))]
pub(crate) use self::elsewhere::{listener, ready, stopping};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{listener, ready, stopping};
