//! The server under torture: a real process, started and ended like one.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::{Client, TOKEN};
use crate::process;
use forgetful_disk::Shim;

/// How long a start may take, recovery of the database included.
const START_WITHIN: Duration = Duration::from_secs(60);

/// How to start one.
#[derive(Clone)]
pub(super) struct Recipe {
    /// The program.
    pub(super) program: PathBuf,
    /// The place of its data, as `--database` takes it.
    pub(super) database: String,
    /// The file of its log.
    pub(super) log: PathBuf,
    /// Further arguments of `serve`.
    pub(super) arguments: Vec<String>,
    /// Commands of a shell that run before it, such as `ulimit -n 64`.
    pub(super) before: Option<String>,
}

impl Recipe {
    /// A server on a SQLite file called `torture.db` in `folder`, with its log in `logs`.
    pub(super) fn sqlite(program: &Path, folder: &Path, logs: &Path) -> Self {
        let database = format!("sqlite:{}", folder.join("torture.db").display());
        Self::new(program, database, logs)
    }

    pub(super) fn new(program: &Path, database: String, logs: &Path) -> Self {
        let log = logs.join("server.log");
        Self { program: program.to_owned(), database, log, arguments: Vec::new(), before: None }
    }

    fn command(&self, shim: Option<&Shim>) -> Result<Command> {
        let mut command = match &self.before {
            None => process::program(&self.program),
            Some(before) => {
                let mut shell = process::program("sh");
                shell.arg("-c").arg(format!("{before}; exec \"$@\"")).arg("sh").arg(&self.program);
                shell
            }
        };
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--database", &self.database]);
        command.args(&self.arguments).env("KUSTODIAN_BOOTSTRAP_TOKEN", TOKEN);
        if let Some(shim) = shim {
            shim.tell(&mut command);
        }
        let log = File::options().create(true).append(true).open(&self.log).context("cannot open the server's log")?;
        command.stdout(Stdio::piped()).stderr(log);
        Ok(command)
    }

    /// What `kustodian check` finds: a second opinion, which reads every record, claim and link of the chain of events.
    pub(super) fn check(&self) -> Result<Vec<String>> {
        let mut check = process::program(&self.program);
        let output = check.args(["check", "--database", &self.database]).output().context("cannot start the check")?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        let told = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&told).lines().map(|line| format!("kustodian check: {line}")).collect())
    }

    /// What another command of the program prints, run on this database.
    pub(super) fn output(&self, arguments: &[&str]) -> Result<String> {
        let mut command = process::program(&self.program);
        command.args(arguments).args(["--database", &self.database]);
        Ok(String::from_utf8(process::output(&mut command)?)?.trim().to_owned())
    }

    /// The last lines the server wrote into its log.
    pub(super) fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join(" | ")
    }
}

/// A running server. Dropped, it is killed.
pub(super) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(super) fn start(recipe: &Recipe, shim: Option<&Shim>) -> Result<Self> {
        let begin = Instant::now();
        loop {
            match Self::try_start(recipe, shim)? {
                Ok(server) => return Ok(server),
                // A database that is recovering itself turns everybody away for a moment.
                Err(_) if recipe.database.starts_with("postgres") && begin.elapsed() < START_WITHIN => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(reason) => bail!("the server did not start: {reason}"),
            }
        }
    }

    /// Starts one; or says why it ended before it listened.
    pub(super) fn try_start(recipe: &Recipe, shim: Option<&Shim>) -> Result<std::result::Result<Self, String>> {
        let mut process = recipe.command(shim)?.spawn().context("cannot start the server")?;
        let output = process.stdout.take().context("a started program has no standard output")?;
        let (tell, told) = mpsc::channel();
        // It reads to the end, so that the server never waits for a reader.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on http://") {
                    let address = rest.split_whitespace().next().map(str::parse::<SocketAddr>);
                    // Nobody listens once the wait is over.
                    drop(tell.send(address));
                }
            }
        });
        if let Ok(Some(Ok(address))) = told.recv_timeout(START_WITHIN) {
            return Ok(Ok(Self { process, address }));
        }
        let ended = process.try_wait()?;
        drop(process.kill());
        drop(process.wait());
        let how = ended.map_or_else(|| "it was still starting".to_owned(), |status| status.to_string());
        Ok(Err(format!("{how}: {}", recipe.last_words())))
    }

    /// Starts one and kills it `after` that, whether it listens by then or not.
    pub(super) fn start_and_kill(recipe: &Recipe, shim: Option<&Shim>, after: Duration) -> Result<()> {
        let mut process = recipe.command(shim)?.stdout(Stdio::null()).spawn().context("cannot start the server")?;
        std::thread::sleep(after);
        process.kill()?;
        process.wait()?;
        Ok(())
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// SIGKILL: it gets to do nothing more.
    pub(super) fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Whether it still runs.
    pub(super) fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// SIGTERM; its exit code is 0 when it ended in good order.
    pub(super) fn stop(mut self) -> Result<Option<i32>> {
        process::succeed(process::program("kill").args(["-TERM", &self.id().to_string()]))?;
        Ok(self.process.wait()?.code())
    }

    /// The memory it holds, in MB.
    pub(super) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes / 1024)
    }

    /// A number out of /metrics.
    pub(super) fn metric(&self, name: &str) -> Result<f64> {
        let answer = self.client().get("/metrics")?;
        let line = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("no {name} in /metrics"))?.trim().parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
