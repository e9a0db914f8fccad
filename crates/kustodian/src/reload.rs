//! SIGHUP: reads the log level and the certificates again, so that neither needs a restart.

use std::io;

use kustodian_server::Tls;

use crate::arguments::Command;
use crate::environment;
use crate::failure::Failure;
use crate::logging::LogLevel;
use crate::serve;

/// What can be replaced while the server runs.
pub(crate) struct Reloadable {
    pub(crate) log: LogLevel,
    pub(crate) tls: Option<Tls>,
}

impl Reloadable {
    /// Reloads at every SIGHUP from now on, in the background.
    ///
    /// # Errors
    /// When the operating system does not deliver signals.
    #[cfg(unix)]
    pub(crate) fn at_every_hangup(self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangups = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                match self.reload() {
                    Ok(()) => tracing::info!("SIGHUP: read the log level and the certificates again"),
                    Err(failure) => tracing::error!(%failure, "SIGHUP: the former files stay in use"),
                }
            }
        });
        Ok(())
    }

    /// There is no such signal elsewhere.
    #[cfg(not(unix))]
    pub(crate) fn at_every_hangup(self) -> io::Result<()> {
        Ok(())
    }

    /// Replaces all of it, or nothing.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no signal that asks for it"))]
    fn reload(&self) -> Result<(), Failure> {
        let given = environment::read_again()?.arguments;
        let Command::Serve(serve) = &given.command else { return Ok(()) };
        let tls = serve::tls(&serve.tls)?;
        if tls.is_some() != self.tls.is_some() {
            return Err(Failure::new("TLS cannot be turned on or off without a restart"));
        }
        self.log.set(given.common.log_of_the_server())?;
        if let (Some(used), Some(new)) = (&self.tls, &tls) {
            used.replace(new);
        }
        Ok(())
    }
}
