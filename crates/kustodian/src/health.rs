//! `kustodian health`: whether a server is ready, for monitors that run a command.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::failure::{Failure, root_cause};
use crate::output::print;

/// Which server. It is sent no key, so any certificate is accepted.
#[derive(Debug, Args)]
pub(crate) struct HealthArguments {
    /// The server [default: the one that the settings of `serve` describe, on this machine]
    #[arg(long, env = "KUSTODIAN_URL", value_name = "URL")]
    url: Option<String>,
    /// The server's setting
    #[arg(long, env = "KUSTODIAN_LISTEN", default_value = "127.0.0.1:8080", hide = true)]
    listen: String,
    /// The server's setting
    #[arg(long, env = "KUSTODIAN_TLS_CERT", hide = true)]
    tls_cert: Option<PathBuf>,
}

/// Longer than the server itself waits for its database.
const WITHIN: Duration = Duration::from_secs(8);

/// Asks `/readyz` once.
///
/// # Errors
/// When the server does not answer in time, or is not ready.
pub(crate) async fn run(arguments: HealthArguments) -> Result<(), Failure> {
    let server = arguments.server()?;
    let url = format!("{}/readyz", server.trim_end_matches('/'));
    let client = reqwest::Client::builder()
        .timeout(WITHIN)
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .build()
        .map_err(|error| Failure::new(format!("nothing can be asked: {error}")))?;
    let no_answer = |error: reqwest::Error| match error {
        error if error.is_builder() => {
            Failure::new(format!("{server} is no URL: write --url like http://127.0.0.1:8080"))
        }
        error if error.is_timeout() => Failure::new(format!("{server} did not answer within {} s", WITHIN.as_secs())),
        error => {
            let reason = root_cause(&error);
            Failure::new(format!("{server} cannot be reached ({reason}): is the server running there?"))
        }
    };
    let answer = client.get(&url).send().await.map_err(no_answer)?;
    if answer.status().is_success() {
        return print(&format!("{server} is ready"));
    }
    Err(Failure::new(format!("{server} is not ready: {url} answered {}; its log says why", answer.status().as_u16())))
}

impl HealthArguments {
    fn server(&self) -> Result<String, Failure> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let scheme = if self.tls_cert.is_some() { "https" } else { "http" };
        let Ok(address) = self.listen.parse::<SocketAddr>() else {
            return Ok(format!("{scheme}://{}", self.listen));
        };
        if address.port() == 0 {
            return Err(Failure::new("the setting listen leaves the port open: name the server with --url"));
        }
        let host = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Ok(format!("{scheme}://{}", SocketAddr::new(host, address.port())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(listen: &str, tls: bool) -> Result<String, Failure> {
        HealthArguments { url: None, listen: listen.to_owned(), tls_cert: tls.then(PathBuf::new) }.server()
    }

    #[test]
    fn the_server_of_the_settings_is_asked_on_this_machine() {
        assert_eq!(server("0.0.0.0:8080", false).unwrap(), "http://127.0.0.1:8080");
        assert_eq!(server("[::]:443", true).unwrap(), "https://[::1]:443");
        assert_eq!(server("10.0.0.7:80", false).unwrap(), "http://10.0.0.7:80");
        assert_eq!(server("localhost:8080", false).unwrap(), "http://localhost:8080");
        assert!(server("127.0.0.1:0", false).unwrap_err().to_string().contains("--url"));
    }
}
