//! The servers that are measured, each a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::load::Target;

const TOKEN: &str = "a-token-for-the-benchmark-of-forty-letters";

/// A running server; it ends with this value.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// The server itself on the new database at this URL, durable as in production.
    pub(crate) fn kustodian(binary: &Path, database: &str) -> Result<Self> {
        let mut command = Command::new(binary);
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--bootstrap-token", TOKEN]);
        // Not as an argument: the URL may hold a password.
        command.env("KUSTODIAN_DATABASE", database);
        Self::start(command.stdin(Stdio::null()), &[])
    }

    /// Bare axum, which answers `answer` to everything.
    pub(crate) fn floor(answer: &[u8]) -> Result<Self> {
        let bench = std::env::current_exe().context("cannot find the benchmark's own binary")?;
        Self::start(Command::new(bench).arg("--floor").stdin(Stdio::piped()), answer)
    }

    /// Where to send requests.
    pub(crate) fn target(&self) -> Target {
        Target { address: self.address, token: TOKEN.to_owned() }
    }

    /// Starts it, hands it `input` and waits until it tells its address.
    fn start(command: &mut Command, input: &[u8]) -> Result<Self> {
        let program = command.get_program().to_owned();
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = process.stdout.take().context("no standard output")?;
        let stderr = process.stderr.take().context("no standard error")?;
        let stdin = process.stdin.take();
        let mut server = Self { process, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        if let Some(mut stdin) = stdin {
            stdin.write_all(input).context("cannot hand over the answer")?;
        }
        let (found, addresses) = mpsc::channel();
        watch(stdout, found.clone());
        watch(stderr, found);
        server.address = addresses
            .recv_timeout(Duration::from_secs(30))
            .with_context(|| format!("{} did not tell its address within 30 s", program.display()))?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to do about either failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads a stream to its end, so that the process never blocks on it, and sends on the first address found in it. Lines
/// without an address are passed on until one is found: they tell why a server did not start.
fn watch(stream: impl Read + Send + 'static, found: mpsc::Sender<SocketAddr>) {
    std::thread::spawn(move || {
        let mut told = false;
        for line in BufReader::new(stream).lines().map_while(std::result::Result::ok) {
            if told {
                continue;
            }
            match address_in(&line) {
                Some(address) => told = found.send(address).is_ok(),
                None => eprintln!("{line}"),
            }
        }
    });
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let start = line.find("127.0.0.1:")?;
    let rest = &line[start..];
    let end =
        rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ':')).unwrap_or(rest.len());
    rest[..end].parse().ok().filter(|address: &SocketAddr| address.port() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_plain_text_and_in_json() {
        let address = SocketAddr::from(([127, 0, 0, 1], 4321));
        assert_eq!(address_in("listening on http://127.0.0.1:4321"), Some(address));
        assert_eq!(address_in(r#"{"message":"listening","address":"127.0.0.1:4321"}"#), Some(address));
        assert_eq!(address_in("--listen 127.0.0.1:0"), None);
    }
}
