//! A server that a package started, with all that it started itself.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// How long a start, and a stop, may take.
const WITHIN: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
pub(super) struct Server {
    process: Child,
    /// Where it listens.
    pub(super) url: String,
}

impl Server {
    /// Starts it on a free port and waits until it listens.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        command.env("KUSTODIAN_LISTEN", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that its own processes can be ended with it.
        let mut process = command.process_group(0).spawn().context("cannot start the server")?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        let mut server = Self { process, url: String::new() };
        let (said, lines) = mpsc::channel();
        // Both are read to their ends: a server that cannot write its log would wait.
        let errors = said.clone();
        std::thread::spawn(move || forward(stderr, &errors));
        std::thread::spawn(move || forward(stdout, &said));
        let deadline = Instant::now() + WITHIN;
        let mut heard = String::new();
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some((_, url)) = line.split_once(" listening on ") {
                url.trim().clone_into(&mut server.url);
                return Ok(server);
            }
            heard.push_str(&line);
            heard.push('\n');
        }
        bail!("the server ended, or was not ready within {} s; it said:\n{heard}", WITHIN.as_secs());
    }

    /// Asks the program that was started to stop, and waits until nothing listens any more.
    pub(super) fn stop(mut self) -> Result<()> {
        let id = self.process.id().to_string();
        process::succeed(process::program("kill").args(["-TERM", &id]))?;
        let address = self.url.rsplit("//").next().unwrap_or_default().to_owned();
        let deadline = Instant::now() + WITHIN;
        while self.process.try_wait()?.is_none() || std::net::TcpStream::connect(&address).is_ok() {
            if Instant::now() > deadline {
                bail!("the server was asked to stop and still ran after {} s", WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever has ended cannot be killed, which is as well.
        let group = format!("-{}", self.process.id());
        drop(process::program("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        drop(self.process.wait());
    }
}

fn forward(from: Option<impl std::io::Read>, to: &mpsc::Sender<String>) {
    let Some(from) = from else { return };
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        // Nobody listens once the server is ready.
        drop(to.send(line));
    }
}
