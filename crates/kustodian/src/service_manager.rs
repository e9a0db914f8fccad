//! The service manager that started this process, such as systemd: the socket that it opened, and what it wants to know.
//! Without one, nothing is done.

#[cfg(target_os = "linux")]
mod linux {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;
    use std::{env, io, process};

    use listenfd::ListenFd;
    use tokio::net::TcpListener;
    use tokio::time::MissedTickBehavior;

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
        report("READY=1");
        let Some(limit) = watchdog() else { return };
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval((limit / 3).max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                report("WATCHDOG=1");
            }
        });
    }

    /// Reports that the process is about to end.
    pub(crate) fn stopping() {
        report("STOPPING=1");
    }

    /// How long this process may be silent (`WATCHDOG_USEC`), when it is the one that is watched.
    fn watchdog() -> Option<Duration> {
        let number = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
        let is_meant = number("WATCHDOG_PID").is_none_or(|id| id == u64::from(process::id()));
        number("WATCHDOG_USEC").filter(|limit| is_meant && *limit > 0).map(Duration::from_micros)
    }

    /// Reports a state to the socket that `NOTIFY_SOCKET` names. A manager that does not read must not hold the server up, so
    /// nothing waits here.
    fn report(state: &str) {
        let Some(name) = env::var_os("NOTIFY_SOCKET") else { return };
        let sent = || -> io::Result<usize> {
            let address = match name.as_bytes() {
                [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
                _ => SocketAddr::from_pathname(&name)?,
            };
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.send_to_addr(state.as_bytes(), &address)
        };
        if let Err(error) = sent() {
            tracing::debug!(%error, state, "the service manager takes no report (NOTIFY_SOCKET)");
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
