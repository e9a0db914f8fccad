//! The servers that are measured, each a process of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::load::Target;
use crate::request::Api;

/// For servers that are made for the run alone.
pub(crate) const TOKEN: &str = "a-token-for-the-benchmark-of-forty-letters";

/// How long a server may take until it answers, and until it has stopped.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it ends with this value.
pub(crate) struct Server {
    process: Child,
    target: Target,
    /// From the start of the process to its first answer of 200.
    pub(crate) cold_start: Duration,
}

impl Server {
    /// The server itself on the database at this URL, durable as in production.
    pub(crate) fn kustodian(binary: &Path, database: &str) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &address.to_string(), "--bootstrap-token", TOKEN]);
        // Not as an argument: the URL may hold a password.
        command.env("KUSTODIAN_DATABASE", database).stdin(Stdio::null());
        let target = Target { address, api: Api::Kustodian, token: TOKEN.to_owned() };
        Self::start(command, target, "/v1/customers?pageSize=1", &[])
    }

    /// Bare axum, which answers `answer` to everything.
    pub(crate) fn floor(answer: &[u8]) -> Result<Self> {
        let bench = std::env::current_exe().context("cannot find the benchmark's own binary")?;
        let address = free_address()?;
        let mut command = Command::new(bench);
        command.args(["--floor", &address.to_string()]).stdin(Stdio::piped());
        let target = Target { address, api: Api::Kustodian, token: TOKEN.to_owned() };
        Self::start(command, target, "/v1/customers/any", answer)
    }

    /// Where to send requests.
    pub(crate) fn target(&self) -> Target {
        self.target.clone()
    }

    /// The process that serves.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Starts it, hands it `input` and asks for `path` until that is answered with 200.
    pub(crate) fn start(mut command: Command, target: Target, path: &str, input: &[u8]) -> Result<Self> {
        let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_owned();
        let start = Instant::now();
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { process, target, cold_start: Duration::ZERO };
        if let Some(mut stdin) = server.process.stdin.take() {
            stdin.write_all(input).context("cannot hand over the answer")?;
        }
        loop {
            if server.is_serving(path) {
                server.cold_start = start.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.process.try_wait()? {
                bail!("{} ended before it served ({status}): start it by hand to see why", program.display());
            }
            ensure!(start.elapsed() < PATIENCE, "{} does not serve after {PATIENCE:?}", program.display());
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    fn is_serving(&self, path: &str) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(self.target.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let token = &self.target.token;
            write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n")?;
            let mut status = [0; 12];
            stream.read_exact(&mut status)?;
            Ok(&status == b"HTTP/1.1 200")
        };
        ask().unwrap_or(false)
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let process = i32::try_from(self.process.id()).ok().and_then(rustix::process::Pid::from_raw);
        let process = process.context("a process without an id")?;
        rustix::process::kill_process(process, rustix::process::Signal::TERM).context("cannot stop a server")?;
        let start = Instant::now();
        while self.process.try_wait()?.is_none() {
            ensure!(start.elapsed() < PATIENCE, "a server that was asked to stop has not after {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to do about either failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address of this machine that nobody listens at.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr())?)
}
